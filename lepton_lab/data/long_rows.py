"""What becomes of a long frame (one row a step) when its steps are put together into rows to learn from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd

from lepton_lab.data.finding import Finding
from lepton_lab.data.frames import Frame
from lepton_lab.data.item_columns import Catalogue
from lepton_lab.data.plan import parse_split
from lepton_lab.data.schema import Kind
from lepton_lab.errors import OptionError


@dataclass(frozen=True)
class LongRows:
    """Rows to learn from, made of a long frame.

    Args:
        frame: of the rows; its index says which series each is of, and when.
        reshape: what made them, with everything that it left open as it was found here.
        findings: what was noticed on the way; positions are those in the long frame.
        until: when each row's target is known, in the values of the column of times `(row,)`; None for at once.
        split: how rows are held out where nothing is asked: `group:COLUMN`, `time:COLUMN`; None for at random.
        shares_steps: whether rows hold steps of each other, so that rows held out at random would be no test.
        no_inputs: columns of `frame` that only say what a row is.
        task: what is predicted where nothing is asked; None reads it off the target.
        catalogue: what is known of the items that are predicted; None for nothing.
    """

    frame: pd.DataFrame
    reshape: Reshape
    findings: tuple[Finding, ...] = ()
    until: np.ndarray | None = None
    split: str | None = None
    shares_steps: bool = True
    no_inputs: tuple[str, ...] = ()
    task: str | None = None
    catalogue: Catalogue | None = None

    def split_for(self, asked: str | None) -> str | None:
        """How the rows are held out: as asked, else as fits them.

        Raises:
            OptionError: they are asked to be held out at random, and share steps.
        """
        plan = parse_split(asked)
        if plan.kind in ("random", "stratified") and self.shares_steps:
            raise OptionError(
                f"split={asked!r}: the rows made of a long frame hold steps of each other, so rows held out at random "
                f"would be known already. Leave split out (then it is {self.split!r}), or name the column of the "
                "series or of the time: split='group:COLUMN', split='time:COLUMN'"
            )
        return self.split if asked is None else asked

    def ignored(self, asked: Iterable[object], steps: Frame, playing: Collection[object]) -> list[str]:
        """Columns of the rows that are no inputs: those left out as asked, and those that only say what a row is.

        Args:
            asked: names of columns of the long frame; some may have gone into its rows' objects, or have no part there.
            steps: the long frame.
            playing: columns with another part to play.
        """
        gone = set(steps.names) - {str(name) for name in self.frame.columns}
        names = [str(name) for name in ([asked] if isinstance(asked, str) else asked)]
        labels = [name for name in self.no_inputs if name not in playing and name in self.frame.columns]
        return [*(name for name in names if name not in gone), *labels]


class Reshape(Protocol):
    """How a long frame becomes rows: a frozen value that the schema keeps."""

    @property
    def kind(self) -> str:
        """The word for it: `windows`, `series`, `forecast`, ..."""
        ...

    @property
    def holds(self) -> Kind:
        """What its objects are: series, or lists of items."""
        ...

    @property
    def encoders(self) -> Mapping[str, Any]:
        """What reads its objects best, by column, as `encoders=` of `train`; empty for the usual."""
        ...

    @property
    def column(self) -> str:
        """The column that every frame of rows has, and no long frame: the one of objects."""
        ...

    def channels(self, target: str) -> tuple[str, ...]:
        """The columns of the long frame that are the channels of `column`, in order; empty of items."""
        ...

    def rows(
        self, frame: Frame, target: str | None, *, taken: Collection[str] | None = None, ahead: bool = False
    ) -> LongRows:
        """The rows.

        Args:
            frame: one row a step.
            target: the column to predict; None where a frame is only looked at.
            taken: the frame is the one to learn from, and these columns have another part to play (weights, left
                out, ...); None for later frames, which are read as the one learned from was.
            ahead: also, or only, rows whose target is not known yet: what is predicted.
        """
        ...

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that `reshaping.reshape_from_json` reads."""
        ...


def index_of(names: tuple[str, ...], *levels: object) -> pd.Index:
    """Row labels of one level or several, each with its name."""
    if len(levels) == 1:
        return pd.Index(np.asarray(levels[0]), name=names[0])
    return pd.MultiIndex.from_arrays(list(levels), names=list(names))  # type: ignore[arg-type]


def refuse_taken(name: str, taken: Collection[object]) -> None:
    """Make sure that a column of objects has a name of its own.

    Raises:
        OptionError: it is the name of one of these columns.
    """
    if name in taken:
        raise OptionError(f"name={name!r} is a column already. Choose another: name={name + '_steps'!r}")


def plain_values(values: pd.Series) -> pd.Series:
    """A column without the frame's index."""
    return values.reset_index(drop=True)
