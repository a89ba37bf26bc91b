"""What the household carbon-credit scheme pays (measure 32)."""

from __future__ import annotations

from transition_model.calendar import Month
from transition_model.instruments import Instrument
from transition_model.instruments.attributes import Claims
from transition_model.instruments.monthly import amount_of_month


def reward(rule: Instrument, month: Month) -> float:
    """Yuan per kg of carbon dioxide that a registered act saves."""
    return float(amount_of_month(rule, month, Claims.of(carbon_credits=1.0))[0])
