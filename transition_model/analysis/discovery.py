"""Scenario discovery: the conditions under which a target is missed.

The patient rule induction method (PRIM) peels the space of factors until most points that are left
miss the target (Friedman and Fisher 1999, doi:10.1023/A:1008894516817; Bryant and Lempert 2010,
doi:10.1016/j.techfore.2009.08.002), by the EMA Workbench. A box is judged by its *coverage*, the
share of all misses that lie in it, and its *density*, the share of its points that are misses. What
was found on one half of the points is tried on the other, since a box fits those that it was made
of better than any others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transition_model.analysis.probability import jeffreys_interval
from transition_model.analysis.study_runs import column, crossed
from transition_model.analysis.workbench import quiet, workbench
from transition_model.errors import InputError
from transition_model.studies.design import SCENARIO
from transition_model.studies.factors import Factor
from transition_model.studies.plan import scenario_at
from transition_model.studies.results import Outcome, StudyResults, outcomes_of
from transition_model.studies.study import Study

type Array = NDArray[np.float64]
type Flags = NDArray[np.bool_]

UNEVEN = ("morris",)
"""Designs whose points crowd where no distribution puts them: their shares mean nothing."""

FEWEST_CASES = 10
"""Cases on either side, fewer of which no rule can be told from chance."""

SMALLEST_BOX = 0.05
"""Share of the points that a box keeps at least, as the Workbench has it."""

MOST = 0.5
"""A point counts as a case if more than this share of its seeds do."""

EMA_SCENARIO = "policy_scenario"
"""Name of our scenarios in the Workbench, to which a scenario is a point of the uncertainties."""


@dataclass(frozen=True)
class Restriction:
    """What a box asks of one factor.

    Attributes
    ----------
    factor, unit
        Which factor, and the unit of its numbers.
    low, high
        Limits, or the range of the points where a side is free; NaN for choices.
    free_below, free_above
        Whether the box does not restrict that side.
    choices
        Choices that the box allows; empty for numbers.
    p_value
        Chance of such a density without the restriction (the smaller of both sides): a
        quasi-p-value, since the box was sought.
    """

    factor: str
    unit: str
    low: float
    high: float
    free_below: bool
    free_above: bool
    choices: tuple[str, ...]
    p_value: float

    @property
    def words(self) -> str:
        """The condition as one reads it."""
        unit = f" {self.unit}" if self.unit else ""
        if self.choices:
            return " or ".join(self.choices)
        if self.free_below:
            return f"at most {self.high:.4g}{unit}"
        if self.free_above:
            return f"at least {self.low:.4g}{unit}"
        return f"{self.low:.4g} to {self.high:.4g}{unit}"

    def holds(self, values: pd.Series[Any]) -> Flags:
        """Which points fulfil it."""
        held: Flags
        if self.choices:
            held = values.astype(str).isin(self.choices).to_numpy()
        else:
            numbers = values.to_numpy().astype(np.float64)
            above = numbers >= self.low if not self.free_below else np.ones(len(numbers), bool)
            below = numbers <= self.high if not self.free_above else np.ones(len(numbers), bool)
            held = above & below
        return held


@dataclass(frozen=True)
class Box:
    """One box of a peeling.

    Attributes
    ----------
    restrictions
        Of all factors that it restricts, the most telling first.
    points, cases
        Points within, and cases among them.
    coverage, density
        Share of all cases that it holds, and of its points that are cases.
    """

    restrictions: tuple[Restriction, ...]
    points: int
    cases: int
    coverage: float
    density: float

    @property
    def balance(self) -> float:
        """Harmonic mean of coverage and density."""
        both = self.coverage + self.density
        return 2.0 * self.coverage * self.density / both if both else 0.0

    def holds(self, points: pd.DataFrame) -> Flags:
        """Which points lie within."""
        within = np.ones(len(points), dtype=bool)
        for restriction in self.restrictions:
            within &= restriction.holds(points[restriction.factor])
        return within


@dataclass(frozen=True)
class Discovery:
    """Conditions under which a target is missed, or met.

    Attributes
    ----------
    study, outcome
        Name of the study, and which target.
    event
        ``missed`` or ``met``: what a case is.
    points, cases, seeds, left_out
        Points, cases among them, seeds of each, points left out since a run is missing.
    boxes
        From all points to the smallest box.
    chosen
        Which box is answered with.
    held_out_coverage, held_out_density
        Of a box that was found the same way on one half of the points, on the other half; mean of
        both ways round, NaN where a half has too few cases.
    """

    study: str
    outcome: Outcome
    event: str
    points: int
    cases: int
    seeds: int
    left_out: int
    boxes: tuple[Box, ...]
    chosen: int
    held_out_coverage: float
    held_out_density: float

    @property
    def box(self) -> Box:
        """The box that is answered with."""
        return self.boxes[self.chosen]

    @property
    def note(self) -> str:
        """What the box is worth, in a sentence."""
        box = self.box
        low, high = jeffreys_interval(box.density, box.points)
        unseen = (
            "the halves have too few cases to try it on points unseen"
            if math.isnan(self.held_out_density)
            else f"on points unseen: coverage {self.held_out_coverage:.0%}, "
            f"density {self.held_out_density:.0%}"
        )
        return (
            f"{self.event} at {self.cases:,} of {self.points:,} points; the box holds "
            f"{box.points:,}: coverage {box.coverage:.0%}, density {box.density:.0%} "
            f"({low:.0%} to {high:.0%}, of the points that it was sought in); {unseen}"
        )

    def table(self) -> pd.DataFrame:
        """One row a condition of the chosen box, in real units."""
        columns = ["target", "factor", "condition", "low", "high", "unit", "quasi p"]
        rows = [
            {
                "target": f"{self.outcome.id} {self.event}",
                "factor": one.factor,
                "condition": one.words,
                "low": math.nan if one.choices or one.free_below else one.low,
                "high": math.nan if one.choices or one.free_above else one.high,
                "unit": one.unit,
                "quasi p": one.p_value,
            }
            for one in self.box.restrictions
        ]
        return pd.DataFrame(rows, columns=columns)

    def tradeoff(self) -> pd.DataFrame:
        """One row a box: what is won in density is lost in coverage."""
        rows = []
        for number, box in enumerate(self.boxes):
            low, high = jeffreys_interval(box.density, box.points)
            rows.append(
                {
                    "box": number,
                    "coverage": box.coverage,
                    "density": box.density,
                    "density low": low,
                    "density high": high,
                    "points": box.points,
                    "restricted factors": len(box.restrictions),
                    "chosen": number == self.chosen,
                    "conditions": "; ".join(f"{r.factor} {r.words}" for r in box.restrictions),
                }
            )
        return pd.DataFrame(rows)


def discover(
    results: StudyResults,
    study: Study,
    target: str,
    *,
    met: bool = False,
    density: float | None = None,
    seed: int = 0,
) -> Discovery:
    """Look for conditions under which a target is missed.

    Parameters
    ----------
    results, study
        Runs and the study that they belong to.
    target
        Which target.
    met
        Look for conditions under which it is met instead.
    density
        Answer with the largest box of at least this density; by default with that whose harmonic
        mean of coverage and density is largest.
    seed
        Of the division into halves.

    Raises
    ------
    InputError
        If the design does not serve, there is no such target, nearly all or none of the points
        miss it, or no box is as dense as asked for.
    """
    if study.design.method in UNEVEN:
        raise InputError(
            "design.method", study.design.method, "latin_hypercube, sobol, list or full_factorial"
        )
    outcomes = {outcome.id: outcome for outcome in results.outcomes if outcome.target is not None}
    if target not in outcomes:
        raise InputError("target", target, f"one of {', '.join(outcomes)}")
    flags = results.met[target]
    found = crossed(results, flags, np.arange(len(flags)))
    share_met = found.cells.mean(axis=1)
    cases: Flags = (share_met if met else 1.0 - share_met) > MOST
    event, rest = ("met", "missed") if met else ("missed", "met")
    if min(cases.sum(), (~cases).sum()) < FEWEST_CASES:
        raise InputError(
            f"target {target}", f"{event} at {int(cases.sum())} of {len(cases)} points",
            f"at least {FEWEST_CASES} points where it is {event} and where it is {rest}",
        )  # fmt: skip
    points = results.planned.points.iloc[found.points].reset_index(drop=True)
    units = {factor.id: factor.unit for factor in study.factors}
    boxes = peeled(points, cases, units)
    chosen = _chosen(boxes, density)
    coverage, dense = _held_out(points, cases, units, density, seed)
    return Discovery(
        results.planned.name, outcomes[target], event, len(points), int(cases.sum()),
        results.planned.replications, found.left_out, boxes, chosen, coverage, dense,
    )  # fmt: skip


def peeled(
    points: pd.DataFrame, cases: Flags, units: dict[str, str] | None = None
) -> tuple[Box, ...]:
    """Boxes of a peeling, from all points to the smallest.

    Parameters
    ----------
    points
        A column a factor: numbers, or choices as text.
    cases
        Which points are of interest, shape (points,).
    units
        Units of numbers, by factor.
    """
    make = workbench("analysis.prim").Prim
    with quiet():
        peeling = make(_for_prim(points), cases.astype(int), mass_min=SMALLEST_BOX).find_box()
    start = peeling.box_lims[0]
    boxes = []
    for number, limits in enumerate(peeling.box_lims):
        row = peeling.peeling_trajectory.iloc[number]
        restrictions = [
            _restriction(name, limits[name], start[name], p_values, units or {})
            for name, p_values in peeling.p_values[number].items()
        ]
        restrictions.sort(key=lambda one: one.p_value)
        count, inside = int(row["n"]), int(row["k"])
        boxes.append(
            Box(tuple(restrictions), count, inside, inside / int(cases.sum()), inside / count)
        )
    return tuple(boxes)


def _for_prim(points: pd.DataFrame) -> pd.DataFrame:
    """Points as the Workbench wants them: real numbers, and choices as objects.

    It leaves out a column that is called scenario, so ours gets another name.
    """
    columns = {
        str(name): points[name].astype(float)
        if pd.api.types.is_numeric_dtype(points[name])
        else points[name].astype(str).astype(object)
        for name in points.columns
    }
    return pd.DataFrame(columns).rename(columns={SCENARIO: EMA_SCENARIO})


def _restriction(
    name: str, limits: Any, start: Any, p_values: list[float], units: dict[str, str]
) -> Restriction:
    factor = SCENARIO if name == EMA_SCENARIO else str(name)
    known = [float(p) for p in p_values if p >= 0.0]
    p_value = min(known, default=math.nan)
    if isinstance(limits[0], set):
        choices = tuple(sorted(map(str, limits[0])))
        return Restriction(factor, "", math.nan, math.nan, True, True, choices, p_value)
    low, high = float(limits[0]), float(limits[1])
    return Restriction(
        factor, units.get(factor, ""), low, high,
        low <= float(start[0]), high >= float(start[1]), (), p_value,
    )  # fmt: skip


def _chosen(boxes: tuple[Box, ...], density: float | None) -> int:
    if density is None:
        return max(range(len(boxes)), key=lambda number: boxes[number].balance)
    dense = [number for number, box in enumerate(boxes) if box.density >= density]
    if not dense:
        most = max(box.density for box in boxes)
        raise InputError("density", density, f"at most {most:.2f}, that of the densest box")
    return max(dense, key=lambda number: boxes[number].coverage)


def _held_out(
    points: pd.DataFrame, cases: Flags, units: dict[str, str], density: float | None, seed: int
) -> tuple[float, float]:
    """Coverage and density of a box sought in one half, in the other half; mean of both ways."""
    order = np.random.default_rng(seed).permutation(len(points))
    halves = order[: len(order) // 2], order[len(order) // 2 :]
    if any(min(cases[half].sum(), (~cases[half]).sum()) < FEWEST_CASES for half in halves):
        return math.nan, math.nan
    found = []
    for sought, tried in (halves, halves[::-1]):
        boxes = peeled(points.iloc[sought].reset_index(drop=True), cases[sought], units)
        dense = density if any(box.density >= (density or 0.0) for box in boxes) else None
        within = boxes[_chosen(boxes, dense)].holds(points.iloc[tried])
        hits = float((within & cases[tried]).sum())
        found.append((hits / cases[tried].sum(), hits / within.sum() if within.any() else 0.0))
    coverage, dense_share = np.mean(found, axis=0)
    return float(coverage), float(dense_share)


# -- for the Workbench itself ---------------------------------------------------------------------
@dataclass(frozen=True)
class StudyModel:
    """Our model as a function of a study's levers and uncertainties.

    Attributes
    ----------
    study
        Says base, constants, households, seeds and outcomes; its design does not count.
    """

    study: Study

    def __call__(self, **values: Any) -> dict[str, float]:
        """Outcomes at one point, the mean over the study's seeds, by name in the Workbench.

        Raises
        ------
        InputError
            If a value is out of range.
        """
        from transition_model.quantity import convert
        from transition_model.results import units_by_name
        from transition_model.runs.simulation import simulate

        numbers = {f.id: float(values[f.id]) for f in self.study.factors if f.kind == "parameter"}
        policy = {
            factor.id: values[factor.id]
            for factor in self.study.factors
            if factor.kind != "parameter"
        }
        if EMA_SCENARIO in values:
            policy[SCENARIO] = values[EMA_SCENARIO]
        scenario = scenario_at(self.study, policy)
        if numbers:
            changes = {f"parameter.{name}": number for name, number in numbers.items()}
            scenario = scenario.replace(changes)
        units, outcomes = dict(units_by_name()), outcomes_of(self.study)
        reached = np.full((len(self.study.seeds), len(outcomes)), np.nan)
        for row, seed in enumerate(self.study.seeds):
            run = simulate(
                scenario, seed=seed, households=self.study.households, end=self.study.end
            )
            for place, outcome in enumerate(outcomes):
                value = run.all_series.at(outcome.variable, outcome.month)
                if value is not None:
                    reached[row, place] = convert(value, units[outcome.variable], outcome.unit)
        names = [ema_name(outcome) for outcome in outcomes]
        return dict(zip(names, reached.mean(axis=0).tolist(), strict=True))


def to_ema_model(study: Study) -> Any:
    """A study as a model of the EMA Workbench.

    Its uncertainties have the distributions of the study's parameters, its outcomes the units of
    the study's; a design with scenarios has them as a lever.

    Returns
    -------
    ema_workbench.Model
        For ``perform_experiments`` and all that builds on it.

    Raises
    ------
    InputError
        If a factor is unknown or out of range.
    """
    ema = workbench()
    model = ema.Model("chongqing", function=StudyModel(study))
    model.uncertainties = [_ema_parameter(f, ema) for f in study.factors if f.is_uncertainty]
    levers = [_ema_parameter(f, ema) for f in study.factors if not f.is_uncertainty]
    if len(study.design.scenarios) > 1:
        levers.append(ema.CategoricalParameter(EMA_SCENARIO, list(study.design.scenarios)))
    elif study.design.scenarios:
        model.constants = [ema.Constant(EMA_SCENARIO, study.design.scenarios[0])]
    model.levers = levers
    model.outcomes = [ema.ScalarOutcome(ema_name(outcome)) for outcome in outcomes_of(study)]
    return model


def to_ema_experiments(results: StudyResults) -> tuple[pd.DataFrame, dict[str, Array]]:
    """Points and outcomes of a study as the EMA Workbench's analyses take them.

    Returns
    -------
    tuple
        Experiments, one a run, and by outcome its values, shape (runs,), in the outcomes' units.
    """
    points = results.planned.points.iloc[
        [results.planned.point_of(run) for run in range(len(results.planned.runs))]
    ]
    outcomes = {
        ema_name(outcome): column(results, outcome.id).to_numpy().astype(np.float64)
        for outcome in results.outcomes
    }
    return _for_prim(points.reset_index(drop=True)), outcomes


def ema_name(outcome: Outcome) -> str:
    """An outcome's name as the Workbench wants it: letters, digits and underscores."""
    return "".join(letter if letter.isalnum() else "_" for letter in outcome.id)


def _ema_parameter(factor: Factor, ema: Any) -> Any:
    from scipy import stats

    if factor.choices:
        if len(factor.choices) == 1:
            raise InputError(factor.id, factor.choices[0], "two or more values, or a range")
        return ema.CategoricalParameter(factor.id, list(factor.choices))
    if factor.distribution == "uniform":
        return ema.RealParameter(factor.id, factor.low, factor.high)

    class Declared(stats.rv_continuous):
        """A parameter's own distribution."""

        def _ppf(self, q: Any, *_: Any) -> Any:
            return np.array(factor.values(np.asarray(q, dtype=float)), dtype=float)

    distribution = Declared(a=factor.low, b=factor.high, name=factor.id)
    return ema.RealParameter.from_dist(factor.id, distribution(), default=factor.central)
