"""Stocks of 2020-01 that follow from the same data as the population."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.household_cars import new_energy_mask
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
