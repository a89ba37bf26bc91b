"""How much firms pollute and draw under a charge, and how much green power they buy."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

type Array = NDArray[np.float64]


def charged_quantity(
    per_output: Array, rate: ArrayLike, known: ArrayLike, response: float
) -> Array:
    """Pollution, or water, for a unit of output under a charge.

    ``per_output * exp(-response * (rate - known) / known)``: it falls as the rate rises above the
    one under which it was observed.

    Parameters
    ----------
    per_output
        Quantity for a unit of output under the known rate.
    rate, known
        Charge for a unit of the quantity, now and when it was observed, in one unit; ``known``
        above 0.
    response
        Fall of the logarithm when the charge doubles, at least 0.
    """
    change = (np.asarray(rate) - np.asarray(known)) / np.asarray(known)
    quantity: Array = per_output * np.exp(-response * change)
    return quantity


def green_power(
    voluntary: Array, duty: Array, compliance: float, price: float, known: float, response: float
) -> Array:
    """Green share of electricity, by certificates.

    ``max(voluntary * exp(-response * (price / known - 1)), duty * compliance)``, at most 1; nothing
    where no certificates are traded.

    Parameters
    ----------
    voluntary
        Share bought without duty at the known price, shape (sectors,).
    duty
        Share owed, shape (sectors,).
    compliance
        Share of the duty that is met.
    price, known
        Price of a certificate, now and for ``voluntary``, yuan/MWh; 0 where none are traded.
    response
        Fall of the logarithm of voluntary purchases when the price doubles.
    """
    if price <= 0.0:
        return np.zeros(len(voluntary))
    wanted = voluntary * np.exp(-response * (price / known - 1.0))
    share: Array = np.clip(np.maximum(wanted, duty * compliance), 0.0, 1.0)
    return share
