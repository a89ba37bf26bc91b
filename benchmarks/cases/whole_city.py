"""Whole city: as many household agents as Chongqing has households, 96 months."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.measuring import Goal, Measurement
from benchmarks.one_run import measured

HOUSEHOLDS = (12_040_000,)
MONTHS = 96
GOALS = {12_040_000: (Goal(60.0), Goal(1_500.0))}
"""Seconds of a run, and MB of its process."""


def measure(
    repeats: int, households: Sequence[int] = HOUSEHOLDS, months: int = MONTHS
) -> Iterator[Measurement]:
    """Measure one run of each size, however many repetitions are asked for: it takes minutes."""
    for size in households:
        run = measured(size, months)
        name = f"{size:,} households"
        note = f"{months} months; once, not {repeats} times"
        in_time, in_memory = GOALS.get(size, (None, None))
        whole = (run.build + run.run,)
        yield Measurement(f"{name}, build and run", "s", whole, in_time, note)
        yield Measurement(f"{name}, build", "s", (run.build,))
        yield Measurement(f"{name}, a month", "s", (run.month,))
        yield Measurement(f"{name}, peak memory", "MB", (run.memory,), in_memory)
