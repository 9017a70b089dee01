"""What the explanation panel tells its page: the drawing's arrays, a waterfall, a dependence, cohorts, scores.

Each is made from one call of the `Explanation`, and says the line of Python that makes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.data.array_values import ArrayValue
from lepton_lab.data.item_lists import ItemList
from lepton_lab.data.schema import OBJECTS
from lepton_lab.explanation.column_places import places_of, relative_heights
from lepton_lab.explanation.estimate import T_95
from lepton_lab.explanation.row_scores import row_scores
from lepton_lab.pictures.numbers import value
from lepton_lab.pictures.python_words import literal
from lepton_lab.pictures.shapley_values import steps
from lepton_lab.quantiles import are_quantiles
from lepton_lab.ranking import Ranking
from lepton_lab.survival import Survival

if TYPE_CHECKING:
    from lepton_lab.explanation.cohorts import CohortComparison, Difference
    from lepton_lab.explanation.dependence import Dependence
    from lepton_lab.explanation.effects.grids import ColumnValues
    from lepton_lab.explanation.explanation import Explanation
    from lepton_lab.explanation.importance import Importance

AT_MOST_COLUMNS = 30
AT_MOST_LEVELS = 40
AT_MOST_STRENGTHS = 5
# Words from which on a value is a text, as where columns are told apart.
WORDS_OF_A_TEXT = 5
NO_ORDER = 255

Told = dict[str, Any]


def drawing(explanation: Explanation, importance: Importance, rows: list[int], output: int) -> tuple[Told, list[bytes]]:
    """What the page draws at first: names, bars and labels; effects, shades and cells as buffers (column, row)."""
    shown = [int(j) for j in importance.order[:AT_MOST_COLUMNS]]
    values = explanation.values[:, :, output] if explanation.values.ndim == 3 else explanation.values
    columns, shades, cells = [], [], []
    for place, j in enumerate(shown):
        column = places_of(importance.feature_names[place], explanation.data[rows, j])
        texts, codes = column_cells(column)
        columns.append({
            "name": column.name, "kind": column.kind, "texts": texts, "importance": float(importance.values[place]),
            "low": float(importance.lower_bounds[place]), "high": float(importance.upper_bounds[place]),
        })  # fmt: skip
        shades.append(column_shades(column))
        cells.append(codes)
    message = {
        "columns": columns, "labels": [value(label) for label in explanation.row_labels[rows].tolist()],
        "names": list(explanation.feature_names), "hidden": len(explanation.feature_names) - len(shown),
        "outputs": [str(name) for name in explanation.output_names], "output": output,
        "which": noun_of(explanation), "unit": explanation.unit,
        "note": note(explanation, len(rows)), "truth": explanation.truth is not None,
    }  # fmt: skip
    effects = np.ascontiguousarray(values[rows][:, shown].T, dtype="<f4")
    return message, [effects.tobytes(), np.array(shades, np.uint8).tobytes(), np.array(cells, "<f8").tobytes()]


def one_row(explanation: Explanation, row: int, output: int) -> Told:
    """What the page's waterfall of one row draws."""
    made, base, prediction = steps(explanation, row, output)
    label = explanation.row_labels[row]
    label = label.item() if hasattr(label, "item") else label
    return {
        "label": value(label), "base": base, "prediction": prediction, "unit": explanation.unit,
        "steps": [{"name": s.name, "shown": s.shown, "value": s.value, "error": s.error_std} for s in made],
        "code": f"ll.explain(model, df.loc[[{literal(label)}]])",
        "inside": [
            {"name": name, "code": f"ll.explain_inside(model, df, {name!r}, row={literal(label)})"}
            for name, cell in zip(explanation.feature_names, explanation.data[row], strict=True)
            if _is_object(explanation, name, cell)
        ],
    }  # fmt: skip


def noun_of(explanation: Explanation) -> str:
    """What one of several outputs is of."""
    if are_quantiles(explanation.output_names):
        return "Quantile"
    task = getattr(explanation.model, "task", None)
    return "Item" if isinstance(task, Ranking) else "Time" if isinstance(task, Survival) else "Class"


def _is_object(explanation: Explanation, name: str, cell: object) -> bool:
    """Whether a row's value can be looked into: the model knows its columns; of others the value says it."""
    if explanation.model is None:
        return holds_parts(cell)
    return any(column.name == name and column.kind in OBJECTS for column in explanation.model.schema.inputs)


def holds_parts(cell: object) -> bool:
    """Whether a value is an image, a series, a list of items or a text: something to look into."""
    if isinstance(cell, str):
        return len(cell.split()) >= WORDS_OF_A_TEXT
    return isinstance(cell, (ArrayValue, ItemList))


def dependence(found: Dependence, rows: list[int], n_outputs: int) -> tuple[Told, list[bytes]]:
    """What the page draws of a dependence; places, effects, errors and cells, shades and cells of the colour."""
    texts, cells = column_cells(places_of(found.column, found.own[rows]))
    place, levels = _places(found)
    own = found.colour_own[rows] if found.colour_own is not None else np.full(len(rows), None, object)
    by = places_of("", own)
    colour_texts, colour_cells = column_cells(by)
    sure = [one for one in found.strengths if one.found][:AT_MOST_STRENGTHS] or found.strengths[:1]
    arguments = f"{found.column!r}" + (f", colour={found.colour!r}" if found.colour else "")
    arguments += f", output={found.output_name!r}" if n_outputs > 1 else ""
    message = {
        "column": found.column, "kind": found.kind, "levels": levels, "texts": texts, "colour": found.colour,
        "colourTexts": colour_texts, "unit": found.unit, "exact": found.exact, "measure": found.measure,
        "ownShare": None if np.isnan(found.own_share) else found.own_share,
        "strengths": [
            {"name": one.name, "value": one.value, "low": one.low, "high": one.high, "found": one.found} for one in sure
        ],
        "code": f"ex.dependence({arguments})",
    }  # fmt: skip
    arrays = (place[rows], found.values[rows], T_95 * found.error_std[rows])
    return message, [
        *(np.asarray(array, "<f8").tobytes() for array in (*arrays, cells)),
        np.array(column_shades(by), np.uint8).tobytes(), np.asarray(colour_cells, "<f8").tobytes(),
    ]  # fmt: skip


def cohorts(found: CohortComparison, output: int, drawn: np.ndarray, code: str) -> tuple[Told, list[bytes]]:
    """What the page's table of two cohorts shows, and which drawn rows are in the first."""
    columns = [
        {"name": name, "a": _of(found.value.a, i, output), "b": _of(found.value.b, i, output),
         **_bounds(found.value, i, output), "size": _bounds(found.size, i, output)}
        for i, name in enumerate(found.feature_names)
    ]  # fmt: skip
    message = {
        "features": columns, "names": list(found.names), "n": [found.n_a, found.n_b], "unit": found.unit,
        "notes": list(found.notes), "code": code,
    }  # fmt: skip
    return message, [drawn.astype(np.uint8).tobytes()]


def scores(explanation: Explanation, rows: list[int], output: int) -> tuple[Told, list[bytes]]:
    """What the page's table sorts by: prediction, error and surprise (f8), and what was true."""
    found = row_scores(explanation, output)
    truth = np.full(len(rows), None, object) if explanation.truth is None else explanation.truth[rows]
    texts, cells = column_cells(places_of("", truth))
    message = {
        "share": found.share, "texts": texts, "known": explanation.truth is not None, "meaning": found.meaning,
    }  # fmt: skip
    arrays = (found.prediction[rows], found.error[rows], found.surprise[rows], cells)
    return message, [np.asarray(array, "<f8").tobytes() for array in arrays]


def note(explanation: Explanation, drawn: int) -> str:
    """How the values came about, in a line."""
    sure = "exact" if explanation.exact else "with 95 % bounds of the sampling error"
    part = f", {drawn:,} of them drawn" if drawn < len(explanation) else ""
    return f"effects in {explanation.unit}, {sure}{part}"


def column_cells(column: ColumnValues) -> tuple[list[str] | None, np.ndarray]:
    """A column for the page: numbers as they are; of all else its different texts, and each row's place among them."""
    if column.kind == "number":
        return None, column.place
    if column.kind == "category":
        return [value(level) for level in column.levels], column.place
    places: dict[str, int] = {}
    codes = [places.setdefault(value(item), len(places)) for item in column.own.tolist()]
    return list(places), np.array(codes, np.float64)


def column_shades(column: ColumnValues) -> np.ndarray:
    """How high each value is among the others, 0..254; 255 for what has no order."""
    heights = relative_heights(column)
    return np.where(np.isnan(heights), NO_ORDER, np.rint(np.nan_to_num(heights) * (NO_ORDER - 1)))


def _places(found: Dependence) -> tuple[np.ndarray, list[str]]:
    """Of a category the place by the mean of its effect, the rare ones together last; and what stands there."""
    if found.kind != "category":
        return found.place, []
    at = found.place.astype(int)
    counts = np.bincount(at, minlength=len(found.levels))
    kept = np.argsort(-counts, kind="stable")[:AT_MOST_LEVELS]
    means = np.bincount(at, found.values, len(found.levels)) / np.maximum(counts, 1)
    order = kept[np.argsort(means[kept], kind="stable")]
    place = np.full(len(found.levels), float(len(order)))
    place[order] = np.arange(len(order))
    left = len(found.levels) - len(order)
    return place[at], [*(value(found.levels[k]) for k in order), *([f"{left:,} others"] if left else [])]


def _of(array: np.ndarray, i: int, output: int) -> float:
    return float(array[i] if array.ndim == 1 else array[i, output])


def _bounds(difference: Difference, i: int, output: int) -> dict[str, float]:
    parts = {"value": difference.values, "low": difference.lower_bounds, "high": difference.upper_bounds}
    return {name: _of(array, i, output) for name, array in parts.items()}
