"""How probable a target is, what the interval rests on, and where the spread comes from."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from transition_model import InputError
from transition_model.analysis.figures.probability import (
    convergence_figure,
    probability_figure,
    spread_figure,
)
from transition_model.analysis.probability import (
    effective_runs,
    jeffreys_interval,
    parts_of_variance,
    probabilities,
    spread,
)

TARGET = "msw_recycling_rate"
GOAL = 45.0
type Maker = Callable[..., Any]


# -- the interval ---------------------------------------------------------------------------------
def test_the_interval_is_the_one_of_the_textbook() -> None:
    low, high = jeffreys_interval(0.5, 10)
    assert (low, high) == (pytest.approx(0.2235, abs=1e-4), pytest.approx(0.7765, abs=1e-4))


def test_a_target_that_every_run_meets_may_still_be_missed() -> None:
    low, high = jeffreys_interval(1.0, 20)
    assert high == 1.0
    assert 0.85 < low < 0.9


def test_four_times_the_runs_halve_the_interval() -> None:
    narrow, wide = jeffreys_interval(0.3, 4000), jeffreys_interval(0.3, 1000)
    assert (wide[1] - wide[0]) / (narrow[1] - narrow[0]) == pytest.approx(2.0, rel=0.01)


def test_the_interval_holds_the_true_probability_as_often_as_it_says() -> None:
    rng, true = np.random.default_rng(1), 0.3
    found = rng.binomial(200, true, size=2000) / 200
    held = [low <= true <= high for low, high in (jeffreys_interval(s, 200) for s in found)]
    assert np.mean(held) == pytest.approx(0.95, abs=0.015)


# -- how many independent runs --------------------------------------------------------------------
def test_seeds_that_change_nothing_add_no_runs() -> None:
    met = np.repeat(np.random.default_rng(2).random((400, 1)) < 0.4, 5, axis=1).astype(float)
    assert effective_runs(met) == pytest.approx(400, rel=0.01)


def test_points_that_change_nothing_add_no_runs() -> None:
    met = np.repeat(np.random.default_rng(3).random((1, 40)) < 0.4, 300, axis=0).astype(float)
    assert effective_runs(met) == pytest.approx(40, rel=0.05)


def test_independent_runs_count_nearly_all() -> None:
    met = (np.random.default_rng(4).random((500, 20)) < 0.4).astype(float)
    assert effective_runs(met) > 0.8 * met.size


def test_of_one_seed_every_point_counts_and_of_one_point_every_seed() -> None:
    met = np.array([1.0, 0.0, 1.0, 1.0])
    assert effective_runs(met[:, np.newaxis]) == 4.0
    assert effective_runs(met[np.newaxis, :]) == 4.0


def test_where_all_runs_agree_points_count_once() -> None:
    assert effective_runs(np.ones((30, 4))) == 30.0
    assert effective_runs(np.zeros((1, 8))) == 8.0


# -- probabilities of a study ---------------------------------------------------------------------
def _uniform(study: Any, cube: Maker, runs: pd.DataFrame) -> np.ndarray:
    """Met where the first parameter lies in the upper 30 % of its range."""
    return GOAL - 0.7 + cube(study, runs)[:, 0]


def test_the_probability_is_the_volume_in_which_the_target_is_met(
    study_maker: Maker, results_maker: Maker, cube: Maker
) -> None:
    study = study_maker({"method": "latin_hypercube", "points": 2000})
    found = probabilities(
        results_maker(study, lambda runs: _uniform(study, cube, runs), TARGET), study
    )
    entry = found.entries[0]
    assert entry.value == pytest.approx(0.3, abs=0.001)
    assert entry.low < 0.3 < entry.high
    assert "one luck" in found.note
    row = found.table().iloc[0]
    assert (row["target"], row["runs"], row["goal"]) == (TARGET, 2000, ">= 45 percent")


def test_the_interval_narrows_as_runs_are_added_in_an_order_that_is_kept(
    study_maker: Maker, results_maker: Maker, cube: Maker
) -> None:
    study = study_maker({"method": "latin_hypercube", "points": 1600})
    results = results_maker(study, lambda runs: _uniform(study, cube, runs), TARGET)
    steps = probabilities(results, study).convergence()
    assert steps["runs"].tolist() == [100, 200, 400, 800, 1600]
    assert (steps["high"] - steps["low"]).is_monotonic_decreasing
    assert steps["probability"].iloc[-1] == pytest.approx(0.3, abs=0.001)
    pd.testing.assert_frame_equal(steps, probabilities(results, study).convergence())
    other = probabilities(results, study, order_seed=1).convergence()
    assert other["probability"].tolist()[:4] != steps["probability"].tolist()[:4]


def test_beside_the_probability_stands_what_the_runs_reach(
    study_maker: Maker, results_maker: Maker, cube: Maker
) -> None:
    study = study_maker({"method": "latin_hypercube", "points": 2000})
    found = probabilities(
        results_maker(study, lambda runs: _uniform(study, cube, runs), TARGET), study
    )
    row = found.table().iloc[0]
    expected = [GOAL - 0.7 + share for share in (0.05, 0.5, 0.95)]
    assert [row["5%"], row["50%"], row["95%"]] == pytest.approx(expected, abs=0.002)
    assert row["moved"]


@pytest.mark.parametrize(("noise", "moved"), [(1e-9, False), (1e-4, True)])
def test_a_target_that_nothing_moves_is_told_from_a_certain_one(
    noise: float, moved: bool, study_maker: Maker, results_maker: Maker
) -> None:
    study = study_maker({"method": "latin_hypercube", "points": 50})
    luck = np.random.default_rng(1).uniform(1.0, 1.0 + noise, 50)
    found = probabilities(results_maker(study, lambda runs: GOAL * luck, TARGET), study)
    assert found.entries[0].value == 1.0
    assert found.entries[0].moved is moved
    assert ("varies: 1 targets" in found.note) is not moved


def test_a_point_with_a_missing_run_is_left_out_and_counted(
    study_maker: Maker, results_maker: Maker
) -> None:
    study = study_maker({"method": "latin_hypercube", "points": 10}, replications=2)
    values = np.full(20, GOAL)
    values[5] = np.nan
    entry = probabilities(results_maker(study, lambda runs: values, TARGET), study).entries[0]
    assert (entry.points, entry.runs, entry.left_out) == (9, 18, 1)


def test_scenarios_are_told_apart(study_maker: Maker, results_maker: Maker) -> None:
    design = {"method": "scenarios", "scenarios": ["none", "plan"]}
    study = study_maker(design, factors=0, replications=8)
    results = results_maker(
        study, lambda runs: np.where(runs["scenario"] == "plan", GOAL, 40.0), TARGET
    )
    found = {entry.scenario: entry for entry in probabilities(results, study).entries}
    assert (found["none"].value, found["plan"].value) == (0.0, 1.0)
    assert found["plan"].low > 0.7


def test_of_saltellis_rows_only_the_two_samples_count(
    study_maker: Maker, results_maker: Maker, cube: Maker
) -> None:
    study = study_maker({"method": "sobol", "points": 256})
    results = results_maker(study, lambda runs: _uniform(study, cube, runs), TARGET)
    entry = probabilities(results, study).entries[0]
    assert entry.runs == 512
    assert entry.value == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize("method", ["morris", "full_factorial"])
def test_a_design_that_stands_for_nothing_unknown_is_refused(
    method: str, study_maker: Maker, results_maker: Maker
) -> None:
    study = study_maker({"method": method, "points": 4, "levels": 2})
    with pytest.raises(InputError, match=f"design.method: read '{method}'"):
        probabilities(results_maker(study, lambda runs: np.ones(len(runs)), TARGET), study)


# -- where the spread comes from ------------------------------------------------------------------
def _layout(points: int, seeds: int, *, a: float, b: float, e: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (
        rng.normal(0.0, a, (points, 1))
        + rng.normal(0.0, b, (1, seeds))
        + rng.normal(0.0, e, (points, seeds))
    )


def test_parts_of_the_variance_are_unbiased() -> None:
    one = np.zeros(200, dtype=np.int64)
    found = [
        parts_of_variance(_layout(200, 5, a=2.0, b=1.0, e=1.5, seed=seed), one)
        for seed in range(400)
    ]
    assert np.mean([parts.parameters for parts in found]) == pytest.approx(4.0, rel=0.02)
    assert np.mean([parts.luck for parts in found]) == pytest.approx(1.0 + 2.25, rel=0.05)


def test_luck_alone_leaves_nothing_for_parameters() -> None:
    one = np.zeros(100, dtype=np.int64)
    found = [
        parts_of_variance(_layout(100, 2, a=0.0, b=1.0, e=1.0, seed=seed), one).parameters
        for seed in range(400)
    ]
    assert np.mean(found) == pytest.approx(0.0, abs=0.02)
    assert min(found) < 0.0


def test_structures_count_by_how_far_their_means_lie_apart() -> None:
    structures = np.repeat([0, 1], 100)
    found = [
        parts_of_variance(
            _layout(200, 3, a=1.0, b=0.5, e=0.5, seed=seed) + 4.0 * structures[:, np.newaxis],
            structures,
        )
        for seed in range(200)
    ]
    assert np.mean([parts.structures for parts in found]) == pytest.approx(4.0, rel=0.02)
    assert np.mean([parts.parameters for parts in found]) == pytest.approx(1.0, rel=0.03)


def test_equal_structures_bring_nothing() -> None:
    structures = np.repeat([0, 1], 20)
    found = [
        parts_of_variance(_layout(40, 2, a=1.0, b=0.0, e=0.5, seed=seed), structures).structures
        for seed in range(600)
    ]
    assert np.mean(found) == pytest.approx(0.0, abs=0.01)


def test_the_parts_make_up_the_whole_variance() -> None:
    values = _layout(4000, 6, a=2.0, b=0.0, e=1.0, seed=5)
    parts = parts_of_variance(values, np.zeros(4000, dtype=np.int64))
    assert parts.total == pytest.approx(values.var(), rel=0.005)


def test_one_seed_a_point_does_not_tell_luck_and_says_so(
    study_maker: Maker, results_maker: Maker, cube: Maker
) -> None:
    study = study_maker({"method": "latin_hypercube", "points": 100})
    results = results_maker(study, lambda runs: cube(study, runs)[:, 0])
    row = spread(results).table().iloc[0]
    assert np.isnan(row["luck"])
    assert row["parameters"] == pytest.approx(1.0)
    assert "one seed a point" in row["note"]


def test_a_study_splits_its_spread_with_an_interval(
    study_maker: Maker, results_maker: Maker, cube: Maker
) -> None:
    rivals = {"car_choice": ["familiarity_logit", "bass"]}
    design = {"method": "latin_hypercube", "points": 400}
    study = study_maker(design, structures=rivals, replications=4)

    def outcome(runs: pd.DataFrame) -> np.ndarray:
        bass = (runs["car_choice"] == "bass").to_numpy(dtype=float)
        luck = np.random.default_rng(6).normal(0.0, 1.0, len(runs))
        return np.sqrt(12.0) * cube(study, runs)[:, 0] + 2.0 * bass + luck

    row = spread(results_maker(study, outcome)).table().iloc[0]
    for name in ("parameters", "structures", "luck"):
        assert row[name] == pytest.approx(1.0 / 3.0, abs=0.05)
        assert row[f"{name} low"] < 1.0 / 3.0 < row[f"{name} high"]
    assert row["standard deviation"] == pytest.approx(np.sqrt(3.0), rel=0.05)
    assert row["note"] == "luck from 4 seeds, the same at all points"


def test_an_outcome_that_does_not_vary_has_no_shares(
    study_maker: Maker, results_maker: Maker
) -> None:
    study = study_maker({"method": "latin_hypercube", "points": 10}, replications=2)
    row = spread(results_maker(study, lambda runs: np.ones(len(runs)))).table().iloc[0]
    assert row["standard deviation"] == 0.0
    assert np.isnan(row["parameters"])


# -- figures --------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", ["en", "zh"])
def test_figures_are_the_same_bytes_for_the_same_runs(
    language: str, tmp_path: Path, study_maker: Maker, results_maker: Maker, cube: Maker
) -> None:
    study = study_maker({"method": "latin_hypercube", "points": 64}, replications=2)
    results = results_maker(study, lambda runs: _uniform(study, cube, runs), TARGET)
    found = probabilities(results, study)
    words = "Probability" if language == "en" else "概率"
    for number in (1, 2):
        probability_figure(found, tmp_path / f"p{number}.svg", language)  # type: ignore[arg-type]
        convergence_figure(found, tmp_path / f"c{number}.svg", language)  # type: ignore[arg-type]
        spread_figure(spread(results), tmp_path / f"s{number}.svg", language)  # type: ignore[arg-type]
    for kind in "pcs":
        first = (tmp_path / f"{kind}1.svg").read_bytes()
        assert first == (tmp_path / f"{kind}2.svg").read_bytes()
    assert words in (tmp_path / "p1.svg").read_text("utf-8")


def test_a_figure_of_another_kind_is_refused(
    tmp_path: Path, study_maker: Maker, results_maker: Maker
) -> None:
    study = study_maker({"method": "latin_hypercube", "points": 4})
    found = probabilities(results_maker(study, lambda runs: np.ones(4), TARGET), study)
    with pytest.raises(InputError, match=r"ending in \.svg or \.png"):
        probability_figure(found, tmp_path / "figure.pdf")
