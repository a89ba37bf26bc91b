"""Builders choose, retrofit and deliver: :mod:`.agents.builders` builder by builder."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from transition_model.behaviour import building_retrofit as retrofit
from transition_model.behaviour import construction_waste_delivery as delivery
from transition_model.behaviour import green_building as building
from transition_model.behaviour import rooftop_solar as solar
from transition_model.behaviour.capacity_investment import interest_subsidy
from transition_model.behaviour.green_loans import interest_of_month
from transition_model.compilation import Fields, formula, kernel
from transition_model.kernels.records import Records

type Array = NDArray[np.float64]

CHOICES = ("green", "high_star", "low_energy", "prefabricated", "green_material")
NUMBER_OF_CHOICES = len(CHOICES)
GREEN, HIGH_STAR, LOW_ENERGY, PREFABRICATED, GREEN_MATERIAL = range(NUMBER_OF_CHOICES)


class Choice(NamedTuple):
    """Columns of one choice, shape (builders,); habit and experience are written."""

    inclination: Array
    habit: Array
    experience: Array


class Builders(NamedTuple):
    """Columns of the builders, all but size, group and inclinations written."""

    starts_share: Array
    group: NDArray[np.int64]
    solar_pipeline: Array
    interest_discount: Array
    delivery_inclination: Array
    delivery_share: Array
    choices: tuple[Choice, ...]


class BuilderConstants(NamedTuple):
    """What stays the same in a run.

    Attributes
    ----------
    groups
        Peer groups.
    floor_starts
        Floor started in the city, m2/month, shape (months,).
    initial_floor, learning_rate, cost_premium, price_premium, peer_weight
        By choice, shape (choices,): m2; share; yuan/m2; yuan/m2; log odds.
    cost_sensitivity, habit_memory
        Log odds for one yuan/m2; months.
    award_share, low_energy_award_share, component_share
        Share of the public money that a builder counts on.
    solar_compliance, solar_voluntary, solar_roof, solar_density
        Of panels on roofs: shares; m2 of roof for one of floor; GW/m2.
    retrofit_cost, retrofit_eligible, retrofit_saved, retrofit_tolerated, retrofit_sensitivity
        By use of the building: yuan/m2; share; yuan/m2 and year; years; log odds a year.
    retrofit_willing_at_first
        Share of owners who are willing without relief, by use.
    retrofit_floor
        Floor retrofitted without relief, m2/month, shape (months, uses).
    retrofit_debt_share, retrofit_loan_term
        Share of the cost; years.
    dumping_transport, gate_fee, delivery_cost
        Of construction waste, yuan/t.
    delivery_sensitivity, delivery_compliance, delivery_voluntary
        Log odds for one yuan/t, and log odds at no difference in cost under a duty and without.
    delivery_adjustment
        Months.
    """

    groups: int
    floor_starts: Array
    initial_floor: Array
    learning_rate: Array
    cost_premium: Array
    price_premium: Array
    peer_weight: Array
    cost_sensitivity: float
    habit_memory: float
    award_share: float
    low_energy_award_share: float
    component_share: float
    solar_compliance: float
    solar_voluntary: float
    solar_roof: float
    solar_density: float
    retrofit_cost: Array
    retrofit_eligible: Array
    retrofit_saved: Array
    retrofit_tolerated: Array
    retrofit_sensitivity: Array
    retrofit_willing_at_first: Array
    retrofit_floor: Array
    retrofit_debt_share: float
    retrofit_loan_term: float
    dumping_transport: float
    gate_fee: float
    delivery_cost: float
    delivery_sensitivity: float
    delivery_compliance: float
    delivery_voluntary: float
    delivery_adjustment: float


class BuilderTerms(NamedTuple):
    """What the rules offer in a month, as in :class:`~.policy.buildings.BuildingTerms`."""

    high_star_award: float
    low_energy_award: float
    component_subsidy: float
    retrofit_subsidy: Array
    solar_roof_share: float


class Duties(NamedTuple):
    """Levers and loans of the month.

    Attributes
    ----------
    bonus
        Multiple of the awards as published.
    green, prefabrication, green_material, delivery
        Shares that a duty binds.
    waste_fee
        Yuan/t dumped.
    loan_discount, loan_subsidy
        Of a green loan in all, and what of it the city pays, share/year.
    """

    bonus: float
    green: float
    prefabrication: float
    green_material: float
    delivery: float
    waste_fee: float
    loan_discount: float
    loan_subsidy: float


class Places(NamedTuple):
    """Where the entries begin in the ledger's vector; money by programme and source."""

    floor: int
    material: int
    solar: int
    retrofits: int
    delivered: int
    bonus: int
    retrofit: int
    interest: int
    waste_fee: int


@kernel
def decide(
    columns: Fields,
    constants_given: Records,
    terms_given: Records,
    duties_given: Records,
    dumped: float,
    place: int,
    numbers: Array,
    places_given: Records,
) -> None:
    """Decide for one month on its opening state.

    Parameters
    ----------
    columns
        Fields of :class:`Builders`, written.
    constants_given, terms_given, duties_given, places_given
        A record each of the classes above.
    dumped
        Construction waste, t/month.
    place
        Where the month lies on paths.
    numbers
        Of the ledger, added to.
    """
    builders = Builders(*columns)
    constants: Any = constants_given[0]
    terms: Any = terms_given[0]
    duties: Any = duties_given[0]
    places: Any = places_given[0]
    weight = builders.starts_share
    started = constants.floor_starts[place]
    award = duties.bonus * terms.high_star_award * constants.award_share
    low_energy_award = duties.bonus * terms.low_energy_award * constants.low_energy_award_share
    components = terms.component_subsidy * constants.component_share
    # All choices read last month's habits and experience before any of them is written.
    shares = np.empty((NUMBER_OF_CHOICES, len(weight)))
    of_floor = np.empty((NUMBER_OF_CHOICES, len(weight)))
    bonus = np.zeros(NUMBER_OF_CHOICES)
    bonus[HIGH_STAR], bonus[LOW_ENERGY], bonus[PREFABRICATED] = award, low_energy_award, components
    for which in range(NUMBER_OF_CHOICES):
        _voluntary(
            builders.choices[which],
            constants.initial_floor[which],
            constants.learning_rate[which],
            constants.price_premium[which] + bonus[which],
            constants.cost_premium[which],
            constants.cost_sensitivity,
            constants.peer_weight[which],
            weight,
            builders.group,
            constants.groups,
            shares[which],
        )
    paid = 0.0
    for row in range(len(weight)):
        area = started * weight[row]
        green = building.bound_or_voluntary(duties.green, shares[GREEN, row])
        high_star, low_energy = shares[HIGH_STAR, row], shares[LOW_ENERGY, row]
        prefabricated = building.bound_or_voluntary(
            duties.prefabrication, shares[PREFABRICATED, row]
        )
        material = building.bound_or_voluntary(duties.green_material, shares[GREEN_MATERIAL, row])
        stars = building.with_low_energy(high_star, low_energy)
        below, plain, starred = building.green_levels(green, stars)
        first = places.floor
        for level in (below, plain, starred):
            numbers[first] += area * level * (1.0 - prefabricated)
            numbers[first + 1] += area * level * prefabricated
            first += 2
        numbers[places.material] += area * material
        # A low-energy building wins its own award, not that of its stars besides.
        won = award * green * high_star * (1.0 - low_energy) + low_energy_award * green * low_energy
        paid += area * (won + components * prefabricated)
        shares[GREEN, row] = of_floor[GREEN, row] = green
        of_floor[HIGH_STAR, row] = green * stars
        of_floor[LOW_ENERGY, row] = green * low_energy
        shares[PREFABRICATED, row] = of_floor[PREFABRICATED, row] = prefabricated
        shares[GREEN_MATERIAL, row] = of_floor[GREEN_MATERIAL, row] = material
    numbers[places.bonus] += paid
    memory = constants.habit_memory
    for which in range(NUMBER_OF_CHOICES):
        _remember(builders.choices[which], weight, started, shares[which], of_floor[which], memory)
    covered = solar.covered_share(
        terms.solar_roof_share, constants.solar_compliance, constants.solar_voluntary
    )
    planned = solar.solar_capacity(started, constants.solar_roof, covered, constants.solar_density)
    numbers[places.solar] += _plan_solar(builders.solar_pipeline, weight, planned)
    lent = 0.0
    for use in range(len(constants.retrofit_cost)):
        cost, subsidy = constants.retrofit_cost[use], terms.retrofit_subsidy[use]
        loan = cost * constants.retrofit_debt_share
        interest = interest_subsidy(loan, duties.loan_discount, constants.retrofit_loan_term)
        alone, subsidised = _retrofitted(
            constants.retrofit_floor[place, use],
            constants.retrofit_eligible[use],
            cost,
            interest,
            subsidy,
            constants.retrofit_saved[use],
            constants.retrofit_tolerated[use],
            constants.retrofit_sensitivity[use],
            constants.retrofit_willing_at_first[use],
        )
        numbers[places.retrofits] += alone + subsidised
        numbers[places.retrofit] += subsidised * subsidy
        lent += (alone + subsidised) * loan
    numbers[places.interest] += _pay_interest(
        builders.interest_discount,
        weight,
        lent,
        duties.loan_subsidy,
        constants.retrofit_loan_term,
    )
    advantage = delivery.cost_advantage(
        duties.waste_fee, constants.dumping_transport, constants.gate_fee, constants.delivery_cost
    )
    numbers[places.delivered] = _deliver_waste(
        builders.delivery_share,
        builders.delivery_inclination,
        weight,
        duties.delivery,
        advantage,
        constants.delivery_sensitivity,
        constants.delivery_compliance,
        constants.delivery_voluntary,
        constants.delivery_adjustment,
    )
    numbers[places.waste_fee] += duties.waste_fee * max(dumped, 0.0)


@formula
def _voluntary(
    choice: Choice,
    initial_floor: float,
    learning_rate: float,
    worth: float,
    cost: float,
    sensitivity: float,
    peer_weight: float,
    weight: Array,
    group: NDArray[np.int64],
    groups: int,
    shares: Array,
) -> None:
    """Set the share of unbound floor for which each builder makes a choice, shape (builders,).

    Parameters
    ----------
    choice
        Columns as of last month.
    initial_floor, learning_rate
        As in :func:`~.green_building.learning_factor`.
    worth, cost
        Price premium with public money, and cost without experience, yuan/m2.
    sensitivity, peer_weight
        As in :func:`~.green_building.adoption_probability`.
    weight, group, groups
        Columns, and number of peer groups.
    shares
        Set.
    """
    inclination, habit, experience = choice.inclination, choice.habit, choice.experience
    size, of_group = np.zeros(groups), np.zeros(groups)
    floor = 0.0
    for row in range(len(shares)):
        size[group[row]] += weight[row]
        of_group[group[row]] += weight[row] * habit[row]
        floor += experience[row]
    benefit = worth - cost * building.learning_factor(floor, initial_floor, learning_rate)
    for row in range(len(shares)):
        peers = of_group[group[row]] / size[group[row]]
        shares[row] = building.adoption_probability(
            benefit, sensitivity, peers, peer_weight, inclination[row]
        )


@formula
def _remember(
    choice: Choice, weight: Array, started: float, shares: Array, of_floor: Array, memory: float
) -> None:
    """Take this month's choice into habit and experience.

    Parameters
    ----------
    choice
        Columns, written.
    weight
        Column.
    started
        Floor started in the city, m2.
    shares, of_floor
        Share that goes into habit, and of all floor, shape (builders,).
    memory
        Months.
    """
    habit, experience = choice.habit, choice.experience
    for row in range(len(shares)):
        habit[row] += (shares[row] - habit[row]) / memory
        experience[row] += started * weight[row] * of_floor[row]


@formula
def _plan_solar(pipeline: Array, weight: Array, planned: float) -> float:
    """Order the panels whose roofs have come up, and plan those on the floor now started.

    Parameters
    ----------
    pipeline
        GW by months until the panels are ordered, shape (builders, months); written.
    weight
        Share of the floor started, shape (builders,).
    planned
        On all of it, GW.

    Returns
    -------
    float
        Ordered, GW.
    """
    ordered, last = 0.0, pipeline.shape[1] - 1
    for row in range(len(weight)):
        ordered += pipeline[row, 0]
        for month in range(last):
            pipeline[row, month] = pipeline[row, month + 1]
        pipeline[row, last] = weight[row] * planned
    return ordered


@formula
def _retrofitted(
    pace: float,
    eligible: float,
    cost: float,
    interest: Any,
    subsidy: float,
    saved: float,
    tolerated: float,
    sensitivity: float,
    willing_at_first: float,
) -> tuple[Any, Any]:
    """Floor of a use that owners retrofit without and with a subsidy, m2.

    Parameters
    ----------
    pace
        Without relief, m2.
    eligible
        Share that meets the conditions of the subsidy.
    cost, interest, subsidy
        Yuan/m2.
    saved
        Yuan/m2 and year.
    tolerated, sensitivity
        As in :func:`~.building_retrofit.willing_share`.
    willing_at_first
        Share of owners who are willing without relief.
    """
    alone = retrofit.willing_share(retrofit.payback(cost, interest, saved), tolerated, sensitivity)
    helped = retrofit.willing_share(
        retrofit.payback(cost, interest + subsidy, saved), tolerated, sensitivity
    )
    return (
        retrofit.retrofitted((1.0 - eligible) * pace, alone, willing_at_first),
        retrofit.retrofitted(eligible * pace, helped, willing_at_first),
    )


@formula
def _pay_interest(
    discount: Array, weight: Array, lent: float, subsidy: float, term: float
) -> float:
    """Public money toward interest on loans of this month and before, yuan.

    Parameters
    ----------
    discount
        Column, yuan/month; written.
    weight
        Share of the new loans, shape (builders,).
    lent
        New loans, yuan.
    subsidy, term
        As in :func:`~.green_loans.interest_of_month`.
    """
    paid = 0.0
    for row in range(len(weight)):
        discount[row] = interest_of_month(discount[row], lent * weight[row], subsidy, term)
        paid += discount[row]
    return paid


@formula
def _deliver_waste(
    share: Array,
    inclination: Array,
    weight: Array,
    bound: float,
    advantage: float,
    sensitivity: float,
    compliance: float,
    voluntary: float,
    months: float,
) -> float:
    """Move each builder toward what duty and cost make of it; the city's share that is delivered.

    Parameters
    ----------
    share
        Column; written.
    inclination, weight
        Columns.
    bound
        Share of waste on sites under a duty.
    advantage, sensitivity
        As in :func:`~.construction_waste_delivery.delivery_probability`.
    compliance, voluntary
        Log odds at no difference in cost under a duty and without.
    months
        In which a builder adjusts.
    """
    city = 0.0
    for row in range(len(weight)):
        target = delivery.delivered(
            bound,
            delivery.delivery_probability(advantage, sensitivity, compliance + inclination[row]),
            delivery.delivery_probability(advantage, sensitivity, voluntary + inclination[row]),
        )
        share[row] += (target - share[row]) / months
        city += weight[row] * share[row]
    return city
