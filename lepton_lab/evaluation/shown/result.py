"""One figure that a domain asks for: headlines with intervals, a table, curves. Leaves make it, pictures draw it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lepton_lab.data.rows import frame_of
from lepton_lab.metrics import Estimate

if TYPE_CHECKING:
    import pandas

Cell = str | int | float | Estimate | None


@dataclass(frozen=True)
class Headline:
    """A number worth its own place.

    Args:
        label: what it is.
        value: with its 95 % interval, where it has one.
        note: a few words below it.
        is_share: whether it is shown in per cent.
        said: what it is in the words of a domain; its label if left out.
    """

    label: str
    value: Estimate
    note: str = ""
    is_share: bool = False
    said: str = ""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Args:
        name: as the frame has it.
        kind: how its numbers are written: text, count, number or share.
        said: its name in the words of a domain; the same if left out.
    """

    name: str
    kind: str = "number"
    said: str = ""

    @property
    def words(self) -> str:
        """What stands above it."""
        return self.said or self.name


@dataclass(frozen=True)
class Curve:
    """A named line through points `(point,)`."""

    name: str
    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True)
class Plot:
    """Curves over shared axes; `mark` is a place on the horizontal one worth a line.

    `shares` says which axes are written in per cent: "x", "y" or both.
    """

    caption: str
    x_name: str
    y_name: str
    curves: tuple[Curve, ...]
    mark: float | None = None
    shares: str = ""


@dataclass(frozen=True)
class Shown:
    """A figure of an evaluation, as a domain's expert knows it.

    Args:
        name: in `ask.SHOWN`.
        title: in words.
        headlines: its main numbers.
        columns, rows: its table; empty where it has none.
        plots: its curves.
        note: how it was made, and what it assumes.
    """

    name: str
    title: str
    headlines: tuple[Headline, ...] = ()
    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    plots: tuple[Plot, ...] = ()
    note: str = ""

    def __getitem__(self, label: str) -> Estimate:
        """The headline with this label."""
        return next(headline.value for headline in self.headlines if headline.label == label)

    @property
    def frame(self) -> pandas.DataFrame:
        """The table; an estimate is three columns: its value, `... low` and `... high`."""
        found: dict[str, list[object]] = {}
        for k, column in enumerate(self.columns):
            cells = [row[k] for row in self.rows]
            found[column.name] = [cell.value if isinstance(cell, Estimate) else cell for cell in cells]
            if any(isinstance(cell, Estimate) for cell in cells):
                for end in ("low", "high"):
                    found[f"{column.name} {end}"] = [getattr(cell, end, None) for cell in cells]
        return frame_of({name: np.array(cells) for name, cells in found.items()})

    def __repr__(self) -> str:
        lines = [self.title, *(f"  {headline.label:<34} {headline.value}" for headline in self.headlines)]
        if self.rows:
            lines.append(f"  a table of {len(self.rows)} rows: .frame")
        return "\n".join([*lines, *([f"  {self.note}"] if self.note else [])])
