"""An agent's luck depends on seed, purpose, agent and month, and on nothing else."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import stats

from transition_model.random_streams import normal, stream_key, uniform

MANY = np.arange(100_000)
MONTH = 24_300
WORD = 2**64 - 1


def split_mix(state: int) -> int:
    """The finaliser of SplitMix64, on Python's integers."""
    state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & WORD
    state = (state ^ (state >> 27)) * 0x94D049BB133111EB & WORD
    return state ^ (state >> 31)


def by_hand(seed: int, purpose: str, agent: int, month: int) -> float:
    digest = hashlib.blake2b(f"{seed}:{purpose}".encode(), digest_size=8).digest()
    golden = 0x9E3779B97F4A7C15
    key = split_mix((int.from_bytes(digest, "little") + month * golden) & WORD)
    return (split_mix((key + (agent + 1) * golden) & WORD) >> 11) / 2**53


@given(
    st.integers(min_value=0, max_value=2**31),
    st.text(max_size=20),
    st.integers(min_value=0, max_value=12_040_234),
    st.integers(min_value=0, max_value=30_000),
)
def test_a_draw_is_what_split_mix_says(seed: int, purpose: str, agent: int, month: int) -> None:
    (draw,) = uniform(seed, purpose, np.array([agent]), month)
    assert draw == by_hand(seed, purpose, agent, month)


@given(st.lists(st.integers(min_value=0, max_value=99_999), min_size=1, max_size=50))
def test_an_agent_draws_the_same_whoever_else_is_asked_and_in_whatever_order(
    agents: list[int],
) -> None:
    everybody = uniform(1, "car: leave", MANY, MONTH)
    assert_array_equal(uniform(1, "car: leave", np.array(agents), MONTH), everybody[agents])


def test_draws_lie_between_zero_and_one_and_are_spread_evenly() -> None:
    draws = uniform(1, "car: leave", MANY, MONTH)
    assert draws.min() >= 0.0
    assert draws.max() < 1.0
    assert len(np.unique(draws)) == len(draws)
    assert stats.kstest(draws, "uniform").pvalue > 1e-4


def test_normal_draws_are_standard_normal() -> None:
    draws = normal(1, "attitude", MANY, 0)
    assert np.isfinite(draws).all()
    assert stats.kstest(draws, "norm").pvalue > 1e-4


@pytest.mark.parametrize(
    "other",
    [
        uniform(2, "car: leave", MANY, MONTH),
        uniform(1, "car: buy", MANY, MONTH),
        uniform(1, "car: leave", MANY, MONTH + 1),
        uniform(1, "car: leave", MANY, MONTH + 12),
        uniform(1, "car: leave", MANY + 1, MONTH),
        uniform(11, ":car: leave", MANY, MONTH),
    ],
    ids=["seed", "purpose", "month", "year", "agent", "colon"],
)
def test_another_seed_purpose_month_or_agent_has_unrelated_luck(other: np.ndarray) -> None:
    draws = uniform(1, "car: leave", MANY, MONTH)
    assert abs(np.corrcoef(draws, other)[0, 1]) < 5.0 / np.sqrt(len(MANY))
    assert np.mean(draws == other) < 1e-3


def test_the_luck_of_one_agent_over_the_months_is_spread_evenly() -> None:
    draws = [float(uniform(1, "car: leave", np.array([17]), month)[0]) for month in range(2_000)]
    assert stats.kstest(draws, "uniform").pvalue > 1e-4
    assert abs(np.corrcoef(draws[:-1], draws[1:])[0, 1]) < 5.0 / np.sqrt(len(draws))


def test_streams_of_different_purposes_have_different_keys() -> None:
    keys = {int(stream_key(seed, word)) for seed in range(50) for word in ("car", "waste", "")}
    assert len(keys) == 150


def test_a_normal_draw_is_made_of_two_uniform_streams() -> None:
    radius = uniform(3, "attitude: radius", MANY[:10], 5)
    angle = uniform(3, "attitude: angle", MANY[:10], 5)
    expected = np.sqrt(-2.0 * np.log(1.0 - radius)) * np.cos(2.0 * np.pi * angle)
    np.testing.assert_allclose(normal(3, "attitude", MANY[:10], 5), expected, rtol=1e-9)
