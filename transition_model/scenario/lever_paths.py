"""Values of levers from month to month under a scenario's changes, its switches and its law."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

from transition_model.calendar import Month, months_between
from transition_model.instruments.changes import InstrumentChange, OffPeriod, law_under
from transition_model.levers import PLAN_START, Lever, lever, load_levers
from transition_model.scenario.changes import LeverChange, MeasureSwitch

type LawKey = tuple[tuple[InstrumentChange, ...], tuple[OffPeriod, ...]]
"""What a scenario's law follows from: :func:`.law_under`."""

_KEPT = 4096
"""Months of changed levers that are kept under one law."""


def lever_value(
    declared: Lever,
    changes: tuple[LeverChange, ...],
    switches: tuple[MeasureSwitch, ...],
    law: LawKey | None,
    month: Month,
) -> float:
    """Value of a lever under its own changes, its measure's switches and the law."""
    switch, change = _latest(list(switches), month), _latest(list(changes), month)
    if change is not None and (switch is None or switch.start <= change.start):
        return change.value
    if declared.law is not None and law is not None:
        return declared.law.value(law_under(*law), month)
    if switch is not None and switch.state == "off":
        return declared.off
    if month < PLAN_START:
        return declared.value_before(month)
    return declared.value_planned(month)


def lever_paths(
    changes: tuple[LeverChange, ...],
    switches: tuple[MeasureSwitch, ...],
    law: LawKey,
    first: Month,
    last: Month,
) -> list[dict[str, float]]:
    """Values of all levers from month to month, each as :func:`lever_value` says.

    Months, and scenarios, with the same values share one dictionary: nobody may write into it.
    """
    base = _unchanged(law, first, last)
    own: dict[str, list[LeverChange]] = {}
    for change in changes:
        own.setdefault(change.lever, []).append(change)
    of_measure: dict[int, list[MeasureSwitch]] = {}
    for switch in switches:
        of_measure.setdefault(switch.measure, []).append(switch)
    touched = [
        entry for entry in load_levers().values() if entry.id in own or entry.measure in of_measure
    ]
    if not touched:
        return list(base.months)
    names = tuple(entry.id for entry in touched)
    paths = [
        _changed_path(base, entry, own.get(entry.id, []), of_measure.get(entry.measure, []))
        for entry in touched
    ]
    found: list[dict[str, float]] = []
    before: tuple[object, tuple[float, ...] | None] = None, None
    for month, values in zip(base.months, zip(*paths, strict=True), strict=True):
        if month is not before[0] or values != before[1]:
            before, levers = (month, values), base.with_values(month, names, values)
        found.append(levers)
    return found


class _Base:
    """Levers under a law that are not changed themselves, from a month on."""

    def __init__(self, law: LawKey, first: Month, last: Month) -> None:
        self.first = first
        levers = load_levers()
        self.paths = {
            name: _path(name, law if entry.law is not None else None, first, last)
            for name, entry in levers.items()
        }
        self.months: list[dict[str, float]] = []
        before: tuple[float, ...] | None = None
        for values in zip(*self.paths.values(), strict=True):
            if values != before:
                before, month = values, dict(zip(levers, values, strict=True))
            self.months.append(month)
        self._changed: dict[tuple[int, tuple[tuple[str, float], ...]], dict[str, float]] = {}

    def with_values(
        self, month: dict[str, float], names: tuple[str, ...], values: tuple[float, ...]
    ) -> dict[str, float]:
        """A month's values with others; the same ones are the same dictionary."""
        other = tuple(
            (name, value) for name, value in zip(names, values, strict=True) if month[name] != value
        )
        if not other:
            return month
        # A base lives as long as its months, so that their identity tells them apart.
        key = id(month), other
        if key not in self._changed:
            if len(self._changed) >= _KEPT:
                self._changed.clear()
            self._changed[key] = {**month, **dict(other)}
        return self._changed[key]


@lru_cache(maxsize=64)
def _unchanged(law: LawKey, first: Month, last: Month) -> _Base:
    return _Base(law, first, last)


@lru_cache(maxsize=4096)
def _path(identifier: str, law: LawKey | None, first: Month, last: Month) -> tuple[float, ...]:
    """Values of one lever that is not changed itself."""
    declared = lever(identifier)
    return tuple(lever_value(declared, (), (), law, month) for month in months_between(first, last))


def _changed_path(
    base: _Base, declared: Lever, changes: list[LeverChange], switches: list[MeasureSwitch]
) -> list[float]:
    """Values of one lever under its own changes and its measure's switches."""
    path = list(base.paths[declared.id])
    starts = [change.start for change in changes] + [switch.start for switch in switches]
    begins = sorted({start.index for start in starts})
    first, months = base.first.index, len(path)
    for begin, end in pairwise((*begins, first + months)):
        start, stop = max(begin - first, 0), min(end - first, months)
        if start >= stop:
            continue
        month = Month(begin)
        switch, change = _latest(switches, month), _latest(changes, month)
        if change is not None and (switch is None or switch.start <= change.start):
            path[start:stop] = [change.value] * (stop - start)
        elif declared.law is None and switch is not None and switch.state == "off":
            path[start:stop] = [declared.off] * (stop - start)
    return path


def _latest[T: (LeverChange, MeasureSwitch)](changes: list[T], month: Month) -> T | None:
    """The change that began last, if any has begun."""
    begun = [change for change in changes if change.start <= month]
    return max(begun, key=lambda change: change.start, default=None)
