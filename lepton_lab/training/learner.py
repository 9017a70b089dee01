"""A network that is being trained: it takes steps, and can be copied out at any time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from lepton_lab.networks.encoders import Encoder
from lepton_lab.networks.layout import BlockLike, Layout
from lepton_lab.networks.monotone import constrain
from lepton_lab.networks.new_network import new_network
from lepton_lab.networks.piecewise import choose_knots
from lepton_lab.networks.tabular import TabularConfig, TabularNetwork
from lepton_lab.quantiles import Quantiles
from lepton_lab.tasks import Task
from lepton_lab.training.batches import RowStream
from lepton_lab.training.compute import Compute
from lepton_lab.training.functions import Structure, Wishes, take_apart
from lepton_lab.training.network_member import NetworkMember
from lepton_lab.training.objects_at_hand import put_objects
from lepton_lab.training.optimizer import Batches, Learning, begin, chunk_of

# Numbers handed over for one chunk at most; wide tables get fewer steps a chunk.
_CHUNK_NUMBERS = 4_000_000


@dataclass(frozen=True)
class Rows:
    """Encoded rows with targets and weights."""

    x: np.ndarray
    y: np.ndarray
    weights: np.ndarray | None

    @staticmethod
    def of(x: np.ndarray, y: np.ndarray, weights: np.ndarray | None) -> Rows:
        """Rows as the loop wants them."""
        return Rows(np.ascontiguousarray(x, np.float32), np.asarray(y), weights)


class Learner:
    """Parameters, AdamW's moments and the rows they learn from.

    The rows of a chunk are gathered on the host, so that compiled programs know nothing of how many rows
    a table has: any number of rows runs the same program.
    """

    def __init__(
        self,
        blocks: Sequence[BlockLike],
        task: Task,
        train: Rows,
        *,
        sizes: TabularConfig,
        batch_size: int,
        weight_decay: float,
        seed: int,
        name: str,
        compute: Compute | None = None,
        encoders: Sequence[tuple[str, Encoder]] = (),
    ):
        self.task, self.name = task, name
        layout = Layout.of(blocks, max_one_hot=sizes.max_one_hot, encoders=encoders)
        knots = choose_knots(train.x[:, list(layout.numeric)], sizes.bins)
        network = new_network(layout, task.n_outputs, sizes, draw=np.random.default_rng([seed, 0]), knots=knots)
        network.outputs.bias = type(network.outputs.bias)(_prior(task, train, sizes.heads), decay=False)
        signs = [getattr(blocks[j], "monotone", 0) for j in layout.numeric]
        boxes = constrain(network, sizes, signs) if any(signs) and isinstance(network, TabularNetwork) else None
        structure, params, self._wishes = take_apart(network, boxes)
        location, scale = _affine(task)
        member = NetworkMember(name, params, layout, task.n_outputs, sizes, location, scale, structure).on(blocks)
        self._member, self._positions = member, member.params.positions
        if member.reader is not None:  # put once where the network runs, not at every chunk
            at_hand = put_objects(member.params.positions, member.reader.columns, member.reader.shelves, train.x)
            self._positions = jax.device_put(at_hand)
        compute = compute or Compute()
        self._run = chunk_of(structure, task, precision=compute.precision, mesh=compute.mesh(batch_size))
        self._learning: Learning = begin(np.asarray(params.flat))
        self._stream = RowStream(len(train.x), batch_size, seed)
        self._x, self._targets = train.x, task.targets(train.y)
        self._weights = _mean_one(train.weights, len(train.x))
        self.decay = np.float32(weight_decay)
        self._batch_size = batch_size
        self.step = 0
        self._chunks = 0
        self.steps_per_epoch = len(train.x) / batch_size
        self.numbers_a_step = batch_size * train.x.shape[1]
        self.capacity = _capacity(self.numbers_a_step)

    @property
    def is_warm(self) -> bool:
        """Whether the last chunk ran without compiling, so that its time tells how fast steps are."""
        return self._chunks > 1

    def advance(self, learning_rates: np.ndarray) -> float:
        """Take one step for each learning rate; their mean loss."""
        n_steps = len(learning_rates)
        batches = self.batches(learning_rates, self.capacity)
        positions = self._positions
        learning, loss = self._run(self._learning, positions, self._wishes, self.decay, batches, np.int32(n_steps))
        self.stepped(learning, n_steps)
        return float(loss)

    def batches(self, learning_rates: np.ndarray, capacity: int) -> Batches:
        """The rows of the next steps, one for each learning rate, padded to `capacity` steps."""
        rows = self._stream.rows(self.step, len(learning_rates))
        parts = (self._x[rows], self._targets[rows], self._weights[rows], learning_rates)
        return Batches(*[_padded(part, capacity) for part in parts])

    def stepped(self, learning: Learning, n_steps: int) -> None:
        """Take over what so many steps made of `learning`."""
        self._learning = learning
        self.step += n_steps
        self._chunks += 1

    @property
    def learning(self) -> Learning:
        """All that steps change."""
        return self._learning

    @property
    def structure(self) -> Structure:
        """The network's shape: learners of one shape and one kind of task run the same program."""
        return self._member.structure

    @property
    def fixed(self) -> tuple[Any, Wishes]:
        """What steps read and never change, the same for every learner of a shape on the same columns."""
        return self._positions, self._wishes

    def flat(self) -> np.ndarray:
        """A host copy of the parameters."""
        return np.array(self._learning.flat)

    def member(self, flat: np.ndarray | None = None) -> NetworkMember:
        """The network as it is, or with the given parameters."""
        return self._member.with_flat(self._learning.flat if flat is None else flat)

    def arrays(self) -> dict[str, np.ndarray]:
        """All that training changes."""
        return {name: np.array(value) for name, value in self._learning._asdict().items()}

    def restore(self, arrays: dict[str, np.ndarray]) -> None:
        """Stand where `arrays` stood."""
        self._learning = Learning(**{name: np.asarray(arrays[name]) for name in Learning._fields})
        self.step = int(arrays["step"])


def _padded(chunk: np.ndarray, capacity: int) -> np.ndarray:
    """The chunk at the length that was compiled; what lies beyond is never looked at."""
    padded = np.zeros((capacity, *chunk.shape[1:]), chunk.dtype)
    padded[: len(chunk)] = chunk
    return padded


def _capacity(numbers_a_step: int) -> int:
    """Most steps of a chunk: a power of two, so that wide and narrow tables alike keep chunks small."""
    return 1 << max(0, min(7, (_CHUNK_NUMBERS // max(numbers_a_step, 1)).bit_length() - 1))


def _affine(task: Any) -> tuple[float, float]:
    """From raw outputs to logits: location and scale, read off the task's own map."""
    at_zero, at_one = task.logits(np.array([[0.0], [1.0]]))[:, 0]
    return float(at_zero), float(at_one - at_zero)


def _prior(task: Task, train: Rows, n_heads: int) -> np.ndarray:
    """Output biases `(head, output)` that answer with the classes' shares: training starts from the trivial model."""
    if isinstance(task, Quantiles):
        own = (task.answer_without_columns(train.y, train.weights) - task.location) / task.scale
        return np.tile(own.astype(np.float32), (n_heads, 1))
    if not task.classes:
        return np.zeros((n_heads, task.n_outputs), np.float32)
    counts = np.bincount(train.y.astype(int), train.weights, minlength=len(task.classes)) + 1.0
    log_share = np.log(counts / counts.sum())
    bias = log_share[1:] - log_share[:1] if task.n_outputs == 1 else log_share
    return np.tile(bias.astype(np.float32), (n_heads, 1))


def _mean_one(weights: np.ndarray | None, n_rows: int) -> np.ndarray:
    """Weights whose mean is 1, so that the learning rate keeps its meaning."""
    if weights is None:
        return np.ones(n_rows, np.float32)
    weights = np.asarray(weights, np.float64)
    return (weights / weights.mean()).astype(np.float32)
