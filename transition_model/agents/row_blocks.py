"""Blocks of rows: sums are made block by block, so that they do not depend on who makes them."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_ROWS = 4_096
_BLOCKS = 100
_WORTH_SHARING = 2 * 2 * _ROWS

KEPT_ROWS = 1 + np.iinfo(np.uint16).max
"""Up to so many rows decisions are kept until the month is closed, and for good what columns imply;
of more rows they are worked out again, for they would take more room than all that is known of a
household."""

_ROWS_AT_HAND = 1 + np.iinfo(np.uint16).max


def at_hand(rows: int) -> list[slice]:
    """All rows, some at a time.

    A number of each row in double precision would be more than anything that a population keeps.
    """
    firsts = range(0, rows, _ROWS_AT_HAND)
    return [slice(first, min(first + _ROWS_AT_HAND, rows)) for first in firsts]


@cache
def block_bounds(rows: int) -> NDArray[np.int64]:
    """First row of every block, and the number of rows; shape (blocks + 1,).

    Blocks depend on the number of rows alone: a few thousand rows each, and not too many blocks.
    """
    each = max(_ROWS, -(-rows // _BLOCKS))
    return np.array([*range(0, rows, each), rows], dtype=np.int64)


def slices(bounds: NDArray[np.int64]) -> list[slice]:
    """Rows of every block."""
    return [slice(first, last) for first, last in pairwise(bounds.tolist())]


def threads_for(rows: int) -> int:
    """How many threads work on so many rows if nobody says it: fewer are not worth handing over."""
    return len(os.sched_getaffinity(0)) if rows >= _WORTH_SHARING else 1


def in_parts[T](work: Callable[[int, int], T], blocks: int, threads: int) -> list[T]:
    """Have several threads work on blocks of rows, this one on the first part.

    Parameters
    ----------
    work
        Works from a block to another (not included); writes nothing that another part reads.
    blocks, threads
        How many there are.

    Returns
    -------
    list
        What the parts return, in order.
    """
    parts = min(threads, blocks)
    if parts <= 1:
        return [work(0, blocks)]
    bounds = [blocks * part // parts for part in range(parts + 1)]
    others = [_hands(parts - 1).submit(work, *part) for part in pairwise(bounds[1:])]
    try:
        own = work(*bounds[:2])
    finally:
        # Nobody works on the rows any more when this returns.
        found = [other.result() for other in others]
    return [own, *found]


def side_by_side[A, B](one: Callable[[], A], other: Callable[[], B], threads: int) -> tuple[A, B]:
    """Have two things worked out, neither of which writes what the other reads.

    One after the other where there is a single thread.
    """
    if threads <= 1:
        return one(), other()
    under_way = _hands(1).submit(other)
    try:
        first = one()
    finally:
        # Nobody works on it any more when this returns.
        second = under_way.result()
    return first, second


@cache
def _hands(count: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(count, thread_name_prefix="rows")


# A process that is forked has no threads but the one that forked it.
os.register_at_fork(after_in_child=_hands.cache_clear)
