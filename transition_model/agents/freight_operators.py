"""Owners of trucks: a sample of fleets, each with trucks by powertrain and age as expected numbers.

Every month trucks wear out; owners of old diesel trucks weigh what scrapping brings, in money and
in losses by access bans that end, against what the truck is still worth; and what is bought follows
the national market's mix, moved by what differs for the owner: its distances, the city's money,
places to charge and stations for hydrogen.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.columns import Column, ColumnarAgentSet, RowAgent
from transition_model.agents.freight_terms import (
    ages,
    axle_shares,
    freight_constants,
    freight_terms,
    places_in_ledger,
)
from transition_model.agents.situation import Situation
from transition_model.agents.station_developers import sales_of_a_station, station_terms
from transition_model.behaviour import hydrogen_stations, truck_choice, truck_replacement
from transition_model.behaviour.discounting import present_value_factor
from transition_model.calendar import MONTHS_PER_YEAR, Month
from transition_model.compilation import Fields
from transition_model.dimensions import dimension
from transition_model.kernels import freight_operators as kernels
from transition_model.kernels.records import Records
from transition_model.parameters import ParameterValues, place_on_path
from transition_model.policy.pots import Pots, lasting_share
from transition_model.policy.trucks import TruckTerms, truck_terms_of_month
from transition_model.random_streams import normal, uniform

type Array = NDArray[np.float64]

FIRST_MONTH = Month.parse("2020-01")
"""The month that the fleets are made for."""

_KM_OF_CONSUMPTION = 100.0


class FreightOperator(RowAgent):
    """An owner of trucks: a view of one row of :class:`FreightOperators`."""


class FreightOperators(ColumnarAgentSet[FreightOperator]):
    """A sample of the owners of trucks, class by class.

    Columns
    -------
    truck_class
        Number in the dimension ``truck_class``.
    weight
        Share of the trucks of its class that the owner stands for at the beginning.
    operating
        Whether the trucks are in commercial operation.
    central_share, inner_share
        Shares of working time within the central urban area outside the inner ring, and inside it.
    daily_distance
        Median distance of a working day, km.
    trucks
        Trucks in use, expected numbers, shape (owners, ages, powertrains); age is calendar year
        less year of registration.
    bought
        New trucks of the month before, shape (owners, powertrains).
    subsidy_received
        Public money received since 2020, yuan.
    """

    pots: Pots
    """Money that the rules have paid so far."""

    _given: tuple[ParameterValues, Fields, Records] | None = None

    @classmethod
    def build(cls, model: Any, parameters: ParameterValues, seed: int, first_id: int) -> Self:
        """Make the owners, with the trucks of the beginning of 2020."""
        owners = cls(FreightOperator, model, _opening_columns(parameters, seed), first_id)
        owners.pots = Pots()
        return owners

    def fleet(self) -> Array:
        """Trucks in use by age, class and powertrain, shape (16, 3, 4)."""
        return self._by_class(self.trucks)

    def decide(self, situation: Situation) -> None:
        """Scrap trucks, buy new ones, and claim what the rules give."""
        if situation.kernels == "compiled":
            self._decide_compiled(situation)
        else:
            self._decide_with_numpy(situation)

    # -- compiled ----------------------------------------------------------------------------
    def _decide_compiled(self, situation: Situation) -> None:
        month, stocks = situation.month, situation.stocks
        if self._given is None or self._given[0] is not situation.parameters:
            named = tuple(self.columns[name] for name in kernels.Owners._fields)
            self._given = situation.parameters, named, freight_constants(situation.parameters)
        _, columns, constants = self._given
        if month.month == 1 and month > FIRST_MONTH:
            owners = kernels.Owners(*columns)
            kernels.grow_older(owners.truck_class, owners.trucks, owners.bought, stocks["trucks"])
        terms, pots = freight_terms(situation)
        kernels.decide(
            columns,
            constants,
            terms,
            pots,
            place_on_path(month),
            float(stocks["public_charging_points_per_new_energy_car"]),
            float(stocks["hydrogen_stations"]),
            float(stocks["truck_hydrogen_use_per_month"]),
            self.pots.of(situation.law["non_operating_truck_scrapping"]),
            situation.ledger.numbers,
            places_in_ledger(),
        )

    # -- with numpy, the reference -----------------------------------------------------------
    def _decide_with_numpy(self, situation: Situation) -> None:
        if situation.month.month == 1 and situation.month > FIRST_MONTH:
            self._grow_older(situation.stocks["trucks"])
        parameters = situation.parameters
        terms = truck_terms_of_month(
            situation.law,
            situation.month,
            parameters.scalar("truck_legal_life") - ages(),
            axle_shares(parameters),
            (
                int(parameters.scalar("truck_work_begins")),
                int(parameters.scalar("truck_work_ends")),
            ),
            int(parameters.scalar("truck_ban_foresight")),
        )
        scrapped, eligible = self._scrap(situation, terms)
        bought = self._buy(situation, terms, scrapped, eligible)
        self.columns["trucks"] -= scrapped
        self.columns["trucks"][:, 0] += bought
        self.columns["bought"][:] = bought
        situation.ledger.add("truck_scrappage_per_month", self._by_class(scrapped))
        situation.ledger.add("truck_purchases_per_month", self._by_class(bought))

    def _grow_older(self, counted: Array) -> None:
        """All trucks are a year older, but those that the stock-flow model counts for the new year.

        Purchases of the last time step of December stand at age 0 in the stock.
        """
        december = self._by_class(self.bought)
        young = np.where(december > 0.0, counted[0] / np.where(december > 0.0, december, 1.0), 0.0)
        new = self.bought * young[self.truck_class]
        trucks = self.trucks
        oldest = trucks[:, -1].copy()
        trucks[:, 1:] = trucks[:, :-1]
        trucks[:, -1] += oldest
        trucks[:, 1] -= new
        trucks[:, 0] = new

    def _scrap(self, situation: Situation, terms: TruckTerms) -> tuple[Array, Array]:
        """Trucks scrapped, (owners, ages, powertrains), and the part that earns money for it.

        The second is by old standard, (standards, owners).
        """
        parameters = situation.parameters
        worn_out = truck_replacement.worn_out_per_month(
            self.trucks.transpose(1, 0, 2),
            parameters.array("truck_life_scale")[self.truck_class],
            parameters.scalar("truck_life_shape"),
        ).transpose(1, 0, 2)
        standards = truck_choice.standard_shares(
            situation.month.year - ages(),
            parameters.scalar("truck_china_4_from"),
            parameters.scalar("truck_china_5_from"),
        )
        money = self._scrapping_money(terms)
        saved = self._losses_saved(parameters, terms)
        worth = truck_choice.worth_of_truck(
            self._of_class(parameters, "truck_price")[:, [_diesel()]],
            parameters.scalar("truck_depreciation"),
            ages(),
        )
        months = parameters.scalar("truck_scrapping_decision_time")

        def scrapped_for(paid: Array) -> Array:
            early = truck_choice.early_scrapping_hazard(paid + saved, worth, months)
            left = (self.trucks - worn_out)[:, :, _diesel()]
            gone: Array = standards[:, None, :] * (worn_out[:, :, _diesel()] + left * early)
            return gone

        diesel = claimed = scrapped_for(money)
        share = self._money_lasts(situation, terms, claimed)
        if share < 1.0:
            others = self.operating[:, None]
            without = scrapped_for(np.where(others, money, 0.0))
            diesel = np.where(others, claimed, share * claimed + (1.0 - share) * without)
        self._pay_for_scrapping(situation, terms, claimed, share)
        scrapped = worn_out.copy()
        later = 1.0 - standards.sum(axis=0)
        scrapped[:, :, _diesel()] = later * worn_out[:, :, _diesel()] + diesel.sum(axis=0)
        return scrapped, np.where(self.operating, diesel.sum(axis=2), 0.0)

    def _scrapping_money(self, terms: TruckTerms) -> Array:
        """What scrapping an old diesel truck earns, yuan, shape (standards, owners, ages).

        With what a new truck of the same kind against it earns: the least that owners count on.
        """
        again = terms.replacement.min(axis=2)[:, self.truck_class, None]
        operating = terms.scrapping[:, self.truck_class] + again
        others = terms.non_operating[:, None, None]
        return np.where(self.operating[:, None], operating, others)

    def _losses_saved(self, parameters: ParameterValues, terms: TruckTerms) -> Array:
        """Losses by bans until the end of a truck's life, yuan, (standards, owners, ages)."""
        loss = truck_choice.yearly_loss_by_ban(
            terms.banned,
            self.central_share,
            self.inner_share,
            parameters.scalar("truck_ban_avoidable"),
            parameters.array("truck_earnings")[self.truck_class],
        )
        left = np.maximum(parameters.scalar("truck_legal_life") - ages(), 0.0)
        factor = present_value_factor(parameters.scalar("truck_discount_rate"), left)
        return loss[:, :, None] * factor

    def _money_lasts(self, situation: Situation, terms: TruckTerms, claimed: Array) -> float:
        """Share of the claims for trucks outside operation that the pot pays this month."""
        rule = situation.law["non_operating_truck_scrapping"]
        claims = np.where(self.operating, 0.0, claimed.sum(axis=2)) * terms.non_operating[:, None]
        left = self.pots.left(rule, situation.month, float(terms.non_operating.max()))
        share = lasting_share(float(claims.sum()), left)
        self.pots.pay(rule, situation.month, share * float(claims.sum()))
        return share

    def _pay_for_scrapping(
        self, situation: Situation, terms: TruckTerms, claimed: Array, share: float
    ) -> None:
        operating = (claimed * terms.scrapping[:, self.truck_class]).sum(axis=(0, 2))
        with_all = (claimed.sum(axis=2) * terms.non_operating[:, None]).sum(axis=0)
        self._pay(situation, np.where(self.operating, operating, 0.0))
        self._pay(situation, np.where(self.operating, 0.0, share * with_all))

    def _buy(
        self, situation: Situation, terms: TruckTerms, scrapped: Array, eligible: Array
    ) -> Array:
        """New trucks, shape (owners, powertrains), and the money that they earn."""
        parameters = situation.parameters
        growth = parameters.array("truck_fleet_growth")[self.truck_class] / MONTHS_PER_YEAR
        total = truck_replacement.purchases_per_month(
            self.trucks.transpose(1, 0, 2), scrapped.transpose(1, 0, 2), growth, np.ones((1, 1))
        )[:, 0]
        against_old = np.minimum(eligible, total) / np.where(total > 0.0, total, 1.0)
        subsidy = self._subsidy_of_new(parameters, terms, against_old)
        shares = self._powertrain_shares(situation, subsidy)
        bought = total[:, None] * shares
        self._pay(situation, (bought * subsidy).sum(axis=1))
        return bought

    def _subsidy_of_new(
        self, parameters: ParameterValues, terms: TruckTerms, against_old: Array
    ) -> Array:
        """Expected subsidy of a new truck, yuan, shape (owners, powertrains).

        Parameters
        ----------
        against_old
            Share of purchases against an eligible scrapped truck, by old standard, (2, owners).
        """
        each = np.einsum("so,sop->op", against_old, terms.replacement[:, self.truck_class])
        cold = parameters.array("truck_cold_chain_share")[self.truck_class] * terms.cold_chain
        subsidy = np.zeros((self.size, len(dimension("truck_fuel"))))
        subsidy[:, _diesel()] = each[:, 0]
        without_old = np.maximum(1.0 - against_old.sum(axis=0), 0.0)
        for fuel in ("electric", "hydrogen"):
            subsidy[:, _fuel(fuel)] = each[:, 1] + without_old * cold
        return subsidy

    def _powertrain_shares(self, situation: Situation, subsidy: Array) -> Array:
        parameters, month = situation.parameters, situation.month
        mean = self._of_class(parameters, "distance_per_truck") / parameters.scalar(
            "truck_working_days"
        )
        reach = self._of_class(parameters, "truck_daily_range")
        steepness = parameters.scalar("truck_distance_steepness")
        serves = truck_choice.share_of_days_within_range(
            self.daily_distance[:, None], reach, steepness
        ) / truck_choice.share_of_days_within_range(mean[:, None], reach, steepness)
        market = parameters.array("truck_fuel_share_of_purchases", month)[self.truck_class]
        cost = self._cost(parameters, month, self.daily_distance, self._hydrogen_price(situation))
        return truck_choice.powertrain_shares(
            market * serves * self._filling(situation),
            cost - subsidy,
            self._cost(parameters, month, mean, parameters.scalar("hydrogen_price", month)),
            parameters.scalar("truck_cost_sensitivity"),
        )

    def _filling(self, situation: Situation) -> Array:
        """Part of the market's trucks that find energy here, shape (powertrains,)."""
        parameters = situation.parameters
        points = float(situation.stocks["public_charging_points_per_new_energy_car"])
        access = min(points * parameters.scalar("vehicles_per_public_charging_point_desired"), 1.0)
        filling = np.ones(len(dimension("truck_fuel")))
        filling[_fuel("electric")] -= (1.0 - access) * parameters.scalar("truck_public_charging")
        stations = float(situation.stocks["hydrogen_stations"])
        most = stations * parameters.scalar("hydrogen_station_capacity") / MONTHS_PER_YEAR
        used = float(situation.stocks["truck_hydrogen_use_per_month"])
        filling[_fuel("hydrogen")] = min(most / used, 1.0) if used > 0.0 else float(most > 0.0)
        return filling

    def _hydrogen_price(self, situation: Situation) -> float:
        """Price at the pump, yuan/kg: subsidised stations sell up to a limit of price."""
        parameters, terms = situation.parameters, station_terms(situation)
        covered = hydrogen_stations.covered_share(
            terms.hydrogen_operating,
            terms.hydrogen_operating_limit,
            sales_of_a_station(situation),
            parameters.scalar("truck_years_reckoned"),
        )
        market = parameters.scalar("hydrogen_price", situation.month)
        limit = parameters.scalar("hydrogen_price_with_subsidy")
        return hydrogen_stations.pump_price(market, limit, covered)

    def _cost(
        self, parameters: ParameterValues, month: Month, daily: Array, hydrogen_price: float
    ) -> Array:
        """Cost of ownership without subsidy, yuan, shape (owners, powertrains).

        Parameters
        ----------
        daily
            Distance of a working day, km, shape (owners,).
        hydrogen_price
            Yuan/kg.
        """
        each_km = np.stack(
            [
                self._each_km(parameters, "diesel")
                * parameters.scalar("transit_diesel_price", month),
                self._each_km(parameters, "gas") * parameters.scalar("truck_gas_price", month),
                self._each_km(parameters, "electricity")
                * parameters.scalar("truck_electricity_price"),
                self._each_km(parameters, "hydrogen") * hydrogen_price,
            ],
            axis=1,
        ) + self._of_class(parameters, "truck_maintenance")
        distance = daily * parameters.scalar("truck_working_days")
        index = parameters.array("truck_price_index", month)
        years = parameters.scalar("truck_years_reckoned")
        factor = present_value_factor(parameters.scalar("truck_discount_rate"), years)
        price = self._of_class(parameters, "truck_price") * index
        cost: Array = truck_choice.cost_of_ownership(
            price, each_km, distance[:, None], float(factor)
        )
        return cost

    # -- small ones --------------------------------------------------------------------------
    def _each_km(self, parameters: ParameterValues, energy: str) -> Array:
        return self._of_class(parameters, f"{energy}_per_distance_of_trucks") / _KM_OF_CONSUMPTION

    def _of_class(self, parameters: ParameterValues, identifier: str) -> Array:
        values: Array = parameters.array(identifier)[self.truck_class]
        return values

    def _pay(self, situation: Situation, amount: Array) -> None:
        """Book public money by owner, yuan, shape (owners,)."""
        self.columns["subsidy_received"] += amount
        situation.ledger.add_at("subsidy_spending_per_month", "truck_renewal", float(amount.sum()))

    def _by_class(self, by_owner: Array) -> Array:
        """Sums over the owners of a class; the class stands before the powertrain."""
        first = np.flatnonzero(np.diff(self.truck_class, prepend=-1))
        sums: Array = np.add.reduceat(by_owner, first, axis=0)
        return np.moveaxis(sums, 0, -2)


def _opening_columns(parameters: ParameterValues, seed: int) -> dict[str, Column]:
    owners = np.rint(parameters.array("freight_operators")).astype(np.int64)
    truck_class = np.repeat(np.arange(len(owners)), owners)
    agents = np.arange(len(truck_class))
    weight = np.exp(
        parameters.scalar("freight_operator_size_spread")
        * normal(seed, "freight operator size", agents, 0)
    )
    weight /= np.bincount(truck_class, weight)[truck_class]
    distance = np.exp(
        parameters.scalar("truck_distance_spread") * normal(seed, "daily distance", agents, 0)
    )
    # The mean duty of a class stays that of all its trucks.
    distance /= np.bincount(truck_class, weight * distance)[truck_class]
    mean = parameters.array("distance_per_truck") / parameters.scalar("truck_working_days")
    central = parameters.array("truck_central_share")[truck_class]
    drawn = np.clip(2.0 * uniform(seed, "central share", agents, 0) * central, 0.0, 1.0)
    inner = parameters.scalar("truck_inner_ring_part")
    age_shares = np.moveaxis(parameters.array("initial_truck_age_share"), 0, -1)
    fleet = parameters.array("initial_truck_fleet")[truck_class]
    return {
        "truck_class": truck_class,
        "weight": weight,
        "operating": _operating(parameters, seed, truck_class, weight),
        "central_share": (1.0 - inner) * drawn,
        "inner_share": inner * drawn,
        "daily_distance": distance * mean[truck_class],
        "trucks": np.ascontiguousarray(weight[:, None, None] * fleet[:, None, :] * age_shares),
        "bought": np.zeros((len(agents), fleet.shape[1])),
        "subsidy_received": np.zeros(len(agents)),
    }


def _operating(
    parameters: ParameterValues, seed: int, truck_class: NDArray[np.int64], weight: Array
) -> NDArray[np.bool_]:
    """Owners whose trucks are in commercial operation: about the declared share of each class."""
    luck = uniform(seed, "commercial operation", np.arange(len(truck_class)), 0)
    share = parameters.array("truck_operating_share")
    operating = np.zeros(len(truck_class), dtype=np.bool_)
    for place in range(len(share)):
        rows = np.flatnonzero(truck_class == place)
        order = rows[np.argsort(luck[rows], kind="stable")]
        middle = np.cumsum(weight[order]) - 0.5 * weight[order]
        operating[order] = middle < share[place]
    return operating


def _fuel(name: str) -> int:
    return dimension("truck_fuel").index(name)


def _diesel() -> int:
    return _fuel("diesel")
