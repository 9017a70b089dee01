"""What is told while a fit runs: every part's progress on one clock, and kept for the curves."""

from __future__ import annotations

import math
import os
import time
from collections import Counter
from dataclasses import replace

import jax

from lepton_lab.training.control import Control
from lepton_lab.training.progress import Progress

# Curves longer than this are thinned: they are stored in every model file.
_MOST_RECORDS = 600


class Telling:
    """Passes progress on with the fold and the time since the fit began."""

    def __init__(self, control: Control, metric: str) -> None:
        self._outer, self._metric = control, metric
        self._began = time.monotonic()
        self._device = _device()
        self.kept: list[Progress] = []
        self.control = Control(self.say, control.stop, control.deadline)

    def say(self, progress: Progress) -> None:
        """Tell of a part's progress."""
        left_s = max(0.0, self._outer.remaining_s())
        progress = replace(
            progress,
            elapsed_s=time.monotonic() - self._began,
            metric_name=progress.metric_name or self._metric,
            left_s=left_s if math.isfinite(left_s) else None,
            device=self._device,
        )
        if progress.valid_loss is not None:
            self.kept.append(progress)
        self._outer.report(progress)

    @property
    def history(self) -> list[Progress]:
        """Records with a validation loss, evenly thinned where there are many."""
        step = max(1, -(-len(self.kept) // _MOST_RECORDS))
        return self.kept[::step]

    def notes(self) -> tuple[str, ...]:
        """How the fit was ended from outside, if it was."""
        ended = self._outer.ended()
        if ended == "interrupt":
            return ("training was stopped by the user; the best weights so far were kept.",)
        return ()


def _device() -> str:
    """What the network is trained on, in words: `2 CPU cores`, `2 x NVIDIA H100`."""
    devices = jax.devices()
    if devices[0].platform == "cpu":
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return f"{cores} CPU core{'' if cores == 1 else 's'}"
    return " + ".join(f"{n} x {kind}" for kind, n in Counter(device.device_kind for device in devices).items())


def in_fold(control: Control, fold: int, n_folds: int) -> Control:
    """A control whose progress says which fold it is of; as it is where there is one."""
    if n_folds == 1:
        return control
    return replace(control, report=lambda p: control.report(replace(p, fold=fold, n_folds=n_folds)))
