"""Nothing is declared in vain: every parameter, lever, published stock and ledger entry is used."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from transition_model import Scenario, TransitionModel, exogenous
from transition_model.agents import appliance_market
from transition_model.agents.situation import Situation
from transition_model.errors import InputError
from transition_model.ledger import Entry, Ledger, ledger_entries, published_entries
from transition_model.levers import load_levers
from transition_model.parameters import ParameterValues, load_parameters
from transition_model.plan import load_plan
from transition_model.results import load_definitions
from transition_model.stocks import declarations
from transition_model.structures import load_structures


class _Reading(dict):
    """A dictionary that remembers what is asked of it."""

    def __init__(self, values, read: set[str]) -> None:
        super().__init__(values)
        self._read = read

    def __getitem__(self, name):
        self._read.add(name)
        return super().__getitem__(name)


@pytest.fixture(scope="module")
def used() -> Iterator[set[str]]:
    """Names that a run over all rules and rivals reads, or writes into the ledger."""
    names: set[str] = set()
    with pytest.MonkeyPatch.context() as patch:
        number, lever_paths = ParameterValues.number, Scenario.lever_paths
        part = Ledger._part

        def reading_number(self, identifier):
            names.add(identifier)
            return number(self, identifier)

        def reading_levers(self, first, last):
            return [_Reading(values, names) for values in lever_paths(self, first, last)]

        def reading_stocks(**known):
            return Situation(**{**known, "stocks": _Reading(known["stocks"], names)})

        def writing(self, name):
            names.add(name)
            return part(self, name)

        patch.setattr(ParameterValues, "number", reading_number)
        patch.setattr(Scenario, "lever_paths", reading_levers)
        patch.setattr("transition_model.model.Situation", reading_stocks)
        patch.setattr(Ledger, "_part", writing)
        # In the reference, which writes entry by entry; no earlier run may be remembered.
        exogenous._inputs.cache_clear()
        for module, remembering in (
            (exogenous, "_policy"), (exogenous, "_paces"), (appliance_market, "income_index"),
        ):  # fmt: skip
            patch.setattr(module, remembering, getattr(module, remembering).__wrapped__)
        model = TransitionModel(rng=1, households=200, kernels="numpy")
        names -= set(model.stocks.variables)
        for _ in range(66):
            model.step()
        for rival in load_structures()["car_choice"].rivals:
            policy = Scenario.load("plan").with_setting(f"structure.car_choice={rival}")
            TransitionModel(policy, rng=1, households=200, kernels="numpy").run_for(2)
        names |= {n for n in model.stocks.variables if n in load_parameters()}
        yield names


@pytest.mark.parametrize("name", [parameter.id for parameter in load_parameters()])
def test_a_parameter_is_read(used: set[str], name: str) -> None:
    assert name in used


@pytest.mark.parametrize("name", list(load_levers()))
def test_a_lever_is_read(used: set[str], name: str) -> None:
    assert name in used


@pytest.mark.parametrize("name", list(published_entries()))
def test_a_published_stock_is_read(used: set[str], name: str) -> None:
    assert name in used


@pytest.mark.parametrize("name", list(ledger_entries()))
def test_a_ledger_entry_is_written(used: set[str], name: str) -> None:
    assert name in used


def test_a_target_that_names_a_result_has_one() -> None:
    named = {target.result for target in load_plan().targets if target.result}
    assert named <= set(load_definitions())


def test_the_headers_of_the_stock_flow_model_name_every_lever_that_it_reads() -> None:
    text = (Path(__file__).parents[2] / "models" / "chongqing.mdl").read_text("utf-8")
    header = re.sub(r"\s+", " ", text[: text.index("********")])
    model = TransitionModel(rng=1, households=100)
    for name in load_levers():
        if name in model.stocks.variables:
            assert f'"{name.replace("_", " ")}"' in header


def test_a_ledger_entry_that_the_stock_flow_model_lacks_stops_the_run_at_its_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    more = Entry("moon_rock_imports_per_month", "t/month", (), "flow")
    monkeypatch.setattr(declarations, "ledger_entries", lambda: {more.name: more})
    with pytest.raises(InputError, match=r"chongqing\.mdl: moon rock imports per month: .*ledger"):
        TransitionModel(rng=1, households=200)
