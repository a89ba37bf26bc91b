"""What the comment of a variable says about it, by the conventions of ``models/README.md``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from transition_model.declared import Status
from transition_model.stocks.equations import Variable

_ROLES = ("ledger input", "lever", "exogenous path", "initial", "parameter")
_BEGIN = re.compile(rf"({'|'.join(_ROLES)})s?\b([^:]*):\s*(.*)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment taken apart.

    Attributes
    ----------
    role
        What a constant is for: ``ledger input``, ``lever``, ``exogenous path``, ``initial`` or
        ``parameter``; empty for what is computed.
    status
        How well its number is known, where the comment says so.
    by
        Who writes it, for ledger inputs.
    text
        Source or explanation.
    """

    role: str
    status: Status | None
    by: str
    text: str


def remark(variable: Variable) -> Remark:
    """Take the comment of a variable apart."""
    match = _BEGIN.match(variable.comment) if variable.kind == "constant" else None
    if match is None:
        if variable.kind == "constant" and variable.comment.lower().startswith("lever"):
            return Remark("lever", None, "", variable.comment)
        return Remark("", None, "", variable.comment)
    words = [word.strip() for word in match[2].split(",") if word.strip()]
    status = next((Status(word) for word in words if word in set(Status)), None)
    by = next((word.removeprefix("by ") for word in words if word.startswith("by ")), "")
    return Remark(match[1].lower(), status, by, match[3])
