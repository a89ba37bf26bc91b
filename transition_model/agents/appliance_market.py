"""The appliance market in machine code; :mod:`.household_appliances` is the same with numpy."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transition_model import random_streams
from transition_model.agents.money_by_group import MoneyByGroup
from transition_model.agents.row_blocks import KEPT_ROWS, block_bounds, in_parts, slices
from transition_model.agents.row_strata import runs_of, strata_of
from transition_model.agents.situation import Situation
from transition_model.behaviour import replacement, vehicle_choice
from transition_model.calendar import MONTHS_PER_YEAR
from transition_model.dimensions import dimension
from transition_model.errors import InputError
from transition_model.kernels import household_appliances as kernels
from transition_model.month_terms import WatchedReading, remembered
from transition_model.parameters import ParameterValues
from transition_model.policy.trade_in import HOUSEHOLD_PROGRAMMES, TradeInOffer

type Array = NDArray[np.float64]

IDEAS = 3
"""Of the money that buyers will get: as offered, if it is gone, and if nothing is offered."""


@remembered
def income_index(reading: WatchedReading) -> float:
    """Incomes of the month over those of 2020."""
    return reading.parameters.scalar("income_index", reading.month)


@dataclass(slots=True)
class RowClaims:
    """What is claimed under one idea, yuan.

    Attributes
    ----------
    of_groups
        Gives what each group of households claims: on days on which a rule pays, or, if it is told
        so, on which it is suspended.
    total, total_on_pause
        Sums of these.
    """

    of_groups: Callable[[bool], Array]
    total: float = 0.0
    total_on_pause: float = 0.0

    @property
    def any(self) -> bool:
        """Whether anything is claimed."""
        return self.total > 0.0 or self.total_on_pause > 0.0


def nothing_claimed(groups: tuple[int, ...]) -> RowClaims:
    """Claims of so many groups, none of which claims anything."""
    return RowClaims(lambda _: np.zeros(groups))


def income_classes(columns: Mapping[str, NDArray[Any]]) -> tuple[NDArray[np.uint16], Array]:
    """Classes of income, counted from the lowest, shape (n,); and their incomes, yuan a year.

    Classes in which nobody is get the lowest income. Where somebody has written other incomes than
    those of :func:`.population.in_classes`, every income is a class.

    Raises
    ------
    InputError
        If there are more incomes than classes can be told apart.
    """
    income: Any = columns["income"]
    number = columns["income_class"]
    if getattr(income, "number", None) is number and income.stored is None:
        return number, income.values
    incomes = np.full(int(number.max()) + 1, income.min())
    incomes[number] = income
    if all(
        np.array_equal(incomes[number[part]], income[part])
        for part in slices(block_bounds(len(income)))
    ):
        return number, incomes
    incomes, place = np.unique(income, return_inverse=True)
    most = np.iinfo(np.uint16).max + 1
    if len(incomes) > most:
        allowed = f"at most {most} different incomes; population.in_classes rounds them"
        raise InputError("household income", len(incomes), allowed)
    return place.astype(np.uint16), incomes


def _views(columns: Mapping[str, NDArray[Any]], number: NDArray[Any]) -> kernels.Columns:
    """The columns as the kernels see them; ``number`` is the class of income, shape (n,)."""
    return kernels.Columns(
        columns["appliance_bought"].reshape(-1),
        columns["appliance_grade"].view(np.uint8).reshape(-1),
        columns["appliance_readiness"].reshape(-1),
        columns["appliance_claims"].reshape(-1),
        strata := strata_of(columns),
        number,
        runs_of(strata.number),
    )


class ApplianceMarket:
    """Decides, and remembers, row by row.

    Each month :meth:`decide` is asked under every idea that is needed, then :meth:`settle` is told
    for which part of the month each held.

    Parameters
    ----------
    columns
        Of the households.
    parameters
        Declared values.
    reference_income
        Mean household income of 2020, yuan a year.
    """

    def __init__(
        self,
        columns: Mapping[str, NDArray[Any]],
        parameters: ParameterValues,
        reference_income: float,
    ) -> None:
        rows, kinds = columns["appliance_grade"].shape
        number, incomes = income_classes(columns)
        self._households = columns
        self._columns = _views(columns, number)
        self._programme = HOUSEHOLD_PROGRAMMES.index("appliance_trade_in")
        self._money: MoneyByGroup = columns["money_received"]  # type: ignore[assignment]
        self._bounds = block_bounds(rows)
        self._blocks = len(self._bounds) - 1
        self._oldest = int(columns["appliance_bought"].min())
        self._parameters = parameters
        self._elasticity = parameters.scalar("price_income_elasticity")
        self._constants = kernels.Constants(
            natural=np.empty((kinds, 0)),
            income_weight=(incomes / reference_income) ** self._elasticity,
            price=parameters.array("appliance_price"),
            energy=vehicle_choice.annuity_years(
                parameters.scalar("running_cost_discount"),
                parameters.scalar("running_cost_horizon"),
            )
            * parameters.array("electricity_of_appliances")
            * parameters.scalar("electricity_price_household"),
            sensitivity=parameters.array("appliance_price_sensitivity") / 1e3,
            preference=parameters.array("appliance_quality_preference"),
            claim_share=parameters.scalar("appliance_claim_share"),
            pause_expectation=parameters.scalar("pause_expectation"),
            returned_share=parameters.scalar("old_appliance_returned_share"),
            rebate_response=parameters.scalar("appliance_rebate_response"),
            additional_share=parameters.scalar("additional_replacement_share"),
            lead=parameters.scalar("goods_replacement_lead"),
        )
        grades = self._constants.price.shape[1]
        classes = len(incomes)
        self._classes = kernels.ByClass(
            np.zeros((IDEAS, classes, kinds, grades)),
            np.zeros((IDEAS, classes, kinds)),
            np.zeros((IDEAS, classes, 3 * kinds)),
        )
        self._leaving = np.zeros((self._blocks, len(incomes), kinds, grades))
        self._scale = np.empty((kinds, grades))
        self._totals = np.zeros((self._blocks, 2))
        kept = rows * kinds if rows <= KEPT_ROWS else 0
        self._decided = kernels.Decided(*(np.empty((IDEAS, kept)) for _ in range(3)))
        self._limits = np.zeros((IDEAS, kinds), dtype=np.int64)
        self._received = np.zeros(self._blocks)
        self._by_group = np.zeros((self._blocks, *self._money.sizes))
        self._purchases = np.zeros((IDEAS, kinds, grades))
        self._discards = np.zeros((IDEAS, kinds, grades))
        self._at_rest = False
        self._month = -1
        self._settled = False

    def __deepcopy__(self, memo: dict[int, Any]) -> ApplianceMarket:
        # The copy of a view is no view of the copy.
        other = object.__new__(ApplianceMarket)
        memo[id(self)] = other
        for name, value in self.__dict__.items():
            if name != "_columns":
                setattr(other, name, copy.deepcopy(value, memo))
        other._columns = _views(other._households, copy.deepcopy(self._columns.income_class, memo))
        return other

    def decide(
        self, idea: int, situation: Situation, offer: TradeInOffer, reckoned: float
    ) -> RowClaims:
        """What households would do under one idea of the money.

        Parameters
        ----------
        idea
            Number of the idea, below :data:`IDEAS`; the first one of a month is 0.
        situation
            The month.
        offer
            What is offered under this idea.
        reckoned
            Share of the rebate that buyers reckon with.
        """
        if idea == 0:
            self._open_month(situation)
        elif self._settled:
            return nothing_claimed(self._money.sizes)
        self._settled = self._decide_month(
            situation, offer, float(reckoned), idea, situation.threads
        )
        if self._settled:
            return nothing_claimed(self._money.sizes)
        self._at_rest = False
        total, total_on_pause = self._totals.sum(axis=0).tolist()
        return RowClaims(partial(self._claims, idea), total, total_on_pause)

    def _decide_month(
        self, situation: Situation, offer: TradeInOffer, reckoned: float, idea: int, threads: int
    ) -> bool:
        """See :func:`.kernels.decide_month`; the same in parts if threads share the rows."""
        month, stock = situation.month.index, situation.stocks["appliances_in_use"]
        columns, constants = tuple(self._columns), tuple(self._constants)
        classes, decided = tuple(self._classes), tuple(self._decided)
        terms = (
            offer.appliance,
            offer.appliance_paused,
            offer.appliance_top_up,
            offer.appliance_limit,
        )
        income_factor = income_index(situation) ** self._elasticity
        keys = _keys(situation.seed, month)

        def take(since: int, until: int, first: int, last: int, over: bool = False) -> bool:
            return kernels.decide_month(
                columns, constants, terms, float(reckoned), float(income_factor), classes, decided,
                self._limits, stock, keys, month, idea, over, self._at_rest, self._bounds,
                self._scale, self._leaving, self._totals, self._purchases, self._discards, since,
                until, first, last,
            )  # fmt: skip

        if threads == 1:
            return take(kernels.OPEN, kernels.COUNT, 0, self._blocks)
        over = take(kernels.OPEN, kernels.OPEN, 0, 0)
        in_parts(
            lambda first, last: take(kernels.DECIDE, kernels.DECIDE, first, last, over),
            self._blocks,
            threads,
        )
        take(kernels.COUNT, kernels.COUNT, 0, 0)
        return over

    def settle(self, situation: Situation, parts: Sequence[float], served: float = 0.0) -> float:
        """Write the month's flows into the ledger, pay, and remember; yuan received by all.

        Parameters
        ----------
        situation
            The month.
        parts
            For which part of the month each idea holds, by its number; they add up to 1.
        served
            Share of what is claimed under the first idea that is paid to rows at once.
        """
        bought = situation.ledger.flow("appliance_purchases_per_month")
        discarded = situation.ledger.flow("appliance_discards_per_month")
        received = 0.0
        held = [idea for idea, part in enumerate(parts) if part > 0.0]
        if not self._settled:
            shares = np.array([parts[idea] for idea in held])
            if len(held) == 1:
                shares[:] = 1.0
            draws, of_held = self._draws(situation), np.array(held)
            in_parts(
                lambda first, last: kernels.remember(
                    self._columns,
                    self._constants,
                    self._limits,
                    self._classes,
                    self._scale,
                    draws,
                    situation.month.index,
                    of_held,
                    shares,
                    float(served),
                    self._bounds,
                    first,
                    last,
                    self._decided,
                    self._money.groups,
                    self._households["subsidy_received"],
                    self._received,
                    self._by_group,
                ),
                self._blocks,
                situation.threads,
            )
            received = float(self._received.sum())
            if received > 0.0:
                self._money.totals[self._programme] += self._by_group.sum(axis=0)
        if self._settled or len(held) == 1:
            only = 0 if self._settled else held[0]
            bought += self._purchases[only]
            discarded += self._discards[only]
            return received
        for idea, share in zip(held, shares.tolist(), strict=True):
            bought += share * self._purchases[idea]
            discarded += share * self._discards[idea]
        return received

    def _claims(self, idea: int, on_pause: bool) -> Array:
        """Yuan claimed by each group in the month that is open."""
        claims = np.zeros(self._money.sizes)
        kernels.claims_of_groups(
            self._columns,
            self._money.groups,
            self._constants,
            self._limits,
            self._classes,
            self._scale,
            self._month,
            idea,
            on_pause,
            self._decided,
            claims,
        )
        return claims

    def _open_month(self, situation: Situation) -> None:
        ages = situation.month.index - self._oldest + 1
        if ages > self._constants.natural.shape[1]:
            self._constants = self._constants._replace(natural=self._natural(2 * ages))
        if self._month < 0:
            self._at_rest = bool((self._columns.readiness == 1.0).all())
        self._month = situation.month.index

    def _natural(self, ages: int) -> Array:
        """Probability of replacement by kind and age in months, shape (kinds, ages)."""
        age = np.arange(ages) / MONTHS_PER_YEAR
        return np.ascontiguousarray(
            replacement.weibull_hazard_per_month(
                age[:, None],
                self._parameters.array("appliance_life_scale"),
                self._parameters.scalar("appliance_life_shape"),
            ).T
        )

    def _draws(self, situation: Situation) -> kernels.Draws:
        keys = _keys(situation.seed, situation.month.index)
        return kernels.Draws(keys[0], keys[1:])


@lru_cache(maxsize=1_000)
def _keys(seed: int, month: int) -> NDArray[np.uint64]:
    """Keys of the month's draws: what is replaced, then by which grade of each kind."""
    purposes = [
        "appliances: replace",
        *(f"{kind}: grade" for kind in dimension("appliance").members),
    ]
    return np.array([random_streams.month_key(seed, purpose, month) for purpose in purposes])
