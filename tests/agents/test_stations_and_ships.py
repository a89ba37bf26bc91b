"""Developers claim for points and begin hydrogen stations; owners of ships choose by cost."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from transition_model.agents.ship_owners import ShipOwner, ShipOwners
from transition_model.agents.situation import Situation
from transition_model.agents.station_developers import StationDeveloper, StationDevelopers
from transition_model.behaviour.hydrogen_stations import (
    covered_share,
    pump_price,
    station_value,
    stations_begun,
)
from transition_model.calendar import Month
from transition_model.dimensions import dimension, shape
from transition_model.ledger import Ledger
from transition_model.model import TransitionModel
from transition_model.parameters import ParameterValues, load_parameters
from transition_model.scenario import Scenario

VALUES = ParameterValues(load_parameters(), {})
PROGRAMMES = dimension("subsidy_programme")
STATIONS, SHIPS = PROGRAMMES.index("charging_and_hydrogen"), PROGRAMMES.index("ships")
GREEN = [dimension("ship_fuel").index(name) for name in ("gas", "electric", "hydrogen")]
PLAN = Scenario.load("plan")
RULES = ("public_charging_subsidy", "hydrogen_station_grant", "hydrogen_operating_subsidy")


def month_of(
    agents: StationDevelopers | ShipOwners,
    month: str,
    scenario: Scenario = PLAN,
    starts: float = 0.0,
) -> Ledger:
    now, ledger = Month.parse(month), Ledger(month)
    stocks = {
        "hydrogen_stations": np.array(4.0),
        "truck_hydrogen_use_per_month": np.array(4e4),
        "public_charging_point_starts_per_month": np.array(starts),
    }
    nothing = np.zeros(shape(("subsidy_programme",)))
    agents.decide(
        Situation(now, 1, VALUES, scenario.lever_values(now), stocks, nothing, ledger, scenario.law)
    )
    return ledger


def developers() -> StationDevelopers:
    return StationDevelopers.build(None, VALUES, 1, 1)


def struck(*rules: str) -> Scenario:
    return PLAN.replace({f"instrument.{rule}": "strike@2020-01-01" for rule in rules})


# ---------------------------------------------------------------------- charging points


@pytest.mark.parametrize(
    ("month", "yuan"), [("2021-12", 0.0), ("2022-01", 6_000.0), ("2022-12", 6_000.0),
                        ("2027-12", 6_000.0)],
)  # fmt: skip
def test_a_point_begun_earns_the_rule_s_amount_for_its_power(month: str, yuan: float) -> None:
    agents = developers()
    points = struck(*RULES[1:])
    paid = month_of(agents, month, points, starts=10.0)["subsidy_spending_per_month"][STATIONS]
    assert paid == pytest.approx(10.0 * yuan)
    assert agents.subsidy_received.sum() == pytest.approx(paid)


# ---------------------------------------------------------------------- hydrogen


@pytest.mark.parametrize(("month", "grant"), [("2024-12", 0.0), ("2025-01", 3e6)])
def test_a_station_begun_earns_three_tenths_up_to_three_million(month: str, grant: float) -> None:
    ledger = month_of(developers(), month, struck("hydrogen_operating_subsidy"))
    begun = float(ledger["hydrogen_stations_begun_per_month"])
    assert begun > 0.0
    assert ledger["subsidy_spending_per_month"][STATIONS] == pytest.approx(grant * begun)


@pytest.mark.parametrize("rule", RULES[1:])
def test_each_rule_for_hydrogen_begins_more_stations(rule: str) -> None:
    with_rule, without = (
        float(month_of(developers(), "2025-06", law)["hydrogen_stations_begun_per_month"])
        for law in (PLAN, struck(rule))
    )
    assert with_rule > without > 0.0


def test_the_operating_subsidy_of_four_stations_ends_at_twelve_million() -> None:
    agents, law = developers(), struck("hydrogen_station_grant", "public_charging_subsidy")
    paid = [
        float(month_of(agents, str(Month.parse("2025-01") + step), law)[
            "subsidy_spending_per_month"][STATIONS])
        for step in range(24)
    ]  # fmt: skip
    assert paid[0] == pytest.approx(4e4 * 30.0)
    assert sum(paid) == pytest.approx(12e6)
    assert paid[-1] == 0.0


def test_the_limit_covers_what_it_pays_for() -> None:
    assert covered_share(30.0, 3e6, 100_000.0, 1.0) == 1.0
    assert covered_share(30.0, 3e6, 100_000.0, 4.0) == 0.25
    assert covered_share(0.0, 3e6, 100_000.0, 4.0) == 0.0
    assert pump_price(35.0, 25.0, 0.0) == 35.0
    assert pump_price(35.0, 25.0, 0.5) == 30.0
    assert pump_price(20.0, 25.0, 1.0) == 20.0


def test_at_a_value_of_nothing_half_of_the_sites_pay() -> None:
    pace = np.array([0.5])
    assert stations_begun(np.zeros(1), 4e6, pace).tolist() == [0.25]
    hurdle = np.array([0.0])
    assert station_value(1e5, 5.0, 0.0, 4e6, 8.0, hurdle).tolist() == [0.0]


# ---------------------------------------------------------------------- ships


@pytest.mark.parametrize(("month", "paid"), [("2025-12", False), ("2026-01", True),
                                             ("2027-12", True), ("2028-01", False)])  # fmt: skip
def test_the_option_for_ships_pays_in_2026_and_2027(month: str, paid: bool) -> None:
    agents = ShipOwners.build(None, VALUES, 1, 1)
    ledger = month_of(agents, month)
    assert (ledger["subsidy_spending_per_month"][SHIPS] > 0.0) == paid
    without = month_of(ShipOwners.build(None, VALUES, 1, 1), month, struck("green_ship_option"))
    more = ledger["ship_purchases_per_month"][GREEN].sum()
    less = without["ship_purchases_per_month"][GREEN].sum()
    assert (more > less) == paid
    assert agents.subsidy_received.sum() == pytest.approx(
        ledger["subsidy_spending_per_month"][SHIPS]
    )


def test_owners_on_long_runs_buy_no_battery_ships() -> None:
    shares = []
    for voyage in (20.0, 120.0, 2_000.0):
        agents = ShipOwners.build(None, VALUES, 1, 1)
        agents.columns["voyage"][:] = voyage
        bought = month_of(agents, "2026-06")["ship_purchases_per_month"]
        shares.append(float(bought[1 + 1] / bought.sum()))
    assert shares[0] > shares[1] > shares[2]
    assert shares[2] < 1e-3


# ---------------------------------------------------------------------- in the city


@cache
def _city(rule: str) -> tuple[dict[str, np.ndarray], np.ndarray]:
    model = TransitionModel(struck(rule) if rule else PLAN, rng=1, households=100)
    spent = np.zeros(len(PROGRAMMES))
    while str(model.month) != "2027-01":
        model.step()
        spent += model.flows["subsidy_spending_per_month"]
    for kind, programme in ((StationDeveloper, STATIONS), (ShipOwner, SHIPS)):
        received = model.agents_by_type[kind].subsidy_received.sum()
        assert received == pytest.approx(spent[programme])
    names = ["hydrogen_stations", "ships", "public_charging_points", "truck_hydrogen_use_per_month"]
    found = dict(model.stocks.values(names))
    np.testing.assert_allclose(model.agents_by_type[ShipOwner].ships.sum(axis=0), found["ships"])
    return found, spent


@pytest.mark.parametrize(
    ("rule", "series"),
    [
        ("public_charging_subsidy", "public_charging_points"),
        ("hydrogen_station_grant", "hydrogen_stations"),
        ("hydrogen_operating_subsidy", "truck_hydrogen_use_per_month"),
    ],
)
def test_each_rule_raises_what_it_is_for(rule: str, series: str) -> None:
    assert float(_city("")[0][series]) > float(_city(rule)[0][series])


def test_the_option_for_ships_leaves_more_green_ones() -> None:
    (found, _), (less, _) = _city(""), _city("green_ship_option")
    assert found["ships"][GREEN].sum() > less["ships"][GREEN].sum()
    assert found["hydrogen_stations"] == less["hydrogen_stations"]
