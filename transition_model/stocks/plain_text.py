"""A fast reader of plain Vensim text, which PySD judges and stands in for.

PySD needs seconds to read a text of some hundred equations, and as long to be imported. What is
read here is what most equations are made of, in the structures that PySD makes of it, by their
names. A text with anything else (a backslash, a macro, data, a name in quotes, a function
with a structure of its own) or with a mistake is left to PySD, which reads or refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from transition_model.stocks.source import ModelSource
from transition_model.stocks.vensim_text import Entry, ParsedText, entries, snake_case

type Tree = Any

_NAME = r"[A-Za-z](?:[\w' ]*[\w'])?"
_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_TOKEN = re.compile(
    rf"\s*(?:(?P<number>{_NUMBER})|(?P<name>{_NAME})|"
    r"(?P<sign>:AND:|:OR:|:NOT:|<>|<=|>=|[-+*/^=<>()\[\],!]))",
    re.ASCII,
)
_SIGNED = re.compile(rf"[-+]?{_NUMBER}")
_LEFT = re.compile(
    rf"(?P<name>{_NAME})\s*(?:\[(?P<subscripts>[^\]]*)\])?\s*"
    r"(?::EXCEPT:\s*(?P<except>\[[^\]]*\](?:\s*,\s*\[[^\]]*\])*)\s*)?(?P<sign>=|\()",
    re.ASCII,
)
_RANGE = re.compile(
    rf"(?P<name>{_NAME})\s*(?P<sign><->|:)\s*(?P<listed>[\w ,()-]*?)\s*"
    r"(?:->\s*(?P<mapped>[\w ,]*))?",
    re.ASCII,
)
_SPAN = re.compile(r"\(\s*([A-Za-z_ ]+)(\d+)\s*-\s*([A-Za-z_ ]+)(\d+)\s*\)", re.ASCII)
_GROUP = re.compile(r"\[([^\]]*)\]")
_LIMITS = re.compile(r"\s*\[[^\]]*\]\s*,")
_POINT = re.compile(rf"\s*\(\s*([-+]?{_NUMBER})\s*,\s*([-+]?{_NUMBER})\s*\)\s*(,?)")
_COMPARISONS = ("=", "<>", "<=", "<", ">=", ">")
_OTHER_STRUCTURES = frozenset(
    (
        "allocate_available",
        "allocate_by_priority",
        "arithmetic",
        "call",
        "data",
        "delay_fixed",
        "delay_n",
        "forecast",
        "game",
        "get_direct_constants",
        "get_direct_data",
        "get_direct_lookups",
        "get_xls_constants",
        "get_xls_data",
        "get_xls_lookups",
        "logic",
        "lookup",
        "reference",
        "sample_if_true",
        "smooth_n",
        "subscripts_ref",
        "tabbed_array",
        "trend",
        "with_lookup",
    )
)


class _NotPlainError(Exception):
    """What is left to PySD."""


@dataclass(slots=True)
class ArithmeticStructure:
    """Numbers joined by ``+ -``, ``* /`` or ``^``, or one that is ``negative``."""

    operators: list[str]
    arguments: tuple[Tree, ...]


@dataclass(slots=True)
class LogicStructure:
    """Numbers joined by a comparison or by logic."""

    operators: list[str]
    arguments: tuple[Tree, ...]


@dataclass(slots=True)
class SubscriptsReferenceStructure:
    """Subscripts of a reference."""

    subscripts: list[str]


@dataclass(slots=True)
class ReferenceStructure:
    """A variable."""

    reference: str
    subscripts: SubscriptsReferenceStructure | None = None


@dataclass(slots=True)
class CallStructure:
    """A function, or a lookup, of arguments."""

    function: ReferenceStructure
    arguments: tuple[Tree, ...]


@dataclass(slots=True)
class InitialStructure:
    """A value kept from the start."""

    initial: Tree


@dataclass(slots=True)
class IntegStructure:
    """A stock."""

    flow: Tree
    initial: Tree


@dataclass(slots=True)
class DelayStructure:
    """A material delay."""

    input: Tree
    delay_time: Tree
    initial: Tree
    order: int


@dataclass(slots=True)
class SmoothStructure:
    """An exponential smooth."""

    input: Tree
    smooth_time: Tree
    initial: Tree
    order: int


@dataclass(slots=True)
class LookupsStructure:
    """Points of a table."""

    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(slots=True)
class InlineLookupsStructure:
    """A table read in an equation."""

    argument: Tree
    lookups: LookupsStructure


@dataclass(slots=True)
class Component:
    """The right side of an equation, with the subscripts of the left side and the exceptions."""

    subscripts: tuple[list[str], list[list[str]]]
    ast: Tree


@dataclass(slots=True)
class Element:
    """All equations of a variable."""

    name: str
    units: str = ""
    documentation: str = ""
    components: list[Component] = field(default_factory=list)


@dataclass(slots=True)
class SubscriptRange:
    """A subscript range: what is listed, or the name of the range that it copies."""

    name: str
    subscripts: list[str] | str
    mapping: list[str]


@dataclass(slots=True)
class Section:
    """A text as read."""

    subscripts: list[SubscriptRange]
    elements: list[Element]


def read_plain(source: ModelSource) -> ParsedText | None:
    """Read a text if it is plain; otherwise return nothing.

    Parameters
    ----------
    source
        The text.
    """
    section = Section([], [])
    elements: dict[str, Element] = {}
    lines: dict[str, tuple[int, ...]] = {}
    try:
        if "\\" in source.equations or ":MACRO:" in source.equations:
            raise _NotPlainError
        for entry in entries(source):
            _read_entry(entry, section, elements, lines)
    except (_NotPlainError, IndexError, ValueError):
        return None
    if not elements:
        return None
    section.elements = list(elements.values())
    return ParsedText(section, lines)


def _read_entry(
    entry: Entry,
    section: Section,
    elements: dict[str, Element],
    lines: dict[str, tuple[int, ...]],
) -> None:
    """Read one equation into what has been read."""
    equation = entry.equation
    if re.search(r'["{}$]', equation):
        raise _NotPlainError
    left = _LEFT.match(equation)
    if left is None:
        section.subscripts.append(_range(equation))
        return
    name = left["name"].strip()
    subscripts = _listed(left["subscripts"]) if left["subscripts"] is not None else []
    exceptions = [_listed(group) for group in _GROUP.findall(left["except"] or "")]
    if left["sign"] == "(":
        tree: Tree = _points(equation[left.end() :].rstrip(), ")")
    else:
        right = equation[left.end() :].strip()
        tree = _array(right) if _is_listed(right) else _Reading(right).whole()
    merged = elements.setdefault(name.lower().replace(" ", "_"), Element(name))
    merged.units = _units(entry.unit) or merged.units
    merged.documentation = entry.comment or merged.documentation
    merged.components.append(Component((subscripts, exceptions), tree))
    known = snake_case(name)
    lines[known] = (*lines.get(known, ()), entry.line)


def _units(written: str) -> str:
    """Return a unit without the limits that may stand after it."""
    if not written.endswith("]"):
        return written
    unit, _ = written.split("[")
    return unit.strip()


def _listed(text: str) -> list[str]:
    """Return names that commas part."""
    names = [name.strip() for name in text.split(",")]
    if not all(re.fullmatch(_NAME, name, re.ASCII) for name in names):
        raise _NotPlainError
    return names


def _range(equation: str) -> SubscriptRange:
    found = _RANGE.fullmatch(equation)
    if found is None:
        raise _NotPlainError
    name, listed = found["name"].strip(), found["listed"]
    mapped = _listed(found["mapped"]) if found["mapped"] is not None else []
    if found["sign"] == "<->":
        if mapped:
            raise _NotPlainError
        (copied,) = _listed(listed)
        return SubscriptRange(name, copied, [])
    members: list[str] = []
    for item in listed.split(","):
        span = _SPAN.fullmatch(item.strip())
        if span is None:
            members += _listed(item)
            continue
        prefix, first, other, last = span.groups()
        if prefix != other or int(first) >= int(last):
            raise _NotPlainError
        members += [f"{prefix.strip()}{number}" for number in range(int(first), int(last) + 1)]
    return SubscriptRange(name, members, mapped)


def _is_listed(text: str) -> bool:
    """Whether a right side is a list of numbers, or one number."""
    return all(_SIGNED.fullmatch(item.strip()) for item in re.split("[,;]", text.rstrip("; ")))


def _array(text: str) -> Tree:
    if "," not in text and ";" not in text:
        return float(text)
    rows = [row.split(",") for row in text.rstrip("; ").split(";")]
    return np.array([[float(item) for item in row] for row in rows])


def _points(text: str, end: str) -> LookupsStructure:
    """Read points up to the end of a text that is ``end``."""
    limits = _LIMITS.match(text)
    position = limits.end() if limits else 0
    points: list[tuple[float, float]] = []
    comma = ","
    while point := _POINT.match(text, position):
        if not comma:
            raise _NotPlainError
        points.append((float(point[1]), float(point[2])))
        comma = point[3]
        position = point.end()
    if not points or comma or text[position:].strip() != end:
        raise _NotPlainError
    points.sort(key=lambda point: point[0])
    x, y = zip(*points, strict=True)
    return LookupsStructure(x, y)


_STRUCTURES: Mapping[str, tuple[int, Callable[..., Tree]]] = {
    "delay1": (2, lambda x, time: DelayStructure(x, time, x, 1)),
    "delay1i": (3, lambda x, time, initial: DelayStructure(x, time, initial, 1)),
    "delay3": (2, lambda x, time: DelayStructure(x, time, x, 3)),
    "delay3i": (3, lambda x, time, initial: DelayStructure(x, time, initial, 3)),
    "initial": (1, InitialStructure),
    "integ": (2, IntegStructure),
    "pulse_train": (
        4,
        lambda start, width, interval, end: CallStructure(
            ReferenceStructure("pulse_train"), (start, interval, width, end)
        ),
    ),
    "smooth": (2, lambda x, time: SmoothStructure(x, time, x, 1)),
    "smoothi": (3, lambda x, time, initial: SmoothStructure(x, time, initial, 1)),
    "smooth3": (2, lambda x, time: SmoothStructure(x, time, x, 3)),
    "smooth3i": (3, lambda x, time, initial: SmoothStructure(x, time, initial, 3)),
}


class _Reading:
    """Reads the right side of an equation, from the weakest operator to the strongest."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str, int]] = []
        position = 0
        while position < len(text):
            token = _TOKEN.match(text, position)
            if token is None:
                raise _NotPlainError
            kind = str(token.lastgroup)
            self.tokens.append((kind, token[kind], token.end()))
            position = token.end()
        self.tokens.append(("end", "", len(text)))
        self.at = 0

    def whole(self) -> Tree:
        """Return the tree of all that is there."""
        tree = self._either()
        if self.tokens[self.at][0] != "end":
            raise _NotPlainError
        return tree

    def _next(self, *signs: str) -> str:
        """Take the next token if it is one of these signs; otherwise return nothing."""
        kind, written, _ = self.tokens[self.at]
        if kind != "sign" or written not in signs:
            return ""
        self.at += 1
        return written

    def _must(self, sign: str) -> None:
        if not self._next(sign):
            raise _NotPlainError

    def _joined(
        self, read: Callable[[], Tree], signs: tuple[str, ...], structure: Callable[..., Tree]
    ) -> Tree:
        """Read what is joined by operators of one strength."""
        arguments, operators = [read()], []
        while operator := self._next(*signs):
            operators.append(operator)
            arguments.append(read())
        return structure(operators, tuple(arguments)) if operators else arguments[0]

    def _either(self) -> Tree:
        return self._joined(self._not, (":AND:", ":OR:"), LogicStructure)

    def _not(self) -> Tree:
        if self._next(":NOT:"):
            return LogicStructure([":NOT:"], (self._compared(),))
        return self._compared()

    def _compared(self) -> Tree:
        left = self._sum()
        if operator := self._next(*_COMPARISONS):
            return LogicStructure([operator], (left, self._sum()))
        return left

    def _sum(self) -> Tree:
        return self._joined(self._product, ("+", "-"), ArithmeticStructure)

    def _product(self) -> Tree:
        return self._joined(self._power, ("*", "/"), ArithmeticStructure)

    def _power(self) -> Tree:
        sign = self._next("+", "-")
        value = self._one()
        if sign == "-" and isinstance(value, float):
            sign, value = "", -value
        if self._next("^"):
            value = ArithmeticStructure(["^"], (value, self._one()))
        return ArithmeticStructure(["negative"], (value,)) if sign == "-" else value

    def _one(self) -> Tree:
        """Read a number, a variable, a call, or what stands in brackets."""
        kind, written, end = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return float(written)
        if kind == "name":
            return self._named(written, end)
        if written != "(":
            raise _NotPlainError
        tree = self._either()
        self._must(")")
        return tree

    def _named(self, name: str, end: int) -> Tree:
        if snake_case(name) == "with_lookup":
            return self._with_lookup()
        reference = ReferenceStructure(name.lower().replace(" ", "_"))
        if self._next("["):
            reference.subscripts = SubscriptsReferenceStructure(self._subscripts())
        if not self._next("("):
            return reference
        arguments = [self._either()]
        while self._next(","):
            arguments.append(self._either())
        self._must(")")
        if reference.reference in _OTHER_STRUCTURES:
            raise _NotPlainError
        if reference.reference not in _STRUCTURES:
            return CallStructure(reference, tuple(arguments))
        count, structure = _STRUCTURES[reference.reference]
        if len(arguments) != count or reference.subscripts:
            raise _NotPlainError
        return structure(*arguments)

    def _subscripts(self) -> list[str]:
        subscripts = []
        while True:
            kind, name, _ = self.tokens[self.at]
            if kind != "name":
                raise _NotPlainError
            self.at += 1
            subscripts.append(name + self._next("!"))
            if not self._next(","):
                break
        self._must("]")
        return subscripts

    def _with_lookup(self) -> Tree:
        """Read ``WITH LOOKUP(argument, (points))`` where nothing follows it."""
        self._must("(")
        argument = self._either()
        self._must(",")
        start = self.tokens[self.at][2]
        self._must("(")
        lookup = _points("".join(self.text[start:].rsplit(")", 1)), ")")
        self.at = len(self.tokens) - 1
        return InlineLookupsStructure(argument, lookup)
