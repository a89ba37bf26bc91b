"""The stock-flow model: Vensim text, read by PySD, run compiled or by PySD itself.

``open_engine`` gives the coupled model an engine; ``compile_model`` runs any supported model on its
own, many times at once. PySD and llvmlite are imported when first needed.
"""

from __future__ import annotations

from typing import Literal

from transition_model.errors import InputError
from transition_model.stocks.compiled import (
    CompiledEngine,
    CompiledModel,
    Ensemble,
    Notice,
    Trajectories,
    compile_model,
    compiled_model,
)
from transition_model.stocks.engine import StockFlowEngine
from transition_model.stocks.equations import Variable
from transition_model.stocks.source import ModelSource, load_source, read_source

__all__ = [
    "CompiledEngine",
    "CompiledModel",
    "Ensemble",
    "ModelSource",
    "StockFlowEngine",
    "Trajectories",
    "Variable",
    "compile_model",
    "load_source",
    "open_engine",
    "read_source",
]


def open_engine(
    name: str = "chongqing",
    engine: Literal["compiled", "pysd"] = "compiled",
    time_step: float | None = None,
    notice: Notice | None = None,
) -> StockFlowEngine:
    """Open a shipped stock-flow model.

    Parameters
    ----------
    name
        Name of its source, without ``.mdl``.
    engine
        ``compiled``, or ``pysd`` as the reference.
    time_step
        Instead of the text's TIME STEP, in months.
    notice
        Told in one line when code has to be compiled first.

    Raises
    ------
    InputError
        If there is no such model or engine, or the text can't be read.
    """
    source = load_source(name)
    if engine == "compiled":
        return CompiledEngine(compiled_model(source, notice), time_step)
    if engine != "pysd":
        raise InputError("engine", engine, "compiled or pysd")
    from transition_model.stocks.pysd_engine import PysdEngine

    return PysdEngine(source, time_step)
