"""Dated law: what the schema accepts, what a version states, and what a month of it is worth."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from transition_model.calendar import Month, months_between
from transition_model.dimensions import dimension
from transition_model.errors import InputError
from transition_model.instruments import Instrument, load_instruments
from transition_model.instruments.amounts import FORMS
from transition_model.instruments.attributes import Claims, load_attributes
from transition_model.instruments.evaluation import amount, amount_fen, eligible
from transition_model.instruments.evaluation import given as given_on
from transition_model.instruments.loading import validated
from transition_model.instruments.table import table, with_table
from transition_model.levers import load_levers
from transition_model.policy.trade_in import amount_of_month, offer_of_month, registered_by

DAYS = st.dates(min_value=date(2023, 12, 1), max_value=date(2026, 3, 31))
AMOUNTS = st.integers(min_value=0, max_value=10**7).map(lambda fen: fen / 100)
ONE = Claims.of(1, car_price=100.0)

HEAD = """
[rebate]
measure = 24
target = "household"
scope = "city"
trigger = "purchase"
gives = "subsidy"
answered_by = "none yet"
when_off = "ends"
label_en = "Rebate"
label_zh = "补贴"
"""
VERSION = """
[[rebate.versions]]
id = "{id}"
start = {start}
end = {end}
{amounts}
status = "rule"
source = "a law of the test"
"""
FLAT = "flat = { amount = 300.0 }"
GRADES = "{ grade_1 = 300.0, grade_2 = 100.0, lower_grade = 0.0 }"
TABLE = f'table = {{ over = ["grade"], amounts = {GRADES} }}'
BUDGET = (
    'budget = {{ total = {total}, allocation = "first_come_first_served", carry_over = true, '
    'last_claim = "remainder", central_share = 0.9{more} }}\nflat = {{ amount = 300.0 }}'
)

Declare = Callable[..., Instrument]


@pytest.fixture
def declare(tmp_path: Path) -> Declare:
    """Write one instrument into a file of its own and load it."""

    def declared(
        amounts: str = FLAT,
        start: str = "2025-01-01",
        end: str = "2025-12-31",
        more: str = "",
        head: str = 'after = "end"',
    ) -> Instrument:
        text = VERSION.format(id="first", start=start, end=end, amounts=amounts)
        (tmp_path / "own.toml").write_text(HEAD + head + "\n" + text + more, "utf-8")
        load_instruments.cache_clear()
        return load_instruments(tmp_path)["rebate"]

    return declared


def version(start: date, end: date, **more: Any) -> dict[str, Any]:
    return {
        "id": str(start), "start": start, "end": end, "status": "rule",
        "source": "a law of the test",
    } | more  # fmt: skip


def flat(start: date, end: date, yuan: float, **more: Any) -> dict[str, Any]:
    return version(start, end, flat={"amount": yuan}, **more)


def rule_of(*versions: dict[str, Any], after: str = "end", **more: Any) -> Instrument:
    entry = tomllib.loads(HEAD)["rebate"] | {"after": after, "versions": list(versions)} | more
    return validated("test: rebate", "rebate", entry)


def worth(rule: Instrument, month: str | Month) -> float:
    read = month if isinstance(month, Month) else Month.parse(month)
    return float(amount_of_month(rule, read, ONE)[0])


def days_of(month: Month) -> list[date]:
    first, last = date(month.year, month.month, 1), date((month + 1).year, (month + 1).month, 1)
    return [first + timedelta(days=number) for number in range((last - first).days)]


# ---------------------------------------------------------------------------- days and months


@given(DAYS, DAYS, DAYS, AMOUNTS, AMOUNTS, st.sampled_from(["end", "continue", "phase_out"]))
def test_a_month_is_worth_the_mean_of_its_days(
    first: date, second: date, third: date, early: float, late: float, after: str
) -> None:
    start, change, end = sorted((first, second, third))
    assume(start < change < end)
    fading = {"phase_out_days": 50} if after == "phase_out" else {}
    rule = rule_of(
        flat(start, change - timedelta(days=1), early), flat(change, end, late), after=after,
        **fading,
    )  # fmt: skip
    for month in months_between(Month.parse("2023-11"), Month.parse("2026-08")):
        paid = [float(given_on(rule, ONE, day)[0]) for day in days_of(month)]
        assert worth(rule, month) == pytest.approx(sum(paid) / len(paid), abs=0.006)


def test_the_first_and_the_last_day_both_belong_to_a_version() -> None:
    rule = rule_of(flat(date(2024, 4, 24), date(2024, 7, 24), 31.0 * 30.0))
    expected = {
        "2024-03": 0.0,
        "2024-04": 217.0,
        "2024-05": 930.0,
        "2024-07": 720.0,
        "2024-08": 0.0,
    }
    for month, yuan in expected.items():
        assert worth(rule, month) == pytest.approx(yuan)


@pytest.mark.parametrize(("after", "expected"), [("continue", 5.0), ("end", 0.0)])
def test_what_follows_the_last_version_is_what_the_file_says(after: str, expected: float) -> None:
    rule = rule_of(flat(date(2025, 1, 1), date(2025, 6, 10), 5.0), after=after)
    assert worth(rule, "2025-07") == worth(rule, "2035-07") == expected
    assert worth(rule, "2024-12") == 0.0
    assert worth(rule, "2025-06") == pytest.approx(5.0 if after == "continue" else 5.0 / 3.0)


def test_a_rule_that_goes_on_does_not_fill_the_gap_before_its_last_version() -> None:
    rule = rule_of(
        flat(date(2024, 1, 1), date(2024, 12, 31), 5.0),
        flat(date(2025, 3, 1), date(2025, 12, 31), 7.0),
        after="continue",
    )
    months = ("2024-12", "2025-01", "2025-02", "2025-03", "2026-01")
    assert [worth(rule, month) for month in months] == [5.0, 0.0, 0.0, 7.0, 7.0]


def test_a_suspended_version_pays_nothing_whatever_it_promises() -> None:
    rule = rule_of(
        flat(date(2025, 5, 1), date(2025, 5, 31), 5.0),
        flat(date(2025, 6, 1), date(2025, 6, 15), 5.0, state="suspended"),
        flat(date(2025, 6, 16), date(2025, 7, 31), 5.0),
    )
    assert_allclose([worth(rule, m) for m in ("2025-05", "2025-06", "2025-07")], [5.0, 2.5, 5.0])


def test_the_later_of_two_last_days_of_registration_holds_for_the_month() -> None:
    def cutoff(day: date) -> list[dict[str, Any]]:
        return [
            {"attribute": "old_car_registered", "operator": "<=", "by": "old_car_fuel",
             "value": {"gasoline": day}}
        ]  # fmt: skip

    rule = rule_of(
        flat(date(2025, 1, 1), date(2025, 6, 10), 1.0, eligibility=cutoff(date(2011, 6, 30))),
        flat(date(2025, 6, 11), date(2025, 12, 31), 1.0, eligibility=cutoff(date(2012, 6, 30))),
    )
    june_2011, june_2012 = Month.parse("2011-06").index, Month.parse("2012-06").index
    assert registered_by(rule, Month.parse("2025-05")).tolist() == [june_2011, -1, -1]
    assert registered_by(rule, Month.parse("2025-06")).tolist() == [june_2012, -1, -1]
    assert registered_by(rule, Month.parse("2026-01")).tolist() == [-1, -1, -1]


# ---------------------------------------------------------------------------- amounts


@given(st.floats(min_value=0.0, max_value=1e6), st.floats(min_value=0.0, max_value=1e6))
def test_a_percentage_stays_between_floor_and_cap_and_never_falls_with_the_price(
    cheaper: float, dearer: float
) -> None:
    percent = {"of": "car_price", "rate": 0.1, "floor": 2_000.0, "cap": 15_000.0}
    law = rule_of(version(date(2025, 1, 1), date(2025, 12, 31), percent=percent)).versions[0]
    low, high = amount(law, Claims.of(car_price=sorted((cheaper, dearer))))
    assert 2_000.0 <= low <= high <= 15_000.0


@pytest.mark.parametrize(
    ("yuan", "fen"), [(0.005, 1), (0.0049, 0), (1.005, 101), (2.675, 268), (0.015, 2)]
)
def test_half_a_fen_is_rounded_up(yuan: float, fen: int) -> None:
    percent = {"of": "car_price", "rate": 1.0, "floor": 0.0, "cap": 1e9}
    law = rule_of(version(date(2025, 1, 1), date(2025, 12, 31), percent=percent)).versions[0]
    assert amount_fen(law, Claims.of(1, car_price=yuan)).tolist() == [fen]


def test_eligibility_holds_from_the_first_to_the_last_day_of_a_version() -> None:
    law = rule_of(flat(date(2025, 1, 1), date(2025, 12, 31), 5.0)).versions[0]
    days = (date(2024, 12, 31), date(2025, 1, 1), date(2025, 12, 31), date(2026, 1, 1))
    assert [bool(eligible(law, ONE, day)[0]) for day in days] == [False, True, True, False]


def test_a_claim_that_does_not_state_what_is_asked_is_refused() -> None:
    law = load_instruments()["digital_trade_in"].versions[0]
    with pytest.raises(InputError, match="digital_price"):
        eligible(law, ONE)


@pytest.mark.parametrize(
    "stated",
    [{"colour": "red"}, {"grade": "grade_9"}, {"car_price": float("nan")}, {"rural": "yes"},
     {"old_car_registered": 2011.5}, {"electricity_by_hour": [1.0, 2.0]}],
)  # fmt: skip
def test_a_claim_with_a_wrong_value_is_refused(stated: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Claims.of(1, **stated)


def test_more_for_green_less_for_others_and_at_the_end_nothing() -> None:
    def scrappage(generosity: float, preference: float) -> list[float]:
        levers = {"trade_in_generosity": generosity, "green_preference": preference}
        prices = np.full(3, 100_000.0), np.full((4, 3), 3_000.0)
        offer = offer_of_month(load_instruments(), levers, Month.parse("2026-03"), *prices, 0.1)
        return [float(yuan) for yuan in offer.scrappage]

    assert scrappage(1.0, 0.0) == [10_000.0, 12_000.0, 12_000.0]
    assert scrappage(1.5, 0.5) == [7_500.0, 18_000.0, 18_000.0]
    assert scrappage(1.0, 1.0) == [0.0, 12_000.0, 12_000.0]


# ---------------------------------------------------------------------------- the package's rules


@pytest.mark.parametrize("rule", list(load_instruments().values()), ids=lambda rule: rule.id)
def test_the_package_s_rules_name_their_law_and_who_answers(rule: Instrument) -> None:
    assert rule.label_en and rule.label_zh
    assert not rule.answered_by.startswith("none")
    assert rule.programme == "none" or rule.programme in dimension("subsidy_programme").members
    assert all(len(version.source) > 20 for version in rule.versions)
    for month in months_between(Month.parse("2018-01"), Month.parse("2029-12")):
        states = {version.id: share for share, version in rule.parts(month)}
        assert all(0.0 < share <= 1.0 for share in states.values())


def test_memory_is_never_called_a_rule() -> None:
    doubted = [
        (rule.id, version.id)
        for rule in load_instruments().values()
        for version in rule.versions
        if version.status.value == "rule" and "from memory" in version.source
    ]
    assert doubted == []


def test_every_form_of_amount_is_in_use() -> None:
    used = {v.form_key for rule in load_instruments().values() for v in rule.versions}
    assert used == set(FORMS)


def test_levers_that_rules_name_exist() -> None:
    for rule in load_instruments().values():
        words = rule.answered_by.replace(")", " ").replace(",", " ").split()
        named = [word for word in words if "_" in word]
        assert set(named) <= set(load_levers()), rule.id


def test_every_declared_attribute_is_asked_for_somewhere() -> None:
    asked: set[str] = set()
    for rule in load_instruments().values():
        for law in rule.versions:
            asked |= law.form.asks()
            for condition in law.eligibility:
                asked |= condition.asks()
            if law.constraint is not None:
                asked.add(law.constraint.on)
            if law.access_ban is not None:
                asked.add("hour")
            if law.limits is not None and law.limits.category is not None:
                asked.add(law.limits.category)
    assert set(load_attributes()) == asked


# ---------------------------------------------------------------------------- the page


PAGE = Path(__file__).parents[2] / "docs" / "instruments.md"


def test_the_table_of_the_page_is_current() -> None:
    page = PAGE.read_text("utf-8")
    assert page == with_table(page, load_instruments())


def test_the_table_has_a_row_for_each_rule() -> None:
    assert len(table(load_instruments()).splitlines()) == 2 + len(load_instruments())


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(InputError, match="table of instruments"):
        with_table("no table here", load_instruments())


# ---------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("amounts", "dates", "words"),
    [
        ("", {}, "exactly one form .* read none"),
        (FLAT + "\n" + TABLE, {}, "exactly one form .* read flat, table"),
        (FLAT, {"end": "2024-12-31"}, "end on or after start 2025-01-01"),
        (FLAT, {"start": "'soon'"}, "start"),
        (FLAT + "\nstate = 'asleep'", {}, "state"),
        (FLAT + "\ncolour = 'red'", {}, "colour"),
        ("flat = { amount = -1.0 }", {}, "greater than or equal to 0"),
        ("flat = { amount = nan }", {}, "finite"),
        ("flat = { amount = '300' }", {}, "valid number"),
        ('flat = { amount = 1.0, per = "moon_phase" }', {}, "moon_phase"),
        (TABLE.replace(", lower_grade = 0.0", ""), {}, "lower_grade"),
        (TABLE.replace("lower_grade", "red"), {}, "red"),
        (TABLE.replace('over = ["grade"], ', ""), {}, "over"),
        (
            'percent = { over = ["grade"], of = "appliance_price", rate = 0.1, floor = 9.0, '
            "cap = { grade_1 = 5.0, grade_2 = 9.0, lower_grade = 9.0 } }",
            {},
            "a floor up to the cap, for grade_1",
        ),
        ('percent = { of = "car_price", rate = 0.1 }', {}, "floor"),
        (
            'stepped = { of = "electricity", edge = "below", steps = '
            "[{ start = 9.0, amount = 1.0 }, { start = 5.0, amount = 2.0 }] }",
            {},
            "rising starts",
        ),
        (
            "time_of_use = { periods = [{ hours = [[8, 12], [11, 13]], add = 0.1 }] }",
            {},
            "each hour in one period",
        ),
        ('access_ban = { area = "town", hours = [[22, 7]] }', {}, "begin before they end"),
        (
            FLAT + '\neligibility = [{ attribute = "shoe_size", operator = "<", value = 9.0 }]',
            {},
            "shoe_size",
        ),
        (
            FLAT + '\neligibility = [{ attribute = "grade", operator = "<", value = "grade_1" }]',
            {},
            "fits grade",
        ),
        (
            FLAT + '\neligibility = [{ attribute = "grade", operator = "==", value = "red" }]',
            {},
            "read red",
        ),
        (
            FLAT + '\neligibility = [{ attribute = "car_price", operator = "<", value = "much" }]',
            {},
            "fits car_price",
        ),
        (BUDGET.format(total="-5.0", more=""), {}, "greater than or equal to 0"),
        (
            BUDGET.format(total="5.0", more=", tranches = [{ start = 2025-02-01, amount = 4.0 }]"),
            {},
            "add up to the total",
        ),
        (
            BUDGET.format(total="5.0", more=", tranches = [{ start = 2026-02-01, amount = 5.0 }]"),
            {},
            "tranches from 2025-01-01",
        ),
        (BUDGET.format(total="5.0", more=", daily_quota = 1.0"), {}, "daily_quota"),
        (FLAT + "\nretroactive_from = 2025-01-01", {}, "retroactive_from before start"),
        (FLAT + "\nproceeds = { treasury = 0.5 }", {}, "add up to 1"),
        (FLAT + '\nlimits = { category = "grade", period = "version" }', {}, "category"),
        (FLAT + "\npayment_delay_days = -1", {}, "greater than or equal to 0"),
    ],
)
def test_a_wrong_version_is_refused_with_file_instrument_and_version(
    declare: Declare, amounts: str, dates: dict[str, str], words: str
) -> None:
    with pytest.raises(InputError, match=words) as problem:
        declare(amounts, **dates)
    assert problem.value.where.startswith("own.toml: rebate, version first")
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("", "after"),
        ('after = "phase_out"', "phase_out_days"),
        ('after = "end"\nphase_out_days = 9', "phase_out_days"),
        ('after = "forever"', "after"),
        ('after = "end"\ncolour = "red"', "colour"),
        ('after = "end"\nalso = [99]', "36"),
    ],
)
def test_a_wrong_instrument_is_refused_with_file_and_instrument(
    declare: Declare, head: str, words: str
) -> None:
    with pytest.raises(InputError, match=words) as problem:
        declare(head=head)
    assert problem.value.where.startswith("own.toml: rebate")


def second(start: str, end: str, amounts: str = FLAT, name: str = "second") -> str:
    return VERSION.format(id=name, start=start, end=end, amounts=amounts)


def test_versions_that_overlap_by_a_day_are_refused_by_name(declare: Declare) -> None:
    with pytest.raises(InputError, match=r"for one claim: first \(2025-01-01 .* second") as problem:
        declare(more=second("2025-12-31", "2026-12-31"))
    assert problem.value.where.startswith("own.toml: rebate")
    assert len(declare(more=second("2026-01-01", "2026-12-31")).versions) == 2


def test_versions_for_different_claims_may_hold_at_the_same_time(declare: Declare) -> None:
    def only(grade: str) -> str:
        condition = f'{{ attribute = "grade", operator = "==", value = "{grade}" }}'
        return f"{FLAT}\neligibility = [{condition}]"

    both = declare(only("grade_1"), more=second("2025-06-01", "2026-12-31", only("grade_2")))
    assert len(both.versions) == 2
    with pytest.raises(InputError, match="do not overlap"):
        declare(only("grade_1"), more=second("2025-06-01", "2026-12-31", only("grade_1")))


def test_versions_stand_oldest_first_and_have_names_of_their_own(declare: Declare) -> None:
    with pytest.raises(InputError, match="oldest first"):
        declare(more=second("2024-01-01", "2024-12-31"))
    with pytest.raises(InputError, match="stand once"):
        declare(more=second("2026-01-01", "2026-12-31", name="first"))


def test_a_queue_is_taken_over_from_a_version_before(declare: Declare) -> None:
    with pytest.raises(InputError, match="no version before it"):
        declare(FLAT + "\ntakes_over_queue = true")


def test_an_instrument_without_versions_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(HEAD + 'after = "end"\n', "utf-8")
    with pytest.raises(InputError, match=r"own.toml: rebate: versions"):
        load_instruments(tmp_path)


def test_an_instrument_is_declared_once(declare: Declare, tmp_path: Path) -> None:
    declare()
    text = (tmp_path / "own.toml").read_text("utf-8")
    (tmp_path / "second.toml").write_text(text, "utf-8")
    load_instruments.cache_clear()
    with pytest.raises(InputError, match=r"second.toml: rebate: .*declared once"):
        load_instruments(tmp_path)


def test_an_instrument_that_is_no_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("rebate = 5\n", "utf-8")
    with pytest.raises(InputError, match=r"own.toml: rebate: .*a table"):
        load_instruments(tmp_path)
