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
from collections import deque
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


class _ReadEachMonth:
    """What of a catalogue is read each month, and how."""

    def __init__(self, catalogue: Mapping[str, Definition]) -> None:
        self.definitions = [d for d in catalogue.values() if d.is_read]
        self.derived = [d for d in catalogue.values() if not d.is_read]
        self.names = [name for d in self.definitions for name in d.ids]
        self.ordered = [name for d in catalogue.values() for name in d.ids]
        self.stocks = tuple(sorted({d.stock for d in self.definitions if d.stock}))
        self.flows = tuple({d.ledger: None for d in self.definitions if d.ledger})
        self._sums: dict[tuple[tuple[str, int, tuple[int, ...]], ...], Sums] = {}

    def sums(self, layout: Layout) -> Sums:
        """What every series is summed from, in stocks laid out so and the ledger end to end."""
        key = tuple((name, part.start, shape) for name, (part, shape) in layout.parts.items())
        if key not in self._sums:
            groups = []
            for d in self.definitions:
                places = (
                    layout.places(d.stock)
                    if d.stock
                    else layout.size + ledger_layout().places(str(d.ledger))
                ).ravel()
                groups += [places[members] for members in d.places]
            self._sums[key] = Sums.of(groups)
        return self._sums[key]


def _read_each_month() -> _ReadEachMonth:
    """Of the catalogue as it is: worked out once for each that there is."""
    catalogue, known = load_definitions(), _known_catalogues()
    for of, made in known:
        if of is catalogue:
            return made
    known.append((catalogue, _ReadEachMonth(catalogue)))
    return known[-1][1]


@cache
def _known_catalogues() -> deque[tuple[Mapping[str, Definition], _ReadEachMonth]]:
    """The last catalogues that were asked for, with what is read of them."""
    return deque(maxlen=4)


class Recorder:
    """Collects the variables that are read each month."""

    def __init__(self) -> None:
        self._each = _read_each_month()
        self._months: list[Month] = []
        self._read: list[Array] = []
        self._layout: Layout | None = None
        self.stock_variables = self._each.stocks

    stock_variables: tuple[str, ...]
    """Names of the stock-flow variables that are read."""

    def record(
        self, month: Month, stocks: Mapping[str, Array], ledger: Mapping[str, Array]
    ) -> None:
        """Read one month: stocks at its end, flows over it."""
        layout = Layout.of({name: np.shape(stocks[name]) for name in self.stock_variables})
        flows = np.full(ledger_layout().size, np.nan)
        for name in self._each.flows:
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
        self._layout = layout
        self._months.append(month)
        # Summed once the run is over: all months at once cost little more than one.
        self._read.append(np.concatenate((stocks, ledger)))

    def series(self) -> Series:
        """All variables, derived ones included."""
        each = self._each
        columns = np.empty((len(each.names), 0))
        if self._layout is not None:
            columns = each.sums(self._layout).of_rows(np.array(self._read)).T.copy()
        values = dict(zip(each.names, columns, strict=True))
        rolling = _Rolling(values)
        for definition in each.derived:
            values[definition.id] = _derive(definition, rolling, self._months)
        return Series(tuple(self._months), {name: values[name] for name in each.ordered})


class _Rolling:
    """Sums of series over the last months; those that several definitions ask for are made once.

    Parameters
    ----------
    values
        Series by id; more of them may come.
    """

    def __init__(self, values: Mapping[str, Array]) -> None:
        self._values = values
        self._known: dict[tuple[str, int], Array] = {}

    def __call__(self, name: str, window: int) -> Array:
        """Of a series over a window, shape (months,)."""
        if (name, window) not in self._known:
            self._known[name, window] = _rolling(self._values[name], window)
        return self._known[name, window]


def _derive(definition: Definition, rolling: _Rolling, months: list[Month]) -> Array:
    window = definition.window
    if definition.total is not None:
        return rolling(definition.total, window).copy()
    pair = definition.ratio or definition.reduction
    assert pair is not None
    top, bottom = rolling(pair[0], window), rolling(pair[1], window)
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
        values = self.values.get(name)
        return self.values[checked_name(name)] if values is None else values

    def at(self, name: str, month: Month) -> float | None:
        """Value in a month; None outside the run or where a window is not complete."""
        values, place = self[name], self._place(month)
        value = math.nan if place is None else float(values[place])
        return None if math.isnan(value) else value

    def _place(self, month: Month) -> int | None:
        """Where a month stands; None if it is not there."""
        place = month - self.months[0] if self.months else 0
        if 0 <= place < len(self.months) and self.months[place] == month:
            return place
        return self.months.index(month) if month in self.months else None

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
