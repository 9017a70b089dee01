"""One object cut into parts, with its baseline: what the game inside it is played on. One function a kind."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int, Shaped

from lepton_lab.data.encode_image import ImageBlock
from lepton_lab.data.encode_series import SeriesBlock
from lepton_lab.errors import ExplanationError, OptionError, no_such_option
from lepton_lab.explanation.inside import segments as stretches
from lepton_lab.explanation.inside import superpixels as images
from lepton_lab.explanation.inside import words
from lepton_lab.explanation.inside.parts import Parts, compose

# Parts of an image, at most players of a series, where nobody says how many.
IMAGE_PARTS, SERIES_PLAYERS = 30, 48
MOST_STRETCHES, FEWEST_STRETCHES = 10, 3
# The first of each kind is the default.
PARTS = {
    "image": ("superpixels", "patches"),
    "series": ("segments", "changes", "time"),
    "text": ("words", "clauses", "sentences", "paragraphs"),
    "items": ("items",),
}
BASELINES = {
    "image": ("blur", "mean", "black"),
    "series": ("mean", "own", "bridge", "seasonal"),
    "text": ("nothing",),
    "items": ("nothing",),
}
_BASELINE_WORDS = {
    "blur": "the image blurred", "mean": "its mean colour", "black": "black",
    "own": "its own mean", "bridge": "straight lines that bridge each stretch", "nothing": "no words",
}  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """How an object is to be cut.

    Args:
        parts: what the parts are, one of `PARTS` of its kind; None for the first.
        n_parts: how many of an image, how many stretches of time of a series, how many of a text at most.
        baseline: one of `BASELINES` of its kind, "seasonal:24" for a season of 24 steps, or an object of the user's.
        channels: names of a series' channels, where they have some.
    """

    parts: str | None = None
    n_parts: int | None = None
    baseline: Any = None
    channels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        n = self.n_parts
        if n is not None and (isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1):
            raise OptionError(f"n_parts={n!r} is no number of parts. For example: n_parts=20")

    def parts_of(self, kind: str) -> str:
        """What the parts of a kind of objects are.

        Raises:
            OptionError: this kind has no such parts.
        """
        if self.parts is not None and self.parts not in PARTS[kind]:
            raise no_such_option("parts", self.parts, PARTS[kind])
        return self.parts or PARTS[kind][0]

    def channels_of(self, n: int) -> tuple[str, ...]:
        """Names of `n` channels: their own, else numbers."""
        return self.channels if len(self.channels) == n else channel_names(n)

    def baseline_of(self, kind: str) -> Any:
        """The name of a kind's baseline, or the user's own object.

        Raises:
            OptionError: this kind has no such baseline.
        """
        given = BASELINES[kind][0] if self.baseline is None else self.baseline
        if isinstance(given, str) and given.partition(":")[0] not in BASELINES[kind]:
            raise no_such_option("baseline", given, BASELINES[kind])
        return given


@dataclass(frozen=True)
class Cut:
    """One object, ready for its game.

    Args:
        shown, hidden: the object and its baseline as a reader sees them, in the user's own unit.
        owner: places of the parts, as `InsideObject` has them.
        names: of the parts.
        data: of each part: a mean, or its words.
        encoded: coalitions `(coalition, player)` to objects as a model reads them.
        baseline: in words.
        notes: what a reader should know of this object.
        n_side: the last of the parts, which are none of the object's: columns of the items that are ranked.
    """

    shown: Any
    hidden: Any
    owner: Int[np.ndarray, "*place"]
    names: tuple[str, ...]
    data: Shaped[np.ndarray, " part"]
    encoded: Callable[[np.ndarray], Any]
    baseline: str
    notes: tuple[str, ...] = ()
    n_side: int = 0


def cut_image(block: ImageBlock, value: Any, wanted: Wanted) -> Cut:
    """An image in superpixels, or in the squares of a grid.

    Raises:
        OptionError: no such parts or baseline.
        ExplanationError: more parts than points.
    """
    image = block.prepare(value.array)
    n = IMAGE_PARTS if wanted.n_parts is None else wanted.n_parts
    n = min(n, image.shape[0] * image.shape[1]) if wanted.n_parts is None else n
    parts = images.superpixels(image, n) if wanted.parts_of("image") == "superpixels" else _patches(image, n)
    hidden, words_of_it = _image_baseline(block, image, wanted.baseline_of("image"))
    read_as = f"the model reads images at {block.width} x {block.height} points, and the parts are of these."
    notes = (read_as,) if value.array.shape[:2] != image.shape[:2] else ()
    encoded = functools.partial(_composed, image, hidden, parts)
    means = parts.means(image.mean(axis=2))
    return Cut(image, hidden, parts.owner, parts.names, means, encoded, words_of_it, notes)


def _patches(image: np.ndarray, n: int) -> Parts:
    height, width = image.shape[:2]
    down = int(np.clip(round((n * height / width) ** 0.5), 1, height))
    return images.patch_grid(height, width, down=down, across=int(np.clip(round(n / down), 1, width)))


def _image_baseline(block: ImageBlock, image: np.ndarray, asked: Any) -> tuple[np.ndarray, str]:
    if not isinstance(asked, str):
        given = np.asarray(asked)
        if given.ndim not in (2, 3) or given.dtype.kind not in "fiub":
            raise OptionError(f"a baseline of shape {given.shape} is no image (height, width[, channel]).")
        return block.prepare(given), "an image given"
    made = {"blur": images.blurred, "mean": images.mean_colour, "black": images.black}[asked]
    return made(image), _BASELINE_WORDS[asked]


def cut_series(block: SeriesBlock, value: Any, wanted: Wanted) -> Cut:
    """A series in stretches of time, of each channel alone or of all together.

    Raises:
        OptionError: no such parts or baseline.
        ExplanationError: more stretches than steps, or a baseline that does not fit.
    """
    series = block.prepare(value.array)
    if len(series) == 0:
        raise ExplanationError("a series of 0 steps has no parts.")
    n_steps, n_channels = series.shape
    kind = wanted.parts_of("series")
    default = int(np.clip(SERIES_PLAYERS // n_channels, FEWEST_STRETCHES, MOST_STRETCHES))
    n = min(n_steps, default) if wanted.n_parts is None else wanted.n_parts
    starts = stretches.change_points(series.astype(np.float64), n) if kind == "changes" else None
    alone = n_channels == 1 or kind == "time"
    names = wanted.channels_of(n_channels)
    parts = stretches.segments(n_steps, names, n_segments=n, by_channel=not alone, starts=starts)
    hidden, words_of_it = _series_baseline(block, series, parts, wanted.baseline_of("series"))
    longest = f"the model reads the last {n_steps:,} of {len(value.array):,} steps."
    shown, hidden_shown = (_in_units(block, one) for one in (series, hidden))
    encoded = functools.partial(_composed, _filled(block, series), _filled(block, hidden), _to_length(block, parts))
    notes = (longest,) if len(value.array) > n_steps else ()
    return Cut(shown, hidden_shown, parts.owner, parts.names, parts.means(shown), encoded, words_of_it, notes)


def channel_names(n: int) -> tuple[str, ...]:
    """Names of channels that have none."""
    return tuple(f"channel {k + 1}" for k in range(n))


def _series_baseline(block: SeriesBlock, series: np.ndarray, parts: Parts, asked: Any) -> tuple[np.ndarray, str]:
    if not isinstance(asked, str):
        given = np.asarray(asked)
        if given.ndim not in (1, 2) or given.dtype.kind not in "fiub":
            raise OptionError(f"a baseline of shape {given.shape} is no series (step[, channel]).")
        return stretches.other_baseline(series, block.prepare(given)), "a series given"
    name, _, period = asked.partition(":")
    if name == "seasonal":
        if not period.isdigit():
            raise OptionError(f"baseline={asked!r} says no period. For a season of 24 steps: baseline='seasonal:24'")
        return stretches.seasonal_baseline(series, int(period)), f"its season of {period} steps"
    if name == "mean":
        return stretches.mean_baseline(series, np.zeros(series.shape[1])), "each channel's mean in training"
    if name == "own":
        return stretches.mean_baseline(series), _BASELINE_WORDS[name]
    first = parts.owner[:, 0]
    starts = np.flatnonzero(np.diff(first, prepend=-1))
    return stretches.bridge_baseline(series, starts), _BASELINE_WORDS[name]


def _in_units(block: SeriesBlock, series: np.ndarray) -> np.ndarray:
    return series.astype(np.float64) * np.array(block.scales) + np.array(block.centers)


def _filled(block: SeriesBlock, series: np.ndarray) -> np.ndarray:
    """A series of the length that it is read at, filled with nothing."""
    with block.shelf.visit():
        return block.shelf.gather(block.shelf.put([series]), 1)[0]


def _to_length(block: SeriesBlock, parts: Parts) -> Parts:
    nothing = np.zeros((len(parts.owner), len(block.centers)), np.float32)
    return parts.filled(len(_filled(block, nothing)))


def _composed(shown: np.ndarray, hidden: np.ndarray, parts: Parts, z: np.ndarray) -> np.ndarray:
    return compose(shown, hidden, parts.owner, z)


def cut_text(block: Any, value: str, wanted: Wanted) -> Cut:
    """A text in words; in longer pieces where it has many.

    Raises:
        OptionError: no such parts or baseline.
        ExplanationError: nothing to read in it.
    """
    del block
    most = words.MOST_PLAYERS if wanted.n_parts is None else wanted.n_parts
    kind = wanted.parts_of("text")
    players = words.players_of(value, most) if kind == "words" else words.spans_of(value, kind)
    if not len(players):
        raise ExplanationError("a text without words has no parts.")
    names = players.names(value)
    wanted.baseline_of("text")
    kept = "".join(_between(value, players.spans))
    spans = np.array(players.spans)
    said = np.array([value[a:b] for a, b in players.spans], dtype=object)
    finest = f"the text has more than {most} words: its parts are {players.level}."
    notes = (finest,) if kind == "words" and players.level != "words" else ()
    encoded = functools.partial(_texts, value, players)
    return Cut(value, kept, spans, names, said, encoded, _BASELINE_WORDS["nothing"], notes)


def _between(text: str, spans: Sequence[tuple[int, int]]) -> list[str]:
    """What a text has between its parts, before and behind them."""
    ends, starts = [0, *(stop for _, stop in spans)], [*(start for start, _ in spans), len(text)]
    return [text[a:b] for a, b in zip(ends, starts, strict=True)]


def _texts(text: str, players: words.TextPlayers, z: np.ndarray) -> list[str | None]:
    return [words.compose(text, players, one) for one in z]
