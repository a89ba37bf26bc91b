"""Scalar equations turned into LLVM's instructions: one function that advances runs.

A run is one row of numbers: stocks, their changes, held values, the clock, constants, auxiliaries,
each variable a block of slots in C order. The equations of one line of the text become one loop
over its elements, where no element needs another; that keeps the code, and so the time to compile
it, about as long as the text. Loops say that their turns don't depend on each other, so that LLVM
may take several at once; a sum says in which order it is taken, so that it is always the same.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

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
from transition_model.stocks.vensim_functions import DECLARATIONS, DRIVE, FUNCTIONS

_LINES_PER_FUNCTION = 1500
_SUMS_AT_ONCE = 4
_LONG_SUM = 16
_LONG_LOOP = 8
_FEW_ROWS = 4
_ARITHMETIC = {"+": "fadd", "-": "fsub", "*": "fmul", "/": "fdiv"}
_COMPARISONS = {"=": "oeq", "<>": "une", "<": "olt", "<=": "ole", ">": "ogt", ">=": "oge"}
_LOGIC = {"and": "and", "or": "or"}
_INTRINSICS = {
    "abs": "llvm.fabs.f64",
    "exp": "llvm.exp.f64",
    "integer": "llvm.trunc.f64",
    "ln": "llvm.log.f64",
    "power": "llvm.pow.f64",
    "sqrt": "llvm.sqrt.f64",
}
_OF_THE_CLOCK = {
    "pulse": (TIME,),
    "pulse_train": (TIME,),
    "ramp": (TIME,),
    "step": (TIME, TIME_STEP),
}
_STARTS = {"sum": 0.0, "prod": 1.0, "vmin": math.inf, "vmax": -math.inf}


@dataclass(frozen=True, slots=True)
class Program:
    """What the compiled engine needs to run a model, beside its code.

    Attributes
    ----------
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
    delays
        Delays to check against the time step.
    """

    where: str
    variables: Mapping[str, Variable]
    offsets: Mapping[str, int]
    levels: int
    defaults: NDArray[np.float64]
    delays: tuple[Delay, ...]


def lay_out(equations: Equations) -> Program:
    """Give each variable its slots: levels, their changes, and the rest."""
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
    return Program(
        equations.where, dict(equations.variables), offsets, levels, defaults, equations.delays
    )


def instructions(equations: Equations, schedule: Schedule, program: Program) -> str:
    """Write the code of a model as the text of an LLVM module.

    It defines ``drive``; :class:`transition_model.stocks.machine_code.MachineCode` says what that
    takes.

    Parameters
    ----------
    equations, schedule
        The equations and their order.
    program
        Where the numbers lie.
    """
    writer = _Writer(equations, program.offsets)
    phases = {
        "initial": writer.phase("initial", schedule.initial),
        "constant": writer.phase("constant", schedule.constant),
        "flowing": writer.phase("flowing", schedule.flowing),
        "changes": writer.phase("changes", schedule.changes, shift=program.levels),
        "reported": writer.phase("reported", schedule.reported),
    }
    calls = {
        phase: "\n".join(f"  call void @{name}(ptr %w)" for name in names)
        for phase, names in phases.items()
    }
    drive = DRIVE.format(
        **calls,
        slots=program.defaults.size,
        levels=program.levels,
        no_level="false" if program.levels else "true",
        time=program.offsets[TIME],
        time_step=program.offsets[TIME_STEP],
        parallel=writer.parallel_loop("!0"),
    )
    return "\n".join(
        [
            DECLARATIONS,
            *writer.tables_of_numbers(),
            FUNCTIONS,
            *writer.functions,
            drive,
            "!0 = distinct !{}",
            *writer.notes,
        ]
    )


@dataclass(frozen=True, slots=True)
class _Axis:
    """A loop: the name of its counter and how often it runs."""

    counter: str
    length: int


@dataclass(slots=True)
class _Frame:
    """The instructions of a loop's body, or outside of all loops.

    Attributes
    ----------
    label
        Name of the loop's first block.
    before
        Name of the block that the loop is entered from.
    head
        What is computed first: numbers that the loops inside don't change.
    body
        What is computed then.
    loaded
        By instruction, the name of its result in ``head``.
    carried
        Instructions for numbers that go from one turn to the next.
    """

    label: str = ""
    before: str = ""
    head: list[str] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    loaded: dict[str, str] = field(default_factory=dict)
    carried: list[str] = field(default_factory=list)


class _Writer:
    """Writes functions, and collects the tables that they look up."""

    def __init__(self, equations: Equations, offsets: Mapping[str, int]) -> None:
        self.equations = equations
        self.offsets = offsets
        self.functions: list[str] = []
        self.notes: list[str] = []
        self.indexes: list[int] = []
        self.numbers: list[float] = []
        self.xs: list[float] = []
        self.ys: list[float] = []
        self.tables: dict[Table, int] = {}
        self.strides = {
            name: tuple(math.prod(variable.shape[at + 1 :]) for at in range(len(variable.shape)))
            for name, variable in equations.variables.items()
        }
        self.lines: list[str] = []
        self.frames: list[_Frame] = []
        self.block = "entry"
        self.group = ""
        self.names = 0
        self.note_count = 0

    def tables_of_numbers(self) -> list[str]:
        """Return the definitions of the tables that functions look up."""
        return [
            _table("indexes", "i64", map(str, self.indexes)),
            *(
                _table(name, "double", map(_literal, numbers))
                for name, numbers in (("numbers", self.numbers), ("xs", self.xs), ("ys", self.ys))
            ),
        ]

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

    def parallel_loop(self, group: str) -> str:
        """Return the note on a loop whose turns don't depend on each other."""
        self.note_count += 2
        note, parallel = f"!{self.note_count - 1}", f"!{self.note_count}"
        self.notes.append(f"{note} = distinct !{{{note}, {parallel}}}")
        self.notes.append(f'{parallel} = !{{!"llvm.loop.parallel_accesses", {group}}}')
        return note

    def _function(self, name: str) -> str:
        head = f"define internal void @{name}(ptr noalias %w) noinline nounwind {{"
        self.functions.append("\n".join([head, "entry:", *self.lines, "  ret void", "}", ""]))
        self.lines = []
        self.block = "entry"
        return name

    # Instructions

    def _name(self) -> str:
        self.names += 1
        return f"%v{self.names}"

    def _line(self, text: str) -> None:
        self.frames[-1].body.append(text)

    def _result(self, instruction: str) -> str:
        """Write an instruction; return the name of its result."""
        name = self._name()
        self.frames[-1].body.append(f"  {name} = {instruction}")
        return name

    def _early(self, depth: int, instruction: str) -> str:
        """Write an instruction at the head of a loop, unless it is there already."""
        frame = self.frames[depth]
        name = frame.loaded.get(instruction)
        if name is None:
            name = frame.loaded[instruction] = self._name()
            frame.head.append(f"  {name} = {instruction}")
        return name

    def _begin_loop(self) -> str:
        """Open a loop; return the name of its counter."""
        self.names += 1
        label = f"loop{self.names}"
        self.frames.append(_Frame(label, self.block))
        self.block = label
        return f"%{label}.turn"

    def _end_loop(self, axis: _Axis) -> None:
        """Close the loop opened last, which runs once at least."""
        frame = self.frames.pop()
        label, turn = frame.label, axis.counter
        note = self.parallel_loop(self.group)
        self.frames[-1].body += [
            f"  br label %{label}",
            f"{label}:",
            f"  {turn} = phi i64 [0, %{frame.before}], [{turn}.next, %{label}.end]",
            *frame.carried,
            *frame.head,
            *frame.body,
            f"  br label %{label}.end",
            f"{label}.end:",
            f"  {turn}.next = add nuw nsw i64 {turn}, 1",
            f"  {turn}.more = icmp ult i64 {turn}.next, {axis.length}",
            f"  br i1 {turn}.more, label %{label}, label %{label}.done, !llvm.loop {note}",
            f"{label}.done:",
        ]
        self.block = f"{label}.done"

    # Blocks of equations

    def _slot(self, variable: str, index: Index) -> int:
        position = self.offsets[variable]
        for at, stride in zip(index, self.strides[variable], strict=True):
            position += at * stride
        return position

    def _block(self, equations: Sequence[Equation], lengths: Sequence[int], shift: int) -> None:
        """Write equations as loops of some lengths; ``shift`` moves where the results go."""
        targets = [self._slot(one.variable, one.index) + shift for one in equations]
        outside = _Frame()
        self.frames = [outside]
        self.note_count += 1
        self.group = f"!{self.note_count}"
        self.notes.append(f"{self.group} = distinct !{{}}")
        axes = [_Axis(self._begin_loop(), length) for length in lengths]
        value = self._number([one.expression for one in equations], axes)
        address, _ = self._address("%w", "double", targets, axes)
        access = f", !llvm.access.group {self.group}" if axes else ""
        self._line(f"  store double {value}, ptr {address}{access}")
        for axis in reversed(axes):
            self._end_loop(axis)
        self.lines += [f"  ; {equations[0].variable}", *outside.head, *outside.body]

    def _loops(
        self, equations: Sequence[Equation]
    ) -> Iterator[tuple[Sequence[Equation], Sequence[int]]]:
        """Yield equations with the lengths of the loops that visit their elements in order.

        One loop will do where all slots move on evenly, and one that looks slots up if the
        elements don't fill their box. Otherwise there is a loop for each dimension, where a few
        long rows are visited one by one: that is what the compiler does best.
        """
        if len(equations) == 1:
            yield equations, ()
            return
        slots = np.array(
            [
                [self._slot(one.variable, one.index), *self._slots_read(one.expression)]
                for one in equations
            ]
        )
        lengths = [len(set(axis)) for axis in zip(*(one.index for one in equations), strict=True)]
        steps = slots[1] - slots[0]
        even = np.array_equal(slots, slots[0] + np.outer(np.arange(len(slots)), steps))
        if even or math.prod(lengths) != len(equations):
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

    # Places

    def _place(self, places: Sequence[int], axes: Sequence[_Axis]) -> tuple[str, int]:
        """Return a whole number that changes with the loops' counters, and the loop it is for."""
        origin = places[0]
        if len(places) == 1 or len(set(places)) == 1:
            return str(origin), 0
        grid = np.array(places, dtype=np.int64).reshape([axis.length for axis in axes])
        steps = [
            int(grid[tuple(int(other == number) for other in range(len(axes)))]) - origin
            if axis.length > 1
            else 0
            for number, axis in enumerate(axes)
        ]
        even = np.full(grid.shape, origin)
        for number, (step, axis) in enumerate(zip(steps, axes, strict=True)):
            shape = [axis.length if other == number else 1 for other in range(len(axes))]
            even = even + step * np.arange(axis.length).reshape(shape)
        if np.array_equal(even, grid):
            return self._sum_of(origin, steps, axes)
        # Axes along which nothing changes need no entries of their own.
        moving = [
            axis.length > 1 and not np.array_equal(grid, np.roll(grid, 1, number))
            for number, axis in enumerate(axes)
        ]
        kept = grid[tuple(slice(None) if moves else 0 for moves in moving)]
        lengths = [axis.length if moves else 1 for axis, moves in zip(axes, moving, strict=True)]
        strides = [
            math.prod(lengths[number + 1 :]) if moves else 0 for number, moves in enumerate(moving)
        ]
        first = len(self.indexes)
        self.indexes += [int(place) for place in kept.flat]
        place, depth = self._sum_of(first, strides, axes)
        address = self._early(depth, f"getelementptr inbounds i64, ptr @indexes, i64 {place}")
        return self._early(depth, f"load i64, ptr {address}"), depth

    def _sum_of(self, origin: int, steps: Sequence[int], axes: Sequence[_Axis]) -> tuple[str, int]:
        place, depth = str(origin), 0
        for number, (step, axis) in enumerate(zip(steps, axes, strict=True)):
            if step and axis.length > 1:
                depth = number + 1
                moved = axis.counter
                if step != 1:
                    moved = self._early(depth, f"mul nsw i64 {moved}, {step}")
                place = self._early(depth, f"add nsw i64 {moved}, {place}")
        return place, depth

    def _address(
        self, base: str, kind: str, places: Sequence[int], axes: Sequence[_Axis]
    ) -> tuple[str, int]:
        place, depth = self._place(places, axes)
        return (
            self._early(depth, f"getelementptr inbounds {kind}, ptr {base}, i64 {place}"),
            depth,
        )

    def _load(self, slots: Sequence[int], axes: Sequence[_Axis]) -> str:
        """Return a number of the row, read before the loops that don't change it."""
        address, depth = self._address("%w", "double", slots, axes)
        access = f", !llvm.access.group {self.group}" if depth else ""
        return self._early(depth, f"load double, ptr {address}{access}")

    def _listed(self, values: Sequence[float], axes: Sequence[_Axis]) -> str:
        """Return a number that stands in the text."""
        if len(set(values)) == 1:
            return _literal(values[0])
        first = len(self.numbers)
        self.numbers += values
        address, depth = self._address(
            "@numbers", "double", range(first, first + len(values)), axes
        )
        return self._early(depth, f"load double, ptr {address}")

    # Values

    def _number(self, nodes: Sequence[Expression], axes: Sequence[_Axis]) -> str:
        """Return the value of expressions of one form, one for each turn of the loops."""
        node = nodes[0]
        match node:
            case Number():
                return self._listed([one.value for one in nodes if isinstance(one, Number)], axes)
            case Reference():
                slots = [
                    self._slot(one.variable, one.index)
                    for one in nodes
                    if isinstance(one, Reference)
                ]
                return self._load(slots, axes)
            case Operation(operator="negative"):
                return self._result(f"fneg double {self._arguments(nodes, axes)[0]}")
            case Operation(operator="^"):
                return self._called("llvm.pow.f64", self._arguments(nodes, axes))
            case Operation(operator=operator) if operator in _ARITHMETIC:
                left, right = self._arguments(nodes, axes)
                return self._result(f"{_ARITHMETIC[operator]} double {left}, {right}")
            case Operation():
                return self._result(f"uitofp i1 {self._condition(nodes, axes)} to double")
            case Call():
                return self._call(nodes, axes)
            case Fold():
                return self._fold(nodes, axes)
            case Interpolation():
                return self._interpolation(nodes, axes)

    def _condition(self, nodes: Sequence[Expression], axes: Sequence[_Axis]) -> str:
        node = nodes[0]
        if isinstance(node, Operation) and node.operator in _COMPARISONS:
            left, right = self._arguments(nodes, axes)
            return self._result(f"fcmp {_COMPARISONS[node.operator]} double {left}, {right}")
        if isinstance(node, Operation) and node.operator == "not":
            (only,) = (self._condition(column, axes) for column in _columns(nodes))
            return self._result(f"xor i1 {only}, true")
        if isinstance(node, Operation) and node.operator in _LOGIC:
            first, second = (self._condition(column, axes) for column in _columns(nodes))
            return self._result(f"{_LOGIC[node.operator]} i1 {first}, {second}")
        return self._result(f"fcmp une double {self._number(nodes, axes)}, 0.0")

    def _arguments(self, nodes: Sequence[Expression], axes: Sequence[_Axis]) -> list[str]:
        return [self._number(column, axes) for column in _columns(nodes)]

    def _called(self, function: str, arguments: Sequence[str]) -> str:
        listed = ", ".join(f"double {argument}" for argument in arguments)
        return self._result(f"call double @{function}({listed})")

    def _call(self, nodes: Sequence[Expression], axes: Sequence[_Axis]) -> str:
        node = nodes[0]
        assert isinstance(node, Call)
        if node.function == "if_then_else":
            condition, yes, no = _columns(nodes)
            test = self._condition(condition, axes)
            chosen, otherwise = self._number(yes, axes), self._number(no, axes)
            return self._result(f"select i1 {test}, double {chosen}, double {otherwise}")
        arguments = self._arguments(nodes, axes)
        if node.function == "modulo":
            whole = self._called("quantum", arguments)
            return self._result(f"fsub double {arguments[0]}, {whole}")
        if node.function == "zidz":
            return self._called("xidz", [*arguments, _literal(0.0)])
        clock = [
            self._load([self.offsets[name]], axes) for name in _OF_THE_CLOCK.get(node.function, ())
        ]
        function = _INTRINSICS.get(node.function, node.function)
        return self._called(function, [*clock, *arguments])

    def _fold(self, nodes: Sequence[Expression], axes: Sequence[_Axis]) -> str:
        """Write the loop of a fold; return its result.

        A long sum is taken in several sums side by side, always the same ones: a processor need
        not wait for one addition to begin the next.
        """
        folds = [node for node in nodes if isinstance(node, Fold)]
        function, length = folds[0].function, len(folds[0].items)
        lanes = _SUMS_AT_ONCE if function == "sum" and length >= _LONG_SUM else 1
        turns = length // lanes
        end = turns * lanes
        axis = _Axis(self._begin_loop(), turns)
        frame = self.frames[-1]
        results = []
        for lane in range(lanes):
            carried = self._name()
            items = [item for fold in folds for item in fold.items[lane:end:lanes]]
            result = self._taken_in(function, carried, self._number(items, [*axes, axis]))
            start = _literal(_STARTS[function])
            frame.carried.append(
                f"  {carried} = phi double [{start}, %{frame.before}], "
                f"[{result}, %{frame.label}.end]"
            )
            results.append(result)
        self._end_loop(axis)
        for position in range(end, length):
            left_over = self._number([fold.items[position] for fold in folds], axes)
            results[0] = self._taken_in(function, results[0], left_over)
        total = results[0]
        for other in results[1:]:
            total = self._result(f"fadd double {total}, {other}")
        return total

    def _taken_in(self, function: str, result: str, value: str) -> str:
        if function in ("vmin", "vmax"):
            return self._called(function[1:], [result, value])
        operation = {"sum": "fadd", "prod": "fmul"}[function]
        return self._result(f"{operation} double {result}, {value}")

    def _interpolation(self, nodes: Sequence[Expression], axes: Sequence[_Axis]) -> str:
        firsts, lasts = [], []
        for one in nodes:
            assert isinstance(one, Interpolation)
            table = self._table(one)
            firsts.append(self._points(table))
            lasts.append(firsts[-1] + len(table.x) - 1)
        argument = self._number(
            [one.argument for one in nodes if isinstance(one, Interpolation)], axes
        )
        first, _ = self._place(firsts, axes)
        last, _ = self._place(lasts, axes)
        return self._result(f"call double @interpolate(double {argument}, i64 {first}, i64 {last})")

    def _table(self, node: Interpolation) -> Table:
        position = sum(
            at * stride
            for at, stride in zip(node.index, self.strides.get(node.table, ()), strict=True)
        )
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


def _literal(number: float) -> str:
    """Return a number as LLVM writes it: its bits."""
    return f"0x{struct.pack('>d', number).hex().upper()}"


def _table(name: str, kind: str, values: Iterable[str]) -> str:
    listed = [f"{kind} {value}" for value in values]
    return f"@{name} = private unnamed_addr constant [{len(listed)} x {kind}] [{', '.join(listed)}]"
