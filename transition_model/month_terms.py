"""Terms of a month: what law, levers and parameters say, worked out once and remembered.

Reading the law costs far more than deciding under it, and most of what a month says was said
before: in another run, with another seed, or under a scenario that changes something else. A
function of a :class:`Reading` decorated with :func:`remembered` is worked out once for a month; its
result serves again as long as everything that it *read* (rules, levers, parameters, structures) is
unchanged. What it did not read may differ: a lever that moves makes only those months anew whose
terms look at it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from transition_model.calendar import Month
from transition_model.instruments import Instrument
from transition_model.parameters import ParameterSet, ParameterValues

type Array = NDArray[np.float64]
type Reads = dict[tuple[str, str], object]
"""What was read, by kind and name."""

_KEPT = 1024
"""Results that are kept of each function, over all months."""


class Reading(Protocol):
    """What terms may depend on; a :class:`~.agents.situation.Situation` is one."""

    @property
    def month(self) -> Month:
        """The month."""
        ...

    @property
    def law(self) -> Mapping[str, Instrument]:
        """The rules by id."""
        ...

    @property
    def levers(self) -> Mapping[str, float]:
        """Lever values of the month by id."""
        ...

    @property
    def parameters(self) -> ParameterValues:
        """Declared values."""
        ...

    @property
    def structures(self) -> Mapping[str, str]:
        """Rival chosen of every structure."""
        ...


class _Watched[V](Mapping[str, V]):
    """A mapping that notes what is read of it."""

    def __init__(self, kind: str, values: Mapping[str, V], reads: Reads) -> None:
        self._kind, self._values, self._reads = kind, values, reads

    def __getitem__(self, name: str) -> V:
        value = self._values[name]
        self._reads[self._kind, name] = value
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class WatchedParameters(ParameterValues):
    """Parameter values that note which numbers are read, and of which declarations."""

    def __init__(self, values: ParameterValues, reads: Reads) -> None:
        self._values, self._reads = values, reads

    @property
    def declared(self) -> ParameterSet:
        """The declarations."""
        self._reads["declared", "parameters"] = self._values.declared
        return self._values.declared

    def __getitem__(self, identifier: str) -> float | Array:
        self.number(identifier)
        return self._values[identifier]

    def at(self, identifier: str, month: Month | None) -> float | Array:
        """A parameter in a month."""
        self.number(identifier)
        return self._values.at(identifier, month)

    def number(self, identifier: str) -> float:
        """The one uncertain number of a parameter."""
        number = self._values.number(identifier)
        self._reads["parameters", identifier] = number
        self._reads["declared", "parameters"] = self._values.declared
        return number


@dataclass(frozen=True, slots=True)
class WatchedReading:
    """A reading that notes what is read of it; another month of it is made by ``replace``."""

    month: Month
    law: Mapping[str, Instrument]
    levers: Mapping[str, float]
    parameters: ParameterValues
    structures: Mapping[str, str]

    @classmethod
    def of(cls, reading: Reading, reads: Reads) -> WatchedReading:
        """Watch a reading."""
        return cls(
            reading.month,
            _Watched("law", reading.law, reads),
            _Watched("levers", reading.levers, reads),
            WatchedParameters(reading.parameters, reads),
            _Watched("structures", reading.structures, reads),
        )


def remembered[T](function: Callable[[WatchedReading], T]) -> Callable[[Reading], T]:
    """Work terms out once, and again only where something that they read has changed.

    Parameters
    ----------
    function
        Works out the terms of a month. Its result is shared: nobody may write into it.
    """
    kept: OrderedDict[tuple[int, int], tuple[Reads, T]] = OrderedDict()
    of_month: dict[int, list[tuple[int, int]]] = {}
    made = 0

    @wraps(function)
    def terms(reading: Reading) -> T:
        nonlocal made
        month = reading.month.index
        for key in reversed(of_month.get(month, ())):
            reads, found = kept[key]
            if _unchanged(reads, reading):
                return found
        noted: Reads = {}
        result = function(WatchedReading.of(reading, noted))
        key = (month, made)
        made += 1
        kept[key] = noted, result
        of_month.setdefault(month, []).append(key)
        if len(kept) > _KEPT:
            oldest, _ = kept.popitem(last=False)
            of_month[oldest[0]].remove(oldest)
        return result

    return terms


def _unchanged(reads: Reads, reading: Reading) -> bool:
    law, levers, parameters = reading.law, reading.levers, reading.parameters
    for (kind, name), value in reads.items():
        if kind == "law":
            now: object = law[name]
            if now is not value and now != value:
                return False
        elif kind == "levers":
            if levers[name] != value:
                return False
        elif kind == "parameters":
            if parameters.number(name) != value:
                return False
        elif kind == "declared":
            if parameters.declared is not value:
                return False
        elif reading.structures[name] != value:
            return False
    return True


def parameters_unchanged(reads: Reads, parameters: ParameterValues) -> bool:
    """Whether what was read of the parameters, and of nothing else, is what they say now."""
    return all(
        parameters.declared is value if kind == "declared" else parameters.number(name) == value
        for (kind, name), value in reads.items()
    )
