"""What a diagram of a group shows: stocks, flows with their pipes, other variables, arrows.

A flow is a variable that a stock's rate adds or subtracts as it stands. A variable of another group
is drawn as a shadow beside each variable that reads it, so that no arrow crosses the whole diagram.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from transition_model.stocks.equations import (
    CONTROLS,
    Equation,
    Equations,
    Expression,
    Interpolation,
    Operation,
    Reference,
    walk,
)
from transition_model.stocks.views.groups import Group

type Role = Literal["stock", "flow", "auxiliary", "constant", "shadow"]


@dataclass(frozen=True, slots=True)
class Node:
    """A variable in a diagram.

    Attributes
    ----------
    key
        Unique in the diagram.
    variable
        Id of the variable.
    name
        What is written: the Vensim name.
    role
        How it is drawn.
    """

    key: str
    variable: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Pipe:
    """A flow between two stocks; ``None`` is a cloud: outside the diagram."""

    flow: str
    source: str | None
    sink: str | None


@dataclass(frozen=True, slots=True)
class Arrow:
    """One variable reads another; ``initial`` if only for its initial value."""

    source: str
    target: str
    initial: bool


@dataclass(frozen=True, slots=True)
class Diagram:
    """A group as a diagram: nodes, pipes and arrows refer to each other by the nodes' keys."""

    group: Group
    nodes: Mapping[str, Node]
    pipes: tuple[Pipe, ...]
    arrows: tuple[Arrow, ...]


def is_drawn(group: Group) -> bool:
    """Whether a group has a diagram: all but the one of the clock's settings."""
    return any(name not in CONTROLS for name in group.variables)


def draw_up(equations: Equations, group: Group) -> Diagram:
    """Return the diagram of a group."""
    reads = readings(equations)
    pipes = tuple(_pipes(equations, group))
    flows = {pipe.flow for pipe in pipes}
    piped = {(pipe.flow, end) for pipe in pipes for end in (pipe.source, pipe.sink)}
    nodes = {
        name: Node(name, name, variable.vensim_name, _role(variable.kind, name in flows))
        for name, variable in group.variables.items()
    }
    arrows = []
    for target in group.variables:
        for source, initial in reads[target].items():
            if (source, target) in piped or source == target:
                continue
            key = source
            if source not in group.variables:
                key = f"{source} for {target}"
                name = equations.variables[source].vensim_name
                nodes[key] = Node(key, source, name, "shadow")
            arrows.append(Arrow(key, target, initial))
    return Diagram(group, nodes, pipes, tuple(arrows))


def readings(equations: Equations) -> dict[str, dict[str, bool]]:
    """Return what each variable reads, in order; true where only its initial value does.

    What stands between in the engine (stages of delays, values held from the start) is passed
    through.
    """
    moving = _direct([*equations.auxiliaries, *equations.changes])
    initial = _direct(equations.initials)
    own = {
        name
        for name, variable in equations.variables.items()
        if variable.kind in ("stage", "held", "reciprocal")
    }
    found: dict[str, dict[str, bool]] = {}
    for name in equations.variables:
        read = dict.fromkeys(_through(moving, name, own), False)
        helpers = [source for source in _reach(moving, name, own) if source in own]
        for start in (name, *helpers):
            for source in _through(initial, start, own):
                read.setdefault(source, True)
        found[name] = read
    return found


def flows_of(equations: Equations) -> dict[str, tuple[list[str], list[str]]]:
    """Return, for each variable that is a flow, the stocks that it fills and those that it drains.

    A stock whose elements it both fills and drains counts as filled.
    """
    found: dict[str, tuple[list[str], list[str]]] = {}
    for equation in equations.changes:
        if equations.variables[equation.variable].kind != "stock":
            continue
        for name, sign in _terms(equation.expression, 1):
            if equations.variables[name].kind in ("auxiliary", "constant"):
                filled, drained = found.setdefault(name, ([], []))
                side = filled if sign > 0 else drained
                if equation.variable not in side:
                    side.append(equation.variable)
    return {
        name: (filled, [stock for stock in drained if stock not in filled])
        for name, (filled, drained) in found.items()
    }


def _role(kind: str, is_flow: bool) -> Role:
    if kind == "stock":
        return "stock"
    if is_flow:
        return "flow"
    return "constant" if kind in ("constant", "lookup", "time") else "auxiliary"


def _pipes(equations: Equations, group: Group) -> Iterator[Pipe]:
    """One pipe a flow; further stocks that it moves get an arrow."""
    for name, (filled, drained) in flows_of(equations).items():
        if name in group.variables:
            sink = next((stock for stock in filled if stock in group.variables), None)
            source = next((stock for stock in drained if stock in group.variables), None)
            if sink or source:
                yield Pipe(name, source, sink)


def _terms(expression: Expression, sign: int) -> Iterator[tuple[str, int]]:
    """Yield the variables that a rate adds (1) or subtracts (-1) as they stand."""
    match expression:
        case Reference(variable=name):
            yield name, sign
        case Operation(operator="+" | "-" | "negative" as operator, arguments=arguments):
            *first, last = arguments
            for argument in first:
                yield from _terms(argument, sign)
            yield from _terms(last, sign if operator == "+" else -sign)


def _direct(equations: Iterable[Equation]) -> dict[str, dict[str, None]]:
    read: dict[str, dict[str, None]] = {}
    for equation in equations:
        sources = read.setdefault(equation.variable, {})
        for item in walk(equation.expression):
            if isinstance(item, Reference):
                sources[item.variable] = None
            elif isinstance(item, Interpolation):
                sources[item.table] = None
    return read


def _reach(read: Mapping[str, Mapping[str, None]], start: str, own: set[str]) -> list[str]:
    """Return what a variable reads, and what the engine's own among these read."""
    reached: dict[str, None] = {}
    remaining = [start]
    while remaining:
        for source in read.get(remaining.pop(), ()):
            if source not in reached:
                reached[source] = None
                if source in own:
                    remaining.append(source)
    return list(reached)


def _through(read: Mapping[str, Mapping[str, None]], start: str, own: set[str]) -> list[str]:
    return [source for source in _reach(read, start, own) if source not in own]
