"""Models with a known solution: exact where Euler's method is, and closer with each halved step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transition_model.stocks import CompiledModel, ModelSource, compile_model

MODELS = Path(__file__).parent / "models"

type Compiled = Callable[[str], CompiledModel]
type Values = np.ndarray


def teacup(model: CompiledModel, step: float) -> tuple[Values, Values]:
    run = model.run(every=1.0, time_step=step)
    return run["teacup_temperature"][0], 295.0 + 60.0 * np.exp(-run.time / 10.0)


def logistic(model: CompiledModel, step: float) -> tuple[Values, Values]:
    run = model.run(every=1.0, time_step=step)
    return run["population"][0], 1000.0 / (1.0 + 99.0 * np.exp(-0.5 * run.time))


def epidemic(model: CompiledModel, step: float) -> tuple[Values, Values]:
    # Kermack and McKendrick's first integral: S + I - N/R0 ln S does not change.
    run = model.run(every=1.0, time_step=step)
    susceptible, infectious = run["susceptible"][0], run["infectious"][0]
    integral = susceptible + infectious - 1000.0 / 2.4 * np.log(susceptible)
    return integral, np.full_like(integral, integral[0])


def test_any_text_runs_alone_many_times_and_follows_its_closed_form() -> None:
    room = np.array([285.0, 295.0, 305.0])
    cup = compile_model(MODELS / "teacup.mdl").run(
        {"room_temperature": room}, n_runs=3, every=1.0, time_step=1 / 512
    )
    cooling = room[:, np.newaxis] + (355.0 - room[:, np.newaxis]) * np.exp(-cup.time / 10.0)
    np.testing.assert_allclose(cup["teacup_temperature"], cooling, atol=0.01)

    rate = np.array([0.2, 0.5, 0.8])
    growth = compile_model(MODELS / "logistic.mdl").run(
        {"growth_rate": rate}, n_runs=3, every=1.0, time_step=1 / 512
    )
    verhulst = 1000.0 / (1.0 + 99.0 * np.exp(-rate[:, np.newaxis] * growth.time))
    np.testing.assert_allclose(growth["population"], verhulst, atol=1.0)


def test_an_epidemic_spares_at_any_time_as_many_as_kermack_and_mckendrick_say() -> None:
    contacts = np.array([4.0, 6.0, 10.0])
    run = compile_model(MODELS / "sir.mdl").run(
        {"contacts_per_day": contacts}, n_runs=3, every=1.0, time_step=1 / 512
    )
    reproduction = contacts[:, np.newaxis] * 0.1 * 4.0
    spared = 990.0 * np.exp(-reproduction * run["recovered"] / 1000.0)
    assert run["recovered"][:, -1].min() > 500.0
    np.testing.assert_allclose(run["susceptible"], spared, rtol=0.01)


@pytest.mark.parametrize(
    ("name", "solve", "scale"),
    [("teacup", teacup, 60.0), ("logistic", logistic, 1000.0), ("sir", epidemic, 1000.0)],
)
def test_the_error_halves_with_the_time_step(
    compiled: Compiled,
    name: str,
    solve: Callable[[CompiledModel, float], tuple[Values, Values]],
    scale: float,
) -> None:
    errors = []
    for step in (0.0625, 0.03125, 0.015625):
        ours, exact = solve(compiled(name), step)
        errors.append(np.abs(ours - exact).max())
    assert errors[0] < 0.02 * scale
    np.testing.assert_allclose(np.array(errors[:-1]) / np.array(errors[1:]), 2.0, rtol=0.05)


@given(start=st.floats(200.0, 400.0), room=st.floats(200.0, 400.0), constant=st.floats(1.0, 100.0))
def test_a_teacup_cools_by_the_same_share_each_step(
    compiled: Compiled, start: float, room: float, constant: float
) -> None:
    run = compiled("teacup").run(
        {
            "initial_temperature": start,
            "room_temperature": room,
            "characteristic_time": constant,
        },
        every=0.125,
    )
    steps = np.arange(len(run.time))
    euler = room + (start - room) * (1.0 - 0.125 / constant) ** steps
    np.testing.assert_allclose(run["teacup_temperature"][0], euler, rtol=1e-10)


@given(contacts=st.floats(0.0, 10.0), infectious=st.floats(0.0, 1000.0))
def test_an_epidemic_loses_nobody(compiled: Compiled, contacts: float, infectious: float) -> None:
    run = compiled("sir").run({"contacts_per_day": contacts, "initially_infectious": infectious})
    everybody = run["susceptible"] + run["infectious"] + run["recovered"]
    np.testing.assert_allclose(everybody, 1000.0, rtol=1e-12)


@given(
    purchases=st.lists(st.floats(0.0, 1e5), min_size=3, max_size=3),
    initial=st.floats(1.0, 1e6),
    months=st.integers(1, 96),
)
def test_cars_are_those_at_the_start_plus_purchases_less_scrappage(
    compiled: Compiled, purchases: list[float], initial: float, months: int
) -> None:
    scrapped = initial / 200.0
    run = compiled("aging_chain").run(
        {
            "purchases_per_month": purchases,
            "initial_cars": initial,
            "scrappage_per_month": scrapped,
        },
        horizon=months,
        record=["cars_by_powertrain"],
    )
    expected = 26 * initial + months * (np.array(purchases) - 26 * scrapped)
    scale = 26 * initial + months * max(purchases)
    np.testing.assert_allclose(
        run["cars_by_powertrain"][0, -1], expected, rtol=1e-9, atol=1e-12 * scale
    )


def test_a_cohort_moves_up_one_class_a_year_on_average(compiled: Compiled) -> None:
    cars = np.zeros((3, 26))
    cars[:, 0] = 1000.0
    run = compiled("aging_chain").run(
        {"initial_cars": cars, "purchases_per_month": 0.0}, record=["cars"]
    )
    age = (run["cars"][0, :, 0] * np.arange(26)).sum(axis=-1) / 1000.0
    np.testing.assert_allclose(age, run.time / 12.0, rtol=1e-3)


def test_a_model_without_stocks_follows_the_clock(
    written: Callable[[str], ModelSource],
) -> None:
    model = CompiledModel(
        written(
            "doubled = 2 * Time / month ~ Dmnl ~ x |\n"
            "month = 1 ~ Month ~ x |\n"
            "height = STEP(3, 2) ~ Dmnl ~ x |"
        )
    )
    run = model.run(horizon=4.0)
    np.testing.assert_array_equal(run["doubled"][0], [0.0, 2.0, 4.0, 6.0, 8.0])
    np.testing.assert_array_equal(run["height"][0], [0.0, 0.0, 3.0, 3.0, 3.0])
    np.testing.assert_array_equal(run["month"][0], np.ones(5))
