"""How households sort their waste: who takes part, how well, and what is paid and charged for it.

What the city collects apart is that of urban households. Rewards are paid for recyclables that are
brought to a point of the scheme by those who take part: what leaves the bin because of sorting, and
a part of what was sold before.
"""

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
from transition_model.policy import waste_rules

type Array = NDArray[np.float64]
type Columns = Mapping[str, NDArray[Any]]


def sort_waste(columns: Columns, situation: Situation) -> None:
    """Write what households put out apart, pay and charge, and let habit and attitude move on."""
    parameters, ledger, habit = situation.parameters, situation.ledger, columns["sorting_habit"]
    rules = waste_rules.rules_of_month(situation.law, situation.month)
    supervised = columns["supervision_rank"] < situation.levers["sorting_supervision"]
    charged = columns["central"] & columns["urban"]
    norm = habit[np.asarray(columns["peers"])].mean(axis=1)

    clean = waste_sorting.sorted_share(
        habit,
        supervised,
        parameters.scalar("sorting_accuracy"),
        parameters.scalar("sorting_accuracy_supervised"),
    )
    food = waste_sorting.food_capture(
        clean,
        supervised,
        parameters.scalar("sorting_brought"),
        parameters.scalar("sorting_accepted"),
    )
    base = parameters.scalar("recyclable_base_capture")
    kilograms = columns["persons"] * _recyclables_per_person(situation)
    could_gain = (1.0 - base) * parameters.scalar("recyclable_capture_gain")
    offered = _reward(situation, kilograms, np.ones_like(habit), could_gain)
    price = offered / (
        kilograms * (parameters.scalar("sorting_reward_windfall") * base + could_gain)
    )
    recyclables = waste_sorting.recyclables_capture(
        clean,
        base,
        parameters.scalar("recyclable_capture_gain"),
        parameters.scalar("recyclable_reward_response") * price,
    )
    _write_captured(columns, situation, food, recyclables)

    gained = np.maximum(recyclables - base, 0.0)
    credit = _credit(parameters, rules.credit)
    rewarded = _reward(situation, kilograms, habit, gained) * columns["urban"]
    credited = credit * kilograms * gained * columns["urban"]
    for programme, paid in (("waste_sorting", rewarded), ("carbon_credits", credited)):
        amount = float(np.sum(columns["weight"] * paid))
        ledger.add_at("subsidy_spending_per_month", programme, amount)
    columns["subsidy_received"][:] += rewarded + credited
    fees = rules.fee * float(np.sum(columns["weight"] * charged))
    ledger.add_at("public_revenue_per_month", "waste_fee", fees)

    push = (
        parameters.scalar("sorting_mandate_effect") * rules.bound
        + parameters.scalar("sorting_supervision_effect") * supervised
        + parameters.scalar("waste_fee_effect") * rules.fee * charged
        + waste_sorting.reward_push(
            offered + credit * kilograms * could_gain,
            norm,
            parameters.scalar("sorting_reward_effect"),
            parameters.scalar("sorting_reward_crowding"),
        )
    )
    taking_part = waste_sorting.participation(
        _intention(columns, parameters, norm, supervised),
        push,
        parameters.scalar("sorting_steepness"),
        parameters.scalar("sorting_threshold"),
    )
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


def _intention(
    columns: Columns, parameters: ParameterValues, norm: Array, supervised: NDArray[np.bool_]
) -> Array:
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
    return waste_sorting.intention(attitude, norm, ease, weights)


def _recyclables_per_person(situation: Situation) -> float:
    """Recyclables in the waste of a person, kg a month."""
    parameters = situation.parameters
    return (
        parameters.scalar("household_waste_per_person", situation.month)
        * parameters.scalar("recyclable_share_of_household_waste")
        * parameters.scalar("days_per_month")
    )


def _reward(situation: Situation, kilograms: Array, part: Array, gained: Array | float) -> Array:
    """Yuan a month for recyclables of those who take part, shape (n,)."""
    windfall = situation.parameters.scalar("sorting_reward_windfall")
    base = situation.parameters.scalar("recyclable_base_capture")
    delivered = kilograms * (part * windfall * base + gained)
    return waste_rules.reward(situation.law, situation.month, delivered)


def _credit(parameters: ParameterValues, credit: float) -> float:
    """Yuan of carbon credits expected for a kg of recyclables."""
    return (
        credit
        * parameters.scalar("carbon_saved_per_recyclable")
        * parameters.scalar("carbon_credit_enrolment")
        * parameters.scalar("carbon_credit_registered")
    )


def _write_captured(
    columns: Columns, situation: Situation, food: Array, recyclables: Array
) -> None:
    """Share of each stream that urban households put out separately."""
    weight = columns["weight"] * columns["urban"]
    weight = weight / weight.sum()
    stream = dimension("waste_stream").index
    shares = np.zeros(len(dimension("waste_stream")))
    shares[stream("food")] = weight @ food
    shares[stream("recyclable")] = min(1.0, float(weight @ recyclables))
    shares[stream("hazardous")] = (
        situation.parameters.scalar("hazardous_capture") * shares[stream("food")]
    )
    situation.ledger.set_share("household_capture_share", shares)
