"""Many runs at once are so many single runs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from transition_model.errors import InputError
from transition_model.stocks import CompiledModel

type Compiled = Callable[[str], CompiledModel]

N_RUNS = 150


@pytest.fixture(scope="module")
def draws() -> dict[str, np.ndarray]:
    random = np.random.default_rng(7)
    return {
        "purchases_per_month": random.uniform(0.0, 100.0, (N_RUNS, 3)),
        "initial_cars": random.uniform(0.0, 100.0, (N_RUNS, 3, 26)),
        "dismantling_time": random.uniform(2.0, 20.0, N_RUNS),
    }


def test_an_ensemble_is_so_many_single_runs(
    compiled: Compiled, draws: dict[str, np.ndarray]
) -> None:
    model = compiled("aging_chain")
    together = model.run({**draws, "initial_share": 0.25}, N_RUNS)
    assert together["cars"].shape == (N_RUNS, 97, 3, 26)
    for number in (0, 63, 64, N_RUNS - 1):
        own = {name: values[number] for name, values in draws.items()}
        alone = model.run({**own, "initial_share": 0.25})
        for name, values in alone.values.items():
            np.testing.assert_array_equal(together[name][number], values[0], err_msg=name)


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_do_not_change_results(
    compiled: Compiled, draws: dict[str, np.ndarray], threads: int
) -> None:
    model = compiled("aging_chain")
    one = model.run(draws, N_RUNS, record=["cars", "dismantled_mass_per_month"], threads=1)
    many = model.run(draws, N_RUNS, record=["cars", "dismantled_mass_per_month"], threads=threads)
    for name, values in one.values.items():
        np.testing.assert_array_equal(many[name], values)


def test_an_ensemble_stepped_is_an_ensemble_run_through(
    compiled: Compiled, draws: dict[str, np.ndarray]
) -> None:
    model = compiled("aging_chain")
    ensemble = model.start(draws, N_RUNS)
    assert ensemble.time_step == 0.25
    for _ in range(24):
        ensemble.step(4)
    through = model.run(draws, N_RUNS, horizon=24.0, record=["cars"])
    assert ensemble.time == through.time[-1] == 24.0
    np.testing.assert_array_equal(ensemble.values(["cars"])["cars"], through["cars"][:, -1])


def test_inputs_may_differ_from_run_to_run(compiled: Compiled) -> None:
    ensemble = compiled("aging_chain").start({}, 2)
    ensemble.step(4, {"purchases_per_month": [[0.0, 0.0, 0.0], [100.0, 0.0, 0.0]]})
    cars = ensemble.values(["cars_by_powertrain"])["cars_by_powertrain"]
    np.testing.assert_allclose(cars, [[2600.0, 2600.0, 2600.0], [2700.0, 2600.0, 2600.0]])


def test_parameters_of_another_number_of_runs_are_refused(compiled: Compiled) -> None:
    with pytest.raises(InputError, match=r"dismantling_time: read \(3,\); allowed: shape \(4,\)"):
        compiled("aging_chain").run({"dismantling_time": [1.0, 2.0, 3.0]}, 4)
    with pytest.raises(InputError, match=r"initial_cars: .*allowed: shape \(2, 3, 26\)"):
        compiled("aging_chain").run({"initial_cars": np.ones((3, 3, 26))}, 2)


def test_one_run_that_is_not_finite_is_found(compiled: Compiled) -> None:
    # Nothing cools in no time: the loss is a division by zero.
    with pytest.raises(InputError, match=r"Teacup Temperature: .*allowed: a finite stock"):
        compiled("teacup").run({"characteristic_time": [10.0] * 99 + [0.0]}, 100)


def test_results_are_recorded_at_the_times_asked_for(compiled: Compiled) -> None:
    run = compiled("sir").run(horizon=10.0, every=2.5, record=["susceptible"])
    np.testing.assert_array_equal(run.time, [0.0, 2.5, 5.0, 7.5, 10.0])
    assert list(run.values) == ["susceptible"]
    finer = compiled("sir").run(horizon=10.0, every=0.25, record=["susceptible"])
    np.testing.assert_array_equal(run["susceptible"][0], finer["susceptible"][0, ::10])
    with pytest.raises(InputError, match="divides the recording interval"):
        compiled("sir").run(every=0.3)
    with pytest.raises(InputError, match=r"recording interval: read 7\.0; .*the horizon, 10"):
        compiled("sir").run(horizon=10.0, every=7.0)
    with pytest.raises(InputError, match=r"the horizon: read -1\.0; allowed: a duration not below"):
        compiled("sir").run(horizon=-1.0)
    with pytest.raises(InputError, match="FINAL TIME"):
        compiled("sir").run(horizon=61.0)


def test_there_is_one_run_or_more_with_a_time_step_that_advances(compiled: Compiled) -> None:
    with pytest.raises(InputError, match="read '0 runs'"):
        compiled("sir").run(n_runs=0)
    with pytest.raises(InputError, match=r"TIME STEP: read 0\.0; allowed: a positive number"):
        compiled("sir").start(time_step=0.0)
