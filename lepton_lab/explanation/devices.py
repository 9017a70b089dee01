"""One jitted call over the rows of a chunk, on one device or shared by several. It knows nothing of games.

A kernel is written for the rows of one device: `kernel(form, params, shared, by_row, n_rows)`. Rows are padded to
a fixed number for each device, and only the first `n_rows` are run, so any number of rows compiles once.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax.sharding import AxisType, PartitionSpec
from jaxtyping import Array, Int

# Rows of one call and device.
ROWS_PER_DEVICE = 16


def rows_per_call(per_device: int = ROWS_PER_DEVICE) -> int:
    """Rows that one call takes at most."""
    return per_device * len(jax.devices())


def over_rows(
    kernel: Callable[..., Any],
    form: Any,
    params: Any,
    shared: Any,
    by_row: tuple[np.ndarray, ...],
    per_device: int = ROWS_PER_DEVICE,
) -> tuple[np.ndarray, ...]:
    """What a kernel finds for each row, as numpy arrays.

    Args:
        kernel: jittable, hashable; returns arrays with a leading axis of rows.
        form: its static argument.
        params: weights, the same on every device.
        shared: further arrays, the same on every device.
        by_row: arrays with a leading axis of at most `rows_per_call(per_device)` rows.
        per_device: rows that each device's are padded to.
    """
    n_rows, n_devices = len(by_row[0]), len(jax.devices())
    slots, counts, place = _dealt(n_rows, n_devices, per_device)
    found = _run(kernel, form, params, shared, tuple(array[slots] for array in by_row), counts, n_devices=n_devices)
    return tuple(np.asarray(array)[place] for array in found)


@functools.lru_cache(maxsize=1024)
def _dealt(
    n_rows: int, n_devices: int, per_device: int
) -> tuple[Int[np.ndarray, " slot"], Int[np.ndarray, " device"], Int[np.ndarray, " row"]]:
    """The row in each device's slots, the rows of each device, and the slot of each row."""
    share = -(-n_rows // n_devices)
    device, nth = np.divmod(np.arange(n_rows), share)
    place = device * per_device + nth
    slots = np.zeros(n_devices * per_device, dtype=np.int64)
    slots[place] = np.arange(n_rows)
    return slots, np.bincount(device, minlength=n_devices).astype(np.int32), place


@functools.partial(jax.jit, static_argnames=("kernel", "form", "n_devices"))
def _run(
    kernel: Callable[..., Any], form: Any, params: Any, shared: Any, by_row: Any, counts: Array, *, n_devices: int
) -> Any:
    def one_device(params: Any, shared: Any, by_row: Any, count: Array) -> Any:
        return kernel(form, params, shared, by_row, count[0])

    if n_devices == 1:
        return one_device(params, shared, by_row, counts)
    same, split = PartitionSpec(), PartitionSpec("row")
    mesh = jax.make_mesh((n_devices,), ("row",), axis_types=(AxisType.Auto,))
    local = jax.shard_map(one_device, mesh=mesh, in_specs=(same, same, split, split), out_specs=split, check_vma=False)
    return local(params, shared, by_row, counts)
