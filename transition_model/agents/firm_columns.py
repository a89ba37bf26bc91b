"""Columns of industrial firms as of January 2020."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transition_model.agents.columns import Column
from transition_model.behaviour import certification
from transition_model.calendar import MONTHS_PER_YEAR
from transition_model.dimensions import dimension
from transition_model.parameters import ParameterValues
from transition_model.random_streams import normal, uniform

type Array = NDArray[np.float64]


def opening_columns(parameters: ParameterValues, seed: int) -> dict[str, Column]:
    """Sample the firms; their energy and electricity meet the sectors' totals of 2020."""
    sampled = np.rint(parameters.array("industrial_firms_sampled")).astype(np.int64)
    sector = np.repeat(np.arange(len(sampled)), sampled)
    agents = np.arange(len(sector))
    share = _output_shares(parameters, seed, agents, sector)
    value_added = parameters.array("industrial_value_added_2020")
    columns = {
        "sector": sector,
        "weight": (parameters.array("industrial_firms") / sampled)[sector],
        "output_share": share,
        "in_business": np.ones(len(sector)),
        "output": share * value_added[sector] / MONTHS_PER_YEAR,
        **_energy_columns(parameters, seed, agents, sector, share),
        **_margin_columns(parameters, seed, agents, sector),
        **_measure_columns(parameters, seed, agents),
    }
    return columns | _certificate_columns(parameters, columns)


def sums_by_sector(groups: NDArray[np.int64], values: Array) -> Array:
    """Sums by sector, shape (10,)."""
    return np.bincount(groups, values, minlength=len(dimension("industry_sector")))


def _output_shares(
    parameters: ParameterValues, seed: int, agents: NDArray[np.int64], sector: NDArray[np.int64]
) -> Array:
    """Lognormal sizes as shares of each sector's output."""
    spread = parameters.scalar("industrial_firm_size_spread")
    size = np.exp(spread * normal(seed, "firm size", agents, 0))
    shares: Array = size / sums_by_sector(sector, size)[sector]
    return shares


def _energy_columns(
    parameters: ParameterValues,
    seed: int,
    agents: NDArray[np.int64],
    sector: NDArray[np.int64],
    share: Array,
) -> dict[str, Column]:
    """Class and specific energy; the sector's limit is such that its energy meets the total."""
    catalogue_class = _classes(parameters, seed, agents, sector, share)
    lowest = parameters.array("industrial_energy_ratio_lowest")[catalogue_class]
    highest = parameters.array("industrial_energy_ratio_highest")[catalogue_class]
    ratio = lowest + (highest - lowest) * uniform(seed, "firm specific energy", agents, 0)
    energy = parameters.array("industrial_energy_2020")
    limit = (
        energy
        / parameters.array("industrial_value_added_2020")
        / sums_by_sector(sector, share * ratio)
    )
    electricity = parameters.array("industrial_electricity_2020") / energy
    spread = parameters.array("product_energy_spread")[sector]
    electricity_share = electricity * parameters.scalar("electricity_coal_equivalent")
    return {
        "catalogue_class": catalogue_class,
        "specific_energy": ratio * limit[sector],
        "specific_energy_limit": limit[sector],
        "electricity_share": np.minimum(electricity_share, 1.0)[sector],
        "energy_ratio": ratio.copy(),
        "energy_ratio_of_last_year": ratio.copy(),
        "product_luck": np.exp(spread * normal(seed, "firm product energy", agents, 0)),
        "green_power_share": np.zeros(len(sector)),
    }


def _classes(
    parameters: ParameterValues,
    seed: int,
    agents: NDArray[np.int64],
    sector: NDArray[np.int64],
    share: Array,
) -> NDArray[np.int64]:
    """Catalogue class: in each sector the output of each class comes near its declared share.

    Small firms tend to be in the lower classes, with luck of the same order as size.
    """
    rank = np.log(share) + normal(seed, "firm class", agents, 0)
    classes = np.zeros(len(sector), dtype=np.int64)
    for place, class_shares in enumerate(parameters.array("industrial_catalogue_share")):
        rows = np.flatnonzero(sector == place)
        best_first = rows[np.argsort(-rank[rows], kind="stable")]
        middle = np.cumsum(share[best_first]) - share[best_first] / 2.0
        upper = np.cumsum(class_shares)[:-1] / class_shares.sum()
        classes[best_first] = np.searchsorted(upper, middle)
    return classes


def _margin_columns(
    parameters: ParameterValues, seed: int, agents: NDArray[np.int64], sector: NDArray[np.int64]
) -> dict[str, Column]:
    factor = _lognormal(parameters, "industrial_margin_spread", seed, "firm margin", agents)
    margin = parameters.array("industrial_margin")[sector] * factor
    return {"base_margin": margin, "margin": margin.copy()}


def _measure_columns(
    parameters: ParameterValues, seed: int, agents: NDArray[np.int64]
) -> dict[str, Column]:
    def drawn(value: str, spread: str, purpose: str) -> Array:
        central = parameters.scalar(value)
        return central * _lognormal(parameters, spread, seed, purpose, agents)

    return {
        "measures_adopted": np.zeros(len(agents), dtype=np.int64),
        "measure_saving": drawn(
            "efficiency_measure_saving", "efficiency_measure_saving_spread", "measure saving"
        ),
        "measure_cost": drawn(
            "efficiency_capital_cost", "efficiency_capital_cost_spread", "measure cost"
        ),
        "payback_threshold": drawn(
            "efficiency_payback_threshold", "efficiency_payback_spread", "payback threshold"
        ),
        "recent_adoption": np.zeros(len(agents)),
        "interest_discount": np.zeros(len(agents)),
        "months_since_measure": np.full(len(agents), np.inf),
        "productivity": np.ones(len(agents)),
    }


def _certificate_columns(
    parameters: ParameterValues, columns: dict[str, Column]
) -> dict[str, Column]:
    """Eligible factories, and the certificates of the beginning among the best performers."""
    weight = columns["weight"]
    eligible = certification.eligible_factories(
        weight,
        columns["output"] * MONTHS_PER_YEAR / weight,
        parameters.scalar("green_factory_full_value_added"),
        parameters.scalar("large_and_medium_firms"),
    )
    score = eligible * certification.performance_score(
        columns["specific_energy"] / columns["specific_energy_limit"],
        parameters.scalar("green_factory_performance_sensitivity"),
    )
    certified = parameters.scalar("green_factories_initial") * score / score.sum()
    national = certified * (parameters.scalar("initial_national_green_factories") / certified.sum())
    return {
        "eligible_factories": eligible,
        "certified_factories": certified,
        "national_factories": national,
        "seasoned_factories": certified - national,
        "young_factories": np.zeros((len(weight), MONTHS_PER_YEAR)),
    }


def _lognormal(
    parameters: ParameterValues, spread: str, seed: int, purpose: str, agents: NDArray[np.int64]
) -> Array:
    """Factors with median 1."""
    return np.exp(parameters.scalar(spread) * normal(seed, purpose, agents, 0))
