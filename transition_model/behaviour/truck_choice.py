"""When the owner of a truck scraps it before it is worn out, and what powertrain comes instead."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transition_model.compilation import formula

type Array = NDArray[np.float64]


def standard_shares(registered: Array, china_4: float, china_5: float) -> Array:
    """Shares of a year's diesel trucks that meet China III or less, and China IV.

    Parameters
    ----------
    registered
        Calendar year of registration, shape (ages,).
    china_4, china_5
        Time from which new trucks had to meet the standard, in years and parts of them.

    Returns
    -------
    ndarray
        Shape (2, ages); the rest meets a later standard.
    """
    before_4 = np.clip(china_4 - registered, 0.0, 1.0)
    before_5 = np.clip(china_5 - registered, 0.0, 1.0)
    return np.stack([before_4, before_5 - before_4])


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


def early_scrapping_hazard(benefit: Array, worth: Array, decision_months: float) -> Array:
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
    hazard: Array = -np.expm1(-np.maximum(benefit, 0.0) / worth) / decision_months
    return hazard


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
    lost = banned[:, [0]] * inner + banned[:, [1]] * central
    loss: Array = (1.0 - avoidable) * lost * earnings
    return loss


@formula
def share_of_days_within_range(distance: Array, reach: Array, steepness: float) -> Array:
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
    share: Array = 1.0 / (1.0 + (distance / reach) ** steepness)
    return share


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
    relative = cost / cost[:, :1] - reference / reference[:, :1]
    weight = market * np.exp(-sensitivity * relative)
    shares: Array = weight / weight.sum(axis=1, keepdims=True)
    return shares
