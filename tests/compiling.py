"""How hard XLA tries: tests whose programs run for a blink want them compiled with least effort, trainings do not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import jax

_asked = [False]


@contextmanager
def compiling(*, least: bool) -> Iterator[None]:
    """Compile what is compiled inside with least effort, or with the usual one; as exact, slower or quicker to run."""
    _asked.append(least)
    jax.config.update("jax_disable_most_optimizations", least)
    try:
        yield
    finally:
        _asked.pop()
        jax.config.update("jax_disable_most_optimizations", _asked[-1])
