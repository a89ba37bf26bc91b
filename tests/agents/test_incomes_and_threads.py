"""What is worked out once an income, and side by side."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from transition_model.agents.incomes import Incomes
from transition_model.agents.row_blocks import side_by_side


def test_each_income_stands_once_and_every_row_finds_its_own() -> None:
    income = np.array([4e4, 9e4, 4e4, 1e5, 9e4])
    incomes = Incomes.of(income)
    assert_array_equal(incomes.yuan, [4e4, 9e4, 1e5])
    assert_array_equal(incomes.rows(incomes.yuan), income)
    table: NDArray[np.float64] = np.arange(6.0).reshape(3, 2)
    assert_array_equal(incomes.rows(table), table[[0, 1, 0, 2, 1]])


@pytest.mark.parametrize("threads", [1, 2])
def test_two_things_are_worked_out_in_as_many_threads_as_there_are(threads: int) -> None:
    one, other = side_by_side(threading.get_ident, threading.get_ident, threads)
    assert one == threading.get_ident()
    assert (other == one) == (threads == 1)


@pytest.mark.parametrize("threads", [1, 2])
def test_what_goes_wrong_in_either_is_heard(threads: int) -> None:
    def fails() -> None:
        raise ZeroDivisionError

    for pair in ((fails, int), (int, fails)):
        with pytest.raises(ZeroDivisionError):
            side_by_side(*pair, threads)
