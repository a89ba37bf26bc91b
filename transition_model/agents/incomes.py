"""Incomes of households, of which there are few, for they come in classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

type Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Incomes:
    """Incomes, each once, so that what depends on income alone is worked out once an income.

    Attributes
    ----------
    yuan
        Yuan a year, rising, shape (incomes,).
    of_row
        Which of them each row has, shape (n,).
    """

    yuan: Array
    of_row: NDArray[np.intp]

    @classmethod
    def of(cls, income: Array) -> Self:
        """Incomes of rows, yuan a year, shape (n,)."""
        return cls(*np.unique(income, return_inverse=True))

    def rows(self, values: NDArray[Any]) -> NDArray[Any]:
        """What each row has, of what goes with each income; shape (incomes, ...) to (n, ...)."""
        return np.take(values, self.of_row, axis=0)
