"""What households know of the end of an offer, month by month."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from transition_model.agents.announced_ends import AnnouncedEnd, announced_end
from transition_model.calendar import Month


def version(
    start: date,
    end: date,
    announced: date | None = None,
    stated_end: date | None = None,
    open_ended: bool = False,
) -> SimpleNamespace:
    return SimpleNamespace(
        start=start, end=end, announced=announced, stated_end=stated_end, open_ended=open_ended
    )


def rule(*versions: SimpleNamespace) -> Any:
    return SimpleNamespace(versions=versions)


SPRING = version(date(2025, 3, 10), date(2025, 6, 30))
AUTUMN = version(date(2025, 9, 1), date(2025, 12, 31))
AUTUMN_ANNOUNCED = version(date(2025, 9, 1), date(2025, 12, 31), date(2025, 5, 20))
SUMMER = version(date(2025, 6, 21), date(2025, 12, 31))


@pytest.mark.parametrize(
    ("month", "left"), [("2025-03", 3), ("2025-04", 2), ("2025-05", 1), ("2025-06", 0)]
)
def test_the_end_of_a_version_is_known_from_its_start(month: str, left: int) -> None:
    assert announced_end(rule(SPRING), Month.parse(month)) == AnnouncedEnd(left, None)


@pytest.mark.parametrize("month", ["2025-02", "2025-07", "2026-12"])
def test_where_no_version_is_in_force_no_end_is_announced(month: str) -> None:
    assert announced_end(rule(SPRING), Month.parse(month)) is None


def test_a_next_version_is_not_reckoned_with_before_it_is_announced() -> None:
    rules = rule(SPRING, AUTUMN_ANNOUNCED)
    may, june = (announced_end(rules, Month.parse(month)) for month in ("2025-05", "2025-06"))
    assert may == AnnouncedEnd(1, None)  # announced on 20 May: not known when the month opens
    assert june == AnnouncedEnd(0, Month.parse("2025-09"))


def test_an_end_that_nobody_foresaw_is_reckoned_with_as_the_text_stated_it() -> None:
    cut_short = version(date(2025, 3, 10), date(2025, 6, 30), stated_end=date(2025, 12, 31))
    assert announced_end(rule(cut_short), Month.parse("2025-06")) == AnnouncedEnd(6, None)


def test_a_rule_whose_text_names_no_end_has_none_to_hurry_for() -> None:
    open_ended = version(date(2025, 3, 10), date(2025, 6, 30), open_ended=True)
    assert announced_end(rule(open_ended), Month.parse("2025-06")) is None


def test_a_next_version_whose_announcement_is_unknown_comes_as_a_surprise() -> None:
    assert announced_end(rule(SPRING, AUTUMN), Month.parse("2025-06")) == AnnouncedEnd(0, None)


def test_a_version_that_is_replaced_within_a_month_is_no_end_to_hurry_for_in_that_month() -> None:
    replaced = version(date(2025, 3, 10), date(2025, 6, 20))
    end = announced_end(rule(replaced, SUMMER), Month.parse("2025-06"))
    # From the twenty-first on the next version is in force; its first whole month is July.
    assert end == AnnouncedEnd(0, Month.parse("2025-07"))
