"""Industrial firms meet the totals of 2020 and answer prices, audits and awards."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import mesa
import numpy as np
import pytest

from transition_model.agents.firms import FIRST_MONTH, Firm, Firms, sector_output
from transition_model.agents.situation import Situation
from transition_model.calendar import Month
from transition_model.dimensions import dimension, shape
from transition_model.instruments import load_instruments
from transition_model.instruments.changes import Law
from transition_model.ledger import Ledger
from transition_model.parameters import ParameterValues, load_parameters
from transition_model.scenario import Scenario

PLAN_BEGINS = Month.parse("2025-01")
SECTORS = dimension("industry_sector")
CLASSES = dimension("catalogue_class")
PROGRAMMES = dimension("subsidy_programme")
SURCHARGES = dimension("revenue_source").index("electricity_surcharge")
OTHER_SURCHARGES = (
    "steel_tiered_price",
    "cement_tiered_price",
    "aluminium_tiered_price",
    "punitive_electricity_price",
)


def parameter_values(**overrides: float) -> ParameterValues:
    return ParameterValues(load_parameters(), overrides)


def built(seed: int = 1, parameters: ParameterValues | None = None) -> Firms:
    return Firms.build(None, parameters or parameter_values(), seed, 1)


def month_of(
    firms: Firms,
    month: Month,
    levers: Mapping[str, float],
    parameters: ParameterValues | None = None,
    certified: float | None = None,
    seed: int = 1,
    law: Law | None = None,
) -> Ledger:
    """Let the firms decide for a month, and return what they wrote."""
    stock = firms.certified_factories.sum() if certified is None else certified
    ledger = Ledger(str(month))
    situation = Situation(
        month=month,
        seed=seed,
        parameters=parameters or parameter_values(),
        levers=levers,
        stocks={"certified_green_factories": np.array(stock)},
        spent_this_year=np.zeros(shape(("subsidy_programme",))),
        ledger=ledger,
        law=load_instruments() if law is None else law,
    )
    firms.decide(situation)
    return ledger


def levers_of(month: Month, **changes: float) -> dict[str, float]:
    return Scenario.load("plan").lever_values(month) | changes


def simulated(scenario: str, months: int, seed: int = 1, **changes: float) -> dict[str, np.ndarray]:
    """Series of the firms' entries over some months from 2020-01; changes hold from 2025 on."""
    firms, policy, parameters = built(seed), Scenario.load(scenario), parameter_values()
    names = (
        "industrial_energy_per_month",
        "industrial_electricity_per_month",
        "green_factories_certified_per_month",
        "green_factories_revoked_per_month",
        "national_green_factories_certified_per_month",
        "national_green_factories_revoked_per_month",
        "subsidy_spending_per_month",
        "public_revenue_per_month",
    )
    series: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for month in (FIRST_MONTH + step for step in range(months)):
        levers = policy.lever_values(month) | (changes if month >= PLAN_BEGINS else {})
        ledger = month_of(firms, month, levers, parameters, seed=seed, law=policy.law)
        for name in names:
            series[name].append(ledger[name])
    return {name: np.array(values) for name, values in series.items()}


# ---------------------------------------------------------------------- the year 2020


@pytest.mark.parametrize("seed", [1, 7])
def test_the_firms_use_the_energy_of_their_sectors(seed: int) -> None:
    firms = built(seed)
    energy = firms.output * 12.0 * firms.specific_energy
    by_sector = np.bincount(firms.sector, energy)
    assert by_sector == pytest.approx(parameter_values().array("industrial_energy_2020"))
    assert by_sector.sum() == pytest.approx(48e6, rel=1e-3)


def test_the_firms_use_the_electricity_of_their_sectors() -> None:
    firms, parameters = built(), parameter_values()
    energy = firms.output * 12.0 * firms.specific_energy
    electricity = (
        energy * firms.electricity_share / parameters.scalar("electricity_coal_equivalent")
    )
    by_sector = np.bincount(firms.sector, electricity)
    assert by_sector == pytest.approx(parameters.array("industrial_electricity_2020"))
    assert by_sector.sum() == pytest.approx(75_000.0)


def test_the_sample_stands_for_the_firms_that_there_are() -> None:
    firms = built()
    assert 350 <= len(firms) <= 450
    assert firms.weight.sum() == pytest.approx(7098.0)


def test_electricity_is_never_more_than_all_energy() -> None:
    firms = built(parameters=parameter_values(industrial_electricity_2020=1.15))
    assert np.all((firms.electricity_share >= 0.0) & (firms.electricity_share <= 1.0))


def test_the_class_of_a_firm_agrees_with_its_limit() -> None:
    firms = built()
    ratio = firms.specific_energy / firms.specific_energy_limit
    penalised = firms.catalogue_class >= CLASSES.index("restricted")
    assert np.all(ratio[penalised] >= 1.0)
    assert np.all(ratio[~penalised] <= 1.0)


def test_classes_come_near_their_declared_share_of_output() -> None:
    firms = built()
    declared = parameter_values().array("industrial_catalogue_share")
    cement = SECTORS.index("cement")
    rows = firms.sector == cement
    shares = np.bincount(firms.catalogue_class[rows], firms.output_share[rows], minlength=4)
    assert shares == pytest.approx(declared[cement], abs=0.1)


def test_a_firm_is_a_mesa_agent_that_reads_and_writes_its_row() -> None:
    firms = Firms.build(None, parameter_values(), seed=1, first_id=101)
    firm = firms[3]
    assert isinstance(firm, Firm)
    assert isinstance(firm, mesa.Agent)
    assert firm.unique_id == 104
    firm.margin = 0.5
    assert firms.margin[3] == 0.5


def test_the_same_seed_makes_the_same_firms_and_another_seed_others() -> None:
    first, again, other = built(3), built(3), built(4)
    for name, column in first.columns.items():
        np.testing.assert_array_equal(column, again.columns[name])
    assert not np.array_equal(first.output_share, other.output_share)


# ---------------------------------------------------------------------- output and prices


def test_cement_follows_its_tonnes() -> None:
    parameters, cement = parameter_values(), SECTORS.index("cement")
    now = sector_output(parameters, Month.parse("2024-06"))[cement]
    then = sector_output(parameters, FIRST_MONTH)[cement]
    assert now / then == pytest.approx(4648.75 / 6505.23)


def test_a_market_without_demand_leaves_no_energy_and_no_strange_number() -> None:
    firms = built()
    for name in ("output_share", "output"):
        firms.columns[name][:] = 0.0
    ledger = month_of(firms, PLAN_BEGINS, levers_of(PLAN_BEGINS))
    assert ledger["industrial_energy_per_month"].sum() == 0.0
    assert ledger["industrial_electricity_per_month"].sum() == 0.0
    assert float(ledger["public_revenue_per_month"][SURCHARGES]) == 0.0


def test_a_higher_surcharge_never_means_more_output() -> None:
    outputs = []
    for factor in (0.0, 1.0, 2.0, 3.0):
        firms = built()
        levers = levers_of(PLAN_BEGINS, electricity_surcharge_factor=factor)
        month_of(firms, PLAN_BEGINS, levers)
        outputs.append(firms.output.copy())
    for lower, higher in pairwise(outputs):
        assert np.all(higher <= lower + 1e-12)
    assert outputs[-1].sum() < outputs[0].sum()


def test_the_differential_surcharge_is_paid_by_the_electricity_of_its_classes_alone() -> None:
    """0.10 and 0.30 yuan/kWh, eliminated cement 0.40; steel 0.10 and 0.50, with few at 0.50."""
    firms, parameters = built(), parameter_values()
    levers = levers_of(PLAN_BEGINS, differential_price_enforcement=0.5)
    electricity = firms.specific_energy * firms.electricity_share / 300.0
    law = {
        name: rule.model_copy(update={"versions": ()}) if name in OTHER_SURCHARGES else rule
        for name, rule in load_instruments().items()
    }
    restricted, eliminated = (
        firms.catalogue_class == CLASSES.index(name) for name in ("restricted", "eliminated")
    )
    ledger = month_of(firms, PLAN_BEGINS, levers, parameters, law=law)
    rate = 0.1 * restricted + 0.3 * eliminated
    rate[eliminated & (firms.sector == SECTORS.index("cement"))] = 0.4
    missed = parameters.scalar("steel_missed_capacity_cut_share")
    steel = firms.sector == SECTORS.index("steel")
    rate[steel] = missed * 0.5 + (1.0 - missed) * (0.1 * restricted + 0.5 * eliminated)[steel]
    scope = parameters.array("differential_price_scope")[firms.sector]
    expected = np.sum(electricity * firms.output * scope * rate) * 1e6 * 0.5
    assert float(ledger["public_revenue_per_month"][SURCHARGES]) == pytest.approx(expected)


def test_without_enforcement_nobody_pays_a_surcharge() -> None:
    levers = levers_of(PLAN_BEGINS, differential_price_enforcement=0.0)
    ledger = month_of(built(), PLAN_BEGINS, levers)
    assert float(ledger["public_revenue_per_month"][SURCHARGES]) == 0.0


def test_industry_answers_a_tenth_on_the_price_as_little_as_the_literature_found() -> None:
    """Short-run elasticity of electricity -0.02 to -0.13 (Li et al. 2022), on the high-energy."""
    used = []
    for premium in (0.0, 0.1):
        levers = levers_of(
            PLAN_BEGINS, high_energy_market_premium=premium, differential_price_enforcement=0.0
        )
        ledger = month_of(built(), PLAN_BEGINS, levers)
        used.append(ledger["industrial_electricity_per_month"][: SECTORS.index("paper")].sum())
    elasticity = np.log(used[1] / used[0]) / np.log(1.1)
    assert -0.13 < elasticity < -0.02


def test_dear_electricity_for_years_stops_the_smelters_without_anything_negative() -> None:
    firms = built()
    for step in range(48):
        month = PLAN_BEGINS + step
        levers = levers_of(
            month, high_energy_market_premium=9.0, differential_price_enforcement=1.0
        )
        ledger = month_of(firms, month, levers)
    assert ledger["industrial_energy_per_month"][SECTORS.index("aluminium")] < 1.0
    assert ledger["industrial_energy_per_month"][SECTORS.index("electronics")] > 1e5
    assert all(np.all(firms.columns[name] >= 0.0) for name in ("output", "specific_energy"))


# ---------------------------------------------------------------------- measures


def test_a_measure_cuts_energy_and_the_limit_passed_makes_a_firm_allowed() -> None:
    firms = built()
    restricted = np.flatnonzero(firms.catalogue_class == CLASSES.index("restricted"))
    below, above = restricted[0], restricted[1]
    limit = firms.specific_energy_limit
    firms.columns["specific_energy"][below] = limit[below] * 0.9999
    firms.columns["specific_energy"][above] = limit[above] * 1.0001
    levers = levers_of(PLAN_BEGINS, energy_audit_rate=0.0)
    firms.columns["payback_threshold"][:] = 1e-9  # nobody invests this month
    month_of(firms, PLAN_BEGINS, levers, parameter_values(service_contract_offer=0.0))
    assert firms[below].catalogue_class == CLASSES.index("allowed")
    assert firms[above].catalogue_class == CLASSES.index("restricted")


def test_an_upgraded_firm_pays_no_surcharge_any_more() -> None:
    firms = built()
    firms.columns["specific_energy"][:] = firms.specific_energy_limit * 0.99
    firms.columns["energy_ratio_of_last_year"][:] = 0.8
    firms.columns["product_luck"][:] = 0.9
    everybody_cut = parameter_values(steel_missed_capacity_cut_share=0.0)
    month_of(firms, PLAN_BEGINS, levers_of(PLAN_BEGINS), everybody_cut)
    ledger = month_of(firms, PLAN_BEGINS + 1, levers_of(PLAN_BEGINS + 1), everybody_cut)
    assert float(ledger["public_revenue_per_month"][SURCHARGES]) == 0.0


def test_technology_alone_upgrades_nobody() -> None:
    firms = built()
    firms.columns["payback_threshold"][:] = 1e-9
    before = firms.catalogue_class.copy()
    for step in range(24):
        month = PLAN_BEGINS + step
        month_of(firms, month, levers_of(month), parameter_values(service_contract_offer=0.0))
    np.testing.assert_array_equal(firms.catalogue_class, before)


def adoptions(months: int = 36, **changes: float) -> np.ndarray:
    """Measures adopted by each firm when levers differ from the plan's."""
    firms = built()
    for step in range(months):
        month = PLAN_BEGINS + step
        month_of(firms, month, levers_of(month, **changes))
    adopted: np.ndarray = firms.measures_adopted
    return adopted


def test_the_surcharge_hastens_upgrading_by_a_fifth_at_least() -> None:
    firms = built()
    scope = parameter_values().array("differential_price_scope")[firms.sector]
    surcharged = (firms.catalogue_class >= CLASSES.index("restricted")) & (scope == 1.0)
    without = adoptions(differential_price_enforcement=0.0)[surcharged].sum()
    under = adoptions(differential_price_enforcement=1.0)[surcharged].sum()
    assert under >= 1.2 * without > 0


def test_audits_and_cheap_loans_hasten_adoption() -> None:
    plain = adoptions(energy_audit_rate=0.0, green_loan_interest_discount=0.0).sum()
    audited = adoptions(energy_audit_rate=0.3, green_loan_interest_discount=0.0).sum()
    lent = adoptions(energy_audit_rate=0.3, green_loan_interest_discount=0.03).sum()
    assert plain < audited < lent


def test_the_interest_discount_is_paid_only_on_green_loans() -> None:
    place = PROGRAMMES.index("loan_interest")
    spent = simulated("plan", 63)["subsidy_spending_per_month"][:, place]
    assert np.all(spent[:60] == 0.0)
    assert 0.0 < spent[60] < spent[61] < spent[62]
    levers = levers_of(PLAN_BEGINS, green_loan_interest_discount=0.0)
    assert month_of(built(), PLAN_BEGINS, levers)["subsidy_spending_per_month"][place] == 0.0


# ---------------------------------------------------------------------- green factories


def test_certificates_pass_the_counts_that_were_published() -> None:
    """171 at the end of 2021 and 330 in September 2023 (press); nearly 400 at the end of 2024."""
    run = simulated("plan", 60)
    change = run["green_factories_certified_per_month"] - run["green_factories_revoked_per_month"]
    count = parameter_values().scalar("green_factories_initial") + np.cumsum(change)
    assert count[23] == pytest.approx(171.0, rel=0.05)
    assert count[44] == pytest.approx(330.0, rel=0.05)
    assert count[59] == pytest.approx(400.0, rel=0.05)


def test_awards_are_paid_once_for_each_certificate_of_either_level() -> None:
    ledger = month_of(built(), PLAN_BEGINS, levers_of(PLAN_BEGINS, green_factory_support=2.0))
    paid = ledger["subsidy_spending_per_month"][PROGRAMMES.index("green_factory_support")]
    certified = float(ledger["green_factories_certified_per_month"])
    kept = np.exp(-parameter_values().scalar("green_factory_revocation_rate") / 12.0)
    promoted = float(ledger["national_green_factories_certified_per_month"]) / kept
    assert paid == pytest.approx(2.0 * (300_000.0 * certified + 500_000.0 * promoted))
    assert certified > 0.0
    assert promoted > 0.0


def test_national_certificates_pass_the_counts_that_were_published() -> None:
    """35 at the end of 2021, 54 new in 2023, 170 at the end of 2024 (municipal commission)."""
    run = simulated("plan", 60)
    new, lost = (
        run[f"national_green_factories_{act}_per_month"] for act in ("certified", "revoked")
    )
    count = parameter_values().scalar("initial_national_green_factories") + np.cumsum(new - lost)
    assert count[23] == pytest.approx(35.0, rel=0.1)
    assert new[36:48].sum() == pytest.approx(54.0, rel=0.15)
    assert count[59] == pytest.approx(170.0, rel=0.1)


def test_a_municipal_certificate_becomes_national_after_a_year_and_no_sooner() -> None:
    firms = built()
    for name in ("certified_factories", "seasoned_factories", "national_factories"):
        firms.columns[name][:] = 0.0
    promoted, certified = [], 0.0
    for step in range(14):
        month = PLAN_BEGINS + step
        ledger = month_of(firms, month, levers_of(month), certified=certified)
        certified = float(firms.certified_factories.sum())
        promoted.append(float(ledger["national_green_factories_certified_per_month"]))
    assert promoted[:13] == [0.0] * 13
    assert promoted[13] > 0.0


def test_each_certificate_is_young_seasoned_or_national() -> None:
    firms = built()
    for step in range(30):
        month = PLAN_BEGINS + step
        month_of(firms, month, levers_of(month))
    parts = firms.young_factories.sum(axis=1) + firms.seasoned_factories + firms.national_factories
    np.testing.assert_allclose(parts, firms.certified_factories, rtol=1e-12)


def test_a_higher_award_certifies_more() -> None:
    counts = [
        float(
            month_of(built(), PLAN_BEGINS, levers_of(PLAN_BEGINS, green_factory_support=award))[
                "green_factories_certified_per_month"
            ]
        )
        for award in (0.0, 1.0, 3.0)
    ]
    assert counts[0] < counts[1] < counts[2]


def test_the_stock_says_how_many_certificates_there_are() -> None:
    few, many = (
        month_of(built(), PLAN_BEGINS, levers_of(PLAN_BEGINS), certified=certified)
        for certified in (100.0, 400.0)
    )
    name = "green_factories_revoked_per_month"
    assert float(many[name]) == pytest.approx(4.0 * float(few[name]))
    assert float(many[name]) * 12.0 == pytest.approx(400.0 * 0.015, rel=0.02)


def test_a_dry_pool_certifies_nobody() -> None:
    firms = built()
    firms.columns["certified_factories"][:] = firms.eligible_factories
    ledger = month_of(firms, PLAN_BEGINS, levers_of(PLAN_BEGINS))
    assert float(ledger["green_factories_certified_per_month"]) == pytest.approx(0.0, abs=1e-9)


# ---------------------------------------------------------------------- the plan


def test_the_plan_saves_a_believable_part_of_industrial_energy_by_the_end_of_2027() -> None:
    with_plan, without = (
        simulated(name, 96)["industrial_energy_per_month"].sum(axis=1) for name in ("plan", "none")
    )
    np.testing.assert_array_equal(with_plan[:60], without[:60])
    assert 0.01 <= 1.0 - with_plan[-1] / without[-1] <= 0.035


def test_a_run_repeats_itself() -> None:
    first, again = simulated("plan", 14, seed=5), simulated("plan", 14, seed=5)
    for name, values in first.items():
        np.testing.assert_array_equal(values, again[name])
