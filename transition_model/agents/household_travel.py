"""How residents of the central urban area travel, and what carbon credits pay them for it.

Only there is the share of green travel a figure of the plan. Elsewhere cars are driven as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.situation import Situation
from transition_model.behaviour.travel_mode import mode_shares
from transition_model.calendar import Month
from transition_model.dimensions import dimension
from transition_model.levers import lever
from transition_model.parameters import ParameterValues
from transition_model.policy import carbon_credits

type Array = NDArray[np.float64]
type Columns = Mapping[str, NDArray[Any]]


TASTES = (-10.0, 10.0)
"""Between them lies the common utility of green modes."""
TASTE_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class TravelPolicy:
    """What policy does to a trip.

    Attributes
    ----------
    green, public
        Utility that it adds to all green modes, and to public transport alone.
    """

    green: float
    public: float


def travel(
    columns: Columns, situation: Situation, relative_income: Array, taste: float, start: Month
) -> None:
    """Write the green share of trips and the distance of cars, and pay credits.

    Parameters
    ----------
    columns
        The population.
    situation
        The month.
    relative_income
        Income now over the mean of 2020, shape (n,).
    taste
        Common utility of green modes, of :func:`green_taste`.
    start
        First month of the run, under whose policy cars drive the distance of the stock-flow model.
    """
    parameters, ledger = situation.parameters, situation.ledger
    rows = np.flatnonzero(columns["central"])
    weight = columns["weight"][rows]
    income = relative_income[rows]
    paid_per_trip = (
        carbon_credits.reward(situation.law["household_carbon_credits"], situation.month)
        * saved_per_trip(parameters)
        * parameters.scalar("carbon_credit_enrolment")
        * parameters.scalar("carbon_credit_registered")
    )
    now = policy_of_month(situation, start)
    before = opening_policy(parameters, situation.month, start)
    green, by_car = _shares(columns, rows, parameters, income, taste, now, paid_per_trip)
    _, by_car_before = _shares(columns, rows, parameters, income, taste, before, 0.0)
    ledger.set_share("green_trip_share", float(np.sum(weight * green) / weight.sum()))

    owners = columns["car"][rows] >= 0
    driven = np.divide(by_car, by_car_before, out=np.ones_like(by_car), where=owners)
    all_owners = float(columns["weight"][columns["car"] >= 0].sum())
    change = float(np.sum(weight * (driven - 1.0)))
    ledger.set_share("private_car_distance_factor", 1.0 + change / max(all_owners, weight.min()))

    trips = columns["persons"][rows] * parameters.scalar("trips_per_person")
    received = paid_per_trip * green * trips * parameters.scalar("days_per_month")
    ledger.add_at("subsidy_spending_per_month", "carbon_credits", float(np.sum(weight * received)))
    columns["subsidy_received"][rows] += received


def saved_per_trip(parameters: ParameterValues) -> float:
    """Carbon dioxide that a green trip saves against one by car, kg."""
    return (
        parameters.scalar("trip_distance")
        * parameters.scalar("petrol_per_distance_of_combustion_cars")
        / parameters.scalar("kilometres_per_hundred_kilometres")
        * parameters.scalar("petrol_carbon_dioxide")
        * parameters.scalar("kilograms_per_tonne")
    )


def green_taste(columns: Columns, parameters: ParameterValues, start: Month) -> float:
    """Common utility of green modes with which their opening share comes out, by bisection."""
    rows = np.flatnonzero(columns["central"])
    weight, income = columns["weight"][rows], columns["income"][rows]
    relative = income / np.average(columns["income"], weights=columns["weight"])
    policy = opening_policy(parameters, start, start)
    wanted = parameters.scalar("initial_green_travel_share")
    low, high = TASTES
    while high - low > TASTE_TOLERANCE:
        middle = 0.5 * (low + high)
        green, _ = _shares(columns, rows, parameters, relative, middle, policy, 0.0)
        short = np.sum(weight * green) < wanted * weight.sum()
        low, high = (middle, high) if short else (low, middle)
    return 0.5 * (low + high)


def policy_of_month(situation: Situation, start: Month) -> TravelPolicy:
    """The policy of a month."""
    parameters, month = situation.parameters, situation.month
    place = dimension("programme").index("transfer_coverage_100m")
    coverage = float(situation.stocks["programmes_delivered"][place])
    opening = parameters.scalar("programme_transfer_coverage_100m_level_2020")
    gained = (coverage - opening) / parameters.scalar("whole_transfer_coverage")
    return TravelPolicy(
        green=parameters.scalar("travel_campaign_effect") * situation.levers["green_campaign"],
        public=_rail(parameters, month, start)
        + parameters.scalar("travel_transfer_effect") * gained,
    )


def opening_policy(parameters: ParameterValues, month: Month, start: Month) -> TravelPolicy:
    """The policy of the start, on the rails of a month."""
    campaign = lever("green_campaign").value_before(start)
    return TravelPolicy(
        green=parameters.scalar("travel_campaign_effect") * campaign,
        public=_rail(parameters, month, start),
    )


def _rail(parameters: ParameterValues, month: Month, start: Month) -> float:
    """Utility of public transport that the rail network has gained since the start."""
    length = parameters.scalar("rail_length", month) / parameters.scalar("rail_length", start)
    return parameters.scalar("travel_rail_effect") * float(np.log(length))


def _shares(
    columns: Columns,
    rows: NDArray[np.intp],
    parameters: ParameterValues,
    relative_income: Array,
    taste: float,
    policy: TravelPolicy,
    paid_per_trip: float,
) -> tuple[Array, Array]:
    """Share of trips of each household that are green and that are by its car, shape (rows,)."""
    mode = dimension("travel_mode").index
    constant, fare = parameters.array("travel_mode_constant"), parameters.array("travel_mode_fare")
    yuan = parameters.scalar("travel_cost_sensitivity") * relative_income ** parameters.scalar(
        "price_income_elasticity"
    )
    car = columns["car"][rows]
    return mode_shares(
        green=taste
        + policy.green
        + parameters.scalar("travel_attitude_weight") * columns["attitude"][rows]
        - yuan * paid_per_trip,
        public=constant[mode("public")] + policy.public + yuan * fare[mode("public")],
        hired=constant[mode("hired")] + yuan * fare[mode("hired")],
        car=constant[mode("car")] + yuan * (fare[mode("car")] + fuel_of_trip(parameters)[car]),
        at_hand=np.where(car >= 0, parameters.scalar("travel_car_availability"), 0.0),
    )


def fuel_of_trip(parameters: ParameterValues) -> Array:
    """Yuan for fuel or electricity of a trip by powertrain, shape (powertrains,)."""
    petrol = parameters.scalar("petrol_price_household")
    electric = parameters.scalar("electricity_price_household") * parameters.scalar(
        "electricity_per_distance_of_private_cars"
    )
    part = parameters.scalar("electric_share_of_plug_in_hybrid_distance")
    per_hundred = np.array(
        [
            petrol * parameters.scalar("petrol_per_distance_of_combustion_cars"),
            part * electric
            + (1.0 - part) * petrol * parameters.scalar("petrol_per_distance_of_plug_in_hybrids"),
            electric,
        ]
    )
    kilometres = parameters.scalar("kilometres_per_hundred_kilometres")
    return np.asarray(parameters.scalar("trip_distance") * per_hundred / kilometres)
