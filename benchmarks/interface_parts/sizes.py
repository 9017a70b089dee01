"""Bytes that each panel adds to a notebook file, and the panels' scripts."""

from __future__ import annotations

import argparse
import gzip
import json

from IPython.core.interactiveshell import InteractiveShell
from ipywidgets import Widget
from report import table

from lepton_lab.notebook.panels.bundle import STATIC
from tests.notebook.test_panels_twins import PANELS


def page(asked: argparse.Namespace) -> str:
    """The tables, and what is counted."""
    InteractiveShell.instance()
    rows = []
    for name, make in PANELS.items():
        panel = make()
        twin, text = (len(part.encode()) for part in (panel.twin_html(), panel.twin_text()))
        state = len(json.dumps(Widget.get_manager_state(widgets=[panel])).encode())
        rows.append([name, _kb(twin), _kb(text), _kb(state), _kb(twin + text + state)])
    header = ["panel", "twin kB (under 200)", "its text kB", "widget state kB", "all kB (under 500)"]
    scripts = sorted(STATIC.glob("*.js"))
    whole = [len(path.read_bytes()) for path in scripts]
    packed = [len(gzip.compress(path.read_bytes())) for path in scripts]
    each = ", ".join(f"{path.stem} {_kb(n)}" for path, n in zip(scripts, whole, strict=True))
    note = (
        "The state is what a notebook keeps where the host saves widgets (JupyterLab asks first), with the panel's "
        "script and style sheet in it; rows are not, they travel by message. The results are those of the tests: "
        f"2,000 explained rows of 17 columns, names with markup and emoji.\n\nThe panels' JavaScript, all of it, "
        f"minified: {_kb(sum(whole))} kB (wanted under 300, reached for 150; {_kb(sum(packed))} kB packed): {each}."
    )
    return f"{table(header, rows)}\n\n{note}"


def _kb(n_bytes: int) -> str:
    return f"{n_bytes / 1000:.1f}"
