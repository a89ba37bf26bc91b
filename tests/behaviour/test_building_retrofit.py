"""Retrofits by payback: hand values and the ends of the scale."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transition_model.behaviour import building_retrofit as retrofit

ONE = np.array([1.0])
POSITIVE = st.floats(min_value=0.1, max_value=1e4)


def test_a_cost_of_120_with_a_relief_of_40_is_saved_in_five_years_at_16_a_year() -> None:
    assert retrofit.payback(np.array([120.0]), np.array([40.0]), np.array([16.0])) == 5.0


def test_more_relief_than_cost_pays_back_at_once() -> None:
    assert retrofit.payback(np.array([30.0]), np.array([31.0]), ONE) == 0.0


def test_half_of_the_owners_accept_the_tolerated_payback() -> None:
    years = np.array([5.0, 6.0, 4.0])
    shares = retrofit.willing_share(years, np.full(3, 5.0), np.full(3, np.log(3.0)))
    assert shares == pytest.approx([0.5, 0.25, 0.75])


@given(cost=POSITIVE, saving=POSITIVE, low=POSITIVE, more=POSITIVE)
def test_relief_never_lowers_the_willing_share(
    cost: float, saving: float, low: float, more: float
) -> None:
    shares = [
        float(
            retrofit.willing_share(
                retrofit.payback(cost * ONE, relief * ONE, saving * ONE), 5.0 * ONE, 0.4 * ONE
            )[0]
        )
        for relief in (low, low + more)
    ]
    assert shares[1] >= shares[0]


def test_the_pace_holds_while_terms_are_those_of_then() -> None:
    pace = np.array([2.8e6, 1.2e6])
    assert retrofit.retrofitted(pace, 0.3 * pace, 0.3 * pace).tolist() == pace.tolist()
    assert retrofit.retrofitted(pace, np.full(2, 0.4), np.full(2, 0.2)).tolist() == [5.6e6, 2.4e6]
