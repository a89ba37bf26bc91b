"""Figure of scenario discovery: the trade-off, and the chosen box within the ranges."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from transition_model.analysis.figures.canvas import (
    BLUE,
    GREY,
    RED,
    Language,
    drawn,
    in_words,
    plain,
)
from transition_model.analysis.figures.names import factor_name, label_of

if TYPE_CHECKING:
    from transition_model.analysis.discovery import Box, Discovery

FEWEST_ROWS = 6


def discovery_figure(
    found: Discovery, points: pd.DataFrame, path: Path, language: Language = "en"
) -> None:
    """Left coverage against density of all boxes, right the chosen box, each range from 0 to 1.

    Parameters
    ----------
    found
        The boxes.
    points
        Points of the study, for the ranges.
    path, language
        Where to, and in which words.
    """
    rows = max(len(found.box.restrictions), FEWEST_ROWS)
    with drawn(path, 10.5, 1.6 + 0.34 * rows, language) as figure:
        left, right = figure.subplots(1, 2, width_ratios=(1.0, 1.5))
        _tradeoff(left, found, language)
        _limits(right, found.box, points, language)
        words = {"missed": ("is missed", "未达到"), "met": ("is met", "达到")}[found.event]
        event = in_words(language, *words)
        figure.suptitle(f"{label_of(found.outcome, language)} {event}", fontsize=9)


def _tradeoff(axes: Any, found: Discovery, language: Language) -> None:
    coverage = [box.coverage for box in found.boxes]
    density = [box.density for box in found.boxes]
    axes.plot(coverage, density, "-", color=GREY, linewidth=0.7)
    axes.scatter(coverage, density, s=14, color=BLUE)
    axes.scatter([found.box.coverage], [found.box.density], s=50, facecolors="none",
                 edgecolors=RED, linewidths=1.5)  # fmt: skip
    axes.set_xlim(0.0, 1.03)
    axes.set_ylim(0.0, 1.03)
    words = ("coverage: share of all cases", "覆盖度：占全部案例的份额")
    axes.set_xlabel(in_words(language, *words))
    words = ("density: cases among the box's points", "密度：箱内案例份额")
    axes.set_ylabel(in_words(language, *words))
    plain(axes)


def _limits(axes: Any, box: Box, points: pd.DataFrame, language: Language) -> None:
    """One row a restricted factor: its range in grey, what the box allows in red."""
    restrictions = box.restrictions[::-1]
    for row, one in enumerate(restrictions):
        values = points[one.factor]
        if one.choices:
            choices = sorted(values.astype(str).unique())
            for place, choice in enumerate(choices):
                at = (place + 0.5) / len(choices)
                inside = choice in one.choices
                axes.plot([at], [row], "o", color=RED if inside else "#dddddd")
                axes.annotate(choice, (at, row), xytext=(0, 5), textcoords="offset points",
                              ha="center", fontsize=6)  # fmt: skip
            continue
        numbers = values.to_numpy().astype(float)
        first, width = float(numbers.min()), float(np.ptp(numbers)) or 1.0
        low = 0.0 if one.free_below else (one.low - first) / width
        high = 1.0 if one.free_above else (one.high - first) / width
        axes.plot([0.0, 1.0], [row, row], color="#dddddd", linewidth=5, solid_capstyle="butt")
        axes.plot([low, high], [row, row], color=RED, linewidth=5, solid_capstyle="butt")
        for at, text in ((0.0, first), (1.0, first + width)):
            axes.annotate(f"{text:.3g}", (at, row), xytext=(0, -11), textcoords="offset points",
                          ha="center", fontsize=6, color=GREY)  # fmt: skip
        axes.annotate(one.words, ((low + high) / 2.0, row), xytext=(0, 5),
                      textcoords="offset points", ha="center", fontsize=6)  # fmt: skip
    names = [factor_name(one.factor, language) for one in restrictions]
    axes.set_yticks(range(len(restrictions)), names)
    axes.set_ylim(-0.7, max(len(restrictions), FEWEST_ROWS) - 0.3)
    axes.set_xlim(-0.04, 1.04)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    plain(axes)
