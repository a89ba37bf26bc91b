"""What the recycling rules are worth by the tonne, on both sides of their dates."""

from __future__ import annotations

import numpy as np
import pytest

from transition_model.calendar import Month
from transition_model.dimensions import dimension
from transition_model.instruments import load_instruments
from transition_model.parameters import ParameterValues, load_parameters
from transition_model.policy.recycling import RecyclingTerms, recycling_terms

KINDS = dimension("recycler_kind")


def terms(month: str, **overrides: float) -> RecyclingTerms:
    values = ParameterValues(load_parameters(), overrides)
    return recycling_terms(load_instruments(), Month.parse(month), values)


def test_money_for_treatment_goes_to_appliances_only() -> None:
    for month in ("2020-01", "2023-01", "2026-01"):
        money = terms(month).treatment_money
        assert np.flatnonzero(money).tolist() == [KINDS.index("appliances")]


def test_rates_by_unit_fell_in_april_2021_and_gave_way_to_the_fund_in_2024() -> None:
    place = KINDS.index("appliances")
    before, after, fund, gone = (
        terms(month).treatment_money[place]
        for month in ("2021-03", "2021-04", "2024-01", "2028-01")
    )
    assert 0.6 < after / before < 0.8
    assert fund == pytest.approx(0.7 * 3000.0)
    assert gone == 0.0


def test_refunds_are_by_item_and_go_on_after_their_last_known_day() -> None:
    assert terms("2020-01").refund_share == pytest.approx([0.3, 0.5, 0.3, 0.5, 0.7, 0.3])
    assert terms("2027-12").refund_share.tolist() == terms("2020-01").refund_share.tolist()


def test_plants_invoice_what_persons_sell_below_the_ceiling_from_29_april_2024() -> None:
    assert terms("2024-03").invoiced_share.tolist() == [0.0] * 6
    covered = 1.0 - np.exp(-5e6 / 2e6)
    assert terms("2024-05").invoiced_share == pytest.approx(
        [covered, covered, covered, 0.0, 0.0, covered]
    )
    first = 1.0 - np.exp(-5e6 * 2.0 / 30.0 / 2e6)  # the ceiling over two days of thirty
    assert terms("2024-04").invoiced_share[0] == pytest.approx(first)


def test_bigger_sellers_leave_less_under_the_ceiling() -> None:
    shares = [
        terms("2025-01", individual_seller_sales=size).invoiced_share[0] for size in (1e6, 4e6)
    ]
    assert shares[0] > shares[1]


def test_vehicles_must_be_whole_from_april_2026() -> None:
    assert terms("2026-03").battery_rule == 0.0
    assert terms("2026-04").battery_rule == pytest.approx(1.0)


def test_licences_bind_since_before_the_plan() -> None:
    assert terms("2020-01").certificate == terms("2025-01").certificate == 1.0
