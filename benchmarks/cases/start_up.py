"""Start-up: whole processes that do next to nothing, and the first use after an installation."""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.measuring import Goal, Measurement, Process, process, repeated, seconds_of
from transition_model.stocks import CompiledModel, load_source
from transition_model.stocks.compiled import equations_of, scheduled
from transition_model.stocks.instructions import instructions, lay_out
from transition_model.stocks.machine_code import loaded, machine_code
from transition_model.stocks.plain_text import read_plain
from transition_model.stocks.unrolling import unroll
from transition_model.stocks.vensim_text import parse

COMMANDS = {
    "transition-model --help": ["-m", "transition_model", "--help"],
    "import Scenario": ["-c", "from transition_model import Scenario"],
    "import simulate": ["-c", "from transition_model import simulate"],
    "import TransitionModel": ["-c", "from transition_model import TransitionModel"],
    "python alone": ["-c", "pass"],
}
OPEN = (
    "from transition_model.stocks import CompiledModel, load_source\nCompiledModel(load_source())"
)
COMMAND_GOALS = {"transition-model --help": Goal(0.5), "import Scenario": Goal(0.5)}
PREPARE = "from transition_model.runs.preparation import prepare\nprepare()"
FIRST_RESULT = ["-m", "transition_model", "run", "plan", "--households", "20000", "--out"]
FIRST_RESULT_GOAL = Goal(15.0)
FIRST_USE_GOAL, OPEN_GOAL = Goal(4.0), Goal(30.0)


def measure(repeats: int) -> Iterator[Measurement]:
    """Measure the wall time of each command, after one that does not count, and the first use."""
    for name, arguments in COMMANDS.items():
        process(arguments)
        seconds = tuple(process(arguments).seconds for _ in range(repeats))
        yield Measurement(name, "s", seconds, COMMAND_GOALS.get(name))
    results = [_first_result() for _ in range(repeats)]
    yield Measurement(
        "first result, nothing compiled yet",
        "s",
        tuple(shown for shown, _ in results),
        FIRST_RESULT_GOAL,
        "the plan with 20,000 households, written to a folder",
    )
    yield Measurement(
        "everything compiled, from the start of the first run",
        "s",
        tuple(compiled for _, compiled in results),
    )
    first = [_first_use() for _ in range(repeats)]
    yield Measurement("stock-flow model, first use", "s", tuple(one.seconds for one in first))
    yield Measurement(
        "stock-flow model, first use, processor time",
        "s",
        tuple(one.processor_seconds for one in first),
        FIRST_USE_GOAL,
    )
    yield from _parts_of_first_use(repeats)
    again = repeated(_open, repeats)
    yield Measurement(
        "stock-flow model, opened again", "ms", tuple(1e3 * one for one in again), OPEN_GOAL
    )


def _first_result() -> tuple[float, float]:
    """Seconds until a process has run the plan with an empty cache folder, and all is compiled."""
    with TemporaryDirectory() as folder:
        variables = {"TRANSITION_MODEL_CACHE": folder}
        began = perf_counter()
        first = process([*FIRST_RESULT, f"{folder}/result"], variables)
        process(["-c", PREPARE], variables)
        return first.seconds, perf_counter() - began


def _first_use() -> Process:
    """A process that opens the model with an empty cache folder."""
    with TemporaryDirectory() as folder:
        return process(["-c", OPEN], {"TRANSITION_MODEL_CACHE": folder})


def _parts_of_first_use(repeats: int) -> Iterator[Measurement]:
    source = load_source()
    by_pysd = repeated(lambda: parse(source), repeats)
    yield Measurement(
        "stock-flow model: read by PySD", "s", by_pysd, note="only a text that isn't plain"
    )
    read = repeated(lambda: unroll(source, read_plain(source) or parse(source)), repeats)
    yield Measurement("stock-flow model: read and unroll", "s", read)
    equations = equations_of(source)

    def compile_all() -> None:
        ordered = scheduled(equations)
        machine_code(instructions(*ordered, lay_out(ordered[0])))

    compiled = tuple(seconds_of(compile_all) for _ in range(repeats))
    yield Measurement("stock-flow model: order, write, compile", "s", compiled)


def _open() -> None:
    """Open the kept model as a process does that has it not yet."""
    loaded.cache_clear()
    CompiledModel(load_source())
