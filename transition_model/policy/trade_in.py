"""What the rules for households' cars and goods offer in a month: measure 24, and 28's tax."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from transition_model.calendar import Month
from transition_model.dimensions import dimension
from transition_model.instruments import Instrument
from transition_model.instruments.attributes import Claims
from transition_model.instruments.monthly import (
    amount_of_month,
    kept_by_rule,
    paused_amount_of_month,
    relief_of_month,
)
from transition_model.instruments.schema import Version

type Array = NDArray[np.float64]


TRADE_IN_PROGRAMMES = (
    "car_scrappage",
    "car_replacement",
    "appliance_trade_in",
    "digital_trade_in",
    "home_renovation",
)
"""Subsidy programmes that share the yearly trade-in money."""

HOUSEHOLD_PROGRAMMES = (
    *TRADE_IN_PROGRAMMES,
    "countryside_cars",
    "consumer_loan_interest",
    "tax_relief",
)
"""Programmes that reach households when they buy; the last one is revenue forgone."""

OLD_CAR_FUEL = {
    "combustion": "gasoline",
    "plug_in_hybrid": "new_energy",
    "battery_electric": "new_energy",
}
"""How the rules call the old car of a powertrain; the model knows no diesel cars."""

ANY_TIME = np.iinfo(np.int64).max
"""Last month, or number of claims, where a rule sets no bound."""


def _no_money() -> Array:
    return np.zeros(len(dimension("powertrain")))


def _no_rebate() -> Array:
    return np.zeros((len(dimension("appliance")), len(dimension("grade"))))


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
    scrappage_paused, replacement_paused, appliance_paused
        Yuan that are claimed on days on which the rule is suspended; they wait.
    owned_by_scrappage, owned_by_replacement
        Last month since which the old car may have been owned; month index.
    new_for_old
        Whether scrapping a car of the first powertrain earns money for a new one of the second,
        shape (3, 3).
    engine_litres
        Largest engine of a new combustion car that is subsidised against scrapping.
    appliance_limit
        Appliances of a kind for which a household is paid while the version holds; shape
        (appliances,).
    appliance_top_up
        Yuan of the retailer for a new appliance if the old one is handed in; shape (appliances,
        grades).
    countryside
        Yuan for a new car of the catalogue bought by a rural household, shape (3,).
    loan
        Yuan of interest subsidy for a new car bought on credit, shape (3,).
    tax_relief
        Yuan of purchase tax that are not levied, shape (3,).
    goods
        Multiple of what the rules state for phones and the like, and for home renovation.
    """

    scrappage: Array
    replacement: Array
    registered_by: NDArray[np.int64]
    appliance: Array
    tax: Array
    scrappage_paused: Array = field(default_factory=_no_money)
    replacement_paused: Array = field(default_factory=_no_money)
    appliance_paused: Array = field(default_factory=_no_rebate)
    owned_by_scrappage: int = ANY_TIME
    owned_by_replacement: int = ANY_TIME
    new_for_old: NDArray[np.bool_] = field(
        default_factory=lambda: np.ones((len(dimension("powertrain")),) * 2, dtype=np.bool_)
    )
    engine_litres: float = np.inf
    appliance_limit: NDArray[np.int64] = field(
        default_factory=lambda: np.full(len(dimension("appliance")), ANY_TIME)
    )
    appliance_top_up: Array = field(default_factory=_no_rebate)
    countryside: Array = field(default_factory=_no_money)
    loan: Array = field(default_factory=_no_money)
    tax_relief: Array = field(default_factory=_no_money)
    goods: float = 1.0


def offer_of_month(
    instruments: Mapping[str, Instrument],
    levers: Mapping[str, float],
    month: Month,
    car_price: Array,
    appliance_price: Array,
    purchase_tax_rate: float,
    loan_principal: Array | None = None,
    loan_rate_percent: float = 0.0,
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
    loan_principal
        Yuan of a car loan that count for the interest subsidy, by powertrain, shape (3,); none by
        default.
    loan_rate_percent
        Contract rate of a car loan, percent a year.
    """
    generosity, preference = levers["trade_in_generosity"], levers["green_preference"]
    car_factor = reshaping(is_new_energy(), generosity, preference)
    grade_factor = reshaping(_is_best_grade(), generosity, preference)
    powertrains = dimension("powertrain").members
    cars = Claims.of(powertrain=powertrains, car_price=car_price)
    scrapping, replacing = (
        instruments["car_scrappage_renewal"],
        instruments["car_replacement_renewal"],
    )
    appliances = instruments["appliance_trade_in"]
    tax = purchase_tax_rate * car_price
    relief = relief_of_month(instruments["new_energy_purchase_tax_relief"], month, tax, cars)
    principal = np.zeros(len(powertrains)) if loan_principal is None else loan_principal
    loans = Claims.of(
        len(powertrains), loan_principal=principal, contract_rate_percent=loan_rate_percent
    )
    rural = Claims.of(len(powertrains), rural=True, in_countryside_catalogue=True)
    return TradeInOffer(
        scrappage=car_factor * amount_of_month(scrapping, month, cars),
        replacement=car_factor * amount_of_month(replacing, month, cars),
        registered_by=registered_by(scrapping, month),
        appliance=grade_factor * _by_appliance(appliances, month, appliance_price, "active"),
        tax=tax - relief,
        scrappage_paused=car_factor * paused_amount_of_month(scrapping, month, cars),
        replacement_paused=car_factor * paused_amount_of_month(replacing, month, cars),
        appliance_paused=grade_factor
        * _by_appliance(appliances, month, appliance_price, "suspended"),
        owned_by_scrappage=owned_by(scrapping, month),
        owned_by_replacement=owned_by(replacing, month),
        new_for_old=new_for_old(scrapping, month),
        engine_litres=engine_litres(scrapping, month),
        appliance_limit=claims_per_appliance(appliances, month),
        appliance_top_up=_by_appliance(
            instruments["appliance_returned_unit_top_up"], month, appliance_price, "active"
        ),
        countryside=is_new_energy()
        * amount_of_month(instruments["new_energy_to_countryside"], month, rural),
        loan=amount_of_month(instruments["consumer_loan_interest_subsidy"], month, loans),
        tax_relief=relief,
        goods=generosity,
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


@kept_by_rule
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
                        latest[place] = max(latest[place], Month.of(day).index)
    return latest


@kept_by_rule
def owned_by(instrument: Instrument, month: Month) -> int:
    """Last month in which the old car may have been acquired; month index.

    A month counts if most of its days meet the condition.
    """
    latest = -1
    for _, version in instrument.parts(month):
        days = [
            condition.value - timedelta(days=condition.operator == "<")
            for condition in version.eligibility
            if condition.attribute == "old_car_owned_since" and isinstance(condition.value, date)
        ]
        if not days:
            return ANY_TIME
        last = Month.of(min(days))
        length = ((last + 1).first_day - last.first_day).days
        latest = max(latest, last.index if min(days).day > length / 2.0 else last.index - 1)
    return latest if latest >= 0 else ANY_TIME


@kept_by_rule
def new_for_old(instrument: Instrument, month: Month) -> NDArray[np.bool_]:
    """Which new powertrain (second axis) is paid for which old one (first), shape (3, 3)."""
    members = dimension("powertrain").members
    allowed = np.ones((len(members), len(members)), dtype=np.bool_)
    for _, version in instrument.parts(month):
        for condition in version.eligibility:
            if condition.attribute == "old_car_fuel":
                for place, member in enumerate(members):
                    pairs = Claims.of(powertrain=members, old_car_fuel=OLD_CAR_FUEL[member])
                    allowed[place] &= condition.met(pairs)
    return allowed


@kept_by_rule
def engine_litres(instrument: Instrument, month: Month) -> float:
    """Largest engine that is subsidised; infinite where a rule names none."""
    bounds = [
        float(condition.value)
        for _, version in instrument.parts(month)
        for condition in version.eligibility
        if condition.attribute == "engine_litres" and isinstance(condition.value, float)
    ]
    return max(bounds, default=np.inf)


@kept_by_rule
def claims_per_appliance(instrument: Instrument, month: Month) -> NDArray[np.int64]:
    """Appliances of each kind for which an agent may claim, shape (appliances,)."""
    kinds = dimension("appliance").members
    version = last_version(instrument, month)
    limits = None if version is None else version.limits
    if limits is None or limits.category is None:
        return np.full(len(kinds), ANY_TIME)
    return np.array([limits.claims_per_category.get(kind, ANY_TIME) for kind in kinds])


def last_version(instrument: Instrument, month: Month) -> Version | None:
    """The version in force at the end of the month, or the last one of the month."""
    versions = [version for _, version in instrument.parts(month)]
    return versions[-1] if versions else None


def trade_in_budget(levers: Mapping[str, float]) -> float:
    """Trade-in money of a year in yuan, from the lever in 10^8 yuan a year."""
    return levers["trade_in_budget"] * 1e8


def _by_appliance(instrument: Instrument, month: Month, price: Array, state: str) -> Array:
    """Yuan by appliance and grade, shape (appliances, grades)."""
    of_month = amount_of_month if state == "active" else paused_amount_of_month
    grades = dimension("grade").members
    return np.stack(
        [
            of_month(
                instrument,
                month,
                Claims.of(grade=grades, appliance_category=kind, appliance_price=row),
            )
            for kind, row in zip(dimension("appliance").members, price, strict=True)
        ]
    )


def is_new_energy() -> NDArray[np.bool_]:
    """Which powertrains count as new-energy, shape (powertrains,)."""
    return np.array([member != "combustion" for member in dimension("powertrain").members])


def _is_best_grade() -> NDArray[np.bool_]:
    return np.array([member == "grade_1" for member in dimension("grade").members])
