"""Whether the units of every equation agree.

A walk over each equation: plain numbers are dimensionless, except that 0 fits any unit, and so does
an equation that is nothing but a number. Units must agree in scale too: a sum of tonnes a month and
tonnes a year is found, as is a GWh that has become kWh without a constant in kWh/GWh.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from transition_model.errors import InputError
from transition_model.stocks.compiled import equations_of
from transition_model.stocks.equations import (
    TIME,
    Call,
    Equation,
    Equations,
    Expression,
    Fold,
    Interpolation,
    Number,
    Operation,
    Reference,
    Variable,
)
from transition_model.stocks.source import ModelSource
from transition_model.stocks.units import Measure, dimensionless, measure

_ALIKE = frozenset({"+", "-"})
_COMPARED = frozenset({"=", "<>", "<", "<=", ">", ">="})
_LOGIC = frozenset({"and", "or", "not"})


@dataclass(frozen=True, slots=True)
class UnitFinding:
    """Two units that should agree and don't.

    Attributes
    ----------
    variable
        The variable in whose equation it is, as written in the text.
    line
        Line of the variable's first equation.
    left, right
        The two units.
    part
        Which part of the equation.
    """

    variable: str
    line: int
    left: str
    right: str
    part: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.variable}, {self.part}: {self.left} against {self.right}"


def check_units(source: ModelSource) -> tuple[UnitFinding, ...]:
    """Find all equations of a model whose units don't agree.

    A variable without a unit fits any: that it has none is found by
    :func:`~transition_model.stocks.declarations.check_against_declarations`.

    Parameters
    ----------
    source
        The model's text.

    Raises
    ------
    InputError
        If the text can't be read, or a variable's unit.
    """
    equations = equations_of(source)
    return _Check(equations).findings()


class _Check:
    """Walks over equations; knows the units of variables."""

    def __init__(self, equations: Equations) -> None:
        self.equations = equations
        self.initials = {
            (one.variable, one.index): one.expression for one in _one_each(equations.initials)
        }
        self.found: list[UnitFinding] = []
        self.variable = equations.variables[TIME]

    def findings(self) -> tuple[UnitFinding, ...]:
        time = self._declared(self.equations.variables[TIME])
        for equation in _one_each(self.equations.auxiliaries):
            self._compare(equation, self._declared_of(equation), "the whole equation")
        for equation in _one_each(self.equations.initials):
            if self._own(equation).kind == "stock":
                self._compare(equation, self._declared_of(equation), "the initial value")
        for equation in _one_each(self.equations.changes):
            unit = self._declared_of(equation)
            part = "the change" if self._own(equation).kind == "stock" else "a delay or smooth"
            self._compare(equation, unit / time if unit and time else None, part)
        return tuple(dict.fromkeys(self.found))

    def _own(self, equation: Equation) -> Variable:
        return self.equations.variables[equation.variable]

    def _declared(self, variable: Variable) -> Measure | None:
        if not variable.unit:
            return None
        try:
            return measure(variable.unit)
        except InputError as problem:
            where = f"{self.equations.where}, line {variable.line}: {variable.vensim_name}"
            raise InputError(where, problem.read, problem.allowed) from problem

    def _declared_of(self, equation: Equation) -> Measure | None:
        return self._unit_of(equation.variable)

    def _unit_of(self, name: str) -> Measure | None:
        variable = self.equations.variables[name]
        if variable.kind not in ("stage", "held"):
            return self._declared(variable)
        first = next(
            expression for (owner, _), expression in self.initials.items() if owner == name
        )
        return self._unit(first)

    def _compare(self, equation: Equation, left: Measure | None, part: str) -> None:
        self.variable = self._own(equation)
        if not isinstance(equation.expression, Number):
            self._agree(left, self._unit(equation.expression), part)

    def _agree(self, left: Measure | None, right: Measure | None, part: str) -> Measure | None:
        """Note two units that don't agree; return the one that is known."""
        if left is not None and right is not None and not left.equals(right):
            self.found.append(
                UnitFinding(
                    self.variable.vensim_name, self.variable.line, str(left), str(right), part
                )
            )
        return left if left is not None else right

    def _all_agree(self, nodes: Iterable[Expression], part: str) -> Measure | None:
        known: Measure | None = None
        for node in nodes:
            known = self._agree(known, self._unit(node), part)
        return known

    def _unit(self, node: Expression) -> Measure | None:
        """Return the unit of an expression; nothing if it fits any."""
        match node:
            case Number(value=value):
                return None if value == 0.0 else dimensionless()
            case Reference(variable=name):
                return self._unit_of(name)
            case Operation(operator=operator, arguments=arguments):
                return self._operation(operator, arguments)
            case Call(function=function, arguments=arguments):
                return self._call(function, arguments)
            case Fold(function=function, items=items):
                first = self._unit(items[0])
                power = len(items) if function == "prod" else 1
                return first if first is None else first**power
            case Interpolation(table=table, argument=argument):
                self._unit(argument)
                known = self.equations.variables.get(table)
                return self._declared(known) if known else None

    def _operation(self, operator: str, arguments: Sequence[Expression]) -> Measure | None:
        if operator == "negative":
            return self._unit(arguments[0])
        if operator in _LOGIC:
            for argument in arguments:
                self._unit(argument)
            return dimensionless()
        if operator in _COMPARED:
            self._all_agree(arguments, f"around {operator}")
            return dimensionless()
        if operator in _ALIKE:
            return self._all_agree(arguments, f"around {operator}")
        if operator == "^":
            return self._power(*arguments)
        left, right = (self._unit(argument) for argument in arguments)
        if left is None or right is None:
            return None
        return left * right if operator == "*" else left / right

    def _power(self, base: Expression, exponent: Expression) -> Measure | None:
        unit = self._unit(base)
        if isinstance(exponent, Number):
            return unit if unit is None else unit**exponent.value
        self._agree(dimensionless(), unit, "a base")
        self._agree(dimensionless(), self._unit(exponent), "an exponent")
        return dimensionless()

    def _call(self, function: str, arguments: Sequence[Expression]) -> Measure | None:
        shown = function.upper().replace("_", " ")
        time = self._declared(self.equations.variables[TIME])
        match function:
            case "exp" | "ln":
                self._agree(dimensionless(), self._unit(arguments[0]), shown)
                return dimensionless()
            case "sqrt":
                return self._power(arguments[0], Number(0.5))
            case "power":
                return self._power(*arguments)
            case "if_then_else":
                self._unit(arguments[0])
                return self._all_agree(arguments[1:], f"branches of {shown}")
            case "zidz" | "xidz":
                ratio = self._operation("/", arguments[:2])
                return self._agree(
                    ratio, self._unit(arguments[2]) if len(arguments) > 2 else None, shown
                )
            case "step" | "ramp" | "pulse" | "pulse_train":
                times = arguments if function.startswith("pulse") else arguments[1:]
                for argument in times:
                    self._agree(time, self._unit(argument), f"times of {shown}")
                if function.startswith("pulse"):
                    return dimensionless()
                height = self._unit(arguments[0])
                if function == "step" or height is None:
                    return height
                return height * time if time else None
            case _:
                return self._all_agree(arguments, shown)


def _one_each(equations: Iterable[Equation]) -> list[Equation]:
    """Return one equation for each line of the text: the others have the same form."""
    first: dict[tuple[str, int], Equation] = {}
    for equation in equations:
        first.setdefault((equation.variable, equation.component), equation)
    return list(first.values())
