"""The compiled engine: machine code made of the equations, one row of numbers a run."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from transition_model.cache_folder import write_atomically
from transition_model.errors import InputError
from transition_model.layout import Layout
from transition_model.stocks.engine import (
    Array,
    check_final_time,
    check_stocks,
    readable,
    settable,
    settable_by_run,
    shown,
    whole_steps,
)
from transition_model.stocks.equations import (
    FINAL_TIME,
    INITIAL_TIME,
    SAVING_STEP,
    TIME,
    TIME_STEP,
    Equations,
    Schedule,
    Variable,
)
from transition_model.stocks.instructions import Program, instructions, lay_out
from transition_model.stocks.machine_code import MachineCode, loaded, machine_code, processor
from transition_model.stocks.ordering import schedule
from transition_model.stocks.plain_text import read_plain
from transition_model.stocks.products import kept, product_folder
from transition_model.stocks.reciprocals import with_reciprocals
from transition_model.stocks.source import ModelSource, read_source
from transition_model.stocks.unrolling import unroll
from transition_model.stocks.vensim_text import parse

_LOG = logging.getLogger(__name__)
_ROWS_AT_ONCE = 64

type Notice = Callable[[str], None]


def equations_of(source: ModelSource) -> Equations:
    """Return the scalar equations of a text, read on first use and then kept on disk.

    Raises
    ------
    InputError
        If the text can't be read, or uses what the engine doesn't support.
    """
    equations = kept(
        source.sha256,
        "equations",
        Equations,
        lambda: unroll(source, read_plain(source) or parse(source)),
    )
    return replace(equations, where=str(source.path))


def scheduled(equations: Equations) -> tuple[Equations, Schedule]:
    """Return equations as they are computed, and their order.

    Raises
    ------
    InputError
        If they have a causal loop without a stock.
    """
    return with_reciprocals(equations, schedule(equations))


@dataclass(frozen=True, slots=True)
class Trajectories:
    """What runs recorded.

    Attributes
    ----------
    time
        Points in time, in the model's unit of time.
    values
        By id, with axes run, time and the variable's dimensions, in its unit.
    """

    time: Array
    values: Mapping[str, Array]

    def __getitem__(self, name: str) -> Array:
        """Return the values of a variable."""
        return self.values[name]


class CompiledModel:
    """A stock-flow model as compiled code.

    Parameters
    ----------
    source
        The model's text.
    notice
        Told in one line when code has to be compiled first; the log by default.

    Raises
    ------
    InputError
        If the text can't be read, uses what the engine doesn't support, or has a causal loop
        without a stock.
    """

    def __init__(self, source: ModelSource, notice: Notice | None = None) -> None:
        self.source = source
        ordered = cache(lambda: scheduled(equations_of(source)))
        program = kept(source.sha256, "program", Program, lambda: lay_out(ordered()[0]))
        self.program = replace(program, where=str(source.path))
        self.variables = shown(self.program.variables)
        self.code = _compiled(source, self.program, ordered, notice or _LOG.info)
        self._read: dict[tuple[str, ...], NDArray[np.int64]] = {}
        self._set: dict[tuple[str, ...], NDArray[np.int64]] = {}
        self._shapes: dict[tuple[str, ...], tuple[tuple[int, ...], ...]] = {}

    def start(
        self,
        constants: Mapping[str, ArrayLike] | None = None,
        n_runs: int = 1,
        time_step: float | None = None,
    ) -> Ensemble:
        """Initialise runs at the initial time.

        Parameters
        ----------
        constants
            By id: a number, an array shaped by the variable's dimensions, or one with the run as
            an axis in front.
        n_runs
            Number of runs.
        time_step
            Instead of the text's TIME STEP.

        Raises
        ------
        InputError
            If a constant is wrong, a stock does not start finite, or a delay's stages are shorter
            than the time step.
        """
        if time_step is not None and not time_step > 0.0:
            raise InputError(f"{self.program.where}: TIME STEP", time_step, "a positive number")
        ensemble = self._ensemble(self._checked(constants, n_runs), n_runs, time_step)
        ensemble.drive(begin=True, steps=0)
        return ensemble

    def _checked(self, constants: Mapping[str, ArrayLike] | None, n_runs: int) -> dict[str, Array]:
        if n_runs < 1:
            raise InputError(self.program.where, f"{n_runs} runs", "one run or more")
        return settable_by_run(self.program.where, self.variables, constants or {}, n_runs)

    def _ensemble(
        self, constants: Mapping[str, Array], n_runs: int, time_step: float | None
    ) -> Ensemble:
        """Return runs with their constants set, at the initial time, but nothing computed."""
        offsets = self.program.offsets
        rows = np.tile(self.program.defaults, (n_runs, 1))
        if time_step is not None:
            rows[:, offsets[TIME_STEP]] = time_step
        rows[:, offsets[TIME]] = rows[:, offsets[INITIAL_TIME]]
        ensemble = Ensemble(self, rows)
        ensemble.set(constants)
        return ensemble

    def run(
        self,
        params: Mapping[str, ArrayLike] | None = None,
        n_runs: int = 1,
        horizon: float | None = None,
        record: Sequence[str] | None = None,
        every: float | None = None,
        time_step: float | None = None,
        threads: int | None = None,
    ) -> Trajectories:
        """Run the model from its initial time, many times at once.

        Parameters
        ----------
        params
            Constants, as for :meth:`start`.
        n_runs
            Number of runs.
        horizon
            How long, in the model's unit of time; until its FINAL TIME by default.
        record
            Ids of what to record; everything by default.
        every
            How often to record, in the model's unit of time; SAVEPER by default.
        time_step
            Instead of the text's TIME STEP.
        threads
            How many threads; as many as there are processors by default. They don't change the
            results.

        Raises
        ------
        InputError
            If a constant, a name or a duration is wrong, or a stock is no longer finite at the end.
        """
        where = self.program.where
        names = self._recordable() if record is None else list(record)
        readable(where, self.variables, names)
        checked = self._checked(params, n_runs)
        first, last, step, saving = (
            float(self.program.defaults[self.program.offsets[name]])
            for name in (INITIAL_TIME, FINAL_TIME, TIME_STEP, SAVING_STEP)
        )
        step = step if time_step is None else time_step
        every = saving if every is None else every
        duration = last - first if horizon is None else horizon
        check_final_time(where, first + duration, last, step)
        steps = whole_steps(where, "the recording interval", every, step)
        saves = whole_steps(where, "the horizon", duration, every, "recording interval")
        slots = np.concatenate([np.empty(0, dtype=np.int64), *map(self.slots, names)])
        out = np.empty((n_runs, saves + 1, slots.size))

        def advance(begin: int) -> None:
            end = min(begin + _ROWS_AT_ONCE, n_runs)
            chosen = {name: values[begin:end] for name, values in checked.items()}
            ensemble = self._ensemble(chosen, end - begin, time_step)
            ensemble.drive(begin=True, steps=steps, saves=saves, slots=slots, out=out[begin:end])

        begins = range(0, n_runs, _ROWS_AT_ONCE)
        workers = min(threads or len(os.sched_getaffinity(0)), len(begins))
        if workers > 1:
            with ThreadPoolExecutor(workers) as pool:
                list(pool.map(advance, begins))
        else:
            for begin in begins:
                advance(begin)
        time = np.array([first + every * save for save in range(saves + 1)])
        return Trajectories(time, self._split(names, out))

    def _recordable(self) -> list[str]:
        return [name for name, variable in self.variables.items() if variable.kind != "lookup"]

    def slots(self, name: str) -> NDArray[np.int64]:
        """Return the places of a variable in a run's row."""
        first = self.program.offsets[name]
        return np.arange(first, first + self.variables[name].size, dtype=np.int64)

    def slots_read(self, names: tuple[str, ...]) -> NDArray[np.int64]:
        """Return the places of variables end to end, once they are known to have a value."""
        if names not in self._read:
            readable(self.program.where, self.variables, names)
            self._read[names] = self._slots(names)
        return self._read[names]

    def slots_set(self, names: tuple[str, ...]) -> NDArray[np.int64]:
        """Return the places of variables end to end, once they are known to be constants."""
        if names not in self._set:
            settable(
                self.program.where,
                self.variables,
                {
                    name: np.zeros(self.variables[name].shape if name in self.variables else ())
                    for name in names
                },
            )
            self._set[names] = self._slots(names)
        return self._set[names]

    def end_to_end(self, constants: Mapping[str, ArrayLike]) -> Array:
        """Return constants of a single run end to end, each in C order, once they are checked.

        Raises
        ------
        InputError
            If there is no such constant, or a value has the wrong shape or is not finite.
        """
        names = tuple(constants)
        if names not in self._shapes:
            self.slots_set(names)
            self._shapes[names] = tuple(self.variables[name].shape for name in names)
        arrays = [np.asarray(value, dtype=np.float64) for value in constants.values()]
        if tuple(array.shape for array in arrays) == self._shapes[names]:
            numbers = np.concatenate([np.empty(0), *(array.ravel() for array in arrays)])
            if np.isfinite(numbers).all():
                return numbers
        settable(self.program.where, self.variables, constants)
        raise AssertionError("a constant is wrong")

    def _slots(self, names: tuple[str, ...]) -> NDArray[np.int64]:
        return np.concatenate([np.empty(0, dtype=np.int64), *map(self.slots, names)])

    def start_one(self, constants: Mapping[str, ArrayLike], time_step: float) -> Ensemble:
        """Initialise a single run at the initial time, as :meth:`start` does."""
        numbers = self.end_to_end(constants)
        ensemble = self._ensemble({}, 1, time_step)
        ensemble.rows[0, self.slots_set(tuple(constants))] = numbers
        ensemble.drive(begin=True, steps=0)
        return ensemble

    def _split(self, names: Sequence[str], out: Array) -> dict[str, Array]:
        split, first = {}, 0
        for name in names:
            shape = self.variables[name].shape
            end = first + math.prod(shape)
            split[name] = out[:, :, first:end].reshape(*out.shape[:2], *shape)
            first = end
        return split


class Ensemble:
    """Runs of a compiled model under way: one row of numbers each.

    Made by :meth:`CompiledModel.start`.
    """

    def __init__(self, model: CompiledModel, rows: Array) -> None:
        self.model = model
        self.rows = rows
        # Looked up once: a month of the coupled model costs little more than what is looked up.
        self._address = rows.ctypes.data
        self._clock = model.program.offsets[TIME]
        self._clock_step = model.program.offsets[TIME_STEP]
        self._clock_end = model.program.offsets[FINAL_TIME]

    @property
    def time(self) -> float:
        """Current time, in the model's unit of time."""
        return float(self.rows[0, self._clock])

    @property
    def time_step(self) -> float:
        """Time step, in the model's unit of time."""
        return float(self.rows[0, self._clock_step])

    def part(self, name: str) -> Array:
        """Return the numbers of a variable of all runs, to read or to write, shaped by run."""
        variable = self.model.program.variables[name]
        first = self.model.program.offsets[name]
        block = self.rows[:, first : first + variable.size]
        return block.reshape(len(self.rows), *variable.shape)

    def set(self, constants: Mapping[str, Array]) -> None:
        """Set constants that have been checked."""
        for name, values in constants.items():
            first = self.model.program.offsets[name]
            size = self.model.variables[name].size
            self.rows[:, first : first + size] = values.reshape(len(self.rows), size)

    def step(self, n_substeps: int, inputs: Mapping[str, ArrayLike] | None = None) -> None:
        """Advance all runs by some time steps with the inputs held.

        Raises
        ------
        InputError
            If an input is wrong, the final time is passed, or a stock is no longer finite.
        """
        where = self.model.program.where
        self.set(settable_by_run(where, self.model.variables, inputs or {}, len(self.rows)))
        self.advance(n_substeps)

    def advance(self, n_substeps: int) -> None:
        """Advance all runs by some time steps with what has been set.

        Raises
        ------
        InputError
            If the final time is passed, or a stock is no longer finite.
        """
        time_step = self.time_step
        check_final_time(
            self.model.program.where,
            self.time + n_substeps * time_step,
            float(self.rows[0, self._clock_end]),
            time_step,
        )
        if self.model.code.advance(self._address, len(self.rows), n_substeps):
            self._refuse_stocks()

    def values(self, names: Sequence[str]) -> dict[str, Array]:
        """Return current values of all runs: copies, with the run as first axis.

        Raises
        ------
        InputError
            If the model has no such variable, or it is a lookup.
        """
        readable(self.model.program.where, self.model.variables, names)
        return {name: self.part(name).copy() for name in names}

    def drive(
        self,
        *,
        begin: bool,
        steps: int,
        saves: int = 1,
        slots: NDArray[np.int64] | None = None,
        out: Array | None = None,
    ) -> None:
        """Have the compiled code advance the rows, and check the stocks.

        Parameters
        ----------
        begin
            Whether to compute the initial values first.
        steps
            Time steps between two records; 0 leaves the time as it is.
        saves
            How many times ``steps`` to advance.
        slots, out
            What to record, and where to: shape (runs, saves + 1, slots).

        Raises
        ------
        InputError
            If a delay's stages are shorter than the time step, or a stock is not finite.
        """
        if slots is None or out is None:
            slots, out = np.empty(0, dtype=np.int64), np.empty((len(self.rows), saves + 1, 0))
        wrong = self.model.code.drive(
            self.rows, begin=begin, saves=saves, steps=steps, recorded=slots, out=out
        )
        if begin:
            self._check_delays()
        if wrong:
            self._refuse_stocks()

    def _refuse_stocks(self) -> None:
        """Name a stock that is not finite."""
        program = self.model.program
        for name, variable in program.variables.items():
            if variable.kind in ("stock", "stage"):
                check_stocks(program.where, program.variables, name, self.part(name))

    def _check_delays(self) -> None:
        """Refuse delays whose stages are shorter than the time step, as PySD would change them."""
        for delay in self.model.program.delays:
            shortest = float(self.part(delay.time).min())
            if delay.order * self.time_step > shortest:
                variable = self.model.variables[delay.variable]
                raise InputError(
                    f"{self.model.program.where}, line {variable.line}: {variable.vensim_name}",
                    f"delay time {shortest:g}",
                    f"at least {delay.order} time steps of {self.time_step:g}",
                )


class CompiledEngine:
    """One run on compiled code, month by month.

    Parameters
    ----------
    model
        The compiled model.
    time_step
        Instead of the text's TIME STEP; a month must be a whole number of them.
    """

    def __init__(self, model: CompiledModel, time_step: float | None = None) -> None:
        self._model = model
        own = float(model.program.defaults[model.program.offsets[TIME_STEP]])
        self._time_step = own if time_step is None else time_step
        self._steps_of_month = whole_steps(model.program.where, "a month", 1.0, self._time_step)
        self._ensemble: Ensemble | None = None

    @property
    def source(self) -> ModelSource:
        """The model's text."""
        return self._model.source

    @property
    def variables(self) -> Mapping[str, Variable]:
        """The model's variables by id."""
        return self._model.variables

    def start(self, constants: Mapping[str, ArrayLike]) -> None:
        """Set constants and initialise the stocks at the initial time."""
        self._ensemble = self._model.start_one(constants, self._time_step)

    def values(self, names: Sequence[str]) -> dict[str, Array]:
        """Return current values, shaped by the variables' dimensions."""
        return {name: values[0] for name, values in self._started().values(names).items()}

    def step(self, inputs: Mapping[str, ArrayLike], months: float = 1.0) -> None:
        """Advance by a month, or a part of one, with the inputs held."""
        ensemble = self._started()
        steps = whole_steps(self._model.program.where, "a step", months, self._time_step)
        checked = settable(self._model.program.where, self.variables, inputs)
        ensemble.set({name: value[np.newaxis] for name, value in checked.items()})
        ensemble.step(steps)

    def numbers(self, names: tuple[str, ...]) -> Array:
        """Return current values of variables end to end, each in C order."""
        numbers: Array = self._started().rows[0].take(self._model.slots_read(names))
        return numbers

    def step_numbers(self, names: tuple[str, ...], numbers: Array, months: float = 1.0) -> None:
        """Advance by a month, or a part of one, with inputs from a vector."""
        slots = self._model.slots_set(names)
        if not np.isfinite(numbers).all():
            layout = Layout.of({name: self.variables[name].shape for name in names})
            settable(self._model.program.where, self.variables, layout.views(numbers))
        ensemble = self._started()
        ensemble.rows[0, slots] = numbers
        ensemble.advance(
            self._steps_of_month
            if months == 1.0
            else whole_steps(self._model.program.where, "a step", months, self._time_step)
        )

    def _started(self) -> Ensemble:
        if self._ensemble is None:
            raise InputError(self._model.program.where, "not started", "start() before anything")
        return self._ensemble


def compile_model(path: str | Path, notice: Notice | None = None) -> CompiledModel:
    """Compile any model that the engine supports.

    Parameters
    ----------
    path
        A Vensim text, ``*.mdl``.
    notice
        Told in one line when code has to be compiled first.

    Raises
    ------
    InputError
        If the file can't be read, or the model uses what the engine doesn't support.
    """
    return CompiledModel(read_source(path), notice)


def compiled_model(source: ModelSource, notice: Notice | None = None) -> CompiledModel:
    """Return the compiled model of a text, made once a process.

    Parameters
    ----------
    source
        The model's text.
    notice
        Told in one line when code has to be compiled first.

    Raises
    ------
    InputError
        As :class:`CompiledModel`.
    """
    known, key = _known(), (source, product_folder(source.sha256))
    if key not in known:
        known[key] = CompiledModel(source, notice)
    return known[key]


@cache
def _known() -> dict[tuple[ModelSource, Path], CompiledModel]:
    """Models that have been compiled, by text and by where their code is kept."""
    return {}


def _compiled(
    source: ModelSource,
    program: Program,
    ordered: Callable[[], tuple[Equations, Schedule]],
    notice: Notice,
) -> MachineCode:
    """Return the program's code, compiled now or before for a processor like this one."""
    folder = product_folder(source.sha256)
    path = folder / f"engine-{processor()[:16]}.o"
    if not path.is_file():
        notice(f"Compiling {source.path.name} once; the result is kept in {folder}")
        write_atomically(path, machine_code(instructions(*ordered(), program)))
    return loaded(path)
