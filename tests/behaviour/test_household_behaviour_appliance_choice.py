"""Which grade of appliance a household buys: life-cycle cost against taste."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from transition_model.behaviour.appliance_choice import (
    grade_probabilities,
    life_cycle_cost,
    rebate_factor,
    share_within_limit,
)

type Array = NDArray[np.float64]

COSTS = arrays.arrays(float, (4, 3), elements=st.floats(min_value=-2e3, max_value=2e4))
SENSITIVITY = np.array([2.5e-3, 2.0e-3, 2.2e-3, 1.9e-3])
PREFERENCE = np.array([2.9, 1.4, 0.0])
INCOME_WEIGHT = np.array([1.3, 1.0, 0.7])


def chosen(cost: Array, weight: Array = INCOME_WEIGHT) -> Array:
    return grade_probabilities(cost, SENSITIVITY, PREFERENCE, weight)


@given(COSTS)
def test_the_probabilities_of_the_grades_sum_to_one(cost: Array) -> None:
    shares = chosen(cost)
    assert shares.shape == (3, 4, 3)
    assert_allclose(shares.sum(axis=2), 1.0, rtol=1e-12)
    assert (shares >= 0.0).all()


@given(
    COSTS,
    st.integers(min_value=0, max_value=3),
    st.integers(min_value=0, max_value=2),
    st.floats(min_value=0.0, max_value=2e3),
)
def test_a_rebate_never_lowers_the_grade_that_it_is_paid_for_nor_touches_another_appliance(
    cost: Array, kind: int, grade: int, yuan: float
) -> None:
    cheaper = cost.copy()
    cheaper[kind, grade] -= yuan
    before, after = chosen(cost), chosen(cheaper)
    assert (after[:, kind, grade] >= before[:, kind, grade] - 1e-12).all()
    others = np.arange(4) != kind
    assert_allclose(after[:, others], before[:, others], rtol=1e-12)


def test_at_equal_cost_taste_alone_decides() -> None:
    shares = chosen(np.full((4, 3), 3_000.0))
    expected = np.exp(PREFERENCE) / np.exp(PREFERENCE).sum()
    assert_allclose(shares, np.broadcast_to(expected, (3, 4, 3)), rtol=1e-9)


def test_odds_of_two_grades_follow_their_difference_in_cost() -> None:
    cost = np.tile([3_300.0, 2_800.0, 2_300.0], (4, 1))
    shares = chosen(cost, np.ones(1))[0, 0]
    assert shares[0] / shares[2] == pytest.approx(np.exp(2.9 - 2.5e-3 * 1_000.0))


def test_a_household_that_minds_money_less_buys_the_dearer_grade_more_often() -> None:
    shares = chosen(np.tile([3_300.0, 2_800.0, 2_300.0], (4, 1)))
    assert (np.diff(shares[:, :, 0], axis=0) > 0.0).all()


def test_life_cycle_cost_is_price_less_subsidy_plus_the_power_of_the_years() -> None:
    price, subsidy = np.full((4, 3), 3_000.0), np.full((4, 3), 600.0)
    use = np.tile([100.0, 150.0, 200.0], (4, 1))
    cost = life_cycle_cost(price, subsidy, use, 0.52, 4.0)
    assert_allclose(cost[2], 2_400.0 + 4.0 * 0.52 * np.array([100.0, 150.0, 200.0]), rtol=1e-12)


def test_dearer_power_speaks_for_the_better_grade() -> None:
    price, nothing = np.tile([3_300.0, 2_800.0, 2_300.0], (4, 1)), np.zeros((4, 3))
    use = np.tile([100.0, 150.0, 200.0], (4, 1))
    cheap, dear = (chosen(life_cycle_cost(price, nothing, use, yuan, 4.0)) for yuan in (0.5, 1.0))
    assert (dear[:, :, 0] > cheap[:, :, 0]).all()


@given(st.floats(min_value=0.0, max_value=1.0), st.floats(min_value=0.0, max_value=3.0))
def test_a_rebate_raises_replacement_by_its_share_of_the_price(
    share: float, response: float
) -> None:
    assert float(rebate_factor(np.array(share), response)) == pytest.approx(1.0 + response * share)


def test_a_household_that_has_claimed_for_one_seldom_claims_again_where_one_is_allowed() -> None:
    claimed = np.array([[0.0, 0.0], [0.1, 0.1], [1.0, 1.0]])
    within = share_within_limit(claimed, np.array([1.0, 3.0]))
    assert_allclose(within[:, 0], np.exp(-claimed[:, 0]), rtol=1e-12)
    three = np.exp(-claimed[:, 1]) * (1.0 + claimed[:, 1] + claimed[:, 1] ** 2 / 2.0)
    assert_allclose(within[:, 1], three, rtol=1e-12)
    assert (share_within_limit(claimed, np.full(2, 9e18)) == 1.0).all()
