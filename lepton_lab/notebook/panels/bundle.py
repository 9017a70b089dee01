"""The browser halves of the panels: built from labextension/panels, committed, read from disk once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from lepton_lab.pictures.theme import style_sheet

STATIC = Path(__file__).parent / "static"


@cache
def script(name: str) -> str:
    """The JavaScript module of a panel, by its name: `training`, `result`, ..."""
    return (STATIC / f"{name}.js").read_text(encoding="utf-8")


@cache
def styles() -> str:
    """The style sheet of the pictures, and what the panels add to it."""
    return style_sheet() + (STATIC / "panels.css").read_text(encoding="utf-8")
