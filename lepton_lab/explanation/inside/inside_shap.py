"""From parts of objects to what shap's plots take."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.errors import ExplanationError
from lepton_lab.explanation.inside.inside_explanation import InsideExplanation, InsideObject

if TYPE_CHECKING:
    import shap


def inside_to_shap(inside: InsideExplanation) -> shap.Explanation:
    """Images as `shap.plots.image` takes them, a series as `bar` does, texts as `text` does.

    Raises:
        ExplanationError: several series, whose parts are not the same.
    """
    if inside.kind == "image":
        return _images(inside)
    if inside.kind in ("text", "items"):
        return _texts(inside)
    if len(inside) != 1:
        raise ExplanationError(
            f"{len(inside)} series have parts of their own, and shap draws one table of parts. Take one: inside[0]"
        )
    return inside.objects[0].explanation[0].to_shap()


def _images(inside: InsideExplanation) -> shap.Explanation:
    import shap

    values = np.stack([_at_points(one) for one in inside])
    shown = np.stack([np.asarray(one.shown) for one in inside])
    base = np.concatenate([one.explanation.base_values for one in inside])
    many = len(inside.output_names) > 1
    return shap.Explanation(
        # Plots divide by 255 what they draw as colours.
        values=values,
        base_values=base,
        data=shown,
        output_names=list(inside.output_names) if many else None,
    )


def _at_points(one: InsideObject) -> np.ndarray:
    """Each part's value shared by its points and their channels, `(height, width, channel[, class])`."""
    values = np.asarray(one.explanation.values[0])
    n_channels = np.shape(one.shown)[2]
    sizes = np.bincount(one.owner.ravel(), minlength=len(values)) * n_channels
    shared = (values.T / np.maximum(sizes, 1)).T[one.owner]
    return np.repeat(shared[:, :, None], n_channels, axis=2)


def _texts(inside: InsideExplanation) -> shap.Explanation:
    import shap

    tokens = [_tokens(one) for one in inside]
    values = [one.explanation.values[0] for one in inside]
    many = len(inside.output_names) > 1
    names: Any = list(inside.output_names) if many else None
    if len(inside) == 1:
        base = inside.objects[0].explanation.base_values[0]
        base = base if many else float(base)
        return shap.Explanation(values=values[0], base_values=base, data=tokens[0], output_names=names)
    ragged = [np.empty(len(inside), object) for _ in range(2)]
    ragged[0][:], ragged[1][:] = values, tokens
    base = np.concatenate([one.explanation.base_values for one in inside])
    return shap.Explanation(values=ragged[0], base_values=base, data=ragged[1], output_names=names)


def _tokens(one: InsideObject) -> np.ndarray:
    """The text cut at the parts' beginnings, so that the pieces put together are the text again."""
    text, starts = str(one.shown), one.owner[:, 0].tolist()
    edges = [0, *starts[1:], len(text)]
    return np.array([text[a:b] for a, b in itertools.pairwise(edges)], dtype=object)
