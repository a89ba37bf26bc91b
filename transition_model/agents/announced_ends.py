"""What households know of the end of an offer: its date, and what follows if that is known too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from transition_model.calendar import Month
from transition_model.instruments import Instrument
from transition_model.instruments.monthly import kept_by_rule


@dataclass(frozen=True, slots=True)
class AnnouncedEnd:
    """The announced end of the version in force.

    Attributes
    ----------
    months_left
        Months from this one to the one in which the version ends; 0 in its last.
    following
        First whole month under the next version if households know of it, else None.
    """

    months_left: int
    following: Month | None


@kept_by_rule
def announced_end(instrument: Instrument, month: Month) -> AnnouncedEnd | None:
    """The end that is announced in a month, None if there is none.

    The end that a version's text states is known from its start, whatever end came. The next
    version is known from the day on which it is announced, or else from its start; households
    decide on what they know when the month opens, or sees begin. A programme that goes on after the
    end of its last known version has no announced end any more, nor has one whose text names none.
    """
    first, last = _first_day(month), _first_day(month + 1) - timedelta(days=1)
    for place, version in enumerate(instrument.versions):
        if version.start <= last and version.end >= first:
            if version.open_ended:
                return None
            end = version.stated_end or version.end
            left = max(Month(end.year * 12 + end.month - 1) - month, 0)
            return AnnouncedEnd(left, _following(instrument, place + 1, first, last))
    return None


def _following(instrument: Instrument, place: int, first: date, last: date) -> Month | None:
    if place >= len(instrument.versions):
        return None
    version = instrument.versions[place]
    known_from = version.announced or version.start
    if known_from > first and version.start > last:
        return None
    begins = Month(version.start.year * 12 + version.start.month - 1)
    return begins if version.start.day == 1 else begins + 1


def _first_day(month: Month) -> date:
    return date(month.year, month.month, 1)
