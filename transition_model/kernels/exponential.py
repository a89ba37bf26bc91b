"""The exponential function in a form that processors work out for several rows at a time.

A call into the mathematical library takes one number after the other, and its last digit depends on
the machine; this one is arithmetic alone, so that a loop over it is vectorised and gives the same
digits everywhere.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np

from transition_model.compilation import formula

_DOUBLE = np.finfo(np.float64)
_TERMS = tuple(1.0 / math.factorial(order) for order in range(12 + 1))
"""Taylor's series: within half of log 2 of zero its rest is below the last digit."""

LARGEST = float(np.floor(np.log(_DOUBLE.max)))
"""Beyond it the result is no double; so is its inverse below minus it."""

_MANTISSA = np.int64(_DOUBLE.nmant)
_ROUNDING = 3.0 * 2.0 ** (_DOUBLE.nmant - 1)
"""Added to a number, its last digit is the whole ones."""

_PER_DOUBLING = 1.0 / math.log(2.0)
_HALF_OF_THE_DIGITS = 2.0 ** (_DOUBLE.nmant // 2)
_DOUBLING = round(math.log(2.0) * _HALF_OF_THE_DIGITS) / _HALF_OF_THE_DIGITS
"""The first digits of log 2, so that a multiple of them is exact."""
_REST_OF_DOUBLING = float(Decimal(2).ln() - Decimal(_DOUBLING))


@formula
def exponential(power: Any) -> Any:
    """``exp(power)``, to 16 digits; what is beyond :data:`LARGEST` is taken for it.

    ``power = k log 2 + r``, ``exp(r)`` by Taylor's series, and k is added to the exponent.

    Parameters
    ----------
    power
        Any number.
    """
    bounded = min(max(power, 1.0 - LARGEST), LARGEST - 1.0)
    shifted = bounded * _PER_DOUBLING + _ROUNDING
    doublings = shifted - _ROUNDING
    r = (bounded - doublings * _DOUBLING) - doublings * _REST_OF_DOUBLING
    r2 = r * r
    r4 = r2 * r2
    c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12 = _TERMS
    low = (c0 + r * c1) + r2 * (c2 + r * c3)
    middle = (c4 + r * c5) + r2 * (c6 + r * c7)
    high = (c8 + r * c9) + r2 * (c10 + r * c11) + r4 * c12
    series = np.float64(low + r4 * (middle + r4 * high))
    # The whole number stands in the last digits; moved up it adds to the exponent.
    bits = series.view(np.int64) + (np.float64(shifted).view(np.int64) << _MANTISSA)
    return np.int64(bits).view(np.float64)
