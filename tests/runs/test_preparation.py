"""What is compiled once is not compiled, nor announced, again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import psutil
import pytest
from numpy.testing import assert_allclose

from transition_model import Scenario, simulate
from transition_model.agents.households import Households
from transition_model.model import TransitionModel
from transition_model.runs import preparation


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Prepare as if for the first time, by a process that has nothing to do."""
    monkeypatch.setattr(preparation, "kernels_folder", lambda: tmp_path / "kernels")
    monkeypatch.setattr(preparation, "compile_part", lambda part: None)
    return tmp_path / "kernels"


def _other(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Have the other process run this instead."""
    popen = preparation.subprocess.Popen
    monkeypatch.setattr(
        preparation.subprocess,
        "Popen",
        lambda command, **options: popen([command[0], "-c", code], **options),
    )


def test_the_first_preparation_says_what_it_does_and_the_second_does_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _other(monkeypatch, "pass")
    notices: list[str] = []
    preparation.prepare(notices.append)
    preparation.prepare(notices.append)
    assert len(notices) == 1
    assert str(folder) in notices[0]
    assert "\n" not in notices[0]


def test_a_preparation_that_broke_off_is_made_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notices: list[str] = []
    with monkeypatch.context() as broken:
        _other(broken, "raise SystemExit(1)")
        preparation.prepare(notices.append)
    _other(monkeypatch, "pass")
    preparation.prepare(notices.append)
    preparation.prepare(notices.append)
    assert len(notices) == 2


def test_a_single_run_does_not_wait_but_has_another_process_compile(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[list[str]] = []
    others: list[subprocess.Popen[bytes]] = []
    popen = preparation.subprocess.Popen

    def begin(command: list[str], **options: object) -> subprocess.Popen[bytes]:
        begun.append(command)
        others.append(popen([sys.executable, "-c", "pass"]))
        return others[-1]

    monkeypatch.setattr(preparation.subprocess, "Popen", begin)
    notices: list[str] = []
    assert preparation.kernels_at_once(20_000, notices.append) == "numpy"
    assert len(begun) == len(notices) == 1
    assert str(folder) in notices[0]
    # The larger a run, the longer NumPy takes, and the less the compiler's time counts.
    assert preparation.kernels_at_once(1_000_000, notices.append) == "compiled"
    folder.mkdir()
    (folder / "prepared").touch()
    assert preparation.kernels_at_once(20_000, notices.append) == "compiled"
    assert len(begun) == len(notices) == 1
    assert others[0].wait() == 0


def test_the_first_run_of_an_installation_is_done_before_everything_is_compiled(
    tmp_path: Path,
) -> None:
    run = ["run", "plan", "--households", "200", "--end", "2020-03", "--out"]
    first = subprocess.run(
        [sys.executable, "-m", "transition_model", *run, str(tmp_path / "first")],
        env=os.environ | {"TRANSITION_MODEL_CACHE": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    compiling = [
        process
        for process in psutil.process_iter(["cmdline"])
        if "transition_model.runs.preparation" in (process.info["cmdline"] or [])
        and process.environ().get("TRANSITION_MODEL_CACHE") == str(tmp_path)
    ]
    niceness = [process.nice() for process in compiling]
    for process in compiling:
        process.kill()
    assert first.returncode == 0, first.stderr
    assert "decides in NumPy" in first.stderr
    assert json.loads((tmp_path / "first" / "record.json").read_text())["kernels"] == "numpy"
    again = tmp_path / "again"
    simulate(Scenario.load("plan"), households=200, end="2020-03").save(again)
    series = [pd.read_csv(folder / "series.csv")["value"] for folder in (tmp_path / "first", again)]
    assert_allclose(*series, rtol=1e-6)
    assert compiling
    assert max(niceness) > os.nice(0)


@pytest.mark.parametrize("part", ["purchases", "others"])
def test_what_one_part_decides_in_kernels_the_other_decides_in_numpy(
    part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = preparation._HalfCompiled(part)
    seen: dict[str, str] = {}
    for agents in model._sets:
        if isinstance(agents, Households):
            monkeypatch.setattr(
                agents,
                "decide_in",
                lambda situation, buying: seen.update(
                    home=situation.kernels, purchases=buying.kernels
                ),
            )
        else:
            monkeypatch.setattr(
                agents,
                "decide",
                lambda situation, kind=agents.agent_type.__name__: seen.update(
                    {kind: situation.kernels}
                ),
            )
    model.read_policy()
    model.publish_stocks()
    model.let_agents_decide()
    own = {name for name, way in seen.items() if way == "compiled"}
    assert own == {"purchases"} if part == "purchases" else own == seen.keys() - {"purchases"}
    assert len(seen) == len(model._sets) + 1


@pytest.mark.parametrize("part", ["purchases", "others"])
def test_a_part_in_kernels_and_the_rest_in_numpy_come_to_what_kernels_come_to(part: str) -> None:
    whole = TransitionModel(households=preparation._HOUSEHOLDS, precision="single")
    half = preparation._HalfCompiled(part)
    for _ in range(6):
        whole.step()
        half.step()
    expected, found = (model.recorder.series().frame() for model in (whole, half))
    assert_allclose(found["value"], expected["value"], rtol=1e-5, atol=1e-9)
