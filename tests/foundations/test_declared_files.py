"""What the package declares is taken apart once; what others declare is read as it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from transition_model import declared
from transition_model.errors import InputError


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data file of the package, with a cache folder to itself."""
    monkeypatch.setenv("TRANSITION_MODEL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(declared, "_PACKAGE", tmp_path / "package")
    path = tmp_path / "package" / "own.toml"
    path.parent.mkdir()
    path.write_text("[rule]\nyuan = 1.5\nsince = 2024-07-24\n", "utf-8")
    return path


def _kept(folder: Path) -> list[Path]:
    return list((folder / "cache" / "data").glob("*"))


def test_a_file_of_the_package_is_parsed_once(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = declared.read_toml(own)
    assert len(_kept(tmp_path)) == 1
    monkeypatch.delattr(declared, "_parsed")
    assert declared.read_toml(own) == first


def test_a_file_that_changes_is_read_anew(own: Path) -> None:
    declared.read_toml(own)
    own.write_text("[rule]\nyuan = 2.5\n", "utf-8")
    assert declared.read_toml(own) == {"rule": {"yuan": 2.5}}


def test_what_was_kept_and_got_damaged_is_made_again(own: Path, tmp_path: Path) -> None:
    first = declared.read_toml(own)
    _kept(tmp_path)[0].write_bytes(b"")
    assert declared.read_toml(own) == first
    assert _kept(tmp_path)[0].stat().st_size > 0


def test_files_of_others_are_not_kept(own: Path, tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.toml"
    scenario.write_bytes(own.read_bytes())
    assert declared.read_toml(scenario) == declared._parsed(own.read_bytes())
    assert not _kept(tmp_path)


def test_a_file_of_the_package_that_is_no_toml_is_named(own: Path, tmp_path: Path) -> None:
    own.write_text("yuan = ", "utf-8")
    with pytest.raises(InputError, match=r"own\.toml"):
        declared.read_toml(own)
    assert not _kept(tmp_path)
