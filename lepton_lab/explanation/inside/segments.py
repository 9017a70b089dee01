"""The parts of a series as players: stretches of time, of each channel alone or of all together.

A coalition shows its stretches and has a baseline in the place of the others: see `parts.compose`. A baseline is a
series too: the channels' means, a season without its news, straight lines that bridge each stretch, or another series.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from lepton_lab.errors import ExplanationError
from lepton_lab.explanation.inside.parts import Parts

# Places at which a change is looked for: the search looks at each pair of them.
_MOST_PLACES = 256


def segments(
    n_steps: int,
    channels: tuple[str, ...],
    *,
    n_segments: int = 10,
    by_channel: bool = True,
    starts: Int[np.ndarray, "stretch"] | None = None,
) -> Parts:
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
        return Parts(owner, tuple(words))
    owner = stretch[:, None] + len(starts) * np.arange(len(channels))
    return Parts(owner, tuple(f"{channel}, {word}" for channel in channels for word in words))


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


def mean_baseline(
    series: Float[np.ndarray, "step channel"], means: Float[np.ndarray, "channel"] | None = None
) -> Float[np.ndarray, "step channel"]:
    """Each channel at one value: at `means` (of the training data, 0 where series are encoded), or at its own mean.

    Where the series has nothing, the baseline has nothing: hiding a stretch is not to tell of its gaps.
    """
    if means is None:
        means = np.nanmean(np.where(np.isnan(series).all(axis=0), 0.0, series), axis=0)
    return np.where(np.isnan(series), np.nan, np.asarray(means, series.dtype)).astype(series.dtype)


def seasonal_baseline(series: Float[np.ndarray, "step channel"], period: int) -> Float[np.ndarray, "step channel"]:
    """Each value the mean of those a whole number of periods away, itself among them: the season, without the news.

    Raises:
        ExplanationError: a period of less than two steps, or of more than half the series.

    Example:
        >>> seasonal_baseline(np.array([[1.0], [5.0], [3.0], [7.0]]), 2)[:, 0].tolist()
        [2.0, 6.0, 2.0, 6.0]
    """
    if not 2 <= period <= len(series) // 2:
        raise ExplanationError(f"a period of {period} steps does not fit a series of {len(series):,} steps twice.")
    found = np.array(series)
    for phase in range(period):
        found[phase::period] = mean_baseline(series[phase::period])
    return found


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
