"""What matters: indices and effects of functions with known answers, on points of our designs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from transition_model import InputError
from transition_model.analysis.figures.sensitivity import (
    feature_score_figure,
    morris_figure,
    sobol_figure,
)
from transition_model.analysis.sensitivity import (
    CHANCE,
    Morris,
    MorrisOfOutcome,
    Sobol,
    SobolOfOutcome,
    feature_scores,
    morris_effects,
    sobol_indices,
    to_salib_problem,
)
from transition_model.calendar import Month
from transition_model.parameters import load_parameters
from transition_model.studies.design import points_of
from transition_model.studies.results import Outcome

type Maker = Callable[..., Any]

A, B = 7.0, 0.1
"""Of Ishigami's function."""


def _ishigami(points: np.ndarray) -> np.ndarray:
    """Ishigami and Homma 1990, from points in the unit cube."""
    x = np.pi * (2.0 * points - 1.0)
    return np.sin(x[:, 0]) + A * np.sin(x[:, 1]) ** 2 + B * x[:, 2] ** 4 * np.sin(x[:, 0])


def _ishigami_indices() -> tuple[np.ndarray, np.ndarray, float]:
    """First and total indices, and that of the only pair, in closed form."""
    alone = np.array([0.5 * (1.0 + B * np.pi**4 / 5.0) ** 2, A**2 / 8.0, 0.0])
    pair = B**2 * np.pi**8 * (1.0 / 18.0 - 1.0 / 50.0)
    whole = alone.sum() + pair
    return alone / whole, (alone + np.array([pair, 0.0, pair])) / whole, pair / whole


# -- Sobol ----------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def ishigami(study_maker: Maker, results_maker: Maker, cube: Maker) -> tuple[Any, Any]:
    study = study_maker({"method": "sobol", "points": 1024, "second_order": True})
    return study, results_maker(study, lambda runs: _ishigami(cube(study, runs)))


def test_indices_of_ishigamis_function_are_found_within_their_intervals(
    ishigami: tuple[Any, Any],
) -> None:
    study, results = ishigami
    found = sobol_indices(results, study)
    entry, (first, total, _) = found.entries[0], _ishigami_indices()
    assert np.all(np.abs(entry.first - first) < np.maximum(entry.first_error, 0.01))
    assert np.all(np.abs(entry.total - total) < entry.total_error)
    np.testing.assert_allclose(entry.first, first, atol=0.03)
    np.testing.assert_allclose(entry.total, total, atol=0.03)


def test_the_only_interaction_of_ishigamis_function_stands_first(ishigami: tuple[Any, Any]) -> None:
    study, results = ishigami
    found = sobol_indices(results, study)
    pairs = found.pairs()
    strongest = pairs.iloc[0]
    assert {strongest["factor"], strongest["and"]} == {found.factors[0], found.factors[2]}
    assert strongest["second"] == pytest.approx(_ishigami_indices()[2], abs=0.05)
    assert pairs["second"].iloc[1:].abs().max() < 0.05


def test_the_same_runs_give_the_same_intervals(ishigami: tuple[Any, Any]) -> None:
    study, results = ishigami
    pd.testing.assert_frame_equal(
        sobol_indices(results, study).table(), sobol_indices(results, study).table()
    )


def test_the_table_begins_with_what_matters_most(ishigami: tuple[Any, Any]) -> None:
    study, results = ishigami
    table = sobol_indices(results, study).table()
    assert table["factor"].tolist() == [
        "car_survival_scale",
        "car_survival_shape",
        "scrappage_response",
    ]
    assert table["points"].tolist() == [8192] * 3


def test_luck_is_averaged_over_and_is_no_effect(
    study_maker: Maker, results_maker: Maker, cube: Maker
) -> None:
    study = study_maker({"method": "sobol", "points": 256}, factors=2, replications=2)

    def outcome(runs: pd.DataFrame) -> np.ndarray:
        luck = np.where(runs["seed"] == 1, -100.0, 100.0)
        return cube(study, runs)[:, 0] + luck

    found = sobol_indices(results_maker(study, outcome), study)
    np.testing.assert_allclose(found.entries[0].total, [1.0, 0.0], atol=0.01)
    assert found.seeds == 2


def test_an_outcome_that_does_not_vary_has_no_indices(
    study_maker: Maker, results_maker: Maker
) -> None:
    study = study_maker({"method": "sobol", "points": 8})
    table = sobol_indices(results_maker(study, lambda runs: np.ones(len(runs))), study).table()
    assert table["total"].isna().all()
    assert set(table["note"]) == {"does not vary"}


def test_a_missing_run_is_refused_by_name(study_maker: Maker, results_maker: Maker) -> None:
    study = study_maker({"method": "sobol", "points": 8}, replications=2)

    def outcome(runs: pd.DataFrame) -> np.ndarray:
        values = np.arange(len(runs), dtype=float)
        values[[7, 9]] = np.nan
        return values

    with pytest.raises(InputError, match=r"2 of 80 .* the first run 7 \(point 3, seed 2\)"):
        sobol_indices(results_maker(study, outcome), study)


def test_runs_of_another_design_are_refused(
    ishigami: tuple[Any, Any], study_maker: Maker, results_maker: Maker
) -> None:
    study, results = ishigami
    with pytest.raises(InputError, match="morris, for this analysis"):
        morris_effects(results, study)
    other = study_maker({"method": "sobol", "points": 1024, "second_order": True, "seed": 1})
    with pytest.raises(InputError, match="points of another study"):
        sobol_indices(results, other)


def test_pairs_need_a_design_with_rows_for_them(study_maker: Maker, results_maker: Maker) -> None:
    study = study_maker({"method": "sobol", "points": 8})
    found = sobol_indices(results_maker(study, lambda runs: np.arange(len(runs))), study)
    with pytest.raises(InputError, match="second_order"):
        found.pairs()


# -- Morris ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("levels", [4, 6])
def test_effects_of_a_linear_function_are_its_slopes(
    levels: int, study_maker: Maker, results_maker: Maker, cube: Maker
) -> None:
    study = study_maker({"method": "morris", "points": 10, "levels": levels})
    slopes = np.array([2.0, -3.0, 0.0])
    results = results_maker(study, lambda runs: 5.0 + cube(study, runs) @ slopes)
    entry = morris_effects(results, study).entries[0]
    np.testing.assert_allclose(entry.mean, slopes, atol=1e-9)
    np.testing.assert_allclose(entry.absolute, np.abs(slopes), atol=1e-9)
    np.testing.assert_allclose(entry.deviation, 0.0, atol=1e-9)
    np.testing.assert_allclose(entry.absolute_error, 0.0, atol=1e-9)


def test_a_product_shows_as_deviation_of_its_factors_alone(
    study_maker: Maker, results_maker: Maker, cube: Maker
) -> None:
    study = study_maker({"method": "morris", "points": 40})
    results = results_maker(
        study,
        lambda runs: cube(study, runs)[:, 0] * cube(study, runs)[:, 1] + cube(study, runs)[:, 2],
    )
    found = morris_effects(results, study)
    entry = found.entries[0]
    assert np.all(entry.deviation[:2] > 0.2)
    assert entry.deviation[2] == pytest.approx(0.0, abs=1e-9)
    assert found.table()["factor"].iloc[0] == found.factors[2]


def test_one_trajectory_says_nothing_of_its_spread(
    study_maker: Maker, results_maker: Maker
) -> None:
    study = study_maker({"method": "morris", "points": 1})
    with pytest.raises(InputError, match="at least 2 trajectories"):
        morris_effects(results_maker(study, lambda runs: np.arange(len(runs))), study)


# -- feature scores -------------------------------------------------------------------------------
def test_scores_rank_factors_and_tell_chance_apart(
    study_maker: Maker, results_maker: Maker, cube: Maker
) -> None:
    rivals = {"car_choice": ["familiarity_logit", "bass"]}
    study = study_maker({"method": "latin_hypercube", "points": 300}, structures=rivals)

    def outcome(runs: pd.DataFrame) -> np.ndarray:
        points = cube(study, runs)
        return 4.0 * points[:, 0] + points[:, 1] + 2.0 * (runs["car_choice"] == "bass").to_numpy()

    found = feature_scores(results_maker(study, outcome))
    table = found.table()
    assert table["factor"].tolist()[:2] == ["car_survival_scale", "car_choice"]
    assert found.scores.sum(axis=2) == pytest.approx(1.0)
    unimportant = table[table["factor"] == "scrappage_response"].iloc[0]
    assert unimportant["note"] == "no more than chance"
    assert table["factor"].tolist().count(CHANCE) == 1


def test_a_scenario_counts_as_a_factor(study_maker: Maker, results_maker: Maker) -> None:
    design = {"method": "scenarios", "scenarios": ["none", "plan"], "points": 40}
    study = study_maker(design)
    results = results_maker(study, lambda runs: (runs["scenario"] == "plan").astype(float))
    assert feature_scores(results).table()["factor"].iloc[0] == "scenario"


def test_scores_depend_on_their_seed_alone(
    study_maker: Maker, results_maker: Maker, cube: Maker
) -> None:
    study = study_maker({"method": "latin_hypercube", "points": 50})
    results = results_maker(study, lambda runs: cube(study, runs)[:, 0])
    again = feature_scores(results).scores
    assert np.array_equal(feature_scores(results).scores, again)
    assert not np.array_equal(feature_scores(results, seed=1).scores, again)


def test_an_unknown_outcome_is_refused(study_maker: Maker, results_maker: Maker) -> None:
    study = study_maker({"method": "latin_hypercube", "points": 10})
    with pytest.raises(InputError, match="number@2027-12"):
        feature_scores(results_maker(study, lambda runs: np.ones(10)), ["nothing"])


# -- for other programs, and figures --------------------------------------------------------------
def test_salib_makes_the_same_points_from_the_problem(study_maker: Maker, cube: Maker) -> None:
    from SALib.sample import sobol

    study = study_maker({"method": "sobol", "points": 16, "seed": 3})
    theirs = sobol.sample(to_salib_problem(study), 16, calc_second_order=False, seed=3)
    np.testing.assert_allclose(cube(study, points_of(study)), theirs, atol=1e-12)


def test_figures_name_their_factors(
    tmp_path: Path, ishigami: tuple[Any, Any], study_maker: Maker, results_maker: Maker, cube: Maker
) -> None:
    study, results = ishigami
    sobol_figure(sobol_indices(results, study), tmp_path / "sobol.svg")
    screened = study_maker({"method": "morris", "points": 4})
    morris = morris_effects(
        results_maker(screened, lambda runs: _ishigami(cube(screened, runs))), screened
    )
    morris_figure(morris, tmp_path / "morris.svg", "zh")
    feature_score_figure(feature_scores(results), tmp_path / "scores.svg")
    chinese = load_parameters()["car_survival_shape"].label_zh
    names = {"sobol": "car_survival_shape", "morris": chinese, "scores": "car_survival_shape"}
    for figure, name in names.items():
        assert name in (tmp_path / f"{figure}.svg").read_text("utf-8")


def test_an_index_above_the_whole_says_that_points_are_too_few() -> None:
    outcome = Outcome("x", "x", Month.parse("2027-12"), "percent")
    one = SobolOfOutcome(
        outcome,
        np.array([0.5, 1.2]), np.array([0.1, 0.1]),
        np.array([1.05, 1.3]), np.array([0.1, 0.2]), None, None,
    )  # fmt: skip
    table = Sobol("s", ("a", "b"), 64, 1, (one,)).table().set_index("factor")
    assert table["note"].to_dict() == {"a": "", "b": "more than the whole: too few points"}


def test_the_morris_figure_numbers_what_moves_and_names_factors_in_both_languages(
    tmp_path: Path,
) -> None:
    entry = MorrisOfOutcome(
        Outcome("x", "x", Month.parse("2027-12"), "percent"),
        absolute=np.array([10.0, 0.01]), absolute_error=np.array([1.0, 0.0]),
        mean=np.array([10.0, 0.01]), deviation=np.array([2.0, 0.0]),
    )  # fmt: skip
    found = Morris("s", ("sorting_supervision", "sorting_weight_norm"), 20, 60, 1, (entry,))
    for language, name in (("en", "sorting_weight_norm"), ("zh", "分类")):
        path = tmp_path / f"morris.{language}.svg"
        morris_figure(found, path, language)  # type: ignore[arg-type]
        assert name in path.read_text("utf-8")
