"""Who wins a tonne of waste: formal plants, informal buyers, and among plants the best bidder."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from transition_model.behaviour import recycling_bids as bids

VALUE = np.array([2600.0])
PREMIUM = np.array([0.15])
SENSITIVITY = 6.0


def share_at(enforcement: float, bid: float = 1500.0, reference: float = 0.4) -> float:
    """Formal share of a kind with one bid, whose reference share was seen at enforcement 0.3."""
    constant = bids.channel_constant(np.array([reference]), SENSITIVITY, PREMIUM, 0.3, np.zeros(1))
    informal = bids.informal_bid(np.array([bid]), VALUE, PREMIUM, enforcement)
    return float(
        bids.formal_share(
            bids.attraction(np.array([bid]), VALUE, SENSITIVITY),
            bids.attraction(informal, VALUE, SENSITIVITY),
            constant,
        )[0]
    )


def test_a_bid_is_what_is_left_of_the_value() -> None:
    bid = bids.formal_bid(
        np.array([2000.0]), np.array([500.0]), np.array([100.0]), np.array([400.0])
    )
    assert_allclose(bid, [1000.0])


@pytest.mark.parametrize(("value", "bid"), [(999.0, 0.0), (1000.0, 0.0), (1001.0, 1.0)])
def test_nobody_bids_below_zero(value: float, bid: float) -> None:
    one = np.array([500.0])
    assert_allclose(bids.formal_bid(np.array([value]), one, one, np.zeros(1)), [bid])


def test_informal_buyers_bid_the_premium_more_until_inspections_take_it_away() -> None:
    bid = np.array([1000.0])
    assert_allclose(bids.informal_bid(bid, VALUE, PREMIUM, 0.0), [1390.0])
    assert_allclose(bids.informal_bid(bid, VALUE, PREMIUM, 1.0), [1000.0])


def test_the_reference_share_comes_back_under_reference_enforcement() -> None:
    assert share_at(0.3) == pytest.approx(0.4, abs=1e-12)
    assert share_at(0.3, reference=0.25) == pytest.approx(0.25, abs=1e-12)


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_more_enforcement_never_lowers_the_formal_share(first: float, second: float) -> None:
    low, high = sorted([first, second])
    assert share_at(low) <= share_at(high)


def test_without_a_plant_nothing_is_formal() -> None:
    share = bids.formal_share(np.zeros(1), np.ones(1), np.zeros(1))
    assert_allclose(share, [0.0])


def test_certificates_do_nothing_without_payment_and_everything_with_endless_payment() -> None:
    assert bids.with_certificates(0.4, 0.0, 17000.0) == 0.4
    assert bids.with_certificates(0.4, 1e9, 17000.0) == 1.0
    assert 0.4 < bids.with_certificates(0.4, 5000.0, 17000.0) < 0.7


def test_equal_bids_give_equal_utilisation() -> None:
    utilisation = bids.utilisation_by_bid(np.array([10.0, 30.0]), np.ones(2), 10.0)
    assert_allclose(utilisation, [0.25, 0.25])


def test_the_better_bidder_fills_first_and_what_it_cannot_take_goes_on() -> None:
    utilisation = bids.utilisation_by_bid(np.array([10.0, 10.0]), np.array([9.0, 1.0]), 15.0)
    assert_allclose(utilisation, [1.0, 0.5])


@pytest.mark.parametrize(("throughput", "expected"), [(0.0, 0.0), (40.0, 1.0), (41.0, 1.0)])
def test_plants_stand_idle_without_waste_and_never_take_more_than_they_can(
    throughput: float, expected: float
) -> None:
    utilisation = bids.utilisation_by_bid(np.array([10.0, 30.0]), np.array([1.0, 2.0]), throughput)
    assert_allclose(utilisation, [expected, expected])


@given(
    st.lists(st.tuples(st.floats(0.0, 1e6), st.floats(1e-3, 1e3)), min_size=1, max_size=30),
    st.floats(0.0, 1.5),
)
def test_plants_together_treat_the_throughput(
    plants: list[tuple[float, float]], filled: float
) -> None:
    capacity, weight = (np.array(column) for column in zip(*plants, strict=True))
    throughput = filled * capacity.sum()
    utilisation = bids.utilisation_by_bid(capacity, weight, throughput)
    assert np.all((utilisation >= 0.0) & (utilisation <= 1.0))
    treated = min(throughput, capacity.sum())
    assert_allclose(utilisation @ capacity, treated, rtol=1e-9, atol=1e-9)


def test_what_only_formal_plants_get_raises_their_share_above_that_of_the_record() -> None:
    seen, later = (
        bids.channel_constant(np.array([0.4]), SENSITIVITY, PREMIUM, 0.3, np.array([relief]))
        for relief in (0.1, 0.0)
    )
    # A share that was seen with relief needs less liking for the formal channel.
    assert later[0] - seen[0] == pytest.approx(SENSITIVITY * 0.1)


def test_relief_adds_money_for_treatment_refunds_and_invoices() -> None:
    relief = bids.relief_of_rules(
        np.array([1000.0, 0.0]),
        0.2,
        np.array([3000.0, 2000.0]),
        0.1,
        np.array([-0.3, 0.0]),
        np.array([1.0, 0.5]),
        0.02,
    )
    assert relief == pytest.approx([200.0 - 90.0 + 60.0, 20.0])


@pytest.mark.parametrize(
    ("in_force", "with_car", "pull"), [(0.0, 0.6, 0.0), (1.0, 0.0, 0.0), (0.5, 0.6, 0.225)]
)
def test_a_stripped_vehicle_pulls_its_battery_to_formal_plants(
    in_force: float, with_car: float, pull: float
) -> None:
    assert bids.battery_pull(500.0, 4000.0, 6.0, in_force, with_car) == pytest.approx(pull)
