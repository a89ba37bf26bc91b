"""The car market of a month in machine code: who scraps, sells on and buys, and what is paid.

The same as :mod:`transition_model.agents.household_cars` with numpy, row by row. What depends on
old powertrain, entitlement and residence alone stands in tables by *kind* of household. Rows are
taken in chunks that stay close to the processor; sums are formed by blocks of rows and then added
in order, so that they are the same however blocks are shared out.
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from transition_model.compilation import formula, kernel, part
from transition_model.kernels.draws import uniform
from transition_model.kernels.exponential import exponential

type Array = NDArray[np.float64]

CHUNK = 256
"""Rows whose intermediate results are kept at hand."""
BLOCK = 4096
"""Rows whose sums are formed together."""
GROUP = 64
"""Rows among which the seller of a used car is sought one by one."""
KINDS = 32
"""Old powertrain or none (4), and whether money is there for scrapping, for selling on, and for
rural residents (2 each)."""

YUAN_PER_PRICE_UNIT = 1e4

_place = itertools.count()
SCRAPPAGE, REPLACEMENT = next(_place), next(_place)
SCRAPPAGE_PAUSED, REPLACEMENT_PAUSED = next(_place), next(_place)
TAX, TAX_RELIEF, COUNTRYSIDE, LOAN, PRICE = (next(_place) for _ in "abcde")
SCRAPPAGE_END, REPLACEMENT_END, TAX_END = next(_place), next(_place), next(_place)
AMOUNTS = next(_place)
"""Rows of :attr:`CarTerms.amounts`, and how many there are."""

_place = itertools.count()
LEFT, MOVED = next(_place), next(_place)
LEFT_HYBRID, LEFT_ELECTRIC, MOVED_HYBRID, MOVED_ELECTRIC = (next(_place) for _ in "abcd")
REFILL_LEFT, REFILL_MOVED = next(_place), next(_place)
DECIDED = next(_place)
"""What is decided for a row: hazards of scrapping and of selling on or buying the first car, the
probabilities of the new-energy powertrains then, and what is added to readiness by way."""

_place = itertools.count()
BY_SCRAPPERS = next(_place)
next(_place), next(_place)
BY_OTHERS = next(_place)
next(_place), next(_place)
PLUGS, SUPPLY = next(_place), next(_place)
LIKE_WORN = next(_place)
LIKE_ALL = next(_place)
next(_place), next(_place)
EVERYBODY = next(_place)
next(_place), next(_place)
WORN = next(_place)
LIKE_ALL = next(_place)
next(_place), next(_place)
EVERYBODY = next(_place)
CLAIMED_LEFT, PAUSED_LEFT, COUNTED_LEFT = next(_place), next(_place), next(_place)
CLAIMED_MOVED, PAUSED_MOVED, COUNTED_MOVED = next(_place), next(_place), next(_place)
CELLS = next(_place)
"""Sums: new cars by powertrain of those who scrap and of all others, first plugs, cars sold on, how
owners of worn-out cars and all households choose, and their weight, yuan and cars claimed; then
the cars scrapped in each cell."""

_place = itertools.count()
ODDS_LEFT, MONEY_LEFT, LOST_LEFT = next(_place), next(_place), next(_place)
CLAIM_LEFT, PAUSE_LEFT, COUNT_LEFT = next(_place), next(_place), next(_place)
ODDS_MOVED, MONEY_MOVED, LOST_MOVED = next(_place), next(_place), next(_place)
CLAIM_MOVED, PAUSE_MOVED, COUNT_MOVED = next(_place), next(_place), next(_place)
TABLES = next(_place)
"""Tables by kind: utility of money per sensitivity, exponents of the answer to it and of the hurry
before its end, yuan, yuan on pause and cars claimed; each as the value of a combustion engine and
what the two others have more."""

_place = itertools.count()
(_SENSITIVITY, _HYBRID, _ELECTRIC, _LEFT_H, _LEFT_E, _MOVED_H, _MOVED_E, _NATURAL_LEFT,
 _NATURAL_MOVED, _ANSWER_LEFT, _ANSWER_MOVED, _HURRY_LEFT, _HURRY_MOVED, _PACE, _LEVEL) = (
    next(_place) * CHUNK for _ in range(12 + 3)
)  # fmt: skip
_BUFFER = next(_place) * CHUNK


class CarColumns(NamedTuple):
    """Columns of the households that the car market reads and writes, shape (n,)."""

    car: NDArray[np.int8]
    registered: NDArray[np.int32]
    owned_since: NDArray[np.int32]
    readiness: Array
    weight: Array
    urban: NDArray[np.bool_]
    home_charging: NDArray[np.bool_]
    attitude: Array
    familiarity: Array
    adoption: Array
    peers: NDArray[np.int32]


class CarWork(NamedTuple):
    """Arrays of a run that hold what is worked out of rows.

    Attributes
    ----------
    powers
        Income against the mean, to the elasticities of price sensitivity, of the first purchase and
        of selling on, shape (3, n).
    kind, cell
        Kind of household, and cell of the stock (the last one for none), shape (n,).
    peers_seen
        Cars of a row's peers in the low byte, new-energy cars among them above, shape (n,).
    decided
        Decisions under each idea of money, shape (ideas, DECIDED, n).
    factor
        Cars of the stock for one of the sample, by cell, shape (cells + 1,).
    empty
        Cars of the stock in cells where the sample has none, shape (cells,).
    table
        Tables by kind of each idea of money, shape (ideas, KINDS, TABLES, powertrains).
    sums
        Sums by idea of money, shape (ideas, CELLS + cells).
    partial
        Sums by block, shape (blocks, CELLS + cells + 1).
    sold_on
        Cars sold on by group of rows, shape (groups,).
    changed
        Rows whose car changes, shape (n,).
    changes
        Their car, month of registration and month of purchase, shape (n, 3).
    """

    powers: Array
    kind: NDArray[np.uint8]
    cell: NDArray[np.int16]
    peers_seen: NDArray[np.uint16]
    decided: Array
    factor: Array
    empty: Array
    table: Array
    sums: Array
    partial: Array
    sold_on: Array
    changed: NDArray[np.int64]
    changes: NDArray[np.int32]


class CarConstants(NamedTuple):
    """What stays the same over a run.

    Attributes
    ----------
    natural, market_rate
        Monthly hazards of scrapping, and of selling on at mean income in the market of 2020, by
        age in months; the last place is for households without a car: none, and that of the first
        car. Shape (ages in months + 1,).
    choice
        Which submodel of choice: 0 logit with familiarity, 1 plain logit, 2 Bass.
    running_cost
        Yuan over the buyer's horizon by powertrain, shape (3,).
    constant
        Alternative-specific constants of the submodel, shape (3,).
    range_km
        ``range_weight``, ``reference_range`` and so on stand as the parameters of these names.
    """

    natural: Array
    market_rate: Array
    choice: int
    running_cost: Array
    constant: Array
    price_coefficient: float
    price_elasticity: float
    transfer_elasticity: float
    first_elasticity: float
    first_ceiling: float
    range_weight: float
    reference_range: float
    home_charging_weight: float
    public_charging_weight: float
    reference_points: float
    peer_weight: float
    attitude_weight: float
    scrappage_response: float
    transfer_response: float
    first_response: float
    additional_share: float
    hurry: float
    foresight: float
    lead: float
    replacement_share: float
    charger_share: float
    claim_share: float
    small_engine_share: float
    pause_expectation: float
    countryside_share: float
    loan_share: float
    marketing: float
    word_of_mouth: float
    forgetting: float
    innovation: float
    imitation: float


class CarTerms(NamedTuple):
    """What law, levers and paths say of a month.

    Attributes
    ----------
    amounts
        Yuan by powertrain, rows as named above, shape (AMOUNTS, 3).
    registered_by
        Last month of registration of a car that may be scrapped for money, shape (3,).
    new_for_old
        1 where scrapping the first powertrain earns money for the second, shape (3, 3).
    months_left
        Until the announced ends of the offers for scrapping and selling on, and of the tax relief.
    owned_by_scrappage, owned_by_replacement
        Last month since which the old car may have been owned.
    engine_bounded
        Whether small combustion engines alone are paid for.
    """

    amounts: Array
    registered_by: NDArray[np.int64]
    new_for_old: Array
    months_left: Array
    owned_by_scrappage: int
    owned_by_replacement: int
    engine_bounded: bool


class CarMonth(NamedTuple):
    """Numbers of the month.

    Attributes
    ----------
    month
        Month index.
    income, market
        Income and the car market against 2020.
    range_km
        Of a battery electric car.
    points_per_car
        Public charging points per new-energy car.
    """

    month: int
    income: float
    market: float
    range_km: float
    points_per_car: float


# -- opening ----------------------------------------------------------------------------------
@kernel
def powers(income: Array, reference: float, exponents: Array, out: Array) -> None:
    """Income over the mean, to each exponent; shapes (n,), (k,) and (k, n)."""
    for row in range(income.shape[0]):
        logarithm = np.log(income[row] / reference)
        for place in range(exponents.shape[0]):
            out[place, row] = exponential(exponents[place] * logarithm)


@kernel
def open_market(
    columns: CarColumns,
    work: CarWork,
    terms: CarTerms,
    month: int,
    months_per_year: int,
    stock: Array,
) -> tuple[int, float]:
    """Find kind, cell and peers of each row, and scale the sample to the stock.

    Parameters
    ----------
    columns, work, terms
        The households.
    month
        Month index.
    months_per_year
        How many months a calendar year has.
    stock
        Cars by powertrain and age, shape (powertrains, ages).

    Returns
    -------
    tuple
        Age of the oldest car in months, and the weighted sum of adoption under Bass diffusion.
    """
    rows = columns.car.shape[0]
    powertrains, ages = stock.shape
    none = powertrains * ages
    year = month // months_per_year
    oldest, adopted = 0, 0.0
    blocks = (rows + BLOCK - 1) // BLOCK
    partial = work.partial
    for block in range(blocks):
        for cell in range(none + 2):
            partial[block, cell] = 0.0
        for row in range(block * BLOCK, min((block + 1) * BLOCK, rows)):
            car, registered = columns.car[row], columns.registered[row]
            weight = columns.weight[row]
            cell, kind = none, 0
            if car >= 0:
                oldest = max(oldest, month - registered)
                age = min(max(year - registered // months_per_year, 0), ages - 1)
                cell = car * ages + age
                owned = columns.owned_since[row]
                scraps = (
                    registered <= terms.registered_by[car] and owned <= terms.owned_by_scrappage
                )
                kind = ((car + 1) * 2 + int(scraps)) * 2 + int(owned <= terms.owned_by_replacement)
            work.kind[row] = kind * 2 + int(columns.urban[row])
            work.cell[row] = cell
            partial[block, cell] += weight
            partial[block, none + 1] += weight * columns.adoption[row]
    factor = work.factor
    everybody, in_stock = 0.0, 0.0
    for cell in range(none + 1):
        factor[cell] = 0.0
        for block in range(blocks):
            factor[cell] += partial[block, cell]
        everybody += factor[cell]
    for block in range(blocks):
        adopted += partial[block, none + 1]
    for cell in range(none):
        cars = stock[cell // ages, cell % ages]
        in_stock += cars
        sampled = factor[cell]
        factor[cell] = cars / sampled if sampled > 0.0 else 0.0
        # The stock of cells in which nobody of the sample has a car.
        work.empty[cell] = 0.0 if sampled > 0.0 else cars
    carless = max(everybody - in_stock, 0.0)
    factor[none] = carless / factor[none] if factor[none] > 0.0 else 0.0
    return oldest, adopted / everybody


@kernel
def see_peers(columns: CarColumns, work: CarWork) -> None:
    """Count the cars of each row's peers, and the new-energy cars among them."""
    rows, count = columns.peers.shape
    new_energy = 1 << np.iinfo(np.uint8).bits
    for row in range(rows):
        seen = 0
        for place in range(count):
            car = columns.car[columns.peers[row, place]]
            seen += int(car >= 0) + new_energy * int(car > 0)
        work.peers_seen[row] = seen


# -- tables by kind ---------------------------------------------------------------------------
@kernel
def tabulate(
    constants: CarConstants, terms: CarTerms, reckoned: float, closed: bool, table: Array
) -> tuple[bool, bool]:
    """Fill the tables by kind under one idea of money.

    Parameters
    ----------
    constants, terms
        What is offered.
    reckoned
        Share of the amounts that buyers reckon with.
    closed
        Whether nothing is offered for old cars any more.
    table
        Filled, shape (KINDS, TABLES, 3).

    Returns
    -------
    tuple of bool
        Whether money tilts choice by the old car, and whether it moves anybody to buy at all.
    """
    amounts = terms.amounts
    offered = 0.0 if closed else 1.0
    close = np.exp(-terms.months_left / constants.foresight) * constants.hurry / YUAN_PER_PRICE_UNIT
    tilted = moved = False
    for kind in range(KINDS):
        urban, sells, scraps = kind % 2, (kind // 2) % 2, (kind // (2 * 2)) % 2
        old = kind // (2 * 2 * 2) - 1
        answer = constants.scrappage_response / YUAN_PER_PRICE_UNIT
        answer_other = constants.transfer_response if old >= 0 else constants.first_response
        answer_other /= YUAN_PER_PRICE_UNIT
        for new in range(3):
            small = constants.small_engine_share if terms.engine_bounded and new == 0 else 1.0
            paid = amounts[SCRAPPAGE, new] * offered
            paused = amounts[SCRAPPAGE_PAUSED, new] * offered
            entitled = 0.0
            if scraps and old >= 0 and paid + paused > 0.0:
                entitled = constants.claim_share * small * terms.new_for_old[old, new]
            paid_on = amounts[REPLACEMENT, new] * offered
            paused_on = amounts[REPLACEMENT_PAUSED, new] * offered
            entitled_on = 0.0
            if sells and old >= 0 and paid_on + paused_on > 0.0:
                entitled_on = constants.claim_share
            anyway = anyway_for(constants, terms, new, urban)
            pause = constants.pause_expectation
            hoped = entitled * (reckoned * paid + pause * paused)
            hoped_on = entitled_on * (reckoned * paid_on + pause * paused_on)
            lost_tax = close[2] * (amounts[TAX_RELIEF, new] - amounts[TAX_END, new])
            table[kind, ODDS_LEFT, new] = -hoped / YUAN_PER_PRICE_UNIT
            table[kind, ODDS_MOVED, new] = -hoped_on / YUAN_PER_PRICE_UNIT
            table[kind, MONEY_LEFT, new] = answer * (hoped + anyway)
            table[kind, MONEY_MOVED, new] = answer_other * (hoped_on + anyway)
            table[kind, LOST_LEFT, new] = close[0] * (
                hoped - entitled * amounts[SCRAPPAGE_END, new]
            )
            table[kind, LOST_MOVED, new] = close[1] * (
                hoped_on - entitled_on * amounts[REPLACEMENT_END, new]
            )
            replaced = constants.replacement_share
            table[kind, CLAIM_LEFT, new] = replaced * entitled * paid
            table[kind, PAUSE_LEFT, new] = replaced * entitled * paused
            table[kind, COUNT_LEFT, new] = replaced * entitled
            table[kind, CLAIM_MOVED, new] = entitled_on * paid_on
            table[kind, PAUSE_MOVED, new] = entitled_on * paused_on
            table[kind, COUNT_MOVED, new] = entitled_on
            tilted = tilted or hoped != 0.0 or hoped_on != 0.0
            moved = moved or anyway != 0.0 or lost_tax > 0.0
        for place in range(TABLES):
            base = table[kind, place, 0]
            for new in range(1, 3):
                table[kind, place, new] -= base
    return tilted, tilted or moved


@formula
def anyway_for(constants: Any, terms: Any, new: Any, urban: Any) -> Any:
    """Yuan expected for a new car whatever happens to the old one."""
    rural = 0.0 if urban else 1.0
    return (
        rural * constants.countryside_share * terms.amounts[COUNTRYSIDE, new]
        + constants.loan_share * terms.amounts[LOAN, new]
    )


@formula
def mean_of(table: Any, kind: Any, place: Any, hybrid: Any, electric: Any) -> Any:
    """Mean of a table over the powertrains that a row may choose."""
    return table[kind, place, 0] + hybrid * table[kind, place, 1] + electric * table[kind, place, 2]


# -- deciding ---------------------------------------------------------------------------------
@kernel
def decide(
    columns: CarColumns,
    work: CarWork,
    constants: CarConstants,
    terms: CarTerms,
    month: CarMonth,
    idea: int,
    reckoned: float,
    closed: bool,
) -> None:
    """Hazards and choice probabilities of every row under one idea of money, and their sums.

    Parameters
    ----------
    columns, work, constants, terms, month
        The market.
    idea
        Place in ``work.decided`` and ``work.sums`` that is filled.
    reckoned, closed
        As in :func:`tabulate`.
    """
    rows = columns.car.shape[0]
    table = work.table[idea]
    tilted, moved = tabulate(constants, terms, reckoned, closed, table)
    buffer = np.empty(_BUFFER)
    blocks = (rows + BLOCK - 1) // BLOCK
    for block in range(blocks):
        sums = work.partial[block]
        sums[:] = 0.0
        last = min((block + 1) * BLOCK, rows)
        for first in range(block * BLOCK, last, CHUNK):
            count = min(CHUNK, last - first)
            _odds(columns, work, constants, terms, month, buffer, first, count)
            _choose(columns, work, constants, terms, table, buffer, first, count, tilted, moved)
            _leave(columns, work, constants, idea, buffer, first, count, moved)
            _claim(columns, work, table, idea, first, count, sums)
            _add_up(columns, work, constants, idea, first, count, sums)
            if idea == 0:
                _wear_out(columns, work, buffer, first, count, sums)
    _total(work, idea, blocks)


@part
def _odds(
    columns: CarColumns,
    work: CarWork,
    constants: CarConstants,
    terms: CarTerms,
    month: CarMonth,
    buffer: Array,
    first: int,
    count: int,
) -> None:
    """Odds of the new-energy powertrains before money for the old car, and natural hazards."""
    amounts, base = terms.amounts, constants.constant
    costs = np.empty((2, 2))
    for urban in range(2):
        none = (amounts[PRICE, 0] + amounts[TAX, 0] + constants.running_cost[0]) - anyway_for(
            constants, terms, 0, urban
        )
        for new in range(1, 3):
            cost = amounts[PRICE, new] + amounts[TAX, new] + constants.running_cost[new]
            cost -= anyway_for(constants, terms, new, urban)
            costs[urban, new - 1] = (cost - none) / YUAN_PER_PRICE_UNIT
    points = max(month.points_per_car, np.finfo(np.float64).tiny)
    hybrid = base[1] - base[0]
    electric = (
        (base[2] - base[0])
        + constants.range_weight * np.log(month.range_km / constants.reference_range)
        + constants.public_charging_weight * np.log(points / constants.reference_points)
    )
    sensitivity = constants.price_coefficient * month.income**constants.price_elasticity
    per_income = (
        month.income**constants.first_elasticity,
        month.income**constants.transfer_elasticity,
    )
    without = constants.natural.shape[0] - 1
    low = (1 << np.iinfo(np.uint8).bits) - 1
    for place in range(count):
        row = first + place
        kind, seen = work.kind[row], work.peers_seen[row]
        owns = int(columns.car[row] >= 0)
        age = month.month - columns.registered[row] if owns else without
        felt = sensitivity * work.powers[0, row]
        cars = max(seen & low, 1)
        social = (
            constants.peer_weight * ((seen >> np.iinfo(np.uint8).bits) / cars)
            + constants.attitude_weight * columns.attitude[row]
        )
        urban = kind & 1
        at_home = constants.home_charging_weight if columns.home_charging[row] else 0.0
        buffer[_SENSITIVITY + place] = felt
        buffer[_HYBRID + place] = hybrid + felt * costs[urban, 0] + social
        buffer[_ELECTRIC + place] = electric + felt * costs[urban, 1] + social + at_home
        buffer[_NATURAL_LEFT + place] = constants.natural[age]
        rate = constants.market_rate[age] * work.powers[1 + owns, row]
        if owns:
            rate *= per_income[1]
        else:
            rate = min(constants.first_ceiling, rate * per_income[0])
        buffer[_NATURAL_MOVED + place] = month.market * rate
    _exponentials(buffer, _HYBRID, count)
    _exponentials(buffer, _ELECTRIC, count)
    if constants.choice == 0:
        for place in range(count):
            familiar = columns.familiarity[first + place]
            buffer[_HYBRID + place] *= familiar
            buffer[_ELECTRIC + place] *= familiar


@part
def _exponentials(buffer: Array, start: int, count: int) -> None:
    for place in range(start, start + count):
        buffer[place] = exponential(buffer[place])


@part
def _choose(
    columns: CarColumns,
    work: CarWork,
    constants: CarConstants,
    terms: CarTerms,
    table: Array,
    buffer: Array,
    first: int,
    count: int,
    tilted: bool,
    moved: bool,
) -> None:
    """Probabilities of powertrains on each way to a new car, and the answers to what is offered."""
    bass = constants.choice == 2
    familiar = 0.0 if bass else 1.0
    if tilted:
        for place in range(count):
            kind, felt = work.kind[first + place], buffer[_SENSITIVITY + place]
            buffer[_LEFT_H + place] = felt * table[kind, ODDS_LEFT, 1]
            buffer[_LEFT_E + place] = felt * table[kind, ODDS_LEFT, 2]
            buffer[_MOVED_H + place] = felt * table[kind, ODDS_MOVED, 1]
            buffer[_MOVED_E + place] = felt * table[kind, ODDS_MOVED, 2]
        for slot in (_LEFT_H, _LEFT_E, _MOVED_H, _MOVED_E):
            _exponentials(buffer, slot, count)
    else:
        for slot in (_LEFT_H, _LEFT_E, _MOVED_H, _MOVED_E):
            for place in range(count):
                buffer[slot + place] = 1.0
    # Whoever has adopted chooses among new-energy cars, the others buy none.
    for place in range(count):
        share = columns.adoption[first + place] if bass else 1.0
        hybrid, electric = buffer[_HYBRID + place], buffer[_ELECTRIC + place]
        left_h, left_e = hybrid * buffer[_LEFT_H + place], electric * buffer[_LEFT_E + place]
        per_odds = share / (familiar + left_h + left_e)
        buffer[_LEFT_H + place] = left_h * per_odds
        buffer[_LEFT_E + place] = left_e * per_odds
        moved_h, moved_e = hybrid * buffer[_MOVED_H + place], electric * buffer[_MOVED_E + place]
        per_odds = share / (familiar + moved_h + moved_e)
        buffer[_MOVED_H + place] = moved_h * per_odds
        buffer[_MOVED_E + place] = moved_e * per_odds
        per_odds = share / (familiar + hybrid + electric)
        buffer[_HYBRID + place] = hybrid * per_odds
        buffer[_ELECTRIC + place] = electric * per_odds
    if not moved:
        return
    # What waiting would cost of the tax relief, by powertrain.
    amounts, tax = terms.amounts, np.zeros(3)
    close = np.exp(-terms.months_left[2] / constants.foresight) * constants.hurry
    for new in range(3):
        tax[new] = close * (amounts[TAX_RELIEF, new] - amounts[TAX_END, new]) / YUAN_PER_PRICE_UNIT
    for place in range(count):
        kind = work.kind[first + place]
        h, e = buffer[_LEFT_H + place], buffer[_LEFT_E + place]
        buffer[_ANSWER_LEFT + place] = mean_of(table, kind, MONEY_LEFT, h, e)
        buffer[_HURRY_LEFT + place] = max(mean_of(table, kind, LOST_LEFT, h, e), 0.0) + max(
            tax[0] + h * (tax[1] - tax[0]) + e * (tax[2] - tax[0]), 0.0
        )
        h, e = buffer[_MOVED_H + place], buffer[_MOVED_E + place]
        buffer[_ANSWER_MOVED + place] = mean_of(table, kind, MONEY_MOVED, h, e)
        buffer[_HURRY_MOVED + place] = max(mean_of(table, kind, LOST_MOVED, h, e), 0.0) + max(
            tax[0] + h * (tax[1] - tax[0]) + e * (tax[2] - tax[0]), 0.0
        )
    for slot in (_ANSWER_LEFT, _ANSWER_MOVED, _HURRY_LEFT, _HURRY_MOVED):
        _exponentials(buffer, slot, count)


@part
def _leave(
    columns: CarColumns,
    work: CarWork,
    constants: CarConstants,
    idea: int,
    buffer: Array,
    first: int,
    count: int,
    moved: bool,
) -> None:
    """Hazards of the month out of natural hazards, answers and readiness."""
    lead, additional = constants.lead, constants.additional_share
    decided = work.decided[idea]
    if not moved:
        for place in range(count):
            buffer[_ANSWER_LEFT + place] = buffer[_ANSWER_MOVED + place] = 1.0
            buffer[_HURRY_LEFT + place] = buffer[_HURRY_MOVED + place] = 1.0
    for place in range(count):
        left, sold = buffer[_NATURAL_LEFT + place], buffer[_NATURAL_MOVED + place]
        total = left + sold
        part = 0.0 if total <= 0.0 else 1.0 / total
        idle = 1.0 if total <= 0.0 else 0.0
        left, sold = left * part, sold * part
        answer, answer_other = buffer[_ANSWER_LEFT + place], buffer[_ANSWER_MOVED + place]
        leaving = (
            idle
            + left * (answer * buffer[_HURRY_LEFT + place])
            + sold * (answer_other * buffer[_HURRY_MOVED + place])
        )
        arriving = (
            idle
            + left * (1.0 + additional * (answer - 1.0))
            + sold * (1.0 + additional * (answer_other - 1.0))
        )
        buffer[_LEVEL + place] = arriving / leaving
        buffer[_PACE + place] = -leaving / lead
        buffer[_SENSITIVITY + place] = -leaving / lead
    _exponentials(buffer, _PACE, count)
    for place in range(count):
        row = first + place
        level, ready = buffer[_LEVEL + place], columns.readiness[row]
        pace = -buffer[_SENSITIVITY + place]
        mean = level + (ready - level) * (1.0 - buffer[_PACE + place]) / pace
        left, sold = buffer[_NATURAL_LEFT + place], buffer[_NATURAL_MOVED + place]
        answer, answer_other = buffer[_ANSWER_LEFT + place], buffer[_ANSWER_MOVED + place]
        out = answer * buffer[_HURRY_LEFT + place] * mean
        out_other = answer_other * buffer[_HURRY_MOVED + place] * mean
        hazard = min(1.0, left * out)
        total = left + sold
        part = 0.0 if total <= 0.0 else 1.0 / total
        idle = (1.0 - mean) / lead if total <= 0.0 else 0.0
        decided[LEFT, row] = hazard
        decided[MOVED, row] = (1.0 - hazard) * min(1.0, sold * out_other)
        decided[LEFT_HYBRID, row] = buffer[_LEFT_H + place]
        decided[LEFT_ELECTRIC, row] = buffer[_LEFT_E + place]
        decided[MOVED_HYBRID, row] = buffer[_MOVED_H + place]
        decided[MOVED_ELECTRIC, row] = buffer[_MOVED_E + place]
        into, into_other = (
            1.0 + additional * (answer - 1.0),
            1.0 + additional * (answer_other - 1.0),
        )
        decided[REFILL_LEFT, row] = left * part * (into - out) / lead
        decided[REFILL_MOVED, row] = sold * part * (into_other - out_other) / lead + idle


# -- sums -------------------------------------------------------------------------------------
@part
def _claim(
    columns: CarColumns,
    work: CarWork,
    table: Array,
    idea: int,
    first: int,
    count: int,
    sums: Array,
) -> None:
    """Add up what is claimed."""
    decided = work.decided[idea]
    for row in range(first, first + count):
        kind = work.kind[row]
        weight = columns.weight[row] * work.factor[work.cell[row]]
        left, moved = weight * decided[LEFT, row], weight * decided[MOVED, row]
        h, e = decided[LEFT_HYBRID, row], decided[LEFT_ELECTRIC, row]
        sums[CLAIMED_LEFT] += left * mean_of(table, kind, CLAIM_LEFT, h, e)
        sums[PAUSED_LEFT] += left * mean_of(table, kind, PAUSE_LEFT, h, e)
        sums[COUNTED_LEFT] += left * mean_of(table, kind, COUNT_LEFT, h, e)
        h, e = decided[MOVED_HYBRID, row], decided[MOVED_ELECTRIC, row]
        sums[CLAIMED_MOVED] += moved * mean_of(table, kind, CLAIM_MOVED, h, e)
        sums[PAUSED_MOVED] += moved * mean_of(table, kind, PAUSE_MOVED, h, e)
        sums[COUNTED_MOVED] += moved * mean_of(table, kind, COUNT_MOVED, h, e)


@part
def _add_up(
    columns: CarColumns,
    work: CarWork,
    constants: CarConstants,
    idea: int,
    first: int,
    count: int,
    sums: Array,
) -> None:
    """Add up cars bought, scrapped and sold on, and first plugs."""
    decided = work.decided[idea]
    left_h = left_e = left_all = moved_h = moved_e = moved_all = plugs = supply = 0.0
    for row in range(first, first + count):
        cell = work.cell[row]
        weight = columns.weight[row] * work.factor[cell]
        left, moved = weight * decided[LEFT, row], weight * decided[MOVED, row]
        by_left_h, by_left_e = left * decided[LEFT_HYBRID, row], left * decided[LEFT_ELECTRIC, row]
        by_moved_h = moved * decided[MOVED_HYBRID, row]
        by_moved_e = moved * decided[MOVED_ELECTRIC, row]
        left_all += left
        left_h += by_left_h
        left_e += by_left_e
        moved_all += moved
        moved_h += by_moved_h
        moved_e += by_moved_e
        car = columns.car[row]
        sums[CELLS + cell] += left
        if columns.home_charging[row] and car <= 0:
            plugs += constants.replacement_share * (by_left_h + by_left_e)
            plugs += by_moved_h + by_moved_e
        supply += moved if car >= 0 else 0.0
    sums[BY_SCRAPPERS] += left_all - left_h - left_e
    sums[BY_SCRAPPERS + 1] += left_h
    sums[BY_SCRAPPERS + 2] += left_e
    sums[BY_OTHERS] += moved_all - moved_h - moved_e
    sums[BY_OTHERS + 1] += moved_h
    sums[BY_OTHERS + 2] += moved_e
    sums[PLUGS] += plugs
    sums[SUPPLY] += supply


@part
def _wear_out(
    columns: CarColumns, work: CarWork, buffer: Array, first: int, count: int, sums: Array
) -> None:
    """Add up how owners choose, by the cars that wear out."""
    for place in range(count):
        row = first + place
        weight = columns.weight[row] * work.factor[work.cell[row]]
        worn = weight * buffer[_NATURAL_LEFT + place]
        hybrid, electric = buffer[_HYBRID + place], buffer[_ELECTRIC + place]
        sums[WORN] += worn
        sums[LIKE_WORN + 1] += worn * hybrid
        sums[LIKE_WORN + 2] += worn * electric
        sums[EVERYBODY] += weight
        sums[LIKE_ALL + 1] += weight * hybrid
        sums[LIKE_ALL + 2] += weight * electric


@part
def _total(work: CarWork, idea: int, blocks: int) -> None:
    """Add up the blocks, one after the other."""
    total = work.sums[idea]
    for place in range(total.shape[0]):
        total[place] = 0.0
        for block in range(blocks):
            total[place] += work.partial[block, place]


@kernel
def mix(
    columns: CarColumns,
    work: CarWork,
    constants: CarConstants,
    ideas: NDArray[np.int64],
    shares_left: Array,
    shares_moved: Array,
    into: int,
) -> None:
    """One decision out of several that hold for parts of the month.

    Parameters
    ----------
    columns, work, constants
        The market.
    ideas
        Places of the decisions, the usual one first, shape (k,).
    shares_left, shares_moved
        Share of the month for which each holds as far as scrapping goes, and selling on, shape
        (k,); add up to 1.
    into
        Place of the result.
    """
    rows = columns.car.shape[0]
    decided, mixed = work.decided, work.decided[into]
    blocks = (rows + BLOCK - 1) // BLOCK
    for block in range(blocks):
        sums = work.partial[block]
        sums[:] = 0.0
        last = min((block + 1) * BLOCK, rows)
        for row in range(block * BLOCK, last):
            left = moved = left_h = left_e = moved_h = moved_e = refill = refill_other = 0.0
            for place in range(ideas.shape[0]):
                one = decided[ideas[place]]
                hazard = shares_left[place] * one[LEFT, row]
                left += hazard
                left_h += hazard * one[LEFT_HYBRID, row]
                left_e += hazard * one[LEFT_ELECTRIC, row]
                refill += shares_left[place] * one[REFILL_LEFT, row]
                hazard = shares_moved[place] * one[MOVED, row]
                moved += hazard
                moved_h += hazard * one[MOVED_HYBRID, row]
                moved_e += hazard * one[MOVED_ELECTRIC, row]
                refill_other += shares_moved[place] * one[REFILL_MOVED, row]
            usual = decided[ideas[0]]
            mixed[LEFT, row], mixed[MOVED, row] = left, min(moved, 1.0 - left)
            mixed[LEFT_HYBRID, row] = left_h / left if left > 0.0 else usual[LEFT_HYBRID, row]
            mixed[LEFT_ELECTRIC, row] = left_e / left if left > 0.0 else usual[LEFT_ELECTRIC, row]
            mixed[MOVED_HYBRID, row] = moved_h / moved if moved > 0.0 else usual[MOVED_HYBRID, row]
            mixed[MOVED_ELECTRIC, row] = (
                moved_e / moved if moved > 0.0 else usual[MOVED_ELECTRIC, row]
            )
            mixed[REFILL_LEFT, row], mixed[REFILL_MOVED, row] = refill, refill_other
        for first in range(block * BLOCK, last, CHUNK):
            _add_up(columns, work, constants, into, first, min(CHUNK, last - first), sums)
    _total(work, into, blocks)


@kernel
def flow(
    work: CarWork,
    constants: CarConstants,
    months_per_year: int,
    idea: int,
    purchases: Array,
    scrapped: Array,
    factor: Array,
) -> float:
    """Flows of the month out of the sums of a decision.

    Cars in cells that no household of the sample owns leave at the natural hazard, and are
    replaced as owners of worn-out cars choose without an offer.

    Parameters
    ----------
    work, constants
        The market.
    months_per_year
        Between two classes of age.
    idea
        Place of the decision.
    purchases, scrapped
        Added to: cars bought by powertrain, shape (3,), and scrapped by powertrain and age.
    factor
        Filled: what the rows' new cars are multiplied by to add up to purchases, shape (3,).

    Returns
    -------
    float
        Private charging points ordered.
    """
    total, usual = work.sums[idea], work.sums[0]
    powertrains, ages = scrapped.shape
    unsampled = 0.0
    for cell in range(powertrains * ages):
        more = work.empty[cell] * constants.natural[(cell % ages) * months_per_year]
        unsampled += more
        scrapped[cell // ages, cell % ages] += total[CELLS + cell] + more
    like, everybody = LIKE_WORN, usual[WORN]
    if everybody <= 0.0:
        like, everybody = LIKE_ALL, usual[EVERYBODY]
    for new in range(powertrains):
        by_sample = constants.replacement_share * total[BY_SCRAPPERS + new] + total[BY_OTHERS + new]
        bought = by_sample
        if unsampled > 0.0 and usual[EVERYBODY] > 0.0:
            chosen = usual[like + new] / everybody
            if new == 0:
                chosen = 1.0 - (usual[like + 1] + usual[like + 2]) / everybody
            bought += constants.replacement_share * unsampled * chosen
        factor[new] = bought / by_sample if by_sample > 0.0 else 0.0
        purchases[new] += bought
    return float(constants.charger_share * total[PLUGS])


# -- what remains -----------------------------------------------------------------------------
@kernel
def book_and_remember(
    columns: CarColumns,
    work: CarWork,
    constants: CarConstants,
    terms: CarTerms,
    month: CarMonth,
    idea: int,
    served: Array,
    factor: Array,
    adopted: float,
    keys: NDArray[np.uint64],
    money: Array,
    places: NDArray[np.int64],
    subsidies: Array,
    received: Array,
) -> None:
    """Pay each row what it is due, and draw what each household owns afterwards.

    Parameters
    ----------
    columns, work, constants, terms, month
        The market.
    idea
        Place of the decision that holds.
    served
        Share of what is claimed for scrapping, and for selling on, that is paid at once.
    factor
        Of :func:`flow`.
    adopted
        Mean of adoption.
    keys
        Of the draws that decide on leaving, buying, the powertrain, a used car, and which one.
    money
        Yuan received by programme, shape (programmes, n).
    places
        Programmes of scrappage, selling on, campaign, loans and tax relief, shape (5,).
    subsidies
        Yuan received of all programmes but the tax relief, shape (n,).
    received
        Filled: yuan of all households by programme, in the order of ``places``, shape (5,).
    """
    rows = columns.car.shape[0]
    blocks = (rows + BLOCK - 1) // BLOCK
    received[:] = 0.0
    demand = supply = 0.0
    changes = 0
    for block in range(blocks):
        first, last = block * BLOCK, min((block + 1) * BLOCK, rows)
        _pay(columns, work, constants, terms, idea, served, factor, money, places, subsidies,
             received, first, last)  # fmt: skip
        _learn(columns, work, constants, adopted, first, last)
        changes, sought = _draw_new_cars(columns, work, constants, month.month, idea, keys,
                                         changes, first, last)  # fmt: skip
        demand += sought
    decided = work.decided[idea]
    groups = (rows + GROUP - 1) // GROUP
    for group in range(groups):
        sold = 0.0
        for row in range(group * GROUP, min((group + 1) * GROUP, rows)):
            if columns.car[row] >= 0:
                weight = columns.weight[row] * work.factor[work.cell[row]]
                sold += weight * decided[MOVED, row]
        supply += sold
        work.sold_on[group] = supply
    if supply > 0.0 and demand > 0.0:
        changes = _draw_used_cars(columns, work, month.month, idea, keys, changes, supply / demand)
    for place in range(changes):
        row, to = work.changed[place], work.changes[place]
        if to[0] != columns.car[row] or to[2] != columns.owned_since[row]:
            # Who has another car, or has none any more, is as ready as anybody.
            columns.readiness[row] = 1.0
        columns.car[row] = to[0]
        columns.registered[row] = to[1]
        columns.owned_since[row] = to[2]


@part
def _pay(
    columns: CarColumns,
    work: CarWork,
    constants: CarConstants,
    terms: CarTerms,
    idea: int,
    served: Array,
    factor: Array,
    money: Array,
    places: NDArray[np.int64],
    subsidies: Array,
    received: Array,
    first: int,
    last: int,
) -> None:
    """Pay claims and relieve tax, and fill readiness up."""
    offered, decided, table = work.decided[0], work.decided[idea], work.table[0]
    amounts, replaced = terms.amounts, constants.replacement_share
    relief, lent, listed = np.empty(3), np.empty(3), np.empty(3)
    lends = lists = relieves = False
    for new in range(3):
        relief[new] = factor[new] * amounts[TAX_RELIEF, new]
        lent[new] = factor[new] * constants.loan_share * amounts[LOAN, new]
        listed[new] = factor[new] * constants.countryside_share * amounts[COUNTRYSIDE, new]
        lends, lists = lends or lent[new] > 0.0, lists or listed[new] > 0.0
        relieves = relieves or relief[new] > 0.0
    for way in range(2):
        if served[way] <= 0.0:
            continue
        hazard, h, e, claim = LEFT, LEFT_HYBRID, LEFT_ELECTRIC, CLAIM_LEFT
        if way == 1:
            hazard, h, e, claim = MOVED, MOVED_HYBRID, MOVED_ELECTRIC, CLAIM_MOVED
        total = 0.0
        for row in range(first, last):
            scaled = work.factor[work.cell[row]] * served[way]
            each = (
                scaled
                * offered[hazard, row]
                * mean_of(table, work.kind[row], claim, offered[h, row], offered[e, row])
            )
            money[places[way], row] += each
            subsidies[row] += each
            total += columns.weight[row] * each
        received[way] += total
    campaign = loans = taxes = 0.0
    for row in range(first, last):
        columns.readiness[row] += decided[REFILL_LEFT, row] + decided[REFILL_MOVED, row]
        scaled = work.factor[work.cell[row]]
        left, moved = replaced * decided[LEFT, row], decided[MOVED, row]
        hybrid = left * decided[LEFT_HYBRID, row] + moved * decided[MOVED_HYBRID, row]
        electric = left * decided[LEFT_ELECTRIC, row] + moved * decided[MOVED_ELECTRIC, row]
        engine = left + moved - hybrid - electric
        weight = columns.weight[row]
        if relieves:
            each = scaled * (engine * relief[0] + hybrid * relief[1] + electric * relief[2])
            money[places[2 + 2], row] += each
            taxes += weight * each
        if lists and not columns.urban[row]:
            each = scaled * (engine * listed[0] + hybrid * listed[1] + electric * listed[2])
            money[places[2], row] += each
            subsidies[row] += each
            campaign += weight * each
        if lends:
            each = scaled * (engine * lent[0] + hybrid * lent[1] + electric * lent[2])
            money[places[3], row] += each
            subsidies[row] += each
            loans += weight * each
    received[2] += campaign
    received[3] += loans
    received[2 + 2] += taxes


@part
def _learn(
    columns: CarColumns,
    work: CarWork,
    constants: CarConstants,
    adopted: float,
    first: int,
    last: int,
) -> None:
    """Familiarity, and adoption under Bass diffusion, a month later."""
    bits = np.iinfo(np.uint8).bits
    low = (1 << bits) - 1
    for row in range(first, last):
        seen, known = work.peers_seen[row], columns.familiarity[row]
        share = (seen >> bits) / max(seen & low, 1)
        exposure = constants.marketing + constants.word_of_mouth * share
        known = known + exposure * (1.0 - known) - constants.forgetting * known
        columns.familiarity[row] = min(max(known, 0.0), 1.0)
    if constants.choice == 2:
        hazard = constants.innovation + constants.imitation * adopted
        for row in range(first, last):
            adoption = columns.adoption[row]
            columns.adoption[row] = min(1.0, adoption + hazard * (1.0 - adoption))


@part
def _draw_new_cars(
    columns: CarColumns,
    work: CarWork,
    constants: CarConstants,
    month: int,
    idea: int,
    keys: NDArray[np.uint64],
    changes: int,
    first: int,
    last: int,
) -> tuple[int, float]:
    """Note whose car goes, and who has a new one; and how many others may want a used one."""
    decided = work.decided[idea]
    sought = 0.0
    leaving = keys[0]
    for row in range(first, last):
        draw = uniform(leaving, row)
        owns, moved = columns.car[row] >= 0, decided[MOVED, row]
        if draw >= decided[LEFT, row] + moved:
            if not owns:
                sought += columns.weight[row] * work.factor[work.cell[row]] * moved
            continue
        scraps = owns and draw < decided[LEFT, row]
        hybrid, electric = decided[MOVED_HYBRID, row], decided[MOVED_ELECTRIC, row]
        if scraps:
            hybrid, electric = decided[LEFT_HYBRID, row], decided[LEFT_ELECTRIC, row]
        car, bought = -1, -1
        if not scraps or uniform(keys[1], row) < constants.replacement_share:
            choice = uniform(keys[2], row)
            car = int(choice > 1.0 - hybrid - electric) + int(choice > 1.0 - electric)
            bought = month
        work.changed[changes] = row
        work.changes[changes, 0] = car
        work.changes[changes, 1] = bought
        work.changes[changes, 2] = bought
        changes += 1
    return changes, sought


@part
def _draw_used_cars(
    columns: CarColumns,
    work: CarWork,
    month: int,
    idea: int,
    keys: NDArray[np.uint64],
    changes: int,
    supplied: float,
) -> int:
    """Note who has a used car: as many as are sold on, and which is drawn.

    ``supplied`` is cars sold on for one first car that is sought.
    """
    decided = work.decided[idea]
    rows, groups = columns.car.shape[0], (columns.car.shape[0] + GROUP - 1) // GROUP
    supply = work.sold_on[groups - 1]
    for row in range(rows):
        moved = decided[MOVED, row]
        if columns.car[row] >= 0 or uniform(keys[3], row) >= moved * supplied:
            continue
        if uniform(keys[0], row) < moved:
            continue
        place = uniform(keys[2 + 2], row) * supply
        source = _seller(columns, work, idea, place, rows, groups)
        work.changed[changes] = row
        work.changes[changes, 0] = columns.car[source]
        work.changes[changes, 1] = columns.registered[source]
        work.changes[changes, 2] = month
        changes += 1
    return changes


@part
def _seller(
    columns: CarColumns, work: CarWork, idea: int, place: float, rows: int, groups: int
) -> int:
    """Row of the car at a place in the line of all cars that are sold on."""
    group = int(np.searchsorted(work.sold_on[:groups], place, side="right"))
    passed = work.sold_on[group - 1] if group > 0 else 0.0
    for row in range(group * GROUP, rows):
        if columns.car[row] >= 0:
            weight = columns.weight[row] * work.factor[work.cell[row]]
            passed += weight * work.decided[idea, MOVED, row]
        if passed > place:
            return row
    return rows - 1


@kernel
def claims_of_rows(
    columns: CarColumns, work: CarWork, idea: int, way: int, kind_of_claim: int, out: Array
) -> None:
    """Write what each row claims under an idea of money into ``out``, yuan, shape (n,).

    Parameters
    ----------
    columns, work
        The market.
    idea
        Place of the decision.
    way
        0 for scrapping, 1 for selling on.
    kind_of_claim
        Table of what is claimed.
    out
        Filled.
    """
    decided, table = work.decided[idea], work.table[idea]
    hazard, h, e = LEFT, LEFT_HYBRID, LEFT_ELECTRIC
    if way == 1:
        hazard, h, e = MOVED, MOVED_HYBRID, MOVED_ELECTRIC
    for row in range(columns.car.shape[0]):
        weight = columns.weight[row] * work.factor[work.cell[row]]
        out[row] = (
            weight
            * decided[hazard, row]
            * mean_of(table, work.kind[row], kind_of_claim, decided[h, row], decided[e, row])
        )


@kernel
def cars_of_rows(
    columns: CarColumns, work: CarWork, idea: int, way: int, share: float, out: Array
) -> None:
    """Add subsidised cars of each row and powertrain to ``out``, times a share, shape (n, 3).

    ``idea`` and ``way`` are as in :func:`claims_of_rows`.
    """
    decided, table = work.decided[idea], work.table[idea]
    hazard, h, e, count = LEFT, LEFT_HYBRID, LEFT_ELECTRIC, COUNT_LEFT
    if way == 1:
        hazard, h, e, count = MOVED, MOVED_HYBRID, MOVED_ELECTRIC, COUNT_MOVED
    for row in range(columns.car.shape[0]):
        kind = work.kind[row]
        weight = share * columns.weight[row] * work.factor[work.cell[row]] * decided[hazard, row]
        hybrid, electric = decided[h, row], decided[e, row]
        base = table[kind, count, 0]
        out[row, 0] += weight * (1.0 - hybrid - electric) * base
        out[row, 1] += weight * hybrid * (base + table[kind, count, 1])
        out[row, 2] += weight * electric * (base + table[kind, count, 2])
