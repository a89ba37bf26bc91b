"""Travel in machine code; :mod:`.household_travel` is the same with numpy."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transition_model.agents import household_travel
from transition_model.agents.appliance_market import income_classes
from transition_model.agents.row_blocks import block_bounds, in_parts
from transition_model.agents.row_strata import runs_of_rows, strata_of, weight_of_strata
from transition_model.agents.situation import Situation
from transition_model.calendar import Month
from transition_model.dimensions import dimension
from transition_model.kernels import household_travel as kernels
from transition_model.ledger import ledger_layout
from transition_model.month_terms import WatchedReading, remembered
from transition_model.parameters import ParameterValues, place_on_path
from transition_model.policy import carbon_credits

type Array = NDArray[np.float64]


@remembered
def _credit(reading: WatchedReading) -> float:
    """Yuan per kilogram of carbon dioxide that a registered act saves."""
    return carbon_credits.reward(reading.law["household_carbon_credits"], reading.month)


@cache
def _transfer_programme() -> int:
    return dimension("programme").index("transfer_coverage_100m")


@cache
def _places() -> dict[str, int]:
    """Where in a ledger's vector the numbers of travel stand."""
    layout = ledger_layout()
    programme = dimension("subsidy_programme").index("carbon_credits")
    return {
        name: int(layout.places(name))
        for name in ("green_trip_share", "private_car_distance_factor")
    } | {"carbon_credits": int(layout.places("subsidy_spending_per_month")[programme])}


class Trips:
    """Trips of all residents of the central urban area.

    Parameters
    ----------
    columns
        Of the households.
    parameters
        Declared values.
    reference_income
        Mean household income of 2020, yuan a year.
    start
        First month of the run, under whose policy cars drive the distance of the stock-flow model.
    taste
        Common utility of green modes; found if it is not known yet.
    """

    def __init__(
        self,
        columns: Mapping[str, NDArray[Any]],
        parameters: ParameterValues,
        reference_income: float,
        start: Month,
        taste: float | None = None,
    ) -> None:
        strata = strata_of(columns)
        runs = runs_of_rows(strata, strata.central)
        number, incomes = income_classes(columns)
        self._count = int(runs.place[-1])
        self._travellers = kernels.Travellers(
            runs,
            strata,
            number,
            columns["persons"],
            columns["attitude"],
            columns["car"],
            columns["subsidy_received"],
        )
        self._elasticity = parameters.scalar("price_income_elasticity")
        constant = parameters.array("travel_mode_constant")
        fare = parameters.array("travel_mode_fare")
        public, hired, car = (
            dimension("travel_mode").index(of) for of in ("public", "hired", "car")
        )
        fuel = household_travel.fuel_of_trip(parameters)
        self._constants = kernels.Constants(
            yuan=parameters.scalar("travel_cost_sensitivity")
            * (incomes / reference_income) ** self._elasticity,
            constant=np.array(
                [constant[public], constant[hired], *np.full(len(fuel), constant[car])]
            ),
            cost=np.array([fare[public], fare[hired], *(fare[car] + fuel)]),
            attitude=parameters.scalar("travel_attitude_weight"),
            at_hand=parameters.scalar("travel_car_availability"),
            trips=parameters.scalar("trips_per_person") * parameters.scalar("days_per_month"),
        )
        self._affinity = np.empty((1 + len(self._constants.cost), len(incomes)))
        weight = weight_of_strata(strata) * strata.central
        self._whole = float(weight.sum())
        self._least = float(strata.weight[weight > 0.0].min())
        self._bounds = block_bounds(self._count)
        self._totals = np.empty((len(self._bounds) - 1, len(kernels.TOTALS)))
        self._paid_per_yuan = (
            household_travel.saved_per_trip(parameters)
            * parameters.scalar("carbon_credit_enrolment")
            * parameters.scalar("carbon_credit_registered")
        )
        self._opening = household_travel.opening_policy(parameters, start, start)
        length = parameters.path("rail_length")
        self._rail: list[float] = (
            parameters.scalar("travel_rail_effect") * np.log(length / length[place_on_path(start)])
        ).tolist()
        self._campaign = parameters.scalar("travel_campaign_effect")
        self._transfer = parameters.scalar("travel_transfer_effect")
        self._coverage = parameters.scalar("programme_transfer_coverage_100m_level_2020")
        self._whole_coverage = parameters.scalar("whole_transfer_coverage")
        self.taste = self._green_taste(parameters) if taste is None else taste

    def travel(self, situation: Situation, income_index: float) -> None:
        """Write the green share of trips and the distance of cars, and pay credits.

        Parameters
        ----------
        situation
            The month.
        income_index
            Incomes now over those of 2020.
        """
        rail = self._rail[place_on_path(situation.month)]
        coverage = float(situation.stocks["programmes_delivered"][_transfer_programme()])
        gained = (coverage - self._coverage) / self._whole_coverage
        month = kernels.Month(
            green=self.taste + self._campaign * situation.levers["green_campaign"],
            public=rail + self._transfer * gained,
            green_before=self.taste + self._opening.green,
            public_before=rail,
            paid=_credit(situation) * self._paid_per_yuan,
            income_factor=income_index**self._elasticity,
        )
        kernels.affinities(self._constants, month, self._affinity)
        in_parts(
            lambda first, last: kernels.travel(
                self._travellers,
                self._constants,
                month,
                self._affinity,
                self._bounds,
                first,
                last,
                self._totals,
            ),
            len(self._totals),
            situation.threads,
        )
        green, driven, received = self._totals.sum(axis=0).tolist()
        owners = kernels.weight_of_owners(self._travellers.car, self._travellers.strata)
        numbers, place = situation.ledger.numbers, _places()
        numbers[place["green_trip_share"]] = green / self._whole
        numbers[place["private_car_distance_factor"]] = 1.0 + driven / max(owners, self._least)
        numbers[place["carbon_credits"]] += received

    def _green_taste(self, parameters: ParameterValues) -> float:
        month = kernels.Month(
            self._opening.green, self._opening.public, 0.0, 0.0, 0.0, income_factor=1.0
        )
        kernels.affinities(self._constants, month, self._affinity)
        return kernels.green_taste(
            self._travellers,
            self._constants,
            month,
            self._affinity,
            np.empty(self._count),
            parameters.scalar("initial_green_travel_share"),
            *household_travel.TASTES,
            household_travel.TASTE_TOLERANCE,
        )
