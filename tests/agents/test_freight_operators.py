"""Owners of trucks scrap, buy and claim as the rules for trucks say."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import mesa
import numpy as np
import pytest

from transition_model.agents.freight_operators import FreightOperator, FreightOperators
from transition_model.agents.situation import Situation
from transition_model.calendar import Month
from transition_model.dimensions import dimension, shape
from transition_model.instruments import Instrument
from transition_model.ledger import Ledger
from transition_model.model import TransitionModel
from transition_model.parameters import ParameterValues, load_parameters
from transition_model.scenario import Scenario

VALUES = ParameterValues(load_parameters(), {})
MONEY = dimension("subsidy_programme").index("truck_renewal")
HEAVY = dimension("truck_class").index("heavy")
LIGHT = dimension("truck_class").index("light")
FUEL = dimension("truck_fuel")
ELECTRIC = FUEL.index("electric")
PLAN = Scenario.load("plan")
RULES = (
    "old_truck_scrapping",
    "new_truck_with_scrapping",
    "new_cold_chain_truck",
    "non_operating_truck_scrapping",
    "diesel_truck_access_ban",
)


def built(seed: int = 1) -> FreightOperators:
    return FreightOperators.build(None, VALUES, seed, 1)


def month_of(
    owners: FreightOperators,
    month: str,
    law: Mapping[str, Instrument] = PLAN.law,
    points: float = 1.0,
    stations: float = 3.0,
) -> Ledger:
    """The ledger of one month, decided on the owners' own trucks."""
    now = Month.parse(month)
    ledger = Ledger(month)
    stocks = {
        "trucks": owners.fleet(),
        "public_charging_points_per_new_energy_car": np.array(points),
        "hydrogen_stations": np.array(stations),
        "truck_hydrogen_use_per_month": np.array(1e4),
    }
    nothing = np.zeros(shape(("subsidy_programme",)))
    owners.decide(Situation(now, 1, VALUES, PLAN.lever_values(now), stocks, nothing, ledger, law))
    return ledger


def without(*rules: str) -> Mapping[str, Instrument]:
    return PLAN.replace({f"instrument.{rule}": "strike@2020-01-01" for rule in rules}).law


def aged(age: int, operating: bool = True, truck_class: int = HEAVY) -> FreightOperators:
    """Owners of a thousand diesel trucks of one age in all, each inside the inner ring."""
    owners = built()
    owners.columns["operating"][:] = operating
    owners.columns["trucks"][:] = 0.0
    rows = np.flatnonzero(owners.truck_class == truck_class)
    owners.columns["trucks"][rows, age, 0] = 1_000.0 / len(rows)
    return owners


def scrapped(ledger: Ledger) -> float:
    return float(ledger["truck_scrappage_per_month"].sum())


# ---------------------------------------------------------------------- who they are


def test_the_trucks_of_2020_are_those_of_the_stock() -> None:
    fleet = built().fleet()
    expected = VALUES.array("initial_truck_fleet")
    np.testing.assert_allclose(fleet.sum(axis=0), expected, rtol=1e-12)


def test_an_owner_is_a_mesa_agent_with_its_own_trucks() -> None:
    owners = FreightOperators.build(None, VALUES, 1, 700)
    owner = owners[0]
    assert isinstance(owner, FreightOperator)
    assert isinstance(owner, mesa.Agent)
    assert owner.unique_id == 700
    assert owner.trucks.sum() > 0.0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_declared_part_is_in_commercial_operation(seed: int) -> None:
    owners = built(seed)
    share = VALUES.array("truck_operating_share")
    for place in range(len(share)):
        rows = owners.truck_class == place
        operating = owners.weight[rows & owners.operating].sum()
        assert operating == pytest.approx(share[place], abs=owners.weight[rows].max())
        assert owners.weight[rows].sum() == pytest.approx(1.0)


# ---------------------------------------------------------------------- money for scrapping


@pytest.mark.parametrize(
    ("month", "age", "paid"),
    [
        ("2024-06", 12, False),  # before the rule
        ("2024-08", 12, True),  # registered in 2012: China III
        ("2024-08", 10, False),  # registered in 2014: China IV, not yet in the rule
        ("2025-02", 11, True),  # registered in 2014: China IV is in
        ("2025-02", 7, False),  # registered in 2018: China V
        ("2025-02", 14, True),  # a year before it must be scrapped
        ("2025-02", 15, False),  # no year early any more
        ("2026-02", 11, False),  # between two versions
        ("2026-05", 11, True),
        ("2027-01", 11, False),
    ],
)
def test_scrapping_old_operating_trucks_earns_money_while_the_rule_holds(
    month: str, age: int, paid: bool
) -> None:
    law = without("new_truck_with_scrapping", "diesel_truck_access_ban", "new_cold_chain_truck")
    ledger = month_of(aged(age), month, law)
    assert (ledger["subsidy_spending_per_month"][MONEY] > 0.0) == paid
    natural = month_of(aged(age), month, without(*RULES))
    if paid:
        assert scrapped(ledger) > scrapped(natural)
    else:
        assert scrapped(ledger) == scrapped(natural)


@pytest.mark.parametrize(("age", "amount"), [(14, 12_000.0), (13, 35_000.0), (11, 45_000.0)])
def test_a_heavy_truck_earns_the_step_of_the_years_that_it_leaves_early(
    age: int, amount: float
) -> None:
    law = without("new_truck_with_scrapping", "diesel_truck_access_ban")
    ledger = month_of(aged(age), "2025-03", law)
    assert ledger["subsidy_spending_per_month"][MONEY] == pytest.approx(amount * scrapped(ledger))


def test_light_trucks_are_not_in_the_national_rule() -> None:
    ledger = month_of(aged(11, truck_class=LIGHT), "2025-03", without("diesel_truck_access_ban"))
    assert ledger["subsidy_spending_per_month"][MONEY] == 0.0


def test_a_new_truck_against_an_old_one_earns_more_if_it_is_electric() -> None:
    scrapping_alone = without("new_truck_with_scrapping", "diesel_truck_access_ban")
    both = without("diesel_truck_access_ban")
    few = month_of(aged(11), "2025-03", scrapping_alone)
    many = month_of(aged(11), "2025-03", both)
    assert scrapped(many) > scrapped(few)
    share = [
        float(ledger["truck_purchases_per_month"][HEAVY, ELECTRIC])
        / float(ledger["truck_purchases_per_month"][HEAVY].sum())
        for ledger in (few, many)
    ]
    assert share[1] > share[0]


@pytest.mark.parametrize(("month", "paid"), [("2024-07", True), ("2024-06", False),
                                             ("2024-12", True), ("2025-01", False)])  # fmt: skip
def test_new_cold_chain_trucks_earn_money_in_2024_alone(month: str, paid: bool) -> None:
    law = without("old_truck_scrapping", "new_truck_with_scrapping")
    ledger = month_of(built(), month, law)
    assert (ledger["subsidy_spending_per_month"][MONEY] > 0.0) == paid


# ---------------------------------------------------------------------- trucks out of operation


@pytest.mark.parametrize(
    ("month", "operating", "paid"),
    [("2025-09", False, False), ("2025-11", False, True), ("2025-11", True, False),
     ("2026-12", False, True), ("2027-01", False, False)],
)  # fmt: skip
def test_the_city_pays_for_trucks_outside_operation_alone(
    month: str, operating: bool, paid: bool
) -> None:
    law = without("old_truck_scrapping", "new_truck_with_scrapping", "diesel_truck_access_ban")
    ledger = month_of(aged(10, operating), month, law)
    assert (ledger["subsidy_spending_per_month"][MONEY] > 0.0) == paid


def test_the_city_s_pot_is_paid_out_in_whole_claims_and_never_overdrawn() -> None:
    owners = aged(10, operating=False)
    owners.columns["trucks"][:, 10, 0] *= 1_000.0
    law = without("old_truck_scrapping", "new_truck_with_scrapping", "diesel_truck_access_ban")
    months = [f"2025-{month}" for month in (11, 12)] + ["2026-02", "2026-03"]
    paid = [month_of(owners, month, law)["subsidy_spending_per_month"][MONEY] for month in months]
    assert sum(paid) <= 100e6
    assert sum(paid) > 100e6 - 12_000.0
    assert paid[-1] == 0.0
    assert owners.subsidy_received.sum() == pytest.approx(sum(paid))


# ---------------------------------------------------------------------- access bans


@pytest.mark.parametrize(
    ("month", "age", "earlier"),
    [
        ("2025-09", 13, False),  # not announced yet
        ("2025-10", 13, True),  # announced, in force in November
        ("2025-12", 9, False),  # registered in 2016: the ban of China IV is too far ahead
        ("2026-01", 10, True),  # half a year ahead
        ("2026-07", 10, True),
        ("2026-07", 8, False),  # registered in 2018: China V
    ],
)
def test_a_ban_makes_owners_scrap_the_trucks_that_it_bars_once_it_is_near(
    month: str, age: int, earlier: bool
) -> None:
    free = without(*RULES)
    banned = without(*RULES[:-1])
    with_ban = scrapped(month_of(aged(age), month, banned))
    without_ban = scrapped(month_of(aged(age), month, free))
    assert (with_ban > without_ban) == earlier


def test_owners_outside_the_centre_do_not_mind_the_ban() -> None:
    found = []
    for central in (0.0, 0.2, 0.6):
        owners = aged(13)
        owners.columns["central_share"][:] = central
        owners.columns["inner_share"][:] = 0.0
        found.append(scrapped(month_of(owners, "2026-08", without(*RULES[:-1]))))
    assert found[0] == scrapped(month_of(aged(13), "2026-08", without(*RULES)))
    assert found[0] < found[1] < found[2]


# ---------------------------------------------------------------------- what is bought


def test_who_drives_beyond_the_range_buys_fewer_electric_trucks() -> None:
    shares = []
    for distance in (400.0, 800.0, 1_600.0):
        owners = built()
        owners.columns["daily_distance"][:] = distance
        bought = month_of(owners, "2024-03")["truck_purchases_per_month"][HEAVY]
        shares.append(bought[ELECTRIC] / bought.sum())
    assert shares[0] > shares[1] > shares[2] > 0.0


def test_within_the_range_who_drives_more_buys_more_electric_trucks() -> None:
    """Electricity is cheaper a kilometre than diesel, the truck is dearer."""
    shares = []
    for distance in (50.0, 100.0, 200.0):
        owners = built()
        owners.columns["daily_distance"][:] = distance
        bought = month_of(owners, "2024-03")["truck_purchases_per_month"][HEAVY]
        shares.append(bought[ELECTRIC] / bought.sum())
    assert shares[0] < shares[1] < shares[2]


def test_without_public_points_fewer_electric_trucks_are_bought() -> None:
    few, many = (
        month_of(built(), "2024-03", points=points)["truck_purchases_per_month"][:, ELECTRIC].sum()
        for points in (0.0, 1.0)
    )
    assert 0.0 < few < many


def test_without_stations_no_hydrogen_trucks_and_more_with_cheap_hydrogen() -> None:
    hydrogen = FUEL.index("hydrogen")

    def bought(law: Mapping[str, Instrument], stations: float) -> float:
        ledger = month_of(built(), "2025-06", law, stations=stations)
        return float(ledger["truck_purchases_per_month"][:, hydrogen].sum())

    dear = without("hydrogen_operating_subsidy")
    assert bought(PLAN.law, 0.0) == 0.0
    assert 0.0 < bought(dear, 3.0) < bought(PLAN.law, 3.0)
    assert bought(PLAN.law, 0.4) < bought(PLAN.law, 3.0)


# ---------------------------------------------------------------------- in the city


@cache
def _city(rule: str) -> tuple[np.ndarray, np.ndarray, float]:
    """Trucks in the stock, of the owners, and money; to January 2026, a rule struck or none."""
    law = PLAN.replace({f"instrument.{rule}": "strike@2020-01-01"}) if rule else PLAN
    model = TransitionModel(law, rng=1, households=100)
    paid = 0.0
    while str(model.month) != "2026-02":
        model.step()
        paid += float(model.flows["subsidy_spending_per_month"][MONEY])
    owners = model.agents_by_type[FreightOperator]
    assert owners.subsidy_received.sum() == pytest.approx(paid)
    return model.stocks.values(["trucks"])["trucks"], owners.fleet(), paid


def test_the_stock_is_the_sum_of_the_owners_trucks_to_nine_digits() -> None:
    stock, fleet, _ = _city("")
    np.testing.assert_allclose(fleet, stock, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize(
    "rule", ["old_truck_scrapping", "new_truck_with_scrapping", "non_operating_truck_scrapping",
             "diesel_truck_access_ban"]
)  # fmt: skip
def test_each_rule_leaves_fewer_old_diesel_trucks(rule: str) -> None:
    in_force, struck = _city("")[0][9:, :, 0].sum(), _city(rule)[0][9:, :, 0].sum()
    assert in_force < struck


def test_the_rule_for_cold_chain_trucks_adds_electric_ones() -> None:
    fuels = [_city(rule)[0][:, :, ELECTRIC].sum() for rule in ("", "new_cold_chain_truck")]
    assert fuels[0] > fuels[1]
