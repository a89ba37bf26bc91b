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


FIRM = np.dtype(
    [
        ("sector", np.int64),
        ("catalogue_class", np.int64),
        ("measures_adopted", np.int64),
        ("weight", np.float64),
        ("output_share", np.float64),
        ("in_business", np.float64),
        ("output", np.float64),
        ("specific_energy", np.float64),
        ("specific_energy_limit", np.float64),
        ("electricity_share", np.float64),
        ("base_margin", np.float64),
        ("margin", np.float64),
        ("measure_saving", np.float64),
        ("measure_cost", np.float64),
        ("payback_threshold", np.float64),
        ("recent_adoption", np.float64),
        ("months_since_measure", np.float64),
        ("productivity", np.float64),
        ("interest_discount", np.float64),
        ("energy_ratio", np.float64),
        ("energy_ratio_of_last_year", np.float64),
        ("product_luck", np.float64),
        ("green_power_share", np.float64),
        ("eligible_factories", np.float64),
        ("certified_factories", np.float64),
        ("seasoned_factories", np.float64),
        ("national_factories", np.float64),
        ("young_factories", np.float64, MONTHS_PER_YEAR),
    ]
)
"""A firm as the kernel has it: the columns of :class:`~.agents.firms.Firms`, side by side."""


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
    """The month; :class:`FirmLevers` is a record of its own, shape (1,)."""

    place: int
    of_year: int
    turn: int
    key: np.uint64
    certified_factories: float
    levers: Records


class FirmLevers(NamedTuple):
    """The levers of the month."""

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
    firms: Records,
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
    firms
        Written: each a :data:`FIRM`, shape (firms,).
    constants, law, month
        What the firms know.
    by_load
        Price of electricity by sector's load against the mean of industry, shape (sectors,).
    places
        :class:`LedgerPlaces`, shape (1,).
    ledger
        The ledger's vector; added to.
    """
    # Parts are called from here alone: what a part calls is compiled anew with each of its callers.
    prices = np.empty((CARBON + 1, len(firms)))
    rates = _rates_of_sectors(constants, law, month, by_load)
    sums = _sums_by_sector(firms, len(rates))

    category, own, yuan = _room_for_claims(len(firms))
    _claim(firms, constants, law, rates, category, own)
    add_amounts(law.rules, category, own, yuan)
    _produce(firms, constants, law, month, prices, rates, sums, yuan, places, ledger)

    subsidy, finance = _green_loan(constants, law, month)
    considered = _consideration(constants, month, sums)
    rows = _looking(firms, month, considered)
    category, own, yuan = _room_for_claims(len(rows))
    _claim_for_measures(firms, constants, law, rates, rows, category, own)
    add_amounts(law.rules, category, own, yuan)
    lent = np.zeros(len(firms))
    _adopt(
        firms,
        constants,
        law,
        month,
        prices,
        rows,
        considered,
        finance,
        yuan,
        places,
        lent,
        ledger,
    )

    _certify(firms, constants, law, month, sums, places, ledger)
    _grow_older(firms, constants, month, prices, rates, lent, subsidy, places, ledger)


@formula
def _room_for_claims(asking: int) -> Any:
    """Category, own numbers and amount of what each of some firms asks the rules."""
    claims = ASKED * asking
    return np.empty(claims, np.int64), np.zeros((claims, OWN_NUMBERS)), np.zeros(claims)


@part
def _rates_of_sectors(
    constants: FirmConstants, law: FirmLaw, month: FirmMonth, by_load: Array
) -> Records:
    """:class:`_Rates` of each sector, shape (sectors,)."""
    levers: Any = month.levers[0]
    numbers = constants.numbers[0]
    said = law.numbers[0]
    paths = constants.paths[month.place]
    premium = premium_within_cap(
        levers.market_premium,
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
def _sums_by_sector(firms: Records, sectors: int) -> Array:
    """Sums over the firms of each sector at the opening, shape (5, sectors)."""
    sums = np.zeros((SUMS, sectors))
    for row in range(len(firms)):
        firm = firms[row]
        place = firm.sector
        weight = firm.weight
        sums[OUTPUT_SHARE, place] += firm.output_share * firm.in_business
        sums[ELIGIBLE, place] += firm.eligible_factories
        sums[CERTIFIED, place] += firm.certified_factories
        sums[ADOPTED, place] += firm.recent_adoption * weight
        sums[WEIGHT, place] += weight
    return sums


@part
def _produce(
    firms: Records,
    constants: FirmConstants,
    law: FirmLaw,
    month: FirmMonth,
    prices: Array,
    rates: Records,
    sums: Array,
    yuan: Array,
    places: Records,
    ledger: Array,
) -> None:
    """Charges, prices, output and energy of the month.

    Parameters
    ----------
    prices
        Written: what decisions on measures read.
    rates, sums
        By sector.
    yuan
        What rules by own numbers say, as :func:`_claim` has asked them.
    """
    levers: Any = month.levers[0]
    numbers = constants.numbers[0]
    said = law.numbers[0]
    paths = constants.paths[month.place]
    entry = places[0]
    enforced = levers.surcharge_factor * levers.price_enforcement
    known = enforced * detection(numbers.energy_limit_detection, said.inspected_share)
    sold = said.quota_reserve * numbers.pilot_reserve_sold
    elasticity, pass_through = numbers.output_cost_elasticity, numbers.cost_pass_through
    demanded, made = 0.0, 0.0
    for place in range(len(rates)):
        demanded += constants.demand[month.place, place]
    for row in range(len(firms)):
        firm = firms[row]
        place, member = firm.sector, firm.catalogue_class
        sector = constants.by_sector[place]
        rate = rates[place]
        specific, electric = firm.specific_energy, firm.electricity_share

        # Carbon, and what all charges add to those of 2020.
        national = law.by_sector[place].national_carbon_price
        pilot = 0.0 if national > 0.0 else yuan[ASKED * row + PILOT]
        allowances = sold * pilot * _carbon_per_output(firm, sector)
        extra = (rate.added_charges + allowances) / YUAN_PER_10K_YUAN * numbers.value_added_of_sales

        # Electricity.
        at_limit = (
            enforced * _class_surcharge(law, numbers, sector, place, member)
            + known * yuan[ASKED * row + PUNITIVE]
        )
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
        base_margin = firm.base_margin
        margin = production.margin_after_charges(
            production.margin_after_price(base_margin, ratio, cost_share, pass_through),
            extra,
            pass_through,
        )
        firm.margin += (margin - firm.margin) / numbers.margin_memory
        running = production.running_share(
            firm.margin, numbers.shutdown_margin, numbers.shutdown_band
        ) / production.running_share(base_margin, numbers.shutdown_margin, numbers.shutdown_band)
        total = sums[OUTPUT_SHARE, place]
        present = firm.output_share * firm.in_business
        share = present / either(total > 0.0, total, 1.0)
        output = rate.demand * share * response * running * firm.productivity
        firm.output = output
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


@formula
def _class_surcharge(law: Any, numbers: Any, sector: Any, place: int, member: int) -> Any:
    """Surcharge by sector and class that firms pay on average before enforcement, yuan/kWh."""
    missed = numbers.steel_missed_capacity_cut_share
    mean = (1.0 - missed) * law.by_class[0, place, member] + missed * law.by_class[1, place, member]
    return expected_surcharge(mean, sector.differential_price_scope, 1.0)


@part
def _claim(
    firms: Records,
    constants: FirmConstants,
    law: FirmLaw,
    rates: Records,
    category: Numbers,
    own: Array,
) -> None:
    """Ask the rules by own numbers for tiered and punitive price, and for the pilot's of carbon.

    Parameters
    ----------
    category, own
        Written: three claims a firm, row by row, shapes (3 * firms,) and (3 * firms, 3).
    """
    _, sectors, classes = law.by_class.shape
    first = law.rules.first
    for row in range(len(firms)):
        firm = firms[row]
        claim = ASKED * row
        sector = constants.by_sector[firm.sector]
        product = firm.sector * classes + firm.catalogue_class
        category[claim + TIER] = product
        if first[product] < first[product + 1]:
            _state_product_energy(firm, sector, rates, 0.0, own, claim + TIER)
        category[claim + PUNITIVE] = sectors * classes + PUNITIVE - 1
        own[claim + PUNITIVE, 0] = firm.energy_ratio_of_last_year - 1.0
        category[claim + PILOT] = sectors * classes + PILOT - 1
        factories = firm.weight * firm.in_business
        emitted = firm.output * MONTHS_PER_YEAR * _carbon_per_output(firm, sector)
        own[claim + PILOT, 0] = emitted / either(factories > 0.0, factories, 1.0)


@formula
def _carbon_per_output(firm: Any, sector: Any) -> Any:
    """Carbon dioxide of a firm's fuels, tCO2 for 10k yuan of value added."""
    fuel = firm.specific_energy * (1.0 - firm.electricity_share)
    return fuel * sector.fuel_carbon_dioxide


@formula
def _state_product_energy(
    firm: Any, sector: Any, rates: Any, saving: float, numbers: Any, claim: int
) -> None:
    """Write what tiered prices ask a firm, after a saving."""
    relative = product_energy(
        firm.energy_ratio_of_last_year * (1.0 - saving),
        rates[firm.sector].technology,
        sector.product_energy_elasticity,
        firm.product_luck,
    )
    numbers[claim, 0] = relative - 1.0
    numbers[claim, 1] = sector.electricity_per_tonne_at_limit * relative
    numbers[claim, OWN_NUMBERS - 1] = PERCENT * firm.green_power_share


@part
def _green_loan(constants: FirmConstants, law: FirmLaw, month: FirmMonth) -> tuple[float, float]:
    """Interest that the city pays on a green loan, share/year, and the cost of capital under one.

    The cost stands against that under an ordinary loan.
    """
    levers: Any = month.levers[0]
    numbers, said = constants.numbers[0], law.numbers[0]
    paths = constants.paths[month.place]
    ordinary = paths.corporate_loan_rate
    facility = facility_discount(
        said.facility_share,
        said.facility_rate,
        paths.bank_refinancing_rate,
        numbers.facility_passed_on,
        ordinary,
    )
    subsidy = min(levers.interest_discount, ordinary - facility)
    return subsidy, efficiency_investment.finance_factor(
        ordinary, facility + subsidy, numbers.loan_share, numbers.measure_life
    )


@part
def _consideration(constants: FirmConstants, month: FirmMonth, sums: Array) -> Array:
    """Probability of looking at the next measure, by sector."""
    levers: Any = month.levers[0]
    numbers = constants.numbers[0]
    considered = np.empty(sums.shape[1])
    for place in range(len(considered)):
        considered[place] = consideration(
            numbers.search_rate,
            levers.audit_rate,
            sums[ADOPTED, place] / sums[WEIGHT, place],
            numbers.peer_effect,
            MONTHS_BETWEEN_DECISIONS / MONTHS_PER_YEAR,
        )
    return considered


@part
def _looking(firms: Records, month: FirmMonth, considered: Array) -> Numbers:
    """Those whose turn it is and who look at their next measure; nobody else adopts one.

    The memory of adoptions fades a little for all.
    """
    for row in range(len(firms)):
        firms[row].recent_adoption *= 1.0 - A_MONTH
    rows = np.empty(len(firms), np.int64)
    found = 0
    for row in range(month.turn, len(rows), MONTHS_BETWEEN_DECISIONS):
        if uniform(month.key, row) < considered[firms[row].sector]:
            rows[found] = row
            found += 1
    return rows[:found]


@part
def _claim_for_measures(
    firms: Records,
    constants: FirmConstants,
    law: FirmLaw,
    rates: Records,
    rows: Numbers,
    category: Numbers,
    own: Array,
) -> None:
    """Ask the rules by own numbers what the next measure of some firms would bring them.

    Parameters
    ----------
    rows
        The firms.
    category, own
        Written: claims for the tiered price after the measure, for a grant and for the reward of a
        service contract, firm by firm; shapes (3 * rows,) and (3 * rows, 3).
    """
    _, sectors, classes = law.by_class.shape
    for looking in range(len(rows)):
        firm, claim = firms[rows[looking]], ASKED * looking
        sector = constants.by_sector[firm.sector]
        saving = firm.measure_saving
        category[claim + TIER] = firm.sector * classes + firm.catalogue_class
        _state_product_energy(firm, sector, rates, saving, own, claim + TIER)
        category[claim + GRANT] = sectors * classes + PILOT - 1 + GRANT
        own[claim + GRANT, 0] = _investment_each(firm, constants.numbers[0])
        category[claim + REWARD] = sectors * classes + PILOT - 1 + REWARD
        own[claim + REWARD, 0] = _saved(firm) / firm.weight


@part
def _adopt(
    firms: Records,
    constants: FirmConstants,
    law: FirmLaw,
    month: FirmMonth,
    prices: Array,
    rows: Numbers,
    considered: Array,
    finance: float,
    yuan: Array,
    places: Records,
    lent: Array,
    ledger: Array,
) -> None:
    """Decide for those who look at their next measure.

    Parameters
    ----------
    rows
        The firms that look.
    considered
        Probability of looking, by sector.
    finance
        Cost of capital under a green loan against that under an ordinary one.
    yuan
        What rules by own numbers say, as :func:`_claim_for_measures` has asked them.
    lent
        Written: green loans of the month, yuan, shape (firms,).
    """
    levers: Any = month.levers[0]
    numbers, said, entry = constants.numbers[0], law.numbers[0], places[0]
    enforced = levers.surcharge_factor * levers.price_enforcement
    for looking in range(len(rows)):
        row = rows[looking]
        firm = firms[row]
        weight = firm.weight
        each = _investment_each(firm, numbers)
        granted = yuan[ASKED * looking + GRANT] / either(each > 0.0, each, 1.0)
        grant_share = numbers.grant_project_share * granted
        cost = _next_measure_cost(firm, numbers)
        value = _saving_value(
            firm, constants, month, prices, enforced * yuan[ASKED * looking + TIER], row
        )
        alone = acceptance(
            payback(cost * (1.0 - grant_share) * finance, value),
            firm.payback_threshold,
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
        adopted = considered[firm.sector] * (1.0 - (1.0 - alone) * (1.0 - contract))
        if uniform(month.key, row) < adopted:
            by_company = under_contract(alone, contract)
            own = each * weight * (1.0 - by_company)
            lent[row] = (own - own * grant_share) * numbers.loan_share
            ledger[entry.green_investment_grant] += own * grant_share
            rewarded = weight * yuan[ASKED * looking + REWARD]
            ledger[entry.efficiency_reward] += rewarded * by_company
            firm.specific_energy *= 1.0 - firm.measure_saving
            firm.measures_adopted += 1
            firm.recent_adoption = 1.0
            firm.months_since_measure = 0.0


@formula
def _saving_value(
    firm: Any, constants: Any, month: Any, prices: Any, tier_after: Any, row: int
) -> Any:
    """What a saved tce is worth to a firm, upgrading included, yuan/tce."""
    kwh_per_tce = constants.numbers[0].kwh_per_tce
    fuel_price = constants.paths[month.place].fuel_price
    carbon = constants.by_sector[firm.sector].fuel_carbon_dioxide
    electric, saving = firm.electricity_share, firm.measure_saving
    tier = prices[TIERED, row]
    measures = measures_to_limit(firm.specific_energy, firm.specific_energy_limit, saving)
    return (
        energy_price(electric, prices[PRICE, row] - tier, fuel_price, kwh_per_tce)
        + tier * electric * kwh_per_tce
        + avoided_surcharge(prices[AT_LIMIT, row], electric, measures, saving, kwh_per_tce)
        + tier_saving(tier, tier_after, electric, saving, kwh_per_tce)
        + carbon_value(electric, prices[CARBON, row], carbon)
    )


@formula
def _next_measure_cost(firm: Any, numbers: Any) -> Any:
    """Investment for a yearly saving of one tce by the next measure, yuan."""
    return firm.measure_cost * numbers.cost_escalation**firm.measures_adopted


@formula
def _saved(firm: Any) -> Any:
    """Energy that the next measure saves, tce/year."""
    return firm.output * MONTHS_PER_YEAR * firm.specific_energy * firm.measure_saving


@formula
def _investment_each(firm: Any, numbers: Any) -> Any:
    """Investment in the next measure by one of the firms that a row stands for, yuan."""
    saved = _saved(firm)
    return saved * _next_measure_cost(firm, numbers) / firm.weight


@part
def _certify(
    firms: Records,
    constants: FirmConstants,
    law: FirmLaw,
    month: FirmMonth,
    sums: Array,
    places: Records,
    ledger: Array,
) -> None:
    """Green-factory certificates of both levels: won, raised and withdrawn."""
    levers: Any = month.levers[0]
    numbers = constants.numbers[0]
    said = law.numbers[0]
    paths = constants.paths[month.place]
    entry = places[0]
    municipal_award = levers.factory_support * said.municipal_award
    national_award = levers.factory_support * said.national_award
    own_value, elasticity = numbers.certificate_own_value, numbers.certificate_award_elasticity
    municipal_pull = certification.award_pull(municipal_award, own_value, elasticity)
    national_pull = certification.award_pull(national_award, own_value, elasticity)
    kept = numbers.certificate_kept
    known = sums[CERTIFIED].sum()
    # Who holds the certificates is known here; how many there are is the stock's to say.
    scale = month.certified_factories / known if known > 0.0 else 0.0
    gained_in_all, promoted_in_all, national_in_all = 0.0, 0.0, 0.0
    for row in range(len(firms)):
        firm = firms[row]
        place = firm.sector
        certified = firm.certified_factories * scale
        seasoned = firm.seasoned_factories * scale
        national = firm.national_factories * scale
        score = certification.performance_score(
            firm.specific_energy / firm.specific_energy_limit,
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
                firm.eligible_factories, certified, hazard, A_MONTH
            )
        if score > 0.0 and seasoned > 0.0:
            promoted = certification.promoted_within(
                seasoned, paths.certificate_national_rate * national_pull * score, A_MONTH
            )
        gained_in_all += gained
        promoted_in_all += promoted
        national_in_all += national
        promoted *= kept
        young = firm.young_factories
        firm.seasoned_factories = seasoned * kept + young[0] * scale * kept - promoted
        firm.national_factories = national * kept + promoted
        firm.certified_factories = certified * kept + gained
        for age in range(len(young) - 1):
            young[age] = young[age + 1] * (scale * kept)
        young[len(young) - 1] = gained
    ledger[entry.factories_certified] += gained_in_all
    ledger[entry.factories_revoked] += known * scale * (1.0 - kept)
    ledger[entry.national_certified] += promoted_in_all * kept
    ledger[entry.national_revoked] += national_in_all * (1.0 - kept)
    ledger[entry.green_factory_support] += (
        municipal_award * gained_in_all + national_award * promoted_in_all
    )


@part
def _grow_older(
    firms: Records,
    constants: FirmConstants,
    month: FirmMonth,
    prices: Array,
    rates: Records,
    lent: Array,
    subsidy: float,
    places: Records,
    ledger: Array,
) -> None:
    """What nobody decides on: interest, class, technology, electrification, closures."""
    numbers, entry = constants.numbers[0], places[0]
    electrification = numbers.electrification_rate / MONTHS_PER_YEAR
    plain_stay = np.empty(len(constants.exit_rate))
    for member in range(len(plain_stay)):
        plain_stay[member] = np.exp(
            -production.exit_hazard(constants.exit_rate[member], NOTHING, numbers.exit_response)
            / MONTHS_PER_YEAR
        )
    for row in range(len(firms)):
        firm = firms[row]
        firm.interest_discount = interest_of_month(
            firm.interest_discount, lent[row], subsidy, numbers.measure_life
        )
        ledger[entry.loan_interest] += firm.interest_discount
        firm.catalogue_class = class_after(
            firm.catalogue_class,
            firm.specific_energy,
            firm.specific_energy_limit,
            constants.penalised,
            constants.allowed,
        )
        place, member = firm.sector, firm.catalogue_class
        progress = constants.by_sector[place].monthly_progress
        firm.specific_energy *= progress
        firm.specific_energy_limit *= progress
        electric = firm.electricity_share
        firm.electricity_share += electrification * electric * (1.0 - electric)
        surcharge = prices[AT_LIMIT, row] + prices[TIERED, row]
        stay: Any = plain_stay[member]
        if surcharge != 0.0:
            hazard = production.exit_hazard(
                constants.exit_rate[member], surcharge, numbers.exit_response
            )
            stay = np.exp(-hazard / MONTHS_PER_YEAR)
        firm.in_business *= stay
        firm.productivity *= 1.0 + production.productivity_change(
            firm.months_since_measure,
            numbers.adoption_productivity_loss,
            numbers.adoption_loss_time,
            numbers.adoption_productivity_gain,
            numbers.adoption_gain_time,
        )
        firm.months_since_measure += 1.0
        ratio = firm.specific_energy / firm.specific_energy_limit
        firm.energy_ratio += (ratio - firm.energy_ratio) / month.of_year
        if month.of_year == MONTHS_PER_YEAR:
            firm.energy_ratio_of_last_year = firm.energy_ratio
        firm.green_power_share = rates[place].green_power
