"""The folder for translations and compiled code, and how files get there.

Products never lie beside a source: a source may stand in an installed package, or be under version
control.
"""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import platform
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
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


@cache
def engine_version() -> str:
    """Return a hash of all that shapes translations beside the model text.

    It covers this package's own sources and the versions of Python, numba, numpy and PySD.
    """
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    for package in ("numba", "numpy", "pysd"):
        digest.update(f"{package} {version(package)};".encode())
    digest.update(platform.python_version().encode())
    return digest.hexdigest()


def product_folder(text_sha256: str) -> Path:
    """Return the folder for what is made of one model text by this version of the engine."""
    key = hashlib.sha256(f"{text_sha256} {engine_version()}".encode()).hexdigest()
    return cache_folder() / key[:20]


def kept[T](text_sha256: str, name: str, kind: type[T], make: Callable[[], T]) -> T:
    """Return a product of a model text, made on first use and kept on disk.

    Parameters
    ----------
    text_sha256
        Hash of the model text.
    name
        What the product is called.
    kind
        Its type.
    make
        Makes it.
    """
    path = product_folder(text_sha256) / f"{name}.pickle"
    if path.is_file():
        product = pickle.loads(path.read_bytes())
        assert isinstance(product, kind)
        return product
    product = make()
    write_atomically(path, pickle.dumps(product, protocol=pickle.HIGHEST_PROTOCOL))
    return product
