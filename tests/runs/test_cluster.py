"""A Dask cluster makes the same runs by the same calls, and a lost worker loses none of them."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from transition_model import InputError, Scenario, simulate_batch
from transition_model.runs.batch import Workers
from transition_model.runs.store import RunStore
from transition_model.studies import RunPlan, Study
from transition_model.studies.running import counted, make_runs

SHORT = {"households": 200, "end": "2020-03"}
STUDY = """
name = "cluster"
households = 200
end = "2020-03"
[design]
method = "latin_hypercube"
points = 40
[uncertainties.parameters]
price_coefficient = {}
[outcomes]
targets = []
"""


@pytest.fixture
def cluster() -> Iterator[Any]:
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as running:
        yield running


def test_a_cluster_gives_the_same_numbers(cluster: Any) -> None:
    plan = Scenario.load("plan")
    alone = simulate_batch(plan, seeds=[1, 2, 3], workers=1, **SHORT)
    with Workers(scheduler=cluster.scheduler_address) as team:
        assert team.count == 2
        together = simulate_batch(plan, seeds=[1, 2, 3], workers=team, **SHORT)
    assert_array_equal(together.values, alone.values)
    assert np.isfinite(together["new_car_sales_per_month"]).all()


def test_a_worker_lost_in_the_middle_loses_no_run(cluster: Any, tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text(STUDY, "utf-8")
    plan = RunPlan.of_study(Study.load(path))
    pids = [worker.pid for worker in cluster.workers.values()]
    lost: list[int] = []

    def progress(done: int, asked: int, found: int) -> None:
        if 0 < done < asked and not lost:
            lost.append(pids[0])
            os.kill(pids[0], signal.SIGKILL)

    with (
        RunStore(tmp_path / "s", writing=True) as store,
        Workers(scheduler=cluster.scheduler_address) as team,
    ):
        done = make_runs(plan, store, team, progress=progress)
        assert lost
        assert done.failures == {}
        assert counted(plan, store) == {"asked": 40, "there": 40, "failed": 0, "missing": 0}


def test_nobody_at_the_address_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transition_model.runs.cluster._PATIENCE", 0.5)
    with pytest.raises(InputError, match=r"scheduler: read 'tcp://127\.0\.0\.1:9'.*Dask"):
        Workers(scheduler="tcp://127.0.0.1:9")
