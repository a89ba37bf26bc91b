"""Builders decide the same in kernels as with numpy."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from transition_model.agents.builders import Builders
from transition_model.agents.situation import Situation
from transition_model.calendar import Month
from transition_model.dimensions import shape
from transition_model.ledger import Ledger
from transition_model.model import TransitionModel
from transition_model.parameters import ParameterValues, load_parameters
from transition_model.scenario import Scenario

VALUES = ParameterValues(load_parameters(), {})
OTHER_VALUES = ParameterValues(
    load_parameters(),
    {"retrofit_cost": 0.8, "builder_floor_starts": 1.1, "award_project_floor": 20_000.0},
)
PLAN = Scenario.load("plan")
SCENARIOS = {
    "plan": PLAN,
    "accelerated": Scenario.load("accelerated"),
    "no plan": Scenario.load("none"),
    "no awards": PLAN.replace(
        {
            "instrument.green_building_award": "strike@2020-01-01",
            "instrument.low_energy_building_award": "strike@2020-01-01",
        }
    ),
    "no retrofit money": PLAN.replace(
        {
            "instrument.public_building_retrofit": "strike@2020-01-01",
            "instrument.old_housing_renovation": "strike@2020-01-01",
        }
    ),
    "no components and no roofs": PLAN.replace(
        {
            "instrument.prefabricated_component_subsidy": "strike@2020-01-01",
            "instrument.rooftop_solar_duty": "strike@2020-01-01",
        }
    ),
    "dear loans": PLAN.replace({"lever.green_loan_interest_discount": 0.02}),
}
MONTHS = ("2020-01", "2021-06", "2023-01", "2024-09", "2025-07", "2026-12", "2027-05")
FLOWS = (
    "building_starts_per_month",
    "green_material_starts_per_month",
    "roof_solar_starts_per_month",
    "building_retrofits_per_month",
    "construction_waste_delivery_share",
    "subsidy_spending_per_month",
    "public_revenue_per_month",
)
NOTHING = np.zeros(shape(("subsidy_programme",)))

type Kernels = Literal["compiled", "numpy"]


def random_builders(parameters: ParameterValues) -> Builders:
    """Builders with habits, experience, plans and loans drawn anew."""
    builders, draws = Builders.build(None, parameters, 1), np.random.default_rng(7)
    for name, column in builders.columns.items():
        if name.endswith("_habit") or name == "delivery_share":
            column[:] = draws.uniform(0.0, 1.0, column.shape)
        elif name.endswith("_experience"):
            column[:] = column * draws.uniform(1.0, 30.0, column.shape)
        elif name in ("solar_pipeline", "interest_discount"):
            column[:] = draws.uniform(0.0, 1e4, column.shape)
    return builders


def decided(
    kernels: Kernels,
    scenario: Scenario,
    month: str,
    parameters: ParameterValues = VALUES,
    dumped: float = 1.2e6,
) -> tuple[Builders, Ledger]:
    """Builders after two months in a row, and the ledger of the second."""
    builders, now, ledger = random_builders(parameters), Month.parse(month), Ledger(month)
    for _ in range(2):
        ledger = Ledger(month)
        builders.decide(
            Situation(
                month=now,
                seed=1,
                parameters=parameters,
                levers=scenario.lever_values(now),
                stocks={"construction_waste_dumped_per_month": np.array(dumped)},
                spent_this_year=NOTHING,
                ledger=ledger,
                law=scenario.law,
                kernels=kernels,
            )
        )
    return builders, ledger


def assert_the_same(one: tuple[Builders, Ledger], other: tuple[Builders, Ledger]) -> None:
    for name, column in one[0].columns.items():
        np.testing.assert_allclose(other[0].columns[name], column, rtol=1e-10, err_msg=name)
    for name in FLOWS:
        np.testing.assert_allclose(other[1][name], one[1][name], rtol=1e-10, err_msg=name)


@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_kernel_decides_as_numpy_does(name: str, month: str) -> None:
    scenario = SCENARIOS[name]
    assert_the_same(decided("numpy", scenario, month), decided("compiled", scenario, month))


def test_nothing_dumped_brings_no_fee_in_either() -> None:
    by_numpy, by_kernel = (
        decided(kernels, PLAN, "2025-07", dumped=-1.0) for kernels in ("numpy", "compiled")
    )
    assert_the_same(by_numpy, by_kernel)
    assert by_kernel[1]["public_revenue_per_month"].sum() == 0.0


def test_both_follow_the_parameters_of_the_run() -> None:
    by_numpy, by_kernel = (
        decided(kernels, PLAN, "2025-06", OTHER_VALUES) for kernels in ("numpy", "compiled")
    )
    assert_the_same(by_numpy, by_kernel)
    usual = decided("compiled", PLAN, "2025-06")[1]["building_starts_per_month"].sum()
    assert by_kernel[1]["building_starts_per_month"].sum() == pytest.approx(1.1 * usual)


def test_a_coupled_run_is_the_same() -> None:
    by_numpy, by_kernel = (
        TransitionModel(PLAN, rng=3, households=200, kernels=kernels)
        for kernels in ("numpy", "compiled")
    )
    for _ in range(14):
        by_numpy.step()
        by_kernel.step()
    for name in FLOWS[:5]:
        np.testing.assert_allclose(by_kernel.flows[name], by_numpy.flows[name], rtol=1e-9)
    one, other = (model._set_of(Builders) for model in (by_numpy, by_kernel))
    for name, column in one.columns.items():
        np.testing.assert_allclose(other.columns[name], column, rtol=1e-9, err_msg=name)
