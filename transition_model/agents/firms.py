"""Industrial firms: what they pay for electricity, how much they make, whether they invest.

Some 400 sampled firms stand for the city's 7,100 above the statistical threshold. Output is in
10k yuan of value added at 2020 prices, so that specific energy has one unit in all sectors; the
physical series of steel, cement, aluminium, glass and vehicles move it.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.columns import Column, ColumnarAgentSet, RowAgent
from transition_model.agents.firm_certificates import certify
from transition_model.agents.firm_charges import Charges, charges, write_charges
from transition_model.agents.firm_columns import opening_columns, sums_by_sector
from transition_model.agents.firm_energy_price import FIRST_MONTH, EnergyPrice, prices
from transition_model.agents.firm_investment import KWH_PER_GWH, invest
from transition_model.agents.firm_terms import (
    PHYSICAL_OUTPUT,
    FirmRun,
    firm_terms,
    ledger_places,
    month_of,
)
from transition_model.agents.situation import Situation
from transition_model.behaviour import production
from transition_model.calendar import MONTHS_PER_YEAR, Month
from transition_model.dimensions import dimension
from transition_model.kernels import firms as kernels
from transition_model.parameters import ParameterValues

type Array = NDArray[np.float64]


class Firm(RowAgent):
    """A sampled firm: a view of one row of :class:`Firms`."""


class Firms(ColumnarAgentSet[Firm]):
    """All industrial firms.

    Columns
    -------
    sector, catalogue_class
        Numbers in the dimensions ``industry_sector`` and ``catalogue_class``.
    weight
        Firms that the row stands for.
    output_share
        Share of its sector's output, if all firms of 2020 are in business.
    in_business
        Share of them that has not closed.
    output
        Last month's value added, 10k yuan/month at 2020 prices.
    specific_energy, specific_energy_limit
        tce for each 10k yuan of value added.
    electricity_share
        Electricity in its energy, in coal equivalent.
    base_margin, margin
        Share of sales: at the price of electricity elsewhere, and the one it has got used to.
    measures_adopted, measure_saving, measure_cost, payback_threshold, recent_adoption
        Efficiency measures: number; share that each saves; yuan for a yearly tce of the first;
        years; memory of the last year.
    months_since_measure, productivity
        Months since the last measure; output for the same capacity against 2020.
    interest_discount
        Public money toward the interest on its green loans, yuan/month.
    energy_ratio, energy_ratio_of_last_year
        Specific energy against its limit: mean of the calendar year so far, and of the last one.
    product_luck
        What sets its energy for a tonne of product apart from that of like firms, around 1.
    green_power_share
        Green share of its electricity last month.
    eligible_factories, certified_factories
        Factories; the certified ones at either level.
    young_factories, seasoned_factories, national_factories
        Certified ones: municipal by months until a year is over, shape (firms, 12), municipal for
        longer, and national.
    """

    _run: FirmRun | None = None
    _records: NDArray[np.void] = np.empty(0, kernels.FIRM)

    @classmethod
    def build(cls, model: Any, parameters: ParameterValues, seed: int, first_id: int) -> Self:
        """Firms as of the opening month (:func:`~.firm_columns.opening_columns`)."""
        return cls(Firm, model, opening_columns(parameters, seed), first_id)

    def decide(self, situation: Situation) -> None:
        """Make, use energy, invest and apply for certificates; all on the month's opening state."""
        if situation.kernels == "numpy":
            self._decide_by_numpy(situation)
            return
        if self._run is None or self._run.parameters is not situation.parameters:
            self._run = FirmRun.of(situation.parameters)
        terms = firm_terms(situation)
        kernels.decide(
            self._side_by_side(),
            self._run.constants,
            terms.law,
            month_of(situation),
            self._run.by_load(terms.floats),
            ledger_places(),
            situation.ledger.numbers,
        )

    def _side_by_side(self) -> NDArray[np.void]:
        """The columns as records; each column is a view of one field from then on."""
        records = self._records
        if any(column.base is not records for column in self.columns.values()):
            records = np.empty(self.size, kernels.FIRM)
            for name in kernels.FIRM.names or ():
                records[name] = self.columns[name]
            self.columns = {name: records[name] for name in self.columns}
            self._records = records
        return records

    def _decide_by_numpy(self, situation: Situation) -> None:
        """The same, by the reference."""
        owed = charges(self.columns, situation)
        price = prices(self.columns, situation)
        self._produce(situation, price, owed)
        self._use_energy(situation, price, owed)
        write_charges(self.columns, situation, owed)
        invest(self.columns, situation, price, owed, self.rows)
        certify(self.columns, situation)
        self._age(situation, price, owed)

    def _produce(self, situation: Situation, price: EnergyPrice, owed: Charges) -> None:
        parameters, month = situation.parameters, situation.month
        elsewhere = parameters.scalar("industrial_electricity_price_elsewhere", month)
        ratio = (price.price + owed.certificates[self.sector]) / elsewhere
        cost_share = parameters.array("industrial_electricity_cost_share")[self.sector]
        elasticity = parameters.scalar("industrial_output_cost_elasticity")
        response = production.output_response(ratio, cost_share, elasticity)
        response = response * (1.0 + owed.extra_cost) ** elasticity
        self._judge_margin(parameters, ratio, cost_share, owed)
        # Firms that stand still at the ordinary price are missing in the output observed already.
        running = _running(parameters, self.margin) / _running(parameters, self.base_margin)
        demand = sector_output(parameters, month) / MONTHS_PER_YEAR
        self.columns["output"][:] = (
            demand[self.sector] * self._market_share() * response * running * self.productivity
        )
        lost = max(float(demand.sum() - self.output.sum()), 0.0)
        situation.ledger.add("industrial_value_added_lost_per_month", lost)

    def _judge_margin(
        self, parameters: ParameterValues, ratio: Array, cost_share: Array, owed: Charges
    ) -> None:
        """Get used, over some months, to what dearer electricity and charges leave."""
        pass_through = parameters.scalar("industrial_cost_pass_through")
        margin = production.margin_after_charges(
            production.margin_after_price(self.base_margin, ratio, cost_share, pass_through),
            owed.extra_cost,
            pass_through,
        )
        self.columns["margin"] += (margin - self.margin) / max(
            parameters.scalar("industrial_margin_memory"), 1.0
        )

    def _market_share(self) -> Array:
        """Share of the sector's demand; those in business take over from those that closed."""
        present = self.output_share * self.in_business
        total = self._by_sector(present)[self.sector]
        share: Array = present / np.where(total > 0.0, total, 1.0)
        return share

    def _use_energy(self, situation: Situation, price: EnergyPrice, owed: Charges) -> None:
        energy = self.output * self.specific_energy
        electricity = (
            energy
            * self.electricity_share
            / situation.parameters.scalar("electricity_coal_equivalent")
        )
        ledger, used = situation.ledger, self._by_sector(electricity)
        ledger.add("industrial_value_added_per_month", self._by_sector(self.output))
        ledger.add("industrial_energy_per_month", self._by_sector(energy))
        ledger.add("industrial_electricity_per_month", used)
        ledger.add("industrial_green_power_per_month", used * owed.green_power)
        revenue = float(price.received @ electricity) * KWH_PER_GWH
        ledger.add_at("public_revenue_per_month", "electricity_surcharge", revenue)

    def _age(self, situation: Situation, price: EnergyPrice, owed: Charges) -> None:
        """A month of progress that nobody decides on: technology, electrification, closures."""
        parameters = situation.parameters
        progress = parameters.array("industrial_autonomous_improvement")[self.sector]
        # The limit follows technology: only a measure brings a firm below it.
        for name in ("specific_energy", "specific_energy_limit"):
            self.columns[name] *= (1.0 - progress) ** (1.0 / MONTHS_PER_YEAR)
        rate = parameters.scalar("industrial_electrification_rate") / MONTHS_PER_YEAR
        self.columns["electricity_share"] += (
            rate * self.electricity_share * (1.0 - self.electricity_share)
        )
        hazard = production.exit_hazard(
            parameters.array("industrial_exit_rate")[self.catalogue_class],
            price.surcharge,
            parameters.scalar("industrial_exit_response"),
        )
        self.columns["in_business"] *= np.exp(-hazard / MONTHS_PER_YEAR)
        self._learn(parameters)
        self._keep_record(situation.month, owed)

    def _learn(self, parameters: ParameterValues) -> None:
        """A month further on the J-curve of the last measure."""
        self.columns["productivity"] *= 1.0 + production.productivity_change(
            self.months_since_measure,
            parameters.scalar("adoption_productivity_loss"),
            parameters.scalar("adoption_loss_time"),
            parameters.scalar("adoption_productivity_gain"),
            parameters.scalar("adoption_gain_time"),
        )
        self.columns["months_since_measure"] += 1.0

    def _keep_record(self, month: Month, owed: Charges) -> None:
        """Mean energy ratio of the calendar year, by which tiers of the next one go."""
        ratio = self.specific_energy / self.specific_energy_limit
        self.columns["energy_ratio"] += (ratio - self.energy_ratio) / month.month
        if month.month == MONTHS_PER_YEAR:
            self.columns["energy_ratio_of_last_year"][:] = self.energy_ratio
        self.columns["green_power_share"][:] = owed.green_power[self.sector]

    def _by_sector(self, values: Column) -> Array:
        return sums_by_sector(self.sector, values)


def sector_output(parameters: ParameterValues, month: Month) -> Array:
    """Output that the market asks of each sector, 10k yuan/year at 2020 prices, shape (10,).

    Physical series against 2020 where there are some, times the declared index.
    """
    physical = np.ones(len(dimension("industry_sector")))
    for sector, series in PHYSICAL_OUTPUT.items():
        growth = parameters.scalar(series, month) / parameters.scalar(series, FIRST_MONTH)
        physical[dimension("industry_sector").index(sector)] = growth
    index = parameters.array("industrial_output_index", month)
    return parameters.array("industrial_value_added_2020") * physical * index


def _running(parameters: ParameterValues, margin: Array) -> Array:
    """Share of capacity that runs at a margin, shape (firms,)."""
    return production.running_share(
        margin,
        parameters.scalar("industrial_shutdown_margin"),
        parameters.scalar("industrial_shutdown_band"),
    )
