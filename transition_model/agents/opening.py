"""Populations as of the opening, built once and handed out as copies.

Building a population costs more than a year of its decisions, and runs that differ in policy alone
open with the same one. What has been built serves again as long as the parameters that were *read*
while building it are unchanged.
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Iterator
from functools import cache
from itertools import count
from typing import Any

from transition_model.agents.columns import ColumnarAgentSet
from transition_model.month_terms import Reads, WatchedParameters, parameters_unchanged
from transition_model.parameters import ParameterValues

type AgentSet = ColumnarAgentSet[Any]

_KEPT_ROWS = 100_000
"""Rows of the populations that are kept, over all of them; more would fill the memory."""


def opening_set(
    kind: type[AgentSet],
    model: Any,
    parameters: ParameterValues,
    seed: int,
    first_id: int,
    *size: Any,
) -> AgentSet:
    """A population of a model, built anew or copied from a like one.

    Parameters
    ----------
    kind
        The set; its ``build`` makes it.
    model
        The Mesa model.
    parameters
        Declared values.
    seed
        Seed of the run.
    first_id
        ``unique_id`` of the first row.
    size
        What else ``build`` is told, and hashable.
    """
    memory, key = _memory(), (kind, seed, size)
    for place, (reads, built) in memory.items():
        if place[:-1] == key and parameters_unchanged(reads, parameters):
            memory.move_to_end(place)
            return _settled(_copied(built), model, first_id)
    noted: Reads = {}
    population: AgentSet = kind.build(  # type: ignore[attr-defined]
        None, WatchedParameters(parameters, noted), seed, first_id, *size
    )
    if population.size > _KEPT_ROWS:
        return _settled(population, model, first_id)
    memory[*key, next(_numbers())] = noted, population
    while sum(kept.size for _, kept in memory.values()) > _KEPT_ROWS:
        memory.popitem(last=False)
    return _settled(_copied(population), model, first_id)


def _copied(population: AgentSet) -> AgentSet:
    """A copy, but for what it gets of its model."""
    return copy.deepcopy(population, {id(population.random): population.random})


@cache
def _memory() -> OrderedDict[tuple[Any, ...], tuple[Reads, AgentSet]]:
    """What has been built, the last used at the end, with what was read."""
    return OrderedDict()


@cache
def _numbers() -> Iterator[int]:
    """Numbers that tell populations of one kind, seed and size apart."""
    return count()


def _settled(population: AgentSet, model: Any, first_id: int) -> AgentSet:
    """Make a population the model's own."""
    population.model, population.first_id, population.random = model, first_id, model.random
    return population
