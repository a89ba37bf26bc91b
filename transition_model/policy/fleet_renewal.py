"""What the rules of measure 14 offer operators of public-service fleets, and ask of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transition_model.calendar import Month
from transition_model.dimensions import dimension
from transition_model.instruments import Instrument
from transition_model.instruments.attributes import Claims
from transition_model.instruments.monthly import (
    amount_of_month,
    bound_of_month,
    most_of_an_agent,
)
from transition_model.instruments.schema import Version

type Array = NDArray[np.float64]

_DUTY_SHOWN_FOR = "central_bus"
"""Fleet for which the lever of the duty reads the law (``levers.toml``)."""


class FleetTerms(NamedTuple):
    """Amounts and duties of a month.

    Attributes
    ----------
    bus_renewal
        For an old bus that an electric one replaces, yuan.
    bus_renewal_age
        Age in calendar years from which an old bus earns it.
    battery
        For a new traction battery of an old electric bus, yuan.
    battery_age
        Age from which the bus earns it.
    bus_reward, bus_reward_limit
        For an electric bus put into service, yuan; and the most that an operator gets in a
        calendar year (inf without limit).
    renewal
        For an old vehicle that an electric one replaces, yuan, shape (transit classes,).
    taxi_maker_reward
        What the maker of an electric taxi gets for its discount, yuan.
    electric_share
        Least electric share of new vehicles, shape (transit classes,).
    """

    bus_renewal: float
    bus_renewal_age: float
    battery: float
    battery_age: float
    bus_reward: float
    bus_reward_limit: float
    renewal: Array
    taxi_maker_reward: float
    electric_share: Array


def fleet_terms_of_month(
    law: Mapping[str, Instrument],
    levers: Mapping[str, float],
    month: Month,
    taxi_maker_discount: float,
) -> FleetTerms:
    """The terms of a month.

    Parameters
    ----------
    law
        Dated rules, by id.
    levers
        Values of the month; ``bus_renewal_subsidy`` and ``public_fleet_electric_quota`` stand in
        the law, unless a scenario moves them.
    month
        The month.
    taxi_maker_discount
        Discount on an electric taxi that a maker may claim for, yuan.
    """
    vehicle = Claims.of(vehicles=1.0, bus_fuel="electric")
    by_class = Claims.of(
        transit_class=dimension("transit_class").members, bus_fuel="electric", vehicles=1.0
    )
    reward, maker = law["bus_operation_reward"], law["taxi_maker_reward"]
    return FleetTerms(
        bus_renewal=levers["bus_renewal_subsidy"],
        bus_renewal_age=bus_age(law["bus_renewal"], month),
        battery=_single(law["bus_battery_replacement"], month, vehicle),
        battery_age=bus_age(law["bus_battery_replacement"], month),
        bus_reward=_single(reward, month, vehicle),
        bus_reward_limit=most_of_an_agent(reward, month),
        renewal=amount_of_month(law["taxi_and_logistics_renewal"], month, by_class),
        taxi_maker_reward=_single(maker, month, Claims.of(oem_discount=taxi_maker_discount)),
        electric_share=required_electric_share(
            law["public_fleet_new_energy_share"], levers["public_fleet_electric_quota"], month
        ),
    )


def required_electric_share(instrument: Instrument, lever: float, month: Month) -> Array:
    """Least electric share of new vehicles by fleet, shape (transit classes,).

    The law's bounds, as long as the lever shows what the law asks of buses of the centre; where a
    scenario moves the lever off the law, it holds for every fleet.
    """
    fleets = dimension("transit_class")
    bounds = bound_of_month(instrument, month, Claims.of(transit_class=fleets.members))
    stands = bounds[fleets.index(_DUTY_SHOWN_FOR)] == lever
    return bounds if stands else np.full(len(fleets), lever)


def bus_age(instrument: Instrument, month: Month) -> float:
    """Age in calendar years from which the rule takes an old bus.

    A rule takes buses registered up to a day. In months without a version in force it is the age
    that the nearest version asked for on its first day, so that a scenario may pay then too.
    """
    parts = [version for _, version in instrument.parts(month) if version.state == "active"]
    if parts:
        return min(_age(version, month.year) for version in parts)
    begun = [v for v in instrument.versions if v.start.year <= month.year] or [
        instrument.versions[0]
    ]
    return _age(begun[-1], begun[-1].start.year)


def _age(version: Version, year: int) -> float:
    for condition in version.eligibility:
        if condition.attribute == "bus_registered" and isinstance(condition.value, date):
            # The last calendar year whose buses are all registered by that day.
            return year - ((condition.value + timedelta(days=1)).year - 1)
    return 0.0


def _single(instrument: Instrument, month: Month, claim: Claims) -> float:
    return float(amount_of_month(instrument, month, claim)[0])
