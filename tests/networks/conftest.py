"""Programs that run once, for a blink: compiled with least effort."""

from __future__ import annotations

from collections.abc import Iterator

import jax
import pytest


@pytest.fixture(scope="package", autouse=True)
def least_compiling() -> Iterator[None]:
    """What these tests compile is as exact, slower to run, and three times as quickly there."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)
