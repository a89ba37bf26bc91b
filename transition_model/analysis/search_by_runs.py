"""The backward question asked of the coupled model: a study's levers, its targets, its runs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transition_model.analysis.search import EFFORT, Cost, Evaluate, Question, Requirement
from transition_model.analysis.study_runs import column
from transition_model.calendar import Month, months_between
from transition_model.dimensions import dimension
from transition_model.errors import InputError
from transition_model.levers import PLAN_START
from transition_model.quantity import convert
from transition_model.results import checked_name, units_by_name
from transition_model.runs.batch import Workers
from transition_model.runs.store import RunStore
from transition_model.scenario import Scenario
from transition_model.scoreboard import TARGET_MONTH
from transition_model.studies.plan import RunPlan, scenario_at
from transition_model.studies.results import Outcome, StudyResults, target_outcomes
from transition_model.studies.running import Progress, make_runs
from transition_model.studies.study import Study

type Array = NDArray[np.float64]

PUBLIC_MONEY = "public_money"
"""Cost: subsidies, and spending on programmes of administration, within the plan's years."""

PROGRAMMES = "programme_spending_per_month"
"""Series of the latter."""

MONEY_UNIT = "1e8 yuan"


def question_of(study: Study) -> Question:
    """What a study's ``[search]`` asks.

    Raises
    ------
    InputError
        If the design is no Latin hypercube, there is no lever, a cost is unknown, or the runs do
        not suffice.
    """
    if study.design.method != "latin_hypercube":
        allowed = "latin_hypercube: points over levers and uncertainties together"
        raise InputError("design.method", study.design.method, allowed)
    base = study.scenario
    levers = tuple(factor for factor in study.factors if factor.kind == "lever")
    options = study.search
    requirements = tuple(
        Requirement(
            one.id, one.target.operator, one.target.value, one.unit,
            one.target.label_en, one.target.label_zh,
        )
        for one in target_outcomes(study.searched_ids)
        if one.target is not None
    )  # fmt: skip
    return Question(
        name=study.name,
        levers=levers,
        uncertainties=tuple(factor for factor in study.factors if factor.is_uncertainty),
        planned=np.array([base.lever_value(factor.id, TARGET_MONTH) for factor in levers]),
        requirements=requirements,
        costs=tuple(_cost(name) for name in options.costs),
        probability=options.probability,
        points=study.design.points,
        runs=options.runs,
        draws=options.draws,
        candidates=options.candidates,
        first_seed=study.first_seed,
        design_seed=study.design.seed,
    )


def _cost(name: str) -> Cost:
    if name == PUBLIC_MONEY:
        span = f"{PLAN_START} to {TARGET_MONTH}"
        return Cost(name, MONEY_UNIT, f"Public money, {span}", f"财政支出，{span}")
    if name == EFFORT:
        english, chinese = "Distance of levers from the plan", "杠杆偏离规划的程度"
        return Cost(name, "widths of ranges", english, chinese)
    series, _ = _series_cost(name)
    return Cost(name, dict(units_by_name())[series], name, name)


def _series_cost(name: str) -> tuple[str, Month]:
    series, at, month = name.partition("@")
    if not at:
        allowed = f"{PUBLIC_MONEY}, {EFFORT}, or SERIES@YYYY-MM"
        raise InputError("search.costs", name, allowed)
    return checked_name(series), Month.parse(month, "search.costs")


def evaluated_by_runs(
    study: Study, store: RunStore, workers: Workers, *, progress: Progress | None = None
) -> Evaluate:
    """The coupled model as a function of points and seeds; a run that the store has is not made.

    Parameters
    ----------
    study
        Base, constants, size and end of the runs, and what is looked for.
    store
        Open for writing.
    workers, progress
        As :func:`.make_runs` takes them.
    """
    units = dict(units_by_name())
    extra = tuple(
        Outcome(name, series, month, units[series])
        for name in study.search.costs
        if name not in (PUBLIC_MONEY, EFFORT)
        for series, month in (_series_cost(name),)
    )
    outcomes = (*target_outcomes(study.searched_ids), *extra)

    def evaluate(points: pd.DataFrame, seeds: Sequence[int], label: str) -> pd.DataFrame:
        planned = RunPlan.of_points(study, f"{study.name}: search, {label}", points, seeds)
        make_runs(planned, store, workers, progress=progress)
        read = StudyResults.read(planned, outcomes, store)
        found = {outcome.id: column(read, outcome.id).to_numpy(dtype=float) for outcome in outcomes}
        if PUBLIC_MONEY in study.search.costs:
            found[PUBLIC_MONEY] = public_money(store, planned.keys)
        return pd.DataFrame(found)

    return evaluate


def public_money(store: RunStore, keys: Sequence[str]) -> Array:
    """Money paid out and spent within the plan's years, 1e8 yuan; NaN for a failed run.

    Subsidies of all rules and spending on programmes of administration; what surcharges and fees
    bring in is not taken off, so that no lever pays for another.
    """
    paid_out = [f"public_money_spent.{n}" for n in dimension("subsidy_programme").members]
    series = store.series(keys, paid_out, [PLAN_START + (-1), TARGET_MONTH])
    subsidies = (series[:, 1] - series[:, 0]).sum(axis=1) * convert(1.0, "yuan", MONEY_UNIT)
    months = tuple(months_between(PLAN_START, TARGET_MONTH))
    monthly = store.series(keys, [PROGRAMMES], months)[:, :, 0].sum(axis=1)
    to_unit = convert(1.0, dict(units_by_name())[PROGRAMMES], f"{MONEY_UNIT}/month")
    spent: Array = subsidies + monthly * to_unit
    return spent


def scenario_of_levers(study: Study, question: Question, levers: Array) -> Scenario:
    """The study's base with a lever set of the unit cube, shape (levers,)."""
    values = question.values(question.snapped(levers[None]))[0]
    policy = {
        factor.id: float(value) for factor, value in zip(question.levers, values, strict=True)
    }
    return scenario_at(study, policy)
