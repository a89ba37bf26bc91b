"""Subscript ranges of a Vensim text: members, subranges, copies, mappings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transition_model.errors import InputError
from transition_model.stocks.vensim_text import snake_case


@dataclass(frozen=True, slots=True)
class Ranges:
    """Subscript ranges by id.

    Attributes
    ----------
    members
        Ids of the subscripts of each range, in order.
    mapped
        For each range, those that it is mapped to: where an equation runs over one of these, the
        range stands for its own member at the same position.
    """

    members: Mapping[str, tuple[str, ...]]
    mapped: Mapping[str, tuple[str, ...]]

    def spelled_out(self, subscript: str) -> tuple[str, ...]:
        """Return the members of a range, or a single subscript alone."""
        return self.members.get(subscript, (subscript,))

    def stands_for(self, subscript: str, bound: Mapping[str, str]) -> str | None:
        """Return the member that a subscript stands for in an equation of one element.

        Parameters
        ----------
        subscript
            A subscript, a range, or a range with ``!``.
        bound
            The member that each range of the left side, and each range with ``!``, is at.
        """
        if subscript in bound:
            return bound[subscript]
        if subscript.endswith("!"):
            return None
        if subscript not in self.members:
            return subscript
        for target in self.mapped[subscript]:
            if target in bound:
                position = self.members[target].index(bound[target])
                return self.members[subscript][position]
        return None

    def position(self, name: str, bound: Mapping[str, str]) -> int | None:
        """Return the number that a range or subscript is when it is used as a variable.

        It counts from 1 in the largest range that holds it; ``None`` if that isn't unique.
        """
        member = self.stands_for(name, bound)
        largest = [
            members
            for members in self.members.values()
            if member in members
            and not any(set(members) < set(others) for others in self.members.values())
        ]
        positions = {members.index(member) + 1 for members in largest if member is not None}
        return positions.pop() if len(positions) == 1 else None

    def that_hold(self, members: set[str], preferred: Sequence[str]) -> str | None:
        """Return the range made up of just these members, one of the preferred ones if possible."""
        candidates = [*preferred, *self.members]
        return next(
            (name for name in candidates if set(self.members.get(name, ())) == members), None
        )


def read_ranges(where: str, declared: Sequence[Any]) -> Ranges:
    """Read PySD's subscript ranges.

    Raises
    ------
    InputError
        If a range is not spelled out in the text, repeats a member, or is mapped to a range of
        another length.
    """
    raw = {snake_case(item.name): item for item in declared}
    members = {name: tuple(_members(where, name, raw, ())) for name in raw}
    mapped = {name: _mapped(item) for name, item in raw.items()}
    for name, targets in mapped.items():
        if len(set(members[name])) != len(members[name]):
            raise InputError(f"{where}: subscript range {name}", members[name], "each member once")
        for target in targets:
            if len(members.get(target, ())) != len(members[name]):
                raise InputError(
                    f"{where}: subscript range {name}",
                    f"-> {target}",
                    f"a range of {len(members[name])} members",
                )
    return Ranges(members, mapped)


def _mapped(item: Any) -> tuple[str, ...]:
    targets = list(item.mapping)
    if isinstance(item.subscripts, str):
        targets.append(item.subscripts)
    return tuple(dict.fromkeys(snake_case(target) for target in targets))


def _members(where: str, name: str, raw: Mapping[str, Any], above: tuple[str, ...]) -> list[str]:
    subscripts = raw[name].subscripts
    if isinstance(subscripts, dict) or name in above:
        raise InputError(
            f"{where}: subscript range {name}", name, "a range spelled out in the text"
        )
    listed = [subscripts] if isinstance(subscripts, str) else subscripts
    found: list[str] = []
    for item in map(snake_case, listed):
        found += _members(where, item, raw, (*above, name)) if item in raw else [item]
    return found
