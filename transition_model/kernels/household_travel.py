"""Trips of the central urban area row by row."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transition_model.compilation import kernel, part
from transition_model.kernels.exponential import exponential
from transition_model.kernels.groups import RowStrata
from transition_model.kernels.row_runs import RowRuns, list_rows

type Array = NDArray[np.float64]

TOTALS = ("green", "driven", "received")
"""Weighted share of green trips, change of the distance driven by owners, and yuan paid."""

CHUNK = 1 + np.iinfo(np.uint8).max
"""Rows that are worked out together, so that they stay close to the processor."""


class Constants(NamedTuple):
    """What does not change during a run.

    Attributes
    ----------
    yuan
        Utility of a yuan by class at incomes of 2020, shape (classes,).
    constant, cost
        Utility of public transport, of hired cars and of own cars of each powertrain beside cost;
        and yuan of a trip by them, shape (2 + powertrains,).
    attitude
        Weight of attitude.
    at_hand
        Share of the trips for which there is an own car.
    trips
        Trips of a person in a month.
    """

    yuan: Array
    constant: Array
    cost: Array
    attitude: float
    at_hand: float
    trips: float


class Travellers(NamedTuple):
    """Rows of the central urban area.

    Attributes
    ----------
    runs
        Which rows they are.
    strata
        Of all households.
    income_class, persons, attitude, car, received
        Columns of all households, class of income from the lowest, shape (n,).
    """

    runs: RowRuns
    strata: RowStrata
    income_class: NDArray[np.uint16]
    persons: NDArray[np.int8]
    attitude: Array
    car: NDArray[np.int8]
    received: Array


class Month(NamedTuple):
    """What policy does to a trip in a month.

    Attributes
    ----------
    green, public
        Utility of green modes, and of public transport alone.
    green_before, public_before
        The same under the policy of the start.
    paid
        Yuan of carbon credits for a green trip.
    income_factor
        Factor of the month's incomes on the utility of a yuan.
    """

    green: float
    public: float
    green_before: float
    public_before: float
    paid: float
    income_factor: float


@kernel
def affinities(constants: Constants, month: Month, found: Array) -> None:
    """Exponentials of utilities by class of income.

    Parameters
    ----------
    constants, month
        Of the run, and of the month.
    found
        Written, shape (1 + modes, classes): of what is paid for a green trip, of public transport
        without what policy does to it, of hired cars, and of own cars of each powertrain.
    """
    modes = len(constants.cost)
    for of_class in range(len(constants.yuan)):
        found[0, of_class] = exponential(
            -constants.yuan[of_class] * month.income_factor * month.paid
        )
    for mode in range(modes):
        constant, cost = constants.constant[mode], constants.cost[mode] * month.income_factor
        for of_class in range(len(constants.yuan)):
            found[1 + mode, of_class] = exponential(constant + constants.yuan[of_class] * cost)


@kernel
def travel(
    travellers: Travellers,
    constants: Constants,
    month: Month,
    affinity: Array,
    bounds: NDArray[np.int64],
    first: int,
    last: int,
    totals: Array,
) -> None:
    """A month of all travellers of some blocks.

    Parameters
    ----------
    travellers
        Money received is written.
    constants, month
        Of the run, and of the month.
    affinity
        Of :func:`affinities`.
    bounds
        First traveller of every block, and their number, shape (blocks + 1,).
    first, last
        Blocks from, and to (not included).
    totals
        As :data:`TOTALS` says, written, shape (blocks, totals).
    """
    green_now, green_before = np.exp(month.green), np.exp(month.green_before)
    public_now, public_before = np.exp(month.public), np.exp(month.public_before)
    conviction, rows = np.empty(CHUNK), np.empty(CHUNK, dtype=np.uint32)
    number, of_stratum = travellers.strata.number, travellers.strata.weight
    for block in range(first, last):
        green, driven, received = 0.0, 0.0, 0.0
        for start in range(bounds[block], bounds[block + 1], CHUNK):
            end = min(start + CHUNK, bounds[block + 1])
            count = end - start
            list_rows(travellers.runs, start, end, rows)
            for place in range(count):
                conviction[place] = constants.attitude * travellers.attitude[rows[place]]
            _exponentials(conviction, count)
            for place in range(count):
                row = rows[place]
                of_class, weight = travellers.income_class[row], of_stratum[number[row]]
                public, hired = affinity[1, of_class], affinity[2, of_class]
                walked = conviction[place] * green_now * affinity[0, of_class]
                walked *= 1.0 + public_now * public
                without = walked + hired
                share = walked / without
                car = travellers.car[row]
                if car >= 0:
                    drawn = affinity[np.uint8(3 + car), of_class]
                    by_car = 1.0 / (without + drawn)
                    share *= 1.0 - constants.at_hand * drawn * by_car
                    before = conviction[place] * green_before * (1.0 + public_before * public)
                    driven += weight * ((before + hired + drawn) * by_car - 1.0)
                green += weight * share
                if month.paid > 0.0:
                    paid = month.paid * share * travellers.persons[row] * constants.trips
                    travellers.received[row] += paid
                    received += weight * paid
        totals[block, 0] = green
        totals[block, 1] = driven
        totals[block, 2] = received


@part
def _exponentials(powers: Array, count: int) -> None:
    for place in range(count):
        powers[place] = exponential(powers[place])


@kernel
def green_taste(
    travellers: Travellers,
    constants: Constants,
    month: Month,
    affinity: Array,
    conviction: Array,
    wanted: float,
    low: float,
    high: float,
    tolerance: float,
) -> float:
    """Common utility of green modes with which a share of green trips comes out, by bisection.

    Parameters
    ----------
    travellers, constants, month, affinity
        As for :func:`travel`; the month's green utility without that which is looked for.
    conviction
        Room for a number of each traveller.
    wanted
        Share of green trips, weighted.
    low, high, tolerance
        Where to look, and how exactly.
    """
    whole = 0.0
    runs, place = travellers.runs, 0
    number, of_stratum = travellers.strata.number, travellers.strata.weight
    for run in range(len(runs.first)):
        first, length = runs.first[run], runs.place[run + 1] - runs.place[run]
        for row in range(first, first + length):
            of_class = travellers.income_class[row]
            conviction[place] = (
                exponential(constants.attitude * travellers.attitude[row])
                * np.exp(month.green)
                * (1.0 + np.exp(month.public) * affinity[1, of_class])
            )
            whole += of_stratum[number[row]]
            place += 1
    while high - low > tolerance:
        middle = (low + high) / 2.0
        taste = np.exp(middle)
        green, place = 0.0, 0
        for run in range(len(runs.first)):
            first, length = runs.first[run], runs.place[run + 1] - runs.place[run]
            for row in range(first, first + length):
                of_class = travellers.income_class[row]
                walked = taste * conviction[place]
                without = walked + affinity[2, of_class]
                share = walked / without
                car = travellers.car[row]
                if car >= 0:
                    drawn = affinity[3 + car, of_class]
                    share *= 1.0 - constants.at_hand * drawn / (without + drawn)
                green += of_stratum[number[row]] * share
                place += 1
        if green < wanted * whole:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


@kernel
def weight_of_owners(car: NDArray[np.int8], strata: RowStrata) -> float:
    """Weight of all rows that have a car."""
    total = 0.0
    for row in range(len(car)):
        total += strata.weight[strata.number[row]] if car[row] >= 0 else 0.0
    return total
