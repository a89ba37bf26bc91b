"""Money that households have received for purchases, kept for groups of them.

Reports tell households apart by district, residence and income; a number of each household under
each programme would take a fifth of all that is known of it. What a household has received in all
is its own (``subsidy_received``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.row_blocks import KEPT_ROWS
from transition_model.agents.row_strata import OF_STRATUM, row_strata
from transition_model.dimensions import dimension
from transition_model.kernels.groups import Groups

type Array = NDArray[np.float64]


class MoneyByGroup:
    """A table by household and programme, each household having what its group has on average.

    Groups are the households of one district, residence (rural or urban) and income group.

    Parameters
    ----------
    columns
        Of the households: ``district``, ``urban``, ``central``, ``income_group``, ``weight``.
    districts, programmes
        How many there are.

    Attributes
    ----------
    groups
        To which group a row belongs.
    totals
        Yuan that all households of a group have received, shape (programmes, districts, 2, income
        groups).
    """

    def __init__(
        self, columns: Mapping[str, NDArray[Any]], districts: int, programmes: int
    ) -> None:
        self._columns = {name: columns[name] for name in (*OF_STRATUM, "income_group")}
        self.look_again()
        self.totals = np.zeros((programmes, districts, 2, len(dimension("income_group"))))

    def look_again(self) -> None:
        """Find strata and groups anew, for somebody has written to what they depend on."""
        self.groups = Groups(row_strata(self._columns), self._columns["income_group"])
        self._of_rows: NDArray[np.intp] | None = None

    @property
    def _weight(self) -> NDArray[Any]:
        return self._columns["weight"]

    def add_rows(self, programme: int, yuan: Array) -> None:
        """Add what each row gets under a programme, yuan of all its households, shape (n,)."""
        self.totals[programme] += self.sums(yuan)

    def sums(self, values: Array) -> Array:
        """Sums over the rows of each group; shape (districts, 2, income groups)."""
        found = np.bincount(self._group(slice(None)), values, minlength=int(np.prod(self.sizes)))
        return np.asarray(found.reshape(self.sizes))

    def spread(self, yuan: Array) -> Array:
        """Yuan of each household if every household of a group gets the same, shape (n,)."""
        households = self.sums(self._weight)
        each = np.divide(yuan, households, out=np.zeros_like(yuan), where=households > 0.0)
        ownerless = yuan[households <= 0.0].sum() / self._weight.sum()
        return np.asarray(each.ravel()[self._group(slice(None))] + ownerless)

    def received(self) -> Array:
        """Yuan that all households have received, shape (programmes,)."""
        return np.asarray(self.totals.sum(axis=(1, 2, 3)))

    def _group(self, rows: Any) -> NDArray[np.intp]:
        """Number of the group of some rows; of few rows they are kept."""
        if len(self) > KEPT_ROWS:
            return self._found_group(rows)
        if self._of_rows is None:
            self._of_rows = self._found_group(slice(None))
        return np.asarray(self._of_rows[rows])

    def _found_group(self, rows: Any) -> NDArray[np.intp]:
        district, urban, income_group = (
            np.asarray(self._columns[name][rows]) for name in ("district", "urban", "income_group")
        )
        place = (district, urban.astype(np.int8), income_group)
        return np.asarray(np.ravel_multi_index(place, self.sizes))

    @property
    def sizes(self) -> tuple[int, ...]:
        """Districts, residences and income groups."""
        return self.totals.shape[1:]

    # -- as a column -------------------------------------------------------------------------
    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self[:], dtype=dtype)

    def __len__(self) -> int:
        return len(self._weight)

    def __getitem__(self, rows: Any) -> Array:
        """What households have received on average in their groups; as a table (n, programmes)."""
        rows, programmes = rows if isinstance(rows, tuple) else (rows, slice(None))
        if isinstance(rows, (list, tuple)):
            rows = np.asarray(rows)
        households = self.sums(self._weight)
        mean = self.totals / np.where(households > 0.0, households, 1.0)
        by_group = mean.reshape(len(mean), -1).T
        return np.asarray(by_group[self._group(rows)][..., programmes])

    def __setitem__(self, rows: Any, values: Any) -> None:
        raise TypeError("money_received is kept for groups of households and can't be written")

    @property
    def shape(self) -> tuple[int, int]:
        """Households, and programmes."""
        return len(self), len(self.totals)

    @property
    def dtype(self) -> np.dtype[np.float64]:
        """Of what is read."""
        return self.totals.dtype

    @property
    def nbytes(self) -> int:
        """Bytes that are kept."""
        return self.totals.nbytes
