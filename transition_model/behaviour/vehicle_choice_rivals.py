"""Rivals of the logit with familiarity: other answers to which powertrain a household buys."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transition_model.behaviour.options import logit
from transition_model.behaviour.vehicle_choice import choice_probabilities

type Array = NDArray[np.float64]

MONTHS_PER_YEAR = 12.0


def plain_logit(utility: Array) -> Array:
    """Probability of each powertrain if everybody knows all of them.

    ``exp(V_j) / sum exp(V)`` (Train 2009, Discrete Choice Methods with Simulation, chapter 3): the
    logit with familiarity 1.

    Parameters
    ----------
    utility
        Shape (n, 3).

    Returns
    -------
    ndarray
        Shape (n, 3); rows sum to 1.
    """
    return choice_probabilities(utility, np.ones(len(utility)))


def bass(utility: Array, adopted: Array) -> Array:
    """Probability of each powertrain if new-energy cars spread by imitation alone.

    A household that has adopted new-energy cars buys one whatever it costs; the logit splits
    between plug-in hybrid and battery electric only.

    Parameters
    ----------
    utility
        Shape (n, 3), combustion first.
    adopted
        Probability that the household has adopted, of :func:`bass_next`, shape (n,).

    Returns
    -------
    ndarray
        Shape (n, 3); rows sum to 1.
    """
    return np.column_stack([1.0 - adopted, adopted[:, None] * logit(utility[:, 1:])])


def bass_next(adopted: Array, adopted_share: float, innovation: float, imitation: float) -> Array:
    """Probability of having adopted a month later, shape (n,).

    ``A + (p + q F) (1 - A) / 12`` with the adopted share F of the population (Bass 1969, Management
    Science 15:215, in months). Where all are alike, A = F follows Bass's closed form. What spreads
    is the choice at the next purchase, not the purchase itself: durables wait for their end.

    Parameters
    ----------
    adopted
        Shape (n,).
    adopted_share
        Mean of ``adopted`` over the population.
    innovation, imitation
        p and q, per year.
    """
    hazard = (innovation + imitation * adopted_share) / MONTHS_PER_YEAR
    return np.minimum(1.0, adopted + hazard * (1.0 - adopted))
