"""Certificates go to large and efficient factories, until the pool is dry."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transition_model.behaviour.certification import (
    award_pull,
    certification_hazard,
    certified_within,
    eligible_factories,
    performance_score,
)


def test_the_pool_has_its_number_and_no_more_factories_than_there_are() -> None:
    factories = np.array([10.0, 100.0, 500.0])
    pool = eligible_factories(factories, np.array([1e6, 5e4, 1e4]), 8e4, 100.0)
    assert pool.sum() == pytest.approx(100.0)
    assert np.all(pool <= factories)


@pytest.mark.parametrize(("ratio", "wins"), [(0.8, True), (1.0, True), (1.0001, False)])
def test_a_factory_above_its_limit_wins_no_certificate(ratio: float, wins: bool) -> None:
    assert bool(performance_score(np.array([ratio]), 3.0)[0] > 0.0) is wins


def test_better_performance_wins_sooner() -> None:
    scores = performance_score(np.array([1.0, 0.9, 0.7]), 3.0)
    assert scores[0] == pytest.approx(1.0)
    assert scores[0] < scores[1] < scores[2]


@given(st.floats(0.0, 3e6), st.floats(0.0, 3e6))
def test_a_higher_award_never_draws_fewer_factories(first: float, second: float) -> None:
    low, high = sorted((first, second))
    assert award_pull(low, 3e5, 0.5) <= award_pull(high, 3e5, 0.5)


def test_without_award_the_rate_is_the_declared_one() -> None:
    hazard = certification_hazard(0.03, award_pull(0.0, 3e5, 0.5), np.ones(1), np.zeros(1), 2.0)
    assert hazard == pytest.approx([0.03])


def test_certified_peers_draw_others() -> None:
    alone, among = certification_hazard(0.03, 1.0, np.ones(2), np.array([0.0, 0.5]), 2.0)
    assert among == pytest.approx(2.0 * alone)


def test_a_dry_pool_yields_nothing_and_a_hurried_one_no_more_than_it_holds() -> None:
    gained = certified_within(np.array([5.0, 5.0]), np.array([5.0, 1.0]), np.full(2, 1e6), 1.0)
    assert gained == pytest.approx([0.0, 4.0])
