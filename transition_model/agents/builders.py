"""Builders: developers and contractors that share out the city's floor starts.

How much is started follows the property market and is given from outside. Builders decide how
green, by which method, with which materials they build, what they retrofit, and where their waste
goes. Rules bind a share of the floor; the rest follows cost, peers and experience.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.columns import ColumnarAgentSet, RowAgent
from transition_model.agents.situation import Situation
from transition_model.behaviour import construction_waste_delivery as delivery
from transition_model.behaviour import green_building as building
from transition_model.behaviour.green_loans import interest_of_month
from transition_model.calendar import MONTHS_PER_YEAR
from transition_model.dimensions import dimension
from transition_model.parameters import ParameterValues
from transition_model.random_streams import normal, uniform

type Array = NDArray[np.float64]

CHOICES = ("green", "high_star", "prefabricated", "green_material")


class Builder(RowAgent):
    """A developer or contractor.

    Its columns: ``starts_share`` (of the city's floor starts), ``group`` (its peers); for each of
    the choices green, high_star, prefabricated and green_material ``<choice>_inclination`` (log
    odds without benefit and peers), ``<choice>_habit`` (share of its recent starts; high stars as a
    share of the green ones) and ``<choice>_experience`` (m2 so far);
    ``delivery_inclination`` (log odds) and ``delivery_share`` (of its construction waste);
    ``interest_discount`` (public money toward the interest on loans for retrofits, yuan/month).
    """


class Builders(ColumnarAgentSet[Builder]):
    """All builders."""

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
        levers = situation.levers
        started = (
            situation.parameters.scalar("builder_floor_starts", situation.month) / MONTHS_PER_YEAR
        )
        area = started * self.columns["starts_share"]
        bonus = levers["green_building_bonus"] * situation.parameters.scalar(
            "builder_bonus_award_share"
        )
        # All choices read last month's habits and experience before any of them is written.
        green = building.bound_or_voluntary(
            levers["green_building_mandate"], self._voluntary(situation, "green")
        )
        high_star = self._voluntary(situation, "high_star", bonus)
        prefabricated = building.bound_or_voluntary(
            levers["prefabrication_requirement"], self._voluntary(situation, "prefabricated")
        )
        material = building.bound_or_voluntary(
            levers["green_material_requirement"], self._voluntary(situation, "green_material")
        )
        floor = building.floor_started(area, building.level_shares(green, high_star), prefabricated)
        ledger = situation.ledger
        ledger.add("building_starts_per_month", floor)
        ledger.add("green_material_starts_per_month", float(area @ material))
        high_star_floor = float(floor[dimension("green_level").index("high_star")].sum())
        self._pay("green_building_bonus", bonus * high_star_floor, situation)
        self._remember(situation, "green", area, green, green)
        self._remember(situation, "high_star", area, high_star, green * high_star)
        self._remember(situation, "prefabricated", area, prefabricated, prefabricated)
        self._remember(situation, "green_material", area, material, material)
        self._retrofit(situation)
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

    def _retrofit(self, situation: Situation) -> None:
        """Hand over the floor retrofitted, and the interest discount on the loans for it."""
        parameters = situation.parameters
        discount = situation.levers["green_loan_interest_discount"]
        base = parameters.scalar("retrofit_floor", situation.month) / MONTHS_PER_YEAR
        response = parameters.scalar("retrofit_interest_response")
        floor = building.retrofitted(base, response, discount)
        situation.ledger.add("building_retrofits_per_month", floor)
        loan = floor * parameters.scalar("retrofit_cost") * parameters.scalar("retrofit_debt_share")
        interest = interest_of_month(
            self.columns["interest_discount"],
            loan * self.columns["starts_share"],
            discount,
            parameters.scalar("retrofit_loan_term"),
        )
        self.columns["interest_discount"][:] = interest
        self._pay("loan_interest", float(interest.sum()), situation)

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
        programmes = dimension("subsidy_programme")
        money = np.zeros(len(programmes))
        money[programmes.index(programme)] = amount
        situation.ledger.add("subsidy_spending_per_month", money)


def _mean_inclination(parameters: ParameterValues, choice: str) -> float:
    """Log odds that give the voluntary share of the opening at the cost and peers of then."""
    return building.inclination_toward(
        parameters.scalar(f"builder_{choice}_voluntary_share"),
        parameters.scalar(f"builder_{choice}_price_premium")
        - parameters.scalar(f"builder_{choice}_cost_premium"),
        parameters.scalar("builder_cost_sensitivity"),
        parameters.scalar(f"builder_{choice}_initial_share"),
        parameters.scalar(f"builder_{choice}_peer_weight"),
    )


def _deviation(
    parameters: ParameterValues, choice: str, seed: int, agents: NDArray[np.int64]
) -> Array:
    """Each builder's log odds for a choice against the mean builder's, shape (n,)."""
    spread = parameters.scalar("builder_inclination_spread")
    return spread * normal(seed, f"builder: {choice} inclination", agents, 0)
