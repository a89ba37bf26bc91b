from collections.abc import Callable
from functools import cache

import pytest

from transition_model import Result, Scenario, simulate

HOUSEHOLDS = 1_000


@cache
def _run(name: str, seed: int) -> Result:
    return simulate(Scenario.load(name), seed=seed, households=HOUSEHOLDS)


@pytest.fixture(scope="session")
def run_of() -> Callable[..., Result]:
    """A full run of a built-in scenario with 1,000 households, made once a session."""

    def run(name: str, seed: int = 1) -> Result:
        return _run(name, seed)

    return run
