"""Claims offices in machine code do what :class:`MonthlyOffice` does, day by day."""

from __future__ import annotations

import copy
from datetime import date, timedelta
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from transition_model.agents import trade_in_office
from transition_model.agents.household_money import PROGRAMME_OF_RULE, TradeInMoney
from transition_model.agents.household_offers import worth_of_claim
from transition_model.agents.situation import Situation
from transition_model.calendar import Month
from transition_model.instruments import Instrument, load_instruments
from transition_model.instruments.loading import validated
from transition_model.kernels.groups import Groups, RowStrata, hand_over
from transition_model.ledger import Ledger
from transition_model.parameters import ParameterValues, load_parameters
from transition_model.policy.monthly_office import ClaimsOfMonth, OfficeMonth
from transition_model.scenario import Scenario

PARAMETERS = ParameterValues(load_parameters(), {})
LEVERS = Scenario.load("plan").lever_values(Month.parse("2025-01"))
PRICES = {
    "appliance_trade_in": "appliance_price",
    "digital_trade_in": "digital_price",
    "green_home_renovation": "renovation_price",
}
FIRST = date(2025, 1, 1)
MONTHS = [Month.parse("2025-01") + place for place in range(4)]
ROWS = 3


@st.composite
def budgets(draw: st.DrawFn, start: date) -> dict[str, Any]:
    total = draw(st.sampled_from([0.0, 50.0, 400.0, 3_000.0]))
    budget: dict[str, Any] = {
        "total": total, "allocation": "first_come_first_served", "last_claim": "remainder",
        "carry_over": draw(st.booleans()), "central_share": 0.0,
    }  # fmt: skip
    if draw(st.booleans()):
        budget |= {"daily_quota": draw(st.sampled_from([5.0, 40.0])), "allocation": "daily_quota"}
    if total > 0.0 and draw(st.booleans()):
        later = start + timedelta(days=draw(st.integers(1, 9)))
        budget["tranches"] = [
            {"start": start, "amount": total / 4.0}, {"start": later, "amount": 3.0 * total / 4.0},
        ]  # fmt: skip
    return budget


@st.composite
def rules(draw: st.DrawFn, name: str) -> Instrument:
    versions = []
    start = FIRST + timedelta(days=draw(st.integers(-20, 40)))
    for place in range(draw(st.integers(1, 4))):
        end = start + timedelta(days=draw(st.integers(9, 70)))
        of = PRICES.get(name, "car_price")
        version: dict[str, Any] = {
            "id": f"number_{place}", "start": start, "end": end, "status": "assumed",
            "source": "a law of the test", "takes_over_queue": place > 0 and draw(st.booleans()),
            "state": draw(st.sampled_from(["active", "active", "suspended"])),
            "percent": {
                "of": of, "rate": draw(st.sampled_from([0.1, 0.2])), "floor": 0.0, "cap": 1e12,
            },
        }  # fmt: skip
        if version["state"] == "active" and draw(st.booleans()):
            version["budget"] = draw(budgets(start))
        versions.append(version)
        start = end + timedelta(days=draw(st.sampled_from([1, 1, 8])))
    return validated(f"test: {name}", name, {
        "measure": 24, "target": "household", "scope": "city", "trigger": "purchase",
        "gives": "subsidy", "answered_by": "households", "when_off": "ends", "label_en": "Rebate",
        "label_zh": "补贴", "after": draw(st.sampled_from(["end", "continue"])),
        "versions": versions,
    })  # fmt: skip


laws = st.fixed_dictionaries({name: rules(name) for name in PROGRAMME_OF_RULE})
yuan = st.sampled_from([0.0, 3.0, 120.0, 900.0])


def situation(law: dict[str, Instrument], month: Month) -> Situation:
    return Situation(
        month=month, seed=1, parameters=PARAMETERS, levers=LEVERS, stocks={},
        spent_this_year=np.zeros(0), ledger=Ledger(str(month)), law=load_instruments() | law,
    )  # fmt: skip


def of_rows(done: OfficeMonth) -> np.ndarray:
    """What parts of the queue that have rows were paid."""
    paid = [share * rows for rows, share in done.paid_to_queue if rows is not None]
    return np.sum(paid, axis=0) if paid else np.zeros(ROWS)


def assert_same(ours: TradeInMoney, theirs: TradeInMoney) -> None:
    for name, office in theirs.offices.items():
        other = ours.offices[name]
        for field in ("pot", "saved_quota", "released", "paid", "waiting"):
            expected = getattr(office, field)
            assert getattr(other, field) == pytest.approx(expected, rel=1e-9, abs=1e-9), field
        assert [part.total for part in other.queue] == pytest.approx(
            [part.total for part in office.queue], rel=1e-9
        )


@settings(max_examples=60, deadline=None)
@given(laws, st.data())
def test_offices_do_the_same_in_machine_code(law: dict[str, Instrument], data: Any) -> None:
    ours, theirs = TradeInMoney(), TradeInMoney()
    for month in MONTHS:
        at = situation(law, month)
        totals = {
            name: ClaimsOfMonth(data.draw(yuan), data.draw(yuan), data.draw(yuan))
            for name in PROGRAMME_OF_RULE
        }
        left = data.draw(st.sampled_from([-1.0, 0.0, 70.0, 1_000.0, 1e9]))
        top_ups = (
            {"car_scrappage_renewal": np.array([10.0, 0.0, 25.0])}
            if begins(law["car_scrappage_renewal"], month) and data.draw(st.booleans())
            else {}
        )
        worth = {name: partial(worth_of_claim, at, name) for name in totals}
        expected = theirs.serve(at.law, month, totals, worth, left, copy.deepcopy(top_ups))
        done = trade_in_office.serve(ours, at, totals, left, top_ups)
        for name, one in expected.items():
            other = done[name]
            for field in (
                "open_share", "waiting_share", "closed_share", "served", "waits",
                "waits_on_pause", "new_queue_paid", "paid",
            ):  # fmt: skip
                assert getattr(other, field) == pytest.approx(
                    getattr(one, field), rel=1e-9, abs=1e-9
                ), (name, field, str(month))
            assert_allclose(other.paid_by_day, one.paid_by_day, rtol=1e-9, atol=1e-9)
            assert_allclose(of_rows(other), of_rows(one), rtol=1e-9, atol=1e-9)
        assert_same(ours, theirs)
        for money in (ours, theirs):
            for name in PROGRAMME_OF_RULE:
                money.offices[name].name_rows(np.array([1.0, 2.0, float(month.index % 7)]))


def begins(rule: Instrument, month: Month) -> bool:
    """Whether one version begins in the month."""
    return sum(Month.of(version.start) == month for version in rule.versions) == 1


def groups_of(
    district: list[int], urban: list[int], weight: list[float], income_group: list[int]
) -> Groups:
    """Groups of rows each of which is a stratum."""
    strata = RowStrata(
        np.arange(len(district), dtype=np.uint8),
        np.array(weight),
        np.array(district),
        np.array(urban, dtype=np.uint8),
        np.zeros(len(district), dtype=np.uint8),
    )
    return Groups(strata, np.array(income_group, dtype=np.int8))


def test_what_groups_are_handed_is_booked_and_received_alike_by_their_households() -> None:
    groups = groups_of([1, 0, 1, 1], [1, 0, 1, 0], [3.0, 7.0, 1.0, 4.0], [4, 0, 4, 0])
    subsidies = np.array([0.0, 0.0, 1.0, 0.0])
    yuan = np.zeros((2, 2, 5))
    yuan[1, 1, 4], yuan[1, 0, 0] = 8.0, 6.0
    assert hand_over(groups, yuan, subsidies) == (14.0, 14.0)
    assert subsidies.tolist() == [2.0, 0.0, 3.0, 1.5]


def test_what_is_owed_to_a_group_that_nobody_belongs_to_any_more_goes_to_all() -> None:
    groups = groups_of([0, 1], [1, 1], [1.0, 3.0], [0, 0])
    yuan, subsidies = np.zeros((2, 2, 5)), np.zeros(2)
    yuan[0, 1, 0], yuan[0, 0, 3] = 4.0, 12.0
    assert hand_over(groups, yuan, subsidies) == (16.0, 16.0)
    assert subsidies.tolist() == [7.0, 3.0]
