"""Rows in rising order, kept as runs of neighbours: a list of them takes four bytes a row."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transition_model.compilation import part


class RowRuns(NamedTuple):
    """Some rows.

    Attributes
    ----------
    first
        First row of every run, rising, shape (runs,).
    place
        Rows of all runs before, and how many rows there are, shape (runs + 1,).
    """

    first: NDArray[np.int64]
    place: NDArray[np.int64]


@part
def list_rows(runs: RowRuns, start: int, end: int, rows: NDArray[np.uint32]) -> None:
    """Write the rows from a place among all of them to another (not included)."""
    run, beyond = 0, len(runs.first)
    while run + 1 < beyond:
        middle = (run + beyond) // 2
        if runs.place[middle] <= start:
            run = middle
        else:
            beyond = middle
    written = 0
    while written < end - start:
        row = runs.first[run] + start + written - runs.place[run]
        until = min(end, runs.place[run + 1]) - start
        for place in range(written, until):
            rows[place] = row + place - written
        written = until
        run += 1
