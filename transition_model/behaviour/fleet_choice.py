"""Which fuel the operator of a public-service fleet buys."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from transition_model.behaviour.discounting import yearly_yuan
from transition_model.compilation import either, formula

type Array = NDArray[np.float64]


@formula
def discount_of_maker(discount: Any, part_asked: Any, reward: Any) -> Any:
    """What a maker takes off a vehicle because a part of it is paid back, yuan.

    In full if the public pays the part that makers ask for, less in proportion.

    Parameters
    ----------
    discount
        In full, yuan; 0 for vehicles on which there is none.
    part_asked
        Part of it that makers want to be paid back, 0..1.
    reward
        What the public pays them, yuan.
    """
    asked = discount * part_asked
    paid = either(asked > 0.0, reward, 0.0)
    met = np.minimum(paid / either(asked > 0.0, asked, 1.0), 1.0)
    return discount * met


@formula
def cost_of_ownership(
    price: Any,
    yearly_cost: Any,
    battery_price: Any,
    battery_life: Any,
    service_life: Any,
    rate: Any,
) -> Any:
    """Present value of buying and running a vehicle over its service life.

    ``price + yearly cost * annuity + battery price / (1 + rate)^battery life`` where the battery
    gives out before the vehicle does (World Resources Institute 2018, How Shenzhen built its
    electric bus fleet: cost items of electric buses).

    Parameters
    ----------
    price
        Purchase price with charging equipment, yuan/vehicle.
    yearly_cost
        Energy, maintenance and time lost in charging, yuan/year.
    battery_price
        A new battery, yuan/vehicle; 0 without battery.
    battery_life, service_life
        Years.
    rate
        Discount rate, share/year.

    Returns
    -------
    float or ndarray
        yuan/vehicle, in the shape that all arguments broadcast to.
    """
    running = yearly_cost * yearly_yuan(rate, service_life)
    discounted = battery_price * (1.0 + rate) ** -battery_life
    return price + running + either(battery_life < service_life, discounted, 0.0)


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
    weight = weight_of_fuel(offered, cost, cheapest, sensitivity)
    shares: Array = weight / weight.sum(axis=1, keepdims=True)
    return shares


@formula
def weight_of_fuel(offered: Any, cost: Any, cheapest: Any, sensitivity: Any) -> Any:
    """Weight of a fuel in :func:`fuel_shares`: ``offered exp(-sensitivity (cost / cheapest - 1))``.

    Parameters
    ----------
    offered
        1 for a fuel that the market offers, 0 for another.
    cost, cheapest
        Of this fuel, and of the cheapest on offer, yuan.
    sensitivity
        Slope on relative cost.
    """
    return offered * np.exp(-sensitivity * (cost / cheapest - 1.0))


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
    under: Array = shares * scale_of_others(free, np.maximum(free, required), 0.0)[:, None]
    under[:, electric] = electric_under_quota(free, required)
    return under


@formula
def electric_under_quota(free: Any, required: Any) -> Any:
    """Electric share of :func:`shares_under_quota`.

    Parameters
    ----------
    free
        Electric share of free purchases.
    required
        Electric share required.
    """
    return either(1.0 - free > 0.0, np.maximum(free, required), 1.0)


@formula
def scale_of_others(before: Any, after: Any, without_others: Any) -> Any:
    """Factor on the shares of the other fuels when the electric one moves.

    Parameters
    ----------
    before, after
        Electric share.
    without_others
        The factor where only electric vehicles are bought.
    """
    rest = 1.0 - before
    return either(rest > 0.0, (1.0 - after) / either(rest > 0.0, rest, 1.0), without_others)


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
    bound = electric_within(taken, most)
    within: Array = shares * scale_of_others(taken, bound, 1.0)[:, None]
    within[:, electric] = bound
    return within


@formula
def electric_within(taken: Any, most: Any) -> Any:
    """Electric share of :func:`shares_within`.

    Parameters
    ----------
    taken
        Electric share that would be bought.
    most
        Largest electric share.
    """
    return either(1.0 - taken > 0.0, np.minimum(taken, most), taken)


@formula
def cost_per_year(outlay: Any, yearly_cost: Any, years: Any, rate: Any) -> Any:
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
    factor = yearly_yuan(rate, years)
    instalment = either(factor > 0.0, outlay / either(factor > 0.0, factor, 1.0), np.inf)
    return instalment + yearly_cost


@formula
def share_of_cheaper(cost: Any, rival: Any, sensitivity: Any) -> Any:
    """Share that takes an option against one rival: logit in relative cost.

    Parameters
    ----------
    cost, rival
        Cost of the option (inf where there is none) and of its rival, above 0, one shape.
    sensitivity
        Slope on relative cost, as in :func:`fuel_shares`.
    """
    return 1.0 / (1.0 + np.exp(sensitivity * (cost / rival - 1.0)))


@formula
def early_renewal_value(
    subsidy: Any,
    saving: Any,
    price: Any,
    resale: Any,
    age: Any,
    service_life: Any,
    rate: Any,
) -> Any:
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
    float or ndarray
        yuan/vehicle, in the shape that all arguments broadcast to; the subsidy alone once the
        service life is over.
    """
    years = np.maximum(service_life - age, 0.0)
    left = yearly_yuan(rate, years)
    instalment = price / yearly_yuan(rate, service_life)
    return subsidy + (saving - instalment) * left - resale * years / service_life
