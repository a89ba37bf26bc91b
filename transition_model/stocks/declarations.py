"""Whether a model keeps to what is declared: classes, the ledger, what is published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from transition_model.dimensions import dimensions
from transition_model.errors import InputError
from transition_model.ledger import Entry, ledger_entries, published_entries
from transition_model.stocks.compiled import equations_of
from transition_model.stocks.engine import StockFlowEngine, shown
from transition_model.stocks.equations import CONTROLS, TIME, Equations, Variable
from transition_model.stocks.findings import Finding
from transition_model.stocks.source import ModelSource
from transition_model.stocks.units import measure


def check_against_declarations(source: ModelSource) -> tuple[Finding, ...]:
    """Find where a model departs from what is declared.

    Subscript ranges that bear the name of a declared dimension have its members, in order; every
    entry of the ledger is a constant of the model, and every published entry a variable, over the
    same dimensions and in the same unit; every variable has a unit that can be read, and a comment.

    Parameters
    ----------
    source
        The model's text.

    Raises
    ------
    InputError
        If the text can't be read at all.
    """
    equations = equations_of(source)
    entries = (ledger_entries(), published_entries())
    return (
        *_subscripts(equations),
        *_seam(equations.where, equations.variables),
        *(found for declared in entries for found in _units(equations, declared)),
        *_documentation(equations),
    )


def check_seam_names(engine: StockFlowEngine) -> tuple[Finding, ...]:
    """Find what the ledger or the agents need and the model of an engine lacks.

    It is the part of :func:`check_against_declarations` without which a coupled run is
    impossible: names, kinds and dimensions. It costs next to nothing, and is made at the start of
    every run.
    """
    return tuple(_seam(str(engine.source.path), engine.variables))


def _subscripts(equations: Equations) -> Iterator[Finding]:
    for name, members in equations.ranges.items():
        declared = dimensions().get(name)
        if declared and members != declared.members:
            yield Finding(
                f"{equations.where}: subscript range {name}",
                ", ".join(members),
                ", ".join(declared.members),
            )


def _seam(where: str, variables: Mapping[str, Variable]) -> Iterator[Finding]:
    yield from _entries(where, variables, ledger_entries(), "constant")
    yield from _entries(where, variables, published_entries(), None)


def _entries(
    where: str, variables: Mapping[str, Variable], entries: Mapping[str, Entry], kind: str | None
) -> Iterator[Finding]:
    declared = "data/ledger.toml declares it" if kind else "data/published.toml promises it"
    for name, entry in entries.items():
        variable = variables.get(name)
        if variable is None:
            yield Finding(
                f"{where}: {name.replace('_', ' ')}",
                "no such variable",
                f"a {kind or 'variable'} in {entry.unit} over {_over(entry.over)}, as {declared}",
            )
            continue
        place = _where(where, variable)
        if kind and variable.kind != kind:
            yield Finding(place, variable.kind, f"a {kind}: it is set from outside every month")
        if variable.dims != entry.over:
            yield Finding(place, f"over {_over(variable.dims)}", f"over {_over(entry.over)}")


def _units(equations: Equations, entries: Mapping[str, Entry]) -> Iterator[Finding]:
    for name, entry in entries.items():
        variable = equations.variables.get(name)
        if variable and variable.unit and not _same_unit(variable.unit, entry.unit):
            where = _where(equations.where, variable)
            yield Finding(where, variable.unit, f"the unit {entry.unit}, as declared")


def _documentation(equations: Equations) -> Iterator[Finding]:
    for name, variable in shown(equations.variables).items():
        if name == TIME:
            continue
        where = _where(equations.where, variable)
        if not variable.unit:
            yield Finding(where, "no unit", "a unit between the first and the second ~")
        elif not _readable(variable.unit):
            yield Finding(where, variable.unit, "a unit that the registry knows")
        if not variable.comment and name not in CONTROLS:
            yield Finding(where, "no comment", "a comment after the second ~")


def _where(where: str, variable: Variable) -> str:
    return f"{where}, line {variable.line}: {variable.vensim_name}"


def _over(dims: tuple[str, ...]) -> str:
    return ", ".join(dims) or "no subscripts"


def _readable(unit: str) -> bool:
    try:
        measure(unit)
    except InputError:
        return False
    return True


def _same_unit(first: str, second: str) -> bool:
    """Whether two units are the same; one that can't be read is found elsewhere."""
    return not _readable(first) or measure(first).equals(measure(second))
