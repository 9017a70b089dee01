"""What was found in a frame, what each column holds, and what was decided about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.data.column_card import ColumnCard
from lepton_lab.data.decisions import Decisions
from lepton_lab.data.finding import MOST_ROWS, Finding
from lepton_lab.data.frames import Frame
from lepton_lab.data.reshaping import written
from lepton_lab.data.schema import Schema
from lepton_lab.data.shifts import Drift
from lepton_lab.data.told_types import read_names
from lepton_lab.tasks import Task

if TYPE_CHECKING:
    import pandas as pd

    from lepton_lab.data.quality import Asked


@dataclass(frozen=True)
class Check:
    """What was found in a frame, most serious first; iterate over it for the findings.

    Args:
        findings: in order.
        n_rows: of the frame.
        n_columns: of the frame.
        target: the column to predict, or None.
        task: what would be learned; None without a target.
        schema: what each column is.
        n_looked: rows looked at: all of them, or a random sample. Counts are of these.
        columns: what each column holds, by name, in the frame's order.
        drift: of a second frame against this one; None where none was given.
        decisions: what to leave out, to read otherwise, to hold for immutable.
        asked: the options it was made with.
        frame: as it was opened; its values are read again where rows are shown.
        against: the second frame.

    Example:
        >>> check = ll.check(df, target="bad").decide(drop=["id"], types={"zip": "category"})  # doctest: +SKIP
        >>> check.code  # doctest: +SKIP
        "ll.train(df, target='bad', ignore=['id'], types={'zip': 'category'})"
        >>> model = ll.train(df, **check.options)  # doctest: +SKIP
    """

    findings: tuple[Finding, ...]
    n_rows: int
    n_columns: int
    target: str | None
    task: Task | None
    schema: Schema
    n_looked: int = 0
    columns: Mapping[str, ColumnCard] = field(default_factory=dict, repr=False)
    drift: Drift | None = field(default=None, repr=False)
    decisions: Decisions = field(default_factory=Decisions)
    asked: Asked = field(default=None, repr=False, compare=False)  # type: ignore[assignment]
    frame: Frame = field(default=None, repr=False, compare=False)  # type: ignore[assignment]
    against: Frame | None = field(default=None, repr=False, compare=False)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def of(self, column: str) -> tuple[Finding, ...]:
        """The findings of one column.

        Raises:
            ColumnError: there is no such column.
        """
        self.schema.column(column)
        return tuple(finding for finding in self.findings if finding.column == column)

    def rows(self, finding: Finding, n: int = 20) -> pd.DataFrame:
        """The first rows behind a finding, as the frame holds them now: all columns, its own column first.

        Args:
            finding: one of this check.
            n: how many at most; a finding names its first 100.
        """
        import pandas as pd

        frame, at = self.frame, np.array(finding.positions[: min(n, MOST_ROWS)], dtype=np.int64)
        first = [name for name in (finding.column, self.target) if name is not None]
        names = [*dict.fromkeys(first), *(name for name in frame.names if name not in first)]
        some = frame.rows(at)
        shown = {name: np.asarray(some.column(name)) for name in names}
        return pd.DataFrame(shown, index=frame.index[at])

    def decide(
        self,
        *,
        drop: Iterable[object] | None = None,
        types: Mapping[str, str] | None = None,
        immutable: Iterable[object] | None = None,
    ) -> Check:
        """The same check with decisions about columns; `again` carries them out.

        Args:
            drop: columns to leave out, in place of those decided before.
            types: `numeric`, `category` or `datetime` by column, in place of those told before.
            immutable: columns that cannot change, in place of those named before.

        Raises:
            ColumnError: a column is not there, is the target, or is both dropped and given a type.
            OptionError: a type that no model reads.
        """
        now = self.decisions
        decided = Decisions(
            now.drop if drop is None else read_names("drop", drop),
            now.types if types is None else {str(name): str(kind) for name, kind in types.items()},
            now.immutable if immutable is None else read_names("immutable", immutable),
        )
        decided.check([column.name for column in self.schema.columns], self.target)
        return replace(self, decisions=decided)

    def again(self) -> Check:
        """The check made anew, with what was decided."""
        from lepton_lab.data.quality import check_again

        return check_again(self)

    @property
    def options(self) -> dict[str, Any]:
        """The keywords of `train` (and `tune`): what this check was asked with, and what was decided."""
        asked = self.asked
        given = {
            "target": self.target, "task": asked.task, "positive": asked.positive, "split": asked.split,
            "weights": asked.weights, "event": asked.event, "reshape": asked.reshape,
        }  # fmt: skip
        return {name: value for name, value in given.items() if value is not None} | self.decisions.keywords

    @property
    def code(self) -> str:
        """The call of `train` that these options make; an array of weights is named `weights`."""
        words = []
        for name, value in self.options.items():
            plain = name != "weights" or isinstance(value, str)
            words.append(f"{name}={written(value)}" if plain else "weights=weights")
        return f"ll.train({', '.join(['df', *([] if self.target else ['target=...']), *words])})"
