"""What the command line lists: levers, targets, measures, parameters, rules, results, scenarios."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

Catalogue = Literal[
    "levers", "targets", "measures", "parameters", "instruments", "results", "scenarios"
]


def catalogue_rows(name: Catalogue) -> list[dict[str, Any]]:
    """The entries of a catalogue, in its order."""
    return _CATALOGUES[name]()


def _levers() -> list[dict[str, Any]]:
    from transition_model.levers import load_levers

    fields = (
        "id",
        "measure",
        "unit",
        "low",
        "high",
        "default",
        "off",
        "status",
        "label_en",
        "label_zh",
    )
    return [{field: getattr(lever, field) for field in fields} for lever in load_levers().values()]


def _targets() -> list[dict[str, Any]]:
    from transition_model.plan import load_plan
    from transition_model.results import load_definitions
    from transition_model.scoreboard import NOT_MODELLED

    fields = (
        "id",
        "label_en",
        "label_zh",
        "measures",
        "operator",
        "value",
        "unit",
        "scope",
        "headline",
        "mechanism",
    )
    rows: list[dict[str, Any]] = []
    for target in load_plan().targets:
        modelled = target.mechanism if target.result in load_definitions() else NOT_MODELLED
        rows.append(
            {field: getattr(target, field) for field in fields}
            | {"measures": list(target.measures), "mechanism": modelled}
        )
    for aim in load_plan().unquantified:
        row = dict.fromkeys(fields) | {field: getattr(aim, field) for field in fields[:3]}
        rows.append(row | {"measures": list(aim.measures), "mechanism": "no number in the plan"})
    return rows


def _measures() -> list[dict[str, Any]]:
    from transition_model.levers import load_levers
    from transition_model.plan import load_plan

    levers = load_levers().values()
    return [
        {
            "number": measure.number,
            "title_en": measure.title_en,
            "title_zh": measure.title_zh,
            "levers": [lever.id for lever in levers if lever.measure == measure.number],
            "summary_en": measure.summary_en,
            "summary_zh": measure.summary_zh,
        }
        for measure in load_plan().measures
    ]


def _parameters() -> list[dict[str, Any]]:
    from transition_model.parameters import load_parameters

    return [
        {
            "id": parameter.id,
            "value": parameter.value
            if parameter.value is not None
            else "path"
            if parameter.is_path
            else "table",
            "unit": parameter.unit,
            "low": parameter.low,
            "high": parameter.high,
            "distribution": parameter.distribution,
            "status": parameter.status.value,
            "source": parameter.source,
        }
        for parameter in load_parameters()
    ]


def _instruments() -> list[dict[str, Any]]:
    from transition_model.instruments import load_instruments

    return [
        {
            "id": instrument.id,
            "measure": instrument.measure,
            "start": str(version.start),
            "end": str(version.end),
            "state": version.state,
            "amount": version.form_key,
            "status": version.status.value,
            "source": version.source,
        }
        for instrument in load_instruments().values()
        for version in instrument.versions
    ]


def _results() -> list[dict[str, Any]]:
    from transition_model.results import load_definitions

    return [
        {
            "id": name,
            "sector": definition.sector,
            "unit": definition.unit,
            "label_en": definition.label_en,
            "label_zh": definition.label_zh,
            "definition": definition.definition,
        }
        for definition in load_definitions().values()
        for name in definition.ids
    ]


def _scenarios() -> list[dict[str, Any]]:
    from transition_model.scenario import Scenario, builtin_scenarios

    loaded = [Scenario.load(name) for name in builtin_scenarios()]
    return [
        {
            "name": s.name,
            "label_en": s.label_en,
            "label_zh": s.label_zh,
            "description_en": s.description_en,
        }
        for s in loaded
    ]


_CATALOGUES: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "levers": _levers,
    "targets": _targets,
    "measures": _measures,
    "parameters": _parameters,
    "instruments": _instruments,
    "results": _results,
    "scenarios": _scenarios,
}
