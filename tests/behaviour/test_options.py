"""Sums and choices over a few options."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_allclose

from transition_model.behaviour import options

NUMBERS = arrays(float, array_shapes(max_dims=3, max_side=5), elements=st.floats(-50.0, 50.0))


@given(NUMBERS)
def test_option_by_option_gives_what_numpy_gives_along_the_last_axis(values: np.ndarray) -> None:
    assert_allclose(options.total(values), values.sum(axis=-1), atol=1e-12)
    assert_allclose(options.highest(values), values.max(axis=-1))
    assert_allclose(options.added_up(values), np.cumsum(values, axis=-1), atol=1e-12)
    assert options.total(values > 0.0).tolist() == (values > 0.0).sum(axis=-1).tolist()


@given(NUMBERS)
def test_shares_of_a_logit_make_the_whole_and_follow_the_utility(utility: np.ndarray) -> None:
    shares = options.logit(utility)
    assert_allclose(shares.sum(axis=-1), 1.0)
    assert_allclose(options.expected(shares, np.ones(utility.shape[-1])), 1.0)
    order = np.argsort(utility, axis=-1)
    assert (np.diff(np.take_along_axis(shares, order, axis=-1), axis=-1) >= 0.0).all()


def test_an_option_of_weight_nothing_is_never_chosen_and_others_share_by_weight() -> None:
    shares = options.logit(np.zeros((1, 3)), np.array([1.0, 0.0, 3.0]))
    assert_allclose(shares, [[0.25, 0.0, 0.75]])


def test_nothing_that_is_handed_in_is_changed() -> None:
    values = np.array([[1.0, 2.0, 3.0]])
    for of in (options.total, options.highest, options.added_up, options.logit):
        of(values)
    options.expected(values, values)
    assert values.tolist() == [[1.0, 2.0, 3.0]]
