"""What a scenario says of a rule, and the law that comes of it.

A change names one instrument and may give versions (one of a known id replaces it, others are
added), suspend days, end the rule, state what follows its last known version, and strike it from a
day on, whether it has begun by then or not; in that order.

.. code-block:: toml

    [instruments.car_scrappage_renewal]
    suspend = [{ from = 2025-06-01, to = 2025-06-30 }]
    end = 2026-06-30

    [instruments.appliance_trade_in]
    after = "phase_out"
    phase_out_days = 180

    [[instruments.digital_trade_in.versions]]
    id = "2026"
    start = 2026-01-01
    end = 2026-12-31
    percent = { of = "digital_price", rate = 0.15, floor = 0.0, cap = 500.0 }
    status = "assumed"
    source = "What if the subsidy of 2025 goes on"
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from transition_model.calendar import Month
from transition_model.declared import first_problem
from transition_model.errors import InputError
from transition_model.instruments import amendments
from transition_model.instruments.attributes import Claims
from transition_model.instruments.loading import load_instruments, validated
from transition_model.instruments.monthly import amount_of_month, bound_of_month
from transition_model.instruments.schema import Instrument, Version

type Law = Mapping[str, Instrument]
type OffPeriod = tuple[int, Month, Month | None]
"""A measure's number, the month from which it is off, and the month in which it is on again."""


class Suspension(BaseModel):
    """Days on which a rule pays nothing and its claims wait, both included."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid", populate_by_name=True)

    start: Annotated[date, Field(alias="from")]
    end: Annotated[date, Field(alias="to")]


def _by_id(versions: tuple[Version, ...]) -> tuple[Version, ...]:
    return tuple(sorted(versions, key=lambda version: version.id))


def _in_time(suspensions: tuple[Suspension, ...]) -> tuple[Suspension, ...]:
    return tuple(sorted(set(suspensions), key=lambda pause: (pause.start, pause.end)))


class InstrumentChange(BaseModel):
    """What is changed of one rule."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    instrument: str
    versions: Annotated[tuple[Version, ...], AfterValidator(_by_id)] = ()
    suspend: Annotated[tuple[Suspension, ...], AfterValidator(_in_time)] = ()
    end: date | None = None
    after: Literal["continue", "phase_out", "end"] | None = None
    phase_out_days: Annotated[int, Field(strict=True, ge=1)] | None = None
    strike: date | None = None

    @model_validator(mode="after")
    def _gives_a_law(self) -> InstrumentChange:
        if self == InstrumentChange.model_construct(instrument=self.instrument):
            raise ValueError("versions, suspend, end, after or strike")
        self.applied(load_instruments())
        return self

    def __hash__(self) -> int:
        return hash(self.model_dump_json())

    def applied(self, law: Law) -> Law:
        """The law with this change.

        Raises
        ------
        InputError
            If there is no such rule, or the result is no law.
        """
        name = self.instrument
        for version in self.versions:
            law = amendments.with_version(law, name, version)
        for pause in self.suspend:
            law = amendments.suspended(law, name, pause.start, pause.end)
        if self.end is not None:
            law = amendments.ended(law, name, self.end)
        if self.after is not None or self.phase_out_days is not None:
            law = amendments.followed_by(law, name, self.after or "end", self.phase_out_days)
        if self.strike is not None:
            law = amendments.struck(law, name, self.strike)
        return law

    def over(self, under: InstrumentChange) -> InstrumentChange:
        """The change on top of another of the same rule: where both speak, the upper one holds."""
        mine = {version.id for version in self.versions}
        kept = tuple(version for version in under.versions if version.id not in mine)
        follows = self if self.after is not None else under
        return InstrumentChange(
            instrument=self.instrument,
            versions=(*kept, *self.versions),
            suspend=(*under.suspend, *self.suspend),
            end=under.end if self.end is None else self.end,
            after=follows.after,
            phase_out_days=follows.phase_out_days,
            strike=under.strike if self.strike is None else self.strike,
        )

    def entry(self) -> dict[str, Any]:
        """The change as a table that :func:`change_from` reads back."""
        found: dict[str, Any] = self.model_dump(
            exclude_defaults=True, by_alias=True, exclude={"instrument"}
        )
        return {key: list(part) if isinstance(part, tuple) else part for key, part in found.items()}

    def as_json(self) -> str:
        """The change on one line that :func:`change_from_json` reads back."""
        found = self.model_dump(
            mode="json", exclude_defaults=True, by_alias=True, exclude={"instrument"}
        )
        return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def change_from(identifier: str, entry: object, where: str) -> InstrumentChange:
    """A change from its table.

    Parameters
    ----------
    identifier
        The rule's id.
    entry
        The table, as read.
    where
        File and key, for the message.

    Raises
    ------
    InputError
        If the rule is unknown or the change is no law: naming ``where`` and the version.
    """
    law = load_instruments()
    if identifier not in law:
        raise InputError(where, identifier, f"one of {', '.join(law)}")
    place = f"{where}.{identifier}"
    if not isinstance(entry, dict):
        raise InputError(
            f"{where}.{identifier}", entry, "a table with versions, suspend, end, after, strike"
        )
    place = f"{where}.{identifier}"
    stated = entry.get("versions", [])
    if not isinstance(stated, list):
        raise InputError(f"{place}.versions", stated, "a list of versions")
    versions = [_version(law[identifier], version, place) for version in stated]
    try:
        return InstrumentChange.model_validate(
            {"instrument": identifier, **entry, "versions": versions}
        )
    except ValidationError as problem:
        key, read, allowed = first_problem(problem)
        raise InputError(f"{place}.{key}" if key else place, read, allowed) from None
    except InputError as problem:
        raise InputError(f"{place}: {problem.where}", problem.read, problem.allowed) from None


def change_from_json(identifier: str, text: str, where: str) -> InstrumentChange:
    """Read :meth:`InstrumentChange.as_json` back.

    Raises
    ------
    InputError
        If the text is no such change.
    """
    from pydantic import TypeAdapter

    try:
        read = json.loads(text)
        entry = dict(read)
        adapter = TypeAdapter(list[Version])
        entry["versions"] = [
            version.model_dump(exclude_defaults=True)
            for version in adapter.validate_json(json.dumps(entry.get("versions", [])))
        ]
    except (ValueError, TypeError):
        raise InputError(
            where, text, "a change as JSON: versions, suspend, end, after, strike"
        ) from None
    return change_from(identifier, entry, where)


def merged(
    under: Iterable[InstrumentChange], over: Iterable[InstrumentChange]
) -> tuple[InstrumentChange, ...]:
    """Changes of two layers, one a rule, by id of the rule."""
    found = {change.instrument: change for change in under}
    for change in over:
        known = found.get(change.instrument)
        found[change.instrument] = change if known is None else change.over(known)
    return tuple(found[name] for name in sorted(found))


@lru_cache(maxsize=256)
def law_under(changes: tuple[InstrumentChange, ...], off: tuple[OffPeriod, ...]) -> Law:
    """The law under changes of rules and with measures switched off.

    Parameters
    ----------
    changes
        One a rule.
    off
        When measures are off; their rules that end with them are struck for that time.
    """
    law: Law = load_instruments()
    for change in changes:
        law = change.applied(law)
    for measure, start, back in off:
        for rule in tuple(law.values()):
            if rule.measure == measure and rule.when_off == "ends":
                last = None if back is None else _first_day(back) - timedelta(days=1)
                law = amendments.struck(law, rule.id, _first_day(start), last)
    return law


def running_on(law: Law, month: Month) -> tuple[str, ...]:
    """Rules that a month finds in force although their last known version has ended."""
    last = _first_day(month + 1) - timedelta(days=1)
    return tuple(
        rule.id for rule in law.values() if rule.after != "end" and rule.last_end < last
        and any(version.state == "active" for _, version in rule.parts(month))
    )  # fmt: skip


class LawReading(BaseModel):
    """Where a lever's value stands in the law: a rule, and the claim that it is asked about."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    instrument: str
    claim: dict[str, float | bool | str] = {}

    @model_validator(mode="after")
    def _answers(self) -> LawReading:
        self.value(load_instruments(), Month.parse("2025-01"))
        return self

    def __hash__(self) -> int:
        return hash(self.model_dump_json())

    def value(self, law: Law, month: Month) -> float:
        """Amount in yuan, or the bound that the rule sets, in a month.

        Raises
        ------
        InputError
            If there is no such rule or the claim does not state what the rule asks for.
        """
        if self.instrument not in law:
            raise InputError("instrument", self.instrument, ", ".join(law))
        rule = law[self.instrument]
        claim = Claims.of(1, **self.claim)
        duty = any(version.constraint is not None for version in rule.versions)
        return float((bound_of_month if duty else amount_of_month)(rule, month, claim)[0])


def _version(rule: Instrument, version: object, where: str) -> dict[str, object]:
    """A version's table, refused by name if it breaks the schema by itself."""
    if not isinstance(version, dict):
        raise InputError(f"{where}.versions", version, "a table with id, start, end and so on")
    entry = {name: getattr(rule, name) for name in type(rule).model_fields if name != "id"}
    probe = {**version, "takes_over_queue": False}
    validated(where, rule.id, {**entry, "versions": [probe]})
    return version


def _first_day(month: Month) -> date:
    return date(month.year, month.month, 1)
