"""How a network is trained: one frozen record."""

from __future__ import annotations

from dataclasses import dataclass, field

from lepton_lab.networks.encoders import Encoder
from lepton_lab.networks.tabular import TabularConfig
from lepton_lab.training.compute import Compute


@dataclass(frozen=True)
class LoopConfig:
    """How a network is trained.

    Args:
        network: its sizes.
        n_epochs: passes over the training rows in the full schedule.
        stop_epoch: end at this epoch of the schedule; None for its end. For a refit without validation rows.
        patience: epochs without a better validation loss before training ends.
        batch_size: rows a step.
        learning_rate: peak of the schedule.
        weight_decay: AdamW's, in units of the learning rate.
        metric: which metric of the task is shown; None for its default.
        keep_path: keep the validation logits of every check, so that a caller can choose the epoch itself.
        compute: on what, and in which numbers.
        encoders: what reads columns of objects, by their names; the usual ones where they are not named.
    """

    network: TabularConfig = field(default_factory=TabularConfig)
    n_epochs: float | int = 20
    stop_epoch: float | int | None = None
    patience: float | int = 16
    batch_size: int = 256
    learning_rate: float | int = 1.5e-3
    weight_decay: float | int = 0.2
    metric: str | None = None
    keep_path: bool = False
    compute: Compute = field(default_factory=Compute)
    encoders: tuple[tuple[str, Encoder], ...] = ()
