"""Whether a run fits into memory, and about how long it takes, before anything is built.

What a household's state holds is counted in the columns of the smallest population that there is;
what work on it needs in addition, and how long it takes, was measured (``data/run_costs.toml``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from transition_model.agents.population import household_columns, strata
from transition_model.declared import Status, read_entries
from transition_model.districts import load_districts
from transition_model.errors import InputError
from transition_model.parameters import ParameterValues, load_parameters

KIBIBYTE = 2**10
MEGABYTE = 1e6
GIGABYTE = 1e9
_TIMES_FEWEST = 10
"""What a household takes is counted in a population so many times the smallest."""


class RunCost(BaseModel):
    """What households cost under one way of deciding.

    Attributes
    ----------
    id
        ``compiled`` or ``numpy``.
    working_memory
        Peak of memory that grows with the households, over the bytes of their columns.
    time
        Seconds that a household takes in a month.
    status, source
        How well they are known, and how they were measured.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    id: str
    working_memory: Annotated[float, Field(ge=1.0)]
    time: Annotated[float, Field(gt=0.0)]
    status: Status
    source: Annotated[str, Field(min_length=3)]


@dataclass(frozen=True, slots=True)
class RunSize:
    """What a run will need.

    Attributes
    ----------
    households
        How many agents.
    columns
        Bytes of a household's columns.
    memory
        Bytes of a household at the peak, work included.
    seconds
        Of all households in a month.
    """

    households: int
    columns: float
    memory: float
    seconds: float

    @property
    def total(self) -> float:
        """Bytes of all households at the peak."""
        return self.households * self.memory


@cache
def load_run_costs(path: Path | None = None) -> dict[str, RunCost]:
    """What was measured, by way of deciding.

    Raises
    ------
    InputError
        If the file is missing or broken or an entry incomplete.
    """
    source = path or Path(str(files("transition_model") / "data" / "run_costs.toml"))
    return read_entries([source], RunCost)


@cache
def bytes_of_columns(kernels: str = "compiled") -> float:
    """Bytes that the columns of a household take, by their own types; of a way of deciding."""
    districts, parameters = load_districts(), ParameterValues(load_parameters(), {})
    inhabited = strata(districts, parameters.scalar("income_per_person")).households > 0.0
    fewest = int(np.sum(inhabited))
    number = np.float32 if kernels == "compiled" else np.float64

    def taken(rows: int) -> int:
        columns = household_columns(districts, parameters, rows, 0, start_month=0, number=number)
        return sum(column.nbytes for column in columns.values())

    # What does not grow with the households is left out.
    return (taken(_TIMES_FEWEST * fewest) - taken(fewest)) / ((_TIMES_FEWEST - 1) * fewest)


def size_of(households: int, kernels: str) -> RunSize:
    """What a run with so many households will need."""
    cost = load_run_costs()[kernels]
    columns = bytes_of_columns(kernels)
    return RunSize(households, columns, cost.working_memory * columns, cost.time * households)


def check_run_size(households: int, kernels: str, available: float | None = None) -> None:
    """Refuse a run whose households do not fit into memory.

    Parameters
    ----------
    households
        How many agents.
    kernels
        How they decide, ``compiled`` or ``numpy``.
    available
        Bytes of memory; by default what the machine, or the process's share of it, has left.

    Raises
    ------
    InputError
        With the estimate of memory and time, and how many households would fit.
    """
    free = available_memory() if available is None else available
    size = size_of(households, kernels)
    if free is None or size.total <= free:
        return
    raise InputError(
        "households",
        households,
        f"up to {free // size.memory:,.0f} in the {_bytes(free)} of memory available; "
        f"{households:,} would need {_bytes(size.total)} ({size.memory:,.0f} bytes each, "
        f"{size.columns:,.0f} of them state) and about {_time(size.seconds)} for each month",
    )


def available_memory(
    meminfo: Path = Path("/proc/meminfo"), group: Path = Path("/sys/fs/cgroup")
) -> float | None:
    """Bytes that a new process may take; ``None`` where the system does not say.

    Parameters
    ----------
    meminfo
        Linux's account of memory.
    group
        Folder of the control group, whose limit holds too.
    """
    found = [*_of_machine(meminfo), *_of_group(group)]
    return min(found, default=None)


def _of_machine(meminfo: Path) -> list[float]:
    try:
        lines = dict(line.split(":", 1) for line in meminfo.read_text("utf-8").splitlines())
        return [float(lines["MemAvailable"].split()[0]) * KIBIBYTE]
    except (OSError, KeyError, ValueError):
        return []


def _of_group(group: Path) -> list[float]:
    """What the control group leaves, if it sets a limit; files it could drop do not count."""
    try:
        limit = float((group / "memory.max").read_text("utf-8"))
        used = float((group / "memory.current").read_text("utf-8"))
        statistics = _pairs((group / "memory.stat").read_text("utf-8"))
        return [limit - used + statistics.get("inactive_file", 0.0)]
    except (OSError, ValueError):
        return []


def _pairs(text: str) -> Mapping[str, float]:
    return {name: float(value) for name, value in (line.split() for line in text.splitlines())}


def _bytes(count: float) -> str:
    if count >= GIGABYTE:
        return f"{count / GIGABYTE:,.1f} GB"
    return f"{count / MEGABYTE:,.0f} MB"


def _time(seconds: float) -> str:
    for name, length in (("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= length:
            return f"{seconds / length:,.1f} {name}"
    return f"{seconds:.1f} seconds"
