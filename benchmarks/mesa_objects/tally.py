"""The month as households find it, and where they add up what they do."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from itertools import accumulate
from math import inf
from types import SimpleNamespace
from typing import NamedTuple


class Idea(NamedTuple):
    """What there will be for purchases.

    Offers for ``cars`` and for ``appliances``, the multiple of amounts for other ``goods``, and the
    share of the money with which households reckon.
    """

    cars: SimpleNamespace
    appliances: SimpleNamespace
    goods: float
    reckoned: float


type Parts = dict[str, list[tuple[str, tuple[float, ...]]]]
"""Which idea held for what shares of the month, by what is bought."""


def _table(rows: int, columns: int) -> list[list[float]]:
    return [[0.0] * columns for _ in range(rows)]


class Tally:
    """Sums over the households of a month, in the units of the ledger."""

    def __init__(
        self, powertrains: int, ages: int, kinds: int, grades: int, programmes: int
    ) -> None:
        self.cars, self.scrapped = _table(powertrains, ages), _table(powertrains, ages)
        self.appliances, self.discarded = _table(kinds, grades), _table(kinds, grades)
        self.appliances_bought = _table(kinds, grades)
        self.carless = self.first_plugs = self.wearing_out = self.used_demand = 0.0
        self.bought, self.worn_out_choice = [0.0] * powertrains, [0.0] * powertrains
        self.sellers: list[tuple[float, int, int]] = []
        self.electricity = self.electricity_at_peak = self.electricity_now = 0.0
        self.gas = self.gas_now = self.water = self.water_now = 0.0
        self.owners = self.central = self.green = self.distance_change = 0.0
        self.least_central = inf
        self.urban = self.food = self.recyclables = self.waste_fees = 0.0
        self.spent: dict[str, float] = defaultdict(float)
        self.received = [0.0] * programmes


class Month:
    """What is the same for all households in a month; :mod:`.population` fills it in.

    Attributes are terms of law, levers and parameters by topic (``home``, ``travel``, ``waste``,
    ``car_terms``, ``appliance_terms``, ``goods_terms``), offers (``ideas``), draws by purpose, and
    in the course of the month what the census, the offices and the market have found.
    """

    home: SimpleNamespace
    travel: SimpleNamespace
    waste: SimpleNamespace
    car_terms: SimpleNamespace
    appliance_terms: SimpleNamespace
    goods_terms: list[SimpleNamespace]
    ideas: dict[str, Idea]
    closed: Idea | None = None
    closes: bool = False
    parts: Parts
    draws: dict[str, list[float]]
    grade_draws: list[list[float]]
    income_index: float
    counts_anew: bool
    car_factor: list[list[float]]
    carless_factor: float
    appliance_factor: list[list[float]]
    bought_factor: list[float]

    def __init__(
        self,
        index: int,
        reference_income: float,
        ages: int,
        programmes: tuple[str, ...],
        tally: Tally,
    ) -> None:
        self.index, self.year, self.ages = index, index // 12, ages
        self.reference_income, self.tally = reference_income, tally
        self.countryside = programmes.index("countryside_cars")
        self.loans = programmes.index("consumer_loan_interest")
        self.tax_relief = programmes.index("tax_relief")
        self.paid: list[tuple[int, list[float]]] = []
        self._supply: list[float] = []

    def paid_to(self, row: int) -> Iterator[tuple[int, float]]:
        """Programmes, and yuan paid under each to a household."""
        return ((place, rows[row]) for place, rows in self.paid)

    def open_used_market(self) -> None:
        """Line up the cars that are sold on."""
        self._supply = list(accumulate(cars for cars, _, _ in self.tally.sellers))

    @property
    def used_supply(self) -> float:
        """Cars that are sold on."""
        return self._supply[-1] if self._supply else 0.0

    def used_car(self, draw: float) -> tuple[int, int]:
        """Powertrain and registration of the car that a draw falls on."""
        place = min(bisect_right(self._supply, draw * self.used_supply), len(self._supply) - 1)
        _, car, registered = self.tally.sellers[place]
        return car, registered
