"""Whose part of the plan's effect is whose: Shapley values of groups of measures.

What a measure adds depends on what is there already. Its *Shapley value* is what it adds on average
over all orders in which the groups could be switched on; the values of all groups sum to the whole
effect, which no other symmetric division does (Shapley 1953, A value for n-person games, in
Contributions to the Theory of Games II, Princeton University Press). What a group adds last, to all
others, is its leave-one-out wedge, and what it adds first, alone. The *interaction index* of a pair
says by how much both together bring more than each for itself, on average over what else is there
(Grabisch and Roubens 1999, An axiomatic approach to the concept of interaction among players in
cooperative games, International Journal of Game Theory 28).

A coalition of groups is the study's base with all other groups' measures switched off, run on the
same seeds as every other coalition. Coalitions are numbered by their bits: group i is in coalition
c if bit i of c is set.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t as student

from transition_model.analysis.study_runs import column
from transition_model.calendar import Month
from transition_model.errors import InputError
from transition_model.plan import load_plan
from transition_model.runs.batch import PlannedRun, Workers
from transition_model.runs.store import RunStore
from transition_model.scenario import Scenario, switchable_measures
from transition_model.studies.plan import RunPlan
from transition_model.studies.results import Outcome, StudyResults, target_outcomes
from transition_model.studies.running import Progress, make_runs
from transition_model.studies.study import MeasureGroup, Study

type Array = NDArray[np.float64]
type Order = tuple[int, ...]
type Worth = Callable[[Sequence[int]], Array]
"""Outcomes of coalitions, shape (coalitions, seeds, outcomes)."""

CONFIDENCE = 0.95
"""Of the intervals."""

NOTHING = 1e-9
"""Share of an outcome up to which a contribution is rounding."""


@dataclass(frozen=True, slots=True)
class Group:
    """Measures that are switched together.

    Attributes
    ----------
    id, label_en, label_zh
        What they are called.
    measures
        Their numbers in the plan.
    """

    id: str
    label_en: str
    label_zh: str
    measures: tuple[int, ...]


@dataclass(frozen=True)
class Contributions:
    """What each group contributes to each outcome.

    Attributes
    ----------
    groups, outcomes
        Along the axes.
    nothing, everything
        Outcomes with all groups off, and on; shape (seeds, outcomes).
    values
        Shapley values, shape (groups, seeds, outcomes).
    last, first
        What a group adds to all others, and alone; shape (groups, seeds, outcomes).
    interactions
        Shapley interaction indices, shape (groups, groups, seeds, outcomes); NaN on the diagonal
        and where no drawn order puts the pair side by side.
    order_error
        Standard error from drawing orders, shape (groups, outcomes); 0 where all coalitions count.
    coalitions, orders
        How many were run, and from how many drawn orders; 0 for all.
    """

    groups: tuple[Group, ...]
    outcomes: tuple[Outcome, ...]
    nothing: Array
    everything: Array
    values: Array
    last: Array
    first: Array
    interactions: Array
    order_error: Array
    coalitions: int
    orders: int

    @property
    def seeds(self) -> int:
        """Seeds of every coalition."""
        return len(self.nothing)

    @property
    def runs(self) -> int:
        """Runs that the answer rests on."""
        return self.coalitions * self.seeds

    @cached_property
    def effect(self) -> Array:
        """What all groups bring together, shape (seeds, outcomes)."""
        return self.everything - self.nothing

    @property
    def moved(self) -> NDArray[np.bool_]:
        """Whether some group moves an outcome under some seed, shape (outcomes,)."""
        apart = np.abs(self.values) > NOTHING * np.maximum(np.abs(self.everything), 1.0)
        moved: NDArray[np.bool_] = apart.any(axis=(0, 1))
        return moved

    @property
    def unexplained(self) -> Array:
        """Effect less the sum of the values: nothing but rounding, shape (seeds, outcomes)."""
        gap: Array = self.effect - self.values.sum(axis=0)
        return gap

    def half_width(self, drawn: Array, order_error: Array | float = 0.0) -> Array:
        """Half of the interval around the mean over seeds.

        Parameters
        ----------
        drawn
            Shape (..., seeds, outcomes).
        order_error
            Standard error that does not come from seeds, shape (..., outcomes).
        """
        error = drawn.std(axis=-2, ddof=1) / math.sqrt(self.seeds)
        quantile = float(student.ppf((1.0 + CONFIDENCE) / 2.0, self.seeds - 1))
        half: Array = quantile * np.hypot(error, order_error)
        return half

    def table(self) -> pd.DataFrame:
        """One row an outcome and group, in the outcome's unit."""
        mean, half = self.values.mean(axis=1), self.half_width(self.values, self.order_error)
        effect = self.effect.mean(axis=0)
        rows = [
            {
                "outcome": outcome.id,
                "unit": outcome.unit,
                "group": group.id,
                "contribution": float(mean[row, place]),
                "low": float(mean[row, place] - half[row, place]),
                "high": float(mean[row, place] + half[row, place]),
                "share of effect": _share(mean[row, place], effect[place]),
                "added last": float(self.last[row, :, place].mean()),
                "added first": float(self.first[row, :, place].mean()),
            }
            for place, outcome in enumerate(self.outcomes)
            for row, group in enumerate(self.groups)
        ]
        return pd.DataFrame(rows)

    def totals(self) -> pd.DataFrame:
        """One row an outcome: without and with the groups, and whether the parts make the whole."""
        half = self.half_width(self.effect)
        rows = [
            {
                "outcome": outcome.id,
                "unit": outcome.unit,
                "all off": float(self.nothing[:, place].mean()),
                "all on": float(self.everything[:, place].mean()),
                "effect": float(self.effect[:, place].mean()),
                "low": float(self.effect[:, place].mean() - half[place]),
                "high": float(self.effect[:, place].mean() + half[place]),
                "sum of contributions": float(self.values[:, :, place].sum(axis=0).mean()),
                "sum of wedges": float(self.last[:, :, place].sum(axis=0).mean()),
                "runs": self.runs,
            }
            for place, outcome in enumerate(self.outcomes)
        ]
        return pd.DataFrame(rows)

    def pairs(self) -> pd.DataFrame:
        """One row an outcome and pair of groups: positive where both together bring more."""
        mean, half = self.interactions.mean(axis=2), self.half_width(self.interactions)
        rows = [
            {
                "outcome": outcome.id,
                "unit": outcome.unit,
                "group": self.groups[one].id,
                "other": self.groups[other].id,
                "interaction": float(mean[one, other, place]),
                "low": float(mean[one, other, place] - half[one, other, place]),
                "high": float(mean[one, other, place] + half[one, other, place]),
            }
            for place, outcome in enumerate(self.outcomes)
            for one in range(len(self.groups))
            for other in range(one + 1, len(self.groups))
        ]
        return pd.DataFrame(rows)


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else math.nan


# -- the game ----------------------------------------------------------------------------------
def shapley_values(worth: Array) -> Array:
    """Shapley values of a game of which every coalition is known.

    Parameters
    ----------
    worth
        Of each coalition by its bits, shape (2^n, ...).

    Returns
    -------
    ndarray
        Shape (n, ...); they sum to the worth of all less that of none.

    Raises
    ------
    InputError
        If the number of coalitions is no power of 2.
    """
    players = _players(worth)
    sizes = _sizes(players)
    weight = np.array(
        [math.factorial(s) * math.factorial(players - s - 1) for s in range(players)], float
    ) / math.factorial(players)
    values = []
    for player in range(players):
        without = np.flatnonzero(~_holds(players, player))
        gain = worth[without | (1 << player)] - worth[without]
        values.append(np.tensordot(weight[sizes[without]], gain, axes=1))
    return np.stack(values)


def interaction_indices(worth: Array) -> Array:
    """Shapley interaction indices of all pairs.

    Parameters
    ----------
    worth
        Of each coalition by its bits, shape (2^n, ...).

    Returns
    -------
    ndarray
        Shape (n, n, ...), symmetric, NaN on the diagonal.
    """
    players = _players(worth)
    sizes = _sizes(players)
    indices = np.full((players, players, *worth.shape[1:]), np.nan)
    weight = np.array(
        [math.factorial(s) * math.factorial(players - s - 2) for s in range(players - 1)], float
    ) / math.factorial(players - 1)
    for one in range(players):
        for other in range(one + 1, players):
            outside = np.flatnonzero(~_holds(players, one) & ~_holds(players, other))
            a, b = 1 << one, 1 << other
            joint = worth[outside | a | b] - worth[outside | a] - worth[outside | b]
            gain = joint + worth[outside]
            indices[one, other] = np.tensordot(weight[sizes[outside]], gain, axes=1)
            indices[other, one] = indices[one, other]
    return indices


def _players(worth: Array) -> int:
    players = len(worth).bit_length() - 1
    if players < 1 or len(worth) != 1 << players:
        raise InputError("coalitions", len(worth), "a power of 2 from 2: all subsets of the groups")
    return players


def _sizes(players: int) -> NDArray[np.int64]:
    return np.bitwise_count(np.arange(1 << players)).astype(np.int64)


def _holds(players: int, player: int) -> NDArray[np.bool_]:
    """Which coalitions hold a player."""
    held: NDArray[np.bool_] = (np.arange(1 << players) >> player) & 1 == 1
    return held


# -- orders drawn ------------------------------------------------------------------------------
def drawn_orders(players: int, count: int, seed: int) -> tuple[Order, ...]:
    """Orders of the groups, each followed by its reverse, which makes their mean more exact."""
    generator = np.random.default_rng(seed)
    forward = [tuple(generator.permutation(players).tolist()) for _ in range(count // 2)]
    return tuple(order for one in forward for order in (one, one[::-1]))


def coalitions_of(orders: Sequence[Order]) -> list[int]:
    """Coalitions that are needed to value orders, pairs of neighbours, and each group alone."""
    players = len(orders[0])
    everyone = (1 << players) - 1
    needed = {0, everyone}
    needed |= {1 << player for player in range(players)}
    needed |= {everyone & ~(1 << player) for player in range(players)}
    for order in orders:
        before = 0
        for place, player in enumerate(order):
            if place + 1 < players:
                needed.add(before | (1 << order[place + 1]))
            before |= 1 << player
            needed.add(before)
    return sorted(needed)


def values_of_orders(worth: Callable[[int], Array], orders: Sequence[Order]) -> Array:
    """What each group adds in each order, shape (orders, groups, ...)."""
    added = []
    for order in orders:
        before, gains = 0, {}
        for player in order:
            gains[player] = worth(before | (1 << player)) - worth(before)
            before |= 1 << player
        added.append(np.stack([gains[player] for player in range(len(order))]))
    return np.stack(added)


def interactions_of_orders(worth: Callable[[int], Array], orders: Sequence[Order]) -> Array:
    """Interaction indices from neighbours in drawn orders.

    Given that a pair stands side by side, what stands before it is distributed as the index wants.

    Returns
    -------
    ndarray
        Shape (groups, groups, ...), NaN for pairs that never stand side by side.
    """
    players = len(orders[0])
    found: dict[tuple[int, int], list[Array]] = {}
    for order in orders:
        before = 0
        for one, other in pairwise(order):
            a, b = before | (1 << one), before | (1 << other)
            gain = worth(a | b) - worth(a) - worth(b) + worth(before)
            found.setdefault((min(one, other), max(one, other)), []).append(gain)
            before = a
    shape = worth(0).shape
    indices = np.full((players, players, *shape), np.nan)
    for (one, other), gains in found.items():
        indices[one, other] = indices[other, one] = np.mean(gains, axis=0)
    return indices


# -- the plan's effect -------------------------------------------------------------------------
def contributions(
    groups: tuple[Group, ...],
    outcomes: tuple[Outcome, ...],
    worth: Worth,
    *,
    exact_up_to: int = 7,
    orders: int = 16,
    seed: int = 0,
) -> Contributions:
    """Divide an effect among groups.

    Parameters
    ----------
    groups, outcomes
        What is divided among whom.
    worth
        Outcomes of coalitions, called once with all that are needed.
    exact_up_to
        So many groups are combined in all ways; orders of more of them are drawn.
    orders, seed
        How many are drawn, an even number, and from which seed.

    Raises
    ------
    InputError
        If there are fewer than two groups or seeds.
    """
    players = len(groups)
    if players < 2:
        raise InputError("attribution.groups", players, "two or more groups")
    exact = players <= exact_up_to
    chosen = () if exact else drawn_orders(players, orders, seed)
    coalitions = list(range(1 << players)) if exact else coalitions_of(chosen)
    found = worth(coalitions)
    if found.shape[1] < 2:
        raise InputError("replications", found.shape[1], "two or more seeds, for an interval")
    at = {coalition: found[place] for place, coalition in enumerate(coalitions)}
    everyone = (1 << players) - 1
    error: Array = np.zeros((players, len(outcomes)))
    if exact:
        values, interactions = shapley_values(found), interaction_indices(found)
    else:
        added = values_of_orders(at.__getitem__, chosen)
        # An order and its reverse make one draw.
        drawn = added.reshape(-1, 2, *added.shape[1:]).mean(axis=(1, 3))
        error = drawn.std(axis=0, ddof=1) / math.sqrt(len(drawn))
        values = added.mean(axis=0)
        interactions = interactions_of_orders(at.__getitem__, chosen)
    return Contributions(
        groups=groups,
        outcomes=outcomes,
        nothing=at[0],
        everything=at[everyone],
        values=values,
        last=np.stack([at[everyone] - at[everyone & ~(1 << p)] for p in range(players)]),
        first=np.stack([at[1 << p] - at[0] for p in range(players)]),
        interactions=interactions,
        order_error=error,
        coalitions=len(coalitions),
        orders=len(chosen),
    )


def groups_of(study: Study) -> tuple[Group, ...]:
    """Groups of a study, or the plan's actions with the measures that can be switched.

    Raises
    ------
    InputError
        If a measure can't be switched, or stands in two groups.
    """
    switchable = switchable_measures()
    if not study.attribution.groups:
        plan = load_plan()
        actions = [
            (action, tuple(n for n in switchable if plan.action(n).id == action.id))
            for action in plan.actions
        ]
        return tuple(Group(a.id, a.label_en, a.label_zh, own) for a, own in actions if own)
    taken: dict[int, str] = {}
    for name, group in study.attribution.groups.items():
        where = f"attribution.groups.{name}"
        for number in group.measures:
            if number not in switchable:
                listed = ", ".join(map(str, switchable))
                raise InputError(where, number, f"a measure with a lever or rule: {listed}")
            if number in taken:
                raise InputError(where, number, f"each measure once; it is in {taken[number]}")
            taken[number] = name
    return tuple(
        Group(
            name,
            group.label_en or name.replace("_", " "),
            group.label_zh or _numbers(group),
            group.measures,
        )
        for name, group in study.attribution.groups.items()
    )


def _numbers(group: MeasureGroup) -> str:
    """What a group without a Chinese label is called: the measures' numbers in the plan."""
    return f"措施{'、'.join(map(str, group.measures))}"


def scenario_of(base: Scenario, groups: Sequence[Group], coalition: int) -> Scenario:
    """The base with the measures of all groups off that are not in the coalition."""
    off = {
        f"measure.{number}": "off"
        for place, group in enumerate(groups)
        if not coalition >> place & 1
        for number in group.measures
    }
    return base.replace(off) if off else base


def attribute(
    study: Study, store: RunStore, workers: Workers, *, progress: Progress | None = None
) -> Contributions:
    """Divide the effect of a study's base on its targets among groups of measures.

    Parameters
    ----------
    study
        Base, constants, replications, targets and ``[attribution]`` count; the design does not.
    store
        Open for writing; what it has is not run again.
    workers, progress
        As :func:`.make_runs` takes them.

    Raises
    ------
    InputError
        If the study has no target or fewer than two replications, or a run failed.
    """
    groups, outcomes = groups_of(study), target_outcomes(study.target_ids)
    if not outcomes:
        raise InputError("outcomes.targets", "none that is modelled", "at least one target")
    if study.replications < 2:
        raise InputError("replications", study.replications, "two or more seeds, for an interval")

    names = [outcome.id for outcome in outcomes]

    def worth(coalitions: Sequence[int]) -> Array:
        planned = plan_of(study, groups, coalitions)
        done = make_runs(planned, store, workers, progress=progress)
        for run, reason in done.failures.items():
            off = planned.runs[run].scenario.to_query()
            raise InputError(f"run {run} of {planned.name}", reason, f"a run that ends ({off})")
        read = StudyResults.read(planned, outcomes, store)
        columns = [np.asarray(column(read, name), dtype=np.float64) for name in names]
        return np.stack(columns, axis=1).reshape(len(coalitions), -1, len(outcomes))

    options = study.attribution
    return contributions(
        groups,
        outcomes,
        worth,
        exact_up_to=options.exact_up_to,
        orders=options.orders,
        seed=study.design.seed,
    )


def plan_of(study: Study, groups: Sequence[Group], coalitions: Sequence[int]) -> RunPlan:
    """Runs of coalitions, each on the seeds of the study."""
    base = study.scenario
    scenarios = [scenario_of(base, groups, coalition) for coalition in coalitions]
    points = pd.DataFrame(
        {
            group.id: ["on" if coalition >> place & 1 else "off" for coalition in coalitions]
            for place, group in enumerate(groups)
        }
    )
    runs = tuple(PlannedRun(scenario, seed) for scenario in scenarios for seed in study.seeds)
    return RunPlan(
        f"{study.name}: attribution", points, runs, study.replications, study.households,
        Month.parse(study.end),
    )  # fmt: skip
