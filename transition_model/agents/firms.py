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
from transition_model.agents.situation import Situation
from transition_model.behaviour import certification, efficiency_investment, production
from transition_model.behaviour.electricity_price import effective_price, expected_surcharge
from transition_model.behaviour.green_loans import interest_of_month
from transition_model.calendar import MONTHS_PER_YEAR, Month
from transition_model.dimensions import dimension
from transition_model.parameters import ParameterValues
from transition_model.random_streams import normal, uniform

type Array = NDArray[np.float64]

FIRST_MONTH = Month.parse("2020-01")
"""The month that the firms are made for."""

PHYSICAL_OUTPUT = {
    "steel": "crude_steel_output",
    "cement": "cement_output",
    "aluminium": "nonferrous_metal_output",
    "glass": "flat_glass_output",
    "vehicles": "motor_vehicle_output",
}
"""The parameter that counts a sector's output, where there is a series."""

_KWH_PER_GWH = 1e6
_MONTHS_BETWEEN_DECISIONS = 3


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
        Share of sales: at the ordinary electricity price, and the one it has got used to.
    measures_adopted, measure_saving, measure_cost, payback_threshold, recent_adoption
        Efficiency measures: number; share that each saves; yuan for a yearly tce of the first;
        years; memory of the last year.
    interest_discount
        Public money toward the interest on its green loans, yuan/month.
    eligible_factories, certified_factories
        Factories.
    """

    @classmethod
    def build(cls, model: Any, parameters: ParameterValues, seed: int, first_id: int) -> Self:
        """Sample the firms; their energy and electricity meet the sectors' totals of 2020."""
        sampled = np.rint(parameters.array("industrial_firms_sampled")).astype(np.int64)
        sector = np.repeat(np.arange(len(sampled)), sampled)
        agents = np.arange(len(sector))
        share = _output_shares(parameters, seed, agents, sector)
        value_added = parameters.array("industrial_value_added_2020")
        columns = {
            "sector": sector,
            "weight": (parameters.array("industrial_firms") / sampled)[sector],
            "output_share": share,
            "in_business": np.ones(len(sector)),
            "output": share * value_added[sector] / MONTHS_PER_YEAR,
            **_energy_columns(parameters, seed, agents, sector, share),
            **_margin_columns(parameters, seed, agents, sector),
            **_measure_columns(parameters, seed, agents),
        }
        columns |= _certificate_columns(parameters, columns)
        return cls(Firm, model, columns, first_id)

    def decide(self, situation: Situation) -> None:
        """Make, use energy, invest and apply for certificates; all on the month's opening state."""
        surcharge, price = self._electricity_price(situation)
        self._produce(situation, price)
        self._use_energy(situation, surcharge)
        self._invest(situation, surcharge, price)
        self._certify(situation)
        self._age(situation, surcharge)

    def _electricity_price(self, situation: Situation) -> tuple[Array, Array]:
        """Expected surcharge and price of electricity, yuan/kWh, shape (firms,)."""
        levers, parameters = situation.levers, situation.parameters
        surcharge = expected_surcharge(
            _class_surcharge(situation)[self.catalogue_class],
            parameters.array("differential_price_scope")[self.sector],
            levers["differential_price_enforcement"],
        )
        return surcharge, effective_price(
            parameters.scalar("industrial_electricity_price", situation.month),
            levers["high_energy_market_premium"],
            parameters.array("high_energy_market")[self.sector],
            surcharge,
        )

    def _produce(self, situation: Situation, price: Array) -> None:
        parameters, month = situation.parameters, situation.month
        ratio = price / parameters.scalar("industrial_electricity_price", month)
        cost_share = parameters.array("industrial_electricity_cost_share")[self.sector]
        response = production.output_response(
            ratio, cost_share, parameters.scalar("industrial_output_cost_elasticity")
        )
        margin = production.margin_after_price(
            self.base_margin, ratio, cost_share, parameters.scalar("industrial_cost_pass_through")
        )
        self.columns["margin"] += (margin - self.margin) / max(
            parameters.scalar("industrial_margin_memory"), 1.0
        )
        # Firms that stand still at the ordinary price are missing in the output observed already.
        running = _running(parameters, self.margin) / _running(parameters, self.base_margin)
        demand = sector_output(parameters, month) / MONTHS_PER_YEAR
        self.columns["output"][:] = demand[self.sector] * self._market_share() * response * running
        lost = max(float(demand.sum() - self.output.sum()), 0.0)
        situation.ledger.add("industrial_value_added_lost_per_month", lost)

    def _market_share(self) -> Array:
        """Share of the sector's demand; those in business take over from those that closed."""
        present = self.output_share * self.in_business
        total = self._by_sector(present)[self.sector]
        share: Array = present / np.where(total > 0.0, total, 1.0)
        return share

    def _use_energy(self, situation: Situation, surcharge: Array) -> None:
        energy = self.output * self.specific_energy
        electricity = (
            energy
            * self.electricity_share
            / situation.parameters.scalar("electricity_coal_equivalent")
        )
        ledger = situation.ledger
        ledger.add("industrial_value_added_per_month", self._by_sector(self.output))
        ledger.add("industrial_energy_per_month", self._by_sector(energy))
        ledger.add("industrial_electricity_per_month", self._by_sector(electricity))
        revenue = float(np.sum(surcharge * electricity)) * _KWH_PER_GWH
        ledger.add_at("public_revenue_per_month", "electricity_surcharge", revenue)

    def _invest(self, situation: Situation, surcharge: Array, price: Array) -> None:
        """A third of the firms decides each month on its next measure."""
        self._write_spending(situation, "loan_interest", float(self.interest_discount.sum()))
        probability = self._adoption_probability(situation, surcharge, price)
        agents = self.rows
        turn = agents % _MONTHS_BETWEEN_DECISIONS == (
            situation.month.index % _MONTHS_BETWEEN_DECISIONS
        )
        draw = uniform(situation.seed, "efficiency_investment", agents, situation.month.index)
        adopts = turn & (draw < probability)
        self._borrow(situation, adopts)
        self.columns["specific_energy"] *= np.where(adopts, 1.0 - self.measure_saving, 1.0)
        self.columns["measures_adopted"] += adopts
        self.columns["recent_adoption"] *= 1.0 - 1.0 / MONTHS_PER_YEAR
        self.columns["recent_adoption"][adopts] = 1.0
        self.columns["catalogue_class"][:] = efficiency_investment.class_after(
            self.catalogue_class,
            self.specific_energy,
            self.specific_energy_limit,
            _penalised(),
            dimension("catalogue_class").index("allowed"),
        )

    def _adoption_probability(self, situation: Situation, surcharge: Array, price: Array) -> Array:
        """Probability that a firm whose turn it is adopts its next measure, shape (firms,)."""
        parameters, levers = situation.parameters, situation.levers
        payback = efficiency_investment.payback(
            self._next_measure_cost(parameters) * _finance(situation),
            self._saving_value(situation, surcharge, price),
        )
        acceptance = efficiency_investment.acceptance(
            payback,
            self.payback_threshold,
            parameters.scalar("efficiency_payback_sensitivity"),
        )
        weight = self._by_sector(self.weight)
        peers = self._by_sector(self.recent_adoption * self.weight) / weight
        return acceptance * efficiency_investment.consideration(
            parameters.scalar("efficiency_search_rate"),
            levers["energy_audit_rate"],
            peers[self.sector],
            parameters.scalar("efficiency_peer_effect"),
            _MONTHS_BETWEEN_DECISIONS / MONTHS_PER_YEAR,
        )

    def _saving_value(self, situation: Situation, surcharge: Array, price: Array) -> Array:
        """What a saved tce is worth to the firm, upgrading included, yuan/tce, shape (firms,)."""
        parameters = situation.parameters
        kwh_per_tce = _KWH_PER_GWH / parameters.scalar("electricity_coal_equivalent")
        measures = efficiency_investment.measures_to_limit(
            self.specific_energy, self.specific_energy_limit, self.measure_saving
        )
        return efficiency_investment.energy_price(
            self.electricity_share,
            price,
            parameters.scalar("industrial_fuel_price", situation.month),
            kwh_per_tce,
        ) + efficiency_investment.avoided_surcharge(
            surcharge, self.electricity_share, measures, self.measure_saving, kwh_per_tce
        )

    def _next_measure_cost(self, parameters: ParameterValues) -> Array:
        """Investment for a yearly saving of one tce by the next measure, yuan, shape (firms,)."""
        escalation = parameters.scalar("efficiency_cost_escalation")
        cost: Array = self.measure_cost * escalation**self.measures_adopted
        return cost

    def _borrow(self, situation: Situation, adopts: NDArray[np.bool_]) -> None:
        """Take up green loans; the discount agreed on is paid while they are paid off."""
        parameters = situation.parameters
        saved = self.output * MONTHS_PER_YEAR * self.specific_energy * self.measure_saving
        loan = saved * self._next_measure_cost(parameters)
        loan = loan * parameters.scalar("efficiency_loan_share")
        discount = min(
            situation.levers["green_loan_interest_discount"],
            parameters.scalar("corporate_loan_rate", situation.month),
        )
        self.columns["interest_discount"][:] = interest_of_month(
            self.interest_discount,
            np.where(adopts, loan, 0.0),
            discount,
            parameters.scalar("efficiency_measure_life"),
        )

    def _certify(self, situation: Situation) -> None:
        parameters, award = situation.parameters, situation.levers["green_factory_support"]
        years = 1.0 / MONTHS_PER_YEAR
        hazard = self._certification_hazard(parameters, situation.month, award)
        certified = self._certified(situation)
        gained = certification.certified_within(self.eligible_factories, certified, hazard, years)
        revocation = parameters.scalar("green_factory_revocation_rate")
        lost = certified * -np.expm1(-revocation * years)
        situation.ledger.add("green_factories_certified_per_month", float(gained.sum()))
        situation.ledger.add("green_factories_revoked_per_month", float(lost.sum()))
        self._write_spending(situation, "green_factory_support", award * float(gained.sum()))
        self.columns["certified_factories"][:] = certified + gained - lost

    def _certified(self, situation: Situation) -> Array:
        """Who holds the certificates; how many there are is the stock's to say."""
        stock = float(situation.stocks["certified_green_factories"])
        known = float(self.certified_factories.sum())
        certified: Array = self.certified_factories * (stock / known if known > 0.0 else 0.0)
        return certified

    def _certification_hazard(
        self, parameters: ParameterValues, month: Month, award: float
    ) -> Array:
        """Rate at which an eligible factory is certified, 1/year, shape (firms,)."""
        eligible = self._by_sector(self.eligible_factories)
        peers = self._by_sector(self.certified_factories) / eligible
        return certification.certification_hazard(
            parameters.scalar("green_factory_application_rate", month),
            certification.award_pull(
                award,
                parameters.scalar("green_factory_own_value"),
                parameters.scalar("green_factory_award_elasticity"),
            ),
            certification.performance_score(
                self.specific_energy / self.specific_energy_limit,
                parameters.scalar("green_factory_performance_sensitivity"),
            ),
            peers[self.sector],
            parameters.scalar("green_factory_peer_effect"),
        )

    def _age(self, situation: Situation, surcharge: Array) -> None:
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
            surcharge,
            parameters.scalar("industrial_exit_response"),
        )
        self.columns["in_business"] *= np.exp(-hazard / MONTHS_PER_YEAR)

    def _by_sector(self, values: Column) -> Array:
        return _sums(self.sector, values)

    def _write_spending(self, situation: Situation, programme: str, amount: float) -> None:
        spending = np.zeros(len(dimension("subsidy_programme")))
        spending[dimension("subsidy_programme").index(programme)] = amount
        situation.ledger.add("subsidy_spending_per_month", spending)


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


def _class_surcharge(situation: Situation) -> Array:
    """Surcharge of each catalogue class, yuan/kWh."""
    surcharge = np.zeros(len(dimension("catalogue_class")))
    for member in ("restricted", "eliminated"):
        place = dimension("catalogue_class").index(member)
        surcharge[place] = situation.levers[f"electricity_surcharge_{member}"]
    return surcharge


def _penalised() -> NDArray[np.bool_]:
    members = dimension("catalogue_class").members
    return np.array([member in ("restricted", "eliminated") for member in members])


def _finance(situation: Situation) -> float:
    parameters = situation.parameters
    return efficiency_investment.finance_factor(
        parameters.scalar("corporate_loan_rate", situation.month),
        situation.levers["green_loan_interest_discount"],
        parameters.scalar("efficiency_loan_share"),
        parameters.scalar("efficiency_measure_life"),
    )


def _sums(groups: NDArray[np.int64], values: Array) -> Array:
    """Sums by sector, shape (10,)."""
    return np.bincount(groups, values, minlength=len(dimension("industry_sector")))


def _output_shares(
    parameters: ParameterValues, seed: int, agents: NDArray[np.int64], sector: NDArray[np.int64]
) -> Array:
    """Lognormal sizes as shares of each sector's output."""
    spread = parameters.scalar("industrial_firm_size_spread")
    size = np.exp(spread * normal(seed, "firm size", agents, 0))
    shares: Array = size / _sums(sector, size)[sector]
    return shares


def _energy_columns(
    parameters: ParameterValues,
    seed: int,
    agents: NDArray[np.int64],
    sector: NDArray[np.int64],
    share: Array,
) -> dict[str, Column]:
    """Class and specific energy; the sector's limit is such that its energy meets the total."""
    catalogue_class = _classes(parameters, seed, agents, sector, share)
    lowest = parameters.array("industrial_energy_ratio_lowest")[catalogue_class]
    highest = parameters.array("industrial_energy_ratio_highest")[catalogue_class]
    ratio = lowest + (highest - lowest) * uniform(seed, "firm specific energy", agents, 0)
    energy = parameters.array("industrial_energy_2020")
    limit = energy / parameters.array("industrial_value_added_2020") / _sums(sector, share * ratio)
    electricity = parameters.array("industrial_electricity_2020") / energy
    electricity_share = electricity * parameters.scalar("electricity_coal_equivalent")
    return {
        "catalogue_class": catalogue_class,
        "specific_energy": ratio * limit[sector],
        "specific_energy_limit": limit[sector],
        "electricity_share": np.minimum(electricity_share, 1.0)[sector],
    }


def _classes(
    parameters: ParameterValues,
    seed: int,
    agents: NDArray[np.int64],
    sector: NDArray[np.int64],
    share: Array,
) -> NDArray[np.int64]:
    """Catalogue class: in each sector the output of each class comes near its declared share.

    Small firms tend to be in the lower classes, with luck of the same order as size.
    """
    rank = np.log(share) + normal(seed, "firm class", agents, 0)
    classes = np.zeros(len(sector), dtype=np.int64)
    for place, class_shares in enumerate(parameters.array("industrial_catalogue_share")):
        rows = np.flatnonzero(sector == place)
        best_first = rows[np.argsort(-rank[rows], kind="stable")]
        middle = np.cumsum(share[best_first]) - share[best_first] / 2.0
        upper = np.cumsum(class_shares)[:-1] / class_shares.sum()
        classes[best_first] = np.searchsorted(upper, middle)
    return classes


def _margin_columns(
    parameters: ParameterValues, seed: int, agents: NDArray[np.int64], sector: NDArray[np.int64]
) -> dict[str, Column]:
    factor = _lognormal(parameters, "industrial_margin_spread", seed, "firm margin", agents)
    margin = parameters.array("industrial_margin")[sector] * factor
    return {"base_margin": margin, "margin": margin.copy()}


def _measure_columns(
    parameters: ParameterValues, seed: int, agents: NDArray[np.int64]
) -> dict[str, Column]:
    def drawn(value: str, spread: str, purpose: str) -> Array:
        central = parameters.scalar(value)
        return central * _lognormal(parameters, spread, seed, purpose, agents)

    return {
        "measures_adopted": np.zeros(len(agents), dtype=np.int64),
        "measure_saving": drawn(
            "efficiency_measure_saving", "efficiency_measure_saving_spread", "measure saving"
        ),
        "measure_cost": drawn(
            "efficiency_capital_cost", "efficiency_capital_cost_spread", "measure cost"
        ),
        "payback_threshold": drawn(
            "efficiency_payback_threshold", "efficiency_payback_spread", "payback threshold"
        ),
        "recent_adoption": np.zeros(len(agents)),
        "interest_discount": np.zeros(len(agents)),
    }


def _certificate_columns(
    parameters: ParameterValues, columns: dict[str, Column]
) -> dict[str, Column]:
    """Eligible factories, and the certificates of the beginning among the best performers."""
    weight = columns["weight"]
    eligible = certification.eligible_factories(
        weight,
        columns["output"] * MONTHS_PER_YEAR / weight,
        parameters.scalar("green_factory_full_value_added"),
        parameters.scalar("large_and_medium_firms"),
    )
    score = eligible * certification.performance_score(
        columns["specific_energy"] / columns["specific_energy_limit"],
        parameters.scalar("green_factory_performance_sensitivity"),
    )
    initial = parameters.scalar("green_factories_initial")
    return {
        "eligible_factories": eligible,
        "certified_factories": initial * score / score.sum(),
    }


def _lognormal(
    parameters: ParameterValues, spread: str, seed: int, purpose: str, agents: NDArray[np.int64]
) -> Array:
    """Factors with median 1."""
    return np.exp(parameters.scalar(spread) * normal(seed, purpose, agents, 0))
