"""Recyclers over months: capacity to the tonne, formal shares, collection, response to policy."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

import transition_model
from transition_model.agents.recyclers import Recycler, Recyclers
from transition_model.agents.situation import Situation
from transition_model.calendar import Month
from transition_model.dimensions import dimension
from transition_model.instruments import Instrument, load_instruments
from transition_model.ledger import Ledger
from transition_model.levers import load_levers
from transition_model.parameters import ParameterSet, ParameterValues, load_parameters
from transition_model.scenario import Scenario

type Array = NDArray[np.float64]

KINDS = dimension("recycler_kind")
PROGRAMMES = dimension("subsidy_programme")
OPENING = Month.parse("2020-01")
AFTER_ANNOUNCED_PROJECTS = Month.parse("2024-01")
PUBLIC_MONEY = PROGRAMMES.index("car_scrappage")
FULL_INFLOW = np.array([2e6, 1e6, 1e6, 2e7, 4e6, 3e7])
"""Far more of every kind than plants can take, t/year."""


@pytest.fixture(scope="module")
def declared(tmp_path_factory: pytest.TempPathFactory) -> ParameterSet:
    folder = tmp_path_factory.mktemp("parameters")
    own = Path(transition_model.__file__).parent / "data" / "parameters"
    # Masses of appliances, and interest, are not the recyclers' own.
    for name in ("recyclers.toml", "stocks_end_of_life_products.toml", "finance.toml"):
        shutil.copy(own / name, folder)
    return load_parameters(folder)


@pytest.fixture(scope="module")
def parameters(declared: ParameterSet) -> ParameterValues:
    return ParameterValues(declared, {})


def levers_before_the_plan(**changes: float) -> dict[str, float]:
    values = {name: lever.before[0][1] for name, lever in load_levers().items()}
    return values | changes


@dataclass
class City:
    """Plants on a stock that integrates what they hand over."""

    parameters: ParameterValues
    levers: Mapping[str, float] = field(default_factory=levers_before_the_plan)
    generated: Array = field(default_factory=FULL_INFLOW.copy)
    month: Month = AFTER_ANNOUNCED_PROJECTS
    seed: int = 1
    money: Array = field(default_factory=lambda: np.zeros(len(PROGRAMMES)))
    law: Mapping[str, Instrument] = field(default_factory=load_instruments)

    def __post_init__(self) -> None:
        self.plants = Recyclers.build(None, self.parameters, self.seed)
        self.capacity = self.plants.capacity_by_kind()

    def step(self) -> Ledger:
        ledger = Ledger(str(self.month))
        treated = np.minimum(self.generated, self.capacity)
        stocks = {
            "recycling_capacity": self.capacity,
            "recycling_inflow_per_month": self.generated / 12.0,
            "recycling_throughput_per_month": treated / 12.0,
            "public_money_spent": self.money.copy(),
        }
        self.plants.decide(
            Situation(
                month=self.month,
                seed=self.seed,
                parameters=self.parameters,
                levers=self.levers,
                stocks=stocks,
                spent_this_year=self.money.copy(),
                ledger=ledger,
                law=self.law,
            )
        )
        self.capacity = (
            self.capacity
            + ledger["recycling_capacity_commissioned_per_month"]
            - ledger["recycling_capacity_closed_per_month"]
        )
        self.money = self.money + ledger["subsidy_spending_per_month"]
        self.month += 1
        return ledger

    def run(self, months: int) -> list[Ledger]:
        return [self.step() for _ in range(months)]


def formal(ledger: Ledger, kind: str) -> float:
    return float(ledger["formal_share"][KINDS.index(kind)])


# ---------------------------------------------------------------------------- plants


def test_plants_open_with_the_capacity_that_is_declared(parameters: ParameterValues) -> None:
    plants = Recyclers.build(None, parameters, 1)
    assert_allclose(
        plants.capacity_by_kind(), parameters.array("recycler_initial_capacity"), rtol=1e-12
    )
    assert len(plants) == parameters.array("recycler_agents").sum()
    assert plants.capacity.min() > 0.0


def test_the_largest_kitchen_plant_takes_3100_tonnes_a_day(parameters: ParameterValues) -> None:
    plants = Recyclers.build(None, parameters, 1)
    kitchen = plants.select(plants.kind == KINDS.index("kitchen"))
    assert len(kitchen) == 19
    assert kitchen.capacity.max() / 365.0 == pytest.approx(3100.0, abs=5.0)


def test_a_plant_is_seen_as_a_mesa_agent(parameters: ParameterValues) -> None:
    plants = Recyclers.build(None, parameters, 1, first_id=500)
    assert isinstance(plants[0], Recycler)
    assert plants[0].unique_id == 500
    assert plants[0].capacity == plants.capacity[0]


def test_the_same_seed_makes_the_same_plants_and_another_seed_others(
    parameters: ParameterValues,
) -> None:
    first, again, other = (Recyclers.build(None, parameters, seed) for seed in (1, 1, 2))
    for name, column in first.columns.items():
        assert_array_equal(column, again.columns[name])
    assert not np.array_equal(first.capacity, other.capacity)


def test_the_same_seed_makes_the_same_months(parameters: ParameterValues) -> None:
    first, again = City(parameters).run(30), City(parameters).run(30)
    for one, two in zip(first, again, strict=True):
        for name in ("formal_share", "recycling_capacity_commissioned_per_month"):
            assert_array_equal(one[name], two[name])


# ---------------------------------------------------------------------------- capacity


@pytest.mark.parametrize("filled", [0.0, 0.3, 1.0])
def test_capacity_is_the_opening_plus_opened_less_closed(
    parameters: ParameterValues, filled: float
) -> None:
    city = City(parameters, generated=FULL_INFLOW * filled, month=OPENING)
    opening = city.plants.capacity_by_kind()
    ledgers = city.run(144)
    opened = sum(ledger["recycling_capacity_commissioned_per_month"] for ledger in ledgers)
    closed = sum(ledger["recycling_capacity_closed_per_month"] for ledger in ledgers)
    difference = city.plants.capacity_by_kind() - (opening + opened - closed)
    assert np.abs(difference / opening).max() < 1e-9
    assert city.plants.capacity.min() >= 0.0


def test_announced_projects_come_into_service_by_the_end_of_2023(
    parameters: ParameterValues,
) -> None:
    city = City(parameters, generated=np.zeros(len(KINDS)), month=OPENING)
    ledgers = city.run(48)
    opened = sum(ledger["recycling_capacity_commissioned_per_month"] for ledger in ledgers)
    reached = parameters.array("recycler_initial_capacity") + opened
    assert reached[KINDS.index("construction")] == pytest.approx(9.957e6)
    assert reached[KINDS.index("kitchen")] / 365.0 == pytest.approx(5100.0)


def test_an_order_comes_into_service_after_the_plants_own_construction_time(
    parameters: ParameterValues,
) -> None:
    city = City(parameters)
    months = city.plants.construction_months.copy()
    city.step()
    ordered = city.plants.pipeline.sum(axis=1)
    place = int(np.flatnonzero(ordered)[0])
    before = city.plants.capacity[place]
    city.run(int(months[place]) - 1)
    assert city.plants.capacity[place] == before
    city.step()
    assert city.plants.capacity[place] == pytest.approx(before + ordered[place])


def test_without_waste_nobody_builds_and_in_the_end_everybody_closes(
    parameters: ParameterValues,
) -> None:
    city = City(parameters, generated=np.zeros(len(KINDS)))
    ledgers = city.run(24)
    assert city.plants.pipeline_by_kind().sum() == 0.0
    assert sum(ledger["recycling_capacity_closed_per_month"].sum() for ledger in ledgers) == 0.0
    city.run(96)
    assert_allclose(city.capacity, np.zeros(len(KINDS)), atol=1e-6)


def test_where_all_plants_are_gone_nothing_is_formal(parameters: ParameterValues) -> None:
    city = City(parameters, generated=np.zeros(len(KINDS)))
    ledger = city.run(121)[-1]
    assert formal(ledger, "battery") == 0.0
    assert formal(ledger, "kitchen") == 1.0


def test_plants_at_their_limit_build(parameters: ParameterValues) -> None:
    city = City(parameters)
    city.step()
    assert np.all(city.plants.pipeline_by_kind() > 0.0)


@pytest.mark.parametrize(("utilisation", "builds"), [(0.74, False), (0.76, True)])
def test_plants_build_above_three_quarters_of_capacity_only(
    parameters: ParameterValues, utilisation: float, builds: bool
) -> None:
    kitchen = KINDS.index("kitchen")
    # No rivals under construction and a cheap plant, so that utilisation alone decides.
    city = City(parameters, levers=levers_before_the_plan(recycling_investment_grant=0.5))
    city.generated = city.capacity * utilisation
    city.step()
    assert bool(city.plants.pipeline_by_kind()[kitchen] > 0.0) is builds


def test_a_grant_makes_plants_build_that_would_not_and_is_paid_for(
    parameters: ParameterValues,
) -> None:
    kitchen = KINDS.index("kitchen")
    ordered, paid = {}, {}
    for grant in (0.0, 0.15, 0.5):
        city = City(parameters, levers=levers_before_the_plan(recycling_investment_grant=grant))
        city.generated = city.capacity * 0.76
        ledger = city.step()
        ordered[grant] = city.plants.pipeline_by_kind()
        paid[grant] = ledger["subsidy_spending_per_month"][PROGRAMMES.index("recycling_grant")]
    assert np.all(ordered[0.0] <= ordered[0.15]) and np.all(ordered[0.15] <= ordered[0.5])
    assert ordered[0.5][kitchen] > ordered[0.0][kitchen]
    assert paid[0.0] == 0.0
    assert paid[0.15] == pytest.approx(
        0.15 * (ordered[0.15] @ parameters.array("recycler_outlay")), rel=1e-12
    )


def test_the_interest_discount_costs_public_money_only_when_somebody_builds(
    parameters: ParameterValues,
) -> None:
    place = PROGRAMMES.index("loan_interest")
    cheap = levers_before_the_plan(green_loan_interest_discount=0.006)
    assert City(parameters, levers=cheap).step()["subsidy_spending_per_month"][place] > 0.0
    idle = City(parameters, levers=cheap, generated=np.zeros(len(KINDS)))
    assert idle.step()["subsidy_spending_per_month"][place] == 0.0


def test_over_building_follows_a_flood_of_waste(parameters: ParameterValues) -> None:
    battery = KINDS.index("battery")
    city = City(parameters, generated=np.zeros(len(KINDS)))
    city.generated[battery] = 9000.0
    city.run(60)
    assert city.capacity[battery] > 9000.0 / 0.75


# ---------------------------------------------------------------------------- formal share


def test_formal_shares_open_where_they_were_observed(parameters: ParameterValues) -> None:
    ledger = City(parameters, month=OPENING).step()
    assert formal(ledger, "vehicle") == pytest.approx(0.40, abs=0.02)
    assert formal(ledger, "battery") == pytest.approx(0.25, abs=0.02)
    assert formal(ledger, "appliances") == pytest.approx(0.50, abs=0.02)


@pytest.mark.parametrize("kind", ["construction", "kitchen", "scrap"])
@pytest.mark.parametrize("factor", [0.5, 1.0, 1.75])
def test_kinds_without_an_informal_rival_are_formal(
    declared: ParameterSet, kind: str, factor: float
) -> None:
    city = City(ParameterValues(declared, {"formal_share_reference": factor}))
    assert formal(city.step(), kind) == 1.0


def test_enforcement_never_lowers_a_formal_share(parameters: ParameterValues) -> None:
    shares = [
        City(parameters, levers=levers_before_the_plan(formal_channel_enforcement=force)).step()[
            "formal_share"
        ]
        for force in (0.0, 0.3, 0.6, 1.0)
    ]
    rises = np.diff(shares, axis=0)
    assert np.all(rises >= 0.0)
    assert np.all(rises[:, :3] > 0.0)


def test_a_bigger_informal_premium_lowers_the_formal_share_under_less_enforcement(
    declared: ParameterSet,
) -> None:
    levers = levers_before_the_plan(formal_channel_enforcement=0.0)
    shares = [
        formal(City(ParameterValues(declared, {"informal_premium": factor}), levers).step(), kind)
        for kind in ("vehicle", "battery")
        for factor in (0.5, 2.0)
    ]
    assert shares[0] > shares[1]
    assert shares[2] > shares[3]


def test_scrappage_money_brings_cars_to_formal_yards_and_its_end_sends_them_back(
    parameters: ParameterValues,
) -> None:
    city = City(parameters)
    city.generated[KINDS.index("vehicle")] = 200_000 * 1.4
    without = formal(city.step(), "vehicle")
    city.money[PUBLIC_MONEY] += 200_000 / 12 * 6000.0
    with_money = formal(city.step(), "vehicle")
    assert with_money == pytest.approx(1.0 - (1.0 - without) * np.exp(-6000.0 / 17000.0), rel=0.02)
    assert formal(city.step(), "vehicle") == pytest.approx(without, rel=0.02)


def test_money_spent_before_the_first_month_is_no_payment_of_that_month(
    parameters: ParameterValues,
) -> None:
    late = City(parameters)
    late.money[PUBLIC_MONEY] = 1e9
    assert formal(late.step(), "vehicle") == formal(City(parameters).step(), "vehicle")


def without(rule: str, day: str = "2020-01-01") -> Mapping[str, Instrument]:
    return Scenario.load("plan").with_setting(f"instrument.{rule}=strike@{day}").law


def spent(ledger: Ledger, programme: str) -> float:
    return float(ledger["subsidy_spending_per_month"][PROGRAMMES.index(programme)])


def test_the_opening_shares_are_those_of_the_record(parameters: ParameterValues) -> None:
    share = City(parameters, month=OPENING).step()["formal_share"][:3]
    assert_allclose(share, parameters.array("formal_share_reference")[:3], atol=0.02)


@pytest.mark.parametrize(
    ("rule", "month", "kind"),
    [
        ("electronic_waste_subsidy", "2022-06", "appliances"),
        ("electronic_waste_special_fund", "2025-06", "appliances"),
        ("recycling_tax_refund", "2023-06", "vehicle"),
        ("reverse_invoicing", "2025-06", "vehicle"),
        ("formal_channel_certificate", "2025-06", "battery"),
        ("scrap_vehicle_with_battery", "2026-05", "battery"),
    ],
)
def test_without_a_rule_fewer_go_to_formal_plants(
    parameters: ParameterValues, rule: str, month: str, kind: str
) -> None:
    with_rule, struck = (
        City(parameters, month=Month.parse(month), law=law).step()
        for law in (load_instruments(), without(rule))
    )
    assert formal(struck, kind) < formal(with_rule, kind) - 0.001


@pytest.mark.parametrize(
    ("rule", "last", "first"),
    [
        ("electronic_waste_special_fund", "2023-12", "2024-01"),
        ("reverse_invoicing", "2024-03", "2024-04"),
        ("scrap_vehicle_with_battery", "2026-03", "2026-04"),
    ],
)
def test_a_rule_moves_nothing_before_its_first_month(
    parameters: ParameterValues, rule: str, last: str, first: str
) -> None:
    for month, moved in ((last, False), (first, True)):
        with_rule, struck = (
            City(parameters, month=Month.parse(month), law=law).step()["formal_share"]
            for law in (load_instruments(), without(rule))
        )
        assert np.array_equal(with_rule, struck) is not moved


def test_treated_appliances_are_paid_by_the_tonne(parameters: ParameterValues) -> None:
    treated = 150_000.0 / 12.0  # plants are full
    in_2020 = City(parameters, month=OPENING).step()
    units = np.array([0.12, 0.18, 0.22, 0.48])
    yuan = units @ [130.0, 80.0, 0.3 * 35.0 + 0.7 * 45.0, 0.4 * 60.0 + 0.6 * 70.0]
    tonnes = units @ [0.038, 0.058, 0.033, 0.018]
    assert spent(in_2020, "electronic_waste") == pytest.approx(treated * yuan / tonnes)
    in_2024 = City(parameters, month=AFTER_ANNOUNCED_PROJECTS).step()
    assert spent(in_2024, "electronic_waste") == pytest.approx(treated * 0.7 * 3000.0)
    in_2028 = City(parameters, month=Month.parse("2028-01")).step()
    assert spent(in_2028, "electronic_waste") == 0.0


def test_refunds_are_revenue_forgone_and_none_without_the_rule(
    parameters: ParameterValues,
) -> None:
    assert spent(City(parameters, law=without("recycling_tax_refund")).step(), "tax_refund") == 0.0
    city = City(parameters, generated=np.zeros(len(KINDS)))
    city.generated[KINDS.index("battery")] = 3_000.0
    value = 3_000.0 / 12.0 * 14_000.0 * 0.85  # yuan a month in 2024
    assert spent(city.step(), "tax_refund") == pytest.approx(value * 0.10 * 0.5)


def test_campaigns_cost_in_proportion_to_their_reach(parameters: ParameterValues) -> None:
    for reach in (0.0, 0.4, 1.0):
        ledger = City(parameters, levers=levers_before_the_plan(green_campaign=reach)).step()
        assert spent(ledger, "waste_sorting") == pytest.approx(reach * 6e7 / 12.0)


def test_without_refunds_collectors_pay_less_and_collect_less(
    parameters: ParameterValues,
) -> None:
    shares = [
        City(parameters, law=law).run(24)[-1]["material_collection_share"]
        for law in (load_instruments(), without("recycling_tax_refund"))
    ]
    assert np.all(shares[1] < shares[0])


# ---------------------------------------------------------------------------- collection


def test_collection_opens_at_the_reference(parameters: ParameterValues) -> None:
    share = City(parameters).step()["material_collection_share"]
    assert_allclose(share, parameters.array("material_collection_reference"), atol=0.005)


@pytest.mark.parametrize(
    ("lever", "low", "high"),
    [
        ("recycling_investment_grant", 0.0, 0.15),
        ("green_campaign", 0.0, 0.4),
        ("recycled_content_requirement", 0.0, 0.1),
    ],
)
def test_the_levers_of_the_plan_raise_collection_of_every_material(
    parameters: ParameterValues, lever: str, low: float, high: float
) -> None:
    shares = [
        City(parameters, levers=levers_before_the_plan(**{lever: value})).run(24)[-1][
            "material_collection_share"
        ]
        for value in (low, high)
    ]
    assert np.all(shares[1] > shares[0])
    assert np.all(shares[1] < 1.0)


def test_the_plan_adds_a_few_points_to_collection_and_slowly(
    parameters: ParameterValues,
) -> None:
    plan = {name: lever.default for name, lever in load_levers().items()}
    with_plan, without = City(parameters, levers=plan), City(parameters)
    gain = [
        one["material_collection_share"] - two["material_collection_share"]
        for one, two in zip(with_plan.run(36), without.run(36), strict=True)
    ]
    assert np.all(gain[2] < gain[35] / 3.0)
    # Grants of 15 % and a tenth of recycled content, each about 2 points by their own source.
    assert np.all((gain[35] > 0.005) & (gain[35] < 0.05))
