"""What the stock-flow model is told from outside each month: paths, levers, and what policy does.

Agents tell it the rest, by the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from transition_model import programmes
from transition_model.levers import load_levers
from transition_model.month_terms import Reading, WatchedReading, remembered
from transition_model.parameters import load_parameters
from transition_model.policy.finance import loan_terms_of_month

type Array = NDArray[np.float64]

POLICY = ("green_loan_discount", "programme_effort", "programme_pace_before_plan")
"""What is worked out of law, levers and parameters for the stock-flow model."""


@dataclass(frozen=True, slots=True)
class Exogenous:
    """Inputs of a stock-flow model by the month.

    Attributes
    ----------
    paths, levers
        Ids of the parameter paths and of the levers that the model has.
    """

    paths: tuple[str, ...]
    levers: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Ids of all inputs in the order of :meth:`numbers`."""
        return (*self.paths, *self.levers, *POLICY)

    def numbers(self, reading: Reading) -> Array:
        """Values of the month, end to end, each in C order."""
        return _inputs(self)(reading)


def exogenous_of(variables: Iterable[str]) -> Exogenous:
    """What a stock-flow model with these variables has to be told."""
    known = set(variables)
    return Exogenous(
        tuple(p.id for p in load_parameters() if p.is_path and p.id in known),
        tuple(name for name in load_levers() if name in known),
    )


@cache
def _inputs(exogenous: Exogenous) -> Callable[[Reading], Array]:
    """Values of all inputs of the month, end to end."""

    def numbers(reading: WatchedReading) -> Array:
        levers = np.array([reading.levers[name] for name in exogenous.levers])
        return np.concatenate([_paths(exogenous.paths)(reading), levers, _policy(reading)])

    return remembered(numbers)


@cache
def _paths(names: tuple[str, ...]) -> _Paths:
    return _Paths(names)


class _Paths:
    """Values of parameter paths in a month, end to end."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names
        self._remembered = remembered(self._work_out)

    def __call__(self, reading: Reading) -> Array:
        return self._remembered(reading)

    def _work_out(self, reading: WatchedReading) -> Array:
        values = [reading.parameters.at(name, reading.month) for name in self._names]
        return np.concatenate([np.empty(0), *map(np.ravel, values)])


@remembered
def _policy(reading: WatchedReading) -> Array:
    """Values of :data:`POLICY`, end to end."""
    loans = loan_terms_of_month(reading)
    return np.concatenate([[loans.discount], programmes.efforts(reading.levers), _paces(reading)])


@remembered
def _paces(reading: WatchedReading) -> Array:
    """Of programmes; by itself, for levers do not move it."""
    return programmes.paces(reading.parameters, reading.month)
