"""Columnar agent sets: arrays own the state, Mesa agents are views of a row.

Twelve million Python objects would need twelve gigabytes and hours; twelve million rows need a
few hundred megabytes and seconds. :class:`ColumnarAgentSet` answers Mesa's agent-set interface
(``select``, ``agg``, ``get``, ``set``, ``groupby``, ``do`` and the rest) from the columns, and
hands out a :class:`RowAgent`, a :class:`mesa.Agent`, when somebody asks for one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from random import Random
from typing import Any, Self, overload

import mesa
import numpy as np
from mesa.agentset import AbstractAgentSet, GroupBy
from numpy.typing import NDArray

from transition_model.errors import InputError

type Column = NDArray[Any]


class WatchedColumns(Mapping[str, Column]):
    """Columns of which the model itself changes some; it hears of it when others are written to.

    What the model does not change it may look at once for a whole run. Such columns are handed
    out read-only: they are written to with :meth:`write`, as :meth:`ColumnarAgentSet.set` and
    views of rows do, and numpy refuses all else.

    Parameters
    ----------
    arrays
        State by name; who holds these arrays themselves may write into them unheard.
    changing
        Names of those that the model changes, and so reads anew every month.

    Attributes
    ----------
    written
        How often others have been written to.
    """

    def __init__(self, arrays: dict[str, Column], changing: AbstractSet[str]) -> None:
        self.arrays, self._changing = arrays, frozenset(changing)
        self.written = 0

    def __getitem__(self, name: str) -> Column:
        column = self.arrays[name]
        if name in self._changing:
            return column
        seen = column.view()
        seen.flags.writeable = False
        return seen

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)

    def of_row(self, name: str, row: int) -> Any:
        """What a column says of one row."""
        return self.arrays[name][row]

    def write(self, name: str, rows: int | slice | NDArray[np.int64], value: Any) -> None:
        """Write a value, or one for each of some rows."""
        self.arrays[name][rows] = value
        if name not in self._changing:
            self.written += 1


class RowAgent(mesa.Agent[Any]):
    """A Mesa agent that is a view of one row: reading and writing goes to the columns."""

    _set: ColumnarAgentSet[Any]
    _row: int

    def __init__(self, agent_set: ColumnarAgentSet[Any], row: int) -> None:
        # Not mesa.Agent.__init__: that would register an object with the model.
        object.__setattr__(self, "_set", agent_set)
        object.__setattr__(self, "_row", row)
        object.__setattr__(self, "model", agent_set.model)
        object.__setattr__(self, "unique_id", agent_set.first_id + row)
        object.__setattr__(self, "pos", None)

    def __getattr__(self, name: str) -> Any:
        columns = self._set.columns
        if name.startswith("_") or name not in columns:
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        if isinstance(columns, WatchedColumns):
            return columns.of_row(name, self._row)
        return columns[name][self._row]

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._set.columns:
            raise AttributeError(f"{type(self).__name__} has no column {name!r}")
        self._set._write(name, self._row, value)

    def remove(self) -> None:
        """Refused: rows are made when the population is built."""
        raise TypeError("a row of a columnar agent set stays for the whole run")

    def __eq__(self, other: object) -> bool:
        return (
            type(self) is type(other)
            and isinstance(other, RowAgent)
            and self.model is other.model
            and self._row == other._row
        )

    def __hash__(self) -> int:
        return hash((type(self), self._row))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.unique_id}>"


class ColumnarAgentSet[A: RowAgent](AbstractAgentSet[A]):
    """All agents of one type, or a selection of them.

    Parameters
    ----------
    agent_type
        The class that a row is viewed as.
    model
        The Mesa model.
    columns
        State by name; each array has the agents along its first axis. :class:`WatchedColumns`
        notice what is written to them.
    first_id
        ``unique_id`` of row 0.
    rows
        Row numbers of a selection; all rows by default.
    """

    def __init__(
        self,
        agent_type: type[A],
        model: Any,
        columns: Mapping[str, Column],
        first_id: int = 1,
        rows: NDArray[np.int64] | None = None,
    ) -> None:
        # Not by what is handed out: that would write down columns that hold no numbers.
        held = columns.arrays if isinstance(columns, WatchedColumns) else columns
        lengths = {name: len(column) for name, column in held.items()}
        if len(set(lengths.values())) > 1:
            raise InputError(agent_type.__name__, lengths, "columns of one length")
        self.agent_type = agent_type
        self.model = model
        self.columns = columns
        self.first_id = first_id
        self.size = next(iter(lengths.values()), 0)
        self._rows = rows
        self.random: Random = model.random if model is not None else Random(0)

    @property
    def rows(self) -> NDArray[np.int64]:
        """Numbers of the rows that belong to the set."""
        return np.arange(self.size) if self._rows is None else self._rows

    @property
    def _whole(self) -> bool:
        """Whether all rows do, in order."""
        return self._rows is None

    # -- what Mesa asks of every agent set ---------------------------------------------------
    def __len__(self) -> int:
        return self.size if self._rows is None else len(self._rows)

    def __iter__(self) -> Iterator[A]:
        return (self._view(int(row)) for row in self.rows)

    @overload
    def __getitem__(self, place: int) -> A: ...

    @overload
    def __getitem__(self, place: slice) -> list[A]: ...

    def __getitem__(self, place: int | slice) -> A | list[A]:
        if isinstance(place, slice):
            return [self._view(int(row)) for row in self.rows[place]]
        return self._view(int(self.rows[place]))

    def __contains__(self, agent: object) -> bool:
        return (
            isinstance(agent, self.agent_type)
            and agent.model is self.model
            and bool(np.any(self.rows == agent._row))
        )

    def _view(self, row: int) -> A:
        return self.agent_type(self, row)

    def _subset(self, rows: NDArray[np.int64] | None) -> ColumnarAgentSet[A]:
        return ColumnarAgentSet(self.agent_type, self.model, self.columns, self.first_id, rows)

    def _update(self, agents: Iterable[A]) -> Self:
        return self._take(np.array([agent._row for agent in agents], dtype=np.int64))

    def _take(self, rows: NDArray[np.int64]) -> Self:
        """Become a selection."""
        self._rows = rows
        return self

    def to_list(self) -> list[A]:
        """The agents, each as a view."""
        return list(self)

    def __and__(self, other: AbstractSet[Any]) -> ColumnarAgentSet[A]:
        return self._subset(self.rows[np.isin(self.rows, self._rows_of(other))])

    def __sub__(self, other: AbstractSet[Any]) -> ColumnarAgentSet[A]:
        return self._subset(self.rows[~np.isin(self.rows, self._rows_of(other))])

    def __or__(self, other: AbstractSet[Any]) -> ColumnarAgentSet[A]:
        added = self._rows_of(other)
        return self._subset(np.concatenate([self.rows, added[~np.isin(added, self.rows)]]))

    def __xor__(self, other: AbstractSet[Any]) -> ColumnarAgentSet[A]:
        return (self | other) - (self & other)

    def _rows_of(self, other: AbstractSet[Any]) -> NDArray[np.int64]:
        """Rows of those of another collection's agents that are of this type and model."""
        if isinstance(other, ColumnarAgentSet):
            same = other.agent_type is self.agent_type and other.model is self.model
            return other.rows if same else other.rows[:0]
        own = [a._row for a in other if isinstance(a, self.agent_type) and a.model is self.model]
        return np.array(own, dtype=np.int64)

    def __copy__(self) -> ColumnarAgentSet[A]:
        return self._subset(None if self._whole else self.rows.copy())

    def copy(self) -> ColumnarAgentSet[A]:
        """Another set of the same agents."""
        return self.__copy__()

    # -- reading and writing columns ---------------------------------------------------------
    def __getattr__(self, name: str) -> Column:
        columns = self.__dict__.get("columns", {})
        if name not in columns:
            raise AttributeError(f"no column {name!r}; there are: {', '.join(columns)}")
        column: Column = columns[name]
        return column if self._whole else column[self.rows]

    def select(
        self,
        filter_func: Callable[[A], bool] | NDArray[np.bool_] | None = None,
        at_most: float = float("inf"),
        inplace: bool = False,
        agent_type: type[A] | None = None,
    ) -> ColumnarAgentSet[A]:
        """The agents that pass a filter.

        Parameters
        ----------
        filter_func
            A function of an agent, as in Mesa (slow: one view a row), or a boolean array over
            this set (fast), for example ``households.select(households.income > 1e5)``.
        at_most
            At most so many; a float up to 1.0 is a fraction, as in Mesa.
        inplace
            Narrow this very set.
        agent_type
            Keep only agents of this type, as in Mesa.
        """
        keep = self.rows
        if agent_type is not None and not issubclass(self.agent_type, agent_type):
            keep = keep[:0]
        if callable(filter_func):
            chosen = np.array([filter_func(self._view(int(row))) for row in keep], dtype=bool)
            keep = keep[chosen]
        elif filter_func is not None:
            keep = keep[np.asarray(filter_func, dtype=bool)]
        if isinstance(at_most, float) and at_most <= 1.0:
            at_most = int(len(self) * at_most)
        if at_most < len(keep):
            keep = keep[: max(int(at_most), 0)]
        return self._take(keep) if inplace else self._subset(keep)

    def get(  # type: ignore[override]
        self,
        attr_names: str | list[str],
        handle_missing: str = "error",
        default_value: Any = None,
    ) -> Column | list[list[Any]]:
        """Values of one column as an array, or of several as a list of rows, as in Mesa.

        Raises
        ------
        AttributeError
            If there is no such column and ``handle_missing`` is ``"error"``.
        """
        if handle_missing not in ("error", "default"):
            raise ValueError("handle_missing is 'error' or 'default'")
        if isinstance(attr_names, str):
            return self._column(attr_names, handle_missing, default_value)
        columns = [self._column(name, handle_missing, default_value) for name in attr_names]
        return [list(values) for values in zip(*columns, strict=True)]

    def _column(self, name: str, handle_missing: str, default_value: Any) -> Column:
        if name == "unique_id":
            return self.rows + self.first_id
        if name not in self.columns and handle_missing == "default":
            return np.full(len(self), default_value)
        column: Column = getattr(self, name)
        return column

    def set(self, attr_name: str, value: Any) -> Self:  # type: ignore[override]
        """Write one value, or an array over this set, into a column."""
        if attr_name not in self.columns:
            raise AttributeError(f"no column {attr_name!r}; there are: {', '.join(self.columns)}")
        self._write(attr_name, slice(None) if self._rows is None else self._rows, value)
        return self

    def _write(self, name: str, rows: int | slice | NDArray[np.int64], value: Any) -> None:
        if isinstance(self.columns, WatchedColumns):
            self.columns.write(name, rows, value)
        else:
            self.columns[name][rows] = value

    def agg(self, attribute: str, func: Callable[..., Any] | Iterable[Callable[..., Any]]) -> Any:
        """One or several functions of a column, as in Mesa."""
        values = self._column(attribute, "error", None)
        return func(values) if callable(func) else [function(values) for function in func]

    def groupby(self, by: Callable[[A], Any] | str, result_type: str = "agentset") -> GroupBy:
        """Agents by the value of a column or of a function of an agent, as in Mesa."""
        found: dict[Any, Any] = {}
        for key, rows in self._groups(by).items():
            group = self._subset(rows)
            found[key] = group if result_type == "agentset" else list(group)
        return GroupBy(found)

    def _groups(self, by: Callable[[A], Any] | str) -> dict[Any, NDArray[np.int64]]:
        """Rows by the value of a column, or of a function of an agent (anything hashable)."""
        if isinstance(by, str):
            values = self._column(by, "error", None)
            return {key: self.rows[values == key] for key in np.unique(values).tolist()}
        rows: dict[Any, list[int]] = {}
        for agent in self:
            rows.setdefault(by(agent), []).append(agent._row)
        return {key: np.array(members, dtype=np.int64) for key, members in rows.items()}

    # -- order and calls ---------------------------------------------------------------------
    def shuffle(self, inplace: bool = False) -> ColumnarAgentSet[A]:
        """The same agents in another order (decisions here do not depend on it)."""
        order = list(range(len(self.rows)))
        self.random.shuffle(order)
        return self._reordered(np.array(order, dtype=np.int64), inplace)

    def sort(
        self, key: Callable[[A], Any] | str, ascending: bool = False, inplace: bool = False
    ) -> ColumnarAgentSet[A]:
        """The same agents, ordered by a column or a function of an agent."""
        values = (
            self._column(key, "error", None)
            if isinstance(key, str)
            else np.array([key(agent) for agent in self])
        )
        if ascending:
            return self._reordered(np.argsort(values, kind="stable"), inplace)
        # Turned round twice, so that equals keep their order.
        last = len(values) - 1
        return self._reordered(last - np.argsort(values[::-1], kind="stable")[::-1], inplace)

    def _reordered(self, order: NDArray[np.int64], inplace: bool) -> ColumnarAgentSet[A]:
        return self._take(self.rows[order]) if inplace else self._subset(self.rows[order])

    def map(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Result of a method, by name, or of a function of an agent, for each agent."""
        if isinstance(method, str):
            return [getattr(agent, method)(*args, **kwargs) for agent in self]
        return [method(agent, *args, **kwargs) for agent in self]

    def do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        """Call a method, by name, or a function of an agent, for each agent."""
        self.map(method, *args, **kwargs)
        return self

    def shuffle_do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        """As :meth:`do`, in random order."""
        self.shuffle().do(method, *args, **kwargs)
        return self

    # -- the population is fixed during a run ------------------------------------------------
    def add(self, agent: A) -> None:
        """Refused: rows are made when the population is built."""
        raise TypeError("a columnar agent set has the rows that it was built with")

    def discard(self, agent: A) -> None:
        """Take an agent out of this selection, if it is there."""
        if agent in self:
            self._take(self.rows[self.rows != agent._row])

    def remove(self, agent: A) -> None:
        """Take an agent out of this selection.

        Raises
        ------
        KeyError
            If it is not there.
        """
        if agent not in self:
            raise KeyError(agent)
        self.discard(agent)


class AllAgents(AbstractAgentSet[Any]):
    """The agents of all types, one type after the other; the types can't be mixed up.

    Parameters
    ----------
    sets
        One set a type.
    """

    def __init__(self, sets: tuple[ColumnarAgentSet[Any], ...]) -> None:
        self.sets = sets
        self.random = sets[0].random

    def __len__(self) -> int:
        return sum(len(agents) for agents in self.sets)

    def __iter__(self) -> Iterator[Any]:
        for agents in self.sets:
            yield from agents

    def __contains__(self, agent: object) -> bool:
        return any(agent in agents for agents in self.sets)

    def __copy__(self) -> AllAgents:
        return AllAgents(tuple(agents.copy() for agents in self.sets))

    def _update(self, agents: Iterable[Any]) -> Self:
        chosen = list(agents)
        for part in self.sets:
            part._update(agent for agent in chosen if isinstance(agent, part.agent_type))
        return self

    def select(
        self,
        filter_func: Callable[[Any], bool] | None = None,
        at_most: float = float("inf"),
        inplace: bool = False,
        agent_type: type[Any] | None = None,
    ) -> AllAgents:
        """The agents that pass a filter, as in Mesa; ``at_most`` counts over all types."""
        fraction = isinstance(at_most, float) and at_most <= 1.0
        left = int(len(self) * at_most) if fraction else min(at_most, len(self))
        parts = []
        for agents in self.sets:
            parts.append(agents.select(filter_func, int(left), agent_type=agent_type))
            left -= len(parts[-1])
        if not inplace:
            return AllAgents(tuple(parts))
        self.sets = tuple(parts)
        return self

    def to_list(self) -> list[Any]:
        """The agents, each as a view."""
        return list(self)

    def get(
        self,
        attr_names: str | list[str],
        handle_missing: str = "error",
        default_value: Any = None,
    ) -> list[Any]:
        """Values of a column, or of several, of all agents, as in Mesa."""
        parts = [agents.get(attr_names, handle_missing, default_value) for agents in self.sets]
        return [value for part in parts for value in part]

    def agg(self, attribute: str, func: Callable[..., Any] | Iterable[Callable[..., Any]]) -> Any:
        """One or several functions of a column of all agents, as in Mesa."""
        values = self.get(attribute)
        return func(values) if callable(func) else [function(values) for function in func]

    def groupby(self, by: Callable[[Any], Any] | str, result_type: str = "agentset") -> GroupBy:
        """Agents by the value of a column or of a function of an agent, as in Mesa."""
        found: dict[Any, Any] = {}
        for agents in self.sets:
            for key, rows in agents._groups(by).items():
                found.setdefault(key, []).append(agents._subset(rows))
        if result_type != "agentset":
            return GroupBy(
                {key: [a for part in parts for a in part] for key, parts in found.items()}
            )
        return GroupBy({key: AllAgents(tuple(parts)) for key, parts in found.items()})

    def shuffle(self, inplace: bool = False) -> AllAgents:
        """The same agents, shuffled within their types."""
        target = self if inplace else self.__copy__()
        for agents in target.sets:
            agents.shuffle(inplace=True)
        return target

    def sort(
        self, key: Callable[[Any], Any] | str, ascending: bool = False, inplace: bool = False
    ) -> AllAgents:
        """The same agents, sorted within their types."""
        target = self if inplace else self.__copy__()
        for agents in target.sets:
            agents.sort(key, ascending, inplace=True)
        return target

    def map(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Result of a method, by name, or of a function of an agent, for each agent."""
        return [r for agents in self.sets for r in agents.map(method, *args, **kwargs)]

    def do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        """Call a method, by name, or a function of an agent, for each agent."""
        self.map(method, *args, **kwargs)
        return self

    def shuffle_do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        """As :meth:`do`, in random order within the types."""
        self.shuffle().do(method, *args, **kwargs)
        return self

    def add(self, agent: Any) -> None:
        """Refused: rows are made when the populations are built."""
        raise TypeError("a columnar agent set has the rows that it was built with")

    def discard(self, agent: Any) -> None:
        """Take an agent out of this selection, if it is there."""
        for agents in self.sets:
            if isinstance(agent, agents.agent_type):
                agents.discard(agent)

    def remove(self, agent: Any) -> None:
        """Take an agent out of this selection.

        Raises
        ------
        KeyError
            If it is not there.
        """
        if agent not in self:
            raise KeyError(agent)
        self.discard(agent)
