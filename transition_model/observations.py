"""Observations: what statistics and the press say about the city, as data.

``data/observations.csv`` holds one number a line, with its unit, period, source and status;
``data/stated_goals.csv`` has the same columns for the goals of earlier documents, which say what
somebody wanted and not what the world was like. ``docs/observations.md`` explains the columns, and
which series look alike but must not be joined.

A *series* is one definition of one indicator. A *vintage* is one release of it: two vintages of a
series may give two values for the same period, and a study uses one of them.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Final

from transition_model.calendar import MONTHS_PER_YEAR, Month
from transition_model.declared import Status
from transition_model.errors import InputError
from transition_model.quantity import convert, same_dimension

_DATA = Path(__file__).with_name("data")
OBSERVATIONS: Final = _DATA / "observations.csv"
STATED_GOALS: Final = _DATA / "stated_goals.csv"

GOAL_ENDINGS: Final = ("_target", "_goal", "_plan")
"""How the id of a stated goal ends, and that of an observation never does."""


class Bound(StrEnum):
    """What the value says about the true one."""

    EXACT = "exact"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    ABOUT = "about"


class Confidence(StrEnum):
    """Where the number was read."""

    OFFICIAL = "official"
    DATASET = "dataset"
    PRESS = "press"
    SECONDARY = "secondary"
    DERIVED = "derived"
    INFERRED = "inferred"
    MEMORY = "memory"


_OBSERVATION_STATUSES = frozenset({Status.OBSERVED, Status.ESTIMATED, Status.ASSUMED})
_GOAL_STATUSES = frozenset({Status.RULE})
_STATUSES_OF_CONFIDENCE: Mapping[Confidence, frozenset[Status]] = {
    Confidence.DERIVED: frozenset({Status.ESTIMATED, Status.ASSUMED}),
    Confidence.INFERRED: frozenset({Status.ESTIMATED, Status.ASSUMED}),
    Confidence.MEMORY: frozenset({Status.ASSUMED}),
}

_IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_SCOPE = re.compile(
    rf"city|central_urban|national|urban|rural|(district|other):{_IDENTIFIER.pattern}"
)
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
_YEAR = re.compile(r"\d{4}")
_PART_OF_YEAR = re.compile(r"(?P<year>\d{4})-(?P<part>H[12]|Q[1-4])")
_MONTHS_OF_PART = {"H": MONTHS_PER_YEAR // 2, "Q": MONTHS_PER_YEAR // 4}
_PERIOD = "YYYY, YYYY-MM, YYYY-H1, YYYY-Q1 or an interval YYYY-MM/YYYY-MM of at least two months"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a data file with named columns.

    Attributes
    ----------
    where
        File and line, for error messages.
    cells
        Text by column.
    """

    where: str
    cells: Mapping[str, str]

    def error(self, column: str, allowed: str) -> InputError:
        """Return the error of a cell that can't be used."""
        return InputError(f"{self.where} {column}", self.cells[column], allowed)

    def text(self, column: str) -> str:
        """Return a cell that may not be empty."""
        if not self.cells[column]:
            raise self.error(column, "a text")
        return self.cells[column]

    def matching(self, column: str, pattern: re.Pattern[str], allowed: str) -> str:
        """Return a cell of a given form."""
        if pattern.fullmatch(self.cells[column]) is None:
            raise self.error(column, allowed)
        return self.cells[column]

    def identifier(self, column: str) -> str:
        """Return an id."""
        return self.matching(column, _IDENTIFIER, "an id in snake_case")

    def number(self, column: str) -> float:
        """Return a finite number."""
        return float(self.matching(column, _NUMBER, "a number such as 12 or -0.5"))

    def optional_number(self, column: str) -> float | None:
        """Return a finite number, or None where the cell is empty."""
        return self.number(column) if self.cells[column] else None

    def choice[Choice: StrEnum](self, column: str, kind: type[Choice]) -> Choice:
        """Return a member of an enumeration."""
        try:
            return kind(self.cells[column])
        except ValueError:
            raise self.error(column, ", ".join(kind)) from None


def read_rows(path: Path, columns: tuple[str, ...]) -> Iterator[Row]:
    """Read a CSV file in UTF-8 that has exactly the given columns.

    Raises
    ------
    InputError
        If the file is missing or no such file; it names the line.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            _check_header(f"{path.name}:1", header, columns)
            for cells in reader:
                where = f"{path.name}:{reader.line_num}"
                if len(cells) != len(header):
                    raise InputError(where, f"{len(cells)} cells", f"{len(header)} cells")
                yield Row(where, dict(zip(header, cells, strict=True)))
    except FileNotFoundError:
        raise InputError(str(path), "no such file", "a CSV file") from None
    except (UnicodeDecodeError, csv.Error) as problem:
        raise InputError(str(path), str(problem), "a CSV file in UTF-8") from None


def _check_header(where: str, header: list[str], columns: tuple[str, ...]) -> None:
    unknown = [name for name in header if name not in columns]
    if unknown:
        raise InputError(f"{where} column", unknown[0], ", ".join(columns))
    missing = [name for name in columns if name not in header]
    if missing:
        raise InputError(where, f"no column {missing[0]}", ", ".join(columns))
    if len(header) != len(columns):
        raise InputError(where, "a column twice", ", ".join(columns))


@dataclass(frozen=True, slots=True)
class Observation:
    """One number about the world, or one stated goal.

    Attributes
    ----------
    series
        Id of the indicator in one definition.
    label_zh, label_en
        The indicator in words.
    scope
        ``city``, ``central_urban`` (the nine central districts), ``urban`` and ``rural`` (parts of
        the city's population), ``national``, ``district:<id>`` or ``other:<id>``.
    period
        ``YYYY``, ``YYYY-MM``, ``YYYY-H1``, ``YYYY-Q1`` or ``YYYY-MM/YYYY-MM``.
    value
        In `unit`.
    low, high
        A stated or derived range in `unit`, if any.
    unit
        A unit that :mod:`transition_model.quantity` reads; shares are in percent here.
    bound
        Whether the value is exact, a bound or about right.
    vintage
        Id of the release.
    definition
        What kind of number it is: an annual total, a stock at year end and so on.
    source_title, source_publisher, source_date
        The source; the date as YYYY, YYYY-MM or YYYY-MM-DD, empty if it bears none.
    confidence
        Where the number was read.
    status
        What the model may take it for.
    note
        What else a reader has to know, in our words.
    """

    series: str
    label_zh: str
    label_en: str
    scope: str
    period: str
    value: float
    low: float | None
    high: float | None
    unit: str
    bound: Bound
    vintage: str
    definition: str
    source_title: str
    source_publisher: str
    source_date: str
    confidence: Confidence
    status: Status
    note: str

    @property
    def months(self) -> tuple[Month, Month]:
        """First and last month of the period."""
        return months_of_period(self.period)

    def value_in(self, unit: str) -> float:
        """Convert the value.

        Raises
        ------
        InputError
            If the unit measures something else.
        """
        return convert(self.value, self.unit, unit)


COLUMNS: Final = tuple(field.name for field in fields(Observation))


def months_of_period(period: str, where: str = "period") -> tuple[Month, Month]:
    """First and last month of a period.

    Parameters
    ----------
    period
        ``2023``, ``2024-08``, ``2024-H1``, ``2021-Q1`` or ``2022-01/2022-05``.

    Raises
    ------
    InputError
        If the text is no period.
    """
    if _YEAR.fullmatch(period):
        return Month.parse(f"{period}-01"), Month.parse(f"{period}-12")
    part = _PART_OF_YEAR.fullmatch(period)
    if part:
        length = _MONTHS_OF_PART[part["part"][0]]
        first = Month.parse(f"{part['year']}-01") + length * (int(part["part"][1]) - 1)
        return first, first + (length - 1)
    try:
        first, last = (Month.parse(text) for text in _ends(period))
    except (InputError, ValueError):
        raise InputError(where, period, _PERIOD) from None
    if "/" in period and first >= last:
        raise InputError(where, period, _PERIOD)
    return first, last


def _ends(period: str) -> list[str]:
    return period.split("/") if "/" in period else [period, period]


def load_observations(path: Path | None = None) -> tuple[Observation, ...]:
    """Load what was observed, estimated or assumed about the world.

    Parameters
    ----------
    path
        A file like ``data/observations.csv``, which is read by default.

    Raises
    ------
    InputError
        If something in the file can't be used; it names file and line. Units are checked apart, by
        :func:`check_observation_units`.
    """
    return _load(path or OBSERVATIONS, _OBSERVATION_STATUSES, goals=False)


def load_stated_goals(path: Path | None = None) -> tuple[Observation, ...]:
    """Load the goals of earlier documents; their status is ``rule``, for a document states them.

    Parameters
    ----------
    path
        A file like ``data/stated_goals.csv``, which is read by default.

    Raises
    ------
    InputError
        As :func:`load_observations`.
    """
    return _load(path or STATED_GOALS, _GOAL_STATUSES, goals=True)


def _load(path: Path, statuses: frozenset[Status], *, goals: bool) -> tuple[Observation, ...]:
    found: list[Observation] = []
    lines: dict[tuple[str, str, str, str], str] = {}
    labels: dict[str, tuple[str, str]] = {}
    for row in read_rows(path, COLUMNS):
        read = _observation(row)
        _check_kind(row, read, statuses, goals=goals)
        key = (read.series, read.scope, read.period, read.vintage)
        first = lines.setdefault(key, row.where)
        if first != row.where:
            raise InputError(row.where, " ".join(key), f"once; it stands in {first} already")
        if labels.setdefault(read.series, (read.label_zh, read.label_en)) != (
            read.label_zh,
            read.label_en,
        ):
            raise row.error("label_en", f"the labels that {read.series} has above")
        found.append(read)
    return tuple(found)


def _observation(row: Row) -> Observation:
    period = row.text("period")
    months_of_period(period, f"{row.where} period")
    read = Observation(
        series=row.identifier("series"),
        label_zh=row.text("label_zh"),
        label_en=row.text("label_en"),
        scope=row.matching(
            "scope", _SCOPE, "city, central_urban, national, urban, rural, district:ID, other:ID"
        ),
        period=period,
        value=row.number("value"),
        low=row.optional_number("low"),
        high=row.optional_number("high"),
        unit=row.text("unit"),
        bound=row.choice("bound", Bound),
        vintage=row.identifier("vintage"),
        definition=row.text("definition"),
        source_title=row.text("source_title"),
        source_publisher=row.text("source_publisher"),
        source_date=row.cells["source_date"]
        and row.matching("source_date", _DATE, "YYYY, YYYY-MM, YYYY-MM-DD or nothing"),
        confidence=row.choice("confidence", Confidence),
        status=row.choice("status", Status),
        note=row.cells["note"],
    )
    if (read.low is None) != (read.high is None):
        raise row.error("high" if read.high is None else "low", "low and high, or neither")
    low = -math.inf if read.low is None else read.low
    high = math.inf if read.high is None else read.high
    if not low <= read.value <= high:
        raise row.error("value", f"a number from {read.low} to {read.high}")
    return read


def _check_kind(row: Row, read: Observation, statuses: frozenset[Status], *, goals: bool) -> None:
    if read.series.endswith(GOAL_ENDINGS) != goals:
        ending = "an" if goals else "no"
        raise row.error("series", f"an id with {ending} ending of {', '.join(GOAL_ENDINGS)}")
    allowed = statuses
    if not goals:
        allowed = statuses & _STATUSES_OF_CONFIDENCE.get(read.confidence, statuses)
    if read.status not in allowed:
        names = ", ".join(status for status in Status if status in allowed)
        raise row.error("status", f"{names}, where confidence is {read.confidence}")


def select(
    observations: Iterable[Observation],
    *,
    series: str | None = None,
    scope: str | None = None,
    period: str | None = None,
    vintage: str | None = None,
) -> tuple[Observation, ...]:
    """Those observations that match every given value, in order of period.

    Raises
    ------
    InputError
        If no observation at all is of that series; a scope, period or vintage that it lacks gives
        an empty result.
    """
    known = tuple(observations)
    if series is not None and all(read.series != series for read in known):
        names = sorted({read.series for read in known})
        raise InputError("series", series, ", ".join(names))
    wanted = {"series": series, "scope": scope, "period": period, "vintage": vintage}
    given = {name: value for name, value in wanted.items() if value is not None}
    matching = (
        read for read in known if all(getattr(read, name) == value for name, value in given.items())
    )
    return tuple(sorted(matching, key=lambda read: (read.months, read.scope, read.vintage)))


def check_observation_units(path: Path | None = None) -> None:
    """Check that every unit is one that the registry knows, and one dimension a series.

    Apart from loading, because it needs pint, which is slow to import.

    Parameters
    ----------
    path
        A file like ``data/observations.csv``; by default both files of the package are read.

    Raises
    ------
    InputError
        If a unit can't be read or measures something else than the series' first; it names file
        and line.
    """
    for file in (OBSERVATIONS, STATED_GOALS) if path is None else (path,):
        first: dict[str, str] = {}
        for row in read_rows(file, COLUMNS):
            _check_unit(row, first.setdefault(row.text("series"), row.text("unit")))


def _check_unit(row: Row, first: str) -> None:
    try:
        same = same_dimension(row.text("unit"), first)
    except InputError as problem:
        raise row.error("unit", problem.allowed) from None
    if not same:
        raise row.error("unit", f"a unit that measures the same as {first}, as above")
