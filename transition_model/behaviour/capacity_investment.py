"""When a recycler builds, and when it gives up.

Plants look back, not forward: they take the cash of the past months for that of the future, and
see only part of what their rivals are building. With one to two and a half years of construction
this gives the waves of over- and under-capacity that battery recyclers went through (a hog cycle).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transition_model.compilation import either, formula

type Array = NDArray[np.float64]


@formula
def adapted(expectation: Array, observed: Array, months: float | Array) -> Array:
    """Adaptive expectation: moves by ``1 / months`` of its error; NaN takes the observed value.

    Parameters
    ----------
    expectation, observed
        In one unit, of one shape.
    months
        Memory, at least 1.
    """
    moved = expectation + (observed - expectation) / months
    expected: Array = either(np.isnan(expectation), observed, moved)
    return expected


@formula
def operating_cash(utilisation: Array, unit_margin: Array, fixed_cost: Array) -> Array:
    """Cash from a tonne of capacity: ``utilisation * unit_margin - fixed_cost``, yuan/t.

    Parameters
    ----------
    utilisation
        Share of capacity in use, shape (n,).
    unit_margin
        Revenue less variable cost of a tonne treated, yuan/t, shape (n,).
    fixed_cost
        Yuan a year for a tonne a year of capacity, shape (n,).
    """
    return utilisation * unit_margin - fixed_cost


@formula
def capital_recovery_factor(rate: Array, life: float) -> Array:
    """Yearly payment that returns one yuan over the plant's life: ``r / (1 - (1 + r)^-life)``.

    Parameters
    ----------
    rate
        Per year, not negative; at 0 the factor is ``1 / life``.
    life
        Years.
    """
    charged = either(rate > 0.0, rate, 1.0)
    factor = charged / -np.expm1(-life * np.log1p(charged))
    yearly: Array = either(rate > 0.0, factor, 1.0 / life)
    return yearly


@formula
def hurdle_with_loan(hurdle: Array, interest_discount: float, debt_share: float) -> Array:
    """Hurdle rate when the borrowed part of the outlay costs less interest, per year, at least 0.

    Parameters
    ----------
    hurdle
        Rate of return asked for, per year, shape (n,).
    interest_discount
        Below the ordinary lending rate, per year.
    debt_share
        Share of the outlay that is borrowed.
    """
    return np.maximum(hurdle - interest_discount * debt_share, 0.0)


@formula
def required_cash(outlay: Array, grant: float, rate: Array, life: float) -> Array:
    """Cash a year that a tonne a year of new capacity must bring, yuan/t.

    Parameters
    ----------
    outlay
        Yuan for a tonne a year of capacity, shape (n,).
    grant
        Share of the outlay that public money pays.
    rate
        Hurdle rate, per year, shape (n,).
    life
        Years.
    """
    return outlay * (1.0 - grant) * capital_recovery_factor(rate, life)


@formula
def perceived_utilisation(
    utilisation: Array, capacity: Array, pipeline: Array, attention: float
) -> Array:
    """Utilisation once the part of the pipeline that a plant notices is at work.

    Parameters
    ----------
    utilisation
        Of the plant today, shape (n,).
    capacity, pipeline
        Of all plants of its kind, at work and under construction, t/year, shape (n,).
    attention
        Share of rivals' pipeline that is noticed.
    """
    later = capacity + attention * pipeline
    shrunk = capacity / either(later > 0.0, later, 1.0)
    perceived: Array = utilisation * either(later > 0.0, shrunk, 1.0)
    return perceived


@formula
def invests(
    expected_cash: Array,
    required: Array,
    utilisation: Array,
    threshold: float,
    building: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Who orders new capacity: cash above the hurdle, plant above the threshold, nothing begun.

    Parameters
    ----------
    expected_cash, required
        Yuan/t, shape (n,).
    utilisation
        Perceived, shape (n,).
    threshold
        Utilisation that must be exceeded.
    building
        Whether a project is under construction, shape (n,).
    """
    wants = (expected_cash > required) & (utilisation > threshold)
    return wants & np.logical_not(building)


@formula
def months_in_the_red(months: Array, expected_cash: Array) -> Array:
    """Months in a row of negative expected cash, shape (n,); not negative sets them back to 0."""
    red: Array = either(expected_cash < 0.0, months + 1.0, 0.0)
    return red


def construction_months(
    draw: Array, shortest: float, usual: float, longest: float
) -> NDArray[np.int64]:
    """Months from order to commissioning: triangular, by inversion of its distribution function.

    Parameters
    ----------
    draw
        Uniform on [0, 1), shape (n,).
    shortest, usual, longest
        Months.
    """
    left, right, width = usual - shortest, longest - usual, longest - shortest
    rising = shortest + np.sqrt(draw * width * left)
    falling = longest - np.sqrt((1.0 - draw) * width * right)
    return np.rint(np.where(draw * width < left, rising, falling)).astype(np.int64)


@formula
def interest_subsidy(loan: Array, interest_discount: float, term: float) -> Array:
    """Public money that an interest discount costs over a loan's life, undiscounted, yuan.

    Repaid in equal parts, a loan stands at half its sum on average: ``loan * discount * term / 2``.

    Parameters
    ----------
    loan
        Yuan.
    interest_discount
        Per year.
    term
        Years.
    """
    return loan * interest_discount * term / 2.0
