"""Present values of yearly amounts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from transition_model.compilation import either, formula

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
    factor: Array = yearly_yuan(rates, spans)
    return factor


@formula
def yearly_yuan(rate: Any, years: Any) -> Any:
    """:func:`present_value_factor` of single numbers, or of arrays of one shape."""
    positive = either(rate > 0.0, rate, 1.0)
    # expm1 keeps the factor continuous down to rates of 1e-12.
    return either(rate > 0.0, -np.expm1(-years * np.log1p(positive)) / positive, years)
