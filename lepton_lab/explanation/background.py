"""The background of a game: the rows that absent features take their values from, and their weights."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float64, Int

from lepton_lab.errors import ExplanationError
from lepton_lab.explanation.kept_background import KeptBackground
from lepton_lab.trained import TrainedModel

# Enough that means over the background are stable, few enough that walks through all of it are cheap.
DEFAULT_ROWS = 100
# As many rows as these are given to be compared with, each of them; more are a table to draw from.
MOST_ROWS = 1_000
# Rows times columns of them: bounds the memory that sampling plans take.
MOST_CELLS = 30_000


@dataclass(frozen=True)
class Background:
    """Reference rows of a game.

    Args:
        x: an array `(reference, feature)` or a frame, encoded as the explained function takes it.
        weights: how much each row counts, at least 0; None counts them alike.
        kept: what is known of these rows, for whoever asks about the same background again.
    """

    x: Any
    weights: np.ndarray | None = None
    kept: KeptBackground = field(default_factory=KeptBackground, repr=False, compare=False)


def as_background(given: Any) -> Background:
    """Rows alone count alike."""
    return given if isinstance(given, Background) else Background(given)


def given_background(model: TrainedModel, given: Background | np.ndarray | None) -> Background:
    """The encoded rows to compare with: those given, else those kept with the model.

    Raises:
        ExplanationError: the model was saved without them, and none are given.
    """
    if given is not None:
        return as_background(given)
    if model.background_x is None or len(model.background_x) == 0:
        raise ExplanationError(
            "this model was saved without its background rows. Give some: explain(model, df, background=df_train)."
        )
    return Background(model.background_x, model.background_weights)


def background_weights(weights: np.ndarray | None, n_rows: int) -> Float64[np.ndarray, " reference"]:
    """Weights that sum to 1.

    Raises:
        ExplanationError: no rows, another length, negative, not finite, or all zero.
    """
    if n_rows == 0:
        raise ExplanationError("the background has 0 rows. Give at least one row, better about 100.")
    if weights is None:
        return np.full(n_rows, 1.0 / n_rows)
    given = np.asarray(weights, dtype=np.float64)
    if given.shape != (n_rows,):
        raise ExplanationError(f"{given.shape} weights for {n_rows} background rows. Give one weight a row.")
    if not (np.isfinite(given).all() and (given >= 0).all() and given.sum() > 0):
        raise ExplanationError("background weights must be finite, at least 0, and not all 0.")
    return given / given.sum()


def most_rows(n_columns: int) -> int:
    """Background rows that are used as they are given; of a larger table, a hundred are drawn."""
    return max(DEFAULT_ROWS, min(MOST_ROWS, MOST_CELLS // max(1, n_columns)))


def sample_note(n: int, of: int, n_columns: int) -> str:
    """What a reader should know of a background that was drawn, and how to have more of it."""
    most = most_rows(n_columns)
    return (
        f"the background is a sample of {n} of the {of:,} rows given. "
        f"Up to {most:,} rows are used as they are: background=df.sample({most})"
    )


def weighted_rows(
    weights: Float64[np.ndarray, " reference"], seed: int, n_wanted: int = DEFAULT_ROWS
) -> tuple[Int[np.ndarray, " kept"], Float64[np.ndarray, " kept"]]:
    """Rows drawn in proportion to their weight, and the share of the draws that fell on each; all where few.

    Draws are equally spaced along the summed weights, so each row's share is within one draw of its weight.
    """
    if len(weights) <= n_wanted:
        return np.arange(len(weights)), weights
    places = (np.arange(n_wanted) + np.random.default_rng([seed, 3]).random()) / n_wanted
    drawn = np.minimum(np.searchsorted(np.cumsum(weights) / weights.sum(), places), len(weights) - 1)
    rows, counts = np.unique(drawn, return_counts=True)
    return rows, counts / n_wanted


def sample_rows(n_rows: int, seed: int, n_wanted: int = DEFAULT_ROWS) -> Int[np.ndarray, " reference"]:
    """Positions of a random sample, ascending; all rows where there are no more than wanted."""
    if n_rows <= n_wanted:
        return np.arange(n_rows)
    return np.sort(np.random.default_rng([seed, 3]).choice(n_rows, n_wanted, replace=False))
