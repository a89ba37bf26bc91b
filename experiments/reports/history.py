"""Write docs/history.md and docs/history.svg: the model's 2020 to 2024 beside what was observed.

Run it from the top of the repository: ``.venv/bin/python experiments/reports/history.py``. It takes
less than a minute. Which result answers which series stands in ``history.toml`` beside this file.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from textwrap import fill
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from transition_model import Result, simulate
from transition_model.calendar import MONTHS_PER_YEAR, Month
from transition_model.declared import Status, read_toml
from transition_model.observations import Bound, Observation, load_observations, select
from transition_model.parameters import load_parameters
from transition_model.quantity import COUNTED, convert
from transition_model.results import Series, load_definitions, units_by_name

SEEDS = (1, 2, 3)
HOUSEHOLDS = 10_000
FIRST, LAST = Month.parse("2020-01"), Month.parse("2024-12")
PAIRS = Path(__file__).with_name("history.toml")
REPORT, FIGURE = Path("docs/history.md"), Path("docs/history.svg")
COLUMNS = 6
TITLE_WIDTH = 30
PER_MONTH, PER_YEAR = "/month", "/year"

type Array = NDArray[np.float64]


@dataclass(frozen=True)
class Pair:
    """A result and the series that it is compared with (``history.toml``)."""

    id: str
    observed: str
    read: str
    scope: str = "city"
    vintages: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    fitted: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    negative: bool = False
    note: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Ids of the results that are read; all members of one over a dimension."""
        if self.results:
            return self.results
        definition = load_definitions().get(self.id)
        return (self.id,) if definition is None else definition.ids

    def observations(self) -> tuple[Observation, ...]:
        """What was observed, years before the run included, in order; one vintage a period."""
        found = tuple(
            read
            for read in select(load_observations(), series=self.observed, scope=self.scope)
            if (not self.vintages or read.vintage in self.vintages) and read.months[1] <= LAST
        )
        periods = [read.period for read in found]
        if len(set(periods)) < len(periods):
            raise ValueError(f"{self.id}: two vintages of one period of {self.observed}")
        return tuple(sorted(found, key=lambda read: (read.months[1], read.months[0])))

    def before(self, observation: Observation) -> Observation | None:
        """The latest observation that a forecaster would have had; totals must not overlap."""
        limit = observation.months[1] if self.read == "end" else observation.months[0]
        known = [read for read in self.observations() if read.months[1] < limit]
        return known[-1] if known else None

    def modelled(self, series: Series, first: Month, last: Month, unit: str) -> float:
        """The model's value for a period in the observation's unit; NaN where it has none."""
        if first < FIRST:
            return math.nan
        places = slice(first - FIRST, last - FIRST + 1)
        own_unit = dict(units_by_name())[self.names[0]]
        rows = [series[name] for name in self.names]
        match self.read:
            case "end":
                value = float(sum(row[last - FIRST] for row in rows))
            case "sum":
                value, own_unit = _total(rows, places), own_unit.removesuffix(PER_MONTH)
            case "rate":
                value = _total(rows, places) / MONTHS_PER_YEAR
            case "ratio":
                value, own_unit = _total(rows[:1], places) / _total(rows[1:], places), "share"
            case "growth":
                before = slice(places.start - MONTHS_PER_YEAR, places.start)
                if before.start < 0:
                    return math.nan
                value, own_unit = _total(rows, places) / _total(rows, before) - 1.0, "share"
            case other:
                raise ValueError(f"{self.id}: read = {other}")
        if not unit.endswith(PER_YEAR):
            own_unit = own_unit.removesuffix(PER_YEAR)
        sign = -1.0 if self.negative else 1.0
        # Results count things as such, observations name them: factories, firms, parks.
        named = own_unit.replace("count", unit) if unit in COUNTED else own_unit
        return sign * convert(value, named, unit)


@dataclass(frozen=True)
class Compared:
    """One observation beside the model's value.

    Attributes
    ----------
    observation
        What was observed.
    modelled
        The model's value a seed, in the observation's unit.
    fitted
        Whether a parameter rests on the observation.
    persisted
        The observation of the period before, taken for a forecast; None without one.
    """

    observation: Observation
    modelled: Array
    fitted: bool
    persisted: float | None

    @property
    def error(self) -> float:
        """Error of the model in percent of what was observed; none above a lower bound."""
        return _error(float(self.modelled.mean()), self.observation)

    @property
    def naive_error(self) -> float | None:
        """Error of the observation before, in percent."""
        return None if self.persisted is None else _error(self.persisted, self.observation)


def _error(value: float, observation: Observation) -> float:
    if observation.bound is Bound.AT_LEAST and value > observation.value:
        return 0.0
    return 100.0 * (value - observation.value) / abs(observation.value)


def _total(rows: Sequence[Array], places: slice) -> float:
    return float(sum(row[places].sum() for row in rows))


def pairs() -> tuple[tuple[Pair, ...], dict[str, str]]:
    """The comparisons, and what is not compared with the reason.

    Raises
    ------
    InputError
        If a comparison names a parameter that is not declared.
    """
    declared: dict[str, Any] = read_toml(PAIRS)
    left_out = declared.pop("not_compared")
    found = tuple(
        Pair(name, **{k: tuple(v) if isinstance(v, list) else v for k, v in entry.items()})
        for name, entry in declared.items()
    )
    parameters = load_parameters()
    for pair in found:
        for name in pair.by:
            parameters[name]  # refuses an unknown one by name
        unknown = set(pair.fitted) - {read.period for read in pair.observations()}
        if unknown:
            raise ValueError(f"{pair.id}: fitted on {unknown}, which was not observed")
    return found, left_out


def compare(pair: Pair, runs: Sequence[Result]) -> list[Compared]:
    """All observations of the simulated years beside the model."""
    compared = []
    for observation in pair.observations():
        first, last = observation.months
        modelled = np.array(
            [pair.modelled(run.all_series, first, last, observation.unit) for run in runs]
        )
        if not np.isnan(modelled).any():
            before = pair.before(observation)
            persisted = None if before is None else _persisted(before, observation, pair.read)
            fitted = observation.period in pair.fitted
            compared.append(Compared(observation, modelled, fitted, persisted))
    return compared


def _persisted(before: Observation, observation: Observation, read: str) -> float | None:
    """The observation before, in proportion to the length of the period where it is a total."""
    value = before.value_in(observation.unit)
    if read in ("sum", "rate"):
        value *= _length(observation) / _length(before)
    return value


def _length(observation: Observation) -> int:
    first, last = observation.months
    return last - first + 1


# ------------------------------------------------------------------------------------- text


def number(value: float) -> str:
    """Four digits that count, thousands apart."""
    if value == 0.0:
        return "0"
    decimals = max(0, 3 - math.floor(math.log10(abs(value))))
    return f"{value:,.{decimals}f}".replace("-", "−")


def signed(value: float | None) -> str:
    """An error in percent."""
    return "" if value is None else f"{value:+.1f}".replace("-", "−")


def table(header: list[str], rows: list[list[str]], texts: int = 1) -> str:
    """A Markdown table, numbers to the right."""
    lines = [header, [*["---"] * texts, *["---:"] * (len(header) - texts)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def mape(errors: Sequence[float]) -> str:
    """Mean absolute error in percent."""
    return f"{mean(map(abs, errors)):.1f}" if errors else ""


def summary(found: dict[Pair, list[Compared]]) -> str:
    """A row a series: mean absolute errors, all and not fitted, beside persistence."""
    rows = []
    for pair, compared in found.items():
        free = [one.error for one in compared if not one.fitted]
        pairwise = [one for one in compared if one.naive_error is not None]
        rows.append(
            [
                f"`{pair.id}`",
                compared[0].observation.label_en,
                str(len(compared)),
                str(len(free)),
                mape([one.error for one in compared]),
                mape(free),
                mape([one.error for one in pairwise]),
                mape([float(one.naive_error or 0.0) for one in pairwise]),
            ]
        )
    header = ["result", "observed series", "n", "not fitted", "MAPE, all", "MAPE, not fitted"]
    header += ["MAPE where a forecast is possible", "MAPE of persistence there"]
    return table(header, rows, texts=2)


def details(found: dict[Pair, list[Compared]]) -> str:
    """A row an observation."""
    rows = []
    for pair, compared in found.items():
        for one in compared:
            observation = one.observation
            bound = {Bound.AT_LEAST: "≥ ", Bound.AT_MOST: "≤ ", Bound.ABOUT: "≈ "}
            rows.append(
                [
                    f"`{pair.id}`",
                    observation.period,
                    observation.unit.replace("*", "·"),
                    observation.confidence.value,
                    "yes" if one.fitted else "no",
                    bound.get(observation.bound, "") + number(observation.value),
                    number(float(one.modelled.mean())),
                    signed(one.error),
                    signed(one.naive_error),
                ]
            )
    header = ["result", "period", "unit", "confidence", "fitted on it"]
    header += ["observed", "modelled", "error, %", "persistence, %"]
    return table(header, rows, texts=5)


def notes(found: dict[Pair, list[Compared]]) -> str:
    """What each comparison rests on."""
    lines = []
    for pair in found:
        by = ", ".join(f"`{name}`" for name in pair.by)
        text = f"fitted by {by}." if by else "nothing is fitted."
        lines.append(f"- `{pair.id}`: {text} {pair.note}".rstrip())
    return "\n".join(lines)


TEXT = """# 2020 to 2024: the model beside what was observed

Generated by `experiments/reports/history.py`; do not edit by hand. Scenario `plan`, {households:,}
households, mean of seeds {seeds}. What is compared, how it is read and what was fitted stands in
`experiments/reports/history.toml`; the observations in `transition_model/data/observations.csv`.

**This is no validation.** {n_fitted} of the {n} observations had a hand in a parameter, so that the
model meets them by construction: their mean absolute error of {error_fitted} % says how well it was
fitted. The {n_free} others are the test, and few: {error_free} %. Persistence, which takes the
last observation for the forecast, is wrong by {naive_pairs} % where it can be made, the model by
{error_pairs} % there; on those not fitted {naive_free} % against {error_free_pairs} %. {of_ours}

![Modelled and observed, 2020 to 2024](history.svg)

Lines are the model (monthly levels; twelve-month sums and ratios; growth by year), a band the range
over the seeds where it shows. Full dots were not fitted, open ones were; squares are
estimates, not observed. Of a lower bound only a value below it is an error.

## Misses

{misses}

## By series

MAPE is the mean absolute error in percent of what was observed. Persistence knows the last
observation; the model is given exogenous paths (population, output, building starts, hydropower),
and simulates the rest from January 2020. A series that hardly moves flatters both.

{summary}

## By observation

{details}

## What was fitted, and what differs in definition

{notes}

## Near, and not compared

{left_out}
"""

MISS = 10.0
"""Percent from which an error is listed as a miss."""


def misses(found: dict[Pair, list[Compared]]) -> str:
    """The largest errors, in words."""
    all_of_them = [(pair, one) for pair, compared in found.items() for one in compared]
    large = sorted(all_of_them, key=lambda entry: -abs(entry[1].error))
    lines = [
        f"- `{pair.id}`, {one.observation.period}: modelled {number(float(one.modelled.mean()))}, "
        f"observed {number(one.observation.value)} {one.observation.unit} "
        f"({signed(one.error)} %{', although fitted' if one.fitted else ''}). {pair.note}".rstrip()
        for pair, one in large
        if abs(one.error) >= MISS
    ]
    return f"Errors of {MISS:.0f} % and more:\n\n" + "\n".join(lines or ["- none"])


def text(found: dict[Pair, list[Compared]], left_out: dict[str, str]) -> str:
    """The report."""
    everything = [one for compared in found.values() for one in compared]
    fitted = [one for one in everything if one.fitted]
    free = [one for one in everything if not one.fitted]
    forecast = [one for one in everything if one.naive_error is not None]
    free_forecast = [one for one in forecast if not one.fitted]
    own = sum(one.observation.status is not Status.OBSERVED for one in everything)
    return TEXT.format(
        households=HOUSEHOLDS,
        seeds=", ".join(map(str, SEEDS)),
        n=len(everything),
        n_fitted=len(fitted),
        n_free=len(free),
        error_fitted=mape([one.error for one in fitted]),
        error_free=mape([one.error for one in free]),
        naive_pairs=mape([float(one.naive_error or 0.0) for one in forecast]),
        error_pairs=mape([one.error for one in forecast]),
        naive_free=mape([float(one.naive_error or 0.0) for one in free_forecast]),
        error_free_pairs=mape([one.error for one in free_forecast]),
        of_ours=f"{own} of the {len(everything)} are estimates themselves.",
        misses=misses(found),
        summary=summary(found),
        details=details(found),
        notes=notes(found),
        left_out="\n".join(f"- `{name}`: {reason}." for name, reason in left_out.items()),
    )


# ------------------------------------------------------------------------------------- figure


def line(pair: Pair, run: Result, unit: str) -> tuple[list[float], list[float]]:
    """Years and values of the model's line in the observation's unit."""
    years, values = [], []
    step = MONTHS_PER_YEAR if pair.read == "growth" else 1
    window = 1 if pair.read == "end" else MONTHS_PER_YEAR
    for last in range(window - 1, LAST - FIRST + 1, step):
        value = pair.modelled(run.all_series, FIRST + (last - window + 1), FIRST + last, unit)
        if not math.isnan(value):
            years.append((FIRST + last).years + 1 / MONTHS_PER_YEAR)
            values.append(value)
    return years, values


def draw_pair(axes: plt.Axes, pair: Pair, compared: list[Compared], runs: Sequence[Result]) -> None:
    """One panel."""
    unit = compared[0].observation.unit
    lines = [line(pair, run, unit) for run in runs]
    years = lines[0][0]
    values = np.array([one[1] for one in lines])
    axes.fill_between(years, values.min(axis=0), values.max(axis=0), color="#1b6ca8", alpha=0.25)
    axes.plot(years, values.mean(axis=0), color="#1b6ca8", linewidth=1.4)
    for one in compared:
        observation = one.observation
        scale = MONTHS_PER_YEAR / _length(observation) if pair.read in ("sum", "rate") else 1.0
        axes.plot(
            observation.months[1].years + 1 / MONTHS_PER_YEAR,
            observation.value_in(unit) * scale,
            "o" if observation.status is Status.OBSERVED else "s",
            markersize=4.5,
            markeredgecolor="#c1440e",
            markerfacecolor="white" if one.fitted else "#c1440e",
        )
    axes.set_title(fill(compared[0].observation.label_en, TITLE_WIDTH), fontsize=7)
    axes.set_ylabel(unit, fontsize=6)
    axes.set_xlim(2020, 2025.2)
    low, high = axes.get_ylim()
    if low > 0 and low < high / 2:
        axes.set_ylim(0, high)
    axes.set_xticks(range(2020, 2026))
    axes.set_xticklabels(["2020", "", "2022", "", "2024", ""])
    axes.tick_params(labelsize=6)
    axes.spines[["top", "right"]].set_visible(False)


def draw(found: dict[Pair, list[Compared]], runs: Sequence[Result]) -> None:
    """The figure."""
    plt.rcParams.update({"svg.hashsalt": "history"})
    rows = math.ceil(len(found) / COLUMNS)
    figure, grid = plt.subplots(rows, COLUMNS, figsize=(13.0, 1.75 * rows), squeeze=False)
    panels = list(grid.flat)
    for axes, (pair, compared) in zip(panels, found.items(), strict=False):
        draw_pair(axes, pair, compared, runs)
    for axes in panels[len(found) :]:
        axes.axis("off")
    figure.suptitle(
        "Model (line) and record: fitted (open), not fitted (full), estimated (squares)",
        fontsize=10,
    )
    figure.tight_layout()
    figure.savefig(FIGURE, metadata={"Date": None})


def main() -> None:
    """Run, compare and write."""
    compared_pairs, left_out = pairs()
    runs = [simulate(seed=seed, households=HOUSEHOLDS, end=LAST) for seed in SEEDS]
    found = {pair: compare(pair, runs) for pair in compared_pairs}
    found = {pair: compared for pair, compared in found.items() if compared}
    draw(found, runs)
    REPORT.write_text(text(found, left_out), "utf-8")


if __name__ == "__main__":
    main()
