"""The claims office for expected values: a month of claims, day by day, against a rule's money.

What :mod:`.claims` does for single claims to the fen, this office does for streams of claims that
are given as yuan a month and arrive evenly over its days. Its rules are the same (they stand at
the head of that module), but for two things: a claim is as small as one likes, so that
``last_claim`` does not matter, and when the money is gone, or the rule suspended, other claims may
come in than with money there, because buyers no longer reckon with it in full.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from transition_model.calendar import Month
from transition_model.instruments.schema import Instrument, Version

type Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ClaimsOfMonth:
    """Yuan that would be claimed in the month.

    Attributes
    ----------
    with_money
        On the days on which the rule pays, were there money on all of them.
    without_money
        On the same days, were the money gone on all of them; these claims wait.
    on_pause
        On the days on which the rule is suspended; these claims wait.
    """

    with_money: float
    without_money: float = 0.0
    on_pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Stop:
    """When a ceiling over several rules is reached.

    Attributes
    ----------
    day
        Ordinal.
    share
        Of what this day would pay.
    """

    day: int
    share: float


@dataclass(slots=True)
class Waiting:
    """Claims of a month, or top-ups, in the queue.

    Attributes
    ----------
    rows
        Yuan of each agent's row when it was handed in, shape (n,); None if nobody is told apart.
    total, left
        Yuan handed in, and not yet paid.
    """

    rows: Array | None
    total: float
    left: float


@dataclass(frozen=True, slots=True)
class OfficeMonth:
    """What the office did in a month.

    Attributes
    ----------
    open_share
        Share of the month's days (weighed by amount) on which a new claim was served at once, or
        waited in a pause; 1 where no version is in force.
    waiting_share
        Share on which the money was gone and new claims waited.
    served
        Share of ``with_money`` that was paid at once.
    waits, waits_on_pause
        Shares of ``without_money`` and of ``on_pause`` that were handed in and wait.
    paid_by_day
        Yuan, shape (days,).
    paid_to_queue
        Yuan paid to each part of the queue, as ``(rows, share)``: each row gets this share of it.
    new_queue_paid
        Yuan paid within the month to claims that had to wait in it.
    """

    open_share: float
    waiting_share: float
    served: float
    waits: float
    waits_on_pause: float
    paid_by_day: Array
    paid_to_queue: tuple[tuple[Array | None, float], ...]
    new_queue_paid: float

    @property
    def closed_share(self) -> float:
        """Share of the month after a ceiling was reached."""
        return max(0.0, 1.0 - self.open_share - self.waiting_share)

    @property
    def paid(self) -> float:
        """All payments, yuan."""
        return float(self.paid_by_day.sum())


@dataclass(slots=True)
class MonthlyOffice:
    """The office of one rule: money at hand and the queue, carried from month to month.

    Attributes
    ----------
    instrument
        The law.
    pot
        Yuan that are released and not yet paid.
    saved_quota
        Yuan of the daily quota.
    queue
        In the order in which it is served.
    released, paid
        Yuan since the beginning, of versions with a budget.
    """

    instrument: Instrument
    pot: float = 0.0
    saved_quota: float = 0.0
    queue: list[Waiting] = field(default_factory=list)
    released: float = 0.0
    paid: float = 0.0

    @property
    def waiting(self) -> float:
        """Yuan in the queue."""
        return sum(part.left for part in self.queue)

    def may_run_out(self, month: Month) -> bool:
        """Whether claims of the month may have to wait for money."""
        budgets = any(version.budget for _, version in self.instrument.parts(month))
        return budgets or bool(self.queue)

    def copy(self) -> MonthlyOffice:
        """The same office, for a try."""
        queue = [Waiting(part.rows, part.total, part.left) for part in self.queue]
        return MonthlyOffice(
            self.instrument, self.pot, self.saved_quota, queue, self.released, self.paid
        )

    def run(
        self,
        month: Month,
        claims: ClaimsOfMonth,
        amount: Callable[[Version], float],
        stop: Stop | None = None,
        top_up: Waiting | None = None,
    ) -> OfficeMonth:
        """Serve a month; claims that remain unpaid stay in the queue, without rows.

        Parameters
        ----------
        month
            The month.
        claims
            Yuan.
        amount
            What a claim is worth under a version; over the days claims come in proportion to it.
        stop
            When a ceiling is reached; afterwards nothing is claimed and nothing paid.
        top_up
            What a version that begins in this month owes to earlier claims; ahead of its queue.
        """
        if stop is None and top_up is None and self.open_throughout(month):
            self.pot = 0.0
            return _paid_at_once(claims.with_money, month)
        days = days_of(self.instrument, month)
        amounts = {version.id: amount(version) for _, _, version in days if version is not None}
        worth = {"active": 0.0, "suspended": 0.0, "closed": 0.0}
        for _, weight, version in days:
            if version is not None:
                worth[version.state] += amounts[version.id] * weight
        tally = _Tally(claims, worth["active"], worth["suspended"], len(days))
        for place, (day, weight, version) in enumerate(days):
            self._open(day, version, top_up, tally)
            if version is None or version.state == "closed":
                continue
            share = 1.0 if stop is None or day.toordinal() < stop.day else 0.0
            if stop is not None and day.toordinal() == stop.day:
                share = stop.share
            self._serve(place, version, weight * amounts[version.id], share, tally)
        made = {id(part) for part in tally.made}
        paid = tuple(
            (part.rows, now / part.total) for part, now in tally.queue_paid if id(part) not in made
        )
        new_paid = sum(part.total - part.left for part in tally.made)
        self.queue = [part for part in self.queue if part.left > 0.0]
        return OfficeMonth(
            open_share=1.0 - tally.gone - tally.closed,
            waiting_share=tally.gone,
            served=tally.served,
            waits=tally.waits,
            waits_on_pause=tally.waits_on_pause,
            paid_by_day=tally.paid,
            paid_to_queue=paid,
            new_queue_paid=new_paid,
        )

    def name_rows(self, rows: Array) -> None:
        """Say whose the claims are that this month has added to the queue; yuan, shape (n,)."""
        if self.queue and self.queue[-1].rows is None:
            self.queue[-1].rows = rows

    def open_throughout(self, month: Month) -> bool:
        """Whether one version without budget pays all month, and nobody waits."""
        parts = self.instrument.parts(month)
        return (
            len(parts) == 1
            and parts[0][0] == 1.0
            and parts[0][1].state == "active"
            and parts[0][1].budget is None
            and not self.queue
        )

    # -- a day -------------------------------------------------------------------------------
    def _open(
        self,
        day: date,
        version: Version | None,
        top_up: Waiting | None,
        tally: _Tally,
    ) -> None:
        """Money and queue at the beginning of a day."""
        begins = version is not None and version.start == day
        if version is None or (begins and not version.takes_over_queue):
            self.queue.clear()
            tally.waits = tally.waits_on_pause = 0.0
            tally.new = None
            if version is None:
                self.pot = 0.0
                return
        assert version is not None
        budget = version.budget
        if begins:
            self.saved_quota = self.saved_quota if version.takes_over_queue else 0.0
            unlimited = budget is None and version.state == "active"
            lapses = budget is not None and not budget.carry_over
            if not version.takes_over_queue or unlimited or lapses:
                self.pot = 0.0
            if top_up is not None:
                self.queue.append(top_up)
        if budget is not None:
            for start, amount in releases_of(version):
                if start == day:
                    self.pot = amount + (self.pot if budget.carry_over else 0.0)
                    self.released += amount
            if budget.daily_quota is not None:
                saved = self.saved_quota if budget.carry_over else 0.0
                self.saved_quota = budget.daily_quota + saved

    def _serve(
        self, place: int, version: Version, weight: float, share: float, tally: _Tally
    ) -> None:
        """Claims and payments of a day, of which a ceiling leaves a share."""
        all_days = tally.active + tally.paused
        whole = weight / all_days if all_days > 0.0 else 1.0 / len(tally.paid)
        tally.closed += (1.0 - share) * whole
        if share <= 0.0:
            return
        if version.state == "suspended":
            if tally.paused > 0.0:
                tally.waits_on_pause += share * weight / tally.paused
                self._wait(share * tally.claims.on_pause * weight / tally.paused, tally)
            return
        part = weight / tally.active if tally.active > 0.0 else 0.0
        available = share * self._available(version)
        # Nobody is served before a claim that waits in front.
        goal = min(available, share * self.waiting)
        self._pay_queue(goal, place, tally)
        left = available - goal
        asked = share * part * tally.claims.with_money
        at_hand = max(left, 0.0) if self.waiting <= 0.0 or share < 1.0 else 0.0
        served = 1.0 if asked <= at_hand else at_hand / asked
        tally.paid[place] += served * asked
        tally.served += served * share * part
        self._spend(version, goal + served * asked)
        tally.gone += (1.0 - served) * share * whole
        tally.waits += (1.0 - served) * share * part
        self._wait((1.0 - served) * share * part * tally.claims.without_money, tally)

    def _available(self, version: Version) -> float:
        if version.budget is None:
            return np.inf
        if version.budget.daily_quota is not None:
            return min(self.pot, self.saved_quota)
        return self.pot

    def _spend(self, version: Version, yuan: float) -> None:
        if version.budget is not None:
            self.pot = max(self.pot - yuan, 0.0)
            if version.budget.daily_quota is not None:
                self.saved_quota = max(self.saved_quota - yuan, 0.0)
            self.paid += yuan

    def _wait(self, yuan: float, tally: _Tally) -> None:
        if yuan <= 0.0:
            return
        if tally.new is None:
            tally.new = Waiting(None, 0.0, 0.0)
            tally.made.append(tally.new)
            self.queue.append(tally.new)
        tally.new.total += yuan
        tally.new.left += yuan

    def _pay_queue(self, yuan: float, place: int, tally: _Tally) -> None:
        tally.paid[place] += yuan
        # Else what is lost in rounding would be left to wait.
        everybody = yuan >= self.waiting
        for part in self.queue:
            now = part.left if everybody else min(part.left, yuan)
            if now > 0.0:
                part.left -= now
                yuan -= now
                tally.queue_paid.append((part, now))


@dataclass(slots=True)
class _Tally:
    """Sums over the days of a month."""

    claims: ClaimsOfMonth
    active: float
    paused: float
    days: int
    gone: float = 0.0
    closed: float = 0.0
    served: float = 0.0
    waits: float = 0.0
    waits_on_pause: float = 0.0
    new: Waiting | None = None
    made: list[Waiting] = field(default_factory=list)
    queue_paid: list[tuple[Waiting, float]] = field(default_factory=list)
    paid: Array = field(init=False)

    def __post_init__(self) -> None:
        self.paid = np.zeros(self.days)


def days_of(instrument: Instrument, month: Month) -> list[tuple[date, float, Version | None]]:
    """Each day of the month with the version in force and the share of its amount still given."""
    first, following = month.first_day, (month + 1).first_day
    found: list[tuple[date, float, Version | None]] = []
    for place in range((following - first).days):
        day = first + timedelta(days=place)
        in_force = list(instrument.in_force(day))
        found.append((day, *in_force[-1]) if in_force else (day, 0.0, None))
    return found


def _paid_at_once(yuan: float, month: Month) -> OfficeMonth:
    days = ((month + 1).first_day - month.first_day).days
    return OfficeMonth(1.0, 0.0, 1.0, 0.0, 0.0, np.full(days, yuan / days), (), 0.0)


def releases_of(version: Version) -> list[tuple[date, float]]:
    """Days on which money becomes available, and how much, yuan."""
    if version.budget is None:
        return []
    tranches = [(tranche.start, tranche.amount) for tranche in version.budget.tranches]
    return tranches or [(version.start, version.budget.total)]


def stop_of(paid_by_day: list[Array], left: float, month: Month) -> Stop | None:
    """The day on which payments of several offices reach what is left, None if they do not.

    Parameters
    ----------
    paid_by_day
        Yuan, shape (days,), one array an office.
    left
        Yuan that all of them may pay.
    month
        The month.
    """
    total = np.sum(paid_by_day, axis=0)
    after = np.cumsum(total)
    if after[-1] <= left or not total.any():
        return None
    before = after - total
    place = int(np.flatnonzero(after > max(left, 0.0))[0])
    share = max(left - before[place], 0.0) / total[place]
    return Stop(month.first_day.toordinal() + place, float(share))
