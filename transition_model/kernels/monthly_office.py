"""The claims offices of several rules under one ceiling, day by day, in machine code.

:class:`transition_model.policy.monthly_office.MonthlyOffice` does the same for one rule in Python.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from transition_model.compilation import kernel, part
from transition_model.policy.office_days import (
    BEGINS,
    BUDGET,
    CARRIES,
    CLEARS,
    EMPTIES,
    FORFEITS,
    FRESH,
    LIMITED,
    NONE,
    PAYS,
    QUOTA,
    RELEASED,
    RELEASES,
    WAITS,
    WEIGHT,
)

type Array = NDArray[np.float64]

_place = itertools.count()
WITH_MONEY, WITHOUT_MONEY, ON_PAUSE, OWED = (next(_place) for _ in "abcd")
CLAIMS = next(_place)
"""Columns of claims: as in :class:`~.policy.monthly_office.ClaimsOfMonth`, and top-ups."""

_place = itertools.count()
POT, SAVED, GIVEN, PAID = (next(_place) for _ in "abcd")
MONEY = next(_place)
"""Columns of an office's money: pot, saved quota, released and paid since the beginning."""

_place = itertools.count()
TOTAL, LEFT, PAID_NOW, MADE = (next(_place) for _ in "abcd")
SLOT = next(_place)
"""Columns of a part of the queue: handed in, not paid yet, paid this month, made this month."""

_place = itertools.count()
GONE, SHUT, SERVED, WAITED, WAITED_ON_PAUSE = (next(_place) for _ in "abcde")
FIRST, END = next(_place), next(_place)
TALLY = next(_place)
"""Columns of what an office did: shares of the month without money, and after the ceiling; served,
and handed in; first part of the queue that has not lapsed, and number of parts."""


@kernel
def serve(
    days: Array,
    throughout: NDArray[np.bool_],
    claims: Array,
    left: float,
    queued: NDArray[np.int64],
    money_before: Array,
    queue_before: Array,
    money: Array,
    queue: Array,
    tally: Array,
    paid: Array,
) -> bool:
    """Serve a month of all rules; nothing is claimed or paid after the ceiling is reached.

    Parameters
    ----------
    days
        Of :func:`~.policy.office_days.days_in_numbers`, shape (rules, days, DAY).
    throughout
        Whether one version without budget pays all month, shape (rules,).
    claims
        Yuan, shape (rules, CLAIMS).
    left
        Yuan that all rules together may pay.
    queued
        Parts of the queue, shape (rules,).
    money_before, queue_before
        At the opening, shapes (rules, MONEY) and (rules, slots, SLOT).
    money, queue
        Filled: the same at the end.
    tally, paid
        Filled: what was done, shape (rules, TALLY), and yuan paid, shape (rules, days).

    Returns
    -------
    bool
        Whether the ceiling was reached.
    """
    rules, length = paid.shape
    stop, share, stopped = length, 1.0, False
    for attempt in range(2):
        for rule in range(rules):
            for place in range(money.shape[1]):
                money[rule, place] = money_before[rule, place]
            for slot in range(queue.shape[1]):
                for place in range(queue.shape[2]):
                    queue[rule, slot, place] = queue_before[rule, slot, place]
            for day in range(length):
                paid[rule, day] = 0.0
            for place in range(tally.shape[1]):
                tally[rule, place] = 0.0
            tally[rule, END] = queued[rule]
            nobody = queued[rule] == 0 and claims[rule, OWED] <= 0.0
            if throughout[rule] and nobody and not stopped:
                money[rule, POT], tally[rule, SERVED] = 0.0, 1.0
                for day in range(length):
                    paid[rule, day] = claims[rule, WITH_MONEY] / length
            else:
                _run(days[rule], claims[rule], stop, share, money[rule], queue[rule],
                     tally[rule], paid[rule])  # fmt: skip
        if attempt > 0:
            break
        after = 0.0
        for day in range(length):
            total = 0.0
            for rule in range(rules):
                total += paid[rule, day]
            if total > 0.0 and after + total > max(left, 0.0):
                stop, share, stopped = day, max(left - after, 0.0) / total, True
                break
            after += total
        if not stopped:
            break
    return stopped


@part
def _run(
    days: Array,
    claims: Array,
    stop: int,
    share_at_stop: float,
    money: Array,
    queue: Array,
    tally: Array,
    paid: Array,
) -> None:
    """A month of one office."""
    active, paused = 0.0, 0.0
    for day in range(days.shape[0]):
        active += days[day, WEIGHT] * days[day, PAYS]
        paused += days[day, WEIGHT] * days[day, WAITS]
    first, end, new = 0, int(tally[END]), -1
    for day in range(days.shape[0]):
        of_day = days[day]
        if of_day[CLEARS] > 0.0:
            first, new = end, -1
            tally[WAITED] = tally[WAITED_ON_PAUSE] = 0.0
        if of_day[NONE] > 0.0:
            money[POT] = 0.0
            continue
        if of_day[FORFEITS] > 0.0:
            money[SAVED] = 0.0
        if of_day[EMPTIES] > 0.0:
            money[POT] = 0.0
        if of_day[BEGINS] > 0.0 and claims[OWED] > 0.0:
            queue[end, TOTAL] = queue[end, LEFT] = claims[OWED]
            end += 1
        if of_day[RELEASES] > 0.0:
            money[POT] = of_day[FRESH] + of_day[CARRIES] * money[POT]
            money[GIVEN] += of_day[RELEASED]
        if of_day[LIMITED] > 0.0:
            money[SAVED] = of_day[QUOTA] + of_day[CARRIES] * money[SAVED]
        share = 1.0 if day < stop else (share_at_stop if day == stop else 0.0)
        wait = 0.0
        if of_day[WAITS] > 0.0:
            whole = of_day[WEIGHT] / (active + paused) if active + paused > 0.0 else 1.0 / len(days)
            tally[SHUT] += (1.0 - share) * whole
            if share > 0.0 and paused > 0.0:
                tally[WAITED_ON_PAUSE] += share * of_day[WEIGHT] / paused
                wait = share * claims[ON_PAUSE] * of_day[WEIGHT] / paused
        elif of_day[PAYS] > 0.0:
            whole = of_day[WEIGHT] / (active + paused) if active + paused > 0.0 else 1.0 / len(days)
            tally[SHUT] += (1.0 - share) * whole
            if share > 0.0:
                of_month = of_day[WEIGHT] / active if active > 0.0 else 0.0
                wait = _pay(of_day, claims, share, whole, of_month, money, queue[first:end], tally,
                            paid[day : day + 1])  # fmt: skip
        if wait > 0.0:
            if new < 0:
                new = end
                queue[new, MADE] = 1.0
                end += 1
            queue[new, TOTAL] += wait
            queue[new, LEFT] += wait
    tally[FIRST], tally[END] = first, end


@part
def _pay(
    of_day: Array,
    claims: Array,
    share: float,
    whole: float,
    of_month: float,
    money: Array,
    queue: Array,
    tally: Array,
    paid: Array,
) -> float:
    """A day on which a rule pays; yuan of new claims that have to wait."""
    available = np.inf
    if of_day[BUDGET] > 0.0:
        available = money[POT]
        if of_day[LIMITED] > 0.0:
            available = min(available, money[SAVED])
    available *= share
    waiting = 0.0
    for slot in range(queue.shape[0]):
        waiting += queue[slot, LEFT]
    goal = min(available, share * waiting)
    everybody, yuan, remain = goal >= waiting, goal, 0.0
    for slot in range(queue.shape[0]):
        now = queue[slot, LEFT] if everybody else min(queue[slot, LEFT], yuan)
        queue[slot, LEFT] -= now
        queue[slot, PAID_NOW] += now
        yuan -= now
        remain += queue[slot, LEFT]
    asked = share * of_month * claims[WITH_MONEY]
    # Nobody is served before a claim that waits in front.
    at_hand = max(available - goal, 0.0) if remain <= 0.0 or share < 1.0 else 0.0
    served = 1.0 if asked <= at_hand else at_hand / asked
    paid[0] += goal + served * asked
    tally[SERVED] += served * share * of_month
    if of_day[BUDGET] > 0.0:
        spent = goal + served * asked
        money[POT] = max(money[POT] - spent, 0.0)
        if of_day[LIMITED] > 0.0:
            money[SAVED] = max(money[SAVED] - spent, 0.0)
        money[PAID] += spent
    tally[GONE] += (1.0 - served) * share * whole
    tally[WAITED] += (1.0 - served) * share * of_month
    return float((1.0 - served) * share * of_month * claims[WITHOUT_MONEY])
