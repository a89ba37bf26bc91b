"""Figure of a comparison: targets, additional and windfall cars, and who receives the money."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from transition_model.analysis.figures.canvas import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    ROW_HEIGHT,
    Language,
    drawn,
    in_words,
    plain,
)

if TYPE_CHECKING:
    from transition_model.analysis.comparison import Comparison, Effect

FEWEST_ROWS = 14
DISTRICTS_SHOWN = 12
MILLION, TEN_THOUSAND = 1e6, 1e4
WHOLE = 100.0


def comparison_figure(found: Comparison, path: Path, language: Language = "en") -> None:
    """Left effects on targets in percent of the goal; right cars, and money by group.

    Of the districts the twelve with the largest differences are shown.
    """
    from transition_model.analysis.comparison import INCOME

    targets = found.of_kind("target")
    height = 1.4 + ROW_HEIGHT * max(len(targets), FEWEST_ROWS)
    with drawn(path, 11.0, height, language) as figure:
        grid = figure.add_gridspec(3, 2, width_ratios=(1.3, 1.0), height_ratios=(1.0, 1.6, 2.4))
        _targets(figure.add_subplot(grid[:, 0]), targets, language)
        _cars(figure.add_subplot(grid[0, 1]), found, language)
        words = ("by income group", "分收入组")
        _money(figure.add_subplot(grid[1, 1]), found.of_kind(INCOME), words, language)
        _districts(figure.add_subplot(grid[2, 1]), found, language)
        seeds = in_words(language, f"{len(found.seeds)} seeds", f"{len(found.seeds)}个种子")
        title = f"{found.under} − {found.without}, {seeds}, {found.since} – {found.until}"
        figure.suptitle(title, fontsize=9)


def _name(effect: Effect, language: Language) -> str:
    return in_words(language, effect.label_en or effect.id, effect.label_zh)


def _targets(axes: Any, targets: tuple[Effect, ...], language: Language) -> None:
    shown = [effect for effect in targets[::-1] if effect.goal]
    for row, effect in enumerate(shown):
        scale = WHOLE / abs(float(effect.goal or 1.0))
        half = np.nan_to_num(effect.half) * scale
        axes.errorbar([effect.pair.mean * scale], [row], xerr=[half], fmt="o", color=BLUE,
                      markersize=3.5, linewidth=1.2)  # fmt: skip
    axes.axvline(0.0, color=GREY, linewidth=0.7)
    axes.set_yticks(range(len(shown)), [_name(effect, language) for effect in shown])
    axes.set_ylim(-0.7, len(shown) - 0.3)
    axes.set_xlabel(in_words(language, "effect, % of the goal", "效应，占目标值的%"))
    plain(axes)


def _cars(axes: Any, found: Comparison, language: Language) -> None:
    effects = {effect.id: effect.pair.mean for effect in found.of_kind("cars")}
    subsidised, additional = effects["subsidised_cars"], effects["new_cars"]
    windfall = subsidised - additional
    for left, cars, colour, english, chinese in (
        (0.0, additional, GREEN, "additional", "新增"),
        # Fewer than without: to the other side of nothing.
        (
            max(additional, 0.0) if windfall > 0.0 else 0.0,
            windfall,
            ORANGE,
            "windfall",
            "本来就会购买",
        ),
    ):
        axes.barh([0], [cars / TEN_THOUSAND], left=[left / TEN_THOUSAND], color=colour,
                  label=in_words(language, english, chinese))  # fmt: skip
    axes.axvline(0.0, color=GREY, linewidth=0.7)
    axes.set_yticks([])
    axes.set_xlabel(in_words(language, "subsidised cars, 10,000", "获补贴新车，万辆"))
    axes.legend(frameon=False, ncols=2, fontsize=7, loc="upper center", bbox_to_anchor=(0.5, 1.35))
    axes.spines["left"].set_visible(False)
    plain(axes)


def _money(
    axes: Any, effects: tuple[Effect, ...], words: tuple[str, str], language: Language
) -> None:
    """What a household receives more, with the interval."""
    rows = np.arange(len(effects))[::-1]
    means = np.nan_to_num([effect.pair.mean for effect in effects])
    halves = np.nan_to_num([effect.half for effect in effects])
    axes.barh(rows, means, color=BLUE, xerr=halves, error_kw={"linewidth": 0.8})
    axes.axvline(0.0, color=GREY, linewidth=0.7)
    axes.set_yticks(rows, [_name(effect, language) for effect in effects], fontsize=6.5)
    label = in_words(language, "more yuan a household", "每户多得（元）")
    axes.set_xlabel(f"{label}, {in_words(language, *words)}", fontsize=7)
    plain(axes)


def _districts(axes: Any, found: Comparison, language: Language) -> None:
    from transition_model.analysis.comparison import DISTRICT

    known = [effect for effect in found.of_kind(DISTRICT) if not np.isnan(effect.pair.mean)]
    known.sort(key=lambda effect: -abs(effect.pair.mean))
    words = ("by district: the largest", "差异最大的区县")
    _money(axes, tuple(known[:DISTRICTS_SHOWN]), words, language)
