"""The synthetic population stands for the city's households, district by district."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

from transition_model.agents.columns import ColumnarAgentSet, WatchedColumns
from transition_model.agents.households import Household
from transition_model.agents.implied_columns import ImpliedColumn
from transition_model.agents.peers import Peers
from transition_model.agents.population import (
    class_of_draw,
    household_columns,
    ownership_probability,
    rows_per_stratum,
    strata,
    weighted_fifths,
)
from transition_model.agents.row_strata import (
    OF_STRATUM,
    row_strata,
    runs_of_rows,
    strata_of,
    weight_of_strata,
)
from transition_model.calendar import Month
from transition_model.dimensions import dimension
from transition_model.districts import Districts, load_districts
from transition_model.errors import InputError
from transition_model.kernels.groups import RowStrata
from transition_model.parameters import ParameterValues, load_parameters
from transition_model.run_size import bytes_of_columns

type Array = NDArray[np.float64]
type Columns = dict[str, NDArray[Any]]

START = Month.parse("2020-01").index
ROWS = 20_000
FAMILY_HOUSEHOLDS = 12_040_234
STRATA = 75
"""Urban and rural of 38 districts; Yuzhong is all urban."""


@pytest.fixture(scope="module")
def districts() -> Districts:
    return load_districts()


@pytest.fixture(scope="module")
def parameters() -> ParameterValues:
    return ParameterValues(load_parameters(), {})


@pytest.fixture(scope="module")
def columns(districts: Districts, parameters: ParameterValues) -> Columns:
    return household_columns(districts, parameters, ROWS, 1, START)


# ---------------------------------------------------------------------------- strata


def test_urban_and_rural_households_of_a_district_add_up_to_its_census(
    districts: Districts, parameters: ParameterValues
) -> None:
    layers = strata(districts, parameters.scalar("income_per_person"))
    assert len(layers.households) == 76
    assert (layers.households > 0.0).sum() == STRATA
    assert_allclose(
        layers.households.reshape(38, 2).sum(axis=1), districts.family_households_2020, rtol=1e-12
    )
    urban = layers.households[layers.urban].sum() / layers.households.sum()
    expected = np.average(districts.urbanisation_share, weights=districts.family_households_2020)
    assert urban == pytest.approx(expected)


def test_the_districts_incomes_are_scaled_to_the_city_s_mean_and_keep_their_proportions(
    districts: Districts,
) -> None:
    layers = strata(districts, 30_000.0)
    assert np.average(layers.income_per_person, weights=layers.households) == pytest.approx(3e4)
    ratio = layers.income_per_person[0] / layers.income_per_person[1]
    assert ratio == pytest.approx(
        districts.income_urban_yuan_per_person[0] / districts.income_rural_yuan_per_person[0]
    )
    assert (layers.income_per_person[layers.urban] > layers.income_per_person[~layers.urban]).all()


# ---------------------------------------------------------------------------- rows

HOUSEHOLDS = arrays.arrays(
    float,
    st.integers(min_value=1, max_value=80),
    elements=st.one_of(st.just(0.0), st.floats(min_value=1.0, max_value=1e6)),
).filter(lambda households: households.sum() > 0.0)


@given(HOUSEHOLDS, st.integers(min_value=0, max_value=5_000))
def test_rows_are_shared_out_to_the_last_in_proportion_and_at_least_one_each(
    households: Array, beyond: int
) -> None:
    inhabited = households > 0.0
    rows = int(inhabited.sum()) + beyond
    counts = rows_per_stratum(households, rows)
    assert counts.sum() == rows
    assert (counts[inhabited] >= 1).all()
    assert (counts[~inhabited] == 0).all()
    quota = 1.0 + beyond * households / households.sum()
    assert (np.abs(counts - quota)[inhabited] < 1.0 + 1e-6).all()


@given(st.integers(min_value=STRATA, max_value=3_000), st.integers(min_value=0, max_value=99))
@settings(max_examples=20)
def test_weights_sum_to_the_households_of_each_district_whatever_the_number_of_rows(
    rows: int, seed: int
) -> None:
    districts, parameters = load_districts(), ParameterValues(load_parameters(), {})
    made = household_columns(districts, parameters, rows, seed, START)
    assert len(made["weight"]) == rows
    sums = np.bincount(made["district"], weights=made["weight"], minlength=38)
    assert_allclose(sums, districts.family_households_2020, rtol=1e-12)
    assert made["weight"].sum() == pytest.approx(FAMILY_HOUSEHOLDS)
    urban = np.bincount(made["district"], weights=made["weight"] * made["urban"], minlength=38)
    assert_allclose(urban, districts.family_households_2020 * districts.urbanisation_share)


@pytest.mark.parametrize("rows", [STRATA - 1, 1, 0, -5])
def test_fewer_rows_than_strata_are_refused_with_the_least_number(
    districts: Districts, parameters: ParameterValues, rows: int
) -> None:
    with pytest.raises(InputError, match=f"households: read {rows}; allowed: at least {STRATA}"):
        household_columns(districts, parameters, rows, 1, START)


def test_rows_of_a_stratum_carry_one_weight(columns: Columns) -> None:
    key = columns["district"].astype(int) * 2 + columns["urban"]
    for stratum in np.unique(key):
        assert len(np.unique(columns["weight"][key == stratum])) == 1


def test_rows_stand_by_district_urban_first_and_by_rising_income(columns: Columns) -> None:
    place = columns["district"].astype(int) * 2 + ~columns["urban"]
    assert (np.diff(place) >= 0).all()
    within = np.diff(place) == 0
    assert (np.diff(columns["income"])[within] >= 0.0).all()


# ---------------------------------------------------------------------------- income


def test_the_mean_income_is_the_city_s_even_in_a_small_sample(
    districts: Districts, parameters: ParameterValues, columns: Columns
) -> None:
    expected = parameters.scalar("income_per_person") * parameters.scalar("household_size")
    mean = np.average(columns["income"], weights=columns["weight"])
    assert mean == pytest.approx(expected, rel=0.01)
    few = household_columns(districts, parameters, 1_000, 2, START)
    assert np.average(few["income"], weights=few["weight"]) == pytest.approx(expected, rel=0.05)


def test_income_within_a_stratum_is_spread_as_declared(
    parameters: ParameterValues, columns: Columns
) -> None:
    first = (columns["district"] == 0) & columns["urban"]
    spread = np.log(columns["income"][first]).std()
    assert spread == pytest.approx(parameters.scalar("income_dispersion_urban"), rel=0.05)


WEIGHTS = st.integers(min_value=10, max_value=200).flatmap(
    lambda size: st.tuples(
        arrays.arrays(float, size, elements=st.floats(min_value=1.0, max_value=1e6)),
        arrays.arrays(float, size, elements=st.floats(min_value=0.5, max_value=2.0)),
    )
)


@given(WEIGHTS)
def test_a_fifth_of_the_households_stands_in_each_income_group(
    sample: tuple[Array, Array],
) -> None:
    income, weight = sample
    held = np.bincount(
        weighted_fifths(income, np.arange(len(weight)), weight), weights=weight, minlength=5
    )
    assert len(held) == 5
    # A row falls into one group whole: a fifth is met to within a row.
    assert (np.abs(held - weight.sum() / 5.0) <= weight.max() + 1e-9).all()


@given(WEIGHTS)
def test_nobody_in_a_higher_income_group_has_less(sample: tuple[Array, Array]) -> None:
    income, weight = sample
    group = weighted_fifths(income, np.arange(len(weight)), weight)
    for lower in range(4):
        below, above = income[group <= lower], income[group > lower]
        if len(below) and len(above):
            assert below.max() <= above.min()


def test_the_city_s_income_groups_hold_a_fifth_each(columns: Columns) -> None:
    held = np.bincount(columns["income_group"], weights=columns["weight"])
    assert_allclose(held, FAMILY_HOUSEHOLDS / 5.0, rtol=0.001)


# ---------------------------------------------------------------------------- cars


@given(
    WEIGHTS,
    st.floats(min_value=0.001, max_value=0.999),
    st.floats(min_value=0.1, max_value=3.0),
)
def test_ownership_adds_up_to_the_cars_that_there_are_and_rises_with_income(
    sample: tuple[Array, Array], share: float, slope: float
) -> None:
    income, weight = sample
    cars = share * weight.sum()
    owning = ownership_probability(income, weight, cars, slope)
    assert np.sum(weight * owning) == pytest.approx(cars, rel=1e-9)
    assert ((owning >= 0.0) & (owning <= 1.0)).all()
    assert (np.diff(owning[np.argsort(income)]) >= -1e-12).all()


def test_the_population_owns_the_cars_of_2019(
    parameters: ParameterValues, columns: Columns
) -> None:
    owns = columns["car"] >= 0
    cars = parameters.scalar("private_cars_end_2019")
    weight = columns["weight"]
    share = cars / weight.sum()
    error = np.sqrt(np.sum(weight**2) * share * (1.0 - share))
    assert abs(weight[owns].sum() - cars) < 5.0 * error
    assert np.average(columns["income"], weights=weight * owns) > np.average(
        columns["income"], weights=weight * ~owns
    )


def test_a_household_without_a_car_has_no_registration_and_one_with_a_car_has(
    columns: Columns,
) -> None:
    owns = columns["car"] >= 0
    assert (columns["car"][~owns] == -1).all()
    assert (columns["registered"][~owns] == -1).all()
    assert (columns["registered"][owns] < START).all()
    assert (columns["registered"][owns] >= START - 12 * 26).all()


def test_ages_and_powertrains_of_cars_are_spread_as_declared(
    parameters: ParameterValues, columns: Columns
) -> None:
    fuel = columns["car"] == 0
    years = 2020 - 1 - columns["registered"][fuel] // 12
    shares = np.bincount(years, minlength=26) / fuel.sum()
    declared = parameters.array("initial_car_age_shares")
    error = np.sqrt(declared * (1.0 - declared) / fuel.sum())
    assert (np.abs(shares - declared / declared.sum()) < 5.0 * error + 1e-4).all()
    owns = columns["car"] >= 0
    powertrains = np.bincount(columns["car"][owns], minlength=3) / owns.sum()
    assert_allclose(powertrains, parameters.array("initial_powertrain_shares"), atol=0.005)


@given(
    arrays.arrays(float, 4, elements=st.floats(min_value=0.0, max_value=1.0)).filter(
        lambda shares: shares.sum() > 0.01
    ),
    st.floats(min_value=0.0, max_value=1.0, exclude_max=True),
)
def test_a_draw_falls_into_the_class_that_holds_it(shares: Array, draw: float) -> None:
    chosen = int(class_of_draw(np.cumsum(shares), np.array(draw)))
    bounds = np.concatenate([[0.0], np.cumsum(shares)]) / shares.sum()
    assert bounds[chosen] - 1e-9 <= draw <= bounds[chosen + 1] + 1e-9


def test_a_class_without_a_share_is_never_drawn() -> None:
    draws = np.linspace(0.0, 1.0, 1_001)[:-1]
    bounds = np.cumsum([0.0, 0.25, 0.0, 0.75, 0.0])
    counts = np.bincount(class_of_draw(bounds, draws), minlength=5)
    assert_array_equal(counts[[0, 2, 4]], 0)
    assert counts[1] == pytest.approx(250, abs=1)


def test_incomes_come_in_classes_and_lose_nothing_by_it(
    parameters: ParameterValues, columns: Columns
) -> None:
    width = parameters.scalar("income_class_width")
    lowest = columns["income"].min()
    assert columns["income_class"].min() == 0
    expected = lowest * np.exp(width * columns["income_class"])
    assert_allclose(columns["income"], expected, rtol=1e-13)
    assert np.log(lowest) / width == pytest.approx(round(np.log(lowest) / width), abs=1e-9)
    assert len(np.unique(columns["income_class"])) < 500
    finer = ParameterValues(load_parameters(), {"income_class_width": 0.005})
    exact = household_columns(load_districts(), finer, ROWS, 1, START)
    assert np.abs(np.log(columns["income"] / exact["income"])).max() <= 0.5 * (width + 0.005) + 1e-9
    for power in (-0.5, 0.3, 1.0, 2.0):
        assert np.average(columns["income"] ** power, weights=columns["weight"]) == pytest.approx(
            np.average(exact["income"] ** power, weights=columns["weight"]), rel=3e-4
        )
    # So few other households are chosen by a class's edge that no share moves by a thousandth.
    for name in ("low_income", "car"):
        assert (columns[name] != exact[name]).mean() < 0.002, name


# ---------------------------------------------------------------------------- the rest


def test_chargers_at_home_are_as_common_as_declared(
    parameters: ParameterValues, columns: Columns
) -> None:
    for where, name in ((columns["urban"], "urban"), (~columns["urban"], "rural")):
        declared = parameters.scalar(f"home_charging_access_{name}")
        error = np.sqrt(declared * (1.0 - declared) / where.sum())
        assert abs(columns["home_charging"][where].mean() - declared) < 5.0 * error


def test_attitude_is_standard_normal_and_supervision_falls_on_anybody(columns: Columns) -> None:
    assert abs(columns["attitude"].mean()) < 5.0 / np.sqrt(ROWS)
    assert columns["attitude"].std() == pytest.approx(1.0, rel=0.03)
    assert np.mean(columns["supervision_rank"] < 0.2) == pytest.approx(0.2, abs=0.015)
    assert abs(np.corrcoef(columns["supervision_rank"], columns["income"])[0, 1]) < 0.04


def test_appliances_were_bought_before_the_start_within_their_life(
    parameters: ParameterValues, columns: Columns
) -> None:
    bought = columns["appliance_bought"]
    life = 12.0 * parameters.array("appliance_life_scale")
    assert bought.shape == (ROWS, len(dimension("appliance")))
    assert (bought < START).all()
    assert (bought >= START - 1 - life).all()
    shares = np.stack([np.bincount(grade, minlength=3) for grade in columns["appliance_grade"].T])
    declared = parameters.array("appliance_initial_grade_shares")
    assert_allclose(shares / ROWS, np.broadcast_to(declared, (4, 3)), atol=0.02)


def test_households_begin_as_familiar_and_as_used_to_sorting_as_declared(
    parameters: ParameterValues, columns: Columns
) -> None:
    assert (columns["familiarity"] == parameters.scalar("initial_familiarity")).all()
    assert (columns["sorting_habit"] == parameters.scalar("sorting_initial_habit")).all()
    assert (columns["subsidy_received"] == 0.0).all()


def test_every_household_has_its_peers_most_of_them_next_door(
    parameters: ParameterValues, columns: Columns
) -> None:
    links, count = np.asarray(columns["peers"]), round(parameters.scalar("peer_count"))
    assert links.shape == (ROWS, count)
    assert links.min() >= 0
    assert links.max() < ROWS
    distance = np.abs(links - np.arange(ROWS)[:, None])
    near = np.minimum(distance, ROWS - distance) <= count // 2
    assert near.mean() == pytest.approx(1.0 - parameters.scalar("peer_rewiring"), abs=0.01)


@pytest.mark.parametrize(
    "count",
    [
        6.0,
        7.0,
        8.0,
        10.0,
    ],
)
def test_without_rewiring_peers_are_the_nearest_on_both_sides(count: float) -> None:
    still = ParameterValues(load_parameters(), {"peer_count": count, "peer_rewiring": 0.0})
    links = Peers.drawn(50, still, 1)
    near = sorted(step for k in range(1, 6) for step in (-k, k))
    steps = sorted(((links[20].astype(int) - 20 + 25) % 50 - 25).tolist())
    assert len(set(steps)) == len(steps) == count
    assert set(steps) <= set(near)
    assert max(abs(step) for step in steps) == np.ceil(count / 2.0)


def test_nobody_is_their_own_peer() -> None:
    everywhere = ParameterValues(load_parameters(), {"peer_rewiring": 0.3})
    links = Peers.drawn(200, everywhere, 1).table()
    assert not (links == np.arange(200)[:, None]).any()


def test_a_household_s_fate_does_not_depend_on_how_many_columns_are_drawn(
    districts: Districts, parameters: ParameterValues, columns: Columns
) -> None:
    again = household_columns(load_districts(), parameters, ROWS, 1, START)
    for name, column in columns.items():
        assert_array_equal(again[name], column)
    other = household_columns(districts, parameters, ROWS, 2, START)
    assert (other["attitude"] != columns["attitude"]).mean() > 0.99
    assert_array_equal(other["weight"], columns["weight"])


def test_columns_are_as_small_as_their_content(columns: Columns) -> None:
    assert columns["car"].dtype == np.int8
    assert columns["registered"].dtype == np.int16
    # Money by programme, readiness and use at home are kept as they are reckoned with: 310 bytes.
    assert sum(column.nbytes for column in columns.values()) < 320 * ROWS
    assert {len(column) for column in columns.values()} == {ROWS}


def test_a_population_takes_hardly_more_room_while_it_is_built_than_when_it_is_there(
    districts: Districts, parameters: ParameterValues
) -> None:
    rows = 600_000
    household_columns(districts, parameters, ROWS, 1, START, np.float32)  # What is read but once.
    tracemalloc.start()
    made = household_columns(districts, parameters, rows, 1, START, np.float32)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1.15 * sum(column.nbytes for column in made.values())


def test_a_set_of_households_writes_down_no_column_that_others_imply(
    districts: Districts, parameters: ParameterValues
) -> None:
    made = household_columns(districts, parameters, ROWS, 1, START)
    implied = {name: c for name, c in made.items() if isinstance(c, ImpliedColumn)}
    taken: list[str] = []
    for name, column in implied.items():
        column.view = lambda name=name: taken.append(name)  # type: ignore[method-assign]
    ColumnarAgentSet(Household, None, WatchedColumns(made, frozenset()))
    assert implied and not taken


# ---------------------------------------------------------------------------- room


def test_what_is_kept_of_a_household_takes_less_than_ninety_bytes() -> None:
    assert bytes_of_columns("compiled") < 90.0


@pytest.mark.parametrize("name", OF_STRATUM)
def test_what_a_stratum_implies_takes_no_room_and_is_the_same_of_all_its_rows(
    columns: Columns, name: str
) -> None:
    column, number = columns[name], strata_of(columns).number
    assert column.nbytes == 0
    for stratum in np.unique(number):
        assert len(np.unique(column[number == stratum])) == 1


def test_the_weights_of_the_strata_add_up_to_the_census(columns: Columns) -> None:
    strata = strata_of(columns)
    weight = weight_of_strata(strata)
    assert weight.sum() == pytest.approx(FAMILY_HOUSEHOLDS)
    by_district = np.bincount(strata.district, weights=weight, minlength=38)
    assert_allclose(by_district, load_districts().family_households_2020)


def test_a_row_with_a_weight_of_its_own_is_a_stratum_of_its_own(
    parameters: ParameterValues,
) -> None:
    made = household_columns(load_districts(), parameters, 500, 1, START)
    before = row_strata(made)
    made["weight"][7] = 90_000.0
    made["central"][9] = not made["central"][9]
    after = row_strata(made)
    assert len(after.weight) == len(np.unique(before.number)) + 2
    for name in OF_STRATUM:
        assert_array_equal(getattr(after, name)[after.number], made[name])
    assert_array_equal(np.flatnonzero(after.weight[after.number] == 90_000.0), [7])


@given(st.lists(st.integers(min_value=0, max_value=3), min_size=1, max_size=400))
def test_rows_of_some_strata_are_found_in_order(number: list[int]) -> None:
    rows, chosen = np.array(number, dtype=np.uint8), np.array([1, 0, 1, 0], dtype=np.uint8)
    tables = [np.ones(4), np.zeros(4, np.int64), chosen, chosen]
    runs = runs_of_rows(RowStrata(rows, *tables), chosen)
    listed = [
        row
        for first, count in zip(runs.first, np.diff(runs.place), strict=True)
        for row in range(first, first + count)
    ]
    assert listed == np.flatnonzero(chosen[rows]).tolist()
