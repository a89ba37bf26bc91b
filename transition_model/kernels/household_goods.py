"""Phones and the like, and home renovation, cell by cell.

Households of a cell have the same income and the same readiness, and do the same.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transition_model.compilation import kernel
from transition_model.kernels.groups import Groups
from transition_model.policy.priced_amounts import Pieces, paid_for

type Array = NDArray[np.float64]

TOTALS = ("bought", "subsidised", "claimed", "claimed on pause")
"""Of a month: units, and yuan."""


class Constants(NamedTuple):
    """What does not change during a run, of one good.

    Attributes
    ----------
    rate
        Purchases a month by class at incomes of 2020, shape (classes,).
    price
        Median price by class at incomes of 2020, yuan, shape (classes,).
    spread
        Prices of equally many purchases over the median, shape (prices,).
    claim_share, pause_expectation, rebate_response, additional_share, lead
        Parameters of the same names.
    """

    rate: Array
    price: Array
    spread: Array
    claim_share: float
    pause_expectation: float
    rebate_response: float
    additional_share: float
    lead: float


class ByClass(NamedTuple):
    """What households buy by class of income under each idea, shape (ideas, classes).

    Attributes
    ----------
    level, kept, in_mean
        Readiness over a month: it nears the level, keeps this part of its distance to it, and has
        this part of it on average.
    bought, subsidised, paid, paused
        Units a household buys and claims for in a month at natural readiness, and yuan claimed on
        days on which the rule pays, and on which it is suspended.
    """

    level: Array
    kept: Array
    in_mean: Array
    bought: Array
    subsidised: Array
    paid: Array
    paused: Array


@kernel
def amounts(constants: Constants, income_factor: float, pieces: Pieces, paid: Array) -> None:
    """Yuan for each price of each class.

    Parameters
    ----------
    constants
        Of the run.
    income_factor
        Factor of the month's incomes on prices.
    pieces
        What the rule pays.
    paid
        Is written, shape (classes, prices).
    """
    for of_class in range(len(constants.price)):
        median = constants.price[of_class] * income_factor
        for place in range(len(constants.spread)):
            paid[of_class, place] = paid_for(pieces, median * constants.spread[place])


@kernel
def by_class(
    constants: Constants,
    rate_factor: float,
    price_factor: float,
    generosity: float,
    reckoned: float,
    paid: Array,
    paused: Array,
    idea: int,
    found: ByClass,
) -> None:
    """Work out by class of income what households buy under one idea.

    Parameters
    ----------
    constants
        Of the run.
    rate_factor, price_factor
        Factors of the month's incomes on purchases and on prices.
    generosity
        Multiple of the rule's amounts.
    reckoned
        Share of the rebate that buyers reckon with.
    paid, paused
        Yuan by the rule for each price of each class, shape (classes, prices).
    idea
        Where in ``found`` to write.
    found
        Is written.
    """
    prices = len(constants.spread)
    per_price = 1.0 / prices
    now_felt = constants.rebate_response * constants.claim_share * reckoned * generosity
    later_felt = (
        constants.rebate_response * constants.claim_share * constants.pause_expectation * generosity
    )
    over_median = np.empty(prices)
    for place in range(prices):
        over_median[place] = 1.0 / constants.spread[place]
    for of_class in range(len(constants.price)):
        per_median = 1.0 / (constants.price[of_class] * price_factor)
        leaving, subsidised, claims, on_pause = 0.0, 0.0, 0.0, 0.0
        for place in range(prices):
            now, later = paid[of_class, place], paused[of_class, place]
            felt = now_felt * now + later_felt * later
            raised = 1.0 + felt * per_median * over_median[place]
            leaving += raised
            claims += raised * now
            on_pause += raised * later
            subsidised += raised if now + later > 0.0 else 0.0
        leaving *= per_price
        claims *= per_price * generosity
        on_pause *= per_price * generosity
        subsidised *= per_price if generosity > 0.0 else 0.0
        level = (1.0 + constants.additional_share * (leaving - 1.0)) / leaving
        pace = leaving / constants.lead
        kept = np.exp(-pace)
        found.level[idea, of_class] = level
        found.kept[idea, of_class] = kept
        found.in_mean[idea, of_class] = (1.0 - kept) / pace
        usual = constants.rate[of_class] * rate_factor
        found.bought[idea, of_class] = usual * leaving
        found.subsidised[idea, of_class] = constants.claim_share * usual * subsidised
        found.paid[idea, of_class] = constants.claim_share * usual * claims
        found.paused[idea, of_class] = constants.claim_share * usual * on_pause


@kernel
def live_on(
    constants: Constants,
    readiness: Array,
    weight: Array,
    income_class: NDArray[np.uint16],
    bounds: NDArray[np.int64],
    first: int,
    last: int,
    bought: Array,
) -> None:
    """A month in which no rule pays: readiness moves on.

    Parameters
    ----------
    constants
        Of the run.
    readiness, weight, income_class
        Of the cells, shape (n,); readiness is written.
    bounds
        First cell of every block, and the number of cells, shape (blocks + 1,).
    first, last
        Blocks from, and to (not included).
    bought
        Units at incomes of 2020, added to, shape (blocks,).
    """
    pace = 1.0 / constants.lead
    kept = np.exp(-pace)
    in_mean = (1.0 - kept) / pace
    for block in range(first, last):
        total = 0.0
        for row in range(bounds[block], bounds[block + 1]):
            above = readiness[row] - 1.0
            usual = weight[row] * constants.rate[income_class[row]]
            total += usual * (1.0 + above * in_mean)
            readiness[row] = 1.0 + above * kept
        bought[block] += total


@kernel
def decide(
    constants: Constants,
    classes: ByClass,
    readiness: Array,
    weight: Array,
    income_class: NDArray[np.uint16],
    idea: int,
    bounds: NDArray[np.int64],
    first: int,
    last: int,
    totals: Array,
) -> None:
    """What households would buy under one idea in a month in which a rule pays.

    Parameters
    ----------
    constants, classes
        Of the run, and of :func:`by_class`.
    readiness, weight, income_class
        Of the cells, shape (n,).
    idea
        Which idea.
    bounds, first, last
        As for :func:`live_on`.
    totals
        As :data:`TOTALS` says, added to, shape (blocks, totals).
    """
    for block in range(first, last):
        bought, subsidised, claimed, waiting = 0.0, 0.0, 0.0, 0.0
        for row in range(bounds[block], bounds[block + 1]):
            of_class = income_class[row]
            level = classes.level[idea, of_class]
            above = readiness[row] - level
            ready = weight[row] * (level + above * classes.in_mean[idea, of_class])
            bought += ready * classes.bought[idea, of_class]
            subsidised += ready * classes.subsidised[idea, of_class]
            claimed += ready * classes.paid[idea, of_class]
            waiting += ready * classes.paused[idea, of_class]
        totals[block, 0] += bought
        totals[block, 1] += subsidised
        totals[block, 2] += claimed
        totals[block, 3] += waiting


@kernel
def yuan_of_cells(
    classes: ByClass,
    readiness: Array,
    income_class: NDArray[np.uint16],
    on_pause: bool,
    idea: int,
    served: float,
    yuan: Array,
) -> None:
    """Yuan of a household that is served a share of its claim, by cell; ``yuan`` is written."""
    of_class = classes.paused[idea] if on_pause else classes.paid[idea]
    for cell in range(len(readiness)):
        place = income_class[cell]
        level = classes.level[idea, place]
        ready = level + (readiness[cell] - level) * classes.in_mean[idea, place]
        yuan[cell] = served * ready * of_class[place]


@kernel
def add_claims(
    groups: Groups,
    cell_of: NDArray[np.uint16],
    yuan: Array,
    claims: Array,
) -> None:
    """Add up by group what households of each cell claim.

    Parameters
    ----------
    groups, cell_of
        Of the households.
    yuan
        Of :func:`yuan_of_cells`.
    claims
        Added to, shape (districts, 2, income groups).
    """
    strata = groups.strata
    for row in range(len(cell_of)):
        of = strata.number[row]
        place = strata.district[of], strata.urban[of], groups.income_group[row]
        claims[place] += strata.weight[of] * yuan[cell_of[row]]


@kernel
def pay(
    groups: Groups,
    cell_of: NDArray[np.uint16],
    yuan: Array,
    bounds: NDArray[np.int64],
    first: int,
    last: int,
    subsidies: Array,
    received: Array,
    by_group: Array,
) -> None:
    """Pay each household what its cell is due.

    Parameters
    ----------
    groups, cell_of, yuan
        As for :func:`add_claims`.
    bounds, first, last
        As for :func:`live_on`, of all rows.
    subsidies
        Yuan received in all, added to, shape (n,).
    received, by_group
        Yuan that all rows receive, and the rows of each group, written, shapes (blocks,) and
        (blocks, districts, 2, income groups).
    """
    strata = groups.strata
    for block in range(first, last):
        total, of_group = 0.0, by_group[block]
        of_group[:] = 0.0
        for row in range(bounds[block], bounds[block + 1]):
            each = yuan[cell_of[row]]
            subsidies[row] += each
            of = strata.number[row]
            place = strata.district[of], strata.urban[of], groups.income_group[row]
            of_group[place] += strata.weight[of] * each
            total += strata.weight[of] * each
        received[block] = total


@kernel
def remember(
    classes: ByClass,
    readiness: Array,
    income_class: NDArray[np.uint16],
    held: NDArray[np.int64],
    part: Array,
) -> None:
    """Let readiness move on.

    Parameters
    ----------
    classes, readiness, income_class
        As for :func:`decide`.
    held, part
        Ideas that hold, and for which part of the month each, shape (held,).
    """
    for row in range(len(readiness)):
        of_class = income_class[row]
        before = readiness[row]
        for place in range(len(held)):
            level = classes.level[held[place], of_class]
            after = level + (before - level) * classes.kept[held[place], of_class]
            readiness[row] += part[place] * (after - before)
