"""Policy instruments as dated law: what a rule pays, from which day to which, by which source.

``data/instruments/*.toml`` holds one table an instrument with its dated versions. A version pays a
``flat`` amount, or a ``rate`` of a price or tax with ``floor`` and ``cap``, by member of the
dimension ``over``; ``registered_by`` is the last day of registration of an old car that may be
handed in. Versions do not overlap.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from transition_model.calendar import Month
from transition_model.declared import Status, read_entries
from transition_model.dimensions import dimension

type Array = NDArray[np.float64]


type Amount = Annotated[float, Field(strict=True, allow_inf_nan=False)]


class Version(BaseModel):
    """One version of an instrument, in force from ``start`` to ``end``, both days included."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: date
    end: date
    state: Literal["active", "suspended"] = "active"
    flat: dict[str, Amount] | None = None
    rate: dict[str, Amount] | None = None
    floor: dict[str, Amount] | None = None
    cap: dict[str, Amount] | None = None
    registered_by: dict[str, date] | None = None
    status: Status
    source: Annotated[str, Field(min_length=3)]

    @model_validator(mode="after")
    def _one_amount_form(self) -> Self:
        if self.end < self.start:
            raise ValueError(f"end on or after start {self.start}, read {self.end}")
        percent = (self.rate, self.floor, self.cap)
        if (self.flat is None) == (self.rate is None):
            raise ValueError("exactly one amount: flat, or rate with floor and cap")
        if any((amounts is None) != (self.rate is None) for amounts in percent):
            raise ValueError("floor and cap with a rate, and only with a rate")
        for amounts in (self.flat, *percent):
            if amounts is not None and any(amount < 0.0 for amount in amounts.values()):
                raise ValueError("amounts that are not negative")
        for member, floor in (self.floor or {}).items():
            if floor > (self.cap or {}).get(member, floor):
                raise ValueError(f"a floor up to the cap, for {member}")
        for member in self.registered_by or {}:
            dimension("powertrain").index(member)
        return self

    def pays(self, price: Array, over: str) -> Array:
        """Amount by member.

        Parameters
        ----------
        price
            Price, or tax due, in yuan, shape (members,).
        over
            Name of the dimension.

        Returns
        -------
        ndarray
            Yuan, shape (members,); zero while suspended.
        """
        if self.state == "suspended":
            return np.zeros(len(dimension(over)))
        if self.flat is not None:
            return _ordered(self.flat, over)
        assert self.rate is not None and self.floor is not None and self.cap is not None
        share = _ordered(self.rate, over) * price
        bounded = np.clip(share, _ordered(self.floor, over), _ordered(self.cap, over))
        return np.asarray(np.where(_ordered(self.rate, over) > 0.0, bounded, 0.0))


class Instrument(BaseModel):
    """One instrument with its versions, oldest first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    measure: Annotated[int, Field(ge=1, le=36)]
    programme: str
    target: str
    scope: str
    over: str
    label_en: str
    label_zh: str
    after: Literal["continue", "end"]
    versions: Annotated[tuple[Version, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _versions_in_order(self) -> Self:
        for earlier, later in pairwise(self.versions):
            if later.start <= earlier.end:
                raise ValueError(
                    f"versions that do not overlap: {earlier.start} to {earlier.end} "
                    f"and {later.start} to {later.end}"
                )
        for version in self.versions:
            for amounts in (version.flat, version.rate, version.floor, version.cap):
                if amounts is not None:
                    _ordered(amounts, self.over)
        return self

    def parts(self, month: Month) -> tuple[tuple[float, Version], ...]:
        """Versions in force in a month, each with the share of the month's days."""
        first, following = _first_day(month), _first_day(month + 1)
        days = (following - first).days
        found = []
        for place, version in enumerate(self.versions):
            last = place == len(self.versions) - 1 and self.after == "continue"
            end = max(version.end, following) if last else version.end
            covered = (min(end.toordinal() + 1, following.toordinal())
                       - max(version.start.toordinal(), first.toordinal()))  # fmt: skip
            if covered > 0:
                found.append((covered / days, version))
        return tuple(found)

    def pays(self, month: Month, price: Array) -> Array:
        """Amount by member, averaged over the days of the month; yuan, shape (members,)."""
        total = np.zeros(len(dimension(self.over)))
        for share, version in self.parts(month):
            total += share * version.pays(price, self.over)
        return total

    def registered_by(self, month: Month) -> NDArray[np.int64]:
        """Last month of registration of an old car that may be handed in, by powertrain.

        Returns
        -------
        ndarray
            Month index, shape (powertrains,); -1 where nothing may be handed in.
        """
        latest = np.full(len(dimension("powertrain")), -1, dtype=np.int64)
        for _, version in self.parts(month):
            for member, day in (version.registered_by or {}).items():
                place = dimension("powertrain").index(member)
                latest[place] = max(latest[place], day.year * 12 + day.month - 1)
        return latest


@cache
def load_instruments(folder: Path | None = None) -> dict[str, Instrument]:
    """Read every instrument file.

    Raises
    ------
    InputError
        Naming the file, the instrument and, where it is one, the version.
    """
    root = folder or Path(str(files("transition_model") / "data" / "instruments"))
    return read_entries(sorted(root.glob("*.toml")), Instrument)


def _first_day(month: Month) -> date:
    return date(month.year, month.month, 1)


def _ordered(amounts: dict[str, float], over: str) -> Array:
    members = dimension(over).members
    if set(amounts) != set(members):
        raise ValueError(f"an amount for each of {', '.join(members)}; read {sorted(amounts)}")
    return np.array([amounts[member] for member in members])
