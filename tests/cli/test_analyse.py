"""``analyse`` at the command line: from a study file and a store to a table and a figure."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from transition_model.analysis.abatement import plan_without_each
from transition_model.analysis.attribution import groups_of
from transition_model.calendar import months_between
from transition_model.cli import main
from transition_model.model import FIRST_MONTH
from transition_model.results import units_by_name
from transition_model.runs.identity import model_version
from transition_model.runs.store import RunStore, StoredRun
from transition_model.studies import RunPlan, Study
from transition_model.studies.results import outcomes_of

STUDY = """
name = "made up"
replications = 2

[design]
method = "{method}"
points = {points}

[uncertainties.parameters]
car_survival_scale = {{}}
price_coefficient = {{}}

[uncertainties.structures]
car_choice = ["familiarity_logit", "bass"]

[outcomes]
targets = "headline"
"""


def _filled(folder: Path, method: str, points: int) -> list[str]:
    """A study file and a store whose runs end at drawn values; as arguments."""
    file, store = folder / "study.toml", folder / "store"
    file.write_text(STUDY.format(method=method, points=points), "utf-8")
    study = Study.load(file)
    _store(store, study, RunPlan.of_study(study))
    return [str(file), "--store", str(store)]


def _store(folder: Path, study: Study, planned: RunPlan) -> None:
    """A store with drawn series of all runs of a plan."""
    names = [name for name, _ in units_by_name()]
    wanted = [(names.index(o.variable), o.target) for o in outcomes_of(study)]
    months = len(list(months_between(FIRST_MONTH, planned.last)))
    rng = np.random.default_rng(1)
    values = rng.random((len(planned.runs), months, len(names)))
    for place, target in wanted:
        assert target is not None
        values[:, :, place] += target.value - 0.5
    runs = [
        StoredRun(
            key, run.scenario.name, run.scenario.digest, run.scenario.to_query(),
            dict(run.parameters), run.seed, planned.households, str(planned.last),
            model_version(), {},
        )
        for run, key in zip(planned.runs, planned.keys, strict=True)
    ]  # fmt: skip
    with RunStore(folder, writing=True) as kept:
        kept.add(runs, list(values))


@pytest.fixture
def answer(capsys: pytest.CaptureFixture[str]) -> Callable[..., list[dict[str, object]]]:
    """What a command prints, read as JSON."""

    def answered(*arguments: str) -> list[dict[str, object]]:
        with pytest.raises(SystemExit) as ended:
            main([*arguments, "--format", "json"])
        printed = capsys.readouterr()
        assert ended.value.code == 0, printed.err
        rows: list[dict[str, object]] = json.loads(printed.out)
        return rows

    return answered


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return _filled(tmp_path_factory.mktemp("sampled"), "latin_hypercube", 64)


@pytest.mark.parametrize(
    ("command", "column", "rows"),
    [("probability", "probability", 8), ("convergence", "probability", 8 * 5),
     ("spread", "standard deviation", 8), ("scores", "score", 8 * 4)],
)  # fmt: skip
def test_an_answer_is_a_table_and_a_figure(
    command: str, column: str, rows: int, sampled: list[str], tmp_path: Path, answer: Callable
) -> None:
    figure = tmp_path / "figure.svg"
    found = answer("analyse", command, *sampled, "--figure", str(figure))
    assert len(found) == rows
    assert all(row[column] >= 0.0 for row in found)
    assert figure.read_text("utf-8").rstrip().endswith("</svg>")


@pytest.mark.parametrize(("method", "column"), [("sobol", "total"), ("morris", "mu star")])
def test_a_design_of_sensitivity_has_its_own_command(
    method: str, column: str, tmp_path: Path, answer: Callable
) -> None:
    figure = tmp_path / "figure.png"
    study = _filled(tmp_path, method, 4)
    found = answer("analyse", method, *study, "--figure", str(figure))
    assert len(found) == 8 * 3
    assert all(row[column] >= 0.0 for row in found)
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_people_read_shares_and_intervals_in_one_cell(
    sampled: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["analyse", "spread", *sampled])
    printed = capsys.readouterr().out
    assert re.search(r"\d+% \(-?\d+% to \d+%\)", printed)


def test_conditions_of_missing_a_target_are_looked_for(
    sampled: list[str], tmp_path: Path, answer: Callable
) -> None:
    figure = tmp_path / "figure.svg"
    target = ["green_factories", "--tradeoff", "--figure", str(figure)]
    boxes = answer("analyse", "discover", sampled[0], *target, *sampled[1:])
    assert boxes[0]["coverage"] == 1.0
    assert sum(bool(box["chosen"]) for box in boxes) == 1
    assert figure.read_text("utf-8").rstrip().endswith("</svg>")


def test_each_group_is_priced_from_runs_that_are_there(tmp_path: Path, answer: Callable) -> None:
    file, store, figure = tmp_path / "s.toml", tmp_path / "store", tmp_path / "figure.svg"
    text = STUDY.format(method="latin_hypercube", points=1)
    file.write_text(text + "[attribution.groups]\nsorting = [21]\nprices = [31]\n", "utf-8")
    study = Study.load(file)
    _store(store, study, plan_without_each(study, groups_of(study)))
    study_and_store = [str(file), "--store", str(store), "--groups", "--workers", "1"]
    found = answer("analyse", "abatement", *study_and_store, "--figure", str(figure))
    assert {row["group"] for row in found} == {"sorting", "prices"}
    assert all(row["± kt"] > 0.0 for row in found)
    assert "sorting" in figure.read_text("utf-8")
    targets = answer("analyse", "abatement", *study_and_store, "--targets")
    assert {row["target"] for row in targets} >= {"msw_recycling_rate"}


def test_two_scenarios_are_compared(tmp_path: Path, answer: Callable) -> None:
    figure = tmp_path / "figure.svg"
    small = ["--seeds", "1", "--households", "200", "--figure", str(figure)]
    found = answer("analyse", "compare", "plan", "none", *small)
    assert {row["kind"] for row in found} >= {
        "target",
        "series",
        "cars",
        "money",
        "income",
        "district",
        "ratio",
    }
    spent = next(row for row in found if row["quantity"] == "public_money")
    assert spent["effect"] > 0.0
    assert spent["low"] is None
    assert "windfall" in figure.read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(("probability", "--figure", "figure.pdf"), ".svg or .png"),
     (("scores", "--target", "nothing"), "energy_intensity_reduction"),
     (("sobol",), "sobol, for this analysis")],
)  # fmt: skip
def test_what_cannot_be_answered_is_one_line(
    arguments: tuple[str, ...], words: str, sampled: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["analyse", arguments[0], *sampled, *arguments[1:]])
    printed = capsys.readouterr()
    assert ended.value.code == 2
    assert printed.out == ""
    assert words in printed.err
    assert len(printed.err.splitlines()) == 1
