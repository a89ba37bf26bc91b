"""Months are ordered, count up through the years and are read strictly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transition_model.calendar import Month, months_between
from transition_model.errors import InputError

MONTHS = st.integers(min_value=0, max_value=12 * 9999 + 11).map(Month)


@given(MONTHS)
def test_a_month_reads_back_from_what_it_writes(month: Month) -> None:
    assert Month.parse(str(month)) == month
    assert 1 <= month.month <= 12
    assert month.year * 12 + month.month - 1 == month.index


@given(MONTHS, st.integers(min_value=0, max_value=600))
def test_the_difference_of_two_months_is_the_number_of_months_between(
    month: Month, number: int
) -> None:
    assert (month + number) - month == number
    assert (month + number >= month) and ((month + number > month) == (number > 0))
    assert len(list(months_between(month, month + number))) == number + 1


def test_december_is_followed_by_january() -> None:
    assert str(Month.parse("2024-12") + 1) == "2025-01"
    assert str(Month.parse("2025-01") + -1) == "2024-12"


def test_months_as_text_stand_in_the_order_of_time() -> None:
    texts = [str(month) for month in months_between(Month.parse("2019-11"), Month.parse("2021-02"))]
    assert texts == sorted(texts)
    assert texts[0] == "2019-11"
    assert texts[-1] == "2021-02"
    assert len(texts) == 16


def test_no_months_lie_between_a_month_and_an_earlier_one() -> None:
    assert not list(months_between(Month.parse("2020-02"), Month.parse("2020-01")))


def test_a_year_runs_from_its_whole_number_to_the_next() -> None:
    assert Month.parse("2024-01").years == 2024.0
    assert Month.parse("2024-07").years == 2024.5
    assert Month.parse("2024-12").years < 2025.0


@pytest.mark.parametrize(
    "text",
    ["2026-1", "2026-13", "2026-00", "2026/01", "26-01", "2026-01-01", "", "January", None, 2026],
)
def test_what_is_no_month_is_refused_with_its_place(text: object) -> None:
    with pytest.raises(InputError, match="YYYY-MM") as problem:
        Month.parse(text, "levers.trade_in_budget.from")
    assert problem.value.where == "levers.trade_in_budget.from"
    assert problem.value.read == text


@pytest.mark.parametrize("text", ["2026-01\n", "２０２６-01"])
def test_a_month_is_six_digits_of_ascii_and_nothing_after(text: str) -> None:
    with pytest.raises(InputError):
        Month.parse(text)


def test_a_month_can_be_a_key_and_cannot_be_changed() -> None:
    month = Month.parse("2026-01")
    assert {month: 1}[Month.parse("2026-01")] == 1
    with pytest.raises(AttributeError):
        month.index = 0  # type: ignore[misc]
