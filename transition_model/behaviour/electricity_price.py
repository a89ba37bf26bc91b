"""What a firm pays for a kilowatt-hour under differential electricity prices."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

type Array = NDArray[np.float64]


def expected_surcharge(class_surcharge: Array, scope: Array, enforcement: float) -> Array:
    """Surcharge that a firm pays on average.

    ``class_surcharge * scope * enforcement``: a surcharge reaches the firm's electricity as far as
    its trade is one that the rule names and as far as the rule is enforced.

    Parameters
    ----------
    class_surcharge
        Surcharge of the firm's catalogue class, yuan/kWh, shape (firms,).
    scope
        Share of its sector's electricity used in trades that the rule names, shape (firms,).
    enforcement
        Share of that electricity that the surcharge reaches.

    Returns
    -------
    ndarray
        yuan/kWh, shape (firms,).
    """
    return class_surcharge * scope * enforcement


def effective_price(base: float, premium: float, high_energy: Array, surcharge: Array) -> Array:
    """Price of electricity to a firm: ``base * (1 + premium * high_energy) + surcharge``.

    High-energy firms are not protected by the cap of 20 % above the benchmark price (National
    Development and Reform Commission, 2021-10-15), hence the premium.

    Parameters
    ----------
    base
        Industrial price without either, yuan/kWh.
    premium
        How far the market price of high-energy firms lies above that of others, share.
    high_energy
        1 for a firm that pays the premium, 0 for another, shape (firms,).
    surcharge
        yuan/kWh, shape (firms,).

    Returns
    -------
    ndarray
        yuan/kWh, shape (firms,).
    """
    return base * (1.0 + premium * high_energy) + surcharge
