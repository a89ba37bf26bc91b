"""Households: they buy, keep, sell on and scrap cars, replace appliances, sort waste, use power."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from transition_model import random_streams
from transition_model.agents import (
    household_cars,
    household_home,
    household_travel,
    household_waste,
    population,
)
from transition_model.agents.announced_ends import announced_end
from transition_model.agents.columns import ColumnarAgentSet, RowAgent
from transition_model.agents.household_appliances import ApplianceDecision, decide_appliances
from transition_model.agents.situation import Situation
from transition_model.behaviour import vehicle_choice, vehicle_choice_rivals
from transition_model.calendar import Month
from transition_model.dimensions import dimension
from transition_model.districts import load_districts
from transition_model.parameters import ParameterValues
from transition_model.policy.trade_in import (
    TRADE_IN_PROGRAMMES,
    TradeInOffer,
    offer_of_month,
    open_share,
    trade_in_budget,
)

type Array = NDArray[np.float64]


_CONSTANTS = {
    "familiarity_logit": "vehicle_constant",
    "plain_logit": "vehicle_constant_plain_logit",
    "bass": "vehicle_constant",
}
"""Alternative-specific constants of the submodels of car choice."""


class Household(RowAgent):
    """A household: a view of one row of :class:`Households`."""


class Households(ColumnarAgentSet[Household]):
    """The city's family households.

    Columns: ``district``, ``urban``, ``weight`` (households that the row stands for), ``income``
    (yuan a year in 2020), ``income_group``, ``home_charging``, ``attitude`` (standard deviations),
    ``familiarity``, ``new_energy_adoption`` (probability, under Bass diffusion), ``sorting_habit``,
    ``supervision_rank``, ``persons``, ``low_income``, ``central`` (of the nine central districts),
    ``home_use`` (habit of using more or less, mean 1), ``day_load`` (0 to 1, how much of it is
    the load of a home used by day), ``time_of_use`` (probability of having chosen it), ``peers``,
    ``car`` (powertrain, -1 for none), ``registered`` (month index), ``appliance_bought`` (month
    index), ``appliance_grade``, ``subsidy_received`` (expected yuan since the beginning).
    """

    @classmethod
    def build(
        cls,
        model: Any,
        parameters: ParameterValues,
        seed: int,
        first_id: int,
        rows: int,
        start: Month,
    ) -> Self:
        """The population at the beginning of ``start``; see :mod:`.population`."""
        columns = population.household_columns(
            load_districts(), parameters, rows, seed, start.index
        )
        households = cls(Household, model, columns, first_id)
        # What a household can't see change during a run is read once.
        households._reference_income = float(
            np.sum(households.income * households.weight) / households.weight.sum()
        )
        households._start = start
        households._green_taste = household_travel.green_taste(
            households.columns, parameters, start
        )
        return households

    _reference_income: float
    _green_taste: float
    _start: Month

    def decide(self, situation: Situation) -> None:
        """All decisions of the month, on the month's opening state."""
        income_index = situation.parameters.scalar("income_index", situation.month)
        income = self.columns["income"] * income_index
        reference = self._reference_income
        relative = income / reference
        household_home.use_at_home(self.columns, situation, relative)
        household_travel.travel(self.columns, situation, relative, self._green_taste, self._start)
        self._decide_purchases(situation, income, reference)
        household_waste.sort_waste(self.columns, situation)

    # -- cars and appliances, which share the trade-in money ---------------------------------
    def _decide_purchases(self, situation: Situation, income: Array, reference: float) -> None:
        parameters, month = situation.parameters, situation.month
        owners = household_cars.owners_of_month(
            self.columns["car"],
            self.columns["registered"],
            self.columns["weight"],
            month.index,
            situation.stocks["private_cars"],
        )
        offer = trade_in_offer(situation)
        ends = ends_of_offers(situation)
        choice = self._vehicle_choice(situation)
        peer_share = household_cars.peer_share(self.columns["car"], self.columns["peers"])
        sensitivity = vehicle_choice.price_sensitivity(
            income,
            reference,
            parameters.scalar("price_coefficient"),
            parameters.scalar("price_income_elasticity"),
        )
        utility = self._vehicle_utility(situation, offer, sensitivity, peer_share)

        def cars(
            offer: TradeInOffer, ends: tuple[household_cars.AfterEnd, household_cars.AfterEnd]
        ) -> household_cars.CarDecision:
            return household_cars.decide(
                owners,
                income,
                utility,
                sensitivity,
                choice,
                offer,
                parameters,
                parameters.scalar("car_market_index", month),
                reference,
                offer.registered_by,
                *ends,
            )

        def appliances(offer: TradeInOffer) -> ApplianceDecision:
            return decide_appliances(self.columns, situation, offer.appliance, income, reference)

        offered_cars, offered_appliances = cars(offer, ends), appliances(offer)
        claims = float(
            np.sum(
                owners.weight * (offered_cars.subsidy_scrappage + offered_cars.subsidy_replacement)
            )
            + offered_appliances.claims
        )
        opened = open_share(claims, money_left(situation))
        if opened < 1.0:
            closed = _nothing_offered(offer)
            no_ends = (household_cars.NO_END, household_cars.NO_END)
            plain_cars, plain_appliances = cars(closed, no_ends), appliances(closed)
        else:
            plain_cars, plain_appliances = offered_cars, offered_appliances
        for share, car_decision, appliance_decision in (
            (opened, offered_cars, offered_appliances),
            (1.0 - opened, plain_cars, plain_appliances),
        ):
            self._write_purchases(situation, share, owners, car_decision, appliance_decision)
        in_time = (
            random_streams.uniform(situation.seed, "money still there", self._agents, month.index)
            < opened
        )
        self._remember_cars(situation, owners, _pick(in_time, offered_cars, plain_cars))
        self._remember_appliances(situation, in_time, offered_appliances, plain_appliances)
        self._learn(situation, peer_share)

    def _vehicle_choice(self, situation: Situation) -> Callable[[Array], Array]:
        """The scenario's submodel: probability of each powertrain from its utility."""
        rivals: Mapping[str, Callable[[Array], Array]] = {
            "familiarity_logit": partial(
                vehicle_choice.choice_probabilities, familiarity=self.columns["familiarity"]
            ),
            "plain_logit": vehicle_choice_rivals.plain_logit,
            "bass": partial(
                vehicle_choice_rivals.bass, adopted=self.columns["new_energy_adoption"]
            ),
        }
        return rivals[situation.structures["car_choice"]]

    def _vehicle_utility(
        self, situation: Situation, offer: TradeInOffer, sensitivity: Array, peer_share: Array
    ) -> Array:
        parameters, month = situation.parameters, situation.month
        options = vehicle_choice.VehicleOptions(
            price=parameters.array("car_price", month) * 1e4,
            tax=offer.tax,
            running_cost=parameters.array("car_running_cost"),
            range_km=parameters.array("car_range", month),
            constant=parameters.array(_CONSTANTS[situation.structures["car_choice"]]),
        )
        tastes = vehicle_choice.VehicleTastes(
            range_weight=parameters.scalar("range_weight"),
            reference_range_km=parameters.scalar("reference_range"),
            home_charging_weight=parameters.scalar("home_charging_weight"),
            public_charging_weight=parameters.scalar("public_charging_weight"),
            reference_points=parameters.scalar("reference_points"),
            peer_weight=parameters.scalar("peer_weight"),
            attitude_weight=parameters.scalar("attitude_weight"),
        )
        annuity = vehicle_choice.annuity_years(
            parameters.scalar("running_cost_discount"), parameters.scalar("running_cost_horizon")
        )
        return vehicle_choice.base_utility(
            options,
            tastes,
            sensitivity,
            annuity,
            self.columns["home_charging"],
            float(situation.stocks["public_charging_points_per_new_energy_car"]),
            peer_share,
            self.columns["attitude"],
        )

    def _write_purchases(
        self,
        situation: Situation,
        share: float,
        owners: household_cars.CarOwners,
        cars: household_cars.CarDecision,
        appliances: ApplianceDecision,
    ) -> None:
        """Write the part of the month in which this decision holds into the ledger."""
        if share <= 0.0:
            return
        ledger, parameters = situation.ledger, situation.parameters
        purchases, scrapped = household_cars.expected_flows(owners, cars, parameters)
        ledger.add("private_car_purchases_per_month", share * purchases)
        ledger.add("private_car_scrappage_per_month", share * scrapped)
        access = np.sum(
            owners.weight[self.columns["home_charging"]]
            * self._new_energy_bought(cars, parameters)[self.columns["home_charging"]]
        )
        ledger.add(
            "private_charging_point_orders_per_month",
            share * parameters.scalar("private_charger_share") * access,
        )
        ledger.add("appliance_purchases_per_month", share * appliances.purchases)
        ledger.add("appliance_discards_per_month", share * appliances.discards)
        spending = np.zeros(len(dimension("subsidy_programme")))
        programme = dimension("subsidy_programme").index
        spending[programme("car_scrappage")] = np.sum(owners.weight * cars.subsidy_scrappage)
        spending[programme("car_replacement")] = np.sum(owners.weight * cars.subsidy_replacement)
        spending[programme("appliance_trade_in")] = appliances.claims
        ledger.add("subsidy_spending_per_month", share * spending)
        # A household's own part: car owners stand for more or fewer cars than for households.
        scale = owners.weight / self.columns["weight"]
        for_cars = scale * (cars.subsidy_scrappage + cars.subsidy_replacement)
        self.columns["subsidy_received"][:] += share * (for_cars + appliances.subsidy)

    def _new_energy_bought(
        self, cars: household_cars.CarDecision, parameters: ParameterValues
    ) -> Array:
        """New-energy cars of a household that had none, expected this month, shape (n,)."""
        new_energy = household_cars.new_energy_mask()
        replaced = parameters.scalar("replacement_share")
        had_none = self.columns["car"] <= 0
        return np.where(had_none, 1.0, 0.0) * np.asarray(
            replaced * cars.scrappage * cars.after_scrappage[:, new_energy].sum(axis=1)
            + cars.transfer * cars.after_transfer[:, new_energy].sum(axis=1)
            + cars.first * cars.at_first[:, new_energy].sum(axis=1)
        )

    def _remember_cars(
        self,
        situation: Situation,
        owners: household_cars.CarOwners,
        decision: household_cars.CarDecision,
    ) -> None:
        draws = {
            purpose: self._draw(situation, f"car: {purpose}")
            for purpose in ("leave", "buy", "powertrain", "used", "used_car")
        }
        car, registered = household_cars.remember(
            owners, decision, situation.parameters, situation.month.index, draws
        )
        self.columns["car"][:], self.columns["registered"][:] = car, registered

    def _remember_appliances(
        self,
        situation: Situation,
        in_time: NDArray[np.bool_],
        offered: ApplianceDecision,
        plain: ApplianceDecision,
    ) -> None:
        bought, grade = self.columns["appliance_bought"], self.columns["appliance_grade"]
        for place, kind in enumerate(dimension("appliance").members):
            hazard = np.where(in_time, offered.hazard[:, place], plain.hazard[:, place])
            shares = np.where(
                in_time[:, None], offered.grade_shares[:, place], plain.grade_shares[:, place]
            )
            replaces = self._draw(situation, f"{kind}: replace") < hazard
            draw = self._draw(situation, f"{kind}: grade")
            chosen = (draw[:, None] > np.cumsum(shares, axis=1)[:, :-1]).sum(axis=1)
            bought[replaces, place] = situation.month.index
            grade[replaces, place] = chosen[replaces]

    def _learn(self, situation: Situation, peer_share: Array) -> None:
        parameters = situation.parameters
        self.columns["familiarity"][:] = vehicle_choice.familiarity_next(
            self.columns["familiarity"],
            peer_share,
            parameters.scalar("familiarity_marketing"),
            parameters.scalar("familiarity_word_of_mouth"),
            parameters.scalar("familiarity_forgetting"),
        )
        if situation.structures["car_choice"] == "bass":
            adopted = self.columns["new_energy_adoption"]
            adopted[:] = vehicle_choice_rivals.bass_next(
                adopted,
                float(np.average(adopted, weights=self.columns["weight"])),
                parameters.scalar("bass_innovation"),
                parameters.scalar("bass_imitation"),
            )

    # -- shared ------------------------------------------------------------------------------
    @property
    def _agents(self) -> NDArray[np.int64]:
        return np.arange(self.size, dtype=np.int64)

    def _draw(self, situation: Situation, purpose: str) -> Array:
        return random_streams.uniform(situation.seed, purpose, self._agents, situation.month.index)


def trade_in_offer(situation: Situation) -> TradeInOffer:
    """The month's trade-in offer under the scenario's levers."""
    parameters = situation.parameters
    return offer_of_month(
        situation.law,
        situation.levers,
        situation.month,
        parameters.array("car_price", situation.month) * 1e4,
        parameters.array("appliance_price"),
        parameters.scalar("purchase_tax_rate"),
    )


def ends_of_offers(
    situation: Situation,
) -> tuple[household_cars.AfterEnd, household_cars.AfterEnd]:
    """Announced ends of the offers for scrapping and for selling on, and what follows them."""
    return (
        _after_end(situation, "car_scrappage_renewal", lambda offer: offer.scrappage),
        _after_end(situation, "car_replacement_renewal", lambda offer: offer.replacement),
    )


def _after_end(
    situation: Situation, instrument: str, amount: Callable[[TradeInOffer], Array]
) -> household_cars.AfterEnd:
    end = announced_end(situation.law[instrument], situation.month)
    if end is None:
        return household_cars.NO_END
    if end.following is None:
        return household_cars.AfterEnd(end.months_left, household_cars.NO_END.amount)
    # Households reckon with the levers as they stand: what policy will do later is not announced.
    later = trade_in_offer(replace(situation, month=end.following))
    return household_cars.AfterEnd(end.months_left, amount(later))


def money_left(situation: Situation) -> float:
    """Trade-in money left in the calendar year at the month's opening, yuan."""
    programme = dimension("subsidy_programme").index
    spent = sum(situation.spent_this_year[programme(name)] for name in TRADE_IN_PROGRAMMES)
    return trade_in_budget(situation.levers) - float(spent)


def _nothing_offered(offer: TradeInOffer) -> TradeInOffer:
    return TradeInOffer(
        scrappage=np.zeros_like(offer.scrappage),
        replacement=np.zeros_like(offer.replacement),
        registered_by=np.full_like(offer.registered_by, -1),
        appliance=np.zeros_like(offer.appliance),
        tax=offer.tax,
    )


def _pick(
    in_time: NDArray[np.bool_],
    offered: household_cars.CarDecision,
    plain: household_cars.CarDecision,
) -> household_cars.CarDecision:
    """Row by row the decision under the offer, or the one after the money has run out."""
    if offered is plain:
        return offered
    fields: Mapping[str, Array] = {
        name: np.where(
            in_time if getattr(offered, name).ndim == 1 else in_time[:, None],
            getattr(offered, name),
            getattr(plain, name),
        )
        for name in household_cars.CarDecision.__slots__
    }
    return household_cars.CarDecision(**fields)
