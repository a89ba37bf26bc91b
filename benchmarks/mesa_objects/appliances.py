"""Appliances: one of each kind stands for all of that kind in a household."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.mesa_objects.amounts import numbers
from benchmarks.mesa_objects.durables import (
    MONTHS_PER_YEAR,
    arriving,
    ready,
    softmax,
    weibull_hazard,
)
from transition_model.agents.situation import Situation
from transition_model.behaviour.vehicle_choice import annuity_years
from transition_model.policy.trade_in import ANY_TIME, TradeInOffer

if TYPE_CHECKING:
    from benchmarks.mesa_objects.household import Household


@dataclass(slots=True)
class ApplianceChoice:
    """What a household does about one appliance, under one idea of the rebate.

    ``hazard`` and ``shares`` of grades are probabilities, ``leaving`` appliances a month,
    ``claimed`` claims of the household, ``claims`` and ``claims_on_pause`` yuan of all for whom it
    stands, ``refill`` the change of readiness.
    """

    hazard: float
    shares: list[float]
    leaving: float
    claimed: float
    claims: float
    claims_on_pause: float
    refill: float


def appliance_terms(situation: Situation) -> SimpleNamespace:
    """What holds for all households in the month."""
    parameters = situation.parameters
    terms = numbers(
        parameters,
        "appliance_claim_share",
        "pause_expectation",
        "old_appliance_returned_share",
        "appliance_rebate_response",
        "additional_replacement_share",
        "goods_replacement_lead",
        "appliance_life_shape",
        "price_income_elasticity",
        "electricity_price_household",
    )
    annuity = annuity_years(
        parameters.scalar("running_cost_discount"), parameters.scalar("running_cost_horizon")
    )
    use, price = parameters.array("electricity_of_appliances"), parameters.array("appliance_price")
    terms.cost = (price + annuity * use * terms.electricity_price_household).tolist()
    terms.mean_price = price.mean(axis=1).tolist()
    terms.life = parameters.array("appliance_life_scale").tolist()
    terms.sensitivity = (parameters.array("appliance_price_sensitivity") / 1e3).tolist()
    terms.preference = parameters.array("appliance_quality_preference").tolist()
    terms.known = [1.0] * price.shape[1]
    terms.month = situation.month.index
    return terms


def appliance_offer(
    offer: TradeInOffer, terms: SimpleNamespace, reckoned: float
) -> SimpleNamespace:
    """The month's rebates by kind and grade, if households reckon with a share of them."""
    paid, paused = offer.appliance, offer.appliance_paused
    hoped = terms.appliance_claim_share * (reckoned * paid + terms.pause_expectation * paused)
    rebate = hoped + terms.old_appliance_returned_share * offer.appliance_top_up
    return SimpleNamespace(
        rebate=rebate.tolist(),
        net_cost=(np.array(terms.cost) - rebate).tolist(),
        paid=paid.tolist(),
        paused=paused.tolist(),
        counted=(paid + paused > 0.0).tolist(),
        any=[bool(row.any()) for row in rebate + paid + paused],
        limit=offer.appliance_limit.tolist(),
    )


def choose_appliances(
    household: Household, terms: SimpleNamespace, offer: SimpleNamespace
) -> list[ApplianceChoice]:
    """Replacement and grade of each kind."""
    income_weight = household.relative_income**terms.price_income_elasticity
    return [
        _choose(household, kind, terms, offer, income_weight) for kind in range(len(terms.life))
    ]


def _choose(
    household: Household,
    kind: int,
    terms: SimpleNamespace,
    offer: SimpleNamespace,
    income_weight: float,
) -> ApplianceChoice:
    sensitivity = income_weight * terms.sensitivity[kind]
    utility = [
        preference - sensitivity * cost
        for preference, cost in zip(terms.preference, offer.net_cost[kind], strict=True)
    ]
    shares = softmax(utility, terms.known)
    within = hoped = 0.0
    if offer.any[kind]:
        within = _below_limit(household.appliance_claims[kind], offer.limit[kind])
        hoped = within * _mean(offer.rebate[kind], shares)
    raised = 1.0 + terms.appliance_rebate_response * hoped / terms.mean_price[kind]
    becoming = arriving(raised, terms.additional_replacement_share)
    readiness = household.appliance_readiness[kind]
    mean, after = ready(readiness, raised, becoming, terms.goods_replacement_lead)
    age = max(terms.month - household.appliance_bought[kind], 0) / MONTHS_PER_YEAR
    natural = weibull_hazard(age, terms.life[kind], terms.appliance_life_shape)
    hazard = min(1.0, natural * raised * mean)
    leaving = hazard * household.appliance_weight(kind)
    choice = ApplianceChoice(hazard, shares, leaving, 0.0, 0.0, 0.0, after - readiness)
    if within > 0.0:
        claiming = leaving * within * terms.appliance_claim_share
        choice.claimed = claiming * _mean(offer.counted[kind], shares) / household.weight
        choice.claims = claiming * _mean(offer.paid[kind], shares)
        choice.claims_on_pause = claiming * _mean(offer.paused[kind], shares)
    return choice


def _mean(values: list[float], shares: list[float]) -> float:
    return sum(value * share for value, share in zip(values, shares, strict=True))


def _below_limit(mean: float, limit: int) -> float:
    """Probability that a Poisson number of claims is below the limit."""
    if limit >= ANY_TIME:
        return 1.0
    term = total = exp(-mean)
    for count in range(1, limit):
        term *= mean / count
        total += term
    return total


def mix_appliances(parts: list[tuple[ApplianceChoice, float]]) -> ApplianceChoice:
    """One choice out of several that hold for shares of the month."""
    if len(parts) == 1:
        return parts[0][0]
    hazard = sum(share * choice.hazard for choice, share in parts)
    shares = parts[0][0].shares
    if hazard > 0.0:
        shares = [
            sum(share * choice.hazard * choice.shares[grade] for choice, share in parts) / hazard
            for grade in range(len(shares))
        ]
    return ApplianceChoice(
        hazard,
        shares,
        *(
            sum(share * getattr(choice, name) for choice, share in parts)
            for name in ("leaving", "claimed", "claims", "claims_on_pause", "refill")
        ),
    )
