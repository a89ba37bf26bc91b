"""Growth of a coupled run with its households, each run in a process of its own.

``--households 10000,100000`` chooses the sizes, ``--months 12`` shorter runs. The last rows are
what a household more costs between the smallest and the largest size: time, and memory over the
bytes of its columns, which ``data/run_costs.toml`` quotes. ``python -m benchmarks.growth_figure``
draws what the last benchmark wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.measuring import MEGABYTE, Goal, Measurement
from benchmarks.one_run import measured
from transition_model.run_size import bytes_of_columns

HOUSEHOLDS = (10_000, 100_000, 1_000_000, 10_000_000)
MONTHS = 96
REPEATED_UP_TO = 100_000
GOAL = Goal(1.3)
"""Time of the largest over that of the smallest, against their sizes."""


def measure(
    repeats: int, households: Sequence[int] = HOUSEHOLDS, months: int = MONTHS
) -> Iterator[Measurement]:
    """Measure runs from few households to many; large ones once."""
    runs = {}
    for size in households:
        times = repeats if size <= REPEATED_UP_TO else 1
        runs[size] = some = [measured(size, months) for _ in range(times)]
        name, note = f"{size:,} households", f"{months} months, after one that does not count"
        whole = tuple(r.build + r.run for r in some)
        yield Measurement(f"{name}, build and run", "s", whole, note=note)
        yield Measurement(f"{name}, build", "s", tuple(r.build for r in some))
        yield Measurement(f"{name}, a month", "ms", tuple(1e3 * r.month for r in some))
        yield Measurement(f"{name}, peak memory", "MB", tuple(r.memory for r in some))
    few, many = runs[min(households)][0], runs[max(households)][0]
    more = many.households - few.households
    if more <= 0:
        return
    growth = (many.build + many.run) / (few.build + few.run) * few.households / many.households
    yield Measurement("time against linear growth", "times", (growth,), GOAL)
    yield Measurement(
        "a household more, a month", "us", (1e6 * (many.run - few.run) / months / more,)
    )
    memory = MEGABYTE * (many.memory - few.memory) / more
    yield Measurement("a household more, peak memory", "bytes", (memory,))
    yield Measurement("that over the bytes of its columns", "times", (memory / bytes_of_columns(),))
