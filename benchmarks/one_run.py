"""One coupled run in a process of its own: ``python -m benchmarks.one_run HOUSEHOLDS MONTHS``.

Prints JSON: seconds to import and to open a small model, to build the model, of all months, and
the median of a month; peak memory in MB, and that of a small model.
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import KIBIBYTE, MEGABYTE, json_of, seconds_of

SMALL, WARM_MONTHS = 1_000, 2
_STATUS = Path("/proc/self/status")


@dataclass(frozen=True, slots=True)
class Run:
    """What a run took.

    Attributes
    ----------
    households, months
        Its size.
    build, run, month
        Seconds to build the model, of all months, and of the median month.
    memory, memory_before
        Peak of the process in MB, after the run and when only a small model had run.
    """

    households: int
    months: int
    build: float
    run: float
    month: float
    memory: float
    memory_before: float


def measured(households: int, months: int) -> Run:
    """A run, measured in a process of its own.

    Raises
    ------
    RuntimeError
        If it fails; with what it wrote.
    """
    return Run(**json_of("benchmarks.one_run", households, months))


def _run(households: int, months: int) -> Run:
    from transition_model import TransitionModel

    # Whatever is compiled or read once, and is not what households cost.
    TransitionModel(households=SMALL).run_for(WARM_MONTHS)
    before = _peak()
    found: list[TransitionModel] = []
    build = seconds_of(lambda: found.append(TransitionModel(households=households)))
    taken = [seconds_of(found[0].step) for _ in range(months)]
    return Run(households, months, build, sum(taken), statistics.median(taken), _peak(), before)


def _peak() -> float:
    """Most memory that this process has had, in MB.

    By Linux' own account of this program: its ``ru_maxrss`` remembers what the process held that
    started this one.
    """
    if _STATUS.exists():
        lines = dict(line.split(":", 1) for line in _STATUS.read_text("utf-8").splitlines())
        return int(lines["VmHWM"].split()[0]) * KIBIBYTE / MEGABYTE
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE


if __name__ == "__main__":
    one = _run(int(sys.argv[1]), int(sys.argv[2]))
    sys.stdout.write(json.dumps({name: getattr(one, name) for name in Run.__slots__}) + "\n")
