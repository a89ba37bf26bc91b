"""The appliance market of a month: what is replaced, and by which efficiency grade."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.incomes import Incomes
from transition_model.agents.situation import Situation
from transition_model.behaviour import appliance_choice, options, replacement, vehicle_choice
from transition_model.calendar import MONTHS_PER_YEAR
from transition_model.policy.trade_in import TradeInOffer

type Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ApplianceDecision:
    """What households would do under one rebate.

    Attributes
    ----------
    hazard
        Probability of replacement this month, shape (n, appliances).
    grade_shares
        Probability of each grade then, shape (n, appliances, grades).
    purchases, discards
        Appliances a month, shape (appliances, grades).
    claimed
        Claims expected per household, shape (n, appliances).
    claims, claims_on_pause
        Yuan claimed by each row on days on which the rule pays, and on which it is suspended,
        shape (n,).
    refill
        What the month adds to readiness, shape (n, appliances).
    """

    hazard: Array
    grade_shares: Array
    purchases: Array
    discards: Array
    claimed: Array
    claims: Array
    claims_on_pause: Array
    refill: Array


def decide_appliances(
    columns: Mapping[str, NDArray[Any]],
    situation: Situation,
    offer: TradeInOffer,
    incomes: Incomes,
    reference_income: float,
    reckoned: float = 1.0,
) -> ApplianceDecision:
    """Replacement and grade under a month's offer.

    Discards are scaled to the stock-flow model's appliances cell by cell, as cars are; each
    discarded appliance is replaced by a new one. ``reckoned`` is the share of the rebate that
    buyers reckon with.
    """
    parameters = situation.parameters
    price = parameters.array("appliance_price")
    # Not everybody who may claim does, nor hands in the old one: what counts is what is expected.
    claim = parameters.scalar("appliance_claim_share")
    pause = parameters.scalar("pause_expectation")
    rebate = claim * (reckoned * offer.appliance + pause * offer.appliance_paused)
    rebate = rebate + parameters.scalar("old_appliance_returned_share") * offer.appliance_top_up
    cost = appliance_choice.life_cycle_cost(
        price,
        rebate,
        parameters.array("electricity_of_appliances"),
        parameters.scalar("electricity_price_household"),
        vehicle_choice.annuity_years(
            parameters.scalar("running_cost_discount"), parameters.scalar("running_cost_horizon")
        ),
    )
    shares_at = appliance_choice.grade_probabilities(
        cost,
        parameters.array("appliance_price_sensitivity") / 1e3,
        parameters.array("appliance_quality_preference"),
        (incomes.yuan / reference_income) ** parameters.scalar("price_income_elasticity"),
    )

    def expected(worth: NDArray[Any]) -> Array:
        """Mean of what the grades are worth to each row, shape (n, appliances)."""
        return incomes.rows(options.expected(shares_at, worth))

    within = appliance_choice.share_within_limit(
        columns["appliance_claims"], offer.appliance_limit.astype(np.float64)
    )
    expected_rebate = within * expected(rebate)
    raised = appliance_choice.rebate_factor(
        expected_rebate / price.mean(axis=1), parameters.scalar("appliance_rebate_response")
    )
    arriving = replacement.arrival_factor(raised, parameters.scalar("additional_replacement_share"))
    readiness, lead = columns["appliance_readiness"], parameters.scalar("goods_replacement_lead")
    mean, after = replacement.ready_over_month(readiness, raised, arriving, lead)
    age = np.maximum(situation.month.index - columns["appliance_bought"], 0)
    # Ages are whole months, of which there are few.
    at_age = replacement.weibull_hazard_per_month(
        np.arange(int(age.max()) + 1)[:, None] / MONTHS_PER_YEAR,
        parameters.array("appliance_life_scale"),
        parameters.scalar("appliance_life_shape"),
    )
    natural = np.take_along_axis(at_age, age, axis=0)
    hazard = np.minimum(1.0, natural * raised * mean)
    weight = scaled_weight(
        columns["appliance_grade"], columns["weight"], situation.stocks["appliances_in_use"]
    )
    leaving = weight * hazard
    kinds, grades = price.shape
    discards = np.stack(
        [
            np.bincount(columns["appliance_grade"][:, a], weights=leaving[:, a], minlength=grades)
            for a in range(kinds)
        ]
    )
    claiming = leaving * within * claim
    paid = offer.appliance + offer.appliance_paused > 0.0
    shares = incomes.rows(shares_at)
    return ApplianceDecision(
        hazard=hazard,
        grade_shares=shares,
        purchases=np.einsum("na,nag->ag", leaving, shares),
        discards=discards,
        claimed=claiming * expected(paid) / columns["weight"][:, None],
        claims=options.expected(claiming, expected(offer.appliance)),
        claims_on_pause=options.expected(claiming, expected(offer.appliance_paused)),
        refill=after - readiness,
    )


def mixed(parts: Sequence[tuple[ApplianceDecision, float]]) -> ApplianceDecision:
    """One decision out of several, each for a share of the month; shares add up to 1."""
    if len(parts) == 1:
        return parts[0][0]

    def total(name: str) -> Array:
        return np.asarray(sum(share * getattr(decision, name) for decision, share in parts))

    hazard = total("hazard")
    weighed = sum(
        share * decision.hazard[:, :, None] * decision.grade_shares for decision, share in parts
    )
    shares = np.divide(
        weighed,
        hazard[:, :, None],
        out=parts[0][0].grade_shares.copy(),
        where=hazard[:, :, None] > 0.0,
    )
    names = ("purchases", "discards", "claimed", "claims", "claims_on_pause", "refill")
    return ApplianceDecision(hazard, shares, *(total(name) for name in names))


def scaled_weight(grade: NDArray[np.int8], weight: Array, stock: Array) -> Array:
    """Appliances that each row stands for, scaled to the stock.

    Parameters
    ----------
    grade
        Grade of each household's appliance, shape (n, appliances).
    weight
        Households that each row stands for, shape (n,).
    stock
        Appliances in use, shape (appliances, grades).

    Returns
    -------
    ndarray
        Shape (n, appliances).
    """
    scaled = np.empty(grade.shape)
    for place, in_use in enumerate(stock):
        sampled = np.bincount(grade[:, place], weights=weight, minlength=len(in_use))
        factor = np.divide(in_use, sampled, out=np.zeros_like(in_use), where=sampled > 0.0)
        scaled[:, place] = weight * factor[grade[:, place]]
    return scaled
