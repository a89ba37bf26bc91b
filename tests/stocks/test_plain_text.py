"""What is read without PySD is what PySD reads; what isn't plain is left to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transition_model.errors import InputError
from transition_model.stocks import ModelSource, load_source, read_source
from transition_model.stocks.equations import Equations
from transition_model.stocks.plain_text import read_plain
from transition_model.stocks.unrolling import unroll
from transition_model.stocks.vensim_text import ParsedText, parse

MODELS = sorted((Path(__file__).parent / "models").glob("*.mdl"))
DECLARED = """
kind: one, two, three ~~|
a = 1.5 ~ Dmnl ~ x |
b[kind] = 1, -2, 3 ~ Dmnl ~ x |
long name = 4 ~ Dmnl ~ x |
table((0, 1), (2, 5), (4, 5.5)) ~ Dmnl ~ x |
"""

type Write = Callable[[str], ModelSource]


def read(source: ModelSource, reader: Callable[[ModelSource], ParsedText | None]) -> object:
    """Return what a reader makes of a text, or what is wrong with it; nothing if it leaves it."""
    try:
        parsed = reader(source)
        return None if parsed is None else unroll(source, parsed)
    except InputError as problem:
        return str(problem)


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_a_small_model_is_read_as_pysd_reads_it(path: Path) -> None:
    source = read_source(path)
    assert isinstance(read(source, read_plain), Equations)
    assert read(source, read_plain) == read(source, parse)


def test_the_shipped_model_is_read_as_pysd_reads_it() -> None:
    source = load_source()
    plain, by_pysd = read_plain(source), parse(source)
    assert plain is not None
    assert plain.lines == by_pysd.lines
    assert unroll(source, plain) == unroll(source, by_pysd)


leaves = st.sampled_from(
    ["a", "long name", "Long  Name", "b[kind]", "b[two]", "b [ three ]", "Time"]
) | st.sampled_from(["0", "3", "2.5", ".5", "4.", "1e3", "2.5E-3"])


def joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(
        ["+", "-", "*", "/", "^", "=", "<>", "<", "<=", ">", ">=", ":AND:", ":OR:"]
    )
    blank = st.sampled_from(["", " ", "\n\t"])
    return st.one_of(
        st.builds("{}{}{}{}{}".format, inner, blank, operators, blank, inner),
        st.builds("({})".format, inner),
        st.builds("{}{}".format, st.sampled_from(["-", "+", "- ", ":NOT: ", ":NOT:"]), inner),
        st.builds("{}({})".format, st.sampled_from(["ABS", "exp", "table", "INITIAL"]), inner),
        st.builds("{}({}, {})".format, st.sampled_from(["MAX", "Min", "ZIDZ"]), inner, inner),
        st.builds("IF THEN ELSE({}, {}, {})".format, inner, inner, inner),
        st.builds("SUM(b[kind!] * ({}))".format, inner),
        st.builds("SMOOTH3I({}, 5, {})".format, inner, inner),
        st.builds("PULSE TRAIN(1, {}, 3, {})".format, inner, inner),
    )


@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(expression=st.recursive(leaves, joined, max_leaves=8))
def test_any_expression_that_is_read_is_what_pysd_reads(written: Write, expression: str) -> None:
    source = written(f"{DECLARED}\nx[kind] = {expression} ~ Dmnl ~ x |")
    plain = read(source, read_plain)
    if plain is not None:
        assert plain == read(source, parse)


@pytest.mark.parametrize(
    "equation",
    [
        "x[kind] = a",
        "x[one] = a ~ Dmnl ~ x |\nx[two] = 2 ~ Dmnl ~ x |\nx[three] = b[one]",
        "x[kind] :EXCEPT: [one], [two] = 7 ~ Dmnl ~ x |\nx[one] = 1 ~ Dmnl ~ x |\nx[two] = 2",
        "x = INTEG(a, long name)",
        "x = DELAY1I(a, 4, 2) + DELAY3(a, 4) - SMOOTH(a, 4)",
        "x = WITH LOOKUP(Time, ([(0,0)-(10,10)], (0, 1), (1, 2), (5,-3)))",
        "x = WITH LOOKUP(Time, ((0,1),(1,2)))",
        "x[kind] = table(b[kind])",
        "part: one, two ~~|\nx[part] = b[part]",
        "other: un, deux, trois -> kind ~~|\nx[kind] = c[other] ~ Dmnl ~ x |\nc[other] = 1, 2, 3",
        "same <-> kind ~~|\nx[same] = a",
        "age: (age0-age3) ~~|\nx[age] = 1, 2, 3, 4",
        "part: first, second ~~|\nx[kind, part] = 1, 2; 3, 4; 5, 6; ~ Dmnl ~ x |\n"
        "y = x[two, second]",
        "x = a ~ Dmnl [0, 5] ~ With limits. |\ny = x",
    ],
)
def test_a_plain_form_is_read_without_pysd(written: Write, equation: str) -> None:
    source = written(f"{DECLARED}\n{equation} ~ Dmnl ~ With\n\ta comment. |")
    plain = read(source, read_plain)
    assert isinstance(plain, Equations)
    assert plain == read(source, parse)


@pytest.mark.parametrize(
    "equation",
    [
        "x = a +",
        "x = 2 a",
        "x = (a",
        "x = MAX(a)) ",
        "x = :NA:",
        "x := a",
        "x = a \\\n\t+ 1",
        '"quoted name" = a',
        "x = DELAY FIXED(a, 3, 0)",
        "x = INTEG(a)",
        "x = a ^ -a",
        "x = a < b[one] < 3",
        "x[kind] = 1, 2 3",
        "x((0, 1) (2, 3))",
        "x = WITH LOOKUP(Time, ((0,1),(1,2))) * 2",
        "x",
        "{note} x = a",
    ],
)
def test_what_is_not_plain_or_wrong_is_left_to_pysd(written: Write, equation: str) -> None:
    assert read_plain(written(f"{DECLARED}\n{equation} ~ Dmnl ~ x |")) is None
    assert read_plain(written(DECLARED)) is not None
