"""Households: they buy, keep, sell on and scrap cars, replace appliances, sort waste, use power."""

from __future__ import annotations

from functools import cache
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from transition_model import random_streams
from transition_model.agents import (
    appliance_market,
    household_cars,
    household_home,
    household_travel,
    household_waste,
    population,
)
from transition_model.agents.columns import ColumnarAgentSet, RowAgent, WatchedColumns
from transition_model.agents.home_use import HomeUse
from transition_model.agents.household_appliances import ApplianceDecision
from transition_model.agents.household_purchases import Purchases
from transition_model.agents.implied_columns import OfClass, OfStratum
from transition_model.agents.row_strata import strata_of
from transition_model.agents.situation import Situation
from transition_model.agents.trips import Trips
from transition_model.agents.waste_at_home import WasteAtHome
from transition_model.behaviour import options, replacement, vehicle_choice, vehicle_choice_rivals
from transition_model.calendar import Month
from transition_model.compilation import Kernels
from transition_model.dimensions import dimension
from transition_model.districts import Districts, load_districts
from transition_model.errors import InputError
from transition_model.parameters import ParameterValues

type Array = NDArray[np.float64]

_CHANGING = frozenset(
    {
        "appliance_bought",
        "appliance_claims",
        "appliance_grade",
        "appliance_readiness",
        "attitude",
        "car",
        "car_owned_since",
        "digital_readiness",
        "familiarity",
        "money_received",
        "new_energy_adoption",
        "readiness",
        "registered",
        "renovation_readiness",
        "sorting_habit",
        "subsidy_received",
        "time_of_use",
    }
)
"""Columns that change from month to month. All others are looked at once a run."""


@cache
def _districts() -> Districts:
    return load_districts()


class Household(RowAgent):
    """A household: a view of one row of :class:`Households`."""


class Households(ColumnarAgentSet[Household]):
    """The city's family households.

    Columns: ``district``, ``urban``, ``weight`` (households that the row stands for), ``income``
    (yuan a year in 2020), ``income_group``, ``home_charging``, ``attitude`` (standard deviations),
    ``familiarity``, ``new_energy_adoption`` (probability, under Bass diffusion), ``sorting_habit``,
    ``supervision_rank``, ``persons``, ``low_income``, ``central`` (of the nine central districts),
    ``home_use`` (habit of using more or less, mean 1), ``day_load`` (0 to 1, how much of it is
    the load of a home used by day), ``time_of_use`` (probability of having chosen it), ``peers``,
    ``car`` (powertrain, -1 for none), ``registered`` (month index), ``car_owned_since`` (month
    index), ``readiness`` (to buy a car, 1 is natural), ``appliance_bought`` (month index),
    ``appliance_grade``, ``appliance_readiness``, ``appliance_claims`` (expected under the version
    in force), ``digital_readiness``, ``renovation_readiness``, ``subsidy_received`` (expected yuan
    since the beginning), ``money_received`` (for purchases, by programme, tax relief included).

    Columns that households do not change themselves are read-only arrays, written to with ``set``
    or by a household's view; a month later the class of an income that was written is its own.
    """

    @classmethod
    def build(
        cls,
        model: Any,
        parameters: ParameterValues,
        seed: int,
        first_id: int,
        rows: int,
        start: Month,
        number: population.Number = np.float64,
        kernels: Kernels = "compiled",
    ) -> Self:
        """The population at the beginning of ``start``; see :mod:`.population`.

        With ``numpy`` no kernel has to be compiled for what it opens with.
        """
        columns = population.household_columns(
            _districts(), parameters, rows, seed, start.index, number
        )
        households = cls(Household, model, WatchedColumns(columns, _CHANGING), first_id)
        # What a household can't see change during a run is read once.
        incomes = columns["income"].values  # type: ignore[attr-defined]
        strata = strata_of(columns)
        of_class = population.weight_of_classes(columns, strata)
        reference = float(of_class @ incomes / of_class.sum())
        households._reference_income = reference
        # Room of a number of each row, which steps of the month use one after the other.
        households._room = np.empty(rows, dtype=number)
        households._start = start
        if kernels == "compiled":
            households._trips = Trips(columns, parameters, reference, start)
            households._taste = households._trips.taste
        else:
            households._taste = household_travel.green_taste(columns, parameters, start)
        households.purchases = Purchases(columns, reference, households._room)
        return households

    _reference_income: float
    _room: NDArray[Any]
    _start: Month
    _taste: float
    _trips: Trips
    _made_for: ParameterValues | None = None
    _heard: int = 0
    columns: WatchedColumns
    _home_use: HomeUse
    _waste: WasteAtHome
    purchases: Purchases

    def decide(self, situation: Situation) -> None:
        """All decisions of the month, on the month's opening state."""
        self.decide_in(situation, situation)

    def decide_in(self, situation: Situation, buying: Situation) -> None:
        """All decisions; ``buying`` says whether purchases are decided in kernels."""
        if self.columns.written != self._heard:
            self._hear(situation.parameters)
        income_index = appliance_market.income_index(situation)
        compiled = situation.kernels == "compiled"
        if compiled:
            self._prepare(situation.parameters)
            self._home_use.use(situation, income_index)
            self._trips.travel(situation, income_index)
        else:
            relative = self.columns["income"] * income_index / self._reference_income
            household_home.use_at_home(self.columns, situation, relative)
            household_travel.travel(self.columns, situation, relative, self._taste, self._start)
        if buying.kernels == "compiled":
            self.purchases.decide_compiled(buying)
        else:
            self._decide_purchases(buying, self.columns["income"] * income_index)
        if compiled:
            self._waste.sort(situation)
        else:
            household_waste.sort_waste(self.columns, situation)

    def _prepare(self, parameters: ParameterValues) -> None:
        """Work out what parameters say for a whole run."""
        if self._made_for is parameters:
            return
        columns, reference = self.columns.arrays, self._reference_income
        self._home_use = HomeUse(columns, parameters, reference)
        self._trips = Trips(columns, parameters, reference, self._start, self._taste)
        self._waste = WasteAtHome(columns, parameters, self._room)
        self._made_for = parameters

    def _hear(self, parameters: ParameterValues) -> None:
        """Look again at columns of which something has been written from outside."""
        columns = self.columns.arrays
        income: Any = columns["income"]
        if income.stored is not None:
            income = income.stored
            if not (np.isfinite(income) & (income > 0.0)).all():
                raise InputError("household income", float(np.min(income)), "a number above 0")
            for column in columns.values():
                if isinstance(column, OfClass) and not isinstance(column, OfStratum):
                    column.store()
            width = parameters.scalar("income_class_width")
            columns["income_class"][:] = population.in_classes(np.log(income), width)[0]
        self.purchases.received.look_again()
        self._made_for = None
        self.purchases.look_again()
        self._heard = self.columns.written

    # -- cars, appliances and other goods ----------------------------------------------------
    def _decide_purchases(self, situation: Situation, income: Array) -> None:
        owners, cars, appliances, peer_share = self.purchases.decide(situation, income)
        self._remember_cars(situation, owners, cars)
        self._remember_appliances(situation, appliances)
        self._learn(situation, peer_share)

    def _remember_cars(
        self,
        situation: Situation,
        owners: household_cars.CarOwners,
        decision: household_cars.CarDecision,
    ) -> None:
        draws = {
            purpose: self._draw(situation, f"car: {purpose}")
            for purpose in ("leave", "buy", "powertrain", "used", "used_car")
        }
        columns = self.columns
        car, registered, owned_since = household_cars.remember(
            owners, decision, situation.parameters, situation.month.index, draws
        )
        # Who has another car, or has none any more, is as ready as anybody.
        changed = (owned_since != columns["car_owned_since"]) | (car != columns["car"])
        columns["readiness"][changed] = 1.0
        columns["car"][:], columns["registered"][:] = car, registered
        columns["car_owned_since"][:] = owned_since

    def _remember_appliances(self, situation: Situation, decision: ApplianceDecision) -> None:
        bought, grade = self.columns["appliance_bought"], self.columns["appliance_grade"]
        replaced = replacement.replaced_by_one_draw(
            decision.hazard, self._draw(situation, "appliances: replace")
        )
        for place, kind in enumerate(dimension("appliance").members):
            replaces = replaced[:, place]
            shares = decision.grade_shares[:, place]
            draw = self._draw(situation, f"{kind}: grade")
            chosen = options.total(draw[:, None] > options.added_up(shares)[:, :-1])
            bought[replaces, place] = situation.month.index
            grade[replaces, place] = chosen[replaces]
            self.columns["appliance_readiness"][replaces, place] = 1.0

    def _learn(self, situation: Situation, peer_share: Array) -> None:
        parameters = situation.parameters
        self.columns["familiarity"][:] = vehicle_choice.familiarity_next(
            self.columns["familiarity"],
            peer_share,
            parameters.scalar("familiarity_marketing"),
            parameters.scalar("familiarity_word_of_mouth"),
            parameters.scalar("familiarity_forgetting"),
        )
        if situation.structures["car_choice"] == "bass":
            adopted = self.columns["new_energy_adoption"]
            adopted[:] = vehicle_choice_rivals.bass_next(
                adopted,
                float(np.average(adopted, weights=self.columns["weight"])),
                parameters.scalar("bass_innovation"),
                parameters.scalar("bass_imitation"),
            )

    # -- shared ------------------------------------------------------------------------------
    @property
    def _agents(self) -> NDArray[np.int64]:
        return np.arange(self.size, dtype=np.int64)

    def _draw(self, situation: Situation, purpose: str) -> Array:
        return random_streams.uniform(situation.seed, purpose, self._agents, situation.month.index)
