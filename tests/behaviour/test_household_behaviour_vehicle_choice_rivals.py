"""Rivals of car choice: a logit in which all is known, and imitation that asks for no price."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from transition_model.behaviour.vehicle_choice import choice_probabilities, with_subsidy
from transition_model.behaviour.vehicle_choice_rivals import bass, bass_next, plain_logit

type Array = NDArray[np.float64]

UTILITIES = arrays.arrays(float, (5, 3), elements=st.floats(min_value=-50.0, max_value=50.0))
SHARES = arrays.arrays(float, 5, elements=st.floats(min_value=0.0, max_value=1.0))
INNOVATION = st.floats(min_value=1e-5, max_value=0.05)
IMITATION = st.floats(min_value=0.3, max_value=0.8)
SUBSIDY = np.array([0.0, 20_000.0, 20_000.0])
SENSITIVITY = np.full(5, -0.16)


def closed_form(years: float, start: float, innovation: float, imitation: float) -> float:
    """Bass's adopted share after some years, from a share at the start."""
    grown = (
        (innovation + imitation * start) / (1.0 - start) * np.exp((innovation + imitation) * years)
    )
    return float((grown - innovation) / (grown + imitation))


@given(UTILITIES)
def test_the_plain_logit_is_the_logit_with_familiarity_where_all_is_known(values: Array) -> None:
    assert_allclose(plain_logit(values), choice_probabilities(values, np.ones(5)), rtol=1e-12)


@given(UTILITIES, SHARES)
def test_the_shares_of_every_rival_sum_to_one(values: Array, adopted: Array) -> None:
    for chosen in (plain_logit(values), bass(values, adopted)):
        assert (chosen >= 0.0).all()
        assert_allclose(chosen.sum(axis=1), 1.0, rtol=1e-12)


@given(UTILITIES, SHARES)
def test_who_has_adopted_buys_new_energy_and_the_logit_only_splits_it(
    values: Array, adopted: Array
) -> None:
    chosen = bass(values, adopted)
    assert_allclose(chosen[:, 1:].sum(axis=1), adopted, rtol=1e-12, atol=1e-300)
    assert_allclose(
        chosen[:, 1] * np.exp(values[:, 2] - values[:, 2].max()),
        chosen[:, 2] * np.exp(values[:, 1] - values[:, 2].max()),
        rtol=1e-9,
        atol=1e-300,
    )


def test_a_subsidy_moves_the_logit_and_not_the_diffusion() -> None:
    values, adopted = np.zeros((5, 3)), np.full(5, 0.2)
    paid = with_subsidy(values, SENSITIVITY, SUBSIDY)
    assert (plain_logit(paid)[:, 1:].sum(axis=1) > plain_logit(values)[:, 1:].sum(axis=1)).all()
    assert_allclose(bass(paid, adopted), bass(values, adopted), rtol=1e-12)


@given(st.floats(min_value=0.001, max_value=0.3), INNOVATION, IMITATION)
def test_where_all_are_alike_adoption_follows_the_closed_form(
    start: float, innovation: float, imitation: float
) -> None:
    # Steps a twentieth as long, so that what is left of the step is below a tenth of a point.
    adopted, finer = np.full(3, start), 20.0
    for _ in range(int(8 * 12 * finer)):
        adopted = bass_next(adopted, float(adopted.mean()), innovation / finer, imitation / finer)
    assert adopted == pytest.approx(closed_form(8.0, start, innovation, imitation), abs=3e-3)


def test_monthly_steps_stay_near_the_closed_form() -> None:
    adopted, path = np.full(1, 0.05), []
    for _ in range(8 * 12):
        adopted = bass_next(adopted, float(adopted.mean()), 0.00017, 0.58)
        path.append(float(adopted[0]))
    exact = [closed_form((month + 1) / 12.0, 0.05, 0.00017, 0.58) for month in range(8 * 12)]
    assert_allclose(path, exact, atol=0.02)


@given(SHARES, st.floats(min_value=0.0, max_value=1.0), INNOVATION, IMITATION)
def test_adoption_never_falls_and_never_passes_one(
    adopted: Array, share: float, innovation: float, imitation: float
) -> None:
    later = bass_next(adopted, share, innovation, imitation)
    assert ((later >= adopted) & (later <= 1.0)).all()


def test_without_innovation_nobody_imitates_nobody() -> None:
    nobody = np.zeros(4)
    assert (bass_next(nobody, 0.0, 0.0, 0.6) == 0.0).all()
    assert_allclose(bass_next(nobody, 0.0, 0.012, 0.6), 0.001)
