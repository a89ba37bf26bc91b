"""The EMA Workbench, imported where it is needed and without its words on what else it could do."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

_NOT_USED_HERE = ("ipyparallel not installed", "altair based interactive inspection", "MPI")
"""What it warns of when it is imported: extras for clusters and notebooks."""

_OLD_WORDS = ("The inplace keyword",)
"""Words of pandas that it still uses, and that pandas warns of."""


def workbench(module: str = "") -> Any:
    """The Workbench, or one of its modules, such as ``analysis.prim``."""
    with quiet():
        return import_module(f"ema_workbench.{module}" if module else "ema_workbench")


@contextmanager
def quiet() -> Iterator[None]:
    """Have it work without warnings that are not ours to mend."""
    with warnings.catch_warnings():
        for words in (*_NOT_USED_HERE, *_OLD_WORDS):
            warnings.filterwarnings("ignore", message=words)
        yield
