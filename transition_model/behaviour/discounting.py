"""Present values of yearly amounts."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

type Array = NDArray[np.float64]


def present_value_factor(rate: ArrayLike, years: ArrayLike) -> Array:
    """Value today of one yuan at the end of each year: ``(1 - (1 + rate)^-years) / rate``.

    Parameters
    ----------
    rate
        Discount rate, share/year, not negative; at 0 the factor is the number of years.
    years
        Number of years, not negative.

    Returns
    -------
    ndarray
        Years, in the shape that both broadcast to.
    """
    rates, spans = np.broadcast_arrays(
        np.asarray(rate, dtype=np.float64), np.asarray(years, dtype=np.float64)
    )
    positive = np.where(rates > 0.0, rates, 1.0)
    # expm1 keeps the factor continuous down to rates of 1e-12.
    factor: Array = -np.expm1(-spans * np.log1p(positive)) / positive
    return np.where(rates > 0.0, factor, spans)
