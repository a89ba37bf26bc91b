"""Many runs at once: scenario, parameters and seed vary from run to run.

A run that fails, because a number is out of range or a balance does not hold, is reported with its
reason and does not end the batch; nor does one whose process is ended from outside.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from multiprocessing import get_context, parent_process
from threading import Thread
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from transition_model.calendar import Month, months_between
from transition_model.errors import InputError
from transition_model.parameters import load_parameters
from transition_model.results import Series, checked_name, units_by_name
from transition_model.runs.simulation import months_of_run
from transition_model.scenario import Scenario
from transition_model.scoreboard import ScoreboardRow, scoreboard

if TYPE_CHECKING:
    from transition_model.runs.cluster import Cluster

type Array = NDArray[np.float64]
type Group = list[tuple[int, Array | str]]

ENDED = "its process was ended"
"""Why a run failed that takes its process along."""

_RUNS_AT_ONCE = 8
"""Most runs that a worker is handed together, so that handing over costs little."""


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """What distinguishes a run of a batch.

    Attributes
    ----------
    scenario, seed
        What policy does, and the seed of all draws.
    parameters
        Numbers by parameter id, on top of those that the scenario overrides.
    """

    scenario: Scenario
    seed: int = 1
    parameters: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Batch:
    """Series of many runs.

    Attributes
    ----------
    runs
        What was run.
    months, variables, units
        What the axes of ``values`` count, and the unit of each variable.
    values
        Shape (runs, months, variables); NaN for a failed run, and where a window is not complete.
    failures
        Reason by number of the run.
    seconds
        Wall time.
    """

    runs: tuple[PlannedRun, ...]
    months: tuple[Month, ...]
    variables: tuple[str, ...]
    units: tuple[str, ...]
    values: Array
    failures: Mapping[int, str]
    seconds: float

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.variables)}

    def __getitem__(self, variable: str) -> Array:
        """Values of one variable, shape (runs, months).

        Raises
        ------
        InputError
            If it was not recorded.
        """
        if variable not in self._places:
            raise InputError("variable", variable, f"one of {', '.join(self.variables)}")
        return self.values[:, :, self._places[variable]]

    def series(self, run: int) -> Series:
        """The series of one run.

        Raises
        ------
        InputError
            If there is no such run, or it failed.
        """
        if not 0 <= run < len(self.runs):
            raise InputError("run", run, f"0 to {len(self.runs) - 1}")
        if run in self.failures:
            raise InputError(f"run {run}", self.failures[run], "a run that did not fail")
        columns = self.values[run].T
        return Series(self.months, dict(zip(self.variables, columns, strict=True)))

    def scoreboard(self, run: int) -> tuple[ScoreboardRow, ...]:
        """The 44 targets in one run, of whose variables all must have been recorded."""
        return scoreboard(self.series(run))


class Workers:
    """Processes that make runs, kept from batch to batch: starting one takes seconds.

    Parameters
    ----------
    count
        How many; one a processor by default. A single one is the calling process itself.
    scheduler
        Address of a Dask scheduler whose workers make the runs instead.

    Raises
    ------
    InputError
        If the number is less than one, or nobody answers at the address.
    """

    def __init__(self, count: int | None = None, *, scheduler: str | None = None) -> None:
        self.count = len(os.sched_getaffinity(0)) if count is None else count
        if self.count < 1:
            raise InputError("workers", count, "a whole number from 1")
        self._pool: Executor | None = None
        self._cluster: Cluster | None = None
        self.lost: tuple[type[Exception], ...] = (BrokenExecutor,)
        """What tells that a process has ended over its work."""
        if scheduler is not None:
            from transition_model.runs.cluster import Cluster

            self._cluster = Cluster(scheduler)
            self._pool = self._cluster.executor()
            self.count = self._cluster.workers
            self.lost += (self._cluster.lost,)

    @property
    def is_this_process(self) -> bool:
        """Whether the calling process makes the runs itself."""
        return self.count == 1 and self._cluster is None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the processes."""
        self.break_off()
        if self._cluster is not None:
            self._cluster.close()
            self._cluster = None

    def break_off(self) -> None:
        """Give up what is under way; a cluster's processes are the scheduler's to replace."""
        if self._pool is not None and self._cluster is None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def submit(self, work: _Work) -> Future[list[Array | str]]:
        """Have a process make some runs."""
        try:
            return self._opened().submit(_make, work)
        except BrokenExecutor:  # A process has ended while it had nothing to do.
            self.break_off()
            return self._opened().submit(_make, work)

    def _opened(self) -> Executor:
        if self._pool is None:
            # A process that is forked would share locks that another thread may hold.
            self._pool = ProcessPoolExecutor(self.count, get_context("spawn"), _begin_working)
        return self._pool


def _begin_working() -> None:
    """Leave it to the process that hands out the work when to stop, and end when it has ended."""
    # Ctrl-C goes to all processes of a terminal.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Who is killed tells nobody; those that wait for its work would wait for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(os.EX_TEMPFAIL)


@dataclass(frozen=True, slots=True)
class _Work:
    """Some runs of a batch."""

    runs: tuple[PlannedRun, ...]
    households: int
    first: Month
    last: Month
    variables: tuple[str, ...]


def simulate_batch(
    scenarios: Scenario | Sequence[Scenario],
    *,
    parameters: Mapping[str, Sequence[float]] | None = None,
    seeds: int | Sequence[int] = 1,
    households: int = 2_000,
    start: str | Month = "2020-01",
    end: str | Month = "2027-12",
    variables: Sequence[str] | None = None,
    workers: int | Workers | None = None,
    progress: Callable[[int, int], None] | None = None,
    notice: Callable[[str], None] | None = None,
) -> Batch:
    """Run the coupled model many times.

    Parameters
    ----------
    scenarios
        One for all runs, or one a run.
    parameters
        A table: by parameter id, one number a run, on top of what the scenario overrides.
    seeds
        One for all runs, or one a run.
    households
        Household agents of each run.
    start, end
        First and last month that is reported.
    variables
        Series to record; all by default.
    workers
        How many processes, or the processes themselves; one a processor by default. They do not
        change the results.
    progress
        Called with runs done and runs in all.
    notice
        Told in one line when code has to be compiled first.

    Raises
    ------
    InputError
        If the arguments do not fit together, or name what does not exist. What is wrong with one
        run alone makes that run fail.
    """
    from transition_model.runs.preparation import prepare

    began = perf_counter()
    runs = planned_runs(scenarios, parameters, seeds)
    first, last = months_of_run(start, end)
    units = dict(units_by_name())
    names = tuple(units) if variables is None else tuple(checked_name(name) for name in variables)
    months = tuple(months_between(first, last))
    values = np.full((len(runs), len(months), len(names)), np.nan)
    failures: dict[int, str] = {}
    work = _Work((), households, first, last, names)
    prepare(notice)
    team = workers if isinstance(workers, Workers) else Workers(workers)
    try:
        outcomes = chain.from_iterable(_groups(team, runs, work))
        for done, (place, outcome) in enumerate(outcomes, start=1):
            if isinstance(outcome, str):
                failures[place] = outcome
            else:
                values[place] = outcome
            if progress is not None:
                progress(done, len(runs))
    finally:
        if team is not workers:
            team.close()
    return Batch(
        runs,
        months,
        names,
        tuple(units[name] for name in names),
        values,
        dict(sorted(failures.items())),
        perf_counter() - began,
    )


def planned_runs(
    scenarios: Scenario | Sequence[Scenario],
    parameters: Mapping[str, Sequence[float]] | None = None,
    seeds: int | Sequence[int] = 1,
) -> tuple[PlannedRun, ...]:
    """One run a scenario, row of the table and seed; what is given once holds for all.

    Raises
    ------
    InputError
        If the numbers of scenarios, rows and seeds differ, or a parameter does not exist.
    """
    table = {name: list(column) for name, column in dict(parameters or {}).items()}
    for name in table:
        load_parameters()[name]
    many: dict[str, int] = {f"parameters[{name!r}]": len(column) for name, column in table.items()}
    if not isinstance(scenarios, Scenario):
        many["scenarios"] = len(scenarios)
    if not isinstance(seeds, int):
        many["seeds"] = len(seeds)
    if len(set(many.values())) > 1 or 0 in many.values():
        raise InputError("batch", many, "one number of runs, at least 1, for all that is listed")
    count = next(iter(many.values()), 1)
    return tuple(
        PlannedRun(
            scenarios if isinstance(scenarios, Scenario) else scenarios[run],
            seeds if isinstance(seeds, int) else int(seeds[run]),
            {name: float(column[run]) for name, column in table.items()},
        )
        for run in range(count)
    )


def made_in_groups(
    team: Workers, runs: tuple[PlannedRun, ...], households: int, last: Month
) -> Iterator[Group]:
    """Make runs, and hand out groups of them as they are done.

    Parameters
    ----------
    team
        Who makes them.
    runs, households, last
        What is run, and to which month; all series are recorded from the first month on.

    Yields
    ------
    list
        Pairs of a run's number and its series, shape (months, variables), or why it failed.
    """
    from transition_model.model import FIRST_MONTH

    names = tuple(name for name, _ in units_by_name())
    yield from _groups(team, runs, _Work((), households, FIRST_MONTH, last, names))


def _groups(team: Workers, runs: tuple[PlannedRun, ...], work: _Work) -> Iterator[Group]:
    """Series or reason of every run, by its number, as they come."""
    if team.is_this_process:
        for place, run in enumerate(runs):
            yield [(place, _outcome(run, work))]
        return
    waiting = _in_groups(len(runs), team.count)
    while waiting:
        waiting, struck = yield from _side_by_side(team, runs, work, waiting)
        # A process has ended and took others' runs along: one by one shows whose fault it is.
        for place in struck:
            try:
                yield [(place, team.submit(_part(work, runs, [place])).result()[0])]
            except team.lost:
                team.break_off()
                yield [(place, ENDED)]


def _in_groups(runs: int, workers: int) -> list[list[int]]:
    """Runs that are handed over together: fewer toward the end, so that all end together."""
    groups, first = list[list[int]](), 0
    while first < runs:
        size = max(1, min(_RUNS_AT_ONCE, (runs - first) // (2 * workers)))
        groups.append(list(range(first, first + size)))
        first += size
    return groups


def _side_by_side(
    team: Workers, runs: tuple[PlannedRun, ...], work: _Work, waiting: list[list[int]]
) -> Generator[Group, None, tuple[list[list[int]], list[int]]]:
    """Make groups of runs until all are made or a process ends.

    Returns
    -------
    tuple of list
        Groups that were not begun, and runs that were under way when a process ended.
    """
    under_way: dict[Future[list[Array | str]], list[int]] = {}
    queue, struck = deque(waiting), list[int]()
    while under_way or (queue and not struck):
        while queue and not struck and len(under_way) < 2 * team.count:
            places = queue.popleft()
            under_way[team.submit(_part(work, runs, places))] = places
        finished, _ = wait(under_way, return_when=FIRST_COMPLETED)
        for future in finished:
            places = under_way.pop(future)
            try:
                yield list(zip(places, future.result(), strict=True))
            except team.lost:
                struck += places
    if struck:
        team.break_off()
    return list(queue), struck


def _part(work: _Work, runs: tuple[PlannedRun, ...], places: list[int]) -> _Work:
    return replace(work, runs=tuple(runs[place] for place in places))


def _make(work: _Work) -> list[Array | str]:
    """Make some runs, in a process of its own."""
    return [_outcome(run, work) for run in work.runs]


def _outcome(run: PlannedRun, work: _Work) -> Array | str:
    """Series of a run, shape (months, variables), or why it failed."""
    from transition_model.model import FIRST_MONTH, TransitionModel

    try:
        model = TransitionModel(
            run.scenario,
            rng=run.seed,
            households=work.households,
            # Runs share the processors among them.
            threads=1,
            parameters=run.parameters,
        )
        for _ in range(work.last - FIRST_MONTH + 1):
            model.step()
    except Exception as problem:
        return f"{type(problem).__name__}: {problem}"
    series = model.recorder.series().since(work.first)
    return np.stack([series.values[name] for name in work.variables], axis=1)
