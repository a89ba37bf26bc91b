"""What a scenario changes: values of levers, switches of measures, parameters, rival submodels."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, model_validator

from transition_model.calendar import Month
from transition_model.errors import InputError
from transition_model.instruments import load_instruments
from transition_model.levers import PLAN_START, lever, load_levers
from transition_model.parameters import load_parameters
from transition_model.structures import check_choice, default_structures

type Number = float
DatedMonth = Annotated[
    Month,
    BeforeValidator(
        lambda value: value if isinstance(value, Month) else Month.parse(value, "from")
    ),
    PlainSerializer(str),
]


class Frozen(BaseModel):
    """A part of a scenario: it can't be changed, and an unknown key is an error."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")


@cache
def switchable_measures() -> tuple[int, ...]:
    """Numbers of the measures that have a lever, or a rule that ends with them."""
    levers = {entry.measure for entry in load_levers().values()}
    rules = {rule.measure for rule in load_instruments().values() if rule.when_off == "ends"}
    return tuple(sorted(levers | rules))


def canonical[T: Frozen](changes: tuple[T, ...]) -> tuple[T, ...]:
    """Changes in one order, so that equal scenarios are equal however they were made."""
    return tuple(sorted(changes, key=_in_words))


@lru_cache(maxsize=4096)
def _in_words(change: Frozen) -> str:
    """What a change says, on one line."""
    return str(tuple(change.model_dump().values()))


class LeverChange(Frozen):
    """A lever takes a value from a month on."""

    lever: str
    value: Number
    start: DatedMonth = PLAN_START

    @model_validator(mode="after")
    def _known_and_within_range(self) -> Self:
        lever(self.lever).check(self.value, f"lever {self.lever}")
        return self


class MeasureSwitch(Frozen):
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


class ParameterOverride(Frozen):
    """A parameter takes another number: its value, or the factor on a table or path."""

    parameter: str
    value: Number

    @model_validator(mode="after")
    def _known_and_within_range(self) -> Self:
        load_parameters().check_override(self.parameter, self.value)
        return self


class StructureChoice(Frozen):
    """A structure is answered by another than its default submodel."""

    structure: str
    rival: str

    @model_validator(mode="after")
    def _known(self) -> Self:
        check_choice(self.structure, self.rival)
        return self


def without_defaults(choices: tuple[Frozen, ...]) -> tuple[StructureChoice, ...]:
    """Choices in one order, without those that are the default anyway."""
    default = default_structures()
    others = [
        choice
        for choice in choices
        if isinstance(choice, StructureChoice) and choice.rival != default[choice.structure]
    ]
    return canonical(tuple(others))


def merge(under: tuple[Frozen, ...], over: tuple[Frozen, ...], key: str) -> tuple[Frozen, ...]:
    """Changes of two layers; the upper one wins where both speak of the same thing and month."""

    def place(change: Frozen) -> tuple[Any, Any]:
        return getattr(change, key), getattr(change, "start", None)

    merged = {place(change): change for change in (*under, *over)}
    return canonical(tuple(merged.values()))


def left_standing(
    changes: tuple[LeverChange, ...], switches: tuple[Frozen, ...]
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


def refuse_twice(field: str, keys: list[Any]) -> None:
    """Refuse a list that says the same thing twice.

    Raises
    ------
    InputError
        Naming the field and what stands twice.
    """
    seen: set[Any] = set()
    for key in keys:
        if key in seen:
            raise InputError(field, str(key), "each change once for a month")
        seen.add(key)


def is_number(text: str) -> bool:
    """Whether a text is a whole number, as a measure's is."""
    return text.isascii() and text.isdigit()
