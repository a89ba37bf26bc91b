"""Units as people read them."""

import re

import pytest

from transition_model.levers import load_levers
from transition_model.parameters import load_parameters
from transition_model.plan import load_plan
from transition_model.results import units_by_name
from transition_model.unit_words import unit_in_words, with_unit

UNITS = sorted(
    {unit for _, unit in units_by_name()}
    | {lever.unit for lever in load_levers().values()}
    | {target.unit for target in load_plan().targets}
    | {parameter.unit for parameter in load_parameters()}
)


@pytest.mark.parametrize("unit", UNITS)
def test_no_english_word_is_left_in_chinese(unit: str) -> None:
    assert not re.search(r"[A-Za-z]", unit_in_words(unit, "zh")), unit


@pytest.mark.parametrize(
    ("unit", "chinese"),
    [
        ("10^9 yuan", "十亿元"),
        ("10k mu", "万亩"),
        ("1e8 yuan/month", "亿元/月"),
        ("10^9 m3/year", "十亿立方米/年"),
        ("tCO2/month", "吨二氧化碳/月"),
        ("tce/(1e4 yuan)", "吨标准煤/(万元)"),
        ("kWh/100km", "千瓦时/百公里"),
        ("percent", "%"),
    ],
)
def test_numerals_and_words_are_those_of_chinese_statistics(unit: str, chinese: str) -> None:
    assert unit_in_words(unit, "zh") == chinese


def test_english_units_stay_but_for_those_that_need_no_word() -> None:
    assert unit_in_words("10k mu", "en") == "10k mu"
    assert (with_unit("3", "count", "en"), with_unit("3", "percent", "en")) == ("3", "3%")
    assert (with_unit("3", "GW", "en"), with_unit("3", "GW", "zh")) == ("3 GW", "3吉瓦")
