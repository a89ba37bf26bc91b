"""What firms pay for electricity in a month: the price by load, the market, and surcharges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.situation import Situation
from transition_model.behaviour import electricity_price
from transition_model.calendar import MONTHS_PER_YEAR, Month
from transition_model.instruments.attributes import HOURS_PER_DAY
from transition_model.parameters import ParameterValues
from transition_model.policy import electricity_price as rules
from transition_model.policy.efficiency import inspected_share

type Array = NDArray[np.float64]
type Columns = Mapping[str, NDArray]  # type: ignore[type-arg]

FIRST_MONTH = Month.parse("2020-01")
_PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class EnergyPrice:
    """Electricity prices of the month, yuan/kWh, shape (firms,).

    Attributes
    ----------
    price
        What a kilowatt-hour costs, surcharges included.
    at_limit
        Surcharges that end when the firm comes below its energy limit: by class, and punitive.
    tiered
        Surcharge by last year's energy for a tonne.
    tiered_after
        The same after one more measure.
    received
        Surcharges that the treasury receives.
    """

    price: Array
    at_limit: Array
    tiered: Array
    tiered_after: Array
    received: Array

    @property
    def surcharge(self) -> Array:
        """All surcharges, yuan/kWh, shape (firms,)."""
        return self.at_limit + self.tiered


def prices(columns: Columns, situation: Situation) -> EnergyPrice:
    """Prices of the month under law and levers, for all firms."""
    parameters, levers = situation.parameters, situation.levers
    factor = levers["electricity_surcharge_factor"]
    enforced = factor * levers["differential_price_enforcement"]
    at_limit = _class_surcharge(columns, situation, enforced) + enforced * _punitive(
        columns, situation
    )
    tiered, received = _tiered(columns, situation, columns["energy_ratio_of_last_year"])
    after, _ = _tiered(
        columns,
        situation,
        columns["energy_ratio_of_last_year"] * (1.0 - columns["measure_saving"]),
    )
    base = parameters.scalar("industrial_electricity_price", situation.month) * price_by_load(
        parameters, rules.time_of_use_floats(situation.law, situation.month)
    )
    surcharge = at_limit + enforced * tiered
    return EnergyPrice(
        price=electricity_price.effective_price(
            base[columns["sector"]], _premium(situation)[columns["sector"]], surcharge
        ),
        at_limit=at_limit,
        tiered=enforced * tiered,
        tiered_after=enforced * after,
        received=at_limit + enforced * received,
    )


def technology(parameters: ParameterValues, month: Month) -> Array:
    """Energy for a tonne at unchanged efficiency measures against 2020, by sector, shape (10,)."""
    years = (month - FIRST_MONTH) / MONTHS_PER_YEAR
    progress: Array = (1.0 - parameters.array("industrial_autonomous_improvement")) ** years
    return progress


def _class_surcharge(columns: Columns, situation: Situation, enforced: float) -> Array:
    parameters = situation.parameters
    table = rules.class_surcharges(
        situation.law, situation.month, parameters.scalar("steel_missed_capacity_cut_share")
    )
    return electricity_price.expected_surcharge(
        table[columns["sector"], columns["catalogue_class"]],
        parameters.array("differential_price_scope")[columns["sector"]],
        enforced,
    )


def _punitive(columns: Columns, situation: Situation) -> Array:
    """Punitive price as far as firms above the limit are known."""
    known = electricity_price.detection(
        situation.parameters.scalar("energy_limit_detection"),
        inspected_share(situation.law, situation.month),
    )
    return known * rules.punitive_surcharge(
        situation.law, situation.month, columns["energy_ratio_of_last_year"] - 1.0
    )


def _tiered(columns: Columns, situation: Situation, ratio: Array) -> tuple[Array, Array]:
    parameters, sector = situation.parameters, columns["sector"]
    relative = electricity_price.product_energy(
        ratio,
        technology(parameters, situation.month)[sector],
        parameters.array("product_energy_elasticity")[sector],
        columns["product_luck"],
    )
    energy = rules.ProductEnergy(
        steel_excess=relative - 1.0,
        electricity_per_tonne=parameters.array("electricity_per_tonne_at_limit")[sector] * relative,
        green_percent=_PERCENT * columns["green_power_share"],
    )
    return rules.tiered_surcharges(
        situation.law, situation.month, sector, columns["catalogue_class"], energy
    )


def price_by_load(parameters: ParameterValues, floats: Array) -> Array:
    """Price by sector's load against the mean of industry, shape (10,).

    Parameters
    ----------
    parameters
        Declared values under the scenario's overrides.
    floats
        What each hour adds to the price, share of the flat price, shape (24,).
    """
    load = electricity_price.daily_load(
        parameters.array("industrial_continuous_load"),
        round(parameters.scalar("industrial_working_hours_begin")),
        round(parameters.scalar("industrial_working_hours_end")),
        HOURS_PER_DAY,
    )
    shifted = electricity_price.shifted_load(
        load,
        floats,
        parameters.scalar("industrial_load_response"),
        parameters.array("industrial_load_shift_limit"),
    )
    return electricity_price.price_by_load(
        load, shifted, floats, parameters.array("industrial_electricity_2020")
    )


def _premium(situation: Situation) -> Array:
    """Premium of the market for high-energy sectors, share, shape (10,)."""
    parameters, month = situation.parameters, situation.month
    share = parameters.scalar("coal_power_benchmark_price") / parameters.scalar(
        "industrial_electricity_price", month
    )
    premium = rules.market_premium(
        situation.law,
        month,
        situation.levers["high_energy_market_premium"],
        parameters.scalar("electricity_market_float"),
        share,
    )
    return premium * parameters.array("high_energy_market")
