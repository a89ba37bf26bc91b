"""What the engine makes of a model text once and keeps: translations and compiled code."""

from __future__ import annotations

import hashlib
import pickle
import platform
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path

from transition_model.cache_folder import cache_folder, write_atomically


@cache
def engine_version() -> str:
    """Return a hash of all that shapes translations beside the model text.

    It covers this package's own sources and the versions of Python, llvmlite, numpy and PySD.
    """
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    for package in ("llvmlite", "numpy", "pysd"):
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
