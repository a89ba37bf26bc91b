"""A tiered tariff: which price the last kilowatt-hour has, and how use answers it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from transition_model.behaviour.electricity_demand import demand_factor, marginal_price

BOUNDS, PRICES = np.array([200.0, 400.0]), np.array([0.52, 0.57, 0.82])


@pytest.mark.parametrize(
    ("use", "price"),
    [
        (0.0, 0.52),
        (199.9, 0.52),
        (200.0, 0.52),  # the bound still belongs to the lower tier
        (np.nextafter(200.0, 201.0), 0.57),
        (400.0, 0.57),
        (400.1, 0.82),
        (5_000.0, 0.82),
    ],
)
def test_the_last_kilowatt_hour_costs_the_price_of_its_tier(use: float, price: float) -> None:
    assert marginal_price(np.array([use]), BOUNDS, PRICES)[0] == price


@given(st.lists(st.floats(min_value=0.0, max_value=1e4), min_size=1, max_size=20))
def test_who_uses_more_pays_no_less_for_the_last_kilowatt_hour(uses: list[float]) -> None:
    prices = marginal_price(np.sort(uses), BOUNDS, PRICES)
    assert prices.shape == (len(uses),)
    assert (np.diff(prices) >= 0.0).all()


def test_at_the_reference_price_use_is_as_it_was() -> None:
    assert_array_equal(demand_factor(PRICES, PRICES, -0.15), np.ones(3))


@given(
    st.floats(min_value=0.5, max_value=2.0),
    st.floats(min_value=-0.35, max_value=-0.05),
)
def test_use_answers_a_price_by_its_elasticity(ratio: float, elasticity: float) -> None:
    factor = demand_factor(ratio * PRICES, PRICES, elasticity)
    assert_allclose(np.log(factor), elasticity * np.log(ratio), atol=1e-12)
