"""A month of :mod:`.agents.station_developers`, developer by developer."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transition_model.behaviour import hydrogen_stations
from transition_model.calendar import MONTHS_PER_YEAR
from transition_model.compilation import Fields, kernel
from transition_model.policy.charging import StationTerms

type Array = NDArray[np.float64]


class Columns(NamedTuple):
    """Columns of :class:`~.agents.station_developers.StationDevelopers`.

    Those of money received are written.
    """

    share: Array
    hurdle: Array
    operating_received: Array
    subsidy_received: Array


class Constants(NamedTuple):
    """What stays the same in a run.

    Attributes
    ----------
    capacity
        Hydrogen that a station can sell, kg/year.
    investment, margin, years
        In a hydrogen station, yuan; on its sales, yuan/kg; years reckoned.
    pace, value_spread
        Stations that a developer begins in a month where all sites pay; yuan.
    power
        Of a charging point, kW.
    programme
        Place of the programme that pays.
    """

    capacity: float
    investment: float
    margin: float
    years: float
    pace: float
    value_spread: float
    power: float
    programme: int


@kernel
def decide(
    columns: Fields,
    constants: Fields,
    terms: Fields,
    stocks: tuple[float, float, float],
    begun: Array,
    spending: Array,
) -> None:
    """Claim for charging points and hydrogen sold, and begin hydrogen stations.

    Parameters
    ----------
    columns, constants, terms
        Fields of the classes above, and of :class:`.StationTerms`.
    stocks
        Hydrogen stations, hydrogen used a month (kg) and charging points started.
    begun
        Hydrogen stations begun, shape (1,); written.
    spending
        Yuan, shape (programmes,); written.
    """
    developers, known, offer = Columns(*columns), Constants(*constants), StationTerms(*terms)
    stations, used, points = stocks
    sales = hydrogen_stations.sales_of_a_station(stations, used * MONTHS_PER_YEAR, known.capacity)
    operating, limit = offer.hydrogen_operating, offer.hydrogen_operating_limit
    covered = hydrogen_stations.covered_share(operating, limit, sales, known.years)
    sold = sales * stations / MONTHS_PER_YEAR
    for row in range(len(developers.share)):
        share = developers.share[row]
        value = hydrogen_stations.station_value(
            sales,
            known.margin,
            covered * operating * sales,
            known.investment - offer.hydrogen_grant,
            known.years,
            developers.hurdle[row],
        )
        stations_begun = hydrogen_stations.stations_begun(value, known.value_spread, known.pace)
        claimed = share * sold * operating
        if operating > 0.0:
            left = limit * share * stations - developers.operating_received[row]
            claimed = min(claimed, max(left, 0.0))
        developers.operating_received[row] += claimed
        paid = share * points * known.power * offer.charging
        paid += stations_begun * offer.hydrogen_grant + claimed
        developers.subsidy_received[row] += paid
        begun[0] += stations_begun
        spending[known.programme] += paid
