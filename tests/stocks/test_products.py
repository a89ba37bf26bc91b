"""Products of a model lie in the cache folder, never beside the text, and are made once."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from transition_model.cache_folder import cache_folder
from transition_model.errors import InputError
from transition_model.stocks import (
    CompiledEngine,
    CompiledModel,
    ModelSource,
    compiled,
    read_source,
)
from transition_model.stocks.products import kept, product_folder
from transition_model.stocks.pysd_engine import PysdEngine

MODELS = Path(__file__).parent / "models"


@pytest.fixture
def teacup(tmp_path: Path) -> ModelSource:
    """Return the teacup alone in a folder."""
    folder = tmp_path / "texts"
    folder.mkdir()
    return read_source(shutil.copy(MODELS / "teacup.mdl", folder))


def test_the_folder_is_the_one_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRANSITION_MODEL_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"
    monkeypatch.delenv("TRANSITION_MODEL_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "transition-model"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "transition-model"


def test_nothing_is_written_beside_the_text(teacup: ModelSource) -> None:
    before = {path: path.read_bytes() for path in teacup.path.parent.iterdir()}
    for engine in (
        CompiledEngine(CompiledModel(teacup)),
        PysdEngine(teacup),
        PysdEngine(teacup, unrolled=False),
    ):
        engine.start({})
        engine.step({})
    assert {path: path.read_bytes() for path in teacup.path.parent.iterdir()} == before


def test_a_model_is_compiled_once_with_one_notice(
    teacup: ModelSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRANSITION_MODEL_CACHE", str(tmp_path / "cold"))
    notices: list[str] = []
    CompiledModel(teacup, notices.append)
    assert len(notices) == 1
    assert "Compiling teacup.mdl once" in notices[0]
    assert "\n" not in notices[0]
    products = {path: path.stat().st_mtime_ns for path in (tmp_path / "cold").rglob("*")}
    CompiledModel(teacup, notices.append)
    assert len(notices) == 1
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "cold").rglob("*")} == products


def test_code_for_another_processor_is_not_taken(
    teacup: ModelSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRANSITION_MODEL_CACHE", str(tmp_path / "shared"))
    notices: list[str] = []
    own = CompiledModel(teacup, notices.append).run()
    monkeypatch.setattr(compiled, "processor", lambda: "0" * 64)
    other = CompiledModel(teacup, notices.append).run()
    assert len(notices) == 2
    assert len(list((tmp_path / "shared").rglob("*.o"))) == 2
    for name, values in own.values.items():
        np.testing.assert_array_equal(other[name], values)


def test_a_folder_that_cannot_be_written_to_is_done_without(
    teacup: ModelSource,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # A folder below a file can't be made, not even by root.
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TRANSITION_MODEL_CACHE", str(tmp_path / "file" / "cache"))
    with caplog.at_level(logging.WARNING):
        model = CompiledModel(teacup)
    assert model.run()["teacup_temperature"][0, -1] < 355.0
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert str(tmp_path / "file" / "cache") in caplog.text
    assert (tmp_path / "file").read_text() == ""


def test_another_text_has_other_products(
    teacup: ModelSource, written: Callable[[str], ModelSource]
) -> None:
    other = written("level = INTEG(1 / month, 0) ~ Dmnl ~ x |\nmonth = 1 ~ Month ~ x |")
    assert product_folder(other.sha256) != product_folder(teacup.sha256)


def test_a_product_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRANSITION_MODEL_CACHE", str(tmp_path))
    made: list[int] = []

    def make() -> int:
        made.append(1)
        return 42

    assert [kept("text", "answer", int, make) for _ in range(3)] == [42, 42, 42]
    assert made == [1]
    (left_over,) = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    assert left_over == "answer.pickle"


def test_a_message_names_the_file_that_was_read_not_one_with_the_same_text(
    teacup: ModelSource, tmp_path: Path
) -> None:
    other = read_source(shutil.copy(teacup.path, tmp_path / "other.mdl"))
    assert other.sha256 == teacup.sha256
    for source in (teacup, other):
        with pytest.raises(InputError) as refusal:
            CompiledModel(source).run({"wheels": 4.0})
        assert refusal.value.where == str(source.path)
