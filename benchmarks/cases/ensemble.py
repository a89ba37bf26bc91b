"""Ensemble: coupled runs of 2,000 households by simulate_batch, one process a core.

Every run has its own parameters and its own levers, drawn from their declared ranges, so that none
can be a copy of another.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np

from benchmarks.measuring import Goal, Measurement
from transition_model import Scenario, simulate_batch
from transition_model.parameters import load_parameters
from transition_model.runs.batch import Workers

HOUSEHOLDS = 2_000
RUNS = 60
PARAMETERS = (
    "car_survival_scale",
    "price_coefficient",
    "peer_weight",
    "scrappage_response",
    "sorting_supervision_effect",
)
LEVERS = {"trade_in_generosity": (0.5, 1.5), "sorting_supervision": (0.2, 0.9)}
GOAL = Goal(300.0, at_least=True)
PER_CORE = 1e3


def measure(repeats: int, households: int = HOUSEHOLDS) -> Iterator[Measurement]:
    """Measure batches after one that does not count, in processes that stay."""
    plan, draws = Scenario.load("plan"), np.random.default_rng(0)
    cores = len(os.sched_getaffinity(0))
    with Workers(cores) as workers:

        def runs_per_second(runs: int) -> float:
            scenarios = [
                plan.replace(
                    {lever: draws.uniform(*bounds) for lever, bounds in LEVERS.items()},
                    start="2026-01",
                )
                for _ in range(runs)
            ]
            batch = simulate_batch(
                scenarios,
                parameters={name: list(_drawn(name, runs, draws)) for name in PARAMETERS},
                households=households,
                workers=workers,
            )
            if batch.failures:
                raise RuntimeError(f"runs failed: {dict(batch.failures)}")
            return runs / batch.seconds

        runs_per_second(RUNS // cores)
        rates = tuple(runs_per_second(RUNS) for _ in range(repeats))
    yield Measurement(
        f"{households:,} households, {len(PARAMETERS)} parameters and {len(LEVERS)} levers vary",
        "runs/s",
        rates,
        GOAL,
        note=f"batches of {RUNS} runs, {cores} processes",
    )
    yield Measurement("a run, on one core", "ms", tuple(PER_CORE * cores / rate for rate in rates))


def _drawn(
    name: str, runs: int, draws: np.random.Generator
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Values of a parameter within its declared range, shape (runs,)."""
    parameter = load_parameters()[name]
    return draws.uniform(parameter.low, parameter.high, runs)
