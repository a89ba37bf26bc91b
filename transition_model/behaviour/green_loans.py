"""What interest subsidies on green loans cost the public, month by month.

Firms, recyclers and builders all book them alike: over the life of the loan, while it is paid off.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transition_model.calendar import MONTHS_PER_YEAR
from transition_model.compilation import formula

type Array = NDArray[np.float64]

_MEAN_LIFE = 0.5
"""Paid off in equal parts, a loan stands at half its sum over its term."""


@formula
def interest_of_month(paid: Array, new_loan: Array, discount: float, term: float) -> Array:
    """Interest subsidy of a month: that on loans agreed earlier runs down, that on new ones starts.

    ``paid * (1 - 1 / (12 * term / 2)) + new_loan * discount / 12``. The first term stands for many
    loans of all ages, each paid off in equal parts; what a loan costs in all is the
    ``new_loan * discount * term / 2`` of :func:`~.capacity_investment.interest_subsidy`. Whoever
    keeps the books (``agents/firms.py``, ``recyclers.py``, ``builders.py``) holds the result in a
    column and writes its sum to the programme ``loan_interest``.

    Parameters
    ----------
    paid
        Subsidy of the month before, yuan/month, shape (n,).
    new_loan
        Loans agreed this month, yuan, shape (n,).
    discount
        Part of the interest that public money pays, share/year; it holds for the loan's life.
    term
        Years over which a loan is paid off; at least a sixth.

    Returns
    -------
    ndarray
        yuan/month, shape (n,).
    """
    months = max(_MEAN_LIFE * term * MONTHS_PER_YEAR, 1.0)
    return paid * (1.0 - 1.0 / months) + new_loan * discount / MONTHS_PER_YEAR
