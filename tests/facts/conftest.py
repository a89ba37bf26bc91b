"""Runs that several facts look at are made once."""

from collections.abc import Callable
from functools import cache

import pytest

from transition_model import Scenario, simulate
from transition_model.results import Series


@cache
def _series(scenario: Scenario, seed: int, households: int, end: str) -> Series:
    return simulate(scenario, seed=seed, households=households, end=end).all_series


@pytest.fixture(scope="session")
def series_of() -> Callable[..., Series]:
    """Monthly series of a scenario; 1,000 households, seed 1, to the end of the plan by default."""

    def run(
        scenario: Scenario | None = None,
        seed: int = 1,
        households: int = 1_000,
        end: str = "2027-12",
    ) -> Series:
        return _series(scenario or Scenario.load("plan"), seed, households, end)

    return run
