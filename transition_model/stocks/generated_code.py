"""Scalar equations turned into one function that numba compiles.

A run is one row of numbers: stocks, their changes, held values, the clock, constants, auxiliaries,
each variable a block of slots in C order. The equations of one line of the text become one loop
over its elements, where no element needs another; that keeps the code, and so the time to compile
it, about as long as the text. Everything is passed as an argument; nothing is a compiled global.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transition_model.stocks.equations import (
    TIME,
    TIME_STEP,
    Block,
    Call,
    Delay,
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
    Table,
    Variable,
    walk,
)

_LINES_PER_FUNCTION = 120
_SUMS_AT_ONCE = 4
_LONG_SUM = 16
_LONG_LOOP = 8
_FEW_ROWS = 4
_COMPARISONS = {"=": "==", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_LOGIC = ("and", "or", "not")
_ARGUMENTS = "w, indexes, xs, ys"

_HEAD = '''"""Generated from {name}.mdl by transition_model.stocks; not to be edited."""

import math

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def minimum(a, b):
    return a if a < b or a != a else b


@njit(cache=True, nogil=True, error_model="numpy")
def maximum(a, b):
    return a if a > b or a != a else b


@njit(cache=True, nogil=True, error_model="numpy")
def xidz(numerator, denominator, otherwise):
    return otherwise if abs(denominator) < 1e-6 else numerator / denominator


@njit(cache=True, nogil=True, error_model="numpy")
def quantum(x, unit):
    return x if unit < 1e-6 else unit * np.trunc(x / unit)


@njit(cache=True, nogil=True, error_model="numpy")
def step(time, time_step, height, start):
    return height if time + time_step / 2.0 > start else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def ramp(time, slope, start, end):
    return slope * (minimum(end, time) - start) if time + 1e-6 > start else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def pulse(time, start, width):
    return 1.0 if start - 1e-6 <= time and time < start + width else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def pulse_train(time, start, interval, width, end):
    if interval == 0.0:
        return pulse(time, start, width)
    if time < start or time >= end:
        return 0.0
    return 1.0 if (time - start + 1e-6) % interval < width else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def interpolate(x, xs, ys, first, count):
    last = first + count - 1
    if x != x:
        return x
    if x <= xs[first]:
        return ys[first]
    if x >= xs[last]:
        return ys[last]
    right = first + 1
    while xs[right] < x:
        right += 1
    left = right - 1
    slope = (ys[right] - ys[left]) / (xs[right] - xs[left])
    return slope * (x - xs[left]) + ys[left]
'''

_FUNCTION = """

@njit(cache=True, nogil=True, error_model="numpy")
def {name}({arguments}):
{body}
"""

_DRIVE = '''

@njit(cache=True, nogil=True, error_model="numpy")
def drive(rows, indexes, xs, ys, begin, saves, steps, recorded, out):
    """Advance rows by saves x steps time steps; leave them with all values up to date."""
    for row in range(rows.shape[0]):
        w = rows[row]
        if begin:
{initial}
{constant}
        for save in range(saves):
            for k in range(steps):
{flowing_3}
                if k == 0 and recorded.size > 0:
{reported_4}
                    for j in range(recorded.size):
                        out[row, save, j] = w[recorded[j]]
{changes}
                for j in range({levels}):
                    w[j] += w[{levels} + j] * w[{time_step}]
                w[{time}] += w[{time_step}]
{flowing_1}
{reported_1}
        for j in range(recorded.size):
            out[row, saves, j] = w[recorded[j]]
'''


@dataclass(frozen=True, slots=True)
class Program:
    """What the compiled engine needs to run a model.

    Attributes
    ----------
    text
        The module's source.
    where
        Path of the model, for messages.
    variables
        All variables by id.
    offsets
        First slot of each variable that has slots.
    levels
        Number of stock elements; they stand first in a row.
    defaults
        A row with the model's own constants.
    indexes
        Slots that loops look up, where they don't lie evenly.
    xs, ys
        Points of all lookups, one after the other.
    delays
        Delays to check against the time step.
    """

    text: str
    where: str
    variables: Mapping[str, Variable]
    offsets: Mapping[str, int]
    levels: int
    defaults: NDArray[np.float64]
    indexes: NDArray[np.int64]
    xs: NDArray[np.float64]
    ys: NDArray[np.float64]
    delays: tuple[Delay, ...]


def generate(name: str, equations: Equations, schedule: Schedule) -> Program:
    """Write the code of a model.

    Parameters
    ----------
    name
        Name of the model, for the code's head.
    equations, schedule
        The equations and their order.
    """
    offsets, levels, defaults = _slots(equations)
    writer = _Writer(equations, offsets, defaults.size)
    phases = {
        "initial": writer.phase("initial", schedule.initial),
        "constant": writer.phase("constant", schedule.constant),
        "flowing": writer.phase("flowing", schedule.flowing),
        "changes": writer.phase("changes", schedule.changes, shift=levels),
        "reported": writer.phase("reported", schedule.reported),
    }

    def calls(phase: str, depth: int) -> str:
        names = phases[phase] or ["pass"]
        return "\n".join(
            "    " * depth + (f"{one}({_ARGUMENTS})" if one != "pass" else one) for one in names
        )

    drive = _DRIVE.format(
        initial=calls("initial", 3),
        constant=calls("constant", 2),
        flowing_3=calls("flowing", 4),
        reported_4=calls("reported", 5),
        changes=calls("changes", 4),
        flowing_1=calls("flowing", 2),
        reported_1=calls("reported", 2),
        levels=levels,
        time=offsets[TIME],
        time_step=offsets[TIME_STEP],
    )
    return Program(
        _HEAD.format(name=name) + "".join(writer.functions) + drive,
        equations.where,
        dict(equations.variables),
        offsets,
        levels,
        np.concatenate([defaults, np.array(writer.numbers)]),
        np.array(writer.indexes, dtype=np.int64),
        np.array(writer.xs),
        np.array(writer.ys),
        equations.delays,
    )


def _slots(equations: Equations) -> tuple[dict[str, int], int, NDArray[np.float64]]:
    """Give each variable its slots; return them, the number of levels, and the constants."""
    variables = equations.variables.values()
    states = [variable for variable in variables if variable.kind in ("stock", "stage")]
    rest = [variable for variable in variables if variable.kind not in ("stock", "stage", "lookup")]
    offsets: dict[str, int] = {}
    position = 0
    for variable in states:
        offsets[variable.name] = position
        position += variable.size
    levels = position
    position += levels
    for variable in rest:
        offsets[variable.name] = position
        position += variable.size
    defaults = np.zeros(position)
    for name, values in equations.constants.items():
        defaults[offsets[name] : offsets[name] + len(values)] = values
    return offsets, levels, defaults


@dataclass(frozen=True, slots=True)
class _Axis:
    """A loop: the name of its counter and how often it runs."""

    counter: str
    length: int


class _Writer:
    """Writes functions, and collects what they look up."""

    def __init__(self, equations: Equations, offsets: Mapping[str, int], slots: int) -> None:
        self.equations = equations
        self.offsets = offsets
        self.slots = slots
        self.functions: list[str] = []
        self.indexes: list[int] = []
        self.numbers: list[float] = []
        self.xs: list[float] = []
        self.ys: list[float] = []
        self.tables: dict[Table, int] = {}
        self.lines: list[str] = []
        self.loaded: dict[str, str] = {}
        self.lengths: dict[int, str] = {}
        self.depth = 1
        self.names = 0

    def phase(self, name: str, blocks: Iterable[Block], shift: int = 0) -> list[str]:
        """Write the functions of a phase; return their names."""
        written: list[str] = []
        for equations, lengths in (
            part for block in blocks for part in self._loops(block.equations)
        ):
            self._block(equations, lengths, shift)
            if len(self.lines) >= _LINES_PER_FUNCTION:
                written.append(self._function(f"{name}_{len(written)}"))
        if self.lines:
            written.append(self._function(f"{name}_{len(written)}"))
        return written

    def _function(self, name: str) -> str:
        looked_up = []
        for length, local in self.lengths.items():
            looked_up.append(f"    {local} = indexes[{len(self.indexes)}]")
            self.indexes.append(length)
        self.lengths = {}
        body = "\n".join([*looked_up, *self.lines])
        self.functions.append(_FUNCTION.format(name=name, arguments=_ARGUMENTS, body=body))
        self.lines = []
        return name

    def _line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def _begin_loop(self, axis: _Axis) -> None:
        """Open a loop; the length of a long one is looked up.

        Did the compiler know it, it would write out every turn by itself instead of several turns
        at once.
        """
        length = str(axis.length)
        if axis.length >= _LONG_LOOP:
            length = f"n{axis.length}"
            self.lengths.setdefault(axis.length, length)
        self._line(f"for {axis.counter} in range({length}):")
        self.depth += 1

    def _name(self) -> str:
        self.names += 1
        return f"v{self.names}"

    def _slot(self, variable: str, index: Index) -> int:
        position = 0
        for at, length in zip(index, self.equations.variables[variable].shape, strict=True):
            position = position * length + at
        return self.offsets[variable] + position

    def _block(self, equations: Sequence[Equation], lengths: Sequence[int], shift: int) -> None:
        """Write equations as loops of some lengths; ``shift`` moves where the results go."""
        targets = [self._slot(one.variable, one.index) + shift for one in equations]
        axes = [_Axis(self._name(), length) for length in lengths]
        self._line(f"# {equations[0].variable}")
        start = len(self.lines)
        for axis in axes:
            self._begin_loop(axis)
        value = self._number([one.expression for one in equations], axes)
        self._line(f"w[{self._place(targets, axes)}] = {value}")
        self.depth -= len(axes)
        self.lines[start:start] = [f"    {name} = {place}" for place, name in self.loaded.items()]
        self.loaded = {}

    def _loops(
        self, equations: Sequence[Equation]
    ) -> Iterator[tuple[Sequence[Equation], Sequence[int]]]:
        """Yield equations with the lengths of the loops that visit their elements in order.

        One loop will do where all slots move on evenly, and one that looks slots up if the
        elements don't fill their box. Otherwise there is a loop for each dimension, where a few
        long rows are visited one by one: that is what the compiler does best.
        """
        slots = np.array(
            [
                [self._slot(one.variable, one.index), *self._slots_read(one.expression)]
                for one in equations
            ]
        )
        lengths = [len(set(axis)) for axis in zip(*(one.index for one in equations), strict=True)]
        steps = slots[1] - slots[0] if len(slots) > 1 else slots[0]
        even = np.array_equal(slots, slots[0] + np.outer(np.arange(len(slots)), steps))
        if len(equations) == 1:
            yield equations, ()
        elif even or math.prod(lengths) != len(equations):
            yield equations, (len(equations),)
        elif 1 < lengths[0] <= _FEW_ROWS and math.prod(lengths[1:]) >= _LONG_LOOP:
            row = len(equations) // lengths[0]
            for start in range(0, len(equations), row):
                yield from self._loops(equations[start : start + row])
        else:
            yield equations, [length for length in lengths if length > 1]

    def _slots_read(self, expression: Expression) -> list[int]:
        return [
            self._slot(item.variable, item.index)
            for item in walk(expression)
            if isinstance(item, Reference)
        ]

    def _place(self, places: Sequence[int], axes: Sequence[_Axis]) -> str:
        """Return code for a whole number that changes with the loops' counters."""
        grid = np.array(places, dtype=np.int64).reshape([axis.length for axis in axes])
        origin = int(grid.flat[0])
        steps = [
            int(grid[tuple(int(other == number) for other in range(len(axes)))]) - origin
            for number in range(len(axes))
        ]
        even = np.full(grid.shape, origin)
        for number, (step, axis) in enumerate(zip(steps, axes, strict=True)):
            shape = [axis.length if other == number else 1 for other in range(len(axes))]
            even = even + step * np.arange(axis.length).reshape(shape)
        if np.array_equal(even, grid):
            return _sum_of(origin, steps, axes)
        first = len(self.indexes)
        self.indexes += [int(place) for place in grid.flat]
        strides = [
            math.prod(axis.length for axis in axes[number + 1 :]) for number in range(len(axes))
        ]
        return f"indexes[{_sum_of(first, strides, axes)}]"

    def _number(self, nodes: Sequence[Expression], axes: Sequence[_Axis]) -> str:
        """Return code for the value of expressions of one form, one for each turn of the loops."""
        node = nodes[0]
        match node:
            case Number():
                return self._literal([one.value for one in nodes if isinstance(one, Number)], axes)
            case Reference():
                slots = [
                    self._slot(one.variable, one.index)
                    for one in nodes
                    if isinstance(one, Reference)
                ]
                return self._load(slots, axes)
            case Operation(operator=operator) if operator in _COMPARISONS or operator in _LOGIC:
                return f"(1.0 if {self._condition(nodes, axes)} else 0.0)"
            case Operation(operator="negative"):
                return f"(-{self._arguments(nodes, axes)[0]})"
            case Operation(operator=operator):
                left, right = self._arguments(nodes, axes)
                return f"({left} {'**' if operator == '^' else operator} {right})"
            case Call():
                return self._call(nodes, axes)
            case Fold():
                return self._fold(nodes, axes)
            case Interpolation():
                return self._interpolation(nodes, axes)

    def _load(self, slots: Sequence[int], axes: Sequence[_Axis]) -> str:
        """Return code for a number of the row; one that stays the same is read before the loops."""
        place = f"w[{self._place(slots, axes)}]"
        if not axes or len(set(slots)) > 1:
            return place
        if place not in self.loaded:
            self.loaded[place] = self._name()
        return self.loaded[place]

    def _literal(self, values: Sequence[float], axes: Sequence[_Axis]) -> str:
        if len(set(values)) == 1:
            return f"({values[0]!r})" if values[0] < 0.0 else repr(values[0])
        first = self.slots + len(self.numbers)
        self.numbers += values
        return f"w[{self._place(range(first, first + len(values)), axes)}]"

    def _condition(self, nodes: Sequence[Expression], axes: Sequence[_Axis]) -> str:
        node = nodes[0]
        if isinstance(node, Operation) and node.operator in _COMPARISONS:
            left, right = self._arguments(nodes, axes)
            return f"({left} {_COMPARISONS[node.operator]} {right})"
        if isinstance(node, Operation) and node.operator in _LOGIC:
            terms = [self._condition(column, axes) for column in _columns(nodes)]
            return (
                f"(not {terms[0]})" if len(terms) == 1 else f"({f' {node.operator} '.join(terms)})"
            )
        return f"({self._number(nodes, axes)} != 0.0)"

    def _arguments(self, nodes: Sequence[Expression], axes: Sequence[_Axis]) -> list[str]:
        return [self._number(column, axes) for column in _columns(nodes)]

    def _call(self, nodes: Sequence[Expression], axes: Sequence[_Axis]) -> str:
        node = nodes[0]
        assert isinstance(node, Call)
        if node.function == "if_then_else":
            condition, yes, no = _columns(nodes)
            test = self._condition(condition, axes)
            return f"({self._number(yes, axes)} if {test} else {self._number(no, axes)})"
        time, time_step = f"w[{self.offsets[TIME]}]", f"w[{self.offsets[TIME_STEP]}]"
        a, *others = self._arguments(nodes, axes)
        listed = ", ".join([a, *others])
        written = {
            "abs": f"abs({a})",
            "exp": f"math.exp({a})",
            "integer": f"np.trunc({a})",
            "ln": f"math.log({a})",
            "max": f"maximum({listed})",
            "min": f"minimum({listed})",
            "modulo": f"({a} - quantum({listed}))",
            "power": f"({' ** '.join([a, *others])})",
            "pulse": f"pulse({time}, {listed})",
            "pulse_train": f"pulse_train({time}, {listed})",
            "quantum": f"quantum({listed})",
            "ramp": f"ramp({time}, {listed})",
            "sqrt": f"math.sqrt({a})",
            "step": f"step({time}, {time_step}, {listed})",
            "xidz": f"xidz({listed})",
            "zidz": f"xidz({listed}, 0.0)",
        }
        return written[node.function]

    def _fold(self, nodes: Sequence[Expression], axes: Sequence[_Axis]) -> str:
        """Write the loop of a fold; return the name of its result.

        A long sum is taken in several sums side by side, always the same ones: a processor need
        not wait for one addition to begin the next.
        """
        folds = [node for node in nodes if isinstance(node, Fold)]
        function, length = folds[0].function, len(folds[0].items)
        lanes = _SUMS_AT_ONCE if function == "sum" and length >= _LONG_SUM else 1
        axis = _Axis(self._name(), length // lanes)
        end = axis.length * lanes
        start = {"sum": "0.0", "prod": "1.0", "vmin": "math.inf", "vmax": "-math.inf"}[function]
        results = [self._name() for _ in range(lanes)]
        for result in results:
            self._line(f"{result} = {start}")
        self._begin_loop(axis)
        for lane, result in enumerate(results):
            items = [item for fold in folds for item in fold.items[lane:end:lanes]]
            self._take_in(function, result, self._number(items, [*axes, axis]))
        self.depth -= 1
        for position in range(end, length):
            left_over = [fold.items[position] for fold in folds]
            self._take_in(function, results[0], self._number(left_over, axes))
        return results[0] if lanes == 1 else f"({' + '.join(results)})"

    def _take_in(self, function: str, result: str, value: str) -> None:
        self._line(
            {
                "sum": f"{result} += {value}",
                "prod": f"{result} *= {value}",
                "vmin": f"{result} = minimum({result}, {value})",
                "vmax": f"{result} = maximum({result}, {value})",
            }[function]
        )

    def _interpolation(self, nodes: Sequence[Expression], axes: Sequence[_Axis]) -> str:
        firsts, counts = [], []
        for one in nodes:
            assert isinstance(one, Interpolation)
            table = self._table(one)
            firsts.append(self._points(table))
            counts.append(len(table.x))
        argument = self._number(
            [one.argument for one in nodes if isinstance(one, Interpolation)], axes
        )
        first, count = self._place(firsts, axes), self._place(counts, axes)
        return f"interpolate({argument}, xs, ys, {first}, {count})"

    def _table(self, node: Interpolation) -> Table:
        shape = (
            self.equations.variables[node.table].shape
            if node.table in self.equations.variables
            else ()
        )
        position = 0
        for at, length in zip(node.index, shape, strict=True):
            position = position * length + at
        return self.equations.tables[node.table][position]

    def _points(self, table: Table) -> int:
        if table not in self.tables:
            self.tables[table] = len(self.xs)
            self.xs += table.x
            self.ys += table.y
        return self.tables[table]


def _columns(nodes: Sequence[Expression]) -> list[list[Expression]]:
    """Return the first arguments of all nodes, the second ones, and so on."""
    rows = [node.arguments for node in nodes if isinstance(node, Operation | Call)]
    return [list(column) for column in zip(*rows, strict=True)]


def _sum_of(origin: int, steps: Sequence[int], axes: Sequence[_Axis]) -> str:
    terms = [
        axis.counter if step == 1 else f"{step} * {axis.counter}"
        for step, axis in zip(steps, axes, strict=True)
        if step and axis.length > 1
    ]
    return " + ".join([str(origin), *terms])
