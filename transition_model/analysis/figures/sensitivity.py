"""Figures of sensitivity: a heat map of what matters for which outcome, and Morris' plane."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from transition_model.analysis.figures.canvas import (
    BLUE,
    GREY,
    ROW_HEIGHT,
    Language,
    drawn,
    in_words,
    plain,
)
from transition_model.analysis.figures.names import factor_name, label_of, shortened
from transition_model.unit_words import unit_in_words

if TYPE_CHECKING:
    from transition_model.analysis.sensitivity import FeatureScores, Morris, Sobol
    from transition_model.studies.results import Outcome

type Array = NDArray[np.float64]

FEW_OUTCOMES = 3
TITLE_WIDTH = 36
PANELS = 8
PANELS_ABREAST = 4
LEAST_NUMBERED = 0.03
"""Share of the largest effect below which points lie on each other and have no number."""

NAME_WIDTH = 40


def sobol_figure(found: Sobol, path: Path, language: Language = "en") -> None:
    """Total indices by outcome and factor; with few outcomes bars of first and total indices."""
    outcomes = [entry.outcome for entry in found.entries]
    if len(outcomes) > FEW_OUTCOMES:
        totals = np.array([entry.total for entry in found.entries])
        label = in_words(language, "total Sobol index", "Sobol总指数")
        _heat_map(outcomes, found.factors, totals, label, found.study, path, language)
        return
    with drawn(path, 7.5, 1.2 + ROW_HEIGHT * len(found.factors), language) as figure:
        grid = figure.subplots(1, len(outcomes), squeeze=False, sharey=True)
        order = np.argsort(np.nan_to_num(found.entries[0].total))
        rows = np.arange(len(order))
        for entry, axes in zip(found.entries, grid.flat, strict=True):
            for shift, values, errors, colour, label in (
                (0.18, entry.first, entry.first_error, BLUE, in_words(language, "first", "一阶")),
                (-0.18, entry.total, entry.total_error, GREY, in_words(language, "total", "总")),
            ):
                axes.barh(rows + shift, values[order], 0.34, xerr=errors[order], color=colour,
                          error_kw={"linewidth": 0.8}, label=label)  # fmt: skip
            axes.set_title(label_of(entry.outcome, language), fontsize=8)
            names = [factor_name(found.factors[place], language) for place in order]
            axes.set_yticks(rows, [fill(name, NAME_WIDTH) for name in names])
            axes.axvline(0.0, color=GREY, linewidth=0.6)
            plain(axes)
        grid.flat[0].legend(frameon=False, loc="lower right")
        figure.supxlabel(in_words(language, "share of the variance", "方差占比"), fontsize=8)


def feature_score_figure(found: FeatureScores, path: Path, language: Language = "en") -> None:
    """Feature scores by outcome and factor."""
    label = in_words(language, "feature score", "特征得分")
    outcomes = list(found.outcomes)
    _heat_map(outcomes, found.factors, found.mean, label, found.study, path, language)


def _heat_map(
    outcomes: list[Outcome], factors: tuple[str, ...], values: Array, label: str, study: str,
    path: Path, language: Language,
) -> None:  # fmt: skip
    """Values of shape (outcomes, factors), the factor that matters most at the left."""
    order = np.argsort(-np.nan_to_num(values).max(axis=0), kind="stable")
    width, height = 4.6 + 0.34 * len(factors), 1.9 + ROW_HEIGHT * len(outcomes)
    with drawn(path, width, height, language) as figure:
        axes = figure.add_subplot()
        shown = np.ma.masked_invalid(values[:, order])
        image = axes.imshow(shown, cmap="Blues", vmin=0.0, vmax=1.0, aspect="auto")
        for row, column in np.argwhere(np.nan_to_num(values[:, order]) >= 0.05):
            share = values[row, order[column]]
            colour = "white" if share > 0.6 else "black"
            axes.text(column, row, f"{share:.2f}", ha="center", va="center", fontsize=5.5,
                      color=colour)  # fmt: skip
        names = [shortened(factor_name(factors[place], language), NAME_WIDTH) for place in order]
        axes.set_xticks(range(len(names)), names, rotation=90, fontsize=6.5)
        axes.set_yticks(range(len(outcomes)), [label_of(o, language) for o in outcomes])
        axes.set_title(study, loc="left")
        figure.colorbar(image, ax=axes, label=label, shrink=0.8)


def morris_figure(found: Morris, path: Path, language: Language = "en") -> None:
    """Mean size and deviation of the effects, a panel an outcome, at most eight."""
    from matplotlib.lines import Line2D

    entries = found.entries[:PANELS]
    rows = -(-len(entries) // PANELS_ABREAST)
    width = 2.0 + 2.7 * min(PANELS_ABREAST, len(entries))
    with drawn(path, width, 0.6 + 2.6 * rows, language) as figure:
        grid = figure.subplots(rows, min(PANELS_ABREAST, len(entries)), squeeze=False)
        for axes in list(grid.flat)[len(entries) :]:
            axes.set_axis_off()
        factors = [factor_name(name, language) for name in found.factors]
        names = "\n".join(f"{place}  {name}" for place, name in enumerate(factors, start=1))
        figure.legend([Line2D([], [], linestyle="")], [names], frameon=False, fontsize=6.5,
                      loc="outside right upper", handlelength=0.0)  # fmt: skip
        for entry, axes in zip(entries, grid.flat, strict=False):
            axes.errorbar(entry.absolute, entry.deviation, xerr=entry.absolute_error, fmt="o",
                          color=BLUE, markersize=3, linewidth=0.8)  # fmt: skip
            told = entry.absolute > LEAST_NUMBERED * entry.absolute.max()
            for place in np.flatnonzero(told)[np.argsort(-entry.absolute[told])]:
                where = (entry.absolute[place], entry.deviation[place])
                axes.annotate(str(place + 1), where, xytext=(2, 3),
                              textcoords="offset points", fontsize=7)  # fmt: skip
            limit = max(float(entry.absolute.max()), float(entry.deviation.max()))
            axes.plot([0.0, limit], [0.0, limit], color=GREY, linewidth=0.6, linestyle="--")
            unit = unit_in_words(entry.outcome.unit, language)
            title = f"{label_of(entry.outcome, language)}{f', {unit}' if unit else ''}"
            axes.set_title(fill(title, TITLE_WIDTH), fontsize=7)
            plain(axes)
        words = ("mean size of the effect of a factor's whole range", "因素全范围效应的平均大小")
        figure.supxlabel(in_words(language, *words), fontsize=8)
        words = ("standard deviation of the effect", "效应标准差")
        figure.supylabel(in_words(language, *words), fontsize=8)
