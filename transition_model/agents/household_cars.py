"""The car market of a month: who scraps, who sells on, who buys, and which powertrain.

Households are read as a survey of the fleet: the stock-flow model says how many cars of each
powertrain and age there are, the households say how owners of such cars behave. Each month their
weights are scaled cell by cell to the stock (post-stratification), so that flows fit the stock
whatever the sample.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transition_model.behaviour import replacement, vehicle_choice
from transition_model.calendar import MONTHS_PER_YEAR
from transition_model.dimensions import dimension
from transition_model.parameters import ParameterValues
from transition_model.policy.trade_in import TradeInOffer

type Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CarOwners:
    """Households and their cars at the opening of a month; rows as in the population.

    Attributes
    ----------
    car
        Powertrain, -1 for none, shape (n,).
    registered
        Month index of first registration, shape (n,).
    age_class
        Calendar years since registration, the last class open, shape (n,); 0 where there is no car.
    age_years
        Age in years to the month, shape (n,).
    weight
        Households that a row stands for, scaled to the stock-flow model's cars, shape (n,).
    empty_cells
        Cars of the stock in cells where the population has none, shape (powertrains, ages).
    """

    car: NDArray[np.int8]
    registered: NDArray[np.int32]
    age_class: NDArray[np.int64]
    age_years: Array
    weight: Array
    empty_cells: Array

    @property
    def owns(self) -> NDArray[np.bool_]:
        """Whether there is a car, shape (n,)."""
        return self.car >= 0


@dataclass(frozen=True, slots=True)
class CarDecision:
    """What households would do under one offer.

    Attributes
    ----------
    scrappage, transfer, first
        Monthly hazards of scrapping, of selling on for a new car, of a first new car; shape (n,),
        zero where they do not apply.
    after_scrappage, after_transfer, at_first
        Probability of each powertrain then, shape (n, 3).
    subsidy_scrappage, subsidy_replacement
        Yuan expected per household this month, shape (n,).
    """

    scrappage: Array
    transfer: Array
    first: Array
    after_scrappage: Array
    after_transfer: Array
    at_first: Array
    subsidy_scrappage: Array
    subsidy_replacement: Array


@dataclass(frozen=True, slots=True)
class AfterEnd:
    """What households expect after the announced end of an offer.

    Attributes
    ----------
    months_left
        Months until the end, infinite if none is announced.
    amount
        Yuan for a new car by powertrain then, shape (3,).
    """

    months_left: float
    amount: Array


NO_END = AfterEnd(np.inf, np.zeros(3))
"""Nothing is announced."""


def owners_of_month(
    car: NDArray[np.int8],
    registered: NDArray[np.int32],
    weight: Array,
    month_index: int,
    stock: Array,
) -> CarOwners:
    """Scale the households' weights to the stock.

    Parameters
    ----------
    car, registered, weight
        Columns of the population, shape (n,).
    month_index
        The month.
    stock
        Cars by powertrain and age, shape (powertrains, ages).
    """
    powertrains, ages = stock.shape
    owns = car >= 0
    years = month_index // MONTHS_PER_YEAR - registered // MONTHS_PER_YEAR
    age_class = np.where(owns, np.clip(years, 0, ages - 1), 0).astype(np.int64)
    age_years = np.where(owns, (month_index - registered) / MONTHS_PER_YEAR, 0.0)
    cell = np.where(owns, car.astype(np.int64) * ages + age_class, 0)
    sampled = np.bincount(cell[owns], weights=weight[owns], minlength=powertrains * ages)
    flat = stock.ravel()
    factor = np.divide(flat, sampled, out=np.zeros_like(flat), where=sampled > 0.0)
    carless = max(float(weight.sum() - flat.sum()), 0.0)
    sampled_carless = float(weight[~owns].sum())
    carless_factor = carless / sampled_carless if sampled_carless > 0.0 else 0.0
    return CarOwners(
        car=car,
        registered=registered,
        age_class=age_class,
        age_years=age_years,
        weight=weight * np.where(owns, factor[cell], carless_factor),
        empty_cells=np.where(sampled > 0.0, 0.0, flat).reshape(stock.shape),
    )


def decide(
    owners: CarOwners,
    income: Array,
    base_utility: Array,
    sensitivity: Array,
    choice: Callable[[Array], Array],
    offer: TradeInOffer,
    parameters: ParameterValues,
    market_index: float,
    reference_income: float,
    registered_cutoff: NDArray[np.int64],
    scrappage_end: AfterEnd = NO_END,
    replacement_end: AfterEnd = NO_END,
) -> CarDecision:
    """Hazards and choice probabilities of every household under one offer.

    Parameters
    ----------
    owners
        Households at the opening.
    income
        Yuan a year, shape (n,).
    base_utility
        Utility of each powertrain before subsidy, shape (n, 3).
    sensitivity
        Utility per 10,000 yuan, shape (n,).
    choice
        Probability of each powertrain from its utility, shapes (n, 3): the submodel of the run.
    offer
        Subsidies of the month; all zero for "no money left".
    parameters
        Declared values.
    market_index
        Car market against 2020.
    reference_income
        Mean household income of 2020, yuan a year.
    registered_cutoff
        Last month of registration that may be scrapped for money, by powertrain.
    scrappage_end, replacement_end
        What is expected after the announced end of either offer.
    """
    owns, rows = owners.owns, len(income)
    # Not everybody who may claim does: what counts is the amount expected.
    claim = parameters.scalar("car_claim_share")
    expected_offers = (claim * offer.scrappage, claim * offer.replacement)
    utilities = [
        vehicle_choice.with_subsidy(base_utility, sensitivity, amount) for amount in expected_offers
    ]
    plain, after_scrappage, after_transfer = map(choice, (base_utility, *utilities))

    eligible = owns & (owners.registered <= registered_cutoff[np.maximum(owners.car, 0)])
    after_scrappage = np.where(eligible[:, None], after_scrappage, plain)
    scrap_money = np.where(eligible, after_scrappage @ expected_offers[0], 0.0)
    transfer_money = np.where(owns, after_transfer @ expected_offers[1], 0.0)
    scrap_money_later = after_scrappage @ (claim * scrappage_end.amount)
    transfer_money_later = after_transfer @ (claim * replacement_end.amount)
    hurry = parameters.scalar("announced_end_response")
    foresight = parameters.scalar("subsidy_foresight")

    scrappage, transfer, first = np.zeros(rows), np.zeros(rows), np.zeros(rows)
    natural = replacement.weibull_hazard_per_month(
        owners.age_years[owns],
        parameters.scalar("car_survival_scale"),
        parameters.scalar("car_survival_shape"),
    )
    sold_on = market_index * transfer_hazard(
        owners.age_years[owns], income[owns], reference_income, parameters
    )
    for hazard, usual, response, now, later, end in (
        (scrappage, natural, "scrappage_response", scrap_money, scrap_money_later, scrappage_end),
        (transfer, sold_on, "transfer_response", transfer_money, transfer_money_later,
         replacement_end),
    ):  # fmt: skip
        hazard[owns] = replacement.pulled_forward(
            replacement.raised_by_offer(usual, now[owns], parameters.scalar(response)),
            now[owns],
            later[owns],
            end.months_left,
            hurry,
            foresight,
        )
    scrappage, transfer = replacement.exclusive(scrappage, transfer)
    first[~owns] = market_index * replacement.first_purchase_hazard(
        income[~owns],
        reference_income,
        parameters.scalar("first_purchase_hazard") / MONTHS_PER_YEAR,
        parameters.scalar("first_purchase_income_elasticity"),
        parameters.scalar("first_purchase_ceiling"),
    )
    replaced = parameters.scalar("replacement_share")
    return CarDecision(
        scrappage,
        transfer,
        first,
        after_scrappage,
        after_transfer,
        plain,
        subsidy_scrappage=scrappage * replaced * scrap_money,
        subsidy_replacement=transfer * transfer_money,
    )


def transfer_hazard(
    age_years: Array,
    income: Array,
    reference_income: float,
    parameters: ParameterValues,
) -> Array:
    """Monthly hazard of selling a car on for a new one; zero below the youngest age, shape (n,)."""
    rate = parameters.scalar("transfer_hazard") / MONTHS_PER_YEAR
    elasticity = parameters.scalar("transfer_income_elasticity")
    old_enough = age_years >= parameters.scalar("transfer_minimum_age")
    return np.where(old_enough, rate * (income / reference_income) ** elasticity, 0.0)


def expected_flows(
    owners: CarOwners, decision: CarDecision, parameters: ParameterValues
) -> tuple[Array, Array]:
    """Cars bought by powertrain and cars scrapped by powertrain and age, a month.

    Cars in cells that no household of the sample owns leave at the natural hazard, and are
    replaced as the other scrapped cars are.

    Returns
    -------
    tuple of ndarray
        Purchases, shape (powertrains,); scrappage, shape (powertrains, ages); vehicles a month.
    """
    replaced = parameters.scalar("replacement_share")
    weight, owns = owners.weight, owners.owns
    scrapped = weight * decision.scrappage
    ages = owners.empty_cells.shape[1]
    cell = owners.car[owns].astype(np.int64) * ages + owners.age_class[owns]
    sampled = np.bincount(cell, weights=scrapped[owns], minlength=owners.empty_cells.size)
    unsampled = owners.empty_cells * replacement.weibull_hazard_per_month(
        np.arange(ages, dtype=np.float64),
        parameters.scalar("car_survival_scale"),
        parameters.scalar("car_survival_shape"),
    )
    after_scrappage = scrapped @ decision.after_scrappage
    if scrapped.sum() > 0.0:
        after_scrappage = after_scrappage * (1.0 + unsampled.sum() / scrapped.sum())
    elif weight.sum() > 0.0:
        # Nobody of the sample scraps a car: replaced as first cars are bought.
        after_scrappage = unsampled.sum() * np.average(decision.at_first, axis=0, weights=weight)
    purchases = (
        replaced * after_scrappage
        + (weight * decision.transfer) @ decision.after_transfer
        + (weight * decision.first) @ decision.at_first
    )
    return purchases, sampled.reshape(owners.empty_cells.shape) + unsampled


def remember(
    owners: CarOwners,
    decision: CarDecision,
    parameters: ParameterValues,
    month_index: int,
    draws: dict[str, Array],
) -> tuple[NDArray[np.int8], NDArray[np.int32]]:
    """What each household owns afterwards: draws decide only what an agent remembers.

    Cars sold on go to households without one; how many is the expected number, who is drawn.

    Parameters
    ----------
    owners, decision
        The month's opening and decisions.
    month_index
        The month.
    draws
        Uniform draws, shape (n,) each: ``leave``, ``buy``, ``powertrain``, ``used``, ``used_car``.

    Returns
    -------
    tuple of ndarray
        Columns ``car`` and ``registered``, shape (n,).
    """
    owns = owners.owns
    car, registered = owners.car.copy(), owners.registered.copy()
    scraps = owns & (draws["leave"] < decision.scrappage)
    sells = owns & ~scraps & (draws["leave"] < decision.scrappage + decision.transfer)
    rebuys = scraps & (draws["buy"] < parameters.scalar("replacement_share"))
    first = ~owns & (draws["leave"] < decision.first)
    probabilities = np.where(
        scraps[:, None],
        decision.after_scrappage,
        np.where(sells[:, None], decision.after_transfer, decision.at_first),
    )
    chosen = (draws["powertrain"][:, None] > np.cumsum(probabilities, axis=1)[:, :-1]).sum(axis=1)
    buys = rebuys | sells | first
    car[scraps], registered[scraps] = -1, -1
    car[buys], registered[buys] = chosen[buys], month_index

    supply = owners.weight * decision.transfer
    takes = ~owns & ~first
    demand = np.where(takes, owners.weight * decision.first, 0.0)
    if supply.sum() > 0.0 and demand.sum() > 0.0:
        chance = np.minimum(1.0, decision.first * supply.sum() / demand.sum())
        lucky = takes & (draws["used"] < chance)
        place = draws["used_car"][lucky] * supply.sum()
        source = np.searchsorted(np.cumsum(supply), place, side="right")
        source = np.minimum(source, len(supply) - 1)
        car[lucky], registered[lucky] = owners.car[source], owners.registered[source]
    return car, registered


def peer_share(car: NDArray[np.int8], peers: NDArray[np.int32]) -> Array:
    """Share of new-energy cars among the cars of each household's peers, shape (n,).

    Households whose peers have no car see none.
    """
    seen = car[peers]
    cars = (seen >= 0).sum(axis=1)
    return np.asarray((seen > 0).sum(axis=1) / np.maximum(cars, 1), dtype=np.float64)


def new_energy_mask() -> NDArray[np.bool_]:
    """Which powertrains count as new-energy, shape (powertrains,)."""
    return np.array([member != "combustion" for member in dimension("powertrain").members])
