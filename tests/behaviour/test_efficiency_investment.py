"""A firm adopts what pays back in time, sooner when audited; the limit decides on its class."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transition_model.behaviour.efficiency_investment import (
    acceptance,
    avoided_surcharge,
    class_after,
    consideration,
    energy_price,
    finance_factor,
    measures_to_limit,
    payback,
)

ENCOURAGED, ALLOWED, RESTRICTED, ELIMINATED = range(4)
PENALISED = np.array([False, False, True, True])


@pytest.mark.parametrize(
    ("specific_energy", "after"), [(1.0001, RESTRICTED), (1.0, ALLOWED), (0.9999, ALLOWED)]
)
def test_a_restricted_firm_is_allowed_from_the_limit_down(
    specific_energy: float, after: int
) -> None:
    found = class_after(
        np.array([RESTRICTED]), np.array([specific_energy]), np.ones(1), PENALISED, ALLOWED
    )
    assert found.tolist() == [after]


def test_an_eliminated_firm_below_the_limit_is_allowed_too() -> None:
    found = class_after(np.array([ELIMINATED]), np.array([0.9]), np.ones(1), PENALISED, ALLOWED)
    assert found.tolist() == [ALLOWED]


def test_an_encouraged_firm_stays_what_it_is_on_either_side() -> None:
    found = class_after(
        np.full(2, ENCOURAGED), np.array([0.7, 1.3]), np.ones(2), PENALISED, ALLOWED
    )
    assert found.tolist() == [ENCOURAGED, ENCOURAGED]


@pytest.mark.parametrize(("ratio", "measures"), [(0.9, 1), (1.03, 1), (1.05, 2), (1.2, 5)])
def test_the_way_to_the_limit_is_counted_in_measures(ratio: float, measures: int) -> None:
    saving = np.array([0.04])
    found = measures_to_limit(np.array([ratio]), np.ones(1), saving)
    assert found.tolist() == [measures]
    assert ratio * (1.0 - 0.04) ** measures <= 1.0


def test_a_surcharge_makes_the_measure_at_the_limit_worth_more() -> None:
    near, far = avoided_surcharge(
        np.full(2, 0.1), np.full(2, 0.5), np.array([1.0, 5.0]), np.full(2, 0.04), 1e6 / 300.0
    )
    assert near == pytest.approx(5.0 * far)
    assert near == pytest.approx(0.1 * 0.5 * 1e6 / 300.0 / 0.04)


def test_the_price_of_energy_lies_between_fuel_and_electricity() -> None:
    prices = energy_price(np.array([0.0, 0.5, 1.0]), np.full(3, 0.6), 1400.0, 1e6 / 300.0)
    assert prices == pytest.approx([1400.0, 1700.0, 2000.0])


def test_energy_for_nothing_never_pays_a_measure_back() -> None:
    never = payback(np.array([5000.0]), np.array([0.0]))
    assert acceptance(never, np.array([3.3]), 2.0) == pytest.approx([0.0], abs=1e-9)


def test_half_of_the_firms_accept_the_payback_at_their_threshold() -> None:
    accepted = acceptance(np.array([2.0, 3.3, 5.0]), np.full(3, 3.3), 2.0)
    assert accepted[1] == pytest.approx(0.5)
    assert accepted[0] > 0.5 > accepted[2]


@given(st.floats(0.0, 0.03), st.floats(0.0, 0.03))
def test_a_deeper_interest_discount_never_makes_capital_dearer(a: float, b: float) -> None:
    small, large = sorted((a, b))
    assert finance_factor(0.04, large, 0.6, 8.0) <= finance_factor(0.04, small, 0.6, 8.0) <= 1.0


def test_a_discount_beyond_the_rate_counts_as_an_interest_free_loan() -> None:
    assert finance_factor(0.02, 0.03, 1.0, 8.0) == finance_factor(0.02, 0.02, 1.0, 8.0)


def test_no_search_and_no_audit_means_no_look() -> None:
    assert consideration(0.0, 0.0, np.ones(1), 0.47, 0.25) == pytest.approx([0.0])


def test_audits_and_peers_make_firms_look() -> None:
    alone = consideration(0.15, 0.0, np.zeros(1), 0.47, 0.25)
    audited = consideration(0.15, 0.3, np.zeros(1), 0.47, 0.25)
    among_peers = consideration(0.15, 0.3, np.ones(1), 0.47, 0.25)
    assert alone < audited < among_peers < 1.0


def test_an_audit_of_all_firms_every_quarter_reaches_everybody() -> None:
    assert consideration(0.0, 4.0, np.zeros(1), 0.0, 0.25) == pytest.approx([1.0])
