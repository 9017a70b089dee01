"""Segments as a result: how many rows each has, the rule that tells it, and what is special about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lepton_lab.data.rows import frame_of

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Trait:
    """What is special about a segment in one column.

    Args:
        column: its name.
        effect: of a model, mean Shapley value in the segment less that of all rows, in its unit; without one, how far
            the segment's mean (of the commonest word: its share) lies from that of all rows, in standard deviations.
        typical: the segment's middle number, or its commonest value, in the user's own values.
        usual: the same of all rows.
    """

    column: str
    effect: float
    typical: object
    usual: object


@dataclass(frozen=True)
class Segment:
    """One segment.

    Args:
        number: from 1 on, the largest segment first.
        n_rows: in it.
        share: of all rows.
        rule: in the user's own values; rows of the segment are told by it as `precision` and `recall` say.
        precision: share of the rows that meet the rule which are of the segment.
        recall: share of the segment's rows that meet the rule.
        prediction: mean probability of the positive class, or mean of the number; None without a model, or where it
            has several classes.
        traits: what is most special about it.
    """

    number: int
    n_rows: int
    share: float
    rule: str
    precision: float
    recall: float
    prediction: float | None
    traits: tuple[Trait, ...]


@dataclass(frozen=True)
class Segments:
    """Rows in segments.

    Args:
        segments: the largest first.
        labels: number of each row's segment `(row,)`.
        row_labels: of the rows `(row,)`, as in the frame.
        stability: how alike the segments come out of halves of the rows: 1 the same, 0 as by chance (mean adjusted
            Rand index).
        tried: by number of segments, how well rows fit their own segment against the next one (silhouette).
        what: what was clustered, in words.
        predicts: what `prediction` is, in words; empty without one.
    """

    segments: tuple[Segment, ...]
    labels: np.ndarray
    row_labels: np.ndarray
    stability: float
    tried: dict[int, float]
    what: str
    predicts: str = ""

    def __len__(self) -> int:
        return len(self.segments)

    def __getitem__(self, number: int) -> Segment:
        """The segment with this number."""
        return self.segments[number - 1]

    def rows(self, number: int) -> list[object]:
        """Labels of the rows of a segment, for `df.loc[...]`."""
        return list(self.row_labels[self.labels == number])

    def to_frame(self) -> pandas.DataFrame:
        """The number of each row's segment, with the index of the frame."""
        return frame_of({"segment": self.labels}, np.asarray(self.row_labels))

    @property
    def verdict(self) -> str:
        """Whether to rely on them, in words."""
        how = "hold" if self.stability >= 0.8 else "hold roughly" if self.stability >= 0.5 else "hardly hold"
        return f"on halves of the rows the segments {how} (adjusted Rand index {self.stability:.2f})"

    def __repr__(self) -> str:
        lines = [f"{len(self)} segments of {len(self.labels):,} rows by {self.what}; {self.verdict}"]
        for one in self.segments:
            predicted = "" if one.prediction is None else f", {self.predicts} {one.prediction:.3g}"
            lines.append(f"  {one.number}: {one.n_rows:,} rows ({one.share:.0%}){predicted}: {one.rule}")
        return "\n".join(lines)
