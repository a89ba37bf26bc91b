"""Errors say where to go, and cross process borders unchanged."""

from __future__ import annotations

import pickle

import pytest

from transition_model.errors import BreachError, InputError


def test_an_input_error_says_where_what_was_read_and_what_is_allowed_on_one_line() -> None:
    message = str(InputError("mine.toml: levers.trade_in_budget", "thirty\nthree", "a number"))
    assert message.startswith("mine.toml: levers.trade_in_budget: ")
    assert "thirty\\nthree" in message
    assert message.endswith("allowed: a number")
    assert "\n" not in message


def test_pydantic_does_not_swallow_an_input_error() -> None:
    # pydantic wraps ValueError and AssertionError, and would bury the message.
    assert not issubclass(InputError, (ValueError, AssertionError))


def test_a_breach_names_month_quantity_both_sides_and_the_unit() -> None:
    message = str(BreachError("2026-03", "change of private_cars", 12.5, 13.0, "vehicle"))
    for part in ("2026-03", "change of private_cars", "12.5", "13.0", "vehicle"):
        assert part in message


@pytest.mark.parametrize(
    "error",
    [
        InputError("here", {"read": 1}, "nothing"),
        BreachError("2026-03", "money", 2.0, 1.0, "yuan"),
    ],
)
def test_an_error_of_a_worker_arrives_whole(error: Exception) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)
