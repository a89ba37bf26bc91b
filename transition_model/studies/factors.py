"""Factors: what a study varies, and how a number between 0 and 1 becomes a value of it.

Designs are made in the unit cube and mapped through each factor's quantile function, so that every
design serves every distribution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from transition_model.calendar import Month
from transition_model.errors import InputError

type Array = NDArray[np.float64]
type Kind = Literal["lever", "parameter", "structure", "scenario"]
type Distribution = Literal["uniform", "normal", "lognormal", "triangular", "loguniform", "fixed"]

TAIL = 0.05
"""Declared low and high of a normal or lognormal parameter are its 5 and 95 % quantiles; draws
beyond them are cut off, since no run may go there."""


@dataclass(frozen=True, slots=True)
class Factor:
    """One thing that varies.

    Attributes
    ----------
    id, kind
        A lever, parameter or structure, or ``scenario`` itself.
    low, high, central
        Range, and the most likely value, in ``unit``; of a numeric factor.
    distribution
        How values are spread over the range.
    unit
        Of the numbers; empty for choices.
    choices
        Values that a factor without numbers may take, or the only ones that a lever may.
    start
        Month from which a lever holds the value.
    """

    id: str
    kind: Kind
    low: float = 0.0
    high: float = 1.0
    central: float = 0.5
    distribution: Distribution = "uniform"
    unit: str = ""
    choices: tuple[float | str, ...] = ()
    start: Month | None = None

    @property
    def is_uncertainty(self) -> bool:
        """Whether nobody can choose it."""
        return self.kind in ("parameter", "structure")

    @property
    def is_numeric(self) -> bool:
        """Whether its values are numbers from a range."""
        return not self.choices

    def values(self, quantiles: Array) -> list[float | str]:
        """Values at quantiles between 0 and 1; shape (n,) in, n values out."""
        if self.choices:
            last = len(self.choices) - 1
            places = np.minimum(np.floor(quantiles * len(self.choices)).astype(int), last)
            return [self.choices[place] for place in places.tolist()]
        return list(_quantile(self, quantiles).tolist())

    def levels(self, count: int) -> list[float | str]:
        """Values of a grid, ends included; all choices, or ``count`` numbers.

        Raises
        ------
        InputError
            If a grid of fewer than two numbers is asked for.
        """
        if self.choices:
            return list(self.choices)
        if count < 2:
            raise InputError(f"levels of {self.id}", count, "a whole number from 2")
        return list(np.linspace(self.low, self.high, count).tolist())


def _quantile(factor: Factor, quantiles: Array) -> Array:
    """Inverse of the distribution function, shape (n,)."""
    low, high, central = factor.low, factor.high, factor.central
    if factor.distribution == "fixed" or low == high:
        return np.full_like(quantiles, central)
    if factor.distribution == "triangular":
        return _triangular(quantiles, low, high, central)
    if factor.distribution == "loguniform":
        return np.clip(low * (high / low) ** quantiles, low, high)
    if factor.distribution == "normal":
        return _normal(quantiles, low, high)
    if factor.distribution == "lognormal":
        return np.clip(np.exp(_normal(quantiles, np.log(low), np.log(high))), low, high)
    return low + (high - low) * quantiles


def _triangular(quantiles: Array, low: float, high: float, mode: float) -> Array:
    """Quantiles of the triangular distribution."""
    turn = (mode - low) / (high - low)
    rising = low + np.sqrt(quantiles * (high - low) * (mode - low))
    falling = high - np.sqrt((1.0 - quantiles) * (high - low) * (high - mode))
    return np.where(quantiles < turn, rising, falling)


def _normal(quantiles: Array, low: float, high: float) -> Array:
    """Quantiles of a normal distribution whose 5 and 95 % lie at low and high, cut off there."""
    mean, deviation = (low + high) / 2.0, (high - low) / 2.0 / ndtri(1.0 - TAIL)
    below, above = ndtr((low - mean) / deviation), ndtr((high - mean) / deviation)
    return np.clip(mean + deviation * ndtri(below + quantiles * (above - below)), low, high)


def named(factors: Sequence[Factor], identifier: str, where: str) -> Factor:
    """The factor of an id.

    Raises
    ------
    InputError
        If the study has none of that id.
    """
    for factor in factors:
        if factor.id == identifier:
            return factor
    raise InputError(where, identifier, f"one of {', '.join(factor.id for factor in factors)}")
