"""Two scenarios on the same luck: differences, intervals, and who gets what."""

import math
from pathlib import Path

import numpy as np
import pytest

from transition_model import InputError, Scenario
from transition_model.analysis.comparison import (
    DISTRICT,
    INCOME,
    Comparison,
    Observation,
    Question,
    Ratio,
    compare,
    comparison_of,
    half_interval,
    ratio_interval,
)
from transition_model.analysis.figures.comparison import comparison_figure
from transition_model.calendar import Month
from transition_model.dimensions import dimension
from transition_model.districts import load_districts
from transition_model.studies.results import target_outcomes

SINCE, UNTIL = Month.parse("2025-01"), Month.parse("2027-12")
TARGET = "msw_recycling_rate"
QUESTION = Question(
    target_outcomes([TARGET]), ("carbon_dioxide_per_month",), 1000, SINCE, UNTIL, UNTIL
)


# -- intervals ------------------------------------------------------------------------------------
def test_the_interval_of_a_mean_is_students() -> None:
    assert half_interval(np.array([1.0, 2.0, 3.0])) == pytest.approx(2.4841, abs=1e-4)
    assert math.isnan(half_interval(np.array([1.0])))


def test_luck_that_both_share_does_not_widen_the_interval() -> None:
    luck = np.array([-100.0, 0.0, 300.0])
    assert half_interval((luck + 5.0) - luck) == pytest.approx(0.0)


def test_an_exact_ratio_has_no_width() -> None:
    below = np.array([1.0, 2.0, 4.0, 3.0])
    assert ratio_interval(2.5 * below, below) == (pytest.approx(2.5), pytest.approx(2.5))


def test_fiellers_interval_holds_the_true_ratio_as_often_as_it_says() -> None:
    rng, held = np.random.default_rng(1), []
    for _ in range(2000):
        low, high = ratio_interval(rng.normal(6.0, 1.5, 8), rng.normal(3.0, 0.8, 8))
        held.append(low <= 2.0 <= high)
    assert np.mean(held) == pytest.approx(0.95, abs=0.015)


def test_a_denominator_like_zero_leaves_the_ratio_open() -> None:
    low, high = ratio_interval(np.array([1.0, 2.0, 3.0]), np.array([-1.0, 1.0, 0.5]))
    assert math.isnan(low)
    assert math.isnan(high)
    nothing = Ratio.of("cost", "yuan", np.array([1.0, 2.0]), np.array([0.0, 0.0]))
    assert math.isnan(nothing.value)


# -- side by side ---------------------------------------------------------------------------------
def _observed(
    value: float, cars: float, subsidised: float, yuan: float, each: float = 0.0
) -> Observation:
    return Observation(
        targets=np.array([value]),
        series=np.array([10.0 * value]),
        cars=cars,
        subsidised=subsidised,
        car_money=yuan,
        money=2.0 * yuan,
        by_income=np.linspace(0.0, each, len(dimension("income_group"))),
        by_district=np.full(len(load_districts().district), each),
    )


@pytest.fixture
def found() -> Comparison:
    """A subsidy of 10,000 yuan for 100 cars, 40 of them additional, on two kinds of luck."""
    under = [_observed(50.0, 1040.0, 100.0, 1e6, 80.0), _observed(60.0, 2040.0, 100.0, 1e6, 80.0)]
    without = [_observed(48.0, 1000.0, 0.0, 0.0), _observed(57.0, 2000.0, 0.0, 0.0)]
    return comparison_of(("paid", "none"), (1, 2), QUESTION, under, without)


def test_effects_are_mean_differences(found: Comparison) -> None:
    table = found.table().set_index(["kind", "quantity"])
    row = table.loc[("target", TARGET)]
    assert (row["none"], row["paid"], row["effect"]) == (52.5, 55.0, 2.5)
    assert row["high"] - row["effect"] == pytest.approx(12.7062 * 0.5, rel=1e-4)
    assert row["note"] == "interval holds 0"
    assert table.loc[("series", "carbon_dioxide_per_month"), "unit"] == "tCO2"
    assert table.loc[("cars", "new_cars"), "effect"] == 40.0
    assert table.loc[("cars", "new_cars"), "note"] == ""
    assert "2 pairs of runs" in found.note


def test_large_numbers_are_told_in_millions() -> None:
    runs = [_observed(5e7, 1.0, 1.0, 1e8), _observed(3e7, 1.0, 1.0, 3e8)]
    table = comparison_of(("a", "b"), (1, 2), QUESTION, runs, runs).table().set_index("quantity")
    assert table.loc["carbon_dioxide_per_month", "unit"] == "1e6 tCO2"
    assert table.loc["carbon_dioxide_per_month", "a"] == pytest.approx(400.0)
    assert table.loc["public_money", "a"] == pytest.approx(4.0)


def test_what_is_not_additional_is_windfall(found: Comparison) -> None:
    ratios = {ratio.id: ratio.value for ratio in found.ratios}
    assert ratios["additional_share"] == pytest.approx(0.4)
    assert ratios["windfall_share"] == pytest.approx(0.6)
    assert ratios["money_per_additional_car"] == pytest.approx(25_000.0)
    assert ratios["additional_cars_per_yuan"] == pytest.approx(40.0)
    assert ratios["windfall_cars_per_yuan"] == pytest.approx(60.0)


def test_money_stands_by_group_and_district(found: Comparison) -> None:
    incomes = found.of_kind(INCOME)
    assert [effect.pair.mean for effect in incomes] == pytest.approx([0.0, 20.0, 40.0, 60.0, 80.0])
    assert len(found.of_kind(DISTRICT)) == len(load_districts().district)


def test_a_scenario_against_itself_brings_nothing() -> None:
    runs = [_observed(50.0, 1040.0, 100.0, 1e6, 80.0), _observed(60.0, 2040.0, 100.0, 1e6, 80.0)]
    same = comparison_of(("a", "b"), (1, 2), QUESTION, runs, runs).table()
    effects = same[same["kind"] != "ratio"]
    assert (effects["effect"] == 0.0).all()
    assert set(effects["note"]) == {"the same"}
    assert set(same[same["kind"] == "ratio"]["note"]) == {"nothing to divide by"}


def test_one_seed_gives_no_interval() -> None:
    one = comparison_of(
        ("a", "b"),
        (1,),
        QUESTION,
        [_observed(50.0, 2.0, 1.0, 1.0)],
        [_observed(40.0, 1.0, 0.0, 0.0)],
    )
    assert one.table()["low"].isna().all()
    assert "no interval: one seed" in one.note


def test_seeds_window_and_names_are_looked_at_first() -> None:
    plan = Scenario.load("plan")
    with pytest.raises(InputError, match="seeds"):
        compare(plan, plan, seeds=[], since=SINCE)
    with pytest.raises(InputError, match="seeds"):
        compare(plan, plan, seeds=[1, 1], since=SINCE)
    with pytest.raises(InputError, match="window"):
        compare(plan, plan, seeds=[1], since=UNTIL, until=SINCE)
    with pytest.raises(InputError, match="list targets"):
        compare(plan, plan, seeds=[1], since=SINCE, targets=["nothing"])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_figure_shows_targets_cars_and_money(
    language: str, found: Comparison, tmp_path: Path
) -> None:
    comparison_figure(found, tmp_path / "compare.svg", language)  # type: ignore[arg-type]
    drawn = (tmp_path / "compare.svg").read_text("utf-8")
    for words in {"en": ("windfall", "lowest fifth"), "zh": ("本来就会购买", "低收入组")}[language]:
        assert words in drawn


def test_the_coupled_model_is_compared_on_the_same_luck() -> None:
    none, since = Scenario.load("none"), Month.parse("2025-01")
    found = compare(
        none.replace({"measure.24": "on"}), none, seeds=[1, 2], households=300, since=since,
        until=Month.parse("2025-06"), series=["new_car_sales_per_month"],
    )  # fmt: skip
    effects = {effect.id: effect for effect in found.effects}
    assert effects["public_money"].unit == "1e8 yuan"
    assert effects["public_money"].pair.mean > 1.0
    assert np.all(effects["subsidised_cars"].pair.without == 0.0)
    np.testing.assert_array_equal(
        effects["new_cars"].pair.under, effects["new_car_sales_per_month"].pair.under
    )


def test_fewer_windfall_cars_than_without_stand_on_the_other_side_of_nothing() -> None:
    from matplotlib.figure import Figure

    from transition_model.analysis.figures.comparison import _cars

    for subsidised, sides in (
        (30.0, [(0.0, 20.0), (20.0, 30.0)]),
        (15.0, [(0.0, 20.0), (-5.0, 0.0)]),
    ):
        runs = [_observed(50.0, 1e4 * 20.0, 1e4 * subsidised, 1e6, 80.0)]
        none = [_observed(50.0, 0.0, 0.0, 0.0, 80.0)]
        axes = Figure().add_subplot()
        _cars(axes, comparison_of(("a", "b"), (1,), QUESTION, runs, none), "en")
        drawn = [
            tuple(sorted((bar.get_x(), bar.get_x() + bar.get_width()))) for bar in axes.patches
        ]
        assert drawn == [pytest.approx(side) for side in sides]
