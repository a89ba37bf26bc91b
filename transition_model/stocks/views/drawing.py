"""A diagram as SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise

from transition_model.stocks.views.diagram import Arrow, Diagram, Node, Pipe
from transition_model.stocks.views.layout import CLOUD, LINE, VALVE, Layout, Place, Point, route
from transition_model.stocks.views.remarks import remark

_TITLE = 26.0
_LEGEND = 62.0
_LEAST_WIDTH = 900.0
_HEAD = 9.0
_INK, _ARROW, _PIPE, _SHADOW = "#1a1a1a", "#3b6ea8", "#444444", "#777777"
_COLOURS = {
    "ledger input": "#b3261e",
    "lever": "#7b2d8e",
    "exogenous path": "#a35200",
    "initial": "#5f6b00",
    "parameter": "#00695c",
}
_WORDS = {
    "ledger input": "ledger input, from the agents",
    "lever": "lever",
    "exogenous path": "exogenous path",
    "initial": "initial value",
    "parameter": "parameter",
}


def draw(diagram: Diagram, layout: Layout) -> str:
    """Return a diagram as an SVG text, with a title and a legend."""
    width = max(layout.width, _LEAST_WIDTH)
    height = layout.height + _TITLE + _LEGEND
    body = [
        *(_arrow(arrow, diagram, layout) for arrow in diagram.arrows),
        *(piece for pipe in diagram.pipes for piece in _pipe(pipe, layout)),
        *(_node(node, layout.places[node.key], diagram) for node in diagram.nodes.values()),
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
            f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="Arial, Helvetica, sans-serif" '
            f'font-size="11" fill="{_INK}">',
            f"<title>{escape(diagram.group.name)}: stocks, flows and what they depend on</title>",
            f'<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
            f'markerHeight="7" orient="auto"><path d="M0,0.8 L8,4 L0,7.2 z" fill="{_ARROW}"/>'
            "</marker></defs>",
            '<rect width="100%" height="100%" fill="#ffffff"/>',
            f'<text x="30" y="26" font-size="16" font-weight="bold">'
            f"{escape(diagram.group.name)}</text>",
            f'<g transform="translate(0,{_TITLE:.0f})">',
            *body,
            "</g>",
            f'<g transform="translate(30,{layout.height + _TITLE + 12:.0f})">',
            *_legend(),
            "</g>",
            "</svg>",
            "",
        ]
    )


def _node(node: Node, place: Place, diagram: Diagram) -> str:
    colour = _SHADOW if node.role == "shadow" else _INK
    if node.role not in ("shadow", "stock"):
        told = remark(diagram.group.variables[node.variable])
        colour = _COLOURS.get(told.role, _INK)
    style = ' font-style="italic"' if node.role == "shadow" else ""
    style += ' font-weight="bold"' if node.role == "stock" else ""
    box = ""
    if node.role == "stock":
        box = _box(place.x, place.y, place.width, place.height)
    elif node.role == "flow":
        box = _valve(place.x, place.y)
    return box + _text(place.x, place.label_y, place.lines, f' fill="{colour}"{style}')


def _text(x: float, y: float, lines: Sequence[str], style: str) -> str:
    top = y - (len(lines) - 1) * LINE / 2 + 4.0
    return "".join(
        f'<text x="{x:g}" y="{top + number * LINE:g}" text-anchor="middle"{style}>'
        f"{escape(line)}</text>"
        for number, line in enumerate(lines)
    )


def _box(x: float, y: float, width: float, height: float) -> str:
    return (
        f'<rect x="{x - width / 2:g}" y="{y - height / 2:g}" width="{width:g}" '
        f'height="{height:g}" fill="#eef3fa" stroke="{_INK}" stroke-width="1.4"/>'
    )


def _valve(x: float, y: float) -> str:
    half = VALVE - 2.0
    return (
        f'<path d="M{x - half:g},{y - half:g} L{x + half:g},{y + half:g} V{y - half:g} '
        f'L{x - half:g},{y + half:g} z" fill="#ffffff" stroke="{_INK}" stroke-width="1.2"/>'
    )


def _cloud(x: float, y: float) -> str:
    return (
        f'<path d="M{x - 9:g},{y + 5:g} a5,5 0 0 1 0,-9 a6,6 0 0 1 10,-3 a5,5 0 0 1 8,5 '
        f'a4,4 0 0 1 -1,7 z" fill="#ffffff" stroke="{_PIPE}" stroke-width="1.1"/>'
    )


def _pipe(pipe: Pipe, layout: Layout) -> Iterator[str]:
    """Yield the two parts of a pipe and its clouds."""
    valve = layout.places[pipe.flow]
    for end, outward in ((pipe.source, -1.0), (pipe.sink, 1.0)):
        if end is None:
            cloud = (valve.x + outward * CLOUD, valve.y)
            points = [(valve.x, valve.y), (cloud[0] - outward * 8.0, cloud[1])]
            yield _tube(points, outward > 0)
            yield _cloud(cloud[0], cloud[1])
            continue
        yield _tube(route(layout, pipe.flow, end), outward > 0)


def _tube(points: Sequence[Point], headed: bool) -> str:
    (x0, _), (x1, y1) = points[-2], points[-1]
    sign = 1.0 if x1 >= x0 else -1.0
    head = ""
    if headed:
        head = (
            f'<path d="M{x1 - sign * 8:g},{y1 - 6:g} L{x1:g},{y1:g} L{x1 - sign * 8:g},{y1 + 6:g} '
            f'z" fill="{_PIPE}"/>'
        )
        points = [*points[:-1], (x1 - sign * 6.0, y1)]
    line = "M" + " L".join(f"{x:g},{y:g}" for x, y in points)
    return (
        f'<path d="{line}" fill="none" stroke="{_PIPE}" stroke-width="5"/>'
        f'<path d="{line}" fill="none" stroke="#ffffff" stroke-width="2.6"/>{head}'
    )


def _arrow(arrow: Arrow, diagram: Diagram, layout: Layout) -> str:
    dash = ' stroke-dasharray="4,3"' if arrow.initial else ""
    return (
        f'<path d="{_curve(arrow, diagram, layout)}" fill="none" stroke="{_ARROW}" '
        f'stroke-width="1"{dash} marker-end="url(#head)"/>'
    )


def _curve(arrow: Arrow, diagram: Diagram, layout: Layout) -> str:
    """Return the path of an arrow: level at both ends, through the points that it passes."""
    source, target = layout.places[arrow.source], layout.places[arrow.target]
    if _joined(arrow, diagram):
        return _short_arc(source, target)
    way = 1.0 if target.x > source.x else -1.0
    start = source.x + way * (source.width / 2 + 1.0)
    end = target.x - way * (target.width / 2 + 2.0)
    leave, enter = (source.end, target.begin) if way > 0 else (source.begin, target.end)
    nodes = diagram.nodes
    # Level while it passes a column, curved between columns: so it crosses no label.
    passing = layout.passing.get((arrow.source, arrow.target), ())
    heights = [source.label_y, *(y for _, _, y in passing), target.label_y]
    levels = [
        (start, leave + way * _HEAD / 2, _port(nodes[arrow.source], source, heights[1])),
        *passing,
        (enter - way * _HEAD, end, _port(nodes[arrow.target], target, heights[-2])),
    ]
    pieces = [f"M{start:g},{levels[0][2]:g}"]
    for (_, x0, y0), (x1, _, y1) in pairwise(levels):
        bend = 0.5 * (x1 - x0)
        pieces.append(f"H{x0:g} C{x0 + bend:g},{y0:g} {x1 - bend:g},{y1:g} {x1:g},{y1:g}")
    return " ".join([*pieces, f"H{end:g}"])


def _port(node: Node, place: Place, other: float) -> float:
    """Return the height at which an arrow meets a node: at a box beside the pipe, not upon it."""
    if node.role != "stock" or abs(other - place.y) < 1.0:
        return place.label_y
    room = place.height / 2 - 6.0
    return place.y + (room if other > place.y else -room)


def _joined(arrow: Arrow, diagram: Diagram) -> bool:
    """Whether a pipe joins the two ends already."""
    return any(
        {arrow.source, arrow.target} in ({pipe.flow, pipe.source}, {pipe.flow, pipe.sink})
        for pipe in diagram.pipes
    )


def _short_arc(source: Place, target: Place) -> str:
    """Return an arc below the pipe, from the foot of a stock to the label of its flow."""
    way = 1.0 if target.x > source.x else -1.0
    x0, y0 = source.x + way * source.width / 4, source.y + source.height / 2
    x1, y1 = target.x - way * (target.width / 2 + 2.0), target.label_y
    return f"M{x0:g},{y0:g} Q{x0:g},{max(y1, y0 + 14):g} {x1:g},{y1:g}"


def _legend() -> Iterator[str]:
    """Yield the legend: signs in one line, colours in another."""
    x = 0.0
    signs = (
        ("stock", _box(16, 8, 30, 18), 36.0),
        ("flow, with valve", _tube([(0, 8), (38, 8)], True) + _valve(17, 8), 44.0),
        ("outside the diagram", _cloud(9, 8), 24.0),
        (
            "depends on",
            f'<path d="M0,8 H28" stroke="{_ARROW}" fill="none" marker-end="url(#head)"/>',
            34.0,
        ),
        (
            "for its initial value",
            f'<path d="M0,8 H28" stroke="{_ARROW}" fill="none" stroke-dasharray="4,3" '
            'marker-end="url(#head)"/>',
            34.0,
        ),
        ("<name>: of another group", "", 0.0),
    )
    for words, sign, room in signs:
        style = f' font-style="italic" fill="{_SHADOW}"' if not room else ""
        yield (
            f'<g transform="translate({x:g},0)">{sign}'
            f'<text x="{room:g}" y="12"{style}>{escape(words)}</text></g>'
        )
        x += room + len(words) * 5.6 + 20.0
    x = 0.0
    for role, words in {**_WORDS, "": "computed"}.items():
        colour = _COLOURS.get(role, _INK)
        yield (
            f'<g transform="translate({x:g},30)"><rect width="9" height="9" y="3" '
            f'fill="{colour}"/><text x="14" y="12" fill="{colour}">{words}</text></g>'
        )
        x += 14.0 + len(words) * 5.6 + 20.0
