"""A model must have the classes, the ledger and the published values that are declared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from transition_model.dimensions import dimensions
from transition_model.errors import InputError
from transition_model.ledger import Entry
from transition_model.stocks import (
    ModelSource,
    StockFlowEngine,
    declarations,
    load_source,
    read_source,
)
from transition_model.stocks.compiled import equations_of
from transition_model.stocks.declarations import check_against_declarations, check_seam_names
from transition_model.stocks.dimensional_check import check_units
from transition_model.stocks.equations import Variable
from transition_model.stocks.findings import require

LEDGER = (
    Entry("private_car_scrappage_per_month", "vehicle/month", ("powertrain", "car_age"), "flow"),
    Entry("surcharge_revenue_per_month", "yuan/month", (), "flow"),
    Entry("material_collection_share", "share", ("material",), "share"),
)
PUBLISHED = (
    Entry("private_cars", "vehicle", ("powertrain", "car_age"), "stock"),
    Entry("floor_area", "m2", ("green_level",), "stock"),
    Entry("certified_green_factories", "factory", (), "stock"),
    Entry("recycling_capacity", "t/year", ("recycler_kind",), "stock"),
)


@pytest.fixture
def _declared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Declare few entries, so that these tests outlast changes of the real ones."""
    monkeypatch.setattr(declarations, "ledger_entries", lambda: {one.name: one for one in LEDGER})
    monkeypatch.setattr(
        declarations, "published_entries", lambda: {one.name: one for one in PUBLISHED}
    )


def declared_text() -> str:
    """Return a text with all that is declared and nothing else."""
    ranges = [
        f"{name.replace('_', ' ')}: {', '.join(dimension.members)} ~~|"
        for name, dimension in dimensions().items()
    ]
    variables = [
        entry.name.replace("_", " ")
        + (f"[{', '.join(entry.over).replace('_', ' ')}]" if entry.over else "")
        + f" = 0 ~ {entry.unit} ~ Declared. |"
        for entry in (*LEDGER, *PUBLISHED)
    ]
    return "\n".join([*ranges, *variables])


@pytest.mark.usefixtures("_declared")
def test_a_text_with_all_that_is_declared_passes(written: Callable[[str], ModelSource]) -> None:
    assert check_against_declarations(written(declared_text())) == ()
    require(())


@pytest.mark.usefixtures("_declared")
@pytest.mark.parametrize(
    ("old", "new", "where", "read", "allowed"),
    [
        (
            "surcharge revenue per month = 0",
            "revenue = 0",
            "surcharge revenue per month",
            "no such variable",
            "a constant in yuan/month over no subscripts, as data/ledger.toml declares it",
        ),
        (
            "floor area[green level] = 0",
            "floor[green level] = 0",
            "floor area",
            "no such variable",
            "a variable in m2 over green_level, as data/published.toml promises it",
        ),
        (
            "surcharge revenue per month = 0",
            "surcharge revenue per month = Time",
            "surcharge revenue per month",
            "auxiliary",
            "a constant",
        ),
        (
            "surcharge revenue per month = 0 ~ yuan/month",
            "surcharge revenue per month = 0 ~ yuan/year",
            "surcharge revenue per month",
            "yuan/year",
            "the unit yuan/month",
        ),
        (
            "floor area[green level] = 0 ~ m2",
            "floor area[green level] = 0 ~ hectare",
            "floor area",
            "hectare",
            "the unit m2",
        ),
        (
            "certified green factories = 0 ~ factory",
            "certified green factories = 0 ~ plant",
            "certified green factories",
            "plant",
            "the unit factory",
        ),
        (
            "= 0 ~ t/year ~",
            "= 0 ~ t/Month ~",
            "recycling capacity",
            "t/Month",
            "the unit t/year",
        ),
        (
            "private cars[powertrain, car age] = 0",
            "private cars[car age, powertrain] = 0",
            "private cars",
            "over car_age, powertrain",
            "over powertrain, car_age",
        ),
        (
            "floor area[green level] = 0 ~ m2",
            "floor area[green level] = 0 ~",
            "floor area",
            "no unit",
            "a unit",
        ),
        (
            "floor area[green level] = 0 ~ m2",
            "floor area[green level] = 0 ~ smoot",
            "floor area",
            "smoot",
            "a unit that the registry knows",
        ),
        (
            "certified green factories = 0 ~ factory ~ Declared.",
            "certified green factories = 0 ~ factory ~",
            "certified green factories",
            "no comment",
            "a comment",
        ),
        (
            "green level: not_green, green, high_star",
            "green level: not_green, high_star, green",
            "green_level",
            "not_green, high_star, green",
            "not_green, green, high_star",
        ),
    ],
)
def test_a_departure_is_found_and_named(
    written: Callable[[str], ModelSource],
    old: str,
    new: str,
    where: str,
    read: str,
    allowed: str,
) -> None:
    text = declared_text()
    assert old in text
    source = written(text.replace(old, new))
    findings = check_against_declarations(source)
    assert len(findings) == 1, findings
    assert str(source.path) in findings[0].where
    assert findings[0].where.endswith(where)
    assert findings[0].read == read
    assert allowed in findings[0].allowed
    with pytest.raises(InputError, match=where):
        require(findings)


@dataclass(frozen=True)
class Engine:
    """As much of an engine as the check at the start of a run asks for."""

    source: ModelSource
    variables: Mapping[str, Variable]


@pytest.mark.usefixtures("_declared")
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("= 0 ~ m2", "= 0 ~", ""),
        (
            "surcharge revenue per month =",
            "takings =",
            "surcharge revenue per month: read 'no such",
        ),
        ("certified green factories =", "plants =", "certified green factories: read 'no such"),
        ("share[material] = 0", "share[material] = Time", "a constant: it is set from outside"),
    ],
)
def test_a_run_begins_only_with_all_that_is_exchanged(
    written: Callable[[str], ModelSource], old: str, new: str, message: str
) -> None:
    text = declared_text()
    assert old in text
    source = written(text.replace(old, new))
    findings = check_seam_names(
        cast(StockFlowEngine, Engine(source, equations_of(source).variables))
    )
    assert len(findings) == bool(message)
    assert all(str(source.path) in str(one) and message in str(one) for one in findings)


@pytest.mark.parametrize(
    ("old", "new", "variable", "line_of", "read"),
    [
        (
            "SUM(private cars by powertrain[powertrain!])",
            "SUM((private cars by powertrain[powertrain!])",
            "private car fleet",
            "private car fleet =",
            "private car fleet = SUM((",
        ),
        (
            "MAX(0, desired public charging points",
            "MAXIMUM(0, desired public charging points",
            "public charging point gap",
            "public charging point gap =",
            "MAXIMUM",
        ),
        (
            "private car fleet =\n\tSUM(private cars by powertrain[powertrain!])\n\t~\tvehicle",
            "private car fleet =\n\tSUM(private cars by powertrain[powertrain!])\n\t~\t",
            "private car fleet",
            "private car fleet =",
            "no unit",
        ),
        (
            "industrial value added lost per month",
            "value added forgone per month",
            "industrial value added lost per month",
            "",
            "no such variable",
        ),
    ],
    ids=["syntax", "unknown function", "missing unit", "missing ledger entry"],
)
def test_a_mistake_in_the_shipped_text_is_one_line_with_file_line_and_variable(
    tmp_path: Path, old: str, new: str, variable: str, line_of: str, read: str
) -> None:
    text = load_source().equations
    assert old in text
    path = tmp_path / "chongqing.mdl"
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(InputError) as refusal:
        require(check_against_declarations(read_source(path)))
    message = str(refusal.value)
    assert "\n" not in message
    assert str(path) in message
    assert variable in message
    assert read in message
    if line_of:
        assert f"line {text[: text.index(line_of)].count(chr(10)) + 1}:" in message


def test_a_variable_without_a_unit_makes_no_second_error(
    written: Callable[[str], ModelSource],
) -> None:
    text = "a = 1 ~ t ~ c |\nb = 2 * a ~ {} ~ c |\ny = b + Time ~ {} ~ c |"
    assert check_units(written(text.format("", ""))) == ()
    assert len(check_units(written(text.format("t", "")))) == 1
    with pytest.raises(InputError, match=r"written.mdl, line 3: b: .*smoot"):
        check_units(written(text.format("smoot", "")))


@pytest.mark.usefixtures("_declared")
def test_the_error_counts_what_else_was_found(written: Callable[[str], ModelSource]) -> None:
    with pytest.raises(InputError, match=r"private car scrappage.*\(6 more like this\)"):
        require(check_against_declarations(written("")))


@pytest.mark.usefixtures("_declared")
def test_month_and_year_may_begin_with_a_capital(written: Callable[[str], ModelSource]) -> None:
    text = declared_text().replace("/month", "/Month").replace("/year", "/Year")
    assert check_against_declarations(written(text)) == ()


def test_the_shipped_model_keeps_to_what_is_declared() -> None:
    assert check_against_declarations(load_source()) == ()


def test_the_units_of_the_shipped_model_agree() -> None:
    assert check_units(load_source()) == ()
