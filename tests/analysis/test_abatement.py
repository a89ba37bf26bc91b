"""What measures abate and cost: wedges, costs that are negative, and costs that there are none."""

import math
from pathlib import Path

import numpy as np
import pytest

from transition_model import InputError
from transition_model.analysis.abatement import (
    EMITS,
    NO_COST,
    SAVES,
    UNSEEN,
    UNTOUCHED,
    Abatement,
    Quantities,
    Wedge,
    abatement,
    plan_without_each,
    single_measures,
    wedges_of,
)
from transition_model.analysis.attribution import Group
from transition_model.analysis.figures.abatement import abatement_figure
from transition_model.calendar import Month, months_between
from transition_model.model import FIRST_MONTH
from transition_model.results import units_by_name
from transition_model.runs.batch import Workers
from transition_model.runs.identity import model_version
from transition_model.runs.store import RunStore, StoredRun
from transition_model.scenario import switchable_measures
from transition_model.studies import Study
from transition_model.studies.results import target_outcomes

SINCE, UNTIL = Month.parse("2025-01"), Month.parse("2027-12")
LUCK = np.array([-1.0, 0.0, 1.0])
RECYCLING = target_outcomes(["msw_recycling_rate"])


def _group(number: int) -> Group:
    return Group(f"measure_{number}", f"{number} measure", f"{number} 措施", (number,))


def _runs(emitted: float, cost: float, target: float = 0.0, noise: float = 0.0) -> Quantities:
    """Three seeds whose luck moves all runs alike, and the tonnes of these by ``noise`` more."""
    return Quantities(
        emitted=emitted + 1e5 * LUCK + noise * LUCK**2,
        subsidies=cost + 1e6 * LUCK,
        programmes=np.zeros(3),
        revenue=np.zeros(3),
        targets=(target + LUCK)[:, np.newaxis],
    )


def _found(without: dict[int, Quantities]) -> Abatement:
    groups = tuple(_group(number) for number in without)
    wedges = wedges_of(groups, [_runs(1e9, 5e9, 50.0), *without.values()])
    return Abatement("known", SINCE, UNTIL, 3, 3 * (len(without) + 1), 1000, RECYCLING, wedges)


@pytest.fixture
def found() -> Abatement:
    return _found(
        {
            21: _runs(1e9 + 2e6, 5e9 - 4e8, 40.0),  # spares 2 Mt for 0.4e9 yuan
            31: _runs(1e9 + 1e6, 5e9 + 1e8),  # spares 1 Mt and saves 0.1e9
            24: _runs(1e9 - 1e6, 5e9 - 3e8),  # emits 1 Mt more and costs 0.3e9
            22: _runs(1e9, 5e9 - 1e7),  # costs, spares nothing
            7: _runs(1e9 + 1e3, 5e9 - 1e7, noise=1e6),  # spares what luck may be
        }
    )


def test_a_wedge_is_what_is_missing_without_the_measure(found: Abatement) -> None:
    row = found.table().set_index("group").loc["measure_21"]
    assert row["abated kt"] == pytest.approx(2000.0)
    assert row["net M yuan"] == pytest.approx(400.0)
    assert (row["yuan/t"], row["low"], row["high"]) == (pytest.approx(200.0),) * 3
    assert row["± kt"] == pytest.approx(0.0, abs=1e-9)
    assert row["note"] == ""


def test_a_measure_that_saves_money_has_a_negative_cost_and_stands_first(found: Abatement) -> None:
    first = found.table().iloc[0]
    assert first["group"] == "measure_31"
    assert first["yuan/t"] == pytest.approx(-100.0)
    assert first["note"] == SAVES


@pytest.mark.parametrize(("number", "note"), [(24, EMITS), (22, UNTOUCHED), (7, UNSEEN)])
def test_where_nothing_is_spared_there_is_no_cost_per_tonne(
    number: int, note: str, found: Abatement
) -> None:
    row = found.table().set_index("group").loc[f"measure_{number}"]
    assert math.isnan(row["yuan/t"])
    assert row["note"] == note
    assert not math.isnan(row["net M yuan"])


def test_a_cost_that_may_be_none_is_said_to_be_so() -> None:
    brings = Quantities(np.full(3, -1e6), 1e6 * LUCK - 1e5, *np.zeros((2, 3)), np.zeros((3, 0)))
    wedge = Wedge(_group(21), brings)
    assert wedge.note == NO_COST
    cost, low, high = wedge.cost_per_tonne
    assert (cost, low < 0.0 < high) == (pytest.approx(-0.1), True)


def test_revenue_is_taken_off_what_is_paid() -> None:
    flows = np.array([7.0]), np.array([2.0]), np.array([10.0])
    assert Quantities(np.zeros(1), *flows, np.zeros((1, 0))).cost.tolist() == [-1.0]


def test_a_cost_per_point_is_told_of_the_measures_own_targets(found: Abatement) -> None:
    rows = found.target_costs()
    assert set(rows["group"]) == {"measure_21"}
    row = rows.iloc[0]
    assert row["target"] == "msw_recycling_rate"
    assert row["effect"] == pytest.approx(10.0)
    assert row["M yuan per unit"] == pytest.approx(40.0)


@pytest.mark.parametrize(
    ("without", "note"),
    [(50.0, "does not move the target"), (60.0, "leads away from the target")],
)
def test_a_target_that_is_not_helped_has_no_cost(without: float, note: str) -> None:
    rows = _found({21: _runs(1e9, 4e9, without)}).target_costs()
    assert math.isnan(rows["M yuan per unit"].iloc[0])
    assert rows["note"].iloc[0] == note


def test_a_target_from_above_is_helped_by_less() -> None:
    outcomes = target_outcomes(["water_use"])
    (outcome,) = outcomes
    assert outcome.target is not None
    assert outcome.target.operator == "<="
    number = outcome.target.measures[0]
    brings = _runs(0.0, 6e6, -2.0) - _runs(0.0, 0.0, 0.0)
    wedge = Wedge(_group(number), brings)
    found = Abatement("known", SINCE, UNTIL, 3, 6, 1000, outcomes, (wedge,))
    assert found.target_costs()["M yuan per unit"].iloc[0] == pytest.approx(3.0)


def test_wedges_need_a_run_without_each() -> None:
    with pytest.raises(InputError, match="without each: 2"):
        wedges_of((_group(21),), [_runs(1.0, 1.0)])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_figure_shows_every_measure(language: str, found: Abatement, tmp_path: Path) -> None:
    abatement_figure(found, tmp_path / "curve.svg", language)  # type: ignore[arg-type]
    drawn = (tmp_path / "curve.svg").read_text("utf-8")
    for number in (21, 31, 24, 22, 7):
        assert f"{number} {'measure' if language == 'en' else '措施'}" in drawn


# -- from the runs --------------------------------------------------------------------------------
def _study(**more: object) -> Study:
    content = {
        "name": "known", "replications": 2, "households": 1000,
        "design": {"method": "scenarios", "scenarios": ["plan"]},
        "outcomes": {"targets": ("msw_recycling_rate",)},
        "attribution": {"groups": {"sorting": (21,), "prices": (31,)}},
    }  # fmt: skip
    return Study.model_validate(content | more)


def test_each_measure_is_switched_off_alone_on_the_same_seeds() -> None:
    planned = plan_without_each(_study(), single_measures())
    measures = switchable_measures()
    assert len(planned.runs) == 2 * (len(measures) + 1)
    assert [run.seed for run in planned.runs[:4]] == [1, 2, 1, 2]
    off = [
        {switch.measure for switch in run.scenario.measures if switch.state == "off"}
        for run in planned.runs[::2]
    ]
    assert off == [set(), *({number} for number in measures)]


def test_flows_are_summed_over_the_plans_months_and_taken_from_the_store(tmp_path: Path) -> None:
    study = _study()
    groups = (_group(21), _group(31))
    planned = plan_without_each(study, groups)
    names = [name for name, _ in units_by_name()]
    months = list(months_between(FIRST_MONTH, UNTIL))
    plan_months = sum(month >= SINCE for month in months)
    values = np.zeros((len(planned.runs), len(months), len(names)))
    # Without the first group 10 tonnes a month more, 3 yuan fewer, of programmes 2e8 fewer.
    for run, seed in enumerate(planned.runs):
        values[run, :, names.index("carbon_dioxide_per_month")] = 1000.0 * seed.seed
        values[run, :, names.index("subsidy_spending_per_month")] = 5.0
        values[run, :, names.index("programme_spending_per_month")] = 4.0
    values[2:4, :, names.index("carbon_dioxide_per_month")] += 10.0
    values[2:4, :, names.index("subsidy_spending_per_month")] -= 3.0
    values[2:4, :, names.index("programme_spending_per_month")] -= 2.0
    runs = [
        StoredRun(
            key, run.scenario.name, run.scenario.digest, run.scenario.to_query(), {}, run.seed,
            1000, "2027-12", model_version(), {},
        )
        for run, key in zip(planned.runs, planned.keys, strict=True)
    ]  # fmt: skip
    with RunStore(tmp_path, writing=True) as store, Workers(1) as workers:
        store.add(runs, list(values))
        found = abatement(study, store, workers, singly=False)
    first, second = found.wedges
    assert first.abated.tolist() == [10.0 * plan_months] * 2
    assert first.brings.subsidies.tolist() == [3.0 * plan_months] * 2
    assert first.brings.programmes == pytest.approx(np.full(2, 2e8 * plan_months))
    assert first.cost_per_tonne[0] == pytest.approx((3.0 + 2e8) / 10.0)
    assert not second.abated.any()
    assert (found.runs, found.seeds) == (6, 2)
    assert "6 runs" in found.note


def test_one_seed_or_an_end_before_the_plan_is_refused(tmp_path: Path) -> None:
    with RunStore(tmp_path, writing=True) as store, Workers(1) as workers:
        with pytest.raises(InputError, match="two or more seeds"):
            abatement(_study(replications=1), store, workers)
        with pytest.raises(InputError, match="a month from 2025-01"):
            abatement(_study(end="2024-06", outcomes={"targets": ()}), store, workers)
