"""The text of a stock-flow model: where it lies, and what it says."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

from transition_model.errors import InputError

SKETCH = "\\\\\\---///"
"""How each view of the sketch begins, below the equations."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class ModelSource:
    """A Vensim text.

    Attributes
    ----------
    name
        The file's name without ``.mdl``.
    text
        What stands in it.
    sha256
        Hash of the equations, in hexadecimal digits; the sketch has no part in any result.
    path
        Where it was read, for messages.
    """

    name: str
    text: str
    sha256: str
    path: Path

    @property
    def equations(self) -> str:
        """The text up to the sketch, which holds the diagrams and nothing that is computed."""
        return self.text.split(SKETCH, 1)[0]


@cache
def source_folders() -> tuple[Path, ...]:
    """Folders with stock-flow sources: of the installed package, and of a checkout."""
    package = Path(str(files("transition_model")))
    return (package / "models", package.parent / "models")


def load_source(name: str = "chongqing") -> ModelSource:
    """Read a shipped stock-flow source.

    Parameters
    ----------
    name
        The file's name without ``.mdl``.

    Raises
    ------
    InputError
        If there is no such file, or it is no UTF-8 text.
    """
    candidates = [folder / f"{name}.mdl" for folder in source_folders()]
    if _NAME.fullmatch(name):
        for path in candidates:
            if path.is_file():
                return read_source(path)
    present = sorted({path.stem for folder in source_folders() for path in folder.glob("*.mdl")})
    raise InputError(
        f"stock-flow source {candidates[-1]}",
        name,
        f"one of {', '.join(present)}" if present else "a file *.mdl in that folder",
    )


def read_source(path: str | Path) -> ModelSource:
    """Read any stock-flow source.

    Raises
    ------
    InputError
        If the file is missing, not named ``*.mdl`` or no UTF-8 text.
    """
    path = Path(path)
    if path.suffix != ".mdl":
        raise InputError(f"stock-flow source {path}", path.name, "a Vensim text, *.mdl")
    try:
        state = path.stat()
        return _read(path, state.st_mtime_ns, state.st_size)
    except UnicodeDecodeError as problem:
        raise InputError(f"stock-flow source {path}", str(problem), "a text in UTF-8") from problem
    except OSError as problem:
        raise InputError(
            f"stock-flow source {path}", problem.strerror, "a file that can be read"
        ) from problem


@lru_cache(maxsize=16)
def _read(path: Path, written: int, size: int) -> ModelSource:
    """A text as it was last written, read once."""
    text = path.read_text("utf-8-sig")
    equations = text.split(SKETCH, 1)[0].rstrip()
    return ModelSource(path.stem, text, hashlib.sha256(equations.encode()).hexdigest(), path)
