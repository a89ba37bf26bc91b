"""The figure of an attribution: what each group of measures contributes to each target."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from transition_model.analysis.figures.canvas import (
    BLUE,
    ORANGE,
    ROW_HEIGHT,
    Language,
    drawn,
    in_words,
    plain,
)
from transition_model.analysis.figures.names import label_of
from transition_model.unit_words import with_unit

if TYPE_CHECKING:
    from transition_model.analysis.attribution import Contributions

ABREAST = 4
"""Panels side by side."""

LONGEST_TITLE = 40
PANEL_WIDTH = 2.9


def attribution_figure(found: Contributions, path: Path, language: Language = "en") -> None:
    """A panel an outcome that some group moves: a bar a group with its interval, and its wedge.

    A wedge is what the group adds last, to all others.
    """
    moved = np.flatnonzero(found.moved)
    count = max(len(moved), 1)
    columns = min(ABREAST, count)
    rows = -(-count // columns)
    names = [in_words(language, group.label_en, group.label_zh) for group in found.groups]
    height = rows * (1.0 + ROW_HEIGHT * len(names)) + 0.5
    with drawn(path, 1.2 + PANEL_WIDTH * columns, height, language) as figure:
        grid = figure.subplots(rows, columns, squeeze=False, sharey=True)
        for axes in list(grid.flat)[len(moved) :]:
            axes.set_axis_off()
        for column, axes in zip(moved.tolist(), grid.flat, strict=False):
            _panel(axes, found, column, language)
        for first in grid[:, 0]:
            first.set_yticks(range(len(names)), names)
            first.invert_yaxis()
            break
        axes = grid.flat[0]
        axes.barh([], [], color=BLUE, label=in_words(language, "Shapley value", "沙普利值"))
        words = ("added last (leave one out)", "最后加入的贡献（逐一剔除）")
        axes.plot([], [], "D", color=ORANGE, label=in_words(language, *words))
        figure.legend(loc="outside lower center", ncols=2, frameon=False)
        figure.suptitle(_rests_on(found, language), x=0.01, ha="left", fontsize=8)


def _panel(axes: Any, found: Contributions, column: int, language: Language) -> None:
    outcome = found.outcomes[column]
    mean = found.values[:, :, column].mean(axis=1)
    half = found.half_width(found.values, found.order_error)[:, column]
    rows = np.arange(len(found.groups))
    axes.barh(rows, mean, color=BLUE, height=0.6)
    axes.errorbar(mean, rows, xerr=half, fmt="none", ecolor="black", elinewidth=0.8)
    axes.plot(found.last[:, :, column].mean(axis=1), rows, "D", color=ORANGE, markersize=3.0)
    axes.axvline(0.0, color="black", linewidth=0.6)
    effect = with_unit(f"{found.effect[:, column].mean():+.3g}", outcome.unit, language)
    label = label_of(outcome, language, LONGEST_TITLE)
    axes.set_title(f"{label}\n{effect}", fontsize=7, linespacing=1.3)
    axes.tick_params(labelsize=7)
    plain(axes)


def _rests_on(found: Contributions, language: Language) -> str:
    english = f"{found.runs:,} runs: {found.coalitions} coalitions of groups, {found.seeds} seeds"
    chinese = f"{found.runs:,}次运行：{found.coalitions}种组合，{found.seeds}个随机种子"
    still = int((~found.moved).sum())
    if still:
        english += f"; {still} outcomes are moved by no group"
        chinese += f"；{still}项指标不受任何一组影响"
    return in_words(language, english, chinese)
