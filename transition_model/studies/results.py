"""What came out of a study: points and outcomes side by side, with units."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transition_model.calendar import Month
from transition_model.errors import InputError
from transition_model.plan import Target, load_plan
from transition_model.quantity import convert
from transition_model.results import checked_name, units_by_name
from transition_model.runs.store import RunStore
from transition_model.scoreboard import TARGET_MONTH, meets
from transition_model.studies.design import SCENARIO
from transition_model.studies.plan import RunPlan
from transition_model.studies.running import refuse_other_versions
from transition_model.studies.study import Study

if TYPE_CHECKING:
    import xarray as xr

type Array = NDArray[np.float64]

RUN, POINT, SEED = "run", "point", "seed"
LOW, HIGH = 0.05, 0.95
"""Quantiles between which nine in ten runs lie."""


@dataclass(frozen=True)
class Outcome:
    """One number of a run.

    Attributes
    ----------
    id
        Target, or ``series@month``.
    variable, month
        Series that it is read from, and when.
    unit
        Of the value.
    target
        The target that it answers, if any.
    label
        In English.
    """

    id: str
    variable: str
    month: Month
    unit: str
    target: Target | None = None
    label: str = ""


@dataclass(frozen=True)
class StudyResults:
    """Inputs and outcomes of the runs of a study, a row a run.

    Attributes
    ----------
    planned
        The runs.
    outcomes
        What the columns of ``values`` are.
    values
        Outcomes, in their units; NaN for runs that are missing or failed. Indexed by run.
    """

    planned: RunPlan
    outcomes: tuple[Outcome, ...]
    values: pd.DataFrame
    _series: Array
    _months: tuple[Month, ...]
    _variables: tuple[str, ...]

    @classmethod
    def of_study(cls, study: Study, store: RunStore) -> StudyResults:
        """Read what a study asks for.

        Raises
        ------
        InputError
            As :meth:`read`.
        """
        return cls.read(RunPlan.of_study(study), outcomes_of(study), store)

    @classmethod
    def read(cls, planned: RunPlan, outcomes: tuple[Outcome, ...], store: RunStore) -> StudyResults:
        """Read outcomes of runs from the store.

        Raises
        ------
        InputError
            If a file is damaged, or there is no run of the study by this model.
        """
        refuse_other_versions(planned, store)
        store.verify(planned.keys)
        variables = tuple(dict.fromkeys(outcome.variable for outcome in outcomes))
        months = tuple(dict.fromkeys(outcome.month for outcome in outcomes))
        series = store.series(planned.keys, variables, months)
        if np.isnan(series).all():
            raise InputError(
                f"store {store.folder}", f"no run of {planned.name}",
                "runs; make them by experiment run",
            )  # fmt: skip
        units = dict(units_by_name())
        columns = {
            outcome.id: _converted(
                series[:, months.index(outcome.month), variables.index(outcome.variable)],
                units[outcome.variable],
                outcome.unit,
            )
            for outcome in outcomes
        }
        values = pd.DataFrame(columns, index=pd.RangeIndex(len(planned.runs), name=RUN))
        return cls(planned, outcomes, values, series, months, variables)

    @cached_property
    def inputs(self) -> pd.DataFrame:
        """Point, seed and every factor, indexed by run."""
        numbers = range(len(self.planned.runs))
        points = [self.planned.point_of(run) for run in numbers]
        frame = self.planned.points.iloc[points].reset_index(drop=True)
        frame.insert(0, POINT, points)
        frame.insert(1, SEED, [run.seed for run in self.planned.runs])
        frame.index = pd.RangeIndex(len(frame), name=RUN)
        return frame

    @property
    def missing(self) -> int:
        """Runs without outcomes."""
        return int(self.values.isna().all(axis=1).sum())

    @cached_property
    def met(self) -> pd.DataFrame:
        """Whether each target is met, 0 or 1, NaN where a run is missing; indexed by run."""
        columns = {}
        for outcome in self.outcomes:
            if outcome.target is not None:
                target = outcome.target
                values = self.values[outcome.id]
                met = [float(meets(value, target.operator, target.value)) for value in values]
                columns[outcome.id] = np.where(values.isna(), np.nan, met)
        return pd.DataFrame(columns, index=self.values.index)

    def summary(self) -> pd.DataFrame:
        """One row an outcome, and scenario if these vary.

        Mean, spread, and the share of runs that meet the target.
        """
        if SCENARIO not in self.inputs:
            return pd.DataFrame(
                [self._summed_up(outcome, slice(None)) for outcome in self.outcomes]
            )
        groups = self.inputs.groupby(SCENARIO, sort=False).groups
        return pd.DataFrame(
            [
                {SCENARIO: name, **self._summed_up(outcome, runs)}
                for outcome in self.outcomes
                for name, runs in groups.items()
            ]
        )

    def _summed_up(self, outcome: Outcome, runs: Any) -> dict[str, Any]:
        values = self.values[outcome.id].loc[runs].dropna()
        row: dict[str, Any] = {"outcome": outcome.id, "unit": outcome.unit, "runs": len(values)}
        row |= {
            "mean": float(values.mean()),
            "5 %": float(values.quantile(LOW)),
            "median": float(values.median()),
            "95 %": float(values.quantile(HIGH)),
        }
        target = outcome.target
        row["goal"] = "" if target is None else f"{target.operator} {target.value:g}"
        met = None if target is None else float(self.met[outcome.id].loc[runs].mean())
        return row | {"met in": met}

    def dataset(self) -> xr.Dataset:
        """Series as an xarray data set over run and month, with units, points beside them."""
        import xarray as xr

        units = dict(units_by_name())
        months = [str(month) for month in self._months]
        coordinates = {RUN: np.arange(len(self.values)), "month": months}
        data = {
            name: ((RUN, "month"), self._series[:, :, place], {"units": units[name]})
            for place, name in enumerate(self._variables)
        }
        factors = {name: (RUN, self.inputs[name].to_numpy()) for name in self.inputs.columns}
        return xr.Dataset(data, coords=coordinates | factors)

    def export(self, path: Path) -> None:
        """Write inputs and outcomes, or the data set.

        Raises
        ------
        InputError
            If the name's ending is none of those, or the file can't be written.
        """
        writers = {
            ".csv": lambda: self._table().to_csv(path),
            ".parquet": lambda: self._table().to_parquet(path),
            ".nc": lambda: self.dataset().to_netcdf(path, engine="scipy"),
        }
        if path.suffix not in writers:
            raise InputError("export", str(path), f"a file ending in {', '.join(writers)}")
        try:
            writers[path.suffix]()
        except OSError as problem:
            raise InputError("export", str(path), f"a place to write to ({problem})") from None

    def _table(self) -> pd.DataFrame:
        return self.inputs.join(self.values)


def outcomes_of(study: Study) -> tuple[Outcome, ...]:
    """Outcomes that a study asks for: its targets, then its series in each month."""
    months = [Month.parse(month) for month in study.outcomes.months]
    units = dict(units_by_name())
    return (
        *target_outcomes(study.target_ids),
        *(
            Outcome(f"{name}@{month}", checked_name(name), month, units[name])
            for name in study.outcomes.series
            for month in months
        ),
    )


def target_outcomes(names: Iterable[str]) -> tuple[Outcome, ...]:
    """Targets as outcomes, in December 2027, as far as they are modelled."""
    targets = {target.id: target for target in load_plan().targets}
    return tuple(
        Outcome(name, target.result, TARGET_MONTH, target.unit, target, target.label_en)
        for name, target in ((name, targets[name]) for name in names)
        if target.result is not None
    )


def _converted(values: Array, unit: str, wanted: str) -> Array:
    """Values in another unit of the same dimension."""
    return values if unit == wanted else values * convert(1.0, unit, wanted)
