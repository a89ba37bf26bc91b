"""The command line as a newcomer meets it: help, JSON alone, one clear line for each mistake."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

QUICK = ("--households", "200", "--end", "2020-03")


def run(*arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "transition_model", *arguments],
        capture_output=True, text=True, check=False, cwd=folder,
        env=os.environ | {"COLUMNS": "200", "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip


def assert_one_line(finished: subprocess.CompletedProcess[str], *words: str) -> None:
    assert finished.returncode == 2
    assert finished.stdout == ""
    lines = [line for line in finished.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, finished.stderr
    for word in words:
        assert word in lines[0]


def test_json_stands_alone_on_standard_output(tmp_path: Path) -> None:
    finished = run("run", "plan", *QUICK, "--format", "json", "--out", str(tmp_path / "out"))
    assert finished.returncode == 0, finished.stderr
    rows = json.loads(finished.stdout)
    assert len(rows) == 44
    wanted = {"id", "value", "target", "operator", "unit", "gap", "met", "mechanism", "evidence"}
    assert wanted <= set(rows[0])


def test_a_run_writes_its_results_and_says_where(tmp_path: Path) -> None:
    finished = run("run", "plan", *QUICK, folder=tmp_path)
    assert finished.returncode == 0, finished.stderr
    written = {path.name for path in (tmp_path / "results" / "plan").iterdir()}
    assert written == {
        "series.parquet", "series.csv", "scoreboard.csv", "scoreboard.json", "scenario.toml",
        "record.json",
    }  # fmt: skip
    assert "results/plan" in finished.stderr
    assert "energy_intensity_reduction" in finished.stdout


def test_compare_shows_both_scenarios_side_by_side() -> None:
    finished = run("compare", "none", "accelerated", *QUICK, "--format", "json")
    rows = json.loads(finished.stdout)
    assert {"none: value", "accelerated: value", "none: met"} <= set(rows[0])


@pytest.mark.parametrize(
    ("catalogue", "least"),
    [("levers", 20), ("targets", 45), ("measures", 36), ("parameters", 200), ("instruments", 10),
     ("results", 90), ("scenarios", 3)],
)  # fmt: skip
def test_every_catalogue_can_be_listed(catalogue: str, least: int) -> None:
    finished = run("list", catalogue, "--format", "json")
    assert finished.returncode == 0, finished.stderr
    assert len(json.loads(finished.stdout)) >= least


def test_the_target_without_a_number_is_listed_as_such() -> None:
    rows = json.loads(run("list", "targets", "--format", "json").stdout)
    assert [row["mechanism"] for row in rows if row["value"] is None] == ["no number in the plan"]


def test_an_unknown_scenario_is_one_line() -> None:
    assert_one_line(run("run", "plam"), "plam", "accelerated, none, plan")


def test_an_unknown_lever_is_one_line() -> None:
    assert_one_line(run("run", "plan", "--set", "trade_in_bugdet=3"), "trade_in_budget")


def test_a_value_out_of_range_is_one_line() -> None:
    finished = run("run", "plan", "--set", "sorting_supervision=1.5")
    assert_one_line(finished, "sorting_supervision", "1.5", "0 to 1 share")


def test_a_broken_scenario_file_is_one_line(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text('name = "broken"\n[levers\n', "utf-8")
    assert_one_line(run("run", str(broken)), "broken.toml", "line 2")


def test_a_key_that_is_no_key_is_one_line(tmp_path: Path) -> None:
    odd = tmp_path / "odd.toml"
    odd.write_text('name = "odd"\nlever = 3\n', "utf-8")
    assert_one_line(run("run", str(odd)), "odd.toml: lever", "levers")


def test_a_missing_plan_text_is_one_line(tmp_path: Path) -> None:
    assert_one_line(run("check", "--plan-text", str(tmp_path / "none.txt")), "none.txt")


def test_a_folder_that_cannot_be_written_to_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("", "utf-8")
    finished = run("run", "plan", *QUICK, "--out", str(file / "below"))
    assert_one_line(finished, "output folder", "file/below")


def test_a_month_beyond_the_data_is_one_line() -> None:
    assert_one_line(run("run", "plan", "--end", "2040-01"), "2040-01", "2030-12")


def test_too_few_households_is_one_line() -> None:
    assert_one_line(run("run", "plan", "--households", "3"), "households", "3")


@pytest.mark.parametrize("command", [("run", "plan"), ("compare", "none", "plan")])
def test_more_households_than_memory_holds_is_one_line(command: tuple[str, ...]) -> None:
    finished = run(*command, "--households", "1000000000000")
    assert_one_line(finished, "households: read 1000000000000", "up to", "memory", "would need")


def test_a_typo_in_an_option_is_refused() -> None:
    finished = run("run", "plan", "--sed", "3")
    assert finished.returncode == 2
    assert "--sed" in finished.stderr


def test_headings_break_at_words_where_a_table_is_too_wide_and_nothing_is_cut(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from transition_model.cli.printing import print_rows

    rows = [{f"heading of column {n}": 1.5 for n in range(12)}]
    print_rows(rows, "table", "wide")
    printed = capsys.readouterr().out
    for n in range(12):
        assert str(n) in printed
    assert printed.count("heading") == 12
    assert printed.count("1.5") == 12


def test_less_than_half_of_the_last_digit_is_printed_as_nothing() -> None:
    from transition_model.cli.printing import number

    assert [number(value) for value in (-1e-9, 1e-9, -0.0006, 250.04)] == [
        "0",
        "0",
        "-0.001",
        "250",
    ]
    assert number(-1e-9, signed=True) == "+0"
