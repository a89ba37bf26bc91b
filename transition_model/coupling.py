"""What crosses every month between the agents' side and a stock-flow engine, as vectors.

The engine is told one vector: exogenous inputs, then the ledger. It is read once, at the month's
end: what is recorded then is what agents find published in the month after.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from transition_model.balances import Seam, load_balances
from transition_model.exogenous import Exogenous, exogenous_of
from transition_model.layout import Layout
from transition_model.ledger import ledger_entries, published_entries
from transition_model.parameters import load_parameters
from transition_model.results import Recorder
from transition_model.stocks import StockFlowEngine

type Array = NDArray[np.float64]

TRANSIT_FLEETS = ("transit_vehicles", "transit_vehicles_by_age")
"""Stocks that operators count themselves, and are compared with."""


@dataclass(frozen=True, slots=True)
class Coupling:
    """Names and places of what crosses.

    Attributes
    ----------
    exogenous
        Inputs that the ledger does not hold.
    inputs, exogenous_layout
        Ids of all inputs in the order of the vector; where the exogenous ones lie in theirs.
    constants
        Ids of the parameters that the stock-flow model has as constants.
    watched
        Stock-flow variables that are read, in the vector that they are read into.
    seam
        The balances over these vectors.
    places_published
        What agents may read of the watched vector: name, place and shape.
    """

    exogenous: Exogenous
    inputs: tuple[str, ...]
    exogenous_layout: Layout
    constants: tuple[str, ...]
    watched: Layout
    seam: Seam
    places_published: tuple[tuple[str, slice, tuple[int, ...]], ...]

    @property
    def watched_names(self) -> tuple[str, ...]:
        """Ids of the variables that are read."""
        return tuple(self.watched.parts)

    def published(self, numbers: Array) -> Mapping[str, Array]:
        """What agents may read, of the vector of watched variables."""
        return {name: numbers[part].reshape(shape) for name, part, shape in self.places_published}

    def transit_fleets(self, numbers: Array) -> Mapping[str, Array]:
        """The fleets that operators count, of the vector of watched variables."""
        return {name: self.watched.view(numbers, name) for name in TRANSIT_FLEETS}


def coupling_with(engine: StockFlowEngine) -> Coupling:
    """The coupling with an engine; engines of one text share it."""
    known = _couplings()
    if engine.source.sha256 not in known:
        known[engine.source.sha256] = _coupling(engine)
    return known[engine.source.sha256]


@cache
def _couplings() -> dict[str, Coupling]:
    """Couplings by hash of the stock-flow model's text."""
    return {}


def _coupling(engine: StockFlowEngine) -> Coupling:
    exogenous, balances = exogenous_of(engine.variables), load_balances()
    watched = _layout(
        engine,
        (
            *published_entries(),
            *TRANSIT_FLEETS,
            *(balance.stock for balance in balances),
            *Recorder().stock_variables,
        ),
    )
    return Coupling(
        exogenous,
        (*exogenous.names, *ledger_entries()),
        _layout(engine, exogenous.names),
        tuple(p.id for p in load_parameters() if not p.is_path and p.id in engine.variables),
        watched,
        Seam.of(balances, watched),
        tuple((name, *watched.parts[name]) for name in published_entries()),
    )


def _layout(engine: StockFlowEngine, names: tuple[str, ...]) -> Layout:
    return Layout.of({name: engine.variables[name].shape for name in dict.fromkeys(names)})
