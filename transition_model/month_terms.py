"""Terms of a month: what law, levers and parameters say, worked out once and remembered.

Reading the law costs far more than deciding under it, and most of what a month says was said
before: in another run, with another seed, or under a scenario that changes something else. A
function of a :class:`Reading` decorated with :func:`remembered` is worked out once for a month; its
result serves again as long as everything that it *read* (rules, levers, parameters, structures) is
unchanged. What it did not read may differ: a lever that moves makes only those months anew whose
terms look at it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, wraps
from operator import is_, itemgetter
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from transition_model.calendar import Month
from transition_model.instruments import Instrument
from transition_model.parameters import ParameterSet, ParameterValues

type Array = NDArray[np.float64]
type Reads = dict[tuple[str, str], object]
"""What was read, by kind and name."""

type Read = tuple[Callable[[Mapping[str, Any]], tuple[Any, ...]], tuple[Any, ...]]
"""What asks a mapping for several names at once, and the answer that it gave."""
type Mappings = tuple[object, object, object, object]
"""Law, levers, parameters and structures."""

_KEPT = 1024
"""Results that are kept of each function, over all months."""
_KEPT_CONSTANTS = 16
"""Constants of runs that are kept of each function."""
_NOTHING: Mapping[str, Any] = {}


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

    @property
    def numbers(self) -> Mapping[str, float]:
        """Every parameter's one uncertain number, each noted when it is read."""
        _ = self.declared
        return _Watched("parameters", self._values.numbers, self._reads)

    def __getitem__(self, identifier: str) -> float | Array:
        self.number(identifier)
        return self._values[identifier]

    def at(self, identifier: str, month: Month | None) -> float | Array:
        """A parameter in a month."""
        self.number(identifier)
        return self._values.at(identifier, month)

    def path(self, identifier: str) -> Array:
        """A path month by month."""
        self.number(identifier)
        return self._values.path(identifier)

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
    of_month: dict[int, tuple[_Kept[T], ...]] = {}
    in_order: deque[tuple[int, _Kept[T]]] = deque()

    @wraps(function)
    def terms(reading: Reading) -> T:
        month = reading.month.index
        kept = of_month.get(month, ())
        if kept:
            law, levers = reading.law, reading.levers
            parameters, structures = reading.parameters, reading.structures
            for known in kept:
                last = known.last
                if (
                    levers is last[1] and law is last[0]
                    and parameters is last[2] and structures is last[3]
                ) or known.holds(law, levers, parameters, structures):  # fmt: skip
                    return known.result
        noted: Reads = {}
        result = function(WatchedReading.of(reading, noted))
        made = _Kept(noted, result)
        of_month[month] = made, *of_month.get(month, ())
        in_order.append((month, made))
        if len(in_order) > _KEPT:
            place, oldest = in_order.popleft()
            of_month[place] = tuple(known for known in of_month[place] if known is not oldest)
        return result

    return terms


def remembered_constants[T](
    function: Callable[[ParameterValues], T],
) -> Callable[[ParameterValues], T]:
    """Work out once what parameters say for a whole run, and again where one that it reads changes.

    Parameters
    ----------
    function
        Works out the constants of a run. Its result is shared: nobody may write into it.
    """
    in_order: deque[_Kept[T]] = deque(maxlen=_KEPT_CONSTANTS)

    @wraps(function)
    def constants(parameters: ParameterValues) -> T:
        for known in in_order:
            if known.holds(_NOTHING, _NOTHING, parameters, _NOTHING):
                return known.result
        noted: Reads = {}
        result = function(WatchedParameters(parameters, noted))
        in_order.appendleft(_Kept(noted, result))
        return result

    return constants


class _Kept[T]:
    """A result with what was read for it, so arranged that the check of a month is short.

    The mappings that were right the last time are right again: nobody writes into a law, or into a
    month's levers, once they have been read. Others are asked for all names of a kind at once.
    Rules are compared by identity first, for to compare two of them word by word costs more than
    most terms.
    """

    __slots__ = ("_declared", "_law", "_levers", "_numbers", "_structures", "last", "result")

    def __init__(self, reads: Reads, result: T) -> None:
        self.result = result
        self.last: Mappings = (None, None, None, None)
        self._law = _read_together(reads, "law")
        self._levers = _read_together(reads, "levers")
        self._numbers = _read_together(reads, "parameters")
        self._structures = _read_together(reads, "structures")
        self._declared = reads.get(("declared", "parameters"))

    def holds(
        self,
        law: Mapping[str, Instrument],
        levers: Mapping[str, float],
        parameters: ParameterValues,
        structures: Mapping[str, str],
    ) -> bool:
        """Whether a reading says of all that was read what was read."""
        last = self.last
        try:
            unchanged = (
                (levers is last[1] or _says(self._levers, levers))
                and (law is last[0] or self._same_rules(law))
                and (parameters is last[2] or self._same_parameters(parameters))
                and (structures is last[3] or _says(self._structures, structures))
            )
        except KeyError:
            return False
        if unchanged:
            self.last = law, levers, parameters, structures
        return unchanged

    def _same_rules(self, law: Mapping[str, Instrument]) -> bool:
        if self._law is None:
            return True
        ask, said = self._law
        rules = ask(law)
        return all(map(is_, rules, said)) or all(map(_same_rule, rules, said))

    def _same_parameters(self, parameters: ParameterValues) -> bool:
        if self._declared is not None and parameters.declared is not self._declared:
            return False
        return self._numbers is None or _says(self._numbers, parameters.numbers)


def _says(read: Read | None, now: Mapping[str, Any]) -> bool:
    """Whether a mapping says what was read of it."""
    return read is None or read[0](now) == read[1]


def _read_together(reads: Reads, kind: str) -> Read | None:
    """What asks a mapping for all that was read of a kind, and the answer then; None if nothing."""
    said = {name: value for (of_kind, name), value in reads.items() if of_kind == kind}
    if not said:
        return None
    names = tuple(said)
    # Asked for a single name, itemgetter answers no tuple.
    ask = itemgetter(*names) if len(names) > 1 else itemgetter(names[0], names[0])
    return ask, ask(said)


def _same_rule(one: Instrument, other: Instrument) -> bool:
    return one is other or _compared(_ByIdentity(one), _ByIdentity(other))


class _ByIdentity:
    """A rule as a key that is hashed and compared by identity."""

    __slots__ = ("rule",)

    def __init__(self, rule: Instrument) -> None:
        self.rule = rule

    def __hash__(self) -> int:
        return id(self.rule)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByIdentity) and other.rule is self.rule


@lru_cache(maxsize=4096)
def _compared(one: _ByIdentity, other: _ByIdentity) -> bool:
    return one.rule == other.rule


def parameters_unchanged(reads: Reads, parameters: ParameterValues) -> bool:
    """Whether what was read of the parameters, and of nothing else, is what they say now."""
    return all(
        parameters.declared is value if kind == "declared" else parameters.number(name) == value
        for (kind, name), value in reads.items()
    )
