"""Numba's compiler, asked for no more than kernels need.

Left to itself numba optimises and translates every function that a kernel calls as a library of
its own, and does both again with each caller. Here what a kernel takes in is handed over as it was
written; only the kernel, with everything in it, is optimised and translated. What numba finds out
again and again, with the same answer, it finds out once.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import llvmlite.binding as llvm
from numba.core import ir, types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.compiler_machinery import PassManager
from numba.core.inline_closurecall import InlineWorker
from numba.core.types.functions import BaseFunction


class KernelCompiler(Compiler):
    """Compiles a kernel; what it calls becomes part of it."""

    @staticmethod
    def _library(codegen: Any, name: str) -> JITCodeLibrary:
        """Where the function goes."""
        return _Kernel(codegen, name)

    def compile_extra(self, func: Any) -> Any:
        """Compile a function for the types of its arguments."""
        codegen = self.state.targetctx.codegen()
        self.state.library = self._library(codegen, func.__qualname__)
        self.state.library.enable_object_caching()
        with _shortcuts(codegen):
            return super().compile_extra(func)


class PartCompiler(KernelCompiler):
    """Compiles what kernels alone call, as far as to hand it over to them."""

    @staticmethod
    def _library(codegen: Any, name: str) -> JITCodeLibrary:
        return _Part(codegen, name)


class _Kernel(JITCodeLibrary):
    """A kernel with all that it takes in."""

    def add_llvm_module(self, ll_module: Any) -> None:
        """Take in a module as it is: it is optimised once everything is there."""
        ll_module.data_layout = self._codegen._data_layout
        self._final_module.link_in(ll_module)

    def finalize(self) -> None:
        """Link, optimise and translate."""
        self._linking_libraries = list(_needed(self))
        super().finalize()

    def _optimize_final_module(self) -> None:
        # Functions as numba writes them keep all variables in memory, and every step that follows
        # would first have to get through that.
        builder = self._codegen._pass_builder(opt=1)
        simplify = builder.getFunctionPassManager()
        simplify.add_refprune_pass()
        for function in self._final_module.functions:
            if not function.is_declaration:
                simplify.run(function, builder)
        super()._optimize_final_module()


class _Part(_Kernel):
    """A function that is translated within the kernels that call it, and nowhere else."""

    @property
    def codegen(self) -> Any:
        """Who translates, for all but what belongs to Python."""
        return _WithoutEnvironment(self._codegen)

    def finalize(self) -> None:
        """Leave everything to the kernels."""
        self._raise_if_finalized()
        for function in self._final_module.functions:
            if not function.is_declaration and function.linkage == llvm.Linkage.external:
                function.linkage = "linkonce_odr"
        self._shared_module = self._final_module
        self._finalize_dynamic_globals()
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        """Nothing: Python can't call a part."""
        self._ensure_finalized()
        return 0


class _WithoutEnvironment:
    """A code generator that doesn't keep the environment in which a part would raise."""

    def __init__(self, codegen: Any) -> None:
        self._codegen = codegen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._codegen, name)

    def set_env(self, name: str, environment: Any) -> None:
        """Keep nothing."""


def _needed(library: Any) -> dict[Any, None]:
    """Libraries that a library calls, and those that its parts call, in order."""
    found: dict[Any, None] = {}
    for called in library._linking_libraries:
        found[called] = None
        if isinstance(called, _Part):
            found |= _needed(called)
    return found


@contextmanager
def _shortcuts(codegen: Any) -> Iterator[None]:
    """What holds while a kernel is compiled; the lock on numba's compiler is held meanwhile."""
    with ExitStack() as stack:
        stack.enter_context(replaced(codegen, "_library_class", _Part))
        stack.enter_context(replaced(BaseFunction, "get_call_type", _type_of_call))
        stack.enter_context(replaced(InlineWorker, "run_untyped_passes", _read))
        stack.enter_context(replaced(ir.Loc, "__deepcopy__", lambda place, memo: place))
        # After every pass numba would put in order what the passes in use leave in order.
        stack.enter_context(replaced(PassManager, "_ENFORCING", False))
        if gc.isenabled():
            stack.callback(gc.enable)
            gc.disable()
        yield


@contextmanager
def replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Give an attribute another value for a while."""
    own = vars(owner)
    there, before = name in own, own.get(name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if there:
            setattr(owner, name, before)
        else:
            delattr(owner, name)


_TYPES: dict[Any, tuple[Any, Any]] = {}
_SOURCES: dict[Any, Any] = {}
_find_type_of_call = BaseFunction.get_call_type
_read_source = InlineWorker.run_untyped_passes


def _type_of_call(function: Any, context: Any, args: Any, kws: Any) -> Any:
    """Signature of a function of numba's own for types: found once."""
    if kws or not all(isinstance(one, types.Type) for one in args):
        return _find_type_of_call(function, context, args, kws)
    # A type exists once, and its number is quicker to compare; the function is kept with its own.
    asked = (id(function), *(one._code for one in args))
    if asked not in _TYPES:
        _TYPES[asked] = (function, _find_type_of_call(function, context, args, kws))
    return _TYPES[asked][1]


def _read(worker: Any, function: Any, enable_ssa: bool = False) -> Any:
    """What a formula says, read once: where it takes the place of a call numba copies it."""
    asked = (function, enable_ssa)
    if asked not in _SOURCES:
        _SOURCES[asked] = _read_source(worker, function, enable_ssa)
    worker.flags.enable_ssa = enable_ssa
    return _SOURCES[asked]
