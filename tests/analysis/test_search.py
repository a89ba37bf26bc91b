"""The backward question on a model whose cheapest levers, front and prices are known."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from transition_model import InputError
from transition_model.analysis.figures.search import headline, search_figure
from transition_model.analysis.search import (
    EFFORT,
    Answer,
    Cost,
    Question,
    Requirement,
    Verified,
    search,
    verify,
    wilson,
)
from transition_model.analysis.search_by_runs import question_of, scenario_of_levers
from transition_model.studies import Study
from transition_model.studies.factors import Factor

LEVERS = (
    Factor("strong", "lever", 0.0, 1.0, 0.5, unit="share"),
    Factor("cheap", "lever", 0.0, 1.0, 0.5, unit="share"),
)
UNCERTAIN = (Factor("weather", "parameter", 0.0, 1.0, 0.5),)
MONEY, WIDTHS = Cost("money", "yuan"), Cost(EFFORT, "widths")
REACH = Requirement("reach", ">=", 2.0, "points")
EASY = Requirement("easy", "<=", 9.0, "points")


def _model(frame: pd.DataFrame, seeds: Sequence[int], label: str) -> pd.DataFrame:
    """reach = 2 strong + cheap + weather / 2 + luck; money = 10 strong + 4 cheap."""
    luck = np.array([np.random.default_rng((7, seed)).normal(scale=0.02) for seed in seeds])
    strong, cheap, weather = (
        frame[name].to_numpy(float) for name in ("strong", "cheap", "weather")
    )
    return pd.DataFrame(
        {
            "reach": 2.0 * strong + cheap + 0.5 * weather + luck,
            "easy": 5.0 + strong,
            "money": 10.0 * strong + 4.0 * cheap,
        }
    )


def _question(**changes: object) -> Question:
    asked: dict[str, object] = {
        "name": "toy", "levers": LEVERS, "uncertainties": UNCERTAIN, "planned": np.zeros(2),
        "requirements": (REACH, EASY), "costs": (MONEY, WIDTHS), "probability": 0.8,
        "points": 60, "runs": 1_400, "draws": 150, "candidates": 3,
    }  # fmt: skip
    return Question(**(asked | changes))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def answer() -> Answer:
    return search(_question(), _model)


def _needed(probability: float) -> float:
    # P(weather / 2 >= 2 - x) >= p, weather even between 0 and 1: x >= 2 - (1 - p) / 2.
    return 2.0 - 0.5 * (1.0 - probability)


def test_the_cheapest_set_is_the_known_one(answer: Answer) -> None:
    # A unit of reach costs 4 by `cheap` and 5 by `strong`: first all of the cheap lever.
    assert answer.verdict == "met"
    needed = _needed(answer.question.aim)
    strong, cheap = answer.question.values(answer.best.levers[None])[0]
    assert cheap > 0.85
    assert 2.0 * strong + cheap == pytest.approx(needed, abs=0.03)
    assert answer.best.costs[0] == pytest.approx(4.0 + 5.0 * (needed - 1.0), rel=0.02)


def test_runs_of_its_own_show_the_probability_with_the_lower_end(answer: Answer) -> None:
    low, high = answer.best.interval
    assert low >= 0.8
    assert answer.best.runs >= 150
    assert (low, high) == wilson(answer.best.met, answer.best.runs)


def test_the_front_is_the_known_line(answer: Answer) -> None:
    # On 2 strong + cheap = c: money = 6 c - 2 (strong + cheap).
    front = answer.front_table()
    needed = _needed(answer.question.aim)
    line = 6.0 * needed - 2.0 * front["effort, widths"]
    np.testing.assert_allclose(front["money, yuan"], line, atol=0.15)
    # From the strong lever alone to all of the cheap one.
    assert front["effort, widths"].min() == pytest.approx(needed / 2.0, abs=0.03)
    assert front["effort, widths"].max() == pytest.approx((needed + 1.0) / 2.0, abs=0.05)


def test_shadow_prices_are_those_of_the_closed_form(answer: Answer) -> None:
    targets = answer.targets().set_index("target")
    # One point more: half a unit of the strong lever, at 10 yuan a unit; the cheap one is used up.
    assert targets.loc["reach", "shadow price, yuan a unit"] == pytest.approx(5.0, rel=0.05)
    assert targets.loc["reach", "shadow price, widths a unit"] == pytest.approx(0.5, rel=0.1)
    assert targets.loc["easy", "shadow price, yuan a unit"] == 0.0
    assert targets["binds"].to_dict() == {"reach": True, "easy": False}


def test_a_sum_that_no_lever_touches_does_not_hide_which_target_binds() -> None:
    """A cost is mostly what is spent anyway; a target binds if it moves what levers can move."""

    def dear(frame: pd.DataFrame, seeds: Sequence[int], label: str) -> pd.DataFrame:
        return _model(frame, seeds, label).assign(money=lambda made: made["money"] + 1e5)

    found = search(_question(), dear)
    assert found.targets().set_index("target")["binds"].to_dict() == {"reach": True, "easy": False}


def test_no_more_runs_are_made_than_allowed_and_all_are_told(answer: Answer) -> None:
    assert 60 + 150 <= answer.runs <= 1_400
    assert answer.runs == 60 + sum(one.runs for one in answer.verified)
    table = answer.table()
    assert table["answer"].sum() == 1
    assert {"strong", "cheap", "low", "high", "money, yuan"} <= set(table.columns)


def test_new_seeds_confirm_the_answer(answer: Answer) -> None:
    asked: list[list[int]] = []

    def noted(frame: pd.DataFrame, seeds: Sequence[int], label: str) -> pd.DataFrame:
        asked.append(list(seeds))
        return _model(frame, seeds, label)

    again = verify(answer.question, noted, answer.best.levers, 400)
    assert min(asked[0]) > 1_000_000
    assert len(set(asked[0])) == 400
    assert again.probability == pytest.approx(answer.question.aim, abs=0.05)
    assert again.interval[0] >= 0.8


def test_a_target_beyond_all_levers_is_the_answer_with_the_nearest_miss() -> None:
    # At best 3 + weather / 2: 3.45 is reached with 10 %.
    far = Requirement("reach", ">=", 3.45, "points")
    question = _question(requirements=(far, EASY), runs=600)
    found = search(question, _model)
    assert found.verdict == "out of reach"
    assert len(found.front) == 0
    np.testing.assert_allclose(question.values(found.best.levers[None])[0], 1.0, atol=0.05)
    assert found.best.probability == pytest.approx(0.1, abs=0.07)
    assert found.targets().set_index("target")["fails"].to_dict() == {"reach": True, "easy": False}
    assert np.isnan(found.prices).all()
    assert "out of reach" in headline(found)


def test_failed_runs_count_as_unmet_and_are_told() -> None:
    def fails(frame: pd.DataFrame, seeds: Sequence[int], label: str) -> pd.DataFrame:
        found = _model(frame, seeds, label)
        found.loc[np.array(seeds) % 10 == 0] = np.nan
        return found

    found = search(_question(runs=500), fails)
    assert found.failed > 0
    share = found.best.failed / found.best.runs
    assert share == pytest.approx(0.1, abs=0.02)
    assert found.best.probability <= 1.0 - share


def test_a_lever_of_a_few_values_takes_one_of_them() -> None:
    coarse = Factor("strong", "lever", choices=(0.0, 0.5, 1.0))
    found = search(_question(levers=(coarse, LEVERS[1]), costs=(MONEY,), runs=700), _model)
    strong, cheap = found.question.values(found.best.levers[None])[0]
    assert (strong, found.verdict) == (0.5, "met")
    assert cheap == pytest.approx(_needed(found.question.aim) - 1.0, abs=0.05)


def test_the_interval_is_wilsons() -> None:
    # Wilson 1927 for 8 of 10: 0.490 to 0.943.
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(0, 10)[0] == 0.0
    assert wilson(10, 10)[1] == pytest.approx(1.0)


def test_the_search_aims_where_runs_are_likely_to_show_it() -> None:
    # 88 of 100 have an interval from 0.80; a set of 0.88 + 0.84 * 0.0325 passes four times in five.
    assert wilson(88, 100)[0] >= 0.8 > wilson(87, 100)[0]
    assert _question(draws=100).aim == pytest.approx(0.88 + 0.8416 * 0.0325, abs=1e-4)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"levers": ()}, "levers"),
        ({"requirements": ()}, "search.targets"),
        ({"points": 7}, "design.points"),
        ({"runs": 209}, "search.runs"),
        ({"draws": 15}, "search.draws"),
    ],
)
def test_what_cannot_be_answered_is_refused(changes: dict[str, object], where: str) -> None:
    with pytest.raises(InputError, match=where):
        _question(**changes)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_figure_shows_levers_and_targets(answer: Answer, tmp_path: Path, language: str) -> None:
    path = tmp_path / "search.svg"
    search_figure(answer, path, language)
    text = path.read_text("utf-8")
    assert "strong" in text
    assert "reach" in text
    assert ("规划" in text) == (language == "zh")


def test_the_example_study_asks_for_the_eight_headline_targets_together() -> None:
    study = Study.load("experiments/studies/least_cost.toml")
    question = question_of(study)
    assert len(question.requirements) == 8
    assert [cost.id for cost in question.costs] == ["public_money", "effort"]
    assert len(question.levers) == 12
    assert question.runs <= 4_000
    # At the plan no lever is moved: no effort; the scenario carries the values of a set.
    low = np.array([factor.low for factor in question.levers])
    width = np.array([factor.high for factor in question.levers]) - low
    planned = (question.planned - low) / width
    assert question.effort(planned[None])[0] == pytest.approx(0.0, abs=1e-9)
    scenario = scenario_of_levers(study, question, np.ones(len(question.levers)))
    values = {change.lever: change.value for change in scenario.levers}
    assert values == {factor.id: factor.high for factor in question.levers}


def test_a_study_of_another_design_is_refused() -> None:
    with pytest.raises(InputError, match="latin_hypercube"):
        question_of(Study.load("experiments/studies/three_scenarios.toml"))


def test_more_runs_of_a_set_are_counted_together() -> None:
    def runs(met: int, count: int, cost: float, failed: int = 0) -> Verified:
        return Verified(
            np.zeros(2), met, count, failed, np.array([met / count]), np.array([cost]),
            np.array([1.0]),
        )  # fmt: skip

    both = runs(80, 100, 6.0).joined(runs(90, 110, 9.0, failed=10))
    assert (both.met, both.runs, both.failed) == (170, 210, 10)
    assert both.alone[0] == pytest.approx(170 / 210)
    assert both.costs[0] == pytest.approx(7.5)
    # Two means of a hundred runs each, with an error of 1: that of two hundred is 1 / sqrt(2).
    assert both.costs_error[0] == pytest.approx(0.5**0.5)
    assert both.interval == wilson(170, 210)
