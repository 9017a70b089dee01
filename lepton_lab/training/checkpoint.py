"""All that is needed to go on with a training as if it had never ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Checkpoint:
    """A training between two steps.

    Args:
        arrays: parameters, AdamW's moments, and the best parameters so far.
        meta: step, schedule, best loss and history, as plain JSON.
    """

    arrays: dict[str, np.ndarray]
    meta: dict[str, Any]
