"""Values of levers from month to month under a scenario's changes, its switches and its law."""

from __future__ import annotations

from functools import lru_cache

from transition_model.calendar import Month, months_between
from transition_model.instruments.changes import InstrumentChange, OffPeriod, law_under
from transition_model.levers import PLAN_START, Lever, lever
from transition_model.scenario.changes import LeverChange, MeasureSwitch

type LawKey = tuple[tuple[InstrumentChange, ...], tuple[OffPeriod, ...]]
"""What a scenario's law follows from: :func:`.law_under`."""


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


@lru_cache(maxsize=4096)
def lever_path(
    identifier: str,
    changes: tuple[LeverChange, ...],
    switches: tuple[MeasureSwitch, ...],
    law: LawKey | None,
    first: Month,
    last: Month,
) -> tuple[float, ...]:
    """Values of one lever from month to month: runs of one scenario, and like ones, share them."""
    return tuple(
        lever_value(lever(identifier), changes, switches, law, month)
        for month in months_between(first, last)
    )


def _latest[T: (LeverChange, MeasureSwitch)](changes: list[T], month: Month) -> T | None:
    """The change that began last, if any has begun."""
    begun = [change for change in changes if change.start <= month]
    return max(begun, key=lambda change: change.start, default=None)
