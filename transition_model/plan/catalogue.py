"""The plan as data: ten actions, 36 measures, 44 targets for 2027 and one aim without a figure.

The data stand in ``data/plan/measures.toml`` and ``data/plan/targets.toml``; the plan's own terms
and figures are the only words of the plan in them.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from datetime import date
from functools import cache, cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic import field_validator as validated

from transition_model.errors import InputError

MEASURE_COUNT = 36
"""How many measures the plan numbers."""

MEASURES_FILE = "measures.toml"
TARGETS_FILE = "targets.toml"

type Text = Annotated[str, StringConstraints(pattern=r"\S")]
type Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
type MeasureNumber = Annotated[int, Field(strict=True, ge=1, le=MEASURE_COUNT)]
type Scope = Literal["city", "urban", "rural", "central_urban"]
type Operator = Literal[">=", ">", "<="]
type Basis = Literal["change_since_2020", "level", "cumulative", "annual"]
type Mechanism = Literal["behavioural", "programme", "stock_flow"]
type Representation = Literal["agent", "stock_flow", "programme", "lever", "accounting", "context"]


class _Entry(BaseModel):
    """What all entries share: they don't change, and an unknown key is an error."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")


class Source(_Entry):
    """The document that the catalogue describes."""

    title_zh: Text
    title_en: Text
    publisher_zh: Text
    publisher_en: Text
    issued: date


class Action(_Entry):
    """One of the plan's ten actions: the chapter that a measure stands in."""

    number: Annotated[int, Field(strict=True, ge=1)]
    id: Identifier
    label_zh: Text
    label_en: Text


class Measure(_Entry):
    """One of the plan's 36 measures, and how the simulator stands in for it.

    ``title_zh`` is the plan's heading; the summaries are our words.
    """

    number: MeasureNumber
    action: Identifier
    title_zh: Text
    title_en: Text
    summary_zh: Text
    summary_en: Text
    represented_as: Annotated[tuple[Representation, ...], Field(min_length=1)]
    representation_note: Text


class Target(_Entry):
    """One figure that the plan sets for 2027.

    ``value`` is in ``unit``. ``measures`` stand behind the target; ``stated_under`` are those under
    which the plan writes the figure (none of them if it stands in the preamble alone).
    """

    id: Identifier
    measures: Annotated[tuple[MeasureNumber, ...], Field(min_length=1)]
    stated_under: tuple[MeasureNumber, ...] | None = None
    label_zh: Text
    label_en: Text
    operator: Operator
    value: Annotated[float, Field(strict=True, allow_inf_nan=False)]
    unit: Text
    plan_figure: Text
    plan_terms: tuple[Text, ...] = ()
    scope: Scope
    headline: Annotated[bool, Field(strict=True)]
    basis: Basis
    mechanism: Mechanism
    result: Identifier | None = None
    mechanism_note: Text
    definition: Text
    baseline_note: Text | None = None

    @validated("measures", "stated_under")
    @classmethod
    def _each_once(cls, numbers: tuple[int, ...] | None) -> tuple[int, ...] | None:
        if numbers is not None and len(set(numbers)) < len(numbers):
            raise ValueError("each measure once")
        return numbers

    @property
    def places(self) -> tuple[int, ...]:
        """The measures under which the plan writes the figure."""
        return self.measures if self.stated_under is None else self.stated_under


class UnquantifiedTarget(_Entry):
    """An aim that the plan names for 2027 without a figure."""

    id: Identifier
    measures: Annotated[tuple[MeasureNumber, ...], Field(min_length=1)]
    label_zh: Text
    label_en: Text
    scope: Scope
    reason: Text
    definition: Text


class Plan(_Entry):
    """The whole plan.

    Read with :func:`load_plan`, which checks that ids are unique and references hold.
    """

    source: Source
    actions: tuple[Action, ...]
    measures: tuple[Measure, ...]
    targets: tuple[Target, ...]
    unquantified: tuple[UnquantifiedTarget, ...]

    @cached_property
    def _targets_by_id(self) -> dict[str, Target]:
        return {target.id: target for target in self.targets}

    @cached_property
    def _measures_by_number(self) -> dict[int, Measure]:
        return {measure.number: measure for measure in self.measures}

    @property
    def headline(self) -> tuple[Target, ...]:
        """The targets that the plan's preamble names."""
        return tuple(target for target in self.targets if target.headline)

    def target(self, target_id: str) -> Target:
        """Return the target of an id; InputError if there is none."""
        try:
            return self._targets_by_id[target_id]
        except KeyError:
            allowed = "an id of the plan's targets, for example " + self.targets[0].id
            raise InputError("target", target_id, allowed) from None

    def measure(self, number: int) -> Measure:
        """Return the measure of a number; InputError if there is none."""
        try:
            return self._measures_by_number[number]
        except KeyError:
            raise InputError("measure", number, f"1 to {MEASURE_COUNT}") from None

    def action(self, measure_number: int) -> Action:
        """Return the action that a measure stands in; InputError if there is no such measure."""
        action_id = self.measure(measure_number).action
        return next(action for action in self.actions if action.id == action_id)

    def targets_of(self, measure_number: int) -> tuple[Target, ...]:
        """Return the targets that a measure stands behind."""
        number = self.measure(measure_number).number
        return tuple(target for target in self.targets if number in target.measures)

    def check_units(self) -> None:
        """Check that every target's unit is one that the model knows.

        Apart from loading, because it needs the unit registry, which is slow to import.

        Raises
        ------
        InputError
            At the first unit that can't be read.
        """
        from transition_model.quantity import parse_unit

        for target in self.targets:
            try:
                parse_unit(target.unit)
            except InputError as problem:
                raise InputError(_place(target, "unit"), target.unit, problem.allowed) from problem


class _MeasuresFile(_Entry):
    source: Source
    action: tuple[Action, ...]
    measure: tuple[Measure, ...]


class _TargetsFile(_Entry):
    target: tuple[Target, ...]
    unquantified: tuple[UnquantifiedTarget, ...] = ()


@cache
def load_plan() -> Plan:
    """Return the plan that comes with the package, read once.

    Raises
    ------
    InputError
        If a file is missing or an entry in it can't be used.
    """
    return read_plan(files("transition_model") / "data" / "plan")


def read_plan(folder: Traversable) -> Plan:
    """Read a plan from a folder with ``measures.toml`` and ``targets.toml``.

    Raises
    ------
    InputError
        With file and key, at the first problem.
    """
    measures = _read(folder, MEASURES_FILE, _MeasuresFile)
    targets = _read(folder, TARGETS_FILE, _TargetsFile)
    plan = Plan(
        source=measures.source,
        actions=measures.action,
        measures=measures.measure,
        targets=targets.target,
        unquantified=targets.unquantified,
    )
    _check_measures(plan)
    _check_targets(plan)
    return plan


def _read[FileModel: BaseModel](
    folder: Traversable, name: str, model: type[FileModel]
) -> FileModel:
    """Read one file into its model."""
    try:
        tables = tomllib.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as problem:
        raise InputError(str(folder / name), str(problem), "a readable UTF-8 file") from problem
    except tomllib.TOMLDecodeError as problem:
        raise InputError(name, str(problem), "valid TOML") from problem
    try:
        return model.model_validate(tables)
    except ValidationError as problem:
        first = problem.errors(include_url=False)[0]
        where = f"{name}: {_key(tables, first['loc'])}"
        read = None if first["type"] == "missing" else first["input"]
        allowed = (
            "only the keys of this table"
            if first["type"] == "extra_forbidden"
            else first["msg"].removeprefix("Value error, ")
        )
        raise InputError(where, read, allowed) from problem


def _key(tables: dict[str, Any], location: Iterable[int | str]) -> str:
    """Spell the way to a value, with an entry's own id or number instead of its position."""
    words: list[str] = []
    entry: Any = tables
    for step in location:
        try:
            entry = entry[step]
        except (KeyError, IndexError, TypeError):
            entry = None
        name = entry.get("id", entry.get("number")) if isinstance(entry, dict) else None
        words.append(str(step) if name is None else str(name))
    return " ".join(words)


def _place(target: Target, key: str) -> str:
    return f"{TARGETS_FILE}: {target.id} {key}"


def _check_unique(where: str, ids: Iterable[object]) -> None:
    """Raise at the first id that stands twice."""
    for identifier, times in Counter(ids).items():
        if times > 1:
            raise InputError(where, identifier, f"each once, not {times} times")


def _check_measures(plan: Plan) -> None:
    """Check the numbers of actions and measures, and what refers to them."""
    _check_unique(f"{MEASURES_FILE}: action id", (action.id for action in plan.actions))
    _check_unique(f"{MEASURES_FILE}: action number", (action.number for action in plan.actions))
    _check_unique(f"{MEASURES_FILE}: measure number", (each.number for each in plan.measures))
    missing = set(range(1, MEASURE_COUNT + 1)) - {measure.number for measure in plan.measures}
    if missing:
        where = f"{MEASURES_FILE}: measure number"
        raise InputError(where, f"none of {sorted(missing)}", f"all of 1 to {MEASURE_COUNT}")
    known = {action.id for action in plan.actions}
    for measure in plan.measures:
        if measure.action not in known:
            where = f"{MEASURES_FILE}: measure {measure.number} action"
            raise InputError(where, measure.action, "one of " + ", ".join(sorted(known)))


def _check_targets(plan: Plan) -> None:
    """Check ids and the places where a target is said to be stated."""
    ids = [target.id for target in plan.targets] + [aim.id for aim in plan.unquantified]
    _check_unique(f"{TARGETS_FILE}: id", ids)
    for target in plan.targets:
        if not set(target.places) <= set(target.measures):
            allowed = f"some of its measures {list(target.measures)}"
            raise InputError(_place(target, "stated_under"), list(target.places), allowed)
        if not target.places and not target.headline:
            allowed = "a measure, for only a headline target stands in the preamble alone"
            raise InputError(_place(target, "stated_under"), [], allowed)
        if not re.match(r"\d", target.plan_figure):
            allowed = "a number with its unit, as the plan writes it"
            raise InputError(_place(target, "plan_figure"), target.plan_figure, allowed)
