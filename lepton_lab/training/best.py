"""The best weights so far, kept as a host copy that no step can touch, and the patience that watches them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lepton_lab.training.progress import Progress


@dataclass
class Best:
    """What early stopping remembers. `flat` is None before the first finite validation."""

    loss: float = float("inf")
    epoch: float = 0.0
    step: int = 0
    metric: float | None = None
    flat: np.ndarray | None = None
    history: list[Progress] = field(default_factory=list)

    def consider(self, loss: float, metric: float, epoch: float, step: int, flat: np.ndarray) -> bool:
        """Keep these weights if their loss is the lowest yet; whether it is."""
        if not loss < self.loss:  # also where the loss is NaN
            return False
        self.loss, self.metric, self.epoch, self.step, self.flat = loss, metric, epoch, step, np.array(flat)
        return True

    def is_stale(self, epoch: float, patience: float | int) -> bool:
        """Whether the best is more than `patience` epochs old."""
        return self.flat is not None and epoch - self.epoch > patience
