"""What ``transition-model check`` verifies: units, sources, targets, definitions and balances."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from transition_model.errors import BreachError, InputError


@dataclass(frozen=True, slots=True)
class Check:
    """One check and how it ended."""

    check: str
    passed: bool
    detail: str

    def as_dict(self) -> dict[str, Any]:
        """The check for JSON."""
        return asdict(self)


def project_checks(plan_text: Path | None = None) -> tuple[Check, ...]:
    """All checks.

    Parameters
    ----------
    plan_text
        File with the official text of the plan; its terms and figures are verified too.

    Raises
    ------
    InputError
        If the file of the plan's text can't be read.
    """
    checks: list[tuple[str, Callable[[], str]]] = [
        ("parameters: form, range, source, unit", _parameters),
        ("levers: range, unit", _levers),
        ("instruments: versions, amounts", _instruments),
        ("observations: form, unit", _observations),
        ("plan: 36 measures, 44 targets, units, figures", _plan),
        ("results: definitions, units, evidence", _results),
        ("stock-flow model: names, units, dimensions of the seam", _seam),
        ("stock-flow model: units of every equation", _equations),
        ("balances: one year of the plan with 1,000 households", _balances),
    ]
    wording = _plan_text(plan_text) if plan_text is not None else []
    return (*(_run(name, action) for name, action in checks), *wording)


def _run(name: str, action: Callable[[], str]) -> Check:
    try:
        return Check(name, True, action())
    except (InputError, BreachError) as problem:
        return Check(name, False, str(problem))


def _parameters() -> str:
    from transition_model.parameters import check_units, load_parameters

    return f"{check_units(load_parameters())} parameters"


def _levers() -> str:
    from transition_model.levers import load_levers
    from transition_model.quantity import parse_unit

    levers = load_levers()
    for lever in levers.values():
        parse_unit(lever.unit)
    return f"{len(levers)} levers"


def _instruments() -> str:
    from transition_model.instruments import load_instruments

    instruments = load_instruments()
    versions = sum(len(instrument.versions) for instrument in instruments.values())
    return f"{len(instruments)} instruments, {versions} dated versions"


def _observations() -> str:
    from transition_model.observations import check_observation_units, load_observations

    check_observation_units()
    return f"{len(load_observations())} observations"


def _plan() -> str:
    from transition_model.plan import check_figures, load_plan

    plan = load_plan()
    plan.check_units()
    check_figures(plan)
    return f"{len(plan.measures)} measures, {len(plan.targets)} targets"


def _results() -> str:
    from transition_model.plan import load_plan
    from transition_model.quantity import same_dimension
    from transition_model.results import evidence_of, load_definitions
    from transition_model.scoreboard import declared_statuses

    definitions, statuses = load_definitions(), declared_statuses()
    for definition in definitions.values():
        evidence_of(definition, statuses)
    for target in load_plan().targets:
        answer = definitions.get(target.result or "")
        if answer is not None and not same_dimension(answer.unit, target.unit):
            where = f"target {target.id}"
            raise InputError(where, answer.unit, f"a unit of the dimension of {target.unit}")
    return f"{sum(len(d.ids) for d in definitions.values())} series"


def _seam() -> str:
    from transition_model.stocks import load_source
    from transition_model.stocks.declarations import check_against_declarations
    from transition_model.stocks.findings import require

    source = load_source()
    require(check_against_declarations(source))
    return source.name


def _equations() -> str:
    from transition_model.stocks import load_source
    from transition_model.stocks.dimensional_check import check_units

    source = load_source()
    findings = check_units(source)
    if findings:
        first, others = findings[0], len(findings) - 1
        more = f" ({others} more like this)" if others else ""
        raise InputError(
            f"{source.path}, line {first.line}: {first.variable}, {first.part}",
            f"{first.left} against {first.right}",
            f"one unit on both sides{more}",
        )
    return "all consistent"


def _balances() -> str:
    from transition_model.runs.simulation import simulate

    result = simulate(households=1_000, end="2020-12")
    return f"12 months in {result.record.seconds:.1f} s"


def _plan_text(path: Path) -> list[Check]:
    from transition_model.plan import check_plan_text, load_plan

    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise InputError("--plan-text", str(path), f"a UTF-8 text file ({problem})") from None
    return [
        Check(
            f"plan text: {row.kind} {row.id}" + (f", measure {row.measure}" if row.measure else ""),
            row.passed,
            row.detail,
        )
        for row in check_plan_text(text, load_plan())
    ]
