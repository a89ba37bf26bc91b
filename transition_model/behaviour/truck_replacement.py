"""Trucks replaced when they wear out, by the mix of the market."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from transition_model.behaviour.replacement import weibull_hazard_per_month
from transition_model.compilation import formula

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
    hazard = wearing_out(np.arange(trucks.shape[0], dtype=np.float64)[:, None], scale_years, shape)
    worn_out: Array = trucks * hazard[:, :, None]
    return worn_out


def wearing_out(age: Array, scale_years: Array, shape: float) -> Array:
    """Part of an age class that reaches the end of its life within a month.

    Parameters
    ----------
    age
        Whole years, any shape.
    scale_years, shape
        As in :func:`worn_out_per_month`.
    """
    return weibull_hazard_per_month(age + _MID_YEAR, scale_years, shape)


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
    bought = bought_in_all(trucks.sum(axis=(0, 2)), scrapped.sum(axis=(0, 2)), growth_per_month)
    purchases: Array = bought[:, None] * fuel_shares
    return purchases


@formula
def bought_in_all(trucks: Any, scrapped: Any, growth_per_month: Any) -> Any:
    """:func:`purchases_per_month` of fleets over all ages and fuels."""
    return np.maximum(scrapped + growth_per_month * trucks, 0.0)
