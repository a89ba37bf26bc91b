"""Cars: who scraps, sells on or buys a first one, and which powertrain is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, isfinite, log
from types import SimpleNamespace
from typing import TYPE_CHECKING

from benchmarks.mesa_objects.amounts import numbers
from benchmarks.mesa_objects.durables import (
    MONTHS_PER_YEAR,
    arriving,
    ready,
    softmax,
    weibull_hazard,
)
from transition_model.agents.household_offers import ends_of_offers
from transition_model.agents.situation import Situation
from transition_model.behaviour.vehicle_choice import annuity_years
from transition_model.policy.trade_in import TradeInOffer, is_new_energy

if TYPE_CHECKING:
    from benchmarks.mesa_objects.household import Household

POWERTRAINS = range(3)
NOTHING = [0.0, 0.0, 0.0]
YUAN = 1e4
"""Sensitivities are per 10,000 yuan."""


@dataclass(slots=True)
class Buyer:
    """What a household brings to the market, whatever it is offered for its old car.

    ``utility`` of each powertrain, its ``sensitivity`` to money, ``plain`` choice without trade-in
    money, natural hazards of scrapping, selling on and first buying, and ``other`` yuan for any
    new car.
    """

    utility: list[float]
    sensitivity: float
    plain: list[float]
    natural: tuple[float, float, float]
    other: list[float]


@dataclass(slots=True)
class CarChoice:
    """What a household would do under one offer; hazards, choices then, claims and readiness."""

    scrappage: float
    transfer: float
    first: float
    after_scrappage: list[float]
    after_transfer: list[float]
    at_first: list[float]
    claims_scrappage: list[float]
    claims_replacement: list[float]
    refill_scrappage: float
    refill_other: float


def car_terms(situation: Situation, offer: TradeInOffer) -> SimpleNamespace:
    """What holds for all households in the month."""
    parameters, month = situation.parameters, situation.month
    terms = numbers(
        parameters,
        "price_coefficient",
        "price_income_elasticity",
        "peer_weight",
        "attitude_weight",
        "home_charging_weight",
        "car_survival_scale",
        "car_survival_shape",
        "transfer_hazard",
        "transfer_income_elasticity",
        "transfer_minimum_age",
        "first_purchase_hazard",
        "first_purchase_income_elasticity",
        "first_purchase_ceiling",
        "scrappage_response",
        "transfer_response",
        "first_purchase_response",
        "additional_replacement_share",
        "announced_end_response",
        "subsidy_foresight",
        "car_replacement_lead",
        "replacement_share",
        "pause_expectation",
        "familiarity_marketing",
        "familiarity_word_of_mouth",
        "familiarity_forgetting",
    )
    annuity = annuity_years(
        parameters.scalar("running_cost_discount"), parameters.scalar("running_cost_horizon")
    )
    price = parameters.array("car_price", month) * YUAN
    running = annuity * parameters.array("car_running_cost")
    terms.cost = ((price + offer.tax + running) / YUAN).tolist()
    terms.constant = parameters.array("vehicle_constant").tolist()
    electric_range = float(parameters.array("car_range", month)[2])
    points = float(situation.stocks["public_charging_points_per_new_energy_car"])
    terms.electric = parameters.scalar("range_weight") * log(
        electric_range / parameters.scalar("reference_range")
    ) + parameters.scalar("public_charging_weight") * log(
        max(points, 5e-324) / parameters.scalar("reference_points")
    )
    terms.market = parameters.scalar("car_market_index", month)
    terms.relief = offer.tax_relief.tolist()
    terms.countryside = (
        parameters.scalar("countryside_catalogue_share") * offer.countryside
    ).tolist()
    terms.loan = (parameters.scalar("car_loan_share") * offer.loan).tolist()
    ends = ends_of_offers(situation)
    terms.ends = {
        name: (end.months_left, end.amount.tolist())
        for name in ("scrappage", "replacement", "tax")
        for end in (getattr(ends, name),)
    }
    terms.month = month.index
    return terms


def car_offer(offer: TradeInOffer, situation: Situation) -> SimpleNamespace:
    """What is offered for the old car, and the share of buyers who will claim it."""
    claim = situation.parameters.scalar("car_claim_share")
    small = situation.parameters.scalar("small_engine_share")
    fits = [1.0 if new or offer.engine_litres == inf else small for new in is_new_energy()]
    offered = SimpleNamespace(
        scrappage=offer.scrappage.tolist(),
        scrappage_paused=offer.scrappage_paused.tolist(),
        replacement=offer.replacement.tolist(),
        replacement_paused=offer.replacement_paused.tolist(),
        registered_by=offer.registered_by.tolist(),
        owned_by_scrappage=offer.owned_by_scrappage,
        owned_by_replacement=offer.owned_by_replacement,
    )
    scrapping = offer.scrappage + offer.scrappage_paused > 0.0
    selling = offer.replacement + offer.replacement_paused > 0.0
    offered.scrapping = [
        [float(claim * fits[new] * scrapping[new] * pairs[new]) for new in POWERTRAINS]
        for pairs in offer.new_for_old
    ]
    offered.selling = (claim * selling).tolist()
    return offered


def buyer(household: Household, terms: SimpleNamespace) -> Buyer:
    """Utility, plain choice and natural hazards of a household in the month."""
    relative = household.relative_income
    sensitivity = terms.price_coefficient * relative**terms.price_income_elasticity
    other = list(terms.loan)
    if not household.urban:
        other = [yuan + more for yuan, more in zip(other, terms.countryside, strict=True)]
    social = terms.peer_weight * household.peer_share + terms.attitude_weight * household.attitude
    added = (
        0.0,
        social,
        social + terms.electric + terms.home_charging_weight * household.home_charging,
    )
    utility = [
        constant + sensitivity * cost + more - sensitivity * yuan / YUAN
        for constant, cost, more, yuan in zip(terms.constant, terms.cost, added, other, strict=True)
    ]
    natural = _natural_hazards(household, terms)
    return Buyer(utility, sensitivity, _chosen(household, utility), natural, other)


def _natural_hazards(household: Household, terms: SimpleNamespace) -> tuple[float, float, float]:
    relative = household.relative_income
    if household.car < 0:
        rate = terms.first_purchase_hazard / MONTHS_PER_YEAR
        hazard = rate * relative**terms.first_purchase_income_elasticity
        return 0.0, 0.0, terms.market * min(terms.first_purchase_ceiling, hazard)
    age = (terms.month - household.registered) / MONTHS_PER_YEAR
    sold_on = 0.0
    if age >= terms.transfer_minimum_age:
        rate = terms.transfer_hazard / MONTHS_PER_YEAR
        sold_on = terms.market * rate * relative**terms.transfer_income_elasticity
    return weibull_hazard(age, terms.car_survival_scale, terms.car_survival_shape), sold_on, 0.0


def _chosen(household: Household, utility: list[float]) -> list[float]:
    known = household.familiarity
    return softmax(utility, (1.0, known, known))


def choose_car(
    household: Household,
    buyer: Buyer,
    terms: SimpleNamespace,
    offer: SimpleNamespace,
    reckoned: float,
) -> CarChoice:
    """What a household does under an offer of which it reckons with a share."""
    readiness, lead = household.readiness, terms.car_replacement_lead
    scraps, sells, first = buyer.natural
    total = scraps + sells + first
    if total <= 0.0:
        mean, _ = ready(readiness, 1.0, 1.0, lead)
        back = (1.0 - mean) / lead
        return CarChoice(
            0.0, 0.0, 0.0, buyer.plain, buyer.plain, buyer.plain, NOTHING, NOTHING, 0.0, back
        )
    if household.car < 0:
        leaving, becoming = _pull(
            terms, buyer, buyer.plain, NOTHING, NOTHING, None, terms.first_purchase_response
        )
        mean, _ = ready(readiness, leaving, becoming, lead)
        hazard = min(1.0, first * leaving * mean)
        refill = (becoming - leaving * mean) / lead
        return CarChoice(
            0.0, 0.0, hazard, buyer.plain, buyer.plain, buyer.plain, NOTHING, NOTHING, 0.0, refill
        )
    claim_scrapping, claim_selling = _entitled(household, offer)
    pause = terms.pause_expectation
    hoped = [
        [
            entitled * (reckoned * paid + pause * paused)
            for entitled, paid, paused in zip(entitlement, yuan, waiting, strict=True)
        ]
        for entitlement, yuan, waiting in (
            (claim_scrapping, offer.scrappage, offer.scrappage_paused),
            (claim_selling, offer.replacement, offer.replacement_paused),
        )
    ]
    after_scrappage, after_transfer = (_after(household, buyer, money) for money in hoped)
    out_scrapping, in_scrapping = _pull(
        terms, buyer, after_scrappage, hoped[0], claim_scrapping, "scrappage",
        terms.scrappage_response,
    )  # fmt: skip
    out_selling, in_selling = _pull(
        terms, buyer, after_transfer, hoped[1], claim_selling, "replacement",
        terms.transfer_response,
    )  # fmt: skip
    share_scrapping, share_selling = scraps / total, sells / total
    leaving = share_scrapping * out_scrapping + share_selling * out_selling
    becoming = share_scrapping * in_scrapping + share_selling * in_selling
    mean, _ = ready(readiness, leaving, becoming, lead)
    scrappage = min(1.0, scraps * out_scrapping * mean)
    transfer = (1.0 - scrappage) * min(1.0, sells * out_selling * mean)
    replaced = terms.replacement_share * scrappage
    return CarChoice(
        scrappage,
        transfer,
        0.0,
        after_scrappage,
        after_transfer,
        buyer.plain,
        [replaced * p * e for p, e in zip(after_scrappage, claim_scrapping, strict=True)],
        [transfer * p * e for p, e in zip(after_transfer, claim_selling, strict=True)],
        share_scrapping * (in_scrapping - out_scrapping * mean) / lead,
        share_selling * (in_selling - out_selling * mean) / lead,
    )


def _entitled(household: Household, offer: SimpleNamespace) -> tuple[list[float], list[float]]:
    """Share of the household's kind who will claim for each new powertrain."""
    old, since = household.car, household.car_owned_since
    may_scrap = household.registered <= offer.registered_by[old]
    return (
        offer.scrapping[old] if may_scrap and since <= offer.owned_by_scrappage else NOTHING,
        offer.selling if since <= offer.owned_by_replacement else NOTHING,
    )


def _after(household: Household, buyer: Buyer, money: list[float]) -> list[float]:
    """Choice with money in view."""
    if not any(money):
        return buyer.plain
    utility = [
        value - buyer.sensitivity * yuan / YUAN
        for value, yuan in zip(buyer.utility, money, strict=True)
    ]
    return _chosen(household, utility)


def _pull(
    terms: SimpleNamespace,
    buyer: Buyer,
    probability: list[float],
    money: list[float],
    entitled: list[float],
    end: str | None,
    response: float,
) -> tuple[float, float]:
    """Factors on leaving and on becoming ready of one way to a new car."""
    now = sum(p * yuan for p, yuan in zip(probability, money, strict=True))
    other = sum(p * yuan for p, yuan in zip(probability, buyer.other, strict=True))
    raised = exp(response * (now + other) / YUAN)
    becoming = arriving(raised, terms.additional_replacement_share)
    if end is not None:
        months_left, amount = terms.ends[end]
        later = sum(p * e * yuan for p, e, yuan in zip(probability, entitled, amount, strict=True))
        raised *= _hurry(terms, now, later, months_left)
    months_left, amount = terms.ends["tax"]
    relieved = sum(p * yuan for p, yuan in zip(probability, terms.relief, strict=True))
    later = sum(p * yuan for p, yuan in zip(probability, amount, strict=True))
    return raised * _hurry(terms, relieved, later, months_left), becoming


def _hurry(terms: SimpleNamespace, now: float, later: float, months_left: float) -> float:
    """Factor on leaving because an offer is known to end."""
    if not isfinite(months_left):
        return 1.0
    closeness = exp(-months_left / terms.subsidy_foresight)
    return exp(terms.announced_end_response * max(now - later, 0.0) / YUAN * closeness)


def mix_cars(parts: list[tuple[CarChoice, float, float]]) -> CarChoice:
    """One choice out of several; each with its share for scrapping and for selling on."""
    if len(parts) == 1:
        return parts[0][0]
    scrap = [(choice, share) for choice, share, _ in parts]
    sell = [(choice, share) for choice, _, share in parts]
    scrappage = _sum("scrappage", scrap)
    return CarChoice(
        scrappage,
        min(_sum("transfer", sell), 1.0 - scrappage),
        _sum("first", sell),
        _weighed("after_scrappage", "scrappage", scrap),
        _weighed("after_transfer", "transfer", sell),
        _weighed("at_first", "first", sell),
        _sums("claims_scrappage", scrap),
        _sums("claims_replacement", sell),
        _sum("refill_scrappage", scrap),
        _sum("refill_other", sell),
    )


def _sum(name: str, parts: list[tuple[CarChoice, float]]) -> float:
    return sum(share * getattr(choice, name) for choice, share in parts)


def _sums(name: str, parts: list[tuple[CarChoice, float]]) -> list[float]:
    return [sum(share * getattr(choice, name)[j] for choice, share in parts) for j in POWERTRAINS]


def _weighed(name: str, hazard: str, parts: list[tuple[CarChoice, float]]) -> list[float]:
    bought = [(share * getattr(choice, hazard), getattr(choice, name)) for choice, share in parts]
    total = sum(hazard for hazard, _ in bought)
    if total <= 0.0:
        return bought[0][1]
    return [sum(hazard * p[j] for hazard, p in bought) / total for j in POWERTRAINS]


def cars_bought(choice: CarChoice, weight: float, terms: SimpleNamespace) -> list[float]:
    """New cars by powertrain that are expected of a household, a month."""
    return [
        weight
        * (
            terms.replacement_share * choice.scrappage * choice.after_scrappage[j]
            + choice.transfer * choice.after_transfer[j]
            + choice.first * choice.at_first[j]
        )
        for j in POWERTRAINS
    ]
