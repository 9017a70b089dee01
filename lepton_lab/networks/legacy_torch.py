"""Reads the arrays of a PyTorch checkpoint of the old format, without PyTorch and without running what it holds.

The format is five pickles (a magic number, a version, what the machine was like, the tensors' places, the names of the
storages) and then the storages' bytes. A pickle may name any function to be called while it is read: here all but the
four that describe tensors are refused.
"""

from __future__ import annotations

import math
import pickle
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from lepton_lab.errors import DamagedFileError

_MAGIC = 0x1950A86A20F9469CFC6C
_VERSION = 1001
# Bytes of a whole file, and axes of one array, at most.
_LARGEST = 2**30
_MOST_AXES = 8
_DTYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


@dataclass(frozen=True)
class _Storage:
    """Bytes that arrays lie in, by the name they have in the file."""

    name: str
    dtype: np.dtype[Any]
    size: int


@dataclass(frozen=True)
class _Tensor:
    """An array's place in a storage."""

    storage: _Storage
    start: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    @staticmethod
    def of(storage: _Storage, start: int, shape: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> _Tensor:
        """Only arrays that lie inside their storage, and are no larger than it; their axes may be in any order."""
        if not isinstance(storage, _Storage) or not len(shape) == len(stride) <= _MOST_AXES:
            raise pickle.UnpicklingError("a tensor has no shape")
        last = start + sum((n - 1) * step for n, step in zip(shape, stride, strict=True))
        is_inside = min(start, *shape, *stride, 0) >= 0 and 0 not in shape and last < storage.size
        if not is_inside or math.prod(shape) > storage.size:
            raise pickle.UnpicklingError("a tensor does not lie in its storage")
        return _Tensor(storage, start, shape, stride)

    def array(self, numbers: np.ndarray) -> np.ndarray:
        """The array, from all numbers of its storage."""
        steps = tuple(step * numbers.itemsize for step in self.stride)
        return np.ascontiguousarray(np.lib.stride_tricks.as_strided(numbers[self.start :], self.shape, steps))


class _Places(pickle.Unpickler):
    """Reads names and places of tensors; knows no other class or function."""

    def find_class(self, module: str, name: str) -> Any:
        """The few that tensors are described by."""
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _Tensor.of
        if module == "torch" and name in _DTYPES:
            return name
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which is refused")

    def persistent_load(self, pid: Any) -> _Storage:
        """A storage: ("storage", type, name, device, size, None)."""
        word, kind, name, _, size, _ = pid
        if word != "storage" or not isinstance(size, int) or not 0 <= size <= _LARGEST:
            raise pickle.UnpicklingError("a storage is out of range")
        return _Storage(str(name), _DTYPES[kind], size)


def legacy_torch_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a checkpoint by name.

    Args:
        path: a file that `torch.save` wrote before version 1.6, of a `state_dict`.

    Raises:
        DamagedFileError: it is none, or cut short, or asks for more than tensors.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError(f"more than {_LARGEST} bytes")
        with path.open("rb") as file:
            return _arrays(file)
    except (pickle.UnpicklingError, ValueError, TypeError, KeyError, IndexError, AttributeError, EOFError) as error:
        raise DamagedFileError(f"{path} cannot be read as a PyTorch checkpoint: {error}. Install it anew.") from error


def _arrays(file: BinaryIO) -> dict[str, np.ndarray]:
    if (_Places(file).load(), _Places(file).load()) != (_MAGIC, _VERSION):
        raise ValueError("it does not begin as one of the old format")
    if not _Places(file).load().get("little_endian", False):
        raise ValueError("its numbers are stored the other way round")
    tensors, names = _Places(file).load(), _Places(file).load()
    if not isinstance(tensors, Mapping) or not all(isinstance(tensor, _Tensor) for tensor in tensors.values()):
        raise ValueError("it holds more than tensors")
    storages = {tensor.storage.name: tensor.storage for tensor in tensors.values()}
    held = {name: _numbers(file, storages[name]) for name in names}
    return {str(name): tensor.array(held[tensor.storage.name]) for name, tensor in tensors.items()}


def _numbers(file: BinaryIO, storage: _Storage) -> np.ndarray:
    """The numbers of the storage that comes next."""
    n_bytes = storage.size * storage.dtype.itemsize
    size = int.from_bytes(file.read(8), "little")
    content = file.read(n_bytes)
    if size != storage.size or len(content) < n_bytes:
        raise ValueError(f"storage {storage.name} is cut short")
    return np.frombuffer(content, storage.dtype)
