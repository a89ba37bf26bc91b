"""Diagrams, the sketch and the reference pages say what the equations say, and are current."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from functools import cache
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest

from transition_model.declared import Status
from transition_model.stocks import ModelSource, load_source, read_source
from transition_model.stocks.compiled import equations_of
from transition_model.stocks.engine import shown
from transition_model.stocks.equations import TIME, Variable
from transition_model.stocks.vensim_text import import_pysd
from transition_model.stocks.views.diagram import Arrow, Diagram, Pipe, draw_up, is_drawn, readings
from transition_model.stocks.views.drawing import draw
from transition_model.stocks.views.groups import groups, written_equations
from transition_model.stocks.views.layout import VALVE, Layout, Place, arrange, label, route
from transition_model.stocks.views.pages import generated, stale
from transition_model.stocks.views.remarks import Remark, remark
from transition_model.stocks.views.sketch import view, with_sketch

ROOT = Path(__file__).parents[2]
MODELS = Path(__file__).parent / "models"
GROUPS = """
****
\t.one
****~
\t\tThe first.
|
Full = INTEG(filling - draining, start) ~ t ~ c |
filling = gap / delay * foreign ~ t/month ~ c |
draining = Full / delay ~ t/month ~ c |
gap = MAX(0, 100 - Full) ~ t ~ c |
delay = 3 ~ month ~ c |
start = 1 ~ t ~ c |
****
\t.two
****~
\t\tThe second.
|
foreign = 1 ~ share ~ c |
Below = INTEG(draining + trickle - draining * foreign, 0) ~ t ~ c |
trickle = DELAY3(draining, delay) ~ t/month ~ c |
first = INITIAL(Below) ~ t ~ c |
"""

type Views = list[tuple[Diagram, Layout]]


@cache
def shipped_views() -> Views:
    equations = equations_of(load_source())
    diagrams = [draw_up(equations, group) for group in groups(load_source()) if is_drawn(group)]
    return [(diagram, arrange(diagram)) for diagram in diagrams]


@cache
def made() -> dict[Path, str]:
    return generated(load_source())


@pytest.fixture
def two_groups(written: Callable[[str], ModelSource]) -> tuple[Diagram, Diagram]:
    source = written(GROUPS)
    one, two = (draw_up(equations_of(source), group) for group in groups(source)[:2])
    return one, two


# ---------------------------------------------------------------------------- the equations say


def test_groups_are_read_with_their_variables(written: Callable[[str], ModelSource]) -> None:
    one, two = groups(written(GROUPS))
    assert (one.name, one.description, one.id) == ("one", "The first.", "one")
    assert list(one.variables) == ["full", "filling", "draining", "gap", "delay", "start"]
    assert list(two.variables)[:4] == ["foreign", "below", "trickle", "first"]


def test_every_variable_of_the_shipped_model_belongs_to_one_group() -> None:
    listed = [name for group in groups(load_source()) for name in group.variables]
    assert len(set(listed)) == len(listed)
    assert set(listed) == set(shown(equations_of(load_source()).variables)) - {TIME}


def test_equations_are_quoted_as_written() -> None:
    quoted = written_equations(load_source())
    text = load_source().text
    for group in groups(load_source()):
        for name, variable in group.variables.items():
            assert quoted[name][0].startswith(variable.vensim_name)
            assert all(equation in text for equation in quoted[name])


def test_a_rate_is_a_pipe_and_what_it_reads_an_arrow(two_groups: tuple[Diagram, Diagram]) -> None:
    one, _ = two_groups
    assert one.pipes == (Pipe("filling", None, "full"), Pipe("draining", "full", None))
    assert {node.key: node.role for node in one.nodes.values()} == {
        "full": "stock",
        "filling": "flow",
        "draining": "flow",
        "gap": "auxiliary",
        "delay": "constant",
        "start": "constant",
        "foreign for filling": "shadow",
    }
    assert set(one.arrows) == {
        Arrow("start", "full", True),
        Arrow("gap", "filling", False),
        Arrow("delay", "filling", False),
        Arrow("foreign for filling", "filling", False),
        Arrow("full", "draining", False),
        Arrow("delay", "draining", False),
        Arrow("full", "gap", False),
    }


def test_a_flow_of_another_group_is_a_shadow_with_an_arrow(
    two_groups: tuple[Diagram, Diagram],
) -> None:
    _, two = two_groups
    assert two.pipes == (Pipe("trickle", None, "below"),)
    assert Arrow("draining for below", "below", False) in two.arrows
    assert two.nodes["draining for below"].role == "shadow"


def test_delays_and_initial_values_are_seen_through(two_groups: tuple[Diagram, Diagram]) -> None:
    _, two = two_groups
    into_trickle = {
        arrow.source: arrow.initial for arrow in two.arrows if arrow.target == "trickle"
    }
    assert into_trickle == {"draining for trickle": False, "delay for trickle": False}
    assert Arrow("below", "first", True) in two.arrows


def test_a_flow_between_two_stocks_is_one_pipe() -> None:
    text = (
        (MODELS / "sir.mdl")
        .read_text("utf-8")
        .replace("{UTF-8}", "{UTF-8}\n****\n\t.all\n****~\n|", 1)
    )
    source = ModelSource("sir", text, "sir with a group", MODELS / "sir.mdl")
    diagram = draw_up(equations_of(source), groups(source)[0])
    ends = {(pipe.source, pipe.sink) for pipe in diagram.pipes}
    assert ends == {("susceptible", "infectious"), ("infectious", "recovered")}


@pytest.mark.parametrize(
    ("kind", "comment", "expected"),
    [
        ("constant", "Parameter, rule: SI.", Remark("parameter", Status.RULE, "", "SI.")),
        (
            "constant",
            "Ledger input, flow, by transit operators: bought.",
            Remark("ledger input", None, "transit operators", "bought."),
        ),
        (
            "constant",
            "Exogenous path, assumed: a: b.",
            Remark("exogenous path", Status.ASSUMED, "", "a: b."),
        ),
        ("constant", "Initial: set.", Remark("initial", None, "", "set.")),
        ("constant", "Levers of programmes.", Remark("lever", None, "", "Levers of programmes.")),
        ("constant", "Some number.", Remark("", None, "", "Some number.")),
        ("auxiliary", "Parameter, rule: no.", Remark("", None, "", "Parameter, rule: no.")),
    ],
)
def test_a_comment_is_taken_apart(kind: str, comment: str, expected: Remark) -> None:
    assert remark(Variable("x", "x", "t", comment, (), (), kind)) == expected  # type: ignore[arg-type]


def test_every_constant_of_the_shipped_model_says_what_it_is_for() -> None:
    silent = [
        variable.vensim_name
        for variable in equations_of(load_source()).variables.values()
        if variable.kind == "constant" and not remark(variable).role
    ]
    assert silent == []


# ---------------------------------------------------------------------------- layout


def test_no_label_or_box_lies_on_another() -> None:
    for diagram, layout in shipped_views():
        for one, other in combinations(diagram.nodes, 2):
            first, second = layout.places[one], layout.places[other]
            assert not overlap(first, second), f"{diagram.group.name}: {one} and {other}"


def overlap(first: Place, second: Place) -> bool:
    apart = abs(first.x - second.x) >= (first.width + second.width) / 2
    above = abs(first.label_y - second.label_y) >= (first.height + second.height) / 2
    return not (apart or above)


def test_everything_lies_within_the_picture() -> None:
    for _, layout in shipped_views():
        for place in layout.places.values():
            assert place.width / 2 <= place.x <= layout.width - place.width / 2
            assert place.label_y - place.height / 2 > 0
            assert place.label_y + place.height / 2 < layout.height


def test_most_pipes_are_level() -> None:
    pipes = [
        (layout, pipe.flow, end)
        for diagram, layout in shipped_views()
        for pipe in diagram.pipes
        for end in (pipe.source, pipe.sink)
        if end
    ]
    level = [len(route(layout, flow, end)) == 2 for layout, flow, end in pipes]
    assert sum(level) / len(level) > 0.8


def test_causes_stand_left_of_effects_but_for_feedback(two_groups: tuple[Diagram, Diagram]) -> None:
    places = arrange(two_groups[0]).places
    assert places["delay"].x < places["filling"].x < places["full"].x < places["draining"].x
    assert abs(places["filling"].y - places["full"].y) < VALVE


def test_a_layout_is_the_same_every_time() -> None:
    for diagram, layout in shipped_views():
        assert arrange(diagram) == layout


def test_labels_lose_no_word() -> None:
    for diagram, _ in shipped_views():
        for node in diagram.nodes.values():
            assert " ".join(label(node)).strip("<>") == node.name


# ---------------------------------------------------------------------------- Vensim's sketch


def parsed_sketch(source: ModelSource) -> dict[str, set[str]]:
    """Return the variables of each view as PySD reads them."""
    import_pysd()
    from pysd.translators.vensim.vensim_file import VensimFile

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*chardet.*", DeprecationWarning)
        file = VensimFile(source.path)
    file.parse()
    file.parse_sketch([])
    views = file.sections[0].views_dict
    assert isinstance(views, dict)
    return {name: {variable.replace('"', "") for variable in own} for name, own in views.items()}


def test_pysd_finds_in_each_view_just_the_variables_of_its_group() -> None:
    expected = {
        re.sub(r"\W+", "", group.name.replace(" ", "_")).lower(): set(group.variables)
        for group in groups(load_source())
        if is_drawn(group)
    }
    assert parsed_sketch(load_source()) == expected
    assert len(expected) > 15


def test_the_sketch_changes_no_equation_and_no_hash(tmp_path: Path) -> None:
    source = load_source()
    bare = tmp_path / "chongqing.mdl"
    bare.write_text(source.equations, "utf-8")
    without = read_source(bare)
    assert "///---" in source.text
    assert "///---" not in without.text
    assert without.sha256 == source.sha256
    assert equations_of(without).variables == equations_of(source).variables


def test_an_equation_more_changes_the_hash(tmp_path: Path) -> None:
    source = load_source()
    longer = tmp_path / "chongqing.mdl"
    longer.write_text(f"{source.equations}\nanother = 1 ~ share ~ c |\n", "utf-8")
    assert read_source(longer).sha256 != source.sha256


def test_a_sketch_takes_the_place_of_the_one_before() -> None:
    source = load_source()
    once = with_sketch(source, shipped_views())
    again = with_sketch(ModelSource("chongqing", once, source.sha256, source.path), shipped_views())
    assert again == once
    assert once.startswith(source.equations.rstrip())


def test_objects_are_numbered_and_arrows_join_what_is_there() -> None:
    for diagram, layout in shipped_views():
        objects = [line.split(",") for line in view(diagram, layout) if line[0].isdigit()]
        assert [int(one[1]) for one in objects] == list(range(1, len(objects) + 1))
        kinds = {one[1]: one[0] for one in objects}
        for one in objects:
            if one[0] == "1":
                assert kinds[one[2]] in ("10", "11")
                assert kinds[one[3]] in ("10", "12")
        valves = [at for at, one in enumerate(objects) if one[0] == "11"]
        assert len(valves) == len(diagram.pipes)
        # The name of a flow follows its valve: so does Vensim know that they belong together.
        assert all(objects[at + 1][0] == "10" and objects[at + 1][7] == "40" for at in valves)


def test_the_views_show_every_dependency_once() -> None:
    read = readings(equations_of(load_source()))
    for diagram, layout in shipped_views():
        lines = [line.split(",") for line in view(diagram, layout) if line[0].isdigit()]
        names = {one[1]: one[2].lower().replace(" ", "_") for one in lines if one[0] == "10"}
        drawn = [
            (names[one[2]], names[one[3]]) for one in lines if one[0] == "1" and one[2] in names
        ]
        piped = {
            (pipe.flow, end) for pipe in diagram.pipes for end in (pipe.source, pipe.sink) if end
        }
        expected = {
            (source, target)
            for target in diagram.group.variables
            for source in read[target]
            if source != target
        }
        assert len(drawn) == len(set(drawn))
        assert set(drawn) | piped == expected


# ---------------------------------------------------------------------------- drawings and pages


def test_a_drawing_is_well_formed_and_names_everything() -> None:
    for diagram, layout in shipped_views():
        picture = ElementTree.fromstring(draw(diagram, layout))
        words = " ".join(
            text.text or "" for text in picture.iter("{http://www.w3.org/2000/svg}text")
        )
        for variable in diagram.group.variables.values():
            assert variable.vensim_name in words


def test_what_is_made_of_the_model_is_current() -> None:
    outdated = [
        str(path)
        for path, text in made().items()
        if not (ROOT / path).is_file() or (ROOT / path).read_text("utf-8") != text
    ]
    assert outdated == [], "run make docs"
    assert stale(load_source(), ROOT) == []


def test_every_link_of_the_pages_leads_somewhere() -> None:
    pages = {path.name: text for path, text in made().items() if path.suffix == ".md"}
    anchors = {
        name: [head.lower().replace(" ", "-") for head in re.findall(r"^#+ (.*)$", text, re.M)]
        for name, text in pages.items()
    }
    for name, text in pages.items():
        assert len(set(anchors[name])) == len(anchors[name])
        for file, anchor in re.findall(r"\]\(([a-z_]*\.md|README\.md)?#([^)]+)\)", text):
            assert anchor in anchors[file or name], f"{name}: {file}#{anchor}"


def test_the_pages_list_every_variable_with_its_unit() -> None:
    pages = made()
    for group in groups(load_source()):
        page = pages[Path("docs/stock_flow") / f"{group.id}.md"]
        for variable in group.variables.values():
            heading = f"### {variable.vensim_name}\n"
            row = (
                rf"^\| {re.escape(variable.vensim_name)} \| [^|]+ \| {re.escape(variable.unit)} \|"
            )
            assert heading in page or re.search(row, page, re.M), variable.vensim_name
