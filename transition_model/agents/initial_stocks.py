"""Stocks of 2020-01 that follow from the same data as the population."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.household_cars import new_energy_mask
from transition_model.agents.transit_operators import TransitOperators
from transition_model.behaviour.fleet_replacement import one_year_older
from transition_model.dimensions import dimension
from transition_model.parameters import ParameterValues


def initial_private_cars(parameters: ParameterValues) -> NDArray[np.float64]:
    """Private cars at the beginning of 2020 by powertrain and age, shape (powertrains, ages).

    A class of age holds a calendar year of registration: cars of 2019 stand in class 1, and class
    0 waits for those of 2020.
    """
    by_powertrain = parameters.scalar("private_cars_end_2019") * parameters.array(
        "initial_powertrain_shares"
    )
    ages = np.where(
        new_energy_mask()[:, None],
        parameters.array("initial_new_energy_age_shares"),
        parameters.array("initial_car_age_shares"),
    )
    aged = np.zeros((len(by_powertrain), len(dimension("car_age"))))
    aged[:, 1:] = ages[:, :-1]
    aged[:, -1] += ages[:, -1]
    return np.asarray(by_powertrain[:, None] * aged)


def initial_fleets_by_age(operators: TransitOperators) -> NDArray[np.float64]:
    """Public-service vehicles at the beginning of 2020, shape (classes, ages).

    Operators open with the ages of the end of 2019 and grow a year older in their first month;
    here, as for private cars, vehicles of 2019 stand in class 1 from the beginning.
    """
    return one_year_older(operators.fleet_by_age()).astype(np.float64)
