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
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import parse_qsl, urlencode

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    ValidationError,
    model_validator,
)

from transition_model.calendar import Month, months_between
from transition_model.declared import first_problem, read_toml
from transition_model.errors import InputError
from transition_model.instruments import load_instruments
from transition_model.instruments.changes import (
    InstrumentChange,
    Law,
    OffPeriod,
    change_from,
    change_from_json,
    law_under,
    merged,
)
from transition_model.levers import PLAN_START, Lever, lever, load_levers
from transition_model.parameters import load_parameters
from transition_model.structures import check_choice, default_structures

_KINDS = ("measure", "lever", "parameter", "structure", "instrument")

LONGEST_NAME = 80
"""Characters of a scenario's name in a query."""

type Number = float
DatedMonth = Annotated[
    Month,
    BeforeValidator(
        lambda value: value if isinstance(value, Month) else Month.parse(value, "from")
    ),
    PlainSerializer(str),
]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


@cache
def switchable_measures() -> tuple[int, ...]:
    """Numbers of the measures that have a lever, or a rule that ends with them."""
    levers = {entry.measure for entry in load_levers().values()}
    rules = {rule.measure for rule in load_instruments().values() if rule.when_off == "ends"}
    return tuple(sorted(levers | rules))


def _canonical[T: _Frozen](changes: tuple[T, ...]) -> tuple[T, ...]:
    """Changes in one order, so that equal scenarios are equal however they were made."""
    return tuple(sorted(changes, key=lambda change: str(tuple(change.model_dump().values()))))


class LeverChange(_Frozen):
    """A lever takes a value from a month on."""

    lever: str
    value: Number
    start: DatedMonth = PLAN_START

    @model_validator(mode="after")
    def _known_and_within_range(self) -> Self:
        lever(self.lever).check(self.value, f"lever {self.lever}")
        return self


class MeasureSwitch(_Frozen):
    """A measure is switched off, or on again, from a month on."""

    measure: int
    state: Literal["on", "off"]
    start: DatedMonth = PLAN_START

    @model_validator(mode="after")
    def _has_levers(self) -> Self:
        if self.measure not in switchable_measures():
            numbers = ", ".join(str(number) for number in switchable_measures())
            raise InputError("measure", self.measure, f"a measure with a lever or rule: {numbers}")
        return self


class ParameterOverride(_Frozen):
    """A parameter takes another number: its value, or the factor on a table or path."""

    parameter: str
    value: Number

    @model_validator(mode="after")
    def _known_and_within_range(self) -> Self:
        load_parameters().check_override(self.parameter, self.value)
        return self


class StructureChoice(_Frozen):
    """A structure is answered by another than its default submodel."""

    structure: str
    rival: str

    @model_validator(mode="after")
    def _known(self) -> Self:
        check_choice(self.structure, self.rival)
        return self


def _chosen(choices: tuple[_Frozen, ...]) -> tuple[StructureChoice, ...]:
    """Choices in one order, without those that are the default anyway."""
    default = default_structures()
    others = [
        choice
        for choice in choices
        if isinstance(choice, StructureChoice) and choice.rival != default[choice.structure]
    ]
    return _canonical(tuple(others))


class Scenario(_Frozen):
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
    levers: Annotated[tuple[LeverChange, ...], AfterValidator(_canonical)] = ()
    measures: Annotated[tuple[MeasureSwitch, ...], AfterValidator(_canonical)] = ()
    parameters: Annotated[tuple[ParameterOverride, ...], AfterValidator(_canonical)] = ()
    structures: Annotated[tuple[StructureChoice, ...], AfterValidator(_chosen)] = ()
    instruments: Annotated[
        tuple[InstrumentChange, ...], AfterValidator(lambda changes: merged((), changes))
    ] = ()

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        _refuse_twice("levers", [(change.lever, change.start) for change in self.levers])
        _refuse_twice("measures", [(switch.measure, switch.start) for switch in self.measures])
        _refuse_twice("parameters", [override.parameter for override in self.parameters])
        _refuse_twice("structures", [choice.structure for choice in self.structures])
        # Each change alone makes a law; with the measures that are off it must make one too.
        law_under(self.instruments, self._off_periods())
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
        return cls._load(name_or_path, ())

    @classmethod
    def _load(cls, name_or_path: str | Path, above: tuple[str, ...]) -> Self:
        path = _locate(name_or_path).resolve()
        if str(path) in above:
            raise InputError(
                f"{path.name}: base", path.stem, "a base that is not built on this file"
            )
        content = read_toml(path)
        base_name = content.pop("base", None)
        base: Scenario | None = None
        if base_name is not None:
            base = cls._load(_base_of(path, base_name), (*above, str(path)))
        return cls._from_content(content, base, path.name)

    @classmethod
    def _from_content(cls, content: dict[str, Any], base: Scenario | None, where: str) -> Self:
        allowed = ("name", "base", "label_en", "label_zh", "description_en", "description_zh",
                   "levers", "measures", "parameters", "structures", "instruments")  # fmt: skip
        for key, value in content.items():
            if key not in allowed:
                raise InputError(f"{where}: {key}", value, f"one of {', '.join(allowed)}")
        changes: dict[str, Any] = {
            "levers": _lever_changes(_table(content, "levers", where), where),
            "measures": _measure_switches(_table(content, "measures", where), where),
            "parameters": _parameter_overrides(_table(content, "parameters", where), where),
            "structures": _structure_choices(_table(content, "structures", where), where),
            "instruments": tuple(
                change_from(identifier, entry, f"{where}: instruments")
                for identifier, entry in _table(content, "instruments", where).items()
            ),
        }
        words = {key: value for key, value in content.items() if key not in changes}
        under = base or Scenario(name="plan")
        try:
            return cls.model_validate(
                {
                    "name": where.removesuffix(".toml"),
                    **words,
                    "levers": _merge(
                        _superseded(under.levers, changes["measures"]), changes["levers"], "lever"
                    ),
                    "measures": _merge(under.measures, changes["measures"], "measure"),
                    "parameters": _merge(under.parameters, changes["parameters"], "parameter"),
                    "structures": _merge(under.structures, changes["structures"], "structure"),
                    "instruments": merged(under.instruments, changes["instruments"]),
                }
            )
        except ValidationError as problem:
            key, read, permitted = first_problem(problem)
            raise InputError(f"{where}: {key}", read, permitted) from None

    def to_toml(self) -> str:
        """The scenario as a file that :meth:`load` reads back to an equal scenario."""
        import tomlkit

        document = tomlkit.document()
        for key in ("name", "label_en", "label_zh", "description_en", "description_zh"):
            if getattr(self, key):
                document[key] = getattr(self, key)
        measures, levers, parameters = tomlkit.table(), tomlkit.table(), tomlkit.table()
        for number in sorted({switch.measure for switch in self.measures}):
            measures[str(number)] = [
                {"state": switch.state, "from": str(switch.start)}
                for switch in self.measures
                if switch.measure == number
            ]
        for identifier in sorted({change.lever for change in self.levers}):
            levers[identifier] = [
                {"value": change.value, "from": str(change.start)}
                for change in self.levers
                if change.lever == identifier
            ]
        for override in self.parameters:
            parameters[override.parameter] = override.value
        structures = tomlkit.table()
        for choice in self.structures:
            structures[choice.structure] = choice.rival
        instruments = tomlkit.table()
        for amended in self.instruments:
            instruments[amended.instrument] = amended.entry()
        for key, table in (
            ("measures", measures),
            ("levers", levers),
            ("parameters", parameters),
            ("structures", structures),
            ("instruments", instruments),
        ):
            if len(table):
                document[key] = table
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
        for key, value in sorted(pairs, key=lambda pair: not _names_measure(pair[0])):
            kind, _, identifier = key.partition(".")
            if key == "name":
                if len(value) > LONGEST_NAME:
                    raise InputError("query: name", value, f"at most {LONGEST_NAME} characters")
                scenario = scenario.model_copy(update={"name": value})
            elif kind in _KINDS and identifier:
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
        changed = self
        month = start if isinstance(start, Month) else Month.parse(start, "start")
        # Switches first: what is named in the same call stands, whatever the order of the keys.
        for key in sorted(changes, key=lambda key: not _names_measure(key)):
            changed = changed._with(key, changes[key], month, f"replace {key}")
        return changed

    def with_setting(self, setting: str) -> Self:
        """A scenario with one change as the command line writes it: ``lever=value[@YYYY-MM]``.

        Raises
        ------
        InputError
            If the text is no setting, or its parts are unknown or out of range.
        """
        key, equals, rest = setting.partition("=")
        if equals and rest and key.startswith("instrument."):
            return self._with(key, rest, PLAN_START, f"setting {key}")
        value, at, month = rest.partition("@")
        if not equals or not key or not value:
            raise InputError("setting", setting, "lever=value or lever=value@YYYY-MM")
        if at and key.startswith("structure."):
            raise InputError(f"setting {key}", at + month, "no month: a structure holds throughout")
        if at and key.rpartition(".")[2] in load_parameters():
            raise InputError(f"setting {key}", at + month, "no month: a parameter holds throughout")
        start = Month.parse(month, f"setting {key}") if at else PLAN_START
        return self._with(key, value, start, f"setting {key}")

    def with_settings(self, settings: Iterable[str]) -> Self:
        """A scenario with several changes as the command line writes them, in whatever order."""
        changed = self
        for setting in sorted(settings, key=lambda text: not _names_measure(text.split("=")[0])):
            changed = changed.with_setting(setting)
        return changed

    def _with(self, key: str, value: float | str, start: Month, where: str) -> Self:
        kind, _, identifier = key.rpartition(".")
        if _names_measure(key):
            if not _is_number(identifier) or value not in ("on", "off"):
                raise InputError(where, value, "measure.NUMBER=on or off")
            switch = MeasureSwitch(measure=int(identifier), state=str(value), start=start)
            switched = self._updated("measures", _merge(self.measures, (switch,), "measure"))
            return switched._updated("levers", _superseded(self.levers, (switch,)))
        if kind == "instrument":
            amended = _amendment(identifier, value, where)
            return self._updated("instruments", merged(self.instruments, (amended,)))
        if kind == "structure":
            check_choice(identifier, value, where)
            choice = StructureChoice(structure=identifier, rival=str(value))
            return self._updated(
                "structures", _chosen(_merge(self.structures, (choice,), "structure"))
            )
        number = _spelled_number(value, where) if isinstance(value, str) else _number(value, where)
        if kind == "parameter" or (not kind and identifier in load_parameters()):
            load_parameters().check_override(identifier, number, where)
            override = ParameterOverride(parameter=identifier, value=number)
            return self._updated("parameters", _merge(self.parameters, (override,), "parameter"))
        if kind not in ("", "lever"):
            raise InputError(where, key, "a lever, measure.NUMBER, parameter.ID or structure.ID")
        lever(identifier, where).check(number, where)
        change = LeverChange(lever=identifier, value=number, start=start)
        return self._updated("levers", _merge(self.levers, (change,), "lever"))

    def _updated(self, field: str, value: tuple[BaseModel, ...]) -> Self:
        changed = self.model_copy(update={field: value})
        law_under(changed.instruments, changed._off_periods())
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
        return _lever_value(
            declared,
            tuple(change for change in self.levers if change.lever == identifier),
            tuple(switch for switch in self.measures if switch.measure == declared.measure),
            (self.instruments, self._off_periods()) if declared.law is not None else None,
            month,
        )

    @property
    def law(self) -> Law:
        """The rules by id, as amended, without those of measures that are off."""
        return law_under(self.instruments, self._off_periods())

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
        """Values of every lever, by id, in each month from ``first`` to ``last``, both included."""
        off = self._off_periods()
        paths = [
            _lever_path(
                declared.id,
                tuple(change for change in self.levers if change.lever == declared.id),
                tuple(switch for switch in self.measures if switch.measure == declared.measure),
                (self.instruments, off) if declared.law is not None else None,
                first,
                last,
            )
            for declared in load_levers().values()
        ]
        return [
            dict(zip(load_levers(), values, strict=True)) for values in zip(*paths, strict=True)
        ]


type LawKey = tuple[tuple[InstrumentChange, ...], tuple[OffPeriod, ...]]
"""What a scenario's law follows from: :func:`.law_under`."""


def _lever_value(
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
def _lever_path(
    identifier: str,
    changes: tuple[LeverChange, ...],
    switches: tuple[MeasureSwitch, ...],
    law: LawKey | None,
    first: Month,
    last: Month,
) -> tuple[float, ...]:
    """Values of one lever from month to month: runs of one scenario, and like ones, share them."""
    return tuple(
        _lever_value(lever(identifier), changes, switches, law, month)
        for month in months_between(first, last)
    )


def _amendment(identifier: str, value: float | str, where: str) -> InstrumentChange:
    """A change of a rule as the command line writes it."""
    text = str(value)
    if text.startswith("{"):
        return change_from_json(identifier, text, where)
    word, _, rest = text.partition("@")
    entry: dict[str, object]
    if word in ("end", "strike") and rest:
        entry = {word: rest}
    elif word == "suspend" and "/" in rest:
        first, _, last = rest.partition("/")
        entry = {"suspend": [{"from": first, "to": last}]}
    elif word == "phase_out" and _is_number(rest):
        entry = {"after": word, "phase_out_days": int(rest)}
    elif word in ("continue", "end") and not rest:
        entry = {"after": word}
    else:
        raise InputError(
            where, text,
            "end@YYYY-MM-DD, suspend@YYYY-MM-DD/YYYY-MM-DD, strike@YYYY-MM-DD, continue, "
            "phase_out@DAYS, end or JSON",
        )  # fmt: skip
    return change_from(identifier, entry, where)


def _latest[T: (LeverChange, MeasureSwitch)](changes: list[T], month: Month) -> T | None:
    """The change that began last, if any has begun."""
    begun = [change for change in changes if change.start <= month]
    return max(begun, key=lambda change: change.start, default=None)


def builtin_scenarios() -> tuple[str, ...]:
    """Names of the built-in scenarios."""
    return tuple(sorted(path.stem for path in _builtin_folder().glob("*.toml")))


def _builtin_folder() -> Path:
    return Path(str(files("transition_model") / "data" / "scenarios"))


def _locate(name_or_path: str | Path) -> Path:
    builtin = _builtin_folder() / f"{name_or_path}.toml"
    if "/" not in str(name_or_path) and builtin.exists():
        return builtin
    path = Path(name_or_path)
    if not path.exists():
        raise InputError("scenario", str(name_or_path), _scenarios_allowed())
    return path


def _scenarios_allowed() -> str:
    return f"one of {', '.join(builtin_scenarios())}, or a scenario file"


def _base_of(path: Path, name: object) -> Path:
    """The file that a scenario file names as its base: beside it, or built in."""
    where = f"{path.name}: base"
    if not isinstance(name, str):
        raise InputError(where, name, _scenarios_allowed())
    beside = path.parent / f"{name}.toml"
    try:
        return beside if beside.exists() else _locate(name)
    except InputError as problem:
        raise InputError(where, problem.read, problem.allowed) from None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _names_measure(key: str) -> bool:
    kind, _, identifier = key.rpartition(".")
    return kind == "measure" or (not kind and _is_number(identifier))


def _table(content: dict[str, Any], key: str, where: str) -> dict[str, Any]:
    table = content.get(key, {})
    if not isinstance(table, dict):
        raise InputError(f"{where}: {key}", table, f"a table [{key}]")
    return table


def _lever_changes(table: dict[str, Any], where: str) -> tuple[LeverChange, ...]:
    changes = []
    for identifier, entry in table.items():
        place = f"{where}: levers.{identifier}"
        declared = lever(identifier, place)
        for value, start in _dated_entries(entry, "value", place):
            number = _number(value, place)
            declared.check(number, place)
            changes.append(LeverChange(lever=identifier, value=number, start=start))
    return tuple(changes)


def _measure_switches(table: dict[str, Any], where: str) -> tuple[MeasureSwitch, ...]:
    switches = []
    numbers = switchable_measures()
    # What is said of one measure is the exception from what is said of all.
    for key, entry in sorted(table.items(), key=lambda item: item[0] != "all"):
        place = f"{where}: measures.{key}"
        chosen = numbers if key == "all" else [int(key)] if _is_number(key) else []
        if not chosen or not set(chosen) <= set(numbers):
            listed = ", ".join(str(number) for number in numbers)
            raise InputError(place, key, f"all, or a measure with a lever or rule: {listed}")
        for state, start in _dated_entries(entry, "state", place):
            if state not in ("on", "off"):
                raise InputError(place, state, "on or off")
            switches += [MeasureSwitch(measure=n, state=state, start=start) for n in chosen]
    return tuple({(s.measure, s.start): s for s in switches}.values())


def _parameter_overrides(table: dict[str, Any], where: str) -> tuple[ParameterOverride, ...]:
    overrides = []
    for identifier, value in table.items():
        place = f"{where}: parameters"
        number = _number(value, f"{place}.{identifier}")
        load_parameters().check_override(identifier, number, place)
        overrides.append(ParameterOverride(parameter=identifier, value=number))
    return tuple(overrides)


def _structure_choices(table: dict[str, Any], where: str) -> tuple[StructureChoice, ...]:
    choices = []
    for identifier, rival in table.items():
        check_choice(identifier, rival, f"{where}: structures")
        choices.append(StructureChoice(structure=identifier, rival=rival))
    return tuple(choices)


def _dated_entries(entry: Any, key: str, where: str) -> list[tuple[Any, Month]]:
    """A bare value, ``{value, from}`` or a list of these, as pairs of value and month."""
    entries = entry if isinstance(entry, list) else [entry]
    dated = []
    for item in entries:
        if not isinstance(item, dict):
            dated.append((item, PLAN_START))
            continue
        unknown = set(item) - {key, "from"}
        if unknown or key not in item:
            raise InputError(where, item, f"{{ {key} = ..., from = YYYY-MM }}")
        start = Month.parse(item["from"], f"{where}.from") if "from" in item else PLAN_START
        dated.append((item[key], start))
    months = [month for _, month in dated]
    for month in months:
        if months.count(month) > 1:
            raise InputError(where, f"{key} twice from {month}", "each once for a month")
    return dated


def _number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InputError(where, value, "a number")
    return float(value)


def _spelled_number(value: str, where: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise InputError(where, value, "a number") from None


def _merge(under: tuple[_Frozen, ...], over: tuple[_Frozen, ...], key: str) -> tuple[_Frozen, ...]:
    """Changes of two layers; the upper one wins where both speak of the same thing and month."""

    def place(change: _Frozen) -> tuple[Any, Any]:
        return getattr(change, key), getattr(change, "start", None)

    merged = {place(change): change for change in (*under, *over)}
    return _canonical(tuple(merged.values()))


def _superseded(
    changes: tuple[LeverChange, ...], switches: tuple[_Frozen, ...]
) -> tuple[LeverChange, ...]:
    """Lever changes of a lower layer that later switches of their measures leave standing."""
    return tuple(
        change
        for change in changes
        if not any(
            isinstance(switch, MeasureSwitch)
            and switch.measure == lever(change.lever).measure
            and switch.start <= change.start
            for switch in switches
        )
    )


def _refuse_twice(field: str, keys: list[Any]) -> None:
    seen: set[Any] = set()
    for key in keys:
        if key in seen:
            raise InputError(field, str(key), "each change once for a month")
        seen.add(key)
