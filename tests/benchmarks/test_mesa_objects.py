"""Households as Mesa objects decide as columns do, so that timing compares like with like."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import mesa
import numpy as np
import pytest
from numpy.testing import assert_allclose

from benchmarks.mesa_objects.household import Household
from benchmarks.mesa_objects.model import ObjectModel
from transition_model import InputError, Scenario, TransitionModel
from transition_model.agents.households import Household as Row
from transition_model.ledger import ledger_entries

type Flows = list[dict[str, Any]]

CLOSE = 1e-8
"""Sums of the same numbers in another order, over months of feedback."""

KEY = (
    "private_car_purchases_per_month",
    "private_car_scrappage_per_month",
    "appliance_purchases_per_month",
    "subsidy_spending_per_month",
    "household_capture_share",
    "residential_electricity_factor",
    "residential_gas_factor",
    "residential_water_factor",
    "green_trip_share",
    "private_car_distance_factor",
)

SCENARIOS: dict[str, Callable[[], Scenario]] = {
    "plan": lambda: Scenario.load("plan"),
    "no tiered tariffs": lambda: Scenario.load("plan").with_settings(
        [
            f"instrument.residential_tiered_{g}=end@2020-02-29"
            for g in ("electricity", "gas", "water")
        ]
    ),
}


@cache
def both(scenario: str, households: int, months: int) -> tuple[Flows, Flows, Any, Any]:
    """Ledgers of every month under columns and under objects, and the models."""
    chosen = SCENARIOS[scenario]()
    models = (
        TransitionModel(chosen, households=households, precision="double"),
        ObjectModel(chosen, households=households, precision="double"),
    )
    flows: tuple[Flows, Flows] = ([], [])
    for _ in range(months):
        for model, ledgers in zip(models, flows, strict=True):
            model.step()
            ledgers.append({name: np.array(value) for name, value in model.flows.items()})
    return *flows, *models


@pytest.mark.parametrize("name", KEY)
def test_objects_hand_over_what_columns_do(name: str) -> None:
    columns, objects, *_ = both("plan", 300, 14)
    for one, other in zip(columns, objects, strict=True):
        assert_allclose(other[name], one[name], rtol=CLOSE, atol=1e-9)
    assert np.any(columns[-1][name] > 0.0)


@pytest.mark.parametrize(("households", "months"), [(100, 96)])
def test_they_do_over_the_whole_run_with_all_its_rules_budgets_and_pauses(
    households: int, months: int
) -> None:
    columns, objects, *_ = both("plan", households, months)
    for one, other in zip(columns, objects, strict=True):
        for name in ledger_entries():
            assert_allclose(other[name], one[name], rtol=CLOSE, atol=1e-9, err_msg=name)
    paid = sum(month["subsidy_spending_per_month"] for month in columns)
    assert np.count_nonzero(paid) > 10


def test_they_do_where_no_tiered_tariff_holds() -> None:
    columns, objects, *_ = both("no tiered tariffs", 100, 6)
    for one, other in zip(columns, objects, strict=True):
        for name in KEY:
            assert_allclose(other[name], one[name], rtol=CLOSE, atol=1e-9, err_msg=name)
    factors = [float(month["residential_gas_factor"]) for month in columns]
    assert factors[3] != pytest.approx(factors[1], rel=1e-6)


@pytest.mark.parametrize(
    "name", ["car", "registered", "readiness", "familiarity", "sorting_habit", "subsidy_received"]
)
def test_each_household_remembers_what_its_row_does(name: str) -> None:
    *_, columns, objects = both("plan", 100, 96)
    rows = np.asarray(columns.agents_by_type[Row].get(name))
    remembered = np.array(objects.agents_by_type[Household].get(name))
    assert_allclose(remembered, rows, rtol=1e-7, atol=1e-9)


def test_households_are_ordinary_agents_of_an_ordinary_set() -> None:
    *_, model = both("plan", 100, 96)
    households = model.agents_by_type[Household]
    assert type(households).__module__ == "mesa.agentset"
    assert len(households) == 100
    assert all(isinstance(agent, mesa.Agent) for agent in households)
    assert Row not in model.agents_by_type


def test_a_rival_that_objects_do_not_know_is_refused() -> None:
    chosen = Scenario.load("plan").with_settings(["structure.car_choice=bass"])
    model = ObjectModel(chosen, households=100, precision="double")
    with pytest.raises(InputError, match="car_choice: read 'bass'"):
        model.step()
