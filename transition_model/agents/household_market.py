"""The households' car market with kernels: what they are given, and the arrays that they fill."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.appliance_market import income_classes
from transition_model.agents.household_offers import (
    VEHICLE_CONSTANTS,
    ends_of_offers,
    trade_in_offer,
)
from transition_model.agents.money_by_group import MoneyByGroup
from transition_model.agents.peers import links_of
from transition_model.agents.row_blocks import KEPT_ROWS, in_parts
from transition_model.agents.situation import Situation
from transition_model.behaviour import replacement, vehicle_choice
from transition_model.calendar import MONTHS_PER_YEAR
from transition_model.dimensions import dimension, shape
from transition_model.kernels import household_cars as kernels
from transition_model.kernels.household_cars import (
    CarColumns,
    CarConstants,
    CarMonth,
    CarTerms,
    CarWork,
)
from transition_model.month_terms import WatchedReading, remembered
from transition_model.parameters import ParameterValues
from transition_model.policy.trade_in import HOUSEHOLD_PROGRAMMES, TradeInOffer
from transition_model.random_streams import month_key

type Array = NDArray[np.float64]
type Columns = Mapping[str, NDArray[Any]]

CHOICES = ("familiarity_logit", "plain_logit", "bass")
"""Submodels of car choice, in the order in which kernels count them."""

PAID_BY_ROWS = (
    "car_scrappage",
    "car_replacement",
    "countryside_cars",
    "consumer_loan_interest",
    "tax_relief",
)
"""Programmes that the kernel pays, in its order."""

type _Arguments = tuple[
    kernels.Fields, kernels.Fields, kernels.Fields, kernels.Fields, kernels.Fields
]

OFFERED, WITHOUT_MONEY, CLOSED, MIXED = range(3 + 1)
"""Ideas of money, and what they are mixed into."""

_OFFER = np.array([OFFERED])
_ALL_MONTH = np.ones((2, 1))
"""What holds in a month in which money is there all the time."""

_STRETCHES = 100
"""At most so many stretches of rows of which it is added up by itself what groups receive."""

_YEARS_AHEAD = 12
"""Years by which the table of hazards reaches beyond the oldest car when it is made."""


class MarketTerms(NamedTuple):
    """What law and levers offer in a month: as read by everybody, and as the kernel reads it."""

    offer: TradeInOffer
    cars: CarTerms


class Paths(NamedTuple):
    """Paths of the month: income and car market against 2020, range of a battery electric car."""

    income: float
    market: float
    range_km: float


@remembered
def market_terms(reading: WatchedReading) -> MarketTerms:
    """The offer of the month and the announced ends."""
    offer, ends = trade_in_offer(reading), ends_of_offers(reading)
    amounts = np.zeros((kernels.AMOUNTS, 3))
    for row, yuan in (
        (kernels.SCRAPPAGE, offer.scrappage),
        (kernels.REPLACEMENT, offer.replacement),
        (kernels.SCRAPPAGE_PAUSED, offer.scrappage_paused),
        (kernels.REPLACEMENT_PAUSED, offer.replacement_paused),
        (kernels.TAX, offer.tax),
        (kernels.TAX_RELIEF, offer.tax_relief),
        (kernels.COUNTRYSIDE, offer.countryside),
        (kernels.LOAN, offer.loan),
        (
            kernels.PRICE,
            reading.parameters.array("car_price", reading.month) * kernels.YUAN_PER_PRICE_UNIT,
        ),
        (kernels.SCRAPPAGE_END, ends.scrappage.amount),
        (kernels.REPLACEMENT_END, ends.replacement.amount),
        (kernels.TAX_END, ends.tax.amount),
    ):
        amounts[row] = yuan
    cars = CarTerms(
        amounts=amounts,
        registered_by=offer.registered_by.astype(np.int64),
        new_for_old=offer.new_for_old.astype(np.float64),
        months_left=np.array(
            [ends.scrappage.months_left, ends.replacement.months_left, ends.tax.months_left],
            dtype=np.float64,
        ),
        owned_by_scrappage=int(offer.owned_by_scrappage),
        owned_by_replacement=int(offer.owned_by_replacement),
        engine_bounded=bool(np.isfinite(offer.engine_litres)),
    )
    return MarketTerms(offer, cars)


@remembered
def paths_of_month(reading: WatchedReading) -> Paths:
    """Paths that move the car market."""
    parameters, month = reading.parameters, reading.month
    return Paths(
        parameters.scalar("income_index", month),
        parameters.scalar("car_market_index", month),
        float(parameters.array("car_range", month)[-1]),
    )


def constants_of(parameters: ParameterValues, choice: str, months: int) -> CarConstants:
    """What stays the same over a run.

    Parameters
    ----------
    parameters
        Declared values.
    choice
        Submodel of car choice.
    months
        Age up to which hazards are tabulated.
    """
    value = parameters.scalar
    age = np.arange(months) / MONTHS_PER_YEAR
    natural = replacement.weibull_hazard_per_month(
        age, value("car_survival_scale"), value("car_survival_shape")
    )
    sold_on = np.where(
        age >= value("transfer_minimum_age"), value("transfer_hazard") / MONTHS_PER_YEAR, 0.0
    )
    annuity = vehicle_choice.annuity_years(
        value("running_cost_discount"), value("running_cost_horizon")
    )
    return CarConstants(
        natural=np.append(natural, 0.0),
        market_rate=np.append(sold_on, value("first_purchase_hazard") / MONTHS_PER_YEAR),
        choice=CHOICES.index(choice),
        running_cost=annuity * parameters.array("car_running_cost"),
        constant=parameters.array(VEHICLE_CONSTANTS[choice]),
        price_coefficient=value("price_coefficient"),
        price_elasticity=value("price_income_elasticity"),
        transfer_elasticity=value("transfer_income_elasticity"),
        first_elasticity=value("first_purchase_income_elasticity"),
        first_ceiling=value("first_purchase_ceiling"),
        range_weight=value("range_weight"),
        reference_range=value("reference_range"),
        home_charging_weight=value("home_charging_weight"),
        public_charging_weight=value("public_charging_weight"),
        reference_points=value("reference_points"),
        peer_weight=value("peer_weight"),
        attitude_weight=value("attitude_weight"),
        scrappage_response=value("scrappage_response"),
        transfer_response=value("transfer_response"),
        first_response=value("first_purchase_response"),
        additional_share=value("additional_replacement_share"),
        hurry=value("announced_end_response"),
        foresight=value("subsidy_foresight"),
        lead=value("car_replacement_lead"),
        replacement_share=value("replacement_share"),
        charger_share=value("private_charger_share"),
        claim_share=value("car_claim_share"),
        small_engine_share=value("small_engine_share"),
        pause_expectation=value("pause_expectation"),
        countryside_share=value("countryside_catalogue_share"),
        loan_share=value("car_loan_share"),
        marketing=value("familiarity_marketing"),
        word_of_mouth=value("familiarity_word_of_mouth"),
        forgetting=value("familiarity_forgetting"),
        innovation=value("bass_innovation") / MONTHS_PER_YEAR,
        imitation=value("bass_imitation") / MONTHS_PER_YEAR,
    )


@dataclass(slots=True)
class CarMarket:
    """The car market of a run.

    Attributes
    ----------
    columns, work, constants
        What kernels read and write.
    money, places, subsidies
        Yuan received by programme and group; places of :data:`PAID_BY_ROWS` among programmes; yuan
        received in all, shape (n,).
    parameters, choice
        Whose constants they are.
    terms, month, stock, adopted, threads
        Of the month that is open.
    received
        Yuan that rows received in the month, by programme of :data:`PAID_BY_ROWS`, and what is
        booked of them, shape (2, 5).
    incomes
        Of the classes of income, yuan a year, shape (classes,).
    held, shares
        Ideas of money that hold in the month, and for which part of it, as to scrapping and to
        selling on; shapes (k,) and (2, k).
    """

    columns: CarColumns
    work: CarWork
    constants: CarConstants
    money: MoneyByGroup
    places: NDArray[np.int64]
    subsidies: Array
    parameters: ParameterValues
    choice: str
    reference_income: float
    terms: CarTerms
    month: CarMonth
    stock: Array = field(default_factory=lambda: np.zeros((0, 0)))
    adopted: float = 0.0
    threads: int = 1
    received: Array = field(default_factory=lambda: np.zeros((2, len(PAID_BY_ROWS))))
    incomes: Array = field(default_factory=lambda: np.zeros(0))
    held: NDArray[np.int64] = field(default_factory=lambda: _OFFER)
    shares: Array = field(default_factory=lambda: _ALL_MONTH)

    @classmethod
    def of(
        cls, columns: Columns, situation: Situation, reference_income: float, room: NDArray[Any]
    ) -> Self:
        """The market of a population in its first month, which uses ``room``; shapes (n, ...)."""
        rows, cells = len(columns["car"]), shape(("powertrain", "car_age"))
        parameters, choice = situation.parameters, situation.structures["car_choice"]
        constants = constants_of(parameters, choice, 1)
        blocks, groups = -(-rows // kernels.BLOCK), -(-rows // kernels.GROUP)
        powertrains, size = cells[0], int(np.prod(cells))
        in_class, incomes = income_classes(columns)
        kept = rows if rows <= KEPT_ROWS else 0
        money: MoneyByGroup = columns["money_received"]  # type: ignore[assignment]
        work = CarWork(
            powers=np.empty((3, len(incomes))),
            kind=np.empty(rows, dtype=np.uint8),
            cell=np.empty(rows, dtype=np.uint8),
            peers_seen=np.zeros((2, rows), dtype=np.uint8),
            decided=np.empty((MIXED, kernels.DECIDED, kept)),
            moved=room.view(np.float32)[:rows],
            factor=np.zeros(size + 1),
            empty=np.zeros(size),
            entitled=np.zeros((MIXED, kernels.KINDS, powertrains)),
            rates=np.zeros((MIXED, kernels.RATES, powertrains)),
            flags=np.zeros((MIXED, 3), dtype=np.bool_),
            sums=np.zeros((MIXED + 1, kernels.CELLS + size)),
            partial=np.zeros((blocks, kernels.CELLS + size + 2)),
            received=np.zeros((blocks, len(PAID_BY_ROWS))),
            sought=np.zeros(blocks),
            by_group=np.zeros((min(blocks, _STRETCHES), len(PAID_BY_ROWS), *money.sizes)),
            sold_on=np.empty(groups),
        )
        own = CarColumns(
            columns["car"],
            columns["registered"],
            columns["car_owned_since"],
            columns["readiness"],
            money.groups.strata,
            columns["home_charging"],
            columns["attitude"],
            columns["familiarity"],
            _adoption(columns, choice),
            in_class,
            *links_of(columns["peers"]),
            money.groups.income_group,
        )
        places = [HOUSEHOLD_PROGRAMMES.index(name) for name in PAID_BY_ROWS]
        terms = market_terms(situation).cars
        market = cls(
            columns=own,
            work=work,
            constants=constants,
            money=money,
            places=np.array(places),
            subsidies=columns["subsidy_received"],
            parameters=parameters,
            choice=choice,
            reference_income=reference_income,
            terms=terms,
            month=CarMonth(0, 1.0, 1.0, 1.0, 1.0),
        )
        market.incomes = incomes
        market._read_constants(situation, 1)
        return market

    def _read_constants(self, situation: Situation, oldest: int) -> None:
        self.parameters, self.choice = situation.parameters, situation.structures["car_choice"]
        # Cars of any class may stand in a cell of which the sample has none.
        classes = len(self.work.empty) // len(dimension("powertrain"))
        months = max(oldest, classes * MONTHS_PER_YEAR) + _YEARS_AHEAD * MONTHS_PER_YEAR
        self.constants = constants_of(self.parameters, self.choice, months)
        constants = self.constants
        exponents = np.array(
            [
                constants.price_elasticity,
                constants.first_elasticity,
                constants.transfer_elasticity,
            ]
        )
        kernels.powers(self.incomes, self.reference_income, exponents, self.work.powers)

    def begin(self, columns: Columns, situation: Situation, terms: CarTerms) -> None:
        """Scale the sample to the stock, look at the peers, and decide on what is offered."""
        if (
            self.parameters is not situation.parameters
            or self.choice != situation.structures["car_choice"]
        ):
            self._read_constants(situation, 1)
            self.columns = self.columns._replace(adoption=_adoption(columns, self.choice))
        paths = paths_of_month(situation)
        self.terms = terms
        self.month = CarMonth(
            situation.month.index,
            paths.income,
            paths.market,
            paths.range_km,
            float(situation.stocks["public_charging_points_per_new_energy_car"]),
        )
        self.held, self.shares = _OFFER, _ALL_MONTH
        self.threads = situation.threads
        oldest, self.adopted = self._begin(situation)
        if oldest >= len(self.constants.natural) - 1:
            self._read_constants(situation, oldest)
            self._begin(situation)

    def _begin(self, situation: Situation) -> tuple[int, float]:
        self.stock = situation.stocks["private_cars"]
        if self.threads == 1:
            return self._take(kernels.OPEN, kernels.TOTAL, OFFERED, 1.0)
        found = self._in_parts(
            lambda *blocks: self._take(kernels.OPEN, kernels.OPEN, OFFERED, 1.0, blocks)
        )
        oldest = max(of_part for of_part, _ in found)
        _, adopted = self._take(kernels.SCALE, kernels.SCALE, OFFERED, 1.0)
        if oldest < len(self.constants.natural) - 1:
            self.decide(OFFERED, 1.0)
        return oldest, adopted

    def decide(self, idea: int, reckoned: float) -> None:
        """Decide under an idea of money, of which buyers reckon with a share."""
        if self.threads == 1:
            self._take(kernels.RATE, kernels.TOTAL, idea, reckoned)
            return
        self._take(kernels.RATE, kernels.RATE, idea, reckoned)
        self._in_parts(
            lambda *blocks: self._take(kernels.DECIDE, kernels.DECIDE, idea, reckoned, blocks)
        )
        self._take(kernels.TOTAL, kernels.TOTAL, idea, reckoned)

    def _take(
        self,
        since: int,
        until: int,
        idea: int,
        reckoned: float,
        blocks: tuple[int, int] | None = None,
    ) -> tuple[int, float]:
        """Take some steps of :func:`.kernels.decide_market`, for all blocks or some."""
        first, last = blocks or (0, len(self.work.partial))
        return kernels.decide_market(
            *self._arguments(), self.stock, idea, float(reckoned), idea == CLOSED, self.held,
            self.shares, since, until, first, last,
        )  # fmt: skip

    def _in_parts[T](self, task: Callable[[int, int], T]) -> list[T]:
        return in_parts(task, len(self.work.partial), self.threads)

    def sum_of(self, place: int, idea: int = OFFERED) -> float:
        """A sum of the kernel under an idea of money."""
        return float(self.work.sums[idea, place])

    def claims(self, way: int, kind: int, idea: int = OFFERED) -> Array:
        """Yuan claimed by each group; see :func:`.kernels.claims_of_groups`."""
        found = np.zeros(self.money.sizes)
        kernels.claims_of_groups(
            *self._arguments(), idea, way, kind, 1.0, found, np.empty((0, 0, 0, 0))
        )
        return found

    def subsidised_cars(self, way: int, parts: tuple[tuple[int, float], ...]) -> Array:
        """Subsidised cars of each group by powertrain, shape (3, groups...).

        ``parts`` are ideas of money, each with the share of the month for which it holds.
        """
        cars = np.zeros((3, *self.money.sizes))
        for idea, share in parts:
            kernels.claims_of_groups(
                *self._arguments(), idea, way, kernels.COUNT_ON, float(share), np.empty((0, 0, 0)),
                cars,
            )  # fmt: skip
        return cars

    def mix(self, parts: list[tuple[int, tuple[float, ...]]]) -> int:
        """Mix decisions that hold for parts of the month, and say where their sums are."""
        self.held = np.array([idea for idea, _ in parts], dtype=np.int64)
        self.shares = np.array([[shares[way] for _, shares in parts] for way in range(2)])
        if len(parts) == 1:
            return parts[0][0]
        self._take(kernels.MIX, kernels.MIX, MIXED, 1.0)
        return MIXED

    def _arguments(self) -> _Arguments:
        """What most kernels begin with."""
        return (
            tuple(self.columns), tuple(self.work), tuple(self.constants), tuple(self.terms),
            tuple(self.month),
        )  # fmt: skip

    def finish(self, situation: Situation, idea: int, served: Sequence[float]) -> None:
        """Write flows, pay rows, and remember; ``received`` says what is to be booked.

        Parameters
        ----------
        situation
            The month.
        idea
            What holds, of :meth:`mix`.
        served
            Share of claims for scrapping and for selling on that rows are paid at once.
        """
        ledger, bought = situation.ledger, np.empty(3)
        keys = _keys(situation.seed, self.month.month)
        orders = self._close(
            idea, np.array(served), keys, bought, ledger.flow("private_car_scrappage_per_month")
        )
        ledger.flow("private_car_purchases_per_month")[:] += bought
        ledger.flow("private_charging_point_orders_per_month")[...] += orders

    def _close(
        self, idea: int, served: Array, keys: NDArray[np.uint64], bought: Array, scrapped: Array
    ) -> float:
        """See :func:`.kernels.close_market`; the same in parts if threads share the rows."""
        factor, changes = np.empty(3), np.empty((2 * kernels.CHUNK, 2 + 2), dtype=np.int32)
        close = partial(
            kernels.close_market,
            *self._arguments(), idea, self.held, self.shares, served, self.adopted, keys,
            self.money.totals, self.places, self.subsidies, self.received, bought, scrapped, factor,
        )  # fmt: skip
        blocks = len(self.work.partial)
        if self.threads == 1:
            return close(changes, 0, kernels.COUNT, kernels.CHANGE, 0, blocks)[0]
        orders, _, _ = close(changes, 0, kernels.COUNT, kernels.COUNT, 0, 0)
        # A part is made of whole stretches of blocks: money is added up by them.
        length = kernels.blocks_in_stretch(blocks, len(self.work.by_group))
        found = in_parts(
            lambda first, last: close(
                np.empty_like(changes), 0, kernels.PAY, kernels.PAY,
                first * length, min(last * length, blocks),
            ),
            -(-blocks // length),
            self.threads,
        )  # fmt: skip
        found.append(close(changes, 0, kernels.BUY_USED, kernels.BUY_USED, 0, 0))
        for _, of_part, count in found:
            close(of_part, count, kernels.CHANGE, kernels.CHANGE, 0, 0)
        return orders


def _adoption(columns: Columns, choice: str) -> Array:
    """Adoption under Bass diffusion; without it, it stays the same and nothing depends on it."""
    column: Any = columns["new_energy_adoption"]
    adoption: Array = column.store() if choice == "bass" else column.kept()
    return adoption


@lru_cache(maxsize=1_000)
def _keys(seed: int, month: int) -> NDArray[np.uint64]:
    """Keys of the month's draws, shape (5,)."""
    purposes = ("leave", "buy", "powertrain", "used", "used_car")
    return np.array([month_key(seed, f"car: {purpose}", month) for purpose in purposes])
