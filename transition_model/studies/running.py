"""Making the runs of a study: what the store has is taken from there, the rest is made and kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from transition_model.calendar import Month, months_between
from transition_model.errors import InputError
from transition_model.results import Series, units_by_name
from transition_model.runs.batch import ENDED, Workers, made_in_groups
from transition_model.runs.identity import model_version
from transition_model.runs.store import RunStore, StoredRun
from transition_model.scoreboard import scoreboard
from transition_model.studies.plan import RunPlan

type Array = NDArray[np.float64]
type Progress = Callable[[int, int, int], None]


@dataclass(frozen=True, slots=True)
class Progressed:
    """What became of a study's runs.

    Attributes
    ----------
    asked, found, made
        Runs of the study; those that the store had; those made now.
    failures
        Reason by number of the run.
    damaged
        Files of the store that were damaged and whose runs were made anew.
    seconds
        Wall time.
    """

    asked: int
    found: int
    made: int
    failures: Mapping[int, str]
    damaged: tuple[str, ...]
    seconds: float


def make_runs(
    planned: RunPlan,
    store: RunStore,
    workers: Workers,
    *,
    progress: Progress | None = None,
    notice: Callable[[str], None] | None = None,
) -> Progressed:
    """Make those runs of a plan that the store does not have.

    Parameters
    ----------
    planned
        The runs.
    store
        Open for writing.
    workers
        Processes, or a cluster.
    progress
        Called with runs done, runs asked for, and how many of the former the store had.
    notice
        Told in one line when code has to be compiled first.

    Raises
    ------
    InputError
        If the disk is full; all that was made before is kept.
    """
    from transition_model.runs.preparation import prepare

    began = perf_counter()
    store.verify(planned.keys)
    _note(planned, store)
    there = store.failures(planned.keys)
    failures = {run: there[key] for run, key in enumerate(planned.keys) if there.get(key)}
    missing = {key: run for run, key in reversed([*enumerate(planned.keys)]) if key not in there}
    numbers = sorted(missing.values())
    found = len(planned.runs) - sum(key in missing for key in planned.keys)
    done = found
    if progress is not None:
        progress(done, len(planned.runs), found)
    if numbers:
        prepare(notice)
    runs = tuple(planned.runs[number] for number in numbers)
    for group in made_in_groups(workers, runs, planned.households, planned.last):
        kept = [(numbers[place], outcome) for place, outcome in group if not _ended(outcome)]
        failures |= {numbers[p]: outcome for p, outcome in group if isinstance(outcome, str)}
        store.add(
            [_stored(planned, number, outcome) for number, outcome in kept],
            [np.empty((0, 0)) if isinstance(o, str) else o for _, o in kept],
        )
        done += len(group)
        if progress is not None:
            progress(done, len(planned.runs), found)
    return Progressed(
        asked=len(planned.runs),
        found=found,
        made=len(numbers),
        failures=dict(sorted(failures.items())),
        damaged=tuple(store.damaged),
        seconds=perf_counter() - began,
    )


def _ended(outcome: Array | str) -> bool:
    """Whether a run says nothing of itself, since its process was ended: it is made again."""
    return isinstance(outcome, str) and outcome == ENDED


def _note(planned: RunPlan, store: RunStore) -> None:
    """Tell the store which runs the study asks for."""
    runs = (
        (planned.point_of(number), run.seed, key)
        for number, (run, key) in enumerate(zip(planned.runs, planned.keys, strict=True))
    )
    columns = {str(name): list(planned.points[name]) for name in planned.points.columns}
    store.note_study(planned.name, columns, runs)


def _stored(planned: RunPlan, number: int, outcome: Array | str) -> StoredRun:
    run = planned.runs[number]
    failure = outcome if isinstance(outcome, str) else ""
    return StoredRun(
        key=planned.keys[number],
        scenario=run.scenario.name,
        scenario_digest=run.scenario.digest,
        changes=run.scenario.to_query(),
        parameters=dict(run.parameters),
        seed=run.seed,
        households=planned.households,
        last_month=str(planned.last),
        model=model_version(),
        targets={} if isinstance(outcome, str) else _targets(outcome, planned.last),
        failure=failure,
    )


def _targets(values: Array, last: Month) -> dict[str, tuple[float, bool]]:
    """Value and whether it is met, of every target that the run reaches."""
    from transition_model.model import FIRST_MONTH

    names = [name for name, _ in units_by_name()]
    months = tuple(months_between(FIRST_MONTH, last))
    rows = scoreboard(Series(months, dict(zip(names, values.T, strict=True))))
    return {row.id: (row.value, bool(row.met)) for row in rows if row.value is not None}


def counted(planned: RunPlan, store: RunStore) -> dict[str, int]:
    """How many runs a study asks for, and how many are there, failed or missing."""
    there = store.failures(planned.keys)
    found = [there.get(key) for key in planned.keys]
    return {
        "asked": len(found),
        "there": sum(reason is not None for reason in found),
        "failed": sum(bool(reason) for reason in found),
        "missing": sum(reason is None for reason in found),
    }


def refuse_other_versions(planned: RunPlan, store: RunStore) -> None:
    """Refuse a study whose runs in the store are those of another model alone.

    Raises
    ------
    InputError
        Naming both versions.
    """
    _, rows = store.query(
        "select distinct model from runs join study_runs using (key) "
        f"where study = '{planned.name.replace(chr(39), chr(39) * 2)}'"
    )
    versions = {version for (version,) in rows}
    if versions and model_version() not in versions:
        raise InputError(
            f"store {store.folder}",
            f"runs of {planned.name} by model {', '.join(sorted(versions))}",
            f"runs by this model, {model_version()}; run the study again or name another store",
        )
