"""Divisions by what stays the same within a month, turned into multiplications.

A processor divides some five times slower than it multiplies, and most divisions of a stock-flow
model are by a lifetime, a delay time or a number of months a year. The result differs from the
quotient in the last bit at most.
"""

from __future__ import annotations

from dataclasses import replace

from transition_model.stocks.equations import (
    TIME,
    Block,
    Call,
    Equation,
    Equations,
    Expression,
    Fold,
    Index,
    Interpolation,
    Number,
    Operation,
    Reference,
    Schedule,
    Variable,
    walk,
)

_OF_TIME = frozenset({"step", "ramp", "pulse", "pulse_train"})


def with_reciprocals(equations: Equations, schedule: Schedule) -> tuple[Equations, Schedule]:
    """Replace divisions that are made at every time step by a number that isn't.

    Parameters
    ----------
    equations, schedule
        A model and its order.

    Returns
    -------
    tuple of Equations and Schedule
        The same with variables of the kind ``reciprocal``, computed once a call.
    """
    rewriting = _Rewriting(equations, schedule)
    flowing = tuple(rewriting.block(block) for block in schedule.flowing)
    changes = tuple(rewriting.block(block) for block in schedule.changes)
    blocks = tuple(
        Block(tuple(sorted(group.values(), key=lambda equation: equation.index)))
        for group in rewriting.reciprocals.values()
    )
    return (
        replace(equations, variables={**equations.variables, **rewriting.variables}),
        replace(schedule, constant=(*schedule.constant, *blocks), flowing=flowing, changes=changes),
    )


class _Rewriting:
    """Rewrites equations, and collects the reciprocals that they need."""

    def __init__(self, equations: Equations, schedule: Schedule) -> None:
        self.known = equations.variables
        self.computed = {
            (equation.variable, equation.index)
            for block in (*schedule.flowing, *schedule.reported)
            for equation in block.equations
        }
        self.variables: dict[str, Variable] = {}
        self.reciprocals: dict[tuple[str, int], dict[Index, Equation]] = {}

    def block(self, block: Block) -> Block:
        return Block(
            tuple(
                replace(equation, expression=self._rewritten(equation.expression))
                for equation in block.equations
            )
        )

    def _steady(self, expression: Expression) -> bool:
        """Whether an expression stays the same from one time step of a call to the next."""
        return not any(
            (isinstance(item, Call) and item.function in _OF_TIME)
            or (
                isinstance(item, Reference)
                and (
                    item.variable == TIME
                    or self.known[item.variable].kind in ("stock", "stage")
                    or (item.variable, item.index) in self.computed
                )
            )
            for item in walk(expression)
        )

    def _rewritten(self, node: Expression) -> Expression:
        match node:
            case Operation(operator="/", arguments=(top, Reference() as bottom)) if self._steady(
                bottom
            ):
                return Operation("*", (self._rewritten(top), self._reciprocal(bottom)))
            case Operation(operator="/", arguments=(top, Number(value=value))) if value:
                return Operation("*", (self._rewritten(top), Number(1.0 / value)))
            case Operation(operator="/", arguments=(top, bottom)) if self._steady(bottom):
                # Invariant in its loops: the code generator computes it before them.
                return Operation("*", (self._rewritten(top), Operation("/", (Number(1.0), bottom))))
            case Operation(operator=operator, arguments=arguments):
                return Operation(operator, tuple(map(self._rewritten, arguments)))
            case Call(function=function, arguments=arguments):
                return Call(function, tuple(map(self._rewritten, arguments)))
            case Fold(function=function, items=items):
                return Fold(function, tuple(map(self._rewritten, items)))
            case Interpolation(table=table, index=index, argument=argument):
                return Interpolation(table, index, self._rewritten(argument))
            case _:
                return node

    def _reciprocal(self, divisor: Reference) -> Reference:
        name = f"{divisor.variable}.reciprocal"
        self.variables[name] = replace(self.known[divisor.variable], name=name, kind="reciprocal")
        group = self.reciprocals.setdefault((name, 0), {})
        group[divisor.index] = Equation(
            name, divisor.index, 0, Operation("/", (Number(1.0), divisor))
        )
        return Reference(name, divisor.index)
