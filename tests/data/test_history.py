"""The comparison of 2020 to 2024 with the record: what it names exists, and it does not cheat."""

from __future__ import annotations

import importlib.util
import math
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from transition_model.calendar import Month
from transition_model.observations import load_observations, select
from transition_model.results import Series, units_by_name

SCRIPT = Path(__file__).parents[2] / "experiments" / "reports" / "history.py"
MONTHS = tuple(Month.parse("2020-01") + later for later in range(60))


@pytest.fixture(scope="module")
def history() -> ModuleType:
    spec = importlib.util.spec_from_file_location("history", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["history"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def ones() -> Series:
    """A run in which every result is one in every month."""
    return Series(MONTHS, {name: np.ones(len(MONTHS)) for name, _ in units_by_name()})


def test_every_comparison_finds_its_result_series_and_unit(
    history: ModuleType, ones: Series
) -> None:
    found, left_out = history.pairs()
    known = {read.series for read in load_observations()}
    assert known.issuperset(left_out)
    for pair in found:
        assert pair.observed not in left_out
        values = [
            pair.modelled(ones, *read.months, read.unit)
            for read in pair.observations()
            if read.months[0] >= MONTHS[0]
        ]
        assert values, pair.id
        assert np.isfinite(values).sum() >= len(values) - (pair.read == "growth"), pair.id


def test_totals_are_summed_over_the_period_and_rates_take_their_part_of_the_year(
    history: ModuleType, ones: Series
) -> None:
    first, last = Month.parse("2021-01"), Month.parse("2021-06")
    electricity = history.Pair("electricity_use_per_month", "electricity_consumption_total", "sum")
    assert electricity.modelled(ones, first, last, "GWh") == pytest.approx(6.0)
    water = history.Pair("water_use", "water_use_total", "rate")
    assert water.modelled(ones, first, last, "1e8 m3") == pytest.approx(5.0)
    assert math.isnan(water.modelled(ones, Month.parse("2019-01"), last, "1e8 m3"))


def test_persistence_knows_nothing_of_the_period_that_it_forecasts(history: ModuleType) -> None:
    found, _ = history.pairs()
    asked = 0
    for pair in found:
        for observation in pair.observations():
            before = pair.before(observation)
            if before is None:
                continue
            asked += 1
            assert before.months[1] < observation.months[1]
            if pair.read != "end":
                assert before.months[1] < observation.months[0]
    assert asked > 30


def test_a_value_above_a_lower_bound_is_no_error_and_one_below_it_is(history: ModuleType) -> None:
    bound = select(load_observations(), series="green_loans", period="2024")[0]
    above = history.Compared(bound, np.array([1.1 * bound.value]), False, 0.9 * bound.value)
    assert above.error == 0.0
    assert above.naive_error == pytest.approx(-10.0)


def test_two_vintages_of_one_period_are_refused(history: ModuleType) -> None:
    pair = history.Pair("energy_use_per_month", "energy_consumption_total", "sum")
    with pytest.raises(ValueError, match="two vintages"):
        pair.observations()
