"""Dated law: what a rule pays, from which day on, and for which part of a month."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from transition_model.calendar import Month, months_between
from transition_model.declared import Status
from transition_model.dimensions import dimension
from transition_model.errors import InputError
from transition_model.instruments import Instrument, Version, load_instruments

GRADES = dimension("grade").members
NO_PRICE = np.zeros(3)
DAYS = st.dates(min_value=date(2023, 12, 1), max_value=date(2026, 3, 31))
AMOUNTS = st.floats(min_value=0.0, max_value=1e5)

HEAD = """
[{name}]
measure = 24
programme = "appliance_trade_in"
target = "household"
scope = "city"
over = "grade"
label_en = "Rebate"
label_zh = "补贴"
after = "end"
"""
VERSION = """
[[rebate.versions]]
start = {start}
end = {end}
{amounts}
status = "rule"
source = "a law"
"""
FLAT = "flat = { grade_1 = 300.0, grade_2 = 100.0, lower_grade = 0.0 }"

Declare = Callable[..., Instrument]


@pytest.fixture
def declare(tmp_path: Path) -> Declare:
    """Write one instrument into a file of its own and load it."""

    def declared(
        amounts: str = FLAT, start: str = "2025-01-01", end: str = "2025-12-31", more: str = ""
    ) -> Instrument:
        text = HEAD.format(name="rebate") + VERSION.format(start=start, end=end, amounts=amounts)
        (tmp_path / "own.toml").write_text(text + more, "utf-8")
        return load_instruments(tmp_path)["rebate"]

    return declared


def flat(start: date, end: date, amount: float, state: str = "active") -> Version:
    return Version(
        start=start,
        end=end,
        state=state,  # type: ignore[arg-type]
        flat=dict.fromkeys(GRADES, amount),
        status=Status.RULE,
        source="a law",
    )


def instrument(*versions: Version, after: str = "end") -> Instrument:
    return Instrument(
        id="rebate",
        measure=24,
        programme="appliance_trade_in",
        target="household",
        scope="city",
        over="grade",
        label_en="Rebate",
        label_zh="补贴",
        after=after,  # type: ignore[arg-type]
        versions=versions,
    )


def rated(rate: float, floor: float, cap: float) -> Version:
    return Version(
        start=date(2025, 1, 1),
        end=date(2025, 12, 31),
        rate=dict.fromkeys(GRADES, rate),
        floor=dict.fromkeys(GRADES, floor),
        cap=dict.fromkeys(GRADES, cap),
        status=Status.RULE,
        source="a law",
    )


def days_of(month: Month) -> list[date]:
    first, last = date(month.year, month.month, 1), date((month + 1).year, (month + 1).month, 1)
    return [first + timedelta(days=number) for number in range((last - first).days)]


# ---------------------------------------------------------------------------- days and months


@given(DAYS, DAYS, DAYS, AMOUNTS, AMOUNTS)
def test_a_month_pays_the_mean_of_its_days(
    first: date, second: date, third: date, early: float, late: float
) -> None:
    start, change, end = sorted((first, second, third))
    assume(start < change < end)
    rule = instrument(
        flat(start, change - timedelta(days=1), early), flat(change, end, late), after="end"
    )
    for month in months_between(Month.parse("2023-11"), Month.parse("2026-05")):
        paid = [
            early if start <= day < change else late if change <= day <= end else 0.0
            for day in days_of(month)
        ]
        assert rule.pays(month, NO_PRICE)[0] == pytest.approx(sum(paid) / len(paid), abs=1e-9)


@given(DAYS, st.integers(min_value=0, max_value=800))
def test_the_days_in_force_add_up_to_the_days_of_the_version(start: date, length: int) -> None:
    rule = instrument(flat(start, start + timedelta(days=length), 1.0))
    days = sum(
        rule.pays(month, NO_PRICE)[0] * len(days_of(month))
        for month in months_between(Month.parse("2023-11"), Month.parse("2028-12"))
    )
    assert days == pytest.approx(length + 1)


def test_the_first_and_the_last_day_both_belong_to_a_version() -> None:
    rule = instrument(flat(date(2024, 4, 24), date(2024, 7, 24), 31.0 * 30.0))
    assert rule.pays(Month.parse("2024-03"), NO_PRICE)[0] == 0.0
    assert rule.pays(Month.parse("2024-04"), NO_PRICE)[0] == pytest.approx(31.0 * 7)
    assert rule.pays(Month.parse("2024-05"), NO_PRICE)[0] == pytest.approx(31.0 * 30.0)
    assert rule.pays(Month.parse("2024-07"), NO_PRICE)[0] == pytest.approx(30.0 * 24)
    assert rule.pays(Month.parse("2024-08"), NO_PRICE)[0] == 0.0


def test_a_day_in_february_counts_for_more_than_a_day_in_march() -> None:
    rule = instrument(flat(date(2024, 2, 29), date(2024, 3, 1), 1.0))
    assert rule.pays(Month.parse("2024-02"), NO_PRICE)[0] == pytest.approx(1.0 / 29.0)
    assert rule.pays(Month.parse("2024-03"), NO_PRICE)[0] == pytest.approx(1.0 / 31.0)


@pytest.mark.parametrize(("after", "expected"), [("continue", 5.0), ("end", 0.0)])
def test_what_follows_the_last_version_is_what_the_file_says(after: str, expected: float) -> None:
    rule = instrument(flat(date(2025, 1, 1), date(2025, 6, 10), 5.0), after=after)
    assert rule.pays(Month.parse("2025-07"), NO_PRICE)[0] == expected
    assert rule.pays(Month.parse("2035-07"), NO_PRICE)[0] == expected
    assert rule.pays(Month.parse("2024-12"), NO_PRICE)[0] == 0.0
    month_of_the_end = 5.0 if after == "continue" else 5.0 * 10 / 30
    assert rule.pays(Month.parse("2025-06"), NO_PRICE)[0] == pytest.approx(month_of_the_end)


def test_a_rule_that_goes_on_does_not_fill_the_gap_before_its_last_version() -> None:
    rule = instrument(
        flat(date(2024, 1, 1), date(2024, 12, 31), 5.0),
        flat(date(2025, 3, 1), date(2025, 12, 31), 7.0),
        after="continue",
    )
    months = ("2024-12", "2025-01", "2025-02", "2025-03", "2026-01")
    assert [rule.pays(Month.parse(m), NO_PRICE)[0] for m in months] == [5.0, 0.0, 0.0, 7.0, 7.0]


def test_a_suspended_version_pays_nothing_whatever_it_promises() -> None:
    rule = instrument(
        flat(date(2025, 5, 1), date(2025, 5, 31), 5.0),
        flat(date(2025, 6, 1), date(2025, 6, 15), 5.0, state="suspended"),
        flat(date(2025, 6, 16), date(2025, 7, 31), 5.0),
    )
    months = ("2025-05", "2025-06", "2025-07")
    assert_allclose([rule.pays(Month.parse(m), NO_PRICE)[0] for m in months], [5.0, 2.5, 5.0])


# ---------------------------------------------------------------------------- amounts


@given(st.floats(min_value=0.0, max_value=1e6), st.floats(min_value=0.0, max_value=1e6))
def test_a_rate_pays_no_less_than_its_floor_no_more_than_its_cap_and_never_less_for_more(
    cheaper: float, dearer: float
) -> None:
    cheaper, dearer = sorted((cheaper, dearer))
    low, high = (
        rated(0.1, 2_000.0, 15_000.0).pays(np.full(3, p), "grade") for p in (cheaper, dearer)
    )
    assert (low >= 2_000.0).all()
    assert (high <= 15_000.0).all()
    assert (low <= high).all()


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        (0.0, 2_000.0),
        (19_999.0, 2_000.0),
        (20_000.0, 2_000.0),
        (20_010.0, 2_001.0),
        (149_990.0, 14_999.0),
        (150_000.0, 15_000.0),
        (150_010.0, 15_000.0),
    ],
)
def test_floor_and_cap_bind_from_the_price_at_which_the_rate_meets_them(
    price: float, expected: float
) -> None:
    paid = rated(0.1, 2_000.0, 15_000.0).pays(np.full(3, price), "grade")
    assert_allclose(paid, expected, rtol=1e-12)


def test_a_class_with_rate_zero_gets_nothing_not_even_the_floor() -> None:
    assert_array_equal(rated(0.0, 2_000.0, 15_000.0).pays(np.full(3, 1e5), "grade"), np.zeros(3))


def test_amounts_stand_in_the_order_of_the_dimension_not_of_the_file(declare: Declare) -> None:
    rule = declare("flat = { lower_grade = 1.0, grade_2 = 2.0, grade_1 = 3.0 }")
    assert_array_equal(rule.pays(Month.parse("2025-05"), NO_PRICE), [3.0, 2.0, 1.0])


def test_the_later_of_two_last_days_of_registration_holds_for_the_month() -> None:
    early, late = (
        Version(
            start=start,
            end=end,
            flat=dict.fromkeys(GRADES, 1.0),
            registered_by={"combustion": day},
            status=Status.RULE,
            source="a law",
        )
        for start, end, day in (
            (date(2025, 1, 1), date(2025, 6, 10), date(2011, 6, 30)),
            (date(2025, 6, 11), date(2025, 12, 31), date(2012, 6, 30)),
        )
    )
    rule = instrument(early, late)
    june_2011, june_2012 = Month.parse("2011-06").index, Month.parse("2012-06").index
    assert_array_equal(rule.registered_by(Month.parse("2025-05")), [june_2011, -1, -1])
    assert_array_equal(rule.registered_by(Month.parse("2025-06")), [june_2012, -1, -1])
    assert_array_equal(rule.registered_by(Month.parse("2026-01")), [-1, -1, -1])


# ---------------------------------------------------------------------------- the package's rules


@pytest.mark.parametrize("rule", list(load_instruments().values()), ids=lambda rule: rule.id)
def test_the_package_s_rules_pay_finite_amounts_in_every_month_and_name_their_law(
    rule: Instrument,
) -> None:
    price = np.full(len(dimension(rule.over)), 150_000.0)
    for month in months_between(Month.parse("2020-01"), Month.parse("2030-12")):
        assert sum(share for share, _ in rule.parts(month)) <= 1.0 + 1e-12
        paid = rule.pays(month, price)
        assert np.isfinite(paid).all()
        assert (paid >= 0.0).all()
    assert all(len(version.source) > 10 for version in rule.versions)
    for earlier, later in pairwise(rule.versions):
        assert earlier.end < later.start


# ---------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("amounts", "dates", "words"),
    [
        ("", {}, "exactly one amount"),
        (FLAT + "\nrate = { grade_1 = 0.1, grade_2 = 0.1, lower_grade = 0.1 }", {}, "exactly one"),
        ("rate = { grade_1 = 0.1, grade_2 = 0.1, lower_grade = 0.1 }", {}, "floor and cap"),
        ("flat = { grade_1 = 300.0, grade_2 = 100.0 }", {}, "lower_grade"),
        ("flat = { grade_1 = 3.0, grade_2 = 1.0, lower_grade = 0.0, red = 1.0 }", {}, "red"),
        ("flat = { grade_1 = -3.0, grade_2 = 1.0, lower_grade = 0.0 }", {}, "negative"),
        (FLAT, {"end": "2024-12-31"}, "end on or after start 2025-01-01"),
        (FLAT, {"start": "'soon'"}, "start"),
        (FLAT + "\nstate = 'asleep'", {}, "state"),
        (FLAT + "\ncolour = 'red'", {}, "colour"),
    ],
)
def test_a_wrong_version_is_refused_with_file_and_instrument(
    declare: Declare, amounts: str, dates: dict[str, str], words: str
) -> None:
    with pytest.raises(InputError, match=words) as problem:
        declare(amounts, **dates)
    assert problem.value.where.startswith("own.toml: rebate")
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize(
    "amounts",
    [
        "flat = { grade_1 = nan, grade_2 = 1.0, lower_grade = 0.0 }",
        FLAT + "\ncap = { grade_1 = 9.0, grade_2 = 9.0, lower_grade = 9.0 }",
        FLAT + "\nregistered_by = { combustoin = 2011-06-30 }",
        "rate = { grade_1 = 0.1, grade_2 = 0.1, lower_grade = 0.1 }\n"
        "floor = { grade_1 = 9.0, grade_2 = 9.0, lower_grade = 9.0 }\n"
        "cap = { grade_1 = 5.0, grade_2 = 5.0, lower_grade = 5.0 }",
        "flat = { grade_1 = '300', grade_2 = '100', lower_grade = true }",
    ],
    ids=["no number", "a cap on a flat amount", "unknown powertrain", "floor above cap", "text"],
)
def test_a_version_that_would_be_misread_is_refused_with_file_and_instrument(
    declare: Declare, amounts: str
) -> None:
    with pytest.raises(InputError) as problem:
        declare(amounts)
    assert problem.value.where.startswith("own.toml: rebate")


def test_versions_that_overlap_by_a_day_are_refused(declare: Declare) -> None:
    second = VERSION.format(start="2025-12-31", end="2026-12-31", amounts=FLAT)
    with pytest.raises(InputError, match="do not overlap: 2025-01-01 to 2025-12-31"):
        declare(more=second)
    following = VERSION.format(start="2026-01-01", end="2026-12-31", amounts=FLAT)
    assert len(declare(more=following).versions) == 2


def test_versions_stand_oldest_first(declare: Declare) -> None:
    with pytest.raises(InputError, match="do not overlap"):
        declare(more=VERSION.format(start="2024-01-01", end="2024-12-31", amounts=FLAT))


def test_an_instrument_without_versions_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(HEAD.format(name="rebate"), "utf-8")
    with pytest.raises(InputError, match=r"own.toml: rebate.versions"):
        load_instruments(tmp_path)


def test_an_instrument_is_declared_once(declare: Declare, tmp_path: Path) -> None:
    declare()
    text = (tmp_path / "own.toml").read_text("utf-8")
    (tmp_path / "second.toml").write_text(text, "utf-8")
    load_instruments.cache_clear()
    with pytest.raises(InputError, match=r"second.toml: rebate: .*declared once"):
        load_instruments(tmp_path)


def test_an_instrument_over_an_unknown_dimension_is_refused_with_file_and_instrument(
    tmp_path: Path,
) -> None:
    text = HEAD.format(name="rebate").replace('"grade"', '"colour"')
    text += VERSION.format(start="2025-01-01", end="2025-12-31", amounts=FLAT)
    (tmp_path / "own.toml").write_text(text, "utf-8")
    with pytest.raises(InputError, match="colour") as problem:
        load_instruments(tmp_path)
    assert problem.value.where.startswith("own.toml: rebate")
