"""What a sample is: a record of where it comes from and what is in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Sample:
    """What a sample is and where it comes from.

    Args:
        name: what `load` takes.
        title: what the rows are, in words.
        rows: how many.
        columns: how many, the target among them.
        target: the column to predict.
        licence: under which the data may be used.
        source: who made it, and where it is published.
        vertical: the field it belongs to.
        read: gives its frame; None for those that `lepton_lab.samples` reads itself.
        group: the column whose rows belong together, and stay so when the sample is split; None for none.
        install: the command that installs the package it lies in; empty where none is needed.
    """

    name: str
    title: str
    rows: int
    columns: int
    target: str
    licence: str
    source: str
    vertical: str
    read: Callable[[], pd.DataFrame] | None = None
    group: str | None = None
    install: str = ""
