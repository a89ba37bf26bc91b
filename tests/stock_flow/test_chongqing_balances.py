"""Nothing is lost or made in models/chongqing.mdl, whatever the agents hand in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from transition_model.dimensions import dimension, shape
from transition_model.ledger import ledger_entries
from transition_model.stocks import CompiledModel, load_source

type Array = NDArray[np.float64]
type Flows = dict[str, Array]

MONTHS, STEPS = 3, 4
SCALE = {
    "vehicle/month": 4e4,
    "charging_point/month": 1e4,
    "appliance/month": 3e4,
    "t/year/month": 1e4,
    "m2/month": 3e6,
    "tce/month": 1e6,
    "GWh/month": 1e3,
    "GW/month": 0.1,
    "1e4 yuan/month": 1e4,
    "factory/month": 20.0,
    "yuan/month": 1e8,
    "hydrogen_station/month": 2.0,
    "ship/month": 20.0,
}
OUTFLOWS = {
    "private_car_scrappage_per_month": 0.01,
    "appliance_discards_per_month": 1.0,
    "transit_retirements_per_month": 0.01,
    "transit_retirements_by_age_per_month": 0.002,
    "truck_scrappage_per_month": 0.0005,
    "ship_scrappage_per_month": 0.1,
    "recycling_capacity_closed_per_month": 0.1,
    "green_factories_revoked_per_month": 0.1,
    "national_green_factories_revoked_per_month": 0.05,
}


@pytest.fixture(scope="module")
def model() -> CompiledModel:
    return CompiledModel(load_source())


def _random_inputs(seed: int) -> Flows:
    """Flows and shares of any size that stores can bear, and a fleet to draw on."""
    draw = np.random.default_rng(seed)
    inputs = {
        name: draw.uniform(
            0.0, 1.0 if entry.kind != "flow" else SCALE[entry.unit], shape(entry.over)
        )
        * OUTFLOWS.get(name, 1.0)
        for name, entry in ledger_entries().items()
    }
    inputs["initial_truck_fleet"] = draw.uniform(5e3, 5e4, shape(("truck_class", "truck_fuel")))
    inputs["initial_truck_age_share"] = np.full(shape(("truck_fuel", "truck_age")), 1.0 / 16.0)
    inputs["initial_ships"] = draw.uniform(20.0, 3e3, shape(("ship_fuel",)))
    inputs["initial_private_cars"] = draw.uniform(2e3, 2e5, shape(("powertrain", "car_age")))
    inputs["initial_transit_vehicles"] = draw.uniform(
        2e3, 2e4, shape(("transit_class", "transit_fuel"))
    )
    inputs["initial_transit_vehicles_by_age"] = draw.uniform(
        2e3, 2e4, shape(("transit_class", "transit_age"))
    )
    return inputs


def _steps(model: CompiledModel, inputs: Flows) -> dict[str, Array]:
    """All values at each time step of some months, first axis time."""
    run = model.run(inputs, horizon=MONTHS, every=1.0 / STEPS)
    return {name: values[0] for name, values in run.values.items()}


# Stock, inflows, outflows; all summed over their subscripts, or taken at one place each.
BALANCES = {
    "private cars": (
        ["private_cars"],
        ["private_car_purchases_per_month"],
        ["private_car_scrappage_per_month"],
    ),
    "public charging points": (
        ["public_charging_points", "public_charging_points_under_construction"],
        ["public_charging_point_starts_per_month"],
        ["public_charging_point_retirements_per_month"],
    ),
    "private charging points": (
        ["private_charging_points", "private_charging_points_under_construction"],
        ["private_charging_point_orders_per_month"],
        ["private_charging_point_retirements_per_month"],
    ),
    "transit vehicles": (
        ["transit_vehicles"],
        ["transit_registrations_per_month"],
        ["transit_retirements_per_month"],
    ),
    "transit vehicles by age": (
        ["transit_vehicles_by_age"],
        ["transit_registrations_per_month"],
        ["transit_retirements_by_age_per_month"],
    ),
    "trucks": (["trucks"], ["truck_purchases_per_month"], ["truck_scrappage_per_month"]),
    "hydrogen stations": (
        ["hydrogen_stations", "hydrogen_stations_under_construction"],
        ["hydrogen_stations_begun_per_month"],
        ["hydrogen_station_retirements_per_month"],
    ),
    "ships": (["ships"], ["ship_purchases_per_month"], ["ship_scrappage_per_month"]),
    "appliances": (
        ["appliances_in_use"],
        ["appliance_purchases_per_month"],
        ["appliance_discards_per_month"],
    ),
    "waste at recyclers": (
        ["waste_awaiting_recycling"],
        ["waste_offered_per_month"],
        ["waste_processed_per_month", "waste_turned_away_per_month"],
    ),
    "recycling capacity": (
        ["recycling_capacity"],
        ["recycling_capacity_commissioned_per_month"],
        ["recycling_capacity_closed_per_month"],
    ),
    "floor under construction": (
        ["floor_under_construction"],
        ["building_starts_per_month"],
        ["building_completions_per_month"],
    ),
    "floor area": (
        ["floor_of_vintage", "retrofitted_floor"],
        ["building_completions_per_month"],
        ["floor_demolished_per_month"],
    ),
    "green material floor": (
        ["green_material_floor_under_construction"],
        ["green_material_starts_per_month"],
        ["green_material_completions_per_month"],
    ),
    "green factories": (
        ["certified_green_factories"],
        ["green_factories_certified_per_month"],
        ["green_factories_revoked_per_month"],
    ),
    "retrofitted floor": (
        ["retrofitted_floor"],
        ["floor_retrofitted_per_month"],
        ["retrofitted_floor_demolished_per_month"],
    ),
    "national green factories": (
        ["national_green_factories"],
        ["national_green_factories_certified_per_month"],
        ["national_green_factories_revoked_per_month"],
    ),
    "green parks": (["green_parks"], ["green_parks_certified_per_month"], []),
    "national green parks": (
        ["national_green_parks"],
        ["parks_named_at_national_level_per_month"],
        [],
    ),
    "public money": (["public_money_spent"], ["subsidy_spending_per_month"], []),
    "public revenue": (["public_revenue"], ["public_revenue_per_month"], []),
    "landfill": (["landfilled_waste"], ["residual_waste_landfilled_per_month"], []),
    "landfill space": (
        ["landfill_space", "landfill_space_under_construction"],
        ["landfill_space_starts_per_month"],
        ["residual_waste_landfilled_per_month"],
    ),
    "residual waste": (
        ["residual_waste_waiting"],
        ["residual_waste_per_month"],
        ["residual_waste_incinerated_per_month", "residual_waste_landfilled_per_month"],
    ),
    "incineration capacity": (
        ["incineration_capacity"],
        ["incineration_completions_per_month"],
        [],
    ),
    "charging stations": (
        ["charging_stations", "charging_stations_under_construction"],
        ["charging_station_starts_per_month"],
        ["charging_station_retirements_per_month"],
    ),
    "power plants": (["plant_capacity"], ["plant_completions_per_month"], []),
    "wind and solar": (["renewable_capacity"], ["renewable_completions_per_month"], []),
    "carbon dioxide": (["cumulative_carbon_dioxide"], ["carbon_dioxide_per_month"], []),
    "recycled materials": (["recycled_materials_used"], ["materials_used_per_month"], []),
}

# Both sides at every moment.
IDENTITIES = {
    "household waste streams and restaurant waste make all waste": (
        ["household_waste_generated_per_month", "restaurant_waste_generated_per_month"],
        ["municipal_solid_waste_generated_per_month"],
    ),
    "what is generated is separated or mixed": (
        ["municipal_solid_waste_generated_per_month"],
        [
            "food_waste_separated_per_month",
            "recyclables_separated_per_month",
            "hazardous_waste_separated_per_month",
            "restaurant_waste_separated_per_month",
            "mixed_household_waste_per_month",
            "mixed_restaurant_waste_per_month",
        ],
    ),
    "construction waste has three origins": (
        ["construction_waste_generated_per_month"],
        [
            "construction_waste_of_new_building_per_month",
            "construction_waste_of_demolition_per_month",
            "construction_waste_of_renovation_per_month",
        ],
    ),
    "soil comes on top of construction waste": (
        ["construction_waste_with_soil_generated_per_month"],
        ["construction_waste_generated_per_month", "excavated_soil_per_month"],
    ),
    "industrial carbon dioxide is that of its sectors": (
        ["industry_carbon_dioxide_per_month"],
        ["industry_carbon_dioxide_by_sector_per_month"],
    ),
    "energy is used in four parts": (
        ["energy_use_per_month"],
        [
            "industrial_energy_per_month",
            "transport_energy_use_per_month",
            "building_energy_use_per_month",
            "rest_energy_use_per_month",
        ],
    ),
    "transport energy is that of cars, fleets, freight and the rest": (
        ["transport_energy_use_per_month"],
        [
            "private_car_energy_use_per_month",
            "transit_energy_use_per_month",
            "truck_energy_use_per_month",
            "rail_freight_energy_use_per_month",
            "water_freight_energy_use_per_month",
            "other_transport_energy_use_per_month",
        ],
    ),
    "carbon dioxide comes from four parts": (
        ["carbon_dioxide_per_month"],
        [
            "industry_carbon_dioxide_per_month",
            "transport_carbon_dioxide_per_month",
            "building_carbon_dioxide_per_month",
            "rest_carbon_dioxide_per_month",
        ],
    ),
}


def _sum(run: dict[str, Array], names: list[str]) -> Array:
    return np.sum([run[name].reshape(len(run[name]), -1).sum(axis=1) for name in names], axis=0)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_every_stock_changes_by_what_flows_in_and_out(model: CompiledModel, seed: int) -> None:
    run = _steps(model, _random_inputs(seed))
    for name, (stocks, inflows, outflows) in BALANCES.items():
        stock = _sum(run, stocks)
        into = _sum(run, inflows) / STEPS
        out = _sum(run, outflows) / STEPS if outflows else np.zeros_like(into)
        turnover = np.maximum(np.abs(stock[:-1]), (into + out)[:-1])
        error = np.abs(np.diff(stock) - (into - out)[:-1])
        assert np.all(error <= 1e-9 * turnover), name


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_parts_sum_to_the_whole(model: CompiledModel, seed: int) -> None:
    run = _steps(model, _random_inputs(seed))
    for name, (left, right) in IDENTITIES.items():
        np.testing.assert_allclose(_sum(run, left), _sum(run, right), rtol=1e-9, err_msg=name)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_construction_waste_is_used_dumped_or_waiting(model: CompiledModel, seed: int) -> None:
    run = _steps(model, _random_inputs(seed))
    place = dimension("recycler_kind").index("construction")
    stored = np.diff(run["waste_awaiting_recycling"][:, place]) * STEPS
    generated = run["construction_waste_generated_per_month"][:-1]
    gone = (
        run["construction_waste_utilised_per_month"] + run["construction_waste_dumped_per_month"]
    )[:-1]
    np.testing.assert_allclose(generated, gone + stored, rtol=1e-9)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_material_is_used_waits_or_is_lost_but_never_made(model: CompiledModel, seed: int) -> None:
    run = _steps(model, _random_inputs(seed))
    stored = np.diff(run["materials_awaiting_use"], axis=0) * STEPS
    collected = run["materials_collected_per_month"][:-1]
    used = run["materials_used_per_month"][:-1, : collected.shape[1]]
    lost = collected - used - stored
    processed = run["materials_leaving_store_per_month"][:-1]
    formal = run["formal_share"][:-1, dimension("recycler_kind").index("scrap"), None]
    best = run["recycler_yield"][0, dimension("recycler_kind").index("scrap")]
    assert np.all(lost >= (1.0 - best) * (processed + collected * (1.0 - formal)) * (1.0 - 1e-9))


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_nothing_is_negative_under_bearable_flows(model: CompiledModel, seed: int) -> None:
    run = _steps(model, _random_inputs(seed))
    stocks = [name for name, variable in model.variables.items() if variable.kind == "stock"]
    flows = [name for name in model.variables if name.endswith("_per_month")]
    for name in stocks + flows:
        assert run[name].min() >= -1e-9 * np.abs(run[name]).max(), name


def test_no_people_make_no_waste(model: CompiledModel) -> None:
    nobody = {
        "urban_population": np.asarray(0.0),
        "initial_waste_awaiting_recycling": np.zeros(6),
        "initial_residual_waste_waiting": np.asarray(0.0),
    }
    run = _steps(model, _random_inputs(1) | nobody)
    place = dimension("recycler_kind").index("kitchen")
    assert not run["municipal_solid_waste_generated_per_month"].any()
    assert not run["municipal_solid_waste_recycling_rate"].any()
    assert not run["waste_awaiting_recycling"][:, place].any()
    assert not run["landfilled_waste"].any()


def test_no_cars_use_no_energy_and_leave_charging_at_the_desired_density(
    model: CompiledModel,
) -> None:
    run = _steps(model, {})
    assert not run["private_car_energy_use_per_month"].any()
    assert not run["new_energy_share_of_private_cars"].any()
    np.testing.assert_allclose(
        run["public_charging_points_per_new_energy_car"],
        1.0 / run["vehicles_per_public_charging_point_desired"],
    )


def test_a_cohort_of_cars_stays_together_over_the_years(model: CompiledModel) -> None:
    cars = np.zeros(shape(("powertrain", "car_age")))
    cars[0, 3] = 1000.0
    run = model.run({"initial_private_cars": cars}, horizon=48, record=["private_cars"])
    fleet = run["private_cars"][0]
    assert fleet[11, 0, 3] == 1000.0
    for year in range(1, 5):
        assert fleet[12 * year, 0, 3 + year] == pytest.approx(1000.0)
        assert fleet[12 * year].sum() == pytest.approx(1000.0)


def test_cars_bought_in_a_year_are_a_year_old_in_the_next_january(model: CompiledModel) -> None:
    bought = np.array([100.0, 200.0, 300.0])
    run = model.run(
        {"private_car_purchases_per_month": bought}, horizon=12, record=["private_cars"]
    )
    january = run["private_cars"][0, 12]
    # The purchases of the last time step of December come after the turn of the year.
    np.testing.assert_allclose(january[:, 1], bought * (12.0 - 1.0 / STEPS))
    np.testing.assert_allclose(january[:, 0], bought / STEPS)


def test_the_last_class_of_age_keeps_old_cars(model: CompiledModel) -> None:
    cars = np.zeros(shape(("powertrain", "car_age")))
    cars[1, 24:] = (30.0, 70.0)
    run = model.run({"initial_private_cars": cars}, horizon=24, record=["private_cars"])
    assert run["private_cars"][0, 24, 1, 25] == pytest.approx(100.0)


def test_a_cohort_of_public_service_vehicles_moves_up_at_the_years_end(
    model: CompiledModel,
) -> None:
    fleet = np.zeros(shape(("transit_class", "transit_age")))
    fleet[0, [3, 19]] = (40.0, 60.0)
    retired = np.zeros_like(fleet)
    retired[0, 3] = 1.0
    run = model.run(
        {
            "initial_transit_vehicles_by_age": fleet,
            "transit_retirements_by_age_per_month": retired,
        },
        horizon=36,
        record=["transit_vehicles_by_age"],
    )
    ages = run["transit_vehicles_by_age"][0, :, 0]
    assert ages[11, 3] == pytest.approx(29.0)
    assert ages[12, 3] == 0.0
    assert ages[12, 4] == pytest.approx(28.0)
    assert [ages[month, 20] for month in (11, 12, 24, 36)] == pytest.approx([0.0, 60.0, 60.0, 60.0])


def test_a_cohort_of_trucks_stays_together_and_the_last_class_keeps_old_ones(
    model: CompiledModel,
) -> None:
    share = np.zeros(shape(("truck_fuel", "truck_age")))
    share[:, 13] = 1.0
    run = model.run({"initial_truck_age_share": share}, horizon=48, record=["trucks"])
    fleet = run["trucks"][0]
    total = fleet[0].sum()
    for year, age in enumerate((13, 14, 15, 15)):
        assert fleet[12 * year + 1, age].sum() == pytest.approx(total, rel=1e-12)


def test_freight_off_the_road_leaves_trucks_standing_and_saves_their_fuel(
    model: CompiledModel,
) -> None:
    still = {"freight_growth": np.zeros(3)}
    names = ["truck_diesel_use_per_month", "truck_use_index", "freight_energy_use_per_month"]
    runs = [
        model.run({**still, "corridor_effort": effort}, horizon=60, record=names)
        for effort in (0.0, 1.0)
    ]
    for name in names:
        assert runs[1][name][0, -1] < runs[0][name][0, -1]
    assert runs[0]["truck_use_index"][0, -1] == pytest.approx(1.0)


def test_without_trucks_or_freight_no_fuel_is_burnt_on_the_road(model: CompiledModel) -> None:
    for nothing in (
        {"initial_truck_fleet": np.zeros(shape(("truck_class", "truck_fuel")))},
        {"initial_freight": np.zeros(3)},
    ):
        run = _steps(model, nothing)
        assert np.all(np.isfinite(run["truck_use_index"]))
        assert run["truck_use_index"].max() <= run["truck_use_limit"].max()
    few = {"initial_truck_fleet": np.full(shape(("truck_class", "truck_fuel")), 1e-9)}
    assert _steps(model, few)["truck_energy_use_per_month"].max() < 1.0


def test_what_plants_cannot_burn_is_landfilled_and_what_landfills_cannot_take_waits(
    model: CompiledModel,
) -> None:
    nothing_built = {
        "initial_incineration_capacity_under_construction": 0.0,
        "incineration_starts": 0.0,
    }
    names = [
        "residual_waste_incinerated_per_month",
        "residual_waste_landfilled_per_month",
        "residual_waste_waiting",
        "residual_waste_per_month",
    ]

    def run(plants: float, space: float) -> list[float]:
        changes = {"initial_incineration_capacity": plants, "initial_landfill_space": space}
        ran = model.run({**nothing_built, **changes}, horizon=24, record=names)
        return [float(ran[name][0, -1]) for name in names]

    burnt, landfilled, _, due = run(1e6, 2.5e7)
    assert landfilled == 0.0
    assert burnt == pytest.approx(due, rel=0.02)
    burnt, landfilled, waiting, due = run(0.0, 2.5e7)
    assert burnt == 0.0
    assert landfilled == pytest.approx(due, rel=0.02)
    stuck = model.run(
        {
            **nothing_built,
            "initial_incineration_capacity": 0.0,
            "initial_landfill_space": 0.0,
        },
        horizon=24,
        record=names,
    )
    assert stuck["residual_waste_waiting"][0, -1] > 20.0 * waiting


def test_kitchen_waste_beyond_capacity_goes_to_the_residual_waste(model: CompiledModel) -> None:
    everything = {"household_capture_share": np.array([1.0, 0.0, 0.0, 0.0])}
    all_formal = {"formal_share": np.ones(6)}
    capacity = np.array([0.0, 0.0, 0.0, 0.0, 1.2e6, 0.0])
    run = _steps(model, {**everything, **all_formal, "initial_recycling_capacity": capacity})
    assert run["kitchen_waste_treated_per_month"][-1] == pytest.approx(1e5)
    offered = run["waste_offered_per_month"][-1, 4]
    assert run["waste_turned_away_per_month"][-1, 4] == pytest.approx(offered - 1e5, rel=0.02)


def test_support_builds_public_charging_points_faster(model: CompiledModel) -> None:
    cars = np.zeros(shape(("powertrain", "car_age")))
    cars[2, 1] = 3e5
    points = [
        model.run(
            {"initial_private_cars": cars, "public_charging_support": support},
            horizon=12,
            record=["public_charging_points"],
        )["public_charging_points"][0, -1]
        for support in (0.0, 150.0, 600.0)
    ]
    assert points[0] < points[1] < points[2]


def test_retrofits_stop_when_no_ordinary_floor_is_left(model: CompiledModel) -> None:
    run = model.run(
        {
            "initial_floor_area": np.array([1e6, 1e8, 1e7]),
            "initial_floor_under_construction": np.zeros((3, 2)),
            "building_retrofits_per_month": 1e9,
        },
        horizon=120,
        record=["floor_area"],
    )
    assert run["floor_area"].min() >= 0.0
    assert run["floor_area"][0, -1, 0] < 5e5


def test_retrofits_take_old_quarters_first_and_save_energy(model: CompiledModel) -> None:
    names = ["retrofitted_floor", "floor_of_vintage", "building_electricity_use_per_month"]
    # Nothing is demolished, so that only retrofits part the two runs.
    still = {"demolition_rate": 0.0}
    none, some = (
        model.run({**still, "building_retrofits_per_month": floor}, horizon=60, record=names)
        for floor in (0.0, 1e6)
    )
    assert some["retrofitted_floor"][0, -1].sum() == pytest.approx(60e6)
    before, kept = (run["floor_of_vintage"][0, -1, 0].sum(axis=0) for run in (none, some))
    share = 1.0 - kept[:3] / before[:3]
    assert share[0] > share[1] > share[2] > 0.0
    assert kept[3] == before[3]
    for run in (none, some):
        total = run["floor_of_vintage"][0, -1].sum() + run["retrofitted_floor"][0, -1].sum()
        assert total == pytest.approx(none["floor_of_vintage"][0, -1].sum(), rel=1e-12)
    use = [run["building_electricity_use_per_month"][0, -1] for run in (none, some)]
    assert use[1] < use[0]


def test_demolition_takes_the_floor_of_the_last_century(model: CompiledModel) -> None:
    run = model.run({}, horizon=120, record=["floor_of_vintage"])
    floor = run["floor_of_vintage"][0].sum(axis=(1, 2))
    left = floor[-1, :3] / floor[0, :3]
    assert left[0] < left[1] < left[2] <= 1.0


def test_specific_energy_is_energy_over_value_added_and_zero_without_output(
    model: CompiledModel,
) -> None:
    energy, output = np.arange(1.0, 11.0) * 1e5, np.full(10, 2e5)
    run = _steps(
        model,
        {"industrial_energy_per_month": energy, "industrial_value_added_per_month": output},
    )
    np.testing.assert_allclose(run["specific_energy_of_industry"][-1], energy / output)
    idle = _steps(model, {"industrial_energy_per_month": energy})
    assert not idle["specific_energy_of_industry"].any()
