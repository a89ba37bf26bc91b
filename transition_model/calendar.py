"""Months: the model's only clock.

A :class:`Month` counts months from January of year 0, so that months are ordered, subtract to a
number of months and never meet a time zone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from transition_model.errors import InputError

MONTHS_PER_YEAR = 12
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, order=True, slots=True)
class Month:
    """A calendar month.

    Attributes
    ----------
    index
        Months since January of year 0.
    """

    index: int

    @classmethod
    def parse(cls, text: object, where: str = "month") -> Month:
        """Read ``2026-01``.

        Raises
        ------
        InputError
            If the text is no month.
        """
        match = _MONTH.fullmatch(str(text))
        if match is None:
            raise InputError(where, text, "a month as YYYY-MM")
        return cls(int(match[1]) * MONTHS_PER_YEAR + int(match[2]) - 1)

    @classmethod
    def of(cls, day: date) -> Month:
        """The month of a day."""
        return cls(day.year * MONTHS_PER_YEAR + day.month - 1)

    @property
    def first_day(self) -> date:
        """The first day of the month."""
        return date(self.year, self.month, 1)

    @property
    def year(self) -> int:
        """The calendar year."""
        return self.index // MONTHS_PER_YEAR

    @property
    def month(self) -> int:
        """The month of the year, 1 to 12."""
        return self.index % MONTHS_PER_YEAR + 1

    @property
    def years(self) -> float:
        """The year as a number, with the month's start as its fraction."""
        return self.index / MONTHS_PER_YEAR

    def __add__(self, months: int) -> Month:
        return Month(self.index + months)

    def __sub__(self, other: Month) -> int:
        return self.index - other.index

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


def months_between(start: Month, end: Month) -> Iterator[Month]:
    """The months from ``start`` to ``end``, both included."""
    return (Month(index) for index in range(start.index, end.index + 1))
