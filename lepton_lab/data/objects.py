"""Any values as an array of objects, one entry each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def object_array(values: Sequence[Any]) -> np.ndarray:
    """Values as they are, `(value,)`; numpy would make a matrix of a list of lists, and words of numbers among words.

    Example:
        >>> object_array([[1, 2], [3, 4]]).shape
        (2,)
    """
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
