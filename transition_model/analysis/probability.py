"""How probable it is to meet a target, how many runs that takes, and where the spread comes from.

Seeds are crossed with points: every point meets the same luck. So runs that share a point, or a
seed, tell less than as many independent ones. The *effective number of runs* says how much less:
the number of independent runs whose share of successes would vary as much as this one, from the
mean squares of a two-way layout with random effects of points and of seeds (Searle, Casella and
McCulloch 1992, Variance Components, chapter 4).
Intervals are Jeffreys' (Brown, Cai and DasGupta 2001, doi:10.1214/ss/1009213286) on that number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transition_model.analysis.study_runs import ALL, Crossed, by_scenario, column, crossed
from transition_model.errors import InputError
from transition_model.studies.design import SCENARIO
from transition_model.studies.results import Outcome, StudyResults
from transition_model.studies.study import Study

type Array = NDArray[np.float64]
type Numbers = NDArray[np.int64]

CONFIDENCE = 0.95
"""Of every interval."""

HALVINGS = 4
"""A running probability is told at all runs, a half, a quarter, ... : this many times halved."""

RESAMPLES = 200
"""Draws of points, with replacement, behind the interval of a share of the variance."""

REACHED = (0.05, 0.5, 0.95)
"""Quantiles of what runs reach."""

LEFT_OUT = "left out"
"""Column of the points that a missing run has made incomplete."""

MOVED = 1e-6
"""Spread, for its size, above which a value counts as moved: far above what rounding does."""

SAMPLED = ("latin_hypercube", "sobol", "scenarios", "list")
"""Designs whose points stand for what is not known; the list as the file has it."""

type Interval = tuple[float, float]


# -- a share and its interval ---------------------------------------------------------------------
def jeffreys_interval(share: float, runs: float, confidence: float = CONFIDENCE) -> Interval:
    """Jeffreys' interval of a probability.

    Parameters
    ----------
    share
        Successes for each run.
    runs
        How many independent runs, need not be whole.
    confidence
        Probability that the interval holds the true value, on average.

    Returns
    -------
    tuple of float
        Low and high; 0 where nothing and 1 where everything succeeded.
    """
    from scipy.special import betaincinv

    successes, failures = share * runs, (1.0 - share) * runs
    tail = (1.0 - confidence) / 2.0
    low = 0.0 if successes == 0.0 else float(betaincinv(successes + 0.5, failures + 0.5, tail))
    high = 1.0 if failures == 0.0 else float(betaincinv(successes + 0.5, failures + 0.5, 1 - tail))
    return low, high


def effective_runs(met: Array) -> float:
    """Independent runs whose share of successes would vary as much as that of these.

    Parameters
    ----------
    met
        Whether each run succeeded, 0 or 1, shape (points, seeds).

    Returns
    -------
    float
        From 1 to the number of runs. Where all runs agree nothing shows how alike those of one
        point are, and points count once; where there is a single point, its seeds do.
    """
    points, seeds = met.shape
    mean = float(met.mean())
    spread = mean * (1.0 - mean)
    if spread == 0.0:
        return float(points if points > 1 else seeds)
    if points == 1 or seeds == 1:
        return float(met.size)
    by_point, by_seed = met.mean(axis=1) - mean, met.mean(axis=0) - mean
    rest = met - mean - by_point[:, np.newaxis] - by_seed
    of_points = seeds * float(np.square(by_point).sum()) / (points - 1)
    of_seeds = points * float(np.square(by_seed).sum()) / (seeds - 1)
    of_both = float(np.square(rest).sum()) / ((points - 1) * (seeds - 1))
    variance = (of_points + max(of_seeds - of_both, 0.0)) / met.size
    return float(np.clip(spread / variance, 1.0, met.size))


@dataclass(frozen=True)
class Probability:
    """How probable it is to meet one target.

    Attributes
    ----------
    outcome, scenario
        Which target, and under which scenario.
    points, runs, left_out
        Points that count, their runs, and points that were left out since a run is missing.
    effective_runs
        Independent runs that tell as much.
    value, low, high
        Probability and its interval.
    reached
        What the runs reach, in the target's unit: those quantiles of :data:`REACHED`.
    moved
        Whether anything that the study varies moves what is reached. If not, a probability of 0
        or 1 tells nothing of what is not known.
    """

    outcome: Outcome
    scenario: str
    points: int
    runs: int
    left_out: int
    effective_runs: float
    value: float
    low: float
    high: float
    reached: tuple[float, ...]
    moved: bool

    @classmethod
    def of_runs(cls, outcome: Outcome, scenario: str, met: Crossed, reached: Array) -> Probability:
        """From whether each run met the target, and the value that each reached, shape (n,)."""
        value, runs = float(met.cells.mean()), effective_runs(met.cells)
        low, high = jeffreys_interval(value, runs)
        points, all_runs = len(met.cells), met.cells.size
        quantiles = tuple(np.quantile(reached, REACHED).tolist())
        moved = bool(np.ptp(reached) > MOVED * np.abs(reached).max())
        return cls(
            outcome, scenario, points, all_runs, met.left_out, runs, value, low, high,
            quantiles, moved,
        )  # fmt: skip


@dataclass(frozen=True)
class Probabilities:
    """Probability of every target, and of its convergence.

    Attributes
    ----------
    study
        Its name.
    seeds
        Seeds a point.
    entries
        One a target and scenario.
    running
        For each entry the probability after ever more runs, taken in random order, the last of
        all.
    """

    study: str
    seeds: int
    entries: tuple[Probability, ...]
    running: tuple[tuple[Probability, ...], ...]

    @property
    def note(self) -> str:
        """What the numbers rest on, in a sentence."""
        rest = (
            "with one seed the probability is that under one luck"
            if self.seeds == 1
            else f"clustered by point and by the {self.seeds} seeds"
        )
        unmoved = len({entry.outcome.id for entry in self.entries if not entry.moved})
        held = f"; moved by nothing that this study varies: {unmoved} targets" if unmoved else ""
        return f"{CONFIDENCE:.0%} Jeffreys intervals; {rest}{held}"

    def table(self) -> pd.DataFrame:
        """One row a target and scenario."""
        return _rows(self.entries)

    def convergence(self) -> pd.DataFrame:
        """One row a target, scenario and number of runs."""
        return _rows([entry for entries in self.running for entry in entries])


def _rows(entries: Sequence[Probability]) -> pd.DataFrame:
    """One row each, without a column that would say nothing."""
    table = pd.DataFrame([_row(entry) for entry in entries])
    silent = {SCENARIO: (table[SCENARIO] == ALL).all(), LEFT_OUT: (table[LEFT_OUT] == 0).all()}
    return table.drop(columns=[name for name, nothing in silent.items() if nothing])


def _row(entry: Probability) -> dict[str, float | int | str]:
    target = entry.outcome.target
    return {
        "target": entry.outcome.id,
        SCENARIO: entry.scenario,
        "goal": "" if target is None else f"{target.operator} {target.value:g} {target.unit}",
        **dict(zip((f"{share:.0%}" for share in REACHED), entry.reached, strict=True)),
        "probability": entry.value,
        "low": entry.low,
        "high": entry.high,
        "moved": entry.moved,
        "runs": entry.runs,
        "effective": entry.effective_runs,
        LEFT_OUT: entry.left_out,
    }


def probabilities(results: StudyResults, study: Study, *, order_seed: int = 0) -> Probabilities:
    """Probability of meeting each target of a study.

    Parameters
    ----------
    results, study
        Runs and the study that they belong to. Of a Saltelli design only the two samples that it
        is built on count: its other rows repeat them.
    order_seed
        Seed of the order in which runs are taken for the convergence.

    Raises
    ------
    InputError
        If the design's points do not stand for what is not known, or no target is looked at.
    """
    if study.design.method not in SAMPLED:
        raise InputError(
            "design.method", study.design.method,
            f"a design that draws what is not known: {', '.join(SAMPLED)}",
        )  # fmt: skip
    targets = [outcome for outcome in results.outcomes if outcome.target is not None]
    if not targets:
        raise InputError("outcomes.targets", "none", "at least one target")
    entries, running = [], []
    for outcome in targets:
        for scenario, runs in by_scenario(results).items():
            kept = runs[_independent(study, results)[runs]]
            found = crossed(results, results.met[outcome.id], kept)
            reached = crossed(results, column(results, outcome.id), kept).cells
            entries.append(Probability.of_runs(outcome, scenario, found, reached.ravel()))
            running.append(_running(outcome, scenario, found, reached, order_seed))
    seeds = results.planned.replications
    return Probabilities(results.planned.name, seeds, tuple(entries), tuple(running))


def _independent(study: Study, results: StudyResults) -> NDArray[np.bool_]:
    """Runs whose points are drawn independently, shape (runs,)."""
    points = np.arange(len(results.planned.points))
    if study.design.method == "sobol":
        factors = len(study.factors)
        step = 2 * factors + 2 if study.design.second_order else factors + 2
        drawn = (points % step == 0) | (points % step == step - 1)
    else:
        drawn = np.ones(len(points), dtype=bool)
    return np.repeat(drawn, results.planned.replications)


def _running(
    outcome: Outcome, scenario: str, found: Crossed, reached: Array, order_seed: int
) -> tuple[Probability, ...]:
    """Probability after a sixteenth of the points, an eighth, ... in random order.

    Of a single point, seeds are taken one after the other instead.
    """
    one_point = len(found.cells) == 1
    met, values = (found.cells.T, reached.T) if one_point else (found.cells, reached)
    order = np.random.default_rng(order_seed).permutation(len(met))
    counts = [len(met) // 2**halved for halved in range(HALVINGS, -1, -1)]
    taken = [order[:count] for count in dict.fromkeys(counts) if count]
    parts = [(met[rows].T if one_point else met[rows], values[rows].ravel()) for rows in taken]
    return tuple(
        Probability.of_runs(outcome, scenario, Crossed(part, found.points, found.left_out), value)
        for part, value in parts
    )


# -- where the spread comes from ------------------------------------------------------------------
@dataclass(frozen=True)
class Parts:
    """Parts of a variance, in the square of the outcome's unit; NaN where runs don't tell.

    Attributes
    ----------
    parameters
        Between points of the same structures: levers and parameters.
    structures
        Between rival structures.
    luck
        Between seeds of a point.
    """

    parameters: float
    structures: float
    luck: float

    @property
    def total(self) -> float:
        """Sum of what is known."""
        return float(np.nansum([self.parameters, self.structures, self.luck]))

    @property
    def shares(self) -> Array:
        """Shares of the total; NaN if nothing varies, shape (3,)."""
        parts = np.array([self.parameters, self.structures, self.luck])
        return parts / self.total if self.total > 0.0 else np.full_like(parts, np.nan)


def parts_of_variance(values: Array, structures: Numbers) -> Parts:
    """Law of total variance over structures, points within them, and seeds within a point.

    Every part is estimated without bias, so that one that is nothing may come out a little below
    zero: what seeds add to the variance of point means, and points to that of structures, is taken
    off. Since all points share their seeds, the seeds' common effect moves all means alike; only
    what seeds do differently at each point is taken off.

    Parameters
    ----------
    values
        Shape (points, seeds).
    structures
        Which combination of rivals each point has, counted from 0, shape (points,).

    Returns
    -------
    Parts
        With NaN for luck where there is one seed; the luck is then within the parameters.
    """
    points, seeds = values.shape
    means = values.mean(axis=1)
    luck = float(values.var(axis=1, ddof=1).mean()) if seeds > 1 else np.nan
    noise = _interaction(values, luck) / seeds if seeds > 1 else 0.0
    counts = np.bincount(structures).astype(float)
    centres = np.bincount(structures, means) / counts
    squares = np.bincount(structures, np.square(means - centres[structures]))
    several = counts > 1
    # The variance of point means, and how far each structure's mean may be off by it.
    within = np.divide(squares, counts - 1, out=np.full_like(squares, noise), where=several)
    weight = counts / points
    parameters = float((weight * (within - noise))[several].sum())
    between = float((weight * np.square(centres - means.mean())).sum())
    between -= float((weight * (1.0 - weight) * within / counts).sum())
    return Parts(parameters, between if len(counts) > 1 else 0.0, luck)


def _interaction(values: Array, luck: float) -> float:
    """Variance of what a seed does at one point and not at all points alike."""
    points, seeds = values.shape
    if points == 1:
        return luck
    rest = values - values.mean(axis=1, keepdims=True) - values.mean(axis=0) + values.mean()
    squares = float(np.square(rest).sum())
    return float(squares / ((points - 1) * (seeds - 1)))


@dataclass(frozen=True)
class SpreadOfOutcome:
    """Where the spread of one outcome comes from.

    Attributes
    ----------
    outcome, scenario
        Which outcome, and under which scenario.
    points, seeds, left_out
        Points that count, seeds of each, points left out since a run is missing.
    parts
        Parts of the variance.
    low, high
        Interval of each share, of parameters, structures, luck, shape (3,); NaN for one point.
    """

    outcome: Outcome
    scenario: str
    points: int
    seeds: int
    left_out: int
    parts: Parts
    low: Array
    high: Array


@dataclass(frozen=True)
class Spread:
    """Where the spread of every outcome comes from.

    Attributes
    ----------
    study
        Its name.
    entries
        One an outcome and scenario.
    """

    study: str
    entries: tuple[SpreadOfOutcome, ...]

    def table(self) -> pd.DataFrame:
        """One row an outcome and scenario: standard deviation, and shares of the variance."""
        return pd.DataFrame([_spread_row(entry) for entry in self.entries])


PARTS = ("parameters", "structures", "luck")


def _spread_row(entry: SpreadOfOutcome) -> dict[str, float | int | str]:
    row: dict[str, float | int | str] = {
        "outcome": entry.outcome.id,
        SCENARIO: entry.scenario,
        "unit": entry.outcome.unit,
        "standard deviation": float(np.sqrt(max(entry.parts.total, 0.0))),
    }
    columns = zip(PARTS, entry.parts.shares, entry.low, entry.high, strict=True)
    for name, share, low, high in columns:
        row |= {name: float(share), f"{name} low": float(low), f"{name} high": float(high)}
    row |= {"points": entry.points, "seeds": entry.seeds, "points left out": entry.left_out}
    return row | {"note": _note(entry)}


def _note(entry: SpreadOfOutcome) -> str:
    if entry.seeds == 1:
        return "one seed a point: luck can't be told apart and is within parameters"
    if entry.points == 1:
        return "one point: nothing but luck varies"
    return f"luck from {entry.seeds} seeds, the same at all points"


def spread(results: StudyResults, *, resampling_seed: int = 0) -> Spread:
    """Split the spread of every outcome into parameters (and levers), structures, and luck.

    Parameters
    ----------
    results
        Runs of a study of any design; shares are those over the points as they lie.
    resampling_seed
        Seed of the draws of points behind the intervals.

    Raises
    ------
    InputError
        If an outcome has no point with all its seeds.
    """
    structures = _structures(results)
    entries = []
    for outcome in results.outcomes:
        for scenario, runs in by_scenario(results).items():
            found = crossed(results, column(results, outcome.id), runs)
            _, place = np.unique(structures[found.points], return_inverse=True)
            low, high = _share_intervals(found.cells, place, resampling_seed)
            entries.append(
                SpreadOfOutcome(
                    outcome, scenario, len(found.cells), results.planned.replications,
                    found.left_out, parts_of_variance(found.cells, place), low, high,
                )
            )  # fmt: skip
    return Spread(results.planned.name, tuple(entries))


def _structures(results: StudyResults) -> Numbers:
    """Which combination of rivals each point has, shape (points,)."""
    points = results.planned.points
    names = [
        name
        for name in points.columns
        if name != SCENARIO and not pd.api.types.is_numeric_dtype(points[name])
    ]
    if not names:
        return np.zeros(len(points), dtype=np.int64)
    numbers: Numbers = points.groupby(names, sort=False).ngroup().to_numpy().astype(np.int64)
    return numbers


def _share_intervals(values: Array, structures: Numbers, seed: int) -> tuple[Array, Array]:
    """Intervals of the shares, from points drawn again with replacement; (3,) each."""
    if len(values) == 1:
        return np.full(len(PARTS), np.nan), np.full(len(PARTS), np.nan)
    rng = np.random.default_rng(seed)
    shares = []
    for _ in range(RESAMPLES):
        drawn = rng.integers(len(values), size=len(values))
        _, place = np.unique(structures[drawn], return_inverse=True)
        shares.append(parts_of_variance(values[drawn], place).shares)
    tails = ((1.0 - CONFIDENCE) / 2.0, (1.0 + CONFIDENCE) / 2.0)
    stacked = np.array(shares)
    known = ~np.isnan(stacked).all(axis=0)
    bounds = np.full((2, len(PARTS)), np.nan)
    bounds[:, known] = np.nanquantile(stacked[:, known], tails, axis=0)
    return bounds[0], bounds[1]
