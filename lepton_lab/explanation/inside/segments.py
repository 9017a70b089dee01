"""The parts of a series as players: stretches of time, of each channel alone or of all together.

A coalition shows its stretches and has a baseline in the place of the others: see `compose`. A baseline is a series
too: the channels' means, straight lines that bridge each stretch, or another series.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Real

from lepton_lab.errors import ExplanationError

# Places at which a change is looked for: the search looks at each pair of them.
_MOST_PLACES = 256


@dataclass(frozen=True)
class SeriesPlayers:
    """Which part of a series each of its values belongs to.

    Args:
        owner: number of the part, from 0 `(step, channel)`.
        names: of the parts.
        starts: first step of each stretch of time, ascending `(stretch,)`.
        by_channel: whether each channel has stretches of its own.
    """

    owner: Int[np.ndarray, "step channel"]
    names: tuple[str, ...]
    starts: Int[np.ndarray, "stretch"]
    by_channel: bool

    @property
    def n_players(self) -> int:
        """Parts of the series."""
        return len(self.names)

    def spread(self, values: Float[np.ndarray, "player"]) -> Float[np.ndarray, "step channel"]:
        """A number of each part, at each of its values: what a heat map draws."""
        return values[self.owner]


def segments(
    n_steps: int,
    channels: tuple[str, ...],
    *,
    n_segments: int = 10,
    by_channel: bool = True,
    starts: Int[np.ndarray, "stretch"] | None = None,
) -> SeriesPlayers:
    """Stretches of nearly one length, or those that begin where told.

    Args:
        n_steps: of the series.
        channels: their names.
        n_segments: stretches of time.
        by_channel: each channel of a stretch is a player; else all channels of it are one.
        starts: first steps of the stretches, as `change_points` gives them; then `n_segments` is not looked at.

    Raises:
        ExplanationError: more stretches than steps, or none.

    Example:
        >>> players = segments(5, ("x", "y"), n_segments=2)
        >>> players.names
        ('x, steps 1 to 3', 'x, steps 4 to 5', 'y, steps 1 to 3', 'y, steps 4 to 5')
        >>> players.owner.T.tolist()
        [[0, 0, 0, 1, 1], [2, 2, 2, 3, 3]]
    """
    if starts is None:
        if not 1 <= n_segments <= n_steps:
            raise ExplanationError(f"n_segments={n_segments!r}; a series of {n_steps:,} steps has 1 to {n_steps:,}.")
        starts = -(-np.arange(n_segments) * n_steps // n_segments)
    stretch = np.searchsorted(starts, np.arange(n_steps), side="right") - 1
    ends = [*starts[1:].tolist(), n_steps]
    words = [f"step {a + 1}" if b == a + 1 else f"steps {a + 1} to {b}" for a, b in zip(starts, ends, strict=True)]
    if not by_channel:
        owner = np.repeat(stretch[:, None], len(channels), axis=1)
        return SeriesPlayers(owner, tuple(words), starts, by_channel)
    owner = stretch[:, None] + len(starts) * np.arange(len(channels))
    return SeriesPlayers(owner, tuple(f"{channel}, {word}" for channel in channels for word in words), starts, True)


def change_points(series: Float[np.ndarray, "step channel"], n_segments: int = 10) -> Int[np.ndarray, "stretch"]:
    """First steps of the stretches within which the channels vary least about their means.

    Long series are looked at in 256 pieces of equal length, at whose borders changes may lie.

    Args:
        series: channels of like scales; NaN counts as the channel's mean.
        n_segments: how many stretches; fewer where there are fewer steps.

    Source: Auger and Lawrence 1989 (segment neighbourhoods, the best of all segmentations), Bulletin of Mathematical
        Biology 51(1).
    """
    n_steps = len(series)
    borders = np.unique(np.linspace(0, n_steps, min(n_steps, _MOST_PLACES) + 1).round().astype(int))
    n_segments = max(1, min(n_segments, len(borders) - 1))
    means = np.nanmean(np.where(np.isnan(series).all(axis=0), 0.0, series), axis=0)
    values = np.where(np.isnan(series), means, series) - means
    padded = np.concatenate([np.zeros((1, values.shape[1])), values])
    sums, squares = padded.cumsum(axis=0)[borders], (padded**2).sum(axis=1).cumsum()[borders]
    length = np.maximum(borders[None, :] - borders[:, None], 1)
    cost = squares[None, :] - squares[:, None] - ((sums[None] - sums[:, None]) ** 2).sum(axis=2) / length
    cost[np.tril_indices(len(borders))] = np.inf  # a stretch ends after it begins
    return borders[_cheapest_path(cost, n_segments)]


def _cheapest_path(cost: Float[np.ndarray, "begin end"], n_segments: int) -> list[int]:
    """Where each of so many stretches begins, the sum of whose costs is the lowest."""
    best, came = cost[0], []
    for _ in range(n_segments - 1):
        through = best[:, None] + cost
        came.append(through.argmin(axis=0))
        best = through.min(axis=0)
    path, at = [], len(cost) - 1
    for before in reversed(came):
        at = int(before[at])
        path.append(at)
    return [0, *reversed(path)]


def compose(
    series: Float[Array, "step channel"] | Float[np.ndarray, "step channel"],
    baseline: Float[Array, "step channel"] | Float[np.ndarray, "step channel"],
    owner: Int[Array, "step channel"] | Int[np.ndarray, "step channel"],
    z: Real[Array, "*batch player"] | Real[np.ndarray, "*batch player"],
) -> Float[Array, "*batch step channel"]:
    """Series that show a part where `z` is 1, and the baseline where it is 0; inside compiled functions too.

    Example:
        >>> shown, hidden = np.ones((2, 1), np.float32), np.zeros((2, 1), np.float32)
        >>> compose(shown, hidden, np.array([[0], [1]]), np.array([1.0, 0.0]))[:, 0].tolist()
        [1.0, 0.0]
    """
    is_shown = jnp.asarray(z)[..., jnp.asarray(owner)] > 0.5
    return jnp.where(is_shown, jnp.asarray(series), jnp.asarray(baseline))


def mean_baseline(
    series: Float[np.ndarray, "step channel"], means: Float[np.ndarray, "channel"] | None = None
) -> Float[np.ndarray, "step channel"]:
    """Each channel at one value: at `means` (of the training data, 0 where series are encoded), or at its own mean.

    Where the series has nothing, the baseline has nothing: hiding a stretch is not to tell of its gaps.
    """
    if means is None:
        means = np.nanmean(np.where(np.isnan(series).all(axis=0), 0.0, series), axis=0)
    return np.where(np.isnan(series), np.nan, np.asarray(means, series.dtype)).astype(series.dtype)


def bridge_baseline(
    series: Float[np.ndarray, "step channel"], starts: Int[np.ndarray, "stretch"]
) -> Float[np.ndarray, "step channel"]:
    """Each stretch a straight line from the value before it to the value after it.

    Hiding a stretch then takes away what it does and leaves where it leads; the first and the last stretch are level.
    """
    found = np.array(series)
    ends = [*starts[1:].tolist(), len(series)]
    for channel in range(series.shape[1]):
        known = np.flatnonzero(~np.isnan(series[:, channel]))
        if not len(known):
            continue
        for start, end in zip(starts.tolist(), ends, strict=True):
            around = np.concatenate([known[known < start][-1:], known[known >= end][:1]])
            if len(around):
                line = np.interp(np.arange(start, end), around, series[around, channel])
            else:  # one stretch alone has nothing before or after it
                line = series[known, channel].mean()
            found[start:end, channel] = line
    found[np.isnan(series)] = np.nan
    return found


def other_baseline(
    series: Float[np.ndarray, "step channel"], other: Float[np.ndarray, "other_step other_channel"]
) -> Float[np.ndarray, "step channel"]:
    """Another series in place of this one, cut to its length; where it has ended, or has a gap, nothing is.

    Raises:
        ExplanationError: it has other channels.
    """
    if other.shape[1:] != series.shape[1:]:
        raise ExplanationError(f"a baseline of {other.shape[1]} channels for a series of {series.shape[1]}.")
    found = np.full_like(series, np.nan)
    shared = min(len(series), len(other))
    found[:shared] = other[:shared]
    return found
