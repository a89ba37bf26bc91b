"""Where raw waste goes once plants suffice, and what falls in the energy outside the sectors."""

from __future__ import annotations

import numpy as np
import pytest

from transition_model import TransitionModel
from transition_model.calendar import Month
from transition_model.observations import load_observations
from transition_model.parameters import load_parameters

NAMES = [
    "residual_waste_landfilled_per_month",
    "residual_waste_incinerated_per_month",
    "incineration_capacity",
    "gross_domestic_product_per_month",
    "rest_electricity_use_per_month",
    "rest_fuel_use_per_month",
    "rest_energy_use_per_month",
    "energy_use_per_month",
]
FIRST = Month.parse("2020-01")


@pytest.fixture(scope="module")
def history() -> dict[str, np.ndarray]:
    """The plan month by month, 2020-01 to 2027-12."""
    model = TransitionModel(rng=1, households=300)
    months = []
    for _ in range(96):
        model.step()
        months.append(model.stocks.values(NAMES))
    return {name: np.array([float(month[name]) for month in months]) for name in NAMES}


def test_landfilling_ends_when_the_city_says_it_did(history: dict[str, np.ndarray]) -> None:
    ended = next(row for row in load_observations() if row.series == "msw_landfilled_daily")
    assert ended.value == 0.0
    last = int(np.flatnonzero(history["residual_waste_landfilled_per_month"] > 0.0)[-1])
    announced = Month.parse("2025-11") - FIRST
    assert abs(last - announced) <= 3


def test_plants_run_at_seven_eighths_of_their_capacity_as_on_record(
    history: dict[str, np.ndarray],
) -> None:
    rows = {row.series: row.value for row in load_observations() if row.period == "2025-11"}
    recorded = rows["msw_incinerated_daily"] / rows["msw_incineration_capacity"]
    month = Month.parse("2025-11") - FIRST
    burnt = history["residual_waste_incinerated_per_month"][month] / (365.0 / 12.0)
    assert burnt / history["incineration_capacity"][month] == pytest.approx(recorded, abs=0.06)


def test_electricity_of_the_rest_keeps_pace_with_output_while_its_fuels_fall(
    history: dict[str, np.ndarray],
) -> None:
    output = history["gross_domestic_product_per_month"][1:]
    electricity = history["rest_electricity_use_per_month"][1:] / output
    fuels = history["rest_fuel_use_per_month"][1:] / output
    assert np.allclose(electricity, electricity[0], rtol=1e-9)
    assert np.all(np.diff(fuels) < 0.0)


def test_the_fall_of_fuels_against_output_makes_no_step() -> None:
    fall = load_parameters()["autonomous_energy_improvement"]
    paces = np.array([fall.at(FIRST + place, 1.0) for place in range(96)])
    assert np.abs(np.diff(paces)).max() < 0.005
    assert np.all(np.diff(paces) <= 1e-12)


def test_the_energy_of_2021_that_nothing_was_fitted_on_is_met(
    history: dict[str, np.ndarray],
) -> None:
    assert history["energy_use_per_month"][12:24].sum() == pytest.approx(92.71e6, rel=0.01)
