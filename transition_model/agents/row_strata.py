"""Strata of the rows: which rows share district, residence and weight, and what these are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.implied_columns import OfStratum
from transition_model.agents.row_blocks import at_hand, block_bounds, slices
from transition_model.kernels.groups import RowStrata
from transition_model.kernels.row_runs import RowRuns

OF_STRATUM = ("weight", "district", "urban", "central")
"""Columns that the stratum implies."""


def row_strata(columns: Mapping[str, NDArray[Any]]) -> RowStrata:
    """Strata of all rows.

    Where somebody has written to a column of :data:`OF_STRATUM`, all that differs in one of them is
    a stratum of its own.
    """
    found: list[Any] = [columns[name] for name in OF_STRATUM]
    number = getattr(found[0], "number", None)
    if all(isinstance(of, OfStratum) and of.number is number and of.stored is None for of in found):
        return _strata(number, [of.values for of in found])
    rows = [np.asarray(of[:]) for of in found]
    weights, key = np.unique(rows[0], return_inverse=True)
    sizes = len(weights), int(rows[1].max()) + 1, 2, 2
    key = np.ravel_multi_index((key, *(of.astype(np.intp) for of in rows[1:])), sizes)
    kinds, number = np.unique(key, return_inverse=True)
    weight, district, urban, central = np.unravel_index(kinds, sizes)
    smallest = np.min_scalar_type(len(kinds) - 1)
    return _strata(number.astype(smallest), [weights[weight], district, urban, central])


def _strata(number: Any, values: list[Any]) -> RowStrata:
    kinds = (np.float64, np.int64, np.uint8, np.uint8)
    return RowStrata(number, *(of.astype(kind) for of, kind in zip(values, kinds, strict=True)))


def strata_of(columns: Mapping[str, NDArray[Any]]) -> RowStrata:
    """Strata of the households, as found for the money that they receive."""
    money: Any = columns["money_received"]
    strata: RowStrata = money.groups.strata
    return strata


def weight_of_strata(strata: RowStrata) -> NDArray[np.float64]:
    """Households that all rows of each stratum stand for, shape (strata,)."""
    rows = np.zeros(len(strata.weight))
    for part in slices(block_bounds(len(strata.number))):
        rows += np.bincount(strata.number[part], minlength=len(rows))
    return rows * strata.weight


def weight_of_numbers(
    number: NDArray[Any], stratum: NDArray[Any], weight: NDArray[np.float64], numbers: int
) -> NDArray[np.float64]:
    """Weight of the rows of each number, such as a class of income.

    Parameters
    ----------
    number, stratum
        Of each row, shape (n,).
    weight
        Of a row of each stratum, shape (strata,).
    numbers
        How many there may be.

    Returns
    -------
    ndarray
        Shape (numbers,).
    """
    found = np.zeros(numbers)
    for part in at_hand(len(number)):
        np.add.at(found, number[part], weight[stratum[part]])
    return found


def runs_of(number: NDArray[Any]) -> NDArray[np.int64]:
    """First row of every run of rows of one number, and how many rows there are."""
    return np.concatenate([[0], np.flatnonzero(number[1:] != number[:-1]) + 1, [len(number)]])


def runs_of_rows(strata: RowStrata, chosen: NDArray[np.uint8]) -> RowRuns:
    """The rows of those strata that are chosen (1, others 0, shape (strata,)), as runs."""
    bounds = runs_of(strata.number)
    first, beyond = bounds[:-1], bounds[1:]
    taken = chosen[strata.number[first]] > 0
    first, beyond = first[taken], beyond[taken]
    return RowRuns(first, np.concatenate([[0], np.cumsum(beyond - first)]))


def all_rows(rows: int) -> RowRuns:
    """All of so many rows."""
    return RowRuns(np.array([0]), np.array([0, rows]))
