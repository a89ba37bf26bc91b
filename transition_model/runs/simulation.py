"""One simulation from a scenario and a seed, and what comes out of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Literal

from transition_model.calendar import Month
from transition_model.errors import InputError
from transition_model.results import Series
from transition_model.runs.record import RunRecord, run_record
from transition_model.scenario import Scenario
from transition_model.scoreboard import ScoreboardRow, scoreboard

if TYPE_CHECKING:
    import pandas as pd

    from transition_model.compilation import Kernels


@dataclass(frozen=True)
class Result:
    """Series, scoreboard and record of one run.

    Attributes
    ----------
    record
        What was run.
    all_series
        Monthly series of every result variable, from ``start`` to ``end``.
    """

    record: RunRecord
    all_series: Series

    @cached_property
    def frame(self) -> pd.DataFrame:
        """All series, tidy: variable, unit, month, value."""
        return self.all_series.frame()

    def series(self, name: str) -> pd.Series[float]:
        """One monthly series.

        Raises
        ------
        InputError
            If there is no variable of that name.
        """
        return self.all_series.pandas(name)

    @cached_property
    def scoreboard(self) -> tuple[ScoreboardRow, ...]:
        """The 44 targets."""
        return scoreboard(self.all_series)

    def save(self, folder: str | Path) -> Path:
        """Write series (Parquet, CSV), scoreboard (CSV, JSON), scenario and record.

        Each file appears whole or not at all. All but ``record.json``, which holds the run time,
        are the same bytes for the same run.

        Raises
        ------
        InputError
            If the folder can't be written to.
        """
        target = writable_folder(folder)
        rows = [row.as_dict() for row in self.scoreboard]
        record = json.dumps(self.record.as_dict(), ensure_ascii=False, indent=2) + "\n"
        board = json.dumps(rows, ensure_ascii=False, indent=2) + "\n"
        _replace(target / "series.parquet", lambda path: self.frame.to_parquet(path, index=False))
        _replace(target / "series.csv", lambda path: self.frame.to_csv(path, index=False))
        _replace(
            target / "scoreboard.csv", lambda path: _write(path, scoreboard_csv(self.scoreboard))
        )
        _replace(target / "scoreboard.json", lambda path: _write(path, board))
        _replace(target / "scenario.toml", lambda path: _write(path, self.record.scenario_toml))
        _replace(target / "record.json", lambda path: _write(path, record))
        return target


def simulate(
    scenario: Scenario | None = None,
    *,
    seed: int = 1,
    households: int = 20_000,
    start: str | Month = "2020-01",
    end: str | Month = "2027-12",
    engine: Literal["compiled", "pysd"] = "compiled",
    kernels: Kernels = "compiled",
    time_step: float | None = None,
    progress: Callable[[int, int], None] | None = None,
    notice: Callable[[str], None] | None = None,
) -> Result:
    """Run the coupled model.

    Parameters
    ----------
    scenario
        What policy does; the plan as written by default.
    seed
        Seed of all draws; the same seed is the same luck under every scenario.
    households
        Household agents that stand for the city's 12.04 million.
    start
        First month that is reported. Every run begins in 2020-01, for which there are initial data.
    end
        Last month.
    engine
        ``compiled``, or ``pysd`` for the reference.
    kernels
        Whether agents decide in ``compiled`` kernels, or in ``numpy``, the reference, for which
        nothing has to be compiled first. Series agree to seven digits.
    time_step
        Step of the stock-flow model in months; that of the model file by default.
    progress
        Called with months done and months in all.
    notice
        Told in one line when the stock-flow model has to be compiled first.

    Raises
    ------
    InputError
        If an argument is out of range.
    BreachError
        If a balance of a month does not hold.
    """
    from transition_model.model import FIRST_MONTH, TransitionModel
    from transition_model.runs.preparation import prepare

    chosen = scenario or Scenario.load("plan")
    first, last = months_of_run(start, end)
    if seed < 0:
        raise InputError("seed", seed, "a whole number from 0")
    began = perf_counter()
    if kernels == "compiled":
        prepare(notice)
    months = last - FIRST_MONTH + 1
    with _products_on_one_processor():
        model = TransitionModel(
            chosen,
            rng=seed,
            households=households,
            engine=engine,
            kernels=kernels,
            time_step=time_step,
            notice=notice,
        )
        for done in range(months):
            model.step()
            if progress is not None:
                progress(done + 1, months)
    record = run_record(
        chosen,
        model.stocks.source.sha256,
        seed=seed,
        households=households,
        engine=engine,
        kernels=kernels,
        time_step=time_step,
        start=str(first),
        end=str(last),
        seconds=perf_counter() - began,
    )
    return Result(record, model.recorder.series().since(first))


def _products_on_one_processor() -> AbstractContextManager[object]:
    """Keep products of short vectors from occupying a second processor.

    Threads of the linear algebra library are busy while they wait for the next one, which takes
    that processor from whoever compiles or runs beside, and gains nothing.
    """
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[object] = threadpool_limits(limits=1, user_api="blas")
    return limits


def months_of_run(start: str | Month, end: str | Month) -> tuple[Month, Month]:
    """First and last month to report.

    Raises
    ------
    InputError
        If one is no month, or lies outside what can be run.
    """
    from transition_model.model import FIRST_MONTH, LAST_MONTH

    first = _month_within(start, "start", FIRST_MONTH, LAST_MONTH)
    return first, _month_within(end, "end", first, LAST_MONTH)


def writable_folder(folder: str | Path) -> Path:
    """The folder, made if it is missing.

    Raises
    ------
    InputError
        If it can't be made or written to.
    """
    from tempfile import NamedTemporaryFile

    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=target):
            return target
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise InputError(
            "output folder", str(target), f"a folder that can be written to ({reason})"
        ) from None


def scoreboard_csv(rows: Iterable[ScoreboardRow]) -> str:
    """The scoreboard as CSV text."""
    import csv
    from io import StringIO

    text = StringIO()
    entries = [row.as_dict() for row in rows]
    writer = csv.DictWriter(text, fieldnames=list(entries[0]), lineterminator="\n")
    writer.writeheader()
    for entry in entries:
        writer.writerow(entry | {"measures": " ".join(str(number) for number in entry["measures"])})
    return text.getvalue()


def _month_within(month: str | Month, where: str, first: Month, last: Month) -> Month:
    read = month if isinstance(month, Month) else Month.parse(month, where)
    if not first <= read <= last:
        raise InputError(where, str(read), f"{first} to {last}")
    return read


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    """Write beside the file and move over it, so that nobody ever sees half a file."""
    beside = path.with_name(f".{path.name}.new")
    write(beside)
    beside.replace(path)


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
