"""Under plausible flows the stock-flow model meets what is known of the city.

The flows stand in for agents (conftest.py); what is checked is that sizes, coefficients and delays
of the stocks fit each other and the record.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

type Array = NDArray[np.float64]
type History = Callable[[str], Array]


def _in_year(series: Array, year: int) -> Array:
    return np.asarray(series[12 * (year - 2020) : 12 * (year - 2019)])


def _at(series: Array, year: int, month: int) -> float:
    return float(series[12 * (year - 2020) + month - 1])


# Variable, year, lowest, highest, what is known.
YEARLY = [
    ("kitchen_waste_treated_per_month", 2022, 1.18e6, 1.30e6, "1.24 Mt, Urban Management Bureau"),
    ("food_waste_separated_per_month", 2022, 0.13e6, 0.19e6, "0.16 Mt of households, same"),
    ("municipal_solid_waste_generated_per_month", 2023, 7.2e6, 7.8e6, "37.72 % of it recycled"),
    ("recyclables_separated_per_month", 2023, 1.46e6, 1.55e6, "over 4,000 t a day, same"),
    ("construction_waste_utilised_per_month", 2023, 3.1e6, 3.5e6, "3.29 Mt, ministry 2024"),
    ("recycled_materials_used_per_month", 2023, 8.5e6, 9.0e6, "scaled from the country"),
    ("energy_use_per_month", 2020, 87.9e6, 89.6e6, "88.75 Mtce, equal value"),
    ("energy_use_per_month", 2021, 91.3e6, 94.1e6, "92.71 Mtce, equal value"),
    ("electricity_use_per_month", 2020, 115e3, 122e3, "118.7 TWh, Bureau of Statistics"),
    ("electricity_use_per_month", 2024, 153e3, 168e3, "161.3 TWh, same"),
    ("carbon_dioxide_per_month", 2020, 154e6, 164e6, "158.9 Mt, press"),
    ("all_floor_completed_per_month", 2020, 50e6, 80e6, "developers 28 million m2 in 11 months"),
    ("all_building_starts_per_month", 2021, 80e6, 95e6, "87 million m2, derived"),
    ("prefabricated_starts_per_month", 2021, 15e6, 17.5e6, "16.2 million m2"),
    ("end_of_life_vehicles_per_month", 2023, 150e3, 300e3, "3 to 4 % of cars, trucks besides"),
]


@pytest.mark.parametrize(("name", "year", "low", "high", "known"), YEARLY)
def test_yearly_total_meets_the_record(
    history: History, name: str, year: int, low: float, high: float, known: str
) -> None:
    assert low <= _in_year(history(name), year).sum() <= high, known


# Variable, year, month, lowest, highest, what is known.
MONTHLY = [
    ("private_car_fleet", 2023, 12, 5.34e6, 5.45e6, "5.394 million, Bureau of Statistics"),
    ("new_energy_vehicles", 2023, 12, 0.40e6, 0.50e6, "0.45 million, official"),
    ("new_energy_vehicles", 2022, 5, 0.15e6, 0.22e6, "0.17 million, press"),
    ("public_charging_points", 2024, 5, 28.5e3, 34.9e3, "31,700 about then"),
    ("public_charging_points", 2024, 8, 32.4e3, 39.6e3, "36,000, vice-mayor"),
    ("private_charging_points", 2024, 8, 250e3, 320e3, "286,000, vice-mayor"),
    ("certified_green_factories", 2021, 12, 168.0, 174.0, "171, Chongqing Daily"),
    ("certified_green_factories", 2023, 9, 320.0, 340.0, "330"),
    ("national_green_parks", 2021, 12, 2.0, 4.0, "3, national level alone"),
    ("national_green_parks", 2024, 12, 13.5, 18.5, "16, national level alone"),
]


@pytest.mark.parametrize(("name", "year", "month", "low", "high", "known"), MONTHLY)
def test_stock_meets_the_record(
    history: History, name: str, year: int, month: int, low: float, high: float, known: str
) -> None:
    assert low <= _at(history(name), year, month) <= high, known


def test_super_charging_stations_built_and_begun_meet_the_press(history: History) -> None:
    stations = history("charging_stations") + history("charging_stations_under_construction")
    assert _at(stations[:, 0], 2024, 8) == pytest.approx(500.0, rel=0.15)
    assert _at(stations[:, 0], 2022, 12) < 30.0


def test_kitchen_plants_reach_the_capacity_on_record(history: History) -> None:
    # 5,100 t a day in 2023, Urban Management Bureau.
    assert _at(history("recycling_capacity")[:, 4], 2023, 6) / 365.25 == pytest.approx(
        5100.0, rel=0.05
    )


RECYCLED = ("municipal_solid_waste_recycled_per_month", "municipal_solid_waste_generated_per_month")
UTILISED = ("municipal_solid_waste_utilised_per_month", "municipal_solid_waste_generated_per_month")
CONSTRUCTION = ("construction_waste_utilised_per_month", "construction_waste_generated_per_month")
GREEN = ("green_floor_completed_per_month", "all_floor_completed_per_month")
PREFABRICATED = ("prefabricated_starts_per_month", "all_building_starts_per_month")

# Numerator and denominator, year, lowest, highest, what is known.
SHARES = [
    (RECYCLED, 2023, 0.365, 0.39, "37.72 %"),
    (RECYCLED, 2020, 0.31, 0.36, "33 % in the central districts"),
    (UTILISED, 2023, 0.84, 0.88, "86 %, incineration included"),
    (CONSTRUCTION, 2023, 0.15, 0.21, "15 to 21 %, a weak proxy"),
    (GREEN, 2020, 0.54, 0.60, "57.24 %"),
    (GREEN, 2021, 0.60, 0.66, "62.82 %"),
    (PREFABRICATED, 2021, 0.18, 0.19, "18.6 %"),
]


@pytest.mark.parametrize(("parts", "year", "low", "high", "known"), SHARES)
def test_share_of_the_year_meets_the_record(
    history: History, parts: tuple[str, str], year: int, low: float, high: float, known: str
) -> None:
    above, below = (_in_year(history(name), year).sum() for name in parts)
    assert low <= above / below <= high, known


@pytest.mark.parametrize(
    ("year", "known"), [(2020, 352.7e9), (2021, 384.6e9), (2022, 388.0e9), (2023, 392.9e9)]
)
def test_freight_turnover_meets_the_bureau_of_statistics(
    history: History, year: int, known: float
) -> None:
    turnover = _in_year(history("freight_turnover").sum(axis=1), year).mean()
    assert turnover == pytest.approx(known, rel=0.05)


def test_trucks_are_renewed_at_the_pace_of_their_lives(history: History) -> None:
    fleet = history("truck_fleet")
    assert fleet[-1] / fleet[0] == pytest.approx(1.03 ** (59 / 12), rel=0.01)
    scrapped = _in_year(history("scrapped_trucks_per_month").sum(axis=(1, 2)), 2023).sum()
    assert 0.08 < scrapped / fleet[42] < 0.16


def test_energy_per_output_falls_as_reported(history: History) -> None:
    energy, output = history("energy_use_per_month"), history("gross_domestic_product_per_month")
    intensity = {
        year: _in_year(energy, year).sum() / _in_year(output, year).sum() for year in (2020, 2024)
    }
    # 0.355 tce for 10,000 yuan in 2020, 14 % less in 2024.
    assert intensity[2020] / 1e4 == pytest.approx(0.355, abs=0.004)
    assert intensity[2024] / intensity[2020] == pytest.approx(0.86, abs=0.012)


def test_floor_area_lies_between_what_is_known_of_2016_and_the_additions_since(
    history: History,
) -> None:
    total = history("floor_area").sum(axis=1)
    assert 1.0e9 < _at(total, 2020, 12) < 1.2e9
    assert 30e6 < _at(total, 2021, 12) - _at(total, 2020, 12) < 80e6


def test_counting_soil_doubles_construction_waste(history: History) -> None:
    names = ("construction_waste_with_soil_generated_per_month", CONSTRUCTION[1])
    with_soil, without = (_in_year(history(name), 2021).sum() for name in names)
    assert 1.8 < with_soil / without < 2.6


def test_recycling_and_resource_utilisation_are_two_indicators(history: History) -> None:
    recycling = history("municipal_solid_waste_recycling_rate")
    utilisation = history("municipal_solid_waste_resource_utilisation_rate")
    assert np.all(utilisation > recycling + 0.3)


def test_construction_plants_stand_two_thirds_idle_in_2023(history: History) -> None:
    # 33 % of 9.957 Mt a year.
    assert _at(history("recycling_capacity_utilisation")[:, 3], 2023, 12) == pytest.approx(
        0.33, abs=0.04
    )


def test_scrap_steel_makes_more_than_half_of_the_recycled_materials(history: History) -> None:
    used = _in_year(history("materials_used_per_month"), 2023).sum(axis=0)
    assert 0.55 < used[0] / used.sum() < 0.72


def test_initial_stores_of_waste_are_near_their_steady_state(history: History) -> None:
    store = history("waste_awaiting_recycling")
    np.testing.assert_allclose(store[0], store[5], rtol=0.35)
    scrap = history("materials_awaiting_use")
    np.testing.assert_allclose(scrap[0].sum(), scrap[5].sum(), rtol=0.05)
