"""What the rules on household waste ask, pay and charge in a month (measures 21 and 32)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transition_model.calendar import Month
from transition_model.instruments import Instrument
from transition_model.instruments.attributes import Claims
from transition_model.instruments.monthly import amount_of_month, bound_of_month
from transition_model.policy import carbon_credits

type Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class WasteRules:
    """Terms of a month.

    Attributes
    ----------
    bound
        Share of the estates that the duty to sort binds.
    fee
        Yuan a household and month.
    credit
        Yuan per kg of carbon dioxide that a registered act saves.
    """

    bound: float
    fee: float
    credit: float


def rules_of_month(law: Mapping[str, Instrument], month: Month) -> WasteRules:
    """Terms of a month, by the rules."""
    return WasteRules(
        bound=float(bound_of_month(law["sorting_mandate"], month, Claims.of(1))[0]),
        fee=float(amount_of_month(law["waste_fee"], month, Claims.of(waste_of_month=1.0))[0]),
        credit=carbon_credits.reward(law["household_carbon_credits"], month),
    )


def reward(law: Mapping[str, Instrument], month: Month, delivered: Array) -> Array:
    """Yuan of a month for delivered recyclables in kg, shape (n,)."""
    claims = Claims.of(len(delivered), recyclables_delivered=delivered)
    return amount_of_month(law["sorting_incentive"], month, claims)
