"""When the owner of a truck scraps it before it is worn out, and what powertrain comes instead."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from transition_model.compilation import formula

type Array = NDArray[np.float64]


def standard_shares(registered: Array, china_4: float, china_5: float) -> Array:
    """Shares of a year's diesel trucks that meet China III or less, and China IV.

    Parameters
    ----------
    registered
        Calendar year of registration, any shape.
    china_4, china_5
        Time from which new trucks had to meet the standard, in years and parts of them.

    Returns
    -------
    ndarray
        Shape (2, ...); the rest meets a later standard.
    """
    before_4 = registered_before(registered, china_4)
    before_5 = registered_before(registered, china_5)
    return np.stack([before_4, before_5 - before_4])


@formula
def registered_before(registered: Any, time: float) -> Any:
    """Share of a calendar year's trucks that were registered before a time in years."""
    return np.minimum(np.maximum(time - registered, 0.0), 1.0)


def worth_of_truck(price: Array, depreciation: float, age: Array) -> Array:
    """What a truck is worth to its owner: ``price exp(-depreciation age)``.

    Parameters
    ----------
    price
        Of a new one, yuan, shape (owners, 1).
    depreciation
        1/year.
    age
        Years, shape (ages,).
    """
    worth: Array = price * np.exp(-depreciation * age)
    return worth


@formula
def early_scrapping_hazard(benefit: Any, worth: Any, decision_months: float) -> Any:
    """Monthly probability that an owner scraps a truck because it pays.

    ``(1 - exp(-benefit / worth)) / decision time``: owners differ in what a truck is worth to them,
    exponentially around the mean, and each reconsiders once in the decision time.

    Parameters
    ----------
    benefit
        Money for scrapping and losses that are saved, yuan.
    worth
        Mean worth of the truck, yuan, above 0.
    decision_months
        Months, at least 1.
    """
    return -np.expm1(-np.maximum(benefit, 0.0) / worth) / decision_months


def yearly_loss_by_ban(
    banned: Array, central: Array, inner: Array, avoidable: float, earnings: Array
) -> Array:
    """What an access ban costs an owner for each old truck, yuan/year, shape (standards, owners).

    Parameters
    ----------
    banned
        Share of working hours, shape (standards, places): inside the inner ring, and the rest of
        the central urban area.
    central, inner
        Shares of an owner's working time in these places, shape (owners,).
    avoidable
        Part of the lost time that other trucks, routes and hours make good.
    earnings
        Earnings of a truck less its running cost, yuan/year, shape (owners,).
    """
    loss: Array = lost_in_a_year(
        banned[:, [0]], banned[:, [1]], central, inner, avoidable, earnings
    )
    return loss


@formula
def lost_in_a_year(
    banned_inner: Any,
    banned_central: Any,
    central: Any,
    inner: Any,
    avoidable: float,
    earnings: Any,
) -> Any:
    """:func:`yearly_loss_by_ban` where bans inside the inner ring and outside it stand apart."""
    return (1.0 - avoidable) * (banned_inner * inner + banned_central * central) * earnings


@formula
def share_of_days_within_range(distance: Any, reach: Any, steepness: float) -> Any:
    """Share of working days on which a truck gets home: ``1 / (1 + (distance / range)^steepness)``.

    Log-logistic distribution of daily distance around an owner's median.

    Parameters
    ----------
    distance
        Median daily distance, km, shape (owners, 1).
    reach
        Distance that a powertrain covers in a day with its charging or filling, km; inf without
        limit, shape (owners, powertrains).
    steepness
        Shape of the distribution, above 0.
    """
    return 1.0 / (1.0 + (distance / reach) ** steepness)


@formula
def cost_of_ownership(price: Any, each_km: Any, distance: Any, factor: float) -> Any:
    """What a truck costs over the years reckoned, without subsidy: ``price + factor km_cost km``.

    Parameters
    ----------
    price
        Yuan.
    each_km
        Energy and maintenance, yuan/km.
    distance
        Of a year, km.
    factor
        Present value of one yuan a year over the years reckoned, years.
    """
    return price + factor * each_km * distance


def powertrain_shares(market: Array, cost: Array, reference: Array, sensitivity: float) -> Array:
    """Powertrains of new trucks: the market's mix, moved by what differs for this owner.

    ``market_f exp(-sensitivity (cost_f / cost_diesel - reference_f / reference_diesel))``,
    normalised: a logit in cost relative to diesel whose constants are those of the national market
    (Train 2009, Discrete Choice Methods with Simulation, section 2.8, on adjusting constants to
    market shares).

    Parameters
    ----------
    market
        Shares of the national market as far as an owner can use them, shape (owners, powertrains).
    cost
        Cost of ownership to this owner under the city's rules, yuan, same shape; diesel first.
    reference
        The same for the mean duty without those rules.
    sensitivity
        Slope on relative cost.
    """
    weight = powertrain_weight(
        market, cost / cost[:, :1], reference / reference[:, :1], sensitivity
    )
    shares: Array = weight / weight.sum(axis=1, keepdims=True)
    return shares


@formula
def powertrain_weight(market: Any, cost: Any, reference: Any, sensitivity: float) -> Any:
    """Weight of a powertrain in :func:`powertrain_shares`; costs are relative to diesel."""
    return market * np.exp(-sensitivity * (cost - reference))
