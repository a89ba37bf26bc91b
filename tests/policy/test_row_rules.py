"""Rules in tables say of every row what the law says of its claim."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from transition_model.calendar import Month
from transition_model.instruments import Instrument, load_instruments
from transition_model.instruments.attributes import Claims
from transition_model.instruments.monthly import amount_of_month
from transition_model.instruments.schema import Version
from transition_model.policy import row_rules as tables
from transition_model.policy.row_rules import Asked, row_rules

add_amounts = numba.njit(error_model="numpy")(tables.add_amounts.py_func)
"""As kernels take it in, with a way in from Python."""
LAW = load_instruments()
PILOT = LAW["chongqing_pilot_carbon_price"]
HALF_OF_SEPTEMBER = Month.parse("2021-09")
NUMBERS = ("investment", "energy_saved", "emissions_of_year")
EDGES = [0.0, 10.0, 20.0, 30.0]
STEPS = [{"start": 0.0, "amount": 2.0}, {"start": 10.0, "amount": 1.0},
         {"start": 20.0, "amount": 5.0}]  # fmt: skip
FORMS: dict[str, dict[str, Any]] = {
    "flat": {"flat": {"amount": 3.0}},
    "flat per unit, capped": {"flat": {"amount": 3.0, "per": "energy_saved", "at_most": 40.0}},
    "table": {
        "table": {
            "over": ["pollutant"],
            "amounts": {word: 2.0 * place for place, word in enumerate(("air", "water"), 1)},
            "per": "investment",
        },
        "eligibility": [{"attribute": "pollutant", "operator": "in", "value": ["air", "water"]}],
    },
    "percent with floor and cap": {
        "percent": {"of": "investment", "rate": 0.5, "floor": 4.0, "cap": 11.0}
    },
    "steps that hold from above their edge": {
        "stepped": {"of": "investment", "edge": "below", "steps": STEPS, "per": "energy_saved"}
    },
    "steps that hold from their edge": {
        "stepped": {"of": "investment", "edge": "above", "steps": STEPS}
    },
    "steps for the units within": {
        "stepped": {"of": "investment", "edge": "above", "steps": STEPS, "marginal": True,
                    "at_most": 70.0}
    },
    "slope": {
        "slope": {"of": "investment", "threshold": 10.0, "step": 4.0, "amount": 0.5}
    },
    "slope in whole steps, relieved": {
        "slope": {"of": "investment", "threshold": 10.0, "step": 4.0, "amount": 0.5,
                  "started": True, "relief_of": "energy_saved", "relief_threshold": 20.0,
                  "relief_rate": 0.05, "per": "vehicles"}
    },
    "tax with capped relief": {
        "tax": {"of": "investment", "rate": 0.5, "relief_share": 0.6, "relief_cap": 5.0}
    },
    "tax without relief": {
        "tax": {"of": "investment", "rate": 0.5, "relief_share": 0.0, "relief_cap": 5.0}
    },
    "conditions on own and stated attributes": {
        "flat": {"amount": 3.0, "per": "energy_saved"},
        "eligibility": [
            {"attribute": "pollutant", "operator": "!=", "value": "hazardous"},
            {"attribute": "investment", "operator": ">", "value": 10.0},
            {"attribute": "emissions_of_year", "operator": "<=", "value": 20.0},
        ],
    },
    "a threshold by words": {
        "flat": {"amount": 3.0},
        "eligibility": [
            {"attribute": "investment", "operator": ">=", "by": "pollutant",
             "value": {"air": 10.0, "water": 20.0}},
            {"attribute": "energy_saved", "operator": "<", "value": 20.0,
             "when": {"pollutant": ["air"]}},
        ],
    },
    "a condition that nobody states": {
        "flat": {"amount": 3.0},
        "eligibility": [{"attribute": "opted_in", "operator": "==", "value": True}],
    },
    "a duty": {
        "constraint": {"on": "green_power_share", "sense": "at_least", "bound": 0.5,
                       "otherwise": 0.0}
    },
}  # fmt: skip


def rule_of(form: dict[str, Any], *, state: str = "active") -> Instrument:
    """A rule that holds from mid-September 2021 on."""
    version = Version.model_validate(
        {
            "id": "own",
            "start": "2021-09-16",
            "end": "2021-12-31",
            "state": state,
            "status": "rule",
            "source": "a law of the test",
            **form,
        }
    )
    return PILOT.model_copy(update={"versions": (version,), "after": "end"})


def by_tables(asked: Asked, category: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    yuan = np.zeros(len(category))
    add_amounts(row_rules(HALF_OF_SEPTEMBER, [asked]), category, numbers, yuan)
    return yuan


@pytest.mark.parametrize("form", FORMS)
def test_every_form_says_the_same_on_both_sides_of_its_edges(form: str) -> None:
    rule = rule_of(FORMS[form])
    words = ["air", "water", "hazardous"]
    near = [edge + step for edge in EDGES for step in (-1.0, -1e-9, 0.0, 1e-9, 1.0)]
    numbers = np.array([[one, other, one] for one in near for other in near])
    asked = Asked(rule, Claims.of(pollutant=words, vehicles=2.0), NUMBERS)
    for place, word in enumerate(words):
        claims = Claims.of(
            len(numbers),
            pollutant=word,
            vehicles=2.0,
            **dict(zip(NUMBERS, numbers.T, strict=True)),
        )
        found = by_tables(asked, np.full(len(numbers), place), numbers)
        stated = amount_of_month(rule, HALF_OF_SEPTEMBER, claims)
        assert_allclose(found, stated, rtol=1e-13, err_msg=word)
        assert (stated != 0.0).any() == (form != "a duty") or word == "hazardous"


def test_a_suspended_rule_says_nothing() -> None:
    asked = Asked(rule_of(FORMS["flat"], state="suspended"), Claims.of(1), NUMBERS)
    assert by_tables(asked, np.zeros(1, dtype=np.int64), np.ones((1, 3))).tolist() == [0.0]


def test_categories_follow_one_another_and_no_rule_says_nothing() -> None:
    flat = rule_of(FORMS["flat"])
    rules = row_rules(
        HALF_OF_SEPTEMBER,
        [
            Asked(None, Claims.of(2), ()),
            Asked(flat, Claims.of(1), ()),
            Asked(None, Claims.of(1), ()),
        ],
    )
    yuan = np.zeros(4)
    add_amounts(rules, np.arange(4), np.zeros((4, 1)), yuan)
    assert_allclose(yuan, [0.0, 0.0, 1.5, 0.0])


@given(
    month=st.integers(0, 131).map(lambda step: Month.parse("2020-01") + step),
    emissions=st.lists(st.floats(0.0, 4e4), min_size=1, max_size=5),
)
def test_the_pilot_says_the_same_in_every_month(month: Month, emissions: list[float]) -> None:
    numbers = np.array(emissions)[:, None]
    common = Claims.of(emissions_above_quota=1.0)
    yuan = np.zeros(len(emissions))
    rules = row_rules(month, [Asked(PILOT, common, ("emissions_of_year",))])
    add_amounts(rules, np.zeros(len(emissions), dtype=np.int64), numbers, yuan)
    claims = Claims.of(emissions_of_year=emissions, emissions_above_quota=1.0)
    assert_allclose(yuan, amount_of_month(PILOT, month, claims), rtol=1e-13)
