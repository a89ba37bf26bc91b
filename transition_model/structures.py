"""Structures of which there are rivals: which submodel a scenario runs with.

``data/structures.toml`` holds one table a structure, with its rivals and the default.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from transition_model.declared import read_entries
from transition_model.errors import InputError


class Rival(BaseModel):
    """One submodel."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    label_en: str
    label_zh: str
    description_en: str
    description_zh: str
    source: Annotated[str, Field(min_length=3)]


class Structure(BaseModel):
    """A question that rival submodels answer."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    id: str
    label_en: str
    label_zh: str
    default: str
    rivals: dict[str, Rival]

    @model_validator(mode="after")
    def _default_is_a_rival(self) -> Self:
        if self.default not in self.rivals:
            raise ValueError(f"a default among the rivals {', '.join(self.rivals)}")
        return self


@cache
def load_structures(path: Path | None = None) -> dict[str, Structure]:
    """Read the structures, by id.

    Raises
    ------
    InputError
        If the file is missing or broken or an entry incomplete.
    """
    source = path or Path(str(files("transition_model") / "data" / "structures.toml"))
    return read_entries([source], Structure)


def check_choice(identifier: str, rival: object, where: str = "structure") -> None:
    """Refuse an unknown structure or rival.

    Raises
    ------
    InputError
        Naming the structures, or the rivals of the structure.
    """
    structures = load_structures()
    if identifier not in structures:
        raise InputError(where, identifier, f"one of {', '.join(structures)}")
    rivals = structures[identifier].rivals
    if not isinstance(rival, str) or rival not in rivals:
        raise InputError(f"{where} {identifier}", rival, f"one of {', '.join(rivals)}")


def default_structures() -> Mapping[str, str]:
    """The default rival of every structure, by id."""
    return {identifier: structure.default for identifier, structure in load_structures().items()}
