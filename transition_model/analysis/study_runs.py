"""Runs of a study, sorted for analyses: by scenario, by point and seed, with none missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transition_model.errors import InputError
from transition_model.studies.design import SCENARIO
from transition_model.studies.results import POINT, SEED, StudyResults

type Array = NDArray[np.float64]
type Numbers = NDArray[np.int64]

ALL = "all"
"""Name of the only group where no scenario varies."""


def by_scenario(results: StudyResults) -> Mapping[str, Numbers]:
    """Numbers of the runs of every scenario, or of all where no scenario varies."""
    inputs = results.inputs
    if SCENARIO not in inputs:
        return {ALL: np.arange(len(inputs))}
    names = inputs[SCENARIO].to_numpy()
    return {str(name): np.flatnonzero(names == name) for name in dict.fromkeys(names)}


def column(results: StudyResults, outcome: str) -> pd.Series[float]:
    """Values of an outcome, indexed by run."""
    return results.values[outcome]  # noqa: PD011  # An attribute of ours, not of a data frame.


@dataclass(frozen=True)
class Crossed:
    """Values of one outcome, points crossed with seeds.

    Attributes
    ----------
    cells
        Values, shape (points, seeds).
    points
        Numbers of the points, shape (points,).
    left_out
        Points that a missing or failed run has made incomplete.
    """

    cells: Array
    points: Numbers
    left_out: int


def crossed(results: StudyResults, values: pd.Series[float], runs: Numbers) -> Crossed:
    """Points of which every seed is there.

    Raises
    ------
    InputError
        If there is none.
    """
    seeds = results.planned.replications
    by_point: Array = values.to_numpy().astype(np.float64)[runs].reshape(-1, seeds)
    numbers = results.inputs[POINT].to_numpy().astype(np.int64)[runs].reshape(-1, seeds)[:, 0]
    whole = ~np.isnan(by_point).any(axis=1)
    if not whole.any():
        raise InputError(
            f"runs of {results.planned.name}", f"no point with all {seeds} seeds for {values.name}",
            "runs; make them by experiment run",
        )  # fmt: skip
    return Crossed(by_point[whole], numbers[whole], int((~whole).sum()))


def refuse_gaps(results: StudyResults, outcome: str, design: str) -> None:
    """Refuse runs that are missing or failed, for designs that can't do without any.

    Raises
    ------
    InputError
        Naming the first of them.
    """
    gaps = np.flatnonzero(column(results, outcome).isna())
    if gaps.size:
        row = results.inputs.iloc[int(gaps[0])]
        raise InputError(
            f"runs of {results.planned.name}",
            f"{gaps.size} of {len(results.values)} without {outcome}, the first run {gaps[0]} "
            f"(point {int(row[POINT])}, seed {int(row[SEED])})",
            f"all runs of a {design} design: each row is compared with others; "
            "experiment run --resume makes missing ones, experiment run names failed ones",
        )


def mean_over_seeds(results: StudyResults, outcome: str) -> Array:
    """Mean of an outcome over the seeds of each point, in the order of the design; (points,)."""
    seeds = results.planned.replications
    by_point: Array = column(results, outcome).to_numpy().astype(np.float64).reshape(-1, seeds)
    mean: Array = by_point.mean(axis=1)
    return mean
