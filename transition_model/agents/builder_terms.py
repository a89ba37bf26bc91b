"""What bears on builders, laid out for the kernel: once a run, and once a month."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from transition_model.behaviour import building_retrofit as retrofit
from transition_model.calendar import MONTHS_PER_YEAR
from transition_model.dimensions import dimension
from transition_model.kernels import builders as kernels
from transition_model.kernels.records import Records, record_of
from transition_model.ledger import ledger_layout
from transition_model.month_terms import WatchedReading, remembered, remembered_constants
from transition_model.parameters import ParameterValues
from transition_model.policy.buildings import building_terms
from transition_model.policy.finance import loan_terms_of_month

type Array = NDArray[np.float64]


@remembered_constants
def builder_constants(parameters: ParameterValues) -> Records:
    """:class:`.BuilderConstants` of a run."""
    scalar, array = parameters.scalar, parameters.array
    constants = kernels.BuilderConstants(
        groups=round(scalar("builder_peer_groups")),
        floor_starts=parameters.path("builder_floor_starts") / MONTHS_PER_YEAR,
        initial_floor=_by_choice(parameters, "initial_floor"),
        learning_rate=_by_choice(parameters, "learning_rate"),
        cost_premium=_by_choice(parameters, "cost_premium"),
        price_premium=_by_choice(parameters, "price_premium"),
        peer_weight=_by_choice(parameters, "peer_weight"),
        cost_sensitivity=scalar("builder_cost_sensitivity"),
        habit_memory=scalar("builder_habit_memory"),
        award_share=scalar("builder_bonus_award_share"),
        low_energy_award_share=scalar("low_energy_award_share"),
        component_share=scalar("component_subsidy_share"),
        solar_compliance=scalar("solar_roof_compliance"),
        solar_voluntary=scalar("solar_roof_voluntary"),
        solar_roof=scalar("solar_roof_for_floor"),
        solar_density=scalar("solar_roof_density"),
        retrofit_cost=array("retrofit_cost"),
        retrofit_eligible=array("retrofit_eligible_share"),
        retrofit_saved=array("retrofit_money_saved"),
        retrofit_tolerated=array("retrofit_tolerated_payback"),
        retrofit_sensitivity=array("retrofit_payback_sensitivity"),
        retrofit_willing_at_first=_willing_at_first(parameters),
        retrofit_floor=parameters.path("retrofit_floor") / MONTHS_PER_YEAR,
        retrofit_debt_share=scalar("retrofit_debt_share"),
        retrofit_loan_term=scalar("retrofit_loan_term"),
        dumping_transport=scalar("dumping_transport_cost"),
        gate_fee=float(array("recycler_gate_fee")[_kind("recycler_kind", "construction")]),
        delivery_cost=scalar("delivery_cost"),
        delivery_sensitivity=scalar("delivery_cost_sensitivity"),
        delivery_compliance=scalar("delivery_compliance_constant"),
        delivery_voluntary=scalar("delivery_voluntary_constant"),
        delivery_adjustment=scalar("delivery_adjustment_time"),
    )
    return record_of(constants)


@remembered
def builder_terms(reading: WatchedReading) -> Records:
    """:class:`.BuilderTerms` of a month; awards as published."""
    terms = building_terms(reading.law, reading.month, reading.parameters)
    offered = kernels.BuilderTerms(
        float(terms.high_star_award),
        float(terms.low_energy_award),
        float(terms.component_subsidy),
        terms.retrofit_subsidy,
        float(terms.solar_roof_share),
    )
    return record_of(offered)


@remembered
def duties_of_month(reading: WatchedReading) -> Records:
    """:class:`.Duties` of a month."""
    levers, loan = reading.levers, loan_terms_of_month(reading)
    duties = kernels.Duties(
        levers["green_building_bonus"],
        levers["green_building_mandate"],
        levers["prefabrication_requirement"],
        levers["green_material_requirement"],
        levers["construction_waste_delivery_mandate"],
        levers["construction_waste_fee"],
        loan.discount,
        loan.subsidy,
    )
    return record_of(kernels.Duties(*map(float, duties)))


@cache
def places_in_ledger() -> Records:
    """:class:`~.kernels.builders.Places` of the ledger's vector."""
    parts = {name: part.start for name, (part, _) in ledger_layout().parts.items()}
    money, revenue = parts["subsidy_spending_per_month"], parts["public_revenue_per_month"]
    places = kernels.Places(
        floor=parts["building_starts_per_month"],
        material=parts["green_material_starts_per_month"],
        solar=parts["roof_solar_starts_per_month"],
        retrofits=parts["building_retrofits_per_month"],
        delivered=parts["construction_waste_delivery_share"],
        bonus=money + _kind("subsidy_programme", "green_building_bonus"),
        retrofit=money + _kind("subsidy_programme", "building_retrofit"),
        interest=money + _kind("subsidy_programme", "loan_interest"),
        waste_fee=revenue + _kind("revenue_source", "construction_waste_fee"),
    )
    return record_of(places)


def _by_choice(parameters: ParameterValues, name: str) -> Array:
    """A parameter of every choice, shape (choices,)."""
    return np.array([parameters.scalar(f"builder_{choice}_{name}") for choice in kernels.CHOICES])


def _willing_at_first(parameters: ParameterValues) -> Array:
    """Share of owners willing to retrofit without relief, shape (uses,)."""
    cost = parameters.array("retrofit_cost")
    years = retrofit.payback(cost, np.zeros_like(cost), parameters.array("retrofit_money_saved"))
    willing: Array = retrofit.willing_share(
        years,
        parameters.array("retrofit_tolerated_payback"),
        parameters.array("retrofit_payback_sensitivity"),
    )
    return willing


def _kind(over: str, member: str) -> int:
    return dimension(over).index(member)
