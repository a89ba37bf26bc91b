"""Draws that make the population, row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from transition_model.compilation import kernel
from transition_model.kernels.draws import uniform


@kernel
def class_of_draw(bounds: NDArray[np.float64], draw: float) -> int:
    """The class that holds a draw.

    Parameters
    ----------
    bounds
        Shares of the classes, added up, shape (k,); they need not end at 1.
    draw
        Uniform on [0, 1).
    """
    last = len(bounds) - 1
    place = 0
    while place < last and bounds[place] <= draw * bounds[last]:
        place += 1
    return place


@kernel
def draw_classes(
    bounds: NDArray[np.float64], key: np.uint64, first: int, drawn: NDArray[np.int8]
) -> None:
    """Class of each row.

    Parameters
    ----------
    bounds
        Shares of the classes, added up, shape (k,).
    key
        Of :func:`.random_streams.month_key`.
    first
        Number of the first class.
    drawn
        Where the classes are written, shape (n,).
    """
    for row in range(len(drawn)):
        drawn[row] = first + class_of_draw(bounds, uniform(key, row))


@kernel
def weigh(number: NDArray[Any], weight: NDArray[np.float64], total: NDArray[np.float64]) -> None:
    """Add each row's weight to that of its number; shapes (n,), (n,) and (numbers,)."""
    for row in range(len(number)):
        total[number[row]] += weight[row]


@kernel
def weight_below(
    rank: NDArray[Any],
    weight: NDArray[np.float64],
    passed: NDArray[np.float64],
    below: NDArray[np.float64],
) -> None:
    """Weight of all rows that rank lower, and half of one's own.

    Parameters
    ----------
    rank
        Of each row, shape (n,); rows of one rank follow each other as they stand.
    weight
        Of each row, shape (n,).
    passed
        Weight of all lower ranks, by rank; is used up.
    below
        Filled, shape (n,).
    """
    for row in range(len(rank)):
        below[row] = passed[rank[row]] + 0.5 * weight[row]
        passed[rank[row]] += weight[row]
