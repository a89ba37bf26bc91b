"""``transition-model experiment``: run studies, look at them, and take their results away."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from transition_model.cli.printing import Format, print_rows, records, say
from transition_model.errors import InputError

if TYPE_CHECKING:
    from transition_model.studies import RunPlan
    from transition_model.studies.running import Progressed

app = typer.Typer(
    help="Many runs from a study file, kept in a store: run, status, results, export.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

STORE = Path("results/store")

StudyArgument = Annotated[Path, typer.Argument(help="A study file, as in experiments/studies/.")]
StoreOption = Annotated[Path, typer.Option(help="Folder that keeps every run that was made.")]
FormatOption = Annotated[Format, typer.Option("--format", help="What goes to standard output.")]

MINUTE = 60.0
"""Seconds between two lines of progress where no terminal shows a bar."""

INTERRUPTED = 130
"""Exit code of a program that was stopped by Ctrl-C."""


@app.command()
def run(
    study: StudyArgument,
    store: StoreOption = STORE,
    workers: Annotated[
        int | None, typer.Option(help="Processes; one a processor by default.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler, in place of processes.")
    ] = None,
    resume: Annotated[
        bool, typer.Option(help="Go on with a study that this store has begun.")
    ] = False,
) -> None:
    """Make the runs of a study that the store does not have yet."""
    from transition_model.runs.batch import Workers
    from transition_model.runs.store import RunStore
    from transition_model.studies import RunPlan, Study

    if workers is not None and scheduler is not None:
        raise InputError("--workers", workers, "--workers or --scheduler, not both")
    planned = RunPlan.of_study(Study.load(study))
    with RunStore(store, writing=True) as kept:
        _check_begun(planned, kept, resume)
        with Workers(workers, scheduler=scheduler) as team:
            try:
                done = _with_progress(planned, kept, team)
            except KeyboardInterrupt:
                there = kept.failures(planned.keys)
                say(
                    f"Stopped. {sum(key in there for key in planned.keys):,} of "
                    f"{len(planned.runs):,} runs are kept in {store}; --resume goes on"
                )
                raise typer.Exit(INTERRUPTED) from None
    _report(planned, done, store)


@app.command()
def status(
    study: StudyArgument, store: StoreOption = STORE, format: FormatOption = "table"
) -> None:
    """Show how many runs of a study are there, failed or missing."""
    from transition_model.runs.store import RunStore
    from transition_model.studies import RunPlan, Study
    from transition_model.studies.running import counted

    planned = RunPlan.of_study(Study.load(study))
    with RunStore(store) as kept:
        row = {"study": planned.name, "points": len(planned.points)}
        row |= counted(planned, kept)
        row |= {"store": str(store), "store_megabytes": round(kept.size / 1e6, 1)}
    print_rows([row], format, "Study")


@app.command()
def results(
    study: StudyArgument, store: StoreOption = STORE, format: FormatOption = "table"
) -> None:
    """Show how outcomes spread over the runs, and the probability of meeting each target."""
    from transition_model.runs.store import RunStore
    from transition_model.studies import Study
    from transition_model.studies.results import StudyResults

    with RunStore(store) as kept:
        read = StudyResults.of_study(Study.load(study), kept)
    print_rows(records(read.summary()), format, f"{read.planned.name}: outcomes")
    if read.missing:
        say(f"{read.missing:,} of {len(read.values):,} runs are missing or have failed")


@app.command()
def export(
    study: StudyArgument,
    out: Annotated[Path, typer.Argument(help="A file ending in .csv, .parquet, .xlsx or .nc.")],
    store: StoreOption = STORE,
) -> None:
    """Write points and outcomes of a study, one row a run (CSV, Parquet), series (NetCDF), or all.

    All, with sources, in Chinese and English, is the workbook for Excel.
    """
    from transition_model.analysis.workbook import WORKBOOK, study_workbook
    from transition_model.runs.store import RunStore
    from transition_model.studies import Study
    from transition_model.studies.results import StudyResults

    read = Study.load(study)
    with RunStore(store) as kept:
        found = StudyResults.of_study(read, kept)
    if out.suffix == WORKBOOK:
        study_workbook(found, read, out)
    else:
        found.export(out)
    say(f"Written to {out}")


def query(
    statement: Annotated[str, typer.Argument(help="SQL over runs, targets, points, series, ...")],
    store: StoreOption = STORE,
    format: FormatOption = "table",
) -> None:
    """Ask the store in SQL: select target, avg(met::int) from targets group by target."""
    from transition_model.runs.store import RunStore

    with RunStore(store) as kept:
        names, rows = kept.query(statement)
    print_rows([dict(zip(names, row, strict=True)) for row in rows], format, "Answer")


def _check_begun(planned: RunPlan, kept: Any, resume: bool) -> None:
    begun = kept.keys_of_study(planned.name)
    if resume and not begun:
        raise InputError("--resume", planned.name, f"a study begun in {kept.folder}")
    if begun and set(begun) != set(planned.keys) and resume:
        shared = len(set(begun) & set(planned.keys))
        say(
            f"The study or the model has changed since it was begun: {shared:,} of "
            f"{len(begun):,} earlier runs serve again"
        )


def _with_progress(planned: RunPlan, kept: Any, team: Any) -> Progressed:
    from transition_model.studies.running import make_runs

    if sys.stderr.isatty():
        return _with_bar(planned, kept, team)
    return make_runs(planned, kept, team, progress=_line_a_minute(planned.name), notice=say)


def _line_a_minute(name: str) -> Callable[[int, int, int], None]:
    """Progress for a file that nobody watches all the time."""
    began = last = perf_counter()

    def advance(done: int, asked: int, found: int) -> None:
        nonlocal last
        now = perf_counter()
        if now - last < MINUTE or done == found:
            return
        rate = (done - found) / (now - began)
        left = (asked - done) / rate / MINUTE
        say(f"{name}: {done:,} of {asked:,} runs, {rate:.1f} a second, {left:,.0f} minutes left")
        last = now

    return advance


def _with_bar(planned: RunPlan, kept: Any, team: Any) -> Progressed:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    from transition_model.studies.running import make_runs

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(planned.name, total=len(planned.runs), rate="")

        def advance(done: int, asked: int, found: int) -> None:
            elapsed = bar.tasks[0].elapsed or 0.0
            rate = f"{(done - found) / elapsed:.1f} runs/s" if elapsed and done > found else ""
            bar.update(task, completed=done, total=asked, rate=rate)

        return make_runs(
            planned,
            kept,
            team,
            progress=advance,
            notice=bar.console.print,
        )


def _report(planned: RunPlan, done: Progressed, store: Path) -> None:
    for name in done.damaged:
        say(f"{name} in {store} was damaged: set aside, and its runs made anew")
    rate = f", {done.made / done.seconds:.1f} a second" if done.made else ""
    say(
        f"{done.asked:,} runs: {done.found:,} were there, {done.made:,} made in "
        f"{done.seconds:,.0f} s{rate}; kept in {store}"
    )
    for run, reason in list(done.failures.items())[:3]:
        point = planned.points.iloc[planned.point_of(run)].to_dict()
        say(f"Run {run} failed: {reason} ({point}, seed {planned.runs[run].seed})")
    if len(done.failures) > 3:
        say(f"{len(done.failures):,} runs failed in all")
