"""Scenarios: what they change, when it holds, how they are written, and what they refuse."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from transition_model.calendar import Month, months_between
from transition_model.errors import InputError
from transition_model.levers import load_levers
from transition_model.parameters import load_parameters
from transition_model.scenario import (
    PLAN_START,
    LeverChange,
    MeasureSwitch,
    ParameterOverride,
    Scenario,
    builtin_scenarios,
    switchable_measures,
)

LEVERS = load_levers()
MEASURES = [*switchable_measures()]
BUDGET = LEVERS["trade_in_budget"]
IN_2025 = BUDGET.plan[0][1]
"""The plan's money of its first year; from 2026 on it is the default."""
STEPPED = LEVERS["sorting_supervision"]
LAST_MONTH_BEFORE = Month.parse("2024-12")
PLAN = Scenario(name="plan")

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a scenario file."""

    def written(text: str, name: str = "mine") -> Path:
        path = tmp_path / f"{name}.toml"
        path.write_text(text, "utf-8")
        return path

    return written


# ---------------------------------------------------------------------------- random scenarios

MONTHS = st.integers(
    min_value=Month.parse("2020-01").index, max_value=Month.parse("2027-12").index
).map(Month)
LEVER_CHANGES = st.sampled_from(sorted(LEVERS)).flatmap(
    lambda identifier: st.tuples(
        st.just(f"lever.{identifier}"),
        st.floats(min_value=LEVERS[identifier].low, max_value=LEVERS[identifier].high),
        MONTHS,
    )
)
SWITCHES = st.tuples(
    st.sampled_from(MEASURES).map(lambda number: f"measure.{number}"),
    st.sampled_from(["on", "off"]),
    MONTHS,
)
OVERRIDES = st.sampled_from(list(load_parameters())).flatmap(
    lambda parameter: st.tuples(
        st.just(f"parameter.{parameter.id}"),
        st.floats(min_value=parameter.low, max_value=parameter.high),
        st.just(PLAN_START),
    )
)
NAMES = st.text(
    st.characters(exclude_categories=("C", "Z"), exclude_characters="\x85"), min_size=1, max_size=20
)


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    scenario = Scenario(name=draw(NAMES), label_en=draw(NAMES), label_zh=draw(NAMES))
    for key, value, start in draw(st.lists(LEVER_CHANGES | SWITCHES | OVERRIDES, max_size=8)):
        scenario = scenario.replace({key: value}, start)
    return scenario


@given(scenarios())
def test_a_scenario_reads_back_from_its_file(
    tmp_path_factory: pytest.TempPathFactory, scenario: Scenario
) -> None:
    path = tmp_path_factory.mktemp("scenario") / "mine.toml"
    scenario.save(path)
    assert Scenario.load(path) == scenario
    assert hash(Scenario.load(path)) == hash(scenario)
    assert tomllib.loads(scenario.to_toml())["name"] == scenario.name


@given(scenarios())
def test_a_scenario_reads_back_from_its_address_but_for_the_labels(scenario: Scenario) -> None:
    back = Scenario.from_query(scenario.to_query())
    assert back == scenario.model_copy(update={"label_en": "", "label_zh": ""})
    assert Scenario.from_query("?" + scenario.to_query()) == back


@given(scenarios(), scenarios())
def test_two_scenarios_have_one_digest_exactly_when_they_change_the_same(
    first: Scenario, second: Scenario
) -> None:
    same = all(
        set(getattr(first, field)) == set(getattr(second, field))
        for field in ("levers", "measures", "parameters")
    )
    assert (first.digest == second.digest) == same


@given(scenarios(), MONTHS)
def test_every_lever_stays_within_its_range_in_every_month(
    scenario: Scenario, month: Month
) -> None:
    values = scenario.lever_values(month)
    assert list(values) == list(LEVERS)
    for identifier, value in values.items():
        assert LEVERS[identifier].low <= value <= LEVERS[identifier].high


@given(scenarios(), LEVER_CHANGES | SWITCHES)
def test_a_change_moves_no_month_before_it_begins(
    scenario: Scenario, change: tuple[str, float | str, Month]
) -> None:
    key, value, start = change
    changed = scenario.replace({key: value}, start)
    for earlier in months_between(Month.parse("2020-01"), start + -1):
        assert changed.lever_values(earlier) == scenario.lever_values(earlier)


# ---------------------------------------------------------------------------- resolution


def budgets(scenario: Scenario, *months: str) -> list[float]:
    return [scenario.lever_value(BUDGET.id, Month.parse(month)) for month in months]


def test_without_changes_a_lever_stands_before_the_plan_where_it_stood_and_then_where_it_asks() -> (
    None
):
    for identifier, lever in LEVERS.items():
        before = [value for _, value in lever.before]
        assert PLAN.lever_value(identifier, LAST_MONTH_BEFORE) == before[-1]
        assert PLAN.lever_value(identifier, PLAN_START) == lever.plan[0][1]
        assert PLAN.lever_value(identifier, Month.parse("2027-12")) == lever.plan[-1][1]


def test_a_lever_with_a_past_changes_in_the_month_that_its_past_says() -> None:
    subsidy = LEVERS["bus_renewal_subsidy"]
    assert PLAN.lever_value(subsidy.id, Month.parse("2024-06")) == 0.0
    assert PLAN.lever_value(subsidy.id, Month.parse("2024-07")) == 80_000.0


def test_a_measure_that_is_off_takes_all_of_its_levers_to_their_off_value_and_no_other() -> None:
    scenario = PLAN.replace({"24": "off"})
    for identifier, lever in LEVERS.items():
        for month in (PLAN_START, Month.parse("2027-12")):
            expected = lever.off if lever.measure == 24 else lever.value_planned(month)
            assert scenario.lever_value(identifier, month) == expected
        assert scenario.lever_value(identifier, LAST_MONTH_BEFORE) == lever.before[-1][1]


def test_a_measure_switched_off_and_on_again_comes_back_as_planned() -> None:
    scenario = PLAN.replace({"measure.24": "off"}, "2025-06").replace({"24": "on"}, "2026-03")
    months = ("2025-05", "2025-06", "2026-02", "2026-03", "2027-12")
    plan, off = BUDGET.default, BUDGET.off
    assert budgets(scenario, *months) == [IN_2025, off, off, plan, plan]


def test_a_dated_change_holds_from_its_month_until_the_next() -> None:
    scenario = PLAN.replace({BUDGET.id: 50.0}, "2025-04").replace({BUDGET.id: 20.0}, "2027-01")
    months = ("2025-03", "2025-04", "2026-12", "2027-01", "2027-12")
    assert budgets(scenario, *months) == [IN_2025, 50.0, 50.0, 20.0, 20.0]


def test_a_change_without_a_month_begins_with_the_plan() -> None:
    scenario = PLAN.replace({BUDGET.id: 50.0})
    assert budgets(scenario, "2024-12", "2025-01") == [BUDGET.before[-1][1], 50.0]


@pytest.mark.parametrize(
    "text",
    [
        "[levers]\ntrade_in_budget = 50\n[measures]\n24 = 'off'",
        "[measures]\n24 = 'off'\n[levers]\ntrade_in_budget = 50",
    ],
)
def test_of_lever_and_switch_that_begin_together_in_a_file_the_lever_wins(
    write: Write, text: str
) -> None:
    scenario = Scenario.load(write(text))
    assert budgets(scenario, "2024-12", "2025-01") == [BUDGET.before[-1][1], 50.0]
    assert scenario.lever_value("trade_in_generosity", PLAN_START) == 0.0


def test_a_switch_does_away_with_changes_made_before_it_in_a_lower_layer(write: Write) -> None:
    write("[levers]\ntrade_in_budget = [{ value = 50 }, { value = 60, from = '2026-06' }]", "under")
    scenario = Scenario.load(
        write("base = 'under'\n[measures]\n24 = { state = 'off', from = '2026-01' }")
    )
    months = ("2025-12", "2026-01", "2026-06")
    assert budgets(scenario, *months) == [50.0, BUDGET.off, BUDGET.off]
    step_by_step = PLAN.replace({BUDGET.id: 50.0}).replace({BUDGET.id: 60.0}, "2026-06")
    assert budgets(step_by_step.replace({"24": "off"}, "2026-01"), *months) == [50.0, 0.0, 0.0]


def test_a_switch_does_away_with_a_change_of_a_lower_layer_that_begins_with_it() -> None:
    scenario = PLAN.replace({BUDGET.id: 50.0}, "2026-01").replace({"24": "off"}, "2026-01")
    assert budgets(scenario, "2025-12", "2026-01") == [IN_2025, BUDGET.off]
    assert not scenario.levers


def test_a_lever_changed_after_its_measure_was_switched_off_is_changed() -> None:
    scenario = PLAN.replace({"24": "off"}, "2026-01").replace({BUDGET.id: 50.0}, "2026-01")
    assert budgets(scenario, "2025-12", "2026-01") == [IN_2025, 50.0]
    assert scenario.lever_value("trade_in_generosity", Month.parse("2026-01")) == 0.0


def test_changes_made_together_do_not_depend_on_their_order() -> None:
    first = PLAN.replace({BUDGET.id: 50.0, "24": "off"}, "2026-01")
    second = PLAN.replace({"24": "off", BUDGET.id: 50.0}, "2026-01")
    assert first == second
    assert budgets(first, "2026-01") == [50.0]


def test_a_switch_that_begins_later_takes_back_an_earlier_change() -> None:
    scenario = PLAN.replace({BUDGET.id: 50.0}, "2025-06").replace({"24": "off"}, "2026-01")
    assert budgets(scenario, "2025-12", "2026-01") == [50.0, BUDGET.off]


def test_a_change_in_the_month_in_which_the_plan_begins_beats_the_plan() -> None:
    assert budgets(PLAN.replace({BUDGET.id: 50.0}, "2025-01"), "2025-01") == [50.0]
    assert budgets(PLAN.replace({"24": "off"}, "2025-01"), "2025-01") == [BUDGET.off]


def test_a_change_before_the_plan_holds_when_the_plan_begins() -> None:
    scenario = PLAN.replace({BUDGET.id: 50.0}, "2024-06")
    months = ("2024-05", "2024-06", "2024-12", "2025-01", "2027-12")
    assert budgets(scenario, *months) == [BUDGET.before[-1][1], 50.0, 50.0, 50.0, 50.0]


def test_a_plan_that_comes_in_steps_is_taken_step_by_step() -> None:
    assert [PLAN.lever_value(STEPPED.id, Month(index)) for index, _ in STEPPED.plan] == [
        value for _, value in STEPPED.plan
    ]
    before_the_last = Month(STEPPED.plan[-1][0]) + -1
    assert PLAN.lever_value(STEPPED.id, before_the_last) == STEPPED.plan[-2][1]


def test_a_measure_switched_on_again_takes_up_the_plan_where_it_stands() -> None:
    number = str(STEPPED.measure)
    scenario = PLAN.replace({number: "off"}, "2025-02").replace({number: "on"}, "2027-06")
    assert scenario.lever_value(STEPPED.id, Month.parse("2027-05")) == STEPPED.off
    assert scenario.lever_value(STEPPED.id, Month.parse("2027-06")) == STEPPED.default


def test_a_change_holds_on_against_the_later_steps_of_the_plan() -> None:
    scenario = PLAN.replace({STEPPED.id: 0.123}, "2025-02")
    assert scenario.lever_value(STEPPED.id, PLAN_START) == STEPPED.plan[0][1]
    assert scenario.lever_value(STEPPED.id, Month.parse("2027-12")) == 0.123


def test_saying_a_month_again_replaces_what_was_said() -> None:
    scenario = PLAN.replace({BUDGET.id: 50.0}, "2026-01").replace({BUDGET.id: 60.0}, "2026-01")
    assert len(scenario.levers) == 1
    assert budgets(scenario, "2026-01") == [60.0]


# ---------------------------------------------------------------------------- built in, layers


def test_three_scenarios_are_built_in_and_have_labels_in_both_languages() -> None:
    assert set(builtin_scenarios()) >= {"none", "plan", "accelerated"}
    for name in builtin_scenarios():
        scenario = Scenario.load(name)
        assert scenario.name == name
        for text in (scenario.label_en, scenario.label_zh, scenario.description_zh):
            assert text


def test_the_plan_as_written_changes_nothing() -> None:
    plan = Scenario.load("plan")
    assert not (plan.levers or plan.measures or plan.parameters)
    assert plan.digest == Scenario(name="mine").digest


def test_none_switches_every_measure_off_when_the_plan_would_begin() -> None:
    none = Scenario.load("none")
    for identifier, lever in LEVERS.items():
        assert none.lever_value(identifier, LAST_MONTH_BEFORE) == lever.before[-1][1]
        assert none.lever_value(identifier, PLAN_START) == lever.off


def test_the_accelerated_scenario_weakens_no_lever_of_the_plan() -> None:
    accelerated = Scenario.load("accelerated")
    for month in months_between(PLAN_START, Month.parse("2027-12")):
        values = accelerated.lever_values(month)
        planned = {identifier: lever.value_planned(month) for identifier, lever in LEVERS.items()}
        weaker = {identifier for identifier in LEVERS if values[identifier] < planned[identifier]}
        assert not weaker, month
    assert sum(values[identifier] > planned[identifier] for identifier in LEVERS) > 15


def test_a_file_adds_to_its_base_and_wins_where_both_speak(write: Write) -> None:
    write(
        "[levers]\ntrade_in_budget = 10.0\ngreen_preference = 0.5\n[measures]\n31 = 'off'", "under"
    )
    path = write(
        "base = 'under'\n[levers]\ntrade_in_budget = 20.0\n"
        "[parameters]\nrunning_cost_horizon = 7\n[measures]\n14 = 'off'",
        "over",
    )
    scenario = Scenario.load(path)
    assert scenario.name == "over"
    assert {change.lever: change.value for change in scenario.levers} == {
        "trade_in_budget": 20.0,
        "green_preference": 0.5,
    }
    assert [switch.measure for switch in scenario.measures] == [14, 31]
    assert scenario.parameter_overrides == {"running_cost_horizon": 7.0}


def test_a_built_in_scenario_can_be_a_base(write: Write) -> None:
    scenario = Scenario.load(write("base = 'none'\n[measures]\n24 = 'on'"))
    assert scenario.lever_value(BUDGET.id, PLAN_START) == IN_2025
    assert scenario.lever_value("bus_renewal_subsidy", PLAN_START) == 0.0


def test_a_file_beside_goes_before_a_built_in_base_of_the_same_name(write: Write) -> None:
    write("[levers]\ntrade_in_budget = 77.0", "accelerated")
    scenario = Scenario.load(write("base = 'accelerated'"))
    assert budgets(scenario, "2026-01") == [77.0]


def test_all_measures_can_be_switched_with_one_word(write: Write) -> None:
    scenario = Scenario.load(write("[measures]\nall = { state = 'off', from = '2026-01' }"))
    assert sorted(switch.measure for switch in scenario.measures) == MEASURES
    assert {str(switch.start) for switch in scenario.measures} == {"2026-01"}


def test_a_file_says_values_bare_dated_or_as_a_list(write: Write) -> None:
    scenario = Scenario.load(
        write(
            "[levers]\ngreen_preference = 1\n"
            "trade_in_generosity = { value = 2.0, from = '2026-05' }\n"
            "trade_in_budget = [{ value = 40 }, { value = 30.0, from = '2026-07' }]\n"
        )
    )
    assert scenario == Scenario(
        name="mine",
        levers=(
            LeverChange(lever="green_preference", value=1.0),
            LeverChange(lever="trade_in_budget", value=40.0),
            LeverChange(lever="trade_in_budget", value=30.0, start=Month.parse("2026-07")),
            LeverChange(lever="trade_in_generosity", value=2.0, start=Month.parse("2026-05")),
        ),
    )


@pytest.mark.parametrize(
    ("setting", "field", "expected"),
    [
        ("trade_in_budget=40", "levers", LeverChange(lever="trade_in_budget", value=40.0)),
        (
            "lever.trade_in_budget=4e1@2026-07",
            "levers",
            LeverChange(lever="trade_in_budget", value=40.0, start=Month.parse("2026-07")),
        ),
        ("24=off", "measures", MeasureSwitch(measure=24, state="off")),
        (
            "measure.24=on@2026-07",
            "measures",
            MeasureSwitch(measure=24, state="on", start=Month.parse("2026-07")),
        ),
        (
            "running_cost_horizon=7",
            "parameters",
            ParameterOverride(parameter="running_cost_horizon", value=7.0),
        ),
        (
            "parameter.running_cost_horizon=7",
            "parameters",
            ParameterOverride(parameter="running_cost_horizon", value=7.0),
        ),
    ],
)
def test_a_setting_of_the_command_line_is_one_change(
    setting: str, field: str, expected: object
) -> None:
    assert PLAN.with_setting(setting) == PLAN.model_copy(update={field: (expected,)})


# ---------------------------------------------------------------------------- identity


def test_a_digest_does_not_count_names_labels_or_order() -> None:
    first = Scenario(name="mine").replace(
        {BUDGET.id: 50.0, "green_preference": 0.5, "31": "off", "14": "off"}
    )
    second = Scenario(name="other", label_en="Other").replace(
        {"14": "off", "31": "off", "green_preference": 0.5, BUDGET.id: 50.0}
    )
    assert first.digest == second.digest
    assert first != second


def test_a_changed_scenario_has_another_digest_even_if_the_first_was_asked_for_its_own() -> None:
    scenario = Scenario.load("plan")
    first = scenario.digest
    assert scenario.replace({BUDGET.id: 50.0}).digest != first
    assert scenario.with_setting("24=off").digest != first


def test_scenarios_that_say_the_same_in_another_order_are_equal() -> None:
    changes = (
        LeverChange(lever="trade_in_budget", value=50.0),
        LeverChange(lever="green_preference", value=0.5),
    )
    assert Scenario(name="mine", levers=changes) == Scenario(name="mine", levers=changes[::-1])


def test_a_scenario_cannot_be_changed_in_place() -> None:
    scenario = Scenario.load("accelerated")
    before = scenario.model_dump()
    with pytest.raises(ValidationError, match="frozen"):
        scenario.name = "other"  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        scenario.levers[0].value = 0.0  # type: ignore[misc]
    scenario.replace({BUDGET.id: 1.0, "24": "off"})
    assert scenario.model_dump() == before


# ---------------------------------------------------------------------------- refusals

FILE_PROBLEMS = [
    ("[levers]\ntrade_in_bugdet = 30", "levers.trade_in_bugdet", "trade_in_budget"),
    ("[levers]\ntrade_in_budget = 300", "levers.trade_in_budget", "0 to 200 1e8 yuan/year"),
    ("[levers]\ntrade_in_budget = -1", "levers.trade_in_budget", "0 to 200 1e8 yuan/year"),
    ("[levers]\ntrade_in_budget = nan", "levers.trade_in_budget", "0 to 200 1e8 yuan/year"),
    ("[levers]\ntrade_in_budget = '30'", "levers.trade_in_budget", "a number"),
    ("[levers]\ntrade_in_budget = true", "levers.trade_in_budget", "a number"),
    ("[levers]\ntrade_in_budget = { value = '30' }", "levers.trade_in_budget", "a number"),
    (
        "[levers]\ntrade_in_budget = { value = 30, from = '2026-13' }",
        "levers.trade_in_budget.from",
        "YYYY-MM",
    ),
    (
        "[levers]\ntrade_in_budget = { value = 30, from = 2026-07-01 }",
        "levers.trade_in_budget.from",
        "YYYY-MM",
    ),
    ("[levers]\ntrade_in_budget = { value = 30, form = '2026-01' }", "trade_in_budget", "from"),
    ("[levers]\ntrade_in_budget = { from = '2026-01' }", "trade_in_budget", "value"),
    ("levers = 3", "levers", "a table"),
    ("[measures]\n24 = 'maybe'", "measures.24", "on or off"),
    ("[measures]\n24 = true", "measures.24", "on or off"),
    ("[measures]\n35 = 'off'", "measures.35", "a measure with a lever or rule: 1,"),
    ("[measures]\n99 = 'off'", "measures.99", "a measure with a lever or rule"),
    ("[measures]\nbuses = 'off'", "measures.buses", "all, or a measure"),
    ("[measures]\n24 = { state = 'off', from = 'soon' }", "measures.24.from", "YYYY-MM"),
    ("[parameters]\nrunning_cost_horizn = 7", "parameters", "running_cost_horizon"),
    ("[parameters]\nrunning_cost_horizon = 99", "parameters running_cost_horizon", "6 to 8 year"),
    ("[parameters]\nrunning_cost_horizon = '7'", "parameters.running_cost_horizon", "a number"),
    ("[parameters]\nrunning_cost_horizon = { value = 7 }", "running_cost_horizon", "a number"),
    ("colour = 'red'", "colour", "one of name, base"),
    ("name = 3", "name", "string"),
    ("[levers\n", "mine.toml", "TOML"),
    ("base = 'mine'", "mine.toml: base", "not built on this file"),
]


@pytest.mark.parametrize(("text", "place", "allowed"), FILE_PROBLEMS)
def test_a_wrong_file_is_refused_once_with_its_place(
    write: Write, text: str, place: str, allowed: str
) -> None:
    with pytest.raises(InputError) as problem:
        Scenario.load(write(text))
    assert "mine.toml" in problem.value.where
    assert place in problem.value.where
    assert allowed in problem.value.allowed
    assert "\n" not in str(problem.value)


def test_files_that_are_each_others_base_are_refused(write: Write) -> None:
    write("base = 'second'", "first")
    write("base = 'third'", "second")
    path = write("base = 'first'", "third")
    with pytest.raises(InputError, match=r"third.toml: base: read 'third'.*not built on this file"):
        Scenario.load(path)


def test_files_that_are_each_others_base_are_refused_by_whatever_way(
    tmp_path: Path, write: Write
) -> None:
    (tmp_path / "inner").mkdir()
    write("base = 'inner/../second'", "first")
    path = write("base = 'inner/../first'", "second")
    with pytest.raises(InputError, match="not built on this file"):
        Scenario.load(path)


@pytest.mark.parametrize("base", ["'nonsense'", "3"])
def test_an_unknown_base_is_refused_with_the_file_that_names_it(write: Write, base: str) -> None:
    with pytest.raises(InputError, match="accelerated, none, plan") as problem:
        Scenario.load(write(f"base = {base}"))
    assert problem.value.where == "mine.toml: base"


@pytest.mark.parametrize(
    "text",
    [
        "[levers]\ntrade_in_budget = [{ value = 1 }, { value = 2 }]",
        "[measures]\n24 = ['off', { state = 'on', from = '2025-01' }]",
    ],
)
def test_two_values_for_one_month_are_refused(write: Write, text: str) -> None:
    with pytest.raises(InputError, match="once"):
        Scenario.load(write(text))


def test_a_single_measure_is_an_exception_from_all_wherever_it_stands(write: Write) -> None:
    first = Scenario.load(write("[measures]\nall = 'off'\n24 = 'on'"))
    second = Scenario.load(write("[measures]\n24 = 'on'\nall = 'off'"))
    assert budgets(first, "2026-01") == budgets(second, "2026-01") == [BUDGET.default]


def test_a_scenario_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(InputError, match=r"scenario: read 'plam'.*accelerated, none, plan"):
        Scenario.load("plam")


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("trade_in_budget", "lever=value"),
        ("=30", "lever=value"),
        ("trade_in_budget=", "lever=value"),
        ("trade_in_budget=much", "setting trade_in_budget: read 'much'.*a number"),
        ("trade_in_budget=300", "setting trade_in_budget: read 300.0.*0 to 200"),
        ("trade_in_budget=inf", "0 to 200"),
        ("trade_in_budget=30@2026-13", "setting trade_in_budget: read '2026-13'"),
        ("trade_in_budget=30@", "YYYY-MM"),
        ("trade_in_bugdet=30", "setting trade_in_bugdet: .*trade_in_budget"),
        ("24=maybe", "setting 24: read 'maybe'.*on or off"),
        ("measure.x=off", "measure.NUMBER"),
        ("99=off", "measure: read 99"),
        ("parameter.nothing=3", "nothing.*a declared parameter"),
        ("running_cost_horizon=99", "setting running_cost_horizon.*6 to 8 year"),
        ("colour.red=3", "setting colour.red"),
    ],
)
def test_a_wrong_setting_is_refused_once(setting: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as problem:
        PLAN.with_setting(setting)
    assert "\n" not in str(problem.value)


def test_a_parameter_can_not_change_from_a_month_on() -> None:
    with pytest.raises(InputError, match="running_cost_horizon"):
        PLAN.with_setting("running_cost_horizon=7@2026-01")


def test_a_measure_has_a_number_of_plain_digits(write: Write) -> None:
    with pytest.raises(InputError):
        PLAN.with_setting("²=off")
    with pytest.raises(InputError):
        Scenario.load(write("[measures]\n'²' = 'off'"))


@pytest.mark.parametrize(
    ("changes", "start", "words"),
    [
        ({"trade_in_budget": 300.0}, "2025-01", "replace trade_in_budget: read 300.0"),
        ({"trade_in_budget": True}, "2025-01", "a number"),
        ({"trade_in_budget": 30.0}, "2025-1", "start: read '2025-1'"),
        ({"no_such_lever": 30.0}, "2025-01", "replace no_such_lever"),
        ({"24": 1.0}, "2025-01", "replace 24: read 1.0.*on or off"),
        ({"35": "off"}, "2025-01", "measure: read 35"),
    ],
)
def test_a_wrong_replacement_is_refused_once(
    changes: dict[str, float | str], start: str, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        PLAN.replace(changes, start)


@pytest.mark.parametrize(
    "query",
    ["colour=red", "lever=3", "lever.=3", "lever.trade_in_budget=", "measure.24=maybe", "x"],
)
def test_a_wrong_address_is_refused(query: str) -> None:
    with pytest.raises(InputError):
        Scenario.from_query(query)


def test_a_change_made_in_python_is_checked_like_any_other() -> None:
    with pytest.raises(InputError, match="lever trade_in_budget: read 999"):
        LeverChange(lever="trade_in_budget", value=999.0)
    with pytest.raises(InputError, match="from: read '2026'"):
        LeverChange(lever="trade_in_budget", value=9.0, start="2026")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="measure: read 35"):
        MeasureSwitch(measure=35, state="off")
    with pytest.raises(InputError, match="running_cost_horizon"):
        ParameterOverride(parameter="running_cost_horizon", value=99.0)
    with pytest.raises(InputError, match=r"levers: read .*each change once for a month"):
        Scenario(name="mine", levers=(LeverChange(lever="trade_in_budget", value=9.0),) * 2)
    with pytest.raises(InputError, match=r"measures: read .*once"):
        Scenario(name="mine", measures=(MeasureSwitch(measure=24, state="off"),) * 2)


# ------------------------------------------------------------------------ paths of all levers


@given(
    base=st.sampled_from(["plan", "accelerated", "none"]),
    changes=st.lists(
        st.tuples(
            st.sampled_from([*LEVERS]),
            st.floats(0.0, 1.0),
            st.integers(-3, 40).map(lambda months: PLAN_START + months),
        ),
        max_size=4,
    ),
    switches=st.lists(
        st.tuples(
            st.sampled_from(sorted({lever.measure for lever in LEVERS.values()})),
            st.sampled_from(["on", "off"]),
            st.integers(-3, 40).map(lambda months: PLAN_START + months),
        ),
        max_size=3,
    ),
)
@settings(max_examples=40, deadline=None)
def test_paths_of_levers_are_their_values_in_each_month(
    base: str,
    changes: list[tuple[str, float, Month]],
    switches: list[tuple[int, str, Month]],
) -> None:
    scenario = Scenario.load(base)
    for name, place, start in changes:
        entry = LEVERS[name]
        scenario = scenario.replace({name: entry.low + place * (entry.high - entry.low)}, start)
    for measure, state, start in switches:
        scenario = scenario.replace({f"measure.{measure}": state}, start)
    first, last = PLAN_START + (-6), PLAN_START + 40
    paths = scenario.lever_paths(first, last)
    assert len(paths) == last - first + 1
    for step in range(0, len(paths), 5):
        assert paths[step] == scenario.lever_values(first + step)
        assert [*paths[step]] == [*LEVERS]


def test_scenarios_that_say_the_same_of_a_month_share_its_levers() -> None:
    first, last = Month.parse("2025-11"), Month.parse("2026-02")
    one = Scenario.load("plan").replace({BUDGET.id: 50.0}, "2026-01").lever_paths(first, last)
    other = Scenario.load("plan").replace({BUDGET.id: 60.0}, "2026-01").lever_paths(first, last)
    again = Scenario.load("plan").replace({BUDGET.id: 50.0}, "2026-01").lever_paths(first, last)
    assert one[0] is other[0] is again[0]
    assert one[2] is again[2]
    assert one[2] is not other[2]
    assert (one[2][BUDGET.id], other[2][BUDGET.id]) == (50.0, 60.0)
