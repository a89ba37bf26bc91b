"""One run under Python's profiler: ``python -m benchmarks.profiled_run HOUSEHOLDS MONTHS``.

In a process of its own, after a run that does not count: the profiler sees all threads of a
process. Prints JSON: percent of the months' time by part, and that time in seconds.
"""

from __future__ import annotations

import cProfile
import json
import pstats
import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any

from transition_model import TransitionModel
from transition_model.agents.households import Households
from transition_model.model import MONTH_PLAN

LEAST_SHARE = 1.0

type Key = tuple[str, int, str]


def profile(households: int, months: int) -> tuple[dict[str, float], float]:
    """Shares of the months' time by part, percent, and that time in seconds."""
    model, profiler = TransitionModel(households=households), cProfile.Profile()
    profiler.enable()
    for _ in range(months):
        model.step()
    profiler.disable()
    stats: Any = pstats.Stats(profiler)
    acts = {f"step: {name}": _key(act) for name, act in MONTH_PLAN if name != "agents decide"}
    sets = {type(agents): _key(type(agents).decide) for agents in model._sets}
    whole = sum(stats.stats[_key(act)][3] for _, act in MONTH_PLAN)

    def share(key: Key) -> float:
        return 100.0 * stats.stats[key][3] / whole if key in stats.stats else 0.0

    shares = {f"agents: {kind.__name__}": share(key) for kind, key in sets.items()}
    shares |= {name: share(key) for name, key in acts.items()}
    stats.calc_callees()
    for key in (_key(Households.decide), _key(Households._decide_purchases)):
        for called, (_, _, _, cumulative) in stats.all_callees.get(key, {}).items():
            part = 100.0 * cumulative / whole
            if part >= LEAST_SHARE:
                shares[f"of households: {Path(called[0]).stem}.{called[2]}"] = part
    return dict(sorted(shares.items(), key=lambda item: (item[0][:3] == "of ", -item[1]))), whole


def _key(function: Callable[..., object]) -> Key:
    code: CodeType = function.__code__  # type: ignore[attr-defined]
    return code.co_filename, code.co_firstlineno, code.co_name


if __name__ == "__main__":
    size, length = int(sys.argv[1]), int(sys.argv[2])
    TransitionModel(households=size).run_for(length)
    sys.stdout.write(json.dumps(profile(size, length)) + "\n")
