"""A scenario replaces, adds, suspends and ends rules, and switches measures off, by the day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from transition_model.calendar import Month
from transition_model.errors import InputError
from transition_model.instruments import load_instruments
from transition_model.instruments.amendments import struck
from transition_model.instruments.amounts import Flat
from transition_model.instruments.attributes import Claims
from transition_model.instruments.changes import LawReading, running_on
from transition_model.instruments.evaluation import given
from transition_model.instruments.monthly import amount_of_month
from transition_model.instruments.schema import Budget, Tranche
from transition_model.policy.claims import settle
from transition_model.policy.pots import Pots
from transition_model.scenario import Scenario

SCRAPPAGE = "car_scrappage_renewal"
PLAN = Scenario.load("plan")
ELECTRIC = Claims.of(
    1, powertrain="battery_electric", car_price=120_000.0, old_car_fuel="gasoline",
    old_car_registered=date(2009, 1, 1), old_car_owned_since=date(2009, 1, 1), engine_litres=1.6,
)  # fmt: skip
AMENDED = """
name = "amended"

[instruments.car_scrappage_renewal]
suspend = [{ from = 2025-06-01, to = 2025-06-30 }]
end = 2026-06-30

[[instruments.car_scrappage_renewal.versions]]
id = "2026"
start = 2026-01-01
end = 2026-12-31
flat = { amount = 5000.0 }
status = "assumed"
source = "a quarter of the amount of 2025"

[instruments.appliance_trade_in]
after = "phase_out"
phase_out_days = 100
"""


def written(folder: Path, text: str, name: str = "amended") -> Scenario:
    path = folder / f"{name}.toml"
    path.write_text(text, "utf-8")
    return Scenario.load(path)


def offered(scenario: Scenario, day: date) -> float:
    return float(given(scenario.law[SCRAPPAGE], ELECTRIC, day)[0])


def test_without_a_change_the_law_is_that_of_the_files() -> None:
    assert PLAN.law == load_instruments()


@pytest.mark.parametrize(
    ("day", "amount"),
    [
        (date(2025, 5, 31), 20_000.0),
        (date(2025, 6, 1), 0.0),
        (date(2025, 6, 30), 0.0),
        (date(2025, 7, 1), 20_000.0),
        (date(2025, 12, 31), 20_000.0),
        (date(2026, 1, 1), 5_000.0),
        (date(2026, 6, 30), 5_000.0),
        (date(2026, 7, 1), 0.0),
        (date(2027, 3, 1), 0.0),
    ],
)
def test_a_scenario_file_replaces_suspends_and_ends(
    tmp_path: Path, day: date, amount: float
) -> None:
    assert offered(written(tmp_path, AMENDED), day) == amount


def test_a_scenario_states_what_follows_the_last_known_version(tmp_path: Path) -> None:
    rule = written(tmp_path, AMENDED).law["appliance_trade_in"]
    assert (rule.after, rule.phase_out_days) == ("phase_out", 100)
    appliance = Claims.of(
        1, grade="grade_1", appliance_price=4_000.0, appliance_category="television"
    )
    known, halfway, gone = (
        given(rule, appliance, day)[0]
        for day in (date(2026, 12, 31), date(2027, 2, 19), date(2027, 4, 10))
    )
    assert (known, halfway, gone) == (600.0, 300.0, 0.0)


def test_file_query_and_copy_give_the_same_scenario(tmp_path: Path) -> None:
    amended = written(tmp_path, AMENDED)
    assert written(tmp_path, amended.to_toml(), "again") == amended.model_copy(
        update={"name": "amended"}
    )
    again = Scenario.from_query(amended.to_query())
    assert again.instruments == amended.instruments
    assert again.digest == amended.digest != PLAN.digest
    assert hash(again.instruments) == hash(amended.instruments)


def test_a_layer_adds_to_the_law_of_its_base(tmp_path: Path) -> None:
    written(tmp_path, AMENDED)
    upper = written(
        tmp_path,
        'base = "amended"\n[instruments.car_scrappage_renewal]\nend = 2025-12-31\n',
        "upper",
    )
    assert [offered(upper, day) for day in (date(2025, 6, 15), date(2025, 7, 1))] == [0.0, 2e4]
    assert offered(upper, date(2026, 1, 1)) == 0.0


@pytest.mark.parametrize(
    ("setting", "day", "amount"),
    [
        ("end@2025-08-31", date(2025, 8, 31), 20_000.0),
        ("end@2025-08-31", date(2025, 9, 1), 0.0),
        ("suspend@2025-03-01/2025-03-31", date(2025, 3, 15), 0.0),
        ("suspend@2025-03-01/2025-03-31", date(2025, 4, 1), 20_000.0),
        ("continue", date(2027, 6, 1), 14_400.0),
        ("end", date(2027, 6, 1), 0.0),
        ("strike@2025-03-01", date(2025, 2, 28), 20_000.0),
        ("strike@2025-03-01", date(2025, 3, 1), 0.0),
        ("strike@2024-01-01", date(2025, 3, 1), 0.0),
    ],
)
def test_the_command_line_amends_the_law(setting: str, day: date, amount: float) -> None:
    assert offered(PLAN.with_setting(f"instrument.{SCRAPPAGE}={setting}"), day) == amount


def test_a_switched_off_measure_strikes_its_rules_from_that_day() -> None:
    off = PLAN.replace({"24": "off"}, start="2026-01")
    assert [offered(off, day) for day in (date(2025, 12, 31), date(2026, 1, 1))] == [2e4, 0.0]


def test_a_measure_that_is_switched_on_again_has_its_rules_back() -> None:
    scenario = PLAN.replace({"24": "off"}, start="2025-03").replace({"24": "on"}, start="2025-06")
    days = (date(2025, 2, 28), date(2025, 3, 1), date(2025, 5, 31), date(2025, 6, 1))
    assert [offered(scenario, day) for day in days] == [2e4, 0.0, 0.0, 2e4]


def test_rules_that_were_there_before_the_plan_stay_when_the_measure_is_off() -> None:
    none = Scenario.load("none")
    for name, rule in load_instruments().items():
        if rule.when_off == "stays":
            assert none.law[name] == rule, name
    assert offered(none, date(2025, 1, 1)) == 0.0


def test_every_rule_says_what_follows_and_which_run_on_is_listed() -> None:
    month = Month.parse("2027-06")
    assert SCRAPPAGE in running_on(PLAN.law, month)
    assert SCRAPPAGE not in running_on(PLAN.law, Month.parse("2026-12"))
    ended = PLAN.with_setting(f"instrument.{SCRAPPAGE}=end")
    assert SCRAPPAGE not in running_on(ended.law, month)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[instruments.car_scrapping]\nend = 2026-01-01\n", "car_scrapping"),
        ("[instruments.car_scrappage_renewal]\n", "versions, suspend, end, after or strike"),
        ("[instruments.car_scrappage_renewal]\nend = 2020-01-01\n", "2024-04-24"),
        ("[instruments.car_scrappage_renewal]\npause = 1\n", "pause"),
        ('[instruments.car_scrappage_renewal]\nafter = "phase_out"\n', "phase_out_days"),
        (
            "[[instruments.car_scrappage_renewal.versions]]\n"
            'id = "new"\nstart = 2026-06-01\nend = 2026-08-31\nflat = { amount = 1.0 }\n'
            'status = "assumed"\nsource = "a version that overlaps another"\n',
            "do not overlap",
        ),
        (
            "[[instruments.car_scrappage_renewal.versions]]\n"
            'id = "new"\nstart = 2028-06-01\nend = 2028-08-31\nflat = { amount = -1.0 }\n'
            'status = "assumed"\nsource = "a version that pays less than nothing"\n',
            "version new",
        ),
    ],
)
def test_a_bad_change_is_one_error_that_names_file_and_rule(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        written(tmp_path, text)
    assert "amended.toml: instruments" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_lever_that_stands_in_the_law_moves_with_the_law() -> None:
    reading = LawReading(
        instrument=SCRAPPAGE, claim={"powertrain": "battery_electric", "car_price": 1e5}
    )
    assert reading.value(PLAN.law, Month.parse("2025-03")) == 20_000.0
    assert reading.value(PLAN.law, Month.parse("2026-03")) == 12_000.0
    ended = PLAN.with_setting(f"instrument.{SCRAPPAGE}=end@2025-12-31").law
    assert reading.value(ended, Month.parse("2026-03")) == 0.0


def test_the_amount_of_a_month_weighs_its_days() -> None:
    rule = PLAN.law[SCRAPPAGE]
    claim = Claims.of(1, powertrain="battery_electric", car_price=1e5)
    july = amount_of_month(rule, Month.parse("2024-07"), claim)[0]
    assert july == pytest.approx(10_000.0 * 24 / 31 + 20_000.0 * 7 / 31)


BUDGETED = "car_replacement_renewal"


def test_money_that_is_left_when_a_rule_is_struck_is_there_when_it_comes_back() -> None:
    first, back = date(2024, 11, 1), date(2024, 11, 30)
    law = struck(load_instruments(), BUDGETED, first, back)
    days = [date(2024, 10, 15), date(2024, 11, 15), date(2024, 12, 15)]
    claims = Claims.of(
        3, powertrain="battery_electric", car_price=1e5, old_car_owned_since=date(2015, 1, 1)
    )
    agents, ordinals = np.arange(3), np.array([day.toordinal() for day in days])
    done = settle(law[BUDGETED], claims, agents, ordinals, date(2024, 12, 31))
    assert done.by_agent()[0].tolist() == [0, 2]
    assert done.paid_fen.tolist() == done.claimed_fen.tolist() == [7_000_00, 7_000_00]


def test_what_waits_when_a_rule_is_struck_is_paid_when_it_comes_back_with_its_tranche() -> None:
    budget = Budget(
        total=2_000.0,
        tranches=(
            Tranche(start=date(2025, 1, 1), amount=500.0),
            Tranche(start=date(2025, 8, 1), amount=1_500.0),
        ),
        allocation="first_come_first_served",
        carry_over=True,
        last_claim="remainder",
        central_share=0.0,
    )
    law = load_instruments()
    version = law["bus_renewal"].versions[0].model_copy(
        update={
            "id": "with money", "start": date(2025, 1, 1), "end": date(2025, 12, 31),
            "eligibility": (), "flat": Flat(amount=1_000.0, per="vehicles"), "budget": budget,
        }
    )  # fmt: skip
    rule = law["bus_renewal"].model_copy(update={"versions": (version,), "after": "end"})
    cut = struck({"bus_renewal": rule}, "bus_renewal", date(2025, 3, 1), date(2025, 5, 31))
    days = [date(2025, 2, 1), date(2025, 4, 1), date(2025, 7, 1)]
    ordinals = np.array([day.toordinal() for day in days])
    claims = Claims.of(3, vehicles=1.0)
    done = settle(cut["bus_renewal"], claims, np.arange(3), ordinals, date(2025, 12, 31))
    assert done.agent.tolist() == [0, 2]
    assert done.paid_fen.tolist() == [1_000_00, 1_000_00]
    assert [date.fromordinal(int(day)) for day in done.decided_on] == [date(2025, 8, 1)] * 2
    assert done.total_fen == 2_000_00


def test_a_pot_outlasts_the_months_in_which_its_rule_is_struck() -> None:
    name = "taxi_and_logistics_renewal"
    law = struck(load_instruments(), name, date(2025, 6, 1), date(2025, 12, 31))
    pots, rule = Pots(), law[name]
    budget = load_instruments()[name].versions[0].budget
    assert budget is not None
    pots.pay(rule, Month.parse("2025-02"), 100e6)
    assert pots.left(rule, Month.parse("2025-03")) == budget.total - 100e6
    assert pots.left(rule, Month.parse("2026-03")) == budget.total - 100e6
    pots.pay(rule, Month.parse("2026-03"), budget.total)
    assert pots.left(rule, Month.parse("2026-04")) == 0.0
