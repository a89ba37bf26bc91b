"""What a hydrogen station is worth to its developer, and at what price it sells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transition_model.behaviour.discounting import yearly_yuan
from transition_model.compilation import formula

type Array = NDArray[np.float64]


@formula
def sales_of_a_station(stations: float, used: float, capacity: float) -> float:
    """Hydrogen that a station sells, kg/year; all that it can where there is none yet.

    Parameters
    ----------
    stations
        In service.
    used
        By all trucks, kg/year.
    capacity
        Of a station, kg/year.
    """
    return min(used / stations, capacity) if stations > 0.0 else capacity


@formula
def covered_share(operating: float, limit: float, sales: float, years: float) -> float:
    """Share of a station's sales over the years reckoned that its operating subsidy covers.

    Parameters
    ----------
    operating
        Yuan/kg; 0 covers nothing.
    limit
        The most that a station gets in all, yuan.
    sales
        Of a station, kg/year.
    years
        Years reckoned.
    """
    if operating <= 0.0:
        return 0.0
    claimed = operating * sales * years
    return min(limit / claimed, 1.0) if claimed > 0.0 else 1.0


@formula
def pump_price(market: float, limit: float, covered: float) -> float:
    """Mean price of hydrogen when subsidised sales are held to a limit of price, yuan/kg.

    Parameters
    ----------
    market, limit
        Price without subsidy, and up to which a station must sell to be subsidised, yuan/kg.
    covered
        From :func:`covered_share`.
    """
    return covered * min(market, limit) + (1.0 - covered) * market


@formula
def station_value(
    sales: float, margin: float, operating: float, outlay: float, years: float, hurdle: Array
) -> Array:
    """Net present value of a new hydrogen station, yuan, shape (developers,).

    Parameters
    ----------
    sales
        Expected, kg/year.
    margin
        Yuan/kg, without subsidy.
    operating
        Operating subsidy in all, spread over the years, yuan/year.
    outlay
        Investment less grant, yuan.
    years
        Years reckoned.
    hurdle
        Discount rates, share/year, shape (developers,).
    """
    value: Array = (sales * margin + operating) * yearly_yuan(hurdle, years) - outlay
    return value


@formula
def stations_begun(value: Array, spread: float, pace: Array | float) -> Array:
    """Stations that developers begin, expected numbers in the unit of the pace.

    ``pace / (1 + exp(-value / spread))``: sites differ in what they are worth, logistically.

    Parameters
    ----------
    value
        Of a mean site, yuan, shape (developers,).
    spread
        Yuan, above 0.
    pace
        Stations begun where all sites pay, shape (developers,).
    """
    begun: Array = pace / (1.0 + np.exp(-value / spread))
    return begun
