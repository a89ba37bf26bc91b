"""Small models, compiled once, and what is made of texts that a test writes itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from transition_model.stocks import CompiledModel, ModelSource, read_source

MODELS = Path(__file__).parent / "models"
CONTROLS = """
INITIAL TIME = 0 ~ Month ~ Start. |
FINAL TIME = 100 ~ Month ~ End. |
TIME STEP = 0.5 ~ Month ~ Step. |
SAVEPER = 1 ~ Month ~ Record. |
"""


@pytest.fixture(scope="session", autouse=True)
def _compiled_code_kept_between_test_runs(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    patch = pytest.MonkeyPatch()
    folder = (
        pytestconfig.cache.mkdir("stocks")
        if pytestconfig.cache
        else tmp_path_factory.mktemp("stocks")
    )
    patch.setenv("TRANSITION_MODEL_CACHE", str(folder))
    yield
    patch.undo()


@pytest.fixture(scope="session")
def source() -> Callable[[str], ModelSource]:
    """Return the text of a small model by its name."""
    return cache(lambda name: read_source(MODELS / f"{name}.mdl"))


@pytest.fixture(scope="session")
def compiled(source: Callable[[str], ModelSource]) -> Callable[[str], CompiledModel]:
    """Return a small model by its name, compiled."""
    return cache(lambda name: CompiledModel(source(name)))


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], ModelSource]:
    """Return a source with given equations and the clock's settings."""

    def write(equations: str, controls: str = CONTROLS) -> ModelSource:
        path = tmp_path / "written.mdl"
        path.write_text(f"{{UTF-8}}\n{equations}\n{controls}", "utf-8")
        return read_source(path)

    return write
