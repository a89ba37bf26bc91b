"""How households answer a tiered tariff: what they pay, what price they perceive, what they use.

Households know their bill better than their tier: they answer the average price (Ito 2014,
*American Economic Review* 104:537), some of them the price of the last unit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

type Array = NDArray[np.float64]


def bill(use: Array, starts: Array, rises: Array) -> Array:
    """What a use costs, ``sum_k rise_k max(use - start_k, 0)``, in yuan, shape (n,).

    Parameters
    ----------
    use
        Units in the tariff's period, shape (n,).
    starts
        Use above which a tier's price holds, shape (tiers,); the bound itself still belongs to the
        tier below.
    rises
        Yuan a unit by which the price rises there, shape (tiers,).
    """
    due = np.zeros_like(use)
    for start, rise in zip(starts, rises, strict=True):
        due += rise * np.maximum(use - start, 0.0)
    return due


def marginal_price(use: Array, starts: Array, rises: Array) -> Array:
    """Price of the last unit, yuan, shape (n,); parameters as for :func:`bill`."""
    price = np.zeros_like(use)
    for start, rise in zip(starts, rises, strict=True):
        price += rise * (use > start)
    return price


def perceived_price(average: Array, marginal: Array, weight: float) -> Array:
    """``(1 - weight) average + weight marginal``, yuan a unit, shape (n,).

    Parameters
    ----------
    average, marginal
        Bill over use, and price of the last unit, shape (n,).
    weight
        How much of the marginal price is perceived, 0..1.
    """
    return average + weight * (marginal - average)


def demand_factor(price: Array, reference_price: Array, elasticity: float) -> Array:
    """Use against that at the reference price, ``(price / reference) ** elasticity``; (n,).

    Who pays nothing, now or at the reference, has no price to answer: 1.
    """
    priced = (price > 0.0) & (reference_price > 0.0)
    ratio = np.divide(price, reference_price, out=np.ones_like(price), where=priced)
    return np.asarray(ratio**elasticity)


def reference_use(
    mean: float,
    relative_income: Array,
    relative_size: Array,
    income_elasticity: float,
    size_elasticity: float,
) -> Array:
    """Use at the reference tariff, ``mean income^e_income size^e_size``, shape (n,).

    Parameters
    ----------
    mean
        Use of a household of mean income and size, units in the tariff's period.
    relative_income, relative_size
        Income and persons over their means, shape (n,).
    income_elasticity, size_elasticity
        Elasticities.
    """
    return np.asarray(mean * relative_income**income_elasticity * relative_size**size_elasticity)
