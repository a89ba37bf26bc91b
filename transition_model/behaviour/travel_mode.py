"""How residents of the city travel: a multinomial logit of modes.

Walking and cycling, public transport, hired cars, and the own car where there is one at hand
(McFadden 1974; Ortuzar and Willumsen 2011, *Modelling Transport*).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

type Array = NDArray[np.float64]


def mode_shares(
    green: Array, public: Array, hired: Array, car: Array, at_hand: Array
) -> tuple[Array, Array]:
    """Share of trips that are green, and that are made by the own car.

    Without the car, ``P_green = (e^g + e^(g + p)) / (e^g + e^(g + p) + e^h)``; with it, ``e^c``
    joins the sum.

    Parameters
    ----------
    green
        Utility of going on foot or by bicycle, shape (n,).
    public
        Utility of public transport above that, shape (n,).
    hired, car
        Utilities of hired and own cars, shape (n,).
    at_hand
        Share of the trips for which there is an own car, shape (n,).

    Returns
    -------
    tuple of ndarray
        Both of shape (n,).
    """
    walked = np.exp(green) * (1.0 + np.exp(public))
    without = walked + np.exp(hired)
    drawn = np.exp(car)
    by_car = at_hand * drawn / (without + drawn)
    return (1.0 - by_car) * walked / without, by_car
