"""Kernels draw the numbers that numpy draws."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from transition_model import random_streams
from transition_model.kernels import draws


@given(
    seed=st.integers(0, 2**31),
    purpose=st.text(max_size=12),
    row=st.integers(0, 12_040_000),
    month=st.integers(0, 30_000),
)
def test_a_row_draws_the_same_number_in_a_kernel(
    seed: int, purpose: str, row: int, month: int
) -> None:
    key = random_streams.month_key(seed, purpose, month)
    by_numpy = random_streams.uniform(seed, purpose, np.array([row]), month)
    assert draws.uniform(key, row) == by_numpy[0]
