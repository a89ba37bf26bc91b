"""The synthetic population: households that stand for the city's, district by district.

Each district contributes an urban and a rural stratum. A stratum's rows carry equal weights that
sum to its census households exactly, whatever the number of rows. Rows are ordered by district,
urban before rural, and rising income, so that neighbours in the table are neighbours in life.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, pdtr

from transition_model import random_streams
from transition_model.agents.implied_columns import Constant, Drawn, OfClass, OfStratum
from transition_model.agents.money_by_group import MoneyByGroup
from transition_model.agents.peers import Peers
from transition_model.agents.row_blocks import at_hand
from transition_model.agents.row_strata import row_strata, weight_of_numbers
from transition_model.dimensions import dimension
from transition_model.districts import Districts
from transition_model.errors import InputError
from transition_model.kernels import population as kernels
from transition_model.kernels.groups import RowStrata
from transition_model.parameters import ParameterValues
from transition_model.policy.trade_in import HOUSEHOLD_PROGRAMMES

type Array = NDArray[np.float64]
type Columns = dict[str, NDArray[Any]]
type Number = type[np.float32] | type[np.float64]

NEVER = np.int16(-1)
"""Registration month of a car that is not there."""


@dataclass(frozen=True, slots=True)
class Strata:
    """Urban and rural households of each district.

    Attributes
    ----------
    district
        Row number of the district, shape (strata,).
    urban
        Whether the stratum is urban.
    households
        Resident family households, census 2020.
    income_per_person
        Yuan a year in 2020.
    """

    district: NDArray[np.int64]
    urban: NDArray[np.bool_]
    households: Array
    income_per_person: Array


def strata(districts: Districts, income_per_person: float) -> Strata:
    """Split each district's households by its urbanisation; shape (2 districts,).

    The districts' incomes are scaled to the city's mean, yuan a year, which they exceed by a tenth.
    """
    count = len(districts.district)
    urban_households = districts.family_households_2020 * districts.urbanisation_share
    households = np.stack(
        [urban_households, districts.family_households_2020 - urban_households], axis=1
    ).ravel()
    income = np.stack(
        [districts.income_urban_yuan_per_person, districts.income_rural_yuan_per_person], axis=1
    ).ravel()
    return Strata(
        district=np.repeat(np.arange(count), 2),
        urban=np.tile([True, False], count),
        households=households,
        income_per_person=income * income_per_person / np.average(income, weights=households),
    )


def rows_per_stratum(households: Array, rows: int) -> NDArray[np.int64]:
    """Share out the rows over strata in proportion, by largest remainder, at least one each.

    Parameters
    ----------
    households
        Households of each stratum, shape (strata,); strata without households get no row.
    rows
        How many rows there are.

    Raises
    ------
    InputError
        If there are fewer rows than strata with households.
    """
    inhabited = households > 0.0
    if rows < inhabited.sum():
        raise InputError("households", rows, f"at least {inhabited.sum()}, one for each stratum")
    base = inhabited.astype(np.int64)
    quota = (rows - base.sum()) * households / households.sum()
    counts = base + np.floor(quota).astype(np.int64)
    short = rows - counts.sum()
    counts[np.argsort(-(quota - np.floor(quota)), kind="stable")[:short]] += 1
    return counts


def household_columns(
    districts: Districts,
    parameters: ParameterValues,
    rows: int,
    seed: int,
    start_month: int,
    number: Number = np.float64,
) -> Columns:
    """Columns of all households at the beginning of ``start_month``.

    Parameters
    ----------
    districts
        The 38 districts and counties.
    parameters
        Declared values.
    rows
        Number of agents.
    seed
        Seed of the run.
    start_month
        Month index of the first month.
    number
        Type of what is no whole number, but for incomes and weights.

    Returns
    -------
    dict
        Arrays with ``rows`` along the first axis.
    """
    layers = strata(districts, parameters.scalar("income_per_person"))
    counts = rows_per_stratum(layers.households, rows)
    smallest = np.min_scalar_type(len(counts) - 1)
    stratum = np.repeat(np.arange(len(counts), dtype=smallest), counts)
    weight = layers.households / np.maximum(counts, 1)
    income_class, incomes = _income_classes(layers, stratum, counts, parameters, seed)
    in_centre = np.array([zone == "central_urban" for zone in districts.zone])
    charging = [parameters.scalar(f"home_charging_access_{of}") for of in ("urban", "rural")]
    ready = np.ones(len(incomes))
    implied: dict[str, Any] = {
        "income": OfClass(income_class, incomes),
        "new_energy_adoption": Constant(parameters.scalar("bass_initial_adoption"), rows, number),
        "supervision_rank": Drawn(seed, "supervision", rows, number),
        "digital_readiness": OfClass(income_class, ready),
        "renovation_readiness": OfClass(income_class, ready.copy()),
        "district": OfStratum(stratum, layers.district.astype(np.int16)),
        "urban": OfStratum(stratum, layers.urban),
        "central": OfStratum(stratum, in_centre[layers.district]),
        "weight": OfStratum(stratum, weight),
    }
    columns: Columns = implied | {
        "income_class": income_class,
        "income_group": weighted_fifths(income_class, stratum, weight),
        "home_charging": _happens(
            np.where(layers.urban, *charging), stratum, seed, "home_charging"
        ),
        "attitude": _normal(seed, "attitude", rows, number),
        "familiarity": np.full(rows, parameters.scalar("initial_familiarity"), dtype=number),
        "sorting_habit": np.full(rows, parameters.scalar("sorting_initial_habit"), dtype=number),
        # An array to numpy, in far less room.
        "peers": cast(Any, Peers.drawn(rows, parameters, seed)),
        "readiness": np.ones(rows, dtype=number),
        "subsidy_received": np.zeros(rows, dtype=number),
    }
    of_rows = row_strata(columns)
    columns |= _cars(columns, of_rows, parameters, seed, start_month)
    columns |= _appliances(rows, parameters, seed, start_month, number)
    columns |= _homes(columns, of_rows, parameters, seed, number)
    columns["money_received"] = cast(
        Any, MoneyByGroup(columns, len(districts.district), len(HOUSEHOLD_PROGRAMMES))
    )
    return columns


def _uniform(seed: int, purpose: str, rows: slice) -> Array:
    """Draws outside time of some rows."""
    return random_streams.uniform(seed, purpose, np.arange(rows.start, rows.stop), 0)


def _normal(
    seed: int, purpose: str, rows: int, number: Number, change: Callable[[Array], Array] = np.array
) -> NDArray[Any]:
    """Standard normal draws outside time of all rows; :func:`.random_streams.normal`.

    ``change`` makes of them what is kept.
    """
    found = np.empty(rows, dtype=number)
    for part in at_hand(rows):
        radius = _uniform(seed, f"{purpose}: radius", part)
        angle = _uniform(seed, f"{purpose}: angle", part)
        found[part] = change(np.sqrt(-2.0 * np.log1p(-radius)) * np.cos(2.0 * np.pi * angle))
    return found


def _happens(
    probability: Array, number: NDArray[Any], seed: int, purpose: str
) -> NDArray[np.bool_]:
    """Whether a draw outside time meets the probability that rows of each number have, by row."""
    met = np.empty(len(number), dtype=np.bool_)
    for part in at_hand(len(number)):
        np.less(_uniform(seed, purpose, part), probability[number[part]], out=met[part])
    return met


def _drawn_class(
    shares: Array, seed: int, purpose: str, rows: int, first: int = 0
) -> NDArray[np.int8]:
    """Class of each row under fixed shares, counted from ``first``."""
    drawn, bounds = np.empty(rows, dtype=np.int8), np.cumsum(shares)
    for part in at_hand(rows):
        drawn[part] = first + class_of_draw(bounds, _uniform(seed, purpose, part))
    return drawn


def class_of_draw(bounds: Array, draw: Array) -> NDArray[np.intp]:
    """The class that holds a draw.

    Parameters
    ----------
    bounds
        Shares of the classes, added up, shape (k,); they need not end at 1.
    draw
        Uniform on [0, 1), any shape.

    Returns
    -------
    ndarray
        Of the shape of ``draw``.
    """
    return np.asarray(np.searchsorted(bounds[:-1], draw * bounds[-1], side="right"))


def in_classes(logarithm: Array, width: float) -> tuple[NDArray[np.uint16], Array]:
    """Incomes rounded to classes of equal width in the logarithm.

    What a household does by its income alone is then worked out once a class. No survey knows an
    income better than to a few percent.

    Parameters
    ----------
    logarithm
        Of incomes in yuan a year, shape (n,).
    width
        Difference of the logarithms of neighbouring classes.

    Returns
    -------
    tuple of ndarray
        Number of the class, counted from the lowest that there is, each step being one by
        ``exp(width)``, shape (n,); and the income of each class, that of the lowest where nobody
        is, shape (classes,).
    """
    nearest = np.empty(len(logarithm), dtype=np.int32)
    for part in at_hand(len(logarithm)):
        nearest[part] = np.rint(logarithm[part] / width)
    return _counted_from_lowest(nearest, width)


def _counted_from_lowest(
    nearest: NDArray[np.int32], width: float
) -> tuple[NDArray[np.uint16], Array]:
    """Classes counted from the lowest that there is, and their incomes; as :func:`in_classes`."""
    lowest = int(nearest.min())
    number = np.empty(len(nearest), dtype=np.uint16)
    np.subtract(nearest, lowest, out=number, casting="unsafe")
    of_class = np.exp(width * np.arange(lowest, lowest + int(number.max()) + 1))
    anybody = np.zeros(len(of_class), dtype=np.bool_)
    for part in at_hand(len(number)):
        anybody[number[part]] = True
    of_class[~anybody] = of_class[0]
    return number, of_class


def weighted_fifths(income: NDArray[Any], stratum: NDArray[Any], weight: Array) -> NDArray[np.int8]:
    """Income group 0 to 4 of each household: fifths of the city's households, shape (n,).

    Parameters
    ----------
    income
        Anything that rises with it, such as its class, shape (n,).
    stratum
        Of each row, shape (n,).
    weight
        Households that a row of each stratum stands for, shape (strata,).
    """
    ranked = income
    if not (income.dtype.kind == "u" and income.dtype.itemsize <= np.dtype(np.uint16).itemsize):
        _, ranked = np.unique(income, return_inverse=True)
    of_rank = _weight_of(ranked, stratum, weight)
    groups = len(dimension("income_group"))
    group = np.empty(len(income), dtype=np.int8)
    kernels.group_by_rank(
        ranked, stratum, weight, _before(of_rank), of_rank.sum() / groups, groups, group
    )
    return group


def _weight_of(number: NDArray[Any], stratum: NDArray[Any], weight: Array) -> Array:
    """Weight of the rows of each number, shape (numbers,)."""
    return weight_of_numbers(number, stratum, weight, int(number.max()) + 1)


def _before(of_rank: Array) -> Array:
    """Sums of all lower ranks."""
    return np.asarray(np.cumsum(of_rank) - of_rank)


def weight_of_classes(columns: Columns, strata: RowStrata) -> Array:
    """Households of each class of income, shape (classes,)."""
    return _weight_of(columns["income_class"], strata.number, strata.weight)


def _income_classes(
    layers: Strata,
    stratum: NDArray[Any],
    counts: NDArray[np.int64],
    parameters: ParameterValues,
    seed: int,
) -> tuple[NDArray[np.uint16], Array]:
    """Incomes in classes, of :func:`in_classes`: in 2020 log-normal in each stratum, rising in it.

    Draws are stratified (one in each equal slice of the distribution), so that small samples keep
    the stratum's mean.
    """
    nearest, width = np.empty(len(stratum), np.int32), parameters.scalar("income_class_width")
    begins = np.concatenate([[0], np.cumsum(counts)[:-1]])
    dispersion = np.where(
        layers.urban,
        parameters.scalar("income_dispersion_urban"),
        parameters.scalar("income_dispersion_rural"),
    )
    mean = np.log(layers.income_per_person * parameters.scalar("household_size"))
    for part in at_hand(len(stratum)):
        of = stratum[part]
        row = np.arange(part.start, part.stop)
        slot = (row - begins[of] + _uniform(seed, "income", part)) / counts[of]
        logarithm = mean[of] + dispersion[of] * ndtri(slot) - 0.5 * dispersion[of] ** 2
        nearest[part] = np.rint(logarithm / width)
    return _counted_from_lowest(nearest, width)


def _cars(
    columns: Columns,
    strata: RowStrata,
    parameters: ParameterValues,
    seed: int,
    start_month: int,
) -> Columns:
    """At most one car a household: who has one, of which powertrain, registered when."""
    number = columns["income_class"]
    rows = len(number)
    of_class = weight_of_classes(columns, strata)
    found, owning = of_class > 0.0, np.zeros(len(of_class))
    owning[found] = ownership_probability(
        cast(OfClass, columns["income"]).values[found],
        of_class[found],
        parameters.scalar("private_cars_end_2019"),
        parameters.scalar("car_ownership_income_slope"),
    )
    owner = _happens(owning, number, seed, "initial car")
    car = _drawn_class(
        parameters.array("initial_powertrain_shares"), seed, "initial powertrain", rows
    )
    ages = [
        _drawn_class(parameters.array(shares), seed, "initial car age", rows)
        for shares in ("initial_car_age_shares", "initial_new_energy_age_shares")
    ]
    registered = np.empty(rows, dtype=np.int16)
    for part in at_hand(rows):
        age = np.where(car[part] == 0, *(of[part] for of in ages)).astype(np.int16)
        within = np.floor(12.0 * _uniform(seed, "initial car month", part)).astype(np.int16)
        registered[part] = np.int16(start_month - 1) - 12 * age - within
    registered[~owner] = NEVER
    car[~owner] = -1
    return {
        "car": car,
        "registered": registered,
        "car_owned_since": registered.copy(),
    }


def ownership_probability(income: Array, weight: Array, cars: float, slope: float) -> Array:
    """Probability of owning a car, logistic in the logarithm of income, shape (n,).

    The intercept is found by bisection, so that expected cars equal ``cars``.
    """
    score = slope * np.log(income)
    low, high = -score.max() - 30.0, -score.min() + 30.0
    for _ in range(80):
        middle = 0.5 * (low + high)
        expected = float(np.sum(weight / (1.0 + np.exp(-(score + middle)))))
        low, high = (middle, high) if expected < cars else (low, middle)
    return 1.0 / (1.0 + np.exp(-(score + high)))


def _appliances(
    rows: int, parameters: ParameterValues, seed: int, start_month: int, number: Number
) -> Columns:
    """One appliance of each kind stands for all of that kind that a household has."""
    kinds = dimension("appliance").members
    life = parameters.array("appliance_life_scale")
    shares = parameters.array("appliance_initial_grade_shares")
    bought = np.empty((rows, len(kinds)), dtype=np.int16)
    grade = np.empty((rows, len(kinds)), dtype=np.int8)
    for place, kind in enumerate(kinds):
        # In a steady market ages are about evenly spread over the life.
        for part in at_hand(rows):
            age = 12.0 * life[place] * _uniform(seed, f"initial {kind} age", part)
            bought[part, place] = start_month - 1 - age.astype(np.int16)
        grade[:, place] = _drawn_class(shares, seed, f"initial {kind} grade", rows)
    return {
        "appliance_bought": bought,
        "appliance_grade": grade,
        "appliance_readiness": np.ones(bought.shape, dtype=number),
        "appliance_claims": np.zeros(bought.shape, dtype=number),
    }


def _homes(
    columns: Columns, strata: RowStrata, parameters: ParameterValues, seed: int, number: Number
) -> Columns:
    """With how many they live, on how little, and when they use electricity."""
    rows = len(columns["income"])
    others = pdtr(np.arange(10), parameters.scalar("household_size") - 1.0)
    persons = _drawn_class(np.diff(others, prepend=0.0), seed, "persons", rows, first=1)
    # Incomes a person are few, for incomes come in classes: they are sorted by rank.
    in_class = columns["income_class"]
    sizes = int(persons.max()) + 1
    anybody = np.zeros((int(in_class.max()) + 1) * sizes, dtype=np.bool_)
    for part in at_hand(rows):
        anybody[in_class[part] * np.int32(sizes) + persons[part]] = True
    found = np.flatnonzero(anybody)
    income_of_class = cast(OfClass, columns["income"]).values
    _, ranked = np.unique(income_of_class[found // sizes] / (found % sizes), return_inverse=True)
    rank = np.zeros(len(anybody), dtype=np.uint16)
    rank[found] = ranked
    each = np.empty(rows, dtype=np.uint16)
    for part in at_hand(rows):
        each[part] = rank[in_class[part] * np.int32(sizes) + persons[part]]
    poor = np.zeros(rows, dtype=np.bool_)
    for place, living in (("urban", strata.urban), ("rural", 1 - strata.urban)):
        there = strata.weight * living
        of_rank = _weight_of(each, strata.number, there)
        share = parameters.scalar(f"low_income_share_{place}")
        kernels.mark_lowest(
            each, strata.number, there, _before(of_rank), share * of_rank.sum(), poor
        )
    spread = parameters.scalar("home_use_dispersion")
    return {
        "persons": persons,
        "low_income": poor,
        "home_use": _normal(
            seed,
            "use at home",
            rows,
            number,
            lambda habit: np.exp(spread * habit - 0.5 * spread**2),
        ),
        "day_load": cast(Any, Drawn(seed, "load at home by day", rows, number)),
        "time_of_use": np.zeros(rows, dtype=number),
    }
