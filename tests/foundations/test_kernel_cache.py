"""A kernel that has been compiled is found by its text, and others can take it in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from transition_model.compilation import kernel
from transition_model.kernel_cache import KernelCache


def _doubled(value: float) -> float:
    return 2.0 * value


def _sum_of_doubled(values: np.ndarray) -> float:
    total = 0.0
    for value in values:
        total += _doubled(value)
    return total


def _as_in_a_new_process(function: Any, folder: Path) -> Any:
    """The function as a kernel that has been called by nobody yet."""
    compiled: Any = kernel(function)
    compiled._cache = KernelCache(function, folder)
    return compiled


def _found_and_missed(compiled: Any) -> tuple[int, int]:
    return sum(compiled.stats.cache_hits.values()), sum(compiled.stats.cache_misses.values())


def test_what_one_process_compiles_the_next_loads(tmp_path: Path) -> None:
    first, second = (_as_in_a_new_process(_doubled, tmp_path) for _ in range(2))
    assert first(1.5) == second(1.5) == 3.0
    assert _found_and_missed(first) == (0, 1)
    assert _found_and_missed(second) == (1, 0)


def test_each_type_of_argument_is_kept_by_itself(tmp_path: Path) -> None:
    first, second = (_as_in_a_new_process(_doubled, tmp_path) for _ in range(2))
    first(1.5)
    assert isinstance(second(np.float32(1.5)), float)
    assert _found_and_missed(second) == (0, 1)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_loaded_kernel_is_taken_in_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _as_in_a_new_process(_doubled, tmp_path)(1.0)
    loaded = _as_in_a_new_process(_doubled, tmp_path)
    monkeypatch.setitem(globals(), "_doubled", loaded)
    assert _as_in_a_new_process(_sum_of_doubled, tmp_path)(np.array([1.0, 2.0])) == 6.0
    assert _found_and_missed(loaded) == (1, 0)


def test_what_has_been_forgotten_or_is_no_longer_kept_is_compiled_anew(tmp_path: Path) -> None:
    first = _as_in_a_new_process(_doubled, tmp_path)
    first(1.5)
    first._cache.flush()
    assert not list(tmp_path.iterdir())
    second = _as_in_a_new_process(_doubled, tmp_path)
    second._cache.disable()
    assert second(1.5) == 3.0
    assert not list(tmp_path.iterdir())
    second._cache.enable()
    assert second(np.float32(1.5)) == 3.0
    assert len(list(tmp_path.iterdir())) == 1


def test_a_function_that_holds_values_of_another_is_not_kept(tmp_path: Path) -> None:
    def times(factor: float) -> Any:
        return _as_in_a_new_process(lambda value: factor * value, tmp_path)

    assert [times(factor)(1.0) for factor in (2.0, 3.0)] == [2.0, 3.0]
    assert not list(tmp_path.iterdir())
