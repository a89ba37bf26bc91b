"""Terms are worked out once, and anew exactly where something that they read has changed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from transition_model.calendar import Month
from transition_model.instruments import Instrument, load_instruments
from transition_model.month_terms import WatchedReading, remembered, remembered_constants
from transition_model.parameters import ParameterSet, ParameterValues, load_parameters

LAW = load_instruments()
PARAMETERS = ParameterValues(load_parameters(), {})


@dataclass(frozen=True)
class Given:
    """A month's reading."""

    month: Month = field(default_factory=lambda: Month.parse("2026-03"))
    law: dict[str, Instrument] = field(default_factory=lambda: dict(LAW))
    levers: dict[str, float] = field(default_factory=lambda: {"a": 1.0, "b": 2.0})
    parameters: ParameterValues = PARAMETERS
    structures: dict[str, str] = field(default_factory=lambda: {"car_choice": "bass"})


class Counted:
    """Terms that read lever a, a parameter, a rule and the structure, and count their making."""

    def __init__(self) -> None:
        self.made = 0
        self.terms = remembered(self._work_out)

    def _work_out(self, reading: WatchedReading) -> tuple[float, float, str, str]:
        self.made += 1
        return (
            reading.levers["a"],
            reading.parameters.scalar("car_survival_scale"),
            reading.law["appliance_trade_in"].after,
            reading.structures["car_choice"],
        )


def test_the_same_reading_is_not_worked_out_again() -> None:
    counted = Counted()
    first, second = counted.terms(Given()), counted.terms(Given())
    assert first is second
    assert counted.made == 1


def test_what_was_not_read_may_change() -> None:
    counted = Counted()
    counted.terms(Given())
    other = ParameterValues(load_parameters(), {"car_survival_shape": 5.0})
    rules = dict(LAW)
    del rules["digital_trade_in"]
    counted.terms(Given(levers={"a": 1.0, "b": 9.0}, parameters=other, law=rules))
    assert counted.made == 1


def test_each_thing_that_was_read_counts() -> None:
    counted = Counted()
    counted.terms(Given())
    scale = PARAMETERS.scalar("car_survival_scale")
    other = ParameterValues(load_parameters(), {"car_survival_scale": scale * 1.01})
    rule = LAW["appliance_trade_in"]
    amended = rule.model_copy(update={"after": "end" if rule.after != "end" else "continue"})
    changed = [
        Given(levers={"a": 1.5, "b": 2.0}),
        Given(parameters=other),
        Given(law={**LAW, rule.id: amended}),
        Given(structures={"car_choice": "plain_logit"}),
        Given(month=Month.parse("2026-04")),
    ]
    found = [counted.terms(reading) for reading in changed]
    assert counted.made == 1 + len(changed)
    assert found[0][0] == 1.5
    assert found[1][1] == scale * 1.01
    assert found[2][2] == amended.after
    assert found[3][3] == "plain_logit"


def test_a_parameter_that_is_declared_otherwise_counts() -> None:
    counted = Counted()
    counted.terms(Given())
    declared = {parameter.id: parameter for parameter in load_parameters()}
    name = "transit_quota_reach"
    declared[name] = declared[name].model_copy(update={"interpolation": "step"})
    counted.terms(Given(parameters=ParameterValues(ParameterSet(declared), {})))
    assert counted.made == 2


def test_an_equal_rule_that_was_read_anew_is_the_same_rule() -> None:
    counted = Counted()
    counted.terms(Given())
    copy = LAW["appliance_trade_in"].model_copy()
    counted.terms(Given(law={**LAW, copy.id: copy}))
    assert counted.made == 1


def test_a_reading_of_another_month_is_watched_too() -> None:
    levers_read = []

    @remembered
    def next_month(reading: WatchedReading) -> float:
        later = replace(reading, month=reading.month + 1)
        levers_read.append(later.levers["b"])
        return later.levers["b"]

    assert next_month(Given()) == 2.0
    assert next_month(Given(levers={"a": 1.0, "b": 3.0})) == 3.0
    assert len(levers_read) == 2


def test_results_that_are_long_out_of_use_are_dropped_and_made_again() -> None:
    counted = Counted()
    for step in range(2000):
        counted.terms(Given(levers={"a": float(step), "b": 0.0}))
    counted.terms(Given(levers={"a": 1999.0, "b": 0.0}))
    assert counted.made == 2000
    counted.terms(Given(levers={"a": 0.0, "b": 0.0}))
    assert counted.made == 2001


def test_what_remembered_terms_read_counts_for_the_terms_that_ask_them() -> None:
    inner = Counted()

    @remembered
    def outer(reading: WatchedReading) -> float:
        return inner.terms(reading)[0]

    assert [outer(Given(levers={"a": a, "b": 2.0})) for a in (1.0, 3.0, 1.0)] == [1.0, 3.0, 1.0]
    # The inner result was there before the outer one asked for it.
    inner.terms(Given(levers={"a": 7.0, "b": 2.0}))
    assert [outer(Given(levers={"a": a, "b": 2.0})) for a in (7.0, 8.0)] == [7.0, 8.0]
    assert inner.made == 4


def test_mappings_that_say_the_same_serve_in_turn() -> None:
    counted = Counted()
    scale = PARAMETERS.scalar("car_survival_scale")
    numbers = (scale, scale * 1.01)
    for _ in range(3):
        for number in numbers:
            values = ParameterValues(load_parameters(), {"car_survival_scale": number})
            assert counted.terms(Given(parameters=values, law=dict(LAW)))[1] == number
    assert counted.made == len(numbers)


def test_a_rule_that_is_gone_is_asked_for_again() -> None:
    counted = Counted()
    counted.terms(Given())
    rules = dict(LAW)
    del rules["appliance_trade_in"]
    with pytest.raises(KeyError, match="appliance_trade_in"):
        counted.terms(Given(law=rules))


def test_constants_are_worked_out_anew_where_a_parameter_that_they_read_has_changed() -> None:
    made: list[float] = []

    @remembered_constants
    def scale(parameters: ParameterValues) -> float:
        made.append(parameters.scalar("car_survival_scale"))
        return made[-1]

    def under(**numbers: float) -> float:
        return scale(ParameterValues(load_parameters(), numbers))

    assert under(car_survival_scale=15.0) == 15.0
    assert under(car_survival_scale=16.0) == 16.0
    assert under(car_survival_scale=15.0, car_survival_shape=5.0) == 15.0
    assert made == [15.0, 16.0]
