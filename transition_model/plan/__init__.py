"""The government plan as data, and the check of its official text against that data."""

from transition_model.plan.catalogue import (
    Action,
    Measure,
    Plan,
    Source,
    Target,
    UnquantifiedTarget,
    load_plan,
    read_plan,
)
from transition_model.plan.text_check import TermCheck, check_figures, check_plan_text

__all__ = [
    "Action",
    "Measure",
    "Plan",
    "Source",
    "Target",
    "TermCheck",
    "UnquantifiedTarget",
    "check_figures",
    "check_plan_text",
    "load_plan",
    "read_plan",
]
