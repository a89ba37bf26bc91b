"""Many runs at once give what each gives alone, and one that fails does not end the others."""

from __future__ import annotations

import os
import signal
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from transition_model import InputError, Scenario, simulate, simulate_batch
from transition_model.results import units_by_name
from transition_model.runs import batch
from transition_model.runs.batch import Workers, planned_runs

PLAN, NONE = Scenario.load("plan"), Scenario.load("none")
SHORT = {"households": 200, "end": "2020-04"}


def test_a_run_of_a_batch_is_the_run_alone() -> None:
    lifetime = {"car_survival_scale": [15.0, 16.5]}
    made = simulate_batch([PLAN, NONE], seeds=[3, 4], parameters=lifetime, workers=1, **SHORT)
    for run, (scenario, seed) in enumerate([(PLAN, 3), (NONE, 4)]):
        changed = scenario.replace({"car_survival_scale": lifetime["car_survival_scale"][run]})
        alone = simulate(changed, seed=seed, **SHORT).all_series
        assert made.months == alone.months
        for name in made.variables:
            assert_array_equal(made[name][run], alone[name], err_msg=name)
            assert_array_equal(made.series(run)[name], alone[name])


def test_the_axes_are_named_and_have_units() -> None:
    made = simulate_batch(PLAN, seeds=[1, 2], workers=1, start="2020-02", **SHORT)
    assert made.values.shape == (2, 3, len(made.variables))
    assert [str(month) for month in made.months] == ["2020-02", "2020-03", "2020-04"]
    assert dict(zip(made.variables, made.units, strict=True)) == dict(units_by_name())
    chosen = made.variables[5:7]
    few = simulate_batch(PLAN, seeds=[1, 2], workers=1, start="2020-02", variables=chosen, **SHORT)
    assert few.variables == chosen
    assert_array_equal(few.values, made.values[:, :, 5:7])
    with pytest.raises(InputError, match=f"variable: read '{made.variables[0]}'"):
        few[made.variables[0]]


def test_processes_change_nothing_and_are_kept_from_batch_to_batch() -> None:
    alone = simulate_batch([PLAN, NONE, PLAN], seeds=[1, 2, 3], workers=1, **SHORT)
    seen: list[tuple[int, int]] = []
    with Workers(2) as team:
        for _ in range(2):
            together = simulate_batch(
                [PLAN, NONE, PLAN],
                seeds=[1, 2, 3],
                workers=team,
                progress=lambda done, of: seen.append((done, of)),
                **SHORT,
            )
            assert_array_equal(together.values, alone.values)
            assert not together.failures
    assert seen == [(1, 3), (2, 3), (3, 3)] * 2


def test_a_run_that_fails_says_why_and_the_others_go_on() -> None:
    made = simulate_batch(
        PLAN, parameters={"car_survival_scale": [16.0, -1.0, 16.0]}, workers=1, **SHORT
    )
    assert list(made.failures) == [1]
    assert "car_survival_scale: read -1.0; allowed: " in made.failures[1]
    assert np.isnan(made.values[1]).all()
    assert_array_equal(made.values[0], made.values[2])
    with pytest.raises(InputError, match=r"run 1: read .*car_survival_scale"):
        made.series(1)
    with pytest.raises(InputError, match="run: read 3; allowed: 0 to 2"):
        made.series(3)


def test_runs_whose_process_is_killed_are_made_again() -> None:
    alone = simulate_batch(PLAN, seeds=range(1, 7), workers=1, **SHORT)
    killed: list[int] = []
    with Workers(2) as team:

        def kill_one(done: int, _: int) -> None:
            if not killed:
                pool = team._pool
                assert pool is not None
                killed.append(next(iter(pool._processes)))
                os.kill(killed[0], signal.SIGKILL)

        made = simulate_batch(PLAN, seeds=range(1, 7), workers=team, progress=kill_one, **SHORT)
    assert killed
    assert not made.failures
    assert_array_equal(made.values, alone.values)


def test_processes_that_ended_between_batches_are_started_again() -> None:
    with Workers(2) as team:
        first = simulate_batch(PLAN, seeds=[1, 2], workers=team, **SHORT)
        pool = team._pool
        assert pool is not None
        for process in list(pool._processes.values()):
            process.kill()
            process.join()
        assert_array_equal(
            simulate_batch(PLAN, seeds=[1, 2], workers=team, **SHORT).values, first.values
        )


class _Fatal(Workers):
    """Processes that a certain run always ends."""

    def submit(self, work: batch._Work) -> Future[list[object]]:
        future: Future[list[object]] = Future()
        if any(run.seed == 13 for run in work.runs):
            future.set_exception(BrokenProcessPool("ended"))
        else:
            future.set_result(batch._make(work))
        return future


def test_a_run_that_ends_its_process_even_alone_has_failed() -> None:
    seeds = [1, 13, 2, 3, 4]
    made = simulate_batch(PLAN, seeds=seeds, workers=_Fatal(2), **SHORT)
    assert made.failures == {1: "its process was ended"}
    assert np.isnan(made.values[1]).all()
    assert not np.isnan(made.values[[0, 2, 3, 4]]).all(axis=(1, 2)).any()


def test_what_is_given_once_holds_for_all_runs() -> None:
    runs = planned_runs(PLAN, {"car_survival_scale": [15.0, 16.0]}, 7)
    assert [(run.scenario, run.seed) for run in runs] == [(PLAN, 7), (PLAN, 7)]
    assert [run.parameters["car_survival_scale"] for run in runs] == [15.0, 16.0]


@pytest.mark.parametrize(
    ("scenarios", "parameters", "seeds", "message"),
    [
        ([PLAN, NONE], None, [1, 2, 3], "'scenarios': 2, 'seeds': 3"),
        (PLAN, {"car_survival_scale": [16.0]}, [1, 2], "one number of runs"),
        ([], None, 1, "'scenarios': 0"),
        (PLAN, {"car_survival_scal": [16.0]}, 1, "car_survival_scale"),
    ],
)
def test_what_does_not_fit_together_is_refused_before_anything_runs(
    scenarios: object, parameters: object, seeds: object, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        simulate_batch(scenarios, parameters=parameters, seeds=seeds)  # type: ignore[arg-type]


@pytest.mark.parametrize("workers", [0, -1])
def test_there_is_at_least_one_worker(workers: int) -> None:
    with pytest.raises(InputError, match="workers"):
        Workers(workers)


def test_an_unknown_variable_is_refused_before_anything_runs() -> None:
    with pytest.raises(InputError, match="result variable"):
        simulate_batch(PLAN, variables=["private_car"], **SHORT)


@pytest.mark.parametrize("workers", [2, 5])
@pytest.mark.parametrize("runs", [1, 7, 60, 1000])
def test_groups_of_runs_hold_every_run_once_and_the_last_ones_are_small(
    runs: int, workers: int
) -> None:
    groups = batch._in_groups(runs, workers)
    assert [run for group in groups for run in group] == list(range(runs))
    assert len(groups[-1]) == 1
    assert max(map(len, groups)) <= 8
