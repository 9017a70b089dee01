"""A page that is loaded anew while a model trains: how soon the panel is live again, and whether its curve is whole."""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import time
from pathlib import Path

from report import table

from tests.browser.jupyter import Lab, chromium, lab_server, write_notebook
from tests.browser.test_main_job import LOAD, panel, points_drawn, run_cell, text_of, until, wait_until_it_learns


def reloaded(lab: Lab) -> tuple[float, str]:
    """Seconds from `%lepton attach` to a live panel after a reload, and whether its curve has every point."""
    run_cell(lab, 0)
    until(lambda: "loaded" in text_of(lab, 0), "the table is loaded")
    run_cell(lab, 1)
    wait_until_it_learns(lab, 1)
    id = re.search(r"^id (\S+)$", text_of(lab, 1), re.MULTILINE)
    assert id is not None
    lab.save()
    lab.load()
    began = time.monotonic()
    run_cell(lab, 2, f"run = %lepton attach {id[1]}")
    panel(lab, 2).get_by_text("Best AUC").wait_for()
    took = time.monotonic() - began
    run_cell(lab, 3, POINTS)
    until(lambda: "points" in text_of(lab, 3), "the run has ended")
    wanted = json.loads(text_of(lab, 3).partition("points ")[2])
    until(lambda: "stopped" in panel(lab, 2).inner_text(), "the panel sees the end")
    drawn = points_drawn(panel(lab, 2))
    return took, f"{drawn} of {wanted} points of the network's curve"


POINTS = """run.stop(); run.result()
mine = [p for p in run.history() if p.stage == 'network' and p.valid_loss is not None]
from lepton_lab.notebook.panels.training_curves import AT_MOST_POINTS
print('points', min(len(mine), AT_MOST_POINTS))"""


def page(asked: argparse.Namespace) -> str:
    """The table, and how it came about."""
    cells = [
        LOAD + "\nprint('loaded')",
        "run = %lepton train df --target high_income --budget 900s --bg\nprint('id', run.id)",
    ]
    with tempfile.TemporaryDirectory() as home, lab_server(Path(home)) as server, chromium() as browser:
        lab = Lab.open(browser, server, write_notebook(server.root, "reload", [*cells, "0", "0"]))
        took, points = reloaded(lab)
        lab.close()
    live = ["seconds from `%lepton attach` to a live panel", f"{took:.1f}", "2"]
    rows = [live, ["drawn at the end", points, "all"]]
    note = (
        "A training in the background, the page loaded anew, the run attached to; then stopped, and counted by Python."
    )
    return f"{table(['reload while training', 'measured', 'wanted'], rows)}\n\n{note}"
