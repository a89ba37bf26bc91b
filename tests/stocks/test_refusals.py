"""A text that can't be run gives one clear error, with file, line and variable."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from transition_model.errors import InputError
from transition_model.stocks import ModelSource
from transition_model.stocks.compiled import equations_of
from transition_model.stocks.equations import Schedule
from transition_model.stocks.ordering import schedule

RANGES = "class: a, b, c ~~|\nlast: b, c ~~|\nside: left, right ~~|\n"


def ordered(source: ModelSource) -> Schedule:
    return schedule(equations_of(source))


@pytest.mark.parametrize(
    ("equation", "read"),
    [
        ("late = DELAY FIXED(Time, 3, 0) ~ Month ~ x |", "DELAY FIXED"),
        ("late = 2 * DELAY N(Time, 3, 0, 5) ~ Month ~ x |", "DELAY N"),
        ("late = SMOOTH N(Time, 3, 0, 5) ~ Month ~ x |", "SMOOTH N"),
        ("late = TREND(Time, 3, 0) ~ Month ~ x |", "TREND"),
        ("late = FORECAST(Time, 3, 0) ~ Month ~ x |", "FORECAST"),
        ("late = SAMPLE IF TRUE(Time > 2, 3, 0) ~ Month ~ x |", "SAMPLE IF TRUE"),
        ("late = GAME(3 + Time) ~ Month ~ x |", "GAME"),
        ("late = RANDOM UNIFORM(0, 1, 2) ~ Month ~ x |", "RANDOM UNIFORM"),
        ("late = ACTIVE INITIAL(Time, 3) ~ Month ~ x |", "ACTIVE INITIAL"),
        ("late = GET DIRECT DATA('a', 'b', 'c', 'd') ~ Month ~ x |", "GET DATA"),
        ("late = 3 * INTEG(Time, 2) ~ Month ~ x |", "INTEG"),
        ("late = TELEPORT(Time) ~ Month ~ x |", "TELEPORT"),
    ],
)
def test_an_unsupported_function_is_refused_by_name(
    written: Callable[[str], ModelSource], equation: str, read: str
) -> None:
    source = written(f"early = 1 ~ Month ~ x |\n\n{equation}")
    with pytest.raises(InputError) as refusal:
        equations_of(source)
    assert refusal.value.where == f"{source.path}, line 4: late"
    assert refusal.value.read == read
    assert "DELAY3I, EXP, IF THEN ELSE, INITIAL, INTEG" in refusal.value.allowed


@pytest.mark.parametrize(
    ("equations", "line", "where", "read", "allowed"),
    [
        ("x = y ~ m ~ c |", 2, "x", "y", "a variable that the model defines"),
        ("x = 1 ~ m ~ c |\nz[class] = x[class] ~ m ~ c |", 6, "z", "x with 1", "no subscript"),
        ("y[class] = 1 ~ m ~ c |\nx = y ~ m ~ c |", 6, "x", "y with 0", "class"),
        ("y[class] = 1 ~ m ~ c |\nx = y[class] ~ m ~ c |", 6, "x", "y[class]", "left side"),
        ("y[class] = 1 ~ m ~ c |\nx = y[left] ~ m ~ c |", 6, "x", "y[left]", "one of a, b, c"),
        ("y[last] = 1 ~ m ~ c |\nx = y[a] ~ m ~ c |", 6, "x", "y[a]", "one of b, c"),
        ("x[a] = 1 ~~|\nx[b] = Time ~ m ~ c |", 5, "x", "['a', 'b']", "none left out"),
        ("x[class] = 1 ~~|\nx[b] = Time ~ m ~ c |", 6, "x", "b", "one equation for each"),
        ("x[class] :EXCEPT: [b] = Time ~ m ~ c |", 5, "x", "none for b", "for each element"),
        ("x[class] = 1, 2 ~ m ~ c |", 5, "x", "2 numbers", "3 numbers"),
        ("x = 1 ~ m ~ c |\nx = 2 ~ m ~ c |", 6, "x", "a second equation", "one equation"),
        ("f((0,0),(1,1)) ~ m ~ c |\nx = f + 1 ~ m ~ c |", 6, "x", "f", "a lookup with its"),
        ("f((0,0),(0,1)) ~ m ~ c |", 5, "f", "(0.0, 0.0)", "x rising"),
        ("x = MAX(1, 2, Time) ~ m ~ c |", 5, "x", "MAX of 3", "2 arguments"),
        ("x = SUM(Time) ~ m ~ c |", 5, "x", "SUM", "marked with !"),
        ("x = :NA: ~ m ~ c |", 5, "x", "nan", "a number"),
        ("x = 1 / 0 ~ m ~ c |", 5, "x", "nan", "a number"),
        ("x = Time ^ Time ^ 2 ~ m ~ c |", 5, "x", "a ^ b ^ c", "in brackets"),
        ("x = (-2) ^ Time ~ m ~ c |", 5, "x", "a power of a negative", "POWER"),
        ("x = (Time>1 :AND: Time>2 :OR: Time>3) ~ m ~ c |", 5, "x", ":AND: :OR:", "in brackets"),
        ("x := Time ~ m ~ c |", 5, "x", "data", "an equation with ="),
        ("class = 3 ~ m ~ c |", 5, "class", "class", "no subscript range has"),
        ("länge = 3 ~ m ~ c |", 5, "länge", "länge", "ASCII letters"),
        (
            "y[class] = 1 ~ m ~ c |\nx = SUM(DELAY1(y[class!] + Time, 3)) ~ m ~ c |",
            6,
            "x",
            "delay inside sum",
            "a variable of its own",
        ),
    ],
)
def test_what_has_no_meaning_is_refused(
    written: Callable[[str], ModelSource],
    equations: str,
    line: int,
    where: str,
    read: str,
    allowed: str,
) -> None:
    source = written(equations if line == 2 else RANGES + equations)
    with pytest.raises(InputError) as refusal:
        equations_of(source)
    assert refusal.value.where == f"{source.path}, line {line}: {where}"
    assert read in str(refusal.value.read)
    assert allowed in refusal.value.allowed


@pytest.mark.parametrize(
    ("text", "line", "begin", "stop"),
    [
        ("x = 1 ~ m ~ c |\ny = x + * 2 ~ m ~ c |", 3, "y = x + * 2", "'+ * 2' on"),
        ("y = (1 + 2 ~ m ~ c |", 2, "y = (1 + 2", "ends too early"),
        ("x = 1 ~ m ~ c |\n\ny = MIN(1, \n 2 ~ m ~ c |", 4, "y = MIN(1, 2", "'(1, 2' on"),
        ("y 3 ~ m ~ c |", 2, "y 3", "ends too early"),
        ("x = 1 ~ m ~ c |\ny = 2 | z = 3 ~ m ~ c |", 3, "y = 2 | z = 3", ""),
        ("x = 1 ~ m ~ c |\ny = 2 ~ m ~ c", 3, "y = 2 ~ m ~ c", ""),
        ("y = INTEG(1) ~ m ~ c |", 2, "y = INTEG(1)", ""),
        ("y : (a1-b3) ~~|", 2, "y : (a1-b3)", ""),
        ("y : a, b -> (z: d, c) ~~|", 2, "y : a, b ->", ""),
        ("y :THE CONDITION: x > 2 ~ m ~ c |", 2, "y :THE CONDITION:", ""),
        ("y = " + "1 + " * 40 + " ~ m ~ c |", 2, "y = 1 + 1 +", "'+' on"),
    ],
)
def test_a_syntax_error_says_where_it_is(
    written: Callable[..., ModelSource], text: str, line: int, begin: str, stop: str
) -> None:
    source = written(text, "")
    with pytest.raises(InputError) as refusal:
        equations_of(source)
    assert refusal.value.where == f"{source.path}, line {line}"
    assert str(refusal.value.read).startswith(begin)
    assert refusal.value.allowed.startswith("equation ~ unit ~ comment |")
    assert stop in refusal.value.allowed
    assert "\n" not in str(refusal.value)


def test_macros_and_empty_texts_are_refused(written: Callable[..., ModelSource]) -> None:
    macro = ":MACRO: TWICE(x)\nTWICE = 2 * x ~ m ~ c |\n:END OF MACRO:\n"
    with pytest.raises(InputError, match="macro"):
        equations_of(written(macro))
    with pytest.raises(InputError, match="with equations"):
        equations_of(written("", ""))
    with pytest.raises(InputError, match="an equation for INITIAL TIME"):
        equations_of(written("x = 1 ~ m ~ c |", ""))


def test_a_causal_loop_without_a_stock_is_named(
    written: Callable[[str], ModelSource],
) -> None:
    source = written("a = b + 1 ~ m ~ c |\nb = 2 * c ~ m ~ c |\nc = MAX(a, 3) ~ m ~ c |")
    with pytest.raises(InputError, match=r"(a -> b|b -> a|a -> c|c -> a).*a stock or delay"):
        ordered(source)


def test_a_loop_within_a_subscripted_variable_is_named_by_element(
    written: Callable[[str], ModelSource],
) -> None:
    source = written(
        "class: a, b ~~|\nx[a] = x[b] + 1 ~~|\nx[b] = 2 * x[a] ~ m ~ c |\nfree[class] = 1 ~ m ~ c |"
    )
    with pytest.raises(InputError, match=r"line 3: x: read 'x\[(a|b)\] -> x\[(a|b)\]"):
        ordered(source)


def test_a_loop_broken_by_a_stock_a_delay_or_a_smooth_is_none(
    written: Callable[[str], ModelSource],
) -> None:
    for memory in ("DELAY1I(b, 3, 1)", "SMOOTHI(b, 3, 1)", "level"):
        source = written(
            f"a = {memory} ~ m ~ c |\nb = 2 * a ~ m ~ c |\nlevel = INTEG(b, 1) ~ m ~ c |"
        )
        assert ordered(source).changes


def test_initial_values_in_a_loop_are_named(written: Callable[[str], ModelSource]) -> None:
    source = written("a = INTEG(1, b) ~ m ~ c |\nb = INTEG(1, 2 * a) ~ m ~ c |")
    with pytest.raises(InputError, match="initial values without a loop"):
        ordered(source)
