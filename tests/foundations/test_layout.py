"""Quantities end to end: nothing lost between names and numbers."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from transition_model.layout import Layout, Sums

SHAPES = st.dictionaries(
    st.text("abc", min_size=1, max_size=3),
    st.lists(st.integers(1, 4), max_size=3).map(tuple),
    min_size=1,
    max_size=6,
)


@given(SHAPES)
def test_a_vector_holds_every_number_once_and_gives_it_back(
    shapes: dict[str, tuple[int, ...]],
) -> None:
    layout = Layout.of(shapes)
    numbers = np.arange(float(layout.size))
    views = layout.views(numbers)
    assert {name: view.shape for name, view in views.items()} == shapes
    assert_array_equal(layout.vector(views), numbers)
    for name in shapes:
        assert_array_equal(numbers[layout.places(name)], layout.view(numbers, name))
        for place in layout.places(name).ravel():
            assert layout.name_at(int(place)) == name


def test_what_is_written_to_a_view_is_in_the_vector() -> None:
    layout = Layout.of({"a": (), "b": (2, 2)})
    numbers = np.zeros(layout.size)
    layout.view(numbers, "b")[1, 0] = 7.0
    layout.view(numbers, "a")[...] = 3.0
    assert_array_equal(numbers, [3.0, 0.0, 0.0, 7.0, 0.0])


@given(st.lists(st.lists(st.integers(0, 9), max_size=5), min_size=1, max_size=5))
def test_sums_are_those_of_each_group_also_of_an_empty_one(groups: list[list[int]]) -> None:
    numbers = np.linspace(1.0, 2.0, 10)
    sums = Sums.of(np.array(group, dtype=np.intp) for group in groups)
    assert_allclose(sums(numbers), [numbers[group].sum() if group else 0.0 for group in groups])


@given(st.lists(st.lists(st.integers(0, 9), max_size=5), min_size=1, max_size=5))
def test_sums_of_many_vectors_are_those_of_each_to_the_last_bit(groups: list[list[int]]) -> None:
    rows = np.random.default_rng(1).lognormal(0.0, 9.0, (3, 10))
    sums = Sums.of(np.array(group, dtype=np.intp) for group in groups)
    assert_array_equal(sums.of_rows(rows), [sums(row) for row in rows])
