"""Which vehicles of a public-service fleet go, counted one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from transition_model.compilation import either, formula

type Array = NDArray[np.float64]
type Counts = NDArray[np.int64]

ROUNDING = 1e-9
"""By which a share that should come out whole may miss it."""


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
    whole = np.floor(exact + ROUNDING)
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
    count = electric_purchases(counts[:, electric], total, required, most).astype(np.int64)
    rest = apportion(total - count, np.delete(shares, electric, axis=1))
    return np.insert(rest, electric, count, axis=1)


@formula
def electric_purchases(count: Any, total: Any, required: Any, most: Any) -> Any:
    """Electric ones of :func:`purchases_by_fuel`, a whole number.

    Parameters
    ----------
    count
        Electric vehicles by their share.
    total
        Vehicles to buy.
    required, most
        Electric share required, and the most that can be charged.
    """
    owed = np.ceil(total * required - ROUNDING)
    chargeable = np.floor(total * most + ROUNDING)
    return np.minimum(np.maximum(count, owed), chargeable)


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
    number: Counts = within_budget(budget, price, subsidy, eligible).astype(np.int64)
    return number


@formula
def within_budget(budget: Any, price: Any, subsidy: Any, eligible: Any) -> Any:
    """:func:`affordable` of single numbers or arrays of one shape, a whole number."""
    net = price - subsidy
    subsidised = either(net > 0.0, budget / either(net > 0.0, net, 1.0), np.inf)
    beyond = (budget + subsidy * eligible) / price
    return np.floor(either(subsidised <= eligible, subsidised, beyond))


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


@formula
def depot_room(places: Any, electric: Any, own: Any) -> Any:
    """Electric vehicles for which depots have a place left; inf where none charges there.

    Parameters
    ----------
    places
        Electric vehicles that charge in the depot at most.
    electric
        Electric vehicles in service.
    own
        Part of charging that is done in depots, 0..1.
    """
    left = np.maximum(places - own * electric, 0.0)
    return either(own > 0.0, left / either(own > 0.0, own, 1.0), np.inf)


@formula
def chargeable_share(room: Any, bought: Any, own: Any, public_access: Any) -> Any:
    """Largest electric share of purchases that depots and public points can charge.

    Parameters
    ----------
    room
        From :func:`depot_room`, for the vehicles that stay in service.
    bought
        Vehicles to buy.
    own
        Part of charging that is done in depots, 0..1.
    public_access
        Part of the rest that finds a public point, 0..1.
    """
    free = np.minimum(room / np.maximum(bought, 1), 1.0)
    return own * free + (1.0 - own) * public_access


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
