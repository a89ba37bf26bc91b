"""PySD as an engine: the judge of the compiled one.

PySD runs either the text itself, or the same equations unrolled to single numbers, which it steps
some forty times faster. Its traps, seen in version 3.14.3 and dealt with here: it steps past the
final time in silence; values read before a step are taken for values under the new inputs; what is
set for one run leaks into the next; it wants Python names to step and labelled arrays to set.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from transition_model.errors import InputError
from transition_model.layout import Layout
from transition_model.stocks.compiled import equations_of
from transition_model.stocks.engine import (
    Array,
    check_final_time,
    check_stocks,
    readable,
    settable,
    shown,
    whole_steps,
)
from transition_model.stocks.equations import (
    FINAL_TIME,
    TIME,
    TIME_STEP,
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
    Table,
    Variable,
)
from transition_model.stocks.products import product_folder
from transition_model.stocks.source import ModelSource
from transition_model.stocks.vensim_text import import_pysd, parse, snake_case

_LOGIC = {"and": ":AND:", "or": ":OR:", "not": ":NOT:"}
_FOLDS = {"sum": "+", "prod": "*"}
_EXTREMES = {"vmin": "min", "vmax": "max"}
_COMPARED = ("=", "<>", "<", "<=", ">", ">=")


class PysdEngine:
    """One run on PySD, month by month.

    Parameters
    ----------
    source
        The model's text.
    time_step
        Instead of the text's TIME STEP; a month must be a whole number of them.
    unrolled
        Whether PySD is given the equations unrolled; otherwise it reads the text.

    Raises
    ------
    InputError
        If the text can't be read, or uses what the compiled engine doesn't support.
    """

    def __init__(
        self, source: ModelSource, time_step: float | None = None, *, unrolled: bool = True
    ) -> None:
        self.source = source
        self._equations = equations_of(source)
        self._where = self._equations.where
        self.variables: Mapping[str, Variable] = shown(self._equations.variables)
        self._unrolled = unrolled
        own = self._equations.constants[TIME_STEP][0]
        self._time_step = own if time_step is None else time_step
        whole_steps(self._where, "a month", 1.0, self._time_step)
        self._path = translation(source, unrolled=unrolled)
        self._model: Any = None
        self._names: dict[str, str] = {}

    def start(self, constants: Mapping[str, ArrayLike]) -> None:
        """Set constants and initialise the stocks at the initial time."""
        checked = settable(self._where, self.variables, constants)
        pysd = import_pysd()
        from pysd.py_backend.output import ModelOutput

        # A new model each time, as what is set for one run stays for the next.
        self._model = pysd.load(str(self._path), initialize=False)
        self._names = {
            name if self._unrolled else snake_case(name): python_name
            for name, python_name in self._model.namespace.items()
        }
        self._names[TIME] = TIME
        settables = [
            self._names[name]
            for variable in self.variables.values()
            if variable.kind == "constant"
            for name in self._elements(variable)
        ]
        with without_extrapolation_warnings():
            self._model.set_stepper(
                ModelOutput(),
                params=self._as_pysd_takes_them(checked),
                step_vars=settables,
                return_columns=[],
                initial_condition="original",
                time_step=self._time_step,
            )
        self._check_stocks()

    def values(self, names: Sequence[str]) -> dict[str, Array]:
        """Return current values, shaped by the variables' dimensions."""
        readable(self._where, self.variables, names)
        with without_extrapolation_warnings():
            return {name: self._value(self.variables[name]) for name in names}

    def numbers(self, names: tuple[str, ...]) -> Array:
        """Return current values of variables end to end, each in C order."""
        values = self.values(names)
        return np.concatenate([values[name].ravel() for name in names])

    def step_numbers(self, names: tuple[str, ...], numbers: Array, months: float = 1.0) -> None:
        """Advance by a month, or a part of one, with inputs from a vector."""
        unknown = [name for name in names if name not in self.variables]
        settable(self._where, self.variables, dict.fromkeys(unknown, 0.0))
        layout = Layout.of({name: self.variables[name].shape for name in names})
        self.step(layout.views(numbers), months)

    def step(self, inputs: Mapping[str, ArrayLike], months: float = 1.0) -> None:
        """Advance by a month, or a part of one, with the inputs held."""
        steps = whole_steps(self._where, "a step", months, self._time_step)
        checked = settable(self._where, self.variables, inputs)
        model = self._started()
        check_final_time(
            self._where,
            model.time() + months,
            self._equations.constants[FINAL_TIME][0],
            self._time_step,
        )
        model.clean_caches()
        with without_extrapolation_warnings():
            model.step(steps, self._as_pysd_takes_them(checked))
        self._check_stocks()

    def _started(self) -> Any:
        if self._model is None:
            raise InputError(self._where, "not started", "start() before anything")
        return self._model

    def _check_stocks(self) -> None:
        for name, variable in self.variables.items():
            if variable.kind == "stock":
                check_stocks(self._where, self.variables, name, self._value(variable))

    def _elements(self, variable: Variable) -> list[str]:
        """Return the names that PySD knows the parts of a variable by."""
        if not self._unrolled:
            return [variable.name]
        return [element_name(variable, index) for index in np.ndindex(variable.shape)]

    def _as_pysd_takes_them(self, values: Mapping[str, Array]) -> dict[str, Any]:
        taken: dict[str, Any] = {}
        for name, array in values.items():
            variable = self.variables[name]
            if self._unrolled or not variable.dims:
                names = [self._names[element] for element in self._elements(variable)]
                taken.update(zip(names, map(float, array.ravel()), strict=True))
            else:
                taken[self._names[name]] = self._labelled(variable, array)
        return taken

    def _labelled(self, variable: Variable, array: Array) -> Any:
        """Return an array with PySD's own names and order of subscripts."""
        from xarray import DataArray

        coordinates, dims = self._started().get_coords(self._names[variable.name])
        order = self._order(variable, [coordinates[dim] for dim in dims])
        return DataArray(array[np.ix_(*order)], coordinates, dims)

    def _order(self, variable: Variable, labels: Sequence[Sequence[str]]) -> list[list[int]]:
        """Return where each of PySD's labels lies on our axes."""
        return [
            [members.index(snake_case(label)) for label in axis]
            for members, axis in zip(variable.members, labels, strict=True)
        ]

    def _value(self, variable: Variable) -> Array:
        components = self._started().components
        read = [getattr(components, self._names[name])() for name in self._elements(variable)]
        if self._unrolled or not variable.dims:
            return np.array(read, dtype=np.float64).reshape(variable.shape)
        labelled = read[0]
        order = self._order(
            variable, [labelled.coords[dim].values.tolist() for dim in labelled.dims]
        )
        result = np.empty(variable.shape)
        result[np.ix_(*order)] = labelled.values
        return result


def translation(source: ModelSource, *, unrolled: bool) -> Path:
    """Return the path of PySD's Python file for a text, made on first use in the cache folder.

    Parameters
    ----------
    source
        The model's text.
    unrolled
        Whether to translate the scalar equations; otherwise the text as it stands.
    """
    path = product_folder(source.sha256) / f"pysd_{'unrolled' if unrolled else 'subscripted'}.py"
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    import_pysd()
    from pysd.builders.python.python_model_builder import ModelBuilder
    from pysd.translators.structures.abstract_model import AbstractModel

    with TemporaryDirectory(dir=path.parent) as folder, warnings.catch_warnings():
        # It warns of parts of a variable that are constant where others are not; we set none of
        # those.
        warnings.filterwarnings("ignore", ".*is defined with different", UserWarning)
        written = Path(folder) / path.name
        section = _abstract(equations_of(source)) if unrolled else parse(source).section
        section.path = written
        ModelBuilder(AbstractModel(written, (section,))).build_model()
        written.replace(path)
    return path


def element_name(variable: Variable, index: Index) -> str:
    """Return the name of one element in the unrolled equations."""
    stem = variable.name.replace(".", "__")
    return "__".join(
        [stem, *(members[at] for members, at in zip(variable.members, index, strict=True))]
    )


@contextmanager
def without_extrapolation_warnings() -> Iterator[None]:
    """Quiet PySD where a lookup is read beyond its ends, which our models may do."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"[\s\S]*extrapolating data", UserWarning)
        yield


def _abstract(equations: Equations) -> Any:
    """Return PySD's abstract section for scalar equations."""
    from pysd.translators.structures import abstract_expressions as expressions
    from pysd.translators.structures.abstract_model import (
        AbstractComponent,
        AbstractControlElement,
        AbstractElement,
        AbstractSection,
    )

    writer = _AbstractWriter(equations, expressions)
    initials = _by_element(equations.initials)
    changes = _by_element(equations.changes)
    auxiliaries = _by_element(equations.auxiliaries)
    elements = []
    for variable in equations.variables.values():
        if variable.kind == "lookup" or variable.name == TIME:
            continue
        kind = AbstractControlElement if variable.kind == "time" else AbstractElement
        for number, index in enumerate(np.ndindex(variable.shape)):
            key = (variable.name, index)
            if key not in initials and key not in auxiliaries and key not in changes:
                if variable.name not in equations.constants:
                    continue
                tree: Any = equations.constants[variable.name][number]
            elif key in changes:
                tree = expressions.IntegStructure(
                    writer.tree(changes[key]), writer.tree(initials[key])
                )
            elif key in initials:
                tree = expressions.InitialStructure(writer.tree(initials[key]))
            else:
                tree = writer.tree(auxiliaries[key])
            name = element_name(variable, index)
            component = AbstractComponent(([], []), tree)
            elements.append(kind(name, [component], variable.unit, (None, None), variable.comment))
    return AbstractSection(
        name="__main__",
        path=Path("model.py"),
        type="main",
        params=[],
        returns=[],
        subscripts=[],
        elements=tuple(elements),
        constraints=(),
        test_inputs=(),
        split=False,
        views_dict=None,
    )


def _by_element(equations: Sequence[Equation]) -> dict[tuple[str, Index], Expression]:
    return {(one.variable, one.index): one.expression for one in equations}


class _AbstractWriter:
    """Writes expressions as PySD's abstract syntax."""

    def __init__(self, equations: Equations, expressions: Any) -> None:
        self.equations = equations
        self.expressions = expressions

    def tree(self, expression: Expression) -> Any:
        """Return PySD's tree of an expression."""
        to = self.expressions
        match expression:
            case Number(value=value):
                return value
            case Reference(variable=name, index=index):
                return self._reference(name, index)
            case Operation(operator=operator, arguments=arguments):
                trees = [self.tree(argument) for argument in arguments]
                if operator in _LOGIC:
                    return to.LogicStructure([_LOGIC[operator]], trees)
                if operator in _COMPARED:
                    return to.LogicStructure([operator], trees)
                return to.ArithmeticStructure([operator], trees)
            case Call(function=function, arguments=arguments):
                return self._call(function, [self.tree(argument) for argument in arguments])
            case Fold(function=function, items=items):
                return self._fold(function, [self.tree(item) for item in items])
            case Interpolation(argument=argument):
                table = self._table(expression)
                lookup = to.LookupsStructure(
                    table.x, table.y, (np.nan, np.nan), (np.nan, np.nan), "interpolate"
                )
                return to.InlineLookupsStructure(self.tree(argument), lookup)

    def _reference(self, name: str, index: Index) -> Any:
        if name == TIME:
            return self.expressions.ReferenceStructure(TIME)
        return self.expressions.ReferenceStructure(
            element_name(self.equations.variables[name], index)
        )

    def _call(self, function: str, trees: list[Any]) -> Any:
        to = self.expressions
        return to.CallStructure(to.ReferenceStructure(function), tuple(trees))

    def _fold(self, function: str, trees: list[Any]) -> Any:
        if len(trees) == 1:
            return trees[0]
        if function in _FOLDS:
            operators = [_FOLDS[function]] * (len(trees) - 1)
            return self.expressions.ArithmeticStructure(operators, trees)
        result = trees[0]
        for tree in trees[1:]:
            result = self._call(_EXTREMES[function], [result, tree])
        return result

    def _table(self, node: Interpolation) -> Table:
        tables = self.equations.tables[node.table]
        if node.table not in self.equations.variables:
            return tables[0]
        shape = self.equations.variables[node.table].shape
        return tables[int(np.ravel_multi_index(node.index, shape)) if shape else 0]
