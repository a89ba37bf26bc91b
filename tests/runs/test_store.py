"""A run that was made is kept whole, found again by what it is, and never made twice."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from numpy.testing import assert_array_equal

from transition_model import InputError, Scenario, simulate
from transition_model.calendar import Month
from transition_model.results import units_by_name
from transition_model.runs import store as storing
from transition_model.runs.batch import PlannedRun, Workers
from transition_model.runs.identity import key_of, model_version
from transition_model.runs.store import RunStore, StoredRun
from transition_model.studies import RunPlan, Study
from transition_model.studies.results import StudyResults
from transition_model.studies.running import counted, make_runs

LAST = Month.parse("2020-03")
NAMES = [name for name, _ in units_by_name()]
MONTHS = tuple(Month.parse(month) for month in ("2020-01", "2020-02", "2020-03"))


def stored(key: str, **changed: Any) -> StoredRun:
    entries = {
        "key": key, "scenario": "plan", "scenario_digest": "d", "changes": "name=plan",
        "parameters": {"price_coefficient": -0.1}, "seed": 1, "households": 300,
        "last_month": "2020-03", "model": "m", "targets": {"green_parks": (40.0, True)},
    }  # fmt: skip
    return StoredRun(**(entries | changed))


def series(number: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.arange(3.0 * len(NAMES)).reshape(3, len(NAMES)) + number


SMALL = """
name = "small"
households = 200
end = "2020-03"
replications = 2
[design]
method = "full_factorial"
levels = 2
[uncertainties.parameters]
price_coefficient = {}
[outcomes]
targets = []
series = ["new_car_sales_per_month"]
months = ["2020-03"]
"""


def small(tmp_path: Path, text: str = SMALL) -> Study:
    path = tmp_path / "study.toml"
    path.write_text(text, "utf-8")
    return Study.load(path)


# -- keeping --------------------------------------------------------------------------------------
def test_series_come_back_to_the_last_bit(tmp_path: Path) -> None:
    values = series(1 / 3)
    with RunStore(tmp_path / "s", writing=True) as store:
        store.add([stored("a"), stored("b")], [values, series(2.0)])
    with RunStore(tmp_path / "s") as store:
        found = store.series(["b", "a", "b", "c"], NAMES, MONTHS)
    assert_array_equal(found[1], values)
    assert_array_equal(found[0], found[2])
    assert np.isnan(found[3]).all()


def test_a_failed_run_is_kept_with_its_reason_and_without_series(tmp_path: Path) -> None:
    with RunStore(tmp_path / "s", writing=True) as store:
        failed = stored("bad", failure="BreachError: money", targets={})
        store.add([failed, stored("good")], [np.empty((0, 0)), series(0.0)])
        assert store.failures(["good", "bad", "new"]) == {"good": "", "bad": "BreachError: money"}
        assert np.isnan(store.series(["bad"], NAMES[:1], MONTHS)).all()


def test_the_catalogue_is_written_anew_from_the_files(tmp_path: Path) -> None:
    with RunStore(tmp_path / "s", writing=True) as store:
        store.add([stored("a")], [series(1.0)])
    before = RunStore(tmp_path / "s").query("select * from runs")
    (tmp_path / "s" / "catalogue.duckdb").unlink()
    RunStore(tmp_path / "s", writing=True).close()
    assert RunStore(tmp_path / "s").query("select * from runs") == before


def test_a_catalogue_that_is_no_catalogue_is_named_and_written_anew(tmp_path: Path) -> None:
    with RunStore(tmp_path / "s", writing=True) as store:
        store.add([stored("a")], [series(1.0)])
    (tmp_path / "s" / "catalogue.duckdb").write_bytes(b"no database" * 1000)
    with RunStore(tmp_path / "s", writing=True) as store:
        assert store.damaged == ["catalogue.duckdb"]
        assert store.failures(["a"]) == {"a": ""}


@pytest.mark.parametrize("harm", ["cut short", "one byte", "gone"])
def test_a_damaged_file_is_named_set_aside_and_its_runs_are_missing(
    tmp_path: Path, harm: str
) -> None:
    with RunStore(tmp_path / "s", writing=True) as store:
        store.add([stored("a")], [series(1.0)])
        store.add([stored("b")], [series(2.0)])
        (name,) = store._files_of(["a"])
    path = tmp_path / "s" / "runs" / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(bytes(content[:-100] if harm == "cut short" else content))
    with (
        RunStore(tmp_path / "s") as reader,
        pytest.raises(InputError, match=rf"{name}.*not what was written.*--resume"),
    ):
        reader.verify(["a", "b"])
    with RunStore(tmp_path / "s", writing=True) as store:
        store.verify(["a", "b"])
        assert store.damaged == [name]
        assert store.failures(["a", "b"]) == {"b": ""}
        assert (tmp_path / "s" / "damaged" / name).exists() == (harm != "gone")


def test_a_full_disk_is_one_error_and_what_was_kept_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RunStore(tmp_path / "s", writing=True) as store:
        store.add([stored("a")], [series(1.0)])

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(storing, "write_atomically", full)
        with pytest.raises(InputError, match=r"No space left on device.*room in it"):
            store.add([stored("b")], [series(2.0)])
        assert store.failures(["a", "b"]) == {"a": ""}


def test_one_process_at_a_time_may_write_and_others_read(tmp_path: Path) -> None:
    with RunStore(tmp_path / "s", writing=True) as store:
        store.add([stored("a")], [series(1.0)])
        with pytest.raises(InputError, match="another process is writing"):
            RunStore(tmp_path / "s", writing=True)
        assert RunStore(tmp_path / "s").failures(["a"]) == {"a": ""}
    RunStore(tmp_path / "s", writing=True).close()


def test_a_folder_that_is_no_store_or_of_another_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no store\.json"):
        RunStore(tmp_path)
    (tmp_path / "store.json").write_text(json.dumps({"format": 99}))
    for writing in (False, True):
        with pytest.raises(InputError, match=r"format 99.*format 1; name another folder"):
            RunStore(tmp_path, writing=writing)
    (tmp_path / "store.json").write_text("{")
    with pytest.raises(InputError, match="not readable"):
        RunStore(tmp_path)


def test_a_wrong_statement_is_one_line_and_changes_nothing(tmp_path: Path) -> None:
    with RunStore(tmp_path / "s", writing=True) as store:
        store.add([stored("a")], [series(1.0)])
    reader = RunStore(tmp_path / "s")
    with pytest.raises(InputError, match=r"query: read .*runz"):
        reader.query("select * from runz")
    with pytest.raises(InputError, match="query"):
        reader.query("delete from runs")
    names, rows = reader.query("select target, value from targets")
    assert (names, rows) == (["target", "value"], [("green_parks", 40.0)])
    _, rows = reader.query(f'select max("{NAMES[0]}") from series')
    assert rows == [(series(1.0)[:, 0].max(),)]


# -- what a run is ----------------------------------------------------------------------
def test_a_run_is_what_it_does_and_not_what_it_is_called() -> None:
    plan = Scenario.load("plan")
    run = PlannedRun(plan, 1, {"price_coefficient": -0.1, "peer_weight": 1.0})
    key = key_of(run, 300, LAST)
    called_otherwise = plan.model_copy(update={"name": "other"})
    turned = PlannedRun(called_otherwise, 1, {"peer_weight": 1.0, "price_coefficient": -0.1})
    assert key_of(turned, 300, LAST) == key
    others = [
        key_of(PlannedRun(plan, 2, run.parameters), 300, LAST),
        key_of(PlannedRun(plan, 1, {"price_coefficient": -0.1}), 300, LAST),
        key_of(PlannedRun(plan.replace({"green_campaign": 0.9}), 1, run.parameters), 300, LAST),
        key_of(run, 301, LAST),
        key_of(run, 300, LAST + 1),
    ]
    assert len({key, *others}) == 6


def test_the_version_of_the_model_is_part_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    run = PlannedRun(Scenario.load("plan"))
    key = key_of(run, 300, LAST)
    monkeypatch.setattr("transition_model.runs.identity.model_version", lambda: "another")
    assert key_of(run, 300, LAST) != key
    assert len(model_version()) == 16


# -- making the runs of a study ------------------------------------------------------------------
def test_a_run_is_never_made_again_whoever_asks(tmp_path: Path) -> None:
    plan = RunPlan.of_study(small(tmp_path))
    with RunStore(tmp_path / "s", writing=True) as store:
        first = make_runs(plan, store, Workers(1))
        again = make_runs(plan, store, Workers(1))
        assert (first.found, first.made) == (0, 4)
        assert (again.found, again.made) == (4, 0)
        text = SMALL.replace("replications = 2", "replications = 3")
        wider = RunPlan.of_study(small(tmp_path, text))
        other = make_runs(wider, store, Workers(1))
        assert (other.found, other.made) == (4, 2)
        results = StudyResults.of_study(small(tmp_path), store)
    alone = simulate(
        plan.runs[1].scenario.replace(dict(plan.runs[1].parameters)),
        seed=plan.runs[1].seed, households=200, end="2020-03",
    )  # fmt: skip
    value = results.values["new_car_sales_per_month@2020-03"][1]
    assert value == alone.series("new_car_sales_per_month").iloc[-1]


def test_two_points_of_the_same_run_make_it_once(tmp_path: Path) -> None:
    text = SMALL.replace('"full_factorial"\nlevels = 2', '"list"\nfile = "points.csv"')
    (tmp_path / "points.csv").write_text("price_coefficient\n-0.1\n-0.1\n")
    plan = RunPlan.of_study(small(tmp_path, text))
    with RunStore(tmp_path / "s", writing=True) as store:
        assert make_runs(plan, store, Workers(1)).made == 2
        assert counted(plan, store) == {"asked": 4, "there": 4, "failed": 0, "missing": 0}
        values = StudyResults.of_study(small(tmp_path, text), store).values
    assert values.iloc[0].tolist() == values.iloc[2].tolist()


def test_results_of_another_model_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = small(tmp_path)
    with RunStore(tmp_path / "s", writing=True) as store:
        monkeypatch.setattr("transition_model.runs.identity.model_version", lambda: "older")
        monkeypatch.setattr("transition_model.studies.running.model_version", lambda: "older")
        make_runs(RunPlan.of_study(study), store, Workers(1))
        monkeypatch.undo()
        with pytest.raises(InputError, match=f"by model older.*{model_version()}"):
            StudyResults.of_study(study, store)


def test_failed_runs_are_reported_and_do_not_end_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transition_model.model import TransitionModel

    built = TransitionModel.__init__

    def breaks(model: Any, *arguments: Any, **options: Any) -> None:
        if options["rng"] == 2:
            raise ValueError("no luck")
        built(model, *arguments, **options)

    monkeypatch.setattr(TransitionModel, "__init__", breaks)
    plan = RunPlan.of_study(small(tmp_path))
    with RunStore(tmp_path / "s", writing=True) as store:
        done = make_runs(plan, store, Workers(1))
        assert done.failures == {1: "ValueError: no luck", 3: "ValueError: no luck"}
        results = StudyResults.of_study(small(tmp_path), store)
    assert results.missing == 2


KILLED = """
import sys
from pathlib import Path
from transition_model.runs.batch import Workers
from transition_model.runs.store import RunStore
from transition_model.studies import RunPlan, Study
from transition_model.studies.running import make_runs
if __name__ == "__main__":
    plan = RunPlan.of_study(Study.load(sys.argv[1]))
    with RunStore(sys.argv[2], writing=True) as store, Workers(2) as team:
        make_runs(plan, store, team, progress=lambda *done: print(done[0], flush=True))
"""


def test_who_is_killed_loses_only_the_runs_under_way_and_resumes_to_exactly_what_was_asked(
    tmp_path: Path,
) -> None:
    path = tmp_path / "study.toml"
    path.write_text(SMALL.replace("levels = 2", "levels = 20"), "utf-8")
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    plan = RunPlan.of_study(Study.load(path))
    kept = 0
    for stop_after in (4, 16, None):
        program = subprocess.Popen(
            [sys.executable, str(script), str(path), str(tmp_path / "s")],
            stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        assert program.stdout is not None
        for line in program.stdout:
            if stop_after is not None and int(line) >= kept + stop_after:
                workers = psutil.Process(program.pid).children(recursive=True)
                os.kill(program.pid, signal.SIGKILL)
                _, left = psutil.wait_procs(workers, timeout=30)
                assert workers
                assert not left, "workers whose program was killed wait for ever"
                break
        program.wait()
        program.stdout.close()
        time.sleep(0.1)
        with RunStore(tmp_path / "s", writing=True) as store:
            there = counted(plan, store)["there"]
            assert store.damaged == []
        assert there >= kept + (stop_after or 0)
        kept = there
    assert program.returncode == 0
    assert kept == len(plan.runs) == 40
    with RunStore(tmp_path / "s") as store:
        _, rows = store.query("select count(*), count(distinct run) from series")
    assert rows == [(3 * 40, 40)]
