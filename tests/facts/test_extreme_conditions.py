"""What the coupled model does at the ends of its ranges, and in which direction it answers."""

from collections.abc import Callable

import numpy as np
import pytest

from transition_model import Scenario, TransitionModel, simulate
from transition_model.agents.households import Household
from transition_model.behaviour import replacement
from transition_model.calendar import Month
from transition_model.dimensions import dimension
from transition_model.instruments import load_instruments
from transition_model.levers import load_levers
from transition_model.policy.trade_in import TRADE_IN_PROGRAMMES
from transition_model.results import Series, load_definitions
from transition_model.scenario import PLAN_START
from transition_model.scoreboard import scoreboard

SeriesOf = Callable[..., Series]
PLAN = Scenario.load("plan")
FEW = 300
"""Households where only directions and signs are asked for."""

KEY_OUTPUTS = (
    "private_cars",
    "new_energy_cars",
    "new_energy_share_of_sales",
    "car_scrappage_per_month",
    "public_charging_points",
    "bus_taxi_electric_share",
    "msw_recycling_rate",
    "construction_waste_utilisation",
    "recycled_resources",
    "green_building_share",
    "prefabricated_share",
    "green_material_share",
    "green_factories",
    "energy_use_per_month",
    "energy_intensity_reduction",
    "carbon_dioxide_per_month",
)


def _planned(series: Series) -> slice:
    """The months of the plan."""
    return slice(PLAN_START - series.months[0], None)


def _trade_in_money(series: Series) -> np.ndarray:
    """Trade-in money of each month, yuan."""
    total = sum(series[f"public_money_spent.{programme}"] for programme in TRADE_IN_PROGRAMMES)
    return np.diff(total, prepend=0.0)


def _assert_possible(series: Series) -> None:
    """Everything is finite, and nothing that can't be is negative."""
    for definition in load_definitions().values():
        for name in definition.ids:
            values = series[name]
            assert not np.any(np.isinf(values)), name
            known = values[~np.isnan(values)]
            assert known.size, name
            if definition.reduction is None:
                assert known.min() >= 0.0, name


# ---------------------------------------------------------------------------------- extreme values


def test_without_subsidies_nothing_is_spent_and_new_energy_cars_still_spread(
    series_of: SeriesOf,
) -> None:
    no_money = {
        "trade_in_generosity": 0.0,
        "bus_renewal_subsidy": 0.0,
        "public_charging_support": 0.0,
        "recycling_investment_grant": 0.0,
        "green_building_bonus": 0.0,
        "green_factory_support": 0.0,
        "green_loan_interest_discount": 0.0,
        "green_campaign": 0.0,
    }
    paying = [
        rule.id
        for rule in load_instruments().values()
        if rule.gives == "subsidy" or rule.programme != "none"
    ]
    struck = {f"instrument.{rule}": "strike@2020-01-01" for rule in paying}
    series = series_of(PLAN.replace({**no_money, **struck}, "2020-01"), households=FEW)
    assert np.all(series["subsidy_spending_per_month"] == 0.0)
    share = series["new_energy_share_of_sales"]
    assert share[-12:].mean() > share[:12].mean() + 0.2
    assert np.all(np.diff(series["new_energy_cars"]) > 0.0)


def test_a_huge_subsidy_moves_no_more_cars_than_are_eligible_nor_more_money_than_there_is() -> None:
    scenario = PLAN.replace({"trade_in_generosity": 3.0, "trade_in_budget": 200.0})
    model = TransitionModel(scenario, rng=1, households=FEW)
    while model.month < PLAN_START:
        model.step()
    opening = model.stocks.values(["private_cars"])["private_cars"].sum()
    purchases, scrapped, claims, spent = [], [], [], []
    for _ in range(24):
        owners = float(model.stocks.values(["private_cars"])["private_cars"].sum())
        model.step()
        purchases.append(model.flows["private_car_purchases_per_month"].sum())
        scrapped.append(model.flows["private_car_scrappage_per_month"].sum())
        spent.append(float(model.flows["subsidy_spending_per_month"][:3].sum()))
        claims.append(scrapped[-1] / owners)
    assert sum(spent[:12]) <= 200e8 * (1.0 + 1e-9)
    assert sum(spent[12:]) <= 200e8 * (1.0 + 1e-9)
    assert sum(scrapped) < opening
    assert max(claims) < 0.05
    assert np.all(model.stocks.values(["private_cars"])["private_cars"] >= 0.0)


def test_a_huge_subsidy_draws_on_a_pool_that_empties(series_of: SeriesOf) -> None:
    """Under an offer that nobody of the eligible resists, scrappage falls while money is left."""
    # No offer before it: that of 2024 would have used up readiness already.
    full_pool = PLAN.replace({"trade_in_generosity": 0.0}, "2020-01")
    series = series_of(
        full_pool.replace({"trade_in_generosity": 3.0, "trade_in_budget": 200.0}), households=FEW
    )
    months = slice(Month.parse("2025-01") - series.months[0], None)
    scrapped = series["car_scrappage_per_month"][months]
    assert scrapped[0] > 2.0 * series["car_scrappage_per_month"][months.start - 12]
    with_money = _trade_in_money(series)[months][:12] > 0.0
    assert np.all(np.diff(scrapped[:12][with_money][:4]) < 0.0)


HIGHEST_PRICES = {
    "electricity_surcharge_factor": 3.0,
    "differential_price_enforcement": 1.0,
    "high_energy_market_premium": 0.6,
    "residential_tariff_factor": 1.5,
    "industrial_electricity_price": 1.2,
}


def test_the_dearest_electricity_leaves_every_stock_positive(series_of: SeriesOf) -> None:
    high = _within_ranges(HIGHEST_PRICES)
    series = series_of(PLAN.replace(high, "2020-01"), households=FEW)
    _assert_possible(series)
    normal = series_of(households=FEW)
    for name in ("energy_use_by_industry_per_month", "electricity_use_per_month", "gdp_per_month"):
        assert 0.0 < series[name][-1] < normal[name][-1]


def _within_ranges(changes: dict[str, float]) -> dict[str, float]:
    """The same changes, none above its parameter's highest value."""
    from transition_model.parameters import load_parameters

    return {
        name: min(value, load_parameters()[name].high) if name in load_parameters() else value
        for name, value in changes.items()
    }


def test_the_smallest_city_that_the_ranges_allow_still_balances(series_of: SeriesOf) -> None:
    from transition_model.parameters import load_parameters

    names = (
        "household_size",
        "private_cars_end_2019",
        "first_purchase_hazard",
        "transfer_hazard",
        "car_market_index",
        "urban_population",
        "household_waste_per_person",
        "builder_floor_starts",
    )
    lowest = {name: load_parameters()[name].low for name in names if name in load_parameters()}
    assert len(lowest) >= 6
    series = series_of(PLAN.replace(lowest), households=FEW)
    normal = series_of(households=FEW)
    _assert_possible(series)
    for name in ("new_car_sales_per_month", "municipal_waste_generated_per_month"):
        assert series[name][-12:].mean() < normal[name][-12:].mean()


def test_cars_that_last_longer_are_scrapped_less(series_of: SeriesOf) -> None:
    longer = series_of(PLAN.replace({"car_survival_scale": 18.0}), households=FEW)
    normal = series_of(households=FEW)
    shorter = series_of(PLAN.replace({"car_survival_scale": 14.46}), households=FEW)
    totals = [s["car_scrappage_per_month"].sum() for s in (longer, normal, shorter)]
    assert totals[0] < totals[1] < totals[2]


def test_cars_that_last_for_ever_are_never_scrapped() -> None:
    hazard = replacement.weibull_hazard_per_month(np.array([0.0, 10.0, 30.0]), 1e6, 4.79)
    assert np.all(hazard < 1e-12)


# --------------------------------------------------------------------------------- numerical tests


def test_twice_the_households_give_the_same_means_within_sampling_error(
    series_of: SeriesOf,
) -> None:
    seeds = range(1, 5)
    for name in ("new_energy_share_of_sales", "car_scrappage_per_month", "msw_recycling_rate"):
        few, many = (
            np.array([series_of(seed=s, households=n)[name][-12:].mean() for s in seeds])
            for n in (300, 600)
        )
        error = np.sqrt((few.var(ddof=1) + many.var(ddof=1)) / len(seeds))
        assert abs(few.mean() - many.mean()) <= 3.0 * error, name


def test_one_seed_lies_within_the_spread_of_others(series_of: SeriesOf) -> None:
    for name in ("new_energy_share_of_sales", "bus_taxi_electric_share", "energy_use_per_month"):
        values = np.array([series_of(seed=s, households=300)[name][-1] for s in range(1, 9)])
        others = values[1:]
        assert values.std() > 0.0
        spread = others.std(ddof=1) * np.sqrt(1.0 + 1.0 / len(others))
        assert abs(values[0] - others.mean()) <= 4.0 * spread, name


def test_half_the_time_step_changes_key_outputs_by_less_than_half_a_percent(
    series_of: SeriesOf,
) -> None:
    whole = series_of(households=FEW)
    half = simulate(households=FEW, time_step=0.125).all_series
    for name in KEY_OUTPUTS:
        assert half[name][-1] == pytest.approx(whole[name][-1], rel=5e-3), name


def test_a_policy_switched_off_and_on_in_the_same_month_changes_nothing(
    series_of: SeriesOf,
) -> None:
    toggled = PLAN
    for measure in sorted({lever.measure for lever in load_levers().values()}):
        for state in ("off", "on"):
            toggled = toggled.replace({f"measure.{measure}": state}, "2026-03")
    plan, same = series_of(households=FEW), series_of(toggled, households=FEW)
    for name, values in plan.values.items():
        assert np.array_equal(values, same[name], equal_nan=True), name


# --------------------------------------------------------------------- every lever in its direction

MEAN, LAST = "mean over the plan", "at its end"
DIRECTIONS = {
    "trade_in_generosity": ("car_scrappage_per_month", 1, MEAN),
    "trade_in_budget": ("car_scrappage_per_month", 1, MEAN),
    "green_preference": ("new_energy_share_of_sales", 1, MEAN),
    "electricity_surcharge_factor": ("energy_use_by_industry_per_month", -1, MEAN),
    "differential_price_enforcement": ("energy_use_by_industry_per_month", -1, MEAN),
    "high_energy_market_premium": ("energy_use_by_industry_per_month", -1, MEAN),
    "residential_tariff_factor": ("electricity_use_per_month", -1, MEAN),
    "public_fleet_electric_quota": ("bus_taxi_electric_share", 1, LAST),
    "bus_renewal_subsidy": ("bus_taxi_electric_share", 1, LAST),
    "public_charging_support": ("public_charging_points", 1, LAST),
    "sorting_supervision": ("msw_recycling_rate", 1, LAST),
    "recycling_investment_grant": ("recycled_resources", 1, LAST),
    "formal_channel_enforcement": ("formal_share.vehicle", 1, MEAN),
    "construction_waste_delivery_mandate": ("construction_waste_utilisation", 1, LAST),
    "construction_waste_fee": ("construction_waste_utilisation", 1, LAST),
    "recycled_content_requirement": ("recycled_resources", 1, LAST),
    "green_campaign": ("food_capture_share", 1, LAST),
    "green_building_mandate": ("green_building_share", 1, LAST),
    "green_building_bonus": ("floor_area.high_star", 1, LAST),
    "green_material_requirement": ("green_material_share", 1, LAST),
    "prefabrication_requirement": ("prefabricated_share", 1, LAST),
    "energy_audit_rate": ("energy_use_by_industry_per_month", -1, MEAN),
    "green_factory_support": ("green_factories", 1, LAST),
    "green_loan_interest_discount": ("energy_use_by_industry_per_month", -1, MEAN),
}
"""Lever, its main outcome, the documented direction, and when it is read."""


def _outcome(series: Series, name: str, when: str) -> float:
    values = series[name][_planned(series)]
    return float(values.mean() if when == MEAN else values[-1])


@pytest.mark.parametrize("lever", list(DIRECTIONS))
def test_a_lever_moves_its_main_outcome_in_the_documented_direction_or_not_at_all(
    series_of: SeriesOf, lever: str
) -> None:
    name, sign, when = DIRECTIONS[lever]
    declared = load_levers()[lever]
    # From the plan to the end of the range that lies farther away.
    ends = (declared.low, declared.high)
    end = max(ends, key=lambda value: abs(value - declared.default))
    moved = series_of(PLAN.replace({lever: end}), households=FEW)
    change = _outcome(moved, name, when) - _outcome(series_of(households=FEW), name, when)
    assert sign * np.sign(end - declared.default) * change >= 0.0


EFFORTS = [name for name in load_levers() if name.endswith("_effort")]
"""Levers of programmes that administration delivers; they move the targets' own figures."""


def test_every_lever_of_the_catalogue_has_a_direction() -> None:
    assert set(DIRECTIONS) | set(EFFORTS) == set(load_levers())


def test_more_effort_brings_no_target_farther_away(series_of: SeriesOf) -> None:
    levers = load_levers()
    idle, eager = (
        series_of(PLAN.replace({name: getattr(levers[name], end) for name in EFFORTS}), 1, FEW)
        for end in ("low", "high")
    )
    moved = 0
    for less, more in zip(scoreboard(idle), scoreboard(eager), strict=True):
        if less.gap is None or more.gap is None:
            continue
        assert more.gap >= less.gap - 1e-9 * abs(less.gap), less.id
        moved += more.gap > less.gap
    assert moved >= len(EFFORTS)


def test_the_more_generous_the_subsidy_the_more_cars_are_bought_in_its_window(
    series_of: SeriesOf,
) -> None:
    bought = []
    for generosity in (0.0, 1.0, 2.0, 3.0):
        scenario = PLAN.replace({"trade_in_generosity": generosity, "trade_in_budget": 200.0})
        series = series_of(scenario, households=FEW, end="2025-06")
        bought.append(series["new_car_sales_per_month"][_planned(series)].sum())
    assert bought == sorted(bought)


# -------------------------------------------------------------------------------- loops knocked out


def _without(monkeypatch: pytest.MonkeyPatch, **values: float) -> None:
    """Set parameters to values that their declared ranges exclude."""
    from transition_model.parameters import ParameterValues

    scalar = ParameterValues.scalar

    def knocked_out(self, identifier, month=None):
        return values.get(identifier, scalar(self, identifier, month))

    monkeypatch.setattr(ParameterValues, "scalar", knocked_out)


def _final_share(scenario: Scenario = PLAN) -> float:
    share = simulate(scenario, households=FEW).all_series["new_energy_share_of_sales"]
    return float(share[-12:].mean())


@pytest.mark.parametrize("parameter", ["peer_weight", "familiarity_word_of_mouth"])
def test_without_peers_fewer_new_energy_cars_are_bought(
    monkeypatch: pytest.MonkeyPatch, series_of: SeriesOf, parameter: str
) -> None:
    with_loop = float(series_of(households=FEW)["new_energy_share_of_sales"][-12:].mean())
    _without(monkeypatch, **{parameter: 0.0})
    assert _final_share() < with_loop


def test_without_a_weight_of_charging_points_their_subsidy_sells_no_car(
    monkeypatch: pytest.MonkeyPatch, series_of: SeriesOf
) -> None:
    no_support = PLAN.replace({"public_charging_support": 0.0})
    plenty = PLAN.replace({"public_charging_support": 1_000.0})
    few, many = (series_of(s, households=FEW)["new_energy_cars"][-1] for s in (no_support, plenty))
    assert many > few
    _without(monkeypatch, public_charging_weight=0.0)
    few, many = (
        simulate(s, households=FEW).all_series["new_energy_cars"][-1] for s in (no_support, plenty)
    )
    assert many == few


def test_without_the_norm_of_peers_less_is_sorted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The norm's weight is knocked out at its share of the intention, others as they were."""
    from transition_model.behaviour import waste_sorting

    def capture() -> float:
        supervised = PLAN.replace({"sorting_supervision": 1.0})
        # What a test takes out of numpy stays in the kernels.
        model = TransitionModel(supervised, rng=1, households=FEW, kernels="numpy")
        while str(model.month) != "2026-01":
            model.step()
        assert model.agents_by_type[Household].sorting_habit.max() <= 1.0
        place = dimension("waste_stream").index("food")
        return float(model.flows["household_capture_share"][place])

    with_loop = capture()
    intention = waste_sorting.intention

    def without_norm(attitude, norm, ease, weights):
        return intention(attitude, np.zeros_like(norm), ease, weights)

    monkeypatch.setattr(waste_sorting, "intention", without_norm)
    assert capture() < with_loop
