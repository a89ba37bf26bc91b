"""Scalar equations: what a Vensim text means once its subscripts are unrolled.

Everything here is frozen, knows nothing of PySD, and can be walked, ordered, checked for units and
turned into code.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

type Index = tuple[int, ...]
type Kind = Literal[
    "constant", "auxiliary", "stock", "lookup", "time", "stage", "held", "reciprocal"
]

TIME = "time"
TIME_STEP = "time_step"
INITIAL_TIME = "initial_time"
FINAL_TIME = "final_time"
SAVING_STEP = "saveper"
CONTROLS = (INITIAL_TIME, FINAL_TIME, TIME_STEP, SAVING_STEP)


@dataclass(frozen=True, slots=True)
class Number:
    """A number that stands in an equation."""

    value: float


@dataclass(frozen=True, slots=True)
class Reference:
    """One element of a variable."""

    variable: str
    index: Index = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """Arithmetic, a comparison or logic.

    ``operator`` is one of ``+ - * / ^`` (two arguments), ``negative`` (one), ``= <> < <= > >=``
    (two), ``and or`` (two) and ``not`` (one).
    """

    operator: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function of numbers, by its Vensim name in lower case with underscores."""

    function: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Fold:
    """One value from many elements: ``sum``, ``prod``, ``vmin`` or ``vmax``."""

    function: str
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Interpolation:
    """A table read at an argument, linear between its points and flat beyond its ends."""

    table: str
    index: Index
    argument: Expression


type Expression = Number | Reference | Operation | Call | Fold | Interpolation


@dataclass(frozen=True, slots=True)
class Table:
    """Points of a lookup, ``x`` rising."""

    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a model.

    Attributes
    ----------
    name
        Id: the Vensim name in lower case with underscores.
    vensim_name
        As written in the text.
    unit, comment
        As written in the text.
    dims
        Ids of its subscript ranges, in order; empty for a single number.
    members
        Ids of the subscripts along each of ``dims``.
    kind
        ``constant`` (may be set), ``auxiliary``, ``stock``, ``lookup`` or ``time`` (the clock and
        its settings). The engine's own are not shown: ``stage`` (of a delay or smooth), ``held`` (a
        value kept from the start) and ``reciprocal`` (of a divisor).
    line
        Line of its first equation in the text; 0 if it has none.
    """

    name: str
    vensim_name: str
    unit: str
    comment: str
    dims: tuple[str, ...]
    members: tuple[tuple[str, ...], ...]
    kind: Kind
    line: int = 0

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each dimension."""
        return tuple(len(members) for members in self.members)

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Equation:
    """What one element of a variable equals.

    Attributes
    ----------
    variable, index
        The element.
    component
        Which of the variable's equations in the text it comes from; the elements of one component
        have the same form.
    expression
        The right side.
    """

    variable: str
    index: Index
    component: int
    expression: Expression


@dataclass(frozen=True, slots=True)
class Delay:
    """A material delay whose stages must not be shorter than the time step.

    Attributes
    ----------
    variable
        Where it stands in the text.
    time
        Held variable with the delay time at the start.
    order
        Number of stages.
    """

    variable: str
    time: str
    order: int


@dataclass(frozen=True, slots=True)
class Block:
    """Equations of one form that don't depend on each other, in the order of their elements."""

    equations: tuple[Equation, ...]


@dataclass(frozen=True, slots=True)
class Schedule:
    """The order of computation.

    Attributes
    ----------
    initial
        At the start: initial values of the stocks, and what they need.
    constant
        Once a call: what follows from constants alone.
    flowing
        Every time step: what the changes of the stocks need.
    changes
        Every time step: the changes of the stocks, per unit of time.
    reported
        When values are read: the rest.
    """

    initial: tuple[Block, ...]
    constant: tuple[Block, ...]
    flowing: tuple[Block, ...]
    changes: tuple[Block, ...]
    reported: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Equations:
    """A model as scalar equations.

    Attributes
    ----------
    where
        The source's path, for messages.
    ranges
        Members of each subscript range, by ids.
    variables
        All variables by id, the engine's own last.
    constants
        Values of each constant, in C order.
    tables
        Points of each lookup, an entry for each element in C order.
    auxiliaries
        Equations of the auxiliaries.
    initials
        Equations for the initial values of stocks, stages and held values.
    changes
        Equations for the change of stocks and stages per unit of time.
    delays
        Delays to check against the time step.
    """

    where: str
    ranges: Mapping[str, tuple[str, ...]]
    variables: Mapping[str, Variable]
    constants: Mapping[str, tuple[float, ...]]
    tables: Mapping[str, tuple[Table, ...]]
    auxiliaries: tuple[Equation, ...]
    initials: tuple[Equation, ...]
    changes: tuple[Equation, ...]
    delays: tuple[Delay, ...]


def parts(expression: Expression) -> tuple[Expression, ...]:
    """Return what an expression is made of, one level down."""
    match expression:
        case Operation(arguments=arguments) | Call(arguments=arguments):
            return arguments
        case Fold(items=items):
            return items
        case Interpolation(argument=argument):
            return (argument,)
        case _:
            return ()


def walk(expression: Expression) -> Iterator[Expression]:
    """Yield an expression and all that it is made of."""
    remaining = [expression]
    while remaining:
        current = remaining.pop()
        yield current
        remaining.extend(reversed(parts(current)))
