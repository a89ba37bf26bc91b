"""Two scenarios on the same luck: what one brings over the other, with an interval, and for whom.

Both run on the same seeds, and the difference is taken seed by seed, so that what luck does to both
drops out. Intervals are Student's t over the seeds' differences.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transition_model.analysis.paired import CAR_PROGRAMMES, Paired
from transition_model.calendar import Month
from transition_model.errors import InputError
from transition_model.plan import load_plan
from transition_model.results import checked_name, units_by_name
from transition_model.scenario import Scenario
from transition_model.scoreboard import TARGET_MONTH
from transition_model.studies.results import Outcome, target_outcomes

if TYPE_CHECKING:
    from transition_model.analysis.paired import ObservedRun

type Array = NDArray[np.float64]

CONFIDENCE = 0.95
"""Of every interval."""

SALES = "new_car_sales_per_month"
"""Cars that may be additional."""

LARGE = 1e6
"""Numbers from here on are told in millions of their unit."""

YI = 1e8
"""Public money is told in 1e8 yuan."""

MONTHLY = "/month"
"""End of the unit of a flow, which is summed over the window; levels are taken at its end."""

INCOME, DISTRICT = "income", "district"
"""Kinds of effects: what households receive, yuan each."""


# -- the interval ---------------------------------------------------------------------------------
def half_interval(differences: Array, confidence: float = CONFIDENCE) -> float:
    """Half of Student's interval of a mean; NaN for fewer than two differences.

    Parameters
    ----------
    differences
        One a seed, shape (seeds,).
    confidence
        Probability that the interval holds the true mean, on average.
    """
    from scipy.special import stdtrit

    seeds = len(differences)
    if seeds < 2:
        return math.nan
    wide = float(stdtrit(seeds - 1, (1.0 + confidence) / 2.0))
    return wide * float(differences.std(ddof=1)) / math.sqrt(seeds)


def ratio_interval(
    above: Array, below: Array, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Fieller's interval of a ratio of means, from pairs.

    Parameters
    ----------
    above, below
        Numerator and denominator, one pair a seed, shape (seeds,).
    confidence
        Probability that the interval holds the true ratio, on average.

    Returns
    -------
    tuple of float
        Low and high; NaN where the denominator can't be told from zero, since the ratio may then be
        anything (Fieller 1954, Journal of the Royal Statistical Society B 16).
    """
    from scipy.special import stdtrit

    seeds = len(above)
    if seeds < 2:
        return math.nan, math.nan
    a, b = float(above.mean()), float(below.mean())
    covariance = np.cov(above, below) / seeds
    wide = float(stdtrit(seeds - 1, (1.0 + confidence) / 2.0)) ** 2
    square = b * b - wide * float(covariance[1, 1])
    if square <= 0.0:
        return math.nan, math.nan
    middle = a * b - wide * float(covariance[0, 1])
    rest = a * a - wide * float(covariance[0, 0])
    reach = math.sqrt(max(middle * middle - square * rest, 0.0))
    return (middle - reach) / square, (middle + reach) / square


# -- what is compared -----------------------------------------------------------------------------
@dataclass(frozen=True)
class Effect:
    """What one scenario brings over the other, of one quantity.

    Attributes
    ----------
    kind
        ``target``, ``series``, ``cars``, ``money``, or a group that receives it.
    id, label_en, label_zh, unit
        The quantity.
    pair
        Its value under both, one a seed.
    goal
        Of a target, in its unit.
    """

    kind: str
    id: str
    label_en: str
    label_zh: str
    unit: str
    pair: Paired
    goal: float | None = None

    @property
    def half(self) -> float:
        """Half of the interval of the mean difference."""
        return half_interval(self.pair.difference)


@dataclass(frozen=True)
class Ratio:
    """A difference of one quantity for each unit of another.

    Attributes
    ----------
    id, unit
        The ratio.
    value, low, high
        Ratio of mean differences and its interval; NaN where there is nothing to divide by.
    """

    id: str
    unit: str
    value: float
    low: float
    high: float

    @classmethod
    def of(cls, identifier: str, unit: str, above: Array, below: Array) -> Ratio:
        """From differences, one a seed; undefined where the denominator is not above zero."""
        if below.mean() <= 0.0:
            return cls(identifier, unit, math.nan, math.nan, math.nan)
        low, high = ratio_interval(above, below)
        return cls(identifier, unit, float(above.mean() / below.mean()), low, high)


@dataclass(frozen=True)
class Comparison:
    """A scenario against another.

    Attributes
    ----------
    under, without
        Names of both.
    seeds, households
        Seeds of each, and household agents of a run.
    since, until
        Window in which flows and money count.
    effects
        One a quantity.
    ratios
        What follows for each additional car.
    """

    under: str
    without: str
    seeds: tuple[int, ...]
    households: int
    since: Month
    until: Month
    effects: tuple[Effect, ...]
    ratios: tuple[Ratio, ...]

    @property
    def note(self) -> str:
        """What the answer rests on, in a sentence."""
        seeds = len(self.seeds)
        interval = "no interval: one seed" if seeds == 1 else f"95 % t intervals over {seeds} seeds"
        return (
            f"{self.under} against {self.without}: {seeds} pairs of runs on the same luck, "
            f"{self.households:,} households each, {self.since} to {self.until}; {interval}"
        )

    def of_kind(self, *kinds: str) -> tuple[Effect, ...]:
        """Effects of some kinds."""
        return tuple(effect for effect in self.effects if effect.kind in kinds)

    def table(self) -> pd.DataFrame:
        """One row a quantity: both means, the difference and its interval."""
        rows = [
            {
                "kind": effect.kind,
                "quantity": effect.id,
                "unit": effect.unit,
                self.without: float(effect.pair.without.mean()),
                self.under: float(effect.pair.under.mean()),
                "effect": effect.pair.mean,
                "low": effect.pair.mean - effect.half,
                "high": effect.pair.mean + effect.half,
                "seeds": len(self.seeds),
                "note": _told_apart(effect),
            }
            for effect in self.effects
        ]
        rows += [
            {
                "kind": "ratio",
                "quantity": ratio.id,
                "unit": ratio.unit,
                self.without: math.nan,
                self.under: math.nan,
                "effect": ratio.value,
                "low": ratio.low,
                "high": ratio.high,
                "seeds": len(self.seeds),
                "note": "nothing to divide by" if math.isnan(ratio.value) else "",
            }
            for ratio in self.ratios
        ]
        return pd.DataFrame(rows)


def _told_apart(effect: Effect) -> str:
    """Whether the difference can be told from none."""
    if not effect.pair.difference.any():
        return "the same"
    if math.isnan(effect.half):
        return ""
    return "" if abs(effect.pair.mean) > effect.half else "interval holds 0"


# -- observing ------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Question:
    """What is asked of a run.

    Attributes
    ----------
    outcomes
        Targets.
    series
        Result variables.
    households
        Household agents.
    since, until, end
        Window of flows and money, and the last month of the run.
    """

    outcomes: tuple[Outcome, ...]
    series: tuple[str, ...]
    households: int
    since: Month
    until: Month
    end: Month


@dataclass(frozen=True)
class Observation:
    """What one run says.

    Attributes
    ----------
    targets, series
        As the question lists them.
    cars, subsidised, car_money, money
        New cars, subsidised ones, yuan paid for these, and yuan paid by all programmes.
    by_income, by_district
        Yuan that a household receives under all rules, mean of each group; NaN for an empty one.
    """

    targets: Array
    series: Array
    cars: float
    subsidised: float
    car_money: float
    money: float
    by_income: Array
    by_district: Array


def observation(scenario: Scenario, seed: int, question: Question) -> Observation:
    """Run a scenario and look at what is asked."""
    from transition_model.analysis.paired import observe

    run = observe(
        scenario, seed=seed, households=question.households, since=question.since, end=question.end
    )
    return observation_of(run, question)


def observation_of(run: ObservedRun, question: Question) -> Observation:
    """What a run that was observed says."""
    from transition_model.dimensions import dimension
    from transition_model.districts import load_districts
    from transition_model.quantity import convert

    units, since, until = dict(units_by_name()), question.since, question.until
    targets = []
    for outcome in question.outcomes:
        value = run.series.at(outcome.variable, outcome.month)
        known = math.nan if value is None else value
        targets.append(convert(known, units[outcome.variable], outcome.unit))
    series = [
        run.total(name, since, until)
        if units[name].endswith(MONTHLY)
        else float(run.series[name][until - run.series.months[0]])
        for name in question.series
    ]
    money = run.money
    return Observation(
        targets=np.array(targets),
        series=np.array(series),
        cars=run.total(SALES, since, until),
        subsidised=run.subsidised(since, until),
        car_money=run.spent(since, until, CAR_PROGRAMMES),
        money=run.spent(since, until),
        by_income=_mean_by(
            money.income_group, len(dimension("income_group")), money.of_all_rules, money.weight
        ),
        by_district=_mean_by(
            money.district, len(load_districts().district), money.of_all_rules, money.weight
        ),
    )


def _mean_by(group: NDArray[np.int64], groups: int, received: Array, weight: Array) -> Array:
    households = np.bincount(group, weight, minlength=groups)
    paid = np.bincount(group, weight * received, minlength=groups)
    mean: Array = np.full(groups, np.nan)
    np.divide(paid, households, out=mean, where=households > 0.0)
    return mean


def compare(
    under: Scenario,
    without: Scenario,
    *,
    seeds: Sequence[int],
    households: int = 2_000,
    since: Month,
    until: Month = TARGET_MONTH,
    targets: Sequence[str] = (),
    series: Sequence[str] = (),
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Compare two scenarios on the same luck.

    Parameters
    ----------
    under, without
        The scenario that is looked at, and the one that it is held against.
    seeds
        Seeds of both.
    households
        Household agents of a run.
    since, until
        Window in which flows and money count.
    targets, series
        What else is compared: targets in December 2027, and result variables, flows summed over
        the window, levels at its end.
    workers
        Processes.
    progress
        Called with runs done and runs in all.

    Raises
    ------
    InputError
        If there is no seed, the window is empty, or a target or series is unknown.
    """
    if not seeds or len(set(seeds)) < len(seeds):
        raise InputError("seeds", list(seeds), "one or more seeds, each once")
    if until < since:
        raise InputError("window", f"{since} to {until}", "a last month not before the first")
    known = {target.id for target in load_plan().targets}
    for name in targets:
        if name not in known:
            raise InputError("target", name, "a target (transition-model list targets)")
    outcomes = target_outcomes(targets)
    names = tuple(checked_name(name) for name in series)
    end = max(until, TARGET_MONTH) if outcomes else until
    question = Question(outcomes, names, households, since, until, end)
    jobs = [(scenario, seed) for scenario in (under, without) for seed in seeds]
    found = _observations(jobs, question, workers, progress)
    half = len(seeds)
    return comparison_of(
        (under.name, without.name), tuple(seeds), question, found[:half], found[half:]
    )


def _observations(
    jobs: list[tuple[Scenario, int]],
    question: Question,
    workers: int,
    progress: Callable[[int, int], None] | None,
) -> list[Observation]:
    """What every run says, in the order of the jobs."""
    from transition_model.runs.preparation import prepare

    tell = progress or (lambda done, asked: None)
    prepare(None)
    found: dict[int, Observation] = {}
    if workers == 1:
        for place, (scenario, seed) in enumerate(jobs):
            found[place] = observation(scenario, seed, question)
            tell(len(found), len(jobs))
    else:
        # A process that is forked would share locks that another thread may hold.
        with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
            futures = {
                pool.submit(observation, scenario, seed, question): place
                for place, (scenario, seed) in enumerate(jobs)
            }
            for future in as_completed(futures):
                found[futures[future]] = future.result()
                tell(len(found), len(jobs))
    return [found[place] for place in range(len(jobs))]


def comparison_of(
    names: tuple[str, str],
    seeds: tuple[int, ...],
    question: Question,
    under: Sequence[Observation],
    without: Sequence[Observation],
) -> Comparison:
    """Put observations of the same seeds side by side.

    Raises
    ------
    InputError
        If there are not as many on both sides.
    """
    from transition_model.dimensions import dimension
    from transition_model.districts import load_districts
    from transition_model.results import load_definitions

    def pair(look: Callable[[Observation], float]) -> Paired:
        return Paired(np.array([look(o) for o in under]), np.array([look(o) for o in without]))

    def along(look: Callable[[Observation], Array], place: int) -> Paired:
        return pair(lambda observed: float(look(observed)[place]))

    effects = []
    for place, outcome in enumerate(question.outcomes):
        target = outcome.target
        words = (outcome.label, "" if target is None else target.label_zh)
        goal = None if target is None else target.value
        pairs = along(lambda o: o.targets, place)
        effects.append(Effect("target", outcome.id, *words, outcome.unit, pairs, goal))
    units = dict(units_by_name())
    for place, name in enumerate(question.series):
        definition = load_definitions().get(name.partition(".")[0])
        words = (name, name) if definition is None else (definition.label_en, definition.label_zh)
        unit = units[name].removesuffix(MONTHLY)
        pairs = along(lambda o: o.series, place)
        if abs(float(pairs.under.mean())) >= LARGE:
            unit, pairs = f"{LARGE:.0e} {unit}".replace("e+0", "e"), pairs.over(LARGE)
        effects.append(Effect("series", name, *words, unit, pairs))
    cars = pair(lambda o: o.cars)
    subsidised = pair(lambda o: o.subsidised)
    paid = pair(lambda o: o.car_money)
    windfall = Paired(
        subsidised.under - cars.under, subsidised.without - cars.without
    )  # Their difference: subsidised ones that would have been bought anyway.
    effects += [
        Effect("cars", "new_cars", "New cars", "新车", "vehicle", cars),
        Effect("cars", "subsidised_cars", "Subsidised cars", "获补贴新车", "vehicle",
               subsidised),
        Effect("cars", "money_for_cars", "Money for cars", "汽车补贴", "1e8 yuan",
               paid.over(YI)),
        Effect("money", "public_money", "Public money, all programmes", "财政支出（全部项目）",
               "1e8 yuan", pair(lambda o: o.money).over(YI)),
    ]  # fmt: skip
    more = subsidised.difference
    ratios = (
        Ratio.of("additional_share", "share", cars.difference, more),
        Ratio.of("windfall_share", "share", windfall.difference, more),
        Ratio.of("money_per_additional_car", "yuan/vehicle", paid.difference, cars.difference),
        Ratio.of("additional_cars_per_yuan", "vehicle/1e6 yuan", cars.difference,
                 paid.difference / 1e6),
        Ratio.of("windfall_cars_per_yuan", "vehicle/1e6 yuan", windfall.difference,
                 paid.difference / 1e6),
    )  # fmt: skip
    groups, districts = dimension("income_group"), load_districts()
    for place, member in enumerate(groups.members):
        words = groups.labels_en[place], groups.labels_zh[place]
        pairs = along(lambda o: o.by_income, place)
        effects.append(Effect(INCOME, member, *words, "yuan/household", pairs))
    for place, member in enumerate(districts.district):
        words = districts.name_en[place], districts.name_zh[place]
        pairs = along(lambda o: o.by_district, place)
        effects.append(Effect(DISTRICT, member, *words, "yuan/household", pairs))
    return Comparison(
        *names, seeds, question.households, question.since, question.until, tuple(effects), ratios
    )
