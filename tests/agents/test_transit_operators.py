"""Operators of public-service fleets count every vehicle and answer quota and subsidy."""

from __future__ import annotations

from datetime import date

import mesa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transition_model.agents.situation import Situation
from transition_model.agents.transit_operators import (
    FIRST_MONTH,
    TransitOperator,
    TransitOperators,
)
from transition_model.calendar import Month
from transition_model.dimensions import dimension, shape
from transition_model.instruments import load_instruments
from transition_model.instruments.changes import change_from, law_under
from transition_model.ledger import Ledger
from transition_model.parameters import (
    Parameter,
    ParameterSet,
    ParameterValues,
    load_parameters,
)
from transition_model.scenario import Scenario

PLAN_BEGINS = Month.parse("2025-01")
CLASSES = dimension("transit_class")
ELECTRIC = dimension("transit_fuel").index("electric")
BUS_RENEWAL = dimension("subsidy_programme").index("bus_renewal")
CENTRAL = [CLASSES.index("central_bus"), CLASSES.index("central_taxi")]
POINTS_ENOUGH = {
    "public_charging_points_per_new_energy_car": np.array(1.0),
    "trucks": np.full(shape(("truck_age", "truck_class", "truck_fuel")), 100.0),
}
BUSES = [CLASSES.index("central_bus"), CLASSES.index("other_bus")]


def parameter_values(**overrides: float) -> ParameterValues:
    return ParameterValues(load_parameters(), overrides)


def built(seed: int = 1, parameters: ParameterValues | None = None) -> TransitOperators:
    return TransitOperators.build(None, parameters or parameter_values(), seed, 1)


class Run:
    """A run of the operators from 2020-01; changes of levers hold from a month on."""

    def __init__(
        self,
        scenario: str = "plan",
        months: int = 96,
        seed: int = 1,
        changed_from: Month = FIRST_MONTH,
        **changes: float,
    ) -> None:
        policy, parameters = Scenario.load(scenario), parameter_values()
        self.operators = built(seed, parameters)
        self.fleets = [self.operators.fleet()]
        self.registered: list[np.ndarray] = []
        self.retired: list[np.ndarray] = []
        self.spent: list[float] = []
        for month in (FIRST_MONTH + step for step in range(months)):
            ledger = Ledger(str(month))
            levers = policy.lever_values(month) | (changes if month >= changed_from else {})
            self.operators.decide(
                Situation(
                    month=month,
                    seed=seed,
                    parameters=parameters,
                    levers=levers,
                    stocks=POINTS_ENOUGH,
                    law=policy.law,
                    spent_this_year=np.zeros(shape(("subsidy_programme",))),
                    ledger=ledger,
                )
            )
            self.fleets.append(self.operators.fleet())
            self.registered.append(ledger["transit_registrations_per_month"])
            self.retired.append(ledger["transit_retirements_per_month"])
            self.spent.append(float(ledger["subsidy_spending_per_month"][BUS_RENEWAL]))

    def electric_share(self, classes: list[int], month: int = -1) -> float:
        fleet = self.fleets[month][classes]
        return float(fleet[:, ELECTRIC].sum() / fleet.sum())


@pytest.fixture(scope="module")
def plan() -> Run:
    return Run("plan")


@pytest.fixture(scope="module")
def none() -> Run:
    return Run("none")


# ---------------------------------------------------------------------- the fleets of 2020


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_fleets_of_2020_meet_the_totals_to_the_vehicle(seed: int) -> None:
    fleet = built(seed).fleet()
    assert fleet.dtype == np.int64
    totals = parameter_values().array("transit_fleet_initial")
    assert fleet.sum(axis=1).tolist() == totals.astype(int).tolist()
    assert fleet[CLASSES.index("central_bus")].tolist() == [270, 7200, 450, 1080]
    assert fleet[CLASSES.index("central_taxi"), ELECTRIC] == 280


def test_electric_vehicles_of_2020_are_young() -> None:
    operators = built()
    assert operators.vehicles[:, ELECTRIC, 4:].sum() == 0
    assert operators.vehicles[:, ELECTRIC, :4].sum() > 0


def test_an_operator_is_a_mesa_agent_with_its_own_fleet() -> None:
    operators = TransitOperators.build(None, parameter_values(), seed=1, first_id=51)
    operator = operators[0]
    assert isinstance(operator, TransitOperator)
    assert isinstance(operator, mesa.Agent)
    assert operator.unique_id == 51
    assert operator.vehicles.sum() == operators.vehicles[0].sum() > 0


def test_lives_are_whole_years_within_the_law() -> None:
    operators, parameters = built(), parameter_values()
    buses = np.isin(operators.transit_class, BUSES)
    taxis = operators.transit_class == CLASSES.index("central_taxi")
    assert set(operators.service_life[buses]) <= {8.0, 9.0}
    assert set(operators.service_life[taxis]) <= {6.0, 7.0, 8.0}
    legal = parameters.array("transit_legal_life")[operators.transit_class]
    assert np.all(operators.service_life <= legal)


# ---------------------------------------------------------------------- counting


def test_the_fleet_changes_by_what_is_registered_less_what_is_retired(plan: Run) -> None:
    for before, after, came, went in zip(
        plan.fleets, plan.fleets[1:], plan.registered, plan.retired, strict=False
    ):
        assert (after - before).tolist() == (came - went).tolist()
        assert np.all(after >= 0)
        assert np.all(came == np.rint(came))


@settings(max_examples=8)
@given(
    quota=st.floats(0.0, 1.0),
    subsidy=st.floats(0.0, 300_000.0),
    seed=st.integers(0, 1000),
)
def test_counting_is_exact_under_any_policy(quota: float, subsidy: float, seed: int) -> None:
    run = Run(months=20, seed=seed, public_fleet_electric_quota=quota, bus_renewal_subsidy=subsidy)
    moved = sum(run.registered) - sum(run.retired)
    assert (run.fleets[-1] - run.fleets[0]).tolist() == moved.tolist()
    assert np.all(run.operators.leaving <= run.operators.vehicles)
    assert np.all(run.operators.vehicles >= 0)


def test_buses_and_taxis_are_replaced_one_for_one_and_logistics_grow(plan: Run) -> None:
    first, last = plan.fleets[0].sum(axis=1), plan.fleets[-1].sum(axis=1)
    licensed = [*BUSES, CLASSES.index("central_taxi"), CLASSES.index("other_taxi")]
    assert first[licensed].tolist() == last[licensed].tolist()
    assert last[CLASSES.index("logistics")] > first[CLASSES.index("logistics")]


def test_no_vehicle_outlives_the_law_by_more_than_the_wait_for_its_successor(plan: Run) -> None:
    operators, parameters = plan.operators, parameter_values()
    legal = parameters.array("transit_legal_life")[operators.transit_class].astype(int)
    for fleet, limit in zip(operators.vehicles, legal, strict=True):
        # Planned in the year that it reaches the limit, delivered at most eight months later.
        assert fleet[:, limit + 2 :].sum() == 0


def test_what_was_ordered_in_2019_arrives_in_2020() -> None:
    first_year = Run(months=12)
    second_year = Run(months=24)
    bought = sum(first_year.registered)[CENTRAL].sum()
    later = sum(second_year.registered[12:])[CENTRAL].sum()
    assert bought == pytest.approx(later, rel=0.4)


def test_an_order_takes_four_to_eight_months() -> None:
    operators = Run(months=12).operators
    assert set(operators.lead_months.tolist()) == {4, 5, 6, 7, 8}
    waiting = operators.delivery > 0
    assert np.all(operators.delivery[waiting] > (FIRST_MONTH + 11).index)
    assert np.all(operators.ordered[~waiting] == 0)


# ---------------------------------------------------------------------- quota


def deliveries_after_change(**changes: float) -> np.ndarray:
    """New vehicles from 2022 on when levers changed in 2020-01: all orders are under the change."""
    run = Run(months=48, **changes)
    total: np.ndarray = sum(run.registered[24:])
    return total


def test_a_full_quota_that_reaches_all_leaves_only_electric_vehicles() -> None:
    declared = {parameter.id: parameter for parameter in load_parameters()}
    reach = declared["transit_quota_reach"].model_dump()
    reach["years"] = {2020: dict.fromkeys(CLASSES.members, 1.0)}
    declared["transit_quota_reach"] = Parameter.model_validate(reach)
    places = declared["transit_depot_extension"].model_dump()
    places["table"] = dict.fromkeys(CLASSES.members, 1.0)
    declared["transit_depot_extension"] = Parameter.model_validate(places)
    values = ParameterValues(ParameterSet(declared), {})
    operators = built(parameters=values)
    bought = np.zeros(shape(("transit_class", "transit_fuel")))
    for step in range(30):
        month = FIRST_MONTH + step
        ledger = Ledger(str(month))
        levers = Scenario.load("plan").lever_values(month) | {"public_fleet_electric_quota": 1.0}
        operators.decide(
            Situation(
                month,
                1,
                values,
                levers,
                POINTS_ENOUGH,
                np.zeros(shape(("subsidy_programme",))),
                ledger,
            )
        )
        # Orders of 2019 have all arrived by August.
        if step >= 8:
            bought += ledger["transit_registrations_per_month"]
    assert bought[:, ELECTRIC].sum() == bought.sum() > 0


def test_without_quota_operators_buy_electric_where_it_is_cheaper() -> None:
    bought = deliveries_after_change(public_fleet_electric_quota=0.0)
    share = bought[:, ELECTRIC] / bought.sum(axis=1)
    assert np.all((share > 0.0) & (share < 1.0))


def test_a_stricter_quota_never_means_fewer_electric_vehicles() -> None:
    shares = [
        Run(months=60, public_fleet_electric_quota=quota).electric_share(list(range(len(CLASSES))))
        for quota in (0.0, 0.5, 1.0)
    ]
    assert shares[0] <= shares[1] <= shares[2]
    assert shares[2] > shares[0]


# ---------------------------------------------------------------------- bus renewal


def test_a_higher_renewal_subsidy_never_means_fewer_electric_buses() -> None:
    electric = [
        Run(changed_from=PLAN_BEGINS, bus_renewal_subsidy=amount).fleets[-1][BUSES, ELECTRIC].sum()
        for amount in (0.0, 40_000.0, 80_000.0, 160_000.0)
    ]
    assert electric == sorted(electric)
    assert electric[-1] > electric[0]


def test_each_old_bus_replaced_by_an_electric_one_is_paid_for_once(plan: Run) -> None:
    spent = np.array(plan.spent)
    assert np.all(spent[:54] == 0.0)  # before 2024-07
    assert np.all(spent % 80_000.0 == 0.0)
    electric = sum(plan.registered[54:])[BUSES, ELECTRIC].sum()
    assert 0.0 < spent.sum() / 80_000.0 <= electric


def test_no_subsidy_no_spending(none: Run) -> None:
    assert sum(none.spent[60:]) == 0.0


@pytest.mark.parametrize(("age", "paid"), [(7, 0), (8, 1), (9, 1)])
def test_a_bus_earns_the_subsidy_from_its_eighth_year(age: int, paid: int) -> None:
    operators, parameters = built(), parameter_values()
    month = Month.parse("2025-06")
    for name in ("vehicles", "leaving", "ordered", "delivery"):
        operators.columns[name][:] = 0
    operators.columns["vehicles"][0, 1, age] = 1
    operators.columns["leaving"][0, 1, age] = 1
    operators.columns["ordered"][0, ELECTRIC] = 1
    operators.columns["delivery"][0] = month.index
    ledger = Ledger(str(month))
    levers = Scenario.load("plan").lever_values(month)
    operators.decide(
        Situation(
            month,
            1,
            parameters,
            levers,
            POINTS_ENOUGH,
            np.zeros(shape(("subsidy_programme",))),
            ledger,
        )
    )
    assert ledger["subsidy_spending_per_month"][BUS_RENEWAL] == paid * 80_000.0
    assert operators.fleet()[0].tolist() == [0, 0, 0, 1]


def delivered(
    month: str, transit_class: str, age: int, fuel: int = 1, number: int = 1, **levers: float
) -> tuple[TransitOperators, np.ndarray]:
    """One operator gets electric vehicles for old ones; the money that is paid, by programme."""
    operators, parameters, now = built(), parameter_values(), Month.parse(month)
    for name in ("vehicles", "leaving", "ordered", "delivery"):
        operators.columns[name][:] = 0
    row = int(np.flatnonzero(operators.transit_class == CLASSES.index(transit_class))[0])
    operators.columns["vehicles"][row, fuel, age] = number
    operators.columns["leaving"][row, fuel, age] = number
    operators.columns["ordered"][row, ELECTRIC] = number
    operators.columns["delivery"][row] = now.index
    ledger, policy = Ledger(str(now)), Scenario.load("plan")
    values = policy.lever_values(now) | levers
    nothing = np.zeros(shape(("subsidy_programme",)))
    operators.decide(Situation(now, 1, parameters, values, POINTS_ENOUGH, nothing, ledger))
    paid = ledger["subsidy_spending_per_month"]
    assert paid.sum() == operators.subsidy_received.sum()
    return operators, paid


FLEET_RENEWAL = dimension("subsidy_programme").index("fleet_renewal")


@pytest.mark.parametrize(
    ("month", "paid"), [("2021-12", 0.0), ("2022-01", 10_000.0), ("2022-12", 10_000.0),
                        ("2023-01", 0.0)],
)  # fmt: skip
def test_an_added_electric_bus_is_rewarded_in_2022_alone(month: str, paid: float) -> None:
    assert delivered(month, "central_bus", age=8)[1][FLEET_RENEWAL] == paid
    assert delivered(month, "central_taxi", age=7)[1][FLEET_RENEWAL] == 0.0


@pytest.mark.parametrize(("number", "paid"), [(499, 4.99e6), (500, 5e6), (501, 5e6)])
def test_no_operator_gets_more_than_five_million_of_reward_a_year(number: int, paid: float) -> None:
    assert delivered("2022-06", "central_bus", 8, number=number)[1][FLEET_RENEWAL] == paid


@pytest.mark.parametrize(
    ("fleet", "month", "paid"),
    [
        ("logistics", "2024-12", 0.0),
        ("logistics", "2025-01", 35_000.0),
        ("central_taxi", "2025-01", 10_000.0),
        ("central_taxi", "2027-12", 10_000.0),
        ("central_taxi", "2028-01", 0.0),
        ("post", "2025-01", 0.0),
    ],
)
def test_taxis_and_logistics_earn_the_renewal_of_2025_to_2027(
    fleet: str, month: str, paid: float
) -> None:
    assert delivered(month, fleet, age=7)[1][FLEET_RENEWAL] == paid


def test_the_pot_for_taxis_and_logistics_is_never_overdrawn(plan: Run) -> None:
    assert sum(pot.sum() for pot in plan.operators.pots.paid.values()) == pytest.approx(600e6)
    late = delivered("2025-01", "logistics", 7, number=20_000)
    assert late[1][FLEET_RENEWAL] == pytest.approx(600e6)
    assert late[0].subsidy_received.sum() == pytest.approx(600e6)


def fitted_batteries(amount: float | None, month: str = "2025-12") -> tuple[float, float]:
    """New batteries and yuan paid for them under an amount, or with the rule struck."""
    scenario = Scenario.load("plan")
    rule = load_instruments()["bus_battery_replacement"]
    law = dict(scenario.law)
    if amount is None:
        law[rule.id] = law_under((change_from(rule.id, {"strike": date(2024, 7, 1)}, "test"),), ())[
            rule.id
        ]
    else:
        versions = [
            v.model_copy(update={"flat": v.form.model_copy(update={"amount": amount})})
            for v in rule.versions
        ]
        law[rule.id] = rule.model_copy(update={"versions": tuple(versions)})
    operators, parameters, spent = built(), parameter_values(), 0.0
    bus = np.isin(operators.transit_class, BUSES)
    for now in (FIRST_MONTH + step for step in range(Month.parse(month) - FIRST_MONTH + 1)):
        ledger = Ledger(str(now))
        operators.decide(
            Situation(now, 1, parameters, scenario.lever_values(now), POINTS_ENOUGH,
                      np.zeros(shape(("subsidy_programme",))), ledger, law)
        )  # fmt: skip
        if now.year == 2024:
            spent += float(ledger["subsidy_spending_per_month"][FLEET_RENEWAL])
    return float(operators.new_battery[bus].sum()), spent


def test_more_money_for_batteries_keeps_more_electric_buses_in_service() -> None:
    struck, money = fitted_batteries(None)
    assert money == 0.0
    numbers = [fitted_batteries(amount)[0] for amount in (0.0, 42_000.0, 120_000.0)]
    assert struck == numbers[0]
    assert numbers == sorted(numbers)
    assert numbers[-1] > numbers[0]
    assert fitted_batteries(42_000.0)[1] % 42_000.0 == 0.0 < fitted_batteries(42_000.0)[1]


def test_makers_are_paid_for_electric_taxis_ordered_in_the_campaign_of_2020_alone() -> None:
    operators, parameters, paid = built(), parameter_values(), []
    policy = Scenario.load("plan")
    for now in (FIRST_MONTH + step for step in range(18)):
        ledger = Ledger(str(now))
        operators.decide(
            Situation(now, 1, parameters, policy.lever_values(now), POINTS_ENOUGH,
                      np.zeros(shape(("subsidy_programme",))), ledger)
        )  # fmt: skip
        paid.append(float(ledger["subsidy_spending_per_month"][FLEET_RENEWAL]))
    months = [str(FIRST_MONTH + step) for step, yuan in enumerate(paid) if yuan > 0.0]
    assert months == ["2020-09", "2020-10", "2020-11", "2020-12"]
    assert all(yuan % 3_000.0 == 0.0 for yuan in paid)


# ---------------------------------------------------------------------- places to charge


def test_fewer_public_points_mean_fewer_electric_taxis() -> None:
    def electric(points: float) -> float:
        operators, parameters, policy = built(), parameter_values(), Scenario.load("plan")
        for now in (FIRST_MONTH + step for step in range(60)):
            stocks = POINTS_ENOUGH | {"public_charging_points_per_new_energy_car": np.array(points)}
            operators.decide(
                Situation(now, 1, parameters, policy.lever_values(now), stocks,
                          np.zeros(shape(("subsidy_programme",))), Ledger(str(now)))
            )  # fmt: skip
        return float(operators.fleet()[CLASSES.index("central_taxi"), ELECTRIC])

    none, few, wanted = (electric(share / 10.5) for share in (0.0, 0.3, 1.0))
    assert none < few < wanted


def test_depots_never_charge_more_than_they_can(plan: Run) -> None:
    operators, parameters = plan.operators, parameter_values()
    own = parameters.array("transit_depot_charging")[operators.transit_class]
    on_the_road = operators.vehicles[:, ELECTRIC].sum(axis=1)
    assert np.all(own * on_the_road <= operators.charging_places + 1.0)


# ---------------------------------------------------------------------- the plan


def test_central_buses_and_taxis_turn_electric_at_the_pace_of_their_lives(
    plan: Run, none: Run
) -> None:
    assert 0.60 <= plan.electric_share(CENTRAL) <= 0.85
    assert none.electric_share(CENTRAL) < plan.electric_share(CENTRAL) - 0.05
    central_bus = [CLASSES.index("central_bus")]
    for start in range(0, 60):
        gain = plan.electric_share(central_bus, start + 36) - plan.electric_share(
            central_bus, start
        )
        assert gain <= 36.0 / 96.0 + 0.02


def test_the_months_before_the_policies_part_are_the_same(plan: Run, none: Run) -> None:
    for with_plan, without in zip(plan.fleets[:61], none.fleets[:61], strict=True):
        assert with_plan.tolist() == without.tolist()
    assert plan.fleets[-1].tolist() != none.fleets[-1].tolist()


def test_the_same_seed_gives_the_same_fleets_and_another_seed_others(plan: Run) -> None:
    assert Run(months=30).fleets[-1].tolist() == plan.fleets[30].tolist()
    assert Run(months=30, seed=2).fleets[-1].tolist() != plan.fleets[30].tolist()
