"""How much of a waste material collectors get hold of, and what moves that share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transition_model.compilation import formula

type Array = NDArray[np.float64]


@formula
def profitability(expected_cash: Array, required: Array) -> Array:
    """Expected cash against the cash that new capacity must bring, less 1, within -1 and 1.

    Parameters
    ----------
    expected_cash
        Yuan/t, shape (n,).
    required
        Yuan/t, above 0, shape (n,).
    """
    return np.minimum(np.maximum(expected_cash / required - 1.0, -1.0), 1.0)


@formula
def price_signal(relief: float, value: float) -> float:
    """Rise of what sellers are paid when relief is passed on to them: ``ln(1 + relief / value)``.

    Parameters
    ----------
    relief
        Gain or loss of the buyers by rules, yuan/t, above minus the value.
    value
        Of a tonne, yuan/t, above 0.
    """
    return float(np.log1p(relief / value))


def collection_target(reference: Array, push: Array) -> Array:
    """Share of each material that a collector works toward: ``logistic(logit(ref) + push)``.

    The logistic keeps the target below 1 and lets materials that are half collected move most.

    Parameters
    ----------
    reference
        Share without any push, between 0 and 1, both excluded, shape (materials,).
    push
        Sum of what speaks for a denser network, in log odds, shape (n,).

    Returns
    -------
    ndarray
        Shape (n, materials).
    """
    return share_of_odds(log_odds(reference) + push[:, None])


def log_odds(share: Array) -> Array:
    """Logit of a share between 0 and 1, both excluded."""
    return np.log(share) - np.log1p(-share)


@formula
def share_of_odds(odds: Array) -> Array:
    """Share of which ``odds`` is the logit."""
    return 1.0 / (1.0 + np.exp(-odds))


@formula
def approached(share: Array, target: Array, months: float) -> Array:
    """The share a month later, when it closes ``1 / months`` of its gap to the target."""
    return share + (target - share) / months
