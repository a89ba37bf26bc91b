"""The house keeps its order: who may import whom, what modules are called, what files may name."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "transition_model"


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts of ``pyproject.toml`` on the package in a folder."""
    command = "from importlinter.cli import lint_imports_command as check; check()"
    return subprocess.run(
        [sys.executable, "-c", command, "--no-logo", "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy_of_the_package(tmp_path: Path) -> Path:
    """Return a folder with a copy of the modules and of the contracts."""
    sources = shutil.ignore_patterns("data", "__pycache__")
    shutil.copytree(PACKAGE, tmp_path / "transition_model", ignore=sources)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_import_contract_is_kept() -> None:
    report = lint_imports(ROOT)
    assert report.returncode == 0, report.stdout + report.stderr
    assert " 0 broken" in report.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("errors.py", "from transition_model import calendar", "Imports go from top to bottom"),
        ("calendar.py", "from transition_model import quantity", "Imports go from top to bottom"),
        ("agents/new.py", "from transition_model import stocks", "Imports go from top to bottom"),
        ("stocks/new.py", "from transition_model import agents", "Imports go from top to bottom"),
        ("helpers.py", "", "Imports go from top to bottom"),
        ("calendar.py", "import pysd", "PySD only in stocks"),
        ("agents/new.py", "import pysd", "PySD only in stocks"),
        ("calendar.py", "import mesa", "Mesa only in model and agents"),
        ("calendar.py", "import solara", "Solara only in app"),
        ("calendar.py", "import dask", "Dask only in runs"),
        ("behaviour/new.py", "import pandas", "Rules and offers are functions on arrays"),
    ],
)
def test_an_import_that_breaks_a_contract_is_found(
    copy_of_the_package: Path, module: str, line: str, contract: str
) -> None:
    with (copy_of_the_package / "transition_model" / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    report = lint_imports(copy_of_the_package)
    assert report.returncode == 1
    assert re.search(rf"{contract} +BROKEN", report.stdout), report.stdout + report.stderr


def test_no_module_is_named_after_nothing() -> None:
    empty_names = {"utils", "util", "helpers", "helper", "common", "core", "misc"}
    names = {path.stem for path in PACKAGE.rglob("*") if path.suffix == ".py" or path.is_dir()}
    assert "calendar" in names
    assert not names & empty_names


def test_no_file_names_a_package_registry() -> None:
    # In pieces, so that this file is not one of those that it looks for.
    hosts = [
        ".".join(pieces).encode()
        for pieces in (
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("registry", "npmjs"),
            ("conda", "anaconda", "org"),
            ("deb", "debian"),
        )
    ]
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    assert ROOT / "pyproject.toml" in files
    found = [
        f"{file.relative_to(ROOT)}: {host.decode()}"
        for file in files
        for host in hosts
        if host in file.read_bytes()
    ]
    assert not found


@pytest.mark.parametrize("name", ["runtime.txt", "development.txt"])
def test_a_lock_file_holds_names_versions_and_hashes_alone(name: str) -> None:
    lines = (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()
    pin = re.compile(r"[a-z0-9-]+==[0-9][0-9a-z.]*( ; [^\\]+)? \\")
    hash_ = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
    comment = re.compile(r" +# .*")
    assert [line for line in lines if pin.fullmatch(line)]
    strange = [
        line for line in lines if not any(form.fullmatch(line) for form in (pin, hash_, comment))
    ]
    assert not strange


def test_what_runs_is_what_is_developed_with() -> None:
    def pins(name: str) -> set[str]:
        text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
        return set(re.findall(r"^[a-z0-9-]+==[^ ]+", text, flags=re.MULTILINE))

    assert pins("runtime.txt") <= pins("development.txt")
