"""How much the network's heads disagree about a value: the spread of each head's own Shapley values.

Heads share their first layer and most of their weights, so their spread is disagreement among near
relatives: it shows where the data leave the model undecided, and it is never a confidence interval. It is
kept apart from the sampling error, which more walks make as small as one likes; more walks don't change it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64

from lepton_lab.explanation.background import Background, background_weights, given_background
from lepton_lab.explanation.blend_parts import used_members
from lepton_lab.explanation.estimate import Estimate, Pace
from lepton_lab.explanation.explain_game import shapley_values
from lepton_lab.explanation.forms import AdditiveForm
from lepton_lab.explanation.groups import groups_of
from lepton_lab.explanation.jax_game import JaxGame
from lepton_lab.explanation.options import ExplainOptions
from lepton_lab.tasks import are_shifted
from lepton_lab.trained import TrainedModel
from lepton_lab.training.network_member import NetworkMember


def head_spread(
    model: TrainedModel,
    x: np.ndarray,
    *,
    background: Background | np.ndarray | None = None,
    groups: Mapping[str, Sequence[str | int]] | None = None,
    options: ExplainOptions | None = None,
    pace: Pace | None = None,
) -> Float64[np.ndarray, "reached player output"]:
    """Standard deviation, over the network's heads, of the Shapley values in the blend's logits.

    The other members have one opinion each, so they add nothing; without a network all is 0. Sampling
    noise is kept out: two independent halves of the walks agree in what the heads differ, not in noise.

    Args:
        model: whose network is asked.
        x: encoded rows.
        background: encoded reference rows; by default those kept with the model.
        groups: columns that are one player.
        options: walks and seed; no more than two walks a background row are taken.
        pace: stop and progress; only the first rows are reached where it ends early.

    Raises:
        ExplanationError: no background, or no row was reached.
    """
    options, pace = options or ExplainOptions(), pace or Pace()
    given = given_background(model, background)
    weights = background_weights(given.weights, len(given.x))
    players = groups_of(groups, model.schema.names)
    variance = np.zeros((len(x), players.n_players, model.task.n_outputs))
    n_reached = len(x)
    for member, share in used_members(model):
        if isinstance(member, NetworkMember):
            game = heads_game(
                member, x, np.asarray(given.x), None if players.single else players.player_of,
                shifts=are_shifted(model.task),
            )  # fmt: skip
            estimate = shapley_values(game, weights, ExplainOptions(seed=options.seed), pace)
            spread = spread_of(estimate, member.n_outputs) * share * member.scale
            n_reached = min(n_reached, len(spread))
            variance[: len(spread)] += spread**2
    return np.sqrt(variance[:n_reached])


def heads_game(
    member: NetworkMember,
    x: np.ndarray,
    background: np.ndarray,
    player_of: tuple[int, ...] | None = None,
    *,
    shifts: bool = True,
) -> JaxGame:
    """The game whose outputs are every head's logits, `(head, output)` in one row, centred over the classes."""
    read = member.holding(x, background)
    pure = read.functions
    form = AdditiveForm(pure.project, pure.bias, _Heads(pure.rest_heads, shifts))
    grouped = {} if player_of is None else {"player_of": player_of}
    return JaxGame(form, read.params, np.asarray(x, np.float32), np.asarray(background, np.float32), **grouped)


def spread_of(estimate: Estimate, n_outputs: int) -> Float64[np.ndarray, "row player output"]:
    """Standard deviation over heads of an estimate whose outputs are `(head, output)`, without sampling noise."""

    def by_head(values: np.ndarray) -> np.ndarray:
        heads = values.reshape(*values.shape[:2], -1, n_outputs)
        return heads - heads.mean(axis=2, keepdims=True)

    values = by_head(estimate.values)
    noise = 0.0 if estimate.half_gap is None else by_head(estimate.half_gap)
    degrees = max(values.shape[2] - 1, 1)
    # The halves are value plus and less the gap; their covariance over heads holds no noise.
    return np.sqrt(np.maximum(((values + noise) * (values - noise)).sum(axis=2) / degrees, 0.0))


@dataclass(frozen=True)
class _Heads:
    """Each head's logits side by side, centred over classes. Equal where `rest_heads` is."""

    rest_heads: Callable[[Any, Any], Any]
    shifts: bool = True

    def __call__(self, params: Any, hidden: Any) -> Any:
        """`(*batch, head * output)`."""
        logits = self.rest_heads(params, hidden)
        centred = logits - logits.mean(axis=-1, keepdims=True) if self.shifts and logits.shape[-1] > 1 else logits
        return centred.reshape(*logits.shape[:-2], -1)
