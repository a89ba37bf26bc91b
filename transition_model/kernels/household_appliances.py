"""Appliances row by row: who replaces which, by which grade, and what is claimed for it.

What depends on income alone is worked out by class of income. While no rule pays, a month is one
pass over the rows; under a rule households decide first under each idea of the money that they will
get, and remember when it is known for which part of the month each idea holds.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transition_model.compilation import kernel
from transition_model.kernels.draws import uniform

type Array = NDArray[np.float64]

_MANY = np.iinfo(np.int32).max
"""A limit above it is none."""


class Constants(NamedTuple):
    """What does not change during a run.

    Attributes
    ----------
    natural
        Probability of replacement in a month by kind and age in months, shape (kinds, ages).
    lowest_class
        Number of the lowest class of income.
    income_weight
        Factor of a class on the sensitivity to cost, at incomes of 2020, shape (classes,).
    price, energy
        Yuan, and yuan for electricity over the buyer's horizon, shape (kinds, grades).
    sensitivity, preference
        Per yuan, shape (kinds,); and utility of a grade beside its cost, shape (grades,).
    claim_share, pause_expectation, returned_share, rebate_response, additional_share, lead
        Parameters of the same names.
    """

    natural: Array
    lowest_class: int
    income_weight: Array
    price: Array
    energy: Array
    sensitivity: Array
    preference: Array
    claim_share: float
    pause_expectation: float
    returned_share: float
    rebate_response: float
    additional_share: float
    lead: float


class Columns(NamedTuple):
    """Columns of the households."""

    bought: NDArray[np.int32]
    grade: NDArray[np.int8]
    readiness: Array
    claims: Array
    weight: Array
    income_class: NDArray[np.int16]


class Offer(NamedTuple):
    """What the rules pay; yuan of shape (kinds, grades), and claims allowed of shape (kinds,)."""

    paid: Array
    paused: Array
    top_up: Array
    limit: NDArray[np.int64]


class ByClass(NamedTuple):
    """What households do by class of income under each idea; shape (ideas, classes, kinds).

    Attributes
    ----------
    shares
        Probability of each grade, shape (ideas, classes, kinds, grades).
    raised
        What the rebate adds to the factor on replacing, of those who may still claim.
    paying
        Probability of a grade that the rule pays for.
    paid, paused
        Yuan expected of a claim, and on days on which the rule is suspended.
    """

    shares: Array
    raised: Array
    paying: Array
    paid: Array
    paused: Array


class Decided(NamedTuple):
    """What households would do under each idea.

    Attributes
    ----------
    hazard, refill, claimed
        Probability of replacement, what is added to readiness, and claims of a household; shape
        (ideas, n, kinds).
    claims, on_pause
        Yuan claimed by each row, shape (ideas, n).
    """

    hazard: Array
    refill: Array
    claimed: Array
    claims: Array
    on_pause: Array


class Draws(NamedTuple):
    """Keys of the month's draws: what is replaced, and by which grade of each kind."""

    replace: np.uint64
    grade: NDArray[np.uint64]


@kernel
def by_class(
    constants: Constants,
    offer: Offer,
    reckoned: float,
    income_factor: float,
    idea: int,
    found: ByClass,
) -> None:
    """Work out grades and rebates by class of income under one idea.

    Parameters
    ----------
    constants, offer
        Of the run, and of the month.
    reckoned
        Share of the rebate that buyers reckon with.
    income_factor
        Factor of the month's incomes on the sensitivity to cost.
    idea
        Where in ``found`` to write.
    found
        Is written.
    """
    kinds, grades = constants.price.shape
    rebate = np.empty(grades)
    slope = np.empty(grades)
    for kind in range(kinds):
        mean_price = 0.0
        for grade in range(grades):
            rebate[grade] = (
                constants.claim_share
                * (
                    reckoned * offer.paid[kind, grade]
                    + constants.pause_expectation * offer.paused[kind, grade]
                )
                + constants.returned_share * offer.top_up[kind, grade]
            )
            cost = constants.price[kind, grade] - rebate[grade] + constants.energy[kind, grade]
            slope[grade] = constants.sensitivity[kind] * cost * income_factor
            mean_price += constants.price[kind, grade] / grades
        for of_class in range(len(constants.income_weight)):
            weight = constants.income_weight[of_class]
            best = -np.inf
            for grade in range(grades):
                best = max(best, constants.preference[grade] - weight * slope[grade])
            total = 0.0
            for grade in range(grades):
                affinity = np.exp(constants.preference[grade] - weight * slope[grade] - best)
                found.shares[idea, of_class, kind, grade] = affinity
                total += affinity
            expected, paying, paid, paused = 0.0, 0.0, 0.0, 0.0
            for grade in range(grades):
                share = found.shares[idea, of_class, kind, grade] / total
                found.shares[idea, of_class, kind, grade] = share
                expected += share * rebate[grade]
                paid += share * offer.paid[kind, grade]
                paused += share * offer.paused[kind, grade]
                if offer.paid[kind, grade] + offer.paused[kind, grade] > 0.0:
                    paying += share
            found.raised[idea, of_class, kind] = constants.rebate_response * expected / mean_price
            found.paying[idea, of_class, kind] = paying
            found.paid[idea, of_class, kind] = paid
            found.paused[idea, of_class, kind] = paused


@kernel
def count_grades(
    columns: Columns, bounds: NDArray[np.int64], first: int, last: int, weights: Array
) -> None:
    """Add up the weight of rows by kind and grade.

    Parameters
    ----------
    columns
        Of the households.
    bounds
        First row of every block, and the number of rows, shape (blocks + 1,).
    first, last
        Blocks from, and to (not included).
    weights
        Added to, shape (blocks, kinds, grades).
    """
    for block in range(first, last):
        _count_grades(columns, bounds[block], bounds[block + 1], weights[block])


@kernel
def _count_grades(columns: Columns, first: int, last: int, weights: Array) -> None:
    kinds = columns.grade.shape[1]
    for row in range(first, last):
        for kind in range(kinds):
            weights[kind, columns.grade[row, kind]] += columns.weight[row]


@kernel
def live_on(
    columns: Columns,
    constants: Constants,
    shares: Array,
    draws: Draws,
    month: int,
    at_rest: bool,
    bounds: NDArray[np.int64],
    first: int,
    last: int,
    weights: Array,
    leaving: Array,
) -> None:
    """A month in which no rule pays: decide and remember.

    Parameters
    ----------
    columns, constants
        Of the households; bought, grade and readiness are written.
    shares
        Probability of each grade, shape (classes, kinds, grades).
    draws, month
        Of the month.
    at_rest
        Whether everybody's readiness is natural.
    bounds, first, last
        As for :func:`count_grades`.
    weights
        Weight of rows by kind and grade, added to, shape (blocks, kinds, grades).
    leaving
        Weight of rows times hazard, added to, shape (blocks, classes, kinds, grades).
    """
    for block in range(first, last):
        _live_on(
            columns,
            constants,
            shares,
            draws,
            month,
            at_rest,
            bounds[block],
            bounds[block + 1],
            weights[block],
            leaving[block],
        )


@kernel
def _live_on(
    columns: Columns,
    constants: Constants,
    shares: Array,
    draws: Draws,
    month: int,
    at_rest: bool,
    first: int,
    last: int,
    weights: Array,
    leaving: Array,
) -> None:
    kinds = columns.grade.shape[1]
    pace = 1.0 / constants.lead
    kept = np.exp(-pace)
    in_mean = (1.0 - kept) / pace
    hazards = np.empty(kinds)
    for row in range(first, last):
        weight = columns.weight[row]
        of_class = columns.income_class[row] - constants.lowest_class
        total = 0.0
        for kind in range(kinds):
            hazard = constants.natural[kind, max(month - columns.bought[row, kind], 0)]
            if not at_rest:
                above = columns.readiness[row, kind] - 1.0
                hazard = min(1.0, hazard * (1.0 + above * in_mean))
                columns.readiness[row, kind] = 1.0 + above * kept
            grade = columns.grade[row, kind]
            weights[kind, grade] += weight
            leaving[of_class, kind, grade] += weight * hazard
            hazards[kind] = hazard
            total += hazard
        if total > uniform(draws.replace, row):
            _replace(columns, shares[of_class], hazards, draws, month, row)


@kernel
def decide(
    columns: Columns,
    constants: Constants,
    offer: Offer,
    classes: ByClass,
    scale: Array,
    month: int,
    idea: int,
    bounds: NDArray[np.int64],
    first: int,
    last: int,
    decided: Decided,
    leaving: Array,
    totals: Array,
) -> None:
    """What households would do under one idea in a month in which a rule pays.

    Parameters
    ----------
    columns, constants, offer
        Of the households, and of the month.
    classes
        Of :func:`by_class`.
    scale
        Appliances in use over the weight of rows, shape (kinds, grades).
    month, idea
        The month, and which idea.
    bounds, first, last
        As for :func:`count_grades`.
    decided
        Is written.
    leaving
        Weight of rows times hazard, added to, shape (blocks, classes, kinds, grades).
    totals
        Yuan claimed, and on days of suspension, added to, shape (blocks, 2).
    """
    for block in range(first, last):
        _decide(
            columns,
            constants,
            offer,
            classes,
            scale,
            month,
            idea,
            bounds[block],
            bounds[block + 1],
            decided,
            leaving[block],
            totals[block],
        )


@kernel
def _decide(
    columns: Columns,
    constants: Constants,
    offer: Offer,
    classes: ByClass,
    scale: Array,
    month: int,
    idea: int,
    first: int,
    last: int,
    decided: Decided,
    leaving: Array,
    totals: Array,
) -> None:
    kinds = columns.grade.shape[1]
    for row in range(first, last):
        weight = columns.weight[row]
        of_class = columns.income_class[row] - constants.lowest_class
        claims, on_pause = 0.0, 0.0
        for kind in range(kinds):
            within = _within_limit(columns.claims[row, kind], offer.limit[kind])
            more = within * classes.raised[idea, of_class, kind]
            raised = 1.0 + more
            level = (1.0 + constants.additional_share * more) / raised
            pace = raised / constants.lead
            kept = np.exp(-pace)
            readiness = columns.readiness[row, kind]
            above = readiness - level
            mean = level + above * (1.0 - kept) / pace
            natural = constants.natural[kind, max(month - columns.bought[row, kind], 0)]
            hazard = min(1.0, natural * raised * mean)
            decided.hazard[idea, row, kind] = hazard
            decided.refill[idea, row, kind] = level + above * kept - readiness
            grade = columns.grade[row, kind]
            leaving[of_class, kind, grade] += weight * hazard
            claiming = hazard * scale[kind, grade] * within * constants.claim_share
            decided.claimed[idea, row, kind] = claiming * classes.paying[idea, of_class, kind]
            claims += claiming * classes.paid[idea, of_class, kind]
            on_pause += claiming * classes.paused[idea, of_class, kind]
        decided.claims[idea, row] = weight * claims
        decided.on_pause[idea, row] = weight * on_pause
        totals[0] += weight * claims
        totals[1] += weight * on_pause


@kernel
def remember(
    columns: Columns,
    constants: Constants,
    classes: ByClass,
    draws: Draws,
    month: int,
    held: NDArray[np.int64],
    part: Array,
    first: int,
    last: int,
    decided: Decided,
) -> None:
    """Let readiness, claims and appliances move on.

    Parameters
    ----------
    columns, constants, classes, month, decided
        As for :func:`decide`.
    draws
        Of the month.
    held, part
        Ideas that hold, and for which part of the month each, shape (held,).
    first, last
        Rows from, and to (not included).
    """
    kinds, grades = constants.price.shape
    hazards = np.empty(kinds)
    shares = np.empty((kinds, grades))
    for row in range(first, last):
        total = 0.0
        for kind in range(kinds):
            hazard, refill, claimed = 0.0, 0.0, 0.0
            for place in range(len(held)):
                idea = held[place]
                hazard += part[place] * decided.hazard[idea, row, kind]
                refill += part[place] * decided.refill[idea, row, kind]
                claimed += part[place] * decided.claimed[idea, row, kind]
            columns.readiness[row, kind] += refill
            columns.claims[row, kind] += claimed
            hazards[kind] = hazard
            total += hazard
        if total > uniform(draws.replace, row):
            of_class = columns.income_class[row] - constants.lowest_class
            for kind in range(kinds):
                for grade in range(grades):
                    mixed = 0.0
                    for place in range(len(held)):
                        idea = held[place]
                        mixed += (
                            part[place]
                            * decided.hazard[idea, row, kind]
                            * classes.shares[idea, of_class, kind, grade]
                        )
                    shares[kind, grade] = mixed / hazards[kind]
            _replace(columns, shares, hazards, draws, month, row)


@kernel
def scale_to(stock: Array, weights: Array, scale: Array) -> None:
    """Appliances in use over the weight of rows.

    Parameters
    ----------
    stock
        Appliances in use, shape (kinds, grades).
    weights
        Weight of rows, shape (blocks, kinds, grades); is cleared.
    scale
        Is written, 0 where no row has such an appliance, shape (kinds, grades).
    """
    blocks, kinds, grades = weights.shape
    for kind in range(kinds):
        for grade in range(grades):
            sampled = 0.0
            for block in range(blocks):
                sampled += weights[block, kind, grade]
                weights[block, kind, grade] = 0.0
            scale[kind, grade] = stock[kind, grade] / sampled if sampled > 0.0 else 0.0


@kernel
def flows(leaving: Array, scale: Array, shares: Array, purchases: Array, discards: Array) -> None:
    """Appliances bought and discarded in a month.

    Parameters
    ----------
    leaving
        Weight of rows times hazard, shape (blocks, classes, kinds, grades); is cleared.
    scale
        Appliances in use over the weight of rows, shape (kinds, grades).
    shares
        Probability of each new grade, shape (classes, kinds, grades).
    purchases, discards
        Are written, shape (kinds, grades).
    """
    blocks, classes, kinds, grades = leaving.shape
    purchases[:] = 0.0
    discards[:] = 0.0
    for of_class in range(classes):
        for kind in range(kinds):
            replaced = 0.0
            for grade in range(grades):
                discarded = 0.0
                for block in range(blocks):
                    discarded += leaving[block, of_class, kind, grade]
                    leaving[block, of_class, kind, grade] = 0.0
                discarded *= scale[kind, grade]
                discards[kind, grade] += discarded
                replaced += discarded
            for grade in range(grades):
                purchases[kind, grade] += replaced * shares[of_class, kind, grade]


@kernel
def _within_limit(claimed: float, limit: int) -> float:
    """Probability of fewer claims than the limit, their number being Poisson."""
    if limit > _MANY:
        return 1.0
    term: float = np.exp(-claimed)
    total: float = term
    for number in range(1, limit):
        term *= claimed / number
        total += term
    return total


@kernel
def _replace(
    columns: Columns, shares: Array, hazards: Array, draws: Draws, month: int, row: int
) -> None:
    """Replace what the month's draw meets; see :func:`.replacement.replaced_by_one_draw`."""
    kinds, grades = shares.shape
    draw = uniform(draws.replace, row)
    upper = 0.0
    for kind in range(kinds):
        lower = upper
        upper += hazards[kind]
        if np.ceil(upper - draw) > np.ceil(lower - draw):
            of_grade = uniform(draws.grade[kind], row)
            chosen, bound = 0, 0.0
            for grade in range(grades - 1):
                bound += shares[kind, grade]
                if of_grade > bound:
                    chosen += 1
            columns.bought[row, kind] = month
            columns.grade[row, kind] = chosen
            columns.readiness[row, kind] = 1.0
