"""What the building rules of measures 15 and 17 offer a builder or an owner in a month.

Shares of floor that a duty binds are levers that stand in the law; here are the amounts, and the
roofs of public buildings and factories that must carry solar panels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transition_model.calendar import Month
from transition_model.dimensions import dimension
from transition_model.instruments import Instrument
from transition_model.instruments.attributes import Claims, attribute
from transition_model.instruments.monthly import amount_of_month, bound_of_month
from transition_model.parameters import ParameterValues

type Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BuildingTerms:
    """Amounts and duties in force in a month.

    Attributes
    ----------
    high_star_award, low_energy_award
        Yuan/m2 of floor that wins an award, at the usual size of a demonstration project.
    component_subsidy
        Yuan/m2 of prefabricated floor in the pilot projects that get it.
    retrofit_subsidy
        Yuan/m2 of floor whose retrofit meets the conditions, by use of the building, shape (uses,).
    solar_roof_share
        Share of the roofs of new public buildings and factories that must carry panels.
    """

    high_star_award: float
    low_energy_award: float
    component_subsidy: float
    retrofit_subsidy: Array
    solar_roof_share: float


def building_terms(
    law: Mapping[str, Instrument],
    month: Month,
    parameters: ParameterValues,
    award_multiple: float = 1.0,
) -> BuildingTerms:
    """The terms of a month.

    Parameters
    ----------
    law
        Dated rules, by id.
    month
        The month.
    parameters
        Sizes of the projects that the rules are asked about.
    award_multiple
        Lever ``green_building_bonus``: multiple of both awards as published.
    """
    project = parameters.scalar("award_project_floor")
    return BuildingTerms(
        high_star_award=award_multiple
        * _mean_award(
            law["green_building_award"],
            month,
            project,
            "green_award",
            _shares_of_classes(
                parameters.scalar("award_first_class_share"),
                parameters.scalar("award_third_class_share"),
            ),
        ),
        low_energy_award=award_multiple
        * _mean_award(
            law["low_energy_building_award"],
            month,
            project,
            "energy_level",
            _only_the_lowest(len(attribute("energy_level").words)),
        ),
        component_subsidy=_component_subsidy(law, month, parameters),
        retrofit_subsidy=_retrofit_subsidy(law, month, parameters),
        solar_roof_share=float(bound_of_month(law["rooftop_solar_duty"], month, Claims.of(1))[0]),
    )


def _mean_award(rule: Instrument, month: Month, project: float, words: str, shares: Array) -> float:
    """Yuan/m2 over a project's floor, the ceiling of a project included, mean over classes."""
    claims = Claims.of(**{words: attribute(words).words}, floor_area=project)
    return float(shares @ amount_of_month(rule, month, claims)) / project


def _shares_of_classes(first: float, third: float) -> Array:
    return np.array([first, 1.0 - first - third, third])


def _only_the_lowest(classes: int) -> Array:
    shares = np.zeros(classes)
    shares[0] = 1.0
    return shares


def _component_subsidy(
    law: Mapping[str, Instrument], month: Month, parameters: ParameterValues
) -> float:
    volume = parameters.scalar("prefabricated_component_volume")
    claims = Claims.of(1, component_volume=volume)
    return float(amount_of_month(law["prefabricated_component_subsidy"], month, claims)[0])


def _retrofit_subsidy(
    law: Mapping[str, Instrument], month: Month, parameters: ParameterValues
) -> Array:
    """Yuan/m2 by use of the building, for a project that meets the conditions."""
    project = parameters.array("retrofit_project_floor")
    cut = parameters.array("retrofit_saving")
    rules = {"housing": "old_housing_renovation", "public": "public_building_retrofit"}
    uses = dimension("building_use").members
    return np.array(
        [
            float(
                amount_of_month(
                    law[rules[use]],
                    month,
                    Claims.of(1, floor_area=project[place], carbon_cut=cut[place]),
                )[0]
            )
            / project[place]
            for place, use in enumerate(uses)
        ]
    )
