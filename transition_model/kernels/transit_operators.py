"""A month of :mod:`.agents.transit_operators`, operator by operator.

Most months an operator does nothing: only those whose order arrives, or whose month of planning it
is, are looked at closely.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from transition_model.behaviour import fleet_choice, fleet_replacement
from transition_model.compilation import Fields, kernel, part
from transition_model.kernels.draws import uniform
from transition_model.kernels.fleet_choice import apportion, fill_fuel_shares, move_electric
from transition_model.kernels.records import Records
from transition_model.policy.pots import PotsOfMonth, lasting_share, money_left, take_out

type Array = NDArray[np.float64]
type Counts = NDArray[np.int64]


class Columns(NamedTuple):
    """Columns of :class:`~.agents.transit_operators.TransitOperators`; most are written."""

    transit_class: Counts
    service_life: Array
    planning_month: Counts
    lead_months: Counts
    vehicles: Counts
    new_battery: Counts
    leaving: Counts
    ordered: Counts
    delivery: Counts
    charging_places: Array
    reward_of_the_year: Array
    subsidy_received: Array


class Constants(NamedTuple):
    """What stays the same in a run.

    Attributes
    ----------
    price, offered, maintenance
        Purchase price, yuan; 1 for a fuel on offer; maintenance of a new vehicle, yuan/year; shape
        (transit classes, fuels).
    diesel, gas, other_running
        Diesel and gas in a year, in the units of their prices, and electricity with time lost in
        charging, yuan/year; same shape.
    is_bus
        1 for fleets that the rules for buses cover, shape (transit classes,), as all that follow.
    legal_life, battery_life, battery_extension
        Years.
    own_charging, depot_extension
        Part of charging done in depots; places added until a delivery, as part of the fleet.
    growth, budget
        A year; money for new vehicles in a year, yuan for each vehicle in service.
    maker_discount, charger_cost
        Yuan for each electric vehicle.
    discount_rate, cost_sensitivity, maintenance_ageing, resale_share, battery_share, part_asked
        Of all operators; ``part_asked`` is the part of their discount that makers want back.
    points_wanted
        Vehicles that a public charging point serves.
    quota_reach
        Part of purchases that a duty reaches, month by month, shape (months, transit classes).
    electric_price_index, diesel_price, gas_price
        Price of electric vehicles against the declared one; yuan by unit of fuel; (months,).
    electric
        Place of the electric vehicles among the fuels.
    bus_renewal, fleet_renewal
        Places of the programmes.
    """

    price: Array
    offered: Array
    maintenance: Array
    diesel: Array
    gas: Array
    other_running: Array
    is_bus: Array
    legal_life: Array
    battery_life: Array
    battery_extension: Array
    own_charging: Array
    depot_extension: Array
    growth: Array
    budget: Array
    maker_discount: Array
    charger_cost: Array
    discount_rate: float
    cost_sensitivity: float
    maintenance_ageing: float
    resale_share: float
    battery_share: float
    part_asked: float
    points_wanted: float
    quota_reach: Array
    electric_price_index: Array
    diesel_price: Array
    gas_price: Array
    electric: int
    bus_renewal: int
    fleet_renewal: int


class Flows(NamedTuple):
    """Entries of the ledger, to add to.

    Attributes
    ----------
    registrations, retirements
        Shape (transit classes, fuels).
    retirements_by_age
        Shape (transit classes, ages).
    spending
        Yuan, shape (programmes,).
    """

    registrations: Array
    retirements: Array
    retirements_by_age: Array
    spending: Array


class Fleet(NamedTuple):
    """What one operator's fleet meets in a month; single numbers, as in :class:`Constants`.

    Attributes
    ----------
    life
        Service life, years.
    discount
        What the maker takes off an electric vehicle, yuan.
    renewal
        For an old vehicle that an electric one replaces, while there is money; yuan.
    required
        Electric share of purchases that the quota asks for.
    places
        Electric vehicles that the depot can charge at a delivery.
    access
        Part of charging outside depots that finds a public point.
    """

    life: float
    is_bus: float
    legal_life: float
    battery_life: float
    extension: float
    own_charging: float
    budget: float
    charger_cost: float
    discount: float
    renewal: float
    required: float
    places: float
    access: float


class Habits(NamedTuple):
    """What all operators share, as in :class:`Constants`."""

    discount_rate: float
    cost_sensitivity: float
    maintenance_ageing: float
    resale_share: float
    battery_share: float
    electric: int


class Money(NamedTuple):
    """What the rules for buses offer, as in :class:`.FleetTerms`."""

    bus_renewal: float
    bus_renewal_age: float
    battery: float
    battery_age: float
    bus_reward: float


_DUE, _RENEWABLE, _CANDIDATES, _LEAVING = 0, 1, 2, 3
"""Counts of a plan by fuel and age."""

_PRICE, _RUNNING, _MAINTENANCE, _FREE = 0, 1, 2, 3
"""Numbers of a plan by fuel: yuan, yuan/year, yuan/year, share."""


@kernel
def decide(
    month: int,
    month_of_year: int,
    on_paths: int,
    key: np.uint64,
    access: float,
    columns_given: Fields,
    constants_given: Records,
    terms_given: Records,
    pots_given: Fields,
    paid: Array,
    flows_given: Fields,
) -> None:
    """Take delivery of what was ordered, then plan the year where it is the month for it.

    Parameters
    ----------
    month, month_of_year, on_paths
        The month as :attr:`.Month.index`, from 1 to 12, and its place on paths of parameters.
    key
        Of the draws of growth.
    access
        Public charging points for each new-energy car.
    columns_given, pots_given, flows_given
        Fields of the classes above, and of :class:`.PotsOfMonth` for the rule for taxis and
        logistics.
    constants_given, terms_given
        A record of :class:`Constants` and of :class:`.FleetTerms`.
    paid
        What that rule has paid out of the pot of each version, yuan; written.
    """
    columns, pots, flows = Columns(*columns_given), PotsOfMonth(*pots_given), Flows(*flows_given)
    constants: Any = constants_given[0]
    terms: Any = terms_given[0]
    electric, number = constants.electric, len(columns.delivery)
    if month_of_year == 1:
        for row in range(number):
            columns.reward_of_the_year[row] = 0.0
            _age_by_a_year(columns.new_battery[row])
            for fuel in range(columns.vehicles.shape[1]):
                _age_by_a_year(columns.vehicles[row, fuel])
                _age_by_a_year(columns.leaving[row, fuel])

    left = money_left(paid, pots, 0.0)
    claimed = 0.0
    for row in range(number):
        if columns.delivery[row] == month and left > 0.0:
            replaced = min(_total(columns.leaving[row]), columns.ordered[row, electric])
            claimed += replaced * terms.renewal[columns.transit_class[row]]
    share = lasting_share(claimed, left) if left > 0.0 else 0.0
    take_out(paid, pots, share * claimed)
    for row in range(number):
        if columns.delivery[row] == month:
            place, came = columns.transit_class[row], columns.ordered[row, electric]
            is_bus = constants.is_bus[place]
            replaced = min(_total(columns.leaving[row]), came)
            old = _take_delivery(
                columns.vehicles[row],
                columns.leaving[row],
                columns.ordered[row],
                terms.bus_renewal_age,
                flows.registrations[place],
                flows.retirements[place],
                flows.retirements_by_age[place],
            )
            columns.delivery[row] = 0
            _keep_within(columns.new_battery[row], columns.vehicles[row, electric])
            for_old_buses = is_bus * min(old, came) * terms.bus_renewal
            unclaimed = max(terms.bus_reward_limit - columns.reward_of_the_year[row], 0.0)
            reward = min(is_bus * came * terms.bus_reward, unclaimed)
            renewal = share * (replaced * terms.renewal[place])
            columns.reward_of_the_year[row] += reward
            columns.subsidy_received[row] += for_old_buses + renewal + reward
            flows.spending[constants.bus_renewal] += for_old_buses
            flows.spending[constants.fleet_renewal] += renewal + reward

    fuels, ages = columns.vehicles.shape[1:]
    counts, kept = np.empty((_LEAVING + 1, fuels, ages), np.int64), np.empty(ages, np.int64)
    numbers, shares = np.empty((_FREE + 1, fuels)), np.empty(fuels)
    room, parts = np.empty(fuels), np.empty(fuels, np.int64)
    habits = Habits(
        constants.discount_rate,
        constants.cost_sensitivity,
        constants.maintenance_ageing,
        constants.resale_share,
        constants.battery_share,
        electric,
    )
    money = Money(
        terms.bus_renewal, terms.bus_renewal_age, terms.battery, terms.battery_age, terms.bus_reward
    )
    for row in range(number):
        if columns.planning_month[row] != month_of_year or columns.delivery[row] != 0:
            continue
        place, life = columns.transit_class[row], columns.service_life[row]
        is_bus, legal_life = constants.is_bus[place], constants.legal_life[place]
        size = _total(columns.vehicles[row])
        places = columns.charging_places[row] + constants.depot_extension[place] * size
        discount = fleet_choice.discount_of_maker(
            constants.maker_discount[place], constants.part_asked, terms.taxi_maker_reward
        )
        fleet = Fleet(
            life,
            is_bus,
            legal_life,
            constants.battery_life[place],
            min(legal_life - life, constants.battery_extension[place]),
            constants.own_charging[place],
            constants.budget[place] * size,
            constants.charger_cost[place],
            discount,
            terms.renewal[place] if left > 0.0 else 0.0,
            terms.electric_share[place] * min(constants.quota_reach[on_paths, place], 1.0),
            places,
            min(access * constants.points_wanted, 1.0),
        )
        for fuel in range(fuels):
            numbers[_PRICE, fuel] = constants.price[place, fuel]
            numbers[_MAINTENANCE, fuel] = constants.maintenance[place, fuel]
            numbers[_RUNNING, fuel] = (
                constants.diesel[place, fuel] * constants.diesel_price[on_paths]
                + constants.gas[place, fuel] * constants.gas_price[on_paths]
                + constants.other_running[place, fuel]
            )
        numbers[_PRICE, electric] *= constants.electric_price_index[on_paths]
        numbers[_PRICE, electric] -= discount
        growth, rate = 0, constants.growth[place]
        if rate > 0.0:
            growth = int(np.floor(size * rate + uniform(key, row)))
        bought = _plan(
            columns.vehicles[row],
            columns.new_battery[row],
            constants.offered[place],
            fleet,
            habits,
            money,
            growth,
            counts,
            kept,
            numbers,
            shares,
            room,
            parts,
        )
        if bought > 0:
            electric_fleet = (
                _total_of(columns.vehicles[row, electric])
                + parts[electric]
                - _total_of(counts[_LEAVING, electric])
            )
            for fuel in range(fuels):
                columns.ordered[row, fuel] = parts[fuel]
                for age in range(ages):
                    columns.leaving[row, fuel, age] = counts[_LEAVING, fuel, age]
            columns.delivery[row] = month + columns.lead_months[row]
            needed = constants.own_charging[place] * electric_fleet
            columns.charging_places[row] = max(columns.charging_places[row], min(needed, places))
            if discount > 0.0:
                claim = parts[electric] * terms.taxi_maker_reward
                flows.spending[constants.fleet_renewal] += claim
        old = 0
        for age in range(ages):
            columns.new_battery[row, age] += kept[age]
            if age >= terms.battery_age:
                old += kept[age]
        for_batteries = is_bus * old * terms.battery
        columns.subsidy_received[row] += for_batteries
        flows.spending[constants.fleet_renewal] += for_batteries


@kernel
def ages_agree(
    transit_class: Counts,
    vehicles: Counts,
    by_fuel: Array,
    by_age: Array,
    registered: Array,
    retired: Array,
    tolerance: float,
) -> bool:
    """Whether operators have the vehicles, age by age, that the stocks have after a month's flows.

    Parameters
    ----------
    transit_class, vehicles
        Of the operators, after the month: shape (operators,) and (operators, fuels, ages).
    by_fuel, by_age
        Stocks at the month's opening, shape (classes, fuels) and (classes, ages).
    registered, retired
        Flows of the month, shape (classes, fuels) and (classes, ages).
    tolerance
        Of a number, or of one vehicle.
    """
    counted = np.zeros(by_age.shape, dtype=np.int64)
    count_by_age(transit_class, vehicles, counted)
    classes, ages = by_age.shape
    for place in range(classes):
        of_all_ages = 0.0
        for age in range(ages):
            of_all_ages += by_age[place, age]
            after = by_age[place, age] - retired[place, age]
            if age == 0:
                after += registered[place].sum()
            # Written so that what is no number counts as off.
            if not abs(counted[place, age] - after) <= tolerance * max(abs(after), 1.0):
                return False
        of_all_fuels = by_fuel[place].sum()
        if not abs(of_all_ages - of_all_fuels) <= tolerance * max(abs(of_all_fuels), 1.0):
            return False
    return True


@part
def count_by_age(transit_class: Counts, vehicles: Counts, counted: Counts) -> None:
    """Count vehicles by class and age.

    Parameters
    ----------
    transit_class
        Shape (operators,).
    vehicles
        Shape (operators, fuels, ages).
    counted
        Added to, shape (transit classes, ages).
    """
    operators, fuels, ages = vehicles.shape
    for row in range(operators):
        place = transit_class[row]
        for fuel in range(fuels):
            for age in range(ages):
                counted[place, age] += vehicles[row, fuel, age]


@part
def _age_by_a_year(counts: Counts) -> None:
    """Move every age class up by a year; the last one is open."""
    last = len(counts) - 1
    counts[last] += counts[last - 1]
    for age in range(last - 1, 0, -1):
        counts[age] = counts[age - 1]
    counts[0] = 0


@part
def _total(counts: Counts) -> int:
    """Sum over fuels and ages."""
    total = 0
    for fuel in range(counts.shape[0]):
        for age in range(counts.shape[1]):
            total += counts[fuel, age]
    return total


@part
def _total_of(counts: Counts) -> int:
    """Sum over ages."""
    total = 0
    for age in range(len(counts)):
        total += counts[age]
    return total


@part
def _keep_within(counts: Counts, most: Counts) -> None:
    for age in range(len(counts)):
        counts[age] = min(counts[age], most[age])


@part
def _take_delivery(
    vehicles: Counts,
    leaving: Counts,
    ordered: Counts,
    old_from: float,
    registrations: Array,
    retirements: Array,
    retirements_by_age: Array,
) -> int:
    """Vehicles of one operator come and go; how many go that are old."""
    old = 0
    for fuel in range(vehicles.shape[0]):
        registrations[fuel] += ordered[fuel]
        for age in range(vehicles.shape[1]):
            gone = leaving[fuel, age]
            if gone > 0:
                retirements[fuel] += gone
                retirements_by_age[age] += gone
                vehicles[fuel, age] -= gone
                leaving[fuel, age] = 0
                if age >= old_from:
                    old += gone
        vehicles[fuel, 0] += ordered[fuel]
        ordered[fuel] = 0
    return old


# -- the plan of the year --------------------------------------------------------------------


@part
def _plan(
    vehicles: Counts,
    renewed: Counts,
    offered: Array,
    fleet: Fleet,
    habits: Habits,
    money: Money,
    growth: int,
    counts: Counts,
    kept: Counts,
    numbers: Array,
    shares: Array,
    room: Array,
    parts: Counts,
) -> int:
    """Write who leaves, who stays with a new battery and what comes; how many come.

    Parameters
    ----------
    vehicles, renewed
        In service by fuel and age, and electric ones with a new battery by age.
    offered
        1 for a fuel on offer.
    counts, kept, numbers, shares, room, parts
        Written: counts and numbers as named above, electric vehicles that stay with a new battery
        by age, shares and vehicles bought by fuel.
    """
    electric, own = habits.electric, fleet.own_charging
    for_old_bus = fleet.is_bus * money.bus_renewal if fleet.life >= money.bus_renewal_age else 0.0
    for_battery = fleet.is_bus * money.battery if fleet.life >= money.battery_age else 0.0
    price = numbers[_PRICE, electric]
    battery = habits.battery_share * price - for_battery
    staying = _battery_share(
        battery,
        price - for_old_bus - fleet.renewal,
        numbers[_RUNNING, electric],
        numbers[_MAINTENANCE, electric],
        fleet,
        habits,
    )
    due, leaving = counts[_DUE], counts[_LEAVING]
    _fill_kept_and_due(vehicles, renewed, staying, fleet, electric, due, kept)
    offer = for_old_bus + fleet.is_bus * money.bus_reward + fleet.renewal
    _fill_free_shares(offered, offer, fleet, habits, numbers, room)
    _set_quota(numbers[_FREE], fleet.required, electric, shares)

    early_age = money.bus_renewal_age if fleet.is_bus > 0.0 else np.inf
    if fleet.renewal > 0.0:
        early_age = min(early_age, 1.0)
    _fill_renewable(vehicles, renewed, early_age, electric, counts[_RENEWABLE])
    in_service = float(_total_of(vehicles[electric]))
    early = fleet_replacement.depot_room(fleet.places, in_service, own)
    subsidy = fleet.is_bus * money.bus_renewal + fleet.renewal
    most_early = int(min(early, float(_total(vehicles))))
    _fill_candidates(subsidy, most_early, fleet, habits, numbers, counts)
    budget = max(fleet.budget - _total_of(kept) * battery, 0.0)
    mean_price = 0.0
    for fuel in range(len(shares)):
        mean_price += shares[fuel] * numbers[_PRICE, fuel]
    _fill_leaving(budget, mean_price, subsidy * shares[electric], fleet.legal_life, counts)

    bought = _total(leaving) + growth
    in_service -= float(_total_of(leaving[electric]))
    free = fleet_replacement.depot_room(fleet.places, in_service, own)
    most = fleet_replacement.chargeable_share(free, bought, own, fleet.access)
    renewed_early = _early(due, leaving) / max(bought, 1)
    required = min(renewed_early + (1.0 - renewed_early) * fleet.required, most)
    _set_quota(numbers[_FREE], required, electric, shares)
    taken = shares[electric]
    bound = fleet_choice.electric_within(taken, most)
    move_electric(shares, electric, bound, fleet_choice.scale_of_others(taken, bound, 1.0))
    apportion(bought, shares, len(shares), parts, room)
    count = fleet_replacement.electric_purchases(parts[electric], bought, required, most)
    apportion(bought - int(count), shares, electric, parts, room)
    parts[electric] = int(count)
    return bought


@part
def _battery_share(
    battery: float,
    vehicle: float,
    running: float,
    maintenance: float,
    fleet: Fleet,
    habits: Habits,
) -> float:
    """Share of worn-out electric vehicles that go on with a new battery.

    Parameters
    ----------
    battery, vehicle
        What each costs after subsidies, yuan.
    running, maintenance
        Of a new electric vehicle, yuan/year.
    """
    rate, ageing = habits.discount_rate, 1.0 + habits.maintenance_ageing * fleet.life
    old_cost = running + maintenance * ageing
    old = fleet_choice.cost_per_year(battery, old_cost, fleet.extension, rate)
    new = fleet_choice.cost_per_year(vehicle, running + maintenance, fleet.life, rate)
    return float(fleet_choice.share_of_cheaper(old, new, habits.cost_sensitivity))


@part
def _fill_kept_and_due(
    vehicles: Counts,
    renewed: Counts,
    share: float,
    fleet: Fleet,
    electric: int,
    due: Counts,
    kept: Counts,
) -> None:
    """Vehicles that have reached their life, less those that stay with a new battery."""
    for fuel in range(due.shape[0]):
        for age in range(due.shape[1]):
            due[fuel, age] = vehicles[fuel, age] if age >= fleet.life else 0
    for age in range(due.shape[1]):
        within = age < fleet.life + fleet.extension
        if age >= fleet.life and within:
            due[electric, age] -= renewed[age]
        once = max(due[electric, age] - renewed[age], 0)
        kept[age] = int(np.rint(share * once)) if within else 0
        due[electric, age] -= kept[age]


@part
def _fill_free_shares(
    offered: Array, offer: float, fleet: Fleet, habits: Habits, numbers: Array, cost: Array
) -> None:
    """Shares of fuels without quota; the offer is subsidy for an electric vehicle, yuan."""
    for fuel in range(len(cost)):
        price, battery = numbers[_PRICE, fuel], 0.0
        if fuel == habits.electric:
            battery = habits.battery_share * price
            price = price + fleet.charger_cost - offer
        cost[fuel] = fleet_choice.cost_of_ownership(
            price,
            numbers[_RUNNING, fuel] + numbers[_MAINTENANCE, fuel],
            battery,
            fleet.battery_life,
            fleet.life,
            habits.discount_rate,
        )
    fill_fuel_shares(cost, offered, habits.cost_sensitivity, numbers[_FREE])


@part
def _set_quota(free: Array, required: float, electric: int, shares: Array) -> None:
    """Shares of fuels under a quota."""
    # Not by assignment of slices, which takes seconds to compile.
    for fuel in range(len(shares)):
        shares[fuel] = free[fuel]
    scale = fleet_choice.scale_of_others(free[electric], max(free[electric], required), 0.0)
    share = fleet_choice.electric_under_quota(free[electric], required)
    move_electric(shares, electric, share, scale)


@part
def _fill_renewable(
    vehicles: Counts, renewed: Counts, early_age: float, electric: int, renewable: Counts
) -> None:
    """Vehicles whose replacement by an electric one earns money."""
    for fuel in range(vehicles.shape[0]):
        for age in range(vehicles.shape[1]):
            count = vehicles[fuel, age] if age >= early_age else 0
            if fuel == electric:
                count = max(count - renewed[age], 0)
            renewable[fuel, age] = count


@part
def _fill_candidates(
    subsidy: float, most: int, fleet: Fleet, habits: Habits, numbers: Array, counts: Counts
) -> None:
    """Vehicles that are due, and those that it pays to renew early, the oldest first."""
    electric = habits.electric
    new = numbers[_RUNNING, electric] + numbers[_MAINTENANCE, electric]
    price = numbers[_PRICE, electric] + fleet.charger_cost
    for age in range(counts.shape[2] - 1, -1, -1):
        ageing = 1.0 + habits.maintenance_ageing * age
        for fuel in range(counts.shape[1]):
            counts[_CANDIDATES, fuel, age] = counts[_DUE, fuel, age]
            if age < fleet.life and counts[_RENEWABLE, fuel, age] > 0 and most > 0:
                value = fleet_choice.early_renewal_value(
                    subsidy,
                    numbers[_RUNNING, fuel] + numbers[_MAINTENANCE, fuel] * ageing - new,
                    price,
                    habits.resale_share * numbers[_PRICE, fuel],
                    float(age),
                    fleet.life,
                    habits.discount_rate,
                )
                if value > 0.0:
                    early = min(counts[_RENEWABLE, fuel, age], most)
                    counts[_CANDIDATES, fuel, age] += early
                    most -= early


@part
def _fill_leaving(
    budget: float, price: float, subsidy: float, legal_life: float, counts: Counts
) -> None:
    """Vehicles that money and law let go, the oldest first; yuan, and yuan a vehicle."""
    must = subsidised = 0
    for fuel in range(counts.shape[1]):
        for age in range(counts.shape[2]):
            subsidised += min(counts[_CANDIDATES, fuel, age], counts[_RENEWABLE, fuel, age])
            if age >= legal_life:
                must += counts[_DUE, fuel, age]
    affordable = fleet_replacement.within_budget(budget, price, subsidy, float(subsidised))
    number = max(int(affordable), must)
    for age in range(counts.shape[2] - 1, -1, -1):
        for fuel in range(counts.shape[1]):
            gone = max(min(number, counts[_CANDIDATES, fuel, age]), 0)
            counts[_LEAVING, fuel, age] = gone
            number -= gone


@part
def _early(due: Counts, leaving: Counts) -> int:
    """Vehicles that leave before they are due."""
    early = 0
    for fuel in range(due.shape[0]):
        for age in range(due.shape[1]):
            if due[fuel, age] <= 0:
                early += leaving[fuel, age]
    return early
