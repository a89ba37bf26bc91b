"""What the rules for trucks offer owners who scrap and buy, and where old diesel trucks may go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from transition_model.calendar import Month
from transition_model.dimensions import dimension
from transition_model.instruments import Instrument
from transition_model.instruments.attributes import Claims
from transition_model.instruments.monthly import amount_of_month, banned_share_of_month

type Array = NDArray[np.float64]

OLD_STANDARDS = ("china_3_or_below", "china_4")
"""Emission standards of old diesel trucks that a rule may name."""
PLACES = ("inner_ring", "central_urban")
SCRAPPED_CLASSES = ("medium", "heavy")
"""Classes that the rule for scrapping lists; light trucks get nothing from it."""
AXLES = ("heavy_2_axles", "heavy_3_axles", "heavy_4_axles")
POWERS = ("china_6_diesel", "new_energy")


@dataclass(frozen=True, slots=True)
class TruckTerms:
    """Terms of a month.

    Attributes
    ----------
    scrapping
        For scrapping an operating diesel truck, yuan, shape (old standards, classes, ages).
    replacement
        For a new truck against a scrapped one, yuan, shape (old standards, classes, powers).
    cold_chain
        For a new-energy cold-chain truck without scrapping, yuan.
    non_operating
        For scrapping a truck that is not in commercial operation, yuan, shape (old standards,).
    banned
        Share of working hours in which a truck may not enter, shape (old standards, places).
    """

    scrapping: Array
    replacement: Array
    cold_chain: float
    non_operating: Array
    banned: Array


def truck_terms_of_month(
    law: Mapping[str, Instrument],
    month: Month,
    years_early: Array,
    axle_shares: Array,
    working_hours: tuple[int, int],
    foresight: int,
) -> TruckTerms:
    """The terms of a month.

    Parameters
    ----------
    law
        Dated rules, by id.
    month
        The month.
    years_early
        Years that a truck of each age is scrapped before it must be, shape (ages,).
    axle_shares
        Shares of 2, 3 and 4 axles among new heavy trucks, shape (3,).
    working_hours
        First hour of the working day, and the hour at which it ends.
    foresight
        Months ahead that owners look when a ban is announced.
    """
    standards = len(OLD_STANDARDS)
    return TruckTerms(
        scrapping=_scrapping(law["old_truck_scrapping"], month, years_early),
        replacement=_replacement(law["new_truck_with_scrapping"], month, axle_shares),
        cold_chain=float(
            amount_of_month(
                law["new_cold_chain_truck"],
                month,
                Claims.of(new_truck_power="new_energy", old_truck_scrapped=False),
            )[0]
        ),
        non_operating=amount_of_month(
            law["non_operating_truck_scrapping"],
            month,
            Claims.of(standards, operating=False, emission_standard=OLD_STANDARDS),
        ),
        banned=banned_working_time(law["diesel_truck_access_ban"], month, working_hours, foresight),
    )


def banned_working_time(
    instrument: Instrument, month: Month, working_hours: tuple[int, int], foresight: int
) -> Array:
    """Share of working hours under a ban, now or as announced, (old standards, places).

    An announced ban counts as soon as it lies within the owners' foresight.
    """
    known = tuple(
        version
        for version in instrument.versions
        if version.announced is None or version.announced <= _last_day(month)
    )
    shape = (len(OLD_STANDARDS), len(PLACES))
    if not known:
        return np.zeros(shape)
    announced = instrument.model_copy(update={"versions": known})
    hours = np.arange(*working_hours)
    standard, place, hour = np.meshgrid(OLD_STANDARDS, PLACES, hours, indexing="ij")
    claims = Claims.of(
        emission_standard=standard.ravel(), place=place.ravel(), hour=hour.ravel().astype(float)
    )
    found = np.maximum(
        banned_share_of_month(announced, month, claims),
        banned_share_of_month(announced, month + foresight, claims),
    )
    shares: Array = found.reshape(*shape, len(hours)).mean(axis=2)
    return shares


def _scrapping(instrument: Instrument, month: Month, years_early: Array) -> Array:
    classes = dimension("truck_class").members
    amounts = np.zeros((len(OLD_STANDARDS), len(classes), len(years_early)))
    if not instrument.parts(month):
        return amounts
    standard, truck_class, early = np.meshgrid(
        OLD_STANDARDS, SCRAPPED_CLASSES, years_early, indexing="ij"
    )
    claims = Claims.of(
        emission_standard=standard.ravel(),
        truck_class=truck_class.ravel(),
        years_scrapped_early=early.ravel().astype(np.float64),
        operating=True,
    )
    places = [classes.index(name) for name in SCRAPPED_CLASSES]
    amounts[:, places] = amount_of_month(instrument, month, claims).reshape(standard.shape)
    return amounts


def _replacement(instrument: Instrument, month: Month, axle_shares: Array) -> Array:
    classes = dimension("truck_class").members
    amounts = np.zeros((len(OLD_STANDARDS), len(classes), len(POWERS)))
    if not instrument.parts(month):
        return amounts
    standard, new_class, power = np.meshgrid(
        OLD_STANDARDS, ("medium", *AXLES), POWERS, indexing="ij"
    )
    claims = Claims.of(
        emission_standard=standard.ravel(),
        new_truck_class=new_class.ravel(),
        new_truck_power=power.ravel(),
        operating=True,
        old_truck_scrapped=True,
    )
    found = amount_of_month(instrument, month, claims).reshape(standard.shape)
    amounts[:, classes.index("medium")] = found[:, 0]
    amounts[:, classes.index("heavy")] = np.einsum("sap,a->sp", found[:, 1:], axle_shares)
    return amounts


def _last_day(month: Month) -> date:
    following = month + 1
    return date(following.year, following.month, 1) - timedelta(days=1)
