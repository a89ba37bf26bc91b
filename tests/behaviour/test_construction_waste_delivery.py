"""Whether a building site brings its waste to a recycling plant."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from transition_model.behaviour import construction_waste_delivery as delivery

SHARE = st.floats(0.0, 1.0)


def test_the_advantage_is_what_dumping_costs_more() -> None:
    assert delivery.cost_advantage(25.0, 30.0, 15.0, 55.0) == -15.0


@pytest.mark.parametrize(
    ("advantage", "more_than_half"), [(-0.01, False), (0.01, True), (-30.0, False)]
)
def test_an_indifferent_site_follows_the_cheaper_way(
    advantage: float, more_than_half: bool
) -> None:
    probability = delivery.delivery_probability(advantage, 0.06, np.zeros(1))
    assert bool(probability[0] > 0.5) is more_than_half


@given(st.floats(0.0, 150.0), st.floats(0.0, 150.0))
def test_a_higher_dumping_fee_never_lowers_delivery(first: float, second: float) -> None:
    def probability(fee: float) -> float:
        advantage = delivery.cost_advantage(fee, 30.0, 15.0, 55.0)
        return float(delivery.delivery_probability(advantage, 0.06, np.array([-1.0]))[0])

    assert probability(min(first, second)) <= probability(max(first, second))


def test_without_a_duty_only_the_willing_deliver_and_with_one_the_complying_too() -> None:
    compliance, voluntary = np.array([0.9]), np.array([0.1])
    assert_allclose(delivery.delivered(0.0, compliance, voluntary), [0.1])
    assert_allclose(delivery.delivered(1.0, compliance, voluntary), [0.91])


@given(SHARE, SHARE, SHARE, SHARE)
def test_a_wider_duty_never_lowers_delivery(
    first: float, second: float, compliance: float, voluntary: float
) -> None:
    sites = np.array([compliance]), np.array([voluntary])
    narrow = float(delivery.delivered(min(first, second), *sites)[0])
    wide = float(delivery.delivered(max(first, second), *sites)[0])
    assert 0.0 <= narrow <= wide + 1e-12 <= 1.0 + 1e-9
