"""A study file says what is varied; a mistake in it is one clear error before anything is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from transition_model import InputError
from transition_model.parameters import load_parameters
from transition_model.studies import RunPlan, Study, points_of

SMALL = """
name = "small"
households = 300
replications = 2
[design]
method = "full_factorial"
levels = 3
[levers.sorting_supervision]
low = 0.2
high = 0.6
from = "2026-01"
[uncertainties.parameters]
price_coefficient = {}
[uncertainties.structures]
car_choice = ["familiarity_logit", "bass"]
[constants]
trade_in_budget = 60
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "study.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_full_factorial_visits_every_combination_once(tmp_path: Path) -> None:
    points = points_of(Study.load(written(tmp_path, SMALL)))
    assert len(points) == 3 * 3 * 2
    assert len(points.drop_duplicates()) == len(points)
    assert sorted(set(points["sorting_supervision"])) == pytest.approx([0.2, 0.4, 0.6])
    assert set(points["car_choice"]) == {"familiarity_logit", "bass"}


def test_every_point_meets_the_same_seeds_and_the_constants(tmp_path: Path) -> None:
    plan = RunPlan.of_study(Study.load(written(tmp_path, SMALL)))
    assert len(plan.runs) == 2 * len(plan.points)
    assert [run.seed for run in plan.runs[:4]] == [1, 2, 1, 2]
    for number, run in enumerate(plan.runs):
        point = plan.points.iloc[plan.point_of(number)]
        assert run.parameters == {"price_coefficient": point["price_coefficient"]}
        assert run.scenario.chosen_structures["car_choice"] == point["car_choice"]
        levers = {change.lever: change for change in run.scenario.levers}
        assert levers["sorting_supervision"].value == point["sorting_supervision"]
        assert str(levers["sorting_supervision"].start) == "2026-01"
        assert levers["trade_in_budget"].value == 60


def test_all_parameters_are_those_with_a_range_that_the_study_does_not_hold(tmp_path: Path) -> None:
    text = """
name = "all"
[design]
method = "latin_hypercube"
points = 3
[uncertainties]
all_parameters = true
[uncertainties.parameters]
price_coefficient = { low = -0.15, high = -0.14 }
[constants]
car_survival_scale = 16
"""
    factors = {factor.id: factor for factor in Study.load(written(tmp_path, text)).factors}
    assert (factors["price_coefficient"].low, factors["price_coefficient"].high) == (-0.15, -0.14)
    assert "car_survival_scale" not in factors
    ranges = {p.id for p in load_parameters() if p.low < p.high and p.distribution != "fixed"}
    assert set(factors) == ranges - {"car_survival_scale"}
    assert len(factors) > 600


def test_what_is_declared_is_the_default_range(tmp_path: Path) -> None:
    study = Study.load(written(tmp_path, SMALL))
    factor = next(factor for factor in study.factors if factor.id == "price_coefficient")
    assert (factor.low, factor.high, factor.distribution) == (-0.25, -0.053, "triangular")


@pytest.mark.parametrize(
    ("old", "new", "where", "allowed"),
    [
        ("replications", "replicatons", "study.toml: replicatons", "one of name"),
        (
            "levels = 3",
            "level = 3",
            "study.toml: design.full_factorial.level|design.level",
            "one of method",
        ),
        (
            "sorting_supervision]",
            "sorting_supervison]",
            "levers.sorting_supervison",
            "sorting_supervision",
        ),
        ("high = 0.6", "high = 1.6", "levers.sorting_supervision", "0 to 1"),
        ("low = 0.2", "low = 0.7", "levers.sorting_supervision.low", "at most high"),
        ("price_coefficient", "price_coeficient", "parameter", "price_coefficient"),
        ('"bass"', '"boss"', "structures car_choice", "bass"),
        ("trade_in_budget", "trade_in_bugdet", "trade_in_bugdet", "trade_in_budget"),
        (
            "trade_in_budget = 60",
            "sorting_supervision = 0.3",
            "constants.sorting_supervision",
            "varies",
        ),
        ("households = 300", "households = 0", "households", "greater than or equal to 1"),
        ('"full_factorial"', '"factorial"', "design.method", "full_factorial"),
        ('from = "2026-01"', 'from = "2026-13"', "from", "YYYY-MM"),
        (
            "[constants]",
            "[outcomes]\ntargets = ['recycling']\n[constants]",
            "outcomes.targets",
            "a target",
        ),
        ("[constants]", "[outcomes]\nseries = ['car_sales']\n[constants]", "variable", "results"),
        ("households = 300", "end = '2025-12'\nhouseholds = 300", "end", "2027-12"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_what_is_allowed(
    tmp_path: Path, old: str, new: str, where: str, allowed: str
) -> None:
    with pytest.raises(InputError) as refused:
        Study.load(written(tmp_path, SMALL.replace(old, new, 1)))
    message = str(refused.value)
    assert message.startswith("study.toml: ")
    assert any(place in message for place in where.split("|"))
    assert allowed in message
    assert "\n" not in message


def test_no_factor_is_no_design(tmp_path: Path) -> None:
    text = 'name = "nothing"\n[design]\nmethod = "latin_hypercube"\npoints = 10\n'
    with pytest.raises(InputError, match="at least one factor that varies"):
        Study.load(written(tmp_path, text))


def test_a_list_comes_from_a_file_beside_the_study(tmp_path: Path) -> None:
    text = SMALL.replace('"full_factorial"\nlevels = 3', '"list"\nfile = "points.csv"')
    header = "sorting_supervision,price_coefficient,car_choice\n"
    (tmp_path / "points.csv").write_text(header + "0.3,-0.1,bass\n0.5,-0.2,familiarity_logit\n")
    plan = RunPlan.of_study(Study.load(written(tmp_path, text)))
    assert plan.points["sorting_supervision"].tolist() == [0.3, 0.5]
    assert len(plan.runs) == 4


@pytest.mark.parametrize(
    ("content", "where", "allowed"),
    [
        ("sorting_supervision,price_coefficient\n0.3,-0.1\n", "columns", "a column car_choice too"),
        (
            "sorting_supervision,price_coefficient,car_choise\n0.3,-0.1,bass\n",
            "column",
            "car_choice",
        ),
        ("sorting_supervision,price_coefficient,car_choice\n1.3,-0.1,bass\n", "line 2", "0 to 1"),
        ("sorting_supervision,price_coefficient,car_choice\n0.3,-9,bass\n", "line 2", "-0.25"),
        ("sorting_supervision,price_coefficient,car_choice\n0.3,,bass\n", "line 2", "a number"),
        ("sorting_supervision,price_coefficient,car_choice\n0.3,-0.1,boss\n", "line 2", "bass"),
        ("sorting_supervision,price_coefficient,car_choice\n", "design", "at least one point"),
    ],
)
def test_a_list_that_does_not_fit_is_refused(
    tmp_path: Path, content: str, where: str, allowed: str
) -> None:
    text = SMALL.replace('"full_factorial"\nlevels = 3', '"list"\nfile = "points.csv"')
    (tmp_path / "points.csv").write_text(content)
    with pytest.raises(InputError) as refused:
        points_of(Study.load(written(tmp_path, text)))
    assert where in str(refused.value)
    assert allowed in str(refused.value)


def test_the_studies_that_come_along_can_be_planned() -> None:
    folder = Path(__file__).parents[2] / "experiments" / "studies"
    for path in sorted(folder.glob("*.toml")):
        study = Study.load(path)
        points = points_of(study)
        assert len(points) >= 1
        assert study.description_en
        assert study.description_zh
