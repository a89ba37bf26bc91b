"""The draws of :mod:`transition_model.random_streams`, one row at a time."""

from __future__ import annotations

import numpy as np

from transition_model.compilation import kernel
from transition_model.random_streams import GOLDEN, TO_UNIT, UNUSED_BITS, mix


@kernel
def uniform(key: np.uint64, row: int) -> float:
    """Draw of one row, uniform on [0, 1): the number that :func:`.random_streams.uniform` gives it.

    Parameters
    ----------
    key
        Of :func:`.random_streams.month_key`.
    row
        Row number within the agent type.
    """
    state = mix(key + np.uint64(row + 1) * GOLDEN)
    return float(state >> UNUSED_BITS) * TO_UNIT
