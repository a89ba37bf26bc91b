"""Prices of carbon and of green certificates that firms meet in a month (measures 19 and 32)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transition_model.calendar import Month
from transition_model.instruments import Instrument
from transition_model.instruments.attributes import Claims
from transition_model.instruments.monthly import amount_of_month, bound_of_month
from transition_model.policy.industry import NAMED_BY_THEIR_WORD, sector_claims

type Array = NDArray[np.float64]
type Law = Mapping[str, Instrument]

ONE_TONNE = 1.0


@dataclass(frozen=True, slots=True)
class CarbonPrice:
    """Carbon prices by firm.

    Attributes
    ----------
    national, pilot
        yuan/tCO2 of the market that the firm is in, else zero, shape (firms,).
    reserve
        Share of the pilot's quota that the government holds back.
    """

    national: Array
    pilot: Array
    reserve: float

    @property
    def marginal(self) -> Array:
        """What a tonne less is worth, yuan/tCO2: quotas are free, so only the margin is priced."""
        return self.national + self.pilot


def carbon_price(
    law: Law, month: Month, sector: NDArray[np.int64], emissions_each: Array
) -> CarbonPrice:
    """Carbon prices of the month.

    Parameters
    ----------
    law
        The rules by id.
    month
        The month.
    sector
        Number in the dimension ``industry_sector``, shape (firms,).
    emissions_each
        Carbon dioxide of one of the firms that the row stands for, t/year, shape (firms,).

    Returns
    -------
    CarbonPrice
        A firm in the national market is not in the pilot.
    """
    national = national_price(law, month)[sector]
    pilot = amount_of_month(
        law["chongqing_pilot_carbon_price"],
        month,
        Claims.of(emissions_of_year=emissions_each, emissions_above_quota=ONE_TONNE),
    )
    return CarbonPrice(national, np.where(national > 0.0, 0.0, pilot), reserve_share(law, month))


def national_price(law: Law, month: Month) -> Array:
    """Carbon price of the national market by sector, yuan/tCO2, shape (10,).

    Power plants, its other sector, are no agents here.
    """
    claims = sector_claims(NAMED_BY_THEIR_WORD, emissions_above_quota=ONE_TONNE)
    return amount_of_month(law["national_carbon_price"], month, claims)


def reserve_share(law: Law, month: Month) -> float:
    """Share of the pilot's quota that the government holds back."""
    return float(bound_of_month(law["chongqing_quota_reserve"], month, Claims.of(1))[0])


def certificate_price(law: Law, month: Month) -> float:
    """Price of a green certificate, yuan/MWh; zero where none are traded."""
    claims = Claims.of(certificates=1.0)
    return float(amount_of_month(law["green_certificate_price"], month, claims)[0])
