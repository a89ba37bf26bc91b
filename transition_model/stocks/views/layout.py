"""Where things stand in a diagram.

A layered layout from left to right, as for any directed graph (Sugiyama, Tagawa and Toda, 1981):
causes stand left of effects. Four steps: arrows that close a feedback loop are set aside; variables
are put in columns so that arrows are short (a linear program); igraph orders each column so that
few arrows cross; rows are found so that arrows are straight, pipes above all (a linear program).
Weights differ by a little from arrow to arrow, so that both programs have one solution only and the
result is the same on every machine.
"""

from __future__ import annotations

import math
import textwrap
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.optimize import linprog

from transition_model.stocks.views.diagram import Diagram, Node

LINE = 13.0
"""Height of a line of a label."""
VALVE = 9.0
"""Half the height of a valve, with some air."""
CLOUD = 46.0
"""From the valve to the cloud at the end of its pipe."""

_CHARACTER, _BOLD = 6.3, 7.2
type Point = tuple[float, float]
type _Row = tuple[dict[int, float], float]

_LABEL = 19
_COLUMN_GAP = 70.0
_ROW_GAP = 9.0
_PASSING_GAP = 7.0
_MARGIN = 30.0
_BEND = 16.0
_PIPE, _ARROW = 12.0, 1.0
_PIPE_STRAIGHT, _PASSING_STRAIGHT, _ARROW_STRAIGHT = 60.0, 4.0, 1.0
_SWEEPS = 200


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node stands.

    Attributes
    ----------
    x, y
        Its centre; of a flow, the centre of its valve.
    width, height
        Of the box or label.
    lines
        The label, broken into lines.
    label_y
        Centre of the label.
    begin, end
        Left and right edge of its column: between columns there is room for arrows.
    """

    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    label_y: float
    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class Layout:
    """Places of nodes, and points that long arrows pass.

    Attributes
    ----------
    width, height
        Of the whole diagram.
    places
        By key of the node.
    passing
        For each arrow, by keys of source and target, the columns that it passes between them: where
        it enters, where it leaves and at what height.
    """

    width: float
    height: float
    places: Mapping[str, Place]
    passing: Mapping[tuple[str, str], tuple[tuple[float, float, float], ...]]


@dataclass(frozen=True, slots=True)
class _Edge:
    """A connection from left to right.

    ``backward``: the arrow itself points to the left.
    """

    left: str
    right: str
    pipe: bool
    backward: bool


@dataclass(frozen=True, slots=True)
class _Size:
    lines: tuple[str, ...]
    width: float
    height: float
    left: float
    right: float
    above: float
    below: float


@dataclass(frozen=True, slots=True)
class _Span:
    """A column from left to right; its nodes stand at the centre."""

    begin: float
    centre: float
    end: float


def arrange(diagram: Diagram) -> Layout:
    """Return the layout of a diagram."""
    sizes = {key: _size(diagram, node) for key, node in diagram.nodes.items()}
    edges = _forward(diagram)
    column = _columns(list(diagram.nodes), edges)
    chains = _chains(edges, column)
    orders = _ordered(list(diagram.nodes), column, chains)
    rows = _rows(orders, chains, sizes)
    spans, width = _across(orders, sizes)
    place_of = {
        key: _place(diagram.nodes[key], sizes[key], spans[column[key]], rows[key])
        for key in diagram.nodes
    }
    passing = {}
    for edge, chain in chains.items():
        crossed = [
            (spans[column[edge.left] + at], rows[name])
            for at, name in enumerate(chain[1:-1], start=1)
        ]
        if edge.backward:
            points = ((span.end, span.begin, y) for span, y in reversed(crossed))
            passing[edge.right, edge.left] = tuple(points)
        else:
            passing[edge.left, edge.right] = tuple((span.begin, span.end, y) for span, y in crossed)
    bottom = max(rows[key] + sizes[key].below for key in diagram.nodes)
    return Layout(width, bottom + _MARGIN, place_of, passing)


def route(layout: Layout, flow: str, stock: str) -> list[Point]:
    """Return the points of a pipe, level or upright, from a valve to the side of a stock."""
    valve, box = layout.places[flow], layout.places[stock]
    passing = layout.passing.get((flow, stock)) or layout.passing.get((stock, flow), ())
    way = 1.0 if box.x > valve.x else -1.0
    edge = box.x - way * box.width / 2
    points = [(valve.x, valve.y)]
    height = passing[0 if (flow, stock) in layout.passing else -1][2] if passing else valve.y
    if abs(height - valve.y) > 0.5:
        bend = (valve.end if way > 0 else valve.begin) + way * _BEND
        points += [(bend, valve.y), (bend, height)]
    if abs(height - box.y) < box.height / 2 - 4.0:
        return [*points, (edge, height)]
    bend = (box.begin if way > 0 else box.end) - way * _BEND
    return [*points, (bend, height), (bend, box.y), (edge, box.y)]


def label(node: Node) -> tuple[str, ...]:
    """Return what is written at a node, in lines."""
    name = f"<{node.name}>" if node.role == "shadow" else node.name
    # As few lines as needed, and these of about the same length.
    wanted = math.ceil(len(name) / _LABEL)
    for width in range(max(8, math.ceil(len(name) / wanted)), len(name) + 1):
        lines = textwrap.wrap(name, width, break_long_words=False, break_on_hyphens=False)
        if len(lines) <= wanted or width >= _LABEL + 5:
            return tuple(lines)
    return (name,)


def _size(diagram: Diagram, node: Node) -> _Size:
    lines = label(node)
    character = _BOLD if node.role == "stock" else _CHARACTER
    width = max(len(line) for line in lines) * character + 6.0
    height = len(lines) * LINE + 3.0
    if node.role == "stock":
        width, height = max(width + 12.0, 84.0), max(height + 10.0, 40.0)
    left = right = width / 2
    above = below = height / 2
    if node.role == "flow":
        above, below = VALVE, VALVE + 2.0 + height
        pipe = next(pipe for pipe in diagram.pipes if pipe.flow == node.key)
        if pipe.source is None:
            left = max(left, CLOUD + 12.0)
        if pipe.sink is None:
            right = max(right, CLOUD + 12.0)
    return _Size(lines, width, height, left, right, above, below)


def _place(node: Node, size: _Size, span: _Span, y: float) -> Place:
    label_y = y + VALVE + 2.0 + size.height / 2 if node.role == "flow" else y
    return Place(span.centre, y, size.width, size.height, size.lines, label_y, span.begin, span.end)


def _forward(diagram: Diagram) -> list[_Edge]:
    """Return all connections as edges without a loop; those that would close one are turned round.

    Pipes come first: they keep their direction wherever possible. Arrows out of stocks come last:
    it is they that close feedback loops.
    """
    pipes = [
        ends
        for pipe in diagram.pipes
        for ends in ((pipe.source, pipe.flow), (pipe.flow, pipe.sink))
        if ends[0] is not None and ends[1] is not None
    ]
    piped = {frozenset(ends) for ends in pipes}
    arrows = [
        (arrow.source, arrow.target)
        for arrow in sorted(
            diagram.arrows, key=lambda arrow: diagram.nodes[arrow.source].role == "stock"
        )
        if frozenset((arrow.source, arrow.target)) not in piped
    ]
    after: dict[str, set[str]] = {}
    edges = []
    for source, target, pipe in [
        *((str(source), str(target), True) for source, target in pipes),
        *((source, target, False) for source, target in arrows),
    ]:
        backward = _reaches(after, target, source)
        left, right = (target, source) if backward else (source, target)
        after.setdefault(left, set()).add(right)
        edges.append(_Edge(left, right, pipe, backward))
    return edges


def _reaches(after: Mapping[str, Iterable[str]], start: str, end: str) -> bool:
    remaining, seen = deque([start]), {start}
    while remaining:
        key = remaining.popleft()
        if key == end:
            return True
        for following in after.get(key, ()):
            if following not in seen:
                seen.add(following)
                remaining.append(following)
    return False


def _nudge(number: int) -> float:
    """A factor a little above 1, another for each number."""
    return 1.0 + 0.01 * ((number * 0.6180339887) % 1.0)


def _columns(keys: Sequence[str], edges: Sequence[_Edge]) -> dict[str, int]:
    """Put nodes in columns: each edge at least one column, all together as short as can be."""
    at = {key: number for number, key in enumerate(keys)}
    if not edges:
        # Nothing is connected: a table of about as many columns as rows.
        side = math.ceil(math.sqrt(len(keys)))
        return {key: number % side for key, number in at.items()}
    cost = [1e-4 * _nudge(number) for number in range(len(keys))]
    rows: list[_Row] = []
    for number, edge in enumerate(edges):
        weight = (_PIPE if edge.pipe else _ARROW) * _nudge(number)
        cost[at[edge.right]] += weight
        cost[at[edge.left]] -= weight
        rows.append(({at[edge.left]: 1.0, at[edge.right]: -1.0}, -1.0))
    solved = _least(cost, rows, [0.0] * len(keys))
    return {key: round(solved[number]) for key, number in at.items()}


def _least(cost: Sequence[float], rows: Sequence[_Row], least: Sequence[float]) -> list[float]:
    """Solve a linear program: the variables, not below ``least``, at which the cost is smallest.

    Each row bounds a sum of multiples of variables from above.
    """
    matrix = np.zeros((len(rows), len(cost)))
    for number, (factors, _) in enumerate(rows):
        for variable, factor in factors.items():
            matrix[number, variable] = factor
    limits = np.array([limit for _, limit in rows])
    bounds = [(low, math.inf) for low in least]
    solved = linprog(np.array(cost), matrix, limits, bounds=bounds, method="highs-ds")
    assert solved.x is not None, solved.message
    return [float(value) for value in solved.x]


def _chains(edges: Sequence[_Edge], column: Mapping[str, int]) -> dict[_Edge, tuple[str, ...]]:
    """Return what each edge passes: its ends, and between them a name for each column."""
    chains = {}
    for number, edge in enumerate(edges):
        between = range(column[edge.left] + 1, column[edge.right])
        chains[edge] = (edge.left, *(f"{number}|{at}" for at in between), edge.right)
    return chains


def _ordered(
    keys: Sequence[str], column: Mapping[str, int], chains: Mapping[_Edge, Sequence[str]]
) -> list[list[str]]:
    """Order each column so that few edges cross: igraph's order, then neighbours changed about."""
    from igraph import Graph

    layer = dict(column)
    for edge, chain in chains.items():
        for at, name in enumerate(chain):
            layer.setdefault(name, column[edge.left] + at)
    names = [*keys, *(name for name in layer if name not in column)]
    number = {name: at for at, name in enumerate(names)}
    pairs = [
        (number[first], number[second])
        for chain in chains.values()
        for first, second in pairwise(chain)
    ]
    graph = Graph(n=len(names), edges=pairs, directed=True)
    places = graph.layout_sugiyama(layers=[layer[name] for name in names], maxiter=_SWEEPS)
    orders: list[list[str]] = [[] for _ in range(max(layer.values()) + 1)]
    for name in sorted(names, key=lambda name: (places[number[name]][0], number[name])):
        orders[layer[name]].append(name)
    _swap(orders, [(names[first], names[second]) for first, second in pairs])
    return orders


def _swap(orders: list[list[str]], pairs: Sequence[tuple[str, str]]) -> None:
    """Change neighbours about as long as that takes crossings away."""
    left: dict[str, list[str]] = {}
    right: dict[str, list[str]] = {}
    for first, second in pairs:
        right.setdefault(first, []).append(second)
        left.setdefault(second, []).append(first)
    at = {name: place for order in orders for place, name in enumerate(order)}

    def crossings(upper: str, lower: str) -> int:
        return sum(
            at[one] > at[other]
            for side in (left, right)
            for one in side.get(upper, ())
            for other in side.get(lower, ())
        )

    for _ in range(_SWEEPS):
        changed = False
        for order in orders:
            for place in range(len(order) - 1):
                upper, lower = order[place], order[place + 1]
                if crossings(upper, lower) > crossings(lower, upper):
                    order[place], order[place + 1] = lower, upper
                    at[upper], at[lower] = place + 1, place
                    changed = True
        if not changed:
            return


def _rows(
    orders: Sequence[Sequence[str]],
    chains: Mapping[_Edge, Sequence[str]],
    sizes: Mapping[str, _Size],
) -> dict[str, float]:
    """Find heights so that edges are as level as they can be and nothing overlaps."""
    names = [name for order in orders for name in order]
    at = {name: number for number, name in enumerate(names)}
    segments = [
        (at[first], at[second], _level(edge, first, second, sizes) * _nudge(number))
        for number, (edge, chain) in enumerate(chains.items())
        for first, second in pairwise(chain)
    ]
    # One variable for each height, one for the slant of each segment.
    cost = [1e-3 * _nudge(number) for number in range(len(names))]
    cost += [weight for _, _, weight in segments]
    limits: list[_Row] = [
        ({at[upper]: 1.0, at[lower]: -1.0}, -_apart(upper, lower, sizes))
        for order in orders
        for upper, lower in pairwise(order)
    ]
    for slant, (first, second, _) in enumerate(segments, start=len(names)):
        limits.append(({first: 1.0, second: -1.0, slant: -1.0}, 0.0))
        limits.append(({first: -1.0, second: 1.0, slant: -1.0}, 0.0))
    tops = [_MARGIN + (sizes[name].above if name in sizes else 0.0) for name in names]
    solved = _least(cost, limits, [*tops, *(0.0 for _ in segments)])
    return {name: float(round(solved[number])) for name, number in at.items()}


def _level(edge: _Edge, first: str, second: str, sizes: Mapping[str, _Size]) -> float:
    if edge.pipe:
        return _PIPE_STRAIGHT
    passing = (first not in sizes) + (second not in sizes)
    return (_ARROW_STRAIGHT, 2.0 * _ARROW_STRAIGHT, _PASSING_STRAIGHT)[passing]


def _apart(upper: str, lower: str, sizes: Mapping[str, _Size]) -> float:
    """Return how far two neighbours of a column must be apart."""
    gap = _ROW_GAP if upper in sizes and lower in sizes else _PASSING_GAP
    below = sizes[upper].below if upper in sizes else 0.0
    above = sizes[lower].above if lower in sizes else 0.0
    return below + gap + above


def _across(
    orders: Sequence[Sequence[str]], sizes: Mapping[str, _Size]
) -> tuple[list[_Span], float]:
    """Return the columns, and the width of all."""
    spans, edge = [], _MARGIN
    for order in orders:
        left = max((sizes[name].left for name in order if name in sizes), default=0.0)
        right = max((sizes[name].right for name in order if name in sizes), default=0.0)
        centre = float(round(edge + left))
        spans.append(_Span(edge, centre, float(round(centre + right))))
        edge = spans[-1].end + _COLUMN_GAP
    return spans, edge - _COLUMN_GAP + _MARGIN
