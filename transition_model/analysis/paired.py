"""What a policy brings that would not have happened anyway: paired runs with the same luck.

Two scenarios under the same seed draw the same numbers, so their difference is the policy's and
not the draw's. Several seeds tell how much the difference itself depends on luck.

A subsidised purchase is *additional* if the paired run without the policy has one purchase fewer,
and *windfall* otherwise: with N subsidised purchases and D more purchases than without the policy,
D / N are additional and 1 - D / N would have been made anyway. Purchases that the subsidy only
brings forward count as additional until the paired run has caught up, so the length of the window
matters and has to be told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.households import Household
from transition_model.calendar import Month
from transition_model.dimensions import dimension, shape
from transition_model.errors import InputError
from transition_model.ledger import ledger_entries
from transition_model.model import TransitionModel
from transition_model.policy.trade_in import HOUSEHOLD_PROGRAMMES, TRADE_IN_PROGRAMMES
from transition_model.results import Series
from transition_model.scenario import Scenario

type Array = NDArray[np.float64]

CAR_PROGRAMMES = ("car_scrappage", "car_replacement")
"""Programmes that pay households for a new car."""


@dataclass(frozen=True, slots=True)
class HouseholdMoney:
    """Public money that households received within a window.

    Attributes
    ----------
    received
        Trade-in money that a household expects, yuan, shape (n,).
    of_all_rules
        What it expects under all rules that pay households, yuan, shape (n,).
    weight
        Households that a row stands for, shape (n,).
    income_group
        Place in the dimension ``income_group``, shape (n,).
    district
        Place in the table of districts, shape (n,).
    """

    received: Array
    of_all_rules: Array
    weight: Array
    income_group: NDArray[np.int64]
    district: NDArray[np.int64]

    def by_group(self, group: NDArray[np.int64], groups: int) -> Array:
        """Yuan paid to each group, shape (groups,)."""
        paid: Array = np.bincount(group, self.weight * self.received, minlength=groups)
        return paid

    def per_household(self, group: NDArray[np.int64], groups: int) -> Array:
        """Mean yuan a household of each group, NaN for an empty group, shape (groups,)."""
        households = np.bincount(group, self.weight, minlength=groups)
        paid = self.by_group(group, groups)
        mean: Array = np.full(groups, np.nan)
        np.divide(paid, households, out=mean, where=households > 0.0)
        return mean


@dataclass(frozen=True, slots=True)
class ObservedRun:
    """One run, and what only a look inside tells.

    Attributes
    ----------
    series
        Monthly series of every result variable.
    money
        Money by household, from ``since`` to the end.
    subsidised_cars
        New cars bought with a claim to scrappage or replacement money, shape (months,), vehicles
        a month.
    flows
        Sum of every flow of the ledger from ``since`` to the end, by entry, shaped as there.
    """

    series: Series
    money: HouseholdMoney
    subsidised_cars: Array
    flows: Mapping[str, Array]

    def total(self, name: str, since: Month, until: Month) -> float:
        """Sum of a monthly flow from one month to another, both included."""
        return float(self.series[name][self._places(since, until)].sum())

    def subsidised(self, since: Month, until: Month) -> float:
        """Subsidised purchases of cars from one month to another, vehicles."""
        return float(self.subsidised_cars[self._places(since, until)].sum())

    def spent(self, since: Month, until: Month, programmes: Sequence[str] | None = None) -> float:
        """Public money of some programmes, or of all, from one month to another, yuan."""
        chosen = programmes or dimension("subsidy_programme").members
        paid = sum(
            np.diff(self.series[f"public_money_spent.{name}"], prepend=0.0) for name in chosen
        )
        return float(np.sum(np.asarray(paid)[self._places(since, until)]))

    def _places(self, since: Month, until: Month) -> slice:
        """Places of a window in the series."""
        months = self.series.months
        if not months[0] <= since <= until <= months[-1]:
            raise InputError("window", f"{since} to {until}", f"{months[0]} to {months[-1]}")
        return slice(since - months[0], until - months[0] + 1)


def observe(
    scenario: Scenario,
    *,
    seed: int,
    households: int,
    since: Month,
    end: Month,
    precision: Literal["single", "double"] = "single",
) -> ObservedRun:
    """Run a scenario to ``end`` and keep flows and who received money from ``since`` on.

    ``precision`` is that in which households remember what they received.

    Raises
    ------
    InputError
        If the window is empty.
    """
    if end < since:
        raise InputError("window", f"{since} to {end}", "a last month that is not before the first")
    model = TransitionModel(scenario, rng=seed, households=households, precision=precision)
    people: Any = model.agents_by_type[Household]
    opening, opening_of_all = _trade_in_money(people), _money_of_all(people)
    subsidised: list[float] = []
    flows = {
        entry.name: np.zeros(shape(entry.over))
        for entry in ledger_entries().values()
        if entry.kind == "flow"
    }
    while model.month <= end:
        within = model.month >= since
        if model.month == since:
            opening, opening_of_all = _trade_in_money(people), _money_of_all(people)
        model.step()
        subsidised.append(people.purchases.subsidised_cars)
        for name in flows if within else ():
            flows[name] += model.flows[name]
    return ObservedRun(
        series=model.recorder.series(),
        money=HouseholdMoney(
            received=_trade_in_money(people) - opening,
            of_all_rules=_money_of_all(people) - opening_of_all,
            weight=people.weight.copy(),
            income_group=people.income_group.astype(np.int64),
            district=people.district.astype(np.int64),
        ),
        subsidised_cars=np.array(subsidised),
        flows=flows,
    )


def _trade_in_money(people: Any) -> Array:
    """Trade-in money that a household has received since the beginning, yuan, shape (n,)."""
    places = [HOUSEHOLD_PROGRAMMES.index(name) for name in TRADE_IN_PROGRAMMES]
    received: Array = people.money_received[:, places].sum(axis=1, dtype=np.float64)
    return received


def _money_of_all(people: Any) -> Array:
    """Money that a household has received under all rules since the beginning, yuan, shape (n,)."""
    received: Array = people.subsidy_received.astype(np.float64)
    return received


@dataclass(frozen=True, slots=True)
class Paired:
    """A quantity with and without a policy, one pair a seed.

    Attributes
    ----------
    under, without
        Values under the policy and without it, shape (seeds,).
    """

    under: Array
    without: Array

    def __post_init__(self) -> None:
        if self.under.shape != self.without.shape or self.under.size == 0:
            raise InputError("pairs", self.under.shape, f"one for each of {self.without.shape}")

    @property
    def difference(self) -> Array:
        """What the policy brings, seed by seed, shape (seeds,)."""
        return self.under - self.without

    def over(self, unit: float) -> Paired:
        """The same in another unit, as large as so many of this one."""
        return Paired(self.under / unit, self.without / unit)

    @property
    def mean(self) -> float:
        """Mean difference."""
        return float(self.difference.mean())

    @property
    def low(self) -> float:
        """Smallest difference."""
        return float(self.difference.min())

    @property
    def high(self) -> float:
        """Largest difference."""
        return float(self.difference.max())


@dataclass(frozen=True, slots=True)
class Additionality:
    """What subsidised purchases brought, one entry a seed.

    Attributes
    ----------
    subsidised
        Subsidised purchases, shape (seeds,).
    additional
        Purchases more than in the paired run without the policy, shape (seeds,).
    money
        Yuan paid for them, shape (seeds,).
    """

    subsidised: Array
    additional: Array
    money: Array

    @property
    def additional_share(self) -> Array:
        """Additional purchases for each subsidised one, shape (seeds,)."""
        return np.divide(
            self.additional,
            self.subsidised,
            out=np.full_like(self.additional, np.nan),
            where=self.subsidised > 0.0,
        )

    @property
    def windfall_share(self) -> Array:
        """Subsidised purchases that would have been made anyway, shape (seeds,)."""
        return 1.0 - self.additional_share

    @property
    def money_per_additional(self) -> Array:
        """Yuan for each additional purchase; NaN where there is none, shape (seeds,)."""
        return np.divide(
            self.money,
            self.additional,
            out=np.full_like(self.money, np.nan),
            where=self.additional > 0.0,
        )


def additionality(
    under: Sequence[ObservedRun],
    without: Sequence[ObservedRun],
    flow: str,
    since: Month,
    until: Month,
) -> Additionality:
    """Additional units of a car flow for each subsidised car.

    Parameters
    ----------
    under, without
        Runs of the same seeds in the same order.
    flow
        Result variable in vehicles a month, such as ``new_car_sales_per_month``.
    since, until
        First and last month that count.

    Raises
    ------
    InputError
        If there are not as many runs on both sides, or the window is not within the runs.
    """
    if len(under) != len(without) or not under:
        raise InputError("pairs", len(under), f"as many runs as without the policy: {len(without)}")
    more = [
        a.total(flow, since, until) - b.total(flow, since, until)
        for a, b in zip(under, without, strict=True)
    ]
    return Additionality(
        subsidised=np.array([run.subsidised(since, until) for run in under]),
        additional=np.array(more),
        money=np.array([run.spent(since, until, CAR_PROGRAMMES) for run in under]),
    )
