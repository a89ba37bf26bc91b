"""Trips of residents of the central urban area."""

from __future__ import annotations

from math import exp, log
from types import SimpleNamespace
from typing import TYPE_CHECKING

from benchmarks.mesa_objects.amounts import numbers
from transition_model.agents.household_travel import fuel_of_trip, saved_per_trip
from transition_model.agents.situation import Situation
from transition_model.calendar import Month
from transition_model.dimensions import dimension
from transition_model.levers import lever
from transition_model.policy import carbon_credits

if TYPE_CHECKING:
    from benchmarks.mesa_objects.household import Household


def travel_terms(situation: Situation, taste: float, start: Month) -> SimpleNamespace:
    """What holds for all households in the month; ``taste`` is the common one for green modes."""
    parameters, month = situation.parameters, situation.month
    terms = numbers(
        parameters,
        "travel_attitude_weight",
        "travel_cost_sensitivity",
        "price_income_elasticity",
        "travel_car_availability",
        "trips_per_person",
        "days_per_month",
    )
    mode = dimension("travel_mode").index
    constant, fare = parameters.array("travel_mode_constant"), parameters.array("travel_mode_fare")
    for name in ("public", "hired", "car"):
        setattr(terms, name, (float(constant[mode(name)]), float(fare[mode(name)])))
    terms.fuel = fuel_of_trip(parameters).tolist()
    terms.paid_per_trip = (
        carbon_credits.reward(situation.law["household_carbon_credits"], month)
        * saved_per_trip(parameters)
        * parameters.scalar("carbon_credit_enrolment")
        * parameters.scalar("carbon_credit_registered")
    )
    campaign = parameters.scalar("travel_campaign_effect")
    rail = parameters.scalar("travel_rail_effect") * log(
        parameters.scalar("rail_length", month) / parameters.scalar("rail_length", start)
    )
    place = dimension("programme").index("transfer_coverage_100m")
    gained = (
        float(situation.stocks["programmes_delivered"][place])
        - parameters.scalar("programme_transfer_coverage_100m_level_2020")
    ) / parameters.scalar("whole_transfer_coverage")
    terms.now = (
        taste + campaign * situation.levers["green_campaign"],
        rail + parameters.scalar("travel_transfer_effect") * gained,
        terms.paid_per_trip,
    )
    before = campaign * lever("green_campaign").value_before(start)
    terms.before = (taste + before, rail, 0.0)
    return terms


def travel(household: Household, terms: SimpleNamespace) -> None:
    """Share of green trips, what it changes for the own car, and credits."""
    tally, weight = household.tally, household.weight
    if household.car >= 0:
        tally.owners += weight
    if not household.central:
        return
    green, by_car = _shares(household, terms, *terms.now)
    if household.car >= 0:
        _, by_car_before = _shares(household, terms, *terms.before)
        tally.distance_change += weight * (by_car / by_car_before - 1.0)
    tally.central += weight
    tally.least_central = min(tally.least_central, weight)
    tally.green += weight * green
    trips = household.persons * terms.trips_per_person
    received = terms.paid_per_trip * green * trips * terms.days_per_month
    tally.spent["carbon_credits"] += weight * received
    household.subsidy_received += received


def _shares(
    household: Household, terms: SimpleNamespace, taste: float, public: float, paid: float
) -> tuple[float, float]:
    """Share of trips that are green, and that are made by the own car."""
    yuan = terms.travel_cost_sensitivity * household.relative_income**terms.price_income_elasticity
    walked = exp(taste + terms.travel_attitude_weight * household.attitude - yuan * paid)
    walked *= 1.0 + exp(terms.public[0] + public + yuan * terms.public[1])
    without = walked + exp(terms.hired[0] + yuan * terms.hired[1])
    by_car = 0.0
    if household.car >= 0:
        drawn = exp(terms.car[0] + yuan * (terms.car[1] + terms.fuel[household.car]))
        by_car = terms.travel_car_availability * drawn / (without + drawn)
    return (1.0 - by_car) * walked / without, by_car
