"""The lever catalogue: every lever has a range, a measure, labels, and values within the range."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transition_model.calendar import Month
from transition_model.errors import InputError
from transition_model.levers import Lever, lever, load_levers

ENTRY = {
    "measure": "24",
    "unit": '"share"',
    "low": "0.0",
    "high": "3.0",
    "step": "0.1",
    "before": "1.0",
    "plan": "1.5",
    "off": "0.0",
    "label_en": '"Generosity"',
    "label_zh": '"力度"',
    "help_en": '"Multiplies."',
    "help_zh": '"倍数。"',
    "status": '"rule"',
    "source": '"a law"',
}

Declare = Callable[..., Lever]


@pytest.fixture
def declare(tmp_path: Path) -> Declare:
    """Write one lever into a file of its own and load it; None leaves a key out."""

    def declared(**changes: str | None) -> Lever:
        lines = [f"{key} = {text}" for key, text in (ENTRY | changes).items() if text is not None]
        file = tmp_path / "own_levers.toml"
        file.write_text("[generosity]\n" + "\n".join(lines), "utf-8")
        return load_levers(file)["generosity"]

    return declared


ALL = pytest.mark.parametrize("entry", list(load_levers().values()), ids=lambda entry: entry.id)


@ALL
def test_every_lever_has_labels_help_and_source_in_full(entry: Lever) -> None:
    for text in (entry.label_en, entry.label_zh, entry.help_en, entry.help_zh, entry.source):
        assert len(text) > 2
    assert entry.label_en.isascii()
    assert not entry.label_zh.isascii()
    assert entry.id.isascii()
    assert entry.id.isidentifier()


@ALL
def test_a_slider_reaches_the_value_of_the_plan_and_of_the_measure_switched_off(
    entry: Lever,
) -> None:
    assert entry.low < entry.high
    assert 0.0 < entry.step <= entry.high - entry.low
    for value in (entry.default, entry.off):
        entry.check(value, "here")


@ALL
def test_a_lever_has_a_value_in_every_month_since_2020(entry: Lever) -> None:
    for dated, first, end in (
        (entry.before, "2020-01", "2025-01"),
        (entry.plan, "2025-01", "2028-01"),
    ):
        months = [index for index, _ in dated]
        assert months == sorted(months)
        assert months[0] <= Month.parse(first).index
        assert months[-1] < Month.parse(end).index
    assert entry.default == entry.plan[-1][1]


def test_both_ends_of_the_range_belong_to_it_and_nothing_beyond() -> None:
    budget = lever("trade_in_budget")
    for value in (budget.low, budget.high):
        budget.check(value, "here")
    for value in (np.nextafter(budget.low, -1.0), np.nextafter(budget.high, 1e9)):
        with pytest.raises(InputError, match=r"here: read .*0 to 200 1e8 yuan/year"):
            budget.check(float(value), "here")


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_a_value_passes_exactly_when_it_lies_within_the_range(value: float) -> None:
    entry = lever("green_preference")
    if 0.0 <= value <= 1.0:
        entry.check(value, "here")
    else:
        with pytest.raises(InputError, match="0 to 1 share"):
            entry.check(value, "here")


def test_a_mistyped_lever_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"option: read 'trade_in_bugdet'.*trade_in_budget"):
        lever("trade_in_bugdet", "option")
    with pytest.raises(InputError, match="list levers"):
        lever("zzzzzz")


def test_a_bare_number_holds_from_the_beginning_of_time(declare: Declare) -> None:
    assert declare(before="1.0").before == ((0, 1.0),)


def test_dated_values_stand_in_the_order_of_time(declare: Declare) -> None:
    dated = declare(before='{ "2024-07" = 2.0, "2020-01" = 0.0 }')
    assert dated.before == (
        (Month.parse("2020-01").index, 0.0),
        (Month.parse("2024-07").index, 2.0),
    )


def test_a_dated_value_holds_from_its_month_to_the_next_and_the_first_before_it(
    declare: Declare,
) -> None:
    steps = declare(plan='{ "2025-01" = 0.5, "2026-07" = 1.5 }', before='{ "2022-01" = 0.2 }')
    months = ("2024-12", "2025-01", "2026-06", "2026-07", "2030-01")
    planned = [steps.value_planned(Month.parse(month)) for month in months]
    assert planned == [0.5, 0.5, 0.5, 1.5, 1.5]
    assert steps.value_before(Month.parse("2021-12")) == 0.2
    assert steps.default == 1.5


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"plan": "3.5"}, "values from low 0.0 to high 3.0, read 3.5"),
        ({"off": "-0.1"}, "read -0.1"),
        ({"before": '{ "2020-01" = 0.5, "2022-01" = 9.0 }'}, "read 9.0"),
        ({"plan": "nan"}, "nan"),
        ({"plan": None}, "plan"),
        ({"measure": "37"}, "measure: read 37"),
        ({"measure": "0"}, "measure: read 0"),
        ({"status": '"guessed"'}, "guessed"),
        ({"source": '""'}, "source"),
        ({"colour": '"red"'}, "colour"),
        ({"plan": '"many"'}, "many"),
    ],
)
def test_a_wrong_lever_is_refused_with_file_and_key(
    declare: Declare, changes: dict[str, str | None], words: str
) -> None:
    with pytest.raises(InputError, match=words) as problem:
        declare(**changes)
    assert problem.value.where.startswith("own_levers.toml: generosity")
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize("before", ['{ "2020-13" = 1.0 }', "{}", '"1.0"', "true"])
def test_a_lever_whose_past_can_not_be_read_is_refused_with_file_and_key(
    declare: Declare, before: str
) -> None:
    with pytest.raises(InputError) as problem:
        declare(before=before)
    assert problem.value.where.startswith("own_levers.toml: generosity")


def test_a_lever_that_is_no_table_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "own_levers.toml"
    file.write_text("generosity = 1.0", "utf-8")
    with pytest.raises(InputError, match=r"own_levers.toml: generosity: read 1.0"):
        load_levers(file)


def test_a_lever_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        lever("trade_in_budget").plan = 0.0  # type: ignore[misc]
