"""Terms that the law sets for industrial firms, on both sides of dates and thresholds."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from transition_model.calendar import Month
from transition_model.dimensions import dimension
from transition_model.instruments import load_instruments
from transition_model.parameters import ParameterValues, load_parameters
from transition_model.policy import carbon, efficiency, electricity_price, finance

LAW = load_instruments()
SECTORS = dimension("industry_sector")
CLASSES = dimension("catalogue_class")


def month(text: str) -> Month:
    return Month.parse(text)


def surcharge(sector: str, catalogue_class: str, missed: float = 0.0) -> float:
    table = electricity_price.class_surcharges(LAW, month("2025-06"), missed)
    return float(table[SECTORS.index(sector), CLASSES.index(catalogue_class)])


@pytest.mark.parametrize(
    ("sector", "catalogue_class", "yuan"),
    [
        ("aluminium", "restricted", 0.10),
        ("aluminium", "eliminated", 0.30),
        ("cement", "eliminated", 0.40),
        ("steel", "restricted", 0.10),
        ("steel", "eliminated", 0.50),
        ("steel", "allowed", 0.0),
        ("vehicles", "eliminated", 0.0),
    ],
)
def test_the_differential_price_goes_by_trade_and_class(
    sector: str, catalogue_class: str, yuan: float
) -> None:
    assert surcharge(sector, catalogue_class) == pytest.approx(yuan)


def test_steel_that_missed_its_capacity_cut_pays_half_a_yuan_whatever_its_class() -> None:
    assert surcharge("steel", "encouraged", 1.0) == pytest.approx(0.5)
    assert surcharge("steel", "restricted", 1.0) == pytest.approx(0.5)
    assert surcharge("steel", "restricted", 0.25) == pytest.approx(0.75 * 0.1 + 0.25 * 0.5)


def tier(
    sector: str, when: str, *, excess: float = 0.0, kwh: float = 0.0, green: float = 0.0
) -> float:
    energy = electricity_price.ProductEnergy(np.array([excess]), np.array([kwh]), np.array([green]))
    paid, received = electricity_price.tiered_surcharges(
        LAW,
        month(when),
        np.array([SECTORS.index(sector)]),
        np.array([CLASSES.index("allowed")]),
        energy,
    )
    assert received[0] == pytest.approx(paid[0] * (0.9 if sector == "cement" else 1.0))
    return float(paid[0])


@pytest.mark.parametrize(
    ("sector", "when", "last_year", "yuan"),
    [
        ("steel", "2025-01", {"excess": 0.0}, 0.0),
        ("steel", "2025-01", {"excess": 0.01}, 0.05),
        ("steel", "2025-01", {"excess": 0.11}, 0.10),
        ("cement", "2025-01", {"kwh": 90.0}, 0.0),
        ("cement", "2025-01", {"kwh": 90.1}, 0.10),
        ("cement", "2025-01", {"kwh": 93.1}, 0.25),
        ("aluminium", "2021-12", {"kwh": 13_700.0}, 0.0),
        ("aluminium", "2021-12", {"kwh": 13_701.0}, 0.02),
        ("aluminium", "2022-01", {"kwh": 13_651.0}, 0.01),
        ("aluminium", "2025-01", {"kwh": 13_300.0}, 0.0),
        ("aluminium", "2025-01", {"kwh": 13_341.0}, 0.03),
        ("aluminium", "2025-01", {"kwh": 13_341.0, "green": 25.0}, 0.03 * 0.9),
    ],
)
def test_tiers_go_by_last_years_energy_for_a_tonne(
    sector: str, when: str, last_year: dict[str, float], yuan: float
) -> None:
    assert tier(sector, when, **last_year) == pytest.approx(yuan)


def test_the_punitive_price_begins_above_the_limit_and_rises_above_twice_the_limit() -> None:
    paid = electricity_price.punitive_surcharge(
        LAW, month("2025-01"), np.array([-0.1, 0.0, 0.01, 1.0, 1.01])
    )
    assert_allclose(paid, [0.0, 0.0, 0.10, 0.10, 0.30])


def test_the_premium_of_high_energy_firms_came_when_the_cap_was_lifted_for_them() -> None:
    before, half, after = (
        electricity_price.market_premium(LAW, month(when), 0.1, 0.2, 0.6)
        for when in ("2021-09", "2021-10", "2021-11")
    )
    assert before == 0.0
    assert half == pytest.approx(0.1)
    assert after == pytest.approx(0.1)


def test_a_cap_that_binds_all_leaves_room_only_below_it() -> None:
    early = month("2021-09")
    assert electricity_price.market_premium(LAW, early, 0.1, 0.1, 0.6) == pytest.approx(0.06)


def test_hours_cost_more_by_day_and_less_by_night_since_2022() -> None:
    assert not electricity_price.time_of_use_floats(LAW, month("2021-12")).any()
    floats = electricity_price.time_of_use_floats(LAW, month("2022-01"))
    assert_allclose(floats[[7, 8, 11, 16, 17, 20, 22]], [-0.62, 0.0, 0.6, 0.6, 0.0, 0.6, 0.0])


def test_inspection_awards_and_duty_hold_in_their_months() -> None:
    assert efficiency.inspected_share(LAW, month("2024-12")) == 0.0
    assert efficiency.inspected_share(LAW, month("2025-01")) == pytest.approx(0.3)
    assert efficiency.factory_awards(LAW, month("2027-12")) == (300_000.0, 500_000.0)
    assert efficiency.factory_awards(LAW, month("2028-01")) == (0.0, 0.0)
    aluminium, steel, other = (SECTORS.index(name) for name in ("aluminium", "steel", "other"))
    duty = [efficiency.green_power_duty(LAW, month(when)) for when in ("2024-12", "2025-01")]
    assert_allclose([year[aluminium] for year in duty], [0.25, 0.28])
    assert_allclose([year[steel] for year in duty], [0.0, 0.28])
    assert duty[1][other] == 0.0


def test_a_service_contract_is_rewarded_by_the_tonne_up_to_five_million() -> None:
    paid = efficiency.service_contract_reward(LAW, month("2025-01"), np.array([100.0, 1e6]))
    assert_allclose(paid, [24_000.0, 5e6])
    assert not efficiency.service_contract_reward(LAW, month("2024-12"), np.array([100.0])).any()


def loan(when: str, subsidy: float = 0.0) -> finance.LoanTerms:
    return finance.green_loan_terms(
        LAW,
        {"green_loan_interest_discount": subsidy},
        month(when),
        ParameterValues(load_parameters(), {}),
    )


def test_the_facility_passes_a_part_of_its_advantage_on_from_its_first_month() -> None:
    assert loan("2021-10").discount == 0.0
    # 60 % refinanced at 1.75 %, of whose advantage three tenths reach the borrower.
    elsewhere = load_parameters()["bank_refinancing_rate"]
    bank = ParameterValues(load_parameters(), {}).scalar(elsewhere.id, month("2022-06"))
    assert loan("2022-06").facility == pytest.approx(0.6 * (bank - 0.0175) * 0.3)
    assert 0.0015 < loan("2022-06").facility < 0.002


def test_no_loan_costs_less_than_nothing() -> None:
    terms = loan("2027-06", subsidy=0.5)
    assert terms.discount == pytest.approx(0.0315)
    assert terms.facility > 0.0


def test_pollution_is_dearer_since_2021_and_water_is_paid_for_as_a_tax() -> None:
    assert_allclose(finance.pollution_tax(LAW, month("2020-12")), [2.4, 3.0, 25.0])
    assert_allclose(finance.pollution_tax(LAW, month("2021-01")), [3.5, 3.0, 25.0])
    for when in ("2024-11", "2024-12", "2027-12"):
        assert finance.water_fee(LAW, month(when)) == pytest.approx(0.11)


def test_a_grant_is_fifteen_percent_up_to_a_hundred_million() -> None:
    paid = finance.investment_grant(LAW, month("2025-01"), np.array([1e6, 1e9]))
    assert_allclose(paid, [150_000.0, 100e6])


def test_a_firm_of_the_national_market_is_not_in_the_pilot() -> None:
    sector = np.array([SECTORS.index("steel"), SECTORS.index("chemicals")])
    large = np.array([50_000.0, 50_000.0])
    before, after = (
        carbon.carbon_price(LAW, month(when), sector, large) for when in ("2025-04", "2025-08")
    )
    assert_allclose(before.marginal, [36.0, 36.0])
    assert_allclose(after.marginal, [75.0, 36.0])
    assert_allclose(after.pilot, [0.0, 36.0])


@pytest.mark.parametrize(("emissions", "yuan"), [(12_999.0, 0.0), (13_000.0, 36.0)])
def test_the_pilot_begins_at_thirteen_thousand_tonnes(emissions: float, yuan: float) -> None:
    sector = np.array([SECTORS.index("chemicals")])
    found = carbon.carbon_price(LAW, month("2024-06"), sector, np.array([emissions]))
    assert found.marginal[0] == pytest.approx(yuan)
    assert found.reserve == pytest.approx(0.05)
