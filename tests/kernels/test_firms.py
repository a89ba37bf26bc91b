"""Firms decide the same in the kernel as in numpy: every column, and every number of the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.testing import assert_allclose

from transition_model import Scenario
from transition_model.agents.firms import Firms
from transition_model.agents.situation import Situation
from transition_model.calendar import Month
from transition_model.dimensions import dimension, shape
from transition_model.ledger import Ledger
from transition_model.model import TransitionModel
from transition_model.parameters import ParameterValues, load_parameters

PARAMETERS = ParameterValues(load_parameters(), {})
CLOSE = {"rtol": 1e-10, "atol": 1e-12}
RULES = (
    "differential_electricity_price",
    "steel_differential_price",
    "steel_missed_capacity_cut_price",
    "steel_tiered_price",
    "cement_tiered_price",
    "aluminium_tiered_price",
    "punitive_electricity_price",
    "market_price_cap",
    "industrial_time_of_use",
    "national_carbon_price",
    "chongqing_pilot_carbon_price",
    "chongqing_quota_reserve",
    "green_certificate_price",
    "energy_inspection",
    "energy_service_contract_reward",
    "green_factory_award",
    "green_power_duty",
    "environmental_protection_tax",
    "water_resource_fee",
    "carbon_reduction_facility_rate",
    "green_investment_grant",
)


@cache
def scenario(name: str, *settings: str) -> Scenario:
    found = Scenario.load(name)
    for setting in settings:
        found = found.with_setting(setting)
    return found


def situation(
    policy: Scenario, month: Month, factories: float, parameters: ParameterValues, seed: int
) -> Situation:
    return Situation(
        month=month,
        seed=seed,
        parameters=parameters,
        levers=policy.lever_values(month),
        stocks={"certified_green_factories": np.array(factories)},
        spent_this_year=np.zeros(shape(("subsidy_programme",))),
        ledger=Ledger(str(month)),
        law=policy.law,
    )


def drawn_state(seed: int) -> Firms:
    """Firms in a state that no run need reach: on both sides of limits, at all stages of life."""
    firms, random = Firms.build(None, PARAMETERS, seed, 1), np.random.default_rng(seed)
    size, columns = len(firms), firms.columns
    columns["catalogue_class"][:] = random.integers(0, len(dimension("catalogue_class")), size)
    columns["in_business"][:] = random.uniform(0.0, 1.0, size)
    columns["specific_energy"] *= np.exp(random.normal(0.0, 0.5, size))
    columns["energy_ratio"][:] = random.uniform(0.5, 2.5, size)
    columns["energy_ratio_of_last_year"][:] = random.uniform(0.5, 2.5, size)
    columns["product_luck"][:] = np.exp(random.normal(0.0, 0.05, size))
    columns["output"] *= np.exp(random.normal(0.0, 1.0, size))
    columns["electricity_share"][:] = random.uniform(0.0, 1.0, size)
    columns["margin"][:] = random.uniform(-0.05, 0.2, size)
    columns["measures_adopted"][:] = random.integers(0, 6, size)
    columns["recent_adoption"][:] = random.uniform(0.0, 1.0, size)
    columns["months_since_measure"][:] = random.choice([0.0, 7.0, 20.0, 50.0, np.inf], size)
    columns["productivity"][:] = random.uniform(0.9, 1.1, size)
    columns["interest_discount"][:] = random.uniform(0.0, 1e4, size)
    columns["green_power_share"][:] = random.uniform(0.0, 0.5, size)
    columns["young_factories"][:] = random.uniform(0.0, 0.01, (size, 12))
    columns["national_factories"] += random.uniform(0.0, 0.1, size)
    columns["certified_factories"][:] = (
        columns["young_factories"].sum(axis=1)
        + columns["seasoned_factories"]
        + columns["national_factories"]
    )
    return firms


def assert_same_month(firms: Firms, now: Situation, where: str) -> Mapping[str, np.ndarray]:
    """Let a copy of the firms decide by numpy and the firms themselves in the kernel."""
    reference = Firms(
        firms.agent_type, None, {name: column.copy() for name, column in firms.columns.items()}
    )
    by_numpy = replace(now, ledger=Ledger(str(now.month)), kernels="numpy")
    reference.decide(by_numpy)
    firms.decide(now)
    for name, column in reference.columns.items():
        assert_allclose(firms.columns[name], column, **CLOSE, err_msg=f"{where}: {name}")
    assert_allclose(now.ledger.numbers, by_numpy.ledger.numbers, **CLOSE, err_msg=where)
    return {
        name: now.ledger[name]
        for name in ("public_revenue_per_month", "subsidy_spending_per_month")
    }


@pytest.mark.parametrize("name", ["plan", "accelerated", "none"])
@pytest.mark.parametrize(
    "month", ["2020-01", "2021-10", "2022-07", "2024-12", "2025-06", "2027-12"]
)
def test_any_state_decides_the_same_in_any_month(name: str, month: str) -> None:
    when = Month.parse(month)
    for seed in (1, 2, 3):
        firms = drawn_state(seed)
        now = situation(scenario(name), when, 300.0, PARAMETERS, seed)
        revenue = assert_same_month(firms, now, f"seed {seed}")["public_revenue_per_month"]
        assert revenue.sum() > 0.0


@pytest.mark.parametrize("rule", RULES)
def test_a_struck_rule_is_struck_in_the_kernel_too(rule: str) -> None:
    policy = scenario("plan", f"instrument.{rule}=strike@2020-01-01")
    for seed, month in ((4, "2022-07"), (5, "2025-06")):
        now = situation(policy, Month.parse(month), 300.0, PARAMETERS, seed)
        assert_same_month(drawn_state(seed), now, rule)


@pytest.mark.parametrize("name", ["plan", "accelerated"])
def test_eight_years_of_decisions_are_the_same(name: str) -> None:
    firms, policy = Firms.build(None, PARAMETERS, 7, 1), scenario(name)
    spent = np.zeros(shape(("subsidy_programme",)))
    for step in range(96):
        month = Month.parse("2020-01") + step
        factories = 1.01 * float(firms.certified_factories.sum())
        now = situation(policy, month, factories, PARAMETERS, 7)
        spent += assert_same_month(firms, now, str(month))["subsidy_spending_per_month"]
    programmes = dimension("subsidy_programme")
    for programme in (
        "loan_interest",
        "green_investment_grant",
        "efficiency_reward",
        "green_factory_support",
    ):
        assert spent[programmes.index(programme)] > 0.0, programme
    assert firms.measures_adopted.sum() > 100


def test_parameters_at_either_end_of_their_ranges_decide_the_same() -> None:
    declared = {name: load_parameters()[name] for name in PARAMETERS_OF_FIRMS}
    for end in ("low", "high"):
        overrides = {name: getattr(one, end) for name, one in declared.items()}
        parameters = ParameterValues(load_parameters(), overrides)
        firms = drawn_state(8)
        for step in range(3):
            now = situation(scenario("plan"), Month.parse("2025-11") + step, 300.0, parameters, 8)
            assert_same_month(firms, now, f"{end} {now.month}")


def test_a_coupled_run_has_the_same_firms() -> None:
    models = [
        TransitionModel(scenario("accelerated"), rng=3, households=100, kernels=kernels)
        for kernels in ("compiled", "numpy")
    ]
    for _ in range(70):
        for model in models:
            model.step()
    compiled, by_numpy = (model._set_of(Firms) for model in models)
    for name, column in by_numpy.columns.items():
        assert_allclose(compiled.columns[name], column, rtol=1e-8, atol=1e-12, err_msg=name)


PARAMETERS_OF_FIRMS = (
    "adoption_gain_time",
    "adoption_loss_time",
    "bank_refinancing_rate",
    "corporate_loan_rate",
    "differential_price_scope",
    "efficiency_cost_escalation",
    "efficiency_measure_life",
    "efficiency_payback_sensitivity",
    "efficiency_peer_effect",
    "efficiency_search_rate",
    "electricity_per_tonne_at_limit",
    "energy_limit_detection",
    "green_factory_peer_effect",
    "green_factory_performance_sensitivity",
    "green_grant_project_share",
    "green_power_price_response",
    "industrial_autonomous_improvement",
    "industrial_cost_pass_through",
    "industrial_electricity_price",
    "industrial_exit_rate",
    "industrial_fuel_price",
    "industrial_load_response",
    "industrial_margin_memory",
    "industrial_output_cost_elasticity",
    "industrial_output_index",
    "pilot_reserve_sold",
    "pollution_tax_response",
    "product_energy_elasticity",
    "service_contract_length",
    "service_contract_offer",
    "steel_missed_capacity_cut_share",
    "water_fee_response",
)
"""Uncertain numbers that decisions of firms read."""
