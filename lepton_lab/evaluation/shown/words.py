"""What a figure calls the rows: in the words of the model's domain, where it has one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lepton_lab.trained import TrainedModel


@dataclass(frozen=True)
class Words:
    """Of one row, of several, and of what is done to those that are called.

    Args:
        row: such as "loan".
        rows: such as "loans".
        called: such as "treated".
    """

    row: str = "row"
    rows: str = "rows"
    called: str = "called"


def words_of(model: TrainedModel) -> Words:
    """Those of the model's domain; plain ones where it has none, or says none."""
    told = (model.config.get("pack") or {}).get("words") or {}
    row = str(told.get("row") or "row")
    first, _, rest = row.partition(" ")
    rows = f"{first}s {rest}".rstrip()
    return Words(row, str(told.get("rows") or rows), str(told.get("called") or "called"))
