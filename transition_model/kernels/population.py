"""Ranks by which the population is put in groups, row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from transition_model.compilation import kernel

type Array = NDArray[np.float64]


@kernel
def group_by_rank(
    rank: NDArray[Any],
    stratum: NDArray[Any],
    weight: Array,
    passed: Array,
    size: float,
    groups: int,
    group: NDArray[np.int8],
) -> None:
    """Groups of equal weight, by the weight of all rows that rank lower and half of one's own.

    Parameters
    ----------
    rank
        Of each row, shape (n,); rows of one rank follow each other as they stand.
    stratum
        Of each row, shape (n,).
    weight
        Of a row of each stratum, shape (strata,).
    passed
        Weight of all lower ranks, by rank; is used up.
    size
        Weight of a group.
    groups
        How many there are.
    group
        Filled, shape (n,).
    """
    for row in range(len(rank)):
        own = weight[stratum[row]]
        group[row] = min(int((passed[rank[row]] + own / 2.0) / size), groups - 1)
        passed[rank[row]] += own


@kernel
def mark_lowest(
    rank: NDArray[Any],
    stratum: NDArray[Any],
    weight: Array,
    passed: Array,
    bound: float,
    low: NDArray[np.bool_],
) -> None:
    """Mark rows of some strata below which, with half of their own, less than a weight ranks.

    Parameters
    ----------
    rank, stratum, passed
        As for :func:`group_by_rank`.
    weight
        Of a row of each stratum, shape (strata,); 0 of the strata that don't count.
    bound
        The weight.
    low
        Set where a row is marked, shape (n,).
    """
    for row in range(len(rank)):
        own = weight[stratum[row]]
        if own > 0.0:
            if passed[rank[row]] + own / 2.0 < bound:
                low[row] = True
            passed[rank[row]] += own
