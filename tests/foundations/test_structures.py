"""Rival submodels: what is declared, what a scenario chooses, and what is refused."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transition_model.errors import InputError
from transition_model.scenario import Scenario, StructureChoice
from transition_model.structures import default_structures, load_structures

PLAN = Scenario(name="plan")
CAR_CHOICE = load_structures()["car_choice"]
RIVALS = st.sampled_from(sorted(CAR_CHOICE.rivals))
ALL_RIVALS = "familiarity_logit, plain_logit, bass"


def with_rival(rival: str) -> Scenario:
    return PLAN.with_setting(f"structure.car_choice={rival}")


def written(folder: Path, text: str, name: str = "mine") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, "utf-8")
    return path


def test_car_choice_has_three_rivals_with_labels_in_both_languages_and_sources() -> None:
    assert ", ".join(CAR_CHOICE.rivals) == ALL_RIVALS
    for structure in load_structures().values():
        assert structure.label_en
        assert structure.label_zh
        for rival in structure.rivals.values():
            texts = (rival.label_en, rival.label_zh, rival.description_en, rival.description_zh)
            assert all(texts)
            assert rival.source


def test_without_a_choice_the_logit_with_familiarity_is_used() -> None:
    assert default_structures() == {"car_choice": "familiarity_logit"}
    assert PLAN.chosen_structures == default_structures()


def test_a_default_that_is_no_rival_is_refused(tmp_path: Path) -> None:
    text = "[s]\nlabel_en = 's'\nlabel_zh = 's'\ndefault = 'none'\nrivals = {}"
    with pytest.raises(InputError, match="a default among the rivals"):
        load_structures(written(tmp_path, text))


@given(RIVALS)
def test_a_choice_reads_back_from_file_and_address(
    tmp_path_factory: pytest.TempPathFactory, rival: str
) -> None:
    scenario = with_rival(rival)
    path = tmp_path_factory.mktemp("scenario") / "mine.toml"
    scenario.save(path)
    assert Scenario.load(path) == scenario
    assert Scenario.from_query(scenario.to_query()) == scenario
    assert scenario.chosen_structures["car_choice"] == rival


def test_a_choice_is_made_in_python_on_the_command_line_and_in_a_file_alike(
    tmp_path: Path,
) -> None:
    expected = (StructureChoice(structure="car_choice", rival="bass"),)
    file = Scenario.load(written(tmp_path, "[structures]\ncar_choice = 'bass'"))
    assert file.structures == expected
    assert with_rival("bass").structures == expected
    assert PLAN.replace({"structure.car_choice": "bass"}).structures == expected


def test_the_default_is_the_same_as_no_choice(tmp_path: Path) -> None:
    scenario = with_rival("bass").with_setting("structure.car_choice=familiarity_logit")
    assert scenario == PLAN
    assert scenario.digest == PLAN.digest
    assert "structures" not in tomllib.loads(scenario.to_toml())
    assert "structure" not in scenario.to_query()
    written(tmp_path, "[structures]\ncar_choice = 'bass'", "under")
    back = written(tmp_path, "base = 'under'\n[structures]\ncar_choice = 'familiarity_logit'")
    assert Scenario.load(back).structures == ()


def test_a_file_keeps_the_choice_of_its_base(tmp_path: Path) -> None:
    written(tmp_path, "[structures]\ncar_choice = 'bass'", "under")
    over = Scenario.load(written(tmp_path, "base = 'under'\n[levers]\ntrade_in_budget = 50"))
    assert over.chosen_structures == {"car_choice": "bass"}


def test_each_choice_has_a_digest_of_its_own() -> None:
    assert len({with_rival(rival).digest for rival in CAR_CHOICE.rivals}) == 3


@pytest.mark.parametrize(
    "text", ["[structures]\ncar_choice = 'gompertz'", "[structures]\ncar_choice = 3"]
)
def test_an_unknown_rival_in_a_file_is_refused_with_those_that_there_are(
    tmp_path: Path, text: str
) -> None:
    with pytest.raises(InputError) as problem:
        Scenario.load(written(tmp_path, text))
    assert problem.value.where == "mine.toml: structures car_choice"
    assert ALL_RIVALS in problem.value.allowed


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("structure.car_choice=gompertz", f"setting structure.car_choice.*one of {ALL_RIVALS}"),
        ("structure.colour=bass", "read 'colour'.*one of car_choice"),
        ("structure.car_choice=bass@2026-01", "no month: a structure holds throughout"),
    ],
)
def test_a_wrong_setting_is_refused_once(setting: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        PLAN.with_setting(setting)


def test_a_wrong_choice_in_python_or_in_an_address_is_refused() -> None:
    with pytest.raises(InputError, match=ALL_RIVALS):
        StructureChoice(structure="car_choice", rival="gompertz")
    with pytest.raises(InputError, match=ALL_RIVALS):
        PLAN.replace({"structure.car_choice": 3.0})
    with pytest.raises(InputError, match=ALL_RIVALS):
        Scenario.from_query("structure.car_choice=gompertz")
    twice = (StructureChoice(structure="car_choice", rival="bass"),) * 2
    with pytest.raises(InputError, match="once"):
        Scenario(name="mine", structures=twice)
