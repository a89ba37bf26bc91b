"""Operators buy what is cheap over its life, within the quota."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transition_model.behaviour.discounting import present_value_factor
from transition_model.behaviour.fleet_choice import (
    cost_of_ownership,
    early_renewal_value,
    fuel_shares,
    shares_under_quota,
)

ELECTRIC = 3


def ownership(battery_life: float, service_life: float) -> float:
    cost = cost_of_ownership(
        np.array([[100.0]]),
        np.array([[10.0]]),
        np.array([[30.0]]),
        np.array([battery_life]),
        np.array([service_life]),
        np.array([0.0]),
    )
    return float(cost[0, 0])


@pytest.mark.parametrize(("battery_life", "cost"), [(7.0, 210.0), (8.0, 180.0), (9.0, 180.0)])
def test_a_battery_is_bought_again_only_if_it_dies_before_the_vehicle(
    battery_life: float, cost: float
) -> None:
    assert ownership(battery_life, service_life=8.0) == pytest.approx(cost)


def test_a_fuel_that_is_not_offered_is_not_bought_however_cheap() -> None:
    shares = fuel_shares(np.array([[1.0, 100.0, 110.0]]), np.array([[0.0, 1.0, 1.0]]), 10.0)
    assert shares[0, 0] == 0.0
    assert shares[0, 1] > shares[0, 2] > 0.0
    assert shares.sum() == pytest.approx(1.0)


def test_indifferent_operators_spread_their_purchases() -> None:
    shares = fuel_shares(np.array([[1.0, 50.0]]), np.ones((1, 2)), 0.0)
    assert shares == pytest.approx(np.full((1, 2), 0.5))


@given(
    st.lists(st.floats(0.01, 1.0), min_size=4, max_size=4),
    st.floats(0.0, 1.0),
)
def test_a_quota_binds_from_below_and_leaves_the_others_their_proportions(
    weights: list[float], required: float
) -> None:
    free = np.array([weights]) / sum(weights)
    under = shares_under_quota(free, np.array([required]), ELECTRIC)
    assert under.sum() == pytest.approx(1.0)
    assert under[0, ELECTRIC] == pytest.approx(max(free[0, ELECTRIC], required))
    assert under[0, 0] * free[0, 1] == pytest.approx(under[0, 1] * free[0, 0])


def test_a_quota_of_zero_changes_nothing_and_one_of_one_leaves_only_electric() -> None:
    free = np.array([[0.1, 0.5, 0.1, 0.3]])
    assert shares_under_quota(free, np.zeros(1), ELECTRIC) == pytest.approx(free)
    assert shares_under_quota(free, np.ones(1), ELECTRIC) == pytest.approx(
        np.array([[0.0, 0.0, 0.0, 1.0]])
    )


def test_an_operator_that_wants_electric_alone_keeps_to_it() -> None:
    only = np.array([[0.0, 0.0, 0.0, 1.0]])
    assert shares_under_quota(only, np.array([0.5]), ELECTRIC) == pytest.approx(only)


def renewal_value(subsidy: float, age: float = 8.0) -> float:
    value = early_renewal_value(
        np.array([subsidy]),
        np.array([50_000.0]),
        np.array([900_000.0]),
        np.array([0.0]),
        np.array([age]),
        np.array([9.0]),
        np.array([0.06]),
    )
    return float(value[0])


def test_early_renewal_pays_from_the_subsidy_that_covers_a_year_of_capital() -> None:
    factor = float(present_value_factor(0.06, 9.0))
    threshold = (900_000.0 / factor - 50_000.0) / 1.06
    assert renewal_value(threshold - 1.0) < 0.0 < renewal_value(threshold + 1.0)


def test_two_years_too_early_is_dearer_than_one() -> None:
    assert renewal_value(80_000.0, age=7.0) < renewal_value(80_000.0, age=8.0)


def test_at_the_end_of_its_life_a_vehicle_is_worth_the_subsidy() -> None:
    assert renewal_value(80_000.0, age=9.0) == pytest.approx(80_000.0)
    assert renewal_value(80_000.0, age=12.0) == pytest.approx(80_000.0)
