"""What a rule is like day by day in a month, in numbers: for the claims office in machine code."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from transition_model.calendar import Month
from transition_model.instruments.schema import Instrument, Version
from transition_model.policy.monthly_office import days_of, releases_of

type Array = NDArray[np.float64]

_place = itertools.count()
PAYS, WAITS, WEIGHT = next(_place), next(_place), next(_place)
NONE, CLEARS, BEGINS = next(_place), next(_place), next(_place)
FORFEITS, EMPTIES = next(_place), next(_place)
BUDGET, CARRIES, RELEASES = next(_place), next(_place), next(_place)
RELEASED, FRESH = next(_place), next(_place)
LIMITED, QUOTA = next(_place), next(_place)
DAY = next(_place)
"""Columns of a day, and how many there are: whether the version in force pays, or is suspended;
what a claim is worth, times the share still given; whether there is no version, claims that wait
lapse, a version begins, saved quota and money at hand are lost; whether there is a budget, what is
left of it is carried over, and something is released; yuan released, and of these what comes into
the pot; whether there is a daily quota, and yuan of it."""


def days_in_numbers(
    instrument: Instrument, month: Month, worth: Callable[[Version], float]
) -> Array:
    """Each day of a month under a rule, shape (days, DAY).

    Parameters
    ----------
    instrument, month
        The rule and the month.
    worth
        What a claim is worth under a version, yuan.
    """
    days = days_of(instrument, month)
    amounts = {version.id: worth(version) for _, _, version in days if version is not None}
    found = np.zeros((len(days), DAY))
    for numbers, (day, weight, version) in zip(found, days, strict=True):
        if version is None:
            numbers[[NONE, CLEARS]] = 1.0
            continue
        begins, budget = version.start == day, version.budget
        pays, takes_over = version.state == "active", version.takes_over_queue
        numbers[PAYS], numbers[WAITS] = pays, version.state == "suspended"
        numbers[WEIGHT] = weight * amounts[version.id]
        numbers[BEGINS] = begins
        numbers[CLEARS] = numbers[FORFEITS] = begins and not takes_over
        unlimited = budget is None and pays
        lapses = budget is not None and not budget.carry_over
        numbers[EMPTIES] = begins and (not takes_over or unlimited or lapses)
        if budget is None:
            continue
        released = [amount for start, amount in releases_of(version) if start == day]
        numbers[BUDGET], numbers[CARRIES] = 1.0, budget.carry_over
        if released:
            numbers[RELEASES], numbers[RELEASED] = 1.0, sum(released)
            numbers[FRESH] = sum(released) if budget.carry_over else released[-1]
        if budget.daily_quota is not None:
            numbers[LIMITED], numbers[QUOTA] = 1.0, budget.daily_quota
    return found
