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

from transition_model.calendar import MONTHS_PER_YEAR
from transition_model.compilation import formula, kernel, part
from transition_model.kernels.draws import uniform
from transition_model.kernels.exponential import exponential
from transition_model.kernels.groups import Groups, RowStrata, add_to_groups
from transition_model.kernels.peers import count_cars

type Array = NDArray[np.float64]
type Fields = tuple[Any, ...]
"""The fields of a named tuple, which a kernel is handed faster than their names."""

CHUNK = 128
"""Rows whose intermediate results are kept at hand."""
_LINE = 8
"""Numbers in a line of the processor's cache."""
SLOT = CHUNK + _LINE
"""Numbers from one intermediate result to the next: a line of the processor's cache more than the
rows, since results a power of two apart would push each other out of it."""
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
PLUGS = next(_place)
LIKE_WORN = next(_place)
next(_place), next(_place)
CLAIMED_LEFT, PAUSED_LEFT, COUNTED_LEFT = next(_place), next(_place), next(_place)
CLAIMED_MOVED, PAUSED_MOVED, COUNTED_MOVED = next(_place), next(_place), next(_place)
LIKE_FIRST = next(_place)
next(_place), next(_place)
CELLS = next(_place)
"""Sums: new cars of those who scrap and of all others (all, hybrid, electric), first plugs, cars
that wear out and the same by what their owners would choose, yuan and cars claimed, and households
by what they would choose on selling on or for their first; then the cars scrapped in each cell."""

_place = itertools.count()
HOPED, PAID, PAUSED, LOST = next(_place), next(_place), next(_place), next(_place)
HOPED_ON, PAID_ON, PAUSED_ON, LOST_ON, COUNT_ON = (next(_place) for _ in "abcde")
RURAL_MONEY, ANY_MONEY, TAX_LOST = next(_place), next(_place), next(_place)
RATES = next(_place)
"""Rows of ``CarWork.rates``, yuan by new powertrain. For scrapping, to whom is entitled: hoped for,
paid, paid after a pause, and lost by waiting for the end (times the answer to it). The same for
selling on, times the share that claims, and this share. Yuan for a new car whatever happens to the
old one, in the countryside and anywhere. What is lost by waiting for the end of the tax relief."""

_place = itertools.count()
_FELT = next(_place) * SLOT
_SOCIAL = next(_place) * SLOT
_HOME = next(_place) * SLOT
_KNOWN = next(_place) * SLOT
_SHARE = next(_place) * SLOT
_READY = next(_place) * SLOT
_WEIGHT = next(_place) * SLOT
_ENTITLED = next(_place) * SLOT
_ENTITLED_H = next(_place) * SLOT
_ENTITLED_E = next(_place) * SLOT
_SELLS = next(_place) * SLOT
_RURAL = next(_place) * SLOT
_OWNS = next(_place) * SLOT
_PLUG = next(_place) * SLOT
_NATURAL_LEFT = next(_place) * SLOT
_NATURAL_MOVED = next(_place) * SLOT
_H = next(_place) * SLOT
_E = next(_place) * SLOT
_LEFT_H = next(_place) * SLOT
_LEFT_E = next(_place) * SLOT
_MOVED_H = next(_place) * SLOT
_MOVED_E = next(_place) * SLOT
_ANSWER_LEFT = next(_place) * SLOT
_ANSWER_MOVED = next(_place) * SLOT
_HURRY_LEFT = next(_place) * SLOT
_HURRY_MOVED = next(_place) * SLOT
_LEFT = next(_place) * SLOT
_MOVED = next(_place) * SLOT
_REFILL_LEFT = next(_place) * SLOT
_REFILL_MOVED = next(_place) * SLOT
_MIXED = next(_place) * SLOT
_place = itertools.count(_MIXED // SLOT + DECIDED + 2 + 2)
_SUMS = next(_place) * SLOT
_BUFFER = _SUMS + CELLS * SLOT
"""Where the intermediate results of a chunk of rows lie in one array: a loop over places within it
is worked out for several rows at a time."""
_QUARTER = CHUNK // (2 + 2)
_PART = _QUARTER // (2 + 2)


_place = itertools.count()
OPEN, SCALE, RATE, DECIDE, TOTAL, MIX = (next(_place) for _ in "abcdef")
"""Steps in which households decide: rows find their place, the sample is scaled to the stock, what
is offered is rated, rows decide, and sums are added up. Decisions that hold for parts of a month
are mixed by themselves."""

_place = itertools.count()
COUNT, PAY, BUY_USED, CHANGE = (next(_place) for _ in "abcd")
"""Steps in which the market closes: flows are counted, rows paid and new cars drawn, used cars
drawn, and cars handed over."""


class CarColumns(NamedTuple):
    """Columns of the households that the car market reads and writes, shape (n,).

    Of adoption there is none (0 rows) where nothing depends on it. Class of income counts from the
    lowest; what comes after it are :class:`.peers.Links`, and the income group.
    """

    car: NDArray[np.int8]
    registered: NDArray[np.int32]
    owned_since: NDArray[np.int32]
    readiness: Array
    strata: RowStrata
    home_charging: NDArray[np.bool_]
    attitude: Array
    familiarity: Array
    adoption: Array
    income_class: NDArray[np.uint16]
    steps: NDArray[np.int64]
    elsewhere: NDArray[np.uint8]
    first_elsewhere: NDArray[np.int64]
    which: NDArray[np.uint8]
    to: NDArray[np.int32]
    income_group: NDArray[np.int8]


class CarWork(NamedTuple):
    """Arrays of a run that hold what is worked out of rows.

    Attributes
    ----------
    powers
        Income against the mean, to the elasticities of price sensitivity, of the first purchase and
        of selling on, by class, shape (3, classes).
    kind, cell
        Kind of household, and cell of the stock (the last one for none), shape (n,).
    peers_seen
        Cars of a row's peers, and new-energy cars among them, shape (2, n).
    decided
        Decisions under each idea of money, shape (ideas, DECIDED, n); of large populations none is
        kept, and what is asked for is worked out again: the last length is 0.
    moved
        Hazard of selling on or buying the first car that holds, shape (n,).
    factor
        Cars of the stock for one of the sample, by cell, shape (cells + 1,).
    flags
        What :func:`_rate` finds, by idea of money, shape (ideas, 3).
    empty
        Cars of the stock in cells where the sample has none, shape (cells,).
    entitled, rates
        Of :func:`_rate`, by idea of money, shapes (ideas, KINDS, 3) and (ideas, RATES, 3).
    sums
        Sums by idea of money, shape (ideas, CELLS + cells).
    partial
        Sums by block, shape (blocks, CELLS + cells + 2).
    received, sought
        By block: yuan received, shape (blocks, 5), and used cars that may be wanted, (blocks,).
    by_group
        Yuan received by groups of households, by stretches of blocks that are equally long but for
        the last one, shape (stretches, 5, districts, 2, income groups).
    sold_on
        Cars sold on by group of rows, shape (groups,).
    """

    powers: Array
    kind: NDArray[np.uint8]
    cell: NDArray[np.uint8]
    peers_seen: NDArray[np.uint8]
    decided: Array
    moved: NDArray[np.float32]
    factor: Array
    empty: Array
    entitled: Array
    rates: Array
    flags: NDArray[np.bool_]
    sums: Array
    partial: Array
    received: Array
    sought: Array
    by_group: Array
    sold_on: Array


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
def decide_market(
    columns_of: Fields,
    work_of: Fields,
    constants_of: Fields,
    terms_of: Fields,
    month_of: Fields,
    stock: Array,
    idea: int,
    reckoned: float,
    closed: bool,
    held: NDArray[np.int64],
    shares: Array,
    since: int,
    until: int,
    first_block: int,
    last_block: int,
) -> tuple[int, float]:
    """Find kind, cell and peers of each row, scale the sample to the stock, and decide.

    Nothing is decided where a car is older than hazards are tabulated.

    Parameters
    ----------
    columns_of, work_of, constants_of, terms_of, month_of
        The market.
    stock
        Cars by powertrain and age, shape (powertrains, ages).
    idea
        Of money: place in ``work.decided`` and ``work.sums`` that is filled.
    reckoned, closed
        As for :func:`_rate`.
    held, shares
        As for :func:`_mix`.
    since, until
        First and last step that is taken, of :data:`OPEN` to :data:`MIX`. Opening and deciding
        may be shared out by blocks of rows; the other steps are taken once in between.
    first_block, last_block
        Blocks of rows, the last one not included.

    Returns
    -------
    tuple
        Age of the oldest car in months, and the mean of adoption under Bass diffusion.
    """
    columns, work = CarColumns(*columns_of), CarWork(*work_of)
    month, constants = CarMonth(*month_of), CarConstants(*constants_of)
    terms = CarTerms(*terms_of)
    oldest, adopted = 0, 0.0
    if since <= OPEN:
        for block in range(first_block, last_block):
            oldest = max(oldest, _open_block(columns, work, terms, month.month, stock, block))
    if since <= SCALE <= until:
        adopted = _scale(work, stock)
    if until == MIX:
        _mix(columns, work, constants, terms, month, held, shares)
        _total(work, idea)
    elif oldest < constants.natural.shape[0] - 1:
        if since <= RATE <= until:
            _rate(constants, terms, reckoned, closed, work, idea)
        if since <= DECIDE <= until:
            buffer = np.ones(_BUFFER)
            for block in range(first_block, last_block):
                _decide_block(columns, work, constants, terms, month, idea, buffer, block)
        if since <= TOTAL <= until:
            _total(work, idea)
    return oldest, adopted


@part
def _open_block(
    columns: CarColumns, work: CarWork, terms: CarTerms, month: int, stock: Array, block: int
) -> int:
    """Cells, adoption and peers of a block's rows, and the age of their oldest car."""
    rows = columns.car.shape[0]
    powertrains, ages = stock.shape
    none = powertrains * ages
    first, last = block * BLOCK, min((block + 1) * BLOCK, rows)
    partial = work.partial[block]
    partial[:] = 0.0
    oldest = _find_cells(columns, work, terms, month, ages, none, partial, first, last)
    if columns.adoption.shape[0] > 0:
        number, adoption = columns.strata.number[first:last], columns.adoption[first:last]
        for place in range(last - first):
            partial[none + 1] += columns.strata.weight[number[place]] * adoption[place]
    count_cars(
        columns.car, columns.steps, columns.elsewhere, columns.first_elsewhere, columns.which,
        columns.to, first, last, work.peers_seen[0, first:last], work.peers_seen[1, first:last],
    )  # fmt: skip
    return oldest


@part
def _scale(work: CarWork, stock: Array) -> float:
    """Scale the sample to the stock; mean of adoption."""
    ages = stock.shape[1]
    none, blocks, adopted = work.empty.shape[0], work.partial.shape[0], 0.0
    factor = work.factor
    everybody, in_stock = 0.0, 0.0
    for cell in range(none + 1):
        factor[cell] = 0.0
        for block in range(blocks):
            factor[cell] += work.partial[block, cell]
        everybody += factor[cell]
    for block in range(blocks):
        adopted += work.partial[block, none + 1]
    for cell in range(none):
        cars = stock[cell // ages, cell % ages]
        in_stock += cars
        sampled = factor[cell]
        factor[cell] = cars / sampled if sampled > 0.0 else 0.0
        work.empty[cell] = 0.0 if sampled > 0.0 else cars
    carless = max(everybody - in_stock, 0.0)
    factor[none] = carless / factor[none] if factor[none] > 0.0 else 0.0
    return adopted / everybody


@part
def _find_cells(
    columns: CarColumns,
    work: CarWork,
    terms: CarTerms,
    month: int,
    ages: int,
    none: int,
    partial: Array,
    first: int,
    last: int,
) -> int:
    """Kind and cell of a block's rows, their weight by cell, and the age of their oldest car."""
    cars, registrations = columns.car[first:last], columns.registered[first:last]
    owners_since, strata = columns.owned_since[first:last], columns.strata
    number, kinds = strata.number[first:last], work.kind[first:last]
    cells = work.cell[first:last]
    registered_by = terms.registered_by
    year, earliest = month // MONTHS_PER_YEAR, month
    for place in range(last - first):
        car = int(cars[place])
        cell, kind = none, 0
        if car >= 0:
            registered, owned = int(registrations[place]), owners_since[place]
            earliest = min(earliest, registered)
            age = min(max(year - registered // MONTHS_PER_YEAR, 0), ages - 1)
            cell = car * ages + age
            scraps = registered <= registered_by[car] and owned <= terms.owned_by_scrappage
            kind = ((car + 1) * 2 + int(scraps)) * 2 + int(owned <= terms.owned_by_replacement)
        of = number[place]
        kinds[place] = kind * 2 + int(strata.urban[of])
        cells[place] = cell
        partial[cell] += strata.weight[of]
    return month - earliest


# -- what is offered --------------------------------------------------------------------------
@part
def _rate(
    constants: CarConstants,
    terms: CarTerms,
    reckoned: float,
    closed: bool,
    work: CarWork,
    idea: int,
) -> None:
    """Work out what households reckon with under one idea of money.

    In ``work`` are filled: ``entitled``, the share of buyers of each powertrain who will claim for
    scrapping, by kind; ``rates``; and ``flags``, whether money for the old car is hoped for,
    whether money moves anybody to buy, and whether anybody hurries before an end.

    Parameters
    ----------
    constants, terms
        What is offered.
    reckoned
        Share of the amounts that buyers reckon with.
    closed
        Whether nothing is offered for old cars any more.
    work, idea
        Where to write.
    """
    entitled, rates, flags = work.entitled[idea], work.rates[idea], work.flags[idea]
    amounts = terms.amounts
    offered = 0.0 if closed else 1.0
    pause, claim = constants.pause_expectation, constants.claim_share
    hopeful = moved = hurried = False
    for new in range(3):
        paid = amounts[SCRAPPAGE, new] * offered
        paused = amounts[SCRAPPAGE_PAUSED, new] * offered
        some = claim if paid + paused > 0.0 else 0.0
        if terms.engine_bounded and new == 0:
            some *= constants.small_engine_share
        for kind in range(KINDS):
            old, scraps = kind // (2 * 2 * 2) - 1, (kind // (2 * 2)) % 2
            entitled[kind, new] = 0.0
            if old >= 0 and scraps:
                entitled[kind, new] = some * terms.new_for_old[old, new]
        hoped = reckoned * paid + pause * paused
        rates[HOPED, new], rates[PAID, new], rates[PAUSED, new] = hoped, paid, paused
        rates[LOST, new] = _lost(constants, terms, 0, hoped - amounts[SCRAPPAGE_END, new])
        paid = amounts[REPLACEMENT, new] * offered
        paused = amounts[REPLACEMENT_PAUSED, new] * offered
        some = claim if paid + paused > 0.0 else 0.0
        hoped_on = reckoned * paid + pause * paused
        rates[HOPED_ON, new], rates[COUNT_ON, new] = some * hoped_on, some
        rates[PAID_ON, new], rates[PAUSED_ON, new] = some * paid, some * paused
        lost = _lost(constants, terms, 1, hoped_on - amounts[REPLACEMENT_END, new])
        rates[LOST_ON, new] = some * lost
        rates[RURAL_MONEY, new] = constants.countryside_share * amounts[COUNTRYSIDE, new]
        rates[ANY_MONEY, new] = constants.loan_share * amounts[LOAN, new]
        lost_tax = amounts[TAX_RELIEF, new] - amounts[TAX_END, new]
        rates[TAX_LOST, new] = _lost(constants, terms, 2, lost_tax)
        hopeful = hopeful or hoped != 0.0 or hoped_on != 0.0
        moved = moved or rates[RURAL_MONEY, new] != 0.0 or rates[ANY_MONEY, new] != 0.0
        hurried = hurried or rates[TAX_LOST, new] > 0.0
        hurried = hurried or rates[LOST, new] > 0.0 or rates[LOST_ON, new] > 0.0
    flags[0], flags[1], flags[2] = hopeful, hopeful or moved or hurried, hurried


@formula
def _lost(constants: Any, terms: Any, end: Any, yuan: Any) -> Any:
    """Exponent of the hurry before an end at which yuan are lost."""
    if not np.isfinite(terms.months_left[end]):
        return 0.0
    closeness = exponential(-terms.months_left[end] / constants.foresight)
    return constants.hurry * yuan / YUAN_PER_PRICE_UNIT * closeness


# -- deciding ---------------------------------------------------------------------------------
@part
def _decide_block(
    columns: CarColumns,
    work: CarWork,
    constants: CarConstants,
    terms: CarTerms,
    month: CarMonth,
    idea: int,
    buffer: Array,
    block: int,
) -> None:
    """Decide for a block of rows and add up."""
    worn = False
    for cell in range(work.empty.shape[0]):
        worn = worn or work.empty[cell] > 0.0
    sums = work.partial[block]
    sums[:] = 0.0
    last = min((block + 1) * BLOCK, columns.car.shape[0])
    for first in range(block * BLOCK, last, CHUNK):
        until = min(first + CHUNK, last)
        _decide_chunk(columns, work, constants, terms, month, idea, buffer, first, until)
        if work.decided.shape[2] > 0:
            _keep(work, idea, buffer, first, until)
        _add_up(work, constants, buffer, sums, first, until)
        if worn and idea == 0:
            _wear_out(buffer, sums)
        if work.flags[idea, 0]:
            _claim(constants, work.rates[idea], buffer, sums)


@part
def _decide_chunk(
    columns: CarColumns,
    work: CarWork,
    constants: CarConstants,
    terms: CarTerms,
    month: CarMonth,
    idea: int,
    buffer: Array,
    first: int,
    until: int,
) -> None:
    """Hazards and choice probabilities of a chunk of rows."""
    rates, flags = work.rates[idea], work.flags[idea]
    hopeful, moved, hurried = flags[0], flags[1], flags[2]
    _gather(columns, work, constants, month, idea, buffer, first, until, hopeful)
    _choose(constants, terms, month, rates, buffer, hopeful)
    if moved:
        _answer(constants, rates, buffer, hurried)
    _leave(constants, buffer, moved)


@part
def _recall(
    columns: CarColumns,
    work: CarWork,
    constants: CarConstants,
    terms: CarTerms,
    month: CarMonth,
    idea: int,
    buffer: Array,
    first: int,
    until: int,
) -> None:
    """What was decided under an idea of money for a chunk of rows."""
    if work.decided.shape[2] == 0:
        _decide_chunk(columns, work, constants, terms, month, idea, buffer, first, until)
        return
    count = until - first
    decided = work.decided[idea, LEFT, first:until]
    for place in range(count):
        buffer[_LEFT + place] = decided[place]
    decided = work.decided[idea, MOVED, first:until]
    for place in range(count):
        buffer[_MOVED + place] = decided[place]
    decided = work.decided[idea, LEFT_HYBRID, first:until]
    for place in range(count):
        buffer[_LEFT_H + place] = decided[place]
    decided = work.decided[idea, LEFT_ELECTRIC, first:until]
    for place in range(count):
        buffer[_LEFT_E + place] = decided[place]
    decided = work.decided[idea, MOVED_HYBRID, first:until]
    for place in range(count):
        buffer[_MOVED_H + place] = decided[place]
    decided = work.decided[idea, MOVED_ELECTRIC, first:until]
    for place in range(count):
        buffer[_MOVED_E + place] = decided[place]
    decided = work.decided[idea, REFILL_LEFT, first:until]
    for place in range(count):
        buffer[_REFILL_LEFT + place] = decided[place]
    decided = work.decided[idea, REFILL_MOVED, first:until]
    for place in range(count):
        buffer[_REFILL_MOVED + place] = decided[place]


@part
def _recall_mixed(
    columns: CarColumns,
    work: CarWork,
    constants: CarConstants,
    terms: CarTerms,
    month: CarMonth,
    ideas: NDArray[np.int64],
    shares: Array,
    buffer: Array,
    first: int,
    until: int,
) -> None:
    """One decision for a chunk of rows out of several that hold for parts of the month."""
    for place in range((DECIDED + 2 + 2) * SLOT):
        buffer[_MIXED + place] = 0.0
    usual = _MIXED + DECIDED * SLOT
    for number in range(ideas.shape[0]):
        _recall(columns, work, constants, terms, month, ideas[number], buffer, first, until)
        if number == 0:
            for place in range(CHUNK):
                buffer[usual + place] = buffer[_LEFT_H + place]
                buffer[usual + SLOT + place] = buffer[_LEFT_E + place]
                buffer[usual + 2 * SLOT + place] = buffer[_MOVED_H + place]
                buffer[usual + 3 * SLOT + place] = buffer[_MOVED_E + place]
        left, moved = shares[0, number], shares[1, number]
        for place in range(CHUNK):
            slot = _MIXED + place
            hazard = left * buffer[_LEFT + place]
            buffer[slot + LEFT * SLOT] += hazard
            buffer[slot + LEFT_HYBRID * SLOT] += hazard * buffer[_LEFT_H + place]
            buffer[slot + LEFT_ELECTRIC * SLOT] += hazard * buffer[_LEFT_E + place]
            buffer[slot + REFILL_LEFT * SLOT] += left * buffer[_REFILL_LEFT + place]
            hazard = moved * buffer[_MOVED + place]
            buffer[slot + MOVED * SLOT] += hazard
            buffer[slot + MOVED_HYBRID * SLOT] += hazard * buffer[_MOVED_H + place]
            buffer[slot + MOVED_ELECTRIC * SLOT] += hazard * buffer[_MOVED_E + place]
            buffer[slot + REFILL_MOVED * SLOT] += moved * buffer[_REFILL_MOVED + place]
    for place in range(CHUNK):
        slot = _MIXED + place
        hazard = buffer[slot + LEFT * SLOT]
        buffer[_LEFT + place] = hazard
        buffer[_LEFT_H + place] = (
            buffer[slot + LEFT_HYBRID * SLOT] / hazard if hazard > 0.0 else buffer[usual + place]
        )
        buffer[_LEFT_E + place] = (
            buffer[slot + LEFT_ELECTRIC * SLOT] / hazard
            if hazard > 0.0
            else buffer[usual + SLOT + place]
        )
        buffer[_REFILL_LEFT + place] = buffer[slot + REFILL_LEFT * SLOT]
        hazard = buffer[slot + MOVED * SLOT]
        buffer[_MOVED + place] = min(hazard, 1.0 - buffer[_LEFT + place])
        buffer[_MOVED_H + place] = (
            buffer[slot + MOVED_HYBRID * SLOT] / hazard
            if hazard > 0.0
            else buffer[usual + 2 * SLOT + place]
        )
        buffer[_MOVED_E + place] = (
            buffer[slot + MOVED_ELECTRIC * SLOT] / hazard
            if hazard > 0.0
            else buffer[usual + 3 * SLOT + place]
        )
        buffer[_REFILL_MOVED + place] = buffer[slot + REFILL_MOVED * SLOT]


@part
def _gather(
    columns: CarColumns,
    work: CarWork,
    constants: CarConstants,
    month: CarMonth,
    idea: int,
    buffer: Array,
    first: int,
    until: int,
    hopeful: bool,
) -> None:
    """Bring what is known of a chunk of rows together; rows that are missing weigh nothing."""
    count = until - first
    kinds, cells = work.kind[first:until], work.cell[first:until]
    registered, number = columns.registered[first:until], columns.strata.number[first:until]
    weight = columns.strata.weight
    classes = columns.income_class[first:until]
    per_first = month.income**constants.first_elasticity
    per_moved = month.income**constants.transfer_elasticity
    natural, market_rate, factor = constants.natural, constants.market_rate, work.factor
    without = natural.shape[0] - 1
    entitled = work.entitled[idea]
    for place in range(count):
        kind = int(kinds[place])
        owns = kind >= 2 * 2 * 2
        age = month.month - registered[place] if owns else without
        hazard = market_rate[age] * (
            work.powers[2, classes[place]] * per_moved
            if owns
            else work.powers[1, classes[place]] * per_first
        )
        bound = np.inf if owns else constants.first_ceiling
        buffer[_NATURAL_LEFT + place] = natural[age]
        buffer[_NATURAL_MOVED + place] = month.market * min(bound, hazard)
        buffer[_WEIGHT + place] = weight[number[place]] * factor[cells[place]]
        buffer[_RURAL + place] = 1.0 - (kind & 1)
        buffer[_SELLS + place] = (kind >> 1) & 1
        buffer[_OWNS + place] = 1.0 if owns else 0.0
        if hopeful:
            buffer[_ENTITLED + place] = entitled[kind, 0]
            buffer[_ENTITLED_H + place] = entitled[kind, 1]
            buffer[_ENTITLED_E + place] = entitled[kind, 2]
    for place in range(count, CHUNK):
        buffer[_WEIGHT + place] = 0.0
    cars, new_energy = work.peers_seen[0, first:until], work.peers_seen[1, first:until]
    attitude, home = columns.attitude[first:until], columns.home_charging[first:until]
    readiness, car = columns.readiness[first:until], columns.car[first:until]
    sensitivity = constants.price_coefficient * month.income**constants.price_elasticity
    for place in range(count):
        buffer[_FELT + place] = sensitivity * work.powers[0, classes[place]]
    for place in range(count):
        share = new_energy[place] / max(cars[place], 1)
        buffer[_SOCIAL + place] = constants.peer_weight * share
    for place in range(count):
        buffer[_SOCIAL + place] += constants.attitude_weight * attitude[place]
    for place in range(count):
        buffer[_READY + place] = readiness[place]
    for place in range(count):
        buffer[_HOME + place] = constants.home_charging_weight if home[place] else 0.0
    for place in range(count):
        buffer[_PLUG + place] = 1.0 if home[place] and car[place] <= 0 else 0.0
    if constants.choice == 0:
        familiarity = columns.familiarity[first:until]
        for place in range(count):
            buffer[_KNOWN + place] = familiarity[place]
    else:
        for place in range(count):
            buffer[_KNOWN + place] = 1.0
    if constants.choice == 2:
        # Whoever has adopted chooses among new-energy cars, the others buy none.
        adoption = columns.adoption[first:until]
        for place in range(count):
            buffer[_SHARE + place] = adoption[place]
    else:
        for place in range(count):
            buffer[_SHARE + place] = 1.0


@part
def _choose(
    constants: CarConstants,
    terms: CarTerms,
    month: CarMonth,
    rates: Array,
    buffer: Array,
    hopeful: bool,
) -> None:
    """Probabilities of the new-energy powertrains, plainly and on each way to a new car."""
    amounts, base = terms.amounts, constants.constant
    points = max(month.points_per_car, np.finfo(np.float64).tiny)
    hybrid = base[1] - base[0]
    electric = (
        (base[2] - base[0])
        + constants.range_weight * np.log(month.range_km / constants.reference_range)
        + constants.public_charging_weight * np.log(points / constants.reference_points)
    )
    # Costs against a combustion engine, and what is less in the countryside.
    none = amounts[PRICE, 0] + amounts[TAX, 0] + constants.running_cost[0] - rates[ANY_MONEY, 0]
    cost_h = amounts[PRICE, 1] + amounts[TAX, 1] + constants.running_cost[1] - rates[ANY_MONEY, 1]
    cost_e = amounts[PRICE, 2] + amounts[TAX, 2] + constants.running_cost[2] - rates[ANY_MONEY, 2]
    cost_h, cost_e = (cost_h - none) / YUAN_PER_PRICE_UNIT, (cost_e - none) / YUAN_PER_PRICE_UNIT
    rural_h = (rates[RURAL_MONEY, 1] - rates[RURAL_MONEY, 0]) / YUAN_PER_PRICE_UNIT
    rural_e = (rates[RURAL_MONEY, 2] - rates[RURAL_MONEY, 0]) / YUAN_PER_PRICE_UNIT
    for place in range(CHUNK):
        felt, social = buffer[_FELT + place], buffer[_SOCIAL + place]
        rural, known = buffer[_RURAL + place], buffer[_KNOWN + place]
        utility = hybrid + felt * (cost_h - rural * rural_h) + social
        buffer[_H + place] = known * exponential(utility)
        utility = electric + felt * (cost_e - rural * rural_e) + social + buffer[_HOME + place]
        buffer[_E + place] = known * exponential(utility)
    familiar = 0.0 if constants.choice == 2 else 1.0
    if hopeful:
        hoped, hoped_h, hoped_e = rates[HOPED, 0], rates[HOPED, 1], rates[HOPED, 2]
        on_h = (rates[HOPED_ON, 1] - rates[HOPED_ON, 0]) / YUAN_PER_PRICE_UNIT
        on_e = (rates[HOPED_ON, 2] - rates[HOPED_ON, 0]) / YUAN_PER_PRICE_UNIT
        for place in range(CHUNK):
            felt = buffer[_FELT + place]
            felt_left = felt / YUAN_PER_PRICE_UNIT
            engine = buffer[_ENTITLED + place] * hoped
            h = buffer[_H + place] * exponential(
                felt_left * (engine - buffer[_ENTITLED_H + place] * hoped_h)
            )
            e = buffer[_E + place] * exponential(
                felt_left * (engine - buffer[_ENTITLED_E + place] * hoped_e)
            )
            per_odds = buffer[_SHARE + place] / (familiar + h + e)
            buffer[_LEFT_H + place] = h * per_odds
            buffer[_LEFT_E + place] = e * per_odds
        for place in range(CHUNK):
            felt_on = -buffer[_FELT + place] * buffer[_SELLS + place]
            h = buffer[_H + place] * exponential(felt_on * on_h)
            e = buffer[_E + place] * exponential(felt_on * on_e)
            per_odds = buffer[_SHARE + place] / (familiar + h + e)
            buffer[_MOVED_H + place] = h * per_odds
            buffer[_MOVED_E + place] = e * per_odds
    for place in range(CHUNK):
        h, e = buffer[_H + place], buffer[_E + place]
        per_odds = buffer[_SHARE + place] / (familiar + h + e)
        buffer[_H + place] = h * per_odds
        buffer[_E + place] = e * per_odds
    if not hopeful:
        for place in range(CHUNK):
            buffer[_LEFT_H + place] = buffer[_MOVED_H + place] = buffer[_H + place]
        for place in range(CHUNK):
            buffer[_LEFT_E + place] = buffer[_MOVED_E + place] = buffer[_E + place]


@part
def _answer(constants: CarConstants, rates: Array, buffer: Array, hurried: bool) -> None:
    """Factors on leaving by what is offered, and by what is lost after its announced end."""
    hoped, hoped_h, hoped_e = rates[HOPED, 0], rates[HOPED, 1], rates[HOPED, 2]
    on, on_h, on_e = rates[HOPED_ON, 0], rates[HOPED_ON, 1], rates[HOPED_ON, 2]
    rural, rural_h, rural_e = rates[RURAL_MONEY, 0], rates[RURAL_MONEY, 1], rates[RURAL_MONEY, 2]
    other, other_h, other_e = rates[ANY_MONEY, 0], rates[ANY_MONEY, 1], rates[ANY_MONEY, 2]
    response = constants.scrappage_response / YUAN_PER_PRICE_UNIT
    response_first = constants.first_response / YUAN_PER_PRICE_UNIT
    response_more = constants.transfer_response / YUAN_PER_PRICE_UNIT - response_first
    for place in range(CHUNK):
        h, e, outside = buffer[_LEFT_H + place], buffer[_LEFT_E + place], buffer[_RURAL + place]
        engine = 1.0 - h - e
        money = (
            engine * (buffer[_ENTITLED + place] * hoped + other + outside * rural)
            + h * (buffer[_ENTITLED_H + place] * hoped_h + other_h + outside * rural_h)
            + e * (buffer[_ENTITLED_E + place] * hoped_e + other_e + outside * rural_e)
        )
        buffer[_ANSWER_LEFT + place] = exponential(response * money)
    for place in range(CHUNK):
        h, e, outside = buffer[_MOVED_H + place], buffer[_MOVED_E + place], buffer[_RURAL + place]
        engine, sells = 1.0 - h - e, buffer[_SELLS + place]
        money = (
            engine * (sells * on + other + outside * rural)
            + h * (sells * on_h + other_h + outside * rural_h)
            + e * (sells * on_e + other_e + outside * rural_e)
        )
        answer = response_first + buffer[_OWNS + place] * response_more
        buffer[_ANSWER_MOVED + place] = exponential(answer * money)
    if not hurried:
        for place in range(CHUNK):
            buffer[_HURRY_LEFT + place] = buffer[_HURRY_MOVED + place] = 1.0
        return
    lost, lost_h, lost_e = rates[LOST, 0], rates[LOST, 1], rates[LOST, 2]
    tax, tax_h, tax_e = rates[TAX_LOST, 0], rates[TAX_LOST, 1], rates[TAX_LOST, 2]
    for place in range(CHUNK):
        h, e = buffer[_LEFT_H + place], buffer[_LEFT_E + place]
        engine = 1.0 - h - e
        waiting = (
            engine * buffer[_ENTITLED + place] * lost
            + h * buffer[_ENTITLED_H + place] * lost_h
            + e * buffer[_ENTITLED_E + place] * lost_e
        )
        taxed = engine * tax + h * tax_h + e * tax_e
        buffer[_HURRY_LEFT + place] = exponential(max(waiting, 0.0) + max(taxed, 0.0))
    lost, lost_h, lost_e = rates[LOST_ON, 0], rates[LOST_ON, 1], rates[LOST_ON, 2]
    for place in range(CHUNK):
        h, e = buffer[_MOVED_H + place], buffer[_MOVED_E + place]
        engine = 1.0 - h - e
        waiting = buffer[_SELLS + place] * (engine * lost + h * lost_h + e * lost_e)
        taxed = engine * tax + h * tax_h + e * tax_e
        buffer[_HURRY_MOVED + place] = exponential(max(waiting, 0.0) + max(taxed, 0.0))


@part
def _leave(constants: CarConstants, buffer: Array, moved: bool) -> None:
    """Hazards of the month out of natural hazards, answers and readiness."""
    lead, additional = constants.lead, constants.additional_share
    tiny = np.finfo(np.float64).tiny
    if not moved:
        kept = (1.0 - exponential(-1.0 / lead)) * lead
        for place in range(CHUNK):
            left, sold = buffer[_NATURAL_LEFT + place], buffer[_NATURAL_MOVED + place]
            mean = 1.0 + (buffer[_READY + place] - 1.0) * kept
            hazard = min(1.0, left * mean)
            refill = (1.0 - mean) / lead
            total = left + sold
            part_left = left / max(total, tiny)
            buffer[_LEFT + place] = hazard
            buffer[_MOVED + place] = (1.0 - hazard) * min(1.0, sold * mean)
            buffer[_REFILL_LEFT + place] = part_left * refill
            # Whose car cannot go comes back to the natural readiness too.
            buffer[_REFILL_MOVED + place] = (1.0 - part_left) * refill
        return
    for place in range(CHUNK):
        left, sold = buffer[_NATURAL_LEFT + place], buffer[_NATURAL_MOVED + place]
        total = left + sold
        idle = 1.0 if total <= 0.0 else 0.0
        part_left, part_sold = left / max(total, tiny), sold / max(total, tiny)
        answer, answer_other = buffer[_ANSWER_LEFT + place], buffer[_ANSWER_MOVED + place]
        out = answer * buffer[_HURRY_LEFT + place]
        out_other = answer_other * buffer[_HURRY_MOVED + place]
        into = 1.0 + additional * (answer - 1.0)
        into_other = 1.0 + additional * (answer_other - 1.0)
        leaving = idle + part_left * out + part_sold * out_other
        level = (idle + part_left * into + part_sold * into_other) / leaving
        pace = leaving / lead
        gone = (1.0 - exponential(-pace)) / pace
        mean = level + (buffer[_READY + place] - level) * gone
        hazard = min(1.0, left * (out * mean))
        buffer[_LEFT + place] = hazard
        buffer[_MOVED + place] = (1.0 - hazard) * min(1.0, sold * (out_other * mean))
        buffer[_REFILL_LEFT + place] = part_left * (into - out * mean) / lead
        buffer[_REFILL_MOVED + place] = (
            part_sold * (into_other - out_other * mean) + idle * (1.0 - mean)
        ) / lead


@part
def _keep(work: CarWork, idea: int, buffer: Array, first: int, until: int) -> None:
    """Write a chunk's decisions down."""
    count = until - first
    out = work.decided[idea, LEFT, first:until]
    for place in range(count):
        out[place] = buffer[_LEFT + place]
    out = work.decided[idea, MOVED, first:until]
    for place in range(count):
        out[place] = buffer[_MOVED + place]
    out = work.decided[idea, LEFT_HYBRID, first:until]
    for place in range(count):
        out[place] = buffer[_LEFT_H + place]
    out = work.decided[idea, LEFT_ELECTRIC, first:until]
    for place in range(count):
        out[place] = buffer[_LEFT_E + place]
    out = work.decided[idea, MOVED_HYBRID, first:until]
    for place in range(count):
        out[place] = buffer[_MOVED_H + place]
    out = work.decided[idea, MOVED_ELECTRIC, first:until]
    for place in range(count):
        out[place] = buffer[_MOVED_E + place]
    out = work.decided[idea, REFILL_LEFT, first:until]
    for place in range(count):
        out[place] = buffer[_REFILL_LEFT + place]
    out = work.decided[idea, REFILL_MOVED, first:until]
    for place in range(count):
        out[place] = buffer[_REFILL_MOVED + place]


# -- sums -------------------------------------------------------------------------------------
@part
def _sum(buffer: Array, slot: int) -> float:
    """Sum of a chunk, in an order that does not depend on the processor."""
    chunk = buffer[slot : slot + SLOT]
    for place in range(_QUARTER):
        chunk[place] = (chunk[place] + chunk[_QUARTER + place]) + (
            chunk[2 * _QUARTER + place] + chunk[3 * _QUARTER + place]
        )
    total = 0.0
    for place in range(_PART):
        total += (chunk[place] + chunk[_PART + place]) + (
            chunk[2 * _PART + place] + chunk[3 * _PART + place]
        )
    return total


@part
def _add_up(
    work: CarWork, constants: CarConstants, buffer: Array, sums: Array, first: int, until: int
) -> None:
    """Add up cars bought and scrapped, and first plugs."""
    for place in range(CHUNK):
        weight = buffer[_WEIGHT + place]
        left, moved = weight * buffer[_LEFT + place], weight * buffer[_MOVED + place]
        left_h, left_e = left * buffer[_LEFT_H + place], left * buffer[_LEFT_E + place]
        moved_h, moved_e = moved * buffer[_MOVED_H + place], moved * buffer[_MOVED_E + place]
        slot = _SUMS + place
        buffer[slot + BY_SCRAPPERS * SLOT] = left
        buffer[slot + (BY_SCRAPPERS + 1) * SLOT] = left_h
        buffer[slot + (BY_SCRAPPERS + 2) * SLOT] = left_e
        buffer[slot + BY_OTHERS * SLOT] = moved
        buffer[slot + (BY_OTHERS + 1) * SLOT] = moved_h
        buffer[slot + (BY_OTHERS + 2) * SLOT] = moved_e
        buffer[slot + PLUGS * SLOT] = buffer[_PLUG + place] * (
            constants.replacement_share * (left_h + left_e) + (moved_h + moved_e)
        )
    cells = work.cell[first:until]
    by_cell = sums[CELLS:]
    for place in range(until - first):
        by_cell[cells[place]] += buffer[_SUMS + BY_SCRAPPERS * SLOT + place]
    for place in range(PLUGS + 1):
        sums[place] += _sum(buffer, _SUMS + place * SLOT)


@part
def _wear_out(buffer: Array, sums: Array) -> None:
    """Add up how owners choose, by the cars that wear out, and how anybody would."""
    for place in range(CHUNK):
        worn = buffer[_WEIGHT + place] * buffer[_NATURAL_LEFT + place]
        slot = _SUMS + LIKE_WORN * SLOT + place
        buffer[slot] = worn
        buffer[slot + SLOT] = worn * buffer[_H + place]
        buffer[slot + 2 * SLOT] = worn * buffer[_E + place]
        slot = _SUMS + LIKE_FIRST * SLOT + place
        buffer[slot] = buffer[_WEIGHT + place]
        buffer[slot + SLOT] = buffer[_WEIGHT + place] * buffer[_MOVED_H + place]
        buffer[slot + 2 * SLOT] = buffer[_WEIGHT + place] * buffer[_MOVED_E + place]
    for place in range(3):
        sums[LIKE_WORN + place] += _sum(buffer, _SUMS + (LIKE_WORN + place) * SLOT)
        sums[LIKE_FIRST + place] += _sum(buffer, _SUMS + (LIKE_FIRST + place) * SLOT)


@part
def _claim(constants: CarConstants, rates: Array, buffer: Array, sums: Array) -> None:
    """Add up what is claimed."""
    paid, paid_h, paid_e = rates[PAID, 0], rates[PAID, 1], rates[PAID, 2]
    paused, paused_h, paused_e = rates[PAUSED, 0], rates[PAUSED, 1], rates[PAUSED, 2]
    for place in range(CHUNK):
        left = buffer[_WEIGHT + place] * buffer[_LEFT + place] * constants.replacement_share
        h, e = buffer[_LEFT_H + place], buffer[_LEFT_E + place]
        engine = left * (1.0 - h - e) * buffer[_ENTITLED + place]
        h = left * h * buffer[_ENTITLED_H + place]
        e = left * e * buffer[_ENTITLED_E + place]
        slot = _SUMS + place
        buffer[slot + CLAIMED_LEFT * SLOT] = engine * paid + h * paid_h + e * paid_e
        buffer[slot + PAUSED_LEFT * SLOT] = engine * paused + h * paused_h + e * paused_e
        buffer[slot + COUNTED_LEFT * SLOT] = engine + h + e
    paid, paid_h, paid_e = rates[PAID_ON, 0], rates[PAID_ON, 1], rates[PAID_ON, 2]
    paused, paused_h, paused_e = rates[PAUSED_ON, 0], rates[PAUSED_ON, 1], rates[PAUSED_ON, 2]
    count, count_h, count_e = rates[COUNT_ON, 0], rates[COUNT_ON, 1], rates[COUNT_ON, 2]
    for place in range(CHUNK):
        moved = buffer[_WEIGHT + place] * buffer[_MOVED + place] * buffer[_SELLS + place]
        h, e = buffer[_MOVED_H + place], buffer[_MOVED_E + place]
        engine = moved * (1.0 - h - e)
        h, e = moved * h, moved * e
        slot = _SUMS + place
        buffer[slot + CLAIMED_MOVED * SLOT] = engine * paid + h * paid_h + e * paid_e
        buffer[slot + PAUSED_MOVED * SLOT] = engine * paused + h * paused_h + e * paused_e
        buffer[slot + COUNTED_MOVED * SLOT] = engine * count + h * count_h + e * count_e
    for place in range(CLAIMED_LEFT, LIKE_FIRST):
        sums[place] += _sum(buffer, _SUMS + place * SLOT)


@part
def _total(work: CarWork, idea: int) -> None:
    """Add up the blocks, one after the other."""
    total, blocks = work.sums[idea], work.partial.shape[0]
    for place in range(total.shape[0]):
        total[place] = 0.0
        for block in range(blocks):
            total[place] += work.partial[block, place]


@part
def _mix(
    columns: CarColumns,
    work: CarWork,
    constants: CarConstants,
    terms: CarTerms,
    month: CarMonth,
    ideas: NDArray[np.int64],
    shares: Array,
) -> None:
    """Sums, by block, of one decision out of several that hold for parts of the month.

    Parameters
    ----------
    columns, work, constants, terms, month
        The market.
    ideas
        Places of the decisions, the usual one first, shape (k,).
    shares
        Share of the month for which each holds as far as scrapping goes, and selling on, shape
        (2, k); add up to 1.
    """
    buffer = np.ones(_BUFFER)
    for block in range(work.partial.shape[0]):
        sums = work.partial[block]
        sums[:] = 0.0
        last = min((block + 1) * BLOCK, columns.car.shape[0])
        for first in range(block * BLOCK, last, CHUNK):
            until = min(first + CHUNK, last)
            _recall_mixed(
                columns, work, constants, terms, month, ideas, shares, buffer, first, until
            )
            for place in range(until - first):
                row = first + place
                car, cell = columns.car[row], work.cell[row]
                buffer[_PLUG + place] = 1.0 if columns.home_charging[row] and car <= 0 else 0.0
                buffer[_WEIGHT + place] = _weight(columns, row) * work.factor[cell]
            for place in range(until - first, CHUNK):
                buffer[_WEIGHT + place] = 0.0
            _add_up(work, constants, buffer, sums, first, until)


@part
def _flow(
    work: CarWork,
    constants: CarConstants,
    terms: CarTerms,
    idea: int,
    served: Array,
    received: Array,
    bought: Array,
    scrapped: Array,
    factor: Array,
) -> float:
    """Flows of the month out of the sums of a decision; private charging points ordered.

    Cars in cells that no household of the sample owns leave at the natural hazard, and are
    replaced as owners of worn-out cars choose without an offer. ``factor`` is what the rows' new
    cars are multiplied by to add up to those bought, shape (3,).
    """
    total, usual = work.sums[idea], work.sums[0]
    powertrains, ages = scrapped.shape
    unsampled = 0.0
    for cell in range(powertrains * ages):
        more = work.empty[cell] * constants.natural[(cell % ages) * MONTHS_PER_YEAR]
        unsampled += more
        scrapped[cell // ages, cell % ages] += total[CELLS + cell] + more
    everybody, hybrid, electric = usual[LIKE_WORN], usual[LIKE_WORN + 1], usual[LIKE_WORN + 2]
    if unsampled > 0.0 and everybody <= 0.0:
        # Nobody of the sample has a car that counts: all choose as for their first.
        everybody, hybrid = usual[LIKE_FIRST], usual[LIKE_FIRST + 1]
        electric = usual[LIKE_FIRST + 2]
    for new in range(powertrains):
        left, moved = total[BY_SCRAPPERS + new], total[BY_OTHERS + new]
        chosen = hybrid if new == 1 else electric
        if new == 0:
            left -= total[BY_SCRAPPERS + 1] + total[BY_SCRAPPERS + 2]
            moved -= total[BY_OTHERS + 1] + total[BY_OTHERS + 2]
            chosen = everybody - hybrid - electric
        by_sample = constants.replacement_share * left + moved
        bought[new] = by_sample
        if unsampled > 0.0 and everybody > 0.0:
            bought[new] += constants.replacement_share * unsampled * chosen / everybody
        factor[new] = bought[new] / by_sample if by_sample > 0.0 else 0.0
    # What is booked comes out of totals, what is received out of rows.
    received[:] = 0.0
    received[1, 0] = served[0] * usual[CLAIMED_LEFT]
    received[1, 1] = served[1] * usual[CLAIMED_MOVED]
    for new in range(3):
        if factor[new] > 0.0:
            received[1, 3] += bought[new] * constants.loan_share * terms.amounts[LOAN, new]
            received[1, 2 + 2] += bought[new] * terms.amounts[TAX_RELIEF, new]
    return float(constants.charger_share * total[PLUGS])


# -- what remains -----------------------------------------------------------------------------
@kernel
def close_market(
    columns_of: Fields,
    work_of: Fields,
    constants_of: Fields,
    terms_of: Fields,
    month_of: Fields,
    idea: int,
    held: NDArray[np.int64],
    shares: Array,
    served: Array,
    adopted: float,
    keys: NDArray[np.uint64],
    money: Array,
    places: NDArray[np.int64],
    subsidies: Array,
    received: Array,
    bought: Array,
    scrapped: Array,
    factor: Array,
    changes: NDArray[np.int32],
    count: int,
    since: int,
    until: int,
    first_block: int,
    last_block: int,
) -> tuple[float, NDArray[np.int32], int]:
    """Write flows, pay each row what it is due, and draw what each household owns afterwards.

    Parameters
    ----------
    columns_of, work_of, constants_of, terms_of, month_of
        The market.
    idea
        Place of the sums of the decision that holds.
    held, shares
        Ideas that it is mixed of, and the share of the month of each, as for :func:`_mix`.
    served
        Share of what is claimed for scrapping, and for selling on, that is paid at once.
    adopted
        Mean of adoption.
    keys
        Of the draws that decide on leaving, buying, the powertrain, a used car, and which one.
    money
        Yuan received by programme and group, added to, shape (programmes, districts, 2, income
        groups).
    places
        Programmes of scrappage, selling on, campaign, loans and tax relief, shape (5,).
    subsidies
        Yuan received of all programmes but the tax relief, shape (n,).
    received
        Filled: yuan of all households by programme, in the order of ``places``, and what is booked
        of them, shape (2, 5).
    bought
        Filled: new cars by powertrain, shape (3,).
    scrapped
        Added to: cars scrapped by powertrain and age.

    factor
        Filled: what the rows' new cars are multiplied by to add up to those bought, shape (3,).
    changes, count
        Whose car changes, as found so far, shape (room, 4), and how many.
    since, until
        First and last step that is taken, of :data:`COUNT` to :data:`CHANGE`. Paying may be shared
        out by blocks of rows; what all parts have found changes in their order.
    first_block, last_block
        Blocks of rows, the last one not included.

    Returns
    -------
    tuple
        Private charging points ordered; whose car changes, and how many.
    """
    columns = CarColumns(*columns_of)
    work = CarWork(*work_of)
    constants = CarConstants(*constants_of)
    terms = CarTerms(*terms_of)
    month = CarMonth(*month_of)
    orders = 0.0
    if since <= COUNT:
        orders = _flow(work, constants, terms, idea, served, received, bought, scrapped, factor)
    if since <= PAY <= until:
        changes, count = _close_blocks(
            columns, work, constants, terms, month, held, shares, served, adopted, keys, subsidies,
            factor, changes, count, first_block, last_block,
        )  # fmt: skip
    if since <= BUY_USED <= until:
        changes, count = _buy_used(columns, work, month.month, keys, received, changes, count)
        _add_by_group(work, received, money, places)
    if until >= CHANGE:
        _change(columns, changes, count)
    return orders, changes, count


@part
def _close_blocks(
    columns: CarColumns,
    work: CarWork,
    constants: CarConstants,
    terms: CarTerms,
    month: CarMonth,
    held: NDArray[np.int64],
    shares: Array,
    served: Array,
    adopted: float,
    keys: NDArray[np.uint64],
    subsidies: Array,
    factor: Array,
    changes: NDArray[np.int32],
    count: int,
    first_block: int,
    last_block: int,
) -> tuple[NDArray[np.int32], int]:
    """Pay, learn and draw new cars in some blocks."""
    length = blocks_in_stretch(work.partial.shape[0], work.by_group.shape[0])
    buffer = np.ones(_BUFFER)
    pays, plain = served[0] > 0.0 or served[1] > 0.0, held.shape[0] == 1
    for block in range(first_block, last_block):
        last = min((block + 1) * BLOCK, columns.car.shape[0])
        received, money = work.received[block], work.by_group[block // length]
        received[:] = 0.0
        if block % length == 0:
            money[:] = 0.0
        sought = 0.0
        for first in range(block * BLOCK, last, CHUNK):
            until = min(first + CHUNK, last)
            if pays and not (plain and held[0] == 0):
                _recall(columns, work, constants, terms, month, 0, buffer, first, until)
                _pay_all_claims(columns, work, constants, served, buffer, money, subsidies,
                                received, first, until)  # fmt: skip
            if plain:
                _recall(columns, work, constants, terms, month, held[0], buffer, first, until)
            else:
                _recall_mixed(
                    columns, work, constants, terms, month, held, shares, buffer, first, until
                )
            if pays and plain and held[0] == 0:
                _pay_all_claims(columns, work, constants, served, buffer, money, subsidies,
                                received, first, until)  # fmt: skip
            changes = _room(changes, count)
            count, more = _draw_new_cars(columns, work, constants, month.month, keys, buffer,
                                         changes, count, first, until)  # fmt: skip
            sought += more
            _sell_on(columns, work, buffer, first, until)
            _pay_for_cars(columns, work, constants, terms, factor, buffer, money, subsidies,
                          received, first, until)  # fmt: skip
        work.sought[block] = sought
        _learn(columns, work, constants, adopted, block * BLOCK, last)
    return changes, count


@part
def _buy_used(
    columns: CarColumns,
    work: CarWork,
    month: int,
    keys: NDArray[np.uint64],
    received: Array,
    changes: NDArray[np.int32],
    count: int,
) -> tuple[NDArray[np.int32], int]:
    """Add up what rows have received, and draw who has a used car."""
    demand = supply = 0.0
    for block in range(work.sought.shape[0]):
        demand += work.sought[block]
        for programme in range(received.shape[1]):
            received[0, programme] += work.received[block, programme]
    # Of the campaign in the countryside no total is known beforehand.
    received[1, 2] = received[0, 2]
    for group in range(work.sold_on.shape[0]):
        supply += work.sold_on[group]
        work.sold_on[group] = supply
    if supply > 0.0 and demand > 0.0:
        return _draw_used_cars(columns, work, month, keys, changes, count, supply / demand)
    return changes, count


@kernel
def blocks_in_stretch(blocks: int, stretches: int) -> int:
    """Blocks of which each stretch of them has as many, but for the last one."""
    return -(-blocks // stretches)


@part
def _add_by_group(work: CarWork, received: Array, money: Array, places: NDArray[np.int64]) -> None:
    """Add up what groups have received under programmes that have paid anything."""
    blocks, stretches = work.partial.shape[0], work.by_group.shape[0]
    used = -(-blocks // blocks_in_stretch(blocks, stretches))
    for programme in range(places.shape[0]):
        if received[0, programme] != 0.0:
            total = money[places[programme]].reshape(-1)
            for stretch in range(used):
                more = work.by_group[stretch, programme].reshape(-1)
                for group in range(total.shape[0]):
                    total[group] += more[group]


@part
def _change(columns: CarColumns, changes: NDArray[np.int32], count: int) -> None:
    """Give their cars to those who have others."""
    for place in range(count):
        row, car, since = changes[place, 0], changes[place, 1], changes[place, 3]
        if car != columns.car[row] or since != columns.owned_since[row]:
            # Who has another car, or has none any more, is as ready as anybody.
            columns.readiness[row] = 1.0
        columns.car[row] = car
        columns.registered[row] = changes[place, 2]
        columns.owned_since[row] = since


@part
def _room(changes: NDArray[np.int32], count: int) -> NDArray[np.int32]:
    """The same changes with room for those of another chunk of rows."""
    if count + CHUNK <= changes.shape[0]:
        return changes
    more = np.empty((2 * changes.shape[0], changes.shape[1]), dtype=np.int32)
    more[:count] = changes[:count]
    return more


@part
def _sell_on(columns: CarColumns, work: CarWork, buffer: Array, first: int, until: int) -> None:
    """Cars that are sold on, by group of rows, and the hazard of it."""
    cars, number = columns.car[first:until], columns.strata.number[first:until]
    cells, moved = work.cell[first:until], work.moved[first:until]
    weight = columns.strata.weight
    for start in range(0, until - first, GROUP):
        sold = 0.0
        for place in range(start, min(start + GROUP, until - first)):
            moved[place] = buffer[_MOVED + place]
            hazard = np.float64(moved[place])
            if cars[place] >= 0:
                sold += weight[number[place]] * work.factor[cells[place]] * hazard
        work.sold_on[(first + start) // GROUP] = sold


@part
def _pay_for_cars(
    columns: CarColumns,
    work: CarWork,
    constants: CarConstants,
    terms: CarTerms,
    factor: Array,
    buffer: Array,
    money: Array,
    subsidies: Array,
    received: Array,
    first: int,
    until: int,
) -> None:
    """Pay what every new car earns, relieve tax, and fill readiness up.

    Hazards and probabilities in ``buffer`` are used up.
    """
    count, amounts, replaced = until - first, terms.amounts, constants.replacement_share
    cells, strata = work.cell[first:until], columns.strata
    readiness = columns.readiness[first:until]
    for place in range(count):
        readiness[place] += buffer[_REFILL_LEFT + place] + buffer[_REFILL_MOVED + place]
    for place in range(count):
        buffer[_WEIGHT + place] = work.factor[cells[place]]
    # New cars of a household of the row: all, hybrid, electric.
    for place in range(count):
        buffer[_LEFT + place] *= replaced
    for place in range(count):
        buffer[_LEFT_H + place] *= buffer[_LEFT + place]
    for place in range(count):
        buffer[_LEFT_E + place] *= buffer[_LEFT + place]
    for place in range(count):
        buffer[_MOVED_H + place] *= buffer[_MOVED + place]
    for place in range(count):
        buffer[_MOVED_E + place] *= buffer[_MOVED + place]
    for programme in range(2, received.shape[0]):
        rates, part_ = LOAN, constants.loan_share
        if programme == 2:
            rates, part_ = COUNTRYSIDE, constants.countryside_share
        if programme == 2 + 2:
            rates, part_ = TAX_RELIEF, 1.0
        engine = part_ * factor[0] * amounts[rates, 0]
        hybrid = part_ * factor[1] * amounts[rates, 1]
        electric = part_ * factor[2] * amounts[rates, 2]
        if engine == 0.0 and hybrid == 0.0 and electric == 0.0:
            continue
        for place in range(CHUNK):
            h = buffer[_LEFT_H + place] + buffer[_MOVED_H + place]
            e = buffer[_LEFT_E + place] + buffer[_MOVED_E + place]
            new = buffer[_LEFT + place] + buffer[_MOVED + place] - h - e
            each = new * engine + h * hybrid + e * electric
            buffer[_SUMS + place] = buffer[_WEIGHT + place] * each
        if programme == 2:
            number = strata.number[first:until]
            for place in range(count):
                if strata.urban[number[place]] == 1:
                    buffer[_SUMS + place] = 0.0
        _hand_out(columns, buffer, money[programme], subsidies, received, programme,
                  programme != 2 + 2, first, until)  # fmt: skip


@part
def _pay_all_claims(
    columns: CarColumns,
    work: CarWork,
    constants: CarConstants,
    served: Array,
    buffer: Array,
    money: Array,
    subsidies: Array,
    received: Array,
    first: int,
    until: int,
) -> None:
    """Pay claims that are served at once."""
    for way in range(2):
        if served[way] > 0.0:
            _pay_claims(columns, work, constants, way, served[way], buffer, money[way], subsidies,
                        received, first, until)  # fmt: skip


@part
def _pay_claims(
    columns: CarColumns,
    work: CarWork,
    constants: CarConstants,
    way: int,
    served: float,
    buffer: Array,
    money: Array,
    subsidies: Array,
    received: Array,
    first: int,
    until: int,
) -> None:
    """Pay claims for scrapping (way 0) or for selling on (1) that are served at once."""
    count, kinds = until - first, work.kind[first:until]
    entitled, rates = work.entitled[0], work.rates[0, PAID]
    left, hybrid, electric = _LEFT, _LEFT_H, _LEFT_E
    if way == 1:
        left, hybrid, electric, rates = _MOVED, _MOVED_H, _MOVED_E, work.rates[0, PAID_ON]
    cells = work.cell[first:until]
    yuan, yuan_h, yuan_e = served * rates[0], served * rates[1], served * rates[2]
    for place in range(count):
        kind, h, e = int(kinds[place]), buffer[hybrid + place], buffer[electric + place]
        if way == 0:
            each = constants.replacement_share * (
                (1.0 - h - e) * entitled[kind, 0] * yuan
                + h * entitled[kind, 1] * yuan_h
                + e * entitled[kind, 2] * yuan_e
            )
        else:
            each = ((kind >> 1) & 1) * ((1.0 - h - e) * yuan + h * yuan_h + e * yuan_e)
        buffer[_SUMS + place] = work.factor[cells[place]] * buffer[left + place] * each
    _hand_out(columns, buffer, money, subsidies, received, way, True, first,
              until)  # fmt: skip


@part
def _hand_out(
    columns: CarColumns,
    buffer: Array,
    money: Array,
    subsidies: Array,
    received: Array,
    programme: int,
    subsidy: bool,
    first: int,
    until: int,
) -> None:
    """Give each row of a chunk what lies in the first slot of the sums."""
    count = until - first
    if subsidy:
        gets = subsidies[first:until]
        for place in range(count):
            gets[place] += buffer[_SUMS + place]
    number, weight = columns.strata.number[first:until], columns.strata.weight
    for place in range(count):
        buffer[_SUMS + place] *= weight[number[place]]
    for place in range(count, CHUNK):
        buffer[_SUMS + place] = 0.0
    add_to_groups(_groups(columns), buffer[_SUMS : _SUMS + CHUNK], first, count, money)
    received[programme] += _sum(buffer, _SUMS)


@part
def _groups(columns: CarColumns) -> Groups:
    return Groups(columns.strata, columns.income_group)


@part
def _weight(columns: CarColumns, row: int) -> float:
    """Households that a row stands for."""
    return float(columns.strata.weight[columns.strata.number[row]])


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
    familiarity, cars = columns.familiarity[first:last], work.peers_seen[0, first:last]
    new_energy = work.peers_seen[1, first:last]
    for place in range(last - first):
        known, share = familiarity[place], new_energy[place] / max(cars[place], 1)
        exposure = constants.marketing + constants.word_of_mouth * share
        known = known + exposure * (1.0 - known) - constants.forgetting * known
        familiarity[place] = min(max(known, 0.0), 1.0)
    if constants.choice == 2:
        adoption = columns.adoption[first:last]
        hazard = constants.innovation + constants.imitation * adopted
        for place in range(last - first):
            adoption[place] = min(1.0, adoption[place] + hazard * (1.0 - adoption[place]))


@part
def _draw_new_cars(
    columns: CarColumns,
    work: CarWork,
    constants: CarConstants,
    month: int,
    keys: NDArray[np.uint64],
    buffer: Array,
    changes: NDArray[np.int32],
    count: int,
    first: int,
    until: int,
) -> tuple[int, float]:
    """Note whose car goes, and who has a new one; and how many others may want a used one."""
    cars, cells = columns.car[first:until], work.cell[first:until]
    sought = 0.0
    leaving, factor = keys[0], work.factor
    for place in range(until - first):
        row = first + place
        draw = uniform(leaving, row)
        owns, moved = cars[place] >= 0, buffer[_MOVED + place]
        if draw >= buffer[_LEFT + place] + moved:
            sought += 0.0 if owns else _weight(columns, row) * factor[cells[place]] * moved
            continue
        scraps = owns and draw < buffer[_LEFT + place]
        hybrid, electric = buffer[_MOVED_H + place], buffer[_MOVED_E + place]
        if scraps:
            hybrid, electric = buffer[_LEFT_H + place], buffer[_LEFT_E + place]
        car, bought = -1, -1
        if not scraps or uniform(keys[1], row) < constants.replacement_share:
            choice = uniform(keys[2], row)
            car = int(choice > 1.0 - hybrid - electric) + int(choice > 1.0 - electric)
            bought = month
        changes[count, 0] = row
        changes[count, 1] = car
        changes[count, 2] = bought
        changes[count, 3] = bought
        count += 1
    return count, sought


@part
def _draw_used_cars(
    columns: CarColumns,
    work: CarWork,
    month: int,
    keys: NDArray[np.uint64],
    changes: NDArray[np.int32],
    count: int,
    supplied: float,
) -> tuple[NDArray[np.int32], int]:
    """Note who has a used car: as many as are sold on, and which is drawn.

    ``supplied`` is cars sold on for one first car that is sought.
    """
    rows, groups = columns.car.shape[0], work.sold_on.shape[0]
    supply = work.sold_on[groups - 1]
    for row in range(rows):
        moved = np.float64(work.moved[row])
        if columns.car[row] >= 0 or uniform(keys[3], row) >= moved * supplied:
            continue
        if uniform(keys[0], row) < moved:
            continue
        source = _seller(columns, work, uniform(keys[2 + 2], row) * supply, rows, groups)
        changes = _room(changes, count)
        changes[count, 0] = row
        changes[count, 1] = columns.car[source]
        changes[count, 2] = columns.registered[source]
        changes[count, 3] = month
        count += 1
    return changes, count


@part
def _seller(columns: CarColumns, work: CarWork, place: float, rows: int, groups: int) -> int:
    """Row of the car at a place in the line of all cars that are sold on."""
    group, beyond = 0, groups
    while group < beyond:
        middle = (group + beyond) // 2
        if work.sold_on[middle] > place:
            beyond = middle
        else:
            group = middle + 1
    passed = work.sold_on[group - 1] if group > 0 else 0.0
    for row in range(group * GROUP, rows):
        if columns.car[row] >= 0:
            weight = _weight(columns, row) * work.factor[work.cell[row]]
            passed += weight * work.moved[row]
        if passed > place:
            return row
    return rows - 1


@kernel
def claims_of_groups(
    columns_of: Fields,
    work_of: Fields,
    constants_of: Fields,
    terms_of: Fields,
    month_of: Fields,
    idea: int,
    way: int,
    rates: int,
    share: float,
    yuan: Array,
    cars: Array,
) -> None:
    """Add what each group claims under an idea of money, or how many cars it claims for.

    Parameters
    ----------
    columns_of, work_of, constants_of, terms_of, month_of
        The market.
    idea
        Place of the decision.
    way
        0 for scrapping, 1 for selling on.
    rates
        Row of ``work.rates`` of what is claimed.
    share
        By which cars are multiplied.
    yuan
        Added to: what is claimed, shape (districts, 2, income groups); or empty.
    cars
        Added to: subsidised cars by powertrain, shape (3, districts, 2, income groups); or empty.
    """
    columns = CarColumns(*columns_of)
    work = CarWork(*work_of)
    constants = CarConstants(*constants_of)
    terms = CarTerms(*terms_of)
    month = CarMonth(*month_of)
    claiming, counts = np.empty((KINDS, 3)), cars.shape[0] > 0
    _fill_claiming(constants.replacement_share, work.entitled[idea], way, claiming)
    for kind in range(KINDS):
        for new in range(3):
            if not counts:
                claiming[kind, new] *= work.rates[idea, rates, new]
            else:
                claiming[kind, new] *= share
                if way == 1:
                    claiming[kind, new] *= work.rates[idea, COUNT_ON, new]
    hazard, hybrid, electric = _LEFT, _LEFT_H, _LEFT_E
    if way == 1:
        hazard, hybrid, electric = _MOVED, _MOVED_H, _MOVED_E
    kinds, cells, factor = work.kind, work.cell, work.factor
    rows, buffer, groups = columns.car.shape[0], np.ones(_BUFFER), _groups(columns)
    for first in range(0, rows, CHUNK):
        until = min(first + CHUNK, rows)
        _recall(columns, work, constants, terms, month, idea, buffer, first, until)
        for place in range(until - first):
            row = first + place
            kind, h, e = int(kinds[row]), buffer[hybrid + place], buffer[electric + place]
            own = _weight(columns, row) * factor[cells[row]] * buffer[hazard + place]
            slot = _SUMS + place
            engine, h, e = (
                own * (1.0 - h - e) * claiming[kind, 0],
                own * h * claiming[kind, 1],
                own * e * claiming[kind, 2],
            )
            buffer[slot] = engine if counts else engine + h + e
            if counts:
                buffer[slot + SLOT], buffer[slot + 2 * SLOT] = h, e
        if counts:
            for new in range(3):
                slot = _SUMS + new * SLOT
                add_to_groups(groups, buffer[slot : slot + CHUNK], first, until - first, cars[new])
        else:
            add_to_groups(groups, buffer[_SUMS : _SUMS + CHUNK], first, until - first, yuan)


@part
def _fill_claiming(replaced: float, entitled: Array, way: int, claiming: Array) -> None:
    """Share of those who leave that may claim, by kind and new powertrain, shape (KINDS, 3)."""
    for kind in range(KINDS):
        for new in range(3):
            claiming[kind, new] = replaced * entitled[kind, new]
            if way == 1:
                claiming[kind, new] = (kind >> 1) & 1
