"""Vehicles are whole: splitting, buying and retiring them loses none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from transition_model.behaviour.fleet_replacement import (
    affordable,
    apportion,
    oldest_first,
    one_year_older,
    purchases_by_fuel,
)

ELECTRIC = 3
TOTALS = arrays.arrays(np.int64, 3, elements=st.integers(0, 70_000))
SHARES = arrays.arrays(np.float64, (3, 4), elements=st.floats(0.0, 1.0, allow_subnormal=False))
FLEETS = arrays.arrays(np.int64, (2, 4, 6), elements=st.integers(0, 500))


@given(TOTALS, SHARES)
def test_the_parts_sum_to_the_whole(totals: np.ndarray, shares: np.ndarray) -> None:
    parts = apportion(totals, shares)
    assert parts.sum(axis=1).tolist() == totals.tolist()
    assert np.all(parts >= 0)


def test_largest_remainders_get_what_is_left() -> None:
    assert apportion(np.array([10]), np.array([[0.26, 0.35, 0.39]])).tolist() == [[3, 3, 4]]


def test_a_part_without_a_share_gets_nothing() -> None:
    assert apportion(np.array([7]), np.array([[0.0, 1.0, 2.0]])).tolist() == [[0, 2, 5]]


@given(TOTALS, SHARES, st.floats(0.0, 1.0))
def test_electric_purchases_are_never_fewer_than_the_quota_asks(
    totals: np.ndarray, shares: np.ndarray, required: float
) -> None:
    bought = purchases_by_fuel(totals, shares, np.full(3, required), np.ones(3), ELECTRIC)
    assert bought.sum(axis=1).tolist() == totals.tolist()
    assert np.all(bought >= 0)
    assert np.all(bought[:, ELECTRIC] >= totals * required - 1e-6)


@pytest.mark.parametrize(("total", "electric"), [(1, 1), (2, 1), (3, 2), (4, 2)])
def test_half_of_an_odd_number_is_rounded_up_for_the_quota(total: int, electric: int) -> None:
    gas_alone = np.array([[0.0, 1.0, 0.0, 0.0]])
    bought = purchases_by_fuel(np.array([total]), gas_alone, np.array([0.5]), np.ones(1), ELECTRIC)
    assert bought[0].tolist() == [0, total - electric, 0, electric]


@given(FLEETS, st.integers(0, 20_000))
def test_the_oldest_go_first_and_no_more_than_asked(fleets: np.ndarray, number: int) -> None:
    gone = oldest_first(fleets, np.full(2, number))
    assert np.all((gone >= 0) & (gone <= fleets))
    assert gone.sum(axis=(1, 2)).tolist() == np.minimum(fleets.sum(axis=(1, 2)), number).tolist()
    staying = (fleets - gone).sum(axis=1)
    for operator in range(2):
        youngest_gone = np.flatnonzero(gone[operator].sum(axis=0))
        if youngest_gone.size:
            assert staying[operator, youngest_gone[0] + 1 :].sum() == 0


@given(FLEETS)
def test_a_birthday_loses_no_vehicle(fleets: np.ndarray) -> None:
    older = one_year_older(fleets)
    assert older.sum() == fleets.sum()
    assert older[..., 0].sum() == 0
    assert older[..., -1].tolist() == (fleets[..., -1] + fleets[..., -2]).tolist()


@pytest.mark.parametrize(
    ("budget", "eligible", "number"),
    [(999.0, 0, 9), (1000.0, 0, 10), (1000.0, 100, 20), (1000.0, 10, 15), (0.0, 100, 0)],
)
def test_a_subsidy_stretches_the_budget_over_those_who_earn_it(
    budget: float, eligible: int, number: int
) -> None:
    bought = affordable(
        np.array([budget]), np.array([100.0]), np.array([50.0]), np.array([eligible])
    )
    assert bought.tolist() == [number]


def test_a_subsidy_above_the_price_is_still_bounded_by_who_earns_it() -> None:
    bought = affordable(np.zeros(1), np.array([100.0]), np.array([150.0]), np.array([10]))
    assert bought.tolist() == [15]
