"""Formulas serve arrays and kernels; what is compiled is kept by the text that went into it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.testing import assert_array_equal

from transition_model import compilation
from transition_model.compilation import either, formula, kernel

PACKAGE = Path(compilation.__file__).parent


@formula
def _halved_above(value: float, bound: float) -> float:
    return either(value > bound, value / 2.0, value)  # type: ignore[no-any-return]


@kernel
def _sum_halved_above(values: np.ndarray, bound: float) -> float:
    total = 0.0
    for row in range(len(values)):
        total += _halved_above(values[row], bound)
    return total


def test_a_formula_gives_arrays_and_kernels_the_same() -> None:
    values = np.array([1.0, 2.0, 3.0, 4.0])
    assert_array_equal(_halved_above(values, 2.0), [1.0, 2.0, 1.5, 2.0])
    assert _sum_halved_above(values, 2.0) == 6.5


def test_a_kernel_depends_on_the_formulas_that_it_takes_in() -> None:
    taken = compilation._taken_from("transition_model.kernels.recyclers")
    names = {path.relative_to(PACKAGE).as_posix() for path in taken}
    assert "kernels/recyclers.py" in names
    assert "behaviour/recycling_bids.py" in names
    assert "kernels/household_waste.py" not in names
    draws = compilation._taken_from("transition_model.kernels.draws")
    assert {path.name for path in draws} == {"draws.py", "random_streams.py"}


def test_every_import_between_sources_of_kernels_is_seen() -> None:
    for path in (PACKAGE / "kernels").glob("*.py"):
        taken = compilation._taken_from(f"transition_model.kernels.{path.stem}")
        for line in path.read_text("utf-8").splitlines():
            for folder in ("behaviour", "policy", "kernels"):
                if line.startswith(f"from transition_model.{folder}."):
                    module = line.split()[1].rpartition(".")[2]
                    assert PACKAGE / folder / f"{module}.py" in taken, (path.name, line)
