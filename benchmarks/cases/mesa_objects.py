"""Households as Mesa objects against columns: the same rules, households and months.

Both run the coupled model with the same eight other agent sets, so that these, and the stock-flow
model, cost both the same. Months alternate, one of each, so that what else the machine does falls
on both. The growth is measured between two numbers of households: it is what a household costs.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from benchmarks.measuring import Goal, Measurement, seconds_of
from benchmarks.mesa_objects.model import ObjectModel
from transition_model import TransitionModel

HOUSEHOLDS = (2_000, 20_000)
FIRST_MONTHS = 2
MONTHS = 3
GOALS = {20_000: Goal(150.0, at_least=True)}


def measure(
    repeats: int, households: Sequence[int] = HOUSEHOLDS, months: int = MONTHS
) -> Iterator[Measurement]:
    """Measure months of both, and how many times faster columns are."""
    taken: dict[int, tuple[list[float], list[float]]] = {}
    for size in households:
        taken[size] = runs = ([], [])
        for _ in range(repeats):
            for one, seconds in zip(_months(size, months), runs, strict=True):
                seconds.append(one)
        objects, columns = runs
        name = f"{size:,} households, a month"
        yield Measurement(f"objects: {name}", "ms", tuple(1e3 * s for s in objects))
        yield Measurement(f"columns: {name}", "ms", tuple(1e3 * s for s in columns))
        yield Measurement(
            f"columns against objects, {size:,} households",
            "times",
            tuple(one / other for one, other in zip(objects, columns, strict=True)),
            GOALS.get(size),
            "whole coupled month, other agents and stocks included",
        )
    few, many = min(households), max(households)
    if few == many:
        return
    for way, name in enumerate(("objects", "columns")):
        each = tuple(
            1e6 * (more - less) / (many - few)
            for less, more in zip(taken[few][way], taken[many][way], strict=True)
        )
        yield Measurement(f"{name}: a household more, a month", "us", each)


def _months(households: int, months: int) -> tuple[float, float]:
    """Median seconds of a month with objects and with columns, after some that do not count."""
    objects = ObjectModel(households=households, precision="double")
    models = (objects, TransitionModel(households=households))
    seconds: tuple[list[float], list[float]] = ([], [])
    for month in range(FIRST_MONTHS + months):
        for model, taken in zip(models, seconds, strict=True):
            one = seconds_of(model.step)
            if month >= FIRST_MONTHS:
                taken.append(one)
    objects, columns = map(statistics.median, seconds)
    return objects, columns
