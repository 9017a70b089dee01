"""Small problems with known answers, and a way to train on them quickly."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from lepton_lab.tasks import Binary, Multiclass, Regression, Task
from lepton_lab.training.control import Control
from lepton_lab.training.loop import fit_network
from lepton_lab.training.loop_config import LoopConfig
from lepton_lab.training.network_fit import NetworkFit
from lepton_lab.training.progress import Progress
from tests.networks.examples import SMALL, Block, blocks

CONFIG = LoopConfig(network=SMALL, n_epochs=20, batch_size=64)


@dataclass(frozen=True)
class Problem:
    """Encoded rows and a target."""

    blocks: tuple[Block, ...]
    task: Task
    x: np.ndarray
    y: np.ndarray


def xor(n_rows: int = 1200, seed: int = 0) -> Problem:
    """The sign of a product: no linear rule is better than a coin."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(n_rows, 3)).astype(np.float32)
    return Problem(blocks(0, 0, 0), Binary("no", "yes"), x, (x[:, 0] * x[:, 1] > 0).astype(np.int32))


def linear(n_rows: int = 1200, seed: int = 0) -> Problem:
    """A number that is a sum of columns, far from zero."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(n_rows, 3)).astype(np.float32)
    y = 1000 + 50 * (np.clip(x[:, 0], -2, 2) - 0.5 * np.clip(x[:, 1], -2, 2))
    return Problem(blocks(0, 0, 0), Regression.of(y), x, y)


def three_classes(n_rows: int = 1200, seed: int = 0) -> Problem:
    """The class is a category column's code; missing numbers beside it."""
    draw = np.random.default_rng(seed)
    x = np.stack([draw.integers(2, 5, n_rows), draw.normal(size=n_rows)], axis=1).astype(np.float32)
    x[::5, 1] = np.nan
    return Problem(blocks(5, 0), Multiclass(("a", "b", "c")), x, (x[:, 0] - 2).astype(np.int32))


def train(problem: Problem, *, config: LoopConfig = CONFIG, n_valid: int = 300, **options: Any) -> NetworkFit:
    """`fit_network` with the last rows as validation rows."""
    x, y = problem.x, problem.y
    cut = len(x) - n_valid
    weights = options.pop("weights", None)
    valid = (None, None) if n_valid == 0 else (x[cut:], y[cut:])
    return fit_network(problem.blocks, problem.task, x[:cut], y[:cut], weights, *valid, config=config, **options)


class Recorder:
    """A report that remembers, and may do something at a given call."""

    def __init__(self, at: int = -1, do: Any = None):
        self.seen: list[Progress] = []
        self.times: list[float] = []
        self.at, self.do = at, do

    def __call__(self, progress: Progress) -> None:
        self.seen.append(progress)
        self.times.append(time.monotonic())
        if len(self.seen) - 1 == self.at:
            self.do()


def control(recorder: Recorder, **options: Any) -> Control:
    """A control that reports to the recorder."""
    return Control(report=recorder, **options)
