"""The command line: ``transition-model run plan`` and its siblings."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from transition_model import __version__
from transition_model.errors import BreachError, InputError

if TYPE_CHECKING:
    from rich.table import Table

    from transition_model.runs.simulation import Result
    from transition_model.scenario import Scenario

app = typer.Typer(
    help="Chongqing's green transition, month by month, toward the 44 targets for 2027.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Format = Literal["table", "json", "csv"]
Catalogue = Literal[
    "levers", "targets", "measures", "parameters", "instruments", "results", "scenarios"
]

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
    engine: EngineOption = "compiled",
    format: FormatOption = "table",
) -> None:
    """Run one scenario, print its scoreboard and write its results."""
    from transition_model.runs.simulation import scoreboard_csv, writable_folder

    chosen = _scenario(scenario, settings)
    folder = writable_folder(out or Path("results") / _file_name(chosen.name))
    result = _simulate(chosen, seed, households, start, end, engine)
    result.save(folder)
    rows = [row.as_dict() for row in result.scoreboard]
    if format == "json":
        _print_json(rows)
    elif format == "csv":
        sys.stdout.write(scoreboard_csv(result.scoreboard))
    else:
        _print_scoreboard(result)
        if result.record.rules_running_on:
            _say(
                f"{len(result.record.rules_running_on)} of {len(chosen.law)} rules run on past "
                "their last known version (named in record.json; a scenario states what follows)"
            )
        _say(f"Results: {folder}/ (series.parquet, series.csv, scoreboard.csv, record.json)")


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
    _print_rows(rows, format, "Targets in December 2027")


@app.command("list")
def list_catalogue(
    catalogue: Annotated[Catalogue, typer.Argument(help="What to list.")],
    format: FormatOption = "table",
) -> None:
    """List levers, targets, measures, parameters, instruments, results or scenarios."""
    _print_rows(_catalogue(catalogue), format, catalogue.capitalize())


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
    _print_rows(rows, format, "Checks")
    failed = sum(not row["passed"] for row in rows)
    _say(f"{len(rows) - failed} passed, {failed} failed")
    if failed:
        raise typer.Exit(1)


@app.command()
def version() -> None:
    """Print the version."""
    sys.stdout.write(f"{__version__}\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; errors of input are one line on standard error and exit code 2."""
    try:
        app(args=list(arguments) if arguments is not None else None, standalone_mode=True)
    except InputError as problem:
        _say(f"Error: {problem}")
        sys.exit(2)
    except BreachError as problem:
        _say(f"Breach of balance, run stopped: {problem}")
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
            progress=advance,
            notice=lambda line: bar.update(task, description=line),
        )


def _print_scoreboard(result: Result) -> None:
    record = result.record
    sample = f"seed {record.seed}, {record.households:,} households"
    title = f"{record.scenario}: targets in December 2027 ({sample})"
    columns = ("target", "value", "goal", "gap", "met", "what it rests on")
    table = _table(title, columns, frozenset(columns[-1:]))
    for headline in (True, False):
        for row in result.scoreboard:
            if row.headline is headline:
                table.add_row(
                    row.id,
                    _number(row.value),
                    f"{row.operator} {_number(row.target)} {_short_unit(row.unit)}",
                    _number(row.gap, signed=True),
                    {True: "yes", False: "no", None: "-"}[row.met],
                    f"{row.mechanism}, {row.evidence}" if row.evidence else row.mechanism,
                )
        table.add_section()
    _console().print(table)
    modelled = [row for row in result.scoreboard if row.met is not None]
    met = sum(bool(row.met) for row in modelled)
    targets = len(result.scoreboard)
    missing = targets - len(modelled)
    _say(f"{met} of {len(modelled)} modelled targets met; {missing} of {targets} not modelled yet")


def _catalogue(name: Catalogue) -> list[dict[str, Any]]:
    return _CATALOGUES[name]()


def _levers() -> list[dict[str, Any]]:
    from transition_model.levers import load_levers

    fields = (
        "id",
        "measure",
        "unit",
        "low",
        "high",
        "default",
        "off",
        "status",
        "label_en",
        "label_zh",
    )
    return [{field: getattr(lever, field) for field in fields} for lever in load_levers().values()]


def _targets() -> list[dict[str, Any]]:
    from transition_model.plan import load_plan
    from transition_model.results import load_definitions
    from transition_model.scoreboard import NOT_MODELLED

    fields = (
        "id",
        "label_en",
        "label_zh",
        "measures",
        "operator",
        "value",
        "unit",
        "scope",
        "headline",
        "mechanism",
    )
    rows: list[dict[str, Any]] = []
    for target in load_plan().targets:
        modelled = target.mechanism if target.result in load_definitions() else NOT_MODELLED
        rows.append(
            {field: getattr(target, field) for field in fields}
            | {"measures": list(target.measures), "mechanism": modelled}
        )
    for aim in load_plan().unquantified:
        row = dict.fromkeys(fields) | {field: getattr(aim, field) for field in fields[:3]}
        rows.append(row | {"measures": list(aim.measures), "mechanism": "no number in the plan"})
    return rows


def _measures() -> list[dict[str, Any]]:
    from transition_model.levers import load_levers
    from transition_model.plan import load_plan

    levers = load_levers().values()
    return [
        {
            "number": measure.number,
            "title_en": measure.title_en,
            "title_zh": measure.title_zh,
            "levers": [lever.id for lever in levers if lever.measure == measure.number],
            "summary_en": measure.summary_en,
            "summary_zh": measure.summary_zh,
        }
        for measure in load_plan().measures
    ]


def _parameters() -> list[dict[str, Any]]:
    from transition_model.parameters import load_parameters

    return [
        {
            "id": parameter.id,
            "value": parameter.value
            if parameter.value is not None
            else "path"
            if parameter.is_path
            else "table",
            "unit": parameter.unit,
            "low": parameter.low,
            "high": parameter.high,
            "distribution": parameter.distribution,
            "status": parameter.status.value,
            "source": parameter.source,
        }
        for parameter in load_parameters()
    ]


def _instruments() -> list[dict[str, Any]]:
    from transition_model.instruments import load_instruments

    return [
        {
            "id": instrument.id,
            "measure": instrument.measure,
            "start": str(version.start),
            "end": str(version.end),
            "state": version.state,
            "amount": version.form_key,
            "status": version.status.value,
            "source": version.source,
        }
        for instrument in load_instruments().values()
        for version in instrument.versions
    ]


def _results() -> list[dict[str, Any]]:
    from transition_model.results import load_definitions

    return [
        {
            "id": name,
            "sector": definition.sector,
            "unit": definition.unit,
            "label_en": definition.label_en,
            "label_zh": definition.label_zh,
            "definition": definition.definition,
        }
        for definition in load_definitions().values()
        for name in definition.ids
    ]


def _scenarios() -> list[dict[str, Any]]:
    from transition_model.scenario import Scenario, builtin_scenarios

    loaded = [Scenario.load(name) for name in builtin_scenarios()]
    return [
        {
            "name": s.name,
            "label_en": s.label_en,
            "label_zh": s.label_zh,
            "description_en": s.description_en,
        }
        for s in loaded
    ]


_CATALOGUES: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "levers": _levers,
    "targets": _targets,
    "measures": _measures,
    "parameters": _parameters,
    "instruments": _instruments,
    "results": _results,
    "scenarios": _scenarios,
}


LONGEST_CELL = 32
"""Texts longer than this break over lines in a table."""


def _print_rows(rows: list[dict[str, Any]], format: Format, title: str) -> None:
    if format == "json":
        _print_json(rows)
    elif format == "csv":
        _print_csv(rows)
    else:
        cells = [{name: _cell(value) for name, value in row.items()} for row in rows]
        columns = list(rows[0]) if rows else []
        folding = frozenset(
            c for c in columns[1:] if any(len(row[c]) > LONGEST_CELL for row in cells)
        )
        table = _table(title, columns, folding)
        for row in cells:
            table.add_row(*row.values())
        _console().print(table)


def _print_json(rows: list[dict[str, Any]]) -> None:
    import json

    sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2) + "\n")


def _print_csv(rows: list[dict[str, Any]]) -> None:
    import csv

    writer = csv.DictWriter(
        sys.stdout, fieldnames=list(rows[0]) if rows else [], lineterminator="\n"
    )
    writer.writeheader()
    for row in rows:
        writer.writerow({k: _cell(v) if isinstance(v, list) else v for k, v in row.items()})


def _table(title: str, columns: Sequence[str], folding: frozenset[str] = frozenset()) -> Table:
    """A table in which only the columns named in ``folding`` break over lines."""
    from rich.box import SIMPLE
    from rich.table import Table as RichTable

    table = RichTable(title=title, title_justify="left", box=SIMPLE, padding=(0, 1, 0, 0))
    for column in columns:
        table.add_column(column, no_wrap=column not in folding, overflow="fold")
    return table


def _console() -> Any:
    """Standard output; where it is no terminal, as wide as a wide one."""
    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=140)


def _short_unit(unit: str) -> str:
    return {"percent": "%", "count": ""}.get(unit, unit)


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(str(entry) for entry in value)
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "-"}[value]
    return _number(value) if isinstance(value, float) else str(value)


def _number(value: float | None, signed: bool = False) -> str:
    if value is None:
        return "-"
    digits = 1 if abs(value) >= 100 else 2 if abs(value) >= 1 else 3
    text = f"{value:+,.{digits}f}" if signed else f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _file_name(name: str) -> str:
    """A scenario's name as a folder name: letters, digits, dash and underscore."""
    kept = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in name)
    return kept or "run"


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
