"""A month of :mod:`.agents.ship_owners`, owner by owner."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transition_model.behaviour.truck_choice import share_of_days_within_range
from transition_model.compilation import Fields, kernel
from transition_model.kernels.fleet_choice import fill_fuel_shares

type Array = NDArray[np.float64]


class Columns(NamedTuple):
    """Columns of :class:`~.agents.ship_owners.ShipOwners`; all but the first are written."""

    voyage: Array
    ships: Array
    subsidy_received: Array


class Constants(NamedTuple):
    """What stays the same in a run.

    Attributes
    ----------
    price, fuel, reach
        Of a ship, yuan; present value of its energy, yuan; distance without a stop, km; shape
        (powertrains,).
    market
        Powertrains on offer month by month, shape (months, powertrains).
    months_of_life, growth
        Months; of the fleet, a month.
    steepness, cost_sensitivity
        Of the choice of a powertrain.
    programme
        Place of the programme that pays.
    """

    price: Array
    fuel: Array
    reach: Array
    market: Array
    months_of_life: float
    growth: float
    steepness: float
    cost_sensitivity: float
    programme: int


class Flows(NamedTuple):
    """Entries of the ledger, to add to: ships by powertrain, and yuan by programme."""

    scrappage: Array
    purchases: Array
    spending: Array


@kernel
def decide(columns: Fields, constants: Fields, grant: Array, place: int, flows: Fields) -> None:
    """Take worn-out ships out of service and buy new ones.

    Parameters
    ----------
    columns, constants, flows
        Fields of the classes above.
    grant
        For a new ship, yuan, shape (powertrains,).
    place
        Of the month on paths.
    """
    owners, known, to = Columns(*columns), Constants(*constants), Flows(*flows)
    number, fuels = owners.ships.shape
    cost, offered, shares = np.empty(fuels), np.empty(fuels), np.empty(fuels)
    for fuel in range(fuels):
        cost[fuel] = known.price[fuel] - grant[fuel] + known.fuel[fuel]
    for row in range(number):
        gone = in_service = 0.0
        for fuel in range(fuels):
            gone += owners.ships[row, fuel] / known.months_of_life
            in_service += owners.ships[row, fuel]
            serves = share_of_days_within_range(
                owners.voyage[row], known.reach[fuel], known.steepness
            )
            offered[fuel] = known.market[place, fuel] * serves
        total = max(gone + known.growth * in_service, 0.0)
        fill_fuel_shares(cost, offered, known.cost_sensitivity, shares)
        paid = 0.0
        for fuel in range(fuels):
            gone = owners.ships[row, fuel] / known.months_of_life
            bought = total * shares[fuel]
            paid += bought * grant[fuel]
            to.scrappage[fuel] += gone
            to.purchases[fuel] += bought
            owners.ships[row, fuel] += bought - gone
        owners.subsidy_received[row] += paid
        to.spending[known.programme] += paid
