"""How green and by which method builders build."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from transition_model.behaviour import green_building as building

SHARE = st.floats(0.0, 1.0)


def test_a_doubling_of_floor_takes_the_learning_rate_off_the_cost() -> None:
    assert building.learning_factor(200.0, 100.0, 0.1) == pytest.approx(0.9)
    assert building.learning_factor(400.0, 100.0, 0.1) == pytest.approx(0.81)
    assert building.learning_factor(100.0, 100.0, 0.1) == 1.0
    assert building.learning_factor(400.0, 100.0, 0.0) == 1.0


def test_peers_count_by_size_and_only_within_the_group() -> None:
    share = building.peer_share(
        np.array([0.0, 1.0, 0.5]), np.array([1.0, 3.0, 9.0]), np.array([0, 0, 4])
    )
    assert_allclose(share, [0.75, 0.75, 0.5])


def test_without_benefit_peers_or_inclination_the_odds_are_even() -> None:
    zero = np.zeros(1)
    assert_allclose(building.adoption_probability(0.0, 0.015, zero, 2.5, zero), [0.5])


def test_the_inclination_from_a_share_gives_the_share_back() -> None:
    inclination = building.inclination_toward(0.285, -30.0, 0.015, 0.57, 2.5)
    share = building.adoption_probability(
        -30.0, 0.015, np.array([0.57]), 2.5, np.array([inclination])
    )
    assert_allclose(share, [0.285])


@given(st.floats(-500.0, 500.0), st.floats(-500.0, 500.0), SHARE, SHARE)
def test_benefit_and_peers_never_lower_adoption(
    first: float, second: float, peer: float, other_peer: float
) -> None:
    def adopted(benefit: float, peers: float) -> float:
        probability = building.adoption_probability(
            benefit, 0.015, np.array([peers]), 2.5, np.array([-1.9])
        )
        return float(probability[0])

    low = adopted(min(first, second), min(peer, other_peer))
    assert low <= adopted(max(first, second), max(peer, other_peer))


def test_a_mandate_of_zero_leaves_the_choice_free_and_one_of_one_binds_all() -> None:
    voluntary = np.array([0.0, 0.3, 1.0])
    assert_allclose(building.bound_or_voluntary(0.0, voluntary), voluntary)
    assert_allclose(building.bound_or_voluntary(1.0, voluntary), [1.0, 1.0, 1.0])
    assert_allclose(building.bound_or_voluntary(0.5, voluntary), [0.5, 0.65, 1.0])


@given(st.lists(st.tuples(st.floats(0.0, 1e6), SHARE, SHARE, SHARE), min_size=1, max_size=20))
def test_every_square_metre_has_one_level_and_one_method(
    builders: list[tuple[float, float, float, float]],
) -> None:
    area, green, high_star, prefabricated = (
        np.array(column) for column in zip(*builders, strict=True)
    )
    floor = building.floor_started(area, building.level_shares(green, high_star), prefabricated)
    assert floor.shape == (3, 2)
    assert floor.min() >= 0.0
    assert_allclose(floor.sum(), area.sum(), rtol=1e-12)
    assert_allclose(floor[1:].sum(), area @ green, rtol=1e-9, atol=1e-9)
    assert_allclose(floor[2].sum(), area @ (green * high_star), rtol=1e-9, atol=1e-9)
    assert_allclose(floor[:, 1].sum(), area @ prefabricated, rtol=1e-9, atol=1e-9)
