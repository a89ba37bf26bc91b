"""What households buy of small goods under a rebate: phones and the like, home renovation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

type Array = NDArray[np.float64]


def price_classes(median: Array, dispersion: float, classes: int) -> Array:
    """Prices of equally many purchases, log-normal; shape (n, classes).

    The price in the middle of each of equally likely classes.

    Parameters
    ----------
    median
        Yuan, shape (n,).
    dispersion
        Standard deviation of the logarithm of price.
    classes
        How many.
    """
    middle = (np.arange(classes) + 0.5) / classes
    return np.asarray(median[:, None] * np.exp(dispersion * ndtri(middle)))


def purchase_rate(income: Array, reference: float, rate: float, elasticity: float) -> Array:
    """Purchases a year, ``rate * (income / reference) ** elasticity``, shape (n,)."""
    return rate * (income / reference) ** elasticity


def rebate_factor(rebate_share: Array, response: float) -> Array:
    """Factor by which a rebate makes those who are ready buy: ``1 + response * rebate / price``.

    Shapes alike; with a small rebate the response is the price elasticity in size.
    """
    return 1.0 + response * rebate_share
