"""Random draws that depend on (seed, purpose, agent, month) and on nothing else.

A counter-based generator: the draw of agent 17 for ``car_scrappage`` in 2026-03 is the same
whichever policy runs, in whatever order agents are asked, on however many threads. The months
before two policies part are therefore identical, and paired differences are free of noise from
unrelated draws (common random numbers).

The mixing function is the finaliser of SplitMix64 (Steele, Lea and Flood 2014, Fast splittable
pseudorandom number generators, OOPSLA). numpy's own counter-based generator (Philox) can't be
called for one agent at a time, nor from compiled kernels, which is why it is not used.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transition_model.compilation import formula

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST = np.uint64(0xBF58476D1CE4E5B9)
SECOND = np.uint64(0x94D049BB133111EB)
UNUSED_BITS = np.uint64(11)
TO_UNIT = 2.0**-53


def stream_key(seed: int, purpose: str) -> np.uint64:
    """Key of one stream: a hash of the run's seed and the purpose in words."""
    digest = hashlib.blake2b(f"{seed}:{purpose}".encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


@lru_cache(maxsize=65536)
def month_key(seed: int, purpose: str, month_index: int) -> np.uint64:
    """Key of one stream's draws in one month (0 for draws outside time)."""
    with np.errstate(over="ignore"):
        return np.uint64(mix(stream_key(seed, purpose) + np.uint64(month_index) * GOLDEN))


def uniform(
    seed: int, purpose: str, agents: NDArray[np.int64], month_index: int
) -> NDArray[np.float64]:
    """One draw for each agent, uniform on [0, 1).

    Parameters
    ----------
    seed
        Seed of the run.
    purpose
        What the draw decides, for example ``"car_scrappage"``; each purpose is a stream.
    agents
        Row numbers within the agent type, shape (n,): never ``unique_id``, which depends on how
        many households there are.
    month_index
        :attr:`transition_model.calendar.Month.index` (0 for draws outside time).

    Returns
    -------
    ndarray
        Shape (n,).
    """
    return draws_of(month_key(seed, purpose, month_index), agents)


def draws_of(key: np.uint64 | NDArray[np.uint64], agents: NDArray[np.int64]) -> NDArray[np.float64]:
    """Draws of agents under the key of a month, or each under its own, shape (n,)."""
    with np.errstate(over="ignore"):
        state = mix(key + (agents.astype(np.uint64) + np.uint64(1)) * GOLDEN)
    return np.asarray((state >> UNUSED_BITS) * TO_UNIT)


def normal(
    seed: int, purpose: str, agents: NDArray[np.int64], month_index: int
) -> NDArray[np.float64]:
    """One standard normal draw for each agent (Box and Muller 1958), shape (n,)."""
    radius = uniform(seed, f"{purpose}: radius", agents, month_index)
    angle = uniform(seed, f"{purpose}: angle", agents, month_index)
    return np.sqrt(-2.0 * np.log1p(-radius)) * np.cos(2.0 * np.pi * angle)


@formula
def mix(state: Any) -> Any:
    """Finaliser of SplitMix64; of one state, or of an array of them."""
    mixed = (state ^ (state >> np.uint64(30))) * FIRST
    mixed = (mixed ^ (mixed >> np.uint64(27))) * SECOND
    return mixed ^ (mixed >> np.uint64(31))
