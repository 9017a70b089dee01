"""A hash of what a frame holds: a run goes on with the frame it was begun on, and with no other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
import pandas as pd

from lepton_lab.data.frames import open_frame
from lepton_lab.data.values import Family, Values, read_values


def fingerprint(df: object) -> str:
    """A hash of a frame's column names, kinds and values, the same for the same data in any library.

    Example:
        >>> fingerprint({"a": [1, 2]}) == fingerprint(pd.DataFrame({"a": [1, 2]}))
        True
    """
    frame = open_frame(df)
    digest = hashlib.sha256()
    for position, name in enumerate(frame.names):
        values = read_values(frame.read(position))
        digest.update(f"{name}\0{values.family}\0{len(values.array)}\0".encode())
        for part in _bytes(values):
            digest.update(part)
    return digest.hexdigest()[:32]


def _bytes(values: Values) -> Iterator[bytes]:
    if values.family in (Family.NUMBER, Family.DATE):
        yield np.ascontiguousarray(values.array).tobytes()
        return
    if values.family in (Family.ARRAY, Family.LIST):
        for array in values.array:
            yield b"" if array is None else array.digest
        return
    codes, uniques = values.factorised if values.family != Family.UNUSABLE else pd.factorize(_written(values.array))
    yield repr([v if isinstance(v, str) else repr(v) for v in uniques.tolist()]).encode()
    yield codes.astype(np.int64).tobytes()


def _written(array: np.ndarray) -> np.ndarray:
    return np.array([repr(value) for value in array.tolist()], dtype=object)
