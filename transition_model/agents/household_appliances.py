"""The appliance market of a month: what is replaced, and by which efficiency grade."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.situation import Situation
from transition_model.behaviour import appliance_choice, replacement, vehicle_choice
from transition_model.calendar import MONTHS_PER_YEAR

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
    subsidy
        Yuan expected per household, shape (n,).
    claims
        Yuan claimed by all.
    """

    hazard: Array
    grade_shares: Array
    purchases: Array
    discards: Array
    subsidy: Array
    claims: float


def decide_appliances(
    columns: Mapping[str, NDArray[Any]],
    situation: Situation,
    rebate: Array,
    income: Array,
    reference_income: float,
) -> ApplianceDecision:
    """Replacement and grade under a rebate in yuan, shape (appliances, grades).

    Discards are scaled to the stock-flow model's appliances cell by cell, as cars are; each
    discarded appliance is replaced by a new one.
    """
    parameters = situation.parameters
    price = parameters.array("appliance_price")
    # Not everybody who may claim does: what counts is the amount expected.
    rebate = parameters.scalar("appliance_claim_share") * rebate
    cost = appliance_choice.life_cycle_cost(
        price,
        rebate,
        parameters.array("electricity_of_appliances"),
        parameters.scalar("electricity_price_household"),
        vehicle_choice.annuity_years(
            parameters.scalar("running_cost_discount"), parameters.scalar("running_cost_horizon")
        ),
    )
    shares = appliance_choice.grade_probabilities(
        cost,
        parameters.array("appliance_price_sensitivity") / 1e3,
        parameters.array("appliance_quality_preference"),
        (income / reference_income) ** parameters.scalar("price_income_elasticity"),
    )
    expected_rebate = np.einsum("nag,ag->na", shares, rebate)
    age = np.maximum(situation.month.index - columns["appliance_bought"], 0) / MONTHS_PER_YEAR
    natural = replacement.weibull_hazard_per_month(
        age,
        parameters.array("appliance_life_scale"),
        parameters.scalar("appliance_life_shape"),
    )
    hazard = appliance_choice.raised_by_rebate(
        natural,
        expected_rebate / price.mean(axis=1),
        parameters.scalar("appliance_rebate_response"),
    )
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
    received = leaving * expected_rebate
    return ApplianceDecision(
        hazard=hazard,
        grade_shares=shares,
        purchases=np.einsum("na,nag->ag", leaving, shares),
        discards=discards,
        subsidy=received.sum(axis=1) / columns["weight"],
        claims=float(received.sum()),
    )


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
