"""Operators of public-service fleets decide the same in the compiled kernel and in numpy."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.testing import assert_allclose

from transition_model.agents.situation import Situation
from transition_model.agents.transit_fleets_of_2019 import electric
from transition_model.agents.transit_operators import TransitOperator, TransitOperators
from transition_model.calendar import Month
from transition_model.dimensions import dimension, shape
from transition_model.ledger import Ledger
from transition_model.levers import load_levers
from transition_model.model import TransitionModel
from transition_model.parameters import ParameterValues, load_parameters
from transition_model.scenario import Scenario

PARAMETERS = ParameterValues(load_parameters(), {})
FLEET_RENEWAL = dimension("subsidy_programme").index("fleet_renewal")
RULES = (
    "bus_renewal",
    "bus_battery_replacement",
    "bus_operation_reward",
    "taxi_and_logistics_renewal",
    "taxi_maker_reward",
    "public_fleet_new_energy_share",
)
FORMS_OF_THE_LAW = {
    "published": (),
    "struck": tuple(f"instrument.{rule}=strike@2020-01-01" for rule in RULES),
    "cut short": (
        "instrument.taxi_and_logistics_renewal=end@2026-05-09",
        "instrument.bus_renewal=suspend@2024-08-04/2025-10-09",
    ),
}
MONTHS = (
    "2020-01", "2020-07", "2020-09", "2022-06", "2023-12", "2024-07", "2025-01", "2025-03",
    "2026-05", "2026-12", "2027-12",
)  # fmt: skip


def random_operators(seed: int, month: Month) -> TransitOperators:
    """Fleets of all ages, some with new batteries; orders that arrive now, later or not at all."""
    operators, draws = (
        TransitOperators.build(None, PARAMETERS, seed, 1),
        np.random.default_rng(seed),
    )
    columns, size = operators.columns, operators.size
    vehicles = columns["vehicles"]
    vehicles[:] = draws.integers(0, (1, 4, 200)[seed % 3] + 1, vehicles.shape)
    vehicles[draws.random(vehicles.shape) < 0.3] = 0
    columns["new_battery"][:] = draws.integers(0, vehicles[:, electric()] + 1)
    waiting = draws.random(size) < 0.5
    columns["leaving"][:] = draws.integers(0, vehicles + 1) * waiting[:, None, None]
    columns["ordered"][:] = draws.integers(0, 60, columns["ordered"].shape) * waiting[:, None]
    columns["delivery"][:] = np.where(waiting, month.index + draws.integers(0, 3, size), 0)
    columns["planning_month"][:] = draws.integers(month.month, 13, size)
    columns["charging_places"][:] = draws.uniform(0.0, 2.0, size) * vehicles[:, electric()].sum(1)
    columns["reward_of_the_year"][:] = draws.uniform(0.0, 6e6, size)
    return operators


def random_levers(seed: int, scenario: Scenario, month: Month) -> dict[str, float]:
    if seed % 2 == 0:
        return scenario.lever_values(month)
    draws = np.random.default_rng(seed)
    return {lever.id: draws.uniform(lever.low, lever.high) for lever in load_levers().values()}


def situations(seed: int, scenario: Scenario, month: Month) -> dict[str, Situation]:
    points = np.array(np.random.default_rng(seed).uniform(0.0, 0.5))
    compiled = Situation(
        month=month,
        seed=seed,
        parameters=PARAMETERS,
        levers=random_levers(seed, scenario, month),
        stocks={"public_charging_points_per_new_energy_car": points},
        spent_this_year=np.zeros(shape(("subsidy_programme",))),
        ledger=Ledger(str(month)),
        law=scenario.law,
    )
    return {
        "compiled": compiled,
        "numpy": replace(compiled, ledger=Ledger(str(month)), kernels="numpy"),
    }


def assert_same(left: TransitOperators, right: TransitOperators) -> None:
    for name, column in left.columns.items():
        assert_allclose(right.columns[name], column, rtol=1e-11, atol=0.0, err_msg=name)
    for rule, paid in left.pots.paid.items():
        assert_allclose(right.pots.paid[rule], paid, rtol=1e-11, atol=0.0)


@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize("law", FORMS_OF_THE_LAW)
def test_columns_ledger_and_pots_are_those_of_numpy(month: str, law: str) -> None:
    now = Month.parse(month)
    scenario = Scenario.load("plan").with_settings(FORMS_OF_THE_LAW[law])
    for seed in range(4):
        found, ledgers = {}, {}
        for kernels, situation in situations(seed, scenario, now).items():
            found[kernels] = random_operators(seed, now)
            rule = scenario.law["taxi_and_logistics_renewal"]
            found[kernels].pots.of(rule)[:] = (0.0, 300e6, 599e6, 600e6)[seed]
            found[kernels].decide(situation)
            ledgers[kernels] = situation.ledger.numbers
        assert_same(found["numpy"], found["compiled"])
        assert_allclose(ledgers["compiled"], ledgers["numpy"], rtol=1e-11, atol=0.0)


@pytest.mark.parametrize("name", ["plan", "none", "accelerated"])
def test_a_run_of_the_operators_is_that_of_numpy(name: str) -> None:
    scenario = Scenario.load(name)
    operators = {kernels: TransitOperators.build(None, PARAMETERS, 3, 1) for kernels in
                 ("compiled", "numpy")}  # fmt: skip
    spent = 0.0
    for step in range(96):
        month = Month.parse("2020-01") + step
        both = situations(4, scenario, month)
        for kernels, situation in both.items():
            operators[kernels].decide(situation)
        assert_allclose(
            both["compiled"].ledger.numbers, both["numpy"].ledger.numbers, rtol=1e-11, atol=0.0
        )
        spent += both["numpy"].ledger["subsidy_spending_per_month"][FLEET_RENEWAL]
        assert_same(operators["numpy"], operators["compiled"])
    assert spent > 0.0


@cache
def _city(kernels: str) -> TransitionModel:
    model = TransitionModel(
        Scenario.load("plan"), households=100, kernels="numpy" if kernels == "numpy" else "compiled"
    )
    while str(model.month) != "2021-07":
        model.step()
    return model


def test_the_city_s_operators_are_those_of_numpy() -> None:
    compiled, reference = (_city(k).agents_by_type[TransitOperator] for k in ("compiled", "numpy"))
    assert compiled.vehicles.tolist() == reference.vehicles.tolist()
    assert_allclose(compiled.subsidy_received, reference.subsidy_received, rtol=1e-9)


def test_fleets_by_age_are_those_of_the_columns() -> None:
    operators = random_operators(5, Month.parse("2024-01"))
    counted = np.zeros(shape(("transit_class", "transit_age")), dtype=np.int64)
    for row in operators:
        counted[row.transit_class] += row.vehicles.sum(axis=0)
    assert operators.fleet_by_age().tolist() == counted.tolist()
