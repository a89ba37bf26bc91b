"""The scoreboard: 44 targets against what a run reaches by the end of the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from transition_model.calendar import Month
from transition_model.declared import Status
from transition_model.levers import load_levers
from transition_model.parameters import load_parameters
from transition_model.plan import Plan, Target, load_plan
from transition_model.quantity import convert
from transition_model.results import Series, evidence_of, load_definitions

TARGET_MONTH = Month.parse("2027-12")
"""The month by which the plan wants its figures reached."""

NOT_MODELLED = "not modelled yet"


@dataclass(frozen=True, slots=True)
class ScoreboardRow:
    """One target.

    Attributes
    ----------
    id, label_en, label_zh, measures, headline
        The target, the plan's term for it and the measures behind it.
    value
        What the run reaches in December 2027, in ``unit``; None where it is not modelled yet or
        the run does not go that far.
    target, operator, unit
        What the plan asks for.
    gap
        How far the value lies beyond the target (positive) or short of it (negative).
    met
        Whether it is reached; None where there is no value. Never True without a model.
    mechanism
        What moves it, or :data:`NOT_MODELLED`.
    evidence
        Worst status of the numbers that the value rests on; None without a model.
    note
        What the reader should know, as that the target was met before the plan began.
    """

    id: str
    label_en: str
    label_zh: str
    measures: tuple[int, ...]
    headline: bool
    value: float | None
    target: float
    operator: str
    unit: str
    gap: float | None
    met: bool | None
    mechanism: str
    evidence: str | None
    note: str

    def as_dict(self) -> dict[str, Any]:
        """The row for JSON."""
        return asdict(self)


def scoreboard(series: Series, plan: Plan | None = None) -> tuple[ScoreboardRow, ...]:
    """All targets in the order of the plan's catalogue."""
    statuses = declared_statuses()
    return tuple(_row(target, series, statuses) for target in (plan or load_plan()).targets)


@cache
def declared_statuses() -> Mapping[str, Status]:
    """Status of every declared parameter and lever, by id."""
    statuses = {parameter.id: parameter.status for parameter in load_parameters()}
    return statuses | {lever.id: lever.status for lever in load_levers().values()}


def _row(target: Target, series: Series, statuses: Mapping[str, Status]) -> ScoreboardRow:
    definition = load_definitions().get(target.result or "")
    value = None
    if definition is not None:
        reached = series.at(definition.id, TARGET_MONTH)
        value = None if reached is None else convert(reached, definition.unit, target.unit)
    gap = None if value is None else _gap(value, target)
    status = evidence_of(definition, statuses) if definition is not None else None
    return ScoreboardRow(
        id=target.id,
        label_en=target.label_en,
        label_zh=target.label_zh,
        measures=target.measures,
        headline=target.headline,
        value=value,
        target=target.value,
        operator=target.operator,
        unit=target.unit,
        gap=gap,
        met=None if value is None else meets(value, target.operator, target.value),
        mechanism=target.mechanism if definition is not None else NOT_MODELLED,
        evidence=status.value if status is not None else None,
        note=target.baseline_note or "",
    )


def meets(value: float, operator: str, target: float) -> bool:
    """Whether a value meets a target.

    Parameters
    ----------
    value, target
        In the same unit.
    operator
        ``>=``, ``>`` or ``<=``.
    """
    return {">=": value >= target, ">": value > target, "<=": value <= target}[operator]


def _gap(value: float, target: Target) -> float:
    return target.value - value if target.operator == "<=" else value - target.value
