"""Fleets of the end of 2019, vehicle by vehicle, and the orders that are under way by then."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.columns import Column
from transition_model.behaviour import fleet_replacement
from transition_model.calendar import MONTHS_PER_YEAR, Month
from transition_model.dimensions import dimension
from transition_model.parameters import ParameterValues
from transition_model.random_streams import normal, uniform

type Array = NDArray[np.float64]
type Counts = NDArray[np.int64]

AGES = len(dimension("transit_age"))
"""Age classes of a fleet in years, the last one open; no legal life is that long."""

FIRST_MONTH = Month.parse("2020-01")
"""The month that the fleets are made for."""


def opening_columns(parameters: ParameterValues, seed: int) -> dict[str, Column]:
    """Columns of :class:`.TransitOperators` with the fleets of the end of 2019."""
    operators = np.rint(parameters.array("transit_operators")).astype(np.int64)
    transit_class = np.repeat(np.arange(len(operators)), operators)
    agents = np.arange(len(transit_class))
    columns: dict[str, Column] = {
        "transit_class": transit_class,
        "service_life": _service_lives(parameters, seed, agents, transit_class),
        **_planning(parameters, seed, agents),
    }
    vehicles = _initial_fleets(parameters, seed, agents, columns)
    slack = 1.0 + parameters.scalar("transit_depot_slack")
    own = parameters.array("transit_depot_charging")[transit_class]
    columns |= {
        "vehicles": vehicles,
        "new_battery": np.zeros((len(agents), AGES), dtype=np.int64),
        "charging_places": slack * own * vehicles[:, electric()].sum(axis=1),
        "reward_of_the_year": np.zeros(len(agents)),
        "subsidy_received": np.zeros(len(agents)),
    }
    return columns | _orders_of_2019(columns)


def electric() -> int:
    """Column of the battery-electric vehicles."""
    return dimension("transit_fuel").index("electric")


def ages() -> Array:
    """Ages in years, shape (ages,)."""
    return np.arange(AGES, dtype=np.float64)


def _drawn_between(
    lowest: float, highest: float, seed: int, purpose: str, agents: NDArray[np.int64]
) -> Counts:
    """Whole numbers from lowest to highest, each as likely."""
    steps = np.floor(uniform(seed, purpose, agents, 0) * (highest - lowest + 1.0))
    return (lowest + steps).astype(np.int64)


def _service_lives(
    parameters: ParameterValues,
    seed: int,
    agents: NDArray[np.int64],
    transit_class: NDArray[np.int64],
) -> Array:
    """Age at which each operator replaces a vehicle, whole years."""
    spread = parameters.scalar("transit_service_life_spread")
    luck = 2.0 * uniform(seed, "service life", agents, 0) - 1.0
    life = np.rint(parameters.array("transit_service_life")[transit_class] + spread * luck)
    return np.minimum(life, parameters.array("transit_legal_life")[transit_class])


def _planning(
    parameters: ParameterValues, seed: int, agents: NDArray[np.int64]
) -> dict[str, Column]:
    """In which month each operator plans, and how long it waits for delivery."""
    shortest = parameters.scalar("transit_order_lead_shortest")
    longest = parameters.scalar("transit_order_lead_longest")
    return {
        "planning_month": _drawn_between(
            1.0, MONTHS_PER_YEAR, seed, "fleet planning month", agents
        ),
        "lead_months": _drawn_between(shortest, longest, seed, "order lead time", agents),
    }


def _awaiting(columns: Mapping[str, Column]) -> NDArray[np.bool_]:
    """Operators whose order of 2019 arrives in 2020."""
    awaiting: NDArray[np.bool_] = columns["planning_month"] + columns["lead_months"] > (
        MONTHS_PER_YEAR
    )
    return awaiting


def _orders_of_2019(columns: Mapping[str, Column]) -> dict[str, Column]:
    """Orders that are under way when the run begins: the oldest cohort against new vehicles."""
    vehicles, awaiting = columns["vehicles"], _awaiting(columns)
    oldest = (ages() == columns["service_life"][:, None]) & awaiting[:, None]
    leaving = vehicles * oldest[:, None, :]
    bought = leaving.sum(axis=(1, 2))
    arrival = columns["planning_month"] + columns["lead_months"] - MONTHS_PER_YEAR - 1
    return {
        "leaving": leaving,
        "ordered": fleet_replacement.apportion(bought, vehicles[:, :, 0].astype(np.float64)),
        "delivery": np.where(bought > 0, FIRST_MONTH.index + arrival, 0),
    }


def _initial_fleets(
    parameters: ParameterValues,
    seed: int,
    agents: NDArray[np.int64],
    columns: Mapping[str, Column],
) -> Counts:
    """Fleets of the end of 2019, shape (operators, fuels, ages); totals by class and fuel exact."""
    totals = np.rint(parameters.array("transit_fleet_initial")).astype(np.int64)
    by_fuel = fleet_replacement.apportion(totals, parameters.array("transit_initial_fuel_share"))
    size = np.exp(
        parameters.scalar("transit_operator_size_spread") * normal(seed, "operator size", agents, 0)
    )
    fleets = np.zeros((len(agents), by_fuel.shape[1]), dtype=np.int64)
    for place, fuels in enumerate(by_fuel):
        rows = np.flatnonzero(columns["transit_class"] == place)
        sizes = np.tile(size[rows], (len(fuels), 1))
        fleets[rows] = fleet_replacement.apportion(fuels, sizes).T
    # Vehicles that are about to be replaced are still in service.
    last_age = columns["service_life"] - 1.0 + _awaiting(columns)
    return _by_age(parameters, seed, agents, fleets, last_age)


def _by_age(
    parameters: ParameterValues,
    seed: int,
    agents: NDArray[np.int64],
    fleets: Counts,
    last_age: Array,
) -> Counts:
    """Spread fleets over ages, the electric ones over the latest years.

    Parameters
    ----------
    fleets
        Shape (operators, fuels).
    last_age
        Age of the oldest vehicles, years, shape (operators,).
    """
    spread = parameters.scalar("transit_cohort_spread")
    cohorts = np.stack(
        [np.exp(spread * normal(seed, f"cohort {age}", agents, 0)) for age in range(AGES)], axis=1
    )
    in_service = cohorts * (ages() <= last_age[:, None])
    recent = in_service * (ages() < parameters.scalar("transit_initial_electric_age"))
    vehicles = np.zeros((*fleets.shape, AGES), dtype=np.int64)
    battery = electric()
    vehicles[:, battery] = fleet_replacement.apportion(fleets[:, battery], recent)
    others = np.delete(fleets, battery, axis=1)
    older = _left_of_cohorts(in_service, vehicles[:, battery], fleets.sum(axis=1))
    for fuel, counts in zip(np.delete(np.arange(fleets.shape[1]), battery), others.T, strict=True):
        vehicles[:, fuel] = fleet_replacement.apportion(counts, older)
    return vehicles


def _left_of_cohorts(cohorts: Array, electric: Column, totals: Counts) -> Array:
    """What each year's registrations leave for the other fuels, as weights."""
    whole = cohorts / cohorts.sum(axis=1, keepdims=True) * totals[:, None]
    # A year whose registrations were all electric keeps a trace, so that weights never vanish.
    return np.maximum(whole - electric, cohorts)
