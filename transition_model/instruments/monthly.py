"""What a rule means for a month: its amounts, reliefs and bounds, averaged over the month's days.

Conditions on attributes that the claims leave open are taken as met: who asks tests them itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps

import numpy as np

from transition_model.calendar import Month
from transition_model.errors import InputError
from transition_model.instruments.amounts import Constraint, Tax, relief
from transition_model.instruments.attributes import Array, Claims, Mask
from transition_model.instruments.schema import Instrument, Parts, Version

_MOST_KEPT = 8192
"""Answers of rules that are kept, over rules and months."""


def kept_by_rule[T](function: Callable[[Instrument, Month], T]) -> Callable[[Instrument, Month], T]:
    """Ask a rule once a month: rules don't change. Nobody may write into what it answers."""
    kept: dict[tuple[int, int], tuple[Instrument, T]] = {}

    @wraps(function)
    def answer(instrument: Instrument, month: Month) -> T:
        key = id(instrument), month.index
        found = kept.get(key)
        if found is None:
            if len(kept) >= _MOST_KEPT:
                kept.clear()
            # The rule stands beside its answer, so that no other takes its identity.
            found = kept[key] = instrument, function(instrument, month)
            if isinstance(found[1], np.ndarray):
                found[1].flags.writeable = False
        return found[1]

    return answer


def amount_of_month(instrument: Instrument, month: Month, claims: Claims) -> Array:
    """Yuan by claim, averaged over the days of the month, shape (claims,)."""
    return _amount(instrument, month, claims, "active")


def paused_amount_of_month(instrument: Instrument, month: Month, claims: Claims) -> Array:
    """Yuan by claim on days on which the rule is suspended, averaged over the days of the month.

    These claims are handed in and wait.
    """
    return _amount(instrument, month, claims, "suspended")


def _amount(instrument: Instrument, month: Month, claims: Claims, state: str) -> Array:
    parts = instrument.parts(month)

    def ask() -> Array:
        total = np.zeros(claims.size)
        for share, version in parts:
            if version.state == state:
                total += share * _yuan(version, claims)
        return total

    # A rule answers with the same parts whenever it is asked for a month.
    return _answer(state, parts, claims, ask).copy()


def _yuan(version: Version, claims: Claims) -> Array:
    """Yuan by claim, 0 for those that the version does not meet; not to be written into."""
    return _answer(
        "yuan",
        version,
        claims,
        lambda: np.where(met(version, claims), version.form.yuan(claims), 0.0),
    )


def _answer[T](kind: str, law: Version | Parts, claims: Claims, ask: Callable[[], T]) -> T:
    """What a part of the law answers to claims: it does not change, so claims keep the answer."""
    if claims.answers is None:
        return ask()
    key = kind, id(law)
    found = claims.answers.get(key)
    if found is None:
        found = claims.answers[key] = law, ask()
    answer: T = found[1]
    return answer


def relief_of_month(instrument: Instrument, month: Month, tax: Array, claims: Claims) -> Array:
    """Yuan taken off a tax due, averaged over the days of the month, shape (claims,)."""
    total = np.zeros(claims.size)
    for share, version in instrument.parts(month):
        if version.tax is not None and version.state == "active":
            found, relieved, cap = _relief(version, version.tax, claims)
            total += share * np.where(found, relief(tax, relieved, cap), 0.0)
    return total


def bound_of_month(instrument: Instrument, month: Month, claims: Claims) -> Array:
    """Bound that a duty sets on each claim, averaged over the days of the month, shape (claims,).

    On days without a version in force it is what the duty leaves to those whom it does not meet
    (``otherwise`` of its last version).

    Raises
    ------
    InputError
        If the rule sets no bound.
    """
    constraints = [version.constraint for version in instrument.versions if version.constraint]
    if not constraints:
        raise InputError(f"instrument {instrument.id}", "no duty", "a rule that sets a bound")
    total, covered = np.zeros(claims.size), np.zeros(claims.size)
    for share, version in instrument.parts(month):
        if version.constraint is not None and version.state == "active":
            found, stated = _bounds(version, version.constraint, claims)
            total += np.where(found, share * stated, 0.0)
            covered += np.where(found, share, 0.0)
    free = covered < 1.0
    total[free] += (1.0 - covered[free]) * constraints[-1].otherwise
    return total


def _relief(version: Version, form: Tax, claims: Claims) -> tuple[Mask, Array, Array]:
    """Whom a version meets, share and cap of the relief; not to be written into."""
    return _answer(
        "relief", version, claims, lambda: (met(version, claims), *form.share_and_cap(claims))
    )


def _bounds(version: Version, constraint: Constraint, claims: Claims) -> tuple[Mask, Array]:
    """Whom a version meets, and the bound of each claim; not to be written into."""

    def ask() -> tuple[Mask, Array]:
        found = met(version, claims)
        return found, constraint.bounds(claims, found)

    return _answer("bounds", version, claims, ask)


def banned_share_of_month(instrument: Instrument, month: Month, claims: Claims) -> Array:
    """Share of the month's days on which each claim's vehicle may not enter, shape (claims,)."""
    total = np.zeros(claims.size)
    for share, version in instrument.parts(month):
        if version.access_ban is not None and version.state == "active":
            barred = met(version, claims) & version.access_ban.banned(claims.number("hour"))
            total += share * barred
    return np.clip(total, 0.0, 1.0)


def most_of_an_agent(instrument: Instrument, month: Month) -> float:
    """Most that the versions in force in a month give one agent, yuan; inf without limit."""
    limits = [version.limits for _, version in instrument.parts(month) if version.limits]
    stated = [limit.yuan_per_agent for limit in limits if limit.yuan_per_agent is not None]
    return min(stated, default=math.inf)


def met(version: Version, claims: Claims) -> Mask:
    """Whether the conditions that the claims state something about are met, shape (claims,)."""
    found = np.ones(claims.size, dtype=np.bool_)
    for condition in version.eligibility:
        if condition.asks() <= claims.values.keys():
            found &= condition.met(claims)
    return found
