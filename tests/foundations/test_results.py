"""Results: sums over classes, ratios over windows, reductions against a base year."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

from transition_model import results
from transition_model.calendar import Month, months_between
from transition_model.dimensions import dimension, shape
from transition_model.errors import InputError
from transition_model.ledger import ledger_entries
from transition_model.levers import load_levers
from transition_model.parameters import Status, load_parameters
from transition_model.quantity import same_dimension
from transition_model.results import (
    Definition,
    Recorder,
    Series,
    checked_name,
    evidence_of,
    load_definitions,
    units_by_name,
)

type Array = NDArray[np.float64]

START = Month.parse("2020-01")
ALL = pytest.mark.parametrize("entry", list(load_definitions().values()), ids=lambda d: d.id)
WORDS = {"sector": "cars", "label_en": "Thing", "label_zh": "物", "unit": "share"}


def definition(**keys: Any) -> Definition:
    return Definition.model_validate({"id": "thing", **WORDS, **keys})


def numbers(size: int) -> st.SearchStrategy[list[float]]:
    number = st.one_of(st.just(0.0), st.floats(min_value=1e-3, max_value=1e6))
    return st.lists(number, min_size=size, max_size=size)


def run_of(
    monkeypatch: pytest.MonkeyPatch, columns: dict[str, list[float]], **derived: dict[str, Any]
) -> Series:
    """Series of a run that reads the columns as stocks and derives the rest."""
    read = {name: definition(id=name, stock=name) for name in columns}
    made = {name: definition(id=name, **keys) for name, keys in derived.items()}
    monkeypatch.setattr(results, "load_definitions", lambda: read | made)
    recorder = Recorder()
    for place in range(len(next(iter(columns.values())))):
        stocks = {name: np.array(column[place]) for name, column in columns.items()}
        recorder.record(START + place, stocks, {})
    return recorder.series()


# ---------------------------------------------------------------------------- reading


def read(one: Definition, values: Array) -> Array:
    """Return what the definition makes of an array: a number for each of its ids."""
    return np.array([values.ravel()[places].sum() for places in one.places])


def test_what_is_neither_selected_nor_kept_is_summed() -> None:
    cars = np.arange(78.0).reshape(shape(("powertrain", "car_age")))
    stock = {"stock": "private_cars", "over": ("powertrain", "car_age")}
    assert_array_equal(read(definition(**stock), cars), [cars.sum()])
    assert_array_equal(read(definition(**stock, each="powertrain"), cars), cars.sum(axis=1))
    new_energy = {"powertrain": ("plug_in_hybrid", "battery_electric")}
    assert_array_equal(read(definition(**stock, select=new_energy), cars), [cars[1:].sum()])
    both = new_energy | {"car_age": ("age0", "age25")}
    assert_array_equal(read(definition(**stock, select=both), cars), [cars[1:, [0, 25]].sum()])
    assert_array_equal(
        read(definition(**stock, select=new_energy, each="car_age"), cars), cars[1:].sum(axis=0)
    )


def test_a_single_number_is_read_as_one_series() -> None:
    single = definition(stock="certified_green_factories")
    assert_array_equal(read(single, np.array(7.0)), [7.0])
    assert single.ids == ("thing",)


def test_one_variable_a_member_is_named_after_the_member() -> None:
    assert definition(stock="private_cars", over=("powertrain",), each="powertrain").ids == (
        "thing.combustion",
        "thing.plug_in_hybrid",
        "thing.battery_electric",
    )


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({}, "exactly one of"),
        ({"stock": "a", "ledger": "private_car_purchases_per_month"}, "exactly one of"),
        ({"ratio": ("a", "b"), "total": "a"}, "exactly one of"),
        ({"stock": "a", "each": "powertrain"}, "dimensions of a"),
        ({"stock": "a", "select": {"grade": ("grade_1",)}}, "dimensions of a"),
        ({"stock": "a", "window": 0}, "window"),
        ({"stock": "a", "colour": "red"}, "colour"),
        ({"ratio": ("a",)}, "ratio"),
    ],
)
def test_a_wrong_definition_is_refused_with_file_and_variable(
    tmp_path: Path, keys: dict[str, Any], words: str
) -> None:
    import tomlkit

    file = tmp_path / "own_results.toml"
    file.write_text(tomlkit.dumps({"thing": WORDS | keys}), "utf-8")
    with pytest.raises(InputError, match=words) as problem:
        load_definitions(file)
    assert problem.value.where.startswith("own_results.toml: thing")


@pytest.mark.parametrize(
    "keys",
    [
        {"stock": "a", "over": ["grade"], "select": {"grade": ["grade_9"]}},
        {"ledger": "private_car_purchase_per_month"},
        {"ledger": "private_car_purchase_per_month", "each": "powertrain"},
    ],
)
def test_an_unknown_member_or_flow_is_refused_with_file_and_variable(
    tmp_path: Path, keys: dict[str, Any]
) -> None:
    import tomlkit

    file = tmp_path / "own_results.toml"
    file.write_text(tomlkit.dumps({"thing": WORDS | keys}), "utf-8")
    with pytest.raises(InputError) as problem:
        load_definitions(file)
    assert problem.value.where.startswith("own_results.toml: thing")


def test_a_variable_derived_from_nothing_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "own_results.toml"
    file.write_text(
        '[thing]\nsector = "cars"\nlabel_en = "Thing"\nlabel_zh = "物"\nunit = "share"\n'
        'total = "nothing"\n',
        "utf-8",
    )
    with pytest.raises(InputError, match=r"own_results.toml: thing: read 'nothing'"):
        load_definitions(file)


# ---------------------------------------------------------------------------- deriving


@given(numbers(30), st.integers(min_value=1, max_value=30))
def test_a_total_is_the_sum_of_its_window_and_unknown_before(
    column: list[float], window: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        total = run_of(patch, {"flow": column}, sum={"total": "flow", "window": window})
        values = total.values["sum"]
    assert np.isnan(values[: window - 1]).all()
    expected = [sum(column[end - window : end]) for end in range(window, 31)]
    assert_allclose(values[window - 1 :], expected, rtol=1e-9, atol=1e-6)


@given(numbers(24), numbers(24))
def test_a_ratio_is_numerator_over_denominator_of_the_window(
    top: list[float], bottom: list[float]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        series = run_of(patch, {"a": top, "b": bottom}, r={"ratio": ("a", "b"), "window": 12})
        ratio = series.values["r"]
    for end in range(12, 25):
        below = sum(bottom[end - 12 : end])
        if below > 1.0:
            expected = sum(top[end - 12 : end]) / below
            assert ratio[end - 1] == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_a_ratio_over_nothing_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    series = run_of(
        monkeypatch, {"a": [1.0, 2.0], "b": [0.0, 4.0]}, r={"ratio": ("a", "b"), "window": 1}
    )
    assert np.isnan(series.values["r"][0])
    assert series.values["r"][1] == 0.5


def test_a_year_in_which_all_building_is_green_is_green_to_the_last_digit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = np.random.default_rng(1)
    floor = source.uniform(1e6, 2e6, 60)
    green = floor * np.where(np.arange(60) < 36, source.uniform(0.5, 1.0, 60), 1.0)
    series = run_of(
        monkeypatch,
        {"green": green.tolist(), "floor": floor.tolist()},
        share={"ratio": ("green", "floor")},
    )
    assert_array_equal(series.values["share"][47:], np.ones(13))


def test_a_month_that_is_unknown_is_forgotten_with_its_window(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    column = [1.0, np.nan, 1.0, 1.0, 1.0]
    series = run_of(monkeypatch, {"flow": column}, sum={"total": "flow", "window": 2})
    assert_array_equal(series.values["sum"], [np.nan, np.nan, np.nan, 2.0, 2.0])


def test_a_ratio_of_a_year_is_unknown_before_a_year_has_passed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    series = run_of(
        monkeypatch, {"a": [1.0] * 14, "b": [2.0] * 14}, r={"ratio": ("a", "b"), "window": 12}
    )
    assert series.at("r", START + 10) is None
    assert series.at("r", START + 11) == 0.5


def test_a_reduction_is_measured_from_the_whole_base_year(monkeypatch: pytest.MonkeyPatch) -> None:
    energy = [8.0] * 12 + [6.0] * 12
    keys = {"reduction": ("energy", "product"), "base_year": 2020}
    series = run_of(monkeypatch, {"energy": energy, "product": [2.0] * 24}, fall=keys)
    assert series.values["fall"][11] == pytest.approx(0.0)
    assert series.values["fall"][17] == pytest.approx(1.0 - 7.0 / 8.0)
    assert series.values["fall"][23] == pytest.approx(0.25)


def test_a_reduction_is_unknown_where_the_base_year_was_not_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys = {"reduction": ("energy", "product"), "base_year": 2019}
    columns = {"energy": [8.0] * 24, "product": [2.0] * 24}
    assert np.isnan(run_of(monkeypatch, columns, fall=keys).values["fall"]).all()
    short = {name: column[:11] for name, column in columns.items()}
    keys["base_year"] = 2020
    assert np.isnan(run_of(monkeypatch, short, fall=keys).values["fall"]).all()


# ---------------------------------------------------------------------------- series


@pytest.fixture
def series() -> Series:
    months = tuple(months_between(START, START + 23))
    names = [name for name, _ in units_by_name()]
    values = {name: np.arange(24.0) + 100.0 * place for place, name in enumerate(names)}
    values["recycled_resources"][:11] = np.nan
    return Series(months, values)


def test_a_value_is_found_by_name_and_month(series: Series) -> None:
    assert series.at("private_cars", START + 5) == 5.0
    assert series["private_cars"][5] == 5.0
    assert series.at("private_cars", START + 24) is None
    assert series.at("private_cars", START + -1) is None
    assert series.at("recycled_resources", START + 10) is None
    assert series.at("recycled_resources", START + 11) is not None


def test_a_mistyped_name_is_answered_with_the_nearest(series: Series) -> None:
    with pytest.raises(InputError, match=r"result variable: read 'privat_cars'.*private_cars"):
        series["privat_cars"]
    with pytest.raises(InputError, match="list results"):
        checked_name("zzzzzz")


def test_series_since_a_month_begin_there(series: Series) -> None:
    later = series.since(START + 12)
    assert later.months[0] == START + 12
    assert len(later.months) == 12
    assert later.at("private_cars", START + 12) == 12.0
    assert later.at("private_cars", START + 11) is None
    assert series.since(START + -5).months == series.months


def test_a_table_of_all_series_has_a_row_for_each_variable_and_month(series: Series) -> None:
    frame = series.frame()
    assert list(frame.columns) == ["variable", "unit", "month", "value"]
    assert len(frame) == 24 * len(series.values)
    row = frame[(frame["variable"] == "private_cars") & (frame["month"] == "2020-06")]
    assert row["value"].item() == 5.0
    assert row["unit"].item() == "vehicle"


def test_a_series_in_pandas_is_indexed_by_month(series: Series) -> None:
    column = series.pandas("private_cars")
    assert column.name == "private_cars"
    assert str(column.index[0]) == "2020-01"
    assert column["2020-06"] == 5.0
    assert column.resample("Y").last().tolist() == [11.0, 23.0]


# ---------------------------------------------------------------------------- the catalogue


@ALL
def test_every_variable_has_labels_and_a_place_to_be_read_or_derived_from(
    entry: Definition,
) -> None:
    assert entry.label_en.isascii()
    assert not entry.label_zh.isascii()
    assert entry.ledger is None or entry.ledger in ledger_entries()
    for name in entry.dimensions:
        assert len(dimension(name)) > 0
    assert len(set(entry.ids)) == len(entry.ids)


def test_a_variable_stands_after_those_that_it_is_derived_from() -> None:
    seen: set[str] = set()
    for entry in load_definitions().values():
        for name in (*(entry.ratio or entry.reduction or ()), *filter(None, (entry.total,))):
            assert name in seen, f"{entry.id} before {name}"
        seen |= set(entry.ids)


@ALL
def test_the_unit_of_a_variable_fits_what_it_is_made_of(entry: Definition) -> None:
    units = dict(units_by_name())
    if entry.ledger is not None:
        assert same_dimension(entry.unit, ledger_entries()[entry.ledger].unit)
    if entry.ratio is not None:
        assert same_dimension(entry.unit, f"({units[entry.ratio[0]]}) / ({units[entry.ratio[1]]})")
    if entry.reduction is not None:
        assert same_dimension(entry.unit, "share")


def test_no_two_variables_share_a_name() -> None:
    names = [name for name, _ in units_by_name()]
    assert len(set(names)) == len(names)


# ---------------------------------------------------------------------------- evidence


@ALL
def test_what_a_result_rests_on_is_declared(entry: Definition) -> None:
    statuses = {parameter.id: parameter.status for parameter in load_parameters()} | {
        lever.id: lever.status for lever in load_levers().values()
    }
    evidence = evidence_of(entry, statuses)
    assert (evidence is None) == (not entry.rests_on)
    for name in entry.rests_on:
        assert statuses[name].rank <= evidence.rank


def test_a_result_is_known_as_badly_as_the_worst_that_it_rests_on() -> None:
    statuses = {"a": Status.RULE, "b": Status.ASSUMED, "c": Status.OBSERVED}
    assert evidence_of(definition(stock="x", rests_on=("a", "c")), statuses) is Status.RULE
    assert evidence_of(definition(stock="x", rests_on=("a", "b")), statuses) is Status.ASSUMED
    assert evidence_of(definition(stock="x"), statuses) is None
    with pytest.raises(InputError, match=r"results.toml: thing.rests_on: read 'd'"):
        evidence_of(definition(stock="x", rests_on=("d",)), statuses)
