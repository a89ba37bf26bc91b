"""A kernel is compiled for one set of types: a second one costs every installation its time."""

from __future__ import annotations

import json
import subprocess
import sys

_DECIDING = {
    "builders",
    "firms",
    "freight_operators",
    "household_appliances",
    "household_cars",
    "household_goods",
    "household_home",
    "household_travel",
    "household_waste",
    "monthly_office",
    "population",
    "recyclers",
    "ship_owners",
    "station_developers",
    "transit_operators",
}
"""Modules whose kernels every run needs."""

# In a process of its own: other tests call kernels with types of theirs.
_RUN = """
import importlib, json, pkgutil
from numba.core.registry import CPUDispatcher
from transition_model import kernels
from transition_model.runs import preparation

for part in preparation._PARTS:
    preparation.compile_part(part)
found = {}
for module in pkgutil.iter_modules(kernels.__path__):
    for name, value in vars(importlib.import_module(f"{kernels.__name__}.{module.name}")).items():
        if isinstance(value, CPUDispatcher) and value.py_func.__module__.endswith(module.name):
            found[f"{module.name}.{name}"] = [str(types) for types in value.signatures]
print(json.dumps(found))
"""


def test_each_kernel_is_compiled_for_one_set_of_types() -> None:
    done = subprocess.run([sys.executable, "-c", _RUN], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    several = {name: types for name, types in found.items() if len(types) > 1}
    assert not several
    compiled = {name.partition(".")[0] for name, types in found.items() if types}
    assert compiled >= _DECIDING
