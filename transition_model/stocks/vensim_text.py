"""Vensim text read by PySD, equation by equation, so that an error can say where it is.

PySD's own reader takes whatever follows a broken equation for the sketch and drops it in silence,
and knows no line numbers: the text is split here too, and both must find the same equations.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from transition_model.errors import InputError
from transition_model.stocks.source import ModelSource

_ENCODING = re.compile(r"\s*\{[^}]*\}")
_FIELD = r'(?:"(?:\\"|[^"])*"|[^~|])*+'
_ENTRY = re.compile(rf"({_FIELD})~({_FIELD})~([^~|]*+)(?:~{_FIELD})?\|")
_GROUP = re.compile(rf"{_FIELD}~{_FIELD}\|")
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Entry:
    """An equation of a text as written, and the line that it starts on.

    Attributes
    ----------
    written
        The equation.
    line
        Where it starts.
    unit, comment
        What stands after it, with single blanks.
    """

    written: str
    line: int
    unit: str = ""
    comment: str = ""

    @property
    def equation(self) -> str:
        """The equation on one line."""
        return " ".join(self.written.split())


@dataclass(frozen=True, slots=True)
class ParsedText:
    """A text as PySD reads it.

    Attributes
    ----------
    section
        PySD's abstract section: subscript ranges and elements.
    lines
        Lines of the equations of each variable, by id.
    """

    section: Any
    lines: dict[str, tuple[int, ...]]


def snake_case(vensim_name: str) -> str:
    """Return the id of a Vensim name: lower case, blanks to underscores, quotes dropped."""
    return re.sub(r"[\s_]+", "_", vensim_name.strip().strip('"').lower())


def import_pysd() -> Any:
    """Import PySD, without the one warning that it gives: it uses an old name of chardet's."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "chardet.universaldetector", DeprecationWarning)
        import pysd
    return pysd


def entries(source: ModelSource) -> tuple[Entry, ...]:
    """Split a text into equations.

    Raises
    ------
    InputError
        If one isn't written ``equation ~ unit ~ comment |``.
    """
    text = source.equations
    header = _ENCODING.match(text)
    position = header.end() if header else 0
    found = []
    while text[position:].strip():
        start = position + len(text[position:]) - len(text[position:].lstrip())
        line = text.count("\n", 0, start) + 1
        entry = _ENTRY.match(text, position)
        group = None if entry else _GROUP.match(text, position)
        if entry:
            unit, comment = (" ".join(entry[part].split()) for part in (2, 3))
            found.append(Entry(entry[1].strip(), line, unit, comment))
        match = entry or group
        if match is None:
            raise _unread(source, Entry(text[start:], line), "")
        position = match.end()
    return tuple(found)


def parse(source: ModelSource) -> ParsedText:
    """Have PySD read a text.

    Raises
    ------
    InputError
        At the first equation that PySD can't read, with file, line and the equation's beginning.
    """
    import_pysd()
    from pysd.translators.vensim.vensim_element import Component, SubscriptRange
    from pysd.translators.vensim.vensim_file import VensimFile

    written = entries(source)
    if not written:
        raise InputError(str(source.path), source.text[:_SHOWN], "a Vensim text with equations")
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{source.name}.mdl"
        path.write_text(source.text, "utf-8")
        file = VensimFile(path, encoding="UTF-8")
    file.parse(parse_all=False)
    section = file.sections[0]
    if len(file.sections) != 1 or section is None:
        raise InputError(str(source.path), ":MACRO:", "a text without macros")
    section.parse(parse_all=False)
    if len(section.elements) != len(written):
        entry = written[min(len(section.elements), len(written) - 1)]
        raise _unread(source, entry, "")
    elements = [
        _parsed(source, element, entry)
        for element, entry in zip(section.elements, written, strict=True)
    ]
    section.subscripts = [item for item in elements if isinstance(item, SubscriptRange)]
    section.components = [item for item in elements if isinstance(item, Component)]
    section.constraints = section.test_inputs = []
    lines: dict[str, tuple[int, ...]] = {}
    for element, entry in zip(elements, written, strict=True):
        if isinstance(element, Component):
            name = snake_case(element.name)
            lines[name] = (*lines.get(name, ()), entry.line)
    return ParsedText(section.get_abstract_section(), lines)


def _parsed(source: ModelSource, element: Any, entry: Entry) -> Any:
    """Parse both sides of an equation."""
    expression = None
    try:
        with warnings.catch_warnings():
            # PySD warns of what it drops: reality checks, mappings with their own order.
            warnings.simplefilter("error", UserWarning)
            component = element.parse()
            expression = getattr(component, "expression", None)
            if expression is not None or hasattr(component, "ast"):
                component.parse()
    except Exception as problem:
        raise _unread(source, entry, _stop(expression or element.equation, problem)) from problem
    return component


def _stop(text: str, problem: Exception) -> str:
    """Say where the parser gave up, if it knows."""
    position = getattr(problem, "pos", None)
    if not isinstance(position, int):
        return ""
    rest = text[position:].strip()
    return f"; not understood from {rest[:_SHOWN]!r} on" if rest else "; it ends too early"


def _unread(source: ModelSource, entry: Entry, stop: str) -> InputError:
    shown = entry.equation[:_SHOWN] + ("..." if len(entry.equation) > _SHOWN else "")
    return InputError(
        f"{source.path}, line {entry.line}", shown, f"equation ~ unit ~ comment |{stop}"
    )
