"""What the trade-in rules of measure 24 offer, on both sides of every threshold.

Expected amounts are worked out by hand from the published rules, as yuan and days.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

from transition_model.agents.household_money import PROGRAMME_OF_RULE
from transition_model.calendar import Month
from transition_model.dimensions import dimension
from transition_model.instruments import load_instruments
from transition_model.levers import load_levers
from transition_model.policy.trade_in import (
    ANY_TIME,
    HOUSEHOLD_PROGRAMMES,
    TRADE_IN_PROGRAMMES,
    TradeInOffer,
    offer_of_month,
    trade_in_budget,
)

type Array = NDArray[np.float64]

FUEL, HYBRID, ELECTRIC = range(3)
CAR_PRICE = np.array([120_000.0, 130_000.0, 140_000.0])
APPLIANCE_PRICE = np.tile([3_000.0, 2_000.0, 1_000.0], (4, 1))
TAX_RATE = 0.1
AS_PUBLISHED = {"trade_in_generosity": 1.0, "green_preference": 0.0}


def offer(
    month: str,
    car_price: Array = CAR_PRICE,
    appliance_price: Array = APPLIANCE_PRICE,
    **levers: float,
) -> TradeInOffer:
    return offer_of_month(
        load_instruments(),
        AS_PUBLISHED | levers,
        Month.parse(month),
        car_price,
        appliance_price,
        TAX_RATE,
    )


# ---------------------------------------------------------------------------- scrapping a car


@pytest.mark.parametrize(
    ("month", "fuel", "electric"),
    [
        ("2024-03", 0.0, 0.0),
        ("2024-04", 7_000.0 * 7 / 30, 10_000.0 * 7 / 30),  # from the 24th
        ("2024-05", 7_000.0, 10_000.0),
        ("2024-06", 7_000.0, 10_000.0),
        ("2024-07", (7_000.0 * 24 + 15_000.0 * 7) / 31, (10_000.0 * 24 + 20_000.0 * 7) / 31),
        ("2024-08", 15_000.0, 20_000.0),
        ("2024-12", 15_000.0, 20_000.0),
        ("2025-01", 15_000.0, 20_000.0),
        ("2025-12", 15_000.0, 20_000.0),
        ("2026-01", 12_000.0, 16_800.0),  # 10 % of 120,000, 12 % of 140,000
        ("2026-12", 12_000.0, 16_800.0),
        ("2027-01", 12_000.0, 16_800.0),  # the plan keeps the programme open
        ("2027-12", 12_000.0, 16_800.0),
    ],
)
def test_a_scrapped_car_earns_the_amount_of_its_day(
    month: str, fuel: float, electric: float
) -> None:
    assert_allclose(offer(month).scrappage[[FUEL, ELECTRIC]], [fuel, electric], rtol=1e-12)


@pytest.mark.parametrize(
    ("price", "paid"),
    [
        (166_600.0, 19_992.0),
        (166_666.0, 19_999.92),
        (20_000.0 / 0.12, 20_000.0),
        (166_667.0, 20_000.0),
        (300_000.0, 20_000.0),
    ],
)
def test_a_new_energy_car_of_166667_yuan_reaches_the_cap_at_twelve_percent(
    price: float, paid: float
) -> None:
    prices = np.full(3, price)
    assert offer("2026-03", prices).scrappage[ELECTRIC] == pytest.approx(paid, abs=1e-6)
    assert offer("2026-03", prices).scrappage[HYBRID] == pytest.approx(paid, abs=1e-6)


def test_at_the_price_where_the_cap_begins_to_bind_the_rules_of_2025_and_2026_pay_the_same() -> (
    None
):
    at_the_cap = np.array([150_000.0, 20_000.0 / 0.12, 20_000.0 / 0.12])
    assert_allclose(offer("2025-12", at_the_cap).scrappage, offer("2026-01", at_the_cap).scrappage)
    below, above = at_the_cap - 100.0, at_the_cap + 100.0
    assert (offer("2026-01", below).scrappage < offer("2025-12", below).scrappage).all()
    assert_allclose(offer("2026-01", above).scrappage, offer("2025-12", above).scrappage)


@pytest.mark.parametrize(
    ("month", "fuel", "new_energy"),
    [
        ("2024-03", None, None),
        ("2024-04", "2011-06", "2018-04"),
        ("2024-12", "2011-06", "2018-04"),
        ("2025-01", "2012-06", "2018-12"),
        ("2025-12", "2012-06", "2018-12"),
        ("2026-01", "2013-06", "2019-12"),
        ("2027-12", "2013-06", "2019-12"),
    ],
)
def test_the_last_month_of_registration_moves_with_the_year_s_rules(
    month: str, fuel: str | None, new_energy: str | None
) -> None:
    fuel_index, new_index = (
        -1 if text is None else Month.parse(text).index for text in (fuel, new_energy)
    )
    assert_array_equal(offer(month).registered_by, [fuel_index, new_index, new_index])


# ---------------------------------------------------------------------------- selling a car on


def share_of_price(rates: tuple[float, float], floors: Array, caps: Array) -> Array:
    rate = np.array([rates[0], rates[1], rates[1]])
    return np.clip(rate * CAR_PRICE, floors, caps)


AUGUST = share_of_price((0.05, 0.06), np.array([2e3, 3e3, 3e3]), np.array([1e4, 1.2e4, 1.2e4]))
OCTOBER = share_of_price((0.06, 0.07), np.array([2e3, 3e3, 3e3]), np.array([1.6e4, 1.9e4, 1.9e4]))
IN_2026 = share_of_price((0.06, 0.08), np.zeros(3), np.array([1.3e4, 1.5e4, 1.5e4]))
MAY = np.array([0.0, 2_500.0, 2_500.0])
IN_2025 = np.array([13_000.0, 15_000.0, 15_000.0])


@pytest.mark.parametrize(
    ("month", "expected"),
    [
        ("2024-04", np.zeros(3)),
        ("2024-05", MAY * 11 / 31),  # from the 21st
        ("2024-06", MAY),
        ("2024-07", MAY),
        ("2024-08", (MAY * 19 + AUGUST * 12) / 31),  # the change comes on the 20th
        ("2024-09", AUGUST),
        ("2024-10", OCTOBER),
        ("2024-12", OCTOBER),
        ("2025-01", IN_2025),
        ("2025-05", IN_2025),
        ("2025-06", np.zeros(3)),  # suspended
        ("2025-07", IN_2025),
        ("2025-12", IN_2025),
        ("2026-01", IN_2026),
        ("2027-12", IN_2026),
    ],
)
def test_a_car_sold_on_for_a_new_one_earns_the_amount_of_its_day(
    month: str, expected: Array
) -> None:
    assert_allclose(offer(month).replacement, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("price", "fuel", "electric"),
    [
        (39_000.0, 2_000.0, 3_000.0),
        (49_900.0, 2_495.0, 3_000.0),
        (50_100.0, 2_505.0, 3_006.0),
        (199_000.0, 9_950.0, 11_940.0),
        (200_000.0, 10_000.0, 12_000.0),
        (201_000.0, 10_000.0, 12_000.0),
    ],
)
def test_floor_and_cap_of_september_2024_bind_on_the_price_of_the_new_car(
    price: float, fuel: float, electric: float
) -> None:
    paid = offer("2024-09", np.full(3, price)).replacement
    assert_allclose(paid[[FUEL, ELECTRIC]], [fuel, electric], rtol=1e-12)


def test_while_selling_on_is_suspended_scrapping_and_appliances_are_paid_as_before() -> None:
    may, june = offer("2025-05"), offer("2025-06")
    assert_array_equal(may.scrappage, june.scrappage)
    assert_array_equal(may.appliance, june.appliance)
    assert (june.replacement == 0.0).all()


# ---------------------------------------------------------------------------- appliances


@pytest.mark.parametrize(
    ("month", "expected"),
    [
        ("2024-07", [0.0, 0.0, 0.0]),
        ("2024-08", [600.0 * 12 / 31, 300.0 * 12 / 31, 0.0]),  # from the 20th
        ("2024-09", [600.0, 300.0, 0.0]),
        ("2024-12", [600.0, 300.0, 0.0]),
        ("2025-01", [600.0 * 12 / 31, 300.0 * 12 / 31, 0.0]),  # again from the 20th
        ("2025-02", [600.0, 300.0, 0.0]),
        ("2025-12", [600.0, 300.0, 0.0]),
        ("2026-01", [450.0, 0.0, 0.0]),
        ("2027-12", [450.0, 0.0, 0.0]),
    ],
)
def test_a_new_appliance_earns_the_share_of_its_price_that_its_grade_is_worth(
    month: str, expected: list[float]
) -> None:
    assert_allclose(offer(month).appliance, np.tile(expected, (4, 1)), rtol=1e-12)


@pytest.mark.parametrize(
    ("month", "price", "paid"),
    [
        ("2025-06", 9_990.0, 1_998.0),
        ("2025-06", 10_000.0, 2_000.0),
        ("2025-06", 10_010.0, 2_000.0),
        ("2026-06", 9_990.0, 1_498.5),
        ("2026-06", 10_000.0, 1_500.0),
        ("2026-06", 10_010.0, 1_500.0),
    ],
)
def test_an_appliance_of_ten_thousand_yuan_reaches_the_cap(
    month: str, price: float, paid: float
) -> None:
    rebate = offer(month, appliance_price=np.full((4, 3), price)).appliance
    assert_allclose(rebate[:, 0], paid, rtol=1e-12)


def test_each_appliance_is_paid_by_its_own_price() -> None:
    prices = np.arange(1.0, 13.0).reshape(4, 3) * 100.0
    assert_allclose(offer("2025-06", appliance_price=prices).appliance[:, 0], 0.2 * prices[:, 0])


# ---------------------------------------------------------------------------- purchase tax


@pytest.mark.parametrize(
    ("month", "price", "electric_tax"),
    [
        ("2023-12", 400_000.0, 0.0),  # no cap yet
        ("2024-01", 299_000.0, 0.0),
        ("2024-01", 300_000.0, 0.0),
        ("2024-01", 301_000.0, 100.0),
        ("2025-12", 400_000.0, 10_000.0),
        ("2026-01", 140_000.0, 7_000.0),
        ("2026-01", 300_000.0, 15_000.0),
        ("2026-01", 301_000.0, 15_100.0),
        ("2027-12", 400_000.0, 25_000.0),
    ],
)
def test_a_new_energy_car_pays_the_purchase_tax_beyond_the_relief_of_its_year(
    month: str, price: float, electric_tax: float
) -> None:
    tax = offer(month, np.full(3, price)).tax
    assert_allclose(tax, [TAX_RATE * price, electric_tax, electric_tax], atol=1e-9)


def test_purchase_tax_does_not_depend_on_the_levers_of_trade_in() -> None:
    plain = offer("2026-05")
    bold = offer("2026-05", trade_in_generosity=3.0, green_preference=1.0)
    assert_array_equal(plain.tax, bold.tax)
    assert_array_equal(plain.registered_by, bold.registered_by)


# ---------------------------------------------------------------------------- levers


@given(st.floats(min_value=0.0, max_value=3.0), st.sampled_from(["2024-07", "2025-03", "2026-03"]))
def test_generosity_multiplies_every_amount(factor: float, month: str) -> None:
    plain, other = offer(month), offer(month, trade_in_generosity=factor)
    for name in ("scrappage", "replacement", "appliance"):
        assert_allclose(getattr(other, name), factor * getattr(plain, name), rtol=1e-12)


@given(st.floats(min_value=0.0, max_value=1.0), st.sampled_from(["2024-09", "2025-03", "2026-03"]))
def test_green_preference_takes_its_share_off_fuel_cars_and_lower_grades_and_nothing_else(
    share: float, month: str
) -> None:
    plain, other = offer(month), offer(month, green_preference=share)
    for name in ("scrappage", "replacement"):
        expected = getattr(plain, name) * np.array([1.0 - share, 1.0, 1.0])
        assert_allclose(getattr(other, name), expected, rtol=1e-12)
    grades = np.array([1.0, 1.0 - share, 1.0 - share])
    assert_allclose(other.appliance, plain.appliance * grades, rtol=1e-12)


def test_full_green_preference_pays_nothing_for_fuel_cars() -> None:
    green = offer("2026-03", green_preference=1.0)
    assert green.scrappage[FUEL] == green.replacement[FUEL] == 0.0
    assert green.scrappage[ELECTRIC] == offer("2026-03").scrappage[ELECTRIC]


def test_the_plan_pays_fuel_cars_three_quarters_of_the_published_amount() -> None:
    planned = {name: load_levers()[name].default for name in AS_PUBLISHED}
    assert planned == {"trade_in_generosity": 1.0, "green_preference": 0.25}
    assert offer("2026-03", **planned).scrappage[FUEL] == pytest.approx(0.75 * 12_000.0)


def test_with_the_measure_off_nothing_is_offered() -> None:
    off = {name: load_levers()[name].off for name in AS_PUBLISHED}
    closed = offer("2026-03", **off)
    assert not closed.scrappage.any()
    assert not closed.replacement.any()
    assert not closed.appliance.any()


# ---------------------------------------------------------------------------- money


def test_the_budget_is_counted_in_hundred_millions() -> None:
    assert trade_in_budget({"trade_in_budget": 36.4}) == pytest.approx(3.64e9)


def test_the_programmes_that_share_the_money_are_those_of_the_trade_in_rules() -> None:
    rules = load_instruments()
    assert {name: rules[name].programme for name in PROGRAMME_OF_RULE} == PROGRAMME_OF_RULE
    assert set(PROGRAMME_OF_RULE.values()) == set(TRADE_IN_PROGRAMMES)
    others = {
        rule.programme
        for rule in rules.values()
        if rule.measure == 24 and rule.programme not in TRADE_IN_PROGRAMMES
    }
    assert others == {"none", "countryside_cars"}
    assert set(HOUSEHOLD_PROGRAMMES) <= set(dimension("subsidy_programme").members)


# ---------------------------------------------------------------------------- conditions


@pytest.mark.parametrize(
    ("month", "scrapping", "selling"),
    [
        ("2024-06", None, None),
        ("2024-09", "2024-07", None),
        ("2025-03", "2024-12", "2024-12"),
        ("2025-12", "2024-12", "2024-12"),
        ("2026-03", None, None),
    ],
)
def test_the_old_car_must_have_been_owned_since_before_the_rule(
    month: str, scrapping: str | None, selling: str | None
) -> None:
    found = offer(month)
    for month_index, expected in (
        (found.owned_by_scrappage, scrapping),
        (found.owned_by_replacement, selling),
    ):
        assert month_index == (ANY_TIME if expected is None else Month.parse(expected).index)


@pytest.mark.parametrize("month", ["2024-06", "2025-03", "2026-03"])
def test_who_scraps_a_new_energy_car_is_not_paid_for_a_fuel_car(month: str) -> None:
    expected = np.ones((3, 3), dtype=np.bool_)
    expected[[HYBRID, ELECTRIC], FUEL] = False
    assert_array_equal(offer(month).new_for_old, expected)


@pytest.mark.parametrize(("month", "litres"), [("2024-03", np.inf), ("2024-05", 2.0)])
def test_engines_beyond_two_litres_are_not_paid_for(month: str, litres: float) -> None:
    assert offer(month).engine_litres == litres


@pytest.mark.parametrize(
    ("month", "conditioners"), [("2024-09", 1), ("2025-03", 3), ("2026-03", 1)]
)
def test_air_conditioners_beyond_the_limit_of_the_version_are_not_paid_for(
    month: str, conditioners: int
) -> None:
    assert offer(month).appliance_limit.tolist() == [conditioners, 1, 1, 1]


def test_without_a_rule_there_is_no_limit() -> None:
    assert (offer("2024-03").appliance_limit == ANY_TIME).all()


def test_claims_of_the_pause_of_june_2025_have_the_amounts_of_the_version_that_is_suspended() -> (
    None
):
    for month, expected in (("2025-05", 0.0), ("2025-06", 1.0), ("2025-07", 0.0)):
        assert_allclose(offer(month).replacement_paused, expected * IN_2025)
    assert not offer("2025-06").scrappage_paused.any()


# ---------------------------------------------------------------------------- beside trade-in


@pytest.mark.parametrize(
    ("month", "expected"),
    [("2024-07", 0.0), ("2024-08", 60.0 * 12 / 31), ("2024-12", 60.0), ("2025-01", 0.0)],
)
def test_the_retailer_adds_two_percent_for_the_old_appliance(month: str, expected: float) -> None:
    assert offer(month).appliance_top_up[0, 0] == pytest.approx(expected)
    dear = offer(month, appliance_price=np.full((4, 3), 20_000.0)).appliance_top_up
    assert dear.max() == pytest.approx(expected / 60.0 * 200.0)


@pytest.mark.parametrize(
    ("month", "expected"),
    [("2024-12", 0.0), ("2025-01", 1_000.0), ("2026-12", 1_000.0), ("2027-01", 0.0)],
)
def test_the_countryside_campaign_pays_for_new_energy_cars_alone(
    month: str, expected: float
) -> None:
    assert_allclose(offer(month).countryside, [0.0, expected, expected])


@pytest.mark.parametrize(
    ("month", "rate", "expected"),
    [
        ("2025-08", 3.5, 0.0),
        ("2025-09", 3.5, 500.0),
        ("2025-09", 2.0, 500.0),
        ("2025-09", 1.9, 0.0),
        ("2026-08", 3.5, 500.0),
        ("2026-09", 3.5, 0.0),
    ],
)
def test_a_loan_of_fifty_thousand_earns_a_point_of_interest_while_the_rule_holds(
    month: str, rate: float, expected: float
) -> None:
    found = offer_of_month(
        load_instruments(), AS_PUBLISHED, Month.parse(month), CAR_PRICE, APPLIANCE_PRICE, TAX_RATE,
        np.full(3, 50_000.0), rate,
    )  # fmt: skip
    assert_allclose(found.loan, expected)


@pytest.mark.parametrize(
    ("month", "relief"), [("2023-12", 14_000.0), ("2025-12", 14_000.0), ("2026-01", 7_000.0)]
)
def test_tax_and_relief_make_the_whole_tax(month: str, relief: float) -> None:
    found = offer(month)
    assert found.tax_relief[ELECTRIC] == pytest.approx(relief)
    assert_allclose(found.tax + found.tax_relief, TAX_RATE * CAR_PRICE)
