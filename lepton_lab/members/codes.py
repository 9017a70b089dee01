"""Category codes as the linear and the tree member read them: which columns hold codes, and where each starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

ORDERED = ("numeric", "datetime")

if TYPE_CHECKING:
    from lepton_lab.data.encode_tabular import AnyBlock


def code_layout(blocks: Sequence[AnyBlock]) -> tuple[np.ndarray, np.ndarray]:
    """Whether each column holds codes `(column,)`, and where each column's codes start `(column + 1,)`."""
    # A column of objects is whether there is one: its numbers say no more to members that do not look at objects.
    is_code = np.array([block.kind not in ORDERED for block in blocks], bool)
    counts = [block.n_codes if block.kind not in ORDERED else 0 for block in blocks]
    return is_code, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def codes_of(x: np.ndarray, column: int, offset: np.ndarray) -> np.ndarray:
    """A column's codes as indices into an array over all columns' codes; out of range counts as unseen."""
    n_codes = int(offset[column + 1] - offset[column])
    whole = np.nan_to_num(x[:, column], nan=0.0, posinf=1.0, neginf=1.0).astype(np.int64)
    return offset[column] + np.where((whole < 0) | (whole >= n_codes), 1, whole)


def layout_fits(is_code: np.ndarray, offset: np.ndarray) -> bool:
    """Whether a stored layout is consistent: one offset a column, and at least missing and unseen for codes."""
    if is_code.ndim != 1 or is_code.dtype != bool or offset.shape != (len(is_code) + 1,) or offset[0] != 0:
        return False
    counts = np.diff(offset)
    return bool((counts[is_code] >= 2).all() and (counts[~is_code] == 0).all())
