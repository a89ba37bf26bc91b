"""What a researcher would expect of the built-in scenarios, and the reasons in the series."""

from collections.abc import Callable

import numpy as np
import pytest

from transition_model import Result
from transition_model.plan import load_plan
from transition_model.policy.trade_in import TRADE_IN_PROGRAMMES
from transition_model.scoreboard import scoreboard

ORDERED = (
    "energy_intensity_reduction",
    "green_factories",
    "msw_recycling_rate",
    "construction_waste_utilisation",
    "prefabricated_share",
    "green_material_share",
    "recycled_resources",
)
RunOf = Callable[..., Result]


def _value(result: Result, target: str) -> float:
    value = next(row.value for row in result.scoreboard if row.id == target)
    assert value is not None
    return value


@pytest.mark.parametrize("target", ORDERED)
def test_more_policy_brings_the_target_nearer(run_of: RunOf, target: str) -> None:
    none, plan, accelerated = (_value(run_of(n), target) for n in ("none", "plan", "accelerated"))
    assert none < plan < accelerated


@pytest.mark.parametrize("target", ["bus_taxi_electric_share", "green_building_share"])
def test_a_target_whose_duty_is_already_complete_gains_nothing_more(
    run_of: RunOf, target: str
) -> None:
    none, plan, accelerated = (_value(run_of(n), target) for n in ("none", "plan", "accelerated"))
    assert none < plan
    assert accelerated >= plan - 0.5


def test_scenarios_are_one_history_until_the_plan_begins(run_of: RunOf) -> None:
    plan, none = run_of("plan").all_series, run_of("none").all_series
    before = np.array([month.year < 2025 for month in plan.months])
    for name, values in plan.values.items():
        assert np.array_equal(values[before], none[name][before], equal_nan=True), name


def test_recycling_rises_because_households_put_out_more_food_waste(run_of: RunOf) -> None:
    plan, none = run_of("plan"), run_of("none")
    capture = [float(r.series("food_capture_share").iloc[-1]) for r in (none, plan)]
    treated = [float(r.series("kitchen_waste_treated_per_month").iloc[-1]) for r in (none, plan)]
    assert capture[1] > 1.5 * capture[0]
    assert treated[1] > treated[0]


def test_construction_waste_is_used_because_builders_deliver_it(run_of: RunOf) -> None:
    plan, none = run_of("plan"), run_of("none")
    generated = [
        float(r.series("construction_waste_generated_per_month").iloc[-1]) for r in (none, plan)
    ]
    used = [float(r.series("construction_waste_utilised_per_month").iloc[-1]) for r in (none, plan)]
    assert generated[0] == pytest.approx(generated[1], rel=0.1)
    assert used[1] > 2.0 * used[0]


def test_every_yuan_in_the_plan_is_spent_by_a_named_programme(run_of: RunOf) -> None:
    series = run_of("plan").all_series
    by_programme = sum(
        v[-1] for n, v in series.values.items() if n.startswith("public_money_spent.")
    )
    monthly = float(series["subsidy_spending_per_month"].sum())
    assert by_programme == pytest.approx(monthly, rel=1e-9)


def test_trade_in_stops_when_the_years_money_is_gone() -> None:
    from transition_model import Scenario, simulate

    poor = Scenario.load("plan").replace({"trade_in_budget": 5.0})
    series = simulate(poor, households=300, end="2026-12").all_series
    year = np.array([month.year == 2026 for month in series.months])
    spent = sum(
        np.diff(series[f"public_money_spent.{p}"], prepend=0.0)[year] for p in TRADE_IN_PROGRAMMES
    )
    assert spent.sum() == pytest.approx(5e8, rel=1e-9)
    assert spent[-1] == 0.0


def test_a_target_without_a_model_is_never_met(run_of: RunOf) -> None:
    plan = load_plan()
    orphan = plan.target("water_use").model_copy(update={"result": None})
    rows = scoreboard(run_of("plan").all_series, plan.model_copy(update={"targets": (orphan,)}))
    assert [(row.mechanism, row.met, row.value, row.evidence) for row in rows] == [
        ("not modelled yet", None, None, None)
    ]


def test_all_44_targets_have_a_value(run_of: RunOf) -> None:
    rows = run_of("accelerated").scoreboard
    assert len(rows) == 44
    assert all(row.value is not None for row in rows)


def test_a_run_that_ends_early_meets_nothing() -> None:
    from transition_model import simulate

    rows = simulate(households=200, end="2020-03").scoreboard
    assert all(row.met is None for row in rows)


def test_levels_in_2023_have_the_right_order_of_magnitude(run_of: RunOf) -> None:
    """Observations of 2023, each with a band that a wrong unit or a broken sector would leave."""
    result = run_of("plan")
    bands = {
        "private_cars": (5.394e6, 0.05),
        "new_energy_vehicles": (4.5e5, 0.35),
        "msw_recycling_rate": (0.3772, 0.12),
        "energy_intensity_reduction": (0.11, 0.35),
    }
    for name, (observed, tolerance) in bands.items():
        value = float(result.series(name)["2023-12"])
        assert value == pytest.approx(observed, rel=tolerance), name


def test_twice_the_households_with_half_the_weight_change_little(run_of: RunOf) -> None:
    from transition_model import simulate

    small = run_of("plan").series("new_energy_share_of_sales").iloc[-12:].mean()
    large = simulate(households=4_000).series("new_energy_share_of_sales").iloc[-12:].mean()
    assert large == pytest.approx(small, abs=0.03)
