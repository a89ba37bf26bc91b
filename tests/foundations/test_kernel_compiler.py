"""Kernels are compiled whole, and numba finds nothing changed behind them."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from numba.core.compiler_machinery import PassManager
from numba.core.errors import TypingError
from numba.core.inline_closurecall import InlineWorker
from numba.core.types.functions import BaseFunction

from transition_model.compilation import formula, kernel, part


@formula
def _square(value: float) -> float:
    return value * value


@part
def _sum_of_squares(values: np.ndarray) -> float:
    total = 0.0
    for value in values:
        total += _square(value)
    return total


@part
def _length(values: np.ndarray) -> float:
    return np.sqrt(_sum_of_squares(values))


@kernel
def _distance(start: np.ndarray, end: np.ndarray) -> float:
    between = np.empty(len(start))
    for axis in range(len(start)):
        between[axis] = end[axis] - start[axis]
    return _length(between)


@kernel
def _way(stops: np.ndarray) -> float:
    total = 0.0
    for stop in range(1, len(stops)):
        total += _distance(stops[stop - 1], stops[stop])
    return total + _length(stops[0]) + _length(stops[0]) - _sum_of_squares(stops[0])


def test_parts_of_parts_and_kernels_in_kernels_are_taken_in() -> None:
    assert _way(np.array([[0.6, 0.8], [3.6, 4.8], [3.6, 0.8]])) == pytest.approx(5.0 + 4.0 + 1.0)
    assert _distance(np.zeros(2), np.array([3.0, 4.0])) == 5.0


def test_a_kernel_serves_arguments_of_other_types() -> None:
    assert _distance(np.zeros(2, np.int64), np.array([3, 4])) == 5.0


def test_a_compilation_leaves_numba_and_the_memory_as_they_were() -> None:
    before = [BaseFunction.get_call_type, InlineWorker.run_untyped_passes, PassManager._ENFORCING]
    _distance(np.zeros(2, np.float32), np.zeros(2, np.float32))
    after = [BaseFunction.get_call_type, InlineWorker.run_untyped_passes, PassManager._ENFORCING]
    assert after == before
    assert gc.isenabled()


def test_so_does_one_that_fails() -> None:
    before = BaseFunction.get_call_type
    with pytest.raises(TypingError, match="unicode_type"):
        _distance("here", "there")
    assert BaseFunction.get_call_type is before
    assert gc.isenabled()
