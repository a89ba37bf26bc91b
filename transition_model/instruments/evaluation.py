"""What a version gives a claim: pure functions on arrays, to the fen."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from transition_model.instruments.attributes import Array, Claims, Mask
from transition_model.instruments.schema import FEN_PER_YUAN, Instrument, Version

type Fen = NDArray[np.int64]


def to_fen(yuan: Array) -> Fen:
    """Yuan as whole fen, halves up; an error of the last bits of a product does not count."""
    return np.floor(np.round(yuan * FEN_PER_YUAN, 6) + 0.5).astype(np.int64)


def eligible(version: Version, claims: Claims, day: date | None = None) -> Mask:
    """Whether the version meets each claim, shape (claims,).

    Parameters
    ----------
    version
        The law.
    claims
        With every attribute that the conditions ask for.
    day
        If given, the version must be in force and not closed on that day. A suspended version
        still meets claims: they wait.

    Raises
    ------
    InputError
        If a claim does not state an attribute that is asked for.
    """
    met = np.ones(claims.size, dtype=np.bool_)
    if day is not None and (not version.start <= day <= version.end or version.state == "closed"):
        return ~met
    for condition in version.eligibility:
        met &= condition.met(claims)
    return met


def amount_fen(version: Version, claims: Claims) -> Fen:
    """What the version states for each claim that is eligible, in fen, shape (claims,)."""
    return to_fen(version.form.yuan(claims))


def amount(version: Version, claims: Claims) -> Array:
    """What the version states for each claim that is eligible, in yuan to the fen."""
    return amount_fen(version, claims) / FEN_PER_YUAN


def given(instrument: Instrument, claims: Claims, day: date) -> Array:
    """What the rule gives, or takes, on a day: yuan to the fen, shape (claims,).

    Nothing while suspended or closed, nothing to those whom it does not meet; after the last known
    version what ``after`` says.
    """
    total = np.zeros(claims.size, dtype=np.int64)
    for share, version in instrument.in_force(day):
        if version.state == "active":
            met = eligible(version, claims)
            total[met] += to_fen(share * version.form.yuan(claims.taken(met)))
    return total / FEN_PER_YUAN


def bound(instrument: Instrument, claims: Claims, day: date) -> Array | None:
    """The bound that a constraint sets on a day, shape (claims,); None if no version holds."""
    found: Array | None = None
    for _, version in instrument.in_force(day):
        if version.constraint is not None and version.state == "active":
            met = eligible(version, claims)
            stated = version.constraint.bounds(claims, met)
            found = stated if found is None else np.where(met, stated, found)
    return found


def banned(instrument: Instrument, claims: Claims, day: date) -> Mask:
    """Whether each claim's vehicle may not enter at ``hour`` of the day, shape (claims,)."""
    found = np.zeros(claims.size, dtype=np.bool_)
    for _, version in instrument.in_force(day):
        if version.access_ban is not None and version.state == "active":
            found |= eligible(version, claims) & version.access_ban.banned(claims.number("hour"))
    return found


def proceeds_fen(version: Version, fen: int) -> dict[str, int]:
    """Who receives the proceeds, in fen; the first named takes what rounding leaves."""
    shares = {name: int(share * fen) for name, share in version.proceeds.items()}
    for name in list(shares)[:1]:
        shares[name] += fen - sum(shares.values())
    return shares
