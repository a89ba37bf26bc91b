"""The check of the official text finds what is moved, changed, missing or left out.

The plan's text is not in the project. The tests build one of the same form: the catalogue's own
headings, terms and figures, and sentences that we made up around them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest

from transition_model.errors import InputError
from transition_model.plan import Plan, Target, TermCheck, check_plan_text, load_plan

NUMERALS = "一二三四五六七八九十"
COMPARISONS = {">=": "达到{}", ">": "超过{}", "<=": "控制在{}以内"}


def numeral(number: int) -> str:
    """Write a number below one hundred in Chinese."""
    tens, ones = divmod(number, 10)
    high = ("" if tens < 2 else NUMERALS[tens - 1]) + ("十" if tens else "")
    return high + (NUMERALS[ones - 1] if ones else "")


def goal(target: Target, words: Iterable[str]) -> str:
    """Put a target into a clause; words before the last stand in a clause of their own."""
    return "，".join(words) + COMPARISONS[target.operator].format(target.plan_figure)


@dataclass
class Text:
    """An invented text with the catalogue's headings, terms and figures, to be tampered with."""

    plan: Plan
    preamble: list[str] = field(init=False)
    titles: dict[int, str] = field(init=False)
    goals: dict[int, list[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.preamble = [goal(target, [target.label_zh]) for target in self.plan.headline]
        self.titles = {measure.number: measure.title_zh for measure in self.plan.measures}
        self.goals = {measure.number: [] for measure in self.plan.measures}
        for target in self.plan.targets:
            for number in target.places:
                words = target.plan_terms or (target.label_zh,)
                self.goals[number].append(goal(target, words))
        for aim in self.plan.unquantified:
            self.goals[aim.measures[0]].append(f"{aim.label_zh}另行确定")

    def replace(self, number: int, old: str, new: str) -> None:
        """Replace a piece of what stands under a measure."""
        before = "；".join(self.goals[number])
        assert old in before
        self.goals[number] = before.replace(old, new).split("；")

    def write(self) -> str:
        """Write the text down."""
        parts = [f"虚构的开头，写于2025年。到 2027 年，{'；'.join(self.preamble)}。\n\n"]
        action = ""
        for measure in self.plan.measures:
            if measure.action != action:
                action = measure.action
                current = self.plan.action(measure.number)
                parts.append(f"{numeral(current.number)}、实施{current.label_zh}\n\n")
            number = measure.number
            parts.append(f"（{numeral(number)}）{self.titles[number]}。这里有12个虚构的词。")
            if self.goals[number]:
                parts.append(f"到 2027 年，{'；'.join(self.goals[number])}。")
            parts.append("\n\n")
        return "".join(parts) + "虚构的结尾。\n"


@pytest.fixture
def text() -> Text:
    return Text(load_plan())


def failures(text: Text | str, plan: Plan | None = None) -> list[TermCheck]:
    written = text if isinstance(text, str) else text.write()
    return [row for row in check_plan_text(written, plan or load_plan()) if not row.passed]


def failed(text: Text) -> set[tuple[str, str, int | None]]:
    return {(row.kind, row.id, row.measure) for row in failures(text)}


def test_a_complete_text_passes_with_a_row_for_everything(text: Text) -> None:
    rows = check_plan_text(text.write(), text.plan)
    assert [row for row in rows if not row.passed] == []
    targets = [row for row in rows if row.kind == "target"]
    assert [row.id for row in targets] == [target.id for target in text.plan.targets]
    assert sum(row.in_preamble is True for row in targets) == 8
    assert sum(row.in_preamble is None for row in targets) == 36
    assert [row.measure for row in rows if row.kind == "measure"] == list(range(1, 37))
    assert [row.id for row in rows if row.kind == "unquantified"] == ["fertiliser_utilisation"]


def test_a_figure_in_the_preamble_alone_has_no_measure(text: Text) -> None:
    rows = {row.id: row for row in check_plan_text(text.write(), text.plan)}
    row = rows["non_fossil_energy_share"]
    assert (row.measure, row.in_preamble, row.passed) == (None, True, True)
    assert "measures behind it: 9, 11" in row.detail


def test_line_breaks_spaces_and_full_width_forms_do_not_matter(text: Text) -> None:
    broken = re.sub(r"(.{7})", r"\1\n\n ", text.write())
    wide = str.maketrans("0123456789%.", "０１２３４５６７８９％．")
    assert failures(broken) == []
    assert failures(text.write().translate(wide)) == []
    assert failures(text.write().replace("（", "(").replace("）", ")")) == []
    assert failures(text.write().replace("“", '"').replace("”", '"')) == []


def test_a_figure_under_another_measure_is_reported_at_both(text: Text) -> None:
    clause = text.goals[27].pop()
    text.goals[28].append(clause)
    assert failed(text) == {
        ("target", "technology_contracts", 27),
        ("unclaimed", "1300亿元", 28),
    }


def test_a_changed_figure_is_reported_with_both_readings(text: Text) -> None:
    text.replace(2, "55%", "57%")
    target, unclaimed = failures(text)
    assert (target.id, target.term_found, target.figure_found) == ("forest_cover", True, False)
    assert "57%" in target.detail
    assert "55 percent" in target.detail
    assert (unclaimed.kind, unclaimed.id, unclaimed.measure) == ("unclaimed", "57%", 2)


def test_a_changed_unit_is_reported(text: Text) -> None:
    text.replace(9, "1900 万千瓦", "1900 万吨")
    assert ("target", "power_import_capacity", 9) in failed(text)


def test_the_same_amount_in_another_unit_is_the_same_figure(text: Text) -> None:
    text.replace(29, "12000 亿元", "1.2 万亿元")
    text.replace(26, "1.28 万家", "12800 个")
    assert failures(text) == []


def test_a_missing_term_is_reported(text: Text) -> None:
    text.replace(13, "山城绿道总里程", "步道总里程")
    rows = {row.kind: row for row in failures(text)}
    assert set(rows) == {"target", "unclaimed"}
    assert rows["target"].id == "greenway_length"
    assert not rows["target"].term_found
    assert rows["target"].figure_found
    assert "山城绿道总里程 is missing" in rows["target"].detail


def test_a_term_in_pieces_needs_all_of_them(text: Text) -> None:
    text.goals[8] = ["建成 20 个百亿级规模的生产性服务业集聚区", text.goals[8][0]]
    assert failures(text) == []
    text.goals[8][0] = "建成 20 个生产性服务业集聚区"
    assert ("target", "producer_service_clusters", 8) in failed(text)


def test_digits_inside_a_term_are_no_figure(text: Text) -> None:
    assert "50 米覆盖率达到80%" in "；".join(text.goals[13])
    assert failures(text) == []
    text.replace(13, "50 米覆盖率", "60 米覆盖率")
    assert ("unclaimed", "60", 13) in failed(text)


def test_two_terms_with_their_figures_exchanged_are_both_reported(text: Text) -> None:
    text.goals[23] = ["累计培育绿色商场 50 家和绿色饭店 120 家"]
    assert failures(text) == []
    text.goals[23] = ["累计培育绿色商场 120 家和绿色饭店 50 家"]
    rows = [row for row in failures(text) if row.kind == "target"]
    assert [row.id for row in rows] == ["green_malls", "green_restaurants"]
    assert all(row.term_found and row.figure_found for row in rows)


def test_figures_behind_respectively_belong_to_the_terms_in_their_order(text: Text) -> None:
    text.goals[26] = ["高新技术企业、科技型企业分别增至 1.28 万家和 8.6 万家"]
    assert failures(text) == []
    text.goals[26] = ["高新技术企业、科技型企业分别增至 8.6 万家和 1.28 万家"]
    assert {row.id for row in failures(text) if row.kind == "target"} == {
        "high_tech_firms",
        "technology_firms",
    }


@pytest.mark.parametrize(
    ("number", "old", "new", "target_id"),
    [
        (20, "控制在105.58 亿立方米以内", "超过105.58 亿立方米", "water_use"),
        (9, "超过1900 万千瓦", "达到1900 万千瓦", "power_import_capacity"),
        (15, "达到35%", "不超过35%", "prefabricated_share"),
    ],
)
def test_a_figure_compared_the_other_way_is_reported(
    text: Text, number: int, old: str, new: str, target_id: str
) -> None:
    text.replace(number, old, new)
    assert failed(text) == {("target", target_id, number)}


def test_an_unclaimed_figure_is_reported(text: Text) -> None:
    text.goals[22].append("虚构指标达到 77 项")
    text.goals[31].append("另一指标达到 3.5 万户")
    assert failed(text) == {("unclaimed", "77", 22), ("unclaimed", "3.5万户", 31)}


def test_an_unclaimed_figure_of_the_preamble_is_reported(text: Text) -> None:
    text.preamble.append("虚构指标达到 77%")
    assert failed(text) == {("unclaimed", "77%", None)}


def test_figures_outside_the_sentences_for_2027_are_no_targets(text: Text) -> None:
    assert "这里有12个虚构的词" in text.write()
    assert failures(text) == []


def test_a_headline_target_that_the_preamble_lacks_is_reported(text: Text) -> None:
    del text.preamble[2]
    (row,) = failures(text)
    assert (row.id, row.term_found, row.figure_found) == ("green_factories", True, True)
    assert row.in_preamble is False
    assert "preamble" in row.detail


def test_another_heading_is_reported(text: Text) -> None:
    text.titles[36] = "加强交流"
    (row,) = failures(text)
    assert (row.kind, row.id, row.term_found) == ("measure", "measure_36", False)
    assert "the heading reads 加强交流" in row.detail


def test_a_measure_under_another_action_is_reported(text: Text) -> None:
    written = text.write()
    heading = f"四、实施{text.plan.action(12).label_zh}\n\n"
    assert heading in written
    assert [row.measure for row in failures(written.replace(heading, ""))] == [12, 13, 14]


def test_an_aim_without_a_figure_must_stand_there_without_one(text: Text) -> None:
    text.replace(18, "化肥利用率另行确定", "化肥利用率达到43%")
    assert failed(text) == {
        ("unquantified", "fertiliser_utilisation", 18),
        ("unclaimed", "43%", 18),
    }
    text.replace(18, "化肥利用率达到43%", "其他另行确定")
    assert failed(text) == {("unquantified", "fertiliser_utilisation", 18)}


@pytest.mark.parametrize("factor", [0.1, 0.999, 10.0])
def test_a_wrong_value_in_the_catalogue_fails_for_every_target(text: Text, factor: float) -> None:
    written = text.write()
    wrong = text.plan.model_copy(
        update={
            "targets": tuple(
                target.model_copy(update={"value": target.value * factor})
                for target in text.plan.targets
            )
        }
    )
    rows = [row for row in check_plan_text(written, wrong) if row.kind == "target"]
    assert [row.id for row in rows if row.passed] == []


def test_a_plan_figure_other_than_the_value_fails_even_if_the_text_agrees(text: Text) -> None:
    written = text.write()
    targets = tuple(
        target.model_copy(update={"plan_figure": "201 个"})
        if target.id == "green_mines"
        else target
        for target in text.plan.targets
    )
    wrong = text.plan.model_copy(update={"targets": targets})
    (row,) = failures(written, wrong)
    assert row.id == "green_mines"
    assert "200 count is not 201 个" in row.detail


@pytest.mark.parametrize(
    ("old", "new", "read"),
    [
        ("（三十六）", "", "35 numbered headings, no (36) at its place"),
        ("（七）", "（八）", "36 numbered headings, no (7) at its place"),
        ("（一）", "（一）（一）", "37 numbered headings, no (2) at its place"),
    ],
)
def test_a_text_without_the_36_measures_is_refused(
    text: Text, old: str, new: str, read: str
) -> None:
    with pytest.raises(InputError) as refused:
        check_plan_text(text.write().replace(old, new), text.plan)
    assert refused.value.read == read


def test_another_text_altogether_is_refused(text: Text) -> None:
    with pytest.raises(InputError, match="plan text: read '0 numbered headings"):
        check_plan_text("一篇别的文章。", text.plan)
