"""Sums and choices over a few options, such as powertrains or grades, along the last axis.

NumPy reduces many rows of three numbers row by row; option by option, with all rows at once, it
takes a tenth of the time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

type Array = NDArray[np.float64]


def total(values: NDArray[Any]) -> NDArray[Any]:
    """Sum over the options, or their number where it is yes or no; (..., options) in, (...) out."""
    found = values[..., 0] + 0
    for option in range(1, values.shape[-1]):
        found += values[..., option]
    return found


def highest(values: Array) -> Array:
    """The largest number of any option, shape (..., options) in, (...) out."""
    found = values[..., 0].copy()
    for option in range(1, values.shape[-1]):
        np.maximum(found, values[..., option], out=found)
    return found


def added_up(values: Array) -> Array:
    """Sums of each option and those before it, shape (..., options)."""
    found = values.copy()
    for option in range(1, values.shape[-1]):
        found[..., option] += found[..., option - 1]
    return found


def expected(shares: Array, worth: NDArray[Any]) -> Array:
    """Mean of what options are worth.

    Parameters
    ----------
    shares
        Probability of each option, shape (..., options).
    worth
        Of a shape that goes together with that of ``shares``.
    """
    found = shares[..., 0] * worth[..., 0]
    for option in range(1, shares.shape[-1]):
        found = found + shares[..., option] * worth[..., option]
    return np.asarray(found)


def logit(utility: Array, weight: Array | None = None) -> Array:
    """Probability of each option, in proportion to ``weight exp(utility)``.

    Parameters
    ----------
    utility
        Shape (..., options).
    weight
        Of a shape that goes together with it, if options do not weigh the same.
    """
    affinity = np.exp(utility - highest(utility)[..., None])
    if weight is not None:
        affinity *= weight
    affinity /= total(affinity)[..., None]
    return affinity
