"""What every member of a blend can do. The network satisfies this too, without knowing of it."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np


class Member(Protocol):
    """A trained function from encoded rows to logits.

    `x` is float32 `(row, column)`, one entry an input column: numbers and dates standardised with
    NaN for missing; categories as codes, 0 missing, 1 unseen or rare, 2 and above known.
    """

    @property
    def name(self) -> str:
        """`network`, `linear` or `trees`."""
        ...

    def logits(self, x: np.ndarray) -> np.ndarray:
        """Logits `(row, output)`, float64."""
        ...

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything learned, as plain arrays."""
        ...

    def config_json(self) -> dict[str, Any]:
        """What `from_arrays` needs beside the arrays, as plain JSON."""
        ...
