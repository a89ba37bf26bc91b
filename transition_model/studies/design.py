"""Designs: which points a study visits.

Latin hypercubes come from scipy, Saltelli's and Morris' schemes from SALib; a full grid, named
scenarios and a list from a file are laid out here.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transition_model.errors import InputError
from transition_model.levers import lever
from transition_model.parameters import load_parameters
from transition_model.studies.factors import Factor, named
from transition_model.studies.study import MOST_RUNS, Study

type Array = NDArray[np.float64]

SCENARIO = "scenario"
"""Column of the points that names a scenario."""


def points_of(study: Study) -> pd.DataFrame:
    """The points of a study, one a row, a column a factor.

    Raises
    ------
    InputError
        If the design is empty or too large, or a list does not fit the factors.
    """
    points = _DESIGNS[study.design.method](study)
    runs = len(points) * study.replications
    if runs == 0:
        raise InputError("design", "no point", "a design with at least one point")
    if runs > MOST_RUNS:
        raise InputError("design", f"{runs:,} runs", f"at most {MOST_RUNS:,} runs")
    return points


def salib_problem(factors: tuple[Factor, ...]) -> dict[str, Any]:
    """Factors as SALib wants them: quantiles between 0 and 1.

    Bounds are those of the unit cube, since every factor maps quantiles to values itself.
    """
    return {
        "num_vars": len(factors),
        "names": [factor.id for factor in factors],
        "bounds": [[0.0, 1.0]] * len(factors),
    }


def _full_factorial(study: Study) -> pd.DataFrame:
    grids = [factor.levels(study.design.levels) for factor in study.factors]
    points = math.prod(map(len, grids))
    if points > MOST_RUNS:
        raise InputError("design.levels", f"{points:,} points", f"at most {MOST_RUNS:,} runs")
    columns = [factor.id for factor in study.factors]
    return pd.DataFrame(list(itertools.product(*grids)), columns=columns)


def _latin_hypercube(study: Study) -> pd.DataFrame:
    from scipy.stats import qmc

    sampler = qmc.LatinHypercube(len(study.factors), rng=np.random.default_rng(study.design.seed))
    return _mapped(study, sampler.random(study.design.points))


def quantiles_of(study: Study) -> Array:
    """Where the points of a Saltelli or Morris design lie in the unit cube.

    Returns
    -------
    ndarray
        Shape (points, factors), in SALib's order of rows.

    Raises
    ------
    InputError
        If the design is another, or has a number of points or levels that it can't have.
    """
    samplers = {"sobol": _sobol_quantiles, "morris": _morris_quantiles}
    if study.design.method not in samplers:
        raise InputError("design.method", study.design.method, f"one of {', '.join(samplers)}")
    return samplers[study.design.method](study)


def _sobol(study: Study) -> pd.DataFrame:
    return _mapped(study, _sobol_quantiles(study))


def _sobol_quantiles(study: Study) -> Array:
    from SALib.sample import sobol

    points = study.design.points
    if points & (points - 1):
        nearest = 2 ** round(math.log2(points))
        raise InputError("design.points", points, f"a power of 2 for sobol, such as {nearest}")
    quantiles: Array = sobol.sample(
        salib_problem(study.factors), points,
        calc_second_order=study.design.second_order, seed=study.design.seed,
    )  # fmt: skip
    return quantiles


def _morris(study: Study) -> pd.DataFrame:
    return _mapped(study, _morris_quantiles(study))


def _morris_quantiles(study: Study) -> Array:
    from SALib.sample import morris

    if study.design.levels % 2:
        raise InputError("design.levels", study.design.levels, "an even number for morris")
    quantiles: Array = morris.sample(
        salib_problem(study.factors), study.design.points,
        num_levels=study.design.levels, seed=study.design.seed,
    )  # fmt: skip
    return quantiles


def _scenarios(study: Study) -> pd.DataFrame:
    grid = pd.DataFrame({SCENARIO: list(study.design.scenarios)})
    uncertain = tuple(factor for factor in study.factors if factor.is_uncertainty)
    if study.design.points == 1 or not uncertain:
        return grid
    # Every scenario meets the same draws of what is uncertain.
    from scipy.stats import qmc

    sampler = qmc.LatinHypercube(len(uncertain), rng=np.random.default_rng(study.design.seed))
    return grid.merge(_values(uncertain, sampler.random(study.design.points)), how="cross")


def _list(study: Study) -> pd.DataFrame:
    path = study.folder / str(study.design.file)
    where = f"design.file {path.name}"
    try:
        points = pd.read_csv(path)
    except (OSError, ValueError) as problem:
        raise InputError(where, str(problem), "a CSV file with a column a factor") from None
    expected = {factor.id for factor in study.factors}
    for name in points.columns:
        named(study.factors, name, f"{where}: column")
    for name in sorted(expected - set(points.columns)):
        raise InputError(f"{where}: columns", ", ".join(points.columns), f"a column {name} too")
    for factor in study.factors:
        for row, value in enumerate(points[factor.id], start=2):
            _check(factor, value, f"{where}: line {row}, {factor.id}")
    return points[[factor.id for factor in study.factors]]


def _check(factor: Factor, value: Any, where: str) -> None:
    if factor.kind == "structure":
        if value not in factor.choices:
            raise InputError(where, value, f"one of {', '.join(map(str, factor.choices))}")
    elif isinstance(value, str) or not math.isfinite(value):
        raise InputError(where, value, "a number")
    elif factor.kind == "parameter":
        load_parameters().check_override(factor.id, float(value), where)
    else:
        lever(factor.id).check(float(value), where)


def _mapped(study: Study, quantiles: Array) -> pd.DataFrame:
    return _values(study.factors, quantiles)


def _values(factors: tuple[Factor, ...], quantiles: Array) -> pd.DataFrame:
    columns = enumerate(factors)
    return pd.DataFrame({f.id: f.values(quantiles[:, place]) for place, f in columns})


_DESIGNS: Mapping[str, Callable[[Study], pd.DataFrame]] = {
    "full_factorial": _full_factorial,
    "latin_hypercube": _latin_hypercube,
    "sobol": _sobol,
    "morris": _morris,
    "scenarios": _scenarios,
    "list": _list,
}
