"""A long frame as one row a step, with what its series did in the steps up to it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from lepton_lab.data.frames import Frame
from lepton_lab.data.long_rows import LongRows, index_of
from lepton_lab.data.schema import Kind
from lepton_lab.data.values import Family, read_values
from lepton_lab.data.windows import windows
from lepton_lab.errors import ColumnError


@dataclass(frozen=True)
class Windows:
    """Rows are steps, each with its series' last steps; see `lepton_lab.reshape.windows` for the options."""

    id: str
    time: str
    length: int
    stride: int = 1
    columns: tuple[str, ...] | None = None
    horizon: int = 0
    name: str = "series"
    kind = "windows"
    holds = Kind.SERIES
    encoders = MappingProxyType({})

    @property
    def column(self) -> str:
        """The column of windows."""
        return self.name

    def channels(self, target: str) -> tuple[str, ...]:
        """The columns that are the channels of `column`, in order."""
        del target
        return self.columns or ()

    def rows(
        self, frame: Frame, target: str | None, *, taken: Collection[str] | None = None, ahead: bool = False
    ) -> LongRows:
        """A row a step, or a row every `stride` steps, counted from the last step of each series."""
        columns = self.columns
        if columns is None:
            columns = _numbers(frame, {self.id, self.time, target, *(taken or ())})
        found = replace(self, columns=columns)
        table = windows(
            frame, id=self.id, time=self.time, columns=columns, length=self.length, horizon=self.horizon,
            label=target if self.horizon and target in frame.names else None, name=self.name, stride=self.stride,
            keep_open=ahead,
        )  # fmt: skip
        assert table.at is not None, "windows say where they end"
        ids, times = (pd.Series(frame.column(name)).iloc[table.at] for name in (self.id, self.time))
        rows = table.frame.set_axis(index_of((self.id, self.time), ids, times), axis=0)
        until = None if table.known_at is None else np.asarray(pd.Series(frame.column(self.time)).iloc[table.known_at])
        several = ids.nunique() > 1
        split = f"group:{self.id}" if several else f"time:{self.time}"
        return LongRows(rows, found, table.findings, until, split, no_inputs=(self.id,))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that `reshape_from_json` reads."""
        return {"kind": self.kind, **asdict(self)}


def _numbers(frame: Frame, taken: Collection[str | None]) -> tuple[str, ...]:
    """The columns of numbers that have no other part to play: the target must never be among the channels."""
    free = [name for name in frame.names if name not in taken]
    found = tuple(name for name in free if read_values(frame.column(name)).family == Family.NUMBER)
    if not found:
        raise ColumnError("no column of numbers is left for the channels of the windows. Name them: columns=[...]")
    return found
