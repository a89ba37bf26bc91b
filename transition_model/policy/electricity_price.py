"""What the electricity-price rules of measure 31 add to an industrial firm's price in a month.

Surcharges by catalogue class are tables; tiered and punitive prices go by each firm's own energy of
the last calendar year. All in yuan/kWh, as published, before enforcement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transition_model.calendar import Month
from transition_model.compilation import formula
from transition_model.dimensions import dimension
from transition_model.instruments import Instrument
from transition_model.instruments.attributes import HOURS_PER_DAY, Claims
from transition_model.instruments.monthly import amount_of_month, bound_of_month
from transition_model.policy.industry import NAMED_TRADE, class_words, sector_and_class_claims

type Array = NDArray[np.float64]
type Law = Mapping[str, Instrument]

CLASS_RULES = (
    "differential_electricity_price",
    "steel_differential_price",
    "steel_missed_capacity_cut_price",
)
"""Surcharges by catalogue class."""

TIERED_RULES = {
    "steel": "steel_tiered_price",
    "cement": "cement_tiered_price",
    "aluminium": "aluminium_tiered_price",
}
"""The tiered price of a sector."""

ONE_KWH = 1.0
_TREASURY = "treasury"


@dataclass(frozen=True, slots=True)
class ProductEnergy:
    """Energy for a tonne of product in the last calendar year, shape (firms,).

    Attributes
    ----------
    steel_excess
        Process energy above the standard's limit, share of the limit.
    electricity_per_tonne
        kWh/tonne, of cement and aluminium.
    green_percent
        Renewables other than hydropower in the electricity, percentage points.
    """

    steel_excess: Array
    electricity_per_tonne: Array
    green_percent: Array


def class_surcharges(law: Law, month: Month, missed_cut_share: float) -> Array:
    """Differential surcharge by sector and catalogue class, yuan/kWh, shape (10, 4).

    Parameters
    ----------
    law
        The rules by id.
    month
        The month.
    missed_cut_share
        Share of the steel firms that missed their capacity cut; they pay the rule for these.
    """
    by_class: Array = (1.0 - missed_cut_share) * surcharges_by_class(
        law, month, missed_cut=False
    ) + missed_cut_share * surcharges_by_class(law, month, missed_cut=True)
    return by_class


def surcharges_by_class(law: Law, month: Month, *, missed_cut: bool) -> Array:
    """Differential surcharge of firms that missed their capacity cut, or of those that met it.

    Only steel firms have a cut to miss. yuan/kWh, shape (10, 4).
    """
    claims = sector_and_class_claims(
        NAMED_TRADE, electricity=ONE_KWH, missed_capacity_cut=missed_cut
    )
    total = sum(amount_of_month(law[rule], month, claims) for rule in CLASS_RULES)
    named = np.array([member in NAMED_TRADE for member in dimension("industry_sector").members])
    by_class: Array = np.reshape(total, (len(named), -1)) * named[:, None]
    return by_class


def tiered_surcharges(
    law: Law,
    month: Month,
    sector: NDArray[np.int64],
    catalogue_class: NDArray[np.int64],
    energy: ProductEnergy,
) -> tuple[Array, Array]:
    """Tiered price of steel, cement and aluminium by last year's energy for a tonne.

    Returns
    -------
    tuple of ndarray
        What the firm pays and the treasury's part of it (a grid company may keep some), yuan/kWh,
        shape (firms,).
    """
    paid, received = np.zeros(len(sector)), np.zeros(len(sector))
    words = np.array(class_words())
    for name, rule in TIERED_RULES.items():
        rows = np.flatnonzero(sector == dimension("industry_sector").index(name))
        claims = Claims.of(
            len(rows),
            sector=name,
            catalogue_class=words[catalogue_class[rows]],
            electricity=ONE_KWH,
            excess_process_energy_of_last_year=energy.steel_excess[rows],
            electricity_per_tonne_of_last_year=energy.electricity_per_tonne[rows],
            non_hydro_renewable_percent=energy.green_percent[rows],
        )
        paid[rows] = amount_of_month(law[rule], month, claims)
        received[rows] = paid[rows] * treasury_share(law[rule], month)
    return paid, received


def punitive_surcharge(law: Law, month: Month, excess: Array) -> Array:
    """Punitive price for use above the energy limit, yuan/kWh, shape (firms,).

    Parameters
    ----------
    law
        The rules by id.
    month
        The month.
    excess
        Specific energy of the last calendar year above its limit, share of the limit, shape
        (firms,).
    """
    claims = Claims.of(excess_over_energy_limit_of_last_year=excess, electricity=ONE_KWH)
    return amount_of_month(law["punitive_electricity_price"], month, claims)


def market_premium(
    law: Law, month: Month, asked: float, ordinary_float: float, market_share: float
) -> float:
    """Premium that a high-energy firm pays on the market: what is asked, within the price cap.

    ``min(asked, (cap - ordinary float) * market share)``. The cap is lifted for high-energy firms;
    without the rule it binds them as it binds all.

    Parameters
    ----------
    law
        The rules by id.
    month
        The month.
    asked
        Premium that the market would ask, share of the whole price.
    ordinary_float
        How far the market price of other firms lies above the benchmark of coal power, share.
    market_share
        Benchmark of coal power in the whole price, share.
    """
    return premium_within_cap(asked, market_cap(law, month), ordinary_float, market_share)


def market_cap(law: Law, month: Month) -> float:
    """How far the market price of high-energy firms may lie above the benchmark; inf is no cap."""
    claims = Claims.of(sector="other_high_energy")
    return float(bound_of_month(law["market_price_cap"], month, claims)[0])


@formula
def premium_within_cap(
    asked: float, cap: float, ordinary_float: float, market_share: float
) -> float:
    """Premium on the market, as :func:`market_premium`, under a given cap."""
    return min(asked, max(cap - ordinary_float, 0.0) * market_share)


def time_of_use_floats(law: Law, month: Month) -> Array:
    """What each hour of the day adds to the price, share of the flat price, shape (24,)."""
    hours = np.eye(HOURS_PER_DAY)
    claims = Claims.of(electricity_by_hour=hours, electricity_price_flat=1.0)
    return amount_of_month(law["industrial_time_of_use"], month, claims)


def treasury_share(rule: Instrument, month: Month) -> float:
    """Share of a rule's proceeds that the treasury receives in a month; all where none is named."""
    parts = rule.parts(month)
    total = sum(share for share, _ in parts)
    received = sum(
        share * (version.proceeds.get(_TREASURY, 0.0) if version.proceeds else 1.0)
        for share, version in parts
    )
    return received / total if total > 0.0 else 1.0
