"""A run with a rival submodel: chosen once, used throughout, written into the record."""

from functools import cache

import numpy as np
import pytest

from transition_model import Result, Scenario, simulate
from transition_model.structures import load_structures

RIVALS = list(load_structures()["car_choice"].rivals)


@cache
def run(rival: str, **levers: float) -> Result:
    scenario = Scenario.load("plan").with_setting(f"structure.car_choice={rival}")
    return simulate(scenario.replace(dict(levers)), households=500, end="2025-12")


def monthly_shares(result: Result) -> np.ndarray:
    """New-energy share of sales, month by month."""
    series = result.all_series
    return series["new_energy_car_sales_per_month"] / series["new_car_sales_per_month"]


def shares(result: Result, year: int) -> float:
    series = result.all_series
    months = np.array([month.year == year for month in series.months])
    sold = series["new_car_sales_per_month"][months].sum()
    return float(series["new_energy_car_sales_per_month"][months].sum() / sold)


@pytest.mark.parametrize("rival", RIVALS)
def test_the_record_of_a_run_says_which_rival_it_used(rival: str) -> None:
    record = run(rival).record
    assert ('car_choice = "' in record.scenario_toml) == (rival != RIVALS[0])
    assert rival == RIVALS[0] or f'car_choice = "{rival}"' in record.scenario_toml
    assert record.scenario_digest == run(rival).record.scenario_digest


def test_no_month_of_two_rivals_is_the_same() -> None:
    series = [monthly_shares(run(rival)) for rival in RIVALS]
    for first in range(3):
        for second in range(first):
            assert np.all(series[first] != series[second])


def test_rivals_begin_with_about_the_same_year_and_part_later() -> None:
    first = [shares(run(rival), 2020) for rival in RIVALS]
    last = [shares(run(rival), 2025) for rival in RIVALS]
    assert max(first) - min(first) < 0.01
    assert max(last) - min(last) > 0.2


def test_diffusion_of_a_run_is_the_closed_form_of_its_parameters() -> None:
    from transition_model.parameters import load_parameters

    p, q, start = (
        load_parameters()[f"bass_{name}"].central
        for name in ("innovation", "imitation", "initial_adoption")
    )
    sold = monthly_shares(run("bass"))
    years = np.arange(len(sold)) / 12.0
    grown = (p + q * start) / (1.0 - start) * np.exp((p + q) * years)
    assert np.allclose(sold, (grown - p) / (grown + q), atol=0.02)


def test_a_subsidy_for_new_energy_cars_turns_buyers_in_the_logits_and_not_in_the_diffusion() -> (
    None
):
    for rival in RIVALS:
        generous = run(rival, trade_in_generosity=3.0, trade_in_budget=200.0)
        none = run(rival, trade_in_generosity=0.0)
        gain = (monthly_shares(generous) - monthly_shares(none))[-12:]
        bought = [r.all_series["new_car_sales_per_month"][-12:].sum() for r in (generous, none)]
        assert bought[0] > 1.05 * bought[1]
        if rival == "bass":
            assert np.allclose(gain, 0.0, atol=1e-12)
        else:
            assert np.all(gain > 0.002)
