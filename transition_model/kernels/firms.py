"""Industrial firms in machine code: a month of all rows, in four passes over the columns.

What is many numbers travels as a record with the fields of a named tuple: handing over a record
costs what handing over a few numbers costs.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from transition_model.behaviour import certification, efficiency_investment, production
from transition_model.behaviour.efficiency_investment import (
    acceptance,
    avoided_surcharge,
    carbon_value,
    class_after,
    consideration,
    contract_acceptance,
    energy_price,
    measures_to_limit,
    payback,
    tier_saving,
    under_contract,
)
from transition_model.behaviour.electricity_price import (
    detection,
    effective_price,
    expected_surcharge,
    product_energy,
)
from transition_model.behaviour.environmental_charges import charged_quantity, green_power
from transition_model.behaviour.green_loans import interest_of_month
from transition_model.calendar import MONTHS_PER_YEAR
from transition_model.compilation import either, formula, kernel, part
from transition_model.kernels.draws import uniform
from transition_model.policy.electricity_price import premium_within_cap
from transition_model.policy.finance import facility_discount
from transition_model.policy.row_rules import RowRules, add_amounts

type Array = NDArray[np.float64]
type Numbers = NDArray[np.int64]
type Records = NDArray[np.void]

KWH_PER_GWH = 1e6
KWH_PER_MWH = 1e3
YUAN_PER_10K_YUAN = 1e4
PERCENT = 100.0
MONTHS_BETWEEN_DECISIONS = 3
A_MONTH = 1.0 / MONTHS_PER_YEAR
NOTHING: Any = 0.0
"""What most firms pay in surcharges."""


class FirmColumns(NamedTuple):
    """Columns of :class:`~.agents.firms.Firms`, shape (firms,) unless said there."""

    sector: Numbers
    catalogue_class: Numbers
    measures_adopted: Numbers
    weight: Array
    output_share: Array
    in_business: Array
    output: Array
    specific_energy: Array
    specific_energy_limit: Array
    electricity_share: Array
    base_margin: Array
    margin: Array
    measure_saving: Array
    measure_cost: Array
    payback_threshold: Array
    recent_adoption: Array
    months_since_measure: Array
    productivity: Array
    interest_discount: Array
    energy_ratio: Array
    energy_ratio_of_last_year: Array
    product_luck: Array
    green_power_share: Array
    eligible_factories: Array
    certified_factories: Array
    young_factories: Array
    seasoned_factories: Array
    national_factories: Array


class FirmNumbers(NamedTuple):
    """Parameters that hold for a whole run, by what they are declared as or derived from."""

    electricity_coal_equivalent: float
    kwh_per_tce: float
    energy_limit_detection: float
    electricity_market_float: float
    coal_power_benchmark_price: float
    output_cost_elasticity: float
    cost_pass_through: float
    margin_memory: float
    shutdown_margin: float
    shutdown_band: float
    value_added_of_sales: float
    steel_missed_capacity_cut_share: float
    pilot_reserve_sold: float
    pollution_tax_response: float
    water_fee_response: float
    known_air_tax: float
    known_water_tax: float
    known_slag_tax: float
    known_water_fee: float
    green_power_duty_compliance: float
    green_power_known_price: float
    green_power_price_response: float
    exit_response: float
    electrification_rate: float
    adoption_productivity_loss: float
    adoption_loss_time: float
    adoption_productivity_gain: float
    adoption_gain_time: float
    payback_sensitivity: float
    search_rate: float
    peer_effect: float
    cost_escalation: float
    loan_share: float
    measure_life: float
    contract_offer: float
    contract_company_share: float
    contract_length: float
    grant_project_share: float
    facility_passed_on: float
    certificate_own_value: float
    certificate_award_elasticity: float
    certificate_performance_sensitivity: float
    certificate_peer_effect: float
    certificate_kept: float


class SectorNumbers(NamedTuple):
    """Parameters of a sector that hold for a whole run."""

    electricity_cost_share: float
    differential_price_scope: float
    product_energy_elasticity: float
    electricity_per_tonne_at_limit: float
    high_energy_market: float
    fuel_carbon_dioxide: float
    air_pollution_per_output: float
    water_pollution_per_output: float
    slag_per_output: float
    water_drawn_per_output: float
    known_charges: float
    voluntary_green_power_share: float
    autonomous_improvement: float
    monthly_progress: float


class PathNumbers(NamedTuple):
    """Parameters of a month."""

    electricity_price: float
    electricity_price_elsewhere: float
    fuel_price: float
    corporate_loan_rate: float
    bank_refinancing_rate: float
    certificate_application_rate: float
    certificate_national_rate: float


class FirmConstants(NamedTuple):
    """What holds for a whole run.

    Attributes
    ----------
    numbers
        :class:`FirmNumbers`, shape (1,).
    by_sector
        :class:`SectorNumbers` of each sector, shape (sectors,).
    exit_rate
        Share/year by catalogue class, shape (classes,).
    penalised
        Classes that pay a surcharge, shape (classes,).
    allowed
        The class that firms are upgraded to.
    paths
        :class:`PathNumbers` of each month since January 2020, shape (months,).
    demand
        Output asked of each sector in each month, 10k yuan/month, shape (months, sectors).
    """

    numbers: Records
    by_sector: Records
    exit_rate: Array
    penalised: NDArray[np.bool_]
    allowed: int
    paths: Records
    demand: Array


class LawNumbers(NamedTuple):
    """What the rules of a month say to all firms; units as in :mod:`.policy`."""

    inspected_share: float
    market_cap: float
    quota_reserve: float
    certificate_price: float
    facility_share: float
    facility_rate: float
    air_tax: float
    water_tax: float
    slag_tax: float
    water_fee: float
    contract_reward: float
    municipal_award: float
    national_award: float


class LawOfSector(NamedTuple):
    """What the rules of a month say to a sector."""

    national_carbon_price: float
    green_power_duty: float
    treasury_share: float


class FirmLaw(NamedTuple):
    """What the rules say in a month.

    Attributes
    ----------
    numbers
        :class:`LawNumbers`, shape (1,).
    by_sector
        :class:`LawOfSector` of each sector, shape (sectors,).
    by_class
        Differential surcharge of firms that met their capacity cut and of those that missed it,
        yuan/kWh, shape (2, sectors, classes).
    rules
        Rules by a firm's own numbers: tiered prices by sector and class, then punitive price,
        pilot price of carbon, investment grant and reward for a service contract.
    """

    numbers: Records
    by_sector: Records
    by_class: Array
    rules: RowRules


class FirmMonth(NamedTuple):
    """The month, and the levers in it."""

    place: int
    of_year: int
    turn: int
    key: np.uint64
    certified_factories: float
    surcharge_factor: float
    price_enforcement: float
    market_premium: float
    interest_discount: float
    audit_rate: float
    factory_support: float


class LedgerPlaces(NamedTuple):
    """Where the firms' entries begin in the ledger's vector."""

    value_added: int
    value_added_lost: int
    energy: int
    electricity: int
    green_power: int
    factories_certified: int
    factories_revoked: int
    national_certified: int
    national_revoked: int
    electricity_surcharge: int
    environmental_tax: int
    water_fee: int
    carbon_allowances: int
    loan_interest: int
    green_investment_grant: int
    efficiency_reward: int
    green_factory_support: int


class _Rates(NamedTuple):
    """What holds for the firms of a sector in a month."""

    plain_price: float
    certificates: float
    green_power: float
    environmental_tax: float
    water_fee: float
    added_charges: float
    technology: float
    plain_response: float
    plain_charges_response: float
    demand: float


def record_type(layout: type[NamedTuple]) -> np.dtype[np.void]:
    """The type of records of numbers with the fields of a named tuple."""
    return np.dtype([(name, np.float64) for name in layout._fields])


_RATES = record_type(_Rates)
PLACES = np.dtype([(name, np.int64) for name in LedgerPlaces._fields])
"""The type of a record of :class:`LedgerPlaces`."""
TIER, PUNITIVE, PILOT = range(len(("tier", "punitive", "pilot")))
"""What rules by their own numbers say to firms every month; the first category is by sector and
class, the others follow behind those of all sectors and classes."""
_, GRANT, REWARD = range(len(("tier after", "grant", "reward")))
"""What they say to those who look at a measure; its categories follow behind the others."""
ASKED = PILOT + 1
OWN_NUMBERS = len(("process energy", "electricity for a tonne", "green power"))
"""Most that a rule asks a firm."""
PRICE, AT_LIMIT, TIERED, CARBON = range(len(("price", "at limit", "tiered", "carbon")))
"""What a firm's decisions on measures read of its prices: rows of a scratch array."""
OUTPUT_SHARE, ELIGIBLE, CERTIFIED, ADOPTED, WEIGHT = range(
    len(("output share", "eligible", "certified", "adopted", "weight"))
)
"""Rows of the sums by sector."""
SUMS = WEIGHT + 1


@kernel
def decide(
    columns: FirmColumns,
    constants: FirmConstants,
    law: FirmLaw,
    month: FirmMonth,
    by_load: Array,
    places: Records,
    ledger: Array,
) -> None:
    """All that firms do in a month: :meth:`~.agents.firms.Firms.decide`.

    Parameters
    ----------
    columns
        Written.
    constants, law, month
        What the firms know.
    by_load
        Price of electricity by sector's load against the mean of industry, shape (sectors,).
    places
        :class:`LedgerPlaces`, shape (1,).
    ledger
        The ledger's vector; added to.
    """
    prices = np.empty((CARBON + 1, len(columns.sector)))
    rates = _rates_of_sectors(constants, law, month, by_load)
    sums = _sums_by_sector(columns, len(rates))
    _produce(columns, constants, law, month, prices, rates, sums, places, ledger)
    _invest(columns, constants, law, month, prices, rates, sums, places, ledger)
    _certify(columns, constants, law, month, sums, places, ledger)
    _grow_older(columns, constants, month, prices, rates)


@part
def _rates_of_sectors(
    constants: FirmConstants, law: FirmLaw, month: FirmMonth, by_load: Array
) -> Records:
    """:class:`_Rates` of each sector, shape (sectors,)."""
    numbers = constants.numbers[0]
    said = law.numbers[0]
    paths = constants.paths[month.place]
    premium = premium_within_cap(
        month.market_premium,
        said.market_cap,
        numbers.electricity_market_float,
        numbers.coal_power_benchmark_price / paths.electricity_price,
    )
    years = month.place / MONTHS_PER_YEAR
    elasticity = numbers.output_cost_elasticity
    rates = np.empty(len(by_load), _RATES)
    for place in range(len(by_load)):
        sector = constants.by_sector[place]
        ruled = law.by_sector[place]
        tax = _environmental_tax(numbers, said, sector)
        fee = said.water_fee * charged_quantity(
            sector.water_drawn_per_output,
            said.water_fee,
            numbers.known_water_fee,
            numbers.water_fee_response,
        )
        share = green_power(
            sector.voluntary_green_power_share,
            ruled.green_power_duty,
            numbers.green_power_duty_compliance,
            said.certificate_price,
            numbers.green_power_known_price,
            numbers.green_power_price_response,
        )
        certificates = share * said.certificate_price / KWH_PER_MWH
        plain = effective_price(
            paths.electricity_price * by_load[place], premium * sector.high_energy_market, NOTHING
        )
        charges = tax + fee - sector.known_charges
        ratio = (plain + certificates) / paths.electricity_price_elsewhere
        extra = charges / YUAN_PER_10K_YUAN * numbers.value_added_of_sales
        found = rates[place]
        found.plain_price = plain
        found.certificates = certificates
        found.green_power = share
        found.environmental_tax = tax
        found.water_fee = fee
        found.added_charges = charges
        found.technology = (1.0 - sector.autonomous_improvement) ** years
        found.plain_response = production.output_response(
            ratio, sector.electricity_cost_share, elasticity
        )
        found.plain_charges_response = (1.0 + extra) ** elasticity
        found.demand = constants.demand[month.place, place]
    return rates


@formula
def _environmental_tax(numbers: Any, said: Any, sector: Any) -> Any:
    """Tax on a sector's pollution, yuan for 10k yuan of value added."""
    response = numbers.pollution_tax_response
    return (
        said.air_tax
        * charged_quantity(
            sector.air_pollution_per_output, said.air_tax, numbers.known_air_tax, response
        )
        + said.water_tax
        * charged_quantity(
            sector.water_pollution_per_output, said.water_tax, numbers.known_water_tax, response
        )
        + said.slag_tax
        * charged_quantity(sector.slag_per_output, said.slag_tax, numbers.known_slag_tax, response)
    )


@part
def _sums_by_sector(columns: FirmColumns, sectors: int) -> Array:
    """Sums over the firms of each sector at the opening, shape (5, sectors)."""
    sums = np.zeros((SUMS, sectors))
    for row in range(len(columns.sector)):
        place = columns.sector[row]
        weight = columns.weight[row]
        sums[OUTPUT_SHARE, place] += columns.output_share[row] * columns.in_business[row]
        sums[ELIGIBLE, place] += columns.eligible_factories[row]
        sums[CERTIFIED, place] += columns.certified_factories[row]
        sums[ADOPTED, place] += columns.recent_adoption[row] * weight
        sums[WEIGHT, place] += weight
    return sums


@part
def _class_surcharges(constants: FirmConstants, law: FirmLaw, enforced: float) -> Array:
    """Surcharge by sector and class that firms pay on average, yuan/kWh."""
    numbers = constants.numbers[0]
    missed = numbers.steel_missed_capacity_cut_share
    _, sectors, classes = law.by_class.shape
    found = np.empty((sectors, classes))
    for place in range(sectors):
        sector = constants.by_sector[place]
        for member in range(classes):
            mean = (1.0 - missed) * law.by_class[0, place, member] + missed * law.by_class[
                1, place, member
            ]
            found[place, member] = expected_surcharge(
                mean, sector.differential_price_scope, enforced
            )
    return found


@part
def _produce(
    columns: FirmColumns,
    constants: FirmConstants,
    law: FirmLaw,
    month: FirmMonth,
    prices: Array,
    rates: Records,
    sums: Array,
    places: Records,
    ledger: Array,
) -> None:
    """Charges, prices, output and energy of the month."""
    numbers = constants.numbers[0]
    said = law.numbers[0]
    paths = constants.paths[month.place]
    entry = places[0]
    enforced = month.surcharge_factor * month.price_enforcement
    by_class = _class_surcharges(constants, law, enforced)
    known = enforced * detection(numbers.energy_limit_detection, said.inspected_share)
    sold = said.quota_reserve * numbers.pilot_reserve_sold
    elasticity, pass_through = numbers.output_cost_elasticity, numbers.cost_pass_through
    yuan = _claimed(columns, constants, law, rates)
    demanded, made = 0.0, 0.0
    for place in range(len(rates)):
        demanded += constants.demand[month.place, place]
    for row in range(len(columns.sector)):
        place, member = columns.sector[row], columns.catalogue_class[row]
        sector = constants.by_sector[place]
        rate = rates[place]
        specific, electric = columns.specific_energy[row], columns.electricity_share[row]

        # Carbon, and what all charges add to those of 2020.
        national = law.by_sector[place].national_carbon_price
        pilot = 0.0 if national > 0.0 else yuan[ASKED * row + PILOT]
        allowances = sold * pilot * _carbon_per_output(columns, sector, row)
        extra = (rate.added_charges + allowances) / YUAN_PER_10K_YUAN * numbers.value_added_of_sales

        # Electricity.
        at_limit = by_class[place, member] + known * yuan[ASKED * row + PUNITIVE]
        tier = enforced * yuan[ASKED * row + TIER]
        surcharge = at_limit + tier
        price = rate.plain_price + surcharge
        prices[PRICE, row], prices[AT_LIMIT, row], prices[TIERED, row] = price, at_limit, tier
        prices[CARBON, row] = national + pilot

        # Output. Most firms pay no surcharge and no allowances: their powers are their sector's.
        ratio = (price + rate.certificates) / paths.electricity_price_elsewhere
        cost_share = sector.electricity_cost_share
        response = rate.plain_response
        if surcharge != 0.0:
            response = production.output_response(ratio, cost_share, elasticity)
        response *= (
            (1.0 + extra) ** elasticity if allowances != 0.0 else rate.plain_charges_response
        )
        base_margin = columns.base_margin[row]
        margin = production.margin_after_charges(
            production.margin_after_price(base_margin, ratio, cost_share, pass_through),
            extra,
            pass_through,
        )
        columns.margin[row] += (margin - columns.margin[row]) / numbers.margin_memory
        running = production.running_share(
            columns.margin[row], numbers.shutdown_margin, numbers.shutdown_band
        ) / production.running_share(base_margin, numbers.shutdown_margin, numbers.shutdown_band)
        total = sums[OUTPUT_SHARE, place]
        present = columns.output_share[row] * columns.in_business[row]
        share = present / either(total > 0.0, total, 1.0)
        output = rate.demand * share * response * running * columns.productivity[row]
        columns.output[row] = output
        made += output

        # Energy, and what the treasury receives.
        energy = output * specific
        electricity = energy * electric / numbers.electricity_coal_equivalent
        ledger[entry.value_added + place] += output
        ledger[entry.energy + place] += energy
        ledger[entry.electricity + place] += electricity
        ledger[entry.green_power + place] += electricity * rate.green_power
        treasury = law.by_sector[place].treasury_share
        ledger[entry.electricity_surcharge] += (
            (at_limit + tier * treasury) * electricity * KWH_PER_GWH
        )
        ledger[entry.environmental_tax] += output * rate.environmental_tax
        ledger[entry.water_fee] += output * rate.water_fee
        ledger[entry.carbon_allowances] += output * allowances
    ledger[entry.value_added_lost] += max(demanded - made, 0.0)


@part
def _claimed(columns: FirmColumns, constants: FirmConstants, law: FirmLaw, rates: Records) -> Array:
    """What the rules by a firm's own numbers say of each, before enforcement.

    Returns
    -------
    ndarray
        Tiered and punitive price, yuan/kWh, and the pilot's price of carbon, yuan/tCO2, row by row;
        shape (3 * firms,).
    """
    firms = len(columns.sector)
    _, sectors, classes = law.by_class.shape
    category = np.empty(ASKED * firms, np.int64)
    numbers = np.zeros((ASKED * firms, OWN_NUMBERS))
    for row in range(firms):
        claim = ASKED * row
        sector = constants.by_sector[columns.sector[row]]
        category[claim + TIER] = columns.sector[row] * classes + columns.catalogue_class[row]
        if law.rules.first[category[claim + TIER]] < law.rules.first[category[claim + TIER] + 1]:
            _state_product_energy(columns, sector, rates, row, 0.0, numbers, claim + TIER)
        category[claim + PUNITIVE] = sectors * classes + PUNITIVE - 1
        numbers[claim + PUNITIVE, 0] = columns.energy_ratio_of_last_year[row] - 1.0
        category[claim + PILOT] = sectors * classes + PILOT - 1
        factories = columns.weight[row] * columns.in_business[row]
        emitted = columns.output[row] * MONTHS_PER_YEAR * _carbon_per_output(columns, sector, row)
        numbers[claim + PILOT, 0] = emitted / either(factories > 0.0, factories, 1.0)
    yuan = np.zeros(ASKED * firms)
    add_amounts(law.rules, category, numbers, yuan)
    return yuan


@formula
def _carbon_per_output(columns: Any, sector: Any, row: int) -> Any:
    """Carbon dioxide of a firm's fuels, tCO2 for 10k yuan of value added."""
    fuel = columns.specific_energy[row] * (1.0 - columns.electricity_share[row])
    return fuel * sector.fuel_carbon_dioxide


@formula
def _state_product_energy(
    columns: Any, sector: Any, rates: Any, row: int, saving: float, numbers: Any, claim: int
) -> None:
    """Write what tiered prices ask a firm, after a saving."""
    relative = product_energy(
        columns.energy_ratio_of_last_year[row] * (1.0 - saving),
        rates[columns.sector[row]].technology,
        sector.product_energy_elasticity,
        columns.product_luck[row],
    )
    numbers[claim, 0] = relative - 1.0
    numbers[claim, 1] = sector.electricity_per_tonne_at_limit * relative
    numbers[claim, OWN_NUMBERS - 1] = PERCENT * columns.green_power_share[row]


@part
def _invest(
    columns: FirmColumns,
    constants: FirmConstants,
    law: FirmLaw,
    month: FirmMonth,
    prices: Array,
    rates: Records,
    sums: Array,
    places: Records,
    ledger: Array,
) -> None:
    """Measures of those whose turn it is, what they cost the public, and what they end."""
    numbers, said, entry = constants.numbers[0], law.numbers[0], places[0]
    paths = constants.paths[month.place]
    ordinary = paths.corporate_loan_rate
    facility = facility_discount(
        said.facility_share,
        said.facility_rate,
        paths.bank_refinancing_rate,
        numbers.facility_passed_on,
        ordinary,
    )
    subsidy = min(month.interest_discount, ordinary - facility)
    finance = efficiency_investment.finance_factor(
        ordinary, facility + subsidy, numbers.loan_share, numbers.measure_life
    )
    considered = np.empty(len(rates))
    for place in range(len(rates)):
        considered[place] = consideration(
            numbers.search_rate,
            month.audit_rate,
            sums[ADOPTED, place] / sums[WEIGHT, place],
            numbers.peer_effect,
            MONTHS_BETWEEN_DECISIONS / MONTHS_PER_YEAR,
        )
    rows = np.empty(len(columns.sector), np.int64)
    found = 0
    for row in range(month.turn, len(rows), MONTHS_BETWEEN_DECISIONS):
        # Nobody adopts what it does not look at.
        if uniform(month.key, row) < considered[columns.sector[row]]:
            rows[found] = row
            found += 1
    for row in range(len(columns.sector)):
        columns.recent_adoption[row] *= 1.0 - A_MONTH
    lent = _adopt(
        columns,
        constants,
        law,
        month,
        prices,
        rates,
        considered,
        finance,
        rows[:found],
        places,
        ledger,
    )
    for row in range(len(columns.sector)):
        columns.interest_discount[row] = interest_of_month(
            columns.interest_discount[row], lent[row], subsidy, numbers.measure_life
        )
        ledger[entry.loan_interest] += columns.interest_discount[row]
        columns.catalogue_class[row] = class_after(
            columns.catalogue_class[row],
            columns.specific_energy[row],
            columns.specific_energy_limit[row],
            constants.penalised,
            constants.allowed,
        )


@part
def _adopt(
    columns: FirmColumns,
    constants: FirmConstants,
    law: FirmLaw,
    month: FirmMonth,
    prices: Array,
    rates: Records,
    considered: Array,
    finance: float,
    rows: Numbers,
    places: Records,
    ledger: Array,
) -> Array:
    """Decide for those who look at their next measure.

    Parameters
    ----------
    considered
        Probability of looking, by sector.
    finance
        Cost of capital under a green loan against that under an ordinary one.
    rows
        The firms that look.

    Returns
    -------
    ndarray
        Green loans of the month, yuan, shape (firms,).
    """
    numbers, said = constants.numbers[0], law.numbers[0]
    entry = places[0]
    lent = np.zeros(len(columns.sector))
    yuan = _claimed_by_measures(columns, constants, law, rates, rows)
    for looking in range(len(rows)):
        row = rows[looking]
        weight = columns.weight[row]
        each = _investment_each(columns, numbers, row)
        granted = yuan[ASKED * looking + GRANT] / either(each > 0.0, each, 1.0)
        grant_share = numbers.grant_project_share * granted
        tier_after = month.surcharge_factor * month.price_enforcement * yuan[ASKED * looking + TIER]
        cost = _next_measure_cost(columns, numbers, row)
        value = _saving_value(columns, constants, month, prices, tier_after, row)
        alone = acceptance(
            payback(cost * (1.0 - grant_share) * finance, value),
            columns.payback_threshold[row],
            numbers.payback_sensitivity,
        )
        contract = numbers.contract_offer * contract_acceptance(
            cost,
            value,
            said.contract_reward,
            numbers.contract_company_share,
            numbers.contract_length,
            numbers.payback_sensitivity,
        )
        adopted = considered[columns.sector[row]] * (1.0 - (1.0 - alone) * (1.0 - contract))
        if uniform(month.key, row) < adopted:
            by_company = under_contract(alone, contract)
            own = each * weight * (1.0 - by_company)
            lent[row] = (own - own * grant_share) * numbers.loan_share
            ledger[entry.green_investment_grant] += own * grant_share
            rewarded = weight * yuan[ASKED * looking + REWARD]
            ledger[entry.efficiency_reward] += rewarded * by_company
            columns.specific_energy[row] *= 1.0 - columns.measure_saving[row]
            columns.measures_adopted[row] += 1
            columns.recent_adoption[row] = 1.0
            columns.months_since_measure[row] = 0.0
    return lent


@part
def _claimed_by_measures(
    columns: FirmColumns, constants: FirmConstants, law: FirmLaw, rates: Records, rows: Numbers
) -> Array:
    """What the rules by a firm's own numbers say of the next measure of some firms.

    Returns
    -------
    ndarray
        Tiered price after it, before enforcement, yuan/kWh, grant for the investment and reward for
        a service contract, yuan, row by row; shape (3 * rows,).
    """
    _, sectors, classes = law.by_class.shape
    category = np.empty(ASKED * len(rows), np.int64)
    numbers = np.zeros((ASKED * len(rows), OWN_NUMBERS))
    for looking in range(len(rows)):
        row, claim = rows[looking], ASKED * looking
        sector = constants.by_sector[columns.sector[row]]
        saving = columns.measure_saving[row]
        category[claim + TIER] = columns.sector[row] * classes + columns.catalogue_class[row]
        _state_product_energy(columns, sector, rates, row, saving, numbers, claim + TIER)
        category[claim + GRANT] = sectors * classes + PILOT - 1 + GRANT
        numbers[claim + GRANT, 0] = _investment_each(columns, constants.numbers[0], row)
        category[claim + REWARD] = sectors * classes + PILOT - 1 + REWARD
        numbers[claim + REWARD, 0] = _saved(columns, row) / columns.weight[row]
    yuan = np.zeros(ASKED * len(rows))
    add_amounts(law.rules, category, numbers, yuan)
    return yuan


@part
def _saving_value(
    columns: FirmColumns,
    constants: FirmConstants,
    month: FirmMonth,
    prices: Array,
    tier_after: Any,
    row: int,
) -> Any:
    """What a saved tce is worth to a firm, upgrading included, yuan/tce."""
    kwh_per_tce = constants.numbers[0].kwh_per_tce
    paths = constants.paths[month.place]
    carbon = constants.by_sector[columns.sector[row]].fuel_carbon_dioxide
    electric, saving = columns.electricity_share[row], columns.measure_saving[row]
    tier = prices[TIERED, row]
    measures = measures_to_limit(
        columns.specific_energy[row], columns.specific_energy_limit[row], saving
    )
    return (
        energy_price(electric, prices[PRICE, row] - tier, paths.fuel_price, kwh_per_tce)
        + tier * electric * kwh_per_tce
        + avoided_surcharge(prices[AT_LIMIT, row], electric, measures, saving, kwh_per_tce)
        + tier_saving(tier, tier_after, electric, saving, kwh_per_tce)
        + carbon_value(electric, prices[CARBON, row], carbon)
    )


@formula
def _next_measure_cost(columns: Any, numbers: Any, row: int) -> Any:
    """Investment for a yearly saving of one tce by the next measure, yuan."""
    return columns.measure_cost[row] * numbers.cost_escalation ** columns.measures_adopted[row]


@formula
def _saved(columns: Any, row: int) -> Any:
    """Energy that the next measure saves, tce/year."""
    return (
        columns.output[row]
        * MONTHS_PER_YEAR
        * columns.specific_energy[row]
        * columns.measure_saving[row]
    )


@formula
def _investment_each(columns: Any, numbers: Any, row: int) -> Any:
    """Investment in the next measure by one of the firms that a row stands for, yuan."""
    saved = _saved(columns, row)
    return saved * _next_measure_cost(columns, numbers, row) / columns.weight[row]


@part
def _certify(
    columns: FirmColumns,
    constants: FirmConstants,
    law: FirmLaw,
    month: FirmMonth,
    sums: Array,
    places: Records,
    ledger: Array,
) -> None:
    """Green-factory certificates of both levels: won, raised and withdrawn."""
    numbers = constants.numbers[0]
    said = law.numbers[0]
    paths = constants.paths[month.place]
    entry = places[0]
    municipal_award = month.factory_support * said.municipal_award
    national_award = month.factory_support * said.national_award
    own_value, elasticity = numbers.certificate_own_value, numbers.certificate_award_elasticity
    municipal_pull = certification.award_pull(municipal_award, own_value, elasticity)
    national_pull = certification.award_pull(national_award, own_value, elasticity)
    kept = numbers.certificate_kept
    known = sums[CERTIFIED].sum()
    # Who holds the certificates is known here; how many there are is the stock's to say.
    scale = month.certified_factories / known if known > 0.0 else 0.0
    gained_in_all, promoted_in_all, national_in_all = 0.0, 0.0, 0.0
    for row in range(len(columns.sector)):
        place = columns.sector[row]
        certified = columns.certified_factories[row] * scale
        seasoned = columns.seasoned_factories[row] * scale
        national = columns.national_factories[row] * scale
        score = certification.performance_score(
            columns.specific_energy[row] / columns.specific_energy_limit[row],
            numbers.certificate_performance_sensitivity,
        )
        gained: Any = 0.0
        promoted: Any = 0.0
        if score > 0.0:
            peers = sums[CERTIFIED, place] * scale / sums[ELIGIBLE, place]
            hazard = certification.certification_hazard(
                paths.certificate_application_rate,
                municipal_pull,
                score,
                peers,
                numbers.certificate_peer_effect,
            )
            gained = certification.certified_within(
                columns.eligible_factories[row], certified, hazard, A_MONTH
            )
        if score > 0.0 and seasoned > 0.0:
            promoted = certification.promoted_within(
                seasoned, paths.certificate_national_rate * national_pull * score, A_MONTH
            )
        gained_in_all += gained
        promoted_in_all += promoted
        national_in_all += national
        promoted *= kept
        young = columns.young_factories
        columns.seasoned_factories[row] = seasoned * kept + young[row, 0] * scale * kept - promoted
        columns.national_factories[row] = national * kept + promoted
        columns.certified_factories[row] = certified * kept + gained
        for age in range(young.shape[1] - 1):
            young[row, age] = young[row, age + 1] * (scale * kept)
        young[row, young.shape[1] - 1] = gained
    ledger[entry.factories_certified] += gained_in_all
    ledger[entry.factories_revoked] += known * scale * (1.0 - kept)
    ledger[entry.national_certified] += promoted_in_all * kept
    ledger[entry.national_revoked] += national_in_all * (1.0 - kept)
    ledger[entry.green_factory_support] += (
        municipal_award * gained_in_all + national_award * promoted_in_all
    )


@part
def _grow_older(
    columns: FirmColumns, constants: FirmConstants, month: FirmMonth, prices: Array, rates: Records
) -> None:
    """A month of progress that nobody decides on: technology, electrification, closures."""
    numbers = constants.numbers[0]
    electrification = numbers.electrification_rate / MONTHS_PER_YEAR
    plain_stay = np.empty(len(constants.exit_rate))
    for member in range(len(plain_stay)):
        plain_stay[member] = np.exp(
            -production.exit_hazard(constants.exit_rate[member], NOTHING, numbers.exit_response)
            / MONTHS_PER_YEAR
        )
    for row in range(len(columns.sector)):
        place, member = columns.sector[row], columns.catalogue_class[row]
        progress = constants.by_sector[place].monthly_progress
        columns.specific_energy[row] *= progress
        columns.specific_energy_limit[row] *= progress
        electric = columns.electricity_share[row]
        columns.electricity_share[row] += electrification * electric * (1.0 - electric)
        surcharge = prices[AT_LIMIT, row] + prices[TIERED, row]
        stay = plain_stay[member]
        if surcharge != 0.0:
            hazard = production.exit_hazard(
                constants.exit_rate[member], surcharge, numbers.exit_response
            )
            stay = np.exp(-hazard / MONTHS_PER_YEAR)
        columns.in_business[row] *= stay
        columns.productivity[row] *= 1.0 + production.productivity_change(
            columns.months_since_measure[row],
            numbers.adoption_productivity_loss,
            numbers.adoption_loss_time,
            numbers.adoption_productivity_gain,
            numbers.adoption_gain_time,
        )
        columns.months_since_measure[row] += 1.0
        ratio = columns.specific_energy[row] / columns.specific_energy_limit[row]
        columns.energy_ratio[row] += (ratio - columns.energy_ratio[row]) / month.of_year
        if month.of_year == MONTHS_PER_YEAR:
            columns.energy_ratio_of_last_year[row] = columns.energy_ratio[row]
        columns.green_power_share[row] = rates[place].green_power
