"""The groups of a Vensim text, and the equations as written."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from transition_model.stocks.compiled import equations_of
from transition_model.stocks.engine import shown
from transition_model.stocks.equations import TIME, Variable
from transition_model.stocks.source import ModelSource
from transition_model.stocks.vensim_text import entries, snake_case

_GROUP = re.compile(r"\*{4,}\s*\.([^*~|\n]+?)\s*\*{4,}\s*~([^~|]*)\|")
_NAME = re.compile(r'"[^"]*"|[^\[=(:]+')


@dataclass(frozen=True, slots=True)
class Group:
    """A group of a text.

    Attributes
    ----------
    name
        As written, without the dot.
    description
        Its comment, on one line.
    variables
        Those that stand under it, by id, in the order of the text.
    """

    name: str
    description: str
    variables: Mapping[str, Variable]

    @property
    def id(self) -> str:
        """Name for files: lower case, words joined by underscores."""
        return "_".join(re.findall(r"[a-z0-9]+", self.name.lower()))


def groups(source: ModelSource) -> tuple[Group, ...]:
    """Return the groups of a text that have variables, in order.

    What stands before the first group belongs to none of them, and is left out.

    Raises
    ------
    InputError
        If the text can't be read.
    """
    heads = list(_GROUP.finditer(source.equations))
    lines = [source.equations.count("\n", 0, head.start()) + 1 for head in heads]
    variables = sorted(
        (one for name, one in shown(equations_of(source).variables).items() if name != TIME),
        key=lambda variable: variable.line,
    )
    found = []
    for at, head in enumerate(heads):
        end = lines[at + 1] if at + 1 < len(lines) else math.inf
        own = {variable.name: variable for variable in variables if lines[at] < variable.line < end}
        if own:
            found.append(Group(head[1], " ".join(head[2].split()), own))
    return tuple(found)


def written_equations(source: ModelSource) -> dict[str, tuple[str, ...]]:
    """Return the equations of each variable and subscript range by id, as written.

    Raises
    ------
    InputError
        If the text can't be split into equations.
    """
    found: dict[str, tuple[str, ...]] = {}
    for entry in entries(source):
        name = _NAME.match(entry.equation)
        if name:
            key = snake_case(name[0])
            found[key] = (*found.get(key, ()), entry.written)
    return found
