"""The classes (powertrain, waste stream, material and so on) that arrays are ordered by."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from transition_model.errors import InputError


@dataclass(frozen=True, slots=True)
class Dimension:
    """One axis.

    Attributes
    ----------
    name
        Id, for example ``powertrain``.
    members
        Ids along the axis, in array order.
    labels_en, labels_zh
        A label for each member.
    """

    name: str
    members: tuple[str, ...]
    labels_en: tuple[str, ...]
    labels_zh: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.members)

    def index(self, member: str) -> int:
        """Position of a member.

        Raises
        ------
        InputError
            If the dimension has no such member.
        """
        if member not in self.members:
            raise InputError(f"dimension {self.name}", member, ", ".join(self.members))
        return self.members.index(member)


@cache
def dimensions() -> dict[str, Dimension]:
    """All dimensions, by name, from ``data/dimensions.toml``."""
    text = (files("transition_model") / "data" / "dimensions.toml").read_text("utf-8")
    return {name: _read(name, entry) for name, entry in tomllib.loads(text).items()}


def dimension(name: str) -> Dimension:
    """One dimension.

    Raises
    ------
    InputError
        If there is no dimension of that name.
    """
    if name not in dimensions():
        raise InputError("dimension", name, ", ".join(dimensions()))
    return dimensions()[name]


def shape(names: tuple[str, ...]) -> tuple[int, ...]:
    """Shape of an array over the named dimensions."""
    return tuple(len(dimension(name)) for name in names)


def _read(name: str, entry: dict[str, object]) -> Dimension:
    if "count" in entry:
        members = tuple(f"{entry['prefix']}{number}" for number in range(int(str(entry["count"]))))
        return Dimension(name, members, members, members)
    members_read = entry["members"]
    assert isinstance(members_read, dict)
    return Dimension(
        name,
        tuple(members_read),
        tuple(words["en"] for words in members_read.values()),
        tuple(words["zh"] for words in members_read.values()),
    )
