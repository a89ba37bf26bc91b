"""From PySD's abstract model, with subscripts, to scalar equations."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from transition_model.errors import InputError
from transition_model.stocks.equations import (
    CONTROLS,
    TIME,
    TIME_STEP,
    Call,
    Delay,
    Equation,
    Equations,
    Expression,
    Fold,
    Index,
    Interpolation,
    Kind,
    Number,
    Operation,
    Reference,
    Table,
    Variable,
)
from transition_model.stocks.source import ModelSource
from transition_model.stocks.subscripts import read_ranges
from transition_model.stocks.vensim_text import ParsedText, snake_case

ARGUMENTS = {
    "abs": 1,
    "exp": 1,
    "if_then_else": 3,
    "integer": 1,
    "ln": 1,
    "max": 2,
    "min": 2,
    "modulo": 2,
    "power": 2,
    "pulse": 2,
    "pulse_train": 4,
    "quantum": 2,
    "ramp": 3,
    "sqrt": 1,
    "step": 2,
    "xidz": 3,
    "zidz": 2,
}
"""Functions of numbers, with how many they take."""

FOLDS = ("sum", "prod", "vmin", "vmax")
"""Functions over a range marked with ``!``."""

_STATEFUL = {
    "IntegStructure": "INTEG",
    "DelayStructure": "DELAY1, DELAY1I, DELAY3, DELAY3I",
    "SmoothStructure": "SMOOTH, SMOOTHI, SMOOTH3, SMOOTH3I",
    "InitialStructure": "INITIAL",
    "InlineLookupsStructure": "WITH LOOKUP",
}
_REFUSED = {
    "AllocateAvailableStructure": "ALLOCATE AVAILABLE",
    "AllocateByPriorityStructure": "ALLOCATE BY PRIORITY",
    "DataStructure": "data without an equation",
    "DelayFixedStructure": "DELAY FIXED",
    "DelayNStructure": "DELAY N",
    "ForecastStructure": "FORECAST",
    "GameStructure": "GAME",
    "GetConstantsStructure": "GET CONSTANTS",
    "GetDataStructure": "GET DATA",
    "GetLookupsStructure": "GET LOOKUPS",
    "SampleIfTrueStructure": "SAMPLE IF TRUE",
    "SmoothNStructure": "SMOOTH N",
    "TrendStructure": "TREND",
}
_LOGIC = {":AND:": "and", ":OR:": "or"}
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class _Place:
    """The element whose equation is being read."""

    variable: Variable
    component: int
    index: Index
    line: int
    stateful: Counter[str] = field(default_factory=Counter)


def allowed_functions() -> str:
    """Return the names of all functions that a model may use."""
    plain = [name.upper().replace("_", " ") for name in (*ARGUMENTS, *FOLDS)]
    return ", ".join(sorted([*plain, *", ".join(_STATEFUL.values()).split(", ")]))


def unroll(source: ModelSource, parsed: ParsedText) -> Equations:
    """Unroll a text that PySD has read.

    Raises
    ------
    InputError
        If the text uses what the engine doesn't support, a name that it doesn't define, or leaves
        elements of a variable without an equation; the message names the variable and the line.
    """
    return _Unrolling(source, parsed).equations()


class _Unrolling:
    """Collects variables and equations while walking over PySD's elements."""

    def __init__(self, source: ModelSource, parsed: ParsedText) -> None:
        self.where = str(source.path)
        self.lines = parsed.lines
        self.ranges = read_ranges(self.where, parsed.section.subscripts)
        self.elements: dict[str, Any] = {}
        for element in parsed.section.elements:
            name = self._named(element)
            if name in self.elements or name == TIME:
                raise self._wrong(name, 0, element.name, "a name that no other variable has")
            self.elements[name] = element
        self.variables = {name: self._variable(name) for name in self.elements}
        self._check_controls()
        self.engine_variables: dict[str, Variable] = {}
        self.constants: dict[str, tuple[float, ...]] = {}
        self.tables: dict[str, tuple[Table, ...]] = {}
        self.auxiliaries: list[Equation] = []
        self.initials: list[Equation] = []
        self.changes: list[Equation] = []
        self.delays: dict[str, Delay] = {}
        self.positions = {
            name: [{member: at for at, member in enumerate(axis)} for axis in variable.members]
            for name, variable in self.variables.items()
        }

    def equations(self) -> Equations:
        readers: Mapping[str, Callable[[Variable], None]] = {
            "lookup": self._read_lookup,
            "constant": self._read_constant,
            "time": self._read_constant,
            "stock": self._read_stock,
            "auxiliary": self._read_auxiliary,
        }
        for name in self.elements:
            readers[self.variables[name].kind](self.variables[name])
        return Equations(
            self.where,
            self.ranges.members,
            {**self.variables, **self.engine_variables},
            self.constants,
            self.tables,
            tuple(self.auxiliaries),
            tuple(self.initials),
            tuple(self.changes),
            tuple(self.delays.values()),
        )

    # Names, kinds and dimensions

    def _wrong(self, name: str, component: int, read: object, allowed: str) -> InputError:
        lines = self.lines.get(name, ())
        line = f", line {lines[component]}" if lines else ""
        element = self.elements.get(name)
        return InputError(f"{self.where}{line}: {element.name if element else name}", read, allowed)

    def _named(self, element: Any) -> str:
        name = snake_case(element.name)
        if not _IDENTIFIER.fullmatch(name):
            raise self._wrong(name, 0, element.name, "a name of ASCII letters, digits and blanks")
        if name in self.ranges.members:
            raise self._wrong(name, 0, element.name, "a name that no subscript range has")
        return name

    def _check_controls(self) -> None:
        for name in CONTROLS:
            if name not in self.variables:
                shown = name.upper().replace("_", " ")
                raise InputError(self.where, f"no {shown}", f"an equation for {shown}")
        clock = self.variables[TIME_STEP]
        self.variables[TIME] = Variable(
            TIME, "Time", clock.unit, "Current time of the model.", (), (), "time"
        )

    def _variable(self, name: str) -> Variable:
        element = self.elements[name]
        dims, members = self._axes(name)
        return Variable(
            name,
            " ".join(element.name.split()),
            element.units,
            " ".join(element.documentation.split()),
            dims,
            members,
            self._kind(name),
            self.lines[name][0],
        )

    def _kind(self, name: str) -> Kind:
        components = self.elements[name].components
        if any(type(component).__name__ == "AbstractData" for component in components):
            raise self._wrong(name, 0, "data (:=)", "an equation with =")
        trees = [component.ast for component in components]
        kinds = {type(tree).__name__ for tree in trees}
        if name in CONTROLS:
            return "time"
        if "LookupsStructure" in kinds:
            if len(kinds) > 1:
                raise self._wrong(name, 0, "a lookup among others", "lookups alone, or none")
            return "lookup"
        if "IntegStructure" in kinds:
            if len(kinds) > 1:
                raise self._wrong(name, 0, "a stock among others", "INTEG for all elements")
            return "stock"
        if all(type(tree).__name__ == "ndarray" or _literal(tree) is not None for tree in trees):
            return "constant"
        return "auxiliary"

    def _axes(self, name: str) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
        """Return the ranges that a variable's equations make up together."""
        left_sides = [
            [snake_case(item) for item in component.subscripts[0]]
            for component in self.elements[name].components
        ]
        if len({len(side) for side in left_sides}) != 1:
            raise self._wrong(name, 0, left_sides, "the same number of subscripts everywhere")
        dims = []
        for axis in zip(*left_sides, strict=True):
            covered = {member for item in axis for member in self.ranges.spelled_out(item)}
            dim = self.ranges.that_hold(covered, axis)
            if dim is None:
                raise self._wrong(
                    name, 0, sorted(covered), "subscripts that make up a range, none left out"
                )
            dims.append(dim)
        return tuple(dims), tuple(self.ranges.members[dim] for dim in dims)

    def _places(self, variable: Variable) -> Iterable[tuple[Any, list[_Place], dict[Index, Any]]]:
        """Yield each equation with the elements that it defines and their bindings.

        Raises
        ------
        InputError
            If an element is defined twice or not at all.
        """
        seen: set[Index] = set()
        for number, component in enumerate(self.elements[variable.name].components):
            left = [snake_case(item) for item in component.subscripts[0]]
            excluded = [
                [set(self.ranges.spelled_out(snake_case(item))) for item in group]
                for group in component.subscripts[1]
            ]
            places, bindings = [], {}
            for members in itertools.product(*map(self.ranges.spelled_out, left)):
                if any(
                    all(member in group for member, group in zip(members, groups, strict=True))
                    for groups in excluded
                ):
                    continue
                index = tuple(
                    self.positions[variable.name][axis][member]
                    for axis, member in enumerate(members)
                )
                if index in seen:
                    again = ", ".join(members) or "a second equation"
                    raise self._wrong(variable.name, number, again, "one equation for each element")
                seen.add(index)
                line = self.lines[variable.name][number]
                places.append(_Place(variable, number, index, line))
                bindings[index] = dict(zip(left, members, strict=True))
            yield component, places, bindings
        if len(seen) != variable.size:
            everything = itertools.product(*map(range, variable.shape))
            missing = next(index for index in everything if index not in seen)
            names = [axis[at] for axis, at in zip(variable.members, missing, strict=True)]
            raise self._wrong(
                variable.name, 0, f"none for {', '.join(names)}", "an equation for each element"
            )

    # Variables by kind

    def _read_constant(self, variable: Variable) -> None:
        values: dict[Index, float] = {}
        for component, places, _ in self._places(variable):
            tree = component.ast
            if type(tree).__name__ == "ndarray":
                numbers = [float(number) for number in tree.ravel()]
                if len(numbers) != len(places):
                    raise self._wrong(
                        variable.name,
                        places[0].component,
                        f"{len(numbers)} numbers",
                        f"{len(places)} numbers",
                    )
            else:
                numbers = [self._number(variable, tree)] * len(places)
            values.update(zip((place.index for place in places), numbers, strict=True))
        self.constants[variable.name] = tuple(values[index] for index in sorted(values))

    def _number(self, variable: Variable, tree: Any) -> float:
        number = _literal(tree)
        target = snake_case(getattr(tree, "reference", ""))
        if number is None and variable.kind == "time" and target in CONTROLS:
            # SAVEPER = TIME STEP is how Vensim writes it itself.
            number = _literal(self.elements[target].components[0].ast)
        if number is None or not math.isfinite(number):
            raise self._wrong(variable.name, 0, str(tree if number is None else number), "a number")
        return number

    def _read_lookup(self, variable: Variable) -> None:
        tables = {}
        for component, places, _ in self._places(variable):
            for place in places:
                tables[place.index] = self._table(place, component.ast)
        self.tables[variable.name] = tuple(tables[index] for index in sorted(tables))

    def _read_stock(self, variable: Variable) -> None:
        for component, places, bindings in self._places(variable):
            for place in places:
                bound = bindings[place.index]
                flow = self._expression(component.ast.flow, bound, place)
                initial = self._expression(component.ast.initial, bound, place)
                self.initials.append(Equation(variable.name, place.index, place.component, initial))
                self.changes.append(Equation(variable.name, place.index, place.component, flow))

    def _read_auxiliary(self, variable: Variable) -> None:
        for component, places, bindings in self._places(variable):
            for place in places:
                expression = self._expression(component.ast, bindings[place.index], place)
                self.auxiliaries.append(
                    Equation(variable.name, place.index, place.component, expression)
                )

    # Expressions

    def _refused(self, place: _Place, read: object, allowed: str) -> InputError:
        return self._wrong(place.variable.name, place.component, read, allowed)

    def _expression(self, tree: Any, bound: Mapping[str, str], place: _Place) -> Expression:
        readers: Mapping[str, Callable[[Any, Mapping[str, str], _Place], Expression]] = {
            "ReferenceStructure": self._reference,
            "ArithmeticStructure": self._arithmetic,
            "LogicStructure": self._logic,
            "CallStructure": self._call,
            "DelayStructure": self._delay,
            "SmoothStructure": self._smooth,
            "InitialStructure": self._initial,
            "InlineLookupsStructure": self._inline_lookup,
        }
        if isinstance(tree, int | float):
            if math.isnan(tree):
                raise self._refused(place, ":NA:", "a number")
            return Number(float(tree))
        kind = type(tree).__name__
        if kind not in readers:
            shown = {**_REFUSED, **_STATEFUL, "ndarray": "a list of numbers in an equation"}
            raise self._refused(place, shown.get(kind, kind), allowed_functions())
        return readers[kind](tree, bound, place)

    def _all(
        self, trees: Iterable[Any], bound: Mapping[str, str], place: _Place
    ) -> list[Expression]:
        return [self._expression(tree, bound, place) for tree in trees]

    def _reference(self, tree: Any, bound: Mapping[str, str], place: _Place) -> Expression:
        name = snake_case(tree.reference)
        if name not in self.variables:
            number = self.ranges.position(name, bound)
            if number is None or tree.subscripts:
                raise self._refused(place, name, "a variable that the model defines")
            return Number(float(number))
        if self.variables[name].kind == "lookup":
            raise self._refused(place, name, "a lookup with its argument in brackets")
        return Reference(name, self._index(name, tree.subscripts, bound, place))

    def _index(self, name: str, subscripts: Any, bound: Mapping[str, str], place: _Place) -> Index:
        written: Sequence[str] = subscripts.subscripts if subscripts else ()
        positions = self.positions[name]
        if len(written) != len(positions):
            dims = ", ".join(self.variables[name].dims) or "no subscript"
            raise self._refused(place, f"{name} with {len(written)} subscripts", f"{dims}")
        index = []
        for subscript, axis in zip(written, positions, strict=True):
            bare = subscript.strip()
            marked = bare.endswith("!")
            wanted = snake_case(bare.rstrip("!")) + ("!" if marked else "")
            member = self.ranges.stands_for(wanted, bound)
            if member is None or member not in axis:
                raise self._refused(
                    place,
                    f"{name}[{', '.join(written)}]",
                    f"for {subscript}: a range of the left side or mapped to one, or one of "
                    f"{', '.join(axis)}",
                )
            index.append(axis[member])
        return tuple(index)

    def _arithmetic(self, tree: Any, bound: Mapping[str, str], place: _Place) -> Expression:
        arguments = self._all(tree.arguments, bound, place)
        if tree.operators == ["negative"]:
            return Operation("negative", (arguments[0],))
        if "^" in tree.operators:
            if len(tree.operators) > 1:
                raise self._refused(place, "a ^ b ^ c", "powers in brackets")
            if isinstance(arguments[0], Number) and arguments[0].value < 0.0:
                # PySD would take (-3)^2 for minus the square of 3.
                raise self._refused(place, "a power of a negative number", "POWER(...)")
        return _left_to_right(tree.operators, arguments)

    def _logic(self, tree: Any, bound: Mapping[str, str], place: _Place) -> Expression:
        arguments = self._all(tree.arguments, bound, place)
        operators = list(tree.operators)
        if operators == [":NOT:"]:
            return Operation("not", (arguments[0],))
        if len({*operators}) > 1:
            raise self._refused(place, " ".join(operators), "either in brackets: they mix")
        return _left_to_right([_LOGIC.get(item, item) for item in operators], arguments)

    def _call(self, tree: Any, bound: Mapping[str, str], place: _Place) -> Expression:
        name = snake_case(tree.function.reference)
        shown = name.upper().replace("_", " ")
        if name in self.variables:
            if self.variables[name].kind != "lookup" or len(tree.arguments) != 1:
                raise self._refused(place, f"{name}(...)", "a lookup with one argument")
            index = self._index(name, tree.function.subscripts, bound, place)
            return Interpolation(name, index, self._expression(tree.arguments[0], bound, place))
        if name not in ARGUMENTS and name not in FOLDS:
            raise self._refused(place, shown, allowed_functions())
        count = ARGUMENTS.get(name, 1)
        if len(tree.arguments) != count:
            raise self._refused(place, f"{shown} of {len(tree.arguments)}", f"{count} arguments")
        if name in FOLDS:
            return self._fold(name, tree.arguments[0], bound, place)
        return Call(name, tuple(self._all(tree.arguments, bound, place)))

    def _fold(
        self, function: str, tree: Any, bound: Mapping[str, str], place: _Place
    ) -> Expression:
        marked = list(dict.fromkeys(_marked(tree)))
        for name in marked:
            if name not in self.ranges.members:
                raise self._refused(place, f"{name}!", f"one of {', '.join(self.ranges.members)}")
        if not marked:
            raise self._refused(place, function.upper(), "a subscript range marked with !")
        items = [
            self._expression(
                tree,
                {**bound, **{f"{n}!": m for n, m in zip(marked, members, strict=True)}},
                place,
            )
            for members in itertools.product(*(self.ranges.members[name] for name in marked))
        ]
        return Fold(function, tuple(items))

    # Functions with a memory

    def _own(self, kind: Kind, name: str, bound: Mapping[str, str], place: _Place) -> str:
        """Return the id of an engine's own variable for a function of this equation."""
        if any(key.endswith("!") for key in bound):
            raise self._refused(place, f"{name} inside {', '.join(FOLDS)}", "a variable of its own")
        place.stateful[name] += 1
        return f"{place.variable.name}.{name}_{place.component}_{place.stateful[name]}_{kind}"

    def _add(self, name: str, kind: Kind, place: _Place, stages: int = 0) -> None:
        owner = place.variable
        dims, members = owner.dims, owner.members
        if stages:
            dims, members = (*dims, "stage"), (*members, tuple(map(str, range(stages))))
        self.engine_variables[name] = Variable(
            name, owner.vensim_name, "", "", dims, members, kind, place.line
        )

    def _delay(self, tree: Any, bound: Mapping[str, str], place: _Place) -> Expression:
        name = self._own("stage", "delay", bound, place)
        inflow, time, initial = self._all((tree.input, tree.delay_time, tree.initial), bound, place)
        order = int(tree.order)
        self._add(name, "stage", place, order)
        outflows = [
            Operation("/", (Reference(name, (*place.index, stage)), time)) for stage in range(order)
        ]
        for stage, arriving in enumerate([inflow, *outflows[:-1]]):
            net = Operation("-", (arriving, outflows[stage]))
            self._stage(
                place,
                Reference(name, (*place.index, stage)),
                order,
                Operation("*", (initial, time)),
                Operation("*", (net, Number(float(order)))),
            )
        held = f"{name}.time"
        self._add(held, "held", place)
        self.initials.append(Equation(held, place.index, place.component, time))
        self.delays[name] = Delay(place.variable.name, held, order)
        return outflows[-1]

    def _smooth(self, tree: Any, bound: Mapping[str, str], place: _Place) -> Expression:
        name = self._own("stage", "smooth", bound, place)
        target, time, initial = self._all(
            (tree.input, tree.smooth_time, tree.initial), bound, place
        )
        order = int(tree.order)
        self._add(name, "stage", place, order)
        states = [Reference(name, (*place.index, stage)) for stage in range(order)]
        for state, approached in zip(states, [target, *states[:-1]], strict=True):
            gap = Operation("-", (approached, state))
            change = Operation("/", (Operation("*", (gap, Number(float(order)))), time))
            self._stage(place, state, order, initial, change)
        return states[-1]

    def _stage(
        self,
        place: _Place,
        state: Reference,
        order: int,
        initial: Expression,
        change: Expression,
    ) -> None:
        component = place.component * order + state.index[-1]
        self.initials.append(Equation(state.variable, state.index, component, initial))
        self.changes.append(Equation(state.variable, state.index, component, change))

    def _initial(self, tree: Any, bound: Mapping[str, str], place: _Place) -> Expression:
        name = self._own("held", "initial", bound, place)
        self._add(name, "held", place)
        value = self._expression(tree.initial, bound, place)
        self.initials.append(Equation(name, place.index, place.component, value))
        return Reference(name, place.index)

    def _inline_lookup(self, tree: Any, bound: Mapping[str, str], place: _Place) -> Expression:
        place.stateful["lookup"] += 1
        name = f"{place.variable.name}.lookup_{place.component}_{place.stateful['lookup']}"
        self.tables[name] = (self._table(place, tree.lookups),)
        return Interpolation(name, (), self._expression(tree.argument, bound, place))

    def _table(self, place: _Place, tree: Any) -> Table:
        x, y = tuple(map(float, tree.x)), tuple(map(float, tree.y))
        if any(right <= left for left, right in itertools.pairwise(x)):
            raise self._refused(place, x, "points with x rising")
        return Table(x, y)


def _left_to_right(operators: Sequence[str], arguments: Sequence[Expression]) -> Expression:
    result = arguments[0]
    for operator, argument in zip(operators, arguments[1:], strict=True):
        result = Operation(operator, (result, argument))
    return result


def _literal(tree: Any) -> float | None:
    """Return the value of a number, or of a sum or product of numbers; otherwise nothing."""
    if isinstance(tree, int | float):
        return float(tree)
    if type(tree).__name__ != "ArithmeticStructure":
        return None
    numbers = [_literal(argument) for argument in tree.arguments]
    if None in numbers or "^" in tree.operators:
        return None
    known = [number for number in numbers if number is not None]
    if tree.operators == ["negative"]:
        return -known[0]
    result = known[0]
    for operator, number in zip(tree.operators, known[1:], strict=True):
        result = _CALCULATE[operator](result, number)
    return result


_CALCULATE: Mapping[str, Callable[[float, float], float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right if right else math.nan,
}


def _marked(tree: Any) -> Iterable[str]:
    """Yield the ranges marked with ``!`` that a fold runs over, not those of a fold inside it."""
    subscripts = getattr(tree, "subscripts", None)
    for subscript in getattr(subscripts, "subscripts", ()):
        if subscript.strip().endswith("!"):
            yield snake_case(subscript.strip().rstrip("!"))
    if type(tree).__name__ == "CallStructure":
        if snake_case(tree.function.reference) in FOLDS:
            return
        yield from _marked(tree.function)
    for attribute in ("arguments", "argument", "input", "delay_time", "smooth_time", "initial"):
        below = getattr(tree, attribute, ())
        for item in below if isinstance(below, list | tuple) else (below,):
            yield from _marked(item)
