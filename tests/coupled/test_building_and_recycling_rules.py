"""Rules of buildings and recycling in a whole run: struck, they move what they are about alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from transition_model import Result, Scenario, simulate

RunOf = Callable[..., Result]
HOUSEHOLDS = 1_000
BUILDINGS = ("rooftop_solar_duty", "public_building_retrofit", "green_building_award")
RECYCLING = ("electronic_waste_special_fund", "recycling_tax_refund", "reverse_invoicing")


@cache
def without(rules: tuple[str, ...]) -> Result:
    scenario = Scenario.load("plan")
    for rule in rules:
        scenario = scenario.with_setting(f"instrument.{rule}=strike@2021-01-01")
    return simulate(scenario, seed=1, households=HOUSEHOLDS)


def last(result: Result, series: str) -> float:
    return float(result.series(series).iloc[-1])


@pytest.mark.parametrize(
    ("rules", "series"),
    [
        (BUILDINGS, "renewable_capacity"),
        (BUILDINGS, "floor_area.high_star"),
        (RECYCLING, "formal_share.appliances"),
        (RECYCLING, "formal_share.vehicle"),
        (RECYCLING, "recycled_resources"),
    ],
)
def test_a_struck_rule_lowers_what_it_is_about(
    run_of: RunOf, rules: tuple[str, ...], series: str
) -> None:
    assert last(without(rules), series) < last(run_of("plan"), series)


@pytest.mark.parametrize(
    ("rules", "series"),
    [
        (BUILDINGS, "formal_share.vehicle"),
        (BUILDINGS, "prefabricated_share"),
        (RECYCLING, "floor_area.high_star"),
        (RECYCLING, "green_building_share"),
    ],
)
def test_a_struck_rule_leaves_the_rest_alone(
    run_of: RunOf, rules: tuple[str, ...], series: str
) -> None:
    assert last(without(rules), series) == pytest.approx(last(run_of("plan"), series), rel=1e-9)
