"""Operators of public-service fleets: every vehicle counted, by fuel and age.

Once a year each operator plans which vehicles go, which electric ones stay with a new battery and
what comes in their place; months later the new ones are delivered and the old ones leave. What is
registered less what is retired is the change of the fleet, to the unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.columns import ColumnarAgentSet, RowAgent
from transition_model.agents.situation import Situation
from transition_model.agents.transit_costs import TransitCosts
from transition_model.agents.transit_fleets_of_2019 import (
    FIRST_MONTH,
    ages,
    electric,
    opening_columns,
)
from transition_model.agents.transit_terms import constants_of, terms_of_month
from transition_model.behaviour import fleet_choice, fleet_replacement
from transition_model.compilation import Fields
from transition_model.dimensions import shape
from transition_model.kernels import transit_operators as kernel
from transition_model.kernels.records import Records
from transition_model.parameters import ParameterValues, place_on_path
from transition_model.policy.fleet_renewal import FleetTerms, fleet_terms_of_month
from transition_model.policy.pots import Pots, lasting_share
from transition_model.random_streams import month_key, uniform

__all__ = ["FIRST_MONTH", "TransitOperator", "TransitOperators"]

type Array = NDArray[np.float64]
type Counts = NDArray[np.int64]


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
    new_battery
        Electric ones among them that go on with a new battery, shape (operators, ages).
    leaving
        Vehicles among them that leave at the next delivery, shape (operators, fuels, ages).
    ordered
        Vehicles on order, shape (operators, fuels).
    delivery
        Month of delivery, as :attr:`transition_model.calendar.Month.index`; 0 without order.
    service_life
        Age at which the operator replaces a vehicle, years.
    planning_month, lead_months
        Month of the year of its plan; months from order to delivery.
    charging_places
        Electric vehicles that its depots can charge.
    reward_of_the_year
        Reward for electric buses received since January, yuan.
    subsidy_received
        Public money received since 2020, yuan.
    """

    pots: Pots
    """Money that the rules have paid so far."""
    _given: tuple[ParameterValues, Fields, Records] | None = None

    @classmethod
    def build(cls, model: Any, parameters: ParameterValues, seed: int, first_id: int) -> Self:
        """Make the operators, with the fleets of the end of 2019."""
        operators = cls(TransitOperator, model, opening_columns(parameters, seed), first_id)
        operators.pots = Pots()
        return operators

    def fleet(self) -> Counts:
        """Vehicles in service by class and fuel, whole numbers, shape (7, 4)."""
        return self._by_class(self.vehicles.sum(axis=2))

    def fleet_by_age(self) -> Counts:
        """Vehicles in service by class and age, whole numbers, shape (7, 21)."""
        return self._by_class(self.vehicles.sum(axis=1))

    def ages_agree(
        self, opening: Mapping[str, Array], flows: Mapping[str, Array], tolerance: float
    ) -> bool:
        """Whether what is counted here is what the stocks have after a month's flows.

        Parameters
        ----------
        opening
            ``transit_vehicles`` and ``transit_vehicles_by_age`` at the month's opening.
        flows
            The ledger of the month.
        tolerance
            Of a number, or of one vehicle.
        """
        return kernel.ages_agree(
            self.columns["transit_class"],
            self.columns["vehicles"],
            opening["transit_vehicles"],
            opening["transit_vehicles_by_age"],
            flows["transit_registrations_per_month"],
            flows["transit_retirements_by_age_per_month"],
            tolerance,
        )

    def decide(self, situation: Situation) -> None:
        """Take delivery of what was ordered, then plan the year if it is the month for it."""
        if situation.kernels == "numpy":
            self._decide_in_numpy(situation)
            return
        month, ledger = situation.month, situation.ledger
        if self._given is None or self._given[0] is not situation.parameters:
            named = tuple(self.columns[name] for name in kernel.Columns._fields)
            self._given = situation.parameters, named, constants_of(situation.parameters)
        _, columns, constants = self._given
        terms, pots = terms_of_month(situation)
        kernel.decide(
            month.index,
            month.month,
            place_on_path(month),
            month_key(situation.seed, "fleet growth", month.index),
            float(situation.stocks["public_charging_points_per_new_energy_car"]),
            columns,
            constants,
            terms,
            pots,
            self.pots.of(situation.law["taxi_and_logistics_renewal"]),
            (
                ledger.flow("transit_registrations_per_month"),
                ledger.flow("transit_retirements_per_month"),
                ledger.flow("transit_retirements_by_age_per_month"),
                ledger.flow("subsidy_spending_per_month"),
            ),
        )

    def _decide_in_numpy(self, situation: Situation) -> None:
        if situation.month.month == 1:
            for name in ("vehicles", "leaving", "new_battery"):
                self.columns[name][:] = fleet_replacement.one_year_older(self.columns[name])
            self.columns["reward_of_the_year"][:] = 0.0
        discount = situation.parameters.array("taxi_maker_discount").max()
        terms = fleet_terms_of_month(
            situation.law, situation.levers, situation.month, float(discount)
        )
        if self.pots.left(situation.law["taxi_and_logistics_renewal"], situation.month) <= 0.0:
            terms = terms._replace(renewal=np.zeros_like(terms.renewal))
        self._take_delivery(situation, terms)
        self._plan(situation, terms)

    # -- delivery ----------------------------------------------------------------------------
    def _take_delivery(self, situation: Situation, terms: FleetTerms) -> None:
        arrives = self.delivery == situation.month.index
        registered = np.where(arrives[:, None], self.ordered, 0)
        retired = np.where(arrives[:, None, None], self.leaving, 0)
        ledger = situation.ledger
        ledger.add("transit_registrations_per_month", self._by_class(registered))
        ledger.add("transit_retirements_per_month", self._by_class(retired.sum(axis=2)))
        ledger.add("transit_retirements_by_age_per_month", self._by_class(retired.sum(axis=1)))
        self._pay_renewals(situation, terms, registered, retired)
        self.columns["vehicles"] -= retired
        self.columns["vehicles"][:, :, 0] += registered
        self.columns["leaving"] -= retired
        self.columns["ordered"] -= registered
        self.columns["delivery"][arrives] = 0
        self.columns["new_battery"][:] = np.minimum(self.new_battery, self.vehicles[:, electric()])

    def _pay_renewals(
        self, situation: Situation, terms: FleetTerms, registered: Counts, retired: Counts
    ) -> None:
        """Pay for old vehicles that electric ones replace, and for added electric buses."""
        came = registered[:, electric()]
        buses = self._is_bus(situation.parameters)
        old = np.where(ages() >= terms.bus_renewal_age, retired.sum(axis=1), 0).sum(axis=1)
        self._pay(situation, "bus_renewal", buses * np.minimum(old, came) * terms.bus_renewal)
        replaced = np.minimum(retired.sum(axis=(1, 2)), came)
        renewal = self._out_of_the_pot(situation, replaced * terms.renewal[self.transit_class])
        left = terms.bus_reward_limit - self.reward_of_the_year
        reward = np.minimum(buses * came * terms.bus_reward, np.maximum(left, 0.0))
        self.columns["reward_of_the_year"] += reward
        self._pay(situation, "fleet_renewal", renewal + reward)

    def _out_of_the_pot(self, situation: Situation, claims: Array) -> Array:
        """What the rule for taxis and logistics pays of the claims, yuan, (operators,)."""
        rule, total = situation.law["taxi_and_logistics_renewal"], float(claims.sum())
        share = lasting_share(total, self.pots.left(rule, situation.month))
        self.pots.pay(rule, situation.month, share * total)
        return share * claims

    def _pay(self, situation: Situation, programme: str, amount: Array) -> None:
        """Book public money by operator, yuan, shape (operators,)."""
        self.columns["subsidy_received"] += amount
        situation.ledger.add_at("subsidy_spending_per_month", programme, float(amount.sum()))

    # -- the plan of the year ----------------------------------------------------------------
    def _plan(self, situation: Situation, terms: FleetTerms) -> None:
        """Operators whose month it is order new vehicles and mark old ones."""
        plans = (self.planning_month == situation.month.month) & (self.delivery == 0)
        costs = TransitCosts(situation, terms, self.transit_class, self.service_life)
        due = self._due(costs)
        kept = self._kept_with_a_new_battery(costs, due)
        due[:, electric()] -= kept
        required = terms.electric_share[self.transit_class] * self._quota_reach(situation)
        free = costs.free_shares()
        leaving = self._leaving(
            situation,
            costs,
            due,
            kept,
            fleet_choice.shares_under_quota(free, required, electric()),
        )
        bought = leaving.sum(axis=(1, 2)) + self._growth(situation)
        most = self._chargeable_share(situation, leaving, bought)
        required = np.minimum(self._with_early_renewals(required, due, leaving, bought), most)
        shares = fleet_choice.shares_under_quota(free, required, electric())
        shares = fleet_choice.shares_within(shares, most, electric())
        ordered = fleet_replacement.purchases_by_fuel(bought, shares, required, most, electric())
        orders = plans & (bought > 0)
        self.columns["leaving"][orders] = leaving[orders]
        self.columns["ordered"][orders] = ordered[orders]
        self.columns["delivery"][orders] = situation.month.index + self.lead_months[orders]
        self._extend_depots(situation, orders)
        self._fit_batteries(situation, terms, plans, kept)
        self._pay_makers(situation, terms, costs, np.where(orders, ordered[:, electric()], 0))

    def _due(self, costs: TransitCosts) -> Counts:
        """Vehicles that have reached their life, with a new battery the longer one; (o, f, a)."""
        life = self.service_life[:, None]
        due = np.where((life <= ages())[:, None], self.vehicles, 0)
        longer = life + costs.extension()[:, None] > ages()
        due[:, electric()] -= np.where((life <= ages()) & longer, self.new_battery, 0)
        return due

    def _kept_with_a_new_battery(self, costs: TransitCosts, due: Counts) -> Counts:
        """Worn-out electric vehicles that would stay with a new battery, (operators, ages)."""
        once = np.maximum(due[:, electric()] - self.new_battery, 0)
        within = ages() < self.service_life[:, None] + costs.extension()[:, None]
        kept: Counts = np.rint(costs.battery_share()[:, None] * once * within).astype(np.int64)
        return kept

    def _fit_batteries(
        self, situation: Situation, terms: FleetTerms, plans: NDArray[np.bool_], kept: Counts
    ) -> None:
        fitted = np.where(plans[:, None], kept, 0)
        self.columns["new_battery"] += fitted
        old = np.where(ages() >= terms.battery_age, fitted, 0).sum(axis=1)
        paid = self._is_bus(situation.parameters) * old * terms.battery
        self._pay(situation, "fleet_renewal", paid)

    def _pay_makers(
        self, situation: Situation, terms: FleetTerms, costs: TransitCosts, ordered: Counts
    ) -> None:
        """Makers get their reward with the contract, for the discount that they gave."""
        claimed = (costs.maker_discount > 0.0) * ordered * terms.taxi_maker_reward
        situation.ledger.add_at("subsidy_spending_per_month", "fleet_renewal", float(claimed.sum()))

    def _quota_reach(self, situation: Situation) -> Array:
        """Part of purchases that a duty reaches, shape (operators,)."""
        reach = situation.parameters.array("transit_quota_reach", situation.month)
        return np.minimum(reach[self.transit_class], 1.0)

    def _with_early_renewals(
        self, required: Array, due: Counts, leaving: Counts, bought: Counts
    ) -> Array:
        """Electric share of purchases if early renewals, which pay only so, are all electric."""
        early = np.where(due > 0, 0, leaving).sum(axis=(1, 2)) / np.maximum(bought, 1)
        return early + (1.0 - early) * required

    def _leaving(
        self, situation: Situation, costs: TransitCosts, due: Counts, kept: Counts, shares: Array
    ) -> Counts:
        """Vehicles that would leave under a plan made now, shape (operators, fuels, ages)."""
        parameters = situation.parameters
        legal = parameters.array("transit_legal_life")[self.transit_class, None, None] <= ages()
        renewable = self._renewable(parameters, costs.terms)
        young = self.service_life[:, None, None] > ages()
        early = np.where(young & (costs.early_renewal_value() > 0.0), renewable, 0)
        room = np.minimum(self._depot_room(parameters, self.vehicles), self.vehicles.sum((1, 2)))
        candidates = due + fleet_replacement.oldest_first(early, room.astype(np.int64))
        price = (shares * costs.price).sum(axis=1)
        subsidised = np.minimum(candidates, renewable).sum(axis=(1, 2))
        batteries = kept.sum(axis=1) * costs.battery_outlay()
        number = fleet_replacement.affordable(
            np.maximum(self._budget(parameters) - batteries, 0.0),
            price,
            costs.subsidy * shares[:, electric()],
            subsidised,
        )
        must = np.where(legal, due, 0).sum(axis=(1, 2))
        return fleet_replacement.oldest_first(candidates, np.maximum(number, must))

    def _renewable(self, parameters: ParameterValues, terms: FleetTerms) -> Counts:
        """Vehicles whose replacement by an electric one earns money, (operators, fuels, ages)."""
        buses = (self._is_bus(parameters) > 0.0)[:, None] & (ages() >= terms.bus_renewal_age)
        others = (terms.renewal[self.transit_class] > 0.0)[:, None] & (ages() > 0.0)
        found: Counts = self.vehicles * (buses | others)[:, None, :]
        found[:, electric()] = np.maximum(found[:, electric()] - self.new_battery, 0)
        return found

    def _is_bus(self, parameters: ParameterValues) -> Array:
        covered: Array = parameters.array("bus_renewal_scope")[self.transit_class]
        return covered

    def _depot_room(self, parameters: ParameterValues, staying: Counts) -> Array:
        """Electric vehicles that depots can take by the time of delivery, shape (operators,)."""
        room: Array = fleet_replacement.depot_room(
            self.charging_places + self._new_places(parameters),
            staying[:, electric()].sum(axis=1).astype(np.float64),
            self._depot_charging(parameters),
        )
        return room

    def _chargeable_share(self, situation: Situation, leaving: Counts, bought: Counts) -> Array:
        """Largest electric share of purchases for which there is a place to charge."""
        parameters = situation.parameters
        points = situation.stocks["public_charging_points_per_new_energy_car"]
        wanted = parameters.scalar("vehicles_per_public_charging_point_desired")
        share: Array = fleet_replacement.chargeable_share(
            self._depot_room(parameters, self.vehicles - leaving),
            bought,
            self._depot_charging(parameters),
            np.minimum(points * wanted, 1.0),
        )
        return share

    def _depot_charging(self, parameters: ParameterValues) -> Array:
        """Part of charging that is done in depots, shape (operators,)."""
        own: Array = parameters.array("transit_depot_charging")[self.transit_class]
        return own

    def _new_places(self, parameters: ParameterValues) -> Array:
        """Charging places that a depot can add until a delivery, shape (operators,)."""
        pace: Array = parameters.array("transit_depot_extension")[self.transit_class]
        places: Array = pace * self.vehicles.sum(axis=(1, 2))
        return places

    def _extend_depots(self, situation: Situation, orders: NDArray[np.bool_]) -> None:
        """Depots get the places that the order needs."""
        electric_fleet = self.vehicles[:, electric()].sum(axis=1) + np.where(
            orders, self.ordered[:, electric()] - self.leaving[:, electric()].sum(axis=1), 0
        )
        own = self._depot_charging(situation.parameters)
        most = self.charging_places + np.where(orders, self._new_places(situation.parameters), 0.0)
        self.columns["charging_places"][:] = np.maximum(
            self.charging_places, np.minimum(own * electric_fleet, most)
        )

    def _budget(self, parameters: ParameterValues) -> Array:
        """Money for new vehicles this year, yuan, shape (operators,)."""
        conventional = np.delete(parameters.array("transit_vehicle_price"), electric(), axis=1)
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
        """Sums over the operators of a class, shape (7, columns of the argument)."""
        sums = np.zeros((*shape(("transit_class",)), by_operator.shape[1]), dtype=np.int64)
        np.add.at(sums, self.transit_class, by_operator)
        return sums
