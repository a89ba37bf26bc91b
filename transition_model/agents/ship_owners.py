"""Owners of inland ships: old ships go at the end of their lives, new ones are chosen by cost."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.columns import ColumnarAgentSet, RowAgent
from transition_model.agents.situation import Situation
from transition_model.behaviour import fleet_choice, truck_choice
from transition_model.behaviour.discounting import present_value_factor
from transition_model.calendar import MONTHS_PER_YEAR
from transition_model.compilation import Fields
from transition_model.dimensions import dimension
from transition_model.kernels import ship_owners as kernel
from transition_model.month_terms import WatchedReading, remembered, remembered_constants
from transition_model.parameters import ParameterValues, place_on_path
from transition_model.policy.charging import ship_grant_of_month
from transition_model.random_streams import normal

type Array = NDArray[np.float64]


@remembered
def grant_of_month(reading: WatchedReading) -> Array:
    """Grant for a new ship, yuan, shape (powertrains,)."""
    price = reading.parameters.array("ship_price")
    return ship_grant_of_month(reading.law["green_ship_option"], reading.month, price - price.min())


@remembered_constants
def constants_of(parameters: ParameterValues) -> Fields:
    """Fields of the kernel's constants of a run."""
    array, scalar = parameters.array, parameters.scalar
    factor = present_value_factor(scalar("ship_discount_rate"), scalar("ship_years_reckoned"))
    constants = kernel.Constants(
        price=array("ship_price"),
        fuel=factor * scalar("ship_diesel_cost") * array("ship_energy_cost"),
        reach=array("ship_range"),
        market=parameters.path("ship_market"),
        months_of_life=scalar("ship_life") * MONTHS_PER_YEAR,
        growth=scalar("ship_growth") / MONTHS_PER_YEAR,
        steepness=scalar("truck_distance_steepness"),
        cost_sensitivity=scalar("ship_cost_sensitivity"),
        programme=dimension("subsidy_programme").index("ships"),
    )
    return tuple(constants)


class ShipOwner(RowAgent):
    """An owner of ships: a view of one row of :class:`ShipOwners`."""


class ShipOwners(ColumnarAgentSet[ShipOwner]):
    """A sample of the owners of inland ships.

    Columns
    -------
    voyage
        Median distance between two stops that allow charging or bunkering, km.
    ships
        In service, expected numbers, shape (owners, powertrains).
    subsidy_received
        Public money received since 2020, yuan.
    """

    _given: tuple[ParameterValues, Fields, Fields] | None = None

    @classmethod
    def build(cls, model: Any, parameters: ParameterValues, seed: int, first_id: int) -> Self:
        """Make the owners, with the ships of the beginning of 2020 in equal parts."""
        number = round(parameters.scalar("ship_owners"))
        luck = normal(seed, "voyage", np.arange(number), 0)
        spread = parameters.scalar("ship_voyage_spread")
        columns = {
            "voyage": parameters.scalar("ship_voyage") * np.exp(spread * luck),
            "ships": np.tile(parameters.array("initial_ships") / number, (number, 1)),
            "subsidy_received": np.zeros(number),
        }
        return cls(ShipOwner, model, columns, first_id)

    def decide(self, situation: Situation) -> None:
        """Take worn-out ships out of service and buy new ones."""
        if situation.kernels == "numpy":
            self._decide_in_numpy(situation)
            return
        if self._given is None or self._given[0] is not situation.parameters:
            named = tuple(self.columns[name] for name in kernel.Columns._fields)
            self._given = situation.parameters, named, constants_of(situation.parameters)
        _, columns, constants = self._given
        ledger = situation.ledger
        kernel.decide(
            columns,
            constants,
            grant_of_month(situation),
            place_on_path(situation.month),
            (
                ledger.flow("ship_scrappage_per_month"),
                ledger.flow("ship_purchases_per_month"),
                ledger.flow("subsidy_spending_per_month"),
            ),
        )

    def _decide_in_numpy(self, situation: Situation) -> None:
        parameters = situation.parameters
        gone = self.ships / (parameters.scalar("ship_life") * MONTHS_PER_YEAR)
        growth = parameters.scalar("ship_growth") / MONTHS_PER_YEAR
        total = np.maximum(gone.sum(axis=1) + growth * self.ships.sum(axis=1), 0.0)
        price = parameters.array("ship_price")
        rule = situation.law["green_ship_option"]
        grant = ship_grant_of_month(rule, situation.month, price - price.min())
        bought = total[:, None] * self._shares(situation, price - grant)
        paid = bought @ grant
        self.columns["ships"] += bought - gone
        self.columns["subsidy_received"] += paid
        ledger = situation.ledger
        ledger.add("ship_scrappage_per_month", gone.sum(axis=0))
        ledger.add("ship_purchases_per_month", bought.sum(axis=0))
        ledger.add_at("subsidy_spending_per_month", "ships", float(paid.sum()))

    def _shares(self, situation: Situation, price: Array) -> Array:
        """Powertrains of new ships, shape (owners, powertrains).

        Parameters
        ----------
        price
            Less grant, yuan, shape (powertrains,).
        """
        parameters = situation.parameters
        factor = present_value_factor(
            parameters.scalar("ship_discount_rate"), parameters.scalar("ship_years_reckoned")
        )
        fuel = parameters.scalar("ship_diesel_cost") * parameters.array("ship_energy_cost")
        serves = truck_choice.share_of_days_within_range(
            self.voyage[:, None],
            parameters.array("ship_range"),
            parameters.scalar("truck_distance_steepness"),
        )
        market = parameters.array("ship_market", situation.month)
        cost = np.broadcast_to(price + factor * fuel, (self.size, len(dimension("ship_fuel"))))
        return fleet_choice.fuel_shares(
            cost, market * serves, parameters.scalar("ship_cost_sensitivity")
        )
