"""What the kernel of :class:`~.recyclers.Recyclers` is given: constants of a run, terms of a month.

Terms read the law and the levers, and as few parameters as can be: see :mod:`.month_terms`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transition_model.behaviour import recycling_bids as bids
from transition_model.behaviour.material_collection import log_odds
from transition_model.dimensions import dimension
from transition_model.kernels.records import Records, record_of
from transition_model.kernels.recyclers import BY_KIND, NUMBER, Constants, Paths, Places, Terms
from transition_model.ledger import ledger_layout
from transition_model.month_terms import WatchedReading, remembered
from transition_model.parameters import ParameterValues
from transition_model.policy import recycling

type Array = NDArray[np.float64]


def constants_of(
    parameters: ParameterValues, opening_refund: Array, opening_relief: Array
) -> Records:
    """A record of :class:`.Constants`.

    Parameters
    ----------
    parameters
        Declared values under the scenario's overrides.
    opening_refund, opening_relief
        Columns of :class:`~.recyclers.Recycler`, by kind, shape (kinds,).
    """
    kinds, programmes = dimension("recycler_kind"), dimension("subsidy_programme")
    premium = parameters.array("informal_premium")
    rivalled = premium > 0.0
    constant = np.zeros(len(kinds))
    constant[rivalled] = bids.channel_constant(
        parameters.array("formal_share_reference")[rivalled],
        parameters.scalar("recycling_channel_sensitivity"),
        premium[rivalled],
        parameters.scalar("formal_share_reference_enforcement"),
        opening_relief[rivalled],
    )
    own = {
        "channel_constant": constant,
        "opening_refund": opening_refund,
        "bought_from_persons": recycling.bought_from_persons(),
    }
    by_kind = [
        own[name] if name in own else parameters.array(_BY_KIND[name]) for name in BY_KIND._fields
    ]
    ledger, spending = _first_places(), _first_places()["subsidy_spending_per_month"]
    places = Places(
        vehicle=kinds.index("vehicle"),
        battery=kinds.index("battery"),
        appliances=kinds.index("appliances"),
        scrap=kinds.index("scrap"),
        car_scrappage=programmes.index("car_scrappage"),
        formal_share=ledger["formal_share"],
        collection_share=ledger["material_collection_share"],
        commissioned=ledger["recycling_capacity_commissioned_per_month"],
        closed=ledger["recycling_capacity_closed_per_month"],
        recycling_grant=spending + programmes.index("recycling_grant"),
        loan_interest=spending + programmes.index("loan_interest"),
        electronic_waste=spending + programmes.index("electronic_waste"),
        tax_refund=spending + programmes.index("tax_refund"),
        waste_sorting=spending + programmes.index("waste_sorting"),
    )
    constants = Constants(
        by_kind=np.stack(by_kind),
        numbers=np.array([parameters.scalar(_NUMBERS[name]) for name in NUMBER._fields]),
        places=np.array(places),
        electronic_waste_units=recycling.electronic_waste_units(parameters),
        collection_odds=log_odds(parameters.array("material_collection_reference")),
    )
    return record_of(constants)


def _first_places() -> dict[str, int]:
    """Where every entry begins in the ledger's numbers."""
    return {name: part.start for name, (part, _) in ledger_layout().parts.items()}


_BY_KIND = {
    "content_response": "recycler_recycled_content_response",
    "gate_fee": "recycler_gate_fee",
    "processing_cost": "recycler_processing_cost",
    "transport_cost": "recycler_transport_cost",
    "target_margin": "recycler_target_margin",
    "fixed_cost": "recycler_fixed_cost",
    "price_memory": "recycler_price_memory",
    "yield_of_products": "recycler_yield",
    "outlay": "recycler_outlay",
    "hurdle_rate": "recycler_hurdle_rate",
    "expansion_step": "recycler_expansion_step",
    "premium": "informal_premium",
}
"""Parameters by kind, under the kernel's names."""

_NUMBERS = {
    "treatment_money_seen": "treatment_money_seen",
    "tax_share": "recycler_tax_share",
    "invoice_saving": "reverse_invoice_saving",
    "individual_seller_sales": "individual_seller_sales",
    "sensitivity": "recycling_channel_sensitivity",
    "expectation_memory": "recycler_expectation_memory",
    "certificate_scale": "scrappage_certificate_scale",
    "vehicle_mass": "end_of_life_vehicle_mass",
    "vehicle_deduction": "incomplete_vehicle_deduction",
    "vehicle_battery_mass": "battery_mass_of_scrapped_vehicle",
    "batteries_with_vehicle": "batteries_retired_with_vehicle",
    "reference_campaign": "collection_reference_campaign",
    "response_to_price": "collection_response_to_price",
    "response_to_profit": "collection_response_to_profit",
    "response_to_grant": "collection_response_to_grant",
    "response_to_campaign": "collection_response_to_campaign",
    "response_to_content": "collection_response_to_recycled_content",
    "collection_adjustment": "collection_adjustment_time",
    "debt_share": "recycler_debt_share",
    "plant_life": "recycler_plant_life",
    "attention_to_rivals": "recycler_attention_to_rivals",
    "utilisation_threshold": "recycler_utilisation_threshold",
    "loan_term": "recycler_loan_term",
    "campaign_cost": "campaign_cost_of_full_reach",
}
"""Single parameters, under the kernel's names."""


@remembered
def terms_of_month(reading: WatchedReading) -> Records:
    """A record of :class:`.Terms`."""
    law, levers, month = reading.law, reading.levers, reading.month
    terms = Terms(
        unit_money=recycling.unit_money(law, month),
        fund_money=recycling.special_fund(law, month, reading.parameters),
        refund_share=recycling.refund_share(law, month),
        invoice_ceiling=recycling.invoice_ceiling(law, month),
        certificate=recycling.certificate(law, month),
        battery_rule=float(recycling.battery_rule(law, month)),
        recycled_content=levers["recycled_content_requirement"],
        enforcement=levers["formal_channel_enforcement"],
        grant=levers["recycling_investment_grant"],
        campaign=levers["green_campaign"],
    )
    numbers = Terms(*(np.asarray(value, dtype=np.float64) for value in terms))  # type: ignore[arg-type]
    return record_of(numbers)


@remembered
def paths_of_month(reading: WatchedReading) -> Records:
    """A record of :class:`.Paths`."""
    array, month = reading.parameters.array, reading.month
    paths = Paths(
        product_price=array("recycler_product_price", month),
        announced=array("recycler_announced_capacity", month),
    )
    return record_of(paths)
