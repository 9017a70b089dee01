"""Texts are read before a network learns from them: told as it goes, and ended by a stop or by the clock."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from lepton_lab.data.encode_tabular import AnyBlock
from lepton_lab.networks.layout import Layout
from lepton_lab.networks.text_shelf import TextShelf
from lepton_lab.training.control import Control
from lepton_lab.training.objects_at_hand import shelf_of
from lepton_lab.training.progress import Progress

_TELL_EVERY_S = 0.2


def read_ahead(blocks: Sequence[AnyBlock], layout: Layout, x: np.ndarray, control: Control) -> str:
    """Read the texts that encoded rows name.

    Args:
        blocks: the encoder's.
        layout: of the network that will learn from them.
        x: the rows `(row, column)`.
        control: whom to tell, what may end it.

    Returns:
        Why it ended early (`interrupt`, `deadline`), else an empty string. What was read stays read.

    Raises:
        MissingPackageError: an encoder is not installed; with the command that installs it.
    """
    told_at = 0.0
    for column in layout.objects:
        shelf = shelf_of(column, blocks[column.place])
        if not isinstance(shelf, TextShelf):
            continue
        numbers = np.unique(x[:, column.place])
        for done, of in shelf.read(numbers[numbers > 0]):
            if ended := control.too_late() or control.ended():
                return ended
            if time.monotonic() - told_at > _TELL_EVERY_S:
                told_at = time.monotonic()
                words = f"reading {blocks[column.place].column!r}: {done:,} of {of:,} texts"
                control.report(Progress(stage="network", member="network", compiling=True, message=words))
    return ""
