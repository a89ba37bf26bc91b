"""Scenarios: what is changed against the plan as written, from which month on."""

from transition_model.levers import PLAN_START
from transition_model.scenario.changes import (
    LeverChange,
    MeasureSwitch,
    ParameterOverride,
    StructureChoice,
    switchable_measures,
)
from transition_model.scenario.files import builtin_scenarios
from transition_model.scenario.scenario import LONGEST_NAME, Scenario

__all__ = [
    "LONGEST_NAME",
    "PLAN_START",
    "LeverChange",
    "MeasureSwitch",
    "ParameterOverride",
    "Scenario",
    "StructureChoice",
    "builtin_scenarios",
    "switchable_measures",
]
