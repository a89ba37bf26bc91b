"""What firms pay beside electricity: environmental tax, water, carbon, green certificates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.firm_energy_price import FIRST_MONTH, Columns
from transition_model.agents.situation import Situation
from transition_model.behaviour import environmental_charges
from transition_model.calendar import MONTHS_PER_YEAR
from transition_model.instruments import load_instruments
from transition_model.parameters import ParameterValues
from transition_model.policy import carbon, efficiency, finance

type Array = NDArray[np.float64]

_YUAN_PER_10K_YUAN = 1e4
_KWH_PER_MWH = 1e3


@dataclass(frozen=True, slots=True)
class Charges:
    """Charges of the month.

    Attributes
    ----------
    environmental_tax, water_fee
        yuan for 10k yuan of value added, by sector, shape (10,).
    carbon
        Prices of carbon by firm.
    allowances
        What firms of the pilot pay for the part of the quota that is held back and sold, yuan for
        10k yuan of value added, shape (firms,).
    green_power
        Green share of electricity by sector, shape (10,).
    certificates
        What these certificates add to electricity, yuan/kWh, shape (10,).
    extra_cost
        Charges above those of January 2020, share of sales, shape (firms,).
    """

    environmental_tax: Array
    water_fee: Array
    carbon: carbon.CarbonPrice
    allowances: Array
    green_power: Array
    certificates: Array
    extra_cost: Array


def charges(columns: Columns, situation: Situation) -> Charges:
    """Charges of the month under the law, on last month's output and energy."""
    parameters, law, month = situation.parameters, situation.law, situation.month
    published = load_instruments()
    tax = _environmental_tax(
        parameters,
        finance.pollution_tax(law, month),
        finance.pollution_tax(published, FIRST_MONTH),
    )
    water = _water(
        parameters, finance.water_fee(law, month), finance.water_fee(published, FIRST_MONTH)
    )
    price = _carbon(columns, situation)
    sold = price.reserve * parameters.scalar("pilot_reserve_sold")
    allowances = sold * price.pilot * carbon_per_output(columns, parameters)
    share, certificates = _green_power(situation)
    sector = columns["sector"]
    known = known_charges(parameters)
    extra = (tax + water - known)[sector] + allowances
    return Charges(
        environmental_tax=tax,
        water_fee=water,
        carbon=price,
        allowances=allowances,
        green_power=share,
        certificates=certificates,
        extra_cost=extra
        / _YUAN_PER_10K_YUAN
        * parameters.scalar("industrial_value_added_of_sales"),
    )


def carbon_per_output(columns: Columns, parameters: ParameterValues) -> Array:
    """Carbon dioxide of a firm's fuels, tCO2 for 10k yuan of value added, shape (firms,)."""
    fuel = columns["specific_energy"] * (1.0 - columns["electricity_share"])
    carbon_of_fuel: Array = (
        fuel * parameters.array("industrial_fuel_carbon_dioxide")[columns["sector"]]
    )
    return carbon_of_fuel


def write_charges(columns: Columns, situation: Situation, paid: Charges) -> None:
    """Book the month's revenue from the output that the firms have just made."""
    ledger, output, sector = situation.ledger, columns["output"], columns["sector"]
    for source, rate in (
        ("environmental_tax", paid.environmental_tax[sector]),
        ("water_fee", paid.water_fee[sector]),
        ("carbon_allowances", paid.allowances),
    ):
        ledger.add_at("public_revenue_per_month", source, float(output @ rate))


def _carbon(columns: Columns, situation: Situation) -> carbon.CarbonPrice:
    factories = columns["weight"] * columns["in_business"]
    emitted = columns["output"] * MONTHS_PER_YEAR * carbon_per_output(columns, situation.parameters)
    each = emitted / np.where(factories > 0.0, factories, 1.0)
    return carbon.carbon_price(situation.law, situation.month, columns["sector"], each)


def _environmental_tax(parameters: ParameterValues, rates: Array, known: Array) -> Array:
    """Tax on the pollution of the sectors, yuan for 10k yuan of value added, shape (10,)."""
    response = parameters.scalar("pollution_tax_response")
    per_output = (
        parameters.array("air_pollution_per_output"),
        parameters.array("water_pollution_per_output"),
        parameters.array("slag_per_output"),
    )
    total = np.zeros(len(per_output[0]))
    for quantity, rate, was in zip(per_output, rates, known, strict=True):
        total += rate * environmental_charges.charged_quantity(quantity, rate, was, response)
    return total


def _water(parameters: ParameterValues, fee: float, known: float) -> Array:
    """Fee on the water that sectors draw, yuan for 10k yuan of value added, shape (10,)."""
    drawn = environmental_charges.charged_quantity(
        parameters.array("water_drawn_per_output"),
        fee,
        known,
        parameters.scalar("water_fee_response"),
    )
    return fee * drawn


def known_charges(parameters: ParameterValues) -> Array:
    """Tax and fee of January 2020, which the margins on record have paid, shape (10,)."""
    published = load_instruments()
    rates = finance.pollution_tax(published, FIRST_MONTH)
    fee = finance.water_fee(published, FIRST_MONTH)
    return _environmental_tax(parameters, rates, rates) + _water(parameters, fee, fee)


def _green_power(situation: Situation) -> tuple[Array, Array]:
    """Green share of electricity, and what its certificates cost, yuan/kWh, by sector."""
    parameters = situation.parameters
    price = carbon.certificate_price(situation.law, situation.month)
    share = environmental_charges.green_power(
        parameters.array("voluntary_green_power_share"),
        efficiency.green_power_duty(situation.law, situation.month),
        parameters.scalar("green_power_duty_compliance"),
        price,
        parameters.scalar("green_power_known_price"),
        parameters.scalar("green_power_price_response"),
    )
    return share, share * price / _KWH_PER_MWH
