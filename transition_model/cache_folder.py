"""The folder for compiled code and other products, and how files get there.

Products never lie beside a source: a source may stand in an installed package, or be under version
control.
"""

from __future__ import annotations

import logging
import os
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory

_LOG = logging.getLogger(__name__)


def cache_folder() -> Path:
    """Return the cache folder, made if need be.

    It is ``$TRANSITION_MODEL_CACHE``, ``$XDG_CACHE_HOME/transition-model`` or
    ``~/.cache/transition-model``; where that can't be written to, a temporary folder that is
    removed when the program ends.
    """
    wanted = os.environ.get("TRANSITION_MODEL_CACHE")
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    folder = Path(wanted) if wanted else Path(home) / "transition-model"
    return _writable(str(folder.expanduser().absolute()))


@cache
def _writable(wanted: str) -> Path:
    folder = Path(wanted)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=folder):
            return folder
    except OSError as problem:
        _LOG.warning("Cache folder %s: %s; compiled models last for this run", folder, problem)
        return Path(_temporary().name)


@cache
def _temporary() -> TemporaryDirectory[str]:
    """Return this program's temporary folder, which goes when the program ends."""
    return TemporaryDirectory(prefix="transition-model-", ignore_cleanup_errors=True)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that no reader ever sees a part of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        file.write(content)
    Path(file.name).replace(path)
