"""Which levers and uncertainties matter for an outcome, alone and together.

Three answers for three budgets: Morris' elementary effects screen many factors with few runs, Sobol
indices split the variance, and feature scores rank factors from the runs of any design.
Over seeds the mean is taken, so that luck does not count as an effect of a factor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transition_model.analysis.study_runs import column, crossed, mean_over_seeds, refuse_gaps
from transition_model.analysis.workbench import workbench
from transition_model.errors import InputError
from transition_model.studies.design import SCENARIO, points_of, quantiles_of, salib_problem
from transition_model.studies.results import Outcome, StudyResults
from transition_model.studies.study import Study

type Array = NDArray[np.float64]

CONFIDENCE = 0.95
"""Of every interval."""

RESAMPLES = 1000
"""Draws behind the intervals of indices and effects."""

RESAMPLING_SEED = 1
"""Of those draws, so that the same runs give the same intervals; SALib takes 0 for none."""

FORESTS, TREES = 10, 10
"""Forests, each on its own draw of the points with replacement, and trees in each."""

CHANCE = "(chance)"
"""A factor of random numbers among the others: who scores no more than it can't be told from it."""

FACTORS_A_SPLIT = 3
"""A split of a tree looks at every third factor, as Jaxa-Rozen and Kwakkel 2018 recommend."""


def to_salib_problem(study: Study) -> dict[str, Any]:
    """A study's factors as SALib's problem, in the unit cube that its designs are drawn in.

    SALib's own analyses take it together with :func:`.design.quantiles_of`.

    Raises
    ------
    InputError
        If a factor is unknown or out of range.
    """
    return salib_problem(study.factors)


# -- Sobol ----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class SobolOfOutcome:
    """Sobol indices of one outcome; NaN where it does not vary.

    Attributes
    ----------
    outcome
        Which outcome.
    first, total
        Share of the variance that a factor explains alone, and with all its interactions,
        shape (factors,).
    first_error, total_error
        Half of the 95 % interval, shape (factors,).
    second, second_error
        Shares that pairs explain together beyond each alone, above the diagonal, shape (factors,
        factors); None if the design has no rows for them.
    """

    outcome: Outcome
    first: Array
    first_error: Array
    total: Array
    total_error: Array
    second: Array | None
    second_error: Array | None


@dataclass(frozen=True)
class Sobol:
    """Sobol indices of every outcome.

    Attributes
    ----------
    study, factors
        Name of the study, and what varies.
    points, seeds
        Points of the design, and seeds over which the mean is taken.
    entries
        One an outcome.
    """

    study: str
    factors: tuple[str, ...]
    points: int
    seeds: int
    entries: tuple[SobolOfOutcome, ...]

    def table(self) -> pd.DataFrame:
        """One row an outcome and factor, the most important first."""
        rows = [
            {
                "outcome": entry.outcome.id,
                "factor": self.factors[place],
                "first": float(entry.first[place]),
                "first ±": float(entry.first_error[place]),
                "total": float(entry.total[place]),
                "total ±": float(entry.total_error[place]),
                "points": self.points,
                "seeds": self.seeds,
                "note": _constant(entry.total)
                or _beyond(entry.total[place], entry.total_error[place]),
            }
            for entry in self.entries
            for place in _descending(entry.total)
        ]
        return pd.DataFrame(rows)

    def pairs(self) -> pd.DataFrame:
        """One row an outcome and pair of factors, the strongest interaction first.

        Raises
        ------
        InputError
            If the design has no rows for pairs.
        """
        rows: list[dict[str, Any]] = []
        for entry in self.entries:
            if entry.second is None or entry.second_error is None:
                raise InputError("design.second_order", False, "true, for indices of pairs")
            above = np.triu_indices(len(self.factors), 1)
            for place in _descending(entry.second[above]):
                one, other = above[0][place], above[1][place]
                rows.append(
                    {
                        "outcome": entry.outcome.id,
                        "factor": self.factors[one],
                        "and": self.factors[other],
                        "second": float(entry.second[one, other]),
                        "second ±": float(entry.second_error[one, other]),
                    }
                )
        return pd.DataFrame(rows)


def sobol_indices(
    results: StudyResults, study: Study, outcomes: Sequence[str] | None = None
) -> Sobol:
    """Sobol indices of a study with a Saltelli design.

    Estimators of Saltelli et al. 2010 (doi:10.1016/j.cpc.2009.09.018), by SALib.

    Parameters
    ----------
    results, study
        Runs and the study that they belong to.
    outcomes
        Ids of some outcomes; all by default.

    Raises
    ------
    InputError
        If the design is another, a run is missing or failed, or there is no such outcome.
    """
    from SALib.analyze import sobol

    _check_design(results, study, "sobol")
    problem, pairs = to_salib_problem(study), study.design.second_order
    count = len(study.factors)
    entries = []
    for outcome in _chosen(results, outcomes):
        refuse_gaps(results, outcome.id, "sobol")
        values = mean_over_seeds(results, outcome.id)
        if np.ptp(values) == 0.0:
            nothing, none = np.full(count, np.nan), np.full((count, count), np.nan)
            second = none if pairs else None
            entry = SobolOfOutcome(outcome, nothing, nothing, nothing, nothing, second, second)
        else:
            found = sobol.analyze(
                problem, values, calc_second_order=pairs, num_resamples=RESAMPLES,
                conf_level=CONFIDENCE, seed=RESAMPLING_SEED,
            )  # fmt: skip
            parts = [found[name] for name in ("S1", "S1_conf", "ST", "ST_conf")]
            parts += [found["S2"], found["S2_conf"]] if pairs else [None, None]
            entry = SobolOfOutcome(outcome, *parts)
        entries.append(entry)
    names, points = tuple(problem["names"]), len(results.planned.points)
    return Sobol(results.planned.name, names, points, results.planned.replications, tuple(entries))


# -- Morris ---------------------------------------------------------------------------------------
@dataclass(frozen=True)
class MorrisOfOutcome:
    """Elementary effects on one outcome, in its unit for a factor's whole range.

    Attributes
    ----------
    outcome
        Which outcome.
    mean, absolute, absolute_error, deviation
        Mean effect, mean size, half of the 95 % interval of that, and standard deviation: large
        where a factor's effect depends on where it or others stand, shape (factors,).
    """

    outcome: Outcome
    mean: Array
    absolute: Array
    absolute_error: Array
    deviation: Array


@dataclass(frozen=True)
class Morris:
    """Elementary effects on every outcome.

    Attributes
    ----------
    study, factors
        Name of the study, and what varies.
    trajectories, points, seeds
        Of the design, and seeds over which the mean is taken.
    entries
        One an outcome.
    """

    study: str
    factors: tuple[str, ...]
    trajectories: int
    points: int
    seeds: int
    entries: tuple[MorrisOfOutcome, ...]

    def table(self) -> pd.DataFrame:
        """One row an outcome and factor, the largest effect first."""
        rows = [
            {
                "outcome": entry.outcome.id,
                "factor": self.factors[place],
                "unit": entry.outcome.unit,
                "mu star": float(entry.absolute[place]),
                "mu star ±": float(entry.absolute_error[place]),
                "mu": float(entry.mean[place]),
                "sigma": float(entry.deviation[place]),
                "trajectories": self.trajectories,
                "points": self.points,
                "seeds": self.seeds,
            }
            for entry in self.entries
            for place in _descending(entry.absolute)
        ]
        return pd.DataFrame(rows)


def morris_effects(
    results: StudyResults, study: Study, outcomes: Sequence[str] | None = None
) -> Morris:
    """Elementary effects of a study with a Morris design.

    Morris 1991 (doi:10.1080/00401706.1991.10484804) with the mean size of Campolongo, Cariboni and
    Saltelli 2007 (doi:10.1016/j.envsoft.2006.10.004), by SALib.

    Parameters
    ----------
    results, study
        Runs and the study that they belong to.
    outcomes
        Ids of some outcomes; all by default.

    Raises
    ------
    InputError
        If the design is another or has a single trajectory, a run is missing or failed, or there
        is no such outcome.
    """
    from SALib.analyze import morris

    _check_design(results, study, "morris")
    if study.design.points < 2:
        raise InputError("design.points", study.design.points, "at least 2 trajectories")
    problem, quantiles = to_salib_problem(study), quantiles_of(study)
    entries = []
    for outcome in _chosen(results, outcomes):
        refuse_gaps(results, outcome.id, "morris")
        found = morris.analyze(
            problem, quantiles, mean_over_seeds(results, outcome.id), num_resamples=RESAMPLES,
            conf_level=CONFIDENCE, num_levels=study.design.levels, seed=RESAMPLING_SEED,
        )  # fmt: skip
        names = ("mu", "mu_star", "mu_star_conf", "sigma")
        parts = [np.asarray(found[name], dtype=np.float64) for name in names]
        entries.append(MorrisOfOutcome(outcome, *parts))
    return Morris(
        results.planned.name, tuple(problem["names"]), study.design.points,
        len(results.planned.points), results.planned.replications, tuple(entries),
    )  # fmt: skip


# -- feature scores -------------------------------------------------------------------------------
@dataclass(frozen=True)
class FeatureScores:
    """How much trees that predict an outcome make use of each factor.

    Attributes
    ----------
    study, factors
        Name of the study, and what varies, with :data:`CHANCE` as the last.
    outcomes
        Which outcomes.
    points, seeds
        Points that count for each outcome, shape (outcomes,), and seeds over which the mean is
        taken.
    scores
        Adding up to one in each forest, shape (outcomes, forests, factors).
    """

    study: str
    factors: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    points: NDArray[np.int64]
    seeds: int
    scores: Array

    @property
    def mean(self) -> Array:
        """Mean score, shape (outcomes, factors)."""
        mean: Array = self.scores.mean(axis=1)
        return mean

    @property
    def error(self) -> Array:
        """Half of the 95 % interval of one forest, shape (outcomes, factors)."""
        from scipy.special import stdtrit

        wide = float(stdtrit(FORESTS - 1, (1.0 + CONFIDENCE) / 2.0))
        error: Array = wide * self.scores.std(axis=1, ddof=1)
        return error

    def table(self) -> pd.DataFrame:
        """One row an outcome and factor, the highest score first."""
        rows = []
        for number, outcome in enumerate(self.outcomes):
            chance = self.scores[number, :, -1].max()
            for place in _descending(self.mean[number]):
                score, name = float(self.mean[number, place]), self.factors[place]
                row = {
                    "outcome": outcome.id,
                    "factor": name,
                    "score": score,
                    "score ±": float(self.error[number, place]),
                    "points": int(self.points[number]),
                    "seeds": self.seeds,
                }
                indistinct = name != CHANCE and score <= chance
                rows.append(row | {"note": "no more than chance" if indistinct else ""})
        return pd.DataFrame(rows)


def feature_scores(
    results: StudyResults, outcomes: Sequence[str] | None = None, *, seed: int = 0
) -> FeatureScores:
    """Feature scores by extra trees, from the runs of any design.

    By the EMA Workbench, as Jaxa-Rozen and Kwakkel 2018 (doi:10.1016/j.envsoft.2018.06.011)
    recommend. Each forest sees its own draw of the points, so that the scores tell how far they
    would differ with other points.

    Parameters
    ----------
    results
        Runs of a study.
    outcomes
        Ids of some outcomes; all by default.
    seed
        Of the draws and the trees.

    Raises
    ------
    InputError
        If nothing varies, an outcome has no point with all its seeds, or there is no such outcome.
    """
    chosen = _chosen(results, outcomes)
    scores, counts = [], []
    for outcome in chosen:
        values = column(results, outcome.id)
        found = crossed(results, values, np.arange(len(values)))
        points = results.planned.points.iloc[found.points]
        scores.append(_scores(points, found.cells.mean(axis=1), seed))
        counts.append(len(found.points))
    names = (*map(str, results.planned.points.columns), CHANCE)
    seeds = results.planned.replications
    return FeatureScores(
        results.planned.name, names, chosen, np.array(counts), seeds, np.array(scores)
    )


def _scores(points: pd.DataFrame, values: Array, seed: int) -> Array:
    """Scores of every forest, shape (forests, factors and chance)."""
    score = workbench("analysis.feature_scoring").get_ex_feature_scores
    modes = workbench("analysis.scenario_discovery_util").RuleInductionType
    rng = np.random.default_rng(seed)
    # As numbers: the Workbench leaves out a column named scenario, and one of a single choice.
    features = pd.DataFrame({str(name): _coded(points[name]) for name in points.columns})
    features = features.rename(columns={SCENARIO: f"{SCENARIO} "})
    features[CHANCE] = rng.random(len(features))
    found = []
    for _ in range(FORESTS):
        drawn = rng.integers(len(features), size=len(features))
        frame, _forest = score(
            features.iloc[drawn], values[drawn], mode=modes.REGRESSION, nr_trees=TREES,
            max_features=-(-features.shape[1] // FACTORS_A_SPLIT), bootstrap=False,
            oob_score=False, random_state=int(rng.integers(2**31)),
        )  # fmt: skip
        found.append(frame[1].reindex(features.columns).to_numpy())
    return np.array(found)


def _coded(values: pd.Series[Any]) -> Any:
    """Numbers as they are, choices counted."""
    if pd.api.types.is_numeric_dtype(values):
        return values.to_numpy()
    return pd.factorize(values)[0]


# -- what they share ------------------------------------------------------------------------------
def _check_design(results: StudyResults, study: Study, method: str) -> None:
    if study.design.method != method:
        raise InputError("design.method", study.design.method, f"{method}, for this analysis")
    if not points_of(study).equals(results.planned.points):
        raise InputError("results", "points of another study", f"those of {study.name}")


def _chosen(results: StudyResults, outcomes: Sequence[str] | None) -> tuple[Outcome, ...]:
    known = {outcome.id: outcome for outcome in results.outcomes}
    for name in outcomes or ():
        if name not in known:
            raise InputError("outcome", name, f"one of {', '.join(known)}")
    return tuple(known[name] for name in (known if outcomes is None else outcomes))


def _descending(values: Array) -> list[int]:
    """Places from the largest value to the smallest, unknown ones last."""
    return [int(place) for place in np.argsort(-np.nan_to_num(values, nan=-np.inf), kind="stable")]


def _beyond(index: float, error: float) -> str:
    """What an index says that, interval and all, can be no share of a variance."""
    return "more than the whole: too few points" if index - error > 1.0 else ""


def _constant(values: Array) -> str:
    return "does not vary" if np.isnan(values).all() else ""
