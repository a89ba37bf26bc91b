"""Builders: developers and contractors that share out the city's floor starts.

How much is started follows the property market and is given from outside. Builders decide how
green, by which method, with which materials they build, what they retrofit, and where their waste
goes. Rules bind a share of the floor; the rest follows cost, peers and experience.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.builder_terms import (
    builder_constants,
    builder_terms,
    duties_of_month,
    places_in_ledger,
)
from transition_model.agents.columns import ColumnarAgentSet, RowAgent
from transition_model.agents.situation import Situation
from transition_model.behaviour import building_retrofit as retrofit
from transition_model.behaviour import construction_waste_delivery as delivery
from transition_model.behaviour import green_building as building
from transition_model.behaviour import rooftop_solar as solar
from transition_model.behaviour.capacity_investment import interest_subsidy
from transition_model.behaviour.green_loans import interest_of_month
from transition_model.calendar import MONTHS_PER_YEAR, Month
from transition_model.compilation import Fields
from transition_model.dimensions import dimension
from transition_model.instruments import load_instruments
from transition_model.kernels import builders as kernels
from transition_model.kernels.records import Records
from transition_model.parameters import ParameterValues, place_on_path
from transition_model.policy.buildings import BuildingTerms, building_terms
from transition_model.policy.finance import green_loan_terms
from transition_model.random_streams import normal, uniform

type Array = NDArray[np.float64]

CHOICES = kernels.CHOICES
OPENING_MONTH = Month.parse("2020-01")
_COLUMNS_OF_CHOICES = tuple(
    (f"{choice}_inclination", f"{choice}_habit", f"{choice}_experience") for choice in CHOICES
)


class Builder(RowAgent):
    """A developer or contractor.

    Its columns: ``starts_share`` (of the city's floor starts), ``group`` (its peers); for each of
    the choices green, high_star, low_energy, prefabricated and green_material
    ``<choice>_inclination`` (log odds without benefit and peers), ``<choice>_habit`` (share of its
    recent starts; high stars and low energy as a share of the green ones) and
    ``<choice>_experience`` (m2 so far); ``solar_pipeline`` (GW planned on roofs, by months until
    the panels are ordered); ``delivery_inclination`` (log odds) and ``delivery_share`` (of its
    construction waste); ``interest_discount`` (public money toward the interest on loans for
    retrofits, yuan/month).
    """


class Builders(ColumnarAgentSet[Builder]):
    """All builders."""

    _given: tuple[ParameterValues, Fields, Records] | None = None

    @classmethod
    def build(cls, model: Any, parameters: ParameterValues, seed: int, first_id: int = 1) -> Self:
        """Make the builders as of the opening month.

        Parameters
        ----------
        model
            The Mesa model.
        parameters
            Declared values under the scenario's overrides.
        seed
            Seed of the run; the same seed makes the same builders.
        first_id
            ``unique_id`` of the first builder.
        """
        agents = np.arange(round(parameters.scalar("builder_agents")))
        spread = parameters.scalar("builder_size_spread")
        weight = np.exp(spread * normal(seed, "builder: size", agents, 0))
        size = weight / weight.sum()
        groups = round(parameters.scalar("builder_peer_groups"))
        draw = uniform(seed, "builder: peer group", agents, 0)
        columns = {
            "starts_share": size,
            "group": np.floor(draw * groups).astype(np.int64),
            "solar_pipeline": np.zeros((len(agents), round(parameters.scalar("solar_roof_delay")))),
            "interest_discount": np.zeros(len(agents)),
            "delivery_inclination": _deviation(parameters, "delivery", seed, agents),
            "delivery_share": np.full(
                len(agents), parameters.scalar("construction_waste_delivery_initial")
            ),
        }
        for choice in CHOICES:
            columns[f"{choice}_inclination"] = _mean_inclination(parameters, choice) + _deviation(
                parameters, choice, seed, agents
            )
            columns[f"{choice}_habit"] = np.full(
                len(agents), parameters.scalar(f"builder_{choice}_initial_share")
            )
            columns[f"{choice}_experience"] = size * parameters.scalar(
                f"builder_{choice}_initial_floor"
            )
        return cls(Builder, model, columns, first_id)

    def decide(self, situation: Situation) -> None:
        """Decide for one month on its opening state, and write the ledger."""
        if situation.kernels == "compiled":
            self._decide_compiled(situation)
        else:
            self._decide_with_numpy(situation)

    # -- compiled ----------------------------------------------------------------------------
    def _decide_compiled(self, situation: Situation) -> None:
        if self._given is None or self._given[0] is not situation.parameters:
            constants = builder_constants(situation.parameters)
            self._given = situation.parameters, tuple(self._builders()), constants
        _, columns, constants = self._given
        kernels.decide(
            columns,
            constants,
            builder_terms(situation),
            duties_of_month(situation),
            float(situation.stocks["construction_waste_dumped_per_month"]),
            place_on_path(situation.month),
            situation.ledger.numbers,
            places_in_ledger(),
        )

    def _builders(self) -> kernels.Builders:
        columns = self.columns
        choices = [
            kernels.Choice(columns[inclination], columns[habit], columns[experience])
            for inclination, habit, experience in _COLUMNS_OF_CHOICES
        ]
        return kernels.Builders(
            columns["starts_share"],
            columns["group"],
            columns["solar_pipeline"],
            columns["interest_discount"],
            columns["delivery_inclination"],
            columns["delivery_share"],
            tuple(choices),
        )

    # -- with numpy, the reference -----------------------------------------------------------
    def _decide_with_numpy(self, situation: Situation) -> None:
        levers, parameters = situation.levers, situation.parameters
        terms = building_terms(
            situation.law, situation.month, parameters, levers["green_building_bonus"]
        )
        started = parameters.scalar("builder_floor_starts", situation.month) / MONTHS_PER_YEAR
        area = started * self.columns["starts_share"]
        award = terms.high_star_award * parameters.scalar("builder_bonus_award_share")
        low_energy_award = terms.low_energy_award * parameters.scalar("low_energy_award_share")
        components = terms.component_subsidy * parameters.scalar("component_subsidy_share")
        # All choices read last month's habits and experience before any of them is written.
        green = building.bound_or_voluntary(
            levers["green_building_mandate"], self._voluntary(situation, "green")
        )
        high_star = self._voluntary(situation, "high_star", award)
        low_energy = self._voluntary(situation, "low_energy", low_energy_award)
        prefabricated = building.bound_or_voluntary(
            levers["prefabrication_requirement"],
            self._voluntary(situation, "prefabricated", components),
        )
        material = building.bound_or_voluntary(
            levers["green_material_requirement"], self._voluntary(situation, "green_material")
        )
        stars = building.with_low_energy(high_star, low_energy)
        levels = building.level_shares(green, stars)
        ledger = situation.ledger
        ledger.add("building_starts_per_month", building.floor_started(area, levels, prefabricated))
        ledger.add("green_material_starts_per_month", float(area @ material))
        # A low-energy building wins its own award, not that of its stars besides.
        paid = (
            award * green * high_star * (1.0 - low_energy) + low_energy_award * green * low_energy
        )
        self._pay(
            "green_building_bonus", float(area @ (paid + components * prefabricated)), situation
        )
        self._remember(situation, "green", area, green, green)
        self._remember(situation, "high_star", area, high_star, green * stars)
        self._remember(situation, "low_energy", area, low_energy, green * low_energy)
        self._remember(situation, "prefabricated", area, prefabricated, prefabricated)
        self._remember(situation, "green_material", area, material, material)
        self._plan_solar(situation, terms, area)
        self._retrofit(situation, terms)
        self._deliver_waste(situation)

    def _voluntary(self, situation: Situation, choice: str, bonus: float = 0.0) -> Array:
        """Share of unbound floor for which each builder makes a choice, shape (n,).

        Parameters
        ----------
        situation
            The month.
        choice
            One of :data:`CHOICES`.
        bonus
            Expected public money for it, yuan/m2.
        """
        parameters, columns = situation.parameters, self.columns
        learned = building.learning_factor(
            float(columns[f"{choice}_experience"].sum()),
            parameters.scalar(f"builder_{choice}_initial_floor"),
            parameters.scalar(f"builder_{choice}_learning_rate"),
        )
        cost = parameters.scalar(f"builder_{choice}_cost_premium") * learned
        peers = building.peer_share(
            columns[f"{choice}_habit"], columns["starts_share"], columns["group"]
        )
        return building.adoption_probability(
            parameters.scalar(f"builder_{choice}_price_premium") + bonus - cost,
            parameters.scalar("builder_cost_sensitivity"),
            peers,
            parameters.scalar(f"builder_{choice}_peer_weight"),
            columns[f"{choice}_inclination"],
        )

    def _remember(
        self, situation: Situation, choice: str, area: Array, share: Array, share_of_floor: Array
    ) -> None:
        """Take this month's choice into habit and experience."""
        memory = situation.parameters.scalar("builder_habit_memory")
        habit = self.columns[f"{choice}_habit"]
        habit += (share - habit) / memory
        self.columns[f"{choice}_experience"] += area * share_of_floor

    def _plan_solar(self, situation: Situation, terms: BuildingTerms, area: Array) -> None:
        """Order the panels whose roofs have come up, and plan those on the floor now started."""
        parameters, pipeline = situation.parameters, self.columns["solar_pipeline"]
        situation.ledger.add("roof_solar_starts_per_month", float(pipeline[:, 0].sum()))
        covered = solar.covered_share(
            terms.solar_roof_share,
            parameters.scalar("solar_roof_compliance"),
            parameters.scalar("solar_roof_voluntary"),
        )
        pipeline[:, :-1] = pipeline[:, 1:]
        pipeline[:, -1] = solar.solar_capacity(
            area,
            parameters.scalar("solar_roof_for_floor"),
            covered,
            parameters.scalar("solar_roof_density"),
        )

    def _retrofit(self, situation: Situation, terms: BuildingTerms) -> None:
        """Hand over the floor retrofitted, subsidies, and the interest discount on its loans.

        Owners of housing and of public buildings are one mean owner each.
        """
        parameters = situation.parameters
        loan = parameters.array("retrofit_cost") * parameters.scalar("retrofit_debt_share")
        lent = green_loan_terms(situation.law, situation.levers, situation.month, parameters)
        term = parameters.scalar("retrofit_loan_term")
        interest = interest_subsidy(loan, lent.discount, term)
        eligible = parameters.array("retrofit_eligible_share")
        pace = parameters.array("retrofit_floor", situation.month) / MONTHS_PER_YEAR
        alone = retrofit.retrofitted(
            (1.0 - eligible) * pace, self._willing(situation, interest), self._willing(situation)
        )
        subsidised = retrofit.retrofitted(
            eligible * pace,
            self._willing(situation, interest + terms.retrofit_subsidy),
            self._willing(situation),
        )
        floor = alone + subsidised
        situation.ledger.add("building_retrofits_per_month", float(floor.sum()))
        self._pay("building_retrofit", float(subsidised @ terms.retrofit_subsidy), situation)
        self.columns["interest_discount"][:] = interest_of_month(
            self.columns["interest_discount"],
            float(floor @ loan) * self.columns["starts_share"],
            lent.subsidy,
            term,
        )
        self._pay("loan_interest", float(self.columns["interest_discount"].sum()), situation)

    def _willing(self, situation: Situation, relief: Array | float = 0.0) -> Array:
        """Share of owners, by use of the building, who accept the payback, shape (uses,)."""
        parameters = situation.parameters
        cost = parameters.array("retrofit_cost")
        years = retrofit.payback(
            cost, np.broadcast_to(relief, cost.shape), parameters.array("retrofit_money_saved")
        )
        willing: Array = retrofit.willing_share(
            years,
            parameters.array("retrofit_tolerated_payback"),
            parameters.array("retrofit_payback_sensitivity"),
        )
        return willing

    def _deliver_waste(self, situation: Situation) -> None:
        """Move each builder toward what duty and cost make of it; hand over the city's share."""
        parameters, levers, columns = situation.parameters, situation.levers, self.columns
        advantage = delivery.cost_advantage(
            levers["construction_waste_fee"],
            parameters.scalar("dumping_transport_cost"),
            float(
                parameters.array("recycler_gate_fee")[
                    dimension("recycler_kind").index("construction")
                ]
            ),
            parameters.scalar("delivery_cost"),
        )
        target = delivery.delivered(
            levers["construction_waste_delivery_mandate"],
            self._delivery_probability(situation, advantage, "delivery_compliance_constant"),
            self._delivery_probability(situation, advantage, "delivery_voluntary_constant"),
        )
        share = columns["delivery_share"]
        share += (target - share) / parameters.scalar("delivery_adjustment_time")
        situation.ledger.set_share(
            "construction_waste_delivery_share", float(columns["starts_share"] @ share)
        )
        situation.ledger.add_at(
            "public_revenue_per_month",
            "construction_waste_fee",
            levers["construction_waste_fee"]
            * max(float(situation.stocks["construction_waste_dumped_per_month"]), 0.0),
        )

    def _delivery_probability(self, situation: Situation, advantage: float, constant: str) -> Array:
        """Share that is delivered at a cost advantage in yuan/t, shape (n,)."""
        parameters = situation.parameters
        return delivery.delivery_probability(
            advantage,
            parameters.scalar("delivery_cost_sensitivity"),
            parameters.scalar(constant) + self.columns["delivery_inclination"],
        )

    def _pay(self, programme: str, amount: float, situation: Situation) -> None:
        """Hand over public money paid, yuan."""
        situation.ledger.add_at("subsidy_spending_per_month", programme, amount)


def _mean_inclination(parameters: ParameterValues, choice: str) -> float:
    """Log odds that give the voluntary share of the opening at the cost and peers of then."""
    subsidy = _opening_subsidy(parameters) if choice == "prefabricated" else 0.0
    return building.inclination_toward(
        parameters.scalar(f"builder_{choice}_voluntary_share"),
        parameters.scalar(f"builder_{choice}_price_premium")
        + subsidy
        - parameters.scalar(f"builder_{choice}_cost_premium"),
        parameters.scalar("builder_cost_sensitivity"),
        parameters.scalar(f"builder_{choice}_initial_share"),
        parameters.scalar(f"builder_{choice}_peer_weight"),
    )


def _opening_subsidy(parameters: ParameterValues) -> float:
    """Expected subsidy of prefabrication under the published law of the opening, yuan/m2.

    The opening share was seen under it, whatever law a scenario makes.
    """
    terms = building_terms(load_instruments(), OPENING_MONTH, parameters)
    return terms.component_subsidy * parameters.scalar("component_subsidy_share")


def _deviation(
    parameters: ParameterValues, choice: str, seed: int, agents: NDArray[np.int64]
) -> Array:
    """Each builder's log odds for a choice against the mean builder's, shape (n,)."""
    spread = parameters.scalar("builder_inclination_spread")
    return spread * normal(seed, f"builder: {choice} inclination", agents, 0)
