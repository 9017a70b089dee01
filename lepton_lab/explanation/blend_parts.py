"""The members of a blend as parts of its values: in closed form where there is one, else as games.

A part's values are in the blend's logits: the member's own times its share, centred over the classes.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import Float64, Int

from lepton_lab.data.mix_rows import stack_rows
from lepton_lab.explanation.estimate import Estimate, Pace
from lepton_lab.explanation.explain_trees import tree_values
from lepton_lab.explanation.forms import AdditiveForm
from lepton_lab.explanation.game import Game
from lepton_lab.explanation.groups import Groups
from lepton_lab.explanation.jax_game import JaxGame
from lepton_lab.explanation.kept_background import KeptBackground
from lepton_lab.explanation.memory import row_blocks
from lepton_lab.explanation.options import ExplainOptions
from lepton_lab.explanation.predict_game import PredictGame
from lepton_lab.members.linear import LinearMember
from lepton_lab.members.trees import TreesMember
from lepton_lab.tasks import are_shifted
from lepton_lab.trained import TrainedModel
from lepton_lab.training.network_member import NetworkMember

# Rows of trees between two looks at the clock, at first; then as many as take about this long, up to a limit.
TREE_ROWS, MOST_TREE_ROWS = 256, 1024
TREE_S = 0.5
# Of a budget, what the trees may take: the rows that they reach must be explained by the network too.
TREE_SHARE = 0.5


@dataclass(frozen=True)
class BlendRows:
    """Rows of a blend, and what they are compared with.

    Args:
        model: whose blend is explained.
        x: encoded rows.
        background: encoded reference rows.
        weights: of the reference rows, summing to 1.
        players: columns, or groups of them.
        kept: what is kept of the background between questions.
    """

    model: TrainedModel
    x: np.ndarray
    background: np.ndarray
    weights: Float64[np.ndarray, " reference"]
    players: Groups
    kept: KeptBackground = field(default_factory=KeptBackground, repr=False, compare=False)
    # The closed part, once it is known: a stream asks for it at every stage. Other rows begin without one.
    _closed: list[Estimate] = field(default_factory=list, init=False, repr=False, compare=False)

    def closed_part(self, pace: Pace) -> Estimate:
        """The sum of all members with a closed form; for the first rows only where a stop or the budget ends it."""
        if not self._closed:
            self._closed.append(_closed_part(self, pace))
        return self._closed[0]


@dataclass(frozen=True)
class GamePart:
    """A member without a closed form.

    Args:
        game: of its outputs.
        factor: from these to the blend's logits.
        name: in words, with what follows it.
    """

    game: Game
    factor: float
    name: str = ""


def _closed_part(rows: BlendRows, pace: Pace) -> Estimate:
    estimate = constant_part(len(rows.x), rows.players.n_players, rows.model.task.n_outputs)
    for member, share in used_members(rows.model):
        if isinstance(member, LinearMember):
            part = exact_part(_linear(member, rows), "linear in closed form", ours=True)
        elif isinstance(member, TreesMember):
            part = exact_part(_trees(member, rows, pace), "trees exactly", ours=True)
        else:
            continue
        estimate = added(estimate, scaled(part, share, are_shifted(rows.model.task)))
    # It is kept for the next stage.
    return replace(estimate, ours=False)


def game_parts(rows: BlendRows, n_rows: int) -> list[GamePart]:
    """The games of the other members, of the first rows; the network last, which uses what is left of a budget."""
    x = rows.x[:n_rows]
    player_of = None if rows.players.single else rows.players.player_of
    parts, networks = [], []
    for member, share in used_members(rows.model):
        if isinstance(member, NetworkMember):
            # The raw network, scaled later in float64: a large target unit costs no precision.
            made = functools.partial(
                network_game, member, x, rows.background, player_of, shifts=are_shifted(rows.model.task)
            )
            # A game at hand knows the objects of its own rows, and no others.
            game = made() if member.reader else rows.kept.game(member, x, player_of, made)
            networks.append(GamePart(game, share * member.scale, "network by "))
        elif not isinstance(member, (LinearMember, TreesMember)):
            game = PredictGame(member.logits, stack_rows(x, rows.background), rows.players)
            parts.append(GamePart(game, share))
    return parts + networks


def used_members(model: TrainedModel) -> list[tuple[Any, float]]:
    """The members that have a share in the blend's logits, and that share."""
    shares = np.asarray(model.blend.weights, np.float64) * model.blend.scale
    return [(member, float(share)) for member, share in zip(model.members, shares, strict=True) if share != 0]


def network_game(
    member: NetworkMember,
    x: np.ndarray,
    background: np.ndarray,
    player_of: tuple[int, ...] | None = None,
    *,
    shifts: bool = True,
) -> JaxGame:
    """The game of a network's raw outputs, centred over classes: errors are then those of centred logits."""
    read = member.holding(x, background)
    pure = read.functions
    form = AdditiveForm(pure.project, pure.bias, _Centred(pure.rest) if shifts and member.n_outputs > 1 else pure.rest)
    grouped = {} if player_of is None else {"player_of": player_of}
    return JaxGame(form, read.params, x, np.asarray(background, np.float32), **grouped)


def for_part(options: ExplainOptions, part: GamePart, n_parts: int) -> ExplainOptions:
    """A half-width is asked of the blend's logits; a part may be wider or narrower by its factor."""
    wanted = options.halfwidth and options.halfwidth / (abs(part.factor) * n_parts)
    return replace(options, halfwidth=wanted)


@dataclass(frozen=True)
class _Centred:
    """`rest`, centred over the classes. Equal where `rest` is."""

    rest: Callable[[Any, Any], Any]

    def __call__(self, params: Any, hidden: Any) -> Any:
        """Logits of hidden states, less their mean over the classes."""
        logits = self.rest(params, hidden)
        return logits - logits.mean(axis=-1, keepdims=True)


def _linear(member: LinearMember, rows: BlendRows) -> Float64[np.ndarray, "row player output"]:
    base = np.einsum("b,bfo->fo", rows.weights, member.contributions(rows.background))
    values = np.empty((len(rows.x), rows.players.n_players, base.shape[1]))
    for some in row_blocks(len(rows.x)):
        values[some] = rows.players.sums(member.contributions(rows.x[some]) - base)
    return values


def _trees(member: TreesMember, rows: BlendRows, pace: Pace) -> Float64[np.ndarray, "row player output"]:
    """Values of the rows that were reached: at least the first ones, in chunks."""
    until = None if pace.budget_s is None else TREE_SHARE * pace.budget_s
    share = replace(pace, budget_s=until)
    values = np.zeros((len(rows.x), rows.players.n_players, member.forest.n_outputs))
    n_done, n_chunk, chunk_s = 0, TREE_ROWS, 0.0
    while n_done < len(rows.x) and not (n_done and share.ended(chunk_s)):
        began = time.monotonic()
        x = rows.x[n_done : n_done + n_chunk]
        values[n_done : n_done + len(x)] = tree_values(
            member, x, rows.background, rows.weights, rows.players, rows.kept.patterns
        )
        n_done, chunk_s = n_done + len(x), time.monotonic() - began
        n_chunk = int(np.clip(len(x) * TREE_S / max(chunk_s, 1e-6), TREE_ROWS, MOST_TREE_ROWS))
        if n_done < len(rows.x):
            pace.tell(0.0, 0, f"trees, {n_done} of {len(rows.x)} rows")
    return values[:n_done]


def constant_part(n_rows: int, n_players: int, n_outputs: int) -> Estimate:
    """Of a model that moves nothing; what parts are added to."""
    return exact_part(np.broadcast_to(0.0, (n_rows, n_players, n_outputs)), "")


def exact_part(values: Float64[np.ndarray, "row player output"], method: str, *, ours: bool = False) -> Estimate:
    """Values without sampling error, of the first rows."""
    n_rows = len(values)
    return Estimate(
        rows=np.arange(n_rows),
        values=values,
        variance=np.broadcast_to(0.0, values.shape),
        background_std=None,
        half_gap=None,
        plan=np.zeros(n_rows, dtype=np.int64),
        n_evaluations=0,
        exact=True,
        method=method,
        ours=ours,
    )


def scaled(part: Estimate, share: float, shifts: bool) -> Estimate:
    """Values of `share` times the part's outputs, centred over the classes where there are several."""
    part = own(part)
    for rows in row_blocks(len(part.rows)):
        for array in (part.values, part.half_gap):
            if array is not None:
                some = array[rows]
                array[rows] = share * (some - some.mean(axis=2, keepdims=True) if shifts else some)
    if not part.exact:
        part.variance[:] *= share**2
    if part.background_std is not None:
        part.background_std[:] *= abs(share)
    return part


def added(first: Estimate, second: Estimate) -> Estimate:
    """Two parts of one sum, for the rows that both reached; in the arrays of the second where they are ours.

    Parts that both sample use one seed, so their errors may go together: their standard deviations add up.
    """
    rows = np.intersect1d(first.rows, second.rows)
    a, b = _rows_of(first, rows), own(_rows_of(second, rows))
    for some in row_blocks(len(rows)):
        b.values[some] += a.values[some]
        if not b.exact:
            b.variance[some] = (np.sqrt(a.variance[some]) + np.sqrt(b.variance[some])) ** 2
        if a.half_gap is not None and b.half_gap is not None:
            b.half_gap[some] += a.half_gap[some]
    sampled = [part for part in (a, b) if not part.exact]
    gap = None
    if sampled and all(part.half_gap is not None for part in sampled):
        gap = b.half_gap if not b.exact else a.half_gap
    # Of two parts the first may be in use: what is its own is not given away.
    copied = b.exact and not a.exact
    return replace(
        b,
        variance=a.variance.copy() if copied else b.variance,
        background_std=b.background_std if not first.method else None,
        half_gap=gap.copy() if gap is not None and copied else gap,
        plan=sampled[-1].plan if sampled else b.plan,
        n_evaluations=first.n_evaluations + second.n_evaluations,
        exact=not sampled,
        method=", ".join(part.method for part in (first, second) if part.method),
        notes=(*first.notes, *second.notes),
    )


def own(part: Estimate) -> Estimate:
    """An estimate whose arrays are nobody else's, but for zeros that are nowhere written to."""
    if part.ours:
        return part
    spread, gap = part.background_std, part.half_gap
    return replace(
        part,
        values=part.values.copy(),
        variance=part.variance if part.exact else part.variance.copy(),
        background_std=None if spread is None else spread.copy(),
        half_gap=None if gap is None else gap.copy(),
        ours=True,
    )


def _rows_of(part: Estimate, rows: Int[np.ndarray, " row"]) -> Estimate:
    """An estimate for some of its rows; itself for all of them."""
    if len(rows) == len(part.rows):
        return part
    at = np.searchsorted(part.rows, rows)
    spread, gap = part.background_std, part.half_gap
    return replace(
        part,
        rows=rows,
        values=part.values[at],
        variance=part.variance[at],
        background_std=None if spread is None else spread[at],
        half_gap=None if gap is None else gap[at],
        plan=part.plan[at],
        ours=True,
    )
