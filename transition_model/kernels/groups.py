"""What households of one district, residence and income group have in common.

Numbers of groups stand in arrays of shape (districts, 2, income groups); urban households are the
second of two.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from transition_model.compilation import kernel, part

type Array = NDArray[np.float64]


class RowStrata(NamedTuple):
    """Strata of the rows, and what all rows of a stratum have in common.

    A row's number takes one byte where weight, district, residence and place would take twelve.

    Attributes
    ----------
    number
        Stratum of each row, shape (n,); of the smallest type that counts the strata.
    weight
        Households that a row stands for, shape (strata,).
    district
        Number of the district, shape (strata,).
    urban, central
        1 for urban households, and for those of the central districts, shape (strata,).
    """

    number: NDArray[np.uint8]
    weight: Array
    district: NDArray[np.int64]
    urban: NDArray[np.uint8]
    central: NDArray[np.uint8]


class Groups(NamedTuple):
    """What says to which group a row belongs: its stratum, and its income group, shape (n,)."""

    strata: RowStrata
    income_group: NDArray[np.int8]


@part
def add_to_groups(groups: Groups, yuan: Array, first: int, count: int, total: Array) -> None:
    """Add what rows from ``first`` on have to their groups.

    Parameters
    ----------
    groups
        Of the households.
    yuan
        Of all households of a row; row ``first`` stands first, and ``count`` rows are added.
    first, count
        Which rows.
    total
        Added to, shape (districts, 2, income groups).
    """
    strata, number = groups.strata, groups.strata.number[first : first + count]
    income_group = groups.income_group[first : first + count]
    for place in range(count):
        of = number[place]
        total[strata.district[of], strata.urban[of], income_group[place]] += yuan[place]


@kernel
def hand_over(groups: Groups, yuan: Array, subsidies: NDArray[Any]) -> tuple[float, float]:
    """Give yuan to groups of households, to each household of a group the same.

    Parameters
    ----------
    groups
        Of the households.
    yuan
        Of all households of a group, shape (districts, 2, income groups). What would go to groups
        in which nobody is any more goes to everybody.
    subsidies
        Added to: yuan of a household, shape (n,).

    Returns
    -------
    tuple of float
        Yuan given, and the same as what households have received.
    """
    each = np.zeros(yuan.shape)
    everybody, given, ownerless = 0.0, 0.0, 0.0
    strata = groups.strata
    for row in range(len(subsidies)):
        of = strata.number[row]
        each[strata.district[of], strata.urban[of], groups.income_group[row]] += strata.weight[of]
        everybody += strata.weight[of]
    for district in range(yuan.shape[0]):
        for urban in range(yuan.shape[1]):
            for income_group in range(yuan.shape[2]):
                found = yuan[district, urban, income_group]
                households = each[district, urban, income_group]
                given += found
                if households > 0.0:
                    each[district, urban, income_group] = found / households
                else:
                    ownerless += found
    gained = 0.0
    for row in range(len(subsidies)):
        of = strata.number[row]
        gets = each[strata.district[of], strata.urban[of], groups.income_group[row]]
        gets += ownerless / everybody
        subsidies[row] += gets
        gained += strata.weight[of] * gets
    return given, gained
