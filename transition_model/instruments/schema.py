"""One schema for all rules: instruments with dated versions.

See ``docs/instruments.md`` for what each key means. A version states its amount in exactly one
form (:data:`.amounts.FORMS`); versions that could meet the same claim on the same day are refused.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cached_property
from itertools import combinations, pairwise
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from transition_model.calendar import Month
from transition_model.declared import Status
from transition_model.instruments.amounts import (
    FORMS,
    AccessBan,
    Constraint,
    Flat,
    Form,
    Percent,
    Slope,
    Stepped,
    Table,
    Tabled,
    Tax,
    TimeOfUse,
)
from transition_model.instruments.attributes import Claims, Mask, attribute

type Operator = Literal["==", "!=", "in", "not in", "<", "<=", ">", ">="]
type Scalar = bool | date | float | str
type Yuan = Annotated[float, Field(strict=True, ge=0.0, allow_inf_nan=False)]
type Share = Annotated[float, Field(strict=True, ge=0.0, le=1.0)]

FEN_PER_YUAN = 100


class _Frozen(BaseModel):
    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")


class Condition(_Frozen):
    """What a claim must be: attribute, operator, value.

    ``by`` names a word attribute; then ``value`` lists a value for each of its words. ``when``
    restricts the condition to claims with certain words; others need not meet it.
    """

    attribute: str
    operator: Operator
    value: Scalar | list[str] | dict[str, Scalar]
    by: str | None = None
    when: dict[str, list[str]] = {}

    @model_validator(mode="after")
    def _fits_the_attribute(self) -> Self:
        kind = attribute(self.attribute).kind
        for name, words in self.when.items():
            _known_words(name, words)
        if isinstance(self.value, dict) != (self.by is not None):
            raise ValueError("`by` with a value for each of its words, and only then")
        if isinstance(self.value, dict):
            assert self.by is not None
            _known_words(self.by, list(self.value))
            entries: list[Scalar | list[str]] = list(self.value.values())
        else:
            entries = [self.value]
        for entry in entries:
            if not _fits(kind, self.operator, entry):
                raise ValueError(f"a value that fits {self.attribute} ({kind}) {self.operator}")
            if kind == "word":
                _known_words(self.attribute, entry if isinstance(entry, list) else [str(entry)])
        return self

    def asks(self) -> set[str]:
        """Attributes that a claim must state."""
        return {self.attribute, *self.when, *([self.by] if self.by else [])}

    def words(self) -> frozenset[str] | None:
        """The words that meet the condition, if it is about words and holds for every claim."""
        about = attribute(self.attribute)
        if about.kind != "word" or self.when or self.by:
            return None
        named = set(self.value if isinstance(self.value, list) else [str(self.value)])
        return frozenset(named if self.operator in ("==", "in") else set(about.words) - named)

    def met(self, claims: Claims) -> Mask:
        """Whether each claim meets it, shape (claims,)."""
        if isinstance(self.value, dict):
            assert self.by is not None
            found = np.zeros(claims.size, dtype=np.bool_)
            for word, value in self.value.items():
                found |= (claims[self.by] == word) & self._compared(claims, value)
        else:
            found = self._compared(claims, self.value)
        for name, words in self.when.items():
            found = found | ~np.isin(claims[name], words)
        return found

    def _compared(self, claims: Claims, value: Scalar | list[str]) -> Mask:
        stated = claims[self.attribute]
        if isinstance(value, list):
            inside = np.isin(stated, value)
            return inside if self.operator == "in" else ~inside
        against = value.toordinal() if isinstance(value, date) else value
        compare = {
            "==": np.equal, "!=": np.not_equal, "<": np.less, "<=": np.less_equal,
            ">": np.greater, ">=": np.greater_equal,
        }[self.operator]  # fmt: skip
        return np.asarray(compare(stated, against), dtype=np.bool_)


class Limits(_Frozen):
    """How much one agent may claim in a calendar year, or while the version holds."""

    claims_per_agent: Annotated[int, Field(strict=True, ge=1)] | None = None
    category: str | None = None
    claims_per_category: dict[str, Annotated[int, Field(strict=True, ge=1)]] = {}
    yuan_per_agent: Annotated[float, Field(strict=True, gt=0.0)] | None = None
    period: Literal["version", "calendar_year"]

    @model_validator(mode="after")
    def _category_has_words(self) -> Self:
        if (self.category is None) != (not self.claims_per_category):
            raise ValueError("category with claims_per_category, or neither")
        if self.category is not None:
            _known_words(self.category, list(self.claims_per_category))
        return self


class Tranche(_Frozen):
    """Money that becomes available on a day."""

    start: date
    amount: Yuan


class Budget(_Frozen):
    """The money of a version and how it is handed out.

    ``last_claim``: when money runs out within a claim, that claim gets what is left
    (``remainder``: an exhausted budget has paid exactly its total) or nothing (``in_full``).
    ``carry_over``: what a tranche, or a day's quota, leaves over stays available.
    """

    total: Yuan
    tranches: tuple[Tranche, ...] = ()
    allocation: Literal["first_come_first_served", "daily_quota"]
    daily_quota: Annotated[float, Field(strict=True, gt=0.0)] | None = None
    carry_over: bool
    last_claim: Literal["remainder", "in_full"]
    central_share: Share

    @model_validator(mode="after")
    def _tranches_make_the_total(self) -> Self:
        if (self.daily_quota is not None) != (self.allocation == "daily_quota"):
            raise ValueError("a daily_quota with allocation daily_quota, and only then")
        starts = [tranche.start for tranche in self.tranches]
        if starts != sorted(set(starts)):
            raise ValueError("tranches with rising dates")
        released = math.fsum(tranche.amount for tranche in self.tranches)
        if self.tranches and abs(released - self.total) >= 0.5 / FEN_PER_YUAN:
            raise ValueError(f"tranches that add up to the total {self.total}; read {released}")
        return self


class Version(_Frozen):
    """One version of an instrument, in force from ``start`` to ``end``, both days included.

    ``open_ended``: the text names no end; ``end`` is the last day for which it is known to hold.
    ``stated_end``: the last day that was announced when it began, where another came.
    ``retroactive_from``: claims met by an earlier version since that day get the difference.
    ``takes_over_queue``: claims that still wait under the version before are served by this one.
    """

    id: Annotated[str, Field(min_length=1)]
    start: date
    end: date
    open_ended: bool = False
    announced: date | None = None
    stated_end: date | None = None
    state: Literal["active", "suspended", "closed"] = "active"
    retroactive_from: date | None = None
    takes_over_queue: bool = False
    eligibility: tuple[Condition, ...] = ()
    limits: Limits | None = None
    flat: Flat | None = None
    percent: Percent | None = None
    stepped: Stepped | None = None
    slope: Slope | None = None
    table: Tabled | None = None
    tax: Tax | None = None
    time_of_use: TimeOfUse | None = None
    access_ban: AccessBan | None = None
    constraint: Constraint | None = None
    budget: Budget | None = None
    payment_delay_days: Annotated[int, Field(strict=True, ge=0)] = 0
    proceeds: dict[str, Share] = {}
    status: Status
    source: Annotated[str, Field(min_length=10)]
    note: str = ""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.end < self.start:
            raise ValueError(f"end on or after start {self.start}, read {self.end}")
        if self.stated_end is not None and (self.stated_end < self.start or self.open_ended):
            raise ValueError(
                f"stated_end on or after start {self.start}, and none where the text names no end; "
                f"read {self.stated_end}"
            )
        stated = [key for key in FORMS if getattr(self, key) is not None]
        if len(stated) != 1:
            read = ", ".join(stated) or "none"
            raise ValueError(f"an amount in exactly one form of {', '.join(FORMS)}; read {read}")
        if self.retroactive_from is not None and self.retroactive_from >= self.start:
            raise ValueError(f"retroactive_from before start {self.start}")
        if self.proceeds and abs(math.fsum(self.proceeds.values()) - 1.0) > 1e-9:
            raise ValueError(f"proceeds that add up to 1; read {self.proceeds}")
        for tranche in self.budget.tranches if self.budget else ():
            if not self.start <= tranche.start <= self.end:
                raise ValueError(f"tranches from {self.start} to {self.end}; read {tranche.start}")
        for name in self.form.over:
            met = self.words_met(name)
            for table in self.form.tables():
                _complete(table, name, self.form.over.index(name), met)
        return self

    @property
    def form_key(self) -> str:
        """The key of the form that states the amount."""
        return next(key for key in FORMS if getattr(self, key) is not None)

    @property
    def form(self) -> Form:
        """The form that states the amount."""
        found = getattr(self, self.form_key)
        assert isinstance(found, Form)
        return found

    def words_met(self, name: str) -> frozenset[str]:
        """The words of an attribute that eligibility leaves."""
        left = frozenset(attribute(name).words)
        for condition in self.eligibility:
            words = condition.words() if condition.attribute == name else None
            left = left if words is None else left & words
        return left

    def may_meet(self, other: Version) -> bool:
        """Whether some claim could meet the eligibility of both."""
        asked = {condition.attribute for condition in self.eligibility + other.eligibility}
        return all(
            self.words_met(name) & other.words_met(name)
            for name in asked
            if attribute(name).kind == "word"
        )


type Parts = tuple[tuple[float, Version], ...]
"""Versions, each with a share."""


class Instrument(_Frozen):
    """One rule with its versions, oldest first.

    ``programme`` is the ledger's subsidy programme, or ``none``. ``gives`` says which way the
    amount goes: to the agent (``subsidy``), from the agent (``charge``), per unit bought
    (``price``) or nowhere (``duty``). ``answered_by`` names the agents whose decisions read it.
    """

    id: str
    measure: Annotated[int, Field(strict=True, ge=1, le=36)]
    also: tuple[Annotated[int, Field(strict=True, ge=1, le=36)], ...] = ()
    programme: str = "none"
    target: Literal[
        "household", "firm", "transit_operator", "recycler", "builder", "bank", "local_government"
    ]
    scope: str
    trigger: Literal[
        "scrapping_and_purchase", "sale_and_purchase", "purchase", "scrapping", "consumption",
        "entry", "construction", "renovation", "treatment", "delivery", "pollution", "borrowing",
        "investment", "certification", "audit", "compliance_year", "operation",
    ]  # fmt: skip
    gives: Literal["subsidy", "charge", "price", "duty"]
    answered_by: str
    when_off: Literal["ends", "stays"]
    label_en: str
    label_zh: str
    after: Literal["continue", "phase_out", "end"]
    phase_out_days: Annotated[int, Field(strict=True, ge=1)] | None = None
    versions: Annotated[tuple[Version, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _versions_in_order(self) -> Self:
        if (self.phase_out_days is not None) != (self.after == "phase_out"):
            raise ValueError("phase_out_days with after = phase_out, and only then")
        named = [version.id for version in self.versions]
        if len(set(named)) != len(named):
            raise ValueError(f"version ids that stand once; read {', '.join(named)}")
        for earlier, later in pairwise(self.versions):
            if later.start < earlier.start:
                raise ValueError(f"versions oldest first; {later.id} stands after {earlier.id}")
            if later.takes_over_queue and later.start <= earlier.end:
                raise ValueError(f"no overlap where {later.id} takes over a queue")
        if self.versions[0].takes_over_queue:
            raise ValueError(f"{self.versions[0].id}: no version before it, whose queue to take")
        for one, other in combinations(self.versions, 2):
            if other.start <= one.end and one.may_meet(other):
                raise ValueError(
                    f"versions that do not overlap for one claim: {one.id} ({one.start} to "
                    f"{one.end}) and {other.id} ({other.start} to {other.end})"
                )
        return self

    @property
    def last_end(self) -> date:
        """The last day on which a known version is in force."""
        return max(version.end for version in self.versions)

    def in_force(self, day: date) -> Iterator[tuple[float, Version]]:
        """Versions in force on a day, each with the share of its amount that is still given.

        After the last known day: all of it (``continue``), a share that declines evenly over
        ``phase_out_days`` (``phase_out``), or nothing (``end``).
        """
        for version in self.versions:
            if version.start <= day <= version.end:
                yield 1.0, version
            elif day > self.last_end and version.end == self.last_end:
                share = self._share_after((day - self.last_end).days)
                if share > 0.0:
                    yield share, version

    def _share_after(self, days: int) -> float:
        if self.after == "continue":
            return 1.0
        if self.after == "end" or self.phase_out_days is None:
            return 0.0
        return max(0.0, 1.0 - days / self.phase_out_days)

    @cached_property
    def _parts_by_month(self) -> dict[tuple[int, str, int | None], tuple[object, Parts]]:
        """What :meth:`parts` has answered; a copy with other versions finds nothing of its own."""
        return {}

    def parts(self, month: Month) -> Parts:
        """Versions in force in a month, each with the share of its amount over the month's days."""
        key = month.index, self.after, self.phase_out_days
        versions, parts = self._parts_by_month.get(key, (None, ()))
        if versions is not self.versions:
            parts = self._parts(month)
            self._parts_by_month[key] = self.versions, parts
        return parts

    def _parts(self, month: Month) -> Parts:
        first, following = _first_day(month), _first_day(month + 1)
        days = (following - first).days
        if self.after == "phase_out" and following > self.last_end:
            weights: dict[str, float] = {}
            for place in range(days):
                for share, version in self.in_force(first + timedelta(days=place)):
                    weights[version.id] = weights.get(version.id, 0.0) + share
            return tuple(
                (weights[version.id] / days, version)
                for version in self.versions
                if version.id in weights
            )
        found = []
        for version in self.versions:
            last = version.end == self.last_end and self.after == "continue"
            end = max(version.end, following) if last else version.end
            covered = (min(end.toordinal() + 1, following.toordinal())
                       - max(version.start.toordinal(), first.toordinal()))  # fmt: skip
            if covered > 0:
                found.append((covered / days, version))
        return tuple(found)


def _first_day(month: Month) -> date:
    return date(month.year, month.month, 1)


def _known_words(name: str, words: list[str]) -> None:
    about = attribute(name)
    if about.kind != "word":
        raise ValueError(f"an attribute with words; {name} is a {about.kind}")
    for word in words:
        if word not in about.words:
            raise ValueError(f"{name} among {', '.join(about.words)}; read {word}")


def _fits(kind: str, operator: Operator, value: Scalar | list[str]) -> bool:
    if isinstance(value, list):
        return kind == "word" and operator in ("in", "not in")
    if operator in ("in", "not in"):
        return False
    if kind == "word":
        return isinstance(value, str) and operator in ("==", "!=")
    if kind == "flag":
        return isinstance(value, bool) and operator in ("==", "!=")
    if kind == "date":
        return isinstance(value, date)
    return kind == "number" and isinstance(value, int | float) and not isinstance(value, bool)


def _complete(table: Table[float], name: str, depth: int, met: frozenset[str]) -> None:
    """Refuse a table that leaves out a word that a claim may have, or lists one that it can't."""
    if not isinstance(table, dict):
        return
    if depth:
        for entry in table.values():
            _complete(entry, name, depth - 1, met)
    elif set(table) != met:
        raise ValueError(f"{name}: an entry for each of {sorted(met)}; read {sorted(table)}")
