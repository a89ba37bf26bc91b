"""A household as an ordinary Mesa agent."""

from __future__ import annotations

from math import ceil
from typing import Any

import mesa

from benchmarks.mesa_objects.appliances import ApplianceChoice, choose_appliances, mix_appliances
from benchmarks.mesa_objects.cars import (
    POWERTRAINS,
    Buyer,
    CarChoice,
    buyer,
    cars_bought,
    choose_car,
    mix_cars,
)
from benchmarks.mesa_objects.durables import pick
from benchmarks.mesa_objects.goods import GoodsChoice, choose_goods
from benchmarks.mesa_objects.home import use_at_home
from benchmarks.mesa_objects.tally import Idea, Month, Tally
from benchmarks.mesa_objects.travel import travel
from benchmarks.mesa_objects.waste import sort_waste

NO_CAR = -1


class Household(mesa.Agent[Any]):
    """A household, with its state as attributes; the names are those of the package's columns.

    In a month it is asked to :meth:`report`, to :meth:`step`, to :meth:`conclude` when the offices
    have said how far the money reaches, to :meth:`advance`, and to :meth:`look_for_used_car`.
    Nothing that others see changes before all have decided.

    Parameters
    ----------
    model
        The Mesa model.
    row
        Place in the population; draws go by it.
    state
        Attributes and their values at the opening.
    """

    district: int
    urban: bool
    central: bool
    weight: float
    income: float
    persons: int
    low_income: bool
    home_charging: bool
    attitude: float
    familiarity: float
    sorting_habit: float
    supervision_rank: float
    home_use: float
    day_load: float
    time_of_use: float
    peers: list[Household]
    car: int
    registered: int
    car_owned_since: int
    readiness: float
    digital_readiness: float
    renovation_readiness: float
    appliance_bought: list[int]
    appliance_grade: list[int]
    appliance_readiness: list[float]
    appliance_claims: list[float]
    subsidy_received: float
    money_received: list[float]

    def __init__(self, model: Any, row: int, state: dict[str, Any]) -> None:
        super().__init__(model)
        self.row = row
        for name, value in state.items():
            setattr(self, name, value)

    # -- what it reads -------------------------------------------------------------------------
    @property
    def now(self) -> Month:
        """The month as all households find it."""
        return self.model.now

    @property
    def tally(self) -> Tally:
        """Where households add up what they do."""
        return self.model.now.tally

    def appliance_weight(self, kind: int) -> float:
        """Appliances of a kind that this one stands for, scaled to the stock."""
        return self.weight * self.now.appliance_factor[kind][self.appliance_grade[kind]]

    # -- the month -----------------------------------------------------------------------------
    def report(self) -> None:
        """What a census would find: weights by car and age, and by appliance and grade."""
        now = self.now
        self.age_class = 0
        if self.car >= 0:
            self.age_class = min(max(now.year - self.registered // 12, 0), now.ages - 1)
            now.tally.cars[self.car][self.age_class] += self.weight
        else:
            now.tally.carless += self.weight
        for kind, grade in enumerate(self.appliance_grade):
            now.tally.appliances[kind][grade] += self.weight

    def step(self) -> None:
        """Decide on everything, on the opening state."""
        now = self.now
        self.relative_income = self.income * now.income_index / now.reference_income
        self._look_round()
        if now.counts_anew:
            self.appliance_claims = [0.0] * len(self.appliance_claims)
        use_at_home(self, now.home)
        travel(self, now.travel)
        self.next_habit = sort_waste(self, now.waste)
        factor = now.carless_factor if self.car < 0 else now.car_factor[self.car][self.age_class]
        self.car_weight = self.weight * factor
        self.buyer: Buyer = buyer(self, now.car_terms)
        self.cars: dict[str, CarChoice] = {}
        self.appliances: dict[str, list[ApplianceChoice]] = {}
        self.goods: dict[str, list[GoodsChoice]] = {}
        for name, idea in now.ideas.items():
            self._think(name, idea)

    def _look_round(self) -> None:
        """New-energy cars among those of the peers, and how many of them sort."""
        cars = [peer.car for peer in self.peers if peer.car >= 0]
        self.peer_share = sum(car > 0 for car in cars) / len(cars) if cars else 0.0
        self.norm = sum(peer.sorting_habit for peer in self.peers) / len(self.peers)

    def _think(self, name: str, idea: Idea) -> None:
        """Decide on purchases under one idea of what there will be for them."""
        now, reckoned = self.now, idea.reckoned
        self.cars[name] = choose_car(self, self.buyer, now.car_terms, idea.cars, reckoned)
        self.appliances[name] = choose_appliances(self, now.appliance_terms, idea.appliances)
        self.goods[name] = [choose_goods(self, t, idea.goods, reckoned) for t in now.goods_terms]

    def conclude(self) -> None:
        """Settle on what to do, knowing for what part of the month there was money."""
        now, tally = self.now, self.tally
        if now.closed is not None:
            self._think("closed", now.closed)
        parts = now.parts
        self.car_choice = mix_cars([(self.cars[idea], *shares) for idea, shares in parts["cars"]])
        self.appliance_choices = [
            mix_appliances([(self.appliances[idea][kind], s[0]) for idea, s in parts["appliances"]])
            for kind in range(len(self.appliance_grade))
        ]
        for place, terms in enumerate(now.goods_terms):
            refill = sum(
                s[0] * self.goods[idea][place].refill for idea, s in parts[terms.readiness]
            )
            setattr(self, terms.readiness, getattr(self, terms.readiness) + refill)
        choice, weight = self.car_choice, self.car_weight
        self.bought = cars_bought(choice, weight, now.car_terms)
        for j in POWERTRAINS:
            tally.bought[j] += self.bought[j]
        if self.car >= 0:
            tally.scrapped[self.car][self.age_class] += weight * choice.scrappage
            wearing_out = weight * self.buyer.natural[0]
            tally.wearing_out += wearing_out
            for j in POWERTRAINS:
                tally.worn_out_choice[j] += wearing_out * choice.at_first[j]
            if choice.transfer > 0.0:
                tally.sellers.append((weight * choice.transfer, self.car, self.registered))
        if self.home_charging and self.car <= 0:
            tally.first_plugs += self.bought[1] + self.bought[2]
        for kind, appliance in enumerate(self.appliance_choices):
            tally.discarded[kind][self.appliance_grade[kind]] += appliance.leaving
            for grade, share in enumerate(appliance.shares):
                tally.appliances_bought[kind][grade] += appliance.leaving * share

    def advance(self) -> None:
        """Receive money, remember, learn."""
        self._receive()
        choice = self.car_choice
        self.readiness += choice.refill_scrappage + choice.refill_other
        self._remember_car(choice)
        self._remember_appliances()
        terms = self.now.car_terms
        exposure = terms.familiarity_marketing + terms.familiarity_word_of_mouth * self.peer_share
        learnt = exposure * (1.0 - self.familiarity)
        forgotten = terms.familiarity_forgetting * self.familiarity
        self.familiarity = min(max(self.familiarity + learnt - forgotten, 0.0), 1.0)
        self.sorting_habit = self.next_habit
        self.attitude += self.now.waste.campaign

    def _receive(self) -> None:
        now = self.now
        bought = [
            cars * factor for cars, factor in zip(self.bought, now.bought_factor, strict=True)
        ]
        terms = now.car_terms
        for place, yuan in now.paid_to(self.row):
            self._get(place, yuan)
        if not self.urban:
            yuan = sum(c * each for c, each in zip(bought, terms.countryside, strict=True))
            self._get(now.countryside, yuan)
        self._get(now.loans, sum(c * each for c, each in zip(bought, terms.loan, strict=True)))
        relief = sum(c * each for c, each in zip(bought, terms.relief, strict=True))
        self._get(now.tax_relief, relief)

    def _get(self, place: int, yuan: float) -> None:
        """Yuan of all for whom this household stands, under a programme."""
        if yuan <= 0.0:
            return
        self.tally.received[place] += yuan
        self.money_received[place] += yuan / self.weight
        if place != self.now.tax_relief:
            self.subsidy_received += yuan / self.weight

    def _remember_car(self, choice: CarChoice) -> None:
        now, draw = self.now, self.now.draws
        self.takes_used = False
        leaves = draw["car: leave"][self.row]
        if self.car < 0:
            if leaves < choice.first:
                self._own(pick(draw["car: powertrain"][self.row], choice.at_first), now.index)
            else:
                self.takes_used = True
                self.tally.used_demand += self.car_weight * choice.first
            return
        if leaves < choice.scrappage:
            if draw["car: buy"][self.row] < now.car_terms.replacement_share:
                powertrain = pick(draw["car: powertrain"][self.row], choice.after_scrappage)
                self._own(powertrain, now.index)
            else:
                self.car, self.registered, self.car_owned_since = NO_CAR, NO_CAR, NO_CAR
                self.readiness = 1.0
        elif leaves < choice.scrappage + choice.transfer:
            powertrain = pick(draw["car: powertrain"][self.row], choice.after_transfer)
            self._own(powertrain, now.index)

    def look_for_used_car(self) -> None:
        """Take one of the cars that are sold on, with the chance that there is of one."""
        now = self.now
        if not self.takes_used or now.used_supply <= 0.0 or now.tally.used_demand <= 0.0:
            return
        chance = self.car_choice.first * now.used_supply / now.tally.used_demand
        if now.draws["car: used"][self.row] < min(1.0, chance):
            car, registered = now.used_car(now.draws["car: used_car"][self.row])
            self._own(car, registered)

    def _own(self, car: int, registered: int) -> None:
        self.car, self.registered, self.car_owned_since = car, registered, self.now.index
        self.readiness = 1.0

    def _remember_appliances(self) -> None:
        # Hazards laid end to end: a kind is replaced if the draw, or that plus 1, falls on its own.
        now, draw, end = self.now, self.now.draws["appliances: replace"][self.row], 0.0
        for kind, choice in enumerate(self.appliance_choices):
            self.appliance_readiness[kind] += choice.refill
            self.appliance_claims[kind] += choice.claimed
            begin, end = end, end + choice.hazard
            if ceil(end - draw) > ceil(begin - draw):
                grade = now.grade_draws[kind][self.row]
                self.appliance_bought[kind] = now.index
                self.appliance_grade[kind] = pick(grade, choice.shares)
                self.appliance_readiness[kind] = 1.0
