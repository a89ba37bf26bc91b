"""Changes as the command line and an address write them: ``lever=value@2026-01``."""

from __future__ import annotations

from transition_model.calendar import Month
from transition_model.errors import InputError
from transition_model.instruments.changes import InstrumentChange, change_from, change_from_json
from transition_model.levers import PLAN_START, lever
from transition_model.parameters import load_parameters
from transition_model.scenario.changes import (
    LeverChange,
    MeasureSwitch,
    ParameterOverride,
    StructureChoice,
    is_number,
)
from transition_model.structures import check_choice

type Change = LeverChange | MeasureSwitch | ParameterOverride | StructureChoice | InstrumentChange

KINDS = ("measure", "lever", "parameter", "structure", "instrument")
"""What stands before the point of a setting's key; a bare lever, parameter or measure will do."""


def split_setting(setting: str) -> tuple[str, str, Month]:
    """Key, value and month of a setting.

    Raises
    ------
    InputError
        If the text is no setting, or a month stands where none belongs.
    """
    key, equals, rest = setting.partition("=")
    if equals and rest and key.startswith("instrument."):
        return key, rest, PLAN_START
    value, at, month = rest.partition("@")
    if not equals or not key or not value:
        raise InputError("setting", setting, "lever=value or lever=value@YYYY-MM")
    if at and key.startswith("structure."):
        raise InputError(f"setting {key}", at + month, "no month: a structure holds throughout")
    if at and key.rpartition(".")[2] in load_parameters():
        raise InputError(f"setting {key}", at + month, "no month: a parameter holds throughout")
    return key, value, Month.parse(month, f"setting {key}") if at else PLAN_START


def change_of(key: str, value: float | str, start: Month, where: str) -> Change:
    """The change that a key and a value mean.

    Raises
    ------
    InputError
        If the key names nothing, or the value is out of range: naming ``where``.
    """
    kind, _, identifier = key.rpartition(".")
    if names_measure(key):
        if not is_number(identifier) or value not in ("on", "off"):
            raise InputError(where, value, "measure.NUMBER=on or off")
        return MeasureSwitch(
            measure=int(identifier), state="on" if value == "on" else "off", start=start
        )
    if kind == "instrument":
        return amendment(identifier, value, where)
    if kind == "structure":
        check_choice(identifier, value, where)
        return StructureChoice(structure=identifier, rival=str(value))
    number = _number(value, where)
    if kind == "parameter" or (not kind and identifier in load_parameters()):
        load_parameters().check_override(identifier, number, where)
        return ParameterOverride(parameter=identifier, value=number)
    if kind not in ("", "lever"):
        raise InputError(where, key, "a lever, measure.NUMBER, parameter.ID or structure.ID")
    lever(identifier, where).check(number, where)
    return LeverChange(lever=identifier, value=number, start=start)


def amendment(identifier: str, value: float | str, where: str) -> InstrumentChange:
    """A change of a rule as the command line writes it, or as JSON."""
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
    elif word == "phase_out" and is_number(rest):
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


def names_measure(key: str) -> bool:
    """Whether a key names a measure: ``24`` or ``measure.24``."""
    kind, _, identifier = key.rpartition(".")
    return kind == "measure" or (not kind and is_number(identifier))


def _number(value: object, where: str) -> float:
    spelled = isinstance(value, str | int | float) and not isinstance(value, bool)
    try:
        return float(str(value) if spelled else "")
    except ValueError:
        raise InputError(where, value, "a number") from None
