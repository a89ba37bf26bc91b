"""Households use power, travel and sort in kernels as they do with numpy."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

from transition_model.agents import household_home, household_travel, household_waste
from transition_model.agents.home_use import HomeUse
from transition_model.agents.households import Households
from transition_model.agents.situation import Situation
from transition_model.agents.trips import Trips
from transition_model.agents.waste_at_home import WasteAtHome
from transition_model.calendar import Month
from transition_model.dimensions import shape
from transition_model.instruments.amendments import struck, with_version
from transition_model.instruments.schema import Version
from transition_model.ledger import Ledger, ledger_entries
from transition_model.parameters import ParameterValues, load_parameters
from transition_model.programmes import opening_levels
from transition_model.scenario import Scenario

FIRST = Month.parse("2020-01")
ROWS = 6_000
"""More than one block."""

type Columns = dict[str, NDArray[Any]]


@pytest.fixture(scope="module")
def parameters() -> ParameterValues:
    return ParameterValues(load_parameters(), {})


def households(parameters: ParameterValues) -> Households:
    built = Households.build(None, parameters, 1, 1, ROWS, FIRST)
    draw, columns = np.random.default_rng(5), built.columns
    columns["time_of_use"][:] = draw.uniform(0.0, 0.9, ROWS)
    columns["sorting_habit"][:] = draw.uniform(0.0, 1.0, ROWS)
    columns["subsidy_received"][:] = draw.uniform(0.0, 90.0, ROWS)
    return built


def situation(
    parameters: ParameterValues,
    month: str,
    scenario: str = "plan",
    strike: tuple[str, ...] = (),
    **levers: float,
) -> Situation:
    when, policy = Month.parse(month), Scenario.load(scenario)
    law = policy.law
    for rule in strike:
        law = struck(law, rule, date(2020, 1, 1))
    return Situation(
        month=when,
        seed=1,
        parameters=parameters,
        levers=policy.lever_paths(when, when)[0] | levers,
        stocks={"programmes_delivered": opening_levels(parameters) * 1.2},
        spent_this_year=np.zeros(shape(("subsidy_programme",))),
        ledger=Ledger(month),
        law=law,
    )


TARIFFS = ("residential_tiered_electricity", "residential_tiered_gas", "residential_tiered_water")
RULES = ("low_income_gas", "low_income_free_electricity", "residential_time_of_use")
WASTE = ("sorting_incentive", "waste_fee", "sorting_mandate", "household_carbon_credits")
CASES: list[tuple[str, str, tuple[str, ...], dict[str, float]]] = [
    ("2020-01", "plan", (), {}),
    ("2021-04", "plan", (), {}),
    ("2021-11", "none", (), {"residential_tariff_factor": 1.2}),
    ("2022-12", "plan", (), {}),
    ("2024-06", "plan", (), {"green_campaign": 1.0, "sorting_supervision": 1.0}),
    ("2024-06", "plan", (), {"green_campaign": 0.0, "sorting_supervision": 0.0}),
    ("2025-03", "plan", TARIFFS, {}),
    ("2025-03", "plan", RULES, {"residential_tariff_factor": 1.5}),
    ("2026-03", "accelerated", WASTE, {"residential_tariff_factor": 1.5}),
    ("2027-12", "accelerated", (), {}),
    ("2027-12", "none", (), {}),
]


def in_numpy(city: Households, at: Situation) -> None:
    index = at.parameters.scalar("income_index", at.month)
    relative = city.columns["income"] * index / city._reference_income
    household_home.use_at_home(city.columns, at, relative)
    household_travel.travel(city.columns, at, relative, city._taste, FIRST)
    household_waste.sort_waste(city.columns, at)


def in_kernels(city: Households, at: Situation) -> None:
    parameters, reference = at.parameters, city._reference_income
    index = parameters.scalar("income_index", at.month)
    HomeUse(city.columns, parameters, reference).use(at, index)
    Trips(city.columns, parameters, reference, FIRST, city._taste).travel(at, index)
    WasteAtHome(city.columns, parameters, city._room).sort(at)


def compare(at: Situation) -> dict[str, NDArray[np.float64]]:
    """Decide both ways; what was written."""
    reference, compiled = households(at.parameters), households(at.parameters)
    also = replace(at, ledger=Ledger(str(at.month)))
    in_numpy(reference, at)
    in_kernels(compiled, also)
    written = {}
    for name in ledger_entries():
        expected = at.ledger._part(name)
        assert_allclose(also.ledger._part(name), expected, rtol=1e-10, err_msg=name)
        written[name] = expected
    same_columns(compiled.columns, reference.columns)
    return written


def same_columns(compiled: Columns, reference: Columns) -> None:
    for name, column in reference.items():
        if column.dtype == np.float64:
            assert_allclose(compiled[name], column, rtol=1e-10, atol=1e-13, err_msg=name)
        else:
            assert_array_equal(compiled[name], column, err_msg=name)


@pytest.mark.parametrize(("month", "scenario", "strike", "levers"), CASES)
def test_a_month_at_home_and_on_the_way_is_the_same_in_kernels(
    parameters: ParameterValues,
    month: str,
    scenario: str,
    strike: tuple[str, ...],
    levers: dict[str, float],
) -> None:
    written = compare(situation(parameters, month, scenario, strike, **levers))
    assert 0.0 < written["residential_peak_share"] < 1.0
    assert 0.0 < written["green_trip_share"] < 1.0
    assert written["household_capture_share"].max() > 0.0


@pytest.mark.parametrize("rule", [*TARIFFS, *RULES, *WASTE])
def test_every_rule_is_read_by_the_kernels(parameters: ParameterValues, rule: str) -> None:
    month = "2026-06"
    levers = {"residential_tariff_factor": 1.3}
    held = situation(parameters, month, **levers)
    off = situation(parameters, month, strike=(rule,), **levers)
    cities = [households(parameters) for _ in range(2)]
    for city, at in zip(cities, (held, off), strict=True):
        in_kernels(city, at)
    habits = [city.columns["sorting_habit"] for city in cities]
    # The duty to sort moves no flow in its first month.
    assert not np.array_equal(
        np.append(held.ledger.numbers, habits[0]),
        np.append(off.ledger.numbers, habits[1]),
        equal_nan=True,
    )


@pytest.mark.parametrize(
    ("rule", "form"),
    [
        ("sorting_incentive", {"flat": {"amount": 3.0, "per": "recyclables_delivered",
                                        "at_most": 9.0}}),
        ("sorting_incentive", {"stepped": {"of": "recyclables_delivered", "edge": "above",
                                           "steps": [{"start": 2.0, "amount": 1.0}]}}),
        ("low_income_free_electricity", {"stepped": {"of": "electricity_of_month", "edge": "above",
                                                     "steps": [{"start": 90.0, "amount": 9.0}]}}),
        ("residential_tiered_water", {"flat": {"amount": 4.5, "per": "water_of_year"}}),
    ],
)  # fmt: skip
def test_a_rule_of_another_form_is_answered_the_same(
    parameters: ParameterValues, rule: str, form: dict[str, Any]
) -> None:
    version = Version.model_validate(
        {
            "id": "made_up",
            "start": "2028-01-01",
            "end": "2028-12-31",
            "status": "assumed",
            "source": "A rule made up for this test",
        }
        | form
    )
    at = situation(parameters, "2028-06")
    compare(replace(at, law=with_version(at.law, rule, version)))


def test_the_taste_for_green_modes_is_that_of_numpy(parameters: ParameterValues) -> None:
    city = Households.build(None, parameters, 3, 1, ROWS, FIRST)
    by_numpy = household_travel.green_taste(city.columns, parameters, FIRST)
    assert city._taste == pytest.approx(by_numpy, abs=2.0 * household_travel.TASTE_TOLERANCE)


def test_months_follow_each_other_in_kernels_as_with_numpy(parameters: ParameterValues) -> None:
    reference = Households.build(None, parameters, 2, 1, ROWS, FIRST)
    compiled = Households.build(None, parameters, 2, 1, ROWS, FIRST)
    home = HomeUse(compiled.columns, parameters, compiled._reference_income)
    waste = WasteAtHome(compiled.columns, parameters, compiled._room)
    for month in ("2022-12", "2023-01", "2023-02", "2025-01", "2025-02", "2026-01"):
        at = situation(parameters, month)
        also = replace(at, ledger=Ledger(month))
        in_numpy(reference, at)
        index = parameters.scalar("income_index", at.month)
        home.use(also, index)
        compiled._trips.travel(also, index)
        waste.sort(also)
        assert_allclose(also.ledger.numbers, at.ledger.numbers, rtol=1e-10)
        same_columns(compiled.columns, reference.columns)
    assert reference.columns["time_of_use"].max() > 0.0
