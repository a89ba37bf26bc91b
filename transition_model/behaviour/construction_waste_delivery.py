"""Whether a building site brings its waste to a recycling plant or to a dump."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transition_model.compilation import formula

type Array = NDArray[np.float64]


@formula
def cost_advantage(
    dumping_fee: float, dumping_transport: float, gate_fee: float, delivery_cost: float
) -> float:
    """What a tonne brought to a recycling plant costs less than a tonne dumped, yuan/t.

    Parameters
    ----------
    dumping_fee, dumping_transport
        Fee and haulage to a disposal site, yuan/t.
    gate_fee, delivery_cost
        The plant's gate fee, and sorting and haulage to the plant, yuan/t.
    """
    return dumping_fee + dumping_transport - gate_fee - delivery_cost


@formula
def delivery_probability(advantage: float, sensitivity: float, inclination: Array) -> Array:
    """Probability that a tonne is delivered: ``logistic(sensitivity * advantage + inclination)``.

    Parameters
    ----------
    advantage
        Yuan/t, from :func:`cost_advantage`.
    sensitivity
        Log odds for one yuan/t.
    inclination
        Log odds at no difference in cost, shape (n,).
    """
    return 1.0 / (1.0 + np.exp(-(sensitivity * advantage + inclination)))


@formula
def delivered(bound: float, compliance: Array, voluntary: Array) -> Array:
    """Share of waste that is delivered, shape (n,).

    Of the waste on sites under a duty to recycle the complying part is delivered; the rest, bound
    or not, follows cost: ``b (k + (1 - k) v) + (1 - b) v``.

    Parameters
    ----------
    bound
        Share of waste on sites under a supervised duty.
    compliance
        Share of bound sites that comply, shape (n,).
    voluntary
        Share that sites deliver when nobody looks, shape (n,).
    """
    complying = bound * compliance
    return complying + (1.0 - complying) * voluntary
