"""Which powertrain a household buys.

A multinomial logit over combustion engine, plug-in hybrid and battery electric, in which an option
counts only as far as the household is familiar with it (Struben and Sterman 2008, Transition
challenges for alternative fuel vehicle, Environment and Planning B 35): the perceived affinity of
option j is F_j exp(V_j), and its choice probability the share in the sum of affinities.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transition_model.behaviour.options import logit

type Array = NDArray[np.float64]

YUAN_PER_PRICE_UNIT = 1e4
"""Price coefficients are published per 10,000 yuan."""


@dataclass(frozen=True, slots=True)
class VehicleOptions:
    """What is on sale in a month, by powertrain, shape (3,).

    Attributes
    ----------
    price, tax
        Yuan, before any subsidy.
    running_cost
        Yuan a year for the average owner.
    range_km
        Kilometres on one charge or tank.
    constant
        Alternative-specific constant, utility.
    """

    price: Array
    tax: Array
    running_cost: Array
    range_km: Array
    constant: Array


@dataclass(frozen=True, slots=True)
class VehicleTastes:
    """Coefficients of utility.

    Attributes
    ----------
    range_weight
        Utility per unit of the logarithm of range over ``reference_range_km``.
    reference_range_km
        Kilometres at which range adds nothing.
    home_charging_weight, public_charging_weight, peer_weight, attitude_weight
        Utility of a home charger, per unit of the logarithm of public points per new-energy car
        over ``reference_points``, per share of new-energy cars among peers, and per standard
        deviation of green attitude.
    reference_points
        Public points per new-energy car at which they add nothing.
    """

    range_weight: float
    reference_range_km: float
    home_charging_weight: float
    public_charging_weight: float
    reference_points: float
    peer_weight: float
    attitude_weight: float


def annuity_years(discount_rate: float, horizon_years: float) -> float:
    """Present value of one yuan a year over the horizon, in years.

    ``(1 - (1 + r)^-H) / r``.
    """
    return float((1.0 - (1.0 + discount_rate) ** -horizon_years) / discount_rate)


def price_sensitivity(
    income: Array, reference_income: float, coefficient: float, elasticity: float
) -> Array:
    """Utility per 10,000 yuan, nearer zero for richer households; shape (n,).

    ``coefficient * (income / reference_income) ** elasticity``; both incomes in yuan a year.
    """
    return coefficient * (income / reference_income) ** elasticity


def base_utility(
    options: VehicleOptions,
    tastes: VehicleTastes,
    sensitivity: Array,
    annuity: float,
    home_charging: NDArray[np.bool_],
    points_per_car: float,
    peer_share: Array,
    attitude: Array,
) -> Array:
    """Utility of each powertrain before any subsidy.

    Parameters
    ----------
    options, tastes
        What is on sale, and the coefficients.
    sensitivity
        Utility per 10,000 yuan, negative, shape (n,).
    annuity
        Years, of :func:`annuity_years`.
    home_charging
        Whether a charger at home is possible, shape (n,).
    points_per_car
        Public charging points per new-energy car, as perceived.
    peer_share
        Share of new-energy cars among the cars of the household's peers, shape (n,).
    attitude
        Green attitude, standard deviations, shape (n,).

    Returns
    -------
    ndarray
        Utility, shape (n, 3), in the order of the dimension ``powertrain``.
    """
    cost = (options.price + options.tax + annuity * options.running_cost) / YUAN_PER_PRICE_UNIT
    utility = options.constant + sensitivity[:, None] * cost
    range_gain = tastes.range_weight * np.log(options.range_km / tastes.reference_range_km)
    points = max(points_per_car, np.finfo(float).tiny)
    charging = tastes.public_charging_weight * np.log(points / tastes.reference_points)
    social = tastes.peer_weight * peer_share + tastes.attitude_weight * attitude
    utility[:, 1] += social
    utility[:, 2] += social + range_gain[2] + charging + tastes.home_charging_weight * home_charging
    return utility


def with_subsidy(utility: Array, sensitivity: Array, subsidy: Array) -> Array:
    """Utility after a subsidy in yuan by powertrain; shapes (n, 3), (n,) and (3,)."""
    return utility - sensitivity[:, None] * subsidy / YUAN_PER_PRICE_UNIT


def choice_probabilities(utility: Array, familiarity: Array) -> Array:
    """Probability of each powertrain, given that a car is bought.

    Parameters
    ----------
    utility
        Shape (n, 3).
    familiarity
        Familiarity with new-energy cars, 0 to 1, shape (n,); that with combustion engines is 1.

    Returns
    -------
    ndarray
        Shape (n, 3); rows sum to 1.
    """
    known = np.empty_like(utility)
    known[:, 0] = 1.0
    known[:, 1:] = familiarity[:, None]
    return logit(utility, known)


def familiarity_next(
    familiarity: Array,
    peer_share: Array,
    marketing: float,
    word_of_mouth: float,
    forgetting: float,
) -> Array:
    """Familiarity with new-energy cars a month later, shape (n,).

    ``F + (marketing + word_of_mouth * peer_share) (1 - F) - forgetting F``, after Struben and
    Sterman (2008); the rates are per month.
    """
    exposure = marketing + word_of_mouth * peer_share
    return np.clip(
        familiarity + exposure * (1.0 - familiarity) - forgetting * familiarity, 0.0, 1.0
    )
