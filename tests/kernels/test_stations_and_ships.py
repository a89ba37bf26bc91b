"""Station developers and ship owners decide the same in their compiled kernels and in numpy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from transition_model.agents.ship_owners import ShipOwners
from transition_model.agents.situation import Situation
from transition_model.agents.station_developers import StationDevelopers
from transition_model.calendar import Month
from transition_model.dimensions import shape
from transition_model.ledger import Ledger
from transition_model.levers import load_levers
from transition_model.parameters import ParameterValues, load_parameters
from transition_model.scenario import Scenario

RULES = (
    "public_charging_subsidy",
    "hydrogen_station_grant",
    "hydrogen_operating_subsidy",
    "green_ship_option",
)
FORMS_OF_THE_LAW = {
    "published": (),
    "struck": tuple(f"instrument.{rule}=strike@2020-01-01" for rule in RULES),
    "cut short": tuple(f"instrument.{rule}=end@2026-06-13" for rule in RULES[1:]),
}
MONTHS = ("2020-01", "2022-01", "2022-12", "2024-12", "2025-01", "2026-01", "2026-06", "2027-12",
          "2028-01")  # fmt: skip


def random_stocks(draws: np.random.Generator) -> dict[str, np.ndarray]:
    """No station, few and many; stations in want of trucks, and trucks in want of stations."""
    return {
        "hydrogen_stations": np.array(draws.choice([0.0, 0.5, 40.0])),
        "truck_hydrogen_use_per_month": np.array(draws.choice([0.0, 4e4, 5e6])),
        "public_charging_point_starts_per_month": np.array(draws.uniform(0.0, 2e3)),
    }


def assert_both_decide_the_same(
    agents: list[StationDevelopers] | list[ShipOwners], situation: Situation
) -> None:
    """Two equal sets decide, one in numpy and one compiled, and are equal again."""
    ledgers = []
    for kernels, one in zip(("compiled", "numpy"), agents, strict=True):
        ledgers.append(Ledger(str(situation.month)))
        form = "numpy" if kernels == "numpy" else "compiled"
        one.decide(replace(situation, ledger=ledgers[-1], kernels=form))
    for name, column in agents[1].columns.items():
        assert_allclose(agents[0].columns[name], column, rtol=1e-11, atol=0.0, err_msg=name)
    assert_allclose(ledgers[0].numbers, ledgers[1].numbers, rtol=1e-11, atol=0.0)
    for name in ("hydrogen_stations_begun_per_month", "ship_purchases_per_month"):
        if ledgers[0][name].sum() > 0.0:
            return
    raise AssertionError("nobody did anything")


def situation_of(
    month: Month, scenario: Scenario, seed: int, parameters: ParameterValues
) -> Situation:
    draws = np.random.default_rng(seed)
    levers = scenario.lever_values(month)
    if seed % 2:
        levers |= {
            lever.id: draws.uniform(lever.low, lever.high) for lever in load_levers().values()
        }
    return Situation(
        month=month,
        seed=seed,
        parameters=parameters,
        levers=levers,
        stocks=random_stocks(draws),
        spent_this_year=np.zeros(shape(("subsidy_programme",))),
        ledger=Ledger(str(month)),
        law=scenario.law,
    )


@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize("law", FORMS_OF_THE_LAW)
@pytest.mark.parametrize("kind", [StationDevelopers, ShipOwners])
def test_columns_and_ledger_are_those_of_numpy(
    kind: type[StationDevelopers | ShipOwners], month: str, law: str
) -> None:
    scenario = Scenario.load("plan").with_settings(FORMS_OF_THE_LAW[law])
    for seed in range(10):
        draws = np.random.default_rng(seed)
        overrides = {"hydrogen_station_value_spread": draws.uniform(3e6, 5e6),
                     "ship_life": draws.uniform(22.0, 28.0)}  # fmt: skip
        parameters = ParameterValues(load_parameters(), overrides)
        agents = [kind.build(None, parameters, seed, 1) for _ in range(2)]
        for name in ("operating_received", "ships", "voyage"):
            if name in agents[0].columns:
                changed = agents[0].columns[name] * draws.uniform(0.0, 2.0)
                changed += draws.uniform(0.0, 4e6) * (name == "operating_received")
                for one in agents:
                    one.columns[name][:] = changed
        assert_both_decide_the_same(
            agents, situation_of(Month.parse(month), scenario, seed, parameters)
        )


@pytest.mark.parametrize("name", ["plan", "none", "accelerated"])
@pytest.mark.parametrize("kind", [StationDevelopers, ShipOwners])
def test_eight_years_are_those_of_numpy(
    kind: type[StationDevelopers | ShipOwners], name: str
) -> None:
    parameters, scenario = ParameterValues(load_parameters(), {}), Scenario.load(name)
    agents = [kind.build(None, parameters, 2, 1) for _ in range(2)]
    for step in range(96):
        assert_both_decide_the_same(
            agents, situation_of(Month.parse("2020-01") + step, scenario, 2, parameters)
        )
