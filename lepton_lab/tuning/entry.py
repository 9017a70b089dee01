"""A contender on its way through the rungs: its values and time, and what the journal knows of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from lepton_lab.fitting.grown import Grown, out_of_fold
from lepton_lab.tuning.contender import Contender, Stored
from lepton_lab.tuning.setting import Setting
from lepton_lab.tuning.store import Store
from lepton_lab.tuning.trial import Trial


@dataclass
class Entry:
    """One trial while it is searched.

    Args:
        number: of the trial.
        contender: what trains.
        ticket: the sampler's number for it; None for one that was not asked for.
        values: at each rung reached.
        seconds: of training so far.
        state: of the trial; `waiting` until it is decided.
        kept: what an earlier process left of it, until it is needed.
    """

    number: int
    contender: Contender
    ticket: int | None = None
    values: list[float] = field(default_factory=list)
    seconds: float = 0.0
    state: str = "waiting"
    kept: Stored | None = None

    @property
    def name(self) -> str:
        """Of its file."""
        return f"{self.number:04d}" + ("" if self.number else f"-{self.contender.member}")

    def trial(self) -> Trial:
        """As the study reports it."""
        c = self.contender
        return Trial(self.number, c.member, dict(c.params), tuple(self.values), self.state, self.seconds)

    def fold_s(self, n_folds: int) -> float:
        """Seconds of one fold's training, compilation left out where it is known."""
        known = self.contender.full_s()
        return self.seconds / n_folds if known is None else known

    def look_up(self, store: Store) -> None:
        """Take over the values that an earlier process found."""
        self.kept = store.load(self.name, self.contender.member, self.contender.params)
        if self.kept is not None:
            self.values = [float("nan") if v is None else v for v in self.kept[1]["values"]]
            self.seconds = self.kept[1]["seconds"]

    def knows(self, rung: int) -> bool:
        """Whether its value at a rung is known without training."""
        return len(self.values) > rung

    def ready(self) -> Contender:
        """The contender, standing where it stood when it was kept."""
        if self.kept is not None:
            self.contender.restore(self.kept)
            self.kept = None
        return self.contender

    def arrived(self, rung: int, setting: Setting, store: Store) -> None:
        """Judge it at a rung it has just reached, and keep it."""
        grown = self.contender.grown()
        # Rungs passed over (the default recipe goes straight to the last) have the same value.
        value = setting.score(judged_logits(grown)) if grown else float("nan")
        self.values += [value] * (rung + 1 - len(self.values))
        self.keep(store)

    def keep(self, store: Store, *, whole: bool = True) -> None:
        """Write it to the journal; one that is out needs only its values kept."""
        arrays, meta = self.contender.stored() if whole else ({}, {})
        values = [v if np.isfinite(v) else None for v in self.values]
        about = {"member": self.contender.member, "params": dict(self.contender.params)}
        store.save(self.name, arrays, meta | about | {"values": values, "seconds": self.seconds})


def judged_logits(grown: Sequence[Grown]) -> np.ndarray:
    """Logits of the validation rows of all folds, each ended where the other folds choose."""
    return np.concatenate(out_of_fold(grown))


def timed(entries: Sequence[Entry], work: Callable[[], Sequence[str]]) -> Sequence[str]:
    """Do the work, and share its time among the entries."""
    began = time.perf_counter()
    endings = work()
    for entry in entries:
        entry.seconds += (time.perf_counter() - began) / len(entries)
    return endings
