"""Interest subsidies are paid over the life of a loan, and no more than they cost in all."""

from __future__ import annotations

import numpy as np
import pytest

from transition_model.behaviour.capacity_investment import interest_subsidy
from transition_model.behaviour.green_loans import interest_of_month


def test_a_loan_costs_over_its_life_what_equal_instalments_cost() -> None:
    paid = interest_of_month(np.zeros(1), np.array([1000.0]), 0.012, 8.0)
    total = 0.0
    for _ in range(12 * 100):
        total += float(paid[0])
        paid = interest_of_month(paid, np.zeros(1), 0.012, 8.0)
    assert total == pytest.approx(float(interest_subsidy(np.array([1000.0]), 0.012, 8.0)[0]))


def test_the_first_month_costs_a_twelfth_of_a_years_interest() -> None:
    assert interest_of_month(np.zeros(1), np.array([1000.0]), 0.012, 8.0)[0] == pytest.approx(1.0)


def test_a_loan_agreed_earlier_goes_on_costing_when_the_discount_ends() -> None:
    paid = interest_of_month(np.array([48.0]), np.array([1000.0]), 0.0, 8.0)
    assert paid[0] == pytest.approx(47.0)
