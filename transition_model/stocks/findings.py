"""What checks of a model find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from transition_model.errors import InputError


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a model that is not as it should be.

    Attributes
    ----------
    where
        File, line and variable.
    read
        What stands there.
    allowed
        What should stand there.
    """

    where: str
    read: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.where}: read {self.read!r}; allowed: {self.allowed}"


def require(findings: Sequence[Finding]) -> None:
    """Go on only if nothing was found.

    Raises
    ------
    InputError
        With the first finding, and how many there are besides.
    """
    if findings:
        first, others = findings[0], len(findings) - 1
        more = f" ({others} more like this)" if others else ""
        raise InputError(first.where, first.read, f"{first.allowed}{more}")
