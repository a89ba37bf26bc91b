"""Each indicator says what is counted, against what, and where; kin are kept apart."""

import csv

import numpy as np
import pytest

from transition_model.districts import DISTRICTS
from transition_model.plan import load_plan
from transition_model.results import load_definitions
from transition_model.stocks import CompiledModel, load_source

SCOPES = {
    # Prefabricated building is counted in urban building, of which the whole city's consists.
    "city": {"whole city", "above-scale industry of the city", "urban areas of the city"},
    "urban": {"urban areas of the city"},
    "rural": {"rural areas of the city"},
    "central_urban": {"nine central districts (districts.csv)"},
}


@pytest.mark.parametrize("target", load_plan().targets, ids=lambda target: target.id)
def test_a_target_is_defined_in_words_of_both_languages(target) -> None:
    definition = load_definitions()[target.result]
    assert definition.numerator is not None
    assert definition.scope.en in SCOPES[target.scope]
    # What the model divides is a ratio in words; a share of the plan has two sides.
    if definition.ratio or definition.reduction:
        assert definition.denominator is not None
    if definition.unit in ("share", "percent"):
        assert definition.denominator is not None


def test_recycling_is_not_resource_utilisation() -> None:
    recycling, utilisation = (
        load_definitions()[name] for name in ("msw_recycling_rate", "msw_resource_utilisation_rate")
    )
    assert recycling.denominator == utilisation.denominator
    assert recycling.ratio[1] == utilisation.ratio[1]
    assert recycling.ratio[0] != utilisation.ratio[0]
    assert "incinerated" in utilisation.numerator.en
    assert "incineration does not count" in recycling.numerator.en


def test_the_target_of_construction_waste_leaves_out_soil_on_both_sides() -> None:
    without, with_soil = (
        load_definitions()[name]
        for name in ("construction_waste_utilisation", "construction_waste_utilisation_with_soil")
    )
    for side in ("numerator", "denominator"):
        assert "without excavated soil" in getattr(without, side).en
        assert "excavated soil" in getattr(with_soil, side).en
    assert not set(without.ratio) & set(with_soil.ratio)


@pytest.mark.parametrize("kind", ["green_factories", "green_parks"])
def test_certified_by_the_city_and_at_national_level_are_two_stocks(kind: str) -> None:
    city, national = (load_definitions()[name] for name in (kind, f"national_{kind}"))
    variables = CompiledModel(load_source()).variables
    assert city.stock != national.stock
    assert variables[city.stock].kind == variables[national.stock].kind == "stock"
    assert load_plan().target(kind).result == kind


def test_the_central_urban_area_is_nine_districts() -> None:
    with DISTRICTS.open(encoding="utf-8") as file:
        zones = [row["zone"] for row in csv.DictReader(file)]
    assert zones.count("central_urban") == 9


def test_electric_fleets_of_the_centre_are_counted_in_the_centre_alone() -> None:
    share = load_definitions()["bus_taxi_electric_share"]
    for name in share.ratio:
        chosen = load_definitions()[name].select["transit_class"]
        assert set(chosen) == {"central_bus", "central_taxi"}
    assert share.scope.en in SCOPES["central_urban"]


def test_with_soil_the_rate_is_another_number() -> None:
    model = CompiledModel(load_source())
    names = [
        f"construction_waste{soil}_{side}_per_month"
        for soil in ("", "_with_soil")
        for side in ("utilised", "generated")
    ]
    starts = np.full((3, 2), 1e6)
    ran = model.run(
        {"building_starts_per_month": starts, "construction_waste_delivery_share": 0.5},
        horizon=24,
        record=names,
    )
    values = [float(ran[name][0, -1]) for name in names]
    assert values[0] < values[2]
    assert values[1] < values[3]
    assert values[0] / values[1] != pytest.approx(values[2] / values[3], rel=0.01)
