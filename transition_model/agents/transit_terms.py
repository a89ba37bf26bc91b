"""What the kernel of the transit operators is given: constants of a run, terms of a month."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.transit_costs import KM_OF_CONSUMPTION
from transition_model.agents.transit_fleets_of_2019 import electric
from transition_model.compilation import Fields
from transition_model.dimensions import dimension, shape
from transition_model.kernels.records import Records, record_of
from transition_model.kernels.transit_operators import Constants
from transition_model.month_terms import WatchedReading, remembered, remembered_constants
from transition_model.parameters import ParameterValues
from transition_model.policy.fleet_renewal import FleetTerms, fleet_terms_of_month
from transition_model.policy.pots import pots_of_month

type Array = NDArray[np.float64]


@remembered
def terms_of_month(reading: WatchedReading) -> tuple[Records, Fields]:
    """A record of :class:`.FleetTerms`, and the pots of the rule for taxis."""
    discount = float(reading.parameters.array("taxi_maker_discount").max())
    terms = fleet_terms_of_month(reading.law, reading.levers, reading.month, discount)
    pots = pots_of_month(reading.law["taxi_and_logistics_renewal"], reading.month)
    numbers = FleetTerms(*(np.asarray(value, dtype=np.float64) for value in terms))  # type: ignore[arg-type]
    return record_of(numbers), tuple(pots)


@remembered_constants
def constants_of(parameters: ParameterValues) -> Records:
    """A record of :class:`.Constants`."""
    array, scalar = parameters.array, parameters.scalar
    programmes = dimension("subsidy_programme")
    price = array("transit_vehicle_price")
    diesel, gas, other_running = _running(parameters)
    constants = Constants(
        price=price,
        offered=array("transit_fuel_offered"),
        maintenance=_maintenance(parameters),
        diesel=diesel,
        gas=gas,
        other_running=other_running,
        is_bus=array("bus_renewal_scope"),
        legal_life=array("transit_legal_life"),
        battery_life=array("transit_battery_life"),
        battery_extension=array("transit_battery_extension"),
        own_charging=array("transit_depot_charging"),
        depot_extension=array("transit_depot_extension"),
        growth=array("transit_fleet_growth"),
        budget=np.delete(price, electric(), axis=1).min(axis=1) * array("transit_yearly_budget"),
        maker_discount=array("taxi_maker_discount"),
        charger_cost=array("transit_charger_cost"),
        discount_rate=scalar("transit_discount_rate"),
        cost_sensitivity=scalar("transit_cost_sensitivity"),
        maintenance_ageing=scalar("transit_maintenance_ageing"),
        resale_share=scalar("transit_resale_share"),
        battery_share=scalar("transit_battery_share"),
        part_asked=scalar("taxi_maker_reward_asked"),
        points_wanted=scalar("vehicles_per_public_charging_point_desired"),
        quota_reach=parameters.path("transit_quota_reach"),
        electric_price_index=parameters.path("transit_electric_price_index"),
        diesel_price=parameters.path("transit_diesel_price"),
        gas_price=parameters.path("transit_gas_price"),
        electric=electric(),
        bus_renewal=programmes.index("bus_renewal"),
        fleet_renewal=programmes.index("fleet_renewal"),
    )
    return record_of(constants)


def _running(parameters: ParameterValues) -> tuple[Array, Array, Array]:
    """Diesel and gas of a year, and what electricity and charging cost in it; (classes, fuels)."""
    array = parameters.array
    plugged = parameters.scalar("electric_share_of_hybrid_transit_distance")
    yearly = array("distance_per_transit_vehicle") / KM_OF_CONSUMPTION
    fuels = dimension("transit_fuel")
    diesel, gas, other = (np.zeros(shape(("transit_class", "transit_fuel"))) for _ in range(3))
    diesel[:, fuels.index("diesel")] = array("diesel_per_distance_of_transit") * yearly
    diesel[:, fuels.index("hybrid")] = (1.0 - plugged) * diesel[:, fuels.index("diesel")]
    gas[:, fuels.index("gas")] = array("gas_per_distance_of_transit") * yearly
    power = array("electricity_per_distance_of_transit") * array("transit_electricity_price")
    other[:, fuels.index("hybrid")] = plugged * power * yearly
    other[:, electric()] = power * yearly + array("transit_charging_time_cost")
    return diesel, gas, other


def _maintenance(parameters: ParameterValues) -> Array:
    """Of a new vehicle, yuan/year, shape (classes, fuels)."""
    yearly = parameters.array("transit_maintenance") * parameters.array(
        "distance_per_transit_vehicle"
    )
    maintenance = np.repeat(yearly[:, None], len(dimension("transit_fuel")), axis=1)
    maintenance[:, electric()] *= parameters.scalar("transit_electric_maintenance")
    return maintenance
