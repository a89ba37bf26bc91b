"""How households sort their waste: who takes part, how well, and what the city collects apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.situation import Situation
from transition_model.behaviour import waste_sorting
from transition_model.calendar import MONTHS_PER_YEAR
from transition_model.dimensions import dimension
from transition_model.parameters import ParameterValues

type Array = NDArray[np.float64]


def sort_waste(columns: Mapping[str, NDArray[Any]], situation: Situation) -> None:
    """Write what households put out apart, and let their habit and attitude move on."""
    parameters, habit = situation.parameters, columns["sorting_habit"]
    supervised = columns["supervision_rank"] < situation.levers["sorting_supervision"]
    # Attitude in standard deviations is read as a share of 0 to 1 through the logistic curve.
    attitude = 1.0 / (1.0 + np.exp(-columns["attitude"]))
    ease = np.where(
        supervised,
        parameters.scalar("sorting_convenience_supervised"),
        parameters.scalar("sorting_convenience"),
    )
    weights = (
        parameters.scalar("sorting_weight_attitude"),
        parameters.scalar("sorting_weight_norm"),
        parameters.scalar("sorting_weight_control"),
    )
    norm = habit[columns["peers"]].mean(axis=1)
    drive = waste_sorting.intention(attitude, norm, ease, weights)
    taking_part = waste_sorting.participation(
        drive,
        supervised,
        parameters.scalar("sorting_steepness"),
        parameters.scalar("sorting_threshold"),
        parameters.scalar("sorting_supervision_effect"),
    )
    capture = waste_sorting.effective_capture(
        habit,
        supervised,
        parameters.scalar("sorting_accuracy"),
        parameters.scalar("sorting_accuracy_supervised"),
    )
    situation.ledger.set_share("household_capture_share", _captured(columns, parameters, capture))
    habit[:] = waste_sorting.habit_next(
        habit,
        taking_part,
        parameters.scalar("sorting_habit_rise"),
        parameters.scalar("sorting_habit_fall"),
    )
    columns["attitude"][:] += (
        situation.levers["green_campaign"]
        * parameters.scalar("campaign_attitude_gain")
        / MONTHS_PER_YEAR
    )


def _captured(
    columns: Mapping[str, NDArray[Any]], parameters: ParameterValues, capture: Array
) -> Array:
    """Share of each stream that urban households put out separately, shape (streams,)."""
    urban_weight = columns["weight"] * columns["urban"]
    mean = float(np.sum(urban_weight * capture) / urban_weight.sum())
    shares = np.zeros(len(dimension("waste_stream")))
    stream = dimension("waste_stream").index
    shares[stream("food")] = mean
    shares[stream("recyclable")] = min(
        1.0,
        parameters.scalar("recyclable_base_capture")
        + parameters.scalar("recyclable_capture_gain") * mean,
    )
    shares[stream("hazardous")] = parameters.scalar("hazardous_capture") * mean
    return shares
