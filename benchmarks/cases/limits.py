"""Limits: what a household and month costs, against what the machine could do at best.

Two yardsticks: every column is read and written once, as fast as memory is copied; and the
exponentials and logarithms of a household's decisions, counted in the numpy path of a run, are
worked out in a loop that does nothing else, as fast as kernels do it. Kernels can fall below the
second, where they look powers up in tables. What a run costs without households is Python, the
other agents, checks and stocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from benchmarks.measuring import Measurement, repeated
from transition_model import TransitionModel
from transition_model.compilation import kernel
from transition_model.kernels.exponential import exponential
from transition_model.run_size import bytes_of_columns

type Array = NDArray[np.float64]

FEW, MANY, MONTHS = 2_000, 20_000, 96
COUNTED_HOUSEHOLDS, COUNTED_MONTHS = 5_000, 96
COPIED = 2**25
IN_CACHE = 2**11
CALLS = 1_000
NANO, GIGA = 1e9, 1e9
FUNCTIONS = ("exp", "expm1", "log", "log1p", "power")


def measure(repeats: int) -> Iterator[Measurement]:
    """Measure the machine, count the work, and set them against a run."""
    source, target = np.ones(COPIED), np.empty(COPIED)
    copies = repeated(lambda: np.copyto(target, source), repeats)
    bandwidth = tuple(2 * source.nbytes / seconds / GIGA for seconds in copies)
    yield Measurement("memory read and written by a copy", "GB/s", bandwidth)
    numbers, results = np.linspace(-1.0, 1.0, IN_CACHE), np.empty(IN_CACHE)
    each = _nanoseconds(lambda: _exponentials(numbers, results), repeats)
    yield Measurement("an exponential in a kernel, one core", "ns", each)
    by_numpy = _nanoseconds(lambda: np.exp(numbers, out=results), repeats)
    yield Measurement("an exponential by numpy, one core", "ns", by_numpy)
    count = _transcendentals()
    yield Measurement(
        "exponentials and logarithms of a household, a month",
        "",
        (count,),
        note=f"counted over {COUNTED_MONTHS} months of the plan",
    )
    by_memory = tuple(2 * bytes_of_columns() / one for one in bandwidth)
    by_arithmetic = tuple(count * one for one in each)
    yield Measurement("columns read and written once, a household and month", "ns", by_memory)
    yield Measurement("these exponentials alone, a household and month", "ns", by_arithmetic)
    few, many = (
        repeated(lambda n=households: _run(n), repeats)  # type: ignore[misc]
        for households in (FEW, MANY)
    )
    rows = tuple(
        NANO * (more - less) / (MANY - FEW) / MONTHS for less, more in zip(few, many, strict=True)
    )
    yield Measurement("measured: a household more, a month", "ns", rows)
    for name, floor in (("memory", by_memory), ("exponentials", by_arithmetic)):
        ratios = tuple(one / least for one, least in zip(rows, floor, strict=True))
        yield Measurement(f"measured over {name} alone", "times", ratios)
    fixed = tuple(
        1e3 * (less - one * FEW * MONTHS / NANO) for less, one in zip(few, rows, strict=True)
    )
    yield Measurement("measured: a run without households", "ms", fixed)


def _run(households: int) -> None:
    model = TransitionModel(households=households, threads=1)
    model.run_for(MONTHS)


@kernel
def _exponentials(numbers: Array, results: Array) -> None:
    """A loop as in a kernel; shapes (n,)."""
    for place in range(numbers.shape[0]):
        results[place] = exponential(numbers[place])


def _nanoseconds(action: Callable[[], object], repeats: int) -> tuple[float, ...]:
    """Nanoseconds a number of an action over all numbers."""

    def often() -> None:
        for _ in range(CALLS):
            action()

    return tuple(NANO * seconds / CALLS / IN_CACHE for seconds in repeated(often, repeats))


def _transcendentals() -> float:
    """Exponentials, logarithms and powers over rows that a household's month takes."""
    model = TransitionModel(households=COUNTED_HOUSEHOLDS, kernels="numpy")
    with _counting(COUNTED_HOUSEHOLDS) as counted:
        model.run_for(COUNTED_MONTHS)
    return sum(counted) / COUNTED_HOUSEHOLDS / COUNTED_MONTHS


@contextmanager
def _counting(rows: int) -> Iterator[list[int]]:
    """Note the numbers of every call over at least half of the rows."""
    counted: list[int] = []

    def noting(function: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*arguments: Any, **options: Any) -> Any:
            result = function(*arguments, **options)
            if 2 * np.size(result) >= rows:
                counted.append(int(np.size(result)))
            return result

        return noted

    originals = {name: noting(getattr(np, name)) for name in FUNCTIONS}
    with patch.multiple(np, **originals):
        yield counted
