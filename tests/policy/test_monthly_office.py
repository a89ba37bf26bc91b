"""The office of a month agrees with the exact one on the same claims, and keeps its rules."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from transition_model.calendar import Month
from transition_model.instruments import Instrument
from transition_model.instruments.attributes import Claims
from transition_model.instruments.loading import validated
from transition_model.instruments.schema import Version
from transition_model.policy.claims import settle
from transition_model.policy.monthly_office import (
    ClaimsOfMonth,
    MonthlyOffice,
    OfficeMonth,
    Waiting,
    stop_of,
)

type Array = NDArray[np.float64]

FIRST, LAST = date(2025, 1, 1), date(2025, 6, 30)
MONTHS = [Month.parse(f"2025-{number:02d}") for number in range(1, 7)]


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def version(start: int, end: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"from_{start}", "start": day(start), "end": day(end), "status": "assumed",
        "source": "a law of the test",
        "percent": {"of": "car_price", "rate": 1.0, "floor": 0.0, "cap": 1e12},
    } | more  # fmt: skip


def law(*versions: dict[str, Any]) -> Instrument:
    return validated("test: rebate", "rebate", {
        "measure": 24, "target": "household", "scope": "city", "trigger": "purchase",
        "gives": "subsidy", "answered_by": "households", "when_off": "ends", "label_en": "Rebate",
        "label_zh": "补贴", "after": "end", "versions": list(versions),
    })  # fmt: skip


def budget(total: float, **more: Any) -> dict[str, Any]:
    return {
        "total": total, "allocation": "first_come_first_served", "carry_over": True,
        "last_claim": "remainder", "central_share": 0.0,
    } | more  # fmt: skip


def same(version: Version) -> float:
    return 1.0


def run(rule: Instrument, claims: list[float]) -> tuple[MonthlyOffice, list[OfficeMonth]]:
    """Claims a day in each month, the same on every day in force, money or not."""
    office, done = MonthlyOffice(rule), []
    for month, yuan in zip(MONTHS, claims, strict=True):
        days = {"active": 0, "suspended": 0}
        for place in range(((month + 1).first_day - month.first_day).days):
            for _, found in rule.in_force(month.first_day + timedelta(days=place)):
                if found.state != "closed":
                    days[found.state] += 1
        active, paused = yuan * days["active"], yuan * days["suspended"]
        done.append(office.run(month, ClaimsOfMonth(active, active, paused), same))
    return office, done


def exact(rule: Instrument, claims: list[float]) -> list[float]:
    """What the exact office has paid in each month on one claim a day."""
    days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    yuan = [claims[one.month - 1] for one in days]
    ordinals = np.array([one.toordinal() for one in days])
    claimed = Claims.of(len(days), car_price=yuan)
    totals = [0.0]
    for month in MONTHS:
        until = (month + 1).first_day - timedelta(days=1)
        keep = ordinals <= until.toordinal()
        done = settle(rule, claimed.taken(keep), np.arange(keep.sum()), ordinals[keep], until)
        totals.append(done.total_fen / 100)
    return np.diff(totals).tolist()


@st.composite
def laws(draw: st.DrawFn) -> Instrument:
    """One to four versions one after the other, with and without money, paused or not."""
    cuts = sorted(draw(st.sets(st.integers(min_value=5, max_value=175), min_size=1, max_size=5)))
    versions: list[dict[str, Any]] = []
    for start, following in zip(cuts, [*cuts[1:], 181], strict=True):
        more: dict[str, Any] = {}
        if versions and draw(st.booleans()):
            more["takes_over_queue"] = True
        if draw(st.integers(min_value=0, max_value=3)) == 0:
            more["state"] = "suspended"
        kind = draw(st.sampled_from(["none", "total", "tranches", "quota"]))
        total = float(draw(st.integers(min_value=0, max_value=8_000)))
        carry = draw(st.booleans())
        if kind == "total":
            more["budget"] = budget(total, carry_over=carry)
        if kind == "tranches":
            middle = (start + following) // 2
            dates = sorted({start, middle})
            share = total / len(dates)
            tranches = [{"start": day(one), "amount": share} for one in dates]
            more["budget"] = budget(total, carry_over=carry, tranches=tranches)
        if kind == "quota":
            more["budget"] = budget(
                total, carry_over=carry, allocation="daily_quota",
                daily_quota=float(draw(st.integers(min_value=1, max_value=150))),
            )  # fmt: skip
        versions.append(version(start, following - 1, **more))
    return law(*versions)


@settings(max_examples=150, deadline=None)
@given(laws(), st.lists(st.integers(min_value=0, max_value=100), min_size=6, max_size=6))
def test_both_offices_pay_the_same_in_every_month(rule: Instrument, daily: list[int]) -> None:
    claims = [float(yuan) for yuan in daily]
    office, done = run(rule, claims)
    assert [month.paid for month in done] == pytest.approx(exact(rule, claims), abs=0.02)
    assert office.paid <= office.released + 1e-6


@settings(max_examples=50, deadline=None)
@given(laws(), st.lists(st.integers(min_value=0, max_value=100), min_size=6, max_size=6))
def test_shares_of_the_month_are_shares(rule: Instrument, daily: list[int]) -> None:
    for month in run(rule, [float(yuan) for yuan in daily])[1]:
        assert -1e-12 <= month.open_share <= 1.0 + 1e-12
        assert -1e-12 <= month.waiting_share <= 1.0 + 1e-12
        assert month.closed_share == pytest.approx(0.0, abs=1e-12)
        assert month.served + month.waits <= 1.0 + 1e-12


def test_a_pot_that_is_used_up_within_the_month_has_paid_its_total() -> None:
    rule = law(version(0, 180, budget=budget(1_000.0)))
    office, done = run(rule, [100.0] * 6)
    assert done[0].paid == 1_000.0
    assert done[0].open_share == pytest.approx(10 / 31)
    assert done[0].waiting_share == pytest.approx(21 / 31)
    assert sum(month.paid for month in done) == 1_000.0
    assert office.waiting == pytest.approx(100.0 * 181 - 1_000.0)


def test_other_claims_come_when_the_money_is_gone() -> None:
    rule = law(version(0, 180, budget=budget(1_000.0)))
    office = MonthlyOffice(rule)
    office.run(MONTHS[0], ClaimsOfMonth(3_100.0, 620.0), same)
    assert office.waiting == pytest.approx(620.0 * 21 / 31)


def test_a_pause_pays_nothing_and_its_claims_are_served_first_when_the_rule_goes_on() -> None:
    rule = law(
        version(0, 58, budget=budget(5_900.0)),
        version(59, 89, state="suspended", takes_over_queue=True),
        version(90, 180, takes_over_queue=True, budget=budget(1_000.0)),
    )
    office, done = run(rule, [100.0, 100.0, 50.0, 100.0, 100.0, 100.0])
    march, april = done[2], done[3]
    assert march.paid == 0.0
    assert march.open_share == 1.0
    # All of the money goes to those who waited, and some of them still wait.
    assert april.paid == april.paid_to_queue[0][1] * 50.0 * 31 == 1_000.0
    assert office.waiting == pytest.approx(50.0 * 31 + 100.0 * 91 - 1_000.0)


def test_claims_that_wait_lapse_with_their_version() -> None:
    rule = law(version(0, 30, budget=budget(100.0)), version(31, 180))
    office, done = run(rule, [100.0] * 6)
    assert done[0].paid == 100.0
    assert done[1].paid == pytest.approx(2_800.0)
    assert office.waiting == 0.0


def test_top_ups_are_served_before_the_claims_of_the_first_day() -> None:
    rule = law(version(0, 30), version(31, 180, takes_over_queue=True, budget=budget(500.0)))
    office, owed = MonthlyOffice(rule), np.array([300.0, 100.0])
    office.run(MONTHS[0], ClaimsOfMonth(100.0), same)
    done = office.run(
        MONTHS[1], ClaimsOfMonth(2_800.0, 2_800.0), same, top_up=Waiting(owed, 400.0, 400.0)
    )
    assert done.paid == 500.0
    rows, share = done.paid_to_queue[0]
    assert rows is owed
    assert share == 1.0
    assert done.served == pytest.approx(100.0 / 2_800.0)


@given(
    st.lists(st.floats(min_value=0.0, max_value=1e9), min_size=3, max_size=3),
    st.floats(min_value=0.0, max_value=1.2),
)
def test_a_ceiling_over_several_rules_is_met_to_the_last_yuan(
    claims: list[float], share: float
) -> None:
    rules = [law(version(-40, 180)) for _ in claims]
    month, left = MONTHS[2], share * sum(claims)
    tried = [
        MonthlyOffice(rule).run(month, ClaimsOfMonth(yuan), same)
        for rule, yuan in zip(rules, claims, strict=True)
    ]
    stop = stop_of([done.paid_by_day for done in tried], left, month)
    done = [
        MonthlyOffice(rule).run(month, ClaimsOfMonth(yuan), same, stop)
        for rule, yuan in zip(rules, claims, strict=True)
    ]
    paid = sum(one.paid for one in done)
    assert paid == pytest.approx(min(left, sum(claims)), rel=1e-9, abs=1e-6)
    if stop is not None:
        for one in done:
            assert one.closed_share == pytest.approx(1.0 - share, abs=1e-6)


def test_after_the_ceiling_nothing_is_claimed_and_nothing_waits() -> None:
    rule = law(version(0, 180, budget=budget(1e6)))
    office = MonthlyOffice(rule)
    stop = stop_of([np.full(31, 10.0)], 155.0, MONTHS[0])
    done = office.run(MONTHS[0], ClaimsOfMonth(310.0, 310.0), same, stop)
    assert done.paid == pytest.approx(155.0)
    assert done.closed_share == pytest.approx(0.5)
    assert office.waiting == 0.0
