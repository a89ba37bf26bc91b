"""What households use at home, what they pay for it, and how they answer the price.

Use at the tariffs of 2020 grows with income and persons; what is handed over is use against that,
good by good. Gas and water have the tariff of the central urban area; elsewhere it is not known and
use stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.situation import Situation
from transition_model.behaviour import tiered_tariff, time_of_use
from transition_model.calendar import MONTHS_PER_YEAR
from transition_model.parameters import ParameterValues
from transition_model.policy import household_tariffs
from transition_model.policy.household_tariffs import HouseholdTariffs, Tariff

type Array = NDArray[np.float64]
type Columns = Mapping[str, NDArray[Any]]


def use_at_home(columns: Columns, situation: Situation, relative_income: Array) -> None:
    """Write residential use against that at the tariffs of 2020, and pay relief.

    Parameters
    ----------
    columns
        The population.
    situation
        The month.
    relative_income
        Income now over the mean of 2020, shape (n,).
    """
    parameters, ledger = situation.parameters, situation.ledger
    now = household_tariffs.tariffs_of_month(
        situation.law, situation.month, situation.levers["residential_tariff_factor"]
    )
    size = columns["persons"] / parameters.scalar("household_size")
    served = columns["central"] & columns["urban"]
    piped = columns["urban"] * parameters.scalar("gas_access_urban")

    electricity = _reference_use("electricity", columns, parameters, relative_income, size)
    free = _free_electricity(columns, situation, electricity)
    used = columns["weight"] * electricity
    ledger.set_share("residential_peak_share", _peak_share(columns, situation, used))
    factor = _electricity(columns, situation, now, electricity, free)
    ledger.set_share("residential_electricity_factor", _mean(factor, used))

    gas = _reference_use("gas", columns, parameters, relative_income, size)
    factor, relief = _gas(columns, parameters, now, gas, served)
    ledger.set_share("residential_gas_factor", _mean(factor, columns["weight"] * piped * gas))

    water = _reference_use("water", columns, parameters, relative_income, size)
    price = _perceived("water", parameters, now, water, columns["weight"] * served)
    before = _perceived("water", parameters, household_tariffs.reference_tariffs(), water)
    answer = tiered_tariff.demand_factor(price, before, parameters.scalar("water_price_elasticity"))
    factor = np.where(served, answer, 1.0)
    ledger.set_share("residential_water_factor", _mean(factor, columns["weight"] * water))

    received = free + relief * piped / MONTHS_PER_YEAR
    ledger.add_at(
        "subsidy_spending_per_month",
        "household_relief",
        float(np.sum(columns["weight"] * received)),
    )
    columns["subsidy_received"][:] += received


def _reference_use(
    good: str, columns: Columns, parameters: ParameterValues, relative_income: Array, size: Array
) -> Array:
    """Units in the tariff's period that households use at the tariffs of 2020, shape (n,)."""
    mean = (
        parameters.scalar("residential_water_per_person") * parameters.scalar("household_size")
        if good == "water"
        else parameters.scalar(f"{good}_use_household")
    )
    return columns["home_use"] * tiered_tariff.reference_use(
        mean,
        relative_income,
        size,
        parameters.scalar(f"{good}_income_elasticity"),
        parameters.scalar(f"{good}_size_elasticity"),
    )


def _prices(good: str, tariffs: HouseholdTariffs, use: Array, weight: Array) -> tuple[Array, Array]:
    """Average and marginal price, yuan a unit, shape (n,).

    Where no rule holds, every unit costs what it cost on average at the tariffs of 2020.
    """
    tariff = tariffs.tariffs[good]
    if tariff is not None:
        return _average(tariff, use), tiered_tariff.marginal_price(use, tariff.starts, tariff.rises)
    before = household_tariffs.reference_tariffs().tariffs[good]
    assert before is not None, good
    due = np.sum(weight * tiered_tariff.bill(use, before.starts, before.rises))
    uniform = np.full_like(use, due / np.sum(weight * use))
    return uniform, uniform


def _average(tariff: Tariff, use: Array) -> Array:
    return tiered_tariff.bill(use, tariff.starts, tariff.rises) / use


def _perceived(
    good: str,
    parameters: ParameterValues,
    tariffs: HouseholdTariffs,
    use: Array,
    weight: Array | None = None,
) -> Array:
    average, marginal = _prices(good, tariffs, use, np.ones_like(use) if weight is None else weight)
    return tiered_tariff.perceived_price(
        average, marginal, parameters.scalar("tariff_marginal_weight")
    )


# -- electricity -----------------------------------------------------------------------------
def _free_electricity(columns: Columns, situation: Situation, use: Array) -> Array:
    """Yuan a month off the bill, shape (n,)."""
    free, poor = np.zeros_like(use), columns["low_income"]
    rule = situation.law["low_income_free_electricity"]
    free[poor] = household_tariffs.free_electricity(rule, situation.month, use[poor])
    return free


def _electricity(
    columns: Columns, situation: Situation, now: HouseholdTariffs, use: Array, free: Array
) -> Array:
    """Use of electricity against that at the tariffs of 2020, shape (n,)."""
    parameters = situation.parameters
    before = household_tariffs.reference_tariffs()
    published = np.zeros_like(use)
    poor = columns["low_income"]
    published[poor] = household_tariffs.free_electricity(
        household_tariffs.published("low_income_free_electricity"),
        household_tariffs.REFERENCE,
        use[poor],
    )
    price = _perceived("electricity", parameters, now, use, columns["weight"]) - free / use
    price += _time_of_use_cost(columns, situation, use)
    reference = _perceived("electricity", parameters, before, use) - published / use
    return tiered_tariff.demand_factor(
        price, reference, parameters.scalar("electricity_price_elasticity")
    )


def _time_of_use_cost(columns: Columns, situation: Situation, use: Array) -> Array:
    """Yuan per kWh that time of use adds on average, as chosen so far; the choice moves on."""
    parameters, chosen = situation.parameters, columns["time_of_use"]
    rule = situation.law["residential_time_of_use"]
    added = household_tariffs.added_by_hour(rule, situation.month)
    if not added.any():
        chosen[:] = 0.0
        return np.zeros_like(use)
    load = time_of_use.shifted_load(
        _load(parameters), added, parameters.scalar("time_of_use_shift")
    )
    away, at_home = load @ added
    cost = away + columns["day_load"] * (at_home - away)
    # Cars are charged at night once that is cheaper; before, at the price of the tier.
    saving = _charged_at_home(columns, situation) * max(0.0, -added.min()) - cost * use
    paid = chosen * cost
    chosen[:] = time_of_use.chosen_next(
        chosen,
        MONTHS_PER_YEAR * saving,
        parameters.scalar("time_of_use_trouble"),
        parameters.scalar("time_of_use_attention"),
        parameters.scalar("time_of_use_binding_months"),
    )
    return np.asarray(paid)


def _charged_at_home(columns: Columns, situation: Situation) -> Array:
    """Electricity that each household's car charges at home, kWh a month, shape (n,)."""
    parameters, car = situation.parameters, columns["car"]
    electric = np.array([0.0, parameters.scalar("electric_share_of_plug_in_hybrid_distance"), 1.0])
    each = (
        parameters.scalar("distance_per_private_car", situation.month)
        * parameters.scalar("electricity_per_distance_of_private_cars")
        * parameters.scalar("home_charged_share")
        / (100.0 * MONTHS_PER_YEAR)
    )
    return np.where(columns["home_charging"] & (car >= 0), each * electric[car], 0.0)


def _load(parameters: ParameterValues) -> Array:
    """Share of a day's electricity by profile and hour, shape (2, 24)."""
    return parameters.array("household_load_profile")


def _peak_share(columns: Columns, situation: Situation, used: Array) -> float:
    """Share of residential electricity in the hours that time of use makes dearer."""
    dear = household_tariffs.peak_hours()
    away, at_home = _load(situation.parameters)[:, dear].sum(axis=1)
    shift = situation.parameters.scalar("time_of_use_shift")
    share = (away + columns["day_load"] * (at_home - away)) * (1.0 - shift * columns["time_of_use"])
    return _mean(share, used)


# -- gas -------------------------------------------------------------------------------------
def _gas(
    columns: Columns,
    parameters: ParameterValues,
    now: HouseholdTariffs,
    use: Array,
    served: NDArray[np.bool_],
) -> tuple[Array, Array]:
    """Use of gas against that at the tariffs of 2020, and relief in yuan a year, shape (n,)."""
    weight = parameters.scalar("tariff_marginal_weight")
    average, marginal = _prices("gas", now, use, columns["weight"] * served)
    price = tiered_tariff.perceived_price(average, marginal, weight)
    relief = np.zeros_like(use)
    if now.low_income_gas is not None:
        poor = columns["low_income"] & served
        relief[poor] = np.maximum(average[poor] - now.low_income_gas, 0.0) * use[poor]
        price[poor] = now.low_income_gas
    reference = _perceived("gas", parameters, household_tariffs.reference_tariffs(), use)
    factor = tiered_tariff.demand_factor(
        price, reference, parameters.scalar("gas_price_elasticity")
    )
    return np.where(served, factor, 1.0), relief


def _mean(values: Array, weight: Array) -> float:
    return float(np.sum(values * weight) / np.sum(weight))
