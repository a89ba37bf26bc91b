"""Trucks replaced when they wear out, by the mix of the market."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transition_model.behaviour.replacement import weibull_hazard_per_month

type Array = NDArray[np.float64]

_MID_YEAR = 0.5


def worn_out_per_month(trucks: Array, scale_years: Array, shape: float) -> Array:
    """Trucks that reach the end of their life within a month, shape of ``trucks``.

    Each age class leaves by the Weibull hazard at the middle of its year; the curve is that of
    Hao, Wang, Ouyang and Cheng 2011 (Science China Technological Sciences 54:625).

    Parameters
    ----------
    trucks
        In use, shape (ages in years, classes, fuels).
    scale_years
        Weibull scale in years, shape (classes,).
    shape
        Weibull shape.
    """
    age = np.arange(trucks.shape[0], dtype=np.float64) + _MID_YEAR
    hazard = weibull_hazard_per_month(age[:, None], scale_years, shape)
    worn_out: Array = trucks * hazard[:, :, None]
    return worn_out


def purchases_per_month(
    trucks: Array, scrapped: Array, growth_per_month: Array, fuel_shares: Array
) -> Array:
    """New trucks that replace the scrapped ones and let each class grow, (classes, fuels).

    Parameters
    ----------
    trucks, scrapped
        In use, and scrapped within the month, shape (ages, classes, fuels).
    growth_per_month
        Of the fleet of each class; a class that shrinks faster than it wears out buys none.
    fuel_shares
        Powertrains of new trucks, shape (classes, fuels).
    """
    bought = scrapped.sum(axis=(0, 2)) + growth_per_month * trucks.sum(axis=(0, 2))
    purchases: Array = np.maximum(bought, 0.0)[:, None] * fuel_shares
    return purchases
