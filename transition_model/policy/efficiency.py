"""What the rules of measures 7, 11 and 19 ask of firms and pay them in a month."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from transition_model.calendar import Month
from transition_model.instruments import Instrument
from transition_model.instruments.attributes import Claims
from transition_model.instruments.monthly import amount_of_month, bound_of_month
from transition_model.policy.industry import NAMED_BY_THEIR_WORD, sector_claims

type Array = NDArray[np.float64]
type Law = Mapping[str, Instrument]


def inspected_share(law: Law, month: Month) -> float:
    """Share of key energy users that is inspected in a year."""
    return float(bound_of_month(law["energy_inspection"], month, Claims.of(1))[0])


def service_contract_reward(law: Law, month: Month, saved: Array) -> Array:
    """Reward for a service contract that saves some tce a year, yuan, shape as ``saved``."""
    return amount_of_month(
        law["energy_service_contract_reward"], month, Claims.of(energy_saved=saved)
    )


def factory_awards(law: Law, month: Month) -> tuple[float, float]:
    """Award for a municipal and for a national certificate, yuan/factory."""
    claims = Claims.of(factory_award=["municipal", "national"])
    municipal, national = amount_of_month(law["green_factory_award"], month, claims)
    return float(municipal), float(national)


def green_power_duty(law: Law, month: Month) -> Array:
    """Green share of electricity that each sector owes, shape (10,)."""
    return bound_of_month(law["green_power_duty"], month, sector_claims(NAMED_BY_THEIR_WORD))
