"""What an agent knows when it decides: the month, the rules, the stocks at the month's opening."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from transition_model.calendar import Month
from transition_model.compilation import Kernels
from transition_model.instruments import Instrument, load_instruments
from transition_model.ledger import Ledger
from transition_model.parameters import ParameterValues
from transition_model.structures import default_structures


@dataclass(frozen=True, slots=True)
class Situation:
    """The month as agents find it. All agents of a type decide on the same opening state.

    Attributes
    ----------
    month
        The month.
    seed
        Seed of the run, for :mod:`transition_model.random_streams`.
    parameters
        Declared values under the scenario's overrides.
    levers
        Value of every lever this month, by id, in the lever's unit.
    stocks
        Published stock-flow variables at the opening (``data/published.toml``).
    spent_this_year
        Public money paid out since January, by subsidy programme, yuan.
    ledger
        Where decisions are written.
    law
        The rules by id, as the scenario amends them.
    structures
        Rival chosen of every structure, by id (``data/structures.toml``).
    kernels
        Whether agents decide in ``compiled`` kernels or in ``numpy``, the reference; both decide
        the same.
    threads
        How many may work on a large population at a time; results do not depend on it.
    """

    month: Month
    seed: int
    parameters: ParameterValues
    levers: Mapping[str, float]
    stocks: Mapping[str, NDArray[np.float64]]
    spent_this_year: NDArray[np.float64]
    ledger: Ledger
    law: Mapping[str, Instrument] = field(default_factory=load_instruments)
    structures: Mapping[str, str] = field(default_factory=default_structures)
    kernels: Kernels = "compiled"
    threads: int = 1
