"""Present values have closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transition_model.behaviour.discounting import present_value_factor


def test_without_interest_ten_yuan_in_ten_years_are_worth_ten() -> None:
    assert present_value_factor(0.0, 10.0) == pytest.approx(10.0)


@given(st.floats(1e-12, 0.5), st.integers(0, 30))
def test_the_factor_is_the_sum_of_discounted_years(rate: float, years: int) -> None:
    total = float(np.sum((1.0 + rate) ** -np.arange(1.0, years + 1.0)))
    assert present_value_factor(rate, years) == pytest.approx(total, rel=1e-9)
