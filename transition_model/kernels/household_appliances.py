"""Appliances row by row: who replaces which, by which grade, and what is claimed for it.

What depends on income alone is worked out by class of income. While no rule pays, a month is one
pass over the rows; under a rule households decide first under each idea of the money that they will
get, and remember when it is known for which part of the month each idea holds.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transition_model.compilation import Fields, kernel, part
from transition_model.kernels.draws import uniform
from transition_model.kernels.exponential import exponential
from transition_model.kernels.groups import Groups, RowStrata, add_to_groups

type Array = NDArray[np.float64]

CHUNK = 1 + np.iinfo(np.uint8).max
"""Rows that are worked out together, so that they stay close to the processor."""

OPEN, DECIDE, COUNT = range(3)
"""Steps of :func:`decide_month`: by class of income, row by row, and flows."""

_MANY = np.iinfo(np.int32).max
"""A limit above it is none."""


class Constants(NamedTuple):
    """What does not change during a run.

    Attributes
    ----------
    natural
        Probability of replacement in a month by kind and age in months, shape (kinds, ages).
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
    """Columns of the households.

    Attributes
    ----------
    bought, grade, readiness, claims
        Of the appliances, household by household, shape (n kinds,). Arrays with one axis are read
        several numbers at a time.
    strata
        Of the rows.
    income_class
        Class of income, counted from the lowest, shape (n,).
    runs
        First row of every run of rows of one stratum, and the number of rows, shape (runs + 1,).
    """

    bought: NDArray[np.int32]
    grade: NDArray[np.uint8]
    readiness: Array
    claims: Array
    strata: RowStrata
    income_class: NDArray[np.uint16]
    runs: NDArray[np.int64]


class Offer(NamedTuple):
    """What the rules pay; yuan of shape (kinds, grades), and claims allowed of shape (kinds,)."""

    paid: Array
    paused: Array
    top_up: Array
    limit: NDArray[np.int64]


class ByClass(NamedTuple):
    """What households do by class of income under each idea.

    Attributes
    ----------
    shares
        Probability of each grade, shape (ideas, classes, kinds, grades).
    raised
        What the rebate adds to the factor on replacing, of those who may still claim; shape
        (ideas, classes, kinds).
    claimed
        By kind the probability of a grade that the rule pays for, then by kind yuan expected of a
        claim, then by kind yuan on days on which the rule is suspended; shape (ideas, classes,
        3 kinds).
    """

    shares: Array
    raised: Array
    claimed: Array


class Decided(NamedTuple):
    """What households would do under each idea, shape (ideas, n kinds).

    Of large populations nothing is kept, and what is asked for is worked out again: the last length
    is 0.

    Attributes
    ----------
    hazard, refill
        Probability of replacement, and what is added to readiness.
    claiming
        Appliances in use that a household replaces and claims for, if the rule pays for the new
        one.
    """

    hazard: Array
    refill: Array
    claiming: Array


class Draws(NamedTuple):
    """Keys of the month's draws: what is replaced, and by which grade of each kind."""

    replace: np.uint64
    grade: NDArray[np.uint64]


@part
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
    classes = len(constants.income_weight)
    rebate, slope = np.empty((2, grades))
    affinity = np.empty((grades, classes))
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
        _choose_grades(
            constants.income_weight,
            constants.preference,
            slope,
            affinity,
        )
        for of_class in range(classes):
            expected, paying, paid, paused = 0.0, 0.0, 0.0, 0.0
            for grade in range(grades):
                share = affinity[grade, of_class]
                found.shares[idea, of_class, kind, grade] = share
                expected += share * rebate[grade]
                paid += share * offer.paid[kind, grade]
                paused += share * offer.paused[kind, grade]
                if offer.paid[kind, grade] + offer.paused[kind, grade] > 0.0:
                    paying += share
            found.raised[idea, of_class, kind] = constants.rebate_response * expected / mean_price
            found.claimed[idea, of_class, kind] = paying
            found.claimed[idea, of_class, kinds + kind] = paid
            found.claimed[idea, of_class, 2 * kinds + kind] = paused


@part
def _choose_grades(weight: Array, preference: Array, slope: Array, share: Array) -> None:
    """Probability of each grade, a logit; shape (grades, classes)."""
    grades, classes = share.shape
    total = share[grades - 1]
    total[:] = 1.0
    for grade in range(grades - 1):
        found = share[grade]
        liked = preference[grade] - preference[grades - 1]
        dearer = slope[grade] - slope[grades - 1]
        for of_class in range(classes):
            found[of_class] = exponential(liked - dearer * weight[of_class])
        for of_class in range(classes):
            total[of_class] += found[of_class]
    for of_class in range(classes):
        total[of_class] = 1.0 / total[of_class]
    for grade in range(grades - 1):
        found = share[grade]
        for of_class in range(classes):
            found[of_class] *= total[of_class]


@part
def scale_to(columns: Columns, stock: Array, scale: Array) -> None:
    """Appliances in use over the weight of rows with such appliances.

    Parameters
    ----------
    columns
        Of the households.
    stock
        Appliances in use, shape (kinds, grades).
    scale
        Is written, 0 where no row has such an appliance, shape (kinds, grades).
    """
    kinds, grades = stock.shape
    # Counts of all grades stand in one number, side by side.
    bits = np.iinfo(np.int64).bits // grades
    counted = np.zeros(kinds, dtype=np.int64)
    scale[:] = 0.0
    for run in range(len(columns.runs) - 1):
        first, last = columns.runs[run], columns.runs[run + 1]
        counted[:] = 0
        grade_of = columns.grade[first * kinds : last * kinds]
        place = 0
        for _ in range(last - first):
            for kind in range(kinds):
                counted[kind] += 1 << (bits * grade_of[place])
                place += 1
        weight = columns.strata.weight[columns.strata.number[first]]
        for kind in range(kinds):
            for grade in range(grades):
                rows = (counted[kind] >> (bits * grade)) & ((1 << bits) - 1)
                scale[kind, grade] += weight * rows
    for kind in range(kinds):
        for grade in range(grades):
            sampled = scale[kind, grade]
            scale[kind, grade] = stock[kind, grade] / sampled if sampled > 0.0 else 0.0


@part
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
    bounds
        First row of every block, and the number of rows, shape (blocks + 1,).
    first, last
        Blocks from, and to (not included).
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
            leaving[block],
        )


@part
def _live_on(
    columns: Columns,
    constants: Constants,
    shares: Array,
    draws: Draws,
    month: int,
    at_rest: bool,
    first: int,
    last: int,
    leaving: Array,
) -> None:
    kinds = constants.price.shape[0]
    pace = 1.0 / constants.lead
    kept = np.exp(-pace)
    in_mean = (1.0 - kept) / pace
    hazards = np.empty(kinds)
    place = first * kinds
    number, of_stratum = columns.strata.number, columns.strata.weight
    for row in range(first, last):
        weight = of_stratum[number[row]]
        of_class = columns.income_class[row]
        leaves = leaving[of_class]
        total = 0.0
        for kind in range(kinds):
            age = np.uint64(max(month - columns.bought[place], 0))
            hazard = constants.natural[kind, age]
            if not at_rest:
                above = columns.readiness[place] - 1.0
                hazard = min(1.0, hazard * (1.0 + above * in_mean))
                columns.readiness[place] = 1.0 + above * kept
            leaves[kind, columns.grade[place]] += weight * hazard
            hazards[kind] = hazard
            total += hazard
            place += 1
        if total > uniform(draws.replace, row):
            _replace(columns, shares[of_class], hazards, draws, month, row)


@kernel
def decide_month(
    columns_of: Fields,
    constants_of: Fields,
    offer_of: Fields,
    reckoned: float,
    income_factor: float,
    classes_of: Fields,
    decided_of: Fields,
    limits: NDArray[np.int64],
    stock: Array,
    keys: NDArray[np.uint64],
    month: int,
    idea: int,
    over: bool,
    at_rest: bool,
    bounds: NDArray[np.int64],
    scale: Array,
    leaving: Array,
    totals: Array,
    purchases: Array,
    discards: Array,
    since: int,
    until: int,
    first: int,
    last: int,
) -> bool:
    """What households would do under one idea; if it is the first one and no rule pays, they do it.

    Parameters
    ----------
    columns_of, constants_of, offer_of, classes_of, decided_of
        Fields of the classes of these names; ``classes`` and ``decided`` are written, and what
        :func:`live_on` says of ``columns``.
    reckoned, income_factor
        As for :func:`by_class`.
    limits
        Claims allowed, by idea and kind; is written.
    stock
        Appliances in use, shape (kinds, grades).
    keys
        Of the draws that decide what is replaced, and by which grade of each kind.
    month, idea, at_rest, bounds, leaving
        As for :func:`live_on` and :func:`decide`.
    scale
        Is written under the first idea, shape (kinds, grades).
    totals
        Is written: yuan claimed, and on days of suspension, shape (blocks, 2).
    purchases, discards
        Are written, shape (ideas, kinds, grades).

    over
        What opening answered, if it was done before.
    since, until
        First and last step that is taken, of :data:`OPEN` to :data:`COUNT`. Deciding may be shared
        out by blocks of rows.
    first, last
        Blocks from, and to (not included).

    Returns
    -------
    bool
        Whether the month is over: nothing is left to be remembered.
    """
    columns, constants = Columns(*columns_of), Constants(*constants_of)
    offer, classes = Offer(*offer_of), ByClass(*classes_of)
    if since <= OPEN:
        over = _open_idea(columns, constants, offer, reckoned, income_factor, classes, limits,
                          stock, idea, scale)  # fmt: skip
    if since <= DECIDE <= until:
        _decide_blocks(columns, constants, classes, Decided(*decided_of), limits, keys, month, idea,
                       over, at_rest, bounds, first, last, scale, leaving, totals)  # fmt: skip
    if until >= COUNT:
        flows(leaving, scale, classes.shares[idea], purchases[idea], discards[idea])
    return over


@part
def _open_idea(
    columns: Columns,
    constants: Constants,
    offer: Offer,
    reckoned: float,
    income_factor: float,
    classes: ByClass,
    limits: NDArray[np.int64],
    stock: Array,
    idea: int,
    scale: Array,
) -> bool:
    by_class(constants, offer, reckoned, income_factor, idea, classes)
    kinds, grades = constants.price.shape
    over = idea == 0
    for kind in range(kinds):
        limits[idea, kind] = offer.limit[kind]
        for grade in range(grades):
            at_once, later = offer.paid[kind, grade], offer.paused[kind, grade]
            if at_once != 0.0 or later != 0.0 or offer.top_up[kind, grade] != 0.0:
                over = False
    if idea == 0:
        scale_to(columns, stock, scale)
    return over


@part
def _decide_blocks(
    columns: Columns,
    constants: Constants,
    classes: ByClass,
    decided: Decided,
    limits: NDArray[np.int64],
    keys: NDArray[np.uint64],
    month: int,
    idea: int,
    over: bool,
    at_rest: bool,
    bounds: NDArray[np.int64],
    first: int,
    last: int,
    scale: Array,
    leaving: Array,
    totals: Array,
) -> None:
    if over:
        draws = Draws(keys[0], keys[1:])
        live_on(columns, constants, classes.shares[0], draws, month, at_rest, bounds, first, last,
                leaving)  # fmt: skip
        return
    totals[first:last] = 0.0
    decide(columns, constants, limits, classes, scale, month, idea, bounds, first, last, decided,
           leaving, totals)  # fmt: skip


@part
def decide(
    columns: Columns,
    constants: Constants,
    limits: NDArray[np.int64],
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
    columns, constants
        Of the households.
    limits
        Claims allowed, by idea and kind.
    classes
        Of :func:`by_class`.
    scale
        Appliances in use over the weight of rows, shape (kinds, grades).
    month, idea
        The month, and which idea.
    bounds, first, last
        As for :func:`live_on`.
    decided
        Is written.
    leaving
        Weight of rows times hazard, added to, shape (blocks, classes, kinds, grades).
    totals
        Yuan claimed, and on days of suspension, added to, shape (blocks, 2).
    """
    kinds = constants.price.shape[0]
    kept = decided.hazard.shape[1] > 0
    room = decided if kept else _room(constants, len(decided.hazard))
    spare = np.empty((3, CHUNK * kinds))
    for block in range(first, last):
        for start in range(bounds[block], bounds[block + 1], CHUNK):
            end = min(start + CHUNK, bounds[block + 1])
            base = 0 if kept else start
            _decide_chunk(
                columns, constants, limits, classes, scale, month, idea, start, end, base, room,
                spare,
            )  # fmt: skip
            claimed, waiting = _add_up(
                columns.income_class[start:end],
                columns.strata.number[start:end],
                columns.strata.weight,
                columns.grade[start * kinds : end * kinds],
                classes.claimed[idea],
                room.hazard[idea, (start - base) * kinds : (end - base) * kinds],
                room.claiming[idea, (start - base) * kinds : (end - base) * kinds],
                leaving[block],
            )
            totals[block, 0] += claimed
            totals[block, 1] += waiting


@part
def _room(constants: Constants, ideas: int) -> Decided:
    """Room for the decisions of a chunk of rows."""
    size = CHUNK * constants.price.shape[0]
    return Decided(np.empty((ideas, size)), np.empty((ideas, size)), np.empty((ideas, size)))


@part
def _decide_chunk(
    columns: Columns,
    constants: Constants,
    limits: NDArray[np.int64],
    classes: ByClass,
    scale: Array,
    month: int,
    idea: int,
    start: int,
    end: int,
    base: int,
    room: Decided,
    spare: Array,
) -> None:
    """Decide for a chunk of rows; what is decided for row ``base`` stands first in ``room``."""
    kinds = constants.price.shape[0]
    within, raised, natural = spare[0], spare[1], spare[2]
    low, high = start * kinds, end * kinds
    claims = columns.claims[low:high]
    hazard = room.hazard[idea, low - base * kinds : high - base * kinds]
    _may_claim(claims, within)
    for kind in range(kinds):
        if limits[idea, kind] != 1:
            _raise_limit(claims, kind, kinds, limits[idea, kind], within)
    _look_up(
        columns.income_class[start:end],
        columns.bought[low:high],
        constants.natural,
        classes.raised[idea],
        month,
        within,
        raised,
        natural,
    )
    _get_ready(
        constants.additional_share,
        constants.lead,
        raised,
        natural,
        columns.readiness[low:high],
        hazard,
        room.refill[idea, low - base * kinds : high - base * kinds],
    )
    _claim(
        columns.grade[low:high],
        constants.claim_share,
        scale,
        hazard,
        within,
        room.claiming[idea, low - base * kinds : high - base * kinds],
    )


@part
def _claim(
    grade: NDArray[np.uint8],
    claim_share: float,
    scale: Array,
    hazard: Array,
    within: Array,
    claiming: Array,
) -> None:
    """Appliances in use that are replaced and claimed for, where the rule pays."""
    kinds = scale.shape[0]
    place = 0
    for _ in range(len(hazard) // kinds):
        for kind in range(kinds):
            in_use = scale[kind, grade[place]]
            claiming[place] = claim_share * in_use * hazard[place] * within[place]
            place += 1


@part
def _add_up(
    income_class: NDArray[np.uint16],
    stratum: NDArray[np.uint8],
    of_stratum: Array,
    grade: NDArray[np.uint8],
    by_class: Array,
    hazard: Array,
    claiming: Array,
    leaving: Array,
) -> tuple[float, float]:
    """Add up who leaves; yuan claimed by all rows."""
    rows, kinds = len(stratum), leaving.shape[1]
    total, waiting = 0.0, 0.0
    place = 0
    for row in range(rows):
        of_class = income_class[row]
        by_kind = by_class[of_class]
        leaves = leaving[of_class]
        weight, now, later = of_stratum[stratum[row]], 0.0, 0.0
        for kind in range(kinds):
            leaves[kind, grade[place]] += weight * hazard[place]
            now += claiming[place] * by_kind[kinds + kind]
            later += claiming[place] * by_kind[2 * kinds + kind]
            place += 1
        total += weight * now
        waiting += weight * later
    return total, waiting


@kernel
def claims_of_groups(
    columns: Columns,
    groups: Groups,
    constants: Constants,
    limits: NDArray[np.int64],
    classes: ByClass,
    scale: Array,
    month: int,
    idea: int,
    on_pause: bool,
    decided: Decided,
    claims: Array,
) -> None:
    """Add what each group claims under one idea, yuan.

    Parameters
    ----------
    columns, constants, limits, classes, scale, month, idea, decided
        As for :func:`decide`.
    groups
        Of the households.
    on_pause
        Whether on days on which the rule is suspended.
    claims
        Added to, shape (districts, 2, income groups).
    """
    kinds = constants.price.shape[0]
    kept = decided.hazard.shape[1] > 0
    room = decided if kept else _room(constants, len(decided.hazard))
    spare, of_rows = np.empty((3, CHUNK * kinds)), np.empty(CHUNK)
    skipped = 2 * kinds if on_pause else kinds
    rows, strata = len(columns.income_class), columns.strata
    for start in range(0, rows, CHUNK):
        end = min(start + CHUNK, rows)
        base = 0 if kept else start
        if not kept:
            _decide_chunk(
                columns, constants, limits, classes, scale, month, idea, start, end, base, room,
                spare,
            )  # fmt: skip
        place = (start - base) * kinds
        for row in range(start, end):
            by_kind = classes.claimed[idea, columns.income_class[row]]
            yuan = 0.0
            for kind in range(kinds):
                yuan += room.claiming[idea, place] * by_kind[skipped + kind]
                place += 1
            of_rows[row - start] = strata.weight[strata.number[row]] * yuan
        add_to_groups(groups, of_rows, start, end - start, claims)


@part
def _may_claim(claims: Array, within: Array) -> None:
    """Probability that nothing was claimed so far, the number of claims being Poisson."""
    for place in range(len(claims)):
        within[place] = exponential(-np.float64(claims[place]))


@part
def _raise_limit(claims: Array, kind: int, kinds: int, limit: int, within: Array) -> None:
    """Probability of fewer claims than another limit than one."""
    for place in range(kind, len(claims), kinds):
        if limit > _MANY:
            within[place] = 1.0
            continue
        term, total = within[place], 0.0
        for number in range(1, limit + 1):
            total += term
            term *= claims[place] / number
        within[place] = total


@part
def _look_up(
    income_class: NDArray[np.uint16],
    bought: NDArray[np.int32],
    table: Array,
    of_class: Array,
    month: int,
    within: Array,
    raised: Array,
    natural: Array,
) -> None:
    """What the rebate adds to the factor on replacing, and the natural hazard."""
    rows, kinds = len(income_class), len(table)
    place = 0
    for row in range(rows):
        by_kind = of_class[income_class[row]]
        for kind in range(kinds):
            raised[place] = within[place] * by_kind[kind]
            natural[place] = table[kind, np.uint64(max(month - bought[place], 0))]
            place += 1


@part
def _get_ready(
    additional_share: float,
    lead: float,
    raised: Array,
    natural: Array,
    readiness: Array,
    hazard: Array,
    refill: Array,
) -> None:
    """Hazard of the month, and what it adds to readiness; :func:`.replacement.ready_over_month`."""
    for place in range(len(readiness)):
        more = raised[place]
        leaving = 1.0 + more
        level = (1.0 + additional_share * more) / leaving
        pace = leaving / lead
        kept = exponential(-pace)
        above = readiness[place] - level
        mean = level + above * (1.0 - kept) / pace
        hazard[place] = min(1.0, natural[place] * leaving * mean)
        refill[place] = level + above * kept - readiness[place]


@kernel
def remember(
    columns: Columns,
    constants: Constants,
    limits: NDArray[np.int64],
    classes: ByClass,
    scale: Array,
    draws: Draws,
    month: int,
    held: NDArray[np.int64],
    part: Array,
    served: float,
    bounds: NDArray[np.int64],
    first: int,
    last: int,
    decided: Decided,
    groups: Groups,
    subsidies: Array,
    received: Array,
    by_group: Array,
) -> None:
    """Pay, and let readiness, claims and appliances move on.

    Parameters
    ----------
    columns, constants, limits, classes, scale, month, bounds, first, last, decided
        As for :func:`decide`.
    draws
        Of the month.
    held, part
        Ideas that hold, and for which part of the month each, shape (held,).
    served
        Share of what is claimed under the first idea of all that is paid at once.
    groups
        Of the households.
    subsidies
        Yuan received in all, added to, shape (n,).
    received, by_group
        Yuan that all rows receive, and the rows of each group, written, shapes (blocks,) and
        (blocks, districts, 2, income groups).
    """
    kinds, grades = constants.price.shape
    kept = decided.hazard.shape[1] > 0
    room = decided if kept else _room(constants, len(decided.hazard))
    spare, shares = np.empty((3, CHUNK * kinds)), np.empty((kinds, grades))
    paid = np.empty(CHUNK)
    for block in range(first, last):
        received[block] = 0.0
        by_group[block] = 0.0
        for start in range(bounds[block], bounds[block + 1], CHUNK):
            end = min(start + CHUNK, bounds[block + 1])
            base = 0 if kept else start
            if not kept:
                if served > 0.0 and held[0] > 0:
                    _decide_chunk(
                        columns, constants, limits, classes, scale, month, 0, start, end, base,
                        room, spare,
                    )  # fmt: skip
                for number in range(len(held)):
                    _decide_chunk(
                        columns, constants, limits, classes, scale, month, held[number], start,
                        end, base, room, spare,
                    )  # fmt: skip
            low, high = (start - base) * kinds, (end - base) * kinds
            in_class = columns.income_class[start:end]
            if served > 0.0:
                received[block] += _pay(
                    in_class,
                    columns.strata.number[start:end],
                    columns.strata.weight,
                    classes.claimed[0],
                    room.claiming[0, low:high],
                    served,
                    paid,
                    subsidies[start:end],
                )
                add_to_groups(groups, paid, start, end - start, by_group[block])
            _mix(room, classes, in_class, held, part, low, high, spare)
            hazard = spare[0]
            _add(columns.readiness[start * kinds : end * kinds], spare[1])
            _add(columns.claims[start * kinds : end * kinds], spare[2])
            for row in range(start, end):
                total = 0.0
                hazards = hazard[(row - start) * kinds : (row - start + 1) * kinds]
                for kind in range(kinds):
                    total += hazards[kind]
                if total > uniform(draws.replace, row):
                    of_class = columns.income_class[row]
                    for kind in range(kinds):
                        for grade in range(grades):
                            likely = 0.0
                            for number in range(len(held)):
                                idea = held[number]
                                likely += (
                                    part[number]
                                    * room.hazard[idea, (row - base) * kinds + kind]
                                    * classes.shares[idea, of_class, kind, grade]
                                )
                            shares[kind, grade] = likely / hazards[kind]
                    _replace(columns, shares, hazards, draws, month, row)


@part
def _pay(
    income_class: NDArray[np.uint16],
    stratum: NDArray[np.uint8],
    of_stratum: Array,
    by_class: Array,
    claiming: Array,
    served: float,
    paid: Array,
    subsidies: Array,
) -> float:
    """Pay a share of what rows claim; yuan of all of them, and in ``paid`` of each row."""
    kinds = len(claiming) // len(stratum)
    total, place = 0.0, 0
    for row in range(len(stratum)):
        by_kind = by_class[income_class[row]]
        yuan = 0.0
        for kind in range(kinds):
            yuan += claiming[place] * by_kind[kinds + kind]
            place += 1
        yuan *= served
        subsidies[row] += yuan
        paid[row] = of_stratum[stratum[row]] * yuan
        total += paid[row]
    return total


@part
def _mix(
    room: Decided,
    classes: ByClass,
    income_class: NDArray[np.uint16],
    held: NDArray[np.int64],
    part: Array,
    low: int,
    high: int,
    mixed: Array,
) -> None:
    """Mix hazards, what is added to readiness, and claims, of the ideas that hold."""
    count = high - low
    kinds = count // len(income_class)
    mixed[:, :count] = 0.0
    for number in range(len(held)):
        idea, share = held[number], part[number]
        one, into = room.hazard[idea, low:high], mixed[0]
        for place in range(count):
            into[place] += share * one[place]
        one, into = room.refill[idea, low:high], mixed[1]
        for place in range(count):
            into[place] += share * one[place]
        one, into = room.claiming[idea, low:high], mixed[2]
        place = 0
        for row in range(len(income_class)):
            by_kind = classes.claimed[idea, income_class[row]]
            for kind in range(kinds):
                into[place] += share * one[place] * by_kind[kind]
                place += 1


@part
def _add(to: Array, more: Array) -> None:
    for place in range(len(to)):
        to[place] += more[place]


@part
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


@part
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
            place = row * kinds + kind
            columns.bought[place] = month
            columns.grade[place] = chosen
            columns.readiness[place] = 1.0
