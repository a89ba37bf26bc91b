"""A run that cannot fit is refused before anything is built, with what it would have needed."""

from __future__ import annotations

import math
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from transition_model.agents import opening
from transition_model.agents.households import Households
from transition_model.agents.population import Number
from transition_model.calendar import Month
from transition_model.errors import InputError
from transition_model.model import TransitionModel
from transition_model.parameters import ParameterValues, load_parameters
from transition_model.run_size import (
    available_memory,
    bytes_of_columns,
    check_run_size,
    load_run_costs,
    size_of,
)

THE_CITY = 12_040_000
TWENTY_FOUR_GIBIBYTES = 24 * 2.0**30
WAYS = ("compiled", "numpy")


def test_the_whole_city_fits_into_twenty_four_gibibytes() -> None:
    check_run_size(THE_CITY, "compiled", available=TWENTY_FOUR_GIBIBYTES)


@pytest.mark.parametrize("kernels", WAYS)
def test_a_billion_households_are_refused_with_the_estimate(kernels: str) -> None:
    with pytest.raises(InputError) as refused:
        check_run_size(10**9, kernels, available=TWENTY_FOUR_GIBIBYTES)
    size = size_of(10**9, kernels)
    message = str(refused.value)
    assert message.startswith("households: read 1000000000; allowed: up to ")
    assert "in the 25.8 GB of memory available" in message
    assert f"{size.total / 1e9:,.1f} GB" in message
    assert f"{size.memory:,.0f} bytes each" in message
    assert "for each month" in message
    assert "\n" not in message


@pytest.mark.parametrize("kernels", WAYS)
def test_as_many_households_as_are_said_to_fit_are_accepted_and_more_are_not(kernels: str) -> None:
    each = size_of(1, kernels).memory
    most = math.floor(TWENTY_FOUR_GIBIBYTES / each)
    check_run_size(most, kernels, available=TWENTY_FOUR_GIBIBYTES)
    with pytest.raises(InputError, match=f"up to {most:,} "):
        check_run_size(most + 1, kernels, available=TWENTY_FOUR_GIBIBYTES)


@pytest.mark.parametrize(("kernels", "number"), [("compiled", np.float32), ("numpy", np.float64)])
def test_bytes_of_a_household_are_those_of_the_columns_that_a_run_has(
    kernels: str, number: Number
) -> None:
    parameters = ParameterValues(load_parameters(), {})

    def held(rows: int) -> int:
        households = Households.build(None, parameters, 1, 1, rows, Month.parse("2020-01"), number)
        return sum(column.nbytes for column in households.columns.arrays.values())

    # Money received by groups of households takes the same room however many there are.
    each = (held(5_500) - held(500)) / 5_000
    # How many peers live elsewhere is drawn.
    assert bytes_of_columns(kernels) == pytest.approx(each, rel=0.02)
    assert each > np.dtype(number).itemsize


def test_what_is_needed_grows_with_the_households() -> None:
    one, many = size_of(1, "compiled"), size_of(1_000_000, "compiled")
    assert many.total == pytest.approx(1e6 * one.total)
    assert many.seconds == pytest.approx(1e6 * one.seconds)
    assert one.memory > one.columns > 0.0


def test_work_needs_memory_beside_the_state_in_both_ways_and_says_how_it_was_measured() -> None:
    costs = load_run_costs()
    assert set(costs) == set(WAYS)
    for cost in costs.values():
        assert cost.working_memory > 1.0
        assert "households" in cost.source


def test_a_model_that_can_not_fit_is_refused_before_a_household_is_built(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def built(*_: object) -> None:
        raise AssertionError("built")

    monkeypatch.setattr(Households, "build", built)
    # A population that an earlier test has built would serve again.
    monkeypatch.setattr(opening, "_memory", OrderedDict)
    with pytest.raises(InputError, match=r"households: read 1000000000000; .* GB of memory"):
        TransitionModel(households=10**12)
    with pytest.raises(AssertionError, match="built"):
        TransitionModel(households=1_000)


def test_memory_is_what_the_machine_has_left_or_the_control_group_if_that_is_less(
    tmp_path: Path,
) -> None:
    meminfo, group = tmp_path / "meminfo", tmp_path / "group"
    assert available_memory(meminfo, group) is None
    meminfo.write_text("MemTotal: 4096 kB\nMemFree: 100 kB\nMemAvailable: 2048 kB\n")
    assert available_memory(meminfo, group) == 2048 * 1024
    group.mkdir()
    (group / "memory.current").write_text("700000\n")
    (group / "memory.stat").write_text("anon 600000\ninactive_file 100000\n")
    (group / "memory.max").write_text("max\n")
    assert available_memory(meminfo, group) == 2048 * 1024
    (group / "memory.max").write_text("1000000\n")
    assert available_memory(meminfo, group) == 1_000_000 - 700_000 + 100_000


def test_a_machine_that_does_not_say_what_it_has_refuses_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("transition_model.run_size.available_memory", lambda: None)
    check_run_size(10**12, "compiled")


def test_memory_of_this_machine_is_a_positive_number_or_unknown() -> None:
    found = available_memory()
    assert found is None or (np.isfinite(found) and found > 0.0)
