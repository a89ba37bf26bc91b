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


def _year(result, name: str, year: int) -> float:
    place = 12 * (year - 2020)
    return float(np.asarray(result.all_series[name])[place : place + 12].sum())


# Thermal power of the statistics has waste and biomass in it: TWh, National Bureau of Statistics.
THERMAL = {2020: 53.5, 2021: 67.4, 2022: 75.2, 2023: 84.3, 2024: 92.5}
HYDRO = {2020: 22.29, 2021: 23.23, 2022: 17.18, 2023: 16.84, 2024: 17.31}


@pytest.mark.parametrize("year", THERMAL)
def test_thermal_and_hydropower_are_near_the_record(plan, year: int) -> None:
    thermal = _year(plan, "thermal_generation_per_month", year) / 1e3
    biomass = _year(plan, "biomass_generation_per_month", year) / 1e3
    hydro = _year(plan, "hydro_generation_per_month", year) / 1e3
    assert thermal + biomass == pytest.approx(THERMAL[year], rel=0.07)
    assert hydro == pytest.approx(HYDRO[year], rel=0.04)


@pytest.mark.parametrize(("year", "announced"), [(2021, 474.3), (2022, 522.7)])
def test_the_mix_gives_the_announced_carbon_dioxide_of_electricity(
    plan, year: int, announced: float
) -> None:
    factor = _year(plan, "carbon_dioxide_of_electricity", year) / 12.0
    assert factor == pytest.approx(announced, rel=0.06)


@pytest.mark.parametrize(
    ("month", "thermal"), [("2020-12", 15.32), ("2022-12", 16.45), ("2024-12", 17.94)]
)
def test_coal_and_gas_plants_leave_room_for_waste_and_biomass(
    plan, month: str, thermal: float
) -> None:
    capacity = sum(plan.series(f"plant_capacity.{kind}")[month] for kind in ("coal", "gas"))
    assert 0.96 * thermal < capacity + 0.4 < 1.05 * thermal


def test_no_electricity_is_missing_under_the_plan(plan) -> None:
    assert not np.asarray(plan.all_series["power_shortfall_per_month"]).any()


POWER = [
    "electricity_supplied_per_month",
    "local_non_fossil_generation_per_month",
    "power_imports_per_month",
    "gas_generation_per_month",
    "coal_generation_per_month",
    "power_shortfall_per_month",
    "carbon_dioxide_of_electricity",
    "electricity_use_per_month",
    "carbon_dioxide_per_month",
]


def _power(model: CompiledModel, **changes):
    use = {"industrial_electricity_per_month": np.full(10, 600.0)}
    ran = model.run({**use, **changes}, 1, horizon=24, record=POWER, every=1)
    return {name: ran[name][0] for name in POWER}


def test_electricity_is_supplied_by_one_source_or_missing(model: CompiledModel) -> None:
    for plants in (1.0, 0.0, 1e3):
        ran = _power(model, initial_plant_capacity=np.array([14.0, 1.0, 7.7, 0.0]) * plants)
        sources = sum(ran[name] for name in POWER[1:6])
        # Water and wind that nobody uses are spilled.
        spilled = ran[POWER[1]] > ran[POWER[0]]
        np.testing.assert_allclose(sources[~spilled], ran[POWER[0]][~spilled], rtol=1e-9)
        assert np.any(spilled) == (plants > 1.0)


def test_without_plants_and_lines_power_is_missing_and_no_factor_is_infinite(
    model: CompiledModel,
) -> None:
    ran = _power(
        model,
        initial_plant_capacity=np.zeros(4),
        initial_plant_capacity_under_construction=np.zeros(4),
        plant_starts=np.zeros(4),
        import_hours=0.0,
    )
    assert np.all(ran["power_shortfall_per_month"] > 0.0)
    assert np.all(np.isfinite(ran["carbon_dioxide_of_electricity"]))


def test_clean_imports_clean_the_electricity_that_the_city_uses(model: CompiledModel) -> None:
    lines = np.zeros(27)
    lines[6] = 10.0
    runs = [
        _power(model, initial_programmes_delivered=lines, non_fossil_share_of_imports=share)
        for share in (0.0, 0.5, 1.0)
    ]
    factors = [run["carbon_dioxide_of_electricity"][-1] for run in runs]
    assert factors[0] > factors[1] > factors[2] > 0.0
    totals = [run["carbon_dioxide_per_month"][-1] for run in runs]
    assert totals[0] > totals[1] > totals[2]


def test_a_year_without_water_burns_more_coal(model: CompiledModel) -> None:
    hours = np.array([6500.0, 2500.0, 2880.0, 900.0])
    dry = hours * np.array([1.0, 1.0, 0.5, 1.0])
    wet, short = (_power(model, plant_hours=one) for one in (hours, dry))
    assert short["coal_generation_per_month"][-1] > wet["coal_generation_per_month"][-1]
    assert short["carbon_dioxide_of_electricity"][-1] > wet["carbon_dioxide_of_electricity"][-1]


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
            model.run({"green_loan_discount": d}, 1, horizon=24, record=["green_loans"], every=1)[
                "green_loans"
            ][0, -1]
        )
        for d in (0.0, 0.01)
    ]
    assert loans[0] < loans[1]


def test_parks_do_not_outnumber_those_that_there_are(model: CompiledModel) -> None:
    ran = model.run(
        {"park_certification_rate": 0.3}, 1, horizon=240, record=["green_parks"], every=1
    )
    assert ran["green_parks"][0, -1] <= 50.0
