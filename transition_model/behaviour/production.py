"""How much a firm makes when electricity gets dearer for it, and whether it stays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transition_model.calendar import MONTHS_PER_YEAR
from transition_model.compilation import either, formula

type Array = NDArray[np.float64]


@formula
def output_response(price_ratio: Array, cost_share: Array, elasticity: float) -> Array:
    """Output against that at the price of rivals elsewhere: ``ratio ** (elasticity * share)``.

    What is made dearer here is made elsewhere: the city sells on markets wider than itself.

    Parameters
    ----------
    price_ratio
        Electricity price of the firm against that of its rivals elsewhere, shape (firms,).
    cost_share
        Electricity in the value of the firm's product, share, shape (firms,).
    elasticity
        Elasticity of output to its cost, at most 0.

    Returns
    -------
    ndarray
        Shape (firms,); 1 at the price of rivals.
    """
    response: Array = price_ratio ** (elasticity * cost_share)
    return response


@formula
def margin_after_price(
    margin: Array, price_ratio: Array, cost_share: Array, pass_through: float
) -> Array:
    """Margin left when the part of dearer electricity that buyers do not bear is paid.

    Parameters
    ----------
    margin
        Margin at the ordinary electricity price, share of sales, shape (firms,).
    price_ratio, cost_share
        As in :func:`output_response`.
    pass_through
        Share of the extra cost that the product's price takes up.

    Returns
    -------
    ndarray
        Share of sales, shape (firms,).
    """
    return margin - (1.0 - pass_through) * cost_share * (price_ratio - 1.0)


@formula
def margin_after_charges(margin: Array, extra_cost: Array, pass_through: float) -> Array:
    """Margin left when charges have risen by ``extra_cost`` (share of sales), shape (firms,)."""
    return margin - (1.0 - pass_through) * extra_cost


@formula
def productivity_change(
    months_since: Array, loss: float, loss_months: float, gain: float, gain_months: float
) -> Array:
    """Change of productivity in a month after a measure was adopted: the J-curve, share.

    New equipment costs productivity while it is learnt and brings it afterwards: differential
    prices, which make firms refit, cost steel firms 1.2 % a year (Qu, Li, Ye and Shao 2022, Journal
    of Asian Economics 80), in the short run only (Zheng, Wu and He 2021, Energy Economics 94).

    Parameters
    ----------
    months_since
        Months since the last measure, shape (firms,).
    loss, gain
        Share a year, while it falls and while it rises.
    loss_months, gain_months
        How long it falls, and how long it rises after that.

    Returns
    -------
    ndarray
        Share a month, shape (firms,).
    """
    falling = months_since < loss_months
    rising = (months_since >= loss_months) & (months_since < loss_months + gain_months)
    change: Array = (either(rising, gain, 0.0) - either(falling, loss, 0.0)) / MONTHS_PER_YEAR
    return change


@formula
def running_share(margin: Array, shutdown_margin: float, band: float) -> Array:
    """Share of capacity kept running: 0 at the shutdown margin, 1 from a band above it.

    A sampled firm stands for several, whose margins spread over the band.

    Parameters
    ----------
    margin
        Margin that the firm has got used to, share of sales, shape (firms,).
    shutdown_margin
        Where production stops.
    band
        Width over which it stops, share of sales, above 0.

    Returns
    -------
    ndarray
        0 to 1, shape (firms,).
    """
    share: Array = np.minimum(np.maximum((margin - shutdown_margin) / band, 0.0), 1.0)
    return share


@formula
def exit_hazard(class_rate: Array, surcharge: Array, response: float) -> Array:
    """Firms that close for good, share a year: ``rate of the class + response * surcharge``.

    The response is small: in Hunan differential prices cut output and profit, and hardly moved
    exit (Yang, Yuan and Sun 2021, Energy Economics 94).

    Parameters
    ----------
    class_rate
        Exit of the firm's catalogue class without surcharge, share/year, shape (firms,).
    surcharge
        yuan/kWh, shape (firms,).
    response
        Share/year for each yuan/kWh.

    Returns
    -------
    ndarray
        Share/year, at most 1, shape (firms,).
    """
    hazard: Array = np.minimum(np.maximum(class_rate + response * surcharge, 0.0), 1.0)
    return hazard
