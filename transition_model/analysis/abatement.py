"""What each measure abates and costs: the plan against the plan without it, on the same luck.

A measure's *wedge* is what the study's base has more, or less, with the measure than with it alone
switched off. Cost per tonne is the wedge's public money over its carbon dioxide. Wedges do not add
up to the plan's effect where measures help or hinder each other (:mod:`.attribution` divides the
whole), and public money is not what firms and households pay.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transition_model.analysis.attribution import Group, groups_of, plan_of
from transition_model.analysis.comparison import half_interval, ratio_interval
from transition_model.analysis.study_runs import column
from transition_model.calendar import Month, months_between
from transition_model.errors import InputError
from transition_model.levers import PLAN_START
from transition_model.plan import load_plan
from transition_model.quantity import convert
from transition_model.results import units_by_name
from transition_model.runs.batch import Workers
from transition_model.runs.store import RunStore
from transition_model.scenario import switchable_measures
from transition_model.studies.plan import RunPlan
from transition_model.studies.results import Outcome, StudyResults, target_outcomes
from transition_model.studies.running import Progress, make_runs
from transition_model.studies.study import Study

type Array = NDArray[np.float64]

EMITTED = "carbon_dioxide_per_month"
"""Energy-related carbon dioxide of the city."""

FLOWS = {
    EMITTED: "tCO2/month",
    "subsidy_spending_per_month": "yuan/month",
    "programme_spending_per_month": "yuan/month",
    "public_revenue_per_month": "yuan/month",
}
"""Flows that are summed over the plan's months, and the unit in which they count."""

SAVES = "saves public money"
NO_COST = "cost not told apart from nothing"
EMITS = "emits more: no cost of abatement"
UNSEEN = "no abatement told apart from nothing"
UNTOUCHED = "does not move emissions"


@dataclass(frozen=True)
class Quantities:
    """What a set of runs adds up to, one entry a seed.

    Attributes
    ----------
    emitted
        Carbon dioxide from the plan's beginning to the end, tonnes, shape (seeds,).
    subsidies, programmes, revenue
        Public money paid out, spent on programmes of administration, and taken in, yuan, (seeds,).
    targets
        Values of the targets, in their units, shape (seeds, targets).
    """

    emitted: Array
    subsidies: Array
    programmes: Array
    revenue: Array
    targets: Array

    def __sub__(self, other: Quantities) -> Quantities:
        """Difference seed by seed."""
        return Quantities(
            self.emitted - other.emitted,
            self.subsidies - other.subsidies,
            self.programmes - other.programmes,
            self.revenue - other.revenue,
            self.targets - other.targets,
        )

    @property
    def cost(self) -> Array:
        """Public money paid out and spent, less what is taken in, yuan, shape (seeds,)."""
        return self.subsidies + self.programmes - self.revenue


@dataclass(frozen=True)
class Wedge:
    """What a group of measures brings, added last.

    Attributes
    ----------
    group
        Measures.
    brings
        Quantities with the group less those without it.
    """

    group: Group
    brings: Quantities

    @property
    def abated(self) -> Array:
        """Carbon dioxide that the group spares, tonnes, shape (seeds,)."""
        return -self.brings.emitted

    @cached_property
    def note(self) -> str:
        """Why there is no cost per tonne, or what is odd about it; empty if nothing is."""
        abated = self.abated
        if not abated.any():
            return UNTOUCHED
        if abs(float(abated.mean())) <= half_interval(abated):
            return UNSEEN
        if abated.mean() < 0.0:
            return EMITS
        return _note_of(self.brings.cost)

    @property
    def cost_per_tonne(self) -> tuple[float, float, float]:
        """Yuan for a tonne spared, low and high; NaN where nothing can be told to be spared."""
        if self.note in (UNTOUCHED, UNSEEN, EMITS):
            return math.nan, math.nan, math.nan
        return _ratio(self.brings.cost, self.abated)


def _note_of(cost: Array) -> str:
    """What is odd about a cost; empty if nothing is."""
    if abs(float(cost.mean())) <= half_interval(cost):
        return NO_COST
    return SAVES if cost.mean() < 0.0 else ""


def _ratio(cost: Array, gain: Array) -> tuple[float, float, float]:
    low, high = ratio_interval(cost, gain)
    return float(cost.mean() / gain.mean()), low, high


@dataclass(frozen=True)
class Abatement:
    """What every group of measures abates and costs.

    Attributes
    ----------
    study
        Name of the study.
    since, until
        First and last month that count.
    seeds, runs, households
        What the answer rests on.
    outcomes
        Targets.
    wedges
        One a group.
    """

    study: str
    since: Month
    until: Month
    seeds: int
    runs: int
    households: int
    outcomes: tuple[Outcome, ...]
    wedges: tuple[Wedge, ...]

    @property
    def note(self) -> str:
        """What the answer rests on, in a sentence."""
        return (
            f"{self.runs:,} runs: with all measures, and without each, on {self.seeds} seeds, "
            f"{self.households:,} households, {self.since} to {self.until}; 95 % intervals "
            "(Student's t, ratios Fieller's); public money only, wedges do not add up"
        )

    def table(self) -> pd.DataFrame:
        """One row a group, the cheapest tonne first, those without a cost last.

        Thousands of tonnes of carbon dioxide, and millions of yuan.
        """
        wedges = sorted(self.wedges, key=lambda wedge: _last(wedge.cost_per_tonne[0]))
        return pd.DataFrame([_row(wedge) for wedge in wedges])

    def target_costs(self) -> pd.DataFrame:
        """One row a group and target that the plan lays upon its measures."""
        return pd.DataFrame(
            [
                _target_row(wedge, outcome, wedge.brings.targets[:, place])
                for wedge in self.wedges
                for place, outcome in enumerate(self.outcomes)
                if outcome.target and set(outcome.target.measures) & set(wedge.group.measures)
            ]
        )


def _last(value: float) -> float:
    return math.inf if math.isnan(value) else value


def _row(wedge: Wedge) -> dict[str, float | str]:
    cost, low, high = wedge.cost_per_tonne
    brings, abated = wedge.brings, wedge.abated
    row: dict[str, float | str] = {"group": wedge.group.id, "name": wedge.group.label_en}
    spent = brings.subsidies + brings.programmes
    row |= {
        "abated kt": float(abated.mean()) / 1e3,
        "± kt": half_interval(abated) / 1e3,
        "net M yuan": float(brings.cost.mean()) / 1e6,
        "± M yuan": half_interval(brings.cost) / 1e6,
        "spent M yuan": float(spent.mean()) / 1e6,
        "revenue M yuan": float(brings.revenue.mean()) / 1e6,
        "yuan/t": cost,
        "low": low,
        "high": high,
    }
    return row | {"note": wedge.note}


def _target_row(wedge: Wedge, outcome: Outcome, effect: Array) -> dict[str, float | str]:
    target = outcome.target
    gain = -effect if target is not None and target.operator == "<=" else effect
    half, cost = half_interval(effect), wedge.brings.cost
    row: dict[str, float | str] = {"group": wedge.group.id, "target": outcome.id}
    row |= {"unit": outcome.unit, "effect": float(effect.mean()), "effect ±": half}
    value, low, high, note = math.nan, math.nan, math.nan, ""
    if not effect.any():
        note = "does not move the target"
    elif abs(float(effect.mean())) <= half:
        note = "no effect told apart from nothing"
    elif gain.mean() < 0.0:
        note = "leads away from the target"
    else:
        value, low, high = (bound / 1e6 for bound in _ratio(cost, gain))
        note = _note_of(cost)
    row |= {"M yuan per unit": value, "low": low, "high": high}
    return row | {"note": note}


# -- the runs -------------------------------------------------------------------------------------
def single_measures() -> tuple[Group, ...]:
    """Every measure that can be switched, as a group of its own."""
    measures = {number: load_plan().measure(number) for number in switchable_measures()}
    return tuple(
        Group(
            f"measure_{number}", f"{number} {measure.title_en}", f"{number} {measure.title_zh}",
            (number,),
        )
        for number, measure in measures.items()
    )  # fmt: skip


def plan_without_each(study: Study, groups: tuple[Group, ...]) -> RunPlan:
    """Runs of the base, then of the base without each group, each on the study's seeds."""
    everyone = (1 << len(groups)) - 1
    coalitions = [everyone, *(everyone & ~(1 << place) for place in range(len(groups)))]
    planned = plan_of(study, groups, coalitions)
    return RunPlan(
        f"{study.name}: abatement", planned.points, planned.runs, planned.replications,
        planned.households, planned.last,
    )  # fmt: skip


def abatement(
    study: Study,
    store: RunStore,
    workers: Workers,
    *,
    singly: bool = True,
    progress: Progress | None = None,
) -> Abatement:
    """What each measure of a study's base abates and costs.

    Parameters
    ----------
    study
        Base, constants, replications, households, end and targets count; the design does not.
    store
        Open for writing; what it has is not run again.
    workers, progress
        As :func:`.make_runs` takes them.
    singly
        Every measure alone; otherwise the groups of ``[attribution]``, or the plan's actions.

    Raises
    ------
    InputError
        If the study has fewer than two replications or ends before the plan begins, or a run
        failed.
    """
    if study.replications < 2:
        raise InputError("replications", study.replications, "two or more seeds, for an interval")
    until = Month.parse(study.end)
    if until < PLAN_START:
        raise InputError("end", study.end, f"a month from {PLAN_START}")
    groups = single_measures() if singly else groups_of(study)
    outcomes = target_outcomes(study.target_ids)
    planned = plan_without_each(study, groups)
    done = make_runs(planned, store, workers, progress=progress)
    for run, reason in done.failures.items():
        off = planned.runs[run].scenario.to_query()
        raise InputError(f"run {run} of {planned.name}", reason, f"a run that ends ({off})")
    found = _quantities(planned, outcomes, store, until)
    return Abatement(
        study.name, PLAN_START, until, study.replications, len(planned.runs), study.households,
        outcomes, wedges_of(groups, found),
    )  # fmt: skip


def wedges_of(groups: tuple[Group, ...], found: list[Quantities]) -> tuple[Wedge, ...]:
    """Wedges from the quantities with all groups, and without each in their order.

    Raises
    ------
    InputError
        If there is not one without each.
    """
    if len(found) != len(groups) + 1:
        raise InputError(
            "runs", len(found), f"those of all groups and without each: {len(groups) + 1}"
        )
    pairs = zip(groups, found[1:], strict=True)
    return tuple(Wedge(group, found[0] - without) for group, without in pairs)


def _quantities(
    planned: RunPlan, outcomes: tuple[Outcome, ...], store: RunStore, until: Month
) -> list[Quantities]:
    """Quantities of every point of a plan."""
    names, factors = _variables()
    months = tuple(months_between(PLAN_START, until))
    series = store.series(planned.keys, names, months).sum(axis=1) * factors
    shape = (len(planned.points), planned.replications)
    emitted, subsidies, programmes, revenue = (
        series[:, [name.partition(".")[0] == flow for name in names]].sum(axis=1).reshape(shape)
        for flow in FLOWS
    )
    targets = np.empty((*shape, 0))
    if outcomes:
        read = StudyResults.read(planned, outcomes, store)
        columns = [column(read, outcome.id).to_numpy().astype(np.float64) for outcome in outcomes]
        targets = np.stack(columns, axis=1).reshape(*shape, len(outcomes))
    return [
        Quantities(*parts)
        for parts in zip(emitted, subsidies, programmes, revenue, targets, strict=True)
    ]


def _variables() -> tuple[list[str], Array]:
    """Result variables of the flows, and what turns each into the unit in which it counts."""
    units = dict(units_by_name())
    names = [name for name in units if name.partition(".")[0] in FLOWS]
    factors = [convert(1.0, units[name], FLOWS[name.partition(".")[0]]) for name in names]
    return names, np.array(factors)
