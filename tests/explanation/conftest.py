"""Programs that run once, for a blink, take a third of the time to compile here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.compiling import compiling


@pytest.fixture(scope="package", autouse=True)
def least_effort() -> Iterator[None]:
    with compiling(least=True):
        yield


@pytest.fixture
def usual_effort() -> Iterator[None]:
    """For a test that runs for longer than it compiles."""
    with compiling(least=False):
        yield
