"""Previews of what in an object counts, from gradients of the networks: quick, and not Shapley values.

Integrated gradients add up to the same difference as the Shapley values of the parts; Grad-CAM is heat from 0 to 1.
Both are found for each point, and summed (heat: averaged) over the parts, so that both look alike.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lepton_lab.errors import ExplanationError, no_such_option
from lepton_lab.explanation.explanation import Explanation
from lepton_lab.explanation.inside.cut import Cut, Wanted
from lepton_lab.explanation.inside.explain_inside import RowsInside, each_object, labelled
from lepton_lab.explanation.inside.inside_explanation import InsideExplanation
from lepton_lab.explanation.inside.object_answers import networks_of, object_answers
from lepton_lab.explanation.inside.parts import Parts
from lepton_lab.explanation.inside.saliency import WARNING, along_the_way
from lepton_lab.explanation.options import ExplainOptions
from lepton_lab.tasks import are_shifted, output_names
from lepton_lab.training.functions import Structure

METHODS = ("integrated_gradients", "grad_cam")
HEAT = "heat"


def preview_inside_rows(
    rows: RowsInside,
    wanted: Wanted,
    method: str,
    output: str | int | None,
    options: ExplainOptions,
    notes: tuple[str, ...] = (),
) -> InsideExplanation:
    """A preview of one output of each row.

    Args:
        rows: whose objects are looked into.
        wanted: parts and baseline.
        method: one of `METHODS`.
        output: of several; that which the first row is predicted to be if left out.
        options: stop, progress.
        notes: of the rows.

    Raises:
        OptionError: no such method or output.
        ExplanationError: texts and histories have no gradients along the way, series no heat.
    """
    if method not in METHODS:
        raise no_such_option("method", method, METHODS)
    kinds = ("image", "series") if method == METHODS[0] else ("image",)
    if rows.kind not in kinds:
        raise ExplanationError(f"{method} is for {' and '.join(kinds)} columns; {rows.column!r} holds {rows.kind}.")
    k = _output_of(rows, output)
    one = functools.partial(_by_gradients if method == METHODS[0] else _by_heat, k)
    return each_object(rows, wanted, options, one, (WARNING, *notes))


def _output_of(rows: RowsInside, output: str | int | None) -> int:
    names = output_names(rows.model.task)
    if output is None:
        return int(rows.model.logits_x(rows.x[:1])[0].argmax())
    if str(output) in names:
        return names.index(str(output))
    if isinstance(output, int) and 0 <= output < len(names):
        return output
    raise no_such_option("output", output, names)


def _by_gradients(output: int, rows: RowsInside, row: int, cut: Cut, options: ExplainOptions) -> Explanation:
    """Integrated gradients of one object, summed over its parts."""
    pace, n = options.pace(), len(cut.names)
    shown, hidden = cut.encoded(np.stack([np.ones(n), np.zeros(n)]))
    ends = object_answers(rows.model, rows.x[row], rows.place)(np.stack([hidden, shown]))[:, output]
    total, n_points, gap = np.zeros(shown.shape), 0, 0.0
    shifts = are_shifted(rows.model.task)
    for member, k, fixed, share in _readings(rows, row):
        slope = functools.partial(_slope(member.structure, k, rows.kind, output, shifts), member.params, fixed, share)
        answer = _answer(member.structure, k, rows.kind, output, shifts)
        both = np.asarray(answer(member.params, fixed, share, np.stack([shown, hidden]).astype(np.float32)))
        values, off, points = along_the_way(
            slope, np.asarray(shown, np.float32), np.asarray(hidden, np.float32), float(both[0] - both[1])
        )
        total, n_points, gap = total + values, n_points + 2 * points, max(gap, off)
    places = total if total.ndim == cut.owner.ndim else total.sum(axis=-1)
    values = _sums(Parts(cut.owner, cut.names), places[: len(cut.owner)])
    method = f"preview: integrated gradients, {n_points} gradients, {gap:.1g} off their sum"
    # What is left of the sum is said in the method, and shared by nobody.
    made = _explanation(values, float(ends[1] - values.sum()), rows, row, cut, output, method, n_points)
    return replace(labelled(rows, row, cut, made), seconds=pace.elapsed())


def _by_heat(output: int, rows: RowsInside, row: int, cut: Cut, options: ExplainOptions) -> Explanation:
    """Grad-CAM of one image, averaged over its parts."""
    pace, n = options.pace(), len(cut.names)
    (shown,) = cut.encoded(np.ones((1, n)))
    heat: Any = 0.0
    for member, k, fixed, share in _readings(rows, row):
        found = _heat(member.structure, k, output, are_shifted(rows.model.task))
        heat = heat + np.asarray(found(member.params, fixed, share, shown))
    heat = np.zeros(cut.owner.shape) + heat
    values = Parts(cut.owner, cut.names).means(heat / max(float(heat.max()), 1e-12))
    made = _explanation(values, 0.0, rows, row, cut, output, "preview: Grad-CAM, heat from 0 to 1", 2)
    return replace(labelled(rows, row, cut, made), unit=HEAT, seconds=pace.elapsed())


def _readings(rows: RowsInside, row: int) -> list[tuple[Any, int, np.ndarray, np.float32]]:
    """Each network, the place of its encoder, the hidden state without the object, and its share in the logits."""
    found = []
    for member, share in networks_of(rows.model):
        without = np.array(rows.x[[row]], np.float32)
        without[0, rows.place] = 0.0
        fixed = member.bias + member.project(without)[0].sum(axis=0)
        k = [column.place for column in member.layout.objects].index(rows.place)
        found.append((member, k, fixed, np.float32(share * member.scale)))
    return found


def _sums(parts: Parts, numbers: np.ndarray) -> np.ndarray:
    known = parts.owner >= 0
    return np.bincount(parts.owner[known], numbers[known], parts.n_players)


def _explanation(
    values: np.ndarray, base: float, rows: RowsInside, row: int, cut: Cut, output: int, method: str, n: int
) -> Explanation:
    """Values of one output as an explanation of one row; none is exact, and no error bar counts what they are off."""
    task = rows.model.task
    zeros = np.zeros((1, len(values)))
    return Explanation(
        values=values[None].astype(np.float64), base_values=np.array([base]), data=zeros, feature_names=cut.names,
        error_std=zeros, exact=False, prediction=np.array([base + float(values.sum())]),
        output_names=(output_names(task)[output],), unit=task.unit, row_labels=rows.row_labels[[row]],
        plan=np.zeros(1, np.int64), method=method, n_evaluations=n, seconds=0.0,
    )  # fmt: skip


@functools.lru_cache(maxsize=16)
def _answer(structure: Structure, k: int, kind: str, output: int, shifts: bool) -> Callable[..., Any]:
    """One output of a network by objects as floats, compiled once for a shape of network."""

    @jax.jit
    def answer(params: Any, fixed: Any, share: Any, objects: Any) -> Any:
        network = structure.network(params)
        term = network.first.terms[k]
        encoder = term.encoder
        read = encoder.numbers(encoder.maps(objects / 255)) if kind == "image" else encoder(objects)
        return _chosen(network, fixed + read @ term.kernel[...], output, shifts) * share

    return answer


@functools.lru_cache(maxsize=16)
def _slope(structure: Structure, k: int, kind: str, output: int, shifts: bool) -> Callable[..., Any]:
    """Gradients on the way from a baseline, each by its share, summed."""
    answer = _answer(structure, k, kind, output, shifts)

    @jax.jit
    def slope(params: Any, fixed: Any, share: Any, shown: Any, hidden: Any, places: Any, shares: Any) -> Any:
        on_the_way = hidden + places.reshape(-1, *[1] * shown.ndim) * (shown - hidden)
        return jax.grad(lambda objects: (answer(params, fixed, share, objects) * shares).sum())(on_the_way).sum(0)

    return slope


@functools.lru_cache(maxsize=16)
def _heat(structure: Structure, k: int, output: int, shifts: bool) -> Callable[..., Any]:
    """Where the maps before the last layer speak for an output, enlarged to the image.

    Source: Selvaraju et al. 2017, arXiv:1610.02391.
    """

    @jax.jit
    def heat(params: Any, fixed: Any, share: Any, shown: Any) -> Any:
        network = structure.network(params)
        term = network.first.terms[k]

        def of_maps(maps: Any) -> Any:
            return (
                _chosen(network, fixed + term.encoder.numbers(maps) @ term.kernel[...], output, shifts) * share
            ).sum()

        maps = term.encoder.maps(shown[None].astype(jnp.float32) / 255)
        slopes = jax.grad(of_maps)(maps)
        small = jax.nn.relu((maps * slopes.mean((1, 2), keepdims=True)).sum(3))[0]
        return jax.image.resize(small, shown.shape[:2], "linear")

    return heat


def _chosen(network: Any, hidden: Any, output: int, shifts: bool) -> Any:
    """One output, of classes less their mean, as the blend has them."""
    logits = network.rest_mean(hidden)
    return logits[:, output] - (logits.mean(axis=1) if shifts else 0.0)
