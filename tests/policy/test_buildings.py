"""What the building rules offer, on both sides of their dates and ceilings, worked out by hand."""

from __future__ import annotations

import pytest

from transition_model.calendar import Month
from transition_model.instruments import load_instruments
from transition_model.parameters import ParameterValues, load_parameters
from transition_model.policy.buildings import BuildingTerms, building_terms


def terms(month: str, multiple: float = 1.0, **overrides: float) -> BuildingTerms:
    values = ParameterValues(load_parameters(), overrides)
    return building_terms(load_instruments(), Month.parse(month), values, multiple)


@pytest.mark.parametrize(
    ("floor", "award"),
    [
        (50_000.0, 0.2 * 60.0 + 0.6 * 40.0 + 0.2 * 20.0),  # no ceiling is reached
        (100_000.0, 0.2 * 40.0 + 0.6 * 20.0 + 0.2 * 10.0),  # all three are
    ],
)
def test_an_award_is_paid_by_area_up_to_the_ceiling_of_its_class(
    floor: float, award: float
) -> None:
    assert terms("2023-05", award_project_floor=floor).high_star_award == pytest.approx(award)


def test_awards_begin_in_november_2022_and_go_on_after_their_last_known_day() -> None:
    assert terms("2022-10").high_star_award == terms("2022-10").low_energy_award == 0.0
    assert terms("2022-11").high_star_award > 0.0
    assert terms("2022-11").low_energy_award == pytest.approx(80.0)
    assert terms("2026-01").high_star_award == terms("2025-12").high_star_award


def test_a_multiple_of_the_awards_leaves_the_other_rules_alone() -> None:
    once, twice = terms("2025-06"), terms("2025-06", 2.0)
    assert twice.high_star_award == 2.0 * once.high_star_award
    assert twice.low_energy_award == 2.0 * once.low_energy_award
    assert twice.retrofit_subsidy.tolist() == once.retrofit_subsidy.tolist()
    assert twice.solar_roof_share == once.solar_roof_share


def test_components_are_paid_by_the_cubic_metre_until_2020() -> None:
    assert terms("2020-12").component_subsidy == pytest.approx(350.0 * 0.12)
    assert terms("2021-01").component_subsidy == 0.0


@pytest.mark.parametrize(
    ("month", "housing", "public"),
    [
        ("2022-10", 0.0, 0.0),
        ("2022-11", 0.0, 25.0),
        ("2024-12", 0.0, 25.0),
        ("2025-01", 40.0, 25.0),
        ("2028-01", 0.0, 25.0),
    ],
)
def test_retrofits_are_subsidised_by_the_square_metre(
    month: str, housing: float, public: float
) -> None:
    assert terms(month).retrofit_subsidy == pytest.approx([housing, public])


@pytest.mark.parametrize(("factor", "paid"), [(0.74, 0.0), (0.76, 25.0)])
def test_a_public_retrofit_must_cut_carbon_by_15_percent(factor: float, paid: float) -> None:
    # A cut of 20 % is declared.
    assert terms("2025-06", retrofit_saving=factor).retrofit_subsidy[1] == pytest.approx(paid)


def test_half_of_the_roofs_must_carry_panels_from_july_2022() -> None:
    assert terms("2022-06").solar_roof_share == 0.0
    assert terms("2022-07").solar_roof_share == 0.5
