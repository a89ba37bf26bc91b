"""Firms decide the same in the kernel as in numpy: every column, and every number of the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.testing import assert_allclose

from transition_model import Scenario
from transition_model.agents.firm_terms import FirmRun, firm_terms, ledger_places, month_of
from transition_model.agents.firms import Firms
from transition_model.agents.situation import Situation
from transition_model.calendar import Month
from transition_model.dimensions import dimension, shape
from transition_model.instruments import Instrument
from transition_model.kernels import firms as kernels
from transition_model.ledger import Ledger
from transition_model.model import TransitionModel
from transition_model.parameters import ParameterValues, load_parameters

PARAMETERS = ParameterValues(load_parameters(), {})
BELOW_THE_CAP = ParameterValues(load_parameters(), {"electricity_market_float": 0.1})
"""The price of other firms leaves room for a premium under a cap that binds all."""
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
    columns["months_since_measure"][:] = random.choice([0.0, 7.0, 20.0, 30.0, 50.0, np.inf], size)
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


def other_law() -> dict[str, Instrument]:
    """The law with other charges than those of 2020, and the cap on market prices struck."""
    law = dict(scenario("accelerated", "instrument.market_price_cap=strike@2020-01-01").law)
    for name in ("water_resource_fee", "green_certificate_price"):
        rule = law[name]
        versions = tuple(
            one.model_copy(update={"flat": one.flat.model_copy(update={"amount": 3.0})})
            for one in rule.versions
            if one.flat is not None
        )
        law[name] = rule.model_copy(update={"versions": versions})
    return law


def test_a_law_of_other_amounts_decides_the_same() -> None:
    for seed in (10, 11):
        now = replace(
            situation(scenario("accelerated"), Month.parse("2025-12"), 300.0, BELOW_THE_CAP, seed),
            law=other_law(),
        )
        assert_same_month(drawn_state(seed), now, f"seed {seed}")


def outcome(month: Month, record: str, field: str, factor: float, added: float) -> np.ndarray:
    """Columns and ledger after a month in which one number given to the kernel is another."""
    firms, ledger = drawn_state(9), Ledger(str(month))
    now = situation(scenario("accelerated"), month, 300.0, BELOW_THE_CAP, 9)
    if month.year > 2025:
        now = replace(now, law=other_law())
    run, terms = FirmRun.of(BELOW_THE_CAP), firm_terms(now)
    law = terms.law._replace(numbers=terms.law.numbers.copy(), by_sector=terms.law.by_sector.copy())
    constants = run.constants._replace(
        numbers=run.constants.numbers.copy(),
        by_sector=run.constants.by_sector.copy(),
        paths=run.constants.paths.copy(),
    )
    records = {
        "numbers": constants.numbers,
        "sectors": constants.by_sector,
        "paths": constants.paths,
        "law": law.numbers,
        "law of sectors": law.by_sector,
    }
    records[record][field] = records[record][field] * factor + added
    kernels.decide(
        firms._side_by_side(),
        constants,
        law,
        month_of(now),
        run.by_load(terms.floats),
        ledger_places(),
        ledger.numbers,
    )
    columns = [np.nan_to_num(column, posinf=0.0).ravel() for column in firms.columns.values()]
    return np.concatenate([*columns, np.nan_to_num(ledger.numbers)])


GIVEN = {
    "numbers": kernels.FirmNumbers,
    "sectors": kernels.SectorNumbers,
    "paths": kernels.PathNumbers,
    "law": kernels.LawNumbers,
    "law of sectors": kernels.LawOfSector,
}


@pytest.mark.parametrize(
    ("record", "field"), [(record, field) for record, of in GIVEN.items() for field in of._fields]
)
def test_every_number_given_to_the_kernel_moves_something(record: str, field: str) -> None:
    """Hence equality with numpy, above, would miss none that is wrong."""
    assert any(
        (outcome(month, record, field, *change) != outcome(month, record, field, 1.0, 0.0)).any()
        for month in (Month.parse(text) for text in ("2020-01", "2025-12", "2026-03"))
        for change in ((0.5, 0.0), (10.0, 0.01))
    )


def test_a_coupled_run_has_the_same_firms() -> None:
    models = [
        TransitionModel(scenario("accelerated"), rng=3, households=100, kernels=kernels)
        for kernels in ("compiled", "numpy")
    ]
    for _ in range(30):
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
