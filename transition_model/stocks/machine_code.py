"""LLVM's instructions turned into machine code, and machine code that was kept loaded again."""

from __future__ import annotations

import ctypes
import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transition_model.stocks.engine import Array

_ADDRESS = ctypes.c_void_p
_COUNT = ctypes.c_int64
_PIPELINE_LEVEL = 1
"""Level 2 takes a third longer, and the code is no faster."""
_EMITTING_LEVEL = 2
_DRIVE = ctypes.CFUNCTYPE(
    _COUNT, _ADDRESS, _COUNT, _COUNT, _COUNT, _COUNT, _ADDRESS, _COUNT, _ADDRESS
)
"""ctypes lets go of the interpreter's lock for as long as such a function runs."""


class MachineCode:
    """The compiled function of a model.

    Parameters
    ----------
    code
        An object file for this processor.
    """

    def __init__(self, code: bytes) -> None:
        llvm = _llvm()
        # The engine owns the machine it is given, so it takes one of its own.
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _machine(llvm))
        self._engine.add_object_file(llvm.object_file.ObjectFileRef.from_data(code))
        self._engine.finalize_object()
        self._drive: Any = _DRIVE(self._engine.get_function_address("drive"))

    def drive(
        self,
        rows: Array,
        *,
        begin: bool,
        saves: int,
        steps: int,
        recorded: NDArray[np.int64],
        out: Array,
    ) -> int:
        """Advance runs; leave them with all values up to date.

        Parameters
        ----------
        rows
            A row of numbers for each run, without gaps.
        begin
            Whether to compute the initial values first.
        saves, steps
            How many times to advance by how many time steps.
        recorded
            Slots to record, before each of ``saves`` and at the end.
        out
            Where to: shape (runs, saves + 1, slots).

        Returns
        -------
        int
            How many stocks are not finite at the end.
        """
        assert rows.flags.c_contiguous and out.flags.c_contiguous
        wrong: int = self._drive(
            rows.ctypes.data,
            len(rows),
            int(begin),
            saves,
            steps,
            recorded.ctypes.data,
            recorded.size,
            out.ctypes.data,
        )
        return wrong

    def advance(self, address: int, n_rows: int, steps: int) -> int:
        """Advance runs by some time steps; record nothing.

        Parameters
        ----------
        address
            Where the first of the rows of numbers lies, which follow each other.
        n_rows
            Number of runs.
        steps
            How many time steps.

        Returns
        -------
        int
            How many stocks are not finite at the end.
        """
        wrong: int = self._drive(address, n_rows, 0, 1, steps, None, 0, None)
        return wrong


def machine_code(text: str) -> bytes:
    """Return an object file for this processor.

    Parameters
    ----------
    text
        An LLVM module.
    """
    llvm = _llvm()
    machine = _machine(llvm)
    with llvm.parse_assembly(text) as module:
        module.triple = machine.triple
        module.data_layout = str(machine.target_data)
        options = llvm.create_pipeline_tuning_options(_PIPELINE_LEVEL)
        options.loop_vectorization = True
        options.slp_vectorization = True
        builder = llvm.create_pass_builder(machine, options)
        builder.getModulePassManager().run(module, builder)
        code: bytes = machine.emit_object(module)
    return code


@cache
def processor() -> str:
    """Return a hash of what machine code depends on beside its instructions."""
    llvm = _llvm()
    told = (
        version("llvmlite"),
        llvm.get_process_triple(),
        llvm.get_host_cpu_name(),
        llvm.get_host_cpu_features().flatten(),
    )
    return hashlib.sha256("; ".join(told).encode()).hexdigest()


@cache
def loaded(path: Path) -> MachineCode:
    """Return the code of an object file, loaded once a process."""
    return MachineCode(path.read_bytes())


def _machine(llvm: Any) -> Any:
    """Return LLVM's description of this processor."""
    target = llvm.Target.from_triple(llvm.get_process_triple())
    return target.create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=_EMITTING_LEVEL,
        reloc="default",
        codemodel="jitdefault",
        jit=True,
    )


@cache
def _llvm() -> Any:
    """Import llvmlite when it is first needed."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm
