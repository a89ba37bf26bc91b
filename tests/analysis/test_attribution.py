"""Shares of an effect: additive games, interactions in closed form, and the axioms."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from transition_model import InputError, Scenario
from transition_model.analysis.attribution import (
    Contributions,
    Group,
    Worth,
    coalitions_of,
    contributions,
    drawn_orders,
    groups_of,
    interaction_indices,
    interactions_of_orders,
    plan_of,
    scenario_of,
    shapley_values,
    values_of_orders,
)
from transition_model.analysis.figures.attribution import attribution_figure
from transition_model.calendar import Month
from transition_model.scenario import switchable_measures
from transition_model.studies import Study
from transition_model.studies.results import Outcome, target_outcomes
from transition_model.studies.study import Attribution, Design

OUTCOMES = target_outcomes(["energy_intensity_reduction"])
GAMES = st.integers(2, 5).flatmap(
    lambda n: arrays(float, 1 << n, elements=st.floats(-1e3, 1e3, allow_subnormal=False))
)


def _groups(count: int) -> tuple[Group, ...]:
    return tuple(Group(f"group_{n}", f"Group {n}", f"第{n}组", (n + 1,)) for n in range(count))


def _members(coalition: int, count: int) -> list[int]:
    return [player for player in range(count) if coalition >> player & 1]


def _game(own: Sequence[float], together: float, noise: Sequence[float] = (0.0, 0.0)) -> Worth:
    """Own terms, a bonus where groups 0 and 1 are both there, and a seed's own term a group."""

    def worth(coalitions: Sequence[int]) -> np.ndarray:
        table = np.zeros((len(coalitions), len(noise), 1))
        for row, coalition in enumerate(coalitions):
            members = _members(coalition, len(own))
            both = together if {0, 1} <= set(members) else 0.0
            for seed, shift in enumerate(noise):
                table[row, seed, 0] = 5.0 + sum(own[m] + shift for m in members) + both
        return table

    return worth


def _divide(own: Sequence[float], together: float = 0.0, **options: int) -> Contributions:
    return contributions(_groups(len(own)), OUTCOMES, _game(own, together), **options)


def test_in_an_additive_game_each_group_has_its_own_term_and_no_pair_interacts() -> None:
    found = _divide([1.0, -2.0, 0.5, 4.0])
    np.testing.assert_allclose(found.values[:, 0, 0], [1.0, -2.0, 0.5, 4.0], atol=1e-12)
    np.testing.assert_allclose(found.last, found.values, atol=1e-12)
    off_diagonal = ~np.eye(4, dtype=bool)
    np.testing.assert_allclose(found.interactions[off_diagonal], 0.0, atol=1e-12)


def test_what_two_groups_bring_only_together_is_shared_by_halves() -> None:
    found = _divide([1.0, -2.0, 0.5], together=6.0)
    np.testing.assert_allclose(found.values[:, 0, 0], [4.0, 1.0, 0.5], atol=1e-12)
    np.testing.assert_allclose(found.last[:, 0, 0], [7.0, 4.0, 0.5], atol=1e-12)
    np.testing.assert_allclose(found.first[:, 0, 0], [1.0, -2.0, 0.5], atol=1e-12)
    assert found.interactions[0, 1, 0, 0] == pytest.approx(6.0)
    assert found.interactions[0, 2, 0, 0] == pytest.approx(0.0, abs=1e-12)


def test_the_glove_game_has_its_known_values() -> None:
    # One left glove, two right ones; a pair is worth 1: Shapley's values are 2/3, 1/6, 1/6.
    worth = np.array([float(c & 1 and c & 6) and 1.0 for c in range(8)])
    np.testing.assert_allclose(shapley_values(worth), [2 / 3, 1 / 6, 1 / 6])


@given(GAMES)
def test_the_parts_make_the_whole(worth: np.ndarray) -> None:
    assert shapley_values(worth).sum() == pytest.approx(worth[-1] - worth[0], abs=1e-9)


@given(GAMES)
def test_values_are_means_over_all_orders(worth: np.ndarray) -> None:
    players = len(worth).bit_length() - 1
    orders = list(permutations(range(players)))
    added = values_of_orders(lambda c: worth[c], orders).mean(axis=0)
    np.testing.assert_allclose(shapley_values(worth), added, atol=1e-9)
    by_orders = interactions_of_orders(lambda c: worth[c], orders)
    np.testing.assert_allclose(interaction_indices(worth), by_orders, atol=1e-9)


@given(GAMES)
def test_groups_that_are_interchangeable_have_the_same_value(worth: np.ndarray) -> None:
    # Symmetrise players 0 and 1 by the mean of the game and the game with both swapped.
    swapped = np.array([worth[(c & ~3) | (c & 1) << 1 | (c & 2) >> 1] for c in range(len(worth))])
    values = shapley_values((worth + swapped) / 2.0)
    assert values[0] == pytest.approx(values[1], abs=1e-9)


@given(GAMES, st.floats(-10.0, 10.0))
def test_a_group_that_always_adds_the_same_has_just_that(worth: np.ndarray, own: float) -> None:
    # The game with one player more, who brings `own` to every coalition.
    larger = np.concatenate([worth, worth + own])
    values = shapley_values(larger)
    assert values[-1] == pytest.approx(own, abs=1e-9)
    np.testing.assert_allclose(values[:-1], shapley_values(worth), atol=1e-9)
    np.testing.assert_allclose(interaction_indices(larger)[-1, :-1], 0.0, atol=1e-9)


def test_drawn_orders_still_make_the_whole_and_say_how_unsure_they_are() -> None:
    own = [1.0, -2.0, 0.5, 3.0, 2.0, -1.0]
    found = _divide(own, together=6.0, exact_up_to=3, orders=40, seed=1)
    assert np.abs(found.unexplained).max() < 1e-9
    exact = np.array([4.0, 1.0, 0.5, 3.0, 2.0, -1.0])
    # An order and its reverse put each of the two first once: halves are exact.
    np.testing.assert_allclose(found.values[:, 0, 0], exact, atol=1e-9)
    assert found.interactions[0, 1, 0, 0] == pytest.approx(6.0)
    assert 0 < found.orders == 40


def test_the_interval_of_drawn_orders_covers_what_all_orders_give() -> None:
    generator = np.random.default_rng(5)
    table = generator.normal(size=(64, 1)) @ np.ones((1, 2))

    def worth(coalitions: Sequence[int]) -> np.ndarray:
        return table[list(coalitions)][:, :, None]

    exact = contributions(_groups(6), OUTCOMES, worth)
    drawn = contributions(_groups(6), OUTCOMES, worth, exact_up_to=2, orders=60, seed=3)
    assert (drawn.order_error > 0.0).all()
    assert (exact.order_error == 0.0).all()
    half = drawn.half_width(drawn.values, drawn.order_error)
    assert (np.abs(drawn.values.mean(axis=1) - exact.values.mean(axis=1)) <= half).all()


def test_an_order_and_its_reverse_follow_each_other() -> None:
    orders = drawn_orders(5, 6, seed=0)
    assert len(orders) == 6
    assert all(orders[k][::-1] == orders[k + 1] for k in range(0, 6, 2))
    needed = coalitions_of(orders)
    assert {0, 31, 1, 2, 4, 8, 16, 30, 15} <= set(needed)
    assert len(needed) == len(set(needed)) < 32


def test_the_interval_is_student_t_over_seeds() -> None:
    found = contributions(_groups(2), OUTCOMES, _game([1.0, 2.0], 0.0, noise=(-1.0, 0.0, 1.0)))
    row = found.table().iloc[0]
    # Three seeds with deviation 1: 4.3027 (t, two degrees of freedom) / sqrt(3).
    assert row["contribution"] == pytest.approx(1.0)
    assert row["high"] - row["contribution"] == pytest.approx(4.30265 / 3**0.5, rel=1e-5)


def test_tables_name_units_and_the_sum_check() -> None:
    found = _divide([1.0, 2.0], together=3.0)
    assert set(found.table()["unit"]) == {OUTCOMES[0].unit}
    assert found.table()["share of effect"].sum() == pytest.approx(1.0)
    totals = found.totals().iloc[0]
    assert totals["effect"] == totals["sum of contributions"] == pytest.approx(6.0)
    # Wedges count what both bring together twice.
    assert totals["sum of wedges"] == pytest.approx(9.0)
    assert found.pairs()["interaction"].tolist() == pytest.approx([3.0])
    assert found.runs == 8


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_figure_names_every_group(tmp_path: Path, language: str) -> None:
    path = tmp_path / "attribution.svg"
    attribution_figure(_divide([1.0, 2.0, 0.3], together=3.0), path, language)
    text = path.read_text("utf-8")
    for name in ("Group 2", "第2组"):
        assert (name in text) == ((language == "en") == name.startswith("Group"))


def test_the_figure_leaves_out_what_no_group_moves_and_says_how_many(tmp_path: Path) -> None:
    found = _divide([1.0, 2.0])
    still = replace(
        found,
        outcomes=(*found.outcomes, Outcome("idle", "idle", Month.parse("2027-12"), "count")),
        **{
            name: np.concatenate([getattr(found, name), 0.0 * getattr(found, name)[..., :1]], -1)
            for name in ("values", "last", "first", "interactions", "order_error")
        },
        **{
            name: np.concatenate([getattr(found, name), np.full_like(found.nothing, 7.0)], -1)
            for name in ("nothing", "everything")
        },
    )
    assert still.moved.tolist() == [True, False]
    path = tmp_path / "attribution.svg"
    attribution_figure(still, path)
    text = path.read_text("utf-8")
    assert "1 outcomes are moved by no group" in text
    assert "idle" not in text


def test_a_group_is_called_by_its_label_or_by_its_measures() -> None:
    named, bare = groups_of(_study(a={"measures": (24,), "label_zh": "以旧换新"}, b_c=(31, 14)))
    assert (named.label_en, named.label_zh) == ("a", "以旧换新")
    assert (bare.label_en, bare.label_zh) == ("b c", "措施31、14")


def test_one_seed_or_one_group_is_refused() -> None:
    with pytest.raises(InputError, match="two or more seeds"):
        contributions(_groups(2), OUTCOMES, _game([1.0, 2.0], 0.0, noise=(0.0,)))
    with pytest.raises(InputError, match="two or more groups"):
        _divide([1.0])
    with pytest.raises(InputError, match="power of 2"):
        shapley_values(np.zeros(6))


def _study(**groups: object) -> Study:
    design = Design(method="scenarios", scenarios=("plan",))
    asked = Attribution.model_validate({"groups": groups})
    return Study(name="s", design=design, replications=2, attribution=asked)


def test_the_plans_actions_hold_each_measure_that_can_be_switched_once() -> None:
    groups = groups_of(_study())
    assert sorted(n for group in groups for n in group.measures) == list(switchable_measures())
    assert all(group.label_zh and group.measures for group in groups)


def test_groups_that_overlap_or_hold_what_cannot_be_switched_are_refused() -> None:
    with pytest.raises(InputError, match="each measure once"):
        groups_of(_study(a=(24,), b=(31, 24)))
    with pytest.raises(InputError, match="a measure with a lever or rule"):
        groups_of(_study(a=(36,)))


def test_a_coalition_switches_off_all_others_and_nothing_else() -> None:
    base = Scenario.load("plan")
    groups = (Group("a", "a", "a", (24,)), Group("b", "b", "b", (31, 14)))
    assert scenario_of(base, groups, 0b11) == base
    off = {s.measure for s in scenario_of(base, groups, 0b01).measures if s.state == "off"}
    assert off == {31, 14}
    planned = plan_of(_study(a=(24,), b=(31, 14)), groups, [0, 1, 2, 3])
    assert [run.seed for run in planned.runs] == [1, 2] * 4
    assert len(set(planned.keys)) == 8
    assert planned.points["a"].tolist() == ["off", "on", "off", "on"]
