"""The coupled model as the search sees it: its runs, its targets, its money, each made once."""

from pathlib import Path

import pandas as pd
import pytest

from transition_model import InputError, simulate
from transition_model.analysis.attribution import attribute
from transition_model.analysis.search_by_runs import evaluated_by_runs, question_of
from transition_model.dimensions import dimension
from transition_model.runs.batch import Workers
from transition_model.runs.store import RunStore
from transition_model.studies import Study
from transition_model.studies.plan import scenario_at
from transition_model.studies.study import (
    Attribution,
    Design,
    LeverRange,
    Outcomes,
    ParameterRange,
    Search,
    Uncertainties,
)

TARGETS = ("msw_recycling_rate", "bus_taxi_electric_share")


def _study(**changes: object) -> Study:
    asked = {
        "name": "smoke",
        "households": 200,
        "design": Design(method="latin_hypercube", points=20),
        "levers": {"sorting_supervision": LeverRange(low=0.3, high=0.8)},
        "uncertainties": Uncertainties(
            parameters={"sorting_supervision_effect": ParameterRange(low=0.4, high=0.6)}
        ),
        "search": Search(
            targets=TARGETS, costs=("public_money", "effort", "new_car_sales_per_month@2027-06")
        ),
        "outcomes": Outcomes(targets=TARGETS),
    }
    return Study(**(asked | changes))  # type: ignore[arg-type]


def test_outcomes_are_those_of_the_runs_and_none_is_made_twice(tmp_path: Path) -> None:
    study = _study(uncertainties=Uncertainties())
    points = pd.DataFrame({"sorting_supervision": [0.3, 0.8]})
    made: list[tuple[int, int, int]] = []
    with RunStore(tmp_path / "store", writing=True) as store, Workers(1) as team:
        evaluate = evaluated_by_runs(study, store, team, progress=lambda *n: made.append(n))
        found = evaluate(points, [5, 6], "a round")
        assert (made[0], made[-1]) == ((0, 2, 0), (2, 2, 0))
        made.clear()
        pd.testing.assert_frame_equal(evaluate(points, [5, 6], "another round"), found)
        assert made == [(2, 2, 2)]
    policy = {"sorting_supervision": 0.8}
    alone = simulate(scenario_at(study, policy), seed=6, households=200)
    reached = {row.id: row.value for row in alone.scoreboard}
    for target in TARGETS:
        assert found[target][1] == pytest.approx(reached[target], rel=1e-12)
    programmes = [f"public_money_spent.{n}" for n in dimension("subsidy_programme").members]
    spent = sum(alone.series(n).iloc[-1] - alone.series(n)["2024-12"].item() for n in programmes)
    administration = alone.series("programme_spending_per_month")["2025-01":].sum()
    expected = spent / 1e8 + administration
    assert found["public_money"][1] == pytest.approx(expected, rel=1e-9)
    sales = alone.series("new_car_sales_per_month")["2027-06"].item()
    assert found["new_car_sales_per_month@2027-06"][1] == pytest.approx(sales, rel=1e-12)
    assert set(question_of(study).outcomes) == set(found.columns)


def test_a_cost_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match=r"search\.costs"):
        question_of(_study(search=Search(targets=TARGETS, costs=("happiness",))))


def test_the_effect_of_the_plan_is_divided_without_a_rest(tmp_path: Path) -> None:
    groups = Attribution(groups={"waste": (21,), "fleets": (14,)})
    study = _study(attribution=groups, replications=2)
    with RunStore(tmp_path / "store", writing=True) as store, Workers(1) as team:
        found = attribute(study, store, team)
    assert abs(found.unexplained).max() < 1e-9
    table = found.table().set_index(["outcome", "group"])["contribution"]
    # Sorting brings recycling, the quota electric fleets, and neither does the other's work.
    assert table["msw_recycling_rate", "waste"] > 5.0 * abs(table["msw_recycling_rate", "fleets"])
    assert table["bus_taxi_electric_share", "fleets"] > 1.0
    with pytest.raises(InputError, match="two or more seeds"):
        attribute(_study(attribution=groups), store, team)
