"""Run the benchmarks: ``python -m benchmarks [NAME ...]``."""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import sys
from inspect import signature
from pathlib import Path
from types import ModuleType
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import cases
from benchmarks.machine import description
from benchmarks.measuring import Measurement, shown

LEAST_REPEATS = 5
OUTPUT = Path("results/benchmarks.json")
WIDTH = 120


def names() -> list[str]:
    """Names of all benchmarks."""
    return sorted(module.name for module in pkgutil.iter_modules(cases.__path__))


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, write; return the exit code."""
    options = _options(arguments)
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    machine = description()
    console.print(
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB, "
        f"Python {machine['versions']['python']}, load {machine['load_average'][0]}"
    )
    found: dict[str, Any] = {}
    missed = 0
    for name in options.name or names():
        module = importlib.import_module(f"{cases.__name__}.{name}")
        title = str(module.__doc__).splitlines()[0].rstrip(".")
        with console.status(title):
            measured = tuple(module.measure(options.repeats, **_sizes(module, options)))
        console.print(_table(title, measured))
        found[name] = {"title": title, "measurements": [one.as_dict() for one in measured]}
        missed += sum(one.met is False for one in measured)
        # After each case: they take minutes, and the next one may fail.
        options.output.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"machine": machine, "benchmarks": found}, ensure_ascii=False, indent=1)
        options.output.write_text(text + "\n", "utf-8")
    console.print(f"Written to {options.output}; goals missed: {missed}")
    return 1 if missed and options.require_goals else 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="*", type=_known, help=", ".join(names()))
    parser.add_argument("--repeats", type=_repeats, default=LEAST_REPEATS)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    parser.add_argument(
        "--households", type=_numbers, help="sizes of cases that can be made smaller: 1000,20000"
    )
    parser.add_argument("--months", type=int, help="months of these cases")
    parser.add_argument("--require-goals", action="store_true", help="exit 1 if one is missed")
    return parser.parse_args(arguments)


def _sizes(module: ModuleType, options: argparse.Namespace) -> dict[str, Any]:
    """Sizes that were asked for, as far as a case lets one choose."""
    chosen = {"households": options.households, "months": options.months}
    taken = signature(module.measure).parameters
    return {name: size for name, size in chosen.items() if size and name in taken}


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part.replace("_", "")) for part in text.split(","))


def _known(name: str) -> str:
    if name not in names():
        raise argparse.ArgumentTypeError(f"{name}: one of {', '.join(names())}")
    return name


def _repeats(text: str) -> int:
    repeats = int(text)
    if repeats < LEAST_REPEATS:
        raise argparse.ArgumentTypeError(f"{LEAST_REPEATS} or more")
    return repeats


def _table(title: str, measured: tuple[Measurement, ...]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("measured")
    for heading in ("unit", "median", "min", "max", "90 %", "n", "goal", ""):
        table.add_column(heading, justify="left" if heading == "unit" else "right", no_wrap=True)
    for one in measured:
        goal = ""
        if one.goal is not None:
            goal = f"{'≥' if one.goal.at_least else '≤'} {shown(one.goal.value)}"
        mark = {None: "", True: "[green]✓[/]", False: "[red]✗[/]"}[one.met]
        figures = (one.median, min(one.values), max(one.values), one.percentile_90)
        name = f"{one.name}\n[dim]{one.note}[/]" if one.note else one.name
        table.add_row(name, one.unit, *map(shown, figures), str(len(one.values)), goal, mark)
    return table


if __name__ == "__main__":
    sys.exit(main())
