"""Scenarios: what is changed against the plan as written, from which month on.

A scenario is a frozen set of dated changes to levers, switches of measures, overrides of
parameters, choices of rival submodels and amendments of the law. Files are layered: ``base`` names
the scenario that a file starts from, and what the file says is added on top. With no change at all
a scenario *is* the plan as written.

.. code-block:: toml

    name = "bolder buses"
    base = "plan"

    [measures]
    24 = "off"                                    # from the plan's beginning
    31 = { state = "off", from = "2026-07" }

    [levers]
    public_fleet_electric_quota = 0.9
    bus_renewal_subsidy = [{ value = 8e4, from = "2025-01" }, { value = 1.2e5, from = "2026-01" }]

    [parameters]
    car_survival_scale = 17.0

    [structures]
    car_choice = "bass"                           # a rival submodel, for the whole run

    [instruments.car_scrappage_renewal]           # the law itself: :mod:`.instruments.changes`
    end = 2026-06-30

In a month the latest change that has begun holds; of two that begin together the one that names
the lever beats the switch of its measure. A switch does away with the changes that a lower layer
makes to its levers from then on. Where nothing is changed, the plan's own path holds: a lever that
stands in the law has the value that the law of the month states. A switched-off measure also
strikes its rules, but for those that were there before the plan (``when_off = "stays"``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import parse_qsl, urlencode

from pydantic import AfterValidator, ValidationError, model_validator

from transition_model.calendar import Month
from transition_model.declared import first_problem
from transition_model.errors import InputError
from transition_model.instruments.changes import (
    InstrumentChange,
    Law,
    OffPeriod,
    law_under,
    merged,
)
from transition_model.levers import PLAN_START, lever, load_levers
from transition_model.scenario import files, settings
from transition_model.scenario.changes import (
    Frozen,
    LeverChange,
    MeasureSwitch,
    ParameterOverride,
    StructureChoice,
    canonical,
    left_standing,
    merge,
    refuse_twice,
    without_defaults,
)
from transition_model.scenario.lever_paths import LawKey, lever_paths, lever_value
from transition_model.structures import default_structures

LONGEST_NAME = 80
"""Characters of a scenario's name in a query."""

_TABLES: Mapping[type[settings.Change], str] = {
    LeverChange: "levers",
    MeasureSwitch: "measures",
    ParameterOverride: "parameters",
    StructureChoice: "structures",
    InstrumentChange: "instruments",
}


class Scenario(Frozen):
    """A frozen, hashable scenario.

    Attributes
    ----------
    name, label_en, label_zh, description_en, description_zh
        What it is called and what it is about.
    levers, measures, parameters, structures, instruments
        The changes; see the module's head.
    """

    name: str
    label_en: str = ""
    label_zh: str = ""
    description_en: str = ""
    description_zh: str = ""
    levers: Annotated[tuple[LeverChange, ...], AfterValidator(canonical)] = ()
    measures: Annotated[tuple[MeasureSwitch, ...], AfterValidator(canonical)] = ()
    parameters: Annotated[tuple[ParameterOverride, ...], AfterValidator(canonical)] = ()
    structures: Annotated[tuple[StructureChoice, ...], AfterValidator(without_defaults)] = ()
    instruments: Annotated[
        tuple[InstrumentChange, ...], AfterValidator(lambda changes: merged((), changes))
    ] = ()

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        refuse_twice("levers", [(change.lever, change.start) for change in self.levers])
        refuse_twice("measures", [(switch.measure, switch.start) for switch in self.measures])
        refuse_twice("parameters", [override.parameter for override in self.parameters])
        refuse_twice("structures", [choice.structure for choice in self.structures])
        # Each change alone makes a law; with the measures that are off it must make one too.
        law_under(*self._law_key)
        return self

    # -- loading and saving ------------------------------------------------------------------
    @classmethod
    def load(cls, name_or_path: str | Path) -> Self:
        """A built-in scenario by name, or a scenario file by path.

        Raises
        ------
        InputError
            If it does not exist, or something in it is unknown, of the wrong type or out of
            range: naming file and key, what was read and what is allowed.
        """
        scenario = cls(name="plan")
        for name, content in files.layers(name_or_path):
            changes = files.changes_in(content, name)
            words = {key: value for key, value in content.items() if key in files.WORDS}
            try:
                scenario = cls.model_validate(
                    {"name": name.removesuffix(".toml"), **words, **scenario._on_top(changes)}
                )
            except ValidationError as problem:
                key, read, permitted = first_problem(problem)
                raise InputError(f"{name}: {key}", read, permitted) from None
        return scenario

    def _on_top(self, changes: Mapping[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
        """All changes with those of an upper layer, by table."""
        switches = changes.get("measures", ())
        return {
            "levers": merge(
                left_standing(self.levers, switches), changes.get("levers", ()), "lever"
            ),
            "measures": merge(self.measures, switches, "measure"),
            "parameters": merge(self.parameters, changes.get("parameters", ()), "parameter"),
            "structures": without_defaults(
                merge(self.structures, changes.get("structures", ()), "structure")
            ),
            "instruments": merged(self.instruments, changes.get("instruments", ())),
        }

    def to_toml(self) -> str:
        """The scenario as a file that :meth:`load` reads back to an equal scenario."""
        import tomlkit

        document = tomlkit.document()
        for key in files.WORDS:
            if getattr(self, key):
                document[key] = getattr(self, key)
        tables = {name: tomlkit.table() for name in files.CHANGES}
        for switch in self.measures:
            dated = tables["measures"].setdefault(str(switch.measure), [])
            dated.append({"state": switch.state, "from": str(switch.start)})
        for change in self.levers:
            dated = tables["levers"].setdefault(change.lever, [])
            dated.append({"value": change.value, "from": str(change.start)})
        for override in self.parameters:
            tables["parameters"][override.parameter] = override.value
        for choice in self.structures:
            tables["structures"][choice.structure] = choice.rival
        for amended in self.instruments:
            tables["instruments"][amended.instrument] = amended.entry()
        for name, table in tables.items():
            if len(table):
                document[name] = table
        return tomlkit.dumps(document)

    def save(self, path: str | Path) -> None:
        """Write :meth:`to_toml` to a file."""
        Path(path).write_text(self.to_toml(), "utf-8")

    def to_query(self) -> str:
        """The scenario as a URL query, without its labels."""
        pairs = [("name", self.name)]
        pairs += [(f"measure.{s.measure}", f"{s.state}@{s.start}") for s in self.measures]
        pairs += [(f"lever.{c.lever}", f"{c.value!r}@{c.start}") for c in self.levers]
        pairs += [(f"parameter.{o.parameter}", repr(o.value)) for o in self.parameters]
        pairs += [(f"structure.{c.structure}", c.rival) for c in self.structures]
        pairs += [(f"instrument.{c.instrument}", c.as_json()) for c in self.instruments]
        return urlencode(pairs, safe="@")

    @classmethod
    def from_query(cls, query: str) -> Self:
        """Read a URL query back.

        Raises
        ------
        InputError
            If a key or a value is not what :meth:`to_query` writes.
        """
        scenario = cls(name="plan")
        pairs = parse_qsl(query.removeprefix("?"), keep_blank_values=True)
        # Switches first, as in `replace`: the order of a query means nothing.
        for key, value in sorted(pairs, key=lambda pair: not settings.names_measure(pair[0])):
            kind, _, identifier = key.partition(".")
            if key == "name":
                if len(value) > LONGEST_NAME:
                    raise InputError("query: name", value, f"at most {LONGEST_NAME} characters")
                scenario = scenario.model_copy(update={"name": value})
            elif kind in settings.KINDS and identifier:
                scenario = scenario.with_setting(f"{key}={value}")
            else:
                raise InputError(
                    "query", key,
                    "name, lever.ID, measure.NUMBER, parameter.ID, structure.ID or instrument.ID",
                )  # fmt: skip
        return scenario

    # -- changing ----------------------------------------------------------------------------
    def replace(self, changes: Mapping[str, float | str], start: str | Month = PLAN_START) -> Self:
        """A scenario with other values.

        Parameters
        ----------
        changes
            By lever id (a number), parameter id (a number), measure number (``"off"`` or
            ``"on"``, key ``"24"`` or ``"measure.24"``), structure (its rival, key
            ``"structure.car_choice"``) or instrument (key ``"instrument.ID"``;
            ``"end@2026-06-30"``, ``"suspend@2025-06-01/2025-06-30"``, ``"strike@2025-01-01"``, what
            follows its last known version: ``"continue"``, ``"phase_out@180"``, ``"end"``; or JSON
            of the keys in :mod:`.instruments.changes`).
        start
            Month from which levers and switches change.

        Raises
        ------
        InputError
            For an unknown id, a value out of range or a wrong month.
        """
        month = start if isinstance(start, Month) else Month.parse(start, "start")
        made = {
            key: settings.change_of(key, value, month, f"replace {key}")
            for key, value in changes.items()
        }
        # Switches first: what is named in the same call stands, whatever the order of the keys.
        switched = self._with(*(made[key] for key in made if settings.names_measure(key)))
        return switched._with(*(made[key] for key in made if not settings.names_measure(key)))

    def with_setting(self, setting: str) -> Self:
        """A scenario with one change as the command line writes it: ``lever=value[@YYYY-MM]``.

        Raises
        ------
        InputError
            If the text is no setting, or its parts are unknown or out of range.
        """
        key, value, start = settings.split_setting(setting)
        return self._with(settings.change_of(key, value, start, f"setting {key}"))

    def with_settings(self, texts: Iterable[str]) -> Self:
        """A scenario with several changes as the command line writes them, in whatever order."""
        changed = self
        switches_first = sorted(
            texts, key=lambda text: not settings.names_measure(text.partition("=")[0])
        )
        for setting in switches_first:
            changed = changed.with_setting(setting)
        return changed

    def _with(self, *changes: settings.Change) -> Self:
        """With changes that do not depend on each other's order."""
        if not changes:
            return self
        tables = {
            table: tuple(change for change in changes if isinstance(change, kind))
            for kind, table in _TABLES.items()
        }
        changed = self.model_copy(update=self._on_top(tables))
        law_under(*changed._law_key)
        return changed

    # -- reading -----------------------------------------------------------------------------
    @property
    def digest(self) -> str:
        """Hash of what the scenario changes; names and labels do not count."""
        changed = {"levers", "measures", "parameters", "structures", "instruments"}
        content = self.model_dump(mode="json", include=changed)
        for changes in content.values():
            changes.sort(key=lambda change: json.dumps(change, sort_keys=True))
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    @property
    def parameter_overrides(self) -> dict[str, float]:
        """Overrides by parameter id."""
        return {override.parameter: override.value for override in self.parameters}

    @property
    def chosen_structures(self) -> dict[str, str]:
        """Rival of every structure, by id."""
        chosen = {choice.structure: choice.rival for choice in self.structures}
        return {**default_structures(), **chosen}

    def lever_value(self, identifier: str, month: Month) -> float:
        """Value of a lever in a month, in the lever's unit."""
        declared = lever(identifier)
        return lever_value(
            declared,
            tuple(change for change in self.levers if change.lever == identifier),
            tuple(switch for switch in self.measures if switch.measure == declared.measure),
            self._law_key if declared.law is not None else None,
            month,
        )

    @property
    def law(self) -> Law:
        """The rules by id, as amended, without those of measures that are off."""
        return law_under(*self._law_key)

    @property
    def _law_key(self) -> LawKey:
        return self.instruments, self._off_periods()

    def _off_periods(self) -> tuple[OffPeriod, ...]:
        """When measures are off."""
        periods: list[OffPeriod] = []
        for number in sorted({switch.measure for switch in self.measures}):
            since: Month | None = None
            dated = [switch for switch in self.measures if switch.measure == number]
            for switch in sorted(dated, key=lambda switch: switch.start):
                if switch.state == "off" and since is None:
                    since = switch.start
                elif switch.state == "on" and since is not None:
                    periods.append((number, since, switch.start))
                    since = None
            if since is not None:
                periods.append((number, since, None))
        return tuple(periods)

    def lever_values(self, month: Month) -> dict[str, float]:
        """Value of every lever in a month, by id."""
        return {identifier: self.lever_value(identifier, month) for identifier in load_levers()}

    def lever_paths(self, first: Month, last: Month) -> list[dict[str, float]]:
        """Values of every lever, by id, in each month from ``first`` to ``last``, both included.

        Months, and scenarios, with the same values share one dictionary: nobody may write into it.
        """
        return lever_paths(self.levers, self.measures, self._law_key, first, last)
