"""Columns behave as the agent sets that Mesa's users know: beside each, ordinary agents."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import mesa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mesa.agentset import AgentSet
from numpy.testing import assert_array_equal

from transition_model.agents.columns import AllAgents, ColumnarAgentSet, RowAgent
from transition_model.errors import InputError

WEALTH = [30.0, 10.0, 20.0, 10.0, 50.0, 0.0, 20.0, 10.0]
DISTRICT = [2, 0, 1, 0, 2, 1, 0, 2]
OWNS = [True, False, True, True, False, False, True, False]


class Person(mesa.Agent[Any]):
    """An ordinary Mesa agent."""

    def __init__(self, model: mesa.Model[Any], wealth: float, district: int, owns: bool) -> None:
        super().__init__(model)
        self.wealth = wealth
        self.district = district
        self.owns = owns

    def earn(self, amount: float, times: float = 1.0) -> float:
        self.wealth = self.wealth + amount * times
        return self.wealth


class Row(RowAgent):
    """The same agent as a view of a row."""

    wealth: Any

    earn = Person.earn


class Stranger(RowAgent):
    """An agent of another type."""


@dataclass
class Twins:
    """The same people as Mesa keeps them and as columns."""

    ordinary: AgentSet[Any]
    columnar: ColumnarAgentSet[Row]

    def __iter__(self) -> Iterator[Any]:
        return iter((self.ordinary, self.columnar))


def made(wealth: list[float], district: list[int], owns: list[bool]) -> Twins:
    model: mesa.Model[Any] = mesa.Model(rng=1)
    people = [Person(model, *values) for values in zip(wealth, district, owns, strict=True)]
    columns = {
        "wealth": np.array(wealth, dtype=float),
        "district": np.array(district, dtype=int),
        "owns": np.array(owns, dtype=bool),
    }
    ordinary = AgentSet(people, random=model.random)
    # The set refers to its agents weakly: the model keeps them.
    assert len(model.agents) == len(people)
    return Twins(ordinary, ColumnarAgentSet(Row, model, columns))


@pytest.fixture
def twins() -> Twins:
    return made(WEALTH, DISTRICT, OWNS)


def ids(agents: Any) -> list[int]:
    return [agent.unique_id for agent in agents]


def assert_alike(twins: Twins, act: Callable[[Any], Any]) -> Any:
    """What an act on Mesa's set gives, having checked that the columns give the same."""
    ordinary, columnar = (act(agents) for agents in twins)
    if isinstance(ordinary, AgentSet):
        assert ids(ordinary) == ids(columnar)
    else:
        assert np.asarray(columnar).tolist() == np.asarray(ordinary).tolist()
    return ordinary


# ---------------------------------------------------------------------------- looking


def test_a_set_has_as_many_agents_as_rows_in_their_order(twins: Twins) -> None:
    assert assert_alike(twins, len) == 8
    assert assert_alike(twins, ids) == list(range(1, 9))
    assert twins.columnar.get("unique_id").tolist() == list(range(1, 9))


def test_ids_of_a_second_set_go_on_where_the_first_ended() -> None:
    later = ColumnarAgentSet(Row, None, {"wealth": np.zeros(3)}, first_id=101)
    assert ids(later) == [101, 102, 103]


def test_a_view_is_a_mesa_agent_that_knows_its_model(twins: Twins) -> None:
    agent = next(iter(twins.columnar))
    assert isinstance(agent, mesa.Agent)
    assert agent.model is twins.columnar.model
    assert "1" in repr(agent)


def test_an_agent_is_found_by_its_place(twins: Twins) -> None:
    assert twins.columnar[0].unique_id == 1
    assert twins.columnar[-1].unique_id == 8
    with pytest.raises(IndexError):
        twins.columnar[8]


def test_agents_are_listed_as_mesa_recommends(twins: Twins) -> None:
    assert assert_alike(twins, lambda agents: ids(agents.to_list())) == list(range(1, 9))


def test_a_slice_of_a_set_is_a_list_of_agents(twins: Twins) -> None:
    assert ids(twins.columnar[2:5]) == [3, 4, 5]


def test_membership_is_by_row(twins: Twins) -> None:
    rich = twins.columnar.select(lambda agent: agent.wealth > 25.0)
    first, second = twins.columnar[0], twins.columnar[1]
    assert first in rich
    assert second not in rich
    assert "somebody" not in rich
    stranger = ColumnarAgentSet(Stranger, twins.columnar.model, {"wealth": np.zeros(1)})[0]
    assert stranger not in twins.columnar


def test_two_views_of_a_row_are_one_agent(twins: Twins) -> None:
    first, again = twins.columnar[3], twins.columnar.select(twins.columnar.owns)[2]
    assert first == again
    assert hash(first) == hash(again)
    assert first != twins.columnar[4]
    assert len({first, again, twins.columnar[4]}) == 2
    assert twins.columnar == twins.columnar.copy()


# ---------------------------------------------------------------------------- views


def test_a_view_reads_and_writes_the_columns(twins: Twins) -> None:
    agent = twins.columnar[2]
    assert agent.wealth == 20.0
    agent.wealth += 5.0
    assert twins.columnar.wealth[2] == 25.0
    twins.columnar.wealth[2] = 7.0
    assert agent.wealth == 7.0
    assert twins.columnar[2].wealth == 7.0


def test_a_view_from_a_selection_writes_to_the_same_columns(twins: Twins) -> None:
    owners = twins.columnar.select(twins.columnar.owns)
    owners[0].wealth = 99.0
    assert twins.columnar.wealth[0] == 99.0
    assert owners.wealth[0] == 99.0


def test_a_row_may_hold_several_numbers() -> None:
    links = np.arange(6).reshape(3, 2)
    people = ColumnarAgentSet(Row, None, {"links": links})
    assert_array_equal(people[1].links, [2, 3])
    people[1].links = [8, 9]
    assert_array_equal(links[1], [8, 9])


def test_a_column_that_is_not_there_is_neither_read_nor_made(twins: Twins) -> None:
    agent = twins.columnar[0]
    assert not hasattr(agent, "health")
    with pytest.raises(AttributeError, match="Row has no attribute 'health'"):
        agent.health  # noqa: B018
    with pytest.raises(AttributeError, match="Row has no column 'health'"):
        agent.health = 1.0
    with pytest.raises(
        AttributeError, match="no column 'health'; there are: wealth, district, owns"
    ):
        twins.columnar.health  # noqa: B018


def test_what_an_agent_is_can_not_be_written_over(twins: Twins) -> None:
    agent = twins.columnar[0]
    for name in ("unique_id", "model", "pos"):
        with pytest.raises(AttributeError, match=name):
            setattr(agent, name, 3)


def test_a_view_can_not_be_removed_from_the_model(twins: Twins) -> None:
    with pytest.raises(TypeError):
        twins.columnar[0].remove()


# ---------------------------------------------------------------------------- select


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"at_most": 3},
        {"at_most": 0},
        {"at_most": 100},
        {"at_most": 1},
        {"at_most": 1.0},
        {"at_most": 0.5},
        {"at_most": 0.3},
        {"at_most": 0.0},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "rule",
    [None, lambda agent: agent.wealth > 15.0, lambda agent: agent.wealth > 1e9],
    ids=["everybody", "some", "nobody"],
)
def test_a_selection_is_the_one_that_mesa_makes(
    twins: Twins, rule: Callable[[Any], bool] | None, keys: dict[str, Any]
) -> None:
    assert_alike(twins, lambda agents: agents.select(rule, **keys))


def test_at_most_less_than_none_is_none(twins: Twins) -> None:
    assert_alike(twins, lambda agents: agents.select(at_most=-1))


def test_a_mask_selects_what_a_function_selects(twins: Twins) -> None:
    people = twins.columnar
    by_mask = people.select(people.wealth > 15.0)
    assert ids(by_mask) == ids(people.select(lambda agent: agent.wealth > 15.0)) == [1, 3, 5, 7]
    assert_array_equal(by_mask.wealth, [30.0, 20.0, 50.0, 20.0])
    assert ids(people.select(people.owns, at_most=2)) == [1, 3]
    assert ids(people.select(people.owns.tolist())) == ids(people.select(people.owns))


def test_a_selection_of_a_selection_is_by_its_own_rows(twins: Twins) -> None:
    rich = twins.columnar.select(twins.columnar.wealth > 15.0)
    both = rich.select(rich.owns)
    assert ids(both) == [1, 3, 7]
    assert ids(both.select(both.district == 0)) == [7]
    assert ids(rich.select(at_most=0.5)) == [1, 3]


def test_a_mask_of_another_length_is_refused(twins: Twins) -> None:
    with pytest.raises(IndexError):
        twins.columnar.select(np.array([True, False]))


def test_a_set_may_be_narrowed_in_place(twins: Twins) -> None:
    part = twins.columnar.copy()
    assert part.select(part.owns, inplace=True) is part
    assert ids(part) == [1, 3, 4, 7]
    assert len(twins.columnar) == 8
    assert_array_equal(part.wealth, [30.0, 20.0, 10.0, 20.0])


def test_agents_are_selected_by_type_as_in_mesa(twins: Twins) -> None:
    people = twins.columnar
    assert len(people.select(agent_type=Row)) == 8
    assert len(people.select(agent_type=RowAgent)) == 8
    assert len(people.select(agent_type=Stranger)) == 0
    assert ids(people.select(people.owns, agent_type=Row)) == [1, 3, 4, 7]


def test_nobody_is_a_set_too(twins: Twins) -> None:
    nobody = twins.columnar.select(twins.columnar.wealth < 0.0)
    assert len(nobody) == 0
    assert nobody.wealth.shape == (0,)
    assert nobody.groupby("district").count() == {}
    assert nobody.agg("wealth", sum) == 0
    assert nobody.map("earn", 1.0) == []


@given(
    st.lists(
        st.tuples(
            st.integers(min_value=-3, max_value=3).map(float),
            st.integers(min_value=0, max_value=2),
            st.booleans(),
        ),
        min_size=1,
        max_size=12,
    ),
    st.integers(min_value=-3, max_value=3),
    st.one_of(
        st.integers(min_value=0, max_value=15),
        st.floats(min_value=0.0, max_value=1.0),
        st.just(float("inf")),
    ),
)
def test_any_people_are_selected_grouped_and_sorted_as_mesa_does(
    people: list[tuple[float, int, bool]], threshold: int, at_most: float
) -> None:
    wealth, district, owns = (list(column) for column in zip(*people, strict=True))
    both = made(wealth, district, owns)
    assert_alike(
        both, lambda agents: agents.select(lambda a: a.wealth >= threshold, at_most=at_most)
    )
    assert_alike(both, lambda agents: agents.sort("wealth", ascending=True))
    assert_alike(both, lambda agents: agents.agg("wealth", [min, max, sum, len]))
    counts = [dict(sorted(agents.groupby("district").count().items())) for agents in both]
    assert counts[0] == counts[1]


# ---------------------------------------------------------------------------- get, set, agg


@pytest.mark.parametrize("names", ["wealth", ["wealth"], ["owns", "wealth", "unique_id"]], ids=str)
def test_values_are_those_that_mesa_gives(twins: Twins, names: str | list[str]) -> None:
    assert_alike(twins, lambda agents: agents.get(names))
    assert_alike(twins, lambda agents: agents.select(lambda a: a.owns).get(names))


def test_a_missing_column_is_an_error_or_the_default_as_in_mesa(twins: Twins) -> None:
    for agents in twins:
        with pytest.raises(AttributeError, match="health"):
            agents.get("health")
        with pytest.raises(AttributeError, match="health"):
            agents.get(["wealth", "health"])
        with pytest.raises(ValueError, match="handle_missing"):
            agents.get("wealth", handle_missing="ignore")
    assert_alike(
        twins, lambda agents: agents.get("health", handle_missing="default", default_value=-1)
    )
    keys = {"handle_missing": "default", "default_value": 0.5}
    assert_alike(twins, lambda agents: agents.get(["wealth", "health"], **keys))
    assert_alike(twins, lambda agents: agents.get("wealth", **keys))


def test_setting_a_value_sets_it_for_the_selected_alone(twins: Twins) -> None:
    for agents in twins:
        chosen = agents.select(lambda agent: agent.owns)
        assert chosen.set("wealth", 1.0) is chosen
    assert_alike(twins, lambda agents: agents.get("wealth"))
    assert twins.columnar.agg("wealth", sum) == 4.0 + 10.0 + 50.0 + 0.0 + 10.0


def test_an_array_is_set_row_by_row_of_the_selection(twins: Twins) -> None:
    rich = twins.columnar.select(twins.columnar.wealth > 15.0)
    rich.set("wealth", [1.0, 2.0, 3.0, 4.0])
    assert_array_equal(twins.columnar.wealth, [1.0, 10.0, 2.0, 10.0, 3.0, 0.0, 4.0, 10.0])
    with pytest.raises(ValueError, match="shape"):
        rich.set("wealth", [1.0, 2.0])


def test_a_column_that_is_not_there_can_not_be_set(twins: Twins) -> None:
    with pytest.raises(AttributeError, match="no column 'health'; there are: wealth"):
        twins.columnar.set("health", 1.0)


@pytest.mark.parametrize("function", [sum, min, max, len, np.mean, np.median])
def test_one_number_about_all_is_the_one_that_mesa_gives(
    twins: Twins, function: Callable[[Any], float]
) -> None:
    assert_alike(twins, lambda agents: agents.agg("wealth", function))
    assert_alike(twins, lambda agents: agents.agg("unique_id", function))


def test_several_numbers_come_as_a_list(twins: Twins) -> None:
    assert assert_alike(twins, lambda agents: agents.agg("wealth", [min, max])) == [0.0, 50.0]
    with pytest.raises(AttributeError, match="health"):
        twins.columnar.agg("health", sum)


# ---------------------------------------------------------------------------- groups


@pytest.mark.parametrize(
    "by", ["district", "owns", lambda agent: agent.wealth > 15.0], ids=["name", "flag", "function"]
)
def test_groups_are_those_that_mesa_makes(twins: Twins, by: Any) -> None:
    ordinary, columnar = (agents.groupby(by) for agents in twins)
    assert len(ordinary) == len(columnar)
    assert ordinary.count() == columnar.count()
    assert ordinary.agg("wealth", sum) == columnar.agg("wealth", sum)
    assert {key: ids(group) for key, group in ordinary} == {
        key: ids(group) for key, group in columnar
    }
    assert ordinary.map(len) == columnar.map(len)
    assert ordinary.map("agg", "wealth", max) == columnar.map("agg", "wealth", max)


def test_a_group_is_a_set_or_a_list_as_asked(twins: Twins) -> None:
    groups = twins.columnar.groupby("district", result_type="list").groups
    assert all(isinstance(group, list) for group in groups.values())
    assert {key: ids(group) for key, group in groups.items()} == {
        0: [2, 4, 7],
        1: [3, 6],
        2: [1, 5, 8],
    }
    groups = twins.columnar.groupby("district").groups
    assert all(isinstance(group, ColumnarAgentSet) for group in groups.values())


def test_what_is_done_to_a_group_is_done_to_its_rows_alone(twins: Twins) -> None:
    for agents in twins:
        agents.groupby("district").do(lambda group: group.do("earn", float(len(group))))
    assert_alike(twins, lambda agents: agents.get("wealth"))


def test_groups_of_a_selection_hold_the_selected_alone(twins: Twins) -> None:
    owners = twins.columnar.select(twins.columnar.owns)
    assert owners.groupby("district").count() == {0: 2, 1: 1, 2: 1}


@pytest.mark.parametrize(
    "by",
    [lambda agent: (agent.district, agent.owns), lambda agent: None if agent.owns else "none"],
    ids=["pair", "nothing or text"],
)
def test_anything_hashable_may_name_a_group(twins: Twins, by: Callable[[Any], Any]) -> None:
    ordinary, columnar = (agents.groupby(by).count() for agents in twins)
    assert ordinary == columnar


# ---------------------------------------------------------------------------- order


def test_sorting_orders_the_agents_and_leaves_the_set_as_it_was(twins: Twins) -> None:
    assert_alike(twins, lambda agents: agents.sort("wealth", ascending=True))
    assert_alike(twins, lambda agents: agents.sort("unique_id"))
    assert_alike(twins, lambda agents: agents.sort(lambda a: -a.unique_id, ascending=True))
    assert_alike(twins, lambda agents: agents.select(lambda a: a.owns).sort("unique_id"))
    assert_alike(twins, ids)
    by_wealth = twins.columnar.sort("wealth")
    assert [agent.wealth for agent in by_wealth] == sorted(WEALTH, reverse=True)


def test_sorting_in_place_returns_the_set_itself(twins: Twins) -> None:
    for agents in twins:
        assert agents.sort("unique_id", inplace=True) is agents
    assert assert_alike(twins, ids) == [8, 7, 6, 5, 4, 3, 2, 1]


def test_equals_keep_their_order_when_sorted_downward_as_in_mesa(twins: Twins) -> None:
    assert_alike(twins, lambda agents: agents.sort("wealth", ascending=False))


def test_a_column_of_a_sorted_set_stands_in_the_order_of_its_agents(twins: Twins) -> None:
    by_id = twins.columnar.sort("unique_id")
    assert_array_equal(by_id.get("wealth"), [agent.wealth for agent in by_id])
    assert_alike(twins, lambda agents: agents.sort("unique_id").get("wealth"))


def test_a_mask_made_of_a_sorted_set_selects_from_it(twins: Twins) -> None:
    by_id = twins.columnar.sort("unique_id")
    assert ids(by_id.select(by_id.wealth > 25.0)) == [5, 1]
    assert by_id.groupby("owns").agg("unique_id", sorted) == {
        False: [2, 5, 6, 8],
        True: [1, 3, 4, 7],
    }


def test_values_of_a_sorted_set_written_back_change_nothing(twins: Twins) -> None:
    by_id = twins.columnar.sort("unique_id")
    by_id.set("wealth", by_id.get("wealth"))
    assert twins.columnar.get("wealth").tolist() == WEALTH


def test_shuffling_keeps_the_agents_and_changes_their_order(twins: Twins) -> None:
    people = twins.columnar
    shuffled = people.shuffle()
    assert sorted(ids(shuffled)) == ids(people) == list(range(1, 9))
    orders = {tuple(ids(people.shuffle())) for _ in range(20)}
    assert len(orders) > 10
    part = people.copy()
    assert part.shuffle(inplace=True) is part
    assert sorted(ids(part)) == list(range(1, 9))


def test_the_first_of_a_shuffled_set_are_a_random_sample(twins: Twins) -> None:
    samples = {tuple(sorted(ids(twins.columnar.shuffle().select(at_most=2)))) for _ in range(60)}
    assert len(samples) > 15


# ---------------------------------------------------------------------------- do and map


@pytest.mark.parametrize("method", ["earn", Person.earn], ids=["name", "function"])
def test_a_call_for_each_agent_gives_what_it_gives_in_mesa(twins: Twins, method: Any) -> None:
    assert_alike(twins, lambda agents: agents.map(method, 2.0, times=3.0))
    assert_alike(twins, lambda agents: agents.get("wealth"))


def test_doing_returns_the_set_so_that_calls_can_be_chained(twins: Twins) -> None:
    for agents in twins:
        assert agents.do("earn", 1.0).do(Person.earn, 2.0, times=2.0) is agents
        assert agents.shuffle_do("earn", 1.0) is agents
    assert_alike(twins, lambda agents: agents.get("wealth"))
    assert_array_equal(twins.columnar.wealth, np.array(WEALTH) + 6.0)


def test_in_random_order_every_agent_is_asked_once(twins: Twins) -> None:
    asked: list[int] = []
    twins.columnar.shuffle_do(lambda agent: asked.append(agent.unique_id))
    assert sorted(asked) == list(range(1, 9))
    assert ids(twins.columnar) == list(range(1, 9))


# ---------------------------------------------------------------------------- membership changes


def test_an_agent_can_be_left_out_of_a_selection_and_not_of_the_population(twins: Twins) -> None:
    part = twins.columnar.copy()
    part.remove(part[0])
    part.discard(part[0])
    assert ids(part) == [3, 4, 5, 6, 7, 8]
    assert_array_equal(part.wealth, WEALTH[2:])
    assert len(twins.columnar) == 8


def test_an_agent_that_is_not_there_is_discarded_in_silence_and_removed_with_an_error(
    twins: Twins,
) -> None:
    for agents in (twins.ordinary, twins.columnar.copy()):
        first = next(iter(agents))
        agents.remove(first)
        agents.discard(first)
        assert len(agents) == 7
        with pytest.raises(KeyError):
            agents.remove(first)


def test_an_agent_of_another_type_is_not_discarded(twins: Twins) -> None:
    stranger = ColumnarAgentSet(Stranger, twins.columnar.model, {"wealth": np.zeros(1)})[0]
    part = twins.columnar.copy()
    part.discard(stranger)
    assert len(part) == 8


def test_agents_are_not_born_during_a_run(twins: Twins) -> None:
    with pytest.raises(TypeError, match="rows that it was built with"):
        twins.columnar.add(twins.columnar[0])


def test_sets_meet_and_join_as_in_mesa(twins: Twins) -> None:
    def few(agents: Any) -> Any:
        return agents.select(lambda agent: agent.wealth > 15.0)

    def owners(agents: Any) -> Any:
        return agents.select(lambda agent: agent.owns)

    for act in (
        lambda agents: sorted(ids(few(agents) & owners(agents))),
        lambda agents: sorted(ids(few(agents) | owners(agents))),
        lambda agents: sorted(ids(few(agents) - owners(agents))),
        lambda agents: sorted(ids(few(agents) ^ owners(agents))),
    ):
        assert_alike(twins, act)


def test_sets_compare_as_sets(twins: Twins) -> None:
    part = twins.columnar.select(at_most=3)
    assert part <= twins.columnar
    assert not twins.columnar <= part
    assert part == twins.columnar.select(at_most=3)
    assert part.isdisjoint(twins.columnar.select(twins.columnar.get("unique_id") > 3))


# ---------------------------------------------------------------------------- columns themselves


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(InputError, match=r"Row: .*columns of one length"):
        ColumnarAgentSet(Row, None, {"wealth": np.zeros(3), "owns": np.zeros(2)})


def test_a_set_without_columns_has_nobody() -> None:
    assert len(ColumnarAgentSet(Row, None, {})) == 0


def test_a_column_of_the_whole_set_is_the_state_itself_and_of_a_part_a_copy(twins: Twins) -> None:
    people = twins.columnar
    assert people.wealth is people.columns["wealth"]
    part = people.select(people.owns)
    part.wealth[:] = 0.0
    assert people.get("wealth").tolist() == WEALTH


def test_a_set_survives_copying_and_pickling() -> None:
    people = ColumnarAgentSet(Row, None, {"wealth": np.array([1.0, 2.0])})
    for twin in (copy.deepcopy(people), pickle.loads(pickle.dumps(people))):
        assert_array_equal(twin.wealth, [1.0, 2.0])
        twin.wealth[0] = 9.0
        assert people.wealth[0] == 1.0


# ---------------------------------------------------------------------------- agents of all types


@pytest.fixture
def everybody(twins: Twins) -> AllAgents:
    strangers = ColumnarAgentSet(
        Stranger, twins.columnar.model, {"wealth": np.array([70.0, 80.0])}, first_id=9
    )
    return AllAgents((twins.columnar, strangers))


def test_the_agents_of_all_types_are_one_type_after_the_other(everybody: AllAgents) -> None:
    assert len(everybody) == 10
    assert ids(everybody) == list(range(1, 11))
    assert all(agent in everybody for agent in everybody)


def test_agents_of_all_types_are_selected_by_type_and_rule(everybody: AllAgents) -> None:
    assert ids(everybody.select(agent_type=Stranger)) == [9, 10]
    assert ids(everybody.select(agent_type=Row, at_most=2)) == [1, 2]
    assert ids(everybody.select(lambda agent: agent.wealth >= 50.0)) == [5, 9, 10]
    assert ids(everybody.select(lambda agent: agent.wealth >= 30.0, at_most=3)) == [1, 5, 9]
    assert ids(everybody.select(at_most=0.5)) == [1, 2, 3, 4, 5]
    assert ids(everybody.select()) == list(range(1, 11))


def test_agents_of_all_types_are_asked_each_in_turn(everybody: AllAgents) -> None:
    assert everybody.map(lambda agent: agent.wealth) == [*WEALTH, 70.0, 80.0]
    assert everybody.set("wealth", 1.0) is everybody
    assert everybody.map(lambda agent: agent.wealth) == [1.0] * 10
    asked: list[int] = []
    assert everybody.shuffle_do(lambda agent: asked.append(agent.unique_id)) is everybody
    assert sorted(asked) == list(range(1, 11))


def test_shuffling_and_sorting_keep_the_types_apart(everybody: AllAgents) -> None:
    assert ids(everybody.sort("wealth", ascending=True))[-2:] == [9, 10]
    assert set(ids(everybody.shuffle())[-2:]) == {9, 10}
    assert ids(everybody) == list(range(1, 11))


def test_an_agent_of_any_type_can_be_left_out_of_a_selection(everybody: AllAgents) -> None:
    part = everybody.select()
    part.remove(everybody.select(agent_type=Stranger).sets[1][0])
    assert ids(part) == [1, 2, 3, 4, 5, 6, 7, 8, 10]
    with pytest.raises(TypeError, match="built with"):
        part.add(next(iter(everybody)))


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda agents: list(agents.get("wealth")), [*WEALTH, 70.0, 80.0]),
        (lambda agents: agents.agg("wealth", sum), 300.0),
        (lambda agents: ids(agents.to_list()), list(range(1, 11))),
        (lambda agents: agents.groupby(type).count(), {Row: 8, Stranger: 2}),
    ],
    ids=["get", "agg", "to_list", "groupby"],
)
def test_all_agents_answer_as_a_mesa_set_does(
    everybody: AllAgents, act: Callable[[Any], Any], expected: Any
) -> None:
    assert act(everybody) == expected
