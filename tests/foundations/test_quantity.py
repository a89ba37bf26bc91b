"""Units are read as people write them, and nothing is added to what it can't be added to."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transition_model.balances import load_balances
from transition_model.errors import InputError
from transition_model.ledger import ledger_entries, published_entries
from transition_model.levers import load_levers
from transition_model.parameters import check_units, load_parameters
from transition_model.quantity import COUNTED, convert, parse_unit, registry, same_dimension
from transition_model.results import units_by_name

AMOUNTS = st.floats(min_value=1e-6, max_value=1e12)


@pytest.mark.parametrize(
    ("value", "unit", "to", "expected"),
    [
        (1.0, "tce", "GJ", 29.3076),
        (1.0, "万吨标准煤", "tce", 1e4),
        (1.0, "吨标煤", "tce", 1.0),
        (3.0, "亿元", "yuan", 3e8),
        (36.4, "1e8 yuan/year", "yuan/year", 3.64e9),
        (2.0, "万亿元", "yuan", 2e12),
        (1.0, "亿千瓦时", "GWh", 100.0),
        (2064.0, "10k mu", "hectare", 2064e4 / 15.0),
        (15.0, "亩", "公顷", 1.0),
        (1.0, "万亩", "10k mu", 1.0),
        (1.0, "weight_case", "kg", 50.0),
        (1.0, "重量箱", "t", 0.05),
        (12.0, "vehicle/year", "vehicle/month", 1.0),
        (1.0, "万辆", "vehicle", 1e4),
        (29.6, "10k TEU/year", "TEU/year", 296e3),
        (1.0, "万标箱", "TEU", 1e4),
        (105.58, "亿立方米", "10^9 m3", 10.558),
        (6.0, "L/100km", "L/km", 0.06),
        (55.0, "percent", "share", 0.55),
        (0.55, "share", "%", 55.0),
        (1.0, "千瓦时/日", "kWh/day", 1.0),
        (1.0, "万人公里", "person * km", 1e4),
        (2.0, "吨公里", "t * km", 2.0),
        (1.0, "万人次", "trip", 1e4),
        (13.0, "m2/person", "平方米/人", 13.0),
        (1.0, "yuan/kWh", "yuan/MWh", 1000.0),
        (1.0, "1/10k yuan", "1/yuan", 1e-4),
        (1.0, "1/(1000 yuan/appliance)", "appliance/yuan", 1e-3),
    ],
)
def test_an_amount_is_converted_as_by_hand(
    value: float, unit: str, to: str, expected: float
) -> None:
    assert convert(value, unit, to) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("unit", ["", "1", "share", "count", "Dmnl", "dmnl", "  "])
def test_a_number_without_a_unit_is_dimensionless(unit: str) -> None:
    factor, parsed = parse_unit(unit)
    assert factor == 1.0
    assert parsed.dimensionless


@pytest.mark.parametrize("pair", list(combinations(COUNTED, 2)), ids="-".join)
def test_things_that_are_counted_apart_cannot_be_converted_into_each_other(
    pair: tuple[str, str],
) -> None:
    assert not same_dimension(*pair)
    with pytest.raises(InputError, match=rf"unit: read '{pair[0]}'.*{pair[1]}"):
        convert(1.0, *pair)


@pytest.mark.parametrize(
    ("unit", "to"),
    [("kWh", "kW"), ("vehicle", "vehicle/month"), ("tCO2", "t"), ("yuan", "share"), ("m2", "m3")],
)
def test_a_stock_is_no_flow_and_energy_no_power(unit: str, to: str) -> None:
    with pytest.raises(InputError, match="same dimension"):
        convert(1.0, unit, to)


@pytest.mark.parametrize("text", ["vehicel", "元元 per", "yuan/", "1e+8 yuan", "((", "辆辆辆x"])
def test_an_unknown_unit_is_named(text: str) -> None:
    with pytest.raises(InputError, match="registry") as problem:
        parse_unit(text)
    assert problem.value.read == text


def test_ten_k_of_nothing_is_ten_thousand() -> None:
    factor, parsed = parse_unit("10k")
    assert parsed.dimensionless
    assert factor == 1e4


@pytest.mark.parametrize(
    "pair",
    [("share", "percent"), ("t/year", "10^6 t/year"), ("10^9 m3/year", "10^6 m3/year")],
    ids=" to ".join,
)
def test_what_differs_in_a_number_is_converted_as_the_registry_would(pair: tuple[str, str]) -> None:
    (factor, unit), (target_factor, target) = (parse_unit(text) for text in pair)
    by_registry = registry().Quantity(3.0 * factor, unit).to(target).magnitude / target_factor
    assert convert(3.0, *pair) == pytest.approx(by_registry, rel=1e-15)


@given(
    AMOUNTS,
    st.sampled_from([("mu", "hectare"), ("tce", "kWh"), ("亿元", "yuan"), ("L/100km", "m2")]),
)
def test_a_conversion_there_and_back_changes_nothing(value: float, units: tuple[str, str]) -> None:
    there = convert(value, *units)
    assert convert(there, units[1], units[0]) == pytest.approx(value, rel=1e-12)


@given(AMOUNTS, AMOUNTS)
def test_a_sum_converts_to_the_sum_of_the_converted(first: float, second: float) -> None:
    parts = convert(first, "tce", "GJ") + convert(second, "tce", "GJ")
    assert convert(first + second, "tce", "GJ") == pytest.approx(parts, rel=1e-12)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("vehicle/month", "辆/月"),
        ("vehicle/month", "10k vehicle/year"),
        ("yuan/kWh", "元/千瓦时"),
        ("1e8 yuan/year", "万元/年"),
        ("t/year/month", "kg/day/year"),
    ],
)
def test_two_spellings_of_one_unit_measure_the_same_thing(first: str, second: str) -> None:
    assert same_dimension(first, second)


def test_every_unit_of_the_package_is_read() -> None:
    assert check_units(load_parameters()) == len(load_parameters()) > 100
    entries = (*ledger_entries().values(), *published_entries().values(), *load_balances())
    for unit in (
        *(entry.unit for entry in entries),
        *(lever.unit for lever in load_levers().values()),
        *(unit for _, unit in units_by_name()),
    ):
        assert parse_unit(unit)[0] > 0.0
