"""Milliseconds of the page's own work for one move of the result panel's threshold: numbers, marks, costs, layout."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from report import table

from tests.browser.jupyter import Lab, chromium, lab_server, write_notebook

ROOT = Path(__file__).resolve().parents[2]
MADE = f"""import sys; sys.path.insert(0, {str(ROOT)!r})
%load_ext lepton_lab
from tests.pictures.result_examples import evaluated
print("made")"""
SHOWN = {"two classes": 'evaluated("binary", {rows})', "one of 30 classes": 'evaluated("multiclass", {rows}, 30)'}
# A move: the input event with all that hears it, then style and layout, which are forced; the paint is the browser's.
MOVE = """(slider, moves) => {
  const found = [];
  for (let i = 0; i < moves + 10; i++) {
    slider.value = String((0.05 + 0.618034 * i) % 1);
    const began = performance.now();
    slider.dispatchEvent(new Event("input", {bubbles: true}));
    document.body.offsetHeight;
    found.push(performance.now() - began);
  }
  return found.slice(10);
}"""


def page(asked: argparse.Namespace) -> str:
    """The table, and how it came about."""
    rows = []
    with tempfile.TemporaryDirectory() as home, lab_server(Path(home)) as server, chromium() as browser:
        cells = [MADE, *(made.format(rows=asked.rows) for made in SHOWN.values())]
        lab = Lab.open(browser, server, write_notebook(server.root, "threshold", cells))
        lab.run_all()
        for i, name in enumerate(SHOWN):
            rows.append([f"threshold moved, {name}", *_words(_moves(lab, i + 1, asked.moves)), "16"])
        lab.close()
    header = [f"result panel of {asked.rows:,} rows", "median ms", "90 % ms", "largest ms", "wanted"]
    return (
        f"{table(header, rows)}\n\nThe threshold was moved {asked.moves} times to places all over its range. Counted "
        "is the page's work: the event, matrix, shares, costs, marks on the curves, lines of code, style and layout; "
        "not the browser's paint, and no kernel, which is not asked. Headless Chromium without a GPU, JupyterLab."
    )


def _moves(lab: Lab, position: int, moves: int) -> list[float]:
    lab.page.evaluate("i => window.jupyterapp.shell.currentWidget.content.scrollToItem(i, 'start')", position)
    slider = lab.cell(position).locator(".lepton-panel .lep-over input[type=range]")
    slider.wait_for()
    lab.wait_for_idle()
    return slider.evaluate(MOVE, moves)


def _words(found: list[float]) -> list[str]:
    return [f"{at:.1f}" for at in (np.median(found), np.quantile(found, 0.9), max(found))]
