"""The ledger takes what is declared, in the declared shape, and nothing negative."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from transition_model.dimensions import dimension, shape
from transition_model.errors import BreachError, InputError
from transition_model.ledger import Ledger, ledger_entries, published_entries
from transition_model.quantity import same_dimension

FLOWS = [name for name, entry in ledger_entries().items() if entry.kind == "flow"]
SHARES = [name for name, entry in ledger_entries().items() if entry.kind == "share"]
FACTORS = [name for name, entry in ledger_entries().items() if entry.kind == "factor"]
PURCHASES = "private_car_purchases_per_month"
CAPTURE = "household_capture_share"
TARIFF = "residential_electricity_factor"


@pytest.fixture
def ledger() -> Ledger:
    return Ledger("2026-03")


# ---------------------------------------------------------------------------- declarations


@pytest.mark.parametrize("name", [*ledger_entries(), *published_entries()])
def test_every_entry_has_known_dimensions(name: str) -> None:
    entry = {**ledger_entries(), **published_entries()}[name]
    assert all(dimension(axis).name == axis for axis in entry.over)


@pytest.mark.parametrize("name", list(ledger_entries()))
def test_every_entry_is_flow_share_or_factor_and_says_what_it_is_in_both_languages(
    name: str,
) -> None:
    entry = ledger_entries()[name]
    assert entry.kind in ("flow", "share", "factor")
    assert entry.label_en
    assert entry.label_zh
    assert entry.written_by != "stocks"
    assert name.endswith("_per_month") == (entry.kind == "flow")


def test_a_flow_is_something_a_month_and_shares_and_factors_have_no_unit() -> None:
    assert all(ledger_entries()[name].unit.endswith("/month") for name in FLOWS)
    assert all(same_dimension(ledger_entries()[name].unit, "share") for name in SHARES + FACTORS)


# ---------------------------------------------------------------------------- flows


def test_a_flow_that_nobody_wrote_is_zero(ledger: Ledger) -> None:
    assert_array_equal(ledger[PURCHASES], np.zeros(3))
    assert ledger["green_factories_certified_per_month"].shape == ()


@given(st.lists(st.floats(min_value=0.0, max_value=1e9), min_size=1, max_size=8))
def test_what_several_agents_write_adds_up(amounts: list[float]) -> None:
    ledger = Ledger("2026-03")
    for amount in amounts:
        ledger.add(PURCHASES, [amount, 0.0, 2.0 * amount])
    assert_allclose(ledger[PURCHASES], [sum(amounts), 0.0, 2.0 * sum(amounts)], rtol=1e-12)


def test_what_an_agent_does_with_its_array_afterwards_does_not_change_the_ledger(
    ledger: Ledger,
) -> None:
    amount = np.ones(3)
    ledger.add(PURCHASES, amount)
    amount[:] = 9.0
    ledger.add(PURCHASES, np.ones(3))
    assert_array_equal(ledger[PURCHASES], [2.0, 2.0, 2.0])


def test_what_a_reader_does_with_what_it_read_does_not_change_the_ledger(ledger: Ledger) -> None:
    ledger.add(PURCHASES, np.ones(3))
    ledger[PURCHASES][:] *= 2.0
    assert_array_equal(ledger[PURCHASES], [1.0, 1.0, 1.0])


@pytest.mark.parametrize("bad", [-1e-12, np.nan, np.inf, -np.inf])
def test_a_negative_or_endless_flow_stops_the_run_with_month_quantity_and_unit(
    ledger: Ledger, bad: float
) -> None:
    with pytest.raises(BreachError) as breach:
        ledger.add(PURCHASES, [1.0, bad, 1.0])
    assert breach.value.month == "2026-03"
    assert PURCHASES in breach.value.quantity
    assert breach.value.unit == "vehicle/month"
    assert_array_equal(ledger[PURCHASES], np.zeros(3))


@pytest.mark.parametrize("amount", [1.0, [1.0, 2.0], [[1.0, 2.0, 3.0]], np.ones((3, 1))])
def test_a_flow_of_the_wrong_shape_is_refused_with_the_right_one(
    ledger: Ledger, amount: object
) -> None:
    with pytest.raises(InputError, match=rf"2026-03: {PURCHASES}.*shape \(3,\)"):
        ledger.add(PURCHASES, amount)  # type: ignore[arg-type]


def test_a_single_number_may_not_be_an_array(ledger: Ledger) -> None:
    ledger.add("industrial_value_added_lost_per_month", 3.0)
    with pytest.raises(InputError, match=r"shape \(\)"):
        ledger.add("industrial_value_added_lost_per_month", [3.0])


@pytest.mark.parametrize("name", ["private_car_purchase_per_month", "private_cars", ""])
def test_an_unknown_name_is_refused_with_those_that_there_are(ledger: Ledger, name: str) -> None:
    for act in (
        lambda: ledger.add(name, 1.0),
        lambda: ledger.set_share(name, 1.0),
        lambda: ledger[name],
    ):
        with pytest.raises(InputError, match=rf"ledger: read '{name}'.*{PURCHASES}"):
            act()


# ---------------------------------------------------------------------------- shares


def test_a_share_is_set_once_a_month(ledger: Ledger) -> None:
    ledger.set_share(CAPTURE, np.full(4, 0.5))
    with pytest.raises(InputError, match=rf"ledger 2026-03: read '{CAPTURE}'.*once a month"):
        ledger.set_share(CAPTURE, np.full(4, 0.5))
    assert_array_equal(ledger[CAPTURE], np.full(4, 0.5))


def test_a_share_that_was_refused_may_be_set_right(ledger: Ledger) -> None:
    with pytest.raises(BreachError):
        ledger.set_share(CAPTURE, [0.5, -0.1, 0.5, 0.5])
    ledger.set_share(CAPTURE, np.full(4, 0.5))


@pytest.mark.parametrize("bad", [-0.1, np.nan, np.inf])
def test_a_negative_or_endless_share_stops_the_run(ledger: Ledger, bad: float) -> None:
    with pytest.raises(BreachError, match=f"2026-03: {CAPTURE}"):
        ledger.set_share(CAPTURE, np.full(4, bad))


@pytest.mark.parametrize("over", [1.0 + 1e-6, 1.5])
def test_a_share_is_at_most_all(ledger: Ledger, over: float) -> None:
    with pytest.raises(BreachError, match=f"2026-03: {CAPTURE} is at most 1") as breach:
        ledger.set_share(CAPTURE, [0.5, over, 0.5, 0.0])
    assert breach.value.left == over
    ledger.set_share(CAPTURE, [1.0, 1.0 + 1e-12, 0.0, 0.5])


def test_a_factor_may_exceed_one_and_is_set_once(ledger: Ledger) -> None:
    ledger.set_share(TARIFF, 1.4)
    assert ledger[TARIFF] == 1.4
    with pytest.raises(InputError, match="once a month"):
        ledger.set_share(TARIFF, 1.4)
    with pytest.raises(BreachError, match=TARIFF):
        Ledger("2026-03").set_share(TARIFF, -0.1)


def test_a_share_that_nobody_set_can_not_be_read(ledger: Ledger) -> None:
    with pytest.raises(InputError, match=rf"ledger 2026-03: read '{CAPTURE}'.*has been set"):
        ledger[CAPTURE]


def test_a_flow_is_added_to_and_a_share_is_set(ledger: Ledger) -> None:
    with pytest.raises(InputError, match="a share, not a flow"):
        ledger.add(CAPTURE, np.full(4, 0.5))
    with pytest.raises(InputError, match="a flow, not a share"):
        ledger.set_share(PURCHASES, np.ones(3))


# ---------------------------------------------------------------------------- closing


def complete(ledger: Ledger) -> Ledger:
    for name in SHARES + FACTORS:
        ledger.set_share(name, np.full(shape(ledger_entries()[name].over), 0.5))
    return ledger


def test_a_closed_ledger_has_every_entry_in_its_shape(ledger: Ledger) -> None:
    ledger.add(PURCHASES, [1.0, 2.0, 3.0])
    closed = complete(ledger).close()
    assert list(closed) == list(ledger_entries())
    for name, values in closed.items():
        assert values.shape == shape(ledger_entries()[name].over)
    assert_array_equal(closed[PURCHASES], [1.0, 2.0, 3.0])


@pytest.mark.parametrize("missing", SHARES + FACTORS)
def test_a_ledger_without_one_of_its_shares_or_factors_can_not_be_closed(missing: str) -> None:
    ledger = Ledger("2026-03")
    for name in SHARES + FACTORS:
        if name != missing:
            ledger.set_share(name, np.full(shape(ledger_entries()[name].over), 0.5))
    with pytest.raises(InputError, match=f"ledger 2026-03: read '{missing}'"):
        ledger.close()


def test_money_for_one_programme_is_added_to_that_programme_alone() -> None:
    ledger = Ledger("2025-01")
    ledger.add_at("subsidy_spending_per_month", "bus_renewal", 3.0)
    ledger.add_at("subsidy_spending_per_month", "bus_renewal", 4.0)
    money = ledger["subsidy_spending_per_month"]
    assert money[dimension("subsidy_programme").index("bus_renewal")] == money.sum() == 7.0


@pytest.mark.parametrize(
    ("name", "member"),
    [("subsidy_spending_per_month", "bus_renewals"), ("private_car_scrappage_per_month", "age0")],
)
def test_an_unknown_member_or_a_flow_over_more_dimensions_is_refused(
    name: str, member: str
) -> None:
    with pytest.raises(InputError, match=member if name.startswith("subsidy") else name):
        Ledger("2025-01").add_at(name, member, 1.0)


# ---------------------------------------------------------------------------- what kernels write


def test_what_is_added_to_the_numbers_of_a_flow_is_in_the_ledger(ledger: Ledger) -> None:
    ledger.add(PURCHASES, np.ones(3))
    ledger.flow(PURCHASES)[1] += 4.0
    ledger.share(TARIFF)[...] = 0.9
    assert_array_equal(ledger[PURCHASES], [1.0, 5.0, 1.0])
    assert ledger[TARIFF] == 0.9
    assert_array_equal(complete_but(ledger, TARIFF).close()[PURCHASES], [1.0, 5.0, 1.0])


@pytest.mark.parametrize("bad", [-1e-12, np.nan, np.inf])
def test_a_negative_or_endless_number_is_found_when_the_ledger_is_closed(
    ledger: Ledger, bad: float
) -> None:
    complete(ledger).flow(PURCHASES)[2] = bad
    with pytest.raises(BreachError, match=PURCHASES):
        ledger.close()


def test_a_share_above_one_is_found_when_the_ledger_is_closed(ledger: Ledger) -> None:
    complete(ledger).share(CAPTURE)[0] = 1.0 + 1e-6
    with pytest.raises(BreachError, match=f"{CAPTURE} is at most 1"):
        ledger.close()


@pytest.mark.parametrize("name", [CAPTURE, TARIFF])
def test_a_share_has_no_flow_and_a_flow_no_share(ledger: Ledger, name: str) -> None:
    with pytest.raises(InputError, match=name):
        ledger.flow(name)
    with pytest.raises(InputError, match=PURCHASES):
        ledger.share(PURCHASES)


def complete_but(ledger: Ledger, written: str) -> Ledger:
    """Set every share but one."""
    for name in SHARES + FACTORS:
        if name != written:
            ledger.set_share(name, np.full(shape(ledger_entries()[name].over), 0.5))
    return ledger
