"""A month of the recyclers: prices, channels, collection and capacity, plant by plant.

What :class:`~.agents.recyclers.Recyclers` decides with numpy, from the same formulas of
:mod:`.behaviour`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from transition_model.behaviour import capacity_investment as investment
from transition_model.behaviour import material_collection as collection
from transition_model.behaviour import recycling_bids as bids
from transition_model.behaviour.green_loans import interest_of_month
from transition_model.calendar import MONTHS_PER_YEAR
from transition_model.compilation import Fields, formula, kernel, part
from transition_model.kernels.records import Records

type Array = NDArray[np.float64]
type Integers = NDArray[np.int64]


class _ByKind(NamedTuple):
    """Rows of the table of what holds for a kind of plant in a whole run."""

    content_response: int
    gate_fee: int
    processing_cost: int
    transport_cost: int
    target_margin: int
    fixed_cost: int
    price_memory: int
    yield_of_products: int
    outlay: int
    hurdle_rate: int
    expansion_step: int
    premium: int
    channel_constant: int
    opening_refund: int
    bought_from_persons: int


BY_KIND = _ByKind(*range(len(_ByKind._fields)))


class _Numbers(NamedTuple):
    """Places of the numbers that hold in a whole run."""

    treatment_money_seen: int
    tax_share: int
    invoice_saving: int
    individual_seller_sales: int
    sensitivity: int
    expectation_memory: int
    certificate_scale: int
    vehicle_mass: int
    vehicle_deduction: int
    vehicle_battery_mass: int
    batteries_with_vehicle: int
    reference_campaign: int
    response_to_price: int
    response_to_profit: int
    response_to_grant: int
    response_to_campaign: int
    response_to_content: int
    collection_adjustment: int
    debt_share: int
    plant_life: int
    attention_to_rivals: int
    utilisation_threshold: int
    loan_term: int
    campaign_cost: int


NUMBER = _Numbers(*range(len(_Numbers._fields)))


class Places(NamedTuple):
    """Where things stand: kinds, and where in the ledger's numbers entries begin or lie."""

    vehicle: int
    battery: int
    appliances: int
    scrap: int
    car_scrappage: int
    formal_share: int
    collection_share: int
    commissioned: int
    closed: int
    recycling_grant: int
    loan_interest: int
    electronic_waste: int
    tax_refund: int
    waste_sorting: int


PLACE = Places(*range(len(Places._fields)))


class Plants(NamedTuple):
    """Columns of :class:`~.agents.recyclers.Recycler`."""

    kind: Integers
    plant_size: Array
    announced_weight: Array
    cost_factor: Array
    hurdle_factor: Array
    construction_months: Integers
    patience_months: Array
    capacity: Array
    pipeline: Array
    value_expectation: Array
    bid: Array
    margin_expectation: Array
    months_in_the_red: Array
    collection_share: Array
    scrappage_money_seen: Array
    interest_discount: Array


class Constants(NamedTuple):
    """What holds for a whole run.

    Attributes
    ----------
    by_kind
        A row for each of ``BY_KIND``, shape (rows, kinds).
    numbers
        By ``NUMBER``.
    places
        By ``PLACE``.
    electronic_waste_units
        Units in a tonne of appliances, by word of the rule.
    collection_odds
        Log odds of the collection without any push, by material.
    """

    by_kind: Array
    numbers: Array
    places: Integers
    electronic_waste_units: Array
    collection_odds: Array


class Terms(NamedTuple):
    """What law and levers say in a month.

    Attributes
    ----------
    unit_money
        Subsidy for a dismantled unit, yuan, by word of the rule.
    fund_money
        Block grant that a tonne of appliances brings, yuan/t.
    refund_share
        Of the value-added tax paid, shape (kinds,).
    invoice_ceiling
        Sales of a person up to which plants write the invoice, yuan/year.
    certificate, battery_rule
        As in :class:`~.policy.recycling.RecyclingTerms`.
    recycled_content, enforcement, grant, campaign
        Levers ``recycled_content_requirement``, ``formal_channel_enforcement``,
        ``recycling_investment_grant`` and ``green_campaign``.
    """

    unit_money: Array
    fund_money: float
    refund_share: Array
    invoice_ceiling: float
    certificate: float
    battery_rule: float
    recycled_content: float
    enforcement: float
    grant: float
    campaign: float


class Paths(NamedTuple):
    """Parameters of the month: yuan/t of product and t/year announced, shape (kinds,)."""

    product_price: Array
    announced: Array


class Opening(NamedTuple):
    """Stocks at the month's opening, by kind, t/month; public money spent by programme, yuan."""

    throughput: Array
    inflow: Array
    money_spent: Array


@kernel
def decide(
    columns: Fields,
    constants_given: Records,
    terms_given: Records,
    paths_given: Records,
    discount: float,
    subsidy: float,
    stocks: Fields,
    ledger: Array,
) -> None:
    """Decide for one month on its opening state, and write columns and ledger.

    Parameters
    ----------
    columns
        Fields of :class:`Plants`, written.
    constants_given, terms_given, paths_given
        A record each of the classes above.
    discount, subsidy
        Off the interest on green loans, and the city's part of it, share/year.
    stocks
        Fields of :class:`Opening`.
    ledger
        Numbers of the ledger, :attr:`.Ledger.numbers`: shares are set, flows added to.
    """
    plants, opening = Plants(*columns), Opening(*stocks)
    constants: Any = constants_given[0]
    terms: Any = terms_given[0]
    paths: Any = paths_given[0]
    by_kind, numbers, places = constants.by_kind, constants.numbers, constants.places
    kinds, rows = by_kind.shape[1], len(plants.kind)
    value, treatment_money, relief = np.empty(kinds), np.zeros(kinds), np.empty(kinds)
    _terms_of_trade(constants, terms, paths, value, treatment_money, relief)
    capacity, bid, weight = np.zeros(kinds), np.zeros(kinds), np.zeros(kinds)
    attraction, utilisation, required = np.empty(rows), np.empty(rows), np.empty(rows)
    _bid(plants, constants, value, relief, attraction, capacity, bid, weight)
    _utilise(
        plants.kind,
        plants.capacity,
        attraction,
        capacity,
        opening.throughput,
        utilisation,
    )
    _learn(plants, constants, value, relief, utilisation, terms.grant, discount, required)
    _share_waste(plants, constants, terms, opening, value, relief, bid, weight, ledger)
    _collect(plants, constants, terms, value, relief, required, ledger)
    _invest(plants, constants, terms, paths, required, utilisation, capacity, subsidy, ledger)
    money = refund = 0.0
    for kind in range(kinds):
        treated = max(opening.throughput[kind], 0.0)
        money += treated * treatment_money[kind]
        refund += treated * (numbers[NUMBER.tax_share] * value[kind] * terms.refund_share[kind])
    ledger[places[PLACE.electronic_waste]] += money
    ledger[places[PLACE.tax_refund]] += refund
    campaign = terms.campaign * numbers[NUMBER.campaign_cost] / MONTHS_PER_YEAR
    ledger[places[PLACE.waste_sorting]] += campaign


@formula
def _terms_of_trade(
    constants: Constants,
    terms: Terms,
    paths: Paths,
    value: Array,
    treatment_money: Array,
    relief: Array,
) -> None:
    """Value of a tonne, money for treating it, and what rules are worth, yuan/t by kind."""
    by_kind, numbers = constants.by_kind, constants.numbers
    of_units = 0.0
    for word in range(len(terms.unit_money)):
        of_units += terms.unit_money[word] * constants.electronic_waste_units[word]
    treatment_money[constants.places[PLACE.appliances]] = of_units + terms.fund_money
    covered = -np.expm1(-terms.invoice_ceiling / numbers[NUMBER.individual_seller_sales])
    for kind in range(len(value)):
        demand = 1.0 + terms.recycled_content * by_kind[BY_KIND.content_response, kind]
        value[kind] = paths.product_price[kind] * by_kind[BY_KIND.yield_of_products, kind] * demand
        relief[kind] = bids.relief_of_rules(
            treatment_money[kind],
            numbers[NUMBER.treatment_money_seen],
            value[kind],
            numbers[NUMBER.tax_share],
            terms.refund_share[kind] - by_kind[BY_KIND.opening_refund, kind],
            covered * by_kind[BY_KIND.bought_from_persons, kind],
            numbers[NUMBER.invoice_saving],
        )


@formula
def _bid(
    plants: Plants,
    constants: Constants,
    value: Array,
    relief: Array,
    attraction: Array,
    capacity: Array,
    bid: Array,
    weight: Array,
) -> None:
    """Bid; and by kind: capacity, and the means of bids and of attraction by capacity."""
    by_kind, numbers = constants.by_kind, constants.numbers
    for row in range(len(plants.kind)):
        kind = plants.kind[row]
        expected = investment.adapted(
            plants.value_expectation[row],
            value[kind] + relief[kind],
            by_kind[BY_KIND.price_memory, kind],
        )
        plants.value_expectation[row] = expected
        offered: Any = 0.0
        if not by_kind[BY_KIND.gate_fee, kind] > 0.0:
            offered = bids.formal_bid(
                expected,
                by_kind[BY_KIND.processing_cost, kind] * plants.cost_factor[row],
                by_kind[BY_KIND.transport_cost, kind],
                by_kind[BY_KIND.target_margin, kind],
            )
        plants.bid[row] = offered
        attracted = bids.attraction(offered, value[kind], numbers[NUMBER.sensitivity])
        attraction[row] = attracted
        capacity[kind] += plants.capacity[row]
        bid[kind] += offered * plants.capacity[row]
        weight[kind] += attracted * plants.capacity[row]
    for kind in range(len(capacity)):
        if capacity[kind] > 0.0:
            bid[kind] /= capacity[kind]
            weight[kind] /= capacity[kind]
        else:
            bid[kind] = weight[kind] = 0.0


@part
def _utilise(
    kinds: Integers,
    capacities: Array,
    attraction: Array,
    capacity: Array,
    throughput: Array,
    utilisation: Array,
) -> None:
    """:func:`~.behaviour.recycling_bids.utilisation_by_bid` for the plants of every kind."""
    order, behind = np.empty(len(kinds), np.int64), np.empty(len(kinds))
    for kind in range(len(capacity)):
        count = 0
        # By attraction, the highest first; equals in their order.
        for row in range(len(kinds)):
            if kinds[row] == kind:
                place = count
                while place > 0 and attraction[order[place - 1]] < attraction[row]:
                    order[place] = order[place - 1]
                    place -= 1
                order[place] = row
                count += 1
        treated = throughput[kind] * MONTHS_PER_YEAR
        if treated >= capacity[kind]:
            for place in range(count):
                utilisation[order[place]] = 1.0 if treated > 0.0 else 0.0
            continue
        offered = 0.0
        for place in range(count - 1, -1, -1):
            row = order[place]
            offered += capacities[row] * attraction[row]
            behind[place] = offered
        scale, before = 0.0, 0.0
        for place in range(count):
            row = order[place]
            here = max(treated - before, 0.0) / behind[place] if behind[place] > 0.0 else 0.0
            fits = here * attraction[row] <= 1.0
            if place == 0 or fits:
                scale = here
            if fits:
                break
            before += capacities[row]
        for place in range(count):
            utilisation[order[place]] = min(scale * attraction[order[place]], 1.0)


@formula
def _learn(
    plants: Plants,
    constants: Constants,
    value: Array,
    relief: Array,
    utilisation: Array,
    grant: float,
    discount: float,
    required: Array,
) -> None:
    """Take the month's cash into the expectation; what new capacity must bring, yuan/t."""
    by_kind, numbers = constants.by_kind, constants.numbers
    for row in range(len(plants.kind)):
        kind = plants.kind[row]
        revenue = value[kind] + relief[kind] + by_kind[BY_KIND.gate_fee, kind]
        margin = (
            (revenue - by_kind[BY_KIND.transport_cost, kind])
            - by_kind[BY_KIND.processing_cost, kind] * plants.cost_factor[row]
            - plants.bid[row]
        )
        cash = investment.operating_cash(
            utilisation[row], margin, by_kind[BY_KIND.fixed_cost, kind]
        )
        expected = investment.adapted(
            plants.margin_expectation[row], cash, numbers[NUMBER.expectation_memory]
        )
        plants.margin_expectation[row] = expected
        plants.months_in_the_red[row] = investment.months_in_the_red(
            plants.months_in_the_red[row], expected
        )
        rate = investment.hurdle_with_loan(
            by_kind[BY_KIND.hurdle_rate, kind] * plants.hurdle_factor[row],
            discount,
            numbers[NUMBER.debt_share],
        )
        required[row] = investment.required_cash(
            by_kind[BY_KIND.outlay, kind], grant, rate, numbers[NUMBER.plant_life]
        )


@formula
def _share_waste(
    plants: Plants,
    constants: Constants,
    terms: Terms,
    opening: Opening,
    value: Array,
    relief: Array,
    bid: Array,
    weight: Array,
    ledger: Array,
) -> None:
    """Formal share of each kind: 1 where there is no informal rival."""
    by_kind, numbers, places = constants.by_kind, constants.numbers, constants.places
    first, vehicle = places[PLACE.formal_share], places[PLACE.vehicle]
    enforcement = terms.certificate * terms.enforcement
    for kind in range(len(value)):
        share: Any = 1.0
        if by_kind[BY_KIND.premium, kind] > 0.0:
            pull = 0.0
            if kind == places[PLACE.battery]:
                vehicle_loss = bid[vehicle] * numbers[NUMBER.vehicle_mass]
                pull = bids.battery_pull(
                    vehicle_loss * numbers[NUMBER.vehicle_deduction],
                    value[kind] * numbers[NUMBER.vehicle_battery_mass],
                    numbers[NUMBER.sensitivity],
                    terms.battery_rule,
                    numbers[NUMBER.batteries_with_vehicle],
                )
            informal = bids.informal_bid(
                np.maximum(bid[kind] - relief[kind], 0.0),
                value[kind],
                by_kind[BY_KIND.premium, kind],
                enforcement,
            )
            share = bids.formal_share(
                weight[kind],
                bids.attraction(informal, value[kind], numbers[NUMBER.sensitivity]),
                by_kind[BY_KIND.channel_constant, kind] + pull,
            )
        ledger[first + kind] = share
    spent = opening.money_spent[places[PLACE.car_scrappage]]
    before = plants.scrappage_money_seen[0]
    paid = 0.0 if np.isnan(before) else max(spent - before, 0.0)
    for row in range(len(plants.kind)):
        plants.scrappage_money_seen[row] = spent
    vehicles = opening.inflow[vehicle] / numbers[NUMBER.vehicle_mass]
    ledger[first + vehicle] = bids.with_certificates(
        ledger[first + vehicle],
        paid / vehicles if vehicles > 0.0 else 0.0,
        numbers[NUMBER.certificate_scale],
    )


@formula
def _collect(
    plants: Plants,
    constants: Constants,
    terms: Terms,
    value: Array,
    relief: Array,
    required: Array,
    ledger: Array,
) -> None:
    """Move each collector's network toward its target; the city's share by material."""
    numbers, shares, odds = constants.numbers, plants.collection_share, constants.collection_odds
    first, scrap = constants.places[PLACE.collection_share], constants.places[PLACE.scrap]
    campaign = terms.campaign - numbers[NUMBER.reference_campaign]
    common = (
        numbers[NUMBER.response_to_price] * collection.price_signal(relief[scrap], value[scrap])
        + numbers[NUMBER.response_to_grant] * terms.grant
        + numbers[NUMBER.response_to_campaign] * campaign
        + numbers[NUMBER.response_to_content] * terms.recycled_content
    )
    sizes = 0.0
    for material in range(len(odds)):
        ledger[first + material] = 0.0
    for row in range(len(plants.kind)):
        if plants.kind[row] == scrap:
            profit = collection.profitability(plants.margin_expectation[row], required[row])
            push = common + numbers[NUMBER.response_to_profit] * profit
            size = plants.plant_size[row]
            sizes += size
            for material in range(len(odds)):
                target = collection.share_of_odds(odds[material] + push)
                share = collection.approached(
                    shares[row, material], target, numbers[NUMBER.collection_adjustment]
                )
                shares[row, material] = share
                ledger[first + material] += share * size
    for material in range(len(odds)):
        ledger[first + material] /= sizes


@formula
def _invest(
    plants: Plants,
    constants: Constants,
    terms: Terms,
    paths: Paths,
    required: Array,
    utilisation: Array,
    capacity: Array,
    subsidy: float,
    ledger: Array,
) -> None:
    """Order, pay for it, close, commission."""
    by_kind, numbers, places = constants.by_kind, constants.numbers, constants.places
    pipeline = plants.pipeline
    rows, months = pipeline.shape
    building, built = np.zeros(rows), paths.announced.copy()
    for row in range(rows):
        for month in range(months):
            building[row] += pipeline[row, month]
        built[plants.kind[row]] += building[row]
    grants: Any = 0.0
    interest: Any = 0.0
    for row in range(rows):
        kind = plants.kind[row]
        before = plants.capacity[row]
        perceived = investment.perceived_utilisation(
            utilisation[row], capacity[kind], built[kind], numbers[NUMBER.attention_to_rivals]
        )
        wants = investment.invests(
            plants.margin_expectation[row],
            required[row],
            perceived,
            numbers[NUMBER.utilisation_threshold],
            building[row] > 0.0,
        )
        size = max(before, plants.plant_size[row])
        ordered = by_kind[BY_KIND.expansion_step, kind] * size if wants else 0.0
        outlay = by_kind[BY_KIND.outlay, kind] * ordered
        granted = outlay * terms.grant
        paid = interest_of_month(
            plants.interest_discount[row],
            (outlay - granted) * numbers[NUMBER.debt_share],
            subsidy,
            numbers[NUMBER.loan_term],
        )
        plants.interest_discount[row] = paid
        grants += granted
        interest += paid
        red = plants.months_in_the_red[row]
        gives_up = red >= plants.patience_months[row] and building[row] == 0.0
        announced = paths.announced[kind] * plants.announced_weight[row]
        opened = pipeline[row, 0] + announced / MONTHS_PER_YEAR
        closed = before if gives_up else 0.0
        plants.capacity[row] = before - closed + opened
        if gives_up:
            plants.months_in_the_red[row] = 0.0
        for month in range(1, months):
            pipeline[row, month - 1] = pipeline[row, month]
        pipeline[row, months - 1] = 0.0
        pipeline[row, plants.construction_months[row] - 1] += ordered
        ledger[places[PLACE.commissioned] + kind] += opened
        ledger[places[PLACE.closed] + kind] += closed
    ledger[places[PLACE.recycling_grant]] += grants
    ledger[places[PLACE.loan_interest]] += interest
