"""Write the README's table of costs: ``python -m benchmarks.readme_table``.

Reads what ``python -m benchmarks`` wrote, takes the rows that ``readme_table.toml`` names, and puts
them between the marks in README.md and README.zh.md.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

from benchmarks.measuring import ROOT, read_results, shown

ROWS = Path(__file__).with_suffix(".toml")
MARKED = re.compile(r"(<!-- benchmarks -->\n).*?(<!-- /benchmarks -->)", re.DOTALL)
PAGES = {"en": "README.md", "zh": "README.zh.md"}
HEADINGS = {
    "en": "| work | goal | median | least to most | runs |",
    "zh": "| 工作 | 目标 | 中位数 | 最小至最大 | 次数 |",
}
MACHINE = {
    "en": "Measured by `make bench`: {cpu}, {cores} cores, {memory} GB, {versions}; "
    "{date}, commit {commit}.",
    "zh": "由`make bench`测得: {cpu}, {cores}核, {memory} GB, {versions}; {date}, 提交{commit}。",
}
SHOWN = ("python", "mesa", "numba", "numpy", "pandas")


def main(arguments: list[str] | None = None) -> int:
    """Read, and write both pages."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.readme_table")
    parser.add_argument(
        "results", type=Path, nargs="*", default=[ROOT / "results" / "benchmarks.json"]
    )
    read = read_results(parser.parse_args(arguments).results)
    for language, name in PAGES.items():
        page = ROOT / name
        text = page.read_text("utf-8")
        if not MARKED.search(text):
            raise SystemExit(f"{page}: no marks <!-- benchmarks -->")
        table = written(read, language) + "\n"
        page.write_text(MARKED.sub(lambda found: found[1] + table + found[2], text), "utf-8")  # noqa: B023
        sys.stdout.write(f"Written to {page}\n")
    return 0


def written(read: dict[str, Any], language: str) -> str:
    """The table and the machine that it was measured on, in Markdown.

    Raises
    ------
    KeyError
        If a row was not measured.
    """
    lines = [HEADINGS[language], "|---|---:|---:|---:|---:|"]
    for row in tomllib.loads(ROWS.read_text("utf-8"))["row"]:
        measured = {one["name"]: one for one in read["benchmarks"][row["case"]]["measurements"]}
        one = measured[row["name"]]
        unit = "×" if one["unit"] == "times" else f" {one['unit']}"
        spread = f"{shown(one['min'])} – {shown(one['max'])}" if one["repeats"] > 1 else ""
        cells = (
            row[language],
            _goal(one["goal"], unit),
            f"**{shown(one['median'])}{unit}**",
            spread,
            str(one["repeats"]),
        )
        lines.append(f"| {' | '.join(cells)} |")
    machine = read["machine"]
    versions = ", ".join(f"{name} {machine['versions'][name]}" for name in SHOWN)
    lines += [
        "",
        MACHINE[language].format(
            cpu=machine["cpu"], cores=machine["cores"], memory=machine["memory_gb"],
            versions=versions, date=machine["date"][:10], commit=machine["commit"],
        ),
    ]  # fmt: skip
    return "\n".join(lines)


def _goal(goal: dict[str, Any] | None, unit: str) -> str:
    if goal is None:
        return ""
    bound = f"≥ {shown(goal['at_least'])}" if "at_least" in goal else f"≤ {shown(goal['at_most'])}"
    return f"{bound}{unit} {'✓' if goal['met'] else '✗'}"


if __name__ == "__main__":
    sys.exit(main())
