"""Waste sorting in machine code; :mod:`.household_waste` is the same with numpy."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.household_waste import sort_waste
from transition_model.agents.implied_columns import kept_or_drawn
from transition_model.agents.peers import links_of
from transition_model.agents.row_blocks import block_bounds, in_parts
from transition_model.agents.row_strata import strata_of, weight_of_strata
from transition_model.agents.situation import Situation
from transition_model.calendar import MONTHS_PER_YEAR
from transition_model.dimensions import dimension
from transition_model.kernels import household_waste as kernels
from transition_model.ledger import ledger_layout
from transition_model.month_terms import WatchedReading, remembered
from transition_model.parameters import ParameterValues, place_on_path
from transition_model.policy import waste_rules
from transition_model.policy.priced_amounts import pieces_of_month

type Array = NDArray[np.float64]


@remembered
def _rules(reading: WatchedReading) -> kernels.Rules | None:
    """What the rules ask and pay; None where a reward has a form that no table can hold."""
    rules = waste_rules.rules_of_month(reading.law, reading.month)
    reward = pieces_of_month(
        reading.law["sorting_incentive"], reading.month, "recyclables_delivered"
    )
    if reward is None:
        return None
    return kernels.Rules(rules.bound, rules.fee, rules.credit, reward)


@cache
def _places() -> dict[str, Any]:
    """Where in a ledger's vector the numbers of sorting stand."""
    layout = ledger_layout()
    captured = layout.places("household_capture_share")
    found: dict[str, Any] = {"captured": captured}
    for name in ("food", "recyclable", "hazardous"):
        found[name] = int(captured[dimension("waste_stream").index(name)])
    spending = layout.places("subsidy_spending_per_month")
    for name in ("waste_sorting", "carbon_credits"):
        found[name] = int(spending[dimension("subsidy_programme").index(name)])
    revenue = layout.places("public_revenue_per_month")
    found["waste_fee"] = int(revenue[dimension("revenue_source").index("waste_fee")])
    return found


class WasteAtHome:
    """Waste sorting of all households.

    Parameters
    ----------
    columns
        Of the households.
    parameters
        Declared values.
    room
        For the habit a month later, shape (n,).
    """

    def __init__(
        self, columns: Mapping[str, NDArray[Any]], parameters: ParameterValues, room: NDArray[Any]
    ) -> None:
        self._all_columns = columns
        number = parameters.scalar
        strata = strata_of(columns)
        rank, key = kept_or_drawn(columns["supervision_rank"])
        self._columns = kernels.Columns(
            columns["sorting_habit"],
            room,
            columns["attitude"],
            rank,
            key,
            columns["persons"].view(np.uint8),
            strata,
            columns["subsidy_received"],
            *links_of(columns["peers"]),
        )
        weights = np.array(
            [number(f"sorting_weight_{of}") for of in ("attitude", "norm", "control")]
        )
        attitude, norm, control = (weights / weights.sum()).tolist()
        self._constants = kernels.Constants(
            accuracy=np.array([number("sorting_accuracy"), number("sorting_accuracy_supervised")]),
            ease=np.array(
                [number("sorting_convenience"), number("sorting_convenience_supervised")]
            ),
            loads_taken=np.array([number("sorting_accepted"), 1.0]),
            brought=number("sorting_brought"),
            base=number("recyclable_base_capture"),
            gain=number("recyclable_capture_gain"),
            windfall=number("sorting_reward_windfall"),
            response=number("recyclable_reward_response"),
            attitude=attitude,
            norm=norm,
            control=control,
            steepness=number("sorting_steepness"),
            threshold=number("sorting_threshold"),
            staff=number("sorting_supervision_effect"),
            duty=number("sorting_mandate_effect"),
            fee=number("waste_fee_effect"),
            reward=number("sorting_reward_effect"),
            crowding=number("sorting_reward_crowding"),
            rise=number("sorting_habit_rise"),
            fall=number("sorting_habit_fall"),
            credit=number("carbon_saved_per_recyclable")
            * number("carbon_credit_enrolment")
            * number("carbon_credit_registered"),
        )
        weight = weight_of_strata(strata)
        self._urban_weight = float(weight @ strata.urban)
        self._charged_weight = float(weight @ (strata.urban & strata.central))
        self._kilograms: list[float] = (
            number("recyclable_share_of_household_waste")
            * number("days_per_month")
            * parameters.path("household_waste_per_person")
        ).tolist()
        self._campaign = number("campaign_attitude_gain") / MONTHS_PER_YEAR
        self._hazardous = number("hazardous_capture")
        self._bounds = block_bounds(len(strata.number))
        self._totals = np.empty((len(self._bounds) - 1, len(kernels.TOTALS)))

    def sort(self, situation: Situation) -> None:
        """Write what is put out apart, pay and charge, and let habit and attitude move on."""
        rules = _rules(situation)
        if rules is None:
            sort_waste(self._all_columns, situation)
            return
        kilograms = self._kilograms[place_on_path(situation.month)]
        in_parts(
            lambda first, last: kernels.sort(
                self._columns,
                self._constants,
                rules,
                kilograms,
                situation.levers["sorting_supervision"],
                situation.levers["green_campaign"] * self._campaign,
                self._bounds,
                first,
                last,
                self._totals,
            ),
            len(self._totals),
            situation.threads,
        )
        self._columns.habit[:] = self._columns.next_habit
        food, more, rewarded, credited = self._totals.sum(axis=0).tolist()
        food, more = food / self._urban_weight, more / self._urban_weight
        recyclables = self._constants.base + (1.0 - self._constants.base) * more
        numbers, place = situation.ledger.numbers, _places()
        numbers[place["captured"]] = 0.0
        numbers[place["food"]] = food
        numbers[place["recyclable"]] = min(1.0, recyclables)
        numbers[place["hazardous"]] = self._hazardous * food
        numbers[place["waste_sorting"]] += rewarded
        numbers[place["carbon_credits"]] += credited
        numbers[place["waste_fee"]] += rules.fee * self._charged_weight
