"""The ledger of a month: the only thing that agents and stocks exchange.

Its entries, with unit and dimensions, are declared in ``data/ledger.toml``. What agents may read
of the stocks is declared beside it in ``data/published.toml``.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Never

import numpy as np
from numpy.typing import ArrayLike, NDArray

from transition_model.dimensions import dimension, shape
from transition_model.errors import BreachError, InputError
from transition_model.layout import Layout, Views

type Array = NDArray[np.float64]


TOLERANCE = 1e-9
"""By which a share may exceed 1 through rounding."""

_LEAST, _ALL = np.minimum.reduce, np.logical_and.reduce
"""What the methods of an array come to, without the way there."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One declared quantity that crosses the seam.

    Attributes
    ----------
    name, unit
        Id and unit.
    over
        Names of its dimensions, in order; empty for a single number.
    kind
        ``flow`` (added up), ``share`` (0 to 1, divides a flow), ``factor`` (multiplies a flow) or
        ``stock`` (published).
    written_by
        Who writes it.
    label_en, label_zh
        What it is called.
    """

    name: str
    unit: str
    over: tuple[str, ...]
    kind: str
    written_by: str = "stocks"
    label_en: str = ""
    label_zh: str = ""


def _declared(file: str, kind: str | None) -> dict[str, Entry]:
    text = (files("transition_model") / "data" / file).read_text("utf-8")
    return {
        name: Entry(
            name,
            entry["unit"],
            tuple(entry["over"]),
            kind or entry["kind"],
            entry.get("written_by", "stocks"),
            entry.get("label_en", ""),
            entry.get("label_zh", ""),
        )
        for name, entry in tomllib.loads(text).items()
    }


@cache
def ledger_entries() -> dict[str, Entry]:
    """Everything that agents may write, by name."""
    return _declared("ledger.toml", None)


@cache
def published_entries() -> dict[str, Entry]:
    """Everything that agents may read of the stocks, by name."""
    return _declared("published.toml", "stock")


@cache
def ledger_layout() -> Layout:
    """Every entry in a ledger's vector, in declared order."""
    return Layout.of({name: shape(entry.over) for name, entry in ledger_entries().items()})


@cache
def _bounds() -> tuple[Array, Array]:
    """What the numbers of a ledger are when nothing is written, and what they may be at most.

    Flows begin at 0; shares and factors have to be set, and are not a number until then.
    """
    largest = np.finfo(np.float64).max
    opening, highest = np.zeros(ledger_layout().size), np.full(ledger_layout().size, largest)
    for name, entry in ledger_entries().items():
        part, _ = ledger_layout().parts[name]
        if entry.kind != "flow":
            opening[part] = np.nan
        if entry.kind == "share":
            highest[part] = 1.0 + TOLERANCE
    return opening, highest


@cache
def _flows() -> dict[str, tuple[slice, tuple[int, ...]]]:
    """Where flows lie and how they are shaped, by name."""
    return {n: p for n, p in ledger_layout().parts.items() if ledger_entries()[n].kind == "flow"}


class Ledger:
    """Flows and shares of one month.

    Every flow begins at zero and is added to; every share must be set once. ``close`` refuses a
    ledger in which a share is missing.

    Parameters
    ----------
    month
        The month as text, for messages.

    Attributes
    ----------
    numbers
        All entries end to end (:func:`ledger_layout`). Kernels write here; what they wrote is
        checked when the ledger is closed.
    """

    def __init__(self, month: str) -> None:
        self.month = month
        self._layout = ledger_layout()
        self.numbers: Array = _bounds()[0].copy()

    def flow(self, name: str) -> Array:
        """The numbers of a flow, to add to; shaped by its dimensions."""
        place = _flows().get(name)
        if place is None:
            _require_kind(self.month, name, "flow")
        part, shaped = place or self._layout.parts[name]
        return self.numbers[part].reshape(shaped)

    def share(self, name: str) -> Array:
        """The numbers of a share or factor, to set once; shaped by its dimensions."""
        if _entry(name).kind == "flow":
            raise InputError(f"ledger {self.month}", name, "a share or factor, not a flow")
        return self._part(name)

    def add(self, name: str, amount: ArrayLike) -> None:
        """Add to a flow.

        Parameters
        ----------
        name
            A flow of :func:`ledger_entries`.
        amount
            In the entry's unit, shaped by its dimensions; finite and not negative.

        Raises
        ------
        InputError
            If there is no such flow, or the shape is wrong.
        BreachError
            If an amount is negative or not finite.
        """
        array = self._checked(name, amount, "flow")
        part = self._part(name)
        part += array

    def add_at(self, name: str, member: str, amount: float) -> None:
        """Add to one member of a flow over a single dimension.

        Parameters
        ----------
        name, member
            A flow of :func:`ledger_entries`, and a member of its dimension.
        amount
            In the entry's unit; finite and not negative.

        Raises
        ------
        InputError
            If there is no such flow or member.
        BreachError
            If the amount is negative or not finite.
        """
        entry = _entry(name)
        if len(entry.over) != 1:
            raise InputError(f"ledger {self.month}: {name}", member, f"shape {shape(entry.over)}")
        _require_kind(self.month, name, "flow")
        place = dimension(entry.over[0]).index(member)
        if not 0.0 <= amount < math.inf:
            self._refuse(entry, amount)
        self._part(name)[place] += amount

    def set_share(self, name: str, share: ArrayLike) -> None:
        """Set a share or a factor, once a month; finite, not negative, and a share at most 1."""
        kind = _entry(name).kind if _entry(name).kind == "factor" else "share"
        array = self._checked(name, share, kind)
        part = self._part(name)
        if not np.isnan(part).all():
            raise InputError(f"ledger {self.month}", name, "a share that is set once a month")
        if kind == "share" and np.any(array > 1.0 + TOLERANCE):
            raise BreachError(self.month, f"{name} is at most 1", float(array.max()), 1.0, "share")
        part[...] = array

    def __getitem__(self, name: str) -> Array:
        part = self._part(_entry(name).name)
        if np.isnan(part).any():
            raise InputError(f"ledger {self.month}", name, "a share that has been set")
        return part.copy()

    def close(self) -> Views:
        """All entries of the month, for the stocks.

        Raises
        ------
        InputError
            If a share has not been set.
        BreachError
            If a number is negative or not finite, or a share above 1.
        """
        numbers = self.numbers
        highest = _bounds()[1]
        # Written so that what is no number counts as off.
        if not (_LEAST(numbers) >= 0.0 and _ALL(numbers <= highest)):
            self._refuse_first(int(np.argmin((numbers >= 0.0) & (numbers <= highest))))
        return Views(self._layout, numbers.copy())

    def _part(self, name: str) -> Array:
        return self._layout.view(self.numbers, name)

    def _refuse_first(self, place: int) -> Never:
        """Say what is wrong with a number of the vector."""
        name = self._layout.name_at(place)
        entry, worst = _entry(name), float(self.numbers[place])
        if entry.kind != "flow" and np.isnan(self._part(name)).all():
            raise InputError(f"ledger {self.month}", name, "a share that has been set")
        if entry.kind == "share" and worst > 1.0:
            raise BreachError(self.month, f"{name} is at most 1", worst, 1.0, "share")
        self._refuse(entry, worst)

    def _refuse(self, entry: Entry, worst: float) -> Never:
        amount = worst if math.isfinite(worst) else math.nan
        raise BreachError(
            self.month, f"{entry.name} is finite and not negative", amount, 0.0, entry.unit
        )

    def _checked(self, name: str, amount: ArrayLike, kind: str) -> Array:
        entry = _require_kind(self.month, name, kind)
        array = np.asarray(amount, dtype=np.float64)
        shaped = self._layout.parts[name][1]
        if array.shape != shaped:
            raise InputError(f"ledger {self.month}: {name}", array.shape, f"shape {shaped}")
        # Written so that what is no number counts as off.
        if not (array.min() >= 0.0 and array.max() < math.inf):
            finite = bool(np.isfinite(array).all())
            self._refuse(entry, float(array.min()) if finite else math.nan)
        return array


def _entry(name: str) -> Entry:
    if name not in ledger_entries():
        raise InputError("ledger", name, f"one of {', '.join(ledger_entries())}")
    return ledger_entries()[name]


def _require_kind(month: str, name: str, kind: str) -> Entry:
    entry = _entry(name)
    if entry.kind != kind:
        raise InputError(f"ledger {month}", name, f"a {entry.kind}, not a {kind}")
    return entry
