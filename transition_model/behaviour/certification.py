"""How many factories win a green-factory certificate, and how many lose it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transition_model.compilation import either, formula

type Array = NDArray[np.float64]


def eligible_factories(
    factories: Array, value_added_each: Array, full_value_added: float, pool: float
) -> Array:
    """Factories large enough to be worth certifying.

    ``factories * min(1, value added each / full value added)``, scaled to the pool's number.

    Parameters
    ----------
    factories
        Factories that a sampled firm stands for, shape (firms,).
    value_added_each
        Mean value added of one of them, 10k yuan/year, shape (firms,).
    full_value_added
        Value added from which further size does not count, 10k yuan/year.
    pool
        Eligible factories in all.

    Returns
    -------
    ndarray
        Factories, at most those that there are, shape (firms,).
    """
    large = factories * np.minimum(value_added_each / full_value_added, 1.0)
    return np.minimum(large * (pool / large.sum()), factories)


@formula
def performance_score(energy_ratio: Array, sensitivity: float) -> Array:
    """Weight of energy performance in winning a certificate: ``exp(sensitivity * (1 - ratio))``.

    Firms above their limit of specific energy win none.

    Parameters
    ----------
    energy_ratio
        Specific energy against its limit, shape (firms,).
    sensitivity
        How strongly better performance counts, at least 0.
    """
    score: Array = either(energy_ratio <= 1.0, np.exp(sensitivity * (1.0 - energy_ratio)), 0.0)
    return score


@formula
def award_pull(award: float, own_value: float, elasticity: float) -> float:
    """How much more factories apply under an award: ``(1 + award / own value) ** elasticity``.

    Parameters
    ----------
    award
        yuan/factory, not negative.
    own_value
        What a certificate is worth to the firm by itself, in orders and reputation, yuan/factory.
    elasticity
        Elasticity of applications to the certificate's whole worth, at least 0.
    """
    return float((1.0 + award / own_value) ** elasticity)


@formula
def certification_hazard(
    application_rate: float, pull: float, score: Array, peer_share: Array, peer_effect: float
) -> Array:
    """Rate at which an eligible factory is certified.

    ``rate * pull * score * (1 + peer_effect * peer_share)``.

    Parameters
    ----------
    application_rate
        1/year without award, at average performance and with no certified peers.
    pull
        From :func:`award_pull`.
    score
        From :func:`performance_score`, shape (firms,).
    peer_share
        Share of the sector's eligible factories that is certified, shape (firms,).
    peer_effect
        Relative rise of the rate when all peers are certified.

    Returns
    -------
    ndarray
        1/year, shape (firms,).
    """
    return application_rate * pull * score * (1.0 + peer_effect * peer_share)


@formula
def certified_within(eligible: Array, certified: Array, hazard: Array, years: float) -> Array:
    """Factories certified within some time: ``(eligible - certified) * (1 - exp(-hazard*years))``.

    The pool runs dry by itself, and the best performers first, since their hazard is higher.

    Parameters
    ----------
    eligible, certified
        Factories, shape (firms,).
    hazard
        1/year, shape (firms,).
    years
        Length of the time.

    Returns
    -------
    ndarray
        Factories, expected value, shape (firms,).
    """
    return np.maximum(eligible - certified, 0.0) * -np.expm1(-hazard * years)


@formula
def promoted_within(seasoned: Array, hazard: Array, years: float) -> Array:
    """Municipal green factories that win the national certificate within some time.

    ``seasoned * (1 - exp(-hazard * years))``.

    Parameters
    ----------
    seasoned
        Factories that have held the municipal certificate for a year, shape (firms,).
    hazard
        1/year, shape (firms,).
    years
        Length of the time.
    """
    return seasoned * -np.expm1(-hazard * years)
