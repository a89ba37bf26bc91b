"""The command line: ``transition-model run plan`` and its siblings."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from transition_model import __version__
from transition_model.cli import analyse, answers, experiment
from transition_model.cli.catalogues import Catalogue, catalogue_rows
from transition_model.cli.printing import (
    Format,
    console,
    number,
    open_table,
    print_json,
    print_rows,
    say,
    short_unit,
)
from transition_model.errors import BreachError, InputError

if TYPE_CHECKING:
    from transition_model.compilation import Kernels
    from transition_model.runs.simulation import Result
    from transition_model.scenario import Scenario

app = typer.Typer(
    help="Chongqing's green transition, month by month, toward the 44 targets for 2027.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


ScenarioArgument = Annotated[
    str, typer.Argument(help="none, plan, accelerated, or a scenario file")
]
SeedOption = Annotated[
    int, typer.Option(help="Seed of all draws; the same luck under every policy.")
]
HouseholdsOption = Annotated[int, typer.Option(help="Household agents standing for 12.04 million.")]
StartOption = Annotated[str, typer.Option(help="First month reported; runs begin in 2020-01.")]
EndOption = Annotated[str, typer.Option(help="Last month.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set", help="lever=value, lever=value@YYYY-MM, measure.NUMBER=off, parameter.ID=value"
    ),
]
EngineOption = Annotated[
    Literal["compiled", "pysd"], typer.Option(help="Stock-flow engine; pysd is the slow reference.")
]
FormatOption = Annotated[Format, typer.Option("--format", help="What goes to standard output.")]


@app.command()
def run(
    scenario: ScenarioArgument,
    seed: SeedOption = 1,
    households: HouseholdsOption = 20_000,
    start: StartOption = "2020-01",
    end: EndOption = "2027-12",
    settings: SetOption = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results; results/SCENARIO by default.")
    ] = None,
    excel: Annotated[
        Path | None, typer.Option(help="A workbook for Excel to write, too, ending in .xlsx.")
    ] = None,
    engine: EngineOption = "compiled",
    format: FormatOption = "table",
) -> None:
    """Run one scenario, print its scoreboard and write its results."""
    from transition_model.analysis.workbook import check_ending, run_workbook
    from transition_model.runs.preparation import kernels_at_once
    from transition_model.runs.simulation import scoreboard_csv, writable_folder

    if excel is not None:
        check_ending(excel)
    chosen = _scenario(scenario, settings)
    folder = writable_folder(out or Path("results") / _file_name(chosen.name))
    kernels = kernels_at_once(households, say)
    result = _simulate(chosen, seed, households, start, end, engine, kernels)
    result.save(folder)
    if excel is not None:
        run_workbook(result, chosen, excel)
    rows = [row.as_dict() for row in result.scoreboard]
    if format == "json":
        print_json(rows)
    elif format == "csv":
        sys.stdout.write(scoreboard_csv(result.scoreboard))
    else:
        _print_scoreboard(result)
        if result.record.rules_running_on:
            say(
                f"{len(result.record.rules_running_on)} of {len(chosen.law)} rules run on past "
                "their last known version (named in record.json; a scenario states what follows)"
            )
        say(f"Results: {folder}/ (series.parquet, series.csv, scoreboard.csv, record.json)")


@app.command()
def compare(
    scenarios: Annotated[list[str], typer.Argument(help="Two or more scenarios.")],
    seed: SeedOption = 1,
    households: HouseholdsOption = 20_000,
    start: StartOption = "2020-01",
    end: EndOption = "2027-12",
    settings: SetOption = None,
    engine: EngineOption = "compiled",
    format: FormatOption = "table",
) -> None:
    """Run several scenarios on the same luck and show their targets side by side."""
    if len(scenarios) < 2:
        raise InputError("compare", " ".join(scenarios), "two or more scenarios")
    chosen = [_scenario(name, settings) for name in scenarios]
    results = [_simulate(entry, seed, households, start, end, engine) for entry in chosen]
    rows: list[dict[str, Any]] = []
    for place, target in enumerate(results[0].scoreboard):
        row: dict[str, Any] = {
            "id": target.id,
            "target": target.target,
            "operator": target.operator,
            "unit": target.unit,
        }
        for name, result in zip(scenarios, results, strict=True):
            reached = result.scoreboard[place]
            row |= {f"{name}: value": reached.value, f"{name}: met": reached.met}
        rows.append(row)
    print_rows(rows, format, "Targets in December 2027")


@app.command("list")
def list_catalogue(
    catalogue: Annotated[Catalogue, typer.Argument(help="What to list.")],
    format: FormatOption = "table",
) -> None:
    """List levers, targets, measures, parameters, instruments, results or scenarios."""
    print_rows(catalogue_rows(catalogue), format, catalogue.capitalize())


@app.command()
def check(
    plan_text: Annotated[
        Path | None,
        typer.Option(help="The official text of the plan, to verify terms and figures."),
    ] = None,
    format: FormatOption = "table",
) -> None:
    """Check units, sources, targets and balances; with --plan-text also the plan's wording."""
    from transition_model.runs.checks import project_checks

    rows = [entry.as_dict() for entry in project_checks(plan_text)]
    print_rows(rows, format, "Checks")
    failed = sum(not row["passed"] for row in rows)
    say(f"{len(rows) - failed} passed, {failed} failed")
    if failed:
        raise typer.Exit(1)


app.add_typer(experiment.app, name="experiment")
analyse.app.command()(answers.attribution)
analyse.app.command()(answers.abatement)
app.add_typer(analyse.app, name="analyse")
app.command()(answers.search)
app.command()(experiment.query)


@app.command()
def version() -> None:
    """Print the version."""
    sys.stdout.write(f"{__version__}\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; errors of input are one line on standard error and exit code 2."""
    try:
        app(args=list(arguments) if arguments is not None else None, standalone_mode=True)
    except InputError as problem:
        say(f"Error: {problem}")
        sys.exit(2)
    except BreachError as problem:
        say(f"Breach of balance, run stopped: {problem}")
        sys.exit(3)


def _scenario(name: str, settings: list[str] | None) -> Scenario:
    from transition_model.scenario import Scenario

    scenario = Scenario.load(name)
    return scenario.with_settings(settings or ())


def _simulate(
    scenario: Scenario,
    seed: int,
    households: int,
    start: str,
    end: str,
    engine: Literal["compiled", "pysd"],
    kernels: Kernels = "compiled",
) -> Result:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from transition_model.runs.simulation import simulate

    columns = (
        TextColumn(f"{scenario.name}: {{task.description}}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("preparing", total=None)

        def advance(done: int, months: int) -> None:
            bar.update(task, description="months", completed=done, total=months)

        return simulate(
            scenario,
            seed=seed,
            households=households,
            start=start,
            end=end,
            engine=engine,
            kernels=kernels,
            progress=advance,
            notice=lambda line: bar.update(task, description=line),
        )


def _print_scoreboard(result: Result) -> None:
    record = result.record
    sample = f"seed {record.seed}, {record.households:,} households"
    title = f"{record.scenario}: targets in December 2027 ({sample})"
    columns = ("target", "value", "goal", "gap", "met", "what it rests on")
    table = open_table(title, columns, frozenset(columns[-1:]))
    for headline in (True, False):
        for row in result.scoreboard:
            if row.headline is headline:
                table.add_row(
                    row.id,
                    number(row.value),
                    f"{row.operator} {number(row.target)} {short_unit(row.unit)}",
                    number(row.gap, signed=True),
                    {True: "yes", False: "no", None: "-"}[row.met],
                    f"{row.mechanism}, {row.evidence}" if row.evidence else row.mechanism,
                )
        table.add_section()
    console().print(table)
    modelled = [row for row in result.scoreboard if row.met is not None]
    met = sum(bool(row.met) for row in modelled)
    targets = len(result.scoreboard)
    missing = targets - len(modelled)
    say(f"{met} of {len(modelled)} modelled targets met; {missing} of {targets} not modelled yet")


def _file_name(name: str) -> str:
    """A scenario's name as a folder name: letters, digits, dash and underscore."""
    kept = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in name)
    return kept or "run"
