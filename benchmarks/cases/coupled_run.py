"""Coupled run: agents and stocks, 96 months, scenario plan."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import numpy as np

from benchmarks.measuring import Goal, Measurement, process, repeated
from benchmarks.one_run import measured
from transition_model import Scenario, simulate

HOUSEHOLDS = (2_000, 20_000)
IN_A_PROCESS = 20_000
LEAST_RUNS = 10
GOALS = {20_000: (Goal(0.060), Goal(0.100))}
"""Seconds of the median run, and of the ninth in ten, in a warm process."""
MONTHS = 96
LEVER, FIRST, STEP = "trade_in_generosity", 0.8, 0.01


def measure(repeats: int) -> Iterator[Measurement]:
    """Measure runs in a warm process, then whole processes."""
    for households in HOUSEHOLDS:
        seconds = repeated(lambda n=households: simulate(households=n), max(repeats, LEAST_RUNS))  # type: ignore[misc]
        name = f"{households:,} households"
        goal, goal_of_nine = GOALS.get(households, (None, None))
        yield Measurement(name, "s", seconds, goal, "within a process")
        ninth = (float(np.percentile(seconds, 90)),)
        yield Measurement(f"{name}, nine of ten below", "s", ninth, goal_of_nine)
        yield Measurement(
            f"{name}, a lever moved before each", "s", _with_levers_moved(households, repeats)
        )
    run = f"from transition_model import simulate\nsimulate(households={IN_A_PROCESS})"
    seconds = tuple(process(["-c", run]).seconds for _ in range(repeats))
    yield Measurement(f"{IN_A_PROCESS:,} households, whole process", "s", seconds)
    peaks = tuple(measured(IN_A_PROCESS, MONTHS).memory for _ in range(repeats))
    yield Measurement(f"{IN_A_PROCESS:,} households, peak memory of the process", "MB", peaks)


def _with_levers_moved(households: int, repeats: int) -> tuple[float, ...]:
    """Runs of which each has a value of a lever that no run before had."""
    plan, steps = Scenario.load("plan"), count()

    def moved() -> None:
        value = FIRST + STEP * next(steps)
        simulate(plan.replace({LEVER: value}, start="2026-01"), households=households)

    return repeated(moved, repeats)
