"""Write docs/behaviour.md and docs/behaviour.svg: what measures and rules bring, whom they pay.

Run it from the top of the repository: ``make behaviour``. It takes some minutes on two cores.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from behaviour_rules import (
    RuleRuns,
    Window,
    label_of,
    money_to_households,
    moves_most,
    rules_alone,
    run_all,
    subsidised_units,
    targets_moved,
)
from numpy.typing import NDArray

from transition_model import Scenario
from transition_model.analysis.paired import ObservedRun, Paired, additionality
from transition_model.calendar import Month
from transition_model.dimensions import dimension
from transition_model.districts import load_districts
from transition_model.levers import load_levers
from transition_model.plan import load_plan

SEEDS = (1, 2)
HOUSEHOLDS = 2_000
RECEIVING_HOUSEHOLDS = 10_000
SINCE, END = Month.parse("2025-01"), Month.parse("2027-12")
WINDOWS = {
    "2025": Month.parse("2025-12"),
    "2025-26": Month.parse("2026-12"),
    "2025-27": END,
}
CAR_FLOWS = {
    "scrapped": "car_scrappage_per_month",
    "bought": "new_car_sales_per_month",
    "new-energy, bought": "new_energy_car_sales_per_month",
}
TRADE_IN = 24
LISTED_DISTRICTS = 5
REPORT, FIGURE = Path("docs/behaviour.md"), Path("docs/behaviour.svg")

type Runs = list[ObservedRun]
type Array = NDArray[np.float64]


@dataclass(frozen=True)
class Outcome:
    """One column of the table of measures.

    Attributes
    ----------
    heading, unit
        What it is called, and the unit of the difference.
    decimals
        Digits after the point.
    """

    heading: str
    unit: str
    decimals: int

    def read(self, run: ObservedRun) -> float:
        """The value that a run reaches, in the unit."""
        series = run.series
        if self.heading == "NEV share of sales 2027":
            year = Month.parse("2027-01")
            new_energy = run.total("new_energy_car_sales_per_month", year, END)
            return 100.0 * new_energy / run.total("new_car_sales_per_month", year, END)
        if self.heading == "bus and taxi electric share":
            return 100.0 * float(series["bus_taxi_electric_share"][-1])
        if self.heading == "recycled resources":
            return float(series["recycled_resources"][-1]) / 1e6
        if self.heading == "energy per GDP":
            return -100.0 * float(series["energy_intensity_reduction"][-1])
        return run.spent(SINCE, END) / 1e8


OUTCOMES = (
    Outcome("NEV share of sales 2027", "points", 2),
    Outcome("bus and taxi electric share", "points", 2),
    Outcome("recycled resources", "Mt a year", 3),
    Outcome("energy per GDP", "points of 2020", 2),
    Outcome("public money 2025-27", "10^8 yuan", 2),
)
"""What the tables of measures and rules show."""


def measures() -> tuple[list[int], list[int]]:
    """Measures with a lever that somebody answers, and those that are efforts only."""
    levers = load_levers().values()
    answered = {lever.measure for lever in levers if not lever.id.endswith("_effort")}
    return sorted(answered), sorted({lever.measure for lever in levers} - answered)


def only(*numbers: int) -> Scenario:
    """The scenario without the plan's measures, but for some."""
    none = Scenario.load("none")
    return none.replace({f"measure.{number}": "on" for number in numbers}) if numbers else none


def window(households: int) -> Window:
    """Seeds, sample and months."""
    return Window(SEEDS, households, SINCE, END)


def paired(under: Runs, without: Runs, outcome: Outcome) -> Paired:
    """An outcome under a policy and without it, seed by seed."""
    return Paired(*(np.array([outcome.read(run) for run in side]) for side in (under, without)))


# ------------------------------------------------------------------------------------- numbers


def number(value: float, decimals: int = 0, sign: bool = False) -> str:
    """A number for reading: thousands apart, no minus zero."""
    if np.isnan(value):
        return "none"
    rounded = round(value, decimals) + 0.0
    return f"{rounded:{'+' if sign and rounded else ''},.{decimals}f}".replace("-", "−")


def with_range(values: Array, decimals: int, sign: bool = False) -> str:
    """Mean, and range over the seeds where it shows."""
    mean, low, high = (number(float(f(values)), decimals, sign) for f in (np.mean, np.min, np.max))
    return mean if low == high else f"{mean} ({low} to {high})"


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table, numbers to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


# ------------------------------------------------------------------------------------- sections


def measures_table(none: Runs, by_measure: dict[str, Runs]) -> str:
    """Level without measures, then the difference that each makes."""
    header = ["", *(f"{o.heading}, {o.unit}" for o in OUTCOMES)]
    levels = [
        with_range(np.array([outcome.read(run) for run in none]), outcome.decimals)
        for outcome in OUTCOMES
    ]
    rows = [["level under `none`", *levels]]
    rows += [[label, *differences(under, none)] for label, under in by_measure.items()]
    return table(header, rows)


def differences(under: Runs, without: Runs) -> list[str]:
    """Every outcome's difference, for reading."""
    return [
        with_range(paired(under, without, outcome).difference, outcome.decimals, True)
        for outcome in OUTCOMES
    ]


def rules_table(pairs: list[RuleRuns]) -> str:
    """What each rule moves, with the series that it moves most."""
    header = ["rule", *(f"{o.heading}, {o.unit}" for o in OUTCOMES), "moves most", "targets moved"]
    rows = []
    for pair in pairs:
        most = moves_most(pair)
        moved = f"{label_of(most[0])}: {number(100 * most[1], 2, True)} %" if most else "nothing"
        name = f"{pair.rule.measure} `{pair.rule.id}`"
        targets = str(len(targets_moved(pair)) or "none")
        rows.append([name, *differences(pair.under, pair.without), moved, targets])
    return table(header, rows)


def receivers_table(pairs: list[RuleRuns]) -> str:
    """Rules that pay households: money, and whose it is."""
    names = dimension("income_group").labels_en
    rows = []
    for pair in pairs:
        total, shares, central = money_to_households(pair)
        if np.isnan(central).all():
            continue
        cells = [with_range(100.0 * shares[:, g], 1) for g in range(len(names))]
        row = [f"`{pair.rule.id}`", with_range(total / 1e8, 2), *cells]
        rows.append([*row, with_range(100.0 * central, 1)])
    header = ["rule", "10^8 yuan 2025-27", *(f"{name}, %" for name in names)]
    return table([*header, "central urban area, %"], rows)


def windfall_table(pairs: list[RuleRuns]) -> str:
    """Units paid for, and those among them that would not have come anyway."""
    rows = []
    for pair in pairs:
        units = subsidised_units(pair, window(HOUSEHOLDS))
        if units is None or float(units.money.mean()) <= 0.0:
            continue
        share = units.additional / units.subsidised
        each = np.where(units.additional > 0.0, units.money / units.additional, np.nan)
        rows.append(
            [
                f"`{pair.rule.id}`",
                units.unit,
                with_range(units.money / 1e8, 2),
                with_range(units.subsidised, 0),
                with_range(units.additional, 0, True),
                with_range(100.0 * share, 0),
                with_range(100.0 * (1.0 - share), 0),
                with_range(each, 0),
            ]
        )
    header = ["rule", "unit", "10^8 yuan", "paid for", "more than without"]
    header += ["additional of 100", "windfall of 100", "yuan for one more"]
    return table(header, rows)


def group_table(under: Runs) -> str:
    """Trade-in money by fifth of income."""
    groups = len(dimension("income_group"))
    shares, each = _by_group(under)
    names = dimension("income_group").labels_en
    rows = [
        [names[g], with_range(100.0 * shares[:, g], 1), with_range(each[:, g], 0)]
        for g in range(groups)
    ]
    return table(["fifth of income", "share of the money, %", "yuan a household"], rows)


def _by_group(under: Runs) -> tuple[Array, Array]:
    """Shares of the money, and yuan a household, shape (seeds, groups)."""
    groups = len(dimension("income_group"))
    paid = np.array([run.money.by_group(run.money.income_group, groups) for run in under])
    each = np.array([run.money.per_household(run.money.income_group, groups) for run in under])
    return paid / paid.sum(axis=1, keepdims=True), each


def district_table(under: Runs) -> str:
    """The districts whose households received most and least."""
    districts = load_districts()
    count = len(districts.district)
    each = np.array([run.money.per_household(run.money.district, count) for run in under])
    paid = np.array([run.money.by_group(run.money.district, count) for run in under])
    shares = 100.0 * paid / paid.sum(axis=1, keepdims=True)
    order = np.argsort(-each.mean(axis=0), kind="stable")
    listed = [*order[:LISTED_DISTRICTS], *order[-LISTED_DISTRICTS:]]
    rows = [
        [
            f"{districts.name_en[d]} ({districts.name_zh[d]})",
            with_range(each[:, d], 0),
            with_range(shares[:, d], 1),
        ]
        for d in listed
    ]
    gap = ["…", "", ""]
    rows.insert(LISTED_DISTRICTS, gap)
    return table(["district or county", "yuan a household", "share of the money, %"], rows)


def additional_table(under: Runs, none: Runs) -> str:
    """Additional cars for each subsidised one, by window."""
    rows = []
    for window, until in WINDOWS.items():
        found = {
            label: additionality(under, none, flow, SINCE, until)
            for label, flow in CAR_FLOWS.items()
        }
        bought = found["bought"]
        rows.append(
            [
                window,
                with_range(bought.subsidised / 1e3, 0),
                with_range(bought.money / 1e8, 1),
                *(with_range(100.0 * f.additional_share, 0) for f in found.values()),
                with_range(100.0 * bought.windfall_share, 0),
                *(with_range(f.money_per_additional / 1e3, 0) for f in found.values()),
            ]
        )
    header = ["window", "subsidised cars, thousand", "money for cars, 10^8 yuan"]
    header += [f"additional of 100: {label}" for label in CAR_FLOWS]
    header += ["windfall of 100"]
    header += [f"thousand yuan per additional car: {label}" for label in CAR_FLOWS]
    return _transposed(header, rows)


def _transposed(header: list[str], rows: list[list[str]]) -> str:
    """A table with a column for each row: few windows, many figures."""
    columns = list(zip(*rows, strict=True))
    return table(["", *columns[0]], [[h, *c] for h, c in zip(header[1:], columns[1:], strict=True)])


# ------------------------------------------------------------------------------------- figure


def draw(under: Runs, none: Runs, receiving: Runs) -> None:
    """Money by income, and subsidised cars split into additional and windfall."""
    plt.rcParams.update({"svg.hashsalt": "behaviour", "font.size": 8})
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.0, 3.2))
    _, each = _by_group(receiving)
    mean = each.mean(axis=0)
    error = np.abs(np.array([mean - each.min(axis=0), each.max(axis=0) - mean]))
    names = ["lowest", "second", "middle", "fourth", "highest"]
    left.bar(names, mean, color="#1b6ca8", yerr=error, capsize=3, ecolor="#444444")
    left.set_title("Trade-in money by fifth of income, 2025-27", fontsize=9)
    left.set_ylabel("yuan a household")
    windows = list(WINDOWS)
    found = [
        additionality(under, none, CAR_FLOWS["bought"], SINCE, until) for until in WINDOWS.values()
    ]
    additional = np.array([float(f.additional.mean()) / 1e3 for f in found])
    subsidised = np.array([float(f.subsidised.mean()) / 1e3 for f in found])
    right.bar(windows, additional, color="#2a9d5c", label="additional")
    right.bar(
        windows, subsidised - additional, bottom=additional, color="#c9c9c9", label="windfall"
    )
    for place, (more, total) in enumerate(zip(additional, subsidised, strict=True)):
        right.text(place, more / 2, f"{more / total:.0%}", ha="center", va="center", color="white")
    right.set_title("Subsidised cars: bought because of it, or anyway", fontsize=9)
    right.set_ylabel("thousand cars since January 2025")
    right.legend(frameon=False, loc="upper left")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(FIGURE, metadata={"Date": None})


# ------------------------------------------------------------------------------------- text

TEXT = """# What each measure brings, and who is paid for it

Generated by `experiments/reports/behaviour.py`; do not edit by hand. {households:,} households,
seeds {seeds}, 2020-01 to 2027-12. Every figure is a mean over the seeds, with the smallest and the
largest in brackets where they differ; differences are taken seed by seed, because the same seed is
the same luck under every policy.

These are answers of a model that is not calibrated yet. The range is that of luck alone; that of
the parameters, of which two thirds are assumed, is wider. Read signs and orders of size.

## Each measure alone, and all together

Against `none`, in which the plan's measures lapse at the end of 2024. One measure is switched on
again from January 2025, at the plan's values of its levers, and the others stay off.

{measures}

{titles}

How to read it:

- *Energy per GDP* is measured in hundredths of the level of 2020; minus is less energy. Energy that
  is saved because dearer power makes firms produce less comes off the gross domestic product too.
- *Public money* is what the programmes of the model pay, tax relief as revenue forgone.
  Inspections, staff at sorting points and the programmes of administration are not counted.
  Interest on loans agreed before 2025 is in the level.
- Measures do not add up: {sum_note}
- Measures {efforts} are efforts of
  administration. Together they move the five outcomes by {effort_move}; they act on targets of
  their own.
- Trade-in changes *when* cars are bought and scrapped more than *which*: the subsidies for a
  new-energy and a combustion car differ by 5,000 yuan in 2025, before the plan's cut for combustion
  cars, which is our reading ({preference:.0f} %). Fewer old cars go later, so that fewer are
  replaced by new-energy ones: the effect on the share of 2027 is the balance of the two.

## Each rule alone

Two runs that differ in one rule from January 2025 on. A rule that ends with its measure is taken
alone: the measure is on, its levers have the plan's values, and its other rules are struck on both
sides. A rule that was law before the plan is taken away from `none`: its row says what it brings as
long as it stays. *Moves most* names the series, money apart, that the rule moves most in 2027
against its level; a rule that ended before 2025 moves nothing any more.

{rules}

Why a rule in force moves no series here: phones and home goods have buyers and money, but no series
counts them; rate and share of the carbon-reduction facility work only together, each alone cheapens
no loan; the price cap binds only under a market premium, which is zero in `none`; green power costs
firms money, and no series counts certificates; credits move trips by less than is shown. Carbon
prices reach few firms as long as allowances are free: the price counts at the margin alone.

Whom rules pay, of those that pay households more than a million yuan from 2025 to 2027; fifths of
income:

{receivers}

Additional and windfall, rule by rule, 2025 to 2027. *Paid for* divides the money by the amount that
the law states for a usual claim (`experiments/reports/subsidised_units.toml`), so it is near, not
exact. A unit that is only brought forward counts as additional until the run without has caught up.

{windfall}

## Who receives trade-in money

Measure 24 alone, cars and appliances, 2025 to 2027, {receiving:,} households in the sample. What a
household receives is the expected amount, before the draw whether it buys.

{groups}

![Money by income, and additional against windfall](behaviour.svg)

The amounts do not depend on income. The slope comes from who has a car and who sells one on for a
new one: both rise with income in the model (`car_ownership_income_slope`,
`transfer_income_elasticity`; assumed). Everybody replaces appliances, at the same rate.

By district, five with most and five with least for each household, of {districts}:

{district_rows}

Districts differ in the model by income and urbanisation only; the rules are the same everywhere.
A district has {sample} households in the sample on average, so its rank is uncertain: look at the
range.

## Additional or windfall

Measure 24 alone against `none`. A subsidised car is additional as far as the paired run without the
measure has a car less; the rest, windfall, would have been bought anyway. A car that is brought
forward counts as additional until the paired run has caught up, hence the growing windows.

{additional}

What is assumed:

- Scrappage answers by a literature value (`scrappage_response`, from the national uplift of 2024),
  selling on by a smaller assumed one (`transfer_response`). The additional share follows from these
  two more than from anything else in the model.
- Additional cars are divided by cars subsidised for scrapping *and* for selling on; nobody is
  scrapped for the latter, so the share of additional scrappage is low by construction.
- A scrapped car is replaced with probability `replacement_share` under every policy, and a used car
  sold on finds a household without one.
- Of those who may claim, `car_claim_share` do. The number of subsidised cars is reckoned from the
  money, with the powertrains that all buyers of the month choose; it is about 1 % too high.
- How far households hurry before an announced end is assumed, and nobody waits for a start. After
  an end the model shows a smaller dip than studies find (`tests/facts/test_stylised_facts.py`), so
  windfall in the long windows is likely higher than here, and yuan for an additional car more.
- Money for an additional new-energy car divides *all* money for cars by additional new-energy cars.
"""


def text(
    none: Runs,
    by_measure: dict[str, Runs],
    together: Runs,
    efforts: Runs,
    receiving: Runs,
    rules: list[RuleRuns],
) -> str:
    """The report."""
    answered, administered = measures()
    alone = by_measure[f"{TRADE_IN} alone"]
    plan = load_plan()
    titles = "; ".join(f"{n} {plan.measure(n).title_en}" for n in answered)
    moved = max(float(np.abs(paired(efforts, none, o).difference).max()) for o in OUTCOMES)
    recycled, saved = OUTCOMES[2], OUTCOMES[3]
    sums = [
        sum(paired(under, none, o).mean for under in by_measure.values()) for o in (recycled, saved)
    ]
    wholes = [paired(together, none, o).mean for o in (recycled, saved)]
    return TEXT.format(
        households=HOUSEHOLDS,
        seeds=", ".join(str(seed) for seed in SEEDS),
        measures=measures_table(none, {**by_measure, "all together": together}),
        titles=f"Measures: {titles}.",
        rules=rules_table(rules),
        receivers=receivers_table(rules),
        windfall=windfall_table(rules),
        sum_note=(
            f"recycled resources {number(wholes[0], 3, True)} together and "
            f"{number(sums[0], 3, True)} in sum, energy per GDP {number(wholes[1], 2, True)} and "
            f"{number(sums[1], 2, True)}."
        ),
        efforts=", ".join(str(n) for n in administered),
        effort_move="nothing" if moved < 1e-9 else f"at most {number(moved, 2)} of its unit",
        preference=100.0 * load_levers()["green_preference"].default,
        receiving=RECEIVING_HOUSEHOLDS,
        groups=group_table(receiving),
        districts=len(load_districts().district),
        district_rows=district_table(receiving),
        sample=RECEIVING_HOUSEHOLDS // len(load_districts().district),
        additional=additional_table(alone, none),
    )


def main() -> None:
    """Run everything, and write report and figure."""
    answered, administered = measures()
    named = {"none": only(), "together": only(*answered, *administered)}
    named |= {"efforts": only(*administered)}
    named |= {f"{n} alone": only(n) for n in answered}
    found = run_all(named.values(), window(HOUSEHOLDS))
    by_name = {name: found[scenario.digest] for name, scenario in named.items()}
    by_measure = {f"{n} alone": by_name[f"{n} alone"] for n in answered}
    none, together, efforts = (by_name[name] for name in ("none", "together", "efforts"))
    trade_in = only(TRADE_IN)
    receiving = run_all([trade_in], window(RECEIVING_HOUSEHOLDS))[trade_in.digest]
    rules = rules_alone(window(HOUSEHOLDS))
    REPORT.write_text(text(none, by_measure, together, efforts, receiving, rules), "utf-8")
    draw(by_measure[f"{TRADE_IN} alone"], none, receiving)


if __name__ == "__main__":
    main()
