"""Compiled kernels, kept in files that are named after what went into them.

Numba's own cache asks where a source lies and when it was written, and on loading takes apart what
other kernels might take in. Here a kernel is found by the texts that it was made of, wherever they
lie, and nothing but its machine code is loaded.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
from numba.core.caching import _Cache
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from transition_model.cache_folder import write_atomically
from transition_model.kernel_compiler import replaced

_NAME_LENGTH = 20
"""Digits of a digest that stand in a name."""


class KernelCache(_Cache):
    """Where one function's machine code lies, for all types that it has been compiled for."""

    def __init__(self, function: Callable[..., Any], folder: Path) -> None:
        self._folder = folder
        self._name = f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}"
        self._code = function.__code__.co_code
        self._by_text = function.__closure__ is None
        self._enabled = self._by_text

    @property
    def cache_path(self) -> str:
        """The folder, as numba asks for it."""
        return str(self._folder)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Machine code for a signature; None if there is none."""
        target_context.refresh()
        if not self._enabled:
            return None
        codegen = target_context.codegen()
        try:
            kept = self._path(sig, codegen).read_bytes()
        except FileNotFoundError:
            return None
        with replaced(codegen, "_library_class", _Loaded):
            return CompileResult._rebuild(target_context, *pickle.loads(kept))

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what has been compiled."""
        if not self._enabled or data.library.has_dynamic_globals:
            return
        (name, kind, code), *others = data._reduce()
        library = data.library._final_module
        defined = [
            one.name
            for group in (library.functions, library.global_variables)
            for one in group
            if not one.is_declaration
        ]
        kept = dumps(((name, kind, (*code, defined)), *others))
        write_atomically(self._path(sig, data.codegen), kept)

    def enable(self) -> None:
        """Load and keep, unless the function holds values that its text does not show."""
        self._enabled = self._by_text

    def disable(self) -> None:
        """Load and keep nothing more."""
        self._enabled = False

    def flush(self) -> None:
        """Forget everything that has been kept of the function."""
        for path in self._folder.glob(f"{self._name}-*"):
            path.unlink()

    def _path(self, sig: Any, codegen: Any) -> Path:
        """The file for a signature on a processor."""
        asked = repr((str(sig), codegen.magic_tuple())).encode() + self._code
        digest = hashlib.sha256(asked).hexdigest()[:_NAME_LENGTH]
        return self._folder / f"{self._name}-{digest}"


class _Loaded(JITCodeLibrary):
    """A kernel from the cache; what others may take in of it is read when they do."""

    _text: bytes | None = None
    _module: Any = None

    @classmethod
    def _unserialize(cls, codegen: Any, state: Any) -> Any:
        name, _, (machine_code, text, defined) = state
        self = cls(codegen, name)
        self.enable_object_caching()
        self._set_compiled_object(machine_code)
        self._text = text
        self._finalize_final_module()
        codegen._engine._defined_symbols.update(defined)
        return self

    @property
    def _shared_module(self) -> Any:
        if self._module is None and self._text is not None:
            self._module = llvm.parse_bitcode(self._text)
        return self._module

    @_shared_module.setter
    def _shared_module(self, module: Any) -> None:
        self._module = module
