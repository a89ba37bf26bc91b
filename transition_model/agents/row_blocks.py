"""Blocks of rows: sums are made block by block, so that they do not depend on who makes them."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_ROWS = 4_096
_BLOCKS = 100

KEPT_ROWS = 1 + np.iinfo(np.uint16).max
"""Up to so many rows decisions are kept until the month is closed; of more rows they are worked out
again, for they would take more room than all that is known of a household."""


@cache
def block_bounds(rows: int) -> NDArray[np.int64]:
    """First row of every block, and the number of rows; shape (blocks + 1,).

    Blocks depend on the number of rows alone: a few thousand rows each, and not too many blocks.
    """
    each = max(_ROWS, -(-rows // _BLOCKS))
    return np.array([*range(0, rows, each), rows], dtype=np.int64)


def slices(bounds: NDArray[np.int64]) -> list[slice]:
    """Rows of every block."""
    return [slice(first, last) for first, last in pairwise(bounds.tolist())]
