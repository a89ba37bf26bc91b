"""A model must have the classes, the ledger and the published values that are declared."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from transition_model.dimensions import dimensions
from transition_model.errors import InputError
from transition_model.ledger import ledger_entries, published_entries
from transition_model.stocks import ModelSource, load_source
from transition_model.stocks.declarations import check_against_declarations
from transition_model.stocks.dimensional_check import check_units
from transition_model.stocks.findings import require


def declared_text() -> str:
    """Return a text with all that is declared and nothing else."""
    ranges = [
        f"{name.replace('_', ' ')}: "
        + ", ".join(f"{one}s" if one in dimensions() else one for one in dimension.members)
        + " ~~|"
        for name, dimension in dimensions().items()
    ]
    variables = [
        name.replace("_", " ")
        + (f"[{', '.join(entry.over).replace('_', ' ')}]" if entry.over else "")
        + f" = 0 ~ {entry.unit} ~ Declared. |"
        for name, entry in {**ledger_entries(), **published_entries()}.items()
    ]
    return "\n".join([*ranges, *variables])


def test_a_text_with_all_that_is_declared_passes(written: Callable[[str], ModelSource]) -> None:
    assert check_against_declarations(written(declared_text())) == ()
    require(())


@pytest.mark.parametrize(
    ("old", "new", "where", "read", "allowed"),
    [
        (
            "surcharge revenue per month = 0",
            "revenue = 0",
            "surcharge revenue per month",
            "no such variable",
            "a variable in yuan/month",
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
            "public charging points = 0 ~ charging_point",
            "public charging points = 0 ~ vehicle",
            "public charging points",
            "vehicle",
            "the unit charging_point",
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


def test_the_error_counts_what_else_was_found(written: Callable[[str], ModelSource]) -> None:
    expected = len(ledger_entries()) + len(published_entries()) - 1
    with pytest.raises(InputError, match=rf"\({expected} more like this\)"):
        require(check_against_declarations(written("")))


def test_month_and_year_may_begin_with_a_capital(written: Callable[[str], ModelSource]) -> None:
    text = declared_text().replace("/month", "/Month").replace("/year", "/Year")
    assert check_against_declarations(written(text)) == ()


def test_the_shipped_model_keeps_to_what_is_declared() -> None:
    assert check_against_declarations(load_source()) == ()


def test_the_units_of_the_shipped_model_agree() -> None:
    assert check_units(load_source()) == ()
