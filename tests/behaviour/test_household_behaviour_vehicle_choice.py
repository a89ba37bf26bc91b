"""Which powertrain a household buys: familiar options only, dearer ones less, cheaper ones more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

from transition_model.behaviour.vehicle_choice import (
    VehicleOptions,
    VehicleTastes,
    annuity_years,
    base_utility,
    choice_probabilities,
    familiarity_next,
    price_sensitivity,
    with_subsidy,
)

type Array = NDArray[np.float64]

FUEL, HYBRID, ELECTRIC = range(3)
UTILITIES = arrays.arrays(float, (5, 3), elements=st.floats(min_value=-50.0, max_value=50.0))
SHARES = arrays.arrays(float, 5, elements=st.floats(min_value=0.0, max_value=1.0))
RATES = st.floats(min_value=0.0, max_value=0.4)
SENSITIVITY = np.full(5, -0.16)

OPTIONS = VehicleOptions(
    price=np.array([120_000.0, 140_000.0, 150_000.0]),
    tax=np.array([12_000.0, 0.0, 0.0]),
    running_cost=np.array([9_000.0, 5_000.0, 3_000.0]),
    range_km=np.array([600.0, 900.0, 400.0]),
    constant=np.array([0.0, -0.5, -1.0]),
)
TASTES = VehicleTastes(
    range_weight=0.97,
    reference_range_km=400.0,
    home_charging_weight=1.45,
    public_charging_weight=0.2,
    reference_points=0.08,
    peer_weight=1.0,
    attitude_weight=0.15,
)


def utility(
    options: VehicleOptions = OPTIONS,
    sensitivity: float = -0.16,
    annuity: float = 4.0,
    home: bool = False,
    points: float = 0.08,
    peers: float = 0.0,
    attitude: float = 0.0,
) -> Array:
    """Utility of each powertrain to one household."""
    return base_utility(
        options,
        TASTES,
        np.array([sensitivity]),
        annuity,
        np.array([home]),
        points,
        np.array([peers]),
        np.array([attitude]),
    )[0]


# ---------------------------------------------------------------------------- choice


@given(UTILITIES, SHARES)
def test_the_probabilities_of_a_household_sum_to_one(values: Array, familiarity: Array) -> None:
    chosen = choice_probabilities(values, familiarity)
    assert_allclose(chosen.sum(axis=1), 1.0, rtol=1e-12)
    assert (chosen >= 0.0).all()


def test_a_choice_between_equals_is_shared_by_familiarity() -> None:
    chosen = choice_probabilities(np.zeros((3, 3)), np.array([1.0, 0.5, 0.0]))
    assert_allclose(chosen, [[1 / 3, 1 / 3, 1 / 3], [0.5, 0.25, 0.25], [1.0, 0.0, 0.0]])


def test_odds_of_two_options_are_the_exponential_of_the_difference_in_utility() -> None:
    chosen = choice_probabilities(np.array([[0.2, -0.4, 0.9]]), np.ones(1))[0]
    assert chosen[ELECTRIC] / chosen[FUEL] == pytest.approx(np.exp(0.7))
    assert chosen[HYBRID] / chosen[FUEL] == pytest.approx(np.exp(-0.6))


@given(UTILITIES, SHARES, st.floats(min_value=-300.0, max_value=300.0))
def test_only_differences_of_utility_count(values: Array, familiarity: Array, shift: float) -> None:
    assert_allclose(
        choice_probabilities(values + shift, familiarity),
        choice_probabilities(values, familiarity),
        atol=1e-9,
    )


@given(UTILITIES, SHARES, SHARES)
def test_who_is_more_familiar_with_new_energy_buys_fuel_no_more_often(
    values: Array, first: Array, second: Array
) -> None:
    less, more = np.minimum(first, second), np.maximum(first, second)
    assert (
        choice_probabilities(values, more)[:, FUEL]
        <= choice_probabilities(values, less)[:, FUEL] + 1e-12
    ).all()


# ---------------------------------------------------------------------------- subsidy


@given(
    UTILITIES,
    SHARES,
    st.sampled_from([FUEL, HYBRID, ELECTRIC]),
    st.floats(min_value=0.0, max_value=1e5),
)
def test_a_subsidy_never_lowers_the_option_that_it_is_paid_for_and_never_raises_another(
    values: Array, familiarity: Array, option: int, yuan: float
) -> None:
    subsidy = np.zeros(3)
    subsidy[option] = yuan
    before = choice_probabilities(values, familiarity)
    after = choice_probabilities(with_subsidy(values, SENSITIVITY, subsidy), familiarity)
    others = np.arange(3) != option
    assert (after[:, option] >= before[:, option] - 1e-12).all()
    assert (after[:, others] <= before[:, others] + 1e-12).all()


@given(UTILITIES, SHARES, st.floats(min_value=0.0, max_value=1e5))
def test_the_same_subsidy_for_all_changes_no_choice(
    values: Array, familiarity: Array, yuan: float
) -> None:
    same = with_subsidy(values, SENSITIVITY, np.full(3, yuan))
    assert_allclose(
        choice_probabilities(same, familiarity),
        choice_probabilities(values, familiarity),
        atol=1e-9,
    )


def test_a_subsidy_is_worth_as_much_as_a_lower_price() -> None:
    subsidy = np.array([0.0, 0.0, 20_000.0])
    cheaper = utility(replace(OPTIONS, price=OPTIONS.price - subsidy))
    paid = with_subsidy(utility()[None, :], np.array([-0.16]), subsidy)[0]
    assert_allclose(paid, cheaper, rtol=1e-12)
    assert paid[ELECTRIC] - utility()[ELECTRIC] == pytest.approx(0.32)


def test_a_subsidy_leaves_the_utility_without_it_as_it_was() -> None:
    values = np.zeros((5, 3))
    with_subsidy(values, SENSITIVITY, np.full(3, 1e4))
    assert_array_equal(values, np.zeros((5, 3)))


# ---------------------------------------------------------------------------- utility


def test_utility_is_what_price_tax_running_cost_and_constant_make_of_it() -> None:
    expected = [
        0.0 - 0.16 * (12.0 + 1.2 + 4.0 * 0.9),
        -0.5 - 0.16 * (14.0 + 4.0 * 0.5),
        -1.0 - 0.16 * (15.0 + 4.0 * 0.3),
    ]
    assert_allclose(utility(), expected, rtol=1e-12)


def test_a_charger_at_home_speaks_for_the_battery_alone() -> None:
    assert_allclose(utility(home=True) - utility(), [0.0, 0.0, 1.45], atol=1e-12)


def test_range_counts_by_its_logarithm_and_for_the_battery_alone() -> None:
    farther = replace(OPTIONS, range_km=OPTIONS.range_km * 2.0)
    assert_allclose(utility(farther) - utility(), [0.0, 0.0, 0.97 * np.log(2.0)], atol=1e-12)


def test_public_points_count_by_their_logarithm_and_for_the_battery_alone() -> None:
    gain = utility(points=0.16) - utility(points=0.08)
    assert_allclose(gain, [0.0, 0.0, 0.2 * np.log(2.0)], atol=1e-12)
    assert np.isfinite(utility(points=0.0)).all()
    assert utility(points=0.0)[ELECTRIC] < utility(points=1e-6)[ELECTRIC]


def test_peers_and_attitude_speak_for_everything_with_a_plug() -> None:
    assert_allclose(utility(peers=0.5) - utility(), [0.0, 0.5, 0.5], atol=1e-12)
    assert_allclose(utility(attitude=2.0) - utility(), [0.0, 0.3, 0.3], atol=1e-12)


def test_a_household_that_minds_prices_less_loses_less_to_each_yuan() -> None:
    poor, rich = price_sensitivity(np.array([4e4, 1.6e5]), 8e4, -0.16, -0.3)
    assert poor == pytest.approx(-0.16 * 0.5**-0.3)
    assert rich == pytest.approx(-0.16 * 2.0**-0.3)
    assert poor < -0.16 < rich < 0.0


# ---------------------------------------------------------------------------- discounting


@given(st.floats(min_value=0.01, max_value=0.5), st.integers(min_value=1, max_value=30))
def test_an_annuity_is_the_sum_of_the_discounted_years(rate: float, years: int) -> None:
    expected = sum((1.0 + rate) ** -year for year in range(1, years + 1))
    assert annuity_years(rate, years) == pytest.approx(expected, rel=1e-9)


# ---------------------------------------------------------------------------- familiarity


@given(SHARES, SHARES, RATES, RATES, RATES)
def test_familiarity_stays_between_nothing_and_all(
    familiarity: Array, peers: Array, marketing: float, word: float, forgetting: float
) -> None:
    after = familiarity_next(familiarity, peers, marketing, word, forgetting)
    assert ((after >= 0.0) & (after <= 1.0)).all()


@given(SHARES, SHARES, RATES, RATES)
def test_without_forgetting_nobody_knows_less_than_before(
    familiarity: Array, peers: Array, marketing: float, word: float
) -> None:
    after = familiarity_next(familiarity, peers, marketing, word, 0.0)
    assert (after >= familiarity - 1e-15).all()


def test_familiarity_settles_where_learning_and_forgetting_are_in_balance() -> None:
    known, peers = np.zeros(1), np.full(1, 0.4)
    for _ in range(2_000):
        known = familiarity_next(known, peers, 0.01, 0.05, 0.02)
    exposure = 0.01 + 0.05 * 0.4
    assert known[0] == pytest.approx(exposure / (exposure + 0.02))
