"""Phones and the like, and home renovation."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from types import SimpleNamespace
from typing import TYPE_CHECKING

from scipy.special import ndtri

from benchmarks.mesa_objects.amounts import amount_by, numbers
from benchmarks.mesa_objects.durables import MONTHS_PER_YEAR, arriving, ready
from transition_model.agents.household_goods import Good
from transition_model.agents.situation import Situation

if TYPE_CHECKING:
    from benchmarks.mesa_objects.household import Household


@dataclass(slots=True)
class GoodsChoice:
    """Yuan claimed, also on days on which the rule is suspended, and change of readiness."""

    claims: float
    claims_on_pause: float
    refill: float


def goods_terms(good: Good, situation: Situation) -> SimpleNamespace:
    """The month's terms of one kind of goods."""
    parameters, month, name = situation.parameters, situation.month, good.name
    terms = numbers(
        parameters,
        "goods_purchase_income_elasticity",
        "goods_price_income_elasticity",
        "goods_replacement_lead",
        "additional_replacement_share",
        "pause_expectation",
    )
    for part in ("purchases", "price", "price_dispersion", "claim_share", "rebate_response"):
        setattr(terms, part, parameters.scalar(f"{name}_{part}"))
    classes = round(parameters.scalar("goods_price_classes"))
    terms.classes = [
        exp(terms.price_dispersion * float(ndtri((place + 0.5) / classes)))
        for place in range(classes)
    ]
    rule = situation.law[good.instrument]
    terms.in_force = bool(rule.parts(month))
    terms.paid = amount_by(rule, month, good.price)
    terms.paused = amount_by(rule, month, good.price, "suspended")
    terms.readiness = f"{name}_readiness"
    return terms


def choose_goods(
    household: Household, terms: SimpleNamespace, generosity: float, reckoned: float
) -> GoodsChoice:
    """What a household buys and claims, under a share of the rebate that it reckons with."""
    readiness, lead = getattr(household, terms.readiness), terms.goods_replacement_lead
    if generosity == 0.0 or not terms.in_force:
        _, after = ready(readiness, 1.0, 1.0, lead)
        return GoodsChoice(0.0, 0.0, after - readiness)
    relative = household.relative_income
    usual = terms.purchases * relative**terms.goods_purchase_income_elasticity
    median = terms.price * relative**terms.goods_price_income_elasticity
    amounts = []
    for factor in terms.classes:
        price = median * factor
        paid, paused = generosity * terms.paid(price), generosity * terms.paused(price)
        hoped = terms.claim_share * (reckoned * paid + terms.pause_expectation * paused)
        amounts.append((1.0 + terms.rebate_response * hoped / price, paid, paused))
    leaving = sum(raised for raised, _, _ in amounts) / len(amounts)
    becoming = arriving(leaving, terms.additional_replacement_share)
    mean, after = ready(readiness, leaving, becoming, lead)
    each = household.weight * usual * mean / MONTHS_PER_YEAR / len(amounts)
    return GoodsChoice(
        terms.claim_share * each * sum(raised * paid for raised, paid, _ in amounts),
        terms.claim_share * each * sum(raised * paused for raised, _, paused in amounts),
        after - readiness,
    )
