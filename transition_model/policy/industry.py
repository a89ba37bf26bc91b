"""How rules call the sectors and classes of the model's firms: the claims that policy asks by."""

from __future__ import annotations

from collections.abc import Mapping

from transition_model.dimensions import dimension
from transition_model.instruments.attributes import Claims

NAMED_BY_THEIR_WORD = {name: name for name in ("steel", "cement", "aluminium")}
"""Sectors that carbon market and green-power duty may name by their own word."""

NAMED_TRADE = NAMED_BY_THEIR_WORD | {
    "ferroalloy": "ferroalloy",
    "chemicals": "caustic_soda",
    "other": "zinc_smelting",
}
"""The trade of a sector that electricity prices name; ``differential_price_scope`` says how much of
it."""

OTHER = "other"
CLASS_WORD = {"allowed": "permitted"}
"""How the rules call a catalogue class, where they call it otherwise."""


def sector_claims(words: Mapping[str, str], /, **stated: object) -> Claims:
    """One claim for each member of ``industry_sector``, in order.

    Parameters
    ----------
    words
        Word of a sector in the rules; others are called :data:`OTHER`.
    stated
        What every claim states beside its sector.
    """
    sectors = [words.get(member, OTHER) for member in dimension("industry_sector").members]
    return Claims.of(sector=sectors, **stated)


def class_words() -> list[str]:
    """Words of the members of ``catalogue_class``, in order."""
    return [CLASS_WORD.get(member, member) for member in dimension("catalogue_class").members]


def sector_and_class_claims(words: Mapping[str, str], /, **stated: object) -> Claims:
    """One claim for each pair of sector and class, sector by sector; as :func:`sector_claims`."""
    sectors, classes = dimension("industry_sector").members, class_words()
    return Claims.of(
        sector=[words.get(member, OTHER) for member in sectors for _ in classes],
        catalogue_class=[word for _ in sectors for word in classes],
        **stated,
    )
