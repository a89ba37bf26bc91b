"""A month of :mod:`.agents.transit_operators`, operator by operator.

Most months an operator does nothing: only those whose order arrives, or whose month of planning it
is, are looked at closely.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transition_model.behaviour import fleet_choice, fleet_replacement
from transition_model.compilation import Fields, kernel
from transition_model.kernels.draws import uniform
from transition_model.kernels.fleet_choice import apportion, fill_fuel_shares, move_electric
from transition_model.policy.fleet_renewal import FleetTerms
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


class Paths(NamedTuple):
    """Of the paths among the constants what they say for the month."""

    quota_reach: Array
    electric_price_index: float
    diesel_price: float
    gas_price: float


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


class _Plan(NamedTuple):
    """Room for the plan of one operator; by fuel and age, by age, and by fuel."""

    due: Counts
    renewable: Counts
    candidates: Counts
    leaving: Counts
    kept: Counts
    price: Array
    running: Array
    cost: Array
    shares: Array
    free: Array
    parts: Counts
    other_shares: Array
    other_parts: Counts
    remainders: Array


@kernel
def decide(
    month: int,
    month_of_year: int,
    on_paths: int,
    key: np.uint64,
    access: float,
    columns_given: Fields,
    constants_given: Fields,
    terms_given: Fields,
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
    columns_given, constants_given, terms_given, pots_given, flows_given
        Fields of the classes above, of :class:`.FleetTerms`, and of :class:`.PotsOfMonth` for the
        rule for taxis and logistics.
    paid
        What that rule has paid out of the pot of each version, yuan; written.
    """
    columns, constants = Columns(*columns_given), Constants(*constants_given)
    terms, pots, flows = FleetTerms(*terms_given), PotsOfMonth(*pots_given), Flows(*flows_given)
    paths = Paths(
        constants.quota_reach[on_paths],
        constants.electric_price_index[on_paths],
        constants.diesel_price[on_paths],
        constants.gas_price[on_paths],
    )
    if month_of_year == 1:
        _age_by_a_year(columns)
    left = money_left(paid, pots, 0.0)
    claimed = 0.0
    for row in range(len(columns.delivery)):
        if left > 0.0 and columns.delivery[row] == month:
            claimed += _claim(columns, row, constants.electric, terms.renewal)
    share = lasting_share(claimed, left)
    if left > 0.0:
        take_out(paid, pots, share * claimed)
    for row in range(len(columns.delivery)):
        if columns.delivery[row] == month:
            renewal = 0.0
            if left > 0.0:
                renewal = share * _claim(columns, row, constants.electric, terms.renewal)
            _take_delivery(columns, row, constants, terms, renewal, flows)
    plan = _room(columns)
    for row in range(len(columns.delivery)):
        if columns.planning_month[row] == month_of_year and columns.delivery[row] == 0:
            place = columns.transit_class[row]
            renewal = terms.renewal[place] if left > 0.0 else 0.0
            growth = _growth(columns, row, constants.growth[place], key)
            _plan(columns, row, constants, terms, paths, renewal, access, growth, plan)
            _order(columns, row, constants, terms, plan, month, flows.spending)


@kernel
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


@kernel
def _age_by_a_year(columns: Columns) -> None:
    operators, fuels, ages = columns.vehicles.shape
    last = ages - 1
    for row in range(operators):
        columns.reward_of_the_year[row] = 0.0
        columns.new_battery[row, last] += columns.new_battery[row, last - 1]
        for age in range(last - 1, 0, -1):
            columns.new_battery[row, age] = columns.new_battery[row, age - 1]
        columns.new_battery[row, 0] = 0
        for fuel in range(fuels):
            for counts in (columns.vehicles, columns.leaving):
                counts[row, fuel, last] += counts[row, fuel, last - 1]
                for age in range(last - 1, 0, -1):
                    counts[row, fuel, age] = counts[row, fuel, age - 1]
                counts[row, fuel, 0] = 0


# -- delivery --------------------------------------------------------------------------------


@kernel
def _claim(columns: Columns, row: int, electric: int, renewal: Array) -> float:
    """What an operator claims for old vehicles that electric ones replace, yuan."""
    gone = columns.leaving[row].sum()
    replaced = min(gone, columns.ordered[row, electric])
    return float(replaced * renewal[columns.transit_class[row]])


@kernel
def _take_delivery(
    columns: Columns,
    row: int,
    constants: Constants,
    terms: FleetTerms,
    renewal: float,
    flows: Flows,
) -> None:
    """Vehicles come and go, and the operator is paid for it."""
    place, electric = columns.transit_class[row], constants.electric
    fuels, ages = columns.vehicles.shape[1:]
    came, old = columns.ordered[row, electric], 0
    for fuel in range(fuels):
        flows.registrations[place, fuel] += columns.ordered[row, fuel]
        for age in range(ages):
            gone = columns.leaving[row, fuel, age]
            if gone > 0:
                flows.retirements[place, fuel] += gone
                flows.retirements_by_age[place, age] += gone
                columns.vehicles[row, fuel, age] -= gone
                columns.leaving[row, fuel, age] = 0
                if age >= terms.bus_renewal_age:
                    old += gone
        columns.vehicles[row, fuel, 0] += columns.ordered[row, fuel]
        columns.ordered[row, fuel] = 0
    columns.delivery[row] = 0
    for age in range(ages):
        columns.new_battery[row, age] = min(
            columns.new_battery[row, age], columns.vehicles[row, electric, age]
        )
    is_bus = constants.is_bus[place]
    for_old_buses = is_bus * min(old, came) * terms.bus_renewal
    unclaimed = max(terms.bus_reward_limit - columns.reward_of_the_year[row], 0.0)
    reward = min(is_bus * came * terms.bus_reward, unclaimed)
    columns.reward_of_the_year[row] += reward
    columns.subsidy_received[row] += for_old_buses + renewal + reward
    flows.spending[constants.bus_renewal] += for_old_buses
    flows.spending[constants.fleet_renewal] += renewal + reward


# -- the plan of the year --------------------------------------------------------------------


@kernel
def _room(columns: Columns) -> _Plan:
    fuels, ages = columns.vehicles.shape[1:]
    return _Plan(
        np.empty((fuels, ages), np.int64),
        np.empty((fuels, ages), np.int64),
        np.empty((fuels, ages), np.int64),
        np.empty((fuels, ages), np.int64),
        np.empty(ages, np.int64),
        np.empty(fuels),
        np.empty(fuels),
        np.empty(fuels),
        np.empty(fuels),
        np.empty(fuels),
        np.empty(fuels, np.int64),
        np.empty(fuels - 1),
        np.empty(fuels - 1, np.int64),
        np.empty(fuels),
    )


@kernel
def _growth(columns: Columns, row: int, rate: float, key: np.uint64) -> int:
    """Vehicles that are added to the fleet, a whole number that meets the rate on average."""
    if rate <= 0.0:
        return 0
    return int(np.floor(columns.vehicles[row].sum() * rate + uniform(key, row)))


@kernel
def _plan(
    columns: Columns,
    row: int,
    constants: Constants,
    terms: FleetTerms,
    paths: Paths,
    renewal: float,
    access: float,
    growth: int,
    plan: _Plan,
) -> None:
    """Write who leaves, who stays with a new battery and what comes into the plan."""
    place, electric = columns.transit_class[row], constants.electric
    life, is_bus = columns.service_life[row], constants.is_bus[place]
    aged = 1.0 if life >= terms.bus_renewal_age else 0.0
    battery_money = is_bus * terms.battery if life >= terms.battery_age else 0.0
    extension = min(constants.legal_life[place] - life, constants.battery_extension[place])
    own = constants.own_charging[place]
    size, electric_fleet = columns.vehicles[row].sum(), columns.vehicles[row, electric].sum()
    places = columns.charging_places[row] + constants.depot_extension[place] * size

    _fill_costs(place, constants, terms, paths, plan)
    battery = constants.battery_share * plan.price[electric] - battery_money
    _fill_kept_and_due(
        columns,
        row,
        _battery_share(
            place,
            constants,
            plan,
            life,
            extension,
            battery,
            plan.price[electric] - is_bus * aged * terms.bus_renewal - renewal,
        ),
        extension,
        electric,
        plan,
    )
    offer = is_bus * aged * terms.bus_renewal + is_bus * terms.bus_reward + renewal
    _fill_free_shares(place, constants, plan, life, offer)
    required = terms.electric_share[place] * min(paths.quota_reach[place], 1.0)
    _set_quota(plan, required, electric)

    subsidy = is_bus * terms.bus_renewal + renewal
    early_age = terms.bus_renewal_age if is_bus > 0.0 else np.inf
    if renewal > 0.0:
        early_age = min(early_age, 1.0)
    _fill_renewable(columns, row, early_age, electric, plan)
    early = fleet_replacement.depot_room(places, float(electric_fleet), own)
    _fill_candidates(place, constants, plan, life, subsidy, int(min(early, float(size))))
    budget = constants.budget[place] * size - plan.kept.sum() * battery
    money = subsidy * plan.shares[electric]
    _fill_leaving(plan, constants.legal_life[place], max(budget, 0.0), money)

    bought = int(plan.leaving.sum()) + growth
    staying = electric_fleet - plan.leaving[electric].sum()
    room = fleet_replacement.depot_room(places, float(staying), own)
    found = min(access * constants.points_wanted, 1.0)
    most = fleet_replacement.chargeable_share(room, bought, own, found)
    all_electric = _early_share(plan, bought)
    required = min(all_electric + (1.0 - all_electric) * required, most)
    _set_quota(plan, required, electric)
    taken = plan.shares[electric]
    bound = fleet_choice.electric_within(taken, most)
    scale = fleet_choice.scale_of_others(taken, bound, 1.0)
    move_electric(plan.shares, electric, bound, scale)
    _fill_order(plan, bought, required, most, electric)


@kernel
def _fill_costs(
    place: int, constants: Constants, terms: FleetTerms, paths: Paths, plan: _Plan
) -> None:
    """Price, yuan, and running cost without maintenance, yuan/year, by fuel."""
    electric = constants.electric
    for fuel in range(len(plan.price)):
        plan.price[fuel] = constants.price[place, fuel]
        plan.running[fuel] = (
            constants.diesel[place, fuel] * paths.diesel_price
            + constants.gas[place, fuel] * paths.gas_price
            + constants.other_running[place, fuel]
        )
    discount = fleet_choice.discount_of_maker(
        constants.maker_discount[place], constants.part_asked, terms.taxi_maker_reward
    )
    plan.price[electric] = plan.price[electric] * paths.electric_price_index - discount


@kernel
def _battery_share(
    place: int,
    constants: Constants,
    plan: _Plan,
    life: float,
    extension: float,
    battery: float,
    vehicle: float,
) -> float:
    """Share of worn-out electric vehicles that go on with a new battery.

    Parameters
    ----------
    battery, vehicle
        What each costs after subsidies, yuan.
    """
    electric, rate = constants.electric, constants.discount_rate
    running = plan.running[electric]
    maintenance = constants.maintenance[place, electric]
    ageing = 1.0 + constants.maintenance_ageing * life
    old = fleet_choice.cost_per_year(battery, running + maintenance * ageing, extension, rate)
    new = fleet_choice.cost_per_year(vehicle, running + maintenance, life, rate)
    return float(fleet_choice.share_of_cheaper(old, new, constants.cost_sensitivity))


@kernel
def _fill_kept_and_due(
    columns: Columns, row: int, share: float, extension: float, electric: int, plan: _Plan
) -> None:
    """Vehicles that have reached their life, less those that stay with a new battery."""
    life = columns.service_life[row]
    fuels, ages = plan.due.shape
    for fuel in range(fuels):
        for age in range(ages):
            plan.due[fuel, age] = columns.vehicles[row, fuel, age] if age >= life else 0
    for age in range(ages):
        renewed = columns.new_battery[row, age]
        within = age < life + extension
        if age >= life and within:
            plan.due[electric, age] -= renewed
        once = max(plan.due[electric, age] - renewed, 0)
        plan.kept[age] = int(np.rint(share * once)) if within else 0
        plan.due[electric, age] -= plan.kept[age]


@kernel
def _fill_free_shares(
    place: int, constants: Constants, plan: _Plan, life: float, offer: float
) -> None:
    """Shares of fuels without quota; the offer is subsidy for an electric vehicle, yuan."""
    electric = constants.electric
    for fuel in range(len(plan.cost)):
        price, battery = plan.price[fuel], 0.0
        if fuel == electric:
            price = price + constants.charger_cost[place] - offer
            battery = constants.battery_share * plan.price[fuel]
        plan.cost[fuel] = fleet_choice.cost_of_ownership(
            price,
            plan.running[fuel] + constants.maintenance[place, fuel],
            battery,
            constants.battery_life[place],
            life,
            constants.discount_rate,
        )
    fill_fuel_shares(plan.cost, constants.offered[place], constants.cost_sensitivity, plan.free)


@kernel
def _set_quota(plan: _Plan, required: float, electric: int) -> None:
    """Shares of fuels under a quota."""
    plan.shares[:] = plan.free
    free = plan.free[electric]
    scale = fleet_choice.scale_of_others(free, max(free, required), 0.0)
    share = fleet_choice.electric_under_quota(free, required)
    move_electric(plan.shares, electric, share, scale)


@kernel
def _fill_renewable(
    columns: Columns, row: int, early_age: float, electric: int, plan: _Plan
) -> None:
    """Vehicles whose replacement by an electric one earns money."""
    fuels, ages = plan.renewable.shape
    for fuel in range(fuels):
        for age in range(ages):
            count = columns.vehicles[row, fuel, age] if age >= early_age else 0
            if fuel == electric:
                count = max(count - columns.new_battery[row, age], 0)
            plan.renewable[fuel, age] = count


@kernel
def _fill_candidates(
    place: int, constants: Constants, plan: _Plan, life: float, subsidy: float, most: int
) -> None:
    """Vehicles that are due, and those that it pays to renew early, the oldest first."""
    electric = constants.electric
    fuels, ages = plan.due.shape
    new = plan.running[electric] + constants.maintenance[place, electric]
    price = plan.price[electric] + constants.charger_cost[place]
    for age in range(ages - 1, -1, -1):
        ageing = 1.0 + constants.maintenance_ageing * age
        for fuel in range(fuels):
            plan.candidates[fuel, age] = plan.due[fuel, age]
            if age < life and plan.renewable[fuel, age] > 0 and most > 0:
                old = plan.running[fuel] + constants.maintenance[place, fuel] * ageing
                value = fleet_choice.early_renewal_value(
                    subsidy,
                    old - new,
                    price,
                    constants.resale_share * plan.price[fuel],
                    float(age),
                    life,
                    constants.discount_rate,
                )
                if value > 0.0:
                    early = min(plan.renewable[fuel, age], most)
                    plan.candidates[fuel, age] += early
                    most -= early


@kernel
def _fill_leaving(plan: _Plan, legal_life: float, budget: float, subsidy: float) -> None:
    """Vehicles that money and law let go, the oldest first; yuan, and yuan a vehicle."""
    fuels, ages = plan.due.shape
    price = 0.0
    for fuel in range(fuels):
        price += plan.shares[fuel] * plan.price[fuel]
    must = subsidised = 0
    for fuel in range(fuels):
        for age in range(ages):
            subsidised += min(plan.candidates[fuel, age], plan.renewable[fuel, age])
            if age >= legal_life:
                must += plan.due[fuel, age]
    affordable = fleet_replacement.within_budget(budget, price, subsidy, float(subsidised))
    number = max(int(affordable), must)
    for age in range(ages - 1, -1, -1):
        for fuel in range(fuels):
            gone = max(min(number, plan.candidates[fuel, age]), 0)
            plan.leaving[fuel, age] = gone
            number -= gone


@kernel
def _early_share(plan: _Plan, bought: int) -> float:
    """Part of purchases that replace vehicles before they are due."""
    fuels, ages = plan.due.shape
    early = 0
    for fuel in range(fuels):
        for age in range(ages):
            if plan.due[fuel, age] <= 0:
                early += plan.leaving[fuel, age]
    return early / max(bought, 1)


@kernel
def _fill_order(plan: _Plan, bought: int, required: float, most: float, electric: int) -> None:
    """Whole vehicles by fuel."""
    apportion(bought, plan.shares, plan.parts, plan.remainders)
    count = int(fleet_replacement.electric_purchases(plan.parts[electric], bought, required, most))
    other = 0
    for fuel in range(len(plan.shares)):
        if fuel != electric:
            plan.other_shares[other] = plan.shares[fuel]
            other += 1
    apportion(bought - count, plan.other_shares, plan.other_parts, plan.remainders)
    other = 0
    for fuel in range(len(plan.shares)):
        if fuel == electric:
            plan.parts[fuel] = count
        else:
            plan.parts[fuel] = plan.other_parts[other]
            other += 1


@kernel
def _order(
    columns: Columns,
    row: int,
    constants: Constants,
    terms: FleetTerms,
    plan: _Plan,
    month: int,
    spending: Array,
) -> None:
    """Write the plan of an operator into its columns, and pay for batteries and taxis."""
    place, electric = columns.transit_class[row], constants.electric
    fuels, ages = plan.leaving.shape
    bought = plan.parts.sum()
    if bought > 0:
        size = columns.vehicles[row].sum()
        electric_fleet = (
            columns.vehicles[row, electric].sum()
            + plan.parts[electric]
            - plan.leaving[electric].sum()
        )
        for fuel in range(fuels):
            columns.ordered[row, fuel] = plan.parts[fuel]
            for age in range(ages):
                columns.leaving[row, fuel, age] = plan.leaving[fuel, age]
        columns.delivery[row] = month + columns.lead_months[row]
        places = columns.charging_places[row]
        most = places + constants.depot_extension[place] * size
        needed = constants.own_charging[place] * electric_fleet
        columns.charging_places[row] = max(places, min(needed, most))
        discount = fleet_choice.discount_of_maker(
            constants.maker_discount[place], constants.part_asked, terms.taxi_maker_reward
        )
        if discount > 0.0:
            spending[constants.fleet_renewal] += plan.parts[electric] * terms.taxi_maker_reward
    old = 0
    for age in range(ages):
        columns.new_battery[row, age] += plan.kept[age]
        if age >= terms.battery_age:
            old += plan.kept[age]
    paid = constants.is_bus[place] * old * terms.battery
    columns.subsidy_received[row] += paid
    spending[constants.fleet_renewal] += paid
