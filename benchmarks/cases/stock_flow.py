"""Stock-flow model: compiled engine against PySD on the same equations.

Both run the equations of ``models/chongqing.mdl`` unrolled to single numbers, at the text's own
time step, and record the same one variable once a month; PySD and compiled runs alternate, so that
what else the machine does falls on both. PySD on the text with subscripts is there for information.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.measuring import Goal, Measurement, repeated, seconds_of
from transition_model.parameters import load_parameters
from transition_model.stocks import CompiledModel, load_source
from transition_model.stocks.pysd_engine import translation, without_extrapolation_warnings
from transition_model.stocks.vensim_text import import_pysd

MONTHS = 96
MONTHS_WITH_SUBSCRIPTS = 6
RUNS = 1_000
GROWTH = (1, 10, 100, 10_000)
RECORDED = "gross_domestic_product_per_month"
SINGLE_GOAL, ENSEMBLE_GOAL = Goal(2_000.0, at_least=True), Goal(5_000.0, at_least=True)
COMPILED_RUNS_FOR_EACH_OF_PYSD = 20


def measure(repeats: int) -> Iterator[Measurement]:
    """Measure PySD, single runs and ensembles."""
    model = CompiledModel(load_source())
    pysd_run = _pysd(unrolled=True)
    pysd_run(MONTHS)
    pysd, single, ensemble = [], [], []
    _many(model, RUNS)
    for _ in range(repeats):
        pysd.append(seconds_of(lambda: pysd_run(MONTHS)))
        single.append(
            statistics.median(
                seconds_of(lambda: _many(model, 1)) for _ in range(COMPILED_RUNS_FOR_EACH_OF_PYSD)
            )
        )
        ensemble.append(seconds_of(lambda: _many(model, RUNS)) / RUNS)
    yield Measurement(f"PySD, unrolled, {MONTHS} months", "s", tuple(pysd))
    yield _milliseconds(f"compiled, one run, {MONTHS} months", tuple(single))
    yield _times("compiled against PySD, one run", pysd, single, SINGLE_GOAL)
    yield _milliseconds(f"compiled, {RUNS:,} runs at once, per run", tuple(ensemble))
    yield _times(f"compiled against PySD, per run of {RUNS:,}", pysd, ensemble, ENSEMBLE_GOAL)
    everything = repeated(lambda: model.run(horizon=MONTHS), repeats)
    yield _milliseconds("compiled, one run, every variable recorded", everything)
    one_thread = repeated(lambda: _many(model, RUNS, threads=1), repeats)
    yield _milliseconds(
        f"compiled, {RUNS:,} runs, one thread, per run", tuple(t / RUNS for t in one_thread)
    )
    for runs in GROWTH:
        seconds = repeated(lambda runs=runs: _many(model, runs), repeats)  # type: ignore[misc]
        yield _milliseconds(f"compiled, {runs:,} runs, per run", tuple(s / runs for s in seconds))
    with_subscripts = _pysd(unrolled=False)
    yield Measurement(
        f"PySD, text with subscripts, {MONTHS_WITH_SUBSCRIPTS} months",
        "s",
        repeated(lambda: with_subscripts(MONTHS_WITH_SUBSCRIPTS), repeats),
        note=f"{MONTHS} months would take some {MONTHS // MONTHS_WITH_SUBSCRIPTS} times as long",
    )


def _pysd(*, unrolled: bool) -> Callable[[int], Any]:
    """A function that has PySD run some months and record one variable."""
    loaded = import_pysd().load(str(translation(load_source(), unrolled=unrolled)))

    def run(months: int) -> Any:
        with without_extrapolation_warnings():
            return loaded.run(return_columns=[RECORDED], final_time=months, saveper=1)

    return run


def _many(model: CompiledModel, runs: int, threads: int | None = None) -> object:
    """Run an ensemble in which every constant parameter is drawn from its range."""
    random = np.random.default_rng(runs)
    drawn = {
        parameter.id: random.uniform(parameter.low, parameter.high, runs)
        for parameter in load_parameters()
        if parameter.value is not None and parameter.id in model.variables
    }
    return model.run(drawn if runs > 1 else {}, runs, MONTHS, [RECORDED], threads=threads)


def _milliseconds(name: str, seconds: tuple[float, ...]) -> Measurement:
    return Measurement(name, "ms", tuple(1e3 * value for value in seconds))


def _times(name: str, slow: list[float], fast: list[float], goal: Goal) -> Measurement:
    """How many times faster, pair by pair."""
    ratios = tuple(one / other for one, other in zip(slow, fast, strict=True))
    return Measurement(name, "times", ratios, goal)
