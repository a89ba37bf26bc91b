"""The claims office: dated claims against budgets, tranches, quotas and pauses; sums to the fen.

The rules of the office:

* Claims stand in one queue, by day and, within a day, as handed in; nobody is served before a
  claim that waits in front.
* A pause (state ``suspended``) pays nothing and keeps the queue; what waits is served when the rule
  goes on, at the amount of the version under which it was claimed.
* When money runs out within a claim, ``last_claim = "remainder"`` pays what is left, so that an
  exhausted budget has paid exactly its total; the rest of that claim is paid when more money comes,
  in the order of the queue. ``"in_full"`` pays a claim whole or not at all: what is left over stays
  unspent.
* Without ``carry_over`` what a tranche leaves lapses when the next one opens, and what a day's
  quota leaves lapses overnight; with it both stay available.
* A version serves claims that wait under the one before only if it ``takes_over_queue``; all other
  waiting claims lapse when their version ends.
* A retroactive version pays the difference to claims that earlier versions met since
  ``retroactive_from``; these top-ups are claims of its first day, ahead of that day's others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from transition_model.errors import InputError
from transition_model.instruments.attributes import Claims, Mask
from transition_model.instruments.evaluation import Fen, eligible, to_fen
from transition_model.instruments.schema import FEN_PER_YUAN, Budget, Instrument, Limits, Version

type Days = NDArray[np.int64]
type Rows = NDArray[np.intp]

NEVER = -1
UNLIMITED = np.iinfo(np.int64).max // 4


@dataclass(frozen=True, slots=True)
class Settlement:
    """What the office did with each entry: a claim, or the top-up of an earlier one.

    Attributes
    ----------
    claim
        Place of the claim among those handed in, shape (entries,).
    agent
        Who claimed, shape (entries,).
    claimed_fen, paid_fen
        Amount by law and amount paid, shape (entries,).
    decided_on, paid_on
        Day on which the entry was paid whole, and that day plus the payment delay; ordinals,
        :data:`NEVER` while something waits or has lapsed, shape (entries,).
    central_fen
        Part of the payments that the central budget bears.
    """

    claim: Rows
    agent: NDArray[np.int64]
    claimed_fen: Fen
    paid_fen: Fen
    decided_on: Days
    paid_on: Days
    central_fen: int

    @property
    def total_fen(self) -> int:
        """All payments."""
        return int(self.paid_fen.sum())

    @property
    def waiting(self) -> Mask:
        """Entries with something not yet paid."""
        return self.paid_fen < self.claimed_fen

    def by_agent(self) -> tuple[NDArray[np.int64], Fen]:
        """Agents, and what each was paid in fen; it adds up to :attr:`total_fen` exactly."""
        agents, place = np.unique(self.agent, return_inverse=True)
        sums = np.zeros(agents.size, dtype=np.int64)
        np.add.at(sums, place, self.paid_fen)
        return agents, sums


@dataclass(frozen=True, slots=True)
class Counter:
    """How money is handed out over a stretch of days without change of law.

    Attributes
    ----------
    first, last
        Ordinals, both days included.
    pays
        False during a pause.
    releases
        Fen that become available, by ordinal; None for money without limit.
    quota_fen
        Fen a day, or None.
    carry_over, in_full
        As in :class:`.Budget`.
    """

    first: int
    last: int
    pays: bool
    releases: dict[int, int] | None
    quota_fen: int | None
    carry_over: bool
    in_full: bool


def serve(day: Days, amount: Fen, counters: list[Counter]) -> tuple[Fen, Days]:
    """Serve one queue over consecutive counters.

    Parameters
    ----------
    day
        Ordinal on which each claim is handed in, rising, shape (claims,).
    amount
        Fen, shape (claims,).
    counters
        In order of time.

    Returns
    -------
    tuple of ndarray
        Fen paid, and the day on which each claim was paid whole, both of shape (claims,).

    Raises
    ------
    InputError
        If claims are not in order of days, or negative.
    """
    if (np.diff(day) < 0).any() or (amount < 0).any():
        raise InputError("claims office", "claims", "amounts from 0 on, in order of days")
    queue = np.concatenate([[0], np.cumsum(amount)])
    days, totals = [-1], [0]
    total = pot = saved_quota = 0
    for counter in counters:
        if not counter.carry_over:
            pot = 0
        for today in range(counter.first, counter.last + 1):
            if counter.releases is None:
                pot = UNLIMITED
            elif today in counter.releases:
                pot = counter.releases[today] + (pot if counter.carry_over else 0)
            available = pot
            if counter.quota_fen is not None:
                saved_quota = counter.quota_fen + (saved_quota if counter.carry_over else 0)
                available = min(pot, saved_quota)
            if not counter.pays:
                continue
            handed_in = int(queue[np.searchsorted(day, today, side="right")])
            goal = min(handed_in, total + available)
            if counter.in_full:
                goal = max(total, int(queue[np.searchsorted(queue, goal, side="right") - 1]))
            pot -= goal - total
            if counter.quota_fen is not None:
                saved_quota -= goal - total
            total = goal
            days.append(today)
            totals.append(total)
        if counter.releases is None:
            pot = 0
    paid = np.clip(total - queue[:-1], 0, amount)
    return paid, _paid_whole_on(day, queue, amount, np.array(days), np.array(totals))


def _paid_whole_on(day: Days, queue: Fen, amount: Fen, days: Days, totals: Fen) -> Days:
    """First day on which so much had been paid in all that each claim was covered."""
    place = np.searchsorted(totals, queue[1:], side="left")
    # A claim over nothing is settled on the first open day after it was handed in.
    place = np.maximum(place, np.searchsorted(days, day, side="left"))
    found = np.full(day.size, NEVER, dtype=np.int64)
    reached = place < days.size
    found[reached] = days[place[reached]]
    return found


def settle(
    instrument: Instrument,
    claims: Claims,
    agent: NDArray[np.int64],
    day: Days,
    until: date,
) -> Settlement:
    """All claims under an instrument, from its first version until a day.

    Parameters
    ----------
    instrument
        The law.
    claims
        With every attribute that eligibility and amounts ask for.
    agent
        Who claims, shape (claims,).
    day
        Ordinal of the day on which each claim is handed in, any order, shape (claims,).
    until
        Last day of the office; it matters for rules that go on, and for who still waits.

    Returns
    -------
    Settlement
        Entries in the order in which the queues stood; claims that no version meets have none.

    Raises
    ------
    InputError
        If arrays differ in length, or a claim lacks an attribute.
    """
    if not claims.size == len(agent) == len(day):
        raise InputError("claims office", (claims.size, len(agent), len(day)), "equal lengths")
    order = np.argsort(day, kind="stable")
    ordered, agents, days = claims.taken(order), agent[order], day[order]
    entries: list[_Entries] = []
    for version in instrument.versions:
        entries.append(_entries_of(instrument, version, ordered, agents, days, until, entries))
    settled = [
        _settle_chain(instrument, versions, [entries[place] for place in places], until)
        for places, versions in _chains(instrument)
    ]
    rows = np.concatenate([part[0].rows for part in settled]).astype(np.intp)
    return Settlement(
        claim=order[rows],
        agent=agents[rows],
        claimed_fen=np.concatenate([part[0].fen for part in settled]),
        paid_fen=np.concatenate([part[1] for part in settled]),
        decided_on=np.concatenate([part[2] for part in settled]),
        paid_on=np.concatenate([part[3] for part in settled]),
        central_fen=sum(part[4] for part in settled),
    )


@dataclass(frozen=True, slots=True)
class _Entries:
    """Claims and top-ups of a version in the order of its queue; all arrays of one shape."""

    rows: Rows
    day: Days
    fen: Fen
    delay: Days


def _last_day(instrument: Instrument, version: Version, until: date) -> int:
    """Last day of a version: the rule's ``after`` lets those that end last run on."""
    if version.end < instrument.last_end or instrument.after == "end":
        return min(version.end, until).toordinal()
    runs = until.toordinal()
    if instrument.phase_out_days is not None:
        runs = min(runs, version.end.toordinal() + instrument.phase_out_days)
    return runs if until >= version.end else until.toordinal()


def _entries_of(
    instrument: Instrument, version: Version, claims: Claims, agents: NDArray[np.int64],
    days: Days, until: date, earlier: list[_Entries],
) -> _Entries:  # fmt: skip
    last = _last_day(instrument, version, until)
    inside = (days >= version.start.toordinal()) & (days <= last) & (version.state != "closed")
    rows = np.flatnonzero(inside)
    rows = rows[eligible(version, claims.taken(rows))]
    yuan = version.form.yuan(claims.taken(rows))
    if instrument.phase_out_days is not None:
        past = np.maximum(days[rows] - version.end.toordinal(), 0)
        yuan = yuan * np.maximum(1.0 - past / instrument.phase_out_days, 0.0)
    fen = to_fen(yuan)
    if version.limits is not None:
        rows, fen = _within_limits(version.limits, claims, agents, days, rows, fen)
    raised_rows, raised = _top_ups(version, claims, days, earlier, until)
    start = np.full(raised.size, version.start.toordinal(), dtype=np.int64)
    size = raised.size + fen.size
    return _Entries(
        rows=np.concatenate([raised_rows, rows]),
        day=np.concatenate([start, days[rows]]),
        fen=np.concatenate([raised, fen]),
        delay=np.full(size, version.payment_delay_days, dtype=np.int64),
    )


def _top_ups(
    version: Version, claims: Claims, days: Days, earlier: list[_Entries], until: date
) -> tuple[Rows, Fen]:
    """The difference that earlier claims get: rows and fen."""
    nothing = np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.int64)
    if version.retroactive_from is None or not earlier or version.start > until:
        return nothing
    had = np.zeros(claims.size, dtype=np.int64)
    claimed = np.zeros(claims.size, dtype=np.bool_)
    for entries in earlier:
        np.add.at(had, entries.rows, entries.fen)
        claimed[entries.rows] = True
    since = days >= version.retroactive_from.toordinal()
    rows = np.flatnonzero(claimed & since & (days < version.start.toordinal()))
    rows = rows[eligible(version, claims.taken(rows))]
    more = to_fen(version.form.yuan(claims.taken(rows))) - had[rows]
    return rows[more > 0], more[more > 0]


def _within_limits(
    limits: Limits, claims: Claims, agents: NDArray[np.int64], days: Days, rows: Rows, fen: Fen
) -> tuple[Rows, Fen]:
    """Claims beyond a count are refused; the one that crosses a sum is cut to it."""
    period = np.zeros(rows.size, dtype=np.int64)
    if limits.period == "calendar_year":
        period = np.array([date.fromordinal(int(one)).year for one in days[rows]], dtype=np.int64)
    if limits.category is not None:
        words = claims[limits.category][rows]
        allowed = np.full(rows.size, UNLIMITED)
        for word, count in limits.claims_per_category.items():
            allowed[words == word] = count
        _, place = np.unique(words, return_inverse=True)
        kept = _before(_groups(agents[rows], period, place), np.ones(rows.size, int)) < allowed
        rows, fen, period = rows[kept], fen[kept], period[kept]
    if limits.claims_per_agent is not None:
        earlier = _before(_groups(agents[rows], period), np.ones(rows.size, dtype=np.int64))
        kept = earlier < limits.claims_per_agent
        rows, fen, period = rows[kept], fen[kept], period[kept]
    if limits.yuan_per_agent is not None:
        most = round(limits.yuan_per_agent * FEN_PER_YUAN)
        earlier = _before(_groups(agents[rows], period), fen)
        fen = np.clip(most - earlier, 0, fen)
        rows, fen = rows[fen > 0], fen[fen > 0]
    return rows, fen


def _groups(*keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """A number for each distinct combination of keys."""
    if not keys[0].size:
        return np.zeros(0, dtype=np.int64)
    return np.unique(np.stack(keys), axis=1, return_inverse=True)[1].astype(np.int64).ravel()


def _before(group: NDArray[np.int64], quantity: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sum of a quantity over earlier members of the same group, shape (members,)."""
    order = np.argsort(group, kind="stable")
    sums = np.cumsum(quantity[order]) - quantity[order]
    first = np.searchsorted(group[order], group[order], side="left")
    found = np.empty_like(quantity)
    found[order] = sums - sums[first] if sums.size else sums
    return found


def _chains(instrument: Instrument) -> list[tuple[list[int], list[Version]]]:
    """Versions that share one queue, each chain in order of time."""
    chains: list[tuple[list[int], list[Version]]] = []
    for place, version in enumerate(instrument.versions):
        if version.takes_over_queue:
            chains[-1][0].append(place)
            chains[-1][1].append(version)
        else:
            chains.append(([place], [version]))
    return chains


def _counter(instrument: Instrument, version: Version, until: date) -> Counter:
    budget: Budget | None = version.budget
    releases = None
    if budget is not None:
        tranches = [(tranche.start, tranche.amount) for tranche in budget.tranches]
        dated = tranches or [(version.start, budget.total)]
        releases = {day.toordinal(): round(amount * FEN_PER_YUAN) for day, amount in dated}
    elif version.state != "active":
        releases = {}
    quota = budget.daily_quota if budget is not None else None
    return Counter(
        first=version.start.toordinal(),
        last=_last_day(instrument, version, until),
        pays=version.state == "active",
        releases=releases,
        quota_fen=None if quota is None else round(quota * FEN_PER_YUAN),
        carry_over=budget.carry_over if budget is not None else True,
        in_full=budget is not None and budget.last_claim == "in_full",
    )


def _settle_chain(
    instrument: Instrument, versions: list[Version], entries: list[_Entries], until: date
) -> tuple[_Entries, Fen, Days, Days, int]:
    joined = _Entries(
        *(
            np.concatenate([getattr(part, name) for part in entries])
            for name in ("rows", "day", "fen", "delay")
        )
    )
    counters = [_counter(instrument, version, until) for version in versions]
    paid, decided = serve(joined.day, joined.fen, counters)
    on = np.where(decided == NEVER, NEVER, decided + joined.delay)
    central, first = 0, 0
    for version, part in zip(versions, entries, strict=True):
        if version.budget is not None:
            own = int(paid[first : first + part.rows.size].sum())
            central += round(own * version.budget.central_share)
        first += part.rows.size
    return joined, paid, decided, on, central
