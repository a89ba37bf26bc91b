"""One rule alone: with and without it nothing else differs."""

from __future__ import annotations

from datetime import date

import pytest

from transition_model.analysis.rules import rule_alone
from transition_model.calendar import Month
from transition_model.errors import InputError
from transition_model.instruments import load_instruments
from transition_model.levers import load_levers
from transition_model.scenario import Scenario

RULES = load_instruments()
DAYS = tuple(date(year, month, 15) for year in (2025, 2026, 2027) for month in (1, 6, 12))


def in_force(scenario: Scenario, identifier: str) -> list[list[str]]:
    """Names of the versions in force on some days of the plan."""
    rule = scenario.law[identifier]
    return [[v.id for _, v in rule.in_force(day) if v.state != "closed"] for day in DAYS]


@pytest.mark.parametrize("identifier", list(RULES))
def test_the_two_scenarios_differ_by_the_rule_alone(identifier: str) -> None:
    alone = rule_alone(identifier)
    assert in_force(alone.without, identifier) == [[] for _ in DAYS]
    rule = RULES[identifier]
    stated = [[v.id for _, v in rule.in_force(day) if v.state != "closed"] for day in DAYS]
    assert in_force(alone.under, identifier) == stated
    for other in RULES:
        if other != identifier:
            assert in_force(alone.under, other) == in_force(alone.without, other)
            if RULES[other].when_off == "ends":
                assert in_force(alone.under, other) == [[] for _ in DAYS], other
    month = Month.parse("2026-06")
    under, without = (s.lever_values(month) for s in (alone.under, alone.without))
    for lever in load_levers().values():
        if lever.law is None or lever.law.instrument != identifier:
            assert under[lever.id] == without[lever.id]


def test_before_the_plan_the_law_is_the_same_with_and_without() -> None:
    alone = rule_alone("car_scrappage_renewal")
    day = date(2024, 12, 31)
    rules = [s.law["car_scrappage_renewal"] for s in (alone.under, alone.without)]
    assert [[v.id for _, v in rule.in_force(day)] for rule in rules] == [["2024_raised"]] * 2


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(InputError, match="car_scrapping"):
        rule_alone("car_scrapping")
