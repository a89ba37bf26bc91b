"""What households buy in a month, and the public money that they get for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from transition_model.agents import (
    household_appliances,
    household_cars,
    household_goods,
    trade_in_office,
)
from transition_model.agents.appliance_market import IDEAS, RowClaims
from transition_model.agents.household_appliances import ApplianceDecision, decide_appliances
from transition_model.agents.household_cars import CarDecision, CarOwners, Ends
from transition_model.agents.household_goods import GOODS, GoodsDecision, decide_goods
from transition_model.agents.household_market import (
    CLOSED,
    OFFERED,
    PAID_BY_ROWS,
    WITHOUT_MONEY,
    CarMarket,
    market_terms,
)
from transition_model.agents.household_money import (
    PROGRAMME_OF_RULE,
    EarlierClaims,
    RuleClaims,
    RulesOfMonth,
    TradeInMoney,
    at_once,
    beginning_retroactive,
    paid_later,
    rules_of_month,
)
from transition_model.agents.household_offers import (
    CAR_RULES,
    VEHICLE_CONSTANTS,
    car_amount,
    ends_of_offers,
    nothing_offered,
    trade_in_offer,
    worth_of_claim,
)
from transition_model.agents.incomes import Incomes
from transition_model.agents.money_by_group import MoneyByGroup
from transition_model.agents.other_purchases import APPLIANCES, OtherPurchases
from transition_model.agents.row_blocks import side_by_side
from transition_model.agents.situation import Situation
from transition_model.behaviour import options, vehicle_choice, vehicle_choice_rivals
from transition_model.dimensions import dimension
from transition_model.kernels import household_cars as kernels
from transition_model.kernels.groups import hand_over
from transition_model.policy.monthly_office import ClaimsOfMonth, OfficeMonth
from transition_model.policy.trade_in import (
    HOUSEHOLD_PROGRAMMES,
    TRADE_IN_PROGRAMMES,
    TradeInOffer,
    is_new_energy,
    last_version,
    trade_in_budget,
)

type Array = NDArray[np.float64]
type Columns = Mapping[str, NDArray[Any]]


_SUMS_OF_CLAIMS = (
    (kernels.CLAIMED_LEFT, kernels.PAUSED_LEFT),
    (kernels.CLAIMED_MOVED, kernels.PAUSED_MOVED),
)
_RATES_OF_CLAIMS = (
    (kernels.PAID, kernels.PAUSED),
    (kernels.PAID_ON, kernels.PAUSED_ON),
)
"""Where the car rules' claims stand: on days on which a rule pays, and on which it is suspended."""

_CLAIMED = {name: claimed for name, (claimed, _) in zip(CAR_RULES, _SUMS_OF_CLAIMS, strict=True)}
_OFFERED_ALONE = ((OFFERED, (1.0, 1.0)),)
_OFFERED_ALL_MONTH = dict.fromkeys(PROGRAMME_OF_RULE, (1.0, *[0.0] * (IDEAS - 1)))
"""Parts of a month in which money is there all the time: of cars, and by rule."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """What households would buy, under one idea of what they will get for it."""

    cars: CarDecision
    appliances: ApplianceDecision
    goods: tuple[GoodsDecision, ...]

    @property
    def others(self) -> dict[str, ApplianceDecision | GoodsDecision]:
        """Decisions on all but cars, by rule."""
        goods = zip(GOODS, self.goods, strict=True)
        return {APPLIANCES: self.appliances, **{good.instrument: of for good, of in goods}}


@dataclass(slots=True)
class Purchases:
    """The purchases of all households.

    Attributes
    ----------
    columns
        Of the households.
    reference_income
        Mean household income of 2020, yuan a year.
    room
        For a number of each row, until a month's decisions are over; shape (n,).
    money
        The offices that pay.
    goods
        Goods bought in the last month, and of these with public money, by name, units.
    subsidised_cars
        New cars of the last month with a claim to scrappage or replacement money.
    limit_version
        Version under which ``appliance_claims`` are counted.
    received_before
        Yuan received by all households before the last month, by programme.
    gained
        Yuan of the last month, as added up by rows where kernels pay; else None.
    market, others
        The car market of kernels, and what is bought beside cars.
    """

    columns: Columns
    reference_income: float
    room: NDArray[Any]
    money: TradeInMoney = field(default_factory=TradeInMoney)
    goods: dict[str, tuple[float, float]] = field(default_factory=dict)
    subsidised_cars: float = 0.0
    limit_version: str = ""
    received_before: Array = field(default_factory=lambda: np.zeros(len(HOUSEHOLD_PROGRAMMES)))
    gained: Array | None = None
    market: CarMarket | None = None
    others: OtherPurchases | None = None

    def decide(
        self, situation: Situation, income: Array
    ) -> tuple[CarOwners, CarDecision, ApplianceDecision, Array]:
        """Decide, pay, and write flows and money into the ledger.

        Returns
        -------
        tuple
            Owners at the opening, the month's decisions on cars and on appliances, and the share
            of new-energy cars among peers: what households remember.
        """
        month, columns = situation.month, self.columns
        self.received_before, self.gained = self.received.received(), None
        offer = trade_in_offer(situation)
        self._count_claims_of_the_version(situation)
        market = _Market.of(self, situation, income, offer)
        offered = market.decisions(offer, 1.0)
        without_money = self._if_money_is_gone(situation, market, offer)
        owners = market.owners
        of_groups = self.received.sums
        claimed = {
            CAR_RULES[0]: owners.weight * offered.cars.subsidy_scrappage,
            CAR_RULES[1]: owners.weight * offered.cars.subsidy_replacement,
        } | {name: decided.claims for name, decided in offered.others.items()}
        on_pause = {
            CAR_RULES[0]: owners.weight * (offered.cars.claims_scrappage @ offer.scrappage_paused),
            CAR_RULES[1]: owners.weight
            * (offered.cars.claims_replacement @ offer.replacement_paused),
        } | {name: decided.claims_on_pause for name, decided in offered.others.items()}
        gone = (
            {}
            if without_money is None
            else {
                CAR_RULES[0]: owners.weight * without_money.cars.subsidy_scrappage,
                CAR_RULES[1]: owners.weight * without_money.cars.subsidy_replacement,
            }
            | {name: decided.claims for name, decided in without_money.others.items()}
        )
        claims = {
            name: RuleClaims(
                of_groups(rows),
                of_groups(on_pause[name]),
                of_groups(gone[name]) if gone else None,
                partial(worth_of_claim, situation, name),
            )
            for name, rows in claimed.items()
        }
        weight = owners.weight
        top_ups = self._top_ups(
            situation,
            lambda way: self._cars_of_groups(
                weight, (offered.cars.claims_scrappage, offered.cars.claims_replacement)[way]
            ),
        )
        done, later = self.money.settle(
            situation.law, month, claims, money_left(situation), top_ups
        )
        closed = (
            market.decisions(nothing_offered(offer), 1.0)
            if any(of_rule.closed_share > 0.0 for of_rule in done.values())
            else None
        )
        cars = household_cars.mixed(
            [
                (decision.cars, shares[0], shares[1])
                for decision, shares in _parts(offered, without_money, closed, done, CAR_RULES)
            ]
        )
        appliances = household_appliances.mixed(
            [
                (decision.appliances, shares[0])
                for decision, shares in _parts(offered, without_money, closed, done, (APPLIANCES,))
            ]
        )
        self.subsidised_cars = float(
            owners.weight @ options.total(cars.claims_scrappage + cars.claims_replacement)
        )
        self._remember_claims(
            situation,
            lambda way: self._cars_of_groups(
                weight, (cars.claims_scrappage, cars.claims_replacement)[way]
            ),
            offer,
        )
        self._book(
            situation,
            {
                PROGRAMME_OF_RULE[name]: done[name].served * rows
                + columns["weight"] * self.received.spread(later[name])
                for name, rows in claimed.items()
            },
        )
        for place, good in enumerate(GOODS):
            parts = _parts(offered, without_money, closed, done, (good.instrument,))
            bought = household_goods.mixed(
                [(decision.goods[place], shares[0]) for decision, shares in parts]
            )
            columns[f"{good.name}_readiness"][:] += bought.refill
            self.goods[good.name] = (float(bought.purchases.sum()), float(bought.subsidised.sum()))
        self._write_cars(situation, owners, cars, offer, market.anyway)
        self._write_appliances(situation, appliances)
        return owners, cars, appliances, market.peer_share

    # -- the same with kernels ---------------------------------------------------------------
    def look_again(self) -> None:
        """Read again what stays the same over a run, for somebody has changed it."""
        self.market = self.others = None

    def decide_compiled(self, situation: Situation) -> None:
        """Decide, pay, write flows and money, and remember; as :meth:`decide` otherwise."""
        terms, rules = market_terms(situation), rules_of_month(situation)
        self.gained = np.zeros(len(HOUSEHOLD_PROGRAMMES))
        self._begin_version(rules.appliance_version)
        market, others = self._markets(situation)
        market.begin(self.columns, situation, terms.cars)
        offered = others.decide(OFFERED, situation, terms.offer, 1.0)
        if self._all_paid_at_once(situation, rules, market, offered):
            self.subsidised_cars = market.sum_of(kernels.COUNTED_LEFT) + market.sum_of(
                kernels.COUNTED_MOVED
            )
            if rules.later:
                self._keep_cars(situation, market, _OFFERED_ALONE)
            served = {name: 1.0 if pays else 0.0 for name, pays in rules.pays.items()}
            self._finish(situation, market, OFFERED, served)
            self._finish_others(situation, others, offered, _OFFERED_ALL_MONTH, served)
            return
        self._settle_by_day(situation, terms.offer, rules, market, others, offered)

    def _markets(self, situation: Situation) -> tuple[CarMarket, OtherPurchases]:
        if self.market is None:
            self.market = CarMarket.of(self.columns, situation, self.reference_income, self.room)
        if self.others is None or self.others.parameters is not situation.parameters:
            self.others = OtherPurchases(self.columns, situation, self.reference_income)
        return self.market, self.others

    def _all_paid_at_once(
        self,
        situation: Situation,
        rules: RulesOfMonth,
        market: CarMarket,
        offered: Mapping[str, RowClaims],
    ) -> bool:
        """Whether no day of the month differs from another; the offices have no money then.

        Each rule either holds all month without a budget or not at all, nobody waits, nothing is
        owed for earlier claims, and there is money for all.
        """
        offices = self.money.offices
        if len(offices) < len(PROGRAMME_OF_RULE):
            for name in PROGRAMME_OF_RULE:
                self.money.office(situation.law[name])
        if not rules.plain or rules.begins or any(office.queue for office in offices.values()):
            return False
        paid = 0.0
        for name, pays in rules.pays.items():
            if pays:
                claimed = _CLAIMED.get(name)
                paid += offered[name].total if claimed is None else market.sum_of(claimed)
        if paid > 0.0 and paid > max(money_left(situation), 0.0):
            return False
        for office in offices.values():
            office.pot = 0.0
        return True

    def _settle_by_day(
        self,
        situation: Situation,
        offer: TradeInOffer,
        rules: RulesOfMonth,
        market: CarMarket,
        others: OtherPurchases,
        offered: Mapping[str, RowClaims],
    ) -> None:
        """The rest of a month in which the offices look at every day."""
        without_money: int | None = None
        gone: Mapping[str, RowClaims] = {}
        if rules.budgets or any(office.queue for office in self.money.offices.values()):
            without_money, pause = WITHOUT_MONEY, situation.parameters.scalar("pause_expectation")
            market.decide(WITHOUT_MONEY, pause)
            gone = others.decide(WITHOUT_MONEY, situation, offer, pause)
        totals = {
            name: ClaimsOfMonth(
                market.sum_of(claimed),
                0.0 if without_money is None else market.sum_of(claimed, WITHOUT_MONEY),
                market.sum_of(paused),
            )
            for name, (claimed, paused) in zip(CAR_RULES, _SUMS_OF_CLAIMS, strict=True)
        } | {
            name: ClaimsOfMonth(
                rows.total,
                0.0 if without_money is None else gone[name].total,
                rows.total_on_pause,
            )
            for name, rows in offered.items()
        }
        top_ups = (
            self._top_ups(situation, lambda way: market.subsidised_cars(way, ((OFFERED, 1.0),)))
            if rules.begins
            else {}
        )
        done = trade_in_office.serve(self.money, situation, totals, money_left(situation), top_ups)
        closed: int | None = None
        if any(of_rule.closed_share > 0.0 for of_rule in done.values()):
            closed = CLOSED
            market.decide(CLOSED, 1.0)
            others.decide(CLOSED, situation, nothing_offered(offer), 1.0)
        parts = _parts(OFFERED, without_money, closed, done, CAR_RULES)
        idea = market.mix(parts)
        self.subsidised_cars = sum(
            shares[way] * market.sum_of(counted, part)
            for part, shares in parts
            for way, counted in enumerate((kernels.COUNTED_LEFT, kernels.COUNTED_MOVED))
        )
        if rules.later:
            self._keep_cars(situation, market, parts)
        served = {name: of_rule.served for name, of_rule in done.items()}
        for name in done:
            if not at_once(done[name]):
                ideas = {OFFERED: offered, WITHOUT_MONEY: gone}
                self._hand_over(
                    situation,
                    name,
                    self.money.paid_later_to(
                        name,
                        done[name],
                        *self._claims_that_count(name, done[name], market, ideas, without_money),
                    ),
                )
        self._finish(situation, market, idea, served)
        held = {
            name: _by_idea(_parts(OFFERED, without_money, closed, done, (name,)))
            for name in offered
        }
        self._finish_others(situation, others, offered, held, served)

    def _claims_that_count(
        self,
        rule: str,
        done: OfficeMonth,
        market: CarMarket,
        ideas: Mapping[int, Mapping[str, RowClaims]],
        without_money: int | None,
    ) -> tuple[Array, Array, Array | None]:
        """Claims of groups under a rule, as far as they tell who is paid later; else nothing.

        As in :class:`.RuleClaims`: with money, on days of suspension, and without money.
        """

        def claimed(idea: int, on_pause: bool) -> Array:
            if rule in CAR_RULES:
                way = CAR_RULES.index(rule)
                return market.claims(way, _RATES_OF_CLAIMS[way][int(on_pause)], idea)
            return ideas[idea][rule].of_groups(on_pause)

        nothing = np.zeros(self.received.sizes)
        queued = done.new_queue_paid > 0.0
        return (
            claimed(OFFERED, False) if queued else nothing,
            claimed(OFFERED, True) if done.waits_on_pause > 0.0 or queued else nothing,
            claimed(without_money, False)
            if without_money is not None and done.waits > 0.0
            else None,
        )

    def _finish_others(
        self,
        situation: Situation,
        others: OtherPurchases,
        offered: Mapping[str, RowClaims],
        held: Mapping[str, Sequence[float]],
        served: Mapping[str, float],
    ) -> None:
        """Write flows and money of all but cars; ``served`` as for :meth:`_finish`."""
        assert self.gained is not None
        bought, received = others.settle(situation, held, served)
        self.goods |= bought
        for name, yuan in received.items():
            programme = PROGRAMME_OF_RULE[name]
            self.gained[HOUSEHOLD_PROGRAMMES.index(programme)] += yuan
            booked = served[name] * offered[name].total
            situation.ledger.add_at("subsidy_spending_per_month", programme, booked)

    def _finish(
        self, situation: Situation, market: CarMarket, idea: int, served: Mapping[str, float]
    ) -> None:
        """Write flows and money of cars; ``served`` is what is paid of claims at once, by rule."""
        assert self.gained is not None
        market.finish(situation, idea, [served[name] for name in CAR_RULES])
        received, booked = market.received
        self.gained[market.places] += received
        situation.ledger.flow("subsidy_spending_per_month")[_booked()] += booked

    def _hand_over(self, situation: Situation, rule: str, yuan: Array) -> None:
        """Pay yuan to groups of households under a rule."""
        assert self.gained is not None
        programme = PROGRAMME_OF_RULE[rule]
        place = HOUSEHOLD_PROGRAMMES.index(programme)
        received, columns = self.received, self.columns
        booked, gained = hand_over(received.groups, yuan, columns["subsidy_received"])
        received.totals[place] += yuan
        self.gained[place] += gained
        situation.ledger.add_at("subsidy_spending_per_month", programme, booked)

    def _keep_cars(
        self,
        situation: Situation,
        market: CarMarket,
        parts: Sequence[tuple[int, tuple[float, ...]]],
    ) -> None:
        """Keep subsidised cars for versions that will pay a difference."""
        for name, kept in trade_in_office.claims_to_keep(situation).items():
            way = CAR_RULES.index(name)
            cars = market.subsidised_cars(
                way, tuple((part, kept.days * shares[way]) for part, shares in parts)
            )
            self.money.remember(
                situation.law[name],
                EarlierClaims(situation.month, cars, kept.price, kept.had),
                partial(car_amount, situation),
            )

    # -- money -------------------------------------------------------------------------------
    def _if_money_is_gone(
        self, situation: Situation, market: _Market, offer: TradeInOffer
    ) -> Decisions | None:
        """What households do where a rule's money is gone, if that can happen this month."""
        if not any(
            self.money.office(situation.law[name]).may_run_out(situation.month)
            for name in PROGRAMME_OF_RULE
        ):
            return None
        return market.decisions(offer, situation.parameters.scalar("pause_expectation"))

    def _top_ups(self, situation: Situation, claims: Callable[[int], Array]) -> dict[str, Array]:
        """What versions that begin in this month owe to those who claimed before.

        ``claims`` gives the subsidised cars under a rule by powertrain and group of households.
        """
        found: dict[str, Array] = {}
        for way, name in enumerate(CAR_RULES):
            rule = situation.law[name]
            version = beginning_retroactive(rule, situation.month)
            if version is None:
                continue
            price = situation.parameters.array("car_price", situation.month) * 1e4
            amount = partial(car_amount, situation)
            owed = self.money.top_up(rule, situation.month, amount)
            owed = np.zeros(self.received.sizes) if owed is None else owed
            # Claims of this month's days before the version begins.
            for share, before in rule.parts(situation.month):
                if before.start < version.start and before.state == "active":
                    more = np.maximum(amount(version, price) - amount(before, price), 0.0)
                    cars = claims(way)
                    for new, yuan in enumerate(share * more):
                        owed += yuan * cars[new]
            found[name] = owed
        return found

    def _remember_claims(
        self, situation: Situation, claims: Callable[[int], Array], offer: TradeInOffer
    ) -> None:
        """Keep subsidised cars for versions that will pay a difference; as :meth:`_top_ups`."""
        for way, (name, had) in enumerate(
            zip(CAR_RULES, (offer.scrappage, offer.replacement), strict=True)
        ):
            rule = situation.law[name]
            if not paid_later(rule, situation.month):
                continue
            days = sum(
                share for share, version in rule.parts(situation.month) if version.state == "active"
            )
            if days > 0.0:
                price = situation.parameters.array("car_price", situation.month) * 1e4
                # The offer is a mean over the month's days, on some of which there is none.
                cars = claims(way)
                cars *= days
                self.money.remember(
                    rule,
                    EarlierClaims(situation.month, cars, price, had / days),
                    partial(car_amount, situation),
                )

    def _book(self, situation: Situation, paid: Mapping[str, Array]) -> None:
        """Write payments, yuan of each row, into the ledger and to the households."""
        spending = np.zeros(len(dimension("subsidy_programme")))
        for programme, rows in paid.items():
            spending[dimension("subsidy_programme").index(programme)] += rows.sum()
            self.received.add_rows(HOUSEHOLD_PROGRAMMES.index(programme), rows)
            if programme != "tax_relief":
                self.columns["subsidy_received"][:] += rows / self.columns["weight"]
        situation.ledger.add("subsidy_spending_per_month", spending)

    def received_this_month(self) -> dict[str, float]:
        """Yuan that households received in the month just decided, by programme."""
        now = self.received.received()
        gained = now - self.received_before if self.gained is None else self.gained
        return dict(zip(HOUSEHOLD_PROGRAMMES, gained.tolist(), strict=True))

    @property
    def received(self) -> MoneyByGroup:
        """What households have received for purchases."""
        return cast(MoneyByGroup, self.columns["money_received"])

    def _cars_of_groups(self, weight: Array, cars: Array) -> Array:
        """Cars of groups by powertrain, shape (3, ...), out of those of households, (n, 3)."""
        return np.stack([self.received.sums(weight * of_new) for of_new in cars.T])

    # -- flows -------------------------------------------------------------------------------
    def _write_cars(
        self,
        situation: Situation,
        owners: CarOwners,
        cars: CarDecision,
        offer: TradeInOffer,
        anyway: Mapping[str, Array],
    ) -> None:
        ledger, parameters = situation.ledger, situation.parameters
        purchases, scrapped = household_cars.expected_flows(owners, cars, parameters)
        ledger.add("private_car_purchases_per_month", purchases)
        ledger.add("private_car_scrappage_per_month", scrapped)
        home = self.columns["home_charging"]
        access = np.sum(owners.weight[home] * self._first_plugs(cars, parameters)[home])
        ledger.add(
            "private_charging_point_orders_per_month",
            parameters.scalar("private_charger_share") * access,
        )
        bought = household_cars.new_cars(owners, cars, purchases, parameters)
        paid = {name: options.expected(bought, amount) for name, amount in anyway.items()}
        self._book(situation, paid | {"tax_relief": bought @ offer.tax_relief})
        self.columns["readiness"][:] += (
            cars.refill_scrappage + cars.refill_transfer + cars.refill_first
        )

    def _first_plugs(self, cars: CarDecision, parameters: Any) -> Array:
        """New-energy cars of a household that had none, expected this month, shape (n,)."""
        new_energy = is_new_energy()
        replaced = parameters.scalar("replacement_share")
        had_none = self.columns["car"] <= 0
        return np.where(had_none, 1.0, 0.0) * np.asarray(
            replaced * cars.scrappage * cars.after_scrappage[:, new_energy].sum(axis=1)
            + cars.transfer * cars.after_transfer[:, new_energy].sum(axis=1)
            + cars.first * cars.at_first[:, new_energy].sum(axis=1)
        )

    def _write_appliances(self, situation: Situation, appliances: ApplianceDecision) -> None:
        situation.ledger.add("appliance_purchases_per_month", appliances.purchases)
        situation.ledger.add("appliance_discards_per_month", appliances.discards)
        self.columns["appliance_readiness"][:] += appliances.refill
        self.columns["appliance_claims"][:] += appliances.claimed

    def _count_claims_of_the_version(self, situation: Situation) -> None:
        """A new version of the appliance rule counts a household's claims from nothing."""
        version = last_version(situation.law[APPLIANCES], situation.month)
        self._begin_version(None if version is None else version.id)

    def _begin_version(self, version: str | None) -> None:
        if version is not None and version != self.limit_version:
            self.limit_version = version
            self.columns["appliance_claims"][:] = 0.0


@dataclass(frozen=True, slots=True)
class _Market:
    """What does not depend on how much of the money households reckon with."""

    columns: Columns
    situation: Situation
    income: Array
    incomes: Incomes
    reference_income: float
    owners: CarOwners
    sensitivity: Array
    utility: Array
    choice: Callable[[Array], Array]
    ends: Ends
    peer_share: Array
    anyway: Mapping[str, Array]

    @classmethod
    def of(
        cls, purchases: Purchases, situation: Situation, income: Array, offer: TradeInOffer
    ) -> _Market:
        columns, parameters = purchases.columns, situation.parameters
        owners = household_cars.owners_of_month(
            columns["car"],
            columns["registered"],
            columns["weight"],
            situation.month.index,
            situation.stocks["private_cars"],
            columns["car_owned_since"],
        )
        sensitivity = vehicle_choice.price_sensitivity(
            income,
            purchases.reference_income,
            parameters.scalar("price_coefficient"),
            parameters.scalar("price_income_elasticity"),
        )
        peer_share = household_cars.peer_share(columns["car"], np.asarray(columns["peers"]))
        return cls(
            columns=columns,
            situation=situation,
            income=income,
            incomes=Incomes.of(income),
            reference_income=purchases.reference_income,
            owners=owners,
            sensitivity=sensitivity,
            utility=_vehicle_utility(columns, situation, offer, sensitivity, peer_share),
            choice=_vehicle_choice(columns, situation),
            ends=ends_of_offers(situation),
            peer_share=peer_share,
            anyway=_anyway(columns, situation, offer),
        )

    def decisions(self, offer: TradeInOffer, reckoned: float) -> Decisions:
        """What households would buy under an offer of which they reckon with a share."""
        situation, parameters = self.situation, self.situation.parameters
        anyway = np.sum(list(self.anyway.values()), axis=0) if self.anyway else None
        cars, (appliances, goods) = side_by_side(
            partial(
                household_cars.decide,
                self.owners,
                self.columns["readiness"],
                self.income,
                self.utility,
                self.sensitivity,
                self.choice,
                offer,
                parameters,
                parameters.scalar("car_market_index", situation.month),
                self.reference_income,
                self.ends,
                reckoned,
                anyway,
            ),
            partial(
                _decide_others,
                self.columns,
                situation,
                offer,
                self.incomes,
                self.reference_income,
                reckoned,
            ),
            situation.threads,
        )
        return Decisions(cars, appliances, goods)


def _decide_others(
    columns: Columns,
    situation: Situation,
    offer: TradeInOffer,
    incomes: Incomes,
    reference_income: float,
    reckoned: float,
) -> tuple[ApplianceDecision, tuple[GoodsDecision, ...]]:
    """What households would buy beside cars, under an offer of which they reckon with a share."""
    appliances = decide_appliances(columns, situation, offer, incomes, reference_income, reckoned)
    goods = tuple(
        decide_goods(
            good,
            situation.law[good.instrument],
            situation.month,
            columns[f"{good.name}_readiness"],
            columns["weight"],
            incomes,
            reference_income,
            situation.parameters,
            offer.goods,
            reckoned,
        )
        for good in GOODS
    )
    return appliances, goods


@cache
def _booked() -> NDArray[np.int64]:
    """Places of programmes that the kernel of cars pays, among all programmes."""
    return np.array([dimension("subsidy_programme").index(name) for name in PAID_BY_ROWS])


def _by_idea(parts: list[tuple[int, tuple[float, ...]]]) -> list[float]:
    """For which part of the month each idea holds, by its number."""
    found = [0.0] * IDEAS
    for idea, (share,) in parts:
        found[idea] = share
    return found


def _parts[T](
    offered: T,
    without_money: T | None,
    closed: T | None,
    done: Mapping[str, OfficeMonth],
    rules: tuple[str, ...],
) -> list[tuple[T, tuple[float, ...]]]:
    """Decisions that hold for parts of the month, each with its share under each rule."""
    parts = [(offered, tuple(done[rule].open_share for rule in rules))]
    if without_money is not None:
        parts.append((without_money, tuple(done[rule].waiting_share for rule in rules)))
    if closed is not None:
        parts.append((closed, tuple(done[rule].closed_share for rule in rules)))
    held = [part for part in parts if any(share > 0.0 for share in part[1])]
    if len(held) == 1:
        return [(held[0][0], tuple(1.0 for _ in rules))]
    return held


def _vehicle_choice(columns: Columns, situation: Situation) -> Callable[[Array], Array]:
    """The scenario's submodel: probability of each powertrain from its utility."""
    rivals: Mapping[str, Callable[[Array], Array]] = {
        "familiarity_logit": partial(
            vehicle_choice.choice_probabilities, familiarity=columns["familiarity"]
        ),
        "plain_logit": vehicle_choice_rivals.plain_logit,
        "bass": partial(vehicle_choice_rivals.bass, adopted=columns["new_energy_adoption"]),
    }
    return rivals[situation.structures["car_choice"]]


def _vehicle_utility(
    columns: Columns,
    situation: Situation,
    offer: TradeInOffer,
    sensitivity: Array,
    peer_share: Array,
) -> Array:
    parameters, month = situation.parameters, situation.month
    options = vehicle_choice.VehicleOptions(
        price=parameters.array("car_price", month) * 1e4,
        tax=offer.tax,
        running_cost=parameters.array("car_running_cost"),
        range_km=parameters.array("car_range", month),
        constant=parameters.array(VEHICLE_CONSTANTS[situation.structures["car_choice"]]),
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
        columns["home_charging"],
        float(situation.stocks["public_charging_points_per_new_energy_car"]),
        peer_share,
        columns["attitude"],
    )


def _anyway(columns: Columns, situation: Situation, offer: TradeInOffer) -> dict[str, Array]:
    """Yuan expected for a new car whatever happens to the old one, by programme, shape (n, 3)."""
    parameters, found = situation.parameters, {}
    listed = parameters.scalar("countryside_catalogue_share") * offer.countryside
    lent = parameters.scalar("car_loan_share") * offer.loan
    if listed.any():
        found["countryside_cars"] = np.where(columns["urban"][:, None], 0.0, listed)
    if lent.any():
        found["consumer_loan_interest"] = np.broadcast_to(lent, (len(columns["weight"]), len(lent)))
    return found


def money_left(situation: Situation) -> float:
    """Trade-in money left in the calendar year at the month's opening, yuan."""
    spent = float(situation.spent_this_year[_trade_in_programmes()].sum())
    return trade_in_budget(situation.levers) - spent


@cache
def _trade_in_programmes() -> NDArray[np.int64]:
    return np.array([dimension("subsidy_programme").index(name) for name in TRADE_IN_PROGRAMMES])
