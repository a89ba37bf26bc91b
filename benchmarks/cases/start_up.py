"""Start-up: whole processes that do next to nothing."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measuring import Measurement, process

COMMANDS = {
    "transition-model --help": ["-m", "transition_model", "--help"],
    "import Scenario": ["-c", "from transition_model import Scenario"],
    "import simulate": ["-c", "from transition_model import simulate"],
    "import TransitionModel": ["-c", "from transition_model import TransitionModel"],
    "python alone": ["-c", "pass"],
}


def measure(repeats: int) -> Iterator[Measurement]:
    """Measure the wall time of each command, after one that does not count."""
    for name, arguments in COMMANDS.items():
        process(arguments)
        seconds = tuple(process(arguments).seconds for _ in range(repeats))
        yield Measurement(name, "s", seconds)
