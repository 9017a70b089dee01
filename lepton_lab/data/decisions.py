"""What was decided about the columns of a frame, as the keywords that `train` takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lepton_lab.data.told_types import KINDS
from lepton_lab.errors import ColumnError, no_such_column, no_such_option


@dataclass(frozen=True)
class Decisions:
    """Columns to leave out, to read as another type, and that cannot change.

    Args:
        drop: left out: `ignore=` of `train`.
        types: told and not inferred, by column.
        immutable: kept as they are by counterfactuals.
    """

    drop: tuple[str, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict)
    immutable: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.drop or self.types or self.immutable)

    @property
    def keywords(self) -> dict[str, Any]:
        """Of `train`, `tune` and `check`; what was not decided is left out."""
        found = {"ignore": list(self.drop), "types": dict(self.types), "immutable": list(self.immutable)}
        return {name: value for name, value in found.items() if value}

    def check(self, names: Sequence[str], target: str | None = None) -> None:
        """Make sure that they can be carried out.

        Raises:
            ColumnError: a column is not there, is the target, or is both dropped and given a type.
            OptionError: a type that no model reads.
        """
        for name in (*self.drop, *self.types, *self.immutable):
            if name not in names:
                raise no_such_column(name, names)
            if name == target:
                raise ColumnError(f"column {name!r} is the target, and no input. Its kind is told by task=.")
        for name, kind in self.types.items():
            if kind not in [str(known) for known in KINDS]:
                raise no_such_option(f"types[{name!r}]", kind, [str(known) for known in KINDS])
        both = [name for name in self.drop if name in self.types]
        if both:
            raise ColumnError(f"column {both[0]!r} is both dropped and given a type. Decide on one of them.")
