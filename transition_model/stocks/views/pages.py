"""Reference pages of a stock-flow model: every variable, group by group, beside the diagrams."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from transition_model.ledger import published_entries
from transition_model.stocks.compiled import equations_of
from transition_model.stocks.equations import Equations, Variable
from transition_model.stocks.source import ModelSource
from transition_model.stocks.views.diagram import draw_up, flows_of, is_drawn, readings
from transition_model.stocks.views.drawing import draw
from transition_model.stocks.views.groups import Group, groups, written_equations
from transition_model.stocks.views.layout import arrange
from transition_model.stocks.views.remarks import remark
from transition_model.stocks.views.sketch import with_sketch

FOLDER = Path("docs/stock_flow")
_SOURCE = Path("models")
_NOTE = "<!-- Written by `make docs` from the equations: not to be edited by hand. -->"


@dataclass(frozen=True, slots=True)
class _Book:
    """What all pages draw upon."""

    equations: Equations
    groups: tuple[Group, ...]
    written: Mapping[str, tuple[str, ...]]
    readers: Mapping[str, list[str]]
    flows: Mapping[str, tuple[list[str], list[str]]]

    def group_of(self, name: str) -> Group | None:
        return next((group for group in self.groups if name in group.variables), None)


def generated(source: ModelSource) -> dict[Path, str]:
    """Return all that is made of a model's equations, by path from the top of the repository.

    That is the model's own text with its sketch anew, an index, and for each group a page and a
    diagram.

    Raises
    ------
    InputError
        If the text can't be read.
    """
    equations = equations_of(source)
    found = groups(source)
    readers: dict[str, list[str]] = {}
    for target, sources in readings(equations).items():
        for name in sources:
            readers.setdefault(name, []).append(target)
    book = _Book(equations, found, written_equations(source), readers, flows_of(equations))
    views = [
        (diagram, arrange(diagram))
        for diagram in (draw_up(equations, group) for group in found if is_drawn(group))
    ]
    files = {_SOURCE / f"{source.name}.mdl": with_sketch(source, views)}
    files[FOLDER / "README.md"] = _index(source, book)
    for group in found:
        files[FOLDER / f"{group.id}.md"] = _page(group, book)
    for diagram, layout in views:
        files[FOLDER / f"{diagram.group.id}.svg"] = draw(diagram, layout)
    return files


def stale(source: ModelSource, root: Path) -> list[Path]:
    """Return pages and diagrams in the folder that the model no longer calls for."""
    wanted = {root / path for path in generated(source)}
    present = sorted((root / FOLDER).glob("*.md")) + sorted((root / FOLDER).glob("*.svg"))
    return [path for path in present if path not in wanted]


def _index(source: ModelSource, book: _Book) -> str:
    variables = [variable for group in book.groups for variable in group.variables.values()]
    kinds = [_kind(variable, book) for variable in variables]
    lines = [
        "# Stocks and flows",
        "",
        _NOTE,
        "",
        f"Every variable of `models/{source.name}.mdl`, group by group, with a diagram of each. "
        "The same diagrams are in the file itself, as views that Vensim opens. What stands in a "
        "diagram without an arrow is read by other groups. "
        "How the model is meant to be read and edited: [models/README.md](../../models/README.md).",
        "",
        f"{len(variables)} variables: "
        + ", ".join(f"{kinds.count(kind)} {_plural(kind)}" for kind in dict.fromkeys(kinds))
        + ".",
        "",
        "## Groups",
        "",
        "| group | stocks | variables | what |",
        "|---|---|---:|---|",
    ]
    for group in book.groups:
        stocks = ", ".join(
            f"`{one.vensim_name}`" for one in group.variables.values() if one.kind == "stock"
        )
        lines.append(
            f"| [{group.name}]({group.id}.md) | {stocks} | {len(group.variables)} "
            f"| {group.description} |"
        )
    lines += ["", "## Subscripts", "", "| range | members |", "|---|---|"]
    lines += [
        f"| {_words(name)} | {_shown_members(members)} |"
        for name, members in book.equations.ranges.items()
    ]
    lines += ["", "## All variables", "", "| variable | kind | unit | group |", "|---|---|---|---|"]
    for variable in sorted(variables, key=lambda variable: variable.name):
        home = book.group_of(variable.name)
        lines.append(
            f"| {_link(variable.name, None, book)} | {_kind(variable, book)} | {variable.unit} "
            f"| {home.name if home else ''} |"
        )
    return "\n".join([*lines, ""])


def _page(group: Group, book: _Book) -> str:
    lines = [f"# Group: {group.name}", "", _NOTE, "", group.description, ""]
    if is_drawn(group):
        lines += [f"![Stocks, flows and causes: {group.name}]({group.id}.svg)", ""]
    lines += ["[All groups](README.md)", ""]
    chapters = (("Stocks", "stock"), ("Flows", "flow"), ("Other computed variables", "auxiliary"))
    for title, kind in chapters:
        chosen = [one for one in group.variables.values() if _chapter(one, book) == kind]
        if chosen:
            lines += [f"## {title}", ""]
            for variable in chosen:
                lines += _entry(variable, group, book)
    constants = [one for one in group.variables.values() if _chapter(one, book) == "constant"]
    if constants:
        lines += [
            "## Constants",
            "",
            "| name | kind | unit | over | value | status | source or meaning | read by |",
            "|---|---|---|---|---|---|---|---|",
            *(_row(variable, group, book) for variable in constants),
            "",
        ]
    return "\n".join(lines)


def _entry(variable: Variable, group: Group, book: _Book) -> Iterator[str]:
    yield f"### {variable.vensim_name}"
    yield ""
    told = remark(variable)
    facts = [_kind(variable, book), f"`{variable.unit}`"]
    if variable.dims:
        facts.append(f"over {' × '.join(map(_words, variable.dims))}")
    if told.status:
        facts.append(str(told.status))
    if variable.name in published_entries():
        facts.append("published to the agents")
    yield f"{', '.join(facts)}. {_sentence(told.text)}"
    yield ""
    yield "```"
    for equation in book.written[variable.name]:
        yield equation.expandtabs(4)
    yield "```"
    yield ""
    related = [*_flowing(variable, group, book), *_read_by(variable, group, book)]
    if related:
        yield " ".join(related)
        yield ""


def _flowing(variable: Variable, group: Group, book: _Book) -> Iterator[str]:
    if variable.kind == "stock":
        filled = [name for name, (stocks, _) in book.flows.items() if variable.name in stocks]
        drained = [name for name, (_, stocks) in book.flows.items() if variable.name in stocks]
        words = {"Filled by": filled, "Drained by": drained}
    else:
        fills, drains = book.flows.get(variable.name, ([], []))
        words = {"Fills": fills, "Drains": drains}
    for word, names in words.items():
        if names:
            yield f"{word}: {_links(names, group, book)}."


def _read_by(variable: Variable, group: Group, book: _Book) -> Iterator[str]:
    moved = {stock for side in book.flows.get(variable.name, ()) for stock in side}
    names = [name for name in _readers(variable, book) if name not in moved]
    if names:
        yield f"Read by: {_links(names, group, book)}."


def _row(variable: Variable, group: Group, book: _Book) -> str:
    told = remark(variable)
    over = " × ".join(map(_words, variable.dims))
    value = "; ".join(_right_side(equation) for equation in book.written[variable.name])
    text = f"by {told.by}: {told.text}" if told.by else told.text
    cells = [
        variable.vensim_name, _kind(variable, book), variable.unit, over, value,
        str(told.status or ""), text, _links(_readers(variable, book), group, book),
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _readers(variable: Variable, book: _Book) -> list[str]:
    return [name for name in book.readers.get(variable.name, ()) if book.group_of(name)]


def _right_side(equation: str) -> str:
    return " ".join(equation.split("=", 1)[-1].split())


def _chapter(variable: Variable, book: _Book) -> str:
    if variable.kind == "stock":
        return "stock"
    if variable.kind != "auxiliary":
        return "constant"
    return "flow" if variable.name in book.flows else "auxiliary"


def _kind(variable: Variable, book: _Book) -> str:
    """Return what a variable is called in the pages."""
    if variable.kind == "time":
        return "setting"
    if variable.kind == "lookup":
        return "table"
    chapter = _chapter(variable, book)
    return (remark(variable).role or "constant") if chapter == "constant" else chapter


def _plural(kind: str) -> str:
    return {"auxiliary": "auxiliaries", "initial": "initial values"}.get(kind, f"{kind}s")


def _links(names: Sequence[str], group: Group, book: _Book) -> str:
    return ", ".join(_link(name, group, book) for name in names)


def _link(name: str, page: Group | None, book: _Book) -> str:
    """Link a variable, from the page of a group or from the index; constants to their table."""
    variable = book.equations.variables[name]
    home = book.group_of(name)
    assert home is not None
    anchor = "constants"
    if _chapter(variable, book) != "constant":
        anchor = variable.vensim_name.lower().replace(" ", "-")
    file = "" if page is home else f"{home.id}.md"
    return f"[{variable.vensim_name}]({file}#{anchor})"


def _shown_members(members: Sequence[str]) -> str:
    """Return members of a range; a long row of numbered ones by its ends."""
    numbers = [re.fullmatch(r"(\D+)(\d+)", member) for member in members]
    if len(members) > 5 and all(number is not None for number in numbers):
        return f"{members[0]} to {members[-1]}"
    return ", ".join(members)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _sentence(text: str) -> str:
    return text if text.endswith((".", ")")) else f"{text}."
