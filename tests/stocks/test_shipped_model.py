"""The shipped model on the compiled engine is the shipped model on PySD."""

from __future__ import annotations

import numpy as np
import pytest

from transition_model.dimensions import shape
from transition_model.ledger import ledger_entries, published_entries
from transition_model.stocks import CompiledEngine, CompiledModel, load_source, open_engine
from transition_model.stocks.pysd_engine import PysdEngine

MONTHS = 2


@pytest.fixture(scope="module")
def model() -> CompiledModel:
    return CompiledModel(load_source())


@pytest.mark.parametrize(("time_step", "unrolled"), [(0.25, True), (0.125, True), (0.25, False)])
def test_every_variable_is_the_same_at_every_month(
    model: CompiledModel, time_step: float, unrolled: bool
) -> None:
    ours = CompiledEngine(model, time_step)
    theirs = PysdEngine(model.source, time_step, unrolled=unrolled)
    names = [name for name, variable in ours.variables.items() if variable.kind != "lookup"]
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
            floor = 1e-12 * max(1.0, float(np.abs(right[name]).max()))
            np.testing.assert_allclose(
                left[name], right[name], rtol=1e-9, atol=floor, err_msg=f"{name}, month {month}"
            )
        if month < MONTHS:
            ours.step(ledger)
            theirs.step(ledger)


def test_the_coupled_model_opens_it_by_name() -> None:
    engine = open_engine()
    engine.start({})
    published = engine.values(list(published_entries()))
    for name, entry in published_entries().items():
        assert published[name].shape == shape(entry.over)
        assert np.isfinite(published[name]).all()
    assert isinstance(open_engine(engine="pysd"), PysdEngine)
