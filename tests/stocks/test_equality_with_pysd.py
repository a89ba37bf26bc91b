"""The compiled engine gives what PySD gives: every variable, every step, to 1e-9."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transition_model.stocks import CompiledEngine, CompiledModel, ModelSource, StockFlowEngine
from transition_model.stocks.pysd_engine import PysdEngine, translation
from transition_model.stocks.vensim_text import import_pysd, snake_case

MODELS = ("teacup", "sir", "logistic", "aging_chain", "functions")
HORIZON = 6.0

type Source = Callable[[str], ModelSource]
type Compiled = Callable[[str], CompiledModel]


def assert_same(ours: Mapping[str, np.ndarray], theirs: Mapping[str, np.ndarray]) -> None:
    """Compare all variables; the absolute part is for what should be zero."""
    assert ours.keys() == theirs.keys()
    for name, values in ours.items():
        np.testing.assert_allclose(values, theirs[name], rtol=1e-9, atol=1e-12, err_msg=name)


def readable(engine: StockFlowEngine | CompiledModel) -> list[str]:
    return [name for name, variable in engine.variables.items() if variable.kind != "lookup"]


@pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame.set_index")
@pytest.mark.filterwarnings(r"ignore:[\s\S]*extrapolating data:UserWarning")
@pytest.mark.parametrize("finer", [1, 2])
@pytest.mark.parametrize("name", MODELS)
def test_a_run_through_is_the_same_as_pysd_on_the_text(
    source: Source, compiled: Compiled, name: str, finer: int
) -> None:
    model = compiled(name)
    step = model.start().time_step / finer
    # PySD's index is the time; the other two are set here, for PySD alone.
    names = [one for one in readable(model) if one not in ("time", "final_time", "saveper")]
    pysd_model = import_pysd().load(str(translation(source(name), unrolled=False)))
    columns = {snake_case(column): column for column in pysd_model.namespace}
    frame = pysd_model.run(
        return_columns=[columns[one] for one in names],
        time_step=step,
        saveper=step,
        final_time=HORIZON,
        flatten_output=False,
    )
    run = model.run(horizon=HORIZON, every=step, time_step=step)
    np.testing.assert_allclose(run.time, frame.index, rtol=1e-12)
    assert len(run.time) == round(HORIZON / step) + 1
    for one in names:
        theirs = np.array([np.asarray(cell, dtype=float) for cell in frame[columns[one]]])
        np.testing.assert_allclose(run[one][0], theirs, rtol=1e-9, atol=1e-12, err_msg=one)


@pytest.mark.parametrize("unrolled", [True, False])
@pytest.mark.parametrize("name", MODELS)
def test_stepping_is_the_same_as_stepping_pysd(
    source: Source, compiled: Compiled, name: str, unrolled: bool
) -> None:
    ours, theirs = CompiledEngine(compiled(name)), PysdEngine(source(name), unrolled=unrolled)
    ours.start({})
    theirs.start({})
    names = readable(ours)
    assert_same(ours.values(names), theirs.values(names))
    for _ in range(int(HORIZON)):
        ours.step({})
        theirs.step({})
        assert_same(ours.values(names), theirs.values(names))


@pytest.mark.parametrize("unrolled", [True, False])
@pytest.mark.parametrize("time_step", [0.5, 0.25])
def test_inputs_that_change_every_month_act_as_in_pysd(
    source: Source, compiled: Compiled, time_step: float, unrolled: bool
) -> None:
    ours = CompiledEngine(compiled("aging_chain"), time_step)
    theirs = PysdEngine(source("aging_chain"), time_step, unrolled=unrolled)
    random = np.random.default_rng(1)
    constants = {"initial_cars": random.uniform(50.0, 150.0, (3, 26)), "dismantling_time": 5.0}
    names = readable(ours)
    ours.start(constants)
    theirs.start(constants)
    for _ in range(4):
        inputs = {
            "purchases_per_month": random.uniform(0.0, 100.0, 3),
            "scrappage_per_month": random.uniform(0.0, 2.0, (3, 26)),
        }
        ours.step(inputs)
        theirs.step(inputs)
        assert_same(ours.values(names), theirs.values(names))


@settings(max_examples=8)
@given(
    purchases=st.lists(st.floats(0.0, 1e6), min_size=3, max_size=3),
    initial=st.floats(0.0, 1e6),
    dismantling_time=st.floats(0.75, 60.0),
    share=st.floats(0.0, 1.0),
)
def test_any_parameters_give_what_pysd_gives(
    source: Source,
    compiled: Compiled,
    purchases: list[float],
    initial: float,
    dismantling_time: float,
    share: float,
) -> None:
    constants = {
        "purchases_per_month": purchases,
        "initial_cars": np.full((3, 26), initial),
        "scrappage_per_month": np.full((3, 26), initial / 400.0),
        "dismantling_time": dismantling_time,
        "initial_share": share,
    }
    ours, theirs = CompiledEngine(compiled("aging_chain")), PysdEngine(source("aging_chain"))
    names = readable(ours)
    for engine in (ours, theirs):
        engine.start(constants)
        engine.step({})
        engine.step({})
    assert_same(ours.values(names), theirs.values(names))


@settings(max_examples=4)
@given(seed=st.integers(0, 2**32 - 1), name=st.sampled_from(MODELS), finer=st.sampled_from([1, 2]))
def test_constants_from_half_to_twice_their_value_give_what_pysd_gives(
    source: Source, compiled: Compiled, seed: int, name: str, finer: int
) -> None:
    model = compiled(name)
    random = np.random.default_rng(seed)
    start = model.start()
    constants = {
        one: start.part(one)[0] * random.uniform(0.5, 2.0)
        for one, variable in model.variables.items()
        if variable.kind == "constant"
    }
    time_step = start.time_step / finer
    ours, theirs = CompiledEngine(model, time_step), PysdEngine(source(name), time_step)
    names = readable(ours)
    for engine in (ours, theirs):
        engine.start(constants)
    assert_same(ours.values(names), theirs.values(names))
    for _ in range(3):
        ours.step({})
        theirs.step({})
        assert_same(ours.values(names), theirs.values(names))


def test_a_class_computed_from_the_one_before_is_ordered_by_element(
    written: Callable[[str], ModelSource],
) -> None:
    source = written(
        """
        class: a, b, c ~~|
        first class: a, b -> last class ~~|
        last class: b, c ~~|
        kept[class] = 0.9, 0.8, 0.7 ~ Dmnl ~ Kept. |
        surviving[a] = 1 + Time ~~|
        surviving[last class] = surviving[first class] * kept[first class] ~ Dmnl ~ Chain. |
        """
    )
    ours, theirs = CompiledEngine(CompiledModel(source)), PysdEngine(source)
    ours.start({})
    theirs.start({})
    ours.step({})
    theirs.step({})
    assert_same(ours.values(["surviving"]), theirs.values(["surviving"]))
    np.testing.assert_allclose(ours.values(["surviving"])["surviving"], [2.0, 1.8, 1.44])


def test_values_read_before_a_step_do_not_outlast_new_inputs(source: Source) -> None:
    # PySD would keep what it computed for the reader and take it for the step.
    engine = PysdEngine(source("aging_chain"))
    engine.start({})
    assert engine.values(["entering_per_month"])["entering_per_month"][0, 0] == 30.0
    engine.step({"purchases_per_month": [400.0, 10.0, 20.0]})
    quiet = PysdEngine(source("aging_chain"))
    quiet.start({})
    quiet.step({"purchases_per_month": [400.0, 10.0, 20.0]})
    np.testing.assert_array_equal(engine.values(["cars"])["cars"], quiet.values(["cars"])["cars"])


def test_a_second_start_forgets_the_first(source: Source, compiled: Compiled) -> None:
    for engine in (CompiledEngine(compiled("teacup")), PysdEngine(source("teacup"))):
        engine.start({"room_temperature": 0.0})
        engine.step({})
        engine.start({})
        assert engine.values(["room_temperature"])["room_temperature"] == 295.0
        assert engine.values(["teacup_temperature"])["teacup_temperature"] == 355.0
