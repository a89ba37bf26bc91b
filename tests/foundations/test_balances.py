"""The seam: a stock moves by the ledger to the last part in 10^9, money is not overspent."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from transition_model.balances import (
    TOLERANCE,
    Balance,
    Seam,
    check_seam,
    check_spending,
    load_balances,
)
from transition_model.calendar import Month
from transition_model.dimensions import dimension, shape
from transition_model.errors import BreachError
from transition_model.layout import Layout
from transition_model.ledger import ledger_entries, ledger_layout, published_entries
from transition_model.quantity import same_dimension

type Array = NDArray[np.float64]
type Books = tuple[dict[str, Array], dict[str, Array], dict[str, Array]]

MONTH = Month.parse("2026-03")
BALANCES = load_balances()
PROGRAMMES = dimension("subsidy_programme")


@pytest.fixture
def books() -> Books:
    """Stocks before and after and the flows of a month in which every balance holds."""
    source = np.random.default_rng(1)
    flows = {
        name: source.uniform(0.0, 100.0, shape(ledger_entries()[name].over))
        for balance in BALANCES
        for name in (*balance.inflows, *balance.outflows)
    }
    before, after = {}, {}
    for balance in BALANCES:
        opening = source.uniform(1e4, 1e6, shape(balance.stock_over))
        axes = tuple(n for n, axis in enumerate(balance.stock_over) if axis not in balance.over)
        change = np.zeros(shape(balance.over))
        for names, sign in ((balance.inflows, 1.0), (balance.outflows, -1.0)):
            for name in names:
                over = ledger_entries()[name].over
                summed = tuple(n for n, axis in enumerate(over) if axis not in balance.over)
                change = change + sign * flows[name].sum(axis=summed)
        closing = opening.copy()
        # The whole change falls into the first class of what the balance sums over.
        first = tuple(0 if n in axes else slice(None) for n in range(opening.ndim))
        closing[first] += change
        before[balance.stock], after[balance.stock] = opening, closing
    return before, after, flows


@pytest.fixture(params=["arrays", "vectors"])
def check(request: pytest.FixtureRequest) -> Callable[[Books], None]:
    """Check by quantity, or all quantities at once as a run does."""
    if request.param == "arrays":
        return lambda books: check_seam(MONTH, BALANCES, *books)

    def at_once(books: Books) -> None:
        before, after, flows = books
        layout = Layout.of({balance.stock: shape(balance.stock_over) for balance in BALANCES})
        numbers = np.zeros(ledger_layout().size)
        for name, flow in flows.items():
            ledger_layout().view(numbers, name)[...] = flow
        seam = Seam.of(BALANCES, layout)
        seam.check(MONTH, layout.vector(before), layout.vector(after), numbers)

    return at_once


# ---------------------------------------------------------------------------- declarations


@pytest.mark.parametrize("balance", BALANCES, ids=lambda balance: balance.name)
def test_a_balance_names_flows_of_the_ledger_that_have_its_dimensions(balance: Balance) -> None:
    assert balance.inflows or balance.outflows
    assert set(balance.over) <= set(balance.stock_over)
    for name in (*balance.inflows, *balance.outflows):
        entry = ledger_entries()[name]
        assert entry.kind == "flow"
        assert set(balance.over) <= set(entry.over)
        assert same_dimension(entry.unit, f"{balance.unit}/month")
    assert len(shape(balance.stock_over)) == len(balance.stock_over)


@pytest.mark.parametrize("balance", BALANCES, ids=lambda balance: balance.name)
def test_a_balanced_stock_that_agents_read_is_published_alike(balance: Balance) -> None:
    published = published_entries().get(balance.stock)
    if published is not None:
        assert published.over == balance.stock_over
        assert same_dimension(published.unit, balance.unit)


def test_every_flow_of_vehicles_appliances_and_factories_is_balanced() -> None:
    watched = {name for b in BALANCES for name in (*b.inflows, *b.outflows)}
    for name, entry in ledger_entries().items():
        if entry.unit in ("vehicle/month", "appliance/month", "factory/month", "yuan/month"):
            assert name in watched


# ---------------------------------------------------------------------------- the seam


def test_a_month_that_balances_passes(check: Callable[[Books], None], books: Books) -> None:
    check(books)


@pytest.mark.parametrize("balance", BALANCES, ids=lambda balance: balance.name)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_stock_that_moves_by_more_than_its_flows_stops_the_run(
    check: Callable[[Books], None], books: Books, balance: Balance, sign: float
) -> None:
    _, after, _ = books
    place = tuple(0 for _ in balance.stock_over)
    after[balance.stock][place] += sign * 1.0
    with pytest.raises(BreachError) as breach:
        check(books)
    assert breach.value.month == "2026-03"
    assert f"change of {balance.stock}" in breach.value.quantity
    assert breach.value.left - breach.value.right == pytest.approx(sign, rel=1e-3)
    assert breach.value.unit == balance.unit


def test_a_breach_names_the_class_in_which_it_lies(
    check: Callable[[Books], None], books: Books
) -> None:
    _, after, _ = books
    after["appliances_in_use"][3, 1] += 1.0
    with pytest.raises(BreachError, match=r"appliances_in_use\[television, grade_2\]"):
        check(books)


def test_a_flow_that_the_stock_does_not_follow_stops_the_run(
    check: Callable[[Books], None], books: Books
) -> None:
    _, _, flows = books
    flows["private_car_scrappage_per_month"][2, 7] += 1.0
    with pytest.raises(BreachError, match=r"change of private_cars\[battery_electric\]"):
        check(books)


@given(st.floats(min_value=-2.0, max_value=2.0))
def test_the_tolerance_is_a_billionth_of_stock_and_turnover(part: float) -> None:
    (balance,) = (b for b in BALANCES if b.name == "green_factories")
    before = {balance.stock: np.array(500.0)}
    after = {balance.stock: np.array(507.0 + part * TOLERANCE * 513.0)}
    flows = {balance.inflows[0]: np.array(10.0), balance.outflows[0]: np.array(3.0)}
    if abs(part) <= 0.99:
        check_seam(MONTH, (balance,), before, after, flows)
    elif abs(part) >= 1.01:
        with pytest.raises(BreachError):
            check_seam(MONTH, (balance,), before, after, flows)


def test_cars_that_grow_a_year_older_are_no_change_of_the_fleet(
    check: Callable[[Books], None], books: Books
) -> None:
    _, after, _ = books
    after["private_cars"] = np.roll(after["private_cars"], 1, axis=1)
    check(books)


def test_a_negative_stock_stops_the_run_even_if_its_sum_balances(
    check: Callable[[Books], None], books: Books
) -> None:
    _, after, _ = books
    after["private_cars"][0, 0] += after["private_cars"][0, 5] + 1.0
    after["private_cars"][0, 5] = -1.0
    with pytest.raises(BreachError, match="private_cars is not negative"):
        check(books)


@pytest.mark.parametrize("balance", BALANCES, ids=lambda balance: balance.name)
def test_a_stock_that_is_no_number_stops_the_run(
    check: Callable[[Books], None], books: Books, balance: Balance
) -> None:
    _, after, _ = books
    after[balance.stock][tuple(0 for _ in balance.stock_over)] = np.nan
    with pytest.raises(BreachError, match=balance.stock):
        check(books)


# ---------------------------------------------------------------------------- money


def paid(**amounts: float) -> Array:
    values = np.zeros(len(PROGRAMMES))
    for programme, amount in amounts.items():
        values[PROGRAMMES.index(programme)] = amount
    return values


@pytest.fixture
def spend() -> Callable[[Array, Array], None]:
    return lambda spent, now: check_spending(MONTH, spent, now, {"trade_in_budget": 10.0})


def test_the_last_yuan_may_be_paid_and_not_one_more(spend: Callable[[Array, Array], None]) -> None:
    spent = paid(car_scrappage=5e8, appliance_trade_in=3e8)
    spend(spent, paid(car_replacement=2e8))
    with pytest.raises(BreachError, match="trade-in money") as breach:
        spend(spent, paid(car_replacement=2e8 + 10.0))
    assert breach.value.left == pytest.approx(2e8 + 10.0)
    assert breach.value.right == pytest.approx(2e8)
    assert breach.value.unit == "yuan"


def test_money_of_other_programmes_is_not_taken_from_trade_in(
    spend: Callable[[Array, Array], None],
) -> None:
    spend(paid(bus_renewal=5e9), paid(car_scrappage=10e8, green_building_bonus=5e9))


def test_nothing_may_be_paid_once_more_than_all_is_spent(
    spend: Callable[[Array, Array], None],
) -> None:
    spend(paid(car_scrappage=11e8), paid())
    with pytest.raises(BreachError):
        spend(paid(car_scrappage=11e8), paid(car_scrappage=100.0))
