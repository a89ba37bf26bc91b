"""What the recycling rules of measure 21 are worth to a formal plant in a month, by kind.

Money that only formal plants get raises what they can bid against informal ones. Refunds count
against those of the opening, under which the formal shares of the record came about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transition_model.calendar import Month
from transition_model.dimensions import dimension
from transition_model.instruments import Instrument
from transition_model.instruments.attributes import Claims, attribute
from transition_model.instruments.monthly import amount_of_month, bound_of_month
from transition_model.parameters import ParameterValues

type Array = NDArray[np.float64]

REFUND_ITEM = {
    "vehicle": "at_30_percent",
    "battery": "at_50_percent",
    "appliances": "at_30_percent",
    "construction": "at_50_percent",
    "kitchen": "at_70_percent",
    "scrap": "at_30_percent",
}
"""Item of the refund catalogue that each kind's main product falls under."""

KILOGRAMS = 1000.0
"""Of a tonne."""

BOUGHT_FROM_PERSONS = ("vehicle", "battery", "appliances", "scrap")
"""Kinds that buy from people who write no invoice."""


@dataclass(frozen=True, slots=True)
class RecyclingTerms:
    """Money and duties of a month.

    Attributes
    ----------
    treatment_money
        Public money for a tonne of waste treated, yuan/t, shape (kinds,).
    refund_share
        Share of the value-added tax paid that comes back, shape (kinds,).
    invoiced_share
        Share of purchases that a plant may invoice itself, shape (kinds,).
    certificate
        Share of scrap that must go to certified plants.
    battery_rule
        Share of the month in which a scrapped vehicle must have its battery.
    """

    treatment_money: Array
    refund_share: Array
    invoiced_share: Array
    certificate: float
    battery_rule: float


def recycling_terms(
    law: Mapping[str, Instrument], month: Month, parameters: ParameterValues
) -> RecyclingTerms:
    """The terms of a month.

    Parameters
    ----------
    law
        Dated rules, by id.
    month
        The month.
    parameters
        What is dismantled, and who sells to recyclers.
    """
    kinds = dimension("recycler_kind").members
    return RecyclingTerms(
        treatment_money=_at(
            "appliances",
            _electronic_waste_subsidy(law, month, parameters)
            + _special_fund(law, month, parameters),
        ),
        refund_share=amount_of_month(
            law["recycling_tax_refund"],
            month,
            Claims.of(
                refund_item=[REFUND_ITEM[kind] for kind in kinds],
                vat_paid=1.0,
                nickel_cobalt_manganese_recovery=1.0,
            ),
        ),
        invoiced_share=_invoiced_share(law, month, parameters),
        certificate=float(
            bound_of_month(law["formal_channel_certificate"], month, Claims.of(1))[0]
        ),
        battery_rule=_share_in_force(law["scrap_vehicle_with_battery"], month),
    )


def _electronic_waste_subsidy(
    law: Mapping[str, Instrument], month: Month, parameters: ParameterValues
) -> float:
    """Yuan for a tonne of the usual mix of appliances."""
    words = attribute("electronic_waste").words
    amounts = amount_of_month(
        law["electronic_waste_subsidy"],
        month,
        Claims.of(electronic_waste=words, units_dismantled=1.0, formal_certificate=True),
    )
    by_word = dict(zip(words, amounts, strict=True))
    tube = parameters.scalar("small_tube_television_share")
    single = parameters.scalar("single_tub_washing_machine_share")
    of_unit = {
        "air_conditioner": by_word["air_conditioner"],
        "refrigerator": by_word["refrigerator"],
        "washing_machine": single * by_word["washing_machine_single"]
        + (1.0 - single) * by_word["washing_machine_full"],
        "television": tube * by_word["television_small_tube"]
        + (1.0 - tube) * by_word["television_other"],
    }
    units = parameters.array("dismantled_appliance_share")
    money = float(units @ np.array([of_unit[one] for one in dimension("appliance").members]))
    return money / float(units @ parameters.array("mass_of_appliances")) * KILOGRAMS


def _special_fund(
    law: Mapping[str, Instrument], month: Month, parameters: ParameterValues
) -> float:
    """Yuan of the block grant that a tonne treated brings to the city in the next year."""
    claims = Claims.of(
        1, fund_to_province=parameters.scalar("electronic_waste_fund_for_treated_tonne")
    )
    return float(amount_of_month(law["electronic_waste_special_fund"], month, claims)[0])


def _invoiced_share(
    law: Mapping[str, Instrument], month: Month, parameters: ParameterValues
) -> Array:
    """Share of purchases from sellers below the ceiling, whose sales spread exponentially."""
    ceiling = float(bound_of_month(law["reverse_invoicing"], month, Claims.of(1))[0])
    covered = -np.expm1(-ceiling / parameters.scalar("individual_seller_sales"))
    kinds = dimension("recycler_kind").members
    return np.array([covered if kind in BOUGHT_FROM_PERSONS else 0.0 for kind in kinds])


def _share_in_force(rule: Instrument, month: Month) -> float:
    return sum(share for share, version in rule.parts(month) if version.state == "active")


def _at(kind: str, amount: float) -> Array:
    values = np.zeros(len(dimension("recycler_kind")))
    values[dimension("recycler_kind").index(kind)] = amount
    return values
