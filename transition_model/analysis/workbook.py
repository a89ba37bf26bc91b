"""Workbooks for Excel: what was run, on what, and what came of it, in Chinese and English.

Each sheet has two rows of headings, Chinese above English, which stay in sight; the same run is the
same workbook, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transition_model.declared import Status
from transition_model.errors import InputError
from transition_model.instruments import load_instruments
from transition_model.levers import PLAN_START, load_levers
from transition_model.parameters import load_parameters
from transition_model.results import Definition, evidence_of, load_definitions, units_by_name
from transition_model.scenario import Scenario
from transition_model.scoreboard import TARGET_MONTH, declared_statuses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transition_model.runs.simulation import Result
    from transition_model.studies.results import Outcome, StudyResults
    from transition_model.studies.study import Study

type Cells = Sequence[Any] | NDArray[np.float64] | NDArray[np.str_] | pd.Series[Any]

WORKBOOK = ".xlsx"

MOST_ROWS = 1_048_576
"""Of a sheet, in Excel."""

WIDEST, NARROWEST = 60, 9
"""Columns, in characters."""

NUMBER, SHARE, WHOLE = "#,##0.###", "0.0%", "#,##0"


@dataclass(frozen=True)
class Column:
    """A column of a sheet: its headings and how its numbers look."""

    zh: str
    en: str
    cells: Cells
    format: str = NUMBER


@dataclass(frozen=True)
class Sheet:
    """A sheet: its name in both languages and its columns, as many values in each."""

    zh: str
    en: str
    columns: tuple[Column, ...]

    @property
    def name(self) -> str:
        """As it stands on the tab."""
        return f"{self.zh} {self.en}"


def study_workbook(results: StudyResults, study: Study, path: Path) -> None:
    """Write what a study ran and found.

    Parameters
    ----------
    results
        Its runs.
    study
        What they were asked for.
    path
        Ends in ``.xlsx``.

    Raises
    ------
    InputError
        If the ending is another, there are more rows than a sheet holds, or it can't be written.
    """
    inputs = results.inputs
    factors = [str(name) for name in inputs.columns]
    words = {
        "研究|study": results.planned.name,
        "说明|description (Chinese)": study.description_zh,
        "说明（英文）|description (English)": study.description_en,
        "基准情景|base": study.base,
        "抽样设计|design": study.design.method,
        "每点种子数|replications": study.replications,
        "运行次数|runs": len(inputs),
        "缺失或失败|missing or failed": results.missing,
        "家庭数|households": results.planned.households,
        "末月|last month": str(results.planned.last),
    }
    varied = set(factors)
    write_workbook(
        path,
        (
            _about(words),
            _factor_sheet(study),
            _lever_sheet(None, varied),
            _study_scoreboard(results),
            _frame_sheet("逐次结果", "runs", inputs.join(_outcomes(results)), _units(results)),
            *_mean_series(results),
            _sources(results.outcomes, varied),
        ),
    )


def run_workbook(result: Result, scenario: Scenario, path: Path) -> None:
    """Write one run: what it was, its levers, scoreboard, monthly series and sources.

    Raises
    ------
    InputError
        If the ending is not ``.xlsx``, or it can't be written.
    """
    record = result.record
    words = {
        "情景|scenario": record.scenario,
        "说明|description": scenario.description_zh or scenario.description_en,
        "随机种子|seed": record.seed,
        "家庭数|households": record.households,
        "首月|first month": record.start,
        "末月|last month": record.end,
        "模型文本|model hash": record.model_hash,
        "数据|data hash": record.data_hash,
        **{f"版本 {name}|version of {name}": value for name, value in record.versions.items()},
        "情景内容|changes against the plan": scenario.to_query(),
    }
    rows = result.scoreboard
    board = Sheet(
        "记分板", "scoreboard",
        (
            Column("指标代码", "target", [row.id for row in rows]),
            Column("指标", "target (Chinese)", [row.label_zh for row in rows]),
            Column("指标（英文）", "target (English)", [row.label_en for row in rows]),
            Column("主要目标", "headline", ["是 yes" if row.headline else "" for row in rows]),
            Column("结果", "value", [row.value for row in rows]),
            Column("关系", "operator", [row.operator for row in rows]),
            Column("目标", "goal", [row.target for row in rows]),
            Column("差距", "gap", [row.gap for row in rows]),
            Column("单位", "unit", [row.unit for row in rows]),
            Column("是否达到", "met", [_yes(row.met) for row in rows]),
            Column("驱动方式", "what moves it", [row.mechanism for row in rows]),
            Column("依据", "evidence", [row.evidence or "" for row in rows]),
            Column("备注", "note", [row.note for row in rows]),
        ),
    )  # fmt: skip
    series = result.all_series
    units = dict(units_by_name())
    labels = _labels()
    months = [str(month) for month in series.months]
    columns = (
        Column("月份", "month", months),
        *(
            Column(f"{labels[name][0]}（{units[name]}）", f"{name} ({units[name]})", series[name])
            for name in units
        ),
    )
    outcomes = [row for row in rows if row.evidence is not None]
    write_workbook(
        path,
        (
            _about(words),
            _lever_sheet(scenario, set()),
            board,
            Sheet("月度序列", "series", columns),
            _sources_of(_definitions_of(row.id for row in outcomes), set()),
        ),
    )


# -- sheets ------------------------------------------------------------------------------------
def _about(words: Mapping[str, Any]) -> Sheet:
    names = [name.partition("|") for name in words]
    return Sheet(
        "输入", "inputs",
        (
            Column("项目", "what (Chinese)", [zh for zh, _, _ in names]),
            Column("项目（英文）", "what (English)", [en for _, _, en in names]),
            Column("内容", "value", [_plain(value) for value in words.values()], WHOLE),
        ),
    )  # fmt: skip


def _factor_sheet(study: Study) -> Sheet:
    """What varies: ranges and distributions, or choices; and what is held."""
    kinds = {"lever": "杠杆 lever", "parameter": "参数 parameter", "structure": "结构 structure"}
    factors = study.factors
    held = list(study.constants.items())
    blank = [None] * len(held)
    numeric = [one if one.is_numeric else None for one in factors]
    spread = [one.distribution if one else "" for one in numeric]
    choices = ["; ".join(map(str, one.choices)) for one in factors]
    return Sheet(
        "因素", "factors",
        (
            Column("代码", "factor", [*(one.id for one in factors), *(name for name, _ in held)]),
            Column("类别", "kind", [*(kinds[o.kind] for o in factors), *["固定 held"] * len(held)]),
            Column("下限", "low", [*(one.low if one else None for one in numeric), *blank]),
            Column("中心值", "central", [*(o.central if o else None for o in numeric), *blank]),
            Column("上限", "high", [*(one.high if one else None for one in numeric), *blank]),
            Column("分布", "distribution", [*spread, *blank]),
            Column("选项或固定值", "choices or value", [*choices, *(str(v) for _, v in held)]),
            Column("单位", "unit", [*(one.unit for one in factors), *blank]),
            Column("起始月", "from", [*(str(o.start) if o.start else "" for o in factors), *blank]),
        ),
    )  # fmt: skip


def _lever_sheet(scenario: Scenario | None, varied: set[str]) -> Sheet:
    levers = list(load_levers().values())
    at_plan = [one.value_planned(TARGET_MONTH) for one in levers]
    columns = [
        Column("杠杆代码", "lever", [one.id for one in levers]),
        Column("杠杆", "lever (Chinese)", [one.label_zh for one in levers]),
        Column("杠杆（英文）", "lever (English)", [one.label_en for one in levers]),
        Column("措施", "measure", [one.measure for one in levers], WHOLE),
        Column("单位", "unit", [one.unit for one in levers]),
        Column("规划前", f"before {PLAN_START}", [one.value_before(PLAN_START) for one in levers]),
        Column("规划", f"plan, {TARGET_MONTH}", at_plan),
    ]
    if scenario is not None:
        here = [scenario.lever_value(one.id, TARGET_MONTH) for one in levers]
        changed = [
            "是 yes" if value != plan else "" for value, plan in zip(here, at_plan, strict=True)
        ]
        columns += [
            Column("本情景", f"this scenario, {TARGET_MONTH}", here),
            Column("不同于规划", "differs from the plan", changed),
        ]
    else:
        marked = ["是 yes" if one.id in varied else "" for one in levers]
        columns.append(Column("研究中变动", "varied in the study", marked))
    columns += [
        Column("下限", "low", [one.low for one in levers]),
        Column("上限", "high", [one.high for one in levers]),
        Column("状态", "status", [one.status.value for one in levers]),
        Column("来源", "source", [one.source for one in levers]),
    ]
    return Sheet("杠杆", "levers", tuple(columns))


def _study_scoreboard(results: StudyResults) -> Sheet:
    """Mean, spread and share of runs that meet the target, of every outcome and scenario."""
    # What serves studies is slow to import, and a single run does without.
    from transition_model.studies.design import SCENARIO
    from transition_model.studies.results import HIGH, LOW

    summary = results.summary()
    by_id = {outcome.id: outcome for outcome in results.outcomes}
    outcomes = [by_id[name] for name in summary["outcome"]]
    statuses = declared_statuses()
    evidence = [_evidence(_definition(o.variable), statuses) for o in outcomes]
    spread = (f"{LOW:.0%}".replace("%", " %"), f"{HIGH:.0%}".replace("%", " %"))
    columns = [
        Column("指标代码", "outcome", summary["outcome"]),
        Column(
            "指标", "outcome (Chinese)", [o.target.label_zh if o.target else "" for o in outcomes]
        ),
        Column("指标（英文）", "outcome (English)", [o.label for o in outcomes]),
        Column("单位", "unit", summary["unit"]),
        Column("运行次数", "runs", summary["runs"], WHOLE),
        Column("平均值", "mean", summary["mean"]),
        Column("5%分位", spread[0], summary["5 %"]),
        Column("中位数", "median", summary["median"]),
        Column("95%分位", spread[1], summary["95 %"]),
        Column("目标", "goal", summary["goal"]),
        Column("达标比例", "met share", summary["met in"], SHARE),
        Column("依据", "evidence", evidence),
    ]
    if SCENARIO in summary:
        columns.insert(0, Column("情景", "scenario", summary[SCENARIO]))
    return Sheet("记分板", "scoreboard", tuple(columns))


def _evidence(definition: Definition, statuses: Mapping[str, Status]) -> str:
    status = evidence_of(definition, statuses)
    return "" if status is None else status.value


def _outcomes(results: StudyResults) -> pd.DataFrame:
    return results.values  # noqa: PD011  # An attribute of ours, not of a data frame.


def _units(results: StudyResults) -> dict[str, str]:
    units = {outcome.id: outcome.unit for outcome in results.outcomes}
    levers = {one.id: one.unit for one in load_levers().values()}
    return levers | {one.id: one.unit for one in load_parameters()} | units


def _frame_sheet(zh: str, en: str, frame: pd.DataFrame, units: Mapping[str, str]) -> Sheet:
    from transition_model.studies.design import SCENARIO

    labels = {one.id: one.label_zh for one in load_levers().values()}
    known = {"point": "点", "seed": "随机种子", SCENARIO: "情景"}
    columns = [Column("运行", "run", list(frame.index), WHOLE)]
    for name in map(str, frame.columns):
        unit = f" ({units[name]})" if units.get(name) else ""
        form = WHOLE if name in ("point", "seed") else NUMBER
        label = known.get(name) or labels.get(name) or name
        columns.append(Column(f"{label}{unit}", f"{name}{unit}", frame[name], form))
    return Sheet(zh, en, tuple(columns))


def _mean_series(results: StudyResults) -> tuple[Sheet, ...]:
    """Mean over runs of every series that was read, by month; by scenario where these vary."""
    from transition_model.studies.design import SCENARIO

    data = results.dataset()
    groups: Mapping[str, Any] = {"": slice(None)}
    if SCENARIO in results.inputs:
        names = results.inputs[SCENARIO].to_numpy()
        groups = {str(name): np.flatnonzero(names == name) for name in dict.fromkeys(names)}
    labels = _labels()
    columns = [Column("月份", "month", [str(month) for month in data["month"].to_numpy()])]
    for name in map(str, data.data_vars):
        unit = str(data[name].attrs["units"])
        for group, runs in groups.items():
            mean = data[name].isel(run=runs).mean("run", skipna=True).to_numpy()
            of = f", {group}" if group else ""
            columns.append(
                Column(f"{labels[name][0]}{of}（{unit}）", f"{name}{of}, mean ({unit})", mean)
            )
    return (Sheet("月度序列", "series", tuple(columns)),)


def _labels() -> dict[str, tuple[str, str]]:
    """Chinese and English name of every result variable."""
    labels = {}
    for definition in load_definitions().values():
        for name in definition.ids:
            member = name.removeprefix(definition.id)
            labels[name] = (definition.label_zh + member, definition.label_en + member)
    return labels


def _definition(variable: str) -> Definition:
    for definition in load_definitions().values():
        if variable in definition.ids:
            return definition
    raise InputError("variable", variable, "a result variable")


def _definitions_of(targets: Iterable[str]) -> list[Definition]:
    from transition_model.plan import load_plan

    wanted = set(targets)
    return [
        load_definitions()[target.result]
        for target in load_plan().targets
        if target.id in wanted and target.result is not None
    ]


def _sources(outcomes: Iterable[Outcome], varied: set[str]) -> Sheet:
    return _sources_of([_definition(outcome.variable) for outcome in outcomes], varied)


def _sources_of(definitions: Iterable[Definition], varied: set[str]) -> Sheet:
    """Every lever, parameter and rule with source and status, and which outcomes rest on it."""
    resting: dict[str, list[str]] = {}
    for definition in definitions:
        for name in definition.rests_on:
            resting.setdefault(name, []).append(definition.id)
    rows = [
        ("杠杆 lever", one.id, one.label_zh, one.unit, one.status.value, one.source)
        for one in load_levers().values()
    ]
    rows += [
        ("参数 parameter", one.id, "", one.unit, one.status.value, one.source)
        for one in load_parameters()
    ]
    rows += [
        (
            "政策 rule", f"{rule.id} {version.start} - {version.end}", "", "",
            version.status.value, version.source,
        )
        for rule in load_instruments().values()
        for version in rule.versions
    ]  # fmt: skip
    kinds, ids, labels, units, statuses, sources = zip(*rows, strict=True)
    used = ["; ".join(resting.get(name, ())) for name in ids]
    marked = ["是 yes" if name in varied else "" for name in ids]
    return Sheet(
        "来源", "sources",
        (
            Column("类别", "kind", kinds),
            Column("代码", "id", ids),
            Column("名称", "name (Chinese)", labels),
            Column("单位", "unit", units),
            Column("状态", "status", statuses),
            Column("来源", "source", sources),
            Column("支撑的结果", "results that rest on it", used),
            Column("研究中变动", "varied in the study", marked),
        ),
    )  # fmt: skip


def _yes(met: bool | None) -> str:
    return {True: "是 yes", False: "否 no", None: "未建模 not modelled"}[met]


# -- writing -----------------------------------------------------------------------------------
def write_workbook(path: Path, sheets: Sequence[Sheet]) -> None:
    """Write sheets with both headings frozen, columns as wide as what they hold, and filters.

    Raises
    ------
    InputError
        If the ending is not ``.xlsx``, a sheet has too many rows, or it can't be written.
    """
    check_ending(path)
    for sheet in sheets:
        rows = len(sheet.columns[0].cells)
        if rows + 2 > MOST_ROWS:
            allowed = f"at most {MOST_ROWS - 2:,} rows; export to .parquet instead"
            raise InputError(f"sheet {sheet.en}", f"{rows:,} rows", allowed)
    with _opened(path) as book:
        heading = book.add_format({"bold": True, "bg_color": "#DCE6F1", "text_wrap": True})
        formats: dict[str, Any] = {}
        for sheet in sheets:
            page = book.add_worksheet(sheet.name)
            page.freeze_panes(2, 1)
            for place, column in enumerate(sheet.columns):
                page.write_string(0, place, column.zh, heading)
                page.write_string(1, place, column.en, heading)
                form = formats.setdefault(
                    column.format, book.add_format({"num_format": column.format})
                )
                cells = [_plain(value) for value in column.cells]
                page.set_column(place, place, _width(column, cells), form)
                for row, cell in enumerate(cells, start=2):
                    if isinstance(cell, str):
                        page.write_string(row, place, cell)
                    elif cell is not None:
                        page.write_number(row, place, cell, form)
            rows = len(sheet.columns[0].cells)
            page.autofilter(1, 0, rows + 1, len(sheet.columns) - 1)


def check_ending(path: Path) -> None:
    """Refuse a file of another ending, before anything is run.

    Raises
    ------
    InputError
        Naming the ending.
    """
    if path.suffix != WORKBOOK:
        raise InputError("workbook", str(path), f"a file ending in {WORKBOOK}")


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """A workbook that is there whole or not at all."""
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    beside = path.with_name(f".{path.name}.new")
    book = xlsxwriter.Workbook(
        str(beside), {"strings_to_formulas": False, "strings_to_urls": False}
    )
    # The day that the plan was issued: the same run is the same file.
    book.set_properties({"title": "Chongqing transition model", "created": datetime(2025, 5, 21)})
    try:
        yield book
        book.close()
        beside.replace(path)
    except (OSError, FileCreateError) as problem:
        raise InputError("workbook", str(path), f"a file that can be written ({problem})") from None
    finally:
        beside.unlink(missing_ok=True)


def _plain(value: Any) -> Any:
    """A cell: text, number, or None where there is nothing."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_):
        return _yes(bool(value))
    number = float(value)
    return number if np.isfinite(number) else None


def _width(column: Column, cells: Sequence[Any]) -> int:
    """Characters that the longest cell needs; a Chinese one takes the room of two."""
    texts = [column.zh[:WIDEST], column.en[:WIDEST], *(c for c in cells if isinstance(c, str))]
    longest = max(sum(2 if ord(letter) > 0x2E80 else 1 for letter in text) for text in texts)
    return min(max(longest + 2, NARROWEST), WIDEST)
