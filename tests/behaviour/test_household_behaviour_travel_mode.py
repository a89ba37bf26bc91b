"""How residents travel: shares of modes by hand, and what moves them which way."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from transition_model.behaviour.travel_mode import mode_shares

utilities = st.floats(min_value=-5.0, max_value=5.0)


def shares(
    green: float, public: float, hired: float, car: float, at_hand: float
) -> tuple[float, float]:
    found = mode_shares(*(np.array([value]) for value in (green, public, hired, car, at_hand)))
    return float(found[0][0]), float(found[1][0])


def test_shares_by_hand() -> None:
    # Without a car: 1 walks, 2 ride, 1 is hired. With it the car is worth 4, half of the trips.
    green, by_car = shares(0.0, np.log(2.0), 0.0, np.log(4.0), 0.5)
    assert_allclose(by_car, 0.5 * 4.0 / 8.0)
    assert_allclose(green, 0.5 * 3.0 / 4.0 + 0.5 * 3.0 / 8.0)


@given(utilities, utilities, utilities, utilities, st.floats(min_value=0.0, max_value=1.0))
def test_shares_are_shares_and_a_car_at_hand_is_never_greener(
    green: float, public: float, hired: float, car: float, at_hand: float
) -> None:
    greens, by_car = shares(green, public, hired, car, at_hand)
    without, none = shares(green, public, hired, car, 0.0)
    assert none == 0.0
    assert 0.0 <= by_car <= at_hand
    assert 0.0 <= greens <= without <= 1.0
    assert greens + by_car <= 1.0 + 1e-12


@given(utilities, utilities, utilities, utilities)
def test_better_public_transport_draws_from_cars_and_a_better_car_from_green_modes(
    green: float, public: float, hired: float, car: float
) -> None:
    here = shares(green, public, hired, car, 0.7)
    served, driving = (shares(green, p, hired, c, 0.7) for p, c in
                       ((public + 0.1, car), (public, car + 0.1)))  # fmt: skip
    assert served[0] > here[0] > driving[0]
    assert served[1] < here[1] < driving[1]
