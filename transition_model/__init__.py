"""Chongqing's green transition: Mesa agents coupled to a PySD stock-flow model, month by month.

>>> from transition_model import Scenario, simulate
>>> result = simulate(Scenario.load("plan"), seed=1, households=2_000)  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transition_model.errors import BreachError, InputError
    from transition_model.model import TransitionModel
    from transition_model.runs.batch import Batch, simulate_batch
    from transition_model.runs.simulation import Result, simulate
    from transition_model.scenario import Scenario

__version__ = "0.1.0"
__all__ = [
    "Batch",
    "BreachError",
    "InputError",
    "Result",
    "Scenario",
    "TransitionModel",
    "simulate",
    "simulate_batch",
]

_HOMES = {
    "Batch": "transition_model.runs.batch",
    "BreachError": "transition_model.errors",
    "InputError": "transition_model.errors",
    "Result": "transition_model.runs.simulation",
    "Scenario": "transition_model.scenario",
    "TransitionModel": "transition_model.model",
    "simulate": "transition_model.runs.simulation",
    "simulate_batch": "transition_model.runs.batch",
}


def __getattr__(name: str) -> Any:
    """Load what is asked for when it is asked for: Mesa and PySD take seconds to import."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
