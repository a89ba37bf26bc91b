"""How the command line prints: tables for people, JSON and CSV for programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

Format = Literal["table", "json", "csv"]

LONGEST_CELL = 32
"""Texts longer than this break over lines in a table."""


def print_rows(rows: list[dict[str, Any]], format: Format, title: str) -> None:
    """Rows of the same keys in one of the formats."""
    if format == "json":
        print_json(rows)
    elif format == "csv":
        print_csv(rows)
    else:
        cells = [{name: _cell(value) for name, value in row.items()} for row in rows]
        columns = list(rows[0]) if rows else []
        folding = frozenset(
            c for c in columns[1:] if any(len(row[c]) > LONGEST_CELL for row in cells)
        )
        screen = console()
        headings = {c: [c, *(row[c] for row in cells)] for c in columns}
        if sum(max(map(len, texts)) + 2 for texts in headings.values()) > screen.width:
            headings = {c: [_broken(c, texts[1:])] for c, texts in headings.items()}
        table = open_table(title, columns, folding, {c: texts[0] for c, texts in headings.items()})
        for row in cells:
            table.add_row(*row.values())
        screen.print(table)


def _broken(heading: str, cells: Sequence[str]) -> str:
    """A heading over lines no longer than what stands below it, as far as its words go."""
    longest = max((len(text) for text in (*cells, *heading.split())), default=1)
    return fill(heading, longest, break_long_words=False)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a data frame, by column."""
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def print_frame(frame: pd.DataFrame, format: Format, title: str) -> None:
    """A data frame in one of the formats; a number that is not known is a dash."""
    known = [
        {name: None if value != value else value for name, value in row.items()}
        for row in records(frame)
    ]
    print_rows(known, format, title)


def print_json(rows: list[dict[str, Any]]) -> None:
    """Rows as a JSON list."""
    import json

    sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2) + "\n")


def print_csv(rows: list[dict[str, Any]]) -> None:
    """Rows as CSV; lists parted by blanks."""
    import csv

    writer = csv.DictWriter(
        sys.stdout, fieldnames=list(rows[0]) if rows else [], lineterminator="\n"
    )
    writer.writeheader()
    for row in rows:
        writer.writerow({k: _cell(v) if isinstance(v, list) else v for k, v in row.items()})


def open_table(
    title: str,
    columns: Sequence[str],
    folding: frozenset[str] = frozenset(),
    headings: Mapping[str, str] | None = None,
) -> Table:
    """A table in which only the columns named in ``folding`` break over lines.

    ``headings`` say how columns are headed that are not by their names.
    """
    from rich.box import SIMPLE
    from rich.table import Table as RichTable

    table = RichTable(title=title, title_justify="left", box=SIMPLE, padding=(0, 1, 0, 0))
    for column in columns:
        heading = (headings or {}).get(column, column)
        table.add_column(heading, no_wrap=column not in folding, overflow="fold")
    return table


def console() -> Any:
    """Standard output; where it is no terminal, as wide as a wide one."""
    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=140)


def short_unit(unit: str) -> str:
    """A unit as it is printed after a number."""
    return {"percent": "%", "count": ""}.get(unit, unit)


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(str(entry) for entry in value)
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "-"}[value]
    return number(value) if isinstance(value, float) else str(value)


def number(value: float | None, signed: bool = False) -> str:
    """A number with the digits that count; a dash where there is none."""
    if value is None:
        return "-"
    digits = 1 if abs(value) >= 100 else 2 if abs(value) >= 1 else 3
    # Less than half of the last digit is nothing, and has no sign.
    value = round(value, digits) + 0.0
    text = f"{value:+,.{digits}f}" if signed else f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def draw_figure(figure: Path | None, draw: Callable[[Path], object]) -> None:
    """Draw a figure if one is asked for, and say where it is."""
    if figure is not None:
        draw(figure)
        say(f"Figure: {figure}")


def say(text: str) -> None:
    """One line on standard error: what is not a result."""
    sys.stderr.write(text + "\n")
