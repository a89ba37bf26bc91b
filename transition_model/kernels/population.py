"""Draws that make the population, row by row."""

from __future__ import annotations

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
def link(
    rewired: np.uint64, anybody: np.uint64, share: float, step: int, links: NDArray[np.int32]
) -> None:
    """One link of each row in a small world.

    Parameters
    ----------
    rewired, anybody
        Keys of the draws whether a link is rewired, and to whom.
    share
        Share of the links that are rewired.
    step
        Rows from a row to its neighbour in the ring.
    links
        Where the rows that are linked to are written, shape (n,).
    """
    rows = len(links)
    for row in range(rows):
        away = step
        if uniform(rewired, row) < share:
            # Anybody but oneself: a step of 1 to rows - 1 round the table.
            away = 1 + int(uniform(anybody, row) * (rows - 1))
        links[row] = (row + away) % rows
