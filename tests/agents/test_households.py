"""Households over months: cars, appliances, money, waste and power, against stocks that add up."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

from transition_model import random_streams
from transition_model.agents import household_cars, household_offers
from transition_model.agents.announced_ends import AnnouncedEnd, announced_end
from transition_model.agents.household_appliances import scaled_weight
from transition_model.agents.households import Household, Households
from transition_model.agents.initial_stocks import initial_private_cars
from transition_model.agents.population import household_columns
from transition_model.agents.situation import Situation
from transition_model.behaviour.vehicle_choice import choice_probabilities
from transition_model.calendar import Month
from transition_model.dimensions import dimension, shape
from transition_model.districts import load_districts
from transition_model.instruments import Instrument, load_instruments
from transition_model.instruments.amendments import struck
from transition_model.ledger import Ledger, ledger_entries
from transition_model.parameters import ParameterValues, load_parameters
from transition_model.policy.trade_in import (
    HOUSEHOLD_PROGRAMMES,
    TRADE_IN_PROGRAMMES,
    TradeInOffer,
    offer_of_month,
)
from transition_model.programmes import opening_levels
from transition_model.scenario import Scenario

type Array = NDArray[np.float64]

FUEL, HYBRID, ELECTRIC = range(3)
CELLS = shape(("powertrain", "car_age"))
PROGRAMMES = dimension("subsidy_programme")
TRADE_IN = [PROGRAMMES.index(name) for name in TRADE_IN_PROGRAMMES]
AT_HOME = [
    PROGRAMMES.index(name) for name in ("household_relief", "waste_sorting", "carbon_credits")
]
PURCHASES = "private_car_purchases_per_month"
SCRAPPAGE = "private_car_scrappage_per_month"
SPENDING = "subsidy_spending_per_month"
MARCH = Month.parse("2026-03")
JANUARY = Month.parse("2025-01")
APPLIANCES = np.array(
    [[3.9, 3.9, 7.7], [5.4, 3.6, 3.0], [4.1, 3.5, 4.1], [2.1, 4.9, 7.0]]
) * 1e6  # fmt: skip
NOTHING = TradeInOffer(
    scrappage=np.zeros(3),
    replacement=np.zeros(3),
    registered_by=np.full(3, -1),
    appliance=np.zeros((4, 3)),
    tax=np.zeros(3),
)


@pytest.fixture(scope="module")
def parameters() -> ParameterValues:
    return ParameterValues(load_parameters(), {})


# ---------------------------------------------------------------------------- a street of cars


@dataclass
class Street:
    """A few households whose cars and incomes are known by hand."""

    parameters: ParameterValues
    cars: list[tuple[int, str | None]]
    weight: list[float]
    income: list[float] = field(default_factory=list)
    familiarity: float = 0.0
    market: float = 0.9
    month: Month = MARCH

    def __post_init__(self) -> None:
        count = len(self.cars)
        self.car = np.array([powertrain for powertrain, _ in self.cars], dtype=np.int8)
        months = [-1 if text is None else Month.parse(text).index for _, text in self.cars]
        self.registered = np.array(months, dtype=np.int32)
        self.relative_income = np.array(self.income or [1.0] * count)
        self.stock = np.zeros(CELLS)
        for (powertrain, text), weight in zip(self.cars, self.weight, strict=True):
            if text is not None:
                self.stock[powertrain, min(self.month.year - Month.parse(text).year, 25)] += weight

    def owners(self) -> household_cars.CarOwners:
        return household_cars.owners_of_month(
            self.car, self.registered, np.array(self.weight), self.month.index, self.stock
        )

    def decide(
        self,
        offer: TradeInOffer = NOTHING,
        scrappage_end: household_cars.AfterEnd = household_cars.NO_END,
    ) -> household_cars.CarDecision:
        count = len(self.cars)
        return household_cars.decide(
            self.owners(),
            np.ones(count),
            self.relative_income * 8e4,
            np.zeros((count, 3)),
            np.full(count, -0.16),
            partial(choice_probabilities, familiarity=np.full(count, self.familiarity)),
            offer,
            self.parameters,
            self.market,
            8e4,
            household_cars.Ends(scrappage_end, household_cars.NO_END, household_cars.NO_END),
        )

    def flows(self, offer: TradeInOffer = NOTHING) -> tuple[Array, Array]:
        return household_cars.expected_flows(self.owners(), self.decide(offer), self.parameters)

    def drawn(
        self,
        natural: float,
        sold_on: float,
        scrapping: float = 1.0,
        selling: float = 1.0,
        hurry: float = 1.0,
    ) -> float:
        """Mean readiness of the month under factors on scrapping and on selling on."""
        added = self.parameters.scalar("additional_replacement_share")
        lead = self.parameters.scalar("car_replacement_lead")
        share = natural / (natural + sold_on)
        leaving = share * scrapping * hurry + (1.0 - share) * selling
        arriving = 1.0 + added * (share * scrapping + (1.0 - share) * selling - 1.0)
        level, pace = arriving / leaving, leaving / lead
        return float(level + (1.0 - level) * (1.0 - np.exp(-pace)) / pace)

    # What the rules say, from their formulas.
    def natural(self, years: float) -> float:
        scale, form = (
            self.parameters.scalar(f"car_survival_{word}") for word in ("scale", "shape")
        )
        return float(1.0 - np.exp((years / scale) ** form - ((years + 1 / 12) / scale) ** form))

    def sold_on(self, income: float = 1.0) -> float:
        rate = self.parameters.scalar("transfer_hazard") / 12.0
        return self.market * rate * income ** self.parameters.scalar("transfer_income_elasticity")

    def first(self, income: float = 1.0) -> float:
        rate = self.parameters.scalar("first_purchase_hazard") / 12.0
        raised = rate * income ** self.parameters.scalar("first_purchase_income_elasticity")
        return self.market * min(raised, self.parameters.scalar("first_purchase_ceiling"))


def test_purchases_and_scrappage_of_four_households_are_their_hazards_by_hand(
    parameters: ParameterValues,
) -> None:
    street = Street(
        parameters,
        cars=[(FUEL, "2014-03"), (ELECTRIC, "2023-03"), (FUEL, "2025-03"), (-1, None)],
        weight=[100.0, 50.0, 80.0, 200.0],
        income=[1.0, 2.0, 1.0, 0.5],
    )
    old, electric, young = (street.natural(years) for years in (12.0, 3.0, 1.0))
    purchases, scrapped = street.flows()

    expected = np.zeros(CELLS)
    expected[FUEL, 12], expected[ELECTRIC, 3] = 100.0 * old, 50.0 * electric
    expected[FUEL, 1] = 80.0 * young
    assert_allclose(scrapped, expected, rtol=1e-9)

    replaced = parameters.scalar("replacement_share") * expected.sum()
    # Only cars of two years and more are sold on, and only if they are not scrapped.
    sold_on = 100.0 * (1.0 - old) * street.sold_on() + 50.0 * (1.0 - electric) * street.sold_on(2.0)
    # Nobody here knows a new-energy car: all buy what everybody knows.
    assert_allclose(
        purchases, [replaced + sold_on + 200.0 * street.first(0.5), 0.0, 0.0], rtol=1e-9
    )


def test_a_subsidy_raises_scrappage_and_tilts_the_choice_as_by_hand(
    parameters: ParameterValues,
) -> None:
    street = Street(parameters, [(FUEL, "2012-03"), (-1, None)], [100.0, 300.0], familiarity=1.0)
    paid = np.array([0.0, 0.0, 20_000.0])
    offer = TradeInOffer(paid, np.zeros(3), np.full(3, MARCH.index), np.zeros((4, 3)), np.zeros(3))
    # Who does not claim is not tilted: what counts is the amount expected.
    expected_yuan = parameters.scalar("car_claim_share") * 20_000.0
    affinity = np.array([1.0, 1.0, np.exp(0.16 * expected_yuan / 1e4)])
    tilted = affinity / affinity.sum()
    money = tilted[ELECTRIC] * expected_yuan
    factor = np.exp(parameters.scalar("scrappage_response") * money / 1e4)
    ready = street.drawn(street.natural(14.0), street.sold_on(), scrapping=factor)
    assert ready < 1.0
    hazard = street.natural(14.0) * factor * ready

    decision = street.decide(offer)
    purchases, scrapped = street.flows(offer)
    replaced = parameters.scalar("replacement_share")
    assert scrapped[FUEL, 14] == pytest.approx(100.0 * hazard)
    assert decision.subsidy_scrappage[0] == pytest.approx(hazard * replaced * money)
    assert decision.subsidy_scrappage[1] == 0.0
    plain = np.full(3, 1.0 / 3.0)
    expected = (
        replaced * 100.0 * hazard * tilted
        + 100.0 * (1.0 - hazard) * ready * street.sold_on() * plain
        + 300.0 * street.first() * plain
    )
    assert_allclose(purchases, expected, rtol=1e-9)


def test_money_for_selling_on_tilts_the_choice_of_those_who_sell_on(
    parameters: ParameterValues,
) -> None:
    street = Street(parameters, [(FUEL, "2020-03"), (-1, None)], [100.0, 300.0], familiarity=1.0)
    paid = np.array([5_000.0, 15_000.0, 15_000.0])
    offer = TradeInOffer(np.zeros(3), paid, np.full(3, -1), np.zeros((4, 3)), np.zeros(3))
    expected_yuan = parameters.scalar("car_claim_share") * paid
    affinity = np.exp(0.16 * expected_yuan / 1e4)
    tilted = affinity / affinity.sum()
    money = float(tilted @ expected_yuan)
    factor = np.exp(parameters.scalar("transfer_response") * money / 1e4)
    ready = street.drawn(street.natural(6.0), street.sold_on(), selling=factor)
    raised = street.sold_on() * factor * ready
    natural = street.natural(6.0) * ready

    decision = street.decide(offer)
    assert_allclose(decision.after_transfer[0], tilted)
    assert decision.scrappage[0] == pytest.approx(natural)
    assert decision.transfer[0] == pytest.approx((1.0 - natural) * raised)
    assert decision.subsidy_replacement[0] == pytest.approx(decision.transfer[0] * money)
    assert decision.first[1] == pytest.approx(street.first())


@pytest.mark.parametrize(
    ("month", "powertrain", "last", "next_month"),
    [
        ("2024-09", FUEL, "2011-06", "2011-07"),
        ("2024-09", ELECTRIC, "2018-04", "2018-05"),
        ("2025-03", FUEL, "2012-06", "2012-07"),
        ("2025-03", HYBRID, "2018-12", "2019-01"),
        ("2026-03", FUEL, "2013-06", "2013-07"),
        ("2026-03", ELECTRIC, "2019-12", "2020-01"),
    ],
)
def test_a_car_registered_a_month_too_late_earns_nothing_and_changes_nothing(
    parameters: ParameterValues, month: str, powertrain: int, last: str, next_month: str
) -> None:
    published = replace(
        offer_of_month(
            load_instruments(),
            {"trade_in_generosity": 1.0, "green_preference": 0.0},
            Month.parse(month),
            np.full(3, 150_000.0),
            np.full((4, 3), 3_000.0),
            0.1,
        ),
        replacement=np.zeros(3),
    )
    street = Street(
        parameters,
        [(powertrain, last), (powertrain, next_month)],
        [1.0, 1.0],
        familiarity=0.5,
        month=Month.parse(month),
    )
    decision = street.decide(published)
    ages = (Month.parse(month).index - street.registered) / 12.0
    assert decision.subsidy_scrappage[0] > 0.0
    assert decision.scrappage[0] > street.natural(ages[0])
    assert decision.subsidy_scrappage[1] == 0.0
    assert decision.scrappage[1] == pytest.approx(street.natural(ages[1]))
    assert decision.after_scrappage[0, ELECTRIC] > decision.after_scrappage[1, ELECTRIC]


def test_a_car_is_sold_on_from_its_youngest_age_on(parameters: ParameterValues) -> None:
    years = round(parameters.scalar("transfer_minimum_age"))
    born = MARCH + -12 * years
    street = Street(parameters, [(FUEL, str(born)), (FUEL, str(born + 1))], [1.0, 1.0])
    old_enough, too_young = street.decide().transfer
    assert old_enough > 0.0
    assert too_young == 0.0


def test_cars_that_no_household_of_the_sample_owns_leave_all_the_same_and_are_replaced(
    parameters: ParameterValues,
) -> None:
    street = Street(parameters, [(FUEL, "2012-03"), (-1, None)], [100.0, 300.0], familiarity=1.0)
    plain_purchases, plain_scrapped = street.flows()
    street.stock[ELECTRIC, 10] = 40.0
    purchases, scrapped = street.flows()
    assert scrapped[ELECTRIC, 10] == pytest.approx(40.0 * street.natural(10.0))
    assert scrapped[FUEL, 14] == pytest.approx(plain_scrapped[FUEL, 14])
    # Forty households fewer are without a car.
    fewer = -40.0 * street.first()
    replaced = parameters.scalar("replacement_share") * scrapped[ELECTRIC, 10]
    assert purchases.sum() - plain_purchases.sum() == pytest.approx(replaced + fewer)


# ---------------------------------------------------------------------------- any street

STREETS = st.integers(min_value=1, max_value=30).flatmap(
    lambda count: st.tuples(
        st.lists(
            st.tuples(st.integers(-1, 2), st.integers(min_value=1, max_value=12 * 30)),
            min_size=count,
            max_size=count,
        ),
        arrays.arrays(float, count, elements=st.floats(min_value=1.0, max_value=1e3)),
        arrays.arrays(float, CELLS, elements=st.sampled_from([0.0, 0.0, 10.0, 250.0])),
    )
)


def street_of(people: list[tuple[int, int]], weight: Array, stock: Array) -> Street:
    values = ParameterValues(load_parameters(), {})
    cars = [(car, None if car < 0 else str(MARCH + -age)) for car, age in people]
    street = Street(values, cars, weight.tolist(), familiarity=0.5)
    street.stock = stock
    return street


@given(STREETS)
def test_scaled_households_own_the_stock_car_for_car(
    made: tuple[list[tuple[int, int]], Array, Array],
) -> None:
    street = street_of(*made)
    owners = street.owners()
    held = owners.empty_cells.copy()
    owns = owners.owns
    np.add.at(held, (owners.car[owns], owners.age_class[owns]), owners.weight[owns])
    assert_allclose(held, street.stock, rtol=1e-9)
    without = max(sum(street.weight) - street.stock.sum(), 0.0)
    if not owns.all():
        assert owners.weight[~owns].sum() == pytest.approx(without, abs=1e-6)


@given(STREETS, st.floats(min_value=0.0, max_value=3.0))
def test_flows_are_made_of_hazards_and_no_more_cars_leave_than_there_are(
    made: tuple[list[tuple[int, int]], Array, Array], generosity: float
) -> None:
    street = street_of(*made)
    offer = TradeInOffer(
        generosity * np.array([15e3, 20e3, 20e3]),
        generosity * np.array([13e3, 15e3, 15e3]),
        np.full(3, Month.parse("2018-12").index),
        np.zeros((4, 3)),
        np.zeros(3),
    )
    owners, decision = street.owners(), street.decide(offer)
    purchases, scrapped = street.flows(offer)
    assert (purchases >= 0.0).all()
    assert (scrapped >= 0.0).all()
    assert (scrapped <= street.stock * (1.0 + 1e-12)).all()
    for hazard in (decision.scrappage, decision.transfer, decision.first):
        assert ((hazard >= 0.0) & (hazard <= 1.0)).all()
    assert (decision.scrappage + decision.transfer <= 1.0 + 1e-12).all()
    assert (decision.first[owners.owns] == 0.0).all()
    assert ((decision.scrappage + decision.transfer)[~owners.owns] == 0.0).all()
    if (owners.weight * decision.scrappage).sum() > 0.0:
        replaced = street.parameters.scalar("replacement_share") * scrapped.sum()
        others = owners.weight @ (decision.transfer + decision.first)
        assert purchases.sum() == pytest.approx(replaced + others)


@given(STREETS)
def test_a_larger_offer_scraps_no_fewer_cars_and_buys_no_fewer(
    made: tuple[list[tuple[int, int]], Array, Array],
) -> None:
    street = street_of(*made)
    cutoff = np.full(3, MARCH.index)
    bought, left = -1.0, -1.0
    for yuan in (0.0, 5e3, 2e4, 6e4):
        money = np.full(3, yuan)
        flows = street.flows(TradeInOffer(money, money, cutoff, np.zeros((4, 3)), np.zeros(3)))
        assert flows[1].sum() >= left - 1e-9
        left = flows[1].sum()
        # Nobody keeps a car because of money for another.
        decision = street.decide(TradeInOffer(money, money, cutoff, np.zeros((4, 3)), np.zeros(3)))
        leaving = float((decision.scrappage + decision.transfer).sum())
        assert leaving >= bought - 1e-9
        bought = leaving


# ---------------------------------------------------------------------------- what is remembered


def draws(count: int, **purposes: list[float]) -> dict[str, Array]:
    values = {
        name: np.full(count, 0.999) for name in ("leave", "buy", "powertrain", "used", "used_car")
    }
    return values | {name: np.array(drawn) for name, drawn in purposes.items()}


def remembered(street: Street, **purposes: list[float]) -> list[tuple[int, str | None]]:
    car, registered, _ = household_cars.remember(
        street.owners(),
        street.decide(),
        street.parameters,
        street.month.index,
        draws(len(street.cars), **purposes),
    )
    months = [None if month < 0 else str(Month(int(month))) for month in registered]
    return list(zip(car.tolist(), months, strict=True))


def test_a_scrapped_car_is_gone_and_comes_back_new_only_if_it_is_replaced(
    parameters: ParameterValues,
) -> None:
    street = Street(parameters, [(FUEL, "2008-03")] * 3, [1.0] * 3)
    kept, replaced, given_up = remembered(
        street, leave=[0.999, 0.0, 0.0], buy=[0.0, 0.0, 0.999], powertrain=[0.0, 0.0, 0.0]
    )
    assert kept == (FUEL, "2008-03")
    assert replaced == (FUEL, "2026-03")
    assert given_up == (-1, None)


def test_a_car_that_is_sold_on_stands_next_with_a_household_that_had_none(
    parameters: ParameterValues,
) -> None:
    street = Street(
        parameters,
        [(ELECTRIC, "2020-05"), (-1, None), (-1, None)],
        [1.0, 1.0, 1.0],
        familiarity=0.0,
    )
    hazards = street.decide()
    selling = float(hazards.scrappage[0] + 0.5 * hazards.transfer[0])
    seller, buyer, walker = remembered(
        street,
        leave=[selling, 0.999, 0.999],
        powertrain=[0.0, 0.0, 0.0],
        used=[0.999, 0.0, 0.999],
        used_car=[0.5, 0.5, 0.5],
    )
    assert seller == (FUEL, "2026-03")
    assert buyer == (ELECTRIC, "2020-05")
    assert walker == (-1, None)


def test_a_household_that_buys_its_first_new_car_takes_no_used_one(
    parameters: ParameterValues,
) -> None:
    street = Street(parameters, [(FUEL, "2020-05"), (-1, None)], [1.0, 1.0])
    _, buyer = remembered(
        street, leave=[0.999, 0.0], powertrain=[0.0, 0.0], used=[0.0, 0.0], used_car=[0.5, 0.5]
    )
    assert buyer == (FUEL, "2026-03")


def test_as_many_used_cars_are_found_as_are_sold_on(parameters: ParameterValues) -> None:
    without = 1_000
    street = Street(
        parameters,
        [(FUEL, "2020-05"), *[(-1, None)] * without],
        [100_000.0, *[1.0] * without],
    )
    evenly = ((np.arange(without) + 0.5) / without).tolist()
    found = remembered(street, used=[0.999, *evenly], used_car=[0.5] * (without + 1))[1:]
    sold_on = 100_000.0 * street.decide().transfer[0]
    assert 100 < sold_on < 500
    assert sum(car == (FUEL, "2020-05") for car in found) == pytest.approx(sold_on, abs=1.0)


def test_a_household_remembers_the_powertrain_that_its_draw_falls_on(
    parameters: ParameterValues,
) -> None:
    street = Street(parameters, [(-1, None)] * 3, [1.0] * 3, familiarity=1.0)
    bought = remembered(street, leave=[0.0] * 3, powertrain=[0.3, 0.5, 0.9])
    assert [powertrain for powertrain, _ in bought] == [FUEL, HYBRID, ELECTRIC]


def test_remembering_leaves_the_opening_as_it_was(parameters: ParameterValues) -> None:
    street = Street(parameters, [(FUEL, "2008-03"), (-1, None)], [1.0, 1.0])
    remembered(street, leave=[0.0, 0.0])
    assert_array_equal(street.car, [FUEL, -1])
    assert_array_equal(street.registered, [Month.parse("2008-03").index, -1])


@pytest.mark.parametrize("seed", [1, 2])
def test_what_fifty_thousand_households_remember_agrees_with_the_expected_flows(
    parameters: ParameterValues, seed: int
) -> None:
    rows, month = 50_000, Month.parse("2020-01")
    columns = household_columns(load_districts(), parameters, rows, seed, month.index)
    car, registered, weight = (columns[name] for name in ("car", "registered", "weight"))
    owns, income = car >= 0, np.asarray(columns["income"])
    stock = np.zeros(CELLS)
    np.add.at(stock, (car[owns], np.minimum(2020 - registered[owns] // 12, 25)), weight[owns])
    owners = household_cars.owners_of_month(car, registered, weight, month.index, stock)
    assert_allclose(owners.weight, weight, rtol=1e-9)
    offer = TradeInOffer(
        np.array([15e3, 20e3, 20e3]),
        np.array([13e3, 15e3, 15e3]),
        np.full(3, Month.parse("2012-06").index),
        np.zeros((4, 3)),
        np.zeros(3),
    )
    decision = household_cars.decide(
        owners, np.ones(rows), income, np.zeros((rows, 3)), np.full(rows, -0.16),
        partial(choice_probabilities, familiarity=np.full(rows, 0.6)), offer, parameters, 1.0,
        float(np.average(income, weights=weight)),
    )  # fmt: skip
    purchases, scrapped = household_cars.expected_flows(owners, decision, parameters)
    luck = {
        purpose: random_streams.uniform(seed, purpose, np.arange(rows), month.index)
        for purpose in ("leave", "buy", "powertrain", "used", "used_car")
    }
    after, since, _ = household_cars.remember(owners, decision, parameters, month.index, luck)

    def agrees(seen: NDArray[np.bool_], expected: float) -> None:
        share = expected / weight.sum()
        error = np.sqrt(np.sum(weight**2) * share * (1.0 - share))
        assert abs(weight[seen].sum() - expected) < 4.5 * error

    new = (after >= 0) & (since == month.index)
    for powertrain in (FUEL, HYBRID, ELECTRIC):
        agrees(new & (after == powertrain), purchases[powertrain])
    replaced = parameters.scalar("replacement_share")
    agrees(owns & (after < 0), (1.0 - replaced) * scrapped.sum())
    agrees(~owns & new, float(weight @ decision.first))
    used = ~owns & (after >= 0) & ~new
    agrees(used, float(weight @ decision.transfer))
    # A used car is as old as those that are sold on.
    supply = weight * decision.transfer
    mean = np.average(registered, weights=supply)
    spread = np.sqrt(np.average((registered - mean) ** 2, weights=supply))
    assert (
        abs(np.average(since[used], weights=weight[used]) - mean) < 4.5 * spread / used.sum() ** 0.5
    )
    # The fleet that households remember grows as the stock does.
    change = weight[after >= 0].sum() - weight[owns].sum()
    error = np.sqrt(np.sum(weight**2) * (purchases.sum() + scrapped.sum()) / weight.sum())
    assert abs(change - (purchases.sum() - scrapped.sum())) < 4.5 * error


def test_peers_are_seen_by_the_cars_that_they_drive() -> None:
    car = np.array([FUEL, HYBRID, ELECTRIC, -1], dtype=np.int8)
    peers = np.array([[1, 2, 3], [0, 2, 3], [0, 0, 1], [3, 3, 3]], dtype=np.int32)
    assert_allclose(household_cars.peer_share(car, peers), [1.0, 0.5, 1.0 / 3.0, 0.0])


# ---------------------------------------------------------------------------- stocks of 2020


def test_the_cars_of_2020_are_those_of_the_yearbook_by_powertrain(
    parameters: ParameterValues,
) -> None:
    stock = initial_private_cars(parameters)
    assert stock.shape == CELLS
    assert stock.sum() == pytest.approx(parameters.scalar("private_cars_end_2019"), rel=1e-4)
    shares = stock.sum(axis=1) / stock.sum()
    assert_allclose(shares, parameters.array("initial_powertrain_shares"), rtol=1e-3)


def test_the_first_class_waits_for_the_cars_of_2020_and_cars_of_2019_stand_in_the_second(
    parameters: ParameterValues,
) -> None:
    stock = initial_private_cars(parameters)
    assert (stock[:, 0] == 0.0).all()
    ages = parameters.array("initial_car_age_shares")
    assert stock[FUEL, 1] / stock[FUEL].sum() == pytest.approx(ages[0] / ages.sum())
    assert stock[FUEL, 25] / stock[FUEL].sum() == pytest.approx(ages[24:].sum() / ages.sum())


def test_the_population_has_its_cars_in_the_classes_in_which_the_stock_has_them(
    parameters: ParameterValues,
) -> None:
    start = Month.parse("2020-01")
    households = Households.build(None, parameters, 1, 1, 20_000, start)
    stock = initial_private_cars(parameters)
    owners = household_cars.owners_of_month(
        households.car, households.registered, households.weight, start.index, stock
    )
    assert owners.empty_cells.sum() < 0.001 * stock.sum()
    scale = owners.weight[owners.owns] / households.weight[owners.owns]
    assert np.median(scale) == pytest.approx(1.0, abs=0.1)
    assert owners.weight[owners.owns].sum() == pytest.approx(stock.sum(), rel=1e-3)


# ---------------------------------------------------------------------------- appliances


@given(
    arrays.arrays(np.int8, (12, 4), elements=st.integers(min_value=0, max_value=2)),
    arrays.arrays(float, 12, elements=st.floats(min_value=1.0, max_value=1e3)),
    arrays.arrays(float, (4, 3), elements=st.sampled_from([0.0, 1.0, 7.5e3, 5.4e6])),
)
def test_scaled_households_use_the_stock_of_appliances_grade_for_grade(
    grade: NDArray[np.int8], weight: Array, stock: Array
) -> None:
    scaled = scaled_weight(grade, weight, stock)
    for kind in range(4):
        held = np.bincount(grade[:, kind], weights=scaled[:, kind], minlength=3)
        there = np.bincount(grade[:, kind], minlength=3) > 0
        assert_allclose(held, np.where(there, stock[kind], 0.0), rtol=1e-9)


# ---------------------------------------------------------------------------- a city


@dataclass
class City:
    """Households on stocks that integrate what they write."""

    parameters: ParameterValues
    scenario: Scenario = field(default_factory=lambda: Scenario(name="plan"))
    rows: int = 1_000
    seed: int = 1
    month: Month = JANUARY
    law: Mapping[str, Instrument] | None = None
    kernels: Literal["compiled", "numpy"] = "compiled"

    def __post_init__(self) -> None:
        self.households = Households.build(
            None, self.parameters, self.seed, 1, self.rows, self.month
        )
        self.cars = initial_private_cars(self.parameters)
        self.appliances = APPLIANCES.copy()
        self.programmes = opening_levels(self.parameters)
        self.spent = np.zeros(len(PROGRAMMES))

    def situation(self) -> Situation:
        return Situation(
            month=self.month,
            seed=self.seed,
            parameters=self.parameters,
            levers=self.scenario.lever_values(self.month),
            stocks={
                "private_cars": self.cars,
                "public_charging_points_per_new_energy_car": np.array(0.1),
                "appliances_in_use": self.appliances,
                "programmes_delivered": self.programmes,
            },
            spent_this_year=self.spent,
            ledger=Ledger(str(self.month)),
            law=self.law or self.scenario.law,
            structures=self.scenario.chosen_structures,
            kernels=self.kernels,
        )

    def step(self) -> Ledger:
        situation = self.situation()
        self.households.decide(situation)
        ledger = situation.ledger
        self.cars = self.cars - ledger[SCRAPPAGE]
        self.cars[:, 0] += ledger[PURCHASES]
        self.appliances = (
            self.appliances
            + ledger["appliance_purchases_per_month"]
            - ledger["appliance_discards_per_month"]
        )
        self.spent = self.spent + ledger[SPENDING]
        self.month += 1
        if self.month.month == 1:
            self.cars[:, -1] += self.cars[:, -2]
            self.cars[:, 1:-1] = self.cars[:, :-2].copy()
            self.cars[:, 0] = 0.0
            self.spent = np.zeros(len(PROGRAMMES))
        return ledger

    def run(self, months: int) -> list[Ledger]:
        return [self.step() for _ in range(months)]

    def would(self, **levers: float) -> Ledger:
        """The month as it would be under other levers; the city stays as it is."""
        other = copy.deepcopy(self)
        changes: dict[str, float | str] = dict(levers)
        other.scenario = other.scenario.replace(changes, self.month)
        return other.step()


@pytest.fixture
def city(parameters: ParameterValues) -> City:
    return City(parameters)


def paid(ledger: Ledger) -> float:
    return float(ledger[SPENDING][TRADE_IN].sum())


def test_households_write_what_the_ledger_says_they_write_and_nothing_else(city: City) -> None:
    ledger = city.step()
    for name, entry in ledger_entries().items():
        if entry.written_by == "households":
            assert np.any(ledger[name] > 0.0), name
        elif entry.kind == "flow" and name not in (SPENDING, "public_revenue_per_month"):
            assert not np.any(ledger[name]), name
        elif entry.kind == "share":
            with pytest.raises(Exception, match="has been set"):
                ledger[name]
    households = [*(PROGRAMMES.index(name) for name in HOUSEHOLD_PROGRAMMES), *AT_HOME]
    assert not np.delete(ledger[SPENDING], households).any()


def test_households_read_the_stocks_and_leave_them_as_they_are(city: City) -> None:
    situation = city.situation()
    before = copy.deepcopy((dict(situation.stocks), situation.spent_this_year))
    city.households.decide(situation)
    for name, values in before[0].items():
        assert_array_equal(situation.stocks[name], values)
    assert_array_equal(situation.spent_this_year, before[1])


def test_no_cell_of_the_fleet_loses_more_than_it_has_over_three_years(city: City) -> None:
    for ledger in city.run(36):
        assert (city.cars >= 0.0).all()
        assert (city.appliances >= 0.0).all()
        assert 0.0 < ledger[SCRAPPAGE].sum() < 0.02 * city.cars.sum()
        assert 0.0 < ledger[PURCHASES].sum() < 0.02 * city.cars.sum()


def test_each_appliance_that_is_discarded_is_replaced_by_one(city: City) -> None:
    for ledger in city.run(3):
        bought = ledger["appliance_purchases_per_month"].sum(axis=1)
        assert_allclose(bought, ledger["appliance_discards_per_month"].sum(axis=1), rtol=1e-9)


def test_chargers_are_ordered_for_new_energy_cars_alone_and_not_for_all(city: City) -> None:
    ledger = city.step()
    orders = float(ledger["private_charging_point_orders_per_month"])
    new_energy = ledger[PURCHASES][[HYBRID, ELECTRIC]].sum()
    assert 0.0 < orders < new_energy


def test_who_has_a_new_energy_car_already_orders_no_second_charger(city: City) -> None:
    city.households.set("registered", city.month.index - 40)
    orders = []
    for powertrain in (FUEL, ELECTRIC):
        city.households.set("car", powertrain)
        orders.append(float(city.would()["private_charging_point_orders_per_month"]))
    assert orders[0] > 0.0
    assert orders[1] == 0.0


def test_a_fleet_half_as_large_again_loses_half_as_many_cars_again(city: City) -> None:
    once = city.would()
    city.cars = 1.5 * city.cars
    assert_allclose(city.would()[SCRAPPAGE], 1.5 * once[SCRAPPAGE], rtol=1e-9)


# ---------------------------------------------------------------------------- money


def test_a_year_s_money_is_paid_to_the_last_yuan_and_then_nothing_until_january(
    parameters: ParameterValues,
) -> None:
    budget = 5e8
    city = City(parameters, Scenario(name="poor").replace({"trade_in_budget": budget / 1e8}))
    months = [paid(ledger) for ledger in city.run(13)]
    assert sum(months[:12]) == pytest.approx(budget, rel=1e-12)
    assert sum(np.cumsum(months[:12]) < budget * (1.0 - 1e-9)) >= 1
    exhausted = next(n for n in range(12) if sum(months[: n + 1]) >= budget * (1.0 - 1e-12))
    assert exhausted < 6
    assert max(months[exhausted + 1 : 12]) < 1e-3
    assert months[12] > 1e6


def test_no_month_pays_more_than_is_left(parameters: ParameterValues) -> None:
    city = City(parameters, Scenario(name="poor").replace({"trade_in_budget": 12.3}))
    left = 12.3e8
    for _ in range(12):
        left -= paid(city.step())
        assert left >= -1e-6


def test_without_money_left_households_do_what_they_would_do_without_an_offer(city: City) -> None:
    city.run(2)
    poor, closed = city.would(trade_in_budget=0.0), city.would(trade_in_generosity=0.0)
    assert paid(poor) == paid(closed) == 0.0
    for name in (PURCHASES, SCRAPPAGE, "appliance_purchases_per_month"):
        assert_allclose(poor[name], closed[name], rtol=1e-12)
    spent = copy.deepcopy(city)
    spent.spent[TRADE_IN[0]] = 1e12
    assert_allclose(spent.step()[PURCHASES], closed[PURCHASES], rtol=1e-12)


def test_when_half_of_the_claims_can_be_paid_the_month_is_half_open(city: City) -> None:
    city.run(2)
    rich, poor = city.would(trade_in_budget=200.0), city.would(trade_in_budget=0.0)
    spent = city.spent[TRADE_IN].sum()
    half = city.would(trade_in_budget=float(spent + 0.5 * paid(rich)) / 1e8)
    assert paid(half) == pytest.approx(0.5 * paid(rich))
    for name in (
        PURCHASES,
        SCRAPPAGE,
        "appliance_purchases_per_month",
        "private_charging_point_orders_per_month",
    ):
        assert_allclose(half[name], 0.5 * (rich[name] + poor[name]), rtol=1e-9)


def test_public_money_of_other_programmes_does_not_use_up_trade_in(city: City) -> None:
    plain = city.would()
    city.spent[PROGRAMMES.index("bus_renewal")] = 1e12
    assert_array_equal(city.would()[SPENDING], plain[SPENDING])


def test_with_the_measure_off_nothing_is_paid(parameters: ParameterValues) -> None:
    off = City(parameters, Scenario(name="off").replace({"24": "off"}))
    ledgers = off.run(3)
    assert sum(paid(ledger) for ledger in ledgers) == 0.0
    levied = PROGRAMMES.index("tax_relief")
    for_others = sum(float(np.delete(ledger[SPENDING], levied).sum()) for ledger in ledgers)
    received = float(np.sum(off.households.weight * off.households.subsidy_received))
    assert received == pytest.approx(for_others, rel=1e-9)


def test_a_suspended_programme_pays_nobody_while_the_others_go_on(
    parameters: ParameterValues,
) -> None:
    city = City(parameters)
    may, june, july = city.run(7)[4:]
    replacement = PROGRAMMES.index("car_replacement")
    assert june[SPENDING][replacement] == 0.0
    assert may[SPENDING][replacement] > 1e6
    assert july[SPENDING][replacement] > 1e6
    for name in ("car_scrappage", "appliance_trade_in"):
        assert june[SPENDING][PROGRAMMES.index(name)] > 1e6


def test_what_households_received_is_what_was_paid(city: City) -> None:
    booked = np.sum([ledger[SPENDING] for ledger in city.run(18)], axis=0)
    households = city.households
    received = households.weight @ households.money_received
    for programme, yuan in zip(HOUSEHOLD_PROGRAMMES, received, strict=True):
        assert yuan > 0.0, programme
        assert yuan == pytest.approx(booked[PROGRAMMES.index(programme)], rel=1e-9)
    # What is not levied is no subsidy; what is paid at home is.
    subsidies = np.delete(booked, PROGRAMMES.index("tax_relief")).sum()
    total = float(households.weight @ households.subsidy_received)
    assert total == pytest.approx(subsidies, rel=1e-9)


def test_claims_of_the_pause_are_paid_when_the_programme_goes_on(
    parameters: ParameterValues,
) -> None:
    city = City(parameters, Scenario(name="rich").replace({"trade_in_budget": 200.0}))
    city.run(5)
    replacement = PROGRAMMES.index("car_replacement")
    office = city.households.purchases.money.offices["car_replacement_renewal"]
    assert office.waiting == 0.0
    june = city.step()
    office = city.households.purchases.money.offices["car_replacement_renewal"]
    waiting = office.waiting
    assert june[SPENDING][replacement] == 0.0
    assert waiting > 1e7
    july, august = (float(ledger[SPENDING][replacement]) for ledger in city.run(2))
    assert july - waiting == pytest.approx(august, rel=0.1)


def test_the_less_buyers_expect_of_a_pause_the_fewer_buy_in_it() -> None:
    sold = []
    for expected in (0.0, 0.5, 1.0):
        values = ParameterValues(load_parameters(), {"pause_expectation": expected})
        sold.append(float(City(values, month=Month.parse("2025-06")).step()[PURCHASES].sum()))
    assert sold[0] < sold[1] < sold[2]


def test_a_first_pot_of_twenty_million_is_all_that_is_paid_from_it(
    parameters: ParameterValues,
) -> None:
    generous = Scenario(name="s").replace({"trade_in_generosity": 3.0}, "2024-01")
    city = City(parameters, generous, month=Month.parse("2024-05"))
    city.households.set("familiarity", 1.0)
    replacement = PROGRAMMES.index("car_replacement")
    paid_by_month = [float(ledger[SPENDING][replacement]) for ledger in city.run(4)]
    assert sum(paid_by_month[:3]) == pytest.approx(20e6)
    assert paid_by_month[2] == 0.0
    # What waits lapses with the version; the next one has a pot of its own.
    assert paid_by_month[3] > 20e6


def test_a_raise_is_paid_to_those_who_claimed_since_it_applies(
    parameters: ParameterValues,
) -> None:
    city = City(parameters, month=Month.parse("2024-04"))
    scrappage = PROGRAMMES.index("car_scrappage")
    april, may, june, july, august = (float(ledger[SPENDING][scrappage]) for ledger in city.run(5))
    # Twice the amount, nearly: what April to June got is paid once more in July.
    assert july > april + may + june
    assert 2.0 * june < august < 3.5 * june
    assert july - (april + may + june) < 1.5 * august


@pytest.mark.parametrize(
    ("month", "programme"),
    [
        ("2025-03", "digital_trade_in"),
        ("2025-03", "home_renovation"),
        ("2025-03", "countryside_cars"),
        ("2025-10", "consumer_loan_interest"),
        ("2025-03", "tax_relief"),
    ],
)
def test_each_programme_pays_while_its_rule_is_in_force_and_nothing_once_it_is_struck(
    parameters: ParameterValues, month: str, programme: str
) -> None:
    rules = load_instruments()
    rule = next(rule for rule in rules.values() if rule.programme == programme)
    city = City(parameters, month=Month.parse(month))
    city.law = {**rules, rule.id: struck(rules, rule.id, date(2020, 1, 1))[rule.id]}
    without = copy.deepcopy(city).step()[SPENDING][PROGRAMMES.index(programme)]
    city.law = rules
    assert city.step()[SPENDING][PROGRAMMES.index(programme)] > 1e5
    assert without == 0.0


def test_only_rural_households_are_paid_by_the_countryside_campaign(city: City) -> None:
    city.run(2)
    place = HOUSEHOLD_PROGRAMMES.index("countryside_cars")
    received = city.households.money_received[:, place]
    assert not received[city.households.urban].any()
    assert received[~city.households.urban].any()


def test_the_retailers_top_up_costs_no_public_money_and_sells_appliances(
    parameters: ParameterValues,
) -> None:
    rules = load_instruments()
    city = City(parameters, month=Month.parse("2024-10"))
    without = copy.deepcopy(city)
    without.law = struck(rules, "appliance_returned_unit_top_up", date(2020, 1, 1))
    plain, more = without.step(), city.step()
    name = "appliance_purchases_per_month"
    assert more[name].sum() > plain[name].sum()
    assert more[PURCHASES].sum() == plain[PURCHASES].sum()


def test_who_got_the_old_car_after_the_cut_off_is_not_paid(parameters: ParameterValues) -> None:
    city = City(parameters)
    city.households.set("car_owned_since", Month.parse("2025-01").index)
    late = city.would()[SPENDING]
    city.households.set("car_owned_since", Month.parse("2024-12").index)
    early = city.would()[SPENDING]
    for programme in ("car_scrappage", "car_replacement"):
        place = PROGRAMMES.index(programme)
        assert late[place] == 0.0
        assert early[place] > 0.0


def test_buyers_hurry_before_the_tax_relief_is_halved(parameters: ParameterValues) -> None:
    rules = load_instruments()
    relief = rules["new_energy_purchase_tax_relief"]
    silent = relief.model_copy(
        update={
            "versions": tuple(
                version.model_copy(update={"open_ended": True}) for version in relief.versions
            )
        }
    )
    city = City(parameters, month=Month.parse("2025-12"))
    unknown = copy.deepcopy(city)
    unknown.law = {**rules, relief.id: silent}
    known_december, known_january = (ledger[PURCHASES].sum() for ledger in city.run(2))
    december, january = (ledger[PURCHASES].sum() for ledger in unknown.run(2))
    assert known_december > december
    assert known_january < january


# ---------------------------------------------------------------------------- answers to policy


def test_more_generous_money_scraps_and_sells_more_cars(city: City) -> None:
    flows = [city.would(trade_in_generosity=g, trade_in_budget=200.0) for g in (0.0, 1.0, 2.0)]
    for name in (PURCHASES, SCRAPPAGE, "appliance_purchases_per_month", SPENDING):
        sums = [ledger[name].sum() for ledger in flows]
        assert sums[0] < sums[1] < sums[2], name


def test_more_for_green_and_less_for_fuel_turns_buyers_to_new_energy_and_to_the_best_grade(
    city: City,
) -> None:
    even, green = (city.would(green_preference=p, trade_in_budget=200.0) for p in (0.0, 1.0))
    share = [ledger[PURCHASES][1:].sum() / ledger[PURCHASES].sum() for ledger in (even, green)]
    assert share[1] > share[0]
    best = [ledger["appliance_purchases_per_month"] for ledger in (even, green)]
    assert ((best[1][:, 0] / best[1].sum(axis=1)) > (best[0][:, 0] / best[0].sum(axis=1))).all()
    assert paid(green) < paid(even)


def test_two_policies_share_every_month_until_they_part(parameters: ParameterValues) -> None:
    bold = Scenario(name="bold").replace(
        {"trade_in_generosity": 3.0, "sorting_supervision": 0.9}, "2025-05"
    )
    plan, other = (City(parameters, policy, rows=5_000) for policy in (Scenario(name="plan"), bold))
    for first, second in zip(plan.run(4), other.run(4), strict=True):
        for name in (PURCHASES, SCRAPPAGE, SPENDING, "household_capture_share"):
            assert_array_equal(first[name], second[name])
    for name, column in plan.households.columns.items():
        assert_array_equal(column, other.households.columns[name])
    assert plan.step()[SPENDING].sum() < other.step()[SPENDING].sum()
    plan.run(3)
    other.run(3)
    changed = plan.households.registered != other.households.registered
    # Whom the policy does not reach keeps the same luck.
    assert 0 < changed.sum() < 0.02 * plan.rows


def test_the_same_seed_gives_the_same_city_and_another_seed_another(
    parameters: ParameterValues,
) -> None:
    first, again, other = (City(parameters, seed=seed) for seed in (1, 1, 2))
    runs = [made.run(3) for made in (first, again, other)]
    assert_array_equal(runs[0][2][PURCHASES], runs[1][2][PURCHASES])
    assert_array_equal(first.households.car, again.households.car)
    assert not np.array_equal(runs[0][2][PURCHASES], runs[2][2][PURCHASES])


def test_a_small_sample_gives_about_the_flows_of_a_large_one(parameters: ParameterValues) -> None:
    small, large = (City(parameters, rows=rows).step() for rows in (5_000, 20_000))
    for name, tolerance in ((PURCHASES, 0.05), (SCRAPPAGE, 0.05), (SPENDING, 0.1)):
        assert small[name].sum() == pytest.approx(large[name].sum(), rel=tolerance)


# ---------------------------------------------------------------------------- waste and power


def test_the_captured_share_of_every_stream_is_a_share_and_the_rest_is_not_sorted(
    city: City,
) -> None:
    stream = dimension("waste_stream").index
    for ledger in city.run(6):
        capture = ledger["household_capture_share"]
        assert ((capture >= 0.0) & (capture <= 1.0)).all()
        assert capture[stream("residual")] == 0.0
        assert capture[stream("hazardous")] < capture[stream("food")]


def test_staffed_sorting_points_raise_what_is_captured_at_once_and_more_over_the_months(
    parameters: ParameterValues,
) -> None:
    food = dimension("waste_stream").index("food")
    none, half, all_staffed = (
        City(parameters, Scenario(name="s").replace({"sorting_supervision": share}))
        for share in (0.0, 0.5, 1.0)
    )
    paths = [
        [float(ledger["household_capture_share"][food]) for ledger in made.run(12)]
        for made in (none, half, all_staffed)
    ]
    assert paths[0][0] < paths[1][0] < paths[2][0]
    assert paths[2][11] > 2.0 * paths[2][0]
    assert paths[0][11] < paths[1][11] < paths[2][11]


def test_a_habit_that_is_no_longer_supervised_fades_where_no_duty_holds(
    parameters: ParameterValues,
) -> None:
    staffed = Scenario(name="s").replace({"sorting_supervision": 1.0}, "2020-01")
    staffed = staffed.replace({"sorting_supervision": 0.0}, "2020-07")
    city = City(parameters, staffed, month=Month.parse("2020-01"))
    city.run(6)
    high = city.households.sorting_habit.mean()
    city.run(6)
    assert city.households.sorting_habit.mean() < 0.9 * high


def test_under_the_duty_people_go_on_taking_part_without_staff_and_hardly_anything_arrives(
    parameters: ParameterValues,
) -> None:
    staffed = Scenario(name="s").replace({"sorting_supervision": 1.0})
    city = City(parameters, staffed.replace({"sorting_supervision": 0.0}, "2025-07"))
    with_staff, without = (city.run(6)[-1]["household_capture_share"][0] for _ in range(2))
    assert city.households.sorting_habit.mean() > 0.9
    assert without < 0.1 * with_staff


def test_taking_part_follows_the_duty_to_sort(parameters: ParameterValues) -> None:
    duty = Scenario(name="s").replace({"sorting_supervision": 0.0}, "2021-01")
    struck = duty.with_setting("instrument.sorting_mandate=strike@2022-03-01")
    cities = [City(parameters, policy, month=Month.parse("2022-01")) for policy in (duty, struck)]
    for city in cities:
        city.run(2)
    assert_array_equal(cities[0].households.sorting_habit, cities[1].households.sorting_habit)
    for city in cities:
        city.run(10)
    bound, free = (city.households.sorting_habit.mean() for city in cities)
    assert bound > 0.9
    assert free < 0.2


@pytest.mark.parametrize("rule", ["sorting_incentive", "household_carbon_credits", "waste_fee"])
def test_reward_and_fee_raise_taking_part_and_a_struck_rule_moves_no_money(
    parameters: ParameterValues, rule: str
) -> None:
    # Without the duty, under which nearly all take part, what money adds can be seen.
    free = Scenario(name="s").with_setting("instrument.sorting_mandate=strike@2022-03-01")
    cities = [City(parameters, free), City(parameters, free.with_setting(
        f"instrument.{rule}=strike@2025-01-01"))]  # fmt: skip
    ledgers = [city.run(12)[-1] for city in cities]
    habits = [city.households.sorting_habit.mean() for city in cities]
    assert habits[0] > habits[1]
    money = [
        ledger["public_revenue_per_month"].sum()
        if rule == "waste_fee"
        else ledger[SPENDING][
            [PROGRAMMES.index("waste_sorting"), PROGRAMMES.index("carbon_credits")]
        ].sum()
        for ledger in ledgers
    ]
    assert money[0] > money[1]
    if rule == "waste_fee":
        urban = cities[0].households.urban & cities[0].households.central
        assert money[0] == pytest.approx(8.0 * cities[0].households.weight[urban].sum())
        assert money[1] == 0.0


def test_campaigns_make_households_greener_by_what_is_declared(
    parameters: ParameterValues,
) -> None:
    city = City(parameters, Scenario(name="c").replace({"green_campaign": 0.6}))
    before = city.households.attitude.copy()
    city.run(12)
    gain = 0.6 * parameters.scalar("campaign_attitude_gain")
    assert_allclose(city.households.attitude - before, gain, rtol=1e-9)


def test_dearer_upper_tiers_lower_the_use_of_power_and_the_tariff_in_force_leaves_it(
    city: City,
) -> None:
    low, even, high = (city.would(residential_tariff_factor=f) for f in (0.8, 1.0, 1.5))
    assert even["residential_electricity_factor"] == 1.0
    assert even["residential_water_factor"] == 1.0
    for good in ("electricity", "gas", "water"):
        name = f"residential_{good}_factor"
        assert high[name] < even[name] < low[name]
    # Who uses no more than the first tier sees the price that there was.
    small = copy.deepcopy(city)
    small.households.set("home_use", 0.1)
    assert small.would(residential_tariff_factor=1.5)["residential_electricity_factor"] == 1.0


def test_households_answer_the_average_price_more_than_that_of_the_last_kilowatt_hour(
    parameters: ParameterValues,
) -> None:
    by_weight = [
        float(
            City(ParameterValues(load_parameters(), {"tariff_marginal_weight": weight})).would(
                residential_tariff_factor=1.5
            )["residential_electricity_factor"]
        )
        for weight in (0.0, 0.1, 0.5)
    ]
    assert by_weight[0] > by_weight[1] > by_weight[2]


def test_relief_is_what_the_law_gives_to_those_who_may_have_it(city: City) -> None:
    ledger, households = city.step(), city.households
    poor, weight = households.low_income, households.weight
    for place, share in ((households.urban, 0.015), (~households.urban, 0.06)):
        assert np.sum(weight[poor & place]) == pytest.approx(share * weight[place].sum(), rel=0.1)
    relief = ledger[SPENDING][PROGRAMMES.index("household_relief")]
    free = 5.2 * np.sum(weight[poor])
    assert free * (1.0 - 1e-9) <= relief < 2.0 * free


def test_time_of_use_is_chosen_by_those_whose_load_it_makes_cheaper(city: City) -> None:
    before = city.step()
    city.run(35)
    households, after = city.households, city.step()
    chosen = households.time_of_use > 0.0
    assert 0.01 < chosen.mean() < 0.5
    charging = households.home_charging & (households.car > 0)
    assert households.time_of_use[charging].mean() > 3.0 * households.time_of_use[~charging].mean()
    assert households.day_load[chosen & ~charging].mean() < 0.4
    assert after["residential_peak_share"] < before["residential_peak_share"]


# ---------------------------------------------------------------------------- on the move


def test_a_run_begins_with_the_declared_share_of_green_travel(parameters: ParameterValues) -> None:
    for wanted in (0.66, 0.72, 0.78):
        values = ParameterValues(load_parameters(), {"initial_green_travel_share": wanted})
        ledger = City(values, month=Month.parse("2020-01")).step()
        assert ledger["green_trip_share"] == pytest.approx(wanted, abs=1e-6)
        assert ledger["private_car_distance_factor"] == pytest.approx(1.0, abs=1e-6)


def test_green_travel_answers_cars_transfers_campaigns_and_credits(city: City) -> None:
    def travelled(other: City) -> tuple[float, float]:
        ledger = other.step()
        return float(ledger["green_trip_share"]), float(ledger["private_car_distance_factor"])

    usual = travelled(copy.deepcopy(city))
    covered = copy.deepcopy(city)
    covered.programmes[dimension("programme").index("transfer_coverage_100m")] = 90.0
    carless = copy.deepcopy(city)
    carless.households.car[::2] = -1
    dearer = copy.deepcopy(city)
    dearer.scenario = dearer.scenario.with_setting(
        "instrument.household_carbon_credits=end@2024-06-30"
    )
    reached = copy.deepcopy(city)
    reached.scenario = reached.scenario.replace({"green_campaign": 1.0})
    greener = {
        "covered": travelled(covered), "reached": travelled(reached), "carless": travelled(carless)
    }  # fmt: skip
    assert all(share > usual[0] for share, _ in greener.values())
    assert all(greener[name][1] < usual[1] for name in ("covered", "reached"))
    unpaid = travelled(dearer)
    assert unpaid[0] < usual[0] and unpaid[1] > usual[1]


def test_credits_are_paid_to_residents_of_the_centre_by_their_green_trips(city: City) -> None:
    ledger, households = city.step(), city.households
    paid_out = float(ledger[SPENDING][PROGRAMMES.index("carbon_credits")])
    trips = np.sum((households.weight * households.persons)[households.central])
    trips *= city.parameters.scalar("trips_per_person") * 30.4375
    registered = 0.1 * 0.3 * float(ledger["green_trip_share"]) * trips
    kilograms = 9.0 * 0.078 * 2.3
    assert paid_out == pytest.approx(0.02 * kilograms * registered, rel=0.05)


def test_familiarity_grows_where_peers_drive_new_energy_cars(city: City) -> None:
    households = city.households
    start = households.familiarity.copy()
    seen = household_cars.peer_share(households.car, households.peers)
    city.step()
    gained = households.familiarity - start
    assert gained[seen > 0.0].min() > gained[seen == 0.0].max()


# ---------------------------------------------------------------------------- announced ends


def test_owners_whose_money_ends_now_scrap_by_what_waiting_would_cost(
    parameters: ParameterValues,
) -> None:
    street = Street(parameters, [(FUEL, "2012-03"), (FUEL, "2016-03")], [1.0, 1.0], familiarity=1.0)
    money = np.full(3, 20_000.0)
    offer = TradeInOffer(
        money, np.zeros(3), np.full(3, JANUARY.index - 120), np.zeros((4, 3)), np.zeros(3)
    )
    usual = street.decide(offer)
    natural, sold_on = street.natural(14.0), street.sold_on()
    claim = parameters.scalar("car_claim_share")
    offered = np.exp(parameters.scalar("scrappage_response") * claim * 2.0)
    for left, after in ((0.0, 0.0), (1.0, 0.0), (0.0, 5_000.0)):
        hurried = street.decide(offer, household_cars.AfterEnd(left, np.full(3, after)))
        lost = parameters.scalar("car_claim_share") * (20_000.0 - after) / 1e4
        closeness = np.exp(-left / parameters.scalar("subsidy_foresight"))
        factor = np.exp(parameters.scalar("announced_end_response") * lost * closeness)
        ready = street.drawn(natural, sold_on, offered, hurry=factor)
        assert hurried.scrappage[0] == pytest.approx(factor * natural * offered * ready)
        assert hurried.scrappage[0] > usual.scrappage[0]
        # Who may not claim has nothing to lose by waiting.
        assert hurried.scrappage[1] == usual.scrappage[1]
        assert_array_equal(hurried.after_scrappage, usual.after_scrappage)


def rich(parameters: ParameterValues, month: str, rows: int = 5_000) -> City:
    """A city that never runs out of money, by numpy, which remembers no terms of a month."""
    scenario = Scenario(name="rich").replace({"trade_in_budget": 200.0})
    return City(parameters, scenario, rows=rows, month=Month.parse(month), kernels="numpy")


def test_the_last_month_of_a_version_is_busier_than_if_its_end_were_not_known(
    parameters: ParameterValues, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = [rich(parameters, month).step() for month in ("2025-09", "2025-11", "2025-12")]
    monkeypatch.setattr(household_offers, "announced_end", lambda instrument, month: None)
    unknown = [rich(parameters, month).step() for month in ("2025-09", "2025-11", "2025-12")]
    for name in (PURCHASES, SCRAPPAGE):
        factors = [k[name].sum() / u[name].sum() for k, u in zip(known, unknown, strict=True)]
        assert 1.0 < factors[0] < factors[1] < factors[2]


def test_where_what_follows_is_known_and_no_less_nobody_hurries(
    parameters: ParameterValues, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = rich(parameters, "2025-12")

    def goes_on(instrument: object, month: Month) -> AnnouncedEnd:
        return AnnouncedEnd(0, month)

    monkeypatch.setattr(household_offers, "announced_end", goes_on)
    known = city.would()
    monkeypatch.setattr(household_offers, "announced_end", lambda instrument, month: None)
    assert_array_equal(known[PURCHASES], city.would()[PURCHASES])


def test_after_an_announced_end_fewer_cars_are_bought_for_those_of_the_hasty_are_gone(
    parameters: ParameterValues, monkeypatch: pytest.MonkeyPatch
) -> None:
    def until_2025(instrument: object, month: Month) -> AnnouncedEnd | None:
        return announced_end(instrument, month) if month.year == 2025 else None  # type: ignore[arg-type]

    monkeypatch.setattr(household_offers, "announced_end", until_2025)
    known = [float(ledger[PURCHASES].sum()) for ledger in rich(parameters, "2025-10").run(12)]
    monkeypatch.setattr(household_offers, "announced_end", lambda instrument, month: None)
    unknown = [float(ledger[PURCHASES].sum()) for ledger in rich(parameters, "2025-10").run(12)]
    more = np.array(known) - np.array(unknown)
    assert (more[:3] > 0.0).all()
    assert (more[3:] < 0.0).all()
    # Not all that was hurried is missed within nine months: some is additional.
    assert 0.0 < -more[3:].sum() < more[:3].sum()


# ---------------------------------------------------------------------------- rivals


@pytest.mark.parametrize("rival", ["familiarity_logit", "plain_logit", "bass"])
def test_whatever_the_submodel_of_choice_purchases_are_shared_by_it_and_flows_add_up(
    parameters: ParameterValues, rival: str
) -> None:
    scenario = Scenario(name="s").with_setting(f"structure.car_choice={rival}")
    city = City(parameters, scenario)
    start = city.households.new_energy_adoption.copy()
    for ledger in city.run(3):
        assert (ledger[PURCHASES] > 0.0).all()
    grown = city.households.new_energy_adoption > start
    assert grown.all() if rival == "bass" else not grown.any()
    if rival == "bass":
        share = ledger[PURCHASES][1:].sum() / ledger[PURCHASES].sum()
        assert start[0] < share < city.households.new_energy_adoption[0]


# ---------------------------------------------------------------------------- as agents


def test_a_household_is_an_agent_whose_car_can_be_looked_at_and_changed(city: City) -> None:
    households = city.households
    household = households[3]
    assert isinstance(household, Household)
    household.car, household.registered = ELECTRIC, JANUARY.index - 5
    assert households.car[3] == ELECTRIC
    assert len(households.select(households.car == ELECTRIC)) == (households.car == ELECTRIC).sum()
    groups = households.groupby("income_group").count()
    assert sorted(groups) == [0, 1, 2, 3, 4]
    assert sum(groups.values()) == city.rows


# ---------------------------------------------------------------------------- the same bytes

SCRIPT = """
import hashlib
import numpy as np
from transition_model.agents.households import Households
from transition_model.agents.initial_stocks import initial_private_cars
from transition_model.agents.situation import Situation
from transition_model.calendar import Month
from transition_model.ledger import Ledger, ledger_entries
from transition_model.parameters import ParameterValues, load_parameters
from transition_model.programmes import opening_levels
from transition_model.scenario import Scenario

scenario = Scenario.load("accelerated")
parameters = ParameterValues(load_parameters(), scenario.parameter_overrides)
month = Month.parse("2025-01")
households = Households.build(None, parameters, 1, 1, 500, month)
stocks = {
    "private_cars": initial_private_cars(parameters),
    "public_charging_points_per_new_energy_car": np.array(0.1),
    "appliances_in_use": np.full((4, 3), 5e6),
    "programmes_delivered": opening_levels(parameters),
}
levers = scenario.lever_values(month)
ledger = Ledger(str(month))
households.decide(Situation(month, 1, parameters, levers, stocks, np.zeros(24), ledger))
content = hashlib.sha256(repr(sorted(levers.items())).encode())
for name, column in households.columns.items():
    content.update(name.encode() + np.ascontiguousarray(column).tobytes())
for name, entry in ledger_entries().items():
    if entry.written_by == "households" or name == "subsidy_spending_per_month":
        content.update(ledger[name].tobytes())
print(scenario.digest, content.hexdigest())
"""


def test_the_order_of_python_s_hashes_changes_neither_the_digest_nor_the_first_month() -> None:
    outputs = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "4242")
    ]
    assert outputs[0] == outputs[1]
    assert len(outputs[0].split()) == 2
    assert outputs[0].split()[0] == Scenario.load("accelerated").digest
