"""Programmes that administration delivers: their opening levels, pace and the levers behind them.

All of them follow one pattern in the stock-flow model (planned, under way, delivered); what differs
between them is data. Levels are in the unit of the target that the programme answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from transition_model.calendar import Month
from transition_model.declared import read_toml
from transition_model.dimensions import dimension
from transition_model.errors import InputError
from transition_model.levers import lever
from transition_model.parameters import ParameterValues

type Array = NDArray[np.float64]


@cache
def programme_levers(path: Path | None = None) -> tuple[str, ...]:
    """Lever of each programme, in the order of the dimension ``programme``.

    Raises
    ------
    InputError
        If a programme has no lever, or the file names something that is none.
    """
    source = path or Path(str(files("transition_model") / "data" / "programmes.toml"))
    named = read_toml(source)
    members = dimension("programme").members
    if set(named) != set(members):
        odd = ", ".join(sorted(set(named) ^ set(members)))
        raise InputError(source.name, odd, "a lever for each member of the dimension programme")
    return tuple(lever(str(named[member]), f"{source.name}: {member}").id for member in members)


def efforts(levers: Mapping[str, float]) -> Array:
    """Effort behind each programme this month, shape (programmes,)."""
    return np.array([levers[name] for name in programme_levers()])


def opening_levels(parameters: ParameterValues) -> Array:
    """Level of each programme at the beginning of 2020, shape (programmes,)."""
    return _of_each(parameters, "level_2020")


def paces(parameters: ParameterValues, month: Month) -> Array:
    """Pace of each programme without the plan, a year, in a month, shape (programmes,)."""
    return _of_each(parameters, "pace", month)


def _of_each(parameters: ParameterValues, what: str, month: Month | None = None) -> Array:
    names = dimension("programme").members
    return np.array([parameters.scalar(f"programme_{name}_{what}", month) for name in names])
