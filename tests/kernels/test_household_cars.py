"""Households buy cars in kernels as they do with numpy, on any state and under any rule."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

from transition_model.agents.households import Households
from transition_model.agents.initial_stocks import initial_private_cars
from transition_model.agents.situation import Situation
from transition_model.calendar import Month
from transition_model.dimensions import dimension
from transition_model.instruments import Instrument, load_instruments
from transition_model.instruments.amendments import struck
from transition_model.kernels.exponential import LARGEST, exponential
from transition_model.ledger import Ledger, ledger_entries
from transition_model.parameters import ParameterValues, load_parameters
from transition_model.policy.trade_in import HOUSEHOLD_PROGRAMMES
from transition_model.programmes import opening_levels
from transition_model.scenario import Scenario

type Array = NDArray[np.float64]

PARAMETERS = ParameterValues(load_parameters(), {})
LAW = load_instruments()
MONTHS = [Month.parse("2024-04") + place for place in range(21)]
APPLIANCES = np.array(
    [[3.9, 3.9, 7.7], [5.4, 3.6, 3.0], [4.1, 3.5, 4.1], [2.1, 4.9, 7.0]]
) * 1e6  # fmt: skip
WHOLE_NUMBERS = ("car", "registered", "car_owned_since", "appliance_bought", "appliance_grade")
SPENDING = "subsidy_spending_per_month"


@dataclass
class Town:
    """Households whose cars, readiness and knowledge are anything, on stocks of any kind."""

    seed: int
    month: Month
    scenario: Scenario = field(default_factory=lambda: Scenario.load("plan"))
    law: dict[str, Instrument] = field(default_factory=lambda: dict(LAW))
    parameters: ParameterValues = PARAMETERS
    rows: int = 300
    kernels: Literal["compiled", "numpy"] = "compiled"

    def __post_init__(self) -> None:
        self.households = Households.build(None, self.parameters, 1, 1, self.rows, self.month)
        draw = np.random.default_rng(self.seed)
        columns, rows = self.households.columns, self.rows
        car = draw.integers(-1, 3, rows)
        registered = np.where(car >= 0, self.month.index - draw.integers(1, 400, rows), -1)
        owned = np.where(car >= 0, registered + draw.integers(0, 60, rows), -1)
        columns["car"][:], columns["registered"][:] = car, registered
        columns["car_owned_since"][:] = np.minimum(owned, self.month.index - 1)
        columns["readiness"][:] = draw.uniform(0.2, 1.6, rows)
        columns["familiarity"][:] = draw.uniform(0.0, 1.0, rows)
        columns["new_energy_adoption"][:] = draw.uniform(0.0, 1.0, rows)
        self.stock = initial_private_cars(self.parameters) * draw.uniform(0.0, 2.0, (3, 26))
        self.stock[draw.uniform(size=(3, 26)) < 0.1] = 0.0
        self.spent = np.zeros(len(dimension("subsidy_programme")))
        self.points = float(draw.uniform(0.01, 0.3))

    def step(self) -> Ledger:
        situation = Situation(
            month=self.month,
            seed=self.seed,
            parameters=self.parameters,
            levers=self.scenario.lever_values(self.month),
            stocks={
                "private_cars": self.stock,
                "public_charging_points_per_new_energy_car": np.array(self.points),
                "appliances_in_use": APPLIANCES,
                "programmes_delivered": opening_levels(self.parameters),
            },
            spent_this_year=self.spent,
            ledger=Ledger(str(self.month)),
            law=self.law,
            structures=self.scenario.chosen_structures,
            kernels=self.kernels,
        )
        self.households.decide(situation)
        ledger = situation.ledger
        self.spent = self.spent + ledger[SPENDING]
        self.month += 1
        if self.month.month == 1:
            self.spent = np.zeros(len(self.spent))
        return ledger


def assert_same(town: Town, months: int = 1, rtol: float = 1e-10) -> list[Ledger]:
    """Run the town both ways; ledgers of the kernels."""
    by_numpy = copy.deepcopy(town)
    by_numpy.kernels = "numpy"
    ledgers = []
    for _ in range(months):
        ledger, expected = town.step(), by_numpy.step()
        where = str(ledger.month)
        for name, entry in ledger_entries().items():
            if entry.written_by == "households" or name == SPENDING:
                scale = float(np.abs(expected[name]).max())
                assert_allclose(
                    ledger[name], expected[name], rtol=rtol, atol=1e-12 * scale,
                    err_msg=f"{where} {name}",
                )  # fmt: skip
        ours, theirs = town.households, by_numpy.households
        for name, column in theirs.columns.items():
            if column.dtype.kind == "f":
                # An office may be open for the share of a month that rounding leaves of 1.
                scale = max(float(np.abs(column).max()), 1e-3)
                assert_allclose(
                    ours.columns[name], column, rtol=rtol, atol=1e-12 * scale,
                    err_msg=f"{where} {name}",
                )  # fmt: skip
            else:
                assert_array_equal(ours.columns[name], column, err_msg=f"{where} {name}")
        assert ours.purchases.subsidised_cars == pytest.approx(
            theirs.purchases.subsidised_cars, rel=rtol, abs=1e-6
        )
        received = ours.purchases.received_this_month()
        assert received == pytest.approx(theirs.purchases.received_this_month(), rel=1e-9, abs=1e-3)
        for programme, yuan in received.items():
            booked = ledger[SPENDING][dimension("subsidy_programme").index(programme)]
            assert yuan == pytest.approx(float(booked), rel=1e-9, abs=1e-2)
        for rule, pot in theirs.purchases.money.pots().items():
            assert ours.purchases.money.pots()[rule] == pytest.approx(pot, rel=1e-9, abs=1e-2)
        ledgers.append(ledger)
    return ledgers


@pytest.mark.parametrize("month", MONTHS, ids=str)
def test_any_state_decides_the_same_in_each_month_of_the_rules(month: Month) -> None:
    assert_same(Town(month.index, month))


@given(
    seed=st.integers(0, 10_000),
    month=st.integers(Month.parse("2020-01").index, Month.parse("2027-12").index).map(Month),
    rival=st.sampled_from(["familiarity_logit", "plain_logit", "bass"]),
    generosity=st.sampled_from([0.0, 1.0, 3.0]),
    preference=st.sampled_from([0.0, 1.0]),
    budget=st.sampled_from([0.0, 0.5, 36.0, 200.0]),
)
def test_any_state_decides_the_same_under_any_lever_and_submodel(
    seed: int, month: Month, rival: str, generosity: float, preference: float, budget: float
) -> None:
    scenario = (
        Scenario(name="s")
        .with_setting(f"structure.car_choice={rival}")
        .replace(
            {
                "trade_in_generosity": generosity,
                "green_preference": preference,
                "trade_in_budget": budget,
            },
            "2020-01",
        )
    )
    assert_same(Town(seed, month, scenario, rows=120))


@pytest.mark.parametrize("rival", ["familiarity_logit", "plain_logit", "bass"])
def test_pauses_queues_pots_and_raises_are_the_same_from_month_to_month(rival: str) -> None:
    scenario = Scenario.load("plan").with_setting(f"structure.car_choice={rival}")
    town = Town(7, Month.parse("2024-03"), scenario)
    ledgers = assert_same(town, 24)
    programme = dimension("subsidy_programme").index
    replacement = [ledger[SPENDING][programme("car_replacement")] for ledger in ledgers]
    # The pot of the first version, the pause of June 2025 and what waited over it.
    assert replacement[15] == 0.0
    assert replacement[16] > replacement[17] > 0.0
    scrappage = [ledger[SPENDING][programme("car_scrappage")] for ledger in ledgers]
    assert scrappage[4] > scrappage[3] > 0.0


@pytest.mark.parametrize("budget", [0.3, 2.0, 10.0])
def test_money_that_runs_out_within_a_month_is_shared_out_the_same(budget: float) -> None:
    scenario = Scenario.load("plan").replace({"trade_in_budget": budget}, "2024-01")
    assert_same(Town(11, Month.parse("2024-08"), scenario), 12)


@pytest.mark.parametrize(
    "rule",
    [
        "car_scrappage_renewal",
        "car_replacement_renewal",
        "appliance_trade_in",
        "new_energy_purchase_tax_relief",
        "new_energy_to_countryside",
        "consumer_loan_interest_subsidy",
    ],
)
def test_a_struck_rule_is_gone_for_kernels_too(rule: str) -> None:
    town = Town(3, Month.parse("2025-09"), law=dict(struck(LAW, rule, date(2020, 1, 1))))
    assert_same(town, 5)


def test_other_parameters_are_read_by_kernels_too() -> None:
    names = {
        "car_survival_scale": 15.0, "transfer_minimum_age": 3.0, "car_replacement_lead": 3.5,
        "pause_expectation": 0.2, "car_claim_share": 0.7, "income_index": 1.04,
        "car_market_index": 0.85, "additional_replacement_share": 0.6,
    }  # fmt: skip
    parameters = ParameterValues(load_parameters(), names)
    assert_same(Town(5, Month.parse("2025-05"), parameters=parameters), 3)


def test_more_rows_than_a_block_are_added_up_the_same() -> None:
    town = Town(2, Month.parse("2025-11"), rows=9_001)
    assert_same(town, 2)


def test_cars_older_than_the_table_of_hazards_leave_as_they_do_with_numpy() -> None:
    town = Town(4, Month.parse("2026-05"))
    town.step()
    town.households.columns["registered"][town.households.columns["car"] >= 0] -= 600
    assert_same(town)


def test_of_a_young_sample_old_cars_of_the_stock_leave_as_they_do_with_numpy() -> None:
    town = Town(6, Month.parse("2026-05"))
    columns = town.households.columns
    columns["registered"][columns["car"] >= 0] = town.month.index - 40
    (ledger,) = assert_same(town)
    assert ledger["private_car_scrappage_per_month"][:, -1].sum() > 0.0


def test_a_copy_of_a_town_goes_on_as_the_town_does() -> None:
    town = Town(8, Month.parse("2025-02"))
    town.step()
    other = copy.deepcopy(town)
    first, second = town.step(), other.step()
    assert_array_equal(second[SPENDING], first[SPENDING])
    for name, column in town.households.columns.items():
        assert_array_equal(other.households.columns[name], column, err_msg=name)


def test_what_kernels_pay_is_received_by_rows() -> None:
    town = Town(9, Month.parse("2024-04"))
    booked = np.sum([town.step()[SPENDING] for _ in range(24)], axis=0)
    received = town.households.weight @ town.households.money_received
    for programme, yuan in zip(HOUSEHOLD_PROGRAMMES, received, strict=True):
        assert yuan > 0.0, programme
        assert yuan == pytest.approx(
            booked[dimension("subsidy_programme").index(programme)], rel=1e-9
        )


@given(st.floats(-745.0, 709.0))
def test_the_exponential_has_the_digits_of_numpy_s(power: float) -> None:
    expected = float(np.exp(np.clip(power, 1.0 - LARGEST, LARGEST - 1.0)))
    assert exponential(power) == pytest.approx(expected, rel=2e-15)
