"""Columns of which no number of each row is kept, for something else implies it.

They are read and written as arrays are; once something has been written to one, it is an array.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray

from transition_model import random_streams
from transition_model.agents.row_blocks import KEPT_ROWS

type Array = NDArray[np.float64]


class ImpliedColumn(NDArrayOperatorsMixin, ABC):
    """A column of numbers.

    Parameters
    ----------
    rows
        How many.
    number
        Type in which numbers are kept once they are.

    Attributes
    ----------
    stored
        Numbers of each row, if any have been written; shape (n,).
    """

    stored: NDArray[Any] | None = None

    def __init__(self, rows: int, number: type[np.generic] = np.float64) -> None:
        self.shape, self.dtype = (rows,), np.dtype(number)

    @abstractmethod
    def _implied(self, rows: Any) -> Any:
        """Numbers of some rows, as an array is asked for them."""

    def store(self) -> NDArray[Any]:
        """Keep a number of each row from now on; the array of them, shape (n,)."""
        if self.stored is None:
            self.stored = np.asarray(self._implied(slice(None))).astype(self.dtype)
        return self.stored

    def kept(self) -> NDArray[Any]:
        """Numbers of each row, if they are kept; else none, shape (n,) or (0,)."""
        return np.empty(0, self.dtype) if self.stored is None else self.stored

    def view(self) -> NDArray[Any]:
        """Numbers of all rows, as an array."""
        return np.asarray(self[:]).view()

    def __getitem__(self, rows: Any) -> Any:
        return self._implied(rows) if self.stored is None else self.stored[rows]

    def __setitem__(self, rows: Any, values: Any) -> None:
        self.store()[rows] = values

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self[:], dtype=dtype) if copy else np.asarray(self[:], dtype=dtype)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        arrays = [each[:] if isinstance(each, ImpliedColumn) else each for each in inputs]
        return getattr(ufunc, method)(*arrays, **kwargs)

    def __getattr__(self, name: str) -> Any:
        # Whatever else can be asked of an array.
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self[:], name)

    @property
    def nbytes(self) -> int:
        """Bytes that are kept of rows."""
        return 0 if self.stored is None else self.stored.nbytes


class Constant(ImpliedColumn):
    """The same number of all rows."""

    def __init__(self, value: float, rows: int, number: type[np.floating[Any]]) -> None:
        super().__init__(rows, number)
        self._value = value

    def _implied(self, rows: Any) -> Any:
        return np.broadcast_to(self.dtype.type(self._value), self.shape)[rows]


class OfClass(ImpliedColumn):
    """The same number, or flag, of all rows of a class.

    Parameters
    ----------
    number
        Of the class of each row, shape (n,).
    values
        By class.
    """

    def __init__(self, number: NDArray[Any], values: NDArray[Any]) -> None:
        super().__init__(len(number), values.dtype.type)
        self.number, self.values = number, values

    def _implied(self, rows: Any) -> Any:
        return self.values[self.number[rows]]

    def put_in_classes(self, number: NDArray[np.uint16], values: Array) -> None:
        """Be implied from now on by these classes."""
        self.number, self.values, self.stored = number, values, None


class OfStratum(OfClass):
    """The same number, or flag, of all rows of a stratum, for good.

    Of few rows they are kept once somebody has asked for all of them.
    """

    _of_rows: NDArray[Any] | None = None

    def _implied(self, rows: Any) -> Any:
        if len(self) > KEPT_ROWS:
            return super()._implied(rows)
        if self._of_rows is None:
            self._of_rows = super()._implied(slice(None))
            self._of_rows.flags.writeable = False
        return self._of_rows[rows]


class Drawn(ImpliedColumn):
    """A draw of each row, uniform on [0, 1).

    Parameters
    ----------
    seed, purpose
        Of the draw, outside time; see :mod:`.random_streams`.
    rows, number
        As for all.
    """

    def __init__(self, seed: int, purpose: str, rows: int, number: type[np.floating[Any]]) -> None:
        super().__init__(rows, number)
        self._stream = seed, purpose

    @property
    def key(self) -> np.uint64:
        """Of the draws; see :func:`.random_streams.month_key`."""
        return random_streams.month_key(*self._stream, 0)

    def _implied(self, rows: Any) -> Any:
        if isinstance(rows, slice):
            agents = np.arange(*rows.indices(len(self)))
        else:
            agents = np.arange(len(self))[rows]
        drawn = random_streams.uniform(*self._stream, np.atleast_1d(agents), 0)
        return drawn.reshape(np.shape(agents))[()].astype(self.dtype)


def kept_or_drawn(column: Any) -> tuple[NDArray[Any], np.uint64]:
    """Numbers of a column of draws if they are kept, else none; and the key of the draws.

    ``column`` may be an array too.
    """
    if isinstance(column, Drawn):
        return column.kept(), column.key
    return column, np.uint64(0)
