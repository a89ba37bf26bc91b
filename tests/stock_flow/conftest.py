"""Plausible flows into the stock-flow model, in place of agents."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from transition_model import programmes
from transition_model.behaviour.truck_replacement import purchases_per_month, worn_out_per_month
from transition_model.calendar import MONTHS_PER_YEAR, Month
from transition_model.dimensions import dimension, shape
from transition_model.ledger import ledger_entries
from transition_model.parameters import ParameterValues, load_parameters
from transition_model.stocks import StockFlowEngine, open_engine

type Array = NDArray[np.float64]
type Series = dict[str, Array]

FIRST = Month.parse("2020-01")
LAST = Month.parse("2024-12")

# What agents would decide, by year from 2020 on. Private cars: net additions of the statistics
# bureau's series (4.415, 4.816, 5.112, 5.394 million at the ends of 2020 to 2023), 2024 assumed.
NET_CARS = (382e3, 400e3, 296e3, 283e3, 270e3)
NEW_ENERGY_SHARE = (0.045, 0.12, 0.26, 0.40, 0.54)
PLUG_IN_SHARE_OF_NEW_ENERGY = (0.25, 0.25, 0.30, 0.38, 0.45)
PRIVATE_POINTS_PER_NEW_ENERGY_CAR = (0.35, 0.45, 0.60, 0.65, 0.65)
FOOD_CAPTURE = (0.02, 0.035, 0.05, 0.07, 0.08)
RECYCLABLE_CAPTURE = (0.62, 0.64, 0.67, 0.69, 0.70)
GREEN_STARTS = (
    (0.34, 0.54, 0.12),
    (0.28, 0.60, 0.12),
    (0.18, 0.69, 0.13),
    (0.09, 0.78, 0.13),
    (0.05, 0.82, 0.13),
)
PREFABRICATED_STARTS = (0.15, 0.186, 0.24, 0.28, 0.29)
GREEN_MATERIAL_STARTS = (0.42, 0.46, 0.52, 0.58, 0.63)
CERTIFIED_FACTORIES = (27.0, 28.0, 90.0, 90.0, 40.0)
INDUSTRY_ENERGY = (1.0, 1.04, 1.02, 1.02, 1.03)
INDUSTRY_ELECTRICITY = (1.0, 1.10, 1.13, 1.17, 1.25)
DELIVERY_SHARE = 0.18
ROOF_SOLAR = (0.0, 0.009, 0.013, 0.03, 0.11)
"""GW a year: panels on new public buildings and factories under the duty of July 2022."""
FORMAL_SHARE = (0.40, 0.25, 0.50, 1.0, 1.0, 1.0)
CAR_LIFE = (16.0, 4.79)
APPLIANCE_LIFE = (11.0, 12.0, 10.0, 8.0)
APPLIANCE_GRADES = (0.55, 0.30, 0.15)
CLASSES_OF_RECENT_NEW_ENERGY_CARS = (0.0, 0.45, 0.35, 0.20)
NEW_ENERGY_CARS_2020 = (10e3, 22e3)
TRANSIT_FLEET = {
    "central_bus": (270.0, 7200.0, 450.0, 1080.0),
    "other_bus": (825.0, 2750.0, 550.0, 1375.0),
    "central_taxi": (0.0, 15720.0, 0.0, 280.0),
    "other_taxi": (0.0, 7920.0, 0.0, 80.0),
    "logistics": (55800.0, 1200.0, 0.0, 3000.0),
    "sanitation": (5760.0, 120.0, 0.0, 120.0),
    "post": (2700.0, 0.0, 0.0, 300.0),
}
TRANSIT_LIFE = 8.5
TRUCK_LIFE = (8.0, 10.0, 12.8)


def constants_of(engine: StockFlowEngine, month: Month) -> Series:
    """All parameters that the model reads, in a month."""
    values = ParameterValues(load_parameters(), {})
    return {
        parameter.id: np.asarray(values.at(parameter.id, month))
        for parameter in load_parameters()
        if _is_read(engine, parameter.id, parameter.over)
    }


def _is_read(engine: StockFlowEngine, name: str, over: tuple[str, ...]) -> bool:
    variable = engine.variables.get(name)
    return variable is not None and variable.kind == "constant" and variable.dims == over


def _initial_private_cars() -> Array:
    """4.033 million at the end of 2019, the age classes of a slowly growing fleet."""
    cars = np.zeros(shape(("powertrain", "car_age")))
    ages = np.arange(1, 26)
    thinned = np.exp(-((ages / CAR_LIFE[0]) ** CAR_LIFE[1])) / (1.0 + np.exp((ages - 9.0) / 2.0))
    cars[0, 1:] = (4.033e6 - sum(NEW_ENERGY_CARS_2020)) * thinned / thinned.sum()
    for place, count in enumerate(NEW_ENERGY_CARS_2020, start=1):
        cars[place, :4] = count * np.array(CLASSES_OF_RECENT_NEW_ENERGY_CARS)
    return cars


def _flows(engine: StockFlowEngine, month: Month, values: ParameterValues) -> Series:
    """What agents might write in a month, given the stocks at its opening."""
    year = month.year - FIRST.year
    stocks = engine.values(
        [
            "private_cars",
            "appliances_in_use",
            "transit_vehicles",
            "transit_vehicles_by_age",
            "trucks",
        ]
    )
    flows = {name: np.zeros(shape(entry.over)) for name, entry in ledger_entries().items()}

    age, (scale, form) = np.arange(26), CAR_LIFE
    leaving = 1.0 - np.exp((age / scale) ** form - ((age + 1) / scale) ** form)
    scrapped = stocks["private_cars"] * (1.0 - (1.0 - leaving) ** (1.0 / MONTHS_PER_YEAR))
    flows["private_car_scrappage_per_month"] = scrapped
    bought = NET_CARS[year] / MONTHS_PER_YEAR + scrapped.sum()
    new_energy = bought * NEW_ENERGY_SHARE[year]
    plug_in = new_energy * PLUG_IN_SHARE_OF_NEW_ENERGY[year]
    flows["private_car_purchases_per_month"] = np.array(
        [bought - new_energy, plug_in, new_energy - plug_in]
    )
    flows["private_charging_point_orders_per_month"] = np.asarray(
        new_energy * PRIVATE_POINTS_PER_NEW_ENERGY_CAR[year]
    )

    discarded = stocks["appliances_in_use"] / np.array(APPLIANCE_LIFE)[:, None] / MONTHS_PER_YEAR
    flows["appliance_discards_per_month"] = discarded
    flows["appliance_purchases_per_month"] = np.outer(discarded.sum(axis=1), APPLIANCE_GRADES)
    flows["household_capture_share"] = np.array(
        [FOOD_CAPTURE[year], RECYCLABLE_CAPTURE[year], 0.0, 0.0]
    )
    for name, entry in ledger_entries().items():
        if entry.kind == "factor":
            flows[name] = np.ones(shape(entry.over))

    retired = stocks["transit_vehicles"] / TRANSIT_LIFE / MONTHS_PER_YEAR
    flows["transit_retirements_per_month"] = retired
    by_age = stocks["transit_vehicles_by_age"] / TRANSIT_LIFE / MONTHS_PER_YEAR
    flows["transit_retirements_by_age_per_month"] = by_age
    flows["transit_registrations_per_month"][:, 3] = retired.sum(axis=1)

    worn_out = worn_out_per_month(stocks["trucks"], np.array(TRUCK_LIFE), 5.58)
    flows["truck_scrappage_per_month"] = worn_out
    flows["truck_purchases_per_month"] = purchases_per_month(
        stocks["trucks"],
        worn_out,
        np.full(3, 0.03) / MONTHS_PER_YEAR,
        values.array("truck_fuel_share_of_purchases", month),
    )

    flows["formal_share"] = np.array(FORMAL_SHARE)
    flows["material_collection_share"] = values.array("material_collection_reference")
    flows["recycling_capacity_commissioned_per_month"] = (
        values.array("recycler_announced_capacity", month) / MONTHS_PER_YEAR
    )
    flows["construction_waste_delivery_share"] = np.asarray(DELIVERY_SHARE)

    starts = values.scalar("builder_floor_starts", month) / MONTHS_PER_YEAR
    prefabricated = PREFABRICATED_STARTS[year]
    flows["building_starts_per_month"] = starts * np.outer(
        GREEN_STARTS[year], (1.0 - prefabricated, prefabricated)
    )
    flows["green_material_starts_per_month"] = np.asarray(starts * GREEN_MATERIAL_STARTS[year])
    flows["building_retrofits_per_month"] = np.asarray(
        values.array("retrofit_floor", month).sum() / MONTHS_PER_YEAR
    )

    flows["roof_solar_starts_per_month"] = np.asarray(ROOF_SOLAR[year] / MONTHS_PER_YEAR)

    flows["industrial_energy_per_month"] = (
        values.array("industrial_energy_2020") / MONTHS_PER_YEAR * INDUSTRY_ENERGY[year]
    )
    flows["industrial_electricity_per_month"] = (
        values.array("industrial_electricity_2020") / MONTHS_PER_YEAR * INDUSTRY_ELECTRICITY[year]
    )
    flows["industrial_value_added_per_month"] = (
        values.array("industrial_value_added_2020") / MONTHS_PER_YEAR * INDUSTRY_ENERGY[year]
    )
    flows["green_factories_certified_per_month"] = np.asarray(
        CERTIFIED_FACTORIES[year] / MONTHS_PER_YEAR
    )
    return flows


@pytest.fixture(scope="session")
def engine() -> StockFlowEngine:
    """The city's stock-flow model, compiled."""
    return open_engine()


@pytest.fixture(scope="session")
def history() -> Callable[[str], Array]:
    """Monthly values of a variable from 2020-01 to 2024-12 under plausible flows."""
    engine = open_engine()
    values = ParameterValues(load_parameters(), {})
    fleet = np.array([TRANSIT_FLEET[member] for member in dimension("transit_class").members])
    engine.start(
        constants_of(engine, FIRST)
        | {
            "initial_private_cars": _initial_private_cars(),
            "initial_transit_vehicles": fleet,
            "initial_transit_vehicles_by_age": np.pad(
                fleet.sum(axis=1, keepdims=True), ((0, 0), (4, 16))
            ),
            "initial_recycling_capacity": values.array("recycler_initial_capacity"),
            "initial_programmes_delivered": programmes.opening_levels(values),
            "programme_pace_before_plan": programmes.paces(values, FIRST),
        }
    )
    names = [name for name, variable in engine.variables.items() if variable.kind != "lookup"]
    months = []
    for place in range(LAST - FIRST + 1):
        month = FIRST + place
        paces = {"programme_pace_before_plan": programmes.paces(values, month)}
        engine.step(constants_of(engine, month) | paces | _flows(engine, month, values))
        months.append(engine.values(names))

    def series(name: str) -> Array:
        return np.array([values[name] for values in months])

    return series
