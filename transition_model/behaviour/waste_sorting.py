"""Whether and how well a household sorts its waste.

Intention after the theory of planned behaviour (Ajzen 1991): attitude, social norm and perceived
control; participation a logistic function of it and of what duty, staff, reward and fee add; habit
follows participation quickly upward and slowly downward. Taking part is one thing, what arrives is
another: of the waste of households that take part a share is brought to the point, a share of that
lies in the right bin, and haulers take the bin for what it says or refuse it.
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


def participation(intention: Array, push: Array, steepness: float, threshold: float) -> Array:
    """Probability that a household takes part, shape (n,).

    ``1 / (1 + exp(-steepness (intention + push - threshold)))``.

    Parameters
    ----------
    intention
        Of :func:`intention`, shape (n,).
    push
        What duty, staff, reward and fee add to it, shape (n,).
    steepness, threshold
        Slope, and the sum at which half take part.
    """
    return np.asarray(1.0 / (1.0 + np.exp(-steepness * (intention + push - threshold))))


def reward_push(reward: Array, norm: Array, effect: float, crowding: float) -> Array:
    """What a reward adds to the intention, ``effect reward (1 - crowding norm)``, shape (n,).

    Parameters
    ----------
    reward
        Yuan a month that a household would earn by sorting, shape (n,).
    norm
        Share of peers who sort, shape (n,): who sorts out of duty is moved less by money.
    effect
        Push of a yuan a month.
    crowding
        Part of the effect that is lost where all peers sort.
    """
    return effect * reward * (1.0 - crowding * norm)


def habit_next(habit: Array, participation: Array, rise: float, fall: float) -> Array:
    """Habit a month later, shape (n,); it nears participation at ``rise`` or ``fall`` a month."""
    gap = participation - habit
    return habit + np.where(gap > 0.0, rise, fall) * gap


def sorted_share(
    habit: Array, supervised: NDArray[np.bool_], accuracy: float, supervised_accuracy: float
) -> Array:
    """Share of what it brings that a household puts into the right bin, times habit, shape (n,)."""
    return habit * np.where(supervised, supervised_accuracy, accuracy)


def food_capture(
    sorted_share: Array, supervised: NDArray[np.bool_], brought: float, accepted: float
) -> Array:
    """Share of a household's food waste that reaches separate haulage, shape (n,).

    Parameters
    ----------
    sorted_share
        Of :func:`sorted_share`, shape (n,).
    supervised
        Whether the point is staffed, shape (n,): its bins are clean and all are taken.
    brought
        Share of its food waste that a household that takes part brings to the point.
    accepted
        Share of the loads of points without staff that haulers and plants do not refuse.
    """
    return brought * sorted_share * np.where(supervised, 1.0, accepted)


def recyclables_capture(sorted_share: Array, base: float, gain: float, response: Array) -> Array:
    """Share of a household's recyclables that leaves its bin, shape (n,).

    ``base + (1 - base) min(1, gain sorted + response)``.

    Parameters
    ----------
    sorted_share
        Of :func:`sorted_share`, shape (n,).
    base
        What is sold and collected anyway.
    gain
        Share of the rest that a household captures that sorts all of it.
    response
        Share of the rest that a reward draws out, shape (n,).
    """
    return base + (1.0 - base) * np.minimum(1.0, gain * sorted_share + response)
