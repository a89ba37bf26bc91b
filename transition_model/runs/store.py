"""The store: every run that was made, found again by what it is.

Runs lie in Parquet files, a few in each, all series of all months. A file carries what its runs
were in its own metadata and is named after the hash of its bytes, so that damage shows and the
catalogue (DuckDB) can be written anew from the files at any time. Files appear whole or not at all:
who is stopped in the middle loses the runs that were under way.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import Any, Self

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from transition_model.cache_folder import write_atomically
from transition_model.calendar import Month, months_between
from transition_model.errors import InputError
from transition_model.results import units_by_name

type Array = NDArray[np.float64]

FORMAT = 1
"""Of the folder; a store of another format is refused."""

_RUNS = b"transition-model runs"
_NAME_DIGITS = 40
_PATIENCE, _PAUSE = 10.0, 0.05
"""Seconds to wait for a catalogue that another process has open, and between two looks."""
_TABLES = (
    "create table if not exists files (name varchar primary key, bytes bigint)",
    "create table if not exists runs (key varchar primary key, file varchar, place integer, "
    "scenario varchar, scenario_digest varchar, changes varchar, parameters json, seed integer, "
    "households integer, last_month varchar, model varchar, failure varchar)",
    "create table if not exists targets (key varchar, target varchar, value double, met boolean)",
    "create table if not exists points (study varchar, point integer, factor varchar, "
    "value double, choice varchar)",
    "create table if not exists study_runs (study varchar, run integer, point integer, "
    "seed integer, key varchar)",
)


@dataclass(frozen=True, slots=True)
class StoredRun:
    """What identifies a run in the store, and what became of it.

    Attributes
    ----------
    key
        Content address, of :func:`.identity.key_of`.
    scenario, scenario_digest, changes
        Name, hash, and the scenario as an address query.
    parameters, seed, households, last_month
        What else it was given.
    model
        Version of the model that made it.
    targets
        Value in the target's unit and whether it is met, by target; of a run that did not fail.
    failure
        Why it failed, or empty.
    """

    key: str
    scenario: str
    scenario_digest: str
    changes: str
    parameters: Mapping[str, float]
    seed: int
    households: int
    last_month: str
    model: str
    targets: Mapping[str, tuple[float, bool]]
    failure: str = ""


class RunStore:
    """A folder with runs.

    Parameters
    ----------
    folder
        Made if it is missing and ``writing``.
    writing
        Whether runs are to be added: one process at a time may.

    Raises
    ------
    InputError
        If the folder is no store, of another format, can't be written to, or is being written to.
    """

    def __init__(self, folder: str | Path, *, writing: bool = False) -> None:
        self.folder = Path(folder)
        self.writing = writing
        self.damaged: list[str] = []
        """Files that did not hold what they were written with, and were set aside."""
        self._lock: io.TextIOWrapper | None = None
        if writing:
            self._make()
            self._claim()
        try:
            self._check_format()
            self._agree()
        except BaseException:
            self.close()
            raise

    # -- opening and closing -----------------------------------------------------------------
    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let others write."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _make(self) -> None:
        try:
            (self.folder / "runs").mkdir(parents=True, exist_ok=True)
            marker = self.folder / "store.json"
            if not marker.exists():
                write_atomically(marker, json.dumps({"format": FORMAT}).encode())
        except OSError as problem:
            raise _no_room(self.folder, problem) from None

    def _claim(self) -> None:
        lock = (self.folder / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise InputError(
                f"store {self.folder}", "another process is writing to it", "one writer at a time"
            ) from None
        self._lock = lock

    def _check_format(self) -> None:
        marker = self.folder / "store.json"
        where = f"store {self.folder}"
        if not marker.is_file():
            raise InputError(where, "no store.json", "a folder that an experiment has written")
        try:
            read = json.loads(marker.read_text("utf-8"))["format"]
        except (ValueError, KeyError, TypeError):
            raise InputError(f"{where}/store.json", "not readable", f"format {FORMAT}") from None
        if read != FORMAT:
            raise InputError(where, f"format {read}", f"format {FORMAT}; name another folder")

    @contextmanager
    def catalogue(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The catalogue, open for as long as it is needed: others may read in between.

        Raises
        ------
        InputError
            If it can't be opened or written.
        """
        path = self.folder / "catalogue.duckdb"
        connection = self._connected(path)
        try:
            yield connection
        except duckdb.IOException as problem:
            raise InputError(str(path), _first_line(problem), "room on the disk") from None
        finally:
            with suppress(duckdb.Error):
                connection.close()

    def _connected(self, path: Path) -> duckdb.DuckDBPyConnection:
        """A connection, waited for while somebody else has the catalogue open for a moment."""
        deadline = monotonic() + _PATIENCE
        while True:
            try:
                return duckdb.connect(str(path), read_only=not self.writing)
            except duckdb.Error as problem:
                if monotonic() > deadline or "lock" not in str(problem):
                    raise InputError(
                        str(path), _first_line(problem),
                        "a catalogue; removed, it is written anew by the next run",
                    ) from None  # fmt: skip
            sleep(_PAUSE)

    def _agree(self) -> None:
        """Bring catalogue and files into agreement; the files are right."""
        if not self.writing:
            return
        self._mend_catalogue()
        there = {path.name: path.stat().st_size for path in self._files()}
        with self.catalogue() as catalogue:
            for table in _TABLES:
                catalogue.execute(table)
            known = dict(catalogue.execute("select name, bytes from files").fetchall())
        gone = [name for name, size in known.items() if there.get(name) != size]
        self._forget(gone)
        for name in gone:
            if name in there:
                self._set_aside(name)
            else:
                self.damaged.append(name)
        for name in there.keys() - known.keys():
            self._take_in(name)

    def _mend_catalogue(self) -> None:
        path = self.folder / "catalogue.duckdb"
        if not path.exists():
            return
        try:
            duckdb.connect(str(path)).close()
        except duckdb.Error:
            self.damaged.append(path.name)
            path.unlink()
            path.with_suffix(".duckdb.wal").unlink(missing_ok=True)

    def _take_in(self, name: str) -> None:
        """Enter a file that the catalogue does not know."""
        path = self.folder / "runs" / name
        content = path.read_bytes()
        if _name_of(content) != name:
            self._set_aside(name)
            return
        metadata = pq.read_schema(pa.BufferReader(content)).metadata or {}
        runs = [StoredRun(**entry) for entry in json.loads(metadata[_RUNS])]
        self._enter(name, len(content), runs)

    def _files(self) -> list[Path]:
        return sorted((self.folder / "runs").glob("*.parquet"))

    def _forget(self, names: Sequence[str]) -> None:
        if not names:
            return
        with self.catalogue() as catalogue:
            for name in names:
                catalogue.execute(
                    "delete from targets where key in (select key from runs where file = ?)", [name]
                )
                catalogue.execute("delete from runs where file = ?", [name])
                catalogue.execute("delete from files where name = ?", [name])

    def _set_aside(self, name: str) -> None:
        """Keep a damaged file where nobody reads it."""
        aside = self.folder / "damaged"
        aside.mkdir(exist_ok=True)
        (self.folder / "runs" / name).rename(aside / name)
        self.damaged.append(name)

    # -- writing -----------------------------------------------------------------------------
    def add(self, runs: Sequence[StoredRun], values: Sequence[Array]) -> None:
        """Write some runs; they are there or not, never in part.

        Parameters
        ----------
        runs
            What they were.
        values
            Series of each run, shape (months, variables); empty for a failed run.

        Raises
        ------
        InputError
            If the disk is full; what was written before stays.
        """
        content = _parquet(runs, values)
        name = _name_of(content)
        try:
            write_atomically(self.folder / "runs" / name, content)
        except OSError as problem:
            for left in (self.folder / "runs").glob(f".{name}.*"):
                left.unlink(missing_ok=True)
            raise _no_room(self.folder, problem) from None
        self._enter(name, len(content), runs)

    def _enter(self, name: str, size: int, runs: Sequence[StoredRun]) -> None:
        rows = [
            (
                run.key, name, place, run.scenario, run.scenario_digest, run.changes,
                json.dumps(dict(run.parameters)), run.seed, run.households, run.last_month,
                run.model, run.failure,
            )
            for place, run in enumerate(runs)
        ]  # fmt: skip
        targets = [
            (run.key, target, value, met)
            for run in runs
            for target, (value, met) in run.targets.items()
        ]
        with self.catalogue() as catalogue:
            catalogue.begin()
            marks = ", ".join("?" for _ in rows[0])
            catalogue.executemany(f"insert or replace into runs values ({marks})", rows)
            if targets:
                names = ("key", "target", "value", "met")
                entries = pa.table(dict(zip(names, zip(*targets, strict=True), strict=True)))
                catalogue.register("entries", entries)
                catalogue.execute("insert into targets select * from entries")
            catalogue.execute("insert or replace into files values (?, ?)", [name, size])
            catalogue.commit()

    def note_study(
        self, study: str, points: Mapping[str, Sequence[Any]], runs: Iterable[tuple[int, int, str]]
    ) -> None:
        """Note which runs a study asks for, in place of what was noted before.

        Parameters
        ----------
        study
            Its name.
        points
            Values by factor, one a point.
        runs
            Point, seed and key of every run.
        """
        asked = [(study, number, *run) for number, run in enumerate(runs)]
        values = [
            (study, point, factor, *_number_or_choice(value))
            for factor, column in points.items()
            for point, value in enumerate(column)
        ]
        with self.catalogue() as catalogue:
            catalogue.begin()
            for table, rows in (("points", values), ("study_runs", asked)):
                catalogue.execute(f"delete from {table} where study = ?", [study])
                if rows:
                    columns = [f"c{place}" for place in range(len(rows[0]))]
                    entries = pa.table(dict(zip(columns, zip(*rows, strict=True), strict=True)))
                    catalogue.register("entries", entries)
                    catalogue.execute(f"insert into {table} select * from entries")
            catalogue.commit()

    # -- reading -----------------------------------------------------------------------------
    def failures(self, keys: Sequence[str]) -> dict[str, str]:
        """Of some runs those that are there, each with why it failed, or nothing."""
        with self.catalogue() as catalogue:
            catalogue.register("wanted", pa.table({"key": pa.array(keys, pa.string())}))
            found = catalogue.execute(
                "select key, failure from runs semi join wanted using (key)"
            ).fetchall()
        return dict(found)

    def keys_of_study(self, study: str) -> list[str]:
        """Keys of all runs that a study asked for when it was begun."""
        with self.catalogue() as catalogue:
            found = catalogue.execute(
                "select key from study_runs where study = ? order by run", [study]
            ).fetchall()
        return [key for (key,) in found]

    def verify(self, keys: Sequence[str]) -> list[str]:
        """Read the files of some runs and set those aside that are damaged; their names.

        Raises
        ------
        InputError
            If one is damaged and the store is open for reading only.
        """
        damaged = []
        for name in self._files_of(keys):
            path = self.folder / "runs" / name
            if not path.exists() or _name_of(path.read_bytes()) != name:
                damaged.append(name)
        if damaged and not self.writing:
            raise InputError(
                f"{self.folder}/runs/{damaged[0]}", "not what was written",
                "a whole file; run the experiment again with --resume to make it anew",
            )  # fmt: skip
        self._forget(damaged)
        for name in damaged:
            if (self.folder / "runs" / name).exists():
                self._set_aside(name)
            else:
                self.damaged.append(name)
        return damaged

    def _files_of(self, keys: Sequence[str]) -> list[str]:
        with self.catalogue() as catalogue:
            catalogue.register("wanted", pa.table({"key": pa.array(keys, pa.string())}))
            found = catalogue.execute(
                "select distinct file from runs semi join wanted using (key) order by file"
            ).fetchall()
        return [name for (name,) in found]

    def series(
        self, keys: Sequence[str], variables: Sequence[str], months: Sequence[Month]
    ) -> Array:
        """Series of some runs, NaN for those that are missing or have failed.

        Parameters
        ----------
        keys
            Runs, in the order wanted.
        variables, months
            What is wanted of them.

        Returns
        -------
        ndarray
            Shape (runs, months, variables), in the units of ``results.toml``.
        """
        different = {key: place for place, key in enumerate(dict.fromkeys(keys))}
        found = np.full((len(different), len(months), len(variables)), np.nan)
        paths = [str(self.folder / "runs" / name) for name in self._files_of(list(different))]
        if paths and variables:
            columns = ", ".join(f'"{name}"' for name in variables)
            with duckdb.connect() as connection:
                frame = connection.execute(
                    f"select run, month, {columns} from read_parquet($paths) "
                    "where month in $months and run in $runs",
                    {
                        "paths": paths,
                        "months": [month.index for month in months],
                        "runs": list(different),
                    },
                ).df()
            at = {month.index: place for place, month in enumerate(months)}
            run, month = frame["run"].map(different), frame["month"].map(at)
            found[run.to_numpy(), month.to_numpy()] = frame[list(variables)].to_numpy()
        return found[[different[key] for key in keys]]

    def query(self, statement: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Answer an SQL statement.

        Its tables are ``runs``, ``targets``, ``points``, ``study_runs``, ``files`` and ``series``.

        Raises
        ------
        InputError
            If the statement can't be answered.
        """
        with self.catalogue() as catalogue:
            paths = [str(path) for path in self._files()]
            if paths:
                listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
                catalogue.execute(
                    f"create temp view series as select * from read_parquet([{listed}])"
                )
            try:
                answer = catalogue.execute(statement)
                names = [column[0] for column in answer.description or ()]
                return names, answer.fetchall()
            except duckdb.Error as problem:
                raise InputError(
                    "query", _first_line(problem),
                    "SQL that reads runs, targets, points, study_runs, files or series",
                ) from None  # fmt: skip

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())


def _parquet(runs: Sequence[StoredRun], values: Sequence[Array]) -> bytes:
    """A file with the series of some runs, a row a run and month."""
    from transition_model.model import FIRST_MONTH

    names = [name for name, _ in units_by_name()]
    units = dict(units_by_name())
    made = [(run, series) for run, series in zip(runs, values, strict=True) if not run.failure]
    keys: list[str] = []
    months: list[int] = []
    for run, series in made:
        last = FIRST_MONTH + (len(series) - 1)
        keys += [run.key] * len(series)
        months += [month.index for month in months_between(FIRST_MONTH, last)]
    stacked = np.concatenate([s for _, s in made]) if made else np.empty((0, len(names)))
    fields = [
        pa.field("run", pa.string()),
        pa.field("month", pa.int32(), metadata={"unit": "months since January of year 0"}),
        *(pa.field(name, pa.float64(), metadata={"unit": units[name]}) for name in names),
    ]
    description = json.dumps([asdict(run) for run in runs]).encode()
    table = pa.Table.from_arrays(
        [pa.array(keys, pa.string()), pa.array(months, pa.int32()), *map(pa.array, stacked.T)],
        schema=pa.schema(fields, metadata={_RUNS: description}),
    )
    sink = io.BytesIO()
    # Neighbouring months share their leading bytes: split by byte they pack best.
    pq.write_table(
        table, sink, compression="zstd", use_dictionary=["run"], use_byte_stream_split=names
    )
    return sink.getvalue()


def _name_of(content: bytes) -> str:
    return f"{hashlib.sha256(content).hexdigest()[:_NAME_DIGITS]}.parquet"


def _number_or_choice(value: Any) -> tuple[float | None, str | None]:
    return (None, value) if isinstance(value, str) else (float(value), None)


def _first_line(problem: Exception) -> str:
    return str(problem).splitlines()[0]


def _no_room(folder: Path, problem: OSError) -> InputError:
    reason = problem.strerror or str(problem)
    return InputError(f"store {folder}", reason, "a folder that can be written to, with room in it")
