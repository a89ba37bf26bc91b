"""Whether a firm takes its next efficiency measure, and what that does to its class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transition_model.behaviour.discounting import yearly_yuan
from transition_model.compilation import either, formula

type Array = NDArray[np.float64]

_NEVER = 1e9
"""Years: a payback that no threshold reaches."""


@formula
def energy_price(
    electricity_share: Array, electricity_price: Array, fuel_price: float, kwh_per_tce: float
) -> Array:
    """Price of a firm's mix of energy, yuan/tce.

    Parameters
    ----------
    electricity_share
        Share of electricity in its energy, in coal equivalent, shape (firms,).
    electricity_price
        yuan/kWh, shape (firms,).
    fuel_price
        Price of coal and gas, yuan/tce.
    kwh_per_tce
        Electricity that counts as one tonne of coal equivalent, kWh/tce.

    Returns
    -------
    ndarray
        yuan/tce, shape (firms,).
    """
    electric = electricity_share * electricity_price * kwh_per_tce
    return electric + (1.0 - electricity_share) * fuel_price


@formula
def measures_to_limit(specific_energy: Array, limit: Array, saving: Array) -> Array:
    """Measures that bring a firm's specific energy down to its limit.

    ``ceil(ln(specific energy / limit) / -ln(1 - saving))``, at least 1.

    Parameters
    ----------
    specific_energy, limit
        tce for each 10k yuan of value added, shape (firms,).
    saving
        Share of its energy that one measure saves, shape (firms,).

    Returns
    -------
    ndarray
        Whole numbers, shape (firms,).
    """
    needed = np.ceil(np.log(specific_energy / limit) / -np.log1p(-saving))
    return np.maximum(needed, 1.0)


@formula
def avoided_surcharge(
    surcharge: Array, electricity_share: Array, measures: Array, saving: Array, kwh_per_tce: float
) -> Array:
    """The surcharge that upgrading ends, spread over the measures that it takes.

    Leaving the restricted class is worth the surcharge on all of a firm's electricity; each of
    the measures on the way earns its part. This, and not closing, is how firms answer
    differential prices (Yang, Yuan and Sun 2021, Energy Economics 94).

    Parameters
    ----------
    surcharge
        yuan/kWh, shape (firms,).
    electricity_share
        Share of electricity in its energy, in coal equivalent, shape (firms,).
    measures
        From :func:`measures_to_limit`.
    saving
        Share of its energy that one measure saves, shape (firms,).
    kwh_per_tce
        kWh/tce.

    Returns
    -------
    ndarray
        yuan for each tce saved, shape (firms,).
    """
    return surcharge * electricity_share * kwh_per_tce / (measures * saving)


@formula
def tier_saving(
    tier: Array, tier_after: Array, electricity_share: Array, saving: Array, kwh_per_tce: float
) -> Array:
    """What a measure takes off a tiered price, for each tce that it saves, yuan/tce.

    ``(tier - tier after) * electricity share * kwh_per_tce / saving``.

    Parameters
    ----------
    tier, tier_after
        Tiered surcharge now and after one more measure, yuan/kWh, shape (firms,).
    electricity_share
        Share of electricity in its energy, in coal equivalent, shape (firms,).
    saving
        Share of its energy that the measure saves, shape (firms,).
    kwh_per_tce
        kWh/tce.
    """
    return np.maximum(tier - tier_after, 0.0) * electricity_share * kwh_per_tce / saving


@formula
def carbon_value(electricity_share: Array, carbon_price: Array, carbon_of_fuel: Array) -> Array:
    """What the carbon market adds to a saved tce: its fuel's carbon dioxide, yuan/tce.

    ``(1 - electricity share) * carbon price * carbon of fuel``. Quotas are free, so carbon costs
    nothing on average, but a tonne less can be sold.

    Parameters
    ----------
    electricity_share
        Share of electricity in its energy, in coal equivalent, shape (firms,).
    carbon_price
        yuan/tCO2, shape (firms,).
    carbon_of_fuel
        tCO2/tce, shape (firms,).
    """
    return (1.0 - electricity_share) * carbon_price * carbon_of_fuel


@formula
def contract_acceptance(
    capital_cost: Array,
    saving_value: Array,
    reward: Array | float,
    company_share: float,
    contract_years: float,
    sensitivity: float,
) -> Array:
    """Probability that an energy-service company takes a measure on under a contract.

    The company pays the investment and lives on its share of the savings while the contract runs;
    the firm needs no capital. The company's payback, less the reward, stands against the length of
    the contract as a firm's against its threshold (:func:`acceptance`).

    Parameters
    ----------
    capital_cost
        yuan for a yearly saving of one tce, shape (firms,).
    saving_value
        yuan/tce, shape (firms,).
    reward
        Public reward for a yearly saving of one tce, yuan.
    company_share
        Share of the savings that the company receives.
    contract_years
        Length of the contract.
    sensitivity
        As in :func:`acceptance`.
    """
    years = payback(np.maximum(capital_cost - reward, 0.0), company_share * saving_value)
    return acceptance(years, contract_years, sensitivity)


@formula
def finance_factor(rate: float, discount: float, loan_share: float, life: float) -> float:
    """Capital cost under a green loan against that under an ordinary one.

    Yearly instalments of a loan are ``1 / yearly_yuan(rate, life)``.

    Parameters
    ----------
    rate
        Ordinary lending rate, share/year.
    discount
        Interest discount on green loans, share/year; no more than the rate counts.
    loan_share
        Share of the investment that is borrowed.
    life
        Years over which it is paid off.

    Returns
    -------
    float
        At most 1.
    """
    cheap = max(rate - discount, 0.0)
    instalments = yearly_yuan(rate, life) / yearly_yuan(cheap, life)
    return float(1.0 - loan_share * (1.0 - instalments))


@formula
def payback(capital_cost: Array, saving_value: Array) -> Array:
    """Simple payback in years, ``capital cost / saving value``.

    Parameters
    ----------
    capital_cost
        yuan for a yearly saving of one tce, shape (firms,).
    saving_value
        What that tce is worth, yuan/tce, shape (firms,); where it is 0, payback never comes.
    """
    worth = saving_value > 0.0
    years: Array = either(worth, capital_cost / either(worth, saving_value, 1.0), _NEVER)
    return years


@formula
def acceptance(payback_years: Array, threshold: Array | float, sensitivity: float) -> Array:
    """Probability that a firm adopts a measure that it looks at.

    Logistic in the logarithm of payback, one half at the threshold: in audits of US firms about
    half of the recommended measures were adopted, with thresholds of payback that short (Anderson
    and Newell 2004, Resource and Energy Economics 26).

    Parameters
    ----------
    payback_years, threshold
        Years, above 0, shape (firms,).
    sensitivity
        Slope on the logarithm of payback, at least 0.

    Returns
    -------
    ndarray
        0 to 1, shape (firms,).
    """
    return 1.0 / (1.0 + (payback_years / threshold) ** sensitivity)


@formula
def under_contract(alone: Array, contract: Array) -> Array:
    """Share of those who adopt that do so because a service company pays, shape (firms,).

    Parameters
    ----------
    alone, contract
        Probability that the firm invests, and that a company does, if it is looked at.
    """
    anybody = 1.0 - (1.0 - alone) * (1.0 - contract)
    by_company = (1.0 - alone) * contract
    share: Array = np.minimum(by_company / either(anybody > 0.0, anybody, 1.0), 1.0)
    return share


@formula
def consideration(
    search_rate: float, audit_rate: float, peer_adoption: Array, peer_effect: float, years: float
) -> Array:
    """Probability that a firm looks at its next measure within some time.

    It looks by itself, sooner when peers have lately adopted, or because it is audited:
    ``1 - exp(-search_rate * (1 + peer_effect * peer_adoption) * years) * (1 - audit_rate*years)``.

    Parameters
    ----------
    search_rate
        Own search, 1/year.
    audit_rate
        Share of firms audited in a year.
    peer_adoption
        Share of the firm's sector that adopted a measure lately, shape (firms,).
    peer_effect
        Acceleration of the search when all peers did (Shi et al. 2020, arXiv 2004.11536).
    years
        Length of the time, at most 1.

    Returns
    -------
    ndarray
        0 to 1, shape (firms,).
    """
    unsought = np.exp(-search_rate * (1.0 + peer_effect * peer_adoption) * years)
    return 1.0 - unsought * (1.0 - audit_rate * years)


@formula
def class_after(
    catalogue_class: NDArray[np.int64],
    specific_energy: Array,
    limit: Array,
    penalised: NDArray[np.bool_],
    allowed: int,
) -> NDArray[np.int64]:
    """Catalogue class: a penalised firm at or below its limit is allowed from then on.

    Parameters
    ----------
    catalogue_class
        Present class, shape (firms,).
    specific_energy, limit
        tce for each 10k yuan of value added, shape (firms,).
    penalised
        For each class, whether it pays a surcharge.
    allowed
        Number of the class that firms are upgraded to.
    """
    upgraded = penalised[catalogue_class] & (specific_energy <= limit)
    after: NDArray[np.int64] = either(upgraded, allowed, catalogue_class)
    return after
