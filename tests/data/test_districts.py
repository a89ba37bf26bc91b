"""The 38 districts are complete, agree with the census and lie on a map."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from transition_model.declared import Status
from transition_model.districts import COLUMNS, DISTRICTS, ZONES, Districts, load_districts
from transition_model.errors import InputError
from transition_model.observations import load_observations, select

CENSUS_RESIDENTS = 32_054_159
CENSUS_FAMILY_HOUSEHOLDS = 12_040_234


@pytest.fixture(scope="module")
def districts() -> Districts:
    return load_districts()


def test_there_are_38_districts_in_four_zones(districts: Districts) -> None:
    assert len(districts) == 38
    sizes = [int(districts.in_zone(zone).sum()) for zone in ZONES]
    assert sizes == [9, 12, 11, 6]


def test_residents_sum_to_the_census(districts: Districts) -> None:
    assert int(districts.population_2020_person.sum()) == CENSUS_RESIDENTS
    (census,) = select(load_observations(), series="population_resident_census", scope="city")
    assert census.value_in("person") == pytest.approx(CENSUS_RESIDENTS)


def test_family_households_sum_to_the_census(districts: Districts) -> None:
    assert int(districts.family_households_2020.sum()) == CENSUS_FAMILY_HOUSEHOLDS
    (census,) = select(load_observations(), series="households_family")
    assert census.value_in("household") == pytest.approx(CENSUS_FAMILY_HOUSEHOLDS)


def test_households_follow_residents_and_not_registration(districts: Districts) -> None:
    city = CENSUS_RESIDENTS / CENSUS_FAMILY_HOUSEHOLDS
    size = districts.population_2020_person / districts.family_households_2020
    np.testing.assert_allclose(size, city, rtol=1e-4)
    assert set(districts.family_households_2020_status) == {Status.ESTIMATED}
    yubei, wuxi = districts.index("yubei"), districts.index("wuxi")
    assert districts.family_households_2020[yubei] > districts.registered_households[yubei]
    assert districts.family_households_2020[wuxi] < districts.registered_households[wuxi]


def test_the_central_districts_sum_to_their_census(districts: Districts) -> None:
    (census,) = select(
        load_observations(), series="population_resident_census", scope="central_urban"
    )
    central = districts.population_2020_person[districts.in_zone("central_urban")].sum()
    assert int(central) == pytest.approx(census.value_in("person"), abs=50)


def test_urban_residents_agree_with_the_citys_urbanisation_rate(districts: Districts) -> None:
    share = np.average(districts.urbanisation_share, weights=districts.population_2020_person)
    (rate,) = select(load_observations(), series="urbanisation_rate", period="2020")
    assert share == pytest.approx(rate.value_in("share"), abs=1e-3)


def test_gdp_sums_to_the_first_release(districts: Districts) -> None:
    (city,) = select(load_observations(), series="gdp_first_release", period="2020")
    assert districts.gdp_2020_yi_yuan.sum() == pytest.approx(city.value, abs=0.01)


def test_what_the_model_needs_is_complete(districts: Districts) -> None:
    for column in (
        districts.population_2020_person,
        districts.urbanisation_share,
        districts.income_urban_yuan_per_person,
        districts.income_rural_yuan_per_person,
    ):
        assert np.isfinite(column).all()
        assert (column > 0).all()


def test_an_urban_resident_earns_more_than_a_rural_one_everywhere(districts: Districts) -> None:
    ratio = districts.income_urban_yuan_per_person / districts.income_rural_yuan_per_person
    assert (ratio > 1.5).all()
    assert (ratio < 3.5).all()


def test_an_estimate_is_marked_and_explained(districts: Districts) -> None:
    estimated = [
        (name, note)
        for name, note, status in zip(
            districts.district, districts.note, districts.status, strict=True
        )
        if status is Status.ESTIMATED
    ]
    assert len(estimated) == 13
    assert "yuzhong" in dict(estimated)
    assert all("stimated" in note or "observed" in note for _, note in estimated)


def test_estimated_residents_stay_close_to_the_rounded_year_end_figures(
    districts: Districts,
) -> None:
    chengkou = districts.population_2020_person[districts.index("chengkou")]
    assert chengkou == pytest.approx(200_000, rel=0.01)


def test_no_two_districts_share_a_tile(districts: Districts) -> None:
    tiles = set(zip(districts.tile_row.tolist(), districts.tile_column.tolist(), strict=True))
    assert len(tiles) == 38


def test_the_tiles_are_in_one_piece(districts: Districts) -> None:
    left = set(zip(districts.tile_row.tolist(), districts.tile_column.tolist(), strict=True))
    edge = [left.pop()]
    while edge:
        row, column = edge.pop()
        near = {(row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)} & left
        left -= near
        edge.extend(near)
    assert not left


@pytest.mark.parametrize(
    ("north", "south"),
    [
        ("chengkou", "wanzhou"),
        ("wanzhou", "fengdu"),
        ("qianjiang", "youyang"),
        ("youyang", "xiushan"),
        ("yubei", "banan"),
        ("banan", "qijiang"),
    ],
)
def test_north_is_up(districts: Districts, north: str, south: str) -> None:
    rows = districts.tile_row
    assert rows[districts.index(north)] < rows[districts.index(south)]


@pytest.mark.parametrize(
    ("west", "east"),
    [
        ("rongchang", "yongchuan"),
        ("shapingba", "fuling"),
        ("fuling", "fengdu"),
        ("wanzhou", "wushan"),
        ("nanchuan", "youyang"),
    ],
)
def test_west_is_left(districts: Districts, west: str, east: str) -> None:
    columns = districts.tile_column
    assert columns[districts.index(west)] < columns[districts.index(east)]


def test_the_northeast_lies_northeast_and_the_southeast_southeast_of_the_centre(
    districts: Districts,
) -> None:
    def centre(zone: str) -> tuple[float, float]:
        inside = districts.in_zone(zone)
        return float(districts.tile_row[inside].mean()), float(districts.tile_column[inside].mean())

    row, column = centre("central_urban")
    assert centre("northeast")[0] < row < centre("southeast")[0]
    assert min(centre("northeast")[1], centre("southeast")[1]) > column


def test_the_columns_can_not_be_written_to(districts: Districts) -> None:
    with pytest.raises(ValueError, match="read-only"):
        districts.population_2020_person[0] = 1


def test_an_unknown_district_or_zone_is_an_error(districts: Districts) -> None:
    with pytest.raises(InputError, match=r"district: read 'chengdu'; allowed: .*yuzhong"):
        districts.index("chengdu")
    with pytest.raises(InputError, match=r"zone: read 'north'; allowed: central_urban"):
        districts.in_zone("north")


def broken(folder: Path, **cells: str) -> Path:
    """Write the districts, with the second one changed."""
    with DISTRICTS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rows[1] |= cells
    path = folder / "broken.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.mark.parametrize(
    ("column", "read"),
    [
        ("district", "Yubei"),
        ("name_zh", ""),
        ("zone", "west"),
        ("population_2020_person", "0"),
        ("population_2020_person", "1000.5"),
        ("population_2020_person", ""),
        ("urbanisation_share", "93.54"),
        ("family_households_2020", "-1"),
        ("income_rural_yuan_per_person", ""),
        ("registered_households", "nan"),
        ("industrial_firms_above_scale", "-5"),
        ("tile_row", ""),
        ("tile_column", "1.5"),
        ("status", "assumed"),
        ("source", ""),
    ],
)
def test_each_bad_cell_gives_one_error_that_names_file_and_line(
    tmp_path: Path, column: str, read: str
) -> None:
    with pytest.raises(InputError) as caught:
        load_districts(broken(tmp_path, **{column: read}))
    assert caught.value.where == f"broken.csv:3 {column}"
    assert caught.value.read == read


@pytest.mark.parametrize(
    ("cells", "columns"),
    [
        ({"district": "yubei"}, "district"),
        ({"name_zh": "渝北区"}, "name_zh"),
        ({"tile_row": "3", "tile_column": "3"}, "tile_row and tile_column"),
    ],
)
def test_what_stands_twice_is_refused(tmp_path: Path, cells: dict[str, str], columns: str) -> None:
    with pytest.raises(InputError, match=rf"broken\.csv:3 {columns}: .*broken\.csv:2 already"):
        load_districts(broken(tmp_path, **cells))


def test_an_estimate_without_a_note_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"broken\.csv:3 note: read ''"):
        load_districts(broken(tmp_path, status="estimated", note=""))


def test_a_file_without_districts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"empty\.csv: read 'no districts'"):
        load_districts(path)
