"""When durables leave: hazards are survival ratios, offers raise them, and none exceeds one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from transition_model.behaviour.replacement import (
    arrival_factor,
    exclusive,
    first_purchase_hazard,
    hurry_before_end,
    offer_factor,
    ready_over_month,
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


@given(YUAN, YUAN, st.floats(min_value=0.0, max_value=0.6))
def test_a_larger_offer_never_lowers_the_factor(
    smaller: float, larger: float, response: float
) -> None:
    smaller, larger = sorted((smaller, larger))
    low, high = (float(offer_factor(np.array(yuan), response)) for yuan in (smaller, larger))
    assert 1.0 <= low <= high


def test_an_offer_multiplies_by_the_exponential_of_ten_thousands() -> None:
    factors = offer_factor(np.array([0.0, 1e4, 2e4]), 0.375)
    assert_allclose(factors, np.exp([0.0, 0.375, 0.75]), rtol=1e-12)


def hurried(now: float, after: float, months: float) -> float:
    return float(hurry_before_end(np.array(now), np.array(after), months, 0.375, 2.0))


@given(YUAN, YUAN)
def test_where_nothing_is_announced_nobody_hurries(now: float, after: float) -> None:
    assert hurried(now, after, np.inf) == 1.0


@given(YUAN, YUAN, st.integers(min_value=0, max_value=24))
def test_the_nearer_the_end_of_an_offer_the_more_hurry(
    now: float, after: float, months: int
) -> None:
    near, far = (hurried(now, after, left) for left in (months, months + 1))
    assert 1.0 <= far <= near
    if now > after + 1_000.0 and months < 6:
        assert 1.0 < far < near


@given(YUAN, st.floats(min_value=0.0, max_value=4e4))
def test_nobody_hurries_for_an_offer_that_stays_or_grows(now: float, more: float) -> None:
    assert hurried(now, now + more, 0) == 1.0


def test_in_the_last_month_what_waiting_costs_counts_in_full() -> None:
    assert hurried(2e4, 0.0, 0) == pytest.approx(np.exp(0.75))
    assert hurried(2e4, 1e4, 0) == pytest.approx(np.exp(0.375))
    assert hurried(2e4, 0.0, 2) == pytest.approx(np.exp(0.75 / np.e))


# ---------------------------------------------------------------------------- readiness

FACTORS = st.floats(min_value=1.0, max_value=30.0)
READY = st.floats(min_value=0.0, max_value=2.0)
LEADS = st.floats(min_value=1.0, max_value=24.0)


def ready(readiness: float, leaving: float, arriving: float, lead: float) -> tuple[float, float]:
    mean, end = ready_over_month(np.array(readiness), np.array(leaving), np.array(arriving), lead)
    return float(mean), float(end)


@given(LEADS)
def test_without_an_offer_readiness_stays_as_it_is(lead: float) -> None:
    assert ready(1.0, 1.0, 1.0, lead) == pytest.approx((1.0, 1.0), rel=1e-15)


@given(READY, FACTORS, FACTORS, LEADS)
def test_who_becomes_ready_and_does_not_leave_is_ready_still(
    readiness: float, leaving: float, arriving: float, lead: float
) -> None:
    """The stock's balance: change = (arrivals - leavers) / lead, with the mean of the month."""
    mean, end = ready(readiness, leaving, arriving, lead)
    assert end - readiness == pytest.approx((arriving - leaving * mean) / lead, abs=1e-9)
    assert min(readiness, arriving / leaving) - 1e-12 <= end
    assert end <= max(readiness, arriving / leaving) + 1e-12


def after_an_offer(
    factor: float, additional: float, lead: float, months: int, then: int
) -> tuple[float, float]:
    """Leavers of an offer, and of the months after it, beyond one a month: bump and dip."""
    readiness, flows = 1.0, []
    for month in range(months + then):
        now = factor if month < months else 1.0
        into = float(arrival_factor(np.array(now), additional))
        mean, readiness = ready(readiness, now, into, lead)
        flows.append(now * mean - 1.0)
    return sum(flows[:months]), -sum(flows[months:])


@pytest.mark.parametrize("lead", [3.0, 8.0])
def test_an_offer_that_adds_nothing_is_paid_back_to_the_last_car(lead: float) -> None:
    bump, dip = after_an_offer(1.6, 0.0, lead, 6, 400)
    assert bump > 0.5
    assert dip == pytest.approx(bump, rel=1e-9)


def test_a_dip_fades_by_the_lead_as_in_the_closed_form() -> None:
    factor, lead, months = 1.6, 8.0, 6
    drawn = (1.0 - 1.0 / factor) * (1.0 - np.exp(-factor * months / lead))
    bump, dip = after_an_offer(factor, 0.0, lead, months, 9)
    assert bump == pytest.approx(lead * drawn)
    assert dip == pytest.approx(lead * drawn * (1.0 - np.exp(-9.0 / lead)))


def test_an_offer_draws_most_at_its_beginning_and_settles_at_what_it_adds() -> None:
    readiness, flows = 1.0, []
    for _ in range(200):
        mean, readiness = ready(readiness, 1.6, float(arrival_factor(np.array(1.6), 0.5)), 8.0)
        flows.append(1.6 * mean)
    assert (np.diff(flows) <= 1e-12).all()
    assert flows[0] > 1.5
    assert flows[-1] == pytest.approx(1.3)


@given(FACTORS)
def test_what_is_all_additional_draws_on_nobodys_readiness(factor: float) -> None:
    assert after_an_offer(factor, 1.0, 8.0, 6, 9)[1] == pytest.approx(0.0, abs=1e-9)


def test_the_response_makes_recoveries_rise_by_what_was_counted_in_2024() -> None:
    """Up by 42 to 94 % while 10,000, later 20,000 yuan were paid; 85 % claim."""
    readiness, rises = 1.0, []
    for yuan in (8.5e3, 8.5e3, 9.7e3, 1.75e4):
        factor = float(offer_factor(np.array(0.85 * yuan), 0.44))
        mean, readiness = ready(
            readiness, factor, float(arrival_factor(np.array(factor), 0.38)), 8.0
        )
        rises.append(factor * mean)
    assert min(rises) > 1.25
    assert max(rises) < 1.94
    assert np.mean(rises) == pytest.approx(np.exp(0.375 * 0.94), rel=0.02)


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
    ages, ready_now = np.array([1.0, 2.0]), np.array([0.5, 1.0])
    weibull_hazard_per_month(ages, 16.5, 4.79)
    ready_over_month(ready_now, np.full(2, 1.5), np.full(2, 1.1), 8.0)
    assert_array_equal(ages, [1.0, 2.0])
    assert_array_equal(ready_now, [0.5, 1.0])
