"""Fuels and whole vehicles of one owner, from the formulas of :mod:`.behaviour.fleet_choice`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transition_model.behaviour import fleet_choice
from transition_model.behaviour.fleet_replacement import ROUNDING
from transition_model.compilation import part

type Array = NDArray[np.float64]
type Counts = NDArray[np.int64]


@part
def fill_fuel_shares(cost: Array, offered: Array, sensitivity: float, shares: Array) -> None:
    """Write the shares of :func:`.behaviour.fleet_choice.fuel_shares` of one owner.

    Parameters
    ----------
    cost, offered
        By fuel, shape (fuels,).
    sensitivity
        Slope on relative cost.
    shares
        Written, shape (fuels,).
    """
    cheapest = np.inf
    for fuel in range(len(cost)):
        if offered[fuel] > 0.0:
            cheapest = min(cheapest, cost[fuel])
    total = 0.0
    for fuel in range(len(cost)):
        shares[fuel] = fleet_choice.weight_of_fuel(offered[fuel], cost[fuel], cheapest, sensitivity)
        total += shares[fuel]
    for fuel in range(len(cost)):
        shares[fuel] /= total


@part
def move_electric(shares: Array, electric: int, share: float, scale: float) -> None:
    """Set the electric share, and scale those of the other fuels, shape (fuels,)."""
    for fuel in range(len(shares)):
        shares[fuel] *= scale
    shares[electric] = share


@part
def apportion(total: int, shares: Array, without: int, parts: Counts, remainders: Array) -> None:
    """Split one whole number as :func:`.behaviour.fleet_replacement.apportion` does.

    Parameters
    ----------
    total
        Not negative.
    shares
        Not negative, shape (parts,).
    without
        A part that gets nothing, whatever its share; the number of parts for none.
    parts, remainders
        Written, shape (parts,).
    """
    weight, number = 0.0, 0
    for one in range(len(shares)):
        if one != without:
            weight += shares[one]
            number += 1
    missing = total
    for one in range(len(shares)):
        parts[one] = 0
        remainders[one] = -np.inf
        if one != without:
            exact = total * shares[one] / weight if weight > 0.0 else total / number
            whole = np.floor(exact + ROUNDING)
            parts[one] = int(whole)
            remainders[one] = exact - whole
            missing -= parts[one]
    for _ in range(missing):
        largest = 0
        for one in range(1, len(shares)):
            if remainders[one] > remainders[largest]:
                largest = one
        parts[largest] += 1
        remainders[largest] = -np.inf
