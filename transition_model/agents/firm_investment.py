"""Whether firms take their next efficiency measure, who pays for it, and what it changes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.firm_charges import Charges
from transition_model.agents.firm_columns import sums_by_sector
from transition_model.agents.firm_energy_price import Columns, EnergyPrice
from transition_model.agents.situation import Situation
from transition_model.behaviour import efficiency_investment
from transition_model.behaviour.green_loans import interest_of_month
from transition_model.calendar import MONTHS_PER_YEAR
from transition_model.dimensions import dimension
from transition_model.parameters import ParameterValues
from transition_model.policy import efficiency, finance
from transition_model.random_streams import uniform

type Array = NDArray[np.float64]
type Mask = NDArray[np.bool_]

KWH_PER_GWH = 1e6
_MONTHS_BETWEEN_DECISIONS = 3
_ONE_TCE = 1.0


def invest(
    columns: Columns,
    situation: Situation,
    price: EnergyPrice,
    charges: Charges,
    rows: NDArray[np.int64],
) -> None:
    """A third of the firms decides each month on its next measure; money and class follow."""
    alone, contract = _acceptances(columns, situation, price, charges)
    considered = _consideration(columns, situation)
    probability = considered * (1.0 - (1.0 - alone) * (1.0 - contract))
    turn = rows % _MONTHS_BETWEEN_DECISIONS == (situation.month.index % _MONTHS_BETWEEN_DECISIONS)
    draw = uniform(situation.seed, "efficiency_investment", rows, situation.month.index)
    adopts = turn & (draw < probability)
    _pay(columns, situation, adopts, efficiency_investment.under_contract(alone, contract))
    _adopt(columns, adopts)
    columns["catalogue_class"][:] = efficiency_investment.class_after(
        columns["catalogue_class"],
        columns["specific_energy"],
        columns["specific_energy_limit"],
        penalised_classes(),
        dimension("catalogue_class").index("allowed"),
    )


def loan_terms(situation: Situation) -> finance.LoanTerms:
    """Terms of a green loan this month."""
    return finance.green_loan_terms(
        situation.law, situation.levers, situation.month, situation.parameters
    )


def _acceptances(
    columns: Columns, situation: Situation, price: EnergyPrice, charges: Charges
) -> tuple[Array, Array]:
    """Probability that the firm invests, and that a service company does, if it is looked at."""
    parameters = situation.parameters
    cost = _next_measure_cost(columns, parameters)
    value = _saving_value(columns, situation, price, charges)
    sensitivity = parameters.scalar("efficiency_payback_sensitivity")
    own_cost = cost * (1.0 - _expected_grant(columns, situation)) * _finance(situation)
    alone = efficiency_investment.acceptance(
        efficiency_investment.payback(own_cost, value), columns["payback_threshold"], sensitivity
    )
    reward = float(
        efficiency.service_contract_reward(situation.law, situation.month, np.array([_ONE_TCE]))[0]
    )
    contract = efficiency_investment.contract_acceptance(
        cost,
        value,
        reward,
        parameters.scalar("service_contract_company_share"),
        parameters.scalar("service_contract_length"),
        sensitivity,
    )
    return alone, parameters.scalar("service_contract_offer") * contract


def _consideration(columns: Columns, situation: Situation) -> Array:
    parameters, sector, weight = situation.parameters, columns["sector"], columns["weight"]
    peers = sums_by_sector(sector, columns["recent_adoption"] * weight) / sums_by_sector(
        sector, weight
    )
    return efficiency_investment.consideration(
        parameters.scalar("efficiency_search_rate"),
        situation.levers["energy_audit_rate"],
        peers[sector],
        parameters.scalar("efficiency_peer_effect"),
        _MONTHS_BETWEEN_DECISIONS / MONTHS_PER_YEAR,
    )


def _saving_value(
    columns: Columns, situation: Situation, price: EnergyPrice, charges: Charges
) -> Array:
    """What a saved tce is worth to the firm, upgrading included, yuan/tce, shape (firms,)."""
    parameters, electric = situation.parameters, columns["electricity_share"]
    kwh_per_tce = KWH_PER_GWH / parameters.scalar("electricity_coal_equivalent")
    saving = columns["measure_saving"]
    measures = efficiency_investment.measures_to_limit(
        columns["specific_energy"], columns["specific_energy_limit"], saving
    )
    value: Array = (
        efficiency_investment.energy_price(
            electric,
            price.price - price.tiered,
            parameters.scalar("industrial_fuel_price", situation.month),
            kwh_per_tce,
        )
        + price.tiered * electric * kwh_per_tce
        + efficiency_investment.avoided_surcharge(
            price.at_limit, electric, measures, saving, kwh_per_tce
        )
        + efficiency_investment.tier_saving(
            price.tiered, price.tiered_after, electric, saving, kwh_per_tce
        )
        + efficiency_investment.carbon_value(
            electric,
            charges.carbon.marginal,
            parameters.array("industrial_fuel_carbon_dioxide")[columns["sector"]],
        )
    )
    return value


def _next_measure_cost(columns: Columns, parameters: ParameterValues) -> Array:
    """Investment for a yearly saving of one tce by the next measure, yuan, shape (firms,)."""
    escalation = parameters.scalar("efficiency_cost_escalation")
    cost: Array = columns["measure_cost"] * escalation ** columns["measures_adopted"]
    return cost


def _investment_each(columns: Columns, parameters: ParameterValues) -> Array:
    """Investment in the next measure by one of the firms that a row stands for, yuan."""
    cost: Array = _saved(columns) * _next_measure_cost(columns, parameters) / columns["weight"]
    return cost


def _saved(columns: Columns) -> Array:
    """Energy that the next measure saves, tce/year, shape (firms,)."""
    saved: Array = (
        columns["output"] * MONTHS_PER_YEAR * columns["specific_energy"] * columns["measure_saving"]
    )
    return saved


def _expected_grant(columns: Columns, situation: Situation) -> Array:
    """Share of the investment that a firm may reckon with from the central budget."""
    each = _investment_each(columns, situation.parameters)
    grant = finance.investment_grant(situation.law, situation.month, each)
    share: Array = grant / np.where(each > 0.0, each, 1.0)
    return situation.parameters.scalar("green_grant_project_share") * share


def _finance(situation: Situation) -> float:
    parameters = situation.parameters
    return efficiency_investment.finance_factor(
        parameters.scalar("corporate_loan_rate", situation.month),
        loan_terms(situation).discount,
        parameters.scalar("efficiency_loan_share"),
        parameters.scalar("efficiency_measure_life"),
    )


def _pay(columns: Columns, situation: Situation, adopts: Mask, by_company: Array) -> None:
    """Grants and rewards for the measures adopted, and the interest subsidy on their loans."""
    parameters, ledger = situation.parameters, situation.ledger
    investment = np.where(adopts, _investment_each(columns, parameters) * columns["weight"], 0.0)
    own = investment * (1.0 - by_company)
    grant = own * _expected_grant(columns, situation)
    saved_each = np.where(adopts, _saved(columns) / columns["weight"], 0.0)
    rewarded = efficiency.service_contract_reward(situation.law, situation.month, saved_each)
    reward = np.where(adopts, columns["weight"] * rewarded, 0.0)
    columns["interest_discount"][:] = interest_of_month(
        columns["interest_discount"],
        (own - grant) * parameters.scalar("efficiency_loan_share"),
        loan_terms(situation).subsidy,
        parameters.scalar("efficiency_measure_life"),
    )
    for programme, money in (
        ("loan_interest", columns["interest_discount"]),
        ("green_investment_grant", grant),
        ("efficiency_reward", reward * by_company),
    ):
        ledger.add_at("subsidy_spending_per_month", programme, float(money.sum()))


def _adopt(columns: Columns, adopts: Mask) -> None:
    columns["specific_energy"] *= np.where(adopts, 1.0 - columns["measure_saving"], 1.0)
    columns["measures_adopted"] += adopts
    columns["recent_adoption"] *= 1.0 - 1.0 / MONTHS_PER_YEAR
    columns["recent_adoption"][adopts] = 1.0
    columns["months_since_measure"][adopts] = 0.0


def penalised_classes() -> Mask:
    """Classes that pay a surcharge, shape (4,)."""
    members = dimension("catalogue_class").members
    return np.array([member in ("restricted", "eliminated") for member in members])
