"""When a durable is scrapped, replaced or first bought: monthly hazards."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

type Array = NDArray[np.float64]

MONTHS_PER_YEAR = 12.0


def weibull_hazard_per_month(
    age_years: Array, scale_years: Array | float, shape: Array | float
) -> Array:
    """Probability of leaving within the month of something that has survived to this age.

    ``1 - S(t + 1/12) / S(t)`` with ``S(t) = exp(-(t / scale) ** shape)``; for cars the parameters
    are those of Hao, Wang, Ouyang and Cheng 2011 (Science China Technological Sciences 54:625).

    Parameters
    ----------
    age_years
        Years, any shape.
    scale_years, shape
        Weibull scale in years and shape.
    """
    survived = np.asarray((age_years / scale_years) ** shape)
    next_month = ((age_years + 1.0 / MONTHS_PER_YEAR) / scale_years) ** shape
    return -np.expm1(survived - next_month)


def raised_by_offer(hazard: Array, offer: Array, response: float) -> Array:
    """A hazard raised by an offer: ``min(1, h exp(response * offer / 10,000 yuan))``.

    The response to car scrappage money follows from recoveries up by 42 to 94 % in 2024 when
    10,000, later 20,000 yuan were paid (Ministry of Commerce monthly figures).

    Parameters
    ----------
    hazard
        Per month.
    offer
        Yuan, zero where not eligible; same shape.
    response
        Per 10,000 yuan.
    """
    return np.minimum(1.0, hazard * np.exp(response * offer / 1e4))


def first_purchase_hazard(
    income: Array, reference_income: float, base: float, elasticity: float, ceiling: float
) -> Array:
    """Monthly hazard that a household without a car buys its first, shape (n,).

    ``min(ceiling, base * (income / reference_income) ** elasticity)``; incomes in yuan a year.
    """
    return np.minimum(ceiling, base * (income / reference_income) ** elasticity)


def exclusive(first: Array, second: Array) -> tuple[Array, Array]:
    """Two hazards of the same month made exclusive: ``first`` and ``(1 - first) * second``.

    The second can happen only if the first does not.
    """
    return first, (1.0 - first) * second
