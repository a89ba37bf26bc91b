"""Diagrams as the sketch of a Vensim text: the part of an ``.mdl`` file below the equations.

The format is that of Vensim's manual (Appendix, Files, ``.mdl`` model files): a line an object,
with its kind in front: 10 is a variable, 11 a valve, 12 a cloud, 1 an arrow or one half of a pipe.
Vensim draws them anew from these places. Arrows and pipes have a single point on their way: more
than one PySD does not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from transition_model.stocks.source import SKETCH, ModelSource
from transition_model.stocks.views.diagram import Arrow, Diagram, Node, Pipe
from transition_model.stocks.views.layout import CLOUD, VALVE, Layout, Place, Point

_HEAD = (
    f"{SKETCH} Sketch information - do not modify anything except names",
    "V300  Do not put anything below this section - it will be ignored",
)
_FONT = "$192-192-192,0,Arial|9||0-0-0|0-0-0|0-0-255|-1--1--1|-1--1--1|96,96,100,0"
_END = "///---\\\\\\"

# Codes of the format: shapes of variables, and whether arrows may point at one.
_BOX, _PLAIN, _OF_VALVE, _LEVEL_VALVE = 3, 8, 40, 34
_OWN, _SHADOW = 3, 2
_GREY = "128-128-128,0-0-0,|0||128-128-128"
_NO_NAME = 48
_STRAIGHT, _CURVED, _TO_END, _FROM_SOURCE = 0, 1, 4, 100
_PIPE_WIDTH, _ARROW_DELAY = 22, 64


def with_sketch(source: ModelSource, views: Sequence[tuple[Diagram, Layout]]) -> str:
    """Return the text of a model with a sketch of these views instead of the one that it has."""
    equations = source.equations.rstrip()
    lines = [line for diagram, layout in views for line in view(diagram, layout)]
    return "\n".join([equations, "", *lines, _END, ""])


def view(diagram: Diagram, layout: Layout) -> list[str]:
    """Return the lines of one view, named after its group."""
    numbers: dict[str, int] = {}
    lines = [*_HEAD, f"*{diagram.group.name}", _FONT]
    flows = {pipe.flow for pipe in diagram.pipes}
    for node in diagram.nodes.values():
        if node.key not in flows:
            numbers[node.key] = len(numbers) + 1
            lines.append(_variable(numbers[node.key], node, layout.places[node.key]))
    following = len(numbers) + 1
    for pipe in diagram.pipes:
        node, place = diagram.nodes[pipe.flow], layout.places[pipe.flow]
        for line in _flow(pipe, node, place, layout, numbers, following):
            lines.append(line)
            following += 1
        numbers[pipe.flow] = following - 1
    for arrow in diagram.arrows:
        lines.append(_arrow(arrow, layout, following, numbers))
        following += 1
    return lines


def _variable(number: int, node: Node, place: Place) -> str:
    shape = _BOX if node.role == "stock" else _PLAIN
    width, height = place.width / 2, place.height / 2
    at = f"{place.x:.0f},{place.label_y:.0f},{width:.0f},{height:.0f}"
    if node.role == "shadow":
        return f"10,{number},{node.name},{at},{shape},{_SHADOW},0,3,-1,0,0,0,{_GREY}"
    return f"10,{number},{node.name},{at},{shape},{_OWN},0,0,0,0,0,0"


def _flow(
    pipe: Pipe,
    node: Node,
    place: Place,
    layout: Layout,
    numbers: dict[str, int],
    following: int,
) -> Iterator[str]:
    """Yield clouds, both halves of the pipe, the valve, and the name, which must follow it."""
    ends: list[tuple[int, tuple[Point, Point]]] = []
    for end, side in ((pipe.sink, 1.0), (pipe.source, -1.0)):
        if end is None:
            x = place.x + side * CLOUD
            yield f"12,{following},{_NO_NAME},{x:.0f},{place.y:.0f},10,8,0,3,0,0,-1,0,0,0"
            ends.append((following, ((place.x, place.y), (x, place.y))))
            following += 1
        else:
            stock = layout.places[end]
            ends.append((numbers[end], ((place.x, place.y), (stock.x, stock.y))))
    valve = following + 2
    for (end_number, points), shape in zip(ends, (_TO_END, _FROM_SOURCE), strict=True):
        (x0, y0), (x1, y1) = points
        # One point: half-way, or the corner where heights differ.
        x = x1 if abs(y1 - y0) >= VALVE else (x0 + x1) / 2
        yield (
            f"1,{following},{valve},{end_number},{shape},0,0,{_PIPE_WIDTH},0,0,0,-1--1--1,,"
            f"1|({x:.0f},{y0:.0f})|"
        )
        following += 1
    yield f"11,{valve},{_NO_NAME},{place.x:.0f},{place.y:.0f},6,8,{_LEVEL_VALVE},3,0,0,1,0,0,0"
    yield (
        f"10,{valve + 1},{node.name},{place.x:.0f},{place.label_y:.0f},{place.width / 2:.0f},"
        f"{place.height / 2:.0f},{_OF_VALVE},{_OWN},0,0,-1,0,0,0"
    )


def _arrow(arrow: Arrow, layout: Layout, number: int, numbers: dict[str, int]) -> str:
    source, target = layout.places[arrow.source], layout.places[arrow.target]
    passing = layout.passing.get((arrow.source, arrow.target), ())
    shape = _CURVED if passing else _STRAIGHT
    x, y = (source.x + target.x) / 2, (source.label_y + target.label_y) / 2
    if passing:
        begin, end, y = passing[len(passing) // 2]
        x = (begin + end) / 2
    return (
        f"1,{number},{numbers[arrow.source]},{numbers[arrow.target]},{shape},0,0,0,0,"
        f"{_ARROW_DELAY},{int(arrow.initial)},-1--1--1,,1|({x:.0f},{y:.0f})|"
    )
