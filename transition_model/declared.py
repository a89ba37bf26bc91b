"""Reading what data files declare: TOML tables into frozen entries, each problem in one line."""

from __future__ import annotations

import hashlib
import pickle
import tomllib
from collections.abc import Iterable
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from transition_model.cache_folder import cache_folder, write_atomically
from transition_model.errors import InputError

_PACKAGE = Path(__file__).parent


class Status(StrEnum):
    """How well a number is known, best first."""

    OBSERVED = "observed"
    RULE = "rule"
    LITERATURE = "literature"
    ESTIMATED = "estimated"
    ASSUMED = "assumed"

    @property
    def rank(self) -> int:
        """0 for the best status; a result carries the highest rank that it rests on."""
        return list(Status).index(self)


def worst(statuses: Iterable[Status]) -> Status:
    """The worst of several statuses; observed where there are none."""
    return max(statuses, key=lambda status: status.rank, default=Status.OBSERVED)


def read_toml(path: Path) -> dict[str, object]:
    """A TOML file as a dictionary.

    Raises
    ------
    InputError
        If it is missing, not UTF-8 or not TOML: naming file and line.
    """
    try:
        content = path.read_bytes()
        return _own(content) if path.is_relative_to(_PACKAGE) else _parsed(content)
    except FileNotFoundError:
        raise InputError(str(path), "no such file", "a TOML file") from None
    except OSError as problem:
        raise InputError(str(path), problem.strerror, "a TOML file that can be read") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise InputError(str(path), str(problem), "a valid TOML file in UTF-8") from None


def _parsed(content: bytes) -> dict[str, Any]:
    return tomllib.loads(content.decode("utf-8"))


def _own(content: bytes) -> dict[str, Any]:
    """A file of this package, of which every program reads the same: parsed once, and then kept."""
    kept = cache_folder() / "data" / f"{hashlib.sha256(content).hexdigest()}.pickle"
    try:
        known: dict[str, Any] = pickle.loads(kept.read_bytes())
    except (FileNotFoundError, EOFError, pickle.UnpicklingError):
        known = _parsed(content)
        with suppress(OSError):
            write_atomically(kept, pickle.dumps(known))
    return known


def read_entries[T: BaseModel](paths: Iterable[Path], kind: type[T]) -> dict[str, T]:
    """All tables of some files as entries of one kind, by id.

    Parameters
    ----------
    paths
        TOML files; each top-level table is an entry, its name the entry's ``id``.
    kind
        Frozen pydantic model with a field ``id``.

    Raises
    ------
    InputError
        If a file can't be read, an entry is no table, incomplete or wrong, or an id stands twice:
        naming file and key, what was read and what is allowed.
    """
    found: dict[str, T] = {}
    for path in paths:
        for identifier, entry in read_toml(path).items():
            where = f"{path.name}: {identifier}"
            if identifier in found:
                raise InputError(where, identifier, "an id that is declared once")
            found[identifier] = _validated(where, identifier, entry, kind)
    return found


def first_problem(problem: ValidationError) -> tuple[str, object, str]:
    """Key, value read and what is allowed, of the first thing that pydantic objects to."""
    error = problem.errors()[0]
    key = ".".join(str(part) for part in error["loc"])
    read = error["input"] if not isinstance(error["input"], dict) or key else "the entry"
    return key, read, error["msg"].removeprefix("Value error, ")


def _validated[T: BaseModel](where: str, identifier: str, entry: object, kind: type[T]) -> T:
    if not isinstance(entry, dict):
        needed = [name for name, field in kind.model_fields.items() if field.is_required()]
        raise InputError(where, entry, f"a table with {', '.join(needed[1:])}")
    try:
        return kind.model_validate({"id": identifier, **entry})
    except ValidationError as problem:
        key, read, allowed = first_problem(problem)
        raise InputError(f"{where}.{key}" if key else where, read, allowed) from None
    except InputError as problem:
        raise InputError(f"{where}: {problem.where}", problem.read, problem.allowed) from None
