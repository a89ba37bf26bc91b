"""The same seed is the same run, to the byte; policies share their luck until they part."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from transition_model import Scenario, simulate

SAME_FILES = ("series.parquet", "series.csv", "scoreboard.csv", "scoreboard.json", "scenario.toml")


def _digests(folder: Path) -> dict[str, str]:
    return {n: hashlib.sha256((folder / n).read_bytes()).hexdigest() for n in SAME_FILES}


def test_the_same_seed_twice_gives_identical_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        simulate(seed=11, households=400, end="2021-12").save(tmp_path / name)
    assert _digests(tmp_path / "first") == _digests(tmp_path / "second")


def test_another_seed_gives_other_series() -> None:
    first, second = (simulate(seed=s, households=400, end="2020-06") for s in (1, 2))
    assert not np.array_equal(
        first.all_series["new_car_sales_per_month"], second.all_series["new_car_sales_per_month"]
    )


def test_two_hash_seeds_give_the_same_bytes(tmp_path: Path) -> None:
    for hash_seed in ("0", "4711"):
        subprocess.run(
            [sys.executable, "-m", "transition_model", "run", "plan", "--households", "200",
             "--end", "2020-06", "--out", str(tmp_path / hash_seed), "--format", "json"],
            check=True, capture_output=True, env=os.environ | {"PYTHONHASHSEED": hash_seed},
        )  # fmt: skip
    assert _digests(tmp_path / "0") == _digests(tmp_path / "4711")


@pytest.fixture(scope="module")
def parted():
    plan = Scenario.load("plan")
    changed = plan.replace({"trade_in_generosity": 3.0, "sorting_supervision": 1.0}, "2026-01")
    return simulate(plan, households=400, end="2026-12"), simulate(
        changed, households=400, end="2026-12"
    )


def test_months_before_a_policy_change_are_identical(parted) -> None:
    before = [month.year < 2026 for month in parted[0].all_series.months]
    for name, values in parted[0].all_series.values.items():
        other = parted[1].all_series[name]
        assert np.array_equal(values[before], other[before], equal_nan=True), name


def test_months_after_a_policy_change_differ(parted) -> None:
    for name in ("new_car_sales_per_month", "food_capture_share", "subsidy_spending_per_month"):
        after = np.array([month.year >= 2026 for month in parted[0].all_series.months])
        assert np.all(parted[0].all_series[name][after] != parted[1].all_series[name][after]), name


def test_start_trims_the_record_and_changes_nothing_else() -> None:
    whole = simulate(households=300, end="2021-06")
    trimmed = simulate(households=300, start="2021-01", end="2021-06")
    assert len(trimmed.series("energy_use_per_month")) == 6
    assert np.array_equal(
        trimmed.series("energy_use_per_month"), whole.series("energy_use_per_month").iloc[12:]
    )


def test_both_engines_give_the_same_series() -> None:
    compiled = simulate(households=200, end="2020-03")
    reference = simulate(households=200, end="2020-03", engine="pysd")
    for name, values in compiled.all_series.values.items():
        assert np.allclose(values, reference.all_series[name], rtol=1e-9, equal_nan=True), name


def test_operators_have_the_same_luck_whatever_the_number_of_households() -> None:
    few, many = (simulate(households=n, end="2021-12").all_series for n in (200, 350))
    for name in few.values:
        if name.startswith("transit_vehicles.") or name == "bus_taxi_electric_share":
            assert np.array_equal(few[name], many[name], equal_nan=True), name
