"""The data panel: findings with the rows behind them, a card a column, and decisions that become a call of `train`.

Each message of the page is one call of `Check`: `rows`, `decide`, `again`. Every view of the panel hears what was
decided (answers `decided` and `again`, whichever view asked), since it is one check.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab import pictures
from lepton_lab.errors import LeptonError
from lepton_lab.notebook.panels import data_messages as messages
from lepton_lab.notebook.panels.bundle import script
from lepton_lab.notebook.panels.twin import Content, Heard, TwinnedPanel

if TYPE_CHECKING:
    from lepton_lab.data.check import Check


class DataPanel(TwinnedPanel):
    """A check to look through and to decide on.

    Args:
        check: as `ll.check` gave it; decisions make new ones, the last of which is `panel.check`.
        code: the Python line that makes the check.
    """

    _esm = script("data")

    def __init__(self, check: Check, *, code: str = "") -> None:
        self.check = check
        super().__init__(title=messages.title(check), code=code or messages.code(check))

    def twin_html(self) -> str:
        """The static picture, with what was decided so far."""
        return pictures.html(self.check)

    def twin_text(self) -> str:
        """The same as plain text."""
        return pictures.text(self.check)

    def heard(self) -> Heard:
        """What answers each message."""
        return {
            "ready": self._ready, "cards": self._cards, "rows": self._rows, "decide": self._decide,
            "again": self._again,
        }  # fmt: skip

    def trouble(self, content: Content, error: LeptonError) -> None:
        """A decision that cannot be carried out is told, and what is decided still."""
        self.reply(content, {"error": str(error), **messages.decided(self.check)}, kind="trouble")

    def _ready(self, content: Content) -> None:
        self.reply(content, messages.data(self.check), kind="data")

    def _cards(self, content: Content) -> None:
        start = content.get("from")
        if isinstance(start, int) and 0 <= start < max(len(self.check.columns), 1):
            self.reply(content, messages.cards(self.check, start))

    def _rows(self, content: Content) -> None:
        place = content.get("finding")
        if isinstance(place, int) and 0 <= place < len(self.check.findings):
            self.reply(content, messages.rows(self.check, place))

    def _decide(self, content: Content) -> None:
        drop, types, immutable = (content.get(name) for name in ("drop", "types", "immutable"))
        if isinstance(drop, list) and isinstance(types, dict) and isinstance(immutable, list):
            self.check = self.check.decide(drop=drop, types=types, immutable=immutable)
            self.reply(content, messages.decided(self.check), kind="decided")
            self.refresh_twin()

    def _again(self, content: Content) -> None:
        self.check = self.check.again()
        self.reply(content, messages.data(self.check))
        self.refresh_twin()
