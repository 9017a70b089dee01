"""The result of explaining inside an object: what each of its parts did, and where the parts are.

Frozen, with its ways out: rows, one output, a table, a file, shap. It computes no values.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float64, Int, Shaped

from lepton_lab.data.objects import object_array
from lepton_lab.errors import ExplanationError, OptionError
from lepton_lab.explanation.estimate import T_95
from lepton_lab.explanation.explanation import Explanation
from lepton_lab.quantiles import are_quantiles

if TYPE_CHECKING:
    import pandas
    import shap


@dataclass(frozen=True)
class InsideObject:
    """One row's object, its parts, and what each of them did.

    Args:
        explanation: of the one row: a feature is a part, the base value is the prediction with the baseline in the
            object's place, and `data` holds each part's mean, or its words.
        shown: the object as the model reads it, in the user's own unit: an image uint8 `(height, width, channel)`, a
            series `(step, channel)`, a text, the items of a history one after the other.
        hidden: the baseline, alike; of a text what is left without its parts.
        owner: the part of each place, `(height, width)` or `(step, channel)`; of a text the first character of each
            part and the one behind its last `(part, 2)`.
    """

    explanation: Explanation
    shown: Shaped[np.ndarray, "*object"] | str
    hidden: Shaped[np.ndarray, "*object"] | str
    owner: Int[np.ndarray, "*place"]

    def values(self, output: int = 0) -> Float64[np.ndarray, " part"]:
        """What each part moved one output by."""
        values = self.explanation.values[0]
        return values[:, output] if values.ndim == 2 else values

    def errors(self, output: int = 0) -> Float64[np.ndarray, " part"]:
        """The standard error of each part's value."""
        errors = self.explanation.error_std[0]
        return errors[:, output] if errors.ndim == 2 else errors

    def ends(self, output: int = 0) -> tuple[float, float]:
        """One output with the baseline in the object's place, and as it is."""
        base, prediction = self.explanation.base_values[0], self.explanation.prediction[0]
        return (float(base[output]), float(prediction[output])) if np.ndim(base) else (float(base), float(prediction))


@dataclass(frozen=True)
class InsideExplanation:
    """What the parts of the objects in one column did to the predictions of some rows, in link space.

    For each row the parts' values add up to its prediction minus the prediction of the same row with the baseline in
    the object's place. That is not the column's own value in `ll.explain`, which compares with the objects of
    background rows, and averages over what else of the row is there.

    Args:
        column: the column of objects.
        kind: `image`, `series`, `text` or `items`.
        baseline: what stands where a part is away, in words.
        objects: one a row.
        channels: of series, by name.
        notes: what a reader should know of all rows.
    """

    column: str
    kind: str
    baseline: str
    objects: tuple[InsideObject, ...]
    channels: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.objects)

    def __iter__(self) -> Iterator[InsideObject]:
        return iter(self.objects)

    def __getitem__(self, at: int | slice) -> InsideExplanation:
        """Some rows, by position or slice.

        Raises:
            IndexError: no row at a position.
        """
        if not isinstance(at, slice) and not -len(self) <= at < len(self):
            raise IndexError(f"row {at} of an explanation of {len(self)} rows")
        kept = self.objects[at] if isinstance(at, slice) else (self.objects[at],)
        return dataclasses.replace(self, objects=kept)

    def of(self, row: object) -> InsideExplanation:
        """The one row with an index label.

        Raises:
            OptionError: it was not explained.
        """
        labels = self.row_labels.tolist()
        if row not in labels:
            raise OptionError(f"row {row!r} was not explained. Rows: {', '.join(map(repr, labels[:20]))}")
        return self[labels.index(row)]

    def output(self, name: str | int) -> InsideExplanation:
        """One output of several, by name or position.

        Raises:
            OptionError: no such output.
        """
        kept = (dataclasses.replace(one, explanation=one.explanation.output(name)) for one in self.objects)
        return dataclasses.replace(self, objects=tuple(kept))

    @property
    def row_labels(self) -> np.ndarray:
        """The user's own labels of the rows."""
        return np.concatenate([one.explanation.row_labels for one in self.objects])

    @property
    def output_names(self) -> tuple[str, ...]:
        """One name an output."""
        return self.objects[0].explanation.output_names

    @property
    def main_output(self) -> int:
        """The output to look at first: the class that most of the rows are predicted to be."""
        if len(self.output_names) < 2 or are_quantiles(self.output_names):
            return 0
        favoured = [int(one.explanation.prediction[0].argmax()) for one in self.objects]
        return int(np.bincount(favoured).argmax())

    @property
    def unit(self) -> str:
        """Of the values."""
        return self.objects[0].explanation.unit

    @property
    def exact(self) -> bool:
        """Whether no value holds sampling error."""
        return all(one.explanation.exact for one in self.objects)

    @property
    def is_preview(self) -> bool:
        """Whether the values come from gradients, and are no Shapley values."""
        return self.objects[0].explanation.method.startswith("preview:")

    @property
    def n_evaluations(self) -> int:
        """Composed objects that the model was asked about."""
        return sum(one.explanation.n_evaluations for one in self.objects)

    @property
    def seconds(self) -> float:
        """Wall time spent on the rows."""
        return sum(one.explanation.seconds for one in self.objects)

    @property
    def additivity_gap(self) -> float:
        """Largest gap between the sum of a row's values and what they should add up to; see `Explanation`."""
        return max(one.explanation.additivity_gap for one in self.objects)

    def table(self, *, output: str | int | None = None) -> pandas.DataFrame:
        """Every part of every row, the strongest of each row first: value and 95 % interval.

        Args:
            output: of several; the one most often predicted if left out.

        Raises:
            OptionError: no such output.

        Example:
            >>> inside.table().head()  # doctest: +SKIP
        """
        from lepton_lab.data.table import frame_of

        one_output = self.output(self.main_output if output is None else output)
        columns: dict[str, list[Any]] = {"row": [], "part": [], "value": [], "low": [], "high": []}
        for one in one_output:
            values, half = one.values(), T_95 * one.errors()
            for k in np.argsort(-np.abs(values), kind="stable"):
                found = (one.explanation.row_labels[0], one.explanation.feature_names[k], values[k])
                for name, cell in zip(columns, (*found, values[k] - half[k], values[k] + half[k]), strict=True):
                    columns[name].append(cell)
        # A label may be several values, of rows made of a long frame.
        made = {name: object_array(cells) if name == "row" else np.array(cells) for name, cells in columns.items()}
        return frame_of(made, np.arange(len(columns["row"])))

    def to_shap(self) -> shap.Explanation:
        """For `shap.plots`: images for `image`, one series for `bar` or `waterfall`, texts for `text`.

        A part of an image shares its value among its points, so that they still add up.

        Raises:
            ExplanationError: several series, whose parts are not the same.

        Example:
            >>> shap.plots.image(inside.to_shap())  # doctest: +SKIP
        """
        from lepton_lab.explanation.inside.inside_shap import inside_to_shap

        return inside_to_shap(self)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything, the objects too, to one file: numbers and text only, nothing that runs when it is read.

        Raises:
            ModelFileError: the file cannot be written.

        Example:
            >>> inside.save("scan.inside")  # doctest: +SKIP
            >>> ll.InsideExplanation.load("scan.inside")  # doctest: +SKIP
        """
        from lepton_lab.explanation.inside.inside_file import write_inside

        write_inside(self, path)

    @staticmethod
    def load(path: str | os.PathLike[str]) -> InsideExplanation:
        """What `save` wrote.

        Raises:
            ModelFileError: there is no such file.
            DamagedFileError: it is truncated, changed, or something else.
            NewerFormatError: a later lepton-lab wrote it.
        """
        from lepton_lab.explanation.inside.inside_file import read_inside

        return read_inside(path)

    def __repr__(self) -> str:
        rows = "1 row" if len(self) == 1 else f"{len(self)} rows"
        head = f"InsideExplanation of {self.column!r} ({self.kind}; {rows}; against {self.baseline})"
        if not self.objects:
            return head
        k, one = self.main_output, self.objects[0]
        values = one.values(k)
        strongest = [
            f"  {one.explanation.feature_names[part]:<28} {values[part]:+.3g} ± {T_95 * one.errors(k)[part]:.2g}"
            for part in np.argsort(-np.abs(values), kind="stable")[:5]
        ]
        return "\n".join([head, f"  {one.explanation.method}", *strongest])


def whole(objects: list[InsideObject]) -> tuple[InsideObject, ...]:
    """Explained objects as a result holds them.

    Raises:
        ExplanationError: there is none.
    """
    if not objects:
        raise ExplanationError("stopped before the first row was explained. Give more time, or fewer parts.")
    return tuple(objects)
