"""What a scenario may do to the law, and that the law it started from stays as it was."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from transition_model.errors import InputError
from transition_model.instruments import load_instruments
from transition_model.instruments.amendments import ended, suspended, with_version
from transition_model.instruments.amounts import Flat
from transition_model.instruments.attributes import Claims
from transition_model.instruments.evaluation import given
from transition_model.policy.claims import settle

RULES = load_instruments()
FEE = "waste_fee"
HOME = Claims.of(1, waste_of_month=1.0)
SCRAP = Claims.of(1, recyclables_delivered=10.0)


def test_a_version_is_replaced_by_one_of_the_same_name() -> None:
    dearer = (
        RULES[FEE].versions[0].model_copy(update={"flat": Flat(amount=10.0, per="waste_of_month")})
    )
    changed = with_version(RULES, FEE, dearer)
    assert given(changed[FEE], HOME, date(2024, 1, 1)).tolist() == [10.0]
    assert given(RULES[FEE], HOME, date(2024, 1, 1)).tolist() == [8.0]
    assert all(changed[name] is rule for name, rule in RULES.items() if name != FEE)


def test_a_version_is_added_in_its_place_in_time() -> None:
    later = RULES[FEE].versions[0].model_copy(
        update={
            "id": "2026", "start": date(2026, 1, 1), "end": date(2026, 12, 31),
            "flat": Flat(amount=12.0, per="waste_of_month"),
        }
    )  # fmt: skip
    changed = with_version(RULES, FEE, later)[FEE]
    assert [given(changed, HOME, day)[0] for day in (date(2025, 12, 31), date(2026, 1, 1))] == [
        8.0, 12.0,
    ]  # fmt: skip


def test_an_added_version_that_overlaps_is_refused_by_name() -> None:
    overlapping = (
        RULES[FEE]
        .versions[0]
        .model_copy(update={"id": "2025", "start": date(2025, 1, 1), "end": date(2026, 12, 31)})
    )
    with pytest.raises(InputError, match=r"scenario: waste_fee.*flat_fee.*2025"):
        with_version(RULES, FEE, overlapping)


def test_a_pause_pays_nothing_keeps_the_queue_and_ends_by_itself() -> None:
    first, last = date(2025, 3, 1), date(2025, 3, 31)
    changed = suspended(RULES, "sorting_incentive", first, last)["sorting_incentive"]
    one = timedelta(days=1)
    assert [given(changed, SCRAP, day)[0] for day in (first - one, first, last, last + one)] == [
        1.0, 0.0, 0.0, 1.0,
    ]  # fmt: skip
    done = settle(
        changed, SCRAP, np.array([7]), np.array([first.toordinal()]), until=date(2025, 12, 31)
    )
    assert done.decided_on.tolist() == [(last + one).toordinal()]
    assert done.total_fen == 100


def test_a_pause_that_covers_a_whole_version_leaves_nothing_of_it() -> None:
    changed = suspended(RULES, "digital_trade_in", date(2025, 1, 1), date(2026, 1, 31))
    assert [version.state for version in changed["digital_trade_in"].versions] == ["suspended"]


@pytest.mark.parametrize(
    ("name", "start", "end", "words"),
    [
        (FEE, date(2025, 2, 1), date(2025, 1, 1), "an end on or after"),
        (FEE, date(2001, 2, 1), date(2001, 3, 1), "days with a version"),
        ("no_rule", date(2025, 1, 1), date(2025, 2, 1), "no_rule"),
        ("non_operating_truck_scrapping", date(2026, 1, 1), date(2026, 2, 1), "budget"),
    ],
)
def test_an_impossible_pause_is_refused(name: str, start: date, end: date, words: str) -> None:
    with pytest.raises(InputError, match=words):
        suspended(RULES, name, start, end)


def test_a_rule_that_would_go_on_can_be_ended() -> None:
    last = date(2026, 6, 30)
    changed = ended(RULES, FEE, last)[FEE]
    assert changed.after == "end"
    days = (last, last + timedelta(days=1))
    assert [given(changed, HOME, day)[0] for day in days] == [8.0, 0.0]
    assert [given(RULES[FEE], HOME, day)[0] for day in days] == [8.0, 8.0]


def test_an_early_end_cuts_off_later_versions() -> None:
    changed = ended(RULES, "car_scrappage_renewal", date(2024, 8, 31))["car_scrappage_renewal"]
    assert [version.id for version in changed.versions] == ["2024_first", "2024_raised"]
    assert changed.last_end == date(2024, 8, 31)


def test_an_end_before_the_first_version_is_refused() -> None:
    with pytest.raises(InputError, match="2011-01-01"):
        ended(RULES, FEE, date(2001, 1, 1))
