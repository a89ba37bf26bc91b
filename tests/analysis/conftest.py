"""Studies whose outcomes are known: their points come from the design, the model is a function."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from transition_model.calendar import Month
from transition_model.studies import RunPlan, Study
from transition_model.studies.results import Outcome, StudyResults, target_outcomes

NUMBER = "number@2027-12"
"""An outcome without a target."""

TARGET = "msw_recycling_rate"
"""A target of at least 45 %."""

FACTORS = ("car_survival_scale", "car_survival_shape", "scrappage_response", "transit_quota_reach")
"""Parameters that stand for the arguments of a function."""


def study_of(design: dict[str, Any], factors: int = 3, **more: Any) -> Study:
    """A study of some parameters, each spread evenly over its range."""
    uncertainties = {
        "parameters": {name: {"distribution": "uniform"} for name in FACTORS[:factors]},
        "structures": more.pop("structures", {}),
    }
    content = {"name": "known", "design": design, "uncertainties": uncertainties, **more}
    study = Study.model_validate(content)
    study.check()
    return study


def unit_cube(study: Study, inputs: pd.DataFrame) -> np.ndarray:
    """Parameters of each run, from 0 at their low to 1 at their high end, shape (runs, factors)."""
    numeric = [factor for factor in study.factors if factor.is_numeric]
    columns = [(inputs[f.id] - f.low) / (f.high - f.low) for f in numeric]
    return np.stack(columns, axis=1).astype(float)


def results_of(
    study: Study, function: Callable[[pd.DataFrame], Any], outcome: str = NUMBER
) -> StudyResults:
    """Results of a study whose only outcome is a function of points and seeds."""
    planned = RunPlan.of_study(study)
    if outcome == TARGET:
        outcomes = target_outcomes([TARGET])
    else:
        outcomes = (Outcome(NUMBER, "number", Month.parse("2027-12"), "count"),)
    empty = pd.DataFrame(index=pd.RangeIndex(len(planned.runs), name="run"))
    blank = StudyResults(planned, outcomes, empty, np.empty((0, 0, 0)), (), ())
    values = pd.DataFrame({outcomes[0].id: np.asarray(function(blank.inputs), dtype=float)})
    return StudyResults(planned, outcomes, values, np.empty((0, 0, 0)), (), ())


@pytest.fixture(scope="session")
def study_maker() -> Callable[..., Study]:
    return study_of


@pytest.fixture(scope="session")
def results_maker() -> Callable[..., StudyResults]:
    return results_of


@pytest.fixture(scope="session")
def cube() -> Callable[[Study, pd.DataFrame], np.ndarray]:
    return unit_cube
