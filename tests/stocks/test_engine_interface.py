"""What the coupled model relies on, from either engine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from transition_model.errors import InputError
from transition_model.stocks import (
    CompiledEngine,
    CompiledModel,
    ModelSource,
    StockFlowEngine,
    load_source,
    open_engine,
    read_source,
)
from transition_model.stocks.pysd_engine import PysdEngine

type Make = Callable[[str], StockFlowEngine]


@pytest.fixture(params=["compiled", "pysd", "pysd on the text"])
def engine(
    request: pytest.FixtureRequest,
    source: Callable[[str], ModelSource],
    compiled: Callable[[str], CompiledModel],
) -> Make:
    return {
        "compiled": lambda name: CompiledEngine(compiled(name)),
        "pysd": lambda name: PysdEngine(source(name)),
        "pysd on the text": lambda name: PysdEngine(source(name), unrolled=False),
    }[request.param]


def test_variables_carry_unit_dimensions_and_kind(engine: Make) -> None:
    variables = engine("aging_chain").variables
    cars = variables["cars"]
    assert (cars.vensim_name, cars.unit, cars.kind) == ("Cars", "vehicle", "stock")
    assert cars.dims == ("powertrain", "car_age")
    assert cars.members[0] == ("combustion", "plug_in_hybrid", "battery_electric")
    assert cars.shape == (3, 26)
    assert cars.comment == "Private cars."
    assert variables["ageing_per_month"].dims == ("powertrain", "car_age")
    assert variables["purchases_per_month"].kind == "constant"
    assert variables["electric_share"].kind == "auxiliary"
    assert variables["time_step"].kind == "time"
    assert not [name for name in variables if "." in name]


def test_values_have_the_shape_of_their_dimensions(engine: Make) -> None:
    run = engine("aging_chain")
    run.start({})
    values = run.values(["cars", "cars_by_powertrain", "cars_in_all", "purchases_per_month"])
    assert {name: array.shape for name, array in values.items()} == {
        "cars": (3, 26),
        "cars_by_powertrain": (3,),
        "cars_in_all": (),
        "purchases_per_month": (3,),
    }
    assert values["cars_in_all"] == 7800.0
    np.testing.assert_array_equal(values["purchases_per_month"], [30.0, 10.0, 20.0])


def test_a_step_is_a_month_with_inputs_held(engine: Make) -> None:
    run = engine("aging_chain")
    run.start({"initial_cars": np.full((3, 26), 10.0)})
    run.step({"purchases_per_month": [120.0, 0.0, 0.0]})
    assert run.values(["time"])["time"] == 1.0
    run.step({})
    np.testing.assert_allclose(
        run.values(["cars_by_powertrain"])["cars_by_powertrain"], [500.0, 260.0, 260.0]
    )


def test_values_handed_out_are_not_the_engines_own(engine: Make) -> None:
    run = engine("aging_chain")
    run.start({})
    run.values(["cars"])["cars"][:] = 0.0
    assert run.values(["cars_in_all"])["cars_in_all"] == 7800.0
    assert run.values(["cars"])["cars"].sum() == 7800.0


@pytest.mark.parametrize(
    ("constants", "message"),
    [
        ({"wheels": 4.0}, "read 'wheels'; allowed: a constant of the model"),
        ({"cars": np.ones((3, 26))}, "read 'cars'; allowed: a constant"),
        ({"time_step": 0.5}, "read 'time_step'; allowed: a constant"),
        ({"initial_cars": np.ones((26, 3))}, r"shape \(3, 26\) over powertrain, car_age"),
        ({"initial_cars": 1.0}, r"read \(\); allowed: shape \(3, 26\)"),
        ({"dismantling_time": [1.0]}, r"read \(1,\); allowed: shape \(\)"),
        ({"dismantling_time": np.nan}, "dismantling_time: read nan; allowed: finite numbers"),
    ],
)
def test_a_wrong_constant_is_refused_at_the_start_and_in_a_step(
    engine: Make, constants: dict[str, np.ndarray], message: str
) -> None:
    run = engine("aging_chain")
    with pytest.raises(InputError, match=message):
        run.start(constants)
    run.start({})
    with pytest.raises(InputError, match=message):
        run.step(constants)


def test_a_variable_that_is_not_there_has_no_value(engine: Make) -> None:
    run = engine("functions")
    run.start({})
    for name in ("wheels", "sign_of", "delayed.delay_0_1_stage"):
        with pytest.raises(InputError, match="a variable of the model that is no lookup"):
            run.values([name])


def test_nobody_steps_past_the_final_time(engine: Make) -> None:
    run = engine("teacup")
    run.start({})
    for _ in range(30):
        run.step({})
    with pytest.raises(InputError, match=r"FINAL TIME: read 31\.0; allowed: a time up to 30"):
        run.step({})


def test_an_engine_must_be_started(engine: Make) -> None:
    run = engine("teacup")
    with pytest.raises(InputError, match="start"):
        run.step({})
    with pytest.raises(InputError, match="start"):
        run.values(["time"])


def test_a_month_must_be_whole_time_steps(
    source: Callable[[str], ModelSource], compiled: Callable[[str], CompiledModel]
) -> None:
    for step in (0.3, 2.0, 0.0, -1.0):
        with pytest.raises(InputError, match="TIME STEP"):
            CompiledEngine(compiled("teacup"), step)
        with pytest.raises(InputError, match="TIME STEP"):
            PysdEngine(source("teacup"), step)


def test_a_delay_shorter_than_its_stages_is_refused(
    compiled: Callable[[str], CompiledModel],
) -> None:
    # PySD would take a delay of lower order, with a warning.
    engine = CompiledEngine(compiled("aging_chain"))
    with pytest.raises(InputError, match=r"dismantled mass per month: .*at least 3 time steps"):
        engine.start({"dismantling_time": 0.5})


def test_a_missing_source_is_named() -> None:
    with pytest.raises(InputError, match=r"models/atlantis\.mdl: read 'atlantis'"):
        load_source("atlantis")
    with pytest.raises(InputError, match=r"read '\.\./pyproject'"):
        load_source("../pyproject")
    with pytest.raises(InputError, match="allowed: compiled or pysd"):
        open_engine(engine="vensim")  # type: ignore[arg-type]


def test_a_file_that_is_no_utf_8_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "latin.mdl"
    path.write_bytes("{UTF-8}\nd\xe9lai = 1 ~ Month ~ x |".encode("latin-1"))
    with pytest.raises(InputError, match=r"latin\.mdl.*a text in UTF-8"):
        read_source(path)
    with pytest.raises(InputError, match="a Vensim text"):
        read_source(tmp_path / "model.txt")
    with pytest.raises(InputError, match="can be read"):
        read_source(tmp_path / "missing.mdl")


def test_importing_the_stocks_imports_nothing_heavy() -> None:
    command = (
        "import sys, transition_model.stocks; "
        "print([name for name in ('llvmlite', 'numba', 'pysd', 'xarray', 'pandas', 'pint', 'mesa', "
        "'scipy') if name in sys.modules])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", command],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.strip() == "[]"


def test_a_vector_of_inputs_steps_as_inputs_by_name_do(engine: Make) -> None:
    by_name, by_vector = engine("aging_chain"), engine("aging_chain")
    bought = np.array([7.0, 8.0, 9.0])
    for run in (by_name, by_vector):
        run.start({})
    by_name.step({"purchases_per_month": bought})
    by_vector.step_numbers(("purchases_per_month",), bought)
    names = ("cars_in_all", "cars")
    numbers = by_vector.numbers(names)
    values = by_name.values(names)
    np.testing.assert_array_equal(numbers, np.concatenate([values[name].ravel() for name in names]))
    by_name.step({}, 0.5)
    by_vector.step_numbers(("purchases_per_month",), bought, 0.5)
    assert by_vector.numbers(("cars_in_all",))[0] == by_name.values(["cars_in_all"])["cars_in_all"]


@pytest.mark.parametrize(
    ("name", "numbers", "message"),
    [
        ("purchases_per_month", [1.0, np.nan, 1.0], "purchases.per.month"),
        ("cars", [0.0] * 78, "cars|Cars"),
        ("no_such_thing", [0.0], "no_such_thing"),
    ],
)
def test_a_vector_with_what_can_not_be_set_is_refused(
    engine: Make, name: str, numbers: list[float], message: str
) -> None:
    run = engine("aging_chain")
    run.start({})
    before = run.numbers(("cars",))
    with pytest.raises(InputError, match=message):
        run.step_numbers((name,), np.array(numbers))
    np.testing.assert_array_equal(run.numbers(("cars",)), before)
