"""What the rules of measures 28 to 30 charge firms, and what they take off the cost of capital."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transition_model.calendar import Month
from transition_model.compilation import formula
from transition_model.instruments import Instrument
from transition_model.instruments.attributes import Claims
from transition_model.instruments.monthly import amount_of_month, bound_of_month
from transition_model.month_terms import WatchedReading, remembered
from transition_model.parameters import ParameterValues

type Array = NDArray[np.float64]
type Law = Mapping[str, Instrument]

POLLUTANTS = ("air", "water", "slag_ash")
"""Pollutants that the firms of the model are taxed for; mines, with the rest, are outside."""


@dataclass(frozen=True, slots=True)
class LoanTerms:
    """What takes interest off a green loan, share/year.

    Attributes
    ----------
    facility
        Passed on by banks that the central bank refinances; it costs the city nothing.
    subsidy
        Paid by the city.
    """

    facility: float
    subsidy: float

    @property
    def discount(self) -> float:
        """Both together."""
        return self.facility + self.subsidy


def green_loan_terms(
    law: Law, levers: Mapping[str, float], month: Month, parameters: ParameterValues
) -> LoanTerms:
    """What takes interest off a green loan in a month, no more than the ordinary rate in all.

    A bank that the central bank refinances gains, on the share refinanced, what the facility's rate
    lies below its cost of money elsewhere (``bank_refinancing_rate``), and passes on
    ``facility_passed_on`` of it. On top comes the city's subsidy, the lever
    ``green_loan_interest_discount``. Firms, recyclers and builders all borrow on these terms.
    """
    share, rate = facility_terms(law, month)
    ordinary = parameters.scalar("corporate_loan_rate", month)
    facility = facility_discount(
        share,
        rate,
        parameters.scalar("bank_refinancing_rate", month),
        parameters.scalar("facility_passed_on"),
        ordinary,
    )
    return LoanTerms(facility, min(levers["green_loan_interest_discount"], ordinary - facility))


def facility_terms(law: Law, month: Month) -> tuple[float, float]:
    """Share of a green loan that the central bank refinances, and its rate a year."""
    claim = Claims.of(loan_principal=1.0, green_project=True)
    share = bound_of_month(law["carbon_reduction_facility_share"], month, claim)
    rate = amount_of_month(law["carbon_reduction_facility_rate"], month, claim)
    return float(share[0]), float(rate[0])


@formula
def facility_discount(
    share: float, rate: float, bank_rate: float, passed_on: float, ordinary: float
) -> float:
    """What a refinanced bank takes off a green loan, share/year (:func:`green_loan_terms`).

    Parameters
    ----------
    share, rate
        Of :func:`facility_terms`; without a facility the rate is 0.
    bank_rate
        Cost of money elsewhere, share/year.
    passed_on
        Share of the bank's advantage that reaches the borrower.
    ordinary
        Ordinary rate of the loan, which the discount does not exceed.
    """
    advantage = max(bank_rate - rate, 0.0) if rate > 0.0 else 0.0
    return min(share * advantage * passed_on, ordinary)


@remembered
def loan_terms_of_month(reading: WatchedReading) -> LoanTerms:
    """:func:`green_loan_terms`, remembered."""
    return green_loan_terms(reading.law, reading.levers, reading.month, reading.parameters)


def investment_grant(law: Law, month: Month, investment: Array) -> Array:
    """Grant for a green investment that wins one, yuan, shape as ``investment`` (yuan)."""
    claims = Claims.of(investment=investment, green_project=True)
    return amount_of_month(law["green_investment_grant"], month, claims)


def pollution_tax(law: Law, month: Month) -> Array:
    """Environmental protection tax by pollutant, yuan for an equivalent or a tonne, shape (3,)."""
    claims = Claims.of(pollutant=POLLUTANTS, pollution=1.0)
    return amount_of_month(law["environmental_protection_tax"], month, claims)


def water_fee(law: Law, month: Month) -> float:
    """Fee, later tax, on water that industry draws, yuan/m3."""
    return float(amount_of_month(law["water_resource_fee"], month, Claims.of(water_drawn=1.0))[0])
