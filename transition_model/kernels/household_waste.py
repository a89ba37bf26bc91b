"""Waste sorting row by row: what is put out apart, and how habit moves on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transition_model.compilation import kernel, part
from transition_model.kernels.draws import uniform
from transition_model.kernels.exponential import exponential
from transition_model.kernels.groups import RowStrata
from transition_model.kernels.peers import add_up, first_link
from transition_model.policy.priced_amounts import Pieces, paid_for

type Array = NDArray[np.float64]

TOTALS = ("food", "more recyclables", "rewarded", "credited")
"""Weighted shares that urban households capture (of recyclables, of what leaves no bin anyway), and
yuan paid."""

_ROWS_AT_ONCE = 1_000
"""Rows whose exponentials are worked out together."""


class Constants(NamedTuple):
    """What does not change during a run; parameters of the names in data/parameters.

    Attributes
    ----------
    accuracy, ease, loads_taken
        Without and with staff at the point, shape (2,): in the right bin, perceived control, and
        share of the loads that are not refused.
    brought, base, gain, windfall, response
        Of what is brought, captured anyway, gained, rewarded anyway, and drawn out by a reward.
    attitude, norm, control
        Weights of intention, adding up to 1.
    steepness, threshold
        Of participation.
    staff, duty, fee, reward, crowding
        What these add to the intention.
    rise, fall
        Pace of habit.
    credit
        Kilograms of carbon dioxide registered for a kilogram of recyclables.
    """

    accuracy: Array
    ease: Array
    loads_taken: Array
    brought: float
    base: float
    gain: float
    windfall: float
    response: float
    attitude: float
    norm: float
    control: float
    steepness: float
    threshold: float
    staff: float
    duty: float
    fee: float
    reward: float
    crowding: float
    rise: float
    fall: float
    credit: float


class Columns(NamedTuple):
    """Columns of the households; ``next_habit`` is room for the habit a month later.

    Where no supervision rank is kept (0 rows), it is drawn with ``supervision_key``.
    What comes last are :class:`.peers.Links`.
    """

    habit: Array
    next_habit: Array
    attitude: Array
    supervision_rank: Array
    supervision_key: np.uint64
    persons: NDArray[np.uint8]
    strata: RowStrata
    received: Array
    steps: NDArray[np.int64]
    elsewhere: NDArray[np.uint8]
    first_elsewhere: NDArray[np.int64]
    which: NDArray[np.uint8]
    to: NDArray[np.int32]


class Rules(NamedTuple):
    """What the rules ask and pay in a month.

    Attributes
    ----------
    bound
        Share of the estates that the duty to sort binds.
    fee
        Yuan a household and month.
    credit
        Yuan per kilogram of carbon dioxide that is registered.
    reward
        Yuan of a month by kilograms delivered.
    """

    bound: float
    fee: float
    credit: float
    reward: Pieces


@kernel
def sort(
    columns: Columns,
    constants: Constants,
    rules: Rules,
    kilograms: float,
    supervision: float,
    attitude_gain: float,
    bounds: NDArray[np.int64],
    first: int,
    last: int,
    totals: Array,
) -> None:
    """A month of all rows of some blocks.

    Parameters
    ----------
    columns
        Of the households; next habit, attitude and money received are written.
    constants, rules
        Of the run, and of the month.
    kilograms
        Recyclables in the waste of a person in a month.
    supervision
        Share of the points that are staffed.
    attitude_gain
        What the month's campaign adds to attitude.
    bounds
        First row of every block, and the number of rows, shape (blocks + 1,).
    first, last
        Blocks from, and to (not included).
    totals
        As :data:`TOTALS` says, written, shape (blocks, totals).
    """
    sizes = 1 + np.iinfo(np.int8).max
    offered, push = np.empty(sizes), np.empty(sizes)
    could_gain = (1.0 - constants.base) * constants.gain
    credit = rules.credit * constants.credit
    pays = credit > 0.0 or len(rules.reward.share) > 0
    for members in range(sizes):
        weighed = members * kilograms
        most = weighed * (constants.windfall * constants.base + could_gain)
        yuan = paid_for(rules.reward, most)
        offered[members] = constants.response * yuan / most if most > 0.0 else 0.0
        push[members] = constants.reward * (yuan + credit * weighed * could_gain)
    power, others = np.empty(_ROWS_AT_ONCE), np.empty(_ROWS_AT_ONCE)
    rank = np.empty(_ROWS_AT_ONCE)
    duty = constants.duty * rules.bound - constants.threshold
    drive = np.empty((2, 2))
    for staff in range(2):
        drive[staff] = duty + constants.control * constants.ease[staff]
        drive[staff] += constants.staff * staff
        drive[staff, 1] += constants.fee * rules.fee
    links, strata = len(columns.steps), columns.strata
    for block in range(first, last):
        food, recycled, rewarded, credited = 0.0, 0.0, 0.0, 0.0
        entry = first_link(columns.elsewhere, columns.first_elsewhere, bounds[block])
        for start in range(bounds[block], bounds[block + 1], _ROWS_AT_ONCE):
            end = min(start + _ROWS_AT_ONCE, bounds[block + 1])
            _convince(columns.attitude[start:end], attitude_gain, power)
            entry = add_up(
                columns.habit,
                columns.steps,
                columns.elsewhere,
                columns.which,
                columns.to,
                entry,
                start,
                end,
                others,
            )
            _rank(columns.supervision_rank, columns.supervision_key, start, end, rank)
            number = strata.number[start:end]
            persons, habits = columns.persons[start:end], columns.habit[start:end]
            for place in range(end - start):
                norm = others[place] / links
                staffed = np.uint8(rank[place] < supervision)
                of = number[place]
                charged = strata.central[of] & strata.urban[of]
                size = persons[place]
                power[place] = -constants.steepness * (
                    constants.attitude * power[place]
                    + constants.norm * norm
                    + drive[staffed, charged]
                    + push[size] * (1.0 - constants.crowding * norm)
                )
                if strata.urban[of] == 1:
                    weight, habit = strata.weight[of], habits[place]
                    clean = habit * constants.accuracy[staffed]
                    food += weight * clean * constants.loads_taken[staffed]
                    more = min(1.0, constants.gain * clean + offered[size])
                    recycled += weight * more
                    if pays:
                        gained = (1.0 - constants.base) * max(more, 0.0)
                        weighed = size * kilograms
                        reward = paid_for(
                            rules.reward,
                            weighed * (habit * constants.windfall * constants.base + gained),
                        )
                        act = credit * weighed * gained
                        columns.received[start + place] += reward + act
                        rewarded += weight * reward
                        credited += weight * act
            _take_part(habits, columns.next_habit[start:end], power, constants.rise, constants.fall)
        totals[block, 0] = constants.brought * food
        totals[block, 1] = recycled
        totals[block, 2] = rewarded
        totals[block, 3] = credited


@part
def _rank(kept: Array, key: np.uint64, start: int, end: int, rank: Array) -> None:
    """Rank of some rows in the order in which points are staffed."""
    if len(kept) > 0:
        for place in range(end - start):
            rank[place] = kept[start + place]
        return
    for place in range(end - start):
        rank[place] = uniform(key, start + place)


@part
def _convince(attitude: Array, gain: float, share: Array) -> None:
    """Attitude as a share of 0 to 1; the campaign moves it on."""
    for place in range(len(attitude)):
        own = np.float64(attitude[place])
        share[place] = 1.0 / (1.0 + exponential(-own))
        attitude[place] = own + gain


@part
def _take_part(habit: Array, next_habit: Array, power: Array, rise: float, fall: float) -> None:
    """Habit nears participation, whose logistic function has these exponents."""
    for place in range(len(habit)):
        before = habit[place]
        gap = 1.0 / (1.0 + exponential(power[place])) - before
        next_habit[place] = before + (rise if gap > 0.0 else fall) * gap
