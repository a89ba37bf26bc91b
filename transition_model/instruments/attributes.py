"""What a rule may ask of a claim: declared attributes, and claims as arrays of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Self, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, model_validator

from transition_model.declared import read_entries
from transition_model.dimensions import dimension
from transition_model.errors import InputError

type Array = NDArray[np.float64]
type Mask = NDArray[np.bool_]

HOURS_PER_DAY = 24


class Attribute(BaseModel):
    """Something that a claim states: a number, a day, a word out of some, yes or no, or a load."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid", strict=True)

    id: str
    kind: Literal["number", "date", "word", "flag", "hourly"]
    unit: str = "none"
    members: list[str] | None = None
    dimension: str | None = None
    label_en: str
    label_zh: str

    @model_validator(mode="after")
    def _words_are_listed(self) -> Self:
        listed = (self.members is not None) + (self.dimension is not None)
        if listed != (self.kind == "word"):
            raise ValueError("members or a dimension for words, and only for words")
        return self

    @property
    def words(self) -> tuple[str, ...]:
        """What a word may be."""
        if self.dimension is not None:
            return dimension(self.dimension).members
        return tuple(self.members or ())

    @cached_property
    def known_words(self) -> frozenset[str]:
        """The words, to look one up."""
        return frozenset(self.words)


@cache
def load_attributes() -> dict[str, Attribute]:
    """All attributes, from ``data/claim_attributes.toml``."""
    path = Path(str(files("transition_model") / "data" / "claim_attributes.toml"))
    return read_entries([path], Attribute)


def attribute(name: str) -> Attribute:
    """One attribute.

    Raises
    ------
    InputError
        If there is no attribute of that name.
    """
    known = load_attributes()
    if name not in known:
        raise InputError("attribute", name, ", ".join(known))
    return known[name]


@dataclass(frozen=True, slots=True, eq=False)
class Claims:
    """Claims, or whatever else a rule is asked about, one element a claim.

    Attributes
    ----------
    values
        By attribute: numbers, flags (bool), words (text), days (ordinal of the proleptic Gregorian
        calendar), each of shape (claims,); hourly loads of shape (claims, 24).
    size
        Number of claims.
    answers
        What versions have answered, for claims that are likely to be made again (:meth:`of`); None
        for all others. By kind of question and identity of the version, which stands beside the
        answer, so that it lives as long.
    """

    values: Mapping[str, NDArray[np.generic]]
    size: int
    answers: dict[tuple[str, int], tuple[object, Any]] | None = None

    @classmethod
    def of(cls, size: int | None = None, /, **values: object) -> Claims:
        """Claims from lists, arrays or single values, which hold for all of them.

        The same small claims are one object, with arrays that can't be written.

        Raises
        ------
        InputError
            If an attribute is unknown, a value of the wrong kind, or a word not among its words.
        """
        key = _key(size, values)
        if key is None:
            return cls._made(size, values)
        found = _KEPT.get(key)
        if found is None:
            copies = {
                name: value.copy() if isinstance(value, np.ndarray) else value
                for name, value in values.items()
            }
            made = cls._made(size, copies)
            for array in made.values.values():
                array.flags.writeable = False
            found = Claims(made.values, made.size, {})
            if len(_KEPT) >= _MOST_KEPT:
                _KEPT.clear()
            _KEPT[key] = found
        return cast("Self", found)

    @classmethod
    def _made(cls, size: int | None, values: Mapping[str, object]) -> Self:
        read = {name: _array(attribute(name), value) for name, value in values.items()}
        sizes = [len(array) for array in read.values() if len(array) != 1]
        length = size if size is not None else max(sizes, default=1)
        for name, array in read.items():
            if len(array) not in (1, length):
                raise InputError(f"claims: {name}", len(array), f"{length} values, or one")
        full = {
            name: array
            if len(array) == length
            else np.broadcast_to(array, (length, *array.shape[1:]))
            for name, array in read.items()
        }
        return cls(full, length)

    def __getitem__(self, name: str) -> NDArray[np.generic]:
        if name not in self.values:
            raise InputError("claim", sorted(self.values), f"a claim that states {name}")
        return self.values[name]

    def number(self, name: str) -> Array:
        """A numeric attribute, shape (claims,)."""
        return self[name].astype(np.float64)

    def taken(self, rows: NDArray[np.intp] | Mask) -> Claims:
        """Some of the claims."""
        chosen = {name: array[rows] for name, array in self.values.items()}
        return Claims(chosen, int(np.arange(self.size)[rows].size))


_KEPT: dict[tuple[object, ...], Claims] = {}
"""Small claims that have been made, by :func:`_key`."""

_MOST_KEPT = 4096
_SMALL = 64
"""Numbers of an array up to which claims are kept."""


def _key(size: int | None, values: Mapping[str, object]) -> tuple[object, ...] | None:
    """What tells claims apart; None for claims that are not worth keeping."""
    key: list[object] = [size]
    for name, value in values.items():
        kind = type(value)
        if kind is np.ndarray:
            if value.size > _SMALL or value.dtype.hasobject:  # type: ignore[attr-defined]
                return None
            key += (name, value.dtype.str, value.shape, value.tobytes())  # type: ignore[attr-defined]
        elif kind is list or kind is tuple:
            # Words only: of numbers 1, 1.0 and True would be one key.
            if not value or type(value[0]) is not str or len(value) > _SMALL:  # type: ignore[index,arg-type]
                return None
            key += (name, tuple(value))  # type: ignore[arg-type]
        elif kind is float or kind is str or kind is bool or kind is int:
            key += (name, kind, value)
        else:
            return None
    return tuple(key)


def _array(about: Attribute, value: object) -> NDArray[np.generic]:
    where = f"claims: {about.id}"
    if about.kind == "hourly":
        loads = np.atleast_2d(np.asarray(value, dtype=np.float64))
        if loads.shape[-1] != HOURS_PER_DAY:
            raise InputError(where, loads.shape, f"{HOURS_PER_DAY} hourly values a claim")
        return loads
    entries = value if isinstance(value, list | tuple | np.ndarray) else [value]
    if about.kind == "date":
        days = [entry.toordinal() if isinstance(entry, date) else entry for entry in entries]
        if not all(isinstance(day, int | np.integer) for day in days):
            raise InputError(where, value, "dates")
        return np.asarray(days, dtype=np.int64)
    if about.kind == "word":
        words = np.asarray(entries, dtype=np.str_)
        unknown = set(np.unique(words) if isinstance(entries, np.ndarray) else entries)
        for word in unknown - about.known_words:
            raise InputError(where, str(word), ", ".join(about.words))
        return words
    array = np.asarray(entries)
    if about.kind == "flag":
        if array.dtype != np.bool_:
            raise InputError(where, value, "true or false")
        return array
    if array.dtype.kind not in "iuf" or not np.isfinite(array).all():
        raise InputError(where, value, "finite numbers")
    return array.astype(np.float64)
