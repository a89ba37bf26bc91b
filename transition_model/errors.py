"""The errors that this package raises on purpose.

Every message says where, what was read and what is allowed, on one line.
"""

from __future__ import annotations


class InputError(Exception):
    """Something that a person or a file handed in can't be used.

    Not a ValueError: pydantic would wrap that and bury the message.

    Parameters
    ----------
    where
        File and key, line, option or lever: the place to go and mend.
    read
        What stood there.
    allowed
        What may stand there.
    """

    def __init__(self, where: str, read: object, allowed: str) -> None:
        self.where = where
        self.read = read
        self.allowed = allowed
        super().__init__(f"{where}: read {read!r}; allowed: {allowed}")

    def __reduce__(self) -> tuple[type[InputError], tuple[str, object, str]]:
        """Survive pickling between worker processes."""
        return (type(self), (self.where, self.read, self.allowed))


class BreachError(RuntimeError):
    """A balance of the month does not hold: the run stops.

    Parameters
    ----------
    month
        The month, as ``2026-01``.
    quantity
        What should have balanced.
    left, right
        Both sides, in the quantity's unit.
    unit
        That unit.
    """

    def __init__(self, month: str, quantity: str, left: float, right: float, unit: str) -> None:
        self.month = month
        self.quantity = quantity
        self.left = left
        self.right = right
        self.unit = unit
        super().__init__(f"{month}: {quantity} does not balance: {left!r} against {right!r} {unit}")

    def __reduce__(self) -> tuple[type[BreachError], tuple[str, str, float, float, str]]:
        """Survive pickling between worker processes."""
        return (type(self), (self.month, self.quantity, self.left, self.right, self.unit))
