"""Dearer electricity makes firms produce less, stop, and hardly ever close."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transition_model.behaviour.production import (
    exit_hazard,
    margin_after_price,
    output_response,
    productivity_change,
    running_share,
)


def test_the_ordinary_price_leaves_output_alone() -> None:
    assert output_response(np.ones(3), np.array([0.0, 0.1, 0.5]), -0.4) == pytest.approx(1.0)


@given(st.floats(1.0, 10.0), st.floats(1.0, 10.0), st.floats(0.0, 0.8))
def test_a_higher_price_never_raises_output(first: float, second: float, share: float) -> None:
    low, high = sorted((first, second))
    response = output_response(np.array([low, high]), np.full(2, share), -0.4)
    assert response[1] <= response[0]


def test_electricity_hungry_trades_answer_more() -> None:
    cement, aluminium = output_response(np.full(2, 1.2), np.array([0.15, 0.40]), -0.4)
    assert aluminium < cement < 1.0


def test_buyers_bear_what_is_passed_through() -> None:
    margin = margin_after_price(np.array([0.1]), np.array([1.5]), np.array([0.4]), 0.75)
    assert margin == pytest.approx([0.05])


@pytest.mark.parametrize(
    ("margin", "running"), [(-0.031, 0.0), (-0.03, 0.0), (-0.015, 0.5), (0.0, 1.0), (0.1, 1.0)]
)
def test_production_stops_between_the_shutdown_margin_and_its_band(
    margin: float, running: float
) -> None:
    assert running_share(np.array([margin]), -0.03, 0.03) == pytest.approx([running])


def test_ten_times_the_price_stops_an_aluminium_smelter() -> None:
    margin = margin_after_price(np.array([0.12]), np.array([10.0]), np.array([0.4]), 0.5)
    assert running_share(margin, -0.03, 0.03) == pytest.approx([0.0])


def test_the_surcharge_moves_exit_by_less_than_a_percentage_point_a_year() -> None:
    without = exit_hazard(np.array([0.05]), np.array([0.0]), 0.01)
    under = exit_hazard(np.array([0.05]), np.array([0.3]), 0.01)
    assert without < under <= without + 0.01


def test_productivity_falls_for_two_years_and_ends_above_where_it_began() -> None:
    level, path = 1.0, []
    for month in range(72):
        change = productivity_change(np.array([float(month)]), 0.012, 24.0, 0.018, 24.0)
        level *= 1.0 + float(change[0])
        path.append(level)
    assert path[23] == pytest.approx((1.0 - 0.001) ** 24)
    assert min(path) == path[23]
    assert path[-1] > 1.0
    assert path[47] == path[-1]
