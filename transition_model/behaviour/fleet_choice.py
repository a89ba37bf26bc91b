"""Which fuel the operator of a public-service fleet buys."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transition_model.behaviour.discounting import present_value_factor

type Array = NDArray[np.float64]


def cost_of_ownership(
    price: Array,
    yearly_cost: Array,
    battery_price: Array,
    battery_life: Array,
    service_life: Array,
    rate: Array,
) -> Array:
    """Present value of buying and running a vehicle over its service life.

    ``price + yearly cost * annuity + battery price / (1 + rate)^battery life`` where the battery
    gives out before the vehicle does (World Resources Institute 2018, How Shenzhen built its
    electric bus fleet: cost items of electric buses).

    Parameters
    ----------
    price
        Purchase price with charging equipment, yuan/vehicle, shape (operators, fuels).
    yearly_cost
        Energy, maintenance and time lost in charging, yuan/year, shape (operators, fuels).
    battery_price
        A new battery, yuan/vehicle, shape (operators, fuels); 0 without battery.
    battery_life, service_life
        Years, shape (operators,).
    rate
        Discount rate, share/year, shape (operators,).

    Returns
    -------
    ndarray
        yuan/vehicle, shape (operators, fuels).
    """
    running = yearly_cost * present_value_factor(rate, service_life)[:, None]
    discounted = battery_price * ((1.0 + rate) ** -battery_life)[:, None]
    return price + running + np.where((battery_life < service_life)[:, None], discounted, 0.0)


def fuel_shares(cost: Array, offered: Array, sensitivity: float) -> Array:
    """Shares of fuels in what an operator would buy freely.

    Logit in cost relative to the cheapest fuel: routes, depots and gradients differ, so that the
    cheapest on average is not the cheapest everywhere.

    Parameters
    ----------
    cost
        From :func:`cost_of_ownership`, above 0.
    offered
        1 for a fuel that the market offers for this fleet, 0 for another, shape (operators, fuels).
    sensitivity
        Slope on relative cost; 0 spreads purchases evenly.

    Returns
    -------
    ndarray
        Shape (operators, fuels), each row sums to 1.
    """
    cheapest = np.min(np.where(offered > 0.0, cost, np.inf), axis=1, keepdims=True)
    weight = offered * np.exp(-sensitivity * (cost / cheapest - 1.0))
    shares: Array = weight / weight.sum(axis=1, keepdims=True)
    return shares


def shares_under_quota(shares: Array, required: Array, electric: int) -> Array:
    """Shares after a quota: electric at least as required, the other fuels in proportion.

    Parameters
    ----------
    shares
        Shape (operators, fuels), each row sums to 1.
    required
        Electric share required, shape (operators,).
    electric
        Column of the electric fuel.

    Returns
    -------
    ndarray
        Shape (operators, fuels), each row sums to 1.
    """
    free = shares[:, electric]
    bound = np.maximum(free, required)
    rest = 1.0 - free
    scale = np.where(rest > 0.0, (1.0 - bound) / np.where(rest > 0.0, rest, 1.0), 0.0)
    under = shares * scale[:, None]
    under[:, electric] = np.where(rest > 0.0, bound, 1.0)
    return under


def shares_within(shares: Array, most: Array, electric: int) -> Array:
    """Shares when no more electric vehicles can be charged: the other fuels take the rest.

    Parameters
    ----------
    shares
        Shape (operators, fuels), each row sums to 1.
    most
        Largest electric share, 0..1, shape (operators,).
    electric
        Column of the electric fuel.

    Returns
    -------
    ndarray
        Shape (operators, fuels). A row without any other fuel on offer stays as it is.
    """
    taken = shares[:, electric]
    rest = 1.0 - taken
    bound = np.where(rest > 0.0, np.minimum(taken, most), taken)
    scale = np.where(rest > 0.0, (1.0 - bound) / np.where(rest > 0.0, rest, 1.0), 1.0)
    within = shares * scale[:, None]
    within[:, electric] = bound
    return within


def cost_per_year(outlay: Array, yearly_cost: Array, years: Array, rate: Array) -> Array:
    """Outlay spread over the years that it buys, and what each of them costs; yuan/year.

    ``outlay / annuity(years) + yearly cost``; inf where it buys no year.

    Parameters
    ----------
    outlay
        yuan/vehicle.
    yearly_cost
        yuan/year.
    years
        Years of service, not negative.
    rate
        Discount rate, share/year.
    """
    factor = present_value_factor(rate, years)
    instalment = np.where(factor > 0.0, outlay / np.where(factor > 0.0, factor, 1.0), np.inf)
    cost: Array = instalment + yearly_cost
    return cost


def share_of_cheaper(cost: Array, rival: Array, sensitivity: float) -> Array:
    """Share that takes an option against one rival: logit in relative cost.

    Parameters
    ----------
    cost, rival
        Cost of the option (inf where there is none) and of its rival, above 0, one shape.
    sensitivity
        Slope on relative cost, as in :func:`fuel_shares`.
    """
    with np.errstate(over="ignore"):
        share: Array = 1.0 / (1.0 + np.exp(sensitivity * (cost / rival - 1.0)))
    return share


def early_renewal_value(
    subsidy: Array,
    saving: Array,
    price: Array,
    resale: Array,
    age: Array,
    service_life: Array,
    rate: Array,
) -> Array:
    """Net present value of replacing a vehicle now instead of at the end of its service life.

    ``subsidy + saving * annuity(years left) - price / annuity(life) * annuity(years left) - resale
    * years left / life``: the subsidy and cheaper running against carrying the new vehicle's
    capital earlier, and against what the old one would fetch, worn evenly over its life.

    Parameters
    ----------
    subsidy
        yuan/vehicle, not negative.
    saving
        Running cost of the old vehicle less that of the new one, yuan/year.
    price
        Of the new vehicle, yuan.
    resale
        Worth of the old vehicle to another user when new, yuan.
    age, service_life
        Years; service life above 0.
    rate
        Discount rate, share/year.

    Returns
    -------
    ndarray
        yuan/vehicle, in the shape that all arguments broadcast to; the subsidy alone once the
        service life is over.
    """
    years = np.maximum(service_life - age, 0.0)
    left = present_value_factor(rate, years)
    instalment = price / present_value_factor(rate, service_life)
    return subsidy + (saving - instalment) * left - resale * years / service_life
