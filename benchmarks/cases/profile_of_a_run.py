"""Profile: which part of a warm coupled run takes how much of its time.

Python's own profiler over all months; it adds to every call of Python, so that parts with many
small calls weigh more here than they do in a run without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.measuring import Measurement, json_of

HOUSEHOLDS = (20_000,)
MONTHS = 96


def measure(
    repeats: int, households: Sequence[int] = HOUSEHOLDS, months: int = MONTHS
) -> Iterator[Measurement]:
    """Measure shares of time by step of the month, agent set and part of the households."""
    for size in households:
        profiles = [json_of("benchmarks.profiled_run", size, months) for _ in range(repeats)]
        yield Measurement(
            f"{size:,} households, {months} months with the profiler",
            "s",
            tuple(seconds for _, seconds in profiles),
        )
        for name in dict.fromkeys(name for shares, _ in profiles for name in shares):
            yield Measurement(name, "%", tuple(shares.get(name, 0.0) for shares, _ in profiles))
