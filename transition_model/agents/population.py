"""The synthetic population: households that stand for the city's, district by district.

Each district contributes an urban and a rural stratum. A stratum's rows carry equal weights that
sum to its census households exactly, whatever the number of rows. Rows are ordered by district,
urban before rural, and rising income, so that neighbours in the table are neighbours in life.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, pdtr

from transition_model import random_streams
from transition_model.dimensions import dimension
from transition_model.districts import Districts
from transition_model.errors import InputError
from transition_model.parameters import ParameterValues
from transition_model.policy.trade_in import HOUSEHOLD_PROGRAMMES

type Array = NDArray[np.float64]

NEVER = np.int32(-1)
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
    districts: Districts, parameters: ParameterValues, rows: int, seed: int, start_month: int
) -> dict[str, NDArray[np.generic]]:
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

    Returns
    -------
    dict
        Arrays with ``rows`` along the first axis.
    """
    layers = strata(districts, parameters.scalar("income_per_person"))
    counts = rows_per_stratum(layers.households, rows)
    stratum = np.repeat(np.arange(len(counts)), counts)
    agent = np.arange(rows, dtype=np.int64)
    urban = layers.urban[stratum]
    weight = (layers.households / np.maximum(counts, 1))[stratum]
    income = _incomes(layers, stratum, counts, parameters, seed)
    columns: dict[str, NDArray[np.generic]] = {
        "district": layers.district[stratum].astype(np.int16),
        "urban": urban,
        "weight": weight,
        "income": income,
        "income_group": weighted_fifths(income, weight).astype(np.int8),
        "home_charging": random_streams.uniform(seed, "home_charging", agent, 0)
        < np.where(
            urban,
            parameters.scalar("home_charging_access_urban"),
            parameters.scalar("home_charging_access_rural"),
        ),
        "attitude": random_streams.normal(seed, "attitude", agent, 0),
        "familiarity": np.full(rows, parameters.scalar("initial_familiarity")),
        "new_energy_adoption": np.full(rows, parameters.scalar("bass_initial_adoption")),
        "sorting_habit": np.full(rows, parameters.scalar("sorting_initial_habit")),
        "supervision_rank": random_streams.uniform(seed, "supervision", agent, 0),
        "peers": peers(rows, parameters, seed),
        "readiness": np.ones(rows),
        "digital_readiness": np.ones(rows),
        "renovation_readiness": np.ones(rows),
        "subsidy_received": np.zeros(rows),
        "money_received": np.zeros((rows, len(HOUSEHOLD_PROGRAMMES))),
    }
    columns |= _cars(columns, parameters, seed, start_month)
    columns |= _appliances(urban, parameters, seed, start_month)
    columns |= _homes(columns, districts, parameters, seed)
    return columns


def weighted_fifths(income: Array, weight: Array) -> NDArray[np.int64]:
    """Income group 0 to 4 of each household: fifths of the city's households, shape (n,)."""
    order = np.argsort(income, kind="stable")
    below = np.cumsum(weight[order]) - 0.5 * weight[order]
    group = np.empty(len(income), dtype=np.int64)
    groups = len(dimension("income_group"))
    group[order] = np.minimum((groups * below / weight.sum()).astype(np.int64), groups - 1)
    return group


def peers(rows: int, parameters: ParameterValues, seed: int) -> NDArray[np.int32]:
    """Row numbers of each household's peers, shape (n, peers).

    A small world (Watts and Strogatz 1998): a ring over the ordered table, in which rows next to
    each other share district and income, with a share of the links rewired to anybody.
    """
    count = round(parameters.scalar("peer_count"))
    reach = [step for k in range(1, count // 2 + 2) for step in (k, -k)][:count]
    agent = np.arange(rows, dtype=np.int64)
    links = np.empty((rows, count), dtype=np.int32)
    for place, step in enumerate(reach):
        rewired = random_streams.uniform(seed, f"peer {place} rewired", agent, 0) < (
            parameters.scalar("peer_rewiring")
        )
        away = random_streams.uniform(seed, f"peer {place} anybody", agent, 0) * (rows - 1)
        # Anybody but oneself: a step of 1 to rows - 1 round the table.
        links[:, place] = (agent + np.where(rewired, 1 + away.astype(np.int64), step)) % rows
    return links


def _incomes(
    layers: Strata,
    stratum: NDArray[np.int64],
    counts: NDArray[np.int64],
    parameters: ParameterValues,
    seed: int,
) -> Array:
    """Household income in 2020, yuan a year, log-normal in each stratum and rising within it.

    Draws are stratified (one in each equal slice of the distribution), so that small samples keep
    the stratum's mean.
    """
    agent = np.arange(len(stratum), dtype=np.int64)
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])[stratum]
    slot = (agent - first + random_streams.uniform(seed, "income", agent, 0)) / counts[stratum]
    dispersion = np.where(
        layers.urban[stratum],
        parameters.scalar("income_dispersion_urban"),
        parameters.scalar("income_dispersion_rural"),
    )
    mean = layers.income_per_person[stratum] * parameters.scalar("household_size")
    return np.asarray(
        mean * np.exp(dispersion * ndtri(slot) - 0.5 * dispersion**2), dtype=np.float64
    )


def _cars(
    columns: dict[str, NDArray[np.generic]],
    parameters: ParameterValues,
    seed: int,
    start_month: int,
) -> dict[str, NDArray[np.generic]]:
    """At most one car a household: who has one, of which powertrain, registered when."""
    income = np.asarray(columns["income"], dtype=np.float64)
    weight = np.asarray(columns["weight"], dtype=np.float64)
    agent = np.arange(len(income), dtype=np.int64)
    owning = ownership_probability(
        income,
        weight,
        parameters.scalar("private_cars_end_2019"),
        parameters.scalar("car_ownership_income_slope"),
    )
    owner = random_streams.uniform(seed, "initial car", agent, 0) < owning
    powertrain = categorical(
        parameters.array("initial_powertrain_shares"),
        random_streams.uniform(seed, "initial powertrain", agent, 0),
    )
    age_draw = random_streams.uniform(seed, "initial car age", agent, 0)
    age = np.where(
        powertrain == 0,
        categorical(parameters.array("initial_car_age_shares"), age_draw),
        categorical(parameters.array("initial_new_energy_age_shares"), age_draw),
    )
    within = np.floor(12.0 * random_streams.uniform(seed, "initial car month", agent, 0))
    registered = start_month - 12 * age - within.astype(np.int64) - 1
    return {
        "car": np.where(owner, powertrain, -1).astype(np.int8),
        "registered": np.where(owner, registered, NEVER).astype(np.int32),
        "car_owned_since": np.where(owner, registered, NEVER).astype(np.int32),
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


def categorical(shares: Array, draw: Array) -> NDArray[np.int64]:
    """Class of each uniform draw under fixed shares; shapes (k,) and (n,), result (n,)."""
    bounds = np.cumsum(shares)
    place = np.searchsorted(bounds, draw * bounds[-1], side="right")
    return np.asarray(np.minimum(place, len(shares) - 1), dtype=np.int64)


def _appliances(
    urban: NDArray[np.bool_], parameters: ParameterValues, seed: int, start_month: int
) -> dict[str, NDArray[np.generic]]:
    """One appliance of each kind stands for all of that kind that a household has."""
    kinds = dimension("appliance").members
    agent = np.arange(len(urban), dtype=np.int64)
    life = parameters.array("appliance_life_scale")
    bought = np.empty((len(urban), len(kinds)), dtype=np.int32)
    grade = np.empty((len(urban), len(kinds)), dtype=np.int8)
    for place, kind in enumerate(kinds):
        # In a steady market ages are about evenly spread over the life.
        age = 12.0 * life[place] * random_streams.uniform(seed, f"initial {kind} age", agent, 0)
        bought[:, place] = start_month - 1 - age.astype(np.int64)
        grade[:, place] = categorical(
            parameters.array("appliance_initial_grade_shares"),
            random_streams.uniform(seed, f"initial {kind} grade", agent, 0),
        )
    return {
        "appliance_bought": bought,
        "appliance_grade": grade,
        "appliance_readiness": np.ones(bought.shape),
        "appliance_claims": np.zeros(bought.shape),
    }


def _homes(
    columns: dict[str, NDArray[np.generic]],
    districts: Districts,
    parameters: ParameterValues,
    seed: int,
) -> dict[str, NDArray[np.generic]]:
    """Who lives where, with how many, on how little, and when they use electricity."""
    agent = np.arange(len(columns["income"]), dtype=np.int64)
    others = pdtr(np.arange(10), parameters.scalar("household_size") - 1.0)
    draw = random_streams.uniform(seed, "persons", agent, 0)
    persons = 1 + categorical(np.diff(others, prepend=0.0), draw)
    each = np.asarray(columns["income"], dtype=np.float64) / persons
    weight = np.asarray(columns["weight"], dtype=np.float64)
    urban = np.asarray(columns["urban"], dtype=np.bool_)
    poor = np.zeros(len(each), dtype=np.bool_)
    for place, rows in (("urban", np.flatnonzero(urban)), ("rural", np.flatnonzero(~urban))):
        poorest = rows[np.argsort(each[rows], kind="stable")]
        below = np.cumsum(weight[poorest]) - 0.5 * weight[poorest]
        share = parameters.scalar(f"low_income_share_{place}")
        poor[poorest[below < share * weight[poorest].sum()]] = True
    habit = random_streams.normal(seed, "use at home", agent, 0)
    spread = parameters.scalar("home_use_dispersion")
    in_centre = np.array([zone == "central_urban" for zone in districts.zone])
    return {
        "persons": persons.astype(np.int8),
        "low_income": poor,
        "central": in_centre[np.asarray(columns["district"], dtype=np.int64)],
        "home_use": np.exp(spread * habit - 0.5 * spread**2),
        "day_load": random_streams.uniform(seed, "load at home by day", agent, 0),
        "time_of_use": np.zeros(len(agent)),
    }
