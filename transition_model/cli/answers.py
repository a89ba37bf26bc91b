"""Commands whose answers need runs of their own: they ask for these and keep them in the store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from transition_model.cli.analyse import FigureOption, LanguageOption
from transition_model.cli.experiment import STORE, FormatOption, StoreOption, StudyArgument
from transition_model.cli.printing import draw_figure, print_frame, say

if TYPE_CHECKING:
    from transition_model.runs.batch import Workers
    from transition_model.runs.store import RunStore
    from transition_model.studies.running import Progress

WorkersOption = Annotated[int | None, typer.Option(help="Processes; one a processor by default.")]


def attribution(
    study: StudyArgument,
    store: StoreOption = STORE,
    workers: WorkersOption = None,
    pairs: Annotated[
        bool, typer.Option("--pairs", help="Show interactions of pairs of groups instead.")
    ] = False,
    figure: FigureOption = None,
    language: LanguageOption = "en",
    format: FormatOption = "table",
) -> None:
    """Divide the effect on each target among groups of measures, whatever their order."""
    from transition_model.analysis.attribution import attribute
    from transition_model.analysis.figures.attribution import attribution_figure
    from transition_model.analysis.figures.canvas import check_ending
    from transition_model.studies import Study

    if figure is not None:
        check_ending(figure)
    read = Study.load(study)
    with _making(store, workers, f"{read.name}: coalitions") as (kept, team, progress):
        found = attribute(read, kept, team, progress=progress)
    if pairs:
        print_frame(found.pairs(), format, f"{read.name}: what pairs bring beyond each alone")
    else:
        contributions, totals = found.table(), found.totals()
        if format == "table":
            still = [
                one.id for one, moved in zip(found.outcomes, found.moved, strict=True) if not moved
            ]
            contributions = contributions[~contributions["outcome"].isin(still)]
            totals = totals[~totals["outcome"].isin(still)]
        title = f"{read.name}: contributions of groups of measures"
        print_frame(contributions, format, title)
        if format == "table":
            print_frame(totals, format, "Sum check")
            if still:
                say(f"Moved by no group: {', '.join(still)}")
    drawn = f", from {found.orders} drawn orders" if found.orders else " (all)"
    say(
        f"{found.runs:,} runs: {found.coalitions} coalitions{drawn} on {found.seeds} seeds; "
        "intervals are 95 % over seeds and drawn orders"
    )
    draw_figure(figure, lambda path: attribution_figure(found, path, language))


def abatement(
    study: StudyArgument,
    store: StoreOption = STORE,
    workers: WorkersOption = None,
    groups: Annotated[
        bool, typer.Option("--groups", help="Groups of measures, not each measure alone.")
    ] = False,
    targets: Annotated[
        bool, typer.Option("--targets", help="Cost for each unit of a target, not of a tonne.")
    ] = False,
    figure: FigureOption = None,
    language: LanguageOption = "en",
    format: FormatOption = "table",
) -> None:
    """Show what each measure abates and costs: the plan against the plan without it."""
    from transition_model.analysis import abatement as analysis
    from transition_model.analysis.figures.abatement import abatement_figure
    from transition_model.analysis.figures.canvas import check_ending
    from transition_model.studies import Study

    if figure is not None:
        check_ending(figure)
    read = Study.load(study)
    with _making(store, workers, f"{read.name}: without each") as (kept, team, progress):
        found = analysis.abatement(read, kept, team, singly=not groups, progress=progress)
    table = found.target_costs() if targets else found.table()
    print_frame(table, format, f"{read.name}: what measures abate and cost")
    say(found.note)
    draw_figure(figure, lambda path: abatement_figure(found, path, language))


Shown = Literal["sets", "levers", "targets", "front", "emulators"]


def search(
    study: StudyArgument,
    store: StoreOption = STORE,
    workers: WorkersOption = None,
    verify_seeds: Annotated[
        int | None,
        typer.Option("--verify-seeds", min=10, help="Run the answer again on so many new seeds."),
    ] = None,
    scenario: Annotated[
        Path | None, typer.Option(help="A file to write the answer to, as a scenario.")
    ] = None,
    show: Annotated[
        Shown, typer.Option(help="The table that JSON or CSV holds; people get all but front.")
    ] = "sets",
    figure: FigureOption = None,
    language: LanguageOption = "en",
    format: FormatOption = "table",
) -> None:
    """Look for the cheapest levers that meet all targets with a given probability."""
    from dataclasses import replace

    from transition_model.analysis.figures.canvas import check_ending
    from transition_model.analysis.figures.search import headline, search_figure
    from transition_model.analysis.search import search as searched
    from transition_model.analysis.search import verify
    from transition_model.analysis.search_by_runs import (
        evaluated_by_runs,
        question_of,
        scenario_of_levers,
    )
    from transition_model.studies import Study

    if figure is not None:
        check_ending(figure)
    read = Study.load(study)
    question = question_of(read)
    with _making(store, workers, f"{read.name}: runs") as (kept, team, progress):
        evaluate = evaluated_by_runs(read, kept, team, progress=progress)
        answer = searched(question, evaluate)
        if verify_seeds is not None:
            again = verify(question, evaluate, answer.best.levers, verify_seeds)
            answer = replace(answer, again=again)
    tables = {
        "levers": (answer.levers, "where the levers stand"),
        "targets": (answer.targets, "targets at the answer"),
        "sets": (answer.costs_table if format == "table" else answer.table, "sets that were run"),
        "emulators": (answer.emulators, "emulators, by cross-validation"),
        "front": (answer.front_table, "sets that none beats, emulated"),
    }
    for name, (made, title) in tables.items():
        if name == show or (format == "table" and name != "front"):
            print_frame(made(), format, f"{read.name}: {title}")
    say(headline(answer))
    if answer.failed:
        say(f"{answer.failed:,} of {answer.runs:,} runs failed; a set's failed runs count as unmet")
    if answer.again is not None:
        low, high = answer.again.interval
        say(
            f"On {answer.again.runs:,} new seeds: all targets in {answer.again.probability:.1%} "
            f"({low:.1%} to {high:.1%}), asked {question.probability:.0%}"
        )
    if scenario is not None:
        scenario_of_levers(read, question, answer.best.levers).save(scenario)
        say(f"Scenario: {scenario}")
    draw_figure(figure, lambda path: search_figure(answer, path, language))


@contextmanager
def _making(
    store: Path, workers: int | None, label: str
) -> Iterator[tuple[RunStore, Workers, Progress]]:
    """A store to write to, who makes the runs, and a bar that goes on as they are made."""
    from transition_model.runs.batch import Workers
    from transition_model.runs.store import RunStore

    with (
        RunStore(store, writing=True) as kept,
        Workers(workers) as team,
        _bar(label) as progress,
    ):
        yield kept, team, progress


@contextmanager
def _bar(label: str) -> Iterator[Progress]:
    """A bar on standard error that goes on as runs are made."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)

        def advance(done: int, asked: int, found: int) -> None:
            bar.update(task, completed=done, total=asked)

        yield advance
