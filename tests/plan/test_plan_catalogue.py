"""The plan as data: complete, in both languages, and strict about what its files may say."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from transition_model.errors import InputError
from transition_model.plan import Plan, check_figures, load_plan, read_plan
from transition_model.quantity import same_dimension

DATA = Path(__file__).parents[2] / "transition_model" / "data" / "plan"
HEADLINE = {
    "energy_intensity_reduction",
    "non_fossil_energy_share",
    "green_factories",
    "green_parks",
    "near_zero_carbon_parks",
    "bus_taxi_electric_share",
    "msw_recycling_rate",
    "construction_waste_utilisation",
}

type Edit = Callable[[str, str, str], Path]


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan()


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """Return a copy of the plan's data with one piece of one file replaced."""

    def edit(name: str, old: str, new: str) -> Path:
        shutil.copytree(DATA, tmp_path / "plan")
        file = tmp_path / "plan" / name
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        return tmp_path / "plan"

    return edit


def test_the_plan_has_36_measures_in_ten_actions(plan: Plan) -> None:
    assert [measure.number for measure in plan.measures] == list(range(1, 37))
    assert [action.number for action in plan.actions] == list(range(1, 11))
    assert {measure.action for measure in plan.measures} == {action.id for action in plan.actions}


def test_actions_hold_consecutive_measures(plan: Plan) -> None:
    order = [action.id for action in plan.actions]
    places = [order.index(measure.action) for measure in plan.measures]
    assert places == sorted(places)


def test_the_plan_has_44_targets_and_one_aim_without_a_figure(plan: Plan) -> None:
    assert len(plan.targets) == 44
    assert [aim.id for aim in plan.unquantified] == ["fertiliser_utilisation"]
    assert plan.unquantified[0].measures == (18,)


def test_the_eight_headline_targets_come_first(plan: Plan) -> None:
    assert {target.id for target in plan.headline} == HEADLINE
    assert plan.headline == plan.targets[:8]


def test_every_unit_parses(plan: Plan) -> None:
    plan.check_units()


def test_shares_are_in_percent_and_at_most_a_hundred(plan: Plan) -> None:
    shares = [target for target in plan.targets if target.unit == "percent"]
    assert len(shares) == 23
    assert all(0 < target.value <= 100 for target in shares)
    assert all(target.plan_figure.endswith("%") for target in shares)


def test_flows_of_a_year_are_per_year(plan: Plan) -> None:
    per_year = {target.id for target in plan.targets if target.unit.endswith("/year")}
    assert per_year == {target.id for target in plan.targets if target.basis == "annual"}
    assert same_dimension(plan.target("recycled_resources").unit, "t/month")


def test_every_value_is_the_figure_that_the_plan_writes(plan: Plan) -> None:
    check_figures(plan)


def test_a_value_other_than_the_plans_figure_is_refused(edited: Edit) -> None:
    wrong = read_plan(edited("targets.toml", "value = 10.558", "value = 105.58"))
    with pytest.raises(InputError, match=r"targets\.toml: water_use value.*105\.58 亿立方米"):
        check_figures(wrong)


def test_every_entry_speaks_both_languages(plan: Plan) -> None:
    chinese = [
        *(action.label_zh for action in plan.actions),
        *(text for each in plan.measures for text in (each.title_zh, each.summary_zh)),
        *(target.label_zh for target in plan.targets),
        *(aim.label_zh for aim in plan.unquantified),
    ]
    english = [
        *(action.label_en for action in plan.actions),
        *(text for each in plan.measures for text in (each.title_en, each.summary_en)),
        *(target.label_en for target in plan.targets),
        *(aim.label_en for aim in plan.unquantified),
    ]
    assert all(any("\u4e00" <= sign <= "\u9fff" for sign in text) for text in chinese)
    assert all(text.isascii() for text in english)


def test_titles_labels_and_summaries_tell_entries_apart(plan: Plan) -> None:
    for texts in (
        [measure.title_zh for measure in plan.measures],
        [measure.title_en for measure in plan.measures],
        [measure.summary_zh for measure in plan.measures],
        [measure.summary_en for measure in plan.measures],
        [target.label_zh for target in plan.targets],
        [target.label_en for target in plan.targets],
    ):
        assert len(set(texts)) == len(texts)


def test_measures_name_the_programme_targets_that_they_deliver(plan: Plan) -> None:
    for target in plan.targets:
        if target.mechanism == "programme":
            kinds = {kind for each in target.measures for kind in plan.measure(each).represented_as}
            assert "programme" in kinds, target.id


def test_targets_near_or_past_before_the_plan_say_so(plan: Plan) -> None:
    noted = {target.id for target in plan.targets if target.baseline_note}
    assert noted == {
        "energy_intensity_reduction",
        "park_green_per_capita",
        "built_up_green_rate",
        "forest_cover",
        "water_use",
    }


def test_only_the_non_fossil_share_stands_in_the_preamble_alone(plan: Plan) -> None:
    assert [target.id for target in plan.targets if not target.places] == [
        "non_fossil_energy_share"
    ]
    assert plan.target("non_fossil_energy_share").measures == (9, 11)


def test_look_ups_find_what_stands_behind_a_target(plan: Plan) -> None:
    assert plan.target("recycled_resources").value == 11.0
    assert plan.measure(24).action == "public_participation"
    assert plan.action(24).number == 7
    assert [target.id for target in plan.targets_of(26)] == ["high_tech_firms", "technology_firms"]
    assert plan.targets_of(36) == ()


def test_look_ups_refuse_what_is_not_there(plan: Plan) -> None:
    with pytest.raises(InputError, match="target: read 'happiness'"):
        plan.target("happiness")
    with pytest.raises(InputError, match="measure: read 37; allowed: 1 to 36"):
        plan.measure(37)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("targets.toml", 'id = "forest_cover"', 'id = "forest_cover"\ncolour = 1', "forest_cover"),
        ("targets.toml", 'id = "forest_cover"', 'id = "water_use"', "id: read 'water_use'"),
        ("targets.toml", 'id = "forest_cover"', 'id = "Forest cover"', "id: read 'Forest cover'"),
        ("targets.toml", "measures = [1]", "measures = [37]", "basic_farmland measures 0: read 37"),
        ("targets.toml", "measures = [1]", "measures = []", "basic_farmland measures"),
        ("targets.toml", "measures = [1]", "measures = [1, 1]", "each measure once"),
        ("targets.toml", "stated_under = []", "stated_under = [3]", "share stated_under: read"),
        ("targets.toml", "measures = [1]", "measures = [1]\nstated_under = []", "a measure, for"),
        ("targets.toml", "value = 2064.0", 'value = "2064"', "basic_farmland value: read '2064'"),
        ("targets.toml", "value = 2064.0", "value = inf", "basic_farmland value: read inf"),
        ("targets.toml", 'operator = "<="', 'operator = "<"', "water_use operator: read '<'"),
        ("targets.toml", 'label_en = "Forest cover"', 'label_en = " "', "forest_cover label_en"),
        ("targets.toml", 'plan_figure = "2064 万亩"', 'plan_figure = "许多"', "plan_figure"),
        ("targets.toml", 'scope = "rural"', 'scope = "moon"', "scope: read 'moon'"),
        ("targets.toml", 'label_en = "Forest cover"\n', "", "forest_cover label_en: read None"),
        ("targets.toml", "[[target]]", "[[target]", "valid TOML"),
        ("measures.toml", "number = 36", "number = 35", "number: read 35; allowed: each once"),
        ("measures.toml", 'id = "science"', 'id = "art"', "measure 25 action: read 'science'"),
        ("measures.toml", 'represented_as = ["lever"]', "represented_as = []", "28 represented"),
        ("measures.toml", "[source]", "[origin]", "source: read None"),
    ],
)
def test_what_a_file_may_not_say_is_named_with_file_and_key(
    edited: Edit, name: str, old: str, new: str, message: str
) -> None:
    with pytest.raises(InputError) as refused:
        read_plan(edited(name, old, new))
    assert str(refused.value).startswith(name)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_unknown_key_is_refused_with_its_file(edited: Edit) -> None:
    folder = edited("measures.toml", "number = 5\n", "number = 5\nbudget = 3\n")
    with pytest.raises(InputError, match=r"measures\.toml: .*budget: read 3; allowed: only"):
        read_plan(folder)


def test_a_missing_measure_is_named(edited: Edit) -> None:
    text = (DATA / "measures.toml").read_text(encoding="utf-8")
    last = text[text.rindex("[[measure]]") :]
    with pytest.raises(InputError, match=r"measures\.toml: .*\[36\]"):
        read_plan(edited("measures.toml", last, ""))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"measures\.toml"):
        read_plan(tmp_path)


def test_a_unit_that_nobody_knows_is_named_with_its_target(edited: Edit) -> None:
    plan = read_plan(edited("targets.toml", 'unit = "10k mu"', 'unit = "10k furrows"'))
    with pytest.raises(InputError, match=r"targets\.toml: basic_farmland unit: read '10k furrows'"):
        plan.check_units()


def test_loading_the_plan_imports_no_heavy_library() -> None:
    command = (
        "import sys; from transition_model.plan import load_plan; load_plan();"
        "print({'pint', 'numpy', 'pandas', 'mesa', 'pysd'} & set(sys.modules))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", command], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
