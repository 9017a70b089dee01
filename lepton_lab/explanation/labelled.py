"""An estimate with its labels: the frozen `Explanation`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Shaped

from lepton_lab.explanation.estimate import Estimate, Pace
from lepton_lab.explanation.explanation import Explanation
from lepton_lab.explanation.memory import taken


@dataclass(frozen=True)
class Labels:
    """What an explanation is labelled with.

    Args:
        data: the user's own values of the explained rows.
        feature_names: one a feature.
        output_names: one an output.
        unit: of the outputs.
        row_labels: one a row.
        truth: what happened in each row, as the user wrote it, where that is known.
        events: seen and expected in each row, of a model of times to an event.
        ours: whether nobody else has `data`, so that an explanation of all rows may have it as it is.
    """

    data: Shaped[np.ndarray, "row feature"]
    feature_names: tuple[str, ...]
    output_names: tuple[str, ...]
    unit: str
    row_labels: Shaped[np.ndarray, " row"]
    truth: Shaped[np.ndarray, " row"] | None = None
    events: Float64[np.ndarray, "row 2"] | None = None
    ours: bool = False


def explanation_of(
    estimate: Estimate,
    base: Float64[np.ndarray, " output"],
    prediction: Float64[np.ndarray, "row output"],
    labels: Labels,
    pace: Pace,
    notes: tuple[str, ...] = (),
) -> Explanation:
    """The rows that an estimate reached, labelled. One output loses its axis, as in shap."""
    one = len(labels.output_names) == 1

    def squeezed(array: np.ndarray) -> np.ndarray:
        return array[..., 0] if one else array

    n, variance = len(estimate.rows), estimate.variance
    data = taken(labels.data, estimate.rows) if labels.ours else labels.data[estimate.rows]
    return Explanation(
        values=squeezed(estimate.values),
        base_values=squeezed(np.repeat(base[None], n, axis=0)),
        data=data,
        feature_names=labels.feature_names,
        error_std=squeezed(np.sqrt(variance, out=variance if estimate.ours and not estimate.exact else None)),
        exact=estimate.exact,
        prediction=squeezed(prediction[estimate.rows]),
        output_names=labels.output_names,
        unit=labels.unit,
        row_labels=labels.row_labels[estimate.rows],
        plan=estimate.plan,
        method=estimate.method,
        n_evaluations=estimate.n_evaluations,
        seconds=pace.elapsed(),
        background_std=None if estimate.background_std is None else squeezed(estimate.background_std),
        half_gap=None if estimate.half_gap is None else squeezed(estimate.half_gap),
        truth=None if labels.truth is None else labels.truth[estimate.rows],
        events=None if labels.events is None else labels.events[estimate.rows],
        notes=(*notes, *estimate.notes, *pace.budget_note()),
    )
