"""The check of the plan's official text against the catalogue.

The project carries the plan's terms and figures, not its text. Whoever has the text can verify that
every term stands with its figure under the measure that the catalogue says, and that no figure for
2027 in the text has been left out.

The reading is plain. A measure's sentence that begins with 到2027年 holds its figures; commas and
semicolons part it into clauses. A term's figure is the first one behind it in its clause, or, where
the term closes the clause, the last one before it; behind 分别 ("respectively") the figures belong
to the terms in their order.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from transition_model.errors import InputError
from transition_model.plan.catalogue import (
    MEASURE_COUNT,
    TARGETS_FILE,
    Operator,
    Plan,
    Target,
    UnquantifiedTarget,
)
from transition_model.quantity import convert, same_dimension

type Kind = Literal["target", "unquantified", "measure", "unclaimed"]

PREAMBLE = 0
"""Where a measure's number is expected: the text before the first measure."""

_DIGITS = "一二三四五六七八九"
_QUOTES = str.maketrans(dict.fromkeys("“”„‟「」『』", '"'))
_MEASURE_HEADING = re.compile(f"\\(([{_DIGITS}十]{{1,3}})\\)")
_ACTION_HEADING = re.compile(f"^[{_DIGITS}十]+、(?:实施)?(?P<label>[^。]+)$")
_GOAL = re.compile("到2027年(?P<clauses>[^。]*)")
_CLAUSE = re.compile("[^,;]+")
_JOINED = re.compile("[和、]")
_COUNT_WORDS = {"个": "count", "家": "count"}
_COUNT_SCALES = {"": "", "万": "10^4 ", "亿": "10^8 "}
_UNIT_WORDS = (
    *("%", "千瓦时", "千瓦", "吨标准煤", "吨公里", "吨", "平方米", "立方米", "公里", "公顷", "亩"),
    *("标箱", "人次", "人", "户", "辆", "元"),
    *_COUNT_WORDS,
)
# Not the years, nor digits that belong to a name (PM2.5).
_FIGURE = re.compile(
    r"(?<![A-Za-z0-9.])(?!\d{4}年)(?P<number>\d+(?:\.\d+)?)"
    rf"(?:(?P<scale>[万亿]*)(?P<word>{'|'.join(_UNIT_WORDS)}))?"
)
_ABOVE = ("超过", "突破", "超", "大于", "高于")
_AT_MOST_BEFORE = ("不超过", "不高于", "不大于")
_AT_MOST_BEHIND = ("以内", "以下")


@dataclass(frozen=True)
class TermCheck:
    """One row of the check.

    ``kind`` is ``target`` (a target under one measure), ``unquantified`` (an aim without a figure),
    ``measure`` (a measure's heading) or ``unclaimed`` (a figure that no target claims).

    Attributes
    ----------
    id
        The target, the measure as ``measure_7``, or for an unclaimed figure the figure.
    measure
        The measure's number; None for the preamble.
    term_found
        Whether the term (or heading) stands there.
    figure_found
        Whether the figure stands there, in the sentence for 2027; None for a heading.
    in_preamble
        For headline targets whether term, figure and comparison stand in the preamble, too; else
        None.
    passed
        Whether the row is as the catalogue says: for a target also that the figure is the term's
        own and that the comparison (at least, more than, at most) is the target's.
    detail
        What was found, for people.
    """

    kind: Kind
    id: str
    measure: int | None
    term_found: bool
    figure_found: bool | None
    in_preamble: bool | None
    passed: bool
    detail: str


@dataclass(frozen=True)
class _Section:
    """The preamble or one measure, in normalised text; ``action`` is the chapter's heading."""

    number: int
    action: str
    title: str
    text: str


@dataclass(frozen=True)
class _Figure:
    """A number in the text with its unit, as the registry spells it ("" if it knows none)."""

    written: str
    number: float
    unit: str
    start: int
    end: int

    def equals(self, target: Target) -> bool:
        """Whether this is the target's value.

        The plan leaves "a year" and "a person" unsaid, so the unit's denominator is left aside.
        """
        unit = target.unit.partition("/")[0]
        if not self.unit or not same_dimension(self.unit, unit):
            return False
        return math.isclose(convert(self.number, self.unit, unit), target.value, rel_tol=1e-9)


@dataclass(frozen=True)
class _Clause:
    """A clause of a sentence for 2027; ``section`` and ``start`` tell it from all others."""

    section: int
    start: int
    text: str
    figures: tuple[_Figure, ...]

    def comparison(self, figure: _Figure) -> Operator:
        """How the clause compares with a figure; reaching it is at least."""
        before, behind = self.text[: figure.start], self.text[figure.end :]
        if before.endswith(_AT_MOST_BEFORE) or behind.startswith(_AT_MOST_BEHIND):
            return "<="
        return ">" if before.endswith(_ABOVE) else ">="

    def figures_of(self, term: str) -> Iterator[_Figure]:
        """The figure that belongs to each occurrence of a term."""
        for found in re.finditer(re.escape(term), self.text):
            behind = [figure for figure in self.figures if figure.start >= found.end()]
            before = [figure for figure in self.figures if figure.end <= found.start()]
            respectively = self.text.find("分别", found.end())
            if respectively >= 0:
                behind = [figure for figure in behind if figure.start > respectively]
                behind = behind[len(_JOINED.findall(self.text[: found.start()])) :]
                before = []
            if behind:
                yield behind[0]
            elif before:
                yield before[-1]


@dataclass(frozen=True)
class _Finding:
    """What one section says about one target."""

    term: bool
    figure: bool
    claimed: frozenset[tuple[int, int, int]]
    passed: bool
    detail: str


def check_plan_text(text: str, plan: Plan) -> tuple[TermCheck, ...]:
    """Check the official text against the catalogue.

    Parameters
    ----------
    text
        The plan's text. Line breaks within words, spaces around digits and full-width forms don't
        matter.
    plan
        The catalogue.

    Returns
    -------
    tuple of TermCheck
        A row for each target and measure that states it (the preamble where it stands there
        alone), for each aim without a figure, for each measure's heading, and for each figure of a
        sentence for 2027 that no target claims.

    Raises
    ------
    InputError
        If the text can't be split into the 36 measures.
    """
    sections = _split(_normalised(text))
    clauses = {number: _clauses(section, plan) for number, section in sections.items()}
    rows: list[TermCheck] = []
    claimed: set[tuple[int, int, int]] = set()
    for target in plan.targets:
        preamble = _find(target, PREAMBLE, clauses) if target.headline else None
        if preamble is not None:
            claimed |= preamble.claimed
        for number in target.places or (PREAMBLE,):
            finding = _find(target, number, clauses)
            claimed |= finding.claimed
            rows.append(_target_row(target, number, finding, preamble))
    rows += [
        _unquantified_row(aim, number, clauses[number])
        for aim in plan.unquantified
        for number in aim.measures
    ]
    rows += [_measure_row(plan, sections[measure.number]) for measure in plan.measures]
    for section in clauses.values():
        rows += _unclaimed_rows(section, claimed)
    return tuple(rows)


def check_figures(plan: Plan) -> None:
    """Check, without the text, that every target's value and unit say what ``plan_figure`` says.

    Raises
    ------
    InputError
        At the first target where they differ.
    """
    for target in plan.targets:
        if not _figure_agrees(target):
            where = f"{TARGETS_FILE}: {target.id} value"
            raise InputError(where, f"{target.value:g} {target.unit}", target.plan_figure)


def _figure_agrees(target: Target) -> bool:
    written = _normalised(target.plan_figure)
    figure = next(_figures(written), None)
    return figure is not None and figure.written == written and figure.equals(target)


def _normalised(text: str) -> str:
    """Fold full-width forms and quotation marks, and drop all white space."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text).translate(_QUOTES))


def _number(numeral: str) -> int:
    """Read a Chinese numeral below one hundred; 0 if it is none."""
    tens, ten, ones = numeral.rpartition("十")
    if len(tens) > 1 or len(ones) > 1 or "十" in tens:
        return 0
    high = _DIGITS.find(tens) + 1 if tens else len(ten)
    low = _DIGITS.find(ones) + 1 if ones else 0
    return 10 * high + low


def _split(text: str) -> dict[int, _Section]:
    """Split normalised text into the preamble (0) and the measures by number."""
    headings = list(_MEASURE_HEADING.finditer(text))
    numbers = [_number(heading[1]) for heading in headings]
    if numbers != list(range(1, MEASURE_COUNT + 1)):
        pairs = enumerate(numbers, start=1)
        broken = next((place for place, number in pairs if number != place), len(numbers) + 1)
        read = f"{len(numbers)} numbered headings, no ({broken}) at its place"
        raise InputError("plan text", read, "the 36 measures, numbered （一） to （三十六）")
    starts = [0, *(heading.end() for heading in headings)]
    ends = [*(heading.start() for heading in headings), len(text)]
    sections: dict[int, _Section] = {}
    action = ""
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        body, _, rest = text[start:end].rpartition("。")
        title = body.partition("。")[0]
        sections[number] = _Section(number, action, title, f"{body}。")
        # What follows a section's last full stop is the heading of the next chapter.
        heading = _ACTION_HEADING.match(rest)
        action = heading["label"] if heading else action
    return sections


def _figures(text: str) -> Iterator[_Figure]:
    """Find the numbers in normalised text, except years."""
    for found in _FIGURE.finditer(text):
        scale, word = found["scale"], found["word"]
        if word is None:
            unit = ""
        elif word == "%":
            unit = "percent"
        elif word in _COUNT_WORDS:
            unit = _COUNT_SCALES.get(scale, "") + _COUNT_WORDS[word]
        else:
            unit = scale + word
        yield _Figure(found[0], float(found["number"]), unit, found.start(), found.end())


def _clauses(section: _Section, plan: Plan) -> tuple[_Clause, ...]:
    """The clauses of a section's sentences for 2027; numbers inside terms are no figures."""
    terms = {word for target in plan.targets for word in (target.label_zh, *target.plan_terms)}
    numbered = [term for term in map(_normalised, terms) if re.search(r"\d", term)]
    found: list[_Clause] = []
    for goal in _GOAL.finditer(section.text):
        for match in _CLAUSE.finditer(section.text, *goal.span("clauses")):
            text = match[0]
            inside = [
                word.span() for term in numbered for word in re.finditer(re.escape(term), text)
            ]
            figures = tuple(
                figure
                for figure in _figures(text)
                if not any(start <= figure.start < end for start, end in inside)
            )
            found.append(_Clause(section.number, match.start(), text, figures))
    return tuple(found)


def _wording(target: Target, number: int) -> tuple[str, ...]:
    """The words that name a target at a place: its term, or its plan terms under a measure."""
    words = (target.label_zh,) if number == PREAMBLE else target.plan_terms or (target.label_zh,)
    return tuple(_normalised(word) for word in words)


def _find(target: Target, number: int, sections: Mapping[int, tuple[_Clause, ...]]) -> _Finding:
    """Look a target up in the clauses of the preamble or of a measure."""
    clauses = sections[number]
    words = _wording(target, number)
    text = ",".join(clause.text for clause in clauses)
    missing = [word for word in words if word not in text]
    present = any(figure.equals(target) for clause in clauses for figure in clause.figures)
    if not clauses:
        return _Finding(False, False, frozenset(), False, "no sentence for 2027")
    if missing:
        return _Finding(False, present, frozenset(), False, f"{missing[0]} is missing")
    own = [(clause, figure) for clause in clauses for figure in clause.figures_of(words[-1])]
    right = [(clause, figure) for clause, figure in own if figure.equals(target)]
    if not right:
        read = "、".join(dict.fromkeys(figure.written for _, figure in own)) or "no figure"
        detail = f"{words[-1]}: the text reads {read}, the catalogue {_said(target)}"
        return _Finding(True, present, frozenset(), False, detail)
    claimed = frozenset((clause.section, clause.start, figure.start) for clause, figure in right)
    clause, figure = right[0]
    operator = clause.comparison(figure)
    detail = f"{'…'.join(words)} {operator} {figure.written}"
    if operator != target.operator:
        detail += f"; the catalogue says {target.operator}"
    if not _figure_agrees(target):
        detail += f"; in the catalogue {_said(target)} is not {target.plan_figure}"
    passed = operator == target.operator and _figure_agrees(target)
    return _Finding(True, True, claimed, passed, detail)


def _said(target: Target) -> str:
    return f"{target.value:g} {target.unit}"


def _target_row(
    target: Target, number: int, finding: _Finding, preamble: _Finding | None
) -> TermCheck:
    """Put the finding at one place, and in the preamble for a headline target, into a row."""
    detail = finding.detail
    if number == PREAMBLE:
        behind = ", ".join(str(measure) for measure in target.measures)
        detail += f"; stated in the preamble alone, measures behind it: {behind}"
    elif preamble is not None and not preamble.passed:
        detail += f"; in the preamble: {preamble.detail}"
    return TermCheck(
        kind="target",
        id=target.id,
        measure=number or None,
        term_found=finding.term,
        figure_found=finding.figure,
        in_preamble=None if preamble is None else preamble.passed,
        passed=finding.passed and (preamble is None or preamble.passed),
        detail=detail,
    )


def _unquantified_row(
    aim: UnquantifiedTarget, number: int, clauses: Iterable[_Clause]
) -> TermCheck:
    """Look for an aim that must stand there without a figure of its own."""
    term = _normalised(aim.label_zh)
    holding = [clause for clause in clauses if term in clause.text]
    figures = [figure.written for clause in holding for figure in clause.figures_of(term)]
    row = TermCheck(
        kind="unquantified",
        id=aim.id,
        measure=number,
        term_found=bool(holding),
        figure_found=bool(figures),
        in_preamble=None,
        passed=bool(holding) and not figures,
        detail=f"{aim.label_zh}, without a figure",
    )
    if figures:
        return replace(row, detail=f"{aim.label_zh}: has a figure in the text, {figures[0]}")
    return row if holding else replace(row, detail=f"{aim.label_zh} is missing")


def _measure_row(plan: Plan, section: _Section) -> TermCheck:
    """Compare a measure's title and action with the headings in the text."""
    measure = plan.measure(section.number)
    action = plan.action(section.number)
    titled = section.title == _normalised(measure.title_zh)
    placed = section.action == _normalised(action.label_zh)
    detail = f"{action.label_zh} / {measure.title_zh}"
    if not titled:
        detail += f"; the heading reads {section.title[:40]}"
    if not placed:
        detail += f"; it stands under {section.action[:40] or 'no action'}"
    return TermCheck(
        kind="measure",
        id=f"measure_{section.number}",
        measure=section.number,
        term_found=titled,
        figure_found=None,
        in_preamble=None,
        passed=titled and placed,
        detail=detail,
    )


def _unclaimed_rows(
    clauses: Iterable[_Clause], claimed: set[tuple[int, int, int]]
) -> Iterator[TermCheck]:
    """Report the figures that no target claims."""
    for clause in clauses:
        for figure in clause.figures:
            if (clause.section, clause.start, figure.start) not in claimed:
                place = f"measure {clause.section}" if clause.section else "the preamble"
                yield TermCheck(
                    kind="unclaimed",
                    id=figure.written,
                    measure=clause.section or None,
                    term_found=False,
                    figure_found=True,
                    in_preamble=None,
                    passed=False,
                    detail=f"{clause.text} in {place}: no target claims {figure.written}",
                )
