"""Compile everything once, on two processors.

Kernels are compiled when they are first called, which in a run of its own would be one after the
other, some of them in the middle of the run. Here a few small households live through all rules
beforehand: in one process what they buy, the larger half of the work, is decided in kernels, in
another all the rest. A single run need not wait for it: it decides in NumPy meanwhile.
"""

from __future__ import annotations

import fcntl
import gc
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from transition_model.agents.households import Households
from transition_model.cache_folder import write_atomically
from transition_model.compilation import Kernels, kernels_folder
from transition_model.errors import BreachError
from transition_model.model import TransitionModel

_HOUSEHOLDS = 200
_MONTHS = 84
"""Until every rule of the law has been in force."""
_PARTS = ("purchases", "others")
_SOONER_IN_NUMPY = 50_000
"""Households with which a run in NumPy is done before everything is compiled."""
_COURTESY = 19
"""Niceness of what is compiled beside a run."""
_AUTOGROUP = Path("/proc/self/autogroup")
"""Where Linux keeps the niceness of all processes of a session against those of others."""


def prepared() -> bool:
    """Whether everything has been compiled for these sources."""
    return _marker().is_file()


def prepare(notice: Callable[[str], None] | None = None) -> None:
    """Compile kernels and stock-flow model, if this has not been done for these sources.

    Parameters
    ----------
    notice
        Told in one line what takes so long.
    """
    if prepared():
        return
    marker = _marker()
    if notice is not None:
        notice(f"compiling rules and stocks once, a minute or two (kept in {marker.parent})")
    marker.parent.mkdir(parents=True, exist_ok=True)
    with (marker.parent / "lock").open("w") as lock:
        # Who comes second waits until the first has compiled.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not marker.is_file():
            _compile(marker)


def kernels_at_once(households: int, notice: Callable[[str], None]) -> Kernels:
    """What agents of a single run decide in, so that it need not wait for the compiler.

    If nothing is compiled yet, another process does it meanwhile.

    Parameters
    ----------
    households
        Household agents of the run.
    notice
        Told in one line what goes on, and where.

    Returns
    -------
    str
        ``numpy`` if nothing is compiled yet, and NumPy is done before the compiler.
    """
    if prepared() or households > _SOONER_IN_NUMPY:
        return "compiled"
    notice(
        "nothing is compiled yet: this run decides in NumPy, while another process compiles, once, "
        f"for a minute or two (kept in {_marker().parent})"
    )
    # It outlives this one, and leaves the processors to it, which it has to do as a session, too.
    other = subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.setpriority(os.PRIO_PROCESS, other.pid, _COURTESY)
    return "numpy"


def _give_way() -> None:
    """Let processes of other sessions go first, where these count as one each."""
    with suppress(OSError):
        _AUTOGROUP.write_text(str(_COURTESY), "ascii")


def _marker() -> Path:
    """The file that says that everything has been compiled."""
    return kernels_folder() / "prepared"


def _compile(marker: Path) -> None:
    command = [sys.executable, "-m", __name__, _PARTS[0]]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as other:
        compile_part(_PARTS[1])
        other.wait()
    # What the other process could not do is compiled when it is called.
    if other.returncode == 0:
        write_atomically(marker, b"")


def compile_part(part: str) -> None:
    """Let a small population live through the law, a part of it in kernels.

    Parameters
    ----------
    part
        ``purchases`` of households, or all ``others``.
    """
    # Compiling makes millions of objects that live until the end: looking for dead ones is in vain.
    gc.disable()
    try:
        model = _HalfCompiled(part)
        for _ in range(_MONTHS):
            model.step()
    finally:
        gc.enable()


class _HalfCompiled(TransitionModel):
    """A model of which a part decides in kernels, and the rest in numpy."""

    def __init__(self, part: str) -> None:
        super().__init__(households=_HOUSEHOLDS, precision="single")
        self._part = part

    def let_agents_decide(self) -> None:
        """Every agent decides, by kernel or not."""
        self.open_month()
        # Kernels for one thread and for several take turns.
        threads = 1 + self.month.month % 2
        in_numpy = replace(self.situation, kernels="numpy", threads=threads)
        compiled = replace(self.situation, kernels="compiled", threads=threads)
        buying, others = compiled, in_numpy
        if self._part == _PARTS[1]:
            buying, others = in_numpy, compiled
        for agents in self._sets:
            if isinstance(agents, Households):
                agents.decide_in(others, buying)
            else:
                agents.decide(others)

    def check_ledger(self) -> None:
        """Check as usual, but go on: NumPy adds yuan to memories of single precision one by one."""
        with suppress(BreachError):
            super().check_ledger()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        compile_part(sys.argv[1])
    else:
        _give_way()
        prepare()
