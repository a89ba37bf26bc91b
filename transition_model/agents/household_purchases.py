"""What households buy in a month, and the public money that they get for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transition_model.agents import household_appliances, household_cars, household_goods
from transition_model.agents.announced_ends import announced_end
from transition_model.agents.household_appliances import ApplianceDecision, decide_appliances
from transition_model.agents.household_cars import AfterEnd, CarDecision, CarOwners, Ends
from transition_model.agents.household_goods import GOODS, GoodsDecision, decide_goods
from transition_model.agents.household_money import (
    PROGRAMME_OF_RULE,
    EarlierClaims,
    RuleClaims,
    TradeInMoney,
    beginning_retroactive,
)
from transition_model.agents.situation import Situation
from transition_model.behaviour import vehicle_choice, vehicle_choice_rivals
from transition_model.dimensions import dimension
from transition_model.instruments.attributes import Claims
from transition_model.instruments.monthly import met
from transition_model.instruments.schema import Version
from transition_model.policy.monthly_office import OfficeMonth
from transition_model.policy.trade_in import (
    HOUSEHOLD_PROGRAMMES,
    TRADE_IN_PROGRAMMES,
    TradeInOffer,
    is_new_energy,
    last_version,
    offer_of_month,
    reshaping,
    trade_in_budget,
)

type Array = NDArray[np.float64]
type Columns = Mapping[str, NDArray[Any]]

CAR_RULES = ("car_scrappage_renewal", "car_replacement_renewal")
APPLIANCES = "appliance_trade_in"

_CONSTANTS = {
    "familiarity_logit": "vehicle_constant",
    "plain_logit": "vehicle_constant_plain_logit",
    "bass": "vehicle_constant",
}
"""Alternative-specific constants of the submodels of car choice."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """What households would buy, under one idea of what they will get for it."""

    cars: CarDecision
    appliances: ApplianceDecision
    goods: tuple[GoodsDecision, ...]


@dataclass(slots=True)
class Purchases:
    """The purchases of all households.

    Attributes
    ----------
    columns
        Of the households.
    reference_income
        Mean household income of 2020, yuan a year.
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
    """

    columns: Columns
    reference_income: float
    money: TradeInMoney = field(default_factory=TradeInMoney)
    goods: dict[str, tuple[float, float]] = field(default_factory=dict)
    subsidised_cars: float = 0.0
    limit_version: str = ""
    received_before: Array = field(default_factory=lambda: np.zeros(len(HOUSEHOLD_PROGRAMMES)))

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
        self.received_before = self._received()
        offer = trade_in_offer(situation)
        self._count_claims_of_the_version(situation)
        market = _Market.of(self, situation, income, offer)
        offered = market.decisions(offer, 1.0)
        without_money = self._if_money_is_gone(situation, market, offer)
        owners = market.owners
        claims = {
            CAR_RULES[0]: RuleClaims(
                owners.weight * offered.cars.subsidy_scrappage,
                owners.weight * (offered.cars.claims_scrappage @ offer.scrappage_paused),
                None
                if without_money is None
                else owners.weight * without_money.cars.subsidy_scrappage,
                market.worth(CAR_RULES[0]),
            ),
            CAR_RULES[1]: RuleClaims(
                owners.weight * offered.cars.subsidy_replacement,
                owners.weight * (offered.cars.claims_replacement @ offer.replacement_paused),
                None
                if without_money is None
                else owners.weight * without_money.cars.subsidy_replacement,
                market.worth(CAR_RULES[1]),
            ),
            APPLIANCES: RuleClaims(
                offered.appliances.claims,
                offered.appliances.claims_on_pause,
                None if without_money is None else without_money.appliances.claims,
                market.worth(APPLIANCES),
            ),
        } | {
            good.instrument: RuleClaims(
                offered.goods[place].claims,
                offered.goods[place].claims_on_pause,
                None if without_money is None else without_money.goods[place].claims,
                market.worth(good.instrument),
            )
            for place, good in enumerate(GOODS)
        }
        top_ups = self._top_ups(situation, owners, offered.cars, offer)
        done, paid = self.money.settle(situation.law, month, claims, money_left(situation), top_ups)
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
            owners.weight @ (cars.claims_scrappage + cars.claims_replacement).sum(axis=1)
        )
        self._remember_claims(situation, owners, cars, offer)
        self._book(situation, {PROGRAMME_OF_RULE[name]: rows for name, rows in paid.items()})
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

    def _top_ups(
        self, situation: Situation, owners: CarOwners, cars: CarDecision, offer: TradeInOffer
    ) -> dict[str, Array]:
        """What versions that begin in this month owe to those who claimed before."""
        found: dict[str, Array] = {}
        price = situation.parameters.array("car_price", situation.month) * 1e4
        for name, claims in zip(
            CAR_RULES, (cars.claims_scrappage, cars.claims_replacement), strict=True
        ):
            rule = situation.law[name]
            amount = partial(_car_amount, situation)
            version = beginning_retroactive(rule, situation.month)
            if version is None:
                continue
            owed = self.money.top_up(rule, situation.month, amount)
            rows = np.zeros(len(owners.weight)) if owed is None else owed
            # Claims of this month's days before the version begins.
            for share, before in rule.parts(situation.month):
                if before.start < version.start and before.state == "active":
                    more = np.maximum(amount(version, price) - amount(before, price), 0.0)
                    rows = rows + share * owners.weight * (claims @ more)
            found[name] = rows
        return found

    def _remember_claims(
        self, situation: Situation, owners: CarOwners, cars: CarDecision, offer: TradeInOffer
    ) -> None:
        """Keep subsidised cars for versions that will pay a difference."""
        price = situation.parameters.array("car_price", situation.month) * 1e4
        for name, claims, had in (
            (CAR_RULES[0], cars.claims_scrappage, offer.scrappage),
            (CAR_RULES[1], cars.claims_replacement, offer.replacement),
        ):
            days = sum(
                share
                for share, version in situation.law[name].parts(situation.month)
                if version.state == "active"
            )
            if days > 0.0:
                self.money.remember(
                    situation.law[name],
                    # The offer is a mean over the month's days, on some of which there is none.
                    EarlierClaims(
                        situation.month,
                        days * owners.weight[:, None] * claims,
                        price,
                        had / days,
                    ),
                )

    def _book(self, situation: Situation, paid: Mapping[str, Array]) -> None:
        """Write payments, yuan of each row, into the ledger and to the households."""
        spending = np.zeros(len(dimension("subsidy_programme")))
        received = self.columns["money_received"]
        for programme, rows in paid.items():
            spending[dimension("subsidy_programme").index(programme)] += rows.sum()
            each = rows / self.columns["weight"]
            received[:, HOUSEHOLD_PROGRAMMES.index(programme)] += each
            if programme != "tax_relief":
                self.columns["subsidy_received"][:] += each
        situation.ledger.add("subsidy_spending_per_month", spending)

    def received_this_month(self) -> dict[str, float]:
        """Yuan that households received in the month just decided, by programme."""
        gained = self._received() - self.received_before
        return dict(zip(HOUSEHOLD_PROGRAMMES, gained.tolist(), strict=True))

    def _received(self) -> Array:
        return np.asarray(self.columns["weight"] @ self.columns["money_received"])

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
        paid = {name: (bought * amount).sum(axis=1) for name, amount in anyway.items()}
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
        if version is not None and version.id != self.limit_version:
            self.limit_version = version.id
            self.columns["appliance_claims"][:] = 0.0


@dataclass(frozen=True, slots=True)
class _Market:
    """What does not depend on how much of the money households reckon with."""

    columns: Columns
    situation: Situation
    income: Array
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
        peer_share = household_cars.peer_share(columns["car"], columns["peers"])
        return cls(
            columns=columns,
            situation=situation,
            income=income,
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
        cars = household_cars.decide(
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
        )
        appliances = decide_appliances(
            self.columns, situation, offer, self.income, self.reference_income, reckoned
        )
        goods = tuple(
            decide_goods(
                good,
                situation.law[good.instrument],
                situation.month,
                self.columns[f"{good.name}_readiness"],
                self.columns["weight"],
                self.income,
                self.reference_income,
                parameters,
                offer.goods,
                reckoned,
            )
            for good in GOODS
        )
        return Decisions(cars, appliances, goods)

    def worth(self, rule: str) -> Callable[[Version], float]:
        """What a typical claim under each version is worth, yuan."""
        parameters, month = self.situation.parameters, self.situation.month
        if rule in CAR_RULES:
            price = parameters.array("car_price", month) * 1e4
            return lambda version: float(_car_amount(self.situation, version, price).mean())
        if rule == APPLIANCES:
            price = parameters.array("appliance_price").mean(axis=0)
            claims = Claims.of(grade=dimension("grade").members, appliance_price=price)
        else:
            good = next(good for good in GOODS if good.instrument == rule)
            price = np.array([parameters.scalar(f"{good.name}_price")])
            claims = Claims.of(**{good.price: price})
        return lambda version: float(
            np.where(met(version, claims), version.form.yuan(claims), 0.0).mean()
        )


def _car_amount(situation: Situation, version: Version, price: Array) -> Array:
    """Yuan by powertrain under a version at prices, as the levers reshape it, shape (3,)."""
    claims = Claims.of(powertrain=dimension("powertrain").members, car_price=price)
    factor = reshaping(
        is_new_energy(),
        situation.levers["trade_in_generosity"],
        situation.levers["green_preference"],
    )
    return factor * np.where(met(version, claims), version.form.yuan(claims), 0.0)


def _parts(
    offered: Decisions,
    without_money: Decisions | None,
    closed: Decisions | None,
    done: Mapping[str, OfficeMonth],
    rules: tuple[str, ...],
) -> list[tuple[Decisions, tuple[float, ...]]]:
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


def trade_in_offer(situation: Situation) -> TradeInOffer:
    """The month's trade-in offer under the scenario's levers."""
    parameters, month = situation.parameters, situation.month
    price = parameters.array("car_price", month) * 1e4
    return offer_of_month(
        situation.law,
        situation.levers,
        month,
        price,
        parameters.array("appliance_price"),
        parameters.scalar("purchase_tax_rate"),
        np.minimum(
            parameters.scalar("car_loan_of_price") * price,
            parameters.scalar("consumer_loan_counted"),
        ),
        parameters.scalar("consumer_loan_rate"),
    )


def nothing_offered(offer: TradeInOffer) -> TradeInOffer:
    """The offer when the year's trade-in money is gone: what is not trade-in stays."""
    cars, appliances = np.zeros_like(offer.scrappage), np.zeros_like(offer.appliance)
    return replace(
        offer,
        scrappage=cars,
        replacement=cars,
        registered_by=np.full_like(offer.registered_by, -1),
        appliance=appliances,
        scrappage_paused=cars,
        replacement_paused=cars,
        appliance_paused=appliances,
        goods=0.0,
    )


def ends_of_offers(situation: Situation) -> Ends:
    """Announced ends of the offers for scrapping and for selling on, and of the tax relief."""
    return Ends(
        _after_end(situation, CAR_RULES[0], lambda offer: offer.scrappage),
        _after_end(situation, CAR_RULES[1], lambda offer: offer.replacement),
        _after_end(situation, "new_energy_purchase_tax_relief", lambda offer: offer.tax_relief),
    )


def _after_end(
    situation: Situation, instrument: str, amount: Callable[[TradeInOffer], Array]
) -> AfterEnd:
    end = announced_end(situation.law[instrument], situation.month)
    if end is None:
        return household_cars.NO_END
    if end.following is None:
        return AfterEnd(end.months_left, household_cars.NO_END.amount)
    # Households reckon with the levers as they stand: what policy will do later is not announced.
    later = trade_in_offer(replace(situation, month=end.following))
    return AfterEnd(end.months_left, amount(later))


def money_left(situation: Situation) -> float:
    """Trade-in money left in the calendar year at the month's opening, yuan."""
    programme = dimension("subsidy_programme").index
    spent = sum(situation.spent_this_year[programme(name)] for name in TRADE_IN_PROGRAMMES)
    return trade_in_budget(situation.levers) - float(spent)
