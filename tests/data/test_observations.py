"""What was observed is one number a line, and look-alikes are kept apart."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from transition_model.calendar import Month
from transition_model.declared import Status
from transition_model.districts import load_districts
from transition_model.errors import InputError
from transition_model.observations import (
    COLUMNS,
    OBSERVATIONS,
    Bound,
    Confidence,
    Observation,
    check_observation_units,
    load_observations,
    load_stated_goals,
    months_of_period,
    select,
)
from transition_model.quantity import convert, parse_unit

OBSERVED = load_observations()
GOALS = load_stated_goals()


def only(series: str, period: str, **wanted: str) -> Observation:
    (read,) = select(OBSERVED, series=series, period=period, **wanted)
    return read


# ------------------------------------------------------------------ what the data say


def test_every_unit_is_known_and_a_series_measures_one_thing() -> None:
    check_observation_units()


def test_gdp_vintages_are_never_mixed_in_one_series() -> None:
    gdp = [read for read in OBSERVED if read.series.startswith("gdp_")]
    vintages = defaultdict(set)
    for read in gdp:
        vintages[read.series].add(read.vintage)
    assert {"gdp_revised", "gdp_first_release"} <= set(vintages)
    for series, found in vintages.items():
        expected = "fifth_economic_census" if series.endswith("revised") else "first_release"
        assert found == {expected}, series


def test_the_revision_of_gdp_changes_sign_so_that_joining_vintages_would_mislead() -> None:
    change = {
        year: only("gdp_revised", year).value - only("gdp_first_release", year).value
        for year in ("2021", "2022")
    }
    assert change["2021"] > 0 > change["2022"]


def test_first_release_gdp_is_the_sum_of_its_sectors() -> None:
    for year in ("2020", "2021", "2022", "2023"):
        sectors = sum(
            only(f"gdp_{sector}_first_release", year).value
            for sector in ("primary", "secondary", "tertiary")
        )
        assert sectors == pytest.approx(only("gdp_first_release", year).value, abs=0.02)


def test_the_population_series_shows_no_jump_at_the_census() -> None:
    revised = select(OBSERVED, series="population_resident", vintage="national_bureau_rounded")
    years = {read.period: read.value for read in revised}
    assert years["2020"] - years["2019"] < 30
    assert only("population_resident_pre_census", "2019").value < years["2019"] - 60


def test_the_city_bulletin_and_the_national_bureau_agree_on_population_after_the_census() -> None:
    for year in ("2020", "2021", "2022", "2023"):
        city = only("population_resident", year, scope="city", vintage="city_bulletin")
        nation = only("population_resident", year, vintage="national_bureau_rounded")
        assert city.value == pytest.approx(nation.value, abs=0.5)


def test_urban_residents_over_residents_is_the_urbanisation_rate() -> None:
    for year in ("2020", "2021", "2022", "2023", "2024"):
        residents = only("population_resident", year, scope="city", vintage="city_bulletin").value
        share = only("population_urban", year).value / residents
        assert share == pytest.approx(only("urbanisation_rate", year).value / 100, abs=1e-4)


def test_recycling_rate_and_resource_utilisation_are_two_series() -> None:
    recycled = only("msw_recycling_rate", "2023", scope="city")
    used = only("msw_resource_utilisation_rate", "2023")
    assert (recycled.value, used.value) == (37.72, 86.0)
    assert "incineration" in used.definition


def test_national_and_municipal_green_factories_are_two_series() -> None:
    assert only("green_factories_cumulative", "2021").value == 171
    assert only("green_factories_national_cumulative", "2021").value == 35


def test_vehicles_made_are_not_vehicles_registered() -> None:
    made = select(OBSERVED, series="nev_production")
    assert {read.scope for read in made} == {"city"}
    assert all("not registrations" in read.note for read in made)
    registered = select(OBSERVED, series="nev_new_registrations")
    assert {read.scope for read in registered} == {"national"}
    in_two_years = only("nev_production", "2023").value + only("nev_production", "2024").value
    stock = only("nev_stock", "2024-08", scope="city")
    assert in_two_years > 2 * stock.value


def test_hydropower_of_2024_has_a_series_of_its_own() -> None:
    narrow = select(OBSERVED, series="power_capacity_hydro")
    assert max(read.period for read in narrow) == "2023"
    (wide,) = select(OBSERVED, series="power_capacity_hydro_from_2024")
    assert wide.period == "2024"
    assert "wider scope" in wide.definition


def test_capacity_by_source_sums_to_the_total() -> None:
    for year in ("2018", "2019", "2020", "2021", "2022", "2023"):
        parts = sum(
            only(f"power_capacity_{source}", year).value
            for source in ("hydro", "thermal", "wind", "solar")
        )
        assert parts == pytest.approx(only("power_capacity_total", year).value, abs=0.5)


def test_private_cars_are_the_statistics_bureaus_series() -> None:
    cars = select(OBSERVED, series="private_car_stock", scope="city")
    assert only("private_car_stock", "2019", scope="city").value == 403.3
    assert only("private_car_stock", "2023", scope="city").value == 539.43
    assert [read.value for read in cars] == sorted(read.value for read in cars)
    per_person = only("private_car_stock", "2022", scope="city").value / 3213
    assert per_person == pytest.approx(0.159, abs=5e-4)


def test_net_additions_are_the_differences_of_the_stock_of_private_cars() -> None:
    for year in range(2019, 2024):
        now = only("private_car_stock", str(year), scope="city").value
        before = only("private_car_stock", str(year - 1), scope="city").value
        assert only("private_car_net_additions", str(year)).value == pytest.approx(
            now - before, abs=0.01
        )


def test_people_in_family_households_over_households_is_the_mean_size_of_the_census() -> None:
    households = only("households_family", "2020-11").value_in("household")
    people = only("population_in_family_households", "2020-11").value_in("person")
    assert households == pytest.approx(12_040_234)
    assert people / households == pytest.approx(only("household_size_mean", "2020-11").value, 2e-3)


def test_what_is_from_memory_or_rests_on_it_is_assumed() -> None:
    memory = [read for read in OBSERVED if read.confidence is Confidence.MEMORY]
    assert memory
    assert {read.status for read in memory} == {Status.ASSUMED}
    for series in ("construction_waste_utilisation", "recycled_resources_total", "nonfossil_share"):
        city = select(OBSERVED, series=series, scope="city")
        assert [read.status for read in city] == [Status.ASSUMED]
        assert all(read.low is not None and read.high is not None for read in city)


def test_every_estimate_says_from_what() -> None:
    estimates = [read for read in OBSERVED if read.status is not Status.OBSERVED]
    assert len(estimates) > 20
    assert [read.series for read in estimates if not read.note] == []


def test_two_releases_of_one_number_tell_in_the_note_which_is_which() -> None:
    releases = defaultdict(list)
    for read in OBSERVED:
        releases[read.series, read.scope, read.period].append(read)
    conflicts = [found for found in releases.values() if len(found) > 1]
    assert conflicts
    for found in conflicts:
        assert len({read.vintage for read in found}) == len(found)
        assert any(read.note for read in found), found[0].series


def test_goals_are_no_observations() -> None:
    endings = ("_target", "_goal", "_plan")
    assert not [read.series for read in OBSERVED if read.series.endswith(endings)]
    assert not [read.series for read in GOALS if not read.series.endswith(endings)]
    assert {read.status for read in GOALS} == {Status.RULE}


def test_scopes_name_districts_that_exist() -> None:
    districts = load_districts().district
    named = {
        read.scope.removeprefix("district:")
        for read in OBSERVED
        if read.scope.startswith("district:")
    }
    assert named
    assert named <= set(districts)


def test_a_lower_bound_is_not_an_exact_value() -> None:
    cars = select(OBSERVED, series="car_stock", scope="city")
    assert {read.bound for read in cars} == {Bound.AT_LEAST}


def test_loading_does_not_import_pint() -> None:
    command = (
        "import sys\n"
        "from transition_model.observations import load_observations\n"
        "assert load_observations()\n"
        "sys.exit('pint' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", command], check=False).returncode == 0


# ------------------------------------------------------------------ periods and selection


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("2023", "2023-01", "2023-12"),
        ("2024-08", "2024-08", "2024-08"),
        ("2024-H2", "2024-07", "2024-12"),
        ("2021-Q1", "2021-01", "2021-03"),
        ("2021-Q4", "2021-10", "2021-12"),
        ("2018-01/2020-12", "2018-01", "2020-12"),
    ],
)
def test_a_period_has_a_first_and_a_last_month(period: str, first: str, last: str) -> None:
    assert months_of_period(period) == (Month.parse(first), Month.parse(last))


@pytest.mark.parametrize(
    "period",
    [
        "",
        "23",
        "2024-13",
        "2024-00",
        "2024-H3",
        "2024-Q5",
        "2024-02/2024-01",
        "2024-01/2024-01",
        "2024/2025",
        "2024-01/2024-02/2024-03",
        "2024-08-01",
        "2024H1",
        "2024-01/",
    ],
)
def test_what_is_no_period_is_refused(period: str) -> None:
    with pytest.raises(InputError, match="allowed: YYYY"):
        months_of_period(period)


def test_a_selection_is_in_order_of_time() -> None:
    stock = select(OBSERVED, series="nev_stock", scope="city")
    assert [read.period for read in stock] == ["2022-05", "2023", "2024-08"]


def test_selecting_a_series_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(InputError, match=r"read 'gdp'; allowed: .*gdp_first_release"):
        select(OBSERVED, series="gdp")


def test_selecting_a_period_that_a_series_lacks_gives_nothing() -> None:
    assert select(OBSERVED, series="gdp_revised", period="2030") == ()


# ------------------------------------------------------------------ bad input


def broken(folder: Path, **cells: str) -> Path:
    """Write the first three observations, with the second one changed."""
    with OBSERVATIONS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[:3]
    rows[1] |= cells
    path = folder / "broken.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.mark.parametrize(
    ("column", "read", "allowed"),
    [
        ("series", "Green Loans", "snake_case"),
        ("series", "green_loans_target", "no ending"),
        ("label_zh", "", "a text"),
        ("label_en", "Another label", "labels that"),
        ("scope", "district:Fuling", "district:ID"),
        ("scope", "province", "central_urban"),
        ("period", "2024H1", "YYYY-H1"),
        ("value", "many", "a number"),
        ("value", "nan", "a number"),
        ("value", "inf", "a number"),
        ("value", "1_000", "a number"),
        ("value", "", "a number"),
        ("low", "1", "or neither"),
        ("bound", "roughly", "at_least"),
        ("vintage", "", "snake_case"),
        ("definition", "", "a text"),
        ("source_title", "", "a text"),
        ("source_publisher", "", "a text"),
        ("source_date", "n.d.", "YYYY-MM-DD"),
        ("confidence", "certain", "official"),
        ("status", "known", "observed"),
        ("status", "rule", "estimated"),
    ],
)
def test_each_bad_cell_gives_one_error_that_names_file_and_line(
    tmp_path: Path, column: str, read: str, allowed: str
) -> None:
    cells = {column: read} | ({"high": ""} if column == "low" else {})
    with pytest.raises(InputError) as caught:
        load_observations(broken(tmp_path, **cells))
    # A range lacks its other end, so that is the cell to mend.
    where = "high" if column == "low" else column
    assert caught.value.where == f"broken.csv:3 {where}"
    assert allowed in caught.value.allowed
    assert "\n" not in str(caught.value)


def test_a_value_outside_its_own_range_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"broken\.csv:3 value: read '5'; allowed: .*1\.0 to 2\.0"):
        load_observations(broken(tmp_path, value="5", low="1", high="2"))


def test_memory_can_not_be_observed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"broken\.csv:3 status: read 'observed'; .*assumed"):
        load_observations(broken(tmp_path, confidence="memory", status="observed"))


def test_a_derived_number_can_not_be_observed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"broken\.csv:3 status: read 'observed'; .*estimated"):
        load_observations(broken(tmp_path, confidence="derived", status="observed"))


def test_a_line_that_stands_twice_is_refused(tmp_path: Path) -> None:
    first = OBSERVED[0]
    twice = broken(
        tmp_path, period=first.period, series=first.series, scope=first.scope, vintage=first.vintage
    )
    with pytest.raises(InputError, match=r"broken\.csv:3: .*stands in broken\.csv:2 already"):
        load_observations(twice)


def test_a_unit_that_does_not_parse_is_named_with_its_line(tmp_path: Path) -> None:
    path = broken(tmp_path, unit="bushel of joy")
    assert len(load_observations(path)) == 3
    with pytest.raises(InputError, match=r"broken\.csv:3 unit: read 'bushel of joy'"):
        check_observation_units(path)


def test_a_series_in_two_dimensions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"broken\.csv:3 unit: read 'km'; .*same as 10k t"):
        check_observation_units(broken(tmp_path, unit="km"))


def test_an_unknown_column_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "columns.csv"
    path.write_text(",".join(COLUMNS).replace("bound", "bounds") + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"columns\.csv:1 column: read 'bounds'"):
        load_observations(path)


def test_a_missing_column_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "columns.csv"
    path.write_text(",".join(COLUMNS[:-1]) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"columns\.csv:1: read 'no column note'"):
        load_observations(path)


def test_a_line_of_another_length_is_refused(tmp_path: Path) -> None:
    path = broken(tmp_path)
    path.write_text(path.read_text(encoding="utf-8") + "a,b\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"broken\.csv:5: read '2 cells'; allowed: 18 cells"):
        load_observations(path)


def test_a_missing_file_and_one_in_another_encoding_are_one_line_each(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_observations(tmp_path / "nowhere.csv")
    path = tmp_path / "other.csv"
    path.write_bytes(",".join(COLUMNS).encode() + b"\n\xd6\xd8\xc7\xec\n")
    with pytest.raises(InputError, match="a CSV file in UTF-8"):
        load_observations(path)


def test_an_observation_is_no_goal(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"broken\.csv:2 series: .*an ending of _target"):
        load_stated_goals(broken(tmp_path))


# ------------------------------------------------------------------ units


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        ("万辆", "10k vehicle"),
        ("亿元", "1e8 yuan"),
        ("万亿元", "1e12 yuan"),
        ("万吨标准煤", "10k tce"),
        ("吨标煤/万元", "tce/(10k yuan)"),
        ("立方米/万元", "m3/(10k yuan)"),
        ("亿吨公里", "1e8 t*km"),
        ("亿人公里", "1e8 person*km"),
        ("万重量箱", "10k weight_case"),
        ("万标箱", "10k TEU"),
        ("万人次/日", "10k trip/day"),
        ("万公顷", "10k hectare"),
        ("万千瓦", "10^4 kW"),
    ],
)
def test_a_chinese_unit_is_the_same_as_its_translation(chinese: str, english: str) -> None:
    assert parse_unit(chinese) == parse_unit(english)


@pytest.mark.parametrize(
    ("unit", "value", "to", "expected"),
    [
        ("kWh/100km", 15.0, "kWh/km", 0.15),
        ("tce/10k yuan", 0.355, "tce/yuan", 0.355e-4),
        ("100 km", 1.0, "km", 100.0),
        ("10k weight_case", 1.0, "t", 500.0),
        ("vehicle/(1000 person)", 146.0, "vehicle/person", 0.146),
    ],
)
def test_a_factor_belongs_to_the_unit_behind_it(
    unit: str, value: float, to: str, expected: float
) -> None:
    assert convert(value, unit, to) == pytest.approx(expected)
