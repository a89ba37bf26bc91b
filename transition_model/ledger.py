"""The ledger of a month: the only thing that agents and stocks exchange.

Its entries, with unit and dimensions, are declared in ``data/ledger.toml``. What agents may read
of the stocks is declared beside it in ``data/published.toml``.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import ArrayLike, NDArray

from transition_model.dimensions import dimension, shape
from transition_model.errors import BreachError, InputError

type Array = NDArray[np.float64]


TOLERANCE = 1e-9
"""By which a share may exceed 1 through rounding."""


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


class Ledger:
    """Flows and shares of one month.

    Every flow begins at zero and is added to; every share must be set once. ``close`` refuses a
    ledger in which a share is missing.

    Parameters
    ----------
    month
        The month as text, for messages.
    """

    def __init__(self, month: str) -> None:
        self.month = month
        self._values: dict[str, Array] = {}

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
        self._values[name] = self._values[name] + array if name in self._values else array

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
        array = np.zeros(shape(entry.over))
        array[dimension(entry.over[0]).index(member)] = amount
        self.add(name, array)

    def set_share(self, name: str, share: ArrayLike) -> None:
        """Set a share or a factor, once a month; finite, not negative, and a share at most 1."""
        if name in self._values:
            raise InputError(f"ledger {self.month}", name, "a share that is set once a month")
        kind = _entry(name).kind if _entry(name).kind == "factor" else "share"
        array = self._checked(name, share, kind)
        if kind == "share" and np.any(array > 1.0 + TOLERANCE):
            raise BreachError(self.month, f"{name} is at most 1", float(array.max()), 1.0, "share")
        self._values[name] = array

    def __getitem__(self, name: str) -> Array:
        entry = _entry(name)
        if name in self._values:
            return self._values[name].copy()
        if entry.kind == "flow":
            return np.zeros(shape(entry.over))
        raise InputError(f"ledger {self.month}", name, "a share that has been set")

    def close(self) -> dict[str, Array]:
        """All entries of the month, for the stocks.

        Raises
        ------
        InputError
            If a share has not been set.
        """
        return {name: self[name] for name in ledger_entries()}

    def _checked(self, name: str, amount: ArrayLike, kind: str) -> Array:
        entry = _entry(name)
        if entry.kind != kind:
            raise InputError(f"ledger {self.month}", name, f"a {entry.kind}, not a {kind}")
        array = np.array(amount, dtype=np.float64)
        if array.shape != shape(entry.over):
            raise InputError(
                f"ledger {self.month}: {name}", array.shape, f"shape {shape(entry.over)}"
            )
        if not np.all(np.isfinite(array)) or np.any(array < 0.0):
            worst = float(array.min()) if np.all(np.isfinite(array)) else float("nan")
            raise BreachError(
                self.month, f"{name} is finite and not negative", worst, 0.0, entry.unit
            )
        return array


def _entry(name: str) -> Entry:
    if name not in ledger_entries():
        raise InputError("ledger", name, f"one of {', '.join(ledger_entries())}")
    return ledger_entries()[name]
