"""What households buy beside cars, in machine code: appliances, and goods of no stock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from transition_model.agents.appliance_market import ApplianceMarket, RowClaims
from transition_model.agents.goods_market import GoodsMarket
from transition_model.agents.household_goods import GOODS
from transition_model.agents.situation import Situation
from transition_model.policy.trade_in import TradeInOffer

APPLIANCES = "appliance_trade_in"
"""The rule that pays for appliances."""


class OtherPurchases:
    """All purchases beside cars.

    Each month :meth:`decide` is asked under every idea of the money that is needed, the first one
    (number 0) being the offer; :meth:`settle` is told for which part of the month each held.

    Parameters
    ----------
    columns
        Of the households.
    situation
        The first month.
    reference_income
        Mean household income of 2020, yuan a year.
    """

    def __init__(
        self,
        columns: Mapping[str, NDArray[Any]],
        situation: Situation,
        reference_income: float,
    ) -> None:
        self.parameters = situation.parameters
        self._appliances = ApplianceMarket(columns, self.parameters, reference_income)
        self._goods = [
            GoodsMarket(good, columns, self.parameters, reference_income) for good in GOODS
        ]

    def decide(
        self, idea: int, situation: Situation, offer: TradeInOffer, reckoned: float
    ) -> dict[str, RowClaims]:
        """What is claimed under one idea of the money, by rule.

        Parameters
        ----------
        idea
            Number of the idea.
        situation
            The month.
        offer
            What is offered under this idea.
        reckoned
            Share of the rebate that buyers reckon with.
        """
        claims = {APPLIANCES: self._appliances.decide(idea, situation, offer, reckoned)}
        for market in self._goods:
            claims[market.good.instrument] = market.decide(idea, situation, offer.goods, reckoned)
        return claims

    def settle(
        self,
        situation: Situation,
        parts: Mapping[str, Sequence[float]],
        served: Mapping[str, float],
    ) -> tuple[dict[str, tuple[float, float]], dict[str, float]]:
        """Write flows, pay, and remember.

        Parameters
        ----------
        situation
            The month.
        parts
            By rule, for which part of the month each idea holds, by its number.
        served
            By rule, share of what is claimed under the first idea that is paid to rows at once.

        Returns
        -------
        tuple of dict
            Goods bought, and of these with public money, by name, units; and yuan that all rows
            receive at once, by rule.
        """
        received = {
            APPLIANCES: self._appliances.settle(situation, parts[APPLIANCES], served[APPLIANCES])
        }
        bought = {}
        for market in self._goods:
            rule = market.good.instrument
            units, subsidised, received[rule] = market.settle(
                parts[rule], served[rule], situation.threads
            )
            bought[market.good.name] = (units, subsidised)
        return bought, received
