"""Quantities end to end in one vector: which numbers are whose, and how they are shaped."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

type Array = NDArray[np.float64]
type Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each of several quantities lies in a vector that holds them all.

    Attributes
    ----------
    parts
        By name, where its numbers lie and how they are shaped, in order.
    size
        Numbers in all.
    """

    parts: Mapping[str, tuple[slice, tuple[int, ...]]]
    size: int

    @classmethod
    def of(cls, shapes: Mapping[str, tuple[int, ...]]) -> Self:
        """Quantities of these shapes, one after the other."""
        parts, first = {}, 0
        for name, shape in shapes.items():
            parts[name] = slice(first, first + math.prod(shape)), shape
            first += math.prod(shape)
        return cls(parts, first)

    def view(self, numbers: Array, name: str) -> Array:
        """One quantity of a vector, shaped; writing to it writes to the vector."""
        part, shape = self.parts[name]
        return numbers[part].reshape(shape)

    def views(self, numbers: Array) -> Views:
        """All quantities of a vector, as of :meth:`view`."""
        return Views(self, numbers)

    def vector(self, values: Mapping[str, Array]) -> Array:
        """The vector that holds these values; shape (size,)."""
        return np.concatenate([np.ravel(values[name]) for name in self.parts])

    def places(self, name: str) -> Places:
        """Places of a quantity's numbers in the vector, in its shape."""
        part, shape = self.parts[name]
        return np.arange(part.start, part.stop, dtype=np.intp).reshape(shape)

    def name_at(self, place: int) -> str:
        """The quantity to which a number of the vector belongs."""
        return next(name for name, (part, _) in self.parts.items() if place < part.stop)


class Views(Mapping[str, Array]):
    """Quantities of a vector by name, each a view of its numbers.

    Parameters
    ----------
    layout
        Where they lie.
    numbers
        The vector.
    """

    __slots__ = ("layout", "numbers")

    def __init__(self, layout: Layout, numbers: Array) -> None:
        self.layout, self.numbers = layout, numbers

    def __getitem__(self, name: str) -> Array:
        part, shape = self.layout.parts[name]
        return self.numbers[part].reshape(shape)

    def __iter__(self) -> Iterator[str]:
        return iter(self.layout.parts)

    def __len__(self) -> int:
        return len(self.layout.parts)


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums over groups of a vector's numbers.

    Attributes
    ----------
    members
        Places of the numbers of all groups, end to end.
    group
        To which group each belongs, rising.
    groups
        How many groups there are; one may be empty.
    """

    members: Places
    group: Places
    groups: int

    @classmethod
    def of(cls, groups: Iterable[Places]) -> Self:
        """Sums over the numbers at these places."""
        listed = [np.ravel(places) for places in groups]
        sizes = [len(places) for places in listed]
        members = np.concatenate([np.empty(0, dtype=np.intp), *listed])
        return cls(members, np.repeat(np.arange(len(sizes)), sizes), len(sizes))

    def __call__(self, numbers: Array) -> Array:
        """Sum of each group, shape (groups,)."""
        return np.bincount(self.group, numbers[self.members], minlength=self.groups)

    def of_rows(self, rows: Array) -> Array:
        """Sums of each group in many vectors, shape (vectors, groups)."""
        sums = np.empty((len(rows), self.groups))
        for place, numbers in enumerate(rows.take(self.members, axis=1)):
            sums[place] = np.bincount(self.group, numbers, self.groups)
        return sums
