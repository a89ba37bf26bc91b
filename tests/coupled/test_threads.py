"""How many threads work on the rows makes no difference to a single digit."""

from __future__ import annotations

import os

import pytest
from numpy.testing import assert_array_equal

from transition_model import TransitionModel
from transition_model.agents.households import Household
from transition_model.agents.row_blocks import in_parts, threads_for

ROWS = 9_001
"""Three blocks, the last one short."""


def run(threads: int, months: int) -> TransitionModel:
    model = TransitionModel(households=ROWS, threads=threads)
    model.run_for(months)
    return model


def test_series_and_columns_are_the_same_with_one_thread_and_with_several() -> None:
    # Till beyond the months in which rules begin, run out of money and pause.
    alone = run(1, 70)
    for threads in (2, 5):
        together = run(threads, 70)
        expected = alone.recorder.series().values
        for name, path in together.recorder.series().values.items():
            assert_array_equal(path, expected[name], err_msg=name)
        for name, column in alone.agents_by_type[Household].columns.items():
            found = together.agents_by_type[Household].columns[name]
            assert_array_equal(found, column, err_msg=name)


@pytest.mark.parametrize(("blocks", "threads"), [(1, 4), (5, 1), (5, 2), (3, 8)])
def test_every_block_is_worked_on_once_and_in_order(blocks: int, threads: int) -> None:
    parts = in_parts(lambda first, last: list(range(first, last)), blocks, threads)
    assert len(parts) == min(blocks, threads)
    assert [block for part in parts for block in part] == list(range(blocks))


def test_what_goes_wrong_in_a_thread_is_told() -> None:
    def work(first: int, last: int) -> int:
        return 1 // first

    with pytest.raises(ZeroDivisionError):
        in_parts(work, 4, 2)
    with pytest.raises(ZeroDivisionError):
        in_parts(lambda first, last: 1 // (last - 4), 4, 2)


def test_few_households_are_left_to_one_thread_and_many_to_all() -> None:
    assert threads_for(2_000) == 1
    assert threads_for(20_000) == len(os.sched_getaffinity(0))
    assert TransitionModel(households=100).threads == 1


def test_a_forked_process_makes_threads_of_its_own() -> None:
    assert in_parts(lambda first, last: last - first, 4, 2) == [2, 2]
    child = os.fork()
    if child == 0:
        os._exit(int(in_parts(lambda first, last: last - first, 4, 2) != [2, 2]))
    assert os.waitpid(child, 0)[1] == 0
