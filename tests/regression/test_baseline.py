"""What the model says today, so that a change shows: refresh with ``make baseline`` and look."""

import json
from pathlib import Path

import pytest

from transition_model import Scenario, simulate

BASELINE = Path(__file__).with_name("baseline.json")
SCENARIOS = ("none", "plan", "accelerated")
SERIES = (
    "private_cars",
    "new_energy_vehicles",
    "public_charging_points",
    "energy_use_per_month",
    "carbon_dioxide_per_month",
    "subsidy_spending_per_month",
    "construction_waste_generated_per_month",
    "recycled_materials_used_per_month",
)


def _today() -> dict[str, dict[str, float | None]]:
    found: dict[str, dict[str, float | None]] = {}
    for name in SCENARIOS:
        result = simulate(Scenario.load(name), seed=1, households=1_000)
        values = {row.id: row.value for row in result.scoreboard}
        found[name] = values | {s: float(result.series(s).iloc[-1]) for s in SERIES}
    return found


def test_results_are_those_of_the_baseline(refresh_baseline: bool) -> None:
    today = _today()
    if refresh_baseline:
        BASELINE.write_text(json.dumps(today, indent=1) + "\n", "utf-8")
    baseline = json.loads(BASELINE.read_text("utf-8"))
    for scenario, values in baseline.items():
        for name, value in values.items():
            if value is None:
                assert today[scenario][name] is None, name
            else:
                assert today[scenario][name] == pytest.approx(value, rel=1e-6), (scenario, name)
