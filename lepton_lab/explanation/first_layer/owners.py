"""The one column that each element of an array depends on, through a step. -1 is no column.

A step that mixes columns inside of an element has no answer here (None); whether it adds them up is asked in
`split.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lepton_lab.explanation.first_layer.program import Step

Owners = np.ndarray
# Elements of a constant that is worth knowing: indices, mostly.
MOST_KNOWN = 1 << 16


def owners_after(
    step: Step, owners: Sequence[Owners | None], known: Sequence[np.ndarray | None], shapes: Sequence[tuple[int, ...]]
) -> list[Owners] | None:
    """The owners of a step's outputs, or None where an element would have several.

    Args:
        step: with at least one input that depends on columns.
        owners: of each input; None for what depends on no column.
        known: the value of each input that is a known constant.
        shapes: of the outputs.
    """
    single = {int(column) for own in owners if own is not None for column in np.unique(own) if column >= 0}
    if len(single) <= 1:
        only = single.pop() if single else -1
        return [np.full(shape, only) for shape in shapes]
    if step.elementwise():
        both = _merged([np.broadcast_to(own, shapes[0]) for own in owners if own is not None])
        return None if both is None else [both] * len(shapes)
    rule = _RULES.get(step.name)
    return None if rule is None else rule(step, owners, known, shapes)


def evaluated(step: Step, values: Sequence[Any]) -> list[np.ndarray]:
    """What a step makes of known values, now, even inside of a trace."""
    with jax.ensure_compile_time_eval():
        return [np.asarray(found) for found in step([jnp.asarray(value) for value in values])]


def _merged(owners: Sequence[Owners], axes: tuple[int, ...] | None = None) -> Owners | None:
    """The owner of elements that depend on all of these (or on all along some axes), if it is one."""
    stacked = np.stack(list(owners)) if axes is None else owners[0]
    over = 0 if axes is None else axes
    most = stacked.max(axis=over, initial=-1)
    least = np.where(stacked < 0, np.iinfo(np.int64).max, stacked).min(axis=over, initial=np.iinfo(np.int64).max)
    return None if (least < most).any() else most


def _broadcast(step: Step, owners: Any, known: Any, shapes: Any) -> list[Owners]:
    (own, *_), dims = owners, step.eqn.params["broadcast_dimensions"]
    thin = np.ones(len(shapes[0]), dtype=int)
    thin[list(dims)] = own.shape
    return [np.broadcast_to(own.reshape(thin), shapes[0])]


def _reshape(step: Step, owners: Any, known: Any, shapes: Any) -> list[Owners]:
    return [owners[0].reshape(shapes[0])]


def _transpose(step: Step, owners: Any, known: Any, shapes: Any) -> list[Owners]:
    return [owners[0].transpose(step.eqn.params["permutation"])]


def _slice(step: Step, owners: Any, known: Any, shapes: Any) -> list[Owners]:
    at = step.eqn.params
    strides = at["strides"] or (1,) * owners[0].ndim
    places = zip(at["start_indices"], at["limit_indices"], strides, strict=True)
    return [owners[0][tuple(slice(*place) for place in places)]]


def _split(step: Step, owners: Any, known: Any, shapes: Any) -> list[Owners]:
    ends = np.cumsum(step.eqn.params["sizes"])[:-1]
    return np.split(owners[0], ends, axis=step.eqn.params["axis"])


def _concatenate(step: Step, owners: Any, known: Any, shapes: Any) -> list[Owners] | None:
    axis = step.eqn.params["dimension"]
    parts = [
        np.full(var.aval.shape, -1) if own is None else own for own, var in zip(owners, step.eqn.invars, strict=True)
    ]
    return [np.concatenate(parts, axis=axis)]


def _reduce(step: Step, owners: Any, known: Any, shapes: Any) -> list[Owners] | None:
    merged = _merged([owners[0]], tuple(step.eqn.params["axes"]))
    return None if merged is None else [merged]


def _dot(step: Step, owners: Any, known: Any, shapes: Any) -> list[Owners] | None:
    """A product with a constant keeps columns apart where it sums within them only."""
    if owners[0] is not None and owners[1] is not None:
        return None
    side = 0 if owners[1] is None else 1
    contracted, batch = (tuple(dims[side]) for dims in step.eqn.params["dimension_numbers"])
    own = owners[side]
    merged = _merged([own], contracted)
    if merged is None:
        return None
    # The batch axes lead, then come the free axes of the left side, then those of the right.
    left = [axis for axis in range(own.ndim) if axis not in contracted]
    free = [axis for axis in left if axis not in batch]
    turned = merged.transpose([left.index(axis) for axis in (*batch, *free)])
    n_other = len(shapes[0]) - turned.ndim
    at = turned.ndim if side == 0 else len(batch)
    thin = (*turned.shape[:at], *(1,) * n_other, *turned.shape[at:])
    return [np.broadcast_to(turned.reshape(thin), shapes[0])]


def _gather(step: Step, owners: Any, known: Any, shapes: Any) -> list[Owners] | None:
    """Columns picked by known places, or rows of a constant table picked by columns."""
    picked, places = owners
    if places is None:
        if known[1] is None:
            return None
        found = evaluated(step, [picked.astype(np.int32), known[1]])
        return [np.maximum(found[0], -1).astype(np.int64)]
    merged = _merged([places], (places.ndim - 1,))
    if picked is not None or merged is None:
        return None
    offset = step.eqn.params["dimension_numbers"].offset_dims
    thin = [1 if axis in offset else size for axis, size in enumerate(shapes[0])]
    return [np.broadcast_to(merged.reshape(thin), shapes[0])]


_Rule = Callable[[Step, Any, Any, Any], list[Owners] | None]
_RULES: dict[str, _Rule] = {
    "broadcast_in_dim": _broadcast,
    "reshape": _reshape,
    "squeeze": _reshape,
    "expand_dims": _reshape,
    "transpose": _transpose,
    "slice": _slice,
    "split": _split,
    "concatenate": _concatenate,
    "dot_general": _dot,
    "gather": _gather,
    **dict.fromkeys(("reduce_sum", "reduce_max", "reduce_min", "reduce_prod", "reduce_and", "reduce_or"), _reduce),
}


def known_after(step: Step, values: Sequence[np.ndarray | None], types: Sequence[Any]) -> list[np.ndarray] | None:
    """What a step without columns comes to, where it is a few whole numbers that are known already."""
    small = all(math.prod(kind.shape) <= MOST_KNOWN and np.dtype(kind.dtype).kind in "iub" for kind in types)
    if not small or any(value is None for value in values):
        return None
    return evaluated(step, values)
