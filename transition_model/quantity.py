"""Units: the only module that knows pint, and the only one that converts.

Besides the SI units, the registry knows the model's currency (yuan), its energy unit
(tce, tonne of coal equivalent, 29.3076 GJ by GB/T 2589), the weight case of flat glass (10 m2 of
2 mm, 50 kg), the Chinese measures mu, 万 (wan, 10^4) and 亿 (yi, 10^8), and the things that the
model counts (household, person, vehicle and the like), each a dimension of its own, so that
vehicles can't be added to households.
"""

from __future__ import annotations

import math
import re
from functools import cache
from typing import TYPE_CHECKING

from transition_model.errors import InputError

if TYPE_CHECKING:
    from pint import Unit, UnitRegistry

COUNTED = (
    "yuan",
    "household",
    "person",
    "vehicle",
    "charging_point",
    "hydrogen_station",
    "ship",
    "appliance",
    "firm",
    "factory",
    "park",
    "plant",
    "facility",
    "project",
    "building_project",
    "trip",
    "TEU",
    "claim",
)
"""Things that are counted: each a base dimension."""

_NUMERALS = {"万": 1e4, "亿": 1e8}
_WORDS = {
    "千瓦时": "kWh",
    "千瓦": "kW",
    "吨标准煤": "tce",
    "吨标煤": "tce",
    "吨公里": "t * km",
    "人公里": "person * km",
    "平方米": "m2",
    "立方米": "m3",
    "公顷": "hectare",
    "公里": "km",
    "重量箱": "weight_case",
    "标箱": "TEU",
    "人次": "trip",
    "小时": "hour",
    "元": "yuan",
    "吨": "t",
    "户": "household",
    "人": "person",
    "辆": "vehicle",
    "年": "year",
    "月": "month",
    "日": "day",
    "亩": "mu",
}
_CHINESE = re.compile(
    f"(?P<numerals>[{''.join(_NUMERALS)}]*)"
    f"(?P<word>{'|'.join(sorted(_WORDS, key=len, reverse=True))})"
)
_SCALED = re.compile(
    r"(?<![\w.^*])(?P<factor>10\^\d+|\d+k(?=\s)|\d+(?:\.\d+)?(?:e-?\d+)?)\s*(?P<unit>[A-Za-z]\w*)"
)
_THOUSANDS = re.compile(r"(?<![\w.])(\d+)k(?!\w)")  # 10k yuan is 10 thousand yuan, 10kg is not
_POWER_IN_FRONT = re.compile(r"10\^(?P<power>\d+) (?P<unit>[A-Za-z].*)")
_PLAIN_NUMBERS = {"share": 1.0, "percent": 0.01}


def _translated(match: re.Match[str]) -> str:
    """Put a Chinese unit into English, its numerals in front, as one factor."""
    scale = math.prod(_NUMERALS[numeral] for numeral in match["numerals"])
    return f"({scale:.0f} * {_WORDS[match['word']]})"


def _bound(match: re.Match[str]) -> str:
    """Bind a number to the unit behind it, so that ``L/100km`` divides by 100 km."""
    factor = match["factor"].replace("k", "000").replace("^", "**")
    return f"({factor} * {match['unit']})"


@cache
def registry() -> UnitRegistry[float]:
    """Return the unit registry of the model, made on first use as pint is slow to import."""
    from pint import UnitRegistry

    units: UnitRegistry[float] = UnitRegistry(autoconvert_to_preferred=False)
    for name in COUNTED:
        units.define(f"{name} = [{name}]")
    units.define("percent = 0.01 = %") if "percent" not in units else None
    units.define("share = []")
    units.define("tce = 29.3076e9 * joule")
    units.define("tCO2 = [carbon_dioxide]")
    units.define("mu = 666.6666666666667 * meter ** 2")
    units.define("weight_case = 50 * kilogram")
    units.define("count = []") if "count" not in units else None
    return units


@cache
def parse_unit(text: str) -> tuple[float, Unit]:
    """Read a unit as written in a data file, for example ``10k mu``, ``亿元`` or ``vehicle/month``.

    Parameters
    ----------
    text
        The unit. ``""``, ``share``, ``count`` and ``1`` are dimensionless; factors
        (``10^9 m3/year``, ``10k mu``, ``1e8 yuan``, ``L/100km``), which belong to the unit behind
        them, and the Chinese words for units are read.

    Returns
    -------
    tuple of float and pint.Unit
        The factor in front and the unit behind it.

    Raises
    ------
    InputError
        If the text is no unit that the registry knows.
    """
    words = _CHINESE.sub(_translated, text.strip())
    words = _SCALED.sub(_bound, _THOUSANDS.sub(r"\g<1>000", words))
    words = words.replace("m3", "m**3").replace("m2", "m**2").replace("Dmnl", "1")
    words = words.replace("dmnl", "1") or "1"
    try:
        quantity = registry().parse_expression(words)
        if isinstance(quantity, (int, float)):
            return float(quantity), registry().Unit("")
        return float(quantity.magnitude), quantity.units
    except Exception as problem:
        raise InputError("unit", text, "a unit that the registry knows") from problem


def _multiple(unit: str) -> tuple[float, str]:
    """A number in front of a unit, and the unit; what differs in the number needs no registry."""
    if unit in _PLAIN_NUMBERS:
        return _PLAIN_NUMBERS[unit], "share"
    power = _POWER_IN_FRONT.match(unit)
    return (10.0 ** int(power["power"]), power["unit"]) if power else (1.0, unit)


def same_dimension(first: str, second: str) -> bool:
    """Whether two units, as written in data files, measure the same thing."""
    return parse_unit(first)[1].dimensionality == parse_unit(second)[1].dimensionality


def convert(value: float, unit: str, to: str) -> float:
    """Convert ``value`` from one unit to another, both as written in data files.

    Raises
    ------
    InputError
        If the units measure different things.
    """
    if unit == to:
        return value
    multiple, plain = _multiple(unit)
    target_multiple, same = _multiple(to)
    if plain == same:
        return value * multiple / target_multiple
    factor, source = parse_unit(unit)
    if not same_dimension(unit, to):
        raise InputError("unit", unit, f"a unit of the same dimension as {to}")
    target_factor, target = parse_unit(to)
    return float(registry().Quantity(value * factor, source).to(target).magnitude) / target_factor
