"""All households of a model: what the city does with what each of them decides."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.mesa_objects.appliances import appliance_offer, appliance_terms
from benchmarks.mesa_objects.cars import car_offer, car_terms
from benchmarks.mesa_objects.durables import weibull_hazard
from benchmarks.mesa_objects.goods import goods_terms
from benchmarks.mesa_objects.home import bill, home_terms, reference_use
from benchmarks.mesa_objects.household import Household
from benchmarks.mesa_objects.offices import Offices
from benchmarks.mesa_objects.tally import Idea, Month, Tally
from benchmarks.mesa_objects.travel import travel_terms
from benchmarks.mesa_objects.waste import waste_terms
from transition_model import random_streams
from transition_model.agents.household_goods import GOODS
from transition_model.agents.household_offers import nothing_offered, trade_in_offer
from transition_model.agents.household_travel import green_taste
from transition_model.agents.situation import Situation
from transition_model.calendar import Month as CalendarMonth
from transition_model.dimensions import dimension, shape
from transition_model.errors import InputError
from transition_model.ledger import Ledger
from transition_model.parameters import ParameterValues
from transition_model.policy.household_tariffs import reference_tariffs
from transition_model.policy.trade_in import HOUSEHOLD_PROGRAMMES, TradeInOffer, last_version

CAR_DRAWS = ("leave", "buy", "powertrain", "used", "used_car")


class Population:
    """Households as objects, in the place of the package's columnar set.

    Parameters
    ----------
    model
        The model; households register with it.
    columns
        The opening population.
    parameters, start
        Declared values, and the first month.
    """

    def __init__(
        self, model: Any, columns: Any, parameters: ParameterValues, start: CalendarMonth
    ) -> None:
        self.model, self.start = model, start
        states = {name: np.asarray(column).tolist() for name, column in columns.items()}
        peers = states.pop("peers")
        households = [
            Household(model, row, dict(zip(states, values, strict=True)))
            for row, values in enumerate(zip(*states.values(), strict=True))
        ]
        for household, rows in zip(households, peers, strict=True):
            household.peers = [households[row] for row in rows]
        self.size = len(households)
        weight, income = columns["weight"], columns["income"]
        self.reference_income = float(np.sum(income * weight) / weight.sum())
        self.taste = green_taste(columns, parameters, start)
        self.offices = Offices(columns["money_received"])
        self.received = dict.fromkeys(HOUSEHOLD_PROGRAMMES, 0.0)
        # What the month's checks of the model ask of households.
        self.purchases = SimpleNamespace(
            received_this_month=lambda: self.received, money=self.offices.money
        )

    @property
    def agents(self) -> Any:
        """The households."""
        return self.model.agents_by_type[Household]

    def decide(self, situation: Situation) -> None:
        """The month of all households, step by step."""
        if situation.structures["car_choice"] != "familiarity_logit":
            chosen = situation.structures["car_choice"]
            raise InputError("households as objects: car_choice", chosen, "familiarity_logit")
        offer = trade_in_offer(situation)
        now = self.model.now = self._open(situation, offer)
        self.agents.do("report")
        self._scale_to_stock(now, situation)
        self._uniform_prices(now)
        self.agents.do("step")
        self.offices.settle(self.agents, now, situation)
        if now.closes:
            closed = nothing_offered(offer)
            now.closed = self._idea(now, situation, closed, 1.0)
        self.agents.do("conclude")
        purchases, scrapped = self._cars(now, situation)
        total = now.tally.bought
        now.bought_factor = [
            p / t if t > 0.0 else 0.0 for p, t in zip(purchases, total, strict=True)
        ]
        now.open_used_market()
        self.offices.remember(self.agents, situation, offer)
        self.agents.do("advance")
        self.agents.do("look_for_used_car")
        self.received = dict(zip(HOUSEHOLD_PROGRAMMES, now.tally.received, strict=True))
        self._write(now, situation, purchases, scrapped)

    # -- opening -------------------------------------------------------------------------------
    def _open(self, situation: Situation, offer: TradeInOffer) -> Month:
        parameters, index = situation.parameters, situation.month.index
        powertrains, ages = situation.stocks["private_cars"].shape
        kinds, grades = situation.stocks["appliances_in_use"].shape
        tally = Tally(powertrains, ages, kinds, grades, len(HOUSEHOLD_PROGRAMMES))
        now = Month(index, self.reference_income, ages, HOUSEHOLD_PROGRAMMES, tally)
        now.income_index = parameters.scalar("income_index", situation.month)
        now.home, now.waste = home_terms(situation), waste_terms(situation)
        now.travel = travel_terms(situation, self.taste, self.start)
        now.car_terms = car_terms(situation, offer)
        now.appliance_terms = appliance_terms(situation)
        now.goods_terms = [goods_terms(good, situation) for good in GOODS]
        now.ideas = {"offered": self._idea(now, situation, offer, 1.0)}
        if self.offices.may_run_out(situation):
            pause = parameters.scalar("pause_expectation")
            now.ideas["without money"] = self._idea(now, situation, offer, pause)
        version = last_version(situation.law["appliance_trade_in"], situation.month)
        now.counts_anew = version is not None and self.offices.begins(version.id)
        purposes = (*(f"car: {name}" for name in CAR_DRAWS), "appliances: replace")
        now.draws = {purpose: self._draws(situation, purpose) for purpose in purposes}
        now.grade_draws = [
            self._draws(situation, f"{kind}: grade") for kind in dimension("appliance").members
        ]
        return now

    def _idea(self, now: Month, situation: Situation, offer: TradeInOffer, reckoned: float) -> Idea:
        of_appliances = appliance_offer(offer, now.appliance_terms, reckoned)
        return Idea(car_offer(offer, situation), of_appliances, offer.goods, reckoned)

    def _draws(self, situation: Situation, purpose: str) -> list[float]:
        rows = np.arange(self.size, dtype=np.int64)
        index = situation.month.index
        drawn: list[float] = random_streams.uniform(situation.seed, purpose, rows, index).tolist()
        return drawn

    def _scale_to_stock(self, now: Month, situation: Situation) -> None:
        """Post-stratification: weights by cell fit the stock-flow model's cars and appliances."""
        tally = now.tally
        stock = situation.stocks["private_cars"].tolist()
        now.car_factor = _ratios(stock, tally.cars)
        in_sample = sum(map(sum, tally.cars)) + tally.carless
        carless = max(in_sample - sum(map(sum, stock)), 0.0)
        now.carless_factor = carless / tally.carless if tally.carless > 0.0 else 0.0
        now.appliance_factor = _ratios(
            situation.stocks["appliances_in_use"].tolist(), tally.appliances
        )

    def _uniform_prices(self, now: Month) -> None:
        """Where no tariff holds, a unit costs what it cost on average at the tariffs of 2020."""
        for good, tiers in now.home.tiers.items():
            if tiers is not None:
                continue
            before, due, used = now.home.reference[good], 0.0, 0.0
            assert reference_tariffs().tariffs[good] is not None
            for agent in self.agents:
                if good == "electricity" or (agent.central and agent.urban):
                    agent.relative_income = agent.income * now.income_index / now.reference_income
                    use = reference_use(agent, good, now.home)
                    due += agent.weight * bill(use, before)
                    used += agent.weight * use
            now.home.uniform[good] = due / used

    # -- closing -------------------------------------------------------------------------------
    def _cars(self, now: Month, situation: Situation) -> tuple[list[float], list[list[float]]]:
        """Purchases, and scrappage with that of cells in which no household has a car."""
        tally, terms = now.tally, now.car_terms
        scrapped, unsampled = [list(row) for row in tally.scrapped], 0.0
        for car, row in enumerate(situation.stocks["private_cars"].tolist()):
            for age, cars in enumerate(row):
                if tally.cars[car][age] <= 0.0:
                    hazard = weibull_hazard(age, terms.car_survival_scale, terms.car_survival_shape)
                    scrapped[car][age] += cars * hazard
                    unsampled += cars * hazard
        purchases = list(tally.bought)
        if unsampled > 0.0 and tally.wearing_out > 0.0:
            replaced = terms.replacement_share * unsampled / tally.wearing_out
            purchases = [
                bought + replaced * choice
                for bought, choice in zip(tally.bought, tally.worn_out_choice, strict=True)
            ]
        return purchases, scrapped

    def _write(
        self,
        now: Month,
        situation: Situation,
        purchases: list[float],
        scrapped: list[list[float]],
    ) -> None:
        """Everything that households hand over, into the ledger."""
        ledger, tally, parameters = situation.ledger, now.tally, situation.parameters
        ledger.add("private_car_purchases_per_month", purchases)
        ledger.add("private_car_scrappage_per_month", scrapped)
        points = parameters.scalar("private_charger_share") * tally.first_plugs
        ledger.add("private_charging_point_orders_per_month", points)
        ledger.add("appliance_purchases_per_month", tally.appliances_bought)
        ledger.add("appliance_discards_per_month", tally.discarded)
        for programme, yuan in {**tally.spent, **self.received}.items():
            spent = tally.spent.get(programme, 0.0) + self.received.get(programme, 0.0)
            ledger.add_at("subsidy_spending_per_month", programme, spent if yuan else 0.0)
        ledger.add_at("public_revenue_per_month", "waste_fee", tally.waste_fees)
        for name, value in (
            ("residential_peak_share", tally.electricity_at_peak / tally.electricity),
            ("residential_electricity_factor", tally.electricity_now / tally.electricity),
            ("residential_gas_factor", tally.gas_now / tally.gas),
            ("residential_water_factor", tally.water_now / tally.water),
            ("green_trip_share", tally.green / tally.central),
            (
                "private_car_distance_factor",
                1.0 + tally.distance_change / max(tally.owners, tally.least_central),
            ),
        ):
            ledger.set_share(name, value)
        self._write_captured(ledger, now, parameters)

    def _write_captured(self, ledger: Ledger, now: Month, parameters: ParameterValues) -> None:
        tally, stream = now.tally, dimension("waste_stream").index
        shares = np.zeros(shape(("waste_stream",)))
        shares[stream("food")] = tally.food / tally.urban
        shares[stream("recyclable")] = min(1.0, tally.recyclables / tally.urban)
        shares[stream("hazardous")] = (
            parameters.scalar("hazardous_capture") * shares[stream("food")]
        )
        ledger.set_share("household_capture_share", shares)


def _ratios(stock: list[list[float]], sampled: list[list[float]]) -> list[list[float]]:
    return [
        [s / n if n > 0.0 else 0.0 for s, n in zip(of_stock, of_sample, strict=True)]
        for of_stock, of_sample in zip(stock, sampled, strict=True)
    ]
