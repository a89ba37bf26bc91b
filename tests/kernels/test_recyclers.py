"""Recyclers decide the same in the compiled kernel and in numpy."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from transition_model.agents.recyclers import Recyclers
from transition_model.agents.situation import Situation
from transition_model.calendar import Month
from transition_model.dimensions import dimension
from transition_model.ledger import Ledger, ledger_entries
from transition_model.levers import load_levers
from transition_model.model import TransitionModel
from transition_model.parameters import ParameterValues, load_parameters
from transition_model.scenario import Scenario

type Array = NDArray[np.float64]

KINDS, PROGRAMMES = dimension("recycler_kind"), dimension("subsidy_programme")
PARAMETERS = ParameterValues(load_parameters(), {})
FORMS_OF_THE_LAW = {
    "published": (),
    "struck": (
        "instrument.electronic_waste_subsidy=strike@2020-02-11",
        "instrument.electronic_waste_special_fund=strike@2024-02-11",
        "instrument.recycling_tax_refund=strike@2022-03-07",
        "instrument.reverse_invoicing=strike@2025-01-01",
        "instrument.formal_channel_certificate=strike@2023-06-16",
        "instrument.scrap_vehicle_with_battery=strike@2026-07-09",
    ),
    "paused": (
        "instrument.recycling_tax_refund=suspend@2021-05-04/2026-05-09",
        "instrument.electronic_waste_subsidy=suspend@2020-03-04/2023-10-09",
    ),
}
MONTHS = (
    "2020-01", "2020-02", "2021-04", "2022-03", "2023-06", "2024-04", "2025-01", "2026-04",
    "2026-07", "2027-12",
)  # fmt: skip


def random_plants(seed: int) -> Recyclers:
    """Plants in a state that a run may come to, some before their first month."""
    plants, draws = Recyclers.build(None, PARAMETERS, seed), np.random.default_rng(seed)
    columns, count = plants.columns, plants.size
    columns["capacity"][:] *= draws.uniform(0.0, 3.0, count) * (draws.random(count) > 0.2)
    columns["capacity"][columns["kind"] == seed % len(KINDS)] *= float(seed % 3 > 0)
    pipeline = columns["pipeline"]
    pipeline[:] = (draws.random(pipeline.shape) > 0.98) * draws.uniform(0.0, 1e5, pipeline.shape)
    columns["months_in_the_red"][:] = draws.integers(0, 40, count)
    columns["interest_discount"][:] = draws.uniform(0.0, 1e6, count)
    share = columns["collection_share"]
    share[:] = np.where(share > 0.0, draws.uniform(0.01, 0.99, share.shape), 0.0)
    if seed % 4:
        columns["value_expectation"][:] = draws.uniform(50.0, 4e4, count)
        columns["margin_expectation"][:] = draws.normal(200.0, 800.0, count)
        columns["scrappage_money_seen"][:] = draws.uniform(0.0, 2e9)
    return plants


def random_stocks(plants: Recyclers, seed: int) -> Mapping[str, Array]:
    """Kinds that are idle, partly used, full, and asked for more than they can."""
    draws = np.random.default_rng(seed)
    used = draws.permutation([0.0, 0.05, 0.4, 0.8, 1.0, 1.3])
    return {
        "recycling_throughput_per_month": plants.capacity_by_kind() / 12.0 * used,
        "recycling_inflow_per_month": draws.uniform(0.0, 1e5, len(KINDS)) * (seed % 5 > 0),
        "public_money_spent": draws.uniform(0.0, 5e9, len(PROGRAMMES)),
    }


def random_levers(seed: int) -> dict[str, float]:
    draws = np.random.default_rng(seed)
    levers = load_levers().values()
    return {lever.id: draws.uniform(lever.low, lever.high) for lever in levers}


@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize("law", FORMS_OF_THE_LAW)
def test_columns_and_ledger_are_those_of_numpy(month: str, law: str) -> None:
    scenario = Scenario.load("plan").with_settings(FORMS_OF_THE_LAW[law])
    for seed in range(12):
        found = {}
        for kernels in ("numpy", "compiled"):
            plants, ledger = random_plants(seed), Ledger(month)
            plants.decide(
                Situation(
                    month=Month.parse(month),
                    seed=seed,
                    parameters=PARAMETERS,
                    levers=random_levers(seed),
                    stocks=random_stocks(plants, seed),
                    spent_this_year=np.zeros(len(PROGRAMMES)),
                    ledger=ledger,
                    law=scenario.law,
                    kernels="numpy" if kernels == "numpy" else "compiled",
                )
            )
            found[kernels] = {**plants.columns, "ledger": ledger.numbers}
        for name, column in found["numpy"].items():
            assert_allclose(found["compiled"][name], column, rtol=1e-11, atol=0.0, err_msg=name)


def test_random_months_order_close_and_hand_over() -> None:
    """The states above are such that every branch is taken."""
    ordered = closed = 0.0
    for seed in range(12):
        plants, ledger = random_plants(seed), Ledger("2022-03")
        before = plants.pipeline_by_kind().sum()
        stocks = random_stocks(plants, seed)
        plants.decide(
            Situation(
                month=Month.parse("2022-03"),
                seed=seed,
                parameters=PARAMETERS,
                levers=random_levers(seed),
                stocks=stocks,
                spent_this_year=np.zeros(len(PROGRAMMES)),
                ledger=ledger,
            )
        )
        ordered += max(plants.pipeline_by_kind().sum() - before, 0.0)
        closed += ledger["recycling_capacity_closed_per_month"].sum()
        assert ledger["subsidy_spending_per_month"].sum() > 0.0
    assert ordered > 0.0
    assert closed > 0.0


@pytest.mark.parametrize("scenario", ["plan", "accelerated", "none"])
def test_a_coupled_run_is_that_of_numpy(scenario: str) -> None:
    found = {}
    for kernels in ("numpy", "compiled"):
        model = TransitionModel(Scenario.load(scenario), rng=3, households=200)
        plants = model._set_of(Recyclers)
        decide = plants.decide

        def decided(situation: Situation, kernels: str = kernels, decide: object = decide) -> None:
            decide(with_kernels(situation, kernels))  # type: ignore[operator]

        plants.decide = decided
        for _ in range(75):
            model.step()
        found[kernels] = {**plants.columns, **model.flows}
    assert found["numpy"]["pipeline"].any()
    for name, column in found["numpy"].items():
        assert_allclose(found["compiled"][name], column, rtol=1e-10, atol=1e-12, err_msg=name)


def with_kernels(situation: Situation, kernels: str) -> Situation:
    from dataclasses import replace

    return replace(situation, kernels="numpy" if kernels == "numpy" else "compiled")


def test_every_entry_that_recyclers_write_is_compared() -> None:
    written = [name for name, entry in ledger_entries().items() if "recyc" in entry.written_by]
    assert "formal_share" in written
    assert len(written) >= 4
