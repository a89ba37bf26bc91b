"""Waste sorting: who takes part, how well, and what is paid and charged for it."""

from __future__ import annotations

from math import exp
from types import SimpleNamespace
from typing import TYPE_CHECKING

from benchmarks.mesa_objects.amounts import amount_by, numbers
from benchmarks.mesa_objects.durables import MONTHS_PER_YEAR
from transition_model.agents.situation import Situation
from transition_model.policy import waste_rules

if TYPE_CHECKING:
    from benchmarks.mesa_objects.household import Household


def waste_terms(situation: Situation) -> SimpleNamespace:
    """What holds for all households in the month."""
    parameters, month = situation.parameters, situation.month
    terms = numbers(
        parameters,
        "sorting_accuracy",
        "sorting_accuracy_supervised",
        "sorting_brought",
        "sorting_accepted",
        "recyclable_base_capture",
        "recyclable_capture_gain",
        "recyclable_reward_response",
        "sorting_reward_windfall",
        "sorting_mandate_effect",
        "sorting_supervision_effect",
        "waste_fee_effect",
        "sorting_reward_effect",
        "sorting_reward_crowding",
        "sorting_steepness",
        "sorting_threshold",
        "sorting_habit_rise",
        "sorting_habit_fall",
        "sorting_convenience",
        "sorting_convenience_supervised",
        "sorting_weight_attitude",
        "sorting_weight_norm",
        "sorting_weight_control",
    )
    rules = waste_rules.rules_of_month(situation.law, month)
    terms.fee, terms.bound = rules.fee, rules.bound
    terms.supervision = situation.levers["sorting_supervision"]
    terms.kilograms = (
        parameters.scalar("household_waste_per_person", month)
        * parameters.scalar("recyclable_share_of_household_waste")
        * parameters.scalar("days_per_month")
    )
    terms.credit = (
        rules.credit
        * parameters.scalar("carbon_saved_per_recyclable")
        * parameters.scalar("carbon_credit_enrolment")
        * parameters.scalar("carbon_credit_registered")
    )
    terms.reward = amount_by(situation.law["sorting_incentive"], month, "recyclables_delivered")
    terms.campaign = (
        situation.levers["green_campaign"]
        * parameters.scalar("campaign_attitude_gain")
        / MONTHS_PER_YEAR
    )
    return terms


def sort_waste(household: Household, terms: SimpleNamespace) -> float:
    """Put out waste, earn and pay for it; the habit that this leaves behind."""
    tally, weight, urban = household.tally, household.weight, household.urban
    habit, norm = household.sorting_habit, household.norm
    supervised = household.supervision_rank < terms.supervision
    accuracy = terms.sorting_accuracy_supervised if supervised else terms.sorting_accuracy
    clean = habit * accuracy
    food = terms.sorting_brought * clean * (1.0 if supervised else terms.sorting_accepted)
    base, windfall = terms.recyclable_base_capture, terms.sorting_reward_windfall
    kilograms = household.persons * terms.kilograms
    could_gain = (1.0 - base) * terms.recyclable_capture_gain
    most = kilograms * (windfall * base + could_gain)
    offered = terms.reward(most)
    response = terms.recyclable_reward_response * offered / most
    recyclables = base + (1.0 - base) * min(1.0, terms.recyclable_capture_gain * clean + response)
    if urban:
        tally.urban += weight
        tally.food += weight * food
        tally.recyclables += weight * recyclables
        gained = max(recyclables - base, 0.0)
        rewarded = terms.reward(kilograms * (habit * windfall * base + gained))
        credited = terms.credit * kilograms * gained
        tally.spent["waste_sorting"] += weight * rewarded
        tally.spent["carbon_credits"] += weight * credited
        household.subsidy_received += rewarded + credited
    charged = household.central and urban
    if charged:
        tally.waste_fees += terms.fee * weight
    push = (
        terms.sorting_mandate_effect * terms.bound
        + (terms.sorting_supervision_effect if supervised else 0.0)
        + (terms.waste_fee_effect * terms.fee if charged else 0.0)
        + terms.sorting_reward_effect
        * (offered + terms.credit * kilograms * could_gain)
        * (1.0 - terms.sorting_reward_crowding * norm)
    )
    taking_part = 1.0 / (
        1.0
        + exp(
            -terms.sorting_steepness
            * (_intention(household, terms, supervised) + push - terms.sorting_threshold)
        )
    )
    gap = taking_part - habit
    return habit + (terms.sorting_habit_rise if gap > 0.0 else terms.sorting_habit_fall) * gap


def _intention(household: Household, terms: SimpleNamespace, supervised: bool) -> float:
    attitude = 1.0 / (1.0 + exp(-household.attitude))
    ease = terms.sorting_convenience_supervised if supervised else terms.sorting_convenience
    weights = (
        terms.sorting_weight_attitude,
        terms.sorting_weight_norm,
        terms.sorting_weight_control,
    )
    parts = (attitude, household.norm, ease)
    return sum(w * part for w, part in zip(weights, parts, strict=True)) / sum(weights)
