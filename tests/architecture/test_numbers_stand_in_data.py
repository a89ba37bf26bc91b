"""Formulas hold no numbers: what is measured or assumed stands in data, with unit and source."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from transition_model.stocks import load_source
from transition_model.stocks.compiled import equations_of
from transition_model.stocks.equations import Number, walk

PACKAGE = Path(__file__).parents[2] / "transition_model"
FOLDERS = ("behaviour", "policy", "agents", "kernels")
OF_ARITHMETIC = {0.0, 1.0, 2.0, 0.5, 3.0, 12.0}
"""Nothing, the whole, halves and squares; the third axis; months of a year."""
TOLERANCE = 1e-6
"""What is smaller guards a comparison."""
BOUNDS_OF_A_SEARCH = {("agents/population.py", 30.0), ("agents/population.py", 80.0)}
"""Bisection of the share of owners: its bracket in logits and its number of halvings."""
ARRAY_LENGTHS = {
    ("agents/row_blocks.py", 4096.0),
    ("agents/transit_fleets_of_2019.py", 21.0),
    ("policy/claims.py", 4.0),
    ("kernels/household_cars.py", 8.0),
    ("kernels/household_cars.py", 32.0),
    ("kernels/household_cars.py", 64.0),
    ("kernels/household_cars.py", 128.0),
    ("kernels/household_cars.py", 4096.0),
    ("kernels/peers.py", 64.0),
}
"""Rows of a block; ages, the last one open; a quarter of what an integer holds, and a column; kinds
of households, rows that a kernel takes together, and numbers in a line of the cache."""


def numbers_in(source: str) -> list[float]:
    """Numbers of a module that are no power of ten, tolerance or part of arithmetic."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            value = abs(float(node.value))
            power_of_ten = value > 0.0 and f"{value:e}".startswith("1.000000e")
            if value not in OF_ARITHMETIC and value > TOLERANCE and not power_of_ten:
                found.append(value)
    return found


@pytest.mark.parametrize(
    "path",
    [path for folder in FOLDERS for path in sorted((PACKAGE / folder).glob("*.py"))],
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_rules_of_behaviour_and_policy_hold_no_numbers_of_their_own(path: Path) -> None:
    name = f"{path.parent.name}/{path.name}"
    known = BOUNDS_OF_A_SEARCH | ARRAY_LENGTHS
    assert [
        value for value in numbers_in(path.read_text("utf-8")) if (name, value) not in known
    ] == []


@pytest.mark.parametrize("line", ["hazard = 0.043 * age", "price = max(75.0, price)"])
def test_a_number_of_its_own_is_found_in_a_formula(line: str) -> None:
    assert len(numbers_in(line)) == 1


def test_equations_of_the_stock_flow_model_hold_no_numbers_of_their_own() -> None:
    equations = equations_of(load_source())
    held = {
        (equation.variable, part.value)
        for equation in (*equations.auxiliaries, *equations.changes)
        if equations.variables[equation.variable].kind in ("auxiliary", "stock")
        for part in walk(equation.expression)
        if isinstance(part, Number) and part.value not in (0.0, 1.0, 2.0, 0.5, -1.0)
    }
    assert held == set()
