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


class Groups(NamedTuple):
    """Columns of the households that say to which group a row belongs, shape (n,)."""

    district: NDArray[np.int16]
    urban: NDArray[np.bool_]
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
    district, urban = groups.district[first : first + count], groups.urban[first : first + count]
    income_group = groups.income_group[first : first + count]
    for place in range(count):
        total[district[place], np.uint8(urban[place]), income_group[place]] += yuan[place]


@kernel
def hand_over(
    groups: Groups, weight: Array, yuan: Array, subsidies: NDArray[Any]
) -> tuple[float, float]:
    """Give yuan to groups of households, to each household of a group the same.

    Parameters
    ----------
    groups, weight
        Of the households; ``weight`` is how many of them a row stands for, shape (n,).
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
    for row in range(len(weight)):
        place = groups.district[row], np.uint8(groups.urban[row]), groups.income_group[row]
        each[place] += weight[row]
        everybody += weight[row]
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
    for row in range(len(weight)):
        place = groups.district[row], np.uint8(groups.urban[row]), groups.income_group[row]
        gets = each[place] + ownerless / everybody
        subsidies[row] += gets
        gained += weight[row] * gets
    return given, gained
