"""Trade-in money of households: one office a rule, one ceiling over all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from transition_model.calendar import Month
from transition_model.instruments import Instrument
from transition_model.instruments.schema import Version
from transition_model.month_terms import WatchedReading, remembered
from transition_model.policy.monthly_office import (
    ClaimsOfMonth,
    MonthlyOffice,
    OfficeMonth,
    Stop,
    Waiting,
    stop_of,
)
from transition_model.policy.trade_in import last_version

type Array = NDArray[np.float64]

PROGRAMME_OF_RULE = {
    "car_scrappage_renewal": "car_scrappage",
    "car_replacement_renewal": "car_replacement",
    "appliance_trade_in": "appliance_trade_in",
    "digital_trade_in": "digital_trade_in",
    "green_home_renovation": "home_renovation",
}
"""Rules that share the year's trade-in money, and where their payments are booked."""


_SAME = 1e-12
"""Relative difference below which two amounts are the same, for rounding tells them apart."""


@dataclass(frozen=True, slots=True)
class RuleClaims:
    """Claims under a rule in a month, yuan of each group of households.

    Attributes
    ----------
    with_money, on_pause
        Were there money all month: what is claimed on days on which the rule pays, and on which
        it is suspended.
    without_money
        Were the money gone; None if it can't be.
    amount
        What a claim is worth under a version.
    """

    with_money: Array
    on_pause: Array
    without_money: Array | None
    amount: Callable[[Version], float]


@dataclass(frozen=True, slots=True)
class EarlierClaims:
    """Subsidised cars of a month, kept for a version that will pay a difference.

    Attributes
    ----------
    month
        When they were bought.
    cars
        By powertrain and group of households, shape (3, groups...).
    price, had
        Yuan by powertrain then: of the car, and of the subsidy; shape (3,).
    """

    month: Month
    cars: Array
    price: Array
    had: Array


@dataclass(slots=True)
class TradeInMoney:
    """The offices of all rules, carried from month to month.

    Attributes
    ----------
    offices
        By rule.
    earlier
        By rule, what a retroactive version may have to make up for.
    """

    offices: dict[str, MonthlyOffice] = field(default_factory=dict)
    earlier: dict[str, list[EarlierClaims]] = field(default_factory=dict)

    def office(self, rule: Instrument) -> MonthlyOffice:
        """The office of a rule."""
        if rule.id not in self.offices:
            self.offices[rule.id] = MonthlyOffice(rule)
        return self.offices[rule.id]

    def settle(
        self,
        law: Mapping[str, Instrument],
        month: Month,
        claims: Mapping[str, RuleClaims],
        left: float,
        top_ups: Mapping[str, Array],
    ) -> tuple[dict[str, OfficeMonth], dict[str, Array]]:
        """Pay a month's claims.

        Parameters
        ----------
        law
            The rules, by id.
        month
            The month.
        claims
            By rule.
        left
            Yuan that all rules together may pay.
        top_ups
            By rule, yuan of each group that a version beginning in this month owes to earlier
            claims.

        Returns
        -------
        tuple of dict
            What each office did, and yuan paid later than at once to each group, both by rule.
        """
        totals = {
            name: ClaimsOfMonth(
                float(of_rule.with_money.sum()),
                0.0 if of_rule.without_money is None else float(of_rule.without_money.sum()),
                float(of_rule.on_pause.sum()),
            )
            for name, of_rule in claims.items()
        }
        worth = {name: of_rule.amount for name, of_rule in claims.items()}
        done = self.serve(law, month, totals, worth, left, top_ups)
        return done, {
            name: self.paid_later_to(
                name, done[name], of_rule.with_money, of_rule.on_pause, of_rule.without_money
            )
            for name, of_rule in claims.items()
        }

    def serve(
        self,
        law: Mapping[str, Instrument],
        month: Month,
        totals: Mapping[str, ClaimsOfMonth],
        worth: Mapping[str, Callable[[Version], float]],
        left: float,
        top_ups: Mapping[str, Array],
    ) -> dict[str, OfficeMonth]:
        """What each office does with the claims of all rows together, by rule.

        Parameters
        ----------
        law, month, left, top_ups
            As in :meth:`settle`.
        totals
            Yuan claimed, by rule.
        worth
            What a claim is worth under a version, by rule.
        """

        def run(name: str, office: MonthlyOffice, stop: Stop | None = None) -> OfficeMonth:
            rows = top_ups.get(name)
            owed = None
            if rows is not None and rows.any():
                owed = Waiting(rows, float(rows.sum()), float(rows.sum()))
            return office.run(month, totals[name], worth[name], stop, owed)

        trial = {name: self.office(law[name]).copy() for name in totals}
        done = {name: run(name, office) for name, office in trial.items()}
        stop = stop_of([of_rule.paid_by_day for of_rule in done.values()], left, month)
        if stop is None:
            self.offices.update(trial)
        else:
            done = {name: run(name, self.office(law[name]), stop) for name in totals}
        return done

    def paid_later_to(
        self,
        name: str,
        done: OfficeMonth,
        with_money: Array,
        on_pause: Array,
        without_money: Array | None,
    ) -> Array:
        """Yuan paid to each group beside what is paid at once; names whose the new claims are.

        Claims are as in :class:`RuleClaims`.
        """
        paid = np.zeros_like(with_money)
        for rows, share in done.paid_to_queue:
            if rows is not None:
                paid += share * rows
        waiting: Array | None = None
        if done.waits_on_pause > 0.0:
            waiting = done.waits_on_pause * on_pause
        if without_money is not None and done.waits > 0.0:
            waits = done.waits * without_money
            waiting = waits if waiting is None else waiting + waits
        if waiting is not None and not waiting.any():
            waiting = None
        if waiting is not None:
            self.offices[name].name_rows(waiting)
        if done.new_queue_paid > 0.0:
            # Claims that waited within the month; those that have lapsed were like all others.
            like = with_money + on_pause if waiting is None else waiting
            paid += done.new_queue_paid / like.sum() * like
        return paid

    def pots(self) -> dict[str, tuple[float, float]]:
        """Yuan released and paid of versions with a budget, by rule."""
        return {name: (office.released, office.paid) for name, office in self.offices.items()}

    # -- differences that a later version pays ------------------------------------------------
    def remember(
        self,
        rule: Instrument,
        claims: EarlierClaims,
        amount: Callable[[Version, Array], Array],
    ) -> None:
        """Keep a month's claims if some later version will pay their difference.

        Months whose cars had the same and will get the same are kept as one. ``amount`` is that of
        :meth:`top_up`.
        """
        version = _later_version(rule, claims.month)
        if version is None:
            return
        kept = self.earlier.setdefault(rule.id, [])
        for like in kept:
            if np.allclose(like.had, claims.had, rtol=_SAME, atol=0.0) and np.array_equal(
                amount(version, like.price), amount(version, claims.price)
            ):
                like.cars[...] += claims.cars
                return
        kept.append(claims)

    def top_up(
        self, rule: Instrument, month: Month, amount: Callable[[Version, Array], Array]
    ) -> Array | None:
        """Yuan that a version which begins in this month owes to claims of the months before.

        Parameters
        ----------
        rule
            The rule.
        month
            The month.
        amount
            Yuan by powertrain under a version at prices, shape (3,).
        """
        version = beginning_retroactive(rule, month)
        if version is None or version.retroactive_from is None:
            return None
        owed: Array | None = None
        for claims in self.earlier.pop(rule.id, []):
            if claims.month < Month.of(version.retroactive_from):
                continue
            more = np.maximum(amount(version, claims.price) - claims.had, 0.0)
            for new, yuan in enumerate(more):
                more_owed = yuan * claims.cars[new]
                owed = more_owed if owed is None else owed + more_owed
        return owed


@dataclass(frozen=True, slots=True)
class RulesOfMonth:
    """What the rules that share the year's trade-in money are like in a month.

    Attributes
    ----------
    plain
        Whether each of them pays all month without a budget, or does not hold at all.
    budgets
        Whether one of them may run out of money of its own.
    pays
        Which of them pay, by rule.
    begins, later
        Rules of which a version begins that pays earlier claims a difference, and whose claims of
        the month a later version will pay one.
    appliance_version
        Version of the rule on appliances at the month's end, if there is one.
    """

    plain: bool
    budgets: bool
    pays: Mapping[str, bool]
    begins: frozenset[str]
    later: frozenset[str]
    appliance_version: str | None


@remembered
def rules_of_month(reading: WatchedReading) -> RulesOfMonth:
    """Look at the rules' versions in force."""
    month, plain, budgets = reading.month, True, False
    appliances = last_version(reading.law["appliance_trade_in"], month)
    pays: dict[str, bool] = {}
    rules = {name: reading.law[name] for name in PROGRAMME_OF_RULE}
    for name, rule in rules.items():
        parts = rule.parts(month)
        budgets = budgets or any(version.budget for _, version in parts)
        pays[name] = bool(parts)
        if parts:
            share, version = parts[0]
            plain = plain and len(parts) == 1 and share == 1.0
            plain = plain and version.state == "active" and version.budget is None
    return RulesOfMonth(
        plain,
        budgets,
        pays,
        frozenset(name for name, rule in rules.items() if beginning_retroactive(rule, month)),
        frozenset(name for name, rule in rules.items() if paid_later(rule, month)),
        None if appliances is None else appliances.id,
    )


def beginning_retroactive(rule: Instrument, month: Month) -> Version | None:
    """The version that begins in the month and pays differences, if there is one."""
    for version in rule.versions:
        if version.retroactive_from is not None and Month.of(version.start) == month:
            return version
    return None


def paid_later(rule: Instrument, month: Month) -> bool:
    """Whether some later version will pay a difference to claims of the month."""
    return _later_version(rule, month) is not None


def _later_version(rule: Instrument, month: Month) -> Version | None:
    for version in rule.versions:
        since = version.retroactive_from
        if since is not None and Month.of(since) <= month < Month.of(version.start):
            return version
    return None


def at_once(done: OfficeMonth) -> bool:
    """Whether an office has paid new claims alone, all alike, and nobody has begun to wait."""
    return (
        not done.paid_to_queue
        and done.new_queue_paid <= 0.0
        and done.waits <= 0.0
        and done.waits_on_pause <= 0.0
    )
