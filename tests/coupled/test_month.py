"""The month: its order, its checks, and Mesa's view of it."""

from dataclasses import replace

import mesa
import numpy as np
import pytest

from transition_model import BreachError, Scenario, TransitionModel
from transition_model.agents.builders import Builder
from transition_model.agents.firms import Firm
from transition_model.agents.freight_operators import FreightOperator
from transition_model.agents.households import Household
from transition_model.agents.recyclers import Recycler
from transition_model.agents.ship_owners import ShipOwner
from transition_model.agents.station_developers import StationDeveloper
from transition_model.agents.transit_operators import TransitOperator
from transition_model.balances import check_fleet_ages
from transition_model.calendar import Month
from transition_model.dimensions import dimension
from transition_model.ledger import ledger_entries, ledger_layout
from transition_model.model import MONTH_PLAN


@pytest.fixture
def model() -> TransitionModel:
    return TransitionModel(rng=3, households=500)


def test_the_month_has_the_order_that_the_documentation_names() -> None:
    assert [name for name, _ in MONTH_PLAN] == [
        "policy of the month",
        "publish stocks",
        "agents decide",
        "ledger",
        "checks",
        "stocks step",
        "record",
    ]


def test_agents_decide_on_the_opening_state_of_the_stocks(model: TransitionModel) -> None:
    opening = model.stocks.values(["private_cars"])["private_cars"]
    model.step()
    assert np.array_equal(model.published["private_cars"], opening)
    closing = model.stocks.values(["private_cars"])["private_cars"]
    assert not np.array_equal(closing, opening)


def test_a_stock_that_moves_without_a_flow_stops_the_run(model: TransitionModel) -> None:
    model.step()
    model.integrate = _also_adding_a_taxi(model.integrate)  # type: ignore[method-assign]
    with pytest.raises(BreachError) as breach:
        model.step()
    assert breach.value.month == "2020-02"
    assert "transit_vehicles[central_taxi, electric]" in breach.value.quantity
    assert breach.value.left == pytest.approx(breach.value.right + 1.0)
    assert breach.value.unit == "vehicle"


def _also_adding_a_taxi(integrate):
    def integrating(flows):
        more = flows.copy()
        ledger_layout().view(more, "transit_registrations_per_month")[2, 3] += 1.0
        integrate(more)

    return integrating


def test_trade_in_money_paid_beyond_what_is_left_stops_the_run(model: TransitionModel) -> None:
    model.step()
    model.read_policy()
    model.publish_stocks()
    model.let_agents_decide()
    overpaid = np.zeros(len(dimension("subsidy_programme")))
    overpaid[0] = model.levers["trade_in_budget"] * 1e8 + 1_000.0
    model.ledger.add("subsidy_spending_per_month", overpaid)
    model.close_ledger()
    with pytest.raises(BreachError, match="trade-in money"):
        model.check_ledger()


def test_a_negative_flow_stops_the_run(model: TransitionModel) -> None:
    model.read_policy()
    model.publish_stocks()
    model.let_agents_decide()
    with pytest.raises(BreachError, match="2020-01: private_car_purchases_per_month"):
        model.ledger.add("private_car_purchases_per_month", [1.0, -2.0, 3.0])


def test_transit_fleets_equal_their_stock_to_the_unit() -> None:
    model = TransitionModel(rng=5, households=300)
    for _ in range(30):
        model.step()
    counted = model.agents_by_type[TransitOperator].fleet()
    stock = model.stocks.values(["transit_vehicles"])["transit_vehicles"]
    assert np.array_equal(counted, np.rint(counted))
    assert np.allclose(stock, counted, rtol=0.0, atol=1e-6)


def test_ages_of_transit_fleets_equal_their_stock_to_the_unit() -> None:
    model = TransitionModel(rng=5, households=300)
    operators = model.agents_by_type[TransitOperator]
    names = ["transit_vehicles", "transit_vehicles_by_age"]
    for number in range(1, 37):
        model.step()
        stocks = model.stocks.values(names)
        by_fuel, by_age = stocks["transit_vehicles"], stocks["transit_vehicles_by_age"]
        assert np.allclose(by_age.sum(axis=1), by_fuel.sum(axis=1), rtol=0.0, atol=1e-6)
        # Stocks grow a year older at the end of December, operators at the opening of January.
        if number % 12:
            assert np.allclose(by_age, operators.fleet_by_age(), rtol=0.0, atol=1e-6)
    assert np.array_equal(operators.fleet_by_age().sum(axis=1), operators.fleet().sum(axis=1))


def test_fleets_whose_ages_differ_from_the_operators_stop_the_run(model: TransitionModel) -> None:
    fleets = model.stocks.values(["transit_vehicles", "transit_vehicles_by_age"])
    counted = fleets["transit_vehicles_by_age"].copy()
    flows = {
        "transit_registrations_per_month": np.zeros_like(fleets["transit_vehicles"]),
        "transit_retirements_by_age_per_month": np.zeros_like(counted),
    }
    check_fleet_ages(model.month, counted, fleets, flows)
    swapped = counted.copy()
    swapped[0, [2, 3]] += (1.0, -1.0)
    with pytest.raises(BreachError, match=r"counted transit_vehicles\[central_bus, transit_age2"):
        check_fleet_ages(model.month, swapped, fleets, flows)
    fleets["transit_vehicles"][6, 0] += 1.0
    with pytest.raises(BreachError, match=r"transit_vehicles of all ages\[post"):
        check_fleet_ages(model.month, counted, fleets, flows)


def test_recycling_capacity_of_the_plants_equals_its_stock() -> None:
    model = TransitionModel(rng=5, households=300)
    for _ in range(30):
        model.step()
    plants = model.agents_by_type[Recycler].capacity_by_kind()
    stock = model.stocks.values(["recycling_capacity"])["recycling_capacity"]
    assert np.allclose(plants, stock, rtol=1e-9)


def test_mesa_runs_the_model_as_any_other(model: TransitionModel) -> None:
    model.run_for(3)
    assert isinstance(model, mesa.Model)
    assert model.time == 3.0
    assert str(model.month) == "2020-04"


def test_mesa_finds_every_type_of_agent(model: TransitionModel) -> None:
    types = {
        Household,
        Firm,
        TransitOperator,
        FreightOperator,
        StationDeveloper,
        ShipOwner,
        Recycler,
        Builder,
    }
    assert set(model.agent_types) == types
    assert len(model.agents) == sum(len(model.agents_by_type[kind]) for kind in types)
    identifiers = [agent.unique_id for agent in model.agents]
    assert len(set(identifiers)) == len(identifiers)


def test_a_data_collector_reads_model_and_agents(model: TransitionModel) -> None:
    collector = mesa.DataCollector(
        model_reporters={
            "owners": lambda m: float(
                m.agents_by_type[Household].select(lambda h: h.car >= 0).agg("weight", np.sum)
            )
        },
        agenttype_reporters={Firm: {"sector": "sector"}},
    )
    collector.collect(model)
    model.step()
    collector.collect(model)
    owners = collector.get_model_vars_dataframe()["owners"]
    assert len(owners) == 2
    assert owners.iloc[0] == pytest.approx(4.03e6, rel=0.15)
    assert len(collector.get_agenttype_vars_dataframe(Firm)) == 2 * len(model.agents_by_type[Firm])


def test_a_household_view_writes_its_columns(model: TransitionModel) -> None:
    household = model.agents_by_type[Household][7]
    household.income = 123_456.0
    assert model.agents_by_type[Household].income[7] == 123_456.0


def test_households_that_stand_for_the_city_sum_to_the_census() -> None:
    for rows in (100, 777, 5_000):
        model = TransitionModel(rng=1, households=rows)
        assert model.agents_by_type[Household].weight.sum() == pytest.approx(12_040_234)


def test_with_every_measure_off_only_old_loans_and_reliefs_of_before_cost_money() -> None:
    model = TransitionModel(Scenario.load("none"), rng=1, households=300)
    paid = []
    for _ in range(66):
        model.step()
        if model.month.year >= 2025 and model.month.month > 1:
            paid.append(model.flows["subsidy_spending_per_month"])
    programme = dimension("subsidy_programme").index
    interest = np.array(paid)[:, programme("loan_interest")]
    # Taxes and tariffs were relieved before the plan, by laws that are none of its measures.
    stays = ("tax_relief", "tax_refund", "electronic_waste", "household_relief")
    reliefs = np.array(paid)[:, [programme(name) for name in stays]]
    assert np.all(reliefs > 0.0)
    relief = reliefs.sum(axis=1)
    assert np.allclose(np.sum(paid, axis=1), interest + relief, rtol=1e-12)
    assert np.all(np.diff(interest) <= 0.0)
    assert interest[-1] < 1e6


@pytest.mark.parametrize("month", ["2020-05", "2026-02"])
def test_exogenous_inputs_are_paths_levers_and_policy_of_the_month(
    model: TransitionModel, month: str
) -> None:
    now, coupling = Month.parse(month), model.coupling
    situation = replace(model.situation, month=now, levers=model.policy.lever_values(now))
    views = coupling.exogenous_layout.views(coupling.exogenous.numbers(situation))
    for name in coupling.exogenous.paths:
        assert np.array_equal(views[name], model.parameters.at(name, now)), name
    for name in coupling.exogenous.levers:
        assert views[name] == situation.levers[name], name
    # Efforts are the plan's; nobody made them before.
    assert (views["programme_effort"].sum() > 0.0) == (month > "2025")
    assert set(coupling.inputs) == {*views, *ledger_entries()}
