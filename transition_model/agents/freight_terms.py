"""What bears on owners of trucks, laid out for the kernel: once a run, and once a month."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from transition_model.behaviour import truck_choice, truck_replacement
from transition_model.behaviour.discounting import present_value_factor
from transition_model.calendar import MONTHS_PER_YEAR
from transition_model.compilation import Fields
from transition_model.dimensions import dimension, shape
from transition_model.kernels.freight_operators import FreightConstants, FreightTerms, Places
from transition_model.kernels.records import Records, record_of
from transition_model.ledger import ledger_layout
from transition_model.month_terms import WatchedReading, remembered, remembered_constants
from transition_model.parameters import PATHS_BEGIN, PATHS_END, ParameterValues
from transition_model.policy.charging import hydrogen_operating_of_month
from transition_model.policy.pots import pots_of_month
from transition_model.policy.trucks import truck_terms_of_month

type Array = NDArray[np.float64]

_KM_OF_CONSUMPTION = 100.0
_ENERGIES = ("diesel", "gas", "electricity", "hydrogen")
"""What the powertrains use, in the order of the dimension ``truck_fuel``."""


@remembered_constants
def freight_constants(parameters: ParameterValues) -> Records:
    """:class:`.FreightConstants` of a run."""
    fuel = dimension("truck_fuel").index
    factor, years = _years_reckoned(parameters)
    working_days = parameters.scalar("truck_working_days")
    mean = parameters.array("distance_per_truck") / working_days
    reach = parameters.array("truck_daily_range")
    steepness = parameters.scalar("truck_distance_steepness")
    new = parameters.array("truck_price")
    price = new * parameters.path("truck_price_index")[:, None]
    energy = _energy_of_km(parameters)
    each_km = energy * _energy_prices(parameters)[:, None] + parameters.array("truck_maintenance")
    cost = truck_choice.cost_of_ownership(price, each_km, (mean * working_days)[:, None], factor)
    constants = FreightConstants(
        diesel=fuel("diesel"),
        electric=fuel("electric"),
        hydrogen=fuel("hydrogen"),
        standards=_standards(parameters),
        wearing_out=truck_replacement.wearing_out(
            ages(),
            parameters.array("truck_life_scale")[:, None],
            parameters.scalar("truck_life_shape"),
        ),
        worth=truck_choice.worth_of_truck(
            new[:, [fuel("diesel")]], parameters.scalar("truck_depreciation"), ages()
        ),
        losses_ahead=present_value_factor(
            parameters.scalar("truck_discount_rate"),
            np.maximum(parameters.scalar("truck_legal_life") - ages(), 0.0),
        ),
        decision_time=parameters.scalar("truck_scrapping_decision_time"),
        ban_avoidable=parameters.scalar("truck_ban_avoidable"),
        earnings=parameters.array("truck_earnings"),
        growth=parameters.array("truck_fleet_growth") / MONTHS_PER_YEAR,
        cold_chain_share=parameters.array("truck_cold_chain_share"),
        price=price,
        each_km=each_km,
        reference=cost / cost[:, :, [fuel("diesel")]],
        market=parameters.path("truck_fuel_share_of_purchases"),
        hydrogen_price=parameters.path("hydrogen_price"),
        hydrogen_each_km=np.ascontiguousarray(energy[:, fuel("hydrogen")]),
        reach=reach,
        mean_serves=truck_choice.share_of_days_within_range(mean[:, None], reach, steepness),
        steepness=steepness,
        working_days=working_days,
        years_reckoned=years,
        years_factor=factor,
        cost_sensitivity=parameters.scalar("truck_cost_sensitivity"),
        public_charging=parameters.scalar("truck_public_charging"),
        points_desired=parameters.scalar("vehicles_per_public_charging_point_desired"),
        station_capacity=parameters.scalar("hydrogen_station_capacity"),
        hydrogen_limit=parameters.scalar("hydrogen_price_with_subsidy"),
    )
    return record_of(constants)


@remembered
def freight_terms(reading: WatchedReading) -> tuple[Records, Fields]:
    """:class:`.FreightTerms` of a month, and the pots of the rule for trucks outside operation."""
    law, month, parameters = reading.law, reading.month, reading.parameters
    terms = truck_terms_of_month(
        law,
        month,
        parameters.scalar("truck_legal_life") - ages(),
        axle_shares(parameters),
        (int(parameters.scalar("truck_work_begins")), int(parameters.scalar("truck_work_ends"))),
        int(parameters.scalar("truck_ban_foresight")),
    )
    operating, limit = hydrogen_operating_of_month(
        law["hydrogen_operating_subsidy"], month, parameters.scalar("hydrogen_price_with_subsidy")
    )
    offered = FreightTerms(
        scrapping=terms.scrapping,
        counted_on=terms.scrapping + terms.replacement.min(axis=2)[:, :, None],
        replacement=terms.replacement,
        non_operating=terms.non_operating,
        banned=terms.banned,
        cold_chain=float(terms.cold_chain),
        hydrogen_operating=float(operating),
        hydrogen_operating_limit=float(limit),
        most_non_operating=float(terms.non_operating.max()),
    )
    pots = pots_of_month(law["non_operating_truck_scrapping"], month)
    return record_of(offered), tuple(pots)


@cache
def places_in_ledger() -> Records:
    """:class:`~.freight_operators.Places` of the ledger's vector."""
    parts = {name: part.start for name, (part, _) in ledger_layout().parts.items()}
    places = Places(
        scrapped=parts["truck_scrappage_per_month"],
        bought=parts["truck_purchases_per_month"],
        money=parts["subsidy_spending_per_month"]
        + dimension("subsidy_programme").index("truck_renewal"),
    )
    return record_of(places)


def axle_shares(parameters: ParameterValues) -> Array:
    """Shares of 2, 3 and 4 axles among new heavy trucks, shape (3,)."""
    two, three = (parameters.scalar(f"heavy_trucks_of_{axles}_axles") for axles in ("two", "three"))
    return np.array([two, three, 1.0 - two - three])


def ages() -> Array:
    """Ages of trucks in years, shape (16,)."""
    return np.arange(shape(("truck_age",))[0], dtype=np.float64)


def _years_reckoned(parameters: ParameterValues) -> tuple[float, float]:
    """Present value of one yuan a year over the years that owners reckon with, and their number."""
    years = parameters.scalar("truck_years_reckoned")
    return float(present_value_factor(parameters.scalar("truck_discount_rate"), years)), years


def _standards(parameters: ParameterValues) -> Array:
    """Shares of diesel trucks by old standard, shape (years, old standards, ages)."""
    from_4, from_5 = (parameters.scalar(f"truck_china_{number}_from") for number in ("4", "5"))
    years = np.arange(PATHS_BEGIN.year, PATHS_END.year + 1, dtype=np.float64)
    shares = truck_choice.standard_shares(years[:, None] - ages(), from_4, from_5)
    return np.ascontiguousarray(shares.swapaxes(0, 1))


def _energy_of_km(parameters: ParameterValues) -> Array:
    """Energy of a kilometre, in the unit that it is priced in, shape (classes, powertrains)."""
    used = [parameters.array(f"{name}_per_distance_of_trucks") for name in _ENERGIES]
    return np.stack(used, axis=1) / _KM_OF_CONSUMPTION


def _energy_prices(parameters: ParameterValues) -> Array:
    """Market price of what each powertrain uses, shape (months, powertrains)."""
    gas = parameters.path("truck_gas_price")
    return np.stack(
        [
            parameters.path("transit_diesel_price"),
            gas,
            np.full(len(gas), parameters.scalar("truck_electricity_price")),
            parameters.path("hydrogen_price"),
        ],
        axis=1,
    )
