"""Units of every equation agree, or the check says where they don't."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from transition_model.stocks import ModelSource
from transition_model.stocks.dimensional_check import check_units

KNOWN = """
class: a, b ~~|
mass = 3 ~ t ~ c |
months per year = 12 ~ Month/Year ~ c |
flow = 2 ~ t/Month ~ c |
masses[class] = 1, 2 ~ t ~ c |
lifetime = 5 ~ Month ~ c |
share = 0.5 ~ share ~ c |
curve((0,0),(1,1)) ~ t ~ c |
"""


@pytest.mark.parametrize("name", ["teacup", "sir", "logistic", "aging_chain"])
def test_the_small_models_pass(source: Callable[[str], ModelSource], name: str) -> None:
    assert check_units(source(name)) == ()


@pytest.mark.parametrize(
    "equation",
    [
        "x = mass + 0 ~ t ~ c |",
        "x = 0 ~ t ~ c |",
        "x = 7 ~ kWh ~ c |",
        "x = flow * months per year ~ t/Year ~ c |",
        "x = flow * lifetime + mass ~ t ~ c |",
        "x = MAX(mass, 0) ~ t ~ c |",
        "x = share * mass ~ t ~ c |",
        "x = IF THEN ELSE(Time > lifetime, mass, 0) ~ t ~ c |",
        "x = ZIDZ(mass, flow) ~ Month ~ c |",
        "x = XIDZ(mass, flow, lifetime) ~ Month ~ c |",
        "x = SQRT(mass * mass) ~ t ~ c |",
        "x = mass ^ 2 / mass ~ t ~ c |",
        "x = EXP(-Time / lifetime) ~ Dmnl ~ c |",
        "x = SUM(masses[class!]) ~ t ~ c |",
        "x = PROD(masses[class!]) ~ t**2 ~ c |",
        "x = INTEG(flow, mass) ~ t ~ c |",
        "x = DELAY3(flow, lifetime) ~ t/Month ~ c |",
        "x = SMOOTHI(mass, lifetime, 0) ~ t ~ c |",
        "x = INITIAL(mass) ~ t ~ c |",
        "x = STEP(mass, lifetime) ~ t ~ c |",
        "x = RAMP(flow, lifetime, 2 * lifetime) ~ t ~ c |",
        "x = PULSE(lifetime, TIME STEP) ~ Dmnl ~ c |",
        "x = curve(share) ~ t ~ c |",
        "x = WITH LOOKUP(share, ((0,0),(1,1))) ~ kWh ~ c |",
    ],
)
def test_units_that_agree_pass(written: Callable[[str], ModelSource], equation: str) -> None:
    assert check_units(written(KNOWN + equation)) == ()


@pytest.mark.parametrize(
    ("equation", "left", "right"),
    [
        ("x = mass ~ vehicle ~ c |", "vehicle", "metric_ton"),
        ("x = mass ~ kg ~ c |", "kilogram", "metric_ton"),
        ("x = flow * 12 ~ t/Year ~ c |", "metric_ton / year", "metric_ton / month"),
        ("x = mass + flow ~ t ~ c |", "metric_ton", "metric_ton / month"),
        ("x = mass + 1 ~ t ~ c |", "metric_ton", "dimensionless"),
        ("x = MIN(mass, lifetime) ~ t ~ c |", "metric_ton", "month"),
        ("x = share * 100 ~ percent ~ c |", "percent", "share"),
        ("x = EXP(lifetime) ~ Dmnl ~ c |", "dimensionless", "month"),
        ("x = XIDZ(mass, flow, mass) ~ Month ~ c |", "month", "metric_ton"),
        ("x = IF THEN ELSE(mass > flow, 1, 2) ~ Dmnl ~ c |", "metric_ton", "metric_ton / month"),
        ("x = IF THEN ELSE(Time > lifetime, mass, flow) ~ t ~ c |", "metric_ton", "/ month"),
        ("x = 2 ^ lifetime ~ Dmnl ~ c |", "dimensionless", "month"),
        ("x = mass ^ share ~ Dmnl ~ c |", "dimensionless", "metric_ton"),
        ("x = STEP(mass, 3) ~ t ~ c |", "month", "dimensionless"),
        ("x = SUM(masses[class!]) ~ Dmnl ~ c |", "dimensionless", "metric_ton"),
        ("x = INTEG(mass, 0) ~ t ~ c |", "metric_ton / month", "metric_ton"),
        ("x = INTEG(flow, flow) ~ t ~ c |", "metric_ton", "metric_ton / month"),
        ("x = DELAY1(flow, mass) ~ t/Month ~ c |", "", ""),
        ("x = SMOOTH(mass, flow) ~ t ~ c |", "", ""),
        ("x = curve(share) ~ kg ~ c |", "kilogram", "metric_ton"),
    ],
)
def test_units_that_do_not_agree_are_found(
    written: Callable[[str], ModelSource], equation: str, left: str, right: str
) -> None:
    findings = check_units(written(KNOWN + equation))
    assert findings
    assert findings[0].variable == "x"
    assert findings[0].line == 11
    assert left in findings[0].left
    assert right in findings[0].right
    assert "x" in str(findings[0])


def test_an_equation_over_many_elements_is_found_once(
    written: Callable[[str], ModelSource],
) -> None:
    findings = check_units(written(KNOWN + "x[class] = masses[class] * mass ~ t ~ c |"))
    assert len(findings) == 1
