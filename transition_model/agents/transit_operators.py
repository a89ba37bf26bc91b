"""Operators of public-service fleets: every vehicle counted, by fuel and age.

Once a year each operator plans which vehicles go and what comes in their place; months later the
new ones are delivered and the old ones leave. What is registered less what is retired is the
change of the fleet, to the unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.columns import Column, ColumnarAgentSet, RowAgent
from transition_model.agents.situation import Situation
from transition_model.behaviour import fleet_choice, fleet_replacement, truck_replacement
from transition_model.calendar import MONTHS_PER_YEAR, Month
from transition_model.dimensions import dimension, shape
from transition_model.parameters import ParameterValues
from transition_model.random_streams import normal, uniform

type Array = NDArray[np.float64]
type Counts = NDArray[np.int64]

AGES = 21
"""Age classes of a fleet in years, 0 to 20; no legal life is that long."""

FIRST_MONTH = Month.parse("2020-01")
"""The month that the fleets are made for."""

_KM_OF_CONSUMPTION = 100.0


class TransitOperator(RowAgent):
    """An operator: a view of one row of :class:`TransitOperators`."""


class TransitOperators(ColumnarAgentSet[TransitOperator]):
    """All operators of public-service fleets.

    Columns
    -------
    transit_class
        Number in the dimension ``transit_class``, which names the zone too.
    vehicles
        Vehicles in service, shape (operators, fuels, ages); age is calendar year less year of
        registration, so that everybody is a year older in January.
    leaving
        Vehicles among them that leave at the next delivery, same shape.
    ordered
        Vehicles on order, shape (operators, fuels).
    delivery
        Month of delivery, as :attr:`transition_model.calendar.Month.index`; 0 without order.
    service_life
        Age at which the operator replaces a vehicle, years.
    planning_month, lead_months
        Month of the year of its plan; months from order to delivery.
    """

    @classmethod
    def build(cls, model: Any, parameters: ParameterValues, seed: int, first_id: int) -> Self:
        """Make the operators, with the fleets of the end of 2019."""
        operators = np.rint(parameters.array("transit_operators")).astype(np.int64)
        transit_class = np.repeat(np.arange(len(operators)), operators)
        agents = np.arange(len(transit_class))
        columns = {
            "transit_class": transit_class,
            "service_life": _service_lives(parameters, seed, agents, transit_class),
            **_planning(parameters, seed, agents),
        }
        columns["vehicles"] = _initial_fleets(parameters, seed, agents, columns)
        columns |= _orders_of_2019(columns)
        return cls(TransitOperator, model, columns, first_id)

    def fleet(self) -> Counts:
        """Vehicles in service by class and fuel, whole numbers, shape (7, 4)."""
        return self._by_class(self.vehicles.sum(axis=2))

    def decide(self, situation: Situation) -> None:
        """Take delivery of what was ordered, then plan the year if it is the month for it."""
        if situation.month.month == 1:
            for name in ("vehicles", "leaving"):
                self.columns[name][:] = fleet_replacement.one_year_older(self.columns[name])
        self._take_delivery(situation)
        self._plan(situation)
        _replace_trucks(situation)

    def _take_delivery(self, situation: Situation) -> None:
        arrives = self.delivery == situation.month.index
        registered = np.where(arrives[:, None], self.ordered, 0)
        retired = np.where(arrives[:, None, None], self.leaving, 0)
        ledger = situation.ledger
        ledger.add("transit_registrations_per_month", self._by_class(registered))
        ledger.add("transit_retirements_per_month", self._by_class(retired.sum(axis=2)))
        self._pay_renewals(situation, registered, retired)
        self.columns["vehicles"] -= retired
        self.columns["vehicles"][:, :, 0] += registered
        self.columns["leaving"] -= retired
        self.columns["ordered"] -= registered
        self.columns["delivery"][arrives] = 0

    def _pay_renewals(self, situation: Situation, registered: Counts, retired: Counts) -> None:
        """Pay for every old bus that an electric one replaces, at the amount in force."""
        old = self._renewable(situation.parameters, retired).sum(axis=(1, 2))
        renewed = np.minimum(old, registered[:, _electric()])
        spending = np.zeros(len(dimension("subsidy_programme")))
        spending[dimension("subsidy_programme").index("bus_renewal")] = (
            situation.levers["bus_renewal_subsidy"] * renewed.sum()
        )
        situation.ledger.add("subsidy_spending_per_month", spending)

    def _renewable(self, parameters: ParameterValues, vehicles: Counts) -> Counts:
        """Those of the vehicles whose replacement earns the subsidy, same shape."""
        covered = parameters.array("bus_renewal_scope")[self.transit_class] > 0.0
        old = _ages() >= parameters.scalar("bus_renewal_minimum_age")
        return vehicles * (covered[:, None, None] & old)

    def _plan(self, situation: Situation) -> None:
        """Operators whose month it is order new vehicles and mark old ones."""
        plans = (self.planning_month == situation.month.month) & (self.delivery == 0)
        costs = _Costs(situation, self.transit_class, self.service_life)
        required = self._required_electric_share(situation)
        free = costs.free_shares()
        leaving = self._leaving(
            situation, costs, fleet_choice.shares_under_quota(free, required, _electric())
        )
        bought = leaving.sum(axis=(1, 2)) + self._growth(situation)
        required = self._with_early_renewals(required, leaving, bought)
        shares = fleet_choice.shares_under_quota(free, required, _electric())
        ordered = fleet_replacement.purchases_by_fuel(bought, shares, required, _electric())
        orders = plans & (bought > 0)
        self.columns["leaving"][orders] = leaving[orders]
        self.columns["ordered"][orders] = ordered[orders]
        self.columns["delivery"][orders] = situation.month.index + self.lead_months[orders]

    def _required_electric_share(self, situation: Situation) -> Array:
        """Electric share that the quota asks of an operator's purchases, shape (operators,)."""
        reach = situation.parameters.array("transit_quota_reach", situation.month)
        required: Array = situation.levers["public_fleet_electric_quota"] * np.minimum(
            reach[self.transit_class], 1.0
        )
        return required

    def _with_early_renewals(self, required: Array, leaving: Counts, bought: Counts) -> Array:
        """Electric share of purchases if early renewals, which pay only so, are all electric."""
        early = np.where(self._due(), 0, leaving).sum(axis=(1, 2)) / np.maximum(bought, 1)
        return early + (1.0 - early) * required

    def _due(self) -> NDArray[np.bool_]:
        """Ages at which an operator replaces in any case, shape (operators, 1, ages)."""
        due: NDArray[np.bool_] = self.service_life[:, None, None] <= _ages()
        return due

    def _leaving(self, situation: Situation, costs: _Costs, shares: Array) -> Counts:
        """Vehicles that would leave under a plan made now, shape (operators, fuels, ages)."""
        parameters = situation.parameters
        legal = parameters.array("transit_legal_life")[self.transit_class, None, None] <= _ages()
        renewable = self._renewable(parameters, self.vehicles)
        early = np.where(costs.early_renewal_value() > 0.0, renewable, 0)
        candidates = np.where(self._due(), self.vehicles, early)
        price = (shares * costs.price).sum(axis=1)
        subsidised = np.where(candidates > 0, renewable, 0).sum(axis=(1, 2))
        number = fleet_replacement.affordable(
            self._budget(parameters), price, costs.subsidy * shares[:, _electric()], subsidised
        )
        must = np.where(legal, self.vehicles, 0).sum(axis=(1, 2))
        return fleet_replacement.oldest_first(candidates, np.maximum(number, must))

    def _budget(self, parameters: ParameterValues) -> Array:
        """Money for new vehicles this year, yuan, shape (operators,)."""
        conventional = np.delete(parameters.array("transit_vehicle_price"), _electric(), axis=1)
        worth = conventional.min(axis=1) * parameters.array("transit_yearly_budget")
        budget: Array = worth[self.transit_class] * self.vehicles.sum(axis=(1, 2))
        return budget

    def _growth(self, situation: Situation) -> Counts:
        """Vehicles that are added to the fleet, whole numbers that meet the rate on average."""
        rate = situation.parameters.array("transit_fleet_growth")[self.transit_class]
        draw = uniform(situation.seed, "fleet growth", self.rows, situation.month.index)
        grown = np.floor(self.vehicles.sum(axis=(1, 2)) * rate + draw)
        return np.where(rate > 0.0, grown, 0.0).astype(np.int64)

    def _by_class(self, by_operator: Counts) -> Counts:
        """Sums over the operators of a class, shape (7, 4)."""
        sums = np.zeros(shape(("transit_class", "transit_fuel")), dtype=np.int64)
        np.add.at(sums, self.transit_class, by_operator)
        return sums


class _Costs:
    """What vehicles cost each operator this month, shape (operators, fuels) unless said.

    Parameters
    ----------
    situation
        The month.
    transit_class, service_life
        Columns of the operators.
    """

    def __init__(
        self, situation: Situation, transit_class: NDArray[np.int64], service_life: Array
    ) -> None:
        self.parameters = situation.parameters
        self.month = situation.month
        self.transit_class = transit_class
        self.service_life = service_life
        self.rate = np.full(len(transit_class), self.parameters.scalar("transit_discount_rate"))
        covered = self._of_class("bus_renewal_scope")
        self.subsidy: Array = covered * situation.levers["bus_renewal_subsidy"]
        self.price = self._price()
        self.running, self.maintenance = self._running(), self._maintenance()

    def free_shares(self) -> Array:
        """Shares of fuels that the operators would buy without quota."""
        price = self._price_with_charger()
        eligible = self.service_life >= self.parameters.scalar("bus_renewal_minimum_age")
        price[:, _electric()] -= np.where(eligible, self.subsidy, 0.0)
        ownership = fleet_choice.cost_of_ownership(
            price,
            self.running + self.maintenance,
            self._battery_price(),
            self._of_class("transit_battery_life"),
            self.service_life,
            self.rate,
        )
        return fleet_choice.fuel_shares(
            ownership,
            self._of_class("transit_fuel_offered"),
            self.parameters.scalar("transit_cost_sensitivity"),
        )

    def early_renewal_value(self) -> Array:
        """Worth of an electric vehicle now instead of later, yuan, (operators, fuels, ages)."""
        ages = _ages()
        ageing = 1.0 + self.parameters.scalar("transit_maintenance_ageing") * ages
        old = self.running[:, :, None] + self.maintenance[:, :, None] * ageing
        new = (self.running + self.maintenance)[:, _electric()]
        return fleet_choice.early_renewal_value(
            self.subsidy[:, None, None],
            old - new[:, None, None],
            self._price_with_charger()[:, _electric(), None, None],
            ages,
            self.service_life[:, None, None],
            self.rate[:, None, None],
        )

    def _of_class(self, identifier: str) -> Array:
        return self.parameters.array(identifier)[self.transit_class]

    def _price(self) -> Array:
        price = self._of_class("transit_vehicle_price")
        price[:, _electric()] *= self.parameters.scalar("transit_electric_price_index", self.month)
        return price

    def _price_with_charger(self) -> Array:
        price = self.price.copy()
        price[:, _electric()] += self._of_class("transit_charger_cost")
        return price

    def _battery_price(self) -> Array:
        """yuan; only electric vehicles need a new one."""
        battery = np.zeros_like(self.price)
        share = self.parameters.scalar("transit_battery_share")
        battery[:, _electric()] = share * self.price[:, _electric()]
        return battery

    def _running(self) -> Array:
        """Energy and time lost in charging, yuan/year."""
        diesel = self._each_km("diesel_per_distance_of_transit") * self.parameters.scalar(
            "transit_diesel_price", self.month
        )
        gas = self._each_km("gas_per_distance_of_transit") * self.parameters.scalar(
            "transit_gas_price", self.month
        )
        electric = self._each_km("electricity_per_distance_of_transit") * self._of_class(
            "transit_electricity_price"
        )
        plugged = self.parameters.scalar("electric_share_of_hybrid_transit_distance")
        by_fuel = {
            "diesel": diesel,
            "gas": gas,
            "hybrid": plugged * electric + (1.0 - plugged) * diesel,
            "electric": electric,
        }
        each_km = np.stack([by_fuel[fuel] for fuel in dimension("transit_fuel").members], axis=1)
        running: Array = each_km * self._of_class("distance_per_transit_vehicle")[:, None]
        running[:, _electric()] += self._of_class("transit_charging_time_cost")
        return running

    def _each_km(self, identifier: str) -> Array:
        """Consumption for one km, which is declared for 100 km."""
        return self._of_class(identifier) / _KM_OF_CONSUMPTION

    def _maintenance(self) -> Array:
        """Of a new vehicle, yuan/year."""
        yearly = self._of_class("transit_maintenance") * self._of_class(
            "distance_per_transit_vehicle"
        )
        maintenance = np.repeat(yearly[:, None], len(dimension("transit_fuel")), axis=1)
        maintenance[:, _electric()] *= self.parameters.scalar("transit_electric_maintenance")
        return maintenance


def _replace_trucks(situation: Situation) -> None:
    """Hauliers, who are no agents yet, replace trucks when they wear out."""
    parameters, trucks = situation.parameters, situation.stocks["trucks"]
    scrapped = truck_replacement.worn_out_per_month(
        trucks, parameters.array("truck_life_scale"), parameters.scalar("truck_life_shape")
    )
    bought = truck_replacement.purchases_per_month(
        trucks,
        scrapped,
        parameters.array("truck_fleet_growth") / MONTHS_PER_YEAR,
        parameters.array("truck_fuel_share_of_purchases", situation.month),
    )
    situation.ledger.add("truck_scrappage_per_month", scrapped)
    situation.ledger.add("truck_purchases_per_month", bought)


def _electric() -> int:
    return dimension("transit_fuel").index("electric")


def _ages() -> Array:
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
    oldest = (_ages() == columns["service_life"][:, None]) & awaiting[:, None]
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
    in_service = cohorts * (_ages() <= last_age[:, None])
    recent = in_service * (_ages() < parameters.scalar("transit_initial_electric_age"))
    vehicles = np.zeros((*fleets.shape, AGES), dtype=np.int64)
    electric = _electric()
    vehicles[:, electric] = fleet_replacement.apportion(fleets[:, electric], recent)
    others = np.delete(fleets, electric, axis=1)
    older = _left_of_cohorts(in_service, vehicles[:, electric], fleets.sum(axis=1))
    for fuel, counts in zip(np.delete(np.arange(fleets.shape[1]), electric), others.T, strict=True):
        vehicles[:, fuel] = fleet_replacement.apportion(counts, older)
    return vehicles


def _left_of_cohorts(cohorts: Array, electric: Column, totals: Counts) -> Array:
    """What each year's registrations leave for the other fuels, as weights."""
    whole = cohorts / cohorts.sum(axis=1, keepdims=True) * totals[:, None]
    # A year whose registrations were all electric keeps a trace, so that weights never vanish.
    return np.maximum(whole - electric, cohorts)
