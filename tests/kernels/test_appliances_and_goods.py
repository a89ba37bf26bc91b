"""Households choose appliances and small goods in kernels as they do with numpy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

from transition_model.agents import household_appliances, household_goods
from transition_model.agents.appliance_market import ApplianceMarket
from transition_model.agents.goods_market import GoodsMarket
from transition_model.agents.household_goods import GOODS
from transition_model.agents.household_purchases import nothing_offered, trade_in_offer
from transition_model.agents.households import Households
from transition_model.agents.incomes import Incomes
from transition_model.agents.situation import Situation
from transition_model.calendar import Month
from transition_model.dimensions import shape
from transition_model.instruments import load_instruments
from transition_model.instruments.amendments import with_version
from transition_model.instruments.schema import Version
from transition_model.ledger import Ledger
from transition_model.parameters import ParameterValues, load_parameters
from transition_model.scenario import Scenario

FIRST = Month.parse("2020-01")
ROWS = 6_000
"""More than one block."""
FLOWS = ("appliance_purchases_per_month", "appliance_discards_per_month")
LAST_MONTH_OF_A_LIMIT_OF_THREE = "2025-12"

type Columns = dict[str, NDArray[Any]]


@pytest.fixture(scope="module")
def parameters() -> ParameterValues:
    return ParameterValues(load_parameters(), {})


def households(parameters: ParameterValues) -> Households:
    built = Households.build(None, parameters, 1, 1, ROWS, FIRST)
    draw = np.random.default_rng(5)
    columns = built.columns
    columns["appliance_readiness"][:] = draw.uniform(0.6, 1.1, columns["appliance_grade"].shape)
    columns["appliance_claims"][:] = draw.uniform(0.0, 0.8, columns["appliance_grade"].shape)
    for good in GOODS:
        # Readiness of a good is the same for all who earn the same.
        by_class = draw.uniform(0.6, 1.1, 2_000)
        columns[f"{good.name}_readiness"][:] = by_class[columns["income_class"]]
    return built


def situation(
    parameters: ParameterValues, month: str, scenario: str = "plan", **levers: float
) -> Situation:
    when = Month.parse(month)
    policy = Scenario.load(scenario)
    stock = np.random.default_rng(3).uniform(2e6, 8e6, shape(("appliance", "grade")))
    return Situation(
        month=when,
        seed=1,
        parameters=parameters,
        levers=policy.lever_paths(when, when)[0] | levers,
        stocks={"appliances_in_use": stock},
        spent_this_year=np.zeros(len(shape(("subsidy_programme",)))),
        ledger=Ledger(month),
        law=policy.law,
    )


CASES = [
    ("2020-01", "plan", {}),
    ("2024-08", "plan", {}),
    ("2024-12", "plan", {}),
    ("2025-01", "plan", {"trade_in_generosity": 0.0}),
    ("2025-05", "plan", {"trade_in_generosity": 2.0}),
    ("2025-06", "plan", {}),
    (LAST_MONTH_OF_A_LIMIT_OF_THREE, "accelerated", {}),
    ("2026-03", "plan", {"green_preference": 1.0}),
    ("2027-12", "none", {}),
    ("2027-12", "accelerated", {}),
]
PARTS = [(1.0, 0.0, 0.0), (0.5, 0.3, 0.2), (0.0, 0.0, 1.0), (0.25, 0.0, 0.75)]
MONTHS = [(*case, PARTS[place % len(PARTS)]) for place, case in enumerate(CASES)]


def by_numpy(
    city: Households, at: Situation, parts: tuple[float, ...]
) -> list[household_appliances.ApplianceDecision]:
    """Decide under three ideas, write what holds, remember."""
    columns, incomes = city.columns, Incomes.of(city.columns["income"] * index_of(at))
    ideas = [
        household_appliances.decide_appliances(
            columns, at, offer, incomes, city._reference_income, reckoned
        )
        for offer, reckoned in ideas_of(at)
    ]
    mixed = household_appliances.mixed(
        [(idea, part) for idea, part in zip(ideas, parts, strict=True) if part > 0.0]
    )
    city.purchases._write_appliances(at, mixed)
    city._remember_appliances(at, mixed)
    return ideas


def ideas_of(at: Situation) -> list[tuple[Any, float]]:
    offer = trade_in_offer(at)
    return [(offer, 1.0), (offer, 0.5), (nothing_offered(offer), 1.0)]


def index_of(at: Situation) -> float:
    return at.parameters.scalar("income_index", at.month)


@pytest.mark.parametrize(("month", "scenario", "levers", "parts"), MONTHS)
def test_appliances_are_replaced_in_kernels_as_with_numpy(
    parameters: ParameterValues,
    month: str,
    scenario: str,
    levers: dict[str, float],
    parts: tuple[float, ...],
) -> None:
    reference, compiled = households(parameters), households(parameters)
    at = situation(parameters, month, scenario, **levers)
    ideas = by_numpy(reference, at, parts)
    also = replace(at, ledger=Ledger(month))
    market = ApplianceMarket(compiled.columns, parameters, compiled._reference_income)
    for number, (offer, reckoned) in enumerate(ideas_of(also)):
        claims = market.decide(number, also, offer, reckoned)
        scale = 1e-12 * ideas[number].claims.max()
        of_groups = reference.purchases.received.sums
        assert_allclose(
            claims.of_groups(False), of_groups(ideas[number].claims), rtol=1e-10, atol=scale
        )
        assert_allclose(
            claims.of_groups(True), of_groups(ideas[number].claims_on_pause), rtol=1e-10
        )
        assert claims.total == pytest.approx(ideas[number].claims.sum(), rel=1e-10)
        assert claims.total_on_pause == pytest.approx(ideas[number].claims_on_pause.sum())
    market.settle(also, parts)
    for flow in FLOWS:
        assert at.ledger[flow].min() > 0.0
        assert_allclose(also.ledger[flow], at.ledger[flow], rtol=1e-10)
    same_columns(compiled.columns, reference.columns)
    assert (compiled.columns["appliance_bought"] == at.month.index).any()


def same_columns(compiled: Columns, reference: Columns) -> None:
    for name, column in reference.items():
        if column.dtype == np.float64:
            assert_allclose(compiled[name], column, rtol=1e-10, atol=1e-15, err_msg=name)
        else:
            assert_array_equal(compiled[name], column, err_msg=name)


@pytest.mark.parametrize(("month", "scenario", "levers", "parts"), MONTHS)
@pytest.mark.parametrize("good", GOODS, ids=lambda good: good.name)
def test_small_goods_are_bought_in_kernels_as_with_numpy(
    parameters: ParameterValues,
    good: household_goods.Good,
    month: str,
    scenario: str,
    levers: dict[str, float],
    parts: tuple[float, ...],
) -> None:
    compare_good(good, situation(parameters, month, scenario, **levers), parts)


def compare_good(good: household_goods.Good, at: Situation, parts: tuple[float, ...]) -> float:
    """Decide both ways; units bought with public money."""
    parameters = at.parameters
    reference, compiled = households(parameters), households(parameters)
    columns = reference.columns
    ideas = [
        household_goods.decide_goods(
            good,
            at.law[good.instrument],
            at.month,
            columns[f"{good.name}_readiness"],
            columns["weight"],
            Incomes.of(columns["income"] * index_of(at)),
            reference._reference_income,
            parameters,
            offer.goods,
            reckoned,
        )
        for offer, reckoned in ideas_of(at)
    ]
    bought = household_goods.mixed(
        [(idea, part) for idea, part in zip(ideas, parts, strict=True) if part > 0.0]
    )
    columns[f"{good.name}_readiness"][:] += bought.refill
    market = GoodsMarket(good, compiled.columns, parameters, compiled._reference_income)
    for number, (offer, reckoned) in enumerate(ideas_of(at)):
        claims = market.decide(number, at, offer.goods, reckoned)
        of_groups = reference.purchases.received.sums
        assert_allclose(claims.of_groups(False), of_groups(ideas[number].claims), rtol=1e-10)
        assert_allclose(
            claims.of_groups(True), of_groups(ideas[number].claims_on_pause), rtol=1e-10
        )
        assert claims.total == pytest.approx(ideas[number].claims.sum(), rel=1e-10)
        assert claims.total_on_pause == pytest.approx(ideas[number].claims_on_pause.sum())
    units, subsidised, _ = market.settle(parts)
    assert units == pytest.approx(bought.purchases.sum(), rel=1e-10)
    assert subsidised == pytest.approx(bought.subsidised.sum(), rel=1e-10)
    same_columns(compiled.columns, columns)
    return subsidised


def test_a_rule_that_pays_in_steps_pays_the_same_in_kernels(parameters: ParameterValues) -> None:
    steps = {
        "of": "digital_price",
        "edge": "above",
        "steps": [{"start": 1000.0, "amount": 100.0}, {"start": 3000.0, "amount": 400.0}],
    }
    version = Version.model_validate(
        {
            "id": "in_steps",
            "start": "2026-03-01",
            "end": "2026-12-31",
            "stepped": steps,
            "status": "assumed",
            "source": "A rule made up for this test",
        }
    )
    law = with_version(load_instruments(), "digital_trade_in", version)
    at = replace(situation(parameters, "2026-06"), law=law)
    assert compare_good(GOODS[0], at, (1.0, 0.0, 0.0)) > 0.0


def test_months_follow_each_other_in_kernels_as_with_numpy(parameters: ParameterValues) -> None:
    """Through months without a rule, its beginning, a pause and another limit."""
    reference = Households.build(None, parameters, 2, 1, ROWS, FIRST)
    compiled = Households.build(None, parameters, 2, 1, ROWS, FIRST)
    market = ApplianceMarket(compiled.columns, parameters, compiled._reference_income)
    for place, month in enumerate(
        ("2020-01", "2020-02", "2024-09", "2025-01", "2025-06", "2026-02")
    ):
        parts = PARTS[place % len(PARTS)]
        at = situation(parameters, month)
        by_numpy(reference, at, parts)
        also = replace(at, ledger=Ledger(month))
        for number, (offer, reckoned) in enumerate(ideas_of(also)):
            market.decide(number, also, offer, reckoned)
        market.settle(also, parts)
        for flow in FLOWS:
            assert_allclose(also.ledger[flow], at.ledger[flow], rtol=1e-10)
        same_columns(compiled.columns, reference.columns)
