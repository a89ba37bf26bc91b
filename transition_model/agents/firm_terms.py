"""What the kernel of :class:`~.firms.Firms` is given: constants of a run, terms of a month."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.firm_charges import known_charges
from transition_model.agents.firm_energy_price import FIRST_MONTH, price_by_load
from transition_model.agents.firm_investment import KWH_PER_GWH, penalised_classes
from transition_model.agents.situation import Situation
from transition_model.calendar import MONTHS_PER_YEAR
from transition_model.dimensions import dimension
from transition_model.instruments import load_instruments
from transition_model.instruments.attributes import Claims
from transition_model.kernels import firms as kernels
from transition_model.ledger import ledger_layout
from transition_model.month_terms import WatchedReading, remembered, remembered_constants
from transition_model.parameters import ParameterValues, place_on_path
from transition_model.policy import carbon, efficiency, electricity_price, finance
from transition_model.policy.industry import class_words
from transition_model.policy.row_rules import Asked, RowRules, row_rules
from transition_model.random_streams import month_key

type Array = NDArray[np.float64]

PHYSICAL_OUTPUT = {
    "steel": "crude_steel_output",
    "cement": "cement_output",
    "aluminium": "nonferrous_metal_output",
    "glass": "flat_glass_output",
    "vehicles": "motor_vehicle_output",
}
"""The parameter that counts a sector's output, where there is a series."""

_ONE_TCE = 1.0


@dataclass(frozen=True, slots=True)
class FirmTerms:
    """What the rules of a month say to firms.

    Attributes
    ----------
    law
        For the kernel.
    floats
        What each hour adds to the price of electricity, share of the flat price, shape (24,).
    """

    law: kernels.FirmLaw
    floats: Array


@dataclass(slots=True)
class FirmRun:
    """What firms know throughout a run.

    Attributes
    ----------
    parameters
        The values from which everything else is derived.
    constants
        For the kernel.
    """

    parameters: ParameterValues
    constants: kernels.FirmConstants
    _by_load: dict[bytes, Array] = field(default_factory=dict)

    @classmethod
    def of(cls, parameters: ParameterValues) -> FirmRun:
        """Derive the constants of a run."""
        return cls(parameters, constants_of(parameters))

    def by_load(self, floats: Array) -> Array:
        """Price by sector's load against the mean of industry, shape (sectors,)."""
        key = floats.tobytes()
        if key not in self._by_load:
            self._by_load[key] = price_by_load(self.parameters, floats)
        return self._by_load[key]


@remembered_constants
def constants_of(parameters: ParameterValues) -> kernels.FirmConstants:
    """What holds for a whole run."""
    exit_rate = parameters.array("industrial_exit_rate")
    return kernels.FirmConstants(
        numbers=_records(_numbers(parameters)),
        by_sector=_records(_sector_numbers(parameters)),
        exit_rate=exit_rate,
        penalised=penalised_classes(),
        allowed=dimension("catalogue_class").index("allowed"),
        paths=_records(_path_numbers(parameters)),
        demand=demand_by_month(parameters),
    )


def _records(columns: Any) -> NDArray[np.void]:
    """Records of a named tuple whose fields are numbers, or columns of one length."""
    first = np.atleast_1d(columns[0])
    records = np.empty(len(first), kernels.record_type(type(columns)))
    for name, column in zip(columns._fields, columns, strict=True):
        records[name] = column
    return records


def _numbers(parameters: ParameterValues) -> kernels.FirmNumbers:
    scalar = parameters.scalar
    published = load_instruments()
    air, water, slag = finance.pollution_tax(published, FIRST_MONTH)
    revocation = scalar("green_factory_revocation_rate") / MONTHS_PER_YEAR
    return kernels.FirmNumbers(
        electricity_coal_equivalent=scalar("electricity_coal_equivalent"),
        kwh_per_tce=KWH_PER_GWH / scalar("electricity_coal_equivalent"),
        energy_limit_detection=scalar("energy_limit_detection"),
        electricity_market_float=scalar("electricity_market_float"),
        coal_power_benchmark_price=scalar("coal_power_benchmark_price"),
        output_cost_elasticity=scalar("industrial_output_cost_elasticity"),
        cost_pass_through=scalar("industrial_cost_pass_through"),
        margin_memory=max(scalar("industrial_margin_memory"), 1.0),
        shutdown_margin=scalar("industrial_shutdown_margin"),
        shutdown_band=scalar("industrial_shutdown_band"),
        value_added_of_sales=scalar("industrial_value_added_of_sales"),
        steel_missed_capacity_cut_share=scalar("steel_missed_capacity_cut_share"),
        pilot_reserve_sold=scalar("pilot_reserve_sold"),
        pollution_tax_response=scalar("pollution_tax_response"),
        water_fee_response=scalar("water_fee_response"),
        known_air_tax=float(air),
        known_water_tax=float(water),
        known_slag_tax=float(slag),
        known_water_fee=finance.water_fee(published, FIRST_MONTH),
        green_power_duty_compliance=scalar("green_power_duty_compliance"),
        green_power_known_price=scalar("green_power_known_price"),
        green_power_price_response=scalar("green_power_price_response"),
        exit_response=scalar("industrial_exit_response"),
        electrification_rate=scalar("industrial_electrification_rate"),
        adoption_productivity_loss=scalar("adoption_productivity_loss"),
        adoption_loss_time=scalar("adoption_loss_time"),
        adoption_productivity_gain=scalar("adoption_productivity_gain"),
        adoption_gain_time=scalar("adoption_gain_time"),
        payback_sensitivity=scalar("efficiency_payback_sensitivity"),
        search_rate=scalar("efficiency_search_rate"),
        peer_effect=scalar("efficiency_peer_effect"),
        cost_escalation=scalar("efficiency_cost_escalation"),
        loan_share=scalar("efficiency_loan_share"),
        measure_life=scalar("efficiency_measure_life"),
        contract_offer=scalar("service_contract_offer"),
        contract_company_share=scalar("service_contract_company_share"),
        contract_length=scalar("service_contract_length"),
        grant_project_share=scalar("green_grant_project_share"),
        facility_passed_on=scalar("facility_passed_on"),
        certificate_own_value=scalar("green_factory_own_value"),
        certificate_award_elasticity=scalar("green_factory_award_elasticity"),
        certificate_performance_sensitivity=scalar("green_factory_performance_sensitivity"),
        certificate_peer_effect=scalar("green_factory_peer_effect"),
        certificate_kept=float(np.exp(-revocation)),
    )


def _sector_numbers(parameters: ParameterValues) -> kernels.SectorNumbers:
    """Columns of :attr:`.FirmConstants.by_sector`, each of shape (sectors,)."""
    array: Any = parameters.array
    progress = array("industrial_autonomous_improvement")
    return kernels.SectorNumbers(
        electricity_cost_share=array("industrial_electricity_cost_share"),
        differential_price_scope=array("differential_price_scope"),
        product_energy_elasticity=array("product_energy_elasticity"),
        electricity_per_tonne_at_limit=array("electricity_per_tonne_at_limit"),
        high_energy_market=array("high_energy_market"),
        fuel_carbon_dioxide=array("industrial_fuel_carbon_dioxide"),
        air_pollution_per_output=array("air_pollution_per_output"),
        water_pollution_per_output=array("water_pollution_per_output"),
        slag_per_output=array("slag_per_output"),
        water_drawn_per_output=array("water_drawn_per_output"),
        known_charges=known_charges(parameters),  # type: ignore[arg-type]
        voluntary_green_power_share=array("voluntary_green_power_share"),
        autonomous_improvement=progress,
        monthly_progress=(1.0 - progress) ** (1.0 / MONTHS_PER_YEAR),
    )


def _path_numbers(parameters: ParameterValues) -> kernels.PathNumbers:
    """Columns of :attr:`.FirmConstants.paths`, each of shape (months,)."""
    path: Any = parameters.path
    return kernels.PathNumbers(
        electricity_price=path("industrial_electricity_price"),
        electricity_price_elsewhere=path("industrial_electricity_price_elsewhere"),
        fuel_price=path("industrial_fuel_price"),
        corporate_loan_rate=path("corporate_loan_rate"),
        bank_refinancing_rate=path("bank_refinancing_rate"),
        certificate_application_rate=path("green_factory_application_rate"),
        certificate_national_rate=path("green_factory_national_rate"),
    )


def demand_by_month(parameters: ParameterValues) -> Array:
    """Output that the market asks of each sector, 10k yuan/month, shape (months, sectors).

    Physical series against 2020 where there are some, times the declared index; at 2020 prices.
    """
    index = parameters.path("industrial_output_index")
    physical = np.ones_like(index)
    for sector, series in PHYSICAL_OUTPUT.items():
        path = parameters.path(series)
        physical[:, dimension("industry_sector").index(sector)] = (
            path / path[place_on_path(FIRST_MONTH)]
        )
    of_year = parameters.array("industrial_value_added_2020") * physical * index
    demand: Array = of_year / MONTHS_PER_YEAR
    return demand


@remembered
def firm_terms(reading: WatchedReading) -> FirmTerms:
    """What the rules of a month say to firms; of levers and parameters it reads none."""
    law, month = reading.law, reading.month
    treasury = np.ones(len(dimension("industry_sector")))
    for name, rule in electricity_price.TIERED_RULES.items():
        treasury[dimension("industry_sector").index(name)] = electricity_price.treasury_share(
            law[rule], month
        )
    by_sector: Any = kernels.LawOfSector(
        national_carbon_price=carbon.national_price(law, month),  # type: ignore[arg-type]
        green_power_duty=efficiency.green_power_duty(law, month),  # type: ignore[arg-type]
        treasury_share=treasury,  # type: ignore[arg-type]
    )
    by_class = [
        electricity_price.surcharges_by_class(law, month, missed_cut=missed)
        for missed in (False, True)
    ]
    return FirmTerms(
        kernels.FirmLaw(
            numbers=_records(_law_numbers(reading)),
            by_sector=_records(by_sector),
            by_class=np.stack(by_class),
            rules=_rules_by_row(reading),
        ),
        electricity_price.time_of_use_floats(law, month),
    )


def _law_numbers(reading: WatchedReading) -> kernels.LawNumbers:
    law, month = reading.law, reading.month
    facility_share, facility_rate = finance.facility_terms(law, month)
    air, water, slag = finance.pollution_tax(law, month)
    municipal, national = efficiency.factory_awards(law, month)
    reward = efficiency.service_contract_reward(law, month, np.array([_ONE_TCE]))
    return kernels.LawNumbers(
        inspected_share=efficiency.inspected_share(law, month),
        market_cap=electricity_price.market_cap(law, month),
        quota_reserve=carbon.reserve_share(law, month),
        certificate_price=carbon.certificate_price(law, month),
        facility_share=facility_share,
        facility_rate=facility_rate,
        air_tax=float(air),
        water_tax=float(water),
        slag_tax=float(slag),
        water_fee=finance.water_fee(law, month),
        contract_reward=float(reward[0]),
        municipal_award=municipal,
        national_award=national,
    )


def _rules_by_row(reading: WatchedReading) -> RowRules:
    """Rules that go by a firm's own numbers, in the order of :attr:`.FirmLaw.rules`."""
    law = reading.law
    tiered = [
        Asked(
            law[rule] if rule is not None else None,
            Claims.of(
                sector=sector if rule is not None else "other",
                catalogue_class=class_words(),
                electricity=electricity_price.ONE_KWH,
            ),
            (
                "excess_process_energy_of_last_year",
                "electricity_per_tonne_of_last_year",
                "non_hydro_renewable_percent",
            ),
        )
        for sector, rule in (
            (name, electricity_price.TIERED_RULES.get(name))
            for name in dimension("industry_sector").members
        )
    ]
    return row_rules(
        reading.month,
        [
            *tiered,
            Asked(
                law["punitive_electricity_price"],
                Claims.of(electricity=electricity_price.ONE_KWH),
                ("excess_over_energy_limit_of_last_year",),
            ),
            Asked(
                law["chongqing_pilot_carbon_price"],
                Claims.of(emissions_above_quota=carbon.ONE_TONNE),
                ("emissions_of_year",),
            ),
            Asked(law["green_investment_grant"], Claims.of(green_project=True), ("investment",)),
            Asked(law["energy_service_contract_reward"], Claims.of(1), ("energy_saved",)),
        ],
    )


@cache
def ledger_places() -> NDArray[np.void]:
    """:class:`.LedgerPlaces` of the ledger's layout."""
    parts = ledger_layout().parts

    def of(name: str, over: str | None = None, member: str | None = None) -> int:
        place = dimension(over).index(member) if over is not None and member is not None else 0
        return int(parts[name][0].start) + place

    def revenue(source: str) -> int:
        return of("public_revenue_per_month", "revenue_source", source)

    def spending(programme: str) -> int:
        return of("subsidy_spending_per_month", "subsidy_programme", programme)

    return np.array(
        [
            kernels.LedgerPlaces(
                value_added=of("industrial_value_added_per_month"),
                value_added_lost=of("industrial_value_added_lost_per_month"),
                energy=of("industrial_energy_per_month"),
                electricity=of("industrial_electricity_per_month"),
                green_power=of("industrial_green_power_per_month"),
                factories_certified=of("green_factories_certified_per_month"),
                factories_revoked=of("green_factories_revoked_per_month"),
                national_certified=of("national_green_factories_certified_per_month"),
                national_revoked=of("national_green_factories_revoked_per_month"),
                electricity_surcharge=revenue("electricity_surcharge"),
                environmental_tax=revenue("environmental_tax"),
                water_fee=revenue("water_fee"),
                carbon_allowances=revenue("carbon_allowances"),
                loan_interest=spending("loan_interest"),
                green_investment_grant=spending("green_investment_grant"),
                efficiency_reward=spending("efficiency_reward"),
                green_factory_support=spending("green_factory_support"),
            )
        ],
        dtype=kernels.PLACES,
    )


@remembered
def firm_levers(reading: WatchedReading) -> NDArray[np.void]:
    """:class:`.FirmLevers` of the month."""
    levers = reading.levers
    return _records(
        kernels.FirmLevers(
            levers["electricity_surcharge_factor"],
            levers["differential_price_enforcement"],
            levers["high_energy_market_premium"],
            levers["green_loan_interest_discount"],
            levers["energy_audit_rate"],
            levers["green_factory_support"],
        )
    )


def month_of(situation: Situation) -> kernels.FirmMonth:
    """The month, and the levers in it."""
    month = situation.month
    return kernels.FirmMonth(
        place=place_on_path(month),
        of_year=month.month,
        turn=month.index % kernels.MONTHS_BETWEEN_DECISIONS,
        key=month_key(situation.seed, "efficiency_investment", month.index),
        certified_factories=float(situation.stocks["certified_green_factories"]),
        levers=firm_levers(situation),
    )
