"""The part of docs/behaviour.md about single rules: what each brings alone, and whom it pays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transition_model.analysis.paired import ObservedRun, observe
from transition_model.analysis.rules import rule_alone
from transition_model.calendar import Month, months_between
from transition_model.declared import read_toml
from transition_model.dimensions import dimension
from transition_model.districts import load_districts
from transition_model.instruments import Instrument, load_instruments
from transition_model.instruments.attributes import Claims
from transition_model.instruments.monthly import amount_of_month
from transition_model.ledger import ledger_entries
from transition_model.plan import load_plan
from transition_model.results import load_definitions
from transition_model.scenario import Scenario

type Array = NDArray[np.float64]
type Runs = list[ObservedRun]

UNITS = Path(__file__).with_name("subsidised_units.toml")
"""What one unit of a subsidised good is, by rule."""

CENTRAL = "central_urban"
LEAST_MOVE = 1e-5
"""Of a series' level; what moves less is called unmoved."""


@dataclass(frozen=True)
class Window:
    """Seeds, sample and months of the report."""

    seeds: tuple[int, ...]
    households: int
    since: Month
    end: Month


@dataclass(frozen=True)
class RuleRuns:
    """Runs with a rule and without it, one pair a seed."""

    rule: Instrument
    under: Runs
    without: Runs


def run_all(scenarios: Iterable[Scenario], window: Window, processes: int = 2) -> dict[str, Runs]:
    """Runs of every seed by digest of the scenario; equal scenarios are run once."""
    distinct = {scenario.digest: scenario for scenario in scenarios}
    jobs = [(digest, seed) for digest in distinct for seed in window.seeds]
    one = partial(_observed, households=window.households, since=window.since, end=window.end)
    with ProcessPoolExecutor(processes) as pool:
        found = list(pool.map(one, [distinct[d] for d, _ in jobs], [s for _, s in jobs]))
    runs: dict[str, Runs] = {digest: [] for digest in distinct}
    for (digest, _), run in zip(jobs, found, strict=True):
        runs[digest].append(run)
    return runs


def _observed(
    scenario: Scenario, seed: int, *, households: int, since: Month, end: Month
) -> ObservedRun:
    return observe(scenario, seed=seed, households=households, since=since, end=end)


def rules_alone(window: Window) -> list[RuleRuns]:
    """Every rule with and without, in the order of measures."""
    rules = sorted(load_instruments().values(), key=lambda rule: (rule.measure, rule.id))
    pairs = {rule.id: rule_alone(rule.id) for rule in rules}
    runs = run_all(
        [scenario for pair in pairs.values() for scenario in (pair.under, pair.without)], window
    )
    return [
        RuleRuns(rule, runs[pairs[rule.id].under.digest], runs[pairs[rule.id].without.digest])
        for rule in rules
    ]


# ------------------------------------------------------------------------------------- what moves


def moves_most(pair: RuleRuns) -> tuple[str, float] | None:
    """The series that a rule moves most against its level, and by what share of it.

    Money is left out: the table has a column for it. Compared are sums over the last twelve months.
    """
    definitions = load_definitions()
    found: tuple[str, float] | None = None
    for definition in definitions.values():
        if definition.sector == "money":
            continue
        for name in definition.ids:
            levels = [_last_year(run, name) for run in pair.without]
            changes = [
                _last_year(run, name) - level for run, level in zip(pair.under, levels, strict=True)
            ]
            level = float(np.mean(np.abs(levels)))
            share = float(np.mean(changes)) / level if level > 0.0 else 0.0
            if abs(share) > max(LEAST_MOVE, abs(found[1]) if found else 0.0):
                found = name, share
    return found


def _last_year(run: ObservedRun, name: str) -> float:
    return float(np.nan_to_num(run.series[name][-12:]).sum())


def label_of(name: str) -> str:
    """What a series is called, with its member."""
    identifier, _, member = name.partition(".")
    words = load_definitions()[identifier].label_en
    return f"{words}, {member.replace('_', ' ')}" if member else words


def targets_moved(pair: RuleRuns) -> list[str]:
    """Targets whose figure of December 2027 the rule moves."""
    found = []
    for target in load_plan().targets:
        if target.result is None:
            continue
        values = np.array(
            [[run.series[target.result][-1] for run in side] for side in (pair.under, pair.without)]
        )
        difference = values[0] - values[1]
        if np.abs(difference).max() > LEAST_MOVE * np.abs(values[1]).max():
            found.append(target.id)
    return found


# ------------------------------------------------------------------------------------- who is paid


def money_to_households(pair: RuleRuns) -> tuple[Array, Array, Array]:
    """What the rule pays households: yuan, share by fifth of income, share of the central area.

    Returns
    -------
    tuple of ndarray
        Shapes (seeds,), (seeds, groups) and (seeds,); shares are NaN where nothing is paid.
    """
    groups = len(dimension("income_group"))
    central = load_districts().in_zone(CENTRAL)
    totals, shares, inside = [], [], []
    for under, without in zip(pair.under, pair.without, strict=True):
        more = under.money.of_all_rules - without.money.of_all_rules
        paid = under.money.weight * more
        total = float(paid.sum())
        totals.append(total)
        if total < 1e6:  # less than a million yuan is no programme
            shares.append(np.full(groups, np.nan))
            inside.append(np.nan)
            continue
        shares.append(np.bincount(under.money.income_group, paid, minlength=groups) / total)
        inside.append(float(paid[central[under.money.district]].sum()) / total)
    return np.array(totals), np.array(shares), np.array(inside)


# ------------------------------------------------------------------------------------- windfall


@dataclass(frozen=True)
class SubsidisedUnits:
    """How many units a rule paid for, and how many there are more because of it.

    Attributes
    ----------
    unit
        Name of one unit.
    subsidised
        Units paid for, NaN where the law states no amount for one, shape (seeds,).
    additional
        Units more than without the rule, shape (seeds,).
    money
        Yuan paid, shape (seeds,).
    """

    unit: str
    subsidised: Array
    additional: Array
    money: Array


def subsidised_units(pair: RuleRuns, window: Window) -> SubsidisedUnits | None:
    """Units paid for, from the money and the amount by law; None where no flow counts them."""
    entry = read_toml(UNITS).get(pair.rule.id)
    if not isinstance(entry, dict):
        return None
    each = _amount_each(pair.rule, entry, window)
    money = np.array(
        [_paid(u, pair.rule, window) - _paid(w, pair.rule, window)
         for u, w in zip(pair.under, pair.without, strict=True)]
    )  # fmt: skip
    units = np.divide(money, each, out=np.zeros_like(money), where=each > 0.0).sum(axis=1)
    additional = [
        _counted(under, entry) - _counted(without, entry)
        for under, without in zip(pair.under, pair.without, strict=True)
    ]
    subsidised = units if entry.get("claims") else np.full(len(units), np.nan)
    return SubsidisedUnits(entry["unit"], subsidised, np.array(additional), money.sum(axis=1))


def _amount_each(rule: Instrument, entry: Mapping[str, Any], window: Window) -> Array:
    """Yuan for a unit by month, the mean over the entry's claims, shape (months,)."""
    months = list(months_between(window.since, window.end))
    claims = [Claims.of(1, **claim) for claim in entry.get("claims", [])]
    amounts = [[float(amount_of_month(rule, m, claim)[0]) for m in months] for claim in claims]
    mean = np.mean(amounts, axis=0) if amounts else np.zeros(len(months))
    return np.asarray(mean / float(entry.get("units_a_claim", 1.0)))


def _paid(run: ObservedRun, rule: Instrument, window: Window) -> Array:
    """Yuan paid by the rule's programme, month by month, shape (months,)."""
    spent = run.series[f"public_money_spent.{rule.programme}"]
    first = window.since - run.series.months[0]
    return np.asarray(np.diff(spent, prepend=0.0)[first:])


def _counted(run: ObservedRun, entry: Mapping[str, Any]) -> float:
    """Units of the entry's flow over the window."""
    flow = run.flows[entry["flow"]]
    for axis, name in enumerate(ledger_entries()[entry["flow"]].over):
        if name in entry.get("members", {}):
            chosen = [dimension(name).index(member) for member in entry["members"][name]]
            flow = np.take(flow, chosen, axis=axis)
    return float(flow.sum())
