"""Small goods in machine code; :mod:`.household_goods` decides the same with numpy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.appliance_market import (
    IDEAS,
    RowClaims,
    income_classes,
    income_index,
    nothing_claimed,
)
from transition_model.agents.household_goods import GOODS, Good
from transition_model.agents.household_money import PROGRAMME_OF_RULE
from transition_model.agents.implied_columns import OfClass
from transition_model.agents.money_by_group import MoneyByGroup
from transition_model.agents.row_blocks import block_bounds, in_parts
from transition_model.agents.row_strata import strata_of, weight_of_numbers
from transition_model.agents.situation import Situation
from transition_model.behaviour import goods_demand
from transition_model.calendar import MONTHS_PER_YEAR
from transition_model.errors import InputError
from transition_model.instruments.attributes import Claims
from transition_model.instruments.monthly import amount_of_month, paused_amount_of_month
from transition_model.kernels import household_goods as kernels
from transition_model.month_terms import Reading, WatchedReading, remembered
from transition_model.parameters import ParameterValues
from transition_model.policy.priced_amounts import Pieces, pieces_of_month
from transition_model.policy.trade_in import HOUSEHOLD_PROGRAMMES

type Array = NDArray[np.float64]


def _pieces(
    good: Good, state: Literal["active", "suspended"]
) -> Callable[[Reading], Pieces | None]:
    """What the rule on a good pays by price, by month."""

    @remembered
    def of_month(reading: WatchedReading) -> Pieces | None:
        return pieces_of_month(reading.law[good.instrument], reading.month, good.price, state)

    return of_month


_PIECES = {good.name: _pieces(good, "active") for good in GOODS}
_PIECES_ON_PAUSE = {good.name: _pieces(good, "suspended") for good in GOODS}


class GoodsMarket:
    """Decides on one good, and remembers, for households of one income and readiness at a time.

    Each month :meth:`decide` is asked under every idea that is needed, then :meth:`settle` is told
    for which part of the month each held.

    Parameters
    ----------
    good
        What is bought.
    columns
        Of the households.
    parameters
        Declared values.
    reference_income
        Mean household income of 2020, yuan a year.
    """

    def __init__(
        self,
        good: Good,
        columns: Mapping[str, NDArray[Any]],
        parameters: ParameterValues,
        reference_income: float,
    ) -> None:
        self.good = good
        self._column: OfClass = columns[f"{good.name}_readiness"]  # type: ignore[assignment]
        self._strata = strata_of(columns)
        self._income_class, incomes = income_classes(columns)
        self._bounds = block_bounds(len(columns["weight"]))
        self._blocks = len(self._bounds) - 1
        self._rate_elasticity = parameters.scalar("goods_purchase_income_elasticity")
        self._price_elasticity = parameters.scalar("goods_price_income_elasticity")
        rate = parameters.scalar(f"{good.name}_purchases") / MONTHS_PER_YEAR
        relative = incomes / reference_income
        self._constants = kernels.Constants(
            rate=rate * relative**self._rate_elasticity,
            price=parameters.scalar(f"{good.name}_price") * relative**self._price_elasticity,
            spread=goods_demand.price_classes(
                np.ones(1),
                parameters.scalar(f"{good.name}_price_dispersion"),
                round(parameters.scalar("goods_price_classes")),
            )[0],
            claim_share=parameters.scalar(f"{good.name}_claim_share"),
            pause_expectation=parameters.scalar("pause_expectation"),
            rebate_response=parameters.scalar(f"{good.name}_rebate_response"),
            additional_share=parameters.scalar("additional_replacement_share"),
            lead=parameters.scalar("goods_replacement_lead"),
        )
        fields = len(kernels.ByClass._fields)
        self._classes = kernels.ByClass(*np.zeros((fields, IDEAS, len(incomes))))
        self._paid, self._paused = np.zeros((2, len(incomes), len(self._constants.spread)))
        self._received = np.zeros(self._blocks)
        self._money: MoneyByGroup = columns["money_received"]  # type: ignore[assignment]
        self._by_group = np.zeros((self._blocks, *self._money.sizes))
        self._programme = HOUSEHOLD_PROGRAMMES.index(PROGRAMME_OF_RULE[good.instrument])
        self._subsidies = columns["subsidy_received"]
        self._totals = np.zeros((1, len(kernels.TOTALS)))
        self._sums = np.zeros((IDEAS, 2))
        self._natural_purchases: float | None = None
        self._settled = False
        self._cell: NDArray[np.uint16] | None = None

    def decide(
        self, idea: int, situation: Situation, generosity: float, reckoned: float
    ) -> RowClaims:
        """What households would buy under one idea of the money.

        Parameters
        ----------
        idea
            Number of the idea, below :data:`IDEAS`; the first one of a month is 0.
        situation
            The month.
        generosity
            Multiple of the rule's amounts; 0 where the money is gone for good.
        reckoned
            Share of the rebate that buyers reckon with.
        """
        index = income_index(situation)
        if idea == 0:
            self._settled = False
            self._find_cells()
            if generosity == 0.0 or not situation.law[self.good.instrument].parts(situation.month):
                self._live_on(index**self._rate_elasticity)
            else:
                self._read_amounts(situation, index**self._price_elasticity)
        if self._settled:
            return nothing_claimed(self._money.sizes)
        kernels.by_class(
            self._constants,
            index**self._rate_elasticity,
            index**self._price_elasticity,
            generosity,
            reckoned,
            self._paid,
            self._paused,
            idea,
            self._classes,
        )
        self._totals[:] = 0.0
        kernels.decide(
            self._constants,
            self._classes,
            self._readiness,
            self._cell_weight,
            self._cell_class,
            idea,
            self._cells,
            0,
            1,
            self._totals,
        )
        totals = self._totals[0]
        self._sums[idea] = totals[:2]
        return RowClaims(partial(self._claims, idea), float(totals[2]), float(totals[3]))

    def _find_cells(self) -> None:
        """Households of one income and readiness, anew if readiness has been written."""
        column, in_class = self._column, self._income_class
        if column.stored is None and column.number is self._cell:
            return
        classes = len(self._constants.rate)
        if column.stored is None and column.number is in_class:
            self._cell_class = np.arange(classes).astype(np.uint16)
        else:
            levels, level = np.unique(column.store(), return_inverse=True)
            pair = in_class.astype(np.int64) * len(levels) + level
            pairs, cell = np.unique(pair, return_inverse=True)
            most = np.iinfo(np.uint16).max + 1
            if len(pairs) > most:
                allowed = f"at most {most} pairs of a class of income and a readiness"
                raise InputError(f"{self.good.name}_readiness", len(pairs), allowed)
            column.put_in_classes(cell.astype(np.uint16), levels[pairs % len(levels)])
            self._cell_class = (pairs // len(levels)).astype(np.uint16)
        self._cell, self._readiness = column.number, column.values
        strata = self._strata
        self._cell_weight = weight_of_numbers(
            self._cell, strata.number, strata.weight, len(self._readiness)
        )
        self._cells = np.array([0, len(self._readiness)])
        self._natural_purchases = None

    def _yuan(self, idea: int, on_pause: bool, served: float) -> Array:
        """Yuan of a household that is served a share of its claim, by cell."""
        yuan = np.empty(len(self._readiness))
        kernels.yuan_of_cells(
            self._classes, self._readiness, self._cell_class, on_pause, idea, served, yuan
        )
        return yuan

    def _claims(self, idea: int, on_pause: bool) -> Array:
        """Yuan claimed by each group in the month that is open."""
        assert self._cell is not None
        claims = np.zeros(self._money.sizes)
        yuan = self._yuan(idea, on_pause, 1.0)
        kernels.add_claims(self._money.groups, self._cell, yuan, claims)
        return claims

    def settle(
        self, parts: Sequence[float], served: float = 0.0, threads: int = 1
    ) -> tuple[float, float, float]:
        """Pay, and let readiness move on.

        Parameters
        ----------
        parts
            For which part of the month each idea holds, by its number; they add up to 1.
        served
            Share of what is claimed under the first idea that is paid to rows at once.
        threads
            How many pay.

        Returns
        -------
        tuple of float
            Units bought in the month, of these with a claim, and yuan received by all rows.
        """
        if self._settled:
            return float(self._sums[0, 0]), 0.0, 0.0
        held = [idea for idea, part in enumerate(parts) if part > 0.0]
        shares = np.array([parts[idea] for idea in held]) if len(held) > 1 else np.ones(1)
        received = self._pay(float(served), threads) if served > 0.0 else 0.0
        kernels.remember(self._classes, self._readiness, self._cell_class, np.array(held), shares)
        self._natural_purchases = None
        bought, subsidised = shares @ self._sums[held]
        return float(bought), float(subsidised), received

    def _pay(self, served: float, threads: int) -> float:
        """Pay a share of what is claimed under the first idea; yuan of all rows."""
        yuan, cell = self._yuan(0, False, served), self._column.number
        if not yuan.any():
            return 0.0
        in_parts(
            lambda first, last: kernels.pay(
                self._money.groups,
                cell,
                yuan,
                self._bounds,
                first,
                last,
                self._subsidies,
                self._received,
                self._by_group,
            ),
            self._blocks,
            threads,
        )
        self._money.totals[self._programme] += self._by_group.sum(axis=0)
        return float(self._received.sum())

    def _live_on(self, rate_factor: float) -> None:
        """A month in which no rule pays."""
        if self._natural_purchases is None:
            at_rest = bool((self._readiness == 1.0).all())
            bought = np.zeros(1)
            kernels.live_on(
                self._constants,
                self._readiness,
                self._cell_weight,
                self._cell_class,
                self._cells,
                0,
                1,
                bought,
            )
            total = float(bought[0])
            if at_rest:
                # Nothing changes until a rule pays.
                self._natural_purchases = total
        else:
            total = self._natural_purchases
        self._sums[0] = rate_factor * total, 0.0
        self._settled = True

    def _read_amounts(self, situation: Situation, price_factor: float) -> None:
        rule = situation.law[self.good.instrument]
        for pieces, found, of_month in (
            (_PIECES[self.good.name](situation), self._paid, amount_of_month),
            (_PIECES_ON_PAUSE[self.good.name](situation), self._paused, paused_amount_of_month),
        ):
            if pieces is not None:
                if len(pieces.share) == 0:
                    found[:] = 0.0
                else:
                    kernels.amounts(self._constants, price_factor, pieces, found)
                continue
            price = np.multiply.outer(self._constants.price * price_factor, self._constants.spread)
            claims = Claims.of(**{self.good.price: price.ravel()})
            found[:] = of_month(rule, situation.month, claims).reshape(price.shape)
