"""The EMA Workbench, imported where it is needed and without its words on what else it could do."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

_NOT_USED_HERE = ("ipyparallel not installed", "altair based interactive inspection", "MPI")
"""What it warns of when it is imported: extras for clusters and notebooks."""


def workbench(module: str = "") -> Any:
    """The Workbench, or one of its modules, such as ``analysis.prim``."""
    with warnings.catch_warnings():
        for words in _NOT_USED_HERE:
            warnings.filterwarnings("ignore", message=words)
        return import_module(f"ema_workbench.{module}" if module else "ema_workbench")
