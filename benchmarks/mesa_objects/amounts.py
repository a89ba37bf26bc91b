"""What a rule pays by one number of a claim, as a plain function; and parameters by name."""

from __future__ import annotations

from collections.abc import Callable
from operator import eq, ge, gt, le, lt
from types import SimpleNamespace

from transition_model.calendar import Month
from transition_model.errors import InputError
from transition_model.instruments import Instrument, Version
from transition_model.parameters import ParameterValues

COMPARED = {"<": lt, "<=": le, ">": gt, ">=": ge, "==": eq}


def numbers(
    parameters: ParameterValues, *names: str, month: Month | None = None
) -> SimpleNamespace:
    """Parameters that are single numbers, as attributes."""
    return SimpleNamespace(**{name: parameters.scalar(name, month) for name in names})


def amount_by(
    rule: Instrument, month: Month, number: str, state: str = "active"
) -> Callable[[float], float]:
    """Yuan by one number of the claim, averaged over the days of the month; other things are met.

    Parameters
    ----------
    rule, month
        The rule, and the month.
    number
        What the amount depends on, such as ``digital_price``.
    state
        Of the days that count: ``active`` or ``suspended``.
    """
    parts = [
        (share, _within(version, number), _form(version, number))
        for share, version in rule.parts(month)
        if version.state == state
    ]

    def amount(value: float) -> float:
        return sum(share * form(value) for share, within, form in parts if within(value))

    return amount


def _within(version: Version, number: str) -> Callable[[float], bool]:
    bounds = [
        (COMPARED[condition.operator], condition.value)
        for condition in version.eligibility
        if condition.attribute == number
    ]
    return lambda value: all(compared(value, bound) for compared, bound in bounds)


def _form(version: Version, number: str) -> Callable[[float], float]:
    if version.percent is not None and version.percent.of == number:
        rate, floor, cap = version.percent.rate, version.percent.floor, version.percent.cap
        return lambda value: min(max(rate * value, floor), cap) if rate > 0.0 else 0.0
    if version.flat is not None and version.flat.per == number:
        each, most = version.flat.amount, version.flat.at_most
        return lambda value: min(each * value, most)
    if version.flat is not None and version.flat.per is None:
        paid = min(version.flat.amount, version.flat.at_most)
        return lambda value: paid
    raise InputError(version.id, version.form_key, f"an amount by {number}")
