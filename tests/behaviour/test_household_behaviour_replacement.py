"""When durables leave: hazards are survival ratios, offers raise them, and none exceeds one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from transition_model.behaviour.replacement import (
    exclusive,
    first_purchase_hazard,
    pulled_forward,
    raised_by_offer,
    weibull_hazard_per_month,
)

AGES = st.floats(min_value=0.0, max_value=60.0)
SCALES = st.floats(min_value=2.0, max_value=30.0)
SHAPES = st.floats(min_value=1.0, max_value=6.0)
HAZARDS = st.floats(min_value=0.0, max_value=1.0)
YUAN = st.floats(min_value=0.0, max_value=6e4)


def survival(age: float, scale: float, shape: float) -> float:
    return float(np.exp(-((age / scale) ** shape)))


@given(AGES, SCALES, SHAPES)
def test_the_hazard_of_a_month_is_one_minus_the_ratio_of_survivals(
    age: float, scale: float, shape: float
) -> None:
    now, later = survival(age, scale, shape), survival(age + 1 / 12, scale, shape)
    hazard = float(weibull_hazard_per_month(np.array(age), scale, shape))
    if now > 1e-200:
        assert hazard == pytest.approx(1.0 - later / now, abs=1e-9)
    assert 0.0 <= hazard <= 1.0


def test_a_cohort_that_leaves_month_by_month_survives_as_the_weibull_curve_says() -> None:
    ages = np.arange(12 * 30) / 12.0
    left = np.cumprod(1.0 - weibull_hazard_per_month(ages, 16.5, 4.79))
    assert_allclose(left, np.exp(-((np.arange(1, 361) / 12.0 / 16.5) ** 4.79)), rtol=1e-9)


@given(SCALES, st.floats(min_value=1.0, max_value=6.0))
def test_what_is_older_leaves_no_less_often(scale: float, shape: float) -> None:
    hazards = weibull_hazard_per_month(np.arange(0.0, 40.0, 0.25), scale, shape)
    assert (np.diff(hazards) >= -1e-12).all()


def test_kinds_of_appliance_may_each_have_their_life() -> None:
    ages = np.array([[5.0, 5.0], [10.0, 10.0]])
    hazards = weibull_hazard_per_month(ages, np.array([8.0, 16.0]), 2.7)
    assert hazards.shape == (2, 2)
    assert_allclose(hazards[:, 0], weibull_hazard_per_month(np.array([5.0, 10.0]), 8.0, 2.7))
    assert (hazards[:, 0] > hazards[:, 1]).all()


@given(HAZARDS, YUAN, YUAN, st.floats(min_value=0.0, max_value=0.45))
def test_a_larger_offer_never_lowers_a_hazard_and_none_exceeds_one(
    hazard: float, smaller: float, larger: float, response: float
) -> None:
    smaller, larger = sorted((smaller, larger))
    low, high = (
        float(raised_by_offer(np.array(hazard), np.array(yuan), response))
        for yuan in (smaller, larger)
    )
    assert hazard <= low <= high <= 1.0


def test_an_offer_multiplies_the_hazard_by_the_exponential_of_ten_thousands() -> None:
    hazards = raised_by_offer(np.full(3, 0.01), np.array([0.0, 1e4, 2e4]), 0.375)
    assert_allclose(hazards, 0.01 * np.exp([0.0, 0.375, 0.75]), rtol=1e-12)


def test_twenty_thousand_yuan_raise_scrappage_by_what_was_counted_in_2024() -> None:
    # Recoveries rose by 42 to 94 % while 10,000, later 20,000 yuan were paid.
    raised = raised_by_offer(np.full(2, 0.01), np.array([1e4, 1.77e4]), 0.375) / 0.01
    assert 1.40 < raised[0] < 1.50
    assert 1.90 < raised[1] < 1.98


def hurried(hazard: float, now: float, after: float, months: float) -> float:
    return float(
        pulled_forward(np.array(hazard), np.array(now), np.array(after), months, 0.375, 2.0)
    )


@given(HAZARDS, YUAN, YUAN)
def test_where_nothing_is_announced_nothing_is_pulled_forward(
    hazard: float, now: float, after: float
) -> None:
    assert hurried(hazard, now, after, np.inf) == hazard


@given(HAZARDS, YUAN, YUAN, st.integers(min_value=0, max_value=24))
def test_the_nearer_the_end_of_an_offer_the_more_is_pulled_forward(
    hazard: float, now: float, after: float, months: int
) -> None:
    near, far = (hurried(hazard, now, after, left) for left in (months, months + 1))
    assert hazard <= far <= near <= 1.0
    if 1e-6 < hazard < 1e-2 and now > after + 1_000.0 and months < 6:
        assert hazard < far < near


@given(HAZARDS, YUAN, st.floats(min_value=0.0, max_value=4e4))
def test_an_offer_that_stays_or_grows_pulls_nothing_forward(
    hazard: float, now: float, more: float
) -> None:
    assert hurried(hazard, now, now + more, 0) == hazard


def test_in_the_last_month_what_waiting_costs_counts_in_full() -> None:
    assert hurried(0.01, 2e4, 0.0, 0) == pytest.approx(0.01 * np.exp(0.75))
    assert hurried(0.01, 2e4, 1e4, 0) == pytest.approx(0.01 * np.exp(0.375))
    assert hurried(0.01, 2e4, 0.0, 2) == pytest.approx(0.01 * np.exp(0.75 / np.e))


@given(HAZARDS, HAZARDS)
def test_what_can_happen_only_once_happens_with_the_chance_of_either(
    first: float, second: float
) -> None:
    one, other = exclusive(np.array(first), np.array(second))
    assert one == first
    assert float(one + other) == pytest.approx(1.0 - (1.0 - first) * (1.0 - second))
    assert float(one + other) <= 1.0 + 1e-15


def test_a_richer_household_buys_its_first_car_sooner_up_to_the_ceiling() -> None:
    incomes = np.array([4e4, 8e4, 1.6e5, 1e9])
    hazards = first_purchase_hazard(incomes, 8e4, 0.004, 0.9, 0.03)
    assert_allclose(hazards, [0.004 * 0.5**0.9, 0.004, 0.004 * 2.0**0.9, 0.03], rtol=1e-12)


def test_arrays_handed_in_are_left_as_they_were() -> None:
    ages, offers = np.array([1.0, 2.0]), np.array([0.0, 1e4])
    raised_by_offer(weibull_hazard_per_month(ages, 16.5, 4.79), offers, 0.375)
    assert_array_equal(ages, [1.0, 2.0])
    assert_array_equal(offers, [0.0, 1e4])
