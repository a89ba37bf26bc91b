"""Units as people read them, in Chinese and English: ``10^9 yuan`` is 十亿元."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, Literal

from transition_model.declared import read_toml

_FILE = Path(__file__).parent / "data" / "unit_words.toml"
_WORD = re.compile(r"10\^\d+|1e\d+|\d+k\b|[A-Za-z_]+\d?|\d+")


def unit_in_words(unit: str, language: Literal["en", "zh"]) -> str:
    """A unit for people.

    Parameters
    ----------
    unit
        As data files write it, such as ``10k mu`` or ``tce/month``.
    language
        English units stay as they are written, but for those that need no word.
    """
    whole = _words()["whole"]
    if unit in whole:
        return str(whole[unit][language])
    if language == "en":
        return unit
    words = _words()["zh"]["words"] | _words()["zh"]["numerals"]
    written = _WORD.sub(lambda found: words.get(found[0], found[0]), unit)
    # A numeral and what it counts are one word in Chinese.
    return written.replace(" ", "")


def with_unit(text: str, unit: str, language: Literal["en", "zh"]) -> str:
    """A number or a name, and the unit after it; a percent sign close to a number."""
    words = unit_in_words(unit, language)
    gap = "" if not words or words == "%" or language == "zh" else " "
    return f"{text}{gap}{words}"


@cache
def _words() -> dict[str, Any]:
    return dict(read_toml(_FILE))
