"""The coupled model: a Mesa model whose month is a list of steps.

Agents decide on the stocks as they stand at the month's opening, write flows into the ledger, and
the stock-flow model integrates over the month with these flows held constant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import mesa
import numpy as np
from numpy.typing import NDArray

from transition_model import programmes
from transition_model.agents.builders import Builders
from transition_model.agents.columns import AllAgents
from transition_model.agents.firms import Firms
from transition_model.agents.freight_operators import FreightOperators
from transition_model.agents.households import Households
from transition_model.agents.initial_stocks import initial_fleets_by_age, initial_private_cars
from transition_model.agents.opening import opening_set
from transition_model.agents.population import Number
from transition_model.agents.recyclers import Recyclers
from transition_model.agents.row_blocks import threads_for
from transition_model.agents.ship_owners import ShipOwners
from transition_model.agents.situation import Situation
from transition_model.agents.station_developers import StationDevelopers
from transition_model.agents.transit_operators import TransitOperators
from transition_model.balances import (
    TOLERANCE,
    check_fleet_ages,
    check_pots,
    check_received,
    check_spending,
)
from transition_model.calendar import Month
from transition_model.compilation import Kernels
from transition_model.coupling import coupling_with
from transition_model.dimensions import shape
from transition_model.layout import Views
from transition_model.ledger import Ledger, ledger_layout
from transition_model.parameters import ParameterValues, load_parameters
from transition_model.results import Recorder
from transition_model.run_size import check_run_size
from transition_model.scenario import Scenario
from transition_model.stocks import StockFlowEngine, open_engine
from transition_model.stocks.declarations import check_seam_names
from transition_model.stocks.findings import require

type Array = NDArray[np.float64]

FIRST_MONTH = Month.parse("2020-01")
"""The month for which there are initial data: every run begins here."""

LAST_MONTH = Month.parse("2030-12")
"""The exogenous paths end here."""


class TransitionModel(mesa.Model[Any, Any]):
    """Agents and stocks of Chongqing, coupled month by month.

    Parameters
    ----------
    scenario
        What policy does; the plan as written by default.
    rng
        Seed of the run.
    households
        How many household agents stand for the city's 12.04 million.
    engine
        ``compiled``, or ``pysd`` for the reference.
    kernels
        Whether agents decide in ``compiled`` kernels or in ``numpy``, the reference.
    precision
        Of what households remember from month to month; months are worked out in ``double`` in any
        case. ``single`` with kernels, for it takes half the room, ``double`` with numpy.
    threads
        How many work on the households' rows at a time; by default as many as the process may use
        for many households, one for few. Results do not depend on it.
    time_step
        Step of the stock-flow model in months; that of the model file by default.
    parameters
        Numbers by parameter id, on top of those that the scenario overrides.
    notice
        Told in one line when the stock-flow model has to be compiled first.
    """

    def __init__(
        self,
        scenario: Scenario | None = None,
        *,
        rng: int = 1,
        households: int = 20_000,
        engine: Literal["compiled", "pysd"] = "compiled",
        kernels: Kernels = "compiled",
        precision: Literal["single", "double"] | None = None,
        threads: int | None = None,
        time_step: float | None = None,
        parameters: Mapping[str, float] | None = None,
        notice: Callable[[str], None] | None = None,
    ) -> None:
        check_run_size(households, kernels)
        super().__init__(rng=rng)
        self.run_seed = rng
        self.kernels: Kernels = kernels
        self.threads = threads_for(households) if threads is None else threads
        self.policy = scenario or Scenario.load("plan")
        self.structures = self.policy.chosen_structures
        self.law = self.policy.law
        self._lever_paths = self.policy.lever_paths(FIRST_MONTH, LAST_MONTH)
        self.month = FIRST_MONTH
        overrides = self.policy.parameter_overrides | dict(parameters or {})
        self.parameters = ParameterValues(load_parameters(), overrides)
        self.recorder = Recorder()
        double = (kernels == "numpy") if precision is None else precision == "double"
        self._build_agents(households, np.float64 if double else np.float32)
        self.stocks: StockFlowEngine = open_engine(
            engine=engine, time_step=time_step, notice=notice
        )
        require(check_seam_names(self.stocks))
        self.coupling = coupling_with(self.stocks)
        self.published: Mapping[str, Array] = {}
        self._spent_by_january = np.zeros(shape(("subsidy_programme",)))
        self.ledger = Ledger(str(self.month))
        self.flows: Mapping[str, Array] = {}
        self.levers: dict[str, float] = self._lever_paths[0]
        self.situation = self._situation(self._spent_by_january)
        self.stocks.start(self._constants())

    # -- the month ---------------------------------------------------------------------------
    def step(self) -> None:
        """One month, step by step as in :data:`MONTH_PLAN`."""
        for _, act in MONTH_PLAN:
            getattr(self, act.__name__)()
        self.month += 1

    def read_policy(self) -> None:
        """Policy of the month: the value of every lever."""
        self.levers = self._lever_paths[self.month - FIRST_MONTH]

    def publish_stocks(self) -> None:
        """Publish the stocks at the month's opening."""
        self._opening = self.stocks.numbers(self.coupling.watched_names)
        self.published = self.coupling.published(self._opening)
        if self.month.month == 1:
            self._spent_by_january = self.published["public_money_spent"].copy()

    def let_agents_decide(self) -> None:
        """Every agent decides on the opening state and writes into the ledger."""
        self.open_month()
        for agents in self._sets:
            agents.decide(self.situation)

    def open_month(self) -> None:
        """Open the month's ledger, and say what agents know."""
        self.ledger = Ledger(str(self.month))
        spent = self.published["public_money_spent"] - self._spent_by_january
        self.situation = self._situation(spent)

    def close_ledger(self) -> None:
        """Close the month's ledger; a missing share is refused."""
        self.flows = self.ledger.close()

    def check_ledger(self) -> None:
        """Check money spent and received, and the ages of public-service fleets."""
        paid = self.flows["subsidy_spending_per_month"]
        check_spending(self.month, self.situation.spent_this_year, paid, self.levers)
        purchases = self._set_of(Households).purchases
        check_received(self.month, purchases.received_this_month(), paid)
        check_pots(self.month, purchases.money.pots())
        operators = self._set_of(TransitOperators)
        fleets = self.coupling.transit_fleets(self._opening)
        numpy = self.kernels == "numpy"
        if numpy or not operators.ages_agree(fleets, self.flows, TOLERANCE):
            check_fleet_ages(self.month, operators.fleet_by_age(), fleets, self.flows)

    def step_stocks(self) -> None:
        """Integrate the stocks over the month, and check that they moved by the ledger's flows."""
        self.integrate(self.ledger.numbers)
        self.coupling.seam.check(self.month, self._opening, self._closing, self.ledger.numbers)

    def integrate(self, flows: Array, months: float = 1.0) -> None:
        """Integrate the stocks over a month, or a part of one, with flows held.

        Parameters
        ----------
        flows
            Numbers of a ledger, a month.
        months
            How far.
        """
        inputs = np.concatenate([self.coupling.exogenous.numbers(self.situation), flows])
        self.stocks.step_numbers(self.coupling.inputs, inputs, months)
        self._closing = self.stocks.numbers(self.coupling.watched_names)

    def record(self) -> None:
        """Record the month's results."""
        flows = self.flows
        numbers = flows.numbers if isinstance(flows, Views) else ledger_layout().vector(flows)
        self.recorder.record_numbers(self.month, self.coupling.watched, self._closing, numbers)

    # -- Mesa's interface --------------------------------------------------------------------
    @property
    def agents(self) -> Any:
        """All agents of all types, one after the other (:class:`AllAgents`)."""
        return AllAgents(self._sets)

    @agents.setter
    def agents(self, agents: Any) -> None:
        raise AttributeError("the populations are built with the model")

    # -- building ----------------------------------------------------------------------------
    def _build_agents(self, households: int, number: Number) -> None:
        first = 1
        sets: list[Any] = []
        for kind, *size in (
            (Households, households, FIRST_MONTH, number, self.kernels),
            (Firms,),
            (TransitOperators,),
            (FreightOperators,),
            (StationDevelopers,),
            (ShipOwners,),
            (Recyclers,),
            (Builders,),
        ):
            built = opening_set(kind, self, self.parameters, self.run_seed, first, *size)
            first += built.size
            sets.append(built)
        self._sets = tuple(sets)
        self._by_kind: dict[type[Any], Any] = {type(agents): agents for agents in sets}
        for agents in self._sets:
            self._agents_by_type[agents.agent_type] = agents

    def _situation(self, spent_this_year: Array) -> Situation:
        """What agents know in the month as it stands."""
        return Situation(
            month=self.month,
            seed=self.run_seed,
            parameters=self.parameters,
            levers=self.levers,
            stocks=self.published,
            spent_this_year=spent_this_year,
            ledger=self.ledger,
            law=self.law,
            structures=self.structures,
            kernels=self.kernels,
            threads=self.threads,
        )

    def _set_of(self, kind: type[Any]) -> Any:
        return self._by_kind[kind]

    def _constants(self) -> dict[str, Array | float]:
        """Parameters and initial stocks for the stock-flow model, by the names that it has."""
        constants: dict[str, Array | float] = {
            name: self.parameters[name] for name in self.coupling.constants
        }
        constants["initial_private_cars"] = initial_private_cars(self.parameters)
        operators = self._set_of(TransitOperators)
        constants["initial_transit_vehicles"] = operators.fleet().astype(np.float64)
        constants["initial_transit_vehicles_by_age"] = initial_fleets_by_age(operators)
        constants["initial_recycling_capacity"] = self._set_of(Recyclers).capacity_by_kind()
        constants["initial_programmes_delivered"] = programmes.opening_levels(self.parameters)
        inputs = self.coupling.exogenous.numbers(self.situation)
        constants |= self.coupling.exogenous_layout.views(inputs)
        return constants


MONTH_PLAN = (
    ("policy of the month", TransitionModel.read_policy),
    ("publish stocks", TransitionModel.publish_stocks),
    ("agents decide", TransitionModel.let_agents_decide),
    ("ledger", TransitionModel.close_ledger),
    ("checks", TransitionModel.check_ledger),
    ("stocks step", TransitionModel.step_stocks),
    ("record", TransitionModel.record),
)
"""The month, in order."""
