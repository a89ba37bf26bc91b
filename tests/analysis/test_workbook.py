"""Workbooks read back: sheets, headings in both languages, numbers as numbers, sources."""

from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from transition_model import InputError, Scenario, simulate
from transition_model.analysis.workbook import (
    Column,
    Sheet,
    run_workbook,
    study_workbook,
    write_workbook,
)
from transition_model.calendar import Month
from transition_model.levers import load_levers
from transition_model.parameters import load_parameters
from transition_model.results import units_by_name
from transition_model.runs.simulation import Result
from transition_model.studies import RunPlan, Study
from transition_model.studies.results import StudyResults, target_outcomes
from transition_model.studies.study import Design, LeverRange, Outcomes, ParameterRange
from transition_model.studies.study import Uncertainties as Unknown

TARGETS = ("msw_recycling_rate", "energy_intensity_reduction")


def _column(page: openpyxl.worksheet.worksheet.Worksheet, heading: str) -> list[object]:
    """Cells under an English heading."""
    headings = [cell.value for cell in page[2]]
    place = headings.index(heading)
    return [row[place] for row in page.iter_rows(min_row=3, values_only=True)]


def _page(path: Path, english: str) -> openpyxl.worksheet.worksheet.Worksheet:
    book = openpyxl.load_workbook(path)
    return next(page for page in book if page.title.endswith(f" {english}"))


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario.load("plan").replace({"sorting_supervision": 0.75})


@pytest.fixture(scope="module")
def result(scenario: Scenario) -> Result:
    return simulate(scenario, households=200, end="2020-03")


@pytest.fixture(scope="module")
def run_file(result: Result, scenario: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("excel") / "run.xlsx"
    run_workbook(result, scenario, path)
    return path


def _results() -> tuple[Study, StudyResults]:
    study = Study(
        name="two points", description_zh="两个点",
        design=Design(method="latin_hypercube", points=2),
        levers={"sorting_supervision": LeverRange(low=0.3, high=0.8)},
        uncertainties=Unknown(parameters={"sorting_supervision_effect": ParameterRange()}),
        outcomes=Outcomes(targets=TARGETS), replications=2, households=200,
    )  # fmt: skip
    planned, outcomes = RunPlan.of_study(study), target_outcomes(TARGETS)
    values = pd.DataFrame({"msw_recycling_rate": [40.0, 50.0, 48.0, np.nan],
                           "energy_intensity_reduction": [15.0, 17.0, 18.0, 16.5]})  # fmt: skip
    variables = tuple(outcome.variable for outcome in outcomes)
    series = np.arange(8.0).reshape(4, 1, 2)
    months = (Month.parse("2027-12"),)
    return study, StudyResults(planned, outcomes, values, series, months, variables)


@pytest.fixture(scope="module")
def study_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("excel") / "study.xlsx"
    study, results = _results()
    study_workbook(results, study, path)
    return path


def test_a_run_has_its_sheets_in_both_languages(run_file: Path) -> None:
    book = openpyxl.load_workbook(run_file)
    assert book.sheetnames == [
        "输入 inputs", "杠杆 levers", "记分板 scoreboard", "月度序列 series", "来源 sources",
    ]  # fmt: skip
    for page in book:
        assert page.freeze_panes == "B3"
        assert page.auto_filter.ref
        assert all(cell.value for cell in (*page[1], *page[2]))


def test_the_series_are_those_of_the_run_with_their_units(run_file: Path, result: Result) -> None:
    page = _page(run_file, "series")
    assert _column(page, "month") == ["2020-01", "2020-02", "2020-03"]
    for name, unit in units_by_name():
        read = [np.nan if value is None else value for value in _column(page, f"{name} ({unit})")]
        np.testing.assert_allclose(np.array(read, float), result.all_series[name], err_msg=name)


def test_the_levers_show_what_the_scenario_changes(run_file: Path) -> None:
    page = _page(run_file, "levers")
    ids, here = _column(page, "lever"), _column(page, "this scenario, 2027-12")
    assert ids == list(load_levers())
    assert here[ids.index("sorting_supervision")] == 0.75
    marked = [
        n for n, mark in zip(ids, _column(page, "differs from the plan"), strict=True) if mark
    ]
    assert marked == ["sorting_supervision"]


def test_the_scoreboard_has_all_targets(run_file: Path, result: Result) -> None:
    page = _page(run_file, "scoreboard")
    assert _column(page, "goal") == [row.target for row in result.scoreboard]
    assert _column(page, "target (Chinese)") == [row.label_zh for row in result.scoreboard]
    assert _column(page, "evidence") == [row.evidence or None for row in result.scoreboard]


def test_every_lever_and_parameter_stands_with_its_source(run_file: Path) -> None:
    page = _page(run_file, "sources")
    sources = dict(zip(_column(page, "id"), _column(page, "source"), strict=True))
    for one in (*load_levers().values(), *load_parameters()):
        assert sources[one.id] == one.source
    assert all(_column(page, "status"))


def test_a_study_says_what_varied_and_how_often_targets_are_met(study_file: Path) -> None:
    board = _page(study_file, "scoreboard")
    assert _column(board, "outcome") == list(TARGETS)
    assert _column(board, "runs") == [3, 4]
    # 16 % are asked of energy: three runs of four.
    assert _column(board, "met share")[1] == 0.75
    assert _column(board, "mean")[1] == pytest.approx(16.625)
    factors = _page(study_file, "factors")
    assert _column(factors, "factor") == ["sorting_supervision", "sorting_supervision_effect"]
    assert _column(factors, "high")[0] == 0.8
    words = _page(study_file, "inputs")
    told = dict(zip(_column(words, "what (English)"), _column(words, "value"), strict=True))
    assert told["description (Chinese)"] == "两个点"
    assert (told["runs"], told["replications"]) == (4, 2)


def test_a_missing_outcome_is_an_empty_cell_and_not_a_zero(study_file: Path) -> None:
    page = _page(study_file, "runs")
    assert _column(page, "msw_recycling_rate (percent)") == [40.0, 50.0, 48.0, None]
    assert _column(page, "seed") == [1, 2, 1, 2]


def test_shares_look_like_shares_and_columns_hold_their_words(study_file: Path) -> None:
    page = _page(study_file, "scoreboard")
    headings = [cell.value for cell in page[2]]
    cell = page.cell(3, headings.index("met share") + 1)
    assert cell.number_format == "0.0%"
    letter = page.cell(2, headings.index("outcome") + 1).column_letter
    assert page.column_dimensions[letter].width >= len("energy_intensity_reduction")


def test_the_same_study_is_the_same_file(study_file: Path, tmp_path: Path) -> None:
    study, results = _results()
    study_workbook(results, study, tmp_path / "again.xlsx")
    assert (tmp_path / "again.xlsx").read_bytes() == study_file.read_bytes()


def test_text_that_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    write_workbook(path, (Sheet("甲", "a", (Column("乙", "b", ["=1+1", "https://x.cn"]),)),))
    assert _column(_page(path, "a"), "b") == ["=1+1", "https://x.cn"]


def test_another_ending_too_many_rows_and_no_folder_are_refused(tmp_path: Path) -> None:
    sheet = Sheet("甲", "a", (Column("乙", "b", [1.0]),))
    with pytest.raises(InputError, match="xlsx"):
        write_workbook(tmp_path / "t.xls", (sheet,))
    with pytest.raises(InputError, match="a file that can be written"):
        write_workbook(tmp_path / "none" / "t.xlsx", (sheet,))
    long = Sheet("甲", "a", (Column("乙", "b", np.zeros(1_048_575)),))
    with pytest.raises(InputError, match="rows"):
        write_workbook(tmp_path / "t.xlsx", (long,))
    assert list(tmp_path.iterdir()) == []
