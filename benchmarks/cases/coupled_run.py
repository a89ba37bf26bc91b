"""Coupled run: agents and stocks, 96 months, scenario plan."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measuring import Measurement, process, repeated
from transition_model import simulate

HOUSEHOLDS = (2_000, 20_000)
IN_A_PROCESS = 20_000
LEAST_RUNS = 10


def measure(repeats: int) -> Iterator[Measurement]:
    """Measure runs in a warm process, then whole processes."""
    for households in HOUSEHOLDS:
        seconds = repeated(lambda n=households: simulate(households=n), max(repeats, LEAST_RUNS))  # type: ignore[misc]
        yield Measurement(f"{households:,} households", "s", seconds, note="within a process")
    run = f"from transition_model import simulate\nsimulate(households={IN_A_PROCESS})"
    processes = [process(["-c", run]) for _ in range(repeats)]
    yield Measurement(
        f"{IN_A_PROCESS:,} households, whole process", "s", tuple(p.seconds for p in processes)
    )
    yield Measurement(
        f"{IN_A_PROCESS:,} households, peak memory of the process",
        "MB",
        tuple(p.peak_memory for p in processes),
    )
