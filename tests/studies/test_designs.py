"""Designs fill the ranges of their factors as the distributions say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transition_model import InputError
from transition_model.studies import Factor, Study, points_of
from transition_model.studies.factors import TAIL

SHAPES = ("uniform", "triangular", "normal", "lognormal", "loguniform")


def study(**design: Any) -> Study:
    return Study.model_validate(
        {
            "name": "designs",
            "design": design,
            "levers": {"sorting_supervision": {"low": 0.2, "high": 0.8}},
            "uncertainties": {
                "parameters": {"price_coefficient": {}},
                "structures": {"car_choice": ["familiarity_logit", "bass"]},
            },
        }
    )


@given(
    st.sampled_from(SHAPES),
    st.floats(0.01, 10.0),
    st.floats(0.01, 10.0),
    st.floats(0.0, 1.0),
)
def test_quantiles_rise_from_low_to_high(shape: Any, low: float, width: float, at: float) -> None:
    factor = Factor("x", "parameter", low, low + width, low + at * width, shape)
    values = np.array(factor.values(np.linspace(0.0, 1.0, 101)), dtype=float)
    assert np.all(np.diff(values) >= 0.0)
    assert values[0] == pytest.approx(low)
    assert values[-1] == pytest.approx(low + width)


def test_a_triangular_factor_has_the_mean_of_its_corners() -> None:
    factor = Factor("x", "parameter", 1.0, 4.0, 1.6, "triangular")
    quantiles = (np.arange(100_000) + 0.5) / 100_000
    values = np.array(factor.values(quantiles), dtype=float)
    assert values.mean() == pytest.approx((1.0 + 4.0 + 1.6) / 3.0, rel=1e-6)


def test_declared_ends_of_a_normal_factor_are_its_tails_cut_off() -> None:
    factor = Factor("x", "parameter", -1.0, 1.0, 0.0, "normal")
    values = np.array(factor.values(np.array([0.0, 0.5, 1.0])), dtype=float)
    assert values == pytest.approx([-1.0, 0.0, 1.0])
    assert 0.0 < TAIL < 0.5


def test_choices_come_up_equally_often() -> None:
    factor = Factor("x", "structure", choices=("a", "b", "c"))
    drawn = factor.values((np.arange(300) + 0.5) / 300)
    assert [drawn.count(choice) for choice in factor.choices] == [100, 100, 100]


def test_a_latin_hypercube_has_one_point_in_every_slice() -> None:
    points = points_of(study(method="latin_hypercube", points=50))
    slices = np.floor((points["sorting_supervision"] - 0.2) / 0.6 * 50).astype(int)
    assert sorted(slices) == list(range(50))
    assert (points["car_choice"] == "bass").sum() == 25


def test_the_same_seed_of_a_design_gives_the_same_points() -> None:
    one, two, other = (
        points_of(study(method="latin_hypercube", points=20, seed=seed)) for seed in (1, 1, 2)
    )
    assert one.equals(two)
    assert not one.equals(other)


def test_saltelli_s_scheme_has_as_many_points_as_it_must() -> None:
    assert len(points_of(study(method="sobol", points=8))) == 8 * (3 + 2)
    assert len(points_of(study(method="sobol", points=8, second_order=True))) == 8 * (2 * 3 + 2)
    with pytest.raises(InputError, match="a power of 2"):
        points_of(study(method="sobol", points=10))


def test_morris_moves_one_factor_at_a_time() -> None:
    points = points_of(study(method="morris", points=5, levels=4))
    assert len(points) == 5 * (3 + 1)
    for trajectory in range(5):
        rows = points.iloc[4 * trajectory : 4 * trajectory + 4]
        for before, after in zip(rows.values[:-1], rows.values[1:], strict=True):
            assert sum(a != b for a, b in zip(before, after, strict=True)) <= 1


def test_scenarios_meet_the_same_draws_of_what_is_uncertain() -> None:
    points = points_of(study(method="scenarios", scenarios=["none", "plan"], points=7))
    none, plan = (points[points["scenario"] == name] for name in ("none", "plan"))
    assert len(none) == len(plan) == 7
    assert none["price_coefficient"].tolist() == plan["price_coefficient"].tolist()
    assert "sorting_supervision" not in points


def test_a_grid_too_large_is_refused_before_it_is_laid_out() -> None:
    with pytest.raises(InputError, match="at most"):
        points_of(study(method="full_factorial", levels=5_000))


def test_a_list_that_is_missing_is_named(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text(
        'name = "x"\n[design]\nmethod = "list"\nfile = "missing.csv"\n'
        "[levers.sorting_supervision]\n",
        "utf-8",
    )
    with pytest.raises(InputError, match=r"missing\.csv"):
        points_of(Study.load(path))
