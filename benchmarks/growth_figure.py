"""Draw how time and memory grow with households: ``python -m benchmarks.growth_figure``.

Reads what ``python -m benchmarks growth whole_city`` wrote, and writes ``docs/growth.svg``.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import Any

from benchmarks.measuring import ROOT, read_results

INK, MUTED, LINE = "#1f2933", "#667380", "#1b6e8c"
NUMBER = re.compile(r"^([\d,]+) households, (.+)$")


def main(arguments: list[str] | None = None) -> int:
    """Read, draw, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth_figure")
    parser.add_argument(
        "results", type=Path, nargs="*", default=[ROOT / "results" / "benchmarks.json"]
    )
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "growth.svg")
    options = parser.parse_args(arguments)
    draw(read_results(options.results), options.output)
    sys.stdout.write(f"Written to {options.output}\n")
    return 0


def points(read: dict[str, Any], quantity: str) -> dict[int, dict[str, float]]:
    """Median, least and largest of a quantity by number of households."""
    found: dict[int, dict[str, float]] = {}
    cases = (read["benchmarks"].get(name, {}) for name in ("growth", "whole_city"))
    for one in (one for case in cases for one in case.get("measurements", ())):
        match = NUMBER.match(one["name"])
        if match and match[2] == quantity:
            found[int(match[1].replace(",", ""))] = one
    return dict(sorted(found.items()))


def draw(read: dict[str, Any], output: Path) -> None:
    """Two panels on logarithmic axes: seconds of a run, and peak memory."""
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    plt.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "growth", "font.size": 10}
    figure, axes = plt.subplots(1, 2, figsize=(8.6, 3.6), layout="constrained")
    for axis, quantity, title, unit in (
        (axes[0], "build and run", "Time of a run, s", 1.0),
        (axes[1], "peak memory", "Peak memory, GB", 1e-3),
    ):
        by_size = points(read, quantity)
        sizes = list(by_size)
        medians = [unit * one["median"] for one in by_size.values()]
        low = [unit * one["min"] for one in by_size.values()]
        high = [unit * one["max"] for one in by_size.values()]
        axis.fill_between(sizes, low, high, color=LINE, alpha=0.2, linewidth=0)
        axis.plot(sizes, medians, color=LINE, marker="o")
        for size, median in zip(sizes, medians, strict=True):
            axis.annotate(
                f"{median:.3g}", (size, median), xytext=(-5, 5), textcoords="offset points",
                ha="right", color=INK,
            )  # fmt: skip
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.margins(x=0.2, y=0.18)
        axis.set_title(title, loc="left", color=INK)
        axis.set_xlabel("households", color=MUTED)
        axis.tick_params(colors=MUTED)
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(True, axis="y", color="#e3e8ec")
    machine = read["machine"]
    figure.supxlabel(
        f"{machine['cpu']}, {machine['cores']} cores, {machine['date'][:10]}, load "
        f"{machine['load_average'][0]:.1f}",
        color=MUTED,
        fontsize=8,
    )
    figure.savefig(output, metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    sys.exit(main())
