from collections.abc import Callable
from functools import cache

import pytest

from transition_model.analysis.coupling_interval import TwiceAMonth
from transition_model.model import TransitionModel
from transition_model.results import Series

HOUSEHOLDS = 2_000
MONTHS = 96


@cache
def _series(kind: type[TransitionModel], time_step: float | None) -> Series:
    model = kind(rng=1, households=HOUSEHOLDS, time_step=time_step)
    for _ in range(MONTHS):
        model.step()
    return model.recorder.series()


@pytest.fixture(scope="session")
def monthly() -> Series:
    """A run of the plan as the program makes it."""
    return _series(TransitionModel, None)


@pytest.fixture(scope="session")
def half_the_time_step() -> Series:
    """The same with half the time step of the stock-flow model."""
    return _series(TransitionModel, 0.125)


@pytest.fixture(scope="session")
def half_the_coupling_interval() -> Series:
    """The same with agents that decide twice a month."""
    return _series(TwiceAMonth, None)


@pytest.fixture(scope="session")
def moved() -> Callable[[Series, Series, str], float]:
    """The largest difference at the ends of years, in percent of the finer run."""

    def difference(coarse: Series, fine: Series, name: str) -> float:
        pairs = zip(coarse[name][11::12], fine[name][11::12], strict=True)
        return max(100.0 * abs(a - b) / abs(b) if b else 100.0 * abs(a) for a, b in pairs)

    return difference
