"""The run record: what was run, on which data, by which versions."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from transition_model import __version__
from transition_model.calendar import Month
from transition_model.instruments.changes import running_on
from transition_model.scenario import Scenario

LIBRARIES = ("mesa", "numba", "numpy", "pandas", "pysd")
"""Libraries whose versions can change a result."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What identifies a run, and how long it took.

    Attributes
    ----------
    scenario, scenario_digest, scenario_toml
        Name, hash of the changes, and the whole scenario as a file.
    seed, households, engine, time_step, start, end
        What was asked for; ``time_step`` is None for that of the model file.
    kernels
        Whether agents decided in ``compiled`` kernels or in ``numpy``, which agree to seven digits.
    rules_running_on
        Rules still in force in the last month although their last known version has ended.
    model_hash, data_hash
        Hash of the stock-flow model's text, and of all data files.
    versions
        Of this package, Python and the libraries.
    seconds
        Wall time.
    """

    scenario: str
    scenario_digest: str
    scenario_toml: str
    seed: int
    households: int
    engine: str
    kernels: str
    time_step: float | None
    start: str
    end: str
    rules_running_on: tuple[str, ...]
    model_hash: str
    data_hash: str
    versions: dict[str, str]
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """The record for JSON."""
        return asdict(self)


def run_record(
    scenario: Scenario,
    model_hash: str,
    *,
    seed: int,
    households: int,
    engine: str,
    kernels: str,
    time_step: float | None,
    start: str,
    end: str,
    seconds: float,
) -> RunRecord:
    """The record of a run that has been made."""
    return RunRecord(
        scenario=scenario.name,
        scenario_digest=scenario.digest,
        scenario_toml=scenario.to_toml(),
        seed=seed,
        households=households,
        engine=engine,
        kernels=kernels,
        time_step=time_step,
        start=start,
        end=end,
        rules_running_on=running_on(scenario.law, Month.parse(end)),
        model_hash=model_hash,
        data_hash=data_hash(),
        versions=versions(),
        seconds=seconds,
    )


@cache
def data_hash() -> str:
    """Hash of every data file of the package, by name and content."""
    root = Path(str(files("transition_model") / "data"))
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.suffix in (".toml", ".csv"):
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """Versions of this package, Python and the libraries that shape a result."""
    found = {"transition-model": __version__, "python": platform.python_version()}
    return found | {name: _version(name) for name in LIBRARIES}


@cache
def _version(library: str) -> str:
    """Version of a library, read once."""
    return version(library)
