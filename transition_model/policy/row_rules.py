"""Rules whose amount goes by a row's own numbers, as small tables that a kernel applies row by row.

What a rule says in a month is worked out once for each category of rows (a sector and class, or one
for all): which versions are in force for what share of the month, and the numbers of their forms.
What is left for :func:`add_amounts` are the row's own numbers: a tier, a threshold, a cap.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from transition_model.calendar import Month
from transition_model.compilation import formula, part
from transition_model.instruments import Instrument
from transition_model.instruments.amounts import (
    AccessBan,
    Constraint,
    Flat,
    Form,
    Percent,
    Quantified,
    Slope,
    Stepped,
    Tabled,
    Tax,
    keyed,
)
from transition_model.instruments.attributes import Claims
from transition_model.instruments.schema import Condition, Version

type Array = NDArray[np.float64]

_KINDS = ("flat", "below", "above", "marginal", "slope", "started", "percent", "tax")
FLAT, BELOW, ABOVE, MARGINAL, SLOPE, STARTED, PERCENT, TAX = range(len(_KINDS))
"""Kinds of pieces; a stepped amount by the side of its edges, a slope by whether steps count once
begun."""

_CODES = ("kind", "of", "per", "relief of", "steps", "steps end", "conditions", "conditions end")
KIND, OF, PER, RELIEF_OF, STEPS, STEPS_END, CONDITIONS, CONDITIONS_END = range(len(_CODES))
"""Columns of :attr:`RowRules.codes`. A number is the row's by its place, or stated if below 0."""

_VALUES = (
    "weight", "of", "per", "relief of", "most", "amount", "threshold", "step", "relief threshold",
    "relief rate",
)  # fmt: skip
(
    WEIGHT,
    OF_STATED,
    PER_STATED,
    RELIEF_STATED,
    MOST,
    AMOUNT,
    THRESHOLD,
    STEP,
    RELIEF_THRESHOLD,
    RELIEF_RATE,
) = range(len(_VALUES))
"""Columns of :attr:`RowRules.values`: share of the month, stated numbers, cap, and the form's."""

_OPERATORS = ("==", "!=", "<", "<=", ">", ">=")
EQUAL, UNEQUAL, LESS, UP_TO, MORE, FROM = range(len(_OPERATORS))
NUMBER, OPERATOR, AGAINST = range(len(("number", "operator", "against")))
"""Columns of :attr:`RowRules.conditions`."""

START, END, STEP_AMOUNT = range(len(("start", "end", "amount")))
"""Columns of :attr:`RowRules.steps`."""

_STATED = -1


class RowRules(NamedTuple):
    """Pieces of the rules of a month by category.

    Attributes
    ----------
    first
        First piece of each category, and behind the last one the number of pieces, shape
        (categories + 1,).
    codes, values
        Of each piece, shape (pieces, 8) and (pieces, 10).
    steps
        Start, end and amount, shape (steps, 3).
    conditions
        On the row's numbers: place of the number, operator, what it is compared with, shape
        (conditions, 3).
    """

    first: NDArray[np.int64]
    codes: NDArray[np.int64]
    values: Array
    steps: Array
    conditions: Array


class Asked(NamedTuple):
    """What is asked of one rule; a claim is a category.

    Attributes
    ----------
    rule
        The rule, None where there is none.
    claims
        What the rows of each category have in common.
    numbers
        Attributes that every row states itself, in the order in which :func:`add_amounts` gets
        them.
    """

    rule: Instrument | None
    claims: Claims
    numbers: tuple[str, ...]


def row_rules(month: Month, asked: Sequence[Asked]) -> RowRules:
    """The tables of a month; categories in the order in which they are asked."""
    table = _Table([0], [], [], [], [])
    for question in asked:
        for category in range(question.claims.size):
            claim = question.claims.taken(np.array([category]))
            if question.rule is not None:
                for share, version in question.rule.parts(month):
                    if version.state == "active":
                        _add_piece(table, share, version, claim, question.numbers)
            table.first.append(len(table.codes))
    return RowRules(
        np.array(table.first, dtype=np.int64),
        np.array(table.codes, dtype=np.int64).reshape(-1, len(_CODES)),
        np.array(table.values, dtype=np.float64).reshape(-1, len(_VALUES)),
        np.array(table.steps, dtype=np.float64).reshape(-1, STEP_AMOUNT + 1),
        np.array(table.conditions, dtype=np.float64).reshape(-1, AGAINST + 1),
    )


@part
def add_amounts(rules: RowRules, category: NDArray[np.int64], numbers: Array, yuan: Array) -> None:
    """Add what :func:`~.instruments.monthly.amount_of_month` says of rows' claims.

    Parameters
    ----------
    rules
        The tables.
    category
        The category of each claim, shape (claims,).
    numbers
        Its own numbers in the order of :attr:`Asked.numbers`, shape (claims, numbers); more than
        the rule asks for do not matter.
    yuan
        Added to, shape (claims,).
    """
    # Nothing but numbers is handed over within the loop: an array would be counted each time.
    first, codes, values = rules.first, rules.codes, rules.values
    steps, conditions = rules.steps, rules.conditions
    for claim in range(len(yuan)):
        for piece in range(first[category[claim]], first[category[claim] + 1]):
            met = True
            for place in range(codes[piece, CONDITIONS], codes[piece, CONDITIONS_END]):
                number = numbers[claim, int(conditions[place, NUMBER])]
                met = met and _compared(
                    number, int(conditions[place, OPERATOR]), conditions[place, AGAINST]
                )
            if not met:
                continue
            kind, amount = codes[piece, KIND], values[piece, AMOUNT]
            of, per, relief_of = codes[piece, OF], codes[piece, PER], codes[piece, RELIEF_OF]
            number = numbers[claim, of] if of >= 0 else values[piece, OF_STATED]
            quantity = numbers[claim, per] if per >= 0 else values[piece, PER_STATED]
            each, least, most = amount, -np.inf, values[piece, MOST]
            if kind == PERCENT:
                each, least = amount * number, values[piece, THRESHOLD]
            elif kind == TAX:
                due = amount * number
                each = due - min(values[piece, RELIEF_RATE] * due, most)
                most = np.inf
            elif kind in (SLOPE, STARTED):
                steps_above = max(number - values[piece, THRESHOLD], 0.0) / values[piece, STEP]
                if kind == STARTED:
                    steps_above = np.ceil(steps_above)
                other = (
                    numbers[claim, relief_of] if relief_of >= 0 else values[piece, RELIEF_STATED]
                )
                over = max(other - values[piece, RELIEF_THRESHOLD], 0.0)
                each = amount * steps_above * max(1.0 - values[piece, RELIEF_RATE] * over, 0.0)
            elif kind == MARGINAL:
                each = 0.0
                for place in range(codes[piece, STEPS], codes[piece, STEPS_END]):
                    within = min(number, steps[place, END]) - steps[place, START]
                    each += steps[place, STEP_AMOUNT] * max(within, 0.0)
            elif kind != FLAT:
                each = 0.0
                for place in range(codes[piece, STEPS], codes[piece, STEPS_END]):
                    start = steps[place, START]
                    if number > start or (kind == ABOVE and number == start):
                        each = steps[place, STEP_AMOUNT]
            yuan[claim] += values[piece, WEIGHT] * min(max(each * quantity, least), most)


@formula
def _compared(number: float, operator: int, against: float) -> bool:
    """Whether a number meets a condition."""
    if operator == EQUAL:
        return number == against
    if operator == UNEQUAL:
        return number != against
    if operator == LESS:
        return number < against
    if operator == UP_TO:
        return number <= against
    if operator == MORE:
        return number > against
    return number >= against


class _Table(NamedTuple):
    """Tables that grow."""

    first: list[int]
    codes: list[list[int]]
    values: list[list[float]]
    steps: list[list[float]]
    conditions: list[list[float]]


def _add_piece(
    table: _Table, share: float, version: Version, claim: Claims, numbers: tuple[str, ...]
) -> None:
    """Add what a version says of a category, unless it never meets it or gives nothing."""
    conditions = _conditions(version.eligibility, claim, numbers)
    if conditions is None or isinstance(version.form, AccessBan | Constraint):
        return
    codes, values = [0] * len(_CODES), [0.0] * len(_VALUES)
    values[WEIGHT], values[MOST] = share, np.inf
    codes[OF] = codes[PER] = codes[RELIEF_OF] = _STATED
    codes[STEPS] = len(table.steps)
    codes[CONDITIONS] = len(table.conditions)
    _fill(version.form, claim, numbers, codes, values, table.steps)
    codes[STEPS_END] = len(table.steps)
    table.conditions.extend(conditions)
    codes[CONDITIONS_END] = len(table.conditions)
    table.codes.append(codes)
    table.values.append(values)


def _fill(
    form: Form,
    claim: Claims,
    numbers: tuple[str, ...],
    codes: list[int],
    values: list[float],
    steps: list[list[float]],
) -> None:
    """Write the numbers of a form that goes by a row's numbers; others hold for the category."""

    def refer(name: str, code: int, stated: int) -> None:
        if name in numbers:
            codes[code] = numbers.index(name)
        else:
            values[stated] = float(claim.number(name)[0])

    def of_words(table: Any, absent: float = 0.0) -> float:
        return float(keyed(table, form.over, claim, absent)[0])

    values[PER_STATED] = 1.0
    if isinstance(form, Quantified):
        values[MOST] = of_words(form.at_most, np.inf)
        if form.per is not None:
            refer(form.per, PER, PER_STATED)
    if isinstance(form, Flat | Tabled):
        codes[KIND] = FLAT
        values[AMOUNT] = form.amount if isinstance(form, Flat) else of_words(form.amounts)
    elif isinstance(form, Percent):
        codes[KIND] = PERCENT
        values[AMOUNT] = of_words(form.rate)
        nothing = values[AMOUNT] <= 0.0
        values[THRESHOLD] = 0.0 if nothing else of_words(form.floor)
        values[MOST] = 0.0 if nothing else of_words(form.cap)
        refer(form.of, OF, OF_STATED)
    elif isinstance(form, Tax):
        codes[KIND] = TAX
        values[AMOUNT] = form.rate
        values[RELIEF_RATE] = of_words(form.relief_share)
        relieved = values[RELIEF_RATE] > 0.0
        values[MOST] = of_words(form.relief_cap) if relieved else np.inf
        refer(form.of, OF, OF_STATED)
    elif isinstance(form, Stepped):
        codes[KIND] = MARGINAL if form.marginal else {"below": BELOW, "above": ABOVE}[form.edge]
        refer(_lagged(form), OF, OF_STATED)
        ends = [*(step.start for step in form.steps[1:]), np.inf]
        steps.extend(
            [step.start, end, of_words(step.amount)]
            for step, end in zip(form.steps, ends, strict=True)
        )
    elif isinstance(form, Slope):
        codes[KIND] = STARTED if form.started else SLOPE
        refer(_lagged(form), OF, OF_STATED)
        values[AMOUNT], values[THRESHOLD], values[STEP] = form.amount, form.threshold, form.step
        if form.relief_of is not None:
            refer(form.relief_of, RELIEF_OF, RELIEF_STATED)
            values[RELIEF_THRESHOLD], values[RELIEF_RATE] = form.relief_threshold, form.relief_rate
    else:
        codes[KIND] = FLAT
        values[AMOUNT] = float(form.yuan(claim)[0])


def _lagged(form: Stepped | Slope) -> str:
    return f"{form.of}_of_last_year" if form.lag_years else form.of


def _conditions(
    eligibility: Sequence[Condition], claim: Claims, numbers: tuple[str, ...]
) -> list[list[float]] | None:
    """Conditions on the row's numbers; None where a category never meets the version.

    As in :func:`~.instruments.monthly.met`, what neither claim nor row states is taken as met.
    """
    found: list[list[float]] = []
    for condition in eligibility:
        if condition.asks() <= claim.values.keys():
            if not condition.met(claim)[0]:
                return None
        elif condition.asks() <= claim.values.keys() | set(numbers):
            if any(str(claim[name][0]) not in words for name, words in condition.when.items()):
                continue
            against: object = condition.value
            if isinstance(against, dict):
                against = against.get(str(claim[condition.by or ""][0]))
                if against is None:
                    return None
            assert isinstance(against, float | int), condition
            found.append(
                [
                    numbers.index(condition.attribute),
                    _OPERATORS.index(condition.operator),
                    float(against),
                ]
            )
    return found
