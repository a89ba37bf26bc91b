"""Axes: each member has one place, one id and a label in both languages."""

from __future__ import annotations

import numpy as np
import pytest

from transition_model.dimensions import Dimension, dimension, dimensions, shape
from transition_model.errors import InputError

ALL = pytest.mark.parametrize("axis", list(dimensions().values()), ids=lambda axis: axis.name)


@ALL
def test_every_member_stands_once_and_is_found_at_its_place(axis: Dimension) -> None:
    assert len(set(axis.members)) == len(axis) == len(axis.labels_en) == len(axis.labels_zh)
    assert [axis.index(member) for member in axis.members] == list(range(len(axis)))


@ALL
def test_ids_are_ascii_names_and_labels_are_not_empty(axis: Dimension) -> None:
    for member, english, chinese in zip(axis.members, axis.labels_en, axis.labels_zh, strict=True):
        assert member.isascii()
        assert member.isidentifier()
        assert member == member.lower()
        assert english
        assert chinese


def test_combustion_comes_first_for_powertrains_after_it_are_new_energy() -> None:
    assert dimension("powertrain").members == ("combustion", "plug_in_hybrid", "battery_electric")


def test_the_last_class_of_age_holds_all_cars_of_25_years_and_more() -> None:
    ages = dimension("car_age")
    assert len(ages) == 26
    assert (ages.members[0], ages.members[-1]) == ("age0", "age25")


def test_an_array_has_one_axis_a_dimension_in_the_order_named() -> None:
    assert shape(("powertrain", "car_age")) == (3, 26)
    assert shape(("car_age", "powertrain")) == (26, 3)
    assert np.zeros(shape(())).shape == ()


def test_an_unknown_member_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(InputError, match=r"dimension grade: read 'grade_9'.*grade_1, grade_2"):
        dimension("grade").index("grade_9")


def test_an_unknown_dimension_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(InputError, match=r"dimension: read 'colour'.*powertrain"):
        dimension("colour")
    with pytest.raises(InputError, match="colour"):
        shape(("powertrain", "colour"))
