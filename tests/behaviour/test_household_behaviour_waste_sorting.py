"""Sorting waste: intention, participation, habit, and what ends up in the right bin."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from transition_model.behaviour.waste_sorting import (
    food_capture,
    habit_next,
    intention,
    participation,
    recyclables_capture,
    reward_push,
    sorted_share,
)

type Array = NDArray[np.float64]

SHARE = st.floats(min_value=0.0, max_value=1.0)
SHARES = arrays.arrays(float, 6, elements=SHARE)
STAFFED, UNSTAFFED = np.ones(6, dtype=bool), np.zeros(6, dtype=bool)
WEIGHTS = (0.25, 0.33, 0.28)


@given(SHARES, SHARES, SHARES)
def test_intention_lies_between_the_least_and_the_most_of_its_causes(
    attitude: Array, norm: Array, control: Array
) -> None:
    wish = intention(attitude, norm, control, WEIGHTS)
    causes = np.stack([attitude, norm, control])
    assert (wish >= causes.min(axis=0) - 1e-12).all()
    assert (wish <= causes.max(axis=0) + 1e-12).all()


def test_each_cause_counts_by_its_weight() -> None:
    nothing, everything = np.zeros(1), np.ones(1)
    for place, weight in enumerate(WEIGHTS):
        causes = [everything if cause == place else nothing for cause in range(3)]
        assert intention(*causes, WEIGHTS)[0] == pytest.approx(weight / sum(WEIGHTS))


@given(SHARES)
def test_who_intends_more_takes_part_no_less(wish: Array) -> None:
    part = participation(np.sort(wish), np.zeros(6), 8.0, 0.78)
    assert ((part > 0.0) & (part < 1.0)).all()
    assert (np.diff(part) >= 0.0).all()


def test_half_take_part_where_intention_meets_the_threshold() -> None:
    part = participation(np.array([0.78, 0.40]), np.array([0.0, 0.38]), 8.0, 0.78)
    assert_allclose(part, [0.5, 0.5])


@given(SHARES)
def test_staff_at_the_point_never_keep_anybody_away(wish: Array) -> None:
    staffed = participation(wish, 0.38 * STAFFED, 8.0, 0.78)
    assert (staffed >= participation(wish, 0.38 * UNSTAFFED, 8.0, 0.78)).all()


@given(SHARES, SHARES, SHARE, SHARE)
def test_a_habit_moves_toward_participation_and_not_past_it(
    habit: Array, part: Array, rise: float, fall: float
) -> None:
    after = habit_next(habit, part, rise, fall)
    low, high = np.minimum(habit, part), np.maximum(habit, part)
    assert ((after >= low - 1e-12) & (after <= high + 1e-12)).all()


def test_a_habit_grows_at_one_speed_and_fades_at_another() -> None:
    after = habit_next(np.array([0.2, 0.8, 0.5]), np.array([0.8, 0.2, 0.5]), 0.25, 0.05)
    assert_allclose(after, [0.2 + 0.25 * 0.6, 0.8 - 0.05 * 0.6, 0.5])


def test_a_habit_reaches_participation_in_the_end() -> None:
    habit = np.array([0.0, 1.0])
    for month in range(1, 25):
        habit = habit_next(habit, np.full(2, 0.6), 0.25, 0.05)
        assert_allclose(habit, [0.6 * (1 - 0.75**month), 0.6 + 0.4 * 0.95**month], rtol=1e-9)


@given(SHARES)
def test_what_arrives_is_no_more_than_what_is_sorted_and_that_no_more_than_who_takes_part(
    habit: Array,
) -> None:
    for staff, arrived in ((UNSTAFFED, 0.4 * 0.6 * 0.14), (STAFFED, 0.95 * 0.6)):
        clean = sorted_share(habit, staff, 0.4, 0.95)
        food = food_capture(clean, staff, 0.6, 0.14)
        assert (food <= clean).all() and (clean <= habit).all()
        assert_allclose(food, arrived * habit)


def test_almost_everybody_may_take_part_and_hardly_anything_arrive() -> None:
    everybody = np.full(6, 0.98)
    arrived = food_capture(sorted_share(everybody, UNSTAFFED, 0.4, 0.95), UNSTAFFED, 0.6, 0.14)
    assert (arrived < 0.05).all()


def test_a_reward_moves_less_who_sorts_with_all_peers() -> None:
    push = reward_push(np.full(3, 2.0), np.array([0.0, 0.5, 1.0]), 0.03, 0.15)
    assert_allclose(push, [0.06, 0.0555, 0.051])


@given(SHARES, SHARE)
def test_recyclables_leave_the_bin_anyway_and_more_where_it_is_sorted(
    clean: Array, base: float
) -> None:
    plain = recyclables_capture(np.sort(clean), base, 0.4, np.zeros(6))
    paid = recyclables_capture(np.sort(clean), base, 0.4, np.full(6, 0.05))
    assert ((plain >= base) & (paid <= 1.0 + 1e-12)).all()
    assert (np.diff(plain) >= -1e-12).all() and (paid >= plain).all()
    assert recyclables_capture(np.zeros(1), base, 0.4, np.zeros(1))[0] == base
