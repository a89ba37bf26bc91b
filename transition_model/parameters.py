"""Declared values: every number of the model with unit, range, status and source.

``data/parameters/*.toml`` holds one table a parameter. A parameter is

* a constant: ``value = 16.0``;
* a table over one or two dimensions: ``over = ["recycler_kind"]`` and ``table = {vehicle = ...}``;
* a path: ``years = {2020 = ..., 2024 = ...}`` (each a number, or a table with ``over``), read as
  ``interpolation = "step"`` (constant within the calendar year) or ``"linear"`` (the value at the
  year's beginning, linear in between); before the first year and after the last it is held.

``low`` and ``high`` bound a constant itself, and a table or path by a factor around 1, so that each
parameter has exactly one uncertain number: the value, or the factor.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from transition_model.calendar import Month
from transition_model.declared import Status, read_entries
from transition_model.dimensions import dimension, shape
from transition_model.errors import InputError

type Array = NDArray[np.float64]
type Strict = Annotated[float, Field(strict=True, allow_inf_nan=False)]
type Table = dict[str, Strict] | dict[str, dict[str, Strict]]

PATHS_BEGIN = Month.parse("2020-01")
PATHS_END = Month.parse("2030-12")
"""First and last month of what :meth:`ParameterValues.path` lays out."""


class Parameter(BaseModel):
    """One declared value."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    id: str
    label_en: str
    label_zh: str
    unit: str
    value: Strict | None = None
    over: tuple[str, ...] = ()
    table: Table | None = None
    years: Annotated[dict[int, Strict | Table], Field(min_length=1)] | None = None
    interpolation: Literal["step", "linear"] = "linear"
    low: Strict
    high: Strict
    distribution: Literal["uniform", "normal", "lognormal", "triangular", "loguniform", "fixed"] = (
        "triangular"
    )
    effective_from: str = "2020-01"
    status: Status
    source: Annotated[str, Field(min_length=3)]
    note: str = ""

    @model_validator(mode="after")
    def _one_form_within_its_range(self) -> Self:
        forms = [form for form in (self.value, self.table, self.years) if form is not None]
        if len(forms) != 1:
            raise ValueError("exactly one of value, table, years")
        central = self.value if self.value is not None else 1.0
        if not self.low <= central <= self.high:
            raise ValueError(f"low <= {central} <= high, read low {self.low}, high {self.high}")
        if self.value is not None and self.over:
            raise ValueError(f"a table over {', '.join(self.over)}, not one value")
        if self.table is not None:
            self._ordered(self.table)
        for entry in (self.years or {}).values():
            self._ordered(entry)
        Month.parse(self.effective_from)
        return self

    def _ordered(self, entry: float | Table) -> Array:
        """The entry as an array in the order of its dimensions."""
        if not self.over:
            if isinstance(entry, dict):
                raise ValueError("a table needs `over`, the dimensions that it is ordered by")
            return np.float64(entry)  # type: ignore[return-value]
        return _fill(entry, self.over)

    @property
    def central(self) -> float:
        """The number that a scenario may replace: the value, or the factor 1."""
        return 1.0 if self.value is None else self.value

    @property
    def is_path(self) -> bool:
        """Whether the parameter changes over the years."""
        return self.years is not None

    @cached_property
    def _knots(self) -> tuple[Array, Array]:
        assert self.years is not None
        years = sorted(self.years)
        return np.array(years, dtype=float), np.array([self._ordered(self.years[y]) for y in years])

    def at(self, month: Month | None, number: float) -> float | Array:
        """The parameter in a month.

        Parameters
        ----------
        month
            The month; needed for a path only.
        number
            The value of a constant, or the factor on a table or path.

        Returns
        -------
        float or ndarray
            In :attr:`unit`; an array is shaped by the dimensions in :attr:`over`.
        """
        if self.value is not None:
            return number
        if self.table is not None:
            return self._table * number
        if month is None:
            raise InputError(f"parameter {self.id}", None, "a month, for it changes over the years")
        if month.index not in self._by_month:
            self._by_month[month.index] = self._declared_at(month)
        entry = self._by_month[month.index] * number
        return float(entry) if not self.over else np.asarray(entry)

    @cached_property
    def declared_path(self) -> Array:
        """Declared values from :data:`PATHS_BEGIN` to :data:`PATHS_END`, shape (months, ...)."""
        months = range(PATHS_BEGIN.index, PATHS_END.index + 1)
        return np.array([self.at(Month(index), 1.0) for index in months])

    @cached_property
    def _table(self) -> Array:
        assert self.table is not None
        return self._ordered(self.table)

    @cached_property
    def _by_month(self) -> dict[int, Array]:
        """Declared values of the months that have been asked for."""
        return {}

    def _declared_at(self, month: Month) -> Array:
        years, values = self._knots
        if self.interpolation == "step":
            place = int(np.searchsorted(years, month.year, side="right")) - 1
            return np.asarray(values[max(place, 0)])
        place = int(np.clip(np.searchsorted(years, month.years, side="right"), 1, len(years) - 1))
        span = years[place] - years[place - 1] if len(years) > 1 else 1.0
        weight = float(np.clip((month.years - years[place - 1]) / span, 0.0, 1.0))
        return np.asarray(values[place - 1] * (1.0 - weight) + values[place] * weight)


class ParameterSet:
    """All declared parameters, by id; read-only."""

    def __init__(self, parameters: Mapping[str, Parameter]) -> None:
        self._parameters = dict(parameters)

    def __getitem__(self, identifier: str) -> Parameter:
        if identifier not in self._parameters:
            raise InputError("parameter", identifier, self._suggest(identifier))
        return self._parameters[identifier]

    def __contains__(self, identifier: object) -> bool:
        return identifier in self._parameters

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self._parameters.values())

    def __len__(self) -> int:
        return len(self._parameters)

    @cached_property
    def centrals(self) -> Mapping[str, float]:
        """:attr:`Parameter.central` of every parameter, by id."""
        return {name: parameter.central for name, parameter in self._parameters.items()}

    def check_override(self, identifier: str, number: float, where: str = "parameter") -> None:
        """Refuse an unknown parameter or a number outside its range.

        Raises
        ------
        InputError
            Naming the parameter and its range.
        """
        if identifier not in self._parameters:
            raise InputError(where, identifier, self._suggest(identifier))
        parameter = self._parameters[identifier]
        if not (math.isfinite(number) and parameter.low <= number <= parameter.high):
            unit = parameter.unit if parameter.value is not None else "times the declared values"
            raise InputError(
                f"{where} {identifier}", number, f"{parameter.low:g} to {parameter.high:g} {unit}"
            )

    def _suggest(self, identifier: str) -> str:
        from difflib import get_close_matches

        close = get_close_matches(identifier, self._parameters, n=3)
        return (
            f"a declared parameter, such as {', '.join(close)}"
            if close
            else ("a declared parameter (transition-model list parameters)")
        )


class ParameterValues:
    """The numbers of one run: declared values under the overrides of a scenario.

    ``values["car_survival_scale"]`` is a float or an array in the parameter's unit;
    ``values.at("battery_electric_price", month)`` reads a path.
    """

    def __init__(self, parameters: ParameterSet, overrides: Mapping[str, float]) -> None:
        for identifier, number in overrides.items():
            parameters.check_override(identifier, number)
        self._parameters = parameters
        self._overrides = {name: float(number) for name, number in overrides.items()}
        self._constants: dict[str, float | Array] = {}

    @property
    def declared(self) -> ParameterSet:
        """What is declared, before overrides."""
        return self._parameters

    def __getitem__(self, identifier: str) -> float | Array:
        if identifier not in self._constants:
            self._constants[identifier] = self.at(identifier, None)
        return self._constants[identifier]

    def at(self, identifier: str, month: Month | None) -> float | Array:
        """A parameter in a month; see :meth:`Parameter.at`."""
        return self._parameters[identifier].at(month, self.number(identifier))

    @cached_property
    def numbers(self) -> Mapping[str, float]:
        """:meth:`number` of every parameter."""
        return {**self._parameters.centrals, **self._overrides}

    def path(self, identifier: str) -> Array:
        """A path month by month, shape (months, ...); :func:`place_on_path` finds a month."""
        path: Array = self._parameters[identifier].declared_path * self.number(identifier)
        return path

    def number(self, identifier: str) -> float:
        """The one uncertain number of a parameter: the value, or the factor on a table or path."""
        return self._overrides.get(identifier, self._parameters[identifier].central)

    def scalar(self, identifier: str, month: Month | None = None) -> float:
        """A parameter that is a single number."""
        number = self.at(identifier, month) if month is not None else self[identifier]
        assert isinstance(number, float), identifier
        return number

    def array(self, identifier: str, month: Month | None = None) -> Array:
        """A parameter that is a table, shaped by its dimensions."""
        return np.asarray(
            self.at(identifier, month) if month is not None else self[identifier], dtype=np.float64
        )


def place_on_path(month: Month) -> int:
    """Where a month lies on what :meth:`ParameterValues.path` lays out.

    Raises
    ------
    InputError
        If paths do not reach there.
    """
    place = month.index - PATHS_BEGIN.index
    if not 0 <= place <= PATHS_END.index - PATHS_BEGIN.index:
        raise InputError("month", month, f"{PATHS_BEGIN} to {PATHS_END}")
    return place


@cache
def load_parameters(folder: Path | None = None) -> ParameterSet:
    """Read every parameter file.

    Parameters
    ----------
    folder
        Where ``*.toml`` lie; the package's own by default.

    Raises
    ------
    InputError
        If a file is missing or broken, an entry incomplete, or an id declared twice: naming file,
        key, what was read and what is allowed.
    """
    root = folder or Path(str(files("transition_model") / "data" / "parameters"))
    paths = sorted(root.glob("*.toml"))
    if not paths:
        raise InputError(str(root), "no *.toml", "the parameter files of the package")
    return ParameterSet(read_entries(paths, Parameter))


def check_units(parameters: ParameterSet) -> int:
    """Read every unit with pint and return how many were read.

    Raises
    ------
    InputError
        Naming the parameter whose unit is unknown.
    """
    from transition_model.quantity import parse_unit

    for parameter in parameters:
        try:
            parse_unit(parameter.unit)
        except InputError as problem:
            raise InputError(f"parameter {parameter.id}", parameter.unit, problem.allowed) from None
    return len(parameters)


def _fill(entry: object, over: tuple[str, ...]) -> Array:
    if not isinstance(entry, dict):
        raise ValueError(f"a table over {', '.join(over)}")
    members = dimension(over[0]).members
    unknown, missing = set(entry) - set(members), set(members) - set(entry)
    if unknown or missing:
        raise ValueError(
            f"the members of {over[0]} ({', '.join(members)}); "
            f"unknown: {sorted(unknown)}, missing: {sorted(missing)}"
        )
    filled = np.empty(shape(over))
    for place, member in enumerate(members):
        if not over[1:] and isinstance(entry[member], dict):
            raise ValueError(f"a number for {member}: the table has no further dimension")
        filled[place] = _fill(entry[member], over[1:]) if over[1:] else float(entry[member])
    return filled
