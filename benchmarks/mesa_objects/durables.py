"""Formulas about durables, for one number: see :mod:`transition_model.behaviour.replacement`."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, expm1

MONTHS_PER_YEAR = 12.0


def weibull_hazard(age_years: float, scale: float, shape: float) -> float:
    """Probability of leaving within the month of something of this age."""
    survived = (age_years / scale) ** shape
    return -expm1(survived - ((age_years + 1.0 / MONTHS_PER_YEAR) / scale) ** shape)


def ready(readiness: float, leaving: float, arriving: float, lead: float) -> tuple[float, float]:
    """Readiness to replace: its mean over the month, and at the end."""
    level, pace = arriving / leaving, leaving / lead
    above = readiness - level
    return level - above * expm1(-pace) / pace, level + above * exp(-pace)


def arriving(raised: float, additional: float) -> float:
    """Factor on becoming ready where an offer raises leaving by a factor."""
    return 1.0 + additional * (raised - 1.0)


def pick(draw: float, shares: Sequence[float]) -> int:
    """Class that a uniform draw falls into."""
    below, chosen = 0.0, 0
    for share in shares[:-1]:
        below += share
        chosen += draw > below
    return chosen


def softmax(utility: Sequence[float], familiarity: Sequence[float]) -> list[float]:
    """Choice probabilities, each option weighed by how well it is known."""
    highest = max(utility)
    affinity = [
        known * exp(value - highest) for value, known in zip(utility, familiarity, strict=True)
    ]
    total = sum(affinity)
    return [value / total for value in affinity]
