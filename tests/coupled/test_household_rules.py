"""Rules on households at home, at the bin and on the move: each struck, against the same luck."""

from __future__ import annotations

from functools import cache

import pytest

from transition_model import Scenario, simulate
from transition_model.results import Series

PLAN = Scenario.load("plan")


@cache
def _series(*settings: str) -> Series:
    policy = PLAN
    for setting in settings:
        policy = policy.with_setting(setting)
    return simulate(policy, seed=1, households=1_000, end="2027-12").all_series


def change(rule: str, name: str, *settings: str) -> float:
    """Last value of a series with the rule over that without it, less 1."""
    struck = _series(*settings, f"instrument.{rule}=strike@2024-01-01")[name][-1]
    return float(_series(*settings)[name][-1] / struck) - 1.0


@pytest.mark.parametrize(
    ("rule", "moved", "way"),
    [
        ("residential_tiered_electricity", "residential_electricity_per_month", -1),
        ("residential_tiered_gas", "building_fuel_per_month", -1),
        ("residential_tiered_water", "water_use", -1),
        ("residential_time_of_use", "residential_peak_electricity_per_month", -1),
        ("low_income_free_electricity", "residential_electricity_per_month", 1),
        ("low_income_free_electricity", "subsidy_spending_per_month", 1),
        ("low_income_gas", "subsidy_spending_per_month", 1),
        ("sorting_mandate", "msw_recycling_rate", 1),
        ("sorting_incentive", "msw_recycling_rate", 1),
        ("sorting_incentive", "subsidy_spending_per_month", 1),
        ("waste_fee", "msw_recycling_rate", 1),
        ("household_carbon_credits", "green_travel_share", 1),
        ("household_carbon_credits", "subsidy_spending_per_month", 1),
    ],
)
def test_a_rule_in_force_moves_what_it_is_about(rule: str, moved: str, way: int) -> None:
    assert way * change(rule, moved) > 1e-9


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ("residential_tiered_water", "energy_use_per_month"),
        ("residential_time_of_use", "msw_recycling_rate"),
        ("sorting_incentive", "residential_electricity_per_month"),
        ("waste_fee", "green_travel_share"),
    ],
)
def test_a_rule_moves_nothing_that_it_is_not_about(rule: str, kept: str) -> None:
    assert change(rule, kept) == pytest.approx(0.0, abs=1e-12)


def test_a_pause_of_the_reward_pays_nothing_and_what_was_learnt_stays_for_a_while() -> None:
    paused = _series("instrument.sorting_incentive=suspend@2027-01-01/2027-12-31")
    paid = _series()["subsidy_spending_per_month"] - paused["subsidy_spending_per_month"]
    assert (paid[-12:] > 0.0).all()
    assert paid[-13] == pytest.approx(0.0, abs=1e-3)
