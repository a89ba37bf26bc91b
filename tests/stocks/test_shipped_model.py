"""The shipped model on the compiled engine is the shipped model on PySD."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transition_model import simulate
from transition_model.dimensions import shape
from transition_model.ledger import ledger_entries, published_entries
from transition_model.parameters import ParameterValues, load_parameters
from transition_model.results import Series
from transition_model.scoreboard import TARGET_MONTH, scoreboard
from transition_model.stocks import CompiledEngine, CompiledModel, load_source, open_engine
from transition_model.stocks.engine import Array
from transition_model.stocks.pysd_engine import (
    PysdEngine,
    element_name,
    translation,
    without_extrapolation_warnings,
)
from transition_model.stocks.vensim_text import import_pysd

MONTHS = 2
MONTHS_RUN_THROUGH = 13


def assert_same(ours: Array, theirs: Array, what: str) -> None:
    """Compare to nine digits; the absolute part is for what should be zero."""
    floor = 1e-12 * max(1.0, float(np.abs(theirs).max()))
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=floor, err_msg=what)


def names_of(model: CompiledModel | CompiledEngine) -> list[str]:
    return [name for name, variable in model.variables.items() if variable.kind != "lookup"]


@pytest.fixture(scope="module")
def model() -> CompiledModel:
    return CompiledModel(load_source())


@pytest.mark.parametrize(("time_step", "unrolled"), [(0.25, True), (0.125, True), (0.25, False)])
def test_every_variable_is_the_same_at_every_month(
    model: CompiledModel, time_step: float, unrolled: bool
) -> None:
    ours = CompiledEngine(model, time_step)
    theirs = PysdEngine(model.source, time_step, unrolled=unrolled)
    names = names_of(ours)
    ours.start({})
    theirs.start({})
    random = np.random.default_rng(3)
    for month in range(MONTHS + 1):
        # Small enough not to empty a stock within the test.
        ledger = {
            name: random.uniform(0.0, 1.0, shape(entry.over))
            for name, entry in ledger_entries().items()
        }
        left, right = ours.values(names), theirs.values(names)
        for name in names:
            assert_same(left[name], right[name], f"{name}, month {month}")
        if month < MONTHS:
            ours.step(ledger)
            theirs.step(ledger)


@pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame.set_index")
@pytest.mark.parametrize("time_step", [0.25, 0.125])
def test_a_run_through_is_the_same_at_every_step(model: CompiledModel, time_step: float) -> None:
    loaded = import_pysd().load(str(translation(model.source, unrolled=True)))
    # PySD's index is the time; the other two are set here, for PySD alone.
    names = [one for one in names_of(model) if one not in ("time", "final_time", "saveper")]
    elements = {
        name: [
            loaded.namespace[element_name(model.variables[name], index)]
            for index in np.ndindex(model.variables[name].shape)
        ]
        for name in names
    }
    with without_extrapolation_warnings():
        frame = loaded.run(
            return_columns=[element for each in elements.values() for element in each],
            time_step=time_step,
            saveper=time_step,
            final_time=MONTHS_RUN_THROUGH,
        )
    run = model.run(horizon=MONTHS_RUN_THROUGH, every=time_step, time_step=time_step)
    assert len(run.time) == len(frame) == MONTHS_RUN_THROUGH / time_step + 1
    for name in names:
        theirs = frame[elements[name]].to_numpy(dtype=float)
        assert_same(run[name][0].reshape(theirs.shape), theirs, name)


@settings(max_examples=3, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32 - 1), time_step=st.sampled_from([0.25, 0.125]))
def test_any_parameters_within_their_ranges_give_what_pysd_gives(
    model: CompiledModel, seed: int, time_step: float
) -> None:
    # One draw of all declared ranges at once; hypothesis draws the seed, not hundreds of numbers.
    random = np.random.default_rng(seed)
    declared = [
        parameter
        for parameter in load_parameters()
        if parameter.id in model.variables and not parameter.is_path
    ]
    drawn = {one.id: float(random.uniform(one.low, one.high)) for one in declared}
    values = ParameterValues(load_parameters(), drawn)
    constants = {one.id: values[one.id] for one in declared}
    assert len(constants) > 100
    flows = {
        name: random.uniform(0.0, 1.0, shape(entry.over))
        for name, entry in ledger_entries().items()
    }
    ours = CompiledEngine(model, time_step)
    theirs = PysdEngine(model.source, time_step)
    names = names_of(ours)
    for engine in (ours, theirs):
        engine.start(constants)
    for month in range(MONTHS):
        for engine in (ours, theirs):
            engine.step(flows)
        left, right = ours.values(names), theirs.values(names)
        for name in names:
            assert_same(left[name], right[name], f"{name}, month {month}")


def test_a_coupled_run_on_pysd_gives_the_same_scoreboard() -> None:
    # A year and a month, so that every sum and ratio over twelve months is there. The board reads
    # December 2027, so the last month is called that.
    runs = [simulate(households=300, end="2021-01", engine=one) for one in ("compiled", "pysd")]
    assert [run.record.engine for run in runs] == ["compiled", "pysd"]
    boards = []
    for run in runs:
        series = run.all_series
        later = tuple(month + (TARGET_MONTH - series.months[-1]) for month in series.months)
        boards.append(scoreboard(Series(later, series.values)))
    assert len(boards[0]) == len(boards[1]) == 44
    for ours, theirs in zip(*boards, strict=True):
        assert ours.id == theirs.id
        assert ours.value is not None
        assert ours.value == pytest.approx(theirs.value, rel=1e-9), ours.id
        assert ours.met == theirs.met


def test_the_coupled_model_opens_it_by_name() -> None:
    engine = open_engine()
    engine.start({})
    published = engine.values(list(published_entries()))
    for name, entry in published_entries().items():
        assert published[name].shape == shape(entry.over)
        assert np.isfinite(published[name]).all()
    assert isinstance(open_engine(engine="pysd"), PysdEngine)
