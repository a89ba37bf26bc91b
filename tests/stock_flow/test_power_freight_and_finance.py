"""Power mix, freight, travel, parks, emerging industry and green loans."""

import numpy as np
import pytest

from transition_model import simulate
from transition_model.results import load_definitions
from transition_model.stocks import CompiledModel, load_source


@pytest.fixture(scope="module")
def model() -> CompiledModel:
    return CompiledModel(load_source())


@pytest.fixture(scope="module")
def plan():
    return simulate(households=300)


def test_generation_and_imports_meet_the_use_of_electricity(plan) -> None:
    result = plan.all_series
    local = result["thermal_generation_per_month"] + result["power_imports_per_month"]
    assert np.all(local <= result["electricity_use_per_month"] + 1e-6)
    non_fossil_local = result["electricity_use_per_month"] - local
    assert np.all(non_fossil_local > 0.0)


@pytest.mark.parametrize(
    ("series", "month", "observed", "tolerance"),
    [
        ("renewable_capacity", "2020-12", 1.64, 0.15),
        ("renewable_capacity", "2021-12", 2.28, 0.15),
        ("renewable_capacity", "2022-12", 2.51, 0.15),
        ("renewable_capacity", "2023-12", 3.67, 0.15),
        ("renewable_capacity", "2024-12", 5.51, 0.15),
        ("non_fossil_energy_share", "2020-12", 0.208, 0.05),
        ("strategic_emerging_share", "2021-12", 0.289, 0.02),
        ("strategic_emerging_share", "2023-12", 0.322, 0.02),
        ("green_parks", "2021-12", 15.0, 0.15),
        ("green_parks", "2023-12", 28.0, 0.1),
        ("green_loans", "2022-12", 520.0, 0.05),
        ("green_loans", "2024-12", 850.0, 0.08),
        ("land_sea_corridor_freight", "2024-12", 25.2, 0.1),
        ("high_tech_firms", "2024-12", 9.12, 0.05),
        ("technology_firms", "2024-12", 75.6, 0.05),
        ("technology_contracts", "2024-12", 97.4, 0.05),
        ("rd_intensity", "2023-12", 2.45, 0.05),
        ("forest_cover", "2023-12", 55.06, 0.01),
    ],
)
def test_a_level_is_near_the_record(plan, series, month, observed, tolerance) -> None:
    assert float(plan.series(series)[month]) == pytest.approx(observed, rel=tolerance)


def test_every_target_has_a_number_from_a_mechanism(plan) -> None:
    assert [row.id for row in plan.scoreboard if row.value is None] == []
    assert {row.mechanism for row in plan.scoreboard} == {"behavioural", "programme"}
    assert all(load_definitions()[row.id].rests_on for row in plan.scoreboard)


def test_freight_moved_off_the_road_arrives_on_rail_and_water(model: CompiledModel) -> None:
    still = {"freight_growth": np.zeros(3)}
    ran = model.run(
        {**still, "corridor_effort": 1.0}, 1, horizon=60, record=["freight", "all_freight"], every=1
    )
    assert np.allclose(ran["all_freight"], ran["all_freight"][:, :1], rtol=1e-12)
    road, rail, water = ran["freight"][0, -1] - ran["freight"][0, 0]
    assert road < 0.0 < min(rail, water)


def test_a_discount_on_interest_makes_green_loans_grow(model: CompiledModel) -> None:
    loans = [
        float(
            model.run(
                {"green_loan_interest_discount": d}, 1, horizon=24, record=["green_loans"], every=1
            )["green_loans"][0, -1]
        )
        for d in (0.0, 0.01)
    ]
    assert loans[0] < loans[1]


def test_parks_do_not_outnumber_those_that_there_are(model: CompiledModel) -> None:
    ran = model.run(
        {"park_certification_rate": 0.3}, 1, horizon=240, record=["green_parks"], every=1
    )
    assert ran["green_parks"][0, -1] <= 50.0
