"""What industrial firms pay for a kilowatt-hour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transition_model.compilation import formula

type Array = NDArray[np.float64]


@formula
def expected_surcharge(class_surcharge: Array, scope: Array, enforcement: float) -> Array:
    """Surcharge that a firm pays on average.

    ``class_surcharge * scope * enforcement``: a surcharge reaches the firm's electricity as far as
    the rule names the firm's trade and is enforced.

    Parameters
    ----------
    class_surcharge
        Surcharge of the firm's catalogue class, yuan/kWh, shape (firms,).
    scope
        Share of its electricity in trades that the rule names, shape (firms,).
    enforcement
        Share of that electricity that the surcharge reaches.

    Returns
    -------
    ndarray
        yuan/kWh, shape (firms,).
    """
    return class_surcharge * scope * enforcement


@formula
def detection(own_reports: float, inspected: float) -> float:
    """Share of firms above their energy limit that are known: ``1 - (1 - own) (1 - inspected)``.

    Parameters
    ----------
    own_reports
        Share known from statistics and reports without inspection.
    inspected
        Share of key users inspected in a year.
    """
    return 1.0 - (1.0 - own_reports) * (1.0 - inspected)


@formula
def effective_price(base: Array | float, premium: Array, surcharge: Array) -> Array:
    """Price of electricity to a firm: ``base * (1 + premium) + surcharge``.

    Parameters
    ----------
    base
        Price by the firm's load, yuan/kWh, shape (firms,) or one for all.
    premium
        Premium on the market price, share, shape (firms,).
    surcharge
        All surcharges, yuan/kWh, shape (firms,).

    Returns
    -------
    ndarray
        yuan/kWh, shape (firms,).
    """
    return base * (1.0 + premium) + surcharge


@formula
def product_energy(ratio: Array, technology: Array, elasticity: Array, luck: Array) -> Array:
    """Energy for a tonne of product against that at the energy limit of 2020.

    ``technology * ratio ** elasticity * luck``. Energy for value added spreads more than energy for
    a tonne, because value added for a tonne differs too; hence an elasticity below 1.

    Parameters
    ----------
    ratio
        Specific energy (for value added) against its limit, shape (firms,).
    technology
        Progress of the sector since 2020, 1 in 2020, shape (firms,).
    elasticity
        Of energy for a tonne to ``ratio``, shape (firms,).
    luck
        What sets the firm's product apart besides, around 1, shape (firms,).

    Returns
    -------
    ndarray
        1 at the limit of 2020, shape (firms,).
    """
    relative: Array = technology * ratio**elasticity * luck
    return relative


def daily_load(continuous: Array, first_hour: int, last_hour: int, hours: int) -> Array:
    """Share of a day's electricity in each hour.

    Parameters
    ----------
    continuous
        Share that runs round the clock, by sector, shape (sectors,); the rest runs in working
        hours.
    first_hour, last_hour
        Working hours, the last one not included.
    hours
        Hours of a day.

    Returns
    -------
    ndarray
        Rows sum to 1, shape (sectors, hours).
    """
    at_work = np.zeros(hours)
    at_work[first_hour:last_hour] = 1.0 / (last_hour - first_hour)
    return continuous[:, None] / hours + (1.0 - continuous)[:, None] * at_work


def shifted_load(load: Array, floats: Array, response: float, limit: Array) -> Array:
    """Daily load when dear hours are avoided.

    A share ``min(response * spread, limit)`` of the load in hours that cost more moves to hours
    that cost less, evenly; the spread is the mean float of the dear hours less that of the cheap.

    Parameters
    ----------
    load
        Shares of the day, shape (sectors, hours).
    floats
        What an hour adds to the price, share of the flat price, shape (hours,).
    response
        Share of the load in dear hours that moves for each unit of the spread.
    limit
        Share that can move at most, shape (sectors,).

    Returns
    -------
    ndarray
        Rows sum to what they summed to, shape (sectors, hours).
    """
    dear, cheap = floats > 0.0, floats < 0.0
    if not (dear.any() and cheap.any()):
        return load
    spread = float(floats[dear].mean() - floats[cheap].mean())
    share = np.minimum(response * spread, limit)[:, None]
    moved = (share * load * dear).sum(axis=1, keepdims=True)
    shifted: Array = load - share * load * dear + moved * cheap / cheap.sum()
    return shifted


def price_by_load(load: Array, shifted: Array, floats: Array, weight: Array) -> Array:
    """Mean price by sector against the price that industry pays on average.

    Time of use parts the price on record among loads: it is neutral for industry as it was, and
    who then moves load saves.

    Parameters
    ----------
    load, shifted
        Shares of the day before and after the response, shape (sectors, hours).
    floats
        What an hour adds, share of the flat price, shape (hours,).
    weight
        Electricity by sector, shape (sectors,).

    Returns
    -------
    ndarray
        Around 1, shape (sectors,).
    """
    mean_float = float(weight @ (load @ floats)) / float(weight.sum())
    return (1.0 + shifted @ floats) / (1.0 + mean_float)
