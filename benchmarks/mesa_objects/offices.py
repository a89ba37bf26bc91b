"""The offices that pay trade-in money: they count the city's claims, as in the package."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.mesa_objects.tally import Idea, Month
from transition_model.agents.household_goods import GOODS
from transition_model.agents.household_money import (
    PROGRAMME_OF_RULE,
    EarlierClaims,
    RuleClaims,
    TradeInMoney,
    beginning_retroactive,
)
from transition_model.agents.household_offers import CAR_RULES, car_amount
from transition_model.agents.household_purchases import money_left
from transition_model.agents.money_by_group import MoneyByGroup
from transition_model.agents.situation import Situation
from transition_model.dimensions import dimension
from transition_model.instruments import Version
from transition_model.instruments.attributes import Claims
from transition_model.instruments.monthly import met
from transition_model.policy.trade_in import (
    HOUSEHOLD_PROGRAMMES,
    TradeInOffer,
)

APPLIANCES = "appliance_trade_in"
YUAN = 1e4


class Offices:
    """One office a rule, and one ceiling over all of them.

    Parameters
    ----------
    groups
        Of the households: what is not paid at once is handed to all of a group alike.
    """

    def __init__(self, groups: MoneyByGroup) -> None:
        self.groups = groups
        self.money = TradeInMoney()
        self.version = ""

    def may_run_out(self, situation: Situation) -> bool:
        """Whether claims of the month may have to wait for money."""
        return any(
            self.money.office(situation.law[rule]).may_run_out(situation.month)
            for rule in PROGRAMME_OF_RULE
        )

    def begins(self, version: str) -> bool:
        """Whether a version of the appliance rule is new, so that claims are counted anew."""
        new = version != self.version
        self.version = version
        return new

    def settle(self, agents: Any, now: Month, situation: Situation) -> None:
        """Serve the month's claims; tell the month who is paid, and which idea held how long."""
        sums = self.groups.sums
        claimed = {
            rule: _yuan(agents, of_agent, now, "offered") for rule, of_agent in _CLAIMS.items()
        }
        claims = {
            rule: RuleClaims(
                sums(claimed[rule]),
                sums(_yuan(agents, of_agent, now, "offered", paused=True)),
                sums(_yuan(agents, of_agent, now, "without money"))
                if "without money" in now.ideas
                else None,
                partial(_worth, situation, rule),
            )
            for rule, of_agent in _CLAIMS.items()
        }
        done, later = self.money.settle(
            situation.law,
            situation.month,
            claims,
            money_left(situation),
            self._top_ups(agents, situation),
        )
        weight = np.array([agent.weight for agent in agents])
        paid = {
            rule: done[rule].served * rows + weight * self.groups.spread(later[rule])
            for rule, rows in claimed.items()
        }
        now.paid = [
            (HOUSEHOLD_PROGRAMMES.index(PROGRAMME_OF_RULE[rule]), rows.tolist())
            for rule, rows in paid.items()
            if rows.any()
        ]
        if any(of_rule.closed_share > 0.0 for of_rule in done.values()):
            now.closes = True
        bought = {"cars": CAR_RULES, "appliances": (APPLIANCES,)} | {
            f"{good.name}_readiness": (good.instrument,) for good in GOODS
        }
        now.parts = {name: _parts(now, done, rules) for name, rules in bought.items()}

    def _top_ups(self, agents: Any, situation: Situation) -> dict[str, Any]:
        """What versions that begin in this month owe to those who claimed before."""
        found = {}
        price = situation.parameters.array("car_price", situation.month) * YUAN
        for rule, claims in zip(CAR_RULES, _CAR_CLAIMS, strict=True):
            law = situation.law[rule]
            version = beginning_retroactive(law, situation.month)
            if version is None:
                continue
            amount = partial(car_amount, situation)
            owed = self.money.top_up(law, situation.month, amount)
            found[rule] = np.zeros(self.groups.sizes) if owed is None else owed
            cars = self._by_group([_subsidised(a, a.cars["offered"], claims) for a in agents])
            for share, before in law.parts(situation.month):
                if before.start < version.start and before.state == "active":
                    more = np.maximum(amount(version, price) - amount(before, price), 0.0)
                    found[rule] = found[rule] + share * np.tensordot(more, cars, 1)
        return found

    def _by_group(self, cars: list[list[float]]) -> Any:
        """Cars of groups by powertrain, out of those of households."""
        return np.stack([self.groups.sums(np.array(of_new)) for of_new in zip(*cars, strict=True)])

    def remember(self, agents: Any, situation: Situation, offer: TradeInOffer) -> None:
        """Keep subsidised cars for versions that will pay a difference."""
        price = situation.parameters.array("car_price", situation.month) * YUAN
        for rule, claims, had in zip(
            CAR_RULES, _CAR_CLAIMS, (offer.scrappage, offer.replacement), strict=True
        ):
            law = situation.law[rule]
            days = sum(s for s, v in law.parts(situation.month) if v.state == "active")
            if days > 0.0 and any(version.retroactive_from for version in law.versions):
                cars = self._by_group([_subsidised(a, a.car_choice, claims) for a in agents])
                self.money.remember(
                    law,
                    EarlierClaims(situation.month, days * cars, price, had / days),
                    partial(car_amount, situation),
                )


_CAR_CLAIMS = ("claims_scrappage", "claims_replacement")


def _subsidised(agent: Any, choice: Any, claims: str) -> list[float]:
    return [agent.car_weight * cars for cars in getattr(choice, claims)]


def _of_cars(claims: str, amounts: str) -> Callable[..., float]:
    def yuan(agent: Any, name: str, idea: Idea, paused: bool) -> float:
        each = getattr(idea.cars, f"{amounts}_paused" if paused else amounts)
        cars = getattr(agent.cars[name], claims)
        return agent.car_weight * sum(n * yuan for n, yuan in zip(cars, each, strict=True))

    return yuan


def _of_appliances(agent: Any, name: str, _: Idea, paused: bool) -> float:
    return sum(c.claims_on_pause if paused else c.claims for c in agent.appliances[name])


def _of_goods(place: int) -> Callable[..., float]:
    def yuan(agent: Any, name: str, _: Idea, paused: bool) -> float:
        choice = agent.goods[name][place]
        claimed: float = choice.claims_on_pause if paused else choice.claims
        return claimed

    return yuan


_CLAIMS: dict[str, Callable[..., float]] = {
    CAR_RULES[0]: _of_cars(_CAR_CLAIMS[0], "scrappage"),
    CAR_RULES[1]: _of_cars(_CAR_CLAIMS[1], "replacement"),
    APPLIANCES: _of_appliances,
} | {good.instrument: _of_goods(place) for place, good in enumerate(GOODS)}


def _yuan(
    agents: Any, of_agent: Callable[..., float], now: Month, name: str, paused: bool = False
) -> Any:
    idea = now.ideas[name]
    return np.array([of_agent(agent, name, idea, paused) for agent in agents])


def _parts(
    now: Month, done: dict[str, Any], rules: tuple[str, ...]
) -> list[tuple[str, tuple[float, ...]]]:
    """Ideas that held for parts of the month, each with its share under each rule."""
    parts = [("offered", tuple(done[rule].open_share for rule in rules))]
    if "without money" in now.ideas:
        parts.append(("without money", tuple(done[rule].waiting_share for rule in rules)))
    if now.closes:
        parts.append(("closed", tuple(done[rule].closed_share for rule in rules)))
    held = [part for part in parts if any(share > 0.0 for share in part[1])]
    return [(held[0][0], (1.0,) * len(rules))] if len(held) == 1 else held


def _worth(situation: Situation, rule: str, version: Version) -> float:
    """What a typical claim under a version is worth, yuan."""
    parameters = situation.parameters
    if rule in CAR_RULES:
        price = parameters.array("car_price", situation.month) * YUAN
        return float(car_amount(situation, version, price).mean())
    if rule == APPLIANCES:
        price = parameters.array("appliance_price").mean(axis=0)
        claims = Claims.of(grade=dimension("grade").members, appliance_price=price)
    else:
        good = next(good for good in GOODS if good.instrument == rule)
        claims = Claims.of(**{good.price: np.array([parameters.scalar(f"{good.name}_price")])})
    return float(np.where(met(version, claims), version.form.yuan(claims), 0.0).mean())
