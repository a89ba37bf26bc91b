"""``transition-model analyse``: what the runs of a study answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from transition_model.cli.experiment import STORE, FormatOption, StoreOption, StudyArgument
from transition_model.cli.printing import draw_figure, print_frame, say

if TYPE_CHECKING:
    import pandas as pd

    from transition_model.studies import Study
    from transition_model.studies.results import StudyResults

app = typer.Typer(
    help="Answers from the runs of a study: how probable, what matters, under which conditions.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

FigureOption = Annotated[
    Path | None, typer.Option(help="A file ending in .svg or .png to draw the answer into.")
]
LanguageOption = Annotated[Literal["en", "zh"], typer.Option(help="Of the figure's words.")]
TargetsOption = Annotated[
    list[str] | None, typer.Option("--target", help="A target or outcome; can be given again.")
]


@app.command()
def probability(
    study: StudyArgument,
    store: StoreOption = STORE,
    figure: FigureOption = None,
    language: LanguageOption = "en",
    format: FormatOption = "table",
) -> None:
    """Show the probability of meeting each target, with an interval."""
    from transition_model.analysis.figures.probability import probability_figure
    from transition_model.analysis.probability import probabilities

    read, results = _results(study, store, figure)
    found = probabilities(results, read)
    print_frame(found.table(), format, f"{found.study}: probability of meeting the targets")
    say(found.note)
    draw_figure(figure, lambda path: probability_figure(found, path, language))


@app.command()
def convergence(
    study: StudyArgument,
    store: StoreOption = STORE,
    target: TargetsOption = None,
    figure: FigureOption = None,
    language: LanguageOption = "en",
    format: FormatOption = "table",
) -> None:
    """Show how the probability of each target settles as runs are added."""
    from transition_model.analysis.figures.probability import convergence_figure
    from transition_model.analysis.probability import probabilities

    read, results = _results(study, store, figure)
    targets = _named(target, list(results.met.columns))
    found = probabilities(results, read)
    table = found.convergence()
    table = table[table["target"].isin(targets)] if target else table
    print_frame(table, format, f"{found.study}: probability by number of runs")
    say(found.note)
    draw_figure(figure, lambda path: convergence_figure(found, path, language, target or ()))


@app.command()
def spread(
    study: StudyArgument,
    store: StoreOption = STORE,
    figure: FigureOption = None,
    language: LanguageOption = "en",
    format: FormatOption = "table",
) -> None:
    """Show how much of each outcome's spread comes from parameters, rival structures and luck."""
    from transition_model.analysis import probability as analysis
    from transition_model.analysis.figures.probability import spread_figure

    _, results = _results(study, store, figure)
    found = analysis.spread(results)
    table = found.table()
    if format == "table":
        parts = ("parameters", "structures", "luck")
        table = _with_intervals(table, parts).drop(columns=["seeds", "points left out"])
    print_frame(table, format, f"{found.study}: shares of the variance, with 95 % intervals")
    draw_figure(figure, lambda path: spread_figure(found, path, language))


@app.command()
def sobol(
    study: StudyArgument,
    store: StoreOption = STORE,
    target: TargetsOption = None,
    pairs: Annotated[bool, typer.Option(help="Indices of pairs instead of single ones.")] = False,
    figure: FigureOption = None,
    language: LanguageOption = "en",
    format: FormatOption = "table",
) -> None:
    """Show Sobol indices: which share of the variance each factor explains (sobol designs)."""
    from transition_model.analysis.figures.sensitivity import sobol_figure
    from transition_model.analysis.sensitivity import sobol_indices

    read, results = _results(study, store, figure)
    found = sobol_indices(results, read, target)
    table = found.pairs() if pairs else found.table()
    print_frame(table, format, f"{found.study}: Sobol indices, ± half of the 95 % interval")
    draw_figure(figure, lambda path: sobol_figure(found, path, language))


@app.command()
def morris(
    study: StudyArgument,
    store: StoreOption = STORE,
    target: TargetsOption = None,
    figure: FigureOption = None,
    language: LanguageOption = "en",
    format: FormatOption = "table",
) -> None:
    """Show elementary effects: what moving one factor over its range does (morris designs)."""
    from transition_model.analysis.figures.sensitivity import morris_figure
    from transition_model.analysis.sensitivity import morris_effects

    read, results = _results(study, store, figure)
    found = morris_effects(results, read, target)
    print_frame(found.table(), format, f"{found.study}: elementary effects")
    draw_figure(figure, lambda path: morris_figure(found, path, language))


@app.command()
def scores(
    study: StudyArgument,
    store: StoreOption = STORE,
    target: TargetsOption = None,
    figure: FigureOption = None,
    language: LanguageOption = "en",
    format: FormatOption = "table",
) -> None:
    """Show feature scores: which factors trees use to predict an outcome (any design)."""
    from transition_model.analysis.figures.sensitivity import feature_score_figure
    from transition_model.analysis.sensitivity import feature_scores

    _, results = _results(study, store, figure)
    found = feature_scores(results, target)
    print_frame(
        found.table(), format, f"{found.study}: feature scores, ± half of the 95 % interval"
    )
    draw_figure(figure, lambda path: feature_score_figure(found, path, language))


@app.command()
def discover(
    study: StudyArgument,
    target: Annotated[str, typer.Argument(help="The target whose conditions are looked for.")],
    store: StoreOption = STORE,
    met: Annotated[bool, typer.Option("--met", help="When it is met, not missed.")] = False,
    density: Annotated[
        float | None, typer.Option(help="Share of the box's points that have to be cases.")
    ] = None,
    tradeoff: Annotated[bool, typer.Option("--tradeoff", help="All boxes, not one.")] = False,
    figure: FigureOption = None,
    language: LanguageOption = "en",
    format: FormatOption = "table",
) -> None:
    """Show under which conditions a target is missed (PRIM)."""
    from transition_model.analysis import discovery
    from transition_model.analysis.figures.discovery import discovery_figure

    read, results = _results(study, store, figure)
    found = discovery.discover(results, read, target, met=met, density=density)
    table = found.tradeoff() if tradeoff else found.table()
    print_frame(table, format, f"{found.study}: when {target} is {found.event}")
    say(found.note)
    draw_figure(
        figure, lambda path: discovery_figure(found, results.planned.points, path, language)
    )


@app.command()
def compare(
    under: Annotated[str, typer.Argument(help="The scenario that is looked at.")],
    without: Annotated[str, typer.Argument(help="The one that it is held against.")],
    seeds: Annotated[int, typer.Option(help="Pairs of runs, from seed 1 on.")] = 8,
    households: Annotated[int, typer.Option(help="Household agents of a run.")] = 2_000,
    since: Annotated[str, typer.Option(help="First month of flows and money.")] = "2025-01",
    until: Annotated[str, typer.Option(help="Last month of flows and money.")] = "2027-12",
    series: Annotated[
        list[str] | None, typer.Option("--series", help="A result variable; can be given again.")
    ] = None,
    workers: Annotated[int, typer.Option(help="Processes.")] = 1,
    figure: FigureOption = None,
    language: LanguageOption = "en",
    format: FormatOption = "table",
) -> None:
    """Compare two scenarios on the same luck: targets, additional and windfall, who gets money."""
    from transition_model.analysis import comparison
    from transition_model.analysis.figures.canvas import check_ending
    from transition_model.analysis.figures.comparison import comparison_figure
    from transition_model.calendar import Month
    from transition_model.plan import load_plan
    from transition_model.scenario import Scenario

    if figure is not None:
        check_ending(figure)
    found = comparison.compare(
        Scenario.load(under),
        Scenario.load(without),
        seeds=range(1, seeds + 1),
        households=households,
        since=Month.parse(since, "--since"),
        until=Month.parse(until, "--until"),
        targets=[target.id for target in load_plan().targets],
        series=series or ["carbon_dioxide_per_month"],
        workers=workers,
        progress=lambda done, asked: say(f"{done} of {asked} runs"),
    )
    print_frame(found.table(), format, f"{under} against {without}")
    say(found.note)
    draw_figure(figure, lambda path: comparison_figure(found, path, language))


def _results(study: Path, store: Path, figure: Path | None = None) -> tuple[Study, StudyResults]:
    """A study and what the store has of it; a figure's file is looked at before."""
    from transition_model.analysis.figures.canvas import check_ending
    from transition_model.runs.store import RunStore
    from transition_model.studies import Study
    from transition_model.studies.results import StudyResults

    if figure is not None:
        check_ending(figure)
    read = Study.load(study)
    with RunStore(store) as kept:
        results = StudyResults.of_study(read, kept)
    if results.missing:
        say(f"{results.missing:,} of {len(results.values):,} runs are missing or have failed")
    return read, results


def _named(chosen: list[str] | None, outcomes: list[str]) -> list[str]:
    """Outcomes that were asked for, or all.

    Raises
    ------
    InputError
        If the study has none of that name.
    """
    from transition_model.errors import InputError

    for name in chosen or ():
        if name not in outcomes:
            raise InputError("--target", name, f"one of {', '.join(outcomes)}")
    return chosen or outcomes


def _with_intervals(table: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """A table for people: each of these columns and its low and high in one cell."""
    narrow = table.copy()
    for name in columns:
        sides = (table[name], table[f"{name} low"], table[f"{name} high"])
        narrow[name] = [
            "-" if value != value else f"{_percent(value)} ({_percent(low)} to {_percent(high)})"
            for value, low, high in zip(*sides, strict=True)
        ]
        narrow = narrow.drop(columns=[f"{name} low", f"{name} high"])
    return narrow


def _percent(share: float) -> str:
    """A share in whole percent, without a minus before nothing."""
    return f"{round(100.0 * share) + 0:.0f}%" if share == share else "-"
