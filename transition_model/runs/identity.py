"""What makes a run the same run: scenario, parameters, seed, size, and the model that makes it."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from transition_model.runs.record import data_hash, versions
from transition_model.stocks import load_source

if TYPE_CHECKING:
    from transition_model.calendar import Month
    from transition_model.runs.batch import PlannedRun

_PACKAGE = Path(__file__).parents[1]
_AFTER_THE_RUN = frozenset({"runs", "studies", "analysis", "cli", "app"})
"""Folders whose code plans runs and reads them, and does not change them."""


def key_of(run: PlannedRun, households: int, end: Month) -> str:
    """Content address of a run: 32 hexadecimal digits.

    Names and labels of a scenario do not count; what it changes does.
    """
    content = {
        "scenario": run.scenario.digest,
        "parameters": {name: run.parameters[name] for name in sorted(run.parameters)},
        "seed": run.seed,
        "households": households,
        "end": str(end),
        "model": model_version(),
    }
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]


@cache
def model_version() -> str:
    """Hash of all that turns a scenario into series: stock-flow text, data, code and libraries."""
    digest = hashlib.sha256(load_source().sha256.encode())
    digest.update(data_hash().encode())
    digest.update(json.dumps(versions(), sort_keys=True).encode())
    for path in sorted(_PACKAGE.rglob("*.py")):
        place = path.relative_to(_PACKAGE)
        if place.parts[0].removesuffix(".py") not in _AFTER_THE_RUN:
            digest.update(place.as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
