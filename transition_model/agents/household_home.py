"""What households use at home, and how they answer its price."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.situation import Situation
from transition_model.behaviour import electricity_demand

type Array = NDArray[np.float64]


def use_energy(
    columns: Mapping[str, NDArray[Any]], situation: Situation, income: Array, reference: float
) -> None:
    """Write residential electricity against that at the tariff in force."""
    parameters = situation.parameters
    use = parameters.scalar("electricity_use_household") * (
        income / reference
    ) ** parameters.scalar("electricity_income_elasticity")
    bounds, prices = parameters.array("tariff_bound")[:-1], parameters.array("tariff_price")
    raised = prices * np.where(
        np.arange(len(prices)) > 0, situation.levers["residential_tariff_factor"], 1.0
    )
    factor = electricity_demand.demand_factor(
        electricity_demand.marginal_price(use, bounds, raised),
        electricity_demand.marginal_price(use, bounds, prices),
        parameters.scalar("electricity_price_elasticity"),
    )
    total = use * columns["weight"]
    situation.ledger.set_share(
        "residential_electricity_factor", float(np.sum(total * factor) / np.sum(total))
    )
