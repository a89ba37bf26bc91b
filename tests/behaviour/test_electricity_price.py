"""Differential electricity prices reach those whom the rule names."""

from __future__ import annotations

import numpy as np
import pytest

from transition_model.behaviour.electricity_price import effective_price, expected_surcharge


def test_a_firm_outside_the_rule_pays_the_ordinary_price() -> None:
    surcharge = expected_surcharge(np.array([0.3]), scope=np.array([0.0]), enforcement=1.0)
    price = effective_price(0.65, premium=np.array([0.0]), surcharge=surcharge)
    assert price == pytest.approx([0.65])


def test_half_enforcement_costs_half_the_surcharge() -> None:
    surcharge = expected_surcharge(np.array([0.1, 0.3]), np.ones(2), enforcement=0.5)
    assert surcharge == pytest.approx([0.05, 0.15])


def test_the_premium_is_a_share_of_the_ordinary_price_and_the_surcharge_comes_on_top() -> None:
    price = effective_price(0.6, premium=np.array([0.1]), surcharge=np.array([0.3]))
    assert price == pytest.approx([0.96])
