"""A population is built once; every model has a copy of its own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from transition_model.agents import opening
from transition_model.agents.firms import Firms
from transition_model.agents.households import Households
from transition_model.agents.opening import opening_set
from transition_model.calendar import Month
from transition_model.parameters import ParameterValues, load_parameters

START = Month.parse("2020-01")


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> dict[Any, Any]:
    """Begin without anything that another test has built."""
    memory: Any = opening.OrderedDict()
    monkeypatch.setattr(opening, "_memory", lambda: memory)
    return memory


def values(**overrides: float) -> ParameterValues:
    return ParameterValues(load_parameters(), overrides)


def model() -> Any:
    return SimpleNamespace(random=object())


def test_a_copy_has_the_columns_of_the_population_and_shares_none(nothing_kept: Any) -> None:
    first = opening_set(Households, model(), values(), 3, 1, 300, START)
    built = Households.build(None, values(), 3, 1, 300, START)
    for name, column in built.columns.items():
        assert_array_equal(first.columns[name], column, err_msg=name)
    first.columns["readiness"][:] = 9.0
    second = opening_set(Households, model(), values(), 3, 1, 300, START)
    assert_array_equal(second.columns["readiness"], np.ones(300))
    assert second.purchases.columns is second.columns.arrays
    assert len(nothing_kept) == 1


def test_a_copy_belongs_to_its_model() -> None:
    own, other = model(), model()
    first = opening_set(Firms, own, values(), 1, 11)
    second = opening_set(Firms, other, values(), 1, 21)
    assert first.model is own
    assert second.model is other
    assert (first.first_id, second.first_id) == (11, 21)
    assert second.random is other.random


@pytest.mark.parametrize(
    ("overrides", "built"),
    [({"car_survival_scale": 15.5}, 1), ({"industrial_firm_size_spread": 0.9}, 2)],
)
def test_only_a_parameter_that_building_reads_makes_it_anew(
    nothing_kept: Any, overrides: dict[str, float], built: int
) -> None:
    opening_set(Firms, model(), values(), 1, 1)
    again = opening_set(Firms, model(), values(**overrides), 1, 1)
    assert len(nothing_kept) == built
    anew = Firms.build(None, values(**overrides), 1, 1)
    for name, column in anew.columns.items():
        assert_array_equal(again.columns[name], column, err_msg=name)


def test_another_seed_or_size_is_another_population(nothing_kept: Any) -> None:
    for seed, rows in ((1, 300), (2, 300), (1, 301)):
        opening_set(Households, model(), values(), seed, 1, rows, START)
    assert len(nothing_kept) == 3


def test_a_population_that_would_fill_the_memory_is_not_kept(
    nothing_kept: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_KEPT_ROWS", 299)
    opening_set(Households, model(), values(), 1, 1, 300, START)
    assert not nothing_kept


def test_populations_long_out_of_use_are_dropped(
    nothing_kept: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_KEPT_ROWS", 700)
    for seed in (1, 2, 1, 3):
        opening_set(Households, model(), values(), seed, 1, 300, START)
    assert [place[1] for place in nothing_kept] == [1, 3]
