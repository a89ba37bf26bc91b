"""Measurements, and how to take them."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

MEGABYTE = 1e6
KIBIBYTE = 1024
DIGITS = 3
_COMPILED_ANEW = "PYTHONDONTWRITEBYTECODE"
"""A developer's setting: every process compiles all modules, which an installation keeps."""
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Goal:
    """What a median should reach.

    Attributes
    ----------
    value
        In the measurement's unit.
    at_least
        Whether more is better.
    """

    value: float
    at_least: bool = False

    def met(self, measured: float) -> bool:
        """Whether a figure reaches the goal."""
        return measured >= self.value if self.at_least else measured <= self.value


@dataclass(frozen=True, slots=True)
class Measurement:
    """One thing measured several times.

    Attributes
    ----------
    name
        What was measured, in words.
    unit
        ``s``, ``ms``, ``us``, ``MB``, ``bytes``, ``%`` or ``times``.
    values
        One a repetition, in the order in which they were taken.
    goal
        What the median should reach, if anything.
    note
        What else a reader has to know.
    """

    name: str
    unit: str
    values: tuple[float, ...]
    goal: Goal | None = None
    note: str = ""

    @property
    def median(self) -> float:
        """The median."""
        return statistics.median(self.values)

    @property
    def percentile_90(self) -> float:
        """The value that nine of ten repetitions stay below."""
        return float(np.percentile(self.values, 90))

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None without a goal."""
        return None if self.goal is None else self.goal.met(self.median)

    def as_dict(self) -> dict[str, Any]:
        """The measurement for JSON."""
        goal = None
        if self.goal is not None:
            bound = "at_least" if self.goal.at_least else "at_most"
            goal = {bound: self.goal.value, "met": self.met}
        return {
            "name": self.name,
            "unit": self.unit,
            "median": self.median,
            "min": min(self.values),
            "max": max(self.values),
            "percentile_90": self.percentile_90,
            "repeats": len(self.values),
            "values": list(self.values),
            "goal": goal,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class Process:
    """A process that has ended.

    Attributes
    ----------
    seconds
        Wall time.
    processor_seconds
        What it computed for, whatever else the machine did.
    """

    seconds: float
    processor_seconds: float


def shown(value: float) -> str:
    """A figure with three digits that count."""
    return f"{value:,.0f}" if abs(value) >= 10**DIGITS else f"{value:.{DIGITS}g}"


def read_results(paths: Sequence[Path]) -> dict[str, Any]:
    """What benchmarks have written, all cases in one; the machine is the first file's."""
    found = [json.loads(path.read_text("utf-8")) for path in paths]
    cases = {name: case for read in found for name, case in read["benchmarks"].items()}
    return {"machine": found[0]["machine"], "benchmarks": cases}


def seconds_of(action: Callable[[], object]) -> float:
    """Wall time of one call."""
    began = perf_counter()
    action()
    return perf_counter() - began


def repeated(action: Callable[[], object], repeats: int) -> tuple[float, ...]:
    """Wall times of calls in seconds, after one that does not count."""
    action()
    return tuple(seconds_of(action) for _ in range(repeats))


def process(arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> Process:
    """Run this Python with arguments, quietly, and measure the whole process.

    Parameters
    ----------
    arguments
        After the interpreter.
    environment
        Variables to set in addition.

    Raises
    ------
    RuntimeError
        If the process fails.
    """
    variables = _variables(environment or {})
    quiet = os.open(os.devnull, os.O_WRONLY)
    try:
        began = perf_counter()
        child = os.posix_spawn(
            sys.executable,
            [sys.executable, *arguments],
            variables,
            file_actions=[(os.POSIX_SPAWN_DUP2, quiet, 1), (os.POSIX_SPAWN_DUP2, quiet, 2)],
        )
        _, status, usage = os.wait4(child, 0)
        seconds = perf_counter() - began
    finally:
        os.close(quiet)
    if os.waitstatus_to_exitcode(status) != 0:
        raise RuntimeError(f"python {' '.join(arguments)} failed")
    return Process(seconds, usage.ru_utime + usage.ru_stime)


def _variables(added: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process: this one's, without what makes Python compile all anew."""
    kept = {name: value for name, value in os.environ.items() if name != _COMPILED_ANEW}
    return kept | {"PYTHONPATH": str(ROOT)} | dict(added)


def json_of(module: str, *arguments: object) -> Any:
    """What a module prints as JSON when this Python runs it, in a process of its own.

    Raises
    ------
    RuntimeError
        If the process fails; with what it wrote.
    """
    finished = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=_variables({}),
        check=False,
    )
    if finished.returncode != 0:
        raise RuntimeError(finished.stderr.strip())
    return json.loads(finished.stdout)
