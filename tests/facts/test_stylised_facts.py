"""Facts that the coupled model has to show with default parameters, each within its band.

Bands stand beside the evidence that they come from. No parameter is changed to pass; policy is, by
dated levers, because most facts are about what a policy does. A fact that the model does not show
is a strict xfail whose reason carries the measured figure.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from transition_model import Scenario, TransitionModel
from transition_model.agents import household_cars
from transition_model.agents.firms import Firm
from transition_model.agents.households import Household
from transition_model.agents.transit_operators import TransitOperator
from transition_model.behaviour import replacement
from transition_model.calendar import Month
from transition_model.dimensions import dimension
from transition_model.policy.trade_in import TRADE_IN_PROGRAMMES
from transition_model.results import Series

SeriesOf = Callable[..., Series]
PLAN = Scenario.load("plan")


def _months(series: Series, first: str, last: str) -> slice:
    """Places of the months from ``first`` to ``last``, both included."""
    return slice(Month.parse(first) - series.months[0], Month.parse(last) - series.months[0] + 1)


def _log_odds(share: float) -> float:
    return float(np.log(share / (1.0 - share)))


# ----------------------------------------------------------------- 1. new-energy cars: an S-curve


def _yearly_sales_share(series: Series, year: int) -> float:
    months = _months(series, f"{year}-01", f"{year}-12")
    new_energy = series["new_energy_car_sales_per_month"][months].sum()
    return float(new_energy / series["new_car_sales_per_month"][months].sum())


@pytest.fixture(scope="module")
def paths(series_of: SeriesOf) -> list[Series]:
    """The plan under three seeds."""
    return [series_of(seed=seed) for seed in (1, 2, 3)]


def test_the_sales_share_of_new_energy_cars_rises_along_an_s_curve(paths: list[Series]) -> None:
    """Logit slope 2022 to 2025 of 0.25 to 0.55 a year; CAAM and CPCA: 25.6 % to above 53 %."""
    years = np.arange(2022, 2026)
    for series in paths:
        odds = [_log_odds(_yearly_sales_share(series, year)) for year in years]
        slope = float(np.polyfit(years, odds, 1)[0])
        assert 0.25 <= slope <= 0.55


def test_the_s_curve_slows(paths: list[Series]) -> None:
    """CAAM 2020 to 2022: 1.0 and 0.8 a year; 2022 to 2024: 0.29 and 0.40."""
    for series in paths:
        odds = [_log_odds(_yearly_sales_share(series, year)) for year in (2020, 2022, 2024)]
        assert odds[1] - odds[0] > odds[2] - odds[1] > 0.0


def _stock_over_sales(series: Series) -> tuple[np.ndarray, np.ndarray]:
    """Sales share, and the share in the stock over it, by month."""
    sales = series["new_energy_share_of_sales"]
    return sales, series["new_energy_cars"] / series["private_cars"] / sales


def test_the_stock_lags_far_behind_sales_in_the_years_of_the_record(paths: list[Series]) -> None:
    """Nationally the stock had 6.1 % when sales had 31.6 % (2023), a ratio of 0.19."""
    for series in paths:
        sales, ratio = _stock_over_sales(series)
        record = _months(series, "2022-01", "2025-12")
        within = (sales[record] >= 0.3) & (sales[record] <= 0.6)
        assert within.any()
        assert np.all(ratio[record][within] < 0.35)


@pytest.mark.xfail(
    strict=True,
    reason="ratio 0.17 at a sales share of 30 %, but 0.40 at 55 to 56 % (December 2027; above 0.35 "
    "from the turn of 2026 on): the sales share stalls from 2026 on, the stock goes on rising",
)
def test_the_stock_lags_far_behind_sales_until_sales_reach_sixty_percent(
    paths: list[Series],
) -> None:
    for series in paths:
        sales, ratio = _stock_over_sales(series)
        within = (sales >= 0.3) & (sales <= 0.6)
        assert np.all(ratio[within] < 0.35)


# ------------------------------------------------------- 2. trade-in: surge, end of money, then dip

SUBSIDY_SEEDS = (1, 2, 3)
WITHOUT = PLAN.replace({"trade_in_generosity": 0.0, "trade_in_budget": 200.0}, "2024-01")
SIX_MONTHS = WITHOUT.replace({"trade_in_generosity": 1.0}, "2025-07").replace(
    {"trade_in_generosity": 0.0}, "2026-01"
)
"""The published amounts for half a year, with money enough; against the same luck without them."""


@dataclass(frozen=True)
class Surge:
    """A subsidy of half a year against none: means over the seeds."""

    scrappage: np.ndarray
    scrappage_without: np.ndarray
    purchases: np.ndarray
    purchases_without: np.ndarray
    months: tuple[Month, ...]

    def window(self, first: str, last: str) -> slice:
        return slice(Month.parse(first) - self.months[0], Month.parse(last) - self.months[0] + 1)


@dataclass
class Subsidised:
    """What was seen of the households that may claim, one entry a month, and the runs' series."""

    eligible: list[float]
    hazard_ratio: list[float]
    new_energy_share: list[float]
    market_share: list[float]
    series: list[Series]


@pytest.fixture(scope="module")
def subsidised() -> Subsidised:
    """Half a year of subsidy under three seeds, with an eye on those who may claim."""
    seen = Subsidised([], [], [], [], [])
    flows = household_cars.expected_flows

    def watching(owners, decision, parameters):
        purchases, scrapped = flows(owners, decision, parameters)
        eligible = decision.subsidy_scrappage > 0.0
        if eligible.any():
            _note(seen, owners, decision, parameters, eligible, purchases)
        return purchases, scrapped

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(household_cars, "expected_flows", watching)
        for seed in SUBSIDY_SEEDS:
            # Kernels decide the same (tests/kernels), but do not let anybody watch.
            model = TransitionModel(SIX_MONTHS, rng=seed, households=1_000, kernels="numpy")
            while str(model.month) != "2028-01":
                model.step()
            seen.series.append(model.recorder.series())
    return seen


@pytest.fixture(scope="module")
def surge(series_of: SeriesOf, subsidised: Subsidised) -> Surge:
    without = [series_of(WITHOUT, seed) for seed in SUBSIDY_SEEDS]

    def mean(name: str, runs: list[Series]) -> np.ndarray:
        return np.mean([run[name] for run in runs], axis=0)

    return Surge(
        scrappage=mean("car_scrappage_per_month", subsidised.series),
        scrappage_without=mean("car_scrappage_per_month", without),
        purchases=mean("new_car_sales_per_month", subsidised.series),
        purchases_without=mean("new_car_sales_per_month", without),
        months=without[0].months,
    )


def _note(seen, owners, decision, parameters, eligible, purchases) -> None:
    weight = owners.weight[eligible]
    natural = replacement.weibull_hazard_per_month(
        owners.age_years[eligible],
        parameters.scalar("car_survival_scale"),
        parameters.scalar("car_survival_shape"),
    )
    scrapped = weight * decision.scrappage[eligible]
    seen.eligible.append(float(weight.sum()))
    seen.hazard_ratio.append(float(scrapped.sum() / (weight * natural).sum()))
    new_energy = household_cars.new_energy_mask()
    buyers = np.concatenate(
        [
            (parameters.scalar("replacement_share") * scrapped)[:, None]
            * decision.after_scrappage[eligible],
            (owners.weight * decision.transfer * (decision.subsidy_replacement > 0.0))[:, None]
            * decision.after_transfer,
        ]
    ).sum(axis=0)
    seen.new_energy_share.append(float(buyers[new_energy].sum() / buyers.sum()))
    seen.market_share.append(float(purchases[new_energy].sum() / purchases.sum()))


def _by_month(values: list[float]) -> np.ndarray:
    """Mean over the seeds, shape (6,)."""
    return np.array(values).reshape(len(SUBSIDY_SEEDS), 6).mean(axis=0)


def test_a_subsidy_raises_the_scrappage_hazard_of_eligible_cars(subsidised: Subsidised) -> None:
    """1.4 to 1.95 times, month by month: recoveries of scrapped cars rose by 42 to 94 % in 2024."""
    ratio = _by_month(subsidised.hazard_ratio)
    assert np.all(ratio >= 1.4)
    assert np.all(ratio <= 1.95)


@pytest.mark.xfail(
    strict=True,
    reason="all scrappage is 1.22 times what it would have been (1.62 to 1.76 for eligible cars): "
    "about three in five cars that are scrapped are too young for the subsidy",
)
def test_a_subsidy_raises_all_scrappage_as_much(surge: Surge) -> None:
    """The same band for all cars, which is what the recoveries of the record count."""
    months = surge.window("2025-07", "2025-12")
    assert 1.4 <= surge.scrappage[months].sum() / surge.scrappage_without[months].sum() <= 1.95


def test_the_surge_drains_the_cars_that_are_eligible(subsidised: Subsidised) -> None:
    assert np.all(np.diff(_by_month(subsidised.eligible)) < 0.0)


def test_a_dip_follows_the_end_of_a_subsidy(surge: Surge) -> None:
    after = surge.window("2026-01", "2026-09")
    assert np.all((surge.scrappage - surge.scrappage_without)[after] < 0.0)
    assert np.all((surge.purchases - surge.purchases_without)[after] < 0.0)


@pytest.mark.xfail(
    strict=True,
    reason="61 % of the additional scrappage, but 47 % of the additional purchases are missing in "
    "the nine months after (97 and 72 % by the end of 2027): readiness is drawn down and refills, "
    "but 38 % of a rise is taken as additional, between none in America and three quarters in "
    "Germany",
)
def test_the_dip_of_nine_months_takes_back_most_of_the_surge(surge: Surge) -> None:
    """60 to 110 % (the American programme of 2009: all of it within 7 to 9 months)."""
    difference = surge.purchases - surge.purchases_without
    bump = difference[surge.window("2025-07", "2025-12")].sum()
    dip = -difference[surge.window("2026-01", "2026-09")].sum()
    assert 0.6 <= dip / bump <= 1.1


def test_subsidised_buyers_choose_new_energy_little_more_often_than_the_market(
    subsidised: Subsidised,
) -> None:
    """By 0 to 12 percentage points: the subsidies differ by 5,000 yuan only."""
    excess = np.mean(subsidised.new_energy_share) - np.mean(subsidised.market_share)
    assert 0.0 <= excess <= 0.12


def test_the_programme_stops_when_its_money_is_gone(series_of: SeriesOf) -> None:
    poor = series_of(PLAN.replace({"trade_in_budget": 5.0}), households=500)
    without = series_of(PLAN.replace({"trade_in_generosity": 0.0}), households=500)
    total = sum(poor[f"public_money_spent.{programme}"] for programme in TRADE_IN_PROGRAMMES)
    paid = np.diff(total, prepend=0.0)
    for year in (2025, 2026, 2027):
        months = _months(poor, f"{year}-01", f"{year}-12")
        assert paid[months].sum() == pytest.approx(5e8, rel=1e-9)
        assert np.all(paid[months][-6:] == 0.0)
    # With nothing offered, scrappage falls below that of a city in which nobody was drawn forward.
    december = _months(poor, "2027-12", "2027-12")
    assert poor["car_scrappage_per_month"][december] < without["car_scrappage_per_month"][december]


# ----------------------------------------------------------------------------- 3. fleets are inert

CENTRAL_BUS = dimension("transit_class").index("central_bus")
ELECTRIC = dimension("transit_fuel").index("electric")
BUS_MONTHS = 36


@dataclass(frozen=True)
class Buses:
    """Central buses of 36 months from 2025-01 on."""

    backlog: float
    share: np.ndarray
    retired: np.ndarray


@cache
def _buses(seed: int, subsidy: float) -> Buses:
    levers = {"public_fleet_electric_quota": 1.0, "bus_renewal_subsidy": subsidy}
    model = TransitionModel(PLAN.replace(levers, "2025-01"), rng=seed, households=100)
    while str(model.month) != "2025-01":
        model.step()
    operators = model.agents_by_type[TransitOperator]
    fleet = operators.vehicles[operators.transit_class == CENTRAL_BUS]
    not_electric = np.delete(fleet, ELECTRIC, axis=1)
    share, retired = [_electric_share(model)], []
    for _ in range(BUS_MONTHS):
        model.step()
        share.append(_electric_share(model))
        retired.append(model.flows["transit_retirements_per_month"][CENTRAL_BUS].sum())
    backlog = not_electric[:, :, 8:].sum() / fleet.sum()
    return Buses(float(backlog), np.array(share), np.array(retired))


def _electric_share(model: TransitionModel) -> float:
    fleet = model.stocks.values(["transit_vehicles"])["transit_vehicles"][CENTRAL_BUS]
    return float(fleet[ELECTRIC] / fleet.sum())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_with_electric_buying_only_the_bus_share_grows_no_faster_than_buses_wear_out(
    seed: int,
) -> None:
    """At most 1/8 a year and the buses that are eight years old when it begins."""
    buses = _buses(seed, subsidy=0.0)
    gain = buses.share[-1] - buses.share[0]
    assert 0.0 < gain <= BUS_MONTHS / 96 + buses.backlog


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_bus_subsidy_works_in_lumps(seed: int) -> None:
    """Only buses of eight years and more count, and plans are made once a year.

    Half of what the subsidy retires in addition leaves in a tenth of the months.
    """
    additional = _buses(seed, subsidy=80_000.0).retired - _buses(seed, subsidy=0.0).retired
    largest = np.sort(additional)[::-1][: BUS_MONTHS // 9]
    assert largest.sum() >= 0.5 * additional.sum() > 0.0


def test_nine_in_ten_cars_reach_their_tenth_year() -> None:
    """S(10) of 0.84 at a scale of 14.5 years, 0.90 at 16: cars of 2020, counted in the stock."""
    model = TransitionModel(PLAN, rng=1, households=1_000)
    bought = 0.0
    while str(model.month) != "2030-07":
        model.step()
        if model.month <= Month.parse("2021-01"):
            bought += float(model.flows["private_car_purchases_per_month"].sum())
    cars = model.stocks.values(["private_cars"])["private_cars"].sum(axis=0)
    ten_years_in_the_middle_of_2030 = float(cars[10])
    assert 0.84 <= ten_years_in_the_middle_of_2030 / bought <= 0.92


# -------------------------------------------------------------- 4. differential electricity prices

FIRM_SEEDS = (1, 2, 3, 4)
NO_SURCHARGE = {
    "electricity_surcharge_factor": 0.0,
    "differential_price_enforcement": 1.0,
    "high_energy_market_premium": 0.0,
}
SURCHARGE = {"electricity_surcharge_factor": 1.0}
FIRM_YEARS = 3


@dataclass(frozen=True)
class Bitten:
    """Firms of the two penalised classes in the trades that the rule names, before and after."""

    weight: np.ndarray
    sector: np.ndarray
    output: np.ndarray
    margin: np.ndarray
    in_business_before: np.ndarray
    in_business_after: np.ndarray
    measures: np.ndarray
    upgraded: np.ndarray


@cache
def _bitten(seed: int, surcharged: bool) -> Bitten:
    """Firms penalised at the beginning of 2023, three years on."""
    scenario = PLAN.replace(NO_SURCHARGE, "2020-01")
    if surcharged:
        scenario = scenario.replace(SURCHARGE, "2023-01")
    model = TransitionModel(scenario, rng=seed, households=100)
    while str(model.month) != "2023-01":
        model.step()
    firms = model.agents_by_type[Firm]
    scope = model.parameters.array("differential_price_scope")[firms.sector]
    allowed = dimension("catalogue_class").index("allowed")
    bitten = (firms.catalogue_class > allowed) & (scope == 1.0)
    before = {name: firms.columns[name].copy() for name in ("in_business", "measures_adopted")}
    for _ in range(12 * FIRM_YEARS):
        model.step()
        if str(model.month) == "2024-01":
            output, margin = firms.output.copy(), firms.margin.copy()
    return Bitten(
        weight=firms.weight[bitten],
        sector=firms.sector[bitten],
        output=output[bitten],
        margin=margin[bitten],
        in_business_before=before["in_business"][bitten],
        in_business_after=firms.in_business[bitten].copy(),
        measures=(firms.measures_adopted - before["measures_adopted"])[bitten],
        upgraded=(firms.catalogue_class <= allowed)[bitten],
    )


def _pairs() -> list[tuple[Bitten, Bitten]]:
    return [(_bitten(seed, False), _bitten(seed, True)) for seed in FIRM_SEEDS]


def test_a_surcharge_makes_penalised_firms_contract() -> None:
    for without, under in _pairs():
        assert under.output.sum() < without.output.sum()


def test_a_surcharge_lowers_the_margin_of_penalised_firms() -> None:
    for without, under in _pairs():
        assert np.average(under.margin, weights=under.weight) < np.average(
            without.margin, weights=without.weight
        )


def test_a_surcharge_hardly_drives_firms_out_of_business() -> None:
    """Exit moves by a percentage point a year at most (Yang 2021)."""

    def yearly_exit(firms: Bitten) -> float:
        before = float(np.sum(firms.weight * firms.in_business_before))
        after = float(np.sum(firms.weight * firms.in_business_after))
        return -float(np.log(after / before)) / FIRM_YEARS

    for without, under in _pairs():
        assert abs(yearly_exit(under) - yearly_exit(without)) <= 0.01


def test_a_surcharge_makes_penalised_firms_upgrade_sooner() -> None:
    """At least a fifth more measures, and a fifth more firms that leave their class."""
    pairs = _pairs()
    for count in (
        lambda firms: float(np.sum(firms.weight * firms.measures)),
        lambda firms: float(np.sum(firms.weight * firms.upgraded)),
    ):
        assert sum(count(under) for _, under in pairs) >= 1.2 * sum(count(w) for w, _ in pairs)


def test_a_surcharge_bites_trades_in_the_order_of_their_electricity_cost() -> None:
    """Ferroalloy with manganese, and aluminium, far above cement; cement above steel."""
    pairs = _pairs()

    def lost(sector: str) -> float:
        place = dimension("industry_sector").index(sector)
        outputs = [sum(float(p[k].output[p[k].sector == place].sum()) for p in pairs)
                   for k in (0, 1)]  # fmt: skip
        return 1.0 - outputs[1] / outputs[0]

    ferroalloy, aluminium, cement, steel = map(lost, ("ferroalloy", "aluminium", "cement", "steel"))
    assert ferroalloy > aluminium > 2.0 * cement
    assert cement > steel > 0.0


PREMIUM = 0.1
ELASTICITY_SEEDS = (1, 2)


def _elasticity(
    series_of: SeriesOf, scenarios: tuple[Scenario, Scenario], month: str, end: str = "2030-12"
) -> float:
    """Of the energy of high-energy trades to their electricity price, mean over the seeds.

    A trade's share of electricity in energy is the same in both runs, so energy moves as power.
    """
    trades = ("steel", "cement", "aluminium", "ferroalloy", "chemicals", "glass")
    place = Month.parse(month) - Month.parse("2020-01")
    found = []
    for seed in ELASTICITY_SEEDS:
        energy = [
            sum(
                series_of(scenario, seed, 100, end)[f"industrial_energy_per_month.{t}"][place]
                for t in trades
            )
            for scenario in scenarios
        ]
        found.append(np.log(energy[1] / energy[0]) / np.log(1.0 + PREMIUM))
    return float(np.mean(found))


CHEAP_POWER = PLAN.replace({"high_energy_market_premium": 0.0}, "2020-01")
DEAR_POWER = CHEAP_POWER.replace({"high_energy_market_premium": PREMIUM}, "2022-01")


def test_high_energy_industry_answers_its_own_price_by_hundredths_within_a_year(
    series_of: SeriesOf,
) -> None:
    """-0.02 to -0.13 (Li, Woo, Tishler and Zarnikau 2022)."""
    assert -0.13 <= _elasticity(series_of, (CHEAP_POWER, DEAR_POWER), "2022-12") <= -0.02


def test_high_energy_industry_answers_its_own_price_more_in_the_long_run(
    series_of: SeriesOf,
) -> None:
    """-0.04 to -0.21, and not less than within a year."""
    pair = (CHEAP_POWER, DEAR_POWER)
    long_run = _elasticity(series_of, pair, "2030-12")
    assert -0.21 <= long_run <= -0.04
    assert long_run < _elasticity(series_of, pair, "2022-12")


def test_industry_answers_a_price_that_rises_for_everybody(series_of: SeriesOf) -> None:
    dearer = CHEAP_POWER.replace({"industrial_electricity_price": 1.0 + PREMIUM})
    assert -0.13 <= _elasticity(series_of, (CHEAP_POWER, dearer), "2020-12", "2020-12") <= -0.02


@cache
def _firms_under_audit(rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Measures adopted within 2023, and output in December 2023, by firm."""
    scenario = PLAN.replace({"energy_audit_rate": 0.0}, "2020-01")
    model = TransitionModel(
        scenario.replace({"energy_audit_rate": rate}, "2023-01"), rng=1, households=100
    )
    firms = model.agents_by_type[Firm]
    while str(model.month) != "2023-01":
        model.step()
    before = firms.measures_adopted.copy()
    while str(model.month) != "2024-01":
        model.step()
    return firms.measures_adopted - before, firms.output.copy()


def test_productivity_dips_in_the_year_of_adoption() -> None:
    (few, output), (many, output_audited) = _firms_under_audit(0.0), _firms_under_audit(1.0)
    led = many > few
    assert led.any()
    assert output_audited[led].sum() < 0.995 * output[led].sum()


# -------------------------------------------------------------------- 5. waste, and where slack is

STREAMS = (
    "municipal_solid_waste_generated_per_month",
    "municipal_solid_waste_recycled_per_month",
    "kitchen_waste_treated_per_month",
    "recyclables_separated_per_month",
    "hazardous_waste_separated_per_month",
    "food_waste_separated_per_month",
    "restaurant_waste_separated_per_month",
    "mixed_household_waste_per_month",
    "mixed_restaurant_waste_per_month",
    "household_waste_generated_per_month",
    "waste_turned_away_per_month",
    "recycling_capacity",
)
KITCHEN = dimension("recycler_kind").index("kitchen")


@dataclass(frozen=True)
class Waste:
    """Waste of a month, t/month, and what households do."""

    generated: float
    recycled: float
    treated: float
    parts: float
    household: float
    turned_away: float
    capacity: float
    capture: float
    participation: float

    @property
    def rate(self) -> float:
        """Recycling rate."""
        return self.recycled / self.generated


@cache
def _waste(supervision: float, start: str) -> tuple[Waste, ...]:
    """Months from December 2023 on, with so many staffed points from ``start`` on."""
    scenario = PLAN.replace({"sorting_supervision": supervision}, start)
    model = TransitionModel(scenario, rng=1, households=400)
    months = []
    while str(model.month) != "2028-01":
        model.step()
        months.append(_waste_of_month(model))
    return tuple(months[-49:])


def _waste_of_month(model: TransitionModel) -> Waste:
    v = model.stocks.values(STREAMS)
    households = model.agents_by_type[Household]
    urban = households.weight * households.urban
    return Waste(
        generated=float(v["municipal_solid_waste_generated_per_month"]),
        recycled=float(v["municipal_solid_waste_recycled_per_month"]),
        treated=float(v["kitchen_waste_treated_per_month"]),
        parts=float(
            v["recyclables_separated_per_month"]
            + v["hazardous_waste_separated_per_month"]
            + v["food_waste_separated_per_month"]
            + v["restaurant_waste_separated_per_month"]
            + v["mixed_household_waste_per_month"]
            + v["mixed_restaurant_waste_per_month"]
        ),
        household=float(np.sum(v["household_waste_generated_per_month"])),
        turned_away=float(v["waste_turned_away_per_month"][KITCHEN]),
        capacity=float(v["recycling_capacity"][KITCHEN]) / 12.0,
        capture=float(model.flows["household_capture_share"][0]),
        participation=float(np.average(households.sorting_habit, weights=urban)),
    )


def test_streams_sum_to_the_waste_generated() -> None:
    for supervision in (0.0, 1.0):
        for month in _waste(supervision, "2020-01"):
            assert month.parts == pytest.approx(month.generated, rel=1e-9)


def _slope(per: str) -> float:
    """Recycled waste for each unit more of food capture, where plants take all of it."""
    low, high = _waste(0.0, "2020-01")[-1], _waste(0.6, "2020-01")[-1]
    assert high.turned_away == pytest.approx(0.0, abs=1e-3 * high.treated)
    return (high.recycled / getattr(high, per) - low.recycled / getattr(low, per)) / (
        high.capture - low.capture
    )


def test_recycling_rises_with_the_capture_of_food_waste() -> None:
    assert _slope("generated") > 0.0


@pytest.mark.xfail(
    strict=True,
    reason="slope 0.45: half of household waste is food (59 % in the old survey), and the rate's "
    "denominator has restaurant waste in it (16 %); for each tonne of household waste it is 0.55",
)
def test_a_unit_of_food_capture_is_worth_half_a_unit_of_recycling() -> None:
    """0.5 to 0.6."""
    assert 0.5 <= _slope("generated") <= 0.6


def test_recycling_is_capped_by_the_capacity_for_kitchen_waste() -> None:
    """5,100 t a day in 2023; every sorting point is staffed at once from 2025 on."""
    months = _waste(1.0, "2025-01")
    assert months[0].capacity * 12.0 / 365.0 == pytest.approx(5_100, rel=1e-3)
    assert all(month.treated <= month.capacity * (1.0 + 1e-9) for month in months)
    full = [month for month in months if month.turned_away > 0.0]
    assert full
    at_once, in_time = months[25], _waste(1.0, "2020-01")[25]
    assert at_once.capture > 0.9 * in_time.capture
    assert at_once.rate < in_time.rate - 0.05


def test_much_of_what_willing_households_sort_is_lost() -> None:
    """Participation and capture are two things: points staffed everywhere, and yet."""
    month = _waste(1.0, "2020-01")[-1]
    assert month.participation > 0.9
    assert month.capture < 0.6


def test_almost_everybody_may_take_part_while_two_fifths_are_recycled() -> None:
    """98 % officially took part in Liangjiang in 2022, and about 40 % was recycled."""
    months = [_waste(s, "2020-01")[-1] for s in (0.0, 0.6, 1.0)]
    assert any(month.participation >= 0.98 and month.rate <= 0.42 for month in months)
