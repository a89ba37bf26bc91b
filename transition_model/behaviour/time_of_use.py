"""Who chooses an optional time-of-use price, and how much load then leaves the dear hours.

A household chooses it if its load makes it cheaper by more than the trouble, but thinks of it
rarely: where time of use has to be chosen, few do (Fowlie and others 2021, *Review of Economic
Studies* 88:2886).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

type Array = NDArray[np.float64]


def shifted_load(load: Array, added: Array, shift: float) -> Array:
    """Hourly load after part of the load of dear hours has moved to the cheap ones.

    Parameters
    ----------
    load
        Share of the day's electricity by hour, shape (profiles, 24).
    added
        Yuan per kWh that an hour costs more (or less), shape (24,).
    shift
        Share of the load in dear hours that moves, spread evenly over the cheap hours.

    Returns
    -------
    ndarray
        Shape (profiles, 24), rows with the same sums.
    """
    dear, cheap = added > 0.0, added < 0.0
    if not dear.any() or not cheap.any():
        return load
    moved = shift * load[:, dear].sum(axis=1, keepdims=True)
    return np.asarray(load * (1.0 - shift * dear) + moved * cheap / cheap.sum())


def chosen_next(
    chosen: Array, saving: Array, trouble: float, attention: float, binding_months: float
) -> Array:
    """Probability of having chosen it a month later, shape (n,).

    ``p + attention (1 - p)`` where it saves more than the trouble, ``p - p / binding_months``
    where it does not.

    Parameters
    ----------
    chosen
        Probability at the opening, shape (n,).
    saving
        Yuan a year, shape (n,).
    trouble
        Yuan a year that choosing it has to save.
    attention
        Part of the others who think of it in a month.
    binding_months
        Months for which a choice binds.
    """
    return np.where(
        saving > trouble,
        chosen + attention * (1.0 - chosen),
        chosen - chosen / binding_months,
    )
