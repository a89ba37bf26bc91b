"""What is compiled once is not compiled, nor announced, again."""

from __future__ import annotations

from pathlib import Path

import pytest

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


@pytest.mark.parametrize("part", ["households", "others"])
def test_each_part_lives_through_its_months(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparation, "_MONTHS", 3)
    model = preparation._HalfCompiled(part)
    seen: list[str] = []
    for agents in model._sets:
        monkeypatch.setattr(
            agents,
            "decide",
            lambda situation, decide=agents.decide, kind=agents.agent_type.__name__: (
                seen.append(f"{kind} {situation.kernels}"),
                decide(situation),
            ),
        )
    model.step()
    own = {line.split()[0] for line in seen if line.endswith("compiled")}
    assert own == {"Household"} if part == "households" else "Household" not in own
    assert len(seen) == len(model._sets)
