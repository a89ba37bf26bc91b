"""What every stock-flow engine offers, and the checks that all of them make."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from transition_model.errors import InputError
from transition_model.stocks.equations import Variable
from transition_model.stocks.source import ModelSource

type Array = NDArray[np.float64]

_TOLERANCE = 1e-9


class StockFlowEngine(Protocol):
    """One run of a stock-flow model, month by month."""

    @property
    def source(self) -> ModelSource:
        """The model's text."""

    @property
    def variables(self) -> Mapping[str, Variable]:
        """The model's variables by id."""

    def start(self, constants: Mapping[str, ArrayLike]) -> None:
        """Set constants and initialise the stocks at the initial time.

        Parameters
        ----------
        constants
            By id, in the variable's unit, shaped by its dimensions; those not named keep the
            value of the text.

        Raises
        ------
        InputError
            If the model has no such constant, or a value has the wrong shape or is not finite.
        """

    def values(self, names: Sequence[str]) -> dict[str, Array]:
        """Return current values, shaped by the variables' dimensions.

        Raises
        ------
        InputError
            If the model has no such variable, or it is a lookup.
        """

    def step(self, inputs: Mapping[str, ArrayLike], months: float = 1.0) -> None:
        """Advance by a month, or a part of one, with the inputs held.

        Parameters
        ----------
        inputs
            Constants to set, as for :meth:`start`; those not named keep their last value.
        months
            How far, a whole number of time steps.

        Raises
        ------
        InputError
            If an input is wrong, the final time is passed, or a stock is no longer finite.
        """

    def numbers(self, names: tuple[str, ...]) -> Array:
        """Return current values of variables end to end, each in C order.

        Raises
        ------
        InputError
            If the model has no such variable, or it is a lookup.
        """

    def step_numbers(self, names: tuple[str, ...], numbers: Array, months: float = 1.0) -> None:
        """Advance as :meth:`step` does, with inputs from a vector.

        Parameters
        ----------
        names
            Constants to set, the same ones from month to month.
        numbers
            Their values end to end, each in C order.
        months
            How far, a whole number of time steps.

        Raises
        ------
        InputError
            If an input is wrong, the final time is passed, or a stock is no longer finite.
        """


def shown(variables: Mapping[str, Variable]) -> dict[str, Variable]:
    """Return the variables of the text, without the engine's own."""
    return {
        name: variable
        for name, variable in variables.items()
        if variable.kind not in ("stage", "held", "reciprocal")
    }


def settable(
    where: str, variables: Mapping[str, Variable], values: Mapping[str, ArrayLike]
) -> dict[str, Array]:
    """Check constants for a single run.

    Raises
    ------
    InputError
        If there is no such constant, or a value has the wrong shape or is not finite.
    """
    return {name: _settable(where, variables, name, value) for name, value in values.items()}


def settable_by_run(
    where: str, variables: Mapping[str, Variable], values: Mapping[str, ArrayLike], n_runs: int
) -> dict[str, Array]:
    """Check constants for many runs; return them with the run as first axis.

    Parameters
    ----------
    where
        Path of the model, for messages.
    variables
        The model's variables.
    values
        By id: a number for all elements and runs, an array shaped by the variable's dimensions for
        all runs, or one with the run as an axis in front.
    n_runs
        Number of runs.

    Raises
    ------
    InputError
        As :func:`settable`.
    """
    result = {}
    for name, value in values.items():
        array = np.asarray(value, dtype=np.float64)
        constant = _constant(where, variables, name)
        own_axis = array.ndim == len(constant.dims) + 1
        each = array[0] if own_axis and len(array) else array
        if each.ndim == 0:
            each = np.broadcast_to(each, constant.shape)
        if own_axis and len(array) != n_runs:
            raise InputError(f"{where}: {name}", array.shape, f"shape {(n_runs, *constant.shape)}")
        _settable(where, variables, name, each)
        whole = array if own_axis else np.broadcast_to(each, (n_runs, *constant.shape))
        _check_finite(where, name, whole)
        result[name] = whole
    return result


def readable(where: str, variables: Mapping[str, Variable], names: Sequence[str]) -> None:
    """Check that variables have a value.

    Raises
    ------
    InputError
        If there is no such variable, or it is a lookup.
    """
    for name in names:
        if name not in variables or variables[name].kind == "lookup":
            raise InputError(where, name, "a variable of the model that is no lookup")


def whole_steps(
    where: str, what: str, duration: float, step: float, step_name: str = "TIME STEP"
) -> int:
    """Return how many steps a duration has.

    Raises
    ------
    InputError
        If it isn't a whole number of them, it is below zero, or the step isn't positive.
    """
    if duration < 0.0:
        raise InputError(f"{where}: {what}", duration, "a duration not below zero")
    steps = duration / step if step > 0.0 else math.inf
    if not math.isfinite(steps) or not math.isclose(
        steps, round(steps), rel_tol=_TOLERANCE, abs_tol=_TOLERANCE
    ):
        raise InputError(
            f"{where}: {step_name}", step, f"a positive number that divides {what}, {duration:g}"
        )
    return round(steps)


def check_final_time(where: str, time: float, final_time: float, time_step: float) -> None:
    """Refuse to run beyond the end of the model.

    Raises
    ------
    InputError
        If ``time`` lies more than rounding after ``final_time``.
    """
    if time > final_time + time_step * 1e-5:
        raise InputError(f"{where}: FINAL TIME", time, f"a time up to {final_time:g}")


def check_stocks(where: str, variables: Mapping[str, Variable], name: str, values: Array) -> None:
    """Refuse to go on with a stock that is not finite.

    Parameters
    ----------
    where
        Path of the model, for messages.
    variables
        All variables by id.
    name
        A stock.
    values
        Its values; the last axes are its dimensions.

    Raises
    ------
    InputError
        If one of them is not a finite number; the message names the variable.
    """
    if not np.isfinite(values).all():
        worst = float(values[~np.isfinite(values)][0])
        variable = variables[name]
        raise InputError(
            f"{where}, line {variable.line}: {variable.vensim_name}", worst, "a finite stock"
        )


def _constant(where: str, variables: Mapping[str, Variable], name: str) -> Variable:
    if name not in variables or variables[name].kind != "constant":
        raise InputError(where, name, "a constant of the model")
    return variables[name]


def _settable(where: str, variables: Mapping[str, Variable], name: str, value: ArrayLike) -> Array:
    constant = _constant(where, variables, name)
    array = np.asarray(value, dtype=np.float64)
    if array.shape != constant.shape:
        over = f" over {', '.join(constant.dims)}" if constant.dims else ""
        raise InputError(f"{where}: {name}", array.shape, f"shape {constant.shape}{over}")
    _check_finite(where, name, array)
    return array


def _check_finite(where: str, name: str, array: Array) -> None:
    if not np.isfinite(array).all():
        raise InputError(f"{where}: {name}", float(array[~np.isfinite(array)][0]), "finite numbers")
