"""The question asked backwards: the cheapest lever set that meets given targets.

A lever set *meets* the targets if all of them are reached in the same run with at least the
probability that is asked for, over what is not known (parameters, rival submodels) and luck
(seeds). Costs are means over the same. The search

1. makes runs over levers, uncertainties and seeds together (a Latin hypercube),
2. fits emulators to them (:mod:`.emulator`),
3. looks on the emulators for lever sets that none beats in all costs: NSGA-II (Deb et al. 2002,
   IEEE Transactions on Evolutionary Computation 6), NSGA-III beyond three costs, and sequential
   linear programming from the best of them (Griffith and Stewart 1961, Management Science 7),
4. makes runs of some of these with draws and seeds that are fresh, and more runs of cheap sets that
   may do but are not shown to, adds them to the data, and begins again at 2, until the cheapest set
   that is shown to do gets no cheaper.

Nothing is claimed that runs have not shown: a set does if the lower end of the interval of its
probability, from runs of its own, is at least what was asked for. The model is a function of points
and seeds, so that another can take its place.

The probability of a set is at least p if, and only if, the (1 - p)-quantile of its *margin* is not
negative, the margin of a draw being the least distance of a target beyond its figure. That quantile
is the constraint: unlike the probability it shows the way where no draw meets all targets.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import differential_evolution, linprog
from scipy.stats import norm, qmc

from transition_model.analysis.emulator import Emulators, fit_emulators
from transition_model.errors import InputError
from transition_model.scoreboard import meets
from transition_model.studies.factors import Factor

type Array = NDArray[np.float64]
type Evaluate = Callable[[pd.DataFrame, Sequence[int], str], pd.DataFrame]
"""Outcomes of points on seeds, one a row; NaN where a run failed. The text says what for."""

EFFORT = "effort"
"""Cost that needs no run: how far all levers together are from the plan, in widths of ranges."""

CONFIDENCE = 0.95
"""Of the intervals."""

DRAWS = 256
"""Draws of what is not known that the emulators are asked for, the same for every lever set."""

POPULATION, GENERATIONS = 40, 25
"""Of the evolutionary search."""

STEP = 0.02
"""Of a lever's range, for differences in place of derivatives."""

STARTS, POLISHED = 3, 8
"""Lever sets from which the sequential linear search begins, for a least cost and a front."""

STEPS, REACH, TOLERANCE, PENALTY = 40, 0.25, 1e-6, 10.0
"""Of the search by slopes: steps at most; how far one reaches at first, in widths of ranges; its
least gain, in shares of the cost; and what a standard deviation short of the constraints weighs."""

SMALLEST, HAIR = 1e-9, 1e-6
"""What a cost is divided by at least, and how far a step stays within the constraints."""

PASSING = 0.8
"""Chance that a set that the emulators take for just good enough is shown to be by its runs."""

BETTER = 0.01
"""Share by which the cheapest set has to get cheaper for another round."""

STRICTER = 0.2
"""Standard deviations of a target that it is moved by, up and down, for its shadow price."""

BINDING = 0.05
"""Share of what levers move the first cost by that a standard deviation of a target has to move it
by, to be binding. (Not of the cost itself, much of which no lever touches.)"""

FRESH_SEEDS = 1_000_000
"""Seeds of a repeated verification begin so far beyond the first one of the study."""

type Verdict = Literal["met", "not shown", "out of reach"]


# -- the question ------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Requirement:
    """A target that has to be met."""

    id: str
    operator: str
    value: float
    unit: str
    label_en: str = ""
    label_zh: str = ""

    def beyond(self, reached: Array) -> Array:
        """How far values lie beyond the target, negative short of it."""
        return self.value - reached if self.operator == "<=" else reached - self.value

    def met(self, reached: Array) -> NDArray[np.bool_]:
        """Whether values meet the target; NaN does not."""
        return np.array([meets(value, self.operator, self.value) for value in reached], bool)


@dataclass(frozen=True, slots=True)
class Cost:
    """What is to be small, in expectation."""

    id: str
    unit: str
    label_en: str = ""
    label_zh: str = ""


@dataclass(frozen=True)
class Question:
    """What is looked for, and how many runs that may take.

    Attributes
    ----------
    name
        Of the study.
    levers, uncertainties
        What can be chosen, and what can't.
    planned
        Where the plan has the levers, in their units, shape (levers,).
    requirements, costs, probability
        Targets that all have to be met in a run with this probability, at what to be small.
    points, runs, draws, candidates
        Runs of the first design and in all; runs that verify a set; sets verified in a round.
    first_seed, design_seed
        Seed of the first run, and of all that is drawn here.
    """

    name: str
    levers: tuple[Factor, ...]
    uncertainties: tuple[Factor, ...]
    planned: Array
    requirements: tuple[Requirement, ...]
    costs: tuple[Cost, ...]
    probability: float = 0.8
    points: int = 1_000
    runs: int = 3_000
    draws: int = 100
    candidates: int = 4
    first_seed: int = 1
    design_seed: int = 0

    def __post_init__(self) -> None:
        if not self.levers:
            raise InputError("levers", "none", "at least one lever with a range")
        if not self.requirements:
            raise InputError("search.targets", "none that is modelled", "at least one target")
        least = 2 * (len(self.factors) + 1)
        if self.points < least:
            allowed = f"from {least}, twice the factors, to fit anything to"
            raise InputError("design.points", self.points, allowed)
        if self.runs < self.points + self.draws:
            allowed = f"from {self.points + self.draws}, the design's points and one verification"
            raise InputError("search.runs", self.runs, allowed)
        if wilson(self.draws, self.draws)[0] < self.probability:
            allowed = (
                "so many that the interval of a set that always does lies above the probability"
            )
            raise InputError("search.draws", self.draws, allowed)

    @property
    def factors(self) -> tuple[Factor, ...]:
        """Levers, then uncertainties."""
        return self.levers + self.uncertainties

    @cached_property
    def outcomes(self) -> tuple[str, ...]:
        """What runs have to say: targets, then costs that need a run."""
        costs = (cost.id for cost in self.costs if cost.id != EFFORT)
        return (*(one.id for one in self.requirements), *costs)

    @cached_property
    def aim(self) -> float:
        """Probability on the emulators with which a set's own runs are likely to show it.

        So much above the share of draws that shows it that a set of this probability has the chance
        :data:`PASSING` to reach that share.
        """
        enough = [n for n in range(self.draws + 1) if wilson(n, self.draws)[0] >= self.probability]
        share = enough[0] / self.draws
        deviation = math.sqrt(share * (1.0 - share) / self.draws)
        return min(share + float(norm.ppf(PASSING)) * deviation, (share + 1.0) / 2.0)

    def snapped(self, places: Array) -> Array:
        """Lever sets in the unit cube, on values that the levers may take; shape (sets, levers)."""
        snapped = places.copy()
        for column, lever in enumerate(self.levers):
            if not lever.is_numeric:
                last = len(lever.choices) - 1
                chosen = np.minimum(np.floor(places[:, column] * (last + 1)), last)
                snapped[:, column] = (chosen + 0.5) / (last + 1)
        return snapped

    def values(self, places: Array) -> Array:
        """Lever sets in the levers' units, shape (sets, levers)."""
        columns = [f.values(places[:, column]) for column, f in enumerate(self.levers)]
        return np.array(columns, dtype=float).T.reshape(len(places), len(self.levers))

    def effort(self, places: Array) -> Array:
        """Distance from the plan in widths of the levers' ranges, summed; shape (sets,)."""
        low, high = self._ends
        away: Array = (np.abs(self.values(places) - self.planned) / (high - low)).sum(axis=1)
        return away

    @property
    def _ends(self) -> tuple[Array, Array]:
        ends = [(min(f.choices), max(f.choices)) if f.choices else (f.low, f.high)
                for f in self.levers]  # fmt: skip
        low, high = np.array(ends, dtype=float).T
        return low, np.where(high > low, high, low + 1.0)

    def features_of_levers(self, values: Array) -> Array:
        """Lever sets between -1 and 1, shape (sets, levers)."""
        low, high = self._ends
        return 2.0 * (values - low) / (high - low) - 1.0

    def features_of_draws(self, frame: pd.DataFrame) -> Array:
        """What is not known, between -1 and 1: a column a number, one a rival but the first."""
        columns = []
        for factor in self.uncertainties:
            if factor.is_numeric:
                width = (factor.high - factor.low) or 1.0
                columns.append(2.0 * (frame[factor.id].to_numpy(float) - factor.low) / width - 1.0)
            else:
                names = frame[factor.id].to_numpy()
                columns += [np.where(names == rival, 1.0, -1.0) for rival in factor.choices[1:]]
        return np.array(columns, dtype=float).reshape(-1, len(frame)).T

    def features(self, frame: pd.DataFrame) -> Array:
        """Levers and what is not known of every run, shape (runs, features)."""
        levers = frame[[factor.id for factor in self.levers]].to_numpy(float)
        return np.hstack([self.features_of_levers(levers), self.features_of_draws(frame)])

    def draws_of(self, count: int, seed: int) -> pd.DataFrame:
        """Draws of what is not known, a Latin hypercube through the factors' distributions."""
        generator = np.random.default_rng((self.design_seed, seed))
        width = len(self.uncertainties)
        places = qmc.LatinHypercube(max(width, 1), rng=generator).random(count)
        columns = {f.id: f.values(places[:, n]) for n, f in enumerate(self.uncertainties)}
        return pd.DataFrame(columns, index=range(count))


def wilson(met: float, draws: int) -> tuple[float, float]:
    """Wilson's score interval of a probability (Wilson 1927, JASA 22)."""
    z = float(norm.ppf((1.0 + CONFIDENCE) / 2.0))
    share = met / draws
    centre = (share + z * z / (2 * draws)) / (1 + z * z / draws)
    half = z / (1 + z * z / draws) * math.sqrt(share * (1 - share) / draws + (z / (2 * draws)) ** 2)
    return max(0.0, centre - half), min(1.0, centre + half)


# -- lever sets on the emulators ---------------------------------------------------------------
@dataclass(frozen=True)
class Foretold:
    """What emulators say of lever sets.

    Attributes
    ----------
    costs, margins, probability, alone
        Shape (sets, costs); the quantile of the margin, in standard deviations of the targets,
        (sets,); probability of meeting all targets, (sets,), and each, (sets, targets).
    """

    costs: Array
    margins: Array
    probability: Array
    alone: Array


@dataclass(frozen=True)
class Surface:
    """Costs and margins of lever sets, from emulators over the same draws for every set.

    Attributes
    ----------
    question, emulators
        What is asked, and what foretells the outcomes.
    uncertain
        Features of the draws, shape (draws, features).
    missed
        What the emulators missed in runs, a row a draw; shape (draws, outcomes).
    scales
        Standard deviations of the targets in the data, shape (targets,).
    level
        Probability that a set has to reach.
    """

    question: Question
    emulators: Emulators
    uncertain: Array
    missed: Array
    scales: Array
    level: float

    def foretell(self, places: Array) -> Foretold:
        """What the emulators say of lever sets in the unit cube, shape (sets, levers)."""
        question = self.question
        snapped = question.snapped(places)
        levers = question.features_of_levers(question.values(snapped))
        reached = self.emulators.grid(levers, self.uncertain) + self.missed.T[:, None, :]
        targets = len(question.requirements)
        beyond = np.stack([one.beyond(reached[k]) for k, one in enumerate(question.requirements)])
        least = (beyond / self.scales[:, None, None]).min(axis=0)
        # So many draws may fall short; the next one must not.
        short = math.floor(round((1.0 - self.level) * least.shape[1], 9))
        money = iter(reached[targets:])
        costs = [
            question.effort(snapped) if cost.id == EFFORT else next(money).mean(axis=1)
            for cost in question.costs
        ]
        return Foretold(
            np.stack(costs, axis=1),
            np.partition(least, short, axis=1)[:, short],
            (least >= 0.0).mean(axis=1),
            (beyond >= 0.0).mean(axis=2).T,
        )

    @cached_property
    def spread_of_cost(self) -> float:
        """Standard deviation of the first cost over lever sets spread through the ranges."""
        width = len(self.question.levers)
        generator = np.random.default_rng((self.question.design_seed, 3))
        places = qmc.LatinHypercube(width, rng=generator).random(DRAWS)
        return max(float(self.foretell(places).costs[:, 0].std()), float(np.finfo(float).tiny))

    def with_target(self, place: int, shift: float) -> Surface:
        """The same with one target stricter by so much, in its unit."""
        targets = list(self.question.requirements)
        sign = -1.0 if targets[place].operator == "<=" else 1.0
        targets[place] = replace(targets[place], value=targets[place].value + sign * shift)
        return replace(self, question=replace(self.question, requirements=tuple(targets)))


def surface_of(
    question: Question, data: _Data, level: float, verified: NDArray[np.bool_]
) -> Surface:
    """Emulators of the runs that were made, ready to be asked.

    What emulators miss near the sets that were verified counts there: once there are such runs,
    only their residuals are drawn.
    """
    whole = ~np.isnan(data.outcomes).any(axis=1)
    if whole.sum() < 2 * (len(question.factors) + 1):
        raise InputError(f"runs of {question.name}", f"{whole.sum()} that ended", "more that end")
    emulators = fit_emulators(
        question.outcomes, question.features(data.frame[whole]), data.outcomes[whole]
    )
    near = verified[whole]
    pool = emulators.residuals[near] if near.any() else emulators.residuals
    generator = np.random.default_rng((question.design_seed, 1))
    # Each residual as often as any other, in another order than the draws.
    rows = generator.permutation(np.arange(DRAWS) % len(pool)) if len(pool) <= DRAWS else (
        generator.choice(len(pool), DRAWS, replace=False)
    )  # fmt: skip
    draws = question.draws_of(DRAWS, seed=2)
    spread = data.outcomes[whole][:, : len(question.requirements)].std(axis=0)
    return Surface(
        question, emulators, question.features_of_draws(draws), pool[rows],
        np.where(spread > 0.0, spread, 1.0), level,
    )  # fmt: skip


@dataclass(frozen=True)
class Sets:
    """Lever sets in the unit cube, and what is foretold of them."""

    places: Array
    foretold: Foretold

    def __len__(self) -> int:
        return len(self.places)

    def chosen(self, rows: Sequence[int] | NDArray[np.intp]) -> Sets:
        """Some of them."""
        index = np.asarray(rows, dtype=np.intp)
        told = self.foretold
        return Sets(
            self.places[index],
            Foretold(
                told.costs[index], told.margins[index], told.probability[index], told.alone[index]
            ),
        )


def front_of(surface: Surface, starts: Array) -> Sets:
    """Lever sets that reach the level and that none beats in all costs; maybe none.

    Parameters
    ----------
    surface
        Emulated costs and margins.
    starts
        Sets from which the search begins, shape (sets, levers).
    """
    found = np.vstack([starts, _evolved(surface, starts)])
    told = surface.foretell(found)
    ends = [least_cost(surface, place, found, told) for place in range(told.costs.shape[1])]
    found = np.vstack([found, *(end[None] for end in ends if end is not None)])
    front = _best_of(surface, found)
    if len(front) and len(surface.question.costs) > 1:
        rows = np.unique(np.linspace(0, len(front) - 1, POLISHED).round().astype(int))
        better = [_improved(surface, 0, front.places[row], capped=True) for row in rows]
        front = _best_of(surface, np.stack(better))
    return front


def _best_of(surface: Surface, places: Array) -> Sets:
    """Those that reach the level and that none beats, by the first cost."""
    different = np.unique(surface.question.snapped(places), axis=0)
    told = surface.foretell(different)
    able = np.flatnonzero(told.margins >= 0.0)
    rows = able[_unbeaten(told.costs[able])]
    return Sets(different, told).chosen(rows[np.argsort(told.costs[rows, 0])])


def _unbeaten(costs: Array) -> NDArray[np.intp]:
    """Rows that no other row beats: as small in all columns and smaller in one."""
    kept = [
        row
        for row, own in enumerate(costs)
        if not ((costs <= own).all(axis=1) & (costs < own).any(axis=1)).any()
    ]
    return np.array(kept, dtype=np.intp)


def _evolved(surface: Surface, starts: Array) -> Array:
    """Lever sets of all generations of an evolutionary search, a generation at a time."""
    import warnings

    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    names = [f"lever_{number}" for number in range(len(surface.question.levers))]
    space: dict[str, optuna.distributions.BaseDistribution] = {
        name: optuna.distributions.FloatDistribution(0.0, 1.0) for name in names
    }
    costs = len(surface.question.costs)
    seed = surface.question.design_seed
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        sampler: optuna.samplers.BaseSampler = (
            optuna.samplers.NSGAIISampler(population_size=POPULATION, seed=seed)
            if costs <= 3
            else optuna.samplers.NSGAIIISampler(population_size=POPULATION, seed=seed)
        )
        study = optuna.create_study(directions=["minimize"] * costs, sampler=sampler)
        for start in starts[:POPULATION]:
            study.enqueue_trial(dict(zip(names, start.tolist(), strict=True)))
        generations = []
        for _ in range(GENERATIONS):
            trials = [study.ask(space) for _ in range(POPULATION)]
            places = np.array([[trial.params[name] for name in names] for trial in trials])
            told = surface.foretell(places)
            for trial, cost, margin in zip(trials, told.costs, told.margins, strict=True):
                trial.set_constraint("margin", -float(margin))
                study.tell(trial, cost.tolist())
            generations.append(places)
    return np.vstack(generations)


def least_cost(
    surface: Surface, cost: int, found: Array, told: Foretold, starts: int = STARTS
) -> Array | None:
    """The lever set of least cost that reaches the level, or None.

    Parameters
    ----------
    surface
        Emulated costs and margins.
    cost
        Which one.
    found, told
        Sets that are known, and what is foretold of them.
    starts
        So many of the best of these are improved.
    """
    able = told.margins >= 0.0
    order = np.lexsort((told.costs[:, cost], -np.minimum(told.margins, 0.0)))
    # The first one, too: where it is known to be near.
    rows = dict.fromkeys([0, *order[:starts].tolist()])
    improved = np.vstack(
        [found[order[:1]], *(_improved(surface, cost, found[row])[None] for row in rows)]
    )
    if not able.any() and not (surface.foretell(improved).margins >= 0.0).any():
        return None
    again = surface.foretell(improved)
    price = np.where(again.margins >= 0.0, again.costs[:, cost], np.inf)
    best: Array = improved[int(np.argmin(price))]
    return best


def _improved(surface: Surface, cost: int, start: Array, *, capped: bool = False) -> Array:
    """A cheaper set near one, by sequential linear programming within a trust region.

    Slopes come from differences to both sides. A step is kept if it makes the cost lower, counting
    what the margin falls short of zero at a high price; otherwise the region shrinks. (Methods that
    gather curvature stumble over the kinks of the quantile and of the effort.)

    If ``capped``, no other cost rises above what it is at the start.
    """
    width = len(start)
    steps = STEP * np.eye(width)
    caps = surface.foretell(start[None]).costs[0]
    scales = np.maximum(np.abs(caps), SMALLEST)
    others = [n for n in range(len(caps)) if capped and n != cost]

    def looked(places: Array) -> tuple[Array, Array]:
        """Cost, shape (sets,), and room within the constraints, (sets, constraints)."""
        told = surface.foretell(places)
        room = (caps - told.costs)[:, others] / scales[others]
        return told.costs[:, cost] / scales[cost], np.column_stack([told.margins, room])

    def merit(price: Array, room: Array) -> float:
        return float(price[0] + PENALTY * np.maximum(-room[0], 0.0).sum())

    place, reach = np.clip(start, 0.0, 1.0), REACH
    for _ in range(STEPS):
        if reach < STEP / 2.0**4:
            break
        up, down = np.minimum(place + steps, 1.0), np.maximum(place - steps, 0.0)
        price, room = looked(np.vstack([place[None], up, down]))
        apart = np.diagonal(up - down)
        slope = (price[1 : width + 1] - price[width + 1 :]) / apart
        slopes = ((room[1 : width + 1] - room[width + 1 :]).T / apart).reshape(-1, width)
        short = np.eye(len(slopes))
        move: Any = linprog(
            np.concatenate([slope, np.full(len(slopes), PENALTY)]),
            A_ub=np.hstack([-slopes, -short]),
            b_ub=room[0] - HAIR,
            bounds=[
                *((max(-reach, -x), min(reach, 1.0 - x)) for x in place.tolist()),
                *[(0.0, None)] * len(slopes),
            ],
        )
        if move.x is None:
            break
        tried = np.clip(place + move.x[:width], 0.0, 1.0)
        if merit(*looked(tried[None])) < merit(price, room) - TOLERANCE:
            place, reach = tried, min(2.0 * reach, REACH)
        else:
            reach /= 2.0
    return place


def most_probable(surface: Surface, starts: Array) -> Array:
    """The lever set of the highest probability; of equal ones that with most targets met.

    Where all fail, that whose margin is the least negative; of sets as near as each other the
    cheaper one, so that levers which do not matter stay where they cost least.
    """
    scales = np.abs(surface.foretell(starts).costs).max(axis=0)
    scales = np.where(scales > 0.0, scales, 1.0)

    def regret(places: Array) -> Any:
        told = surface.foretell(np.atleast_2d(places.T))
        # Weights set an order: all targets together, then each, then the margin, then costs.
        score = told.probability + 1e-2 * told.alone.mean(axis=1) + 1e-3 * np.tanh(told.margins)
        return 1e-4 * (told.costs / scales).mean(axis=1) - score

    width = len(surface.question.levers)
    result = differential_evolution(
        regret, [(0.0, 1.0)] * width, vectorized=True, updating="deferred", polish=False,
        maxiter=GENERATIONS, popsize=max(2, POPULATION // width), init="sobol",
        x0=starts[int(np.argmin(regret(starts.T)))],
        rng=np.random.default_rng(surface.question.design_seed),
    )  # fmt: skip
    return np.asarray(result.x, dtype=np.float64)


def shadow_prices(surface: Surface, found: Array) -> Array:
    """Change of each least cost for one unit more of a target, shape (targets, costs).

    By solving again with the target a little stricter and a little laxer. Where the stricter one is
    out of reach, the laxer side alone tells; NaN where the level is out of reach as it stands.
    """
    targets, costs = len(surface.question.requirements), len(surface.question.costs)
    prices = np.full((targets, costs), np.nan)
    for cost in range(costs):
        base = _least(surface, cost, found)
        if base is None:
            continue
        near = np.vstack([base[1][None], found])
        for target in range(targets):
            shift = STRICTER * float(surface.scales[target])
            sides = [surface.with_target(target, sign * shift) for sign in (1.0, 0.0, -1.0)]
            margins = [side.foretell(base[1][None]).margins[0] for side in sides]
            if margins[0] == margins[1] == margins[2]:
                prices[target, cost] = 0.0  # It is not among the draws that decide.
                continue
            stricter, laxer = (_least(sides[n], cost, near, starts=1) for n in (0, 2))
            above = (stricter[0], shift) if stricter else (base[0], 0.0)
            below = (laxer[0], -shift) if laxer else (base[0], 0.0)
            if above[1] > below[1]:
                # A stricter target never makes it cheaper: less than nothing is the search's noise.
                prices[target, cost] = max(0.0, (above[0] - below[0]) / (above[1] - below[1]))
    return prices


def _least(
    surface: Surface, cost: int, found: Array, starts: int = STARTS
) -> tuple[float, Array] | None:
    """Least cost and its lever set."""
    place = least_cost(surface, cost, found, surface.foretell(found), starts)
    if place is None:
        return None
    return float(surface.foretell(place[None]).costs[0, cost]), place


# -- runs --------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Data:
    """Runs that were made: points, and outcomes of shape (runs, outcomes)."""

    frame: pd.DataFrame
    outcomes: Array

    def joined(self, other: _Data) -> _Data:
        frame = pd.concat([self.frame, other.frame], ignore_index=True)
        return _Data(frame, np.vstack([self.outcomes, other.outcomes]))


@dataclass(frozen=True)
class Verified:
    """A lever set, and what runs of its own say.

    Attributes
    ----------
    levers
        In the unit cube, shape (levers,).
    met
        Runs that meet all targets; one that failed does not.
    runs, failed
        How many were made, and failed.
    alone
        Share of runs that meet each target, shape (targets,).
    costs, costs_error
        Means and their standard errors, shape (costs,).
    foretold
        Probability that the emulators gave it.
    round
        Of the search.
    """

    levers: Array
    met: int
    runs: int
    failed: int
    alone: Array
    costs: Array
    costs_error: Array
    foretold: float = math.nan
    round: int = 0

    @property
    def probability(self) -> float:
        """Share of runs that meet all targets."""
        return self.met / self.runs

    @property
    def interval(self) -> tuple[float, float]:
        """Of the probability."""
        return wilson(self.met, self.runs)

    def joined(self, more: Verified) -> Verified:
        """The set with more runs of it."""
        own, new = self.runs - self.failed, more.runs - more.failed
        ended = max(own + new, 1)
        return Verified(
            levers=self.levers,
            met=self.met + more.met,
            runs=self.runs + more.runs,
            failed=self.failed + more.failed,
            alone=(self.alone * self.runs + more.alone * more.runs) / (self.runs + more.runs),
            costs=(self.costs * own + more.costs * new) / ended,
            costs_error=np.hypot(self.costs_error * own, more.costs_error * new) / ended,
            foretold=more.foretold,
            round=more.round,
        )


def _points(question: Question, places: Array, draws: pd.DataFrame) -> pd.DataFrame:
    """Points of lever sets, each with all draws."""
    values = question.values(question.snapped(places))
    levers = pd.DataFrame(values, columns=[factor.id for factor in question.levers])
    repeated = levers.loc[np.repeat(levers.index, len(draws))].reset_index(drop=True)
    tiled = pd.concat([draws] * len(places), ignore_index=True)
    return pd.concat([repeated, tiled], axis=1)


def _made(
    question: Question, evaluate: Evaluate, frame: pd.DataFrame, seeds: Sequence[int], label: str
) -> _Data:
    found = evaluate(frame, seeds, label)
    return _Data(frame, found[list(question.outcomes)].to_numpy(float))


def _verified(
    question: Question, places: Array, data: _Data, foretold: Array, number: int
) -> list[Verified]:
    """What the runs of each set say; as many a set."""
    draws = len(data.frame) // len(places)
    targets = len(question.requirements)
    found = []
    for row, place in enumerate(places):
        outcomes = data.outcomes[row * draws : (row + 1) * draws]
        met = np.stack(
            [one.met(outcomes[:, k]) for k, one in enumerate(question.requirements)], axis=1
        )
        ended = ~np.isnan(outcomes).any(axis=1)
        money = iter(range(targets, len(question.outcomes)))
        effort = np.full(int(ended.sum()), float(question.effort(question.snapped(place[None]))[0]))
        columns = [
            effort if cost.id == EFFORT else outcomes[ended, next(money)]
            for cost in question.costs
        ]  # fmt: skip
        costs = np.stack(columns, axis=1)
        error = costs.std(axis=0, ddof=1) / math.sqrt(max(len(costs), 1))
        found.append(
            Verified(
                levers=question.snapped(place[None])[0],
                met=int((met.all(axis=1) & ended).sum()),
                runs=draws,
                failed=int((~ended).sum()),
                alone=(met & ended[:, None]).mean(axis=0),
                costs=costs.mean(axis=0),
                costs_error=error,
                foretold=float(foretold[row]),
                round=number,
            )
        )
    return found


def verify(question: Question, evaluate: Evaluate, levers: Array, seeds: int) -> Verified:
    """Runs of one lever set on seeds and draws that no search has used.

    Parameters
    ----------
    question, evaluate
        As in the search.
    levers
        In the unit cube, shape (levers,).
    seeds
        How many.
    """
    first = question.first_seed + FRESH_SEEDS
    frame = _points(question, levers[None], question.draws_of(seeds, seed=FRESH_SEEDS))
    data = _made(question, evaluate, frame, range(first, first + seeds), "verification")
    return _verified(question, levers[None], data, np.array([math.nan]), 0)[0]


# -- the search --------------------------------------------------------------------------------
@dataclass(frozen=True)
class Answer:
    """What the search has found.

    Attributes
    ----------
    question
        What was asked.
    verdict
        ``met`` if runs show a set that does, ``out of reach`` if neither runs nor emulators know
        one within the ranges, ``not shown`` otherwise.
    best
        The cheapest set that is shown to do; the most probable one if there is none.
    verified
        All sets that were run, in order.
    front
        Sets that none beats in all costs, on the emulators; maybe none.
    prices
        Shadow prices, shape (targets, costs).
    surface
        The emulators in the end.
    runs, failed
        How many were made, and failed.
    again
        The best set on new seeds, if that was asked for.
    """

    question: Question
    verdict: Verdict
    best: Verified
    verified: tuple[Verified, ...]
    front: Sets
    prices: Array
    surface: Surface
    runs: int
    failed: int
    again: Verified | None = field(default=None)

    def levers(self) -> pd.DataFrame:
        """One row a lever: range, plan and answer."""
        values = self.question.values(self.best.levers[None])[0]
        rows = [
            {
                "lever": factor.id,
                "unit": factor.unit,
                "low": min(map(float, factor.choices)) if factor.choices else factor.low,
                "high": max(map(float, factor.choices)) if factor.choices else factor.high,
                "plan": float(planned),
                "answer": float(value),
            }
            for factor, planned, value in zip(
                self.question.levers, self.question.planned, values, strict=True
            )
        ]
        return pd.DataFrame(rows)

    @cached_property
    def binding(self) -> NDArray[np.bool_]:
        """Targets without which the least first cost would be lower, shape (targets,)."""
        prices = np.nan_to_num(self.prices[:, 0])
        found: NDArray[np.bool_] = (
            prices * self.surface.scales > BINDING * self.surface.spread_of_cost
        )
        return found

    def targets(self) -> pd.DataFrame:
        """One row a target: its probability alone at the answer, whether it binds, its price."""
        question = self.question
        rows = []
        for place, one in enumerate(question.requirements):
            row = {
                "target": one.id,
                "goal": f"{one.operator} {one.value:g}",
                "unit": one.unit,
                "probability": float(self.best.alone[place]),
                "fails": bool(self.best.alone[place] < question.probability),
                "binds": bool(self.binding[place]),
            }
            row |= {
                f"shadow price, {cost.unit} a unit": float(self.prices[place, number])
                for number, cost in enumerate(question.costs)
            }
            rows.append(row)
        # Where no set does, nothing has a price.
        return pd.DataFrame(rows).dropna(axis="columns", how="all")

    def table(self) -> pd.DataFrame:
        """One row a set that was run: costs and probability with intervals, then its levers."""
        quantile = float(norm.ppf((1.0 + CONFIDENCE) / 2.0))
        rows = []
        for number, one in enumerate(self.verified, start=1):
            low, high = one.interval
            row: dict[str, object] = {
                "set": number,
                "round": one.round,
                "answer": one is self.best,
                "probability": one.probability,
                "low": low,
                "high": high,
                "emulated": one.foretold,
                "runs": one.runs,
            }
            for place, cost in enumerate(self.question.costs):
                row[f"{cost.id}, {cost.unit}"] = float(one.costs[place])
                if cost.id != EFFORT:
                    row[f"{cost.id} ±"] = float(quantile * one.costs_error[place])
            values = self.question.values(one.levers[None])[0]
            row |= {f.id: float(v) for f, v in zip(self.question.levers, values, strict=True)}
            rows.append(row)
        return pd.DataFrame(rows)

    def costs_table(self) -> pd.DataFrame:
        """:meth:`table` without the levers."""
        return self.table().drop(columns=[factor.id for factor in self.question.levers])

    def front_table(self) -> pd.DataFrame:
        """One row a set of the front, as the emulators foretell it."""
        told = self.front.foretold
        columns: dict[str, object] = {
            f"{cost.id}, {cost.unit}": told.costs[:, place]
            for place, cost in enumerate(self.question.costs)
        }
        columns["emulated probability"] = told.probability
        values = self.question.values(self.front.places)
        columns |= {f.id: values[:, n] for n, f in enumerate(self.question.levers)}
        return pd.DataFrame(columns)

    def emulators(self) -> pd.DataFrame:
        """Which emulator each outcome has, and how far it can be trusted."""
        return self.surface.emulators.table()


def search(question: Question, evaluate: Evaluate) -> Answer:
    """Look for the cheapest lever set that meets the targets.

    Parameters
    ----------
    question
        What is looked for.
    evaluate
        The model: points, seeds and a label in, outcomes out.

    Raises
    ------
    InputError
        If too few runs end.
    """
    width = len(question.levers)
    generator = np.random.default_rng((question.design_seed, 0))
    places = qmc.LatinHypercube(width, rng=generator).random(question.points)
    frame = pd.DataFrame(
        question.values(places), columns=[factor.id for factor in question.levers]
    ).join(question.draws_of(question.points, seed=1))
    seed = question.first_seed + question.points
    data = _made(question, evaluate, frame, range(question.first_seed, seed), "design")
    near = np.zeros(question.points, dtype=bool)
    planned = (question.features_of_levers(question.planned[None]) + 1.0) / 2.0
    starts = np.vstack([planned.clip(0.0, 1.0), np.ones(width), np.zeros(width)])
    verified: list[Verified] = []
    surface = surface_of(question, data, question.aim, near)
    number, cheapest, doubtful = 0, math.inf, 0
    while True:
        front = _front_in_reach(surface, starts)
        left = (question.runs - len(data.frame)) // question.draws
        if left < 1:
            break
        number += 1
        able = len(front) > 0
        count = min(left, question.candidates)
        price = _price(question, verified)
        repeated = _undecided(question, verified, price)[: max(1, count // 2)] if count > 1 else []
        fresh_sets = _candidates(surface, front, starts, count - len(repeated))
        chosen = np.vstack([*(verified[place].levers[None] for place in repeated), fresh_sets])
        fresh = _points(question, chosen, question.draws_of(question.draws, seed=10 + number))
        seeds = list(range(seed, seed + question.draws)) * len(chosen)
        seed += question.draws
        made = _made(question, evaluate, fresh, seeds, f"round {number}")
        told = surface.foretell(chosen).probability
        found = _verified(question, chosen, made, told, number)
        for place, more in zip(repeated, found, strict=False):
            verified[place] = verified[place].joined(more)
        verified += found[len(repeated) :]
        data = data.joined(made)
        near = np.concatenate([near, np.ones(len(fresh), dtype=bool)])
        starts = np.vstack([starts[:3], np.array([one.levers for one in verified])])
        surface = surface_of(question, data, question.aim, near)
        price = _price(question, verified)
        settled = not _undecided(question, verified, price)
        if math.isfinite(cheapest) and settled and price > cheapest - BETTER * abs(cheapest):
            front = _front_in_reach(surface, starts)
            break
        cheapest = price
        doubtful = 0 if able else doubtful + 1
        if doubtful >= 2 and not _may_do(question, verified):
            front = _front_in_reach(surface, starts)
            break
    return _answer(question, data, near, surface, front, starts, verified)


def _front_in_reach(surface: Surface, starts: Array) -> Sets:
    """The front of the highest of three levels that has one; maybe none.

    From where runs are likely to show the probability down to where it is just foretold.
    """
    asked = surface.question.probability
    for level in (surface.level, (surface.level + asked) / 2.0, asked):
        front = front_of(replace(surface, level=level), starts)
        if len(front):
            break
    return front


def _candidates(surface: Surface, front: Sets, starts: Array, count: int) -> Array:
    """Sets of a front to be run; where it does not reach the level, the most probable set first."""
    if len(front) and (front.foretold.probability >= surface.level).any():
        return _spread(front, count)
    best = most_probable(surface, starts)[None]
    return np.vstack([best, _spread(front, count - 1)]) if len(front) and count > 1 else best


def _answer(
    question: Question,
    data: _Data,
    near: NDArray[np.bool_],
    surface: Surface,
    front: Sets,
    starts: Array,
    verified: list[Verified],
) -> Answer:
    shown = [one for one in verified if _shown(question, one)]
    asked = replace(surface, level=question.probability)
    if shown:
        verdict: Verdict = "met"
        best = min(shown, key=lambda one: float(one.costs[0]))
    else:
        reach = surface.foretell(most_probable(asked, starts)[None]).probability[0]
        beyond = reach < question.probability and not _may_do(question, verified)
        verdict = "out of reach" if beyond else "not shown"
        best = max(verified, key=lambda one: (one.probability, float(one.alone.mean())))
    known = np.vstack([front.places, starts])
    return Answer(
        question=question,
        verdict=verdict,
        best=best,
        verified=tuple(verified),
        front=front,
        prices=shadow_prices(asked, known),
        surface=surface,
        runs=len(data.frame),
        failed=int(np.isnan(data.outcomes).any(axis=1).sum()),
    )


def _shown(question: Question, one: Verified) -> bool:
    return one.interval[0] >= question.probability


def _price(question: Question, verified: Sequence[Verified]) -> float:
    """First cost of the cheapest set that is shown to do; infinite if there is none."""
    return min((float(one.costs[0]) for one in verified if _shown(question, one)), default=math.inf)


def _undecided(question: Question, verified: Sequence[Verified], price: float) -> list[int]:
    """Cheaper sets that did often enough, in too few runs to show it; the likeliest first."""
    found = [
        place
        for place, one in enumerate(verified)
        if one.costs[0] < price - BETTER * abs(price if math.isfinite(price) else 0.0)
        and one.probability >= question.probability
        and not _shown(question, one)
    ]
    return sorted(found, key=lambda place: -verified[place].probability)


def _may_do(question: Question, verified: Sequence[Verified]) -> bool:
    """Whether the interval of some set reaches the probability."""
    return any(one.interval[1] >= question.probability for one in verified)


def _spread(front: Sets, count: int) -> Array:
    """The cheapest set of each cost first, then sets spread along the front."""
    costs = front.foretold.costs
    rows = [int(np.argmin(costs[:, place])) for place in range(costs.shape[1])]
    rows += np.linspace(0, len(front) - 1, max(count, 1) + 2).round().astype(int)[1:-1].tolist()
    different = list(dict.fromkeys(rows))[:count]
    return front.places[different]
