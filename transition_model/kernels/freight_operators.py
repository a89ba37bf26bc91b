"""Owners of trucks scrap and buy: :mod:`.agents.freight_operators` owner by owner."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from transition_model.behaviour import hydrogen_stations, truck_choice, truck_replacement
from transition_model.calendar import MONTHS_PER_YEAR
from transition_model.compilation import Fields, formula, kernel
from transition_model.kernels.records import Records
from transition_model.policy.pots import PotsOfMonth, lasting_share, money_left, take_out

type Array = NDArray[np.float64]

# Arrays are taken out of their tuples before loops: inside, taking one out costs more than reading.


class Owners(NamedTuple):
    """Columns of the owners; ``trucks``, ``bought`` and ``subsidy_received`` are written."""

    truck_class: NDArray[np.int64]
    operating: NDArray[np.bool_]
    central_share: Array
    inner_share: Array
    daily_distance: Array
    trucks: Array
    bought: Array
    subsidy_received: Array


class FreightConstants(NamedTuple):
    """What stays the same in a run.

    Attributes
    ----------
    diesel, electric, hydrogen
        Places of the powertrains.
    standards
        Shares of diesel trucks by old standard, shape (years, old standards, ages).
    wearing_out
        Part of the trucks of a class that wears out in a month, shape (classes, ages).
    worth
        Of a diesel truck to its owner, yuan, shape (classes, ages).
    losses_ahead
        Present value of one yuan a year until the end of a truck's life, years, shape (ages,).
    decision_time
        Months in which an owner thinks of scrapping once.
    ban_avoidable
        Part of the lost time that is made good.
    earnings, growth, cold_chain_share
        By class: yuan/year; a month; share of trucks, shape (classes,).
    price, each_km, reference, market
        Month by month: price (yuan), energy and maintenance (yuan/km) and cost of ownership against
        diesel on the national market, and its mix, shape (months, classes, powertrains).
    hydrogen_price
        On the market, yuan/kg, shape (months,).
    hydrogen_each_km
        Of a hydrogen truck, kg/km, shape (classes,).
    reach, mean_serves
        Distance of a day, km, and share of the mean owner's days within it, shape (classes,
        powertrains).
    steepness, working_days, years_reckoned, years_factor, cost_sensitivity, public_charging
        Of the choice of a powertrain.
    points_desired
        Vehicles that a public charging point serves.
    station_capacity
        Hydrogen that a station can sell, kg/year.
    hydrogen_limit
        Price up to which subsidised stations sell, yuan/kg.
    """

    diesel: int
    electric: int
    hydrogen: int
    standards: Array
    wearing_out: Array
    worth: Array
    losses_ahead: Array
    decision_time: float
    ban_avoidable: float
    earnings: Array
    growth: Array
    cold_chain_share: Array
    price: Array
    each_km: Array
    reference: Array
    market: Array
    hydrogen_price: Array
    hydrogen_each_km: Array
    reach: Array
    mean_serves: Array
    steepness: float
    working_days: float
    years_reckoned: float
    years_factor: float
    cost_sensitivity: float
    public_charging: float
    points_desired: float
    station_capacity: float
    hydrogen_limit: float


class FreightTerms(NamedTuple):
    """What the rules offer in a month, as in :class:`~.policy.trucks.TruckTerms`.

    Attributes
    ----------
    scrapping
        For scrapping an operating truck, yuan, shape (old standards, classes, ages).
    counted_on
        The same with the least that a new truck against it earns.
    replacement
        For a new truck against a scrapped one, yuan, shape (old standards, classes, powers).
    non_operating
        For scrapping a truck outside commercial operation, yuan, shape (old standards,).
    banned
        Share of working hours, shape (old standards, places).
    cold_chain
        For a new-energy cold-chain truck without scrapping, yuan.
    hydrogen_operating, hydrogen_operating_limit
        Subsidy of hydrogen stations, yuan/kg, and the most that a station gets, yuan.
    most_non_operating
        The highest of ``non_operating``, yuan.
    """

    scrapping: Array
    counted_on: Array
    replacement: Array
    non_operating: Array
    banned: Array
    cold_chain: float
    hydrogen_operating: float
    hydrogen_operating_limit: float
    most_non_operating: float


class Places(NamedTuple):
    """Where the entries begin in the ledger's vector; ``money`` is that for renewing trucks."""

    scrapped: int
    bought: int
    money: int


@kernel
def decide(
    columns: Fields,
    constants_given: Records,
    terms_given: Records,
    pots_given: Fields,
    place: int,
    points: float,
    stations: float,
    hydrogen_used: float,
    paid_from_pots: Array,
    numbers: Array,
    places_given: Records,
) -> None:
    """Scrap trucks, buy new ones, and claim.

    Parameters
    ----------
    columns
        Fields of :class:`Owners`, written.
    constants_given, terms_given, places_given
        A record each of the classes above.
    pots_given
        Fields of :class:`.PotsOfMonth` of the rule for trucks outside operation.
    place
        Where the month lies on paths.
    points
        Public charging points for each new-energy car.
    stations
        Hydrogen stations.
    hydrogen_used
        By trucks, kg/month.
    paid_from_pots
        Money paid so far for trucks outside operation, yuan, shape (versions,); written.
    numbers
        Of the ledger, added to.
    """
    owners, pots = Owners(*columns), PotsOfMonth(*pots_given)
    constants: Any = constants_given[0]
    terms: Any = terms_given[0]
    places: Any = places_given[0]
    standards = constants.standards[place // MONTHS_PER_YEAR]
    gone = np.zeros((len(owners.operating), standards.shape[0], standards.shape[1]))
    claims = _scrap_old(owners, constants, terms, standards, gone)
    left = money_left(paid_from_pots, pots, terms.most_non_operating)
    share = lasting_share(claims, left)
    take_out(paid_from_pots, pots, share * claims)
    paid = _pay_for_scrapping(
        owners.truck_class,
        owners.operating,
        owners.subsidy_received,
        terms.scrapping,
        terms.non_operating,
        share,
        gone,
    )
    if share < 1.0:
        _keep_without_money(owners, constants, terms, standards, gone, share)
    bought = _take_out_of_use(
        owners.truck_class,
        owners.trucks,
        constants.wearing_out,
        constants.growth,
        constants.diesel,
        standards,
        gone,
        numbers,
        places.scrapped,
    )
    charged, filled, dearer = _energy_found(
        points * constants.points_desired,
        constants.public_charging,
        stations,
        constants.station_capacity,
        hydrogen_used,
        constants.hydrogen_price[place],
        constants.hydrogen_limit,
        terms.hydrogen_operating,
        terms.hydrogen_operating_limit,
        constants.years_reckoned,
    )
    market, each_km = constants.market[place].copy(), constants.each_km[place].copy()
    for which in range(len(market)):
        market[which, constants.electric] *= charged
        market[which, constants.hydrogen] *= filled
        each_km[which, constants.hydrogen] += constants.hydrogen_each_km[which] * dearer
    paid += _buy(
        owners, constants, terms, place, market, each_km, gone, bought, numbers, places.bought
    )
    numbers[places.money] += paid


@kernel
def grow_older(
    truck_class: NDArray[np.int64], trucks: Array, bought: Array, counted: Array
) -> None:
    """All trucks are a year older, but those that the stock-flow model counts for the new year.

    Parameters
    ----------
    truck_class, trucks, bought
        Columns of the owners; ``trucks`` is written.
    counted
        Trucks in the stock, shape (ages, classes, powertrains).
    """
    oldest = trucks.shape[1] - 1
    december = np.zeros((counted.shape[1], counted.shape[2]))
    for row in range(len(trucks)):
        for fuel in range(trucks.shape[2]):
            december[truck_class[row], fuel] += bought[row, fuel]
    for row in range(len(trucks)):
        which = truck_class[row]
        for fuel in range(trucks.shape[2]):
            young = 0.0
            if december[which, fuel] > 0.0:
                young = counted[0, which, fuel] / december[which, fuel]
            new = bought[row, fuel] * young
            trucks[row, oldest, fuel] += trucks[row, oldest - 1, fuel]
            for age in range(oldest - 1, 0, -1):
                trucks[row, age, fuel] = trucks[row, age - 1, fuel]
            trucks[row, 1, fuel] -= new
            trucks[row, 0, fuel] = new


@formula
def _scrap_old(
    owners: Owners,
    constants: FreightConstants,
    terms: FreightTerms,
    standards: Array,
    gone: Array,
) -> float:
    """Set diesel trucks of old standards that are scrapped, were there money for all who claim.

    Parameters
    ----------
    owners, constants, terms
        Of the month's opening, the run and the law.
    standards
        Shares of diesel trucks, shape (old standards, ages).
    gone
        Set, shape (owners, old standards, ages).

    Returns
    -------
    float
        What is claimed for trucks outside operation, yuan.
    """
    classes, operating, trucks = owners.truck_class, owners.operating, owners.trucks
    central, inner, banned = owners.central_share, owners.inner_share, terms.banned
    outside, counted_on = terms.non_operating, terms.counted_on
    earnings, ahead, worth = constants.earnings, constants.losses_ahead, constants.worth
    wearing_out, diesel = constants.wearing_out, constants.diesel
    avoidable, decision_time = constants.ban_avoidable, constants.decision_time
    claims = 0.0
    for row in range(len(gone)):
        which = classes[row]
        for standard in range(len(standards)):
            loss = truck_choice.lost_in_a_year(
                banned[standard, 0],
                banned[standard, 1],
                central[row],
                inner[row],
                avoidable,
                earnings[which],
            )
            for age in range(standards.shape[1]):
                part = standards[standard, age]
                if part > 0.0:
                    money = outside[standard]
                    if operating[row]:
                        money = counted_on[standard, which, age]
                    scrapped = _scrapped(
                        part * trucks[row, age, diesel],
                        wearing_out[which, age],
                        money + loss * ahead[age],
                        worth[which, age],
                        decision_time,
                    )
                    gone[row, standard, age] = scrapped
                    if not operating[row]:
                        claims += scrapped * money
    return claims


@formula
def _keep_without_money(
    owners: Owners,
    constants: FreightConstants,
    terms: FreightTerms,
    standards: Array,
    gone: Array,
    share: float,
) -> None:
    """Let owners outside operation scrap as if unpaid for the rest of the month.

    Parameters
    ----------
    owners, constants, terms, standards
        As in :func:`_scrap_old`.
    gone
        Its result, written.
    share
        Of the month for which the pot lasts.
    """
    classes, operating, trucks = owners.truck_class, owners.operating, owners.trucks
    central, inner, banned = owners.central_share, owners.inner_share, terms.banned
    earnings, ahead, worth = constants.earnings, constants.losses_ahead, constants.worth
    wearing_out, diesel = constants.wearing_out, constants.diesel
    avoidable, decision_time = constants.ban_avoidable, constants.decision_time
    for row in range(len(gone)):
        if operating[row]:
            continue
        which = classes[row]
        for standard in range(len(standards)):
            loss = truck_choice.lost_in_a_year(
                banned[standard, 0],
                banned[standard, 1],
                central[row],
                inner[row],
                avoidable,
                earnings[which],
            )
            for age in range(standards.shape[1]):
                part = standards[standard, age]
                if part > 0.0:
                    without = _scrapped(
                        part * trucks[row, age, diesel],
                        wearing_out[which, age],
                        loss * ahead[age],
                        worth[which, age],
                        decision_time,
                    )
                    paid = share * gone[row, standard, age]
                    gone[row, standard, age] = paid + (1.0 - share) * without


@formula
def _scrapped(
    number: float, wearing_out: float, benefit: float, worth: float, decision_time: float
) -> float:
    """Trucks that are scrapped, worn out or because it pays.

    Parameters
    ----------
    number
        In use.
    wearing_out
        Part that wears out in a month.
    benefit, worth, decision_time
        As in :func:`~.truck_choice.early_scrapping_hazard`.
    """
    worn_out = number * wearing_out
    if benefit <= 0.0:
        return worn_out
    early: float = truck_choice.early_scrapping_hazard(benefit, worth, decision_time)
    return worn_out + (number - worn_out) * early


@formula
def _pay_for_scrapping(
    classes: NDArray[np.int64],
    operating: NDArray[np.bool_],
    received: Array,
    scrapping: Array,
    outside: Array,
    share: float,
    gone: Array,
) -> float:
    """Pay for scrapped trucks; what is paid in all, yuan.

    Parameters
    ----------
    classes, operating, received
        Columns; money received is written.
    scrapping, outside
        What is paid for a truck in operation, and outside it, yuan.
    share
        Of the claims for trucks outside operation that is paid.
    gone
        Of :func:`_scrap_old`, shape (owners, old standards, ages).
    """
    in_all = 0.0
    for row in range(len(gone)):
        which, paid = classes[row], 0.0
        for standard in range(gone.shape[1]):
            for age in range(gone.shape[2]):
                money = share * outside[standard]
                if operating[row]:
                    money = scrapping[standard, which, age]
                paid += gone[row, standard, age] * money
        received[row] += paid
        in_all += paid
    return in_all


@formula
def _take_out_of_use(
    classes: NDArray[np.int64],
    trucks: Array,
    hazard: Array,
    growth: Array,
    diesel: int,
    standards: Array,
    gone: Array,
    numbers: Array,
    first: int,
) -> Array:
    """Take scrapped trucks out of the fleets.

    Parameters
    ----------
    classes, trucks
        Columns; trucks are written.
    hazard, growth, diesel
        ``wearing_out`` and others of :class:`FreightConstants`.
    standards
        As in :func:`_scrap_old`.
    gone
        Scrapped diesel trucks of old standards, shape (owners, old standards, ages).
    numbers, first
        Of the ledger, added to; where trucks scrapped by age, class and powertrain begin.

    Returns
    -------
    ndarray
        What the owners buy for it, shape (owners,).
    """
    bought = np.empty(len(gone))
    ages, fuels = trucks.shape[1], trucks.shape[2]
    for row in range(len(gone)):
        which, before, in_all = classes[row], 0.0, 0.0
        for age in range(ages):
            later, old = 1.0, 0.0
            for standard in range(len(standards)):
                later -= standards[standard, age]
                old += gone[row, standard, age]
            wearing_out, of_age, gone_of_age = hazard[which, age], 0.0, 0.0
            entry = first + (age * len(growth) + which) * fuels
            for fuel in range(fuels):
                number = trucks[row, age, fuel]
                scrapped = number * wearing_out
                if fuel == diesel:
                    scrapped = scrapped * later + old
                of_age += number
                gone_of_age += scrapped
                numbers[entry + fuel] += scrapped
                trucks[row, age, fuel] = number - scrapped
            before += of_age
            in_all += gone_of_age
        bought[row] = truck_replacement.bought_in_all(before, in_all, growth[which])
    return bought


@formula
def _energy_found(
    served: float,
    public_charging: float,
    stations: float,
    capacity: float,
    hydrogen_used: float,
    price: float,
    price_limit: float,
    operating: float,
    operating_limit: float,
    years: float,
) -> tuple[float, float, float]:
    """What chargers and hydrogen stations there are here.

    Parameters
    ----------
    served
        Share of vehicles that find a public charging point.
    public_charging
        Share of electric trucks that need one.
    stations, capacity
        Hydrogen stations; what one can sell, kg/year.
    hydrogen_used
        By trucks, kg/month.
    price, price_limit
        Of hydrogen on the market, and of subsidised sales, yuan/kg.
    operating, operating_limit
        Subsidy of stations, yuan/kg, and in all, yuan.
    years
        That owners reckon with.

    Returns
    -------
    tuple of float
        Parts of the market's electric and hydrogen trucks that find energy here; what hydrogen
        costs more at the pump than on the market, yuan/kg.
    """
    charged = 1.0 - (1.0 - min(served, 1.0)) * public_charging
    sold_at_most = stations * capacity / MONTHS_PER_YEAR
    filled = 1.0 if sold_at_most > 0.0 else 0.0
    if hydrogen_used > 0.0:
        filled = min(sold_at_most / hydrogen_used, 1.0)
    sales = capacity
    if stations > 0.0:
        sales = min(hydrogen_used * MONTHS_PER_YEAR / stations, sales)
    covered = hydrogen_stations.covered_share(operating, operating_limit, sales, years)
    dearer = hydrogen_stations.pump_price(price, price_limit, covered) - price
    return charged, filled, dearer


@formula
def _buy(
    owners: Owners,
    constants: FreightConstants,
    terms: FreightTerms,
    place: int,
    market: Array,
    each_km: Array,
    gone: Array,
    bought: Array,
    numbers: Array,
    first: int,
) -> float:
    """Buy trucks and claim for them; what is paid in all, yuan.

    Parameters
    ----------
    owners
        Written.
    constants, terms, place
        As in :func:`decide`.
    market, each_km
        Share of the market that finds energy here, and yuan/km, shape (classes, powertrains).
    gone
        As in :func:`_take_out_of_use`.
    bought
        New trucks, shape (owners,).
    numbers, first
        Of the ledger, added to; where trucks bought by class and powertrain begin.
    """
    classes, operating, daily = owners.truck_class, owners.operating, owners.daily_distance
    trucks, of_owner, received = owners.trucks, owners.bought, owners.subsidy_received
    diesel, electric, hydrogen = constants.diesel, constants.electric, constants.hydrogen
    price, reference = constants.price[place], constants.reference[place]
    reach, mean_serves, steepness = constants.reach, constants.mean_serves, constants.steepness
    working_days, factor = constants.working_days, constants.years_factor
    sensitivity, cold_chain = constants.cost_sensitivity, constants.cold_chain_share
    replacement, in_all = terms.replacement, 0.0
    subsidy, shares = np.zeros(market.shape[1]), np.zeros(market.shape[1])
    for row in range(len(bought)):
        which, new, distance = classes[row], bought[row], daily[row]
        without_old, conventional, clean = 1.0, 0.0, 0.0
        for standard in range(gone.shape[1] if operating[row] and new > 0.0 else 0):
            old = 0.0
            for age in range(gone.shape[2]):
                old += gone[row, standard, age]
            against_old = min(old, new) / new
            without_old -= against_old
            conventional += against_old * replacement[standard, which, 0]
            clean += against_old * replacement[standard, which, 1]
        clean += max(without_old, 0.0) * cold_chain[which] * terms.cold_chain
        subsidy[diesel], subsidy[electric], subsidy[hydrogen] = conventional, clean, clean
        whole, diesel_cost = 0.0, 1.0
        for fuel in range(len(shares)):
            cost = truck_choice.cost_of_ownership(
                price[which, fuel], each_km[which, fuel], distance * working_days, factor
            )
            cost -= subsidy[fuel]
            # Diesel stands first in the dimension.
            if fuel == diesel:
                diesel_cost = cost
            serves = 1.0
            if reach[which, fuel] < np.inf:
                serves = truck_choice.share_of_days_within_range(
                    distance, reach[which, fuel], steepness
                )
            shares[fuel] = truck_choice.powertrain_weight(
                market[which, fuel] * serves / mean_serves[which, fuel],
                cost / diesel_cost,
                reference[which, fuel],
                sensitivity,
            )
            whole += shares[fuel]
        paid = 0.0
        for fuel in range(len(shares)):
            of_fuel = new * shares[fuel] / whole
            of_owner[row, fuel] = of_fuel
            trucks[row, 0, fuel] += of_fuel
            numbers[first + which * len(shares) + fuel] += of_fuel
            paid += of_fuel * subsidy[fuel]
        received[row] += paid
        in_all += paid
    return in_all
