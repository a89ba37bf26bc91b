"""What models/chongqing.mdl declares: its classes, its inputs, its units."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from transition_model.calendar import Month
from transition_model.declared import read_toml
from transition_model.dimensions import dimensions
from transition_model.ledger import Entry, ledger_entries, published_entries
from transition_model.levers import load_levers
from transition_model.parameters import load_parameters
from transition_model.quantity import parse_unit
from transition_model.stocks import StockFlowEngine, load_source
from transition_model.stocks import equations as eq
from transition_model.stocks.compiled import equations_of
from transition_model.stocks.dimensional_check import check_units

SET_BY_THE_PROGRAM = {
    "initial_programmes_delivered",
    "green_loan_discount",
    "programme_effort",
    "programme_pace_before_plan",
    "initial_private_cars",
    "initial_transit_vehicles",
    "initial_transit_vehicles_by_age",
    "initial_recycling_capacity",
}
FIRST = Month.parse("2020-01")

LEVERS_READ = {
    "public_charging_support",
    "renewable_effort",
    "corridor_effort",
    "park_effort",
}


@pytest.fixture(scope="module")
def equations(engine: StockFlowEngine) -> eq.Equations:
    return equations_of(engine.source)


def _constants(engine: StockFlowEngine) -> set[str]:
    return {name for name, variable in engine.variables.items() if variable.kind == "constant"}


def assert_declared(engine: StockFlowEngine, entry: Entry) -> None:
    variable = engine.variables[entry.name]
    assert variable.unit == entry.unit
    assert variable.dims == entry.over
    for name, members in zip(variable.dims, variable.members, strict=True):
        assert members == dimensions()[name].members


def test_classes_are_those_of_the_dimensions_in_the_same_order(engine: StockFlowEngine) -> None:
    used = {
        name: members
        for variable in engine.variables.values()
        for name, members in zip(variable.dims, variable.members, strict=True)
    }
    declared = {name: each.members for name, each in dimensions().items() if name in used}
    assert declared == {name: used[name] for name in declared}
    ranges = {"older_age", "younger_age", "stored_kind", "dismantled_kind", "scrap_material"}
    ranges |= {"younger_transit_age", "middle_transit_age", "older_transit_age"}
    ranges |= {"younger_truck_age", "middle_truck_age", "truck_age_before"}
    ranges |= {"certified_level", "old_vintage"}
    assert set(used) - set(declared) <= ranges


@pytest.mark.parametrize("entry", ledger_entries().values(), ids=lambda entry: entry.name)
def test_ledger_entry_is_an_input_of_the_same_unit_and_subscripts(
    engine: StockFlowEngine, entry: Entry
) -> None:
    assert entry.name in _constants(engine)
    assert_declared(engine, entry)


@pytest.mark.parametrize("entry", published_entries().values(), ids=lambda entry: entry.name)
def test_published_variable_exists_with_the_same_unit_and_subscripts(
    engine: StockFlowEngine, entry: Entry
) -> None:
    assert_declared(engine, entry)


def test_ledger_inputs_are_zero_until_the_ledger_sets_them(engine: StockFlowEngine) -> None:
    engine.start({})
    values = engine.values(list(ledger_entries()))
    unset = {name for name, value in values.items() if np.any(value != 0.0)}
    factors = {name for name, entry in ledger_entries().items() if entry.kind == "factor"}
    assert unset == factors
    assert all(values[name] == 1.0 for name in factors)


def test_every_constant_is_a_parameter_a_ledger_input_a_lever_or_an_opening_stock(
    engine: StockFlowEngine,
) -> None:
    parameters = {parameter.id for parameter in load_parameters()}
    known = parameters | set(ledger_entries()) | LEVERS_READ | SET_BY_THE_PROGRAM
    assert _constants(engine) - known == set()


def test_levers_have_the_unit_and_opening_value_of_the_lever_file(engine: StockFlowEngine) -> None:
    levers = load_levers()
    assert set(levers) & set(engine.variables) == LEVERS_READ
    engine.start({})
    for name in LEVERS_READ:
        assert engine.variables[name].unit == levers[name].unit
        assert engine.values([name])[name] == levers[name].before[0][1]


def test_every_parameter_of_the_stock_flow_files_is_read(engine: StockFlowEngine) -> None:
    folder = Path(__file__).parents[2] / "transition_model" / "data" / "parameters"
    files = sorted(folder.glob("stocks_*.toml"))
    declared = {name for path in files for name in read_toml(path)}
    assert len(files) == 20
    assert declared - _constants(engine) == set()


def test_text_carries_the_declared_value_unit_and_subscripts_of_every_parameter(
    engine: StockFlowEngine,
) -> None:
    engine.start({})
    checked = 0
    for parameter in load_parameters():
        if parameter.id not in _constants(engine) - SET_BY_THE_PROGRAM:
            continue
        variable = engine.variables[parameter.id]
        assert (variable.unit, variable.dims) == (parameter.unit, parameter.over), parameter.id
        declared = np.asarray(parameter.at(FIRST, parameter.central))
        np.testing.assert_allclose(
            engine.values([parameter.id])[parameter.id], declared, rtol=1e-12, err_msg=parameter.id
        )
        checked += 1
    assert checked > 80


def test_every_constant_moves_something(engine: StockFlowEngine, equations: eq.Equations) -> None:
    read = {
        node.variable
        for equation in (*equations.auxiliaries, *equations.initials, *equations.changes)
        for node in eq.walk(equation.expression)
        if isinstance(node, eq.Reference)
    }
    assert _constants(engine) - read == set()


def test_every_variable_says_its_unit_and_where_it_comes_from(engine: StockFlowEngine) -> None:
    for variable in engine.variables.values():
        assert parse_unit(variable.unit), variable.name
        assert len(variable.comment) > 8, variable.name


def test_levels_begin_with_capitals_as_is_custom(engine: StockFlowEngine) -> None:
    for variable in engine.variables.values():
        if variable.kind == "stock":
            assert variable.vensim_name == variable.vensim_name.title(), variable.name
        elif variable.kind == "auxiliary":
            assert not re.match(r"[A-Z]", variable.vensim_name), variable.name


def test_both_sides_of_every_equation_have_the_same_unit() -> None:
    assert check_units(load_source()) == ()
