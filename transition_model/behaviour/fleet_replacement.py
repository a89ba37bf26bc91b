"""Which vehicles of a public-service fleet go, counted one by one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

type Array = NDArray[np.float64]
type Counts = NDArray[np.int64]


def apportion(totals: Counts, shares: Array) -> Counts:
    """Split whole numbers by shares, to the unit, by largest remainders (Hamilton's method).

    Parameters
    ----------
    totals
        Whole numbers, not negative, shape (rows,).
    shares
        Not negative, shape (rows, parts); need not sum to 1. Equal parts where all are 0.

    Returns
    -------
    ndarray
        Whole numbers, shape (rows, parts), each row sums to its total. No part exceeds its share
        by one or more.
    """
    weights = np.where(shares.sum(axis=1, keepdims=True) > 0.0, shares, 1.0)
    exact = totals[:, None] * weights / weights.sum(axis=1, keepdims=True)
    # A share that should come out whole must not lose its unit to rounding.
    whole = np.floor(exact + 1e-9)
    missing = totals - whole.sum(axis=1).astype(np.int64)
    order = np.argsort(-(exact - whole), axis=1, kind="stable")
    rank = np.argsort(order, axis=1, kind="stable")
    return whole.astype(np.int64) + (rank < missing[:, None])


def purchases_by_fuel(
    total: Counts, shares: Array, required: Array, most: Array, electric: int
) -> Counts:
    """Whole vehicles to buy by fuel; the electric ones are never fewer than the quota asks.

    Parameters
    ----------
    total
        Vehicles to buy, shape (operators,).
    shares
        Shares of fuels, shape (operators, fuels), each row sums to 1.
    required
        Electric share required, shape (operators,).
    most
        Largest electric share that can be charged, not below the required one, shape (operators,).
    electric
        Column of the electric fuel.

    Returns
    -------
    ndarray
        Vehicles, shape (operators, fuels), each row sums to its total.
    """
    counts = apportion(total, shares)
    owed = np.ceil(total * required - 1e-9).astype(np.int64)
    chargeable = np.floor(total * most + 1e-9).astype(np.int64)
    count = np.minimum(np.maximum(counts[:, electric], owed), chargeable)
    rest = apportion(total - count, np.delete(shares, electric, axis=1))
    return np.insert(rest, electric, count, axis=1)


def affordable(budget: Array, price: Array, subsidy: Array, eligible: Counts) -> Counts:
    """Vehicles that a budget buys when the first ones are subsidised.

    Parameters
    ----------
    budget
        yuan, shape (operators,).
    price
        Mean price of a new vehicle, yuan, above 0, shape (operators,).
    subsidy
        Mean subsidy of an eligible replacement, yuan, shape (operators,).
    eligible
        Replacements that earn the subsidy, shape (operators,).

    Returns
    -------
    ndarray
        Whole vehicles, shape (operators,).
    """
    net = price - subsidy
    subsidised = np.where(net > 0.0, budget / np.where(net > 0.0, net, 1.0), np.inf)
    beyond = (budget + subsidy * eligible) / price
    return np.floor(np.where(subsidised <= eligible, subsidised, beyond)).astype(np.int64)


def oldest_first(candidates: Counts, number: Counts) -> Counts:
    """Choose vehicles to retire, the oldest before younger ones.

    Parameters
    ----------
    candidates
        Vehicles that may go, shape (operators, fuels, ages).
    number
        How many go at most, shape (operators,).

    Returns
    -------
    ndarray
        Vehicles to retire, shape (operators, fuels, ages).
    """
    operators, fuels, ages = candidates.shape
    queue = candidates.transpose(0, 2, 1)[:, ::-1, :].reshape(operators, -1)
    before = np.cumsum(queue, axis=1) - queue
    taken = np.clip(number[:, None] - before, 0, queue)
    return taken.reshape(operators, ages, fuels)[:, ::-1, :].transpose(0, 2, 1).copy()


def depot_room(places: Array, electric: Array, own: Array) -> Array:
    """Electric vehicles for which depots have a place left; inf where none charges there.

    Parameters
    ----------
    places
        Electric vehicles that charge in the depot at most, shape (operators,).
    electric
        Electric vehicles in service, same shape.
    own
        Part of charging that is done in depots, 0..1, same shape.
    """
    left = np.maximum(places - own * electric, 0.0)
    return np.where(own > 0.0, left / np.where(own > 0.0, own, 1.0), np.inf)


def chargeable_share(room: Array, bought: Counts, own: Array, public_access: Array) -> Array:
    """Largest electric share of purchases that depots and public points can charge.

    Parameters
    ----------
    room
        From :func:`depot_room`, for the vehicles that stay in service, shape (operators,).
    bought
        Vehicles to buy, same shape.
    own
        Part of charging that is done in depots, 0..1, same shape.
    public_access
        Part of the rest that finds a public point, 0..1, same shape.
    """
    free = np.minimum(room / np.maximum(bought, 1), 1.0)
    share: Array = own * free + (1.0 - own) * public_access
    return share


def one_year_older(vehicles: Counts) -> Counts:
    """Move every age class up by a year; the last class is open.

    Parameters
    ----------
    vehicles
        Shape (operators, fuels, ages).
    """
    older = np.zeros_like(vehicles)
    older[..., 1:] = vehicles[..., :-1]
    older[..., -1] += vehicles[..., -1]
    return older
