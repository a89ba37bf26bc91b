"""Use at home in machine code; :mod:`.household_home` is the same with numpy."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import binom

from transition_model.agents.appliance_market import income_classes
from transition_model.agents.household_home import use_at_home
from transition_model.agents.implied_columns import kept_or_drawn
from transition_model.agents.row_blocks import block_bounds, in_parts, slices
from transition_model.agents.row_strata import all_rows, runs_of_rows, strata_of
from transition_model.agents.situation import Situation
from transition_model.behaviour import time_of_use
from transition_model.calendar import MONTHS_PER_YEAR
from transition_model.dimensions import dimension
from transition_model.instruments.attributes import Claims
from transition_model.kernels import household_home as kernels
from transition_model.kernels.row_runs import RowRuns
from transition_model.ledger import ledger_layout
from transition_model.month_terms import WatchedReading, remembered
from transition_model.parameters import ParameterValues
from transition_model.policy import household_tariffs
from transition_model.policy.household_tariffs import GOODS, Tariff
from transition_model.policy.priced_amounts import Pieces, pieces_of_month

type Array = NDArray[np.float64]

_TERMS = 2**3
"""Of a power's series: what it leaves out of a change by 0.05 is below 1e-12."""


class _Tariffs(NamedTuple):
    """What the rules say in a month.

    Attributes
    ----------
    prices
        Of electricity, gas and water.
    low_income_gas
        Yuan per m3 that low-income households pay, None where they pay as all do.
    free
        What low-income households do not pay for electricity; None if no table says it.
    free_as_before
        Whether that is what it was in 2020.
    """

    prices: tuple[kernels.Prices, ...]
    low_income_gas: float | None
    free: Pieces | None
    free_as_before: bool


@remembered
def _tariffs(reading: WatchedReading) -> _Tariffs:
    now = household_tariffs.tariffs_of_month(
        reading.law, reading.month, reading.levers["residential_tariff_factor"]
    )
    before = household_tariffs.reference_tariffs()
    free = _free(reading.law["low_income_free_electricity"], reading)
    return _Tariffs(
        tuple(_prices(now.tariffs[good], before.tariffs[good]) for good in GOODS),
        now.low_income_gas,
        free,
        free is not None
        and all(np.array_equal(*pair) for pair in zip(free, _free_before(), strict=True)),
    )


def _free(rule: Any, reading: Any) -> Pieces | None:
    stated = Claims.of(1, low_income=True)
    return pieces_of_month(rule, reading.month, "electricity_of_month", stated=stated)


@cache
def _free_before() -> Pieces:
    rule = household_tariffs.published("low_income_free_electricity")
    stated = Claims.of(1, low_income=True)
    found = pieces_of_month(
        rule, household_tariffs.REFERENCE, "electricity_of_month", stated=stated
    )
    assert found is not None
    return found


def _prices(now: Tariff | None, before: Tariff | None) -> kernels.Prices:
    assert before is not None
    stated = before if now is None else now
    return kernels.Prices(
        stated.starts,
        stated.rises,
        before.starts,
        before.rises,
        now is not None,
        now is not None
        and np.array_equal(now.starts, before.starts)
        and np.array_equal(now.rises, before.rises),
    )


@remembered
def _dearer(reading: WatchedReading) -> tuple[bool, float, float, float]:
    """Time of use: whether it is offered; what it costs by profile; and the cheapest hour saves."""
    added = household_tariffs.added_by_hour(reading.law["residential_time_of_use"], reading.month)
    if not added.any():
        return False, 0.0, 0.0, 0.0
    load = time_of_use.shifted_load(
        reading.parameters.array("household_load_profile"),
        added,
        reading.parameters.scalar("time_of_use_shift"),
    )
    away, at_home = load @ added
    return True, float(away), float(at_home), max(0.0, -float(added.min()))


@cache
def _places() -> dict[str, int]:
    """Where in a ledger's vector the numbers of use at home stand."""
    layout = ledger_layout()
    found = {
        name: int(layout.places(name))
        for name in ("residential_peak_share", *(f"residential_{good}_factor" for good in GOODS))
    }
    programme = dimension("subsidy_programme").index("household_relief")
    return found | {"household_relief": int(layout.places("subsidy_spending_per_month")[programme])}


class HomeUse:
    """Electricity, gas and water of all households.

    Parameters
    ----------
    columns
        Of the households.
    parameters
        Declared values.
    reference_income
        Mean household income of 2020, yuan a year.
    """

    def __init__(
        self,
        columns: Mapping[str, NDArray[Any]],
        parameters: ParameterValues,
        reference_income: float,
    ) -> None:
        self._columns, self._reference_income = columns, reference_income
        in_class, incomes = income_classes(columns)
        of_income = incomes / reference_income
        size = parameters.scalar("household_size")
        strata, poor = strata_of(columns), columns["low_income"]
        central_urban = strata.central & strata.urban
        means = {
            "electricity": parameters.scalar("electricity_use_household"),
            "gas": parameters.scalar("gas_use_household"),
            "water": parameters.scalar("residential_water_per_person") * size,
        }
        self._elasticities = {
            good: parameters.scalar(f"{good}_income_elasticity") for good in GOODS
        }
        of_size = np.arange(int(columns["persons"].max()) + 1) / size
        self._goods = {
            good: kernels.Good(
                means[good] * of_size ** parameters.scalar(f"{good}_size_elasticity"),
                of_income ** self._elasticities[good],
            )
            for good in GOODS
        }
        self._users = kernels.Users(
            columns["home_use"], columns["persons"].view(np.uint8), in_class, strata
        )
        self._answers = {
            good: kernels.Answer(
                elasticity := parameters.scalar(f"{good}_price_elasticity"),
                tuple(binom(elasticity, np.arange(1, _TERMS + 1)).tolist()),
                parameters.scalar("tariff_marginal_weight"),
            )
            for good in GOODS
        }
        self._homes = kernels.Homes(
            *kept_or_drawn(columns["day_load"]),
            columns["time_of_use"],
            columns["home_charging"],
            columns["car"],
            poor,
        )
        piped = parameters.scalar("gas_access_urban")
        self._piped = piped
        self._poor = np.flatnonzero(poor).astype(np.uint32)
        self._relieved = self._poor[central_urban[strata.number[self._poor]] > 0]
        self._served = runs_of_rows(strata, central_urban)
        self._everybody = all_rows(len(poor))
        self._nobody = poor[:0]
        away, at_home = parameters.array("household_load_profile")[
            :, household_tariffs.peak_hours()
        ].sum(axis=1)
        self._gas_elsewhere = self._water_elsewhere = 0.0
        used = dear = 0.0
        for part in slices(block_bounds(len(poor))):
            electricity = self._weighted_use("electricity", part)
            used += float(np.sum(electricity))
            share = away + columns["day_load"][part] * (at_home - away)
            dear += float(np.sum(electricity * share))
            number = strata.number[part]
            urban, served = strata.urban[number] > 0, central_urban[number] > 0
            gas = self._weighted_use("gas", part)[urban & ~served]
            self._gas_elsewhere += float(np.sum(gas))
            water = self._weighted_use("water", part)[~served]
            self._water_elsewhere += float(np.sum(water))
        self._dear_at_rest = dear / used
        electric = np.array(
            [0.0, parameters.scalar("electric_share_of_plug_in_hybrid_distance"), 1.0]
        )
        assert len(electric) == len(dimension("powertrain"))
        self._charged_per_kilometre = (
            electric
            * parameters.scalar("electricity_per_distance_of_private_cars")
            * parameters.scalar("home_charged_share")
            / (100.0 * MONTHS_PER_YEAR)
        )
        self._time_of_use = kernels.TimeOfUse(
            False,
            0.0,
            0.0,
            0.0,
            np.zeros(len(electric)),
            parameters.scalar("time_of_use_trouble"),
            parameters.scalar("time_of_use_attention"),
            parameters.scalar("time_of_use_binding_months"),
            float(away),
            float(at_home),
            parameters.scalar("time_of_use_shift"),
            float(MONTHS_PER_YEAR),
        )
        self._bounds = block_bounds(len(poor))
        self._somebody_chose = True

    def use(self, situation: Situation, income_index: float) -> None:
        """Write a month's use against that at the tariffs of 2020, and pay relief.

        Parameters
        ----------
        situation
            The month.
        income_index
            Incomes now over those of 2020.
        """
        now = _tariffs(situation)
        if now.free is None:
            income = self._columns["income"] * income_index
            use_at_home(self._columns, situation, income / self._reference_income)
            return
        ledger, received = situation.ledger, self._columns["subsidy_received"]
        index = {good: income_index**power for good, power in self._elasticities.items()}
        electricity, gas, water = now.prices

        relief = kernels.give_free_electricity(
            self._poor,
            self._users,
            self._goods["electricity"],
            now.free,
            index["electricity"],
            received,
        )
        dear, factor = self._electricity(situation, now, electricity, now.free, index)
        numbers, place = ledger.numbers, _places()
        numbers[place["residential_peak_share"]] = dear
        numbers[place["residential_electricity_factor"]] = factor

        used, answered, relieved = self._use_gas(now, gas, index["gas"], received)
        elsewhere = self._gas_elsewhere * index["gas"]
        numbers[place["residential_gas_factor"]] = (elsewhere + answered) / (elsewhere + used)
        used, answered = self._use_water(water, index["water"])
        elsewhere = self._water_elsewhere * index["water"]
        numbers[place["residential_water_factor"]] = (elsewhere + answered) / (elsewhere + used)
        numbers[place["household_relief"]] += relief + relieved

    def _electricity(
        self,
        situation: Situation,
        now: _Tariffs,
        prices: kernels.Prices,
        free: Pieces,
        index: Mapping[str, float],
    ) -> tuple[float, float]:
        """Share of use in dear hours, and use against that at the tariffs of 2020."""
        offered, away, at_home, cheapest = _dearer(situation)
        if not (offered or self._somebody_chose) and prices.same and now.free_as_before:
            return self._dear_at_rest, 1.0
        month = self._time_of_use._replace(
            offered=offered,
            away=away,
            at_home=at_home,
            cheapest=cheapest,
            charged=self._charged_per_kilometre
            * situation.parameters.scalar("distance_per_private_car", situation.month),
        )
        self._somebody_chose = offered
        totals = np.empty((len(self._bounds) - 1, 3))
        uniform = self._uniform("electricity", prices, self._everybody, index["electricity"])
        in_parts(
            lambda first, last: kernels.use_electricity(
                self._users,
                self._goods["electricity"],
                self._homes,
                self._answers["electricity"],
                prices,
                free,
                _free_before(),
                month,
                index["electricity"],
                uniform,
                self._bounds,
                first,
                last,
                totals,
            ),
            len(totals),
            situation.threads,
        )
        used, answered, dear = totals.sum(axis=0).tolist()
        return dear / used, answered / used

    def _use_gas(
        self, now: _Tariffs, prices: kernels.Prices, index: float, received: Array
    ) -> tuple[float, float, float]:
        """Gas used by those with a tariff in 2020 and now, m3 a year, and yuan of relief."""
        uniform = self._uniform("gas", prices, self._served, index)
        if now.low_income_gas is None:
            used, answered = self._use("gas", self._nobody, prices, index, uniform)
            return used, answered, 0.0
        used, answered = self._use("gas", self._homes.low_income, prices, index, uniform)
        totals = np.empty(3)
        kernels.relieve(
            self._relieved,
            self._users,
            self._goods["gas"],
            self._answers["gas"],
            prices,
            now.low_income_gas,
            index,
            uniform,
            self._piped / MONTHS_PER_YEAR,
            totals,
            received,
        )
        return used + totals[0], answered + totals[1], float(totals[2])

    def _use_water(self, prices: kernels.Prices, index: float) -> tuple[float, float]:
        if prices.same:
            return 0.0, 0.0
        uniform = self._uniform("water", prices, self._served, index)
        return self._use("water", self._nobody, prices, index, uniform)

    def _uniform(self, good: str, prices: kernels.Prices, rows: RowRuns, index: float) -> float:
        if prices.holds:
            return 0.0
        return kernels.average_price(rows, self._users, self._goods[good], prices, index)

    def _use(
        self,
        good: str,
        left_out: NDArray[np.bool_],
        prices: kernels.Prices,
        index: float,
        uniform: float,
    ) -> tuple[float, float]:
        """Use of those who have the tariff, at that of 2020 and now, weighted."""
        bounds = block_bounds(int(self._served.place[-1]))
        totals = np.empty((len(bounds) - 1, 2))
        kernels.use_of_good(
            self._served,
            left_out,
            self._users,
            self._goods[good],
            self._answers[good],
            prices,
            index,
            uniform,
            bounds,
            0,
            len(totals),
            totals,
        )
        used, answered = totals.sum(axis=0).tolist()
        return used, answered

    def _weighted_use(self, good: str, rows: slice) -> Array:
        """Units used by what some rows stand for, at incomes of 2020."""
        users, of_good = self._users, self._goods[good]
        weight = users.strata.weight[users.strata.number[rows]]
        use = users.habit[rows] * of_good.of_size[users.persons[rows]]
        return np.asarray(weight * use * of_good.of_income[users.income_class[rows]])
