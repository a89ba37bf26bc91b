"""Whether and how well a household sorts its waste.

Intention after the theory of planned behaviour (Ajzen 1991): attitude, social norm and perceived
control; participation a logistic function of it, raised where the sorting point is staffed; habit
follows participation quickly upward and slowly downward; what ends up in the right bin is habit
times accuracy.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

type Array = NDArray[np.float64]


def intention(
    attitude: Array, norm: Array, control: Array, weights: tuple[float, float, float]
) -> Array:
    """Intention to sort, 0 to 1, shape (n,).

    ``(w_a attitude + w_n norm + w_c control) / (w_a + w_n + w_c)``.

    Parameters
    ----------
    attitude, norm, control
        Each 0 to 1, shape (n,): own conviction, share of peers who sort, ease of doing it.
    weights
        Path coefficients of attitude, norm and control.
    """
    total = sum(weights)
    return (weights[0] * attitude + weights[1] * norm + weights[2] * control) / total


def participation(
    intention: Array,
    supervised: NDArray[np.bool_],
    steepness: float,
    threshold: float,
    effect: float,
) -> Array:
    """Probability that a household takes part, shape (n,).

    ``1 / (1 + exp(-steepness (intention + effect * supervised - threshold)))``.
    """
    drive = intention + effect * supervised - threshold
    return 1.0 / (1.0 + np.exp(-steepness * drive))


def habit_next(habit: Array, participation: Array, rise: float, fall: float) -> Array:
    """Habit a month later, shape (n,); it nears participation at ``rise`` or ``fall`` a month."""
    gap = participation - habit
    return habit + np.where(gap > 0.0, rise, fall) * gap


def effective_capture(
    habit: Array, supervised: NDArray[np.bool_], accuracy: float, supervised_accuracy: float
) -> Array:
    """Share of a stream that a household puts out separately and clean, shape (n,)."""
    return habit * np.where(supervised, supervised_accuracy, accuracy)
