"""Scenario files: which there are, how they are layered, and what their tables say."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from transition_model.calendar import Month
from transition_model.declared import read_toml
from transition_model.errors import InputError
from transition_model.instruments.changes import change_from
from transition_model.levers import PLAN_START, lever
from transition_model.parameters import load_parameters
from transition_model.scenario.changes import (
    LeverChange,
    MeasureSwitch,
    ParameterOverride,
    StructureChoice,
    is_number,
    switchable_measures,
)
from transition_model.structures import check_choice

WORDS = ("name", "label_en", "label_zh", "description_en", "description_zh")
"""Keys of a file that say what a scenario is called and what it is about."""

CHANGES = ("levers", "measures", "parameters", "structures", "instruments")
"""Tables of a file, each a kind of change."""


def builtin_scenarios() -> tuple[str, ...]:
    """Names of the built-in scenarios."""
    return tuple(sorted(path.stem for path in _builtin_folder().glob("*.toml")))


def _builtin_folder() -> Path:
    return Path(str(files("transition_model") / "data" / "scenarios"))


def located(name_or_path: str | Path) -> Path:
    """The file of a built-in scenario, by name, or the path itself.

    Raises
    ------
    InputError
        If there is no such scenario or file.
    """
    builtin = _builtin_folder() / f"{name_or_path}.toml"
    if "/" not in str(name_or_path) and builtin.exists():
        return builtin
    path = Path(name_or_path)
    if not path.exists():
        raise InputError("scenario", str(name_or_path), _scenarios_allowed())
    return path


def _scenarios_allowed() -> str:
    return f"one of {', '.join(builtin_scenarios())}, or a scenario file"


def base_of(path: Path, name: object) -> Path:
    """The file that a scenario file names as its base: beside it, or built in."""
    where = f"{path.name}: base"
    if not isinstance(name, str):
        raise InputError(where, name, _scenarios_allowed())
    beside = path.parent / f"{name}.toml"
    try:
        return beside if beside.exists() else located(name)
    except InputError as problem:
        raise InputError(where, problem.read, problem.allowed) from None


def layers(name_or_path: str | Path) -> list[tuple[str, dict[str, Any]]]:
    """A scenario's file and those that it is built on, as name and content, the lowest first.

    Raises
    ------
    InputError
        If a file does not exist, is no TOML, or is built on itself.
    """
    found: list[tuple[str, dict[str, Any]]] = []
    seen: set[Path] = set()
    path: Path | None = located(name_or_path).resolve()
    while path is not None:
        content = read_toml(path)
        base = content.pop("base", None)
        found.insert(0, (path.name, content))
        seen.add(path)
        below = None if base is None else base_of(path, base).resolve()
        if below is not None and below in seen:
            allowed = "a base that is not built on this file"
            raise InputError(f"{below.name}: base", below.stem, allowed)
        path = below
    return found


def changes_in(content: Mapping[str, Any], where: str) -> dict[str, tuple[Any, ...]]:
    """The changes that a file states, by table.

    Parameters
    ----------
    content
        The file, as read.
    where
        The file's name, for messages.

    Raises
    ------
    InputError
        If a key is unknown, or a change is unknown, of the wrong type or out of range.
    """
    allowed = (*WORDS, *CHANGES)
    for key, value in content.items():
        if key not in allowed:
            raise InputError(
                f"{where}: {key}", value, f"one of {', '.join((WORDS[0], 'base', *allowed[1:]))}"
            )
    return {
        "levers": _lever_changes(_table(content, "levers", where), where),
        "measures": _measure_switches(_table(content, "measures", where), where),
        "parameters": _parameter_overrides(_table(content, "parameters", where), where),
        "structures": _structure_choices(_table(content, "structures", where), where),
        "instruments": tuple(
            change_from(identifier, entry, f"{where}: instruments")
            for identifier, entry in _table(content, "instruments", where).items()
        ),
    }


def _table(content: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
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
        chosen = numbers if key == "all" else [int(key)] if is_number(key) else []
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
