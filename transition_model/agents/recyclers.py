"""Recyclers: six kinds of formal plants; their informal rivals are a bidder for each kind.

A month of a plant: it learns the price and its own margin, bids for waste, closes if it has lost
money for too long, takes finished projects into service, and orders a new one if its expected cash
exceeds the hurdle while it is nearly full. Scrap collectors also widen or narrow their network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.columns import ColumnarAgentSet, RowAgent
from transition_model.agents.recycler_terms import constants_of, paths_of_month, terms_of_month
from transition_model.agents.situation import Situation
from transition_model.behaviour import capacity_investment as investment
from transition_model.behaviour import material_collection as collection
from transition_model.behaviour import recycling_bids as bids
from transition_model.behaviour.green_loans import interest_of_month
from transition_model.calendar import MONTHS_PER_YEAR, Month
from transition_model.compilation import Fields
from transition_model.dimensions import dimension
from transition_model.instruments import load_instruments
from transition_model.kernels import recyclers as kernel
from transition_model.kernels.records import Records
from transition_model.parameters import ParameterValues
from transition_model.policy.finance import green_loan_terms, loan_terms_of_month
from transition_model.policy.recycling import RecyclingTerms, recycling_terms
from transition_model.random_streams import normal, uniform

type Array = NDArray[np.float64]

OPENING_MONTH = Month.parse("2020-01")


class Recycler(RowAgent):
    """A formal recycling plant, or a firm of scrap collectors.

    Its columns: ``kind`` (place in the dimension recycler_kind), ``capacity`` and ``plant_size``
    (t/year), ``pipeline`` (t/year by months to commissioning), ``announced_weight`` (share of its
    kind's announced projects), ``cost_factor``, ``hurdle_factor``, ``construction_months``,
    ``patience_months``, ``value_expectation`` and ``bid`` (yuan/t), ``margin_expectation`` (yuan a
    year for a tonne a year of capacity), ``months_in_the_red``, ``collection_share`` (by material,
    scrap collectors only), ``opening_relief`` (of its kind, share of the value) and
    ``opening_refund`` (share of the tax paid) under the law of the opening,
    ``scrappage_money_seen`` (yuan), ``interest_discount`` (public money
    toward the interest on its loans, yuan/month). Expectations are NaN until the first month.
    """


@dataclass(frozen=True, slots=True)
class _Terms:
    """Terms of trade of the month, for each kind: yuan/t, shape (kinds,)."""

    value: Array
    gate_fee: Array
    processing_cost: Array
    transport_cost: Array
    target_margin: Array
    fixed_cost: Array
    relief: Array

    @classmethod
    def of(cls, situation: Situation, rules: RecyclingTerms, opening_refund: Array) -> _Terms:
        parameters, month = situation.parameters, situation.month
        required_content = situation.levers["recycled_content_requirement"]
        demand = 1.0 + required_content * parameters.array("recycler_recycled_content_response")
        value = _value(parameters, month) * demand
        return cls(
            value=value,
            gate_fee=parameters.array("recycler_gate_fee"),
            processing_cost=parameters.array("recycler_processing_cost"),
            transport_cost=parameters.array("recycler_transport_cost"),
            target_margin=parameters.array("recycler_target_margin"),
            fixed_cost=parameters.array("recycler_fixed_cost"),
            relief=_relief(parameters, rules, value, rules.refund_share - opening_refund),
        )


class Recyclers(ColumnarAgentSet[Recycler]):
    """All formal recyclers."""

    _given: tuple[ParameterValues, Records, Fields] | None = None

    @classmethod
    def build(cls, model: Any, parameters: ParameterValues, seed: int, first_id: int = 1) -> Self:
        """Make the plants as of the opening month.

        Parameters
        ----------
        model
            The Mesa model.
        parameters
            Declared values under the scenario's overrides.
        seed
            Seed of the run; the same seed makes the same plants.
        first_id
            ``unique_id`` of the first plant.
        """
        counts = np.rint(parameters.array("recycler_agents")).astype(np.int64)
        kind = np.repeat(np.arange(len(counts)), counts)
        size = _plant_sizes(parameters, seed, kind)
        delay = _construction_months(parameters, seed, len(kind))
        materials = len(dimension("material"))
        is_collector = kind == dimension("recycler_kind").index("scrap")
        reference = parameters.array("material_collection_reference")
        # The shares of the record came about under the published law, whatever a scenario makes.
        rules = recycling_terms(load_instruments(), OPENING_MONTH, parameters)
        value = _value(parameters, OPENING_MONTH)
        opening_relief = _relief(parameters, rules, value, np.zeros(len(value))) / value
        columns = {
            "kind": kind,
            "capacity": size.copy(),
            "plant_size": size,
            "pipeline": np.zeros((len(kind), int(delay.max()))),
            "announced_weight": _announced_weights(seed, kind),
            "cost_factor": _spread(parameters, "recycler_cost_spread", seed, len(kind)),
            "hurdle_factor": _spread(parameters, "recycler_hurdle_spread", seed, len(kind)),
            "construction_months": delay,
            "patience_months": _patience_months(parameters, seed, len(kind)),
            "value_expectation": np.full(len(kind), np.nan),
            "margin_expectation": np.full(len(kind), np.nan),
            "bid": np.zeros(len(kind)),
            "months_in_the_red": np.zeros(len(kind)),
            "collection_share": np.where(is_collector[:, None], reference, np.zeros(materials)),
            "opening_relief": opening_relief[kind],
            "opening_refund": rules.refund_share[kind],
            "scrappage_money_seen": np.full(len(kind), np.nan),
            "interest_discount": np.zeros(len(kind)),
        }
        return cls(Recycler, model, columns, first_id)

    def capacity_by_kind(self) -> Array:
        """Capacity at work, t/year, shape (kinds,): equals the stock of that name."""
        return _by_kind(self.columns["kind"], self.columns["capacity"])

    def pipeline_by_kind(self) -> Array:
        """Capacity under construction, t/year, shape (kinds,), announced projects left out."""
        return _by_kind(self.columns["kind"], self.columns["pipeline"].sum(axis=1))

    def decide(self, situation: Situation) -> None:
        """Decide for one month on its opening state, and write the ledger."""
        if situation.kernels == "numpy":
            self._decide_in_numpy(situation)
            return
        constants, plants = self._of_the_run(situation.parameters)
        loan = loan_terms_of_month(situation)
        stocks = situation.stocks
        opening = (
            stocks["recycling_throughput_per_month"],
            stocks["recycling_inflow_per_month"],
            stocks["public_money_spent"],
        )
        kernel.decide(
            plants,
            constants,
            terms_of_month(situation),
            paths_of_month(situation),
            loan.discount,
            loan.subsidy,
            opening,
            situation.ledger.numbers,
        )

    def _of_the_run(self, parameters: ParameterValues) -> tuple[Records, Fields]:
        """What the kernel is given in every month of a run."""
        if self._given is None or self._given[0] is not parameters:
            constants = constants_of(
                parameters, self._of_kind("opening_refund"), self._of_kind("opening_relief")
            )
            named = tuple(self.columns[name] for name in kernel.Plants._fields)
            self._given = parameters, constants, named
        return self._given[1:]

    def _decide_in_numpy(self, situation: Situation) -> None:
        rules = recycling_terms(situation.law, situation.month, situation.parameters)
        terms = _Terms.of(situation, rules, self._of_kind("opening_refund"))
        self._bid(situation, terms)
        utilisation = self._utilisation(situation, terms)
        self._learn_margin(situation, terms, utilisation)
        required = self._required_cash(situation)
        self._write_formal_share(situation, terms, rules)
        self._write_collection_share(situation, terms, required)
        ordered = self._orders(situation, required, utilisation)
        self._write_public_money(situation, ordered)
        self._write_money_of_rules(situation, terms, rules)
        self._change_capacity(situation, ordered)

    # -- prices ------------------------------------------------------------------------------
    def _bid(self, situation: Situation, terms: _Terms) -> None:
        """Learn the value of a tonne and bid for it; who takes a gate fee pays nothing."""
        columns, kind = self.columns, self.columns["kind"]
        memory = situation.parameters.array("recycler_price_memory")[kind]
        columns["value_expectation"][:] = investment.adapted(
            columns["value_expectation"], (terms.value + terms.relief)[kind], memory
        )
        bid = bids.formal_bid(
            columns["value_expectation"],
            terms.processing_cost[kind] * columns["cost_factor"],
            terms.transport_cost[kind],
            terms.target_margin[kind],
        )
        columns["bid"][:] = np.where(terms.gate_fee[kind] > 0.0, 0.0, bid)

    def _attraction(self, situation: Situation, terms: _Terms) -> Array:
        sensitivity = situation.parameters.scalar("recycling_channel_sensitivity")
        value = terms.value[self.columns["kind"]]
        return bids.attraction(self.columns["bid"], value, sensitivity)

    def _utilisation(self, situation: Situation, terms: _Terms) -> Array:
        """Share of each plant's capacity in use, from what its kind treated, shape (n,)."""
        kind, capacity = self.columns["kind"], self.columns["capacity"]
        throughput = situation.stocks["recycling_throughput_per_month"] * MONTHS_PER_YEAR
        weight = self._attraction(situation, terms)
        utilisation = np.zeros(len(kind))
        for place, treated in enumerate(throughput):
            own = kind == place
            utilisation[own] = bids.utilisation_by_bid(capacity[own], weight[own], float(treated))
        return utilisation

    def _learn_margin(self, situation: Situation, terms: _Terms, utilisation: Array) -> None:
        """Take this month's cash into the expectation."""
        columns, kind = self.columns, self.columns["kind"]
        margin = (
            (terms.value + terms.relief + terms.gate_fee - terms.transport_cost)[kind]
            - terms.processing_cost[kind] * columns["cost_factor"]
            - columns["bid"]
        )
        cash = investment.operating_cash(utilisation, margin, terms.fixed_cost[kind])
        memory = situation.parameters.scalar("recycler_expectation_memory")
        expected = investment.adapted(columns["margin_expectation"], cash, memory)
        columns["margin_expectation"][:] = expected
        columns["months_in_the_red"][:] = investment.months_in_the_red(
            columns["months_in_the_red"], expected
        )

    # -- who wins the waste ------------------------------------------------------------------
    def _write_formal_share(
        self, situation: Situation, terms: _Terms, rules: RecyclingTerms
    ) -> None:
        """Hand over the formal share of each kind: 1 where there is no informal rival."""
        share = self._share_by_price(situation, terms, rules)
        vehicle = dimension("recycler_kind").index("vehicle")
        share[vehicle] = bids.with_certificates(
            float(share[vehicle]),
            self._scrappage_payment(situation),
            situation.parameters.scalar("scrappage_certificate_scale"),
        )
        situation.ledger.set_share("formal_share", share)

    def _share_by_price(self, situation: Situation, terms: _Terms, rules: RecyclingTerms) -> Array:
        """Formal share that the bids alone would give, shape (kinds,)."""
        parameters = situation.parameters
        sensitivity = parameters.scalar("recycling_channel_sensitivity")
        rivalled = parameters.array("informal_premium") > 0.0
        premium = parameters.array("informal_premium")[rivalled]
        value = terms.value[rivalled]
        constant = bids.channel_constant(
            parameters.array("formal_share_reference")[rivalled],
            sensitivity,
            premium,
            parameters.scalar("formal_share_reference_enforcement"),
            self._of_kind("opening_relief")[rivalled],
        )
        pull = np.zeros(len(rivalled))
        pull[dimension("recycler_kind").index("battery")] = self._battery_pull(
            situation, terms, rules
        )
        informal = bids.informal_bid(
            np.maximum(self._mean_by_kind(self.columns["bid"]) - terms.relief, 0.0)[rivalled],
            value,
            premium,
            rules.certificate * situation.levers["formal_channel_enforcement"],
        )
        share = np.ones(len(rivalled))
        share[rivalled] = bids.formal_share(
            self._mean_by_kind(self._attraction(situation, terms))[rivalled],
            bids.attraction(informal, value, sensitivity),
            constant + pull[rivalled],
        )
        return share

    def _battery_pull(self, situation: Situation, terms: _Terms, rules: RecyclingTerms) -> float:
        """Log odds for the formal channel of batteries, as vehicles must be whole."""
        parameters, kinds = situation.parameters, dimension("recycler_kind")
        vehicle = self._mean_by_kind(self.columns["bid"])[kinds.index("vehicle")]
        return bids.battery_pull(
            float(vehicle)
            * parameters.scalar("end_of_life_vehicle_mass")
            * parameters.scalar("incomplete_vehicle_deduction"),
            float(terms.value[kinds.index("battery")])
            * parameters.scalar("battery_mass_of_scrapped_vehicle"),
            parameters.scalar("recycling_channel_sensitivity"),
            rules.battery_rule,
            parameters.scalar("batteries_retired_with_vehicle"),
        )

    def _scrappage_payment(self, situation: Situation) -> float:
        """Public money paid since last month for each vehicle scrapped, yuan."""
        seen = self.columns["scrappage_money_seen"]
        programme = dimension("subsidy_programme").index("car_scrappage")
        spent = float(situation.stocks["public_money_spent"][programme])
        paid = 0.0 if np.isnan(seen[0]) else max(spent - float(seen[0]), 0.0)
        seen[:] = spent
        vehicle = dimension("recycler_kind").index("vehicle")
        mass = float(situation.stocks["recycling_inflow_per_month"][vehicle])
        vehicles = mass / situation.parameters.scalar("end_of_life_vehicle_mass")
        return paid / vehicles if vehicles > 0.0 else 0.0

    def _write_collection_share(self, situation: Situation, terms: _Terms, required: Array) -> None:
        """Move each collector's network toward its target and hand over the city's shares."""
        parameters, levers, columns = situation.parameters, situation.levers, self.columns
        own = columns["kind"] == dimension("recycler_kind").index("scrap")
        campaign = levers["green_campaign"] - parameters.scalar("collection_reference_campaign")
        scrap = dimension("recycler_kind").index("scrap")
        push = (
            parameters.scalar("collection_response_to_price")
            * collection.price_signal(float(terms.relief[scrap]), float(terms.value[scrap]))
            + parameters.scalar("collection_response_to_profit")
            * collection.profitability(columns["margin_expectation"][own], required[own])
            + parameters.scalar("collection_response_to_grant")
            * levers["recycling_investment_grant"]
            + parameters.scalar("collection_response_to_campaign") * campaign
            + parameters.scalar("collection_response_to_recycled_content")
            * levers["recycled_content_requirement"]
        )
        target = collection.collection_target(
            parameters.array("material_collection_reference"), push
        )
        share = collection.approached(
            columns["collection_share"][own],
            target,
            parameters.scalar("collection_adjustment_time"),
        )
        columns["collection_share"][own] = share
        situation.ledger.set_share(
            "material_collection_share", np.average(share, 0, columns["plant_size"][own])
        )

    # -- capacity ----------------------------------------------------------------------------
    def _required_cash(self, situation: Situation) -> Array:
        """Cash a year that a tonne a year of new capacity must bring, yuan/t, shape (n,)."""
        parameters, kind = situation.parameters, self.columns["kind"]
        rate = investment.hurdle_with_loan(
            parameters.array("recycler_hurdle_rate")[kind] * self.columns["hurdle_factor"],
            green_loan_terms(situation.law, situation.levers, situation.month, parameters).discount,
            parameters.scalar("recycler_debt_share"),
        )
        return investment.required_cash(
            parameters.array("recycler_outlay")[kind],
            situation.levers["recycling_investment_grant"],
            rate,
            parameters.scalar("recycler_plant_life"),
        )

    def _orders(self, situation: Situation, required: Array, utilisation: Array) -> Array:
        """Capacity ordered this month, t/year, shape (n,)."""
        parameters, columns, kind = situation.parameters, self.columns, self.columns["kind"]
        announced = parameters.array("recycler_announced_capacity", situation.month)
        perceived = investment.perceived_utilisation(
            utilisation,
            self.capacity_by_kind()[kind],
            (self.pipeline_by_kind() + announced)[kind],
            parameters.scalar("recycler_attention_to_rivals"),
        )
        invests = investment.invests(
            columns["margin_expectation"],
            required,
            perceived,
            parameters.scalar("recycler_utilisation_threshold"),
            columns["pipeline"].sum(axis=1) > 0.0,
        )
        size = np.maximum(columns["capacity"], columns["plant_size"])
        step = parameters.array("recycler_expansion_step")[kind]
        return np.where(invests, step * size, 0.0)

    def _write_public_money(self, situation: Situation, ordered: Array) -> None:
        """Hand over grants, and the interest discount on the loans taken for the rest."""
        parameters, levers = situation.parameters, situation.levers
        outlay = parameters.array("recycler_outlay")[self.columns["kind"]] * ordered
        grant = outlay * levers["recycling_investment_grant"]
        interest = interest_of_month(
            self.columns["interest_discount"],
            (outlay - grant) * parameters.scalar("recycler_debt_share"),
            green_loan_terms(situation.law, levers, situation.month, parameters).subsidy,
            parameters.scalar("recycler_loan_term"),
        )
        self.columns["interest_discount"][:] = interest
        programmes = dimension("subsidy_programme")
        money = np.zeros(len(programmes))
        money[programmes.index("recycling_grant")] = grant.sum()
        money[programmes.index("loan_interest")] = interest.sum()
        situation.ledger.add("subsidy_spending_per_month", money)

    def _write_money_of_rules(
        self, situation: Situation, terms: _Terms, rules: RecyclingTerms
    ) -> None:
        """Hand over what was paid for the tonnes treated last month, and for campaigns."""
        parameters, ledger = situation.parameters, situation.ledger
        treated = np.maximum(situation.stocks["recycling_throughput_per_month"], 0.0)
        spending = "subsidy_spending_per_month"
        ledger.add_at(spending, "electronic_waste", float(treated @ rules.treatment_money))
        tax = parameters.scalar("recycler_tax_share") * terms.value
        ledger.add_at(spending, "tax_refund", float(treated @ (tax * rules.refund_share)))
        ledger.add_at(
            spending,
            "waste_sorting",
            situation.levers["green_campaign"]
            * parameters.scalar("campaign_cost_of_full_reach")
            / MONTHS_PER_YEAR,
        )

    def _change_capacity(self, situation: Situation, ordered: Array) -> None:
        """Close, commission and order; hand over what opens and closes."""
        columns, kind, pipeline = self.columns, self.columns["kind"], self.columns["pipeline"]
        announced = situation.parameters.array("recycler_announced_capacity", situation.month)
        commissioned = (
            pipeline[:, 0] + announced[kind] * columns["announced_weight"] / MONTHS_PER_YEAR
        )
        gives_up = (columns["months_in_the_red"] >= columns["patience_months"]) & (
            pipeline.sum(axis=1) == 0.0
        )
        closed = np.where(gives_up, columns["capacity"], 0.0)
        columns["capacity"][:] = columns["capacity"] - closed + commissioned
        columns["months_in_the_red"][gives_up] = 0.0
        pipeline[:, :-1] = pipeline[:, 1:]
        pipeline[:, -1] = 0.0
        pipeline[np.arange(len(kind)), columns["construction_months"] - 1] += ordered
        ledger = situation.ledger
        ledger.add("recycling_capacity_commissioned_per_month", _by_kind(kind, commissioned))
        ledger.add("recycling_capacity_closed_per_month", _by_kind(kind, closed))

    def _of_kind(self, column: str) -> Array:
        """A column that is the same for all plants of a kind, shape (kinds,); 0 without plants."""
        found = np.zeros(len(dimension("recycler_kind")))
        found[self.columns["kind"]] = self.columns[column]
        return found

    def _mean_by_kind(self, values: Array) -> Array:
        """Mean over a kind's plants, weighted with capacity; 0 where there is none."""
        capacity = self.capacity_by_kind()
        total = _by_kind(self.columns["kind"], values * self.columns["capacity"])
        return np.divide(total, capacity, out=np.zeros(len(capacity)), where=capacity > 0.0)


def _value(parameters: ParameterValues, month: Month) -> Array:
    """Value of the products of a tonne without a content requirement, yuan/t, shape (kinds,)."""
    return parameters.array("recycler_product_price", month) * parameters.array("recycler_yield")


def _relief(
    parameters: ParameterValues, rules: RecyclingTerms, value: Array, refund_gained: Array
) -> Array:
    """What rules for formal plants are worth, yuan/t, shape (kinds,)."""
    return bids.relief_of_rules(
        rules.treatment_money,
        parameters.scalar("treatment_money_seen"),
        value,
        parameters.scalar("recycler_tax_share"),
        refund_gained,
        rules.invoiced_share,
        parameters.scalar("reverse_invoice_saving"),
    )


def _by_kind(kind: NDArray[np.int64], values: Array) -> Array:
    """Sum over the plants of each kind, shape (kinds,)."""
    return np.bincount(kind, values, minlength=len(dimension("recycler_kind"))).astype(np.float64)


def _plant_sizes(parameters: ParameterValues, seed: int, kind: NDArray[np.int64]) -> Array:
    """Capacity of each plant, t/year: one large plant a kind, the rest by log-normal draws."""
    largest_share = parameters.array("recycler_largest_plant_share")
    draw = normal(seed, "recycler: plant size", np.arange(len(kind)), 0)
    weight = np.exp(parameters.scalar("recycler_size_spread") * draw)
    is_first = np.diff(kind, prepend=-1) > 0
    weight[is_first] = 0.0
    rest = np.divide(weight, _by_kind(kind, weight)[kind])
    share = np.where(is_first, largest_share[kind], rest * (1.0 - largest_share[kind]))
    return share * parameters.array("recycler_initial_capacity")[kind]


def _announced_weights(seed: int, kind: NDArray[np.int64]) -> Array:
    """Share of each plant in its kind's announced projects, shape (n,); sums to 1 in a kind."""
    draw = uniform(seed, "recycler: announced projects", np.arange(len(kind)), 0)
    return draw / _by_kind(kind, draw)[kind]


def _spread(parameters: ParameterValues, identifier: str, seed: int, count: int) -> Array:
    """Log-normal factors with median 1, shape (count,)."""
    draw = normal(seed, f"recycler: {identifier}", np.arange(count), 0)
    return np.exp(parameters.scalar(identifier) * draw)


def _construction_months(parameters: ParameterValues, seed: int, count: int) -> NDArray[np.int64]:
    return investment.construction_months(
        uniform(seed, "recycler: construction months", np.arange(count), 0),
        parameters.scalar("recycler_shortest_construction"),
        parameters.scalar("recycler_usual_construction"),
        parameters.scalar("recycler_longest_construction"),
    )


def _patience_months(parameters: ParameterValues, seed: int, count: int) -> Array:
    shortest = parameters.scalar("recycler_shortest_patience")
    longest = parameters.scalar("recycler_longest_patience")
    draw = uniform(seed, "recycler: patience", np.arange(count), 0)
    return shortest + (longest - shortest) * draw
