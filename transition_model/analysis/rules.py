"""One rule of the law alone: two scenarios that differ in nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from transition_model.errors import InputError
from transition_model.instruments import Instrument, load_instruments
from transition_model.levers import PLAN_START
from transition_model.scenario import Scenario

STRUCK = f"strike@{PLAN_START}-01"
"""How a scenario is told that a rule is gone from the plan's beginning."""


@dataclass(frozen=True, slots=True)
class RuleAlone:
    """A rule in force, and the same without it.

    Attributes
    ----------
    under, without
        Scenarios that differ by the rule from the plan's beginning on.
    """

    under: Scenario
    without: Scenario


def rule_alone(identifier: str) -> RuleAlone:
    """The scenarios that show what one rule brings from the plan's beginning on.

    A rule that was law before the plan is taken away from ``none``. A rule that ends with its
    measure is the only one of it that is in force, beside ``none`` for all other measures; the
    levers of the measure have the plan's values on both sides.

    Raises
    ------
    InputError
        If there is no such rule.
    """
    rules = load_instruments()
    if identifier not in rules:
        raise InputError("instrument", identifier, ", ".join(rules))
    rule, none = rules[identifier], Scenario.load("none")
    if rule.when_off == "stays":
        return RuleAlone(none, _struck(none, rule))
    measure = none.replace({f"measure.{rule.measure}": "on"})
    others = [
        other
        for other in rules.values()
        if other.measure == rule.measure and other.when_off == "ends" and other.id != identifier
    ]
    under = _struck(measure, *others)
    return RuleAlone(under, _struck(under, rule))


def _struck(scenario: Scenario, *rules: Instrument) -> Scenario:
    return scenario.replace({f"instrument.{rule.id}": STRUCK for rule in rules})
