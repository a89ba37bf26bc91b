"""Checks of the month: stocks move by the ledger, money is not overspent, nothing is negative."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from transition_model.calendar import Month
from transition_model.declared import read_toml
from transition_model.dimensions import dimension
from transition_model.errors import BreachError
from transition_model.layout import Layout, Places, Sums
from transition_model.ledger import ledger_entries, ledger_layout
from transition_model.policy.trade_in import TRADE_IN_PROGRAMMES, trade_in_budget

type Array = NDArray[np.float64]

TOLERANCE = 1e-9
"""Of the larger of opening stock and turnover of the month."""

_LEAST, _ALL = np.minimum.reduce, np.logical_and.reduce
"""What the methods of an array come to, without the way there."""

FEN = 0.01
"""Yuan: what the smallest payment is, and sums over households may round away."""


@dataclass(frozen=True, slots=True)
class Balance:
    """A stock that moves by the ledger alone.

    Attributes
    ----------
    name, stock, unit
        What it is called, the stock-flow variable, its unit.
    stock_over, over
        Dimensions of the stock, and those for which the balance is kept.
    inflows, outflows
        Entries of the ledger.
    """

    name: str
    stock: str
    unit: str
    stock_over: tuple[str, ...]
    over: tuple[str, ...]
    inflows: tuple[str, ...]
    outflows: tuple[str, ...]


@cache
def load_balances() -> tuple[Balance, ...]:
    """The declared balances, from ``data/balances.toml``."""
    path = Path(str(files("transition_model") / "data" / "balances.toml"))
    return tuple(
        Balance(
            name=name,
            stock=entry["stock"],
            unit=entry["unit"],
            stock_over=tuple(entry["stock_over"]),
            over=tuple(entry["over"]),
            inflows=tuple(entry["inflows"]),
            outflows=tuple(entry["outflows"]),
        )
        for name, entry in read_toml(path).items()
        if isinstance(entry, dict)
    )


def check_seam(
    month: Month,
    balances: tuple[Balance, ...],
    before: Mapping[str, Array],
    after: Mapping[str, Array],
    flows: Mapping[str, Array],
) -> None:
    """Compare the change of every balanced stock with the ledger.

    Parameters
    ----------
    month
        The month.
    balances
        What to compare.
    before, after
        Stocks at the month's opening and end.
    flows
        The ledger of the month.

    Raises
    ------
    BreachError
        Naming month, quantity and both sides.
    """
    for balance in balances:
        opening = _kept(before[balance.stock], balance.stock_over, balance.over)
        closing = _kept(after[balance.stock], balance.stock_over, balance.over)
        gain = _sum_of(balance.inflows, balance.over, flows)
        loss = _sum_of(balance.outflows, balance.over, flows)
        change, expected = np.asarray(closing - opening), np.asarray(gain - loss)
        size = np.maximum(np.abs(opening) + gain + loss, 1.0)
        # Written so that what is no number counts as off.
        off = ~(np.abs(change - expected) <= TOLERANCE * size)
        if np.any(off):
            excess = np.nan_to_num(np.abs(change - expected) / size, nan=np.inf)
            worst = np.unravel_index(int(np.argmax(excess)), change.shape)
            quantity = f"change of {balance.stock}{_place(balance.over, worst)}"
            raise BreachError(
                str(month), quantity, float(change[worst]), float(expected[worst]), balance.unit
            )
        lowest = float(after[balance.stock].min())
        if not lowest >= -TOLERANCE * float(np.max(size)):
            raise BreachError(
                str(month), f"{balance.stock} is not negative", lowest, 0.0, balance.unit
            )


@dataclass(frozen=True, slots=True)
class Seam:
    """The declared balances over vectors: says quickly that all hold.

    Attributes
    ----------
    balances
        What to compare.
    layout
        Of the vectors of stocks.
    kept, inflows, outflows
        Sums for every number that a balance is kept for: of the stock, and of the ledger.
    """

    balances: tuple[Balance, ...]
    layout: Layout
    kept: Sums
    inflows: Sums
    outflows: Sums
    _off: _Signed = field(init=False)
    _size: _Signed = field(init=False)

    def __post_init__(self) -> None:
        # All that is compared lies in one vector: stocks before, stocks after, the ledger.
        after, flows = self.layout.size, 2 * self.layout.size
        before = (self.kept, 0)
        gain, loss = (self.inflows, flows), (self.outflows, flows)
        off = ((1.0, (self.kept, after)), (-1.0, before), (-1.0, gain), (1.0, loss))
        size = ((1.0, before), (1.0, gain), (1.0, loss))
        object.__setattr__(self, "_off", _Signed.of(off))
        object.__setattr__(self, "_size", _Signed.of(size))

    @classmethod
    def of(cls, balances: tuple[Balance, ...], layout: Layout) -> Self:
        """The balances of stocks that lie in a vector."""
        kept, inflows, outflows = list[Places](), list[Places](), list[Places]()
        for balance in balances:
            places = layout.places(balance.stock)
            kept += _groups(places, balance.stock_over, balance.over)
            for names, groups in ((balance.inflows, inflows), (balance.outflows, outflows)):
                flows = [
                    _groups(ledger_layout().places(name), ledger_entries()[name].over, balance.over)
                    for name in names
                ]
                cells = math.prod(len(dimension(name)) for name in balance.over)
                groups += [
                    np.concatenate([np.empty(0, dtype=np.intp), *(flow[cell] for flow in flows)])
                    for cell in range(cells)
                ]
        return cls(balances, layout, Sums.of(kept), Sums.of(inflows), Sums.of(outflows))

    def check(self, month: Month, before: Array, after: Array, flows: Array) -> None:
        """Compare the change of every balanced stock with the ledger, as :func:`check_seam` does.

        Parameters
        ----------
        month
            The month.
        before, after
            Vectors of stocks at the month's opening and end.
        flows
            Numbers of the month's ledger.

        Raises
        ------
        BreachError
            Naming month, quantity and both sides.
        """
        crossed = np.concatenate((before, after, flows))
        allowed = TOLERANCE * np.maximum(self._size(crossed), 1.0)
        # How far below zero rounding may take a stock depends on its balance, and is never less.
        if not (
            _ALL(np.abs(self._off(crossed)) <= allowed)
            and _LEAST(after.take(self.kept.members)) >= -TOLERANCE
        ):
            check_seam(
                month,
                self.balances,
                self.layout.views(before),
                self.layout.views(after),
                ledger_layout().views(flows),
            )


@dataclass(frozen=True, slots=True)
class _Signed:
    """Sums over groups of a vector's numbers, some of them taken off; no group is empty."""

    members: Places
    sign: Array
    first: Places

    @classmethod
    def of(cls, parts: tuple[tuple[float, tuple[Sums, int]], ...]) -> Self:
        """Sums of like groups: a sign each, and where the vector begins that they add up."""
        group = np.concatenate([sums.group for _, (sums, _) in parts])
        order = np.argsort(group, kind="stable")
        members = np.concatenate([sums.members + first for _, (sums, first) in parts])
        sign = np.concatenate([np.full(len(sums.members), sign) for sign, (sums, _) in parts])
        first = np.searchsorted(group[order], np.arange(parts[0][1][0].groups))
        return cls(members[order], sign[order], first)

    def __call__(self, numbers: Array) -> Array:
        """Sum of each group, shape (groups,)."""
        return np.add.reduceat(numbers.take(self.members) * self.sign, self.first)


def _groups(places: Places, dimensions: tuple[str, ...], over: tuple[str, ...]) -> list[Places]:
    """Places that make up each number of a balance kept over some of a quantity's dimensions."""
    first = [dimensions.index(name) for name in over]
    others = [axis for axis in range(places.ndim) if axis not in first]
    ordered = np.transpose(places, [*first, *others])
    cells = math.prod(places.shape[axis] for axis in first)
    return list(ordered.reshape(cells, -1))


def check_spending(month: Month, spent: Array, paid: Array, levers: Mapping[str, float]) -> None:
    """Refuse trade-in spending beyond what is left of the year's money.

    Parameters
    ----------
    month
        The month.
    spent
        Yuan since January before this month, by subsidy programme.
    paid
        Yuan of this month, by subsidy programme.
    levers
        Values of the month.

    Raises
    ------
    BreachError
        If more is paid than is left.
    """
    places = _programmes(TRADE_IN_PROGRAMMES)
    budget, claimed = trade_in_budget(levers), float(sum(paid.take(places).tolist()))
    left = max(budget - float(sum(spent.take(places).tolist())), 0.0)
    if claimed > left + TOLERANCE * budget:
        raise BreachError(
            str(month), "trade-in money paid within what is left", claimed, left, "yuan"
        )


def check_fleet_ages(
    month: Month, counted: Array, opening: Mapping[str, Array], flows: Mapping[str, Array]
) -> None:
    """Refuse public-service fleets whose ages differ from what the operators count.

    Parameters
    ----------
    month
        The month.
    counted
        Vehicles that the operators have after the month's flows, shape (classes, ages).
    opening
        ``transit_vehicles`` and ``transit_vehicles_by_age`` at the month's opening.
    flows
        The ledger of the month.

    Raises
    ------
    BreachError
        Naming class and age, or the class whose sums over fuels and ages differ.
    """
    over = ("transit_class", "transit_age")
    ages = opening["transit_vehicles_by_age"]
    after = ages - flows["transit_retirements_by_age_per_month"]
    after[:, 0] += flows["transit_registrations_per_month"].sum(axis=1)
    _require_equal(month, "counted transit_vehicles", over, counted, after)
    by_fuel = opening["transit_vehicles"].sum(axis=1)
    _require_equal(month, "transit_vehicles of all ages", over[:1], ages.sum(axis=1), by_fuel)


def _require_equal(
    month: Month, quantity: str, over: tuple[str, ...], left: Array, right: Array
) -> None:
    """Refuse counts of vehicles that differ by more than rounding."""
    off = np.abs(left - right)
    # Written so that what is no number counts as off.
    if not np.all(off <= TOLERANCE * np.maximum(np.abs(right), 1.0)):
        worst = np.unravel_index(int(np.argmax(np.nan_to_num(off, nan=np.inf))), off.shape)
        place = f"{quantity}{_place(over, worst)}"
        raise BreachError(str(month), place, float(left[worst]), float(right[worst]), "vehicle")


def check_received(month: Month, received: Mapping[str, float], paid: Array) -> None:
    """Refuse payments that are booked and not received, or received and not booked.

    Parameters
    ----------
    month
        The month.
    received
        Yuan of this month, summed over households, by subsidy programme.
    paid
        Yuan of this month in the ledger, by subsidy programme.

    Raises
    ------
    BreachError
        Naming the programme.
    """
    all_booked = paid.take(_programmes(tuple(received))).tolist()
    for (programme, yuan), booked in zip(received.items(), all_booked, strict=True):
        if not abs(yuan - booked) <= max(TOLERANCE * booked, FEN):
            raise BreachError(
                str(month), f"{programme}: received by households and booked", yuan, booked, "yuan"
            )


@cache
def _programmes(names: tuple[str, ...]) -> Places:
    """Places of subsidy programmes."""
    return np.array([dimension("subsidy_programme").index(name) for name in names], dtype=np.intp)


def check_pots(month: Month, pots: Mapping[str, tuple[float, float]]) -> None:
    """Refuse payments under a rule beyond the money that the law has released for it.

    Parameters
    ----------
    month
        The month.
    pots
        Yuan released and yuan paid since the beginning, of versions with a budget, by rule.

    Raises
    ------
    BreachError
        Naming the rule.
    """
    for rule, (released, paid) in pots.items():
        if not paid <= released * (1.0 + TOLERANCE):
            raise BreachError(
                str(month), f"{rule}: paid within what was released", paid, released, "yuan"
            )


def _kept(values: Array, dimensions: tuple[str, ...], over: tuple[str, ...]) -> Array:
    axes = tuple(axis for axis, name in enumerate(dimensions) if name not in over)
    return np.asarray(values.sum(axis=axes))


def _sum_of(names: tuple[str, ...], over: tuple[str, ...], flows: Mapping[str, Array]) -> Array:
    total = np.zeros(tuple(len(dimension(name)) for name in over))
    for name in names:
        total = total + _kept(flows[name], ledger_entries()[name].over, over)
    return total


def _place(over: tuple[str, ...], index: tuple[np.intp, ...]) -> str:
    members = [dimension(name).members[int(i)] for name, i in zip(over, index, strict=True)]
    return f"[{', '.join(members)}]" if members else ""
