"""What vehicles cost operators of public-service fleets: to buy, run and keep."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.situation import Situation
from transition_model.agents.transit_fleets_of_2019 import ages, electric
from transition_model.behaviour import fleet_choice
from transition_model.dimensions import dimension
from transition_model.policy.fleet_renewal import FleetTerms

type Array = NDArray[np.float64]

KM_OF_CONSUMPTION = 100.0
"""Distance for which consumption is declared."""


class TransitCosts:
    """What vehicles cost each operator this month, shape (operators, fuels) unless said.

    Parameters
    ----------
    situation
        The month.
    terms
        What the rules offer.
    transit_class, service_life
        Columns of the operators.
    """

    def __init__(
        self,
        situation: Situation,
        terms: FleetTerms,
        transit_class: NDArray[np.int64],
        service_life: Array,
    ) -> None:
        self.terms = terms
        self.parameters = situation.parameters
        self.month = situation.month
        self.transit_class = transit_class
        self.service_life = service_life
        self.rate = np.full(len(transit_class), self.parameters.scalar("transit_discount_rate"))
        self.is_bus: Array = self._of_class("bus_renewal_scope")
        self.subsidy: Array = self.is_bus * terms.bus_renewal + terms.renewal[transit_class]
        self.maker_discount = self._maker_discount()
        self.price = self._price()
        self.running, self.maintenance = self._running(), self._maintenance()

    def free_shares(self) -> Array:
        """Shares of fuels that the operators would buy without quota."""
        price = self._price_with_charger()
        old_enough = self.service_life >= self.terms.bus_renewal_age
        bus = self.is_bus * (np.where(old_enough, self.terms.bus_renewal, 0.0))
        price[:, electric()] -= (
            bus + self.is_bus * self.terms.bus_reward + self.terms.renewal[self.transit_class]
        )
        ownership = fleet_choice.cost_of_ownership(
            price,
            self.running + self.maintenance,
            self._battery_price(),
            self._of_class("transit_battery_life")[:, None],
            self.service_life[:, None],
            self.rate[:, None],
        )
        return fleet_choice.fuel_shares(
            ownership,
            self._of_class("transit_fuel_offered"),
            self.parameters.scalar("transit_cost_sensitivity"),
        )

    def battery_share(self) -> Array:
        """Share of worn-out electric vehicles that go on with a new battery, (operators,)."""
        years = self.extension()
        life = self.service_life
        of_old_bus = np.where(life >= self.terms.battery_age, self.terms.battery, 0.0)
        ageing = 1.0 + self.parameters.scalar("transit_maintenance_ageing") * life
        running, maintenance = self.running[:, electric()], self.maintenance[:, electric()]
        battery = self._battery_price()[:, electric()] - self.is_bus * of_old_bus
        renewed = self.is_bus * np.where(
            life >= self.terms.bus_renewal_age, self.terms.bus_renewal, 0.0
        )
        vehicle = self.price[:, electric()] - renewed - self.terms.renewal[self.transit_class]
        # Without years left a new battery costs infinitely much a year, and nobody takes it.
        with np.errstate(over="ignore"):
            share: Array = fleet_choice.share_of_cheaper(
                fleet_choice.cost_per_year(
                    battery, running + maintenance * ageing, years, self.rate
                ),
                fleet_choice.cost_per_year(vehicle, running + maintenance, life, self.rate),
                self.parameters.scalar("transit_cost_sensitivity"),
            )
        return share

    def extension(self) -> Array:
        """Years that a new battery keeps a vehicle in service after its life, (operators,)."""
        left = self._of_class("transit_legal_life") - self.service_life
        return np.minimum(left, self._of_class("transit_battery_extension"))

    def battery_outlay(self) -> Array:
        """What a new battery costs the operator after the subsidy, yuan, (operators,)."""
        paid = np.where(self.service_life >= self.terms.battery_age, self.terms.battery, 0.0)
        outlay: Array = self._battery_price()[:, electric()] - self.is_bus * paid
        return outlay

    def early_renewal_value(self) -> Array:
        """Worth of an electric vehicle now instead of later, yuan, (operators, fuels, ages)."""
        years = ages()
        ageing = 1.0 + self.parameters.scalar("transit_maintenance_ageing") * years
        old = self.running[:, :, None] + self.maintenance[:, :, None] * ageing
        new = (self.running + self.maintenance)[:, electric()]
        value: Array = fleet_choice.early_renewal_value(
            self.subsidy[:, None, None],
            old - new[:, None, None],
            self._price_with_charger()[:, electric(), None, None],
            (self.parameters.scalar("transit_resale_share") * self.price)[:, :, None],
            years,
            self.service_life[:, None, None],
            self.rate[:, None, None],
        )
        return value

    def _of_class(self, identifier: str) -> Array:
        return self.parameters.array(identifier)[self.transit_class]

    def _price(self) -> Array:
        price = self._of_class("transit_vehicle_price")
        price[:, electric()] *= self.parameters.scalar("transit_electric_price_index", self.month)
        price[:, electric()] -= self.maker_discount
        return price

    def _maker_discount(self) -> Array:
        """What makers take off an electric taxi, yuan."""
        discount: Array = fleet_choice.discount_of_maker(
            self._of_class("taxi_maker_discount"),
            self.parameters.scalar("taxi_maker_reward_asked"),
            self.terms.taxi_maker_reward,
        )
        return discount

    def _price_with_charger(self) -> Array:
        price = self.price.copy()
        price[:, electric()] += self._of_class("transit_charger_cost")
        return price

    def _battery_price(self) -> Array:
        """Yuan; only electric vehicles need a new one."""
        battery = np.zeros_like(self.price)
        share = self.parameters.scalar("transit_battery_share")
        battery[:, electric()] = share * self.price[:, electric()]
        return battery

    def _running(self) -> Array:
        """Energy and time lost in charging, yuan/year."""
        diesel = self._each_km("diesel_per_distance_of_transit") * self.parameters.scalar(
            "transit_diesel_price", self.month
        )
        gas = self._each_km("gas_per_distance_of_transit") * self.parameters.scalar(
            "transit_gas_price", self.month
        )
        power = self._each_km("electricity_per_distance_of_transit") * self._of_class(
            "transit_electricity_price"
        )
        plugged = self.parameters.scalar("electric_share_of_hybrid_transit_distance")
        by_fuel = {
            "diesel": diesel,
            "gas": gas,
            "hybrid": plugged * power + (1.0 - plugged) * diesel,
            "electric": power,
        }
        each_km = np.stack([by_fuel[fuel] for fuel in dimension("transit_fuel").members], axis=1)
        running: Array = each_km * self._of_class("distance_per_transit_vehicle")[:, None]
        running[:, electric()] += self._of_class("transit_charging_time_cost")
        return running

    def _each_km(self, identifier: str) -> Array:
        """Consumption for one km, which is declared for 100 km."""
        return self._of_class(identifier) / KM_OF_CONSUMPTION

    def _maintenance(self) -> Array:
        """Of a new vehicle, yuan/year."""
        yearly = self._of_class("transit_maintenance") * self._of_class(
            "distance_per_transit_vehicle"
        )
        maintenance = np.repeat(yearly[:, None], len(dimension("transit_fuel")), axis=1)
        maintenance[:, electric()] *= self.parameters.scalar("transit_electric_maintenance")
        return maintenance
