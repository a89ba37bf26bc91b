"""Emulators: exact where the model is of their kind, and honest about what they leave."""

import numpy as np
import pytest

from transition_model.analysis.emulator import KINDS, fit_emulators


def _features(runs: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1.0, 1.0, (runs, width))


def test_a_quadratic_with_a_product_is_found_again() -> None:
    z = _features(200, 4)
    outcome = 3.0 + z[:, 0] - 2.0 * z[:, 1] * z[:, 3] + 0.5 * z[:, 2] ** 2
    found = fit_emulators(["y"], z, outcome[:, None])
    assert found.models[0].kind != KINDS[0]
    assert found.explained[0] > 0.999999
    np.testing.assert_allclose(found.models[0].rows(z), outcome, atol=1e-3)


def test_a_curve_that_levels_off_needs_bends() -> None:
    z = _features(400, 3)
    outcome = np.tanh(4.0 * z[:, 0]) + z[:, 1]
    found = fit_emulators(["y"], z, outcome[:, None])
    assert found.models[0].kind == "quadratic with bends"
    assert found.explained[0] > 0.95


def test_luck_is_left_over_with_its_spread_and_straight_lines_are_not_bent() -> None:
    z = _features(600, 3)
    luck = np.random.default_rng(1).normal(scale=0.3, size=600)
    found = fit_emulators(["y"], z, (z[:, 0] + luck)[:, None])
    assert found.residuals.std() == pytest.approx(0.3, rel=0.1)
    # Variance 1/3 of the factor against 0.09 of luck.
    assert found.explained[0] == pytest.approx(1 / 3 / (1 / 3 + 0.09), abs=0.05)
    assert found.models[0].kind == "linear"


def test_residuals_of_a_run_stay_together() -> None:
    z = _features(500, 2)
    luck = np.random.default_rng(1).normal(size=500)
    outcomes = np.stack([z[:, 0] + luck, z[:, 1] - luck], axis=1)
    found = fit_emulators(["a", "b"], z, outcomes)
    assert np.corrcoef(found.residuals.T)[0, 1] < -0.95


def test_the_grid_is_every_set_in_every_draw() -> None:
    z = _features(300, 5)
    outcomes = np.stack([np.exp(z[:, 0] * z[:, 4]), np.sin(3 * z[:, 1]) + z[:, 3]], axis=1)
    found = fit_emulators(["a", "b"], z, outcomes)
    levers, draws = _features(4, 2, seed=2), _features(6, 3, seed=3)
    grid = found.grid(levers, draws)
    assert grid.shape == (2, 4, 6)
    for place, model in enumerate(found.models):
        for one in range(4):
            rows = np.hstack([np.tile(levers[one], (6, 1)), draws])
            np.testing.assert_allclose(grid[place, one], model.rows(rows), atol=1e-12)


def test_what_does_not_vary_is_foretold_as_it_is() -> None:
    found = fit_emulators(["y"], _features(50, 2), np.full((50, 1), 7.0))
    np.testing.assert_allclose(found.models[0].rows(_features(5, 2)), 7.0)
    assert found.table()["R2"].tolist() == [1.0]
    assert found.table()["residual spread"].tolist() == pytest.approx([0.0], abs=1e-12)
