"""A tiered tariff: what a use costs, which price is perceived, and how use answers it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from transition_model.behaviour import time_of_use
from transition_model.behaviour.tiered_tariff import (
    bill,
    demand_factor,
    marginal_price,
    perceived_price,
    reference_use,
)

STARTS, RISES = np.array([0.0, 200.0, 400.0]), np.array([0.52, 0.05, 0.25])
PRICES = np.cumsum(RISES)


@pytest.mark.parametrize(
    ("use", "price", "due"),
    [
        (199.9, 0.52, 103.948),
        (200.0, 0.52, 104.0),  # the bound still belongs to the lower tier
        (np.nextafter(200.0, 201.0), 0.57, 104.0),
        (400.0, 0.57, 218.0),
        (401.0, 0.82, 218.82),
        (5_000.0, 0.82, 3_990.0),
    ],
)
def test_the_last_kilowatt_hour_costs_the_price_of_its_tier(
    use: float, price: float, due: float
) -> None:
    assert marginal_price(np.array([use]), STARTS, RISES)[0] == pytest.approx(price)
    assert bill(np.array([use]), STARTS, RISES)[0] == pytest.approx(due)


@given(st.lists(st.floats(min_value=1.0, max_value=1e4), min_size=1, max_size=20))
def test_who_uses_more_pays_no_less_for_a_kilowatt_hour_and_never_more_than_for_the_last(
    uses: list[float],
) -> None:
    use = np.sort(uses)
    average, last = bill(use, STARTS, RISES) / use, marginal_price(use, STARTS, RISES)
    assert (np.diff(last) >= 0.0).all() and (np.diff(average) >= -1e-12).all()
    assert (average <= last + 1e-12).all()
    felt = perceived_price(average, last, 0.1)
    assert (felt >= average - 1e-12).all() and (felt <= last + 1e-12).all()


def test_at_the_reference_price_use_is_as_it_was() -> None:
    assert_array_equal(demand_factor(PRICES, PRICES, -0.15), np.ones(3))


@given(
    st.floats(min_value=0.5, max_value=2.0),
    st.floats(min_value=-0.35, max_value=-0.05),
)
def test_use_answers_a_price_by_its_elasticity(ratio: float, elasticity: float) -> None:
    factor = demand_factor(ratio * PRICES, PRICES, elasticity)
    assert_allclose(np.log(factor), elasticity * np.log(ratio), atol=1e-12)


def test_who_pays_nothing_has_no_price_to_answer() -> None:
    price, before = np.array([0.0, 0.5, 0.0]), np.array([0.5, 0.0, 0.0])
    assert_array_equal(demand_factor(price, before, -0.15), np.ones(3))


def test_a_household_of_mean_income_and_size_uses_the_mean() -> None:
    one, two = np.array([1.0, 2.0]), np.array([1.0, 1.0])
    assert_allclose(reference_use(165.0, one, two, 0.35, 0.4), [165.0, 165.0 * 2.0**0.35])
    assert_allclose(reference_use(165.0, two, one, 0.35, 0.4), [165.0, 165.0 * 2.0**0.4])


# ---------------------------------------------------------------------------- time of use

ADDED = np.zeros(24)
ADDED[11:17], ADDED[20:22], ADDED[:8] = 0.10, 0.10, -0.18


def test_what_leaves_dear_hours_is_used_in_cheap_ones() -> None:
    load = np.full((1, 24), 1.0 / 24.0)
    shifted = time_of_use.shifted_load(load, ADDED, 0.06)
    assert shifted.sum() == pytest.approx(1.0)
    assert shifted[0, ADDED > 0.0].sum() == pytest.approx(0.94 * 8.0 / 24.0)
    assert_array_equal(shifted[0, ADDED == 0.0], load[0, ADDED == 0.0])
    assert (shifted @ ADDED < load @ ADDED).all()
    assert_array_equal(time_of_use.shifted_load(load, np.zeros(24), 0.06), load)


def test_time_of_use_is_chosen_slowly_where_it_saves_and_left_when_the_year_is_over() -> None:
    saving, chosen = np.array([30.0, 30.01, -5.0]), np.array([0.2, 0.2, 0.2])
    after = time_of_use.chosen_next(chosen, saving, 30.0, 0.01, 12.0)
    assert_allclose(after, [0.2 - 0.2 / 12.0, 0.2 + 0.01 * 0.8, 0.2 - 0.2 / 12.0])
