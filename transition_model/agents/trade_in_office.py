"""The claims offices of households' rules in machine code; :mod:`.household_money` is the same."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.household_money import (
    PROGRAMME_OF_RULE,
    TradeInMoney,
    paid_later,
)
from transition_model.agents.household_offers import CAR_RULES, trade_in_offer, worth_of_claim
from transition_model.agents.situation import Situation
from transition_model.kernels import monthly_office as kernels
from transition_model.kernels.household_cars import YUAN_PER_PRICE_UNIT
from transition_model.month_terms import WatchedReading, remembered
from transition_model.policy import office_days
from transition_model.policy.monthly_office import (
    ClaimsOfMonth,
    MonthlyOffice,
    OfficeMonth,
    Waiting,
)

type Array = NDArray[np.float64]


class OfficeDays(NamedTuple):
    """What the rules of :data:`.household_money.PROGRAMME_OF_RULE` are like in a month.

    Attributes
    ----------
    days
        Of :func:`.office_days.days_in_numbers`, shape (rules, days, DAY).
    throughout
        Whether one version without budget pays all month, shape (rules,).
    parts
        How many parts a queue may grow by in the month.
    """

    days: Array
    throughout: NDArray[np.bool_]
    parts: int


@remembered
def days_of_month(reading: WatchedReading) -> OfficeDays:
    """The month's days under each rule."""
    month = reading.month
    rules = [reading.law[name] for name in PROGRAMME_OF_RULE]
    days = np.stack(
        [
            office_days.days_in_numbers(rule, month, partial(worth_of_claim, reading, rule.id))
            for rule in rules
        ]
    )
    grows = days[:, :, [office_days.BEGINS, office_days.CLEARS]].sum(axis=(1, 2)).max()
    return OfficeDays(
        days,
        np.array([MonthlyOffice(rule).open_throughout(month) for rule in rules]),
        int(grows) + 1,
    )


class ClaimsToKeep(NamedTuple):
    """What a later version will ask about a month's subsidised cars.

    Attributes
    ----------
    days
        Share of the month on which the rule pays.
    price, had
        Yuan by powertrain: of the car, and of the subsidy on such a day; shape (3,).
    """

    days: float
    price: Array
    had: Array


@remembered
def claims_to_keep(reading: WatchedReading) -> dict[str, ClaimsToKeep]:
    """Rules of which a later version will pay the month's claims a difference."""
    month, found = reading.month, {}
    later = [name for name in CAR_RULES if paid_later(reading.law[name], month)]
    for name in later:
        days = sum(
            share for share, version in reading.law[name].parts(month) if version.state == "active"
        )
        if days > 0.0:
            offer = trade_in_offer(reading)
            had = offer.scrappage if name == CAR_RULES[0] else offer.replacement
            price = reading.parameters.array("car_price", month) * YUAN_PER_PRICE_UNIT
            # The offer is a mean over the month's days, on some of which there is none.
            found[name] = ClaimsToKeep(days, price, had / days)
    return found


def serve(
    money: TradeInMoney,
    situation: Situation,
    totals: Mapping[str, ClaimsOfMonth],
    left: float,
    top_ups: Mapping[str, Array],
) -> dict[str, OfficeMonth]:
    """What each office does with the claims of all rows; as :meth:`.TradeInMoney.serve`.

    Parameters
    ----------
    money
        The offices.
    situation
        The month.
    totals
        Yuan claimed, by rule.
    left
        Yuan that all rules together may pay.
    top_ups
        By rule, yuan of each group that a version beginning in this month owes to earlier claims.
    """
    terms = days_of_month(situation)
    offices = [money.office(situation.law[name]) for name in PROGRAMME_OF_RULE]
    queued = np.array([len(office.queue) for office in offices])
    owed = {name: float(rows.sum()) for name, rows in top_ups.items()}
    claims = np.array(
        [
            (of_rule.with_money, of_rule.without_money, of_rule.on_pause, owed.get(name, 0.0))
            for name, of_rule in ((name, totals[name]) for name in PROGRAMME_OF_RULE)
        ]
    )
    before = np.array(
        [(office.pot, office.saved_quota, office.released, office.paid) for office in offices]
    )
    queue_before = np.zeros((len(offices), int(queued.max()) + terms.parts, kernels.SLOT))
    for rule, office in enumerate(offices):
        for slot, waiting in enumerate(office.queue):
            queue_before[rule, slot, kernels.TOTAL] = waiting.total
            queue_before[rule, slot, kernels.LEFT] = waiting.left
    after, queue = np.empty_like(before), np.empty_like(queue_before)
    tally = np.empty((len(offices), kernels.TALLY))
    paid = np.empty(terms.days.shape[:2])
    kernels.serve(
        terms.days, terms.throughout, claims, left, queued, before, queue_before, after, queue,
        tally, paid,
    )  # fmt: skip
    done = {}
    for rule, (name, office, of_rule, did) in enumerate(
        zip(PROGRAMME_OF_RULE, offices, after.tolist(), tally.tolist(), strict=True)
    ):
        office.pot, office.saved_quota, office.released, office.paid = of_rule
        first, end = int(did[kernels.FIRST]), int(did[kernels.END])
        slots = queue[rule, :end].tolist()
        paid_to_queue, new_paid, parts = [], 0.0, office.queue
        for slot, (total, waits, now, made) in enumerate(slots):
            if slot >= len(parts):
                parts.append(Waiting(None if made else top_ups[name], total, waits))
            if made:
                new_paid += total - waits
            elif now > 0.0:
                paid_to_queue.append((parts[slot].rows, now / total))
            parts[slot].left = waits
        office.queue = [part for part in parts[first:] if part.left > 0.0]
        gone = did[kernels.GONE]
        done[name] = OfficeMonth(
            open_share=1.0 - gone - did[kernels.SHUT],
            waiting_share=gone,
            served=did[kernels.SERVED],
            waits=did[kernels.WAITED],
            waits_on_pause=did[kernels.WAITED_ON_PAUSE],
            paid_by_day=paid[rule],
            paid_to_queue=tuple(paid_to_queue),
            new_queue_paid=new_paid,
        )
    return done
