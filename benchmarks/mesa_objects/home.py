"""Electricity, gas and water at home, and how households answer what they cost."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

from benchmarks.mesa_objects.amounts import amount_by, numbers
from benchmarks.mesa_objects.durables import MONTHS_PER_YEAR
from transition_model.agents.situation import Situation
from transition_model.behaviour.time_of_use import shifted_load
from transition_model.policy import household_tariffs
from transition_model.policy.household_tariffs import GOODS, HouseholdTariffs

if TYPE_CHECKING:
    from benchmarks.mesa_objects.household import Household

type Tiers = list[tuple[float, float]] | None
"""Starts and rises of a tiered price; None where no rule holds."""


def home_terms(situation: Situation) -> SimpleNamespace:
    """What holds for all households in the month."""
    parameters, month, law = situation.parameters, situation.month, situation.law
    names = [f"{good}_{part}" for good in GOODS for part in _ELASTICITIES]
    terms = numbers(
        parameters,
        *names,
        "household_size",
        "tariff_marginal_weight",
        "gas_access_urban",
        "time_of_use_shift",
        "time_of_use_trouble",
        "time_of_use_attention",
        "time_of_use_binding_months",
    )
    now = household_tariffs.tariffs_of_month(
        law, month, situation.levers["residential_tariff_factor"]
    )
    terms.tiers, terms.low_income_gas = _tiers(now), now.low_income_gas
    terms.reference = _tiers(household_tariffs.reference_tariffs())
    terms.uniform = {}
    terms.mean_use = {
        "electricity": parameters.scalar("electricity_use_household"),
        "gas": parameters.scalar("gas_use_household"),
        "water": parameters.scalar("residential_water_per_person") * terms.household_size,
    }
    rule, number = "low_income_free_electricity", "electricity_of_month"
    terms.free = amount_by(law[rule], month, number)
    terms.free_before = amount_by(
        household_tariffs.published(rule), household_tariffs.REFERENCE, number
    )
    load = parameters.array("household_load_profile")
    terms.peak = load[:, household_tariffs.peak_hours()].sum(axis=1).tolist()
    added = household_tariffs.added_by_hour(law["residential_time_of_use"], month)
    terms.may_choose = bool(added.any())
    terms.added = (shifted_load(load, added, terms.time_of_use_shift) @ added).tolist()
    terms.saved_by_car = max(0.0, -float(added.min()))
    electric = parameters.scalar("electric_share_of_plug_in_hybrid_distance")
    each = (
        parameters.scalar("distance_per_private_car", month)
        * parameters.scalar("electricity_per_distance_of_private_cars")
        * parameters.scalar("home_charged_share")
        / (100.0 * MONTHS_PER_YEAR)
    )
    terms.charged = (0.0, each * electric, each, 0.0)  # the last one: no car
    return terms


_ELASTICITIES = ("income_elasticity", "size_elasticity", "price_elasticity")


def _tiers(tariffs: HouseholdTariffs) -> dict[str, Tiers]:
    return {
        good: None
        if (tariff := tariffs.tariffs[good]) is None
        else list(zip(tariff.starts.tolist(), tariff.rises.tolist(), strict=True))
        for good in GOODS
    }


def reference_use(household: Household, good: str, terms: SimpleNamespace) -> float:
    """Use at the tariffs of 2020, units in the tariff's period."""
    persons = household.persons / terms.household_size
    return (
        household.home_use
        * terms.mean_use[good]
        * household.relative_income ** getattr(terms, f"{good}_income_elasticity")
        * persons ** getattr(terms, f"{good}_size_elasticity")
    )


def bill(use: float, tiers: list[tuple[float, float]]) -> float:
    """What a use costs, yuan."""
    return sum(rise * (use - start) for start, rise in tiers if use > start)


def _prices(good: str, use: float, tiers: Tiers, terms: SimpleNamespace) -> tuple[float, float]:
    """Average and perceived price of a unit, yuan."""
    if tiers is None:
        return terms.uniform[good], terms.uniform[good]
    average = bill(use, tiers) / use
    marginal = sum(rise for start, rise in tiers if use > start)
    return average, average + terms.tariff_marginal_weight * (marginal - average)


def _answer(price: float, before: float, elasticity: float) -> float:
    return (price / before) ** elasticity if price > 0.0 and before > 0.0 else 1.0


def use_at_home(household: Household, terms: SimpleNamespace) -> None:
    """Use against that at the tariffs of 2020, good by good, and relief."""
    tally, weight = household.tally, household.weight
    use = reference_use(household, "electricity", terms)
    free = terms.free(use) if household.low_income else 0.0
    away, at_home = terms.peak
    peak = away + household.day_load * (at_home - away)
    peak *= 1.0 - terms.time_of_use_shift * household.time_of_use
    tally.electricity += weight * use
    tally.electricity_at_peak += weight * use * peak
    tally.electricity_now += weight * use * _electricity(household, use, free, terms)

    relief, gas = 0.0, reference_use(household, "gas", terms)
    piped = terms.gas_access_urban if household.urban else 0.0
    served = household.central and household.urban
    factor = 1.0
    if served:
        average, price = _prices("gas", gas, terms.tiers["gas"], terms)
        if household.low_income and terms.low_income_gas is not None:
            relief = max(average - terms.low_income_gas, 0.0) * gas
            price = terms.low_income_gas
        _, before = _prices("gas", gas, terms.reference["gas"], terms)
        factor = _answer(price, before, terms.gas_price_elasticity)
    tally.gas += weight * piped * gas
    tally.gas_now += weight * piped * gas * factor

    water, factor = reference_use(household, "water", terms), 1.0
    if served:
        _, price = _prices("water", water, terms.tiers["water"], terms)
        _, before = _prices("water", water, terms.reference["water"], terms)
        factor = _answer(price, before, terms.water_price_elasticity)
    tally.water += weight * water
    tally.water_now += weight * water * factor

    received = free + relief * piped / MONTHS_PER_YEAR
    tally.spent["household_relief"] += weight * received
    household.subsidy_received += received


def _electricity(household: Household, use: float, free: float, terms: SimpleNamespace) -> float:
    """Use of electricity against that at the tariffs of 2020."""
    _, price = _prices("electricity", use, terms.tiers["electricity"], terms)
    _, before = _prices("electricity", use, terms.reference["electricity"], terms)
    if household.low_income:
        before -= terms.free_before(use) / use
    price += _time_of_use_cost(household, use, terms) - free / use
    return _answer(price, before, terms.electricity_price_elasticity)


def _time_of_use_cost(household: Household, use: float, terms: SimpleNamespace) -> float:
    """Yuan per kWh that time of use adds as chosen so far; the choice moves on."""
    chosen = household.time_of_use
    if not terms.may_choose:
        household.time_of_use = 0.0
        return 0.0
    away, at_home = terms.added
    cost = away + household.day_load * (at_home - away)
    charged = terms.charged[household.car] if household.home_charging else 0.0
    saving = charged * terms.saved_by_car - cost * use
    if MONTHS_PER_YEAR * saving > terms.time_of_use_trouble:
        household.time_of_use = chosen + terms.time_of_use_attention * (1.0 - chosen)
    else:
        household.time_of_use = chosen - chosen / terms.time_of_use_binding_months
    return chosen * cost
