"""The coupled model with households as objects."""

from __future__ import annotations

from typing import Any

from benchmarks.mesa_objects.population import Population
from benchmarks.mesa_objects.tally import Month
from transition_model.agents.households import Household as Row
from transition_model.agents.households import Households
from transition_model.model import FIRST_MONTH, TransitionModel


class ObjectModel(TransitionModel):
    """As :class:`~transition_model.TransitionModel`, but each household is a Mesa agent."""

    now: Month

    def _build_agents(self, households: int, number: Any) -> None:
        super()._build_agents(households, number)
        shipped, *others = self._sets
        del self._agents_by_type[Row]
        self.population = Population(self, shipped.columns, self.parameters, FIRST_MONTH)
        self._sets = (self.population, *others)

    def _set_of(self, kind: type[Any]) -> Any:
        return self.population if kind is Households else super()._set_of(kind)
