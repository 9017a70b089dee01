"""AdamW on one flat vector, run for a chunk of steps in one compiled call."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, Float, Int, Shaped

from lepton_lab.quantiles import Quantiles
from lepton_lab.tasks import Task
from lepton_lab.training.compute import matmuls_in_bfloat16
from lepton_lab.training.functions import Structure, Wishes
from lepton_lab.training.parts import cut, leaves_of, parts_of, pieces_of, wishes_of

# A second moment that forgets sooner than Adam's usual 0.999: tabular runs are short.
BETA_1, BETA_2, EPSILON = 0.9, 0.95, 1e-8


class Learning(NamedTuple):
    """The part of training that changes at every step: parameters, AdamW's two moments, the step's number."""

    flat: Float[Array, "parameter"] | Float[np.ndarray, "parameter"]
    mu: Float[Array, "parameter"] | Float[np.ndarray, "parameter"]
    nu: Float[Array, "parameter"] | Float[np.ndarray, "parameter"]
    step: Int[Array, ""] | Int[np.ndarray, ""]


class Batches(NamedTuple):
    """The rows of a chunk's steps. Steps beyond the chunk's length are never looked at."""

    x: Float[np.ndarray, "step batch column"] | Float[Array, "step batch column"]
    targets: Shaped[np.ndarray, "step batch"] | Shaped[Array, "step batch"]
    weights: Float[np.ndarray, "step batch"] | Float[Array, "step batch"]
    learning_rate: Float[np.ndarray, "step"] | Float[Array, "step"]


def begin(flat: np.ndarray) -> Learning:
    """Before the first step. Numpy arrays: nothing is compiled to make zeros."""
    return Learning(flat, np.zeros_like(flat), np.zeros_like(flat), np.zeros((), np.int32))


RunChunk = Callable[..., tuple[Learning, Float[Array, ""]]]


def chunk_of(structure: Structure, task: Task, *, precision: str = "float32", mesh: Mesh | None = None) -> RunChunk:
    """The compiled chunk `(learning, positions, wishes, weight_decay, batches, n_steps) -> (learning, loss)`.

    The loss is the mean over the chunk's steps. The number of steps, the learning rates and the decay are
    arguments of the running program, so that changing them compiles nothing. A loss depends on the kind of
    the task, not on the names of its classes: tasks of one kind share the program.

    Args:
        structure: the network's shape.
        task: gives the loss.
        precision: of matmuls, `float32` or `bfloat16`.
        mesh: devices that share the rows of each batch along its axis `data`; None for one device.
    """
    return _chunk_of(structure, _Loss(_kind_of(task), task), precision, mesh)


def _kind_of(task: Task) -> str:
    """What a loss depends on; of quantiles their levels too."""
    return f"{task.name} {task.levels}" if isinstance(task, Quantiles) else task.name


@dataclass(frozen=True)
class _Loss:
    """A task compared by its kind alone."""

    kind: str
    task: Task

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Loss) and self.kind == other.kind

    def __hash__(self) -> int:
        return hash(self.kind)


@functools.lru_cache(maxsize=64)
def _chunk_of(structure: Structure, loss: _Loss, precision: str, mesh: Mesh | None) -> RunChunk:
    run = _steps_of(structure, loss, precision)
    if mesh is None:
        return jax.jit(run)
    # Every device holds all parameters and takes its share of the rows; XLA adds the gradients up.
    whole, shared = NamedSharding(mesh, PartitionSpec()), NamedSharding(mesh, PartitionSpec(None, "data"))
    batches = Batches(shared, shared, shared, whole)  # type: ignore[arg-type]
    return jax.jit(run, in_shardings=(whole, whole, whole, whole, batches, whole), out_shardings=whole)


def many_chunks_of(structure: Structure, task: Task) -> RunChunk:
    """The compiled chunk of many trainings at once, each a lane with parameters, decay, rows and rates of its own.

    Takes what `chunk_of` takes, with `learning`, `weight_decay`, `batches` and `n_steps` stacked along a first
    axis. A lane whose steps are done waits, unchanged, for the others.
    """
    return _many_chunks_of(structure, _Loss(_kind_of(task), task))


@functools.lru_cache(maxsize=64)
def _many_chunks_of(structure: Structure, loss: _Loss) -> RunChunk:
    return jax.jit(jax.vmap(_steps_of(structure, loss, "float32"), in_axes=(0, None, None, 0, 0, 0)))


def _steps_of(structure: Structure, loss: _Loss, precision: str) -> RunChunk:
    """The chunk before it is compiled."""
    parts = parts_of(structure)

    def batch_loss(tree: Any, positions: Any, x: Any, targets: Any, weights: Any, step: Any) -> Float[Array, ""]:
        outputs, mix = nnx.merge(structure.graph, tree, positions).learning(x, step)

        def row_losses(targets: Any) -> Float[Array, "row"]:
            spread = jnp.broadcast_to(targets[:, None], outputs.shape[:2])
            # Every head answers for its own errors: averaging the heads first would let them lean on each other.
            return loss.task.loss(outputs, spread).mean(axis=1)

        own = row_losses(targets) * weights
        if mix is None:
            return own.mean()
        others = row_losses(targets[mix.other]) * weights[mix.other]
        return (mix.share * own + (1 - mix.share) * others).mean()

    loss_and_gradient = jax.value_and_grad(batch_loss)
    if precision == "bfloat16":
        loss_and_gradient = matmuls_in_bfloat16(loss_and_gradient)

    def run(
        learning: Learning, positions: Any, wishes: Wishes, weight_decay: Any, batches: Batches, n_steps: Any
    ) -> Any:
        wished = wishes_of(parts, wishes)

        def one_step(i: Any, carry: tuple[list[Learning], Any]) -> tuple[list[Learning], Any]:
            now, total = carry
            tree = jax.tree.unflatten(structure.tree, leaves_of(parts, [piece.flat for piece in now]))
            rows = batches.x[i], batches.targets[i], batches.weights[i]
            value, gradient = loss_and_gradient(tree, positions, *rows, now[0].step)
            slopes, rate = pieces_of(parts, jax.tree.leaves(gradient)), batches.learning_rate[i]
            each = zip(now, slopes, wished, strict=True)
            return [update(one, slope, rate, weight_decay, wish) for one, slope, wish in each], total + value

        cuts = zip(*(cut(parts, flat) for flat in learning[:3]), strict=True)
        start = [Learning(flat, mu, nu, learning.step) for flat, mu, nu in cuts]
        now, total = jax.lax.fori_loop(0, n_steps, one_step, (start, jnp.zeros((), jnp.float32)))
        flat, mu, nu, (step, *_) = zip(*now, strict=True)
        learning = Learning(jnp.concatenate(flat), jnp.concatenate(mu), jnp.concatenate(nu), step)
        return learning, total / jnp.maximum(n_steps, 1).astype(jnp.float32)

    return run


def update(
    now: Learning, gradient: Float[Array, "parameter"], learning_rate: Any, weight_decay: Any, wishes: Wishes
) -> Learning:
    """One AdamW step; each parameter's rate and decay as it wishes.

    Source: Loshchilov and Hutter 2019, arXiv:1711.05101. Equal to `optax.adamw` where no parameter has wishes
        (tested); optax's own does not run under strict dtype promotion, which a user may have switched on.
    """
    step = now.step + 1
    count = step.astype(gradient.dtype)
    mu = BETA_1 * now.mu + (1 - BETA_1) * gradient
    nu = BETA_2 * now.nu + (1 - BETA_2) * gradient * gradient
    # The corrections of the first steps are one number each: a division a parameter is left.
    of_mu, of_nu = 1 / (1 - BETA_1**count), jax.lax.rsqrt(1 - BETA_2**count)
    direction = of_mu * mu / (of_nu * jnp.sqrt(nu) + EPSILON)
    change = direction + weight_decay * wishes.decay * now.flat
    return Learning(_inside(now.flat - learning_rate * wishes.rate * change, wishes), mu, nu, step)


def _inside(flat: Any, wishes: Wishes) -> Any:
    """The parameters, those that left their box put back on its edge: projected AdamW."""
    return flat if wishes.low is None else jnp.clip(flat, wishes.low, wishes.high)
