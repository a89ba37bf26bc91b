"""Every rule on both sides of its thresholds and dates: the hand cases in ``cases/*.toml``."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from transition_model.instruments import Instrument, load_instruments
from transition_model.instruments.attributes import Claims
from transition_model.instruments.evaluation import banned, bound, eligible, given
from transition_model.instruments.schema import Condition, Version

FOLDER = Path(__file__).parent / "cases"
CASES: list[dict[str, Any]] = [
    {"file": path.stem, **case}
    for path in sorted(FOLDER.glob("*.toml"))
    for case in tomllib.loads(path.read_text("utf-8"))["case"]
]
RULES = load_instruments()


def claim_of(case: dict[str, Any]) -> Claims:
    load = {name: [value] for name, value in case["claim"].items() if isinstance(value, list)}
    return Claims.of(1, **(case["claim"] | load))


def named(case: dict[str, Any]) -> str:
    return f"{case['instrument']} {case['day']} {case['says']}"


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_rule_gives_what_was_worked_out_by_hand(case: dict[str, Any]) -> None:
    rule, claim, day = RULES[case["instrument"]], claim_of(case), case["day"]
    if "banned" in case:
        assert banned(rule, claim, day).tolist() == [case["banned"]]
    elif "bound" in case:
        found = bound(rule, claim, day)
        assert ("no rule" if found is None else float(found[0])) == case["bound"]
    else:
        assert given(rule, claim, day).tolist() == [case["yuan"]]


def cases_of(rule: Instrument) -> list[dict[str, Any]]:
    return [case for case in CASES if case["instrument"] == rule.id]


@pytest.mark.parametrize("rule", list(RULES.values()), ids=lambda rule: rule.id)
def test_every_version_has_cases_on_and_around_its_first_and_last_day(rule: Instrument) -> None:
    days = {case["day"] for case in cases_of(rule)}
    for version in rule.versions:
        for day in (version.start, version.end):
            assert day in days, f"{version.id}: {day}"
        one = timedelta(days=1)
        assert {version.start - one, version.end + one} <= days, version.id


def met_and_missed(
    version: Version, condition: Condition, cases: list[dict[str, Any]]
) -> set[bool]:
    """Whether cases of the version's days meet a condition, where all its others are met."""
    others = [one for one in version.eligibility if one is not condition]
    alone = version.model_copy(update={"eligibility": others})
    return {
        bool(condition.met(claim_of(case))[0])
        for case in cases
        if eligible(alone, claim_of(case), case["day"]).all()
    }


@pytest.mark.parametrize("rule", list(RULES.values()), ids=lambda rule: rule.id)
def test_every_condition_has_cases_on_both_sides(rule: Instrument) -> None:
    for version in rule.versions:
        if version.state == "active":
            for condition in version.eligibility:
                sides = met_and_missed(version, condition, cases_of(rule))
                assert sides == {True, False}, f"{version.id}: {condition.attribute}"


def test_every_case_is_about_a_known_rule_of_its_file() -> None:
    assert {case["instrument"] for case in CASES} == set(RULES)
    assert all(isinstance(case["day"], date) for case in CASES)
