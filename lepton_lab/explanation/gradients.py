"""Previews: attributions from gradients, for the moment before Shapley values are there. They are not Shapley values.

DeepLIFT (rescale rule) takes slopes between a row and each background row; expected gradients take slopes
at random points between them. Both add up to the prediction, and both are exact for linear models; on
networks they are up to 42 and 75 % off the Shapley values (`benchmarks/results/explanation_preview.md`), and
no interval here counts that.
For a network with an additive first layer the slopes are those of its hidden state, so that categories
and missing values have differences too.

Source: Shrikumar et al. 2017 (DeepLIFT); Erion et al. 2021, "Improving performance of deep learning models
with axiomatic attribution priors and expected gradients".
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float64

from lepton_lab.errors import ExplanationError
from lepton_lab.explanation.asked import Asked
from lepton_lab.explanation.background import Background
from lepton_lab.explanation.estimate import Estimate, Pace
from lepton_lab.explanation.explain_function import Naming, ask_function
from lepton_lab.explanation.explain_model import AskedBlend, ask_trained
from lepton_lab.explanation.explanation import Explanation
from lepton_lab.explanation.forms import AdditiveForm, FunctionForm
from lepton_lab.explanation.game import Game
from lepton_lab.explanation.jax_game import JaxGame
from lepton_lab.explanation.options import ExplainOptions
from lepton_lab.explanation.rescale import UnknownStepError, multipliers
from lepton_lab.trained import TrainedModel

WARNING = "a preview: not Shapley values, and its error bars do not count how far it is off them."
# Random points between a row and the background rows: as many gradients.
N_DRAWS = 64
# Rows of one compiled call.
ROWS_PER_CALL = 8


def preview_trained(
    model: TrainedModel,
    x: np.ndarray,
    values: np.ndarray,
    row_labels: np.ndarray,
    *,
    background: Background | np.ndarray | None = None,
    groups: Mapping[str, Sequence[str | int]] | None = None,
    options: ExplainOptions | None = None,
) -> Explanation:
    """A preview of `explain_trained`: DeepLIFT for the network; linear model and trees exactly, as they are fast.

    Args:
        model: whose blend is previewed.
        x: encoded rows.
        values: the user's own values of these rows, for display.
        row_labels: the user's labels of these rows.
        background: encoded reference rows; by default those kept with the model.
        groups: columns that are one player; their values are the sums of their columns'.
        options: seed, progress, stop.

    Raises:
        ExplanationError: no rows, or no background.
    """
    options = options or ExplainOptions()
    asked = ask_trained(model, x, values, row_labels, background=background, groups=groups)
    return preview_of(asked, options, options.pace())


def preview_function(
    fn: Any,
    x: Any,
    background: Any = None,
    *,
    naming: Naming | None = None,
    groups: Mapping[str, Sequence[str | int]] | None = None,
    options: ExplainOptions | None = None,
) -> Explanation:
    """A preview of `explain_function` for a JAX function: DeepLIFT where its steps allow, else expected gradients.

    Args:
        fn: rows to one number, or one row of numbers, each.
        x: rows: an array of numbers without missing ones.
        background: reference rows; by default a sample of `x`.
        naming: labels of features, outputs and rows.
        groups: columns that are one player.
        options: seed, progress, stop.

    Raises:
        ExplanationError: no JAX function, or values are missing.

    Example:
        >>> x = np.array([[1.0, 2.0], [3.0, 4.0]])
        >>> preview_function(lambda x: x @ np.array([1.0, 10.0]), x, np.zeros((1, 2))).values.round(3).tolist()
        [[1.0, 20.0], [3.0, 40.0]]
    """
    options = options or ExplainOptions()
    asked = ask_function(fn, x, background, naming=naming, groups=groups, seed=options.seed)
    return preview_of(asked, options, options.pace())


def preview_of(asked: Asked | AskedBlend, options: ExplainOptions, pace: Pace) -> Explanation:
    """A preview of what is asked: DeepLIFT where its rule covers the function, else expected gradients.

    Raises:
        ExplanationError: no JAX function, or values are missing.
    """
    try:
        *_, found = asked.answers(rescale_estimate, options, pace)
    except UnknownStepError:
        *_, found = asked.answers(gradient_estimate, options, pace)
    return _as_preview(found, found.method)


def _as_preview(found: Explanation, method: str) -> Explanation:
    return replace(found, method=f"preview: {method}", exact=False, notes=(WARNING, *found.notes))


def rescale_estimate(
    game: Game, weights: Float64[np.ndarray, " reference"], options: ExplainOptions, pace: Pace
) -> Iterator[Estimate]:
    """DeepLIFT against every background row, as one estimate without sampling error.

    Raises:
        UnknownStepError: the function has a step that the rule does not cover.
        ExplanationError: no JAX function, or values are missing.
    """
    game = _differentiable(game)
    share = jnp.asarray(weights, dtype=jnp.float32)
    sides = _sides(game, game.background)

    def of_rows(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        mean, squares = _rescaled(game.form, game.params, _sides(game, game.x[rows]), sides, share)
        return np.asarray(mean, np.float64), np.zeros(mean.shape), np.asarray(squares, np.float64)

    yield _estimate(game, weights, of_rows, 3 * game.n_background, "DeepLIFT (rescale rule)", pace)


def gradient_estimate(
    game: Game, weights: Float64[np.ndarray, " reference"], options: ExplainOptions, pace: Pace
) -> Iterator[Estimate]:
    """Expected gradients at random points between each row and background rows drawn by weight, as one estimate.

    The known sum is used: what is missing to it goes to each value in proportion to its sampling variance.

    Raises:
        ExplanationError: no JAX function, or values are missing.
    """
    game = _differentiable(game)
    sides = _sides(game, game.background)

    def of_rows(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        drawn, places = zip(*(_draws(weights, (options.seed, int(row))) for row in rows), strict=True)
        found = _along(
            game.form,
            game.params,
            _sides(game, game.x[rows]),
            sides,
            np.stack(drawn),
            np.stack(places).astype(np.float32),
        )
        mean, squares = (np.asarray(part, np.float64) for part in found)
        spread = np.maximum(squares - mean**2, 0.0)
        return mean, spread / (N_DRAWS - 1), squares

    yield _estimate(game, weights, of_rows, 3 * N_DRAWS, f"expected gradients, {N_DRAWS} draws a row", pace)


def _differentiable(game: Game) -> JaxGame:
    """The game, if it has gradients.

    Raises:
        ExplanationError: it has none.
    """
    if not isinstance(game, JaxGame):
        raise ExplanationError(
            "a preview takes gradients, and this is no JAX function of numbers. "
            'Explain it with a small budget instead: explain(fn, X, budget="2s").'
        )
    if isinstance(game.form, FunctionForm) and (np.isnan(game.x).any() or np.isnan(game.background).any()):
        raise ExplanationError(
            "there are missing values, and no gradient leads to them. Explain with a small budget instead of a preview."
        )
    return game


def _draws(weights: np.ndarray, seed: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Background rows by weight, and places between 0 (there) and 1 (the row), one in each of equal strata."""
    rng = np.random.default_rng([29, *seed])
    drawn = rng.choice(len(weights), N_DRAWS, p=weights)
    return drawn.astype(np.int32), (rng.permutation(N_DRAWS) + rng.random(N_DRAWS)) / N_DRAWS


@dataclass(frozen=True)
class _Rest:
    """What follows the inputs' differences: the network after its first layer, or the whole function."""

    form: AdditiveForm | FunctionForm
    params: Any

    def __call__(self, at: Any) -> Any:
        """Outputs at hidden states, or at inputs."""
        return self.form.rest(self.params, at) if isinstance(self.form, AdditiveForm) else self.form.fn(self.params, at)

    def at(self, side: Any) -> Any:
        """The hidden state of projections, or the inputs themselves."""
        return self.form.bias(self.params) + side.sum(-2) if isinstance(self.form, AdditiveForm) else side

    def shared(self, difference: Any, slope: Any) -> Any:
        """What each column's difference contributes, `(pair, column, output)`."""
        if isinstance(self.form, AdditiveForm):
            return jnp.einsum("pch,pho->pco", difference, slope)
        return difference[:, :, None] * slope


def _sides(game: JaxGame, x: Float[np.ndarray, "row feature"]) -> Array:
    return _side_of(game.form, game.params, jnp.asarray(x, dtype=jnp.float32))


@functools.partial(jax.jit, static_argnames=("form",))
def _side_of(form: Any, params: Any, x: Array) -> Array:
    """Projections of each column, or the inputs."""
    return form.project(params, x) if isinstance(form, AdditiveForm) else x


@functools.partial(jax.jit, static_argnames=("form",))
def _rescaled(form: Any, params: Any, rows: Array, sides: Array, weights: Array) -> tuple[Array, Array]:
    """Mean and mean square over the background of each column's contribution, `(row, column, output)`."""
    rest = _Rest(form, params)

    def slope(side: Array, other: Array) -> Array:
        return multipliers(rest, rest.at(side)[None], rest.at(other)[None])[0]

    # Each row, and each background row, goes through the function once; only the slopes are of pairs.
    slopes = jax.vmap(jax.vmap(slope, (None, 0)), (0, None))(rows, sides)

    def one(side: Array, slope: Array) -> tuple[Array, Array]:
        parts = rest.shared(side - sides, slope)
        return jnp.einsum("p,pco->co", weights, parts), jnp.einsum("p,pco->co", weights, parts**2)

    return jax.vmap(one)(rows, slopes)


@functools.partial(jax.jit, static_argnames=("form",))
def _along(form: Any, params: Any, rows: Array, sides: Array, drawn: Array, places: Array) -> tuple[Array, Array]:
    """Mean and mean square over the draws of each column's contribution, `(row, column, output)`."""
    rest = _Rest(form, params)

    def one(row: tuple[Array, Array, Array]) -> tuple[Array, Array]:
        side, which, place = row
        others = sides[which]
        between = others + place.reshape(-1, *[1] * (others.ndim - 1)) * (side - others)
        outputs, pull = jax.vjp(rest, rest.at(between))
        one_hot = jnp.eye(outputs.shape[1], dtype=outputs.dtype)
        slope = jnp.stack([pull(jnp.broadcast_to(unit, outputs.shape))[0] for unit in one_hot], axis=-1)
        parts = rest.shared(side - others, slope)
        return parts.mean(0), (parts**2).mean(0)

    return jax.lax.map(one, (rows, drawn, places))


def _estimate(
    game: JaxGame,
    weights: Float64[np.ndarray, " reference"],
    of_rows: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]],
    n_each: int,
    method: str,
    pace: Pace,
) -> Estimate:
    """All rows, a chunk at a time; a stop returns those done."""
    parts, n_done = [], 0
    size = 1 if game.n_rows == 1 else ROWS_PER_CALL
    while n_done < game.n_rows and not (n_done and pace.ended()):
        rows = np.minimum(np.arange(n_done, n_done + size), game.n_rows - 1)
        n = min(size, game.n_rows - n_done)
        parts.append([_by_player(game, part[:n]) for part in of_rows(rows)])
        n_done += n
        pace.tell(n_done / game.n_rows, n_done * n_each, "preview")
    values, variance, squares = (np.concatenate(part) for part in zip(*parts, strict=True))
    reached = np.arange(n_done)
    distance = game.at_rows(reached) - weights @ game.at_background()
    left = game.n_rows - n_done
    return Estimate(
        rows=reached,
        values=_summing_to(values, variance, distance),
        variance=variance,
        background_std=np.sqrt(np.maximum(squares - values**2, 0.0)) if _columns_are_players(game) else None,
        half_gap=None,
        plan=reached,
        n_evaluations=n_done * n_each,
        exact=False,
        method=method,
        notes=(f"ended after {n_done} of {game.n_rows} rows: the other rows are left out.",) if left else (),
    )


def _summing_to(values: np.ndarray, variance: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """The values moved to the sum that is known, the more the less sure they are; evenly where all are sure."""
    missing = distance - values.sum(axis=1)
    total = variance.sum(axis=1, keepdims=True)
    size = np.abs(values) + 1e-30
    share = np.where(total > 0, variance / np.where(total > 0, total, 1.0), size / size.sum(axis=1, keepdims=True))
    return values + share * missing[:, None]


def _columns_are_players(game: JaxGame) -> bool:
    return getattr(game, "player_of", None) is None


def _by_player(game: JaxGame, values: np.ndarray) -> np.ndarray:
    """Columns' contributions summed by player."""
    player_of = getattr(game, "player_of", None)
    if player_of is None:
        return values
    out = np.zeros((len(values), max(player_of) + 1, values.shape[2]))
    for column, player in enumerate(player_of):
        out[:, player] += values[:, column]
    return out
