"""Figure of abatement: the curve of cost by tonnes, and every measure's tonnes and money."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from transition_model.analysis.figures.canvas import (
    BLUE,
    GREEN,
    GREY,
    RED,
    ROW_HEIGHT,
    Language,
    drawn,
    in_words,
    plain,
)
from transition_model.analysis.figures.names import shortened

if TYPE_CHECKING:
    from transition_model.analysis.abatement import Abatement, Wedge

LONGEST_LABEL = 48
MILLION, HUNDRED_MILLION = 1e6, 1e8
WIDE = 50.0
"""Ratio of the dearest tonne to the cheapest beyond which the axis of costs is bent."""


def abatement_figure(found: Abatement, path: Path, language: Language = "en") -> None:
    """Above, the curve: as wide as the tonnes, as high as the cost of one; below, by measure.

    Measures without a cost per tonne are not in the curve, but below it.
    """
    priced = [wedge for wedge in found.wedges if not np.isnan(wedge.cost_per_tonne[0])]
    priced.sort(key=lambda wedge: wedge.cost_per_tonne[0])
    order = sorted(found.wedges, key=lambda wedge: float(wedge.abated.mean()))
    height = 4.6 + ROW_HEIGHT * len(order)
    with drawn(path, 10.5, height, language) as figure:
        grid = figure.add_gridspec(2, 2, height_ratios=(3.2, 0.8 + ROW_HEIGHT * len(order)))
        _curve(figure.add_subplot(grid[0, :]), priced, language)
        tonnes, money = figure.add_subplot(grid[1, 0]), figure.add_subplot(grid[1, 1])
        _bars(tonnes, order, [wedge.abated / MILLION for wedge in order], BLUE)
        _bars(money, order, [wedge.brings.cost / HUNDRED_MILLION for wedge in order], GREEN)
        tonnes.set_yticks(range(len(order)), [_label(wedge, language) for wedge in order],
                          fontsize=6.5)  # fmt: skip
        money.set_yticks([])
        tonnes.set_xlabel(in_words(language, "abated, million tCO2", "减排量，百万吨CO2"))
        words = ("public money, 1e8 yuan (paid and spent less taken in)", "财政净支出，亿元")
        money.set_xlabel(in_words(language, *words))
        months = f"{found.since} – {found.until}"
        seeds = in_words(language, f"{found.seeds} seeds", f"{found.seeds}个种子")
        figure.suptitle(f"{found.study}, {months}, {seeds}", fontsize=9)


def _label(wedge: Wedge, language: Language) -> str:
    return shortened(in_words(language, wedge.group.label_en, wedge.group.label_zh), LONGEST_LABEL)


def _curve(axes: Any, priced: list[Wedge], language: Language) -> None:
    left = 0.0
    for wedge in priced:
        cost, low, high = wedge.cost_per_tonne
        width = float(wedge.abated.mean()) / MILLION
        colour = GREEN if cost < 0.0 else BLUE
        axes.bar([left], [cost], width, align="edge", color=colour, edgecolor="white")
        middle = left + width / 2.0
        if not np.isnan(low):
            axes.plot([middle, middle], [low, high], color=RED, linewidth=0.8)
        number = " ".join(map(str, wedge.group.measures))
        axes.annotate(number, (middle, cost), xytext=(0, 3), textcoords="offset points",
                      ha="center", fontsize=6)  # fmt: skip
        left += width
    costs = np.abs([wedge.cost_per_tonne[0] for wedge in priced])
    if len(costs) and costs.max() > WIDE * max(float(costs.min()), 1.0):
        axes.set_yscale("symlog", linthresh=100.0)
    if not priced:
        words = ("no measure with a cost per tonne", "无可计算成本的措施")
        text = in_words(language, *words)
        axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", color=GREY)
    axes.axhline(0.0, color=GREY, linewidth=0.7)
    words = ("abated by each measure, added last, million tCO2 (numbers: measures)",
             "各措施（最后加入）减排量，百万吨CO2（数字为措施编号）")  # fmt: skip
    axes.set_xlabel(in_words(language, *words))
    axes.set_ylabel(in_words(language, "yuan/tCO2, 95 % interval", "元/吨CO2（95%区间）"))
    plain(axes)


def _bars(axes: Any, order: list[Wedge], values: list[Any], colour: str) -> None:
    from transition_model.analysis.comparison import half_interval

    rows = range(len(order))
    means = [float(value.mean()) for value in values]
    halves = [half_interval(value) for value in values]
    axes.barh(rows, means, color=colour, xerr=halves, error_kw={"linewidth": 0.8})
    axes.axvline(0.0, color=GREY, linewidth=0.7)
    axes.set_ylim(-0.7, len(order) - 0.3)
    plain(axes)
