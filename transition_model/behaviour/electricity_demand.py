"""How households answer a tiered electricity tariff."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

type Array = NDArray[np.float64]


def marginal_price(use: Array, bounds: Array, prices: Array) -> Array:
    """Price of the last kilowatt-hour.

    Parameters
    ----------
    use
        kWh a month, shape (n,).
    bounds
        Upper bounds of the tiers but the last, kWh a month, shape (tiers - 1,); the bound itself
        still belongs to the lower tier.
    prices
        Yuan per kWh, shape (tiers,).
    """
    return prices[np.searchsorted(bounds, use, side="left")]


def demand_factor(price: Array, reference_price: Array, elasticity: float) -> Array:
    """Use against that at the reference price, ``(price / reference) ** elasticity``; (n,)."""
    return (price / reference_price) ** elasticity
