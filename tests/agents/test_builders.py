"""Builders over months: floor to the square metre, rules, cost, habits, waste, public money."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import transition_model
from transition_model.agents.builders import Builder, Builders
from transition_model.agents.situation import Situation
from transition_model.calendar import Month
from transition_model.dimensions import dimension
from transition_model.instruments import Instrument, load_instruments
from transition_model.ledger import Ledger
from transition_model.parameters import ParameterSet, ParameterValues, load_parameters
from transition_model.scenario import Scenario

PROGRAMMES = dimension("subsidy_programme")
OPENING = Month.parse("2020-01")
PLAN_START = Month.parse("2025-01")
DUMPED = 1.2e6
"""Tonnes a month."""


@pytest.fixture(scope="module")
def declared(tmp_path_factory: pytest.TempPathFactory) -> ParameterSet:
    folder = tmp_path_factory.mktemp("parameters")
    own = Path(transition_model.__file__).parent / "data" / "parameters"
    for name in (
        "recyclers.toml",
        "builders.toml",
        "finance.toml",
    ):  # builders pay the recyclers' gate fee
        shutil.copy(own / name, folder)
    return load_parameters(folder)


@pytest.fixture(scope="module")
def parameters(declared: ParameterSet) -> ParameterValues:
    return ParameterValues(declared, {})


def levers_of(month: Month, variant: str = "plan", **changes: float) -> dict[str, float]:
    """Levers of a month: as they were before the plan, then as planned or off."""
    scenario = Scenario.load({"plan": "plan", "off": "none"}[variant])
    return scenario.lever_values(month) | changes


@dataclass
class City:
    """Builders alone, in a city that dumps the same tonnage every month."""

    parameters: ParameterValues
    variant: str = "plan"
    changes: Mapping[str, float] = field(default_factory=dict)
    month: Month = OPENING
    seed: int = 1
    law: Mapping[str, Instrument] = field(default_factory=load_instruments)

    def __post_init__(self) -> None:
        self.builders = Builders.build(None, self.parameters, self.seed)

    def step(self) -> Ledger:
        ledger = Ledger(str(self.month))
        self.builders.decide(
            Situation(
                month=self.month,
                seed=self.seed,
                parameters=self.parameters,
                levers=levers_of(self.month, self.variant, **self.changes),
                stocks={"construction_waste_dumped_per_month": np.asarray(DUMPED)},
                spent_this_year=np.zeros(len(PROGRAMMES)),
                ledger=ledger,
                law=self.law,
            )
        )
        self.month += 1
        return ledger

    def run_until(self, month: str) -> Ledger:
        """Run up to and including a month; its ledger."""
        while self.month < Month.parse(month):
            self.step()
        return self.step()


def green_share(ledger: Ledger) -> float:
    floor = ledger["building_starts_per_month"]
    return float(floor[1:].sum() / floor.sum())


def high_star_share(ledger: Ledger) -> float:
    floor = ledger["building_starts_per_month"]
    return float(floor[2].sum() / floor.sum())


def prefabricated_share(ledger: Ledger) -> float:
    floor = ledger["building_starts_per_month"]
    return float(floor[:, 1].sum() / floor.sum())


def material_share(ledger: Ledger) -> float:
    floor = ledger["building_starts_per_month"].sum()
    return float(ledger["green_material_starts_per_month"] / floor)


def delivery_share(ledger: Ledger) -> float:
    return float(ledger["construction_waste_delivery_share"])


# ---------------------------------------------------------------------------- builders


def test_builders_share_out_all_starts(parameters: ParameterValues) -> None:
    city = City(parameters, month=Month.parse("2021-03"))
    assert city.builders.starts_share.sum() == pytest.approx(1.0, abs=1e-12)
    starts = city.step()["building_starts_per_month"].sum()
    assert starts * 12.0 == pytest.approx(87.0e6, rel=1e-12)


def test_a_builder_is_seen_as_a_mesa_agent(parameters: ParameterValues) -> None:
    builders = Builders.build(None, parameters, 1, first_id=900)
    assert len(builders) == 120
    assert isinstance(builders[3], Builder)
    assert builders[3].unique_id == 903
    assert builders[3].delivery_share == builders.delivery_share[3]


def test_the_same_seed_makes_the_same_builders_and_months(parameters: ParameterValues) -> None:
    first, again, other = (City(parameters, seed=seed) for seed in (1, 1, 2))
    for _ in range(24):
        one, two, three = first.step(), again.step(), other.step()
    for name in ("building_starts_per_month", "construction_waste_delivery_share"):
        assert_array_equal(one[name], two[name])
    assert not np.array_equal(one["building_starts_per_month"], three["building_starts_per_month"])
    for name, column in first.builders.columns.items():
        assert_array_equal(column, again.builders.columns[name])


def test_cities_of_other_seeds_differ_little(parameters: ParameterValues) -> None:
    ledgers = [City(parameters, seed=seed).run_until("2023-12") for seed in range(6)]
    for share in (green_share, prefabricated_share, material_share, delivery_share):
        assert np.std([share(ledger) for ledger in ledgers]) < 0.02


# ---------------------------------------------------------------------------- anchors


def test_prefabrication_passes_what_was_published(parameters: ParameterValues) -> None:
    city = City(parameters)
    assert prefabricated_share(city.run_until("2021-12")) == pytest.approx(0.186, abs=0.015)
    assert prefabricated_share(city.run_until("2023-12")) == pytest.approx(0.30, abs=0.02)


def test_green_starts_lead_completions_of_95_percent_by_two_years(
    parameters: ParameterValues,
) -> None:
    city = City(parameters)
    assert 0.60 < green_share(city.run_until("2020-01")) < 0.80
    assert green_share(city.run_until("2023-06")) == pytest.approx(0.95, abs=0.02)


def test_a_fifth_of_construction_waste_is_delivered_before_the_plan(
    parameters: ParameterValues,
) -> None:
    assert delivery_share(City(parameters).run_until("2023-12")) == pytest.approx(0.18, abs=0.02)


def test_the_plan_reaches_what_its_absence_does_not(parameters: ParameterValues) -> None:
    plan = City(parameters, "plan").run_until("2027-12")
    off = City(parameters, "off").run_until("2027-12")
    assert prefabricated_share(plan) > 0.35 > prefabricated_share(off)
    assert green_share(plan) == pytest.approx(1.0, abs=1e-12)
    assert green_share(off) < 0.99
    assert material_share(plan) > 0.70 > material_share(off)
    assert 0.55 < delivery_share(plan) < 0.80
    assert delivery_share(off) < 0.25


def test_both_policies_share_the_months_before_the_plan(parameters: ParameterValues) -> None:
    plan, off = City(parameters, "plan"), City(parameters, "off")
    while plan.month < PLAN_START:
        one, two = plan.step(), off.step()
        assert_array_equal(one["building_starts_per_month"], two["building_starts_per_month"])
    assert green_share(plan.step()) > green_share(off.step())


# ---------------------------------------------------------------------------- rules


@pytest.mark.parametrize(
    ("lever", "share"),
    [
        ("green_building_mandate", green_share),
        ("prefabrication_requirement", prefabricated_share),
        ("green_material_requirement", material_share),
    ],
)
def test_a_requirement_of_one_binds_everybody_and_one_of_zero_leaves_the_willing(
    parameters: ParameterValues, lever: str, share: object
) -> None:
    assert callable(share)
    values = [
        share(City(parameters, changes={lever: bound}).step()) for bound in (0.0, 0.4, 0.8, 1.0)
    ]
    assert values[-1] == pytest.approx(1.0, abs=1e-12)
    assert 0.0 < values[0] < 0.5
    assert values == sorted(values)


def paid(ledger: Ledger, programme: str) -> float:
    return float(ledger["subsidy_spending_per_month"][PROGRAMMES.index(programme)])


AWARDED = Month.parse("2023-06")


def test_awards_raise_high_stars_from_the_month_in_which_they_begin(
    parameters: ParameterValues,
) -> None:
    for month, moved in (("2022-10", False), ("2022-11", True)):
        shares = [
            high_star_share(
                City(
                    parameters,
                    month=Month.parse(month),
                    changes={"green_building_bonus": multiple},
                ).step()
            )
            for multiple in (0.0, 1.0, 3.0)
        ]
        assert (shares[0] < shares[1] < shares[2]) is moved
        assert moved or shares[0] == shares[1] == shares[2]


def test_awards_are_paid_for_the_awarded_part_of_the_floor(parameters: ParameterValues) -> None:
    ledgers = {
        multiple: City(parameters, month=AWARDED, changes={"green_building_bonus": multiple}).step()
        for multiple in (0.0, 1.0)
    }
    assert paid(ledgers[0.0], "green_building_bonus") == 0.0
    floor = float(ledgers[1.0]["building_starts_per_month"][2].sum())
    # 60,000 m2 a project: 60, 2,000,000 / 60,000 and 1,000,000 / 60,000 yuan/m2 by class.
    mean_award = 0.2 * 60.0 + 0.6 * 2e6 / 6e4 + 0.2 * 1e6 / 6e4
    stars = mean_award * parameters.scalar("builder_bonus_award_share") * floor
    # 1 to 2 % of high-star floor is low-energy: at most 80 yuan/m2 on half of it.
    assert stars * 0.98 < paid(ledgers[1.0], "green_building_bonus") < stars * 1.1


def test_a_struck_award_is_not_paid(parameters: ParameterValues) -> None:
    law = {
        name: Scenario.load("plan").with_setting(f"instrument.{name}=end@2023-05-31").law[name]
        for name in ("green_building_award", "low_energy_building_award")
    }
    neither = City(parameters, month=AWARDED, law={**load_instruments(), **law}).step()
    assert paid(neither, "green_building_bonus") == 0.0
    for name, rule in law.items():
        without = City(parameters, month=AWARDED, law={**load_instruments(), name: rule}).step()
        full = City(parameters, month=AWARDED).step()
        assert 0.0 < paid(without, "green_building_bonus") < paid(full, "green_building_bonus")
        assert high_star_share(without) < high_star_share(full)


def test_components_are_subsidised_until_the_end_of_2020(parameters: ParameterValues) -> None:
    last, next_month = (
        City(parameters, month=Month.parse(month), changes={"green_building_bonus": 0.0}).step()
        for month in ("2020-12", "2021-01")
    )
    floor = float(last["building_starts_per_month"][:, 1].sum())
    assert paid(last, "green_building_bonus") == pytest.approx(350.0 * 0.12 * 0.2 * floor)
    assert paid(next_month, "green_building_bonus") == 0.0


def test_a_struck_component_subsidy_lowers_prefabrication(parameters: ParameterValues) -> None:
    name = "prefabricated_component_subsidy"
    law = Scenario.load("plan").with_setting(f"instrument.{name}=end@2019-12-31").law
    assert prefabricated_share(City(parameters, law=law).step()) < prefabricated_share(
        City(parameters).step()
    )


def test_cheaper_loans_add_retrofits_and_cost_public_money(parameters: ParameterValues) -> None:
    without, with_discount = (
        City(parameters, changes={"green_loan_interest_discount": discount}).step()
        for discount in (0.0, 0.006)
    )
    assert without["building_retrofits_per_month"] == pytest.approx(4.0e6 / 12.0)
    assert with_discount["building_retrofits_per_month"] > without["building_retrofits_per_month"]
    assert paid(without, "loan_interest") == 0.0
    assert paid(with_discount, "loan_interest") > 0.0


@pytest.mark.parametrize(
    ("name", "before", "after", "rate"),
    [
        ("public_building_retrofit", "2022-10", "2022-11", 25.0),
        ("old_housing_renovation", "2024-12", "2025-01", 40.0),
    ],
)
def test_a_retrofit_subsidy_adds_retrofits_from_its_first_month_and_pays_for_them(
    parameters: ParameterValues, name: str, before: str, after: str, rate: float
) -> None:
    struck = Scenario.load("plan").with_setting(f"instrument.{name}=strike@2020-01-01").law
    for month, moved in ((before, False), (after, True)):
        ledgers = [
            City(parameters, month=Month.parse(month), law=law).step()
            for law in (struck, load_instruments())
        ]
        floor = [float(ledger["building_retrofits_per_month"]) for ledger in ledgers]
        money = [paid(ledger, "building_retrofit") for ledger in ledgers]
        assert (floor[1] > floor[0]) is moved
        assert (money[1] > money[0]) is moved
        assert moved or (floor[1], money[1]) == (floor[0], money[0])
        assert money[1] - money[0] <= rate * floor[1]


# ---------------------------------------------------------------------------- solar roofs


def test_panels_follow_the_duty_by_the_time_that_a_building_takes(
    parameters: ParameterValues,
) -> None:
    city = City(parameters)
    starts = {}
    while city.month <= Month.parse("2024-12"):
        month = str(city.month)
        starts[month] = float(city.step()["roof_solar_starts_per_month"])
    assert starts["2021-04"] == 0.0  # what stood under construction at the opening has none
    assert 0.0 < starts["2021-05"] < starts["2023-11"]  # July 2022 and sixteen months
    assert starts["2023-10"] == pytest.approx(52e6 / 12 * 0.077 * 0.02 * 1e-7)
    assert starts["2023-11"] == pytest.approx(52e6 / 12 * 0.077 * (0.02 + 0.6 * 0.48) * 1e-7)


def test_planned_panels_are_ordered_to_the_last_one(parameters: ParameterValues) -> None:
    city = City(parameters, month=Month.parse("2023-01"))
    delay = round(parameters.scalar("solar_roof_delay"))
    planned = []
    ordered = []
    for _ in range(3 * delay):
        ordered.append(float(city.step()["roof_solar_starts_per_month"]))
        planned.append(float(city.builders.solar_pipeline[:, -1].sum()))
    assert_allclose(ordered[delay:], planned[:-delay], rtol=1e-12)


# ---------------------------------------------------------------------------- cost and habit


def test_without_a_requirement_the_opening_share_is_the_voluntary_one(
    declared: ParameterSet,
) -> None:
    alike = ParameterValues(declared, {"builder_inclination_spread": 0.0})
    ledger = City(alike, changes={"prefabrication_requirement": 0.0}).step()
    assert prefabricated_share(ledger) == pytest.approx(
        alike.scalar("builder_prefabricated_voluntary_share"), rel=1e-9
    )


@pytest.mark.parametrize("cost", [237.0, 437.0])
def test_the_opening_share_holds_whatever_cost_was_paid_for_it(
    declared: ParameterSet, cost: float
) -> None:
    dear = City(ParameterValues(declared, {"builder_prefabricated_cost_premium": cost})).step()
    assert prefabricated_share(dear) == pytest.approx(
        prefabricated_share(City(ParameterValues(declared, {})).step()), rel=1e-9
    )


def test_the_more_builders_heed_cost_the_more_experience_moves_them(
    declared: ParameterSet,
) -> None:
    shares = [
        prefabricated_share(
            City(ParameterValues(declared, {"builder_cost_sensitivity": heed})).run_until("2024-12")
        )
        for heed in (0.005, 0.015, 0.03)
    ]
    assert shares[0] < shares[1] < shares[2]


def test_experience_makes_the_unbound_follow(declared: ParameterSet) -> None:
    identifier = "builder_prefabricated_learning_rate"
    shares = [
        prefabricated_share(
            City(ParameterValues(declared, {identifier: rate})).run_until("2024-12")
        )
        for rate in (0.0, 0.15)
    ]
    assert shares[1] > shares[0]


def test_experience_counts_every_square_metre(parameters: ParameterValues) -> None:
    city = City(parameters)
    before = city.builders.green_experience.sum(), city.builders.high_star_experience.sum()
    ledgers = [city.step() for _ in range(12)]
    green = sum(ledger["building_starts_per_month"][1:].sum() for ledger in ledgers)
    high = sum(ledger["building_starts_per_month"][2].sum() for ledger in ledgers)
    assert_allclose(city.builders.green_experience.sum(), before[0] + green, rtol=1e-12)
    assert_allclose(city.builders.high_star_experience.sum(), before[1] + high, rtol=1e-12)


# ---------------------------------------------------------------------------- waste


@pytest.mark.parametrize(
    ("lever", "values"),
    [
        ("construction_waste_fee", (0.0, 10.0, 25.0, 150.0)),
        ("construction_waste_delivery_mandate", (0.0, 0.15, 0.7, 1.0)),
    ],
)
def test_fee_and_duty_never_lower_delivery(
    parameters: ParameterValues, lever: str, values: tuple[float, ...]
) -> None:
    shares = [
        delivery_share(City(parameters, changes={lever: value}).run_until("2021-12"))
        for value in values
    ]
    assert shares == sorted(shares)
    assert shares[0] < shares[-1] <= 1.0


def test_without_duty_few_deliver_and_with_a_duty_for_all_most_do(
    parameters: ParameterValues,
) -> None:
    lever = "construction_waste_delivery_mandate"
    free = City(parameters, changes={lever: 0.0}).run_until("2022-12")
    bound = City(parameters, changes={lever: 1.0}).run_until("2022-12")
    assert delivery_share(free) < 0.15
    assert 0.75 < delivery_share(bound) < 1.0


def test_delivery_follows_a_new_duty_within_a_year_not_at_once(
    parameters: ParameterValues,
) -> None:
    city = City(parameters)
    before = delivery_share(city.run_until("2024-12"))
    city.changes = {"construction_waste_delivery_mandate": 0.7}
    first = delivery_share(city.step())
    year = delivery_share(city.run_until("2025-12"))
    after = delivery_share(city.run_until("2027-12"))
    assert first - before < (after - before) / 4.0
    assert year - before > 0.8 * (after - before)


def test_every_dumped_tonne_pays_the_fee(parameters: ParameterValues) -> None:
    place = dimension("revenue_source").index("construction_waste_fee")
    for fee in (0.0, 10.0, 25.0):
        ledger = City(parameters, changes={"construction_waste_fee": fee}).step()
        assert ledger["public_revenue_per_month"][place] == pytest.approx(fee * DUMPED)
