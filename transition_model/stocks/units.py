"""Units of a Vensim text, to be compared and to be reckoned with."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from transition_model.quantity import parse_unit, registry

if TYPE_CHECKING:
    from pint import Unit

_TIME_WORDS = re.compile(r"\b(second|minute|hour|day|week|month|year)s?\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Measure:
    """A unit with a factor in front.

    Attributes
    ----------
    factor
        The factor.
    unit
        The unit.
    """

    factor: float
    unit: Unit

    def __mul__(self, other: Measure) -> Measure:
        return Measure(self.factor * other.factor, self.unit * other.unit)

    def __truediv__(self, other: Measure) -> Measure:
        return Measure(self.factor / other.factor, self.unit / other.unit)

    def __pow__(self, exponent: float) -> Measure:
        return Measure(self.factor**exponent, self.unit**exponent)

    def __str__(self) -> str:
        shown = f"{self.unit}"
        return shown if math.isclose(self.factor, 1.0) else f"{self.factor:g} {shown}"

    @property
    def scale(self) -> float:
        """How many base units it is."""
        return float(registry().Quantity(self.factor, self.unit).to_base_units().magnitude)

    def equals(self, other: Measure) -> bool:
        """Whether both measure the same thing on the same scale."""
        return self.unit.dimensionality == other.unit.dimensionality and math.isclose(
            self.scale, other.scale
        )


@cache
def measure(text: str) -> Measure:
    """Read a unit of a Vensim text, where words for time may begin with a capital.

    Raises
    ------
    InputError
        If the text is no unit that the registry knows.
    """
    return Measure(*parse_unit(_TIME_WORDS.sub(lambda word: word[1].lower(), text)))


def dimensionless() -> Measure:
    """Return the unit of a plain number."""
    return measure("1")
