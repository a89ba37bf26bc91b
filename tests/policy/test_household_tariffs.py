"""What electricity, gas and water cost a household: the law of a month as schedules."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from numpy.testing import assert_allclose

from transition_model.behaviour.tiered_tariff import bill
from transition_model.calendar import Month
from transition_model.errors import InputError
from transition_model.instruments import amendments, load_instruments
from transition_model.instruments.attributes import Claims
from transition_model.instruments.monthly import amount_of_month
from transition_model.policy.household_tariffs import (
    GOODS,
    Tariff,
    added_by_hour,
    free_electricity,
    peak_hours,
    tariff_of_month,
    tariffs_of_month,
)
from transition_model.scenario import Scenario

LAW = load_instruments()
QUANTITY = {
    "electricity": "electricity_of_month",
    "gas": "gas_of_year",
    "water": "water_of_year",
}
USE = np.array([0.0, 150.0, 200.0, 201.0, 260.0, 359.0, 400.0, 401.0, 500.0, 661.0, 900.0])


def due(tariff: Tariff | None) -> np.ndarray:
    assert tariff is not None
    return bill(USE, tariff.starts, tariff.rises)


@pytest.mark.parametrize("good", GOODS)
@pytest.mark.parametrize("month", ["2020-01", "2021-11", "2023-06", "2027-12"])
def test_a_schedule_asks_what_the_law_asks_of_every_use(good: str, month: str) -> None:
    rule, when = LAW[f"residential_tiered_{good}"], Month.parse(month)
    claims = Claims.of(low_income=False, **{QUANTITY[good]: USE})
    assert_allclose(due(tariff_of_month(rule, when, 1.0)), amount_of_month(rule, when, claims))


@pytest.mark.parametrize("good", GOODS)
def test_the_factor_falls_on_upper_tiers_alone(good: str) -> None:
    tariff, raised = (
        tariffs_of_month(LAW, Month.parse("2026-01"), factor).tariffs[good] for factor in (1.0, 1.5)
    )
    assert tariff is not None and raised is not None
    prices = np.cumsum(tariff.rises)
    assert_allclose(np.cumsum(raised.rises), prices * [1.0, 1.5, 1.5])


def test_a_price_holds_until_another_is_set() -> None:
    gas = LAW["residential_tiered_gas"]
    assert gas.parts(Month.parse("2022-12")) == ()
    assert_allclose(
        due(tariff_of_month(gas, Month.parse("2022-12"), 1.0)),
        due(tariff_of_month(gas, Month.parse("2022-10"), 1.0)),
    )


def test_a_rule_that_is_struck_has_no_tiers_from_that_day_on() -> None:
    ended = amendments.ended(LAW, "residential_tiered_water", date(2025, 6, 30))
    water = ended["residential_tiered_water"]
    assert tariff_of_month(water, Month.parse("2025-06"), 1.0) is not None
    assert tariff_of_month(water, Month.parse("2025-07"), 1.0) is None


def test_a_scenario_may_set_one_price_for_every_unit_but_no_rate() -> None:
    version = {"id": "flat", "start": "2026-01-01", "end": "2027-12-31", "status": "assumed",
               "source": "what if there were no tiers"}  # fmt: skip
    for form, text in (
        ({"flat": {"amount": 0.6, "per": "electricity_of_month"}}, None),
        ({"flat": {"amount": 60.0}}, "marginal steps, or flat"),
    ):
        from transition_model.instruments.changes import change_from

        stated = version | {"start": date(2026, 1, 1), "end": date(2027, 12, 31)} | form
        rule = "residential_tiered_electricity"
        law = change_from(rule, {"versions": [stated]}, "test").applied(LAW)
        month = Month.parse("2026-05")
        if text is None:
            assert_allclose(due(tariff_of_month(law[rule], month, 1.0)), 0.6 * USE)
        else:
            with pytest.raises(InputError, match=text):
                tariff_of_month(law[rule], month, 1.0)


def test_low_income_households_have_their_gas_price_since_2021() -> None:
    before, since = (
        tariffs_of_month(LAW, Month.parse(month), 1.0) for month in ("2021-03", "2021-04")
    )
    assert before.low_income_gas is None
    assert since.low_income_gas == pytest.approx(1.96)


def test_ten_kilowatt_hours_are_free() -> None:
    rule, month = LAW["low_income_free_electricity"], Month.parse("2025-01")
    use = np.array([0.0, 9.0, 10.0, 11.0, 300.0])
    assert_allclose(free_electricity(rule, month, use), [0.0, 4.68, 5.2, 5.2, 5.2])


def test_hours_cost_more_or_less_from_2023_on() -> None:
    rule = LAW["residential_time_of_use"]
    assert not added_by_hour(rule, Month.parse("2022-12")).any()
    added = added_by_hour(rule, Month.parse("2023-01"))
    assert_allclose(added[[7, 8, 10, 11, 16, 17, 19, 20, 21, 22]],
                    [-0.18, 0, 0, 0.1, 0.1, 0, 0, 0.1, 0.1, 0], atol=1e-12)  # fmt: skip
    assert (peak_hours() == (added > 0.0)).all()
    struck = Scenario.load("plan").with_setting("instrument.residential_time_of_use=end@2024-12-31")
    assert not added_by_hour(struck.law["residential_time_of_use"], Month.parse("2025-01")).any()
