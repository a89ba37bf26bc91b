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


def pulled_forward(
    hazard: Array,
    offer_now: Array,
    offer_after: Array,
    months_left: float,
    response: float,
    foresight_months: float,
) -> Array:
    """A hazard raised because an offer is known to end or to shrink.

    ``min(1, h exp(response * max(0, now - after) / 10,000 yuan * exp(-months_left / foresight)))``.
    Replacing now is compared with waiting until the offer is gone: what waiting would cost moves
    a household, the more the nearer the end. That buyers are missing afterwards follows from the
    old cars that are gone. After the purchases that car scrappage programmes pull forward (Li, Linn
    and Spiller 2013, Journal of Environmental Economics and Management 65); the exponential
    closeness is an assumption.

    Parameters
    ----------
    hazard
        Per month.
    offer_now, offer_after
        Yuan that a household may claim now, and after the announced end; same shape.
    months_left
        Months until the end, 0 in the last one; infinite if nothing is announced.
    response
        Per 10,000 yuan.
    foresight_months
        Months ahead at which an end weighs a third (1/e) of what it does in the last month.
    """
    lost = np.maximum(offer_now - offer_after, 0.0) / 1e4
    closeness = float(np.exp(-months_left / foresight_months))
    return np.minimum(1.0, hazard * np.exp(response * lost * closeness))


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
