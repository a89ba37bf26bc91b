"""Who has whom among the peers: a ring of rows, and those few links that lead elsewhere.

Of a link that stays in the ring nothing is kept; of the others, row after row, which link it is and
where it leads.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transition_model.compilation import part

GROUP = 64
"""Rows for which it is kept where their links that lead elsewhere begin."""


class Links(NamedTuple):
    """Links of all rows.

    Attributes
    ----------
    steps
        Rows from a row to its neighbours in the ring, shape (peers,).
    elsewhere
        How many links of each row lead elsewhere, shape (n,).
    first
        Where those of a group of rows begin, and their number, shape (groups + 1,).
    which, to
        Which link leads elsewhere, and to which row; shape (links elsewhere,).
    """

    steps: NDArray[np.int64]
    elsewhere: NDArray[np.uint8]
    first: NDArray[np.int64]
    which: NDArray[np.uint8]
    to: NDArray[np.int32]


@part
def first_link(elsewhere: NDArray[np.uint8], first: NDArray[np.int64], row: int) -> int:
    """Where links of a row that lead elsewhere begin."""
    group = row // GROUP
    place = first[group]
    for before in range(group * GROUP, row):
        place += elsewhere[before]
    return int(place)


@part
def count_cars(
    car: NDArray[np.int8],
    steps: NDArray[np.int64],
    elsewhere: NDArray[np.uint8],
    first_of: NDArray[np.int64],
    which: NDArray[np.uint8],
    to: NDArray[np.int32],
    first: int,
    last: int,
    cars: NDArray[np.uint8],
    new_energy: NDArray[np.uint8],
) -> None:
    """Cars of the peers of some rows, and new-energy cars among them, shape (last - first,)."""
    rows, count = car.shape[0], last - first
    for place in range(count):
        cars[place] = 0
        new_energy[place] = 0
    for link in range(steps.shape[0]):
        start = first + steps[link]
        if start >= 0 and start + count <= rows:
            seen = car[start : start + count]
            for place in range(count):
                cars[place] += np.uint8(seen[place] >= 0)
                new_energy[place] += np.uint8(seen[place] > 0)
        else:
            for place in range(count):
                other = car[(start + place) % rows]
                cars[place] += np.uint8(other >= 0)
                new_energy[place] += np.uint8(other > 0)
    entry = first_link(elsewhere, first_of, first)
    for place in range(count):
        for _ in range(elsewhere[first + place]):
            near = car[(first + place + steps[which[entry]]) % rows]
            other = car[to[entry]]
            cars[place] += np.uint8(int(other >= 0) - int(near >= 0))
            new_energy[place] += np.uint8(int(other > 0) - int(near > 0))
            entry += 1


@part
def add_up(
    column: NDArray[np.float64],
    steps: NDArray[np.int64],
    elsewhere: NDArray[np.uint8],
    which: NDArray[np.uint8],
    to: NDArray[np.int32],
    entry: int,
    first: int,
    last: int,
    total: NDArray[np.float64],
) -> int:
    """Sum of a column over the peers of some rows, and where the next row's links begin.

    Parameters
    ----------
    column
        Of all rows, shape (n,).
    steps, elsewhere, which, to
        See :class:`Links`.
    entry
        Where links of the first row that lead elsewhere begin.
    first, last
        Rows from, and to (not included).
    total
        Its first places are filled.
    """
    rows, count = column.shape[0], last - first
    for place in range(count):
        total[place] = 0.0
    for link in range(steps.shape[0]):
        start = first + steps[link]
        if start >= 0 and start + count <= rows:
            seen = column[start : start + count]
            for place in range(count):
                total[place] += seen[place]
        else:
            for place in range(count):
                total[place] += column[(start + place) % rows]
    for place in range(count):
        for _ in range(elsewhere[first + place]):
            near = column[(first + place + steps[which[entry]]) % rows]
            total[place] += np.float64(column[to[entry]]) - near
            entry += 1
    return entry
