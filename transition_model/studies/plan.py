"""Plans: runs that are asked for, and the points that they belong to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from transition_model.calendar import Month
from transition_model.runs.batch import PlannedRun
from transition_model.runs.identity import key_of
from transition_model.scenario import Scenario
from transition_model.studies.design import SCENARIO, points_of
from transition_model.studies.factors import Factor
from transition_model.studies.study import Study


@dataclass(frozen=True)
class RunPlan:
    """Runs that are asked for.

    Attributes
    ----------
    name
        What they are asked for; the store keeps it.
    points
        One point a row, a column a factor.
    runs
        The runs of the first point, one a seed, then those of the next one.
    replications
        Runs a point.
    households, last
        Size and last month of every run.
    """

    name: str
    points: pd.DataFrame
    runs: tuple[PlannedRun, ...]
    replications: int
    households: int
    last: Month

    @classmethod
    def of_study(cls, study: Study) -> RunPlan:
        """The runs of a study.

        Raises
        ------
        InputError
            If the design is empty or too large.
        """
        points = points_of(study)
        runs = _runs_of(study, points)
        last = Month.parse(study.end)
        return cls(study.name, points, runs, study.replications, study.households, last)

    @classmethod
    def of_points(
        cls, study: Study, name: str, points: pd.DataFrame, seeds: Sequence[int]
    ) -> RunPlan:
        """One run a point, each with a seed of its own.

        Parameters
        ----------
        study
            Whose levers, parameters and structures the points move.
        name
            What the runs are asked for.
        points
            A column a factor.
        seeds
            One a point.

        Raises
        ------
        InputError
            If a value is out of range.
        """
        runs = tuple(
            PlannedRun(scenario, seed, numbers)
            for (scenario, numbers), seed in zip(_placed(study, points), seeds, strict=True)
        )
        return cls(name, points, runs, 1, study.households, Month.parse(study.end))

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Content address of every run."""
        return tuple(key_of(run, self.households, self.last) for run in self.runs)

    def point_of(self, run: int) -> int:
        """The point that a run belongs to."""
        return run // self.replications


def _runs_of(study: Study, points: pd.DataFrame) -> tuple[PlannedRun, ...]:
    return tuple(
        PlannedRun(scenario, seed, numbers)
        for scenario, numbers in _placed(study, points)
        for seed in study.seeds
    )


def _placed(study: Study, points: pd.DataFrame) -> Iterator[tuple[Scenario, dict[str, float]]]:
    """Scenario and numbers of parameters of every point; equal policies share a scenario."""
    made: dict[tuple[Any, ...], Scenario] = {}
    base, factors = study.scenario, study.factors
    parameters = [f.id for f in factors if f.kind == "parameter" and f.id in points]
    others = [name for name in points.columns if name not in parameters]
    for point in points.to_dict("records"):
        policy = tuple(point[name] for name in others)
        if policy not in made:
            values = {name: point[name] for name in others}
            made[policy] = _moved(base, study.constants, factors, values)
        yield made[policy], {name: float(point[name]) for name in parameters}


def scenario_at(study: Study, policy: Mapping[str, float | str]) -> Scenario:
    """The scenario of a point: the study's own, with levers and structures as the point says.

    Raises
    ------
    InputError
        If a value is out of range.
    """
    return _moved(study.scenario, study.constants, study.factors, policy)


def _moved(
    base: Scenario,
    constants: Mapping[str, float | str],
    factors: tuple[Factor, ...],
    policy: Mapping[str, float | str],
) -> Scenario:
    """A base, or the scenario that a point names, with the point's levers and structures."""
    scenario = base
    if SCENARIO in policy:
        scenario = Scenario.load(str(policy[SCENARIO])).replace(constants)
    moved: dict[Month, dict[str, float | str]] = {}
    for factor in factors:
        if factor.id not in policy:
            continue
        if factor.kind == "lever" and factor.start is not None:
            moved.setdefault(factor.start, {})[factor.id] = float(policy[factor.id])
        elif factor.kind == "structure":
            rival = {f"structure.{factor.id}": policy[factor.id]}
            scenario = scenario.replace(rival)
    for start, values in moved.items():
        scenario = scenario.replace(values, start)
    return scenario
