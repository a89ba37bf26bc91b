"""What a run reports: the catalogue of result variables, and their monthly series.

``data/results.toml`` defines each variable in one place. It is read off the stocks (``stock``) or
the ledger (``ledger``), summed over the dimensions that ``select`` leaves; ``each`` makes one
variable a member. Derived variables are defined by their numerator and denominator:

* ``ratio = [numerator, denominator]``: sums over ``window`` months, divided;
* ``total = variable``: sum over ``window`` months;
* ``reduction = [numerator, denominator]``: one minus the ratio against its value in ``base_year``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from transition_model.calendar import Month
from transition_model.declared import Status, read_entries, worst
from transition_model.dimensions import dimension
from transition_model.errors import InputError
from transition_model.layout import Layout, Sums
from transition_model.ledger import ledger_entries, ledger_layout

if TYPE_CHECKING:
    import pandas as pd

type Array = NDArray[np.float64]


class Wording(BaseModel):
    """Words in both languages."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    en: Annotated[str, Field(min_length=3)]
    zh: Annotated[str, Field(min_length=2)]


class Definition(BaseModel):
    """One entry of the catalogue."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    id: str
    sector: str
    label_en: str
    label_zh: str
    unit: str
    stock: str | None = None
    ledger: str | None = None
    over: tuple[str, ...] = ()
    select: dict[str, tuple[str, ...]] = {}
    each: str | None = None
    ratio: tuple[str, str] | None = None
    total: str | None = None
    reduction: tuple[str, str] | None = None
    window: Annotated[int, Field(ge=1)] = 12
    base_year: int = 2020
    rests_on: tuple[str, ...] = ()
    definition: str = ""
    numerator: Wording | None = None
    denominator: Wording | None = None
    scope: Wording | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        sources = (self.stock, self.ledger, self.ratio, self.total, self.reduction)
        if sum(source is not None for source in sources) != 1:
            raise ValueError("exactly one of stock, ledger, ratio, total, reduction")
        if self.ledger is not None and self.ledger not in ledger_entries():
            raise InputError("ledger", self.ledger, f"one of {', '.join(ledger_entries())}")
        for name in (*self.select, *((self.each,) if self.each else ())):
            if name not in self.dimensions:
                raise ValueError(f"dimensions of {self.stock or self.ledger}: {self.dimensions}")
        for name, members in self.select.items():
            for member in members:
                dimension(name).index(member)
        return self

    @property
    def is_read(self) -> bool:
        """Whether the variable is read each month; the others are derived at the end."""
        return self.stock is not None or self.ledger is not None

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Dimensions of the array that it is read from."""
        if self.ledger is not None:
            return ledger_entries()[self.ledger].over
        return self.over

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Ids of the series: one, or one a member of ``each``."""
        if self.each is None:
            return (self.id,)
        return tuple(f"{self.id}.{member}" for member in dimension(self.each).members)

    @cached_property
    def places(self) -> list[NDArray[np.intp]]:
        """Which elements of its array, counted in C order, make up each of :attr:`ids`."""
        lengths = tuple(len(dimension(name)) for name in self.dimensions)
        places = np.arange(math.prod(lengths)).reshape(lengths)
        for axis, name in enumerate(self.dimensions):
            if name in self.select:
                chosen = [dimension(name).index(member) for member in self.select[name]]
                places = np.take(places, chosen, axis=axis)
        if self.each is None:
            return [places.ravel()]
        kept = np.moveaxis(places, self.dimensions.index(self.each), 0)
        return list(kept.reshape(len(kept), -1))


@cache
def load_definitions(path: Path | None = None) -> dict[str, Definition]:
    """Read the catalogue, by id.

    Raises
    ------
    InputError
        If an entry is incomplete, or derived from a variable that is not there.
    """
    source = path or Path(str(files("transition_model") / "data" / "results.toml"))
    found = read_entries([source], Definition)
    known = {name for definition in found.values() for name in definition.ids}
    for definition in found.values():
        for name in _inputs(definition):
            if name not in known:
                raise InputError(f"{source.name}: {definition.id}", name, "a result variable")
    return found


def _inputs(definition: Definition) -> tuple[str, ...]:
    pair = definition.ratio or definition.reduction
    return pair if pair else (definition.total,) if definition.total else ()


class Recorder:
    """Collects the variables that are read each month."""

    def __init__(self) -> None:
        self._definitions = [d for d in load_definitions().values() if d.is_read]
        self._months: list[Month] = []
        self._rows: list[Array] = []
        self.stock_variables = tuple(sorted({d.stock for d in self._definitions if d.stock}))
        self._sums: Sums | None = None

    stock_variables: tuple[str, ...]
    """Names of the stock-flow variables that are read."""

    def record(
        self, month: Month, stocks: Mapping[str, Array], ledger: Mapping[str, Array]
    ) -> None:
        """Read one month: stocks at its end, flows over it."""
        layout = Layout.of({name: np.shape(stocks[name]) for name in self.stock_variables})
        flows = np.full(ledger_layout().size, np.nan)
        for name in {str(d.ledger) for d in self._definitions if d.ledger}:
            ledger_layout().view(flows, name)[...] = ledger[name]
        self.record_numbers(month, layout, layout.vector(stocks), flows)

    def record_numbers(self, month: Month, layout: Layout, stocks: Array, ledger: Array) -> None:
        """Read one month from vectors.

        Parameters
        ----------
        month
            The month.
        layout, stocks
            Stock-flow variables at its end, :attr:`stock_variables` among them; always the same
            ones in a run.
        ledger
            Numbers of the month's ledger.
        """
        if self._sums is None:
            self._sums = self._plan(layout)
        self._months.append(month)
        self._rows.append(self._sums(np.concatenate([stocks, ledger])))

    def _plan(self, layout: Layout) -> Sums:
        """What every series is summed from, in the stocks and the ledger end to end."""
        groups = []
        for d in self._definitions:
            places = (
                layout.places(d.stock)
                if d.stock
                else layout.size + ledger_layout().places(str(d.ledger))
            ).ravel()
            groups += [places[members] for members in d.places]
        return Sums.of(groups)

    def series(self) -> Series:
        """All variables, derived ones included."""
        names = [name for d in self._definitions for name in d.ids]
        columns = np.array(self._rows).reshape(len(self._months), len(names)).T.copy()
        values = dict(zip(names, columns, strict=True))
        for definition in load_definitions().values():
            if not definition.is_read:
                values[definition.id] = _derive(definition, values, self._months)
        ordered = {name: values[name] for d in load_definitions().values() for name in d.ids}
        return Series(tuple(self._months), ordered)


def _derive(definition: Definition, values: Mapping[str, Array], months: list[Month]) -> Array:
    window = definition.window
    if definition.total is not None:
        return _rolling(values[definition.total], window)
    pair = definition.ratio or definition.reduction
    assert pair is not None
    top, bottom = _rolling(values[pair[0]], window), _rolling(values[pair[1]], window)
    ratio = np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom != 0.0)
    if definition.reduction is None:
        return ratio
    base = [place for place, month in enumerate(months) if month.year == definition.base_year]
    if len(base) < window:
        return np.full_like(ratio, np.nan)
    return np.asarray(1.0 - ratio / ratio[base[-1]])


def _rolling(values: Array, window: int) -> Array:
    """Sum over the last ``window`` months; unknown before there are so many; shape (months,)."""
    sums = np.full(len(values), np.nan)
    if len(values) >= window:
        sums[window - 1 :] = np.lib.stride_tricks.sliding_window_view(values, window).sum(axis=1)
    return sums


@dataclass(frozen=True)
class Series:
    """Monthly series by variable.

    Attributes
    ----------
    months
        Months of the run.
    values
        By result id, shape (months,); NaN where a window is not complete.
    """

    months: tuple[Month, ...]
    values: Mapping[str, Array]

    def since(self, month: Month) -> Series:
        """The same series from a month on."""
        first = sum(earlier < month for earlier in self.months)
        return Series(self.months[first:], {n: v[first:] for n, v in self.values.items()})

    def __getitem__(self, name: str) -> Array:
        return self.values[checked_name(name)]

    def at(self, name: str, month: Month) -> float | None:
        """Value in a month; None outside the run or where a window is not complete."""
        if month not in self.months:
            return None
        value = float(self[name][self.months.index(month)])
        return None if np.isnan(value) else value

    def pandas(self, name: str) -> pd.Series[float]:
        """One series, indexed by month."""
        import pandas as pd

        index = pd.PeriodIndex([str(month) for month in self.months], freq="M", name="month")
        return pd.Series(self[name], index=index, name=name)

    def frame(self) -> pd.DataFrame:
        """All series, tidy: variable, unit, month, value."""
        import pandas as pd

        units = dict(units_by_name())
        return pd.DataFrame(
            {
                "variable": np.repeat(list(self.values), len(self.months)),
                "unit": np.repeat([units[name] for name in self.values], len(self.months)),
                "month": np.tile([str(month) for month in self.months], len(self.values)),
                "value": np.concatenate(list(self.values.values())),
            }
        )


def units_by_name() -> Iterator[tuple[str, str]]:
    """Pairs of series id and unit."""
    return (
        (name, definition.unit)
        for definition in load_definitions().values()
        for name in definition.ids
    )


def checked_name(name: str) -> str:
    """The name itself.

    Raises
    ------
    InputError
        If no series is called so.
    """
    names = [identifier for identifier, _ in units_by_name()]
    if name not in names:
        from difflib import get_close_matches

        close = ", ".join(get_close_matches(name, names, n=3)) or "transition-model list results"
        raise InputError("result variable", name, close)
    return name


def evidence_of(definition: Definition, statuses: Mapping[str, Status]) -> Status | None:
    """Worst status of what a result rests on; None where nothing is named.

    Parameters
    ----------
    definition
        The result; its ``rests_on`` names parameters and levers.
    statuses
        Status by id of parameter or lever.
    """
    if not definition.rests_on:
        return None
    for name in definition.rests_on:
        if name not in statuses:
            raise InputError(
                f"results.toml: {definition.id}.rests_on", name, "a parameter or lever"
            )
    return worst(statuses[name] for name in definition.rests_on)
