"""Trucks replaced when they wear out."""

import numpy as np
import pytest

from transition_model.behaviour.truck_replacement import purchases_per_month, worn_out_per_month

SCALE = np.array([8.0, 10.0, 12.8])
SHARES = np.full((3, 4), 0.25)


def test_a_cohort_dies_out_by_the_weibull_curve() -> None:
    trucks = np.zeros((16, 3, 4))
    trucks[0] = 1000.0
    for month in range(60):
        trucks -= worn_out_per_month(trucks, SCALE, 5.58)
        if month % 12 == 11:
            trucks[1:] = trucks[:-1].copy()
            trucks[0] = 0.0
    # Within a year the hazard is that of its middle.
    expected = 1000.0 * np.exp(-((5.0 / SCALE) ** 5.58))
    np.testing.assert_allclose(trucks.sum(axis=(0, 2)) / 4.0, expected, rtol=0.01)


def test_older_trucks_and_shorter_lives_wear_out_faster() -> None:
    worn_out = worn_out_per_month(np.ones((16, 3, 4)), SCALE, 5.58)
    assert np.all(np.diff(worn_out, axis=0) > 0.0)
    assert np.all(np.diff(worn_out, axis=1) < 0.0)
    assert worn_out.max() < 1.0


def test_purchases_replace_what_is_scrapped_and_let_the_fleet_grow() -> None:
    trucks, scrapped = np.full((16, 3, 4), 100.0), np.full((16, 3, 4), 1.0)
    bought = purchases_per_month(trucks, scrapped, np.array([0.0, 0.001, -0.001]), SHARES)
    assert bought.sum(axis=1) == pytest.approx([64.0, 70.4, 57.6])


def test_a_class_that_shrinks_faster_than_it_wears_out_buys_nothing() -> None:
    trucks = np.full((16, 3, 4), 100.0)
    bought = purchases_per_month(trucks, np.zeros_like(trucks), np.full(3, -0.1), SHARES)
    assert not bought.any()
