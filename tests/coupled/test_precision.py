"""What households remember in single precision leads where double precision does."""

from __future__ import annotations

import numpy as np
import pytest

from transition_model import TransitionModel
from transition_model.agents.households import Household
from transition_model.scenario import Scenario

HOUSEHOLDS = 1_000
IN_SINGLE = ("readiness", "attitude", "sorting_habit", "subsidy_received")


def run(scenario: str, precision: str) -> TransitionModel:
    model = TransitionModel(
        Scenario.load(scenario),
        households=HOUSEHOLDS,
        precision=precision,  # type: ignore[arg-type]
    )
    model.run_for(96)
    return model


@pytest.mark.parametrize("scenario", ["plan", "accelerated"])
def test_results_of_single_precision_are_those_of_double_to_six_digits(
    scenario: str,
) -> None:
    single, double = run(scenario, "single"), run(scenario, "double")
    households = single.agents_by_type[Household]
    for name in IN_SINGLE:
        assert getattr(households, name).dtype == np.float32
        assert getattr(double.agents_by_type[Household], name).dtype == np.float64
    expected = double.recorder.series().values
    differs = False
    for name, path in single.recorder.series().values.items():
        known = np.isfinite(expected[name])
        scale = np.abs(expected[name][known]).max(initial=0.0)
        np.testing.assert_allclose(path, expected[name], rtol=0.0, atol=2e-7 * scale, err_msg=name)
        differs = differs or not np.array_equal(path, expected[name], equal_nan=True)
    assert differs


def test_households_remember_in_double_precision_with_numpy() -> None:
    model = TransitionModel(households=100, kernels="numpy")
    assert model.agents_by_type[Household].readiness.dtype == np.float64
