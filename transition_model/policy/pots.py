"""The money of a rule over months: what its pot holds, and how much of the month it lasts.

The functions of single numbers serve kernels too; what has been paid lies in arrays, which they
write.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transition_model.calendar import Month
from transition_model.compilation import formula
from transition_model.instruments import Instrument, Version

type Array = NDArray[np.float64]


class PotsOfMonth(NamedTuple):
    """Pots that the versions in force in a month pay from, the first version first.

    Attributes
    ----------
    place
        Number of the version whose pot it is, shape (versions in force,).
    total
        All that has been put into the pot by then, yuan; inf for a version without budget.
    in_full
        Whether a claim is paid in full or not at all.
    """

    place: NDArray[np.int64]
    total: Array
    in_full: NDArray[np.bool_]


@dataclass(slots=True)
class Pots:
    """What has been paid out of each pot so far.

    The budget of a version is one pot for all the time that it holds; a version that takes over a
    queue takes over the pot too, and adds its own budget. A version without budget has no bottom.

    Attributes
    ----------
    paid
        Yuan by rule, shape (versions,) each.
    """

    paid: dict[str, Array] = field(default_factory=dict)

    def of(self, instrument: Instrument) -> Array:
        """What a rule has paid out of the pot of each version, yuan; kernels write here."""
        if instrument.id not in self.paid:
            self.paid[instrument.id] = np.zeros(len(instrument.versions))
        return self.paid[instrument.id]

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
        return money_left(self.of(instrument), pots_of_month(instrument, month), claim)

    def pay(self, instrument: Instrument, month: Month, amount: float) -> None:
        """Take money out of the pots of the versions in force, the first one first."""
        take_out(self.of(instrument), pots_of_month(instrument, month), amount)


def pots_of_month(instrument: Instrument, month: Month) -> PotsOfMonth:
    """The pots of a month."""
    pots = [(*pot_of(instrument, version), version) for _, version in instrument.parts(month)]
    return PotsOfMonth(
        np.array([place for place, _, _ in pots], dtype=np.int64),
        np.array([total if v.budget else math.inf for _, total, v in pots], dtype=np.float64),
        np.array(
            [v.budget is not None and v.budget.last_claim == "in_full" for *_, v in pots],
            dtype=np.bool_,
        ),
    )


def pot_of(instrument: Instrument, version: Version) -> tuple[int, float]:
    """Number of the version whose pot a version pays from, and yuan put into it by then."""
    place = instrument.versions.index(version)
    total = version.budget.total if version.budget else 0.0
    while instrument.versions[place].takes_over_queue:
        place -= 1
        before = instrument.versions[place].budget
        total += before.total if before else 0.0
    return place, total


@formula
def money_left(paid: Array, pots: PotsOfMonth, claim: float) -> float:
    """Money left in the pots of a month, yuan; inf where a version has no budget.

    Parameters
    ----------
    paid
        Yuan paid out of the pot of each version so far, shape (versions,).
    pots
        Of the month.
    claim
        Amount of one claim, as for :meth:`Pots.left`; 0 if it does not matter.
    """
    total = 0.0
    for part in range(len(pots.place)):
        left = pots.total[part] - paid[pots.place[part]]
        whole = pots.in_full[part] and claim > 0.0
        total += np.floor(left / claim) * claim if whole else left
    return max(total, 0.0)


@formula
def take_out(paid: Array, pots: PotsOfMonth, amount: float) -> None:
    """Note a payment out of the pots of a month, the first one first.

    Parameters
    ----------
    paid
        Yuan paid out of the pot of each version so far, shape (versions,); written.
    pots
        Of the month.
    amount
        Yuan.
    """
    for part in range(len(pots.place)):
        if pots.total[part] == np.inf:
            return
        place = pots.place[part]
        taken = min(amount, max(pots.total[part] - paid[place], 0.0))
        paid[place] += taken
        amount -= taken


@formula
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
