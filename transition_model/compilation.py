"""How Python becomes machine code: kernels, and the formulas that kernels share with numpy.

A kernel is a function over columns that numba compiles; a formula is an elementwise function that
serves both numpy arrays and, inside a kernel, single numbers. What is compiled lies in a folder
named after the text of everything that a kernel may take in.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, cast

import numba
import numpy as np
from numba.core import types
from numba.extending import register_jitable

from transition_model.cache_folder import cache_folder
from transition_model.kernel_cache import KernelCache
from transition_model.kernel_compiler import KernelCompiler, PartCompiler

type Fields = tuple[Any, ...]
"""Fields of a named tuple in a plain one, which a kernel takes over in half the time."""

type Kernels = Literal["compiled", "numpy"]
"""What agents decide in: compiled kernels, or NumPy, the reference."""

_PACKAGE = Path(__file__).parent
_SOURCES = ("kernels", "behaviour", "policy")
"""Folders whose functions kernels may take in."""
_COMPILERS = ("compilation.py", "kernel_cache.py", "kernel_compiler.py")
_IMPORT = re.compile(r"^from (transition_model[\w.]*) import (\([^)]*\)|[^\n]*)", re.MULTILINE)


def kernel[F: Callable[..., Any]](function: F) -> F:
    """Compile a function over columns; what numba makes of it is kept on disk.

    It runs without the interpreter's lock, divides as numpy does (by zero is infinite), and rounds
    every operation as written.
    """
    compiled: Any = _compiled(function, no_cfunc_wrapper=True, pipeline_class=KernelCompiler)
    source = Path(function.__code__.co_filename)
    compiled._cache = KernelCache(function, _folder(function.__module__, source))
    return cast("F", compiled)


def part[F: Callable[..., Any]](function: F) -> F:
    """Compile a part of a kernel, which kernels alone may call.

    That Python can call a function takes longer to compile than most functions themselves.
    """
    return _compiled(
        function, no_cpython_wrapper=True, no_cfunc_wrapper=True, pipeline_class=PartCompiler
    )


def formula[F: Callable[..., Any]](function: F) -> F:
    """Let kernels take in an elementwise function; for everybody else it stays as it is."""
    shared: F = register_jitable(error_model="numpy")(function)
    _taken_in(shared, function)
    return shared


def _taken_in(function: Any, text: Callable[..., Any]) -> None:
    """Have numba put a text in the place of calls: far faster to compile than to call a function.

    Numba does so with whatever has the attributes of a compiled function that is declared inline.
    """
    function.py_func, function.targetoptions = text, {"inline": "always"}


def either(condition: Any, chosen: Any, otherwise: Any) -> Any:
    """``np.where`` that is a single number for single numbers in a kernel.

    Parameters
    ----------
    condition
        Where to take the first value.
    chosen, otherwise
        Values, as broadcast by numpy.
    """
    return np.where(condition, chosen, otherwise)


def _either_of_numbers(condition: Any, chosen: Any, otherwise: Any) -> Any:
    return chosen if condition else otherwise


register_jitable(either)
_taken_in(either, _either_of_numbers)


def _compiled[F: Callable[..., Any]](function: F, **options: Any) -> F:
    njit: Any = numba.njit
    compiled = njit(nogil=True, error_model="numpy", **options)(function)
    find = compiled.get_call_template
    # A number that stands in the call would be a type of its own, and compiled for itself.
    compiled.get_call_template = lambda args, kws: find(tuple(map(types.unliteral, args)), kws)
    return cast("F", compiled)


@cache
def kernels_folder() -> Path:
    """Where it is noted that all kernels of these sources have been compiled."""
    digest = _begun()
    for folder in _SOURCES:
        for path in sorted((_PACKAGE / folder).glob("*.py")):
            digest.update(path.read_bytes())
    return cache_folder() / "kernels" / digest.hexdigest()[:20]


@cache
def _folder(module: str, source: Path) -> Path:
    """Where compiled functions of a module lie: by its text and that of all it may take in."""
    digest = _begun()
    for path in sorted(_taken_from(module) or [source]):
        digest.update(path.read_bytes())
    return cache_folder() / "kernels" / digest.hexdigest()[:20]


def _begun() -> hashlib._Hash:
    libraries = "".join(f"{name} {version(name)};" for name in ("numba", "numpy", "llvmlite"))
    digest = hashlib.sha256(f"{sys.implementation.cache_tag} {libraries}".encode())
    for name in _COMPILERS:
        digest.update((_PACKAGE / name).read_bytes())
    return digest


@cache
def _taken_from(module: str) -> frozenset[Path]:
    """Sources of a module and of what it imports, as far as functions come from there."""
    path = _PACKAGE.joinpath(*module.split(".")[1:]).with_suffix(".py")
    if not path.is_file():
        return frozenset()
    found = {path}
    for package, names in _IMPORT.findall(path.read_text("utf-8")):
        listed = [name.split()[0] for name in names.strip("()\n ").split(",") if name.strip()]
        for name in (package, *(f"{package}.{one}" for one in listed)):
            if name.partition(".")[2].partition(".")[0] in (*_SOURCES, "random_streams"):
                found |= _taken_from(name)
    return frozenset(found)
