"""Proposals by gradient: where the network says a row should go, from many starts at once.

The network's first layer is a sum over columns, so a soft choice between values is a weighted sum of their
projections. Every column, number or category, has such a choice: stay, or one of its tried values. The
weights follow the gradient of (what is missing to the goal + the distance of the choice) by multiplicative
steps, and are then rounded to whole values; a proposal therefore never leaves the values that occur.

Only the network is followed; the other members are held at the row. So a proposal is a guess: the search
repairs it and asks the whole model.

Source: the loss is that of Wachter et al. 2018 (arXiv:1711.00399); theirs moves raw inputs and checks nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from lepton_lab.explanation.counterfactual.goal import Goals
from lepton_lab.explanation.counterfactual.space import OWN, Space
from lepton_lab.explanation.estimate import Pace
from lepton_lab.trained import TrainedModel
from lepton_lab.training.network_member import NetworkMember

# Starts of each row, and starts followed at once: one compiled shape for any number of rows.
STARTS, AT_ONCE = 8, 128
STEPS, STEP_SIZE = 20, 0.8
# A column's weight of change from which it is rounded to its likeliest value; both are tried.
ROUND_AT = (0.5, 0.15)
# Seconds that the first compilation may take: not begun with less time left.
COMPILE_S = 3.0

_compiled: set[tuple[Any, ...]] = set()


@dataclass(frozen=True)
class NetworkGuide:
    """What is followed: a network, and its share of each output of the blend.

    Args:
        member: the network.
        share: from its logits to the blend's.
    """

    member: NetworkMember
    share: float


def guide_of(model: TrainedModel) -> NetworkGuide | None:
    """The model's network, if it has one that counts."""
    for weight, member in zip(model.blend.weights, model.members, strict=True):
        if isinstance(member, NetworkMember) and weight > 0:
            return NetworkGuide(member, float(weight) * model.blend.scale)
    return None


def propose(
    guide: NetworkGuide,
    space: Space,
    goals: Goals,
    logits: Float[np.ndarray, "row output"],
    pace: Pace,
    seed: int,
) -> tuple[Int[np.ndarray, " state"], Int[np.ndarray, "state column"]]:
    """States that the network would send to their goals; none where the time is too short to compile.

    Args:
        guide: the network.
        space: the rows, and what may be changed.
        goals: one a row.
        logits: the whole model's, of the rows as they are.
        pace: whose end is looked at between compiled calls.
        seed: of the starts.
    """
    shape = (guide.member.structure, space.tried.shape, goals.planes.shape[1:])
    if shape not in _compiled and pace.ended(COMPILE_S):
        return np.zeros(0, np.int64), np.zeros((0, space.n_columns), np.int64)
    problem = _problem(guide, space, goals, logits)
    rows = np.repeat(np.arange(space.n_rows), STARTS)
    starts = _starts(space, rows, seed)
    found = []
    for at in range(0, len(rows), AT_ONCE):
        if pace.ended():
            break
        part = slice(at, at + AT_ONCE)
        weights = _follow(guide, problem, rows[part], tuple(array[part] for array in starts))
        found.append((rows[part], weights))
        _compiled.add(shape)
    rounded = [(rows_of, _rounded(space, weights, at)) for rows_of, weights in found for at in ROUND_AT]
    if not rounded:
        return np.zeros(0, np.int64), np.zeros((0, space.n_columns), np.int64)
    return np.concatenate([r for r, _ in rounded]), np.concatenate([s for _, s in rounded])


def random_proposals(space: Space, seed: int) -> tuple[Int[np.ndarray, " state"], Int[np.ndarray, "state column"]]:
    """Random changes of a few columns, for a model without a network."""
    rng = np.random.default_rng([seed, 14])
    rows = np.repeat(np.arange(space.n_rows), STARTS)
    which = rng.integers(0, space.tried.shape[1], (len(rows), space.n_columns))
    columns = np.arange(space.n_columns)
    positions = space.tried[columns, which]
    allowed = space.allowed[rows[:, None], columns, np.maximum(positions, 0)] & (positions >= 0)
    moved = allowed & (rng.random(positions.shape) < 3 / space.n_columns)
    return rows, np.where(moved, positions, OWN)


@dataclass(frozen=True)
class _Problem:
    """What the compiled function takes, for all rows: see `_descend`."""

    own: np.ndarray
    tried: np.ndarray
    price: np.ndarray
    allowed: np.ndarray
    planes: np.ndarray
    rest_of_margin: np.ndarray
    gap: np.ndarray


def _problem(guide: NetworkGuide, space: Space, goals: Goals, logits: np.ndarray) -> _Problem:
    member, columns = guide.member, np.arange(space.n_columns)
    positions = np.maximum(space.tried, 0)
    tried_x = space.values.x[columns[:, None], positions]
    there = space.allowed[:, columns[:, None], positions] & (space.tried >= 0)
    price = space.measure.of_change(
        np.broadcast_to(space.own[:, None], (space.n_rows, tried_x.shape[1], space.n_columns)),
        np.broadcast_to(tried_x.T, (space.n_rows, *tried_x.T.shape)),
    )
    everyone = np.arange(space.n_rows)
    raw = member.outputs(space.own).astype(np.float64)
    along = np.einsum("rpo,ro->rp", goals.planes, np.asarray(logits, np.float64)) - goals.offsets
    scaled = goals.planes * (guide.share * member.scale)
    gap = np.maximum(-goals.margin(everyone, logits), goals.slack)
    return _Problem(
        member.project(space.own).astype(np.float32),
        member.project(np.ascontiguousarray(tried_x.T)).transpose(1, 0, 2).astype(np.float32),
        price.transpose(0, 2, 1).astype(np.float32),
        there,
        (scaled / gap[:, None, None]).astype(np.float32),
        ((along - np.einsum("rpo,ro->rp", scaled, raw)) / gap[:, None]).astype(np.float32),
        gap,
    )


def _starts(space: Space, rows: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """For each start: first log-weights, columns left out, weight of the goal, and by how much to overshoot.

    The first start of a row uses all columns; the others each leave some out, so that they find other ways.
    """
    rng = np.random.default_rng([seed, 13])
    shape = (len(rows), *space.tried.shape)
    which = np.arange(len(rows)) % STARTS
    noise = rng.normal(size=shape) * np.where(which == 0, 0.1, 0.7)[:, None, None]
    used = (rng.random(shape[:2]) < 0.6) | (which < 2)[:, None]
    strength = np.array([3.0, 8.0])[which % 2]
    overshoot = np.array([0.2, 0.2, 0.6, 0.6, 1.2, 1.2, 0.0, 0.0])[which % 8]
    return noise.astype(np.float32), used, strength.astype(np.float32), overshoot.astype(np.float32)


def _follow(
    guide: NetworkGuide, problem: _Problem, rows: np.ndarray, starts: tuple[np.ndarray, ...]
) -> Float[np.ndarray, "start column choice"]:
    """The weights that some starts end at, through one compiled shape."""
    noise, used, strength, overshoot = starts
    allowed = problem.allowed[rows] & used[:, :, None]
    pure = guide.member.functions
    arrays = (problem.own[rows], problem.price[rows], allowed, problem.planes[rows], problem.rest_of_margin[rows])
    padded = [_padded(array) for array in (*arrays, noise, strength, overshoot)]
    out = _descend(pure.bias, pure.rest, guide.member.params, problem.tried, *padded)
    return np.asarray(out)[: len(rows)]


def _padded(array: np.ndarray) -> np.ndarray:
    """The starts, then copies of the last one, up to a fixed number."""
    short = AT_ONCE - len(array)
    return array if not short else np.concatenate([array, np.repeat(array[-1:], short, axis=0)])


def _rounded(space: Space, weights: np.ndarray, at: float) -> np.ndarray:
    """Whole values: a column whose weight of change is at least `at` takes the likeliest of its values."""
    likeliest = weights[:, :, 1:].argmax(axis=2)
    positions = space.tried[np.arange(space.n_columns), likeliest]
    moves = (1 - weights[:, :, 0] >= at) & (weights[:, :, 1:].max(axis=2) > 1e-6)
    return np.where(moves, positions, OWN)


@functools.partial(jax.jit, static_argnames=("bias", "rest"))
def _descend(
    bias: Callable[..., Any], rest: Callable[..., Any], params: Any,
    tried: Float[Array, "column choice hidden"],
    own: Float[Array, "start column hidden"],
    price: Float[Array, "start column choice"],
    allowed: Any,
    planes: Float[Array, "start plane output"],
    rest_of_margin: Float[Array, "start plane"],
    noise: Float[Array, "start column choice"],
    strength: Float[Array, " start"],
    overshoot: Float[Array, " start"],
) -> Float[Array, "start column choice_or_stay"]:  # fmt: skip
    """Follow every start: weights of staying, then of each tried value, in each column."""
    offset = bias(params)

    def loss(weights: Any) -> Any:
        hidden = offset + jnp.einsum("sc,sch->sh", weights[:, :, 0], own)
        hidden = hidden + jnp.einsum("sck,ckh->sh", weights[:, :, 1:], tried)
        margin = (jnp.einsum("spo,so->sp", planes, rest(params, hidden)) + rest_of_margin).min(axis=1)
        # In units of the gap: -1 at the row, 0 at the goal. Staying costs nothing.
        missing = jax.nn.relu(overshoot - margin)
        return (strength * missing + (weights[:, :, 1:] * price).sum(axis=(1, 2))).sum()

    stay = jnp.full((*price.shape[:2], 1), 2.0, price.dtype)
    start = jnp.concatenate([stay, jnp.where(allowed, noise, -1e9)], axis=2)

    def step(scores: Any, _: Any) -> tuple[Any, None]:
        slope = jax.grad(loss)(jax.nn.softmax(scores, axis=2))
        return scores - STEP_SIZE * jnp.clip(slope, -5.0, 5.0), None

    return jax.nn.softmax(jax.lax.scan(step, start, None, length=STEPS)[0], axis=2)
