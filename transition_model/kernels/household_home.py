"""Electricity, gas and water row by row, against what is used at the tariffs of 2020."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from transition_model.compilation import kernel, part
from transition_model.kernels.draws import uniform
from transition_model.kernels.groups import RowStrata
from transition_model.kernels.row_runs import RowRuns, list_rows
from transition_model.policy.priced_amounts import Pieces, paid_for

type Array = NDArray[np.float64]

ELECTRICITY_TOTALS = ("used", "answered", "in dear hours", "due at first")
"""Use at the tariffs of 2020 and now, weighted; use in dear hours; the bill in 2020."""

CHUNK = 1 + np.iinfo(np.uint8).max
"""Rows that are worked out together, so that they stay close to the processor."""

_NEAR = 0.1 / 2.0
"""Change of a price up to which a power of it is worked out as a series."""


class Answer(NamedTuple):
    """How use answers a price.

    Attributes
    ----------
    elasticity
        Of use to the perceived price.
    series
        Binomial coefficients of the elasticity from the first one on.
    marginal_weight
        How much of the marginal price is perceived.
    """

    elasticity: float
    series: tuple[float, float, float, float, float, float, float, float]
    marginal_weight: float


class Prices(NamedTuple):
    """A tariff now and that of 2020.

    Attributes
    ----------
    starts, rises, starts_before, rises_before
        Use above which a price holds, and yuan by which it rises there, shape (tiers,).
    holds
        Whether there is a tariff now; without one every unit costs what it did on average.
    same
        Whether the tariff is that of 2020.
    """

    starts: Array
    rises: Array
    starts_before: Array
    rises_before: Array
    holds: bool
    same: bool


class Users(NamedTuple):
    """Columns of the households that say how much they use; class of income from the lowest."""

    habit: Array
    persons: NDArray[np.uint8]
    income_class: NDArray[np.uint16]
    strata: RowStrata


class Good(NamedTuple):
    """Units used at incomes of 2020 and a habit of 1 by persons, times a factor by class of income.

    Of electricity they are kWh a month, of gas and water units of the tariff's period.
    """

    of_size: Array
    of_income: Array


class Homes(NamedTuple):
    """Other columns of the households.

    Where no load by day is kept (0 rows), it is drawn with ``day_key``.
    """

    day_load: Array
    day_key: np.uint64
    time_of_use: Array
    home_charging: NDArray[np.bool_]
    car: NDArray[np.int8]
    low_income: NDArray[np.bool_]


class TimeOfUse(NamedTuple):
    """Time of use in a month.

    Attributes
    ----------
    offered
        Whether it can be chosen.
    away, at_home
        Yuan that a kWh costs more of who is away by day, and of who is at home.
    cheapest
        Yuan per kWh saved in the cheapest hour.
    charged
        kWh that the car of each powertrain charges at home in a month, shape (powertrains,).
    trouble, attention, binding_months
        Parameters of choosing it.
    dear_away, dear_at_home
        Share of the load in the dear hours.
    shift
        Share of that load that moves.
    months_per_year
        Months of a year.
    """

    offered: bool
    away: float
    at_home: float
    cheapest: float
    charged: Array
    trouble: float
    attention: float
    binding_months: float
    dear_away: float
    dear_at_home: float
    shift: float
    months_per_year: float


@kernel
def use_electricity(
    users: Users,
    good: Good,
    homes: Homes,
    answer: Answer,
    prices: Prices,
    free: Pieces,
    free_before: Pieces,
    time_of_use: TimeOfUse,
    income_factor: float,
    uniform_price: float,
    bounds: NDArray[np.int64],
    first: int,
    last: int,
    totals: Array,
) -> None:
    """Use of electricity in a month, row by row; who chooses time of use moves on.

    Parameters
    ----------
    users, good, homes
        Of the households; the choice of time of use is written.
    answer, prices
        How use answers, and what.
    free, free_before
        What low-income households do not pay, now and in 2020.
    time_of_use
        Of the month.
    income_factor
        Factor of the month's incomes on use.
    uniform_price
        Yuan per kWh if no tariff holds.
    bounds
        First row of every block, and the number of rows, shape (blocks + 1,).
    first, last
        Blocks from, and to (not included).
    totals
        As the first three of :data:`ELECTRICITY_TOTALS` say, written, shape (blocks, totals).
    """
    use, before, change = np.empty(CHUNK), np.empty(CHUNK), np.empty(CHUNK)
    saving, room, day_load = np.empty(CHUNK), np.empty(CHUNK), np.empty(CHUNK)
    for block in range(first, last):
        used, answered, dear = 0.0, 0.0, 0.0
        for start in range(bounds[block], bounds[block + 1], CHUNK):
            end = min(start + CHUNK, bounds[block + 1])
            count = end - start
            chosen = homes.time_of_use[start:end]
            _load_by_day(homes.day_load, homes.day_key, start, end, day_load)
            _scale(users, good, income_factor, start, end, use)
            _perceive(use, count, prices.starts_before, prices.rises_before, answer, before, room)
            if prices.same:
                change[:count] = 0.0
            elif prices.holds:
                _perceive(use, count, prices.starts, prices.rises, answer, change, room)
                _subtract(change, count, before)
            else:
                change[:count] = uniform_price
                _subtract(change, count, before)
            low_income = homes.low_income[start:end]
            for place in range(count):
                if low_income[place]:
                    published = paid_for(free_before, use[place]) / use[place]
                    change[place] += published - paid_for(free, use[place]) / use[place]
                    before[place] -= published
            room[:count] = chosen
            if time_of_use.offered:
                home_charging, car = homes.home_charging[start:end], homes.car[start:end]
                for place in range(count):
                    charged = time_of_use.charged[np.uint8(max(car[place], 0))]
                    charges = home_charging[place] and car[place] >= 0
                    saving[place] = charged * time_of_use.cheapest if charges else 0.0
                _choose(time_of_use, use, day_load, saving, change, chosen)
            else:
                chosen[:] = 0.0
            _answer(answer, count, before, change)
            number, weight = users.strata.number[start:end], users.strata.weight
            wider = time_of_use.dear_at_home - time_of_use.dear_away
            for place in range(count):
                weighted = weight[number[place]] * use[place]
                share = time_of_use.dear_away + day_load[place] * wider
                used += weighted
                answered += weighted * change[place]
                dear += weighted * share * (1.0 - time_of_use.shift * room[place])
        totals[block, 0] = used
        totals[block, 1] = answered
        totals[block, 2] = dear


@part
def _load_by_day(kept: Array, key: np.uint64, start: int, end: int, load: Array) -> None:
    """How much of the load of some rows is that of a home used by day."""
    if len(kept) > 0:
        for place in range(end - start):
            load[place] = kept[start + place]
        return
    for place in range(end - start):
        load[place] = uniform(key, start + place)


@part
def _scale(users: Users, good: Good, factor: float, start: int, end: int, scaled: Array) -> None:
    habit, persons = users.habit[start:end], users.persons[start:end]
    income_class = users.income_class[start:end]
    for place in range(end - start):
        use = habit[place] * good.of_size[persons[place]] * good.of_income[income_class[place]]
        scaled[place] = use * factor


@part
def _use(users: Users, good: Good, row: Any) -> float:
    """Units that a household uses at incomes of 2020."""
    size, income = good.of_size[users.persons[row]], good.of_income[users.income_class[row]]
    return float(users.habit[row] * size * income)


@part
def _weight(users: Users, row: Any) -> float:
    """Households that a row stands for."""
    return float(users.strata.weight[users.strata.number[row]])


@part
def _subtract(change: Array, count: int, before: Array) -> None:
    for place in range(count):
        change[place] -= before[place]


@part
def _perceive(
    use: Array, count: int, starts: Array, rises: Array, answer: Answer, price: Array, room: Array
) -> None:
    """Price that each household perceives, yuan a unit."""
    price[:count] = 0.0
    room[:count] = 0.0
    for tier in range(len(starts)):
        start, rise = starts[tier], rises[tier]
        for place in range(count):
            above = use[place] - start
            price[place] += rise * above if above > 0.0 else 0.0
            room[place] += rise if above > 0.0 else 0.0
    weight = answer.marginal_weight
    for place in range(count):
        average = price[place] / use[place]
        price[place] = average + weight * (room[place] - average)


@part
def _choose(
    month: TimeOfUse, use: Array, day_load: Array, saving: Array, change: Array, chosen: Array
) -> None:
    """What time of use costs, as chosen so far; :func:`.time_of_use.chosen_next`."""
    away, wider = month.away, month.at_home - month.away
    trouble = month.trouble / month.months_per_year
    attention, kept = month.attention, 1.0 / month.binding_months
    for place in range(len(chosen)):
        cost = away + day_load[place] * wider
        before = chosen[place]
        change[place] += before * cost
        saved = saving[place] - cost * use[place]
        rise = attention * (1.0 - before)
        chosen[place] = before + (rise if saved > trouble else -before * kept)


@part
def _answer(answer: Answer, count: int, before: Array, change: Array) -> None:
    """Turn changes of price into factors on use, most of them by a series."""
    c1, c2, c3, c4, c5, c6, c7, c8 = answer.series
    far = 0
    for place in range(count):
        relative = change[place] / before[place]
        far += int(not (abs(relative) <= _NEAR and before[place] > 0.0))
    if far > 0:
        for place in range(count):
            change[place] = _factor(change[place], before[place], answer)
        return
    for place in range(count):
        x = change[place] / before[place]
        high = c5 + x * (c6 + x * (c7 + x * c8))
        change[place] = 1.0 + x * (c1 + x * (c2 + x * (c3 + x * (c4 + x * high))))


@kernel
def use_of_good(
    runs: RowRuns,
    left_out: NDArray[np.bool_],
    users: Users,
    good: Good,
    answer: Answer,
    prices: Prices,
    income_factor: float,
    uniform_price: float,
    bounds: NDArray[np.int64],
    first: int,
    last: int,
    totals: Array,
) -> None:
    """Use of gas or water in a month by those who have the tariff.

    Parameters
    ----------
    runs
        Rows of those who have the tariff.
    left_out
        Rows that are left out all the same; none if it has no rows.
    users, good
        Of all households.
    answer, prices, income_factor, uniform_price, bounds, first, last
        As for :func:`use_electricity`.
    totals
        Use at the tariff of 2020 and use now, weighted, written, shape (blocks, 2).
    """
    bound = min(_first_bound(prices.starts), _first_bound(prices.starts_before))
    before = _first_price(prices.starts_before, prices.rises_before)
    now = _first_price(prices.starts, prices.rises) if prices.holds else uniform_price
    of_first_tier = _factor(now - before, before, answer)
    rows = np.empty(CHUNK, dtype=np.uint32)
    for block in range(first, last):
        used, answered = 0.0, 0.0
        for start in range(bounds[block], bounds[block + 1], CHUNK):
            end = min(start + CHUNK, bounds[block + 1])
            list_rows(runs, start, end, rows)
            for row in rows[: end - start]:
                if len(left_out) > 0 and left_out[row]:
                    continue
                amount = _use(users, good, row) * income_factor
                factor = of_first_tier
                if amount > bound:
                    before = _perceived(
                        amount, prices.starts_before, prices.rises_before, answer.marginal_weight
                    )
                    now = uniform_price
                    if prices.holds:
                        now = _perceived(
                            amount, prices.starts, prices.rises, answer.marginal_weight
                        )
                    factor = _factor(now - before, before, answer)
                weight = _weight(users, row)
                used += weight * amount
                answered += weight * amount * factor
        totals[block, 0] = used
        totals[block, 1] = answered


@kernel
def relieve(
    rows: NDArray[np.uint32],
    users: Users,
    good: Good,
    answer: Answer,
    prices: Prices,
    low_price: float,
    income_factor: float,
    uniform_price: float,
    part: float,
    totals: Array,
    received: Array,
) -> None:
    """Use of gas by low-income households with a price of their own, and the relief that it is.

    Parameters
    ----------
    rows
        Row numbers, shape (n,).
    users, good, answer, prices, income_factor, uniform_price
        As for :func:`use_of_good`.
    low_price
        Yuan a unit that they pay.
    part
        Of a year's relief that is paid in a month, to those who have gas.
    totals
        Use at the tariff of 2020, use now, and yuan of relief, weighted, written, shape (3,).
    received
        Yuan received, of all households, added to.
    """
    totals[:] = 0.0
    for row in rows:
        amount, weight = _use(users, good, row) * income_factor, _weight(users, row)
        average = uniform_price
        if prices.holds:
            average = _bill(amount, prices.starts, prices.rises) / amount
        before = _perceived(
            amount, prices.starts_before, prices.rises_before, answer.marginal_weight
        )
        relief = max(average - low_price, 0.0) * amount * part
        received[row] += relief
        totals[0] += weight * amount
        totals[1] += weight * amount * _factor(low_price - before, before, answer)
        totals[2] += weight * relief


@kernel
def give_free_electricity(
    rows: NDArray[np.uint32],
    users: Users,
    good: Good,
    free: Pieces,
    income_factor: float,
    received: Array,
) -> float:
    """Pay what low-income households get off their bill; yuan of all of them.

    Parameters
    ----------
    rows
        Row numbers of low-income households, shape (n,).
    users, good
        Of all households.
    free, income_factor
        As for :func:`use_electricity`.
    received
        Yuan received, of all households, added to.
    """
    total = 0.0
    for row in rows:
        yuan = paid_for(free, _use(users, good, row) * income_factor)
        received[row] += yuan
        total += _weight(users, row) * yuan
    return total


@kernel
def average_price(
    runs: RowRuns, users: Users, good: Good, prices: Prices, income_factor: float
) -> float:
    """Yuan a unit on average at the tariff of 2020, of the households of some rows."""
    due, used = 0.0, 0.0
    for run in range(len(runs.first)):
        first, length = runs.first[run], runs.place[run + 1] - runs.place[run]
        for row in range(first, first + length):
            amount, weight = _use(users, good, row) * income_factor, _weight(users, row)
            due += weight * _bill(amount, prices.starts_before, prices.rises_before)
            used += weight * amount
    return due / used


@part
def _bill(use: float, starts: Array, rises: Array) -> float:
    due = 0.0
    for tier in range(len(starts)):
        due += rises[tier] * max(use - starts[tier], 0.0)
    return due


@part
def _perceived(use: float, starts: Array, rises: Array, marginal_weight: float) -> float:
    """Price that a household perceives, yuan a unit."""
    due, marginal = 0.0, 0.0
    for tier in range(len(starts)):
        if use > starts[tier]:
            due += rises[tier] * (use - starts[tier])
            marginal += rises[tier]
    average = due / use
    return average + marginal_weight * (marginal - average)


@part
def _first_bound(starts: Array) -> float:
    bound = np.inf
    for start in starts:
        if start > 0.0:
            bound = min(bound, start)
    return bound


@part
def _first_price(starts: Array, rises: Array) -> float:
    price = 0.0
    for tier in range(len(starts)):
        if starts[tier] <= 0.0:
            price += rises[tier]
    return price


@part
def _factor(change: float, before: float, answer: Answer) -> float:
    """``((before + change) / before) ** elasticity``; 1 where a price is missing."""
    if not (before > 0.0 and before + change > 0.0):
        return 1.0
    relative = change / before
    if abs(relative) > _NEAR:
        return float((1.0 + relative) ** answer.elasticity)
    c1, c2, c3, c4, c5, c6, c7, c8 = answer.series
    high = c5 + relative * (c6 + relative * (c7 + relative * c8))
    high = c2 + relative * (c3 + relative * (c4 + relative * high))
    return 1.0 + relative * (c1 + relative * high)
