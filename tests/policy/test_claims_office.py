"""The claims office: who is served when, with what money, and that every fen is accounted for."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given as hypothesis_given
from hypothesis import strategies as st

from transition_model.errors import InputError
from transition_model.instruments import Instrument, load_instruments
from transition_model.instruments.attributes import Claims
from transition_model.instruments.evaluation import proceeds_fen
from transition_model.instruments.loading import validated
from transition_model.policy.claims import NEVER, Settlement, settle

FIRST = date(2025, 1, 1)
BUDGET = {
    "total": 100.0, "allocation": "first_come_first_served", "carry_over": True,
    "last_claim": "remainder", "central_share": 0.0,
}  # fmt: skip


def version(start: date, end: date, **more: Any) -> dict[str, Any]:
    amount = {"percent": {"of": "car_price", "rate": 1.0, "floor": 0.0, "cap": 1e6}}
    return {
        "id": str(start), "start": start, "end": end, "status": "assumed",
        "source": "a law of the test",
    } | (more if more.keys() & {"flat", "percent"} else amount | more)  # fmt: skip


def law(*versions: dict[str, Any], **more: Any) -> Instrument:
    entry = {
        "measure": 24, "target": "household", "scope": "city", "trigger": "purchase",
        "gives": "subsidy", "answered_by": "none yet", "when_off": "ends", "label_en": "Rebate",
        "label_zh": "补贴", "after": "end", "versions": list(versions),
    }  # fmt: skip
    return validated("test: rebate", "rebate", entry | more)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def office(
    rule: Instrument, claims: list[tuple[int, float]], until: int = 400, agents: Any = None
) -> Settlement:
    """Claims as (day, yuan)."""
    return settle(
        rule,
        Claims.of(len(claims), car_price=[yuan for _, yuan in claims]),
        np.arange(len(claims)) if agents is None else np.array(agents),
        np.array([day(number).toordinal() for number, _ in claims]),
        day(until),
    )


def year(**more: Any) -> dict[str, Any]:
    return version(day(0), day(364), **more)


def paid(settlement: Settlement) -> list[float]:
    return (settlement.paid_fen / 100).tolist()


def served(settlement: Settlement) -> list[int | None]:
    first = FIRST.toordinal()
    return [None if on == NEVER else int(on) - first for on in settlement.decided_on]


# ---------------------------------------------------------------------------- money that runs out


def test_an_exhausted_budget_pays_exactly_its_total() -> None:
    done = office(law(year(budget=BUDGET)), [(0, 60.0), (1, 60.0), (2, 10.0)])
    assert paid(done) == [60.0, 40.0, 0.0]
    assert served(done) == [0, None, None]
    assert done.total_fen == 100_00


def test_a_claim_that_no_longer_fits_gets_nothing_where_claims_are_paid_in_full() -> None:
    done = office(
        law(year(budget=BUDGET | {"last_claim": "in_full"})), [(0, 60.0), (1, 60.0), (2, 10.0)]
    )
    assert paid(done) == [60.0, 0.0, 0.0]
    assert done.waiting.tolist() == [False, True, True]


@pytest.mark.parametrize("last_claim", ["remainder", "in_full"])
def test_a_budget_that_just_suffices_pays_everybody(last_claim: str) -> None:
    done = office(law(year(budget=BUDGET | {"last_claim": last_claim})), [(0, 60.0), (3, 40.0)])
    assert paid(done) == [60.0, 40.0]
    assert served(done) == [0, 3]


def test_the_queue_goes_by_day_not_by_the_order_of_the_list() -> None:
    done = office(law(year(budget=BUDGET)), [(5, 80.0), (1, 80.0)])
    assert done.claim.tolist() == [1, 0]
    assert paid(done) == [80.0, 20.0]


def test_of_one_day_who_came_first_is_served_first() -> None:
    assert paid(office(law(year(budget=BUDGET)), [(5, 70.0), (5, 80.0)])) == [70.0, 30.0]


def test_a_second_tranche_serves_those_who_wait() -> None:
    tranches = [{"start": day(0), "amount": 50.0}, {"start": day(10), "amount": 50.0}]
    done = office(
        law(year(budget=BUDGET | {"tranches": tranches})), [(0, 40.0), (1, 30.0), (2, 10.0)]
    )
    assert paid(done) == [40.0, 30.0, 10.0]
    assert served(done) == [0, 10, 10]


@pytest.mark.parametrize(("carry_over", "expected"), [(True, [20.0, 80.0]), (False, [20.0, 50.0])])
def test_what_a_tranche_leaves_stays_only_with_carry_over(
    carry_over: bool, expected: list[float]
) -> None:
    tranches = [{"start": day(0), "amount": 50.0}, {"start": day(10), "amount": 50.0}]
    budget = BUDGET | {"tranches": tranches, "carry_over": carry_over}
    assert paid(office(law(year(budget=budget)), [(0, 20.0), (11, 80.0)])) == expected


@pytest.mark.parametrize(("carry_over", "expected"), [(False, [3, 4, 5, 5]), (True, [3, 3, 3, 3])])
def test_a_daily_quota_spreads_claims_over_days(carry_over: bool, expected: list[int]) -> None:
    budget = BUDGET | {
        "allocation": "daily_quota", "daily_quota": 20.0, "carry_over": carry_over,
    }  # fmt: skip
    done = office(law(year(budget=budget)), [(3, 20.0), (3, 20.0), (3, 10.0), (3, 10.0)])
    assert served(done) == expected
    assert paid(done) == [20.0, 20.0, 10.0, 10.0]


def test_what_was_paid_without_a_quota_is_not_taken_off_a_later_quota() -> None:
    quota = BUDGET | {"allocation": "daily_quota", "daily_quota": 20.0}
    rule = law(
        version(day(0), day(9)), version(day(10), day(39), takes_over_queue=True, budget=quota)
    )
    done = office(rule, [(0, 90.0), (10, 20.0), (11, 20.0)])
    assert paid(done) == [90.0, 20.0, 20.0]
    assert served(done) == [0, 10, 11]


# ---------------------------------------------------------------------------- pauses


def paused(**budget: Any) -> Instrument:
    return law(
        version(day(0), day(9), **budget),
        version(day(10), day(19), state="suspended", takes_over_queue=True),
        version(day(20), day(39), takes_over_queue=True),
    )


def test_a_suspended_programme_pays_nothing_and_serves_the_queue_when_it_resumes() -> None:
    done = office(paused(), [(9, 10.0), (10, 20.0), (19, 30.0), (20, 40.0)])
    assert served(done) == [9, 20, 20, 20]
    assert paid(done) == [10.0, 20.0, 30.0, 40.0]
    meanwhile = office(paused(), [(9, 10.0), (10, 20.0), (19, 30.0)], until=19)
    assert paid(meanwhile) == [10.0, 0.0, 0.0]
    assert meanwhile.waiting.tolist() == [False, True, True]


def test_what_waits_for_money_at_a_pause_is_served_after_it() -> None:
    done = office(paused(budget=BUDGET), [(1, 90.0), (2, 30.0), (12, 5.0)])
    assert paid(done) == [90.0, 30.0, 5.0]
    assert served(done) == [1, 20, 20]


def test_waiting_claims_lapse_where_no_version_takes_them_over() -> None:
    rule = law(version(day(0), day(9), budget=BUDGET), version(day(10), day(19)))
    done = office(rule, [(1, 90.0), (2, 30.0), (12, 5.0)])
    assert paid(done) == [90.0, 10.0, 5.0]


def test_a_closed_version_takes_no_claims() -> None:
    assert office(law(year(state="closed")), [(1, 5.0)]).claim.size == 0


# --------------------------------------------------------------------------- top-ups, limits, delay


def raised(**more: Any) -> Instrument:
    return law(
        version(day(0), day(9), flat={"amount": 10.0}),
        version(day(10), day(19), flat={"amount": 25.0}, retroactive_from=day(5), **more),
    )


def test_a_retroactive_version_pays_the_difference_to_earlier_claimants() -> None:
    done = office(raised(), [(4, 1.0), (5, 1.0), (9, 1.0), (10, 1.0)])
    by_agent = dict(zip(*(array.tolist() for array in done.by_agent()), strict=True))
    assert by_agent == {0: 10_00, 1: 25_00, 2: 25_00, 3: 25_00}
    assert done.claim.tolist() == [0, 1, 2, 1, 2, 3]


def test_top_ups_stand_before_the_claims_of_the_first_day() -> None:
    done = office(raised(budget=BUDGET | {"total": 35.0}), [(5, 1.0), (10, 1.0)])
    assert paid(done) == [10.0, 15.0, 20.0]


def test_a_lower_amount_takes_nothing_back() -> None:
    rule = law(
        version(day(0), day(9), flat={"amount": 10.0}),
        version(day(10), day(19), flat={"amount": 5.0}, retroactive_from=day(0)),
    )
    assert paid(office(rule, [(1, 1.0)])) == [10.0]


def test_one_claim_an_agent_and_the_first_counts() -> None:
    rule = law(year(limits={"claims_per_agent": 1, "period": "version"}))
    done = office(rule, [(2, 5.0), (1, 7.0), (3, 9.0)], agents=[8, 8, 4])
    assert done.claim.tolist() == [1, 2]


def test_a_limit_of_the_calendar_year_begins_anew_in_january() -> None:
    rule = law(version(day(0), day(500), limits={"claims_per_agent": 1, "period": "calendar_year"}))
    done = office(rule, [(1, 5.0), (364, 5.0), (365, 5.0)], until=500, agents=[8, 8, 8])
    assert done.claim.tolist() == [0, 2]


def test_the_claim_that_crosses_a_sum_is_cut_to_it() -> None:
    rule = law(year(limits={"yuan_per_agent": 100.0, "period": "version"}))
    done = office(rule, [(1, 60.0), (2, 60.0), (3, 60.0), (4, 60.0)], agents=[8, 8, 8, 4])
    assert paid(done) == [60.0, 40.0, 60.0]


def test_three_air_conditioners_but_one_refrigerator() -> None:
    rule = load_instruments()["appliance_trade_in"]
    words = ["air_conditioner"] * 4 + ["refrigerator"] * 2
    claims = Claims.of(6, grade="grade_1", appliance_category=words, appliance_price=1_000.0)
    when = np.full(6, date(2025, 3, 1).toordinal())
    done = settle(rule, claims, np.zeros(6, dtype=np.int64), when, date(2025, 12, 31))
    assert done.claim.tolist() == [0, 1, 2, 4]
    assert done.total_fen == 4 * 200_00


def test_payment_comes_after_its_delay() -> None:
    done = office(law(year(payment_delay_days=30, budget=BUDGET)), [(1, 60.0), (2, 60.0)])
    assert (done.paid_on - FIRST.toordinal())[0] == 31
    assert done.paid_on[1] == NEVER


# ---------------------------------------------------------------------------- what follows


def test_after_the_last_version_a_rule_goes_on_fades_or_ends() -> None:
    claims = [(364, 100.0), (365 + 49, 100.0), (365 + 99, 100.0)]
    one = year()
    assert paid(office(law(one), claims, until=600)) == [100.0]
    assert paid(office(law(one, after="continue"), claims, until=600)) == [100.0] * 3
    fading = law(one, after="phase_out", phase_out_days=100)
    assert paid(office(fading, claims, until=600)) == [100.0, 50.0, 0.0]


# ---------------------------------------------------------------------------- sums


@hypothesis_given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 5_000), st.integers(0, 4)),
        min_size=1, max_size=40,
    ),
    st.sampled_from(["remainder", "in_full"]),
    st.booleans(),
    st.sampled_from([None, 7.77]),
)  # fmt: skip
def test_every_fen_is_paid_to_somebody_and_no_budget_is_exceeded(
    entries: list[tuple[int, int, int]], last_claim: str, carry_over: bool, quota: float | None
) -> None:
    budget = BUDGET | {"last_claim": last_claim, "carry_over": carry_over, "central_share": 0.95}
    if quota is not None:
        budget |= {"allocation": "daily_quota", "daily_quota": quota}
    done = office(
        law(version(day(0), day(60), budget=budget)),
        [(when, fen / 100) for when, fen, _ in entries],
        agents=[agent for _, _, agent in entries],
    )
    assert int(done.by_agent()[1].sum()) == done.total_fen <= 100_00
    assert done.central_fen == round(0.95 * done.total_fen)
    assert (done.paid_fen <= done.claimed_fen).all()
    asked = int(done.claimed_fen.sum())
    if last_claim == "remainder" and quota is None:
        assert done.total_fen == min(asked, 100_00)
    whole = done.decided_on != NEVER
    assert (done.paid_fen[whole] == done.claimed_fen[whole]).all()


def test_the_same_claims_are_settled_the_same_way_again() -> None:
    rule = load_instruments()["car_replacement_renewal"]
    size = 50_000
    place = np.arange(size)
    claims = Claims.of(
        size,
        powertrain=np.where(place % 3 == 0, "combustion", "battery_electric"),
        car_price=80_000.0 + place % 1000 * 200.0,
        old_car_owned_since=date(2015, 1, 1),
    )
    days = date(2024, 5, 21).toordinal() + place * 7919 % 225
    first, again = (settle(rule, claims, place, days, date(2024, 12, 31)) for _ in range(2))
    assert first.paid_fen.tobytes() == again.paid_fen.tobytes()
    # 20 million of the first pot, and the year's 1,030 million less those 20, which lapse or not.
    assert first.total_fen <= 1_030_000_000_00
    assert int(first.by_agent()[1].sum()) == first.total_fen


def test_proceeds_are_shared_to_the_fen() -> None:
    rule = load_instruments()["cement_tiered_price"].versions[0]
    assert proceeds_fen(rule, 1_001) == {"treasury": 901, "grid_company": 100}


def test_claims_of_unequal_length_are_refused() -> None:
    with pytest.raises(InputError, match="equal lengths"):
        settle(law(year()), Claims.of(2, car_price=1.0), np.arange(3), np.arange(2), day(1))
