"""What a training of a network gives back, and the ways in which it ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from lepton_lab.training.network_member import NetworkMember
from lepton_lab.training.progress import Progress

ENDINGS = {
    "finished": "trained to the end of its schedule",
    "patience": "stopped early: no better validation loss for {patience:g} epochs",
    "interrupt": "stopped by the user",
    "deadline": "stopped by the time budget",
    "non-finite loss": "stopped because the loss was no finite number (look for extreme values in the target)",
    "out of memory": "stopped because memory ran out (try fewer columns or a smaller batch)",
}


@dataclass(frozen=True)
class NetworkFit:
    """What a training gives back.

    Args:
        member: the network with its best weights; None where training ended before its first validation.
        best_epoch: the epoch of those weights.
        history: a record for every validation.
        ended: a key of `ENDINGS`.
        message: what happened, in words.
        n_steps: updates done.
        valid_logits: the member's logits on the validation rows.
        path: the epoch and the validation logits (float32) of every check, where the configuration keeps them.
        bends: where the clock shortened the schedule, as `Ending` keeps it.
        is_cut: whether the clock ended it, or shortened its schedule for good.
    """

    member: NetworkMember | None
    best_epoch: float
    history: tuple[Progress, ...]
    ended: str
    message: str
    n_steps: int
    valid_logits: Float[np.ndarray, "row output"] | None
    path: tuple[tuple[float, np.ndarray], ...] = ()
    bends: tuple[tuple[int, int], ...] = ()
    is_cut: bool = False
