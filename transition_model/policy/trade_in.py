"""What the trade-in rules of measure 24 offer a household in a month, and what money is left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from transition_model.calendar import Month
from transition_model.dimensions import dimension
from transition_model.instruments import Instrument
from transition_model.instruments.attributes import Claims
from transition_model.instruments.monthly import amount_of_month, relief_of_month

type Array = NDArray[np.float64]


TRADE_IN_PROGRAMMES = ("car_scrappage", "car_replacement", "appliance_trade_in")
"""Subsidy programmes that share the yearly trade-in money."""

OLD_CAR_FUEL = {
    "combustion": "gasoline",
    "plug_in_hybrid": "new_energy",
    "battery_electric": "new_energy",
}
"""How the rules call the old car of a powertrain; the model knows no diesel cars."""


@dataclass(frozen=True, slots=True)
class TradeInOffer:
    """Amounts in force in a month.

    Attributes
    ----------
    scrappage, replacement
        Yuan for a new car by powertrain against scrapping, or selling on, the old one; shape (3,).
    registered_by
        Last month of registration of a car that may be scrapped for money, by the old car's
        powertrain; month index, shape (3,), -1 for never.
    appliance
        Yuan for a new appliance; shape (appliances, grades).
    tax
        Purchase tax due on a new car, in yuan, after relief; shape (3,).
    """

    scrappage: Array
    replacement: Array
    registered_by: NDArray[np.int64]
    appliance: Array
    tax: Array


def offer_of_month(
    instruments: Mapping[str, Instrument],
    levers: Mapping[str, float],
    month: Month,
    car_price: Array,
    appliance_price: Array,
    purchase_tax_rate: float,
) -> TradeInOffer:
    """The offer of a month under the levers of measure 24.

    Parameters
    ----------
    instruments
        Dated rules, by id.
    levers
        Values of the month; ``trade_in_generosity`` multiplies the rules' amounts,
        ``green_preference`` takes this share off fuel cars and appliances below grade 1.
    month
        The month.
    car_price
        Yuan by powertrain, shape (3,), without purchase tax.
    appliance_price
        Yuan, shape (appliances, grades).
    purchase_tax_rate
        Share of the price.
    """
    generosity, preference = levers["trade_in_generosity"], levers["green_preference"]
    car_factor = reshaping(_is_new_energy(), generosity, preference)
    grade_factor = reshaping(_is_best_grade(), generosity, preference)
    powertrains = dimension("powertrain").members
    cars = Claims.of(powertrain=powertrains, car_price=car_price)
    appliance = np.stack(
        [
            amount_of_month(
                instruments["appliance_trade_in"],
                month,
                Claims.of(grade=dimension("grade").members, appliance_price=price),
            )
            for price in appliance_price
        ]
    )
    tax = purchase_tax_rate * car_price
    relief = instruments["new_energy_purchase_tax_relief"]
    return TradeInOffer(
        scrappage=car_factor * amount_of_month(instruments["car_scrappage_renewal"], month, cars),
        replacement=car_factor
        * amount_of_month(instruments["car_replacement_renewal"], month, cars),
        registered_by=registered_by(instruments["car_scrappage_renewal"], month),
        appliance=grade_factor * appliance,
        tax=tax - relief_of_month(relief, month, tax, cars),
    )


def reshaping(green: NDArray[np.bool_], generosity: float, preference: float) -> Array:
    """Factor on the rules' amounts: full for green goods, less (at 1 nothing) for all others.

    Parameters
    ----------
    green
        Which goods are green.
    generosity
        Multiple of the published amounts.
    preference
        Share taken off what is not green, 0..1.
    """
    return generosity * np.where(green, 1.0, 1.0 - preference)


def registered_by(instrument: Instrument, month: Month) -> NDArray[np.int64]:
    """Last month of registration of an old car that may be handed in, by its powertrain.

    Returns
    -------
    ndarray
        Month index, shape (powertrains,); -1 where nothing may be handed in.
    """
    members = dimension("powertrain").members
    latest = np.full(len(members), -1, dtype=np.int64)
    for _, version in instrument.parts(month):
        for condition in version.eligibility:
            if condition.attribute == "old_car_registered" and isinstance(condition.value, dict):
                for place, member in enumerate(members):
                    day = condition.value.get(OLD_CAR_FUEL[member])
                    if isinstance(day, date):
                        latest[place] = max(latest[place], day.year * 12 + day.month - 1)
    return latest


def trade_in_budget(levers: Mapping[str, float]) -> float:
    """Trade-in money of a year in yuan, from the lever in 10^8 yuan a year."""
    return levers["trade_in_budget"] * 1e8


def open_share(expected_claims: float, money_left: float) -> float:
    """Share of the month in which the programme still has money.

    First come, first served: claims arrive evenly over the month and are paid in full until the
    money is gone; whoever comes later finds the programme suspended.

    Parameters
    ----------
    expected_claims
        Yuan that would be claimed in a month with money throughout.
    money_left
        Yuan at the month's opening.
    """
    if expected_claims <= 0.0:
        return 1.0
    return min(1.0, max(money_left, 0.0) / expected_claims)


def _is_new_energy() -> NDArray[np.bool_]:
    return np.array([member != "combustion" for member in dimension("powertrain").members])


def _is_best_grade() -> NDArray[np.bool_]:
    return np.array([member == "grade_1" for member in dimension("grade").members])
