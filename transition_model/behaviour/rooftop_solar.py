"""Solar panels on the roofs of new public buildings and factories."""

from __future__ import annotations

from typing import Any

from transition_model.compilation import formula


@formula
def covered_share(duty: float, compliance: float, voluntary: float) -> float:
    """Share of the roofs that get panels: ``voluntary + compliance * max(0, duty - voluntary)``.

    Parameters
    ----------
    duty
        Share that the rule asks for.
    compliance
        Share of what is missing that sites under the rule build.
    voluntary
        Share that is built without a rule.
    """
    return voluntary + compliance * max(0.0, duty - voluntary)


@formula
def solar_capacity(area: Any, roof: float, covered: float, density: float) -> Any:
    """Capacity planned on the floor that each builder starts, GW, shape (n,).

    ``area * roof * covered * density``

    Parameters
    ----------
    area
        Floor started, m2, shape (n,).
    roof
        Roof of public buildings and factories for a square metre of all floor, m2/m2.
    covered
        Share of these roofs that gets panels.
    density
        GW on a square metre of roof.
    """
    return area * roof * covered * density
