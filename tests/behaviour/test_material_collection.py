"""How much of a waste material collectors get hold of."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from transition_model.behaviour import material_collection as collection

REFERENCE = np.array([0.88, 0.70, 0.20])


def test_without_push_the_target_is_the_reference() -> None:
    assert_allclose(collection.collection_target(REFERENCE, np.zeros(2)), [REFERENCE, REFERENCE])


@given(st.floats(-5.0, 5.0), st.floats(-5.0, 5.0))
def test_more_push_never_lowers_a_target_and_none_reaches_one(first: float, second: float) -> None:
    targets = collection.collection_target(REFERENCE, np.sort(np.array([first, second])))
    assert np.all(targets[0] <= targets[1])
    assert np.all((targets > 0.0) & (targets < 1.0))


@pytest.mark.parametrize(("cash", "signal"), [(0.0, -1.0), (-9.0, -1.0), (1.0, 0.0), (9.0, 1.0)])
def test_profitability_counts_the_hurdle_as_zero_and_is_bounded(cash: float, signal: float) -> None:
    assert_allclose(collection.profitability(np.array([cash]), np.array([1.0])), [signal])


def test_half_of_a_gap_is_left_after_eight_months_of_twelve() -> None:
    share = np.array([0.0])
    for _ in range(8):
        share = collection.approached(share, np.array([1.0]), 12.0)
    assert share[0] == pytest.approx(0.5, abs=0.01)


def test_relief_is_a_rise_of_the_price_in_log_points() -> None:
    assert collection.price_signal(0.0, 2000.0) == 0.0
    assert collection.price_signal(200.0, 2000.0) == pytest.approx(np.log(1.1))
    assert collection.price_signal(-200.0, 2000.0) == pytest.approx(np.log(0.9))
