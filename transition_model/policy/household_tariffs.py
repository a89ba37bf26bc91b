"""What electricity, gas and water cost a household in a month (measure 31)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
from numpy.typing import NDArray

from transition_model.calendar import Month
from transition_model.errors import InputError
from transition_model.instruments import Instrument, load_instruments
from transition_model.instruments.attributes import HOURS_PER_DAY, Claims
from transition_model.instruments.monthly import amount_of_month
from transition_model.instruments.schema import Version

type Array = NDArray[np.float64]
type Law = Mapping[str, Instrument]

REFERENCE = Month.parse("2020-01")
"""Month of the tariffs at which the stock-flow model states residential use."""

GOODS = ("electricity", "gas", "water")
"""What has a tiered price; electricity by the month, gas and water by the year."""


@dataclass(frozen=True, slots=True)
class Tariff:
    """A tiered price as a schedule of rises.

    Attributes
    ----------
    starts
        Use above which a price holds, in units of the tariff's period, shape (tiers,).
    rises
        Yuan a unit by which the price rises there, shape (tiers,).
    """

    starts: Array
    rises: Array


@dataclass(frozen=True, slots=True)
class HouseholdTariffs:
    """Terms of a month.

    Attributes
    ----------
    tariffs
        By good; ``None`` where no rule holds: then every unit costs the same.
    low_income_gas
        Yuan per m3 that low-income households pay, ``None`` where they pay as all do.
    """

    tariffs: Mapping[str, Tariff | None]
    low_income_gas: float | None


def tariffs_of_month(law: Law, month: Month, upper_factor: float) -> HouseholdTariffs:
    """Tariffs of a month.

    Parameters
    ----------
    law
        Rules by id.
    month
        The month.
    upper_factor
        Multiple of the published prices of the second tier and above.
    """
    return HouseholdTariffs(
        {good: tariff_of_month(law[f"residential_tiered_{good}"], month, upper_factor)
         for good in GOODS},
        low_income_gas(law["low_income_gas"], month),
    )  # fmt: skip


@cache
def reference_tariffs() -> HouseholdTariffs:
    """The published tariffs of :data:`REFERENCE`, against which use is measured."""
    return tariffs_of_month(load_instruments(), REFERENCE, 1.0)


def published(rule: str) -> Instrument:
    """A rule as published, whatever the scenario makes of it."""
    return load_instruments()[rule]


def tariff_of_month(rule: Instrument, month: Month, upper_factor: float) -> Tariff | None:
    """A tiered tariff, averaged over the days of a month, or ``None`` if none holds on any.

    Between two versions the one before goes on: a price holds until another is set.

    Raises
    ------
    InputError
        If a version states no price by tiers or by unit.
    """
    parts = list(rule.parts(month))
    last_day = date.fromordinal(_first_day(month + 1).toordinal() - 1)
    before = [version for version in rule.versions if version.start <= last_day]
    if before and any(version.start > last_day for version in rule.versions):
        stated = sum(share for share, _ in parts)
        parts.append((1.0 - stated, max(before, key=lambda version: version.end)))
    parts = [(share, version) for share, version in parts if version.state == "active"]
    covered = sum(share for share, _ in parts)
    if covered <= 0.0:
        return None
    starts, rises = [], []
    for share, version in parts:
        tiers, prices = _tiers(rule.id, version)
        raised = prices * np.where(np.arange(len(prices)) > 0, upper_factor, 1.0)
        starts.append(tiers)
        rises.append(share / covered * np.diff(raised, prepend=0.0))
    return Tariff(np.concatenate(starts), np.concatenate(rises))


def low_income_gas(rule: Instrument, month: Month) -> float | None:
    """Yuan per m3 for low-income households; ``None`` where no version holds."""
    if not any(version.state == "active" for _, version in rule.parts(month)):
        return None
    return float(amount_of_month(rule, month, Claims.of(low_income=True, gas_of_year=1.0))[0])


def free_electricity(rule: Instrument, month: Month, use: Array) -> Array:
    """Yuan a month off the bill of low-income households by their use in kWh a month, (n,)."""
    return amount_of_month(
        rule, month, Claims.of(len(use), low_income=True, electricity_of_month=use)
    )


def added_by_hour(rule: Instrument, month: Month) -> Array:
    """Yuan per kWh that each hour costs more (or less) under time of use, shape (24,)."""
    one_hour = Claims.of(opted_in=True, electricity_by_hour=np.eye(HOURS_PER_DAY))
    return amount_of_month(rule, month, one_hour)


@cache
def peak_hours() -> NDArray[np.bool_]:
    """Hours that the published time of use makes dearer, whether it holds or not, shape (24,)."""
    rule = load_instruments()["residential_time_of_use"]
    first = rule.versions[0].start
    return added_by_hour(rule, Month.parse(f"{first:%Y-%m}")) > 0.0


def _tiers(rule: str, version: Version) -> tuple[Array, Array]:
    """Starts and prices of a version."""
    if version.flat is not None and version.flat.per is not None:
        return np.zeros(1), np.array([version.flat.amount])
    if version.stepped is None or not version.stepped.marginal:
        raise InputError(
            f"instrument {rule}, version {version.id}", version.form_key, "marginal steps, or flat"
        )
    steps = version.stepped.steps
    prices = [step.amount for step in steps]
    for price in prices:
        if isinstance(price, dict):
            raise InputError(f"instrument {rule}, version {version.id}", price, "one price a tier")
    return np.array([step.start for step in steps]), np.array(prices, dtype=np.float64)


def _first_day(month: Month) -> date:
    return date(month.year, month.month, 1)
