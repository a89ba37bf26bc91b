"""What the rules offer those who build charging points, hydrogen stations and green ships."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transition_model.calendar import Month
from transition_model.instruments import Instrument
from transition_model.instruments.attributes import Claims
from transition_model.instruments.monthly import amount_of_month, most_of_an_agent

type Array = NDArray[np.float64]


class StationTerms(NamedTuple):
    """Terms of a month.

    Attributes
    ----------
    charging
        For each kilowatt of a public charging point, yuan/kW.
    hydrogen_grant
        For a new hydrogen station, yuan.
    hydrogen_operating
        For hydrogen sold at or below the limit of price, yuan/kg.
    hydrogen_operating_limit
        The most that a station gets for it in all, yuan; inf without limit.
    """

    charging: float
    hydrogen_grant: float
    hydrogen_operating: float
    hydrogen_operating_limit: float


def station_terms_of_month(
    law: Mapping[str, Instrument],
    levers: Mapping[str, float],
    month: Month,
    investment: float,
    price: float,
) -> StationTerms:
    """The terms of a month.

    Parameters
    ----------
    law
        Dated rules, by id.
    levers
        Values of the month; ``public_charging_support`` stands in the law, unless moved.
    month
        The month.
    investment
        In a hydrogen station without land, yuan.
    price
        At which subsidised stations sell, yuan/kg.
    """
    rule = law["hydrogen_operating_subsidy"]
    operating, limit = hydrogen_operating_of_month(rule, month, price)
    return StationTerms(
        charging=levers["public_charging_support"],
        hydrogen_grant=float(
            amount_of_month(
                law["hydrogen_station_grant"], month, Claims.of(station_investment=investment)
            )[0]
        ),
        hydrogen_operating=operating,
        hydrogen_operating_limit=limit,
    )


def hydrogen_operating_of_month(
    instrument: Instrument, month: Month, price: float
) -> tuple[float, float]:
    """Operating subsidy of hydrogen stations.

    Parameters
    ----------
    instrument
        The rule.
    month
        The month.
    price
        At which subsidised stations sell, yuan/kg.

    Returns
    -------
    tuple of float
        yuan/kg, and the most that a station gets in all, yuan; inf without limit.
    """
    claim = Claims.of(hydrogen_sold=1.0, hydrogen_price=price)
    amount = float(amount_of_month(instrument, month, claim)[0])
    return amount, most_of_an_agent(instrument, month)


def ship_grant_of_month(instrument: Instrument, month: Month, extra_cost: Array) -> Array:
    """Grant for a new ship by its extra cost against diesel, yuan, shape as given."""
    return amount_of_month(instrument, month, Claims.of(ship_investment=extra_cost))
