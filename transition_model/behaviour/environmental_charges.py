"""How much firms pollute and draw under a charge, and how much green power they buy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transition_model.compilation import either, formula

type Array = NDArray[np.float64]


@formula
def charged_quantity(
    per_output: Array, rate: Array | float, known: Array | float, response: float
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
    quantity: Array = per_output * np.exp(-response * ((rate - known) / known))
    return quantity


@formula
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
    wanted = voluntary * np.exp(-response * (price / known - 1.0))
    share = np.minimum(np.maximum(np.maximum(wanted, duty * compliance), 0.0), 1.0)
    traded: Array = either(price > 0.0, share, 0.0)
    return traded
