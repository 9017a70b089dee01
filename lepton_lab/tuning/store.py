"""Trials on disk: one file a trial, written whole at every rung it reaches.

A killed study is run again from its start, with the same seed, and reads what it finds here instead of
training it: the samplers are told the same and so ask the same. What cannot be read is trained again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.tuning.contender import Stored

if TYPE_CHECKING:
    from lepton_lab.journal import RunFolder


@dataclass(frozen=True)
class Store:
    """Where a study keeps its trials.

    Args:
        run: the run's folder; None keeps nothing.
        resume: whether to look for what an earlier process left.
    """

    run: RunFolder | None = None
    resume: bool = False

    def load(self, name: str, member: str, params: Mapping[str, Any]) -> Stored | None:
        """What was kept of a trial, if it is this very trial."""
        kept = self.run.load_checkpoint(f"trial-{name}") if self.run is not None and self.resume else None
        if kept is None or (kept[1].get("member"), kept[1].get("params")) != (member, dict(params)):
            return None
        return kept

    def batches(self) -> list[int]:
        """Sizes of the batches that an earlier process asked for; they depended on its clock."""
        kept = self.run.load_checkpoint("batches") if self.run is not None and self.resume else None
        return [] if kept is None else [int(n) for n in kept[1]["sizes"]]

    def save_batches(self, sizes: Sequence[int]) -> None:
        """Keep the sizes of the batches so far."""
        if self.run is not None:
            self.run.save_checkpoint("batches", {}, {"sizes": list(sizes)})

    def save(self, name: str, arrays: dict[str, np.ndarray], meta: dict[str, Any]) -> None:
        """Keep a trial as it stands."""
        if self.run is not None:
            self.run.save_checkpoint(f"trial-{name}", arrays, meta)
