"""lepton-lab's step: the loop's compiled chunk, fed as the loop feeds it."""

from __future__ import annotations

import jax
import numpy as np

from lepton_lab.tasks import Binary
from lepton_lab.training.batches import RowStream
from lepton_lab.training.functions import take_apart
from lepton_lab.training.learner import _padded
from lepton_lab.training.optimizer import Batches, begin, chunk_of
from training_peers.architectures import Architecture

RATE, DECAY = 1e-3, 0.01
# Steps a compiled chunk, the loop's own number for tables as narrow.
CHUNK = 128


class Ours:
    """A network in training."""

    def __init__(self, architecture: Architecture):
        self.batch = architecture.batch
        x, y = architecture.rows()
        self.x, self.y, self.weights = x, y, np.ones(len(x), np.float32)
        self.structure, self.params, self.wishes = take_apart(architecture.module())
        self.run = chunk_of(self.structure, Binary("no", "yes"))
        self.learning = begin(np.asarray(self.params.flat))
        self.stream = RowStream(len(x), self.batch, 0)
        self.step = 0

    def named(self) -> list[tuple[str, np.ndarray, float, float]]:
        """Each parameter's name, first numbers, rate and decay."""
        leaves = jax.tree.leaves(self.structure.unflatten(np.asarray(self.params.flat)))
        ends = np.cumsum([leaf.size for leaf in leaves])
        rates, decays = (np.asarray(part) for part in self.wishes[:2])
        return [
            (name, leaf, float(rates[end - 1]), float(decays[end - 1]))
            for name, leaf, end in zip(self.structure.names, leaves, ends, strict=True)
            if leaf.size
        ]

    def train(self, n_steps: int, capacity: int = CHUNK) -> float:
        """So many steps; the mean loss."""
        rows = self.stream.rows(self.step, n_steps)
        rates = np.full(n_steps, RATE, np.float32)
        parts = (self.x[rows], self.y[rows], self.weights[rows], rates)
        batches = Batches(*[_padded(part, capacity) for part in parts])
        self.learning, loss = self.run(
            self.learning, self.params.positions, self.wishes, np.float32(DECAY), batches, np.int32(n_steps)
        )
        self.step += n_steps
        return float(loss)
