"""Amounts that depend on one number of a claim, such as a price or a weight, as small tables.

Kernels pay by them without reading the law.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from transition_model.calendar import Month
from transition_model.compilation import formula
from transition_model.instruments import Instrument
from transition_model.instruments.amounts import Flat, Percent
from transition_model.instruments.attributes import Claims
from transition_model.instruments.monthly import met
from transition_model.instruments.schema import Version

type Array = NDArray[np.float64]


class Pieces(NamedTuple):
    """What a rule pays in a month by one number; all arrays of shape (pieces,).

    A piece pays ``share * min(max(rate * number, floor), cap)`` from ``lowest`` to ``highest``,
    both included.
    """

    share: Array
    lowest: Array
    highest: Array
    rate: Array
    floor: Array
    cap: Array


def pieces_of_month(
    rule: Instrument,
    month: Month,
    number: str,
    state: Literal["active", "suspended"] = "active",
    stated: Claims | None = None,
) -> Pieces | None:
    """The pieces of a month, or None where the law states an amount in another form.

    Parameters
    ----------
    rule
        The rule.
    month
        The month.
    number
        Attribute of a claim on which the amount depends; conditions on others count as met.
    state
        Whether the days count on which the rule pays, or those on which it is suspended.
    stated
        One claim, of what else is known of all who ask.
    """
    found = []
    for share, version in rule.parts(month):
        if version.state != state or not (stated is None or met(version, stated)[0]):
            continue
        bounds, amount = _bounds(version, number), _amount(version, number)
        if bounds is None or amount is None:
            return None
        if amount[0] > 0.0 or amount[1] > 0.0:
            found.append((share, *bounds, *amount))
    table = np.array(found, dtype=np.float64).reshape(-1, len(Pieces._fields))
    return Pieces(*(np.ascontiguousarray(column) for column in table.T))


def _bounds(version: Version, number: str) -> tuple[float, float] | None:
    lowest, highest = -np.inf, np.inf
    for condition in version.eligibility:
        if condition.attribute != number:
            if number in condition.asks():
                return None
            continue
        if condition.by or condition.when or not isinstance(condition.value, int | float):
            return None
        value = float(condition.value)
        match condition.operator:
            case "<=":
                highest = min(highest, value)
            case "<":
                highest = min(highest, float(np.nextafter(value, -np.inf)))
            case ">=":
                lowest = max(lowest, value)
            case ">":
                lowest = max(lowest, float(np.nextafter(value, np.inf)))
            case _:
                return None
    return lowest, highest


def _amount(version: Version, number: str) -> tuple[float, float, float] | None:
    """Rate, floor and cap."""
    form = version.form
    if form.over:
        return None
    if isinstance(form, Percent) and form.of == number:
        rate, floor, cap = form.rate, form.floor, form.cap
    elif isinstance(form, Flat) and form.per == number:
        rate, floor, cap = form.amount, 0.0, form.at_most
    elif isinstance(form, Flat) and form.per is None:
        rate, floor, cap = 0.0, form.amount, form.at_most
    else:
        return None
    if isinstance(rate, dict) or isinstance(floor, dict) or isinstance(cap, dict):
        return None
    return (rate, min(floor, cap), cap) if rate > 0.0 or isinstance(form, Flat) else (0.0,) * 3


@formula
def paid_for(pieces: Pieces, number: Any) -> Any:
    """Yuan for a claim, by the one number that counts.

    Parameters
    ----------
    pieces
        Of :func:`pieces_of_month`.
    number
        A single number.
    """
    total = 0.0
    for place in range(len(pieces.share)):
        if pieces.lowest[place] <= number <= pieces.highest[place]:
            total += pieces.share[place] * min(
                max(pieces.rate[place] * number, pieces.floor[place]), pieces.cap[place]
            )
    return total
