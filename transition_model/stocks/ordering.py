"""The order in which equations are computed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from transition_model.errors import InputError
from transition_model.stocks.equations import (
    TIME,
    Block,
    Call,
    Equation,
    Equations,
    Expression,
    Index,
    Reference,
    Schedule,
    walk,
)

_OF_TIME = frozenset({"step", "ramp", "pulse", "pulse_train"})

type _Element = tuple[str, Index]


def schedule(equations: Equations) -> Schedule:
    """Order a model's equations.

    Raises
    ------
    InputError
        If variables depend on each other in a loop without a stock, or stocks in their initial
        values; the message names them.
    """
    auxiliaries = _by_element(equations.auxiliaries)
    initials = _by_element(equations.initials)
    ordered = _ordered(equations, equations.auxiliaries, "a stock or delay in this causal loop")
    computed = [equation for block in ordered for equation in block.equations]
    moving = _moving(equations, computed)
    needed = _closure([equation.expression for equation in equations.changes], auxiliaries)
    at_start = _closure(
        [equation.expression for equation in equations.initials], {**auxiliaries, **initials}
    )
    first = [equation for key, equation in auxiliaries.items() if key in at_start]
    return Schedule(
        _ordered(equations, [*equations.initials, *first], "initial values without a loop"),
        _chosen(ordered, lambda key: key not in moving),
        _chosen(ordered, lambda key: key in moving and key in needed),
        _blocks(equations.changes),
        _chosen(ordered, lambda key: key in moving and key not in needed),
    )


def references(expression: Expression) -> list[_Element]:
    """Return the elements that an expression reads."""
    return [(item.variable, item.index) for item in walk(expression) if isinstance(item, Reference)]


def _by_element(equations: Iterable[Equation]) -> dict[_Element, Equation]:
    return {(equation.variable, equation.index): equation for equation in equations}


def _blocks(equations: Iterable[Equation]) -> tuple[Block, ...]:
    """Group equations by the line of the text that they come from."""
    groups: dict[tuple[str, int], list[Equation]] = {}
    for equation in equations:
        groups.setdefault((equation.variable, equation.component), []).append(equation)
    return tuple(
        Block(tuple(sorted(group, key=lambda equation: equation.index)))
        for group in groups.values()
    )


def _chosen(ordered: Iterable[Block], wanted: Callable[[_Element], bool]) -> tuple[Block, ...]:
    kept = (tuple(e for e in block.equations if wanted((e.variable, e.index))) for block in ordered)
    return tuple(Block(equations) for equations in kept if equations)


def _moving(equations: Equations, computed: Sequence[Equation]) -> set[_Element]:
    """Return the auxiliaries that may change between two time steps of one call."""
    states = {TIME} | {
        name
        for name, variable in equations.variables.items()
        if variable.kind in ("stock", "stage")
    }
    moving: set[_Element] = set()
    for equation in computed:
        if any(
            (isinstance(item, Call) and item.function in _OF_TIME)
            or (
                isinstance(item, Reference)
                and (item.variable in states or (item.variable, item.index) in moving)
            )
            for item in walk(equation.expression)
        ):
            moving.add((equation.variable, equation.index))
    return moving


def _closure(
    expressions: Iterable[Expression], equations: Mapping[_Element, Equation]
) -> set[_Element]:
    """Return all elements with an equation that the expressions need, directly or not."""
    needed: set[_Element] = set()
    remaining = list(expressions)
    while remaining:
        for element in references(remaining.pop()):
            if element in equations and element not in needed:
                needed.add(element)
                remaining.append(equations[element].expression)
    return needed


def _ordered(equations: Equations, chosen: Sequence[Equation], allowed: str) -> tuple[Block, ...]:
    """Order blocks; where blocks depend on each other both ways, order their single equations."""
    blocks = _blocks(chosen)
    block_of = {
        (equation.variable, equation.index): number
        for number, block in enumerate(blocks)
        for equation in block.equations
    }
    needs = [
        {
            block_of[element]: None
            for equation in block.equations
            for element in references(equation.expression)
            if element in block_of
        }
        for block in blocks
    ]
    cluster = list(range(len(blocks)))
    entangled = {number for number, others in enumerate(needs) if number in others}
    while True:
        graph: dict[int, dict[int, None]] = {number: {} for number in cluster}
        for number, others in enumerate(needs):
            for other in others:
                if cluster[other] != cluster[number]:
                    graph[cluster[number]][cluster[other]] = None
        try:
            order = list(TopologicalSorter(graph).static_order())
            break
        except CycleError as problem:
            loop = set(problem.args[1])
            entangled.add(min(loop))
            cluster = [min(loop) if number in loop else number for number in cluster]
    result: list[Block] = []
    members: dict[int, list[int]] = {}
    for number, home in enumerate(cluster):
        members.setdefault(home, []).append(number)
    for home in order:
        if any(number in entangled for number in members[home]):
            together = [e for number in members[home] for e in blocks[number].equations]
            result += [Block((equation,)) for equation in _untangled(equations, together, allowed)]
        else:
            result.append(blocks[home])
    return tuple(result)


def _untangled(equations: Equations, together: Sequence[Equation], allowed: str) -> list[Equation]:
    own = _by_element(together)
    graph = {
        key: [element for element in references(equation.expression) if element in own]
        for key, equation in own.items()
    }
    try:
        return [own[key] for key in TopologicalSorter(graph).static_order()]
    except CycleError as problem:
        variables = equations.variables
        names = [
            _shown(variables[name].vensim_name, variables[name].members, index)
            for name, index in problem.args[1]
        ]
        first = variables[problem.args[1][0][0]]
        raise InputError(
            f"{equations.where}, line {first.line}: {first.vensim_name}",
            " -> ".join(names),
            allowed,
        ) from problem


def _shown(name: str, members: Sequence[Sequence[str]], index: Index) -> str:
    subscripts = ", ".join(axis[at] for axis, at in zip(members, index, strict=True))
    return f"{name}[{subscripts}]" if subscripts else name
