"""Programmes that administration delivers: one pattern, from plan to delivery."""

import numpy as np
import pytest

from transition_model.calendar import Month
from transition_model.dimensions import dimension
from transition_model.errors import InputError
from transition_model.levers import load_levers
from transition_model.parameters import ParameterValues, load_parameters
from transition_model.plan import load_plan
from transition_model.programmes import efforts, opening_levels, paces, programme_levers
from transition_model.stocks import CompiledModel, load_source

STOCKS = ("programmes_planned", "programmes_under_way", "programmes_delivered")
FLOWS = ("programme_commitments_per_month", "programme_losses_per_month")
MEMBERS = dimension("programme").members


@pytest.fixture(scope="module")
def model() -> CompiledModel:
    return CompiledModel(load_source())


@pytest.fixture(scope="module")
def parameters() -> ParameterValues:
    return ParameterValues(load_parameters(), {})


def run(model: CompiledModel, parameters: ParameterValues, years: int = 8, **changes):
    constants = {
        "initial_programmes_delivered": opening_levels(parameters),
        "programme_pace_before_plan": paces(parameters, Month.parse("2020-01")),
        **changes,
    }
    return model.run(constants, 1, horizon=12 * years, record=[*STOCKS, *FLOWS], every=1)


def test_a_programme_answers_each_target_that_administration_delivers() -> None:
    plan = load_plan()
    assert {t.id for t in plan.targets if t.mechanism == "programme"} == set(MEMBERS)
    for member in MEMBERS:
        target = plan.target(member)
        lever = load_levers()[programme_levers()[MEMBERS.index(member)]]
        assert lever.measure in target.measures
        assert target.result == member


def test_the_goal_is_the_figure_of_the_plan_and_a_cap_calls_for_no_project(
    parameters: ParameterValues,
) -> None:
    goals = dict(zip(MEMBERS, parameters.array("programme_goal"), strict=True))
    for member, goal in goals.items():
        target = load_plan().target(member)
        assert goal == (0.0 if target.operator == "<=" else target.value), member


def test_what_is_committed_is_planned_under_way_delivered_or_lost(
    model: CompiledModel, parameters: ParameterValues
) -> None:
    effort = np.full(len(MEMBERS), 1.3)
    step = 0.25
    ran = model.run(
        {
            "initial_programmes_delivered": opening_levels(parameters),
            "programme_pace_before_plan": paces(parameters, Month.parse("2020-01")),
            "programme_effort": effort,
        },
        1,
        horizon=36,
        every=step,
        record=[*STOCKS, *FLOWS],
    )
    total = sum(ran[name][0] for name in STOCKS)
    net = ran[FLOWS[0]][0] - ran[FLOWS[1]][0]
    assert np.allclose(np.diff(total, axis=0), step * net[:-1], rtol=1e-9, atol=1e-9)


def test_without_effort_slippage_loss_and_bound_a_programme_keeps_its_pace(
    model: CompiledModel, parameters: ParameterValues
) -> None:
    still = {"programme_slippage": 0.0, "programme_attrition": np.zeros(len(MEMBERS))}
    ran = run(model, parameters, **still, programme_most=np.full(len(MEMBERS), 1e9))
    pace = paces(parameters, Month.parse("2020-01"))
    gained = ran["programmes_delivered"][0, -1] - ran["programmes_delivered"][0, 0]
    assert np.allclose(gained, 8.0 * pace, rtol=1e-6, atol=1e-9)


def test_effort_brings_a_target_nearer_and_never_overshoots_it_by_itself(
    model: CompiledModel, parameters: ParameterValues
) -> None:
    still = {"programme_pace_before_plan": np.zeros(len(MEMBERS))}
    levels = [
        run(model, parameters, **still, programme_effort=np.full(len(MEMBERS), effort))[
            "programmes_delivered"
        ][0, -1]
        for effort in (0.0, 1.0, 2.0)
    ]
    goal = parameters.array("programme_goal")
    assert np.all(levels[0] <= levels[1] + 1e-9)
    assert np.all(levels[1] <= levels[2] + 1e-9)
    assert np.all(levels[2] <= np.maximum(goal, opening_levels(parameters)) + 1e-6)


def test_a_share_reaches_the_whole_and_no_more(
    model: CompiledModel, parameters: ParameterValues
) -> None:
    most = parameters.array("programme_most")
    units = {target.id: target.unit for target in load_plan().targets}
    for member, bound in zip(MEMBERS, most, strict=True):
        assert (bound == 100.0) == (units[member] == "percent"), member
    fast = {"programme_capacity": np.full(len(MEMBERS), 1e3), "programme_slippage": 0.0}
    lasting = {"programme_attrition": np.zeros(len(MEMBERS))}
    opening = run(model, parameters)["programmes_delivered"][0, 0]
    ran = run(model, parameters, years=20, **fast, **lasting,
              programme_pace_before_plan=np.full(len(MEMBERS), 20.0),
              programme_budget=np.full(len(MEMBERS), 1e9))  # fmt: skip
    reached = ran["programmes_delivered"][0]
    share = most == 100.0
    assert np.all(reached[:, share] <= 100.0 + 1e-9)
    assert np.allclose(reached[-1, share], 100.0, atol=0.5)
    assert np.all(reached[-1, ~share] > opening[~share] + 300.0)


def test_a_pace_is_kept_up_to_the_last_month_in_which_something_is_left(
    model: CompiledModel, parameters: ParameterValues
) -> None:
    """A bound that is not reached changes nothing."""
    bounded, free = (
        run(model, parameters, programme_most=np.full(len(MEMBERS), most))["programmes_delivered"]
        for most in (1e6, 1e9)
    )
    assert np.array_equal(bounded, free)


def test_effort_restrains_the_use_of_water_and_nothing_else(
    model: CompiledModel, parameters: ParameterValues
) -> None:
    goal = {"programme_goal": np.zeros(len(MEMBERS))}
    idle, busy = (
        run(model, parameters, **goal, programme_effort=np.full(len(MEMBERS), effort))[
            "programmes_delivered"
        ][0, -1]
        for effort in (0.0, 1.0)
    )
    water = MEMBERS.index("water_use")
    assert busy[water] < idle[water]
    assert np.array_equal(np.delete(busy, water), np.delete(idle, water))


def test_forest_stops_growing_when_its_campaign_ends(parameters: ParameterValues) -> None:
    forest = MEMBERS.index("forest_cover")
    pace = [paces(parameters, Month.parse(month))[forest] for month in ("2020-06", "2023-01")]
    assert pace[0] > 1.0 > 0.1 > pace[1]


def test_each_programme_follows_its_own_lever() -> None:
    levers = {name: float(place) for place, name in enumerate(load_levers())}
    expected = [levers[name] for name in programme_levers()]
    assert efforts(levers).tolist() == expected


def test_a_programme_without_a_lever_is_refused(tmp_path) -> None:
    own = tmp_path / "programmes.toml"
    own.write_text('forest_cover = "reserve_effort"\n', "utf-8")
    with pytest.raises(InputError, match="basic_farmland"):
        programme_levers(own)


def test_neither_capacity_nor_budget_binds_under_the_pace_of_the_years_before(
    parameters: ParameterValues,
) -> None:
    capacity = parameters.array("programme_capacity")
    affordable = parameters.array("programme_budget") / parameters.array("programme_unit_cost")
    for year in range(2020, 2028):
        pace = paces(parameters, Month.parse(f"{year}-06"))
        assert np.all(pace <= np.minimum(capacity, affordable))


@pytest.mark.parametrize("limit", ["programme_capacity", "programme_budget"])
def test_starts_stop_at_the_limit_and_what_is_over_stays_planned(
    model: CompiledModel, parameters: ParameterValues, limit: str
) -> None:
    effort = np.full(len(MEMBERS), 2.0)
    free = run(model, parameters, programme_effort=effort)
    tight = run(
        model,
        parameters,
        programme_effort=effort,
        **{limit: parameters.array(limit) * 0.02},
    )
    eager = free["programmes_under_way"][0].max(axis=0) > 0.0
    assert np.all(
        tight["programmes_delivered"][0, -1] <= free["programmes_delivered"][0, -1] + 1e-9
    )
    assert np.any(tight["programmes_delivered"][0, -1] < free["programmes_delivered"][0, -1])
    slower = tight["programmes_planned"][0, -1] >= free["programmes_planned"][0, -1] - 1e-9
    assert np.all(slower[eager])


def test_without_money_or_capacity_nothing_begins_and_nothing_is_paid(
    model: CompiledModel, parameters: ParameterValues
) -> None:
    for limit in ("programme_capacity", "programme_budget"):
        ran = model.run(
            {
                "initial_programmes_delivered": opening_levels(parameters),
                "programme_effort": np.ones(len(MEMBERS)),
                limit: np.zeros(len(MEMBERS)),
            },
            1,
            horizon=24,
            record=["programme_starts_per_month", "programme_money_spent"],
            every=1,
        )
        assert not ran["programme_starts_per_month"].any()
        assert not ran["programme_money_spent"].any()


def test_money_follows_what_is_begun_and_never_exceeds_the_budget(
    model: CompiledModel, parameters: ParameterValues
) -> None:
    ran = model.run(
        {
            "initial_programmes_delivered": opening_levels(parameters),
            "programme_effort": np.full(len(MEMBERS), 2.0),
        },
        1,
        horizon=96,
        record=["programme_money_spent"],
        every=12,
    )
    yearly = np.diff(ran["programme_money_spent"][0], axis=0)
    assert yearly.max() > 0.0
    assert np.all(yearly <= parameters.array("programme_budget") * (1.0 + 1e-9))


def test_what_is_lost_grows_with_attrition_and_what_slips_comes_later(
    model: CompiledModel, parameters: ParameterValues
) -> None:
    def level(**changes) -> np.ndarray:
        return run(model, parameters, years=3, **changes)["programmes_delivered"][0, -1]

    rates = np.ones(len(MEMBERS))
    assert np.all(level(programme_attrition=0.0 * rates) >= level(programme_attrition=0.1 * rates))
    assert np.all(level(programme_slippage=0.0) >= level(programme_slippage=0.5) - 1e-9)
