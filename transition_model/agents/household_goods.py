"""Phones, tablets and watches, and green home renovation: what is bought, and what is claimed.

Nothing of these goods is counted in a stock: the model knows how many are bought in a month, by
whom, and how many of them with public money.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.incomes import Incomes
from transition_model.behaviour import goods_demand, options, replacement
from transition_model.calendar import MONTHS_PER_YEAR, Month
from transition_model.instruments import Instrument
from transition_model.instruments.attributes import Claims
from transition_model.instruments.monthly import amount_of_month, paused_amount_of_month
from transition_model.parameters import ParameterValues

type Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Good:
    """A kind of goods.

    Attributes
    ----------
    name
        First word of its parameters, and its readiness.
    instrument
        The rule that subsidises it.
    price
        Attribute of a claim that states its price.
    """

    name: str
    instrument: str
    price: str


GOODS = (
    Good("digital", "digital_trade_in", "digital_price"),
    Good("renovation", "green_home_renovation", "renovation_price"),
)
"""What is bought beside cars and appliances."""


@dataclass(frozen=True, slots=True)
class GoodsDecision:
    """What households would buy of a good under one rebate.

    Attributes
    ----------
    purchases
        Expected in each row, units a month, shape (n,).
    subsidised
        Of these with a claim, shape (n,).
    claims, claims_on_pause
        Yuan claimed by each row on days on which the rule pays, and on which it is suspended,
        shape (n,).
    refill
        What the month adds to readiness, shape (n,).
    """

    purchases: Array
    subsidised: Array
    claims: Array
    claims_on_pause: Array
    refill: Array


def decide_goods(
    good: Good,
    rule: Instrument,
    month: Month,
    readiness: Array,
    weight: Array,
    incomes: Incomes,
    reference_income: float,
    parameters: ParameterValues,
    generosity: float,
    reckoned: float = 1.0,
) -> GoodsDecision:
    """Purchases and claims of a month.

    Parameters
    ----------
    good, rule
        What is bought, and the rule in force.
    month
        The month.
    readiness, weight
        Of each row, shape (n,).
    incomes
        Of the rows.
    reference_income
        Mean household income of 2020, yuan a year.
    parameters
        Declared values.
    generosity
        Multiple of the rule's amounts; 0 where the money is gone for good.
    reckoned
        Share of the rebate that buyers reckon with.
    """
    usual = goods_demand.purchase_rate(
        incomes.yuan,
        reference_income,
        parameters.scalar(f"{good.name}_purchases"),
        parameters.scalar("goods_purchase_income_elasticity"),
    )
    lead = parameters.scalar("goods_replacement_lead")
    if generosity == 0.0 or not rule.parts(month):
        none, natural = np.zeros(len(weight)), np.ones(len(weight))
        mean, after = replacement.ready_over_month(readiness, natural, natural, lead)
        bought = weight * incomes.rows(usual) * mean / MONTHS_PER_YEAR
        return GoodsDecision(bought, none, none, none, after - readiness)
    relative = incomes.yuan / reference_income
    price = goods_demand.price_classes(
        parameters.scalar(f"{good.name}_price")
        * relative ** parameters.scalar("goods_price_income_elasticity"),
        parameters.scalar(f"{good.name}_price_dispersion"),
        round(parameters.scalar("goods_price_classes")),
    )
    paid = generosity * _amounts(rule, month, good, price, paused=False)
    paused = generosity * _amounts(rule, month, good, price, paused=True)
    claim = parameters.scalar(f"{good.name}_claim_share")
    hoped = claim * (reckoned * paid + parameters.scalar("pause_expectation") * paused)
    raised = goods_demand.rebate_factor(
        hoped / price, parameters.scalar(f"{good.name}_rebate_response")
    )
    leaving = options.total(raised) / price.shape[1]
    arriving = replacement.arrival_factor(
        leaving, parameters.scalar("additional_replacement_share")
    )
    mean, after = replacement.ready_over_month(
        readiness, incomes.rows(leaving), incomes.rows(arriving), lead
    )
    ready = weight * mean / MONTHS_PER_YEAR
    each = usual[:, None] * raised / price.shape[1]
    return GoodsDecision(
        purchases=ready * incomes.rows(options.total(each)),
        subsidised=ready * incomes.rows(claim * options.expected(each, paid + paused > 0.0)),
        claims=ready * incomes.rows(claim * options.expected(each, paid)),
        claims_on_pause=ready * incomes.rows(claim * options.expected(each, paused)),
        refill=after - readiness,
    )


def mixed(parts: Sequence[tuple[GoodsDecision, float]]) -> GoodsDecision:
    """One decision out of several, each for a share of the month; shares add up to 1."""
    if len(parts) == 1:
        return parts[0][0]
    return GoodsDecision(
        *(
            np.asarray(sum(share * getattr(decision, name) for decision, share in parts))
            for name in GoodsDecision.__slots__
        )
    )


def _amounts(rule: Instrument, month: Month, good: Good, price: Array, paused: bool) -> Array:
    """Yuan for each price, shape as the prices."""
    of_month = paused_amount_of_month if paused else amount_of_month
    return of_month(rule, month, Claims.of(**{good.price: price.ravel()})).reshape(price.shape)
