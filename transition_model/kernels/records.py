"""Named tuples of numbers and arrays as one record: a kernel takes it over like a single array."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

type Records = NDArray[np.void]


def record_of(fields: NamedTuple) -> Records:
    """A record with the fields of a named tuple.

    Parameters
    ----------
    fields
        Numbers, and arrays whose shapes are always the same.

    Returns
    -------
    ndarray
        Shape (1,); inside a kernel its only element has the tuple's attributes.
    """
    arrays = [np.asarray(value) for value in fields]
    layout = np.dtype(
        [
            (name, array.dtype, array.shape)
            for name, array in zip(fields._fields, arrays, strict=True)
        ]
    )
    record = np.empty(1, layout)
    for name, array in zip(fields._fields, arrays, strict=True):
        record[name] = array
    return record
