"""What a person installs holds all that a run needs, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from email import message_from_bytes
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
INFORMATION = f"transition_model-{VERSION}.dist-info"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    """Return the wheel built from the repository."""
    folder = tmp_path_factory.mktemp("wheel")
    build = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert build.returncode == 0, build.stdout + build.stderr
    (path,) = folder.glob("*.whl")
    return ZipFile(path)


def files_of(folder: Path) -> list[Path]:
    """Return the files in a folder, without what Python and PySD leave there."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    ]


def test_the_wheel_holds_every_module_and_every_datum(wheel: ZipFile) -> None:
    expected = {str(path.relative_to(ROOT)) for path in files_of(ROOT / "transition_model")}
    assert any(name.startswith("transition_model/data/") for name in expected)
    assert not expected - set(wheel.namelist())


def test_the_wheel_holds_the_stock_flow_sources_inside_the_package(wheel: ZipFile) -> None:
    sources = sorted((ROOT / "models").glob("*.mdl"))
    assert sources
    for source in sources:
        assert wheel.read(f"transition_model/models/{source.name}") == source.read_bytes()


def test_the_wheel_holds_nothing_else(wheel: ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert tops == {"transition_model", INFORMATION}
    translations = [
        name
        for name in wheel.namelist()
        if name.startswith("transition_model/models/") and name.endswith(".py")
    ]
    assert not translations


def test_the_wheel_installs_the_command_and_names_the_licence(wheel: ZipFile) -> None:
    commands = wheel.read(f"{INFORMATION}/entry_points.txt").decode()
    assert "transition-model = transition_model.cli:main" in commands
    metadata = message_from_bytes(wheel.read(f"{INFORMATION}/METADATA"))
    assert metadata["License-Expression"] == "Apache-2.0"
    assert f"{INFORMATION}/licenses/LICENSE" in wheel.namelist()


def test_the_version_is_the_same_wherever_it_stands() -> None:
    module = (ROOT / "transition_model" / "__init__.py").read_text(encoding="utf-8")
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f'__version__ = "{VERSION}"' in module.splitlines()
    assert f"version: {VERSION}" in citation.splitlines()


def test_a_wheel_built_from_the_source_distribution_is_the_same(
    wheel: ZipFile, tmp_path: Path
) -> None:
    # Without isolation, so that nothing is fetched.
    build = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert build.returncode == 0, build.stdout + build.stderr
    (path,) = tmp_path.glob("*.whl")
    with ZipFile(path) as again:
        assert sorted(again.namelist()) == sorted(wheel.namelist())
