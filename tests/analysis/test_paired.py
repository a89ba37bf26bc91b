"""Paired runs: what a policy brings, who gets its money, and what would have happened anyway."""

import numpy as np
import pytest

from transition_model import InputError, Scenario
from transition_model.analysis.paired import (
    Additionality,
    HouseholdMoney,
    ObservedRun,
    Paired,
    additionality,
    observe,
)
from transition_model.calendar import Month
from transition_model.dimensions import dimension
from transition_model.policy.trade_in import TRADE_IN_PROGRAMMES

SINCE, END = Month.parse("2025-01"), Month.parse("2025-12")


def _observed(scenario: Scenario) -> ObservedRun:
    return observe(scenario, seed=1, households=300, since=SINCE, end=END, precision="double")


@pytest.fixture(scope="module")
def none() -> ObservedRun:
    return _observed(Scenario.load("none"))


@pytest.fixture(scope="module")
def trade_in() -> ObservedRun:
    return _observed(Scenario.load("none").replace({"measure.24": "on"}))


def test_a_difference_is_taken_seed_by_seed() -> None:
    pair = Paired(under=np.array([3.0, 8.0]), without=np.array([1.0, 7.0]))
    assert pair.difference.tolist() == [2.0, 1.0]
    assert (pair.mean, pair.low, pair.high) == (1.5, 1.0, 2.0)


@pytest.mark.parametrize("without", [np.array([1.0]), np.array([1.0, 2.0, 3.0])])
def test_a_pair_that_lacks_its_twin_is_refused(without: np.ndarray) -> None:
    with pytest.raises(InputError, match="pairs"):
        Paired(under=np.array([3.0, 8.0]), without=without)


def test_what_is_not_additional_is_windfall() -> None:
    found = Additionality(
        subsidised=np.array([100.0, 0.0]),
        additional=np.array([40.0, 0.0]),
        money=np.array([1e6, 0.0]),
    )
    assert found.additional_share[0] == pytest.approx(0.4)
    assert found.windfall_share[0] == pytest.approx(0.6)
    assert found.money_per_additional[0] == pytest.approx(25_000.0)
    assert np.isnan(found.additional_share[1])
    assert np.isnan(found.money_per_additional[1])


def test_money_is_shared_out_over_groups_by_weight() -> None:
    money = HouseholdMoney(
        received=np.array([10.0, 0.0, 20.0]),
        of_all_rules=np.array([10.0, 5.0, 20.0]),
        weight=np.array([1.0, 3.0, 2.0]),
        income_group=np.array([0, 0, 1]),
        district=np.array([0, 0, 0]),
    )
    assert money.by_group(money.income_group, 3).tolist() == [10.0, 40.0, 0.0]
    each = money.per_household(money.income_group, 3)
    assert each[:2].tolist() == [2.5, 20.0]
    assert np.isnan(each[2])


def test_households_receive_what_the_trade_in_programmes_pay(trade_in: ObservedRun) -> None:
    paid = trade_in.spent(SINCE, END, TRADE_IN_PROGRAMMES)
    groups = len(dimension("income_group"))
    received = trade_in.money.by_group(trade_in.money.income_group, groups).sum()
    assert paid > 1e8
    assert received == pytest.approx(paid, rel=1e-9)


def test_without_the_programme_nobody_receives_anything(none: ObservedRun) -> None:
    assert none.money.received.max() == 0.0
    assert none.subsidised(SINCE, END) == 0.0


def test_a_scenario_against_itself_brings_nothing(trade_in: ObservedRun) -> None:
    found = additionality([trade_in], [trade_in], "new_car_sales_per_month", SINCE, END)
    assert found.additional.tolist() == [0.0]
    assert found.windfall_share.tolist() == [1.0]
    assert np.isnan(found.money_per_additional[0])


def test_some_subsidised_purchases_are_additional_and_some_are_not(
    trade_in: ObservedRun, none: ObservedRun
) -> None:
    found = additionality([trade_in], [none], "new_car_sales_per_month", SINCE, END)
    assert 0.0 < found.additional_share[0] < 1.0
    mean_amount = found.money[0] / found.subsidised[0]
    assert found.money_per_additional[0] > mean_amount


def test_subsidised_cars_are_fewer_than_cars_bought(trade_in: ObservedRun) -> None:
    bought = trade_in.series["new_car_sales_per_month"]
    assert np.all(trade_in.subsidised_cars <= bought)
    assert len(trade_in.subsidised_cars) == len(trade_in.series.months)


def test_runs_of_another_number_are_refused(trade_in: ObservedRun, none: ObservedRun) -> None:
    with pytest.raises(InputError, match="pairs"):
        additionality([trade_in, trade_in], [none], "new_car_sales_per_month", SINCE, END)


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(InputError, match="window"):
        observe(Scenario.load("none"), seed=1, households=200, since=END, end=SINCE)


def test_a_window_beyond_the_run_is_refused(none: ObservedRun) -> None:
    with pytest.raises(InputError, match="2020-01 to 2025-12"):
        none.total("new_car_sales_per_month", SINCE, Month.parse("2026-01"))
