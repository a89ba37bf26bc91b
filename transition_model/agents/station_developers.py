"""Developers of charging points and hydrogen stations: what they claim, and what they begin.

Public charging points are begun in the stock-flow model, where the subsidy speeds them up;
developers claim for them. Hydrogen stations are begun here, as expected numbers.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.columns import ColumnarAgentSet, RowAgent
from transition_model.agents.situation import Situation
from transition_model.behaviour import hydrogen_stations
from transition_model.calendar import MONTHS_PER_YEAR
from transition_model.compilation import Fields
from transition_model.dimensions import dimension
from transition_model.kernels import station_developers as kernel
from transition_model.month_terms import WatchedReading, remembered, remembered_constants
from transition_model.parameters import ParameterValues
from transition_model.policy.charging import StationTerms, station_terms_of_month
from transition_model.random_streams import uniform

type Array = NDArray[np.float64]


@remembered
def station_terms(reading: WatchedReading) -> StationTerms:
    """What the rules offer stations this month."""
    parameters = reading.parameters
    return station_terms_of_month(
        reading.law,
        reading.levers,
        reading.month,
        parameters.scalar("hydrogen_station_investment"),
        parameters.scalar("hydrogen_price_with_subsidy"),
    )


def sales_of_a_station(situation: Situation) -> float:
    """Hydrogen that a station sells, as stations and trucks stand, kg/year."""
    capacity = situation.parameters.scalar("hydrogen_station_capacity")
    stations = float(situation.stocks["hydrogen_stations"])
    used = float(situation.stocks["truck_hydrogen_use_per_month"]) * MONTHS_PER_YEAR
    return hydrogen_stations.sales_of_a_station(stations, used, capacity)


@remembered_constants
def constants_of(parameters: ParameterValues) -> Fields:
    """Fields of the kernel's constants of a run."""
    scalar = parameters.scalar
    constants = kernel.Constants(
        capacity=scalar("hydrogen_station_capacity"),
        investment=scalar("hydrogen_station_investment"),
        margin=scalar("hydrogen_station_margin"),
        years=scalar("hydrogen_station_years"),
        pace=scalar("hydrogen_station_pace") / MONTHS_PER_YEAR,
        value_spread=scalar("hydrogen_station_value_spread"),
        power=scalar("charging_point_power"),
        programme=dimension("subsidy_programme").index("charging_and_hydrogen"),
    )
    return tuple(constants)


class StationDeveloper(RowAgent):
    """A developer: a view of one row of :class:`StationDevelopers`."""


class StationDevelopers(ColumnarAgentSet[StationDeveloper]):
    """All developers.

    Columns
    -------
    share
        Of charging points and hydrogen stations, sums to 1.
    hurdle
        Discount rate, share/year.
    operating_received
        Operating subsidy of its hydrogen stations since 2020, yuan.
    subsidy_received
        Public money received since 2020, yuan.
    """

    _given: tuple[ParameterValues, Fields, Fields] | None = None

    @classmethod
    def build(cls, model: Any, parameters: ParameterValues, seed: int, first_id: int) -> Self:
        """Make the developers."""
        number = round(parameters.scalar("station_developers"))
        luck = 2.0 * uniform(seed, "station hurdle", np.arange(number), 0) - 1.0
        columns = {
            "share": np.full(number, 1.0 / number),
            "hurdle": parameters.scalar("hydrogen_station_hurdle")
            + parameters.scalar("hydrogen_station_hurdle_spread") * luck,
            "operating_received": np.zeros(number),
            "subsidy_received": np.zeros(number),
        }
        return cls(StationDeveloper, model, columns, first_id)

    def decide(self, situation: Situation) -> None:
        """Claim for charging points and hydrogen sold, and begin hydrogen stations."""
        if situation.kernels == "numpy":
            self._decide_in_numpy(situation)
            return
        if self._given is None or self._given[0] is not situation.parameters:
            named = tuple(self.columns[name] for name in kernel.Columns._fields)
            self._given = situation.parameters, named, constants_of(situation.parameters)
        _, columns, constants = self._given
        stocks, ledger = situation.stocks, situation.ledger
        kernel.decide(
            columns,
            constants,
            tuple(station_terms(situation)),
            (
                float(stocks["hydrogen_stations"]),
                float(stocks["truck_hydrogen_use_per_month"]),
                float(stocks["public_charging_point_starts_per_month"]),
            ),
            ledger.flow("hydrogen_stations_begun_per_month").reshape(1),
            ledger.flow("subsidy_spending_per_month"),
        )

    def _decide_in_numpy(self, situation: Situation) -> None:
        terms = station_terms(situation)
        begun = self._begin(situation, terms)
        situation.ledger.add("hydrogen_stations_begun_per_month", begun.sum())
        points = float(situation.stocks["public_charging_point_starts_per_month"])
        power = situation.parameters.scalar("charging_point_power")
        self._pay(situation, self.share * points * power * terms.charging)
        self._pay(situation, begun * terms.hydrogen_grant)
        self._pay_for_operation(situation, terms)

    def _begin(self, situation: Situation, terms: StationTerms) -> Array:
        """Hydrogen stations begun, shape (developers,)."""
        parameters = situation.parameters
        sales, years = sales_of_a_station(situation), parameters.scalar("hydrogen_station_years")
        covered = hydrogen_stations.covered_share(
            terms.hydrogen_operating, terms.hydrogen_operating_limit, sales, years
        )
        value = hydrogen_stations.station_value(
            sales,
            parameters.scalar("hydrogen_station_margin"),
            covered * terms.hydrogen_operating * sales,
            parameters.scalar("hydrogen_station_investment") - terms.hydrogen_grant,
            years,
            self.hurdle,
        )
        pace = parameters.scalar("hydrogen_station_pace") / MONTHS_PER_YEAR
        return hydrogen_stations.stations_begun(
            value, parameters.scalar("hydrogen_station_value_spread"), np.full(self.size, pace)
        )

    def _pay_for_operation(self, situation: Situation, terms: StationTerms) -> None:
        """Operating subsidy for what is sold, up to the limit of each station."""
        stations = float(situation.stocks["hydrogen_stations"])
        sold = sales_of_a_station(situation) * stations / MONTHS_PER_YEAR
        claimed = self.share * sold * terms.hydrogen_operating
        if terms.hydrogen_operating > 0.0:
            left = terms.hydrogen_operating_limit * self.share * stations - self.operating_received
            claimed = np.minimum(claimed, np.maximum(left, 0.0))
        self.columns["operating_received"] += claimed
        self._pay(situation, claimed)

    def _pay(self, situation: Situation, amount: Array) -> None:
        """Book public money by developer, yuan, shape (developers,)."""
        self.columns["subsidy_received"] += amount
        situation.ledger.add_at(
            "subsidy_spending_per_month", "charging_and_hydrogen", float(amount.sum())
        )
