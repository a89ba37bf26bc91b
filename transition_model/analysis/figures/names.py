"""What outcomes and factors are called in figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transition_model.analysis.figures.canvas import Language, in_words

if TYPE_CHECKING:
    from transition_model.studies.results import Outcome

LONGEST = 64
"""Letters of a name, where nothing else is said."""


def shortened(text: str, longest: int = LONGEST) -> str:
    """A name in at most so many letters; dots tell where it goes on."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def label_of(outcome: Outcome, language: Language, longest: int = LONGEST) -> str:
    """An outcome's name on an axis."""
    target = outcome.target
    if target is None:
        return shortened(outcome.id, longest)
    return shortened(in_words(language, target.label_en, target.label_zh), longest)


def factor_name(identifier: str, language: Language) -> str:
    """A factor's name: in English its id, by which studies know it, in Chinese its label."""
    from transition_model.levers import load_levers
    from transition_model.parameters import load_parameters
    from transition_model.structures import load_structures

    if language == "en":
        return identifier
    levers, structures = load_levers(), load_structures()
    if identifier in levers:
        return levers[identifier].label_zh
    if identifier in structures:
        return structures[identifier].label_zh
    parameters = load_parameters()
    return parameters[identifier].label_zh if identifier in parameters else identifier
