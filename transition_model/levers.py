"""The lever catalogue: what policy may move, with range, unit and the value that the plan means."""

from __future__ import annotations

import math
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from transition_model.calendar import Month, months_between
from transition_model.declared import Status, read_entries
from transition_model.errors import InputError
from transition_model.instruments import load_instruments
from transition_model.instruments.changes import Law, LawReading, law_under

PLAN_START = Month.parse("2025-01")
"""First month in which the plan's measures hold (plan years 2025 to 2027)."""

_READ_IN_THE_LAW = Month.parse("2020-01"), Month.parse("2027-12")


def _dated(value: object) -> object:
    """A bare number holds from the beginning of time."""
    if isinstance(value, (str, bool)) or value == {}:
        raise ValueError("a number, or numbers by the month from which they hold")
    if isinstance(value, dict):
        return tuple((Month.parse(month).index, number) for month, number in sorted(value.items()))
    return ((0, value),)


def _in_force(dated: tuple[tuple[int, float], ...], month: Month) -> float:
    """The value that began last; the first one before any has begun."""
    begun = [value for start, value in dated if start <= month.index]
    return begun[-1] if begun else dated[0][1]


def _steps(reading: LawReading, law: Law, first: Month, last: Month) -> dict[str, float]:
    """The months in which the law's value changes, with the value from then on."""
    steps: dict[str, float] = {}
    for month in months_between(first, last):
        value = reading.value(law, month)
        if not steps or value != next(reversed(steps.values())):
            steps[str(month)] = value
    return steps


class Lever(BaseModel):
    """One lever.

    Attributes
    ----------
    id, measure
        Id, and the number of the plan's measure that it belongs to.
    unit, low, high, step
        Unit, range and step of a slider.
    before, plan
        Value until the plan begins, and under the plan as written: pairs of (month index, value),
        each valid from its month on.
    off
        Value with the measure switched off.
    law
        Where the value stands in the law; then ``before``, ``plan`` and ``off`` are read there, and
        a scenario that amends the law moves the lever.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    id: str
    measure: Annotated[int, Field(ge=1, le=36)]
    unit: str
    low: float
    high: float
    step: float
    before: Annotated[tuple[tuple[int, float], ...], BeforeValidator(_dated)]
    plan: Annotated[tuple[tuple[int, float], ...], BeforeValidator(_dated)]
    off: float
    law: LawReading | None = None
    label_en: str
    label_zh: str
    help_en: str
    help_zh: str
    status: Status
    source: Annotated[str, Field(min_length=3)]

    @model_validator(mode="before")
    @classmethod
    def _read_in_the_law(cls, entry: object) -> object:
        if not isinstance(entry, dict) or "law" not in entry:
            return entry
        doubled = [key for key in ("before", "plan", "off") if key in entry]
        if doubled:
            raise ValueError(f"law, or before, plan and off; read {', '.join(doubled)} beside law")
        reading = LawReading.model_validate(entry["law"])
        law = load_instruments()
        rule = law.get(reading.instrument)
        if rule is None or rule.measure != entry.get("measure"):
            raise ValueError(f"law: a rule of measure {entry.get('measure')}")
        first, last = _READ_IN_THE_LAW
        before = _steps(reading, law, first, PLAN_START + (-1))
        plan = _steps(reading, law, PLAN_START, last)
        struck = law_under((), ((rule.measure, PLAN_START, None),))
        return {**entry, "before": before, "plan": plan, "off": reading.value(struck, PLAN_START)}

    @model_validator(mode="after")
    def _values_within_range(self) -> Self:
        for value in (self.off, *(value for _, value in (*self.before, *self.plan))):
            if not self.low <= value <= self.high:
                raise ValueError(f"values from low {self.low} to high {self.high}, read {value}")
        return self

    @property
    def default(self) -> float:
        """Value that the plan as written ends with."""
        return self.plan[-1][1]

    def value_before(self, month: Month) -> float:
        """Value of the rules before the plan, in their last state from then on."""
        return _in_force(self.before, month)

    def value_planned(self, month: Month) -> float:
        """Value under the plan as written."""
        return _in_force(self.plan, month)

    def check(self, value: float, where: str) -> None:
        """Refuse a value outside the range.

        Raises
        ------
        InputError
            Naming the lever, its range and its unit.
        """
        if not (math.isfinite(value) and self.low <= value <= self.high):
            raise InputError(where, value, f"{self.low:g} to {self.high:g} {self.unit}")


@cache
def load_levers(path: Path | None = None) -> dict[str, Lever]:
    """All levers, by id, in the order of the file.

    Raises
    ------
    InputError
        If an entry is incomplete or out of range, naming file and key.
    """
    source = path or Path(str(files("transition_model") / "data" / "levers.toml"))
    return read_entries([source], Lever)


def lever(identifier: str, where: str = "lever") -> Lever:
    """One lever.

    Raises
    ------
    InputError
        If there is none of that id; the message names the nearest ones.
    """
    levers = load_levers()
    if identifier not in levers:
        close = get_close_matches(identifier, levers, n=3)
        hint = f"a lever, such as {', '.join(close)}" if close else "a lever"
        raise InputError(where, identifier, f"{hint} (transition-model list levers)")
    return levers[identifier]
