"""The car market of a month: who scraps, who sells on, who buys, and which powertrain.

Households are read as a survey of the fleet: the stock-flow model says how many cars of each
powertrain and age there are, the households say how owners of such cars behave. Each month their
weights are scaled cell by cell to the stock (post-stratification), so that flows fit the stock
whatever the sample.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transition_model.behaviour import options, replacement, vehicle_choice
from transition_model.calendar import MONTHS_PER_YEAR
from transition_model.parameters import ParameterValues
from transition_model.policy.trade_in import TradeInOffer, is_new_energy

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
    owned_since
        Month index since which the household has the car, shape (n,).
    weight
        Households that a row stands for, scaled to the stock-flow model's cars, shape (n,).
    empty_cells
        Cars of the stock in cells where the population has none, shape (powertrains, ages).
    """

    car: NDArray[np.int8]
    registered: NDArray[np.int32]
    age_class: NDArray[np.int64]
    age_years: Array
    owned_since: NDArray[np.int32]
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
    claims_scrappage, claims_replacement
        Subsidised cars expected per household this month, by new powertrain, shape (n, 3).
    subsidy_scrappage, subsidy_replacement
        Yuan that they claim on the days on which the rule pays, per household, shape (n,).
    refill_scrappage, refill_transfer, refill_first
        What the month adds to readiness, on account of each way to a new car, shape (n,).
    """

    scrappage: Array
    transfer: Array
    first: Array
    after_scrappage: Array
    after_transfer: Array
    at_first: Array
    claims_scrappage: Array
    claims_replacement: Array
    subsidy_scrappage: Array
    subsidy_replacement: Array
    refill_scrappage: Array
    refill_transfer: Array
    refill_first: Array


@dataclass(frozen=True, slots=True)
class AfterEnd:
    """What households expect after the announced end of an offer.

    Attributes
    ----------
    months_left
        Months until the end, infinite if none is announced.
    amount
        Yuan for a new car by powertrain then, shape (3,); of a tax, what is relieved.
    """

    months_left: float
    amount: Array


@dataclass(frozen=True, slots=True)
class Ends:
    """Announced ends of what lowers the price of a new car."""

    scrappage: AfterEnd
    replacement: AfterEnd
    tax: AfterEnd


NO_END = AfterEnd(np.inf, np.zeros(3))
"""Nothing is announced."""

NO_ENDS = Ends(NO_END, NO_END, NO_END)


def owners_of_month(
    car: NDArray[np.int8],
    registered: NDArray[np.int32],
    weight: Array,
    month_index: int,
    stock: Array,
    owned_since: NDArray[np.int32] | None = None,
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
    owned_since
        Month index since which each household has its car, shape (n,); by default first owners.
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
        owned_since=registered if owned_since is None else owned_since,
        weight=weight * np.where(owns, factor[cell], carless_factor),
        empty_cells=np.where(sampled > 0.0, 0.0, flat).reshape(stock.shape),
    )


def decide(
    owners: CarOwners,
    readiness: Array,
    income: Array,
    base_utility: Array,
    sensitivity: Array,
    choice: Callable[[Array], Array],
    offer: TradeInOffer,
    parameters: ParameterValues,
    market_index: float,
    reference_income: float,
    ends: Ends = NO_ENDS,
    reckoned: float = 1.0,
    anyway: Array | None = None,
) -> CarDecision:
    """Hazards and choice probabilities of every household under one offer.

    Parameters
    ----------
    owners
        Households at the opening.
    readiness
        Readiness to buy against the natural one, shape (n,).
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
    ends
        What is expected after the announced ends.
    reckoned
        Share of the amounts that buyers reckon with; below 1 where the money is gone and may come
        again.
    anyway
        Yuan for a new car whatever happens to the old one (to rural households, to borrowers),
        shape (n, 3).
    """
    owns, rows = owners.owns, len(income)
    pause = parameters.scalar("pause_expectation")
    other = np.zeros((1, len(offer.tax))) if anyway is None else anyway
    utility = vehicle_choice.with_subsidy(base_utility, sensitivity, other)
    plain = choice(utility)
    with_scrappage, with_replacement = entitlements(owners, offer, parameters)
    hoped = (
        with_scrappage * (reckoned * offer.scrappage + pause * offer.scrappage_paused),
        with_replacement * (reckoned * offer.replacement + pause * offer.replacement_paused),
    )
    after_scrappage, after_transfer = (
        choice(vehicle_choice.with_subsidy(utility, sensitivity, amount)) for amount in hoped
    )
    natural, sold_on, first = np.zeros(rows), np.zeros(rows), np.zeros(rows)
    natural[owns] = replacement.weibull_hazard_per_month(
        owners.age_years[owns],
        parameters.scalar("car_survival_scale"),
        parameters.scalar("car_survival_shape"),
    )
    sold_on[owns] = market_index * transfer_hazard(
        owners.age_years[owns], income[owns], reference_income, parameters
    )
    first[~owns] = market_index * replacement.first_purchase_hazard(
        income[~owns],
        reference_income,
        parameters.scalar("first_purchase_hazard") / MONTHS_PER_YEAR,
        parameters.scalar("first_purchase_income_elasticity"),
        parameters.scalar("first_purchase_ceiling"),
    )
    ways = (
        _pull(
            after_scrappage, hoped[0], other, with_scrappage, ends.scrappage, offer.tax_relief,
            ends.tax, parameters.scalar("scrappage_response"), parameters,
        ),
        _pull(
            after_transfer, hoped[1], other, with_replacement, ends.replacement, offer.tax_relief,
            ends.tax, parameters.scalar("transfer_response"), parameters,
        ),
        _pull(
            plain, np.zeros_like(other), other, np.zeros_like(other), NO_END, offer.tax_relief,
            ends.tax, parameters.scalar("first_purchase_response"), parameters,
        ),
    )  # fmt: skip
    hazards, refills = _drawn_from_readiness(
        readiness, (natural, sold_on, first), ways, parameters.scalar("car_replacement_lead")
    )
    scrappage, transfer = replacement.exclusive(hazards[0], hazards[1])
    replaced = parameters.scalar("replacement_share")
    claims_scrappage = (replaced * scrappage)[:, None] * after_scrappage * with_scrappage
    claims_replacement = transfer[:, None] * after_transfer * with_replacement
    return CarDecision(
        scrappage,
        transfer,
        hazards[2],
        after_scrappage,
        after_transfer,
        plain,
        claims_scrappage,
        claims_replacement,
        subsidy_scrappage=claims_scrappage @ offer.scrappage,
        subsidy_replacement=claims_replacement @ offer.replacement,
        refill_scrappage=refills[0],
        refill_transfer=refills[1],
        refill_first=refills[2],
    )


def entitlements(
    owners: CarOwners, offer: TradeInOffer, parameters: ParameterValues
) -> tuple[Array, Array]:
    """Share of buyers of each powertrain who will claim, for scrapping and for selling on.

    Not everybody who may claim does, and not every combustion engine is small enough: what counts
    is the amount expected. Shape (n, 3) each, zero for those who may not.
    """
    claim = parameters.scalar("car_claim_share")
    old = np.maximum(owners.car, 0)
    new = np.where(
        new_energy_mask() | np.isinf(offer.engine_litres),
        1.0,
        parameters.scalar("small_engine_share"),
    )
    may_scrap = (
        owners.owns
        & (owners.registered <= offer.registered_by[old])
        & (owners.owned_since <= offer.owned_by_scrappage)
    )
    may_sell = owners.owns & (owners.owned_since <= offer.owned_by_replacement)
    paid_scrapping = offer.scrappage + offer.scrappage_paused > 0.0
    paid_selling = offer.replacement + offer.replacement_paused > 0.0
    scrapping = claim * new * paid_scrapping * offer.new_for_old[old]
    return (
        np.where(may_scrap[:, None], scrapping, 0.0),
        np.where(may_sell[:, None], claim * paid_selling, 0.0),
    )


def _pull(
    probability: Array,
    money: Array,
    anyway: Array,
    entitled: Array,
    end: AfterEnd,
    relief: Array,
    tax_end: AfterEnd,
    response: float,
    parameters: ParameterValues,
) -> tuple[Array, Array]:
    """Factors on leaving and on becoming ready of one way to a new car, shape (n,) each."""
    now = options.expected(probability, money)
    raised = replacement.offer_factor(now + options.expected(probability, anyway), response)
    arriving = replacement.arrival_factor(raised, parameters.scalar("additional_replacement_share"))
    hurry, foresight = (
        parameters.scalar("announced_end_response"),
        parameters.scalar("subsidy_foresight"),
    )
    for before, after in (
        (now, (entitled, end)),
        (probability @ relief, (np.ones_like(relief), tax_end)),
    ):
        due, known = after
        if np.isfinite(known.months_left):
            later = options.expected(probability, due * known.amount)
            raised = raised * replacement.hurry_before_end(
                before, later, known.months_left, hurry, foresight
            )
    return raised, arriving


def _drawn_from_readiness(
    readiness: Array,
    natural: tuple[Array, ...],
    ways: tuple[tuple[Array, Array], ...],
    lead: float,
) -> tuple[list[Array], list[Array]]:
    """Hazards of the month of each way to a new car, and what each adds to readiness, shape (n,).

    A household has one readiness; the ways draw on it in proportion to their natural hazards.
    """
    total = sum(natural, np.zeros(len(readiness)))
    shares = [
        np.divide(hazard, total, out=np.zeros_like(total), where=total > 0.0) for hazard in natural
    ]
    idle = np.where(total > 0.0, 0.0, 1.0)
    leaving = idle + sum(share * way[0] for share, way in zip(shares, ways, strict=True))
    arriving = idle + sum(share * way[1] for share, way in zip(shares, ways, strict=True))
    mean, _ = replacement.ready_over_month(readiness, leaving, arriving, lead)
    hazards, refills = [], []
    for hazard, share, (out, into) in zip(natural, shares, ways, strict=True):
        hazards.append(np.minimum(1.0, hazard * out * mean))
        refills.append((share * (into - out * mean)) / lead)
    # Whose car cannot go comes back to the natural readiness.
    refills[-1] = refills[-1] + idle * (1.0 - mean) / lead
    return hazards, refills


def mixed(parts: Sequence[tuple[CarDecision, float, float]]) -> CarDecision:
    """One decision out of several that hold for parts of the month.

    Parameters
    ----------
    parts
        A decision, the share of the month for which it holds as far as scrapping goes, and the
        share as far as selling on goes; shares add up to 1 each.
    """
    if len(parts) == 1:
        return parts[0][0]
    scrap = [(decision, share) for decision, share, _ in parts]
    sell = [(decision, share) for decision, _, share in parts]
    scrappage = _sum("scrappage", scrap)
    transfer = np.minimum(_sum("transfer", sell), 1.0 - scrappage)
    return CarDecision(
        scrappage=scrappage,
        transfer=transfer,
        first=_sum("first", sell),
        after_scrappage=_weighed("after_scrappage", "scrappage", scrap),
        after_transfer=_weighed("after_transfer", "transfer", sell),
        at_first=_weighed("at_first", "first", sell),
        claims_scrappage=_sum("claims_scrappage", scrap),
        claims_replacement=_sum("claims_replacement", sell),
        subsidy_scrappage=_sum("subsidy_scrappage", scrap),
        subsidy_replacement=_sum("subsidy_replacement", sell),
        refill_scrappage=_sum("refill_scrappage", scrap),
        refill_transfer=_sum("refill_transfer", sell),
        refill_first=_sum("refill_first", sell),
    )


def _sum(name: str, parts: list[tuple[CarDecision, float]]) -> Array:
    return np.asarray(sum(share * getattr(decision, name) for decision, share in parts))


def _weighed(name: str, hazard: str, parts: list[tuple[CarDecision, float]]) -> Array:
    """Probabilities weighed by the purchases of each part of the month, shape (n, 3)."""
    bought = [(share * getattr(decision, hazard))[:, None] for decision, share in parts]
    total = np.asarray(sum(bought))
    weighed = np.asarray(
        sum(one * getattr(decision, name) for one, (decision, _) in zip(bought, parts, strict=True))
    )
    usual: Array = getattr(parts[0][0], name)
    return np.asarray(np.divide(weighed, total, out=usual.copy(), where=total > 0.0))


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
    replaced as owners of worn-out cars choose without an offer.

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
    if unsampled.any() and weight.sum() > 0.0:
        wearing_out = np.zeros(len(weight))
        wearing_out[owns] = weight[owns] * replacement.weibull_hazard_per_month(
            owners.age_years[owns],
            parameters.scalar("car_survival_scale"),
            parameters.scalar("car_survival_shape"),
        )
        like = wearing_out if wearing_out.any() else weight
        chosen = np.average(decision.at_first, axis=0, weights=like)
        after_scrappage = after_scrappage + unsampled.sum() * chosen
    purchases = (
        replaced * after_scrappage
        + (weight * decision.transfer) @ decision.after_transfer
        + (weight * decision.first) @ decision.at_first
    )
    return purchases, sampled.reshape(owners.empty_cells.shape) + unsampled


def new_cars(
    owners: CarOwners, decision: CarDecision, purchases: Array, parameters: ParameterValues
) -> Array:
    """New cars by powertrain expected in each row, vehicles a month, shape (n, 3).

    Cars that replace those of cells in which the sample has none are spread over the rows in
    proportion, so that rows add up to the ``purchases`` of :func:`expected_flows`, shape (3,).
    """
    replaced = parameters.scalar("replacement_share")
    bought = owners.weight[:, None] * (
        (replaced * decision.scrappage)[:, None] * decision.after_scrappage
        + decision.transfer[:, None] * decision.after_transfer
        + decision.first[:, None] * decision.at_first
    )
    total = bought.sum(axis=0)
    factor = np.divide(purchases, total, out=np.zeros_like(total), where=total > 0.0)
    return np.asarray(bought * factor)


def remember(
    owners: CarOwners,
    decision: CarDecision,
    parameters: ParameterValues,
    month_index: int,
    draws: dict[str, Array],
) -> tuple[NDArray[np.int8], NDArray[np.int32], NDArray[np.int32]]:
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
        Columns ``car``, ``registered`` and ``car_owned_since``, shape (n,).
    """
    owns = owners.owns
    car, registered = owners.car.copy(), owners.registered.copy()
    owned_since = owners.owned_since.copy()
    scraps = owns & (draws["leave"] < decision.scrappage)
    sells = owns & ~scraps & (draws["leave"] < decision.scrappage + decision.transfer)
    rebuys = scraps & (draws["buy"] < parameters.scalar("replacement_share"))
    first = ~owns & (draws["leave"] < decision.first)
    probabilities = np.where(
        scraps[:, None],
        decision.after_scrappage,
        np.where(sells[:, None], decision.after_transfer, decision.at_first),
    )
    chosen = options.total(draws["powertrain"][:, None] > options.added_up(probabilities)[:, :-1])
    buys = rebuys | sells | first
    car[scraps], registered[scraps], owned_since[scraps] = -1, -1, -1
    car[buys], registered[buys], owned_since[buys] = chosen[buys], month_index, month_index

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
        owned_since[lucky] = month_index
    return car, registered, owned_since


def peer_share(car: NDArray[np.int8], peers: NDArray[np.int32]) -> Array:
    """Share of new-energy cars among the cars of each household's peers, shape (n,).

    Households whose peers have no car see none.
    """
    seen = car[peers]
    new_energy, cars = options.total(seen > 0), options.total(seen >= 0)
    return np.asarray(new_energy / np.maximum(cars, 1), dtype=np.float64)


def new_energy_mask() -> NDArray[np.bool_]:
    """Which powertrains count as new-energy, shape (powertrains,)."""
    return is_new_energy()
