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
    units = electronic_waste_units(parameters)
    return RecyclingTerms(
        treatment_money=_at(
            "appliances",
            float(units @ unit_money(law, month)) + special_fund(law, month, parameters),
        ),
        refund_share=refund_share(law, month),
        invoiced_share=_invoiced_share(law, month, parameters),
        certificate=certificate(law, month),
        battery_rule=battery_rule(law, month),
    )


def unit_money(law: Mapping[str, Instrument], month: Month) -> Array:
    """Subsidy for a dismantled unit by word of ``electronic_waste``, yuan, shape (words,)."""
    claims = Claims.of(
        electronic_waste=attribute("electronic_waste").words,
        units_dismantled=1.0,
        formal_certificate=True,
    )
    return amount_of_month(law["electronic_waste_subsidy"], month, claims)


def electronic_waste_units(parameters: ParameterValues) -> Array:
    """Units in a tonne of the usual mix of appliances, by word of ``electronic_waste``."""
    appliances, words = dimension("appliance"), attribute("electronic_waste").words
    units = parameters.array("dismantled_appliance_share")
    a_tonne = units / float(units @ parameters.array("mass_of_appliances")) * KILOGRAMS
    tube = parameters.scalar("small_tube_television_share")
    single = parameters.scalar("single_tub_washing_machine_share")
    share_of_appliance = {
        "air_conditioner": ("air_conditioner", 1.0),
        "refrigerator": ("refrigerator", 1.0),
        "washing_machine_single": ("washing_machine", single),
        "washing_machine_full": ("washing_machine", 1.0 - single),
        "television_small_tube": ("television", tube),
        "television_other": ("television", 1.0 - tube),
    }
    found = np.zeros(len(words))
    for word, (appliance, share) in share_of_appliance.items():
        found[words.index(word)] = share * a_tonne[appliances.index(appliance)]
    return found


def refund_share(law: Mapping[str, Instrument], month: Month) -> Array:
    """Share of the value-added tax paid that comes back, shape (kinds,)."""
    claims = Claims.of(
        refund_item=[REFUND_ITEM[kind] for kind in dimension("recycler_kind").members],
        vat_paid=1.0,
        nickel_cobalt_manganese_recovery=1.0,
    )
    return amount_of_month(law["recycling_tax_refund"], month, claims)


def special_fund(law: Mapping[str, Instrument], month: Month, parameters: ParameterValues) -> float:
    """Yuan of the block grant that a tonne treated brings to the city in the next year."""
    claims = Claims.of(
        1, fund_to_province=parameters.scalar("electronic_waste_fund_for_treated_tonne")
    )
    return float(amount_of_month(law["electronic_waste_special_fund"], month, claims)[0])


def _invoiced_share(
    law: Mapping[str, Instrument], month: Month, parameters: ParameterValues
) -> Array:
    """Share of purchases from sellers below the ceiling, whose sales spread exponentially."""
    ceiling = invoice_ceiling(law, month)
    covered = float(-np.expm1(-ceiling / parameters.scalar("individual_seller_sales")))
    return covered * bought_from_persons()


def invoice_ceiling(law: Mapping[str, Instrument], month: Month) -> float:
    """Sales of a person up to which a plant may write the invoice itself, yuan/year."""
    return float(bound_of_month(law["reverse_invoicing"], month, Claims.of(1))[0])


def bought_from_persons() -> Array:
    """1 for kinds that buy from people who write no invoice, else 0; shape (kinds,)."""
    kinds = dimension("recycler_kind").members
    return np.array([float(kind in BOUGHT_FROM_PERSONS) for kind in kinds])


def certificate(law: Mapping[str, Instrument], month: Month) -> float:
    """Share of scrap that must go to certified plants."""
    return float(bound_of_month(law["formal_channel_certificate"], month, Claims.of(1))[0])


def battery_rule(law: Mapping[str, Instrument], month: Month) -> float:
    """Share of the month in which a scrapped vehicle must have its battery."""
    parts = law["scrap_vehicle_with_battery"].parts(month)
    return sum(share for share, version in parts if version.state == "active")


def _at(kind: str, amount: float) -> Array:
    values = np.zeros(len(dimension("recycler_kind")))
    values[dimension("recycler_kind").index(kind)] = amount
    return values
