"""How green and by which method builders build: rules first, then cost, peers and experience."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transition_model.compilation import formula

type Array = NDArray[np.float64]


@formula
def learning_factor(cumulative: float, initial: float, rate: float) -> float:
    """Cost against that at the beginning: ``(cumulative / initial)^log2(1 - rate)``.

    Wright's law: each doubling of cumulative floor area takes the share ``rate`` off the cost.

    Parameters
    ----------
    cumulative, initial
        Floor area built in that way so far, and at the beginning, m2, above 0.
    rate
        Learning rate, below 1.
    """
    return float((cumulative / initial) ** np.log2(1.0 - rate))


def peer_share(share: Array, weight: Array, group: NDArray[np.int64]) -> Array:
    """Mean share in each agent's peer group, itself included, shape (n,).

    Parameters
    ----------
    share
        What each agent did, shape (n,).
    weight
        Size, above 0, shape (n,).
    group
        Number of the peer group, shape (n,).
    """
    size = np.bincount(group, weight)[group]
    return np.asarray(np.bincount(group, weight * share)[group] / size, dtype=np.float64)


@formula
def adoption_probability(
    net_benefit: float,
    sensitivity: float,
    peers: Array,
    peer_weight: float,
    inclination: Array,
) -> Array:
    """Probability of a choice that no rule asks for: a logit.

    ``logistic(sensitivity * net_benefit + peer_weight * peers + inclination)``

    Parameters
    ----------
    net_benefit
        What the choice is worth less what it costs, yuan/m2.
    sensitivity
        Log odds for one yuan/m2.
    peers
        Share of peers who chose it, shape (n,).
    peer_weight
        Log odds for all peers having chosen it.
    inclination
        The agent's own, in log odds, shape (n,).
    """
    utility = sensitivity * net_benefit + peer_weight * peers + inclination
    return 1.0 / (1.0 + np.exp(-utility))


def inclination_toward(
    share: float, net_benefit: float, sensitivity: float, peers: float, peer_weight: float
) -> float:
    """Inclination under which :func:`adoption_probability` returns a share that was seen.

    Parameters
    ----------
    share
        Between 0 and 1, both excluded.
    net_benefit, sensitivity, peers, peer_weight
        As in :func:`adoption_probability`, when the share was seen.
    """
    log_odds = np.log(share) - np.log1p(-share)
    return float(log_odds - sensitivity * net_benefit - peer_weight * peers)


@formula
def bound_or_voluntary(bound: float, voluntary: Array) -> Array:
    """Share that follows: all that a rule binds, and of the rest those who choose it freely.

    Parameters
    ----------
    bound
        Share that the rule binds.
    voluntary
        Share of the unbound that choose it, shape (n,).
    """
    return bound + (1.0 - bound) * voluntary


def level_shares(green: Array, high_star: Array) -> Array:
    """Shares of floor area by green level.

    Parameters
    ----------
    green
        Share at or above the green standard, shape (n,).
    high_star
        Share of that with two or three stars, shape (n,).

    Returns
    -------
    ndarray
        Below the standard, green, high star: shape (n, 3); sums to 1 along the last axis.
    """
    return np.stack(green_levels(green, high_star), axis=1)


@formula
def green_levels(green: Array, high_star: Array) -> tuple[Array, Array, Array]:
    """Below the standard, green, high star: :func:`level_shares` one by one."""
    return 1.0 - green, green * (1.0 - high_star), green * high_star


def floor_started(area: Array, levels: Array, prefabricated: Array) -> Array:
    """Floor area started by green level and construction method, m2.

    A builder's method does not depend on the green level of the building.

    Parameters
    ----------
    area
        m2 started by each builder, shape (n,).
    levels
        Shares by green level, shape (n, levels).
    prefabricated
        Share that is prefabricated, shape (n,).

    Returns
    -------
    ndarray
        Shape (levels, 2): cast in place, prefabricated. Its sum is the sum of ``area``.
    """
    methods = np.stack([1.0 - prefabricated, prefabricated], axis=1)
    return np.asarray(np.einsum("i,il,im->lm", area, levels, methods), dtype=np.float64)


@formula
def with_low_energy(high_star: Array, low_energy: Array) -> Array:
    """Share of green floor with high stars once low-energy buildings are counted among them.

    Who builds to a low-energy standard meets two stars as well: ``h + (1 - h) e``.

    Parameters
    ----------
    high_star
        Share of green floor with two or three stars by choice, shape (n,).
    low_energy
        Share of green floor built to a low-energy standard, shape (n,).
    """
    return high_star + (1.0 - high_star) * low_energy
