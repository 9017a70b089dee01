"""Any model or function as one that takes the rows at hand, compiled where it is JAX."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from lepton_lab.data.mix_rows import is_frame, numbers_of
from lepton_lab.errors import ExplanationError
from lepton_lab.explanation.callables import Callee, callee_of
from lepton_lab.explanation.function_game import fits_float32, traces


@dataclass(frozen=True)
class RowFunction:
    """A function and the rows it is asked about.

    Args:
        fn: of rows of the kind of `x`.
        x: an array, or a frame where the function needs one.
        callee: what the user gave.
        compiled: whether `fn` is a compiled JAX function of float32 arrays.
    """

    fn: Callable[[Any], Any]
    x: Any
    callee: Callee
    compiled: bool

    def like(self, rows: Any) -> Any:
        """Other rows, of the kind of `x`."""
        if isinstance(self.x, np.ndarray):
            return numbers_of(rows) if is_frame(rows) else np.asarray(rows)
        return rows


def row_function(model: Any, x: Any) -> RowFunction:
    """The function of a model, and rows as it takes them.

    Raises:
        ExplanationError: it cannot be called, there are no rows, or it needs numbers and there are others.
    """
    callee = callee_of(model)
    x = x if is_frame(x) else np.asarray(x)
    if not is_frame(x) and x.ndim != 2:
        raise ExplanationError(f"x has shape {x.shape}; it must be (row, feature). For one row give x[[0]].")
    if 0 in x.shape:
        raise ExplanationError(f"x has {x.shape[0]} rows and {x.shape[1]} columns: there is nothing to ask about.")
    numbers = numbers_of(x) if is_frame(x) else (x if x.dtype.kind in "fiub" else None)
    if numbers is None and callee.arrays_only:
        raise ExplanationError(
            "a network takes arrays of numbers, and some columns hold none. "
            "Give a function that encodes the frame first, such as: lambda df: network(encode(df))"
        )
    single = numbers is not None and (callee.arrays_only or fits_float32(numbers, numbers[:0]))
    if numbers is not None and single and traces(functools.partial(callee.pure, callee.params), numbers.shape[1]):
        return RowFunction(_Compiled(callee.pure, callee.params), np.asarray(numbers, np.float32), callee, True)
    return RowFunction(callee.fn, numbers if callee.arrays_only else x, callee, False)


@dataclass(frozen=True)
class _Compiled:
    """A JAX function, compiled once for each size of batch."""

    pure: Callable[[Any, Any], Any]
    params: Any

    def __call__(self, x: Any) -> np.ndarray:
        """Outputs `(row, output)`."""
        return np.asarray(_call(self.pure, self.params, np.asarray(x, np.float32)))


@functools.partial(jax.jit, static_argnames=("pure",))
def _call(pure: Callable[[Any, Any], Any], params: Any, x: Any) -> Any:
    return pure(params, x)
