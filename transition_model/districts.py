"""The 38 districts and counties of Chongqing in 2020, as columns.

``data/districts.csv`` says for each district whether its numbers are observed or estimated, and
from what; ``docs/observations.md`` explains the columns. Resident family households are allocated
to the districts in proportion to their residents: registered households, which stand beside them,
count people where their papers are and not where they live.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from transition_model.declared import Status
from transition_model.errors import InputError
from transition_model.observations import Row, read_rows

DISTRICTS: Final = Path(__file__).with_name("data") / "districts.csv"
ZONES: Final = ("central_urban", "main_new_area", "northeast", "southeast")
"""Ids of the parts of the city; their labels stand in the data file."""

_TEXTS = ("district", "name_zh", "name_en", "zone", "zone_zh", "zone_en")
_COUNTS = ("population_2020_person", "family_households_2020")
_POSITIONS = ("tile_row", "tile_column")
_AMOUNTS = ("income_urban_yuan_per_person", "income_rural_yuan_per_person")
_OPTIONAL = (
    "registered_households",
    "registered_population_person",
    "gdp_2020_yi_yuan",
    "gdp_per_person_yuan",
    "industrial_firms_above_scale",
    "population_2023_person",
)
_STATUSES = ("family_households_2020_status", "status")
_DISTRICT_STATUSES = (Status.OBSERVED, Status.ESTIMATED)
COLUMNS: Final = (
    *_TEXTS,
    *_COUNTS,
    "urbanisation_share",
    *_AMOUNTS,
    *_OPTIONAL,
    *_POSITIONS,
    *_STATUSES,
    "source",
    "note",
)


@dataclass(frozen=True, slots=True, eq=False)
class Districts:
    """Columns over the districts, all of the same length and order; arrays are read-only.

    Attributes
    ----------
    district
        Ids, in the data file's order.
    name_zh, name_en
        Names, in Chinese and in pinyin.
    zone, zone_zh, zone_en
        The part of the city: id, one of :data:`ZONES`, and labels.
    population_2020_person
        Residents by the census of 1 November 2020.
    urbanisation_share
        Urban share of the residents, 0 to 1.
    family_households_2020
        Resident family households, allocated by residents.
    registered_households, registered_population_person
        By household registration; NaN where unknown.
    gdp_2020_yi_yuan
        GDP of 2020 in 1e8 yuan, first release; NaN where unknown.
    gdp_per_person_yuan
        GDP of 2020 per resident in yuan; NaN where unknown.
    income_urban_yuan_per_person, income_rural_yuan_per_person
        Disposable income of 2020 of urban and rural residents, in yuan a year.
    industrial_firms_above_scale
        Number of firms; NaN where unknown.
    population_2023_person
        Residents at the end of 2023; NaN where unknown.
    tile_row, tile_column
        Position on a map of tiles, row 0 in the north and column 0 in the west.
    family_households_2020_status, status
        Status of the households, and of everything else.
    source, note
        Where the numbers are from, and how they were estimated.
    """

    district: tuple[str, ...]
    name_zh: tuple[str, ...]
    name_en: tuple[str, ...]
    zone: tuple[str, ...]
    zone_zh: tuple[str, ...]
    zone_en: tuple[str, ...]
    population_2020_person: NDArray[np.int64]
    urbanisation_share: NDArray[np.float64]
    family_households_2020: NDArray[np.int64]
    registered_households: NDArray[np.float64]
    registered_population_person: NDArray[np.float64]
    gdp_2020_yi_yuan: NDArray[np.float64]
    gdp_per_person_yuan: NDArray[np.float64]
    income_urban_yuan_per_person: NDArray[np.float64]
    income_rural_yuan_per_person: NDArray[np.float64]
    industrial_firms_above_scale: NDArray[np.float64]
    population_2023_person: NDArray[np.float64]
    tile_row: NDArray[np.int64]
    tile_column: NDArray[np.int64]
    family_households_2020_status: tuple[Status, ...]
    status: tuple[Status, ...]
    source: tuple[str, ...]
    note: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.district)

    def index(self, district: str) -> int:
        """Position of a district.

        Raises
        ------
        InputError
            If there is no such district.
        """
        if district not in self.district:
            raise InputError("district", district, ", ".join(self.district))
        return self.district.index(district)

    def in_zone(self, zone: str) -> NDArray[np.bool_]:
        """Whether each district lies in a part of the city.

        Raises
        ------
        InputError
            If there is no such part.
        """
        if zone not in ZONES:
            raise InputError("zone", zone, ", ".join(ZONES))
        return np.array([of_district == zone for of_district in self.zone])


def load_districts(path: Path | None = None) -> Districts:
    """Load the districts.

    Parameters
    ----------
    path
        A file like ``data/districts.csv``, which is read by default.

    Raises
    ------
    InputError
        If something in the file can't be used; it names file and line.
    """
    file = path or DISTRICTS
    rows = tuple(read_rows(file, COLUMNS))
    if not rows:
        raise InputError(file.name, "no districts", "a line a district")
    for row in rows:
        _check_ranges(row)
    _check_unique(rows, ("district",))
    _check_unique(rows, ("name_zh",))
    _check_unique(rows, _POSITIONS)
    return Districts(
        district=tuple(row.identifier("district") for row in rows),
        name_zh=tuple(row.text("name_zh") for row in rows),
        name_en=tuple(row.text("name_en") for row in rows),
        zone=tuple(row.identifier("zone") for row in rows),
        zone_zh=tuple(row.text("zone_zh") for row in rows),
        zone_en=tuple(row.text("zone_en") for row in rows),
        population_2020_person=_whole(rows, "population_2020_person"),
        urbanisation_share=_real(rows, "urbanisation_share"),
        family_households_2020=_whole(rows, "family_households_2020"),
        registered_households=_real(rows, "registered_households"),
        registered_population_person=_real(rows, "registered_population_person"),
        gdp_2020_yi_yuan=_real(rows, "gdp_2020_yi_yuan"),
        gdp_per_person_yuan=_real(rows, "gdp_per_person_yuan"),
        income_urban_yuan_per_person=_real(rows, "income_urban_yuan_per_person"),
        income_rural_yuan_per_person=_real(rows, "income_rural_yuan_per_person"),
        industrial_firms_above_scale=_real(rows, "industrial_firms_above_scale"),
        population_2023_person=_real(rows, "population_2023_person"),
        tile_row=_whole(rows, "tile_row"),
        tile_column=_whole(rows, "tile_column"),
        family_households_2020_status=_statuses(rows, "family_households_2020_status"),
        status=_statuses(rows, "status"),
        source=tuple(row.text("source") for row in rows),
        note=tuple(row.cells["note"] for row in rows),
    )


def _check_ranges(row: Row) -> None:
    if row.identifier("zone") not in ZONES:
        raise row.error("zone", ", ".join(ZONES))
    for column in (*_COUNTS, *_AMOUNTS):
        if row.number(column) <= 0:
            raise row.error(column, "a number above 0")
    for column in (*_OPTIONAL, *_POSITIONS):
        if (row.optional_number(column) or 0.0) < 0:
            raise row.error(column, "a number from 0")
    for column in (*_COUNTS, *_POSITIONS):
        if not row.number(column).is_integer():
            raise row.error(column, "a whole number")
    if not 0 <= row.number("urbanisation_share") <= 1:
        raise row.error("urbanisation_share", "a share from 0 to 1")
    for column in _STATUSES:
        if row.choice(column, Status) not in _DISTRICT_STATUSES:
            raise row.error(column, ", ".join(_DISTRICT_STATUSES))
    if row.choice("status", Status) is Status.ESTIMATED:
        row.text("note")


def _check_unique(rows: tuple[Row, ...], columns: tuple[str, ...]) -> None:
    lines: dict[tuple[str, ...], str] = {}
    for row in rows:
        key = tuple(row.cells[column] for column in columns)
        first = lines.setdefault(key, row.where)
        if first != row.where:
            where = f"{row.where} {' and '.join(columns)}"
            raise InputError(where, ", ".join(key), f"once; it stands in {first} already")


def _real(rows: tuple[Row, ...], column: str) -> NDArray[np.float64]:
    numbers = (row.optional_number(column) for row in rows)
    array = np.array([np.nan if number is None else number for number in numbers])
    array.setflags(write=False)
    return array


def _whole(rows: tuple[Row, ...], column: str) -> NDArray[np.int64]:
    array = np.array([int(row.number(column)) for row in rows], dtype=np.int64)
    array.setflags(write=False)
    return array


def _statuses(rows: tuple[Row, ...], column: str) -> tuple[Status, ...]:
    return tuple(row.choice(column, Status) for row in rows)
