"""Reading the rules from ``data/instruments/*.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from pydantic import ValidationError

from transition_model.declared import first_problem, read_toml
from transition_model.errors import InputError
from transition_model.instruments.schema import Instrument


@cache
def load_instruments(folder: Path | None = None) -> dict[str, Instrument]:
    """Read every instrument file, by id.

    Raises
    ------
    InputError
        Naming the file, the instrument and, where it is one, the version.
    """
    root = folder or Path(str(files("transition_model") / "data" / "instruments"))
    found: dict[str, Instrument] = {}
    for path in sorted(root.glob("*.toml")):
        for identifier, entry in read_toml(path).items():
            where = f"{path.name}: {identifier}"
            if identifier in found:
                raise InputError(where, identifier, "an id that is declared once")
            found[identifier] = validated(where, identifier, entry)
    return found


def validated(where: str, identifier: str, entry: object) -> Instrument:
    """An instrument from its table.

    Parameters
    ----------
    where
        File and instrument, for the message.
    identifier
        The instrument's id.
    entry
        The table, as read.

    Raises
    ------
    InputError
        If it breaks the schema: naming ``where`` and the version.
    """
    if not isinstance(entry, dict):
        raise InputError(where, entry, "a table with measure, target, versions and so on")
    versions = entry.get("versions")
    try:
        return Instrument.model_validate({"id": identifier, **entry})
    except ValidationError as problem:
        key, read, allowed = first_problem(problem)
        path = [str(part) for part in problem.errors()[0]["loc"]]
        if len(path) > 1 and path[0] == "versions":
            version, path = _version_name(versions, int(path[1])), path[2:]
            where, key = f"{where}, version {version}", ".".join(path)
            read = read if path else "the version"
        place = f"{where}: {key}" if key else where
        if isinstance(read, dict | list) or hasattr(read, "model_dump"):
            read = "the entry"
        raise InputError(place, read, allowed) from None
    except InputError as problem:
        # An unknown attribute or word: pydantic lets it pass, so the version is sought by trial.
        refused = _first_refused(versions)
        place = f"{where}, version {refused}" if refused else where
        raise InputError(f"{place}: {problem.where}", problem.read, problem.allowed) from None


def _version_name(versions: object, place: int) -> str:
    entries = versions if isinstance(versions, list) else []
    entry = entries[place] if place < len(entries) else {}
    named: Mapping[str, object] = entry if isinstance(entry, dict) else {}
    return str(named.get("id", named.get("start", f"number {place + 1}")))


def _first_refused(versions: object) -> str | None:
    from transition_model.instruments.schema import Version

    for place, entry in enumerate(versions if isinstance(versions, list) else []):
        try:
            Version.model_validate(entry)
        except (InputError, ValidationError):
            return _version_name(versions, place)
    return None
