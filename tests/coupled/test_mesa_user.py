"""The coupled model in the hands of somebody who knows Mesa: its own calls do what they always do.

``tests/agents/test_columns.py`` holds the agent sets against Mesa's own; here a whole model is
asked, watched and changed while it runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mesa
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from transition_model import Scenario, TransitionModel
from transition_model.agents.firms import Firm
from transition_model.agents.households import Household
from transition_model.agents.recyclers import Recycler
from transition_model.dimensions import dimension
from transition_model.errors import InputError

HOUSEHOLDS = 300

type Change = Callable[[TransitionModel], object]


def made(seed: int = 2) -> TransitionModel:
    return TransitionModel(rng=seed, households=HOUSEHOLDS)


@pytest.fixture
def model() -> TransitionModel:
    return made()


def after(change: Change, months: int = 1, before: int = 2) -> tuple[Any, Any]:
    """Flows of a month, once as the model goes by itself and once after somebody's change."""
    untouched, changed = made(), made()
    for one in (untouched, changed):
        one.run_for(before)
    change(changed)
    for one in (untouched, changed):
        one.run_for(months)
    return untouched.flows, changed.flows


def food_capture(flows: Any) -> float:
    return float(flows["household_capture_share"][dimension("waste_stream").index("food")])


# ---------------------------------------------------------------------------- time


def test_time_steps_and_months_go_together(model: TransitionModel) -> None:
    model.step()
    model.run_for(2)
    model.run_until(5)
    assert (model.time, model.steps, str(model.month)) == (5.0, 5, "2020-06")


def test_running_for_some_months_is_stepping_as_often() -> None:
    stepped, run = made(), made()
    for _ in range(4):
        stepped.step()
    run.run_for(4)
    for name, flow in stepped.flows.items():
        assert_array_equal(run.flows[name], flow)


def test_mesa_s_scenario_is_not_the_policy_and_has_the_run_s_seed(
    model: TransitionModel,
) -> None:
    assert model.policy == Scenario.load("plan")
    assert model.scenario.rng == model.run_seed == 2


# ---------------------------------------------------------------------------- asking agents


def test_owners_are_selected_counted_and_asked(model: TransitionModel) -> None:
    model.run_for(2)
    households = model.agents_by_type[Household]
    owners = households.select(lambda household: household.car >= 0)
    assert 0 < len(owners) < len(households)
    assert len(owners) == sum(household.car >= 0 for household in households)
    assert len(owners) == len(households.select(households.car >= 0))
    assert owners.agg("car", min) >= 0
    weights = owners.get("weight")
    assert owners.agg("weight", [np.sum, max]) == [pytest.approx(sum(weights)), max(weights)]
    assert owners.get(["unique_id", "car"])[0] == [owners[0].unique_id, owners[0].car]


def test_households_by_income_group_are_fifths_and_richer_from_one_to_the_next(
    model: TransitionModel,
) -> None:
    groups = model.agents_by_type[Household].groupby("income_group")
    assert list(groups.groups) == [0, 1, 2, 3, 4]
    of_all = model.agents_by_type[Household].agg("weight", np.sum)
    shares = np.array(list(groups.agg("weight", np.sum).values())) / of_all
    assert np.all(np.abs(shares - 0.2) < 0.02)
    incomes = list(groups.agg("income", np.mean).values())
    assert incomes == sorted(incomes)


def test_agents_of_all_types_are_in_one_set(model: TransitionModel) -> None:
    kinds = model.agents.groupby(type).count()
    assert kinds[Household] == HOUSEHOLDS
    assert sum(kinds.values()) == len(model.agents)
    plants = model.agents.select(agent_type=Recycler)
    assert {type(agent) for agent in plants} == {Recycler}
    assert len(plants) == len(model.agents_by_type[Recycler])
    assert all(isinstance(agent, mesa.Agent) for agent in model.agents.select(at_most=5))


def test_a_household_knows_its_peers_by_row(model: TransitionModel) -> None:
    households = model.agents_by_type[Household]
    peers = [households[row] for row in households[10].peers]
    assert peers
    assert households[10] not in peers
    assert all(isinstance(peer, Household) and peer.model is model for peer in peers)


def test_asking_agents_in_any_order_changes_nothing_that_follows() -> None:
    def ask(model: TransitionModel) -> None:
        heard: list[float] = []
        model.agents.shuffle_do(lambda agent: heard.append(agent.unique_id))
        model.agents_by_type[Household].shuffle(inplace=False).sort("income")
        assert len(heard) == len(model.agents)

    untouched, asked = after(ask)
    for name, flow in untouched.items():
        assert_array_equal(asked[name], flow)


# ---------------------------------------------------------------------------- watching a run


def highest_habit(households: Any) -> float:
    return float(households.agg("sorting_habit", max))


def test_a_data_collector_watches_model_types_and_all_agents(model: TransitionModel) -> None:
    collector = mesa.DataCollector(
        model_reporters={
            "month": "month",
            "paid": lambda m: float(m.agents_by_type[Household].agg("subsidy_received", np.sum)),
            "habit": [highest_habit, [model.agents_by_type[Household]]],
        },
        agenttype_reporters={
            Household: {"car": "car", "rich": lambda household: household.income > 1e5},
            Firm: {"sector": "sector"},
        },
        agent_reporters={"kind": lambda agent: type(agent).__name__},
    )
    expected = []
    for _ in range(3):
        collector.collect(model)
        households = model.agents_by_type[Household]
        expected.append((str(model.month), households.car.copy(), households.sorting_habit.max()))
        model.step()

    of_model = collector.get_model_vars_dataframe()
    assert [str(month) for month in of_model["month"]] == [month for month, *_ in expected]
    assert of_model["habit"].tolist() == [habit for *_, habit in expected]
    assert of_model["paid"].is_monotonic_increasing
    of_households = collector.get_agenttype_vars_dataframe(Household)
    for step, (_, cars, _) in enumerate(expected):
        assert_array_equal(of_households["car"].xs(step, level="Step"), cars)
    assert of_households["rich"].any()
    assert not of_households["rich"].all()
    assert len(collector.get_agenttype_vars_dataframe(Firm)) == 3 * len(model.agents_by_type[Firm])
    kinds = collector.get_agent_vars_dataframe()["kind"]
    assert len(kinds) == 3 * len(model.agents)
    assert kinds.value_counts()["Household"] == 3 * HOUSEHOLDS


class Watched(TransitionModel):
    """A model that collects as Mesa's tutorials do."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.datacollector = mesa.DataCollector(
            model_reporters={"green": lambda m: float(m.flows["green_trip_share"])}
        )

    def step(self) -> None:
        super().step()
        self.datacollector.collect(self)


def test_a_subclass_steps_and_collects_and_runs_as_the_model_does(model: TransitionModel) -> None:
    watched = Watched(rng=2, households=HOUSEHOLDS)
    watched.run_for(3)
    model.run_for(3)
    collected = watched.datacollector.get_model_vars_dataframe()["green"]
    assert len(collected) == 3
    assert collected.iloc[-1] == float(model.flows["green_trip_share"])


# ---------------------------------------------------------------------------- changing a run


def test_a_view_written_to_changes_what_this_household_does_next() -> None:
    def stop_sorting(model: TransitionModel) -> None:
        households = model.agents_by_type[Household]
        most = max(households.select(households.urban), key=lambda household: household.weight)
        assert most.sorting_habit > 0.0
        most.sorting_habit = 0.0
        assert households[most.unique_id - households[0].unique_id].sorting_habit == 0.0

    untouched, changed = after(stop_sorting)
    assert 0.0 < food_capture(changed) < food_capture(untouched)
    assert_array_equal(changed["private_car_purchases_per_month"],
                       untouched["private_car_purchases_per_month"])  # fmt: skip


def test_nobody_who_sorts_leaves_nothing_to_haul_apart() -> None:
    untouched, changed = after(
        lambda model: model.agents_by_type[Household].set("sorting_habit", 0.0)
    )
    assert food_capture(untouched) > 0.0
    assert food_capture(changed) == 0.0


def test_a_selection_set_greener_travels_greener() -> None:
    def grow_greener(model: TransitionModel) -> None:
        households = model.agents_by_type[Household]
        central = households.select(households.central)
        central.set("attitude", central.attitude + 1.0)

    untouched, changed = after(grow_greener)
    assert changed["green_trip_share"] > untouched["green_trip_share"]


def test_who_is_made_to_know_electric_cars_buys_more_of_them() -> None:
    untouched, changed = after(lambda m: m.agents_by_type[Household].set("familiarity", 1.0))
    name = "private_car_purchases_per_month"
    assert changed[name][0] < untouched[name][0]
    assert np.all(changed[name][1:] > untouched[name][1:])
    assert changed[name].sum() == pytest.approx(untouched[name].sum(), rel=0.05)


def test_readiness_that_is_taken_away_by_each_agent_keeps_it_from_buying() -> None:
    def tire(household: Household) -> None:
        household.readiness = 0.0

    untouched, changed = after(lambda model: model.agents_by_type[Household].do(tire))
    name = "private_car_purchases_per_month"
    # Some become ready again within the month, and owners whom no household stands for buy on.
    assert changed[name].sum() < untouched[name].sum() / 4.0


@pytest.mark.parametrize("kernels", ["compiled", "numpy"])
def test_richer_households_buy_more_cars(kernels: Any) -> None:
    model = TransitionModel(rng=2, households=HOUSEHOLDS, kernels=kernels)
    model.run_for(2)
    name = "private_car_purchases_per_month"
    before = model.flows[name].sum()
    households = model.agents_by_type[Household]
    households.set("income", 2.0 * households.income)
    model.step()
    assert model.flows[name].sum() > 1.2 * before


def test_whatever_is_written_is_heard_alike_with_kernels_and_with_numpy() -> None:
    draws = np.random.default_rng(4)
    of_path = []
    factors = draws.uniform(0.4, 3.0, HOUSEHOLDS)
    persons = draws.integers(1, 7, HOUSEHOLDS)
    for kernels in ("compiled", "numpy"):
        model = TransitionModel(
            rng=2,
            households=HOUSEHOLDS,
            kernels=kernels,  # type: ignore[arg-type]
            precision="double",
        )
        model.run_for(2)
        households = model.agents_by_type[Household]
        households.set("income", factors * households.income)
        households.set("persons", persons)
        households.set("peers", households.peers[::-1])
        households[7].home_use = 5.0
        households[9].weight = 90_000.0
        households[11].central = not households[11].central
        model.run_for(2)
        of_path.append(dict(model.flows))
    for name, flow in of_path[0].items():
        np.testing.assert_allclose(of_path[1][name], flow, rtol=1e-8, atol=1e-9, err_msg=name)


def test_the_class_of_an_income_follows_the_income() -> None:
    model = made()
    model.run_for(1)
    households = model.agents_by_type[Household]
    before = households.income_class.copy()
    # Classes are 0.02 wide in the logarithm.
    households[3].income *= np.exp(10 * 0.02)
    model.step()
    expected = before.copy()
    expected[3] += 10
    assert_array_equal(households.income_class, expected)


@pytest.mark.parametrize("income", [0.0, -1.0, np.nan, np.inf])
def test_an_income_that_is_none_is_refused(model: TransitionModel, income: float) -> None:
    model.agents_by_type[Household][3].income = income
    with pytest.raises(InputError, match="household income"):
        model.step()


@pytest.mark.parametrize("name", ["income", "weight", "persons", "peers"])
def test_an_array_that_was_looked_at_once_is_not_written_to_unheard(
    model: TransitionModel, name: str
) -> None:
    households = model.agents_by_type[Household]
    for array in (getattr(households, name), households.columns[name], households.get(name)):
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 1


def test_what_a_household_has_received_is_its_own_to_read_and_to_reset() -> None:
    model = made()
    model.run_for(3)
    households = model.agents_by_type[Household]
    assert households.subsidy_received.sum() > 0.0
    households.set("subsidy_received", 0.0)
    model.step()
    spent = model.flows["subsidy_spending_per_month"].sum()
    received = float(households.weight @ households.subsidy_received)
    assert 0.0 < received < spent
