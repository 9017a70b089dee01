"""Explanations inside objects with known parts and values, made without a model."""

from __future__ import annotations

import numpy as np

from lepton_lab.data.objects import object_array
from lepton_lab.explanation.explanation import Explanation
from lepton_lab.explanation.inside.inside_explanation import InsideExplanation, InsideObject
from lepton_lab.explanation.inside.segments import mean_baseline, segments
from lepton_lab.explanation.inside.superpixels import blurred, superpixels
from lepton_lab.explanation.inside.words import players_of

TEXT = "My card was <b>stolen</b> & I can't pay 🙁. Please block it: it's urgent!"


def explained(
    names: tuple[str, ...],
    data: np.ndarray,
    label: object = 3,
    classes: tuple[str, ...] = ("yes",),
    *,
    error: float = 0.02,
) -> Explanation:
    """One row of random values, a few of them large."""
    draw, tail = np.random.default_rng(len(names)), (len(classes),) if len(classes) > 1 else ()
    values = draw.normal(size=(1, len(names), *tail)) ** 3
    base = np.full((1, *tail), -1.5)
    return Explanation(
        values=values, base_values=base, data=data[None], feature_names=names, error_std=np.full(values.shape, error),
        exact=error == 0, prediction=base + values.sum(axis=1), output_names=classes,
        unit="logits" if tail else "log-odds", row_labels=object_array([label]), plan=np.zeros(1, np.int64),
        method="walks", n_evaluations=1000, seconds=0.4,
    )  # fmt: skip


def of_image(
    n_rows: int = 1, classes: tuple[str, ...] = ("yes",), side: int = 28, n_channels: int = 1
) -> InsideExplanation:
    """Images with a bright ring."""
    y, x = np.mgrid[:side, :side] / side - 0.5
    ring = 200 * np.exp(-(((np.hypot(x, y) - 0.3) / 0.07) ** 2))
    found = []
    for row in range(n_rows):
        noise = np.random.default_rng(row).integers(0, 40, (side, side, n_channels))
        image = np.clip(ring[:, :, None] + noise, 0, 255).astype(np.uint8)
        parts = superpixels(image, 16)
        ex = explained(parts.names, parts.means(image.mean(axis=2)), row, classes)
        found.append(InsideObject(ex, image, blurred(image), parts.owner))
    return InsideExplanation("scan", "image", "the image blurred", tuple(found))


def of_series(n_channels: int = 2, classes: tuple[str, ...] = ("yes",), steps: int = 50) -> InsideExplanation:
    """Waves with a gap."""
    series = np.sin(np.arange(steps)[:, None] / (2 + np.arange(n_channels))).astype(np.float64) * 100
    series[10:12] = np.nan
    names = tuple(f"channel {k + 1}" for k in range(n_channels))
    parts = segments(steps, names, n_segments=5, by_channel=n_channels > 1)
    ex = explained(parts.names, parts.means(series), "a", classes)
    one = InsideObject(ex, series, mean_baseline(series), parts.owner)
    return InsideExplanation("wave", "series", "each channel's mean in training", (one,), names)


def of_text(text: str = TEXT, classes: tuple[str, ...] = ("card lost", "card stolen", "other")) -> InsideExplanation:
    """A message with markup and signs in it."""
    players = players_of(text)
    said = object_array([text[a:b] for a, b in players.spans])
    ex = explained(players.names(text), said, "<i>7</i>", classes, error=0.0)
    one = InsideObject(ex, text, "", np.array(players.spans))
    return InsideExplanation("message", "text", "no words", (one,))
