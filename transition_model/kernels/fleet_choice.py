"""Fuels and whole vehicles of one owner, from the formulas of :mod:`.behaviour.fleet_choice`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transition_model.behaviour import fleet_choice
from transition_model.behaviour.fleet_replacement import ROUNDING
from transition_model.compilation import kernel

type Array = NDArray[np.float64]
type Counts = NDArray[np.int64]


@kernel
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


@kernel
def move_electric(shares: Array, electric: int, share: float, scale: float) -> None:
    """Set the electric share, and scale those of the other fuels, shape (fuels,)."""
    for fuel in range(len(shares)):
        shares[fuel] *= scale
    shares[electric] = share


@kernel
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
    for part in range(len(shares)):
        if part != without:
            weight += shares[part]
            number += 1
    missing = total
    for part in range(len(shares)):
        parts[part] = 0
        remainders[part] = -np.inf
        if part != without:
            exact = total * shares[part] / weight if weight > 0.0 else total / number
            whole = np.floor(exact + ROUNDING)
            parts[part] = int(whole)
            remainders[part] = exact - whole
            missing -= parts[part]
    for _ in range(missing):
        largest = 0
        for part in range(1, len(shares)):
            if remainders[part] > remainders[largest]:
                largest = part
        parts[largest] += 1
        remainders[largest] = -np.inf
