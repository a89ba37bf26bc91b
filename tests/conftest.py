"""What all tests share: the option that refreshes baselines, and hypothesis's profiles."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# No deadline: the first example of a test pays for imports and compilation. Under CI the examples
# are the same in every run, so that a change is judged by what it changes.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--refresh-baseline",
        action="store_true",
        help="write the regression baselines anew instead of comparing with them",
    )


@pytest.fixture(scope="session")
def refresh_baseline(pytestconfig: pytest.Config) -> bool:
    """Whether a regression test writes its baseline instead of comparing with it."""
    return bool(pytestconfig.getoption("--refresh-baseline"))
