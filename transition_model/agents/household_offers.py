"""What households are offered in a month: trade-in money, its ends, and what it is worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from transition_model.agents import household_cars
from transition_model.agents.announced_ends import announced_end
from transition_model.agents.household_cars import AfterEnd, Ends
from transition_model.agents.household_goods import GOODS
from transition_model.agents.other_purchases import APPLIANCES
from transition_model.agents.situation import Situation
from transition_model.dimensions import dimension
from transition_model.instruments.attributes import Claims
from transition_model.instruments.monthly import met
from transition_model.instruments.schema import Version
from transition_model.month_terms import Reading, WatchedReading
from transition_model.policy.trade_in import (
    TradeInOffer,
    is_new_energy,
    offer_of_month,
    reshaping,
)

type Array = NDArray[np.float64]

CAR_RULES = ("car_scrappage_renewal", "car_replacement_renewal")
"""Rules that pay for scrapping and for selling on the old car."""

VEHICLE_CONSTANTS = {
    "familiarity_logit": "vehicle_constant",
    "plain_logit": "vehicle_constant_plain_logit",
    "bass": "vehicle_constant",
}
"""Alternative-specific constants of the submodels of car choice."""


def trade_in_offer(reading: Situation | WatchedReading) -> TradeInOffer:
    """The month's trade-in offer under the scenario's levers."""
    parameters, month = reading.parameters, reading.month
    price = parameters.array("car_price", month) * 1e4
    return offer_of_month(
        reading.law,
        reading.levers,
        month,
        price,
        parameters.array("appliance_price"),
        parameters.scalar("purchase_tax_rate"),
        np.minimum(
            parameters.scalar("car_loan_of_price") * price,
            parameters.scalar("consumer_loan_counted"),
        ),
        parameters.scalar("consumer_loan_rate"),
    )


def nothing_offered(offer: TradeInOffer) -> TradeInOffer:
    """The offer when the year's trade-in money is gone: what is not trade-in stays."""
    cars, appliances = np.zeros_like(offer.scrappage), np.zeros_like(offer.appliance)
    return replace(
        offer,
        scrappage=cars,
        replacement=cars,
        registered_by=np.full_like(offer.registered_by, -1),
        appliance=appliances,
        scrappage_paused=cars,
        replacement_paused=cars,
        appliance_paused=appliances,
        goods=0.0,
    )


def ends_of_offers(reading: Situation | WatchedReading) -> Ends:
    """Announced ends of the offers for scrapping and for selling on, and of the tax relief."""
    return Ends(
        _after_end(reading, CAR_RULES[0], lambda offer: offer.scrappage),
        _after_end(reading, CAR_RULES[1], lambda offer: offer.replacement),
        _after_end(reading, "new_energy_purchase_tax_relief", lambda offer: offer.tax_relief),
    )


def _after_end(
    reading: Situation | WatchedReading, instrument: str, amount: Callable[[TradeInOffer], Array]
) -> AfterEnd:
    end = announced_end(reading.law[instrument], reading.month)
    if end is None:
        return household_cars.NO_END
    if end.following is None:
        return AfterEnd(end.months_left, household_cars.NO_END.amount)
    # Households reckon with the levers as they stand: what policy will do later is not announced.
    later = trade_in_offer(replace(reading, month=end.following))
    return AfterEnd(end.months_left, amount(later))


def car_amount(reading: Reading, version: Version, price: Array) -> Array:
    """Yuan by powertrain under a version at prices, as the levers reshape it, shape (3,)."""
    levers = reading.levers["trade_in_generosity"], reading.levers["green_preference"]
    return _amount_of(_Same(version), tuple(price.tolist()), *levers)


class _Same:
    """A version as a key by identity: to compare two takes longer than to apply one."""

    __slots__ = ("version",)

    def __init__(self, version: Version) -> None:
        self.version = version

    def __hash__(self) -> int:
        return id(self.version)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.version is self.version


@lru_cache(maxsize=1_000)
def _amount_of(of: _Same, price: tuple[float, ...], generosity: float, preference: float) -> Array:
    claims = Claims.of(powertrain=dimension("powertrain").members, car_price=np.array(price))
    factor = reshaping(is_new_energy(), generosity, preference)
    amount = factor * np.where(met(of.version, claims), of.version.form.yuan(claims), 0.0)
    amount.flags.writeable = False
    return np.asarray(amount)


def worth_of_claim(reading: Reading, rule: str, version: Version) -> float:
    """What a typical claim under a version is worth, yuan."""
    parameters, month = reading.parameters, reading.month
    if rule in CAR_RULES:
        price = parameters.array("car_price", month) * 1e4
        return float(car_amount(reading, version, price).mean())
    if rule == APPLIANCES:
        price = parameters.array("appliance_price").mean(axis=0)
        claims = Claims.of(grade=dimension("grade").members, appliance_price=price)
    else:
        good = next(good for good in GOODS if good.instrument == rule)
        price = np.array([parameters.scalar(f"{good.name}_price")])
        claims = Claims.of(**{good.price: price})
    return float(np.where(met(version, claims), version.form.yuan(claims), 0.0).mean())
