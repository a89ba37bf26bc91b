"""Figures of probabilities: intervals by target, their convergence, and parts of the spread."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from transition_model.analysis.figures.canvas import (
    BLUE,
    COLOURS,
    GREEN,
    GREY,
    ORANGE,
    ROW_HEIGHT,
    Language,
    drawn,
    in_words,
    plain,
)
from transition_model.analysis.figures.names import label_of, shortened
from transition_model.analysis.study_runs import ALL

if TYPE_CHECKING:
    from transition_model.analysis.probability import Probabilities, Probability, Spread

PANELS = 8
PANELS_ABREAST = 4


def probability_figure(found: Probabilities, path: Path, language: Language = "en") -> None:
    """A point and an interval a target and scenario, the most probable at the top."""
    scenarios = list(dict.fromkeys(entry.scenario for entry in found.entries))
    mean: dict[str, list[float]] = {}
    for entry in found.entries:
        mean.setdefault(entry.outcome.id, []).append(entry.value)
    order = sorted(mean, key=lambda name: float(np.mean(mean[name])))
    labels = {entry.outcome.id: label_of(entry.outcome, language) for entry in found.entries}
    with drawn(path, 7.5, 1.2 + ROW_HEIGHT * len(order), language) as figure:
        axes = figure.add_subplot()
        for number, scenario in enumerate(scenarios):
            entries = {e.outcome.id: e for e in found.entries if e.scenario == scenario}
            shift = 0.2 * (number - (len(scenarios) - 1) / 2.0)
            for place, name in enumerate(order):
                _interval(axes, entries[name], place - shift, COLOURS[number % len(COLOURS)])
            if scenarios != [ALL]:
                axes.plot([], [], "o", color=COLOURS[number % len(COLOURS)], label=scenario)
        axes.set_yticks(range(len(order)), [labels[name] for name in order])
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(-0.7, len(order) - 0.3)
        axes.grid(axis="x", color="#e6e6e6")
        words = ("Probability of meeting the target, 95 % interval", "达到目标的概率（95%区间）")
        axes.set_xlabel(in_words(language, *words))
        axes.set_title(f"{found.study}\n{_runs(found, language)}", loc="left")
        unmoved = any(not entry.moved for entry in found.entries)
        if unmoved:
            words = ("moved by nothing that the study varies", "研究中的变化因素均不影响")
            axes.plot([], [], "o", color=GREY, fillstyle="none", label=in_words(language, *words))
        if unmoved or scenarios != [ALL]:
            axes.legend(frameon=False, loc="lower right")
        plain(axes)


def _interval(axes: Any, entry: Probability, place: float, colour: str) -> None:
    if not entry.moved:
        axes.plot([entry.value], [place], "o", color=GREY, fillstyle="none", markersize=3.5)
        return
    axes.plot([entry.low, entry.high], [place, place], color=colour, linewidth=1.4)
    axes.plot([entry.value], [place], "o", color=colour, markersize=3.5)


def _runs(found: Probabilities, language: Language) -> str:
    runs = max(entry.runs for entry in found.entries)
    effective = [entry.effective_runs for entry in found.entries]
    low, high = min(effective), max(effective)
    english = f"{runs:,} runs, worth {low:,.0f} to {high:,.0f} independent ones"
    return in_words(language, english, f"{runs:,}次运行，相当于{low:,.0f}至{high:,.0f}次独立运行")


def convergence_figure(
    found: Probabilities, path: Path, language: Language = "en", targets: Sequence[str] = ()
) -> None:
    """Probability and interval after ever more runs, a panel a target.

    Targets are those named, or the headline ones, or the first.
    """
    ids = list(dict.fromkeys(entry.outcome.id for entry in found.entries))
    headline = [
        e.outcome.id for e in found.entries if e.outcome.target and e.outcome.target.headline
    ]
    chosen = list(targets) or list(dict.fromkeys(headline)) or ids
    chosen = chosen[:PANELS]
    rows = -(-len(chosen) // PANELS_ABREAST)
    scenarios = list(dict.fromkeys(entry.scenario for entry in found.entries))
    with drawn(path, 11.0, 0.6 + 2.1 * rows, language) as figure:
        grid = figure.subplots(rows, min(PANELS_ABREAST, len(chosen)), squeeze=False, sharey=True)
        for axes in list(grid.flat)[len(chosen) :]:
            axes.set_axis_off()
        for name, axes in zip(chosen, grid.flat, strict=False):
            for steps in found.running:
                if steps[-1].outcome.id == name:
                    number = scenarios.index(steps[-1].scenario) % len(COLOURS)
                    _band(axes, steps, COLOURS[number], steps[-1].scenario)
            axes.set_title(shortened(name), fontsize=7.5)
            _ticks_at(axes, [step.runs for step in found.running[0]])
            axes.set_ylim(-0.03, 1.03)
            plain(axes)
        if scenarios != [ALL]:
            grid.flat[0].legend(frameon=False)
        words = ("runs, in random order", "运行次数（随机顺序）")
        figure.supxlabel(in_words(language, *words), fontsize=8)
        words = ("probability, 95 % interval", "概率（95%区间）")
        figure.supylabel(in_words(language, *words), fontsize=8)


def _ticks_at(axes: Any, runs: list[int]) -> None:
    """A logarithmic axis that names the numbers of runs and no others."""
    axes.set_xscale("log")
    axes.minorticks_off()
    axes.set_xticks(runs, [f"{number:,}" for number in runs])


def _band(axes: Any, steps: Sequence[Probability], colour: str, label: str) -> None:
    runs = [step.runs for step in steps]
    low, high = [step.low for step in steps], [step.high for step in steps]
    axes.fill_between(runs, low, high, color=colour, alpha=0.2, linewidth=0.0)
    axes.plot(runs, [step.value for step in steps], "o-", color=colour, markersize=3, label=label)


def spread_figure(found: Spread, path: Path, language: Language = "en") -> None:
    """A bar an outcome and scenario: shares of the variance; below zero is drawn as nothing."""
    parts = (
        ("levers and parameters", "杠杆与参数", BLUE),
        ("rival structures", "竞争结构", ORANGE),
        ("luck (seeds)", "随机性（种子）", GREEN),
    )
    entries = found.entries[::-1]
    shares = np.nan_to_num(np.array([entry.parts.shares for entry in entries])).clip(0.0, 1.0)
    scenarios = {entry.scenario for entry in entries}
    labels = [
        label_of(entry.outcome, language) + ("" if scenarios == {ALL} else f", {entry.scenario}")
        for entry in entries
    ]
    with drawn(path, 8.0, 1.3 + ROW_HEIGHT * len(entries), language) as figure:
        axes = figure.add_subplot()
        left = np.zeros(len(entries))
        for place, (english, chinese, colour) in enumerate(parts):
            label = in_words(language, english, chinese)
            axes.barh(range(len(entries)), shares[:, place], left=left, color=colour, label=label)
            left += shares[:, place]
        for row, entry in enumerate(entries):
            if np.isnan(entry.parts.shares).all():
                axes.text(0.01, row, in_words(language, "does not vary", "不变"), color=GREY,
                          va="center", fontsize=6.5)  # fmt: skip
        title = found.study
        if any(entry.seeds == 1 for entry in entries):
            words = ("one seed a point: luck is within parameters", "每点一个种子：随机性并入参数")
            title += f"\n{in_words(language, *words)}"
        axes.set_yticks(range(len(entries)), labels)
        axes.set_xlim(0.0, 1.0)
        axes.set_ylim(-0.7, len(entries) - 0.3)
        axes.set_xlabel(in_words(language, "share of the variance", "方差占比"))
        axes.set_title(title, loc="left")
        figure.legend(frameon=False, ncols=3, loc="outside upper right")
        plain(axes)
