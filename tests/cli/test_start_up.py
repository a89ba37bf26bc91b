"""Who only asks for help, or for a scenario, does not wait for libraries that runs need."""

from __future__ import annotations

import subprocess
import sys

import pytest

RUNS = {"mesa", "pysd", "numba", "pandas", "scipy", "pyarrow", "matplotlib", "xarray", "networkx"}
"""What simulating needs; together these take seconds to import."""

UNITS = {"pint"}
CONSOLE = {"rich", "typer"}
DATA = {"numpy", "pydantic"}
"""What reading the model's data needs."""

HELP = "from transition_model.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit: ..."
VERSION = HELP.replace("--help", "version")


def imported(code: str) -> set[str]:
    """Top-level modules in a fresh interpreter after some code."""
    report = f"{code}\nimport sys\nprint('\\n' + ' '.join(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True)
    return set(run.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    ("code", "spared"),
    [
        (HELP, RUNS | UNITS | DATA | {"rich"}),
        (VERSION, RUNS | UNITS | {"numpy", "rich"}),
        ("import transition_model", RUNS | UNITS | DATA | CONSOLE),
        ("from transition_model import InputError", RUNS | UNITS | DATA | CONSOLE),
        ("from transition_model import Scenario", RUNS | UNITS | CONSOLE),
        ("from transition_model import Scenario\nScenario.load('plan')", RUNS | UNITS | CONSOLE),
        ("from transition_model import simulate", RUNS | UNITS | CONSOLE),
    ],
    ids=["help", "version", "package", "error", "scenario", "plan", "simulate"],
)
def test_nothing_is_imported_that_is_not_needed(code: str, spared: set[str]) -> None:
    assert imported(code) & spared == set()


def test_the_model_class_comes_with_mesa_and_without_what_only_its_reference_needs() -> None:
    modules = imported("from transition_model import TransitionModel")
    assert {"mesa", "numpy"} <= modules
    assert not modules & ({"pysd", "matplotlib"} | UNITS | CONSOLE)
