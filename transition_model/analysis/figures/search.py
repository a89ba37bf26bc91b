"""The figure of a search: what it costs, where the levers stand, and which targets bind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from transition_model.analysis.figures.canvas import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    RED,
    ROW_HEIGHT,
    Language,
    drawn,
    in_words,
    plain,
)
from transition_model.analysis.figures.names import shortened
from transition_model.levers import load_levers
from transition_model.unit_words import unit_in_words, with_unit

if TYPE_CHECKING:
    from transition_model.analysis.search import Answer

LONGEST_LABEL = 38


def search_figure(answer: Answer, path: Path, language: Language = "en") -> None:
    """Costs of sets, the answer's levers within their ranges, probabilities of the targets."""
    question = answer.question
    rows = max(len(question.levers), len(question.requirements), 8)
    with drawn(path, 15.0, 1.6 + ROW_HEIGHT * rows, language) as figure:
        costs, levers, targets = figure.subplots(1, 3)
        _costs(costs, answer, language)
        _levers(levers, answer, language)
        _targets(targets, answer, language)
        figure.suptitle(headline(answer, language), x=0.01, ha="left", fontsize=9)
        for axes in (costs, levers, targets):
            plain(axes)


def headline(answer: Answer, language: Language = "en") -> str:
    """The answer in a sentence."""
    asked = answer.question.probability
    low, high = answer.best.interval
    told = f"{answer.best.probability:.0%} ({low:.0%}-{high:.0%}, {answer.best.runs})"
    english = {
        "met": f"All targets with at least {asked:.0%}: shown for the cheapest set, {told}",
        "not shown": f"All targets with at least {asked:.0%}: not shown; most probable set {told}",
        "out of reach": f"All targets with {asked:.0%}: out of reach of these ranges; "
        f"nearest miss {told}",
    }
    chinese = {
        "met": f"以不低于{asked:.0%}的概率实现全部目标：成本最低的组合已验证，{told}",
        "not shown": f"以不低于{asked:.0%}的概率实现全部目标：未能证实；概率最高的组合{told}",
        "out of reach": f"以{asked:.0%}的概率实现全部目标：在给定范围内无法达到；"
        f"最接近的组合{told}",
    }
    runs = in_words(language, f"{answer.runs:,} runs", f"{answer.runs:,}次运行")
    return f"{in_words(language, english[answer.verdict], chinese[answer.verdict])}; {runs}"


def _costs(axes: Any, answer: Answer, language: Language) -> None:
    costs = answer.question.costs
    two = len(costs) > 1
    told = answer.front.foretold

    def across(values: Any, probability: Any) -> Any:
        return values[..., 1] if two else probability

    axes.plot(
        across(told.costs, told.probability), told.costs[:, 0], ".-", color=GREY, markersize=3,
        linewidth=0.8, label=in_words(language, "front, emulated", "前沿（代理模型）"),
    )  # fmt: skip
    words = (
        (True, GREEN, "run: shown to do", "运行验证：达到"),
        (False, RED, "run: not shown to do", "运行验证：未证实"),
    )
    for shown, colour, english, chinese in words:
        sets = [
            one
            for one in answer.verified
            if (one.interval[0] >= answer.question.probability) == shown
        ]
        axes.plot(
            [across(one.costs, one.probability) for one in sets], [one.costs[0] for one in sets],
            "o", color=colour, markersize=4, label=in_words(language, english, chinese),
        )  # fmt: skip
    best = answer.best
    axes.plot(
        [across(best.costs, best.probability)], [best.costs[0]], "*", color=ORANGE, markersize=12,
        label=_answer_in_words(answer, language),
    )  # fmt: skip
    labels = [
        f"{in_words(language, cost.label_en or cost.id, cost.label_zh)}"
        f" ({unit_in_words(cost.unit, language)})"
        for cost in costs
    ]
    probability = in_words(language, "probability of all targets", "全部目标的实现概率")
    axes.set_ylabel(labels[0])
    axes.set_xlabel(labels[1] if two else probability)
    axes.legend(frameon=False, fontsize=7)


def _answer_in_words(answer: Answer, language: Language) -> str:
    if answer.verdict == "met":
        return in_words(language, "answer", "答案")
    return in_words(language, "nearest miss", "最接近的组合")


def _levers(axes: Any, answer: Answer, language: Language) -> None:
    table = answer.levers()
    width = (table["high"] - table["low"]).replace(0.0, 1.0)
    rows = np.arange(len(table))
    axes.hlines(rows, 0.0, 1.0, color="#d9d9d9", linewidth=4)
    for name, marker, colour, label in (
        ("plan", "|", "black", in_words(language, "plan", "规划")),
        ("answer", "o", BLUE, _answer_in_words(answer, language)),
    ):
        place = (table[name] - table["low"]) / width
        axes.plot(
            place, rows, marker, color=colour, markersize=8 - 3 * (marker == "o"), label=label
        )
    for row, line in enumerate(table.to_dict("records")):
        text = with_unit(_rounded(line["answer"]), line["unit"], language)
        axes.annotate(text, (1.03, row), va="center", fontsize=6.5, annotation_clip=False)
    known = load_levers()
    names = [
        in_words(language, known[name].label_en, known[name].label_zh) if name in known else name
        for name in table["lever"]
    ]
    axes.set_yticks(rows, [shortened(name, LONGEST_LABEL) for name in names])
    axes.invert_yaxis()
    axes.set_xlim(-0.05, 1.5)
    axes.set_xticks([0.0, 1.0], in_words(language, "low high", "低 高").split())
    axes.legend(frameon=False, ncols=2, loc="upper center", bbox_to_anchor=(0.4, -0.06))


def _targets(axes: Any, answer: Answer, language: Language) -> None:
    question = answer.question
    rows = np.arange(len(question.requirements))
    colours = [RED if fails else GREEN for fails in answer.targets()["fails"]]
    axes.barh(rows, answer.best.alone, color=colours, height=0.55)
    axes.axvline(question.probability, color="black", linewidth=0.8, linestyle="--")
    unit = unit_in_words(question.costs[0].unit, language)
    for row, (one, binds) in enumerate(zip(question.requirements, answer.binding, strict=True)):
        if binds:
            of = unit_in_words(one.unit, language)
            price = f"{_rounded(answer.prices[row, 0])} {unit} / {of}"
            axes.text(0.02, row, price, va="center", color="white", fontsize=6.5)
    names = [in_words(language, o.label_en or o.id, o.label_zh) for o in question.requirements]
    axes.set_yticks(rows, [shortened(name, LONGEST_LABEL) for name in names])
    axes.invert_yaxis()
    axes.set_xlim(0.0, 1.02)
    words = "probability of each target there", "该组合下各目标的实现概率"
    label = in_words(language, *words)
    if answer.binding.any():
        words = "in a bar: its shadow price, if it binds", "条内为起约束作用的目标的影子价格"
        label += "\n" + in_words(language, *words)
    axes.set_xlabel(label, fontsize=7)


def _rounded(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
