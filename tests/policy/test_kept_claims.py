"""Claims that are made again are one object that keeps what the law answered, and no more."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from transition_model.calendar import Month
from transition_model.dimensions import dimension
from transition_model.errors import InputError
from transition_model.instruments import Instrument, load_instruments
from transition_model.instruments.attributes import Claims
from transition_model.instruments.monthly import (
    amount_of_month,
    bound_of_month,
    kept_by_rule,
    paused_amount_of_month,
)
from transition_model.scenario import Scenario

POWERTRAINS = dimension("powertrain").members
PRICE = np.array([12e4, 15e4, 18e4])


def cars(price: np.ndarray = PRICE) -> Claims:
    return Claims.of(powertrain=POWERTRAINS, car_price=price)


def test_the_same_claims_are_one_object() -> None:
    assert cars() is cars(PRICE.copy())
    assert cars() is not cars(PRICE * 2.0)
    assert Claims.of(1) is Claims.of(1)
    assert Claims.of(1) is not Claims.of(2)


def test_many_claims_are_not_kept() -> None:
    weights = np.arange(1000.0)
    made = Claims.of(recyclables_delivered=weights)
    assert made.answers is None
    assert made is not Claims.of(recyclables_delivered=weights)


def test_kept_claims_can_not_be_written_and_do_not_follow_their_source() -> None:
    price = PRICE.copy() + 1.0
    claims = cars(price)
    price[:] = 0.0
    assert_array_equal(claims["car_price"], PRICE + 1.0)
    with pytest.raises(ValueError, match="read-only"):
        claims["car_price"][0] = 1.0


def test_one_and_true_are_different_claims() -> None:
    Claims.of(rural=True)
    with pytest.raises(InputError, match="rural"):
        Claims.of(rural=1)
    Claims.of(units_dismantled=1.0)
    with pytest.raises(InputError, match="units_dismantled"):
        Claims.of(units_dismantled=True)


@pytest.mark.parametrize("law", ["published", "suspended", "struck"])
def test_what_is_kept_is_what_the_law_says(law: str) -> None:
    changes = {
        "published": (),
        "suspended": ("instrument.car_scrappage_renewal=suspend@2025-06-03/2025-06-20",),
        "struck": (
            "instrument.car_scrappage_renewal=strike@2025-03-17",
            "instrument.formal_channel_certificate=strike@2024-07-11",
            "instrument.reverse_invoicing=strike@2025-07-11",
        ),
    }[law]
    rules = Scenario.load("plan").with_settings(changes).law
    seen = set()
    for index in range(Month.parse("2020-01").index, Month.parse("2028-03").index):
        month, claims = Month(index), cars()
        fresh = Claims(claims.values, claims.size)
        for of_month in (amount_of_month, paused_amount_of_month):
            for name in ("car_scrappage_renewal", "car_replacement_renewal"):
                found = of_month(rules[name], month, claims)
                assert_array_equal(found, of_month(rules[name], month, fresh))
                seen.add((of_month.__name__, float(found.sum()) > 0.0))
        one = Claims.of(1)
        for name in ("formal_channel_certificate", "reverse_invoicing", "sorting_mandate"):
            bound = bound_of_month(rules[name], month, one)
            assert_array_equal(bound, bound_of_month(rules[name], month, Claims({}, 1)))
    assert ("amount_of_month", True) in seen
    assert ("paused_amount_of_month", True) in seen


def test_an_answer_may_be_written_into() -> None:
    rule, month = load_instruments()["car_scrappage_renewal"], Month.parse("2025-03")
    before = amount_of_month(rule, month, cars())
    amount_of_month(rule, month, cars())[:] = -1.0
    assert_array_equal(amount_of_month(rule, month, cars()), before)
    duty = load_instruments()["formal_channel_certificate"]
    bound = bound_of_month(duty, month, Claims.of(1)).copy()
    bound_of_month(duty, month, Claims.of(1))[:] = -1.0
    assert_array_equal(bound_of_month(duty, month, Claims.of(1)), bound)


def test_an_amended_rule_is_asked_anew() -> None:
    month = Month.parse("2025-03")
    published = load_instruments()["car_scrappage_renewal"]
    before = amount_of_month(published, month, cars())
    version = next(version for _, version in published.parts(month))
    assert version.table is not None or version.flat is not None or version.percent is not None
    closed = version.model_copy(update={"state": "closed"})
    others = tuple(closed if known is version else known for known in published.versions)
    amended = published.model_copy(update={"versions": others})
    assert before.sum() > 0.0
    assert amount_of_month(amended, month, cars()).sum() < before.sum()


def test_a_rule_is_asked_once_a_month_and_an_amended_one_anew() -> None:
    asked = []

    @kept_by_rule
    def versions_of_month(instrument: Instrument, month: Month) -> np.ndarray:
        asked.append((instrument, month))
        return np.array([float(len(instrument.parts(month)))])

    rule, month = load_instruments()["car_scrappage_renewal"], Month.parse("2025-03")
    first = versions_of_month(rule, month)
    assert versions_of_month(rule, month) is first
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 2.0
    versions_of_month(rule, month + 1)
    none = rule.model_copy(update={"versions": rule.versions[:1], "after": "end"})
    assert first[0] > 0.0
    assert versions_of_month(none, month)[0] == 0.0
    assert [place for _, place in asked] == [month, month + 1, month]
