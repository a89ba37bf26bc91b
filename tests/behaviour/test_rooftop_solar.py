"""Panels on roofs: what a duty adds to what is built anyway."""

from __future__ import annotations

import numpy as np
import pytest

from transition_model.behaviour import rooftop_solar as solar


@pytest.mark.parametrize(
    ("duty", "covered"), [(0.0, 0.1), (0.1, 0.1), (0.5, 0.1 + 0.6 * 0.4), (1.0, 0.1 + 0.6 * 0.9)]
)
def test_a_duty_adds_only_what_is_not_built_anyway(duty: float, covered: float) -> None:
    assert solar.covered_share(duty, 0.6, 0.1) == pytest.approx(covered)


def test_full_compliance_covers_what_the_duty_asks() -> None:
    assert solar.covered_share(0.5, 1.0, 0.1) == pytest.approx(0.5)


def test_ten_thousand_square_metres_of_covered_roof_carry_a_megawatt() -> None:
    planned = solar.solar_capacity(np.array([1e5, 2e5]), 0.1, 1.0, 1e-7)
    assert planned == pytest.approx([1e-3, 2e-3])
