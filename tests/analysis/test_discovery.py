"""Scenario discovery finds the box that was hidden, and owns up where there is none."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from transition_model import InputError
from transition_model.analysis.discovery import (
    Discovery,
    discover,
    peeled,
    to_ema_experiments,
    to_ema_model,
)
from transition_model.analysis.figures.discovery import discovery_figure
from transition_model.analysis.workbench import quiet, workbench
from transition_model.studies.factors import Factor, named

TARGET = "msw_recycling_rate"
GOAL = 45.0
RIVALS = {"car_choice": ["familiarity_logit", "bass"]}
type Maker = Callable[..., Any]


@pytest.fixture(scope="module")
def hidden(study_maker: Maker, results_maker: Maker, cube: Maker) -> tuple[Any, Any]:
    """Missed where the first parameter lies above 0.6, the second below 0.5, under one rival."""
    study = study_maker({"method": "latin_hypercube", "points": 800}, structures=RIVALS)

    def outcome(runs: pd.DataFrame) -> np.ndarray:
        points = cube(study, runs)
        bass = (runs["car_choice"] == "bass").to_numpy()
        return np.where((points[:, 0] > 0.6) & (points[:, 1] < 0.5) & bass, GOAL - 1.0, GOAL)

    return study, results_maker(study, outcome, TARGET)


@pytest.fixture(scope="module")
def found(hidden: tuple[Any, Any]) -> Discovery:
    study, results = hidden
    return discover(results, study, TARGET)


def _at(factor: Factor, place: float) -> float:
    return factor.low + place * (factor.high - factor.low)


def test_the_hidden_box_is_found_in_real_units(hidden: tuple[Any, Any], found: Discovery) -> None:
    study, _ = hidden
    conditions = {one.factor: one for one in found.box.restrictions}
    assert set(conditions) == {"car_survival_scale", "car_survival_shape", "car_choice"}
    scale, shape = (named(study.factors, f"car_survival_{name}", "") for name in ("scale", "shape"))
    width = 0.05
    assert conditions["car_survival_scale"].low == pytest.approx(
        _at(scale, 0.6), abs=width * (scale.high - scale.low)
    )
    assert conditions["car_survival_scale"].free_above
    assert conditions["car_survival_shape"].high == pytest.approx(
        _at(shape, 0.5), abs=width * (shape.high - shape.low)
    )
    assert conditions["car_choice"].choices == ("bass",)
    assert conditions["car_survival_scale"].unit == "year"


def test_the_hidden_box_is_covered_and_dense_also_at_points_unseen(found: Discovery) -> None:
    assert found.cases == pytest.approx(800 * 0.4 * 0.5 * 0.5, rel=0.15)
    assert found.box.coverage > 0.9
    assert found.box.density > 0.9
    assert found.held_out_coverage > 0.8
    assert found.held_out_density > 0.8


def test_the_first_box_is_everything(found: Discovery) -> None:
    first = found.boxes[0]
    assert first.restrictions == ()
    assert (first.coverage, first.points) == (1.0, 800)
    assert first.density == pytest.approx(found.cases / 800)


def test_what_is_won_in_density_is_lost_in_coverage(found: Discovery) -> None:
    steps = found.tradeoff()
    assert steps["density"].iloc[-1] > steps["density"].iloc[0]
    assert steps["coverage"].iloc[-1] <= steps["coverage"].iloc[0]
    assert steps["chosen"].sum() == 1


def test_a_box_holds_as_many_points_as_it_says(hidden: tuple[Any, Any], found: Discovery) -> None:
    points = hidden[1].planned.points
    for box in found.boxes:
        assert box.holds(points).sum() == box.points


def test_of_boxes_dense_enough_the_one_that_covers_most_is_taken(hidden: tuple[Any, Any]) -> None:
    study, results = hidden
    wide = discover(results, study, TARGET, density=0.3)
    assert wide.box.density >= 0.3
    assert wide.box.coverage >= discover(results, study, TARGET, density=0.8).box.coverage
    noisy = _noise(study, results)
    with pytest.raises(InputError, match="that of the densest box"):
        discover(noisy, study, TARGET, density=1.01)


def _noise(study: Any, results: Any) -> Any:
    from dataclasses import replace

    rng = np.random.default_rng(1)
    values = pd.DataFrame({TARGET: np.where(rng.random(800) < 0.2, GOAL - 1.0, GOAL)})
    return replace(results, values=values)


def test_chance_looks_like_a_box_until_it_is_tried_on_points_unseen(
    hidden: tuple[Any, Any],
) -> None:
    study, results = hidden
    found = discover(_noise(study, results), study, TARGET)
    densest = max(box.density for box in found.boxes)
    share = found.cases / found.points
    assert densest > 1.2 * share
    assert found.held_out_density == pytest.approx(share, abs=0.05)
    assert "on points unseen" in found.note


def test_conditions_of_meeting_are_the_other_side(hidden: tuple[Any, Any]) -> None:
    study, results = hidden
    found = discover(results, study, TARGET, met=True)
    assert found.event == "met"
    assert found.cases == 800 - discover(results, study, TARGET).cases


def test_a_point_is_a_case_if_most_of_its_seeds_are(
    study_maker: Maker, results_maker: Maker
) -> None:
    study = study_maker({"method": "latin_hypercube", "points": 40}, replications=3)

    def outcome(runs: pd.DataFrame) -> np.ndarray:
        missed_seeds = np.where(runs["point"] < 20, 2, 1)
        return np.where(runs["seed"] <= missed_seeds, GOAL - 1.0, GOAL)

    assert discover(results_maker(study, outcome, TARGET), study, TARGET).cases == 20


def test_a_scenario_may_be_a_condition(study_maker: Maker, results_maker: Maker) -> None:
    design = {"method": "scenarios", "scenarios": ["none", "plan"], "points": 40}
    study = study_maker(design)
    results = results_maker(
        study, lambda runs: np.where(runs["scenario"] == "none", 40.0, GOAL), TARGET
    )
    box = discover(results, study, TARGET).box
    assert [(one.factor, one.choices) for one in box.restrictions] == [("scenario", ("none",))]


def test_a_target_that_is_always_met_has_no_conditions(
    study_maker: Maker, results_maker: Maker
) -> None:
    study = study_maker({"method": "latin_hypercube", "points": 40})
    results = results_maker(study, lambda runs: np.full(40, GOAL), TARGET)
    with pytest.raises(InputError, match="missed at 0 of 40 points"):
        discover(results, study, TARGET)
    with pytest.raises(InputError, match=TARGET):
        discover(results, study, "nothing")


def test_trajectories_are_refused(study_maker: Maker, results_maker: Maker) -> None:
    study = study_maker({"method": "morris", "points": 10})
    results = results_maker(study, lambda runs: np.full(len(runs), GOAL), TARGET)
    with pytest.raises(InputError, match=r"design\.method"):
        discover(results, study, TARGET)


def test_a_peeling_keeps_a_twentieth_of_the_points() -> None:
    points = pd.DataFrame({"x": np.linspace(0.0, 1.0, 400)})
    boxes = peeled(points, points["x"].to_numpy() > 0.99)
    assert min(box.points for box in boxes) >= 20
    assert boxes[-1].coverage == 1.0


def test_the_figure_names_what_is_restricted(
    hidden: tuple[Any, Any], found: Discovery, tmp_path: Path
) -> None:
    discovery_figure(found, hidden[1].planned.points, tmp_path / "box.svg")
    drawn = (tmp_path / "box.svg").read_text("utf-8")
    assert "car_survival_scale" in drawn
    assert found.box.restrictions[0].words.split()[0] in drawn


# -- for the Workbench itself ---------------------------------------------------------------------
def test_the_workbench_finds_the_same_peeling_in_its_own_terms(hidden: tuple[Any, Any]) -> None:
    _, results = hidden
    experiments, outcomes = to_ema_experiments(results)
    make = workbench("analysis.prim").Prim
    with quiet():
        box = make(experiments, (outcomes[TARGET] < GOAL).astype(int)).find_box()
    assert box.stats["density"] > 0.9


def test_the_workbench_draws_parameters_from_our_distributions(study_maker: Maker) -> None:
    from transition_model.studies import Study

    study = Study.model_validate(
        {"name": "declared", "design": {"method": "latin_hypercube", "points": 2},
         "uncertainties": {"parameters": {"price_coefficient": {}, "peer_weight": {}},
                           "structures": RIVALS}}
    )  # fmt: skip
    model = to_ema_model(study)
    quantiles = np.array([0.05, 0.3, 0.5, 0.95])
    for factor in study.factors[:2]:
        theirs = model.uncertainties[factor.id].dist.ppf(quantiles)
        np.testing.assert_allclose(theirs, factor.values(quantiles), rtol=1e-12)
        assert model.uncertainties[factor.id].lower_bound == factor.low
    assert [c.value for c in model.uncertainties["car_choice"].categories] == RIVALS["car_choice"]


def test_the_workbench_runs_the_coupled_model() -> None:
    from transition_model.analysis.discovery import StudyModel
    from transition_model.studies import Study

    study = Study.model_validate(
        {"name": "small", "households": 200, "end": "2020-03",
         "design": {"method": "latin_hypercube", "points": 2},
         "levers": {"green_preference": {"from": "2020-01"}},
         "uncertainties": {"parameters": {"price_coefficient": {}}, "structures": RIVALS},
         "outcomes": {"targets": (), "series": ("new_car_sales_per_month",),
                      "months": ("2020-03",)}}
    )  # fmt: skip
    experiments, outcomes = workbench().perform_experiments(
        to_ema_model(study), scenarios=2, policies=1
    )
    sales = outcomes["new_car_sales_per_month_2020_03"]
    assert len(experiments) == 2
    assert np.all(sales > 0.0)
    row = experiments.iloc[0]
    names = ("green_preference", "price_coefficient", "car_choice")
    again = StudyModel(study)(**{name: row[name] for name in names})
    assert again["new_car_sales_per_month_2020_03"] == pytest.approx(sales[0], rel=1e-12)
