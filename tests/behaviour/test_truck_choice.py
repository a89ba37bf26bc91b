"""When a truck is scrapped early, and what comes in its place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transition_model.behaviour.truck_choice import (
    early_scrapping_hazard,
    powertrain_shares,
    share_of_days_within_range,
    standard_shares,
    worth_of_truck,
    yearly_loss_by_ban,
)


def test_a_year_in_which_the_standard_changed_is_split_at_the_day() -> None:
    shares = standard_shares(np.array([2012.0, 2013.0, 2014.0, 2017.0, 2018.0]), 2013.5, 2017.5)
    assert shares[0].tolist() == [1.0, 0.5, 0.0, 0.0, 0.0]
    assert shares[1].tolist() == [0.0, 0.5, 1.0, 0.5, 0.0]


@given(st.floats(0.0, 1e6), st.floats(0.0, 1e6))
def test_more_benefit_never_means_less_scrapping(benefit: float, more: float) -> None:
    worth = np.array([40_000.0])
    low, high = (
        early_scrapping_hazard(np.array([yuan]), worth, 24.0)[0]
        for yuan in (benefit, benefit + more)
    )
    assert 0.0 <= low <= high <= 1.0 / 24.0


def test_nothing_is_scrapped_early_for_nothing() -> None:
    assert early_scrapping_hazard(np.zeros(1), np.ones(1), 12.0).tolist() == [0.0]


def test_a_benefit_of_the_mean_worth_wins_all_but_one_in_e_owners() -> None:
    hazard = early_scrapping_hazard(np.array([5e4]), np.array([5e4]), 10.0)[0]
    assert hazard == pytest.approx((1.0 - np.exp(-1.0)) / 10.0)


def test_worth_halves_in_the_half_life() -> None:
    worth = worth_of_truck(np.array([[100.0]]), np.log(2.0) / 4.0, np.array([0.0, 4.0, 8.0]))
    np.testing.assert_allclose(worth[0], [100.0, 50.0, 25.0])


def test_a_ban_all_day_in_the_whole_centre_costs_what_is_earned_there() -> None:
    loss = yearly_loss_by_ban(
        np.array([[1.0, 1.0], [1.0, 0.5]]), np.array([0.4]), np.array([0.1]), 0.0, np.array([1e5])
    )
    np.testing.assert_allclose(loss[:, 0], [5e4, 3e4])


@given(st.floats(1.0, 2_000.0))
def test_half_of_the_days_lie_within_the_median_distance(distance: float) -> None:
    share = share_of_days_within_range(np.array([[distance]]), np.array([[distance]]), 4.0)
    assert share[0, 0] == 0.5
    assert (
        share_of_days_within_range(np.array([[distance]]), np.array([[np.inf]]), 4.0)[0, 0] == 1.0
    )


def test_an_owner_like_the_market_buys_the_market_s_mix() -> None:
    market = np.array([[0.7, 0.2, 0.1]])
    cost = np.array([[3e5, 3.2e5, 4e5]])
    np.testing.assert_allclose(powertrain_shares(market, cost, cost, 6.0), market)
    cheaper = cost - np.array([[0.0, 0.0, 5e4]])
    moved = powertrain_shares(market, cheaper, cost, 6.0)
    odds = moved[0, 2] / moved[0, 0] / (0.1 / 0.7)
    assert odds == pytest.approx(np.exp(6.0 * 5e4 / 3e5))
