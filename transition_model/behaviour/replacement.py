"""When a durable is scrapped, replaced or first bought: monthly hazards."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transition_model.behaviour.options import added_up

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


def hurry_before_end(
    offer_now: Array,
    offer_after: Array,
    months_left: float,
    response: float,
    foresight_months: float,
) -> Array:
    """Factor on leaving because an offer is known to end or to shrink; 1 where nothing is lost.

    ``exp(response * max(0, now - after) / 10,000 yuan * exp(-months_left / foresight))``.
    Replacing now is compared with waiting until the offer is gone: what waiting would cost moves
    a household, the more the nearer the end. It moves only those who are ready
    (:func:`ready_over_month`), so that it shifts purchases and adds none. After the purchases that
    car scrappage programmes pull forward (Li, Linn and Spiller 2013, Journal of Environmental
    Economics and Management 65); the exponential closeness is an assumption.

    Parameters
    ----------
    offer_now, offer_after
        Yuan that a household may claim now, and after the announced end; same shape. A tax that
        is known to rise loses its difference.
    months_left
        Months until the end, 0 in the last one; infinite if nothing is announced.
    response
        Per 10,000 yuan.
    foresight_months
        Months ahead at which an end weighs a third (1/e) of what it does in the last month.
    """
    lost = np.maximum(offer_now - offer_after, 0.0) / 1e4
    closeness = float(np.exp(-months_left / foresight_months))
    return np.asarray(np.exp(response * lost * closeness))


def offer_factor(offer: Array, response: float) -> Array:
    """Factor by which an offer makes those who are ready leave: ``exp(response * offer / 1e4)``.

    Parameters
    ----------
    offer
        Yuan, zero where not eligible.
    response
        Per 10,000 yuan.
    """
    return np.asarray(np.exp(response * offer / 1e4))


def arrival_factor(offer_factor: Array, additional_share: float) -> Array:
    """Factor by which an offer makes households ready: ``1 + s (factor - 1)``.

    Parameters
    ----------
    offer_factor
        By which those who are ready leave, from 1 on.
    additional_share
        s: share of the rise that does not come out of the near future. 0 shifts purchases only
        (the American programme of 2009), 1 draws on nobody's readiness.
    """
    return 1.0 + additional_share * (offer_factor - 1.0)


def ready_over_month(
    readiness: Array, leaving: Array, arriving: Array, lead_months: float
) -> tuple[Array, Array]:
    """Readiness to replace, mean over the month and at its end; same shape.

    The intention to replace is a stock. Households become ready at the natural rate and leave
    after ``lead_months`` on average; readiness R is that stock over what it is in the long run
    without any offer. With factors that hold for the month,
    ``dR/dt = (arriving - leaving R) / lead`` has the solution
    ``R = Q + (R0 - Q) exp(-leaving t / lead)``, ``Q = arriving / leaving``. The hazard of the month
    is the natural one times ``leaving`` times the mean: what an offer draws out of the stock is
    missing afterwards until it has refilled.

    Parameters
    ----------
    readiness
        R0 at the opening; 1 is natural.
    leaving, arriving
        Factors on the rates of leaving and of becoming ready, above 0.
    lead_months
        Mean months between becoming ready and replacing.
    """
    level = arriving / leaving
    pace = leaving / lead_months
    end = level + (readiness - level) * np.exp(-pace)
    mean = level - (readiness - level) * np.expm1(-pace) / pace
    return mean, end


def replaced_by_one_draw(hazard: Array, draw: Array) -> NDArray[np.bool_]:
    """Which durables of a household are replaced, all by one draw; shape (n, kinds).

    Systematic sampling (Madow 1949, Annals of Mathematical Statistics 20:333): hazards laid end to
    end, a kind is replaced if ``draw + m`` falls on its stretch for some whole m. Each kind is
    replaced with its own probability; two in one month only where hazards add up to more than 1.

    Parameters
    ----------
    hazard
        Probability of replacement, at most 1, shape (n, kinds).
    draw
        Uniform on [0, 1), shape (n,).
    """
    upper = added_up(hazard)
    lower = np.concatenate([np.zeros((len(hazard), 1)), upper[:, :-1]], axis=1)
    return np.asarray(np.ceil(upper - draw[:, None]) > np.ceil(lower - draw[:, None]))


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
