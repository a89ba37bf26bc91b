"""The money of a rule over months: what its pot holds, and how much of the month it lasts."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from transition_model.calendar import Month
from transition_model.instruments import Instrument, Version


@dataclass(slots=True)
class Pots:
    """What has been paid out of each pot so far, yuan.

    The budget of a version is one pot for all the time that it holds; a version that takes over a
    queue takes over the pot too, and adds its own budget. A version without budget has no bottom.
    """

    paid: dict[tuple[str, str], float] = field(default_factory=dict)

    def left(self, instrument: Instrument, month: Month, claim: float = 0.0) -> float:
        """Money left for a month under the versions in force, yuan; inf without budget.

        Parameters
        ----------
        instrument
            The rule.
        month
            The month.
        claim
            Amount of one claim; where the rule pays a claim ``in_full`` or not at all, what is
            left counts in whole claims.
        """
        total = 0.0
        for _, version in instrument.parts(month):
            if version.budget is None:
                return math.inf
            pot, total_of_pot = pot_of(instrument, version)
            left = total_of_pot - self.paid.get((instrument.id, pot), 0.0)
            whole = version.budget.last_claim == "in_full" and claim > 0.0
            total += math.floor(left / claim) * claim if whole else left
        return max(total, 0.0)

    def pay(self, instrument: Instrument, month: Month, amount: float) -> None:
        """Take money out of the pots of the versions in force, the first one first."""
        for _, version in instrument.parts(month):
            if version.budget is None:
                return
            pot, total_of_pot = pot_of(instrument, version)
            key = instrument.id, pot
            paid = self.paid.get(key, 0.0)
            taken = min(amount, max(total_of_pot - paid, 0.0))
            self.paid[key] = paid + taken
            amount -= taken


def pot_of(instrument: Instrument, version: Version) -> tuple[str, float]:
    """Version whose pot a version pays from, and all that has been put into it by then, yuan."""
    place = instrument.versions.index(version)
    total = version.budget.total if version.budget else 0.0
    while instrument.versions[place].takes_over_queue:
        place -= 1
        before = instrument.versions[place].budget
        total += before.total if before else 0.0
    return instrument.versions[place].id, total


def lasting_share(claims: float, left: float) -> float:
    """Share of a month's claims that are paid, first come, first served, 0..1.

    Parameters
    ----------
    claims
        Yuan that would be claimed in the month with money throughout.
    left
        Yuan at the month's opening.
    """
    if claims <= left:
        return 1.0
    return max(left, 0.0) / claims
