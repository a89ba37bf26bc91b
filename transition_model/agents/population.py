"""The synthetic population: households that stand for the city's, district by district.

Each district contributes an urban and a rural stratum. A stratum's rows carry equal weights that
sum to its census households exactly, whatever the number of rows. Rows are ordered by district,
urban before rural, and rising income, so that neighbours in the table are neighbours in life.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, pdtr

from transition_model import random_streams
from transition_model.agents.implied_columns import Constant, Drawn, OfClass
from transition_model.agents.money_by_group import MoneyByGroup
from transition_model.agents.peers import Peers
from transition_model.dimensions import dimension
from transition_model.districts import Districts
from transition_model.errors import InputError
from transition_model.kernels import draws
from transition_model.kernels import population as kernels
from transition_model.parameters import ParameterValues
from transition_model.policy.trade_in import HOUSEHOLD_PROGRAMMES

type Array = NDArray[np.float64]
type Columns = dict[str, NDArray[Any]]
type Number = type[np.float32] | type[np.float64]

NEVER = np.int16(-1)
"""Registration month of a car that is not there."""

_ROWS_AT_ONCE = 1 + np.iinfo(np.uint16).max
"""Rows whose intermediate results are kept at hand: a population takes no more room while it is
built than when it is there."""


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
    stratum = np.repeat(np.arange(len(counts), dtype=np.uint16), counts)
    urban = layers.urban[stratum]
    weight = (layers.households / np.maximum(counts, 1))[stratum]
    income_class, incomes = in_classes(
        _log_incomes(layers, stratum, counts, parameters, seed),
        parameters.scalar("income_class_width"),
    )
    home_charging = np.empty(rows, dtype=np.bool_)
    attitude = np.empty(rows, dtype=number)
    access = np.array(
        [parameters.scalar(f"home_charging_access_{living}") for living in ("rural", "urban")]
    )
    for part in _parts(rows):
        home_charging[part] = (
            _uniform(seed, "home_charging", part) < access[urban[part].view(np.uint8)]
        )
        attitude[part] = _normal(seed, "attitude", part)
    ready = np.ones(len(incomes))
    implied: dict[str, Any] = {
        "income": OfClass(income_class, incomes),
        "new_energy_adoption": Constant(parameters.scalar("bass_initial_adoption"), rows, number),
        "supervision_rank": Drawn(seed, "supervision", rows, number),
        "digital_readiness": OfClass(income_class, ready),
        "renovation_readiness": OfClass(income_class, ready.copy()),
    }
    columns: Columns = implied | {
        "district": layers.district[stratum].astype(np.int16),
        "urban": urban,
        "weight": weight,
        "income_class": income_class,
        "income_group": weighted_fifths(income_class, weight),
        "home_charging": home_charging,
        "attitude": attitude,
        "familiarity": np.full(rows, parameters.scalar("initial_familiarity"), dtype=number),
        "sorting_habit": np.full(rows, parameters.scalar("sorting_initial_habit"), dtype=number),
        # An array to numpy, in far less room.
        "peers": cast(Any, Peers.drawn(rows, parameters, seed)),
        "readiness": np.ones(rows, dtype=number),
        "subsidy_received": np.zeros(rows, dtype=number),
    }
    columns |= _cars(columns, parameters, seed, start_month)
    columns |= _appliances(rows, parameters, seed, start_month, number)
    columns |= _homes(columns, districts, parameters, seed, number)
    columns["money_received"] = cast(
        Any, MoneyByGroup(columns, len(districts.district), len(HOUSEHOLD_PROGRAMMES))
    )
    return columns


def _parts(rows: int) -> Iterator[slice]:
    """All rows, so many at once that what is worked out of them stays small."""
    for first in range(0, rows, _ROWS_AT_ONCE):
        yield slice(first, min(first + _ROWS_AT_ONCE, rows))


def _uniform(seed: int, purpose: str, part: slice) -> Array:
    """Draws outside time of some rows; :func:`.random_streams.uniform`, only faster."""
    drawn = np.empty(part.stop - part.start)
    draws.fill(random_streams.month_key(seed, purpose, 0), part.start, drawn)
    return drawn


def _normal(seed: int, purpose: str, part: slice) -> Array:
    """Standard normal draws outside time of some rows; :func:`.random_streams.normal`."""
    radius = _uniform(seed, f"{purpose}: radius", part)
    angle = _uniform(seed, f"{purpose}: angle", part)
    return np.sqrt(-2.0 * np.log1p(-radius)) * np.cos(2.0 * np.pi * angle)


def _drawn_class(
    shares: Array, seed: int, purpose: str, rows: int, first: int = 0
) -> NDArray[np.int8]:
    """Class of each row under fixed shares, counted from ``first``."""
    drawn = np.empty(rows, dtype=np.int8)
    key = random_streams.month_key(seed, purpose, 0)
    kernels.draw_classes(np.cumsum(shares), key, first, drawn)
    return drawn


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
    lowest = int(np.rint(logarithm.min() / width))
    number = np.empty(len(logarithm), dtype=np.uint16)
    for part in _parts(len(number)):
        number[part] = np.rint(logarithm[part] / width) - lowest
    of_class = np.exp(width * np.arange(lowest, lowest + int(number.max()) + 1))
    anybody = np.zeros(len(of_class), dtype=np.bool_)
    anybody[number] = True
    of_class[~anybody] = of_class[0]
    return number, of_class


def weighted_fifths(income: NDArray[Any], weight: Array) -> NDArray[np.int8]:
    """Income group 0 to 4 of each household: fifths of the city's households, shape (n,).

    ``income`` may be anything that rises with it, such as its class.
    """
    groups = len(dimension("income_group"))
    group = np.empty(len(income), dtype=np.int8)
    factor = groups / weight.sum()
    for part, below in _weight_below(income, weight):
        np.minimum(below * factor, groups - 1, out=group[part], casting="unsafe")
    return group


def _weight_below(
    ranked: NDArray[Any], weight: Array, counted: NDArray[np.bool_] | None = None
) -> Iterator[tuple[slice, Array]]:
    """Weight of those that rank lower and half one's own, rows of one rank in order, by part.

    Of the rows that are ``counted``, if not of all.
    """
    if not (ranked.dtype.kind == "u" and ranked.dtype.itemsize <= np.dtype(np.uint16).itemsize):
        _, ranked = np.unique(ranked, return_inverse=True)

    def of(part: slice) -> Array:
        return weight[part] if counted is None else weight[part] * counted[part]

    of_rank = np.zeros(int(ranked.max()) + 1)
    for part in _parts(len(weight)):
        kernels.weigh(ranked[part], of(part), of_rank)
    passed = np.cumsum(of_rank) - of_rank
    for part in _parts(len(weight)):
        below = np.empty(part.stop - part.start)
        kernels.weight_below(ranked[part], of(part), passed, below)
        yield part, below


def weight_of(number: NDArray[Any], weight: Array, count: int) -> Array:
    """Weight of the rows of each number, shape (count,); without a copy of the rows."""
    found = np.zeros(count)
    kernels.weigh(number, weight, found)
    return found


def _log_incomes(
    layers: Strata,
    stratum: NDArray[np.uint16],
    counts: NDArray[np.int64],
    parameters: ParameterValues,
    seed: int,
) -> Array:
    """Logarithm of household income in 2020, normal in each stratum and rising within it.

    Draws are stratified (one in each equal slice of the distribution), so that small samples keep
    the stratum's mean.
    """
    place = np.empty(len(stratum))
    begins = np.concatenate([[0], np.cumsum(counts)[:-1]])
    dispersion = np.where(
        layers.urban,
        parameters.scalar("income_dispersion_urban"),
        parameters.scalar("income_dispersion_rural"),
    )
    mean = np.log(layers.income_per_person * parameters.scalar("household_size"))
    for part in _parts(len(stratum)):
        of, drawn = stratum[part], _uniform(seed, "income", part)
        slot = (np.arange(part.start, part.stop) - begins[of] + drawn) / counts[of]
        place[part] = mean[of] + dispersion[of] * ndtri(slot) - 0.5 * dispersion[of] ** 2
    return place


def _cars(columns: Columns, parameters: ParameterValues, seed: int, start_month: int) -> Columns:
    """At most one car a household: who has one, of which powertrain, registered when."""
    number, incomes = columns["income_class"], cast(OfClass, columns["income"]).values
    rows = len(number)
    weight = weight_of(number, columns["weight"], len(incomes))
    somebody = weight > 0.0
    owning = np.zeros(len(incomes))
    owning[somebody] = ownership_probability(
        incomes[somebody],
        weight[somebody],
        parameters.scalar("private_cars_end_2019"),
        parameters.scalar("car_ownership_income_slope"),
    )
    powertrain = _drawn_class(
        parameters.array("initial_powertrain_shares"), seed, "initial powertrain", rows
    )
    burning, electric = (
        _drawn_class(parameters.array(shares), seed, "initial car age", rows)
        for shares in ("initial_car_age_shares", "initial_new_energy_age_shares")
    )
    registered = np.empty(rows, dtype=np.int16)
    for part in _parts(rows):
        owner = _uniform(seed, "initial car", part) < owning[number[part]]
        age = np.where(powertrain[part] == 0, burning[part], electric[part]).astype(np.int16)
        within = np.floor(12.0 * _uniform(seed, "initial car month", part)).astype(np.int16)
        registered[part] = np.int16(start_month - 1) - 12 * age - within
        registered[part][~owner] = NEVER
        powertrain[part][~owner] = -1
    return {
        "car": powertrain,
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
        for part in _parts(rows):
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
    columns: Columns,
    districts: Districts,
    parameters: ParameterValues,
    seed: int,
    number: Number,
) -> Columns:
    """Who lives where, with how many, on how little, and when they use electricity."""
    rows = len(columns["income"])
    others = pdtr(np.arange(10), parameters.scalar("household_size") - 1.0)
    persons = _drawn_class(np.diff(others, prepend=0.0), seed, "persons", rows, first=1)
    # Incomes a person are few, for incomes come in classes: they are sorted by rank.
    in_class, incomes = columns["income_class"], cast(OfClass, columns["income"]).values
    sizes = int(persons.max()) + 1
    anybody = np.zeros((len(incomes), sizes), dtype=np.bool_)
    for part in _parts(rows):
        anybody[in_class[part], persons[part]] = True
    found = np.nonzero(anybody)
    rank = np.zeros(anybody.shape, dtype=np.uint16)
    rank[found] = np.unique(incomes[found[0]] / found[1], return_inverse=True)[1]
    each = np.empty(rows, dtype=np.uint16)
    for part in _parts(rows):
        each[part] = rank[in_class[part], persons[part]]
    weight, urban = columns["weight"], columns["urban"]
    poor = np.zeros(rows, dtype=np.bool_)
    for place, living in (("urban", urban), ("rural", ~urban)):
        least = parameters.scalar(f"low_income_share_{place}") * float(weight[living].sum())
        for part, below in _weight_below(each, weight, living):
            poor[part] |= living[part] & (below < least)
    habit = np.empty(rows, dtype=number)
    spread = parameters.scalar("home_use_dispersion")
    for part in _parts(rows):
        habit[part] = np.exp(spread * _normal(seed, "use at home", part) - 0.5 * spread**2)
    in_centre = np.array([zone == "central_urban" for zone in districts.zone])
    return {
        "persons": persons,
        "low_income": poor,
        "central": in_centre[columns["district"]],
        "home_use": habit,
        "day_load": cast(Any, Drawn(seed, "load at home by day", rows, number)),
        "time_of_use": np.zeros(rows, dtype=number),
    }
