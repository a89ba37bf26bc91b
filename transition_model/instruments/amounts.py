"""The forms in which a rule states an amount, each as data and as a function on arrays.

Every form answers ``yuan(claims)``, shape (claims,), in yuan (yuan a month for a tariff on a
month's use, and so on). Numbers may be tables by the words of one or two attributes, named in
``over``; a claim whose words a table does not list gets nothing.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Annotated, Literal, Self, override

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from transition_model.instruments.attributes import HOURS_PER_DAY, Array, Claims, Mask, attribute

type Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
type Amount = Annotated[float, Field(strict=True, ge=0.0, allow_inf_nan=False)]
type Cap = Annotated[float, Field(strict=True, ge=0.0)]
type Table[T] = T | dict[str, T] | dict[str, dict[str, T]]


def keyed(table: Table[float], over: tuple[str, ...], claims: Claims, absent: float = 0.0) -> Array:
    """A number, or a table by words, for each claim; shape (claims,)."""
    if not isinstance(table, dict):
        return np.full(claims.size, float(table))
    found = np.full(claims.size, absent)
    words = claims[over[0]]
    for member, entry in table.items():
        rows = words == member
        if rows.any():
            found[rows] = keyed(entry, over[1:], claims, absent)[rows]
    return found


class Form(BaseModel, ABC):
    """What all forms share: ``over`` names the attributes by whose words numbers are listed."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    over: tuple[str, ...] = ()

    def tables(self) -> list[Table[float]]:
        """Numbers that may be tables."""
        return []

    def asks(self) -> set[str]:
        """Attributes that a claim must state."""
        return set(self.over)

    @model_validator(mode="after")
    def _known_words(self) -> Self:
        for name in self.asks():
            attribute(name)
        for name in self.over:
            if attribute(name).kind != "word":
                raise ValueError(f"tables over words; {name} is a {attribute(name).kind}")
        deep = [_depth(table, self.over) for table in self.tables()]
        if self.over and max(deep, default=0) != len(self.over):
            raise ValueError(f"a table over {', '.join(self.over)}")
        return self

    @abstractmethod
    def yuan(self, claims: Claims) -> Array:
        """Amount of each claim in yuan, shape (claims,)."""


class Quantified(Form):
    """A form whose amount may be one per unit of a quantity, up to ``at_most`` yuan."""

    per: str | None = None
    at_most: Table[Cap] = math.inf

    @override
    def asks(self) -> set[str]:
        return super().asks() | ({self.per} if self.per else set())

    def _times_quantity(self, each: Array, claims: Claims) -> Array:
        total = each if self.per is None else each * claims.number(self.per)
        return np.minimum(total, keyed(self.at_most, self.over, claims, math.inf))


class Flat(Quantified):
    """The same amount for every claim, or for every unit of ``per``."""

    amount: Amount

    @override
    def tables(self) -> list[Table[float]]:
        return [self.at_most]

    @override
    def yuan(self, claims: Claims) -> Array:
        return self._times_quantity(np.full(claims.size, self.amount), claims)


class Tabled(Quantified):
    """An amount listed by the words of the claim."""

    amounts: dict[str, Amount] | dict[str, dict[str, Amount]]

    @override
    def tables(self) -> list[Table[float]]:
        return [self.amounts, self.at_most]

    @override
    def yuan(self, claims: Claims) -> Array:
        return self._times_quantity(keyed(self.amounts, self.over, claims), claims)


class Percent(Form):
    """A share of a price or sum, no less than the floor, no more than the cap; inf is no cap."""

    of: str
    rate: Table[Amount]
    floor: Table[Amount]
    cap: Table[Cap]

    @model_validator(mode="after")
    def _floor_up_to_cap(self) -> Self:
        floor, cap = _leaves(self.floor), _leaves(self.cap)
        for member in floor.keys() | cap.keys():
            low = floor.get(member, floor.get("", 0.0))
            if low > cap.get(member, cap.get("", math.inf)):
                raise ValueError(f"a floor up to the cap{', for ' + member if member else ''}")
        return self

    @override
    def tables(self) -> list[Table[float]]:
        return [self.rate, self.floor, self.cap]

    @override
    def asks(self) -> set[str]:
        return super().asks() | {self.of}

    @override
    def yuan(self, claims: Claims) -> Array:
        rate = keyed(self.rate, self.over, claims)
        bounded = np.clip(
            rate * claims.number(self.of),
            keyed(self.floor, self.over, claims),
            keyed(self.cap, self.over, claims),
        )
        return np.where(rate > 0.0, bounded, 0.0)


class Step(BaseModel):
    """One step: its amount holds from ``start`` on."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    start: Number
    amount: Table[Amount]


class Stepped(Quantified):
    """Steps of an attribute, this year's or last year's.

    ``edge`` says to which step a value exactly on a step's start belongs: to the one ``below`` (up
    to 200 kWh) or ``above`` (from two years on). Below the first start the amount is zero. With
    ``marginal`` every step's amount holds for the units within it alone, as in tiered tariffs.
    """

    of: str
    lag_years: Literal[0, 1] = 0
    edge: Literal["below", "above"]
    marginal: bool = False
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _steps_rise(self) -> Self:
        starts = [step.start for step in self.steps]
        if starts != sorted(set(starts)):
            raise ValueError(f"steps with rising starts, read {starts}")
        if self.marginal and (self.per is not None or self.lag_years):
            raise ValueError("marginal steps without per and lag: they count their own units")
        return self

    @override
    def tables(self) -> list[Table[float]]:
        return [step.amount for step in self.steps]

    @override
    def asks(self) -> set[str]:
        return super().asks() | {_lagged(self.of, self.lag_years)}

    @override
    def yuan(self, claims: Claims) -> Array:
        value = claims.number(_lagged(self.of, self.lag_years))
        starts = np.array([step.start for step in self.steps])
        amounts = np.stack([keyed(step.amount, self.over, claims) for step in self.steps])
        if self.marginal:
            ends = np.append(starts[1:], math.inf)
            units = np.clip(value, starts[:, None], ends[:, None]) - starts[:, None]
            return self._times_quantity((amounts * units).sum(axis=0), claims)
        place = np.searchsorted(starts, value, side="right" if self.edge == "above" else "left")
        padded = np.vstack([np.zeros(claims.size), amounts])
        return self._times_quantity(padded[place, np.arange(claims.size)], claims)


class Slope(Quantified):
    """An amount for each ``step`` of an attribute above a threshold.

    ``started`` counts a step once begun as a whole one. ``relief`` takes off the share ``rate`` for
    each unit of another attribute above its own threshold.
    """

    of: str
    lag_years: Literal[0, 1] = 0
    threshold: Number
    step: Annotated[float, Field(strict=True, gt=0.0, allow_inf_nan=False)]
    amount: Amount
    started: bool = False
    relief_of: str | None = None
    relief_threshold: Number = 0.0
    relief_rate: Amount = 0.0

    @override
    def tables(self) -> list[Table[float]]:
        return [self.at_most]

    @override
    def asks(self) -> set[str]:
        relief = {self.relief_of} if self.relief_of else set()
        return super().asks() | {_lagged(self.of, self.lag_years)} | relief

    @override
    def yuan(self, claims: Claims) -> Array:
        above = np.maximum(claims.number(_lagged(self.of, self.lag_years)) - self.threshold, 0.0)
        steps = np.ceil(above / self.step) if self.started else above / self.step
        each = self.amount * steps
        if self.relief_of is not None:
            over = np.maximum(claims.number(self.relief_of) - self.relief_threshold, 0.0)
            each = each * np.maximum(1.0 - self.relief_rate * over, 0.0)
        return self._times_quantity(each, claims)


def relief(tax_due: Array, share: Array, cap: Array) -> Array:
    """A share of a tax due, up to a cap, in yuan, shape (claims,)."""
    return np.where(share > 0.0, np.minimum(share * tax_due, cap), 0.0)


class Tax(Form):
    """A tax on a base, of which a share is relieved up to a cap; the amount is what stays due."""

    of: str
    rate: Amount
    relief_share: Table[Annotated[float, Field(strict=True, ge=0.0, le=1.0)]]
    relief_cap: Table[Cap]

    @override
    def tables(self) -> list[Table[float]]:
        return [self.relief_share, self.relief_cap]

    @override
    def asks(self) -> set[str]:
        return super().asks() | {self.of}

    def relief(self, tax_due: Array, claims: Claims) -> Array:
        """What is taken off a tax due, in yuan, shape (claims,)."""
        return relief(tax_due, *self.share_and_cap(claims))

    def share_and_cap(self, claims: Claims) -> tuple[Array, Array]:
        """Share that is relieved and its cap in yuan, both of shape (claims,)."""
        share = keyed(self.relief_share, self.over, claims)
        return share, keyed(self.relief_cap, self.over, claims)

    @override
    def yuan(self, claims: Claims) -> Array:
        due = self.rate * claims.number(self.of)
        return due - self.relief(due, claims)


class Period(BaseModel):
    """Hours of the day, from and to, and what each kWh in them costs more (or less)."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    hours: Annotated[tuple[tuple[int, int], ...], Field(min_length=1)]
    add: Number

    @model_validator(mode="after")
    def _within_the_day(self) -> Self:
        _hours_of(self.hours)
        return self


class TimeOfUse(Form):
    """What hours of the day cost more or less: yuan/kWh, or a share of the price ``of``."""

    of: str | None = None
    periods: Annotated[tuple[Period, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _hours_once(self) -> Self:
        if sum(_hours_of(period.hours) for period in self.periods).max() > 1:  # type: ignore[union-attr]
            raise ValueError("each hour in one period")
        return self

    @override
    def asks(self) -> set[str]:
        return super().asks() | {"electricity_by_hour"} | ({self.of} if self.of else set())

    @override
    def yuan(self, claims: Claims) -> Array:
        load = claims["electricity_by_hour"].astype(np.float64)
        added = np.zeros(HOURS_PER_DAY)
        for period in self.periods:
            added += period.add * _hours_of(period.hours)
        total = load @ added
        return total if self.of is None else total * claims.number(self.of)


class AccessBan(Form):
    """Hours of the day in which a vehicle may not enter ``area``; it costs no yuan by itself."""

    area: str
    hours: Annotated[tuple[tuple[int, int], ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _within_the_day(self) -> Self:
        _hours_of(self.hours)
        return self

    def banned(self, hour: Array) -> Mask:
        """Whether the ban holds at an hour of the day, shape as given."""
        return _hours_of(self.hours)[hour.astype(np.int64)] > 0

    @override
    def yuan(self, claims: Claims) -> Array:
        return np.zeros(claims.size)


class Constraint(Form):
    """A bound that the rule relaxes or tightens; it pays and costs no yuan by itself.

    ``bound`` holds for those whom the rule meets, ``otherwise`` for all others; inf is no bound.
    """

    on: str
    sense: Literal["at_least", "at_most"]
    bound: Table[Annotated[float, Field(strict=True)]]
    otherwise: Annotated[float, Field(strict=True)]

    @model_validator(mode="after")
    def _on_a_number(self) -> Self:
        if attribute(self.on).kind != "number":
            raise ValueError(f"a bound on a number; {self.on} is a {attribute(self.on).kind}")
        return self

    @override
    def tables(self) -> list[Table[float]]:
        return [self.bound]

    def bounds(self, claims: Claims, met: Mask) -> Array:
        """The bound of each claim, shape (claims,), given whom the rule meets."""
        stated = keyed(self.bound, self.over, claims, self.otherwise)
        return np.where(met, stated, self.otherwise)

    @override
    def yuan(self, claims: Claims) -> Array:
        return np.zeros(claims.size)


FORMS = {
    "flat": "flat amount",
    "percent": "percent with floor and cap",
    "stepped": "stepped schedule",
    "slope": "slope above a threshold",
    "table": "table by keys",
    "tax": "tax with relief cap",
    "time_of_use": "time of use",
    "access_ban": "access ban",
    "constraint": "relaxed or tightened constraint",
}
"""The forms, by the key under which a version states them."""


def _lagged(name: str, years: int) -> str:
    return f"{name}_of_last_year" if years else name


def _leaves(table: Table[float], path: str = "") -> dict[str, float]:
    if not isinstance(table, dict):
        return {path: float(table)}
    found: dict[str, float] = {}
    for member, entry in table.items():
        found |= _leaves(entry, f"{path}/{member}" if path else member)
    return found


def _depth(table: Table[float], over: tuple[str, ...]) -> int:
    if not isinstance(table, dict):
        return 0
    if not over:
        raise ValueError("a table needs `over`, the attributes by whose words it is listed")
    words = attribute(over[0]).words
    for member in table:
        if member not in words:
            raise ValueError(f"{over[0]} among {', '.join(words)}; read {member}")
    return 1 + max((_depth(entry, over[1:]) for entry in table.values()), default=0)


def _hours_of(spans: tuple[tuple[int, int], ...]) -> NDArray[np.float64]:
    hours = np.zeros(HOURS_PER_DAY)
    for first, end in spans:
        if not 0 <= first < end <= HOURS_PER_DAY:
            raise ValueError(f"hours that begin before they end, 0 to 24; read {first} to {end}")
        hours[first:end] += 1.0
    return hours
