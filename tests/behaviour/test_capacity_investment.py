"""When recyclers build and when they give up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from transition_model.behaviour import capacity_investment as investment

NOT_BUILDING = np.array([False])


def test_an_expectation_closes_its_share_of_the_gap_and_starts_from_what_it_sees() -> None:
    moved = investment.adapted(np.array([0.0, np.nan]), np.array([9.0, 9.0]), 9.0)
    assert_allclose(moved, [1.0, 9.0])


def test_an_idle_plant_still_pays_its_fixed_cost() -> None:
    cash = investment.operating_cash(np.array([0.0, 0.5]), np.array([100.0, 100.0]), np.full(2, 20))
    assert_allclose(cash, [-20.0, 30.0])


def test_recovery_factor_of_fifteen_years_at_fourteen_percent() -> None:
    factor = investment.capital_recovery_factor(np.array([0.14, 0.0]), 15.0)
    assert_allclose(factor, [0.162809, 1.0 / 15.0], rtol=1e-5)


def test_the_payments_of_the_recovery_factor_return_the_outlay() -> None:
    rate, life = 0.1, 12
    payment = float(investment.capital_recovery_factor(np.array([rate]), life)[0])
    present = sum(payment / (1.0 + rate) ** year for year in range(1, life + 1))
    assert present == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(("above", "builds"), [(-1e-6, False), (0.0, False), (1e-6, True)])
def test_a_plant_builds_only_above_its_hurdle(above: float, builds: bool) -> None:
    required = investment.required_cash(np.array([1000.0]), 0.0, np.array([0.14]), 15.0)
    orders = investment.invests(required + above, required, np.array([0.9]), 0.75, NOT_BUILDING)
    assert orders.tolist() == [builds]


@pytest.mark.parametrize(
    ("utilisation", "builds"), [(0.749, False), (0.75, False), (0.751, True), (0.0, False)]
)
def test_a_plant_builds_only_when_nearly_full(utilisation: float, builds: bool) -> None:
    orders = investment.invests(
        np.array([2.0]), np.array([1.0]), np.array([utilisation]), 0.75, NOT_BUILDING
    )
    assert orders.tolist() == [builds]


def test_a_plant_that_is_building_orders_nothing_more() -> None:
    orders = investment.invests(
        np.array([2.0]), np.array([1.0]), np.array([1.0]), 0.75, np.array([True])
    )
    assert orders.tolist() == [False]


@given(st.floats(0.0, 0.5), st.floats(0.0, 0.5), st.floats(0.0, 0.03), st.floats(0.0, 0.03))
def test_grants_and_cheap_loans_never_raise_the_hurdle(
    grant: float, more_grant: float, discount: float, more_discount: float
) -> None:
    def required(grant: float, discount: float) -> float:
        rate = investment.hurdle_with_loan(np.array([0.14]), discount, 0.6)
        return float(investment.required_cash(np.array([1000.0]), grant, rate, 15.0)[0])

    better = required(max(grant, more_grant), max(discount, more_discount))
    assert better <= required(min(grant, more_grant), min(discount, more_discount)) + 1e-9


def test_a_discount_cannot_push_the_hurdle_below_zero() -> None:
    assert_allclose(investment.hurdle_with_loan(np.array([0.01]), 0.03, 0.6), [0.0])


def test_rivals_that_build_lower_the_utilisation_a_plant_expects() -> None:
    plants = np.array([0.9]), np.array([100.0])
    assert_allclose(investment.perceived_utilisation(*plants, np.array([100.0]), 0.0), [0.9])
    assert_allclose(investment.perceived_utilisation(*plants, np.array([100.0]), 1.0), [0.45])


def test_one_month_in_the_black_ends_a_losing_streak() -> None:
    months = investment.months_in_the_red(np.array([5.0, 5.0, 5.0]), np.array([-1.0, 0.0, 1.0]))
    assert_allclose(months, [6.0, 0.0, 0.0])


def test_construction_takes_between_the_shortest_and_the_longest_time() -> None:
    draw = np.linspace(0.0, 1.0, 2001, endpoint=False)
    months = investment.construction_months(draw, 12.0, 18.0, 30.0)
    assert np.unique(months).tolist() == list(range(12, 31))
    assert months.mean() == pytest.approx(20.0, abs=0.1)


def test_a_loan_repaid_in_equal_parts_costs_half_its_sum_in_discount() -> None:
    assert_allclose(investment.interest_subsidy(np.array([1000.0]), 0.01, 8.0), [40.0])
