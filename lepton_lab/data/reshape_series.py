"""A long frame as one row a series."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import Any

from lepton_lab.data.frames import Frame
from lepton_lab.data.long_rows import LongRows, index_of
from lepton_lab.data.schema import Kind
from lepton_lab.data.series import SeriesTable, read_series
from lepton_lab.errors import TargetError


@dataclass(frozen=True)
class WholeSeries:
    """Rows are series; see `lepton_lab.reshape.series` for the options."""

    id: str
    time: str | None = None
    columns: tuple[str, ...] | None = None
    every: str | float | None = None
    name: str = "series"
    kind = "series"
    holds = Kind.SERIES
    encoders = MappingProxyType({})

    @property
    def column(self) -> str:
        """The column of series."""
        return self.name

    def channels(self, target: str) -> tuple[str, ...]:
        """The columns that are the channels of `column`, in order."""
        del target
        return self.columns or ()

    def rows(
        self, frame: Frame, target: str | None, *, taken: Collection[str] | None = None, ahead: bool = False
    ) -> LongRows:
        """A row a series, with the columns that say the same in all of its steps."""
        table = self._read(frame, self.columns)
        if target is not None and target in frame.names and not ahead and target not in table.frame.columns:
            raise TargetError(
                f"target {target!r} changes within a series, and reshape series makes one row of each {self.id!r}. "
                "To predict at each step: reshape=ll.reshape.windows(id=..., time=..., length=...)"
            )
        free = tuple(name for name in table.channels if name not in (taken or ()))
        if free != table.channels:
            table = self._read(frame, free)
        rows = table.frame.set_axis(index_of((self.id,), table.frame[self.id]), axis=0)
        found = replace(self, columns=table.channels)
        return LongRows(rows, found, table.findings, shares_steps=False, no_inputs=(self.id,))

    def _read(self, frame: Frame, columns: tuple[str, ...] | None) -> SeriesTable:
        return read_series(frame, id=self.id, time=self.time, columns=columns, every=self.every, name=self.name)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that `reshape_from_json` reads."""
        return {"kind": self.kind, **asdict(self)}
