"""Draw the modelled headline targets under the three built-in scenarios: docs/headline_targets.svg.

Run it from the top of the repository: ``.venv/bin/python experiments/figures/headline_targets.py``.
"""

from __future__ import annotations

from pathlib import Path
from textwrap import fill

import matplotlib.pyplot as plt

from transition_model import Result, Scenario, simulate
from transition_model.plan import Target, load_plan
from transition_model.quantity import convert
from transition_model.results import load_definitions

SCENARIOS = {"none": "#8c8c8c", "plan": "#1b6ca8", "accelerated": "#2a9d5c"}
OUTPUT = Path("docs/headline_targets.svg")
TITLE_WIDTH = 36


def draw(axes: plt.Axes, target: Target, results: dict[str, Result]) -> None:
    """Draw one target: a line a scenario, the goal dashed."""
    definition = load_definitions()[str(target.result)]
    for name, result in results.items():
        series = result.series(definition.id)
        values = [convert(value, definition.unit, target.unit) for value in series]
        years = [period.year + (period.month - 1) / 12 for period in series.index]
        axes.plot(years, values, color=SCENARIOS[name], label=name, linewidth=1.6)
    axes.axhline(target.value, color="#c1440e", linestyle="--", linewidth=1.0)
    axes.axvline(2025, color="#bbbbbb", linewidth=0.8)
    axes.set_title(fill(target.label_en, TITLE_WIDTH), fontsize=7.5)
    axes.set_ylabel(target.unit, fontsize=7)
    axes.tick_params(labelsize=7)


def main() -> None:
    """Run the scenarios and write the figure."""
    results = {name: simulate(Scenario.load(name)) for name in SCENARIOS}
    targets = [t for t in load_plan().headline if t.result in load_definitions()]
    plt.rcParams["svg.hashsalt"] = "chongqing"
    figure, grid = plt.subplots(2, (len(targets) + 1) // 2, figsize=(11.5, 5.6), squeeze=False)
    panels = list(grid.flat)
    for axes, target in zip(panels, targets, strict=False):
        draw(axes, target, results)
    for axes in panels[len(targets) :]:
        axes.axis("off")
    panels[0].legend(fontsize=7, frameon=False)
    title = "Headline targets: model under three scenarios, goal for 2027 dashed"
    figure.suptitle(title, fontsize=10)
    figure.tight_layout()
    figure.savefig(OUTPUT, metadata={"Date": None})


if __name__ == "__main__":
    main()
