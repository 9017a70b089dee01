"""The picture of predictions: the first rows of the frame, probabilities as bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lepton_lab.pictures import theme
from lepton_lab.pictures.markup import Markup, join, tag
from lepton_lab.pictures.numbers import count, percent, value
from lepton_lab.pictures.svg import rect, svg
from lepton_lab.pictures.tables import table, text_table

if TYPE_CHECKING:
    import pandas as pd

AT_MOST = 10
PREFIX = "probability_"
SHARES = (PREFIX, "survival_at_")


def html(frame: pd.DataFrame) -> Markup:
    """The picture as self-contained HTML."""
    columns = [str(name) for name in frame.columns]
    rows = [
        [value(label), *(_cell(name, item) for name, item in zip(columns, row, strict=True))]
        for label, *row in frame.head(AT_MOST).itertuples()
    ]
    header = [
        ", ".join(str(name) for name in frame.index.names if name is not None),
        *(_title(name) for name in columns),
    ]
    more = f"the first {AT_MOST} of {count(len(frame), 'row')}" if len(frame) > AT_MOST else count(len(frame), "row")
    return theme.picture("Predictions", table(header, rows), sub=more)


def text(frame: pd.DataFrame) -> str:
    """The picture as plain text."""
    rows = [[value(label), *(value(item) for item in row)] for label, *row in frame.head(AT_MOST).itertuples()]
    return text_table(["", *(str(name) for name in frame.columns)], rows)


def _title(name: str) -> str:
    return name.replace(PREFIX, "probability of ").replace("survival_at_", "survival at ")


def _cell(name: str, item: Any) -> Markup | str:
    if not name.startswith(SHARES):
        return value(item)
    share = min(max(float(item), 0.0), 1.0)
    bar = svg(
        70, 8, percent(share), rect(0, 0, 70, 8, "mid", r=2, opacity="0.22"), rect(0, 0, 70 * share, 8, "main", r=2)
    )
    held = tag("span", bar, style="display:inline-block;vertical-align:middle;margin-right:7px")
    return join(held, percent(float(item), 1))
