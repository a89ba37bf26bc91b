"""Owners of trucks decide the same in kernels as with numpy."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from transition_model.agents.freight_operators import FreightOperators
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
    {"truck_discount_rate": 0.12, "truck_price_index": 1.05, "truck_daily_range": 0.8},
)
PLAN = Scenario.load("plan")
SCENARIOS = {
    "plan": PLAN,
    "accelerated": Scenario.load("accelerated"),
    "no ban": PLAN.replace({"instrument.diesel_truck_access_ban": "strike@2020-01-01"}),
    "no scrapping money": PLAN.replace({"instrument.old_truck_scrapping": "strike@2020-01-01"}),
    "no hydrogen money": PLAN.replace(
        {"instrument.hydrogen_operating_subsidy": "strike@2020-01-01"}
    ),
}
MONTHS = ("2020-02", "2021-01", "2022-07", "2024-08", "2025-03", "2025-10", "2026-05", "2027-01")
NOTHING = np.zeros(shape(("subsidy_programme",)))

type Kernels = Literal["compiled", "numpy"]


def random_owners(seed: int, scale: float, parameters: ParameterValues) -> FreightOperators:
    """Owners with fleets and distances drawn anew; some have no trucks, some have bought none."""
    owners, draws = FreightOperators.build(None, parameters, 1, 1), np.random.default_rng(seed)
    trucks = owners.columns["trucks"]
    trucks[:] = scale * draws.uniform(0.0, 500.0, trucks.shape)
    trucks[::7] = 0.0
    owners.columns["bought"][:] = 0.5 * trucks[:, 0]
    owners.columns["bought"][3:9] = 0.0
    owners.columns["operating"][:] = draws.uniform(size=owners.size) < 0.6
    owners.columns["daily_distance"][:] = draws.uniform(10.0, 900.0, owners.size)
    return owners


def decided(
    kernels: Kernels,
    scenario: Scenario,
    month: str,
    scale: float = 1.0,
    parameters: ParameterValues = VALUES,
    stations: float = 12.0,
    used: float = 3e4,
) -> tuple[FreightOperators, Ledger]:
    """Owners and ledger after two months in a row, the second of them under what is left."""
    owners = random_owners(5, scale, parameters)
    now, ledger = Month.parse(month), Ledger(month)
    stocks = {
        "trucks": np.stack([0.5 * owners._by_class(owners.bought)] * shape(("truck_age",))[0]),
        "public_charging_points_per_new_energy_car": np.array(0.08),
        "hydrogen_stations": np.array(stations),
        "truck_hydrogen_use_per_month": np.array(used),
    }
    for _ in range(2):
        ledger = Ledger(month)
        owners.decide(
            Situation(
                month=now,
                seed=1,
                parameters=parameters,
                levers=scenario.lever_values(now),
                stocks=stocks,
                spent_this_year=NOTHING,
                ledger=ledger,
                law=scenario.law,
                kernels=kernels,
            )
        )
    return owners, ledger


def assert_the_same(
    one: tuple[FreightOperators, Ledger], other: tuple[FreightOperators, Ledger]
) -> None:
    for name, column in one[0].columns.items():
        np.testing.assert_allclose(other[0].columns[name], column, rtol=1e-10, err_msg=name)
    for name in (
        "truck_scrappage_per_month",
        "truck_purchases_per_month",
        "subsidy_spending_per_month",
    ):
        np.testing.assert_allclose(other[1][name], one[1][name], rtol=1e-10, err_msg=name)
    paid, paid_in_kernel = one[0].pots.paid, other[0].pots.paid
    rule = "non_operating_truck_scrapping"
    np.testing.assert_allclose(paid_in_kernel[rule], paid[rule], rtol=1e-10)


@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_kernel_decides_as_numpy_does(name: str, month: str) -> None:
    scenario = SCENARIOS[name]
    assert_the_same(decided("numpy", scenario, month), decided("compiled", scenario, month))


@pytest.mark.parametrize("month", ["2025-10", "2025-11"])
def test_a_pot_that_runs_dry_runs_dry_in_both(month: str) -> None:
    by_numpy, by_kernel = (decided(kernels, PLAN, month, 50.0) for kernels in ("numpy", "compiled"))
    assert_the_same(by_numpy, by_kernel)
    rule = PLAN.law["non_operating_truck_scrapping"]
    left = by_numpy[0].pots.left(rule, Month.parse(month))
    # What is left, if anything, is less than the amount of one truck.
    assert left < 1e-3 * by_numpy[0].pots.of(rule).sum()


@pytest.mark.parametrize(("stations", "used"), [(0.0, 0.0), (0.0, 1e4), (30.0, 0.0), (1.0, 1e7)])
def test_both_find_the_same_hydrogen(stations: float, used: float) -> None:
    assert_the_same(
        *(
            decided(kernels, PLAN, "2024-11", stations=stations, used=used)
            for kernels in ("numpy", "compiled")
        )
    )


def test_both_follow_the_parameters_of_the_run() -> None:
    by_numpy, by_kernel = (
        decided(kernels, PLAN, "2025-06", parameters=OTHER_VALUES)
        for kernels in ("numpy", "compiled")
    )
    assert_the_same(by_numpy, by_kernel)
    usual = decided("compiled", PLAN, "2025-06")[1]["truck_purchases_per_month"]
    assert not np.allclose(by_kernel[1]["truck_purchases_per_month"], usual, rtol=1e-3)


def test_a_coupled_run_is_the_same() -> None:
    by_numpy, by_kernel = (
        TransitionModel(PLAN, rng=3, households=200, kernels=kernels)
        for kernels in ("numpy", "compiled")
    )
    for _ in range(14):
        by_numpy.step()
        by_kernel.step()
    for name in ("truck_scrappage_per_month", "truck_purchases_per_month"):
        np.testing.assert_allclose(by_kernel.flows[name], by_numpy.flows[name], rtol=1e-9)
    one, other = (model._set_of(FreightOperators) for model in (by_numpy, by_kernel))
    for name, column in one.columns.items():
        np.testing.assert_allclose(other.columns[name], column, rtol=1e-9, err_msg=name)
